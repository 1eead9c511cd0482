"""Fares: a table of products (flat, by zone, by distance) and of discounts on changing, and what rides one after another cost.

A product is paid for by single rides, or, where it is `through`, for all rides in a row on its lines as one: by the zones of the first and
the last stop, or by all metres ridden. A discount of a change lowers the price of what is boarded next; with a time limit it holds until
so long after the first boarding that was paid in full.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parkcity.base.errors import FaultList
from parkcity.base.tables import Column, Schema, read_csv
from parkcity.sense.sources.lines import MODES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.twin.timetable import Timetable

ALL = "*"
LINE = "line:"
FLAT, ZONE, DISTANCE, TRANSFER = FORMS = ("flat", "zone", "distance", "transfer")
YES_NO = {"": False, "no": False, "yes": True}
_CENTS, _M_PER_KM, _S_PER_MIN = 100, 1000.0, 60
_EARTH_RADIUS = 6_371_008.8
_COLUMNS = (
    Column("product"),
    Column("form"),
    Column("lines", required=False, nullable=True),
    Column("through", required=False, nullable=True),
    Column("after", required=False, nullable=True),
    Column("from_zone", required=False, nullable=True),
    Column("to_zone", required=False, nullable=True),
    Column("up_to_km", "number", "km", minimum=0, required=False, nullable=True),
    Column("within_min", "number", "min", minimum=0, required=False, nullable=True),
    Column("value", "number", minimum=0),
    Column("unit"),
)
_ABOUT = {"source", "clause", "year", "confidence", "note"}


class Due(NamedTuple):
    """What somebody owes on the way, in hundredths: `settled` for what is finished; `product` (row) that can go on or be followed by a
    discount, -1 none; while it is open, its `metres`, the zones of its first and last stop, and its discount `off`; `start`: the boarding
    from which discounts count.
    """

    settled: int = 0
    product: int = -1
    open: bool = False
    metres: int = 0
    zone: int = -1
    last: int = -1
    off: int = 0
    start: int = 0


@dataclass(frozen=True)
class Product:
    """One product: the lines it holds for, whether rides in a row are one, and its prices in hundredths.

    `bands`: (metres, price) in rising order, the last without end; `zones`: price by pair of zones.
    """

    id: str
    lines: tuple[str, ...]
    form: str
    through: bool
    bands: tuple[tuple[float, int], ...]
    zones: dict[tuple[str, str], int]

    def holds(self, mode: str, name: str) -> bool:
        """Is it what a line of a mode and a name is paid with?"""
        return ALL in self.lines or mode in self.lines or LINE + name in self.lines


@dataclass(frozen=True)
class FareTable:
    """The products in order (the first that names a line counts), the discounts `{(after, product): (within_s, off)}`, and the currency."""

    where: str
    unit: str
    products: tuple[Product, ...]
    discounts: dict[tuple[int, int], tuple[int, int]]
    published: bool

    @classmethod
    def read(cls, path: Path) -> FareTable:
        """From a CSV file with the columns product, form, lines, through, after, from_zone, to_zone, up_to_km, within_min, value, unit.

        `lines`: modes, `line:NAME` or `*`, parted by semicolons. Raises `InputError` with every fault.
        """
        raw, _ = read_csv(path)
        table, found = Schema(_COLUMNS).check(raw, str(path))
        faults = FaultList(list(found))
        known = {column.name for column in _COLUMNS} | _ABOUT
        for name in sorted(set(map(str, raw.columns)) - known):
            faults.add(path, f"unknown column '{name}'.", allowed=f"{', '.join(sorted(known))}.", row=1)
        faults.check()
        for name in {column.name for column in _COLUMNS} - set(table.columns):
            table[name] = ""
        rows = _Rows(str(path), table, faults)
        products, discounts = rows.products(), rows.discounts()
        units = sorted(set(table["unit"]))
        if len(units) > 1:
            faults.add(path, f"there are several units: {', '.join(units)}.", allowed="one currency.")
        faults.check()
        published = "confidence" in table and "M" not in set(table["confidence"])
        return cls(str(path), str(units[0]), tuple(products), discounts, published)


class _Rows:
    """The rows of a fare table, taken apart with every fault told."""

    def __init__(self, where: str, table: pd.DataFrame, faults: FaultList) -> None:
        self.where, self.faults = where, faults
        texts = ("product", "form", "lines", "through", "after", "from_zone", "to_zone")
        self.text = {name: table[name].fillna("").astype(str).str.strip().tolist() for name in texts}
        self.number = {name: _numbers(table[name]) for name in ("up_to_km", "within_min", "value")}
        self.order = list(
            dict.fromkeys(name for name, form in zip(self.text["product"], self.text["form"], strict=True) if form != TRANSFER)
        )
        for row, form in enumerate(self.text["form"]):
            if form not in FORMS:
                self._tell(row, f"'form' is '{form}'.", f"{', '.join(FORMS)}.")
        if not self.order and table.empty:
            faults.add(where, "the table has no row.", todo="add the prices")

    def _tell(self, row: int, what: str, allowed: str) -> None:
        self.faults.add(self.where, what, allowed=allowed, row=row + 2)

    def products(self) -> list[Product]:
        made = []
        for name in self.order:
            rows = [k for k, other in enumerate(self.text["product"]) if other == name and self.text["form"][k] != TRANSFER]
            form, through = self.text["form"][rows[0]], self.text["through"][rows[0]]
            for row in rows:
                if (self.text["form"][row], self.text["through"][row]) != (form, through):
                    self._tell(row, f"'{name}' has another form or 'through' than in a row before.", "one a product.")
            if through not in YES_NO:
                self._tell(rows[0], f"'through' is '{through}'.", "yes, no.")
            lines = tuple(part.strip() for row in rows for part in self.text["lines"][row].split(";") if part.strip())
            for part in lines:
                if part != ALL and part not in MODES and not part.startswith(LINE):
                    self._tell(rows[0], f"'lines' names '{part}'.", f"{ALL}, line:NAME, {', '.join(MODES)}.")
            if not lines:
                self._tell(rows[0], f"'{name}' names no lines.", f"{ALL}, line:NAME, {', '.join(MODES)}.")
            zones = self._zones(rows) if form == ZONE else {}
            made.append(Product(name, lines, form, YES_NO.get(through, False), self._bands(rows, form), zones))
        return made

    def _price(self, row: int) -> int:
        value = self.number["value"][row]
        return 0 if np.isnan(value) else round(value * _CENTS)

    def _bands(self, rows: list[int], form: str) -> tuple[tuple[float, int], ...]:
        if form == ZONE:
            return ()
        if form == FLAT:
            if len(rows) > 1:
                self._tell(rows[1], "a flat product has one row.", "one row.")
            return ((np.inf, self._price(rows[0])),)
        bands = sorted((np.inf if np.isnan(self.number["up_to_km"][k]) else self.number["up_to_km"][k] * _M_PER_KM, k) for k in rows)
        prices = tuple((end, self._price(row)) for end, row in bands)
        if prices[-1][0] != np.inf:
            self._tell(bands[-1][1], "no band holds beyond the last distance.", "one row with an empty 'up_to_km'.")
        if len({end for end, _ in prices}) < len(prices) or any(a[1] > b[1] for a, b in itertools.pairwise(prices)):
            self._tell(rows[0], "bands have equal ends, or a longer way costs less.", "rising ends and prices.")
        return prices

    def _zones(self, rows: list[int]) -> dict[tuple[str, str], int]:
        prices: dict[tuple[str, str], int] = {}
        for row in rows:
            ends = (self.text["from_zone"][row], self.text["to_zone"][row])
            if not all(ends):
                self._tell(row, "a price by zones needs 'from_zone' and 'to_zone'.", "names of zones.")
            if prices.get(ends, self._price(row)) != self._price(row):
                self._tell(row, f"the price from {ends[0]} to {ends[1]} stands twice.", "one price.")
            prices[ends] = self._price(row)
        # A price holds both ways where the way back has none of its own.
        return {(b, a): price for (a, b), price in prices.items()} | prices

    def discounts(self) -> dict[tuple[int, int], tuple[int, int]]:
        found: dict[tuple[int, int], tuple[int, int]] = {}
        for row, form in enumerate(self.text["form"]):
            if form != TRANSFER:
                continue
            ends = (self.text["after"][row], self.text["product"][row])
            for name in ends:
                if name not in self.order:
                    self._tell(row, f"'{name}' is no product of the table.", f"{', '.join(self.order)}.")
            if not set(ends) <= set(self.order):
                continue
            key = (self.order.index(ends[0]), self.order.index(ends[1]))
            if key in found:
                self._tell(row, f"a discount on {ends[1]} after {ends[0]} stands twice.", "one row.")
            within = self.number["within_min"][row]
            found[key] = (2**31 - 1 if np.isnan(within) else round(within * _S_PER_MIN), self._price(row))
        return found


def _numbers(column: pd.Series[float]) -> list[float]:
    import pandas as pd

    return [float(value) for value in pd.to_numeric(column, errors="coerce")]


def read_zones(path: Path, timetable: Timetable) -> dict[int, str]:
    """The zone of every stop (row) that a table `stop, zone` names, by id (with or without the feed's name) or by name.

    Raises `InputError` naming every stop that the timetable does not have.
    """
    raw, _ = read_csv(path)
    table, found = Schema((Column("stop"), Column("zone"))).check(raw, str(path))
    faults = FaultList(list(found))
    faults.check()
    rows: dict[str, list[int]] = {}
    for row, (stop, name) in enumerate(zip(timetable.stop_id.tolist(), timetable.stop_name.tolist(), strict=True)):
        for text in {stop, stop.partition(":")[2] or stop, name}:
            rows.setdefault(text, []).append(row)
    zones: dict[int, str] = {}
    for number, (stop, zone) in enumerate(zip(table["stop"].astype(str), table["zone"].astype(str), strict=True), start=2):
        if stop not in rows:
            faults.add(path, f"'{stop}' is no stop of the timetable.", allowed="ids or names of stops.", row=number)
        zones.update(dict.fromkeys(rows.get(stop, []), zone))
    faults.check()
    return zones


@dataclass(frozen=True)
class Fares:
    """A fare table on the lines of a timetable. `product` int32 [p] of every pattern; `first_call` int32 [p + 1]; `metres` int64
    [q] along a pattern to every call; `zone` int32 [s] of every stop, -1 none; `names` of the zones.
    """

    table: FareTable
    product: NDArray[np.int32]
    first_call: NDArray[np.int32]
    metres: NDArray[np.int64]
    zone: NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def of(cls, table: FareTable, timetable: Timetable, zones: dict[int, str] | None = None) -> Fares:
        """Raises `InputError` naming every line without a product, every stop without a zone and every pair of zones without a price."""
        faults, modes = FaultList(), {number: name for name, number in MODES.items()}
        of_route = np.full(len(timetable.route_id), -1, np.int32)
        for route, (kind, name) in enumerate(zip(timetable.route_type.tolist(), timetable.route_name.tolist(), strict=True)):
            fit = [row for row, product in enumerate(table.products) if product.holds(modes.get(kind, ""), name)]
            if not fit:
                faults.add(table.where, f"line '{name}' has no product.", todo=f"name it as 'line:{name}', by its mode, or as '{ALL}'")
            of_route[route] = fit[0] if fit else -1
        names = tuple(sorted(set((zones or {}).values())))
        zone = np.full(len(timetable.stop_id), -1, np.int32)
        for stop, text in (zones or {}).items():
            zone[stop] = names.index(text)
        product = of_route[timetable.pattern_route] if len(of_route) else np.zeros(0, np.int32)
        of_call = np.repeat(product, np.diff(timetable.pattern_calls))
        for row, priced in enumerate(table.products):
            if priced.form == ZONE:
                _check_zones(priced, np.unique(timetable.call_stop[of_call == row]), zone, names, timetable, faults, table.where)
        faults.check()
        return cls(table, product.astype(np.int32), timetable.pattern_calls, _metres(timetable), zone, names)

    def boarded(self, due: Due, product: int, stop: int, time: int) -> Due:
        """What is owed when a line of a product is boarded at a stop and a moment."""
        if due.open and product == due.product:
            return due
        within, off = self.table.discounts.get((due.product, product), (-1, 0))
        good = within >= 0 and time - due.start <= within
        zone = int(self.zone[stop]) if self.table.products[product].form == ZONE else -1
        start = (due.start if good else time) if self.leads(product) else 0
        return Due(self.total(due), product, open=True, zone=zone, last=zone, off=off if good else 0, start=start)

    def alighted(self, due: Due, metres: int, stop: int) -> Due:
        """What is owed after so many metres more, getting off at a stop; what cannot go on is settled."""
        product = self.table.products[due.product]
        last = int(self.zone[stop]) if product.form == ZONE else -1
        ridden = due._replace(metres=due.metres + metres if product.form == DISTANCE else 0, last=last)
        if product.through:
            return ridden
        return Due(self.total(ridden), due.product, start=due.start) if self.leads(due.product) else Due(self.total(ridden))

    def leads(self, product: int) -> bool:
        """Is there a discount on what is boarded after a product?"""
        return any(after == product for after, _ in self.table.discounts)

    def total(self, due: Due) -> int:
        """Hundredths to pay when the way ends here, or goes on with another product."""
        if not due.open:
            return due.settled
        product = self.table.products[due.product]
        if product.form == ZONE:
            price = product.zones[self.names[due.zone], self.names[due.last]]
        else:
            price = next(price for end, price in product.bands if due.metres <= end)
        return due.settled + max(0, price - due.off)

    def binding(self, limit: int) -> bool:
        """May a discount lapse within a journey of so many seconds?"""
        return any(within < limit for within, _ in self.table.discounts.values())


def _check_zones(
    product: Product,
    stops: NDArray[np.int32],
    zone: NDArray[np.int32],
    names: tuple[str, ...],
    timetable: Timetable,
    faults: FaultList,
    where: str,
) -> None:
    without = [str(timetable.stop_name[stop]) or str(timetable.stop_id[stop]) for stop in stops.tolist() if zone[stop] < 0]
    if without:
        shown = ", ".join(without[:5])
        faults.add(where, f"{len(without)} stops of '{product.id}' have no zone, such as {shown}.", todo="add them to [transit] fare_zones")
    used = sorted({names[zone[stop]] for stop in stops.tolist() if zone[stop] >= 0})
    for a in used:
        for b in used:
            if (a, b) not in product.zones:
                faults.add(where, f"'{product.id}' has no price from zone {a} to zone {b}.", todo="add the row")


def _metres(timetable: Timetable) -> NDArray[np.int64]:
    """Whole metres in straight lines from the first call of each pattern to every call."""
    phi, lam = np.radians(timetable.stop_lat[timetable.call_stop]), np.radians(timetable.stop_lon[timetable.call_stop])
    a = np.sin(np.diff(phi) / 2) ** 2 + np.cos(phi[:-1]) * np.cos(phi[1:]) * np.sin(np.diff(lam) / 2) ** 2
    step = np.concatenate([[0.0], 2 * _EARTH_RADIUS * np.arcsin(np.sqrt(a))])
    step[timetable.pattern_calls[:-1]] = 0.0
    along = np.cumsum(step)
    base = np.repeat(along[timetable.pattern_calls[:-1]], np.diff(timetable.pattern_calls))
    whole: NDArray[np.int64] = np.rint(along - base).astype(np.int64)
    return whole
