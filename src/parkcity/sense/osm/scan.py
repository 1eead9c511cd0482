"""The scan: one streaming pass over an OpenStreetMap file into compact arrays (relations are looked at once before it).

Only objects with a key that somebody asked for leave the C++ reader. Ways carry their nodes with positions; polygons come
from closed ways and multipolygon relations, assembled by libosmium, which gives no polygon where a ring is broken.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from parkcity.sense.osm.tags import Tags

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees (WGS 84)."""

SUFFIXES = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml", ".o5m")
_WKB_HEAD = 9
_DEGREE = 1e-7
_BATCH = 20_000
_DRAIN = 1_000
_NO_KEY = "-"
_ROUTE_KEYS = frozenset({"route", "public_transport"})


@dataclass(frozen=True)
class Wanted:
    """Keys that make an object of the file worth reading: as a node, a line, a polygon; relation types of routes."""

    nodes: frozenset[str]
    lines: frozenset[str]
    areas: frozenset[str]
    routes: bool = True


@dataclass
class Lines:
    """Ways as lines: `way` int64 [w] ids, `tags` [w], `start` int64 [w+1] into `ref` int64 [k] node ids, `lon, lat` [k]."""

    way: NDArray[np.int64]
    tags: list[Tags]
    start: NDArray[np.int64]
    ref: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.way)

    def take(self, rows: NDArray[np.int64]) -> Lines:
        """Some of the ways, in the order of `rows`."""
        sizes = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(sizes)])
        place = np.arange(start[-1]) + np.repeat(self.start[rows] - start[:-1], sizes)
        return Lines(self.way[rows], [self.tags[row] for row in rows], start, self.ref[place], self.lon[place], self.lat[place])


@dataclass
class Points:
    """Nodes with tags: `node` int64 [n] ids, `tags` [n], `lon, lat` [n]."""

    node: NDArray[np.int64]
    tags: list[Tags]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.node)


@dataclass
class Areas:
    """Polygons: `name` ('way/1', 'relation/1'), `tags`, `shape` (multipolygons, WGS 84)."""

    name: list[str]
    tags: list[Tags]
    shape: NDArray[Any]

    def __len__(self) -> int:
        return len(self.name)


@dataclass
class Route:
    """A route relation: its id, tags and members (type 'n', 'w' or 'r', id, role) in order."""

    relation: int
    tags: Tags
    members: list[tuple[str, int, str]]


@dataclass
class Scan:
    """What a scan found, and what could not be used: (object, reason)."""

    lines: Lines
    points: Points
    areas: Areas
    routes: list[Route]
    refused: list[tuple[str, str]]
    groups: list[Route] = field(default_factory=list)
    """Stop areas: relations that tie platforms, entrances and stations together."""


@dataclass
class _Notes:
    """What is noted down while the file streams by."""

    way: array[int] = field(default_factory=lambda: array("q"))
    way_tags: list[Tags] = field(default_factory=list)
    way_size: array[int] = field(default_factory=lambda: array("q"))
    ref: array[int] = field(default_factory=lambda: array("q"))
    way_wkb: list[str] = field(default_factory=list)
    node: array[int] = field(default_factory=lambda: array("q"))
    node_tags: list[Tags] = field(default_factory=list)
    x: array[int] = field(default_factory=lambda: array("q"))
    y: array[int] = field(default_factory=lambda: array("q"))
    area: list[str] = field(default_factory=list)
    area_tags: list[Tags] = field(default_factory=list)
    area_wkb: list[str] = field(default_factory=list)
    areas: Areas = field(default_factory=lambda: Areas([], [], np.zeros(0, object)))
    routes: list[Route] = field(default_factory=list)
    groups: list[Route] = field(default_factory=list)
    relations: list[int] = field(default_factory=list)
    assembled: set[int] = field(default_factory=set)
    refused: list[tuple[str, str]] = field(default_factory=list)


