"""The fields of a change: declared once, checked everywhere (scenario files, the Python face, the documentation)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from parkcity.base.registry import Registry
from parkcity.sense.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from parkcity.base.errors import FaultList
    from parkcity.base.words import Lang
    from parkcity.twin.changes._draft import Draft

FieldType = Literal["text", "number", "kind", "points", "choice"]
FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)


@dataclass(frozen=True)
class Field:
    """One field of a change: its type, range (inclusive) and unit, and whether it may be left out."""

    name: str
    type: FieldType = "text"
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    least_points: int = 0
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What the field allows, in words."""
        if self.type == "kind":
            return f"one of {', '.join(kinds())}."
        if self.type == "choice":
            return f"one of {', '.join(self.choices)}."
        if self.type == "points":
            return f"a list of at least {self.least_points} points [lon, lat] in WGS 84 degrees."
        if self.type == "text":
            return "a text that is not empty."
        low = "" if self.minimum is None else f" from {self.minimum:g}"
        high = "" if self.maximum is None else f" to {self.maximum:g}"
        return f"a number{low}{high}{' ' + self.unit if self.unit else ''}."

    def accepts(self, value: object) -> bool:
        """Is a value of the right type and within the range?"""
        if self.type == "kind":
            return isinstance(value, str) and value in kinds()
        if self.type == "choice":
            return isinstance(value, str) and value in self.choices
        if self.type == "text":
            return isinstance(value, str) and bool(value.strip())
        if self.type == "points":
            return isinstance(value, list | tuple) and len(value) >= self.least_points and all(map(_is_point, value))
        if not _is_number(value):
            return False
        number = float(value)  # type: ignore[arg-type]
        return (self.minimum is None or number >= self.minimum) and (self.maximum is None or number <= self.maximum)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_point(value: object) -> bool:
    if not (isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))):
        return False
    return bool(abs(value[0]) <= 180 and abs(value[1]) <= 90)


LON = Field("lon", "number", minimum=-180, maximum=180, unit="degrees")
LAT = Field("lat", "number", minimum=-90, maximum=90, unit="degrees")
COST = Field("cost", "number", minimum=0, unit="yuan")
"""Every change may state what it costs."""


@dataclass(frozen=True)
class Effect:
    """What a change did: the sentence's slots and how many rows of which layers it touched."""

    change: str
    slots: Mapping[str, object]
    touched: Mapping[str, int]
    cost: float = 0.0
    sentence: str = ""

    def text(self, lang: Lang) -> str:
        """What the change did, as a sentence."""
        from parkcity.base.words import Words

        shown = {key: value[lang] if isinstance(value, dict) else value for key, value in self.slots.items()}
        return Words.load("parkcity.twin.changes").get(self.sentence or self.change, lang, **shown)


@dataclass(frozen=True)
class ChangeKind:
    """A kind of change. `apply` edits the draft and says what it did; faults of its values are added to the list it is given."""

    id: str
    name_zh: str
    name_en: str
    fields: tuple[Field, ...]
    apply: Callable[[Draft, Mapping[str, Any], Report], Effect | None]
    either: tuple[tuple[str, ...], ...] = ()

    def name(self, lang: Lang) -> str:
        """The name of this kind of change in a language."""
        return self.name_zh if lang == "zh" else self.name_en

    def check(self, values: Mapping[str, Any], report: Report) -> None:
        """Unknown, missing and wrong fields, all of them. `either` names sets of fields of which exactly one must be given whole."""
        known = {entry.name: entry for entry in (*self.fields, COST)}
        for name, value in values.items():
            if name not in known:
                report.add(f"unknown field '{name}'.", allowed=f"{', '.join(known)}.")
            elif not known[name].accepts(value):
                report.add(f"'{name}' is {value!r}.", allowed=known[name].allowed)
        for entry in self.fields:
            if entry.required and entry.name not in values:
                report.add(f"the field '{entry.name}' is missing.", allowed=entry.allowed)
        if self.either:
            given = [names for names in self.either if any(name in values for name in names)]
            if len(given) != 1 or not all(name in values for name in given[0]):
                report.add("it does not say where.", allowed=f"exactly one of: {'; '.join(' and '.join(names) for names in self.either)}.")


@dataclass(frozen=True)
class Report:
    """Where the faults of one change go, with the file and the number of the change in it."""

    faults: FaultList
    where: str
    row: int

    def add(self, what: str, *, allowed: str = "", todo: str = "") -> None:
        """Add one fault of this change."""
        self.faults.add(self.where, what, allowed=allowed, todo=todo, row=self.row)


CHANGES: Registry[ChangeKind] = Registry("kind of change", "parkcity.twin.changes")
