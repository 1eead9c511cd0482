"""Delays of turns: the published law by hand, and every search against plain paths over directed edges, to the tick."""

from __future__ import annotations

import heapq
import math
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.base.errors import InputError, UsageError
from parkcity.travel import Attach, Network, Profile, State, Streets, matrix, nearest, route, with_turns, within
from parkcity.travel.kernels.ticks import TICKS_PER, UNREACHED, to_ticks
from parkcity.travel.rules import Rules
from parkcity.travel.steps import steps
from parkcity.travel.turns import Law, Turned, all_but

from .graphs import Uneven, random_attach, random_streets

PENALTY, BIAS, BACK = 7.5, 1.075, 20.0  # the car profile of OSRM: turn_penalty, turn_bias, u_turn_penalty


def _law(angle: float) -> float:
    """The law of OSRM's `process_turn` as printed there: `angle` degrees, above 0 to the right, traffic on the right."""
    if angle >= 0:
        return PENALTY / (1 + math.exp(-((13 / BIAS) * angle / 180 - 6.5 * BIAS)))
    return PENALTY / (1 + math.exp(-((13 * BIAS) * -angle / 180 - 6.5 / BIAS)))


def _driver(penalty: float | None = PENALTY, bias: float | None = BIAS, back: float | None = BACK) -> Profile:
    return Profile("driver", 10.0, "walk", 1.0, rules=Rules("walk", "open", turn_penalty=penalty, turn_bias=bias, turn_back=back))


def _cross() -> Streets:
    """A crossing of four streets of 100 m at node 0: 1 south, 2 east, 3 north, 4 west; edge k leads from node 0 to node k + 1."""
    return Streets(
        np.array([0.0, 0, 100, 0, -100]),
        np.array([0.0, -100, 0, 100, 0]),
        np.zeros(4, np.int32),
        np.arange(1, 5, dtype=np.int32),
        np.full(4, 100.0),
    )


def _ways(turned: Turned, streets: Streets) -> np.ndarray:
    at = turned.attach(Attach.at_nodes(streets, np.arange(streets.nodes)))
    return matrix(turned.network, at, at).values


def test_from_the_south_right_is_cheaper_than_left_and_straight_on_is_nearly_free() -> None:
    streets = _cross()
    seconds = _ways(with_turns(streets, _driver()), streets)
    tick = 1 / TICKS_PER["s"]
    assert seconds[1, 2] == pytest.approx(20 + _law(90), abs=tick)
    assert seconds[1, 3] == pytest.approx(20 + _law(0), abs=tick)
    assert seconds[1, 4] == pytest.approx(20 + _law(-90), abs=tick)
    # By hand from the law: 2.1 s to the right, 5.4 s to the left, 0.007 s straight on.
    assert [round(float(seconds[1, k]) - 20, d) for k, d in ((2, 1), (4, 1), (3, 3))] == [2.1, 5.4, 0.007]
    # Whoever begins or ends at the junction turns nowhere.
    assert seconds[0, 1:] == pytest.approx(10.0)
    assert seconds[1:, 0] == pytest.approx(10.0)


def test_where_traffic_drives_on_the_left_left_is_cheaper() -> None:
    streets = _cross()
    right, left = (_ways(with_turns(streets, _driver(), side), streets) for side in ("right", "left"))
    assert left[1, 2] == right[1, 4]
    assert left[1, 4] == right[1, 2]


def test_a_bend_where_just_two_streets_meet_is_no_turn() -> None:
    streets = Streets(np.array([0.0, 0, -100]), np.array([-100.0, 0, 0]), np.array([0, 1]), np.array([1, 2]), np.full(2, 100.0))
    assert _ways(with_turns(streets, _driver()), streets)[0, 2] == pytest.approx(20.0)


