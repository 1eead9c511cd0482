"""Heights, land cover, buildings, and lines that nobody published a timetable of."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkcity.sense.assumed import ASSUMED_MODES, assumed_pace
from parkcity.sense.look.columns import named, unique
from parkcity.sense.look.lines import assumed_services, line_tables
from parkcity.sense.look.rows import coordinates
from parkcity.serve.draft.draft import Draft, Entry, Remark

if TYPE_CHECKING:
    from parkcity.sense.look.finding import Box, Look
    from parkcity.serve.draft.seen import Seen

_FINE_DEG = 0.0005
_NOISE_PIXELS = 1
_LINES = "data/lines"


def heights(draft: Draft, seen: Seen, area: Box) -> None:
    """Models of heights; tiles that lie elsewhere are told and left out."""
    for entry in seen.of("elevation"):
        if not _meets(entry, area):
            draft.doubt("doubt.elsewhere", file=entry.path.name)
            continue
        # Pixels of 30 m carry the noise of the radar; coarser ones are means already.
        fine = entry.facts["pixel_deg"] < _FINE_DEG
        source = draft.add(entry, "elevation", "elevation", "raster_heights", **({"smooth": _NOISE_PIXELS} if fine else {}))
        source.coverage = "beyond" if _holds(entry, area) else "area"
        source.found.append(Remark("found.heights", {"low": f"{entry.facts['low']:,.0f}", "high": f"{entry.facts['high']:,.0f}"}))
        if fine:
            source.found.append(Remark("found.smooth", {}))


def land_cover(draft: Draft, seen: Seen, area: Box) -> None:
    """The map of land cover: of codes where one scheme alone has them, or of per cents for each class."""
    looks = [entry for entry in seen.of("land_cover") if _meets(entry, area)]
    for entry in seen.of("land_cover"):
        if entry not in looks:
            draft.doubt("doubt.elsewhere", file=entry.path.name)
    for entry in looks[:1]:
        if entry.form == "fractions":
            source = draft.add(entry, "land_cover", "land_cover", "raster_fractions", fractions=entry.facts["fractions"])
            classes = ", ".join(f"{name} = {file}" for name, file in entry.facts["fractions"].items())
            source.found.append(Remark("found.fractions", {"classes": classes}))
            if entry.facts["unknown"]:
                draft.doubt("doubt.fractions", folder=entry.path.name, files=", ".join(entry.facts["unknown"]))
            continue
        schemes = entry.facts["schemes"]
        codes = ", ".join(map(str, entry.facts["codes"]))
        if len(schemes) != 1:
            draft.doubt("doubt.scheme" if schemes else "doubt.codes", file=entry.path.name, codes=codes, schemes=", ".join(schemes))
            continue
        source = draft.add(entry, "land_cover", "land_cover", "raster_cover", scheme=schemes[0])
        source.found.append(Remark("found.cover", {"scheme": schemes[0], "codes": codes}))
    if len(looks) > 1:
        draft.doubt("doubt.covers", file=looks[0].path.name, count=len(looks))


def buildings(draft: Draft, seen: Seen) -> None:
    """Footprints with height or storeys where the file has them."""
    for entry in seen.of("buildings"):
        if entry.geometry not in {"polygons", "points"}:
            draft.doubt("doubt.not_buildings", file=entry.path.name)
            continue
        assert entry.table is not None
        options: dict[str, Any] = {"points": True} if entry.geometry == "points" or entry.facts["mixed"] else {}
        key = next((name for name in named(entry.columns, "id") if unique(entry.table[name])), "")
        options |= {"id": key} if key else {}
        for option, role in (("height", "height"), ("levels", "levels"), ("class", "use"), ("name", "name")):
            found = [name for name in named(entry.columns, role) if name not in options.values()]
            options |= {option: found[0]} if found else {}
        source = draft.add(entry, "buildings", "buildings", "vector_areas", **options)
        told = ", ".join(f"{name} = {column}" for name, column in options.items() if name not in {"layer", "points"}) or "-"
        source.found.append(Remark("found.buildings", {"rows": f"{entry.rows:,}", "columns": told}))


def lines(draft: Draft, seen: Seen) -> None:
    """Tables of lines as an assumed timetable; where no table tells headways and speeds, those of a table of the product stand in."""
    if not seen.of("lines"):
        return
    tables = line_tables(seen.of("lines"))
    stops = tables.stops
    first, last = _year(stops)
    options = {**tables.columns, "stops": stops.path.name, "first_date": first, "last_date": last}
    if tables.services is not None:
        options["services"] = tables.services.path.name
        draft.brought[f"{_LINES}/{tables.services.path.name}"] = tables.services.path
    else:
        table, unknown = assumed_services(tables, {mode: assumed_pace(mode) for mode in ASSUMED_MODES})
        options["services"] = "services.csv"
        draft.made[f"{_LINES}/services.csv"] = table
        draft.doubt("doubt.assumed", file=stops.path.name, table=f"{_LINES}/services.csv")
        if unknown:
            draft.doubt("doubt.modes", lines=", ".join(unknown[:12]))
    draft.brought[f"{_LINES}/{stops.path.name}"] = stops.path
    source = draft.add(stops, "lines", "timetable", "line_table", **options)
    source.path, source.origin, source.coverage = _LINES, None, "beyond"
    source.found.append(Remark("found.lines", {"lines": len(tables.lines), "stops": f"{stops.rows:,}"}))


def sensors(draft: Draft, seen: Seen) -> None:
    """Stations with coordinates, and their readings where a second table holds them."""
    looks = seen.of("sensors")
    stations = [entry for entry in looks if entry.table is not None and coordinates(entry.table) is not None]
    for entry in stations[:1]:
        assert entry.table is not None
        places = coordinates(entry.table)
        assert places is not None
        key = next((name for name in [*named(entry.columns, "station"), *named(entry.columns, "id")] if unique(entry.table[name])), "")
        if not key:
            draft.doubt("doubt.no_stations", columns=", ".join(entry.columns))
            continue
        options: dict[str, Any] = {"stations": entry.path.name, "id": key, "lon": places[0], "lat": places[1]}
        for role in ("name", "quantity", "unit"):
            found = [name for name in named(entry.columns, role) if name != key]
            options |= {role: found[0]} if found else {}
        for other in [other for other in looks if other is not entry][:1]:
            options |= {"readings": other.path.name, **_reading_columns(other)}
            draft.brought[f"data/sensors/{other.path.name}"] = other.path
        draft.brought[f"data/sensors/{entry.path.name}"] = entry.path
        source = draft.add(entry, "sensors", "sensors", "sensor_stations", **options)
        source.path, source.origin, source.coverage = "data/sensors", None, "beyond"
        source.found.append(Remark("found.stations", {"rows": f"{entry.rows:,}"}))
    if looks and not stations:
        draft.doubt("doubt.no_stations", columns=", ".join(looks[0].columns))


def _reading_columns(entry: Look) -> dict[str, str]:
    """The columns of a table of readings by what they hold, as options of the reader."""
    clock = named(entry.columns, "clock")
    day = [name for name in named(entry.columns, "time") if name not in clock]
    found = {"date": day, "clock": clock, "station": named(entry.columns, "station"), "value": named(entry.columns, "value")}
    return {option: names[0] for option, names in found.items() if names}


def routes(draft: Draft, seen: Seen) -> None:
    """Where neither feeds nor tables of lines were given: the routes of the extract, if it has any, as an assumed timetable."""
    if seen.of("gtfs") or seen.of("lines"):
        return
    for entry in seen.of("osm")[:1]:
        if not entry.facts["routes"]:
            continue
        first, last = _year(entry)
        origin = next(known for known in draft.entries if known.layer == "openstreetmap" and known.origin == entry.path)
        options = {"first_date": first, "last_date": last, **({"bbox": origin.options["bbox"]} if "bbox" in origin.options else {})}
        source = Entry(draft.free_id("osm_lines"), "timetable", "osm_lines", origin.path, origin.origin, origin.date, origin.licence)
        source.attribution, source.coverage, source.options = origin.attribution, "beyond", options
        source.found.append(Remark("found.routes", {"routes": entry.facts["routes"]}))
        draft.entries.append(source)
        draft.doubt("doubt.routes", file=entry.path.name)


def _year(entry: Look) -> tuple[str, str]:
    """First and last day of the year for which a source speaks: that of its date, else of the file's."""
    stamp = dt.datetime.fromtimestamp(Path(entry.path).stat().st_mtime, dt.UTC).year
    year = int(entry.date[:4]) if entry.date else stamp
    return f"{year}-01-01", f"{year}-12-31"


def _meets(entry: Look, area: Box) -> bool:
    assert entry.box is not None
    west, south, east, north = entry.box
    return west < area[2] and east > area[0] and south < area[3] and north > area[1]


def _holds(entry: Look, area: Box) -> bool:
    assert entry.box is not None
    west, south, east, north = entry.box
    return west < area[0] and east > area[2] and south < area[1] and north > area[3]
