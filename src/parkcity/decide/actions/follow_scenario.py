"""Carry out a scenario file: any changes together, such as a line of the metro or a new estate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from parkcity.base.errors import InputError
from parkcity.decide.actions._action import ACTIONS, Action, Line

if TYPE_CHECKING:
    from parkcity.twin.scenario import Step


def follow_scenario(line: Line) -> tuple[Step, ...]:
    """The changes of the file that the column `scenario` names, relative to the list."""
    from parkcity.twin.scenario import load_scenario

    path = line.folder / Path(line.text("scenario"))
    if not line.text("scenario"):
        line.fault("'scenario' is empty.", allowed="the path of a scenario file (TOML), relative to this list.")
        return ()
    try:
        return load_scenario(path).steps
    except InputError as error:
        line.faults.extend(error.faults)
        return ()


ACTIONS.add(Action("follow_scenario", "实施情景", "Carry out a scenario", ("scenario",), follow_scenario))
