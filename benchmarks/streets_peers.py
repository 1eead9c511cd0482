"""Worker of the street benchmark: runs one peer on one graph in the peer's own environment.

Arguments: peer, path of the graph (npz), a folder for what it finds, repeats. Each task is written to the folder as soon as it is done
(`seconds.json`, and `nearest.npy` and `sums.npy`), so that a run that is cut short leaves what it has; tasks that are there already
are left out. It prints one JSON document at its end.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

NEAR_M = 3000.0
LIMITS_M = (400, 800, 1200)
EVERY_ORIGIN = 20_000
SAMPLE = 500


class Notes:
    """What a peer has done so far, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "seconds.json"
        self.known: dict[str, float] = json.loads(self.path.read_text(encoding="utf-8")) if self.path.is_file() else {}

    def has(self, *tasks: str) -> bool:
        """Are all of them there?"""
        return set(tasks) <= set(self.known)

    def write(self, task: str, number: float) -> None:
        """Keep a number."""
        self.known[task] = number
        self.path.write_text(json.dumps(self.known), encoding="utf-8")

    def timed(self, task: str, function: Any, repeats: int = 1, *, keep: bool = False, share: float = 1.0) -> Any:
        """Run a task, unless it is there, and keep its median seconds over `share`, and its answer if told so. Returns the answer."""
        if self.has(task):
            return None
        answer: Any = None
        times, before = [], os.times()
        for _ in range(repeats):
            start = time.perf_counter()
            answer = function()
            times.append(time.perf_counter() - start)
        after = os.times()
        self.write(f"{task}, core seconds", (after.user + after.system - before.user - before.system) / repeats / share)
        if keep:
            np.save(self.folder / f"{task}.npy", answer)
        self.write(task, statistics.median(times) / share)
        return answer


def peak_mb() -> float:
    """Peak memory of this process in MB; getrusage(2) counts in kibibytes on Linux."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def scipy(graph: Any, repeats: int, notes: Notes) -> None:
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

    def sums(chosen: Any) -> Any:
        out = np.empty((len(LIMITS_M), len(chosen)))
        for begin in range(0, len(chosen), 100):
            rows = chosen[begin : begin + 100]
            cost = dijkstra(matrix, directed=False, indices=rows, limit=LIMITS_M[-1])
            for j, limit in enumerate(LIMITS_M):
                out[j, begin : begin + len(rows)] = (cost <= limit) @ graph["people"]
        return out

    notes.timed("nearest", near, repeats, keep=True)
    if count <= EVERY_ORIGIN:
        notes.timed("sums", lambda: sums(np.arange(count)), keep=True)
    else:  # hours for all: some origins drawn at random stand for them
        some = np.random.default_rng(1).choice(count, SAMPLE, replace=False)
        notes.timed("sums of a sample", lambda: sums(some), share=SAMPLE / count)


def pandana(graph: Any, repeats: int, notes: Notes) -> None:
    import pandas as pd

    package = importlib.import_module("pandana")

    frame = pd.DataFrame({"length": graph["length"]})
    x, y = pd.Series(graph["x"]), pd.Series(graph["y"])

    def setup() -> Any:
        return package.Network(x, y, pd.Series(graph["u"]), pd.Series(graph["v"]), frame, twoway=True)

    if notes.has("setup", "nearest", "sums", "precompute", "sums again", "precomputed MB", "peak MB"):
        return
    for task in ("setup", "precompute"):  # what a new process must do again
        notes.known.pop(task, None)
    network = notes.timed("setup", setup)
    classes = graph["klass"].max() + 1
    for c in range(classes):
        node = graph["node"][graph["klass"] == c]
        network.set_pois(str(c), NEAR_M, 1, pd.Series(graph["x"][node]), pd.Series(graph["y"][node]))
    network.set(pd.Series(np.arange(len(x))), variable=pd.Series(graph["people"]), name="people")

    def near() -> Any:
        return np.array([network.nearest_pois(NEAR_M, str(c), num_pois=1)[1].to_numpy() for c in range(classes)])

    def sums() -> Any:
        return np.array([network.aggregate(limit, type="sum", decay="flat", name="people").to_numpy() for limit in LIMITS_M])

    notes.timed("nearest", near, repeats, keep=True)
    notes.timed("sums", sums, repeats, keep=True)
    before = peak_mb()
    notes.timed("precompute", lambda: network.precompute(LIMITS_M[-1]))
    notes.write("precomputed MB", peak_mb() - before)
    notes.timed("sums again", sums, repeats)
    notes.write("peak MB", peak_mb())


def cityseer(graph: Any, repeats: int, notes: Notes) -> None:
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

    if notes.has("setup", "nearest", "sums"):
        return
    notes.known.pop("setup", None)
    nodes, _, structure = notes.timed("setup", setup)
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

    notes.timed("nearest", near, min(repeats, 3))
    notes.timed("sums", sums, min(repeats, 3))


def main() -> None:
    warnings.simplefilter("ignore")
    peer, source, folder, repeats = sys.argv[1:5]
    with np.load(source) as file:
        graph = {name: file[name] for name in file.files}
    notes = Notes(Path(folder))
    {"scipy": scipy, "pandana": pandana, "cityseer": cityseer}[peer](graph, int(repeats), notes)
    print("\n" + json.dumps(notes.known))


if __name__ == "__main__":
    main()
