"""House rules, held over every file that the repository keeps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

# Patterns are put together here so that this file does not hold what it looks for.
HOSTS = re.compile("|".join(["py" + r"pi\.org", "python" + "hosted", "registry\\.npm" + "js", "deb\\.de" + "bian"]))
MACHINE_PATH = re.compile("(^|[^A-Za-z0-9_.])/(" + "wo" + "rk|fa" + "rm|ro" + "ot)/")
UNFINISHED = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|X" + "XX|NotImplemented" + r"Error)\b")
BROAD = re.compile(r"^\s*except( Exception| BaseException)?:", re.MULTILINE)
TEXT = {".py", ".md", ".toml", ".txt", ".csv", ".html", ".css", ".sh", ".cmd", ".json", ".yaml", ""}


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is not a git checkout, so there is no list of files to hold to the rules")
    return [REPOSITORY / name for name in done.stdout.splitlines() if (REPOSITORY / name).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.is_relative_to(REPOSITORY / "src")]


def test_no_file_names_a_registry_host_or_a_path_of_one_machine() -> None:
    for path in tracked():
        if path.suffix in TEXT and path.stat().st_size < 2_000_000:
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not HOSTS.search(text), path
            if "data" not in path.parts:
                assert not MACHINE_PATH.search(text), path


def test_modules_stay_readable() -> None:
    for path in sources():
        lines = path.read_text(encoding="utf-8").count("\n")
        assert lines <= 600, (path, lines)


def test_nothing_is_left_unfinished_and_no_error_is_swallowed() -> None:
    for path in sources():
        text = path.read_text(encoding="utf-8")
        assert not UNFINISHED.search(text), path
        assert not BROAD.search(text), path


def test_only_the_command_line_prints() -> None:
    for path in sources():
        if not path.is_relative_to(REPOSITORY / "src" / "parkcity" / "serve"):
            assert not re.search(r"^\s*print\(", path.read_text(encoding="utf-8"), re.MULTILINE), path


def test_only_one_module_knows_coordinate_systems() -> None:
    for path in sources():
        if path.name != "geo.py":
            assert not re.search(r"\.to_crs\(|Transformer|from pyproj", path.read_text(encoding="utf-8")), path


def test_the_repository_stays_small() -> None:
    size = sum(path.stat().st_size for path in tracked())
    assert size < 40_000_000, size


def test_licence_and_notices_are_there() -> None:
    assert "Apache License" in (REPOSITORY / "LICENSE").read_text(encoding="utf-8")
    notice = (REPOSITORY / "NOTICE").read_text(encoding="utf-8")
    for name in ("OpenStreetMap contributors", "ODbL", "National Bureau of Statistics"):
        assert name in notice


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, parkcity, parkcity.serve.cli.main, parkcity.insight.registry as r\n"
        "list(r.INDICATORS)\n"
        "print([name for name in ('numba', 'geopandas', 'pandas', 'shapely', 'pyproj', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names_exist_and_others_are_refused() -> None:
    import parkcity

    assert {"City", "Measurement", "Report", "open"} <= set(parkcity.__all__)
    for name in parkcity.__all__:
        assert getattr(parkcity, name)
    with pytest.raises(AttributeError, match="no attribute 'atlantis'"):
        _ = parkcity.atlantis


def readme_commands() -> list[str]:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    commands = []
    for before, block in re.findall(r"(<!-- not run -->\n)?```sh\n(.*?)```", text, re.DOTALL):
        if not before:
            commands += [line for line in block.splitlines() if line.startswith("./run ")]
    return commands


@pytest.mark.parametrize("command", readme_commands() if (REPOSITORY / "README.md").exists() else [])
def test_commands_of_the_readme_run(command: str) -> None:
    done = subprocess.run(command.split(" #", maxsplit=1)[0].split(), cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
