"""Shapefiles as they are found: without a word on their encoding, without a coordinate system, or with a wrong one."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault, InputError
from parkcity.base.tables import decode, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

_MAX_LON, _MAX_LAT = 180.0, 90.0
_SHP_HEAD = 100
_DBF_HEAD = 32
_SAMPLE = 200_000
# Language drivers of dBASE files that say more than "ANSI".
_DRIVERS = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5", 0x7B: "cp932", 0x13: "cp932", 0xC9: "cp1251", 0x26: "cp866"}


def dbf_encoding(path: Path) -> tuple[str, str]:
    """Encoding of a shapefile's attributes, and how it is known: 'cpg' (stated), 'driver' (the table's code) or 'detected'.

    `path` is the .shp file. Without a .cpg file and without a telling language driver the texts themselves decide, so that
    Chinese names in GBK are not read as Latin accents.
    """
    stated = path.with_suffix(".cpg")
    if stated.is_file():
        text = stated.read_text(encoding="ascii", errors="ignore").strip()
        if text:
            return _codec(text), "cpg"
    table = path.with_suffix(".dbf")
    if not table.is_file():
        return "utf-8", "detected"
    with table.open("rb") as file:
        head = file.read(_DBF_HEAD)
    if len(head) < _DBF_HEAD:
        raise InputError(Fault(str(table), "the attribute table is cut off.", todo="fetch the shapefile again"))
    if head[29] in _DRIVERS:
        return _DRIVERS[head[29]], "driver"
    return decode(_texts(table, head), str(table))[1], "detected"


def _codec(text: str) -> str:
    digits = "".join(char for char in text if char.isdecimal())
    if text.upper().replace("-", "").replace("_", "") in {"UTF8", "65001"}:
        return "utf-8"
    if text.upper() in {"GBK", "GB2312", "GB18030"} or digits == "936":
        return "gb18030"
    return f"cp{digits}" if digits and text.upper().replace(digits, "").strip(" -_") in {"", "CP", "ANSI", "WINDOWS", "OEM"} else text


def _texts(table: Path, head: bytes) -> bytes:
    """Bytes of the text columns of a dBASE table, without the padding."""
    start, width = struct.unpack("<HH", head[8:12])
    data = read_bytes(table)
    fields = []
    offset = 1
    for place in range(_DBF_HEAD, max(start - 1, _DBF_HEAD), 32):
        field = data[place : place + 32]
        if len(field) < 32 or field[0] == 0x0D:
            break
        fields.append((chr(field[11]), offset, field[16]))
        offset += field[16]
    found = []
    for record in range(start, min(len(data), start + _SAMPLE), max(width, 1)):
        found += [data[record + first : record + first + size].rstrip(b" \x00") for kind, first, size in fields if kind == "C"]
    return b"\n".join(found)


def bounds(path: Path) -> tuple[float, float, float, float]:
    """West, south, east, north as the head of a .shp file states them, in the file's own units."""
    with path.open("rb") as file:
        head = file.read(_SHP_HEAD)
    if len(head) < _SHP_HEAD or struct.unpack(">i", head[:4])[0] != 9994:
        raise InputError(Fault(str(path), "this is not a shapefile.", todo="fetch the file again"))
    west, south, east, north = struct.unpack("<4d", head[36:68])
    return west, south, east, north


def system_fault(path: Path, geographic: bool | None, declared: str) -> Fault | None:
    """What is wrong with a shapefile's coordinate system, or None.

    `geographic`: does its .prj say degrees (None: there is no .prj); `declared`: the datum stated for the source, empty when
    none is.
    """
    west, south, east, north = bounds(path)
    degrees = max(abs(west), abs(east)) <= _MAX_LON and max(abs(south), abs(north)) <= _MAX_LAT
    span = f"x {west:,.0f} to {east:,.0f}, y {south:,.0f} to {north:,.0f}"
    if geographic and not degrees:
        what = f"the .prj says degrees, but the numbers are not ({span})."
        return Fault(str(path), what, "one system.", 'state the real one as `datum = "EPSG:number"` and remove the .prj')
    if geographic is None and not declared:
        guess = "they look like degrees" if degrees else "they look like metres or feet of a projected system"
        what = f"there is no .prj, so the system of the coordinates is unknown ({span}); {guess}."
        return Fault(str(path), what, "a stated system.", "ask the publisher, and state it as `datum` in city.toml")
    return None
