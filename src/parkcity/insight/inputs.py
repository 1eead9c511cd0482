"""The inputs of indicators: arrays by cell, fetched from the twin and from the travel engine, each computed once.

An indicator names its inputs; a provider gives them. What is costly is kept on disk under the hash of the layers, the
arguments and the code that made it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import ArrayCache, array_hash, code_version, hash_json
from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.insight.classes import PlaceClass, place_class
from parkcity.insight.operators.coverage import within as is_within
from parkcity.standards import Parameter, load, parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import STRtree

    from parkcity.insight.registry import Indicator
    from parkcity.insight.run import Measured
    from parkcity.insight.walks import Walks
    from parkcity.travel import Attach, Network
    from parkcity.twin.street_delta import StreetDelta
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

_M2_PER_KM2 = 1e6
_M_PER_KM = 1000.0
_STREET_BASICS = {"node_x", "node_y", "node_piece", "edge_u", "edge_v", "edge_length", "geom_start", "geom_xy", "junction_x", "junction_y"}
_S_PER_MIN = 60.0
BASE_LAYERS = ("cells", "people")
WALK_LAYERS = (*BASE_LAYERS, "streets", "places", "attachments")


def profile_of(group: str) -> str:
    """The travel profile of a group of residents: how it walks."""
    for row in load("groups"):
        if row.id == group:
            return row.extra["profile"]
    msg = f"there is no group '{group}'; known: {', '.join(row.id for row in load('groups'))}"
    raise UsageError(msg)


def speed_of(group: str) -> Parameter:
    """The walking speed (m/s) of a group of residents on the level, as the standards row that gives it."""
    return parameter("travel_profiles", f"{profile_of(group)}.speed")


@dataclass(frozen=True)
class Starts:
    """Where walks begin that do not begin at the cells, by name; `classes` of places on which that rests."""

    name: str
    attach: Callable[[Inputs], Attach]
    classes: tuple[str, ...]


@dataclass
class Inputs:
    """Everything that indicators of one city ask for, for one group of residents at one period."""

    twin: Twin
    group: str = "all"
    period: str = "night"
    threads: int | None = None
    _memory: dict[str, Any] = field(default_factory=dict)

    def get(self, provider: str, args: Mapping[str, Any]) -> Any:
        """One input; an unknown provider is an error of ours."""
        return PROVIDERS[provider].give(self, **args)

    def measured(self, indicator: Indicator) -> Measured:
        """An indicator of which it is known that this city can measure it for the group of the inputs, measured once."""
        from parkcity.insight.run import measure_known

        found: Measured = self.remember(f"measured/{indicator.id}/{self.group}/{self.period}", lambda: measure_known(self, indicator))
        return found

    def for_group(self, group: str) -> Inputs:
        """The same city for another group; what does not depend on the group is shared."""
        return Inputs(self.twin, group, self.period, self.threads, self._memory)

    @property
    def memory(self) -> dict[str, Any]:
        """What is kept while the city is open, shared by all groups, by name."""
        return self._memory

    # --- people and area ---------------------------------------------------------------------------------------

    def residents(self) -> Floats:
        """Residents of the group, float64 [cells]."""
        return self.residents_of(self.group)

    def residents_of(self, group: str) -> Floats:
        """Residents of a named group, float64 [cells]."""
        key = f"residents/{group}/{self.period}"
        if key not in self._memory:
            self._memory[key] = self.twin.residents(group, self.period)
        counts: Floats = self._memory[key]
        return counts

    def area_km2(self) -> Floats:
        """Area of the cells, float64 [cells], km2."""
        return np.asarray(self.twin.cells["area_m2"].to_numpy(float) / _M2_PER_KM2)

    # --- places and streets by cell -----------------------------------------------------------------------------

    def rows_of(self, class_id: str) -> NDArray[np.int64]:
        """Rows of the places of a class."""
        key = f"rows/{class_id}"
        if key not in self._memory:
            chosen = place_class(class_id)
            kinds, area = self._kinds_and_areas()
            mine = kinds == chosen.kind
            for other in chosen.also:
                mine |= kinds == other
            if chosen.least_m2 is not None:
                mine &= area >= chosen.least_m2
            if chosen.below_m2 is not None:
                mine &= area < chosen.below_m2
            self._memory[key] = np.nonzero(mine)[0]
        rows: NDArray[np.int64] = self._memory[key]
        return rows

    def _kinds_and_areas(self) -> tuple[NDArray[Any], Floats]:
        """Kind and area of every place, as arrays."""
        places = self.twin.places
        known: tuple[NDArray[Any], Floats] = self.remember(
            "kinds-and-areas", lambda: (places["kind"].to_numpy(str), places["area_m2"].to_numpy(float))
        )
        return known

    def place_count(self, class_id: str) -> Floats:
        """Places of a class in every cell; places outside the study area count nowhere."""
        cell = self.cell_of_places()[self.rows_of(class_id)]
        return np.bincount(cell[cell >= 0], minlength=len(self.twin.cells)).astype(np.float64)

    def place_area_m2(self, class_id: str) -> Floats:
        """Area of the places of a class in every cell, float64 [cells], m2."""
        rows = self.rows_of(class_id)
        cell, area = self.cell_of_places()[rows], np.nan_to_num(self.twin.places["area_m2"].to_numpy(float)[rows])
        return np.bincount(cell[cell >= 0], area[cell >= 0], minlength=len(self.twin.cells)).astype(np.float64)

    def cell_of_places(self) -> NDArray[np.int64]:
        """The cell of every place of the twin, int64 [places]; -1 outside the study area."""

        def make() -> dict[str, NDArray[Any]]:
            from parkcity.insight.location import cell_of_points

            return {"cell": cell_of_points(self.twin, self.twin.places)}

        return self.kept("cell_of_place", ("cells", "places"), {}, make)["cell"]

    def street_km(self) -> Floats:
        """Length of streets in every cell, float64 [cells], km."""
        return self._street_parts()["street_km"]

    def junction_count(self) -> Floats:
        """Junctions in every cell."""
        return self._street_parts()["junctions"]

    def _street_parts(self) -> dict[str, NDArray[Any]]:
        def make() -> dict[str, NDArray[Any]]:
            from parkcity.insight.location import junctions_by_cell

            edge, cell, share = self.street_shares()
            km = share * np.asarray(self.twin.layer("streets").array("edge_length"))[edge] / _M_PER_KM
            count = len(self.twin.cells)
            return {"street_km": np.bincount(cell, km, minlength=count), "junctions": junctions_by_cell(self.twin, self.cell_tree())}

        return self.kept("street_parts", ("cells", "streets"), {}, make)

    def street_shares(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Which share (0 to 1) of which street lies in which cell: `edge`, `cell`, `share`, all [k]."""
        from parkcity.insight.location import street_shares

        def make(city: Inputs) -> dict[str, NDArray[Any]]:
            return dict(zip(("edge", "cell", "share"), street_shares(city.twin.street_lines, city.cell_tree()), strict=True))

        def mend(before: dict[str, NDArray[Any]], delta: StreetDelta) -> dict[str, NDArray[Any]]:
            line, cell, share = street_shares(delta.fresh_lines, self.cell_tree())
            stays = delta.number[before["edge"]] >= 0
            edge = np.concatenate([delta.number[before["edge"][stays]], delta.fresh[line]])
            order = np.argsort(edge, kind="stable")
            return {
                "edge": edge[order],
                "cell": np.concatenate([before["cell"][stays], cell])[order],
                "share": np.concatenate([before["share"][stays], share])[order],
            }

        kept = self.kept_near("street_shares", ("cells", "streets"), {}, make, mend)
        return kept["edge"], kept["cell"], kept["share"]

    def street_tree(self) -> STRtree:
        """The streets of the city as it stands, as lines in a tree."""

        def make() -> STRtree:
            import shapely

            return shapely.STRtree(self.twin.street_lines)

        tree: STRtree = self.remember("street-tree", make)
        return tree

    def touched_cells(self, limit: float, unit: str, targets: Callable[[Inputs], Attach] | None = None) -> NDArray[np.int64]:
        """Cells whose walks up to a limit ("m" or "s") to the targets may differ from those in the city as it stands: here none."""
        del limit, unit, targets
        return np.zeros(0, np.int64)

    def cell_tree(self) -> STRtree:
        """The cells as shapes in the city's metres, in a tree."""

        def make() -> STRtree:
            import shapely

            from parkcity.insight.location import metric_cells

            return shapely.STRtree(metric_cells(self.twin))

        tree: STRtree = self.remember("cell-tree", make)
        return tree

    # --- travel ---------------------------------------------------------------------------------------------------

    @cached_property
    def network(self) -> Network:
        """The walking network of the group: its speed, and what steps, slopes, crossings and surfaces cost it where they are known."""
        return self.network_for(profile_of(self.group))

    def network_for(self, profile: str) -> Network:
        """The streets as one travel profile finds them."""
        from parkcity.travel import Network, Profile, Streets

        key = f"network/{profile}"
        if key not in self._memory:
            arrays = self.twin.layer("streets").arrays()
            edges = len(arrays["edge_u"])
            known = {name: array for name, array in arrays.items() if name not in _STREET_BASICS and len(array) == edges}
            streets = Streets(
                arrays["node_x"],
                arrays["node_y"],
                arrays["edge_u"],
                arrays["edge_v"],
                arrays["edge_length"],
                known,
                geom_start=arrays.get("geom_start"),
                geom_xy=arrays.get("geom_xy"),
            )
            self._memory[key] = Network.build(streets, Profile.load(profile))
        network: Network = self._memory[key]
        return network

    def origins(self) -> Attach:
        """Where cells meet the streets."""
        return self._attach("cell", len(self.twin.cells))

    def doors(self) -> Attach:
        """Where doors of places meet the streets."""
        return self._attach("door", len(self.twin.doors))

    def doors_of(self, class_id: str) -> tuple[Attach, NDArray[np.int32], NDArray[np.int64]]:
        """Doors of a class: where they meet the streets, the place of each as a row of the class, and the rows of the class."""
        rows = self.rows_of(class_id)
        return *self.doors_at(rows), rows

    def doors_at(self, rows: NDArray[np.int64]) -> tuple[Attach, NDArray[np.int32]]:
        """Doors of some places (rows of the twin): where they meet the streets, and the place of each by its number in `rows`."""
        from parkcity.travel import Attach

        number = np.full(len(self.twin.places), -1, np.int64)
        number[rows] = np.arange(len(rows))
        place = number[self.twin.doors["place"].to_numpy()]
        mine = np.nonzero(place >= 0)[0]
        renumber = np.full(len(place), -1, np.int64)
        renumber[mine] = np.arange(len(mine))
        every = self.doors()
        keep = renumber[every.owner] >= 0
        owner = renumber[every.owner[keep]].astype(np.int32)
        chosen = Attach(owner, every.edge[keep], every.offset[keep], every.distance[keep], len(mine))
        return chosen, place[mine].astype(np.int32)

    def walks(self, name: str, chosen: Callable[[Inputs], NDArray[np.int64]], metres: float, start: Starts | None = None) -> Walks:
        """All walks of the group of so many metres at most from cells to the places that `chosen` gives as rows, by a name of their own.

        `start`: where the walks begin, if not at the cells; the field `cell` of the answer then counts these.
        """
        from parkcity.insight.walks import Walks

        def make() -> dict[str, NDArray[Any]]:
            from parkcity.travel import reach_pairs

            rows = chosen(self)
            if not len(rows):
                none = np.empty(0, np.int32)
                return Walks.sorted(none, none, np.empty(0)).arrays()
            doors, place = self.doors_at(rows)
            begin = self.origins() if start is None else start.attach(self)
            return Walks.of(reach_pairs(self.network, begin, doors, metres, place, unit="m", threads=self.threads)).arrays()

        args = {"places": name, "metres": metres, "profile": profile_of(self.group), "start": start.name if start else "cells"}
        return Walks(**self.kept("walks", WALK_LAYERS, args, make))

    def _attach(self, what: str, owners: int) -> Attach:
        from parkcity.travel import Attach

        key = f"attach/{what}"
        if key not in self._memory:
            arrays = self.twin.layer("attachments").arrays()
            parts = {name: np.asarray(arrays[f"{what}_{name}"]) for name in ("owner", "edge", "offset", "distance")}
            self._memory[key] = Attach(**parts, owners=owners)
        attach: Attach = self._memory[key]
        return attach

    def distance_m(self, class_id: str) -> Floats:
        """Walking distance from every cell to the nearest place of a class, float64 [cells], metres along the streets.

        Infinite where no street leads to one; not a number where the cell meets no street.
        """
        return self._nearest(class_id, "m")[0]

    def minutes(self, class_id: str) -> Floats:
        """Walking time of the group from every cell to the nearest place of a class, float64 [cells], minutes."""
        return self._nearest(class_id, "s")[0] / _S_PER_MIN

    def nearest_place(self, class_id: str) -> NDArray[np.int64]:
        """Row of the nearest place of a class for every cell, -1 where there is none."""
        return self._nearest(class_id, "m")[1]

    def _nearest(self, class_id: str, unit: str) -> tuple[Floats, NDArray[np.int64], NDArray[np.int8]]:
        def make() -> dict[str, NDArray[Any]]:
            from parkcity.travel import State, nearest

            doors, place, rows = self.doors_of(class_id)
            if not len(rows):
                value, nobody, state = self._nobody_served()
                return {"value": value, "place": nobody, "state": state}
            found = nearest(self.network, self.origins(), doors, place, unit=unit, threads=self.threads)
            value = found.values[0].astype(np.float64)
            value[found.states[0] == State.UNREACHABLE] = np.inf
            row = np.where(found.place[0] >= 0, rows[np.maximum(found.place[0], 0)], -1)
            return {"value": value, "place": row.astype(np.int64), "state": found.states[0]}

        self._require(place_class(class_id))
        self.remember(f"asked/{unit}/{profile_of(self.group)}", dict)[class_id] = None
        args = {"class": class_id, "unit": unit, "profile": profile_of(self.group)}
        kept = self.kept("nearest", WALK_LAYERS, args, make)
        return kept["value"], kept["place"], kept["state"]

    def _nobody_served(self) -> tuple[Floats, NDArray[np.int64], NDArray[np.int8]]:
        """The answers for a class without a place, such as parks of a size that the city has none of."""
        from parkcity.travel import State

        cells = len(self.twin.cells)
        state = np.full(cells, State.NOT_ATTACHED, np.int8)
        state[self.origins().owner] = State.NO_SERVICE
        return np.full(cells, np.nan), np.full(cells, -1, np.int64), state

    def states(self, class_id: str) -> NDArray[np.int8]:
        """Why the distance of a cell is or is not a number (`parkcity.travel.State`), int8 [cells]."""
        return self._nearest(class_id, "m")[2]

    def place_area_within(self, class_id: str, minutes: float) -> Floats:
        """Area of all places of a class within a walking time of the group, float64 [cells], m2 (0 for cells without street)."""

        def make() -> dict[str, NDArray[Any]]:
            from parkcity.travel import within

            doors, place, rows = self.doors_of(class_id)
            area = np.nan_to_num(self.twin.places["area_m2"].to_numpy(float)[rows])
            found = within(self.network, self.origins(), doors, [minutes * _S_PER_MIN], area, place, threads=self.threads)
            return {"sum": np.nan_to_num(found.sums[0])}

        self._require(place_class(class_id))
        args = {"class": class_id, "minutes": minutes, "profile": profile_of(self.group)}
        return self.kept("within", WALK_LAYERS, args, make)["sum"]

    def measurable_needs(self) -> tuple[str, ...]:
        """The needs of the 15-minute circle for which the city has places, in a fixed order; none in a city without streets."""
        kinds = self.twin.kinds() if self.twin.has("attachments") else {}
        return tuple(need for need in CIRCLE_NEEDS if place_class(need).kind in kinds)

    def needs_within(self, minutes: float) -> NDArray[np.bool_]:
        """Which measurable needs each cell reaches within a walking time of the group, bool [needs, cells]."""
        return np.stack([is_within(self.minutes(need), minutes) for need in self.measurable_needs()])

    # --- keeping ----------------------------------------------------------------------------------------------------

    def remember(self, name: str, make: Callable[[], Any]) -> Any:
        """Something that is made once and held in memory for all groups."""
        if name not in self._memory:
            self._memory[name] = make()
        return self._memory[name]

    def remember_base(self, name: str, make: Callable[[], Any]) -> Any:
        """Something about the city as it stands, made once for it and all its scenarios and held in memory."""
        return self.remember(name, make)

    def _require(self, chosen: PlaceClass) -> None:
        if chosen.kind not in self.twin.kinds():
            raise MissingLayerError(chosen.id, [f"places of kind '{chosen.kind}'"])

    def kept(
        self, name: str, layers: tuple[str, ...], args: dict[str, Any], make: Callable[[], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        """Arrays by name, made once and kept under the hash of the layers, the arguments and the code. People are not part of the hash."""
        known = f"kept/{name}/{layers}/{sorted(args.items())}"
        if known not in self._memory:
            hashes = {layer: self.twin.layer(layer).hash for layer in layers if layer != "people"}
            key = hash_json([name, hashes, args, _code()])[:40]
            self._memory[known] = ArrayCache(self.twin.folder / "derived").get(key, make)
        arrays: dict[str, NDArray[Any]] = self._memory[known]
        return arrays

    def kept_near(
        self,
        name: str,
        layers: tuple[str, ...],
        args: dict[str, Any],
        make: Callable[[Inputs], dict[str, NDArray[Any]]],
        mend: Callable[[dict[str, NDArray[Any]], StreetDelta], dict[str, NDArray[Any]]],
    ) -> dict[str, NDArray[Any]]:
        """Arrays that follow streets: made for a city, and mended for the city under a scenario that changes some of its streets.

        `mend` is given the arrays of the city as it stands, and must give what `make` would, bit for bit.
        """
        del mend  # nothing differs from itself
        return self.kept(name, layers, args, lambda: make(self))

    def kept_of(
        self, classes: Sequence[str], name: str, layers: tuple[str, ...], args: dict[str, Any], make: Callable[[], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        """Arrays by name that rest, of all places, on those of some classes only: a city under a scenario need not make them again."""
        del classes  # one city has one set of places
        return self.kept(name, layers, args, make)

    def kept_by(
        self, rests_on: Sequence[NDArray[Any]], name: str, args: dict[str, Any], make: Callable[[], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        """Arrays by name that follow from other arrays and the arguments alone, kept under the hash of these and of the code."""
        key = key_by(rests_on, name, args)
        if key not in self._memory:
            self._memory[key] = ArrayCache(self.twin.folder / "derived").get(key, make)
        arrays: dict[str, NDArray[Any]] = self._memory[key]
        return arrays


def key_by(rests_on: Sequence[NDArray[Any]], name: str, args: dict[str, Any]) -> str:
    """The key of arrays that follow from other arrays and some arguments."""
    return hash_json([name, array_hash(*rests_on), args, _code()])[:40]


def _code() -> str:
    return code_version("base", "standards", "twin", "travel", "insight")


CIRCLE_NEEDS = (
    "primary_school",
    "secondary_school",
    "kindergarten",
    "health_centre",
    "day_care",
    "culture_centre",
    "service_centre",
    "market",
    "park",
    "sports",
    "metro_station",
    "bus_stop",
)
"""The needs that the life-circle index counts where the data know them (TD/T 1063-2021 no. 95 and GB 50180-2018)."""


@dataclass(frozen=True)
class Provider:
    """How an input is given, the layers that it needs, and whether it walks the streets.

    `classes`: the classes of places that it rests on in a city, where they are not the argument `class_id`; `lacking`: what a city lacks
    for it beside whole layers, such as an attribute of the streets; `unknown`: how many of how many needs the data do not know;
    `assumed`: what a model assumed for it in a city, as ids of `assumptions.csv`; `assumed_lines`: how many of how many lines of public
    transport it rests on have no published timetable; `rests_on`: other indicators that it puts together.
    All are asked with the arguments of the input.
    """

    give: Callable[..., Any]
    layers: tuple[str, ...]
    walks: bool = False
    by_group: bool = False
    classes: Callable[..., Sequence[str]] | None = None
    lacking: Callable[..., list[str]] | None = None
    unknown: Callable[..., tuple[int, int]] | None = None
    assumed: Callable[..., list[str]] | None = None
    assumed_lines: Callable[..., tuple[int, int]] | None = None
    rests_on: Callable[..., list[Indicator]] | None = None

    def classes_of(self, inputs: Inputs, args: Mapping[str, Any]) -> list[str]:
        """The classes of places that an input with these arguments rests on."""
        own = [str(args["class_id"])] if "class_id" in args else []
        return own if self.classes is None else [*own, *self.classes(inputs, **args)]


PROVIDERS: dict[str, Provider] = {
    "residents": Provider(Inputs.residents, BASE_LAYERS),
    "residents_of": Provider(Inputs.residents_of, BASE_LAYERS),
    "area_km2": Provider(Inputs.area_km2, ("cells",)),
    "place_count": Provider(Inputs.place_count, ("cells", "places")),
    "place_area_m2": Provider(Inputs.place_area_m2, ("cells", "places")),
    "street_km": Provider(Inputs.street_km, ("cells", "streets")),
    "junction_count": Provider(Inputs.junction_count, ("cells", "streets")),
    "distance_m": Provider(Inputs.distance_m, WALK_LAYERS, walks=True),
    "minutes": Provider(Inputs.minutes, WALK_LAYERS, walks=True, by_group=True),
    "place_area_within": Provider(Inputs.place_area_within, WALK_LAYERS, walks=True, by_group=True),
    "needs_within": Provider(
        Inputs.needs_within, WALK_LAYERS, walks=True, by_group=True, classes=lambda inputs, **_: inputs.measurable_needs()
    ),
}
