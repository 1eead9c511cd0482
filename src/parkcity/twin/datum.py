"""Does a source lie where the streets say it should? A datum is known by how its points stand to the streets.

Points in their true place keep a pattern to the streets: stations lie on them, schools and parks keep off the carriageway,
shops line them. Moved by the 300 to 900 metres between the Chinese map datums, that pattern is lost and the distances to
the nearest street look like those of points moved at random. So every reading of the coordinates is compared with random
moves, and the reading that differs most from chance is the datum of the points.

A file put together from two sources may hold two datums. Then its beginning and its end differ most from chance under different
readings, or, where the rows alternate, two readings differ from chance at once, each about half as much as it would alone.
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
_PARTS = 8
_SECOND = 0.4
_CHANCE = 2.5
"""Beyond this many over the root of the number of points, a difference of two distributions is no chance (Kolmogorov: 1.36 in 1 of 20)."""
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

    @property
    def strong(self) -> bool:
        """Does the best reading differ from chance, and clearly more than every other one?"""
        others = max((value for name, value in self.strength.items() if name != self.best), default=0.0)
        certain = parameter("engine_parameters", "datum.certain").number
        return self.strength[self.best] >= max(certain, 1.5 * others)

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
    # Outside China two readings may be one and the same, which no pattern can tell apart.
    others = {
        name: (x, y)
        for name, (x, y) in positions.items()
        if name != declared and not (np.allclose(x, base_x, atol=1.0) and np.allclose(y, base_y, atol=1.0))
    }
    if not others:
        return None
    positions = {declared: (base_x, base_y)} | others
    chance = _chance(base_x[near], base_y[near], index)
    strength = {name: _difference(index.distance(x[near], y[near]), chance) for name, (x, y) in positions.items()}
    return DatumEvidence(strength, declared)


@dataclass(frozen=True)
class MixedDatums:
    """Two datums in one source: the readings and, where the file changes from one to the other, how many points come before."""

    first: str
    second: str
    before: int | None
    strength: tuple[float, float]

    def fault(self, where: str) -> Fault:
        """The mixture in words, with both readings."""
        both = f"{self.first} ({self.strength[0]:.2f}) and {self.second} ({self.strength[1]:.2f})"
        text = f"some points look like {self.first} and some like {self.second}"
        if self.before is not None:
            text = f"the first {self.before:,} points look like {self.first}, the others like {self.second}"
        what = f"the source mixes two datums: {text} (agreement with the streets: {both})."
        todo = "split the file into one source for each datum; if you have checked it, add `datum_checked = true`"
        return Fault(where, what, "one datum a source.", todo)


def mixed_datums(
    lon: NDArray[np.float64], lat: NDArray[np.float64], declared: str, index: StreetIndex, projection: Projection
) -> MixedDatums | None:
    """Whether points in the order of their file are of two datums; arguments as of `datum_evidence`; None where they are of one.

    The file is parted at eighths: of all partings whose two sides speak for different readings, each side clearly, the one that
    speaks loudest is told, then moved to the row at which it speaks loudest of all.
    """
    whole = datum_evidence(lon, lat, declared, index, projection)
    if whole is None:
        return None

    def parted(row: int) -> tuple[float, DatumEvidence, DatumEvidence] | None:
        sides = [datum_evidence(lon[part], lat[part], declared, index, projection) for part in (slice(None, row), slice(row, None))]
        one, two = sides
        if one is None or two is None or one.best == two.best or not (one.strong and two.strong):
            return None
        return min(one.strength[one.best], two.strength[two.best]), one, two

    rows = sorted({len(lon) * part // _PARTS for part in range(1, _PARTS)})
    found = {row: sides for row in rows if (sides := parted(row)) is not None}
    if found:
        best = max(found, key=lambda row: (found[row][0], -row))
        step = max(len(lon) // (4 * _PARTS), 1)
        finer = {row: sides for row in range(best - 3 * step, best + 3 * step + 1, step) if 0 < row < len(lon) and (sides := parted(row))}
        found |= finer
        best = max(found, key=lambda row: (found[row][0], -row))
        _, one, two = found[best]
        return MixedDatums(one.best, two.best, best, (one.strength[one.best], two.strength[two.best]))
    (first, most), (second, next_most), *_ = sorted(whole.strength.items(), key=lambda item: -item[1])
    least = max(parameter("engine_parameters", "datum.certain").number, _CHANCE / np.sqrt(len(lon)), _SECOND * most)
    return MixedDatums(first, second, None, (most, next_most)) if next_most >= least else None


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
