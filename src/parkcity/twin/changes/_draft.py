"""A draft: the layers of a twin in memory, which changes edit. The twin on disk is never written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.cache import array_hash, hash_json
from parkcity.base.geo import WGS84
from parkcity.twin.attach import attach
from parkcity.twin.changes._sexes import by_sex
from parkcity.twin.store import StoredLayer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.twin.attach import StreetIndex
    from parkcity.twin.ground import Ground
    from parkcity.twin.twin import Twin

SOURCE = "scenario"
"""The id of the source that places added by a change name."""


@dataclass(frozen=True)
class ChangedLayer(StoredLayer):
    """A layer under a scenario: some of its tables and arrays are in memory, the others are those on disk."""

    in_memory: Mapping[str, Any] = field(default_factory=dict)

    def array(self, part: str) -> NDArray[Any]:
        """One array."""
        return self.in_memory[part] if part in self.in_memory else super().array(part)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays of the layer by name."""
        return {part: self.array(part) for part, name in self.entry["files"].items() if str(name).endswith(".npy")}

    def table(self, part: str) -> pd.DataFrame:
        """One table without geometry."""
        return self.in_memory[part] if part in self.in_memory else super().table(part)

    def shapes(self, part: str) -> gpd.GeoDataFrame:
        """One table with geometry (WGS 84)."""
        return self.in_memory[part] if part in self.in_memory else super().shapes(part)


