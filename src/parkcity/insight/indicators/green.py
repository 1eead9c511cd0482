"""Green and blue: parks for each resident and within reach, greenways, woods and waters, cover of the land, how well patches are joined."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts, Spread, of_all
from parkcity.insight.greens import area_of, cover, greenways, hollows, patches, walk
from parkcity.insight.operators.coverage import within
from parkcity.insight.registry import ACCESS_GROUPS, Input, declare
from parkcity.standards import Parameter, parameter

Floats = npt.NDArray[np.float64]


def park_area_per_head(residents: Floats, park_area_m2: Floats) -> Parts:
    """Area of parks for each resident."""
    return Parts(park_area_m2, residents)


def park_area_gini(residents: Floats, park_area_within: Floats) -> Spread:
    """Gini coefficient over residents of the park area within reach."""
    return Spread(park_area_within, residents, "gini")


def park_area_reached(residents: Floats, park_area_within: Floats) -> Parts:
    """Mean over residents of the park area within reach."""
    return Parts(residents * park_area_within, residents)


def in_reach(residents: Floats, cost: Floats, *, limit: float) -> Parts:
    """Residents whose walk is at most the limit, of all residents."""
    return Parts(residents * within(cost, limit), residents)


def land_under(area_km2: Floats, share: Floats) -> Parts:
    """Land under a cover, of the land that the map knows."""
    known = ~np.isnan(share)
    return Parts(area_km2 * np.nan_to_num(share), area_km2 * known)


def residents_under(residents: Floats, share: Floats) -> Parts:
    """Residents by the share of their cell, of those whose cell is known."""
    known = ~np.isnan(share)
    return Parts(residents * np.nan_to_num(share), residents * known)


def enough_cover(residents: Floats, share: Floats, *, least: float) -> Parts:
    """Residents of cells with at least the given share, of those whose cell is known."""
    known = ~np.isnan(share)
    return Parts(residents * within(-share, -least), residents * known)


_MINUTES = parameter("check_limits", "minutes.15")
_WITHIN = {"class_id": "park", "minutes": _MINUTES.number}

declare(
    "green.park_area_per_head",
    ("人均公园面积", "Park area per resident"),
    "sum(park area m2) / sum(residents)",
    parameter("check_limits", "park.area.head"),
    {"residents": Input("residents"), "park_area_m2": Input("place_area_m2", {"class_id": "park"})},
    park_area_per_head,
    unit="m2/person",
    form="Density",
    headline=True,
)
declare(
    "green.park_area_within_15_min",
    ("15分钟步行可达公园面积（居民平均）", "Park area within 15 min walk (mean over residents)"),
    "sum(residents x park area within 15 min) / sum(residents)",
    _MINUTES,
    {"residents": Input("residents"), "park_area_within": Input("place_area_within", _WITHIN)},
    park_area_reached,
    unit="m2",
    form="Mean",
    groups=ACCESS_GROUPS,
)
declare(
    "green.park_area_gini",
    ("15分钟可达公园面积基尼系数", "Gini coefficient of park area within 15 min"),
    "sum_ij w_i w_j |x_i - x_j| / (2 W^2 mean(x))",
    parameter("check_limits", "park.gini"),
    {"residents": Input("residents"), "park_area_within": Input("place_area_within", _WITHIN)},
    park_area_gini,
    unit="ratio",
    polarity="lower",
    form="Distribution",
    groups=ACCESS_GROUPS,
    headline=True,
)


def _row(row_id: str) -> Parameter:
    return parameter("green_parameters", row_id)


_RESIDENTS, _AREA = Input("residents"), Input("area_km2")


def _declare_reach() -> None:
    reach = "sum(residents with walk <= limit) / sum(residents)"
    limit = _row("greenway.reach")
    inputs = {"residents": _RESIDENTS, "cost": walk("greenway", "m")}
    names = (f"绿道 {limit.value} 米服务覆盖的居民", f"Residents within {limit.value} m of a greenway")
    declare("green.greenway.within", names, reach, limit, inputs, in_reach, headline=True, parameters={"limit": limit})
    for what, zh, en in (("forest", "森林", "a wood"), ("water", "河湖水面", "a river or lake")):
        limit = _row(f"{what}.reach")
        inputs = {"residents": _RESIDENTS, "cost": walk(what, "s")}
        names = (f"{zh} {limit.value} 分钟步行覆盖率", f"Residents within {limit.value} min walk of {en}")
        declare(f"green.{what}.within", names, reach, limit, inputs, in_reach, groups=ACCESS_GROUPS, parameters={"limit": limit})


def _declare_amounts() -> None:
    length = {"part": greenways("all"), "whole": _RESIDENTS}
    names = ("人均绿道长度", "Greenways for each resident")
    clause = parameter("health_check_indicators", "tdt1063.120")
    declare(
        "green.greenway.per_head",
        names,
        "sum(greenways m, each once) / sum(residents)",
        clause,
        length,
        of_all,
        unit="m/person",
        form="Density",
    )
    joined = {"part": greenways("joined"), "whole": greenways("all")}
    names = ("绿道连通率（最大连通网络占比）", "Greenways in the largest network")
    declare(
        "green.greenway.joined", names, "sum(greenways m of the largest network) / sum(greenways m)", _row("greenway.gap"), joined, of_all
    )
    for name, layer, zh, en in (("cover", "green", "绿地", "green spaces"), ("water_cover", "water", "水面", "water")):
        clause = parameter("health_check_indicators", "tdt1063.062" if name == "cover" else "tdt1063.017")
        inputs = {"part": area_of(layer, layer), "whole": _AREA}
        declare(f"green.{name}", (f"{zh}占用地比例", f"Land under {en}"), "sum(km2, overlaps once) / sum(area km2)", clause, inputs, of_all)


def _declare_cover() -> None:
    canopy, good = cover("tree"), _row("canopy.good")
    pervious = cover("tree", "shrub", "grass", "crop", "wetland", "bare", "water")
    land = "sum(area km2 x share) / sum(area km2 known)"
    forest = parameter("health_check_indicators", "tdt1063.062")
    declare("green.canopy.land", ("树冠覆盖率", "Tree canopy"), land, forest, {"area_km2": _AREA, "share": canopy}, land_under)
    names = ("居民所在单元的树冠覆盖率（平均）", "Tree canopy around residents (mean)")
    formula = "sum(residents x share) / sum(residents known)"
    declare("green.canopy.residents", names, formula, good, {"residents": _RESIDENTS, "share": canopy}, residents_under, form="Mean")
    names = ("所在单元树冠覆盖达到 30% 的居民", "Residents with 30 % canopy around them")
    formula = "sum(residents with share >= least) / sum(residents known)"
    declare(
        "green.canopy.enough", names, formula, good, {"residents": _RESIDENTS, "share": canopy}, enough_cover, parameters={"least": good}
    )
    clause = parameter("health_check_indicators", "tdt1063.009")
    declare("green.pervious", ("透水地表占比", "Pervious land"), land, clause, {"area_km2": _AREA, "share": pervious}, land_under)
    clause = _row("hollow.depth")
    declare(
        "green.hollows.land",
        ("易涝洼地占用地比例", "Land in hollows that may flood"),
        land,
        clause,
        {"area_km2": _AREA, "share": hollows()},
        land_under,
        polarity="lower",
    )
    formula = "sum(residents x share of the cell in hollows) / sum(residents known)"
    names = ("居住在易涝洼地的居民（按面积）", "Residents in hollows that may flood (by area)")
    declare(
        "green.hollows.residents", names, formula, clause, {"residents": _RESIDENTS, "share": hollows()}, residents_under, polarity="lower"
    )


def _declare_network() -> None:
    inputs = {"part": patches("joined_ha"), "whole": patches("ha")}
    names = ("生态斑块连通度（两点相通的概率）", "Green patches joined: chance that two points of green are connected")
    formula = "sum_i(a_i sum_j(a_j p*_ij)) / (sum_i(a_i) x all green); p 0.5 at the half distance"
    declare("green.patches.joined", names, formula, _row("dispersal.half"), inputs, of_all)


_declare_reach()
_declare_amounts()
_declare_cover()
_declare_network()
