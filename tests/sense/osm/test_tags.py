"""Expressions over tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.sense.kinds import kinds
from parkcity.sense.osm.places import area_rules, kind_rules
from parkcity.sense.osm.tags import Classifier, compile_rule


@pytest.mark.parametrize(
    ("text", "tags", "holds"),
    [
        ("a=b", {"a": "b"}, True),
        ("a=b", {"a": "bb"}, False),
        ("a=*", {"a": "anything"}, True),
        ("a=*", {"b": "a"}, False),
        ("a=b AND c!=d", {"a": "b"}, True),
        ("a=b AND c!=d", {"a": "b", "c": "d"}, False),
        ("a=b AND NOT (c=d OR e=*)", {"a": "b", "e": "1"}, False),
        ("a=b OR a=c AND d=e", {"a": "b"}, True),
        ("(a=b OR a=c) AND d=e", {"a": "b"}, False),
        ("name~中学|High School", {"name": "North High School"}, True),
        ("name~^River", {"name": "the River"}, False),
    ],
)
def test_an_expression_holds_as_boolean_algebra_says(text: str, tags: dict[str, str], holds: bool) -> None:
    assert compile_rule(text).test(tags) is holds


@pytest.mark.parametrize("text", ["", "a", "a=b AND", "(a=b", "a=b)", "NOT a=b", "a=b XOR c=d OR", "a!=b"])
def test_an_expression_without_sense_or_without_an_anchor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expression|tag|cannot|not key|ends|closed|unexpected"):
        compile_rule(text)


def test_the_first_of_several_rules_that_hold_is_taken() -> None:
    rules = Classifier([("graded", "amenity=school AND name~Primary"), ("any", "amenity=school"), ("other", "name~Primary")])
    assert rules.find({"amenity": "school", "name": "A Primary"}) == "graded"
    assert rules.find({"amenity": "school", "name": "A"}) == "any"
    assert rules.find({"name": "A Primary", "building": "yes"}) == "other"
    assert rules.find({"building": "yes"}) == ""


_KEYS = st.sampled_from(["amenity", "leisure", "shop", "name", "station", "healthcare", "natural"])
_VALUES = st.sampled_from(["school", "park", "clinic", "mall", "subway", "water", "North Primary", "第一小学", "yes"])


@given(st.dictionaries(_KEYS, _VALUES))
def test_anchors_never_hide_a_rule_that_holds(tags: dict[str, str]) -> None:
    expected = next((kind.id for kind in kinds().values() if kind.osm and compile_rule(kind.osm).test(tags)), "")
    assert kind_rules().find(tags) == expected


def test_every_rule_of_the_tables_compiles() -> None:
    assert kind_rules().names
    assert all(area_rules(layer).names for layer in ("water", "green", "landuse"))
