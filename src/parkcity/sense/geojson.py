"""GeoJSON held against its standard (RFC 7946) before a library reads it, so that what is wrong is told with its place."""

from __future__ import annotations

import json
from typing import Any

from parkcity.base.errors import Fault, InputError

_DEPTH = {"Point": 1, "MultiPoint": 2, "LineString": 2, "MultiLineString": 3, "Polygon": 3, "MultiPolygon": 4}
"""How deep the lists of coordinates of each type are nested: a position is a list of numbers."""

_BOX_SIZES = (4, 6)
_LEAST = 2
_ALLOWED = "a GeoJSON Feature with a geometry and its coordinates."


class _TwiceError(Exception):
    """A key that stands twice in one object."""


def checked_geojson(data: bytes, where: str) -> bytes:
    """The bytes of a collection of features that a library can trust; one feature or one bare geometry becomes a collection.

    Raises `InputError` that says where the text is broken: what is no JSON, keys that stand twice, features that are none,
    coordinates that are no numbers or not nested as their type asks, a bbox of another size than 4 or 6.
    """
    try:
        document = json.loads(data, object_pairs_hook=_object)
    except _TwiceError as error:
        what = f"the key '{error}' stands twice in one object."
        raise InputError(Fault(where, what, "every key once.", "the second would hide the first: remove one")) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(Fault(where, f"this is not JSON: {error}.", row=getattr(error, "lineno", None))) from None
    except RecursionError:
        raise InputError(Fault(where, "the lists of the file are nested too deep.", "coordinates as GeoJSON nests them.")) from None
    kind = document.get("type") if isinstance(document, dict) else None
    if kind in _DEPTH or kind == "GeometryCollection" or (kind == "Feature" and "geometry" in document):
        only = document if kind == "Feature" else {"type": "Feature", "geometry": document}
        document = {"type": "FeatureCollection", "features": [{"properties": {}, **only}]}
        data = json.dumps(document).encode()
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise InputError(Fault(where, "'features' is not a list.", "a GeoJSON FeatureCollection."))
    for number, feature in enumerate(features, start=1):
        fault = _feature_fault(feature)
        if fault:
            raise InputError(Fault(where, fault, _ALLOWED, row=number))
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in keys if keys.count(key) > 1))
    return made


def _feature_fault(feature: object) -> str:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return "this is not a Feature."
    geometry = feature.get("geometry")
    for owner in (feature, geometry):
        box = owner.get("bbox") if isinstance(owner, dict) else None
        if box is not None and not (isinstance(box, list) and len(box) in _BOX_SIZES and all(map(_number, box))):
            return "the bbox is no list of 4 or 6 numbers."
    if geometry is None:
        return ""
    if not isinstance(geometry, dict) or "type" not in geometry:
        return "the geometry has no type."
    if geometry["type"] == "GeometryCollection":
        return ""
    if geometry["type"] not in _DEPTH:
        return f"the geometry is of the type {geometry['type']!r}."
    if not isinstance(geometry.get("coordinates"), list):
        return "the geometry has no coordinates."
    fault = _coordinates_fault(geometry["coordinates"], _DEPTH[geometry["type"]])
    return fault and f"{fault} ({geometry['type']})."


def _coordinates_fault(part: object, depth: int) -> str:
    """What is wrong with lists nested `depth` deep, the innermost ones positions; an empty list is an empty shape."""
    if not isinstance(part, list):
        return "the coordinates are not nested as those of their type"
    if depth > 1:
        return next((fault for item in part if (fault := _coordinates_fault(item, depth - 1))), "")
    if any(isinstance(item, list) for item in part):
        return "the coordinates are not nested as those of their type"
    if not all(map(_number, part)):
        return "a coordinate is not a number"
    return "a position has fewer than two numbers" if 0 < len(part) < _LEAST else ""


def _number(part: object) -> bool:
    return isinstance(part, int | float) and not isinstance(part, bool)
