"""Areas within reach, as `reach --isochrones FILE` writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    import geopandas as gpd

    from parkcity.insight.inputs import Inputs

AREAS = ("minutes", "area_km2", "residents")
DRIVERS = {".geojson": "GeoJSON", ".gpkg": "GPKG"}
_M2_PER_KM2 = 1e6


@dataclass(frozen=True)
class Areas:
    """The file to write and the times asked for, minutes in rising order."""

    file: Path
    minutes: list[float]

    def write(self, drawn: gpd.GeoDataFrame, inputs: Inputs) -> list[dict[str, Any]]:
        """Write the areas, and give a row for each: its size and the residents of the cells whose centres lie in it."""
        import shapely

        from parkcity.base.geo import shapes_to_metric

        cells = inputs.twin.cells
        x, y = cells["x"].to_numpy(float), cells["y"].to_numpy(float)
        shapes = shapes_to_metric(np.array(list(drawn.geometry), dtype=object), "WGS84", inputs.twin.projection)
        residents = inputs.residents()
        rows = []
        for minutes, shape in zip(drawn["minutes"], shapes, strict=True):
            shapely.prepare(shape)
            inside = shapely.contains_xy(shape, x, y)
            rows.append({"minutes": minutes, "area_km2": round(shape.area / _M2_PER_KM2, 4), "residents": float(residents[inside].sum())})
        table = drawn.assign(**{name: [row[name] for row in rows] for name in AREAS[1:]})
        table.to_file(self.file, driver=DRIVERS[self.file.suffix.lower()])
        return rows


def areas_asked(file: str | None, steps: str | None, minutes: float) -> Areas | None:
    """What `--isochrones` and `--steps` ask for; None where they are left out. Raises `UsageError` on what cannot be."""
    if file is None:
        if steps is not None:
            raise UsageError("--steps needs --isochrones FILE")
        return None
    path = Path(file)
    if path.suffix.lower() not in DRIVERS or not path.parent.is_dir():
        msg = f"--isochrones writes a file that ends with {' or '.join(DRIVERS)} in a folder that exists, not {file}"
        raise UsageError(msg)
    try:
        asked = [minutes] if steps is None else sorted({float(part) for part in steps.split(",")})
    except ValueError:
        asked = []
    if not asked or asked[0] <= 0:
        msg = f"--steps are minutes above 0 with commas between them, such as 15,30,45, not {steps or minutes}"
        raise UsageError(msg)
    return Areas(path, asked)
