"""Where cells and doors meet the street network: positions on edges, several candidates, a limit, an account of failures.

The candidates of a point are the streets nearest to it, none much farther than the nearest one, and always the nearest
street of the largest connected piece, so that a stray fragment strands nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.osm.islands import passable_edges, walk_pieces
from parkcity.standards import parameter
from parkcity.twin.streets import edge_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_BLOCK = 20_000


@dataclass(frozen=True)
class AttachRule:
    """How far and to how many streets a point is attached (metres)."""

    limit: float
    candidates: int
    slack: float

    @classmethod
    def of(cls, options: Mapping[str, float]) -> AttachRule:
        """The rule of a city: the engine's defaults unless `city.toml` says otherwise."""
        limit = float(options.get("limit_m", parameter("engine_parameters", "attach.limit").number))
        count = int(options.get("candidates", parameter("engine_parameters", "attach.candidates").number))
        return cls(limit, count, parameter("engine_parameters", "attach.slack").number)


@dataclass(frozen=True)
class StreetIndex:
    """The streets as lines with a spatial index of those that a mode may use, made once for many attachments.

    `rows` int64: the edges in the index; `main_rows`: those of the largest piece.
    """

    shapes: NDArray[Any]
    rows: NDArray[np.int64]
    tree: Any
    main_rows: NDArray[np.int64]
    main_tree: Any
    length: NDArray[np.float64]

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]], mode: str = "walk", lines: NDArray[Any] | None = None) -> StreetIndex:
        """Index the streets of the twin that are open to a mode ("walk", "bike", "car"); `lines`: the streets as lines, where at hand."""
        import shapely

        shapes = edge_shapes(arrays) if lines is None else lines
        usable = passable_edges(arrays, mode)
        piece = arrays["node_piece"] if mode == "walk" else walk_pieces(arrays, mode)
        rows = np.nonzero(usable)[0]
        main = np.nonzero(usable & (piece[arrays["edge_u"]] == 0))[0]
        trees = shapely.STRtree(shapes[rows]), shapely.STRtree(shapes[main])
        return cls(shapes, rows, trees[0], main, trees[1], np.asarray(arrays["edge_length"]))

    def distance(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of points [n] to the nearest street."""
        import shapely

        points = shapely.points(x, y)
        near = self.rows[self.tree.nearest(points)]
        return np.asarray(shapely.distance(points, self.shapes[near]))


def attach(
    index: StreetIndex, x: NDArray[np.float64], y: NDArray[np.float64], rule: AttachRule
) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
    """Candidates of points, and the distance of every point to its nearest street.

    Candidates, sorted by owner and distance: `owner` int32 (row of the point), `edge` int32, `offset` float64 (metres
    from the edge's first node along its stated length), `distance` float64 (metres off the street).
    """
    # One block at least, so that of no points come arrays of no candidates.
    starts = range(0, max(len(x), 1), _BLOCK)
    parts = [_attach_block(index, x[start : start + _BLOCK], y[start : start + _BLOCK], rule, start) for start in starts]
    nearest = np.concatenate([part[1] for part in parts])
    names = ("owner", "edge", "offset", "distance")
    return {name: np.concatenate([part[0][name] for part in parts]) for name in names}, nearest


def _attach_block(
    index: StreetIndex, x: NDArray[np.float64], y: NDArray[np.float64], rule: AttachRule, first: int
) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
    import shapely

    points = np.asarray(shapely.points(x, y))
    nearest = np.asarray(shapely.distance(points, index.shapes[index.rows[index.tree.nearest(points)]]))
    reach = np.minimum(nearest + rule.slack, rule.limit)
    owner, edge = index.tree.query(points, predicate="dwithin", distance=reach)
    edge = index.rows[edge]
    main = index.main_rows[index.main_tree.nearest(points)]
    owner, edge = np.concatenate([owner, np.arange(len(points))]), np.concatenate([edge, main])
    pairs = np.unique(np.column_stack([owner, edge]), axis=0)
    owner, edge = pairs[:, 0], pairs[:, 1]
    distance = np.asarray(shapely.distance(points[owner], index.shapes[edge]))
    is_main = edge == main[owner]
    keep = distance <= rule.limit
    owner, edge, distance, is_main = owner[keep], edge[keep], distance[keep], is_main[keep]
    order = np.lexsort([edge, distance, owner])
    owner, edge, distance, is_main = owner[order], edge[order], distance[order], is_main[order]
    start = np.searchsorted(owner, np.arange(len(points)))
    rank = np.arange(len(owner)) - start[owner]
    keep = (rank < rule.candidates) | is_main
    owner, edge, distance = owner[keep], edge[keep], distance[keep]
    share = shapely.line_locate_point(index.shapes[edge], points[owner], normalized=True)
    offset = np.clip(np.nan_to_num(share) * index.length[edge], 0.0, index.length[edge])
    found = {
        "owner": (owner + first).astype(np.int32),
        "edge": edge.astype(np.int32),
        "offset": offset,
        "distance": distance,
    }
    return found, nearest
