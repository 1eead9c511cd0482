"""Age and sex of the residents of every cell where several tables know a part of it: iterative proportional fitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, FaultList
from parkcity.sense.spread import TierMargin, fit_tiers

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.spec import CitySpec, MarginSpec
    from parkcity.sense.raw import Raw

    Floats = NDArray[np.float64]
    Band = tuple[int, int]

SEXES = ("female", "male")
LAST_AGE = 200
_OPEN_YEARS = 100


@dataclass(frozen=True)
class Made:
    """How the residents of every cell are made up.

    The age bands (first and last year), the sexes (one empty text where no table knows them), and their shares float64
    [cells, bands, sexes], adding up to 1 in every cell.
    """

    bands: list[Band]
    sexes: tuple[str, ...]
    shares: Floats
    remarks: list[str]


@dataclass(frozen=True)
class _Class:
    """One column of a table of margins: a sex (empty: both) and an age band."""

    sex: str
    band: Band


def make_up(
    spec: CitySpec,
    raws: dict[str, Raw],
    zones: gpd.GeoDataFrame,
    members: dict[str, NDArray[np.int32]],
    counts: Floats,
    parse: Callable[[str], Band],
) -> Made:
    """Fit age and sex to all margins of `[[people.margins]]`; each is scaled to the residents of its zones first.

    Raises `InputError` with every fault of every margin: unknown columns, bands with gaps, zones without a row.
    """
    faults = FaultList()
    read = [_classes(spec, number, margin, parse, faults) for number, margin in enumerate(spec.people.margins, start=1)]
    faults.check()
    tables = [_values(spec, raws, zones, members, margin, faults) for margin in spec.people.margins]
    faults.check()
    bands = _common_bands([item.band for classes in read for item in classes])
    sexes = SEXES if any(item.sex for classes in read for item in classes) else ("",)
    # Cells in the same zones of all tiers are made up alike, so that each combination is fitted once.
    stacked = np.column_stack([members[margin.tier] for margin in spec.people.margins])
    combos, combo = np.unique(stacked, axis=0, return_inverse=True)
    combo = combo.ravel()
    totals = np.bincount(combo, counts, minlength=len(combos)).astype(np.float64)
    margins = [_margin(combos[:, column], totals, tables[column], read[column], bands, sexes) for column in range(len(read))]
    years = np.array([min(last, max(_OPEN_YEARS, first)) - first + 1 for first, last in bands], float)
    seed = np.tile(np.repeat(years, len(sexes)), (len(combos), 1))
    fit = fit_tiers(np.maximum(totals, 0.0), seed, [margin for margin in margins if margin is not None])
    values = np.where(totals[:, None] > 0, fit.values, seed)
    shares = (values / values.sum(axis=1, keepdims=True))[combo].reshape(len(counts), len(bands), len(sexes))
    names = ", ".join(f"{margin.source} by {margin.tier}" for margin in spec.people.margins)
    remark = (
        f"age and sex fitted to {len(read)} margins ({names}) in {fit.rounds} rounds; the largest miss is {fit.gap:.2e} of all residents"
    )
    return Made(bands, sexes, shares, [remark])


def _classes(spec: CitySpec, number: int, margin: MarginSpec, parse: Callable[[str], Band], faults: FaultList) -> list[_Class]:
    where = f"{spec.folder / 'city.toml'}, [[people.margins]] number {number}"
    found: list[_Class] = []
    for text in margin.columns:
        words = text.split()
        sex = words[0] if words and words[0] in SEXES else ""
        rest = words[1:] if sex else words
        if len(rest) > 1 or (not sex and not rest):
            faults.add(where, f"'{text}' is neither an age band nor a sex.", allowed="5-9, 85+, female, male, or female 5-9.")
            continue
        try:
            found.append(_Class(sex, parse(rest[0]) if rest else (0, LAST_AGE)))
        except ValueError as error:
            faults.add(where, f"{error}.")
    sexes = {item.sex for item in found}
    if sexes not in ({""}, set(SEXES)):
        faults.add(where, "the columns do not cover everybody.", allowed="columns for all persons, or for both female and male.")
    for sex in sorted(sexes):
        bands = sorted(item.band for item in found if item.sex == sex)
        if not _tile(bands):
            faults.add(
                where,
                "the age bands" + (f" of '{sex}'" if sex else "") + " have gaps or overlaps.",
                allowed="from 0 on, the last open.",
            )
    return found


def _tile(bands: list[Band]) -> bool:
    following = [first for first, _ in bands[1:]]
    return bool(bands) and bands[0][0] == 0 and bands[-1][1] == LAST_AGE and [last + 1 for _, last in bands[:-1]] == following


def _common_bands(bands: list[Band]) -> list[Band]:
    """The coarsest bands of which every given band is made up."""
    starts = sorted({first for first, _ in bands})
    return list(zip(starts, [*(start - 1 for start in starts[1:]), LAST_AGE], strict=True))


def _values(
    spec: CitySpec,
    raws: dict[str, Raw],
    zones: gpd.GeoDataFrame,
    members: dict[str, NDArray[np.int32]],
    margin: MarginSpec,
    faults: FaultList,
) -> Floats:
    """The table of a margin in the order of the tier's zones [zones, classes]; zones without cells may lack a row (zeros)."""
    table = raws[margin.source].frame
    assert table is not None
    where = str(spec.path(spec.source(margin.source)))
    tier_zones = zones[zones["tier"] == margin.tier].reset_index(drop=True)
    out = np.zeros((len(tier_zones), len(margin.columns)))
    missing = [name for name in (margin.key, *margin.columns.values()) if name not in table.columns]
    for name in missing:
        faults.add(where, f"there is no column '{name}'.", allowed=f"{', '.join(map(str, table.columns))}.")
    if missing:
        return out
    numbers = np.stack([pd.to_numeric(table[column], errors="coerce").to_numpy(float) for column in margin.columns.values()], axis=1)
    bad = ~np.all(np.isfinite(numbers) & (numbers >= 0), axis=1)
    for row in np.nonzero(bad)[0][:5].tolist():
        faults.add(
            where, f"zone '{table[margin.key].iloc[row]}' has a number that is missing or negative.", allowed="0 or more.", row=row + 2
        )
    row_of = {str(key): row for row, key in enumerate(table[margin.key])}
    used = np.bincount(members[margin.tier][members[margin.tier] >= 0], minlength=len(tier_zones)) > 0
    for number, zone in tier_zones.iterrows():
        place = int(str(number))
        found = [row_of[str(zone[name])] for name in ("code", "id", "name_zh") if str(zone[name]) in row_of]
        if found:
            out[place] = np.nan_to_num(numbers[found[0]])
        elif used[place]:
            faults.extend([Fault(where, f"the table lacks the zone '{zone['id']}' ({zone['code']}).", "every zone with cells.")])
    return out


