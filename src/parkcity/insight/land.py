"""Inputs about land and what stands on it: land by use, where people live, buildings, railways, lines that planning draws.

Land by use comes from the land-use map, or from a land-cover map that tells uses apart. A land-use map that shows next to no homes is
not one of the city: then it is missing, and inhabited cells stand for residential land, which every number that rests on them says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import PROVIDERS, Inputs, Provider
from parkcity.insight.location import cell_of_metric_points, line_m_by_cell, metric_cells, union_km2
from parkcity.insight.registry import Input
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

CONTROLS = ("eco_red_line", "basic_farmland", "urban_boundary", "heritage")
"""Classes of the layer `control_lines`."""
RAILWAY, MOTORWAY = ("rail",), ("motorway",)
_M_PER_KM = 1e3
_TINY_M2 = 1e-6


def land_groups() -> tuple[str, ...]:
    """The groups of land of the table `land_groups`."""
    return tuple(row.id for row in load("land_groups"))


def _classes(group: str, layer: str) -> list[str]:
    return parameter("land_groups", group).extra[layer].split()


def _covers(twin: Twin, group: str) -> list[str]:
    """The classes of the city's land-cover map that make up a group; none where it has no map that tells them."""
    known = twin.layer("land_cover").meta["classes"] if twin.has("land_cover") else ()
    return [name for name in _classes(group, "land_cover") if name in known]


def _maps_homes(twin: Twin) -> bool:
    """Does the land-use map show as much residential land as residents must have?"""
    homes = _homes_m2(twin.layer("land_use").path("landuse"))
    return homes >= parameter("land_parameters", "homes.least").number * float(twin.residents().sum())


@lru_cache(maxsize=64)
def _homes_m2(path: Path) -> float:
    """Residential land of a land-use table, m2. A layer's file is named by its contents, so that what was read once stays true."""
    import pandas as pd

    frame = pd.read_parquet(path, columns=["class", "area_m2"])
    return float(frame["area_m2"].to_numpy(float)[(frame["class"] == "residential").to_numpy()].sum())


def lacks_land(twin: Twin, group: str) -> list[str]:
    """What a city lacks for a group of land: a map of land use, or one that shows where people live; or a map of land cover."""
    if _covers(twin, group):
        return []
    if not _classes(group, "land_use"):
        return ["land_cover"]
    if not twin.has("land_use"):
        return ["land_use"]
    return ["land_use:residential"] if parameter("land_groups", group).extra["needs_homes"] == "1" and not _maps_homes(twin) else []


def land_km2(inputs: Inputs, group: str) -> Floats:
    """Land of a group in every cell, float64 [cells], km2; overlaps count once."""
    twin = inputs.twin
    covers = _covers(twin, group)
    if covers:
        layer = twin.layer("land_cover")
        names, shares = list(layer.meta["classes"]), np.nan_to_num(np.asarray(layer.array("shares"), np.float64))
        share: Floats = shares[:, [names.index(name) for name in covers]].sum(axis=1)
        return share * inputs.area_km2()
    classes = _classes(group, "land_use")

    def make() -> dict[str, NDArray[Any]]:
        frame = twin.layer("land_use").shapes("landuse")
        return {"km2": union_km2(twin, frame.geometry.to_numpy()[frame["class"].isin(classes).to_numpy()])}

    return inputs.kept("land_of", ("cells", "land_use"), {"classes": classes}, make)["km2"]


def residential_km2(inputs: Inputs) -> Floats:
    """Residential land in every cell, float64 [cells], km2: as mapped, or the whole of inhabited cells where no map shows homes."""
    if not lacks_land(inputs.twin, "residential"):
        return land_km2(inputs, "residential")
    return np.where(inputs.residents_of("all") > 0, inputs.area_km2(), 0.0)


def _residential_assumed(inputs: Inputs, **_args: Any) -> list[str]:
    return ["inhabited_cells"] if lacks_land(inputs.twin, "residential") else []


