"""The baseline and any number of scenarios side by side: every indicator by tier and group, who gains and who loses.

Winners and losers are the residents of the baseline in cells whose value gets better or worse; both sides are always told.
A change is signed so that a positive `improvement` is better for residents, whatever the indicator's polarity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from parkcity.base.errors import FaultList, InputError, UsageError
from parkcity.decide.incremental import InputsUnder
from parkcity.insight.forms import Spread, by_zone
from parkcity.insight.inputs import PROVIDERS, Inputs
from parkcity.insight.operators.zonal import zone_sums
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import computable, missing_needs
from parkcity.twin.ground import Ground
from parkcity.twin.scenario import Scenario, TwinUnder, under

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from parkcity.insight.registry import Indicator
    from parkcity.insight.run import Measured
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

COLUMNS = (
    "scenario",
    "indicator",
    "tier",
    "zone",
    "group",
    "unit",
    "baseline",
    "value",
    "change",
    "improvement",
    "verdict",
    "winners",
    "losers",
    "unchanged",
)
_OF_EACH = ("mean", "median", "p90")
"""Statistics of values that every cell has by itself."""
Verdict = Literal["better", "worse", "same", "neutral", "unknown"]


@dataclass(frozen=True)
class Pair:
    """One indicator for one group: in the baseline (None where it cannot be measured there) and under a scenario."""

    scenario: TwinUnder
    before: Measured | None
    after: Measured
    residents: Floats

    @property
    def indicator(self) -> Indicator:
        """The indicator."""
        return self.after.indicator

    @property
    def untouched(self) -> bool:
        """Is the number the baseline's, because nothing that it rests on was changed?"""
        return self.after is self.before

    @property
    def cell_sign(self) -> int:
        """1 where more is better for a cell's residents, -1 where less is, 0 where no cell gains or loses by itself.

        No single cell has an inequality; a gap between groups also narrows where the better served group loses; and commutes by gravity
        shift a little for everybody wherever something changes, because all jobs of the city are filled.
        """
        result = self.after.result
        unequal = isinstance(result, Spread) and result.statistic not in _OF_EACH
        return 0 if unequal or self.indicator.id.endswith("_gap") or _is_balanced(self.after) else _sign(self.indicator)

    def sides(self) -> NDArray[np.int8]:
        """For every cell 1 where residents gain, -1 where they lose, 0 where nothing changes for them, int8 [cells].

        All 0 for an indicator without a better side, and for a measure of inequality, which no single cell has.
        A cell without a number before counts as a gain once it has a finite one.
        """
        sign = self.cell_sign
        after = self.after.cell_values()
        if sign == 0 or self.before is None or self.untouched:
            return np.zeros(len(after), np.int8)
        before = self.before.cell_values()
        gain = np.nan_to_num(after, nan=-np.inf * sign) > np.nan_to_num(before, nan=-np.inf * sign)
        loss = np.nan_to_num(after, nan=-np.inf * sign) < np.nan_to_num(before, nan=-np.inf * sign)
        up, down = (gain, loss) if sign > 0 else (loss, gain)
        return up.astype(np.int8) - down.astype(np.int8)

    def improvement(self) -> Floats:
        """Change of the value of every cell, signed so that more is better for residents, float64 [cells]; NaN where there is none."""
        if self.before is None or self.cell_sign == 0:
            return np.full(len(self.residents), np.nan)
        after, before = self.after.cell_values(), self.before.cell_values()
        known = np.isfinite(after) & np.isfinite(before)
        return np.asarray(np.subtract(after, before, out=np.full(len(after), np.nan), where=known) * self.cell_sign)

    def rows(self, tier: str) -> list[dict[str, Any]]:
        """One row a zone of a tier that has cells, with the columns of `COLUMNS`."""
        twin = self.scenario.base
        zones, member = twin.tier_zones(tier), twin.member(tier)
        count = len(zones)
        value = by_zone(self.after.result, member, count).value
        baseline = np.full(count, np.nan) if self.before is None else by_zone(self.before.result, member, count).value
        side = self.sides()
        sums = [zone_sums(self.residents * (side == which), member, count) for which in (1, -1, 0)]
        present = np.bincount(member[member >= 0], minlength=count) > 0
        ids = zones["id"].to_numpy()
        sign = _sign(self.indicator)
        return [
            self._row(tier, str(ids[zone]), float(baseline[zone]), float(value[zone]), sign, [float(part[zone]) for part in sums])
            for zone in np.flatnonzero(present)
        ]

    def _row(self, tier: str, zone: str, baseline: float, value: float, sign: int, sides: list[float]) -> dict[str, Any]:
        change = value - baseline if np.isfinite(value) and np.isfinite(baseline) else None
        winners, losers, unchanged = sides
        return {
            "scenario": self.scenario.scenario.id,
            "indicator": self.indicator.id,
            "tier": tier,
            "zone": zone,
            "group": self.after.group,
            "unit": self.indicator.unit,
            "baseline": _finite(baseline),
            "value": _finite(value),
            "change": change,
            "improvement": None if change is None or sign == 0 else change * sign + 0.0,
            "verdict": _verdict(change, sign),
            "winners": winners if self.cell_sign else None,
            "losers": losers if self.cell_sign else None,
            "unchanged": unchanged if self.cell_sign else None,
        }


