"""The report as a person meets it: in a real browser, in both languages, with the same numbers as the tables."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from pathlib import Path

import pytest
from tests.conftest import Page

from parkcity.base.units import unit
from parkcity.base.words import LANGS, Lang
from parkcity.serve.report.check import CheckUp, run_check


def silent(_step: str, _share: float) -> None:
    pass


@pytest.fixture(scope="module", params=LANGS)
def done(request: pytest.FixtureRequest, chengdu_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lang, CheckUp]:
    lang: Lang = request.param
    return lang, run_check(chengdu_folder, tmp_path_factory.mktemp("out") / lang, lang, silent)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.browser
def test_the_main_numbers_on_the_page_are_those_of_the_table(done: tuple[Lang, CheckUp], browser: Page) -> None:
    lang, check = done
    browser.page.goto((check.out / "report.html").as_uri())
    table = {(row["indicator"], row["tier"], row["zone"], row["group"]): row for row in rows_of(check.out / "indicators.csv")}
    cards = browser.page.locator(".card").evaluate_all(
        "cards => cards.map(c => [c.dataset.indicator, c.querySelector('.value').textContent])"
    )
    assert len(cards) >= 10
    for indicator, shown in cards:
        row = table[indicator, "city", "chengdu", "all"]
        assert shown == unit(row["unit"]).text(float(row["value"]), lang)
    cells = browser.page.locator("table[data-tier=district] tbody tr").evaluate_all(
        "rows => rows.flatMap(r => [...r.querySelectorAll('td')].map(d => [r.dataset.zone, d.dataset.indicator, d.textContent]))"
    )
    assert len(cells) >= 5 * 10
    for zone, indicator, shown in cells:
        row = table[indicator, "district", zone, "all"]
        assert shown == unit(row["unit"]).text(float(row["value"]), lang)
    assert browser.strays == []
    assert browser.errors == []


@pytest.mark.browser
def test_maps_show_the_chosen_group_and_legends_count_every_resident(done: tuple[Lang, CheckUp], browser: Page) -> None:
    _, check = done
    browser.page.goto((check.out / "report.html").as_uri())
    figure = browser.page.locator("#minutes-primary_school")
    assert figure.locator("svg.map:visible").count() == 1
    browser.page.locator("#group-elders").check(force=True)
    assert figure.locator(".of-elders svg.map").is_visible()
    assert not figure.locator(".of-all svg.map").is_visible()
    for group, total in (("all", 6_998_920), ("elders", None)):
        counts = figure.locator(f".of-{group} .legend tbody tr td:nth-child(3)").evaluate_all(
            "cells => cells.map(c => +c.textContent.replaceAll(',', ''))"
        )
        expected = total or int(
            next(
                row["part"]
                for row in rows_of(check.out / "indicators.csv")
                if row["indicator"] == "people.residents" and row["group"] == group and row["tier"] == "city"
            )
        )
        assert sum(counts) == expected


@pytest.mark.browser
def test_the_page_is_used_by_keyboard_and_fits_a_phone(done: tuple[Lang, CheckUp], browser: Page) -> None:
    _, check = done
    browser.page.set_viewport_size({"width": 390, "height": 800})
    browser.page.goto((check.out / "report.html").as_uri())
    browser.page.keyboard.press("Tab")
    assert browser.page.evaluate("document.activeElement.className") == "skip"
    assert browser.page.evaluate("document.documentElement.scrollWidth") <= 400
    assert browser.page.evaluate("document.documentElement.lang") in {"zh-CN", "en"}
    unnamed = browser.page.locator("svg[role=img]:not([aria-label])").count()
    assert unnamed == 0


def test_the_page_holds_everything_it_needs(done: tuple[Lang, CheckUp]) -> None:
    _, check = done
    text = (check.out / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img|iframe)\b", text)
    assert not re.search(r"(src|href)=\"(?!#)", text)
    assert "url(http" not in text
    assert len(text) < 6_000_000


def test_chinese_and_english_reports_hold_the_same_numbers(chengdu_folder: Path, tmp_path: Path) -> None:
    files = [run_check(chengdu_folder, tmp_path / lang, lang, silent).out / "indicators.csv" for lang in LANGS]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_an_english_report_has_no_chinese_text_of_ours_and_a_chinese_one_no_english_headings(chengdu_folder: Path, tmp_path: Path) -> None:
    english = (run_check(chengdu_folder, tmp_path / "en", "en", silent).out / "report.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h[123]>(.*?)</h[123]>|<th scope=\"col\"[^>]*>(.*?)</th>", english)
    assert headings
    for heading in headings:
        assert not re.search("[\u4e00-\u9fff]", "".join(heading)), heading
    chinese = (run_check(chengdu_folder, tmp_path / "zh", "zh", silent).out / "report.html").read_text(encoding="utf-8")
    for heading in re.findall(r"<h2>(.*?)</h2>", chinese):
        assert re.search("[\u4e00-\u9fff]", heading), heading


def test_values_from_memory_are_never_shown_as_official(done: tuple[Lang, CheckUp]) -> None:
    lang, check = done
    text = (check.out / "report.html").read_text(encoding="utf-8")
    marked = "引擎默认值" if lang == "zh" else "engine default"
    # The children's speed is an engine default in the standards table; its row must say so.
    row = re.search(r"<tr><th scope=\"row\">[^<]*(?:儿童|children)[^<]*</th><td>0.9 m/s</td><td>(.*?)</td><td>M</td>", text)
    assert row is not None
    assert row[1] == marked


def test_the_second_check_takes_everything_from_the_first_and_a_spoilt_file_is_written_again(chengdu_folder: Path, tmp_path: Path) -> None:
    first = run_check(chengdu_folder, tmp_path, "zh", silent)
    second = run_check(chengdu_folder, tmp_path, "zh", silent)
    assert (first.reused, second.reused) == (False, True)
    assert second.rows == first.rows
    (tmp_path / "gaps.csv").write_text("spoilt", encoding="utf-8")
    third = run_check(chengdu_folder, tmp_path, "zh", silent)
    assert not third.reused
    assert third.manifest == first.manifest


def test_the_map_file_opens_with_styles(done: tuple[Lang, CheckUp]) -> None:
    import geopandas as gpd
    import pyogrio

    _, check = done
    layers = {name for name, _ in pyogrio.list_layers(check.out / "cells.gpkg")}
    assert {"cells", "zones", "places", "failures"} <= layers
    cells = gpd.read_file(check.out / "cells.gpkg", layer="cells")
    assert len(cells) == 4857
    assert cells["residents_all"].sum() == 6_998_920
    assert str(cells.crs) == "EPSG:4326"
    with sqlite3.connect(check.out / "cells.gpkg") as connection:
        styles = dict(connection.execute("SELECT f_table_name, useAsDefault FROM layer_styles").fetchall())
        (qml,) = connection.execute("SELECT styleQML FROM layer_styles WHERE f_table_name = 'cells'").fetchone()
    assert styles == {"cells": 1, "zones": 1, "places": 1, "failures": 1}
    column = re.search(r'attr="(\w+)"', qml)
    assert column is not None
    assert column[1] in cells.columns


def test_gaps_are_worst_first_and_agree_with_the_indicators(done: tuple[Lang, CheckUp]) -> None:
    _, check = done
    gaps = [row for row in rows_of(check.out / "gaps.csv") if row["tier"] == "district"]
    lacking = [float(row["residents_lacking"]) for row in gaps]
    assert lacking == sorted(lacking, reverse=True)
    table = {
        (row["indicator"], row["zone"]): row
        for row in rows_of(check.out / "indicators.csv")
        if row["tier"] == "district" and row["group"] == "all"
    }
    for gap in gaps:
        row = table[gap["indicator"], gap["zone"]]
        assert float(gap["residents_lacking"]) == pytest.approx(float(row["whole"]) - float(row["part"]))


def test_the_manifest_names_every_file_and_source(done: tuple[Lang, CheckUp]) -> None:
    _, check = done
    manifest = json.loads((check.out / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) >= {"report.html", "indicators.csv", "completeness.csv", "gaps.csv", "cells.gpkg", "openings.csv"}
    assert {"grid", "streets", "facilities", "metro"} <= set(manifest["sources"])