def test_who_must_turn_left_goes_round_the_block_by_rights_where_that_is_cheaper() -> None:
    # A grid of 3 x 3 junctions, 100 m apart, node 3 y + x. From half way between (1, 0) and (1, 1) to half way between (0, 1) and (1, 1):
    # a left turn, or southwards and round the block of the south-west: 30 s, right at (1, 0), the bend at (0, 0), right at (0, 1).
    x, y = (values.ravel().astype(float) * 100 for values in np.meshgrid(np.arange(3), np.arange(3)))
    pairs = [(3 * r + c, 3 * r + c + 1) for r in range(3) for c in range(2)] + [
        (3 * r + c, 3 * r + c + 3) for r in range(2) for c in range(3)
    ]
    u, v = np.array(pairs).T
    streets = Streets(x, y, u, v, np.full(len(u), 100.0))
    begin, end = (Attach(np.zeros(1, np.int32), np.array([pairs.index(p)]), np.array([50.0]), np.zeros(1), 1) for p in ((1, 4), (3, 4)))
    for penalty, bias, edges in ((PENALTY, BIAS, 2), (80.0, 1.6, 4)):
        turned = with_turns(streets, _driver(penalty, bias))
        found = turned.route(turned.attach(begin), 0, turned.attach(end), 0)
        left, right = Law(penalty, bias, BACK).seconds([-90.0, 90.0])
        assert found.value == pytest.approx(min(10 + left, 30 + 2 * right), abs=1e-3)
        assert len(found.edge) == edges


def test_turning_back_costs_at_dead_ends_and_bends() -> None:
    # Two streets of 100 m in a row; the owner stands at 150 m, home is at 50 m.
    streets = Streets(np.array([0.0, 100, 200]), np.zeros(3), np.array([0, 1]), np.array([1, 2]), np.full(2, 100.0))
    turned = with_turns(streets, _driver())
    one = Attach(np.zeros(1, np.int32), np.array([1]), np.array([50.0]), np.zeros(1), 1)
    # On the network with turns, edge 1 is the street from its first end to its last alone.
    forward_only = Attach(np.zeros(1, np.int32), np.array([1]), np.array([50.0]), np.zeros(1), 1)
    home = turned.attach(Attach(np.zeros(1, np.int32), np.array([0]), np.array([50.0]), np.zeros(1), 1))
    assert matrix(turned.network, turned.attach(one), home).values[0, 0] == pytest.approx(10.0)  # it may set out either way
    # Set out eastwards only: 5 s to the dead end, back over both streets 15 s, and one turn back.
    back = BACK + _law(-180)
    assert matrix(turned.network, forward_only, home).values[0, 0] == pytest.approx(5 + 15 + back, abs=2 / TICKS_PER["s"])


def test_angles_are_those_of_the_last_and_first_ten_metres() -> None:
    # The eastern arm leaves the junction northwards for 20 m before it bends, the northern one is straight: a turn of 0 degrees.
    cross = _cross()
    lines = [[[0, 0], [0, -100]], [[0, 0], [0, 20], [100, 20]], [[0, 0], [0, 100]], [[0, 0], [-100, 0]]]
    start = np.cumsum([0, *map(len, lines)])
    length = np.array([100.0, 120.0, 100.0, 100.0])
    streets = replace(cross, edge_length=length, geom_start=start, geom_xy=np.concatenate(lines).astype(float))
    assert _ways(with_turns(streets, _driver()), streets)[1, 2] == pytest.approx(22 + _law(0), abs=2 / TICKS_PER["s"])


def test_a_route_names_streets_alone_and_its_steps_hold_the_turns() -> None:
    streets = _cross()
    turned = with_turns(streets, _driver())
    homes = turned.attach(Attach(np.zeros(1, np.int32), np.array([0]), np.array([60.0]), np.array([3.0]), 1))
    shops = turned.attach(Attach(np.zeros(1, np.int32), np.array([3]), np.array([40.0]), np.array([2.0]), 1))
    found = turned.route(homes, 0, shops, 0)
    assert found.edge.tolist() == [0, 3]
    assert found.from_m.tolist() == [60.0, 0.0]
    assert found.to_m.tolist() == [0.0, 40.0]
    assert found.length_m == pytest.approx(105.0)
    assert found.value == matrix(turned.network, homes, shops).values[0, 0]
    first, second = steps(turned.base, found)
    assert (first.turn, second.turn) == ("start", "left")
    assert first.seconds == pytest.approx(6.0)
    assert second.seconds == pytest.approx(4.0 + _law(-90), abs=1e-3)
    assert turned.route(homes, 0, shops, 0, unit="m").turn_s == pytest.approx([0.0, 0.0])


def test_cars_of_the_standards_turn_as_published() -> None:
    for name in ("car", "car_peak"):
        rules = Profile.load(name).rules
        assert rules is not None
        assert (rules.turn_penalty, rules.turn_bias, rules.turn_back) == (PENALTY, BIAS, BACK)
    assert Law(PENALTY, BIAS, BACK).seconds([0.0, 45.0, -45.0, 135.0, -135.0]) == pytest.approx([_law(a) for a in (0, 45, -45, 135, -135)])
    assert Profile.load("emergency").rules is not None
    assert not Profile.load("emergency").rules.turns  # type: ignore[union-attr]


