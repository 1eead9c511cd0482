"""The graphs on which the street engine is measured."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

CHENGDU = Path(__file__).resolve().parent.parent / "examples" / "chengdu" / "data" / "streets"
LAS_PALMAS = CHENGDU.parents[2] / "las-palmas" / "data" / "osm" / "las_palmas_20230221.osm.pbf"
CLASSES = 5
SEED = 20_161


@dataclass(frozen=True)
class Plain:
    """A plain graph: node coordinates in metres, edges with their length in metres; and where places of five classes stand."""

    name: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    u: npt.NDArray[np.int32]
    v: npt.NDArray[np.int32]
    length: npt.NDArray[np.float64]

    def places(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Nodes and classes of places: one per 200 nodes and class, at least 20, on nodes that have a street."""
        rng = np.random.default_rng(SEED)
        linked = np.unique(np.concatenate([self.u, self.v]))
        count = max(20, len(self.x) // 200)
        return rng.choice(linked, CLASSES * count), np.repeat(np.arange(CLASSES), count)

    def people(self) -> npt.NDArray[np.float64]:
        """Whole residents at every node, 0 to 49."""
        return np.random.default_rng(SEED).integers(0, 50, len(self.x)).astype(float)

    def save(self, path: Path) -> None:
        """Everything that a peer needs, as one file."""
        node, klass = self.places()
        np.savez(path, x=self.x, y=self.y, u=self.u, v=self.v, length=self.length, node=node, klass=klass, people=self.people())


def metropolis(nodes: int) -> Plain:
    """A perturbed grid with superblocks: spacing about 100 m, arterials every 400 m, inner streets interrupted, node numbers shuffled.

    About 1.5 edges per node. Edges are 0 to 20 % longer than the straight line.
    """
    side = round(nodes**0.5)
    rng = np.random.default_rng(SEED)
    column, line = np.meshgrid(np.arange(side), np.arange(side))
    shift = rng.uniform(-25, 25, (2, side, side))
    grid = np.arange(side * side).reshape(side, side)
    across = np.stack([grid[:, :-1].ravel(), grid[:, 1:].ravel()], 1)
    along = np.stack([grid[:-1].ravel(), grid[1:].ravel()], 1)
    keep_across = (line[:, :-1].ravel() % 4 == 0) | (rng.random(len(across)) < 0.667)
    keep_along = (column[:-1].ravel() % 4 == 0) | (rng.random(len(along)) < 0.667)
    edges = np.concatenate([across[keep_across], along[keep_along]])
    number = rng.permutation(side * side)
    x, y = np.empty(side * side), np.empty(side * side)
    x[number], y[number] = (column * 100.0 + shift[0]).ravel(), (line * 100.0 + shift[1]).ravel()
    u, v = number[edges[:, 0]].astype(np.int32), number[edges[:, 1]].astype(np.int32)
    length = np.hypot(x[u] - x[v], y[u] - y[v]) * rng.uniform(1, 1.2, len(u))
    return Plain(f"metropolis {side * side:,}", x, y, u, v, length)


def las_palmas() -> Plain:
    """The walking network of the Las Palmas example: streets open on foot, as the twin reads them, in metres."""
    from parkcity.base.geo import Projection
    from parkcity.sense.osm.extract import ExtractOptions, read_streets

    arrays = read_streets(LAS_PALMAS, ExtractOptions()).arrays
    open_on_foot = arrays["walk"] != 0
    u, v, length = (arrays[name][open_on_foot] for name in ("edge_u", "edge_v", "edge_length"))
    used, ends = np.unique(np.concatenate([u, v]), return_inverse=True)
    x, y = Projection.declared("EPSG:32628").forward(arrays["node_lon"][used], arrays["node_lat"][used])
    return Plain("Las Palmas", x, y, ends[: len(u)].astype(np.int32), ends[len(u) :].astype(np.int32), length.astype(np.float64))


def chengdu() -> Plain:
    """Chengdu's city-scale roads of 2016, from the example city."""
    with gzip.open(CHENGDU / "nodes.csv.gz", "rt", encoding="utf-8") as file:
        head = file.readline().strip().split(",")
        nodes = np.loadtxt(file, delimiter=",", usecols=[head.index(name) for name in ("node", "x_utm48n", "y_utm48n")])
    with gzip.open(CHENGDU / "edges.csv.gz", "rt", encoding="utf-8") as file:
        head = file.readline().strip().split(",")
        edges = np.loadtxt(file, delimiter=",", usecols=[head.index(name) for name in ("u", "v", "length_m")])
    order = np.argsort(nodes[:, 0])
    row = order[np.searchsorted(nodes[order, 0], edges[:, :2])]
    return Plain("Chengdu 2016", nodes[:, 1], nodes[:, 2], row[:, 0].astype(np.int32), row[:, 1].astype(np.int32), edges[:, 2])
