"""Public yearly series of many kinds, none of them of the shipped plan: regions, firms, a national economy, a world market.

Income per person of 48 US states 1929-2009 (Bureau of Economic Analysis, public domain, as kept by libpysal; two panels, because
depression and war were another world), and the series that statsmodels ships: Grunfeld's firms 1935-1954, the US economy
1959-2008 (quarters averaged), the world copper market 1951-1975, Longley's economy 1947-1962.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from statsmodels.datasets import copper, grunfeld, longley, macrodata

Panel = tuple[tuple[float, ...], ...]
_STATES = Path(__file__).parents[1] / "published/data/us-income/usjoin.csv"
_BREAK = 1950


@cache
def panels() -> dict[str, Panel]:
    """Every panel by name: its series, one value a year."""
    with _STATES.open(encoding="utf-8-sig", newline="") as file:
        states = list(csv.DictReader(file))
    years = [name for name in states[0] if name.isdecimal()]
    firms = grunfeld.load_pandas().data.groupby("firm")
    economy = macrodata.load_pandas().data.groupby("year").mean().iloc[:-1].drop(columns="quarter")
    market = copper.load_pandas().data.drop(columns=["YEAR", "TIME"], errors="ignore")
    old = longley.load_pandas().data.drop(columns="YEAR")
    return {
        "states before 1950": tuple(tuple(float(row[year]) for year in years if int(year) < _BREAK) for row in states),
        "states": tuple(tuple(float(row[year]) for year in years if int(year) >= _BREAK) for row in states),
        "firms": tuple(tuple(rows[name].tolist()) for _, rows in firms for name in ("invest", "value", "capital")),
        "economy": tuple(tuple(economy[name].tolist()) for name in economy.columns),
        "copper": tuple(tuple(market[name].tolist()) for name in market.columns),
        "longley": tuple(tuple(old[name].tolist()) for name in old.columns),
    }


def windows(panel: Panel, count: int, ahead: int, most: int) -> Iterator[tuple[Sequence[float], float]]:
    """Stretches of `count` years of the panel's series with the value `ahead` years later; at most about `most`, evenly picked."""
    found = [
        (series[start : start + count], series[start + count + ahead - 1])
        for series in panel
        for start in range(len(series) - count - ahead + 1)
    ]
    return iter(found[:: max(1, len(found) // most)])


def surprises(panel: Panel) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Variance of yearly change about its mean, as a share of the level squared, in each stretch of four years above zero.

    Stretches do not overlap. Two degrees of freedom each.
    """
    found = [np.array(series[start : start + 4]) for series in panel for start in range(0, len(series) - 3, 4)]
    return np.array([np.diff(part).var(ddof=1) / part.mean() ** 2 for part in found if part.min() > 0])
