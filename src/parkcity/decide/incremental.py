"""Inputs of a city under a scenario, from those of the baseline: only what a change touches is computed again.

A class of places that the scenario leaves alone keeps its answers. Where places were only added, one search from the new
doors is compared with the baseline's distances; where some were closed or moved, the class is searched again. The answers
equal those of a full computation bit for bit, and nothing of a scenario is written to disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.classes import place_class
from parkcity.insight.inputs import PROVIDERS, Inputs, Starts, key_by, profile_of
from parkcity.insight.near_streets import only, otherwise
from parkcity.insight.registry import Input
from parkcity.twin.scenario import TwinUnder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import STRtree

    from parkcity.insight.registry import Indicator
    from parkcity.insight.run import Measured
    from parkcity.insight.walks import Walks
    from parkcity.travel import Around, Attach, NearestField, Network
    from parkcity.twin.street_delta import StreetDelta

    Floats = NDArray[np.float64]

_WALKS_ON = ("cells", "streets")
_S_PER_MIN = 60.0
_SLACK = 1.0
"""Added to limits (metres, seconds) when it is told whom a change concerns: who is told too many is only computed again."""
_PLACE_LAYERS = {"places", "attachments"}
_STREET_LAYERS = {"streets", "attachments"}
_FOLLOWED = {"places", "attachments", "streets", "people", "cells"}
"""Layers of which every provider names those that it rests on; where another one changed, everything is measured again."""
_SHELTERS = {"sheltered", "refuge_m2"}
"""Providers that rest on the places that can shelter people, of several kinds and only above a size."""
_ALSO = {"patch_sum": ("places",)}
"""Layers on which a provider rests only in some cities, and which it therefore does not name."""
_PLACES_OF = {"patch_sum": ("park",)}
"""Classes of places on which a provider of `_ALSO` rests where the city's places are what it rests on."""
_WITHOUT_PEOPLE = {
    "distance_m",
    "minutes",
    "place_area_within",
    "needs_within",
    "reached",
    "three_circles",
    "detour",
    "walk_area_m2",
    "response_minutes",
    "response_km",
}
"""Providers that name the layer of people because they stand by cell, but give the same whoever lives there."""


@dataclass(frozen=True)
class ClassDelta:
    """How a class of places differs from the baseline: new or moved places as rows of the class, and whether any was lost."""

    fresh: NDArray[np.int64]
    lost: bool
    same_area: bool

    @property
    def untouched(self) -> bool:
        """Is the class as it was?"""
        return not len(self.fresh) and not self.lost


