"""One school, two objects: a node and a polygon of the same place are merged, with a report of every pair."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.sense.osm.metric import areas, to_local
from parkcity.standards import parameter

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_GENERAL = {"school": frozenset({"school", "primary_school", "secondary_school"})}
"""Kinds that leave open which of several kinds a place is."""

_FILLED = ("name", "name_en", "address", "capacity")
_AREAL = 2
REPORT = ("kept", "dropped", "kind", "name", "distance_m", "why")


def merge_duplicates(places: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Places without duplicates, and the report: `kept, dropped` ids, `kind, name, distance_m, why` ('name', 'unnamed').

    A point, or a smaller polygon, is merged into a polygon of a compatible kind when it lies within a set distance of it
    and has the same name (compared without spaces, case and width), or nearer still where one of the two has no name. The
    polygon stays, and takes name, address, capacity and the more definite kind from what is merged into it; a polygon that
    lies beside it rather than in it adds its ground.
    """
    import shapely

    shapes = places.geometry.to_numpy()
    areal = np.nonzero(shapely.get_dimensions(shapes) == 2)[0]
    if not len(areal):
        return places, pd.DataFrame(columns=list(REPORT))
    lat_0 = float(np.median(shapely.get_coordinates(shapes)[:, 1]))
    metric = shapely.transform(shapes, lambda xy: np.column_stack(to_local(xy[:, 0], xy[:, 1], lat_0)))
    inside = parameter("osm_parameters", "place.inside").number
    unnamed = parameter("osm_parameters", "place.unnamed").number
    probe = np.where(shapely.get_dimensions(metric) == 2, shapely.point_on_surface(metric), metric)
    one, found = shapely.STRtree(metric[areal]).query(probe, predicate="dwithin", distance=inside)
    two = areal[found]
    area = np.nan_to_num(places["area_m2"].to_numpy(float))
    larger = (area[two] > area[one]) | ((area[two] == area[one]) & (two < one))
    one, two = one[larger & (one != two)], two[larger & (one != two)]
    kind = places["kind"].to_numpy()
    name = np.array([plain_name(text) for text in places["name"]], object)
    gap = shapely.distance(probe[one], metric[two])
    same = (name[one] == name[two]) & (name[one] != "")
    nameless = ((name[one] == "") | (name[two] == "")) & (gap <= unnamed)
    fits = np.array([_compatible(kind[a], kind[b]) for a, b in zip(one, two, strict=True)], bool)
    good = fits & (same | nameless)
    return _merged(places, one[good], two[good], gap[good], np.where(same[good], "name", "unnamed"))


def plain_name(text: str) -> str:
    """A name for comparison: full-width characters as plain ones, lower case, no spaces, no punctuation.

    >>> plain_name("Ｎｏ.1 小学（南区）") == plain_name("no1小学(南区)")
    True
    """
    folded = unicodedata.normalize("NFKC", str(text)).casefold()
    return "".join(char for char in folded if char.isalnum())


def _compatible(one: str, two: str) -> bool:
    if one == two:
        return True
    return any(one in family and two in family and general in (one, two) for general, family in _GENERAL.items())


def _merged(
    places: gpd.GeoDataFrame, one: NDArray[np.int64], two: NDArray[np.int64], gap: NDArray[np.float64], why: NDArray[Any]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Every place into the nearest place that takes it; of chains the last one stays."""
    order = np.lexsort([two, gap, one])
    first = order[np.unique(one[order], return_index=True)[1]]
    into = {int(one[row]): int(two[row]) for row in first}
    report = []
    out = places.copy()
    for row in first.tolist():
        source, target = int(one[row]), int(two[row])
        while target in into:
            target = into[target]
        for column in [name for name in _FILLED if name in out.columns]:
            value = out.loc[out.index[target], column]
            if value == "" or value != value:  # noqa: PLR0124
                out.loc[out.index[target], column] = out.loc[out.index[source], column]
        if out["kind"].iloc[target] in _GENERAL:
            out.loc[out.index[target], "kind"] = out["kind"].iloc[source]
        label = out["name"].iloc[target]
        report.append((out["id"].iloc[target], out["id"].iloc[source], out["kind"].iloc[target], label, float(gap[row]), str(why[row])))
    _unite(out, into)
    kept = np.setdiff1d(np.arange(len(places)), np.array(list(into), np.int64))
    return out.iloc[kept].reset_index(drop=True), pd.DataFrame(report, columns=list(REPORT))


def _unite(places: gpd.GeoDataFrame, into: dict[int, int]) -> None:
    """Give every place that stays the ground of the polygons merged into it."""
    import shapely

    shapes = places.geometry.to_numpy().copy()
    parts: dict[int, list[int]] = {}
    for source, first in into.items():
        target = first
        while target in into:
            target = into[target]
        if shapely.get_dimensions(shapes[source]) == _AREAL and not shapely.covers(shapes[target], shapes[source]):
            parts.setdefault(target, []).append(source)
    if not parts:
        return
    rows = np.array(list(parts), np.int64)
    for target, sources in parts.items():
        shapes[target] = shapely.union_all(shapes[[target, *sources]])
    size = places["area_m2"].to_numpy(float).copy()
    size[rows] = areas(shapes[rows])
    places["area_m2"] = size
    places["geometry"] = shapes
