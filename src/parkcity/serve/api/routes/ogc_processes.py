"""OGC API Processes: long work with id, progress, cancel and result.

Source: OGC 18-062r2, OGC API - Processes - Part 1: Core.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import FileResponse, Response

from parkcity.serve.accounts.rights import CELL_TIER, Right
from parkcity.serve.api.context import READ, TRY, Answer, City, Language, Limit, Offset, TheHouse, Who, may_see
from parkcity.serve.api.exports import MEDIA
from parkcity.serve.api.house import House
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Document, Execution, Job, binary
from parkcity.serve.jobs.processes import PROCESSES, Process
from parkcity.serve.jobs.store import Jobs

router = APIRouter(prefix="/ogc/{city}", tags=["processes"], dependencies=[READ])
_MOST_OPEN = 20
_CONTROL = ["async-execute", "dismiss"]


def _head(desk: City, one: Process, lang: Any) -> dict[str, Any]:
    link = {"href": f"/ogc/{desk.id}/processes/{one.id}", "rel": "self", "type": "application/json"}
    head = {"id": one.id, "title": one.zh if lang == "zh" else one.en, "version": "1.0.0", "jobControlOptions": _CONTROL}
    return {**head, "outputTransmission": ["value"], "links": [link]}


@router.get("/processes", response_model=Document)
def processes(desk: City, lang: Language) -> Any:
    """What can be asked for."""
    own = {"href": f"/ogc/{desk.id}/processes", "rel": "self", "type": "application/json"}
    return Answer({"processes": [_head(desk, one, lang) for one in PROCESSES.values()], "links": [own]})


def _process(name: str) -> Process:
    if name not in PROCESSES:
        raise ApiError(404, f"there is no process '{name}'", allowed=f"{', '.join(PROCESSES)}.")
    return PROCESSES[name]


ProcessName = Annotated[str, Path(examples=["site"], max_length=60)]


@router.get("/processes/{process}", response_model=Document)
def described(desk: City, lang: Language, process: ProcessName) -> Any:
    """One process with the schema of every input."""
    one = _process(process)
    inputs = {
        name: {"title": name, "description": schema.get("description", name), "schema": schema, "minOccurs": int(name in one.required)}
        for name, schema in one.inputs.items()
    }
    outputs = {"result": {"title": "result", "schema": {"type": "object"}}}
    return Answer({**_head(desk, one, lang), "inputs": inputs, "outputs": outputs})


@router.post("/processes/{process}/execution", response_model=Job, status_code=201, dependencies=[TRY])
def execute(request: Request, desk: City, house: TheHouse, identity: Who, process: ProcessName, given: Execution) -> Any:
    """Begin a job. It goes on when you leave."""
    one = _process(process)
    if given.response == "raw" or given.outputs:
        raise ApiError(422, "results come as one document", allowed="`response`: document; no `outputs`.")
    one.check(given.inputs)
    for tier in (*desk.twin.tiers, CELL_TIER):
        may_see(identity, tier)
    jobs = Jobs(house.database)
    if jobs.waiting(identity.owner) >= _MOST_OPEN:
        raise ApiError(429, f"{_MOST_OPEN} jobs of yours are waiting already", todo="wait, or cancel some", headers={"Retry-After": "30"})
    row = jobs.add(desk.id, identity.owner, one.id, given.inputs)
    house.begin(row["id"])
    request.state.audit = {"job": row["id"], "process": one.id}
    headers = {"Location": f"/ogc/{desk.id}/jobs/{row['id']}", "Preference-Applied": "respond-async"}
    return Answer(_status(row), status_code=201, headers=headers)


def _moment(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _status(row: dict[str, Any]) -> dict[str, Any]:
    base = f"/ogc/{row['city']}/jobs/{row['id']}"
    links = [{"href": base, "rel": "self", "type": "application/json"}]
    if row["status"] == "successful":
        links.append({"href": f"{base}/results", "rel": "http://www.opengis.net/def/rel/ogc/1.0/results", "type": "application/json"})
        links += [{"href": f"{base}/files/{name}", "rel": "enclosure", "type": _media(name)} for name in _files(row)]
    times = {name: _moment(row[name]) for name in ("created", "started", "finished", "updated")}
    head = {"jobID": row["id"], "processID": row["process"], "type": "process", "status": row["status"], "message": row["message"]}
    told = {name: value for name, value in times.items() if value is not None}
    return {**head, "progress": int(row["progress"] * 100), **told, "inputs": json.loads(row["inputs"]), "links": links}


def _media(name: str) -> str:
    return MEDIA.get(name.rsplit(".", maxsplit=1)[-1], "application/json")


def _files(row: dict[str, Any]) -> list[str]:
    return list(json.loads(row["result"]).get("files", ())) if row["result"] else []


def _mine(house: House, desk: Any, identity: Any, job: str) -> dict[str, Any]:
    """A job of the asker, or any for an admin."""
    row = Jobs(house.database).get(job)
    if row is None or row["city"] != desk.id or (row["owner"] != identity.owner and not identity.may(Right.MANAGE)):
        raise ApiError(404, "there is no such job of yours")
    return row


JobId = Annotated[str, Path(max_length=40)]


@router.get("/jobs", response_model=Document, dependencies=[TRY])
def jobs_of(desk: City, house: TheHouse, identity: Who, limit: Limit = 100, offset: Offset = 0) -> Any:
    """Your jobs, newest first; an admin sees all."""
    house.revive()
    total, rows = Jobs(house.database).listed(desk.id, None if identity.may(Right.MANAGE) else identity.owner, limit, offset)
    own = {"href": f"/ogc/{desk.id}/jobs", "rel": "self", "type": "application/json"}
    return Answer({"jobs": [_status(row) for row in rows], "numberMatched": total, "links": [own]})


@router.get("/jobs/{job}", response_model=Job, dependencies=[TRY])
def job_of(desk: City, house: TheHouse, identity: Who, job: JobId) -> Any:
    """How far a job is."""
    house.revive()
    return Answer(_status(_mine(house, desk, identity, job)))


@router.delete("/jobs/{job}", response_model=Job, dependencies=[TRY])
def cancel(request: Request, desk: City, house: TheHouse, identity: Who, job: JobId) -> Any:
    """Cancel a job; its process ends within seconds."""
    row = _mine(house, desk, identity, job)
    request.state.audit = {"job": job, "from": row["status"]}
    return Answer(_status(Jobs(house.database).dismiss(job)))


@router.get("/jobs/{job}/results", response_model=Document, dependencies=[TRY])
def results(desk: City, house: TheHouse, identity: Who, job: JobId) -> Any:
    """The result of a job that has ended well."""
    row = _mine(house, desk, identity, job)
    if row["status"] in {"accepted", "running"}:
        raise ApiError(404, "the job has no result yet (result-not-ready)", todo="ask again when its status is successful")
    if row["status"] == "dismissed":
        raise ApiError(404, "the job was cancelled and has no result")
    if row["status"] == "failed":
        error = json.loads(row["error"])
        return Answer(error, status_code=int(error["error"]["status"]))
    return Answer(json.loads(row["result"]))


@router.get(
    "/jobs/{job}/files/{name}",
    response_class=Response,
    responses=binary("application/octet-stream", "A file of the job"),
    dependencies=[TRY],
)
def file_of(desk: City, house: TheHouse, identity: Who, job: JobId, name: Annotated[str, Path(max_length=120)]) -> Response:
    """A file that a job made."""
    row = _mine(house, desk, identity, job)
    # Only names that the job itself told are files of the job: a path in a name leads nowhere.
    if name not in _files(row) or PurePath(name).name != name:
        raise ApiError(404, "the job made no such file")
    path = house.settings.files_folder / "jobs" / row["id"] / name
    if not path.is_file():
        raise ApiError(404, "the file is no longer there", todo="start the job again")
    return FileResponse(path, media_type=_media(name), filename=name, headers={"Content-Security-Policy": "sandbox"})
