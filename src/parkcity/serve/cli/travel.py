"""`parkcity times`, `reach` and `route`: times of a group on foot or by transit, by cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, threads_option
from parkcity.serve.cli.transit import (
    REACH,
    ROUTE,
    TIMES,
    When,
    reach_by_transit,
    route_by_transit,
    times_by_transit,
    transit_options,
    words,
)

if TYPE_CHECKING:
    from parkcity.insight.inputs import Inputs

_GROUP = click.option("--for", "group", default="all", show_default=True, help="The group of residents, which walks at its own speed.")


def _inputs(city: str, group: str, threads: int | None) -> Inputs:
    from parkcity.insight.inputs import Inputs
    from parkcity.twin.build import build
    from parkcity.twin.twin import group_ages

    group_ages(group)
    return Inputs(build(Path(city)), group, threads=threads)


def _asked(when: dict[str, Any]) -> When:
    asked = When(**when)
    asked.check()
    return asked


def _known_class(kind: str, inputs: Inputs) -> str:
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
@_GROUP
@format_option()
@lang_option()
@threads_option()
@transit_options
def times(city: str, kind: str, group: str, form: str, lang: str | None, threads: int | None, **when: Any) -> None:
    """Minutes (and metres, on foot) from every cell of CITY to the nearest place of KIND."""
    from parkcity.travel.states import NAMES, State

    asked = _asked(when)
    inputs = _inputs(city, group, threads)
    chosen = _known_class(kind, inputs)
    named = {"city": inputs.twin.spec.id, "kind": chosen, "group": group, "twin": inputs.twin.hash}
    if asked.mode == "transit":
        rows, meta = times_by_transit(inputs, chosen, asked, language(lang))
        emit(rows, {**named, **meta}, TIMES, form, language(lang))
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
@_GROUP
@format_option()
@lang_option()
@threads_option()
@transit_options
def reach(city: str, cell: str, minutes: float, group: str, form: str, lang: str | None, threads: int | None, **when: Any) -> None:
    """Every place that the residents of CELL reach."""
    from parkcity.insight.explain import cell_row
    from parkcity.travel import Attach, reach_pairs

    asked = _asked(when)
    inputs = _inputs(city, group, threads)
    row = cell_row(inputs.twin, cell)
    named = {"city": inputs.twin.spec.id, "cell": cell, "group": group, "minutes": minutes}
    if asked.mode == "transit":
        rows, meta = reach_by_transit(inputs, row, minutes, asked, language(lang))
        emit(rows, {**named, "count": len(rows), **meta}, REACH, form, language(lang))
        return
    every = inputs.origins()
    mine = every.owner == row
    origin = Attach(np.zeros(int(mine.sum()), np.int32), every.edge[mine], every.offset[mine], every.distance[mine], 1)
    place = inputs.twin.doors["place"].to_numpy().astype(np.int32)
    found = reach_pairs(inputs.network, origin, inputs.doors(), minutes * 60.0, place, threads=threads)
    places = inputs.twin.places
    rows = [
        {
            "place": places["id"].iloc[number],
            "kind": places["kind"].iloc[number],
            "name": places["name"].iloc[number],
            "minutes": round(float(cost) / 60.0, 3),
        }
        for cost, number in sorted(zip(found.cost.tolist(), found.place.tolist(), strict=True))
    ]
    emit(rows, {**named, "count": len(rows)}, REACH, form, language(lang))


@click.command()
@city_argument()
@click.argument("cell")
@click.argument("kind")
@_GROUP
@format_option()
@lang_option()
@threads_option()
@transit_options
def route(city: str, cell: str, kind: str, group: str, form: str, lang: str | None, threads: int | None, **when: Any) -> None:
    """The way from CELL to its nearest place of KIND: point by point on foot, leg by leg by transit."""
    from parkcity.insight.explain import cell_row, way_to

    asked = _asked(when)
    inputs = _inputs(city, group, threads)
    chosen = _known_class(kind, inputs)
    if asked.mode == "transit":
        legs, found = route_by_transit(inputs, chosen, cell_row(inputs.twin, cell), asked, language(lang))
        if form == "table":
            click.echo(
                f"{found['name']} ({found['place']}): {found['minutes']:.1f} min" if found["place"] else words().get("none", language(lang))
            )
        emit(legs, {"city": inputs.twin.spec.id, "cell": cell, "group": group, **found}, ROUTE, form, language(lang))
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


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