def building_sum(inputs: Inputs, measure: str, above_m: float = 0.0) -> Floats:
    """Buildings by cell, float64 [cells].

    `footprint_km2`: land under them, once; `floor_m2`, `home_floor_m2`: floor area, of all and of dwellings, by the part of the footprint
    in the cell; `high`, `high_homes`: their number above so many metres, by the cell of an inner point. Heights come from heights,
    else from levels; floors of buildings that tell neither are counted at the usual levels.
    """
    cells = len(inputs.twin.cells)
    if measure == "footprint_km2":
        return inputs.kept("footprints", ("cells", "buildings"), {}, lambda: _footprints(inputs.twin))["km2"]
    kept = inputs.kept("buildings", ("cells", "buildings"), {"land": inputs.twin.has("land_use")}, lambda: _buildings(inputs.twin))
    if measure in {"floor_m2", "home_floor_m2"}:
        floors = kept["floor_m2" if measure == "floor_m2" else "home_m2"]
        return np.bincount(kept["part_cell"], kept["part_share"] * floors[kept["part_of"]], minlength=cells).astype(np.float64)
    tall = kept["height"] > above_m
    counted = {"high": tall, "high_homes": tall & (kept["home_m2"] > 0)}[measure] & (kept["cell"] >= 0)
    return np.bincount(kept["cell"][counted], minlength=cells).astype(np.float64)


def _footprints(twin: Twin) -> dict[str, NDArray[Any]]:
    return {"km2": union_km2(twin, twin.layer("buildings").shapes("buildings").geometry.to_numpy())}


def _buildings(twin: Twin) -> dict[str, NDArray[Any]]:
    import shapely

    from parkcity.base.geo import WGS84, shapes_to_metric
    from parkcity.sense.dwellings import home_area
    from parkcity.sense.spread import floor_area, overlap

    table = twin.layer("buildings").shapes("buildings")
    metric = shapely.make_valid(np.asarray(shapes_to_metric(table.geometry.to_numpy(), WGS84, twin.projection)))
    inner = np.atleast_1d(shapely.point_on_surface(metric))
    part_of, part_cell, part = overlap(metric, metric_cells(twin))
    whole = np.maximum(shapely.area(metric), _TINY_M2)
    storey, default = (parameter("people_parameters", f"dwelling.{name}").number for name in ("storey", "levels"))
    area, levels, height = (table[name].to_numpy(float) for name in ("area_m2", "levels", "height"))
    return {
        "cell": cell_of_metric_points(twin, np.asarray(shapely.get_x(inner)), np.asarray(shapely.get_y(inner))),
        "part_of": part_of,
        "part_cell": part_cell,
        # Cells share their borders and nothing else, so that parts never exceed the whole.
        "part_share": part / whole[part_of],
        "floor_m2": floor_area(area, levels, height, storey, default),
        "home_m2": home_area(table, _land_use(twin)),
        # What tells no height is not high.
        "height": np.nan_to_num(np.where(np.isnan(height), levels * storey, height)),
    }


def _land_use(twin: Twin) -> gpd.GeoDataFrame:
    """The land-use map; an empty one where the city has none."""
    from parkcity.base.geo import WGS84, frame

    return twin.layer("land_use").shapes("landuse") if twin.has("land_use") else frame({"class": np.zeros(0, object)}, [], WGS84)


def levels_assumed(inputs: Inputs, measure: str, **_args: Any) -> list[str]:
    """What is assumed about the levels of buildings for a measure of them, as ids of `assumptions.csv`."""
    meta = inputs.twin.layer("buildings").meta
    partly = int(meta["with_height_or_levels"]) < int(meta["count"]["buildings"])
    return ["high_only_where_told" if measure.startswith("high") else "usual_levels"] if partly and measure != "footprint_km2" else []


def _lacks_buildings(twin: Twin, measure: str, **_args: Any) -> list[str]:
    """Heights, where high buildings are counted and no building tells one."""
    return ["buildings:height"] if measure.startswith("high") and not twin.layer("buildings").meta["with_height_or_levels"] else []


