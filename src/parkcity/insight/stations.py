"""Rail stations scored as node, place, people and design, by rings of walking distance.

Stops of one name that lie close together are one station. Stations whose walk of the outer ring meets no cell are left out. Node: lines,
other stations near by, bus stops; place: people by day, kinds of places and their mix; people: residents; design: the area within a walk,
junctions, small blocks. Each is the mean of the standard scores of what the city knows, among its own stations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import PROVIDERS, WALK_LAYERS, Inputs, Provider, Starts, profile_of
from parkcity.insight.registry import Input
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel import Attach
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

RINGS = ("core", "middle", "outer")
NEEDS = ("primary_school", "kindergarten", "health_centre", "pharmacy", "market", "shop", "park", "sports", "library", "restaurant")
"""The services whose presence around a station is looked for, where the data know them."""

COLUMNS = (
    "rank",
    "zone",
    "station",
    "lines",
    "bus_stops",
    "residents_core",
    "residents_middle",
    "residents_outer",
    "day_people_500",
    "kinds",
    "catchment_ratio",
    "junctions",
    "block_ha",
    "node",
    "place",
    "people",
    "design",
    "far_core",
    "far_middle",
    "far_outer",
    "state",
    "lacks",
    "lon",
    "lat",
)
_CLASS = "metro_station"
_WALKED = ("cells", "streets", "places", "attachments")


def _number(row_id: str) -> float:
    return parameter("tod_parameters", row_id).number


def ring_limits() -> tuple[float, ...]:
    """The outer walk of each ring, metres, from the centre out."""
    return tuple(_number(f"tod.ring.{ring}_max") for ring in RINGS)


@dataclass(frozen=True)
class Stations:
    """The stations of a city: `row` int64 [n] place of each (its first stop), `cell` of it (-1 outside), and measures float64 [n].

    `rings` [3, n]: residents of each ring; unknown measures are NaN. `served` bool [needs, n]: which of `needs` lies within the walk.
    """

    row: Ints
    cell: Ints
    rings: Floats
    measures: dict[str, Floats]
    needs: tuple[str, ...]
    served: NDArray[np.bool_]

    def score(self, name: str) -> Floats:
        """One of the four scores: `node`, `place`, `people`, `design`."""
        from parkcity.insight.operators.scores import mean_score

        parts = {
            "node": ("lines", "stations_near", "bus_stops"),
            "place": ("day_people", "kinds", "mix"),
            "people": ("residents",),
            "design": ("catchment_ratio", "junctions", "small_blocks"),
        }[name]
        return mean_score([self.measures[part] for part in parts])

    def states(self) -> NDArray[np.int8]:
        """Balance of node and place, as rows of `operators.scores.STATES`."""
        from parkcity.insight.operators.scores import balance

        return balance(self.score("node"), self.score("place"), _number("tod.balance.most"), _number("tod.stress.least"))


def stations(inputs: Inputs) -> Stations:
    """The stations of a city with all their measures. Kept with the twin."""
    people = inputs.twin.layer("people").hash
    kept = inputs.kept(
        "stations",
        WALK_LAYERS,
        {
            "people": people,
            "profile": profile_of(inputs.group),
            "lines": _hash_of(inputs, "lines"),
            "buildings": _hash_of(inputs, "buildings"),
        },
        lambda: _make(inputs),
    )
    measures = {name.removeprefix("m_"): array for name, array in kept.items() if name.startswith("m_")}
    needs = tuple(need for need in NEEDS if need in inputs.twin.kinds())
    return Stations(kept["row"], kept["cell"], kept["rings"], measures, needs, kept["served"])


def _hash_of(inputs: Inputs, layer: str) -> str:
    return inputs.twin.layer(layer).hash if inputs.twin.has(layer) else ""


def groups_of(name: Any, x: Floats, y: Floats, apart: float) -> Ints:
    """Number of the station of every stop [n]: stops of one name within `apart` metres, linked; stops without a name stand alone."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    pairs = cKDTree(np.column_stack([x, y])).query_pairs(apart, output_type="ndarray")
    same = (name[pairs[:, 0]] == name[pairs[:, 1]]) & (name[pairs[:, 0]] != "")
    pairs = pairs[same]
    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(x), len(x)))
    label = connected_components(graph.tocsr(), directed=False)[1]
    # Numbered by first stop, so that the order is that of the places.
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[number]


