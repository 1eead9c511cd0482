"""In and out: spreadsheets without loss, tidy tables, statistical tables of three layouts, check-ups."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.plan.checkup import checkup_actuals
from parkcity.plan.edit import Author
from parkcity.plan.ingest import import_rows
from parkcity.plan.interchange import open_sdg_rows, read_spreadsheet, tidy_rows, write_spreadsheet
from parkcity.plan.ledger import write
from parkcity.plan.load import load
from parkcity.plan.statistics import Given, statistics_actuals
from parkcity.plan.status import standings
from parkcity.plan.store import FolderStore
from parkcity.plan.timetable import icalendar
from tests.plan.ledgers import ledger
from tests.plan.test_lint import TARGET

ROOT = Path(__file__).parents[2]
CHENGDU = ROOT / "examples/chengdu"
GIVEN = Given("yearbook 2022", "2023-03-01")


def test_the_whole_plan_survives_a_spreadsheet(tmp_path: Path) -> None:
    shipped = load(CHENGDU)
    write_spreadsheet(shipped, tmp_path / "plan.xlsx")
    assert read_spreadsheet(tmp_path / "plan.xlsx").content_hash == shipped.content_hash


# What XML, and so a spreadsheet, cannot hold is left out: control characters, surrogates and the two non-characters.
_texts = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn", "Cc")), min_size=1, max_size=20).filter(
    lambda text: not text.startswith("_x")
)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_texts)
def test_any_text_survives_a_spreadsheet(tmp_path: Path, text: str) -> None:
    made = ledger(owners=[{"id": "O1", "name_zh": text, "name_en": f"={text}"}, {"id": "007", "name_zh": "1.50", "name_en": "2020-01"}])
    write_spreadsheet(made, tmp_path / "plan.xlsx")
    found = read_spreadsheet(tmp_path / "plan.xlsx")
    assert list(found["owners"]) == list(made["owners"])


def test_a_wrong_spreadsheet_tells_all_its_faults(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.worksheets[0].title = "tragets"
    sheet = book.create_sheet("owners")
    sheet.append(["id", "name_zh", "colour"])
    book.save(tmp_path / "plan.xlsx")
    with pytest.raises(InputError) as caught:
        read_spreadsheet(tmp_path / "plan.xlsx")
    assert [("tragets" in fault.what, "colour" in fault.what) for fault in caught.value.faults] == [(True, False), (False, True)]
    (tmp_path / "no.xlsx").write_text("not a spreadsheet", encoding="utf-8")
    with pytest.raises(InputError, match="not a spreadsheet"):
        read_spreadsheet(tmp_path / "no.xlsx")


def test_tidy_rows_say_what_is_not_official() -> None:
    view = load(CHENGDU).view()
    rows = tidy_rows(view)
    memory = [row for row in rows if row["CONFIDENCE"] == "M"]
    assert memory
    assert all(row["UNVERIFIED"] == "from memory, unverified" for row in memory)
    assert not any(row["UNVERIFIED"] for row in rows if row["CONFIDENCE"] != "M")
    assert sum(row["SERIES_ROLE"] == "actual" for row in rows) == 224
    bound = next(row for row in rows if row["INDICATOR"] == "greenway_km" and row["TIME_PERIOD"] == "2024-09")
    assert bound["OBS_STATUS"] == "L"


def test_open_sdg_files_leave_out_what_comes_from_memory() -> None:
    view = load(CHENGDU).view()
    assert [row["Year"] for row in open_sdg_rows(view, "pm25_ugm3")] == [2022, 2023, 2024]
    assert list(open_sdg_rows(view, "greenway_km")[0]) == ["Year", "Scope", "Units", "Value"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("long", "指标,年份,数值,单位\n城市轨道,2021,558,公里\n城市轨道,2022,600.5,公里\n"),
        ("years across", "指标,单位,2021年,2022年\n城市轨道,公里,558,600.5\n"),
        ("indicators across", "年份,城市轨道(公里)\n2021,558\n2022,600.5\n"),
        ("English and metres", "indicator,year,value,unit\nRail,2021,558000,m\nRail,2022,600500,m\n"),
        ("gaps", "指标,2020,2021,2022\n城市轨道(公里),…,558,600.5\n"),
    ],
)
def test_statistical_tables_of_every_layout_give_the_same_series(name: str, text: str, tmp_path: Path) -> None:
    del name
    view = ledger(targets=[TARGET | {"name_zh": "城市轨道", "name_en": "Rail"}]).view(date(2021, 1, 1))
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="gb18030")
    rows = statistics_actuals(view, path, GIVEN)
    made = ledger(targets=[TARGET], actuals=[row | {"known_on": "2023-03-01"} for row in rows])
    (item,) = standings(made.view(date(2023, 6, 30)))
    assert [(point.on.year, point.value) for point in item.series] == [(2021, 558), (2022, 600.5)]
    assert {point.source for point in item.series} == {"yearbook 2022"}


def test_a_statistical_table_tells_all_its_faults(tmp_path: Path) -> None:
    view = ledger(targets=[TARGET]).view(date(2021, 1, 1))
    path = tmp_path / "table.csv"
    path.write_text("indicator,year,value,unit\nx,2021,many,km\ny,2021,1,km\nx,2021,1,furlong\nx,last,1,km\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        statistics_actuals(view, path, GIVEN)
    assert sorted((fault.row, fault.what.split("'")[1]) for fault in caught.value.faults) == [
        (2, "many"),
        (3, "y"),
        (4, "furlong"),
        (5, "last"),
    ]


def _report(folder: Path, as_of: str = "2024-12-31") -> Path:
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"twin": "0123456789abcdef", "as_of": as_of}), encoding="utf-8")
    head = "indicator,tier,zone,group,value,unit,part,whole,grade\n"
    rows = ["life_circle.park,city,chengdu,all,0.71,share,71,100,A", "life_circle.park,city,chengdu,elders,0.5,share,1,2,A"]
    rows += ["life_circle.park,district,510104,all,0.9,share,9,10,B", "life_circle.clinic,city,chengdu,all,,share,0,0,C"]
    (folder / "indicators.csv").write_text("\ufeff" + head + "\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_a_check_up_gives_actuals_with_the_hash_of_its_twin(tmp_path: Path) -> None:
    target = TARGET | {"indicator": "life_circle.park", "tier": "city", "zone": "chengdu", "unit": "%", "baseline": "60", "target": "80"}
    write(ledger(targets=[target]), tmp_path / "plan")
    store = FolderStore(tmp_path)
    rows = checkup_actuals(store.load().view(), _report(tmp_path / "report"), "2026-05-04")
    author = Author("planner", "check-up", datetime(2025, 1, 10, tzinfo=UTC))
    assert import_rows(store, {"actuals": rows}, author) == {"actuals": 1}
    (item,) = standings(load(tmp_path).view())
    assert item.value == pytest.approx(71)
    assert item.series[-1].origin == "computed"
    assert list(load(tmp_path)["actuals"]["twin"]) == ["0123456789abcdef"]
    # The same check-up again adds nothing.
    assert import_rows(store, {"actuals": rows}, author) == {}


def test_a_check_up_of_a_year_that_is_not_over_holds_from_the_day_it_is_known_and_sent_again_adds_nothing(tmp_path: Path) -> None:
    # The whole city needs no name of a zone.
    target = TARGET | {"indicator": "life_circle.park", "tier": "city", "unit": "%", "baseline": "60", "target": "80"}
    write(ledger(targets=[target]), tmp_path / "plan")
    store, report = FolderStore(tmp_path), _report(tmp_path / "report", "2025")
    for day, added in ((10, {"actuals": 1}), (20, {})):
        author = Author("planner", "check-up", datetime(2025, 1, day, tzinfo=UTC))
        assert import_rows(store, {"actuals": checkup_actuals(store.load().view(), report, author.known)}, author) == added
    assert list(load(tmp_path)["actuals"]["true_on"]) == ["2025-01-10"]
    (item,) = standings(load(tmp_path).view())
    assert item.value == pytest.approx(71)


def test_a_check_up_that_is_not_there_or_serves_no_target_says_so(tmp_path: Path) -> None:
    view = ledger(targets=[TARGET]).view(date(2021, 1, 1))
    with pytest.raises(InputError) as caught:
        checkup_actuals(view, tmp_path / "nowhere", "2026-05-04")
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="nothing that a target asks for"):
        checkup_actuals(view, _report(tmp_path / "report"), "2026-05-04")


def test_the_calendar_keeps_the_rules_of_its_standard() -> None:
    # RFC 5545: 3.1 lines end in CRLF and are folded at 75 octets; 3.6 VERSION and PRODID; 3.6.1 UID and DTSTAMP, in UTC (3.8.7.2).
    data = icalendar(load(ROOT / "examples/chengdu").view(date(2023, 6, 30)), "zh")
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or len(line) > 75 for line in lines)
    text = data.replace(b"\r\n ", b"").decode()
    assert {"VERSION:2.0", "PRODID:-//parkcity//plan//EN"} <= set(text.split("\r\n"))
    events = text.split("BEGIN:VEVENT")[1:]
    assert len(events) == 149
    uids = {line for event in events for line in event.split("\r\n") if line.startswith("UID:")}
    assert len(uids) == len(events)
    assert all("DTSTAMP:20230630T000000Z" in event and "DTSTART;VALUE=DATE:" in event for event in events)
