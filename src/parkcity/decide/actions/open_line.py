"""Open a line of public transport: a metro, a tram, a bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.decide.actions._action import ACTIONS, Action, Line, step
from parkcity.sense.sources.lines import MODES

if TYPE_CHECKING:
    from parkcity.twin.scenario import Step


def open_line(line: Line) -> tuple[Step, ...]:
    """A line both ways with stops at the points of the column `line`, every `headway_min` minutes, at `speed_km_h`."""
    points, mode = line.points("line"), line.text("mode") or "bus"
    headway, speed = line.number("headway_min", 0.5, 1440), line.number("speed_km_h", 1, 500)
    if points and len(points) < 2:
        line.fault("'line' holds one stop.", allowed="two stops or more.")
    if mode not in MODES:
        line.fault(f"'mode' is '{mode}'.", allowed=f"{', '.join(MODES)}.")
    if len(points) < 2 or headway is None or speed is None or mode not in MODES:
        return ()
    name = line.text("name_zh") or line.text("name_en") or line.text("id")
    return (step("add_line", stops=points, headway_min=headway, speed_km_h=speed, mode=mode, name=name),)


ACTIONS.add(Action("open_line", "新开线路", "Open a line", ("line", "headway_min", "speed_km_h", "mode"), open_line))
