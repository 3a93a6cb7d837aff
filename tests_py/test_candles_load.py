"""Candles: spans, stamps, missing minutes, volumes."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import barter_python as bt
from barter_python.errors import ConfigError, DataError

START = 1_700_000_040_000_000_000
MINUTE = 60_000_000_000


def candles(rows: int = 50, **changed: object) -> dict[str, object]:
    data: dict[str, object] = {
        "time": START + np.arange(rows) * MINUTE,
        "open": np.full(rows, 100.0),
        "high": np.full(rows, 101.5),
        "low": np.full(rows, 99.5),
        "close": np.full(rows, 100.5),
        "volume": np.full(rows, 3.0),
    }
    return data | changed


def test_a_stamp_moves_the_span_not_the_prices() -> None:
    opened = bt.candles(candles(), stamp="open")
    closed = bt.candles(candles(), stamp="close")
    assert (opened.start, opened.end) == (START, START + 50 * MINUTE)
    assert (closed.start, closed.end) == (START - MINUTE, START + 49 * MINUTE)
    assert bt.candles(candles()) == opened
    data = candles()
    data["close_time"] = data.pop("time") + MINUTE - 1_000_000
    assert bt.candles(data) == opened
    data["open_time"] = candles()["time"]
    assert bt.candles(data) == opened


def test_receive_times_tell_the_stamp() -> None:
    early = candles(received=START + np.arange(50) * MINUTE + 5_000)
    assert "times mark the close" in str(bt.candles(early).report)
    late = candles(received=START + np.arange(1, 51) * MINUTE + 5_000)
    assert "times mark the open" in str(bt.candles(late).report)
    with pytest.raises(DataError, match="receive times precede venue times"):
        bt.candles(early, stamp="open")


def test_recorded_minutes(real: Path, tmp_path: Path) -> None:
    path = real / "btc_perp_1m_202201.csv.gz"
    with pytest.raises(DataError, match=r"line 2.*has no zone; say which with tz=") as error:
        bt.candles(path)
    assert (error.value.path, error.value.column) == (str(path), "timestamp")
    rules = bt.Instrument("BTC/USD", tick="0.5", lot="0.0001", kind="perpetual")
    for data in (bt.candles(path, tz="UTC"), bt.candles(path, instrument=rules, tz="UTC")):
        text = str(data.report)
        assert len(data) == 45_031
        assert "0 minutes missing" in text
        assert "26 prices off a tick of 0.5" in text
    in_base = bt.candles(path, instrument=rules, tz="UTC", volume_unit="quote")
    assert "divided by the close" in str(in_base.report)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    cut = tmp_path / "cut.csv"
    cut.write_text("\n".join(lines[:100] + lines[101:200] + lines[202:]))
    text = str(bt.candles(cut, tz="UTC").report)
    assert "3 minutes missing in 2 gaps" in text
    for line in (lines[100], lines[200], lines[201]):
        assert line.split(".")[0].replace(" ", "T") in text


def test_a_misnamed_column_is_asked_for() -> None:
    data = candles()
    data["last"] = data.pop("close")
    with pytest.raises(DataError, match=r'missing: close; found: .*columns=\{"close"'):
        bt.candles(data)
    assert bt.candles(data, columns={"close": "last"}) == bt.candles(candles())
    with pytest.raises(ConfigError, match='unknown key "clse", did you mean "close"'):
        bt.candles(data, columns={"clse": "last"})
    with pytest.raises(DataError, match='no column "lsat", did you mean "last"'):
        bt.candles(data, columns={"close": "lsat"})
    with pytest.raises(DataError, match='both "time" and "date" could be meant'):
        bt.candles(candles(date=candles()["time"]))


def test_volume_may_be_absent() -> None:
    data = candles()
    del data["volume"]
    loaded = bt.candles(data)
    report = loaded.report.to_dict()["sources"][0]
    assert "volume" not in dict(report["columns"])
    assert "0.00000001 (assumed)" in str(loaded.report)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"high": np.full(50, 99.0)}, r'row 0, column "high": high must be the highest'),
        ({"low": np.full(50, 100.2)}, r'row 0, column "low": low must be the lowest'),
        ({"open": np.full(50, np.nan)}, r'row 0, column "open": must be a finite number, got NaN'),
        ({"open": np.full(50, np.inf)}, "must be a finite number, got inf"),
        ({"low": np.full(50, 0.0)}, r'column "low": must be > 0, got 0'),
        ({"volume": np.full(50, -1.0)}, r'column "volume": must be >= 0, got -1'),
        ({"volume": np.full(50, np.nan)}, r'column "volume": must be a finite number'),
        ({"time": (START + np.arange(50) * MINUTE)[::-1]}, r"row 1.*earlier.*use sort=True"),
        ({"time": np.full(50, START)}, "length of a candle cannot be read"),
        ({"time": np.repeat(START + np.arange(25) * MINUTE, 2)}, "second candle"),
        ({"time": np.arange(50)}, "say which with unit="),
        ({"time": START / 1e9 + np.arange(50) * 60.0}, "is a float"),
        ({"open": np.full(49, 100.0)}, r'column "open": has 49 values.*"time" has 50'),
        ({"open": np.full((50, 1), 100.0)}, "one dimension"),
        ({"open": np.float64(3.0)}, "one dimension"),
        ({"open": np.full(50, 100.0, dtype="f2")}, "use float64"),
        ({"open": np.full(50, 1j)}, "holds complex128"),
        ({"open": ["abc"] * 50}, '"abc" is not a number'),
        ({"open": [None] * 50}, r"is empty \(null\)"),
        ({"open": np.ma.masked_array(np.full(50, 100.0))}, "masked"),
    ],
)
def test_what_is_wrong_is_said(changed: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        bt.candles(candles(**changed))


def test_sorting_undoes_any_order() -> None:
    order = np.random.default_rng(1).permutation(50)
    mixed = {name: column[order] for name, column in candles().items()}
    with pytest.raises(DataError, match="use sort=True"):
        bt.candles(mixed)
    assert bt.candles(mixed, sort=True) == bt.candles(candles())
    mixed["high"][7] = 1.0
    with pytest.raises(DataError) as error:
        bt.candles(mixed, sort=True)
    assert error.value.row == 7


def test_a_change_of_unit_is_a_warning() -> None:
    data = candles()
    for name in ("open", "high", "low", "close"):
        data[name] = np.where(np.arange(50) < 20, data[name], data[name] * 1000)
    (found,) = [one for one in bt.candles(data).report.findings if one.severity == "warning"]
    assert "1 price jump of ten times or more" in found.text
    assert found.rows == [20]


def test_keywords_out_of_range_are_named() -> None:
    for keyword, value, said in [
        ("stamp", "opne", 'stamp: "opne" is not known, did you mean "open"'),
        ("unit", "sec", "unit: .*allowed"),
        ("tz", "Mars/Base", "unknown time zone"),
        ("volume_unit", "usd", 'allowed: "base", "quote", "contracts"'),
        ("every", "1", "span"),
        ("every", 0, "every must be > 0"),
        ("feed_latency", "-1ms", "feed_latency must be >= 0"),
        ("shift_received", "1s", "no receive times"),
    ]:
        with pytest.raises(ConfigError, match=said):
            bt.candles(candles(), **{keyword: value})
    with pytest.raises(TypeError, match="unexpected keyword"):
        bt.candles(candles(), stmp="open")


def test_the_latency_is_part_of_the_data() -> None:
    assert bt.candles(candles(), feed_latency="20ms") != bt.candles(candles())
    assert bt.candles(candles(), feed_latency=20_000_000) == bt.candles(
        candles(), feed_latency="20ms"
    )
