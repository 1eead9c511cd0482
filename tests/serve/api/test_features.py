"""OGC API Features, held against the standard's abstract tests and against two independent clients."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import shapely
from tests.serve.api.conftest import Served, error_of

TOWN = "/ogc/town"


def test_landing_page_links_to_everything_else(town_served: Served) -> None:
    """OGC 17-069r4, A.2.2.2 abstract test 3: /conf/core/root-success."""
    links = {link["rel"]: link for link in town_served.get(TOWN)["links"]}
    assert {"service-desc", "conformance", "data", "self"} <= set(links)
    for rel in ("conformance", "data", "service-desc"):
        assert town_served.client.get(links[rel]["href"]).status_code == 200


def test_conformance_names_the_core_class(town_served: Served) -> None:
    """A.2.2.4 abstract test 7: /conf/core/conformance-success."""
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in town_served.get(f"{TOWN}/conformance")["conformsTo"]


def test_every_collection_has_items_extent_and_its_own_page(town_served: Served) -> None:
    """A.2.2.5 and A.2.2.6: /conf/core/fc-md-success, /conf/core/sfc-md-success."""
    found = town_served.get(f"{TOWN}/collections")["collections"]
    assert [one["id"] for one in found] == ["cells", "zones", "places", "streets"]
    for one in found:
        assert town_served.get(f"{TOWN}/collections/{one['id']}") == one
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        assert west < east
        assert south < north
        assert any(link["rel"] == "items" and link["type"] == "application/geo+json" for link in one["links"])


def test_items_come_in_pages_that_join_to_the_whole(town_served: Served) -> None:
    """A.2.2.7: /conf/core/fc-limit-response-1, fc-links, fc-rel-type, fc-numberMatched, fc-numberReturned."""
    ids: list[int] = []
    url: str | None = f"{TOWN}/collections/cells/items?limit=37"
    while url:
        page = town_served.get(url)
        assert page["type"] == "FeatureCollection"
        assert page["numberReturned"] == len(page["features"]) <= 37
        ids += [feature["id"] for feature in page["features"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert page["numberMatched"] == len(ids) == 100
    assert ids == list(range(100))


def test_a_box_gives_what_meets_it(town_served: Served) -> None:
    """A.2.2.7: /conf/core/fc-bbox-response."""
    every = town_served.get(f"{TOWN}/collections/cells/items?limit=1000")["features"]
    west, south, east, north = town_served.get(f"{TOWN}/collections/cells")["extent"]["spatial"]["bbox"][0]
    box = (west, south, (west + east) / 2, (south + north) / 2)
    found = town_served.get(f"{TOWN}/collections/cells/items?limit=1000&bbox={','.join(map(str, box))}")["features"]
    wanted = {feature["id"] for feature in every if shapely.intersects(shapely.geometry.shape(feature["geometry"]), shapely.box(*box))}
    assert {feature["id"] for feature in found} == wanted
    assert 0 < len(wanted) < len(every)
    six = (box[0], box[1], -5, box[2], box[3], 5)
    assert len(town_served.get(f"{TOWN}/collections/cells/items?limit=1000&bbox={','.join(map(str, six))}")["features"]) == len(wanted)


def test_properties_filter_and_unknown_ones_are_refused(town_served: Served) -> None:
    """/req/core/query-param-unknown: an unknown parameter is a 400."""
    found = town_served.get(f"{TOWN}/collections/places/items?kind=primary_school")["features"]
    assert {feature["properties"]["kind"] for feature in found} == {"primary_school"}
    for query in ("planet=mars", "bbox=1,2,3", "bbox=a,b,c,d", "datetime=yesterday"):
        answer = town_served.client.get(f"{TOWN}/collections/places/items?{query}")
        assert answer.status_code == 400, query
        assert error_of(answer)["faults"]
    assert town_served.client.get(f"{TOWN}/collections/places/items?limit=0").status_code == 422
    assert town_served.get(f"{TOWN}/collections/places/items?datetime=2020-01-01/..")["numberMatched"] == 5


def test_one_feature_is_the_feature_of_the_list(town_served: Served) -> None:
    """A.2.2.8: /conf/core/f-success."""
    listed = town_served.get(f"{TOWN}/collections/zones/items")["features"][0]
    alone = town_served.get(f"{TOWN}/collections/zones/items/{listed['id']}")
    assert {name: alone[name] for name in listed} == listed
    assert town_served.client.get(f"{TOWN}/collections/zones/items/9999").status_code == 404


def test_the_one_coordinate_system_is_named_and_others_are_refused(town_served: Served) -> None:
    """OGC 18-058r1: /conf/crs/crs-parameter, /conf/crs/ogc-crs-header, /conf/crs/bbox-crs-parameter."""
    system = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    answer = town_served.client.get(f"{TOWN}/collections/zones/items", params={"crs": system, "bbox-crs": system})
    assert (answer.status_code, answer.headers["Content-Crs"]) == (200, f"<{system}>")
    for name in ("crs", "bbox-crs"):
        other = {name: "http://www.opengis.net/def/crs/EPSG/0/3857"}
        assert town_served.client.get(f"{TOWN}/collections/zones/items", params=other).status_code == 400


def test_queryables_are_the_properties(town_served: Served) -> None:
    schema = town_served.get(f"{TOWN}/collections/places/queryables")
    feature = town_served.get(f"{TOWN}/collections/places/items?limit=1")["features"][0]
    assert set(feature["properties"]) == set(schema["properties"]) - {"geometry"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_owslib_connects(town_served: Served) -> None:
    from owslib.ogcapi.features import Features

    client: Any = Features(f"{town_served.url}{TOWN}")
    assert set(client.feature_collections()) == {"cells", "zones", "places", "streets"}
    assert client.collection_items("places", limit=2)["numberReturned"] == 2
    assert client.collection("cells")["id"] == "cells"


GDAL = """
import json, sys
import pyogrio
source = sys.argv[1]
cells = pyogrio.read_dataframe(source, layer="cells")
names = sorted(str(name) for name, _ in pyogrio.list_layers(source))
valid = bool(cells.geometry.is_valid.all())
print(json.dumps({"layers": names, "cells": len(cells), "valid": valid, "residents": float(cells["residents_all"].sum())}))
"""


def test_gdal_reads_every_layer(town_served: Served) -> None:
    """The driver that QGIS uses, in a process of its own: GDAL lets no other thread work while it waits for an answer."""
    import pyogrio

    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("this build of GDAL has no OAPIF driver")
    command = [sys.executable, "-c", GDAL, f"OAPIF:{town_served.url}{TOWN}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found == {"layers": ["cells", "places", "streets", "zones"], "cells": 100, "valid": True, "residents": 4000.0}
