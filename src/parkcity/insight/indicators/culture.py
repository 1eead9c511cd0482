"""Culture and leisure: halls, libraries, museums, theatres, bookshops, cafés, tea houses, football grounds: per resident and in reach."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.circles import needs
from parkcity.insight.classes import place_class
from parkcity.insight.forms import Parts
from parkcity.insight.operators.coverage import share_reached, within
from parkcity.insight.registry import ACCESS_GROUPS, Input, declare
from parkcity.standards import Parameter, load, parameter

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def places_per_head(residents: Floats, places: Floats, *, base: float) -> Parts:
    """Places for each `base` residents."""
    return Parts(places, residents / base)


def within_minutes(residents: Floats, minutes: Floats, *, limit: float) -> Parts:
    """Residents whose walking time is at most the limit, of all residents."""
    return Parts(residents * within(minutes, limit), residents)


def mean_reached(residents: Floats, reached: Flags) -> Parts:
    """Mean over residents of the share of measurable kinds of places within reach."""
    return Parts(residents * share_reached(reached), residents)


def any_reached(residents: Floats, reached: Flags) -> Parts:
    """Residents who reach a place of at least one kind."""
    return Parts(residents * reached.any(axis=0), residents)


def _declare_kind(row: Parameter) -> None:
    """Places for each resident, and residents within reach of one, by the rows of the table `culture_kinds`."""
    class_id = row.extra["class_id"]
    chosen = place_class(class_id)
    base = parameter("check_limits", row.extra["base"])
    residents = Input("residents")
    declare(
        f"culture.{class_id}.per_head",
        (f"每 {base.number:,.0f} 居民{chosen.name('zh')}数量", f"{chosen.name('en')} per {base.number:,.0f} residents".capitalize()),
        f"sum(places) / sum(residents) x {base.number:,.0f}",
        row,
        {"residents": residents, "places": Input("place_count", {"class_id": class_id})},
        places_per_head,
        unit=row.extra["shown"],
        form="Density",
        parameters={"base": base},
    )
    if not row.value:
        return
    declare(
        f"culture.{class_id}.within_{row.value}_min",
        (f"{chosen.name('zh')} {row.value} 分钟步行覆盖率", f"Residents within {row.value} min walk of: {chosen.name('en')}"),
        "sum(residents with minutes <= limit) / sum(residents)",
        row,
        {"residents": residents, "minutes": Input("minutes", {"class_id": class_id})},
        within_minutes,
        groups=ACCESS_GROUPS,
        headline=class_id == "library",
        parameters={"limit": row},
    )


def _declare_sets() -> None:
    residents = Input("residents")
    for theme, zh, en in (("culture", "文化场馆", "cultural places"), ("leisure", "餐饮休闲场所", "cafés and restaurants")):
        clause = parameter("health_check_indicators", "tdt1063.117" if theme == "culture" else "tdt1063.118")
        inputs = {"residents": residents, "reached": needs(theme)}
        declare(
            f"culture.{theme}_mean",
            (f"15分钟步行可达的{zh}种类（占可测种类）", f"Kinds of {en} within 15 min walk (of measurable kinds)"),
            "sum(residents x kinds within reach / measurable kinds) / sum(residents)",
            clause,
            inputs,
            mean_reached,
            form="Mean",
            groups=ACCESS_GROUPS,
        )
        declare(
            f"culture.{theme}_any",
            (f"15分钟步行可达任一{zh}的居民", f"Residents within 15 min walk of any {en}"),
            "sum(residents with at least one kind within reach) / sum(residents)",
            clause,
            inputs,
            any_reached,
            groups=ACCESS_GROUPS,
        )


def _declare() -> None:
    for row in load("culture_kinds"):
        _declare_kind(row)
    _declare_sets()


_declare()
