"""Programmes against brute force on small cases, closed forms on the town, and laws."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenes.plan import write_plan
from tests.scenes.town import PEOPLE, lonlat, write_town

from parkcity.base.errors import InputError, UsageError
from parkcity.decide.compare import Baseline
from parkcity.decide.effects import GoalEffects, measure_together
from parkcity.decide.goals import Goal, stated_goal
from parkcity.decide.programme import Programme, programme
from parkcity.decide.programme_model import Conditions, Programming, best
from parkcity.decide.projects import Project, read_projects
from parkcity.twin.build import build

FEW = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    return Baseline(build(write_town(tmp_path_factory.mktemp("programme") / "town")))


def school(name: str, x: float, y: float, base: Baseline, **given: Any) -> Project:
    from parkcity.decide.actions._action import step
    from parkcity.decide.projects import located

    lon, lat = lonlat(x, y)
    values = {"cost": 10.0, **given}
    place = step("add_place", kind="primary_school", lon=lon, lat=lat, area_m2=9_000.0, id=name)
    return located(Project(name, "build_place", "", "", steps=(place,), **values), base.twin)


@st.composite
def cases(draw: st.DrawFn) -> Programming:
    count, cells, years = draw(st.integers(1, 4)), draw(st.integers(1, 6)), draw(st.integers(1, 3))
    reach = np.array(draw(st.lists(st.booleans(), min_size=count * cells, max_size=count * cells))).reshape(count, cells)
    weight = np.array(draw(st.lists(st.integers(1, 9), min_size=cells, max_size=cells)), float)
    span = tuple(range(2026, 2026 + years))
    projects = [
        Project(
            f"p{number}",
            "renew",
            "",
            "",
            float(draw(st.integers(1, 9))),
            draw(st.integers(1, 2)),
            crews=draw(st.integers(1, 2)),
            land=draw(st.sampled_from(["", "a"])),
            after=("p0",) if number and draw(st.booleans()) else (),
            zone=draw(st.sampled_from(["west", "east"])),
        )
        for number in range(count)
    ]
    gap = float(draw(st.integers(1, 30)))
    goal = Goal("g", "x", gap, draw(st.integers(2026, 2028)), up=True, known=0.0)
    effects = [GoalEffects(goal, 0.0, reach @ weight, reach, weight, weight)]
    budget = tuple(float(draw(st.integers(0, 12))) for _ in span)
    least = {"west": 0.5} if draw(st.booleans()) else {}
    conditions = Conditions(span, budget, draw(st.booleans()), {"": draw(st.integers(1, 3))}, least)
    return Programming(projects, effects, np.zeros(cells, np.int32), conditions)


def allowed(case: Programming, starts: list[tuple[int, int]]) -> bool:
    """Does a set of starts keep every condition? Written out anew, without the model."""
    conditions, projects = case.conditions, case.projects
    begin = dict(starts)
    lands = [projects[row].land for row in begin if projects[row].land]
    if len(lands) != len(set(lands)):
        return False
    names = {project.id: row for row, project in enumerate(projects)}
    for row, year in begin.items():
        if year + projects[row].years > len(conditions.years):
            return False
        for other in projects[row].after:
            before = names[other]
            if before not in begin or begin[before] + projects[before].years > year:
                return False
    left = 0.0
    for year, money in enumerate(conditions.budget):
        busy = [row for row, first in begin.items() if first <= year < first + projects[row].years]
        if sum(projects[row].crews for row in busy) > conditions.crews[""]:
            return False
        left = (left if conditions.carry else 0.0) + money - sum(projects[row].cost / projects[row].years for row in busy)
        if left < -1e-9:
            return False
    total = sum(projects[row].cost for row in begin)
    return all(
        sum(projects[row].cost for row in begin if projects[row].zone == zone) >= share * total - 1e-9
        for zone, share in conditions.least.items()
    )


def closed(case: Programming, starts: list[tuple[int, int]]) -> float:
    (effect,) = case.effects
    assert effect.reach is not None
    rows = [row for row, year in starts if case.conditions.years[0] + year + case.projects[row].years - 1 <= effect.goal.year]
    return min(1.0, float(effect.weight[effect.reach[rows].any(axis=0)].sum()) / effect.gap) if rows else 0.0


@settings(max_examples=80, deadline=None)
@given(cases())
def test_the_programme_equals_brute_force_and_keeps_every_condition(case: Programming) -> None:
    years = len(case.conditions.years)
    options = [[None, *range(years)] for _ in case.projects]
    every = ([(row, year) for row, year in enumerate(pick) if year is not None] for pick in itertools.product(*options))
    possible = [starts for starts in every if allowed(case, starts)]
    top = max(closed(case, starts) for starts in possible)
    answer, starts = best(case, 30.0)
    assert answer.outcome == "optimal"
    assert allowed(case, starts)
    assert closed(case, starts) == pytest.approx(top, abs=1e-5)
    # Of equally good programmes none is cheaper.
    cheapest = min(sum(case.projects[row].cost for row, _ in entry) for entry in possible if closed(case, entry) >= top - 1e-6)
    assert sum(case.projects[row].cost for row, _ in starts) <= cheapest + 1e-5 * max(1.0, sum(case.conditions.budget))


def run(base: Baseline, projects: list[Project], budget: float = 10.0, years: int = 3, **given: Any) -> Programme:
    goal = stated_goal("life_circle.primary_school.within_5_min>=100%@2028", 1, base.twin)
    span = tuple(range(2026, 2026 + years))
    return programme(base, projects, [goal], Conditions(span, (budget,) * years, **given), frontier=False)


def test_what_a_programme_promises_is_what_the_city_then_measures(base: Baseline) -> None:
    projects = [school("s1", 500, 500, base), school("s2", 200, 800, base), school("s3", 800, 200, base), school("s4", 250, 250, base)]
    found = run(base, projects)
    (goal,) = found.goals
    assert found.status == "optimal"
    assert len(found.chosen) == 3
    assert goal.promised == pytest.approx(goal.measured, rel=1e-12)
    assert goal.measured == measure_together(base, [entry.project for entry in found.chosen], [goal.goal])[0]
    assert found.residents == pytest.approx((goal.measured - goal.base) * 100 * PEOPLE)
    assert (found.spent <= 10.0).all()
    # The value of the goal never falls from year to year, and reaches what is measured at the end.
    (path,) = found.path
    assert list(path) == sorted(path)
    assert path[-1] == goal.measured


@FEW
@given(st.integers(1, 4), st.integers(1, 3))
def test_more_money_never_closes_less(base: Baseline, money: int, years: int) -> None:
    projects = [school(f"s{number}", 50 + 300 * number, 950 - 250 * number, base) for number in range(4)]
    one, more = (run(base, projects, 10.0 * times, years).objective for times in (money, money + 1))
    assert more >= one - 1e-9


def test_the_frontier_holds_for_each_budget_the_best_and_the_fairest(base: Baseline) -> None:
    projects = [school(f"w{number}", 50 + 100 * number, 900 - 100 * number, base) for number in range(4)]
    projects += [school(f"e{number}", 600 + 100 * number, 100 + 50 * number, base) for number in range(4)]
    goal = stated_goal("life_circle.primary_school.within_5_min>=100%@2028", 1, base.twin)
    found = programme(base, projects, [goal], Conditions((2026, 2027), (20.0, 20.0)))
    # 15 yuan a year buy what 10 do, one school each, so that 30 in all add no programme of their own.
    assert {point.budget for point in found.frontier} == {10.0, 20.0, 40.0}
    most = max(point.closed for point in found.frontier)
    assert most == pytest.approx(found.objective, abs=1e-4)
    assert all(point.money <= point.budget + 1e-6 for point in found.frontier)
    efficient = [point for point in found.frontier if point.efficient]
    assert efficient
    for one, two in itertools.permutations(efficient, 2):
        assert not (one.money <= two.money and one.residents >= two.residents and one.least > two.least)


def test_a_budget_below_the_cheapest_project_says_so(base: Baseline) -> None:
    with pytest.raises(InputError, match="no year's budget pays for any project") as caught:
        run(base, [school("s1", 500, 500, base)], 9.0)
    assert "at least 10 yuan" in str(caught.value)
    # Spread over two years it fits.
    assert len(run(base, [school("s1", 500, 500, base, years=2)], 9.0).chosen) == 1
    with pytest.raises(InputError, match="no programme keeps all conditions"):
        run(base, [school("s1", 500, 500, base, must=True), school("s2", 200, 800, base, must=True)], 10.0, 1)
    with pytest.raises(InputError, match="no project lies in 'east'"):
        run(base, [school("s1", 100, 500, base)], least={"east": 0.2})


def test_a_district_gets_its_least_share(base: Baseline) -> None:
    projects = [school("w1", 200, 800, base), school("w2", 50, 500, base), school("e1", 950, 50, base)]
    assert {entry.project.zone for entry in run(base, projects, 10.0, 3, least={"east": 0.3}).chosen} == {"west", "east"}


def test_a_list_with_three_faults_tells_three(base: Baseline, tmp_path: Path) -> None:
    path = tmp_path / "projects.csv"
    lon, lat = lonlat(500, 500)
    path.write_text(
        "id,action,cost,kind,lon,lat,after\n"
        f"a,build_place,-5,primary_school,{lon},{lat},\n"
        f"b,build_place,5,castle,{lon},{lat},\n"
        f"c,build_place,5,primary_school,{lon},{lat},z\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_projects(path, base.twin)
    assert [fault.row for fault in caught.value.faults] == [2, 3, 4]
    path.write_text("id,action,cost,colour\na,dance,5,red\n", encoding="utf-8")
    with pytest.raises(InputError, match="unknown column 'colour'"):
        read_projects(path, base.twin)


def test_a_circle_of_conditions_is_a_fault(base: Baseline, tmp_path: Path) -> None:
    path = tmp_path / "projects.csv"
    path.write_text("id,action,cost,effects,after\na,renew,5,T1=1,b\nb,renew,5,T1=1,a\n", encoding="utf-8")
    with pytest.raises(InputError, match="comes after itself"):
        read_projects(path, base.twin)


def test_goals_that_mean_nothing_are_refused(base: Baseline) -> None:
    for text in (
        "primary_school",
        "life_circle.primary_school>=90%",
        "life_circle.primary_school[district=north]>=90%@2030",
        "no.such>=1@2030",
    ):
        with pytest.raises(UsageError):
            stated_goal(text, 1, base.twin)


def test_the_command_closes_gaps_of_the_plan_and_writes_tasks(town: Path, tmp_path: Path) -> None:
    write_plan(town)
    path = tmp_path / "projects.csv"
    spots = {name: lonlat(*xy) for name, xy in {"a": (500, 500), "b": (200, 800), "c": (800, 200)}.items()}
    lines = ["id,action,name_zh,name_en,cost,years,owner,after,kind,lon,lat,effects"]
    lines += [
        f"{name},build_place,小学{name},School {name},100,1,edu,{'a' if name == 'b' else ''},primary_school,{lon},{lat},"
        for name, (lon, lat) in spots.items()
    ]
    lines += ["g,renew,绿道,Greenway,50,2,edu,,,,,T2=6"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "parkcity", "programme", str(town), "--years", "2026-2028", "--budget", "125", "--projects", str(path)]
    command += ["--format", "json", "--out", str(tmp_path / "out"), "--write", "P1", "--by", "planner", "--reason", "first programme"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    meta = document["meta"]
    assert meta["status"] == "optimal"
    assert [row["project"] for row in document["rows"]].index("a") < [row["project"] for row in document["rows"]].index("b")
    goals = {goal["goal"]: goal for goal in meta["goals"]}
    assert goals["T2"]["measured"] == 10.0
    assert goals["T2"]["closed"] == 1.0
    assert goals["T1"]["measured"] > goals["T1"]["base"]
    assert meta["written"]["tasks"] == len(document["rows"]) == 4
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "programme.csv",
        "goals.csv",
        "frontier.csv",
        "programme.toml",
        "report.html",
    }
    from parkcity.plan.load import load

    view = load(town).view()
    tasks = {row["id"]: row for row in view["tasks"]}
    assert tasks["P1-g"]["targets"] == "T2"
    assert tasks["P1-a"]["targets"] == "T1"
    assert tasks["P1-a"]["owner"] == "edu"
    assert sum(float(row["planned"]) for row in view["budget"]) == pytest.approx(350.0)
    assert [(row["task"], row["predecessor"]) for row in view["dependencies"]] == [("P1-b", "P1-a")]
    # The same programme once more adds nothing.
    again = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert not any(json.loads(again.stdout)["meta"]["written"].values())


def test_an_owner_that_the_plan_does_not_know_is_told_and_nothing_is_written(town: Path, tmp_path: Path) -> None:
    write_plan(town)
    path = tmp_path / "projects.csv"
    path.write_text("id,action,cost,owner,effects\ng,renew,50,nobody,T2=6\n", encoding="utf-8")
    command = [sys.executable, "-m", "parkcity", "programme", str(town), "--years", "2026-2028", "--budget", "125", "--projects", str(path)]
    command += ["--write", "P1", "--by", "planner", "--reason", "try"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 1
    assert "the plan has no owner 'nobody'" in done.stderr
    assert not (town / "plan" / "tasks.csv").exists()


def test_python_and_the_command_choose_alike(town: Path, tmp_path: Path) -> None:
    import parkcity as pc

    path = tmp_path / "projects.csv"
    spots = [lonlat(200.0 + 300.0 * number, 800.0 - 200.0 * number) for number in range(3)]
    lines = [
        "id,action,cost,kind,lon,lat",
        *(f"s{number},build_place,10,primary_school,{lon},{lat}" for number, (lon, lat) in enumerate(spots)),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    goal = "life_circle.primary_school.within_5_min>=100%@2027"
    found = pc.programme(pc.open(town), years=(2026, 2027), budget=10.0, projects=path, goals=[goal])
    command = [sys.executable, "-m", "parkcity", "programme", str(town), "--years", "2026-2027", "--budget", "10", "--projects", str(path)]
    done = subprocess.run([*command, "--goal", goal, "--format", "json"], capture_output=True, text=True, check=True, encoding="utf-8")
    assert [row["project"] for row in json.loads(done.stdout)["rows"]] == [entry.project.id for entry in found.chosen]


def test_every_action_of_a_list_makes_its_change(base: Baseline, tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text(
        '[[changes]]\nchange = "close_place"\nplace = "places/park-2"\n'
        '[[changes]]\nchange = "resize_place"\nplace = "places/park-1"\narea_m2 = 1.0\n',
        encoding="utf-8",
    )
    one, two = lonlat(500.0, 500.0), lonlat(200.0, 200.0)
    path = tmp_path / "projects.csv"
    path.write_text(
        "id,action,cost,kind,lon,lat,line,scenario,effects\n"
        f"a,build_place,1,park,{one[0]},{one[1]},,,\n"
        f"b,open_link,1,,,,{one[0]} {one[1]}; {two[0]} {two[1]},,\n"
        "c,follow_scenario,1,,,,,two.toml,\n"
        "d,renew,1,,,,,,T1=2.5\n",
        encoding="utf-8",
    )
    found = {project.id: project for project in read_projects(path, base.twin)}
    assert [[step.change for step in project.steps] for project in found.values()] == [
        ["add_place"],
        ["add_link"],
        ["close_place", "resize_place"],
        [],
    ]
    assert found["d"].effects == {"T1": 2.5}
    assert found["b"].zone == "east"
    path.write_text("id,action,cost,line,scenario\na,open_link,1,here,\nb,follow_scenario,1,,none.toml\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_projects(path, base.twin)
    assert len(caught.value.faults) == 2


def test_a_street_and_places_together_are_measured_and_not_only_added_up(base: Baseline) -> None:
    from parkcity.decide.actions._action import step

    line = [list(lonlat(500.0, 500.0)), list(lonlat(200.0, 200.0))]
    link = Project("link", "open_link", "", "", 10.0, must=True, steps=(step("add_link", line=line),))
    found = run(base, [link, school("s1", 500, 500, base), school("s2", 200, 800, base)])
    (goal,) = found.goals
    assert len(found.chosen) == 3
    # A street helps most where no school was built since, so that together they do no more than the sum.
    assert goal.base < goal.measured <= goal.promised + 1e-12