def _make(inputs: Inputs) -> dict[str, NDArray[Any]]:
    from parkcity.travel import reach_pairs

    twin = inputs.twin
    doors, stop, rows = inputs.doors_of(_CLASS)
    places = twin.places.iloc[rows]
    x, y = places["x"].to_numpy(float), places["y"].to_numpy(float)
    group = groups_of(places["name"].fillna("").to_numpy(str), x, y, _number("tod.same_station"))
    station = group[stop].astype(np.int32)
    limits = ring_limits()
    walked = {"profile": profile_of(inputs.group)}

    def walks() -> dict[str, NDArray[Any]]:
        found = reach_pairs(inputs.network, inputs.origins(), doors, limits[-1], door_place=station, unit="m", threads=inputs.threads)
        return {"cell": found.origin, "station": found.place, "metres": found.cost}

    pairs = inputs.kept_of((_CLASS,), "station_walks", _WALKED, walked, walks)
    cell, to, metres = pairs["cell"], pairs["station"], pairs["metres"]
    count = int(group.max()) + 1 if len(group) else 0
    ring = np.searchsorted(np.array(limits), metres)
    rings = np.stack([_sums(to, inputs.residents()[cell] * (ring == number), count) for number in range(len(limits))])
    near = metres <= limits[1]
    first = np.searchsorted(np.sort(group), np.arange(count))
    head = rows[np.argsort(group, kind="stable")[first]] if count else rows
    used = np.isin(np.arange(count), to)
    size = np.maximum(np.bincount(group, minlength=count), 1)
    centres = _sums(group, x, count) / size, _sums(group, y, count) / size
    measures = {
        "residents": _sums(to[near], inputs.residents()[cell[near]], count),
        "day_people": _day(inputs, cell[near], to[near], count),
        **inputs.kept_of(
            (_CLASS,), "station_surroundings", _WALKED, walked, lambda: _around(inputs, _grouped(doors, station, count), *centres)
        ),
        **_nodes(inputs, *centres),
    }
    served, kinds = _services(inputs, doors, station, count)
    measures |= kinds | _floors(inputs, cell, to, ring, count)
    return {
        "row": head[used],
        "cell": inputs.cell_of_places()[head[used]],
        "rings": rings[:, used],
        "served": served[:, used],
        **{f"m_{name}": values[used] for name, values in measures.items()},
    }


def _sums(row: NDArray[Any], weight: Floats, count: int) -> Floats:
    return np.bincount(row, weight, minlength=count).astype(np.float64)


def _floors(inputs: Inputs, cell: NDArray[np.int32], station: NDArray[np.int32], ring: Ints, count: int) -> dict[str, Floats]:
    """Floor area (m2) and land (m2) of the cells of each ring of each station, where the city knows its buildings."""
    from parkcity.insight.land import building_sum

    if not inputs.twin.has("buildings"):
        return {}
    floor, land = building_sum(inputs, "floor_m2"), inputs.twin.cells["area_m2"].to_numpy(float)
    return {
        f"{what}_{name}": _sums(station, amount[cell] * (ring == number), count)
        for what, amount in (("floor", floor), ("land", land))
        for number, name in enumerate(RINGS)
    }


def _day(inputs: Inputs, cell: NDArray[np.int32], station: NDArray[np.int32], count: int) -> Floats:
    """People by day within the walk, where the city knows them."""
    if "day" not in inputs.twin.periods:
        return np.full(count, np.nan)
    return _sums(station, inputs.twin.residents("all", "day")[cell], count)


def _grouped(doors: Attach, station: NDArray[np.int32], count: int) -> Attach:
    """The doors of all stops of a station as candidates of that station."""
    from parkcity.travel import Attach

    owner = station[doors.owner]
    order = np.argsort(owner, kind="stable")
    return Attach(owner[order].astype(np.int32), doors.edge[order], doors.offset[order], doors.distance[order], count)


def _around(inputs: Inputs, origins: Attach, centre_x: Floats, centre_y: Floats) -> dict[str, NDArray[Any]]:
    """Catchment ratio, walk area (km2), junctions and the share of blocks that are small around each station."""
    from parkcity.insight.street_form import area_within

    radius = _number("tod.pca.radius")
    area = area_within(inputs, origins, radius)
    streets = inputs.twin.layer("streets")
    junctions = _in_circle(centre_x, centre_y, np.asarray(streets.array("junction_x")), np.asarray(streets.array("junction_y")), radius)
    side, small = _blocks(inputs)
    within = [np.zeros(0, np.int64)] * len(centre_x) if not len(small) else _members(centre_x, centre_y, side[0], side[1], radius)
    share = np.array([small[rows].mean() if len(rows) else np.nan for rows in within])
    size = np.array([side[2][rows].mean() if len(rows) else np.nan for rows in within])
    circle = math.pi * radius**2
    return {"catchment_ratio": area / circle, "walk_km2": area / 1e6, "junctions": junctions, "small_blocks": share, "block_ha": size}


