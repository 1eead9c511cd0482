"""The maps of a check-up: which are drawn, from which numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.units import unit
from parkcity.insight.classes import place_class
from parkcity.insight.forms import by_zone
from parkcity.insight.inputs import Inputs, speed_of
from parkcity.insight.registry import ACCESS_GROUPS
from parkcity.serve.report.maps import Canvas, Drawing, band_map, quantile_map
from parkcity.standards import parameter

if TYPE_CHECKING:
    from parkcity.base.words import Lang, Words
    from parkcity.insight.run import Measured
    from parkcity.twin.twin import Twin

_BAND_CLASSES = ("primary_school", "secondary_school", "park", "park_15", "sports", "metro_station")
_VALUE_MAPS = (
    "life_circle.index",
    "commute.mean_km",
    "commute.within_45_min",
    "commute.transit.within_45_min",
    "commute.car.mean_min",
    "index.livable",
    "index.services",
    "green.park_area_within_15_min",
    "green.canopy.land",
    "land.building_cover",
    "land.floor_ratio",
    "transit.people.within_45_min",
    "streets.density",
    "streets.junction_density",
    "streets.catchment_ratio",
    "safety.fire.median",
    "safety.ems.median",
    "safety.shelter.emergency",
    "culture.culture_mean",
    "culture.leisure_mean",
    "all_age.education.elders_gap",
    "all_age.green.elders_gap",
    "people.density",
    "people.elders_share",
    "people.children_share",
)
"""Values of cells that a map tells well, in the order of the themes."""

_ZONE_MAPS = (
    "coverage.seven.mean",
    "coverage.park.within_5_min",
    "equity.primary_school.gini",
    "equity.health_centre.gini",
    "green.park_area_per_head",
    "tod.people_and_jobs",
    "safety.single_access",
)
"""Values of whole zones: inequality within them, and what has no meaning for a single cell."""
_PER_HEAD_MAPS = tuple(
    f"services.{kind}.per_100000"
    for kind in (
        *("primary_school", "secondary_school", "kindergarten", "health_centre", "nursing_home", "culture_centre"),
        *("market", "park", "sports", "metro_station"),
    )
)
"""Numbers of places for the residents of a zone that planners look for first; the table has all of them."""
_GROUPED = ("primary_school", "park", "sports", "metro_station")


@dataclass(frozen=True)
class Figure:
    """One map of the report, drawn for one or more groups of residents."""

    id: str
    title: str
    drawings: tuple[tuple[str, Drawing], ...]
    sources: str


@dataclass(frozen=True)
class Artist:
    """Draws the maps of one city in one language."""

    twin: Twin
    words: Words
    lang: Lang
    canvas: Canvas

    def figures(self, measured: list[Measured]) -> list[Figure]:
        """All maps that this city's numbers allow, the worst-served need first."""
        shared = measured[0].inputs
        # Without streets there are no minutes to draw.
        kinds = self.twin.kinds() if self.twin.has("attachments") else {}
        figures = [self._worst(shared)] if shared.measurable_needs() else []
        walks = [item.indicator.inputs["distance_m"].args for item in measured if "distance_m" in item.indicator.inputs]
        norms = [str(args["class_id"]) for args in walks if "class_id" in args]
        wanted = dict.fromkeys((*_BAND_CLASSES, *shared.measurable_needs(), *norms))
        figures += [self._bands(class_id, shared) for class_id in wanted if place_class(class_id).kind in kinds]
        by_id = {(item.indicator.id, item.group): item for item in measured}
        figures += [self._values(by_id[name, "all"]) for name in _VALUE_MAPS if (name, "all") in by_id]
        per_head = [item for item in measured if item.indicator.id in _PER_HEAD_MAPS]
        per_head += [by_id[name, "all"] for name in _ZONE_MAPS if (name, "all") in by_id]
        return figures + [self._zones(item) for item in per_head]

    def _groups(self) -> tuple[str, ...]:
        return tuple(group for group in ACCESS_GROUPS if group in self.twin.groups)

    def _breaks(self) -> tuple[float, float, float, float]:
        first, second, third, fourth = (parameter("check_limits", f"minutes.{number}").number for number in (5, 10, 15, 30))
        return first, second, third, fourth

    def _group_name(self, group: str) -> str:
        row = parameter("groups", group)
        return row.extra["name_zh"] if self.lang == "zh" else row.extra["name_en"]

    def _note(self, group: str) -> str:
        speed = speed_of(group)
        name = self._group_name(group)
        mark = "" if speed.official else f" ({self.words.get('not_official', self.lang)})"
        return self.words.get("map_note", self.lang, group=name, speed=f"{speed.number:g}{mark}")

    def _sources(self, *class_ids: str) -> str:
        """The sources of people, streets and the places of the classes, each named once."""
        kinds = {place_class(class_id).kind for class_id in class_ids}
        places = self.twin.places
        of_kind = set(places["source"].to_numpy()[places["kind"].isin(kinds).to_numpy()])
        rows = [row for row in self.twin.manifest["sources"] if row["layer"] in {"cells", "streets"} or row["id"] in of_kind]
        text = "; ".join(dict.fromkeys(f"{row['attribution']} [{row['date']}, {row['licence']}]" for row in rows))
        return self.words.get("source_line", self.lang, sources=text)

    def _bands(self, class_id: str, shared: Inputs) -> Figure:
        chosen = place_class(class_id)
        title = self.words.get("minutes_to", self.lang, name=chosen.name(self.lang))
        groups = self._groups() if class_id in _GROUPED else ("all",)
        drawings = []
        for group in groups:
            inputs = shared.for_group(group)
            classes = band_map(self.canvas, inputs.minutes(class_id), inputs.residents(), self._breaks(), self.words, self.lang)
            dots = self.canvas.dots_of(inputs.rows_of(class_id))
            drawings.append((group, self._drawing(title, classes, self._note(group), dots)))
        return Figure(f"minutes-{class_id}", title, tuple(drawings), self._sources(class_id))

    def _worst(self, shared: Inputs) -> Figure:
        title = self.words.get("minutes_worst", self.lang)
        drawings = []
        for group in self._groups():
            inputs = shared.for_group(group)
            worst = np.max(np.stack([inputs.minutes(need) for need in inputs.measurable_needs()]), axis=0)
            classes = band_map(self.canvas, worst, inputs.residents(), self._breaks(), self.words, self.lang)
            drawings.append((group, self._drawing(title, classes, self._note(group), "")))
        return Figure("minutes-worst", title, tuple(drawings), self._sources(*shared.measurable_needs()))

    def _values(self, item: Measured) -> Figure:
        title = item.indicator.name(self.lang)
        shown = unit(item.indicator.unit)
        values, residents = item.cell_values(), item.inputs.residents()

        def show(value: float) -> str:
            return shown.text(value, self.lang)

        classes = quantile_map(self.canvas, values, residents, show, self.words, self.lang, residents > 0)
        drawing = self._drawing(title, classes, self.words.get("quantile_note", self.lang), "")
        return Figure(f"value-{item.indicator.id.replace('.', '-')}", title, (("all", drawing),), self._sources())

    def _zones(self, item: Measured) -> Figure:
        """A number of the whole zone, which has no meaning for a single cell: every zone in one tone."""
        title = item.indicator.name(self.lang)
        shown = unit(item.indicator.unit)
        tier = self.twin.spec.area_tier
        member = self.twin.member(tier)
        values = by_zone(item.result, member, len(self.twin.tier_zones(tier))).value
        by_cell = np.where(member >= 0, values[np.maximum(member, 0)], np.nan)
        residents = item.inputs.residents()
        everywhere = np.ones(len(by_cell), bool)

        def show(value: float) -> str:
            return shown.text(value, self.lang)

        classes = quantile_map(self.canvas, by_cell, residents, show, self.words, self.lang, everywhere)
        drawing = self._drawing(title, classes, self.words.get("zone_note", self.lang), "")
        return Figure(f"zones-{item.indicator.id.replace('.', '-')}", title, (("all", drawing),), self._sources())

    def _drawing(self, title: str, classes: Any, note: str, dots: str) -> Drawing:
        from parkcity.serve.report.maps import WIDTH

        return Drawing(title, classes, note, WIDTH, self.canvas.height, dots)
