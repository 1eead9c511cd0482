"""The ledger of the plan, row by row: what its tables hold, who changed what, and edits, as `parkcity plan CITY add | amend` makes them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from parkcity.base.errors import Fault, InputError
from parkcity.plan import edit
from parkcity.plan.edit import Author
from parkcity.plan.schema import schema, schemas
from parkcity.plan.store import FolderStore
from parkcity.serve.accounts.rights import Identity
from parkcity.serve.api.context import READ, SAVE, Answer, City, Limit, Offset, TheHouse, Who, page
from parkcity.serve.api.desk import Desk
from parkcity.serve.api.house import House
from parkcity.serve.api.planning import plan_of
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.routes.plan import Day
from parkcity.serve.api.schemas import Document, Page, PlanEdit, PlanReason

router = APIRouter(prefix="/api/v1/cities/{city}/plan", tags=["plan"], dependencies=[READ])
Table = Annotated[str, Path(description="A table of the ledger", examples=["actuals"], max_length=60)]
RowId = Annotated[str, Path(description="Id of a row", examples=["A001"], max_length=100)]
FILE_NAME = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff_-]{0,79}\.(pdf|png|jpg|csv|xlsx|docx|txt|json|zip)")
_FILE = {"schema": {"type": "string", "format": "binary"}}


@router.get("/tables", response_model=Page)
def tables(request: Request, desk: City, limit: Limit = 100, offset: Offset = 0) -> Any:
    """The tables of the ledger with their columns: type, what is allowed, and what they mean."""
    ledger = plan_of(desk).ledger
    rows = [
        {
            "table": name,
            "rows": len(ledger[name]),
            "fields": [
                {
                    "name": field.name,
                    "type": field.type,
                    "allowed": list(field.choices),
                    "refers_to": field.detail if field.type == "ref" else None,
                    "required": field.required,
                    "zh": field.zh,
                    "en": field.en,
                }
                for field in schema(name).fields
            ],
        }
        for name in schemas()
    ]
    return page(request, rows, limit, offset)


@router.get("/tables/{table}", response_model=Page)
def rows_of(request: Request, desk: City, table: Table, at: Day = None, known: Day = None, limit: Limit = 100, offset: Offset = 0) -> Any:
    """The rows of a table as true on a day and as known on a day."""
    schema(table)
    found = plan_of(desk).view(at, known)[table]
    return page(request, [found.record(number) for number in range(len(found))], limit, offset, table=table)


@router.get("/tables/{table}/{row}/history", response_model=Page)
def history_of(request: Request, desk: City, table: Table, row: RowId, limit: Limit = 100, offset: Offset = 0) -> Any:
    """All versions of a row: when known, from when true, what changed, who changed it and why."""
    from parkcity.plan.history import history

    _there(desk, table, row)
    return page(request, history(plan_of(desk).ledger, row, table), limit, offset)


def _there(desk: Desk, table: str, row: str) -> None:
    schema(table)
    if row not in plan_of(desk).ledger[table].index:
        raise ApiError(404, f"the table '{table}' has no row '{row}'")


def _store(house: House, desk: Desk) -> FolderStore:
    """The ledger for writing. Needs a server started with `--write`."""
    plan_of(desk)
    if not house.settings.write:
        raise ApiError(403, "this server writes nothing into the city's folder", todo="start it with --write")
    return FolderStore(desk.folder)


def _author(identity: Identity, given: PlanReason) -> Author:
    """Who edits is who signed in; nobody edits under the name of another."""
    return Author(identity.owner, given.reason, datetime.now(UTC).astimezone(), given.known_on)


def _told(request: Request, table: str, row: dict[str, str], action: str, status: int = 200) -> Answer:
    request.state.audit = {"table": table, "row": row["id"], "action": action}
    return Answer({"table": table, "action": action, "row": row}, status_code=status)


@router.post("/tables/{table}", response_model=Document, status_code=201, dependencies=[SAVE])
def add(request: Request, desk: City, house: TheHouse, identity: Who, table: Table, given: PlanEdit) -> Any:
    """Add a row, such as an actual or a piece of evidence. Every fault is told at once, and nothing is then written."""
    schema(table)
    row = edit.add(_store(house, desk), table, given.values, _author(identity, given))
    return _told(request, table, row, "add", 201)


@router.put("/tables/{table}/{row}", response_model=Document, dependencies=[SAVE])
def amend(request: Request, desk: City, house: TheHouse, identity: Who, table: Table, row: RowId, given: PlanEdit) -> Any:
    """Add a new version of a row; reports of earlier days keep the old one."""
    store = _store(house, desk)
    _there(desk, table, row)
    return _told(request, table, edit.amend(store, table, row, given.values, _author(identity, given)), "amend")


@router.post("/tables/{table}/{row}/withdraw", response_model=Document, dependencies=[SAVE])
def withdraw(request: Request, desk: City, house: TheHouse, identity: Who, table: Table, row: RowId, given: PlanReason) -> Any:
    """End a row: from now on it is known to be withdrawn; reports of earlier days still show it."""
    store = _store(house, desk)
    _there(desk, table, row)
    return _told(request, table, edit.withdraw(store, table, row, _author(identity, given)), "withdraw")


@router.put(
    "/evidence/{name}",
    response_model=Document,
    status_code=201,
    dependencies=[SAVE],
    responses={200: {"model": Document}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": _FILE}}},
)
async def keep_file(
    request: Request, desk: City, house: TheHouse, name: Annotated[str, Path(description="Name of the file", max_length=90)]
) -> Any:
    """Keep a file of evidence in the plan's folder; the answer has the values `file` and `sha256` for a row of the table `evidence`.

    A file that is there is never written over: what was claimed stays what it was.
    """
    from starlette.concurrency import run_in_threadpool

    data = await request.body()
    status = await run_in_threadpool(_kept, house, desk, name, data)
    document = {"file": f"evidence/{name}", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    request.state.audit = document
    return Answer(document, status_code=status)


def _kept(house: House, desk: Desk, name: str, data: bytes) -> int:
    from parkcity.base.cache import atomic_path

    folder = _store(house, desk).folder / "evidence"
    if not FILE_NAME.fullmatch(name):
        allowed = "letters, digits, Chinese characters, _ and -, then .pdf .png .jpg .csv .xlsx .docx .txt .json or .zip"
        raise InputError(Fault("name", f"'{name}' is not a name for a file of evidence.", allowed=allowed))
    if not data:
        raise InputError(Fault("body", "the file is empty.", todo="send its bytes as the body"))
    path = folder / name
    if path.is_file():
        if path.read_bytes() == data:
            return 200
        raise ApiError(409, f"there is another file '{name}' already", todo="send it under another name")
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
    return 201
