"""A kept reading is the reading."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from parkcity.sense.osm import store
from parkcity.sense.osm.checkpoint import keep_scan, kept_scan
from parkcity.sense.osm.estimate import Estimate
from parkcity.sense.osm.extract import ExtractOptions, read_extract, scan_extract
from parkcity.sense.raw import Raw

CORE = Path(__file__).parents[3] / "examples/chengdu/data/osm/chengdu_core_2018.osm.pbf"


def test_what_comes_from_the_store_equals_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = read_extract(CORE, ExtractOptions())
    store.cached_extract(CORE, ExtractOptions(), tmp_path)
    monkeypatch.setattr(store, "read_extract", None)
    _same(store.cached_extract(CORE, ExtractOptions(), tmp_path), fresh)


def _same(kept: Raw, fresh: Raw) -> None:
    assert kept.tally == fresh.tally
    assert set(kept.arrays) == set(fresh.arrays)
    for name, array in fresh.arrays.items():
        assert kept.arrays[name].dtype == array.dtype
        assert np.array_equal(kept.arrays[name], array, equal_nan=array.dtype.kind == "f")
    for name, frame in fresh.frames.items():
        assert_frame_equal(_plain(kept.frames[name]), _plain(frame), check_dtype=name != "merged")


def _plain(frame: Any) -> Any:
    """A table with its geometry as bytes."""
    table = pd.DataFrame(frame)
    if "geometry" in table:
        table["geometry"] = frame.geometry.to_wkb().astype(object)
    return table.reset_index(drop=True)


def test_other_options_and_other_bytes_have_other_keys(tmp_path: Path) -> None:
    other = tmp_path / "other.osm.pbf"
    other.write_bytes(CORE.read_bytes() + b"\0")
    keys = {
        store.extract_key(CORE, ExtractOptions()),
        store.extract_key(CORE, ExtractOptions(modes=("car",))),
        store.extract_key(CORE, ExtractOptions(kinds=frozenset({"park"}))),
        store.extract_key(other, ExtractOptions()),
    }
    assert len(keys) == 4
    assert store.extract_key(CORE, ExtractOptions(memory_gb=3.0)) in keys


def test_a_damaged_entry_is_read_again(tmp_path: Path) -> None:
    store.cached_extract(CORE, ExtractOptions(), tmp_path)
    (entry,) = tmp_path.iterdir()
    (entry / "arrays.npz").write_bytes(b"damaged")
    again = store.cached_extract(CORE, ExtractOptions(), tmp_path)
    assert len(again.arrays["edge_u"]) > 0


_HUNG = """
import sys, time
from pathlib import Path
from parkcity.sense.osm import store
from parkcity.sense.osm.estimate import Estimate
from parkcity.sense.osm.extract import ExtractOptions

store.estimate = lambda path: Estimate(1e9, 0.0)  # a file that takes long
def hang(*_):
    print("here", flush=True)
    time.sleep(600)


setattr(store, sys.argv[3], hang)
store.cached_extract(Path(sys.argv[1]), ExtractOptions(), Path(sys.argv[2]))
"""


def _killed(stage: str, folder: Path) -> None:
    """A reading of the extract by another process, killed while a stage hangs."""
    process = subprocess.Popen([sys.executable, "-c", _HUNG, str(CORE), str(folder), stage], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    process.kill()
    process.communicate()


def test_a_reading_killed_after_its_scan_goes_on_from_it_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _killed("read_extract", tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".scan"]
    monkeypatch.setattr(store, "scan_extract", None)
    _same(store.cached_extract(CORE, ExtractOptions(), tmp_path), read_extract(CORE, ExtractOptions()))
    # What was kept for the case of an interruption is gone with it.
    assert not list(tmp_path.glob("*.scan"))


def test_a_reading_killed_while_it_keeps_its_scan_begins_anew(tmp_path: Path) -> None:
    _killed("keep_scan", tmp_path)
    assert not list(tmp_path.glob("*.scan"))
    _same(store.cached_extract(CORE, ExtractOptions(), tmp_path), read_extract(CORE, ExtractOptions()))


def test_a_small_file_keeps_no_scan_and_a_damaged_scan_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "x.scan"
    found = scan_extract(CORE, ExtractOptions())
    keep_scan(found, place)
    again = kept_scan(place)
    assert again is not None
    assert (again.lines.tags, again.areas.name, again.routes, again.groups, again.refused) == (
        found.lines.tags,
        found.areas.name,
        found.routes,
        found.groups,
        found.refused,
    )
    (place / "scan.json").write_text("{}", encoding="utf-8")
    assert kept_scan(place) is None
    monkeypatch.setattr(store, "keep_scan", None)
    store.cached_extract(CORE, ExtractOptions(), tmp_path)
    monkeypatch.setattr(store, "estimate", lambda _: Estimate(1e9, 0.0))
    with pytest.raises(TypeError):
        store.cached_extract(CORE, ExtractOptions(modes=("car",)), tmp_path)
