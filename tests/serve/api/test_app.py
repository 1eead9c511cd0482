"""The browser app in a real browser: a planner's path in both languages, and what it shows equal to what the interface says."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Page

WEB = Path(__file__).resolve().parents[3] / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
NOISE = "GPU stall"  # said of drawing without a graphics card
CITY = "/api/v1/cities/chengdu"
PATIENCE_MS = 180_000
"""What is asked first is measured first: a busy machine must not fail a test of what is shown."""
PANELS = ("overview", "place", "change", "sites", "plan", "export")


def opened(browser: Page, served: Any, **kept: str) -> Any:
    page = browser.page
    page.set_default_timeout(PATIENCE_MS)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(served.url + "/#" + "&".join(f"{name}={value}" for name, value in kept.items()))
    page.wait_for_selector(".map[data-ready=true]")
    return page


def until(page: Any, told: str) -> None:
    """Wait for an expression to be true; asked from outside, since the page's policy forbids it to evaluate texts again and again."""
    ends = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(told):
        assert time.monotonic() < ends, f"{told} never came true"
        page.wait_for_timeout(50)


def no_errors(browser: Page) -> None:
    assert [error for error in browser.errors if NOISE not in error] == []


def digits(text: str) -> int:
    return int(re.sub(r"\D", "", text))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_first_view_shows_the_city_without_any_setting(browser: Page, chengdu_served: Any, lang: str) -> None:
    page = opened(browser, chengdu_served, lang=lang)
    cards = chengdu_served.get(f"{CITY}/first-view", params={"lang": lang})["cards"]
    page.wait_for_selector(".card")
    shown = page.locator(".card p").all_inner_texts()
    for card in ("within", "gap", "site"):
        assert cards[card]["text"] in shown
    assert page.locator(".legend li").count() == 6
    rows = chengdu_served.get(f"{CITY}/rows", params={"tier": "district", "indicator": "life_circle.all_needs", "group": "all"})["rows"]
    table = page.locator("table.values tbody tr")
    table.first.wait_for()
    assert table.count() == len(rows)
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[lang]
    no_errors(browser)


@pytest.mark.parametrize(("lang", "words", "zone"), [("zh", "金牛", "金牛区"), ("en", "Jinniu", "Jinniu")])
def test_a_district_is_found_and_its_gaps_are_those_of_the_interface(
    browser: Page, chengdu_served: Any, lang: str, words: str, zone: str
) -> None:
    page = opened(browser, chengdu_served, lang=lang)
    page.get_by_role("searchbox").first.fill(words)
    page.locator(".found button", has_text={"zh": "区(市)县", "en": "District"}[lang]).first.click()
    page.get_by_role("heading", name=zone, exact=True).wait_for()
    told = chengdu_served.get(f"{CITY}/zones/district/金牛区", params={"lang": lang})
    gaps = page.locator("table.values").first.locator("tbody tr")
    assert gaps.count() == len(told["gaps"])
    assert told["gaps"][0][f"name_{lang}"] in gaps.first.inner_text()
    if lang == "en":
        assert digits(gaps.first.locator("td").first.inner_text()) == round(told["gaps"][0]["residents_lacking"])
    assert "NaN" not in page.locator("#panel").inner_text()
    no_errors(browser)


