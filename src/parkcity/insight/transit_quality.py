"""How good journeys by transit are to the middles of a city: against the car, and how much time is lost in changes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import PROVIDERS, Inputs, Provider, profile_of
from parkcity.insight.transit import LAYERS, CityTransit, limit_of
from parkcity.insight.transit_inputs import WALKED, assumed_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel.transit_route import Journey

    Floats = NDArray[np.float64]

AGAINST_CAR, IN_CHANGES = "transit_to_car", "minutes_in_changes"
CAR = "car_peak"
_S_PER_MIN = 60.0


def centres(inputs: Inputs) -> NDArray[np.int64]:
    """The cells that stand for the middles of the city, rows of cells, most people first, int64 [middles].

    Of all squares (`transit.centre_square`) the few (`transit.centres`) with most residents and, where they are known, jobs; of each the
    cell with most.
    """
    weight = inputs.residents_of("all").copy()
    if inputs.twin.has("jobs"):
        weight += np.asarray(inputs.twin.layer("jobs").array("jobs"), np.float64)
    side, cells = limit_of("centre_square"), inputs.twin.cells
    x, y = (np.floor(cells[axis].to_numpy(float) / side).astype(np.int64) for axis in ("x", "y"))
    _, square = np.unique(np.stack([x, y], axis=1), axis=0, return_inverse=True)
    square = np.asarray(square).ravel()
    sums = np.bincount(square, weights=weight)
    # The stable order keeps the first of equal squares and cells.
    chosen = np.argsort(-sums, kind="stable")[: int(limit_of("centres"))]
    busiest = [rows[np.argmax(weight[rows])] for rows in (np.flatnonzero(square == one) for one in chosen if sums[one] > 0)]
    return np.array(busiest, np.int64)


def _lived_in(inputs: Inputs) -> NDArray[np.int64]:
    return np.flatnonzero(inputs.residents_of("all") > 0)


def _mean_of_rows(value: Floats, good: NDArray[np.bool_]) -> Floats:
    """Mean over the columns that are good, float64 [rows]; NaN where none is."""
    count = good.sum(axis=1)
    return np.where(count > 0, np.where(good, value, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _spread(inputs: Inputs, rows: NDArray[np.int64], value: Floats) -> Floats:
    every = np.full(len(inputs.twin.cells), np.nan)
    every[rows] = value
    return every


def _args(inputs: Inputs, transit: CityTransit) -> dict[str, Any]:
    layers = [inputs.twin.layer(name).hash for name in ("people", "jobs") if inputs.twin.has(name)]
    return {"date": transit.date.isoformat(), "profile": profile_of(inputs.group), "weights": layers}


def transit_to_car(inputs: Inputs) -> Floats:
    """Time by transit (median of the window) over time by car in the peak, mean over the middles that both reach, float64 [cells].

    NaN where neither leads to any, and where nobody lives. A cell's own middle counts nothing.
    """
    from parkcity.insight.trips import Trips

    transit = CityTransit(inputs)

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.travel import nearest
        from parkcity.travel.isochrone import single

        homes, middle = _lived_in(inputs), centres(inputs)
        setting = transit.to_cells().of_origins(homes).to_targets(middle)
        slow = transit.times(setting, int(limit_of("depart")), int(limit_of("window"))).seconds[0].astype(np.float64)
        trips = Trips(inputs, CAR)
        origins, network = trips.origins(), trips.network("open")
        # One search from each middle backwards, which is far less than one from every home.
        columns = [nearest(network, origins, single(origins, int(row)), threads=inputs.threads).values[0, homes] for row in middle]
        fast = np.stack(columns, axis=1).astype(np.float64) if columns else np.zeros((len(homes), 0))
        good = np.isfinite(slow) & np.isfinite(fast) & (fast > 0) & (homes[:, None] != middle[None])
        return {"ratio": _spread(inputs, homes, _mean_of_rows(np.where(good, slow, 0.0) / np.where(good, fast, 1.0), good))}

    found: Floats = inputs.kept("transit_to_car", LAYERS, _args(inputs, transit), make)["ratio"]
    return found


def lost_s(made: Journey) -> int:
    """Seconds from getting off one vehicle to getting on the next, walks and waits, over a whole journey."""
    from parkcity.travel.transit_route import Ride

    rides = [leg for leg in made.legs if isinstance(leg, Ride)]
    return sum(after.start - before.end for before, after in itertools.pairwise(rides))


def minutes_in_changes(inputs: Inputs) -> Floats:
    """Minutes lost between rides on the quickest journeys to the middles at the beginning of the window, mean, float64 [cells].

    NaN where no journey by transit leads to any, and where nobody lives. Who walks all the way is left out.
    """
    from parkcity.travel.transit_route import journeys_between

    transit = CityTransit(inputs)

    def make() -> dict[str, NDArray[Any]]:
        homes, middle = _lived_in(inputs), centres(inputs)
        setting = transit.to_cells().of_origins(homes).to_targets(middle)
        lost = np.full((len(homes), len(middle)), np.nan)
        for row, found in enumerate(journeys_between(setting, int(limit_of("depart")))):
            for column, made in enumerate(found):
                if made is not None and made.rides:
                    lost[row, column] = lost_s(made) / _S_PER_MIN
        return {"minutes": _spread(inputs, homes, _mean_of_rows(lost, np.isfinite(lost)))}

    kept: Floats = inputs.kept("minutes_in_changes", LAYERS, _args(inputs, transit), make)["minutes"]
    return kept


PROVIDERS[AGAINST_CAR] = Provider(transit_to_car, WALKED, walks=True, by_group=True, assumed_lines=assumed_lines)
PROVIDERS[IN_CHANGES] = Provider(minutes_in_changes, WALKED, walks=True, by_group=True, assumed_lines=assumed_lines)