def _margin(
    member: NDArray[np.int32], totals: Floats, table: Floats, classes: list[_Class], bands: list[Band], sexes: tuple[str, ...]
) -> TierMargin | None:
    """A margin in persons: every zone's row scaled to its residents. Rows that know nothing (all zero) are left free."""
    kind = np.full((len(bands), len(sexes)), -1, np.int64)
    for number, item in enumerate(classes):
        rows = [row for row, (first, last) in enumerate(bands) if first >= item.band[0] and last <= item.band[1]]
        columns = [column for column, sex in enumerate(sexes) if item.sex in {"", sex}]
        kind[np.ix_(rows, columns)] = number
    inside = member >= 0
    residents = np.bincount(member[inside], totals[inside], minlength=len(table))
    known = table.sum(axis=1)
    wanted = table * np.divide(residents, known, out=np.zeros(len(table)), where=known > 0)[:, None]
    if bool(np.any((residents > 0) & (known <= 0))) or not bool(inside.all()):
        # A zone without numbers, and cells in no zone, take the mean of the others.
        mean = wanted.sum(axis=0) / max(wanted.sum(), 1e-300)
        wanted = np.where(((known <= 0) & (residents > 0))[:, None], residents[:, None] * mean, wanted)
        outer = float(totals[~inside].sum())
        wanted = np.vstack([wanted, outer * mean])
        return TierMargin(np.where(inside, member, len(table)).astype(np.int64), kind.ravel(), wanted)
    return TierMargin(member.astype(np.int64), kind.ravel(), wanted)
