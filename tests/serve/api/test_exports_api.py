"""Every export through the interface, opened by the libraries that others open it with."""

from __future__ import annotations

import io
import os
import re
import sqlite3
import unicodedata
import zlib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from openpyxl import load_workbook
from pmtiles.reader import MemorySource, Reader
from tests.serve.api.conftest import Served

from parkcity.serve.api.exports import MAKERS
from parkcity.serve.api.print import chromium

TOWN = "/api/v1/cities/town"
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
SINGLE, RANGE = re.compile(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]{4})>\n"), re.compile(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)> <([0-9A-Fa-f]{4})>")


def drawn(pdf: bytes) -> set[str]:
    """The characters that the fonts of a PDF are said to draw: its ToUnicode maps (ISO 32000-1, 9.10.3)."""
    found: set[str] = set()
    for packed in STREAM.findall(pdf):
        try:
            text = zlib.decompress(packed)
        except zlib.error:
            continue
        if b"begincmap" not in text:
            continue
        for first, last, code in RANGE.findall(text):
            found |= {chr(int(code, 16) + step) for step in range(int(last, 16) - int(first, 16) + 1)}
        found |= {chr(int(code, 16)) for _, code in SINGLE.findall(text)}
    # A glyph that a character shares with a radical may go by the radical: 小 (U+5C0F) and U+2F29 are one glyph.
    return {unicodedata.normalize("NFKC", char) for char in found}


def got(served: Served, path: str) -> bytes:
    answer = served.client.get(f"{TOWN}/{path}")
    assert answer.status_code == 200, (path, answer.text[:300])
    return answer.content


def test_tables_say_the_same_in_every_form(town_served: Served) -> None:
    table = pd.read_csv(io.BytesIO(got(town_served, "export/indicators.csv")), encoding="utf-8-sig")
    book = load_workbook(io.BytesIO(got(town_served, "export/indicators.xlsx")), read_only=True)
    rows = list(book["indicators"].iter_rows(values_only=True))
    assert rows[0][:9] == tuple(table.columns)
    assert len(rows) - 1 == len(table)
    values = [row[4] for row in rows[1:]]
    assert [value for value in values if value is not None] == pytest.approx(table["value"].dropna().tolist())


def test_the_geopackage_has_layers_and_their_styles(town_served: Served, tmp_path: Path) -> None:
    path = tmp_path / "cells.gpkg"
    path.write_bytes(got(town_served, "export/cells.gpkg"))
    layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    assert layers
    assert len(pyogrio.read_dataframe(path, layer=layers[0])) > 0
    with sqlite3.connect(path) as connection:
        styled = {row[0] for row in connection.execute("SELECT f_table_name FROM layer_styles WHERE styleQML LIKE '%<qgis%'")}
    connection.close()
    assert styled
    assert styled <= set(layers)


@pytest.mark.parametrize("layer", ["cells", "zones", "places"])
def test_layers_are_geoparquet_in_degrees(town_served: Served, layer: str) -> None:
    table = gpd.read_parquet(io.BytesIO(got(town_served, f"export/{layer}.parquet")))
    assert len(table)
    west, south, east, north = table.total_bounds
    assert table.crs.to_epsg() == 4326 or table.crs.to_authority() == ("OGC", "CRS84")
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90


def test_the_tiles_are_an_archive_that_its_reader_opens(town_served: Served) -> None:
    reader = Reader(MemorySource(got(town_served, "export/city.pmtiles")))
    header = reader.header()
    assert header["addressed_tiles_count"] > 0
    assert {layer["id"] for layer in reader.metadata()["vector_layers"]} >= {"cells", "zones"}


def test_reports_are_whole_pages_in_both_languages(town_served: Served) -> None:
    for lang in ("zh", "en"):
        text = got(town_served, f"report?lang={lang}").decode()
        assert f'<html lang="{lang}' in text
        assert not re.search(r'(src|href)="https?://', text)
        assert text == got(town_served, f"export/report-{lang}.html").decode()
    assert {"report-zh.html", "report-en.html"} <= set(MAKERS)


def test_the_chinese_report_as_pdf_carries_its_font(town_served: Served) -> None:
    if chromium() is None and not os.environ.get("PARKCITY_REQUIRE_BROWSER"):
        pytest.skip("chromium is not installed")
    data = got(town_served, "report?lang=zh&format=pdf")
    assert data.startswith(b"%PDF-")
    title = re.search(r"<h1[^>]*>(.*?)</h1>", got(town_served, "report?lang=zh").decode(), re.DOTALL)
    assert title
    chinese = {char for char in title[1] if "\u4e00" <= char <= "\u9fff"}
    assert chinese
    assert chinese <= drawn(data)
