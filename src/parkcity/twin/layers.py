"""The layers of the twin in the order in which they are made, and what each depends on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.cache import hash_json
from parkcity.base.errors import Fault, FaultList
from parkcity.base.geo import WGS84, Projection, normalise_datum, shapes_to_metric
from parkcity.sense.osm.doors import Ground as DoorGround
from parkcity.sense.osm.doors import entrance_points, ground_paths
from parkcity.sense.osm.islands import mapped_edges
from parkcity.twin.attach import AttachRule, StreetIndex, attach
from parkcity.twin.cells import build_cells, with_remainder, without_far
from parkcity.twin.counts import Ground
from parkcity.twin.crosswalk import crosswalks
from parkcity.twin.datum import READINGS, datum_evidence, mixed_datums
from parkcity.twin.grid import lay_grid
from parkcity.twin.income import build_income
from parkcity.twin.jobs import build_jobs
from parkcity.twin.people import build_people
from parkcity.twin.places import build_places
from parkcity.twin.sensors import SENSORS, make_sensors
from parkcity.twin.store import Layer
from parkcity.twin.streets import build_streets, edge_shapes
from parkcity.twin.surroundings import ONLY_OWN, OWN, PARTS, make_surroundings, table_of
from parkcity.twin.terrain import ELEVATION, LAND_COVER, make_elevation, make_land_cover, street_slopes
from parkcity.twin.tiling import tiling_remarks
from parkcity.twin.timetable_layer import make_timetable
from parkcity.twin.zone_datum import zone_datum_notices
from parkcity.twin.zones import CITY_TIER, build_zones, of_tier

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.spec import CitySpec, SourceSpec
    from parkcity.sense.raw import Raw
    from parkcity.twin.workshop import Workshop

_READING_OF = {datum: name for name, datum in READINGS.items()}
_MOST_SPOTS = 4000
_TABLED = ("zones", "zone_table", "cells", "counts", "places", "streets", "lines", "timetable")
OSM = "openstreetmap"
OSM_PARTS = ("water", "green", "landuse", "buildings", "roads")


def input_keys(spec: CitySpec, hashes: dict[str, str], code: str) -> dict[str, str]:
    """For every layer of the city the hash of what it is made from."""
    city = [spec.id, spec.name_zh, spec.name_en, spec.crs, spec.area_tier, spec.area_zones, [vars(tier) for tier in spec.tiers]]
    people: dict[str, Any] = {name: dict(value) if name == "age_bands" else value for name, value in vars(spec.people).items()}
    people["margins"] = [{**vars(margin), "columns": dict(margin.columns)} for margin in spec.people.margins]
    by_layer = {
        layer: [hashes[source.id] for source in spec.of_layer(layer)] for layer in (*_TABLED, ELEVATION, LAND_COVER, SENSORS, *OWN, OSM)
    }
    zones = [code, city, by_layer["zones"], by_layer["zone_table"]]
    cells = [*zones, by_layer["cells"], vars(spec.cells)]
    counts = [*cells, by_layer["counts"], by_layer["buildings"], by_layer["land_use"], by_layer[OSM]]
    streets = [code, spec.crs, by_layer["streets"], by_layer[ELEVATION], by_layer[OSM]]
    places = [*zones, by_layer["places"], by_layer["streets"], by_layer[OSM], spec.places.precedence]
    inputs: dict[str, Any] = {"zones": zones}
    if _covering(spec, "streets") or _covering(spec, OSM):
        inputs["streets"] = streets
    for name in PARTS:
        if (name not in ONLY_OWN and by_layer[OSM] and _covering(spec, OSM)) or by_layer.get(name):
            inputs[name] = [code, by_layer.get(name), by_layer[OSM]]
    inputs |= {"cells": cells, "people": [*counts, people]}
    if len(spec.tiers) > 1:
        inputs["crosswalks"] = inputs["people"]
    for name in (ELEVATION, LAND_COVER, SENSORS):
        if by_layer[name]:
            inputs[name] = [*cells, by_layer[name]]
    if spec.jobs is not None:
        inputs["jobs"] = [*counts, {**vars(spec.jobs), "sectors": dict(spec.jobs.sectors)}]
    if spec.income is not None:
        inputs["income"] = [*cells, hashes[spec.income.source], vars(spec.income)]
    inputs["places"] = places
    if "streets" in inputs:
        inputs["attachments"] = [
            cells,
            places,
            streets,
            by_layer["buildings"],
            by_layer["lines"],
            by_layer["timetable"],
            dict(spec.attach),
            [source.datum_checked for source in spec.sources],
        ]
    if by_layer["lines"]:
        inputs["lines"] = [code, by_layer["lines"]]
    if by_layer["timetable"]:
        inputs["timetable"] = [streets, dict(spec.attach), by_layer["timetable"]]
    if by_layer[OSM]:
        inputs[OSM] = [*zones, by_layer[OSM]]
    return {name: hash_json(value) for name, value in inputs.items()}


def make_all(shop: Workshop, keys: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Make every layer whose inputs changed, and give the manifest entries of all."""
    makers: dict[str, Callable[[Workshop], Layer]] = {
        "zones": _zones,
        "streets": _streets,
        "cells": _cells,
        "people": _people,
        "crosswalks": _crosswalks,
        "jobs": _jobs,
        "income": _income,
        ELEVATION: make_elevation,
        LAND_COVER: make_land_cover,
        SENSORS: make_sensors,
        **{name: partial(make_surroundings, name=name) for name in PARTS},
        "places": _places,
        "attachments": _attachments,
        "lines": _lines,
        "timetable": make_timetable,
        OSM: _openstreetmap,
    }
    for number, name in enumerate(keys):
        shop.progress(f"make {name}", 0.4 + 0.6 * number / len(keys))
        shop.done[name] = makers[name](shop)
    entries = {}
    for name, key in keys.items():
        old = shop.old["layers"].get(name)
        reusable = old is not None and old["input_key"] == key and shop.store.complete(old)
        entries[name] = old if reusable else shop.store.write(shop.done[name], key)
    return entries


