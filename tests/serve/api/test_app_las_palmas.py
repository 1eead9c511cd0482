"""The planner's path on Las Palmas, a city of open files alone: open, find, read, change, compare, site, report, in both languages."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import REPOSITORY, Page
from tests.serve.api.conftest import Served, serving, settings_of
from tests.serve.api.test_app import PATIENCE_MS, digits, no_errors

from parkcity.serve.report.check import run_check

CITY = "/api/v1/cities/las-palmas"
SAID = {
    "zh": {"new": "新方案", "difference": "差异", "find": "开始选址", "sites": "选址"},
    "en": {"new": "New scenario", "difference": "Difference", "find": "Find", "sites": "Find sites"},
}


@pytest.fixture(scope="module")
def palmas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("palmas") / "las-palmas"
    shutil.copytree(REPOSITORY / "examples" / "las-palmas", folder, ignore=shutil.ignore_patterns("twin", "report"))
    return folder


@pytest.fixture(scope="module")
def palmas_served(palmas: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(settings_of(tmp_path_factory.mktemp("state"), palmas)) as served:
        yield served


def kept(page: Any, name: str) -> None:
    """A picture for whoever looks at the run, where a folder for it is given."""
    folder = os.environ.get("PARKCITY_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_planners_path_from_the_first_view_to_the_report(browser: Page, palmas_served: Served, lang: str) -> None:
    said, page = SAID[lang], browser.page
    page.set_default_timeout(PATIENCE_MS)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{palmas_served.url}/#lang={lang}&tier=school_catchment")
    page.wait_for_selector(".map[data-ready=true]")
    cards = palmas_served.get(f"{CITY}/first-view", params={"lang": lang})["cards"]
    page.locator(".card").first.wait_for()
    assert cards["within"]["text"] in page.locator(".card p").all_inner_texts()
    kept(page, f"las-palmas-{lang}-1-open")

    zones = palmas_served.get(f"{CITY}/zones/school_catchment", params={"limit": 100})["rows"]
    zone = max(zones, key=lambda row: row["residents"])
    page.get_by_role("searchbox").first.fill(zone[f"name_{lang}"][:12])
    page.locator(".found button", has_text=zone[f"name_{lang}"]).first.click()
    page.get_by_role("heading", level=2).first.wait_for()
    told = palmas_served.get(f"{CITY}/zones/school_catchment/{zone['id']}", params={"lang": lang})
    page.get_by_text(told["gaps"][0][f"name_{lang}"]).first.wait_for()
    kept(page, f"las-palmas-{lang}-2-zone")

    page.locator("#tab-change").click()
    page.get_by_role("button", name=said["new"]).click()
    page.locator(".verdict").wait_for(state="detached")
    page.locator(".tools select").first.select_option("market")
    page.get_by_role("button", name={"zh": "新增设施", "en": "Add a place"}[lang], exact=True).click()
    with page.expect_response(lambda answer: "/scenarios/try" in answer.url) as tried:
        page.mouse.click(430, 430)
    answer = tried.value.json()
    page.locator(".verdict .gain").wait_for()
    if lang == "en":
        assert digits(page.locator(".verdict .gain").inner_text()) == answer["summary"]["winners"]
    page.get_by_role("button", name=said["difference"], exact=True).click()
    page.wait_for_selector(".map[data-shown=difference]")
    kept(page, f"las-palmas-{lang}-3-change")

    page.get_by_role("tab", name=said["sites"]).click()
    page.locator("form select").first.select_option("market")
    page.get_by_role("button", name=said["find"], exact=True).click()
    page.locator(".sites > li").first.wait_for()
    kept(page, f"las-palmas-{lang}-4-sites")
    page.locator("#tab-export").click()
    report = page.locator(".exports a").first.get_attribute("href")
    assert report is not None
    page.goto(palmas_served.url + report)
    page.get_by_role("heading", level=1).wait_for()
    kept(page, f"las-palmas-{lang}-5-report")
    no_errors(browser)


def test_values_on_the_screen_are_those_of_the_check_up(browser: Page, palmas: Path, palmas_served: Served, tmp_path: Path) -> None:
    done = run_check(palmas, tmp_path / "report", "en", lambda _step, _share: None)
    with (done.out / "indicators.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["zone"], row["group"]): row for row in csv.DictReader(file) if row["indicator"] == "life_circle.market"}
    page = browser.page
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{palmas_served.url}/#lang=en&tier=school_catchment&m=life_circle.market")
    page.wait_for_selector(".map[data-ready=true]")
    names = {row["name_en"]: row["id"] for row in palmas_served.get(f"{CITY}/zones/school_catchment", params={"limit": 100})["rows"]}
    table = page.locator("table.values tbody tr")
    table.first.wait_for()
    seen = 0
    for line in table.all():
        shown, grade = line.locator("td").all_inner_texts()
        row = rows[names[line.locator("th").inner_text()], "all"]
        assert shown == ("no value" if not row["value"] else f"{round(float(row['value']) * 100, 1):g}%")
        assert grade == row["grade"]
        seen += 1
    assert seen == len(names)
    no_errors(browser)