def test_wrong_terms_are_refused() -> None:
    with pytest.raises(UsageError, match="turn_bend"):
        Rules.of("car", {"turn_bend": 1.0}, "open")
    with pytest.raises(UsageError, match="turn_bias"):
        with_turns(_cross(), _driver(bias=0.0))
    with pytest.raises(UsageError, match="'up'"):
        with_turns(_cross(), _driver(), "up")  # type: ignore[arg-type]


def _case(seed: int, rules: Rules | None) -> tuple[Streets, Profile, Attach, Attach]:
    streets = random_streets(seed, nodes=9, edges=14)
    profile = Uneven("car", 8.0, access_m_s=1.0, closed=0.2, lopsided=True, delays=True, seed=seed, rules=rules)
    return streets, profile, random_attach(streets, seed + 1, 6), random_attach(streets, seed + 2, 5)


RULES = Rules("car", "open", turn_penalty=PENALTY, turn_bias=BIAS, turn_back=BACK)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), direction=st.sampled_from(["to", "from"]))
def test_times_equal_paths_over_directed_edges_to_the_tick(seed: int, direction: Literal["to", "from"]) -> None:
    streets, profile, origins, doors = _case(seed, RULES)
    turned = with_turns(streets, profile)
    ours, theirs = (origins, doors) if direction == "to" else (doors, origins)
    truth = _by_edges(Network.build(streets, profile), ours, theirs)
    truth = truth if direction == "to" else truth.T
    found = nearest(turned.network, turned.attach(origins), turned.attach(doors), direction=direction)
    best = truth.min(axis=1)
    ok = best < UNREACHED
    assert np.array_equal(found.states[0] == State.OK, ok)
    assert np.array_equal(found.values[0][ok], (best[ok] / TICKS_PER["s"]).astype(np.float32))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), unit=st.sampled_from(["s", "m"]), share=st.sampled_from([0.2, 0.6, 1.0]), only=st.booleans())
def test_no_way_takes_a_banned_turn_and_the_best_of_the_others_is_found(seed: int, unit: str, share: float, *, only: bool) -> None:
    streets, profile, origins, doors = _case(seed, RULES)
    ends = np.concatenate([streets.edge_u, streets.edge_v])
    edges = np.tile(np.arange(streets.edges), 2)
    every = np.array([(a, n, b) for a, n in zip(edges, ends, strict=True) for b in edges[ends == n]])
    some = every[np.random.default_rng(seed).random(len(every)) < share]
    if only:
        # Of the turns from an edge at a node those told are allowed alone; where none is told, all are.
        some, told = some[: len(some) // 2], {tuple(row) for row in some[: len(some) // 2].tolist()}
        sides = {row[:2] for row in told}
        banned = {tuple(row) for row in every.tolist() if tuple(row[:2]) in sides and tuple(row) not in told}
        assert {tuple(row) for row in all_but(streets, some).tolist()} == banned
    else:
        banned = {tuple(row) for row in some.tolist()}
    turned = with_turns(streets, profile, banned=np.array(sorted(banned), np.int64).reshape(-1, 3))
    at, to = turned.attach(origins), turned.attach(doors)
    if unit == "s":
        truth = _by_edges(Network.build(streets, profile), origins, doors, banned)
        found = matrix(turned.network, at, to)
        ok = truth < UNREACHED
        assert np.array_equal(found.states == State.OK, ok)
        assert np.array_equal(found.values[ok], (truth[ok] / TICKS_PER["s"]).astype(np.float32))
    for origin in range(origins.owners):
        way = turned.route(at, origin, to, 0, unit=unit)
        pairs = zip(way.edge[:-1].tolist(), way.edge[1:].tolist(), way.to_m[:-1].tolist(), strict=True)
        for before, after, stop in pairs:
            node = int(streets.edge_u[before] if stop <= 0 else streets.edge_v[before])
            assert (before, node, after) not in banned or streets.edge_length[before] == 0


def test_a_ban_where_streets_do_not_meet_is_refused() -> None:
    with pytest.raises(InputError, match="edge 1 does not meet node 3"):
        with_turns(_cross(), _driver(), banned=[(0, 0, 1), (1, 3, 2)])


def test_who_may_not_turn_left_turns_back_beyond_the_crossing() -> None:
    streets = _cross()
    seconds = _ways(with_turns(streets, _driver(), banned=[(0, 0, 3)]), streets)
    # From the south to the west: straight on to the north end or right to the east end, back, and on: by hand the cheapest of both.
    round_north = 40 + _law(0) + BACK + _law(-180) + _law(90)
    round_east = 40 + _law(90) + BACK + _law(-180) + _law(0)
    assert seconds[1, 4] == pytest.approx(min(round_north, round_east), abs=1e-3)
    assert with_turns(streets, _driver(), banned=all_but(streets, [(0, 0, 1)])).network.streets.edges == (
        with_turns(streets, _driver()).network.streets.edges - 3
    )


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_route_has_the_cost_of_its_cell_and_joins(seed: int) -> None:
    streets, profile, origins, doors = _case(seed, RULES)
    turned = with_turns(streets, profile)
    truth = _by_edges(turned.base, origins, doors)
    homes, shops = turned.attach(origins), turned.attach(doors)
    for row in range(origins.owners):
        for column in range(doors.owners):
            way = turned.route(homes, row, shops, column)
            assert (way.state == State.OK) == (truth[row, column] < UNREACHED)
            if way.state == State.OK:
                assert way.value == truth[row, column] / TICKS_PER["s"]
                assert way.edge.max(initial=0) < streets.edges
                assert way.turn_s is not None
                assert len(way.turn_s) == len(way.edge)
                assert (way.turn_s >= 0).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), unit=st.sampled_from(["s", "m"]))
