"""OSMnx: the walkable streets of an extract as a simplified, undirected network. Prints seconds and counts as JSON.

OSMnx reads XML only and stops at missing nodes, so the ways that it would take for walking are written to an .osm file
first, without those nodes; that is not timed.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import osmium
import osmnx  # type: ignore[import-not-found,unused-ignore]

# The values that OSMnx 2.1 leaves out of its filter for walking (osmnx/_overpass.py).
CLOSED = {
    *("abandoned", "bus_guideway", "construction", "corridor", "cycleway", "elevator", "escalator", "motor", "motorway"),
    *("motorway_link", "no", "planned", "platform", "proposed", "raceway", "razed", "rest_area", "services"),
}


def main() -> None:
    source = sys.argv[1]
    have = {node.id for node in osmium.FileProcessor(source, osmium.osm.NODE)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "walk.osm"
        with osmium.BackReferenceWriter(str(path), ref_src=source) as writer:
            way: Any
            for way in osmium.FileProcessor(source, osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway")):
                tags = way.tags
                closed = tags["highway"] in CLOSED or tags.get("area") == "yes" or tags.get("foot") == "no"
                nodes = [node.ref for node in way.nodes if node.ref in have]
                if not closed and "private" not in (tags.get("access"), tags.get("service")) and len(nodes) > 1:
                    writer.add(way.replace(nodes=nodes))
        start = time.perf_counter()
        graph = osmnx.convert.to_undirected(osmnx.graph_from_xml(path, bidirectional=True, simplify=True, retain_all=True))
        seconds = time.perf_counter() - start
    length_km = sum(edge["length"] for *_, edge in graph.edges(data=True)) / 1000
    print(json.dumps({"seconds": seconds, "nodes": len(graph), "edges": graph.number_of_edges(), "length_km": length_km}))


main()
