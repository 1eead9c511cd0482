"""What must hold between rows and tables of the ledger. Each function looks for one kind of fault and names the rows."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault
from parkcity.plan.dates import day
from parkcity.plan.ledger import current
from parkcity.plan.schema import Field, schemas
from parkcity.plan.units import convertible, known_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from parkcity.plan.ledger import Ledger
    from parkcity.plan.tables import Table

_NEEDS_NUMBER = ("reach", "keep", "range", "cumulative", "average")


def relation_faults(ledger: Ledger) -> list[Fault]:
    """Every fault of relation, in the order of the checks; rows whose own form is at fault are passed over."""
    return [fault for check in CHECKS for fault in check(ledger)]


def _fault(table: Table, position: int, what: str, allowed: str = "", todo: str = "") -> Fault:
    return Fault(table.where, f"{table['id'][position]}: {what}", allowed, todo, table.rows[position])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def unknown_references(ledger: Ledger) -> Iterator[Fault]:
    """A column that refers to a table holds an id that the table does not have."""
    for name, declared in schemas().items():
        for item in declared.fields:
            if item.type in {"ref", "refs"}:
                yield from _unknown_in(ledger.tables[name], item, ledger.tables[item.detail])


def _unknown_in(table: Table, item: Field, target: Table) -> Iterator[Fault]:
    known = target.index
    # Most cells hold one id that is known: only the others are taken apart, and only where several ids are allowed.
    doubtful = set(table[item.name]).difference(known, ("",))
    split = {text: text.split() if item.type == "refs" else [text] for text in doubtful}
    bad = {text: unknown for text, parts in split.items() if (unknown := [part for part in parts if part not in known])}
    for position, text in enumerate(table[item.name]) if bad else ():
        for part in bad.get(text, ()):
            todo = f"add '{part}' to {item.detail}.csv, or correct the id"
            yield _fault(table, position, f"{item.name} '{part}' is missing.", f"an id of {item.detail}.csv.", todo)


def repeated_versions(ledger: Ledger) -> Iterator[Fault]:
    """Two versions of a row claim to be known and true on the same days, and no audited edit made the second."""
    edits = _edits(ledger)
    for name, table in ledger.tables.items():
        if len(table.index) == len(table):
            continue
        seen: dict[tuple[str, str, str], int] = {}
        repeated: Counter[tuple[str, str, str]] = Counter()
        for position, key in enumerate(zip(table["id"], table["true_on"], table["known_on"], strict=True)):
            if key in seen:
                repeated[key] += 1
                if repeated[key] > edits[name, key[0]]:
                    what = f"stands twice for the same days, first in row {table.rows[seen[key]]}."
                    todo = "give the amendment its own known_on, or remove a row"
                    yield _fault(table, position, what, "one version for each pair of days.", todo)
            seen.setdefault(key, position)


def _edits(ledger: Ledger) -> Counter[tuple[str, str]]:
    """How often an audited edit or import wrote each row, by table and id."""
    changes = ledger.tables["changes"]
    edits: Counter[tuple[str, str]] = Counter()
    for table, row, action, after in zip(*(changes[name] for name in ("table", "row", "action", "after")), strict=True):
        if action == "import":
            edits.update((table, row_id) for row_id in _imported(after))
        else:
            edits[table, row] += action != "add"
    return edits


def _imported(text: str) -> list[str]:
    """The ids that an import wrote; none where the cell was spoilt by hand, which `changes_that_cannot_be_read` tells."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return []
    return [str(row_id) for row_id in found] if isinstance(found, list) else []


def changes_that_cannot_be_read(ledger: Ledger) -> Iterator[Fault]:
    """The audit of an import holds the ids that it wrote."""
    table = ledger.tables["changes"]
    for position, (action, after) in enumerate(zip(table["action"], table["after"], strict=True)):
        if action == "import" and not _imported(after):
            what = "the ids that the import wrote cannot be read."
            yield _fault(table, position, what, "a JSON list of ids.", "restore the row: the table of changes is not edited by hand")


def dates_that_contradict(ledger: Ledger) -> Iterator[Fault]:
    """One date must not come after another."""
    pairs = (
        ("plan", "starts", "ends"),
        ("targets", "baseline_year", "target_year"),
        ("tasks", "start", "finish"),
        ("tasks", "started_on", "finished_on"),
        ("evidence", "claimed_on", "checked_on"),
        ("evidence", "claimed_on", "expires_on"),
        ("supervision", "opened_on", "deadline"),
        ("supervision", "deadline", "extended_to"),
        ("supervision", "opened_on", "closed_on"),
        ("reviews", "date", "next_due"),
        ("actuals", "true_on", "known_on"),
    )
    for name, first, last in pairs:
        table = ledger.tables[name]
        for position, (early, late) in enumerate(zip(table[first], table[last], strict=True)):
            if early and late and _after(early, late):
                what = f"{last} '{late}' is before {first} '{early}'."
                yield _fault(table, position, what, f"{last} on or after {first}.", "correct one of the two dates")


