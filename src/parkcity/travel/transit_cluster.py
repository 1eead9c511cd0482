"""Transit times on a Dask cluster: origins in parts, the question shipped once, the same bits as on one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.travel.cluster import PARTS_PER_WORKER, RETRIES, client

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel.transit_setting import TransitSetting


def _search(
    setting: TransitSetting, rows: NDArray[np.int64], moments: NDArray[np.int32], ranks: NDArray[np.int32], threads: int | None
) -> NDArray[np.int32]:
    """What one worker does: seconds int32 [layers, rows, places]."""
    from parkcity.travel.transit_sweep import Sweep

    sweep = Sweep(setting.of_origins(rows), moments, ranks)
    out = np.empty((sweep.layers, len(rows), setting.places), np.int32)

    def keep(first: int, last: int, seconds: NDArray[np.int32]) -> None:
        out[:, first:last] = seconds.transpose(1, 0, 2)

    sweep.run(keep, threads)
    return out


def sweep_on(
    address: str, setting: TransitSetting, moments: NDArray[np.int32], ranks: NDArray[np.int32], threads: int | None = None
) -> NDArray[np.int32]:
    """Seconds int32 [layers, origins, places] of a `Sweep` searched on the cluster at `address`; `threads` are those of each worker.

    A part whose worker is lost is searched by another. Raises `UsageError` where the library of the cluster is not installed.
    """
    with client(address) as cluster:
        workers = max(1, len(cluster.scheduler_info()["workers"]))
        parts = np.array_split(np.arange(setting.origins), max(1, min(setting.origins, PARTS_PER_WORKER * workers)))
        given = cluster.scatter(setting, broadcast=True)
        jobs = [cluster.submit(_search, given, part, moments, ranks, threads, retries=RETRIES, pure=False) for part in parts]
        found = [np.asarray(answer) for answer in cluster.gather(jobs)]
    return np.concatenate(found, axis=1)
