"""Files that are broken, packed, misnamed or no tables at all: what is wrong, and on which line."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import barter_python as bt
from barter_python.errors import DataError

HEADER = "ts,price,qty,side"
ROWS = [f"{1_700_000_000_000 + step},100.5,1,buy" for step in range(5)]


def written(folder: Path, *lines: str, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def refused(path: object, said: str | None = None, line: int | None = None) -> DataError:
    with pytest.raises(DataError, match=said) as error:
        bt.trades(path)
    assert str(path) in str(error.value)
    if line is not None:
        assert f"line {line}" in str(error.value)
    return error.value


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    bad = ROWS[0].replace("100.5", "abc")
    refused(written(tmp_path, HEADER, *ROWS[:2], bad), '"abc" is not a number', 4)
    error = refused(written(tmp_path, HEADER, "", ROWS[0], "", bad), '"abc" is not a number', 5)
    assert (error.row, error.column) == (1, "price")
    refused(written(tmp_path, HEADER, ROWS[0], ROWS[1].replace("100.5", "")), "is empty", 3)
    refused(written(tmp_path, HEADER, ROWS[1], ROWS[0]), "is earlier than", 3)


def test_broken_tables_are_named_by_line(tmp_path: Path) -> None:
    refused(written(tmp_path, HEADER, *ROWS, HEADER, *ROWS), "repeats the header", 7)
    refused(written(tmp_path, HEADER, ROWS[0], ROWS[1] + ",7"), "has 5 cells, the header has 4", 3)
    refused(written(tmp_path, HEADER, ROWS[0], "1,2"), "has 2 cells", 3)
    refused(written(tmp_path, HEADER, ROWS[0], '"' + ROWS[1], *ROWS[2:]), "quote", 3)
    refused(written(tmp_path, *ROWS), "a header with column names is needed", 1)
    refused(written(tmp_path, HEADER), "no rows")
    (tmp_path / "empty.csv").write_bytes(b"")
    refused(tmp_path / "empty.csv", "the file is empty")
    with pytest.raises(DataError, match="missing: quantity; found: ts, price, side"):
        bt.trades(written(tmp_path, "ts,price,side", "1700000000,2,buy"))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    text = "\n".join([HEADER, *ROWS])
    for name, content, said in [
        ("a.csv", text.encode("utf-16"), "UTF-16"),
        ("b.csv", text.encode("utf-16-le"), "NUL bytes"),
        ("c.csv", text.replace("side", "größe").encode("latin-1"), "not UTF-8"),
        ("d.csv", text.encode() + b"\n1700000000009,1,\xe4,buy\n", "not UTF-8"),
        ("e.csv", text.encode() + b"\n17000000\x0000009,1,1,buy\n", "NUL"),
    ]:
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, said)


def test_what_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    line = (ROWS[0] + "\n").encode()
    path.write_bytes(gzip.compress(HEADER.encode() + b"\n" + line * 3_000_000))
    refused(path, "over 200 times its size")
    (tmp_path / "cut.csv.gz").write_bytes(
        gzip.compress(b"\n".join([HEADER.encode(), line * 999]))[:-40]
    )
    refused(tmp_path / "cut.csv.gz")


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    missing = tmp_path / "none.parquet"
    with pytest.raises(FileNotFoundError) as error:
        bt.trades(missing)
    assert isinstance(error.value, DataError)
    assert str(missing) in str(error.value)
    with pytest.raises(FileNotFoundError, match="no file matches"):
        bt.trades(str(tmp_path / "*.parquet"))
    refused(tmp_path, "is a directory")
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    refused(tmp_path / "x.xlsx", "kind is not known")
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv", "not a regular file")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    refused(tmp_path / "loop.csv")


def test_damaged_parquet_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    table = pa.table(
        {
            "ts": [1_700_000_000_000 + step for step in range(2_000)],
            "price": [100.0 + step % 7 for step in range(2_000)],
            "qty": [1.0 + step % 3 for step in range(2_000)],
        }
    )
    whole = tmp_path / "whole.parquet"
    pq.write_table(table, whole)
    content = whole.read_bytes()
    assert len(bt.trades(whole)) == 2_000
    broken = tmp_path / "broken.parquet"
    for size in range(0, len(content) - 1, len(content) // 40):
        broken.write_bytes(content[:size])
        refused(broken)
    for at in range(4, len(content), len(content) // 60):
        broken.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            bt.trades(broken)
        except DataError:
            continue


def test_files_of_one_pattern_must_be_alike(tmp_path: Path) -> None:
    written(tmp_path, HEADER, ROWS[0], name="a.csv")
    written(tmp_path, "ts,cost,qty,side", ROWS[1], name="b.csv")
    with pytest.raises(DataError, match=r'b\.csv, column "price": is not in this file'):
        bt.trades(str(tmp_path / "*.csv"))
    with pytest.raises(TypeError, match="a list of data holds paths"):
        bt.trades([1, 2])
    with pytest.raises(TypeError, match="got int"):
        bt.trades(7)