def scan(path: Path, wanted: Wanted, box: Box | None = None) -> Scan:
    """Scan a file. Raises `InputError` where it is not a readable OpenStreetMap file.

    With a `box`, nodes outside it are left out, and of ways and polygons those that have no node inside. Every object
    that was asked for and could not be used stands in `refused`: ways with nodes that the file lacks (they are cut
    there), polygons with broken rings, multipolygons with members that the file lacks.
    """
    import osmium

    notes = _Notes()
    try:
        _stream(path, wanted, box, notes)
    except (osmium.InvalidLocationError, RuntimeError, ValueError, UnicodeDecodeError) as error:
        todo = "fetch the file again, or cut it again from a larger one with `osmium extract --strategy=smart`"
        raise InputError(Fault(str(path), f"this cannot be read as OpenStreetMap data ({error}).", todo=todo)) from None
    lost = [relation for relation in notes.relations if relation not in notes.assembled]
    notes.refused += [(f"relation/{relation}", "members of the multipolygon are not in the file") for relation in lost]
    _keep_areas(notes, box)
    return _arrays(notes)


def _stream(path: Path, wanted: Wanted, box: Box | None, notes: _Notes) -> None:
    """Note down everything wanted while the file streams by; polygons are fetched from the assembler now and then."""
    import osmium

    by_key = osmium.filter.KeyFilter
    locations = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    locations.ignore_errors()
    handlers: list[Any] = [locations]
    polygons: Any = ()
    if wanted.areas:
        areal = by_key(*sorted(wanted.areas))
        assembler = osmium.area.AreaManager()
        with osmium.io.Reader(str(path), osmium.osm.RELATION) as reader:
            osmium.apply(reader, areal, assembler.first_pass_handler())
        polygons = osmium.BufferIterator(areal)
        handlers.append(assembler.second_pass_to_buffer(polygons))
    shapes = osmium.geom.WKBFactory()
    relations = wanted.areas | (_ROUTE_KEYS if wanted.routes else set())
    for kind, keys in ((osmium.osm.NODE, wanted.nodes), (osmium.osm.WAY, wanted.lines), (osmium.osm.RELATION, relations)):
        chosen = by_key(*(sorted(keys) or [_NO_KEY]))
        chosen.enable_for(kind)
        handlers.append(chosen)
    entity: Any
    with osmium.io.Reader(str(path), osmium.osm.ALL) as reader:
        for number, entity in enumerate(osmium.OsmFileIterator(reader, *handlers)):
            if entity.is_way():
                _way(notes, entity, wanted, box, shapes)
            elif entity.is_node():
                _node(notes, entity, wanted, box)
            elif entity.is_relation():
                _relation(notes, entity, wanted)
            if number % _DRAIN == 0:
                _areas(notes, polygons, wanted, box, shapes)
    _areas(notes, polygons, wanted, box, shapes)


def _areas(notes: _Notes, polygons: Any, wanted: Wanted, box: Box | None, shapes: Any) -> None:
    for entity in polygons:
        _area(notes, entity, wanted, box, shapes)


def _inside(box: Box, lon: float, lat: float) -> bool:
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


def _node(notes: _Notes, entity: Any, wanted: Wanted, box: Box | None) -> None:
    tags = dict(entity.tags)
    if wanted.nodes.isdisjoint(tags):
        return
    place = entity.location
    if not place.valid():
        notes.refused.append((f"node/{entity.id}", "the node has no valid position"))
    elif box is None or _inside(box, place.lon, place.lat):
        notes.node.append(entity.id)
        notes.node_tags.append(tags)
        notes.x.append(place.x)
        notes.y.append(place.y)


def _way(notes: _Notes, entity: Any, wanted: Wanted, box: Box | None, shapes: Any) -> None:
    import osmium

    tags = dict(entity.tags)
    if wanted.lines.isdisjoint(tags):
        return
    nodes = entity.nodes
    refs = [nodes[place].ref for place in range(len(nodes))]
    try:
        text = shapes.create_linestring(entity, osmium.geom.ALL)
    except (osmium.InvalidLocationError, RuntimeError):
        _cut_way(notes, entity, tags, box)
        return
    if box is not None and not any(_inside(box, node.lon, node.lat) for node in entity.nodes):
        return
    notes.way.append(entity.id)
    notes.way_tags.append(tags)
    notes.way_size.append(len(refs))
    notes.ref.extend(refs)
    notes.way_wkb.append(text)


