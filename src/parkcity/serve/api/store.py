"""Scenarios of requests: kept by hash, looked up by hash, and found in the city's folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import hash_json
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.scenario_text import document_of, scenario_of

if TYPE_CHECKING:
    from parkcity.serve.api.desk import Desk
    from parkcity.serve.api.house import House
    from parkcity.twin.scenario import Scenario, TwinUnder

_HASH = re.compile(r"[0-9a-f]{64}")


def keep(house: House, desk: Desk, scenario: Scenario) -> str:
    """Keep a scenario and give its hash."""
    return house.documents.put(desk.id, document_of(scenario))[0]


def find(house: House, desk: Desk, key: str) -> Scenario:
    """The scenario with this hash: kept before, or one of the city's folder; else a 404."""
    document = house.documents.get(desk.id, key) if _HASH.fullmatch(key) else None
    if document is not None:
        return scenario_of(document)
    for scenario in saved(desk):
        if hash_json(document_of(scenario)) == key:
            return scenario
    raise ApiError(404, "there is no scenario with this hash in this city", todo="POST it first")


def under(house: House, desk: Desk, key: str | None) -> TwinUnder | None:
    """The city under the scenario with this hash; None for the city as it is."""
    return None if key is None else desk.under(key, find(house, desk, key))


def saved(desk: Desk) -> list[Scenario]:
    """The scenarios of the city's folder that can be read, by file name."""
    from parkcity.base.errors import InputError
    from parkcity.twin.scenario import load_scenario

    found = []
    for path in sorted((desk.folder / "scenarios").glob("*.toml")):
        try:
            found.append(load_scenario(path))
        except InputError:
            # A file that cannot be read is told by `parkcity whatif`; it does not keep the others away.
            continue
    return found


def described(key: str, scenario: Scenario, city: TwinUnder) -> dict[str, Any]:
    """A scenario with its hash and what each of its changes did, in both languages."""
    effects = [{"change": effect.change, "zh": effect.text("zh"), "en": effect.text("en"), "cost": effect.cost} for effect in city.effects]
    return {"hash": key, "scenario": document_of(scenario), "effects": effects, "cost": city.cost}
