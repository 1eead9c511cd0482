"""Counts of persons or jobs brought onto the cells from any source, so that nobody is lost and nobody is made up.

A source may be the cells themselves, a table by cell or by zone, or areas of its own (pixels, blocks, another grid). What lies
beyond the study area is counted apart: the cells and the rest always add up to the source's total.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, shapes_to_metric
from parkcity.base.spec import CELL
from parkcity.sense.dwellings import home_area, workplace_area
from parkcity.sense.spread import Spread, areal, overlap
from parkcity.standards import parameter
from parkcity.twin.zones import CITY_TIER, of_tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.geo import Projection
    from parkcity.base.spec import CitySpec, SourceSpec
    from parkcity.sense.raw import Raw

    Floats = NDArray[np.float64]

What = Literal["persons", "jobs"]
_HOME_LAND = ("residential",)
_WORK_LAND = ("commercial", "industrial", "education", "institutional")
_M2_PER_KM2 = 1e6


@dataclass(frozen=True)
class Ask:
    """What is to be counted: the section of `city.toml` that asks, the source, its columns, and how they get onto the cells."""

    section: str
    what: What
    source: str
    columns: tuple[str, ...]
    key: str = ""
    tier: str = ""
    spread: str = "area"


@dataclass(frozen=True)
class Ground:
    """What counts are brought onto: the cells and their zones, and buildings and land use where the city knows them."""

    spec: CitySpec
    raws: dict[str, Raw]
    zones: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    members: dict[str, NDArray[np.int32]]
    projection: Projection
    buildings: gpd.GeoDataFrame | None = None
    land_use: gpd.GeoDataFrame | None = None

    def metric(self) -> NDArray[Any]:
        """The cells in metres."""
        return shapes_to_metric(self.cells.geometry.to_numpy(), WGS84, self.projection)

    def built(self, ask: Ask) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """Buildings and land use; a fault where no source knows the buildings."""
        if self.buildings is None or self.land_use is None or self.buildings.empty:
            where = str(self.spec.folder / "city.toml")
            fault = Fault(where, f"{ask.section} spread is 'buildings', but no source knows the buildings.", "area, or buildings.")
            raise InputError(fault)
        return self.buildings, self.land_use


@dataclass(frozen=True)
class Counted:
    """Counts by cell float64 [cells, columns], what lies beyond the study area [columns], how they were spread, and remarks.

    `method`: `given` (the source knows the cells), `area` or `buildings` (assumed: spread by the area shared or by floor area).
    """

    by_cell: Floats
    outside: Floats
    method: str
    remarks: list[str]


def count(ask: Ask, ground: Ground) -> Counted:
    """Counts of all columns by cell. Raises `InputError` with every fault of the columns, keys and numbers asked for."""
    source = ground.spec.source(ask.source)
    table = ground.raws[source.id].frame
    assert table is not None
    where = str(ground.spec.path(source))
    numbers = _numbers(table, ask.columns, where)
    if source.layer == "cells":
        _no_key(ask, ground.spec)
        return Counted(numbers, np.zeros(len(ask.columns)), "given", [])
    if source.layer == "counts":
        _no_key(ask, ground.spec)
        return _from_areas(ask, ground, table, numbers)
    if source.layer != "zone_table":
        allowed = "a source of the layer cells, counts or zone_table."
        raise InputError(Fault(str(ground.spec.folder / "city.toml"), f"{ask.section} source '{source.id}' is {source.layer}.", allowed))
    return _from_table(ask, ground, source, table, numbers)


def _no_key(ask: Ask, spec: CitySpec) -> None:
    faults = FaultList()
    for option in ("key", "tier"):
        if getattr(ask, option):
            what = f"{ask.section} states `{option}`, but its source '{ask.source}' is no table of zones."
            faults.add(spec.folder / "city.toml", what, todo=f"leave `{option}` out, or name a zone table")
    faults.check()


def _numbers(table: pd.DataFrame, columns: Sequence[str], where: str) -> Floats:
    """The columns as numbers [rows, columns]; every column that is missing, negative or no number is told."""
    faults = FaultList()
    out = np.zeros((len(table), len(columns)))
    for position, column in enumerate(columns):
        if column not in table.columns:
            have = ", ".join(str(name) for name in table.columns if name != "geometry")
            faults.add(where, f"there is no column '{column}'.", allowed=f"{have}.")
            continue
        values = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            row = int(bad.nonzero()[0][0])
            what = f"column '{column}' holds '{table[column].iloc[row]}'; {int(bad.sum())} rows are like this."
            faults.add(where, what, allowed="a number, 0 or more.", todo="correct the rows", row=row + 2)
        out[:, position] = values
    faults.check()
    return out


def _from_table(ask: Ask, ground: Ground, source: SourceSpec, table: pd.DataFrame, numbers: Floats) -> Counted:
    where = str(ground.spec.path(source))
    faults = FaultList()
    for option in ("key", "tier"):
        if not getattr(ask, option):
            what = f"{ask.section} names the table '{source.id}' but not its `{option}`."
            faults.add(ground.spec.folder / "city.toml", what, todo=f"add `{option}`")
    if ask.key and ask.key not in table.columns:
        faults.add(where, f"there is no column '{ask.key}'.", allowed=f"{', '.join(map(str, table.columns))}.")
    faults.check()
    keys = table[ask.key].astype(str).to_numpy()
    if ask.tier == CELL:
        return _by_cell(ask, ground, keys, numbers, where)
    return _by_zone(ask, ground, keys, numbers, where)


def _by_cell(ask: Ask, ground: Ground, keys: NDArray[Any], numbers: Floats, where: str) -> Counted:
    row_of = {name: row for row, name in enumerate(ground.cells["id"])}
    cell = np.array([row_of.get(key, -1) for key in keys], np.int64)
    if not (cell >= 0).any():
        have = ", ".join(ground.cells["id"].iloc[:3])
        raise InputError(Fault(where, f"column '{ask.key}' names no cell ('{keys[0]}').", f"ids of cells, such as {have}."))
    values = _sums(cell, numbers, len(ground.cells))
    outside = numbers[cell < 0].sum(axis=0)
    found = cell[cell >= 0]
    remarks = [f"{len(found):,} of {len(keys):,} rows are cells; {len(ground.cells) - len(np.unique(found)):,} cells have no row"]
    return Counted(values, outside, "given", [*remarks, *_beyond(ask, outside, int((cell < 0).sum()))])


def _by_zone(ask: Ask, ground: Ground, keys: NDArray[Any], numbers: Floats, where: str) -> Counted:
    """A table by zone: each zone's count goes to its own cells, so that the tier keeps the table's totals exactly."""
    zones = of_tier(ground.zones, ask.tier)
    row_of = {str(name): row for column in ("name_zh", "id", "code") for row, name in enumerate(zones[column])}
    zone = np.array([row_of.get(key, -1) for key in keys], np.int64)
    if not (zone >= 0).any():
        raise InputError(Fault(where, f"column '{ask.key}' names no zone of '{ask.tier}' ('{keys[0]}').", f"{', '.join(zones['id'][:5])}."))
    totals = _sums(zone, numbers, len(zones))
    weights = _cell_weights(ask, ground)
    member = ground.members[ask.tier]
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]] = []
    for row in np.unique(zone[zone >= 0]):
        mine = np.nonzero(member == row)[0]
        if not len(mine) and bool(zones["inside"].iloc[row]):
            mine = _touched(ground, zones, int(row))
        if not len(mine):
            continue
        weight = next(layer[mine] for layer in weights if layer[mine].sum() > 0)
        pairs.append((np.full(len(mine), row), mine, weight / weight.sum()))
    spread = _spread(pairs, len(zones))
    values = _spread_all(spread, totals, len(ground.cells))
    has = np.zeros(len(zones), bool)
    has[spread.source] = True
    outside = numbers[zone < 0].sum(axis=0) + totals[~has].sum(axis=0)
    remark = f"{ask.what} of {int(has.sum())} zones of '{ask.tier}' spread over their cells by {_basis(ask)} (assumed)"
    return Counted(values, outside, ask.spread, [remark, *_beyond(ask, outside, int((zone < 0).sum() + (~has).sum()))])


def _touched(ground: Ground, zones: gpd.GeoDataFrame, row: int) -> NDArray[np.int64]:
    """The cell that shares most with a zone that is too small to be any cell's zone."""
    shape = shapes_to_metric(zones.geometry.to_numpy()[row : row + 1], WGS84, ground.projection)
    _, cell, area = overlap(shape, ground.metric())
    return cell[np.argsort(-area, kind="stable")[:1]]


