"""Reports and exports: the check-up as a page or PDF, tables and map files, a picture of the map."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import FileResponse, Response

from parkcity.serve.accounts.rights import CELL_TIER
from parkcity.serve.api.context import READ, City, Group, Language, TheHouse, Who, cached, may_see
from parkcity.serve.api.exports import DIFFERENCE, difference_map, kept_export, kept_pdf, media_of
from parkcity.serve.api.gate import page_headers
from parkcity.serve.api.picture import picture_page
from parkcity.serve.api.print import png_of
from parkcity.serve.api.schemas import binary

router = APIRouter(prefix="/api/v1/cities/{city}", tags=["reports"], dependencies=[READ])
_HTML, _PDF, _PNG = "text/html", "application/pdf", "image/png"


@router.get("/report", response_class=Response, responses=binary(_HTML, "The report", _PDF))
def report(
    request: Request,
    desk: City,
    house: TheHouse,
    identity: Who,
    lang: Language,
    form: Annotated[Literal["html", "pdf"], Query(alias="format")] = "html",
) -> Response:
    """The report of the check-up: one page that opens offline, or PDF."""
    _all_tiers(desk, identity)
    if form == "html":
        return FileResponse(kept_export(house, desk, f"report-{lang}.html"), media_type=_HTML, headers=page_headers())
    path = kept_pdf(house, desk, lang)
    return cached(request, f"{desk.hash[:16]}-{lang}-pdf", path.read_bytes, media=_PDF)


def _all_tiers(desk: Any, identity: Any) -> None:
    """Reports and exports hold numbers of every tier."""
    for tier in (*desk.twin.tiers, CELL_TIER):
        may_see(identity, tier)


@router.get("/export/map.png", response_class=Response, responses=binary(_PNG, "The map as a picture"))
def picture(
    request: Request,
    desk: City,
    identity: Who,
    lang: Language,
    measure: Annotated[str, Query(examples=["minutes.worst"], max_length=200)] = "minutes.worst",
    group: Group = "all",
    width: Annotated[int, Query(ge=400, le=4000, description="Pixels")] = 1200,
) -> Response:
    """The map with legend, date and sources as a picture. Needs chromium on the server."""
    may_see(identity, CELL_TIER)
    page, ratio = picture_page(desk, measure, group, lang)
    tag = f"{desk.hash[:16]}-{measure}-{group}-{lang}-{width}"
    data: bytes = desk.kept.get(("png", tag), lambda: png_of(page, width, int(width * ratio) + 520))
    return cached(request, tag, lambda: data, media=_PNG)


@router.get("/export/{name}", response_class=Response, responses=binary("application/octet-stream", "The file", "text/csv"))
def export_file(
    desk: City, house: TheHouse, identity: Who, name: Annotated[str, Path(examples=["indicators.csv"], max_length=120)]
) -> Response:
    """A file of the city for other programs."""
    _all_tiers(desk, identity)
    key = DIFFERENCE.fullmatch(name)
    path = kept_export(house, desk, name) if key is None else difference_map(house, desk, key[1])
    return FileResponse(path, media_type=media_of(name), filename=f"{desk.id}-{name}")
