"""Searches from a few places to owners that stay where they are: what a new place, line or street asks of a city again and again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.travel.kernels.ticks import TICKS_PER
from parkcity.travel.nearest import limit_ticks
from parkcity.travel.queues import queue_shape
from parkcity.travel.search import Setting, pair_parts, prepare

if TYPE_CHECKING:
    from parkcity.travel.network import Network
    from parkcity.travel.streets import Attach

Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Around:
    """Owners on a network, ready to be found from places.

    `to_place`: for journeys from an owner to a place, else from a place to an owner.
    """

    network: Network
    to_place: bool
    _setting: Setting = field(repr=False)

    @classmethod
    def build(cls, network: Network, owners: Attach, unit: str = "m", *, to_place: bool = True) -> Around:
        """Put the owners on links. Arguments as in `nearest`."""
        from parkcity.travel.streets import Attach

        nobody = Attach(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0), np.empty(0), 0)
        setting = prepare(network, nobody, owners, None, unit, "from" if to_place else "to", owners.owners)
        return cls(network, to_place, setting)

    def pairs(self, doors: Attach, limit: float) -> tuple[Int32, Int32, npt.NDArray[np.float64]]:
        """Every owner and place within the limit, itself included: owner, place, cost, [k] each, by place, in no order of owners.

        `doors`: the doors of the places, `owner` being the place of each. The costs are those of `reach_pairs`, bit for bit.
        """
        backwards = self._setting.backwards
        ends = self.network.ends(doors.checked(self.network.streets), self._setting.graph.unit, leaving=not backwards, backwards=backwards)
        cost_a, cost_b = ends.cost_a[ends.node_a >= 0].max(initial=0), ends.cost_b[ends.node_b >= 0].max(initial=0)
        shape = queue_shape(self._setting.graph, int(max(cost_a, cost_b)))
        setting = replace(self._setting.with_sources(ends), shape=shape)
        parts = pair_parts(setting, 0, len(setting.order), limit_ticks(limit, setting.graph.unit), setting.bench())
        place = [np.repeat(setting.order[first : first + len(counts)], counts) for first, counts, _, _ in parts]
        empty = np.empty(0, np.int32)
        owner, ticks = (np.concatenate([empty, *(part[which] for part in parts)]) for which in (2, 3))
        return owner, np.concatenate([empty, *place]).astype(np.int32), ticks / TICKS_PER[setting.graph.unit]
