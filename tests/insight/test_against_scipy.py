"""Walking times of Chengdu against an independent program: SciPy's Dijkstra on the same streets.

The streets are written out again as a plain graph in which every cell and every door is a node of its own, joined to the
ends of its candidate edges by the partial lengths; SciPy then knows nothing of ticks, contraction or candidates.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from parkcity.insight.inputs import Inputs, speed_of
from parkcity.twin.twin import Twin


def plain_graph(inputs: Inputs, class_id: str) -> tuple[coo_array, int, int]:
    """The streets as a directed graph of seconds, searched from the doors; edges that hold several points are cut at each.

    Doors only lead into the streets and cells only out of them: nobody walks through a building to save a corner.
    """
    arrays = inputs.twin.layer("streets").arrays()
    doors, _, _ = inputs.doors_of(class_id)
    origins = inputs.origins()
    nodes = len(arrays["node_x"])
    first_cell = nodes
    first_door = first_cell + origins.owners
    pin = first_door + doors.owners
    points: dict[int, list[tuple[float, int]]] = {}
    arcs: list[tuple[int, int, float]] = []
    for first, attach, outwards in ((first_cell, origins, False), (first_door, doors, True)):
        for owner, edge, offset, distance in zip(attach.owner, attach.edge, attach.offset, attach.distance, strict=True):
            points.setdefault(int(edge), []).append((float(offset), pin))
            ends = (first + int(owner), pin) if outwards else (pin, first + int(owner))
            arcs.append((*ends, float(distance)))
            pin += 1
    for edge, (u, v, length) in enumerate(zip(arrays["edge_u"], arrays["edge_v"], arrays["edge_length"], strict=True)):
        stops = [(0.0, int(u)), *sorted(points.get(edge, [])), (float(length), int(v))]
        for (start, here), (stop, there) in itertools.pairwise(stops):
            arcs += [(here, there, stop - start), (there, here, stop - start)]
    tail, head, metres = (np.array(part) for part in zip(*arcs, strict=True))
    # SciPy takes an explicit zero for no edge; a nanosecond stands for places that touch.
    seconds = np.maximum(metres / speed_of(inputs.group).number, 1e-9)
    # Parallel arcs would be added up by the sparse matrix: only the shortest of each pair is kept.
    order = np.lexsort((seconds, head, tail))
    tail, head, seconds = tail[order], head[order], seconds[order]
    keep = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)]
    return coo_array((seconds[keep], (tail[keep], head[keep])), shape=(pin, pin)), first_cell, first_door


@pytest.mark.parametrize("class_id", ["primary_school", "metro_station"])
@pytest.mark.parametrize("group", ["all", "elders"])
def test_times_equal_scipys_to_a_thousandth_of_a_second(chengdu: Twin, class_id: str, group: str) -> None:
    inputs = Inputs(chengdu, group)
    graph, first_cell, first_door = plain_graph(inputs, class_id)
    doors, _, _ = inputs.doors_of(class_id)
    starts = first_door + np.arange(doors.owners)
    seconds = dijkstra(graph.tocsr(), directed=True, indices=starts, min_only=True)
    chosen = np.random.default_rng(20201227).choice(len(chengdu.cells), 400, replace=False)
    ours = inputs.minutes(class_id)[chosen] * 60.0
    theirs = seconds[first_cell + chosen]
    attached = np.isin(chosen, inputs.origins().owner)
    assert attached.sum() > 380
    assert np.isnan(ours[~attached]).all()
    assert np.array_equal(np.isinf(ours[attached]), np.isinf(theirs[attached]))
    reached = attached & np.isfinite(theirs)
    # float32 leaves the engine with a relative step of 6e-8: 1e-3 s holds up to four hours.
    assert np.abs(ours[reached] - theirs[reached]).max() < 1e-3