def test_a_cell_tells_what_is_missing_and_draws_the_way(browser: Page, chengdu_served: Any) -> None:
    page = opened(browser, chengdu_served, lang="en")
    page.get_by_role("searchbox").first.fill("DS-99")
    page.locator(".found button").first.click()
    told = chengdu_served.get(f"{CITY}/cells/DS-99")
    row = page.locator("table.values tbody tr").first
    row.wait_for()
    assert f"{told['needs'][0]['minutes']:.1f}" in row.inner_text()
    assert page.locator(".lacks li").count() == len(told["lacks"])
    with page.expect_response(lambda answer: "/route?" in answer.url and answer.ok):
        row.get_by_role("button").click()
    with page.expect_response(lambda answer: "/reach?" in answer.url and answer.ok):
        page.get_by_role("button", name="Reach from here", exact=True).click()
    no_errors(browser)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_change_is_answered_with_winners_and_losers_and_can_be_undone(browser: Page, chengdu_served: Any, lang: str) -> None:
    page = opened(browser, chengdu_served, lang=lang)
    page.get_by_role("searchbox").first.fill("EM-88")
    page.locator(".found button").first.click()
    page.locator("table.values tbody tr").first.wait_for()
    page.locator("#tab-change").click()
    page.get_by_role("button", name={"zh": "新方案", "en": "New scenario"}[lang]).click()
    page.locator(".verdict").wait_for(state="detached")
    page.locator(".tools select").first.select_option("primary_school")
    with page.expect_response(lambda answer: "/scenarios/try" in answer.url) as tried:
        page.get_by_role("button", name="EM-88").click()
    told = tried.value.json()
    verdict = page.locator(".verdict .gain")
    verdict.wait_for()
    if lang == "en":
        assert digits(verdict.inner_text()) == told["summary"]["winners"]
    assert told["summary"]["losers"] == 0
    with page.expect_response(lambda answer: "/difference/" in answer.url and answer.ok):
        page.get_by_role("button", name={"zh": "差异", "en": "Difference"}[lang], exact=True).click()
    page.get_by_role("button", name={"zh": "撤销", "en": "Undo"}[lang]).click()
    verdict.wait_for(state="detached")
    until(page, "!location.hash.includes('&s=')")
    page.get_by_role("button", name={"zh": "重做", "en": "Redo"}[lang]).click()
    verdict.wait_for()
    until(page, f"location.hash.includes('&s={told['hash']}')")
    no_errors(browser)


def test_sites_are_found_by_a_job_and_open_as_a_scenario(browser: Page, chengdu_served: Any) -> None:
    page = opened(browser, chengdu_served, lang="en", panel="sites")
    page.get_by_label("Kind").select_option("primary_school")
    page.get_by_label("How many").fill("2")
    page.get_by_role("button", name="Find", exact=True).click()
    page.locator(".sites > li").first.wait_for()
    assert page.locator(".sites > li").count() == 2
    page.get_by_role("button", name="Open as a scenario").click()
    page.locator(".verdict .gain").wait_for()
    no_errors(browser)


def test_the_plan_page_counts_what_the_plan_counts(browser: Page, chengdu_served: Any) -> None:
    page = opened(browser, chengdu_served, lang="en", panel="plan")
    page.locator(".targets > li").first.wait_for()
    told = chengdu_served.get(f"{CITY}/plan")
    assert page.locator(".targets > li").count() == told["targets"]
    shown = page.locator(".lights .light").all_inner_texts()
    assert sum(digits(text) for text in shown) == sum(told["lights"].values())
    page.locator(".targets summary").first.click()
    page.wait_for_selector(".chart [data-ready]")
    drawn = page.locator(".chart").first
    assert drawn.locator("canvas").is_visible()
    drawn.locator("details summary").click()
    first = chengdu_served.get(f"{CITY}/plan/targets", params={"limit": 1})["rows"][0]
    assert drawn.locator("details tbody tr").first.locator("th").inner_text() == first["series"][0]["on"]
    assert first["status_en"] in page.locator(".targets li p").first.inner_text()
    page.get_by_label("Theme").last.select_option("green")
    rows = chengdu_served.get(f"{CITY}/plan/targets", params={"dimension": "green", "limit": 500})["rows"]
    until(page, f"document.querySelectorAll('ul.targets > li').length === {len(rows)}")
    page.get_by_text("Warnings", exact=True).click()
    warned = chengdu_served.get(f"{CITY}/plan/warnings", params={"lang": "en", "limit": 200})["rows"]
    page.get_by_text(warned[0]["why"]).first.wait_for()
    no_errors(browser)


