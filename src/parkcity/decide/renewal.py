"""A list of estates and blocks to renew, worst first, by declared criteria and weights, with reasons and how firm each rank is.

What counts as worst is declared in a TOML file beside the data: columns of a table (age, risk), indicators of the registry measured in the
cell that holds a block (accessibility), norms that the cell fails (lacks), and residents. Nothing is weighted in secret.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.decide.operators.rank import drawn_ranks, ranks, weighted_scores, worst_is_one
from parkcity.insight.registry import INDICATORS
from parkcity.standards import parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.base.words import Lang
    from parkcity.decide.compare import Baseline
    from parkcity.decide.projects import Project

    Floats = NDArray[np.float64]

_HEAD = {"file", "id", "lon", "lat", "name", "residents", "least_residents"}
_CRITERION = {"id", "name_zh", "name_en", "unit", "weight", "worse", "column", "indicator", "measure"}
_PROJECT = {"cost", "years", "owner", "effects", "target_each"}
_MEASURES = ("residents", "lacks")


def _standard(name: str) -> float:
    return parameter("renewal_parameters", name).number


@dataclass(frozen=True)
class Criterion:
    """What makes a block worse: a `column` of the table, an `indicator` of its cell, or a `measure` (residents, lacks); weight above 0."""

    id: str
    weight: float
    high_is_worse: bool
    column: str = ""
    indicator: str = ""
    measure: str = ""
    name_zh: str = ""
    name_en: str = ""
    unit: str = ""

    def name(self, lang: Lang) -> str:
        """The name in a language, or the id."""
        return (self.name_zh if lang == "zh" else self.name_en) or self.id


@dataclass(frozen=True)
class Renewal:
    """A declared renewal list: its table, its criteria, and what a renewal would cost and bring."""

    where: Path
    file: Path
    columns: Mapping[str, str]
    least_residents: float
    criteria: tuple[Criterion, ...]
    project: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """One block: rank, score (0 best to 1 worst), values and scaled values by criterion, and how firm its rank is.

    `low` and `high` are the 5th and 95th percentile of its rank under moved weights, `top` the share in which it is among the first.
    """

    rank: int
    id: str
    name: str
    lon: float
    lat: float
    zone: str
    residents: float
    score: float
    values: Mapping[str, float]
    scaled: Mapping[str, float]
    worse_than: Mapping[str, float]
    low: int
    high: int
    top: float

    @property
    def firm(self) -> bool:
        """Is the block among the first whatever the weights, nearly always?"""
        return self.top >= _standard("top.share")

    def row(self) -> dict[str, Any]:
        """The block as a flat row."""
        head = {name: getattr(self, name) for name in ("rank", "id", "name", "lon", "lat", "zone", "residents", "score")}
        return {**head, "rank_low": self.low, "rank_high": self.high, "top_share": self.top, **self.values}


@dataclass(frozen=True)
class RenewalList:
    """The blocks, worst first; `first` is the number that counts as the top; `unknown` how many blocks lack each criterion."""

    blocks: tuple[Block, ...]
    first: int
    criteria: tuple[Criterion, ...]
    unknown: Mapping[str, int]
    spread: float
    draws: int

    @property
    def firm_share(self) -> float:
        """Share of the first blocks that are among the first nearly whatever the weights."""
        top = self.blocks[: self.first]
        return sum(block.firm for block in top) / max(len(top), 1)


def load_renewal(path: Path) -> Renewal:
    """Read a declared renewal list. Raises `InputError` with every fault of its form."""
    if not path.is_file():
        raise InputError(Fault(str(path), "there is no such file.", todo="name a renewal list (TOML)"))
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(Fault(str(path), f"this is not TOML: {error}.")) from None
    faults = FaultList()
    head, entries, project = document.get("renewal", {}), document.get("criteria", []), document.get("project", {})
    for where, given, known in (
        ("the file", document, {"renewal", "criteria", "project"}),
        ("[renewal]", head, _HEAD),
        ("[project]", project, _PROJECT),
    ):
        for key in set(given) - known:
            faults.add(path, f"unknown key '{key}' in {where}.", allowed=f"{', '.join(sorted(known))}.")
    for key in ("file", "id", "lon", "lat"):
        if not isinstance(head.get(key), str):
            faults.add(path, f"[renewal] does not say '{key}'.", allowed="a text: the file, or the column of the table.")
    criteria = tuple(_criterion(entry, number, path, faults) for number, entry in enumerate(entries, start=1))
    if not entries:
        faults.add(path, "there is no criterion.", allowed="one or more tables [[criteria]].")
    if not set(project) <= {"cost"} and "cost" not in project:
        faults.add(path, "[project] does not say 'cost'.", allowed="yuan for one block, or the name of a column.")
    faults.check()
    columns = {key: str(head[key]) for key in ("id", "lon", "lat", "name", "residents") if key in head}
    least = float(head.get("least_residents", 0))
    return Renewal(path, path.parent / head["file"], columns, least, tuple(item for item in criteria if item is not None), project)


def _criterion(entry: Mapping[str, Any], number: int, path: Path, faults: FaultList) -> Criterion | None:
    before = len(faults.faults)

    def fault(what: str, allowed: str) -> None:
        faults.add(path, what, allowed=allowed, row=number)

    for key in set(entry) - _CRITERION:
        fault(f"unknown key '{key}' in [[criteria]].", f"{', '.join(sorted(_CRITERION))}.")
    weight = entry.get("weight")
    if not isinstance(weight, int | float) or isinstance(weight, bool) or not weight > 0:
        fault(f"'weight' is {weight!r}.", "a number above 0.")
    if entry.get("worse") not in {"high", "low"}:
        fault(f"'worse' is {entry.get('worse')!r}.", "high or low.")
    sources = [key for key in ("column", "indicator", "measure") if key in entry]
    if len(sources) != 1:
        fault("a criterion needs one source.", "exactly one of column, indicator, measure.")
    if "measure" in entry and entry["measure"] not in _MEASURES:
        fault(f"'measure' is {entry['measure']!r}.", f"{', '.join(_MEASURES)}.")
    if "indicator" in entry and entry["indicator"] not in INDICATORS:
        fault(f"there is no indicator '{entry['indicator']}'.", "an id of `parkcity indicators`.")
    if not isinstance(entry.get("id"), str):
        fault("a criterion needs an id.", "a text.")
    if len(faults.faults) > before:
        return None
    texts = {key: str(entry[key]) for key in ("column", "indicator", "measure", "name_zh", "name_en", "unit") if key in entry}
    return Criterion(entry["id"], float(entry["weight"]), entry["worse"] == "high", **texts)


def renewal_list(base: Baseline, renewal: Renewal, first: int = 20, seed: int = 0) -> RenewalList:
    """Rank the blocks of a declared list. Raises `InputError` on a table that does not hold what is declared."""
    table = _table(renewal)
    twin = base.twin
    cell = _nearest_cell(base, table["lon"].to_numpy(float), table["lat"].to_numpy(float))
    people = table["residents"].to_numpy(float) if "residents" in table else twin.residents()[cell]
    keep = np.flatnonzero(people >= renewal.least_residents)
    table, cell, people = table.iloc[keep].reset_index(drop=True), cell[keep], people[keep]
    if not len(table):
        raise InputError(Fault(str(renewal.file), f"no block has {renewal.least_residents:,.0f} residents or more."))
    values = np.column_stack([_values(base, item, table, cell, people) for item in renewal.criteria])
    low, high = _standard("scale.low"), _standard("scale.high")
    worse = [item.high_is_worse for item in renewal.criteria]
    scaled = np.column_stack([worst_is_one(values[:, n], low, high, high_is_worse=flag) for n, flag in enumerate(worse)])
    weights = np.array([item.weight for item in renewal.criteria])
    score = weighted_scores(scaled, weights)
    spread, draws = _standard("weights.spread"), round(_standard("weights.draws"))
    moved = drawn_ranks(scaled, weights, spread, draws, seed)
    tier = twin.spec.area_tier
    zones, member = twin.tier_zones(tier)["id"].to_numpy(), twin.member(tier)[cell]
    names = [item.id for item in renewal.criteria]
    over = np.column_stack([_share_below(values[:, n], high_is_worse=flag) for n, flag in enumerate(worse)])
    blocks = []
    order = ranks(score)
    for row in np.argsort(order):
        quantiles = np.quantile(moved[:, row], [0.05, 0.95])
        mine = table.iloc[row]
        blocks.append(
            Block(
                int(order[row]),
                str(mine["id"]),
                str(mine["name"]) if "name" in table else "",
                float(mine["lon"]),
                float(mine["lat"]),
                str(zones[member[row]]) if member[row] >= 0 else "",
                float(people[row]),
                float(score[row]),
                dict(zip(names, values[row].tolist(), strict=True)),
                dict(zip(names, scaled[row].tolist(), strict=True)),
                dict(zip(names, over[row].tolist(), strict=True)),
                int(np.floor(quantiles[0])),
                int(np.ceil(quantiles[1])),
                float((moved[:, row] <= first).mean()),
            )
        )
    unknown = {name: int((~np.isfinite(values[:, n])).sum()) for n, name in enumerate(names)}
    return RenewalList(tuple(blocks), min(first, len(blocks)), renewal.criteria, unknown, spread, draws)


def _table(renewal: Renewal) -> pd.DataFrame:
    from parkcity.base.tables import Column, Schema, read_csv

    table, _ = read_csv(renewal.file)
    columns = renewal.columns
    numbers = [item.column for item in renewal.criteria if item.column]
    cost = renewal.project.get("cost")
    numbers += [cost] if isinstance(cost, str) else []
    wanted = [
        Column(columns["id"]),
        Column(columns["lon"], "number", "degrees", -180, 180),
        Column(columns["lat"], "number", "degrees", -90, 90),
    ]
    wanted += [Column(name, "number", nullable=True) for name in dict.fromkeys(numbers)]
    if "residents" in columns and columns["residents"] not in numbers:
        wanted.append(Column(columns["residents"], "number", "persons", 0))
    checked, faults = Schema(tuple(wanted)).check(table, str(renewal.file))
    if "name" in columns and columns["name"] not in table.columns:
        faults.append(Fault(str(renewal.file), f"there is no column '{columns['name']}'.", f"{', '.join(map(str, table.columns))}."))
    FaultList(list(faults)).check()
    for key, column in columns.items():
        checked[key] = checked[column]
    return checked


def _nearest_cell(base: Baseline, lon: Floats, lat: Floats) -> NDArray[np.int64]:
    from scipy.spatial import cKDTree

    cells = base.twin.cells
    x, y = base.twin.projection.forward(lon, lat)
    found = cKDTree(np.column_stack([cells["x"], cells["y"]])).query(np.column_stack([x, y]))[1]
    return np.asarray(found, np.int64)


def _values(base: Baseline, item: Criterion, table: pd.DataFrame, cell: NDArray[np.int64], people: Floats) -> Floats:
    if item.column:
        return table[item.column].to_numpy(float)
    if item.measure == "residents":
        return people
    if item.measure == "lacks":
        return _lacks(base)[cell]
    measured = base.measured(INDICATORS.get(item.indicator), "all")
    if measured is None:
        from parkcity.base.errors import MissingLayerError
        from parkcity.insight.run import missing_needs

        raise MissingLayerError(item.indicator, missing_needs(INDICATORS.get(item.indicator), base.twin))
    values = measured.cell_values()[cell]
    return np.where(np.isfinite(values), values, np.nan)


def _lacks(base: Baseline) -> Floats:
    """How many norms with a distance each cell fails, [cells]."""
    from parkcity.insight.gaps import is_norm
    from parkcity.insight.operators.coverage import within
    from parkcity.insight.run import computable

    count = np.zeros(len(base.twin.cells))
    for item in computable(base.twin):
        measured = base.measured(item, "all") if item.limit_m is not None else None
        if measured is not None and is_norm(measured):
            assert item.limit_m is not None
            count += ~within(base.inputs().distance_m(str(item.inputs["distance_m"].args["class_id"])), item.limit_m)
    return count


def _share_below(values: Floats, *, high_is_worse: bool) -> Floats:
    """For every block the share of the others that are better by a criterion."""
    known = np.sort(values[np.isfinite(values)])
    if not len(known):
        return np.full(len(values), np.nan)
    below = np.searchsorted(known, values, side="left") if high_is_worse else len(known) - np.searchsorted(known, values, side="right")
    return np.where(np.isfinite(values), below / max(len(known) - 1, 1), np.nan)


def renewal_projects(renewal: Renewal, found: RenewalList, base: Baseline) -> list[Project]:
    """The first blocks as projects of a programme: cost and effects as the list declares them."""
    from parkcity.decide.projects import Project

    given = renewal.project
    if "cost" not in given:
        todo = "add [project] with cost (yuan for one block, or a column) and effects (target=amount for one block)"
        raise InputError(Fault(str(renewal.where), "the list does not say what a renewal costs.", todo=todo))
    cost_of = _costs(renewal) if isinstance(given["cost"], str) else {}
    effects = _pairs(str(given.get("effects", "")), renewal.where)
    zones = set(base.twin.tier_zones(base.twin.spec.area_tier)["id"])
    projects = []
    for block in found.blocks[: found.first]:
        cost = cost_of.get(block.id, float("nan")) if cost_of else float(given["cost"])
        if not cost >= 0:
            raise InputError(Fault(str(renewal.file), f"block '{block.id}' has no cost.", "yuan, 0 or more."))
        name = block.name or block.id
        zone = block.zone if block.zone in zones else ""
        years, owner = int(given.get("years", 1)), str(given.get("owner", ""))
        brings = {
            target: amount * (block.residents if given.get("target_each") == "residents" else 1.0) for target, amount in effects.items()
        }
        texts = (f"更新{name}", f"Renew {name}")
        projects.append(
            Project(f"renew-{block.id}", "renew", *texts, cost, years, owner=owner, zone=zone, land=f"block-{block.id}", effects=brings)
        )
    return projects


def _costs(renewal: Renewal) -> dict[str, float]:
    table = _table(renewal)
    return dict(zip(table["id"].astype(str), table[str(renewal.project["cost"])].to_numpy(float).tolist(), strict=True))


def _pairs(text: str, where: Path) -> dict[str, float]:
    faults, found = FaultList(), dict[str, float]()
    for part in text.split():
        target, _, amount = part.partition("=")
        try:
            found[target] = float(amount)
        except ValueError:
            faults.add(where, f"'effects' holds '{part}'.", allowed="target=amount, separated by spaces.")
    faults.check()
    return found


def reasons(block: Block, criteria: Sequence[Criterion], count: int = 3) -> list[Criterion]:
    """The criteria that weigh most in a block's score, heaviest first."""
    known = [item for item in criteria if np.isfinite(block.scaled[item.id]) and block.scaled[item.id] > 0]
    return sorted(known, key=lambda item: -item.weight * block.scaled[item.id])[:count]
