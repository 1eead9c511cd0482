"""Gates, bollards, stiles and kerbs: points on a way that stop some modes, and what crossings say of themselves at their nodes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from parkcity.sense.osm.attributes import BOTH, CLOSED, DTYPES, KERB, MODES, WHEELCHAIR, admits, made_row
from parkcity.sense.osm.tags import Tags, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.sense.osm.scan import Lines, Points
    from parkcity.sense.osm.ways import Made, Ways

_THROUGH = 2
_TOLD_KEYS = frozenset({"kerb", "crossing", "crossing:signals", "crossing:markings"})


@cache
def _defaults() -> dict[str, dict[str, str]]:
    return {row["barrier"]: dict(row) for row in table("barriers")}


def barrier_row(tags: Tags) -> tuple[float, ...] | None:
    """The attributes of passing a barrier node, or None where everybody passes it unhindered or it is no barrier.

    A locked barrier, and one whose access tags say so, is closed to every mode that no tag of its own admits.
    """
    default = _defaults().get(tags.get("barrier", ""))
    if default is None:
        return None
    locked = tags.get("locked") == "yes"
    codes = {mode: BOTH if admits(tags, mode, default=default[mode] == "yes" and not locked) else CLOSED for mode in MODES}
    chair = WHEELCHAIR.get(tags.get("wheelchair", default["wheelchair"]), WHEELCHAIR["yes"])
    if all(code == BOTH for code in codes.values()) and chair == WHEELCHAIR["yes"]:
        return None
    return made_row("gate", **codes, wheelchair=chair)


def cut_at_barriers(ways: Ways, points: Points, modes: Sequence[str]) -> Ways:
    """Ways cut at barriers that hinder one of the modes (or wheelchairs, when walking is asked for), with a gate of no length between.

    A barrier inside a way gets one gate; one where several ways meet gets a gate on every arm.
    """
    held = {}
    fields = [*modes, *(["wheelchair"] if "walk" in modes else [])]
    plain = dict(zip(DTYPES, made_row("gate"), strict=True)) | {"wheelchair": WHEELCHAIR["yes"]}
    for node, tags in zip(points.node.tolist(), points.tags, strict=True):
        row = barrier_row(tags) if "barrier" in tags else None
        if row is not None and any(value != plain[name] for name, value in zip(DTYPES, row, strict=True) if name in fields):
            held[node] = row
    if not held:
        return ways
    return _cut(ways, held)


def _cut(ways: Ways, held: dict[int, tuple[float, ...]]) -> Ways:
    """Give the arms at a held node ends of their own, and tie these to the node by gates."""
    nodes = np.array(list(held), np.int64)
    ways = ways.split_at(np.nonzero(np.isin(ways.lines.ref, nodes))[0])
    lines = ways.lines
    ends = np.concatenate([lines.start[:-1], lines.start[1:] - 1])
    ends = ends[np.isin(lines.ref[ends], nodes)]
    ends = ends[np.argsort(lines.ref[ends], kind="stable")]
    node, first, arms = np.unique(lines.ref[ends], return_index=True, return_counts=True)
    rows = list(dict.fromkeys(held.values()))
    row_of = {row: number for number, row in enumerate(rows)}
    ref = lines.ref.copy()
    made: list[Made] = []
    fresh = ways.free_id()
    for here, begin, count in zip(node.tolist(), first.tolist(), arms.tolist(), strict=True):
        # Where two arms meet one gate parts them; where more meet, every arm has its own.
        moved = {1: 0, _THROUGH: 1}.get(count, count)
        for place in ends[begin : begin + moved].tolist():
            ref[place] = fresh
            made.append(([here, fresh], [lines.lon[place]] * 2, [lines.lat[place]] * 2, row_of[held[here]]))
            fresh -= 1
    new = replace(ways, lines=replace(lines, ref=ref)).with_ways(made, rows)
    return new.noted(f"{len(node)} barriers on streets (gates, stiles, bollards and others) stop some modes there")


def tagged_crossings(lines: Lines, points: Points) -> Lines:
    """Crossing ways with what their nodes say: the kind of the crossing, and the highest kerb.

    Only ways tagged as a crossing are looked at; a value on the way itself stands above those of its nodes.
    """
    told = {
        node: tags
        for node, tags in zip(points.node.tolist(), points.tags, strict=True)
        if not _TOLD_KEYS.isdisjoint(tags) or tags.get("barrier") == "kerb"
    }
    if not told:
        return lines
    tags = list(lines.tags)
    for row, way in enumerate(lines.tags):
        if "crossing" not in (way.get("footway"), way.get("path"), way.get("cycleway")):
            continue
        refs = lines.ref[lines.start[row] : lines.start[row + 1]].tolist()
        tags[row] = _told(way, [told[node] for node in refs if node in told])
    return replace(lines, tags=tags)


def _told(way: Tags, nodes: list[Tags]) -> Tags:
    out = dict(way)
    kerbs = [tags.get("kerb", "raised") for tags in nodes if "kerb" in tags or tags.get("barrier") == "kerb"]
    known = [kerb for kerb in kerbs if kerb in KERB]
    if known and "kerb" not in out:
        out["kerb"] = max(known, key=KERB.__getitem__)
    for tags in nodes:
        for key in ("crossing", "crossing:signals", "crossing:markings"):
            if key in tags:
                out.setdefault(key, tags[key])
    return out
