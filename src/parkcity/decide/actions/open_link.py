"""Open a street: a missing link, a bridge, a way through a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.decide.actions._action import ACTIONS, Action, Line, step

if TYPE_CHECKING:
    from parkcity.twin.scenario import Step


def open_link(line: Line) -> tuple[Step, ...]:
    """A street along the points of the column `line`: `lon lat; lon lat; …`, WGS 84 degrees."""
    points = line.points("line")
    return (step("add_link", line=points),) if points else ()


ACTIONS.add(Action("open_link", "打通道路", "Open a street", ("line",), open_link))
