"""The state of the desk: what is open, what was closed and how long it took, folded from the log and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import hash_json
from parkcity.steer.events import Event, seconds_between

if TYPE_CHECKING:
    from collections.abc import Iterable

_S_PER_DAY = 86_400.0


@dataclass
class Subject:
    """What is known of one reported thing: its first report, its last word, and when it was closed ('' while it is open)."""

    source: str
    id: str
    kind: str
    opened_at: str
    closed_at: str
    last_at: str
    lon: float | None
    lat: float | None
    place: str
    payload: dict[str, Any]
    events: int
    suspect: bool

    @property
    def days(self) -> float | None:
        """Days from the report to the closing, None while it is open."""
        return seconds_between(self.opened_at, self.closed_at) / _S_PER_DAY if self.closed_at else None


@dataclass
class State:
    """All subjects by source and id, and the last moment that was folded in."""

    subjects: dict[tuple[str, str], Subject] = field(default_factory=dict)
    last_at: str = ""
    events: int = 0

    def fold(self, event: Event) -> None:
        """Take one event in. Events come in the order of the log's replay; a later revision of an event stands for the earlier one."""
        self.events += 1
        self.last_at = max(self.last_at, event.observed_at)
        key = (event.source, event.subject)
        known = self.subjects.get(key)
        if known is None:
            self.subjects[key] = Subject(
                source=event.source,
                id=event.subject,
                kind=event.kind,
                opened_at=event.observed_at,
                closed_at=event.observed_at if event.phase == "closed" else "",
                last_at=event.observed_at,
                lon=event.lon,
                lat=event.lat,
                place=event.place,
                payload=dict(event.payload),
                events=1,
                suspect=event.quality == "suspect",
            )
            return
        known.events += 1
        known.last_at = event.observed_at
        known.suspect |= event.quality == "suspect"
        known.payload.update(event.payload)
        if event.lon is not None:
            known.lon, known.lat = event.lon, event.lat
        known.place = event.place or known.place
        if event.phase == "closed":
            known.closed_at = event.observed_at
        elif event.phase == "reported" and known.closed_at and event.observed_at > known.closed_at:
            # Reported again after it was closed: it is open once more.
            known.closed_at = ""

    @property
    def hash(self) -> str:
        """Hash of the whole state: two replays of one log give the same."""
        return hash_json([[*key, sorted(vars(item).items())] for key, item in sorted(self.subjects.items())])

    def rows(self) -> list[dict[str, Any]]:
        """One row a kind: reported, open, closed, in doubt, and the days to closing (mean, median, most)."""
        kinds: dict[str, list[Subject]] = {}
        for subject in self.subjects.values():
            kinds.setdefault(subject.kind, []).append(subject)
        return [_row(kind, kinds[kind]) for kind in sorted(kinds)]


def _row(kind: str, subjects: list[Subject]) -> dict[str, Any]:
    days = sorted(subject.days for subject in subjects if subject.days is not None)
    half = len(days) // 2
    median = None if not days else days[half] if len(days) % 2 else (days[half - 1] + days[half]) / 2
    return {
        "kind": kind,
        "reported": len(subjects),
        "open": sum(not subject.closed_at for subject in subjects),
        "closed": len(days),
        "suspect": sum(subject.suspect for subject in subjects),
        "days_mean": sum(days) / len(days) if days else None,
        "days_median": median,
        "days_most": days[-1] if days else None,
    }


def fold(events: Iterable[Event]) -> State:
    """The state that follows from events in the order of the log's replay."""
    state = State()
    for event in events:
        state.fold(event)
    return state
