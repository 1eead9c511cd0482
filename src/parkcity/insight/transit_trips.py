"""Journeys by transit over a city: times, matrices in memory or in a file, what is reached, areas within reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import code_version, hash_json
from parkcity.base.errors import LimitError, UsageError
from parkcity.insight.transit import limit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.insight.transit import CityTransit
    from parkcity.travel import Attach
    from parkcity.travel.transit import TransitTimes
    from parkcity.travel.transit_setting import TransitSetting

    Floats = NDArray[np.float64]

S_PER_MIN = 60
SQUARE_M = 50.0
PERCENTILES = (5.0, 25.0, 50.0, 75.0, 95.0)


@dataclass(frozen=True)
class TransitTrips:
    """Journeys by transit of one kind of traveller, leaving between `depart` and `window_s` later (0: at `depart` alone), seconds.

    Times over a window are medians over its departures unless another percentile is asked for.
    """

    transit: CityTransit
    depart: int
    window_s: int

    def __post_init__(self) -> None:
        if self.depart < 0 or self.window_s < 0:
            msg = f"one leaves at 0 s or later, within a window of 0 s or more, not at {self.depart} within {self.window_s}"
            raise UsageError(msg)

    @property
    def assumed(self) -> bool:
        """Does any line of the timetable run by an assumed headway and speed?"""
        return self.transit.timetable.assumed

    def times(self, kind: str) -> pd.DataFrame:
        """Minutes from every cell to the place of a kind that is reached first: cell, residents, minutes, minutes_5, minutes_95, state."""
        import pandas as pd

        doors, _, _ = self.transit.inputs.doors_of(kind)
        setting = self.transit.to_places(doors, np.zeros(doors.owners, np.int32), 1)
        found = self.transit.times(setting, self.depart, self.window_s, (5.0, 50.0, 95.0))
        low, middle, high = found.seconds[:, :, 0] / S_PER_MIN if self.window_s else (found.seconds[0, :, 0] / S_PER_MIN,) * 3
        states = found.states[1 if self.window_s else 0, :, 0]
        twin = self.transit.inputs.twin
        columns: dict[str, Any] = {"cell": twin.cells["id"].to_numpy(), "residents": self.transit.inputs.residents(), "minutes": middle}
        return pd.DataFrame({**columns, "minutes_5": low, "minutes_95": high, "state": states})

    def matrix(self, kind: str | None = None, *, percentile: float = 50.0, memory_gb: float = 4.0) -> Floats:
        """Minutes from every cell to every place of a kind (without one, to every cell), float64 [cells, places]; NaN where none.

        Refused with `LimitError` where it would need more than `memory_gb`; `write_matrix` streams it to a file.
        """
        setting = self.setting(kind)
        need_gb = setting.origins * setting.places * 20 / 1e9
        if need_gb > memory_gb:
            msg = f"the matrix would need {need_gb:.2f} GB, more than the cap of {memory_gb:.2f} GB"
            raise LimitError(msg)
        return np.asarray(self._times(setting, (percentile,)).seconds[0] / S_PER_MIN, np.float64)

    def write_matrix(
        self,
        path: Path,
        kind: str | None = None,
        *,
        percentiles: Sequence[float] = PERCENTILES,
        memory_gb: float = 2.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> int:
        """The matrix streamed to a Parquet file under a memory cap: origin and place by id, seconds by percentile; gives its rows.

        A run that is stopped goes on where it ended when it is asked the same of the same twin.
        """
        from parkcity.travel.transit_matrix import write_window

        transit, inputs, setting = self.transit, self.transit.inputs, self.setting(kind)
        asked = [
            kind,
            inputs.group,
            transit.access_by,
            transit.date,
            self.depart,
            self.window_s,
            transit.rides,
            transit.limit,
            transit.draw,
        ]
        limits = [transit.walk_s, transit.change_s, transit.direct_s, list(percentiles), memory_gb]
        key = hash_json([inputs.twin.hash, code_version("base", "standards", "twin", "travel", "insight"), asked, limits])
        names = (inputs.twin.cells["id"].tolist(), self._names(kind))
        return write_window(
            path,
            setting,
            self.depart,
            self.depart + self.window_s,
            percentiles=percentiles,
            threads=inputs.threads,
            memory_gb=memory_gb,
            key=key,
            names=names,
            progress=progress,
        )

    def reached(self, kind: str, minutes: Sequence[float]) -> pd.DataFrame:
        """How many places of a kind every cell reaches within each time: cell, residents, one column a limit (`within_30`)."""
        import pandas as pd

        from parkcity.travel.transit_access import cumulative

        setting = self.setting(kind)
        limits = [limit * S_PER_MIN for limit in minutes]
        sums = cumulative(setting, np.ones(setting.places), limits, *self._span(), threads=self.transit.inputs.threads)
        twin = self.transit.inputs.twin
        columns: dict[str, Any] = {"cell": twin.cells["id"].to_numpy(), "residents": self.transit.inputs.residents()}
        return pd.DataFrame(columns | {f"within_{limit:g}": row.astype(np.int64) for limit, row in zip(minutes, sums, strict=True)})

    def gravity(self, kind: str, half_min: float) -> pd.DataFrame:
        """The places of a kind, each counted less the longer the way, one half at `half_min` minutes: cell, residents, access."""
        import pandas as pd

        from parkcity.travel.transit_access import gravity

        if not half_min > 0:
            msg = f"the half-way time is above 0 minutes, not {half_min:g}"
            raise UsageError(msg)
        setting, scale = self.setting(kind), half_min * S_PER_MIN / np.log(2.0)
        sums = gravity(setting, np.ones(setting.places), lambda s: np.exp(-s / scale), *self._span(), threads=self.transit.inputs.threads)
        twin = self.transit.inputs.twin
        return pd.DataFrame({"cell": twin.cells["id"].to_numpy(), "residents": self.transit.inputs.residents(), "access": sums})

    def isochrones(self, cell: str, minutes: Sequence[float], *, side: float = SQUARE_M, away_m: float = 100.0) -> gpd.GeoDataFrame:
        """Areas reached from a cell within each time, nested: `minutes`, `geometry` (WGS 84).

        Every point of the streets is a place of its own, so that the areas agree with `reach`; `side`: metres of a square, `away_m`: how
        far people walk off the streets.
        """
        import geopandas as gpd

        from parkcity.base.geo import shapes_to_wgs84
        from parkcity.insight.explain import cell_row
        from parkcity.travel.isochrone import spread

        if not len(minutes) or min(minutes) <= 0:
            msg = f"isochrones need times above 0 minutes, not {list(minutes)}"
            raise UsageError(msg)
        if side <= 0 or away_m < 0:
            raise UsageError("side must be above 0 and away_m 0 or more")
        inputs, row = self.transit.inputs, cell_row(self.transit.inputs.twin, cell)
        points = self._points(row, max(minutes) * S_PER_MIN, side / 2)
        place = np.arange(points.owners, dtype=np.int32)
        setting = self.transit.to_places(points, place, points.owners, origin=row)
        seconds = self._times(setting, (50.0,)).seconds[0, 0].astype(np.float64)
        whole = spread(self.transit.network, points, seconds, side=side, away_m=away_m)
        areas = [whole.area(limit * S_PER_MIN) for limit in minutes]
        shapes = shapes_to_wgs84(np.array(areas, dtype=object), inputs.twin.projection)
        return gpd.GeoDataFrame({"minutes": list(minutes)}, geometry=list(shapes), crs="EPSG:4326")

    def setting(self, kind: str | None) -> TransitSetting:
        """The question of times to the places of a kind, or to the cells."""
        return self.transit.to_cells() if kind is None else self.transit.to_class(kind)[0]

    def _names(self, kind: str | None) -> list[str]:
        inputs = self.transit.inputs
        rows = inputs.twin.cells["id"] if kind is None else inputs.twin.places["id"].iloc[inputs.doors_of(kind)[2]]
        return [str(text) for text in rows]

    def _span(self) -> tuple[int, int]:
        return self.depart, self.depart + max(self.window_s, 1)

    def _times(self, setting: TransitSetting, percentiles: tuple[float, ...]) -> TransitTimes:
        return self.transit.times(setting, self.depart, self.window_s, percentiles)

    def _points(self, row: int, limit: float, step: float) -> Attach:
        """Points on all streets that may be reached: from the cell on foot, and from every stop as soon as it can ever be reached."""
        from parkcity.travel import Attach
        from parkcity.travel.isochrone import street_points
        from parkcity.travel.transit_setting import TransitSetting

        transit, stops = self.transit, self.transit.stops()
        here = TransitSetting(
            transit.trips, transit.access.take([row]), transit.egress_of_stops(), transit.changes, None, transit.rides, transit.limit
        )
        soonest = self._times(here, (1e-6,)).seconds[0, 0]
        homes = transit.inputs.origins()
        mine, near = homes.owner == row, np.isfinite(soonest[stops.owner]) & (soonest[stops.owner] <= limit)
        # A stop stands as far off the street as one walks in the time it takes to come there.
        late = stops.distance[near] + soonest[stops.owner[near]].astype(np.float64) * transit.network.profile.access_speed
        distance = np.concatenate([homes.distance[mine], late])
        order = np.argsort(distance, kind="stable")
        edge, offset = (np.concatenate([a[mine], b[near]])[order] for a, b in ((homes.edge, stops.edge), (homes.offset, stops.offset)))
        return street_points(transit.network, Attach(np.zeros(len(order), np.int32), edge, offset, distance[order], 1), limit, step)


def transit_trips(transit: CityTransit, depart: int | None = None, window_s: int | None = None) -> TransitTrips:
    """Journeys within the window of departures that the engine's parameters name, unless told otherwise."""
    return TransitTrips(
        transit, int(limit_of("depart")) if depart is None else depart, int(limit_of("window")) if window_s is None else window_s
    )
