"""Spreading totals: from zones or grid cells onto what people live in, so that every total is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """Pairs of a source and a target with the share of the source's total that goes there; the shares of a source add up to 1.

    `source, target` int64 [k], `share` float64 [k]; `level` int8 [sources]: which layer of targets took the total (0 the
    first), -1 where none did.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    share: Floats
    level: NDArray[np.int8]

    def values(self, totals: Floats, targets: int) -> Floats:
        """Totals [sources] spread over targets [targets]; their sum is the sum of the totals of sources that have a target."""
        return np.asarray(np.bincount(self.target, totals[self.source] * self.share, minlength=targets), np.float64)

    def whole(self, totals: NDArray[np.int64], targets: int) -> NDArray[np.int64]:
        """Whole persons spread by largest remainder, so that every source keeps exactly its total."""
        exact = totals[self.source] * self.share
        floor = np.floor(exact + 1e-9).astype(np.int64)
        sums = np.bincount(self.source, floor, minlength=len(totals)).astype(np.int64)
        has = np.bincount(self.source, minlength=len(totals)) > 0
        short = np.where(has, totals - sums, 0)
        order = np.lexsort([self.target, -(exact - floor), self.source])
        rank = np.arange(len(order)) - np.searchsorted(self.source[order], self.source[order])
        floor[order] += rank < short[self.source[order]]
        return np.bincount(self.target, floor, minlength=targets).astype(np.int64)


