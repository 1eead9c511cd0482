"""A reading kept on disk under the hash of the file, the options and the code, so that no extract is read twice."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import code_version, hash_file, hash_json
from parkcity.sense.osm.checkpoint import keep_scan, kept_scan
from parkcity.sense.osm.estimate import estimate
from parkcity.sense.osm.extract import ExtractOptions, read_extract, scan_extract
from parkcity.sense.raw import Raw, Tally
from parkcity.standards import parameter

if TYPE_CHECKING:
    import pandas as pd

    from parkcity.sense.osm.scan import Scan

_SCAN = ".scan"
_DONE = "tally.json"


def extract_key(path: Path, options: ExtractOptions) -> str:
    """The hash of everything that a reading depends on. A limit on memory changes nothing in it."""
    given = asdict(options)
    del given["memory_gb"]
    given["kinds"] = sorted(options.kinds)
    return hash_json([hash_file(path), given, code_version("base", "standards", "sense")])


def cached_extract(path: Path, options: ExtractOptions, folder: Path) -> Raw:
    """The layers of an extract, from `folder` if they are there, else read and kept there, in the place of any other reading.

    A reading is written to a temporary place and moved when it is whole, so that an interrupted one leaves nothing that
    could be taken for it. Of a large file the scan is kept until the reading is whole, and an interrupted reading goes on from it.
    A damaged entry is read again from the extract. Where the folder cannot be written nothing is kept.
    """
    place = folder / extract_key(path, options)
    kept = _load(place)
    if kept is not None:
        return kept
    raw = read_extract(path, options, _scanned(path, options, place.with_suffix(_SCAN)))
    with suppress(OSError):
        _keep(raw, place)
    return raw


def _scanned(path: Path, options: ExtractOptions, place: Path) -> Scan:
    """The scan that an interrupted reading left, else a new one, which is kept where the file takes long to read."""
    kept = kept_scan(place)
    if kept is not None:
        return kept
    found = scan_extract(path, options)
    if estimate(path).seconds >= parameter("osm_parameters", "resume.seconds").number:
        with suppress(OSError):
            keep_scan(found, place)
    return found


def _keep(raw: Raw, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".extract.", dir=place.parent) as name:
        _save(raw, Path(name) / "entry")
        for other in place.parent.iterdir():
            if other.name != Path(name).name:
                shutil.rmtree(other, ignore_errors=True)
        (Path(name) / "entry").replace(place)


def _save(raw: Raw, place: Path) -> None:
    import numpy as np

    place.mkdir()
    np.savez(place / "arrays.npz", **raw.arrays)  # type: ignore[arg-type]
    for name, table in raw.frames.items():
        table.to_parquet(place / f"{name}.parquet")
    tally = asdict(raw.tally)
    (place / _DONE).write_text(json.dumps({"tally": tally, "frames": list(raw.frames)}, ensure_ascii=False), encoding="utf-8")


def _load(place: Path) -> Raw | None:
    import numpy as np

    if not (place / _DONE).is_file():
        return None
    try:
        notes = json.loads((place / _DONE).read_text(encoding="utf-8"))
        with np.load(place / "arrays.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        frames = {name: _table(place / f"{name}.parquet") for name in notes["frames"]}
        tally = Tally(**{**notes["tally"], "refused": [(row, reason) for row, reason in notes["tally"]["refused"]]})
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        shutil.rmtree(place, ignore_errors=True)
        return None
    return Raw(tally, frames["places"], arrays, frames)


def _table(path: Path) -> pd.DataFrame:
    import geopandas as gpd
    import pandas as pd
    import pyarrow.parquet as pq

    geographic = b"geo" in (pq.read_schema(path).metadata or {})
    table: Any = gpd.read_parquet(path) if geographic else pd.read_parquet(path)
    return table  # type: ignore[no-any-return]
