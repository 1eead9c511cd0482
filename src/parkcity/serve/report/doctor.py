"""What is wrong or doubtful in a city's data, with the residents that each point touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import InputError
from parkcity.base.times import parse_date, years_between
from parkcity.base.words import Words
from parkcity.sense.kinds import kind
from parkcity.standards import parameter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from parkcity.base.words import Lang
    from parkcity.twin.twin import Twin

_UNSTATED = {"", "not stated", "unknown"}
_AGED = frozenset({"streets", "places", "cells", "counts", "openstreetmap", "timetable"})


@dataclass(frozen=True)
class Point:
    """One fault or doubtful point: of what (`subject`, `id`), which text with which slots, and how many residents it touches."""

    subject: str
    id: str
    key: str
    slots: dict[str, Any]
    residents: float
    todo: str = ""

    def row(self, words: Words, lang: Lang) -> dict[str, Any]:
        """The point in words."""
        return {
            "subject": words.get(f"subject.{self.subject}", lang, id=self.id),
            "what": words.get(self.key, lang, **self.slots),
            "residents": round(self.residents),
            "todo": words.get(f"{self.todo or self.key}.todo", lang),
        }


def points_of(twin: Twin, told: dict[str, str] | None = None) -> list[Point]:
    """Every point of a twin, worst effect first. `told` are sources that differ from the lock, with what differs."""
    everybody = float(twin.residents().sum())
    points = [Point("source", name, "stale", {"what": what}, everybody) for name, what in (told or {}).items()]
    for look in (_sources, _unattached, _islands, _datums, _lacking, _assumed, _conflicts, _compared):
        points += look(twin)
    return sorted(points, key=lambda point: (-point.residents, point.subject, point.id, point.key))


def differences(folder: Path) -> dict[str, str]:
    """Sources that are not what the lock of the city says, with what differs; nothing where there is no lock yet."""
    from parkcity.base.spec import load
    from parkcity.twin.lock import changes

    try:
        found = changes(load(folder))
    except InputError:
        return {}
    told: dict[str, list[str]] = {}
    for change in found:
        if change.source and change.what != "licence":
            told.setdefault(change.source, []).append(change.what)
    return {name: ", ".join(whats) for name, whats in told.items()}


def _sources(twin: Twin) -> Iterator[Point]:
    """Rows that were not used, data that are old, licences that nobody stated."""
    everybody = float(twin.residents().sum())
    as_of = parse_date(str(twin.manifest["as_of"]))[0]
    limit = parameter("completeness_rules", "old_layer.b").number
    for row in twin.manifest["sources"]:
        # Nothing is measured from a window for the whole, so what is wrong with it touches nobody.
        touched = 0.0 if row["coverage"] == "window" else everybody
        if row["refused"]:
            lost = max(int(row["rows_in"]) - int(row["rows_kept"]), len(row["refused"]))
            share = min(lost / max(int(row["rows_in"]), lost, 1), 1.0)
            slots = {"count": f"{lost:,}", "share": f"{share:.1%}", "reason": row["refused"][0][1]}
            yield Point("source", row["id"], "refused", slots, share * touched)
        age = years_between(parse_date(str(row["date"]))[0], as_of)
        if age > limit and row["layer"] in _AGED:
            yield Point("source", row["id"], "old", {"years": f"{age:.0f}"}, touched)
        if {str(row["licence"]).lower(), str(row["attribution"]).lower()} & _UNSTATED:
            yield Point("source", row["id"], "licence", {}, 0.0)


def _near(twin: Twin, lon: float, lat: float, metres: float) -> float:
    """Residents of the cells whose centre lies within a distance of a point, in a straight line."""
    x, y = twin.projection.forward(np.array([lon]), np.array([lat]))
    cells = twin.cells
    return float(twin.residents()[np.hypot(cells["x"].to_numpy() - x, cells["y"].to_numpy() - y) <= metres].sum())


def _unattached(twin: Twin) -> Iterator[Point]:
    """Cells, places and stops that meet no street. A place touches the residents round it, as far as places are attached."""
    if not twin.has("attachments"):
        return
    residents, attachments = twin.residents(), twin.layer("attachments")
    failures, limit = attachments.table("failures"), float(attachments.meta["limit_m"])
    lost = failures[failures["what"] == "cell"]["id"]
    if len(lost):
        touched = float(residents[twin.cells["id"].isin(lost).to_numpy()].sum())
        yield Point("cells", "", "cells_off", {"count": f"{len(lost):,}", "limit": f"{limit:,.0f}"}, touched)
    for row in failures[failures["what"] == "place"].to_dict("records"):
        slots = {"name": row["name"] or row["id"], "kind": row["kind"], "metres": f"{row['distance_m']:,.0f}"}
        yield Point("place", str(row["id"]), "place_off", slots, _near(twin, row["lon"], row["lat"], limit))
    if twin.has("timetable"):
        off = int(twin.layer("timetable").meta.get("stops_off_street", 0))
        if off:
            yield Point("city", "", "stops_off", {"count": f"{off:,}"}, 0.0)


def _islands(twin: Twin) -> Iterator[Point]:
    """Pieces of the network that hold cells: their residents reach nothing beyond the piece."""
    if not twin.has("attachments"):
        return
    streets = twin.layer("streets")
    best = _piece_of_cells(twin)
    residents, pieces = twin.residents(), streets.table("pieces").set_index("piece")
    for piece in np.unique(best[best > 0]):
        if piece not in pieces.index:
            continue
        row = pieces.loc[piece]
        slots = {"km": f"{row['length_km']:.1f}", "gap": f"{row['gap_m']:,.0f}", "lon": f"{row['lon']:.5f}", "lat": f"{row['lat']:.5f}"}
        yield Point("piece", str(piece), "island", slots, float(residents[best == piece].sum()), f"island_{row['cause']}")


def _piece_of_cells(twin: Twin) -> NDArray[np.int64]:
    """The largest piece of the network that each cell meets; -1 where it meets none."""
    streets, attachments = twin.layer("streets"), twin.layer("attachments")
    of_edge = np.asarray(streets.array("node_piece"))[np.asarray(streets.array("edge_u"))]
    owner, edge = np.asarray(attachments.array("cell_owner")), np.asarray(attachments.array("cell_edge"))
    none = np.iinfo(np.int64).max
    best = np.full(len(twin.cells), none, np.int64)
    np.minimum.at(best, owner, of_edge[edge])
    return np.where(best == none, -1, best)


def _datums(twin: Twin) -> Iterator[Point]:
    """Sources whose declared datum the streets do not confirm: another reading fits as well or better."""
    if not twin.has("attachments"):
        return
    from parkcity.twin.datum import READINGS

    named = {datum: name for name, datum in READINGS.items()}
    row_of = {row["id"]: row for row in twin.manifest["sources"]}
    for source, strength in twin.layer("attachments").meta["datum_evidence"].items():
        declared = named.get(str(row_of[source]["datum"]), "WGS84")
        others = max(value for name, value in strength.items() if name != declared)
        if others >= strength[declared]:
            readings = ", ".join(f"{name} {value:.2f}" for name, value in strength.items())
            yield Point("source", source, "datum", {"readings": readings, "declared": declared}, float(twin.residents().sum()))


def _lacking(twin: Twin) -> Iterator[Point]:
    """Layers without which most cannot be measured."""
    everybody = float(twin.residents().sum())
    if not twin.has("attachments"):
        yield Point("city", "", "no_streets", {}, everybody)
    if not twin.has("places") or not twin.kinds():
        yield Point("city", "", "no_places", {}, everybody)
    for count in twin.layer("people").meta.get("outside", {}).values():
        if count > 0:
            yield Point("city", "", "outside", {"count": f"{count:,.0f}"}, float(count))
            break


def _assumed(twin: Twin) -> Iterator[Point]:
    """Numbers that rest on an assumption."""
    everybody = float(twin.residents().sum())
    people = twin.spec.source(twin.spec.people.source)
    if people.reader == "osm_dwellings" or twin.layer("people").meta.get("method") == "buildings":
        yield Point("source", people.id, "assumed_people", {}, everybody)
    if twin.has("timetable") and twin.layer("timetable").meta.get("assumed"):
        yield Point("city", "", "assumed_timetable", {}, everybody)


def _conflicts(twin: Twin) -> Iterator[Point]:
    """Places of which two lists disagree what they are."""
    layer = twin.layer("places")
    if "matches" not in layer.parts:
        return
    rows = layer.table("matches")
    for row in rows[rows["verdict"] == "conflict"].to_dict("records"):
        slots = {"name": row["name"], "kind": row["kind"], "other": row["other_kind"], "source": row["other_source"]}
        yield Point("place", str(row["kept"]), "conflict", slots, 0.0)


def _compared(twin: Twin) -> Iterator[Point]:
    """Zones whose residents are not the official number."""
    for row in twin.layer("people").meta.get("compared", []):
        ratio = row["residents"] / row["official"] - 1
        slots = {"residents": f"{row['residents']:,.0f}", "official": f"{row['official']:,.0f}", "ratio": f"{ratio:+.1%}"}
        yield Point("zone", str(row["zone"]), "compared", slots, abs(row["residents"] - row["official"]))


def doctor_rows(points: list[Point], lang: Lang) -> list[dict[str, Any]]:
    """The points in words, numbered from the worst."""
    words = Words.load("parkcity.serve.report", "doctor_words.csv")
    spoken = [Point(point.subject, point.id, point.key, _spoken(point.slots, lang), point.residents, point.todo) for point in points]
    return [{"rank": number, **point.row(words, lang)} for number, point in enumerate(spoken, start=1)]


def _spoken(slots: dict[str, Any], lang: Lang) -> dict[str, Any]:
    """Slots with kinds of places by their names."""
    return {name: kind(str(value)).name(lang) if name in {"kind", "other"} and value else value for name, value in slots.items()}
