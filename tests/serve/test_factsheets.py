"""`parkcity check CITY --factsheets TIER`: a page for each zone, on one sheet of A4."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.scenes.town import write_town

from parkcity.base.errors import UsageError
from parkcity.insight.peers import places
from parkcity.insight.registry import INDICATORS
from parkcity.serve.report.check import run_check

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Page


def _quiet(_step: str, _share: float) -> None:
    pass


def test_ranks_and_percentiles_are_those_worked_out_by_hand() -> None:
    # source: by hand. Of four zones 9 > 7 = 7 > 2 the best is better than 3 of 3, the equal two than 1 and half of 1, the last than none.
    found = places({"a": 7.0, "b": 9.0, "c": 7.0, "d": 2.0}, "higher")
    assert [(found[zone].rank, found[zone].percentile) for zone in "abcd"] == [(2, 0.5), (1, 1.0), (2, 0.5), (4, 0.0)]
    lower = places({"a": 7.0, "b": 9.0, "c": 7.0, "d": 2.0}, "lower")
    assert [lower[zone].rank for zone in "abcd"] == [2, 4, 2, 1]
    assert places({"only": 1.0}, "higher")["only"].percentile is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_zone_has_a_sheet_with_the_values_of_the_check_up(tmp_path: Path, lang: str) -> None:
    town = write_town(tmp_path / "town")
    done = run_check(town, tmp_path / "out", "zh" if lang == "zh" else "en", _quiet, factsheets="district")
    folder = done.out / "factsheets" / "district"
    assert sorted(path.name for path in folder.iterdir()) == ["east.html", "index.html", "west.html"]
    assert {f"factsheets/district/{name}.html" for name in ("east", "west", "index")} <= set(done.manifest["files"])
    page = (folder / "west.html").read_text(encoding="utf-8")
    headlines = {row["indicator"] for row in done.rows if row["group"] == "all" and INDICATORS.get(row["indicator"]).headline}
    assert set(re.findall(r'data-indicator="([^"]+)"', page)) == headlines
    assert not re.search("https?://", page)
    assert (re.search("[\u4e00-\u9fff]", page.split("<body>")[1]) is not None) == (lang == "zh")


def test_an_unknown_tier_lists_those_of_the_city(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town")
    with pytest.raises(UsageError, match="city, district"):
        run_check(town, tmp_path / "out", "en", _quiet, factsheets="parish")


def test_a_sheet_prints_on_one_page_of_a4(tmp_path: Path, browser: Page) -> None:
    town = write_town(tmp_path / "town")
    done = run_check(town, tmp_path / "out", "zh", _quiet, factsheets="district")
    browser.page.goto((done.out / "factsheets" / "district" / "west.html").as_uri())
    printed = browser.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert browser.errors == []