def test_two_scenarios_stand_side_by_side_on_one_scale(browser: Page, chengdu_served: Any) -> None:
    page = opened(browser, chengdu_served, lang="en", panel="change")
    page.get_by_role("button", name="New scenario").click()
    page.locator(".verdict").wait_for(state="detached")
    page.get_by_role("button", name="Add a place", exact=True).click()
    page.mouse.click(420, 430)
    page.locator(".verdict .gain").wait_for()
    legend = page.locator(".legend").inner_text()
    page.get_by_role("button", name="Side by side").click()
    page.wait_for_selector(".swipe .above[data-ready=true]")
    assert page.locator(".legend").inner_text() == legend
    line = page.get_by_role("slider")
    line.focus()
    page.keyboard.press("ArrowLeft")
    assert line.get_attribute("aria-valuenow") == "45"
    page.keyboard.press("End")
    assert line.get_attribute("aria-valuenow") == "100"
    assert "100%" in page.locator(".swipe .above").evaluate("box => getComputedStyle(box).clipPath")
    until(page, "location.hash.includes('side=compare')")
    page.get_by_role("button", name="After", exact=True).click()
    page.locator(".swipe").wait_for(state="detached")
    no_errors(browser)


def test_a_line_is_drawn_seen_while_it_is_drawn_and_answered(browser: Page, chengdu_served: Any) -> None:
    page = opened(browser, chengdu_served, lang="en", panel="change")
    page.get_by_role("button", name="New scenario").click()
    page.locator(".verdict").wait_for(state="detached")
    page.get_by_role("button", name="Draw a line").click()
    page.get_by_label("Every (min)").fill("6")
    for x in (380, 440, 500):
        page.mouse.click(x, 430)
    page.get_by_text("(3)").wait_for()
    with page.expect_response(lambda answer: "/scenarios/try" in answer.url) as tried:
        page.get_by_role("button", name="Finish").click()
    told = tried.value.json()
    assert told["scenario"]["changes"][0]["headway_min"] == 6
    page.get_by_text(told["effects"][0]["en"]).wait_for()
    shapes = chengdu_served.get(f"{CITY}/scenarios/{told['hash']}/map")["features"]
    assert [shape["geometry"]["type"] for shape in shapes] == ["LineString"]
    assert len(shapes[0]["geometry"]["coordinates"]) == 3
    no_errors(browser)


def test_another_measure_recolours_the_map_and_the_address_keeps_it(browser: Page, chengdu_served: Any) -> None:
    page = opened(browser, chengdu_served, lang="en")
    with page.expect_response(lambda answer: "/values/" in answer.url and answer.ok):
        page.get_by_label("Theme").select_option("green")
    until(page, "location.hash.includes('m=green.')")
    page.get_by_role("combobox", name="Residents", exact=True).select_option("children")
    page.get_by_role("button", name="Dark").click()
    until(page, "location.hash.includes('dark=1')")
    page.reload()
    page.wait_for_selector(".map[data-ready=true]")
    assert page.get_by_label("Theme").input_value() == "green"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    no_errors(browser)


@pytest.mark.parametrize("dark", ["0", "1"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_panel_breaks_the_rules_of_accessibility(browser: Page, chengdu_served: Any, lang: str, dark: str) -> None:
    if not AXE.is_file():
        if os.environ.get("PARKCITY_REQUIRE_AXE") == "1":
            pytest.fail("axe-core is required here: run npm ci in web/")
        pytest.skip("axe-core is not installed: run npm ci in web/ to check accessibility")
    page = opened(browser, chengdu_served, lang=lang, dark=dark)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    broken = []
    for panel in PANELS:
        page.locator(f"#tab-{panel}").click()
        page.wait_for_load_state("networkidle")
        rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"
        found = page.evaluate(
            f"axe.run(document, {rules}).then(done => done.violations.map(v => [v.id, v.nodes.map(n => n.target.join(' ')).slice(0, 3)]))"
        )
        broken += [(panel, *one) for one in found]
    assert broken == []


def test_everything_is_reached_by_the_keyboard(browser: Page, chengdu_served: Any) -> None:
    page = opened(browser, chengdu_served, lang="en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {f"tab-{panel}" for panel in PANELS} <= seen
    assert {"INPUT", "SELECT", "BUTTON"} <= seen
