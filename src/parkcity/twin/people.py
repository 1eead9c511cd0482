"""Residents by cell and age band. Totals are conserved exactly: a cell's bands sum to its residents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.twin.counts import Ask, Ground, count
from parkcity.twin.margins import LAST_AGE, make_up

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.spec import CitySpec
    from parkcity.sense.raw import Raw

_BAND = re.compile(r"(\d+)(?:-(\d+)|\+)")
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
PERIODS = ("night", "day")


def parse_band(text: str) -> tuple[int, int]:
    """First and last year of an age band; an open band ends at 200.

    >>> parse_band("5-9"), parse_band("85+")
    ((5, 9), (85, 200))
    """
    match = _BAND.fullmatch(text.strip())
    if match is None:
        msg = f"'{text}' is not an age band; allowed: 5-9 or 85+"
        raise ValueError(msg)
    return int(match[1]), int(match[2]) if match[2] else 200


def band_text(band: tuple[int, int]) -> str:
    """An age band as text; one that ends at 200 is open.

    >>> band_text((5, 9)), band_text((85, 200))
    ('5-9', '85+')
    """
    first, last = band
    return f"{first}+" if last >= LAST_AGE else f"{first}-{last}"


def build_people(ground: Ground) -> tuple[dict[str, NDArray[Any]], dict[str, Any], list[str]]:
    """Counts [cells, bands] for night and day, those of each sex where it is known (`night_female` and so on), the bands, and remarks.

    Whole numbers stay whole: int64 where the source counts whole persons, float64 otherwise. What the source counts beyond
    the study area stands in the meta as `outside`; `method` says how counts came onto the cells.
    """
    spec, raws, zones, members = ground.spec, ground.raws, ground.zones, ground.members
    people = spec.people
    periods = [period for period in PERIODS if getattr(people, period)]
    columns = tuple(getattr(people, period) for period in periods)
    counted = count(Ask("[people]", "persons", people.source, columns, people.key, people.tier, people.spread), ground)
    remarks = list(counted.remarks)
    counts = dict(zip(periods, counted.by_cell.T, strict=True))
    if people.control_source:
        counts["night"] = _controlled(spec, raws, zones, members, counts["night"], remarks)
    bands, sexes, shares = _made_up(spec, raws, zones, members, counts["night"], remarks)
    arrays: dict[str, NDArray[Any]] = {}
    meta: dict[str, Any] = {"bands": bands, "sexes": list(sexes), "totals": {}, "method": counted.method}
    meta["outside"] = dict(zip(periods, map(float, counted.outside), strict=True))
    for period, total in counts.items():
        whole = bool(np.all(total == np.round(total)))
        flat = shares.reshape(len(total), -1)
        split = spread_whole(total.astype(np.int64), flat) if whole else spread_real(total, flat)
        parts = split.reshape(shares.shape)
        arrays[period] = parts.sum(axis=2)
        arrays |= {f"{period}_{sex}": parts[:, :, column] for column, sex in enumerate(sexes) if sex}
        meta["totals"][period] = float(total.sum())
    if people.compare_source:
        meta["compared"] = _compared(spec, raws, zones, members, counts["night"])
    return arrays, meta, remarks


def _made_up(
    spec: CitySpec,
    raws: dict[str, Raw],
    zones: gpd.GeoDataFrame,
    members: dict[str, NDArray[np.int32]],
    counts: NDArray[np.float64],
    remarks: list[str],
) -> tuple[list[str], tuple[str, ...], NDArray[np.float64]]:
    """Age bands, sexes (one empty text where unknown) and their shares [cells, bands, sexes]."""
    if not spec.people.margins:
        bands, shares = _shares(spec, raws, zones, members, remarks)
        return bands, ("",), shares[:, :, None]
    if spec.people.age_source:
        where = str(spec.folder / "city.toml")
        raise InputError(Fault(where, "[people] states both `age_source` and `margins`.", "one of them.", "make the ages a margin"))
    made = make_up(spec, raws, zones, members, counts, parse_band)
    remarks += made.remarks
    return [band_text(band) for band in made.bands], made.sexes, made.shares


def _shares(
    spec: CitySpec, raws: dict[str, Raw], zones: gpd.GeoDataFrame, members: dict[str, NDArray[np.int32]], remarks: list[str]
) -> tuple[list[str], NDArray[np.float64]]:
    """Age bands in order, and their share in every cell [cells, bands]."""
    people = spec.people
    cells = len(next(iter(members.values())))
    if not people.age_source:
        return ["0+"], np.ones((cells, 1))
    table = raws[people.age_source].frame
    assert table is not None
    where = str(spec.path(spec.source(people.age_source)))
    bands = sorted(people.age_bands, key=parse_band)
    _check_bands(bands, spec)
    rows = _rows_of_zones(table, people.age_key, people.age_tier, zones, members, where)
    faults = FaultList()
    values = np.zeros((len(table), len(bands)))
    for position, band in enumerate(bands):
        column = people.age_bands[band]
        if column not in table.columns:
            faults.add(where, f"there is no column '{column}' for the ages {band}.", allowed=f"{', '.join(table.columns)}.")
            continue
        values[:, position] = pd.to_numeric(table[column], errors="coerce")
    faults.check()
    used = values[np.unique(rows)]
    if not np.all(np.isfinite(used) & (used >= 0)):
        raise InputError(Fault(where, "an age share is missing or negative.", "shares of 0 or more in every used row."))
    sums = used.sum(axis=1)
    if np.abs(sums - 1).max() > 0.01:
        raise InputError(Fault(where, f"age shares add up to {sums.min():.3f} to {sums.max():.3f}.", "1 within 0.01.", "check `age_bands`"))
    remarks.append(f"age shares of {len(used)} zones add up to {sums.min():.4f} to {sums.max():.4f} and are scaled to 1")
    return bands, (values / values.sum(axis=1, keepdims=True))[rows]


def _check_bands(bands: list[str], spec: CitySpec) -> None:
    where = str(spec.folder / "city.toml")
    try:
        limits = [parse_band(band) for band in bands]
    except ValueError as error:
        raise InputError(Fault(where, f"[people.age_bands]: {error}.")) from None
    following = [first for first, _ in limits[1:]]
    if not limits or limits[0][0] != 0 or [last + 1 for _, last in limits[:-1]] != following:
        raise InputError(Fault(where, "[people.age_bands] has gaps or overlaps.", "bands that follow one another from 0 on."))


def _rows_of_zones(
    table: pd.DataFrame, key: str, tier: str, zones: gpd.GeoDataFrame, members: dict[str, NDArray[np.int32]], where: str
) -> NDArray[np.int64]:
    """For every cell the row of a zone table that holds its zone, found by code, id or name."""
    if key not in table.columns:
        raise InputError(Fault(where, f"there is no column '{key}'.", f"{', '.join(table.columns)}."))
    row_of = {str(text): row for row, text in enumerate(table[key])}
    tier_zones = zones[zones["tier"] == tier].reset_index(drop=True)
    rows = []
    for number, zone in tier_zones.iterrows():
        found = [row_of[name] for name in (zone["code"], zone["id"], zone["name_zh"]) if name in row_of]
        if not found and bool((members[tier] == number).any()):
            raise InputError(Fault(where, f"the table lacks the zone '{zone['id']}' ({zone['code']}).", "every zone with cells."))
        rows.append(found[0] if found else -1)
    return np.asarray(np.array(rows, np.int64)[members[tier]])


def _compared(
    spec: CitySpec, raws: dict[str, Raw], zones: gpd.GeoDataFrame, members: dict[str, NDArray[np.int32]], counts: NDArray[np.float64]
) -> list[dict[str, Any]]:
    """Residents of every zone beside its official total, which changes nothing."""
    people = spec.people
    table = raws[people.compare_source].frame
    assert table is not None
    where = str(spec.path(spec.source(people.compare_source)))
    rows = _rows_of_zones(table, people.compare_key, people.age_tier, zones, members, where)
    if people.compare_column not in table.columns:
        raise InputError(Fault(where, f"there is no column '{people.compare_column}'.", f"{', '.join(table.columns)}."))
    totals = pd.to_numeric(table[people.compare_column], errors="coerce").to_numpy(float)
    ids = zones[zones["tier"] == people.age_tier]["id"].to_numpy()
    member = members[people.age_tier]
    return [
        {"zone": str(ids[zone]), "residents": float(counts[member == zone].sum()), "official": float(totals[rows[member == zone][0]])}
        for zone in np.unique(member[member >= 0])
    ]


def _controlled(
    spec: CitySpec,
    raws: dict[str, Raw],
    zones: gpd.GeoDataFrame,
    members: dict[str, NDArray[np.int32]],
    counts: NDArray[np.float64],
    remarks: list[str],
) -> NDArray[np.float64]:
    """Counts scaled in every zone to an official total, whole persons, by largest remainder."""
    people = spec.people
    table = raws[people.control_source].frame
    assert table is not None
    where = str(spec.path(spec.source(people.control_source)))
    rows = _rows_of_zones(table, people.control_key, people.age_tier, zones, members, where)
    totals = pd.to_numeric(table[people.control_column], errors="coerce").to_numpy(float)
    scaled = counts.copy()
    for row in np.unique(rows):
        mine = rows == row
        if counts[mine].sum() == 0:
            raise InputError(Fault(where, "a zone has an official total but no residents in its cells.", row=int(row) + 2))
        scaled[mine] = _largest_remainder(counts[mine], round(totals[row]))
    remarks.append(f"residents scaled to official totals: {counts.sum():,.0f} became {scaled.sum():,.0f}")
    return scaled


def _largest_remainder(weights: NDArray[np.float64], total: int) -> NDArray[np.float64]:
    exact = weights * (total / weights.sum())
    whole = np.floor(exact)
    short = int(total - whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")[:short]
    whole[order] += 1
    return np.asarray(whole)


def spread_whole(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole persons [n] split into bands [n, bands] so that each row sums to its count.

    Systematic apportionment: band b gets floor(c S_b + u) - floor(c S_(b-1) + u), with S the cumulated shares. The start
    u runs through the golden-ratio sequence, so that roundings cancel over cells instead of adding up in one band.
    """
    start = np.modf((np.arange(len(counts)) + 0.5) * _GOLDEN)[0][:, None]
    upper = np.cumsum(shares, axis=1)
    upper[:, -1] = 1.0
    edges = np.floor(counts[:, None] * upper + start).astype(np.int64)
    return np.asarray(np.diff(edges, axis=1, prepend=0))


def spread_real(counts: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Real counts [n] split into bands; the last band takes what the others leave."""
    split = counts[:, None] * shares
    split[:, -1] = np.maximum(counts - split[:, :-1].sum(axis=1), 0.0)
    return np.asarray(split)