def _from_areas(ask: Ask, ground: Ground, table: pd.DataFrame, numbers: Floats) -> Counted:
    """Counts of areas (pixels, blocks, a grid): by the area shared with each cell, or by the buildings in them."""
    import shapely

    shapes = shapes_to_metric(table["geometry"].to_numpy(), WGS84, ground.projection)
    cells = ground.metric()
    inside = _inside(shapes, ground)
    rows = np.nonzero(inside > 0)[0]
    if not len(rows):
        raise InputError(Fault(ask.section, f"no area of '{ask.source}' lies in the study area.", "counts of the study area."))
    found = _over_buildings(ask, ground, shapes[rows], cells) if ask.spread == "buildings" else areal(shapes[rows], cells)
    lost = np.setdiff1d(np.arange(len(rows)), found.source)
    near = shapely.STRtree(cells).nearest(shapely.point_on_surface(shapes[rows[lost]])) if len(lost) else np.zeros(0, np.int64)
    source = np.concatenate([rows[found.source], rows[lost], np.arange(len(shapes))])
    target = np.concatenate([found.target, near, np.full(len(shapes), len(cells))])
    share = np.concatenate([found.share * inside[rows[found.source]], inside[rows[lost]], 1.0 - inside])
    keep = share > 0
    spread = Spread(source[keep], target[keep], share[keep], np.zeros(len(shapes), np.int8))
    values = _spread_all(spread, numbers, len(cells) + 1)
    remark = f"{ask.what} of {len(rows):,} areas of '{ask.source}' spread over the cells by {_basis(ask)} (assumed)"
    return Counted(values[:-1], values[-1], ask.spread, [remark, *_beyond(ask, values[-1], int((inside < 1).sum()))])


