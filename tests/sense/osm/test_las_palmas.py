"""The streets of Las Palmas beside an independent count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parkcity.sense.osm.attributes import class_code
from parkcity.sense.osm.extract import ExtractOptions, read_streets
from parkcity.sense.osm.islands import mapped_edges

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
