"""Cells, residents and jobs: which column of which file, and how its rows get onto the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.sense.look.columns import age_bands, named, numeric, unique
from parkcity.sense.look.rows import coordinates
from parkcity.serve.draft.draft import Draft, Entry, Remark

if TYPE_CHECKING:
    from parkcity.sense.look.finding import Look
    from parkcity.serve.draft.seen import Seen

MOST_CELLS = 25_000
"""Pixels are joined until no more cells than this are left, so that a first check-up takes a minute and not an hour."""
_MATCH = 0.9
_H3_DIGITS = 16
_EVERYBODY = frozenset({"persons", "person", "all", "total", "both", "t", "p", "合计", "总计"})


@dataclass(frozen=True)
class Cells:
    """The source whose rows are the cells, as a look and as an entry of the draft."""

    look: Look | None
    entry: Entry


def cells_of(draft: Draft, seen: Seen) -> Cells:
    """The source of cells. Raises `InputError` where no file given can be one."""
    people = seen.of("people")
    for entry in people:
        if entry.form == "raster":
            return _of_raster(draft, entry)
        if entry.form == "shapes" and entry.geometry == "polygons":
            return _of_polygons(draft, entry, "people", _counts(entry, "people"))
        if entry.form == "table" and (found := _of_table(draft, entry)) is not None:
            return found
    keyed = [entry for role in ("people", "jobs") for entry in seen.of(role) if entry.form == "table"]
    zones = sorted(seen.of("zones", geometry="polygons"), key=lambda entry: -entry.rows)
    for table in keyed:
        for entry in zones:
            if _joins(table, entry):
                return _of_polygons(draft, entry, "zones", [])
    for entry in zones:
        if named(entry.columns, "people") and _counts(entry, "people"):
            return _of_polygons(draft, entry, "zones", _counts(entry, "people"))
    if seen.residents and seen.of("osm"):
        return _of_dwellings(draft, seen)
    raise InputError(_no_people(seen))


def _no_people(seen: Seen) -> list[Fault]:
    faults = FaultList()
    allowed = "a raster of persons, polygons or H3 cells with counts, a table by the ids of --zones."
    todo = "give --people FILE; where only the total is known, --residents N with --osm spreads it over dwellings (assumed)"
    given = seen.of("people")
    for entry in given:
        have = f" (columns: {', '.join(entry.columns[:12])})" if entry.columns else ""
        faults.add(entry.path, f"nothing in it says where how many people live{have}.", allowed=allowed, todo=todo)
    if not given:
        faults.add("--people", "no file says where how many people live.", allowed=allowed, todo=todo)
    return faults.faults


def _counts(entry: Look, role: str) -> list[str]:
    """The columns of persons or jobs of a look, the surest first."""
    assert entry.table is not None
    return [name for name in named(entry.columns, role) if numeric(entry.table[name].astype(str))]


def _blanks(draft: Draft, entry: Look, counts: list[str]) -> dict[str, bool]:
    """The option that takes empty counts as 0, and a doubt for every column that has any."""
    assert entry.table is not None
    found = {}
    for name in counts:
        blank = int((entry.table[name].isna() | (entry.table[name].astype(str).str.strip() == "")).sum())
        if blank:
            draft.doubt("doubt.empty_counts", file=entry.path.name, column=name, rows=f"{blank:,}")
            found["empty_is_zero"] = True
    return found


def _of_raster(draft: Draft, entry: Look) -> Cells:
    merge = max(int(np.ceil(np.sqrt(entry.facts["filled"] / MOST_CELLS))), 1)
    source = draft.add(entry, "people", "cells", "raster_cells", **({"merge": merge} if merge > 1 else {}))
    source.found.append(Remark("found.raster", {"sum": f"{entry.facts['sum']:,.0f}", "pixels": f"{entry.facts['filled']:,}"}))
    if merge > 1:
        source.found.append(Remark("found.merge", {"merge": merge, "most": f"{MOST_CELLS:,}"}))
    draft.people = {"source": source.id, "night": "people"}
    return Cells(entry, source)


def _of_polygons(draft: Draft, entry: Look, role: str, counts: list[str]) -> Cells:
    assert entry.table is not None
    if role == "people" and not counts:
        what = "no attribute counts people."
        raise InputError(Fault(str(entry.path), what, "such as population, pop, persons or 人口.", f"it has: {', '.join(entry.columns)}"))
    key = next((name for name in [*named(entry.columns, "id"), *entry.columns] if unique(entry.table[name])), "")
    # Counts of jobs in the same file come along.
    jobs = [name for name in _counts(entry, "jobs") if name not in counts]
    options: dict[str, Any] = (
        {"counts": [*counts[:1], *jobs[:1]]} | ({"id": key} if key else {}) | _blanks(draft, entry, [*counts[:1], *jobs[:1]])
    )
    source = draft.add(entry, role, "cells", "polygon_cells", **options)
    if source.path != f"data/{role}/{entry.path.name}":
        source.path = f"data/{role}/{entry.path.name}"
    source.found.append(Remark("found.cells", {"rows": f"{entry.rows:,}", "columns": ", ".join(entry.columns[:12])}))
    if counts:
        draft.people = {"source": source.id, "night": counts[0]}
        _others(draft, entry, counts, "people")
    if jobs:
        draft.jobs = {"source": source.id, "column": jobs[0]}
    return Cells(entry, source)


def _others(draft: Draft, entry: Look, counts: list[str], role: str) -> None:
    """Say which column was taken where several could be meant."""
    if len(counts) > 1:
        draft.doubt(f"doubt.{role}_column", file=entry.path.name, column=counts[0], others=", ".join(counts[1:]))


def _of_table(draft: Draft, entry: Look) -> Cells | None:
    """A table of H3 cells or of the centres of a lattice, or None."""
    assert entry.table is not None
    table, counts = entry.table, _counts(entry, "people")
    if not counts:
        return None
    jobs = [name for name in _counts(entry, "jobs") if name not in counts][:1]
    day = [name for name in named(entry.columns, "day") if numeric(table[name])][:1]
    key = _h3_column(table)
    if key:
        source = draft.add(
            entry, "people", "cells", "h3_cells", id=key, counts=[counts[0], *day, *jobs], **_blanks(draft, entry, [counts[0], *day, *jobs])
        )
    else:
        found = _lattice_options(entry)
        if found is None:
            return None
        source = draft.add(entry, "people", "cells", "cell_centres", counts=[counts[0], *day, *jobs], **found)
    total = pd.to_numeric(table[counts[0]], errors="coerce").sum()
    source.found.append(Remark("found.counts", {"rows": f"{entry.rows:,}", "column": counts[0], "sum": f"{total:,.0f}"}))
    draft.people = {"source": source.id, "night": counts[0], **({"day": day[0]} if day else {})}
    _others(draft, entry, counts, "people")
    if jobs:
        draft.jobs = {"source": source.id, "column": jobs[0]}
    return Cells(entry, source)


def _h3_column(table: pd.DataFrame) -> str:
    import h3

    for name in table.columns:
        sample = table[name].astype(str).head(20)
        if all(len(text) <= _H3_DIGITS and h3.is_valid_cell(text) for text in sample):
            return str(name)
    return ""


def _lattice_options(entry: Look) -> dict[str, Any] | None:
    from parkcity.sense.look.lattice import find_lattice

    assert entry.table is not None
    names, areas = coordinates(entry.table), named(entry.columns, "area_m2")
    key = next((name for name in named(entry.columns, "id") if unique(entry.table[name])), "")
    if names is None or not areas or not key or entry.box is None:
        return None
    lon, lat, area = (pd.to_numeric(entry.table[name], errors="coerce").to_numpy(float) for name in (*names, areas[0]))
    if not np.isfinite(lon + lat + area).all():
        return None
    lattice = find_lattice(lon, lat, area)
    if lattice is None:
        return None
    columns = {"id": key, "lon": names[0], "lat": names[1], "area_m2": areas[0]}
    return columns | {"shape": lattice.shape, "side_m": lattice.side_m, "lattice_crs": lattice.crs}


def _of_dwellings(draft: Draft, seen: Seen) -> Cells:
    extract = seen.of("osm")[0]
    zones = sorted(seen.of("zones", geometry="polygons"), key=lambda entry: entry.rows)
    options: dict[str, Any] = {"osm": f"osm/{extract.path.name}", "total": seen.residents}
    if zones:
        options["boundary"] = f"zones/{zones[0].path.name}"
    source = Entry(
        draft.free_id("residents"), "cells", "osm_dwellings", "data", None, extract.date, "ODbL 1.0", "OpenStreetMap contributors"
    )
    source.options = options
    source.found.append(Remark("found.dwellings", {"residents": f"{seen.residents:,}"}))
    draft.entries.append(source)
    draft.people = {"source": source.id, "night": "people"}
    draft.doubt("doubt.dwellings", residents=f"{seen.residents:,}")
    return Cells(None, source)


def _joins(table: Look, zones: Look) -> tuple[str, str] | None:
    """The columns of a table and of zones whose values are the same for nearly all rows of the table, or None."""
    assert table.table is not None
    assert zones.table is not None
    keys = [
        name
        for name in [*named(table.columns, "id"), *named(table.columns, "name")]
        if not numeric(table.table[name]) or len(table.table[name].iloc[0]) > 3
    ]
    for key in keys or table.columns[:2]:
        values = set(table.table[key].astype(str))
        for column in zones.columns:
            if unique(zones.table[column]) and len(values & set(zones.table[column].astype(str))) >= _MATCH * len(values):
                return key, column
    return None


def join_tables(draft: Draft, seen: Seen, cells: Cells) -> None:
    """Tables of people and jobs by the ids of zones or cells: residents, ages and jobs.

    Raises `InputError` with every table that fits no zones given.
    """
    faults = FaultList()
    for role in ("people", "jobs"):
        for entry in seen.of(role):
            if entry.form == "table" and entry is not cells.look:
                _join(draft, entry, seen, cells, role, faults)
    faults.check()


def _join(draft: Draft, entry: Look, seen: Seen, cells: Cells, role: str, faults: FaultList) -> None:
    fits = [(zones, found) for zones in seen.of("zones", geometry="polygons") if (found := _joins(entry, zones)) is not None]
    if not fits:
        what = f"--{role}: no zones given have the ids of this table."
        faults.add(
            entry.path, what, allowed="the zones that its rows speak of, as --zones.", todo=f"it has: {', '.join(entry.columns[:12])}"
        )
        return
    zones, (key, _) = fits[0]
    only = _only(entry, key)
    counts = _counts(entry, role)
    if not counts:
        faults.add(entry.path, f"--{role}: no column counts {role}.", allowed=f"such as {'population' if role == 'people' else 'jobs'}.")
        return
    options: dict[str, Any] = {"key": key} | ({"only": only} if only else {})
    source = draft.add(entry, role, "zone_table", "sheet_zone_table" if entry.facts.get("sheet") else "csv_zone_table", **options)
    source.found.append(Remark("found.table", {"rows": f"{entry.rows:,}", "by": key, "column": counts[0], "zones": zones.path.name}))
    tier = "cell" if zones is cells.look else _tier_of(draft, zones)
    place = {"source": source.id, "key": key, "tier": tier}
    if role == "jobs":
        draft.jobs = {**place, "column": counts[0]}
    elif not draft.people:
        draft.people = {**place, "night": counts[0]}
        if counts[0].upper() == "C000":
            draft.doubt("doubt.workers", file=entry.path.name)
    _others(draft, entry, counts, role)
    bands = age_bands(entry.columns)
    tier = _tier_of(draft, zones)
    if role == "people" and bands and tier:
        draft.margins.append({"source": source.id, "key": key, "tier": tier, "columns": bands})
        source.found.append(Remark("found.ages", {"bands": len(bands)}))


def _tier_of(draft: Draft, zones: Look) -> str:
    """The tier that was made of zones, or an empty text."""
    sources = {
        entry.id
        for entry in draft.entries
        if entry.layer == "zones" and entry.origin == zones.path and entry.options.get("layer", "") == zones.layer
    }
    return next((tier["id"] for tier in draft.tiers if tier["source"] in sources), "")


def _only(entry: Look, key: str) -> dict[str, str]:
    """Where an id stands in several rows: the column and value that leave one row for each, such as sex = persons."""
    assert entry.table is not None
    table = entry.table
    if not table[key].duplicated().any():
        return {}
    for name in entry.columns:
        for value in table[name].unique()[:20]:
            if str(value).strip().casefold() in _EVERYBODY and not table[key][table[name] == value].duplicated().any():
                return {name: str(value)}
    return {}
