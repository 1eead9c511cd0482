"""Maps as vector drawings: one path a class, outlines on top, a legend that counts residents.

Colours are safe for colour-blind readers and order from dark to light in grey; what is not a class of the scale also
carries a pattern. Drawings use whole numbers of about seven metres, so that a city's map weighs some tens of kilobytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import WGS84, shapes_to_metric
from parkcity.insight.operators.distribution import weighted_quantile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from parkcity.base.words import Lang, Words
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

WIDTH = 4000
_SNAP_M = 0.5
_OUTLINE_M = 25.0
QUANTILE_STYLES = ("q1", "q2", "q3", "q4", "q5")


@dataclass(frozen=True)
class MapClass:
    """One class of a map: its style, its label, its cells, and the residents who live there."""

    style: str
    label: str
    path: str
    residents: float
    share: float


@dataclass(frozen=True)
class Drawing:
    """A finished map: classes in the order of the legend, and its note."""

    title: str
    classes: tuple[MapClass, ...]
    note: str
    width: int
    height: int
    dots: str = ""


@dataclass(frozen=True)
class Canvas:
    """The frame shared by all maps of a city: cells, outlines and labels in drawing units."""

    twin: Twin

    @cached_property
    def _cells(self) -> NDArray[Any]:
        import shapely

        metric = shapes_to_metric(self.twin.cells.geometry.to_numpy(), WGS84, self.twin.projection)
        return np.asarray(shapely.set_precision(metric, _SNAP_M))

    @cached_property
    def _sides(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Every side of every cell in drawing units: its cell, its first point [k, 2] and its second point [k, 2]."""
        import shapely

        parts, owner = shapely.get_parts(self._cells, return_index=True)
        rings, ring_part = shapely.get_rings(shapely.normalize(parts), return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        points = self.place(xy)
        same = ring[1:] == ring[:-1]
        begin, end = points[:-1][same], points[1:][same]
        moved = np.any(begin != end, axis=1)
        return owner[ring_part[ring[:-1][same]]][moved], begin[moved], end[moved]

    @cached_property
    def _numbered_sides(self) -> tuple[NDArray[np.int64], list[tuple[int, int]], NDArray[np.int64], NDArray[np.int64]]:
        """Cell of every side; all corners once; the rows of each side's first and second point among them."""
        owner, begin, end = self._sides
        corners, number = np.unique(np.concatenate([begin, end]), axis=0, return_inverse=True)
        rows = number.ravel().astype(np.int64)
        points = [(int(x), int(y)) for x, y in corners.tolist()]
        return owner, points, rows[: len(begin)], rows[len(begin) :]

    @cached_property
    def _frame(self) -> tuple[float, float, float, float]:
        """West, north, metres a unit, height in units."""
        import shapely

        west, south, east, north = shapely.total_bounds(self._cells)
        margin = 0.02 * (east - west)
        per_unit = (east - west + 2 * margin) / WIDTH
        return west - margin, north + margin, per_unit, (north - south + 2 * margin) / per_unit

    @property
    def height(self) -> int:
        """Height of the drawing in units."""
        return int(np.ceil(self._frame[3]))

    def place(self, xy: Floats) -> NDArray[np.int64]:
        """Metres to drawing units."""
        west, north, per_unit, _ = self._frame
        return np.column_stack([(xy[:, 0] - west) / per_unit, (north - xy[:, 1]) / per_unit]).round().astype(np.int64)

    def path_of(self, mask: NDArray[np.bool_]) -> str:
        """The cells of a class as one path: sides that two cells of the class share are left out.

        Rings run the same way round in every cell, so a shared side appears once in each direction and cancels; what is
        left chains into the outline of the class. That is a union of a tiling without any geometry.
        """
        owner, point, begin, end = self._numbered_sides
        mine = mask[owner]
        # A side and the same side back are two numbers: what one has more than the other is on the outline.
        sides, count = np.unique(begin[mine] * len(point) + end[mine], return_counts=True)
        first, second = np.divmod(sides, max(len(point), 1))
        back = second * len(point) + first
        place = np.minimum(np.searchsorted(sides, back), max(len(sides) - 1, 0))
        left = count - np.where(sides[place] == back, count[place], 0) if len(sides) else count
        following: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for row in np.flatnonzero(left > 0).tolist():
            following.setdefault(point[first[row]], []).extend([point[second[row]]] * int(left[row]))
        return "".join(self._steps(ring) for ring in _rings(following))

    def path(self, shape: Any) -> str:
        """Polygons or lines as a path of whole numbers."""
        import shapely

        pieces = []
        for part in shapely.get_parts(shape):
            rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
            pieces += [self._ring(shapely.get_coordinates(ring), closed=part.geom_type == "Polygon") for ring in rings]
        return "".join(pieces)

    def _ring(self, xy: Floats, *, closed: bool) -> str:
        points = [tuple(point) for point in self.place(xy).tolist()]
        return self._steps(points[:-1] if closed else points, closed=closed)

    def _steps(self, points: list[tuple[int, int]], *, closed: bool = True) -> str:
        """Points as a path of relative steps; steps of no length are left out."""
        steps: list[tuple[int, int]] = []
        for (x0, y0), (x1, y1) in pairwise(points):
            dx, dy = x1 - x0, y1 - y0
            if dx or dy:
                steps.append((dx, dy))
        if not steps:
            return ""
        body = "".join(f"{'' if dx < 0 else ' '}{dx}{'' if dy < 0 else ' '}{dy}" for dx, dy in steps)
        return f"M{points[0][0]} {points[0][1]}l{body.strip()}{'z' if closed else ''}"

    @cached_property
    def outlines(self) -> str:
        """Boundaries of the zones of the study area's tier."""
        import shapely

        zones = self.twin.tier_zones(self.twin.spec.area_tier)
        inside = zones[zones["inside"]]
        metric = shapes_to_metric(inside.geometry.to_numpy(), WGS84, self.twin.projection)
        return "".join(self.path(shapely.simplify(shape, _OUTLINE_M)) for shape in metric)

    def labels(self, lang: Lang) -> list[tuple[int, int, str]]:
        """Names of the zones at a point inside each."""
        import shapely

        zones = self.twin.tier_zones(self.twin.spec.area_tier)
        inside = zones[zones["inside"]]
        metric = shapes_to_metric(inside.geometry.to_numpy(), WGS84, self.twin.projection)
        points = self.place(shapely.get_coordinates(shapely.point_on_surface(metric)))
        return [(int(x), int(y), name) for (x, y), name in zip(points, inside[f"name_{lang}"], strict=True)]

    def dots_of(self, rows: NDArray[np.int64]) -> str:
        """Places as dots: a path of points without length, drawn with round ends."""
        places = self.twin.places.iloc[rows]
        points = self.place(np.column_stack([places["x"].to_numpy(float), places["y"].to_numpy(float)]))
        seen = (points >= 0).all(axis=1) & (points[:, 0] <= WIDTH) & (points[:, 1] <= self.height)
        return "".join(f"M{x} {y}h0" for x, y in points[seen].tolist())

    @property
    def scale_units(self) -> tuple[int, int]:
        """Length of the scale bar: kilometres and drawing units."""
        km = 5 if self._frame[2] * WIDTH > 15_000 else 1
        return km, round(km * 1000 / self._frame[2])


def _rings(following: dict[tuple[int, int], list[tuple[int, int]]]) -> Iterator[list[tuple[int, int]]]:
    """Closed rings chained from directed sides; each side is used once."""
    for start in list(following):
        while following[start]:
            ring = [start]
            point = following[start].pop()
            while point != start and following.get(point):
                ring.append(point)
                point = following[point].pop()
            if len(ring) > 2:
                yield ring


def band_map(
    canvas: Canvas, minutes: Floats, residents: Floats, breaks: tuple[float, float, float, float], words: Words, lang: Lang
) -> tuple[MapClass, ...]:
    """Classes of a map of minutes: the four breaks, over the last, no way there, no data, nobody."""
    lived, known = residents > 0, ~np.isnan(minutes)
    first, second, third, fourth = breaks
    finite = known & np.isfinite(minutes)
    masks = [
        ("band_5", "b1", finite & (minutes <= first)),
        ("band_10", "b2", finite & (minutes > first) & (minutes <= second)),
        ("band_15", "b3", finite & (minutes > second) & (minutes <= third)),
        ("band_30", "b4", finite & (minutes > third) & (minutes <= fourth)),
        ("band_over", "b5", finite & (minutes > fourth)),
        ("unreachable", "unreachable", known & np.isinf(minutes)),
        ("no_data", "nodata", ~known),
    ]
    classes = [_class(canvas, style, words.get(text, lang), mask & lived, residents) for text, style, mask in masks]
    return (*classes, _class(canvas, "nobody", words.get("nobody", lang), ~lived, residents))


def quantile_map(
    canvas: Canvas, values: Floats, weights: Floats, show: Any, words: Words, lang: Lang, lived: NDArray[np.bool_]
) -> tuple[MapClass, ...]:
    """Five classes that hold a fifth of the residents each; `show` writes a value as a person reads it."""
    known = np.isfinite(values)
    used = known & (weights > 0)
    cuts = sorted({weighted_quantile(values[used], weights[used], share) for share in (0.2, 0.4, 0.6, 0.8)})
    top = float(values[used].max()) if used.any() else 0.0
    edges = [float(values[used].min()) if used.any() else 0.0, *[cut for cut in cuts if cut < top], top]
    classes = []
    styles = QUANTILE_STYLES[-(len(edges) - 1) :]
    for number, style in enumerate(styles):
        low, high = edges[number], edges[number + 1]
        above = values >= low if number == 0 else values > low
        mask = known & above & (values <= high) & lived
        classes.append(_class(canvas, style, f"{show(low)} – {show(high)}", mask, weights))
    classes.append(_class(canvas, "nodata", words.get("no_data", lang), ~known & lived, weights))
    classes.append(_class(canvas, "nobody", words.get("nobody", lang), ~lived, weights))
    return tuple(classes)


def _class(canvas: Canvas, style: str, label: str, mask: NDArray[np.bool_], residents: Floats) -> MapClass:
    count, total = float(residents[mask].sum()), float(residents.sum())
    return MapClass(style, label, canvas.path_of(mask), count, count / total if total else 0.0)
