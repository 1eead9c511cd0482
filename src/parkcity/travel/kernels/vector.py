"""Vector steps over the lanes of one search, each a single instruction where the machine has it.

`lower` and `least_of` are written once as plain loops, which say what they mean and run with compilation switched off, and once as
vector code for the compiler, which does not turn such short loops into vectors by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

from parkcity.travel.kernels.ticks import UNREACHED

if TYPE_CHECKING:
    from parkcity.travel.kernels.jit import UInt32

LANES = 16


def _lower_plain(target: UInt32, there: int, source: UInt32, here: int, step: int) -> int:
    """Lower row `there` of `target` to row `here` of `source` plus `step`; the least of the lanes that fell, else `UNREACHED`.

    Shapes: uint32 [*, LANES], values up to `UNREACHED`; `step` ticks up to `UNREACHED`.
    """
    least = UNREACHED
    for lane in range(LANES):
        onward = int(source[here, lane]) + int(step)
        if onward < target[there, lane]:
            target[there, lane] = np.uint32(onward)
            least = min(least, onward)
    return least


def _row(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    place = builder.gep(data, [builder.mul(index, ir.Constant(ir.IntType(64), LANES))])
    return builder.bitcast(place, ir.VectorType(ir.IntType(32), LANES).as_pointer())


def _lower_vector(typing: Any, target: Any, there: Any, source: Any, here: Any, step: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(32)
        vector = ir.VectorType(word, LANES)
        to = _row(context, builder, signature.args[0], args[0], args[1])
        old = builder.load(to, align=4)
        start = builder.load(_row(context, builder, signature.args[2], args[2], args[3]), align=4)
        none = ir.Constant(vector, ir.Undefined)
        one = builder.insert_element(none, builder.trunc(args[4], word), ir.Constant(word, 0))
        onward = builder.add(start, builder.shuffle_vector(one, none, ir.Constant(vector, [0] * LANES)))
        fell = builder.icmp_unsigned("<", onward, old)
        builder.store(builder.select(fell, onward, old), to, align=4)
        fallen = builder.select(fell, onward, ir.Constant(vector, [UNREACHED] * LANES))
        name = f"llvm.vector.reduce.umin.v{LANES}i32"
        reduce = cgutils.get_or_insert_function(builder.module, ir.FunctionType(word, [vector]), name)  # type: ignore[no-untyped-call]
        return builder.zext(builder.call(reduce, [fallen]), ir.IntType(64))

    del typing
    return types.int64(target, types.int64, source, types.int64, types.int64), generate


if TYPE_CHECKING:
    lower = _lower_plain
else:
    lower = _lower_plain if numba.config.DISABLE_JIT else intrinsic(_lower_vector)
