"""A transit matrix streamed to a file holds the values of the one in memory, whatever the cap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parkcity.base.errors import LimitError
from parkcity.travel.transit import over_window
from parkcity.travel.transit_matrix import bytes_per_pair, write_window
from parkcity.travel.transit_setting import TransitSetting
from tests.transit.brute import Trip, World
from tests.transit.settings import setting_of

START, END = 28_800, 30_600
PERCENTILES = (5, 50, 95)


def setting() -> TransitSetting:
    # Two trips; origin 1 catches only the first of them, so that its later percentiles have no time.
    def trip(start: int) -> Trip:
        return Trip(0, ((0, start, start), (1, start + 300, start + 300), (2, start + 700, start + 700)), (True,) * 3, (True,) * 3)

    trips = (trip(START + 400), trip(START + 1_000))
    world = World(3, trips, {}, {0: {0: 60, 1: 200}, 1: {1: 100}}, {1: {0: 30}, 2: {0: 90, 1: 20}}, {(0, 1): 1_500})
    return setting_of(world, 2, 1_800).of_origins(np.arange(50) % 2)


@pytest.mark.kernel
@pytest.mark.parametrize("origins", [16, 23, 1_000])
def test_the_file_holds_the_matrix_whatever_the_cap(tmp_path: Path, origins: int) -> None:
    asked, seen = setting(), list[int]()
    cap_gb = (origins + 0.5) * asked.places * bytes_per_pair(3) / 1e9
    path = tmp_path / "times.parquet"
    count = write_window(
        path, asked, START, END, percentiles=PERCENTILES, threads=1, memory_gb=cap_gb, progress=lambda done, _all: seen.append(done)
    )
    table = pd.read_parquet(path)
    expected = over_window(asked, START, END, percentiles=PERCENTILES, threads=1).seconds
    found = np.full_like(expected, np.nan)
    for layer, percentile in enumerate(PERCENTILES):
        found[layer, table["origin"], table["place"]] = table[f"seconds_{percentile}"]
    assert np.array_equal(found, expected, equal_nan=True)
    assert count == len(table) == int(np.isfinite(expected).any(axis=0).sum())
    assert table.equals(table.sort_values(["origin", "place"], ignore_index=True))
    assert seen == sorted({*range(origins, 50, origins), 50})
    assert [entry.name for entry in tmp_path.iterdir()] == ["times.parquet"]


@pytest.mark.kernel
def test_a_run_that_was_stopped_goes_on_where_it_ended(tmp_path: Path) -> None:
    path, whole, done = tmp_path / "times.parquet", tmp_path / "whole.parquet", list[int]()

    def stop(finished: int, _all: int) -> None:
        done.append(finished)
        if finished == 40:
            raise KeyboardInterrupt

    asked = setting()
    cap_gb = 20.5 * asked.places * bytes_per_pair(5) / 1e9
    with pytest.raises(KeyboardInterrupt):
        write_window(path, asked, START, END, threads=1, memory_gb=cap_gb, key="question", progress=stop)
    assert not path.exists()
    made = sorted((tmp_path / "times.parquet.parts" / "question").iterdir())
    stamps = [file.stat().st_mtime_ns for file in made]
    assert len(made) == 2
    # The two finished blocks are taken as they are: a file that is made again would have another time.
    seen = list[int]()

    def watch(finished: int, _all: int) -> None:
        seen.append(finished)
        assert [file.stat().st_mtime_ns for file in made] == stamps

    write_window(path, asked, START, END, threads=1, memory_gb=cap_gb, key="question", progress=watch)
    write_window(whole, asked, START, END, threads=1, memory_gb=cap_gb)
    assert (done, seen) == ([20, 40], [20, 40, 50])
    assert path.read_bytes() == whole.read_bytes()
    assert not path.with_name("times.parquet.parts").exists()


@pytest.mark.kernel
def test_blocks_of_another_question_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "times.parquet"

    def stop(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_window(path, setting(), START, END, threads=1, key="before", progress=stop)
    names = ([f"c{k}" for k in range(50)], ["east", "west"])
    write_window(path, setting(), START + 60, END, threads=1, key="after", names=names)
    table, expected = pd.read_parquet(path), over_window(setting(), START + 60, END, threads=1).seconds
    assert set(table["place"].astype(str)) == {"east", "west"}
    rows = table["origin"].astype(str).str.removeprefix("c").astype(int)
    middle = expected[2, rows, (table["place"] == "west").astype(int)]
    assert np.array_equal(table["seconds_50"].to_numpy(), middle, equal_nan=True)


def test_a_cap_too_small_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="16 origins need"):
        write_window(tmp_path / "times.parquet", setting(), START, END, memory_gb=1e-9)
    assert not list(tmp_path.iterdir())


@pytest.mark.kernel
def test_a_started_file_that_fails_is_removed(tmp_path: Path) -> None:
    def fail(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_window(tmp_path / "times.parquet", setting(), START, END, threads=1, progress=fail)
    assert not list(tmp_path.iterdir())
