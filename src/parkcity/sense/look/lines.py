"""A look at tables of lines: which is the table of stops, which that of services, and what kind of line each is."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import pandas as pd

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.sense.look.columns import named, numeric
from parkcity.sense.look.rows import coordinates

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.sense.look.finding import Look

SERVICE_COLUMNS = ("line", "mode", "days", "from", "to", "headway_min", "speed_km_h")
_TABLE = (".csv", ".csv.gz")


@dataclass(frozen=True)
class LineTables:
    """The table of stops in the order of their lines, the columns that say so, and the table of services where there is one."""

    stops: Look
    columns: dict[str, str]
    services: Look | None

    @property
    def lines(self) -> list[str]:
        """The lines, in the order of the table."""
        assert self.stops.table is not None
        return list(dict.fromkeys(self.stops.table[self.columns["line"]].astype(str)))

    @property
    def one_way(self) -> bool:
        """Does the table give every direction of a line by itself?"""
        assert self.stops.table is not None
        directions = named(self.stops.columns, "direction_name")
        return bool(directions) and self.columns["line"] == directions[0]


def tables_in(path: Path) -> list[Path]:
    """The text tables of a folder, or the file itself."""
    if not path.is_dir():
        return [path]
    return sorted(entry for entry in path.iterdir() if entry.name.lower().endswith(_TABLE))


def line_tables(looks: list[Look]) -> LineTables:
    """Which of the tables given are the stops and the services. Raises `InputError` with what cannot be used of each."""
    faults = FaultList()
    stops: list[tuple[Look, dict[str, str]]] = []
    services: list[Look] = []
    for entry in looks:
        if all(name in entry.columns for name in ("line", "headway_min")):
            services.append(entry)
        elif columns := _stop_columns(entry, faults):
            stops.append((entry, columns))
    faults.check()
    if len(stops) != 1 or len(services) > 1:
        allowed = f"one table of stops, and one of services ({', '.join(SERVICE_COLUMNS)}) or none."
        what = f"{len(stops)} tables of stops and {len(services)} of services were given as --lines."
        raise InputError(Fault(str(looks[0].path.parent if looks else "--lines"), what, allowed, "give them one by one"))
    return LineTables(*stops[0], services[0] if services else None)


def _stop_columns(entry: Look, faults: FaultList) -> dict[str, str]:
    """The columns of a table of stops by what they hold; an empty dict, and a fault, where one is not there."""
    assert entry.table is not None
    table = entry.table
    found = {role: names[0] for role in ("line", "seq", "stop") if (names := named(entry.columns, role))}
    places = coordinates(table)
    missing = [role for role in ("line", "seq", "stop") if role not in found] + ([] if places else ["lon and lat"])
    if missing or places is None:
        what = f"the table lacks {', '.join(missing)} of a line's stops."
        faults.add(entry.path, what, allowed="columns line, seq, stop, lon, lat.", todo=f"it has: {', '.join(entry.columns)}")
        return {}
    found |= {"lon": places[0], "lat": places[1]}
    run = [name for name in named(entry.columns, "run_s") if numeric(table[name])]
    found |= {"run_s": run[0]} if run else {}
    # Where each direction is told by itself, a place in the order stands once for each of them.
    for name in [found["line"], *named(entry.columns, "direction_name")]:
        if not table.duplicated([name, found["seq"]]).any():
            return {**found, "line": name}
    row = int(table.duplicated([found["line"], found["seq"]]).to_numpy().argmax()) + 2
    what = f"'{found['line']}' and '{found['seq']}' do not tell the rows apart."
    faults.add(entry.path, what, allowed="one row for each stop of a line, or a column direction_name.", row=row)
    return {}


@cache
def _mode_words() -> tuple[tuple[str, str], ...]:
    text = resources.files("parkcity.sense.look").joinpath("mode_words.csv").read_text(encoding="utf-8")
    return tuple((row["word"], row["mode"]) for row in csv.DictReader(text.splitlines()))


def mode_of(line: str, file: str) -> str:
    """The kind of line that its name, else the name of the file says; an empty text where neither does.

    >>> mode_of("1号线", "stops.csv"), mode_of("12", "bus_lines_2020.csv"), mode_of("A", "stops.csv")
    ('metro', 'bus', '')
    """
    for text in (line.lower(), file.lower()):
        found = next((mode for word, mode in _mode_words() if word in text), "")
        if found:
            return found
    return ""


def assumed_services(tables: LineTables, headways: dict[str, tuple[float, float]]) -> tuple[bytes, list[str]]:
    """A table of services where none is known, and the lines whose kind nothing tells and which are taken as buses.

    `headways`: for every mode minutes between departures and travel speed in km/h. Lines run from 06:00 to 23:00 every day.
    """
    unknown, rows = [], []
    for line in tables.lines:
        mode = mode_of(line, tables.stops.path.name)
        if not mode:
            unknown.append(line)
        headway, speed = headways[mode or "bus"]
        ways = {"one_way": "yes" if tables.one_way else "no", "confidence": "M", "note": "assumed"}
        fixed = ("daily", "06:00", "23:00", f"{headway:g}", f"{speed:g}")
        rows.append({**dict(zip(SERVICE_COLUMNS, (line, mode or "bus", *fixed), strict=True)), **ways})
    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n").encode(), unknown
