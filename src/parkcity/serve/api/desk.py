"""One open city: its twin, what was measured of it, and its scenarios; everything computed once and shared by all requests."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from parkcity.base.errors import MissingLayerError
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure_with, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from pathlib import Path

    from parkcity.base.cache import ArrayCache
    from parkcity.decide.compare import Baseline, Comparison
    from parkcity.decide.incremental import InputsUnder
    from parkcity.insight.inputs import Inputs
    from parkcity.insight.registry import Indicator
    from parkcity.insight.run import Measured
    from parkcity.insight.worst import Worst
    from parkcity.serve.tiles.layer import TileLayer
    from parkcity.twin.scenario import Scenario, TwinUnder
    from parkcity.twin.twin import Twin

T = TypeVar("T")
_SCENARIOS = 4
_COMPARISONS = 2
_KEPT_ZOOM = 12
_AT_ONCE = frozenset(
    ("residents", "residents_of", "area_km2", "place_count", "place_area_m2", "distance_m", "minutes", "place_area_within", "needs_within")
)
"""Inputs that are brought up to date by one bounded search from what was changed."""


@dataclass
class _Slot(Generic[T]):
    """A place for one result: who comes while it is made waits for it, and for nothing else."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    made: list[T] = field(default_factory=list)


@dataclass
class Kept(Generic[T]):
    """The last `size` results by key; each is made once even if several ask at the same moment."""

    size: int
    _slots: OrderedDict[Hashable, _Slot[T]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result under a key, made now if it is not there; what `make` raises is kept by nobody."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self.size:
                self._slots.popitem(last=False)
        with slot.lock:
            if not slot.made:
                slot.made.append(make())
            return slot.made[0]


@dataclass
class Desk:
    """An open city. `hash` names its twin: answers with the same hash are the same."""

    folder: Path
    twin: Twin
    _under: Kept[TwinUnder] = field(default_factory=lambda: Kept(_SCENARIOS))
    _compared: Kept[Comparison] = field(default_factory=lambda: Kept(_COMPARISONS))
    _worst: Kept[Worst] = field(default_factory=lambda: Kept(8))
    _layers: Kept[Any] = field(default_factory=lambda: Kept(64))
    warmed: bool = False
    kept: Kept[Any] = field(default_factory=lambda: Kept(64))

    @classmethod
    def open(cls, folder: Path, *, built: bool = False) -> Desk:
        """Open a city's folder; the twin is built where it is not up to date.

        `built`: somebody has just built it, so that it is opened as it lies, without the readers of every source.
        """
        if built:
            from parkcity.base.spec import load
            from parkcity.twin.store import LayerStore
            from parkcity.twin.twin import Twin

            manifest = LayerStore(folder / "twin").manifest()
            if manifest is not None:
                return cls(folder, Twin(load(folder), folder / "twin", manifest))
        from parkcity.twin.build import build

        return cls(folder, build(folder))

    @property
    def id(self) -> str:
        """The city's id."""
        return self.twin.spec.id

    @property
    def hash(self) -> str:
        """Hash of the twin and of the code that reads it."""
        return self._stamp

    @cached_property
    def _stamp(self) -> str:
        from parkcity.base.cache import code_version, hash_text

        return hash_text(self.twin.hash, code_version())[:32]

    @cached_property
    def baseline(self) -> Baseline:
        """The city as it is, with what comparisons share."""
        from parkcity.decide.compare import Baseline

        return Baseline(self.twin)

    @cached_property
    def status(self) -> dict[str, tuple[str, list[str]]]:
        """For every indicator of the registry: computed, recorded or missing, and what it needs."""
        return {item.id: status_of(item, self.twin) for item in INDICATORS}

    @cached_property
    def measurable(self) -> tuple[Indicator, ...]:
        """The indicators that the check-up measures, in the order of ids."""
        skipped = set(self.twin.spec.indicators.get("skip", ()))
        return tuple(item for item in INDICATORS if item.id not in skipped and self.status[item.id][0] == "computed")

    # --- scenarios --------------------------------------------------------------------------------------------------

    def under(self, key: str, scenario: Scenario) -> TwinUnder:
        """The city under a scenario, by its hash. Raises `InputError` with all faults."""
        from parkcity.twin.scenario import under

        return self._under.get(key, lambda: under(self.baseline.ground, scenario))

    def compared(self, key: str, city: TwinUnder, *, quick: bool = False) -> Comparison:
        """A scenario beside the baseline, every group, by every indicator or only by those that a gesture is answered with."""
        from parkcity.decide.compare import compare

        return self._compared.get((key, quick), lambda: compare(self.baseline, [city], self.at_once if quick else None))

    @cached_property
    def at_once(self) -> tuple[str, ...]:
        """The indicators that an edit is answered with at once: those of residents, places and the walk to them.

        Numbers of whole journeys (commuting, street form, competition for places) take seconds and come with the full answer.
        """
        return tuple(
            item.id for item in self.measurable if item.inputs and all(entry.provider in _AT_ONCE for entry in item.inputs.values())
        )

    # --- numbers ----------------------------------------------------------------------------------------------------

    def inputs(self, group: str, city: TwinUnder | None = None) -> Inputs:
        """The inputs of indicators for a group, as it is or under a scenario. Raises `UsageError` for an unknown group."""
        from parkcity.base.errors import UsageError
        from parkcity.decide.incremental import InputsUnder
        from parkcity.twin.twin import group_ages

        group_ages(group)
        if group not in self.twin.groups:
            msg = f"the ages known in this city do not tell the group '{group}'; it can count: {', '.join(self.twin.groups)}"
            raise UsageError(msg)
        base = self.baseline.inputs(group)
        if city is None:
            return base
        made: InputsUnder = self.kept.get(("inputs", city.hash, group), lambda: InputsUnder.of(city, base))
        return made

    def measured(self, indicator_id: str, group: str, city: TwinUnder | None = None) -> Measured:
        """One indicator for one group. Raises `UsageError` for unknown names, `MissingLayerError` for what the city lacks."""
        from parkcity.base.errors import UsageError

        indicator = INDICATORS.get(indicator_id)
        inputs = self.inputs(group, city)
        if group not in indicator.groups:
            msg = f"'{indicator_id}' is not defined for the group '{group}'; allowed: {', '.join(indicator.groups)}"
            raise UsageError(msg)
        if city is not None:
            under: Measured = self.kept.get(("measured", city.hash, indicator_id, group), lambda: measure_with(inputs, indicator))
            return under
        status, needs = self.status[indicator_id]
        if status != "computed":
            raise MissingLayerError(indicator_id, needs)
        found = self.baseline.measured(indicator, group)
        assert found is not None
        return found

    def warm(self) -> None:
        """Measure what the first screen and the answer to an edit rest on. Numbers of whole journeys wait until somebody asks for them."""
        self.worst("all")
        for name in self.at_once:
            for group in INDICATORS.get(name).groups:
                if group in self.twin.groups:
                    self.measured(name, group)
        self.warmed = True

    def everything(self) -> list[Measured]:
        """Everything that the check-up measures, in its order."""
        groups = self.twin.groups
        return [self.measured(item.id, group) for item in self.measurable for group in item.groups if group in groups]

    def rows(self, patterns: Iterable[str], group: str | None, tier: str, city: TwinUnder | None = None) -> list[dict[str, Any]]:
        """The check-up's rows of a tier for indicators by id or pattern, and one group or all."""
        from fnmatch import fnmatchcase

        from parkcity.base.errors import UsageError

        rows: list[dict[str, Any]] = []
        for pattern in patterns:
            found = [item for item in self.measurable if fnmatchcase(item.id, pattern)]
            if not found:
                status, needs = self.status[INDICATORS.get(pattern).id]
                raise MissingLayerError(pattern, needs or [status])
            for item in found:
                groups = [name for name in item.groups if name in self.twin.groups and (group is None or name == group)]
                if group is not None and not groups and len(found) == 1:
                    msg = f"'{item.id}' is not defined for the group '{group}'; allowed: {', '.join(item.groups)}"
                    raise UsageError(msg)
                for name in groups:
                    key = ("rows", item.id, name, tier, None if city is None else city.hash)
                    rows += self._rows_of(key, item.id, name, tier, city)
        return rows

    @cached_property
    def _rows(self) -> Kept[list[dict[str, Any]]]:
        return Kept(4096)

    def _rows_of(self, key: Hashable, indicator: str, group: str, tier: str, city: TwinUnder | None) -> list[dict[str, Any]]:
        return self._rows.get(key, lambda: self.measured(indicator, group, city).rows(tier))

    def worst(self, group: str, city: TwinUnder | None = None) -> Worst:
        """Minutes to the worst-served need of every cell."""
        from parkcity.insight.worst import worst_need

        inputs = self.inputs(group, city)
        return self._worst.get((group, None if city is None else city.hash), lambda: worst_need(inputs))

    # --- tiles ------------------------------------------------------------------------------------------------------

    def tile_layer(self, name: str) -> TileLayer:
        """One layer made ready for tiles."""
        from parkcity.serve.api.tiling import tile_layer

        layer: TileLayer = self._layers.get(name, lambda: tile_layer(self.twin, name))
        return layer

    def tile(self, name: str, z: int, x: int, y: int) -> bytes:
        """One tile of one layer. Those that show much, which take longest to draw, are kept with what else is derived from the twin."""
        from parkcity.serve.api.tiling import MAX_ZOOM
        from parkcity.serve.tiles.tile import vector_tile

        def draw() -> bytes:
            return vector_tile(self.tile_layer(name), z, x, y, full_detail_from=MAX_ZOOM)

        if z > _KEPT_ZOOM:
            return draw()
        return self._derived(["tile", name, z, x, y], lambda: {"tile": draw()})["tile"]

    def derived(self, what: list[Any], make: Callable[[], dict[str, bytes]]) -> dict[str, bytes]:
        """Bytes that depend on the twin and the code alone: kept in memory, and with what else is derived from the twin."""
        found: dict[str, bytes] = self.kept.get(("derived", *what), lambda: self._derived(what, make))
        return found

    def is_derived(self, what: list[Any]) -> bool:
        """Has `derived` made this before, here or in another process?"""
        return self._kept_derived.has(self._key(what))

    @property
    def _kept_derived(self) -> ArrayCache:
        from parkcity.base.cache import ArrayCache

        return ArrayCache(self.twin.folder / "derived")

    def _key(self, what: list[Any]) -> str:
        from parkcity.base.cache import hash_json

        return hash_json([*what, self.hash])[:40]

    def _derived(self, what: list[Any], make: Callable[[], dict[str, bytes]]) -> dict[str, bytes]:
        arrays = self._kept_derived.get(self._key(what), lambda: {name: np.frombuffer(data, np.uint8) for name, data in make().items()})
        return {name: bytes(array) for name, array in arrays.items()}
