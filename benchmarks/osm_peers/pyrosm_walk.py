"""pyrosm: the walkable streets of an extract as raw nodes and edges, not simplified. Prints seconds and counts as JSON."""

import json
import sys
import time

import pyrosm  # type: ignore[import-not-found,unused-ignore]


def main() -> None:
    start = time.perf_counter()
    nodes, edges = pyrosm.OSM(sys.argv[1]).get_network("walking", nodes=True)
    print(json.dumps({"seconds": time.perf_counter() - start, "nodes": len(nodes), "edges": len(edges)}))


main()
