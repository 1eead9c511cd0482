"""The turn list of a route: where to go straight on, where to turn, how far and how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.sense.osm.attributes import class_names
from parkcity.standards import parameter
from parkcity.travel.isochrone import points_on

if TYPE_CHECKING:
    from parkcity.travel.network import Network
    from parkcity.travel.route import Route

Float64 = npt.NDArray[np.float64]
HALF_CIRCLE, CIRCLE = 180.0, 360.0
EYE_M = 10.0


@dataclass(frozen=True)
class Step:
    """One stretch of a route: `turn` at its beginning ("start", "straight", "slight_left", "left", "sharp_left", "slight_right", "right",
    "sharp_right", "back"), `bearing` degrees clockwise from north (grid), `street` class of the street ("" where unknown), `metres`,
    `seconds` under the profile, with those of the turn at its beginning.
    """

    turn: str
    bearing: float
    street: str
    metres: float
    seconds: float


def steps(network: Network, found: Route) -> list[Step]:
    """A route as steps: legs are joined while they run straight on along one class of street. Empty where there is no route.

    The direction of a leg is taken over its first and last 10 m (or all of it where shorter), so that a kink at a crossing is no turn.
    """
    if not len(found.edge):
        return []
    leave, arrive = _bearing(network, found, first=True), _bearing(network, found, first=False)
    names = _street_names(network, found)
    metres = np.abs(found.to_m - found.from_m)
    seconds = _seconds(network, found, metres)
    out = [Step("start", float(leave[0]), names[0], float(metres[0]), float(seconds[0]))]
    for i in range(1, len(found.edge)):
        turn = turn_word(float(leave[i] - arrive[i - 1]))
        last = out[-1]
        if turn == "straight" and names[i] == last.street:
            out[-1] = Step(last.turn, last.bearing, last.street, last.metres + float(metres[i]), last.seconds + float(seconds[i]))
        else:
            out.append(Step(turn, float(leave[i]), names[i], float(metres[i]), float(seconds[i])))
    return out


def turn_word(angle: float) -> str:
    """The word for a change of bearing (degrees, positive to the right). Cuts: `engine_parameters`, `turn.*`.

    >>> turn_word(0.0), turn_word(90.0), turn_word(-90.0), turn_word(180.0)
    ('straight', 'right', 'left', 'back')
    """
    deflection = (angle + HALF_CIRCLE) % CIRCLE - HALF_CIRCLE
    size = abs(deflection)
    straight, slight, sharp, back = (
        parameter("engine_parameters", f"turn.{name}").number for name in ("straight", "slight", "sharp", "back")
    )
    if size <= straight:
        return "straight"
    if size >= back:
        return "back"
    side = "right" if deflection > 0 else "left"
    if size <= slight:
        return f"slight_{side}"
    return f"sharp_{side}" if size >= sharp else side


def _bearing(network: Network, found: Route, *, first: bool) -> Float64:
    """Bearing at the first or last metres of every leg, degrees, float64 [legs]."""
    way = np.sign(found.to_m - found.from_m)
    eye = np.minimum(np.abs(found.to_m - found.from_m), EYE_M) * way
    begin, end = (found.from_m, found.from_m + eye) if first else (found.to_m - eye, found.to_m)
    x0, y0 = points_on(network, found.edge, begin)
    x1, y1 = points_on(network, found.edge, end)
    return np.asarray(np.degrees(np.arctan2(x1 - x0, y1 - y0)) % CIRCLE, np.float64)


def _seconds(network: Network, found: Route, metres: Float64) -> Float64:
    forth = found.to_m >= found.from_m
    run = np.where(forth, network.costs.run_f[found.edge], network.costs.run_b[found.edge])
    end = np.where(forth, network.costs.end_f[found.edge], network.costs.end_b[found.edge])
    length = network.streets.edge_length[found.edge]
    target = np.where(forth, length, 0.0)
    whole = np.where(found.to_m == target, end, 0.0)
    share = metres / np.where(length > 0, length, 1.0)
    whole[-1] = 0.0  # a delay at a junction is paid by who goes on through it
    if found.turn_s is not None:
        whole += found.turn_s
    return np.asarray(run * share + whole, np.float64)


def _street_names(network: Network, found: Route) -> list[str]:
    klass = network.streets.attributes.get("klass")
    if klass is None:
        return [""] * len(found.edge)
    names = class_names()
    return [names.get(int(code), "") for code in klass[found.edge]]
