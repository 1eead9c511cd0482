"""`--mode transit` of `times`, `reach` and `route`: door-to-door times by timetable, and the journeys behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.base.times import seconds_of
from parkcity.base.words import Words
from parkcity.insight.transit_ways import ACCESS, WALK

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from parkcity.base.words import Lang
    from parkcity.insight.inputs import Inputs
    from parkcity.insight.transit import CityTransit
    from parkcity.travel.fares import Fares
    from parkcity.travel.transit_fares import Option
    from parkcity.travel.transit_route import Journey
    from parkcity.travel.transit_setting import TransitSetting

    Rows = list[dict[str, Any]]

_S_PER_MIN, _CENTS = 60, 100
EXPECTED = "expected"
TIMES = ("cell", "residents", "minutes", "minutes_5", "minutes_95", "state")
FARE = ("fare", "fare_minutes", "fare_rides")
REACH = ("minutes", "kind", "name", "place")
OPTIONS = ("option", "fare", "rides", "minutes", "departure", "arrival", "lines")
ROUTE = ("seq", "what", "line", "from", "to", "start", "end", "minutes")
PERCENTILES = (5.0, 50.0, 95.0)


@dataclass(frozen=True)
class When:
    """When one travels by transit, as given on the command line: texts, None where not given."""

    mode: str
    depart: str | None
    window: float | None
    day: str | None
    rides: int | None
    fare: bool = False
    access: str | None = None
    headways: str | None = None

    def check(self) -> None:
        """Refuse what has no meaning on foot."""
        given = {"--depart": self.depart, "--window": self.window, "--date": self.day, "--rides": self.rides, "--access": self.access}
        given["--headways"] = self.headways
        named = [name for name, value in given.items() if value is not None]
        named += ["--fare"] if self.fare else []
        if self.mode != "transit" and named:
            msg = f"{', '.join(named)} need --mode transit"
            raise UsageError(msg)
        if self.headways == EXPECTED and self.fare:
            raise UsageError("a fare is that of one journey, which no expected headway has: leave --headways or --fare out")

    def seconds(self) -> int:
        """The moment of departure, seconds of the day; times past 24:00 belong to the service day before."""
        from parkcity.insight.transit import limit_of

        if self.depart is None:
            return int(limit_of("depart"))
        try:
            return seconds_of(self.depart)
        except ValueError:
            msg = f"--depart is HH:MM or HH:MM:SS, not '{self.depart}'"
            raise UsageError(msg) from None

    def window_s(self) -> int:
        """Length of the window, seconds."""
        from parkcity.insight.transit import limit_of

        return int(limit_of("window")) if self.window is None else round(self.window * _S_PER_MIN)

    def city(self, inputs: Inputs) -> CityTransit:
        """The city's transit on the date."""
        from parkcity.insight.transit import CityTransit, limit_of

        try:
            day = None if self.day is None else date.fromisoformat(self.day)
        except ValueError:
            msg = f"--date is YYYY-MM-DD, not '{self.day}'"
            raise UsageError(msg) from None
        first = self.seconds()
        span = (first, first + self.window_s() + int(limit_of("limit"))) if self.headways == EXPECTED else None
        return CityTransit(inputs, day, rides=self.rides, expected=span, access_by=self.access or WALK)


