"""Centrality of streets: betweenness and closeness, exact within a radius, or sampled with a stated error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.travel.nearest import limit_ticks
from parkcity.travel.reach import reach_pairs
from parkcity.travel.streets import Attach
from parkcity.travel.threads import side_by_side, thread_count

if TYPE_CHECKING:
    from parkcity.travel.network import Network

Float64 = npt.NDArray[np.float64]
SOURCES_PER_JOB = 128


@dataclass(frozen=True)
class Betweenness:
    """Shortest ways over each node and each edge, float64 [n] and [e]; every ordered pair of nodes within the radius counts once.

    `sources`: how many nodes were searched from; `error`: with 95 % probability no node is off by more than this share of all
    n * n ordered pairs (0 where all nodes were searched from).
    """

    node: Float64
    edge: Float64
    sources: int
    error: float


@dataclass(frozen=True)
class Closeness:
    """Per node, float64 [n]: `reached` other nodes within the radius, `mean` cost to them, `harmonic` sum of 1 / cost (costs above 0).

    `sources`: how many nodes were searched for; `error`: with 95 % probability no node's `reached` is off by more than this share of all n
    nodes, and no sum of its costs (`mean` times `reached`) by more than this share of n times the radius (0 where all were searched
    for). A sample bounds no sum of 1 / cost, so that `harmonic` is then NaN.
    """

    reached: Float64
    mean: Float64
    harmonic: Float64
    sources: int
    error: float


def betweenness(
    network: Network, radius: float | None = None, *, unit: str = "m", sample: int | None = None, seed: int = 0, threads: int | None = None
) -> Betweenness:
    """Betweenness of nodes and edges within a radius.

    `sample`: search from so many nodes drawn without replacement (seeded) and scale up; the stated error is Hoeffding's bound over all
    nodes. Source: Brandes (2001); sampling after Brandes and Pich (2007), Int. J. Bifurcation and Chaos 17(7).
    """
    from parkcity.travel.kernels.between import SCALE, dependencies

    indptr, heads, cost, arc_edge = network.csr(unit)
    nodes = network.streets.nodes
    sources = _chosen(nodes, sample, seed)
    top, size = limit_ticks(radius, unit), SOURCES_PER_JOB
    benches: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []

    def bench() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        own = (np.zeros(nodes, np.int64), np.zeros(network.streets.edges, np.int64))
        benches.append(own)
        return own

    def work(job: int, own: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]) -> None:
        dependencies(job * size, min(len(sources), (job + 1) * size), sources, indptr, heads, cost, arc_edge, top, *own)

    side_by_side(-(-len(sources) // size), thread_count(threads), bench, work)
    scale = nodes / max(len(sources), 1) / SCALE
    node, edge = (np.sum([own[part] for own in benches], axis=0) * scale for part in range(2))
    error = 0.0 if sample is None or sample == nodes else math.sqrt(math.log(2 * max(nodes, 1) / 0.05) / (2 * sample))
    return Betweenness(node, edge, len(sources), error)


def closeness(
    network: Network,
    radius: float,
    *,
    unit: str = "m",
    sample: int | None = None,
    seed: int = 0,
    memory_gb: float = 4.0,
    threads: int | None = None,
) -> Closeness:
    """Closeness of all nodes within a radius, exactly, or from ways to a sample of nodes, drawn without replacement (seeded) and scaled up.

    Refused where the pairs would need more than `memory_gb`. The stated error is Hoeffding's bound over all nodes. Source: Eppstein and
    Wang (2004), "Fast approximation of centrality", J. Graph Algorithms and Applications 8(1).
    """
    from parkcity.travel.kernels.between import lengths

    nodes = network.streets.nodes
    chosen = _chosen(nodes, sample, seed)
    every = Attach.at_nodes(network.streets, np.arange(nodes))
    some = every if len(chosen) == nodes else every.take(chosen)
    pairs = reach_pairs(network, every, some, radius, unit=unit, memory_gb=memory_gb, threads=threads)
    counts, scale = np.diff(pairs.start), nodes / max(len(chosen), 1)
    whole = len(chosen) == nodes
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(pairs.cost > 0, 1.0 / pairs.cost, 0.0)
        reached = np.maximum(counts * scale - 1, 0).astype(np.float64)
        mean = lengths(counts, pairs.cost) * scale / reached
    harmonic = lengths(counts, inverse) if whole else np.full(nodes, np.nan)
    error = 0.0 if whole else math.sqrt(math.log(4 * nodes / 0.05) / (2 * len(chosen)))
    return Closeness(reached, mean, harmonic, len(chosen), error)


def _chosen(nodes: int, sample: int | None, seed: int) -> npt.NDArray[np.int32]:
    every = np.arange(nodes, dtype=np.int32)
    if sample is None:
        return every
    if not 0 < sample <= nodes:
        msg = f"a sample has 1 to {nodes} nodes, not {sample}"
        raise UsageError(msg)
    return np.sort(np.random.default_rng(seed).choice(every, sample, replace=False))
