"""What a look at a file finds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

Form = Literal["osm", "gtfs", "raster", "fractions", "shapes", "table", "overture"]
Geometry = Literal["", "points", "lines", "polygons"]
Box = tuple[float, float, float, float]
_DAY = re.compile(r"(?<!\d)(19|20)(\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(19|20)\d\d(?!\d)")


@dataclass(frozen=True)
class Look:
    """What a file (or one layer of it) turned out to be.

    `box` is west, south, east, north in WGS 84 where known; `datum` as in `city.toml`, empty where the file does not say;
    `date` as precise as the file says, empty where it does not; `table` holds the rows (texts for tables, with geometry in
    WGS 84 for shapes); `facts` are what else was found, by name.
    """

    path: Path
    form: Form
    layer: str = ""
    geometry: Geometry = ""
    box: Box | None = None
    datum: str = ""
    encoding: str = ""
    date: str = ""
    rows: int = 0
    table: pd.DataFrame | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, without the geometry."""
        return [] if self.table is None else [str(name) for name in self.table.columns if name != "geometry"]

    @property
    def shapes(self) -> gpd.GeoDataFrame:
        """The rows with their geometry."""
        import geopandas as gpd

        assert isinstance(self.table, gpd.GeoDataFrame)
        return self.table


def date_in_name(path: Path) -> str:
    """The date or year that a file's name states, or an empty text.

    >>> from pathlib import Path
    >>> date_in_name(Path("las_palmas_20230221.osm.pbf")), date_in_name(Path("grid_2020_100m.tif")), date_in_name(Path("a.csv"))
    ('2023-02-21', '2020', '')
    """
    day = _DAY.search(path.name)
    if day:
        return f"{day[1]}{day[2]}-{day[3]}-{day[4]}"
    year = _YEAR.search(path.name)
    return year[0] if year else ""
