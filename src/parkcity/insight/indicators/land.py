"""Land: what it is used for, how much of it for each resident, what stands on it, and what lies inside the lines of planning."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts, of_all, total
from parkcity.insight.land import buildings, control, land, track
from parkcity.insight.registry import Input, Polarity, declare
from parkcity.standards import Parameter, parameter

Floats = npt.NDArray[np.float64]

_RESIDENTS, _AREA, _RESIDENTIAL = Input("residents"), Input("area_km2"), Input("residential_km2")
_CONSTRUCTION = land("construction")
_M2_PER_KM2 = 1e6


def per_head_m2(part: Floats, whole: Floats) -> Parts:
    """Square metres of land, given in km2, for each resident."""
    return Parts(part * _M2_PER_KM2, whole)


def ratio_m2(part: Floats, whole: Floats) -> Parts:
    """Square metres of floor over land given in km2."""
    return Parts(part, whole * _M2_PER_KM2)


def dense_land(residents: Floats, area_km2: Floats, *, limit: float) -> Parts:
    """Land of the cells that are denser than the limit."""
    return Parts(area_km2 * (residents > limit * area_km2), None)


def _asked(number: str) -> Parameter:
    return parameter("health_check_indicators", f"tdt1063.{number}")


def _row(row_id: str) -> Parameter:
    return parameter("land_parameters", row_id)


def _declare_amounts() -> None:
    for name, number, zh, en in (
        ("construction", "046", "建设用地面积", "Construction land"),
        ("residential", "041", "居住用地面积", "Residential land"),
        ("farmland", "004", "耕地面积", "Farmland"),
        ("cemetery", "110", "殡葬用地面积", "Funeral land"),
        ("forest", "065", "林地面积", "Forest land"),
        ("grassland", "066", "草地面积", "Grassland"),
        ("wetland", "016", "湿地面积", "Wetland"),
    ):
        polarity: Polarity = "higher" if name in {"farmland", "forest", "grassland", "wetland"} else "neutral"
        declare(
            f"land.{name}",
            (zh, en),
            "sum(km2, overlaps once)",
            _asked(number),
            {"part": land(name)},
            total,
            unit="km2",
            polarity=polarity,
            form="Total",
        )


def _declare_shares() -> None:
    for name, number, zh, en in (
        ("industrial", "030", "工业用地占建设用地的比例", "Industrial land of construction land"),
        ("residential", "041", "居住用地占建设用地的比例", "Residential land of construction land"),
    ):
        inputs = {"part": land(name), "whole": _CONSTRUCTION}
        formula = f"sum({name} land km2) / sum(construction land km2)"
        declare(f"land.{name}_share", (zh, en), formula, _asked(number), inputs, of_all, polarity="neutral")
    inputs = {"part": land("work"), "whole": land("residential")}
    names = ("职住用地比", "Land of work for each km² of residential land")
    formula = "sum(land of work km2) / sum(residential land km2)"
    declare("land.work_to_homes", names, formula, _asked("042"), inputs, of_all, unit="ratio", polarity="neutral", form="Density")
    inputs = {"part": _CONSTRUCTION, "whole": _AREA}
    names = ("开发强度（建设用地占用地比例）", "Development intensity: construction land of all land")
    clause = parameter("checkup_lists", "mohurd.intensity")
    declare("land.intensity", names, "sum(construction land km2) / sum(area km2)", clause, inputs, of_all, polarity="neutral")
    for name, group, number, zh, en in (
        ("construction_per_head", "construction", "054", "人均建设用地面积", "Construction land for each resident"),
        ("residential_per_head", "residential", "055", "人均居住用地面积", "Residential land for each resident"),
    ):
        inputs = {"part": land(group), "whole": _RESIDENTS}
        formula = f"sum({group} land m2) / sum(residents)"
        declare(
            f"land.{name}", (zh, en), formula, _asked(number), inputs, per_head_m2, unit="m2/person", polarity="neutral", form="Density"
        )


def _declare_people() -> None:
    limit = _row("dense")
    names = (
        f"人口密度超过每平方公里 {limit.number:,.0f} 人的用地面积",
        f"Land with more than {limit.number:,.0f} residents per km²",
    )
    inputs = {"residents": _RESIDENTS, "area_km2": _AREA}
    formula = "sum(area km2 of cells with residents / area > limit)"
    parameters = {"limit": limit}
    declare("land.dense", names, formula, limit, inputs, dense_land, unit="km2", polarity="lower", form="Total", parameters=parameters)
    inputs = {"part": _RESIDENTS, "whole": _RESIDENTIAL}
    names = ("居住用地人口密度", "Residents on residential land")
    formula = "sum(residents) / sum(residential land km2)"
    clause = _row("density.reference")
    declare("land.residents_per_home_km2", names, formula, clause, inputs, of_all, unit="person/km2", polarity="neutral", form="Density")


def _declare_buildings() -> None:
    cover, floor, homes = _row("building.cover"), _row("building.floor"), _row("home.floor")
    inputs = {"part": buildings("footprint_km2"), "whole": _AREA}
    formula = "sum(footprint of buildings km2) / sum(area km2)"
    declare("land.building_cover", ("建筑密度", "Land under buildings"), formula, cover, inputs, of_all, polarity="neutral")
    inputs = {"part": buildings("floor_m2")}
    formula = "sum(footprint m2 x levels)"
    names = ("建筑总量（总建筑面积）", "Floor area of all buildings")
    declare("land.floor_area", names, formula, floor, inputs, total, unit="m2", polarity="neutral", form="Total")
    inputs = {"part": buildings("floor_m2"), "whole": _AREA}
    formula = "sum(footprint m2 x levels) / sum(area m2)"
    names = ("毛容积率（总建筑面积与用地之比）", "Gross floor area ratio")
    declare("land.floor_ratio", names, formula, floor, inputs, ratio_m2, unit="ratio", polarity="neutral", form="Density")
    inputs = {"part": buildings("home_floor_m2"), "whole": _RESIDENTS}
    formula = "sum(footprint m2 x levels of dwellings) / sum(residents)"
    names = ("人均住宅建筑面积", "Floor area of dwellings for each resident")
    declare("land.home_floor_per_head", names, formula, homes, inputs, of_all, unit="m2/person", form="Density")
    for name, measure, row, zh, en in (
        ("high_rises", "high", _row("high_rise"), "建筑", "Buildings"),
        ("tall_homes", "high_homes", _row("tall_home"), "住宅", "Dwellings"),
    ):
        names = (f"高度超过 {row.value} 米的{zh}数量", f"{en} above {row.value} m")
        formula = f"number of buildings above {row.value} m"
        inputs = {"part": buildings(measure, row.number)}
        declare(f"land.{name}", names, formula, row, inputs, total, unit="count", polarity="lower", form="Total")


def _declare_lines() -> None:
    """Roads and railways over the whole land, and land inside the lines that planning draws."""
    for name, row, zh, en, km in (
        ("motorway_density", "motorway", "高速公路网密度", "Motorways", track("motorway")),
        ("railway_density", "railway", "铁路网密度", "Railways", track("railway")),
    ):
        inputs = {"part": km, "whole": _AREA}
        formula = "sum(length km) / sum(area km2)"
        declare(f"land.{name}", (zh, f"{en} of all land"), formula, _row(row), inputs, of_all, unit="km/km2", form="Density")
    for name, number, zh, en, line, group in (
        ("eco_red_line", "005", "生态保护红线面积", "Land inside the ecological red line", "eco_red_line", ""),
        ("basic_farmland", "003", "永久基本农田保护面积", "Permanent basic farmland", "basic_farmland", ""),
        ("heritage", "006", "历史文化保护线面积", "Land inside the heritage protection line", "heritage", ""),
        (
            "built_in_eco_red_line",
            "021",
            "生态保护红线内建设用地面积",
            "Construction land inside the ecological red line",
            "eco_red_line",
            "construction",
        ),
        (
            "built_in_boundary",
            "052",
            "城镇开发边界内建设用地面积",
            "Construction land inside the urban development boundary",
            "urban_boundary",
            "construction",
        ),
    ):
        polarity: Polarity = "lower" if name == "built_in_eco_red_line" else "neutral" if name == "built_in_boundary" else "higher"
        formula = "sum(km2 inside the line, overlaps once)"
        inputs = {"part": control(line, group)}
        declare(f"land.{name}", (zh, en), formula, _asked(number), inputs, total, unit="km2", polarity=polarity, form="Total")


_declare_amounts()
_declare_shares()
_declare_people()
_declare_buildings()
_declare_lines()
