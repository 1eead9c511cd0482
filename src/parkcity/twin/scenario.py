"""Scenarios: ordered lists of typed changes, and a city under a scenario.

A scenario is written as a small TOML file or built in Python. Every change is checked and tried on a draft in memory; all
faults of all changes are told at once; a change that does nothing is a fault. The twin on disk is never touched.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import hash_json
from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.twin.changes._draft import ChangedLayer, Draft, scenario_source
from parkcity.twin.changes._fields import CHANGES, Effect, Report
from parkcity.twin.ground import Ground
from parkcity.twin.street_delta import StreetDelta
from parkcity.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.geo import Projection
    from parkcity.base.words import Lang
    from parkcity.twin.store import StoredLayer

_HEAD = ("id", "name_zh", "name_en", "note")


@dataclass(frozen=True)
class Step:
    """One change as asked for: its kind and the values of its fields."""

    change: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """An ordered list of changes. Methods give a new scenario with one change more; nothing is checked before `under`."""

    id: str = "scenario"
    name_zh: str = ""
    name_en: str = ""
    note: str = ""
    steps: tuple[Step, ...] = ()
    where: str = "scenario"

    def name(self, lang: Lang) -> str:
        """The scenario's name in a language, or its id."""
        return (self.name_zh if lang == "zh" else self.name_en) or self.id

    def change(self, change: str, /, **values: Any) -> Scenario:
        """One change more, of any kind; fields left as None are not given."""
        given = {name: value for name, value in values.items() if value is not None}
        return replace(self, steps=(*self.steps, Step(change, MappingProxyType(given))))

    def add_place(
        self,
        kind: str,
        *,
        lon: float | None = None,
        lat: float | None = None,
        polygon: Sequence[Sequence[float]] | None = None,
        id: str | None = None,  # noqa: A002 - the field's name in the file
        name: str | None = None,
        area_m2: float | None = None,
        capacity: float | None = None,
        cost: float | None = None,
    ) -> Scenario:
        """A new place of a kind, at a point (WGS 84 degrees) or with a polygon; `capacity` in seats, beds or places."""
        given = {"kind": kind, "lon": lon, "lat": lat, "polygon": polygon, "id": id, "name": name}
        return self.change("add_place", **given, area_m2=area_m2, capacity=capacity, cost=cost)

    def close_place(self, place: str, *, cost: float | None = None) -> Scenario:
        """Close the place with this id."""
        return self.change("close_place", place=place, cost=cost)

    def move_place(self, place: str, *, lon: float, lat: float, cost: float | None = None) -> Scenario:
        """Move the place with this id to a point (WGS 84 degrees)."""
        return self.change("move_place", place=place, lon=lon, lat=lat, cost=cost)

    def resize_place(self, place: str, *, area_m2: float, cost: float | None = None) -> Scenario:
        """Give the place with this id another area."""
        return self.change("resize_place", place=place, area_m2=area_m2, cost=cost)

    def add_people(
        self, residents: float, *, cell: str | None = None, lon: float | None = None, lat: float | None = None, day: float | None = None
    ) -> Scenario:
        """New residents in a cell, named by its id or by a point (WGS 84 degrees) in it."""
        return self.change("add_people", residents=residents, cell=cell, lon=lon, lat=lat, day=day)

    def add_link(
        self, line: Sequence[Sequence[float]], *, length_m: float | None = None, street: str | None = None, cost: float | None = None
    ) -> Scenario:
        """A new street along a line of points (WGS 84 degrees) whose ends join the nearest streets; `street` is its class."""
        return self.change("add_link", line=line, length_m=length_m, **{"class": street}, cost=cost)

    def add_crossing(self, line: Sequence[Sequence[float]], *, crossing: str | None = None, cost: float | None = None) -> Scenario:
        """A new way on foot over a road: unmarked, marked or signals."""
        return self.change("add_crossing", line=line, crossing=crossing, cost=cost)

    def add_bridge(
        self, line: Sequence[Sequence[float]], *, length_m: float | None = None, street: str | None = None, cost: float | None = None
    ) -> Scenario:
        """A new bridge, joined to the streets at its ends only; `street` is its class."""
        return self.change("add_bridge", line=line, length_m=length_m, **{"class": street}, cost=cost)

    def reclass_link(
        self,
        street: str,
        *,
        lon: float | None = None,
        lat: float | None = None,
        polygon: Sequence[Sequence[float]] | None = None,
        maxspeed: float | None = None,
        lanes: float | None = None,
        cost: float | None = None,
    ) -> Scenario:
        """Give the street nearest to a point, or all that cross a polygon (WGS 84 degrees), another class."""
        place = {"lon": lon, "lat": lat, "polygon": polygon}
        return self.change("reclass_link", **{"class": street}, **place, maxspeed=maxspeed, lanes=lanes, cost=cost)

    def open_gate(
        self,
        *,
        lon: float | None = None,
        lat: float | None = None,
        polygon: Sequence[Sequence[float]] | None = None,
        cost: float | None = None,
    ) -> Scenario:
        """Open the closed street nearest to a point, or all closed ones that cross a polygon (WGS 84 degrees), on foot and bicycle."""
        return self.change("open_gate", lon=lon, lat=lat, polygon=polygon, cost=cost)

    def add_lift(self, *, lon: float, lat: float, cost: float | None = None) -> Scenario:
        """A lift beside the steps nearest to a point (WGS 84 degrees)."""
        return self.change("add_lift", lon=lon, lat=lat, cost=cost)

    def add_jobs(
        self,
        jobs: float,
        *,
        cell: str | None = None,
        lon: float | None = None,
        lat: float | None = None,
        sector: str | None = None,
        cost: float | None = None,
    ) -> Scenario:
        """New jobs in a cell, named by its id or by a point (WGS 84 degrees) in it."""
        return self.change("add_jobs", jobs=jobs, cell=cell, lon=lon, lat=lat, sector=sector, cost=cost)

    def rezone(self, polygon: Sequence[Sequence[float]], use: str, *, name: str | None = None, cost: float | None = None) -> Scenario:
        """Give the land inside a polygon (WGS 84 degrees) another use."""
        return self.change("rezone", polygon=polygon, use=use, name=name, cost=cost)

    def close_link(
        self,
        *,
        lon: float | None = None,
        lat: float | None = None,
        polygon: Sequence[Sequence[float]] | None = None,
        cost: float | None = None,
    ) -> Scenario:
        """Close the street nearest to a point, or all streets that cross a polygon (WGS 84 degrees)."""
        return self.change("close_link", lon=lon, lat=lat, polygon=polygon, cost=cost)

    def move_people(self, residents: float, *, from_cell: str, to_cell: str) -> Scenario:
        """Residents who move from one cell to another."""
        return self.change("move_people", residents=residents, from_cell=from_cell, to_cell=to_cell)


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises `InputError` with every fault of its form."""
    if not path.is_file():
        raise InputError(Fault(str(path), "there is no such file.", todo="name a scenario file (TOML)"))
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(str(path), f"this is not TOML: {error}.")) from None
    faults = FaultList()
    head, entries = document.get("scenario", {}), document.get("changes", [])
    for key in document:
        if key not in {"scenario", "changes"}:
            faults.add(path, f"unknown key '{key}' in the file.", allowed="[scenario], [[changes]].")
    if not isinstance(head, dict) or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        faults.add(path, "the file does not have the form of a scenario.", allowed="one table [scenario] and tables [[changes]].")
        faults.check()
    for key, value in head.items():
        if key not in _HEAD:
            faults.add(path, f"unknown key '{key}' in [scenario].", allowed=f"{', '.join(_HEAD)}.")
        elif not isinstance(value, str):
            faults.add(path, f"'{key}' in [scenario] is {value!r}.", allowed="a text.")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry.get("change"), str):
            faults.add(path, "the change does not say its kind.", allowed=f"change = one of {_kind_ids()}.", row=number)
    faults.check()
    steps = tuple(Step(entry["change"], MappingProxyType({key: entry[key] for key in entry if key != "change"})) for entry in entries)
    return Scenario(**{"id": path.stem, **head}, steps=steps, where=str(path))


def _kind_ids() -> str:
    return ", ".join(kind.id for kind in CHANGES)


@dataclass(frozen=True)
class TwinUnder(Twin):
    """A city under a scenario: a twin whose changed layers are in memory.

    `place_from` int64 [places]: for each place its row in `base`, -1 for a new one; `same_doors` bool [places]: does it stand where it
    stood? `edge_from` int64 [edges]: for each street its row in `base`, -1 for a new one. `effects`: what each change did, in the order
    of the scenario.
    """

    base: Twin
    scenario: Scenario
    effects: tuple[Effect, ...]
    changed: Mapping[str, ChangedLayer]
    place_from: NDArray[np.int64] = field(repr=False, compare=False)
    same_doors: NDArray[np.bool_] = field(repr=False, compare=False)
    edge_from: NDArray[np.int64] = field(repr=False, compare=False)

    def layer(self, name: str) -> StoredLayer:
        """One layer, as the scenario leaves it."""
        return self.changed[name] if name in self.changed else self.base.layer(name)

    @cached_property
    def cells(self) -> gpd.GeoDataFrame:
        """The cells, which no change edits."""
        return self.base.cells

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """All zones of all tiers, which no change edits."""
        return self.base.zones

    @cached_property
    def projection(self) -> Projection:
        """The city's metric system."""
        return self.base.projection

    def tier_zones(self, tier: str) -> gpd.GeoDataFrame:
        """The zones of one tier, in the order that `member` counts them."""
        return self.base.tier_zones(tier)

    def member(self, tier: str) -> NDArray[np.int32]:
        """For every cell the row of its zone in a tier, -1 where it has none."""
        return self.base.member(tier)

    @cached_property
    def street_delta(self) -> StreetDelta:
        """How the streets differ from those of the base."""
        before, after = (twin.layer("streets").arrays() for twin in (self.base, self))
        return StreetDelta.of(before, after, self.edge_from, self.base.street_lines)

    @cached_property
    def street_lines(self) -> NDArray[Any]:
        """The streets as lines (metric)."""
        return self.street_delta.lines if "streets" in self.changed else self.base.street_lines

    @property
    def cost(self) -> float:
        """What the changes cost by their own statement, yuan."""
        return sum(effect.cost for effect in self.effects)