def test_without_terms_the_bits_are_those_without_turns(seed: int, unit: str) -> None:
    for rules in (None, Rules("car", "open"), Rules("car", "open", turn_penalty=0.0, turn_bias=BIAS, turn_back=0.0)):
        streets, profile, origins, doors = _case(seed, rules)
        plain, turned = Network.build(streets, profile), with_turns(streets, profile)
        homes, shops = turned.attach(origins), turned.attach(doors)
        before, after = nearest(plain, origins, doors, unit=unit), nearest(turned.network, homes, shops, unit=unit)
        for name in ("values", "place", "states"):
            assert np.array_equal(getattr(before, name), getattr(after, name), equal_nan=name == "values")
        before_sums, after_sums = (
            within(*case, [60.0, 300.0], unit=unit) for case in ((plain, origins, doors), (turned.network, homes, shops))
        )
        assert np.array_equal(before_sums.counts, after_sums.counts)
        assert np.array_equal(before_sums.states, after_sums.states)
        one = route(plain, origins, 0, doors, 0, unit=unit), turned.route(homes, 0, shops, 0, unit=unit)
        assert np.array_equal(one[0].value, one[1].value, equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), more=st.floats(0, 60), further=st.floats(0, 60))
def test_more_penalty_never_lowers_a_time(seed: int, more: float, further: float) -> None:
    streets, profile, origins, doors = _case(seed, RULES)
    dear = replace(profile, rules=replace(RULES, turn_penalty=PENALTY + more, turn_back=BACK + further))
    least, most = (with_turns(streets, one) for one in (profile, dear))
    free = nearest(Network.build(streets, profile), origins, doors).values[0]
    low, high = (nearest(one.network, one.attach(origins), one.attach(doors)).values[0] for one in (least, most))
    assert np.array_equal(np.isnan(free), np.isnan(high))
    there = ~np.isnan(free)
    assert (free[there] <= low[there]).all()
    assert (low[there] <= high[there]).all()


