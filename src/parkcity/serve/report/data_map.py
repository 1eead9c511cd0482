"""The map of what is doubtful in the data: pieces of the network that walkers cannot leave, and what meets no street."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.standards import parameter
from parkcity.twin.streets import edge_shapes

if TYPE_CHECKING:
    from parkcity.serve.report.maps import Canvas
    from parkcity.twin.twin import Twin

_MANY = 200
"""More dots than this are drawn small."""


def data_map(twin: Twin, canvas: Canvas) -> dict[str, Any] | None:
    """Paths in drawing units: `islands`, `joins` (the link that would join each that is near), `unattached`, and their numbers.

    None where the city has no streets, or nothing is doubtful.
    """
    if not (twin.has("streets") and twin.has("attachments")):
        return None
    arrays = twin.layer("streets").arrays()
    pieces = twin.layer("streets").table("pieces")
    failures = twin.layer("attachments").table("failures")
    if pieces.empty and failures.empty:
        return None
    apart = np.isin(np.asarray(arrays["node_piece"])[np.asarray(arrays["edge_u"])], pieces["piece"].to_numpy())
    lines = edge_shapes(arrays)[apart]
    near = pieces["gap_m"] <= parameter("engine_parameters", "component.island_gap").number
    joins = _line(canvas, twin, pieces[near][["lon", "lat", "to_lon", "to_lat"]].to_numpy(float))
    return {
        "islands": "".join(canvas.path(line) for line in lines),
        "joins": joins,
        "unattached": "".join(f"M{x} {y}h0" for x, y in _placed(canvas, twin, failures[["lon", "lat"]].to_numpy(float)).tolist()),
        "pieces": f"{len(pieces):,}",
        "lost": f"{len(failures):,}",
        "many": len(failures) > _MANY,
    }


def _placed(canvas: Canvas, twin: Twin, lonlat: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return canvas.place(np.column_stack(twin.projection.forward(lonlat[:, 0], lonlat[:, 1])))


def _line(canvas: Canvas, twin: Twin, ends: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    first, last = _placed(canvas, twin, ends[:, :2]), _placed(canvas, twin, ends[:, 2:])
    return "".join(f"M{x} {y}l{u - x} {v - y}" for (x, y), (u, v) in zip(first.tolist(), last.tolist(), strict=True))
