"""An action: what a project may do, which columns of the list it reads, and the changes of the city that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.base.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from parkcity.base.errors import FaultList
    from parkcity.base.words import Lang
    from parkcity.twin.scenario import Step


@dataclass(frozen=True)
class Line:
    """One line of a list of projects: its texts by column, and where faults of it go."""

    values: Mapping[str, str]
    where: str
    row: int
    faults: FaultList
    folder: Path

    def fault(self, what: str, *, allowed: str = "", todo: str = "") -> None:
        """Add one fault of this line."""
        self.faults.add(self.where, what, allowed=allowed, todo=todo, row=self.row)

    def text(self, column: str) -> str:
        """A cell, empty where the list does not have it."""
        return self.values.get(column, "").strip()

    def number(self, column: str, low: float, high: float, *, needed: bool = True) -> float | None:
        """A cell as a number within a range; None, with a fault, where it is not one."""
        text = self.text(column)
        if not text and not needed:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.fault(f"'{column}' is '{text}'.", allowed=f"a number from {low:g} to {high:g}.")
            return None
        return value

    def position(self) -> tuple[float, float] | None:
        """The columns `lon` and `lat`, WGS 84 degrees."""
        lon, lat = self.number("lon", -180, 180), self.number("lat", -90, 90)
        return None if lon is None or lat is None else (lon, lat)

    def points(self, column: str) -> list[list[float]]:
        """A cell as points `lon lat; lon lat; …`, WGS 84 degrees; empty, with a fault, where it holds something else."""
        found: list[list[float]] = []
        for part in self.text(column).split(";"):
            try:
                lon, lat = (float(number) for number in part.split())
            except ValueError:
                self.fault(f"'{column}' holds '{part.strip()}'.", allowed="points 'lon lat', separated by semicolons.")
                return []
            found.append([lon, lat])
        return found


@dataclass(frozen=True)
class Action:
    """A kind of project. `steps` gives the changes that a line asks for, faults of it going to the line."""

    id: str
    name_zh: str
    name_en: str
    columns: tuple[str, ...]
    steps: Callable[[Line], tuple[Step, ...]]

    def name(self, lang: Lang) -> str:
        """The name of this kind of project in a language."""
        return self.name_zh if lang == "zh" else self.name_en


def step(change: str, **values: Any) -> Step:
    """One change; values that are None are left out."""
    from types import MappingProxyType

    from parkcity.twin.scenario import Step

    return Step(change, MappingProxyType({name: value for name, value in values.items() if value is not None}))


ACTIONS: Registry[Action] = Registry("action", "parkcity.decide.actions")
