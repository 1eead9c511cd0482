"""Crosswalks between tiers: which share of the residents of one tier's zone lives in which zone of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.twin.zones import CITY_TIER, of_tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

COLUMNS = ("tier", "zone", "to_tier", "to_zone", "residents", "share")


def crosswalks(
    zones: gpd.GeoDataFrame, members: dict[str, NDArray[np.int32]], residents: NDArray[np.float64], area_m2: NDArray[np.float64]
) -> pd.DataFrame:
    """Rows `tier, zone, to_tier, to_zone, residents, share` for every ordered pair of tiers but the city.

    `residents` live in both zones; `share` is their part of the residents of `zone`, by area where nobody lives. The shares
    of a zone over the zones of another tier add up to 1. Cells in no zone of a tier stay out of its pairs.
    """
    tiers = [tier for tier in members if tier != CITY_TIER]
    parts = [_pair(zones, members, tier, other, residents, area_m2) for tier in tiers for other in tiers if tier != other]
    if not parts:
        return pd.DataFrame({name: pd.Series([], dtype=float if name in {"residents", "share"} else object) for name in COLUMNS})
    return pd.concat(parts, ignore_index=True)


def _pair(
    zones: gpd.GeoDataFrame,
    members: dict[str, NDArray[np.int32]],
    tier: str,
    other: str,
    residents: NDArray[np.float64],
    area_m2: NDArray[np.float64],
) -> pd.DataFrame:
    names, others = of_tier(zones, tier)["id"].to_numpy(), of_tier(zones, other)["id"].to_numpy()
    one, two = members[tier], members[other]
    both = (one >= 0) & (two >= 0)
    flat = one[both].astype(np.int64) * len(others) + two[both]
    pairs, place = np.unique(flat, return_inverse=True)
    people = np.bincount(place, residents[both], minlength=len(pairs))
    area = np.bincount(place, area_m2[both], minlength=len(pairs))
    zone = pairs // len(others)
    lived = np.bincount(zone, people, minlength=len(names))[zone]
    land = np.bincount(zone, area, minlength=len(names))[zone]
    share = np.where(lived > 0, people / np.where(lived > 0, lived, 1.0), area / np.where(land > 0, land, 1.0))
    columns: dict[str, Any] = {"tier": tier, "zone": names[zone], "to_tier": other, "to_zone": others[pairs % len(others)]}
    return pd.DataFrame({**columns, "residents": people, "share": share})[list(COLUMNS)]


def carried(table: pd.DataFrame, tier: str, other: str, values: dict[str, float], targets: Sequence[str]) -> dict[str, float]:
    """Totals of a tier's zones carried to the zones of another tier by residents; their sum is kept for zones with residents or land.

    >>> rows = pd.DataFrame([("a", "x", "b", "p", 30.0, 0.75), ("a", "x", "b", "q", 10.0, 0.25)], columns=list(COLUMNS))
    >>> carried(rows, "a", "b", {"x": 8.0}, ["p", "q"])
    {'p': 6.0, 'q': 2.0}
    """
    out = dict.fromkeys(targets, 0.0)
    rows = table[(table["tier"] == tier) & (table["to_tier"] == other)]
    for zone, to_zone, share in zip(rows["zone"], rows["to_zone"], rows["share"], strict=True):
        out[to_zone] += values.get(zone, 0.0) * float(share)
    return out
