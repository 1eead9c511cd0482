"""What a way's tags say about each mode: may it pass, which way, and everything that decides what passing costs.

Access follows the hierarchy of the OpenStreetMap wiki page "Key:access": a mode's own tag stands above the tag of the
vehicles it belongs to, that above `access`, and all stand above the default of the road class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from parkcity.sense.osm.tags import Classifier, Tags, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MODES = ("walk", "bike", "car")
CLOSED, BOTH, ALONG, AGAINST = 0, 1, 2, 3
"""Codes of passage per mode: closed, both ways, only from u to v, only from v to u."""

UNKNOWN = -1
WHEELCHAIR = {"no": 0, "limited": 1, "yes": 2}
KERB = {"flush": 0, "no": 0, "lowered": 1, "yes": 1, "rolled": 2, "raised": 3}
CROSSING = {"unmarked": 1, "informal": 1, "marked": 2, "uncontrolled": 2, "zebra": 2, "traffic_signals": 3}
CROSSING_UNKNOWN = 4
SIDEWALK = {"no": 0, "none": 0, "left": 1, "right": 1, "both": 2, "yes": 2, "separate": 3}
CYCLEWAY = {"no": 0, "lane": 1, "share_busway": 1, "shared_lane": 1, "track": 2, "separate": 2}

_SHUT = frozenset({"no", "private", "agricultural", "forestry", "military", "discouraged", "use_sidepath", "restricted", "permit"})
_OPEN = frozenset({"yes", "designated", "permissive", "official", "destination", "customers", "public", "dismount", "delivery"})
_HIERARCHY = {
    "walk": ("foot", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
}
_FORWARD = frozenset({"yes", "1", "true", "reversible", "alternating"})
_BACKWARD = frozenset({"-1", "reverse"})
_ROUND = frozenset({"roundabout", "circular"})
_NUMBER = re.compile(r"(-?\d+(?:[.,]\d+)?)")
_MILE_KM = 1.609344
_FOOT_M = 0.3048
_KNOT_KM = 1.852

RELEVANT = (
    *("highway", "railway", "public_transport", "route", "service", "access", "foot", "bicycle", "vehicle", "motor_vehicle"),
    *("motorcar", "oneway", "oneway:bicycle", "oneway:foot", "junction", "conveying", "sidewalk", "sidewalk:both", "footway"),
    *("crossing", "crossing:markings", "crossing:signals", "kerb", "steps", "step_count", "ramp", "ramp:wheelchair"),
    *("wheelchair", "surface", "width", "lit", "bridge", "tunnel", "layer", "maxspeed", "lanes", "incline", "cycleway"),
    *("cycleway:left", "cycleway:right", "cycleway:both", "indoor", "area", "path", "sac_scale"),
)
"""All keys that are looked at: ways that agree on these are alike for every cost."""


@dataclass(frozen=True)
class Attributes:
    """The attributes of ways, arrays [w].

    `klass` int16 code of `classes.csv`; `walk, bike, car` int8 passage (0 closed, 1 both ways, 2 along the way only, 3
    against it only); `oneway` int8 for cars (0, 1 along, -1 against); `wheelchair` int8 (-1 unknown, 0 no, 1 limited, 2
    yes); `steps` int16 (0 none, number of steps, -1 steps of unknown number); `surface` int8 code of `surfaces.csv` (0
    unknown); `width` float32 m; `lit` int8 (-1 unknown, 0, 1); `kerb` int8 (-1 unknown, 0 flush, 1 lowered, 2 rolled, 3
    raised); `crossing` int8 (0 not a crossing, 1 unmarked, 2 marked, 3 signals, 4 unknown kind); `bridge, tunnel` int8;
    `layer` int8; `maxspeed` float32 km/h; `lanes` int8 (0 unknown); `incline` float32 percent rising along the way;
    `sidewalk` int8 (-1 unknown, 0 none, 1 one side, 2 both, 3 drawn separately); `cycleway` int8 (-1 unknown, 0 none, 1
    lane, 2 track). Unknown width, speed and incline are not a number.
    """

    klass: NDArray[np.int16]
    walk: NDArray[np.int8]
    bike: NDArray[np.int8]
    car: NDArray[np.int8]
    oneway: NDArray[np.int8]
    wheelchair: NDArray[np.int8]
    steps: NDArray[np.int16]
    surface: NDArray[np.int8]
    width: NDArray[np.float32]
    lit: NDArray[np.int8]
    kerb: NDArray[np.int8]
    crossing: NDArray[np.int8]
    bridge: NDArray[np.int8]
    tunnel: NDArray[np.int8]
    layer: NDArray[np.int8]
    maxspeed: NDArray[np.float32]
    lanes: NDArray[np.int8]
    incline: NDArray[np.float32]
    sidewalk: NDArray[np.int8]
    cycleway: NDArray[np.int8]

    @classmethod
    def of(cls, rows: Sequence[tuple[float, ...]]) -> Attributes:
        """Attributes from rows in the order of the fields."""
        columns = np.array(rows, np.float64).reshape(len(rows), len(DTYPES)).T
        return cls(*(column.astype(dtype) for column, dtype in zip(columns, DTYPES.values(), strict=True)))

    def with_rows(self, rows: Sequence[tuple[float, ...]]) -> Attributes:
        """These attributes and more rows after them."""
        more = Attributes.of(rows)
        return Attributes(**{name: np.concatenate([getattr(self, name), getattr(more, name)]) for name in DTYPES})

    def take(self, rows: NDArray[np.int64]) -> Attributes:
        """The attributes of some rows."""
        return Attributes(**{name: getattr(self, name)[rows] for name in DTYPES})

    def as_dict(self) -> dict[str, NDArray[np.generic]]:
        """The arrays by name."""
        return {name: getattr(self, name) for name in DTYPES}


_WIDER: dict[str, type[np.generic]] = {
    "klass": np.int16,
    "steps": np.int16,
    "width": np.float32,
    "maxspeed": np.float32,
    "incline": np.float32,
}
DTYPES = {field.name: _WIDER.get(field.name, np.int8) for field in fields(Attributes)}
"""The attributes by name with the type of their arrays."""


@cache
def class_rows() -> dict[str, tuple[int, dict[str, bool]]]:
    """For every road class its code and which modes it admits by default."""
    return {row["id"]: (int(row["code"]), {mode: row[mode] == "yes" for mode in (*MODES, "wheelchair")}) for row in table("classes")}


def class_titles() -> dict[str, dict[str, str]]:
    """What people call every class of streets, by its id and language (zh, en)."""
    return {row["id"]: {"zh": row["zh"], "en": row["en"]} for row in table("classes")}


@cache
def class_names() -> dict[int, str]:
    """The id of every class of streets by its code."""
    return {code: name for name, (code, _) in class_rows().items()}


def class_code(name: str) -> int:
    """The code of a road class."""
    return class_rows()[name][0]


@cache
def _classes() -> Classifier:
    return Classifier((row["id"], row["osm"]) for row in table("classes") if row["osm"])


@cache
def _surfaces() -> tuple[Classifier, dict[str, int]]:
    rows = table("surfaces")
    return Classifier((row["id"], row["osm"]) for row in rows), {row["id"]: int(row["code"]) for row in rows}


def road_class(tags: Tags) -> str:
    """The class of a way, or an empty text for what nobody can travel on (or that does not exist yet)."""
    return _classes().find(tags)


def passages(tags: Tags, default: dict[str, bool]) -> tuple[int, int, int]:
    """Codes of passage for walking, cycling and driving."""
    vehicle = _direction(tags)
    bike = _bike_direction(tags, vehicle)
    foot = _sign(tags.get("oneway:foot", ""))
    if tags.get("highway") in {"steps", "footway", "corridor"} and "conveying" in tags:
        foot = {"forward": 1, "backward": -1}.get(tags["conveying"], 0)
    codes = []
    for mode, sign in (("walk", foot), ("bike", bike), ("car", vehicle)):
        codes.append((BOTH, ALONG, AGAINST)[sign] if admits(tags, mode, default=default[mode]) else CLOSED)
    return codes[0], codes[1], codes[2]


def admits(tags: Tags, mode: str, *, default: bool) -> bool:
    """May a mode pass, by the hierarchy of access tags and a default?"""
    for key in _HIERARCHY[mode]:
        value = tags.get(key)
        if value in _SHUT:
            return False
        if value in _OPEN:
            # `access=yes` lifts no ban that lies in the class itself (a footway is not for cars).
            return default if key == "access" else True
    return default


def _sign(value: str) -> int:
    return 1 if value in _FORWARD else -1 if value in _BACKWARD else 0


def _direction(tags: Tags) -> int:
    stated = tags.get("oneway")
    if stated is not None:
        return _sign(stated)
    implied = tags.get("junction") in _ROUND or tags.get("highway") in {"motorway", "motorway_link"}
    return 1 if implied else 0


def _bike_direction(tags: Tags, vehicle: int) -> int:
    stated = tags.get("oneway:bicycle")
    if stated is not None:
        return _sign(stated)
    contraflow = any(tags.get(key, "").startswith("opposite") for key in ("cycleway", "cycleway:left", "cycleway:right"))
    return 0 if contraflow else vehicle


def way_row(tags: Tags, name: str) -> tuple[float, ...]:
    """The attributes of one way of a class, in the order of `Attributes`."""
    code, default = class_rows()[name]
    walk, bike, car = passages(tags, default)
    steps = _steps(tags) if name == "steps" else 0
    return (
        *(code, walk, bike, car, _direction(tags), _wheelchair(tags, default, steps), steps),
        *(_surface(tags), length_m(tags.get("width")), _yes(tags.get("lit")), KERB.get(tags.get("kerb", ""), UNKNOWN)),
        *(_crossing(tags), int(_set(tags, "bridge")), int(_set(tags, "tunnel")), _layer(tags)),
        *(_speed(tags.get("maxspeed")), _lanes(tags.get("lanes")), _incline(tags.get("incline"))),
        *(_sidewalk(tags), _cycleway(tags)),
    )


def made_row(name: str, **changes: float) -> tuple[float, ...]:
    """The attributes of a way that no tag describes (a link, a gate): those of its class, with changes by field."""
    row = dict(zip(DTYPES, way_row({}, name), strict=True))
    unknown = set(changes) - set(row)
    if unknown:
        msg = f"no such attributes: {sorted(unknown)}"
        raise ValueError(msg)
    return tuple((row | changes).values())


def _wheelchair(tags: Tags, default: dict[str, bool], steps: int) -> int:
    stated = tags.get("wheelchair", "")
    if stated in WHEELCHAIR:
        return WHEELCHAIR[stated]
    if stated == "designated":
        return WHEELCHAIR["yes"]
    if steps and tags.get("ramp:wheelchair") == "yes":
        return WHEELCHAIR["limited"]
    return UNKNOWN if default["wheelchair"] else WHEELCHAIR["no"]


def _steps(tags: Tags) -> int:
    number = _NUMBER.match(tags.get("step_count", ""))
    return max(min(int(float(number[1].replace(",", "."))), 5000), 1) if number else UNKNOWN


def _surface(tags: Tags) -> int:
    if "surface" not in tags:
        return 0
    rules, codes = _surfaces()
    return codes.get(rules.find({"surface": tags["surface"]}), 0)


def _number(text: str | None) -> tuple[float, str]:
    match = _NUMBER.match(text.strip()) if text else None
    if match is None or text is None:
        return np.nan, ""
    return float(match[1].replace(",", ".")), text.strip()[match.end() :].strip().lower()


def length_m(text: str | None) -> float:
    """Metres of a length as tagged; feet and inches are converted."""
    value, unit = _number(text)
    metres = value * _FOOT_M if unit.startswith(("'", "ft", "feet")) else value
    return metres if 0 < metres < 1000 else np.nan


def _speed(text: str | None) -> float:
    """Kilometres an hour of a speed as tagged; miles and knots are converted, `walk` is walking pace (7 km/h)."""
    if text == "walk":
        return 7.0
    value, unit = _number(text)
    factor = {"mph": _MILE_KM, "knots": _KNOT_KM}.get(unit, 1.0)
    return value * factor if 0 < value * factor <= 300 else np.nan


def _lanes(text: str | None) -> int:
    value, _ = _number(text)
    return int(value) if 1 <= value <= 30 else 0


def _layer(tags: Tags) -> int:
    value, _ = _number(tags.get("layer"))
    return int(value) if -20 <= value <= 20 else 0


def _incline(text: str | None) -> float:
    value, unit = _number(text)
    if np.isnan(value):
        return np.nan
    percent = 100.0 * np.tan(np.radians(value)) if unit.startswith(("°", "deg")) else value
    return float(percent) if abs(percent) <= 200 else np.nan


def _yes(text: str | None) -> int:
    return UNKNOWN if text is None else int(text not in {"no", "disused"})


def _set(tags: Tags, key: str) -> bool:
    return tags.get(key, "no") != "no"


def _crossing(tags: Tags) -> int:
    if tags.get("footway") != "crossing" and tags.get("path") != "crossing" and tags.get("cycleway") != "crossing":
        return 0
    return crossing_code(tags)


def crossing_code(tags: Tags) -> int:
    """The kind of a crossing (1 unmarked, 2 marked, 3 signals, 4 unknown), from its own tags."""
    if tags.get("crossing:signals") == "yes":
        return CROSSING["traffic_signals"]
    stated = CROSSING.get(tags.get("crossing", ""))
    if stated is not None:
        return stated
    return CROSSING["marked"] if _set(tags, "crossing:markings") else CROSSING_UNKNOWN


def _sidewalk(tags: Tags) -> int:
    return SIDEWALK.get(tags.get("sidewalk", tags.get("sidewalk:both", "")), UNKNOWN)


def _cycleway(tags: Tags) -> int:
    keys = ("cycleway", "cycleway:both", "cycleway:left", "cycleway:right")
    values = [tags[key].removeprefix("opposite_") for key in keys if key in tags]
    return max((CYCLEWAY.get(value, UNKNOWN) for value in values), default=UNKNOWN)


def attributes_of(ways: Sequence[Tags]) -> tuple[Attributes, NDArray[np.int64]]:
    """The distinct attribute rows of ways, and for every way its row (-1: not a street).

    Ways that agree on every relevant key share a row, so that the work is done once for each kind of way.
    """
    seen: dict[tuple[str | None, ...], int] = {}
    distinct: dict[tuple[float, ...], int] = {}
    kind = np.empty(len(ways), np.int64)
    for number, tags in enumerate(ways):
        key = tuple(map(tags.get, RELEVANT))
        row = seen.get(key)
        if row is None:
            name = road_class(tags)
            row = -1
            if name:
                values = tuple(None if value != value else value for value in way_row(tags, name))  # noqa: PLR0124
                row = distinct.setdefault(values, len(distinct))  # type: ignore[arg-type]
            seen[key] = row
        kind[number] = row
    rows = [tuple(np.nan if value is None else value for value in values) for values in distinct]
    return Attributes.of(rows), kind
