"""The lists of the check-up as tables of the report: the first rows of each, as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.base.units import people, unit
from parkcity.base.words import Lang, Words
from parkcity.insight.classes import place_class
from parkcity.insight.registry import INDICATORS
from parkcity.sense.kinds import kind, kinds

if TYPE_CHECKING:
    from parkcity.insight.lists import ListOf
    from parkcity.twin.twin import Twin

SHOWN = 12
_CLASSES = {"lacks", "best_addition", "serves"}
_HIDDEN = {"tier", "lon", "lat", "from_lon", "from_lat", "to_lon", "to_lat"}
_UNITS = {"_m": "m", "_ha": "ha", "_min": "min", "_share": "share", "_km": "km"}


def shown_lists(twin: Twin, lists: list[tuple[ListOf, list[dict[str, Any]]]], lang: Lang) -> list[dict[str, Any]]:
    """For every list that has rows: its title, a note, the heads of its columns and its first rows as text."""
    words = Words.load("parkcity.serve.report", "lists_words.csv")
    names = dict(zip(twin.zones["id"], twin.zones[f"name_{lang}"], strict=True))
    tables = []
    for one, rows in lists:
        if not rows:
            continue
        columns = [name for name in one.columns if name not in _HIDDEN]
        key = one.file.removesuffix(".csv")
        tables.append(
            {
                "id": key,
                "title": words.get(key, lang),
                "note": words.get(f"{key}_note", lang, count=f"{len(rows):,}", file=one.file),
                "head": [words.get(f"col_{name}", lang) for name in columns],
                "rows": [[_shown(name, row, names, words, lang) for name in columns] for row in rows[:SHOWN]],
            }
        )
    return tables


def _shown(name: str, row: dict[str, Any], zones: dict[str, str], words: Words, lang: Lang) -> str:
    value = row[name]
    if value is None or value == "":
        return "–"
    if name == "zone":
        return str(zones.get(value, value))
    if name == "not_apart_from":
        return ("、" if lang == "zh" else ", ").join(str(zones.get(zone, zone)) for zone in str(value).split("|"))
    if name in {"index", "indicator"}:
        return INDICATORS.get(str(value)).name(lang)
    if name == "value":
        return unit(INDICATORS.get(str(row["indicator"])).unit).text(float(value), lang)
    if name.startswith("rank"):
        return f"{value:g}"
    if name == "score":
        return unit("index").text(float(value), lang)
    if name in _CLASSES:
        return ("、" if lang == "zh" else ", ").join(place_class(class_id).name(lang) for class_id in str(value).split("|"))
    if name in {"state", "cause", "verdict", "what"}:
        return words.get(f"{name}_{value}", lang)
    if name in {"kind", "other_kind"}:
        return kind(str(value)).name(lang) if value in kinds() else str(value)
    if name.startswith("residents"):
        return people(float(value), lang)
    for ending, unit_id in _UNITS.items():
        if name.endswith(ending):
            return unit(unit_id).text(float(value), lang)
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
