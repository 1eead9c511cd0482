"""A scan kept on disk until the reading that it belongs to is whole, so that an interrupted reading of a large file goes on from there.

The scan is the one pass over the file and the longest stage; joining, cutting and placing come after it. A pass cannot be taken up in
its middle: which nodes a way needs is known only from all that came before.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.osm.scan import Areas, Lines, Points, Route, Scan

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ARRAYS, _TEXTS = "scan.npz", "scan.json"


def keep_scan(found: Scan, place: Path) -> None:
    """Write a scan into the folder `place`; it appears there only when it is whole."""
    import shapely

    place.parent.mkdir(parents=True, exist_ok=True)
    shapes = shapely.to_wkb(found.areas.shape)
    start = np.concatenate([[0], np.cumsum([len(shape) for shape in shapes], dtype=np.int64)])
    arrays: dict[str, NDArray[Any]] = {f"line_{name}": getattr(found.lines, name) for name in ("way", "start", "ref", "lon", "lat")}
    arrays |= {f"point_{name}": getattr(found.points, name) for name in ("node", "lon", "lat")}
    arrays |= {"shape": np.frombuffer(b"".join(shapes), np.uint8), "shape_start": start}
    texts = {
        "lines": found.lines.tags,
        "points": found.points.tags,
        "areas": found.areas.tags,
        "names": found.areas.name,
        "routes": [asdict(route) for route in found.routes],
        "groups": [asdict(route) for route in found.groups],
        "refused": found.refused,
    }
    with tempfile.TemporaryDirectory(prefix=".scan.", dir=place.parent) as name:
        entry = Path(name) / "entry"
        entry.mkdir()
        np.savez(entry / _ARRAYS, allow_pickle=False, **arrays)
        (entry / _TEXTS).write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        entry.replace(place)


def kept_scan(place: Path) -> Scan | None:
    """The scan kept in a folder, or None where there is none or it is damaged."""
    import shapely

    if not place.is_dir():
        return None
    try:
        with np.load(place / _ARRAYS, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        texts = json.loads((place / _TEXTS).read_text(encoding="utf-8"))
        start, data = arrays["shape_start"], arrays["shape"].tobytes()
        shapes = [shapely.from_wkb(data[start[row] : start[row + 1]]) for row in range(len(start) - 1)]
        lines = Lines(arrays["line_way"], texts["lines"], *(arrays[f"line_{name}"] for name in ("start", "ref", "lon", "lat")))
        points = Points(arrays["point_node"], texts["points"], arrays["point_lon"], arrays["point_lat"])
        areas = Areas(texts["names"], texts["areas"], np.array(shapes, object).reshape(len(shapes)))
        routes, groups = ([_route(entry) for entry in texts[name]] for name in ("routes", "groups"))
        refused = [(str(name), str(reason)) for name, reason in texts["refused"]]
    except (OSError, ValueError, KeyError, TypeError, EOFError, shapely.errors.ShapelyError):
        shutil.rmtree(place, ignore_errors=True)
        return None
    return Scan(lines, points, areas, routes, refused, groups)


def _route(entry: dict[str, Any]) -> Route:
    return Route(int(entry["relation"]), entry["tags"], [(str(kind), int(ref), str(role)) for kind, ref, role in entry["members"]])