def _inside(shapes: NDArray[Any], ground: Ground) -> Floats:
    """The share of each area that lies in the study area.

    A small one (a pixel) lies where its inner point lies, so that the coast does not lose the people of pixels half in the sea.
    """
    import shapely

    city = shapes_to_metric(of_tier(ground.zones, CITY_TIER).geometry.to_numpy(), WGS84, ground.projection)[0]
    shapely.prepare(city)
    small = shapely.area(shapes) < parameter("people_parameters", "spread.small").number * _M2_PER_KM2
    inside = shapely.intersects(city, shapely.point_on_surface(shapes)).astype(np.float64)
    large = np.nonzero(~small & ~shapely.contains(city, shapes))[0]
    inside[large] = shapely.area(shapely.intersection(city, shapes[large])) / shapely.area(shapes[large])
    return inside


def _over_buildings(ask: Ask, ground: Ground, shapes: NDArray[Any], cells: NDArray[Any]) -> Spread:
    """Areas spread over the buildings in them, failing that over land of the use, failing that over the area shared with cells."""
    import shapely

    buildings, floors, land = _buildings(ask, ground)
    inner = shapely.point_on_surface(buildings)
    cell = _cell_of(inner, cells)
    floors = np.where(cell >= 0, floors, 0.0)
    area, building = shapely.STRtree(inner).query(shapes, predicate="intersects")
    # A building on the border of two areas belongs to the first of them.
    building, first = np.unique(building, return_index=True)
    parts = [(area[first], cell[building], floors[building])]
    on_land, over = overlap(shapes, land), overlap(shapes, cells)
    if len(on_land[0]):
        pieces = shapely.intersection(shapes[on_land[0]], land[on_land[1]])
        piece, of_cell, size = overlap(pieces, cells)
        parts.append((on_land[0][piece], of_cell, size))
    parts.append(over)
    return _first_of(parts, len(shapes))


