"""What the product depends on is pinned: an audit of the pins is an audit of what runs."""

from __future__ import annotations

import json
import re
import tomllib

from tests.conftest import REPOSITORY

PIN = re.compile(r"([A-Za-z0-9_.-]+)==([A-Za-z0-9_.+!-]+)")


def normal(name: str) -> str:
    """A name as the index compares names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [PIN.fullmatch(line.partition(";")[0].strip()) for line in lines if line.strip() and not line.startswith("#")]
    assert all(found), "every line is an exact pin"
    return {normal(match[1]): match[2] for match in found if match}


def test_every_declared_dependency_has_an_exact_pin_and_none_twice() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *(entry for group in project["optional-dependencies"].values() for entry in group)]
    names = {normal(match[0]) for entry in declared if (match := re.match(r"[A-Za-z0-9_.-]+", entry))} - {"parkcity"}
    assert names <= set(pins())
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").split()
    assert len({normal(line.partition("==")[0]) for line in lines if "==" in line}) == sum("==" in line for line in lines)


def test_every_package_of_the_web_app_is_pinned_by_its_hash() -> None:
    lock = json.loads((REPOSITORY / "web" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {place: entry for place, entry in lock["packages"].items() if place}
    assert packages
    assert all(entry.get("integrity", "").startswith("sha512-") for entry in packages.values() if not entry.get("link"))
