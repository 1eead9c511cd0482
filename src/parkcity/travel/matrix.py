"""Many-to-many costs: dense in memory, or sorted pairs streamed to a Parquet file under a memory cap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import LimitError
from parkcity.travel.nearest import limit_ticks
from parkcity.travel.parts import write_parts
from parkcity.travel.profiles import checked_unit
from parkcity.travel.reach import assemble, origin_states
from parkcity.travel.search import prepare
from parkcity.travel.states import State
from parkcity.travel.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from parkcity.travel.network import Direction, Network
    from parkcity.travel.search import Setting
    from parkcity.travel.streets import Attach

BYTES_PER_PAIR = 28
MOST_ORIGINS = 4096
"""Of a block: so that a run that is stopped loses little."""


@dataclass(frozen=True)
class Matrix:
    """Costs between all origins and places. `values` float32 [n, places] seconds or metres, NaN where not ok; `states` int8 alike."""

    values: npt.NDArray[np.float32]
    states: npt.NDArray[np.int8]


def _blocks(setting: Setting, origins: int, pairs_at_once: float) -> Iterator[tuple[int, int, Setting]]:
    size = max(64, min(int(pairs_at_once / max(setting.places, 1)), MOST_ORIGINS))
    for first in range(0, origins, size):
        last = min(origins, first + size)
        yield first, last, replace(setting, order=setting.order[(setting.order >= first) & (setting.order < last)])


def dense_gb(origins: int, places: int) -> float:
    """Memory of a dense matrix and of the pairs of one block, GB."""
    return (origins * places * 5 + min(origins, MOST_ORIGINS) * places * BYTES_PER_PAIR) / 1e9


def value_column(unit: str) -> str:
    """The name of the column of costs in a file."""
    return "seconds" if checked_unit(unit) == "s" else "metres"


def checked_cap(need_gb: float, memory_gb: float, what: str) -> None:
    """Raise `LimitError` where something would need more memory than the cap."""
    if need_gb > memory_gb:
        msg = f"{what} would need {need_gb:.2f} GB, more than the cap of {memory_gb:.2f} GB"
        raise LimitError(msg)


def matrix(
    network: Network,
    origins: Attach,
    doors: Attach,
    door_place: npt.ArrayLike | None = None,
    *,
    limit: float | None = None,
    unit: str = "s",
    direction: Direction = "to",
    memory_gb: float = 4.0,
    threads: int | None = None,
) -> Matrix:
    """Costs from every origin to every place (or from every place, `direction` "from").

    Refused with `LimitError` before it starts where it would need more than `memory_gb`; then stream it with `write_matrix`.
    """
    setting = prepare(network, origins, doors, door_place, unit, direction)
    places = setting.places
    checked_cap(dense_gb(origins.owners, places), memory_gb, "the matrix")
    states = np.repeat(origin_states(origins)[:, None], places, axis=1)
    attached = np.diff(setting.targets.start) > 0
    missing = State.UNREACHABLE if limit is None else State.OVER_LIMIT
    states[states == State.OK] = missing
    states[:, ~attached] = np.where(states[:, ~attached] == missing, State.NOT_ATTACHED, states[:, ~attached])
    values = np.full(states.shape, np.nan, np.float32)
    top, workers = limit_ticks(limit, unit), thread_count(threads)
    for _, _, block in _blocks(setting, origins.owners, 4096.0 * places):
        pairs = assemble(block, top, workers, origins)
        good = states[pairs.origin, pairs.place] == missing
        values[pairs.origin[good], pairs.place[good]] = pairs.cost[good]
        states[pairs.origin[good], pairs.place[good]] = State.OK
    if limit is not None:
        _tell_unreachable(network, origins, doors, door_place, states, unit, direction)
    return Matrix(values, states)


def _tell_unreachable(
    network: Network,
    origins: Attach,
    doors: Attach,
    door_place: npt.ArrayLike | None,
    states: npt.NDArray[np.int8],
    unit: str,
    direction: Direction,
) -> None:
    """Cells over the limit to which there is no way at any cost become unreachable."""
    from parkcity.travel.nearest import nearest

    place = np.arange(doors.owners) if door_place is None else np.asarray(door_place)
    for one in np.flatnonzero((states == State.OVER_LIMIT).any(axis=0)):
        klass = np.where(place == one, 0, 1).astype(np.int16)
        never = nearest(network, origins, doors, place, unit=unit, doors_class=klass, direction=direction).states[0] == State.UNREACHABLE
        states[never & (states[:, one] == State.OVER_LIMIT), one] = State.UNREACHABLE


def write_matrix(
    path: Path,
    network: Network,
    origins: Attach,
    doors: Attach,
    door_place: npt.ArrayLike | None = None,
    *,
    limit: float | None = None,
    unit: str = "s",
    direction: Direction = "to",
    memory_gb: float = 2.0,
    threads: int | None = None,
    key: str | None = None,
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Stream all pairs within `limit` to a Parquet file, sorted by origin, then place. Returns the number of pairs.

    Columns: `origin`, `place`, `seconds` (or `metres`) float32; pairs without a way, or over the limit, have no row. Blocks of origins are
    worked one after the other so that `memory_gb` holds. `key`, `names`, `progress`: see `write_parts`.
    """
    setting = prepare(network, origins, doors, door_place, unit, direction)
    checked_cap(64 * setting.places * BYTES_PER_PAIR / 1e9, memory_gb, "one batch of 64 origins")
    top, workers = limit_ticks(limit, unit), thread_count(threads)
    value = value_column(unit)
    found = {(first, last): block for first, last, block in _blocks(setting, origins.owners, memory_gb * 1e9 / BYTES_PER_PAIR)}

    def make(first: int, last: int) -> dict[str, npt.NDArray[Any]]:
        pairs = assemble(found[first, last], top, workers, origins)
        rows = np.repeat(np.arange(first, last, dtype=np.int32), np.diff(pairs.start[first : last + 1]))
        return {"origin": rows, "place": pairs.place, value: pairs.cost.astype(np.float32)}

    return write_parts(path, list(found), make, values=[value], key=key, names=names, progress=progress)