def _first_of(parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], Floats]], sources: int) -> Spread:
    """For every source the first layer that has any weight in it."""
    taken = np.full(sources, -1, np.int8)
    chosen = []
    for number, (source, target, weight) in enumerate(parts):
        total = np.bincount(source, weight, minlength=sources)
        mine = (taken < 0) & (total > 0)
        keep = mine[source] & (weight > 0)
        chosen.append((source[keep], target[keep], weight[keep] / total[source[keep]]))
        taken[mine] = number
    return _spread(chosen, sources)


def _cell_weights(ask: Ask, ground: Ground) -> list[Floats]:
    """What a zone's count follows within the zone, by cell: floor area, then land of the use, then area."""
    import shapely

    area = ground.cells["area_m2"].to_numpy(float)
    if ask.spread != "buildings":
        return [area, np.ones(len(area))]
    cells = ground.metric()
    buildings, floors, land = _buildings(ask, ground)
    cell = _cell_of(shapely.point_on_surface(buildings), cells)
    built = np.bincount(cell[cell >= 0], floors[cell >= 0], minlength=len(cells)).astype(np.float64)
    _, of_cell, size = overlap(land, cells)
    return [built, np.bincount(of_cell, size, minlength=len(cells)).astype(np.float64), area, np.ones(len(area))]


def _buildings(ask: Ask, ground: Ground) -> tuple[NDArray[Any], Floats, NDArray[Any]]:
    """Buildings (metric), their floor area in use for what is counted, and land of that use (metric)."""
    buildings, landuse = ground.built(ask)
    homes = ask.what == "persons"
    floors = home_area(buildings, landuse) if homes else workplace_area(buildings, landuse)
    land = landuse[landuse["class"].isin(_HOME_LAND if homes else _WORK_LAND)].geometry.to_numpy()
    metric = shapes_to_metric(buildings.geometry.to_numpy(), WGS84, ground.projection)
    used = floors > 0
    return metric[used], floors[used], shapes_to_metric(land, WGS84, ground.projection)


def _cell_of(points: NDArray[Any], cells: NDArray[Any]) -> NDArray[np.int64]:
    """The cell of each point, the nearest one for a point that none covers and that is less than a cell away, else -1."""
    import shapely

    tree = shapely.STRtree(cells)
    found = np.full(len(points), -1, np.int64)
    rows, hits = tree.query(points, predicate="intersects")
    found[rows[::-1]] = hits[::-1]
    return found


def _spread(parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], Floats]], sources: int) -> Spread:
    source, target = (np.concatenate([np.zeros(0, np.int64), *(part[column] for part in parts)]) for column in (0, 1))
    share = np.concatenate([np.zeros(0), *(part[2] for part in parts)])
    return Spread(source, target, share, np.zeros(sources, np.int8))


def _spread_all(spread: Spread, numbers: Floats, targets: int) -> Floats:
    """All columns spread; whole numbers stay whole."""
    columns = []
    for column in numbers.T:
        whole = bool(np.all(column == np.round(column)))
        columns.append(spread.whole(column.astype(np.int64), targets).astype(np.float64) if whole else spread.values(column, targets))
    return np.stack(columns, axis=1)


def _sums(row: NDArray[np.int64], numbers: Floats, rows: int) -> Floats:
    good = row >= 0
    return np.stack([np.bincount(row[good], column[good], minlength=rows) for column in numbers.T], axis=1).astype(np.float64)


def _basis(ask: Ask) -> str:
    return "area" if ask.spread != "buildings" else f"the floor area of {'dwellings' if ask.what == 'persons' else 'workplaces'}"


def _beyond(ask: Ask, outside: Floats, rows: int) -> list[str]:
    return [f"{outside[0]:,.0f} {ask.what} of {rows:,} rows lie beyond the study area and are not counted"] if outside[0] > 0 else []
