"""Tiny feeds written in the test that uses them."""

from __future__ import annotations

import zipfile
from pathlib import Path

AGENCY = "agency_id,agency_name,agency_url,agency_timezone\nA,A,http://a.example,Asia/Shanghai\n"
DAILY = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "all,1,1,1,1,1,1,1,20260101,20261231\n"
    "work,1,1,1,1,1,0,0,20260101,20261231\n"
)


def stops(*ids: str) -> str:
    """Stops in a row on the equator, 0.01 degrees apart."""
    rows = "".join(f"{stop},{stop},0.0,{50 + 0.01 * place:.2f}\n" for place, stop in enumerate(ids))
    return "stop_id,stop_name,stop_lat,stop_lon\n" + rows


def trips(*rows: str) -> str:
    """Rows `trip` or `trip,service` of the one route R."""
    lines = [f"R,{row.split(',')[1] if ',' in row else 'all'},{row.split(',')[0]}" for row in rows]
    return "route_id,service_id,trip_id\n" + "\n".join(lines) + "\n"


def calls(*rows: str) -> str:
    """Rows `trip,arrival,departure,stop,sequence`."""
    return "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + "\n".join(rows) + "\n"


def write(path: Path, **files: str | bytes) -> Path:
    """A feed of the given tables; agency, calendar and the route R are added where absent."""
    tables: dict[str, str | bytes] = {"agency": AGENCY, "calendar": DAILY, "routes": "route_id,agency_id,route_type\nR,A,3\n"}
    tables.update(files)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            if text:
                archive.writestr(f"{name}.txt", text)
    return path
