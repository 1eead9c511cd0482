"""Renew an estate or carry out any work whose effect is stated and not seen in the twin, such as kilometres of greenway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.decide.actions._action import ACTIONS, Action, Line

if TYPE_CHECKING:
    from parkcity.twin.scenario import Step


def renew(line: Line) -> tuple[Step, ...]:
    """No change of the twin; what it brings stands in the column `effects` (`T001=12.5 T007=3`, in the units of the targets)."""
    if not line.text("effects"):
        line.fault(
            "'effects' is empty.", allowed="target=amount, separated by spaces.", todo="say which target the work serves, and by how much"
        )
    return ()


ACTIONS.add(Action("renew", "更新改造", "Renew, or other stated work", ("effects",), renew))
