"""Vector steps over the lanes of one search, a few instructions where the machine has wide registers.

`lower` and `add_where` are written once as plain loops, which say what they mean and run with compilation switched off, and once as
vector code for the compiler, which does not turn such short loops into vectors by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from parkcity.travel.kernels.jit import Int64, UInt32

LANES = 64


def _lower_plain(target: UInt32, there: int, source: UInt32, here: int, step: int, limit: int) -> int:
    """Lower row `there` of `target` to row `here` of `source` plus `step`, where that is at most `limit`. 1 if a lane fell, else 0.

    Shapes: uint32 [*, LANES], values up to `UNREACHED`; `step` and `limit` ticks below `UNREACHED`.
    """
    fell = 0
    for lane in range(LANES):
        onward = int(source[here, lane]) + int(step)
        if onward <= limit and onward < target[there, lane]:
            target[there, lane] = np.uint32(onward)
            fell = 1
    return fell


def _row(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    place = builder.gep(data, [builder.mul(index, ir.Constant(ir.IntType(64), LANES))])
    return builder.bitcast(place, ir.VectorType(ir.IntType(32), LANES).as_pointer())


def _splat(builder: Any, value: Any) -> Any:
    word = ir.IntType(32)
    none = ir.Constant(ir.VectorType(word, LANES), ir.Undefined)
    one = builder.insert_element(none, builder.trunc(value, word), ir.Constant(word, 0))
    return builder.shuffle_vector(one, none, ir.Constant(ir.VectorType(word, LANES), [0] * LANES))


def _lower_vector(typing: Any, target: Any, there: Any, source: Any, here: Any, step: Any, limit: Any) -> Any:  # noqa: ARG001 (the compiler reads the names)
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        to = _row(context, builder, signature.args[0], args[0], args[1])
        old = builder.load(to, align=4)
        start = builder.load(_row(context, builder, signature.args[2], args[2], args[3]), align=4)
        onward = builder.add(start, _splat(builder, args[4]))
        fell = builder.and_(builder.icmp_unsigned("<", onward, old), builder.icmp_unsigned("<=", onward, _splat(builder, args[5])))
        builder.store(builder.select(fell, onward, old), to, align=4)
        bits = builder.bitcast(fell, ir.IntType(LANES))
        return builder.zext(builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(LANES), 0)), ir.IntType(64))

    del typing
    return types.int64(target, types.int64, source, types.int64, types.int64, types.int64), generate


def _add_plain(sums: Int64, at: int, row: UInt32, here: int, top: int, amount: int) -> None:
    """Add `amount` to the lanes of `sums[at]` in which `row[here]` is at most `top`. Shapes: int64 [*, LANES], uint32 [*, LANES]."""
    for lane in range(LANES):
        if row[here, lane] <= top:
            sums[at, lane] += amount


def _add_vector(typing: Any, sums: Any, at: Any, row: Any, here: Any, top: Any, amount: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = ir.VectorType(ir.IntType(64), LANES)
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.gep(data, [builder.mul(args[1], ir.Constant(ir.IntType(64), LANES))])
        place = builder.bitcast(place, wide.as_pointer())
        cost = builder.load(_row(context, builder, signature.args[2], args[2], args[3]), align=4)
        inside = builder.icmp_unsigned("<=", cost, _splat(builder, args[4]))
        none = ir.Constant(wide, ir.Undefined)
        one = builder.insert_element(none, args[5], ir.Constant(ir.IntType(32), 0))
        amounts = builder.shuffle_vector(one, none, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
        more = builder.select(inside, amounts, ir.Constant(wide, [0] * LANES))
        builder.store(builder.add(builder.load(place, align=8), more), place, align=8)
        return context.get_dummy_value()

    del typing
    return types.void(sums, types.int64, row, types.int64, types.int64, types.int64), generate


if TYPE_CHECKING:
    lower = _lower_plain
    add_where = _add_plain
else:
    lower = _lower_plain if numba.config.DISABLE_JIT else intrinsic(_lower_vector)
    add_where = _add_plain if numba.config.DISABLE_JIT else intrinsic(_add_vector)
