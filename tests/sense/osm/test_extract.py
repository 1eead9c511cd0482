"""The extract of Chengdu's core, compared with what its publisher and an independent count say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest

from parkcity.base.errors import InputError
from parkcity.sense.osm.extract import ExtractOptions, read_extract
from parkcity.sense.raw import READERS, Raw, Request, filled_options

CORE = Path(__file__).parents[3] / "examples/chengdu/data/osm/chengdu_core_2018.osm.pbf"


@pytest.fixture(scope="module")
def core() -> Raw:
    return read_extract(CORE, ExtractOptions())


@pytest.fixture(scope="module")
def census() -> Counter[str]:
    """Objects of the file by tag, counted one by one with osmium and nothing else."""
    count: Counter[str] = Counter()
    for entity in osmium.FileProcessor(str(CORE)):
        for tag in entity.tags:
            count[f"{tag.k}={tag.v}"] += 1
            count[f"{entity.type_str()} {tag.k}"] += 1
            count[f"{entity.type_str()} {tag.k}={tag.v}"] += 1
    return count


def test_places_are_as_many_as_the_tags(core: Raw, census: Counter[str]) -> None:
    # source: README of the extract: school 55, hospital 28, kindergarten 5, police 9, fire station 3, library 4, pharmacy 4, parks 29
    published = {"school": 55, "hospital": 28, "kindergarten": 5, "police": 9, "fire_station": 3, "library": 4, "pharmacy": 4, "park": 29}
    kinds = Counter(core.frames["places"]["kind"]) + Counter(core.frames["merged"]["kind"])
    kinds["school"] += kinds["primary_school"] + kinds["secondary_school"]
    assert {kind: kinds[kind] for kind in published} == published
    assert kinds["bus_stop"] == census["highway=bus_stop"]


def test_all_roads_are_drawn(core: Raw, census: Counter[str]) -> None:
    roads = core.frames["roads"]
    # Ways under construction or proposed are not roads yet; platforms and ferries are drawn too.
    absent = sum(census[f"w highway={value}"] for value in ("construction", "proposed", "raceway", "rest_area"))
    platforms = len(roads[roads["class"].isin(["platform", "ferry"])])
    assert len(roads) - platforms == census["w highway"] - absent


def test_buildings_are_ways_and_whole_multipolygons(core: Raw, census: Counter[str]) -> None:
    lost = [name for name, reason in core.tally.refused if "multipolygon" in reason or "rings" in reason]
    drawn = core.frames["buildings"]["ground"] == "drawn"
    assert 0 <= census["w building"] + census["r building"] - int(drawn.sum()) <= len(lost)
    inside = [name for name, reason in core.tally.refused if "building that is drawn" in reason]
    assert census["n building"] == int((~drawn).sum()) + len(inside)


def test_the_network_holds_every_walkable_stretch_once(core: Raw) -> None:
    """The sum of edge lengths equals the sum over ways of the great-circle lengths that osmium computes."""
    total = 0.0
    shut = {"motorway", "motorway_link", "construction", "proposed", "busway", "raceway"}
    entity: Any
    streets = osmium.filter.KeyFilter("highway", "railway", "public_transport")
    for entity in osmium.FileProcessor(str(CORE)).with_locations().with_filter(streets):
        if not entity.is_way():
            continue
        tags = dict(entity.tags)
        walkable = "highway" in tags and tags["highway"] not in shut
        walkable |= "platform" in (tags.get("railway"), tags.get("public_transport"))
        closed = {"no", "private"}
        if walkable and tags.get("foot", tags.get("access")) not in closed | {"discouraged"}:
            total += osmium.geom.haversine_distance(entity.nodes)
    # The sphere of osmium (6,378.1 km) and the ellipsoid differ by up to half a percent at this latitude.
    arrays: dict[str, Any] = core.arrays
    assert arrays["edge_length"][arrays["osm_way"] > 0].sum() == pytest.approx(total, rel=0.005)


def test_arrays_fit_together(core: Raw) -> None:
    arrays = core.arrays
    edges, nodes = len(arrays["edge_u"]), len(arrays["node_lon"])
    assert max(arrays["edge_u"].max(), arrays["edge_v"].max()) < nodes
    assert (arrays["edge_u"] != arrays["edge_v"]).all()
    assert arrays["geom_start"][-1] == len(arrays["geom_lonlat"])
    first, last = arrays["geom_lonlat"][arrays["geom_start"][:-1]], arrays["geom_lonlat"][arrays["geom_start"][1:] - 1]
    assert (first[:, 0] == arrays["node_lon"][arrays["edge_u"]]).all()
    assert (last[:, 1] == arrays["node_lat"][arrays["edge_v"]]).all()
    degree = np.bincount(np.concatenate([arrays["edge_u"], arrays["edge_v"]]), minlength=nodes)
    assert degree.min() >= 1
    assert all(len(arrays[name]) == edges for name in ("klass", "walk", "maxspeed", "edge_length", "osm_way"))


def test_the_account_adds_up(core: Raw) -> None:
    refused = {name for name, _ in core.tally.refused}
    named = {name for frame in core.frames.values() if "id" in frame for name in frame["id"]}
    assert core.tally.rows_in - core.tally.rows_kept <= len(refused)
    assert core.tally.rows_kept >= len(named & {f"way/{way}" for way in core.arrays["osm_way"]})


def test_metro_routes_give_their_stops_in_order(core: Raw) -> None:
    stops, routes = core.frames["transit_stops"], core.frames["transit_routes"]
    # source: README of the extract: 12 subway route relations (line 3 and others in both directions)
    assert (routes["mode"] == "subway").sum() <= 12
    line = stops[stops["route"] == routes[routes["mode"] == "subway"]["id"].iloc[0]]
    assert len(line) > 5
    assert line["seq"].tolist() == list(range(len(line)))


def test_the_reader_is_registered_and_refuses_all_wrong_options_at_once() -> None:
    reader = READERS.get("osm_pbf")
    options = filled_options(reader, {"bbox": [104.2, 30.6, 104.0, 30.7], "kinds": ["castle"], "modes": ["fly"]}, "city.toml")
    with pytest.raises(InputError) as caught:
        reader.read(Request(CORE, options, "WGS84", "osm"))
    assert [word in str(caught.value) for word in ("bbox", "castle", "fly")] == [True] * 3


def test_a_box_with_a_buffer_cuts_while_reading(core: Raw) -> None:
    reader = READERS.get("osm_pbf")
    options = filled_options(reader, {"bbox": [104.06, 30.67, 104.08, 30.69], "buffer_m": 500.0}, "city.toml")
    small = reader.read(Request(CORE, options, "WGS84", "osm"))
    places = small.frames["places"]
    assert set(places["id"]) < set(core.frames["places"]["id"])
    # 500 m are 0.0053 degrees of longitude here; whole streets overhang by their own length.
    box = (104.06 - 0.006, 30.67 - 0.005, 104.08 + 0.006, 30.69 + 0.005)
    points = places.geometry.representative_point()[places["area_m2"].isna()]
    assert points.x.between(box[0], box[2]).all()
    assert points.y.between(box[1], box[3]).all()


def test_a_file_that_is_no_osm_file_is_a_clear_fault(tmp_path: Path) -> None:
    path = tmp_path / "broken.osm.pbf"
    path.write_bytes(CORE.read_bytes()[:5000])
    with pytest.raises(InputError, match="OpenStreetMap"):
        read_extract(path, ExtractOptions())
