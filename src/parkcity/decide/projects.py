"""Projects: candidates of a programme, from a list (CSV) or from a siting plan, with their cost and conditions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList, UsageError
from parkcity.decide.actions._action import ACTIONS, Line, step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from parkcity.base.words import Lang
    from parkcity.decide.sited import Siting
    from parkcity.twin.scenario import Step
    from parkcity.twin.twin import Twin

COLUMNS = (
    "id",
    "action",
    "name_zh",
    "name_en",
    "cost",
    "years",
    "earliest",
    "latest",
    "owner",
    "zone",
    "land",
    "after",
    "crews",
    "must",
    "opex",
    "revenue",
    "land_value",
    "effects",
)
_YEARS = (1900, 2300)


@dataclass(frozen=True)
class Project:
    """A candidate.

    `cost` yuan, spent evenly over `years`; `opex` and `revenue` yuan a year once it is finished, `land_value` yuan in its last year of
    building. `land`: of several projects that name the same land one is built; `after`: projects that must be finished before; `crews` of
    its builder that it keeps busy; `zone` its district; `effects` stated amounts by target; `steps` the changes of the city that it makes.
    """

    id: str
    action: str
    name_zh: str
    name_en: str
    cost: float
    years: int = 1
    earliest: int | None = None
    latest: int | None = None
    owner: str = ""
    zone: str = ""
    land: str = ""
    after: tuple[str, ...] = ()
    crews: int = 1
    must: bool = False
    opex: float = 0.0
    revenue: float = 0.0
    land_value: float = 0.0
    effects: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()

    def name(self, lang: Lang) -> str:
        """The name in a language, or the id."""
        return (self.name_zh if lang == "zh" else self.name_en) or self.id


def read_projects(path: Path, twin: Twin) -> list[Project]:
    """Projects from a CSV. Raises `InputError` with every fault of every row.

    Columns: those of `COLUMNS` and what the actions read; `id`, `action` and `cost` must be there. A project whose zone is not given lies
    in the zone of the city's area tier that holds its point.
    """
    from parkcity.base.tables import read_csv

    table, _ = read_csv(path)
    faults = FaultList()
    known = [*COLUMNS, *dict.fromkeys(column for action in ACTIONS for column in action.columns if column not in COLUMNS)]
    for name in table.columns:
        if name not in known:
            faults.add(path, f"unknown column '{name}'.", allowed=f"{', '.join(known)}.", row=1)
    for name in ("id", "action", "cost"):
        if name not in table.columns:
            faults.add(path, f"there is no column '{name}'.", allowed=f"{', '.join(known)}.", row=1)
    faults.check()
    records = [{str(name): str(text) for name, text in record.items()} for record in table.to_dict("records")]
    lines = [Line(record, str(path), row, faults, path.parent) for row, record in enumerate(records, start=2)]
    projects = [project for line in lines if (project := _project(line)) is not None]
    _check_list(projects, [line.text("id") for line in lines], faults, path)
    faults.check()
    return [located(project, twin) for project in projects]


def _project(line: Line) -> Project | None:
    before = len(line.faults.faults)
    name = line.text("id")
    if not name or any(sign in name for sign in " ,;|"):
        line.fault(f"'id' is '{name}'.", allowed="a text without spaces, commas, semicolons and bars.")
    numbers = {column: line.number(column, 0, 1e15, needed=False) or 0.0 for column in ("opex", "revenue", "land_value")}
    cost, years = line.number("cost", 0, 1e15), line.number("years", 1, 100, needed=False)
    crews = line.number("crews", 0, 1e6, needed=False)
    earliest, latest = (line.number(column, *_YEARS, needed=False) for column in ("earliest", "latest"))
    if line.text("must") not in {"", "yes", "no"}:
        line.fault(f"'must' is '{line.text('must')}'.", allowed="yes, no or empty.")
    effects = _effects(line)
    steps = ACTIONS.get(line.text("action")).steps(line) if line.text("action") in ACTIONS else ()
    if line.text("action") not in ACTIONS:
        line.fault(f"'action' is '{line.text('action')}'.", allowed=f"one of {', '.join(entry.id for entry in ACTIONS)}.")
    if len(line.faults.faults) > before:
        return None
    assert cost is not None
    return Project(
        name,
        line.text("action"),
        line.text("name_zh"),
        line.text("name_en"),
        cost,
        round(years or 1),
        None if earliest is None else round(earliest),
        None if latest is None else round(latest),
        line.text("owner"),
        line.text("zone"),
        line.text("land"),
        tuple(line.text("after").split()),
        1 if crews is None else round(crews),
        line.text("must") == "yes",
        **numbers,
        effects=effects,
        steps=steps,
    )


def _effects(line: Line) -> dict[str, float]:
    effects: dict[str, float] = {}
    for part in line.text("effects").split():
        target, _, amount = part.partition("=")
        try:
            effects[target] = float(amount)
        except ValueError:
            line.fault(f"'effects' holds '{part}'.", allowed="target=amount, separated by spaces.")
    return effects


def _check_list(projects: Sequence[Project], ids: Sequence[str], faults: FaultList, path: Path) -> None:
    for row, name in enumerate(ids, start=2):
        if name in ids[: row - 2]:
            faults.add(path, f"the project '{name}' stands twice.", allowed="an id of its own for each.", row=row)
    for project in projects:
        row = ids.index(project.id) + 2
        for other in project.after:
            if other not in ids:
                faults.add(path, f"'{project.id}' comes after '{other}', which is not in the list.", row=row)
        if project.id in _before(project, projects):
            faults.add(path, f"'{project.id}' comes after itself.", todo="take one 'after' of the circle out", row=row)


def _before(project: Project, projects: Sequence[Project]) -> set[str]:
    """Everything that must be finished before a project."""
    by_id = {entry.id: entry for entry in projects}
    found: set[str] = set()
    open_ids = list(project.after)
    while open_ids:
        name = open_ids.pop()
        if name not in found and name in by_id:
            found.add(name)
            open_ids += by_id[name].after
    return found


def located(project: Project, twin: Twin) -> Project:
    """The project with its district: the one given, or that of the cell nearest to its first point."""
    from dataclasses import replace

    import numpy as np

    tier = twin.spec.area_tier
    zones = twin.tier_zones(tier)
    if project.zone:
        if project.zone not in set(zones["id"]):
            msg = f"project '{project.id}': there is no zone '{project.zone}' in the tier '{tier}'"
            raise UsageError(msg)
        return project
    point = next((spot for entry in project.steps if (spot := _point(entry)) is not None), None)
    if point is None:
        return project
    x, y = twin.projection.forward(np.array([point[0]]), np.array([point[1]]))
    cell = int(np.argmin(np.hypot(twin.cells["x"].to_numpy(float) - x[0], twin.cells["y"].to_numpy(float) - y[0])))
    row = int(twin.member(tier)[cell])
    return replace(project, zone=str(zones["id"].iloc[row])) if row >= 0 else project


def _point(entry: Step) -> tuple[float, float] | None:
    values = entry.values
    if "lon" in values and "lat" in values:
        return float(values["lon"]), float(values["lat"])
    for name in ("line", "stops", "polygon"):
        if name in values:
            return float(values[name][0][0]), float(values[name][0][1])
    return None


def site_projects(found: Siting, cost: float, years: int = 1, owner: str = "", opex: float = 0.0) -> list[Project]:
    """The sites of a plan as projects that cost the same, to be chosen from and put in order."""
    from parkcity.insight.classes import place_class

    chosen = place_class(found.kind)
    projects = []
    for site in found.sites:
        name = f"{found.kind}-{site.rank}"
        area = chosen.least_m2 or None
        place = step("add_place", kind=chosen.kind, lon=site.lon, lat=site.lat, area_m2=area, id=f"project-{name}", name=name)
        zh, en = (f"{chosen.name(lang)}{' ' if lang == 'en' else ''}{site.rank}" for lang in ("zh", "en"))
        zones = (f"{site.zone[0]}{zh}", f"{en} ({site.zone[1]})" if site.zone[1] else en)
        project = Project(name, "build_place", *zones, cost, years, owner=owner, opex=opex, land=f"cell-{site.id}", steps=(place,))
        projects.append(located(project, found.twin))
    return projects
