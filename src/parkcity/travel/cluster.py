"""The same calls on a Dask cluster: origins split by locality, the network shipped once, results identical to local ones."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.travel.matrix import BYTES_PER_PAIR, MOST_ORIGINS, Matrix, checked_cap, dense_gb, matrix, value_column
from parkcity.travel.nearest import Nearest, nearest
from parkcity.travel.network import Network
from parkcity.travel.parts import blocks_of, write_parts
from parkcity.travel.reach import Pairs, Within, reach_pairs, within
from parkcity.travel.search import places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from parkcity.travel.network import Direction
    from parkcity.travel.profiles import EdgeCosts, Profile
    from parkcity.travel.streets import Attach, Streets

PARTS_PER_WORKER = 4
RETRIES = 3


def client(address: str) -> Any:
    """A client of the cluster at `address` ("tcp://…"). Raises `UsageError` where the library is not installed."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        msg = "a cluster needs the library 'distributed'; install parkcity with the extra 'cluster'"
        raise UsageError(msg) from None
    return distributed.Client(address)


def split(network: Network, origins: Attach, parts: int) -> list[npt.NDArray[np.int64]]:
    """Owners in parts of neighbours: cut along a Hilbert curve over the streets they stand on; each part rises."""
    from parkcity.travel.kernels.order import hilbert_order

    edge = np.zeros(origins.owners, np.int64)
    edge[origins.owner[::-1]] = origins.edge[::-1]
    node = network.streets.edge_u[edge] if network.streets.edges else np.zeros(origins.owners, np.int64)
    order = hilbert_order(network.streets.node_x[node], network.streets.node_y[node])
    return [np.sort(part) for part in np.array_split(order, max(1, min(parts, origins.owners)))]


def _work(call: str, parcel: tuple[Streets, Profile, EdgeCosts], origins: Attach, rest: tuple[Any, ...], options: dict[str, Any]) -> Any:
    network = Network(*parcel)
    calls: dict[str, Callable[..., Any]] = {"nearest": nearest, "within": within, "matrix": matrix, "pairs": reach_pairs}
    return calls[call](network, origins, *rest, **options)


def _spread(
    address: str, call: str, network: Network, origins: Attach, rest: tuple[Any, ...], options: dict[str, Any]
) -> tuple[list[Any], Any]:
    with client(address) as cluster:
        workers = max(1, len(cluster.scheduler_info()["workers"]))
        parts = split(network, origins, PARTS_PER_WORKER * workers)
        parcel = cluster.scatter((network.streets, network.profile, network.costs), broadcast=True)
        given = cluster.scatter(rest, broadcast=True) if rest else rest
        jobs = [cluster.submit(_work, call, parcel, origins.take(part), given, options, retries=RETRIES, pure=False) for part in parts]
        return parts, cluster.gather(jobs)


def nearest_on(address: str, network: Network, origins: Attach, *rest: Any, **options: Any) -> Nearest:
    """`parkcity.travel.nearest` on the cluster at `address`: same arguments, same bits."""
    parts, answers = _spread(address, "nearest", network, origins, rest, options)
    whole: Nearest = answers[0]
    shape = (whole.values.shape[0], origins.owners, *whole.values.shape[2:])
    names = ("values", "place", "states", "ticks")
    out = {name: np.empty(shape, getattr(whole, name).dtype) for name in names}
    for part, answer in zip(parts, answers, strict=True):
        for name in names:
            out[name][:, part] = getattr(answer, name)
    return replace(whole, **out)


def within_on(address: str, network: Network, origins: Attach, *rest: Any, **options: Any) -> Within:
    """`parkcity.travel.within` on the cluster at `address`: same arguments, same bits."""
    parts, answers = _spread(address, "within", network, origins, rest, options)
    whole: Within = answers[0]
    sums = np.empty((*whole.sums.shape[:-1], origins.owners))
    counts, states = np.empty((whole.counts.shape[0], origins.owners), np.int64), np.empty(origins.owners, np.int8)
    for part, answer in zip(parts, answers, strict=True):
        sums[..., part], counts[:, part], states[part] = answer.sums, answer.counts, answer.states
    return Within(sums, counts, states)


def matrix_on(
    address: str,
    network: Network,
    origins: Attach,
    doors: Attach,
    door_place: npt.ArrayLike | None = None,
    *,
    memory_gb: float = 4.0,
    **options: Any,
) -> Matrix:
    """`parkcity.travel.matrix` on the cluster at `address`: same arguments, same bits; `memory_gb` holds here and on every worker."""
    places = places_of(doors, door_place)[1]
    checked_cap(dense_gb(origins.owners, places), memory_gb, "the matrix")
    options["memory_gb"] = memory_gb
    parts, answers = _spread(address, "matrix", network, origins, (doors, door_place), options)
    values, states = np.empty((origins.owners, places), np.float32), np.empty((origins.owners, places), np.int8)
    for part, answer in zip(parts, answers, strict=True):
        values[part], states[part] = answer.values, answer.states
    return Matrix(values, states)


def write_matrix_on(
    address: str,
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
    key: str | None = None,
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """`parkcity.travel.write_matrix` on the cluster at `address`: same file.

    Blocks of origins are worked side by side and written in order; so many are under way at once that `memory_gb` holds here.
    """
    places, value = places_of(doors, door_place)[1], value_column(unit)
    with client(address) as cluster:
        ahead = 2 * max(1, len(cluster.scheduler_info()["workers"]))
        checked_cap(64 * ahead * places * BYTES_PER_PAIR / 1e9, memory_gb, f"{ahead} batches of 64 origins at once")
        size = max(64, min(int(memory_gb * 1e9 / BYTES_PER_PAIR / max(places, 1) / ahead), MOST_ORIGINS))
        blocks = blocks_of(origins.owners, size)
        parcel = cluster.scatter((network.streets, network.profile, network.costs), broadcast=True)
        given = cluster.scatter((doors, np.inf if limit is None else limit, door_place), broadcast=True)
        options = {"unit": unit, "direction": direction, "memory_gb": memory_gb}
        under_way: dict[int, Any] = {}

        def make(first: int, last: int) -> dict[str, npt.NDArray[Any]]:
            at = blocks.index((first, last))
            for number in range(at, min(len(blocks), at + ahead)):
                if number not in under_way:
                    part = origins.take(np.arange(*blocks[number]))
                    under_way[number] = cluster.submit(_work, "pairs", parcel, part, given, options, retries=RETRIES, pure=False)
            pairs: Pairs = cluster.gather(under_way.pop(at))
            return {"origin": pairs.origin + np.int32(first), "place": pairs.place, value: pairs.cost.astype(np.float32)}

        return write_parts(path, blocks, make, values=[value], key=key, names=names, progress=progress)
