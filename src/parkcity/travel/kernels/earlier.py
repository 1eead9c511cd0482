"""Which walks of a list come sooner than what their targets have: sixteen at once, for of many walks few do.

Like `vector`: a plain loop that says what is meant and runs with compilation switched off, and vector code for the compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic

from parkcity.travel.kernels.jit import kernel

if TYPE_CHECKING:
    from parkcity.travel.kernels.jit import Int32

WIDTH = 16
"""Walks looked at together; lists of walks have so many entries more than they use."""
_FEW = 6
"""Fewer walks than this are looked at one by one."""
_WORD, _LONG = ir.IntType(32), ir.IntType(64)


def _earlier_plain(values: Int32, target: Int32, seconds: Int32, at: int, end: int, time: int) -> int:
    """See `earlier`."""
    bits = 0
    for lane in range(min(WIDTH, end - at)):
        if time + seconds[at + lane] < values[target[at + lane]]:
            bits |= 1 << lane
    return bits


def _pack(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    place = builder.bitcast(builder.gep(data, [at]), ir.VectorType(_WORD, WIDTH).as_pointer())
    return builder.load(place, align=4)


def _spread(builder: Any, value: Any, word: Any) -> Any:
    none = ir.Constant(ir.VectorType(word, WIDTH), ir.Undefined)
    one = builder.insert_element(none, value, ir.Constant(_WORD, 0))
    return builder.shuffle_vector(one, none, ir.Constant(ir.VectorType(_WORD, WIDTH), [0] * WIDTH))


def _earlier_vector(typing: Any, values: Any, target: Any, seconds: Any, at: Any, end: Any, time: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        to = _pack(context, builder, signature.args[1], args[1], args[3])
        walk = _pack(context, builder, signature.args[2], args[2], args[3])
        base = _spread(builder, builder.ptrtoint(data, _LONG), _LONG)
        away = builder.shl(builder.sext(to, ir.VectorType(_LONG, WIDTH)), ir.Constant(ir.VectorType(_LONG, WIDTH), [2] * WIDTH))
        places = builder.inttoptr(builder.add(base, away), ir.VectorType(_WORD.as_pointer(), WIDTH))
        pack, flags = ir.VectorType(_WORD, WIDTH), ir.VectorType(ir.IntType(1), WIDTH)
        kind = ir.FunctionType(pack, [places.type, _WORD, flags, pack])
        gather = get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, kind, f"llvm.masked.gather.v{WIDTH}i32.v{WIDTH}p0"
        )
        have = builder.call(gather, [places, ir.Constant(_WORD, 4), ir.Constant(flags, [1] * WIDTH), ir.Constant(pack, ir.Undefined)])
        come = builder.add(walk, _spread(builder, builder.trunc(args[5], _WORD), _WORD))
        lane = ir.Constant(pack, list(range(WIDTH)))
        left = builder.icmp_signed("<", lane, _spread(builder, builder.trunc(builder.sub(args[4], args[3]), _WORD), _WORD))
        sooner = builder.and_(builder.icmp_signed("<", come, have), left)
        return builder.zext(builder.bitcast(sooner, ir.IntType(WIDTH)), _LONG)

    del typing
    return types.int64(values, target, seconds, types.int64, types.int64, types.int64), generate


def _lowest_plain(bits: int) -> int:
    """The place of the lowest bit of a number that is not 0."""
    return (bits & -bits).bit_length() - 1


def _lowest_vector(typing: Any, bits: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        del context, signature
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    del typing
    return types.int64(types.int64), generate


if TYPE_CHECKING:
    _earlier = _earlier_plain
    lowest = _lowest_plain
else:
    _earlier = _earlier_plain if numba.config.DISABLE_JIT else intrinsic(_earlier_vector)
    lowest = _lowest_plain if numba.config.DISABLE_JIT else intrinsic(_lowest_vector)


@kernel
def earlier(values: Int32, target: Int32, seconds: Int32, at: int, end: int, time: int) -> int:
    """Of the walks `at` … `at` + WIDTH - 1 before `end` those that come to their target before its value, as the bits of a number.

    Shapes: `values` int32 [n]; `target`, `seconds` int32 [walks + WIDTH], targets in range beyond the end too; `time` and `seconds` below
    2**30.
    """
    if end - at >= _FEW:
        return _earlier(values, target, seconds, at, end, time)
    bits = 0
    for lane in range(end - at):
        if time + seconds[at + lane] < values[target[at + lane]]:
            bits |= 1 << lane
    return bits
