"""How well off residents are, by cell: income, or an index of deprivation turned round so that more is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.spec import CELL
from parkcity.twin.zones import of_tier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.base.spec import IncomeSpec
    from parkcity.twin.counts import Ground

    Floats = NDArray[np.float64]


def build_income(ground: Ground) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The layer `income`: `rank_by` float64 [cells], higher is better off, NaN where it is not known; meta: `known` cells, `higher`.

    A table by zone gives each of its cells the zone's value. Raises `InputError` with every fault of the columns and numbers.
    """
    spec = ground.spec.income
    assert spec is not None
    source = ground.spec.source(spec.source)
    table = ground.raws[source.id].frame
    assert table is not None
    where = str(ground.spec.path(source))
    if source.layer not in {"cells", "zone_table"}:
        allowed = "a source of the layer cells or zone_table."
        raise InputError(Fault(str(ground.spec.folder / "city.toml"), f"[income] source '{source.id}' is {source.layer}.", allowed))
    _check_keys(spec, ground, table, where, table_wanted=source.layer == "zone_table")
    values = _numbers(table, spec.column, where)
    if source.layer == "zone_table":
        values = _by_key(ground, spec, table[spec.key].astype(str).to_numpy(), values, where)
    rank = values if spec.higher == "better" else -values
    return {"rank_by": rank}, {"known": int(np.isfinite(rank).sum()), "higher": spec.higher}


def _check_keys(spec: IncomeSpec, ground: Ground, table: pd.DataFrame, where: str, *, table_wanted: bool) -> None:
    faults = FaultList()
    toml = ground.spec.folder / "city.toml"
    for option in ("key", "tier"):
        stated = bool(getattr(spec, option))
        if stated != table_wanted:
            what = f"[income] {'lacks' if table_wanted else 'states'} `{option}`, and its source '{spec.source}' is "
            faults.add(toml, what + ("a table of zones." if table_wanted else "no table of zones."), todo=f"correct `{option}`")
    for column in (spec.column, *([spec.key] if table_wanted and spec.key else [])):
        if column not in table.columns:
            have = ", ".join(str(name) for name in table.columns if name != "geometry")
            faults.add(where, f"there is no column '{column}'.", allowed=f"{have}.")
    faults.check()


def _numbers(table: pd.DataFrame, column: str, where: str) -> Floats:
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
    empty = table[column].isna().to_numpy() | (table[column].astype(str).str.strip() == "").to_numpy()
    faults = FaultList()
    for row in np.nonzero(~np.isfinite(values) & ~empty)[0][:5].tolist():
        faults.add(where, f"'{column}' is '{table[column].iloc[row]}'.", allowed="a number, or nothing.", row=row + 2)
    faults.check()
    return values


def _by_key(ground: Ground, spec: IncomeSpec, keys: NDArray[Any], values: Floats, where: str) -> Floats:
    """Values by key brought onto the cells: each cell has its own row's, or its zone's; NaN without a row."""
    if spec.tier == CELL:
        row_of = {name: row for row, name in enumerate(ground.cells["id"])}
        member, count = np.arange(len(ground.cells)), len(ground.cells)
    else:
        zones = of_tier(ground.zones, spec.tier)
        row_of = {str(name): row for column in ("name_zh", "id", "code") for row, name in enumerate(zones[column])}
        member, count = ground.members[spec.tier].astype(np.int64), len(zones)
    rows = np.array([row_of.get(key, -1) for key in keys], np.int64)
    if not (rows >= 0).any():
        raise InputError(
            Fault(where, f"column '{spec.key}' names nothing of '{spec.tier}' ('{keys[0]}').", f"{', '.join(list(row_of)[:5])}.")
        )
    held = np.full(count, np.nan)
    held[rows[rows >= 0]] = values[rows >= 0]
    return np.where(member >= 0, held[np.maximum(member, 0)], np.nan)
