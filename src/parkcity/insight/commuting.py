"""Homes, jobs and the commutes between them: given, or spread by a model whose assumptions are named with every number.

Cells are joined into square zones, few enough for whole tables between them. Kilometres are those along the streets; flows are a
doubly constrained gravity model whose decay meets a published mean distance. What a zone finds belongs to all of its cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.insight.inputs import BASE_LAYERS, PROVIDERS, WALK_LAYERS, Inputs, Provider, profile_of
from parkcity.insight.operators.coverage import within
from parkcity.insight.operators.flows import calibrate_mean, gravity, mean_cost
from parkcity.insight.operators.transport import least_total
from parkcity.insight.registry import Input
from parkcity.insight.supply import residents_aged
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

WORKERS, KM = Input("workers"), Input("commute_km")
DAY, NIGHT = "day", "night"
_M_PER_KM = 1000.0
_OLDEST = 200
_LAYERS = ("cells", "people", "streets", "attachments")


def _number(row_id: str) -> float:
    return parameter("commute_parameters", row_id).number


def option(twin: Twin, name: str, row_id: str) -> float:
    """A figure of the city's own `[commute]`, or that of the standards table."""
    return float(twin.spec.commute.get(name, _number(row_id)))


def workers(inputs: Inputs) -> Floats:
    """Residents who work, float64 [cells]: those of 15 and more years, times the employed share."""
    twin = inputs.twin
    if len(twin.layer("people").meta["bands"]) == 1:
        return np.asarray(inputs.residents_of("all") * option(twin, "employed_share", "employed.of_all"))
    grown = residents_aged(inputs, int(_number("employed.from_age")), _OLDEST)
    return np.asarray(grown * option(twin, "employed_share", "employed.of_15"))


def jobs(inputs: Inputs) -> Floats:
    """Jobs, float64 [cells]: those of the twin, or a model's.

    The model: by day a cell holds its residents who do not work, and those who work there. So its jobs are those present by day, less
    its residents, plus its residents who work, and never fewer than none; they are scaled to the workers of the city.
    """
    twin = inputs.twin
    if twin.has("jobs"):
        return np.asarray(twin.layer("jobs").array("jobs"), np.float64)
    there = twin.residents("all", DAY) - twin.residents("all", NIGHT) + workers(inputs)
    held = np.maximum(there, 0.0)
    return np.asarray(held * (workers(inputs).sum() / held.sum()))


def lacks_jobs(twin: Twin, **_args: Any) -> list[str]:
    """`jobs` where the city has neither jobs nor people by day from whom they could be told."""
    return [] if twin.has("jobs") or DAY in twin.periods else ["jobs"]


def lacks_class(twin: Twin, mode: str = "", **_args: Any) -> list[str]:
    """What a mode of travel needs beside jobs: speeds of cars come from the classes of streets."""
    needs = ["streets:class"] if mode == "car" and "klass" not in twin.layer("streets").arrays() else []
    return [*lacks_jobs(twin), *needs]


