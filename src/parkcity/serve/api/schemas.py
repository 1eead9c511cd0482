"""The documents that routes take and give, for checking what comes in and for the description of the interface."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Row = dict[str, Any]
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""No control characters: a table of text could not be read again."""
Text = Annotated[str, Field(max_length=200)]


class Given(BaseModel):
    """A body: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FaultRow(BaseModel):
    """One thing that is wrong."""

    where: str
    row: int | None
    what: str
    allowed: str
    todo: str


class ProblemBody(BaseModel):
    """What went wrong."""

    status: int
    type: Literal["input", "usage", "missing", "limit", "rights", "conflict", "unavailable", "fault"]
    message: str
    request: str
    faults: list[FaultRow]
    needs: list[str]


class Problem(BaseModel):
    """The one shape of every error."""

    error: ProblemBody


class PageMeta(BaseModel):
    """Where a page stands among all rows."""

    model_config = ConfigDict(extra="allow")

    total: int
    limit: int
    offset: int
    next: str | None


class Page(BaseModel):
    """A page of rows."""

    meta: PageMeta
    rows: list[Row]


class LoginWays(BaseModel):
    """How one may sign in."""

    password: bool
    oidc: str | None


class SessionState(BaseModel):
    """Who asks, and what this server allows."""

    user: str | None
    role: str | None
    accounts: bool
    write: bool
    csrf: str | None
    tiers: list[str] | None
    login: LoginWays


class Credentials(Given):
    """Name and password."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["planner"])]
    password: Annotated[str, Field(min_length=1, max_length=1000, examples=["a long sentence of words"])]


class NewPassword(Given):
    """A new password, with the old one."""

    old: Annotated[str, Field(min_length=1, max_length=1000)]
    new: Annotated[str, Field(min_length=1, max_length=1000)]


class CitySummary(BaseModel):
    """What a map needs to know of a city before anything else."""

    model_config = ConfigDict(extra="allow")

    id: str
    name_zh: str
    name_en: str
    hash: str
    as_of: str
    grade: str | None
    bounds: list[float]
    centre: list[float]
    residents: float
    cells: int
    area_tier: str
    tiers: list[Row]
    groups: list[Row]
    indicators: list[Row]
    layers: list[str]


class Cards(BaseModel):
    """The three cards of the first view; what cannot be told is null."""

    within: Row | None
    gap: Row | None
    site: Row | None


class FirstView(BaseModel):
    """The first screen."""

    measure: str
    group: str
    residents: float
    classes: list[Row]
    cards: Cards


class Document(BaseModel):
    """An object whose keys the guide tells."""

    model_config = ConfigDict(extra="allow")


class Change(BaseModel):
    """One change: its kind and the values of its fields, which are those of the scenario file."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"change": "add_place", "kind": "primary_school", "lon": 104.05, "lat": 30.66}]}
    )

    change: Annotated[str, Field(max_length=60)]


class ScenarioGiven(Given):
    """A scenario: an ordered list of changes."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")] = "scenario"
    name_zh: Text = ""
    name_en: Text = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    changes: Annotated[list[Change], Field(max_length=500)] = []


class ScenarioKept(BaseModel):
    """A scenario under its hash, and what each change did."""

    model_config = ConfigDict(extra="allow")

    hash: str
    scenario: Row
    effects: list[Row]
    cost: float


class ScenarioAnswer(ScenarioKept):
    """Who gains and who loses."""

    milliseconds: float
    quick: bool
    left_out: list[str]
    summary: Row
    groups: list[Row]
    zones: list[Row]
    indicators: list[Row]
    targets: list[Row]
    text: list[str]


class DraftGiven(Given):
    """A new draft."""

    title: Annotated[str, Field(min_length=1, max_length=200, examples=["Two schools"])]
    hash: Annotated[str | None, Field(max_length=64)] = None


class DraftChange(Given):
    """What to change of a draft, and the version that the caller saw."""

    version: Annotated[int, Field(ge=1, le=10**9)]
    hash: Annotated[str | None, Field(max_length=64)] = None
    title: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    locked: bool | None = None


class Draft(BaseModel):
    """A draft: a named place in a history of scenarios."""

    id: str
    title: str
    hash: str | None
    locked: bool
    undo: int
    redo: int
    version: int


