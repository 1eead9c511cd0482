"""The town with what an OpenStreetMap extract would tell: classes and access of streets, jobs by cell and sector, land use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from parkcity.base.cache import array_hash, hash_json
from parkcity.base.geo import WGS84, frame
from parkcity.twin.changes._draft import ChangedLayer
from parkcity.twin.scenario import Scenario, under
from parkcity.twin.twin import Twin

RESIDENTIAL = 6


def with_layers(twin: Twin, streets: dict[str, Any], jobs: np.ndarray | None = None, land: list[tuple[str, Any]] | None = None) -> Twin:
    """The town with more arrays of streets, jobs [cells, 2 sectors], and land use (class and shape in WGS 84)."""
    edges = len(twin.layer("streets").array("edge_u"))
    plain: dict[str, Any] = {
        "klass": RESIDENTIAL,
        "walk": 1,
        "bike": 1,
        "car": 1,
        "steps": 0,
        "crossing": 0,
        "kerb": -1,
        "bridge": 0,
        "tunnel": 0,
    }
    plain |= {"layer": 0, "wheelchair": -1, "lanes": 0}
    arrays = {name: np.full(edges, value, np.int16) for name, value in plain.items()}
    arrays |= {"maxspeed": np.full(edges, np.nan, np.float32), **streets}
    layers = {"streets": _layer(twin, "streets", arrays)}
    if jobs is not None:
        layers["jobs"] = _layer(
            twin, "jobs", {"jobs": jobs.sum(axis=1), "by_sector": jobs}, {"sectors": ["shops", "offices"], "total": float(jobs.sum())}
        )
    if land is not None:
        columns = {"id": [str(row) for row in range(len(land))], "class": [name for name, _ in land], "area_m2": [0.0] * len(land)}
        layers["land_use"] = _layer(twin, "land_use", {"landuse": frame(columns, [shape for _, shape in land], WGS84)})
    city = under(twin, Scenario())
    manifest = {**twin.manifest, "layers": {**twin.manifest["layers"], **{name: layer.entry for name, layer in layers.items()}}}
    return replace(city, changed=layers, manifest={**manifest, "hash": hash_json(sorted(layers))})


def _layer(twin: Twin, name: str, parts: dict[str, Any], meta: dict[str, Any] | None = None) -> ChangedLayer:
    base = twin.manifest["layers"].get(name, {"files": {}, "meta": {}, "hash": ""})
    files = {
        **base["files"],
        **{part: "in-memory.npy" if isinstance(value, np.ndarray) else "in-memory.parquet" for part, value in parts.items()},
    }
    entry = {
        **base,
        "files": files,
        "meta": {**base["meta"], **(meta or {})},
        "hash": hash_json([name, sorted(parts), array_hash(*(value for value in parts.values() if isinstance(value, np.ndarray)))]),
    }
    return ChangedLayer(twin.layer("streets").folder, name, entry, parts)