def _cut_way(notes: _Notes, entity: Any, tags: Tags, box: Box | None) -> None:
    """The parts of a way between nodes that the file lacks."""
    import struct

    runs: list[list[Any]] = [[]]
    for node in entity.nodes:
        if node.location.valid():
            runs[-1].append((node.ref, node.lon, node.lat))
        elif runs[-1]:
            runs.append([])
    parts = [run for run in runs if len(run) > 1]
    lost = sum(not node.location.valid() for node in entity.nodes)
    if not parts:
        reason = f"{lost} of its nodes are not in the file and no stretch is left" if lost else "a way with fewer than two nodes"
        notes.refused.append((f"way/{entity.id}", reason))
        return
    notes.refused.append((f"way/{entity.id}", f"cut at {lost} nodes that are not in the file"))
    for run in parts:
        if box is not None and not any(_inside(box, lon, lat) for _, lon, lat in run):
            continue
        notes.way.append(entity.id)
        notes.way_tags.append(tags)
        notes.way_size.append(len(run))
        notes.ref.extend(ref for ref, _, _ in run)
        body = struct.pack(f"<{2 * len(run)}d", *(value for _, lon, lat in run for value in (lon, lat)))
        notes.way_wkb.append((struct.pack("<BII", 1, 2, len(run)) + body).hex())


def _area(notes: _Notes, entity: Any, wanted: Wanted, box: Box | None, shapes: Any) -> None:
    tags = dict(entity.tags)
    name = f"{'way' if entity.from_way() else 'relation'}/{entity.orig_id()}"
    if not entity.from_way():
        notes.assembled.add(entity.orig_id())
    if wanted.areas.isdisjoint(tags):
        return
    try:
        text = shapes.create_multipolygon(entity)
    except RuntimeError:
        notes.refused.append((name, "the rings of the polygon are broken"))
        return
    notes.area.append(name)
    notes.area_tags.append(tags)
    notes.area_wkb.append(text)
    if len(notes.area) >= _BATCH:
        _keep_areas(notes, box)


def _keep_areas(notes: _Notes, box: Box | None) -> None:
    """Turn the polygons noted so far into shapes, and drop those that lie outside the box."""
    import shapely

    shapes = np.asarray(shapely.from_wkb(np.array(notes.area_wkb, object)), object)
    kept = np.ones(len(shapes), bool)
    if box is not None and len(shapes):
        bounds = shapely.bounds(shapes)
        kept = (bounds[:, 0] <= box[2]) & (bounds[:, 2] >= box[0]) & (bounds[:, 1] <= box[3]) & (bounds[:, 3] >= box[1])
    rows = np.nonzero(kept)[0]
    found = notes.areas
    found.name += [notes.area[row] for row in rows]
    found.tags += [notes.area_tags[row] for row in rows]
    found.shape = np.concatenate([found.shape, shapes[rows]])
    notes.area, notes.area_tags, notes.area_wkb = [], [], []


def _relation(notes: _Notes, entity: Any, wanted: Wanted) -> None:
    kind = entity.tags.get("type", "")
    if kind in {"multipolygon", "boundary"}:
        tags = dict(entity.tags)
        if not wanted.areas.isdisjoint(tags):
            notes.relations.append(entity.id)
    elif wanted.routes and (kind == "route" or (kind == "public_transport" and entity.tags.get("public_transport") == "stop_area")):
        members = [(member.type, member.ref, member.role) for member in entity.members]
        (notes.routes if kind == "route" else notes.groups).append(Route(entity.id, dict(entity.tags), members))


def _arrays(notes: _Notes) -> Scan:
    size = np.frombuffer(notes.way_size, np.int64) if notes.way_size else np.zeros(0, np.int64)
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    lon, lat = _line_positions("".join(notes.way_wkb), start)
    way = np.array(notes.way, np.int64)
    lines = Lines(way, notes.way_tags, start, np.array(notes.ref, np.int64), lon, lat)
    points = Points(np.array(notes.node, np.int64), notes.node_tags, np.array(notes.x) * _DEGREE, np.array(notes.y) * _DEGREE)
    return Scan(lines, points, notes.areas, notes.routes, notes.refused, notes.groups)


def _line_positions(text: str, start: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions of all points of many lines in well-known binary (hex), one after the other: each a head, then doubles."""
    data = np.frombuffer(bytes.fromhex(text), np.uint8)
    # Every line is 9 bytes of head and 16 bytes a point: masking the heads leaves one run of doubles.
    heads = start[:-1] * 16 + np.arange(len(start) - 1) * _WKB_HEAD
    keep = np.ones(len(data), bool)
    keep[(heads[:, None] + np.arange(_WKB_HEAD)).ravel()] = False
    xy = data[keep].view(np.float64).reshape(-1, 2)
    return xy[:, 0].copy(), xy[:, 1].copy()