def _zones(shop: Workshop) -> Layer:
    zones, shop.projection = build_zones(shop.spec, shop.raws, shop.projection)
    remarks = tiling_remarks(zones, [tier.id for tier in shop.spec.tiers if not tier.groups], shop.spec.area_tier, shop.projection)
    notices = zone_datum_notices(shop.spec, zones, shop.projection)
    return Layer("zones", {"zones": zones}, {}, {"count": len(zones), "remarks": [*remarks, *(notice.what for notice in notices)]}, notices)


def _streets(shop: Workshop) -> Layer:
    assert shop.projection is not None
    (source,) = _only(shop.spec, "streets", OSM)
    arrays, pieces, remarks = build_streets(shop.raw(source), shop.projection, _ferries(shop.raw(source)))
    slopes = street_slopes(shop, shop.raw(source))
    if slopes is not None:
        arrays |= slopes.arrays
        remarks += slopes.remarks
    drawn = mapped_edges(arrays)
    meta = {
        "nodes": len(arrays["node_x"]),
        "edges": len(arrays["edge_u"]),
        "length_km": round(float(arrays["edge_length"][drawn].sum()) / 1000, 3),
        "junctions": len(arrays["junction_x"]),
        "main_share": round(float(np.mean(arrays["node_piece"] == 0)), 6),
        "remarks": remarks,
    }
    return Layer("streets", {"pieces": pieces}, arrays, meta)


def _ferries(raw: Raw) -> NDArray[np.float64] | None:
    """Ends of the ferry lines of an extract (WGS 84)."""
    import shapely

    found: list[Any] = [np.zeros((0, 2))]
    for part, column in (("roads", "class"), ("transit_routes", "mode")):
        table: Any = raw.frames.get(part)
        if table is not None and len(table):
            lines = shapely.get_parts(table.geometry.to_numpy()[(table[column] == "ferry").to_numpy()])
            found += [shapely.get_coordinates(line)[[0, -1]] for line in lines]
    return np.concatenate(found) if raw.frames else None


