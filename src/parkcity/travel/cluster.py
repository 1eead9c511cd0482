"""The same calls on a Dask cluster: origins split by locality, the network shipped once, results identical to local ones."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.travel.nearest import Nearest, nearest
from parkcity.travel.network import Network
from parkcity.travel.reach import Within, within

if TYPE_CHECKING:
    from collections.abc import Callable

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
    calls: dict[str, Callable[..., Any]] = {"nearest": nearest, "within": within}
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
