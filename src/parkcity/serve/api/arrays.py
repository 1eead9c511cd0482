"""Values by cell as bytes: a JSON header that says what follows, and the arrays themselves."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.serve.api.context import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MAGIC = b"PCV1"
MEDIA = "application/octet-stream"
_ALIGN = 8
NOBODY = 6
"""No resident of the group lives in the cell: a state beside those of travel."""
STATES = {"0": "ok", "1": "unreachable", "2": "not_attached", "3": "no_service", "4": "outside_data", "5": "over_limit", "6": "nobody"}


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Magic, length of the header (uint32), header, arrays; the header and every array end at a multiple of eight bytes."""
    described, body, offset = [], [], 0
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).tobytes()
        described.append({"name": name, "dtype": array.dtype.name, "offset": offset, "length": len(array)})
        padding = -len(data) % _ALIGN
        body += [data, b"\0" * padding]
        offset += len(data) + padding
    text = json.dumps(plain({**header, "arrays": described}), ensure_ascii=False).encode()
    text += b" " * (-(len(text) + len(MAGIC) + 4) % _ALIGN)
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *body])


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Header and arrays of packed bytes."""
    if data[:4] != MAGIC:
        msg = "these bytes do not begin as packed values do"
        raise ValueError(msg)
    length = struct.unpack_from("<I", data, 4)[0]
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    start = 8 + length
    arrays = {entry["name"]: np.frombuffer(data, entry["dtype"], entry["length"], start + entry["offset"]) for entry in header["arrays"]}
    return header, arrays
