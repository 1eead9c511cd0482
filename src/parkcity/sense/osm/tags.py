"""What tags mean: small expressions over OpenStreetMap tags, as they stand in the tables of this room.

An expression joins terms with AND, OR, NOT and parentheses. A term is `key=value`, `key=*` (any value), `key!=value` or
`key~pattern` (a regular expression found anywhere in the value). Texts are matched as they are; nothing is trimmed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

Tags = Mapping[str, str]
Test = Callable[[Tags], bool]
Anchor = tuple[str, str | None]
"""A key with a value (or with any value: None) that a matching object must have."""

_TOKEN = re.compile(r"\s*(\(|\)|AND\b|OR\b|NOT\b|[^()\s](?:[^()]*?)(?=\s+(?:AND|OR)\b|\s*\)|\s*$))")
_TERM = re.compile(r"([\w:.-]+)(!=|=|~)(.+)", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """A compiled expression. Every object that matches has at least one of the `anchors`."""

    text: str
    test: Test
    anchors: frozenset[Anchor]


def compile_rule(text: str) -> Rule:
    """The rule of an expression. Raises `ValueError` where it cannot be understood.

    >>> rule = compile_rule("amenity=school AND (isced:level~1 OR name~Primary)")
    >>> rule.test({"amenity": "school", "name": "First Primary"}), rule.test({"amenity": "school"})
    (True, False)
    """
    tokens = _tokens(text)
    test, anchors, rest = _any_of(tokens)
    if rest:
        msg = f"'{text}': unexpected '{rest[0]}'"
        raise ValueError(msg)
    if anchors is None:
        msg = f"'{text}' holds for objects without any tag"
        raise ValueError(msg)
    return Rule(text, test, anchors)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            msg = f"'{text}' cannot be understood from '{text[position:]}' on"
            raise ValueError(msg)
        tokens.append(match[1])
        position = match.end()
    return tokens


_Parsed = tuple[Test, frozenset[Anchor] | None, list[str]]


def _any_of(tokens: list[str]) -> _Parsed:
    test, anchors, rest = _all_of(tokens)
    tests = [test]
    while rest and rest[0] == "OR":
        test, more, rest = _all_of(rest[1:])
        anchors = None if anchors is None or more is None else anchors | more
        tests.append(test)
    return (tests[0] if len(tests) == 1 else lambda tags: any(test(tags) for test in tests)), anchors, rest


def _all_of(tokens: list[str]) -> _Parsed:
    test, anchors, rest = _one(tokens)
    tests = [test]
    while rest and rest[0] == "AND":
        test, more, rest = _one(rest[1:])
        # Either side's anchors are enough; the more specific side (no bare keys) makes the smaller net.
        if anchors is None or (more is not None and _looseness(more) < _looseness(anchors)):
            anchors = more
        tests.append(test)
    return (tests[0] if len(tests) == 1 else lambda tags: all(test(tags) for test in tests)), anchors, rest


def _looseness(anchors: frozenset[Anchor]) -> int:
    return sum(value is None for _, value in anchors)


def _one(tokens: list[str]) -> _Parsed:
    if not tokens:
        msg = "an expression ends too early"
        raise ValueError(msg)
    head, rest = tokens[0], tokens[1:]
    if head == "NOT":
        test, _, rest = _one(rest)
        return (lambda tags: not test(tags)), None, rest
    if head == "(":
        test, anchors, rest = _any_of(rest)
        if not rest or rest[0] != ")":
            msg = "a parenthesis is not closed"
            raise ValueError(msg)
        return test, anchors, rest[1:]
    match = _TERM.fullmatch(head)
    if match is None:
        msg = f"'{head}' is not key=value, key=*, key!=value or key~pattern"
        raise ValueError(msg)
    return *_term(match[1], match[2], match[3]), rest


def _term(key: str, operator: str, value: str) -> tuple[Test, frozenset[Anchor] | None]:
    if operator == "!=":
        return (lambda tags: tags.get(key) != value), None
    if operator == "~":
        search = re.compile(value).search
        return (lambda tags: key in tags and search(tags[key]) is not None), frozenset({(key, None)})
    if value == "*":
        return (lambda tags: key in tags), frozenset({(key, None)})
    return (lambda tags: tags.get(key) == value), frozenset({(key, value)})


class Classifier:
    """Finds the first of many rules that an object matches; objects without any anchor cost one look a tag."""

    def __init__(self, rules: Iterable[tuple[str, str]]) -> None:
        self.names: list[str] = []
        self._tests: list[Test] = []
        self._by_anchor: dict[Anchor, list[int]] = {}
        for name, text in rules:
            rule = compile_rule(text)
            for anchor in rule.anchors:
                self._by_anchor.setdefault(anchor, []).append(len(self.names))
            self.names.append(name)
            self._tests.append(rule.test)
        self.keys = frozenset(key for key, _ in self._by_anchor)
        self._loose = frozenset(key for key, value in self._by_anchor if value is None)

    def find(self, tags: Tags) -> str:
        """The name of the first rule that holds, or an empty text."""
        found: list[int] = []
        for key, value in tags.items():
            if key in self.keys:
                found += self._by_anchor.get((key, value), ())
                if key in self._loose:
                    found += self._by_anchor[key, None]
        for number in sorted(set(found)) if len(found) > 1 else found:
            if self._tests[number](tags):
                return self.names[number]
        return ""


@cache
def table(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of one of this room's tables (`classes`, `areas`, `surfaces`, …)."""
    text = resources.files("parkcity.sense.osm").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
