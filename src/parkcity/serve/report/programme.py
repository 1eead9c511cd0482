"""A programme and a renewal list told in sentences, and the programme as a report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from parkcity.base.units import unit
from parkcity.base.words import Lang, Words
from parkcity.decide.actions._action import ACTIONS
from parkcity.decide.finance import Terms, default, monte_carlo, sensitivity
from parkcity.decide.renewal import reasons
from parkcity.plan.units import known_units, symbol
from parkcity.serve.report.charts import points, time_bars, year_bars
from parkcity.serve.report.page import Drawing, Section, Sheet, render_page

if TYPE_CHECKING:
    from parkcity.decide.finance import Appraisal
    from parkcity.decide.goals import Goal
    from parkcity.decide.programme import Chosen, GoalResult, Programme
    from parkcity.decide.renewal import Block, Criterion, RenewalList
    from parkcity.twin.twin import Twin

_MONEY = {"zh": (1e8, "亿元"), "en": (1e6, "m yuan")}


def _words() -> Words:
    return Words.load("parkcity.serve.report", "programme_words.csv")


@dataclass(frozen=True)
class Told:
    """A programme with the city that it is for and the rate at which its money is counted (None: that of the standards table)."""

    found: Programme
    twin: Twin
    rate: float | None = None

    @cached_property
    def appraisal(self) -> Appraisal | None:
        """What the programme's money comes to over its years and the horizon after."""
        given = {} if self.rate is None else {"rate": self.rate}
        return self.found.appraisal(Terms.of(**given), round(default("horizon.years")))

    def zone(self, zone: str, lang: Lang) -> str:
        """The name of a district in a language, or what is given where it is none."""
        zones = self.twin.tier_zones(self.twin.spec.area_tier)
        rows = (zones["id"] == zone).to_numpy().nonzero()[0]
        return str(zones["name_zh" if lang == "zh" else "name_en"].iloc[rows[0]]) if len(rows) else zone

    def meta(self) -> dict[str, Any]:
        """Everything beside the rows: proof, money, goals, frontier, finance, and the same in sentences."""
        found, money = self.found, self.appraisal
        return {
            "city": self.twin.spec.id,
            "twin": self.twin.hash,
            "years": list(found.years),
            "budget": list(found.budget),
            "spent": found.spent.tolist(),
            "objective": found.objective,
            "bound": found.bound,
            "gap": found.gap,
            "status": found.status,
            "residents": found.residents,
            "least": found.least,
            "goals": [entry.row() for entry in found.goals],
            "path": {entry.goal.id: list(values) for entry, values in zip(found.goals, found.path, strict=True)},
            "left": [project.id for project in found.left],
            "frontier": [entry.row() for entry in found.frontier],
            "finance": None if money is None else money.row(),
            "sensitivity": [] if money is None else sensitivity(money.cash, money.terms),
            "monte_carlo": None if money is None else monte_carlo(money.cash, money.terms).row(),
            "explained_zh": programme_lines(self, "zh"),
            "explained_en": programme_lines(self, "en"),
        }


def _yuan(value: float, lang: Lang) -> str:
    scale, text = _MONEY[lang]
    return f"{value / scale:,.2f} {text}" if lang == "zh" else f"{value / scale:,.1f} {text}"


def _value(value: float, goal: Goal, lang: Lang) -> str:
    if value != value:  # noqa: PLR0124 - not a number
        return "–"
    if goal.measured or goal.unit not in known_units():
        return unit(goal.unit).text(value, lang)
    return f"{value:,.6g} {symbol(goal.unit, lang)}"


def programme_lines(told: Told, lang: Lang) -> list[str]:
    """The programme as sentences: what it reaches, how sure that is, its projects by year, its goals, its money."""
    words, found = _words(), told.found
    lines = [*_head(told, words, lang)]
    lines += [_project_line(entry, words, lang) for entry in found.chosen]
    lines += [_goal_line(entry, words, lang) for entry in found.goals]
    if found.left:
        lines.append(words.get("left", lang, count=len(found.left), names=", ".join(project.name(lang) for project in found.left[:8])))
    return [*lines, *_finance_lines(told, words, lang)]


