"""Text tables in the encodings that arrive, and the faults of those that cannot be read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.base.tables import Column, Schema, decode, read_bytes, read_csv

TEXT = "城市,年份,二氧化碳排放量\n成都市,2019,52.1\n绵阳市,2019,20.4\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-16", "utf-16")],
)
def test_chinese_tables_are_read_in_every_common_encoding(tmp_path: Path, encoding: str, found: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(TEXT.encode(encoding))
    table, used = read_csv(path)
    assert used == found
    assert list(table.columns) == ["城市", "年份", "二氧化碳排放量"]
    assert table["城市"].tolist() == ["成都市", "绵阳市"]


def test_latin_accents_are_not_taken_for_chinese() -> None:
    text, used = decode("São Paulo;Paraná;Goiás;Ceará;Maranhão;Amapá;Piauí\n".encode("latin-1") * 20, "states.csv")
    assert used != "gb18030"
    assert not any("\u4e00" <= char <= "\u9fff" for char in text)


def test_a_gbk_table_declared_as_utf8_is_told_with_the_encoding_found(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(TEXT.encode("gbk"))
    with pytest.raises(InputError) as caught:
        read_csv(path, encoding="utf-8")
    (fault,) = caught.value.faults
    assert "not utf-8" in fault.what
    assert "gb18030" in fault.allowed
    assert fault.row == 1


def test_tabs_and_semicolons_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text(TEXT.replace(",", "\t"), encoding="utf-16")
    assert read_csv(path)[0].shape == (2, 3)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"a,b\n", "no rows"),
        (b"a,a\n1,2\n", "twice"),
        (b"a,b\n1,2,3\n", "columns"),
        (b"a,b\n1,\x002\n", "NUL"),
    ],
)
def test_a_table_that_cannot_be_read_has_one_clear_fault(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=word):
        read_csv(path)


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 2_000_000))
    with pytest.raises(InputError, match="too large"):
        read_bytes(path, limit=1_000_000)


def test_a_broken_gzip_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "half.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode() * 100)[:60])
    with pytest.raises(InputError, match="broken"):
        read_bytes(path)


def test_every_faulty_row_is_told_with_its_line_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,people\na,10\nb,-3\nc,many\nd,\n", encoding="utf-8")
    table, _ = read_csv(path)
    _, faults = Schema((Column("id"), Column("people", "number", "persons", minimum=0))).check(table, "people.csv")
    assert [fault.row for fault in faults] == [3, 4, 5]
    assert all("from 0" in fault.allowed for fault in faults)


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_table_or_a_fault(data: bytes) -> None:
    path = Path("/dev/shm/parkcity-any.csv") if Path("/dev/shm").is_dir() else Path("any.csv")  # noqa: S108
    path.write_bytes(data)
    try:
        table, _ = read_csv(path)
        assert len(table)
    except InputError as error:
        assert error.faults
    finally:
        path.unlink()
