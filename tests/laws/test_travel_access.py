"""Access under edits of streets, places and people is that of a new network, bit for bit; and a question leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.travel.graphs import random_attach, random_streets

from parkcity.base.errors import UsageError
from parkcity.travel import (
    Access,
    AddLink,
    AddPlace,
    Attach,
    ChangeLink,
    CloseLink,
    ClosePlace,
    Decay,
    Network,
    OpenLink,
    Profile,
    SetPeople,
    State,
    Streets,
    nearest,
    within,
)
from parkcity.travel.street_changes import Change

pytestmark = pytest.mark.kernel
LIMITS: list[float | Decay] = [200.0, 500.0, Decay("linear", 400.0)]
PROFILES = {"plain": Profile("walk", 1.1), "adult": Profile.load("adult"), "car": Profile.load("car")}
OWNERS, PLACES = 14, 5
seeds, limits = st.integers(0, 10_000), st.sampled_from([None, 450.0])


def dressed(seed: int) -> Streets:
    """Random streets with the attributes that walking and driving ask for."""
    plain, rng = random_streets(seed, 16, 26), np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {
        "walk": rng.choice([1, 1, 1, 0], plain.edges).astype(np.int8),
        "car": rng.choice([1, 1, 2, 3, 0], plain.edges).astype(np.int8),
        "klass": rng.integers(0, 12, plain.edges).astype(np.int16),
        "incline": rng.choice([np.nan, 0.0, 6.0, -9.0], plain.edges),
        "crossing": rng.choice([0, 0, 1, 3], plain.edges).astype(np.int8),
        "maxspeed": rng.choice([np.nan, 30.0, 60.0], plain.edges),
        "signal_u": rng.integers(0, 2, plain.edges).astype(np.int8),
        "signal_v": rng.integers(0, 2, plain.edges).astype(np.int8),
    }
    return Streets(plain.node_x, plain.node_y, plain.edge_u, plain.edge_v, plain.edge_length, columns)


@dataclass
class Case:
    """Kept access, and beside it all that a fresh search needs."""

    access: Access
    origins: Attach
    doors: list[Attach]
    weights: list[float]
    people: np.ndarray
    limit: float | None
    unit: str
    direction: Literal["to", "from"]


def start(seed: int, profile: str, limit: float | None, unit: str, direction: Literal["to", "from"]) -> Case:
    streets = dressed(seed)
    origins, doors = random_attach(streets, seed + 1, OWNERS), random_attach(streets, seed + 2, PLACES, most=2)
    people, weights = np.arange(1.0, OWNERS + 1), np.array([1.0, 2.5, 3.0, 0.125, 7.0])
    network = Network.build(streets, PROFILES[profile])
    access = Access.build(
        network, origins, doors, LIMITS, people=people, weights=weights, nearest_limit=limit, unit=unit, direction=direction
    )
    return Case(access, origins, [doors.take([row]) for row in range(PLACES)], weights.tolist(), people, limit, unit, direction)


def draw_change(draw: Callable[[st.SearchStrategy[Any]], Any], case: Case, shut: set[int]) -> Change:
    """Any change, that fits."""
    streets = case.access.streets
    edge = draw(st.integers(0, streets.edges - 1))
    kind = draw(st.integers(0, 7))
    if kind == 0:
        doors = random_attach(streets, draw(seeds), 1, most=3)
        case.doors.append(doors)
        case.weights.append(draw(st.sampled_from([1.0, 4.25])))
        return AddPlace(doors, case.weights[-1])
    if kind == 1 and len(shut) < len(case.doors):
        place = draw(st.sampled_from(sorted(set(range(len(case.doors))) - shut)))
        if len(case.doors[place].owner):
            shut.add(place)
            return ClosePlace(place)
    if kind == 2:
        u, v = (draw(st.integers(0, streets.nodes - 1)) for _ in range(2))
        return AddLink(u, v, draw(st.sampled_from([0.0, 15.0, 260.0])), {"car": 2, "klass": 3})
    if kind == 3:
        row, people = draw(st.integers(0, OWNERS - 1)), draw(st.sampled_from([0.0, 12.5]))
        case.people[row] = people
        return SetPeople(row, people)
    if kind == 4:
        return ChangeLink(edge, {"car": draw(st.integers(0, 3)), "walk": draw(st.integers(0, 1)), "maxspeed": 120.0})
    if kind == 5:
        return ChangeLink(edge, speed_m_s=draw(st.sampled_from([0.0, 0.2, 25.0])))
    return OpenLink(edge) if kind == 6 else CloseLink(edge)


def assert_as_new(case: Case, shut: set[int]) -> None:
    """The kept answers are those of a network that is made, contracted and searched anew."""
    kept = case.access
    network = Network(kept.streets, kept.network.profile, kept.network.costs)
    left = [row for row in range(len(case.doors)) if row not in shut]
    parts = [case.doors[row] for row in left]
    owner = np.concatenate([np.full(len(part.owner), number, np.int32) for number, part in enumerate(parts)])
    edge, offset, distance = (np.concatenate([getattr(part, name) for part in parts]) for name in ("edge", "offset", "distance"))
    doors = Attach(owner, edge, offset, distance, len(parts))
    place = np.array(left, np.int32)
    unit, direction = case.unit, case.direction
    found, now = nearest(network, case.origins, doors, place, limit=case.limit, unit=unit, direction=direction), kept.nearest
    assert np.array_equal(now.ticks, found.ticks)
    assert np.array_equal(now.place, found.place)
    assert np.array_equal(now.states, found.states)
    sums = within(network, case.origins, doors, LIMITS, [case.weights[row] for row in left], unit=unit, direction=direction)
    attached = sums.states == State.OK
    assert np.array_equal(kept.within[0][:, attached], sums.sums[:, attached])
    tops = [200.0, 500.0, 400.0]
    assert kept.covered.tolist() == [case.people[found.values[0] <= top].sum() for top in tops]


@settings(max_examples=60, deadline=None)
@given(st.data(), seeds, st.sampled_from([*PROFILES]), limits, st.sampled_from(["s", "m"]), st.sampled_from(["to", "from"]))
def test_after_any_edits_all_answers_are_those_of_a_new_network(
    data: st.DataObject, seed: int, profile: str, limit: float | None, unit: str, direction: Literal["to", "from"]
) -> None:
    case, shut = start(seed, profile, limit, unit, direction), set[int]()
    if not len(case.doors[0].owner):
        return
    for _ in range(data.draw(st.integers(1, 5))):
        was, sums = case.access.nearest, case.access.within
        change = draw_change(data.draw, case, shut)
        told = case.access.edit(change)
        assert_as_new(case, shut)
        now, after = case.access.nearest, case.access.within
        same = np.ones(OWNERS, bool)
        same[told.origins] = False
        assert np.array_equal(was.ticks[0, same], now.ticks[0, same])
        assert np.array_equal(sums[:, :, same], after[:, :, same])
        assert np.array_equal(told.before, was.values[0, told.origins], equal_nan=True)
        assert np.array_equal(told.after, now.values[0, told.origins], equal_nan=True)
        assert np.array_equal(told.sums_after, after[:, :, told.origins])


@settings(max_examples=40, deadline=None)
@given(st.data(), seeds, st.sampled_from([*PROFILES]))
def test_a_question_tells_what_an_edit_would_and_leaves_all_as_it_was(data: st.DataObject, seed: int, profile: str) -> None:
    case, shut = start(seed, profile, None, "s", "to"), set[int]()
    doors, weights, people = list(case.doors), list(case.weights), case.people.copy()
    changes = [draw_change(data.draw, case, shut) for _ in range(data.draw(st.integers(1, 3)))]
    asked = case.access.what_if(*changes)
    after = Case(case.access, case.origins, doors, weights, people, None, "s", "to")
    assert_as_new(after, set())
    told = case.access.edit(*changes)
    for entry in fields(told):
        assert np.array_equal(getattr(asked, entry.name), getattr(told, entry.name), equal_nan=True), entry.name
    assert_as_new(case, shut)


def test_what_does_not_exist_is_refused() -> None:
    case = start(7, "car", None, "s", "to")
    faults: list[tuple[Change, str]] = [
        (CloseLink(999), "no street 999"),
        (ClosePlace(77), "no open place 77"),
        (SetPeople(99, 1.0), "no origin 99"),
        (AddLink(0, 99, 10.0), "nodes 0 to 15"),
        (AddLink(0, 1, 10.0, {"colour": 1}), "no attribute colour"),
        (ChangeLink(0, {"colour": 1}), "no attribute colour"),
        (ChangeLink(0, speed_m_s=-1.0), "speed must be above 0"),
    ]
    for change, words in faults:
        with pytest.raises(UsageError, match=words):
            case.access.edit(change)
    with pytest.raises(UsageError, match="not a change"):
        case.access.edit("close everything")  # type: ignore[arg-type]
    assert_as_new(case, set())
