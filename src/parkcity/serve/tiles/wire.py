"""Protocol-buffer wire format, as far as vector tiles need it.

Source: Protocol Buffers encoding (base-128 varints, zigzag, length-delimited fields).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

VARINT, FIXED64, BYTES = 0, 1, 2


def varint(value: int) -> bytes:
    """One unsigned number as base-128 varint.

    >>> varint(300).hex()
    'ac02'
    """
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(values: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Signed numbers folded so that small ones stay small: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return ((values << 1) ^ (values >> 63)).astype(np.uint32)


def varints(values: NDArray[np.uint32]) -> tuple[bytes, NDArray[np.int64]]:
    r"""Many numbers as varints, and where each begins: offsets int64 [n + 1].

    >>> varints(np.array([1, 300], np.uint32))
    (b'\x01\xac\x02', array([0, 1, 3]))
    """
    wide = values.astype(np.uint64)
    size = np.ones(len(wide), np.int64)
    for bits in (7, 14, 21, 28):
        size += wide >= np.uint64(1 << bits)
    start = np.zeros(len(wide) + 1, np.int64)
    np.cumsum(size, out=start[1:])
    out = np.zeros(int(start[-1]), np.uint8)
    for place in range(5):
        there = size > place
        part = (wide[there] >> np.uint64(7 * place)) & np.uint64(0x7F)
        more = (size[there] > place + 1).astype(np.uint64) << np.uint64(7)
        out[start[:-1][there] + place] = (part | more).astype(np.uint8)
    return out.tobytes(), start


def field_bytes(number: int, data: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def field_varint(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3 | VARINT) + varint(value)


def field_double(number: int, value: float) -> bytes:
    """A field of eight bytes."""
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)
