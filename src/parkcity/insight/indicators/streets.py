"""Streets and small blocks: density by class, junctions, the size of blocks, detours and what a walk covers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Form, Parts
from parkcity.insight.operators.coverage import within
from parkcity.insight.registry import INDICATORS, Indicator, Input, Polarity
from parkcity.insight.street_form import blocks, length_of, nodes, pairs, walk_area
from parkcity.standards import Parameter, parameter

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]


def street_density(area_km2: Floats, street_km: Floats) -> Parts:
    """Length of streets in an area."""
    return Parts(street_km, area_km2)


def junction_density(area_km2: Floats, junctions: Floats) -> Parts:
    """Junctions in an area."""
    return Parts(junctions, area_km2)


def of_all(part: Floats, whole: Floats) -> Parts:
    """A part of a whole: of length, of land, of blocks, of nodes."""
    return Parts(part, whole)


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


def _declare(
    name: str,
    names: tuple[str, str],
    unit: str,
    polarity: Polarity,
    formula: str,
    clause: Parameter,
    inputs: dict[str, Input],
    *,
    form: Form = "Density",
    function: Callable[..., Parts] = of_all,
    headline: bool = False,
    **parameters: Parameter,
) -> None:
    INDICATORS.add(
        Indicator(
            id=f"streets.{name}",
            theme="streets",
            name_zh=names[0],
            name_en=names[1],
            unit=unit,
            polarity=polarity,
            form=form,
            formula=formula,
            clause=clause,
            inputs=inputs,
            parameters=parameters,
            function=function,
            headline=headline,
        )
    )


_declare(
    "density",
    ("道路网密度（全部道路）", "Street density (streets of all classes)"),
    "km/km2",
    "higher",
    "sum(street length km) / sum(area km2)",
    _NORM,
    {"area_km2": _AREA, "street_km": Input("street_km")},
    function=street_density,
    headline=True,
)
_declare(
    "junction_density",
    ("交叉口密度", "Junction density"),
    "1/km2",
    "higher",
    "sum(junctions) / sum(area km2)",
    parameter("check_limits", "junction.density"),
    {"area_km2": _AREA, "junctions": Input("junction_count")},
    function=junction_density,
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
        _declare(f"density.{group}", pair, "km/km2", polarity, formula, _NORM, inputs, function=street_density)
    inputs = {"part": length_of("alley"), "whole": length_of("urban_road")}
    clause = parameter("street_groups", "living_street")
    formula = "sum(alleys, living and pedestrian streets km) / sum(urban roads km)"
    _declare("alley_ratio", ("街巷与城市道路长度比", "Alleys to urban roads"), "ratio", "higher", formula, clause, inputs)


def _declare_blocks() -> None:
    land = blocks("land_ha")
    for name, limit in (("over_4_ha", _FOUR_HA), ("over_9_ha", _NINE_HA)):
        _declare(
            f"blocks.{name}",
            (f"大于 {limit.number:g} 公顷街区的用地占比", f"Land in blocks above {limit.number:g} ha"),
            "share",
            "lower",
            f"sum(land in blocks above {limit.number:g} ha) / sum(land in blocks)",
            limit,
            {"part": blocks("land_ha", least_ha=limit.number), "whole": land},
            form="Share",
            headline=name == "over_9_ha",
        )
    count = blocks("count")
    mean = "sum(area of blocks) / number of blocks"
    _declare(
        "blocks.mean_ha",
        ("街区平均面积", "Mean block area"),
        "ha",
        "lower",
        mean,
        _FOUR_HA,
        {"part": blocks("ha"), "whole": count},
        form="Mean",
    )
    side = "sum(perimeter of blocks / 4) / number of blocks"
    parts = {"part": blocks("side_m"), "whole": count}
    _declare("blocks.mean_side", ("街区平均边长", "Mean side of blocks"), "m", "lower", side, _FIT, parts, form="Mean")
    met = "sum(land x area of its block) / sum(land in blocks)"
    parts = {"part": blocks("size_land"), "whole": land}
    _declare(
        "blocks.size_met",
        ("用地所在街区的平均面积", "Area of the block that land lies in (mean)"),
        "ha",
        "lower",
        met,
        _FOUR_HA,
        parts,
        form="Mean",
    )
    formula = f"blocks with sides (perimeter / 4) up to {_FIT.number:g} m / blocks"
    parts = {"part": blocks("count", most_side_m=_FIT.number), "whole": count}
    _declare(
        "blocks.small_share",
        (f"边长不超过 {_FIT.number:g} 米的街区比例", f"Blocks with sides up to {_FIT.number:g} m"),
        "share",
        "higher",
        formula,
        _FIT,
        parts,
        form="Share",
        headline=True,
    )
    _declare_itdp(count)


def _declare_itdp(count: Input) -> None:
    """The block lengths of the ITDP standard, full points first."""
    for points in ("full", "8pts", "6pts"):
        row = parameter("tod_parameters", f"itdp.block.{points}")
        _declare(
            f"blocks.itdp_{row.value}_m",
            (f"边长不超过 {row.number:g} 米的街区比例（ITDP）", f"Blocks with sides up to {row.number:g} m (ITDP)"),
            "share",
            "higher",
            f"blocks with sides (perimeter / 4) up to {row.number:g} m / blocks",
            row,
            {"part": blocks("count", most_side_m=row.number), "whole": count},
            form="Share",
        )


def _declare_network() -> None:
    every = nodes(least=1)
    junctions = nodes(least=parameter("engine_parameters", "junction.degree").number)
    four = nodes(least=_row("junction.four").number)
    formula = "nodes where one street ends / nodes"
    clause = _row("dead_end.share")
    inputs = {"part": nodes(least=1, most=1), "whole": every}
    _declare("dead_end_share", ("断头路节点比例", "Dead ends among nodes"), "share", "lower", formula, clause, inputs, form="Share")
    formula = "junctions of four and more street ends / junctions"
    inputs = {"part": four, "whole": junctions}
    clause = _row("four_way.share")
    _declare(
        "four_way_share",
        ("四路及以上交叉口比例", "Junctions of four and more streets"),
        "share",
        "higher",
        formula,
        clause,
        inputs,
        form="Share",
    )
    formula = (
        f"sum(walk along streets m) / sum(straight m), pairs of cells {_row('circuity.near').value} to {_row('circuity.far').value} m apart"
    )
    inputs = {"part": pairs("network_m"), "whole": pairs("straight_m")}
    _declare("circuity", ("步行绕行系数", "Circuity of walking"), "ratio", "lower", formula, _row("circuity.far"), inputs, form="Mean")
    common = {"residents": Input("residents"), "area_m2": walk_area(_RADIUS.number)}
    _declare(
        "catchment_ratio",
        ("500米步行可达面积比（居民平均）", "Pedestrian catchment ratio, 500 m (mean over residents)"),
        "ratio",
        "higher",
        "sum(residents x area within the walk / area of the circle) / sum(residents)",
        _RADIUS,
        common,
        form="Mean",
        function=catchment_ratio,
        radius=_RADIUS,
    )
    _declare(
        "catchment_good",
        ("步行可达面积比达到 0.6 的居民", "Residents with a pedestrian catchment ratio of 0.6 and more"),
        "share",
        "higher",
        "sum(residents with ratio >= 0.6) / sum(residents)",
        _row("catchment.good"),
        common,
        form="Share",
        function=good_catchment,
        radius=_RADIUS,
        least=_row("catchment.good"),
    )


_declare_classes()
_declare_blocks()
_declare_network()
