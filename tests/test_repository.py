"""House rules, held over every file that the repository keeps."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from tests.conftest import REPOSITORY

# Patterns are put together here so that this file does not hold what it looks for.
HOSTS = re.compile("|".join(["py" + r"pi\.org", "python" + "hosted", "registry\\.npm" + "js", "deb\\.de" + "bian"]))
MACHINE_PATH = re.compile("(^|[^A-Za-z0-9_.])/(" + "wo" + "rk|fa" + "rm|ro" + "ot|ho" + "me|Us" + "ers)/")
UNFINISHED = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|X" + r"XX)\b")
TEXT = {".py", ".md", ".toml", ".txt", ".csv", ".html", ".css", ".js", ".ts", ".svg", ".sh", ".cmd", ".json", ".yaml", ".yml", ""}
PACKAGE = REPOSITORY / "src" / "parkcity"
QUAYS = {"sources", "changes", "indicators", "actions", "policies"}
ARRAYS = {"kernels", "operators"}
# llvmlite is the part of Numba that writes its instructions.
ARRAY_LIBRARIES = set(sys.stdlib_module_names) | {"numpy", "scipy", "numba", "llvmlite"}


def tracked() -> list[Path]:
    # The checkout may belong to another user than the one who tests.
    command = ["git", "-c", f"safe.directory={REPOSITORY}", "ls-files"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is not a git checkout, so there is no list of files to hold to the rules")
    return [REPOSITORY / name for name in done.stdout.splitlines() if (REPOSITORY / name).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.is_relative_to(REPOSITORY / "src")]


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))


def names_in(kind: ast.expr | None) -> set[str]:
    """The classes that an `except` or `raise` names; a bare `except` catches everything."""
    if kind is None:
        return {"BaseException"}
    return {part.id for part in ast.walk(kind) if isinstance(part, ast.Name)}


def modules_imported(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield node.module or ""


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


def test_nothing_is_left_unfinished() -> None:
    for path in sources():
        assert not UNFINISHED.search(path.read_text(encoding="utf-8")), path
        # Libraries raise it and may be caught; our own code never does.
        for node in nodes(path):
            if isinstance(node, ast.Raise):
                assert "NotImplementedError" not in names_in(node.exc), f"{path}:{node.lineno}"


def test_no_except_is_broad() -> None:
    for path in sources():
        for node in nodes(path):
            if isinstance(node, ast.ExceptHandler):
                assert not names_in(node.type) & {"Exception", "BaseException"}, f"{path}:{node.lineno}"


def test_only_the_command_line_prints() -> None:
    for path in sources():
        if path.is_relative_to(PACKAGE / "serve" / "cli"):
            continue
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path}:{node.lineno}"


def test_kernels_and_operators_import_only_array_libraries_and_each_other() -> None:
    held = [path for path in sources() if ARRAYS & set(path.relative_to(PACKAGE).parts[:-1])]
    assert held
    for path in held:
        for name in modules_imported(path):
            if name.split(".")[0] == "parkcity":
                assert ARRAYS & set(name.split(".")), (path, name)
            else:
                assert name.split(".")[0] in ARRAY_LIBRARIES, (path, name)


def test_every_file_of_a_quay_says_what_it_brings() -> None:
    held = [path for path in sources() if QUAYS & set(path.relative_to(PACKAGE).parts[:-1])]
    assert held
    for path in held:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


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


def test_the_package_is_imported_in_half_a_second() -> None:
    # The best of five: a busy machine can only make a start slower.
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import parkcity"], check=True)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5, times


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_a_test_reaches_this_machine_and_no_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as here:
        assert here.getpeername() == server.getsockname()
    # 192.0.2.0/24 is kept for documentation and belongs to nobody (RFC 5737, section 3).
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


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