@dataclass
class Draft:
    """The layers that changes edit, copied on the first write.

    `place_from` int64 [places]: the row of each place in the twin, -1 for a new one; `same_doors` bool [places]: does it stand where it
    stood? `edge_from` int64, where streets were taken away: the row in the twin of each that was left then. `streets_changed` and
    `people_changed` say whether those layers differ from the twin's.
    """

    ground: Ground
    places: gpd.GeoDataFrame
    doors: pd.DataFrame
    attachments: dict[str, NDArray[Any]]
    place_from: NDArray[np.int64]
    same_doors: NDArray[np.bool_]
    streets: dict[str, NDArray[Any]] | None = None
    people: dict[str, NDArray[Any]] | None = None
    index: StreetIndex | None = None
    edge_from: NDArray[np.int64] | None = None
    places_changed: bool = False
    others: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, ground: Ground) -> Draft:
        """An unchanged draft of a twin."""
        twin = ground.twin
        rows = np.arange(len(twin.places), dtype=np.int64)
        return cls(ground, twin.places, twin.doors, dict(ground.attachments), rows, np.ones(len(rows), bool))

    @property
    def twin(self) -> Twin:
        """The twin that the draft began from."""
        return self.ground.twin

    # --- places -----------------------------------------------------------------------------------------------------

    def place_row(self, place_id: str) -> int | None:
        """The row of a place by its id, or None."""
        rows = np.flatnonzero((self.places["id"] == place_id).to_numpy())
        return int(rows[0]) if len(rows) else None

    def meet_streets(self, doors: pd.DataFrame) -> tuple[dict[str, NDArray[Any]], float]:
        """Where doors meet the streets, and the distance of the nearest of them."""
        index = self.index or self.ground.index
        found, nearest = attach(index, doors["x"].to_numpy(float), doors["y"].to_numpy(float), self.ground.rule)
        return found, float(nearest.min())

    def append_place(self, place: gpd.GeoDataFrame, doors: pd.DataFrame, found: Mapping[str, NDArray[Any]]) -> None:
        """Add one place with its doors and where they meet the streets."""
        row = len(self.places)
        self.places = pd.concat([self.places, place], ignore_index=True)
        self._append_doors(doors.assign(place=np.int32(row)), found)
        self.place_from = np.append(self.place_from, np.int64(-1))
        self.same_doors = np.append(self.same_doors, np.False_)
        self.places_changed = True

    def _append_doors(self, doors: pd.DataFrame, found: Mapping[str, NDArray[Any]]) -> None:
        first = len(self.doors)
        self.doors = pd.concat(
            [self.doors, doors.astype({"place": self.doors["place"].dtype})[list(self.doors.columns)]], ignore_index=True
        )
        for name in ("owner", "edge", "offset", "distance"):
            new = found[name] + first if name == "owner" else found[name]
            old = self.attachments[f"door_{name}"]
            self.attachments[f"door_{name}"] = np.concatenate([old, new.astype(old.dtype)])

    def remove_doors(self, row: int) -> None:
        """Take away the doors of a place."""
        keep = self.doors["place"].to_numpy() != row
        number = np.cumsum(keep) - 1
        owner = self.attachments["door_owner"]
        stays = keep[owner]
        for name in ("owner", "edge", "offset", "distance"):
            self.attachments[f"door_{name}"] = self.attachments[f"door_{name}"][stays]
        self.attachments["door_owner"] = number[self.attachments["door_owner"]].astype(owner.dtype)
        self.doors = self.doors[keep].reset_index(drop=True)
        self.places_changed = True

    def remove_place(self, row: int) -> None:
        """Take away a place and its doors; the rows of those after it move up."""
        self.remove_doors(row)
        self.places = self.places.drop(index=row).reset_index(drop=True)
        place = self.doors["place"]
        self.doors = self.doors.assign(place=(place - (place > row)).astype(place.dtype))
        self.place_from = np.delete(self.place_from, row)
        self.same_doors = np.delete(self.same_doors, row)

    def set_place(self, row: int, place: gpd.GeoDataFrame, doors: pd.DataFrame, found: Mapping[str, NDArray[Any]]) -> None:
        """Put a place elsewhere: its row stays, its shape and doors are new."""
        self.remove_doors(row)
        places = self.places.copy()
        for column in ("x", "y", "inside", "area_m2", "geometry"):
            places.loc[row, column] = place[column].iloc[0]
        self.places = places
        self._append_doors(doors.assign(place=np.int32(row)), found)
        self.same_doors = self.same_doors.copy()
        self.same_doors[row] = False

    def set_area(self, row: int, area_m2: float) -> None:
        """Give a place another area; its doors stay."""
        areas = self.places["area_m2"].to_numpy(float).copy()
        areas[row] = area_m2
        self.places = self.places.assign(area_m2=areas)
        self.places_changed = True

    # --- people -----------------------------------------------------------------------------------------------------

    def counts(self, period: str) -> NDArray[Any]:
        """Residents [cells, bands] of a period, to be edited in place."""
        if self.people is None:
            self.people = {}
        if period not in self.people:
            self.people[period] = np.array(self.twin.layer("people").array(period))
        return self.people[period]

    # --- other layers ---------------------------------------------------------------------------------------------------

    def layer_arrays(self, layer: str) -> dict[str, NDArray[Any]]:
        """The arrays of a layer, copied on first use, to be edited in place."""
        if layer not in self.others:
            self.others[layer] = {name: np.array(array) for name, array in self.twin.layer(layer).arrays().items()}
        return self.others[layer]

    def layer_shapes(self, layer: str, part: str) -> gpd.GeoDataFrame:
        """A table of a layer with its shapes, as it is now."""
        changed = self.others.get(layer, {})
        return changed[part] if part in changed else self.twin.layer(layer).shapes(part)

    def set_layer_shapes(self, layer: str, part: str, table: gpd.GeoDataFrame) -> None:
        """Put another table in the place of one."""
        self.others.setdefault(layer, {})[part] = table

    # --- streets ----------------------------------------------------------------------------------------------------

    def street_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays of the streets as they are now, to be replaced and not edited in place."""
        return self.streets if self.streets is not None else self.twin.layer("streets").arrays()

    def edges_from(self, edges: int) -> NDArray[np.int64]:
        """The row in the twin of each of `edges` streets, -1 for one that came after; new streets stand behind the others."""
        known = self.edge_from
        if known is None:
            known = np.arange(min(edges, len(self.twin.layer("streets").array("edge_u"))), dtype=np.int64)
        return np.concatenate([known, np.full(edges - len(known), -1, np.int64)])

    # --- the result -------------------------------------------------------------------------------------------------

    def layers(self) -> dict[str, ChangedLayer]:
        """The layers that differ from the twin's."""
        changed: dict[str, ChangedLayer] = {}
        if self.places_changed:
            kinds = {str(kind): int(count) for kind, count in sorted(self.places["kind"].value_counts().items())}
            parts = {"places": self.places, "doors": self.doors}
            changed["places"] = self._changed("places", parts, {"kinds": kinds}, self._place_fingerprint())
        if self.streets is not None:
            changed["streets"] = self._changed("streets", self.streets, {}, array_hash(*self.streets.values()))
        if self.places_changed or self.streets is not None:
            changed["attachments"] = self._changed("attachments", self.attachments, {}, array_hash(*self.attachments.values()))
        if self.people is not None:
            totals = dict(self.twin.layer("people").meta["totals"])
            totals |= {period: float(counts.sum()) for period, counts in self.people.items()}
            fingerprint = array_hash(*(self.people[period] for period in sorted(self.people)))
            parts = {**self.people, **by_sex(self.twin, self.people)}
            changed["people"] = self._changed("people", parts, {"totals": totals}, fingerprint)
        for name, parts in self.others.items():
            changed[name] = self._changed(name, parts, _meta_of(name, parts), _fingerprint(parts))
        return changed

    def _place_fingerprint(self) -> str:
        table = self.places
        words = [table[name].astype(str).tolist() for name in ("id", "kind", "name", "source")]
        numbers = array_hash(*(table[name].to_numpy(float) for name in ("x", "y", "area_m2", "capacity")), self.doors["place"].to_numpy())
        return hash_json([words, numbers])

    def _changed(self, name: str, parts: Mapping[str, Any], meta: Mapping[str, Any], fingerprint: str) -> ChangedLayer:
        base = self.twin.layer(name)
        files = dict(base.entry["files"])
        for part, value in parts.items():
            files[part] = "in-memory.npy" if isinstance(value, np.ndarray) else "in-memory.parquet"
        entry = {**base.entry, "files": files, "meta": {**base.meta, **meta}, "hash": hash_json([base.hash, fingerprint])}
        return ChangedLayer(base.folder, name, entry, dict(parts))


