"""Labels after costs have changed: what rested on a street that got dearer is forgotten, to be filled again from around it."""

from __future__ import annotations

import numpy as np

from parkcity.travel.kernels.jit import Int8, Int32, Int64, kernel
from parkcity.travel.kernels.label import NOWHERE, PLACE_BITS


@kernel
def unsupported(indptr: Int32, arcs: Int32, first: Int32, labels: Int64, marks: Int8) -> Int32:
    """Forget every label that may rest on those of some nodes. Returns the nodes forgotten, int32.

    Shapes: `indptr` int32 [n + 1], `arcs` int32 [m, 2] with the costs under which `labels` int64 [n] were found; `first` int32: nodes
    whose own support is gone; `marks` int8 [n], all 0, scratch, left so. A label rests on another if it equals it plus the arc between
    them, so all that is reached from `first` along such arcs is forgotten: enough, and where two ways are equally short more than needed.
    Source: G. Ramalingam and T. Reps (1996), J. Algorithms 21(2), the first phase of a deletion.
    """
    stack = [np.int32(0)]
    stack.pop()
    gone = [np.int32(0)]
    gone.pop()
    for i in range(len(first)):
        if labels[first[i]] != NOWHERE and marks[first[i]] == 0:
            marks[first[i]] = 1
            stack.append(first[i])
            gone.append(first[i])
    while len(stack) > 0:
        node = stack.pop()
        for a in range(indptr[node], indptr[node + 1]):
            there = arcs[a, 0]
            if marks[there] == 0 and labels[there] == labels[node] + (np.int64(arcs[a, 1]) << PLACE_BITS):
                marks[there] = 1
                stack.append(there)
                gone.append(there)
    out = np.empty(len(gone), np.int32)
    for i in range(len(gone)):
        out[i] = gone[i]
        marks[gone[i]] = 0
        labels[gone[i]] = NOWHERE
    return out
