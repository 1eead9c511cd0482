"""Why a cell has the number that it has: which place, how far, which way, which clause, which data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.base.geo import to_wgs84
from parkcity.base.ids import CellRow, PlaceRow
from parkcity.insight.classes import place_class
from parkcity.insight.inputs import PROVIDERS, speed_of

if TYPE_CHECKING:
    from parkcity.insight.inputs import Inputs
    from parkcity.insight.run import Measured
    from parkcity.standards import Parameter
    from parkcity.twin.twin import Twin


@dataclass(frozen=True)
class Way:
    """The way from a cell to its nearest place: metres in all and off the streets, minutes of the group, the line (WGS 84)."""

    place_id: str
    place_name: str
    kind: str
    length_m: float
    off_street_m: float
    minutes: float
    line: list[tuple[float, float]]
    state: str


@dataclass(frozen=True)
class Explanation:
    """One number of one cell, taken apart."""

    indicator: str
    name_zh: str
    name_en: str
    group: str
    cell: str
    zones: dict[str, str]
    residents: float
    value: float | None
    unit: str
    formula: str
    inputs: dict[str, Any]
    clause: Parameter
    parameters: dict[str, Parameter]
    ways: list[Way]
    layers: list[dict[str, Any]]
    flags: dict[str, float]
    assumed: tuple[str, ...]
    grade: str

    def as_dict(self) -> dict[str, Any]:
        """The explanation as plain values for JSON."""

        def plain(row: Parameter) -> dict[str, Any]:
            return {"id": row.id, "value": row.value, "unit": row.unit, "citation": row.citation, "confidence": row.confidence}

        return {
            **{key: value for key, value in vars(self).items() if key not in {"clause", "parameters", "ways"}},
            "clause": plain(self.clause),
            "parameters": {name: plain(row) for name, row in self.parameters.items()},
            "ways": [vars(way) for way in self.ways],
        }


def cell_row(twin: Twin, cell: str) -> CellRow:
    """The row of a cell by its id."""
    rows = np.nonzero((twin.cells["id"] == cell).to_numpy())[0]
    if not len(rows):
        some = ", ".join(twin.cells["id"].iloc[:5])
        msg = f"there is no cell '{cell}'; ids look like: {some}"
        raise UsageError(msg)
    return CellRow(int(rows[0]))


def explain(measured: Measured, cell: str) -> Explanation:
    """Take the number of one cell apart. Raises `UsageError` for an unknown cell."""
    from parkcity.insight.completeness import GRADES, grades_of
    from parkcity.insight.run import measure_with

    inputs, indicator = measured.inputs, measured.indicator
    twin = inputs.twin
    row = cell_row(twin, cell)
    value = float(measure_with(inputs, indicator).cell_values()[row])
    arrays = {name: inputs.get(entry.provider, entry.args) for name, entry in indicator.inputs.items()}
    classes = list(
        dict.fromkeys(name for entry in indicator.inputs.values() for name in PROVIDERS[entry.provider].classes_of(inputs, entry.args))
    )
    walks = any(PROVIDERS[entry.provider].walks for entry in indicator.inputs.values())
    flags = measured.flags("city")
    parameters = dict(indicator.parameters)
    if walks:
        parameters["walking_speed"] = speed_of(inputs.group)
    return Explanation(
        indicator=indicator.id,
        name_zh=indicator.name_zh,
        name_en=indicator.name_en,
        group=inputs.group,
        cell=cell,
        zones={tier: _zone(twin, tier, row) for tier in twin.tiers},
        residents=float(inputs.residents()[row]),
        value=value if np.isfinite(value) else None,
        unit=indicator.unit,
        formula=indicator.formula,
        inputs={name: _plain(array, row) for name, array in arrays.items()},
        clause=indicator.clause,
        parameters=parameters,
        ways=[way_to(inputs, class_id, row) for class_id in classes] if walks else [],
        layers=_layers(inputs),
        flags={flag.id: float(flag.size[0]) for flag in flags},
        assumed=tuple(name for flag in flags if flag.id == "modelled" for name in flag.detail.split("; ")),
        grade=grades_of(flags, 1)[0] if flags else GRADES[0],
    )


def _zone(twin: Twin, tier: str, row: CellRow) -> str:
    zone = int(twin.member(tier)[row])
    return str(twin.tier_zones(tier)["id"].iloc[zone]) if zone >= 0 else ""


def _plain(array: Any, row: int) -> Any:
    value = array[..., row]
    if np.ndim(value):
        return [bool(entry) if value.dtype == bool else _number(entry) for entry in value]
    return _number(value)


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _layers(inputs: Inputs) -> list[dict[str, Any]]:
    keys = ("id", "layer", "date", "licence", "attribution", "datum", "hash")
    return [{key: row[key] for key in keys} for row in inputs.twin.manifest["sources"]]


def way_to(inputs: Inputs, class_id: str, row: CellRow) -> Way:
    """The way from a cell to its nearest place of a class, equal to the distance that the indicators use."""
    from parkcity.travel import State, route
    from parkcity.travel.states import NAMES

    twin = inputs.twin
    place = PlaceRow(int(inputs.nearest_place(class_id)[row]))
    if place < 0:
        state = State(int(inputs.states(class_id)[row]))
        nothing = float("nan")
        return Way("", "", place_class(class_id).kind, nothing, nothing, nothing, [], NAMES[state]["en"])
    doors, number, rows = inputs.doors_of(class_id)
    found = route(inputs.network, inputs.origins(), row, doors, int(np.nonzero(rows == place)[0][0]), number, unit="m")
    line = _line(inputs, found, row, place)
    minutes = float(inputs.minutes(class_id)[row])
    record = twin.places.iloc[place]
    return Way(
        str(record["id"]), str(record["name"]), str(record["kind"]), found.value, found.access_m, minutes, line, NAMES[found.state]["en"]
    )


def _line(inputs: Inputs, found: Any, row: CellRow, place: PlaceRow) -> list[tuple[float, float]]:
    """The way as points: the cell, along the streets, the place."""
    from shapely.ops import substring

    from parkcity.twin.streets import edge_shapes

    twin = inputs.twin
    arrays = twin.layer("streets").arrays()
    wanted = {name: np.asarray(arrays[name])[found.edge] for name in ("edge_u", "edge_v", "edge_length")}
    part = {"node_x": arrays["node_x"], "node_y": arrays["node_y"], **wanted}
    shapes = edge_shapes(arrays)[found.edge] if "geom_start" in arrays else edge_shapes(part)
    points = [(float(twin.cells["x"].iloc[row]), float(twin.cells["y"].iloc[row]))]
    for shape, length, start, stop in zip(shapes, wanted["edge_length"], found.from_m, found.to_m, strict=True):
        share = sorted((start / length, stop / length))
        piece = substring(shape, share[0], share[1], normalized=True)
        coordinates = [(float(x), float(y)) for x, y in piece.coords]
        points += coordinates if start <= stop else coordinates[::-1]
    points.append((float(twin.places["x"].iloc[place]), float(twin.places["y"].iloc[place])))
    x, y = np.array(points).T
    lon, lat = to_wgs84(x, y, twin.projection.name)
    return [(round(float(a), 6), round(float(b), 6)) for a, b in zip(lon, lat, strict=True)]
