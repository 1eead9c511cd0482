"""Ecological networks: graphs of a grid, circuits, least-cost ways, and how well patches are joined.

A grid is a graph: cells with a finite resistance above 0 are nodes; neighbours are joined by the mean of their resistances or of their
conductances, times the square root of 2 along diagonals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.sparse.linalg import splu

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mean = Literal["resistance", "conductance"]


@dataclass(frozen=True)
class Circuit:
    """Conductors between nodes: `a`, `b` int64 [k], `conductance` float64 [k], `nodes`; `node_of` int64, node of each cell, -1: none."""

    a: Ints
    b: Ints
    conductance: Floats
    nodes: int
    node_of: Ints

    def merged(self, *regions: Ints) -> Circuit:
        """The same with all cells of a region as one node, as if wired: arrays shaped as `node_of`, numbers above 0, 0 for no region.

        Regions that share a cell are joined too, even if the cell itself carries nothing.
        """
        cells = self.node_of.size
        wires, first = [], cells
        for region in regions:
            _, number = np.unique(region, return_inverse=True)
            where = np.flatnonzero(region.ravel() > 0)
            wires.append(np.column_stack([where, first + number.ravel()[where]]))
            first += int(number.max()) + 1
        wire = np.concatenate(wires)
        graph = coo_array((np.ones(len(wire), np.int8), (wire[:, 0], wire[:, 1])), shape=(first, first))
        label = connected_components(graph.tocsr(), directed=False)[1][:cells].reshape(self.node_of.shape)
        there = self.node_of >= 0
        kept, renumbered = np.unique(label[there], return_inverse=True)
        node_of = np.full(self.node_of.shape, -1, np.int64)
        node_of[there] = renumbered
        new = np.full(self.nodes, -1, np.int64)
        new[self.node_of[there]] = renumbered
        a, b = new[self.a], new[self.b]
        keep = a != b
        return replace(self, a=a[keep], b=b[keep], conductance=self.conductance[keep], nodes=len(kept), node_of=node_of)

    def pieces(self) -> Ints:
        """Number of the connected piece of every node, int64 [nodes]."""
        graph = coo_array((np.ones(len(self.a), np.int8), (self.a, self.b)), shape=(self.nodes, self.nodes))
        return connected_components(graph.tocsr(), directed=False)[1].astype(np.int64)


def grid_circuit(resistance: Floats, *, eight: bool, mean: Mean) -> Circuit:
    """The circuit of a grid of resistances [rows, columns]; what is not above 0 or not finite carries nothing.

    `eight`: diagonal neighbours too. Source: McRae et al. (2008), "Using circuit theory to model connectivity", Ecology 89(10).
    """
    rows, columns = resistance.shape
    carries = np.isfinite(resistance) & (resistance > 0)
    node_of = np.full(resistance.shape, -1, np.int64)
    node_of[carries] = np.arange(int(carries.sum()))
    steps = [(0, 1), (1, 0), (1, 1), (1, -1)] if eight else [(0, 1), (1, 0)]
    ends: list[tuple[Ints, Ints, Floats]] = []
    for down, right in steps:
        here = np.s_[: rows - down, max(0, -right) : columns - max(0, right)]
        there = np.s_[down:, max(0, right) : columns - max(0, -right)]
        both = carries[here] & carries[there]
        one, other = resistance[here][both], resistance[there][both]
        joined = 2.0 / (one + other) if mean == "resistance" else (1.0 / one + 1.0 / other) / 2.0
        ends.append((node_of[here][both], node_of[there][both], joined / np.hypot(down, right)))
    a, b, conductance = (np.concatenate([end[part] for end in ends]) for part in range(3))
    return Circuit(a.astype(np.int64), b.astype(np.int64), conductance.astype(np.float64), int(carries.sum()), node_of)


def _grounded(circuit: Circuit, piece: Ints, ground: int) -> tuple[csr_array, Ints]:
    """The Laplacian of the piece that holds `ground`, without the row and column of `ground`, and the row of each node (-1: not in it)."""
    inside = piece == piece[ground]
    inside[ground] = False
    row = np.full(circuit.nodes, -1, np.int64)
    row[inside] = np.arange(int(inside.sum()))
    total = np.bincount(circuit.a, circuit.conductance, circuit.nodes) + np.bincount(circuit.b, circuit.conductance, circuit.nodes)
    both = (row[circuit.a] >= 0) & (row[circuit.b] >= 0)
    a, b, g = row[circuit.a[both]], row[circuit.b[both]], -circuit.conductance[both]
    size = int(inside.sum())
    diagonal = np.arange(size)
    values = np.concatenate([g, g, total[inside]])
    matrix = coo_array((values, (np.concatenate([a, b, diagonal]), np.concatenate([b, a, diagonal]))), shape=(size, size))
    return matrix.tocsr(), row


def voltages(circuit: Circuit, source: int, ground: int) -> Floats:
    """Voltage of every node when 1 ampere enters at `source` and leaves at `ground` (0 volt); NaN off their piece, all NaN if apart."""
    piece = circuit.pieces()
    volt = np.full(circuit.nodes, np.nan)
    if piece[source] != piece[ground]:
        return volt
    volt[ground] = 0.0
    if source == ground:
        volt[piece == piece[ground]] = 0.0
        return volt
    matrix, row = _grounded(circuit, piece, ground)
    ampere = np.zeros(matrix.shape[0])
    ampere[row[source]] = 1.0
    volt[row >= 0] = splu(matrix.tocsc()).solve(ampere)
    return volt


def effective_resistance(circuit: Circuit, focal: Ints) -> Floats:
    """Effective resistance between nodes [m], float64 [m, m], ohms; infinite between pieces, 0 within one node.

    R_ij = (e_i - e_j)' L+ (e_i - e_j), by one factorisation a piece. Source: Klein and Randic (1993), J. Math. Chem. 12.
    """
    piece = circuit.pieces()
    found = np.full((len(focal), len(focal)), np.inf)
    for number in np.unique(piece[focal]).tolist():
        mine = np.flatnonzero(piece[focal] == number)
        nodes, back = np.unique(focal[mine], return_inverse=True)
        matrix, row = _grounded(circuit, piece, int(nodes[0]))
        inner = np.zeros((len(nodes), len(nodes)))
        if len(nodes) > 1:
            ampere = np.zeros((matrix.shape[0], len(nodes) - 1))
            ampere[row[nodes[1:]], np.arange(len(nodes) - 1)] = 1.0
            potential = splu(matrix.tocsc()).solve(ampere)[row[nodes[1:]]]
            inner[1:, 1:] = (potential + potential.T) / 2.0
        own = np.diag(inner)
        between = own[:, None] + own[None, :] - 2.0 * inner
        found[np.ix_(mine, mine)] = np.where(back[:, None] == back[None, :], 0.0, between[np.ix_(back, back)])
    return found


def node_currents(circuit: Circuit, volt: Floats) -> Floats:
    """Current through every node [nodes], amperes: what flows in or out, the larger; 0 where there is no voltage."""
    known = np.nan_to_num(volt)
    flow = (known[circuit.a] - known[circuit.b]) * circuit.conductance
    flow[np.isnan(volt[circuit.a]) | np.isnan(volt[circuit.b])] = 0.0
    leaving = np.bincount(circuit.a, np.maximum(flow, 0), circuit.nodes) + np.bincount(circuit.b, np.maximum(-flow, 0), circuit.nodes)
    entering = np.bincount(circuit.b, np.maximum(flow, 0), circuit.nodes) + np.bincount(circuit.a, np.maximum(-flow, 0), circuit.nodes)
    return np.asarray(np.maximum(leaving, entering))


def least_cost(circuit: Circuit, sources: Ints) -> tuple[Floats, Ints]:
    """Least cost from each source to every node, float64 [sources, nodes] (infinite where apart), and the node before each (-9999: none).

    The cost of a step is the mean resistance of its cells times its length in cells, which is 1 / conductance. Source: Adriaensen et
    al. (2003), "The application of least-cost modelling", Landscape and Urban Planning 64(4).
    """
    a, b = np.concatenate([circuit.a, circuit.b]), np.concatenate([circuit.b, circuit.a])
    cost = np.concatenate([1.0 / circuit.conductance] * 2)
    graph = coo_array((cost, (a, b)), shape=(circuit.nodes, circuit.nodes)).tocsr()
    distance, before = dijkstra(graph, directed=False, indices=sources, return_predecessors=True)
    return np.atleast_2d(distance), np.atleast_2d(before).astype(np.int64)


def way_back(before: Ints, target: int) -> Ints:
    """The nodes of a least-cost way from `target` back to its source, by the nodes before each [nodes]."""
    way = [target]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    return np.array(way, np.int64)


def best_products(direct: csr_array) -> Floats:
    """Best product of probabilities along any way between patches, float64 [n, n]; 1 from a patch to itself, 0 where there is no way.

    `direct`: sparse probabilities above 0 and up to 1 of the direct steps, both ways. Source: Saura and Pascual-Hortal (2007).
    """
    # A step that is certain costs nothing, and SciPy takes a stored zero for no step: a hair keeps it.
    cost = direct.copy()
    cost.data = np.maximum(-np.log(direct.data), 1e-12)
    return np.asarray(np.exp(-dijkstra(cost, directed=False)), np.float64)


def joined_amounts(area: Floats, product: Floats) -> Floats:
    """For every patch [n] its area times what it is joined to: a_i sum_j a_j p*_ij. Their sum is the numerator of PC and IIC."""
    return np.asarray(area * (product @ area))


def equivalent_area(area: Floats, product: Floats) -> float:
    """Equivalent connected area: one patch of this size is joined as well. Its square over that of the landscape is PC (or IIC).

    Source: Saura et al. (2011), "Network analysis to assess landscape connectivity trends", Ecological Indicators 11(2).

    >>> equivalent_area(np.array([3.0, 4.0]), np.eye(2))
    5.0
    """
    return float(np.sqrt(joined_amounts(area, product).sum()))


def integral_products(steps: csr_array) -> Floats:
    """1 / (1 + links on the shortest way) between patches, float64 [n, n]: what stands for a probability in IIC; 0 where apart.

    Source: Pascual-Hortal and Saura (2006), Landscape Ecology 21.
    """
    links = dijkstra(steps, directed=False, unweighted=True)
    return np.asarray(1.0 / (1.0 + links), np.float64)
