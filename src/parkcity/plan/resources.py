"""Schedules within limits: crews and machines that are few, money that comes by the day (OR-Tools CP-SAT)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ortools.sat.python import cp_model

    from parkcity.plan.network import Link
    from parkcity.plan.schedule import Programme


@dataclass(frozen=True)
class Levelled:
    """Starts in working days (tasks,), the length, the proven lower bound, and whether no shorter schedule exists."""

    starts: tuple[int, ...]
    length: int
    bound: int
    optimal: bool


def level(
    durations: Sequence[int],
    links: Sequence[Link],
    needs: Sequence[Mapping[str, int]],
    capacity: Mapping[str, int],
    release: Sequence[int] | None = None,
    effort: float = 20.0,
) -> Levelled:
    """The shortest schedule in which no resource is used beyond its capacity on any working day.

    `durations`, `needs`, `release` by task, working days and units; `capacity` units by resource. `effort` limits the search
    in the solver's own deterministic unit, so that the result does not depend on the machine. A need beyond the capacity
    raises `InputError`.
    """
    from ortools.sat.python import cp_model

    _check(needs, capacity)
    first = list(release) if release is not None else [0] * len(durations)
    horizon = max(first, default=0) + sum(durations) + sum(max(0, round(link.lag)) for link in links)
    model = cp_model.CpModel()
    starts = [model.new_int_var(first[at], horizon, f"s{at}") for at in range(len(durations))]
    spans = [model.new_fixed_size_interval_var(start, length, "") for start, length in zip(starts, durations, strict=True)]
    for link in links:
        left = starts[link.before] + (durations[link.before] if link.type in {"FS", "FF"} else 0) + round(link.lag)
        model.add(starts[link.after] + (durations[link.after] if link.type in {"FF", "SF"} else 0) >= left)
    for name, units in capacity.items():
        using = [at for at, need in enumerate(needs) if need.get(name)]
        model.add_cumulative([spans[at] for at in using], [needs[at][name] for at in using], units)
    end = model.new_int_var(0, horizon, "end")
    for start, length in zip(starts, durations, strict=True):
        model.add(end >= start + length)
    model.minimize(end)
    return _solved(model, starts, end, effort)


def _solved(model: cp_model.CpModel, starts: Sequence[cp_model.IntVar], end: cp_model.IntVar, effort: float) -> Levelled:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        todo = "look for start to finish links and negative lags that contradict each other"
        raise InputError(Fault("tasks", "no schedule satisfies all dependencies.", todo=todo))
    found = tuple(solver.value(start) for start in starts)
    return Levelled(found, solver.value(end), round(solver.best_objective_bound), status == cp_model.OPTIMAL)


def _check(needs: Sequence[Mapping[str, int]], capacity: Mapping[str, int]) -> None:
    faults = []
    for at, need in enumerate(needs):
        for name, units in need.items():
            if units > capacity.get(name, 0):
                what = f"a task needs {units} of '{name}', but there are {capacity.get(name, 0)}."
                faults.append(Fault("tasks", what, "at most the capacity.", "raise the capacity, or lower the need", at + 2))
    if faults:
        raise InputError(faults)


def level_programme(programme: Programme, daily_budget_yuan: int | None = None) -> Levelled:
    """The shortest schedule of a plan's tasks within the capacities of `resources.csv`.

    With `daily_budget_yuan` the money is a resource too: a task spends its budget evenly over its working days.
    """
    table, view = programme.table, programme.view
    durations = [max(1, round(length)) for length in programme.durations]
    needs = [{name: int(units) for name, _, units in (part.partition("=") for part in text.split())} for text in table["needs"]]
    capacity = {row["id"]: int(float(row["capacity"])) for row in view["resources"]}
    if daily_budget_yuan is not None:
        capacity["yuan"] = daily_budget_yuan
        for row in view["budget"]:
            at = table.index.get(row["task"])
            if at is not None:
                needs[at]["yuan"] = needs[at].get("yuan", 0) + -(-int(float(row["planned"])) // durations[at])
    return level(durations, programme.network.links, needs, capacity, [int(first) for first in programme.release])
