"""Does a source lie where the streets say it should? A datum is known by how its points stand to the streets.

Points in their true place keep a pattern to the streets: stations lie on them, schools and parks keep off the carriageway,
shops line them. Moved by the 300 to 900 metres between the Chinese map datums, that pattern is lost and the distances to
the nearest street look like those of points moved at random. So every reading of the coordinates is compared with random
moves, and the reading that differs most from chance is the datum of the points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import Fault
from parkcity.base.geo import WGS84, Projection, from_wgs84, to_wgs84
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.attach import StreetIndex

READINGS = {"WGS84": WGS84, "GCJ02": "gcj02", "BD09": "bd09"}
_DIRECTIONS = 12
_MOVES_M = (420.0, 610.0)


@dataclass(frozen=True)
class DatumEvidence:
    """How strongly each reading of a source's coordinates differs from chance (0 no pattern, 1 all of it)."""

    strength: dict[str, float]
    declared: str

    @property
    def best(self) -> str:
        """The reading with the strongest pattern."""
        return max(self.strength, key=lambda name: self.strength[name])

    @property
    def contradicts(self) -> bool:
        """Is another reading than the declared one clearly the right one?"""
        certain = parameter("engine_parameters", "datum.certain").number
        return self.best != self.declared and self.strength[self.best] >= max(certain, 1.5 * self.strength[self.declared])

    def fault(self, where: str) -> Fault:
        """The contradiction in words, with both readings."""
        readings = ", ".join(f"{name} {value:.2f}" for name, value in self.strength.items())
        return Fault(
            where,
            f"the points look like {self.best}, not {self.declared} as declared (agreement with the streets: {readings}).",
            "the datum that the streets confirm.",
            f'state `datum = "{self.best}"` in city.toml; if you have checked it, add `datum_checked = true`',
        )


def datum_evidence(
    lon: NDArray[np.float64], lat: NDArray[np.float64], declared: str, index: StreetIndex, projection: Projection
) -> DatumEvidence | None:
    """Compare three readings of points with the streets.

    `lon, lat` are WGS 84 by the declared datum (a key of `READINGS`); None where there are too few points near streets to
    tell, or where the points lie outside China, where the readings are one and the same.
    """
    received = from_wgs84(lon, lat, READINGS[declared])
    positions = {name: projection.forward(*to_wgs84(*received, datum)) for name, datum in READINGS.items()}
    base_x, base_y = positions[declared]
    near = index.distance(base_x, base_y) < max(_MOVES_M)
    if near.sum() < parameter("engine_parameters", "datum.least_points").number:
        return None
    if all(np.allclose(x, base_x, atol=1.0) and np.allclose(y, base_y, atol=1.0) for x, y in positions.values() if x is not base_x):
        return None
    chance = _chance(base_x[near], base_y[near], index)
    strength = {name: _difference(index.distance(x[near], y[near]), chance) for name, (x, y) in positions.items()}
    return DatumEvidence(strength, declared)


def _chance(x: NDArray[np.float64], y: NDArray[np.float64], index: StreetIndex) -> NDArray[np.float64]:
    """Distances to the nearest street of the points moved in many directions, sorted."""
    angles = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
    moved = [index.distance(x + radius * np.cos(angle), y + radius * np.sin(angle)) for radius in _MOVES_M for angle in angles]
    return np.sort(np.concatenate(moved))


def _difference(distances: NDArray[np.float64], chance: NDArray[np.float64]) -> float:
    """Largest gap between the two cumulative distributions (the two-sample statistic of Kolmogorov and Smirnov)."""
    grid = np.sort(np.concatenate([distances, chance]))
    here = np.searchsorted(np.sort(distances), grid, side="right") / len(distances)
    there = np.searchsorted(chance, grid, side="right") / len(chance)
    return float(np.abs(here - there).max())
