"""Laws of all indicators: none has a number of its own, groups add up to all, more supply never means less access."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scenes.everything import SIDE, full_town

import parkcity.insight.indicators
from parkcity.base.units import unit
from parkcity.insight.circles import needs_of_set
from parkcity.insight.inputs import PROVIDERS, Inputs
from parkcity.insight.registry import INDICATORS, POLARITIES, Indicator
from parkcity.insight.run import computable, measure_known
from parkcity.sense.kinds import kinds
from parkcity.standards import load, parameter
from parkcity.twin.twin import Twin

QUAY = Path(parkcity.insight.indicators.__file__).parent
PARTITION = ("children", "adults", "elders")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_FACTOR = re.compile(r"_?[A-Z0-9]+_PER_[A-Z0-9]+")


def numbers(text: str) -> set[float]:
    return {float(found.replace(",", "")) for found in _NUMBER.findall(text)}


@pytest.mark.parametrize("path", sorted(QUAY.glob("*.py")), ids=lambda path: path.stem)
def test_no_indicator_has_a_number_in_its_code(path: Path) -> None:
    # 0 and 1 are no thresholds; factors between units stand under a name that says so.
    tree = ast.parse(path.read_text(encoding="utf-8"))
    factors = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Assign) and _FACTOR.fullmatch(ast.unparse(node.targets[0]))
    }
    found = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in {int, float} and node.value not in {0, 1} and id(node) not in factors
    ]
    assert found == []


def _known_numbers(item: Indicator) -> set[float]:
    """Every number that the rows of an indicator hold: values, clauses, what the rows are called, and the arguments of its inputs."""
    rows = [
        item.clause,
        *item.parameters.values(),
        parameter("check_limits", "distance.quantiles"),
        parameter("circle_parameters", "strict"),
    ]
    rows += [*load("groups"), parameter("transit_parameters", "transit.frequent")]
    for entry in item.inputs.values():
        if "set_id" in entry.args:
            rows += list(needs_of_set(str(entry.args["set_id"])).values())
    known: set[float] = set()
    for row in rows:
        for text in (row.value, row.clause, row.source, row.id.replace("_", " "), *row.extra.values()):
            known |= numbers(text)
    for entry in item.inputs.values():
        known |= numbers(str(dict(entry.args)))
    # A share may be told in per cent, and seconds in minutes.
    return known | {round(value * 100, 9) for value in known} | {value / 60 for value in known}


def test_every_number_in_a_name_is_one_of_its_rows() -> None:
    wrong = [(item.id, item.name_en) for item in INDICATORS if numbers(item.name_en) - _known_numbers(item)]
    assert wrong == []


def test_both_names_tell_the_same_numbers() -> None:
    # Chinese names write minutes and metres as the English ones do; how many of a base is left out of some.
    bases = {100_000.0, 10_000.0, 1_000.0, 0.0}
    wrong = [item.id for item in INDICATORS if (numbers(item.name_zh) ^ numbers(item.name_en)) - bases]
    assert wrong == []


def test_unit_polarity_and_clause_are_declared_for_every_indicator() -> None:
    for item in INDICATORS:
        assert unit(item.unit).id == item.unit
        assert item.polarity in POLARITIES
        assert item.clause.source, item.id


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """The town with two places of every kind."""
    return full_town(tmp_path_factory.mktemp("full"), [])


def test_groups_add_up_to_all(full: Twin) -> None:
    everybody = Inputs(full)
    by_group = [everybody.for_group(group) for group in PARTITION]
    held = 0
    for item in computable(full):
        if len(item.groups) == 1 or item.form in {"Distribution", "Index"}:
            continue
        whole, *parts = (_parts(measure_known(inputs, item).result) for inputs in (everybody, *by_group))
        # The walk of a group is its own, so only those in question add up; what goes by metres adds up in all.
        same_walk = not any(PROVIDERS[entry.provider].by_group for entry in item.inputs.values())
        for number in (0, 1) if same_walk else (1,):
            if whole[number] is not None:
                total = sum(part[number] for part in parts)
                np.testing.assert_allclose(total, whole[number], rtol=1e-12, err_msg=item.id)
                held += 1
    assert held > 100


def _parts(result: Any) -> tuple[Any, Any]:
    return result.part, result.whole


_SUPPLY = {"distance_m", "minutes", "reached", "reached_share_of", "needs_within", "place_count", "place_area_m2", "place_area_within"}
_WHO = {"residents", "residents_of", "residents_aged", "residential_km2", "area_km2"}


def _follows_supply(item: Indicator) -> bool:
    """Does an indicator tell what is in reach, or how much there is, and nothing else?"""
    asked = {entry.provider for entry in item.inputs.values()}
    return bool(asked & _SUPPLY) and asked <= _SUPPLY | _WHO and not item.id.endswith(("_gap", "_gini")) and item.polarity != "neutral"


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(kinds())), x=st.floats(0.0, SIDE), y=st.floats(0.0, SIDE))
def test_adding_a_place_never_lowers_what_is_in_reach(full: Twin, kind: str, x: float, y: float) -> None:
    with TemporaryDirectory() as name:
        richer = full_town(Path(name), [(kind, x, y)])
        before, after = Inputs(full), Inputs(richer)
        followed = [item for item in computable(full) if _follows_supply(item)]
        assert len(followed) > 200
        for item in followed:
            first, second = (measure_known(inputs, item).cell_values() for inputs in (before, after))
            better = second >= first - 1e-12 if item.polarity == "higher" else second <= first + 1e-12
            assert np.all(better | (np.isnan(first) & np.isnan(second))), (item.id, kind)
