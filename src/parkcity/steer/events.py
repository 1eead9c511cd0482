"""Events: something observed or reported at a time and place, as one typed row.

Three things are always kept apart: when it was observed, when it became known, and what the source calls it. An event never
changes; a source that says something else about the same event adds a revision.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Literal, get_args

from parkcity.base.cache import hash_text
from parkcity.base.errors import UsageError

Phase = Literal["reported", "closed", "noted"]
PHASES: tuple[Phase, ...] = get_args(Phase)
Quality = Literal["good", "suspect"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?\s*(Z|[+-]\d{2}:?\d{2})?")


@dataclass(frozen=True)
class Event:
    """One event. Times are UTC, `YYYY-MM-DDTHH:MM:SSZ`; `lon` and `lat` WGS 84 degrees or None; `place` an id or a text of the source.

    `subject` is what the event is about: the events of one report share it. `phase` says whether the event opens it, closes it or only
    adds to it. `payload` holds what else the source says, as plain values.
    """

    source: str
    id: str
    subject: str
    kind: str
    phase: Phase
    observed_at: str
    known_at: str
    lon: float | None
    lat: float | None
    place: str
    payload: dict[str, Any]
    quality: Quality = "good"

    @property
    def digest(self) -> str:
        """Hash of all that the event says: two rows with the same digest are the same row sent twice."""
        values = [getattr(self, name) for name in COLUMNS if name != "payload"]
        return hash_text(json.dumps(values, ensure_ascii=False), self.payload_text)[:32]

    @property
    def payload_text(self) -> str:
        """The payload as JSON with sorted keys."""
        return json.dumps(self.payload, ensure_ascii=False, sort_keys=True)


COLUMNS = ("source", "id", "subject", "kind", "phase", "observed_at", "known_at", "lon", "lat", "place", "payload", "quality")


def parse_time(text: str, zone: tzinfo = UTC) -> tuple[str, Quality]:
    """A time as UTC text, and whether it is in doubt.

    Understands ISO 8601 with or without an offset, a bare day (its first moment), and month/day/year with AM and PM. A time without an
    offset is read in `zone`. Hour 24 may mean the beginning or the end of its day: it is read as the end and marked suspect.
    Raises `ValueError` on anything else.

    >>> parse_time("2014-01-05 08:30", timezone(timedelta(hours=8)))
    ('2014-01-05T00:30:00Z', 'good')
    >>> parse_time("01/05/2014 01:05:00 PM +0000")
    ('2014-01-05T13:05:00Z', 'good')
    >>> parse_time(" 2014-12-31T24:10:00+0000")
    ('2015-01-01T00:10:00Z', 'suspect')
    """
    shown = text.strip()
    half, iso, american = "", _ISO.fullmatch(shown), _AMERICAN.fullmatch(shown)
    if iso:
        year, month, day, hour, minute, second, offset = iso.groups()
    elif american:
        month, day, year, hour, minute, second, half, offset = american.groups()
    else:
        msg = f"'{text}' is not a time; allowed: 2014-01-05, 2014-01-05T08:30:00+08:00, 01/05/2014 08:30:00 AM"
        raise ValueError(msg)
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            msg = f"'{text}' has hour {hours} beside {half}; allowed: 1 to 12"
            raise ValueError(msg)
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    extra, doubt = (timedelta(days=1), True) if hours == 24 else (timedelta(0), False)
    moment = datetime(
        int(year), int(month), int(day), 0 if doubt else hours, int(minute or 0), int(second or 0), tzinfo=_offset(offset) or zone
    )
    return utc_text(moment + extra), "suspect" if doubt else "good"


def asked_moment(text: str | None) -> str | None:
    """A moment that a person asks for, as the log keeps times: a bare day stands for its last second. Raises `UsageError` on anything else.

    >>> asked_moment("2014-06-30")
    '2014-06-30T23:59:59Z'
    """
    from parkcity.base.times import parse_date

    if text is None:
        return None
    try:
        if "T" in text or ":" in text:
            return parse_time(text)[0]
        return f"{parse_date(text)[0].isoformat()}T23:59:59Z"
    except ValueError as error:
        raise UsageError(str(error)) from None


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def utc_text(moment: datetime) -> str:
    """A moment as the text that the log keeps: whole seconds, UTC, so that text order is the order of time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one kept time to another.

    >>> seconds_between("2014-01-01T00:00:00Z", "2014-01-02T00:00:30Z")
    86430.0
    """
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