@dataclass
class InputsUnder(Inputs):
    """Inputs of a city under a scenario; `base` gives those of the baseline for the same group and period."""

    base: Inputs | None = None

    @classmethod
    def of(cls, twin: TwinUnder, base: Inputs) -> InputsUnder:
        """The inputs under a scenario for the group and period of the baseline's inputs."""
        return cls(twin, base.group, base.period, base.threads, base=base)

    def for_group(self, group: str) -> InputsUnder:
        """The same city under the same scenario for another group."""
        base = self._base if group == self._base.group else self._base.for_group(group)
        return InputsUnder(self.twin, group, self.period, self.threads, self._memory, base=base)

    @property
    def _base(self) -> Inputs:
        assert self.base is not None
        return self.base

    @property
    def _under(self) -> TwinUnder:
        assert isinstance(self.twin, TwinUnder)
        return self.twin

    def _is_changed(self, *layers: str) -> bool:
        return any(layer in self._under.changed for layer in layers)

    @cached_property
    def network(self) -> Network:
        """The walking network of the group: the baseline's unless streets changed."""
        return super().network if self._is_changed("streets") else self._base.network

    def rows_of(self, class_id: str) -> NDArray[np.int64]:
        """Rows of the places of a class."""
        key = f"rows/{class_id}"
        if key not in self._memory:
            self._memory[key] = super().rows_of(class_id)
        rows: NDArray[np.int64] = self._memory[key]
        return rows

    def cell_of_places(self) -> NDArray[np.int64]:
        """The cell of every place: the baseline's for places that stand where they stood, searched for the others."""
        if "cells" in self._under.changed or "places" not in self._under.changed:
            return super().cell_of_places()
        key = "cell-of-places-under"
        if key not in self._memory:
            from parkcity.insight.location import cell_of_points

            came_from = self._under.place_from
            found = self._base.cell_of_places()[np.maximum(came_from, 0)]
            fresh = np.flatnonzero((came_from < 0) | ~self._under.same_doors)
            if len(fresh):
                found[fresh] = cell_of_points(self.twin, self.twin.places.iloc[fresh], self.cell_tree().geometries)
            self._memory[key] = found
        cells: NDArray[np.int64] = self._memory[key]
        return cells

    def cell_tree(self) -> STRtree:
        """The cells as shapes, which no scenario edits."""
        return self._base.cell_tree()

    def remember_base(self, name: str, make: Callable[[], Any]) -> Any:
        """Something about the baseline, held with it."""
        return self._base.remember_base(name, make)

    def street_tree(self) -> STRtree:
        """The streets of the baseline."""
        return self._base.street_tree()

    def touched_cells(self, limit: float, unit: str, targets: Callable[[Inputs], Attach] | None = None) -> NDArray[np.int64]:
        """Cells whose walks up to a limit ("m" or "s") to the targets (places where they are not told) may differ from the baseline's.

        Walks differ where they use a street that changed, from one of its ends on, or begin or end at what meets the streets otherwise.
        """
        key = f"touched/{limit}/{unit}/{profile_of(self.group)}"
        if key not in self._memory:
            self._memory[key] = self._near_change(limit, unit)
        touched: NDArray[np.bool_] = self._memory[key].copy()
        before, after = (city.doors() if targets is None else targets(city) for city in (self._base, self))
        moved = np.flatnonzero(otherwise(before, after, self._under.street_delta))
        if len(moved):
            touched |= _reach(self._base, only(before, moved), limit, unit) | _reach(self, only(after, moved), limit, unit)
        return np.flatnonzero(touched)

    def _near_change(self, limit: float, unit: str) -> NDArray[np.bool_]:
        """Cells that meet the streets otherwise, or reach an end of a street that changed, in either city."""
        from parkcity.travel import Attach

        delta = self._under.street_delta
        found = otherwise(self._base.origins(), self.origins(), delta)
        for city, nodes in ((self._base, delta.nodes[delta.nodes < len(delta.before["node_x"])]), (self, delta.nodes)):
            found |= _reach(city, Attach.at_nodes(city.network.streets, nodes), limit, unit)
        return found

    def delta(self, class_id: str) -> ClassDelta:
        """How a class differs from the baseline."""
        key = f"delta/{class_id}"
        if key not in self._memory:
            rows, before = self.rows_of(class_id), self._base.rows_of(class_id)
            came_from, stands = self._under.place_from[rows], self._under.same_doors[rows]
            kept = stands & np.isin(came_from, before)
            area = self.twin.places["area_m2"].to_numpy(float)[rows[kept]]
            was = self._base.twin.places["area_m2"].to_numpy(float)[came_from[kept]]
            same = bool(np.array_equal(area, was, equal_nan=True))
            self._memory[key] = ClassDelta(np.flatnonzero(~kept), int(kept.sum()) < len(before), same)
        found: ClassDelta = self._memory[key]
        return found

    def residents_of(self, group: str) -> Floats:
        """Residents of a named group, float64 [cells]."""
        return super().residents_of(group) if self._is_changed("people") else self._base.residents_of(group)

    def measured(self, indicator: Indicator) -> Measured:
        """An indicator measured once: the baseline's where nothing that it rests on was changed."""
        same = self.is_untouched(indicator) and self._could_measure(indicator)
        return self._base.measured(indicator) if same else super().measured(indicator)

    def _could_measure(self, indicator: Indicator) -> bool:
        """Can the baseline measure an indicator?"""
        from parkcity.insight.run import missing_needs

        able: bool = self._base.remember(f"able/{indicator.id}", lambda: not missing_needs(indicator, self._base.twin))
        return able

    def is_untouched(self, indicator: Indicator) -> bool:
        """Do all inputs of an indicator equal those of the baseline, by what the scenario changed?"""
        if set(self._under.changed) - _FOLLOWED:
            return False
        return not any(self._touched_layers(entry) for entry in indicator.inputs.values())

    def get(self, provider: str, args: Mapping[str, Any]) -> Any:
        """One input: the baseline's where nothing that it rests on was changed."""
        if not set(self._under.changed) - _FOLLOWED and not self._touched_layers(Input(provider, args)):
            return self._base.get(provider, args)
        return super().get(provider, args)

    def _touched_layers(self, entry: Input) -> set[str]:
        key = f"touched/{entry.provider}/{sorted(entry.args.items())}"
        if key not in self._memory:
            self._memory[key] = self._touched(entry)
        touched: set[str] = self._memory[key]
        return touched

    def _touched(self, entry: Input) -> set[str]:
        provider = PROVIDERS[entry.provider]
        touched = self._changed_of((*provider.layers, *_ALSO.get(entry.provider, ())))
        if entry.provider in _WITHOUT_PEOPLE:
            touched.discard("people")
        if provider.rests_on is not None:
            parts, before = (provider.rests_on(inputs, **entry.args) for inputs in (self, self._base))
            below = [self._touched_layers(own) for part in parts for own in part.inputs.values()]
            same = parts == before and set(self.twin.kinds()) == set(self._base.twin.kinds())
            return touched.union(*below) if same else {*touched, *self._under.changed}
        if entry.provider in _SHELTERS and touched <= _PLACE_LAYERS and self._same_shelters():
            return set()
        classes = provider.classes_of(self, entry.args) if touched and touched <= _PLACE_LAYERS else []
        if entry.provider in _PLACES_OF and touched <= _PLACE_LAYERS and "places" in touched:
            classes = list(_PLACES_OF[entry.provider])
        # A kind that loses its last place is counted no more, or anew: then other classes make up the number.
        same = bool(classes) and (provider.classes is None or classes == provider.classes_of(self._base, entry.args))
        if same and all(self.delta(name).untouched and self.delta(name).same_area for name in classes):
            return set()
        return touched

    def _same_shelters(self) -> bool:
        """Are the places that can shelter people the baseline's, where they stood and as large?"""
        from parkcity.insight.shelters import shelter_rows

        (rows, room), (before, held) = shelter_rows(self), shelter_rows(self._base)
        came_from = self._under.place_from[rows]
        same = len(rows) == len(before) and bool(np.array_equal(came_from, before) and np.array_equal(room, held))
        return same and bool(self._under.same_doors[rows].all())

    def _changed_of(self, layers: Iterable[str]) -> set[str]:
        """Which of some layers the scenario changed. Where it changed places only, cells meet the streets as they did."""
        named = set(layers)
        changed = named & set(self._under.changed)
        if "places" not in named and not self._is_changed("streets"):
            changed.discard("attachments")
        return changed

    def _nearest(self, class_id: str, unit: str) -> tuple[Floats, NDArray[np.int64], NDArray[np.int8]]:
        if place_class(class_id).kind in self.twin.kinds() and not len(self.rows_of(class_id)):
            return self._nobody_served()
        if self._is_changed("streets") and set(self.twin.kinds()) == set(self._base.twin.kinds()):
            return self._found_together(class_id, unit)
        if self._is_changed(*_WALKS_ON) or place_class(class_id).kind not in self._base.twin.kinds():
            return super()._nearest(class_id, unit)
        self._require(place_class(class_id))
        delta = self.delta(class_id)
        if delta.lost:
            return super()._nearest(class_id, unit)
        key = f"nearest-under/{class_id}/{unit}/{profile_of(self.group)}"
        if key not in self._memory:
            value, place, state = self._base._nearest(class_id, unit)  # noqa: SLF001 - the same class
            known = (value, self._renumbered(place), state)
            self._memory[key] = known if delta.untouched else self._improved(class_id, delta.fresh, unit)
        found: tuple[Floats, NDArray[np.int64], NDArray[np.int8]] = self._memory[key]
        return found

    def _found_together(self, class_id: str, unit: str) -> tuple[Floats, NDArray[np.int64], NDArray[np.int8]]:
        """The nearest places on changed streets: all classes that were asked for before, of one unit and walk, in one search."""
        self._require(place_class(class_id))
        asked: dict[str, None] = self._base.remember(f"asked/{unit}/{profile_of(self.group)}", dict)
        asked[class_id] = None
        key = f"nearest-under/{{}}/{unit}/{profile_of(self.group)}"
        if key.format(class_id) not in self._memory:
            together = [name for name in list(asked) if key.format(name) not in self._memory]
            for name, found in zip(together, self._nearest_of(together, unit), strict=True):
                self._memory[key.format(name)] = found
        answer: tuple[Floats, NDArray[np.int64], NDArray[np.int8]] = self._memory[key.format(class_id)]
        return answer

    def _nearest_of(self, classes: Sequence[str], unit: str) -> Iterable[tuple[Floats, NDArray[np.int64], NDArray[np.int8]]]:
        from parkcity.travel import Attach, State, nearest

        parts = [self.doors_of(name) for name in classes]
        first = np.cumsum([0, *(part[0].owners for part in parts)])
        edge, offset, distance = (np.concatenate([getattr(part[0], name) for part in parts]) for name in ("edge", "offset", "distance"))
        owner = np.concatenate([part[0].owner + start for part, start in zip(parts, first, strict=False)]).astype(np.int32)
        klass = np.repeat(np.arange(len(parts)), [part[0].owners for part in parts])
        place = np.concatenate([part[1] for part in parts])
        doors = Attach(owner, edge, offset, distance, int(first[-1]))
        found = nearest(self.network, self.origins(), doors, place, unit=unit, doors_class=klass, threads=self.threads)
        for number, (_, _, rows) in enumerate(parts):
            if number >= len(found.values) or not len(rows):
                yield self._nobody_served()
                continue
            value, state, at = found.values[number].astype(np.float64), found.states[number], found.place[number]
            value[state == State.UNREACHABLE] = np.inf
            yield value, np.where(at >= 0, rows[np.maximum(at, 0)], -1).astype(np.int64), state

    def _renumbered(self, place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of places of the baseline as rows under the scenario."""
        now = np.full(len(self._base.twin.places) + 1, -1, np.int64)
        came_from = self._under.place_from
        old = np.flatnonzero(came_from >= 0)
        now[came_from[old]] = old
        return now[place]

    def _improved(self, class_id: str, fresh: NDArray[np.int64], unit: str) -> tuple[Floats, NDArray[np.int64], NDArray[np.int8]]:
        """The answers with new places: their searches end where the places that stood before are nearer."""
        from parkcity.travel import State

        rows, before = self.rows_of(class_id), len(self._base.rows_of(class_id))
        if before == 0 or fresh[0] < before:
            # At equal cost the lower row wins: a place that joins the class between others is searched for with all of them.
            return super()._nearest(class_id, unit)
        doors, place = self.doors_at(rows[fresh])
        found = self._field(class_id, unit).with_places(doors, place + np.int32(before), threads=self.threads)
        value = found.values[0].astype(np.float64)
        value[found.states[0] == State.UNREACHABLE] = np.inf
        row = np.where(found.place[0] >= 0, rows[np.maximum(found.place[0], 0)], -1)
        return value, row.astype(np.int64), found.states[0]

    def _field(self, class_id: str, unit: str) -> NearestField:
        """The baseline's search for a class, kept so that places can come."""

        def make() -> NearestField:
            from parkcity.travel import NearestField

            doors, place, _ = self._base.doors_of(class_id)
            return NearestField.build(self._base.network, self._base.origins(), doors, place, unit=unit, threads=self.threads)

        field: NearestField = self._base.remember(f"field/{class_id}/{unit}/{profile_of(self.group)}", make)
        return field

    def walks(self, name: str, chosen: Callable[[Inputs], NDArray[np.int64]], metres: float, start: Starts | None = None) -> Walks:
        """All walks to some places: the baseline's to those that stand where they stood, searched for the others."""
        fixed = start is None or (not self._is_changed("streets") and all(self._stands(class_id) for class_id in start.classes))
        if self._is_changed("cells") or not fixed or (self._is_changed("streets") and self._is_changed("places")):
            return super().walks(name, chosen, metres, start)
        key = f"walks-under/{name}/{metres}/{profile_of(self.group)}/{start.name if start else ''}"
        if key not in self._memory:
            base = self._base.walks(name, chosen, metres, start)
            near = self._is_changed("streets")
            self._memory[key] = self._walked_again(base, chosen, metres) if near else self._mended(base, chosen, metres, start)
        walks: Walks = self._memory[key]
        return walks

    def _mended(self, base: Walks, chosen: Callable[[Inputs], NDArray[np.int64]], metres: float, start: Starts | None) -> Walks:
        from parkcity.insight.walks import Walks

        rows, before = chosen(self), chosen(self._base)
        kept = self._under.same_doors[rows] & np.isin(self._under.place_from[rows], before)
        number = np.full(len(before), -1, np.int64)
        number[np.searchsorted(before, self._under.place_from[rows[kept]])] = np.flatnonzero(kept)
        fresh = np.flatnonzero(~kept)
        doors, place = self.doors_at(rows[fresh])
        cell, at, cost = self._around(start).pairs(by_place(doors, place, len(fresh)), metres)
        return base.mended(number[base.place] >= 0, number, Walks.sorted(cell, fresh[at].astype(np.int32), cost))

    def _walked_again(self, base: Walks, chosen: Callable[[Inputs], NDArray[np.int64]], metres: float) -> Walks:
        """The baseline's walks, those of cells that changed streets may concern searched again."""
        from parkcity.insight.walks import Walks
        from parkcity.travel import reach_pairs

        rows = chosen(self)
        cells = self.touched_cells(metres, "m", lambda city: city.doors_at(rows)[0])
        if not len(rows) or not len(cells):
            return base
        doors, place = self.doors_at(rows)
        found = reach_pairs(self.network, only(self.origins(), cells), doors, metres, place, unit="m", threads=self.threads)
        touched = np.zeros(len(self.twin.cells), bool)
        touched[cells] = True
        fresh = Walks.sorted(cells[found.origin].astype(np.int32), found.place, found.cost)
        return base.mended(~touched[base.cell], np.arange(len(rows)), fresh)

    def _around(self, start: Starts | None) -> Around:
        """The cells (or where walks begin) on the baseline's network, ready to be found from new places."""

        def make() -> Around:
            from parkcity.travel import Around

            return Around.build(self._base.network, self._base.origins() if start is None else start.attach(self._base))

        around: Around = self._base.remember(f"around/{start.name if start else 'cells'}/{profile_of(self.group)}", make)
        return around

    def place_area_within(self, class_id: str, minutes: float) -> Floats:
        """Area of all places of a class within a walking time of the group, float64 [cells], m2."""
        if self._is_changed("streets") and not self._is_changed("cells", "places"):
            return self._area_again(class_id, minutes)
        if self._is_changed(*_WALKS_ON) or place_class(class_id).kind not in self._base.twin.kinds():
            return super().place_area_within(class_id, minutes)
        if not len(self.rows_of(class_id)):
            return np.zeros(len(self.twin.cells))
        delta = self.delta(class_id)
        if delta.untouched and delta.same_area:
            return self._base.place_area_within(class_id, minutes)
        return super().place_area_within(class_id, minutes)

    def _area_again(self, class_id: str, minutes: float) -> Floats:
        """The baseline's area within a walk, searched again for cells that changed streets may concern."""
        from parkcity.travel import within

        key = f"area-under/{class_id}/{minutes}/{profile_of(self.group)}"
        if key not in self._memory:
            area = self._base.place_area_within(class_id, minutes).copy()
            doors, place, rows = self.doors_of(class_id)
            cells = self.touched_cells(minutes * _S_PER_MIN, "s", lambda city: city.doors_of(class_id)[0])
            if len(rows) and len(cells):
                weight = np.nan_to_num(self.twin.places["area_m2"].to_numpy(float)[rows])
                limit = [minutes * _S_PER_MIN]
                found = within(self.network, only(self.origins(), cells), doors, limit, weight, place, threads=self.threads)
                area[cells] = np.nan_to_num(found.sums[0])
            self._memory[key] = area
        known: Floats = self._memory[key]
        return known

    def kept_of(
        self, classes: Sequence[str], name: str, layers: tuple[str, ...], args: dict[str, Any], make: Callable[[], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        """Arrays that rest on the places of some classes only: the base city's where these and the other layers are as they were."""
        changed = self._changed_of(layer for layer in layers if layer != "people" or "people" in args)
        same = changed <= _PLACE_LAYERS and all(self._stands(name) for name in classes)
        return self._base.kept(name, layers, args, make) if same else self.kept(name, layers, args, make)

    def kept_by(
        self, rests_on: Sequence[NDArray[Any]], name: str, args: dict[str, Any], make: Callable[[], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        """Arrays that follow from other arrays: those at hand where the base city was measured with the same ones."""
        key = key_by(rests_on, name, args)
        at_hand = self._base.memory if key in self._base.memory else self._memory
        if key not in at_hand:
            at_hand[key] = make()
        arrays: dict[str, NDArray[Any]] = at_hand[key]
        return arrays

    def kept_near(
        self,
        name: str,
        layers: tuple[str, ...],
        args: dict[str, Any],
        make: Callable[[Inputs], dict[str, NDArray[Any]]],
        mend: Callable[[dict[str, NDArray[Any]], StreetDelta], dict[str, NDArray[Any]]],
    ) -> dict[str, NDArray[Any]]:
        """Arrays that follow streets: the base city's, mended around the streets that the scenario changes."""
        before = self._base.kept_near(name, layers, args, make, mend)
        changed = self._changed_of(layers)
        if not changed:
            return before
        key = f"near/{name}/{sorted(args.items())}"
        if key not in self._memory:
            mended = changed <= _STREET_LAYERS and "places" not in self._under.changed
            self._memory[key] = mend(before, self._under.street_delta) if mended else make(self)
        arrays: dict[str, NDArray[Any]] = self._memory[key]
        return arrays

    def _stands(self, class_id: str) -> bool:
        """Are the places of a class the baseline's, in rows that did not move?"""
        delta = self.delta(class_id)
        return delta.untouched and delta.same_area and bool(np.array_equal(self.rows_of(class_id), self._base.rows_of(class_id)))

    def kept(
        self, name: str, layers: tuple[str, ...], args: dict[str, Any], make: Callable[[], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        """Arrays by name: the base city's where nothing under them changed."""
        # What depends on people says so by their hash among its arguments.
        if not self._changed_of(layer for layer in layers if layer != "people" or "people" in args):
            return self._base.kept(name, layers, args, make)
        key = f"kept/{name}/{sorted(args.items())}"
        if key not in self._memory:
            self._memory[key] = make()
        arrays: dict[str, NDArray[Any]] = self._memory[key]
        return arrays


def by_place(doors: Attach, place: NDArray[np.int32], places: int) -> Attach:
    """Doors as candidates of the places that they belong to."""
    from parkcity.travel import Attach

    owner = place[doors.owner]
    order = np.argsort(owner, kind="stable")
    return Attach(owner[order], doors.edge[order], doors.offset[order], doors.distance[order], places)


def _reach(city: Inputs, targets: Attach, limit: float, unit: str) -> NDArray[np.bool_]:
    """Which cells reach one of the targets within a limit, and some more."""
    from parkcity.travel import State, nearest

    found = nearest(city.network, city.origins(), targets, limit=limit + _SLACK, unit=unit, threads=city.threads)
    return np.asarray(found.states[0] == State.OK)