def under(base: Twin | Ground, scenario: Scenario) -> TwinUnder:
    """The city under a scenario. An empty scenario gives the baseline exactly.

    Every change is checked and tried in order; those after a faulty one are checked too. Raises `InputError` with all faults,
    each with the file and the number of the change. Several scenarios of one twin share a `Ground`.
    """
    ground = base if isinstance(base, Ground) else Ground(base)
    draft = Draft.of(ground)
    faults = FaultList()
    effects = []
    for number, step in enumerate(scenario.steps, start=1):
        effect = _apply(draft, step, Report(faults, scenario.where, number))
        if effect is not None:
            effects.append(replace(effect, cost=float(step.values.get("cost", 0.0))))
    faults.check()
    return _assemble(ground.twin, scenario, tuple(effects), draft)


def _apply(draft: Draft, step: Step, report: Report) -> Effect | None:
    if step.change not in CHANGES:
        report.add(f"there is no kind of change '{step.change}'.", allowed=f"{_kind_ids()}.")
        return None
    kind = CHANGES.get(step.change)
    before = len(report.faults.faults)
    kind.check(step.values, report)
    return kind.apply(draft, step.values, report) if len(report.faults.faults) == before else None


def _assemble(twin: Twin, scenario: Scenario, effects: tuple[Effect, ...], draft: Draft) -> TwinUnder:
    changed = draft.layers()
    layers = {**twin.manifest["layers"], **{name: layer.entry for name, layer in changed.items()}}
    manifest = {**twin.manifest, "layers": layers}
    spec = twin.spec
    if changed:
        manifest["hash"] = hash_json({name: entry["hash"] for name, entry in layers.items()})
    if (draft.place_from < 0).any():
        source, row = scenario_source(twin)
        spec = replace(spec, sources=(*spec.sources, source))
        manifest["sources"] = [*twin.manifest["sources"], row]
    edge_from = draft.edges_from(len(draft.street_arrays()["edge_u"])) if twin.has("streets") else np.zeros(0, np.int64)
    return TwinUnder(spec, twin.folder, manifest, twin, scenario, effects, changed, draft.place_from, draft.same_doors, edge_from)


def scenario_text(scenario: Scenario) -> str:
    """A scenario as the text of its file, which `load_scenario` reads back as the same changes."""
    head = {name: getattr(scenario, name) for name in _HEAD if getattr(scenario, name)}
    lines = ["[scenario]", *(f"{name} = {_toml(value)}" for name, value in head.items())]
    for step in scenario.steps:
        lines += ["", "[[changes]]", f"change = {_toml(step.change)}"]
        lines += [f"{name} = {_toml(value)}" for name, value in step.values.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    import json

    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(entry) for entry in value)}]"
    if isinstance(value, str | bool):
        # A JSON text is a TOML basic string, except for DEL, which JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
