"""Timetables published as GTFS: a zip archive or a folder of text tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from parkcity.sense.gtfs.archive import looks_like_feed
from parkcity.sense.gtfs.feed import Feed, read_feed
from parkcity.sense.raw import READERS, Raw, Reader, Request, Tally

_FRAMES = ("stops", "routes", "trips", "frequencies", "transfers", "pathways")


def read(request: Request) -> Raw:
    """Frames `stops, routes, trips, frequencies, transfers, pathways, findings`, arrays of calls and services; remarks tell what is odd.

    `findings` holds file, row (empty where it concerns the whole file), id and value of every oddity. The arrays are
    those of `Calls` and `Services`, their names led by `call_` and `service_`.
    """
    feed = read_feed(request.path)
    tally = Tally(rows_in=len(feed.calls.trip), rows_kept=len(feed.calls.trip))
    tally.remarks = [finding.text("en") for finding in feed.findings.found]
    arrays = {f"call_{name}": array for name, array in vars(feed.calls).items()}
    arrays |= {f"service_{name}": array for name, array in vars(feed.services).items()}
    frames = {name: getattr(feed, name) for name in _FRAMES}
    found = [(finding.file, finding.row, finding.id, finding.value) for finding in feed.findings.found]
    frames["findings"] = pd.DataFrame(found, columns=["file", "row", "id", "value"]).astype({"row": "Int64"})
    return Raw(tally, arrays={name: np.asarray(array) for name, array in arrays.items()}, frames=frames)


def feed_of(raw: Raw, where: str) -> Feed:
    """The feed that a reader of timetables took apart."""
    from parkcity.sense.gtfs.calls import Calls
    from parkcity.sense.gtfs.findings import Findings
    from parkcity.sense.gtfs.services import Services

    calls: dict[str, Any] = {name.removeprefix("call_"): array for name, array in raw.arrays.items() if name.startswith("call_")}
    services: dict[str, Any] = {name.removeprefix("service_"): array for name, array in raw.arrays.items() if name.startswith("service_")}
    frames: dict[str, Any] = {name: raw.frames[name] for name in _FRAMES}
    return Feed(where, calls=Calls(**calls), services=Services(**services), findings=Findings(), **frames)


READERS.add(
    Reader(
        "gtfs", ("timetable",), "a GTFS feed: a zip archive or a folder with stops.txt.", {}, looks_like_feed, read, memory_per_byte=60.0
    )
)
