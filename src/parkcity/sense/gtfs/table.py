"""One table of a feed as text columns, whatever its encoding, line ends and ragged rows, with the line of every row."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkcity.base.tables import decode
from parkcity.sense.gtfs.columns import KNOWN, NEEDED, WISHED

if TYPE_CHECKING:
    from parkcity.base.errors import FaultList
    from parkcity.sense.gtfs.findings import Findings

ROW = "row"
"""Name of the column with the 1-based line of the file."""


def read_table(name: str, data: bytes, findings: Findings, faults: FaultList) -> pd.DataFrame:
    """Text columns that GTFS knows, spaces taken off, plus `row`. A needed column that is absent is added to `faults`."""
    text = _text(name, data, findings)
    table = _fast(text)
    if table is None:
        table = _patient(name, text, findings)
    header = [str(column) for column in table.columns]
    plain = [column.strip().strip("\ufeff") for column in header]
    stray = [after for before, after in zip(header, plain, strict=True) if before != after]
    if stray:
        findings.add(name, "header", ", ".join(stray), 1)
    twice = sorted({column for column in plain if plain.count(column) > 1})
    if twice:
        faults.add(name, f"columns stand twice: {', '.join(twice)}.", todo="rename one of them", row=1)
        return pd.DataFrame(columns=[*NEEDED[name], ROW])
    table.columns = pd.Index(plain)
    known = {*NEEDED[name], *KNOWN.get(name, ()), ROW}
    for column in plain:
        if column not in known:
            findings.add(name, "unknown_column", column, 1)
    for column in WISHED.get(name, ()):
        if column not in plain:
            findings.add(name, "missing_column", column, 1)
    for column in NEEDED[name]:
        if column not in plain:
            have = ", ".join(column for column in plain if column != ROW)
            faults.add(
                name, f"there is no column '{column}'.", allowed=f"the file has: {have}.", todo="ask the publisher of the feed", row=1
            )
    return table[[column for column in plain if column in known]]


def _text(name: str, data: bytes, findings: Findings) -> str:
    text, encoding = _decode(name, data, findings)
    if encoding not in {"utf-8", "utf-8-sig"}:
        findings.add(name, "encoding", encoding)
    nuls = text.count("\x00")
    if nuls:
        findings.add(name, "nul", nuls)
        text = text.replace("\x00", "")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(name: str, data: bytes, findings: Findings) -> tuple[str, str]:
    """UTF-8 with a few broken places stays UTF-8; a text in another encoding is found as for any other table."""
    lenient = data.decode("utf-8-sig", errors="replace")
    broken = lenient.count("\ufffd")
    wide = sum(not char.isascii() for char in lenient) if broken else 0
    if broken and not data.startswith((b"\xff\xfe", b"\xfe\xff")) and (wide > 2 * broken or len(data) < 2 or _mixed(lenient)):
        findings.add(name, "broken_text", broken)
        return lenient, "utf-8"
    return decode(data, name)


def _mixed(text: str) -> bool:
    """Do other characters beyond ASCII decode well, so that the text is UTF-8 with damage?"""
    return any(not char.isascii() and char != "\ufffd" for char in text)


def _fast(text: str) -> pd.DataFrame | None:
    """The table by the compiled reader, if it is regular: as many lines as rows, as many cells as columns."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if "\n\n" in text or text.startswith("\n") or text.count('"') % 2:
        return None
    first = text.split("\n", 1)[0]
    header = next(csv.reader([first]), [])
    if not header or len(set(header)) != len(header) or ROW in header:
        return None
    convert = arrow_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False)
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text.encode("utf-8")), parse_options=arrow_csv.ParseOptions(newlines_in_values=True), convert_options=convert
        )
    except pa.ArrowInvalid:
        return None
    if table.column_names != header:
        # A second mark of byte order, or quotes, make the two readings of the header differ.
        return None
    if table.num_rows != len(text.rstrip("\n").split("\n")) - 1:
        return None
    columns = {}
    for column in header:
        # Ids and times repeat: spaces are taken off once per different text.
        coded = table.column(column).combine_chunks().dictionary_encode()
        texts = np.array([value.strip() for value in coded.dictionary.to_pylist()], dtype=object)
        columns[column] = texts[coded.indices.to_numpy(zero_copy_only=False)] if len(texts) else np.zeros(0, dtype=object)
    frame = pd.DataFrame(columns, dtype=object)
    frame[ROW] = np.arange(2, len(frame) + 2)
    return frame


def _patient(name: str, text: str, findings: Findings) -> pd.DataFrame:
    """The table line by line: blank lines are skipped, ragged rows are filled or cut and told."""
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] | None = None
    cells: list[list[str]] = []
    rows: list[int] = []
    ragged: dict[str, list[tuple[int, str]]] = {"ragged_more": [], "ragged_less": []}
    for line in reader:
        if not any(cell.strip() for cell in line):
            continue
        if header is None:
            header = line
            continue
        if len(line) != len(header):
            kind = "ragged_more" if len(line) > len(header) else "ragged_less"
            ragged[kind].append((reader.line_num, f"{len(line)} / {len(header)}"))
        cells.append([cell.strip() for cell in [*line, *[""] * len(header)][: len(header)]])
        rows.append(reader.line_num)
    for kind, found in ragged.items():
        findings.add_rows(name, kind, [row for row, _ in found], [value for _, value in found])
    frame = pd.DataFrame(cells, columns=pd.Index(header or []), dtype=object)
    frame[ROW] = np.array(rows, dtype=np.int64)
    return frame
