"""Where reach can cross the edge of the data: cells whose number might be another if the places and streets beyond were known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import ArrayCache, hash_json
from parkcity.insight.inputs import PROVIDERS, speed_of
from parkcity.insight.location import edge_distance_m
from parkcity.insight.operators.coverage import cut_by_edge
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.insight.registry import Indicator, Input

    Floats = NDArray[np.float64]

_S_PER_MIN = 60.0
_NEAREST = {"distance_m", "minutes"}


def in_doubt(indicator: Indicator, inputs: Inputs) -> NDArray[np.bool_] | None:
    """Cells for which an indicator may be cut by the edge of the data, bool [cells]; None where it walks to no place.

    A share within a limit is in doubt where no place is reached within it although the edge is nearer than the limit; a
    distance to the nearest, where the edge is nearer than the place; a sum of all within reach, wherever the edge is within
    reach. The edge is that of the study area for sources that end there, and the frame of the streets for those that go beyond.
    """
    found: NDArray[np.bool_] | None = None
    for entry in indicator.inputs.values():
        provider = PROVIDERS[entry.provider]
        classes = provider.classes_of(inputs, entry.args) if provider.walks else []
        if not classes:
            continue
        edge = _edge(inputs, classes)
        mask = _of_entry(indicator, entry, inputs, classes, edge)
        found = mask if found is None else found | mask
    return found


def _of_entry(indicator: Indicator, entry: Input, inputs: Inputs, classes: list[str], edge: Floats) -> NDArray[np.bool_]:
    radius = _radius_m(indicator, entry, inputs)
    if entry.provider not in _NEAREST:
        return np.asarray(edge < (_circle_m(inputs) if radius is None else radius))
    distance = inputs.distance_m(classes[0])
    if radius is not None:
        return cut_by_edge(distance, edge, radius)
    return np.asarray(np.nan_to_num(distance, nan=-1.0, posinf=np.inf) > edge)


def _radius_m(indicator: Indicator, entry: Input, inputs: Inputs) -> float | None:
    """How far an input reaches, metres: the indicator's limit, the input's own minutes or metres, or a limit among the parameters."""
    if indicator.limit_m is not None:
        return indicator.limit_m
    metres = speed_of(inputs.group).number * _S_PER_MIN
    if "minutes" in entry.args:
        return float(entry.args["minutes"]) * metres
    if "limit_m" in entry.args:
        return float(entry.args["limit_m"])
    limits = [row.number * (metres if row.unit == "min" else 1.0) for row in indicator.parameters.values() if row.unit in {"min", "m"}]
    return max(limits, default=None)


def _circle_m(inputs: Inputs) -> float:
    """The walk of the largest circle, metres: how far sets of needs reach."""
    return parameter("check_limits", "minutes.15").number * speed_of(inputs.group).number * _S_PER_MIN


def _edge(inputs: Inputs, classes: list[str]) -> Floats:
    """Straight distance of every cell to the edge of what is known of some classes and of the streets, float64 [cells], metres."""
    twin = inputs.twin
    rows = np.concatenate([inputs.rows_of(class_id) for class_id in classes])
    sources = set(twin.places["source"].to_numpy()[rows]) | {
        row["id"] for row in twin.manifest["sources"] if row["layer"] == "streets" or _gives_streets(row, inputs)
    }
    coverage = {str(row["id"]): row["coverage"] for row in twin.manifest["sources"]}
    beyond = all(coverage.get(source, "area") == "beyond" for source in sources)
    name = f"edge/{beyond}"
    if name not in inputs.memory:
        layers = {layer: twin.layer(layer).hash for layer in ("cells", "zones", "streets")}
        key = hash_json(["edge", beyond, layers])[:40]
        cache = ArrayCache(twin.folder / "derived")
        inputs.memory[name] = cache.get(key, lambda: {"edge": _frame(inputs) if beyond else edge_distance_m(twin)})["edge"]
    distance: Floats = inputs.memory[name]
    return distance


def _gives_streets(row: dict[str, Any], inputs: Inputs) -> bool:
    """Is this the extract from which the streets are?"""
    own = any(other["layer"] == "streets" for other in inputs.twin.manifest["sources"])
    return not own and row["layer"] == "openstreetmap" and row["coverage"] != "window"


def _frame(inputs: Inputs) -> Floats:
    """Straight distance of every cell to the frame of the streets, 0 outside it."""
    arrays, cells = inputs.twin.layer("streets").arrays(), inputs.twin.cells
    gaps = []
    for axis in ("x", "y"):
        at, nodes = cells[axis].to_numpy(float), np.asarray(arrays[f"node_{axis}"])
        gaps += [at - nodes.min(), nodes.max() - at]
    return np.asarray(np.maximum(np.min(gaps, axis=0), 0.0), np.float64)
