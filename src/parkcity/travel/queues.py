"""The shape of a bucket queue for a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parkcity.travel.network import Graph

MAX_BUCKETS = 2**16


@dataclass(frozen=True)
class QueueShape:
    """Buckets of 2**`shift` ticks, `buckets` (a power of two) of them in a ring."""

    shift: int
    buckets: int


def queue_shape(graph: Graph, seed_span: int, width_share: float = 0.5) -> QueueShape:
    """Buckets of about `width_share` of a typical link, in a ring that holds the dearest link and all seeds."""
    shift = max(0, int(graph.typical * width_share).bit_length() - 1)
    span = max(graph.dearest, seed_span)
    while (span >> shift) + 2 > MAX_BUCKETS:
        shift += 1
    return QueueShape(shift, 1 << ((span >> shift) + 2).bit_length())
