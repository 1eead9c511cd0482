"""Ways on their way to a network: what joins, cuts and links them works on these arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from parkcity.sense.osm.metric import to_local
from parkcity.sense.osm.scan import Lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.sense.osm.attributes import Attributes

Made = tuple[Sequence[int], Sequence[float], Sequence[float], int]
"""A way that is made, not mapped: node ids, longitudes, latitudes, attribute row."""


@dataclass(frozen=True)
class Ways:
    """Ways that some modes may use.

    `lines`: their nodes and positions; `attributes`: distinct rows; `kind` int64 [w]: the row of every way; `refused`: what
    was left out and why; `remarks`: what was joined or cut. Node and way ids below 0 are made, not mapped.
    """

    lines: Lines
    attributes: Attributes
    kind: NDArray[np.int64]
    refused: list[tuple[str, str]]
    remarks: tuple[str, ...] = ()

    @property
    def owner(self) -> NDArray[np.int64]:
        """The way of every point, int64 [k]."""
        return np.repeat(np.arange(len(self.lines)), np.diff(self.lines.start))

    def local(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Metres east and north of every point at the scale of the middle latitude, for searches nearby."""
        lat = self.lines.lat
        return to_local(self.lines.lon, lat, float(np.median(lat)) if len(lat) else 0.0)

    def free_id(self) -> int:
        """The next id for something made: below 0 and below every id in use."""
        return min(int(self.lines.ref.min(initial=0)), int(self.lines.way.min(initial=0)), 0) - 1

    def noted(self, remark: str) -> Ways:
        """The same with a remark."""
        return replace(self, remarks=(*self.remarks, remark))

    def with_points(self, place: NDArray[np.int64], ref: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Ways:
        """With points put in before the points `place` int64 [m], which must be inside ways; equal places keep their order."""
        order = np.argsort(place, kind="stable")
        place = place[order]
        lines = self.lines
        # A way starts after all points that were put in before its first point.
        start = lines.start + np.searchsorted(place, lines.start, side="left")
        new = Lines(
            lines.way,
            lines.tags,
            start,
            np.insert(lines.ref, place, ref[order]).astype(np.int64),
            np.insert(lines.lon, place, lon[order]).astype(np.float64),
            np.insert(lines.lat, place, lat[order]).astype(np.float64),
        )
        return replace(self, lines=new)

    def split_at(self, places: NDArray[np.int64]) -> Ways:
        """With ways cut in two at points `places` int64 [m]; the point stands in both parts. Ends of ways are no places to cut."""
        ends = np.concatenate([self.lines.start[:-1], self.lines.start[1:] - 1])
        places = np.setdiff1d(places, ends)
        if not len(places):
            return self
        lines = self.lines
        twice = np.ones(len(lines.ref), np.int64)
        twice[places] = 2
        before = np.concatenate([[0], np.cumsum(twice)])
        start = np.sort(np.concatenate([before[lines.start], before[places] + 1]))
        order = np.sort(np.concatenate([np.arange(len(lines)), self.owner[places]]))
        place = np.repeat(np.arange(len(lines.ref)), twice)
        tags = [lines.tags[row] for row in order]
        new = Lines(lines.way[order], tags, start, lines.ref[place], lines.lon[place], lines.lat[place])
        return replace(self, lines=new, kind=self.kind[order])

    def with_ways(self, made: Sequence[Made], rows: Sequence[tuple[float, ...]]) -> Ways:
        """With ways made from the attribute rows `rows`; the row of a made way counts from the first of them."""
        if not made:
            return self
        lines = self.lines
        ids = self.free_id() - np.arange(len(made))
        sizes = np.array([len(refs) for refs, _, _, _ in made])
        new = Lines(
            np.concatenate([lines.way, ids]),
            [*lines.tags, *({} for _ in made)],
            np.concatenate([lines.start, lines.start[-1] + np.cumsum(sizes)]),
            np.concatenate([lines.ref, np.concatenate([np.asarray(refs, np.int64) for refs, _, _, _ in made])]),
            np.concatenate([lines.lon, np.concatenate([np.asarray(lon, float) for _, lon, _, _ in made])]),
            np.concatenate([lines.lat, np.concatenate([np.asarray(lat, float) for _, _, lat, _ in made])]),
        )
        kind = np.concatenate([self.kind, len(self.attributes.klass) + np.array([row for *_, row in made])])
        return replace(self, lines=new, attributes=self.attributes.with_rows(rows), kind=kind)
