"""Numbers become integers exactly: what was written is what is held."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barter_python as bt
from barter_python.errors import DataError

START = 1_700_000_000_000_000_000


def trades(prices: object, quantities: object | None = None, **options: object) -> bt.MarketData:
    count = len(prices)
    data = {
        "ts": START + np.arange(count),
        "price": prices,
        "size": np.ones(count) if quantities is None else quantities,
        "side": ["buy", "sell"] * (count // 2) + ["b"] * (count % 2),
    }
    return bt.trades(data, **options)


@given(st.lists(st.decimals("0.00000001", "100000", places=8), min_size=1, max_size=30))
def test_text_floats_and_decimals_agree(values: list[Decimal]) -> None:
    expected = trades([str(value) for value in values])
    assert trades([float(value) for value in values]) == expected
    assert trades(values) == expected
    assert trades(pa.array(values, pa.decimal128(20, 8))) == expected


def test_noise_of_floats_is_no_place() -> None:
    assert trades([0.1 + 0.2, 0.7]) == trades(["0.3", "0.7"])
    assert trades(np.float32([0.1, 0.7])) == trades([0.1, 0.7])
    assert trades([100, 101]) == trades([100.0, 101.0])
    assert trades(np.uint64([100, 101])) == trades([100.0, 101.0])


def test_more_places_than_fit_are_rounded_and_counted() -> None:
    (found,) = trades([1 / 3, 1.0]).report.findings
    assert found.severity == "warning"
    assert found.text == '1 value of column "price" rounded to 12 decimal places'


def test_the_step_is_read_off_robustly() -> None:
    prices = 100 + (np.arange(5_000) % 40) * 0.25
    report = trades(prices).report.to_dict()["sources"][0]
    assert (report["tick"], report["lot"], report["tick_given"]) == (Decimal("0.25"), 1, False)
    prices[7] = 100.1
    data = trades(prices)
    assert data.instruments[0].tick == Decimal("0.25")
    (found,) = data.report.findings
    assert (found.text, found.count, found.rows) == ("1 price off a tick of 0.25", 1, [7])


def test_prices_off_a_given_tick_are_kept_and_counted() -> None:
    rules = bt.Instrument("A/B", tick="0.5", lot="1")
    data = trades([100.5, 100.6, 101.0], instrument=rules)
    (found,) = data.report.findings
    assert (found.text, found.severity, found.rows) == ("1 price off a tick of 0.5", "warning", [1])
    assert data.instruments == [rules]
    assert trades([100.5000000001], instrument=rules) == trades([100.5], instrument=rules)


@pytest.mark.parametrize("value", ["abc", "", "N/A", "1e400", "1,5", "0x10", "nan"])
def test_text_that_is_no_number_is_named(value: str) -> None:
    with pytest.raises(DataError, match=r'row 1, column "price"'):
        trades(["1.5", value])


@pytest.mark.parametrize(
    ("prices", "quantities", "said"),
    [
        ([1.0, -1.0], None, r'row 1, column "price": must be > 0, got -1'),
        ([1.0, 0.0], None, r'column "price": must be > 0, got 0'),
        ([1.0, 1e300], None, "out of range"),
        ([1.0, 2.0], [1.0, 0.0], r'row 1, column "size": must be > 0, got 0'),
        ([1.0, 2.0], [1.0, -2.5], r'column "size": must be > 0, got -2.5'),
        ([True, False], None, 'column "price": holds Boolean'),
        ([1.0, None], None, r"row 1.*is empty \(null\)"),
    ],
)
def test_numbers_out_of_range_are_named(prices: object, quantities: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        trades(prices, quantities)
