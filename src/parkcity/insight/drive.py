"""Inputs about vehicles: how long fire engines, ambulances and police take, and which streets cut residents off when they fail.

Streets open to vehicles stand alone here: cells and doors are attached to the nearest of them, so that no engine stops at a footpath. Where
the streets do not say what is open to vehicles, all of them are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import PROVIDERS, WALK_LAYERS, Inputs, Provider
from parkcity.insight.registry import Input
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.operators.robust import BridgeTree
    from parkcity.travel import Attach, Network, Streets
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PROFILE = "emergency"
_S_PER_MIN = 60.0
_CELLS = ("cells", "people", "streets")
_STEPS = 21


@dataclass(frozen=True)
class Roads:
    """The streets open to vehicles: arrays of the twin for those edges, the twin's row of each, cells attached to them."""

    arrays: dict[str, NDArray[Any]]
    edge: Ints
    cells: Attach

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.arrays["node_x"])


def lacks_roads(twin: Twin, **_args: Any) -> list[str]:
    """`streets:class` where streets have no class: times of vehicles would be made up."""
    return [] if "klass" in twin.layer("streets").arrays() else ["streets:class"]


def roads(inputs: Inputs) -> Roads:
    """The streets open to vehicles, kept for all questions about one city."""
    key = "roads"
    memory = inputs.memory
    if key not in memory:
        arrays, rows = _open_arrays(inputs.twin)
        memory[key] = Roads(arrays, rows, _attached(inputs, "cells", arrays, rows, inputs.twin.cells))
    found: Roads = memory[key]
    return found


def _open_arrays(twin: Twin) -> tuple[dict[str, NDArray[Any]], Ints]:
    arrays = {name: np.asarray(array) for name, array in twin.layer("streets").arrays().items()}
    edges = len(arrays["edge_u"])
    car = np.asarray(arrays.get("car", np.ones(edges, np.int8)))
    rows = np.flatnonzero(car != 0)
    chosen = {name: array[rows] for name, array in arrays.items() if len(array) == edges and not name.startswith(("node_", "geom_"))}
    chosen |= {name: arrays[name] for name in ("node_x", "node_y")}
    if "geom_start" in arrays:
        start = arrays["geom_start"]
        count = (start[rows + 1] - start[rows]).astype(np.int64)
        chosen["geom_start"] = np.r_[0, np.cumsum(count)].astype(np.int64)
        picks = np.repeat(start[rows] - chosen["geom_start"][:-1], count) + np.arange(count.sum())
        chosen["geom_xy"] = arrays["geom_xy"][picks]
    chosen["node_piece"] = _pieces(chosen["edge_u"], chosen["edge_v"], len(chosen["node_x"]))
    return chosen, rows


def _pieces(u: NDArray[np.int32], v: NDArray[np.int32], nodes: int) -> NDArray[np.int32]:
    """0 for nodes of the largest connected piece, 1 for all others."""
    from parkcity.insight.operators.robust import largest_piece

    return np.asarray(~largest_piece(u, v, np.ones(nodes)), np.int32)


def _attached(inputs: Inputs, what: str, arrays: dict[str, NDArray[Any]], rows: Ints, points: Any) -> Attach:
    """Cells or doors on the streets open to vehicles (`rows` of the twin), by the city's own rule."""
    from parkcity.travel import Attach
    from parkcity.twin.attach import AttachRule, StreetIndex, attach

    def make() -> dict[str, NDArray[Any]]:
        rule = AttachRule.of(inputs.twin.spec.attach)
        lines = inputs.twin.street_lines[rows]
        return attach(StreetIndex.of(arrays, lines=lines), points["x"].to_numpy(float), points["y"].to_numpy(float), rule)[0]

    layer = "cells" if what == "cells" else "places"
    kept = inputs.kept("drive_attach", (layer, "streets"), {"what": what, "rule": dict(inputs.twin.spec.attach)}, make)
    return Attach(kept["owner"], kept["edge"], kept["offset"], kept["distance"], len(points))


def _network(inputs: Inputs) -> Network:
    from parkcity.travel import Network, Profile

    memory = inputs.memory
    if "drive_network" not in memory:
        memory["drive_network"] = Network.build(_streets(roads(inputs).arrays), Profile.load(PROFILE))
    network: Network = memory["drive_network"]
    return network


