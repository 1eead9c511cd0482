"""Early warning: rules in a table look at targets, tasks, money and evidence, and say why, who, since when and what helps.

The rules stand in `standards/plan_warning_rules.csv`: a measure, a cut, the side on which it warns, a level (1 watch, 2 serious,
3 critical) and the sentence. Of several rules of one measure the most severe that holds speaks.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from parkcity.plan.dates import day
from parkcity.plan.document import number, words
from parkcity.plan.earned import earned_value
from parkcity.plan.effects import Help, helps, lacking
from parkcity.plan.evidence import best_state
from parkcity.plan.forecast import Ask, Forecast, forecasts
from parkcity.plan.schedule import programme
from parkcity.plan.status import ask_of, limits_of, success_interval
from parkcity.plan.supervision import supervision
from parkcity.plan.targets import Actuals, Point
from parkcity.plan.units import symbol
from parkcity.standards.loader import Parameter, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from parkcity.base.words import Lang
    from parkcity.plan.ledger import View
    from parkcity.plan.status import Standing

_SIDES: Mapping[str, Callable[[float, float], bool]] = {"below": operator.lt, "above": operator.gt, "from": operator.ge}


@dataclass(frozen=True)
class Warned:
    """One warning: which rule, about what, the number found, who is asked, since when, and what would bring it back."""

    rule: Parameter
    subject: str
    name_zh: str
    name_en: str
    found: float
    owner: str
    since: date | None
    required: float | None = None
    unit: str = ""
    indicator: str = ""
    extra: str = ""
    unverified: bool = False
    lacking: float | None = None
    helps: tuple[Help, ...] = ()
    deadline: date | None = None

    @property
    def level(self) -> int:
        """1 watch, 2 serious, 3 critical."""
        return int(self.rule.extra["level"])

    def why(self, lang: Lang) -> str:
        """The reason as a sentence."""
        cut = self.extra if self.rule.extra["measure"] == "broken" else f"{self.rule.number:g}"
        return self.rule.extra[lang].format(found=f"{self.found:.3g}", cut=cut, name=self.extra)

    def remedy(self, lang: Lang) -> str:
        """What would bring it back: the pace that is needed, the tasks and scenarios that serve it, or where to look for some."""
        text, parts = words(), []
        unit = symbol(self.unit, lang) if self.unit else ""
        if self.required is not None:
            parts.append(text.get("remedy.pace", lang, required=number(self.required), unit=unit))
        if self.helps:
            parts.append(text.get("remedy.helps", lang, helps=text.get("and", lang).join(self._help(one, lang) for one in self.helps)))
            parts += self._enough(lang, unit)
        elif "." in self.indicator:
            parts.append(text.get("remedy.programme", lang, indicator=self.indicator))
        elif self.indicator:
            parts.append(text.get("remedy.nothing", lang))
        if not parts:
            parts.append(self.rule.extra[f"help_{lang}"].format(found=f"{self.found:.3g}", extra=self.extra))
        return text.get("then", lang).join(parts)

    def _help(self, one: Help, lang: Lang) -> str:
        """A task or scenario with what is expected of it and when it is ready."""
        text = words()
        name = one.id if one.name(lang) == one.id else f"{one.id} {one.name(lang)}"
        amount = text.get("remedy.unmeasured", lang) if one.amount is None else f"{'+' if one.amount > 0 else ''}{number(one.amount)}"
        ready = text.get("remedy.late" if self._too_late(one) else "remedy.ready", lang, day=one.ready.isoformat()) if one.ready else ""
        proxy = text.get("remedy.proxy", lang, indicator=one.proxy) if one.proxy else ""
        return text.get("remedy.help", lang, name=name, amount=amount + proxy, ready=ready)

    def _enough(self, lang: Lang, unit: str) -> list[str]:
        """What those that are ready in time bring together, against what is missing on the present course."""
        amounts = [one.amount for one in self.helps if one.amount is not None and not self._too_late(one)]
        if not amounts or not self.lacking:
            return []
        together = sum(amounts)
        said = "remedy.enough" if together / self.lacking >= 1 else "remedy.short"
        told = words().get(said, lang, together=number(together), lacking=number(self.lacking), unit=unit)
        # Each was measured by itself: two that reach the same residents bring less together.
        return [told, words().get("remedy.added", lang)] if len(amounts) > 1 else [told]

    def _too_late(self, one: Help) -> bool:
        return one.ready is not None and self.deadline is not None and one.ready > self.deadline

    def row(self, lang: Lang) -> dict[str, object]:
        """One flat row."""
        return {
            "level": self.level,
            "rule": self.rule.id,
            "subject": self.subject,
            "name": self.name_zh if lang == "zh" else self.name_en,
            "why": self.why(lang),
            "owner": self.owner,
            "since": self.since.isoformat() if self.since else "",
            "required_pace": None if self.required is None else float(f"{self.required:.6g}"),
            "remedy": self.remedy(lang),
            "unverified": "yes" if self.unverified else "",
        }


@cache
def _rules(measure: str) -> tuple[Parameter, ...]:
    found = [row for row in load("plan_warning_rules") if row.extra["measure"] == measure]
    return tuple(sorted(found, key=lambda row: -int(row.extra["level"])))


def fired(measure: str, value: float | None) -> Parameter | None:
    """The most severe rule of a measure that a value breaks, or None."""
    if value is None:
        return None
    return next((row for row in _rules(measure) if _SIDES[row.extra["side"]](value, row.number)), None)


def warnings(view: View, standings: Sequence[Standing]) -> list[Warned]:
    """All warnings of a view, most severe first."""
    found = [
        *target_warnings(view, standings),
        *milestone_warnings(view),
        *task_warnings(view),
        *money_warnings(view),
        *item_warnings(view),
        *review_warnings(view),
    ]
    return sorted(found, key=lambda one: (-one.level, one.rule.id, one.subject))


def target_warnings(view: View, standings: Sequence[Standing]) -> Iterator[Warned]:
    """Probability too low, two worse years, a broken limit, a leading indicator that turned."""
    actuals = Actuals(view)
    serving = helps(view)
    yield from _improbable(view, standings, serving)
    for item in standings:
        target, result = item.target, item.score
        worse = worse_years([point for point in item.series if point.on <= view.at], up=target.up)
        rule = fired("worse_years", worse[0]) if target.direction in {"up", "down"} and _active(view, item) else None
        if rule:
            yield Warned(rule, found=worse[0], since=worse[1], **_about(item, serving))
        rule = fired("broken", float(result.status == "broken"))
        if rule and result.point:
            yield Warned(rule, found=1, since=result.point.on, extra=target.goal_text, **_about(item, serving))
    yield from _lead_warnings(view, actuals, {item.target.id: item for item in standings}, serving)


def _about(item: Standing, serving: Mapping[str, Sequence[Help]]) -> dict[str, Any]:
    target = item.target
    about: dict[str, Any] = {"subject": target.id, "name_zh": target.name_zh, "name_en": target.name_en, "owner": target.owner}
    unverified = item.confidence == "M" or item.forecast_unverified
    about |= {
        "required": item.score.required,
        "unit": target.unit,
        "indicator": target.twin_indicator or target.indicator,
        "unverified": unverified,
    }
    return about | {"lacking": lacking(item), "helps": tuple(serving.get(target.id, ())), "deadline": target.deadline}


def _active(view: View, item: Standing) -> bool:
    return view.at <= item.target.deadline and item.score.status not in {"met", "kept"}


def _improbable(view: View, standings: Sequence[Standing], serving: Mapping[str, Sequence[Help]]) -> Iterator[Warned]:
    """Targets whose probability breaks a rule, since the day of the first value from which on, without a break, it did."""
    broken = [(item, rule) for item in standings if _active(view, item) and (rule := fired("probability", item.probability))]
    asked = [_as_time_went(view, item) for item, _ in broken]
    outlooks = iter(forecasts([one for asks in asked for _, one in asks]))
    for (item, rule), asks in zip(broken, asked, strict=True):
        since: date | None = None
        for (on, _), outlook in zip(asks, outlooks, strict=False):
            if outlook is None or not _breaks(rule, item, outlook):
                since = None
            elif since is None:
                since = on
        yield Warned(rule, found=item.probability or 0.0, since=since, **_about(item, serving))


def _as_time_went(view: View, item: Standing) -> list[tuple[date, Ask]]:
    """What would have been asked after each value from the baseline on, with the day of that value."""
    points = [point for point in item.series if point.on <= view.at]
    first = item.target.start or date.min
    asks = [(points[at].on, ask_of(item.target, points[: at + 1])) for at in range(len(points)) if points[at].on >= first]
    return [(on, one) for on, one in asks if one is not None]


def _breaks(rule: Parameter, item: Standing, outlook: Forecast) -> bool:
    chance = outlook.clipped(*limits_of(item.target)).probability(*success_interval(item.target))
    return _SIDES[rule.extra["side"]](chance, rule.number)


def worse_years(points: Sequence[Point], *, up: bool) -> tuple[int, date | None]:
    """How many times in a row, up to the last point, the value became worse, and the day of the first of them."""
    count, since = 0, None
    for before, after in zip(reversed(points[:-1]), reversed(points[1:]), strict=True):
        change = after.value - before.value
        if (change >= 0) if up else (change <= 0):
            break
        count, since = count + 1, after.on
    return count, since


def _lead_warnings(
    view: View, actuals: Actuals, standings: Mapping[str, Standing], serving: Mapping[str, Sequence[Help]]
) -> Iterator[Warned]:
    for row in view["leads"]:
        points = [point for point in actuals.of(row["indicator"], row["scope"]) if point.on <= view.at]
        count, since = worse_years(points, up=row["better"] == "up")
        rule = fired("lead_worse_years", count)
        if rule and row["target"] in standings:
            about = _about(standings[row["target"]], serving)
            about["unverified"] = about["unverified"] or any(point.confidence == "M" for point in points)
            yield Warned(rule, found=count, since=since, extra=row["indicator"], **about)


def milestone_warnings(view: View) -> Iterator[Warned]:
    """Milestones overdue, and milestones said to be done without checked evidence."""
    for row in view["milestones"]:
        done = row["done_on"] and day(row["done_on"]) <= view.at
        if done:
            days, since, measure = (view.at - day(row["done_on"])).days, day(row["done_on"]), "evidence_days"
            days = 0 if best_state(view, "milestone", row["id"]) == "checked" else days
        else:
            days, since, measure = (view.at - day(row["due"])).days, day(row["due"]), "overdue_days"
        rule = fired(measure, days)
        if rule:
            yield Warned(rule, row["id"], row["name_zh"], row["name_en"], days, row["owner"], since + timedelta(days=1))


def task_warnings(view: View) -> Iterator[Warned]:
    """Tasks late beyond their float, so that the end of the whole moves."""
    if not len(view["tasks"]):
        return
    for row in programme(view).rows():
        beyond = float(str(row["slip_days"])) - float(str(row["float_days"]))
        rule = fired("beyond_float_days", beyond) if row["status"] == "late" else None
        if rule:
            finish = date.fromisoformat(str(row["finish"]))
            yield Warned(rule, str(row["task"]), str(row["name_zh"]), str(row["name_en"]), beyond, str(row["owner"]), min(finish, view.at))


def review_warnings(view: View) -> Iterator[Warned]:
    """Reviews that are due: the last review of a target, task or article names a day for the next, and none came."""
    last: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in view["reviews"]:
        key = (row["article"], row["target"], row["task"])
        if day(row["date"]) <= view.at and (key not in last or day(row["date"]) >= day(last[key]["date"])):
            last[key] = row
    for row in last.values():
        if row["next_due"]:
            due = day(row["next_due"])
            rule = fired("review_days", (view.at - due).days)
            if rule:
                found = (view.at - due).days
                yield Warned(rule, row["id"], row["finding_zh"], row["finding_en"], found, row["by"], due + timedelta(days=1))


def money_warnings(view: View) -> Iterator[Warned]:
    """Money used and work done out of proportion, since the last of the numbers that say so became known."""
    tasks = view["tasks"]
    told: dict[str, list[date]] = defaultdict(list)
    for line in view["budget"]:
        told[line["task"]].append(day(line["known_on"]))
    for task, value in earned_value(view).items():
        rule = fired("cost_index", value.cost_index)
        if rule and value.cost_index is not None:
            row = tasks.record(tasks.index[task])
            since = max([day(row["known_on"]), *told.get(task, ())])
            whole = number(value.at_completion) if value.at_completion is not None else ""
            yield Warned(rule, task, row["name_zh"], row["name_en"], value.cost_index, row["owner"], since, extra=whole)


def item_warnings(view: View) -> Iterator[Warned]:
    """Supervision items past their deadline."""
    for row in supervision(view):
        rule = fired("supervision_days", float(str(row["days_late"]))) if row["state"] == "late" else None
        if rule:
            due = day(str(row["extended_to"] or row["deadline"]))
            found = float(str(row["days_late"]))
            yield Warned(
                rule, str(row["item"]), str(row["issue_zh"]), str(row["issue_en"]), found, str(row["owner"]), due + timedelta(days=1)
            )
