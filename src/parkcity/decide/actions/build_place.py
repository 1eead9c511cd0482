"""Build a place: a school, a clinic, a park."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.decide.actions._action import ACTIONS, Action, Line, step
from parkcity.sense.kinds import kinds

if TYPE_CHECKING:
    from parkcity.twin.scenario import Step


def build_place(line: Line) -> tuple[Step, ...]:
    """A place of a kind at a point, with its area where it is given."""
    kind, spot = line.text("kind"), line.position()
    area = line.number("area_m2", 0, 1e9, needed=False)
    if kind not in kinds():
        line.fault(f"'kind' is '{kind}'.", allowed=f"one of {', '.join(kinds())}.")
    if spot is None or kind not in kinds():
        return ()
    name = line.text("name_zh") or line.text("name_en") or line.text("id")
    return (step("add_place", kind=kind, lon=spot[0], lat=spot[1], area_m2=area, id=f"project-{line.text('id')}", name=name),)


ACTIONS.add(Action("build_place", "新建设施", "Build a place", ("kind", "lon", "lat", "area_m2"), build_place))