def _head(told: Told, words: Words, lang: Lang) -> list[str]:
    found = told.found
    slots = {
        "first": found.years[0],
        "last": found.years[-1],
        "count": len(found.chosen),
        "all": len(found.chosen) + len(found.left),
        "cost": _yuan(float(found.spent.sum()), lang),
        "budget": _yuan(sum(found.budget), lang),
        "closed": f"{found.objective:.1%}",
    }
    who = {"residents": f"{found.residents:,.0f}", "least": f"{found.least:.1%}"}
    # Where no project serves residents that the twin can count, nothing is said of them.
    slots["served"] = words.get("head_served", lang, **who) if found.residents > 0 else ""
    proof = (
        words.get("optimal", lang)
        if found.status == "optimal"
        else words.get("bounded", lang, bound=f"{found.bound:.1%}", gap=f"{found.gap:.2%}")
    )
    return [words.get("head", lang, **slots), proof]


def _project_line(entry: Chosen, words: Words, lang: Lang) -> str:
    project = entry.project
    years = str(entry.begin) if entry.begin == entry.finish else f"{entry.begin}–{entry.finish}"
    each = "–" if entry.residents <= 0 else f"{project.cost / entry.residents:,.0f}"
    slots: dict[str, object] = {"order": entry.order, "years": years, "name": project.name(lang), "cost": _yuan(project.cost, lang)}
    if entry.residents <= 0:
        return words.get("project_stated", lang, serves=", ".join(entry.serves) or "–", **slots)
    return words.get("project", lang, residents=f"{entry.residents:,.0f}", each=each, serves=", ".join(entry.serves), **slots)


def _goal_line(entry: GoalResult, words: Words, lang: Lang) -> str:
    goal = entry.goal
    return words.get(
        "goal" if goal.known is None else "goal_stated",
        lang,
        id=goal.id,
        name=goal.name(lang),
        where=f"（{goal.zone}）" if goal.zone and lang == "zh" else f" ({goal.zone})" if goal.zone else "",
        year=goal.year,
        base=_value(entry.base, goal, lang),
        value=_value(goal.value, goal, lang),
        measured=_value(entry.measured, goal, lang),
        promised=_value(entry.promised, goal, lang),
        closed=f"{entry.closed:.1%}",
    )


def _finance_lines(told: Told, words: Words, lang: Lang) -> list[str]:
    money = told.appraisal
    if money is None:
        return []
    row = money.row()
    irr = "–" if money.irr is None else f"{money.irr:.2%}"
    lines = [
        words.get(
            "finance", lang, rate=f"{money.terms.rate:.1%}", npv=_yuan(money.npv, lang), irr=irr, cost=_yuan(money.life_cycle_cost, lang)
        )
    ]
    for side in ("construction", "operation"):
        balance = getattr(money, side)
        state = words.get("closed" if balance.closed else "open", lang)
        name = words.get(side, lang)
        lines.append(words.get("balance", lang, name=name, income=_yuan(balance.income, lang), cost=_yuan(balance.cost, lang), state=state))
    if row["discounted_payback_years"] is not None:
        lines.append(words.get("payback", lang, years=f"{row['discounted_payback_years']:.1f}"))
    return lines