def _cells(shop: Workshop) -> Layer:
    import geopandas as gpd

    assert shop.projection is not None
    zones = _zone_table(shop)
    if shop.spec.cells.grid:
        _no_source(shop.spec, "cells", "[cells] lays its own grid")
        cells, members, remarks = build_cells(shop.spec, None, lay_grid(shop.spec, zones, shop.projection), zones, shop.projection)
    else:
        (source,) = _only(shop.spec, "cells")
        raw = shop.raw(source)
        assert isinstance(raw.frame, gpd.GeoDataFrame)
        raw.frame, far = without_far(raw.frame, zones, shop.projection)
        raw.frame, added = with_remainder(raw.frame, zones, shop.projection)
        cells, members, remarks = build_cells(shop.spec, source, raw.frame, zones, shop.projection)
        remarks += [*far, *added]
    arrays: dict[str, NDArray[Any]] = {f"member_{tier}": rows for tier, rows in members.items()}
    return Layer("cells", {"cells": cells}, arrays, {"count": len(cells), "remarks": remarks})


def _people(shop: Workshop) -> Layer:
    arrays, meta, remarks = build_people(_ground(shop))
    return Layer("people", {}, arrays, {**meta, "remarks": remarks})


def _jobs(shop: Workshop) -> Layer:
    arrays, meta, remarks = build_jobs(_ground(shop))
    return Layer("jobs", {}, arrays, {**meta, "remarks": remarks})


def _income(shop: Workshop) -> Layer:
    arrays, meta = build_income(_ground(shop))
    return Layer("income", {}, arrays, meta)


def _crosswalks(shop: Workshop) -> Layer:
    ground = _ground(shop)
    residents = shop.done["people"].arrays["night"].sum(axis=1).astype(np.float64)
    table = crosswalks(ground.zones, ground.members, residents, ground.cells["area_m2"].to_numpy(float))
    return Layer("crosswalks", {"crosswalks": table}, {}, {"rows": len(table)})


def _ground(shop: Workshop) -> Ground:
    import geopandas as gpd

    assert shop.projection is not None
    cells = shop.done["cells"].tables["cells"]
    assert isinstance(cells, gpd.GeoDataFrame)
    members = {name.removeprefix("member_"): array for name, array in shop.done["cells"].arrays.items()}
    built = {name: table_of(shop, name) for name in ("buildings", "land_use")}
    return Ground(shop.spec, shop.raws, _zone_table(shop), cells, members, shop.projection, **built)


def _places(shop: Workshop) -> Layer:
    assert shop.projection is not None
    sources = _covering(shop.spec, "places", OSM)
    tables = {}
    for source in sources:
        frame = shop.raw(source).frame
        assert frame is not None
        tables[source.id] = frame
    made = build_places(tables, _zone_table(shop), shop.projection, _door_ground(shop), _precedence(shop.spec, list(tables)))
    places = made.places
    kinds = {str(kind): int(count) for kind, count in sorted(places["kind"].value_counts().items())}
    why = {str(name): int(count) for name, count in sorted(made.doors["why"].value_counts().items())}
    parts: dict[str, pd.DataFrame] = {"places": places, "doors": made.doors}
    meta: dict[str, Any] = {"kinds": kinds, "doors": why, "remarks": made.remarks}
    if len(made.matches):
        parts["matches"] = made.matches
        meta["matches"] = {str(verdict): int(count) for verdict, count in sorted(made.matches["verdict"].value_counts().items())}
    return Layer("places", parts, {}, meta)


def _door_ground(shop: Workshop) -> DoorGround | None:
    """What shows where doors are: paths across edges and mapped entrances; None where the streets come from no extract."""
    sources = _covering(shop.spec, OSM)
    if not sources or "streets" not in shop.done:
        return None
    assert shop.projection is not None
    arrays = shop.done["streets"].arrays
    entrances: Any = shop.raw(sources[0]).frames.get("entrances")
    doors, stations = entrance_points(entrances) if entrances is not None else (np.zeros((0, 2)), np.zeros((0, 2)))
    metric = [np.column_stack(shop.projection.forward(at[:, 0], at[:, 1])) for at in (doors, stations)]
    return DoorGround(ground_paths(edge_shapes(arrays), arrays), metric[0], metric[1])


def _precedence(spec: CitySpec, sources: list[str]) -> tuple[str, ...]:
    """The order in which sources of places are matched; a fault where one of them is missing in it or there is none such."""
    wanted = spec.places.precedence
    faults = FaultList()
    if wanted and set(wanted) != set(sources):
        what = f"[places] precedence names {', '.join(wanted)}."
        faults.add(spec.folder / "city.toml", what, allowed=f"every source of places once: {', '.join(sources)}.")
    faults.check()
    return wanted


