"""Arithmetic of yearly cash flows: present values, internal rates of return, payback, annuities.

Contract of all: `flow` float64 [years], yuan, index 0 at the present and every further one a year later (a spreadsheet's NPV counts its
first value as one year away: multiply by 1 + rate to compare). Rates are shares a year above -1. No side effects.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_SAME_RATE = 1e-9


def present_values(rate: float, flow: Floats) -> Floats:
    """Every year's money at its value of today, [years]: flow_t / (1 + rate)^t."""
    if rate <= -1:
        msg = f"the rate is {rate:g}; it must be above -1"
        raise ValueError(msg)
    return np.asarray(flow, np.float64) / (1.0 + rate) ** np.arange(np.shape(flow)[-1])


def npv(rate: float, flow: Floats) -> float:
    """Net present value: sum of flow_t / (1 + rate)^t with t from 0."""
    return float(present_values(rate, flow).sum())


def rates_of_return(flow: Floats) -> tuple[float, ...]:
    """Every rate above -1 at which the net present value is 0, rising; none where the flow never changes its sign.

    A flow that changes its sign several times may have several; then no single one is the rate of return. The roots of the polynomial in
    1 / (1 + rate) are polished by Newton's steps.
    """
    amounts = np.asarray(flow, np.float64)
    if not ((amounts > 0).any() and (amounts < 0).any()):
        return ()
    scaled = np.trim_zeros(amounts / np.abs(amounts).max())
    roots = np.roots(scaled[::-1])
    factors = [_polished(scaled, float(root.real)) for root in roots if abs(root.imag) < 1e-7 * max(1.0, abs(root)) and root.real > 1e-9]
    found: list[float] = []
    for rate in sorted(1.0 / factor - 1.0 for factor in factors):
        if not found or rate - found[-1] > _SAME_RATE * max(1.0, abs(rate)):
            found.append(rate)
    return tuple(found)


def _polished(flow: Floats, factor: float) -> float:
    power = np.arange(len(flow))
    for _ in range(8):
        value = float(flow @ factor**power)
        slope = float((flow[1:] * power[1:]) @ factor ** power[:-1])
        if slope == 0 or not np.isfinite(value):
            break
        step = value / slope
        if abs(step) > 0.1 * factor:
            break
        factor -= step
    return factor


def sign_changes(flow: Floats) -> int:
    """How often the flow changes its sign, years without money left out; Descartes' bound on the number of rates of return."""
    signs = np.sign(np.asarray(flow, np.float64))
    signs = signs[signs != 0]
    return int((signs[1:] != signs[:-1]).sum())


def modified_rate(flow: Floats, borrow: float, invest: float) -> float | None:
    """Modified internal rate of return: costs financed at `borrow`, returns invested at `invest` until the last year; None without both."""
    amounts = np.asarray(flow, np.float64)
    years = len(amounts) - 1
    cost, gain = -npv(borrow, np.minimum(amounts, 0.0)), npv(invest, np.maximum(amounts, 0.0)) * (1 + invest) ** years
    return None if cost <= 0 or gain <= 0 else float((gain / cost) ** (1.0 / years) - 1.0)


def payback_years(flow: Floats) -> float | None:
    """Years after which the sum of the flow has reached 0 and stays there, its last one by proportion; None where it never does."""
    total = np.cumsum(np.asarray(flow, np.float64))
    below = np.flatnonzero(total < 0)
    if not len(below):
        return 0.0
    last = int(below[-1])
    if last == len(total) - 1:
        return None
    return last + float(-total[last] / (total[last + 1] - total[last]))


def annuity(principal: float, rate: float, years: int) -> float:
    """Equal yearly payment, at year ends, that pays back a loan with its interest."""
    return principal / years if rate == 0 else principal * rate / (1.0 - (1.0 + rate) ** -years)
