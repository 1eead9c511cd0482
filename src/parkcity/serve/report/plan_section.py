"""The plan in the report of a check-up: its score, and `plan.csv` with every target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.plan.brief import brief, brief_rows
from parkcity.plan.checkup import with_checkup
from parkcity.plan.document import COLOUR, words
from parkcity.plan.ledger import has_plan
from parkcity.plan.load import load
from parkcity.plan.status import standings
from parkcity.serve.report.plan_document import LOOKS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from parkcity.base.words import Lang
    from parkcity.plan.ledger import Ledger, View
    from parkcity.plan.status import Standing
    from parkcity.twin.twin import Twin

FILE = "plan.csv"


@dataclass(frozen=True)
class Planned:
    """The plan of a city judged with a check-up."""

    view: View
    items: Sequence[Standing]
    rows: list[dict[str, Any]]


def plan_of(city: Path) -> Ledger | None:
    """The ledger of a city, or None where it has no plan with targets. Raises `InputError` with every fault of its tables."""
    if not has_plan(city):
        return None
    ledger = load(city)
    return ledger if len(ledger["targets"]) else None


def judged(ledger: Ledger, twin: Twin, rows: Sequence[dict[str, Any]]) -> Planned:
    """The plan judged on its last day with the rows of a check-up of the twin, which nothing writes into the ledger."""
    view = with_checkup(ledger, rows, twin.hash, str(twin.manifest["as_of"])).view()
    items = standings(view)
    measured = {(row["indicator"], row["tier"], row["zone"]): row for row in rows if row["group"] == "all"}
    whole = {(row["indicator"], row["tier"], ""): row for row in rows if row["group"] == "all" and row["tier"] == "city"}
    return Planned(view, items, brief_rows(view, items, measured | whole))


def shown_plan(planned: Planned, lang: Lang) -> dict[str, Any]:
    """The title, a sentence, and the tables as the page shows them: heads and cells, each with its class."""
    told, parts = brief(planned.view, planned.items, lang)
    tables = []
    for part in parts:
        keys = [key for key, _ in part.columns]
        cells = [[(f"light {row[COLOUR]}" if key == "status_light" else LOOKS.get(key, ""), row[key]) for key in keys] for row in part.rows]
        heads = [(LOOKS.get(key, ""), title) for key, title in part.columns]
        tables.append({"title": part.title, "paragraphs": part.paragraphs, "head": heads, "rows": cells})
    return {"title": words().get("brief.title", lang), "text": told, "tables": tables}