def _meta_of(name: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    """What the meta of a layer says that follows from its content."""
    if name == "jobs":
        return {"total": float(np.asarray(parts["jobs"]).sum())}
    return {"count": {part: len(table) for part, table in parts.items()}}


def _fingerprint(parts: Mapping[str, Any]) -> str:
    """A hash of arrays and tables with shapes."""
    import shapely

    words = []
    for part, value in sorted(parts.items()):
        if isinstance(value, np.ndarray):
            words.append([part, array_hash(value)])
        else:
            plain = value.drop(columns="geometry").astype(str).to_numpy().tolist()
            words.append([part, hash_json([plain, [shape.hex() for shape in shapely.to_wkb(value.geometry.to_numpy())]])])
    return hash_json(words)


def scenario_source(twin: Twin) -> tuple[Any, dict[str, Any]]:
    """The source that added places name: its declaration and its row for the manifest."""
    first = twin.spec.sources[0]
    as_of = str(twin.manifest["as_of"])
    text: dict[str, Any] = {"path": "", "date": as_of, "licence": "", "attribution": "scenario", "datum": WGS84}
    spec = replace(first, id=SOURCE, layer="places", reader="", coverage="area", note="", **text)
    row = {**text, "id": SOURCE, "layer": "places", "coverage": "area", "note": "", "least_area_m2": 0.0, "hash": ""}
    return spec, {**row, "rows_in": 0, "rows_kept": 0, "refused": [], "remarks": [], "encoding": ""}