def _blocks(inputs: Inputs) -> tuple[tuple[Floats, Floats, Floats], Floats]:
    """An inner point and the area (ha) of every block, and whether its sides are those of a small one."""
    from parkcity.insight.blocks import blocks_of

    blocks = blocks_of(inputs)
    small = (blocks.perimeter_m / 4.0 <= parameter("street_form_parameters", "block.fit.most").number).astype(np.float64)
    return (blocks.x, blocks.y, blocks.area_ha), small


def _members(x: Floats, y: Floats, px: Floats, py: Floats, radius: float) -> list[Any]:
    from scipy.spatial import cKDTree

    return list(cKDTree(np.column_stack([px, py])).query_ball_point(np.column_stack([x, y]), radius))


def _in_circle(x: Floats, y: Floats, px: Floats, py: Floats, radius: float) -> Floats:
    return np.array([len(rows) for rows in _members(x, y, px, py, radius)], np.float64)


def _nodes(inputs: Inputs, centre_x: Floats, centre_y: Floats) -> dict[str, Floats]:
    """Lines that serve each station, other stations within twice its outer ring, and bus stops at its doors."""
    outer = ring_limits()[-1]
    found = {"stations_near": _in_circle(centre_x, centre_y, centre_x, centre_y, outer * 2) - 1.0}
    layers, args = ("places", *(("lines",) if inputs.twin.has("lines") else ())), {"lines": _hash_of(inputs, "lines")}
    found |= inputs.kept_of((_CLASS,), "station_lines", layers, args, lambda: {"lines": _lines(inputs, centre_x, centre_y)})
    if "bus_stop" in inputs.twin.kinds():
        stops = inputs.twin.places.iloc[inputs.rows_of("bus_stop")]
        near = _number("tod.bus_near.3")
        found["bus_stops"] = _in_circle(centre_x, centre_y, stops["x"].to_numpy(float), stops["y"].to_numpy(float), near)
    else:
        found["bus_stops"] = np.full(len(centre_x), np.nan)
    return found


def _lines(inputs: Inputs, x: Floats, y: Floats) -> Floats:
    """How many lines stop at each station, by the layer of lines; NaN where the city has none."""
    if not inputs.twin.has("lines"):
        return np.full(len(x), np.nan)
    table = inputs.twin.layer("lines").table("lines")
    px, py = inputs.twin.projection.forward(table["lon"].to_numpy(float), table["lat"].to_numpy(float))
    names = table["line"].to_numpy(str)
    return np.array([len(set(names[rows])) for rows in _members(x, y, px, py, _number("tod.line.near"))], np.float64)


def _services(inputs: Inputs, doors: Attach, station: NDArray[np.int32], count: int) -> tuple[NDArray[np.bool_], dict[str, Floats]]:
    """Which services lie within the walk of each station, how many kinds of places do, and the Shannon mix of their kinds."""
    needs = [need for need in NEEDS if need in inputs.twin.kinds()]
    twin = inputs.twin
    code, kinds = np.unique(twin.places["kind"].to_numpy(str), return_inverse=True)
    start = Starts("stations", lambda _: _grouped(doors, station, count), (_CLASS,))
    pairs = inputs.walks("every", lambda city: np.arange(len(city.twin.places)), _number("tod.service.radius"), start)
    counts = np.zeros((count, len(code)))
    np.add.at(counts, (pairs.cell, kinds[pairs.place]), 1.0)
    served = np.stack([counts[:, np.searchsorted(code, need)] > 0 for need in needs]) if needs else np.zeros((0, count), bool)
    total = counts.sum(axis=1)
    share = counts / np.maximum(total, 1.0)[:, None]
    mix = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)
    return served, {"kinds": (counts > 0).sum(axis=1).astype(np.float64), "mix": mix}


