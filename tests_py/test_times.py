"""Times: one moment is one integer, however it is written; what could mean two is refused."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import barter_python as bt
from barter_python.errors import ConfigError, DataError

START = 1_706_693_400_000_000_000  # 2024-01-31 09:30 UTC
SECONDS = [START + step * 1_000_000_000 for step in range(3)]


def trades(times: object, **options: object) -> bt.MarketData:
    data = {"time": times, "price": [1.0, 2.0, 3.0], "qty": [1.0, 1.0, 1.0], "side": [1, -1, 1]}
    return bt.trades(data, **options)


def test_one_moment_however_written() -> None:
    expected = trades(SECONDS)
    utc = [dt.datetime.fromtimestamp(ns // 10**9, dt.UTC) for ns in SECONDS]
    stamps = pd.to_datetime(SECONDS, unit="ns", utc=True)
    for times in (
        [ns // 10**9 for ns in SECONDS],
        [ns // 10**6 for ns in SECONDS],
        [ns // 10**3 for ns in SECONDS],
        [str(ns // 10**6) for ns in SECONDS],
        np.array(SECONDS, "M8[ns]"),
        np.array(SECONDS, "M8[ns]").astype("M8[s]"),
        utc,
        [moment.isoformat() for moment in utc],
        [moment.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30))) for moment in utc],
        pd.Series(stamps),
        pd.Series(stamps.tz_convert("Asia/Tokyo")),
        pa.array(utc, pa.timestamp("us", "Europe/Berlin")),
        pl.Series(utc),
    ):
        assert trades(times) == expected, times


def test_a_zone_that_is_not_said_is_asked_for() -> None:
    naive = ["2024-01-31 09:30:00", "2024-01-31 09:30:01", "2024-01-31 09:30:02"]
    with pytest.raises(DataError, match=r'row 0, column "time".*has no zone; say which with tz='):
        trades(naive)
    assert trades(naive, tz="UTC") == trades(SECONDS)
    tokyo = [text.replace(" 09", "T18") for text in naive]
    assert trades(tokyo, tz="Asia/Tokyo") == trades(SECONDS)
    local = [dt.datetime(2024, 1, 31, 18, 30, second) for second in range(3)]
    with pytest.raises(DataError, match="has no zone"):
        trades(local)
    stamps = pa.array(local, pa.timestamp("us"))
    assert trades(stamps, tz="Asia/Tokyo") == trades(SECONDS)
    assert "read as UTC" in str(trades(stamps).report)


def test_an_hour_that_a_clock_change_repeats_is_refused() -> None:
    for text in ("2024-10-27 02:30:00", "2024-03-31 02:30:00"):
        with pytest.raises(DataError, match="clock change"):
            trades([text] * 3, tz="Europe/Berlin")


def test_a_unit_given_wins_and_is_checked() -> None:
    assert trades([0, 1, 2], unit="ns").start == 0
    assert trades([1.5, 2.0, 2.5], unit="s").start == 1_500_000_000
    with pytest.raises(DataError, match="looks like ns"):
        trades(SECONDS, unit="s")
    with pytest.raises(DataError, match="not exact as a float"):
        trades([1.7e9 + 0.1, 1.7e9 + 0.2, 1.7e9 + 0.3], unit="s")
    with pytest.raises(DataError, match="is a float"):
        trades([1.7e9, 1.7e9, 1.7e9])
    with pytest.raises(DataError, match="say which with unit="):
        trades([0, 1, 2])
    with pytest.raises(DataError, match="row 2"):
        trades([1_700_000_000, 1_700_000_001, 1_700_000_000_000])


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (np.array(["2024-01-31", "NaT", "2024-02-01"], "M8[s]"), "row 1.*NaT"),
        (np.array(["1969-12-31"] * 3, "M8[s]"), "allowed is 1970 to 2262"),
        (np.array(["2300-01-01"] * 3, "M8[s]"), "allowed is 1970 to 2262"),
        (["1969-12-31T00:00Z"] * 3, "allowed is 1970 to 2262"),
        (["yesterday"] * 3, "not understood"),
        ([SECONDS[0], None, SECONDS[2]], "row 1"),
        ([True, False, True], "holds Boolean"),
        ([None] * 3, "the time column is empty"),
        ([1j] * 3, "complex128"),
    ],
)
def test_what_is_no_time_is_named(times: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        trades(times)


def test_spans_are_text_timedeltas_or_nanoseconds() -> None:
    expected = trades(SECONDS, feed_latency="20ms")
    for span in (
        20_000_000,
        np.int64(20_000_000),
        dt.timedelta(milliseconds=20),
        pd.Timedelta("20ms"),
        np.timedelta64(20, "ms"),
        "0.02 s",
    ):
        assert trades(SECONDS, feed_latency=span) == expected
    for span in (True, 0.02, [1]):
        with pytest.raises(TypeError, match="feed_latency must be text"):
            trades(SECONDS, feed_latency=span)
    with pytest.raises(ConfigError, match="span"):
        trades(SECONDS, feed_latency="20")


def test_moments_at_the_end_of_the_range_are_refused_not_wrapped() -> None:
    with pytest.raises(DataError, match="1970 to 2259"):
        trades([2**63 - 3, 2**63 - 2, 2**63 - 1], unit="ns")
    with pytest.raises(ConfigError, match="at most 366 days"):
        trades(SECONDS, feed_latency="400d")
    early = {"ts_recv": [5, 6, 7], "price": [1.0] * 3, "qty": [1.0] * 3}
    with pytest.raises(DataError, match="out of range after latency"):
        bt.trades(early, unit="ns", feed_latency=6)
