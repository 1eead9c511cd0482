"""The doctor names what is wrong or doubtful, worst effect first, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.scenes.town import Town, write_town

from parkcity.base.words import Words
from parkcity.serve.cli.main import cli
from parkcity.twin.build import build


def _doctor(folder: Path, lang: str = "en") -> list[dict[str, Any]]:
    done = CliRunner().invoke(cli, ["doctor", str(folder), "--format", "json", "--lang", lang])
    assert done.exit_code == 0, done.exception
    rows: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
    return rows


def _edit(folder: Path, old: str, new: str) -> None:
    text = (folder / "city.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "city.toml").write_text(text.replace(old, new, 1), encoding="utf-8")


def test_points_come_worst_effect_first(tmp_path: Path) -> None:
    # The school lies 3 km off the town; nobody lives within the limit of it.
    places = [*Town().places, ("school-9", "primary", 5_000.0, 500.0, 9_000.0)]
    rows = _doctor(write_town(tmp_path / "town", Town(places=places)))
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    touched = [row["residents"] for row in rows]
    assert touched == sorted(touched, reverse=True)
    (far,) = [row for row in rows if "school-9" in row["subject"]]
    assert "m from the nearest street; nobody reaches it" in far["what"]
    assert far["residents"] == 0


def test_residents_round_an_unreached_place_are_counted(tmp_path: Path) -> None:
    # 60 m north of the town's north-east corner, with streets 20 m away forbidden by the limit: the cells within 30 m of it count.
    town = write_town(tmp_path / "town", Town(places=[*Town().places, ("school-9", "primary", 950.0, 1_060.0, 9_000.0)]))
    _edit(town, "[people]", "[attach]\nlimit_m = 55.0\n\n[people]")
    (far,) = [row for row in _doctor(town) if "school-9" in row["subject"]]
    # No cell centre lies within 55 m of it: the nearest is at 950, 950.
    assert far["residents"] == 0
    _edit(town, "limit_m = 55.0", "limit_m = 59.0")
    assert [row for row in _doctor(town) if "school-9" in row["subject"]]


def test_a_source_that_changed_since_the_last_build_is_stale_and_touches_everybody(town: Path) -> None:
    everybody = build(town).residents().sum()
    path = town / "data" / "places.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    first = _doctor(town)[0]
    assert first["subject"] == "source places"
    assert "city.lock" in first["what"]
    assert first["residents"] == everybody
    # The build of this very call brought the twin up to date.
    assert not [row for row in _doctor(town) if "city.lock" in row["what"]]


def test_an_old_source_and_a_licence_that_nobody_stated_are_told(town: Path) -> None:
    text = (town / "city.toml").read_text(encoding="utf-8")
    text = re.sub(r'(id = "places".*?date = )"[^"]*"', r'\1"1999"', text, flags=re.DOTALL)
    text = re.sub(r'(id = "places".*?licence = )"[^"]*"', r'\1"not stated"', text, flags=re.DOTALL)
    (town / "city.toml").write_text(text, encoding="utf-8")
    told = {row["what"] for row in _doctor(town) if row["subject"] == "source places"}
    assert any("older than the newest source" in what for what in told)
    assert "its licence or attribution is not stated" in told


def test_a_city_without_streets_is_examined_too(town: Path) -> None:
    text = (town / "city.toml").read_text(encoding="utf-8")
    blocks = re.split(r"(?=\[\[sources\]\])", text)
    kept = [block for block in blocks if 'layer = "streets"' not in block]
    assert len(kept) == len(blocks) - 1
    (town / "city.toml").write_text("".join(kept), encoding="utf-8")
    first = _doctor(town)[0]
    assert "no streets" in first["what"]


def test_residents_of_an_island_are_those_who_cannot_leave_it(tmp_path: Path) -> None:
    # A ring of 200 m without streets round the middle leaves none inside; cells there meet no street within 50 m.
    town = write_town(tmp_path / "town", Town(without_streets=(200.0, 200.0, 800.0, 800.0)))
    _edit(town, "[people]", "[attach]\nlimit_m = 60.0\n\n[people]")
    (cells,) = [row for row in _doctor(town) if row["subject"] == "cells"]
    # Of the 36 cells in the hole those at its rim lie 50 m from a street: 16 inner ones are left, of 40 residents each.
    assert cells["residents"] == 16 * 40


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_point_is_said_in_the_language_asked_for(tmp_path: Path, lang: str) -> None:
    town = write_town(tmp_path / "town", Town(places=[*Town().places, ("school-9", "primary", 5_000.0, 500.0, 9_000.0)]))
    for row in _doctor(town, lang):
        assert bool(re.search("[\u4e00-\u9fff]", row["what"] + row["todo"])) == (lang == "zh")


def test_texts_have_the_same_slots_and_chinese_punctuation() -> None:
    for package, name in (
        ("parkcity.serve.report", "doctor_words.csv"),
        ("parkcity.serve.draft", "words.csv"),
        ("parkcity.serve.cli", "build_words.csv"),
    ):
        for key, (zh, en) in Words.load(package, name).texts.items():
            assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), key
            assert not re.search("[\u4e00-\u9fff][,:;?!()]|[,:;?!()][\u4e00-\u9fff]", zh), key
            assert not re.search("[\u4e00-\u9fff]", en), key
