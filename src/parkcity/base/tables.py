"""Tables with declared schemas, and text files in whatever encoding they come.

A schema says which columns a table must have, their types, ranges and units. Checking a table collects every fault with
its row, so that the user sees all of them at once.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from parkcity.base.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

ColumnType = Literal["text", "number", "integer"]

MAX_TEXT_BYTES = 2**30
"""Largest text table read into memory (after decompression): beyond it a file is refused, which also stops gzip bombs."""

_SHOWN_ROWS = 5
_WESTERN, _CENTRAL = "cp1252", "cp1250"
_CENTRAL_LANGUAGES = frozenset({"Croatian", "Czech", "Hungarian", "Polish", "Romanian", "Slovak", "Slovene"})
_HACEKS = frozenset(b"\x8a\x8d\x8e\x9a\x9d\x9e")
"""Bytes of letters that Central Europe writes often and Western Europe hardly ever, in cp1250."""
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Column:
    """One column of a schema: its type, range (inclusive) and unit, and whether a value may be missing."""

    name: str
    type: ColumnType = "text"
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    required: bool = True
    nullable: bool = False

    @property
    def allowed(self) -> str:
        """What the column allows, in words."""
        low = "" if self.minimum is None else f" from {self.minimum:g}"
        high = "" if self.maximum is None else f" to {self.maximum:g}"
        kind = {"text": "text", "number": "a number", "integer": "a whole number"}[self.type]
        return f"{kind}{low}{high}{' ' + self.unit if self.unit else ''}{' or empty' if self.nullable else ''}"


@dataclass(frozen=True)
class Schema:
    """The columns that a table must have. Other columns are kept untouched."""

    columns: tuple[Column, ...]

    def check(self, table: pd.DataFrame, where: str, first_row: int = 2) -> tuple[pd.DataFrame, list[Fault]]:
        """The table with its columns converted, and every fault found. Row numbers are those of the file."""
        import numpy as np
        import pandas as pd

        faults: list[Fault] = []
        typed = table.copy()
        for column in self.columns:
            if column.name not in table.columns:
                if column.required:
                    have = ", ".join(map(str, table.columns))
                    todo = "name the right column in the source's options in city.toml"
                    faults.append(Fault(where, f"there is no column '{column.name}'.", f"the file has: {have}.", todo))
                continue
            raw = table[column.name]
            if column.type == "text":
                bad = (raw.isna() | (raw == "")).to_numpy(bool) & (not column.nullable)
            else:
                number = pd.to_numeric(raw, errors="coerce")
                empty = raw.isna() | (raw.astype(str).str.strip() == "")
                bad = number.isna().to_numpy(bool) & ~(empty.to_numpy(bool) & column.nullable)
                # 1e999 is read as infinity, which is no number of anything.
                bad |= np.isinf(number.to_numpy(float))
                if column.type == "integer":
                    bad |= (number.notna() & (number % 1 != 0)).to_numpy(bool)
                if column.minimum is not None:
                    bad |= (number < column.minimum).to_numpy(bool)
                if column.maximum is not None:
                    bad |= (number > column.maximum).to_numpy(bool)
                typed[column.name] = number
            faults.extend(_row_faults(where, column, raw, bad.nonzero()[0].tolist(), first_row))
        return typed, faults


def _row_faults(where: str, column: Column, raw: pd.Series[Any], rows: list[int], first_row: int) -> list[Fault]:
    faults = [
        Fault(where, f"column '{column.name}' holds '{raw.iloc[row]}'.", f"{column.allowed}.", row=first_row + row)
        for row in rows[:_SHOWN_ROWS]
    ]
    if len(rows) > _SHOWN_ROWS:
        more = len(rows) - _SHOWN_ROWS
        faults.append(Fault(where, f"column '{column.name}': {more} more rows like these.", f"{column.allowed}."))
    return faults


def read_bytes(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes of a file, decompressed when it is gzip, refused when larger than `limit`."""
    if not path.is_file():
        raise InputError(Fault(str(path), "there is no such file.", todo="correct the path in city.toml, or add the file"))
    with path.open("rb") as file:
        magic = file.read(2)
    try:
        with gzip.open(path, "rb") if magic == b"\x1f\x8b" else path.open("rb") as stream:
            data = stream.read(limit + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(Fault(str(path), f"the gzip file is broken ({error}).", todo="fetch the file again")) from None
    if len(data) > limit:
        raise InputError(Fault(str(path), "the file is too large.", f"at most {limit / 2**20:,.0f} MiB, unpacked."))
    return data


def decode(data: bytes, where: str, encoding: str | None = None) -> tuple[str, str]:
    """Text and the encoding it was in.

    A stated encoding is believed or refused. Otherwise: byte-order mark, then UTF-8, then GB18030 for Chinese text, then
    what charset-normalizer finds (of Western and Central European letters that fit alike, the Western ones). GB18030 accepts
    nearly any bytes, so it is taken only if the text it gives is mostly common Chinese characters; otherwise Latin-1 accents
    would turn into rare ideographs.
    """
    if encoding is not None:
        return _decode_stated(data, where, encoding), encoding
    for mark, name in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(name), name
            except UnicodeDecodeError as error:
                what = f"the text begins as {name} but is not (byte {error.start})."
                raise InputError(Fault(where, what, todo="fetch the file again, or state `encoding` in city.toml")) from None
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if text and _looks_chinese(text):
        return text, "gb18030"
    from charset_normalizer import from_bytes

    found = from_bytes(data)
    best = found.best()
    if best is None:
        raise InputError(Fault(where, "this is not a text file, or its encoding is unknown.", todo="state `encoding` in city.toml"))
    western = next((match for match in found if match.encoding == _WESTERN and match.chaos <= best.chaos), None)
    if best.encoding == _CENTRAL and western is not None and best.language not in _CENTRAL_LANGUAGES and not _HACEKS & set(data):
        # Half of the letters of the two are the same, and a short list of names does not tell the others apart.
        best = western
    return str(best), best.encoding


def _decode_stated(data: bytes, where: str, encoding: str) -> str:
    try:
        return data.decode("utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding)
    except LookupError:
        raise InputError(Fault(where, f"unknown encoding '{encoding}'.", "utf-8, gb18030, utf-16 …")) from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        try:
            found = decode(data, where)[1]
        except InputError:
            found = "unknown"
        fault = Fault(
            where,
            f"the text is not {encoding} (byte {error.start}).",
            f"the encoding found is {found}.",
            "leave `encoding` out to have it detected, or state the right one in city.toml",
            row=line,
        )
        raise InputError(fault) from None


def _looks_chinese(text: str) -> bool:
    wide = [char for char in text if ord(char) > 0x7F]
    if not wide:
        return False
    # GB2312 level 1 orders the 3,755 most used characters; GB18030 text of rare ones only is a wrong guess.
    common = 0
    for char in wide:
        code = char.encode("gb18030")
        common += len(code) == 2 and 0xA1 <= code[0] <= 0xD7 and code[1] >= 0xA1
    return common >= 0.7 * len(wide)


def read_csv(path: Path, encoding: str | None = None, separator: str | None = None) -> tuple[pd.DataFrame, str]:
    """A CSV file as text columns, and the encoding it was in.

    Every value stays text, so that codes keep their zeros; schemas convert. Rows with too many or too few cells are
    faults. Header cells are stripped.
    """
    import pandas as pd

    text, used = decode(read_bytes(path), str(path), encoding)
    if "\x00" in text:
        raise InputError(Fault(str(path), "the text holds NUL characters.", todo="export the table again as UTF-8"))
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise InputError(Fault(str(path), "the table is empty.", "a header and at least one row."))
    if separator is None:
        separator = max(",\t;", key=lines[0].count)
    try:
        table = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
        todo = "quote cells that hold the separator, or state `separator` in city.toml"
        raise InputError(Fault(str(path), f"the table cannot be split into columns ({error}).", todo=todo)) from None
    # pandas renames columns that stand twice, so the header is split once more as it is.
    header = [name.strip() for name in next(csv.reader([lines[0]], delimiter=separator))]
    if len(header) == len(table.columns):
        table.columns = header
    double = sorted({name for name in header if header.count(name) > 1})
    if double:
        raise InputError(Fault(str(path), f"columns stand twice: {', '.join(double)}.", todo="rename one of them", row=1))
    if table.empty:
        raise InputError(Fault(str(path), "the table has a header but no rows.", "at least one row."))
    return table, used
