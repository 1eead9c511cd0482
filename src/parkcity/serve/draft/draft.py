"""What a draft is made of: sources, tiers, people, what was found and what is doubtful."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.sense.look.finding import Look

ROLES = ("osm", "gtfs", "lines", "people", "zones", "places", "streets", "jobs", "buildings", "elevation", "land_cover", "sensors")
_WORD = re.compile(r"[a-z0-9]+")
UNSTATED = "not stated"


@dataclass(frozen=True)
class Given:
    """The files that somebody has, by role, and the number of residents where only that is known."""

    files: dict[str, tuple[Path, ...]]
    residents: int = 0

    def of(self, role: str) -> tuple[Path, ...]:
        """The files of one role."""
        return self.files.get(role, ())


@dataclass(frozen=True)
class Remark:
    """Something found or doubtful: the key of its text and what fills the slots."""

    key: str
    slots: dict[str, Any]


@dataclass
class Entry:
    """One source of the draft. `origin` is the file as given; it comes to lie at `path` below the city's folder."""

    id: str
    layer: str
    reader: str
    path: str
    origin: Path | None
    date: str
    licence: str = UNSTATED
    attribution: str = UNSTATED
    datum: str = "WGS84"
    coverage: str = ""
    note: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    found: list[Remark] = field(default_factory=list)


@dataclass
class Draft:
    """A city's declaration while it grows.

    `made` are files to write and `brought` files to copy that no entry names, by their path below the city's folder.
    """

    id: str
    name_zh: str
    name_en: str
    entries: list[Entry] = field(default_factory=list)
    tiers: list[dict[str, str]] = field(default_factory=list)
    area_tier: str = ""
    people: dict[str, Any] = field(default_factory=dict)
    margins: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[str, Any] = field(default_factory=dict)
    precedence: list[str] = field(default_factory=list)
    doubts: list[Remark] = field(default_factory=list)
    made: dict[str, bytes] = field(default_factory=dict)
    brought: dict[str, Path] = field(default_factory=dict)

    def doubt(self, key: str, **slots: Any) -> None:
        """Note something doubtful, once."""
        remark = Remark(key, slots)
        if remark not in self.doubts:
            self.doubts.append(remark)

    def add(self, look: Look, role: str, layer: str, reader: str, **options: Any) -> Entry:
        """Add a source for a file that was looked at. What the file does not say becomes a doubt."""
        source = self.free_id(slug(look.path.name if not look.layer else look.layer) or role)
        date = look.date
        if not date:
            date = dt.datetime.fromtimestamp(look.path.stat().st_mtime, dt.UTC).date().isoformat()
            self.doubt("doubt.date", file=look.path.name, date=date)
        if look.layer and layer not in {"timetable", "openstreetmap"}:
            options = {"layer": look.layer, **options}
        entry = Entry(source, layer, reader, f"data/{role}/{look.path.name}", look.path, date, datum=look.datum or "WGS84", options=options)
        if look.encoding:
            entry.found.append(Remark("found.encoding", {"encoding": look.encoding}))
        self.entries.append(entry)
        return entry

    def free_id(self, wanted: str) -> str:
        """An id that no source has yet."""
        wanted = wanted if wanted[:1].isalpha() else f"s_{wanted}"
        known, number, name = {entry.id for entry in self.entries}, 2, wanted
        while name in known:
            name, number = f"{wanted}_{number}", number + 1
        return name


def slug(name: str, *, without: frozenset[str] = frozenset()) -> str:
    """Words of a file's name as an id: no ending, no years, no words of `without`.

    >>> slug("boundaries_ward_2023.geojson"), slug("Las Palmas 20230221.osm.pbf"), slug("三环.csv")
    ('boundaries_ward', 'las_palmas', '')
    """
    stem = name.split(".", maxsplit=1)[0].lower()
    words = [word for word in _WORD.findall(stem) if not (word.isdecimal() and len(word) in {4, 6, 8}) and word not in without]
    return "_".join(words)[:40].strip("_")
