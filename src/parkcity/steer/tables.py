"""Events from tables: one row of a CSV is one report, and one more event where it says when the report was closed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import hash_text
from parkcity.base.errors import Fault, FaultList
from parkcity.base.tables import read_csv
from parkcity.steer.events import Event, Quality, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class EventColumns:
    """Which columns of a table say what. Only `time` must be there; what no column says is left empty.

    Without `known` an event became known when it was observed; without `id` a row is named by all that it says.
    """

    time: str = "time"
    id: str = "id"
    kind: str = "kind"
    known: str = "known"
    closed: str = "closed"
    lon: str = "lon"
    lat: str = "lat"
    place: str = "place"


@dataclass
class EventTable:
    """What a table gave: the events, and the rows that could not be taken, each with the reason."""

    events: list[Event] = field(default_factory=list)
    rows: int = 0
    refused: list[Fault] = field(default_factory=list)


def read_events(
    path: Path, source: str, columns: EventColumns, *, named: frozenset[str] = frozenset(), kind: str = "report", zone: tzinfo = UTC
) -> EventTable:
    """Events of a CSV file (`.gz` too). `named` are the columns that the user named: those must be there. `kind` is
    that of rows without one.

    A row whose time cannot be read is refused and told; a row whose position is missing or impossible is taken without it. Raises
    `InputError` where the table cannot be read, a named column is missing, or no row at all can be taken.
    """
    table, _ = read_csv(path)
    faults = FaultList()
    for name in sorted({columns.time, *named}):
        if name not in table.columns:
            todo = "name the right column"
            faults.add(path, f"there is no column '{name}'.", allowed=f"{', '.join(map(str, table.columns))}.", todo=todo, row=1)
    faults.check()
    known = {name for name in vars(columns).values() if name in table.columns}
    found = EventTable()
    for number, record in enumerate(table.to_dict("records"), start=2):
        found.rows += 1
        row = {str(name): str(value) for name, value in record.items()}
        try:
            found.events += _events(row, source, columns, known, kind, zone)
        except ValueError as error:
            found.refused.append(Fault(str(path), f"{error}.", row=number))
    if not found.events:
        faults.extend(found.refused[:20])
        faults.check()
    return found


def _events(row: Mapping[str, str], source: str, columns: EventColumns, known: set[str], kind: str, zone: tzinfo) -> list[Event]:
    def said(name: str) -> str:
        return row[name].strip() if name in known else ""

    observed, quality = parse_time(said(columns.time), zone)
    learned = parse_time(said(columns.known), zone)[0] if said(columns.known) else observed
    lon, lat = _position(said(columns.lon), said(columns.lat))
    payload: dict[str, Any] = {name: value.strip() for name, value in row.items() if name not in known and value.strip()}
    event_id = said(columns.id) or hash_text(source, *(f"{name}={value}" for name, value in sorted(row.items())))[:24]
    place, what = said(columns.place), said(columns.kind) or kind
    report = Event(source, event_id, event_id, what, "reported", observed, learned, lon, lat, place, payload, quality)
    if not said(columns.closed):
        return [report]
    closed, doubt = parse_time(said(columns.closed), zone)
    worst: Quality = "suspect" if closed < observed else doubt
    end = Event(source, f"{event_id}/closed", event_id, what, "closed", closed, max(closed, learned), lon, lat, place, {}, worst)
    return [report, end]


def _position(lon: str, lat: str) -> tuple[float | None, float | None]:
    try:
        x, y = float(lon), float(lat)
    except ValueError:
        return None, None
    return (x, y) if math.isfinite(x) and math.isfinite(y) and abs(x) <= 180 and abs(y) <= 90 else (None, None)