def track_km(inputs: Inputs, what: str) -> Floats:
    """Length of `railway` or `motorway` in every cell, float64 [cells], km, from the map of roads; 0 where it shows none.

    Metros and trams are no railways. Both carriageways of a motorway are drawn: each counts half. Parallel tracks are as they are drawn.
    """
    table, classes, each = {"railway": ("rails", RAILWAY, 1.0), "motorway": ("roads", MOTORWAY, 0.5)}[what]

    def make() -> dict[str, NDArray[Any]]:
        layer = inputs.twin.layer("roads")
        if table not in layer.parts:
            return {"km": np.zeros(len(inputs.twin.cells))}
        frame = layer.shapes(table)
        chosen = frame.geometry.to_numpy()[frame["class"].isin(classes).to_numpy()]
        return {"km": line_m_by_cell(inputs.twin, chosen) * each / _M_PER_KM}

    return inputs.kept("track_km", ("cells", "roads"), {"what": what}, make)["km"]


def control_km2(inputs: Inputs, line: str, group: str = "") -> Floats:
    """Land inside the lines of a class, of a group of land where one is named, float64 [cells], km2.

    Land of a group comes from its polygons, cut by the lines; a map of land cover gives its share of the cell.
    """
    twin = inputs.twin

    def make() -> dict[str, NDArray[Any]]:
        import shapely

        frame = twin.layer("control_lines").shapes("control_lines")
        inside = shapely.union_all(shapely.make_valid(frame.geometry.to_numpy()[(frame["class"] == line).to_numpy()]))
        if group and not _covers(twin, group):
            table = twin.layer("land_use").shapes("landuse")
            chosen = table.geometry.to_numpy()[table["class"].isin(_classes(group, "land_use")).to_numpy()]
            inside = shapely.intersection(inside, shapely.union_all(shapely.make_valid(chosen)))
        return {"km2": union_km2(twin, shapely.get_parts(inside))}

    layers = ("cells", "control_lines", *(("land_use",) if group and not _covers(twin, group) else ()))
    km2 = inputs.kept("control", layers, {"line": line, "group": group}, make)["km2"]
    if group and _covers(twin, group):
        return np.asarray(km2 * np.divide(land_km2(inputs, group), inputs.area_km2()))
    return km2


def _lacks_control(twin: Twin, line: str, group: str = "") -> list[str]:
    """The layer of control lines, or lines of the class, or the land of the group."""
    if not twin.has("control_lines"):
        return [f"control_lines:{line}"]
    known = set(twin.layer("control_lines").shapes("control_lines")["class"])
    return [*([] if line in known else [f"control_lines:{line}"]), *(lacks_land(twin, group) if group else [])]


def present_by_day(inputs: Inputs) -> Floats:
    """Persons present by day, float64 [cells]."""
    return np.asarray(inputs.twin.residents("all", "day"), np.float64)


def _lacks_day(twin: Twin) -> list[str]:
    return [] if twin.has("people") and "day" in twin.periods else ["people:day"]


PROVIDERS.update(
    {
        "land_km2": Provider(land_km2, ("cells", "people"), lacking=lacks_land),
        "residential_km2": Provider(residential_km2, ("cells", "people"), assumed=_residential_assumed),
        "building_sum": Provider(building_sum, ("cells", "buildings"), lacking=_lacks_buildings, assumed=levels_assumed),
        "track_km": Provider(track_km, ("cells", "roads")),
        "control_km2": Provider(control_km2, ("cells", "people"), lacking=_lacks_control),
        "present_by_day": Provider(present_by_day, ("cells", "people"), lacking=_lacks_day),
    }
)


def land(group: str) -> Input:
    """Land of a group, as an input of an indicator."""
    return Input("land_km2", {"group": group})


def buildings(measure: str, above_m: float = 0.0) -> Input:
    """Something of the buildings, as an input of an indicator."""
    return Input("building_sum", {"measure": measure, "above_m": above_m})


def control(line: str, group: str = "") -> Input:
    """Land inside lines of planning, as an input of an indicator."""
    return Input("control_km2", {"line": line, "group": group})


def track(what: str) -> Input:
    """Length of railways or motorways, as an input of an indicator."""
    return Input("track_km", {"what": what})