class PlanReason(Given):
    """Why an edit of the plan is made, and since when it is known (left out, today)."""

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=_PLAIN, examples=["Yearbook of 2024"])]
    known_on: Annotated[str, Field(max_length=10, examples=["2024-12-31"])] = ""


class PlanEdit(PlanReason):
    """Values by column, as text, as the tables of the ledger hold them."""

    values: Annotated[
        dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=5000, pattern=_PLAIN)]],
        Field(min_length=1, max_length=60),
    ]


class EventGiven(Given):
    """Something observed or reported. `subject` is what it is about: the events of one report share it. Times without an offset are UTC."""

    source: Annotated[str, Field(min_length=1, max_length=100, pattern=_PLAIN, examples=["hotline"])]
    kind: Annotated[str, Field(min_length=1, max_length=100, pattern=_PLAIN, examples=["street_light"])]
    observed_at: Annotated[str, Field(max_length=40, examples=["2026-03-01T08:30:00+08:00"])]
    known_at: Annotated[str, Field(max_length=40)] = ""
    id: Annotated[str, Field(max_length=200, pattern=_PLAIN, examples=["R-1024"])] = ""
    subject: Annotated[str, Field(max_length=200, pattern=_PLAIN)] = ""
    phase: Literal["reported", "closed", "noted"] = "reported"
    lon: Annotated[float | None, Field(ge=-180, le=180, examples=[104.07])] = None
    lat: Annotated[float | None, Field(ge=-90, le=90, examples=[30.66])] = None
    place: Annotated[str, Field(max_length=500, pattern=_PLAIN)] = ""
    payload: Annotated[dict[Annotated[str, Field(max_length=100)], str | int | float | bool | None], Field(max_length=50)] = {}


class EventsGiven(Given):
    """Events for the log."""

    events: Annotated[list[EventGiven], Field(min_length=1, max_length=1000)]


class Appended(BaseModel):
    """What the log took: new events, those it held already, and new words about known ones."""

    added: int
    repeated: int
    revised: int
    total: int


class Execution(Given):
    """Inputs of a process (OGC API Processes)."""

    inputs: Row = {}
    outputs: Row | None = None
    response: Literal["raw", "document"] | None = None


class Job(BaseModel):
    """The state of a job (OGC API Processes)."""

    model_config = ConfigDict(extra="allow")

    jobID: str  # noqa: N815 - the name in the standard
    processID: str  # noqa: N815 - the name in the standard
    type: Literal["process"]
    status: Literal["accepted", "running", "successful", "failed", "dismissed"]
    progress: int
    message: str
    created: str
    links: list[Row]


class UserGiven(Given):
    """A new account."""

    name: Annotated[str, Field(max_length=100, examples=["planner"])]
    role: Annotated[str, Field(max_length=20, examples=["planner"])]
    password: Annotated[str | None, Field(max_length=1000)] = None
    tiers: Annotated[list[Text] | None, Field(max_length=100)] = None


class UserChange(Given):
    """What to change of an account."""

    role: Annotated[str | None, Field(max_length=20)] = None
    password: Annotated[str | None, Field(max_length=1000)] = None
    tiers: Annotated[list[Text] | None, Field(max_length=100)] = None
    disabled: bool | None = None


class KeyGiven(Given):
    """A new key."""

    user: Annotated[str, Field(max_length=100)]
    label: Text
    days: Annotated[float | None, Field(gt=0, le=3650)] = None


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request cannot be understood"},
    401: {"model": Problem, "description": "Sign in first"},
    403: {"model": Problem, "description": "The account may not do this"},
    404: {"model": Problem, "description": "There is no such thing"},
    409: {"model": Problem, "description": "The city lacks a layer, or the state has changed meanwhile"},
    413: {"model": Problem, "description": "Too large"},
    422: {"model": Problem, "description": "The input is at fault: every fault is told"},
    429: {"model": Problem, "description": "Too many requests"},
    500: {"model": Problem, "description": "A fault of the server"},
    503: {"model": Problem, "description": "Not available now"},
}
"""Every route may answer these; all have one shape."""


def binary(media: str, text: str, *others: str) -> dict[int | str, dict[str, Any]]:
    """The description of an answer that is a file."""
    content = {name: {"schema": {"type": "string", "format": "binary"}} for name in (media, *others)}
    return {200: {"description": text, "content": content}, 204: {"description": "Nothing is there"}, 304: {"description": "Not changed"}}
