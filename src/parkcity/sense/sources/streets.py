"""Streets drawn as lines in a vector file: a network exported from a model or a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from parkcity.base.errors import FaultList
from parkcity.sense.osm.attributes import class_rows
from parkcity.sense.osm.metric import distance
from parkcity.sense.osm.tags import Classifier, table
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request
from parkcity.sense.sources.vector import can_read, load_shapes

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_ENDS_DIGITS = 7
_BOTH, _ALONG, _AGAINST = 1, 2, 3
_ONE_WAY = {"0": _BOTH, "no": _BOTH, "false": _BOTH, "": _BOTH, "1": _ALONG, "yes": _ALONG, "true": _ALONG, "-1": _AGAINST}
_SHORTEST_M = 0.01


def read(request: Request) -> Raw:
    """Arrays `node_lon, node_lat` [n], `edge_u, edge_v` [e], `edge_length` [e] metres, `geom_start` [e+1], `geom_lonlat` [k, 2].

    With a column of classes also `klass, walk, bike, car` [e]. Lines meet where their ends have one position (to 1e-7
    degrees), or one node where the columns `from` and `to` name them. A line whose class is no class of street, or that has
    no length, is left out with its row.
    """
    where = str(request.path)
    lines, tally = load_shapes(request.path, request.datum, request.text("layer"))
    lines = lines.assign(row=np.arange(1, len(lines) + 1)).explode(ignore_index=True)
    faults = FaultList()
    for option in ("from", "to", "class", "length_m", "oneway"):
        name = request.text(option)
        if name and name not in lines.columns:
            have = ", ".join(str(column) for column in lines.columns if column not in {"geometry", "row"})
            faults.add(where, f"there is no attribute '{name}'.", allowed=f"the file has: {have}.", todo=f"correct `{option}`")
    if bool(request.text("from")) != bool(request.text("to")):
        faults.add(where, "only one of `from` and `to` is stated.", allowed="both, or neither.")
    if not (shapely.get_dimensions(lines.geometry.to_numpy()) == 1).all():
        faults.add(where, "the layer holds shapes that are not lines.", allowed="lines.", todo="name the layer with the streets")
    faults.check()
    length = _lengths(lines, request.text("length_m"), where, faults)
    codes = _classes(lines, request.text("class"))
    faults.check()
    useless = (length < _SHORTEST_M) | (codes == 0)
    for row in np.nonzero(useless)[0]:
        name = "" if codes[row] else str(lines[request.text("class")].iloc[row])
        tally.refuse(int(lines["row"].iloc[row]), f"'{name}' is no class of street" if name else "the line has no length or no class")
    lines, length, codes = lines[~useless].reset_index(drop=True), length[~useless], codes[~useless]
    u, v, lon, lat = _nodes(request, lines)
    loop = u == v
    for row in np.nonzero(loop)[0]:
        tally.refuse(int(lines["row"].iloc[row]), "the line begins and ends at one node")
    lines, kept = lines[~loop].reset_index(drop=True), ~loop
    tally.rows_kept = int(lines["row"].nunique())
    arrays = {"node_lon": lon, "node_lat": lat, "edge_u": u[kept], "edge_v": v[kept], "edge_length": length[kept]}
    return Raw(tally, arrays=arrays | _geometry(lines) | _attributes(request, lines, codes[kept]))


def _lengths(lines: gpd.GeoDataFrame, column: str, where: str, faults: FaultList) -> NDArray[np.float64]:
    if not column:
        coords, owner = shapely.get_coordinates(lines.geometry.to_numpy(), return_index=True)
        steps = distance(coords[:-1, 0], coords[:-1, 1], coords[1:, 0], coords[1:, 1])
        same = owner[1:] == owner[:-1]
        return np.bincount(owner[:-1][same], steps[same], minlength=len(lines)).astype(np.float64)
    numbers = pd.to_numeric(lines[column], errors="coerce").to_numpy(float)
    for row in np.nonzero(~np.isfinite(numbers) | (numbers < 0))[0][:5]:
        faults.add(where, f"'{column}' is '{lines[column].iloc[row]}'.", allowed="metres, 0 or more.", row=int(lines["row"].iloc[row]))
    return np.asarray(np.nan_to_num(numbers), np.float64)


def _classes(lines: gpd.GeoDataFrame, column: str) -> NDArray[np.int16]:
    """Codes of the classes of streets; 0 where a text is none; -1 everywhere where the file has no classes."""
    if not column:
        return np.full(len(lines), -1, np.int16)
    rules = Classifier((row["id"], row["osm"]) for row in table("classes") if row["osm"])
    code = {name: entry[0] for name, entry in class_rows().items()}
    texts = lines[column].fillna("").astype(str)
    known = {text: code.get(text) or code.get(rules.find({"highway": text}), 0) for text in texts.unique()}
    return np.asarray(texts.map(known).to_numpy(), np.int16)


def _geometry(lines: gpd.GeoDataFrame) -> dict[str, NDArray[Any]]:
    coords, owner = shapely.get_coordinates(lines.geometry.to_numpy(), return_index=True)
    return {"geom_start": np.searchsorted(owner, np.arange(len(lines) + 1)).astype(np.int64), "geom_lonlat": coords}


def _attributes(request: Request, lines: gpd.GeoDataFrame, codes: NDArray[np.int16]) -> dict[str, NDArray[Any]]:
    """Class and passage by mode of every line; nothing where the file has no classes."""
    if not request.text("class"):
        return {}
    way = np.full(len(lines), _BOTH, np.int8)
    if request.text("oneway"):
        texts = lines[request.text("oneway")].map(lambda value: str(int(value)) if isinstance(value, float) else str(value).lower())
        way = texts.map(_ONE_WAY).fillna(_BOTH).to_numpy(np.int8)
    admits = dict(class_rows().values())
    arrays: dict[str, NDArray[Any]] = {"klass": codes}
    for mode, directed in (("walk", False), ("bike", True), ("car", True)):
        open_to = np.array([admits[int(code)][mode] for code in codes], bool)
        arrays[mode] = np.where(open_to, way if directed else _BOTH, 0).astype(np.int8)
    return arrays


def _nodes(
    request: Request, lines: gpd.GeoDataFrame
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Ends of lines as rows of nodes, and the nodes' positions."""
    count, shapes = len(lines), lines.geometry.to_numpy()
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(shapes, place)) for place in (0, -1)])
    if request.text("from"):
        names = np.concatenate([lines[request.text(option)].astype(str).to_numpy(object) for option in ("from", "to")])
        _, row, node = np.unique(names, return_index=True, return_inverse=True)
    else:
        _, row, node = np.unique(np.round(ends, _ENDS_DIGITS), axis=0, return_index=True, return_inverse=True)
    ids = np.asarray(node.reshape(-1), np.int32)
    return ids[:count], ids[count:], ends[row, 0], ends[row, 1]


READERS.add(
    Reader(
        "vector_streets",
        ("streets",),
        "GeoJSON, GeoPackage or shapefile of street lines that meet at their ends.",
        {
            "layer": Option(str, "", "the layer inside a GeoPackage; left out, the first one"),
            "from": Option(str, "", "attribute with the node at which a line begins; left out, lines meet where their ends lie"),
            "to": Option(str, "", "attribute with the node at which a line ends"),
            "class": Option(str, "", "attribute with the class of street, as OpenStreetMap's highway=*; left out, all may be walked"),
            "length_m": Option(str, "", "attribute with the length in metres; left out, it is measured"),
            "oneway": Option(str, "", "attribute with the direction of vehicles: 0 both ways, 1 along the line, -1 against it"),
        },
        can_read,
        read,
    )
)
