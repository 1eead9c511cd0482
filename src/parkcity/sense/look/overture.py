"""A look at places of Overture Maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from parkcity.base.errors import Fault, InputError
from parkcity.sense.look.finding import Look, date_in_name
from parkcity.sense.raw import READERS, Request, filled_options

if TYPE_CHECKING:
    from pathlib import Path


def look_overture(path: Path) -> Look:
    """Extent of the places whose category means a kind, how many there are, and of how many kinds. Raises `InputError` where none is."""
    reader = READERS.get("overture_places")
    raw = reader.read(Request(path, filled_options(reader, {}, str(path)), "WGS84", "places"))
    assert isinstance(raw.frame, gpd.GeoDataFrame)
    if raw.frame.empty:
        raise InputError(Fault(str(path), "no row has a category that means a kind of place.", "an Overture file of the theme places."))
    west, south, east, north = (float(edge) for edge in raw.frame.total_bounds)
    facts = {"kept": raw.tally.rows_kept, "kinds": int(raw.frame["kind"].nunique())}
    return Look(
        path, "overture", box=(west, south, east, north), datum="WGS84", date=date_in_name(path), rows=raw.tally.rows_in, facts=facts
    )