def render_programme(told: Told, lang: Lang) -> str:
    """The programme as one self-contained page."""
    words, found = _words(), told.found
    city = told.twin.spec.name_zh if lang == "zh" else told.twin.spec.name_en
    head, proof = _head(told, words, lang)
    sections = [
        Section(words.get("section_result", lang), (head, proof)),
        _goals_section(told, words, lang),
        _projects_section(told, words, lang),
        _money_section(told, words, lang),
    ]
    if found.frontier:
        sections.append(_frontier_section(found, words, lang))
    if found.left:
        rows = [[project.id, project.name(lang), _yuan(project.cost, lang), told.zone(project.zone, lang)] for project in found.left]
        heads = [words.get(key, lang) for key in ("column_id", "column_name", "column_cost", "column_zone")]
        sections.append(Section(words.get("section_left", lang), tables=(Sheet.of(heads, rows, (False, False, True, False)),)))
    facts = [
        words.get("fact_years", lang, first=found.years[0], last=found.years[-1]),
        words.get("fact_budget", lang, budget=_yuan(sum(found.budget), lang)),
    ]
    facts.append(words.get("fact_twin", lang, hash=told.twin.hash[:12]))
    return render_page(words.get("title", lang, city=city), words.get("subtitle", lang), facts, sections, lang)


def _goals_section(told: Told, words: Words, lang: Lang) -> Section:
    found = told.found
    heads = [words.get(key, lang) for key in ("column_goal", "column_zone", "column_year", "column_base", "column_value")]
    heads += [str(year) for year in found.years] + [words.get("column_closed", lang)]
    rows = []
    for entry, path in zip(found.goals, found.path, strict=True):
        goal = entry.goal
        values = [_value(value, goal, lang) for value in (entry.base, goal.value, *path)]
        rows.append([f"{goal.id} {goal.name(lang)}", goal.zone, str(goal.year), *values, f"{entry.closed:.1%}"])
    numbers = (False, False, False, *[True] * (len(heads) - 3))
    return Section(words.get("section_goals", lang), (words.get("note_goals", lang),), tables=(Sheet.of(heads, rows, numbers),))


def _projects_section(told: Told, words: Words, lang: Lang) -> Section:
    found = told.found
    keys = (
        "column_order",
        "column_name",
        "column_action",
        "column_zone",
        "column_owner",
        "column_years",
        "column_cost",
        "column_residents",
        "column_each",
        "column_serves",
    )
    rows = []
    for entry in found.chosen:
        project = entry.project
        each = "–" if entry.residents <= 0 else f"{project.cost / entry.residents:,.0f}"
        residents = "–" if entry.residents <= 0 else f"{entry.residents:,.0f}"
        years = f"{entry.begin}–{entry.finish}"
        action = ACTIONS.get(project.action).name(lang)
        rows.append(
            [
                str(entry.order),
                project.name(lang),
                action,
                told.zone(project.zone, lang),
                project.owner,
                years,
                _yuan(project.cost, lang),
                residents,
                each,
                " ".join(entry.serves),
            ]
        )
    numbers = (True, False, False, False, False, False, True, True, True, False)
    bars = time_bars(
        [(entry.project.name(lang), entry.begin, entry.finish) for entry in found.chosen], found.years, words.get("figure_time", lang)
    )
    table = Sheet.of([words.get(key, lang) for key in keys], rows, numbers)
    return Section(words.get("section_projects", lang), figures=(Drawing(words.get("figure_time", lang), bars),), tables=(table,))


def _money_section(told: Told, words: Words, lang: Lang) -> Section:
    found, money = told.found, told.appraisal
    scale, text = _MONEY[lang]
    label = words.get("figure_money", lang)
    bars = year_bars(found.years, found.spent.tolist(), found.budget, label, scale, text)
    tables = []
    if money is not None:
        heads = [words.get(key, lang) for key in ("column_account", "column_less", "column_more", "column_switch")]
        rows = [
            [
                words.get(row["account"], lang),
                _yuan(row["npv_less"], lang),
                _yuan(row["npv_more"], lang),
                "–" if row["switch"] is None else f"{row['switch']:+.1%}",
            ]
            for row in sensitivity(money.cash, money.terms)
        ]
        step = f"{default('sensitivity.step'):.0%}"
        tables.append(Sheet.of(heads, rows, (False, True, True, True), words.get("caption_sensitivity", lang, step=step)))
        drawn = monte_carlo(money.cash, money.terms).row()
        heads = [words.get(f"column_{name}", lang) for name in ("p5", "p50", "p95", "pays")]
        rows = [[_yuan(drawn["p5"], lang), _yuan(drawn["p50"], lang), _yuan(drawn["p95"], lang), f"{drawn['share_positive']:.1%}"]]
        tables.append(Sheet.of(heads, rows, (True,) * 4, words.get("caption_draws", lang)))
    note = (words.get("note_defaults", lang),)
    figure = Drawing(label, bars, words.get("note_money", lang))
    return Section(words.get("section_money", lang), (*_finance_lines(told, words, lang), *note), figures=(figure,), tables=tuple(tables))


