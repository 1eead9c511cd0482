"""A kept reading is the reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from parkcity.sense.osm import store
from parkcity.sense.osm.extract import ExtractOptions, read_extract

CORE = Path(__file__).parents[3] / "examples/chengdu/data/osm/chengdu_core_2018.osm.pbf"


def test_what_comes_from_the_store_equals_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = read_extract(CORE, ExtractOptions())
    store.cached_extract(CORE, ExtractOptions(), tmp_path)
    monkeypatch.setattr(store, "read_extract", None)
    kept = store.cached_extract(CORE, ExtractOptions(), tmp_path)
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
