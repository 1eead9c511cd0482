"""Indices: declared parts, weights and goalposts, put together in the open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.insight.composite import parts_of
from parkcity.insight.forms import Composite
from parkcity.insight.registry import ACCESS_GROUPS, declare
from parkcity.standards import parameter

if TYPE_CHECKING:
    from parkcity.insight.composite import CityParts


def index_of(parts: CityParts, *, floor: float) -> Composite:
    """The weighted mean of the scores within each field, and the geometric mean across fields."""
    return Composite(parts.parts, floor)


for _id, _zh, _en in (
    ("index.services", "公共服务综合指数（可测服务）", "Index of public services (those that can be measured)"),
    ("index.livable", "宜居综合指数（可测部分）", "Index of liveability (of the parts that can be measured)"),
):
    declare(
        _id,
        (_zh, _en),
        "prod_f (sum_k w_k s_k / sum_k w_k)^(w_f / sum w_f), s = (x - worst) / (best - worst) cut to 0..1; table index_parts",
        parameter("index_rules", _id),
        {"parts": parts_of(_id)},
        index_of,
        unit="index",
        form="Index",
        groups=ACCESS_GROUPS,
        headline=True,
        parameters={"floor": parameter("index_rules", "floor")},
    )
