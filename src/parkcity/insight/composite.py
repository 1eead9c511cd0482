"""Indices of a city: the declared parts that it can measure, and how firmly its zones stand in the order that they give.

Parts, weights, fields and goalposts stand in the table `index_parts`; what a city cannot measure is left out and told. Within a field
scores are averaged, across fields their geometric mean is taken, so that no field makes up for the want of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import hash_json
from parkcity.insight.forms import IndexPart, by_zone
from parkcity.insight.inputs import BASE_LAYERS, PROVIDERS, Inputs, Provider
from parkcity.insight.operators.index import arithmetic_mean, critic_weights, entropy_weights, ranks, standing, topsis, z_scores
from parkcity.insight.registry import INDICATORS, Input
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.registry import Indicator
    from parkcity.insight.run import Measured
    from parkcity.standards import Parameter
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

COLUMNS = (
    *("index", "tier", "zone", "score", "rank", "rank_low", "rank_median", "rank_high"),
    *("rank_entropy", "rank_critic", "rank_topsis", "rank_z", "not_apart_from", "changed_share"),
)
_LEAST_PARTS = 2
_LIFT = 1e-12


def declared(index: str) -> list[Parameter]:
    """The rows of an index in `index_parts`."""
    return [row for row in load("index_parts") if row.extra["index"] == index]


def measurable(twin: Twin, index: str) -> list[Parameter]:
    """The parts of an index that a city can measure, in the order of the table."""
    from parkcity.insight.run import status_of

    return [row for row in declared(index) if status_of(INDICATORS.get(row.extra["indicator"]), twin)[0] == "computed"]


@dataclass(frozen=True)
class CityParts:
    """The parts of an index measured in one city for one group, and their scores by cell, float64 [parts, cells]."""

    parts: tuple[IndexPart, ...]

    @cached_property
    def scores(self) -> Floats:
        """Scores of the parts in every cell, 0 to 1."""
        return np.stack([part.score(part.result.cell_values()) for part in self.parts])

    def __getitem__(self, key: Any) -> Any:
        return self.scores[key]


def index_parts(inputs: Inputs, index: str) -> CityParts:
    """The parts of an index for the group of the inputs, or for all residents where a part is not told apart by group."""
    parts = []
    for row in _here(inputs, index):
        indicator = INDICATORS.get(row.extra["indicator"])
        own = inputs if inputs.group in indicator.groups else inputs.for_group("all")
        worst, best = row.extra_number("worst"), row.extra_number("best")
        assert worst is not None
        assert best is not None
        parts.append(IndexPart(row.id, own.measured(indicator).result, row.number, row.extra["field"], worst, best))
    return CityParts(tuple(parts))


def lacks_parts(twin: Twin, index: str) -> list[str]:
    """Two parts at least make an index; of fewer it is told what the first ones need."""
    from parkcity.insight.run import missing_needs

    if len(measurable(twin, index)) >= _LEAST_PARTS:
        return []
    needs = [need for row in declared(index) for need in missing_needs(INDICATORS.get(row.extra["indicator"]), twin)]
    return list(dict.fromkeys(needs))[:5]


def unknown_parts(inputs: Inputs, index: str) -> tuple[int, int]:
    """How many of how many declared parts the city cannot measure."""
    every = len(declared(index))
    return every - len(measurable(inputs.twin, index)), every


def standing_rows(inputs: Inputs, tier: str) -> list[dict[str, Any]]:
    """For every index and zone of a tier: score, rank, the ranks of nine in ten other choices, and zones not to be told apart."""
    from parkcity.insight.run import measure_with, status_of

    rows: list[dict[str, Any]] = []
    for indicator in INDICATORS:
        if indicator.theme == "index" and status_of(indicator, inputs.twin)[0] == "computed":
            rows += _standing_of(measure_with(inputs.for_group("all"), indicator), tier)
    return rows


def _standing_of(measured: Measured, tier: str) -> list[dict[str, Any]]:
    twin = measured.inputs.twin
    zones, member = twin.tier_zones(tier), twin.member(tier)
    parts = measured.result.parts  # type: ignore[union-attr]
    values = by_zone(measured.result, member, len(zones)).value
    scores = np.stack([part.score(by_zone(part.result, member, len(zones)).value) for part in parts], axis=1)
    row = np.nonzero(np.isfinite(scores).all(axis=1))[0]
    if len(row) < 2:
        return []
    rules = {name: parameter("index_rules", name).number for name in ("draws", "spread", "floor", "apart")}
    found = standing(
        scores[row],
        np.array([part.weight for part in parts]),
        values[row],
        draws=int(rules["draws"]),
        spread=rules["spread"],
        floor=rules["floor"],
        seed=int(hash_json([measured.indicator.id, tier])[:8], 16),
    )
    others = _other_ranks(scores[row], np.array([part.weight for part in parts]))
    ids, alike = zones["id"].to_numpy()[row], found.alike(rules["apart"])
    order = np.argsort(found.rank, kind="stable")
    return [
        {
            "index": measured.indicator.id,
            "tier": tier,
            "zone": ids[at],
            "score": float(values[row[at]]),
            "rank": float(found.rank[at]),
            "rank_low": float(found.low[at]),
            "rank_median": float(found.median[at]),
            "rank_high": float(found.high[at]),
            **{name: float(ranked[at]) for name, ranked in others.items()},
            "not_apart_from": "|".join(ids[alike[at]]),
            "changed_share": found.changed,
        }
        for at in order
    ]


def _other_ranks(scores: Floats, weights: Floats) -> dict[str, Floats]:
    """Ranks by other methods: weights by entropy and by contrast (CRITIC), nearness to the best (TOPSIS), standard scores."""
    higher = np.ones(len(weights), bool)
    lifted = scores + _LIFT  # a part that is 0 everywhere has no entropy
    return {
        "rank_entropy": ranks(arithmetic_mean(scores, entropy_weights(lifted))),
        "rank_critic": ranks(arithmetic_mean(scores, critic_weights(scores))),
        "rank_topsis": ranks(topsis(scores, weights, higher)),
        "rank_z": ranks(arithmetic_mean(z_scores(scores), weights)),
    }


def rests_on(inputs: Inputs, index: str) -> list[Indicator]:
    """The indicators that an index puts together in a city."""
    return [INDICATORS.get(row.extra["indicator"]) for row in _here(inputs, index)]


def _here(inputs: Inputs, index: str) -> list[Parameter]:
    """As `measurable`, found once for a city."""
    rows: list[Parameter] = inputs.remember(f"parts/{index}", lambda: measurable(inputs.twin, index))
    return rows


def parts_of(index: str) -> Input:
    """The input that gives the parts of an index."""
    return Input("index_parts", {"index": index})


PROVIDERS["index_parts"] = Provider(index_parts, BASE_LAYERS, lacking=lacks_parts, unknown=unknown_parts, rests_on=rests_on)
