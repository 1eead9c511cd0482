"""The one way in which a function of this folder is compiled.

Compiled code is kept on disk beside the source, releases the interpreter lock (threads of the caller run chunks of origins side by
side) and uses no relaxed floating point, so that the same bits come out of any number of threads and of plain Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

Bool = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt32 = npt.NDArray[np.uint32]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def kernel(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile at first use, keep the machine code on disk, run without the interpreter lock."""
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast("Callable[Parameters, Result]", compiled)
