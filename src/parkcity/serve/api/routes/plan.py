"""The plan page: targets with path, actuals, forecast and lights; warnings; tasks; documents by one click."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from parkcity.base.words import Lang
from parkcity.plan.document import words
from parkcity.plan.units import symbol
from parkcity.serve.api.context import READ, Answer, City, Language, Limit, Offset, page
from parkcity.serve.api.desk import Desk
from parkcity.serve.api.gate import page_headers
from parkcity.serve.api.planning import Planning, planning
from parkcity.serve.api.print import pdf_of
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Document, Page, binary
from parkcity.serve.api.search import folded

router = APIRouter(prefix="/api/v1/cities/{city}/plan", tags=["plan"], dependencies=[READ])
Day = Annotated[str | None, Query(description="A day, such as 2024-12-31", max_length=10, examples=["2024-12-31"])]
Form = Annotated[Literal["html", "docx", "pdf"], Query(alias="format")]
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FILES = {
    "gantt.svg": "image/svg+xml",
    "calendar.ics": "text/calendar; charset=utf-8",
    "project.xml": "application/xml",
    "targets.csv": "text/csv; charset=utf-8",
    "plan.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _plan(desk: Desk) -> Planning:
    found = planning(desk)
    if found is None:
        raise ApiError(404, "this city's folder holds no plan", todo="run `parkcity plan CITY import`")
    return found


@router.get("", response_model=Document)
def overview(desk: City, at: Day = None, known: Day = None) -> Any:
    """The plan in numbers: how many targets of each light and status, its chapters, owners and dimensions."""
    plan = _plan(desk)
    view, standings = plan.view(at, known), plan.standings(at, known)
    chapters: dict[str, dict[str, Any]] = {}
    articles = view["articles"]
    for row in (articles.record(number) for number in range(len(articles))):
        chapter = {"id": row["chapter"], "name_zh": row.get("chapter_zh", ""), "name_en": row.get("chapter_en", ""), "articles": []}
        entry = {"id": row["id"], "title_zh": row.get("title_zh", ""), "title_en": row.get("title_en", "")}
        chapters.setdefault(row["chapter"], chapter)["articles"].append(entry)
    owners = view["owners"]
    head = {name: view.plan.get(name, "") for name in ("id", "name_zh", "name_en", "adopted", "starts", "ends")}
    return Answer(
        {
            "at": view.at.isoformat(),
            "known": view.known.isoformat(),
            "snapshot": view.snapshot,
            "document": head,
            "targets": len(standings),
            "lights": Counter(item.light for item in standings),
            "status": Counter(item.score.status for item in standings),
            "chapters": list(chapters.values()),
            "owners": [owners.record(number) for number in range(len(owners))],
            "dimensions": [_dimension(name) for name in sorted({item.target.dimension for item in standings if item.target.dimension})],
            "tasks": len(view["tasks"]),
        }
    )


def _dimension(name: str) -> dict[str, str]:
    """A dimension with its names, where the texts of the plan know it."""
    key = f"dimension.{name}"
    known = words().has(key)
    return {"id": name, "name_zh": words().get(key, "zh") if known else name, "name_en": words().get(key, "en") if known else name}


def target_row(plan: Planning, standing: Any, at: str | None, known: str | None) -> dict[str, Any]:
    """The row of `parkcity plan status`, and the series, the path and the names to draw it."""
    view = plan.view(at, known)
    item = standing.target
    article = view.row("articles", item.article) if item.article in view["articles"].index else {}
    series = [
        {
            "on": point.on.isoformat(),
            "at": point.at,
            "value": point.value,
            "op": point.op,
            "confidence": point.confidence,
            "source": point.source,
        }
        for point in standing.series
    ]
    status = f"status.{standing.score.status}"
    return {
        **standing.row(),
        "id": item.id,
        "status_zh": words().get(status, "zh"),
        "status_en": words().get(status, "en"),
        "unit_zh": symbol(item.unit, "zh"),
        "unit_en": symbol(item.unit, "en"),
        "indicator": item.indicator,
        "chapter": article.get("chapter", ""),
        "dimension": item.dimension,
        "goal_value": item.value,
        "op": item.op,
        "direction": item.direction,
        "clause": item.clause,
        "note": item.note,
        "series": series,
        "path_points": _path(item),
    }


def _path(item: Any) -> list[dict[str, Any]]:
    """The planned value at the end of every year of the target."""
    from datetime import date

    from parkcity.plan.paths import path_start, planned

    start = path_start(item)
    if start is None:
        return []
    days = [start[0], *(date(year, 12, 31) for year in range(start[0].year + 1, item.deadline.year)), item.deadline]
    points = [(day, planned(item, day)) for day in dict.fromkeys(days) if start[0] <= day <= item.deadline]
    return [{"on": day.isoformat(), "value": value} for day, value in points if value is not None]


@router.get("/targets", response_model=Page)
def targets(
    request: Request,
    desk: City,
    at: Day = None,
    known: Day = None,
    chapter: Annotated[str | None, Query(max_length=20)] = None,
    owner: Annotated[str | None, Query(max_length=100)] = None,
    dimension: Annotated[str | None, Query(max_length=100)] = None,
    light: Annotated[Literal["blue", "green", "amber", "red", "grey"] | None, Query()] = None,
    q: Annotated[str, Query(description="Part of a name", max_length=100)] = "",
    limit: Limit = 200,
    offset: Offset = 0,
) -> Any:
    """Targets with path, actuals, forecast and light."""
    plan = _plan(desk)
    rows = [target_row(plan, item, at, known) for item in plan.standings(at, known)]
    wanted = {"chapter": chapter, "owner": owner, "dimension": dimension, "light": light}
    rows = [row for row in rows if all(value is None or row[name] == value for name, value in wanted.items())]
    if q:
        rows = [row for row in rows if folded(q) in folded(f"{row['name_zh']} {row['name_en']} {row['id']}")]
    return page(request, rows, limit, offset, at=plan.view(at, known).at.isoformat())


@router.get("/targets/{target}", response_model=Document)
def one(desk: City, lang: Language, target: Annotated[str, Path(max_length=60)], at: Day = None, known: Day = None) -> Any:
    """One target with its tasks and warnings."""
    plan = _plan(desk)
    standing = next((item for item in plan.standings(at, known) if item.target.id == target), None)
    if standing is None:
        raise ApiError(404, f"there is no target '{target}' on that day")
    tasks = [row for row in _tasks(plan, at, known) if target in row["targets"]]
    warned = [row for row in _warnings(plan, at, known, lang) if row["subject"] == target]
    return Answer({**target_row(plan, standing, at, known), "tasks": tasks, "warnings": warned})


@router.get("/rollup", response_model=Page)
def rolled(
    request: Request,
    desk: City,
    by: Annotated[Literal["chapter", "article", "owner", "zone", "dimension"], Query()] = "chapter",
    at: Day = None,
    known: Day = None,
    limit: Limit = 200,
    offset: Offset = 0,
) -> Any:
    """Scores of many targets together."""
    from parkcity.plan.rollup import rollup

    plan = _plan(desk)
    return page(request, rollup(plan.view(at, known), plan.standings(at, known), by), limit, offset, by=by)


def _warnings(plan: Planning, at: str | None, known: str | None, lang: Lang) -> list[dict[str, Any]]:
    from parkcity.plan.warning import warnings

    return [dict(one.row(lang)) for one in warnings(plan.view(at, known), plan.standings(at, known))]


@router.get("/warnings", response_model=Page)
def warned(request: Request, desk: City, lang: Language, at: Day = None, known: Day = None, limit: Limit = 200, offset: Offset = 0) -> Any:
    """Early warnings: why, who, since when, and what would bring it back."""
    return page(request, _warnings(_plan(desk), at, known, lang), limit, offset)


def _tasks(plan: Planning, at: str | None, known: str | None) -> list[dict[str, Any]]:
    """The tasks on the calendar, with the targets they serve and the tasks they wait for."""
    from parkcity.plan.schedule import programme

    view = plan.view(at, known)
    if not len(view["tasks"]):
        return []
    links = view["dependencies"]
    waits: dict[str, list[str]] = {}
    for record in (links.record(number) for number in range(len(links))):
        waits.setdefault(record["task"], []).append(record["predecessor"])
    rows = []
    for row in programme(view).rows():
        record = view.row("tasks", str(row["task"]))
        served = record["targets"].split()
        rows.append({**row, "targets": served, "predecessors": waits.get(str(row["task"]), [])})
    return rows


@router.get("/tasks", response_model=Page)
def tasks(request: Request, desk: City, at: Day = None, known: Day = None, limit: Limit = 200, offset: Offset = 0) -> Any:
    """The tasks on the calendar, for a Gantt."""
    return page(request, _tasks(_plan(desk), at, known), limit, offset)


@router.get("/files/{name}", response_class=Response, responses=binary("application/octet-stream", "The file", *_FILES.values()))
def plan_file(
    desk: City, lang: Language, name: Annotated[str, Path(examples=["gantt.svg"], max_length=60)], at: Day = None, known: Day = None
) -> Response:
    """The plan for other programs."""
    if name not in _FILES:
        raise ApiError(404, "there is no such file", allowed=f"{', '.join(_FILES)}.")
    data = _made(_plan(desk), name, lang, at, known)
    disposition = {} if name == "gantt.svg" else {"Content-Disposition": f'attachment; filename="{desk.id}-{name}"'}
    return Response(data, media_type=_FILES[name], headers={**page_headers(), **disposition})


def _made(plan: Planning, name: str, lang: Lang, at: str | None, known: str | None) -> bytes:
    from parkcity.plan.gantt import gantt, gantt_svg
    from parkcity.plan.interchange import TIDY_COLUMNS, tidy_rows, write_spreadsheet
    from parkcity.plan.schedule import programme
    from parkcity.plan.timetable import icalendar, project_xml
    from parkcity.serve.cli.output import csv_text

    view = plan.view(at, known)
    if name == "targets.csv":
        return csv_text(tidy_rows(view), TIDY_COLUMNS).encode()
    if name == "calendar.ics":
        return icalendar(view, lang)
    if name == "plan.xlsx":
        import tempfile
        from pathlib import Path as FilePath

        with tempfile.TemporaryDirectory(prefix="parkcity-") as folder:
            path = FilePath(folder) / name
            write_spreadsheet(plan.ledger, path)
            return path.read_bytes()
    work = programme(view) if len(view["tasks"]) else None
    chart = None if work is None else gantt(work, lang)
    if work is None or chart is None:
        raise ApiError(409, "the ledger holds no tasks to draw or to hand on", todo="add tasks: parkcity plan CITY add tasks …")
    return gantt_svg(chart).encode() if name == "gantt.svg" else project_xml(work, lang)


def _document(document: Any, form: str, name: str) -> Response:
    from parkcity.serve.report.plan_document import document_docx, document_html

    if form == "html":
        return HTMLResponse(document_html(document), headers=page_headers())
    attached = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "docx":
        return Response(document_docx(document), media_type=_DOCX, headers=attached)
    return Response(pdf_of(document_html(document)), media_type="application/pdf", headers=attached)


@router.get("/documents/annual/{year}", response_class=Response, responses=binary("text/html", "The annual plan", _DOCX, "application/pdf"))
def annual_plan(
    desk: City, lang: Language, year: Annotated[int, Path(ge=1900, le=2200, examples=[2025])], form: Form = "html", known: Day = None
) -> Response:
    """The annual plan of a year: path points, tasks, milestones, money, owners."""
    from parkcity.plan.annual import annual

    return _document(annual(_plan(desk).view(known, known), year, lang), form, f"annual-{year}-{lang}")


@router.get("/documents/evaluation", response_class=Response, responses=binary("text/html", "The evaluation", _DOCX, "application/pdf"))
def evaluation_of(desk: City, lang: Language, at: Day = None, known: Day = None, form: Form = "html") -> Response:
    """The evaluation on a day: every target and task, reasons, causes, proposals, gaps of the data."""
    from parkcity.plan.evaluate import evaluation

    view = _plan(desk).view(at, known)
    return _document(evaluation(view, lang), form, f"evaluation-{view.at.isoformat()}-{lang}")
