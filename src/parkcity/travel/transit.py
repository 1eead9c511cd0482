"""Door-to-door times by timetable: at one departure, over a window of departures, or arriving by a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import LimitError, UsageError
from parkcity.standards.loader import parameter
from parkcity.travel.states import State
from parkcity.travel.transit_day import mirrored
from parkcity.travel.transit_setting import TransitSetting
from parkcity.travel.transit_states import states_of
from parkcity.travel.transit_sweep import Sweep, ranks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


@dataclass(frozen=True)
class TransitTimes:
    """Times between origins and places.

    `seconds` float32 [k, origins, places]: one layer for each departure or percentile, named by `layers`; NaN where `states` int8 of
    the same shape (see `states_of`) is not ok. `assumed`: a line of the timetable is made from a headway and a speed.
    """

    seconds: npt.NDArray[np.float32]
    states: npt.NDArray[np.int8]
    layers: tuple[float, ...]
    assumed: bool


def depart_at(
    setting: TransitSetting, departures: Sequence[int], *, threads: int | None = None, memory_gb: float = 4.0, cluster: str | None = None
) -> TransitTimes:
    """Travel times when leaving at each of some moments (seconds of the day), waiting included. Layers: the departures as given.

    `cluster`: the address of a Dask scheduler ("tcp://…") that searches, with the same bits; `threads` are then those of each worker.
    """
    moments = _moments(departures)
    falling = np.sort(moments)[::-1]
    values = _run(setting, falling, np.zeros(0, np.int32), threads, memory_gb, cluster)
    place = np.searchsorted(-falling, -moments)
    spans = [(int(moment), int(moment)) for moment in moments]
    return _times(setting, values[place], tuple(float(moment) for moment in moments), spans)


def over_window(
    setting: TransitSetting,
    first: int,
    last: int,
    *,
    step: int | None = None,
    percentiles: Sequence[float] = (5, 25, 50, 75, 95),
    threads: int | None = None,
    memory_gb: float = 4.0,
    cluster: str | None = None,
) -> TransitTimes:
    """Percentiles of the travel time over all departures from `first` until before `last`, every `step` seconds.

    A percentile is the smallest time that at least so many in a hundred departures do not exceed (nearest rank); departures that do
    not arrive within the limit count as longest. Layers: the percentiles. `cluster`: as in `depart_at`.
    """
    every = int(parameter("transit_parameters", "transit.step").number) if step is None else step
    if every < 1 or last <= first:
        msg = f"a window needs a step of 1 s or more and an end after its beginning, not {first} to {last} every {every} s"
        raise UsageError(msg)
    if not percentiles or not all(0 < value <= 100 for value in percentiles):
        msg = f"percentiles lie above 0 and up to 100, not {list(percentiles)}"
        raise UsageError(msg)
    moments = _moments(range(first, last, every))[::-1].copy()
    asked, place = np.unique(np.asarray(percentiles, np.float64), return_inverse=True)
    values = _run(setting, moments, ranks_of(tuple(asked.tolist()), len(moments)), threads, memory_gb, cluster)[place]
    span = (int(moments[-1]), int(moments[0]))
    return _times(setting, values, tuple(float(value) for value in percentiles), [span] * len(percentiles))


def arrive_by(
    setting: TransitSetting, arrivals: Sequence[int], *, threads: int | None = None, memory_gb: float = 4.0, cluster: str | None = None
) -> TransitTimes:
    """Travel times when leaving as late as possible to be there by each of some moments. Layers: the moments as given.

    The time counts until the moment, waiting at the place included. `cluster`: as in `depart_at`.
    """
    turned = TransitSetting(
        mirrored(setting.day),
        setting.egress.turned(),
        setting.access.turned(),
        setting.change.turned(),
        None if setting.direct is None else setting.direct.turned(),
        setting.rides,
        setting.limit,
    )
    moments = _moments(arrivals)
    # Moments later than all trips are negative in reversed time, which the kernel allows.
    reversed_ = [int(turned.day.origin - moment) for moment in moments]
    back = depart_at(turned, reversed_, threads=threads, memory_gb=memory_gb, cluster=cluster)
    seconds, states = np.ascontiguousarray(back.seconds.transpose(0, 2, 1)), np.ascontiguousarray(back.states.transpose(0, 2, 1))
    return TransitTimes(seconds, states, tuple(float(moment) for moment in moments), setting.day.assumed)


def _moments(moments: Sequence[int]) -> npt.NDArray[np.int32]:
    array = np.asarray(list(moments), dtype=np.int64)
    if len(array) == 0 or np.abs(array).max() >= 2**30:
        raise UsageError("one or more moments are needed, in seconds of the day")
    return array.astype(np.int32)


def _run(
    setting: TransitSetting,
    moments: npt.NDArray[np.int32],
    ranks: npt.NDArray[np.int32],
    threads: int | None,
    memory_gb: float,
    cluster: str | None,
) -> npt.NDArray[np.int32]:
    """Seconds int32 [layers, origins, places] of the kernel, all origins side by side."""
    sweep = Sweep(setting, moments, ranks)
    # The kernel's int32, then float32, the states and what they are made from.
    need_gb = sweep.layers * setting.origins * setting.places * 12 / 1e9
    if need_gb > memory_gb:
        shape = f"{sweep.layers} layers of {setting.origins:,} x {setting.places:,}"
        msg = f"{shape} need {need_gb:.1f} GB, more than the cap of {memory_gb:.1f} GB"
        raise LimitError(msg)
    if cluster is not None:
        from parkcity.travel.transit_cluster import sweep_on

        return sweep_on(cluster, setting, moments, ranks, threads)
    out = np.empty((sweep.layers, setting.origins, setting.places), np.int32)

    def keep(first: int, last: int, seconds: npt.NDArray[np.int32]) -> None:
        out[:, first:last] = seconds.transpose(1, 0, 2)

    sweep.run(keep, threads)
    return out


def _times(setting: TransitSetting, values: npt.NDArray[np.int32], layers: tuple[float, ...], spans: list[tuple[int, int]]) -> TransitTimes:
    from parkcity.travel.kernels.raptor import NEVER

    states = states_of(setting, values != NEVER, spans)
    seconds = np.where(states == State.OK, values, np.float32(np.nan)).astype(np.float32)
    return TransitTimes(seconds, states, layers, setting.day.assumed)
