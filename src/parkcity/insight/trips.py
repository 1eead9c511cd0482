"""Journeys over a city's streets for any kind of traveller: times, reach, matrices, isochrones, routes with their turns.

Walkers of the groups travel with the very inputs of the indicators, so their numbers agree to the second. Other travellers (bicycle, car,
emergency vehicle) meet the streets that are open to them. Where a profile says what turns cost (car, car_peak), journeys pay for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.insight.classes import place_class
from parkcity.insight.inputs import Inputs, profile_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.travel import Access, Attach, Network
    from parkcity.travel.nearest import Nearest
    from parkcity.travel.steps import Step
    from parkcity.travel.turns import Turned

    Floats = NDArray[np.float64]

Unknown = Literal["open", "closed", "range"]
S_PER_MIN = 60.0
_LAYER_OF = {"cells": "cells", "doors": "places", "stops": "timetable"}


@dataclass(frozen=True)
class Journey:
    """A way from a cell to a place: minutes, metres, the place, the way as steps, and why there is none (`state`), if there is none."""

    minutes: float
    metres: float
    place: str
    name: str
    steps: list[Step]
    state: str


@dataclass(frozen=True)
class Trips:
    """Journeys of one kind of traveller. `profile`: a row name of the travel profiles; left out, how the group walks.

    `unknown`: what streets count as whose kerb, width, surface or light nobody knows: "open", "closed", or "range" for both answers.
    `cluster`: the address of a Dask scheduler, on which times, reach and matrices are then computed, with the same bits; what is asked of
    one cell is answered here at once, and refused there.
    """

    inputs: Inputs
    profile: str | None = None
    unknown: Unknown = "open"
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.unknown not in get_args(Unknown):
            msg = f"unknown streets count as 'open', 'closed' or 'range', not '{self.unknown}'"
            raise UsageError(msg)
        if not self.inputs.twin.has("attachments"):
            raise MissingLayerError("travel", ["streets"])
        self.network("open")

    @property
    def traveller(self) -> str:
        """The travel profile in use."""
        return self.profile or profile_of(self.inputs.group)

    def network(self, unknown: Literal["open", "closed"]) -> Network:
        """The streets as the traveller finds them, with turns where the profile says what they cost; `origins` and `doors_of` fit it."""
        turned = self._turned(unknown)
        return self._streets(unknown) if turned is None else turned.network

    def _streets(self, unknown: Literal["open", "closed"]) -> Network:
        """The streets without turns."""
        from parkcity.travel import Network, Profile

        base = self.inputs.network_for(self.traveller)
        if unknown == "open":
            return base
        key = f"network/{self.traveller}/closed"
        network: Network = self.inputs.remember(key, lambda: Network.build(base.streets, Profile.load(self.traveller, "closed")))
        return network

    def _turned(self, unknown: Literal["open", "closed"]) -> Turned | None:
        """The streets with turns, kept for all questions about one city; None where turns cost nothing."""
        from parkcity.travel.turns import turned

        base = self._streets(unknown)
        if base.profile.rules is None or not base.profile.rules.turns:
            return None
        found: Turned = self.inputs.remember(f"turned/{self.traveller}/{unknown}", lambda: turned(base, self.inputs.twin.spec.drives_on))
        return found

    def origins(self) -> Attach:
        """Where cells meet the streets open to the traveller."""
        return self.attached("cells", self.inputs.twin.cells) if self._mode != "walk" else self.inputs.origins()

    def doors_of(self, kind: str) -> tuple[Attach, NDArray[np.int32], NDArray[np.int64]]:
        """Doors of a kind on the streets open to the traveller: attachments, place of each door, rows of the places."""
        from parkcity.travel import Attach

        if place_class(kind).kind not in self.inputs.twin.kinds():
            raise MissingLayerError(kind, [f"places of kind '{place_class(kind).kind}'"])
        if self._mode == "walk":
            return self.inputs.doors_of(kind)
        rows = self.inputs.rows_of(kind)
        number = np.full(len(self.inputs.twin.places), -1, np.int64)
        number[rows] = np.arange(len(rows))
        place = number[self.inputs.twin.doors["place"].to_numpy()]
        every = self.attached("doors", self.inputs.twin.doors)
        renumber = np.cumsum(place >= 0) - 1
        keep = place[every.owner] >= 0
        owner = renumber[every.owner[keep]].astype(np.int32)
        doors = Attach(owner, every.edge[keep], every.offset[keep], every.distance[keep], int((place >= 0).sum()))
        return doors, place[place >= 0].astype(np.int32), rows

    def times(self, kind: str) -> pd.DataFrame:
        """The nearest place of a kind for every cell: cell, residents, minutes, place, name, state (code of `parkcity.travel.State`).

        With `unknown="range"` also `minutes_most`, the time if all that is not known were closed (NaN where there is then no way).
        """
        import pandas as pd

        doors, place, rows = self.doors_of(kind)
        sure: Literal["open", "closed"] = "closed" if self.unknown == "closed" else "open"
        found = self._nearest(self.network(sure), doors, place)
        chosen = np.where(found.place[0] >= 0, rows[np.maximum(found.place[0], 0)], -1)
        twin = self.inputs.twin
        ids, names = (np.append(twin.places[column].astype(object).to_numpy(), "") for column in ("id", "name"))
        columns: dict[str, Any] = {
            "cell": twin.cells["id"].to_numpy(),
            "residents": self.inputs.residents(),
            "minutes": _minutes(found),
            "place": ids[chosen],
            "name": names[chosen],
            "state": found.states[0],
        }
        if self.unknown == "range":
            most = self._nearest(self.network("closed"), doors, place)
            columns["minutes_most"] = _minutes(most)
        return pd.DataFrame(columns)

    def reach(self, kind: str, minutes: Sequence[float]) -> pd.DataFrame:
        """How many places of a kind every cell reaches within each time: cell, residents, one column a limit; -1 where not attached."""
        import pandas as pd

        from parkcity.travel import within, within_on

        doors, place, _ = self.doors_of(kind)
        limits = [limit * S_PER_MIN for limit in minutes]
        network = self.network("closed" if self.unknown == "closed" else "open")
        if self.cluster is None:
            found = within(network, self.origins(), doors, limits, None, place, threads=self.inputs.threads)
        else:
            found = within_on(self.cluster, network, self.origins(), doors, limits, None, place)
        twin = self.inputs.twin
        columns: dict[str, Any] = {"cell": twin.cells["id"].to_numpy(), "residents": self.inputs.residents()}
        columns |= {f"within_{limit:g}": counts for limit, counts in zip(minutes, found.counts, strict=True)}
        if self.unknown == "range":
            if self.cluster is None:
                least = within(self.network("closed"), self.origins(), doors, limits, None, place, threads=self.inputs.threads)
            else:
                least = within_on(self.cluster, self.network("closed"), self.origins(), doors, limits, None, place)
            columns |= {f"within_{limit:g}_least": counts for limit, counts in zip(minutes, least.counts, strict=True)}
        return pd.DataFrame(columns)

    def places_reached(self, cell: str, minutes: float) -> pd.DataFrame:
        """Every place that can be reached from a cell within a time, nearest first: minutes, kind, name, place."""
        import pandas as pd

        from parkcity.insight.explain import cell_row
        from parkcity.travel import Attach, reach_pairs

        self._one_cell()
        twin, row, every = self.inputs.twin, cell_row(self.inputs.twin, cell), self.origins()
        mine = every.owner == row
        origin = Attach(np.zeros(int(mine.sum()), np.int32), every.edge[mine], every.offset[mine], every.distance[mine], 1)
        doors = self.inputs.doors() if self._mode == "walk" else self.attached("doors", twin.doors)
        place = twin.doors["place"].to_numpy().astype(np.int32)
        found = reach_pairs(self._one_network(), origin, doors, minutes * S_PER_MIN, place, threads=self.inputs.threads)
        order = np.lexsort((found.place, found.cost))
        rows = found.place[order]
        columns: dict[str, Any] = {"minutes": found.cost[order] / S_PER_MIN}
        columns |= {column: twin.places[column].to_numpy()[rows] for column in ("kind", "name")}
        return pd.DataFrame({**columns, "place": twin.places["id"].to_numpy()[rows]})

    def matrix(self, kind: str | None = None, *, minutes: float | None = None, memory_gb: float = 4.0) -> Floats:
        """Minutes from every cell to every place of a kind (without one, to every cell), float64 [cells, places]; NaN where no way is.

        Refused with `LimitError` where it would need more than `memory_gb`; `write_matrix` streams it to a file.
        """
        from parkcity.travel import matrix, matrix_on

        doors, place = (self.origins(), None) if kind is None else self.doors_of(kind)[:2]
        options: dict[str, Any] = {"limit": None if minutes is None else minutes * S_PER_MIN, "memory_gb": memory_gb}
        network, origins = self._one_network(), self.origins()
        if self.cluster is None:
            found = matrix(network, origins, doors, place, threads=self.inputs.threads, **options)
        else:
            found = matrix_on(self.cluster, network, origins, doors, place, **options)
        return np.asarray(found.values / S_PER_MIN, np.float64)  # noqa: PD011 - not a table

    def write_matrix(
        self,
        path: Path,
        kind: str | None = None,
        *,
        minutes: float | None = None,
        memory_gb: float = 2.0,
        named: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> int:
        """The matrix streamed to a Parquet file (origin, place, seconds) under a memory cap; returns the number of pairs.

        `named`: cells and places by their ids instead of their rows. A run that is stopped goes on where it ended when asked the same.
        """
        from parkcity.base.cache import code_version, hash_json
        from parkcity.travel import write_matrix, write_matrix_on

        doors, place, rows = (self.origins(), None, None) if kind is None else self.doors_of(kind)
        limit = None if minutes is None else minutes * S_PER_MIN
        twin = self.inputs.twin
        code = code_version("base", "standards", "twin", "travel", "insight")
        key = hash_json([twin.hash, code, kind, self.inputs.group, self.traveller, self._one_answer, minutes, memory_gb])
        names = None
        if named:
            called = twin.cells["id"] if rows is None else twin.places["id"].iloc[rows]
            names = (twin.cells["id"].tolist(), called.tolist())
        network, origins = self._one_network(), self.origins()
        options: dict[str, Any] = {"limit": limit, "memory_gb": memory_gb, "key": key, "names": names, "progress": progress}
        if self.cluster is None:
            return write_matrix(path, network, origins, doors, place, threads=self.inputs.threads, **options)
        return write_matrix_on(self.cluster, path, network, origins, doors, place, **options)

    def access(self, kind: str, minutes: Sequence[float]) -> Access:
        """Access to a kind that follows edits of streets, places and people: its `edit` and `what_if` say what changes, and for whom.

        Origins are the cells, with their residents; places are numbered as in `doors_of`. Raises `UsageError` where turns cost time.
        """
        from parkcity.travel import Access

        self._one_cell()
        if self._turned(self._one_answer) is not None:
            msg = f"edits of streets are answered without delays of turns, which '{self.traveller}' pays; choose another profile"
            raise UsageError(msg)
        doors, place, _ = self.doors_of(kind)
        limits = [limit * S_PER_MIN for limit in minutes]
        people = self.inputs.residents()
        return Access.build(
            self._one_network(), self.origins(), doors, limits, people=people, door_place=place, threads=self.inputs.threads
        )

    def isochrones(self, cell: str, minutes: Sequence[float]) -> gpd.GeoDataFrame:
        """Areas reached from a cell within each time, nested: `minutes`, `geometry` (WGS 84)."""
        self._one_cell()
        import geopandas as gpd

        from parkcity.base.geo import shapes_to_wgs84
        from parkcity.insight.explain import cell_row
        from parkcity.travel import isochrones

        row = cell_row(self.inputs.twin, cell)
        areas = isochrones(self._one_network(), self.origins(), row, [limit * S_PER_MIN for limit in minutes])
        shapes = shapes_to_wgs84(np.array(areas, dtype=object), self.inputs.twin.projection)
        return gpd.GeoDataFrame({"minutes": list(minutes)}, geometry=list(shapes), crs="EPSG:4326")

    def route(self, cell: str, kind: str) -> Journey:
        """The way from a cell to its nearest place of a kind, step by step; its minutes equal those of `times`."""
        from parkcity.insight.explain import cell_row
        from parkcity.travel import route
        from parkcity.travel.states import NAMES, State
        from parkcity.travel.steps import steps

        self._one_cell()
        row = cell_row(self.inputs.twin, cell)
        doors, place, rows = self.doors_of(kind)
        network, origins = self._one_network(), self.origins()
        near = self._nearest(network, doors, place)
        chosen = int(near.place[0, row])
        if chosen < 0:
            return Journey(np.nan, np.nan, "", "", [], NAMES[State(int(near.states[0, row]))]["en"])
        turned = self._turned(self._one_answer)
        found = route(network, origins, row, doors, chosen, place) if turned is None else turned.route(origins, row, doors, chosen, place)
        record = self.inputs.twin.places.iloc[int(rows[chosen])]
        way = steps(self._streets(self._one_answer), found)
        return Journey(found.value / S_PER_MIN, found.length_m, str(record["id"]), str(record["name"]), way, NAMES[found.state]["en"])

    @property
    def _mode(self) -> str:
        return self.inputs.network_for(self.traveller).profile.mode

    @property
    def _one_answer(self) -> Literal["open", "closed"]:
        if self.unknown == "range":
            msg = "a range of what is not known is answered by times and reach; choose 'open' or 'closed'"
            raise UsageError(msg)
        return self.unknown

    def _one_cell(self) -> None:
        if self.cluster is not None:
            msg = "what is asked of one cell, or after an edit, is answered at once; a cluster is for times, reach and matrices"
            raise UsageError(msg)

    def _one_network(self) -> Network:
        return self.network(self._one_answer)

    def _nearest(self, network: Network, doors: Attach, place: NDArray[np.int32]) -> Nearest:
        from parkcity.travel import nearest, nearest_on

        if self.cluster is not None:
            return nearest_on(self.cluster, network, self.origins(), doors, place)
        return nearest(network, self.origins(), doors, place, threads=self.inputs.threads)

    def attached(self, what: Literal["cells", "doors", "stops"], points: pd.DataFrame) -> Attach:
        """Where points (`x`, `y`, metres of the twin) meet the streets open to the traveller; kept under `what` they are."""

        def make() -> dict[str, NDArray[Any]]:
            return self._meet(points["x"].to_numpy(float), points["y"].to_numpy(float))

        args = {"what": what, "mode": self._mode, "rule": dict(self.inputs.twin.spec.attach)}
        return self._put(self.inputs.kept("attach_mode", (_LAYER_OF[what], "streets"), args, make), len(points))

    def at(self, x: float, y: float) -> Attach:
        """Where one point (metres of the twin) meets the streets open to the traveller; it has no owner where none is near."""
        return self._put(self._meet(np.array([x]), np.array([y])), 1)

    def _meet(self, x: Floats, y: Floats) -> dict[str, NDArray[Any]]:
        from parkcity.twin.attach import AttachRule, StreetIndex, attach

        mode = self._mode
        index: StreetIndex = self.inputs.remember(f"index/{mode}", lambda: StreetIndex.of(self.inputs.twin.layer("streets").arrays(), mode))
        return attach(index, x, y, AttachRule.of(self.inputs.twin.spec.attach))[0]

    def _put(self, found: Mapping[str, NDArray[Any]], owners: int) -> Attach:
        from parkcity.travel import Attach

        put = Attach(found["owner"], found["edge"], found["offset"], found["distance"], owners)
        turned = self._turned("open")
        return put if turned is None else turned.attach(put)


def _minutes(found: Nearest) -> Floats:
    return np.asarray(found.values[0].astype(np.float64) / S_PER_MIN)  # noqa: PD011 - not a table