def _frontier_section(found: Programme, words: Words, lang: Lang) -> Section:
    scale, text = _MONEY[lang]
    rows = [(point.money, point.residents, point.least, point.efficient) for point in found.frontier]
    high = max(point.residents for point in found.frontier) or 1.0
    right = max(point.money for point in found.frontier) or 1.0
    label = words.get("figure_frontier", lang)
    ticks = [f"{share * high:,.0f}" for share in (0.0, 0.5, 1.0)]
    dots = (words.get("efficient", lang), words.get("not_efficient", lang))
    drawing = points(rows, label, ("0", f"{right / scale:,.1f} {text}"), ticks, dots)
    heads = [words.get(f"column_{name}", lang) for name in ("budget", "cost", "residents", "least", "closed", "efficient", "count")]
    yes, no = words.get("yes", lang), words.get("no", lang)
    table = [
        [
            _yuan(point.budget, lang),
            _yuan(point.money, lang),
            f"{point.residents:,.0f}",
            f"{point.least:.1%}",
            f"{point.closed:.1%}",
            yes if point.efficient else no,
            str(len(point.projects)),
        ]
        for point in found.frontier
    ]
    sheet = Sheet.of(heads, table, (True, True, True, True, True, False, True))
    return Section(
        words.get("section_frontier", lang), (words.get("note_frontier", lang),), figures=(Drawing(label, drawing),), tables=(sheet,)
    )


def renewal_lines(found: RenewalList, lang: Lang) -> list[str]:
    """The first blocks of a renewal list as sentences, with the reasons of each and how firm its rank is."""
    words = _words()
    weights = ", ".join(f"{item.name(lang)} {item.weight:g}" for item in found.criteria)
    slots = {
        "count": len(found.blocks),
        "first": found.first,
        "weights": weights,
        "firm": f"{found.firm_share:.0%}",
        "spread": f"{found.spread:.0%}",
    }
    lines = [words.get("renewal_head", lang, draws=found.draws, **slots)]
    lines += [
        words.get("renewal_unknown", lang, name=item.name(lang), count=found.unknown[item.id])
        for item in found.criteria
        if found.unknown[item.id]
    ]
    return lines + [_block_line(block, found.criteria, words, lang) for block in found.blocks[: found.first]]


def _block_line(block: Block, criteria: tuple[Criterion, ...], words: Words, lang: Lang) -> str:
    parts = []
    for item in reasons(block, criteria):
        value = f"{block.values[item.id]:,.6g}{' ' if item.unit else ''}{item.unit}"
        parts.append(words.get("renewal_reason", lang, name=item.name(lang), value=value, share=f"{block.worse_than[item.id]:.0%}"))
    return words.get(
        "renewal_block",
        lang,
        rank=block.rank,
        name=block.name or block.id,
        zone=block.zone,
        score=f"{block.score:.2f}",
        residents=f"{block.residents:,.0f}",
        reasons=("；" if lang == "zh" else "; ").join(parts),
        low=block.low,
        high=block.high,
        firm=words.get("firm" if block.firm else "not_firm", lang),
    )
