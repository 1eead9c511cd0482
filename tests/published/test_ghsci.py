"""Las Palmas against the published run of the Global Healthy and Sustainable City Indicators software (GHSCI).

Source: `process/example.ipynb` of healthysustainablecities/global-indicators (MIT), commit 1060663fd79327016607f90e1b884fad29bab6d9,
output of the run of 2023-05-30, column `ES_Las_Palmas_2023_test_not_urbanx` (the whole municipality). Both start from the same extract of
2023-02-21, the same timetable and the same boundary; services are their own `osm_destination_definitions.csv`.

What differs, and why an equal share is not to be expected: they weigh points every 30 m of street by the GHS-POP grid (366,501 residents,
spread by built volume), which is over the size that could be shipped; here 378,000 residents are spread over dwellings by floor area.
Residents of dwellings live denser, and so nearer to shops, than GHS-POP has them, while streets alone reach into the empty barrancos.
Each published share must therefore lie between the share of the length of streets and the share of residents of dwellings.
"""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.conftest import REPOSITORY

import parkcity as pc
from parkcity.insight.inputs import Inputs
from parkcity.travel import Attach, reach_pairs
from parkcity.twin.attach import attach
from parkcity.twin.ground import Ground
from parkcity.twin.streets import edge_shapes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

AREA_KM2 = 103.315941
INTERSECTIONS = 6629
WITHIN_500_M = {
    "fresh_food_market": 48.811916,
    "convenience": 51.024605,
    "pt_osm_any": 82.910155,
    "pt_gtfs_any": 78.541354,
    "pt_any": 90.068449,
}
FREQUENT_20_MIN_WITHIN_500_M = 65.864772
MERGED_M = 12.0
"""Their intersections are unions of circles of this radius around the nodes where three or more streets meet."""
FRESH = "supermarket grocery bakery pastry butcher seafood fishmonger greengrocer fruit fruits vegetables deli cheese marketplace market"
SERVICES: dict[str, dict[str, str]] = {
    "fresh_food_market": {"shop": FRESH, "amenity": "supermarket marketplace market market_place public_market", "building": "supermarket"},
    "convenience": {"shop": "convenience kiosk newsagent newsagency", "amenity": "fuel newsagency"},
    "pt_osm_any": {
        "public_transport": "platform stop_position station",
        "highway": "bus_stop platform",
        "railway": "platform tram_stop stop",
        "amenity": "ferry_terminal",
    },
}


@dataclass(repr=False)
class LasPalmas:
    """The example city as built, the middles of its streets within the municipality, and where the services are."""

    face: pc.City
    inputs: Inputs
    ground: Ground
    edge_xy: Floats
    edge_m: Floats
    junction_xy: Floats
    services: dict[str, Floats]

    def near(self, origins: Attach, service: str) -> NDArray[np.bool_]:
        """The origins within 500 m of a service along streets."""
        pairs = reach_pairs(self.inputs.network, origins, self.attach(self.services[service]), 500.0, unit="m")
        return np.asarray(np.diff(pairs.start) > 0)

    def attach(self, xy: Floats) -> Attach:
        """Points put on streets as the city's own places are."""
        found, _ = attach(self.ground.index, xy[:, 0], xy[:, 1], self.ground.rule)
        return Attach(**found, owners=len(xy))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> LasPalmas:
    folder = tmp_path_factory.mktemp("las-palmas") / "city"
    shutil.copytree(REPOSITORY / "examples" / "las-palmas", folder, ignore=shutil.ignore_patterns("twin", "report"))
    face = pc.open(folder)
    inputs = Inputs(face.twin)
    streets = inputs.twin.layer("streets").arrays()
    forward, inverse = inputs.twin.projection.forward, inputs.twin.projection.inverse
    municipality = gpd.read_file(folder / "data/boundaries/boundary_municipality.geojson").to_crs(4326).union_all()
    shapely.prepare(municipality)
    middle = shapely.get_coordinates(shapely.line_interpolate_point(edge_shapes(streets), 0.5, normalized=True))
    inside = shapely.contains_xy(municipality, *inverse(middle[:, 0], middle[:, 1]))
    joins = np.flatnonzero(np.bincount(np.r_[streets["edge_u"], streets["edge_v"]]) >= 3)
    junctions = np.column_stack([streets["node_x"][joins], streets["node_y"][joins]])
    junctions = junctions[shapely.contains_xy(municipality, *inverse(junctions[:, 0], junctions[:, 1]))]
    lonlat = _mapped(folder / "data/osm/las_palmas_20230221.osm.pbf")
    lonlat["pt_gtfs_any"] = _stops(folder / "data/gtfs/gtfs_guaguas_20230222.zip")
    lonlat["pt_any"] = lonlat["pt_osm_any"] + lonlat["pt_gtfs_any"]
    services = {name: np.column_stack(forward(*np.array(points).T)) for name, points in lonlat.items()}
    length = np.asarray(streets["edge_length"], float)
    return LasPalmas(face, inputs, Ground(inputs.twin), middle[inside], length[inside], junctions, services)


