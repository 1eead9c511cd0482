"""Small random street networks and an independent answer to the same questions.

The independent answer puts every owner and every door into a graph of its own as a node (partial edges become real edges), and lets
SciPy's Dijkstra find the costs. It shares no code with the product but the conversion to ticks and the stated rounding of a position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from parkcity.travel import Attach, Network, Streets
from parkcity.travel.kernels.ticks import UNREACHED, to_ticks
from parkcity.travel.profiles import EdgeCosts, Profile


@dataclass(frozen=True)
class Uneven(Profile):
    """A profile for tests: some directions cost more, some are closed, some arrivals pay."""

    seed: int = 0
    closed: float = 0.0
    lopsided: bool = False
    delays: bool = False

    def costs(self, streets: Streets) -> EdgeCosts:
        rng = np.random.default_rng(self.seed)
        run = streets.edge_length / self.speed_m_s
        back = run * rng.uniform(0.5, 2.0, streets.edges) if self.lopsided else run.copy()
        run, none = run.copy(), np.zeros(streets.edges)
        run[rng.random(streets.edges) < self.closed] = np.inf
        back[rng.random(streets.edges) < self.closed] = np.inf
        if not self.lopsided:
            run = np.maximum(run, back)
            back = run
        ends = rng.integers(0, 3, (2, streets.edges)).astype(float) if self.delays else np.stack([none, none])
        return EdgeCosts(run, back, ends[0], ends[1])


def random_streets(seed: int, nodes: int = 30, edges: int = 45) -> Streets:
    """A random multigraph with chains, loops, parallel edges, dead ends and edges without length."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 1000, (2, nodes))
    u = rng.integers(0, nodes, edges)
    v = rng.integers(0, nodes, edges)
    chain = rng.integers(0, nodes)
    for step in range(min(edges, nodes // 2)):
        u[step], v[step] = (chain + step) % nodes, (chain + step + 1) % nodes
    length = np.where(rng.random(edges) < 0.05, 0.0, np.hypot(x[u] - x[v], y[u] - y[v]) + rng.uniform(1, 300, edges))
    return Streets(x, y, u.astype(np.int32), v.astype(np.int32), length)


def random_attach(streets: Streets, seed: int, owners: int, most: int = 3) -> Attach:
    """Owners with 0 to `most` candidates each, some on nodes."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(owners), rng.integers(0, most + 1, owners))
    edge = rng.integers(0, streets.edges, len(owner))
    share = rng.choice([0.0, 1.0, 0.25, 0.5, 0.613], len(owner))
    offset = np.where(share == 1.0, streets.edge_length[edge], share * streets.edge_length[edge])
    return Attach(owner.astype(np.int32), edge.astype(np.int32), offset, rng.uniform(0, 80, len(owner)), owners)


def reference_ticks(network: Network, origins: Attach, doors: Attach, unit: str) -> np.ndarray:
    """Ticks from every origin (row) to every door owner (column), int64; UNREACHED where there is no way."""
    streets, costs = network.streets, network.costs
    if unit == "s":
        run = [to_ticks(costs.run_f, "s").astype(np.int64), to_ticks(costs.run_b, "s").astype(np.int64)]
        end = [to_ticks(costs.end_f, "s").astype(np.int64), to_ticks(costs.end_b, "s").astype(np.int64)]
    else:
        length = to_ticks(streets.edge_length, "m").astype(np.int64)
        run = [np.where(np.isfinite(cost), length, UNREACHED) for cost in (costs.run_f, costs.run_b)]
        end = [np.zeros(streets.edges, np.int64)] * 2
    n = streets.nodes
    stops: list[list[tuple[float, int]]] = [[] for _ in range(streets.edges)]
    arcs: list[tuple[int, int, int]] = []
    next_node = n + origins.owners + doors.owners
    for base, attach, out in ((n, origins, True), (n + origins.owners, doors, False)):
        access = to_ticks(attach.distance / network.profile.access_speed if unit == "s" else attach.distance, unit)
        for row in range(len(attach.owner)):
            edge, offset = int(attach.edge[row]), float(attach.offset[row])
            if offset <= 0:
                point = int(streets.edge_u[edge])
            elif offset >= streets.edge_length[edge]:
                point = int(streets.edge_v[edge])
            else:
                closed = run[0][edge] == run[1][edge] == UNREACHED
                point = next_node if closed else dict(stops[edge]).get(offset, next_node)
                if point == next_node:
                    next_node += 1
                    stops[edge].append((offset, point))
            ends = (base + int(attach.owner[row]), point)
            arcs.append((*(ends if out else ends[::-1]), int(access[row])))
    for edge in range(streets.edges):
        u, v = int(streets.edge_u[edge]), int(streets.edge_v[edge])
        line = [(0.0, u), *sorted(stops[edge]), (float(streets.edge_length[edge]), v)]
        for way in range(2):
            whole = int(run[way][edge])
            if whole == UNREACHED:
                continue
            share = [o / line[-1][0] if line[-1][0] else float(i > 0) for i, (o, _) in enumerate(line)]
            at = [int(np.rint(whole * s)) for s in share]
            for k in range(len(line) - 1):
                step = at[k + 1] - at[k]
                if way == 0:
                    arcs.append((line[k][1], line[k + 1][1], step + (int(end[0][edge]) if k == len(line) - 2 else 0)))
                else:
                    arcs.append((line[k + 1][1], line[k][1], step + (int(end[1][edge]) if k == 0 else 0)))
    return _all_costs(next_node, arcs, n, origins.owners, doors.owners)


def _all_costs(nodes: int, arcs: list[tuple[int, int, int]], n: int, origins: int, doors: int) -> np.ndarray:
    """SciPy takes the sum of parallel arcs and drops zeros, so keep the least of each and scale past zero: cost * 2**20 + 1 per arc."""
    least: dict[tuple[int, int], int] = {}
    for a, b, cost in arcs:
        if a != b:
            least[a, b] = min(cost, least.get((a, b), cost))
    if not least:
        return np.full((origins, doors), UNREACHED, np.int64)
    keys = np.array(list(least))
    lengthened = np.array(list(least.values()), np.float64) * 2.0**12 + 1.0
    matrix = coo_array((lengthened, (keys[:, 0], keys[:, 1])), shape=(nodes, nodes)).tocsr()
    found = dijkstra(matrix, indices=np.arange(n, n + origins))[:, n + origins : n + origins + doors]
    return np.where(np.isfinite(found), np.floor(np.where(np.isfinite(found), found, 0) / 2.0**12), UNREACHED).astype(np.int64)