def _is_balanced(measured: Measured) -> bool:
    """Does a number rest on flows of the whole city that a gravity model balances?"""
    rules = ((PROVIDERS[entry.provider].assumed, entry.args) for entry in measured.indicator.inputs.values())
    return any("gravity" in assumed(measured.inputs, **args) for assumed, args in rules if assumed is not None)


def _sign(indicator: Indicator) -> int:
    return {"higher": 1, "lower": -1, "neutral": 0}[indicator.polarity]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _verdict(change: float | None, sign: int) -> Verdict:
    if change is None:
        return "unknown"
    if change == 0:
        return "same"
    if sign == 0:
        return "neutral"
    return "better" if change * sign > 0 else "worse"


@dataclass(frozen=True)
class Comparison:
    """Scenarios of one city beside its baseline."""

    base: Twin
    scenarios: tuple[TwinUnder, ...]
    pairs: tuple[Pair, ...]

    def rows(self, tier: str = "city") -> list[dict[str, Any]]:
        """One row for every scenario, indicator, group and zone of a tier."""
        return [row for pair in self.pairs for row in pair.rows(tier)]

    def touched(self, tier: str = "city") -> list[dict[str, Any]]:
        """The rows in which something changes: the value, or the lot of any resident."""
        rows = [row for pair in self.pairs if not pair.untouched for row in pair.rows(tier)]
        return [row for row in rows if row["verdict"] != "same" or row["winners"] or row["losers"]]

    def pair(self, scenario: str, indicator: str, group: str = "all") -> Pair:
        """One indicator under one scenario, by their ids."""
        for pair in self.pairs:
            if (pair.scenario.scenario.id, pair.indicator.id, pair.after.group) == (scenario, indicator, group):
                return pair
        msg = f"'{indicator}' for '{group}' was not compared under '{scenario}'"
        raise UsageError(msg)

    def summary(self) -> list[dict[str, Any]]:
        """For every scenario: what it costs, how many residents gain or lose by any headline indicator, and both sides' worst case.

        Residents count once, however many indicators change for them; one who gains by some and loses by others counts on both sides.
        """
        rows = []
        for scenario in self.scenarios:
            mine = [pair for pair in self.pairs if pair.scenario is scenario and pair.after.group == "all"]
            sides = np.array([pair.sides() for pair in mine]) if mine else np.zeros((1, len(self.base.cells)), np.int8)
            residents = self.base.residents()
            gain, loss = (sides > 0).any(axis=0), (sides < 0).any(axis=0)
            rows.append(
                {
                    "scenario": scenario.scenario.id,
                    "cost": scenario.cost,
                    "changes": len(scenario.effects),
                    "winners": float(residents[gain].sum()),
                    "losers": float(residents[loss].sum()),
                    "both": float(residents[gain & loss].sum()),
                    "unchanged": float(residents[~gain & ~loss].sum()),
                }
            )
        return rows


@dataclass
class Baseline:
    """The city as it is, with what many comparisons share: the index of streets, the networks, the measured indicators."""

    twin: Twin
    period: str = "night"
    threads: int | None = None
    _by_group: dict[str, Inputs] = field(default_factory=dict, repr=False)
    _measured: dict[tuple[str, str], Measured | None] = field(default_factory=dict, repr=False)

    @cached_property
    def ground(self) -> Ground:
        """The streets ready for attaching new places."""
        return Ground(self.twin)

    @cached_property
    def measurable(self) -> frozenset[str]:
        """The ids of the indicators that the city can measure."""
        return frozenset(item.id for item in computable(self.twin))

    def inputs(self, group: str = "all") -> Inputs:
        """The inputs of a group; what does not depend on the group is shared."""
        if not self._by_group:
            self._by_group["all"] = Inputs(self.twin, "all", self.period, self.threads)
        if group not in self._by_group:
            self._by_group[group] = self._by_group["all"].for_group(group)
        return self._by_group[group]

    def measured(self, indicator: Indicator, group: str) -> Measured | None:
        """One indicator for one group, measured once; None where the city cannot measure it."""
        key = (indicator.id, group)
        if key not in self._measured:
            self._measured[key] = self.inputs(group).measured(indicator) if indicator.id in self.measurable else None
        return self._measured[key]