def _mapped(extract: Path) -> dict[str, list[tuple[float, float]]]:
    """Longitude and latitude of each service in the extract: nodes, and the middle of the nodes of ways."""
    import osmium

    rules = {name: {key: set(values.split()) for key, values in rule.items()} for name, rule in SERVICES.items()}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in rules}
    for item in osmium.FileProcessor(str(extract), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        names = [name for name, rule in rules.items() if any(item.tags.get(key) in values for key, values in rule.items())]
        if not names:
            continue
        element: Any = item
        nodes = [element] if element.is_node() else element.nodes
        points = [(node.location.lon, node.location.lat) for node in nodes if node.location.valid()]
        for name in names if points else []:
            found[name].append((float(np.mean([lon for lon, _ in points])), float(np.mean([lat for _, lat in points]))))
    return found


def _stops(feed: Path) -> list[tuple[float, float]]:
    with zipfile.ZipFile(feed) as archive:
        name = next(name for name in archive.namelist() if name.endswith("stops.txt"))
        rows = csv.DictReader(io.TextIOWrapper(archive.open(name), "utf-8-sig"))
        return [(float(row["stop_lon"]), float(row["stop_lat"])) for row in rows]


def test_the_municipality_has_the_published_area(city: LasPalmas) -> None:
    zones = city.face.measure("people.density").by("municipality")
    assert float(zones["whole"].iloc[0]) == pytest.approx(AREA_KM2, rel=0.001)


def test_intersections_under_their_rule_are_theirs_within_two_percent(city: LasPalmas) -> None:
    circles = shapely.buffer(shapely.points(city.junction_xy), MERGED_M)
    found = len(shapely.get_parts(shapely.union_all(circles)))
    assert found == pytest.approx(INTERSECTIONS, rel=0.02)


@pytest.mark.parametrize("service", sorted(WITHIN_500_M))
def test_published_access_lies_between_streets_alone_and_residents_of_dwellings(city: LasPalmas, service: str) -> None:
    residents = city.inputs.residents()
    by_dwellings = 100 * residents[city.near(city.inputs.origins(), service)].sum() / residents.sum()
    by_streets = 100 * city.edge_m[city.near(city.attach(city.edge_xy), service)].sum() / city.edge_m.sum()
    assert by_streets < WITHIN_500_M[service] < by_dwellings


def test_services_stand_in_the_published_order(city: LasPalmas) -> None:
    residents, origins = city.inputs.residents(), city.inputs.origins()
    share = {service: residents[city.near(origins, service)].sum() for service in ("convenience", "pt_gtfs_any", "pt_any")}
    assert sorted(share, key=share.__getitem__) == sorted(share, key=WITHIN_500_M.__getitem__)


def test_fewer_live_near_a_frequent_stop_than_near_any_as_published(city: LasPalmas) -> None:
    """Published: 65.9 % near a stop served every 20 minutes, 78.5 % near any stop of the timetable."""
    residents = city.inputs.residents()
    frequent = 100 * (city.face.measure("transit.frequent_stop.within_500_m").value or 0.0)
    near_any = 100 * residents[city.near(city.inputs.origins(), "pt_gtfs_any")].sum() / residents.sum()
    assert FREQUENT_20_MIN_WITHIN_500_M < frequent < near_any