def _lines(shop: Workshop) -> Layer:
    frames = []
    for source in shop.spec.of_layer("lines"):
        frame = shop.raw(source).frame
        assert frame is not None
        frames.append(frame.assign(source=source.id))
    table = pd.concat(frames, ignore_index=True)
    return Layer("lines", {"lines": table}, {}, {"lines": int(table["line"].nunique()), "stations": int(table["station"].nunique())})


def _attachments(shop: Workshop) -> Layer:
    """Cells and doors on the streets; before that, the datum of every source of places is compared with the streets."""
    index = StreetIndex.of(shop.done["streets"].arrays)
    evidence = _check_datums(shop, index)
    rule = AttachRule.of(shop.spec.attach)
    cells, places, doors = shop.done["cells"].tables["cells"], shop.done["places"].tables["places"], shop.done["places"].tables["doors"]
    arrays: dict[str, NDArray[Any]] = {}
    failures = []
    found, nearest = attach(index, cells["x"].to_numpy(), cells["y"].to_numpy(), rule)
    arrays |= {f"cell_{name}": array for name, array in found.items()}
    arrays["cell_nearest_m"] = nearest
    lost = np.setdiff1d(np.arange(len(cells)), found["owner"])
    failures += [
        ("cell", cells["id"].iloc[row], "", "", float(nearest[row]), cells["lon"].iloc[row], cells["lat"].iloc[row]) for row in lost
    ]
    found, nearest = attach(index, doors["x"].to_numpy(), doors["y"].to_numpy(), rule)
    arrays |= {f"door_{name}": array for name, array in found.items()}
    attached = np.unique(doors["place"].to_numpy()[np.unique(found["owner"])])
    best = np.full(len(places), np.inf)
    np.minimum.at(best, doors["place"].to_numpy(), nearest)
    lost = np.setdiff1d(np.arange(len(places)), attached)
    failures += [_place_failure(places, row, best[row]) for row in lost]
    columns = ["what", "id", "kind", "name", "distance_m", "lon", "lat"]
    table = pd.DataFrame(failures, columns=columns).astype({"distance_m": float, "lon": float, "lat": float})
    notices = [_far_notice(shop, places, int(row), float(best[row]), rule.limit) for row in lost]
    meta = {"limit_m": rule.limit, "candidates": rule.candidates, "datum_evidence": evidence}
    return Layer("attachments", {"failures": table}, arrays, meta, notices)


def _cell_failure(cells: pd.DataFrame, row: int, distance: float) -> tuple[Any, ...]:
    return ("cell", cells["id"].iloc[row], "", "", float(distance), cells["lon"].iloc[row], cells["lat"].iloc[row])


def _place_failure(places: gpd.GeoDataFrame, row: int, distance: float) -> tuple[Any, ...]:
    point = places.geometry.iloc[row].representative_point()
    return ("place", places["id"].iloc[row], places["kind"].iloc[row], places["name"].iloc[row], float(distance), point.x, point.y)


def _far_notice(shop: Workshop, places: gpd.GeoDataFrame, row: int, distance: float, limit: float) -> Fault:
    source = shop.spec.source(str(places["source"].iloc[row]))
    name = places["name"].iloc[row] or places["id"].iloc[row]
    number, kind = int(places["row"].iloc[row]), places["kind"].iloc[row]
    return Fault(
        str(shop.spec.path(source)),
        f"'{name}' ({kind}, {places['id'].iloc[row]}) is {distance:,.0f} m from the nearest street and is reached by nobody.",
        f"at most {limit:,.0f} m.",
        "check its position, or raise [attach] limit_m in city.toml",
        number if number > 0 else None,
    )