def overlap(sources: NDArray[Any], targets: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Pairs of polygons that overlap, and the area of their overlap (square units of their common system)."""
    import shapely

    shapely.prepare(sources)
    source, target = shapely.STRtree(targets).query(sources, predicate="intersects")
    inside = shapely.contains_properly(sources[source], targets[target])
    area = np.empty(len(source))
    area[inside] = shapely.area(targets[target[inside]])
    area[~inside] = shapely.area(shapely.intersection(sources[source[~inside]], targets[target[~inside]]))
    good = area > 0
    return source[good], target[good], area[good]


def areal(sources: NDArray[Any], targets: NDArray[Any], weight: Floats | None = None) -> Spread:
    """Totals of polygons spread over polygons by the area that they share, times a weight for each target (persons per area).

    Both in one metric system. What of a source lies outside all targets goes to the targets that it does touch.
    """
    source, target, area = overlap(sources, targets)
    return _normal(source, target, area * (1.0 if weight is None else weight[target]), len(sources))


@dataclass(frozen=True)
class Targets:
    """What totals may be spread onto: metric shapes [n] and weights [n] (floor area of buildings; persons per area of land).

    `whole`: a target counts with its whole weight where its inner point lies, so that no building is split by a boundary;
    otherwise it counts by the area that lies inside.
    """

    shapes: NDArray[Any]
    weight: Floats
    whole: bool


def dasymetric(sources: NDArray[Any], layers: Sequence[Targets]) -> Spread:
    """Totals of polygons spread over the first layer that has anything in them: dwellings, residential land, then any land.

    Targets are numbered through all layers in order. (Method: Wright, "A method of mapping densities of
    population", Geographical Review, 1936; Mennis, "Generating surface models of population", 2003.)
    """
    import shapely

    taken = np.full(len(sources), -1, np.int8)
    parts: list[Spread] = []
    first = 0
    for number, layer in enumerate(layers):
        shapes, weight = layer.shapes, layer.weight
        _check_weight(weight, number)
        rows = np.nonzero(taken < 0)[0]
        if len(shapes) and len(rows):
            if layer.whole:
                inner = np.asarray(shapely.point_on_surface(shapes), object)
                found, target = shapely.STRtree(inner).query(sources[rows], predicate="intersects")
                target, keep = np.unique(target, return_index=True)
                found, share = found[keep], weight[target]
            else:
                found, target, area = overlap(sources[rows], shapes)
                share = area * weight[target]
            part = _normal(rows[found], target + first, share, len(sources))
            taken[np.unique(part.source)] = number
            parts.append(part)
        first += len(shapes)
    source, target, share = (np.concatenate([np.zeros(0, kind), *(getattr(part, name) for part in parts)]) for name, kind in _COLUMNS)
    return Spread(source, target, share, taken)


_COLUMNS: tuple[tuple[str, Any], ...] = (("source", np.int64), ("target", np.int64), ("share", np.float64))


def _check_weight(weight: Floats, number: int) -> None:
    bad = ~np.isfinite(weight) | (weight < 0)
    if bad.any():
        row = int(bad.nonzero()[0][0])
        raise InputError(Fault(f"layer {number + 1} of the spreading", f"a weight is {weight[row]}.", "0 or more.", row=row + 1))


def _normal(source: NDArray[np.int64], target: NDArray[np.int64], weight: Floats, sources: int) -> Spread:
    good = weight > 0
    source, target, weight = source[good], target[good], weight[good]
    order = np.lexsort([target, source])
    source, target, weight = source[order], target[order], weight[order]
    total = np.bincount(source, weight, minlength=sources)
    level = np.where(total > 0, 0, -1).astype(np.int8)
    return Spread(source, target, weight / total[source], level)


def floor_area(area_m2: Floats, levels: Floats, height_m: Floats, storey_m: float, default_levels: float) -> Floats:
    """Floor area of buildings, float64 [n] square metres: footprint times levels, else height over the storey height, else a default."""
    from_height = np.maximum(np.round(height_m / storey_m), 1.0)
    storeys = np.where(np.isnan(levels), from_height, levels)
    return np.asarray(area_m2 * np.where(np.isnan(storeys), default_levels, storeys))


@dataclass(frozen=True)
class Fit:
    """A table fitted to its margins: `values`, how many rounds it took, and the largest remaining gap to a margin."""

    values: Floats
    rounds: int
    gap: float


def fit_margins(
    seed: Floats, margins: Sequence[tuple[tuple[int, ...], Floats]], *, tolerance: float = 1e-9, rounds: int = 1000, where: str = "margins"
) -> Fit:
    """Iterative proportional fitting of a table to margins (Deming and Stephan, 1940).

    `seed` of any shape, 0 or more (zeros stay zero); each margin names the axes that it keeps, in rising order, and the
    totals over the others. Raises `InputError` with every fault: margins that are negative, of the wrong shape, of
    different totals, that ask for something where the seed has nothing, or that no table can meet within `rounds`.
    """
    faults = _margin_faults(seed, margins, where)
    if faults:
        raise InputError(faults)
    values = seed.astype(np.float64)
    scale = max(float(margins[0][1].sum()), 1e-300)
    gap = np.inf
    for number in range(1, rounds + 1):
        for axes, wanted in margins:
            now = values.sum(axis=_others(seed.ndim, axes))
            factor = np.divide(wanted, now, out=np.zeros_like(wanted, dtype=np.float64), where=now > 0)
            values = values * np.expand_dims(factor, _others(seed.ndim, axes))
        gap = max(float(np.abs(values.sum(axis=_others(seed.ndim, axes)) - wanted).max()) for axes, wanted in margins) / scale
        if gap <= tolerance:
            return Fit(values, number, gap)
    what = f"after {rounds} rounds a margin is still missed by {gap:.2%} of the total: zeros in the seed contradict the margins."
    raise InputError(Fault(where, what, "margins that a table with these zeros can meet.", "fill zeros of the seed with small numbers"))


def _others(dimensions: int, axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(axis for axis in range(dimensions) if axis not in axes)


def _margin_faults(seed: Floats, margins: Sequence[tuple[tuple[int, ...], Floats]], where: str) -> list[Fault]:
    faults = []
    if not np.all(np.isfinite(seed) & (seed >= 0)):
        faults.append(Fault(where, "the seed has negative or missing numbers.", "0 or more."))
    if not margins:
        faults.append(Fault(where, "there are no margins.", "at least one."))
    for number, (axes, wanted) in enumerate(margins, start=1):
        place = f"{where}, margin {number}"
        if list(axes) != sorted(set(axes)) or not set(axes) <= set(range(seed.ndim)):
            faults.append(Fault(place, f"the axes {axes} do not fit a table of {seed.ndim} dimensions.", "axes in rising order."))
            continue
        shape = tuple(seed.shape[axis] for axis in axes)
        if wanted.shape != shape:
            faults.append(Fault(place, f"its shape is {wanted.shape}.", f"{shape}."))
        elif not np.all(np.isfinite(wanted) & (wanted >= 0)):
            faults.append(Fault(place, "it has negative or missing numbers.", "0 or more."))
        elif np.any((wanted > 0) & (seed.sum(axis=_others(seed.ndim, axes)) <= 0)):
            faults.append(Fault(place, "it asks for persons where the seed has none at all.", "0 there, or a seed above 0."))
    totals = [float(wanted.sum()) for _, wanted in margins]
    if not faults and max(totals) - min(totals) > 1e-6 * max(1.0, *totals):
        faults.append(
            Fault(where, f"the margins add up to different totals: {', '.join(f'{total:,.6g}' for total in totals)}.", "one total.")
        )
    return faults


@dataclass(frozen=True)
class TierMargin:
    """How the zones of one tier are made up.

    `member` int64 [rows]: the zone of each row; `kind` int64 [columns]: the class of each column; `wanted` float64 [zones,
    classes]: persons, 0 or more.
    """

    member: NDArray[np.int64]
    kind: NDArray[np.int64]
    wanted: Floats

    def sums(self, values: Floats) -> Floats:
        """A table [rows, columns] summed to zones and classes."""
        zones, classes = self.wanted.shape
        flat = self.member[:, None] * classes + self.kind[None, :]
        return np.bincount(flat.ravel(), values.ravel(), minlength=zones * classes).reshape(zones, classes).astype(np.float64)


def fit_tiers(totals: Floats, seed: Floats, margins: Sequence[TierMargin], *, tolerance: float = 1e-9, rounds: int = 2000) -> Fit:
    """Iterative proportional fitting of a table [rows, columns] to row totals and to margins of several tiers.

    The method of Deming and Stephan (1940) with margins that each sum other rows and other columns. The totals of the rows
    are met exactly; `gap` is the largest miss of a margin as a share of all persons, above the tolerance where margins of
    different tiers contradict one another (then the last margin comes nearest). `seed` [rows, columns] above 0.
    """
    values = seed * np.divide(totals, seed.sum(axis=1), out=np.zeros(len(totals)), where=seed.sum(axis=1) > 0)[:, None]
    scale = max(float(totals.sum()), 1e-300)
    gap, done, before = np.inf, 0, np.inf
    while done < rounds:
        done += 1
        for margin in margins:
            now = margin.sums(values)
            factor = np.divide(margin.wanted, now, out=np.zeros_like(now), where=now > 0)
            values = values * factor[margin.member[:, None], margin.kind[None, :]]
        rows = values.sum(axis=1)
        values = values * np.divide(totals, rows, out=np.zeros_like(rows), where=rows > 0)[:, None]
        gap = max((float(np.abs(margin.sums(values) - margin.wanted).max(initial=0.0)) for margin in margins), default=0.0) / scale
        # Contradicting margins settle at a gap that no further round closes.
        if gap <= tolerance or abs(before - gap) <= tolerance * 1e-3:
            break
        before = gap
    return Fit(values, done, gap)