@dataclass(frozen=True)
class Commutes:
    """Commutes of one city. Shapes: `zone` int64 [cells]; `homes`, `jobs` [zones]; `km`, `flows` [zones, zones]."""

    inputs: Inputs

    @classmethod
    def of(cls, inputs: Inputs) -> Commutes:
        """The commutes of a city, made once for all that ask."""
        return cls(inputs.for_group("all"))

    @cached_property
    def zone(self) -> NDArray[np.int64]:
        """The zone of every cell: squares whose side is the least multiple that gives few enough of them."""
        x, y = (self.inputs.twin.cells[name].to_numpy(float) for name in ("x", "y"))
        live = (workers(self.inputs) > 0) | (jobs(self.inputs) > 0)
        side = step = _number("zones.step")
        while True:
            east, north = (np.floor(at / side).astype(np.int64) for at in (x, y))
            zone = (east - east.min()) * (int(np.ptp(north)) + 1) + north - north.min()
            if len(np.unique(zone[live])) <= _number("zones.most"):
                _, zone[live] = np.unique(zone[live], return_inverse=True)
                zone[~live] = -1
                return np.asarray(zone, np.int64)
            side += step

    def by_zone(self, values: Floats) -> Floats:
        """Sum of a value of the cells over zones, [zones]."""
        known = self.zone >= 0
        return np.bincount(self.zone[known], values[known], minlength=int(self.zone.max()) + 1).astype(np.float64)

    def by_cell(self, values: Floats) -> Floats:
        """A value of the zones for each of their cells, 0 where nobody lives or works, [cells]."""
        return np.where(self.zone >= 0, values[np.maximum(self.zone, 0)], 0.0)

    @cached_property
    def homes(self) -> Floats:
        """Workers by where they live."""
        return self.by_zone(workers(self.inputs))

    @cached_property
    def jobs(self) -> Floats:
        """Jobs by where they are, scaled to the workers of the city: nobody comes from outside and nobody leaves."""
        held = self.by_zone(jobs(self.inputs))
        return np.asarray(held * (self.homes.sum() / held.sum()))

    def travel(self, profile: str, unit: str) -> Floats:
        """Cost between zones for a travel profile, metres or seconds, from the busiest cell of each.

        Within a zone: the mean distance of two points of a circle of its area, at the ratio of way and straight line of all pairs.
        Pairs without a way, and zones that meet no street, are given that ratio times their straight line.
        """

        def make() -> dict[str, NDArray[Any]]:
            from parkcity.travel import matrix

            centre, chosen = self._centres()
            found = matrix(self.inputs.network_for(profile), chosen, chosen, unit=unit, threads=self.inputs.threads).values.astype(
                np.float64
            )
            x, y = (self.inputs.twin.cells[name].to_numpy(float)[centre] for name in ("x", "y"))
            straight = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
            area = self.by_zone(self.inputs.twin.cells["area_m2"].to_numpy(float))
            np.fill_diagonal(straight, _number("circle.mean") * np.sqrt(area / np.pi))
            known = np.isfinite(found) & ~np.eye(len(found), dtype=bool)
            ratio = found[known].sum() / straight[known].sum()
            return {"cost": np.where(known, found, straight * ratio)}

        # The busiest cells depend on the residents, who are not part of the hash of the kept.
        args = {
            "profile": profile,
            "unit": unit,
            "people": self.inputs.twin.layer("people").hash,
            "options": dict(self.inputs.twin.spec.commute),
        }
        return self.inputs.kept("commute_travel", _LAYERS + (("jobs",) if self.inputs.twin.has("jobs") else ()), args, make)["cost"]

    @property
    def centres(self) -> NDArray[np.int64]:
        """The busiest attached cell of each zone, int64 [zones]."""
        return self._centres()[0]

    def _centres(self) -> tuple[NDArray[np.int64], Any]:
        """The busiest attached cell of each zone, and where they meet the streets."""
        from parkcity.travel import Attach

        inputs = self.inputs
        busy = workers(inputs) + jobs(inputs)
        every = inputs.origins()
        attached = np.zeros(len(busy), bool)
        attached[every.owner] = True
        order = np.lexsort([-busy, ~attached, self.zone])
        order = order[self.zone[order] >= 0]
        _, first = np.unique(self.zone[order], return_index=True)
        centre = order[first]
        place = np.full(len(busy), -1, np.int64)
        place[centre] = np.arange(len(centre))
        row = place[every.owner]
        keep = np.nonzero(row >= 0)[0]
        keep = keep[np.argsort(row[keep], kind="stable")]
        chosen = Attach(row[keep].astype(np.int32), every.edge[keep], every.offset[keep], every.distance[keep], len(centre))
        return centre, chosen

    @cached_property
    def km(self) -> Floats:
        """Kilometres along the streets between zones."""
        return self.travel(profile_of("all"), "m") / _M_PER_KM

    @cached_property
    def flows(self) -> Floats:
        """Commuters between zones, by gravity. Raises `UsageError` where no decay meets the declared mean distance."""
        return self._kept("flows", self._flows)

    def _flows(self) -> Floats:
        wanted = self.inputs.twin.spec.commute.get("mean_km")
        if wanted is not None:
            try:
                return calibrate_mean(self.km, self.homes, self.jobs, float(wanted)).flows
            except ValueError as error:
                msg = f"city.toml [commute] mean_km: {error} km in this city"
                raise UsageError(msg) from error
        published = _number("mean_km")
        free = mean_cost(gravity(self.km, self.homes, self.jobs, 0.0), self.km)
        least = float(self.least.sum() / self.homes.sum())
        # A published mean of a larger city cannot be met in a small one: there the middle of what homes and jobs allow is taken.
        return calibrate_mean(self.km, self.homes, self.jobs, min(published, (free + least) / 2)).flows

    @cached_property
    def least(self) -> Floats:
        """Kilometres of the commuters of each zone if homes and jobs were matched with the least travel, [zones]."""
        return self._kept("least", lambda: least_total(self.km, self.homes, self.jobs).by_home(self.km))

    def _kept(self, name: str, make: Any) -> Floats:
        rests_on = [self.km, self.homes, self.jobs]
        return self.inputs.kept_by(rests_on, f"commute_{name}", {"options": dict(self.inputs.twin.spec.commute)}, lambda: {"it": make()})[
            "it"
        ]

    def mean_of(self, cost: Floats) -> Floats:
        """Mean of a value of the trips from each zone, for each of its cells, [cells]."""
        total = self.flows.sum(axis=1)
        part = (self.flows * cost).sum(axis=1)
        return self.by_cell(np.divide(part, total, out=np.zeros(len(total)), where=total > 0))


def commutes(inputs: Inputs) -> Commutes:
    """The commutes of a city, held in memory with its other inputs."""
    held: Commutes = inputs.remember("commutes", lambda: Commutes.of(inputs))
    return held


