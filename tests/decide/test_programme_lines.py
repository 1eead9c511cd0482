"""Lines of public transport as candidates of a programme, and candidates that name no builder."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.scenes.plan import write_plan
from tests.scenes.town import lonlat, write_town
from tests.transit.test_cli import town

from parkcity.base.errors import InputError
from parkcity.decide.compare import Baseline
from parkcity.decide.goals import stated_goal
from parkcity.decide.programme import programme
from parkcity.decide.programme_model import Conditions
from parkcity.decide.projects import read_projects
from parkcity.plan.load import load
from parkcity.serve.cli.programme import programme as command
from parkcity.twin.build import build

__all__ = ["town"]
FREQUENT = "transit.frequent_stop.within_500_m"


@pytest.fixture(scope="module")
def base(town: Path) -> Baseline:
    return Baseline(build(town), threads=1)


def _list(folder: Path, *lines: str) -> Path:
    path = folder / "projects.csv"
    path.write_text("\n".join(["id,action,name_en,cost,line,headway_min,speed_km_h,mode", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.kernel
def test_a_line_is_measured_and_chosen_like_any_other_candidate(base: Baseline, tmp_path: Path) -> None:
    stops = [lonlat(x, 950.0) for x in (50.0, 500.0, 950.0)]
    text = "; ".join(f"{lon!r} {lat!r}" for lon, lat in stops)
    projects = read_projects(_list(tmp_path, f"m,open_line,Metro,10,{text},5,30,metro", f"b,open_line,Bus,8,{text},5,20,"), base.twin)
    assert [project.zone for project in projects] == ["west", "west"]
    goal = stated_goal(f"{FREQUENT}>=100%@2028", 1, base.twin)
    found = programme(base, projects, [goal], Conditions((2026, 2027), (10.0, 10.0)), frontier=False)
    # Both lines have the same stops and the same headway, so that the cheaper one does as much.
    assert [entry.project.id for entry in found.chosen] == ["b"]
    (result,) = found.goals
    assert result.measured > result.base


def test_lines_that_cannot_run_are_told_with_their_rows(base: Baseline, tmp_path: Path) -> None:
    lines = (
        "a,open_line,A,1,1 2,5,30,bus",
        "b,open_line,B,1,1 2; 3 4,0,30,bus",
        "c,open_line,C,1,1 2; 3 4,5,30,rocket",
        "d,open_line,D,1,,5,30,",
    )
    with pytest.raises(InputError) as caught:
        read_projects(_list(tmp_path, *lines), base.twin)
    assert [fault.row for fault in caught.value.faults] == [2, 3, 4, 5]


def test_candidates_that_name_no_builder_get_the_one_of_the_call(tmp_path: Path) -> None:
    city = write_town(tmp_path / "town")
    write_plan(city)
    path = tmp_path / "projects.csv"
    lon, lat = lonlat(500, 500)
    path.write_text(f"id,action,name_en,cost,kind,lon,lat\na,build_place,School,100,primary_school,{lon!r},{lat!r}\n", encoding="utf-8")
    arguments = [str(city), "--years", "2026-2028", "--budget", "125", "--projects", str(path), "--no-frontier", "--quiet"]
    arguments += ["--owner", "edu", "--write", "P1", "--by", "planner", "--reason", "first"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert [row["owner"] for row in load(city)["tasks"]] == ["edu"]
