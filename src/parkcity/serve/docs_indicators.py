"""The generated pages of the indicators: one page a theme with a section for each, and an index by norm and by article of the plan."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from parkcity.base.units import unit
from parkcity.base.words import Words
from parkcity.insight.inputs import PROVIDERS
from parkcity.insight.norms import LISTS, answers_of, asked, words
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import needs_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parkcity.insight.registry import Indicator
    from parkcity.standards import Parameter

FOLDER = "indicators"
_COMMITMENTS = Path(__file__).resolve().parents[3] / "examples" / "chengdu" / "plan" / "commitments.csv"
EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "indicators" / "town.csv"
"""The value of every indicator in the tiny town with two places of every kind (`tests/scenes/everything.py`), which a test holds."""
_LEAD = (
    "A page for each theme tells formula, clause, needs, parameters and limits of every indicator; the values of a city are in its "
    "check-up. `docs/indicators.md` is the whole list on one page."
)
_FORMS = {
    "Share": "a tier's value is the sum of the parts of its cells over the sum of their wholes",
    "Density": "a tier's value is the sum of the parts of its cells over the sum of their wholes",
    "Mean": "a tier's value is the mean over its residents (or what else the whole counts)",
    "Total": "a tier's value is the sum over its cells",
    "Distribution": "a tier's value is a statistic over all of its residents, not a mean of its cells' values",
    "Index": "a tier's value is put together from the tier's values of the parts",
}


def indicator_pages() -> dict[str, str]:
    """Every page by its name below `docs/`."""
    by_theme: dict[str, list[Indicator]] = defaultdict(list)
    for item in INDICATORS:
        by_theme[item.theme].append(item)
    found = {f"{FOLDER}/{theme}.md": _theme_page(theme, items) for theme, items in sorted(by_theme.items())}
    return {f"{FOLDER}/README.md": _index(by_theme), **found}


def _theme_page(theme: str, items: Sequence[Indicator]) -> str:
    titles = Words.load("parkcity.serve.report")
    zh, en = (titles.get(f"theme_{theme}", lang) for lang in ("zh", "en"))
    contents = "\n".join(f"- [`{item.id}`](#{_anchor(item.id)}) {item.name_zh} \u00b7 {item.name_en}" for item in items)
    head = f"# {en} \u00b7 {zh}\n\n{len(items)} indicators. [All themes](README.md).\n\n{contents}\n"
    return head + "".join(f"\n{_section(item)}" for item in items)


def _anchor(indicator_id: str) -> str:
    """The anchor that a heading of the id alone gets where Markdown is shown."""
    return indicator_id.replace(".", "")


def _section(item: Indicator) -> str:
    lines = [
        f"## {item.id}",
        "",
        f"{item.name_zh} \u00b7 {item.name_en}",
        "",
        f"- Formula: `{item.formula}`",
        f"- Unit: {item.unit}; better: {item.polarity}; form: {item.form}: {_FORMS[item.form]}",
        f"- Clause: {_cited(item.clause)}",
        f"- Groups: {', '.join(item.groups)}",
        f"- Needs: {', '.join(f'`{need}`' for need in needs_of(item))}",
    ]
    lines += [f"- Parameter `{name}` = {row.value} {row.unit}: {_cited(row)}" for name, row in item.parameters.items()]
    answers = answers_of(item)
    if answers:
        told = "; ".join(f"{_norm_name(one.norm)} no. {one.number} {one.name_zh} ({one.name_en})" for one in answers)
        lines.append(f"- Answers: {told}")
    lines.append(f"- Example: {_example(item)}")
    lines.append(f"- Limits: {'; '.join(_limits(item))}")
    return "\n".join(lines) + "\n"


@cache
def examples() -> Mapping[str, float]:
    """The examples of the indicators by id; nothing without the table."""
    if not EXAMPLES.is_file():
        return {}
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return {row["indicator"]: float(row["value"]) for row in csv.DictReader(file)}


def _example(item: Indicator) -> str:
    """The value in the tiny town, and the command that gives a city's."""
    command = f"`parkcity measure CITY {item.id}`"
    if item.id not in examples():
        return f"{command}; the tiny town lacks what it needs"
    value = unit(item.unit).text(examples()[item.id], "en")
    return f"{value} in the tiny town with two places of every kind; of a city: {command}"


