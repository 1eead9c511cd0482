"""Vector steps whose lanes are told apart by the bits of one word: which lanes are early enough, and a new value for some lanes.

Like `vector`: a plain loop that says what is meant and runs with compilation switched off, and vector code for the compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from parkcity.travel.kernels.vector import LANES, _row, _splat

if TYPE_CHECKING:
    from parkcity.travel.kernels.jit import UInt32

UInt64 = npt.NDArray[np.uint64]


def _below_plain(rows: UInt32, here: int, top: int) -> int:
    """The lanes of a row whose value is at most `top`, as the bits of a word. Shape: uint32 [*, LANES]."""
    bits = 0
    for lane in range(LANES):
        if rows[here, lane] <= top:
            bits |= 1 << lane
    return np.uint64(bits)  # type: ignore[return-value]


def _below_vector(typing: Any, rows: Any, here: Any, top: Any) -> Any:  # noqa: ARG001 (the compiler reads the names)
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        row = builder.load(_row(context, builder, signature.args[0], args[0], args[1]), align=4)
        return builder.bitcast(builder.icmp_unsigned("<=", row, _splat(builder, args[2])), ir.IntType(LANES))

    del typing
    return types.uint64(rows, types.int64, types.int64), generate


def _set_plain(rows: UInt32, there: int, value: int, lanes: int) -> int:
    """Set those of some lanes of a row that are above `value` to it. Returns the lanes that fell. Shape: uint32 [*, LANES]."""
    fell = 0
    for lane in range(LANES):
        if int(lanes) >> lane & 1 and rows[there, lane] > value:
            rows[there, lane] = np.uint32(value)
            fell |= 1 << lane
    return np.uint64(fell)  # type: ignore[return-value]


def _set_vector(typing: Any, rows: Any, there: Any, value: Any, lanes: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _row(context, builder, signature.args[0], args[0], args[1])
        old, new = builder.load(place, align=4), _splat(builder, args[2])
        chosen = builder.bitcast(args[3], ir.VectorType(ir.IntType(1), LANES))
        fell = builder.and_(builder.icmp_unsigned(">", old, new), chosen)
        builder.store(builder.select(fell, new, old), place, align=4)
        return builder.bitcast(fell, ir.IntType(LANES))

    del typing
    return types.uint64(rows, types.int64, types.int64, types.uint64), generate


if TYPE_CHECKING:
    below = _below_plain
    set_where = _set_plain
else:
    below = _below_plain if numba.config.DISABLE_JIT else intrinsic(_below_vector)
    set_where = _set_plain if numba.config.DISABLE_JIT else intrinsic(_set_vector)
