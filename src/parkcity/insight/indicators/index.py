"""Indices: declared parts, weights and goalposts, put together in the open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.insight.composite import parts_of
from parkcity.insight.forms import Composite
from parkcity.insight.registry import ACCESS_GROUPS, INDICATORS, Indicator
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
    INDICATORS.add(
        Indicator(
            id=_id,
            theme="index",
            name_zh=_zh,
            name_en=_en,
            unit="index",
            polarity="higher",
            form="Index",
            formula="prod_f (sum_k w_k s_k / sum_k w_k)^(w_f / sum w_f), s = (x - worst) / (best - worst) cut to 0..1; table index_parts",
            clause=parameter("index_rules", _id),
            inputs={"parts": parts_of(_id)},
            parameters={"floor": parameter("index_rules", "floor")},
            function=index_of,
            groups=ACCESS_GROUPS,
            headline=True,
        )
    )
