"""The plan of an open city: its ledger, and the standings of its targets on a day; read again when its files change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parkcity.serve.api.problems import ApiError

if TYPE_CHECKING:
    from parkcity.plan.ledger import Ledger, View
    from parkcity.plan.status import Standing
    from parkcity.serve.api.desk import Desk


@dataclass
class Planning:
    """A ledger with what was worked out from it."""

    ledger: Ledger
    _standings: dict[str, list[Standing]] = field(default_factory=dict)

    def view(self, at: str | None, known: str | None) -> View:
        """The ledger as true on `at` and as known on `known`; a date that cannot be read raises `UsageError`."""
        from parkcity.plan.dates import asked_day

        return self.ledger.view(asked_day(at, "at") if at else None, asked_day(known, "known") if known else None)

    def standings(self, at: str | None, known: str | None) -> list[Standing]:
        """Every target judged on a day."""
        from parkcity.plan.status import standings

        view = self.view(at, known)
        if view.snapshot not in self._standings:
            if len(self._standings) > 8:
                self._standings.clear()
            self._standings[view.snapshot] = standings(view)
        return self._standings[view.snapshot]


def plan_of(desk: Desk) -> Planning:
    """The plan of a city; a 404 where its folder has none."""
    found = planning(desk)
    if found is None:
        raise ApiError(404, "this city's folder holds no plan", todo="run `parkcity plan CITY import`")
    return found


def planning(desk: Desk) -> Planning | None:
    """The plan of a city, or None where its folder has none. Raises `InputError` with every fault of its files."""
    folder = desk.folder / "plan"
    if not folder.is_dir():
        return None
    from parkcity.plan.ledger import table_files

    stamp = tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in table_files(folder))

    def make() -> Planning:
        from parkcity.plan.load import load

        return Planning(load(str(desk.folder)))

    found: Any = desk.kept.get(("plan", stamp), make)
    return found if isinstance(found, Planning) else None
