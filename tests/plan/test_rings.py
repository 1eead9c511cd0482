"""Tasks that wait for each other, and references: every fault of the kind is found at once, and history is no fault."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.plan.network import Link, Network
from parkcity.plan.relations import find_cycles, relation_faults
from tests.plan.ledgers import ledger

TASK = {"name_zh": "任务", "name_en": "task", "start": "2021-01-01", "finish": "2021-12-31"}
TASKS = [TASK | {"id": name} for name in "ABCDE"]


def link(row_id: str, before: str, after: str, **more: object) -> dict[str, object]:
    return {"id": row_id, "task": after, "predecessor": before, "type": "FS"} | more


def test_two_rings_are_two_faults_with_their_rows() -> None:
    links = [link("D1", "A", "B"), link("D2", "B", "A"), link("D3", "B", "C"), link("D4", "D", "E"), link("D5", "E", "D")]
    faults = relation_faults(ledger(tasks=TASKS, dependencies=links))
    assert [fault.row for fault in faults] == [3, 6]
    assert "A → B → A" in faults[0].what
    assert "D → E → D" in faults[1].what


def test_a_task_that_waits_for_itself_is_a_ring() -> None:
    (fault,) = relation_faults(ledger(tasks=TASKS, dependencies=[link("D1", "A", "A")]))
    assert "A → A" in fault.what


def test_a_dependency_that_was_turned_round_later_is_no_ring() -> None:
    links = [link("D1", "A", "B"), link("D1", "B", "A", known_on="2022-01-01")]
    assert relation_faults(ledger(tasks=TASKS, dependencies=links)) == []


def test_a_dependency_that_was_withdrawn_is_no_part_of_a_ring() -> None:
    links = [link("D1", "A", "B"), link("D2", "B", "A"), link("D2", "B", "A", known_on="2022-01-01", withdrawn="yes")]
    assert relation_faults(ledger(tasks=TASKS, dependencies=links)) == []


def test_where_one_id_is_asked_two_ids_are_a_fault() -> None:
    (fault,) = relation_faults(ledger(tasks=TASKS, dependencies=[link("D1", "A B", "C")]))
    assert "predecessor 'A B' is missing" in fault.what


def test_the_network_names_every_ring() -> None:
    with pytest.raises(InputError) as caught:
        Network(list("ABCD"), [Link(0, 1), Link(1, 0), Link(2, 3), Link(3, 2)])
    assert len(caught.value.faults) == 2


def _has_no_ring(edges: list[tuple[str, str]]) -> bool:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for source, target in edges:
        sorter.add(target, source)
    try:
        sorter.prepare()
    except CycleError:
        return False
    return True


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30))
def test_rings_are_rings_and_without_their_last_edges_none_is_left(pairs: list[tuple[int, int]]) -> None:
    # source: graphlib of the standard library decides independently whether a graph has a ring.
    edges = [(str(source), str(target)) for source, target in pairs]
    rings = find_cycles(edges)
    assert bool(rings) != _has_no_ring(edges)
    for ring in rings:
        assert ring[0] == ring[-1]
        assert set(pairwise(ring)) <= set(edges)
    closing = {(ring[-2], ring[-1]) for ring in rings}
    assert _has_no_ring([edge for edge in edges if edge not in closing])