def _after(early: str, late: str) -> bool:
    try:
        return day(early) > day(late)
    except ValueError:
        return False


def targets_that_cannot_be_scored(ledger: Ledger) -> Iterator[Fault]:
    """A target lacks what its kind needs, or its numbers contradict each other."""
    table = ledger.tables["targets"]
    for position, row in enumerate(table):
        for what, allowed in _target_problems(row):
            yield _fault(table, position, what, allowed, "correct the row of the target")


def _target_problems(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    kind = row["kind"]
    if kind in _NEEDS_NUMBER:
        for column in ("target", "unit", "op") if kind != "range" else ("target", "upper", "unit"):
            if not row[column]:
                yield f"a target of kind '{kind}' has no {column}.", f"{column} must be given."
    elif kind == "qualitative" and row["target"]:
        yield "a qualitative target has a number.", "no number; it is followed by milestones and evidence."
    if bool(row["measured_by"]) != bool(row["measured_as"]):
        yield "measured_by and measured_as do not stand together.", "both, or neither."
    if row["measured_by"] and "." in row["indicator"]:
        yield f"'{row['indicator']}' is measured by the twin itself.", "measured_by empty, or a statistic as the indicator."
    if bool(row["baseline"]) != bool(row["baseline_year"]):
        yield "baseline and baseline_year do not stand together.", "both, or neither."
    low, high = _number(row["limit_low"]), _number(row["limit_high"])
    for column in ("target", "upper", "baseline"):
        value = _number(row[column])
        if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
            yield (
                f"{column} {row[column]} lies outside the natural limits.",
                f"from {row['limit_low'] or '-∞'} to {row['limit_high'] or '∞'}.",
            )
    target, upper, baseline = _number(row["target"]), _number(row["upper"]), _number(row["baseline"])
    if target is not None and upper is not None and upper < target:
        yield f"upper {row['upper']} is below target {row['target']}.", "upper at or above target."
    if kind == "reach" and target is not None and baseline is not None and _wrong_way(row["direction"], baseline, target):
        yield (
            f"direction '{row['direction']}' but the target {row['target']} lies on the other side of the baseline {row['baseline']}.",
            "up or down.",
        )
    if row["op"] in {"gt", "ge"} and row["direction"] == "down" and kind == "reach":
        yield "op and direction contradict each other.", "le, lt, eq or approx with direction down."
    if row["op"] in {"lt", "le"} and row["direction"] == "up" and kind == "reach":
        yield "op and direction contradict each other.", "ge, gt, eq or approx with direction up."
    if row["path"] == "compound" and not (baseline and target and baseline * target > 0):
        yield "a compound path needs a baseline and a target of one sign.", "both above zero, or both below."


def _wrong_way(direction: str, baseline: float, target: float) -> bool:
    return (direction == "up" and target < baseline) or (direction == "down" and target > baseline)


def two_baselines(ledger: Ledger) -> Iterator[Fault]:
    """Two targets of one indicator, area, date and basis start from different values."""
    table = ledger.tables["targets"]
    latest = {row_id: position for position, row_id in enumerate(table["id"])}
    seen: dict[tuple[str, ...], int] = {}
    for position in latest.values():
        if not table["baseline"][position]:
            continue
        key = tuple(table[name][position] for name in ("indicator", "scope", "tier", "zone", "baseline_year", "basis"))
        first = seen.setdefault(key, position)
        if _number(table["baseline"][first]) != _number(table["baseline"][position]):
            what = (
                f"two baselines: {table['baseline'][position]} here, {table['baseline'][first]} in row {table.rows[first]} "
                f"({table['id'][first]}) for '{key[0]}' at {key[4]}."
            )
            yield _fault(
                table, position, what, "one baseline for one indicator, area and date.", "correct one, or name the basis of each in `basis`"
            )


def path_points(ledger: Ledger) -> Iterator[Fault]:
    """A target with own points has none, points lie outside its period, or points stand where another path is declared."""
    targets, points = ledger.tables["targets"], ledger.tables["paths"]
    with_points = set(points["target"])
    for position, row_id in enumerate(targets["id"]):
        if targets["path"][position] in {"points", "steps"} and row_id not in with_points:
            yield _fault(
                targets, position, f"path is '{targets['path'][position]}' but paths.csv has no point for it.", todo="add its points"
            )
    for position, row_id in enumerate(points["target"]):
        if row_id not in targets.index:
            continue
        owner = targets.record(targets.index[row_id])
        if owner["path"] not in {"points", "steps"}:
            yield _fault(
                points,
                position,
                f"{row_id} follows the path '{owner['path'] or 'linear'}', so this point would be ignored.",
                "path points or steps.",
            )
        outside = _after(points["date"][position], owner["target_year"]) or (
            owner["baseline_year"] and _after(owner["baseline_year"], points["date"][position])
        )
        if outside:
            yield _fault(
                points,
                position,
                f"the date {points['date'][position]} lies outside the period of {row_id}.",
                f"{owner['baseline_year']} to {owner['target_year']}.",
            )


def units_that_differ(ledger: Ledger) -> Iterator[Fault]:
    """An actual is in a unit that cannot be turned into the unit of the targets it serves."""
    targets, actuals = ledger.tables["targets"], ledger.tables["actuals"]
    known = set(known_units())
    units: dict[str, str] = {}
    for indicator, unit in zip(targets["indicator"], targets["unit"], strict=True):
        units.setdefault(indicator, unit)
    verdict: dict[tuple[str, str], bool] = {}
    for position, pair in enumerate(zip(actuals["indicator"], actuals["unit"], strict=True)):
        wanted = units.get(pair[0])
        if not (wanted in known and pair[1] in known):
            continue
        if pair not in verdict:
            verdict[pair] = pair[1] == wanted or convertible(pair[1], wanted)
        if not verdict[pair]:
            yield _fault(
                actuals, position, f"unit '{pair[1]}' does not fit the target's '{wanted}' for '{pair[0]}'.", f"a unit like {wanted}."
            )


def actuals_that_conflict(ledger: Ledger) -> Iterator[Fault]:
    """A computed actual without the twin that gave it, or an actual that names a target of another indicator."""
    actuals, targets = ledger.tables["actuals"], ledger.tables["targets"]
    for position, origin in enumerate(actuals["origin"]):
        if origin == "computed" and not actuals["twin"][position]:
            yield _fault(
                actuals,
                position,
                "a computed value has no twin.",
                "the hash of the twin.",
                "import it with `parkcity plan CITY import --checkup`",
            )
    for position, row_id in enumerate(actuals["target"]):
        if row_id and row_id in targets.index and targets["indicator"][targets.index[row_id]] != actuals["indicator"][position]:
            wanted = targets["indicator"][targets.index[row_id]]
            yield _fault(actuals, position, f"indicator '{actuals['indicator'][position]}' but {row_id} is about '{wanted}'.", wanted)


def tasks_that_cannot_be_planned(ledger: Ledger) -> Iterator[Fault]:
    """Durations out of order, more than all done, unreadable or unknown resources."""
    table, resources = ledger.tables["tasks"], ledger.tables["resources"].index
    names = ("optimistic_days", "duration_days", "pessimistic_days", "percent_done", "needs")
    for position, cells in enumerate(zip(*(table[name] for name in names), strict=True)):
        if not any(cells):
            continue
        row = dict(zip(names, cells, strict=True))
        three = [_number(text) for text in cells[:3]]
        given = [value for value in three if value is not None]
        if given != sorted(given):
            what = f"durations {row['optimistic_days']}, {row['duration_days']}, {row['pessimistic_days']} are out of order."
            yield _fault(table, position, what, "optimistic ≤ duration ≤ pessimistic.")
        if row["optimistic_days"] and not row["pessimistic_days"]:
            yield _fault(table, position, "optimistic_days without pessimistic_days.", "both, or neither.")
        done = _number(row["percent_done"])
        if done is not None and not 0 <= done <= 100:
            yield _fault(table, position, f"percent_done is {row['percent_done']}.", "0 to 100.")
        for part in row["needs"].split():
            name, _, amount = part.partition("=")
            if name not in resources:
                yield _fault(table, position, f"resource '{name}' is missing.", "an id of resources.csv.", f"add '{name}' to resources.csv")
            elif not amount.isdecimal():
                yield _fault(table, position, f"resource need '{part}' cannot be read.", "name=whole number.")


def cycles(ledger: Ledger) -> Iterator[Fault]:
    """Tasks that wait for each other in a ring; every ring is named. Only what stands counts: an amended dependency is history."""
    table = current(ledger.tables["dependencies"], date.max, date.max)
    pairs = list(zip(table["predecessor"], table["task"], strict=True))
    place = ledger.tables["tasks"].index
    if all(place.get(before, 0) < place.get(after, -1) for before, after in pairs):
        # Every task stands below those that it waits for, as most plans are written: then no ring can close.
        return
    edges = dict(zip(pairs, range(len(table)), strict=True))
    for ring in find_cycles(pairs):
        position = edges[ring[-2], ring[-1]]
        yield _fault(table, position, f"the tasks wait for each other: {' → '.join(ring)}.", "no ring.", "remove one of these dependencies")


def find_cycles(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Rings of a directed graph, each as the ids along it with the first id repeated at the end.

    One ring for each edge that closes one in a depth-first search: without those edges the graph has no ring left.
    """
    following: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        following[source].append(target)
    rings: list[list[str]] = []
    done: set[str] = set()
    for start in list(following):
        if start in done:
            continue
        trail = {start: 0}
        stack = [iter(following[start])]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                done.add(trail.popitem()[0])
            elif step in trail:
                rings.append([*list(trail)[trail[step] :], step])
            elif step not in done:
                trail[step] = len(trail)
                stack.append(iter(following.get(step, ())))
    return rings


def evidence_without_object(ledger: Ledger) -> Iterator[Fault]:
    """Evidence that proves nothing, has nothing to show, or is called checked by nobody."""
    table = ledger.tables["evidence"]
    for position, row in enumerate(table):
        if not (row["target"] or row["task"] or row["milestone"]):
            yield _fault(table, position, "names neither target nor task nor milestone.", "at least one of them.")
        if bool(row["file"]) != bool(row["sha256"]) or (not row["file"] and not row["query"]):
            yield _fault(table, position, "has neither a file with its hash nor a query.", "file and sha256, or query.")
        if row["state"] in {"checked", "rejected"} and not (row["checked_by"] and row["checked_on"]):
            yield _fault(table, position, f"is {row['state']} but not said by whom and when.", "checked_by and checked_on.")
        if row["checked_by"] and row["checked_by"] == row["claimed_by"]:
            yield _fault(table, position, "is checked by the office that claims it.", "another office.")


def objects_without_anchor(ledger: Ledger) -> Iterator[Fault]:
    """Milestones, risks, supervision items, reviews and effects belong to something."""
    anchors = {
        "milestones": ("commitment", "task", "target"),
        "risks": ("target", "task"),
        "supervision": ("target", "task"),
        "reviews": ("article", "target", "task"),
    }
    for name, columns in anchors.items():
        table = ledger.tables[name]
        for position, row in enumerate(table):
            if not any(row[column] for column in columns):
                yield _fault(table, position, f"names none of {', '.join(columns)}.", "at least one of them.")
    effects = ledger.tables["effects"]
    for position, row in enumerate(effects):
        # What better data or another method changed has no task; what is real or expected has a cause that can be named.
        if (row["part"] == "real" or row["state"] == "expected") and not (row["task"] or row["scenario"]):
            yield _fault(effects, position, "names none of task, scenario.", "at least one of them.")


def reviews_without_change(ledger: Ledger) -> Iterator[Fault]:
    """A change that a review names stands in the table of changes, and the review decided to make one."""
    table, changes = ledger.tables["reviews"], ledger.tables["changes"].index
    for position, row in enumerate(table):
        if row["change"] and row["change"] not in changes:
            yield _fault(table, position, f"change '{row['change']}' is missing.", "an id of changes.csv.", "make the edit, then name it")
        if row["change"] and row["decision"] in {"keep", "watch"}:
            yield _fault(table, position, f"decides '{row['decision']}' but names a change.", "amend or withdraw with a change.")


def closures(ledger: Ledger) -> Iterator[Fault]:
    """A supervision item is closed by its supervisor, not by its owner, and with a date."""
    table = ledger.tables["supervision"]
    for position, row in enumerate(table):
        if bool(row["closed_on"]) != bool(row["closed_by"]):
            yield _fault(table, position, "closed_on and closed_by do not stand together.", "both, or neither.")
        elif row["closed_by"] and row["closed_by"] != row["supervisor"]:
            yield _fault(table, position, f"is closed by '{row['closed_by']}'.", f"only by its supervisor '{row['supervisor']}'.")


CHECKS: tuple[Callable[[Ledger], Iterator[Fault]], ...] = (
    unknown_references,
    repeated_versions,
    changes_that_cannot_be_read,
    dates_that_contradict,
    targets_that_cannot_be_scored,
    two_baselines,
    path_points,
    units_that_differ,
    actuals_that_conflict,
    tasks_that_cannot_be_planned,
    cycles,
    evidence_without_object,
    objects_without_anchor,
    closures,
    reviews_without_change,
)
