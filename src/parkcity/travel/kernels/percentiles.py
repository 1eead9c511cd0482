"""Order statistics of many short series at once, by a sorting network whose comparators run over all series side by side.

Paper: Batcher (1968), Sorting networks and their applications, AFIPS SJCC; in the form for any number of values of Knuth, The Art of
Computer Programming 3, 5.2.2, algorithm M. Contract: int32 values of any sign; equal values are equal, so nothing depends on order.
"""

from __future__ import annotations

from parkcity.travel.kernels.jit import Int32, kernel

BLOCK = 128
"""Series sorted at once: a block of sixty values each stays in the first level of cache."""


@kernel
def compare(values: Int32, low: int, high: int) -> None:
    """Put the smaller values into row `low`, the larger into row `high`. Shape: int32 [m, series]."""
    a, b = values[low], values[high]
    for i in range(len(a)):
        x, y = a[i], b[i]
        a[i] = min(x, y)
        b[i] = max(x, y)


@kernel
def sort_columns(values: Int32) -> None:
    """Sort every column in place, rising. Shape: int32 [m, series]."""
    count = values.shape[0]
    p = 1
    while p < count:
        k = p
        while k >= 1:
            j = k % p
            while j <= count - 1 - k:
                for i in range(min(k, count - j - k)):
                    if (i + j) // (2 * p) == (i + j + k) // (2 * p):
                        compare(values, i + j, i + j + k)
                j += 2 * k
            k //= 2
        p *= 2


@kernel
def order_statistics(values: Int32, ranks: Int32, room: Int32, out: Int32) -> None:
    """The values at some ranks (from 0) of every column. Shapes: `values` [m, series]; `room` [m, BLOCK]; `out` [ranks, series]; int32."""
    count, series = values.shape
    first = 0
    while first < series:
        width = min(BLOCK, series - first)
        part = room[:, :width]
        for m in range(count):
            for i in range(width):
                part[m, i] = values[m, first + i]
        sort_columns(part)
        for r in range(len(ranks)):
            for i in range(width):
                out[r, first + i] = part[ranks[r], i]
        first += width
