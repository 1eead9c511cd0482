"""city.toml: strict, all faults at once, the published schema the same that checks."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scenes.town import CITY_TOML

from parkcity.base.errors import InputError
from parkcity.base.spec import load


def spoil(folder: Path, *changes: tuple[str, str]) -> None:
    text = CITY_TOML
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "city.toml").write_text(text, encoding="utf-8")


def test_a_file_with_three_faults_gives_three_messages_with_their_lines(town: Path) -> None:
    spoil(town, ('name_en = "Town"', 'nmae_en = "Town"'), ('layer = "streets"', 'layer = "roads"'), ('night = "night"', "night = 3"))
    with pytest.raises(InputError) as caught:
        load(town)
    told = [fault.what for fault in caught.value.faults]
    assert any("unknown key 'nmae_en'" in text for text in told)
    assert any("lacks the key 'name_en'" in text for text in told)
    assert any("'layer'" in text and "'roads'" in text for text in told)
    assert any("'night'" in text for text in told)
    rows = {fault.row for fault in caught.value.faults if fault.row}
    assert CITY_TOML.splitlines().index('name_en = "Town"') + 1 in rows


def test_missing_files_and_wrong_references_are_told_together(town: Path) -> None:
    spoil(
        town,
        ('path = "data/cells.csv"', 'path = "data/cels.csv"'),
        ('source = "districts"', 'source = "distrcts"'),
        ('path = "data/ages.csv"', 'path = "../ages.csv"'),
    )
    with pytest.raises(InputError) as caught:
        load(town)
    text = str(caught.value)
    assert "no such file" in text
    assert "'distrcts', which is not declared" in text
    assert "leaves the city's folder" in text


def test_a_wrong_date_and_a_wrong_datum_are_told(town: Path) -> None:
    spoil(town, ('date = "2024-01"', 'date = "spring"'), ('datum = "WGS84"', 'datum = "GCJ-03"'))
    with pytest.raises(InputError, match=r"(?s)'spring' is not a date.*unknown datum 'GCJ-03'"):
        load(town)


def test_a_folder_without_city_toml_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="examples/chengdu"):
        load(tmp_path)


def test_a_file_that_is_not_toml_says_where(town: Path) -> None:
    (town / "city.toml").write_text("[city\nid = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="not TOML.*line 1"):
        load(town)
