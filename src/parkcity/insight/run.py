"""Measure indicators: fetch the declared inputs, call the function, sum up to tiers, grade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.insight.classes import place_class
from parkcity.insight.completeness import Flag, flags_of, grades_of, source_least_m2
from parkcity.insight.forms import Result, by_zone
from parkcity.insight.inputs import PROVIDERS, Inputs
from parkcity.insight.registry import INDICATORS, Indicator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin

Status = Literal["computed", "recorded", "missing"]
COLUMNS = ("indicator", "tier", "zone", "group", "value", "unit", "part", "whole", "grade")


@dataclass(frozen=True)
class Measured:
    """One indicator measured for one group: its result by cell."""

    indicator: Indicator
    group: str
    result: Result
    inputs: Inputs

    def cell_values(self) -> NDArray[np.float64]:
        """The value in every cell; NaN where nobody lives or nothing is known."""
        return self.result.cell_values()

    def flags(self, tier: str) -> list[Flag]:
        """The flags that apply, by zone of a tier."""
        key = f"flags/{self.indicator.id}/{self.group}/{self.inputs.period}/{tier}"
        memory = self.inputs.memory
        if key not in memory:
            memory[key] = flags_of(self.indicator, self.inputs, self.inputs.twin.member(tier), len(self.inputs.twin.tier_zones(tier)))
        flags: list[Flag] = memory[key]
        return flags

    def rows(self, tier: str) -> list[dict[str, Any]]:
        """One row a zone of a tier that has cells, with the columns of `COLUMNS`."""
        twin = self.inputs.twin
        zones, member = twin.tier_zones(tier), twin.member(tier)
        values = by_zone(self.result, member, len(zones))
        grades = grades_of(self.flags(tier), len(zones))
        present = np.bincount(member[member >= 0], minlength=len(zones)) > 0
        return [
            {
                "indicator": self.indicator.id,
                "tier": tier,
                "zone": zones["id"].iloc[row],
                "group": self.group,
                "value": _number(values.value[row]),
                "unit": self.indicator.unit,
                "part": _number(values.part[row]),
                "whole": _number(values.whole[row]),
                "grade": grades[row],
            }
            for row in np.nonzero(present)[0]
        ]


def _number(value: float) -> float | None:
    """A number for tables: what is not a number, or infinite, is empty and never a sentinel."""
    return float(value) if np.isfinite(value) else None


def missing_needs(indicator: Indicator, twin: Twin) -> list[str]:
    """What the city lacks for an indicator: layers by name, places as `places:kind`. Empty where it can be measured."""
    lacking: list[str] = []
    kinds = twin.kinds() if twin.has("places") else {}
    for entry in indicator.inputs.values():
        if entry.provider == "residents_of" and twin.has("people") and entry.args["group"] not in twin.groups:
            lacking.append("people:ages")
        lacking += [layer for layer in PROVIDERS[entry.provider].layers if not twin.has(layer)]
        class_id = entry.args.get("class_id")
        if class_id is not None:
            chosen = place_class(str(class_id))
            if chosen.kind not in kinds:
                lacking.append(f"places:{chosen.kind}")
            elif chosen.typical_most_m2 is not None and source_least_m2(twin, chosen.kind) >= chosen.typical_most_m2:
                lacking.append(f"places:{chosen.kind} up to {chosen.typical_most_m2:g} m2")
        provider = PROVIDERS[entry.provider]
        if provider.classes is not None and provider.lacking is None and not lacking and not provider.classes_of(Inputs(twin), entry.args):
            lacking.append("places")
        if provider.lacking is not None and all(twin.has(layer) for layer in provider.layers):
            lacking += provider.lacking(twin, **entry.args)
    return list(dict.fromkeys(lacking))


def needs_of(indicator: Indicator) -> list[str]:
    """Everything that an indicator rests on: layers by name, places as `places:kind`, or a recorded statistic."""
    if indicator.recorded_only:
        return ["statistics"]
    needs: list[str] = []
    for entry in indicator.inputs.values():
        needs += [layer for layer in PROVIDERS[entry.provider].layers if layer != "places" or "class_id" not in entry.args]
        if "class_id" in entry.args:
            needs.append(f"places:{place_class(str(entry.args['class_id'])).kind}")
    return list(dict.fromkeys(needs))


def status_of(indicator: Indicator, twin: Twin) -> tuple[Status, list[str]]:
    """Is an indicator computed in this city, only recorded, or missing, and what it needs."""
    if indicator.recorded_only:
        return "recorded", ["statistics"]
    lacking = missing_needs(indicator, twin)
    return ("missing", lacking) if lacking else ("computed", [])


def measure(twin: Twin, indicator_id: str, group: str = "all", *, period: str = "night", threads: int | None = None) -> Measured:
    """Measure one indicator for one group.

    Raises `UsageError` on an unknown indicator, group or period, and `MissingLayerError` where the city lacks what it needs.
    """
    return measure_with(Inputs(twin, group, period, threads), INDICATORS.get(indicator_id))


def measure_with(inputs: Inputs, indicator: Indicator) -> Measured:
    """Measure one indicator with inputs that may be shared between many."""
    if indicator.function is None:
        raise MissingLayerError(indicator.id, ["a recorded statistic"])
    if inputs.period not in inputs.twin.periods:
        msg = f"people by '{inputs.period}' are not known; this city has: {', '.join(inputs.twin.periods)}"
        raise UsageError(msg)
    if inputs.group not in indicator.groups:
        msg = f"'{indicator.id}' is not defined for the group '{inputs.group}'; allowed: {', '.join(indicator.groups)}"
        raise UsageError(msg)
    lacking = missing_needs(indicator, inputs.twin)
    if lacking:
        raise MissingLayerError(indicator.id, lacking)
    return measure_known(inputs, indicator)


def measure_known(inputs: Inputs, indicator: Indicator) -> Measured:
    """Measure an indicator of which it is known that this city can measure it for this group and period."""
    assert indicator.function is not None
    arrays = {name: inputs.get(entry.provider, entry.args) for name, entry in indicator.inputs.items()}
    parameters = {name: row.number for name, row in indicator.parameters.items()}
    return Measured(indicator, inputs.group, indicator.function(**arrays, **parameters), inputs)


def computable(twin: Twin, skip: Iterable[str] = ()) -> list[Indicator]:
    """Every indicator that this city can measure, in the order of ids, without those that the city skips."""
    skipped = set(skip)
    return [indicator for indicator in INDICATORS if indicator.id not in skipped and status_of(indicator, twin)[0] == "computed"]


def measure_all(twin: Twin, indicators: Iterable[Indicator], *, threads: int | None = None) -> Iterator[Measured]:
    """Measure indicators for all of their groups; inputs are fetched once."""
    shared = Inputs(twin, threads=threads)
    by_group: dict[str, Inputs] = {}
    for indicator in indicators:
        for group in (group for group in indicator.groups if group in twin.groups):
            inputs = by_group.setdefault(group, shared.for_group(group))
            yield measure_with(inputs, indicator)
