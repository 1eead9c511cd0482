"""What can be shown by cell: every indicator, minutes to every need and to the worst-served one, and the residents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.insight.inputs import PROVIDERS
from parkcity.insight.operators.distribution import weighted_quantile
from parkcity.insight.worst import minute_breaks
from parkcity.serve.api.arrays import NOBODY, STATES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.run import Measured
    from parkcity.serve.api.desk import Desk
    from parkcity.twin.scenario import TwinUnder

WORST, MINUTES, RESIDENTS = "minutes.worst", "minutes.", "residents"
_FIFTHS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Shown:
    """A measure by cell: its header, the value float32 [cells] (NaN where `state` is not 0), the state int8 [cells]."""

    header: dict[str, Any]
    value: NDArray[np.float32]
    state: NDArray[np.int8]


def shown(desk: Desk, measure: str, group: str, city: TwinUnder | None, scenario: str | None) -> Shown:
    """A measure by its name. Raises `UsageError` for unknown names and `MissingLayerError` for what the city lacks."""
    inputs = desk.inputs(group, city)
    residents = inputs.residents()
    unit, polarity, breaks = "min", "lower", minute_breaks()
    if measure == WORST:
        worst = desk.worst(group, city)
        value, state = worst.minutes, worst.state
    elif measure.startswith(MINUTES):
        need = measure.removeprefix(MINUTES)
        check_need(desk, need)
        value, state = inputs.minutes(need), inputs.states(need)
    elif measure == RESIDENTS:
        value, state = residents, np.zeros(len(residents), np.int8)
        unit, polarity, breaks = "person", "neutral", []
    else:
        measured = desk.measured(measure, group, city)
        value, state = measured.cell_values(), _states(measured)
        unit, polarity, breaks = measured.indicator.unit, measured.indicator.polarity, []
    state = np.where((state == 0) & ~np.isfinite(value), np.where(np.isinf(value), 1, NOBODY), state).astype(np.int8)
    if measure.startswith(MINUTES):
        state = np.where((state == 0) & (residents <= 0), NOBODY, state).astype(np.int8)
    value = np.where(state == 0, value, np.nan)
    header: dict[str, Any] = {
        "measure": measure,
        "group": group,
        "scenario": scenario,
        "unit": unit,
        "polarity": polarity,
        "count": len(value),
    }
    header |= {"count": len(value), "hash": desk.hash, "breaks": breaks, "states": STATES, **_spread(value, residents)}
    return Shown(header, value.astype(np.float32), state)


def check_need(desk: Desk, need: str) -> None:
    """Refuse a need that no table knows (`UsageError`) or of which the city has no place (`MissingLayerError`)."""
    from parkcity.insight.classes import place_class, place_classes

    if need not in place_classes():
        msg = f"there is no need '{need}'; this city can measure: {', '.join(desk.baseline.inputs().measurable_needs())}"
        raise UsageError(msg)
    if place_class(need).kind not in desk.twin.kinds():
        raise MissingLayerError(MINUTES + need, [f"places:{place_class(need).kind}"])


def _states(measured: Measured) -> NDArray[np.int8]:
    """Why a cell has no number: the state of the one class that the indicator walks to, where there is one."""
    inputs = measured.inputs
    walks = [entry for entry in measured.indicator.inputs.values() if PROVIDERS[entry.provider].walks and "class_id" in entry.args]
    cells = len(inputs.twin.cells)
    if len(walks) != 1:
        return np.zeros(cells, np.int8)
    value = measured.cell_values()
    return np.where(np.isfinite(value), 0, inputs.states(str(walks[0].args["class_id"]))).astype(np.int8)


def _spread(value: NDArray[np.float64], residents: NDArray[np.float64]) -> dict[str, Any]:
    known = np.isfinite(value) & (residents > 0)
    if not known.any():
        return {"minimum": None, "maximum": None, "quantiles": []}
    quantiles = [weighted_quantile(value[known], residents[known], share) for share in _FIFTHS]
    return {"minimum": value[known].min(), "maximum": value[known].max(), "quantiles": quantiles}
