"""Whatever the bytes and objects: a reading ends in a result that adds up or in a clear fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sense.osm.scene import Scene

from parkcity.base.errors import InputError
from parkcity.sense.osm.attributes import DTYPES
from parkcity.sense.osm.extract import ExtractOptions, read_extract
from parkcity.sense.raw import Raw

if TYPE_CHECKING:
    from pathlib import Path

_TAGS = st.dictionaries(
    st.sampled_from(
        [
            *("highway", "oneway", "access", "foot", "area", "building", "natural", "leisure", "amenity", "name", "barrier", "width"),
            *("maxspeed", "layer", "bridge", "footway", "crossing", "kerb", "railway", "route", "type", "incline", "lanes", "junction"),
        ]
    ),
    st.sampled_from(
        [
            *("yes", "no", "residential", "footway", "steps", "pedestrian", "crossing", "gate", "park", "school", "subway_entrance"),
            *("platform", "1", "-1", "3.5", "50 mph", "12%", "up", "multipolygon", "route", "ferry", "roundabout", "小学", "", "1e999"),
        ]
    ),
    max_size=5,
)
_REFS = st.lists(st.integers(1, 14), max_size=7)
_MEMBER = st.tuples(st.sampled_from(["node", "way", "relation"]), st.integers(1, 14), st.sampled_from(["", "outer", "inner", "stop"]))


@st.composite
def _scenes(draw: st.DrawFn) -> Scene:
    scene = Scene()
    for node in draw(st.sets(st.integers(1, 12), max_size=12)):
        x, y = draw(st.tuples(st.integers(0, 6), st.integers(0, 6)))
        scene.nodes[node] = (x * 40.0, y * 40.0, draw(_TAGS))
    for way in range(1, draw(st.integers(0, 8)) + 1):
        scene.ways[way] = (draw(_REFS), draw(_TAGS))
    for relation in range(1, draw(st.integers(0, 3)) + 1):
        scene.relations[relation] = (draw(st.lists(_MEMBER, max_size=5)), draw(_TAGS))
    return scene


def _holds_together(raw: Raw) -> None:
    arrays: dict[str, Any] = raw.arrays
    edges, nodes = len(arrays["edge_u"]), len(arrays["node_lon"])
    assert all(len(arrays[name]) == edges for name in (*DTYPES, "edge_v", "edge_length"))
    assert np.isfinite(arrays["edge_length"]).all()
    assert (arrays["edge_length"] >= 0).all()
    assert not edges or max(arrays["edge_u"].max(), arrays["edge_v"].max()) < nodes
    assert (arrays["edge_u"] != arrays["edge_v"]).all()
    assert raw.tally.rows_kept <= raw.tally.rows_in
    assert raw.tally.rows_in - raw.tally.rows_kept <= len(raw.tally.refused)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(scene=_scenes(), modes=st.sampled_from([("walk",), ("walk", "car"), ("bike",)]))
def test_any_objects_give_layers_that_hold_together(tmp_path: Path, scene: Scene, modes: tuple[str, ...]) -> None:
    _holds_together(read_extract(scene.write(tmp_path), ExtractOptions(modes=modes)))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small extract in the packed format."""
    folder = tmp_path_factory.mktemp("small")
    scene = Scene()
    for node in range(1, 60):
        scene.node(node, node * 30.0, (node * 7 % 11) * 20.0, **({"barrier": "gate"} if node % 9 == 0 else {}))
    for way in range(1, 15):
        scene.way(way, [way, way + 3, way + 11, way + 20, way], highway="residential" if way % 2 else "pedestrian", name=f"Street {way}")
    scene.relation(1, [("way", 1, "outer"), ("way", 99, "inner")], type="multipolygon", leisure="park")
    source, target = scene.write(folder), folder / "small.osm.pbf"
    with osmium.SimpleWriter(str(target)) as writer:
        for entity in osmium.FileProcessor(str(source)):
            writer.add(entity)
    return target.read_bytes()


_EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=_EDITS, cut=st.one_of(st.none(), st.floats(0, 1)))
def test_any_bytes_end_in_a_result_or_a_clear_fault(
    tmp_path: Path, small: bytes, edits: list[tuple[float, int]], cut: float | None
) -> None:
    data = bytearray(small)
    for place, value in edits:
        data[int(place * len(data))] = value
    if cut is not None:
        del data[int(cut * len(data)) :]
    path = tmp_path / "mutated.osm.pbf"
    path.write_bytes(data)
    try:
        raw = read_extract(path, ExtractOptions())
    except InputError as error:
        assert error.faults
    else:
        _holds_together(raw)


def test_xml_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "entities.osm"
    node = '<node id="1" lat="0" lon="0"><tag k="&a;" v="x"/></node>'
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "b">]><osm version="0.6">{node}</osm>', encoding="utf-8")
    with pytest.raises(InputError, match="OpenStreetMap"):
        read_extract(path, ExtractOptions())
