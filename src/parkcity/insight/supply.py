"""Supply and those who share it: floating catchments over the walking network, and residents of the right age.

Which places each service has, how far its catchment reaches, by which method and decay it is shared, and how many residents a
place is for, stands in the table `service_access`. Distances are the norm's metres on foot, the same for every group, so that
groups share one supply and their sums agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.insight.classes import place_class
from parkcity.insight.inputs import PROVIDERS, WALK_LAYERS, Inputs, Provider
from parkcity.insight.operators import catchment, decay
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.standards import Parameter
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

Measure = Literal["places", "area", "capacity"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
_OLDEST = 200


def service(class_id: str) -> Parameter:
    """The row of a service in `service_access`."""
    return parameter("service_access", class_id)


def services() -> list[Parameter]:
    """All services, in the order of the table."""
    return load("service_access")


def supply_of(inputs: Inputs, class_id: str, measure: Measure) -> Floats:
    """What each place of a class offers, float64 [places of the class]: itself, its square metres, or its seats or beds.

    Places of unknown size offer the mean of those that are known, so that a gap in the data is not a lack of supply.
    """
    if measure not in MEASURES:
        msg = f"supply is counted as one of {', '.join(MEASURES)}; '{measure}' is not known"
        raise UsageError(msg)
    rows = inputs.rows_of(class_id)
    if measure == "places":
        return np.ones(len(rows))
    column = "area_m2" if measure == "area" else "capacity"
    size = inputs.twin.places[column].to_numpy(float)[rows]
    known = np.isfinite(size)
    return np.where(known, size, size[known].mean() if known.any() else np.nan)


def lacks_supply(twin: Twin, class_id: str, supply: str | None = None, **_args: Any) -> list[str]:
    """What a city lacks for the supply of a class: sizes of its places, where they are what is shared."""
    measure = supply or service(class_id).extra["supply"]
    if measure == "places":
        return []
    column, what = ("area_m2", "area") if measure == "area" else ("capacity", "capacity")
    chosen = place_class(class_id)
    mine = (twin.places["kind"] == chosen.kind).to_numpy()
    known = column in twin.places.columns and np.isfinite(twin.places[column].to_numpy(float)[mine]).any()
    return [] if known or not mine.any() else [f"{what} of places:{chosen.kind}"]


def catchment_of(inputs: Inputs, class_id: str, limit_m: float, kind: decay.DecayKind) -> catchment.Catchment:
    """Cells and places of a class within walking metres, weighted by a decay."""
    pairs = inputs.for_group("all").walks(class_id, lambda city: city.rows_of(class_id), limit_m)
    weight = decay.decayed(kind, pairs.metres, limit_m)
    return catchment.Catchment(pairs.cell, pairs.place, weight, len(inputs.twin.cells), len(inputs.rows_of(class_id)))


def access(inputs: Inputs, class_id: str, supply: Measure | None = None, method: str | None = None) -> Floats:
    """Supply of a class for each resident, shared by all who reach it, float64 [cells]: places, square metres or seats a head.

    `supply` and `method` are those of the table `service_access` unless told otherwise. Cells that reach nothing have 0.
    """
    row = service(class_id)
    chosen = method or row.extra["method"]
    if chosen not in catchment.METHODS:
        msg = f"there is no catchment method '{chosen}'; allowed: {', '.join(catchment.METHODS)}"
        raise UsageError(msg)
    kind: Any = row.extra["decay"]
    pairs = catchment_of(inputs, class_id, row.number, kind)
    measure: Any = supply or row.extra["supply"]
    return catchment.METHODS[chosen](pairs, inputs.residents_of("all"), supply_of(inputs, class_id, measure)).access


def residents_aged(inputs: Inputs, first: int, last: int) -> Floats:
    """Residents from `first` to `last` years of age (both included), float64 [cells].

    Where an age band of the city is cut by the limits, its years count alike.
    """
    from parkcity.twin.people import parse_band

    people = inputs.twin.layer("people")
    counts = people.array(inputs.period)
    total = np.zeros(len(counts))
    for column, band in enumerate(people.meta["bands"]):
        low, high = parse_band(band)
        years = min(high, last) - max(low, first) + 1
        if years > 0:
            total += np.asarray(counts[:, column], np.float64) * (years / (high - low + 1))
    return total


def zone_of(inputs: Inputs) -> NDArray[np.int32]:
    """The zone of every cell in the tier by which the city is reported (its districts), int32 [cells], -1 where it has none."""
    return inputs.twin.member(inputs.twin.spec.area_tier)


def income_of(inputs: Inputs) -> Floats:
    """How well off the residents of every cell are, float64 [cells], higher is better off; NaN where it is not known."""
    return np.asarray(inputs.twin.layer("income").array("rank_by"), np.float64)


def lacks_ages(twin: Twin, first: int, last: int) -> list[str]:
    """What a city lacks for residents of an age: bands, and a band that ends where an open last band would be cut."""
    from parkcity.twin.people import parse_band

    bands = [parse_band(band) for band in twin.layer("people").meta["bands"]]
    opened = bands[-1][0]
    cut = last >= opened and last < _OLDEST
    return ["people:ages"] if len(bands) == 1 or cut or first > opened else []


PROVIDERS.update(
    {
        "access": Provider(access, WALK_LAYERS, walks=True, lacking=lacks_supply),
        "zone": Provider(zone_of, ("cells",)),
        "income": Provider(income_of, ("cells", "income")),
        "residents_aged": Provider(residents_aged, ("cells", "people"), lacking=lacks_ages),
    }
)
