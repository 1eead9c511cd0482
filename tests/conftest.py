"""What all tests share: no network but loopback, a real browser, a copy of the example city, a tiny town drawn in code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from parkcity.twin.twin import Twin

# The first example of a test may load a library or compile a kernel: a time limit on each example would judge the machine.
settings.register_profile("parkcity", deadline=None, print_blob=True)
settings.load_profile("parkcity")

REPOSITORY = Path(__file__).resolve().parent.parent
CHENGDU = REPOSITORY / "examples" / "chengdu"
_CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",  # maps are drawn by the processor where no graphics card is
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass
class Page:
    """A browser page that notes every request that leaves the machine and every error on the console."""

    page: Any
    strays: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("PARKCITY_REQUIRE_BROWSER") == "1":
            pytest.fail("chromium is required here but is not installed")
        pytest.skip("chromium is not installed: install Debian's package chromium to run the browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(_CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def browser(_chromium: Any) -> Iterator[Page]:
    """A fresh page of a real browser."""
    page = _chromium.new_page(viewport={"width": 1200, "height": 1400})
    watched = Page(page)

    def judge(route: Any) -> None:
        url = route.request.url
        if url.startswith(("file:", "data:", "blob:", "http://127.0.0.1", "http://localhost")):
            route.continue_()
        else:
            watched.strays.append(url)
            route.abort()

    page.route("**/*", judge)
    page.on("console", lambda message: watched.errors.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    yield watched
    page.close()
    assert watched.strays == [], "the page asked for something that is not on this machine"


@pytest.fixture(scope="session")
def chengdu_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the Chengdu example without anything built, shared by the tests that only read it."""
    return copy_city(CHENGDU, tmp_path_factory.mktemp("cities") / "chengdu")


@pytest.fixture(scope="session")
def chengdu(chengdu_folder: Path) -> Twin:
    """The twin of Chengdu, built once for the session."""
    from parkcity.twin.build import build

    return build(chengdu_folder)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A tiny town drawn in code, in a folder of its own that a test may spoil."""
    from tests.scenes.town import write_town

    return write_town(tmp_path / "town")


def copy_city(source: Path, target: Path) -> Path:
    """A city's folder as a user would have received it."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("twin", "report", "__pycache__"))
    return target
