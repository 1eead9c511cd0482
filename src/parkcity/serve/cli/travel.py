"""`parkcity times`, `reach` and `route`: times of a group on foot or by transit, by cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.base.words import language
from parkcity.serve.cli.areas import AREAS, areas_asked
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, threads_option
from parkcity.serve.cli.transit import (
    FARE,
    OPTIONS,
    REACH,
    ROUTE,
    TIMES,
    When,
    areas_by_transit,
    priced,
    reach_by_transit,
    route_by_transit,
    times_by_transit,
    transit_options,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.insight.inputs import Inputs
    from parkcity.insight.trips import Trips

GROUP = click.option("--for", "group", default="all", show_default=True, help="The group of residents, which walks at its own speed.")


def inputs_of(city: str, group: str, threads: int | None) -> Inputs:
    """What a group of a city's residents meets; the twin is built when it is not."""
    from parkcity.insight.inputs import Inputs
    from parkcity.twin.build import build
    from parkcity.twin.twin import group_ages

    group_ages(group)
    return Inputs(build(Path(city)), group, threads=threads)


def asked_when(when: dict[str, Any]) -> When:
    """When one travels by transit, from all options of a command."""
    asked = When(**when)
    asked.check()
    return asked


def _traveller_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--profile`, `--unknown`, `--cluster`."""
    unknown = "What streets count as whose kerb, width, surface or light nobody knows; 'range' gives both answers (times only)."
    options = (
        click.option("--profile", default=None, help="A travel profile instead of the group's: cyclist, car, car_peak, wheelchair, ..."),
        click.option("--unknown", type=click.Choice(["open", "closed", "range"]), default="open", show_default=True, help=unknown),
        click.option("--cluster", default=None, metavar="ADDRESS", help="A Dask scheduler that computes times; same answers."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _traveller(when: dict[str, Any]) -> dict[str, Any]:
    """The options of the traveller, taken out of all options; refused by transit."""
    given = {name: when.pop(name) for name in ("profile", "unknown", "cluster")}
    if when["mode"] == "transit" and (given["profile"] or given["unknown"] != "open"):
        msg = "--profile and --unknown are of journeys over streets; leave out --mode transit"
        raise UsageError(msg)
    return given


def _trips(inputs: Inputs, given: dict[str, Any]) -> Trips:
    from parkcity.insight.trips import Trips

    return Trips(inputs, **given)


def _named_profile(trips: Trips) -> dict[str, str]:
    return {"profile": trips.traveller, "unknown": trips.unknown}


def known_class(kind: str, inputs: Inputs) -> str:
    """A class of places that the city has, or what is wrong with its name."""
    from parkcity.insight.classes import place_class, place_classes

    if kind not in place_classes():
        msg = f"unknown kind '{kind}'; known: {', '.join(place_classes())}"
        raise UsageError(msg)
    if place_class(kind).kind not in inputs.twin.kinds():
        raise MissingLayerError(kind, [f"places:{place_class(kind).kind}"])
    return kind


@click.command()
@city_argument()
@click.argument("kind")
@GROUP
@format_option()
@lang_option()
@threads_option()
@transit_options
@_traveller_options
def times(city: str, kind: str, group: str, form: str, lang: str | None, threads: int | None, **when: Any) -> None:
    """Minutes (and metres, on foot) from every cell of CITY to the nearest place of KIND."""
    from parkcity.travel.states import NAMES, State

    traveller = _traveller(when)
    asked = asked_when(when)
    inputs = inputs_of(city, group, threads)
    chosen = known_class(kind, inputs)
    named = {"city": inputs.twin.spec.id, "kind": chosen, "group": group, "twin": inputs.twin.hash}
    if asked.mode == "transit":
        rows, meta = times_by_transit(inputs, chosen, asked, language(lang), traveller["cluster"])
        emit(rows, {**named, **meta}, (*TIMES, *FARE) if asked.fare else TIMES, form, language(lang))
        return
    if traveller["profile"] or traveller["cluster"] or traveller["unknown"] != "open":
        trips = _trips(inputs, traveller)
        table = trips.times(chosen).replace({np.nan: None})
        table["state"] = [NAMES[State(int(state))][language(lang)] for state in table["state"]]
        rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
        emit(rows, {**named, **_named_profile(trips)}, tuple(table.columns), form, language(lang))
        return
    minutes, metres, place = inputs.minutes(chosen), inputs.distance_m(chosen), inputs.nearest_place(chosen)
    states = inputs.states(chosen)
    cells, places = inputs.twin.cells, inputs.twin.places
    residents = inputs.residents()
    rows = [
        {
            "cell": cells["id"].iloc[row],
            "residents": float(residents[row]),
            "minutes": _finite(minutes[row]),
            "metres": _finite(metres[row]),
            "place": places["id"].iloc[place[row]] if place[row] >= 0 else None,
            "name": places["name"].iloc[place[row]] if place[row] >= 0 else None,
            "state": NAMES[State(int(states[row]))][language(lang)],
        }
        for row in range(len(cells))
    ]
    columns = ("cell", "residents", "minutes", "metres", "place", "name", "state")
    emit(rows, named, columns, form, language(lang))


@click.command()
@city_argument()
@click.argument("cell")
@click.option("--minutes", type=click.FloatRange(0, 540), default=15.0, show_default=True, help="Longest way.")
@click.option("--isochrones", default=None, metavar="FILE", help="Write the areas within reach to a GeoJSON or GeoPackage file.")
@click.option("--steps", default=None, metavar="MIN,MIN", help="Minutes of the areas of --isochrones; left out, those of --minutes.")
@GROUP
@format_option()
@lang_option()
@threads_option()
@transit_options
@_traveller_options
def reach(
    city: str,
    cell: str,
    minutes: float,
    isochrones: str | None,
    steps: str | None,
    group: str,
    form: str,
    lang: str | None,
    threads: int | None,
    **when: Any,
) -> None:
    """Every place that the residents of CELL reach; with --isochrones, the areas within reach instead."""
    from parkcity.insight.explain import cell_row

    traveller = _traveller(when)
    asked = asked_when(when)
    if traveller["cluster"] or asked.fare:
        raise UsageError("one cell is answered at once: --cluster is for times and matrix, --fare for times and route")
    areas = areas_asked(isochrones, steps, minutes)
    inputs = inputs_of(city, group, threads)
    named: dict[str, Any] = {"city": inputs.twin.spec.id, "cell": cell, "group": group}
    if areas is not None:
        if asked.mode == "transit":
            drawn, meta = areas_by_transit(inputs, cell, areas.minutes, asked, language(lang))
        else:
            trips = _trips(inputs, traveller)
            drawn, meta = trips.isochrones(cell, areas.minutes), _named_profile(trips)
        emit(areas.write(drawn, inputs), {**named, **meta, "file": str(areas.file)}, AREAS, form, language(lang))
        return
    named["minutes"] = minutes
    if asked.mode == "transit":
        rows, meta = reach_by_transit(inputs, cell_row(inputs.twin, cell), minutes, asked, language(lang))
        emit(rows, {**named, "count": len(rows), **meta}, REACH, form, language(lang))
        return
    trips = _trips(inputs, traveller)
    table = trips.places_reached(cell, minutes).round({"minutes": 3})
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    named |= _named_profile(trips)
    emit(rows, {**named, "count": len(rows)}, REACH, form, language(lang))


@click.command()
@city_argument()
@click.argument("cell")
@click.argument("kind")
@GROUP
@format_option()
@lang_option()
@threads_option()
@transit_options
@_traveller_options
@click.option("--turns", is_flag=True, help="Turn by turn: where to turn, how far, how long, along which class of street.")
def route(
    city: str, cell: str, kind: str, group: str, form: str, lang: str | None, threads: int | None, *, turns: bool, **when: Any
) -> None:
    """The way from CELL to its nearest place of KIND: point by point or turn by turn over streets, leg by leg by transit."""
    from parkcity.insight.explain import cell_row, way_to

    traveller = _traveller(when)
    if traveller["cluster"]:
        msg = "one way is answered at once; --cluster is for times and matrix"
        raise UsageError(msg)
    asked = asked_when(when)
    inputs = inputs_of(city, group, threads)
    chosen = known_class(kind, inputs)
    if asked.mode == "transit":
        legs, found = route_by_transit(inputs, chosen, cell_row(inputs.twin, cell), asked, language(lang))
        if form == "table":
            click.echo(
                f"{found['name']} ({found['place']}): {found['minutes']:.1f} min{priced(found)}"
                if found["place"]
                else words().get("none", language(lang))
            )
        columns = OPTIONS if asked.fare else ROUTE
        emit(legs, {"city": inputs.twin.spec.id, "cell": cell, "group": group, **found}, columns, form, language(lang))
        return
    if turns or traveller["profile"] or traveller["unknown"] != "open":
        _turn_list(_trips(inputs, traveller), chosen, cell, form, lang)
        return
    way = way_to(inputs, chosen, cell_row(inputs.twin, cell))
    rows: list[dict[str, Any]] = [{"seq": number, "lon": lon, "lat": lat} for number, (lon, lat) in enumerate(way.line)]
    meta = {
        "city": inputs.twin.spec.id,
        "cell": cell,
        "group": group,
        "place": way.place_id,
        "name": way.place_name,
        "metres": _finite(way.length_m),
        "minutes": _finite(way.minutes),
        "state": way.state,
    }
    if form == "table":
        click.echo(f"{way.place_name} ({way.place_id}): {way.length_m:,.0f} m, {way.minutes:.1f} min" if way.place_id else way.state)
    emit(rows, meta, ("seq", "lon", "lat"), form, language(lang))


def _turn_list(trips: Trips, kind: str, cell: str, form: str, lang: str | None) -> None:
    from parkcity.base.words import Words
    from parkcity.sense.osm.attributes import class_titles

    tongue = language(lang)
    way = trips.route(cell, kind)
    words, streets = Words.load("parkcity.serve.cli", "travel_words.csv"), class_titles()
    rows = [
        {
            "seq": number,
            "turn": words.get(step.turn, tongue),
            "street": streets[step.street][tongue] if step.street else "",
            "metres": round(step.metres, 1),
            "minutes": round(step.seconds / 60.0, 2),
        }
        for number, step in enumerate(way.steps)
    ]
    meta = {"city": trips.inputs.twin.spec.id, "cell": cell, "group": trips.inputs.group, **_named_profile(trips)}
    meta |= {"place": way.place, "name": way.name, "state": way.state}
    numbers = {"metres": _finite(way.metres), "minutes": _finite(way.minutes)}
    if form == "table":
        click.echo(f"{way.name} ({way.place}): {way.metres:,.0f} m, {way.minutes:.1f} min" if way.place else way.state)
    emit(rows, {**meta, **numbers}, ("seq", "turn", "street", "metres", "minutes"), form, tongue)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
