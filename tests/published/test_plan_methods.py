"""Published examples for the methods that follow a plan."""

from __future__ import annotations

import numpy as np
import pytest

from parkcity.plan.earned import Earned
from parkcity.plan.forecast import theil_sen
from parkcity.plan.network import Link, Network
from parkcity.plan.paths import SHARES
from parkcity.plan.resources import level
from parkcity.plan.risk import pert_draws, simulate
from parkcity.plan.score import growth_ratio, growth_word

# Hillier and Lieberman, Introduction to Operations Research, chapter on project management: the Reliable Construction Co.
# project. Activity: optimistic, most likely, pessimistic weeks; predecessors. Their means are whole numbers of weeks.
_RELIABLE = {
    "A": ((1, 2, 3), ""),
    "B": ((2, 3.5, 8), "A"),
    "C": ((6, 9, 18), "B"),
    "D": ((4, 5.5, 10), "C"),
    "E": ((1, 4.5, 5), "C"),
    "F": ((4, 4, 10), "E"),
    "G": ((5, 6.5, 11), "D"),
    "H": ((5, 8, 17), "EG"),
    "I": ((3, 7.5, 9), "C"),
    "J": ((3, 9, 9), "FI"),
    "K": ((4, 4, 4), "J"),
    "L": ((1, 5.5, 7), "J"),
    "M": ((1, 2, 3), "H"),
    "N": ((5, 5.5, 9), "KL"),
}
_NAMES = list(_RELIABLE)


def _network() -> Network:
    links = [Link(_NAMES.index(before), _NAMES.index(name)) for name, (_, after) in _RELIABLE.items() for before in after]
    return Network(_NAMES, links)


def _three() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points = np.array([three for three, _ in _RELIABLE.values()], dtype=float)
    return points[:, 0], points[:, 1], points[:, 2]


def test_critical_path_of_reliable_construction() -> None:
    low, mode, high = _three()
    durations = (low + 4 * mode + high) / 6
    assert durations.tolist() == pytest.approx([2, 4, 10, 6, 4, 5, 7, 9, 7, 8, 4, 5, 2, 6])
    found = _network().schedule(durations)
    assert float(found.length) == pytest.approx(44)
    assert "".join(name for name, critical in zip(_NAMES, found.critical, strict=True) if critical) == "ABCEFJLN"
    slack = dict(zip(_NAMES, found.slack, strict=True))
    assert {name: round(float(slack[name])) for name in "DGHIKM"} == {"D": 4, "G": 4, "H": 4, "I": 2, "K": 1, "M": 4}


def test_schedule_risk_of_reliable_construction() -> None:
    # The mean critical path is 44 weeks with variance 9 in the PERT approximation, which gives 84 % for 47 weeks. The true
    # probability is lower because other paths may become longer; the book calls its number an optimistic bound.
    low, mode, high = _three()
    risk = simulate(_network(), low, mode, high, 20_000)
    path = [_NAMES.index(name) for name in "ABCEFJLN"]
    assert pert_draws(low, mode, high, 20_000)[path].sum(axis=0).mean() == pytest.approx(44, abs=0.1)
    assert float(risk.lengths.mean()) > 44
    assert 0.70 < float((risk.lengths <= 47).mean()) < 0.84
    assert risk.criticality[_NAMES.index("A")] == 1.0
    assert 0.5 < risk.criticality[_NAMES.index("F")] < 1.0


def test_small_network_with_floats() -> None:
    # source: six tasks worked by hand: A3; B4; C2 after A; D5 after A; E1 after B and C; F2 after D and E.
    links = [Link(0, 2), Link(0, 3), Link(1, 4), Link(2, 4), Link(3, 5), Link(4, 5)]
    found = Network("ABCDEF", links).schedule(np.array([3.0, 4, 2, 5, 1, 2]))
    assert float(found.length) == 10
    assert found.slack.tolist() == [0, 3, 2, 0, 2, 0]


def test_earned_value_indices() -> None:
    # source: PMI practice standard, definitions SPI = EV/PV, CPI = EV/AC, EAC = BAC/CPI; 80/100, 80/90, 500/(80/90).
    value = Earned(planned=100, earned=80, spent=90, budget=500)
    assert value.schedule_index == pytest.approx(0.8)
    assert value.cost_index == pytest.approx(0.8889, abs=5e-5)
    assert value.at_completion == pytest.approx(562.5)


def test_theil_sen_of_the_nile() -> None:
    # source: pyMannKendall on the Nile flow 1871-1970 (statsmodels): slope -2.6, intercept 1022.2.
    from statsmodels.datasets import nile

    flow = nile.load_pandas().data["volume"].to_numpy(dtype=float)
    slope, intercept = theil_sen(np.arange(flow.size, dtype=float), flow)
    assert float(slope) == pytest.approx(-2.6)
    assert float(intercept) == pytest.approx(1022.2)


def test_growth_ratio_of_eurostat() -> None:
    # source: Eurostat's rule: 20 in 2015, 15 in 2020, target 8 in 2030; actual -5.591 %, required -5.923 % a year, ratio 0.944.
    ratio = growth_ratio(20, 15, 8, 5, 15)
    assert ratio == pytest.approx(0.944, abs=5e-4)
    assert growth_word(ratio) == "moderate"
    assert [growth_word(value) for value in (0.95, 0.9499, 0.6, 0.5999, 0.0, -0.001)] == [
        "on_track",
        "moderate",
        "moderate",
        "insufficient",
        "insufficient",
        "away",
    ]


def test_smoothstep_path() -> None:
    # source: smoothstep 3s² − 2s³ at 0, ¼, ½, ¾, 1.
    assert [SHARES["s_curve"](share) for share in (0, 0.25, 0.5, 0.75, 1)] == [0, 0.15625, 0.5, 0.84375, 1]


def test_job_shop_of_muth_and_thompson() -> None:
    # source: Fisher and Thompson 1963 (in Muth and Thompson), six jobs on six machines, optimal length 55.
    # Each machine is a resource of one unit.
    table = """
        2 1 0 3 1 6 3 7 5 3 4 6
        1 8 2 5 4 10 5 10 0 10 3 4
        2 5 3 4 5 8 0 9 1 1 4 7
        1 5 0 5 2 5 3 3 4 8 5 9
        2 9 1 3 4 5 5 4 0 3 3 1
        1 3 3 3 5 9 0 10 4 4 2 1
    """
    durations: list[int] = []
    needs: list[dict[str, int]] = []
    links: list[Link] = []
    for line in table.strip().splitlines():
        numbers = [int(text) for text in line.split()]
        for step, (machine, length) in enumerate(zip(numbers[::2], numbers[1::2], strict=True)):
            if step:
                links.append(Link(len(durations) - 1, len(durations)))
            durations.append(length)
            needs.append({f"m{machine}": 1})
    found = level(durations, links, needs, {f"m{machine}": 1 for machine in range(6)})
    assert found.optimal
    assert found.length == found.bound == 55
