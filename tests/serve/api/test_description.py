"""The description of the interface is true: every operation answers as described, whatever it is asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import REPOSITORY
from tests.serve.api.conftest import Served

from parkcity.serve.api.app import ROUTERS

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
EXAMPLES = os.environ.get("PARKCITY_API_EXAMPLES", "4")
"""Random requests for each operation; more of them look deeper, and so does the phase `coverage`, which takes many minutes."""
PHASES = os.environ.get("PARKCITY_API_PHASES", "examples,fuzzing")


def paths() -> set[str]:
    return {route.path for module in ROUTERS for route in module.router.routes if route.include_in_schema}


def test_every_route_is_described(town_served: Served) -> None:
    document = town_served.get("/api/v1/openapi.json")
    assert set(document["paths"]) == {re.sub(r"\{(\w+):\w+\}", r"{\1}", path) for path in paths()}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            assert {"422", "500"} <= set(operation["responses"]), path
            for parameter in operation.get("parameters", ()):
                assert "schema" in parameter, (path, parameter["name"])


def test_the_guide_tells_every_route(town_served: Served) -> None:
    text = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
    for path in town_served.get("/api/v1/openapi.json")["paths"]:
        fixed = [part for part in path.removeprefix("/api/v1").split("/") if part and not part.startswith("{")]
        assert all(part in text for part in fixed), path


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_operation_answers_as_described_whatever_it_is_asked(team_served: Served, tmp_path: Path) -> None:
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or shutil.which("schemathesis")
    if program is None:
        pytest.skip("schemathesis is not installed")
    key = team_served.house.people.add_key("admin", "schemathesis")["key"]
    headers = {"Authorization": f"Bearer {key}"}
    cell = team_served.client.get("/api/v1/cities/town/cells?limit=1", headers=headers).json()["rows"][0]["id"]
    kept = team_served.client.post("/api/v1/cities/town/scenarios", json={"id": "described", "changes": []}, headers=headers).json()["hash"]
    known = {"city": "town", "cell": cell, "key": kept, "scenarios": kept, "tier": "district", "measure": "minutes.worst", "target": "T001"}
    known |= {
        "indicator": "life_circle.index",
        "layers": "zones,places",
        "process": "castle",
        "group": "elders",
        "need": "park",
        "table": "actuals",
    }
    config = tmp_path / "schemathesis.toml"
    config.write_text("[parameters]\n" + "\n".join(f"{name} = {value!r}" for name, value in known.items()) + "\n", encoding="utf-8")
    # Pictures and whole reports are made by other programs or take seconds each: their routes have tests of their own.
    command = [program, "--config-file", str(config), "run", f"{team_served.url}/api/v1/openapi.json", "-H", f"Authorization: Bearer {key}"]
    command += [
        "--phases",
        PHASES,
        "--max-examples",
        EXAMPLES,
        "--checks",
        CHECKS,
        "--seed",
        "1",
        "--continue-on-failure",
        "--request-timeout",
        "120",
    ]
    command += ["--suppress-health-check", "all", "--exclude-path-regex", "/export/|/report$|/session", "--no-color"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:]
