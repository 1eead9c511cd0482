"""Look at all files, and tell all faults of all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList, InputError
from parkcity.sense.look.look import look
from parkcity.serve.draft.draft import ROLES, Given

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.sense.look.finding import Look

# What a file of a role may be. Jobs may come in the same file as people.
_FORMS = {
    "osm": ("osm",),
    "gtfs": ("gtfs",),
    "people": ("raster", "shapes", "table"),
    "zones": ("shapes",),
    "places": ("shapes", "table"),
    "streets": ("shapes",),
    "jobs": ("raster", "shapes", "table"),
}


@dataclass(frozen=True)
class Seen:
    """What the files turned out to be, by role."""

    looks: dict[str, list[Look]]
    residents: int

    def of(self, role: str, *, geometry: str = "") -> list[Look]:
        """The looks of one role, or those with one kind of geometry."""
        return [entry for entry in self.looks.get(role, []) if not geometry or entry.geometry == geometry]


def see(given: Given, progress: Callable[[str, float], None]) -> Seen:
    """Look at every file. Raises `InputError` with every fault: files not there, unreadable, or no files of their role."""
    faults = FaultList()
    looks: dict[str, list[Look]] = {role: [] for role in ROLES}
    todo = [(role, path) for role in ROLES for path in given.of(role)]
    for number, (role, path) in enumerate(todo):
        progress(f"look at {path.name}", 0.6 * number / len(todo))
        try:
            found = look(path)
        except InputError as error:
            faults.extend(error.faults)
            continue
        wrong = [entry for entry in found if entry.form not in _FORMS[role]]
        if wrong:
            allowed = {
                "osm": "an OpenStreetMap extract",
                "gtfs": "a GTFS feed",
                "raster": "a raster",
                "shapes": "shapes",
                "table": "a table",
            }
            what = f"--{role}: this is {allowed[wrong[0].form]}."
            faults.add(path, what, allowed=f"{', '.join(allowed[form] for form in _FORMS[role])}.", todo="give it with its own option")
            continue
        looks[role] += found
    faults.check()
    return Seen(looks, given.residents)
