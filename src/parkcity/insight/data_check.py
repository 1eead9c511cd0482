"""What is doubtful in a city's data, as flat rows: kinds of places against the norm, islands of streets, the unattached, conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.classes import level_of_class
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.twin.twin import Twin

KIND_COLUMNS = ("kind", "places", "per_10000", "norm_per_10000", "found_share")
ISLAND_COLUMNS = ("island", "cause", "length_km", "gap_m", "residents", "lon", "lat", "to_lon", "to_lat")
UNATTACHED_COLUMNS = ("what", "id", "kind", "name", "distance_m", "residents", "lon", "lat")
MATCH_COLUMNS = (
    "verdict",
    "kind",
    "name",
    "kept_source",
    "kept",
    "other_kind",
    "other_name",
    "other_source",
    "other",
    "distance_m",
    "likeness",
)
_TEN_THOUSAND = 10_000.0


def kind_rows(inputs: Inputs, _tier: str = "") -> list[dict[str, Any]]:
    """Every kind of place: how many there are, for each 10,000 residents, and what the norm asks for at the least.

    The norm's least number is one place for the residents of the largest circle of its level (GB 50180-2018). `found_share`
    is found over asked, at most 1: far below it the list is more likely incomplete than the city so poor. Kinds without
    such a norm have none. Those with the lowest share come first.
    """
    residents = float(inputs.residents_of("all").sum())
    rows: list[dict[str, Any]] = []
    found = inputs.twin.kinds()
    for kind, total in found.items():
        places = int(inputs.place_count(kind).sum())
        level = level_of_class(kind)
        norm = None
        if level is not None:
            largest = parameter("life_circle_levels", f"lc.level.{level}").extra_number("population_max")
            norm = _TEN_THOUSAND / largest if largest else None
        per = places / residents * _TEN_THOUSAND if residents else None
        share = min(per / norm, 1.0) if per is not None and norm else None
        if total:
            rows.append({"kind": kind, "places": places, "per_10000": per, "norm_per_10000": norm, "found_share": share})
    return sorted(rows, key=lambda row: (row["found_share"] is None, row["found_share"] or 0.0, row["kind"]))


def residents_by_piece(twin: Twin) -> NDArray[np.float64]:
    """Residents whose cells meet only streets of a piece, float64 [pieces]; 0 is the main network, where all others count."""
    streets, attachments = twin.layer("streets"), twin.layer("attachments")
    piece = np.asarray(streets.array("node_piece"))
    of_edge = piece[np.asarray(streets.array("edge_u"))]
    owner, edge = np.asarray(attachments.array("cell_owner")), np.asarray(attachments.array("cell_edge"))
    best = np.full(len(twin.cells), -1, np.int64)
    lowest = np.full(len(twin.cells), np.iinfo(np.int64).max)
    np.minimum.at(lowest, owner, of_edge[edge].astype(np.int64))
    best[owner] = lowest[owner]
    known = best >= 0
    return np.bincount(best[known], twin.residents()[known], minlength=int(piece.max(initial=0)) + 1).astype(np.float64)


def island_rows(inputs: Inputs, _tier: str = "") -> list[dict[str, Any]]:
    """Pieces of the network that walkers cannot leave: likely cause, the residents caught there, and the link that would help.

    Those with most residents come first, then the longest.
    """
    twin = inputs.twin
    pieces = twin.layer("streets").table("pieces")
    if pieces.empty:
        return []
    residents = residents_by_piece(twin)
    rows: list[dict[str, Any]] = [
        {
            "island": int(row["piece"]),
            "cause": str(row["cause"]),
            "length_km": float(row["length_km"]),
            "gap_m": float(row["gap_m"]),
            "residents": float(residents[int(row["piece"])]),
            **{name: float(row[name]) for name in ("lon", "lat", "to_lon", "to_lat")},
        }
        for row in pieces.to_dict("records")
    ]
    return sorted(rows, key=lambda row: (-row["residents"], -row["length_km"], row["island"]))


def unattached_rows(inputs: Inputs, _tier: str = "") -> list[dict[str, Any]]:
    """Cells and places that meet no street within the limit, cells with most residents first."""
    twin = inputs.twin
    failures = twin.layer("attachments").table("failures")
    count = dict(zip(twin.cells["id"], twin.residents(), strict=True))
    rows: list[dict[str, Any]] = [
        {
            **{name: str(row[name]) for name in ("what", "id", "kind", "name")},
            "distance_m": float(row["distance_m"]),
            "residents": float(count.get(row["id"], 0.0)) if row["what"] == "cell" else 0.0,
            "lon": float(row["lon"]),
            "lat": float(row["lat"]),
        }
        for row in failures.to_dict("records")
    ]
    return sorted(rows, key=lambda row: (-row["residents"], -row["distance_m"], row["id"]))


def match_rows(inputs: Inputs, _tier: str = "") -> list[dict[str, Any]]:
    """How lists of places were matched: conflicts first, then what is known twice, then what one list alone knows."""
    layer = inputs.twin.layer("places")
    if "matches" not in layer.parts:
        return []
    order = {"conflict": 0, "same": 1, "only_here": 2}
    table = layer.table("matches")
    rows = [{name: _plain(row[name]) for name in MATCH_COLUMNS} for row in table.to_dict("records")]
    return sorted(rows, key=lambda row: (order[row["verdict"]], str(row["kind"]), str(row["kept"])))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value