def station_sum(inputs: Inputs, measure: str) -> Floats:
    """A measure of stations summed by the cell that holds each, float64 [cells]: its values; `count` for their number.

    `good`: stations whose catchment ratio is good; `with_bus`: with a bus stop at the door; a name of `STATES`: stations in that state;
    `services`: share of the known services around each.
    """
    from parkcity.insight.operators.scores import STATES

    found = stations(inputs)
    if measure == "count":
        values = np.ones(len(found.row))
    elif measure == "good":
        values = (found.measures["catchment_ratio"] >= _number("tod.pca.good")).astype(np.float64)
    elif measure == "with_bus":
        values = (found.measures["bus_stops"] > 0).astype(np.float64)
    elif measure == "services":
        values = found.served.mean(axis=0) if len(found.needs) else np.zeros(len(found.row))
    elif measure in STATES:
        values = (found.states() == STATES.index(measure)).astype(np.float64)
    else:
        values = np.nan_to_num(found.measures[measure])
    inside = found.cell >= 0
    return _sums(found.cell[inside], values[inside], len(inputs.twin.cells))


def station_rows(inputs: Inputs, tier: str) -> list[dict[str, Any]]:
    """One row for every station of the study area with the columns of `COLUMNS`, those first that are farthest out of balance."""
    from parkcity.insight.operators.scores import STATES

    if _CLASS not in inputs.twin.kinds():
        return []
    twin, found = inputs.twin, stations(inputs)
    zones, member = twin.tier_zones(tier)["id"].to_numpy(), twin.member(tier)
    scores = {name: found.score(name) for name in ("node", "place", "people", "design")}
    states = found.states()
    point = twin.places.geometry.iloc[found.row].representative_point()
    lon, lat = point.x.to_numpy(), point.y.to_numpy()
    gap = np.nan_to_num(scores["node"] - scores["place"])
    order = [row for row in np.lexsort([np.arange(len(gap)), -np.abs(gap)]).tolist() if found.cell[row] >= 0]
    return [
        {
            "rank": rank,
            "zone": zones[member[found.cell[row]]] if member[found.cell[row]] >= 0 else "",
            "station": str(twin.places["name"].iloc[found.row[row]]),
            **{f"residents_{ring}": round(float(found.rings[number, row])) for number, ring in enumerate(RINGS)},
            **{name: _whole(found.measures[name][row]) for name in ("lines", "bus_stops", "kinds", "junctions")},
            "day_people_500": _whole(found.measures["day_people"][row]),
            "catchment_ratio": _rounded(found.measures["catchment_ratio"][row]),
            "block_ha": _rounded(found.measures["block_ha"][row]),
            **{name: _rounded(values[row]) for name, values in scores.items()},
            **{f"far_{ring}": _floor_ratio(found, ring, row) for ring in RINGS},
            "state": STATES[int(states[row])],
            "lacks": "|".join(need for need, there in zip(found.needs, found.served[:, row], strict=True) if not there),
            "lon": round(float(lon[row]), 6),
            "lat": round(float(lat[row]), 6),
        }
        for rank, row in enumerate(order, start=1)
    ]


def _floor_ratio(found: Stations, ring: str, row: int) -> float | None:
    """Floor area over the land of a ring, where buildings are known and the ring holds land."""
    land = found.measures.get(f"land_{ring}")
    return None if land is None or not land[row] else round(float(found.measures[f"floor_{ring}"][row] / land[row]), 3)


def _whole(value: float) -> int | None:
    return round(float(value)) if np.isfinite(value) else None


def _rounded(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def _lacks(twin: Twin, **_args: Any) -> list[str]:
    return [] if _CLASS in twin.kinds() else [f"places:{_CLASS}"]


def _levels(inputs: Inputs, **_args: Any) -> list[str]:
    from parkcity.insight.land import levels_assumed

    return levels_assumed(inputs, "floor_m2")


def ring_sum(inputs: Inputs, what: str, ring: str) -> Floats:
    """The `floor` or the `land` (m2) of a ring of each station, summed by the cell that holds the station, float64 [cells]."""
    return station_sum(inputs, f"{what}_{ring}")


PROVIDERS.update(
    {
        "station_sum": Provider(station_sum, WALK_LAYERS, walks=True, lacking=_lacks),
        "station_ring": Provider(ring_sum, (*WALK_LAYERS, "buildings"), walks=True, lacking=_lacks, assumed=_levels),
    }
)


def of_stations(measure: str) -> Input:
    """A measure of stations by cell, as an input of an indicator."""
    return Input("station_sum", {"measure": measure})


def of_ring(what: str, ring: str) -> Input:
    """The floor area or the land of a ring of stations, as an input of an indicator."""
    return Input("station_ring", {"what": what, "ring": ring})
