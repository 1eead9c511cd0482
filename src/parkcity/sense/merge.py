"""One list of places from several: the official list first, then OpenStreetMap, then Overture; every match is reported."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.geo import WGS84, Projection, frame, shapes_to_metric
from parkcity.sense.kinds import kind
from parkcity.sense.osm.duplicates import plain_name
from parkcity.standards import parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

REPORT = ("kept", "kept_source", "other", "other_source", "kind", "other_kind", "name", "other_name", "distance_m", "likeness", "verdict")
VERDICTS = ("same", "conflict", "only_here")
_COLUMNS = ("id", "kind", "name", "address", "area_m2", "capacity", "confidence")


@dataclass(frozen=True)
class Merged:
    """Places from all sources, and the report of matches.

    `places` has the columns of places and `source`, `sources` (all that know the place, joined by `+`), `confidence` (0 to
    1). `report` has the columns `REPORT`; verdicts: 'same' (merged), 'conflict' (near and alike, but of another kind: both
    stay), 'only_here' (no other source knows it).
    """

    places: gpd.GeoDataFrame
    report: pd.DataFrame


def likeness(one: str, two: str) -> float:
    """How alike two names are, 0 to 1: the longest common blocks (Ratcliff and Obershelp, 1988), or 1 where one contains the other.

    >>> likeness("成都市第七中学", "第七中学"), likeness("", "第七中学")
    (1.0, 0.0)
    """
    a, b = plain_name(one), plain_name(two)
    if not a or not b:
        return 0.0
    if min(len(a), len(b)) >= 3 and (a in b or b in a):
        return 1.0
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def merge_places(tables: Mapping[str, gpd.GeoDataFrame], projection: Projection) -> Merged:
    """Places of sources in the order of precedence (first wins), WGS 84.

    A place of a later source is the same as one of an earlier source when it is of the same kind, within a set distance
    (of the shape, if there is one) and its name is alike enough, or has no name and is nearer still. The earlier source's
    facts stay; what it leaves empty is filled. Confidence: a source's own where it gives one, else that of its rank; a
    place that several sources know is less doubtful: 1 - product of (1 - confidence).
    """
    kept: gpd.GeoDataFrame | None = None
    report: list[dict[str, Any]] = []
    for rank, (source, given) in enumerate(tables.items()):
        table = _prepared(given, source, rank)
        if kept is None:
            kept = table
            continue
        kept = _joined(kept, table, projection, report)
    if kept is None:
        return Merged(frame({name: [] for name in (*_COLUMNS, "source", "sources")}, [], WGS84), pd.DataFrame(columns=list(REPORT)))
    seen = {row["kept"] for row in report if row["verdict"] == "same"}
    alone = [row for row in kept.itertuples() if row.id not in seen and row.sources == row.source]
    report += [_line(row, None, np.nan, np.nan, "only_here") for row in alone]
    return Merged(kept, pd.DataFrame(report, columns=list(REPORT)))


def _prepared(table: gpd.GeoDataFrame, source: str, rank: int) -> gpd.GeoDataFrame:
    columns: dict[str, Any] = {}
    for name in _COLUMNS:
        empty: Any = np.nan if name in {"area_m2", "capacity", "confidence"} else ""
        columns[name] = table[name].to_numpy() if name in table.columns else np.full(len(table), empty, object if empty == "" else float)
    steps = parameter("merge_parameters", "confidence.first").number, parameter("merge_parameters", "confidence.step").number
    own = pd.to_numeric(pd.Series(columns["confidence"]), errors="coerce").to_numpy(float)
    columns["confidence"] = np.where(np.isnan(own), max(steps[0] - rank * steps[1], 0.0), np.clip(own, 0.0, 1.0))
    return frame({**columns, "source": source, "sources": source}, table.geometry.to_numpy(), WGS84)


def _joined(kept: gpd.GeoDataFrame, table: gpd.GeoDataFrame, projection: Projection, report: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    pairs = _pairs(kept, table, projection)
    limit = parameter("merge_parameters", "likeness.least").number
    near = parameter("merge_parameters", "distance.unnamed").number
    taken: dict[int, int] = {}
    used: set[int] = set()
    for new, old, gap, alike in pairs:
        named = bool(plain_name(kept["name"].iloc[old])) and bool(plain_name(table["name"].iloc[new]))
        good = alike >= limit if named else gap <= near
        if new in taken or old in used or not good:
            continue
        one, two = kept["kind"].iloc[old], table["kind"].iloc[new]
        same = one == two
        if not same and "transport" in {kind(one).theme, kind(two).theme}:
            # A stop bears the name of what it stands beside: that contradicts nothing.
            continue
        report.append(_line(_row(kept, old), _row(table, new), gap, alike, "same" if same else "conflict"))
        if same:
            taken[new] = old
            used.add(old)
    for new, old in taken.items():
        _fill(kept, old, table, new)
    rest = table.iloc[[row for row in range(len(table)) if row not in taken]]
    together = pd.concat([pd.DataFrame(kept), pd.DataFrame(rest)], ignore_index=True)
    return frame({name: together[name] for name in together.columns if name != "geometry"}, together["geometry"].to_numpy(), WGS84)


def _pairs(kept: gpd.GeoDataFrame, table: gpd.GeoDataFrame, projection: Projection) -> list[tuple[int, int, float, float]]:
    """Places that are near each other, the likeliest pair first: rows in the new and the kept table, metres, likeness."""
    import shapely

    reach = parameter("merge_parameters", "distance.most").number
    old = shapes_to_metric(kept.geometry.to_numpy(), WGS84, projection)
    new = shapes_to_metric(table.geometry.to_numpy(), WGS84, projection)
    one, two = shapely.STRtree(old).query(new, predicate="dwithin", distance=reach)
    gap = shapely.distance(new[one], old[two])
    names, known = table["name"].to_numpy(), kept["name"].to_numpy()
    kinds, old_kinds = table["kind"].to_numpy(), kept["kind"].to_numpy()
    alike = [likeness(names[a], known[b]) for a, b in zip(one, two, strict=True)]
    same = [kinds[a] == old_kinds[b] for a, b in zip(one, two, strict=True)]
    order = sorted(range(len(one)), key=lambda row: (not same[row], -alike[row], gap[row], one[row], two[row]))
    return [(int(one[row]), int(two[row]), float(gap[row]), float(alike[row])) for row in order]


def _fill(kept: gpd.GeoDataFrame, old: int, table: gpd.GeoDataFrame, new: int) -> None:
    here, there = kept.index[old], table.index[new]
    for name in ("name", "address", "area_m2", "capacity"):
        value = kept.loc[here, name]
        if value == "" or value != value:  # noqa: PLR0124 - not a number is the only value unlike itself
            kept.loc[here, name] = table.loc[there, name]
    kept.loc[here, "sources"] = f"{kept.loc[here, 'sources']}+{table.loc[there, 'source']}"
    kept.loc[here, "confidence"] = 1.0 - (1.0 - kept.loc[here, "confidence"]) * (1.0 - table.loc[there, "confidence"])
    if kept.geometry.iloc[old].geom_type == "Point" and table.geometry.iloc[new].geom_type != "Point":
        kept.loc[here, "geometry"] = table.geometry.iloc[new]


def _row(table: gpd.GeoDataFrame, row: int) -> Any:
    return next(table.iloc[[row]].itertuples())


def _line(one: Any, two: Any, gap: float, alike: float, verdict: str) -> dict[str, Any]:
    other = {"other": two.id, "other_source": two.source, "other_kind": two.kind, "other_name": two.name} if two is not None else {}
    values = {"kept": one.id, "kept_source": one.source, "kind": one.kind, "name": one.name, "distance_m": gap, "likeness": alike}
    return {**dict.fromkeys(REPORT, ""), **values, **other, "verdict": verdict}


def conflicts(report: pd.DataFrame) -> NDArray[np.int64]:
    """Rows of the report that somebody should look at."""
    return np.nonzero((report["verdict"] == "conflict").to_numpy())[0]
