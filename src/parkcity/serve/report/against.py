"""The check-up against an earlier one: every change split into real, data and method, as rows and as the report shows them."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkcity.base.tables import read_csv
from parkcity.base.units import unit
from parkcity.base.words import Words
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import computable, measure_all
from parkcity.insight.year_on_year import Values, change_rows, totals, values_of
from parkcity.twin.build import build
from parkcity.twin.swap import between

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from parkcity.base.units import Unit
    from parkcity.base.words import Lang
    from parkcity.twin.twin import Twin

FILE = "changes.csv"


@dataclass(frozen=True)
class Changes:
    """All changes since an earlier folder of the city: rows, the steps in their order, and whether an earlier report was found.

    Without a report of the earlier data nobody knows what the program of that time said: its part stays untold.
    """

    rows: list[dict[str, Any]]
    steps: list[tuple[str, str]]
    reported: bool
    then: str
    now: str


def changes_since(
    earlier: Path, twin: Twin, rows: Sequence[Mapping[str, Any]], progress: Callable[[str, float], None], threads: int | None = None
) -> Changes:
    """Every change from the city in the folder `earlier` to the present twin, whose measured rows are given.

    What a report in `earlier/report` recorded of the same data counts as the value of that time. Raises `InputError` with the
    faults of the earlier folder, or where it is of another city.
    """
    older = build(earlier)
    path: list[tuple[str, str, Values]] = []
    again = _values(older, threads)
    recorded = _recorded(earlier / "report", older)
    if recorded is not None:
        path.append(("", "", recorded))
        path.append(("method", "parkcity", again))
    else:
        path.append(("", "", again))
    with tempfile.TemporaryDirectory(prefix="parkcity-") as room:
        for part, what, hybrid in between(older, twin, Path(room)):
            progress(f"swap {what}", 0.7)
            path.append((part, what, values_of(rows) if hybrid is twin else _values(hybrid, threads)))
    units = {item.id: item.unit for item in INDICATORS}
    known = [(part, what, {key: value for key, value in values.items() if key[0] in units}) for part, what, values in path]
    dates = (str(older.manifest["as_of"]), str(twin.manifest["as_of"]))
    return Changes(change_rows(known, units), [(part, what) for part, what, _ in path[1:]], recorded is not None, *dates)


def _values(twin: Twin, threads: int | None) -> Values:
    found: Values = {}
    for item in measure_all(twin, computable(twin, twin.spec.indicators.get("skip", ())), threads=threads):
        for tier in twin.tiers:
            found |= values_of(item.rows(tier))
    return found


def _recorded(report: Path, older: Twin) -> Values | None:
    """The values of an earlier report, if it was made from the data that lie in the earlier folder."""
    manifest = report / "manifest.json"
    if not (manifest.is_file() and (report / "indicators.csv").is_file()):
        return None
    try:
        sources = json.loads(manifest.read_text(encoding="utf-8"))["sources"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return None
    if sources != {row["id"]: row["hash"] for row in older.manifest["sources"]}:
        return None
    table, _ = read_csv(report / "indicators.csv")
    return values_of({**{str(name): text for name, text in row.items()}, "value": row["value"] or None} for row in table.to_dict("records"))


def shown_changes(changes: Changes, lang: Lang) -> dict[str, Any]:
    """The section of the report: a sentence, the steps, and for the city's main results then, now and the three parts."""
    text = Words.load("parkcity.serve.report", "against_words.csv")
    lines = []
    for line in totals(changes.rows):
        item = INDICATORS.get(line["indicator"])
        if item.headline:
            shown = unit(item.unit)
            parts = [_signed(shown, line[part], text, lang) for part in ("change", "real", "data", "method")]
            lines.append([item.name(lang), shown.text(line["then"], lang), shown.text(line["now"], lang), *parts])
    steps = [f"{text.get(part, lang)}: {what}" if lang == "en" else f"{text.get(part, lang)}\uff1a{what}" for part, what in changes.steps]
    notes = [text.get("order", lang)] + ([] if changes.reported else [text.get("no_report", lang)])
    return {
        "title": text.get("title", lang),
        "text": text.get("text", lang, then=changes.then, now=changes.now),
        "steps": steps,
        "head": [text.get(key, lang) for key in ("indicator", "then", "now", "change", "real", "data", "method")],
        "rows": lines,
        "notes": notes,
        "none": text.get("none", lang),
    }


def _signed(kept: Unit, amount: float, text: Words, lang: Lang) -> str:
    """A difference with its sign; of shares in percentage points; what rounds to nothing has no sign."""
    number = f"{amount * kept.shown_times:+,.{kept.digits}f}"
    number = number if number.strip("+-0.") else number[1:]
    if kept.id == "share":
        return text.get("points", lang, number=number)
    return f"{number} {kept.symbol(lang)}".strip()