def transit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--mode`, `--depart`, `--window`, `--date`, `--rides`, `--headways` and more."""
    options = (
        click.option("--mode", type=click.Choice(["walk", "transit"]), default="walk", show_default=True, help="On foot, or by transit."),
        click.option("--depart", default=None, help="Transit: begin of the window of departures, HH:MM; left out, 08:00."),
        click.option("--window", type=click.FloatRange(0, 1440), default=None, help="Transit: minutes of the window; 0 is one departure."),
        click.option("--date", "day", default=None, help="Transit: the date, YYYY-MM-DD; left out, the twin's ordinary weekday."),
        click.option("--fare", is_flag=True, help="Transit: what it costs; for a route, every choice between time, rides and fare."),
        click.option(
            "--access", type=click.Choice(ACCESS), default=None, help="Transit: how one comes to the first stop; left out, on foot."
        ),
        click.option(
            "--headways",
            type=click.Choice(["start", EXPECTED]),
            default=None,
            help="Transit: lines known by a headway run from the beginning of their period, or one waits half of it to board.",
        ),
        click.option("--rides", type=click.IntRange(1, 8), default=None, help="Transit: rides of a journey at most."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def words() -> Words:
    """The words of itineraries and notices."""
    return Words.load("parkcity.serve.cli", "transit_words.csv")


def described(transit: CityTransit, when: When, lang: Lang) -> dict[str, Any]:
    """What every answer by transit says of itself: date, departure, window, whether lines are assumed."""
    assumed = transit.timetable.assumed
    if assumed:
        click.echo(words().get("assumed", lang), err=True)
    depart, window = clock(when.seconds()), when.window_s() / _S_PER_MIN
    return {
        "mode": "transit",
        "date": transit.date.isoformat(),
        "depart": depart,
        "window_min": window,
        "access": transit.access_by,
        "headways": when.headways or "start",
        "assumed": assumed,
    }


def clock(seconds: int) -> str:
    """Seconds of the service day as H:MM:SS, past 24:00 where they are.

    >>> clock(90_061)
    '25:01:01'
    """
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def times_by_transit(inputs: Inputs, kind: str, when: When, lang: Lang, cluster: str | None = None) -> tuple[Rows, dict[str, Any]]:
    """Minutes from every cell to whichever place of a kind is reached first: median, 5th and 95th percentile of the window.

    `cluster`: the address of a Dask scheduler that searches.
    """
    from parkcity.travel.states import NAMES, State

    transit = when.city(inputs)
    doors, _, _ = inputs.doors_of(kind)
    setting = transit.to_places(doors, np.zeros(doors.owners, np.int32), 1)
    window = when.window_s()
    found = transit.times(setting, when.seconds(), window, PERCENTILES, cluster)
    minutes = found.seconds[:, :, 0] / _S_PER_MIN
    low, middle, high = minutes if window else (minutes[0],) * 3
    states = found.states[1 if window else 0, :, 0]
    residents, cells = inputs.residents(), inputs.twin.cells
    rows = [
        {
            "cell": cells["id"].iloc[row],
            "residents": float(residents[row]),
            "minutes": _number(middle[row]),
            "minutes_5": _number(low[row]),
            "minutes_95": _number(high[row]),
            "state": NAMES[State(int(states[row]))][lang],
        }
        for row in range(len(cells))
    ]
    meta = described(transit, when, lang)
    if when.fare:
        meta |= fare_meta(transit)
        for row, paid in zip(rows, _fares_from(transit, setting, when.seconds()), strict=True):
            row.update(paid)
    return rows, meta


def fares_of(transit: CityTransit) -> Fares:
    """The city's fares, or what is missing."""
    if transit.fares is None:
        raise MissingLayerError("the fare", ["[transit] fares in city.toml"])
    return transit.fares


def fare_meta(transit: CityTransit) -> dict[str, Any]:
    """What every fare says of itself: its currency, and whether all prices are published."""
    table = fares_of(transit).table
    return {"fare_unit": table.unit, "fare_published": table.published}


def priced(meta: dict[str, Any]) -> str:
    """The fare as it follows a time in a line of text."""
    return f", {meta['fare']:g} {meta['fare_unit']}" if "fare" in meta else ""


def _fares_from(transit: CityTransit, setting: TransitSetting, depart: int) -> list[dict[str, Any]]:
    """Fare, minutes and rides of the quickest journey from every origin to the one place, leaving at one moment."""
    from parkcity.travel.transit_fares import fare_of
    from parkcity.travel.transit_route import journeys_to

    fares = fares_of(transit)
    empty: dict[str, Any] = dict.fromkeys(FARE)
    return [
        empty
        if made is None
        else {"fare": fare_of(made, fares) / _CENTS, "fare_minutes": round(made.seconds / _S_PER_MIN, 3), "fare_rides": made.rides}
        for made in journeys_to(setting, 0, depart)
    ]


def reach_by_transit(inputs: Inputs, cell: int, minutes: float, when: When, lang: Lang) -> tuple[Rows, dict[str, Any]]:
    """Every place that a cell reaches within some minutes at the median departure of the window."""
    transit = when.city(inputs)
    place = inputs.twin.doors["place"].to_numpy().astype(np.int32)
    setting = transit.to_places(inputs.doors(), place, len(inputs.twin.places)).of_origins([cell])
    found = transit.times(setting, when.seconds(), when.window_s())
    reached = found.seconds[0, 0] / _S_PER_MIN
    places = inputs.twin.places
    order = np.argsort(np.nan_to_num(reached, nan=np.inf), kind="stable")
    rows = [
        {
            "place": places["id"].iloc[row],
            "kind": places["kind"].iloc[row],
            "name": places["name"].iloc[row],
            "minutes": round(float(reached[row]), 3),
        }
        for row in order[: int((reached <= minutes).sum())]
    ]
    return rows, described(transit, when, lang)


def areas_by_transit(inputs: Inputs, cell: str, minutes: list[float], when: When, lang: Lang) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """The areas that a cell reaches within each time at the median departure of the window."""
    from parkcity.insight.transit_trips import transit_trips

    transit = when.city(inputs)
    return transit_trips(transit, when.seconds(), when.window_s()).isochrones(cell, minutes), described(transit, when, lang)


def route_by_transit(inputs: Inputs, kind: str, cell: int, when: When, lang: Lang) -> tuple[Rows, dict[str, Any]]:
    """The journey to the place of a kind that is reached first when leaving at the departure, leg by leg."""
    from parkcity.travel.transit import depart_at
    from parkcity.travel.transit_fares import fare_of, fare_options
    from parkcity.travel.transit_route import journey

    if when.window not in {None, 0}:
        raise UsageError("a route by transit leaves at one moment: leave --window out")
    if when.headways == EXPECTED:
        raise UsageError("a route by transit boards trips, which no expected headway has: leave --headways out")
    transit = when.city(inputs)
    setting, rows = transit.to_class(kind)
    setting, depart = setting.of_origins([cell]), when.seconds()
    seconds = depart_at(setting, [depart], threads=1).seconds[0, 0]
    meta = {**described(transit, When(when.mode, when.depart, 0, when.day, when.rides), lang)}
    if not np.isfinite(seconds).any():
        return [], {**meta, "place": None, "name": None, "minutes": None, "rides": None}
    best = int(np.nanargmin(seconds))
    made = journey(setting, 0, best, depart)
    assert made is not None
    place = inputs.twin.places.iloc[int(rows[best])]
    meta |= {"place": place["id"], "name": place["name"], "minutes": made.seconds / _S_PER_MIN, "rides": made.rides}
    if transit.fares is not None:
        meta |= {"fare": fare_of(made, transit.fares) / _CENTS, **fare_meta(transit)}
    if when.fare:
        return _choices(transit, fare_options(setting, fares_of(transit), 0, best, depart)), meta
    return legs_of(made, transit, inputs.twin.cells["id"].iloc[cell], place["name"] or place["id"], lang), meta


def _choices(transit: CityTransit, options: list[Option]) -> Rows:
    """The journeys that no other beats in time, rides and fare."""
    from parkcity.travel.transit_route import Ride

    table = transit.timetable
    return [
        {
            "option": number,
            "fare": option.cents / _CENTS,
            "rides": option.journey.rides,
            "minutes": round(option.journey.seconds / _S_PER_MIN, 2),
            "departure": clock(option.journey.departure),
            "arrival": clock(option.journey.arrival),
            "lines": [str(table.route_name[table.pattern_route[leg.pattern]]) for leg in option.journey.legs if isinstance(leg, Ride)],
        }
        for number, option in enumerate(options)
    ]


def legs_of(made: Journey, transit: CityTransit, origin: str, place: str, lang: Lang) -> Rows:
    """The legs of a journey as rows, waiting between them told."""
    from parkcity.travel.transit_route import Ride

    table, text = transit.timetable, words()
    rows: Rows = []
    before = made.departure
    names = [str(name) or str(stop) for name, stop in zip(table.stop_name, table.stop_id, strict=True)]
    for number, leg in enumerate(made.legs):
        ends = [origin if number == 0 else names[leg.origin], place if number == len(made.legs) - 1 else names[leg.target]]
        if leg.start > before:
            rows.append(_row(text.get("wait", lang), "", ends[0], ends[0], before, leg.start))
        line = str(table.route_name[table.pattern_route[leg.pattern]]) if isinstance(leg, Ride) else ""
        rows.append(_row(text.get("ride" if isinstance(leg, Ride) else "walk", lang), line, ends[0], ends[1], leg.start, leg.end))
        before = leg.end
    return [{"seq": number, **row} for number, row in enumerate(rows)]


def _row(what: str, line: str, start: str, end: str, first: int, last: int) -> dict[str, Any]:
    minutes = round((last - first) / _S_PER_MIN, 2)
    return {"what": what, "line": line, "from": start, "to": end, "start": clock(first), "end": clock(last), "minutes": minutes}


def _number(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None