def _cited(row: Parameter) -> str:
    return f"{row.citation} (confidence {row.confidence})" if row.official else f"engine default (confidence {row.confidence})"


def _norm_name(norm: str) -> str:
    return words().get(norm, "en")


def _limits(item: Indicator) -> list[str]:
    """What a reader should know before the number is used, from the declaration alone."""
    told = [words().get(f"differs_{key}", "en") for one in answers_of(item) for key in one.differs]
    providers = [PROVIDERS[entry.provider] for entry in item.inputs.values()]
    if any(provider.assumed is not None for provider in providers):
        told.append("a model stands in for what is not observed; the check-up names what it assumed")
    if any(provider.walks for provider in providers):
        told.append("walks follow the streets of the twin: residents far from a street, and reach cut by the edge of the data, are flagged")
    if not item.official:
        told.append("a parameter is an engine default and is never printed as official")
    if any("class_id" in entry.args for entry in item.inputs.values()):
        told.append("only places that the sources know are counted; far fewer than the norm asks for lower the grade")
    if item.form == "Distribution":
        told.append("values of tiers do not add up to that of the city")
    return list(dict.fromkeys(told)) or ["as good as the layers it needs; their age lowers the grade"]


def _index(by_theme: dict[str, list[Indicator]]) -> str:
    titles = Words.load("parkcity.serve.report")
    themes = [
        f"- [{titles.get(f'theme_{theme}', 'en')} \u00b7 {titles.get(f'theme_{theme}', 'zh')}]({theme}.md): {len(items)}"
        for theme, items in sorted(by_theme.items())
    ]
    parts = [
        "# Indicators by theme, by norm and by article",
        _LEAD,
        "\n".join(themes),
        *(_norm_table(norm) for norm in LISTS),
        _article_table(),
    ]
    return "\n\n".join(parts) + "\n"


def _link(name: str) -> str:
    return f"[`{name}`]({INDICATORS.get(name).theme}.md#{_anchor(name)})"


def _norm_table(norm: str) -> str:
    own = [one for one in asked() if one.norm == norm]
    measured = sum(bool(one.indicators) for one in own)
    lines = [
        f"## {words().get(norm, 'en')} \u00b7 {words().get(norm, 'zh')}",
        "",
        f"{len(own)} numbers: {measured} are computed where a city has the layers, {len(own) - measured} are recorded from statistics.",
        "",
        "| no. | id | name | answered by | differs from the norm |",
        "|---|---|---|---|---|",
    ]
    for one in own:
        answer = ", ".join(_link(name) for name in one.indicators)
        if not answer:
            series = f", or the plan's series `{one.series}`" if one.series else ""
            answer = f"recorded in [`statistics.csv`](../statistics.md){series}: {words().get(one.needs, 'en')}"
        differs = "; ".join(words().get(f"differs_{key}", "en") for key in one.differs)
        lines.append(f"| {one.number} | `{one.id}` | {one.name_zh} \u00b7 {one.name_en} | {answer} | {differs} |")
    return "\n".join(lines)


def _article_table() -> str:
    """The articles of the example's plan whose commitments name indicators."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    with _COMMITMENTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name in row["indicators"].split():
                if name in {item.id for item in INDICATORS}:
                    found[int(row["article"])][name] = None
    lines = ["## Articles of the plan of Chengdu (2021-2025)", "", "| article | followed by |", "|---|---|"]
    lines += [f"| {article} | {', '.join(_link(name) for name in names)} |" for article, names in sorted(found.items())]
    return "\n".join(lines)
