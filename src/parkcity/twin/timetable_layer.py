"""The timetable as a layer of the twin: feeds and assumed lines in one numbering, stops on the streets, and what was found wrong."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault
from parkcity.sense.sources.gtfs import feed_of
from parkcity.twin.attach import AttachRule, StreetIndex, attach
from parkcity.twin.store import Layer
from parkcity.twin.timetable import Timetable
from parkcity.twin.timetable_build import build_timetable
from parkcity.twin.timetable_days import OrdinaryDay, ordinary_weekday, trips_by_date

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.store import StoredLayer
    from parkcity.twin.workshop import Workshop

LAYER = "timetable"
_PLATFORM, _ENTRANCE = 0, 2


def make_timetable(shop: Workshop) -> Layer:
    """The layer from all its sources. Raises `InputError` when nothing ever runs.

    Arrays are those of `Timetable` and, as `attach_owner`, `attach_edge`, `attach_offset`, `attach_distance`, where platforms and
    entrances meet the streets; tables `findings` (source, file, row, id, value) and `dates` (date, source, departures).
    """
    assert shop.projection is not None
    sources = shop.spec.of_layer(LAYER)
    feeds = [(source.id, feed_of(shop.raw(source), str(shop.spec.path(source)))) for source in sources]
    assumed = frozenset(source.id for source in sources if "assumed" in shop.raw(source).arrays)
    timetable = build_timetable(feeds, assumed)
    chosen = ordinary_weekday(timetable)
    arrays: dict[str, NDArray[Any]] = {field.name: getattr(timetable, field.name) for field in fields(Timetable)}
    lost, rule = np.zeros(0, np.int64), AttachRule.of(shop.spec.attach)
    if "streets" in shop.done:
        x, y = shop.projection.forward(timetable.stop_lon, timetable.stop_lat)
        found, nearest = attach(StreetIndex.of(shop.done["streets"].arrays), x, y, rule)
        arrays |= {f"attach_{name}": array for name, array in found.items()} | {"stop_nearest_m": nearest}
        lost = np.flatnonzero(np.isin(timetable.stop_type, (_PLATFORM, _ENTRANCE)) & (nearest > rule.limit))
    findings = [shop.raw(source).frames["findings"].assign(source=source.id) for source in sources if "findings" in shop.raw(source).frames]
    dates = trips_by_date(timetable)
    dates["feed"] = np.array([source.id for source in sources])[dates["feed"].to_numpy(np.int64)]
    tables = {"dates": dates, "findings": pd.concat(findings, ignore_index=True) if findings else _no_findings()}
    meta = _meta(timetable, chosen, len(lost))
    return Layer(LAYER, tables, arrays, meta, _far(shop, timetable, lost, rule.limit))


def _no_findings() -> pd.DataFrame:
    return pd.DataFrame({"file": [], "row": [], "id": [], "value": [], "source": []}).astype({"row": "Int64"})


def _meta(timetable: Timetable, chosen: OrdinaryDay, lost: int) -> dict[str, Any]:
    remarks = [chosen.text("en")]
    if timetable.assumed:
        names = sorted(set(timetable.route_name[timetable.route_assumed].tolist()))
        remarks.append(f"assumed from headways and speeds, not published: {', '.join(names)}")
    return {
        "count": int(timetable.departures_per_trip()[timetable.active_trips(chosen.date.toordinal())].sum()),
        "stops": len(timetable.stop_id),
        "routes": len(timetable.route_id),
        "trips": timetable.trips,
        "patterns": len(timetable.pattern_route),
        "assumed": timetable.assumed,
        "weekday": chosen.date.isoformat(),
        "weekday_departures": chosen.departures,
        "weekday_alike": chosen.alike,
        "weekday_looked_at": chosen.looked_at,
        "stops_off_street": lost,
        "remarks": remarks,
    }


def _far(shop: Workshop, timetable: Timetable, lost: NDArray[np.int64], limit: float) -> list[Fault]:
    """One notice for all stops that no street is near to."""
    if not len(lost):
        return []
    where = ", ".join(str(shop.spec.path(source)) for source in shop.spec.of_layer(LAYER))
    names = ", ".join(f"{timetable.stop_name[row] or timetable.stop_id[row]} ({timetable.stop_id[row]})" for row in lost[:3])
    what = f"{len(lost)} of {len(timetable.stop_id)} stops are too far from every street, nobody walks to them, such as {names}."
    return [
        Fault(
            where,
            what,
            f"at most {limit:,.0f} m.",
            "stops beyond the streets of the twin are expected; check others, or raise [attach] limit_m",
        )
    ]


def timetable_of(layer: StoredLayer) -> Timetable:
    """The timetable that a layer holds."""
    return Timetable(**{field.name: layer.array(field.name) for field in fields(Timetable)})


def chosen_weekday(layer: StoredLayer) -> str:
    """The date that stands for an ordinary weekday, as ISO text."""
    return str(layer.meta["weekday"])
