"""The lists of the norms as the report shows them: every number, with what was computed, recorded, or is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.base.units import unit
from parkcity.base.words import Words
from parkcity.insight.norms import LISTS, Recorded, words
from parkcity.plan.city_statistics import city_statistics
from parkcity.plan.dates import day
from parkcity.plan.ledger import plan_folder, table_files
from parkcity.plan.load import load
from parkcity.plan.units import symbol
from parkcity.sense.kinds import kind, kinds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from parkcity.base.words import Lang

_EXACT = ("eq", "")
_OFFICIAL = frozenset("SFL")


def recorded_of(city: Path) -> dict[str, Recorded]:
    """The last value of every series in the plan's table of actuals, and of every indicator in the city's statistics.

    The area that the value is of goes with it; bounds and values that are not official are left out. Raises `InputError` with
    every fault of the tables.
    """
    return {**_of_plan(city), **city_statistics(city)}


def _of_plan(city: Path) -> dict[str, Recorded]:
    if not any(path.stem == "actuals" for path in table_files(plan_folder(city))):
        return {}
    found: dict[str, dict[str, str]] = {}
    for row in load(city).view()["actuals"]:
        name = row["indicator"]
        if row["origin"] == "computed" or row["op"] not in _EXACT or row["confidence"] not in _OFFICIAL or not row["value"]:
            continue
        held = found.get(name)
        if held is None or (day(held["true_on"]), day(held["known_on"])) <= (day(row["true_on"]), day(row["known_on"])):
            found[name] = row
    return {name: Recorded(float(row["value"]), row["unit"], row["scope"], row["true_on"], row["source"]) for name, row in found.items()}


def shown_norms(rows: Sequence[Mapping[str, Any]], lang: Lang) -> list[dict[str, Any]]:
    """For every list its title, a sentence with the counts, and its rows as text, by number."""
    text = words()
    tables = []
    for norm in LISTS:
        own = [row for row in rows if row["norm"] == norm]
        counts = {status: sum(row["status"] == status for row in own) for status in ("computed", "recorded", "missing")}
        tables.append(
            {
                "id": norm,
                "title": text.get(norm, lang),
                "count": text.get("count", lang, total=len(own), **counts),
                "head": [text.get(key, lang) for key in ("number", "name", "status", "value", "recorded", "needs")],
                "rows": [_shown(row, text, lang) for row in own],
            }
        )
    return tables


def _shown(row: Mapping[str, Any], text: Words, lang: Lang) -> dict[str, Any]:
    value = "–" if row["value"] is None else unit(row["unit"]).text(row["value"], lang)
    noted = "–"
    if row["recorded"] is not None:
        of = [row[key] for key in ("recorded_scope", "recorded_on", "recorded_from") if row[key]]
        noted = f"{row['recorded']:,.6g} {symbol(row['recorded_unit'], lang)}".strip() + f" ({', '.join(of)})"
    why = [
        *need_texts(row["needs"].split("|"), text, lang),
        *(text.get(f"differs_{key}", lang) for key in row["differs"].split("|") if key),
    ]
    status = text.get("recorded_status" if row["status"] == "recorded" else row["status"], lang)
    return {
        "id": row["id"],
        "number": row["number"],
        "name": row[f"name_{lang}"],
        "status": status,
        "value": value,
        "indicator": row["indicator"],
        "recorded": noted,
        "needs": ("\uff1b" if lang == "zh" else "; ").join(why) or "–",
    }


def need_texts(needs: Sequence[str], text: Words, lang: Lang) -> list[str]:
    """What is lacking, as a person reads it: statistics by their key, places by their kind, layers by their name."""
    layers = Words.load("parkcity.serve.report", "needs_words.csv")
    told = []
    for need in needs:
        if need.startswith("statistics:"):
            told.append(text.get(need.removeprefix("statistics:"), lang))
        elif need.startswith("places:") and need.removeprefix("places:").partition(" ")[0] in kinds():
            told.append(kind(need.removeprefix("places:").partition(" ")[0]).name(lang))
        elif need:
            told.append(layers.get(need, lang) if layers.has(need) else need)
    return told
