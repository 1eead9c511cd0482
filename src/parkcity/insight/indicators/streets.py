"""Streets and small blocks: density by class, junctions, the size of blocks, detours and what a walk covers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts, of_all
from parkcity.insight.operators.coverage import within
from parkcity.insight.registry import Input, Polarity, declare
from parkcity.insight.street_form import blocks, length_of, nodes, pairs, walk_area
from parkcity.standards import Parameter, parameter

Floats = npt.NDArray[np.float64]


def street_density(area_km2: Floats, street_km: Floats) -> Parts:
    """Length of streets in an area."""
    return Parts(street_km, area_km2)


def junction_density(area_km2: Floats, junctions: Floats) -> Parts:
    """Junctions in an area."""
    return Parts(junctions, area_km2)


def catchment_ratio(residents: Floats, area_m2: Floats, *, radius: float) -> Parts:
    """Mean over residents of the area within a walk over that of the circle."""
    known = ~np.isnan(area_m2)
    circle = math.pi * radius * radius
    return Parts(residents * np.nan_to_num(area_m2) / circle, residents * known)


def good_catchment(residents: Floats, area_m2: Floats, *, radius: float, least: float) -> Parts:
    """Residents whose walk covers at least the given share of the circle."""
    circle = math.pi * radius * radius
    return Parts(residents * within(-area_m2, -least * circle), residents)


def _row(row_id: str) -> Parameter:
    return parameter("street_form_parameters", row_id)


_AREA = Input("area_km2")
_RADIUS = _row("catchment.radius")
_NORM = parameter("check_limits", "street.density")
_FOUR_HA = parameter("tod_parameters", "block.area.p90")
_NINE_HA = parameter("tod_parameters", "block.area.superblock")
_FIT = _row("block.fit.most")


declare(
    "streets.density",
    ("道路网密度（全部道路）", "Street density (streets of all classes)"),
    "sum(street length km) / sum(area km2)",
    _NORM,
    {"area_km2": _AREA, "street_km": Input("street_km")},
    street_density,
    unit="km/km2",
    form="Density",
    headline=True,
)
declare(
    "streets.junction_density",
    ("交叉口密度", "Junction density"),
    "sum(junctions) / sum(area km2)",
    parameter("check_limits", "junction.density"),
    {"area_km2": _AREA, "junctions": Input("junction_count")},
    junction_density,
    unit="1/km2",
    form="Density",
)


def _declare_classes() -> None:
    """Density by class; the norm's own indicator counts expressways, arterials, secondary and local streets, each road once."""
    names = {
        "urban_road": (
            "城区道路网密度（快速路、主干路、次干路、支路）",
            "Urban road density (expressways, arterials, secondary and local streets)",
        ),
        "expressway": ("快速路密度", "Density of expressways"),
        "arterial": ("主干路密度", "Density of arterials"),
        "secondary": ("次干路密度", "Density of secondary streets"),
        "local": ("支路密度", "Density of local streets"),
        "slow": ("步行与骑行专用路密度", "Density of ways for walking and cycling"),
    }
    for group, pair in names.items():
        street_km = length_of(group)
        formula = f"sum(length of {group} km, each road once) / sum(area km2)"
        polarity: Polarity = "neutral" if group in {"expressway", "arterial"} else "higher"
        inputs = {"area_km2": _AREA, "street_km": street_km}
        declare(f"streets.density.{group}", pair, formula, _NORM, inputs, street_density, unit="km/km2", polarity=polarity, form="Density")
    inputs = {"part": length_of("alley"), "whole": length_of("urban_road")}
    clause = parameter("street_groups", "living_street")
    formula = "sum(alleys, living and pedestrian streets km) / sum(urban roads km)"
    declare(
        "streets.alley_ratio",
        ("街巷与城市道路长度比", "Alleys to urban roads"),
        formula,
        clause,
        inputs,
        of_all,
        unit="ratio",
        form="Density",
    )


