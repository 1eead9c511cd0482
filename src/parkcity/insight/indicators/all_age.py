"""A city for every age: each theme for children, elders and wheelchair users, and how far they stand behind adults."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.circles import share_of
from parkcity.insight.forms import Parts
from parkcity.insight.registry import Input, declare
from parkcity.standards import load, parameter

Floats = npt.NDArray[np.float64]

THEMES = {
    "education": ("教育设施", "schools"),
    "health": ("医疗卫生设施", "health"),
    "elder_care": ("养老设施", "elderly care"),
    "culture": ("文化设施", "culture"),
    "sport": ("体育设施", "sport"),
    "green": ("公园与游戏场地", "parks and playgrounds"),
    "commerce": ("商业设施", "shops"),
    "transport": ("公共交通站点", "public transport"),
}
GROUPS = ("children", "elders", "wheelchair")
_ADULTS = "all"


def share_within(people: Floats, share: Floats) -> Parts:
    """Mean over the group of the share of a theme's measurable facilities within its own walk."""
    return Parts(people * share, people)


def behind_adults(people: Floats, share: Floats, adults: Floats) -> Parts:
    """Mean over the group of how much less it reaches than an adult from the same home."""
    return Parts(people * (adults - share), people)


def _declare(theme: str, group: str) -> None:
    zh, en = THEMES[theme]
    row = parameter("groups", group)
    group_zh, group_en = row.extra["name_zh"], row.extra["name_en"]
    minutes = next(entry for entry in load("need_sets") if entry.extra["set"] == theme)
    people = Input("residents_of", {"group": group})
    declare(
        f"all_age.{theme}.{group}",
        (f"{zh} {minutes.value} 分钟步行可达率：{group_zh}", f"Within {minutes.value} min of {en}: {group_en}"),
        "sum(group x measurable facilities of the theme within its walk / measurable) / sum(group)",
        minutes,
        {"people": people, "share": share_of(theme, group)},
        share_within,
        form="Mean",
    )
    declare(
        f"all_age.{theme}.{group}_gap",
        (f"{zh}步行可达率与成年人之差：{group_zh}", f"Behind adults in reach of {en}: {group_en}"),
        "sum(group x (share within an adult's walk - share within its own)) / sum(group)",
        minutes,
        {"people": people, "share": share_of(theme, group), "adults": share_of(theme, _ADULTS)},
        behind_adults,
        polarity="lower",
        form="Mean",
    )


def _declare_all() -> None:
    for theme in THEMES:
        for group in GROUPS:
            _declare(theme, group)


_declare_all()
