"""The evaluation of a plan on a day: every target and task with status, reasons, causes, proposals and data gaps."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from parkcity.plan.contribution import contributions
from parkcity.plan.dates import day
from parkcity.plan.document import COLOUR, Document, Row, Section, marked, number, section, words
from parkcity.plan.evidence import best_state
from parkcity.plan.measured import measured_section
from parkcity.plan.paths import path_start
from parkcity.plan.rollup import LIGHTS, rollup
from parkcity.plan.score import cut
from parkcity.plan.sections import (
    SIGNS,
    expected_section,
    goal_text,
    milestones_section,
    owner_name,
    reviews_section,
    short_date,
    supervision_section,
    tasks_section,
)
from parkcity.plan.status import Standing, standings
from parkcity.plan.units import symbol
from parkcity.plan.warning import Warned, warnings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.base.words import Lang
    from parkcity.plan.ledger import View

_FLAG_GAPS = ("no_final_value", "old_data", "other_scope", "bound", "unverified")


def evaluation(view: View, lang: Lang) -> Document:
    """The evaluation as a document in one language."""
    items = standings(view)
    warned = warnings(view, items)
    text = words()
    name = view.plan[f"name_{lang}"]
    sections = (
        _summary(view, items, lang),
        chapters_section(view, items, lang),
        _targets(view, items, lang),
        _disagreements(items, lang),
        _warnings(view, warned, lang),
        _causes(view, items, lang),
        expected_section(view, lang),
        measured_section(view, lang),
        tasks_section(view, lang),
        milestones_section(view, lang),
        supervision_section(view, lang),
        reviews_section(view, lang),
        _proposals(items, lang),
        _gaps(items, lang),
        _articles(view, lang),
    )
    title = text.get("evaluate.title", lang, name=name, at=view.at.isoformat())
    return Document(title, lang, view.snapshot, sections)


def _summary(view: View, items: Sequence[Standing], lang: Lang) -> Section:
    text = words()
    lights = Counter(item.light for item in items)
    milestones = view["milestones"]
    done = [row["id"] for row in milestones if row["done_on"] and day(row["done_on"]) <= view.at]
    slots: dict[str, object] = {color: lights[color] for color in LIGHTS}
    slots |= {"targets": len(items), "articles": len(view["articles"]), "commitments": len(view["commitments"])}
    slots |= {"milestones": len(milestones), "done": len(done)}
    slots["checked"] = sum(best_state(view, "milestone", row_id) == "checked" for row_id in done)
    about = text.get("evaluate.about", lang, known=view.known.isoformat(), snapshot=view.snapshot)
    paragraphs = (text.get("evaluate.summary.text", lang, **slots), about, text.get("evaluate.plain", lang))
    return Section(text.get("evaluate.summary", lang), paragraphs)


def chapters_section(view: View, items: Sequence[Standing], lang: Lang) -> Section:
    """Every chapter with its targets by colour and their mean attainment."""
    titles = {row["chapter"]: row[f"chapter_{lang}"] for row in view["articles"]}
    rows: list[Row] = []
    for row in rollup(view, items, "chapter"):
        counts = {key: str(row[key]) for key in ("targets", "scored", *LIGHTS)}
        group = f"{row['group']} {titles[str(row['group'])]}"
        mean = marked(number(row["attainment"], 3), lang, unverified=bool(row["unverified"]))
        rows.append({"group": group, **counts, "attainment": mean})
    return section("evaluate.chapters", lang, (), ("group", "targets", "scored", "attainment", *LIGHTS), rows)


def target_row(view: View, item: Standing, lang: Lang) -> Row:
    """One target as texts."""
    text = words()
    target, result = item.target, item.score
    point = result.point
    unverified = point is not None and point.confidence == "M"
    based_on_memory = item.confidence == "M"
    outlook = item.outlook
    band = f"{number(outlook[0])}\n{number(outlook[1])} – {number(outlook[2])}" if outlook else ""
    memory = item.forecast_unverified or based_on_memory
    goal = marked(goal_text(target, lang), lang, unverified=target.confidence == "M")
    value = marked(SIGNS.get(point.op, "") + number(item.value), lang, unverified=unverified) if point else ""
    notes = [*(flag_text(flag, lang) for flag in result.flags), point.source if point else target.source]
    return {
        "target": target.id,
        "article": target.article,
        "name": target.name(lang),
        "goal_year": f"{goal}\n{short_date(target.deadline.isoformat())}",
        "status_light": f"{text.get(f'status.{result.status}', lang)}\n{text.get(f'light.{item.light}', lang)}",
        "value": f"{value}\n{short_date(point.on.isoformat())}" if point else "",
        "planned": marked(number(item.planned), lang, unverified=target.baseline_confidence == "M"),
        "progress": marked(number(result.progress, 3), lang, unverified=based_on_memory),
        "path": marked(number(result.pace, 3), lang, unverified=based_on_memory),
        "growth": marked(number(result.growth, 3), lang, unverified=based_on_memory),
        "probability": marked(number(item.probability, 2), lang, unverified=memory),
        "forecast": marked(band, lang, unverified=memory),
        "owner": owner_name(view, target.owner, lang) if target.owner else "",
        "note": text.get("then", lang).join(notes),
        COLOUR: item.light,
    }


def flag_text(flag: str, lang: Lang) -> str:
    """A flag as a sentence."""
    head, _, year = flag.rpartition("_in_")
    return words().get("flag.broken_in", lang, year=year) if head == "broken" else words().get(f"flag.{flag}", lang)


_TARGET_KEYS = (
    "target",
    "name",
    "goal_year",
    "status_light",
    "value",
    "planned",
    "progress",
    "path",
    "growth",
    "probability",
    "forecast",
    "owner",
    "note",
)


def _targets(view: View, items: Sequence[Standing], lang: Lang) -> Section:
    return section("evaluate.targets", lang, (), _TARGET_KEYS, [target_row(view, item, lang) for item in items])


def _disagreements(items: Sequence[Standing], lang: Lang) -> Section:
    text = words()
    rows: list[Row] = []
    for item in items:
        if item.agree is False:
            views = [text.get("view.none" if grade is None else f"view.{grade}", lang) for grade in item.views]
            head = {"target": item.target.id, "name": item.target.name(lang)}
            memory = item.confidence == "M" or item.forecast_unverified
            shown = [marked(view, lang, unverified=memory) for view in views]
            rows.append(head | dict(zip(("path_view", "growth_view", "probability_view"), shown, strict=True)))
    keys = ("target", "name", "path_view", "growth_view", "probability_view")
    return section("evaluate.disagree", lang, [text.get("evaluate.disagree.text", lang)], keys, rows)


def _warnings(view: View, warned: Sequence[Warned], lang: Lang) -> Section:
    rows: list[Row] = []
    for one in warned:
        row = one.row(lang)
        rows.append(
            {
                "level": str(one.level),
                "item": one.subject,
                "name": str(row["name"]),
                "why": marked(str(row["why"]), lang, unverified=one.unverified),
                "owner": owner_name(view, one.owner, lang),
                "since": str(row["since"]),
                "remedy": marked(one.remedy(lang), lang, unverified=one.unverified),
            }
        )
    return section("evaluate.warnings", lang, (), ("level", "item", "name", "why", "owner", "since", "remedy"), rows)


def _causes(view: View, items: Sequence[Standing], lang: Lang) -> Section:
    text = words()
    memory = {item.target.id: item.confidence == "M" for item in items}
    rows: list[Row] = []
    for row in contributions(view, items):
        unverified = memory[str(row["target"])]
        shown = {key: str(row[key]) for key in ("target", "task", "scenario", "unit", "source")}
        part = text.get(f"part.{row['part']}", lang)
        numbers = {key: marked(number(row[key]), lang, unverified=unverified) for key in ("amount", "share")}
        rows.append({**shown, "part": part, **numbers})
    note = () if rows else (text.get("evaluate.causes.none", lang),)
    return section("evaluate.causes", lang, note, ("target", "part", "task", "scenario", "amount", "unit", "share", "source"), rows)


def proposals(item: Standing, lang: Lang) -> list[str]:
    """What the data say about amending one target; empty where nothing needs it."""
    text, result = words(), item.score
    unit = symbol(item.target.unit, lang) if item.target.unit else ""
    found: list[str] = []
    if "no_final_value" in result.flags:
        found.append(text.get("propose.overdue", lang))
    elif result.status in {"behind", "away", "slightly_behind"} and result.required is not None:
        slots = {"achieved": number(result.achieved), "required": number(result.required), "unit": unit}
        found.append(text.get("propose.pace", lang, **slots))
    elif result.status == "open" and path_start(item.target) is None:
        found.append(text.get("propose.baseline", lang))
    if item.probability is not None and item.forecast is not None and item.probability < cut("probability.open"):
        slots = {"probability": number(item.probability, 2), "forecast": number(item.outlook[0] if item.outlook else None), "unit": unit}
        found.append(text.get("propose.review", lang, **slots))
    memory = item.confidence == "M" or item.forecast_unverified
    return [marked(one, lang, unverified=memory) for one in found]


def _proposals(items: Sequence[Standing], lang: Lang) -> Section:
    rows: list[Row] = []
    for item in items:
        rows.extend({"target": item.target.id, "name": item.target.name(lang), "proposal": one} for one in proposals(item, lang))
    return section("evaluate.proposals", lang, [words().get("evaluate.proposals.text", lang)], ("target", "name", "proposal"), rows)


def gaps(item: Standing) -> list[str]:
    """The data gaps of one target as words of the plan's table."""
    found = ["no_data"] if item.score.status == "no_data" else [flag for flag in _FLAG_GAPS if flag in item.score.flags]
    if item.target.kind == "reach" and path_start(item.target) is None:
        found.append("no_baseline")
    return found


def _gaps(items: Sequence[Standing], lang: Lang) -> Section:
    rows: list[Row] = []
    for item in items:
        named = [words().get(f"gap.{gap}", lang) for gap in gaps(item)]
        if named:
            rows.append(
                {
                    "target": item.target.id,
                    "name": item.target.name(lang),
                    "gap": words().get("then", lang).join(named),
                    "source": item.target.source,
                }
            )
    return section("evaluate.gaps", lang, (), ("target", "name", "gap", "source"), rows)


def _articles(view: View, lang: Lang) -> Section:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in view["commitments"]:
        counts[row["article"]][row["follow_by"]] += 1
    numbers = Counter(row["article"] for row in view["targets"])
    rows: list[Row] = []
    for row in view["articles"]:
        ways = {way: str(counts[row["id"]][way]) for way in ("measure", "statistic", "milestone", "narrative")}
        rows.append({"article": row["id"], "name": row[f"title_{lang}"], "targets": str(numbers[row["id"]]), **ways})
    return section("evaluate.articles", lang, (), ("article", "name", "targets", "measure", "statistic", "milestone", "narrative"), rows)
