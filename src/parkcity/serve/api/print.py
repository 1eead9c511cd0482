"""Pages as PDF and PNG by the chromium of this machine, without any request leaving it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from parkcity.serve.api.problems import ApiError

_SECONDS = 120
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)


def chromium() -> str | None:
    """Where chromium is, if it is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pdf_of(page: str) -> bytes:
    """A self-contained page as PDF. Raises a 503 where chromium is not installed."""
    return _printed(page, "page.pdf", "--print-to-pdf={out}")


def png_of(page: str, width: int, height: int) -> bytes:
    """A self-contained page as a picture of so many pixels."""
    return _printed(page, "page.png", "--screenshot={out}", f"--window-size={width},{height}", "--hide-scrollbars")


def _printed(page: str, name: str, *options: str) -> bytes:
    program = chromium()
    if program is None:
        raise ApiError(503, "chromium is not installed on the server", todo="install Debian's package chromium, or take the HTML")
    with tempfile.TemporaryDirectory(prefix="parkcity-print-", ignore_cleanup_errors=True) as name_of:
        folder = Path(name_of)
        (folder / "page.html").write_text(page, encoding="utf-8")
        out = folder / name
        given = [option.format(out=out) for option in options]
        command = [program, *_FLAGS, f"--user-data-dir={folder / 'profile'}", *given, (folder / "page.html").as_uri()]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603 - the arguments are ours
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise ApiError(503, f"chromium could not print the page ({type(error).__name__})", todo="try again") from None
        if not out.is_file():
            raise ApiError(503, "chromium gave no page", todo="try again")
        return out.read_bytes()
