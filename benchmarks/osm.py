"""OpenStreetMap extracts: to a simplified walk network beside OSMnx and pyrosm, and growth with the size of the file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.registry import Size, benchmark, median_seconds, peer_python, peer_run, row
from parkcity.sense.osm.extract import ExtractOptions, read_streets

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
TOWN = EXAMPLES / "chengdu/data/osm/chengdu_core_2018.osm.pbf"
CITY = EXAMPLES / "las-palmas/data/osm/las_palmas_20230221.osm.pbf"
PEERS = Path(__file__).resolve().parent / "osm_peers"
PINS = ["osmnx==2.1.1", "pyrosm==0.25.0", "osmium==4.3.2"]
COPIES = 10
TWIN_LIMIT_S = 15.0
NETWORK = "extract to simplified walk network"


@benchmark("osm", "OpenStreetMap extracts to a walk network, and to all layers, by size")
def run(size: Size) -> list[dict[str, Any]]:
    path, name = (TOWN, "Chengdu core") if size == "smoke" else (CITY, "Las Palmas")
    repeats = 1 if size == "smoke" else 5
    ours = median_seconds(lambda: read_streets(path, ExtractOptions(joins=False)), repeats)
    joined = median_seconds(lambda: read_streets(path, ExtractOptions()), repeats)
    rows = [row(f"{NETWORK}, joined across squares, crossings and gates", name, joined)]
    if size == "smoke":
        return [row(NETWORK, name, ours), *rows]
    python = peer_python("osm", PINS)
    for peer, worker, goal in (("OSMnx 2.1.1", "osmnx_walk.py", 15.0), ("pyrosm 0.25 (raw, not simplified)", "pyrosm_walk.py", 1.0)):
        theirs = peer_run(python, PEERS / worker, str(path))["seconds"]
        rows.append(row(NETWORK, name, ours, peer, theirs, goal))
    rows.append(whole_twin())
    rows += growth([("Chengdu core", TOWN), ("Las Palmas", CITY)])
    if size == "full":
        with tempfile.TemporaryDirectory() as folder:
            large = repeated(CITY, Path(folder) / "large.osm.pbf", COPIES)
            rows += growth([(f"Las Palmas, {COPIES} times side by side", large)])
            rows.append(nearly_linear(rows[-2]["ours_s"], rows[-1]["ours_s"]))
    return rows


def whole_twin() -> dict[str, Any]:
    """Seconds to build the whole twin of Las Palmas, with every layer, in a process of its own; its limit stands in for a peer."""
    with tempfile.TemporaryDirectory() as folder:
        city = Path(folder) / "las-palmas"
        shutil.copytree(EXAMPLES / "las-palmas", city, ignore=shutil.ignore_patterns("twin", "report"))
        command = [sys.executable, "-m", "parkcity", "build", str(city), "--quiet"]
        # The first build compiles what Numba keeps on disk for all later ones.
        subprocess.run(command, check=True, capture_output=True)
        shutil.rmtree(city / "twin")
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return row("whole twin, every layer", "Las Palmas", time.perf_counter() - begin, "limit of 15 s", TWIN_LIMIT_S, 1.0)


def growth(files: list[tuple[str, Path]]) -> list[dict[str, Any]]:
    """Seconds for all layers, with seconds and peak memory for each million nodes of the file."""
    rows = []
    for name, path in files:
        found = peer_run(Path(sys.executable), PEERS / "whole_extract.py", str(path))
        millions = nodes_of(path) / 1e6
        per = f"{found['seconds'] / millions:.1f} s and {found['peak_mb'] / millions:,.0f} MB for each million nodes"
        rows.append(row(f"all layers: {per}", name, found["seconds"]))
    return rows


def nearly_linear(once_s: float, copies_s: float) -> dict[str, Any]:
    """So many times the file beside so many times the time: above 1 where the larger file takes less than its share."""
    task = f"{COPIES} times the file: {copies_s / once_s:.1f} times the time"
    return row(task, "Las Palmas", copies_s, f"{COPIES} times Las Palmas", COPIES * once_s, 0.8)


def nodes_of(path: Path) -> int:
    import osmium

    return sum(1 for _ in osmium.FileProcessor(str(path), osmium.osm.NODE))


def repeated(source: Path, target: Path, copies: int) -> Path:
    """An extract of copies side by side, each with ids of its own."""
    import osmium

    step = 10**11
    width = 0.2
    with osmium.SimpleWriter(str(target)) as writer:
        for kind in (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION):
            for copy in range(copies):
                entity: Any
                for entity in osmium.FileProcessor(str(source), kind):
                    moved = copy * step
                    if kind == osmium.osm.NODE:
                        at = entity.location
                        place = (at.lon + copy * width, at.lat)
                        writer.add_node(entity.replace(id=entity.id + moved, location=place))
                    elif kind == osmium.osm.WAY:
                        writer.add_way(entity.replace(id=entity.id + moved, nodes=[node.ref + moved for node in entity.nodes]))
                    else:
                        members = [(member.type, member.ref + moved, member.role) for member in entity.members]
                        writer.add_relation(entity.replace(id=entity.id + moved, members=members))
    return target
