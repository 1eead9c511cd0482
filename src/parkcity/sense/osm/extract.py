"""Read a whole extract: one scan, then every layer from it, with an account of every object that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import FaultList
from parkcity.sense.kinds import kinds
from parkcity.sense.osm.attributes import MODES
from parkcity.sense.osm.barriers import cut_at_barriers, tagged_crossings
from parkcity.sense.osm.duplicates import merge_duplicates
from parkcity.sense.osm.estimate import refuse_beyond
from parkcity.sense.osm.joins import join_crossings, join_ends, join_platforms
from parkcity.sense.osm.metric import widened
from parkcity.sense.osm.places import area_rules, buildings, entrances, kind_rules, places, rails, roads, surface_layer
from parkcity.sense.osm.routes import greenways, transit_routes, transit_stops
from parkcity.sense.osm.scan import Box, Wanted, scan
from parkcity.sense.osm.squares import cross_squares
from parkcity.sense.osm.streets import STREET_KEYS, network, usable_ways
from parkcity.sense.point_buildings import remark as point_remark
from parkcity.sense.raw import Raw, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from parkcity.sense.osm.scan import Points, Scan
    from parkcity.sense.osm.ways import Ways

_BOX = 4
_CROSSING_NODE_KEYS = frozenset({"kerb", "crossing", "crossing:signals", "crossing:markings"})
_STREET_NODE_KEYS = _CROSSING_NODE_KEYS | {"entrance", "barrier", "railway"}
_SQUARE_KEYS = frozenset({"highway", "area:highway", "place"})
_NODE_KEYS = _STREET_NODE_KEYS | {"public_transport", "highway"}
_AREA_KEYS = frozenset({"building", "highway", "area:highway", "place"})


@dataclass(frozen=True)
class ExtractOptions:
    """What to read of an extract. Without `joins` the streets are as drawn: nothing is joined, crossed or cut at barriers."""

    box: Box | None = None
    kinds: frozenset[str] = frozenset()
    modes: tuple[str, ...] = ("walk",)
    memory_gb: float = 0.0
    joins: bool = True

    @classmethod
    def checked(cls, given: Mapping[str, Any], where: str) -> ExtractOptions:
        """Options from `city.toml`; all that is wrong with them is told at once."""
        faults = FaultList()
        box = _checked_box(given["bbox"], float(given["buffer_m"]), where, faults)
        for kind in given["kinds"]:
            if kind not in kinds():
                faults.add(where, f"unknown kind of place '{kind}'.", allowed=f"{', '.join(kinds())}.")
        for mode in given["modes"]:
            if mode not in MODES:
                faults.add(where, f"unknown mode '{mode}'.", allowed=f"{', '.join(MODES)}.")
        if not given["modes"]:
            faults.add(where, "`modes` is empty.", allowed=f"at least one of {', '.join(MODES)}.")
        if given["memory_gb"] < 0:
            faults.add(where, f"`memory_gb` is {given['memory_gb']}.", allowed="0 or more.")
        faults.check()
        return cls(box, frozenset(given["kinds"]), tuple(dict.fromkeys(given["modes"])), float(given["memory_gb"]), bool(given["joins"]))


def _checked_box(given: list[Any], buffer_m: float, where: str, faults: FaultList) -> Box | None:
    if not given:
        if buffer_m:
            faults.add(where, "`buffer_m` widens `bbox`, which is not given.", allowed="both, or neither.")
        return None
    numbers = [value for value in given if isinstance(value, int | float) and not isinstance(value, bool)]
    allowed = "four numbers of degrees: west < east, south < north."
    if len(given) != _BOX or len(numbers) != _BOX:
        faults.add(where, f"`bbox` is {given!r}.", allowed=allowed)
        return None
    west, south, east, north = (float(value) for value in numbers)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        faults.add(where, f"`bbox` is {given!r}.", allowed=allowed)
        return None
    if buffer_m < 0:
        faults.add(where, f"`buffer_m` is {buffer_m:g}.", allowed="0 or more metres.")
        return None
    return widened((west, south, east, north), buffer_m)


def wanted_objects() -> Wanted:
    """The objects that the layers are made from."""
    surfaces = frozenset().union(*(area_rules(layer).keys for layer in ("water", "green", "landuse")))
    kind_keys = kind_rules().keys - {"name"}
    return Wanted(_NODE_KEYS | kind_keys | {"building"}, STREET_KEYS | {"waterway"}, _AREA_KEYS | surfaces | kind_keys)


def prepared_ways(found: Scan, options: ExtractOptions) -> Ways:
    """The ways of some modes with all that the map means but does not draw: gates that part, crossings, squares and entrances that join."""
    ways = usable_ways(tagged_crossings(found.lines, found.points), options.modes)
    if not options.joins:
        return ways
    if "walk" in options.modes:
        ways = join_ends(join_crossings(ways), found.points)
        ways = join_platforms(cross_squares(ways, found.areas), found.points, found.groups)
    return cut_at_barriers(ways, found.points, options.modes)


def kept_nodes(points: Points) -> NDArray[np.int64]:
    """Ids of nodes that stay nodes of the network: entrances."""
    rows = [row for row, tags in enumerate(points.tags) if tags.get("entrance", "no") != "no" or tags.get("railway") == "subway_entrance"]
    return points.node[rows]


def read_streets(path: Path, options: ExtractOptions) -> Raw:
    """The street network alone: the same arrays as `read_extract` gives, without the tables of places and areas."""
    needed = refuse_beyond(path, options.memory_gb)
    joined = Wanted(_STREET_NODE_KEYS, STREET_KEYS, _SQUARE_KEYS)
    drawn = Wanted(_CROSSING_NODE_KEYS, STREET_KEYS, frozenset(), routes=False)
    found = scan(path, joined if options.joins else drawn, options.box)
    ways = prepared_ways(found, options)
    tally = Tally(encoding="utf-8", refused=[*found.refused, *ways.refused])
    kept = _kept({}, ways.lines.way.tolist())
    tally.rows_kept = len(kept)
    tally.rows_in = len(kept) + len({name for name, _ in tally.refused} - kept)
    tally.remarks = [f"estimated before reading: {needed.text}", *ways.remarks]
    return Raw(tally, arrays=network(ways, kept_nodes(found.points)))


def scan_extract(path: Path, options: ExtractOptions) -> Scan:
    """The one pass over an extract that all its layers are made from. Raises `LimitError` where it needs more memory than it may have."""
    refuse_beyond(path, options.memory_gb)
    return scan(path, wanted_objects(), options.box)


def read_extract(path: Path, options: ExtractOptions, scanned: Scan | None = None) -> Raw:
    """Every layer of an extract, from a scan of it where there is one already.

    `arrays`: the street network (see `parkcity.sense.osm.streets.network`). `frame` and `frames["places"]`: places.
    `frames`: `merged` (duplicates and what they were merged into), `buildings`, `landuse`, `water`, `green`, `roads`,
    `rails`, `greenways`, `entrances`, `transit_routes`, `transit_stops`. The tally counts objects that a layer asked for:
    streets, places, buildings, surfaces and routes. Raises `LimitError` where the file needs more memory than it may have.
    """
    needed = refuse_beyond(path, options.memory_gb)
    found = scan_extract(path, options) if scanned is None else scanned
    ways = prepared_ways(found, options)
    built, marked_twice = buildings(found.areas, found.points)
    frames: dict[str, Any] = {"buildings": built}
    frames["places"], merged = merge_duplicates(places(found, options.kinds).table)
    frames["merged"] = merged
    frames |= {layer: surface_layer(found, layer) for layer in ("water", "green", "landuse")}
    frames["roads"] = roads(found.lines)
    frames["rails"] = rails(found.lines)
    frames["greenways"] = greenways(found.routes, found.lines)
    frames["entrances"] = entrances(found.points)
    frames["transit_routes"], lost_routes = transit_routes(found.routes, found.lines)
    frames["transit_stops"] = transit_stops(found.routes, found.points, found.lines)
    tally = Tally(encoding="utf-8")
    same = [(dropped, f"the same place as {kept}") for dropped, kept in zip(merged["dropped"], merged["kept"], strict=True)]
    tally.refused = [*found.refused, *ways.refused, *lost_routes, *same, *marked_twice]
    kept = _kept(frames, ways.lines.way.tolist())
    tally.rows_kept = len(kept)
    tally.rows_in = len(kept) + len({name for name, _ in tally.refused} - kept)
    tally.remarks = [f"estimated before reading: {needed.text}", *(f"{name}: {len(table)}" for name, table in frames.items())]
    assumed = built["area_m2"].to_numpy(float)[(built["ground"] == "assumed").to_numpy(bool)]
    tally.remarks += [*ways.remarks, *([point_remark(assumed)] if len(assumed) else [])]
    arrays = network(ways, kept_nodes(found.points))
    return Raw(tally, frames["places"], arrays, frames)


def _kept(frames: dict[str, Any], ways: list[int]) -> set[str]:
    """Ids of the objects that stand in at least one layer."""
    kept = {f"way/{way}" for way in ways if way > 0}
    for name, table in frames.items():
        if name not in {"merged", "transit_stops"}:
            kept |= set(table["id"])
    return kept
