"""A built twin, as other rooms see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.base.geo import Projection
from parkcity.standards import load as load_standard
from parkcity.twin.people import parse_band
from parkcity.twin.store import StoredLayer
from parkcity.twin.streets import edge_shapes
from parkcity.twin.zones import CITY_TIER, of_tier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.base.spec import CitySpec

PERIOD = "night"


@dataclass(frozen=True)
class Twin:
    """Layers of one city, read from disk when asked for."""

    spec: CitySpec
    folder: Path
    manifest: Mapping[str, Any]

    def layer(self, name: str) -> StoredLayer:
        """One layer; `KeyError` where the city has none of that name."""
        return StoredLayer(self.folder, name, self.manifest["layers"][name])

    def has(self, name: str) -> bool:
        """Has the city this layer, and anything in it? An extract without any greenway, say, makes a layer without a part."""
        return name in self.manifest["layers"] and bool(self.manifest["layers"][name]["files"])

    @property
    def hash(self) -> str:
        """Hash of all layers."""
        return str(self.manifest["hash"])

    @cached_property
    def projection(self) -> Projection:
        """The city's metric system."""
        return Projection.declared(str(self.manifest["crs"]))

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """All zones of all tiers."""
        return self.layer("zones").shapes("zones")

    @cached_property
    def cells(self) -> gpd.GeoDataFrame:
        """The cells, in the order of every array by cell."""
        return self.layer("cells").shapes("cells")

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """The places."""
        return self.layer("places").shapes("places")

    @cached_property
    def sources_of_kind(self) -> dict[str, frozenset[str]]:
        """For every kind of place the sources that its places are from."""
        pairs = self.places[["kind", "source"]].drop_duplicates()
        found: dict[str, set[str]] = {}
        for kind, source in zip(pairs["kind"], pairs["source"], strict=True):
            found.setdefault(str(kind), set()).add(str(source))
        return {kind: frozenset(sources) for kind, sources in found.items()}

    @cached_property
    def doors(self) -> pd.DataFrame:
        """The doors of the places: `place` (row), `x`, `y`."""
        return self.layer("places").table("doors")

    @cached_property
    def street_lines(self) -> NDArray[Any]:
        """The streets as lines (metric), in the order of every array by street."""
        return edge_shapes(self.layer("streets").arrays())

    @property
    def tiers(self) -> tuple[str, ...]:
        """The ids of all tiers, the city first."""
        return (CITY_TIER, *(tier.id for tier in self.spec.tiers))

    def tier_zones(self, tier: str) -> gpd.GeoDataFrame:
        """The zones of one tier, in the order that `member` counts them."""
        if tier not in self.tiers:
            msg = f"there is no tier '{tier}'; this city has: {', '.join(self.tiers)}"
            raise UsageError(msg)
        return self._zones_by_tier[tier]

    @cached_property
    def _zones_by_tier(self) -> dict[str, gpd.GeoDataFrame]:
        return {tier: of_tier(self.zones, tier) for tier in self.tiers}

    def member(self, tier: str) -> NDArray[np.int32]:
        """For every cell the row of its zone in a tier, -1 where it has none."""
        self.tier_zones(tier)
        return self._members[tier]

    @cached_property
    def _members(self) -> dict[str, NDArray[np.int32]]:
        cells = self.layer("cells")
        return {tier: np.asarray(cells.array(f"member_{tier}")) for tier in self.tiers}

    def residents(self, group: str = "all", period: str = PERIOD, sex: str = "") -> NDArray[np.float64]:
        """Residents of a group in every cell, float64 [cells] (whole numbers where the source counts whole persons).

        `sex` is `female`, `male`, or empty for everybody. Raises `UsageError` where the city's data do not tell the group.
        """
        if sex and sex not in self.sexes:
            known = ", ".join(self.sexes) or "none"
            msg = f"the residents of this city are not known by the sex '{sex}'; known: {known}"
            raise UsageError(msg)
        columns = self._columns_of(group)
        if not columns:
            msg = f"the ages known in this city do not tell the group '{group}'; it can count: {', '.join(self.groups)}"
            raise UsageError(msg)
        counts = self.layer("people").array(f"{period}_{sex}" if sex else period)
        return np.asarray(counts[:, columns].sum(axis=1), dtype=np.float64)

    def _columns_of(self, group: str) -> list[int]:
        """The age bands that make up a group, empty where the bands cut across its limits."""
        first, last = group_ages(group)
        columns = [number for number, (low, high) in enumerate(self._bands) if low >= first and high <= last]
        if not columns or self._bands[columns[0]][0] != first or self._bands[columns[-1]][1] != last:
            return []
        return columns

    @cached_property
    def _bands(self) -> list[tuple[int, int]]:
        return [parse_band(band) for band in self.layer("people").meta["bands"]]

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The groups of residents whose number the city's age bands tell."""
        return tuple(row.id for row in load_standard("groups") if self._columns_of(row.id))

    def crosswalk(self, tier: str, to_tier: str) -> pd.DataFrame:
        """Which share of the residents of a tier's zones lives in which zone of another: `zone, to_zone, residents, share`."""
        for name in (tier, to_tier):
            if name == CITY_TIER or name not in self.tiers:
                msg = f"there is no tier '{name}' to cross; this city has: {', '.join(self.tiers[1:])}"
                raise UsageError(msg)
        table = self.layer("crosswalks").table("crosswalks") if self.has("crosswalks") else None
        if table is None or tier == to_tier:
            msg = f"a crosswalk needs two tiers, not '{tier}' and '{to_tier}'"
            raise UsageError(msg)
        rows = table[(table["tier"] == tier) & (table["to_tier"] == to_tier)]
        return rows[["zone", "to_zone", "residents", "share"]].reset_index(drop=True)

    @property
    def sexes(self) -> tuple[str, ...]:
        """The sexes by which residents are known; none where no source tells them."""
        return tuple(sex for sex in self.layer("people").meta.get("sexes", ()) if sex)

    def jobs(self, sector: str = "") -> NDArray[np.float64]:
        """Jobs in every cell, float64 [cells], all of them or those of one sector.

        Raises `UsageError` where the city has no jobs or no such sector.
        """
        if not self.has("jobs"):
            msg = "this city has no jobs: add [jobs] to city.toml"
            raise UsageError(msg)
        layer = self.layer("jobs")
        if not sector:
            return np.asarray(layer.array("jobs"), np.float64)
        if sector not in self.sectors:
            msg = f"there is no sector '{sector}' of jobs; this city has: {', '.join(self.sectors) or 'none'}"
            raise UsageError(msg)
        return np.asarray(layer.array("by_sector")[:, self.sectors.index(sector)], np.float64)

    @property
    def sectors(self) -> tuple[str, ...]:
        """The sectors by which jobs are known."""
        return tuple(self.layer("jobs").meta["sectors"]) if self.has("jobs") else ()

    @property
    def periods(self) -> tuple[str, ...]:
        """The times for which people are known: night, and day where given."""
        return tuple(self.layer("people").meta["totals"])

    def kinds(self) -> dict[str, int]:
        """How many places of each kind there are."""
        return dict(self.layer("places").meta["kinds"])


ALL_AGES = 200


def group_ages(group: str) -> tuple[int, int]:
    """First and last year of age of a group of residents (from the table `groups`)."""
    for row in load_standard("groups"):
        if row.id == group:
            last = row.extra_number("age_to")
            return int(row.number), ALL_AGES if last is None else int(last)
    msg = f"there is no group '{group}'; known: {', '.join(row.id for row in load_standard('groups'))}"
    raise UsageError(msg)
