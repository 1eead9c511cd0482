"""Both sides of a scenario: residents who gain and who lose, by group and by zone.

A resident counts once on a side, however many indicators change, as in `Comparison.summary`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.operators.zonal import zone_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.decide.compare import Comparison
    from parkcity.twin.scenario import TwinUnder

    Mask = NDArray[np.bool_]


def gain_and_loss(comparison: Comparison, scenario: TwinUnder, group: str) -> tuple[Mask, Mask]:
    """Cells whose residents of a group gain by some indicator, and cells where they lose by some, bool [cells] each."""
    cells = len(comparison.base.cells)
    gain, loss = np.zeros(cells, bool), np.zeros(cells, bool)
    for pair in comparison.pairs:
        if pair.scenario is scenario and pair.after.group == group and not pair.untouched:
            side = pair.sides()
            gain |= side > 0
            loss |= side < 0
    return gain, loss


def by_group(comparison: Comparison, scenario: TwinUnder) -> list[dict[str, Any]]:
    """One row a group that was compared: its residents, how many gain, how many lose."""
    groups = list(dict.fromkeys(pair.after.group for pair in comparison.pairs if pair.scenario is scenario))
    rows = []
    for group in groups:
        gain, loss = gain_and_loss(comparison, scenario, group)
        residents = comparison.base.residents(group)
        counts = {"winners": float(residents[gain].sum()), "losers": float(residents[loss].sum())}
        rows.append({"group": group, "residents": float(residents.sum()), **counts})
    return rows


def by_zone(comparison: Comparison, scenario: TwinUnder, tier: str, group: str = "all") -> list[dict[str, Any]]:
    """One row for every zone of a tier in which somebody of the group gains or loses, most winners first."""
    twin = comparison.base
    zones, member = twin.tier_zones(tier), twin.member(tier)
    residents = twin.residents(group)
    gain, loss = (zone_sums(residents * side, member, len(zones)) for side in gain_and_loss(comparison, scenario, group))
    rows = [
        {"tier": tier, "zone": str(zones["id"].iloc[row]), "winners": float(gain[row]), "losers": float(loss[row])}
        for row in np.flatnonzero((gain > 0) | (loss > 0))
    ]
    return sorted(rows, key=lambda row: (-row["winners"], -row["losers"], row["zone"]))
