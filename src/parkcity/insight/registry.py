"""The registry of indicators: each number defined once, with all that a reader may ask about it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from parkcity.base.registry import Registry
from parkcity.base.units import unit
from parkcity.insight.forms import FORMS, Form, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from parkcity.base.words import Lang
    from parkcity.standards import Parameter

Polarity = Literal["higher", "lower", "neutral"]
POLARITIES: tuple[Polarity, ...] = ("higher", "lower", "neutral")
ACCESS_GROUPS = ("all", "children", "elders")


@dataclass(frozen=True)
class Input:
    """One input of an indicator: the provider's name and what it is asked for."""

    provider: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Indicator:
    """A number defined once.

    `function` takes its declared inputs (arrays by cell) and parameters by name and gives a `Result`; it is None for what
    can only be recorded. `clause` is the row of the standards table that asks for the number.
    """

    id: str
    theme: str
    name_zh: str
    name_en: str
    unit: str
    polarity: Polarity
    form: Form
    formula: str
    clause: Parameter
    inputs: Mapping[str, Input] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    function: Callable[..., Result] | None = None
    groups: tuple[str, ...] = ("all",)
    grain: str = "cell"
    limit_m: float | None = None
    headline: bool = False

    def __post_init__(self) -> None:
        unit(self.unit)
        if self.polarity not in POLARITIES or self.form not in FORMS:
            msg = f"indicator '{self.id}': polarity '{self.polarity}' or form '{self.form}' is not known"
            raise ValueError(msg)
        if not (self.name_zh and self.name_en and self.formula):
            msg = f"indicator '{self.id}' lacks a name or its formula"
            raise ValueError(msg)

    def name(self, lang: Lang) -> str:
        """The indicator's name in a language."""
        return self.name_zh if lang == "zh" else self.name_en

    @property
    def recorded_only(self) -> bool:
        """Can the number only be recorded from statistics?"""
        return self.function is None

    @property
    def official(self) -> bool:
        """Do all its parameters come from published sources?"""
        return all(row.official for row in (self.clause, *self.parameters.values()))


INDICATORS: Registry[Indicator] = Registry("indicator", "parkcity.insight.indicators")


def declare(
    indicator_id: str,
    names: tuple[str, str],
    formula: str,
    clause: Parameter,
    inputs: Mapping[str, Input],
    function: Callable[..., Result],
    *,
    unit: str = "share",
    polarity: Polarity = "higher",
    form: Form = "Share",
    groups: tuple[str, ...] = ("all",),
    limit_m: float | None = None,
    headline: bool = False,
    parameters: Mapping[str, Parameter] | None = None,
) -> Indicator:
    """Add an indicator to the registry; its theme is the first word of its id, `names` are Chinese and English.

    Raises `ValueError` where the function does not take exactly the declared inputs and parameters.
    """
    declared = {*inputs, *(parameters or {})}
    takes = set(inspect.signature(function).parameters)
    if takes != declared:
        msg = f"indicator '{indicator_id}': its function takes {sorted(takes)}, declared are {sorted(declared)}"
        raise ValueError(msg)
    return INDICATORS.add(
        Indicator(
            id=indicator_id,
            theme=indicator_id.partition(".")[0],
            name_zh=names[0],
            name_en=names[1],
            unit=unit,
            polarity=polarity,
            form=form,
            formula=formula,
            clause=clause,
            inputs=inputs,
            parameters=parameters or {},
            function=function,
            groups=groups,
            limit_m=limit_m,
            headline=headline,
        )
    )
