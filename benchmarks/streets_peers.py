"""Worker of the street benchmark: runs one peer on one graph in the peer's own environment and prints one JSON document.

Arguments: peer, path of the graph (npz), path for the answer (npz), repeats.
"""

from __future__ import annotations

import importlib
import json
import resource
import statistics
import sys
import time
import warnings
from typing import Any

import numpy as np

NEAR_M = 3000.0
LIMITS_M = (400, 800, 1200)


def timed(function: Any, repeats: int) -> tuple[float, Any]:
    """Median seconds, and the last answer."""
    times, answer = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        answer = function()
        times.append(time.perf_counter() - start)
    return statistics.median(times), answer


def scipy(graph: Any, repeats: int) -> tuple[dict[str, float], dict[str, Any]]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    count = len(graph["x"])
    ends = np.sort(np.stack([graph["u"], graph["v"]], 1), axis=1)
    order = np.lexsort((graph["length"], ends[:, 1], ends[:, 0]))
    first = order[np.r_[True, (np.diff(ends[order], axis=0) != 0).any(1)]]
    matrix = coo_array((graph["length"][first], (ends[first, 0], ends[first, 1])), shape=(count, count)).tocsr()

    def near() -> Any:
        groups = [graph["node"][graph["klass"] == c] for c in range(graph["klass"].max() + 1)]
        return np.array([dijkstra(matrix, directed=False, indices=group, min_only=True, limit=NEAR_M) for group in groups])

    def sums() -> Any:
        out = np.empty((len(LIMITS_M), count))
        for begin in range(0, count, 500):
            rows = np.arange(begin, min(begin + 500, count))
            cost = dijkstra(matrix, directed=False, indices=rows, limit=LIMITS_M[-1])
            for j, limit in enumerate(LIMITS_M):
                out[j, rows] = (cost <= limit) @ graph["people"]
        return out

    near_s, nearest = timed(near, repeats)
    seconds, answers = {"nearest": near_s}, {"nearest": nearest}
    if count <= 20_000:
        seconds["sums"], answers["sums"] = timed(sums, 1)
    return seconds, answers


def pandana(graph: Any, repeats: int) -> tuple[dict[str, float], dict[str, Any]]:
    import pandas as pd

    package = importlib.import_module("pandana")

    frame = pd.DataFrame({"length": graph["length"]})
    x, y = pd.Series(graph["x"]), pd.Series(graph["y"])

    def setup() -> Any:
        return package.Network(x, y, pd.Series(graph["u"]), pd.Series(graph["v"]), frame, twoway=True)

    setup_s, network = timed(setup, 1)
    classes = graph["klass"].max() + 1
    for c in range(classes):
        node = graph["node"][graph["klass"] == c]
        network.set_pois(str(c), NEAR_M, 1, pd.Series(graph["x"][node]), pd.Series(graph["y"][node]))
    network.set(pd.Series(np.arange(len(x))), variable=pd.Series(graph["people"]), name="people")

    def near() -> Any:
        return np.array([network.nearest_pois(NEAR_M, str(c), num_pois=1)[1].to_numpy() for c in range(classes)])

    def sums() -> Any:
        return np.array([network.aggregate(limit, type="sum", decay="flat", name="people").to_numpy() for limit in LIMITS_M])

    near_s, nearest = timed(near, 1 if len(x) > 200_000 else repeats)
    sums_s, summed = timed(sums, 1 if len(x) > 200_000 else repeats)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    precompute_s, _ = timed(lambda: network.precompute(LIMITS_M[-1]), 1)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    again_s, _ = timed(sums, 1 if len(x) > 200_000 else repeats)
    seconds = {
        "setup": setup_s,
        "nearest": near_s,
        "sums": sums_s,
        "precompute": precompute_s,
        "sums again": again_s,
        "precomputed MB": more / 1024,
    }
    return seconds, {"nearest": nearest, "sums": summed}


def cityseer(graph: Any, repeats: int) -> tuple[dict[str, float], dict[str, Any]]:
    import geopandas as gpd
    from shapely.geometry import LineString, Point

    nx = importlib.import_module("networkx")
    layers = importlib.import_module("cityseer.metrics.layers")
    io = importlib.import_module("cityseer.tools.io")

    plain = nx.MultiGraph(crs="EPSG:32648")
    for i, (x, y) in enumerate(zip(graph["x"], graph["y"], strict=True)):
        plain.add_node(str(i), x=float(x), y=float(y), live=True, weight=1)
    for u, v in zip(graph["u"], graph["v"], strict=True):
        if (graph["x"][u], graph["y"][u]) != (graph["x"][v], graph["y"][v]):  # it takes no line without length
            line = LineString([(graph["x"][u], graph["y"][u]), (graph["x"][v], graph["y"][v])])
            plain.add_edge(str(u), str(v), geom=line)

    def setup() -> Any:
        return io.network_structure_from_nx(plain)

    setup_s, (nodes, _, structure) = timed(setup, 1)
    node = graph["node"]
    places = gpd.GeoDataFrame(
        {"kind": [str(c) for c in graph["klass"]]}, geometry=[Point(graph["x"][n], graph["y"][n]) for n in node], crs=nodes.crs
    )
    people = gpd.GeoDataFrame({"people": graph["people"]}, geometry=gpd.points_from_xy(graph["x"], graph["y"]), crs=nodes.crs)
    kinds = sorted(places["kind"].unique())

    def near() -> Any:
        return layers.compute_accessibilities(places, "kind", kinds, nodes, structure, distances=[int(NEAR_M)])

    def sums() -> Any:
        return layers.compute_stats(people, ["people"], nodes, structure, distances=list(LIMITS_M))

    near_s, _ = timed(near, min(repeats, 3))
    sums_s, _ = timed(sums, min(repeats, 3))
    return {"setup": setup_s, "nearest": near_s, "sums": sums_s}, {}


def main() -> None:
    warnings.simplefilter("ignore")
    peer, source, target, repeats = sys.argv[1:5]
    with np.load(source) as file:
        graph = {name: file[name] for name in file.files}
    seconds, answers = {"scipy": scipy, "pandana": pandana, "cityseer": cityseer}[peer](graph, int(repeats))
    np.savez(target, **answers)
    print("\n" + json.dumps(seconds))


if __name__ == "__main__":
    main()
