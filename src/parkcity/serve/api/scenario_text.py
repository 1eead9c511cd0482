"""Scenarios as documents: the JSON of the interface, the TOML of the command line, and their one content."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import InputError
from parkcity.twin.scenario import Scenario, Step, load_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = ("id", "name_zh", "name_en", "note")


def document_of(scenario: Scenario) -> dict[str, Any]:
    """The content of a scenario as plain values: what its hash is made of."""
    head = {name: getattr(scenario, name) for name in HEAD}
    changes = [{"change": step.change, **{key: _plain(value) for key, value in step.values.items()}} for step in scenario.steps]
    return {**head, "changes": changes}


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    # A whole number of metres and the same number with a point are one content.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def scenario_of(document: Mapping[str, Any], where: str = "scenario") -> Scenario:
    """The scenario that a document tells; its changes are checked when it is applied."""
    head = {name: str(document.get(name, "")) for name in HEAD}
    steps = tuple(
        Step(str(entry["change"]), MappingProxyType({key: value for key, value in entry.items() if key != "change"}))
        for entry in document.get("changes", ())
    )
    return Scenario(**{**head, "id": head["id"] or "scenario"}, steps=steps, where=where)


def from_toml(text: str) -> Scenario:
    """The scenario of a file's text. Raises `InputError` with every fault of its form."""
    with tempfile.TemporaryDirectory(prefix="parkcity-") as folder:
        path = Path(folder) / "scenario.toml"
        path.write_text(text, encoding="utf-8")
        try:
            return replace(load_scenario(path), where="scenario")
        except InputError as error:
            raise InputError([replace(fault, where="scenario") for fault in error.faults]) from None


def toml_of(scenario: Scenario) -> str:
    """The file that `parkcity whatif` reads. Reading it gives the same scenario."""
    lines = ["[scenario]"]
    lines += [f"{name} = {_toml(value)}" for name in HEAD if (value := getattr(scenario, name))]
    for step in scenario.steps:
        lines += ["", "[[changes]]", f"change = {_toml(step.change)}"]
        lines += [f"{key} = {_toml(_plain(value))}" for key, value in step.values.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        # JSON escapes as TOML does, but lets the control character DEL through.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, list):
        return f"[{', '.join(_toml(entry) for entry in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