def _check_datums(shop: Workshop, index: StreetIndex) -> dict[str, dict[str, float]]:
    assert shop.projection is not None
    evidence: dict[str, dict[str, float]] = {}
    faults = FaultList()
    sources = (*_covering(shop.spec, "places"), *_covering(shop.spec, "buildings"), *shop.spec.of_layer("lines"))
    for source in (*sources, *shop.spec.of_layer("timetable")):
        # Projected and geodetic EPSG systems both arrive as WGS 84, so that is the reading they declare.
        declared = _READING_OF.get(normalise_datum(source.datum), "WGS84")
        lon, lat = _spots(shop.raw(source))
        found = datum_evidence(lon, lat, declared, index, shop.projection)
        if found is None:
            continue
        evidence[source.id] = {name: round(value, 4) for name, value in found.strength.items()}
        if source.datum_checked:
            continue
        mixed = mixed_datums(lon, lat, declared, index, shop.projection)
        if mixed is not None or found.contradicts:
            faults.extend([(mixed or found).fault(str(shop.spec.path(source)))])
    faults.check()
    return evidence


def _spots(raw: Raw) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the rows of a source lie, WGS 84, in the order of the file; of very many every so-manieth."""
    frame: Any = raw.frame if raw.frame is not None else raw.frames["stops"]
    frame = frame.iloc[:: max(len(frame) // _MOST_SPOTS, 1)]
    if "geometry" in frame:
        points = frame.geometry.representative_point()
        return points.x.to_numpy(), points.y.to_numpy()
    known = frame[["lon", "lat"]].notna().all(axis=1)
    return frame["lon"][known].to_numpy(float), frame["lat"][known].to_numpy(float)


def _zone_table(shop: Workshop) -> gpd.GeoDataFrame:
    import geopandas as gpd

    table = shop.done["zones"].tables["zones"]
    assert isinstance(table, gpd.GeoDataFrame)
    return table


def _openstreetmap(shop: Workshop) -> Layer:
    """What extracts that cover only a window hold, places too, for drawing alone: nothing is measured from a window."""
    assert shop.projection is not None
    tables: dict[str, pd.DataFrame] = {}
    meta: dict[str, Any] = {"windows": {}}
    for source in shop.spec.of_layer(OSM):
        raw = shop.raw(source)
        for part in (*OSM_PARTS, "places"):
            if source.coverage == "window" and part in raw.frames and len(raw.frames[part]):
                tables[f"{source.id}_{part}"] = raw.frames[part]
        if source.coverage == "window":
            kinds = raw.frames["places"]["kind"].value_counts()
            share = _window_share(raw.arrays["node_lon"], raw.arrays["node_lat"], _zone_table(shop), shop.projection)
            meta["windows"][source.id] = {
                "share_of_area": round(share, 4),
                "kinds": {str(kind): int(kinds[kind]) for kind in sorted(kinds.index)},
            }
    return Layer(OSM, tables, {}, meta)


def _window_share(lon: NDArray[Any], lat: NDArray[Any], zones: gpd.GeoDataFrame, projection: Projection) -> float:
    """Share of the study area that the box of a window covers (the middle 98 % of its nodes: whole ways overhang it)."""
    import shapely

    west, east = np.percentile(lon, (1, 99))
    south, north = np.percentile(lat, (1, 99))
    box = shapes_to_metric(np.array([shapely.box(west, south, east, north)]), WGS84, projection)[0]
    city = shapes_to_metric(of_tier(zones, CITY_TIER).geometry.to_numpy(), WGS84, projection)[0]
    return float(city.intersection(box).area / city.area)


def _covering(spec: CitySpec, *layers: str) -> list[SourceSpec]:
    """The sources of some layers that cover the study area; a window measures nothing for the whole."""
    return [source for layer in layers for source in spec.of_layer(layer) if source.coverage != "window"]


def _no_source(spec: CitySpec, layer: str, reason: str) -> None:
    faults = FaultList()
    for source in spec.of_layer(layer):
        what = f"{reason}, but source '{source.id}' gives the layer '{layer}' too."
        faults.add(spec.folder / "city.toml", what, todo='make its layer "counts", so that it is spread over the grid')
    faults.check()


def _only(spec: CitySpec, *layers: str) -> tuple[SourceSpec]:
    """The one covering source of the first layer that has any."""
    sources = next((found for layer in layers if (found := _covering(spec, layer))), [])
    faults = FaultList()
    if len(sources) != 1:
        faults.add(
            spec.folder / "city.toml", f"{len(sources)} sources feed the layer '{layers[0]}'.", allowed="exactly one that covers the area."
        )
    faults.check()
    return (sources[0],)