class _Plain:
    """Paths over (edge, way) by a plain heap; takes nothing from the product but ticks and the stated rounding of a position."""

    def __init__(self, network: Network, banned: set[tuple[int, int, int]]) -> None:
        self.banned = banned
        streets, costs = network.streets, network.costs
        self.streets = streets
        self.run = [to_ticks(values, "s").tolist() for values in (costs.run_f, costs.run_b)]
        self.end = [to_ticks(values, "s").tolist() for values in (costs.end_f, costs.end_b)]
        u, v = streets.edge_u.tolist(), streets.edge_v.tolist()
        self.tail, self.head = [u, v], [v, u]
        self.copies = [(e, w) for e in range(streets.edges) for w in (0, 1) if self.run[w][e] < UNREACHED]
        self.degree = [0] * streets.nodes
        for e in {e for e, _ in self.copies}:
            self.degree[u[e]] += 1
            self.degree[v[e]] += 1

    def bearing(self, e: int, w: int) -> float | None:
        dx, dy = (float(line[self.head[w][e]] - line[self.tail[w][e]]) for line in (self.streets.node_x, self.streets.node_y))
        return None if dx == dy == 0 or self.streets.edge_length[e] == 0 else math.degrees(math.atan2(dx, dy))

    def turn(self, one: tuple[int, int], two: tuple[int, int]) -> int:
        seconds = 0.0
        if one[0] == two[0] and one[1] != two[1]:
            seconds = _law(-180) + BACK
        elif self.degree[self.head[one[1]][one[0]]] >= 3:
            before, after = self.bearing(*one), self.bearing(*two)
            seconds = _law(0.0 if before is None or after is None else (round(after - before, 6) + 180) % 360 - 180)
        return int(to_ticks(np.array([seconds]), "s")[0])

    def spot(self, attach: Attach, k: int) -> tuple[int, int, float]:
        """Node or -1, edge, share of it."""
        e, offset = int(attach.edge[k]), float(attach.offset[k])
        length = float(self.streets.edge_length[e])
        if offset <= 0:
            return int(self.streets.edge_u[e]), e, 0.0
        return (int(self.streets.edge_v[e]), e, 1.0) if offset >= length else (-1, e, offset / length)

    def so_far(self, e: int, w: int, share: float) -> int:
        at = int(np.rint(self.run[w][e] * share))
        return at if w == 0 else self.run[w][e] - at

    def labels(self, node: int, e: int, share: float) -> dict[tuple[tuple[int, int], bool], int]:
        """Least cost at the begin of each copy (False) and at its end, arrival paid (True)."""
        heap = [(0, copy, False) for copy in self.copies if self.tail[copy[1]][copy[0]] == node]
        if node < 0:
            ahead = [(e, w) for w in (0, 1) if self.run[w][e] < UNREACHED]
            heap += [(self.run[w][e] - self.so_far(e, w, share) + self.end[w][e], (e, w), True) for e, w in ahead]
        done: dict[tuple[tuple[int, int], bool], int] = {}
        heapq.heapify(heap)
        while heap:
            cost, copy, arrived = heapq.heappop(heap)
            if (copy, arrived) in done:
                continue
            done[copy, arrived] = cost
            if not arrived:
                heapq.heappush(heap, (cost + self.run[copy[1]][copy[0]] + self.end[copy[1]][copy[0]], copy, True))
                continue
            here = self.head[copy[1]][copy[0]]
            for onward in (other for other in self.copies if self.tail[other[1]][other[0]] == here):
                if (copy[0], here, onward[0]) in self.banned:
                    continue
                heapq.heappush(heap, (cost + self.turn(copy, onward), onward, False))
        return done

    def way(self, origin: tuple[int, int, float], door: tuple[int, int, float], done: dict[tuple[tuple[int, int], bool], int]) -> int:
        (node, e, share), (end, f, at) = origin, door
        if end >= 0:
            costs = [cost for (copy, arrived), cost in done.items() if arrived and self.head[copy[1]][copy[0]] == end]
            return min([*costs, 0 if node == end else UNREACHED])
        costs = [done[(f, w), False] + self.so_far(f, w, at) for w in (0, 1) if ((f, w), False) in done]
        if node < 0 and f == e:
            open_ways = [w for w in (0, 1) if self.run[w][e] < UNREACHED]
            steps_ahead = [self.so_far(e, w, at) - self.so_far(e, w, share) for w in open_ways]
            costs += [step for step in steps_ahead if step >= 0]
        return min([*costs, UNREACHED])


def _by_edges(network: Network, origins: Attach, doors: Attach, banned: set[tuple[int, int, int]] | None = None) -> np.ndarray:
    """Ticks from every origin (row) to every door owner (column)."""
    plain = _Plain(network, banned or set())
    access = [to_ticks(attach.distance / network.profile.access_speed, "s").tolist() for attach in (origins, doors)]
    out = np.full((origins.owners, doors.owners), UNREACHED, np.int64)
    for i in range(len(origins.owner)):
        origin = plain.spot(origins, i)
        done = plain.labels(*origin)
        for j in range(len(doors.owner)):
            way = plain.way(origin, plain.spot(doors, j), done)
            if way < UNREACHED:
                a, b = origins.owner[i], doors.owner[j]
                out[a, b] = min(out[a, b], way + access[0][i] + access[1][j])
    return out
