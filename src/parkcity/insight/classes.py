"""Classes of places that norms speak of: a kind, within a range of area."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from parkcity.sense.kinds import kind, kinds
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from parkcity.base.words import Lang

_SIZED = {
    "lc.15.sport_large": "sports",
    "lc.10.sport_medium": "sports",
    "lc.5.sport_small": "sports",
    "lc.15.park_15": "park",
    "lc.10.park_10": "park",
    "lc.5.park_5": "park",
}
_KIND_OF = {
    "lc.15.jhs": "secondary_school",
    "lc.15.health_centre": "health_centre",
    "lc.15.outpatient": "outpatient",
    "lc.15.nursing_home": "nursing_home",
    "lc.15.elder_care_home": "elder_care_home",
    "lc.15.culture_centre": "culture_centre",
    "lc.15.service_centre": "service_centre",
    "lc.15.subdistrict_office": "subdistrict_office",
    "lc.15.justice_office": "justice_office",
    "lc.15.mall": "mall",
    "lc.15.bank": "bank",
    "lc.15.telecom": "telecom",
    "lc.15.post": "post",
    "lc.15.rail_station": "metro_station",
    "lc.15.bus_stop_15": "bus_stop",
    "lc.10.primary": "primary_school",
    "lc.10.market": "market",
    "lc.10.small_finance": "small_finance",
    "lc.10.restaurant": "restaurant",
    "lc.10.bus_terminal": "bus_terminal",
    "lc.5.service_station": "service_station",
    "lc.5.culture_station": "culture_station",
    "lc.5.fitness": "fitness",
    "lc.5.kindergarten": "kindergarten",
    "lc.5.nursery": "nursery",
    "lc.5.day_care": "day_care",
    "lc.5.health_station": "health_station",
    "lc.5.shops": "shop",
    "lc.5.recycling": "recycling",
    "lc.5.waste_station": "waste_station",
    "lc.5.toilet": "toilet",
    "lc.0.property": "property",
    "lc.0.parcel": "parcel",
    "lc.0.waste_point": "waste_point",
    "lc.0.parking": "parking",
    "lc.0.child_elder_yard": "playground",
}
"""Which kind answers which facility of GB 50180-2018."""


_ALSO = {"sports": ("football",)}
"""Kinds that answer the need for another kind too."""

_NOT_BY_RESIDENTS = {"metro_station", "bus_stop", "bus_terminal", "parking"}


@dataclass(frozen=True)
class PlaceClass:
    """Places of one kind whose area is at least `least_m2` and below `below_m2` (None: no bound).

    `typical_most_m2` is the largest area that the norm gives to a facility of the class: a source that leaves out places up to
    it does not know the class, although larger places answer the need too.
    """

    id: str
    kind: str
    least_m2: float | None = None
    below_m2: float | None = None
    typical_most_m2: float | None = None

    @property
    def also(self) -> tuple[str, ...]:
        """Further kinds that answer the same need."""
        return _ALSO.get(self.kind, ())

    def name(self, lang: Lang) -> str:
        """Kind and range of area, in words."""
        base = kind(self.kind).name(lang)
        if self.least_m2 is None:
            return base
        low = f"{self.least_m2:,.0f}"
        if self.below_m2 is None:
            return f"{base}（≥{low} 平方米）" if lang == "zh" else f"{base} (at least {low} m²)"
        high = f"{self.below_m2:,.0f}"
        return f"{base}（{low}–{high} 平方米）" if lang == "zh" else f"{base} ({low} to {high} m²)"


@cache
def place_classes() -> dict[str, PlaceClass]:
    """All classes by id: the plain kinds, and the sized ones of the norms."""
    classes = {kind_id: PlaceClass(kind_id, kind_id) for kind_id in kinds()}
    for row in load("life_circle_facilities"):
        if row.id in _SIZED:
            least = row.extra_number("land_m2_min")
            class_id = row.id.split(".")[-1].replace("sport_", "sports_")
            classes[class_id] = PlaceClass(class_id, _SIZED[row.id], least, None, row.extra_number("land_m2_max"))
    small, large = parameter("park_sizes", "park.small.least").number, parameter("park_sizes", "park.large.least").number
    classes["park_small"] = PlaceClass("park_small", "park", small, large)
    classes["park_large"] = PlaceClass("park_large", "park", large)
    return classes


def class_of_facility(facility: str) -> str | None:
    """The class that answers a facility of the norm, or None where the table gives no kind."""
    if facility in _SIZED:
        return facility.rsplit(".", maxsplit=1)[-1].replace("sport_", "sports_")
    return _KIND_OF.get(facility)


@cache
def level_of_class(class_id: str) -> int | None:
    """The circle (15, 10 or 5 minutes) in which the norm asks for a class; None where residents do not decide their number."""
    if class_id in _NOT_BY_RESIDENTS:
        return None
    levels = [int(row.extra["level_min"]) for row in load("life_circle_facilities") if class_of_facility(row.id) == class_id]
    plain = {"park": 15, "sports": 15, "park_small": 5, "park_large": 15}
    level = max(levels, default=plain.get(class_id, 0))
    return level or None


def place_class(class_id: str) -> PlaceClass:
    """The class with this id."""
    return place_classes()[class_id]
