"""Look at all files, and tell all faults of all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.sense.look.ground import look_cover, look_heights
from parkcity.sense.look.lines import tables_in
from parkcity.sense.look.look import look
from parkcity.serve.draft.draft import ROLES, Given

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from parkcity.sense.look.finding import Look

# What a file of a role may be. Jobs may come in the same file as people.
_FORMS = {
    "osm": ("osm",),
    "gtfs": ("gtfs",),
    "lines": ("table",),
    "people": ("raster", "shapes", "table"),
    "zones": ("shapes",),
    "places": ("shapes", "table", "overture"),
    "streets": ("shapes",),
    "jobs": ("raster", "shapes", "table"),
    "buildings": ("shapes",),
    "elevation": ("raster",),
    "sensors": ("table",),
    "land_cover": ("raster", "fractions"),
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
            found = _look(role, path)
        except InputError as error:
            faults.extend(error.faults)
            continue
        wrong = [entry for entry in found if entry.form not in _FORMS[role]]
        if wrong:
            allowed = {
                "osm": "an OpenStreetMap extract",
                "gtfs": "a GTFS feed",
                "raster": "a raster",
                "fractions": "a folder of rasters",
                "overture": "a GeoParquet file of Overture",
                "shapes": "shapes",
                "table": "a table",
            }
            what = f"--{role.replace('_', '-')}: this is {allowed[wrong[0].form]}."
            faults.add(path, what, allowed=f"{', '.join(allowed[form] for form in _FORMS[role])}.", todo="give it with its own option")
            continue
        looks[role] += found
    faults.check()
    return Seen(looks, given.residents)


def _look(role: str, path: Path) -> list[Look]:
    """Look at a file as what its role makes of it: the same raster may count people or measure heights."""
    if not path.exists():
        raise InputError(Fault(str(path), "there is no such file.", todo="correct the path"))
    if role == "elevation":
        return [look_heights(path)]
    if role == "land_cover":
        return [look_cover(path)]
    if role in {"lines", "sensors"}:
        return [found for table in tables_in(path) for found in look(table)]
    return look(path)
