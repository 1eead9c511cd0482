"""Overture Maps places as GeoParquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import WGS84, frame
from parkcity.sense.kinds import kind_of
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.shapes import lonlat

if TYPE_CHECKING:
    from pathlib import Path

_CLOSED = "permanently_closed"


def can_read(path: Path) -> bool:
    """Is this a Parquet file by its name?"""
    return path.is_file() and path.name.lower().endswith((".parquet", ".geoparquet"))


def read(request: Request) -> Raw:
    """Places with kind, name, address and Overture's confidence; categories without a kind and doubtful places are refused."""
    import pyarrow.parquet as pq
    import shapely
    from pyarrow import ArrowException

    where = str(request.path)
    least = float(request.options["least_confidence"])
    try:
        file = pq.ParquetFile(request.path)
        have = set(file.schema_arrow.names)
        missing = [name for name in ("id", "geometry", "names", "categories") if name not in have]
        if missing:
            raise InputError([Fault(where, f"there is no column '{name}'.", "an Overture file of the theme places.") for name in missing])
        optional = [name for name in ("confidence", "addresses", "operating_status") if name in have]
        rows: list[dict[str, Any]] = file.read(columns=["id", "geometry", "names", "categories", *optional]).to_pylist()
    except (ArrowException, OSError, ValueError) as error:
        raise InputError(Fault(where, f"the file cannot be read as Parquet ({error}).", todo="fetch the file again")) from None
    tally = Tally(rows_in=len(rows))
    shapes = np.asarray(shapely.from_wkb([row["geometry"] for row in rows], on_invalid="ignore"), object).reshape(len(rows))
    kept, kinds = [], []
    for number, row in enumerate(rows):
        category = str((row["categories"] or {}).get("primary") or "")
        kind, reason = kind_of("overture", category), ""
        if shapes[number] is None or shapes[number].is_empty:
            reason = "no geometry"
        elif not kind:
            reason = f"category '{category}' means no kind"
        elif row.get("operating_status") == _CLOSED:
            reason = "closed for good"
        elif _sure(row) < least:
            reason = f"confidence below {least:g}"
        if reason:
            tally.refuse(number + 1, reason)
        else:
            kept.append(number)
            kinds.append(kind)
    tally.rows_kept = len(kept)
    points = shapely.centroid(shapes[kept])
    lonlat(shapely.get_x(points), shapely.get_y(points), request.datum, where, 1)
    data = {
        "id": [f"{request.source_id}/{rows[row]['id']}" for row in kept],
        "kind": kinds,
        "name": [str((rows[row]["names"] or {}).get("primary") or "") for row in kept],
        "address": [_address(rows[row].get("addresses")) for row in kept],
        "area_m2": np.full(len(kept), np.nan),
        "confidence": np.array([rows[row].get("confidence") for row in kept], float),
    }
    return Raw(tally, frame(data, shapes[kept], WGS84))


def _sure(row: dict[str, Any]) -> float:
    """Overture's confidence in a place; one that says none is taken for certain."""
    value = row.get("confidence")
    return 1.0 if value is None else float(value)


def _address(addresses: list[dict[str, Any]] | None) -> str:
    return str((addresses[0] or {}).get("freeform") or "") if addresses else ""


READERS.add(
    Reader(
        "overture_places",
        ("places",),
        "Overture Maps places as GeoParquet (.parquet).",
        {"least_confidence": Option(float, 0.0, "places of which Overture is less sure than this are left out (0 to 1)")},
        can_read,
        read,
    )
)
