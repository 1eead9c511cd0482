"""Plain graphs: tables as OSMnx and pandana users have them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from parkcity.base.errors import InputError
from parkcity.travel import Network, Profile, nearest
from parkcity.travel.plain import attach_points, from_frames


def tables() -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Three nodes in a row; the first street listed from both ends, the second (a bow of 150 m) from one."""
    nodes = pd.DataFrame({"x": [0.0, 100.0, 200.0], "y": [0.0, 0.0, 0.0]}, index=[70, 80, 90])
    index = pd.MultiIndex.from_tuples([(70, 80, 0), (80, 70, 0), (80, 90, 0)], names=["u", "v", "key"])
    lines = [LineString([(0, 0), (100, 0)]), LineString([(100, 0), (0, 0)]), LineString([(100, 0), (150, 60), (200, 0)])]
    return nodes, gpd.GeoDataFrame({"length": [100.0, 100.0, 150.0]}, geometry=lines, index=index)


def test_a_directed_table_becomes_streets_with_one_way_cars() -> None:
    streets = from_frames(*tables(), both_ways=True)
    assert streets.edge_length.tolist() == [100.0, 150.0]
    assert streets.attributes["car"].tolist() == [1, 2]
    assert streets.geom_start is not None
    assert streets.geom_start.tolist() == [0, 2, 5]


def test_points_walk_from_where_they_stand() -> None:
    streets = from_frames(*tables(), both_ways=True)
    network = Network.build(streets, Profile("walk", 1.0))
    homes = attach_points(streets, [50.0, 10.0, 5000.0], [-20.0, 0.0, 5000.0])
    shops = attach_points(streets, [200.0], [0.0])
    found = nearest(network, homes, shops, unit="m")
    assert np.allclose(found.values[0, :2], [20 + 50 + 150, 90 + 150])
    assert found.states[0].tolist() == [0, 0, 2]


def test_all_faults_are_told_at_once() -> None:
    nodes, edges = tables()
    with pytest.raises(InputError) as caught:
        from_frames(nodes.rename(columns={"x": "lon"}), edges.rename(columns={"length": "len"}))
    assert len(caught.value.faults) == 2