def compare(
    twin: Twin | Baseline,
    scenarios: Sequence[Scenario | TwinUnder],
    indicators: Iterable[str] | None = None,
    *,
    groups: Iterable[str] | None = None,
    period: str = "night",
    threads: int | None = None,
) -> Comparison:
    """Measure the baseline and every scenario.

    `indicators` are ids or patterns (`services.*`); without them every indicator is measured that the city under some scenario can
    measure. `groups` restricts the groups of residents. Several calls on one city are answered faster with a `Baseline`, whose period
    and threads then hold. Raises `InputError` with all faults of all scenarios, and `UsageError` on a pattern that fits nothing, on two
    scenarios with one id, and on a city under a scenario that was made for another city.
    """
    base = twin if isinstance(twin, Baseline) else Baseline(twin, period, threads)
    if isinstance(twin, Baseline) and (period, threads) != ("night", None):
        msg = "the period and the threads are those of the baseline: state them there"
        raise UsageError(msg)
    cities = resolve(base.ground, scenarios)
    here = [_measurable(base, city) for city in cities]
    chosen = _chosen(base.measurable.union(*here), indicators)
    wanted = None if groups is None else set(groups)
    unknown = sorted((wanted or set()) - {group for item in chosen for group in item.groups})
    if unknown:
        msg = f"no chosen indicator is defined for the group '{unknown[0]}'"
        raise UsageError(msg)
    pairs = [pair for city, known in zip(cities, here, strict=True) for pair in _pairs(base, city, chosen, known, wanted)]
    return Comparison(base.twin, tuple(cities), tuple(pairs))


def _measurable(base: Baseline, city: TwinUnder) -> frozenset[str]:
    """The ids of the indicators that the city can measure under the scenario."""
    if "places" not in city.changed:
        return base.measurable
    before, now = set(base.twin.kinds()), set(city.kinds())
    if not before <= now:
        return frozenset(item.id for item in computable(city))
    if before == now and _sizes_known(base.twin, city):
        return base.measurable
    # Where no kind of place was lost, whatever could be measured still can be.
    others = (item for item in INDICATORS if item.id not in base.measurable and not item.recorded_only)
    return base.measurable | {item.id for item in others if not missing_needs(item, city)}


def _sizes_known(twin: Twin, city: TwinUnder) -> bool:
    """Does the city know the area of some place of every kind of which the scenario brings or resizes one?

    Otherwise what rests on areas may be measurable under the scenario for the first time.
    """
    places, came_from = city.places, city.place_from
    old = twin.places["area_m2"].to_numpy(float)[np.maximum(came_from, 0)]
    new = (came_from < 0) | ~((places["area_m2"].to_numpy(float) == old) | np.isnan(old))
    known = set(twin.places["kind"][np.isfinite(twin.places["area_m2"].to_numpy(float))])
    return set(places["kind"][new]) <= known


def _pairs(base: Baseline, city: TwinUnder, chosen: Sequence[Indicator], known: frozenset[str], wanted: set[str] | None) -> Iterator[Pair]:
    everyone = InputsUnder.of(city, base.inputs())
    by_group: dict[str, InputsUnder] = {}
    for item in chosen:
        for group in item.groups:
            if item.id in known and group in base.twin.groups and (wanted is None or group in wanted):
                if group not in by_group:
                    by_group[group] = everyone.for_group(group)
                before, inputs = base.measured(item, group), by_group[group]
                after = before if before is not None and inputs.is_untouched(item) else inputs.measured(item)
                yield Pair(city, before, after, base.inputs(group).residents())


def resolve(ground: Ground, scenarios: Sequence[Scenario | TwinUnder]) -> list[TwinUnder]:
    """Every scenario as a city under it; the faults of all scenarios are told together."""
    faults = FaultList()
    cities: list[TwinUnder] = []
    for entry in scenarios:
        if isinstance(entry, TwinUnder):
            if entry.base.hash != ground.twin.hash:
                msg = f"the scenario '{entry.scenario.id}' was made for another city or an older twin"
                raise UsageError(msg)
            cities.append(entry)
            continue
        try:
            cities.append(under(ground, entry))
        except InputError as error:
            faults.extend(error.faults)
    faults.check()
    ids = [city.scenario.id for city in cities]
    double = sorted({name for name in ids if ids.count(name) > 1})
    if double:
        msg = f"two scenarios have the id '{double[0]}'; give each its own id"
        raise UsageError(msg)
    return cities


def _chosen(known: frozenset[str], patterns: Iterable[str] | None) -> list[Indicator]:
    if patterns is None:
        return [INDICATORS.get(name) for name in sorted(known)]
    chosen: set[str] = set()
    for pattern in patterns:
        found = {name for name in known if fnmatchcase(name, pattern)}
        if not found:
            INDICATORS.get(pattern)
            msg = f"'{pattern}' cannot be measured in this city"
            raise UsageError(msg)
        chosen |= found
    return [INDICATORS.get(name) for name in sorted(chosen)]
