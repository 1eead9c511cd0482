"""The streets of Las Palmas beside an independent count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parkcity.base.geo import Projection
from parkcity.sense.osm.attributes import class_code
from parkcity.sense.osm.extract import ExtractOptions, read_extract, read_streets
from parkcity.sense.osm.islands import mapped_edges
from parkcity.standards import parameter
from parkcity.twin.streets import junctions

EXTRACT = Path(__file__).parents[3] / "examples/las-palmas/data/osm/las_palmas_20230221.osm.pbf"


@pytest.fixture(scope="module")
def streets() -> dict[str, Any]:
    return read_streets(EXTRACT, ExtractOptions()).arrays


@pytest.fixture(scope="module")
def drawn() -> dict[str, Any]:
    return read_streets(EXTRACT, ExtractOptions(joins=False)).arrays


def test_walkable_length_agrees_with_osmnx(drawn: dict[str, Any]) -> None:
    # source: OSMnx 2.1.1, graph_from_xml of the ways that its filter for walking takes, undirected: 2,042.8 km (benchmarks/osm.py).
    # Its filter leaves out cycleways, platforms, indoor corridors and areas, which people here may walk on.
    other = np.isin(drawn["klass"], [class_code(name) for name in ("cycleway", "platform", "corridor", "elevator")])
    length_km = drawn["edge_length"][~other].sum() / 1000
    assert length_km == pytest.approx(2042.8, rel=0.03)
    assert length_km > 2042.8


def test_junctions_agree_with_osmnx(drawn: dict[str, Any]) -> None:
    # source: the same network of OSMnx 2.1.1 has 13,876 nodes that join three or more streets; ours has also those of the ways named above
    degree = np.bincount(np.concatenate([drawn["edge_u"], drawn["edge_v"]]))
    assert int((degree >= 3).sum()) == pytest.approx(13876, rel=0.04)


def test_joining_adds_links_and_loses_no_street(streets: dict[str, Any], drawn: dict[str, Any]) -> None:
    mapped = mapped_edges(streets)
    assert streets["edge_length"][mapped].sum() == pytest.approx(drawn["edge_length"].sum(), rel=1e-6)
    assert (~mapped).sum() > 0


def test_the_joined_network_has_fewer_pieces(streets: dict[str, Any], drawn: dict[str, Any]) -> None:
    from parkcity.sense.osm.islands import walk_pieces

    assert walk_pieces(streets).max() < walk_pieces(drawn).max()


def test_consolidated_intersections_agree_with_osmnx(drawn: dict[str, Any]) -> None:
    # source: OSMnx 2.1.1, consolidate_intersections(tolerance=6, rebuild_graph=False, dead_ends=False) of the same network projected to
    # metres, so that nodes within 12 m are one: 11,685
    assert parameter("engine_parameters", "junction.merge").number == 12
    other = np.isin(drawn["klass"], [class_code(name) for name in ("cycleway", "platform", "corridor", "elevator")])
    x, y = Projection.choose(-15.4, 28.1).forward(drawn["node_lon"], drawn["node_lat"])
    count = len(junctions(x, y, drawn["edge_u"][~other], drawn["edge_v"][~other])[0])
    assert count == pytest.approx(11685, rel=0.01)


# source: objects with the tags amenity=school, clinic, pharmacy, hospital, leisure=park, playground counted by osmium-tool 1.15
# (`osmium tags-filter -R … nwr/amenity=school`, then `osmium fileinfo -e`): nodes, ways and relations together
_TAGGED = {"school": 163, "health_centre": 88, "pharmacy": 82, "hospital": 27, "park": 283, "playground": 154}
_ALSO = {"school": {"school", "primary_school", "secondary_school"}}


def test_every_tagged_place_is_kept_or_named_as_merged() -> None:
    raw = read_extract(EXTRACT, ExtractOptions())
    kept, merged = raw.frames["places"], raw.frames["merged"]
    for kind, count in _TAGGED.items():
        kinds = list(_ALSO.get(kind, {kind}))
        assert int(kept["kind"].isin(kinds).sum() + merged["kind"].isin(kinds).sum()) == count, kind
