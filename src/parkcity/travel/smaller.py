"""Sums within reach, searched from the side that has fewer ends: a few clinics are searched from once, not from every home.

The result is the same bits: costs are whole ticks and weights whole quanta, whichever end a search starts from.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.travel.search import Setting, pair_parts, places_of, prepare
from parkcity.travel.threads import side_by_side

if TYPE_CHECKING:
    from parkcity.travel.kernels.sums import Decays
    from parkcity.travel.network import Direction, Network
    from parkcity.travel.search import Bench
    from parkcity.travel.streets import Attach

Int64 = npt.NDArray[np.int64]
LANES_PER_JOB = 64
WORTH_TURNING = 16
"""Places are searched from where there are this many times fewer of them than of origins: lanes of neighbours share less of a search."""


def places_are_few(places: int, origins: int) -> bool:
    """Is a search from the places the smaller one?"""
    return places * WORTH_TURNING < origins


def sums_from_places(
    network: Network,
    origins: Attach,
    doors: Attach,
    door_place: npt.ArrayLike | None,
    weights: Int64,
    decays: Decays,
    unit: str,
    direction: Direction,
    threads: int,
) -> Int64:
    """Sums in whole quanta, int64 [owners of origins, groups, decays]; `weights` int64 [groups, places]. As `reach.raw_sums`."""
    from parkcity.travel.kernels.sums import add_pairs

    setting = _turned(network, origins, doors, door_place, weights.shape[1], unit, direction)
    top, size = int(decays.limit.max()), LANES_PER_JOB
    table = np.zeros((origins.owners, len(weights), len(decays.limit)), np.int64)
    adding = Lock()

    def work(job: int, bench: Bench) -> None:
        for first, counts, target, ticks in pair_parts(setting, job * size, min(len(setting.order), (job + 1) * size), top, bench):
            stops = np.cumsum(counts)
            with adding:  # whole numbers: the order of adding changes nothing
                for row, (start, stop) in enumerate(zip(stops - counts, stops, strict=True)):
                    amount = np.ascontiguousarray(weights[:, setting.order[first + row]])
                    add_pairs(target[start:stop], ticks[start:stop], amount, decays, table)

    side_by_side(-(-len(setting.order) // size), threads, setting.bench, work)
    return table


def _turned(
    network: Network, origins: Attach, doors: Attach, door_place: npt.ArrayLike | None, places: int, unit: str, direction: Direction
) -> Setting:
    """The same search set up from the places, doors grouped by place."""
    flip: Direction = "from" if direction == "to" else "to"
    place, _ = places_of(doors, door_place)
    setting = prepare(network, doors, origins, None, unit, flip, origins.owners)
    grouped = place[doors.owner] if doors.owners else np.empty(0, np.int32)
    backwards = setting.backwards
    ends = network.ends(doors, unit, leaving=not backwards, backwards=backwards, owner=grouped, owners=places)
    return setting.with_sources(ends)
