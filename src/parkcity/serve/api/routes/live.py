"""The live desk: what was reported and is open, what was closed and how long it took, and new events into the log that only grows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from parkcity.base.cache import hash_text
from parkcity.base.errors import FaultList
from parkcity.serve.api.context import LIVE, READ, Answer, City, Limit, Offset, TheHouse, page, paged
from parkcity.serve.api.desk import Desk
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Appended, EventGiven, EventsGiven, Page
from parkcity.steer.events import Event, asked_moment, parse_time
from parkcity.steer.log import EventLog
from parkcity.steer.state import State, Subject, fold

router = APIRouter(prefix="/api/v1/cities/{city}/live", tags=["live"], dependencies=[READ])
Moment = Annotated[
    str | None, Query(description="A day, which counts whole, or a moment", max_length=40, examples=["2014-06-30", "2014-06-30T12:00:00Z"])
]
_EVENT = ("observed_at", "known_at", "source", "id", "subject", "kind", "phase", "lon", "lat", "place", "quality")


def _log(desk: Desk) -> EventLog:
    return EventLog(desk.folder / "live" / "events.sqlite")


def _state(desk: Desk, until: str | None, known_by: str | None) -> State:
    return fold(_log(desk).replay(asked_moment(until), asked_moment(known_by)))


@router.get("", response_model=Page)
def state(request: Request, desk: City, until: Moment = None, known_by: Moment = None, limit: Limit = 100, offset: Offset = 0) -> Any:
    """The rows of `parkcity live CITY show`: by kind what was reported, is open and was closed, and the days to closing."""
    found = _state(desk, until, known_by)
    return page(request, found.rows(), limit, offset, events=found.events, last=found.last_at or None, state=found.hash)


@router.get("/subjects", response_model=Page)
def subjects(
    request: Request,
    desk: City,
    until: Moment = None,
    known_by: Moment = None,
    kind: Annotated[str | None, Query(max_length=100)] = None,
    status: Annotated[Literal["open", "closed"] | None, Query()] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Any:
    """Reported things one by one, newest first: where, since when, and whether they are closed; not what a source says beyond."""
    found = [one for one in _state(desk, until, known_by).subjects.values() if kind is None or one.kind == kind]
    if status is not None:
        found = [one for one in found if bool(one.closed_at) == (status == "closed")]
    found.sort(key=lambda one: (one.opened_at, one.source, one.id), reverse=True)
    return page(request, [_subject(one) for one in found], limit, offset)


def _subject(one: Subject) -> dict[str, Any]:
    head = {"source": one.source, "id": one.id, "kind": one.kind, "status": "closed" if one.closed_at else "open"}
    times = {"opened_at": one.opened_at, "closed_at": one.closed_at or None, "last_at": one.last_at, "days": one.days}
    return {**head, **times, "lon": one.lon, "lat": one.lat, "place": one.place, "events": one.events, "suspect": one.suspect}


@router.get("/events", response_model=Page)
def events(request: Request, desk: City, until: Moment = None, known_by: Moment = None, limit: Limit = 100, offset: Offset = 0) -> Any:
    """The events in the order in which they happened, as `parkcity live CITY replay` tells them."""
    total, rows = 0, []
    for event in _log(desk).replay(asked_moment(until), asked_moment(known_by)):
        if offset <= total < offset + limit:
            rows.append({name: getattr(event, name) for name in _EVENT})
        total += 1
    return paged(request, rows, total, limit, offset)


@router.post("/events", response_model=Appended, status_code=201, dependencies=[LIVE])
def report(request: Request, desk: City, house: TheHouse, given: EventsGiven) -> Any:
    """Add events to the log. The same event sent again changes nothing; other words about a known one are kept as a revision."""
    if not house.settings.write:
        raise ApiError(403, "this server writes nothing into the city's folder", todo="start it with --write")
    faults, made = FaultList(), []
    for number, one in enumerate(given.events, start=1):
        try:
            made.append(_event(one))
        except ValueError as error:
            faults.add("events", f"{error}.", row=number)
    faults.check()
    done = _log(desk).append(made)
    request.state.audit = {"events": len(made), "added": done.added, "revised": done.revised}
    return Answer({"added": done.added, "repeated": done.repeated, "revised": done.revised, "total": _log(desk).count()}, status_code=201)


def _event(one: EventGiven) -> Event:
    """An event of a request. Without `known_at` it becomes known when it was observed; without `id` it is named by all that it says."""
    observed, quality = parse_time(one.observed_at)
    known = parse_time(one.known_at)[0] if one.known_at else observed
    name = one.id or hash_text(one.source, one.model_dump_json())[:24]
    return Event(
        source=one.source,
        id=name,
        subject=one.subject or name,
        kind=one.kind,
        phase=one.phase,
        observed_at=observed,
        known_at=known,
        lon=one.lon,
        lat=one.lat,
        place=one.place,
        payload=dict(one.payload),
        quality=quality,
    )
