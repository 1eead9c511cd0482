"""Finding a zone, a place or a cell by what somebody types, in either language."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.kinds import kind, kinds
from parkcity.serve.api.summary import bounds_of, words

if TYPE_CHECKING:
    from parkcity.serve.api.desk import Desk

_SOME_M = 0.002
"""Half the side of the box around a point, degrees: some two hundred metres."""


def folded(text: str) -> str:
    """A text without case, accents and full-width forms.

    >>> folded("Arúcas") == folded("ARUCAS"), folded("ＡＢ") == "ab"
    (True, True)
    """
    parts = unicodedata.normalize("NFKD", text.strip()).casefold()
    return "".join(part for part in parts if not unicodedata.combining(part))


def search(desk: Desk, text: str) -> list[dict[str, Any]]:
    """Everything whose name or id fits, the best first: equal, then beginning with, then containing; zones before places before cells."""
    wanted = folded(text)
    if not wanted:
        return []
    rows = [*_zones(desk, wanted), *_places(desk, wanted), *_cells(desk, wanted)]
    rows.sort(key=lambda row: row["_rank"])
    return [{key: value for key, value in row.items() if key != "_rank"} for row in rows]


def _quality(wanted: str, *names: str) -> int | None:
    best = None
    for name in names:
        if wanted in name:
            found = 0 if name == wanted else 1 if name.startswith(wanted) else 2
            best = found if best is None else min(best, found)
    return best


def _zones(desk: Desk, wanted: str) -> list[dict[str, Any]]:
    rows = []
    tiers = {tier.id: (tier.name_zh, tier.name_en) for tier in desk.twin.spec.tiers}
    for order, tier in enumerate(desk.twin.tiers):
        names = tiers.get(tier, (words().get("tier_city", "zh"), words().get("tier_city", "en")))
        for _, zone in desk.twin.tier_zones(tier).iterrows():
            found = _quality(wanted, *(folded(str(zone[column])) for column in ("name_zh", "name_en", "id")))
            if found is not None:
                box = bounds_of(zone.geometry)
                head = {"type": "zone", "id": str(zone["id"]), "tier": tier, "kind": None}
                named = {"name_zh": str(zone["name_zh"]), "name_en": str(zone["name_en"]), "detail_zh": names[0], "detail_en": names[1]}
                where = {"lon": (box[0] + box[2]) / 2, "lat": (box[1] + box[3]) / 2, "bounds": box}
                rows.append({**head, **named, **where, "_rank": (found, 0, order, str(zone["id"]))})
    return rows


def _folded_places(desk: Desk) -> list[str]:
    names: list[str] = desk.kept.get(("folded",), lambda: [folded(str(name)) for name in desk.twin.places["name"].fillna("")])
    return names


def _places(desk: Desk, wanted: str) -> list[dict[str, Any]]:
    if not desk.twin.has("places"):
        return []
    rows = []
    places = desk.twin.places
    for number, name in enumerate(_folded_places(desk)):
        if name and wanted in name:
            place = places.iloc[number]
            lon, lat = _lonlat(desk, float(place["x"]), float(place["y"]))
            kind_id = str(place["kind"])
            names = {f"detail_{lang}": kind(kind_id).name(lang) if kind_id in kinds() else kind_id for lang in ("zh", "en")}
            head = {"type": "place", "id": str(place["id"]), "tier": None, "kind": kind_id}
            named = {"name_zh": str(place["name"]), "name_en": str(place["name"]), **names}
            rows.append({**head, **named, **_around(lon, lat), "_rank": (_quality(wanted, name), 1, len(name), str(place["id"]))})
    return rows


def _cells(desk: Desk, wanted: str) -> list[dict[str, Any]]:
    ids = desk.twin.cells["id"].astype(str)
    rows = []
    for number in np.flatnonzero((ids.str.casefold() == wanted).to_numpy()):
        cell = desk.twin.cells.iloc[int(number)]
        names = {"name_zh": str(cell["id"]), "name_en": str(cell["id"])}
        detail = {"detail_zh": words().get("kind_cell", "zh"), "detail_en": words().get("kind_cell", "en")}
        head = {"type": "cell", "id": str(cell["id"]), "tier": None, "kind": None}
        rows.append({**head, **names, **detail, **_around(float(cell["lon"]), float(cell["lat"])), "_rank": (0, 2, 0, str(cell["id"]))})
    return rows


def _around(lon: float, lat: float) -> dict[str, Any]:
    return {"lon": lon, "lat": lat, "bounds": [lon - _SOME_M, lat - _SOME_M, lon + _SOME_M, lat + _SOME_M]}


def _lonlat(desk: Desk, x: float, y: float) -> tuple[float, float]:
    lon, lat = desk.twin.projection.inverse(np.array([x]), np.array([y]))
    return round(float(lon[0]), 6), round(float(lat[0]), 6)