def _streets(arrays: dict[str, NDArray[Any]]) -> Streets:
    from parkcity.travel import Streets

    basics = {"node_x", "node_y", "node_piece", "edge_u", "edge_v", "edge_length", "geom_start", "geom_xy"}
    known = {name: array for name, array in arrays.items() if name not in basics}
    return Streets(
        arrays["node_x"],
        arrays["node_y"],
        arrays["edge_u"],
        arrays["edge_v"],
        arrays["edge_length"],
        known,
        geom_start=arrays.get("geom_start"),
        geom_xy=arrays.get("geom_xy"),
    )


def drive_cost(inputs: Inputs, class_id: str, unit: str) -> Floats:
    """From the nearest place of a class to every cell by an emergency vehicle, float64 [cells]: "s" seconds with turn-out, "m" metres.

    Infinite where no street leads from one; not a number where the cell meets no street open to vehicles, or the city has no such place.
    """

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.travel import Attach, State, nearest

        open_streets = roads(inputs)
        rows = inputs.rows_of(class_id)
        every = _attached(inputs, "doors", open_streets.arrays, open_streets.edge, inputs.twin.doors)
        mine = np.isin(inputs.twin.doors["place"].to_numpy(), rows)
        keep = mine[every.owner]
        doors = Attach(every.owner[keep], every.edge[keep], every.offset[keep], every.distance[keep], every.owners)
        if not keep.any():
            return {"cost": np.full(len(inputs.twin.cells), np.nan)}
        found = nearest(_network(inputs), open_streets.cells, doors, unit=unit, direction="from", threads=inputs.threads)
        cost = found.values[0].astype(np.float64)
        cost[found.states[0] == State.UNREACHABLE] = np.inf
        return {"cost": cost}

    return inputs.kept("drive", WALK_LAYERS, {"class": class_id, "unit": unit}, make)["cost"]


def response_minutes(inputs: Inputs, class_id: str, *, turnout: bool) -> Floats:
    """Minutes from the nearest place of a class by an emergency vehicle, float64 [cells]; without `turnout` the drive alone."""
    start = 0.0 if turnout else parameter("travel_profiles", f"{PROFILE}.start_s").number
    return (drive_cost(inputs, class_id, "s") - start) / _S_PER_MIN


def response_km(inputs: Inputs, class_id: str) -> Floats:
    """Kilometres from the nearest place of a class along streets open to vehicles, float64 [cells]."""
    return drive_cost(inputs, class_id, "m") / 1000.0


def failure_parts(inputs: Inputs) -> tuple[BridgeTree, Ints]:
    """The streets open to vehicles as parts joined by single points of failure, and the part at which each cell hangs (-1: no street)."""
    from parkcity.insight.operators.robust import BridgeTree, bridge_tree, bridges

    found = roads(inputs)
    u, v = found.arrays["edge_u"], found.arrays["edge_v"]

    def make() -> dict[str, NDArray[Any]]:
        cut = bridges(u, v, found.nodes)
        weight = _sums(u, found.arrays["edge_length"], found.nodes)
        tree = bridge_tree(u, v, cut, weight)
        names = ("part", "bridge", "parent", "depth", "order")
        return {name: getattr(tree, name) for name in names} | {"cell_part": _cell_parts(tree, found, cut)}

    kept = inputs.kept("failure_parts", ("cells", "streets"), {"rule": dict(inputs.twin.spec.attach)}, make)
    names = ("part", "bridge", "parent", "depth", "order")
    return BridgeTree(*(kept[name] for name in names)), kept["cell_part"]


def _cell_parts(tree: BridgeTree, found: Roads, cut: NDArray[np.bool_]) -> Ints:
    """The part at which each cell hangs: where the ways of all its streets towards the root meet; -1 for cells without a street.

    A cell on a street that is a single point of failure itself hangs below it.
    """
    u, v = tree.part[found.arrays["edge_u"]], tree.part[found.arrays["edge_v"]]
    hangs = np.where(cut & (tree.depth[v] > tree.depth[u]), v, u)
    part = np.full(found.cells.owners, -1, np.int64)
    owner, where = found.cells.owner, hangs[found.cells.edge]
    first = np.searchsorted(owner, np.arange(found.cells.owners + 1))
    for cell in range(found.cells.owners):
        own = np.unique(where[first[cell] : first[cell + 1]])
        if len(own):
            met = int(own[0]) if len(own) == 1 else tree.meet(own.tolist())
            # Streets of two separate pieces: no single failure takes both.
            part[cell] = met if met >= 0 else int(tree.order[0])
    return part


def _sums(row: NDArray[Any], weight: Floats, count: int) -> Floats:
    """Sum of the weights of each row, float64 [count]."""
    return np.bincount(row, weight, minlength=count).astype(np.float64)


