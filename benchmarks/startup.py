"""Start: importing the package, asking for the version, a check-up that is already there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.registry import Size, benchmark, median_seconds, peak_megabytes, row

CITY = Path(__file__).resolve().parent.parent / "examples" / "chengdu"


def call(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@benchmark("start", "import, version, first and second check-up of Chengdu")
def run(size: Size) -> list[dict[str, Any]]:
    repeats = {"smoke": 1, "quick": 3, "full": 5}[size]
    importing = ("-c", "import parkcity")
    peak_mb = peak_megabytes(sys.executable, *importing)
    rows = [
        row("import parkcity", "-", median_seconds(lambda: call(*importing), repeats), peak_mb=peak_mb),
        row("import numpy (for scale)", "-", median_seconds(lambda: call("-c", "import numpy"), repeats)),
        row("parkcity --version", "-", median_seconds(lambda: call("-m", "parkcity", "--version"), repeats)),
    ]
    if size == "smoke":
        return rows
    with tempfile.TemporaryDirectory() as name:
        city = Path(name) / "chengdu"
        shutil.copytree(CITY, city, ignore=shutil.ignore_patterns("twin", "report"))
        check = ("-m", "parkcity", "check", str(city), "--quiet", "--lang", "en")
        first = median_seconds(lambda: call(*check), 1, 0)
        second = median_seconds(lambda: call(*check), repeats)
        rows.append(row("first check", "Chengdu", first))
        rows.append(row("second check", "Chengdu", second, "first check", first, 10.0))
    return rows
