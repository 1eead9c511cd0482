"""One shape for every error: `{"error": {status, type, message, request, faults, needs}}`."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import Fault, InputError, LimitError, MissingLayerError, ParkcityError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPES = {400: "usage", 401: "rights", 403: "rights", 404: "missing", 405: "usage", 409: "conflict", 412: "conflict", 413: "limit"}
TYPES |= {415: "usage", 422: "input", 429: "limit", 500: "fault", 503: "unavailable"}


class ApiError(ParkcityError):
    """An answer other than the one asked for: status, what, and what to do."""

    def __init__(self, status: int, message: str, *, todo: str = "", allowed: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status, self.message, self.todo, self.allowed = status, message, todo, allowed
        self.headers = dict(headers or {})
        super().__init__(message)


def body_of(
    status: int, kind: str, message: str, request: str, faults: Sequence[Mapping[str, Any]] = (), needs: Sequence[str] = ()
) -> dict[str, Any]:
    """The document of an error."""
    return {
        "error": {
            "status": status,
            "type": kind,
            "message": message,
            "request": request,
            "faults": [dict(fault) for fault in faults],
            "needs": list(needs),
        }
    }


def problem(error: ParkcityError, request: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, document and headers of an error that the product raised on purpose."""
    message = str(error)
    if isinstance(error, ApiError):
        fault = Fault("request", error.message, error.allowed, error.todo).as_row()
        kind = TYPES.get(error.status, "usage")
        return error.status, body_of(error.status, kind, error.message, request, [fault]), error.headers
    if isinstance(error, InputError):
        count = len(error.faults)
        message = "1 fault" if count == 1 else f"{count} faults"
        return 422, body_of(422, "input", message, request, [fault.as_row() for fault in error.faults]), {}
    if isinstance(error, MissingLayerError):
        return 409, body_of(409, "missing", message, request, needs=error.needs), {}
    if isinstance(error, LimitError):
        return 413, body_of(413, "limit", message, request), {}
    kind = "usage" if isinstance(error, UsageError) else "input"
    return 422, body_of(422, kind, message, request, [Fault("request", message).as_row()]), {}


def validation(errors: Sequence[Mapping[str, Any]], request: str) -> dict[str, Any]:
    """The document of a request that does not have the form of its route: all faults at once."""
    faults = []
    for entry in errors:
        place = [str(part) for part in entry["loc"]]
        where = f"{place[0]} {'.'.join(place[1:])}".strip()
        row = next((int(part) + 1 for part in entry["loc"] if isinstance(part, int)), None)
        faults.append(Fault(where, str(entry["msg"]), row=row).as_row())
    count = len(faults)
    return body_of(422, "input", "1 fault" if count == 1 else f"{count} faults", request, faults)


def plain_status(status: int, request: str, detail: str = "") -> dict[str, Any]:
    """The document of a bare status."""
    return body_of(status, TYPES.get(status, "usage"), detail or HTTPStatus(status).phrase, request)