def single_access(inputs: Inputs) -> NDArray[np.bool_]:
    """Cells that the loss of one street can cut off from the main network, bool [cells]."""
    tree, part = failure_parts(inputs)
    return np.asarray((part >= 0) & (tree.depth[np.maximum(part, 0)] > 0))


def behind_edges(inputs: Inputs) -> tuple[Ints, Floats]:
    """Streets (rows of the twin) whose loss cuts residents off, and how many residents, most first.

    Of streets in a row that cut off the same residents only the one nearest to the main network is told.
    """
    tree, part = failure_parts(inputs)
    there = part >= 0
    behind = tree.below(_sums(part[there], inputs.residents()[there], len(tree.parent)))
    told = (tree.bridge >= 0) & (behind > 0)
    same = told & (tree.parent >= 0) & (behind[np.maximum(tree.parent, 0)] == behind) & (tree.bridge[np.maximum(tree.parent, 0)] >= 0)
    rows = np.flatnonzero(told & ~same)
    rows = rows[np.lexsort([rows, -behind[rows]])]
    return roads(inputs).edge[tree.bridge[rows]], behind[rows]


def failure_curve(inputs: Inputs) -> tuple[Floats, Floats]:
    """Shares of streets lost, those first that most shortest ways use, and the share of residents still in the largest piece."""
    from parkcity.insight.operators.robust import percolation

    found, home, order = _by_use(inputs)
    shares = np.arange(_STEPS, dtype=np.float64) * parameter("safety_parameters", "percolation.step").number
    weight = _sums(home[home >= 0], inputs.residents()[home >= 0], found.nodes)
    return shares, percolation(found.arrays["edge_u"], found.arrays["edge_v"], weight, order, shares)


def still_joined(inputs: Inputs, share: float) -> NDArray[np.bool_]:
    """Cells still in the largest piece once that share of streets, the most used first, is lost, bool [cells]."""
    from parkcity.insight.operators.robust import largest_piece

    found, home, order = _by_use(inputs)
    left = np.ones(len(order), bool)
    left[order[: round(share * len(order))]] = False
    weight = _sums(home[home >= 0], inputs.residents()[home >= 0], found.nodes)
    piece = largest_piece(found.arrays["edge_u"][left], found.arrays["edge_v"][left], weight)
    return np.asarray((home >= 0) & piece[np.maximum(home, 0)])


def _by_use(inputs: Inputs) -> tuple[Roads, Ints, Ints]:
    """The streets open to vehicles, the node of each cell (-1: none), and the streets by falling use of shortest ways."""
    found = roads(inputs)

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.travel import betweenness

        sample = min(int(parameter("safety_parameters", "percolation.sample").number), found.nodes)
        use = betweenness(_network(inputs), unit="m", sample=sample, threads=inputs.threads).edge
        return {"order": np.lexsort([np.arange(len(use)), -use])}

    order = inputs.kept("streets_by_use", ("streets",), {}, make)["order"]
    first = np.searchsorted(found.cells.owner, np.arange(found.cells.owners))
    there = np.isin(np.arange(found.cells.owners), found.cells.owner)
    edge = found.cells.edge[np.minimum(first, max(len(found.cells.edge) - 1, 0))]
    near_u = found.cells.offset[np.minimum(first, max(len(found.cells.edge) - 1, 0))] * 2 <= found.arrays["edge_length"][edge]
    home = np.where(near_u, found.arrays["edge_u"][edge], found.arrays["edge_v"][edge])
    return found, np.where(there, home, -1).astype(np.int64), order


def _speeds_assumed(_inputs: Inputs, **_args: Any) -> list[str]:
    return ["speeds of emergency vehicles by road class"]


PROVIDERS.update(
    {
        "response_minutes": Provider(response_minutes, WALK_LAYERS, lacking=lacks_roads, assumed=_speeds_assumed),
        "response_km": Provider(response_km, WALK_LAYERS, lacking=lacks_roads),
        "single_access": Provider(single_access, _CELLS),
        "still_joined": Provider(still_joined, _CELLS),
    }
)


def response(class_id: str, *, turnout: bool) -> Input:
    """Minutes of an emergency vehicle, as an input of an indicator."""
    return Input("response_minutes", {"class_id": class_id, "turnout": turnout})


def distance(class_id: str) -> Input:
    """Kilometres of an emergency vehicle, as an input of an indicator."""
    return Input("response_km", {"class_id": class_id})


def exposed() -> Input:
    """Cells that one street can cut off, as an input of an indicator."""
    return Input("single_access")


def joined(share: float) -> Input:
    """Cells still joined when that share of streets is lost, as an input of an indicator."""
    return Input("still_joined", {"share": share})