def commute_km(inputs: Inputs) -> Floats:
    """Mean kilometres of the commutes of those who live in a cell, float64 [cells]."""
    found = commutes(inputs)
    return found.mean_of(found.km)


def commute_minutes(inputs: Inputs, mode: str = "") -> Floats:
    """Mean minutes of the commutes, float64 [cells]: door to door at the published pace, or by a travel profile of the streets."""
    found = commutes(inputs)
    return found.mean_of(minutes_of(found, mode))


def minutes_of(found: Commutes, mode: str = "") -> Floats:
    """Minutes between zones, [zones, zones]: at the published pace of all modes, or of one travel profile."""
    if not mode:
        return found.km * option(found.inputs.twin, "minutes_per_km", "pace")
    return found.travel(mode, "s") / 60.0


def commute_within(inputs: Inputs, limit: float, unit: str, mode: str = "") -> Floats:
    """The share of the commuters of a cell whose way is at most the limit, in km or min, float64 [cells]."""
    found = commutes(inputs)
    cost = found.km if unit == "km" else minutes_of(found, mode)
    return found.mean_of((cost <= limit).astype(np.float64))


def commute_same_zone(inputs: Inputs) -> Floats:
    """The share of the commuters of a cell who work in their own district, float64 [cells]."""
    found = commutes(inputs)
    member = inputs.twin.member(inputs.twin.spec.area_tier)
    held = jobs(inputs)
    count = int(member.max()) + 1
    part = np.stack([found.by_zone(held * (member == row)) for row in range(count)])
    whole = found.by_zone(held)
    share = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    total = found.flows.sum(axis=1)
    reached = np.divide(found.flows @ share.T, total[:, None], out=np.zeros((len(total), count)), where=total[:, None] > 0)
    known = (member >= 0) & (found.zone >= 0)
    return np.where(known, reached[np.maximum(found.zone, 0), np.maximum(member, 0)], 0.0)


def commute_least_km(inputs: Inputs) -> Floats:
    """Mean kilometres of the commuters of a cell under the matching with the least travel, float64 [cells]."""
    found = commutes(inputs)
    return found.by_cell(np.divide(found.least, found.homes, out=np.zeros(len(found.homes)), where=found.homes > 0))


def commute_by_rail(inputs: Inputs, class_id: str, metres: float) -> Floats:
    """The share of the commuters of a cell whose home and job are both within walking metres of a rail station, float64 [cells]."""
    found = commutes(inputs)
    near = within(inputs.for_group("all").distance_m(class_id), metres).astype(np.float64)
    held = jobs(inputs)
    whole = found.by_zone(held)
    there = np.divide(found.by_zone(held * near), whole, out=np.zeros(len(whole)), where=whole > 0)
    return near * found.mean_of(np.broadcast_to(there, found.flows.shape))


def jobs_within(inputs: Inputs, minutes: float, mode: str) -> Floats:
    """Jobs that the residents of a cell reach within minutes by a travel profile of the streets, float64 [cells]."""
    found = commutes(inputs)
    held = found.by_zone(jobs(inputs))
    return found.by_cell((found.travel(mode, "s") <= minutes * 60.0) @ held)


def assumptions(inputs: Inputs, **args: Any) -> list[str]:
    """What had to be assumed for a number about commuting, as ids of the texts in `assumptions.csv`."""
    twin = inputs.twin
    named = [] if twin.has("jobs") else ["jobs_by_day"]
    if args.get("what") != "counts":
        named += ["closed_city", "gravity"]
        if "mean_km" not in twin.spec.commute:
            named.append("mean_middle")
        if args.get("unit") == "min" and not args.get("mode"):
            named.append("pace")
    return named


PROVIDERS.update(
    {
        "workers": Provider(workers, BASE_LAYERS),
        "jobs": Provider(jobs, BASE_LAYERS, lacking=lacks_jobs, assumed=lambda inputs, **_: assumptions(inputs, what="counts")),
        "commute_km": Provider(commute_km, _LAYERS, walks=True, lacking=lacks_jobs, assumed=assumptions),
        "commute_minutes": Provider(
            commute_minutes,
            _LAYERS,
            walks=True,
            lacking=lacks_class,
            assumed=lambda inputs, **args: assumptions(inputs, unit="min", **args),
        ),
        "commute_within": Provider(commute_within, _LAYERS, walks=True, lacking=lacks_class, assumed=assumptions),
        "commute_same_zone": Provider(commute_same_zone, _LAYERS, walks=True, lacking=lacks_jobs, assumed=assumptions),
        "commute_least_km": Provider(commute_least_km, _LAYERS, walks=True, lacking=lacks_jobs, assumed=assumptions),
        "commute_by_rail": Provider(commute_by_rail, WALK_LAYERS, walks=True, lacking=lacks_jobs, assumed=assumptions),
        "jobs_within": Provider(
            jobs_within, _LAYERS, walks=True, lacking=lacks_class, assumed=lambda inputs, **_: assumptions(inputs, what="counts")
        ),
    }
)
