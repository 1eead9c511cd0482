"""A city's own statistics answer what the norms ask for and space cannot tell; what is wrong with them is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from parkcity.base.errors import InputError
from parkcity.insight.norms import asked, norm_rows
from parkcity.plan.city_statistics import FILE, city_statistics
from parkcity.plan.units import known_units
from parkcity.serve.report.norms import recorded_of, shown_norms
from parkcity.twin.build import build
from tests.scenes.town import write_town

GOOD = """indicator,scope,year,value,unit,source
tdt1063.034,,2022,180000,yuan/person,yearbook
tdt1063.034,,2023,19.5,10^4 yuan/person,yearbook
人均年用水量,市域,2023,61,m3/person.yr,water bulletin
"""

BAD = """indicator,scope,year,value,unit,source
tdt1063.999,,2023,1,%,yearbook
tdt1063.034,,last year,many,10^4 yuan/person,
tdt1063.035,,2023,3.5,km2,yearbook
tdt1063.036,,2023,12,count/10^4 persons,yearbook
tdt1063.036,,2023,13,count/10^4 persons,yearbook
"""


def write(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_the_last_value_counts_in_the_unit_of_the_norm(tmp_path: Path) -> None:
    found = city_statistics(write(tmp_path, GOOD))
    assert (found["tdt1063.034"].value, found["tdt1063.034"].unit, found["tdt1063.034"].on) == (19.5, "10^4 yuan/person", "2023")
    assert (found["tdt1063.001"].value, found["tdt1063.001"].scope) == (61.0, "市域")
    # 180,000 yuan are 18 x 10^4 yuan.
    first = city_statistics(write(tmp_path, "\n".join(GOOD.splitlines()[:2]) + "\n"))
    assert first["tdt1063.034"].value == pytest.approx(18.0)


def test_a_city_without_a_table_has_no_statistics(tmp_path: Path) -> None:
    assert city_statistics(tmp_path) == {}


def test_every_fault_is_told_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        city_statistics(write(tmp_path, BAD))
    assert [fault.row for fault in caught.value.faults] == [2, 3, 3, 3, 4, 6]
    assert "tdt1063.999" in str(caught.value)


def test_a_column_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown column 'remark'"):
        city_statistics(write(tmp_path, GOOD.replace("scope", "remark")))


def test_every_number_of_every_list_can_be_recorded() -> None:
    assert {one.unit for one in asked()} <= set(known_units())


def test_the_report_shows_what_is_recorded_beside_what_it_computed(tmp_path: Path) -> None:
    folder = write(write_town(tmp_path / "town"), GOOD)
    twin = build(folder)
    rows = norm_rows(twin, [], recorded_of(folder))
    row = next(row for row in rows if row["id"] == "tdt1063.001")
    assert (row["status"], row["recorded"], row["recorded_from"]) == ("recorded", 61.0, "water bulletin")
    shown = {item["id"]: item for table in shown_norms(rows, "zh") for item in table["rows"]}
    assert shown["tdt1063.001"]["recorded"].startswith("61 立方米/人·年")
