"""`parkcity stops`: every stop with its departures on a date, hour by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import numpy as np

from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option
from parkcity.serve.cli.transit import clock, words
from parkcity.serve.cli.travel import inputs_of

if TYPE_CHECKING:
    from parkcity.insight.transit import CityTransit
    from parkcity.travel.kernels.raptor import Lines

COLUMNS = ("stop", "name", "lon", "lat", "lines", "departures", "first", "last", "peak_per_hour")
_DIGITS = 6


@click.command()
@city_argument()
@click.option("--date", "day", default=None, help="The date, YYYY-MM-DD; left out, the twin's ordinary weekday.")
@click.option("--hours", is_flag=True, help="One column more for every hour of the service day: h00, h01, ...")
@format_option()
@lang_option()
def stops(city: str, day: str | None, form: str, lang: str | None, *, hours: bool) -> None:
    """Every stop of CITY at which something leaves: its lines, departures, first and last, most in an hour."""
    from parkcity.insight.transit_stops import HOURS, by_hour
    from parkcity.serve.cli.transit import When

    inputs, tongue = inputs_of(city, "all", None), language(lang)
    transit = When("transit", None, None, day, None).city(inputs)
    table, counts = transit.timetable, by_hour(transit)
    if table.assumed:
        click.echo(words().get("assumed", tongue), err=True)
    first, last, lines = _ends(transit.trips.lines), _ends(transit.trips.lines, latest=True), _lines(transit)
    names = tuple(f"h{hour:02d}" for hour in range(HOURS)) if hours else ()
    rows: list[dict[str, Any]] = []
    for stop in np.flatnonzero(counts.sum(axis=1)).tolist():
        row = {
            "stop": str(table.stop_id[stop]),
            "name": str(table.stop_name[stop]),
            "lon": round(float(table.stop_lon[stop]), _DIGITS),
            "lat": round(float(table.stop_lat[stop]), _DIGITS),
            "lines": sorted(lines[stop]),
            "departures": int(counts[stop].sum()),
            "first": clock(first[stop]),
            "last": clock(last[stop]),
            "peak_per_hour": int(counts[stop].max()),
        }
        rows.append(row | {name: int(counts[stop, hour]) for hour, name in enumerate(names)})
    meta = {"city": inputs.twin.spec.id, "date": transit.date.isoformat(), "assumed": table.assumed, "stops": len(rows)}
    emit(rows, meta, (*COLUMNS, *names), form, tongue)


def _ends(lines: Lines, *, latest: bool = False) -> dict[int, int]:
    """The first departure that one can get on at each stop from the beginning of the service day, or the last."""
    found: dict[int, int] = {}
    for call in lines.boarding.tolist():
        rows = slice(int(lines.row[call]), int(lines.row[call + 1]))
        leaves = lines.departure[rows]
        leaves = leaves[leaves >= 0]
        if len(leaves):
            stop, moment = int(lines.stop[call]), int(leaves.max() if latest else leaves.min())
            found[stop] = max(found.get(stop, moment), moment) if latest else min(found.get(stop, moment), moment)
    return found


def _lines(transit: CityTransit) -> dict[int, set[str]]:
    """The lines that one can get on at each stop on the date."""
    table, lines = transit.timetable, transit.trips.lines
    found: dict[int, set[str]] = {}
    for call in lines.boarding.tolist():
        route = int(table.pattern_route[transit.trips.pattern[lines.pattern[call]]])
        found.setdefault(int(lines.stop[call]), set()).add(str(table.route_name[route]) or str(table.route_id[route]))
    return found