def _declare_blocks() -> None:
    land = blocks("land_ha")
    for name, limit in (("over_4_ha", _FOUR_HA), ("over_9_ha", _NINE_HA)):
        declare(
            f"streets.blocks.{name}",
            (f"大于 {limit.number:g} 公顷街区的用地占比", f"Land in blocks above {limit.number:g} ha"),
            f"sum(land in blocks above {limit.number:g} ha) / sum(land in blocks)",
            limit,
            {"part": blocks("land_ha", least_ha=limit.number), "whole": land},
            of_all,
            polarity="lower",
            headline=name == "over_9_ha",
        )
    count = blocks("count")
    mean = "sum(area of blocks) / number of blocks"
    declare(
        "streets.blocks.mean_ha",
        ("街区平均面积", "Mean block area"),
        mean,
        _FOUR_HA,
        {"part": blocks("ha"), "whole": count},
        of_all,
        unit="ha",
        polarity="lower",
        form="Mean",
    )
    side = "sum(perimeter of blocks / 4) / number of blocks"
    parts = {"part": blocks("side_m"), "whole": count}
    declare(
        "streets.blocks.mean_side",
        ("街区平均边长", "Mean side of blocks"),
        side,
        _FIT,
        parts,
        of_all,
        unit="m",
        polarity="lower",
        form="Mean",
    )
    met = "sum(land x area of its block) / sum(land in blocks)"
    parts = {"part": blocks("size_land"), "whole": land}
    declare(
        "streets.blocks.size_met",
        ("用地所在街区的平均面积", "Area of the block that land lies in (mean)"),
        met,
        _FOUR_HA,
        parts,
        of_all,
        unit="ha",
        polarity="lower",
        form="Mean",
    )
    formula = f"blocks with sides (perimeter / 4) up to {_FIT.number:g} m / blocks"
    parts = {"part": blocks("count", most_side_m=_FIT.number), "whole": count}
    declare(
        "streets.blocks.small_share",
        (f"边长不超过 {_FIT.number:g} 米的街区比例", f"Blocks with sides up to {_FIT.number:g} m"),
        formula,
        _FIT,
        parts,
        of_all,
        headline=True,
    )
    _declare_itdp(count)


def _declare_itdp(count: Input) -> None:
    """The block lengths of the ITDP standard, full points first."""
    for points in ("full", "8pts", "6pts"):
        row = parameter("tod_parameters", f"itdp.block.{points}")
        declare(
            f"streets.blocks.itdp_{row.value}_m",
            (f"边长不超过 {row.number:g} 米的街区比例（ITDP）", f"Blocks with sides up to {row.number:g} m (ITDP)"),
            f"blocks with sides (perimeter / 4) up to {row.number:g} m / blocks",
            row,
            {"part": blocks("count", most_side_m=row.number), "whole": count},
            of_all,
        )


def _declare_network() -> None:
    every = nodes(least=1)
    junctions = nodes(least=parameter("engine_parameters", "junction.degree").number)
    four = nodes(least=_row("junction.four").number)
    formula = "nodes where one street ends / nodes"
    clause = _row("dead_end.share")
    inputs = {"part": nodes(least=1, most=1), "whole": every}
    declare("streets.dead_end_share", ("断头路节点比例", "Dead ends among nodes"), formula, clause, inputs, of_all, polarity="lower")
    formula = "junctions of four and more street ends / junctions"
    inputs = {"part": four, "whole": junctions}
    clause = _row("four_way.share")
    declare("streets.four_way_share", ("四路及以上交叉口比例", "Junctions of four and more streets"), formula, clause, inputs, of_all)
    formula = (
        f"sum(walk along streets m) / sum(straight m), pairs of cells {_row('circuity.near').value} to {_row('circuity.far').value} m apart"
    )
    inputs = {"part": pairs("network_m"), "whole": pairs("straight_m")}
    declare(
        "streets.circuity",
        ("步行绕行系数", "Circuity of walking"),
        formula,
        _row("circuity.far"),
        inputs,
        of_all,
        unit="ratio",
        polarity="lower",
        form="Mean",
    )
    common = {"residents": Input("residents"), "area_m2": walk_area(_RADIUS.number)}
    declare(
        "streets.catchment_ratio",
        ("500米步行可达面积比（居民平均）", "Pedestrian catchment ratio, 500 m (mean over residents)"),
        "sum(residents x area within the walk / area of the circle) / sum(residents)",
        _RADIUS,
        common,
        catchment_ratio,
        unit="ratio",
        form="Mean",
        parameters={"radius": _RADIUS},
    )
    declare(
        "streets.catchment_good",
        ("步行可达面积比达到 0.6 的居民", "Residents with a pedestrian catchment ratio of 0.6 and more"),
        "sum(residents with ratio >= 0.6) / sum(residents)",
        _row("catchment.good"),
        common,
        good_catchment,
        parameters={"radius": _RADIUS, "least": _row("catchment.good")},
    )


_declare_classes()
_declare_blocks()
_declare_network()
