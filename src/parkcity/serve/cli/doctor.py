"""`parkcity doctor`: what is wrong or doubtful in a city's data, worst effect first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.words import language
from parkcity.serve.cli.output import emit, format_option, lang_option

if TYPE_CHECKING:
    from parkcity.twin.twin import Twin

COLUMNS = ("rank", "subject", "what", "residents", "todo")


@click.command()
@click.argument("city", type=click.Path(), required=False)
@click.option("--readers", is_flag=True, help="List the readers and their options instead.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of city.toml for editors instead.")
@format_option()
@lang_option()
def doctor(city: str | None, form: str, lang: str | None, *, readers: bool, schema: bool) -> None:
    """Examine CITY: rows refused, places and cells off the streets, pieces of the network, doubtful totals, old layers."""
    if schema:
        from parkcity.base.spec import schema as city_schema

        click.echo(json.dumps(city_schema(), ensure_ascii=False, indent=1))
        return
    if readers:
        _readers(form, lang)
        return
    if city is None:
        raise click.UsageError("name a city's folder, or use --readers or --schema")
    from parkcity.twin.build import build

    twin = build(Path(city))
    points = sorted(_points(twin), key=lambda point: (-point["residents"], point["subject"], point["what"]))
    rows = [{"rank": number, **point} for number, point in enumerate(points, start=1)]
    emit(rows, {"city": twin.spec.id, "twin": twin.hash, "count": len(rows)}, COLUMNS, form, language(lang))


def _readers(form: str, lang: str | None) -> None:
    from parkcity.sense.raw import READERS

    rows: list[dict[str, Any]] = [
        {"reader": reader.id, "layers": list(reader.layers), "option": name, "default": option.default, "meaning": option.doc}
        for reader in READERS
        for name, option in reader.options.items()
    ]
    emit(rows, {"count": len(rows)}, ("reader", "layers", "option", "default", "meaning"), form, language(lang))


def _points(twin: Twin) -> list[dict[str, Any]]:
    """Every doubtful point with the residents it touches."""
    points = [
        _point(f"source {row['id']}", f"{len(row['refused'])} rows were not used: {row['refused'][0][1]}", 0.0, "correct the rows")
        for row in twin.manifest["sources"]
        if row["refused"]
    ]
    return points + (_unattached(twin) + _pieces(twin) if twin.has("attachments") else []) + _conflicts(twin) + _compared(twin) + _old(twin)


def _unattached(twin: Twin) -> list[dict[str, Any]]:
    """Cells and places that meet no street."""
    points = []
    residents = twin.residents()
    attachments = twin.layer("attachments")
    failures = attachments.table("failures")
    lost = failures[failures["what"] == "cell"]["id"]
    if len(lost):
        touched = float(residents[twin.cells["id"].isin(lost).to_numpy()].sum())
        limit = attachments.meta["limit_m"]
        points.append(
            _point(
                "cells",
                f"{len(lost)} cells meet no street within {limit:,.0f} m",
                touched,
                "complete the streets, or raise [attach] limit_m",
            )
        )
    for _, row in failures[failures["what"] == "place"].iterrows():
        what = f"'{row['name']}' ({row['kind']}) is {row['distance_m']:,.0f} m from the nearest street"
        points.append(_point(f"place {row['id']}", what, 0.0, "check its position"))
    return points


def _conflicts(twin: Twin) -> list[dict[str, Any]]:
    """Places of which two lists disagree what they are."""
    layer = twin.layer("places")
    if "matches" not in layer.parts:
        return []
    rows = layer.table("matches")
    todo = "look at both, and correct one of the lists"
    return [
        _point(f"place {row['kept']}", f"'{row['name']}' is {row['kind']} here and {row['other_kind']} in {row['other_source']}", 0.0, todo)
        for row in rows[rows["verdict"] == "conflict"].to_dict("records")
    ]


def _point(subject: str, what: str, residents: float, todo: str) -> dict[str, Any]:
    return {"subject": subject, "what": what, "residents": residents, "todo": todo}


def _pieces(twin: Twin) -> list[dict[str, Any]]:
    """Pieces of the network that hold cells: their residents reach nothing beyond the piece."""
    import numpy as np

    streets, attachments = twin.layer("streets"), twin.layer("attachments")
    piece_of_edge = streets.array("node_piece")[streets.array("edge_u")]
    owner, edge = np.asarray(attachments.array("cell_owner")), np.asarray(attachments.array("cell_edge"))
    best = np.full(len(twin.cells), np.iinfo(np.int32).max, np.int64)
    np.minimum.at(best, owner, piece_of_edge[edge])
    residents = twin.residents()
    pieces = streets.table("pieces").set_index("piece")
    todo = {
        "gate": "ask who may pass the gate",
        "ferry": "add the ferry as a line of transit",
        "missing_crossing": "draw the missing crossing",
        "missing_link": "draw the missing link",
        "barrier": "look for a crossing or a gate",
        "edge_of_data": "extend the streets",
    }
    points = []
    for piece in np.unique(best[(best > 0) & (best < np.iinfo(np.int32).max)]):
        row = pieces.loc[piece]
        spot = f"{row['gap_m']:,.0f} m away at {row['lon']:.5f}, {row['lat']:.5f}"
        what = f"{row['length_km']:.1f} km of streets lie apart from the rest, {spot}"
        points.append(_point(f"streets piece {piece}", what, float(residents[best == piece].sum()), todo[str(row["cause"])]))
    return points


def _compared(twin: Twin) -> list[dict[str, Any]]:
    points = []
    for row in twin.layer("people").meta.get("compared", []):
        ratio = row["residents"] / row["official"] - 1
        what = f"the cells hold {row['residents']:,.0f} residents, the official total is {row['official']:,.0f} ({ratio:+.1%})"
        todo = "set [people] control_source to scale the cells to the official totals"
        points.append(_point(f"zone {row['zone']}", what, abs(row["residents"] - row["official"]), todo))
    return points


def _old(twin: Twin) -> list[dict[str, Any]]:
    from parkcity.base.times import parse_date, years_between
    from parkcity.standards import parameter

    as_of = parse_date(str(twin.manifest["as_of"]))[0]
    limit = parameter("completeness_rules", "old_layer.b").number
    points = []
    for row in twin.manifest["sources"]:
        age = years_between(parse_date(str(row["date"]))[0], as_of)
        if age > limit and row["layer"] in {"streets", "places", "cells"}:
            points.append(
                _point(f"source {row['id']}", f"its data are {age:.0f} years older than the newest source", 0.0, "get a newer edition")
            )
    return points
