"""What a run leaves behind: tables for every frame library, exact money, figures, a digest."""

import copy
import json
import os
import pickle
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scripted import ABC, MINUTE, START, buy, candles, exchange, quotes, rows, run, sell, trades

import barter_python as bt

TABLES = ("equity", "fills", "orders", "positions", "ledger")
every_table = pytest.mark.parametrize("name", TABLES)


@pytest.fixture(scope="module")
def ran():
    data = quotes((0, 100, 9, 100.01, 9), (5, 103, 9, 103.03, 9), (9, 101, 9, 101.02, 9))
    return run(
        data, (0, buy(3)), (1, buy(10**6, 1)), (2, buy(2, 50)), (5, sell(1)), (6, sell(2)),
        (8, buy(1)), fees=("0.01%", "0.0337%"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def nothing():
    return run(quotes((0, 100, 9, 101, 9)), strategy=bt.Strategy())


# Tables.


@every_table
def test_every_library_reads_the_same_rows(ran, name):
    table = getattr(ran.result, name)
    arrow = pa.table(table)
    assert arrow.num_rows == len(table) > 0
    assert arrow.column_names == table.columns
    frame = pl.DataFrame(table)
    assert (frame.height, frame.columns) == (len(table), table.columns)
    panda = table.to_pandas()
    assert (len(panda), list(panda.columns)) == (len(table), table.columns)
    assert (
        frame.to_arrow().cast(arrow.schema).equals(arrow)
        or frame.rows() == pl.from_arrow(arrow).rows()
    )


@every_table
def test_a_table_becomes_a_polars_frame(ran, name):
    frame = getattr(ran.result, name).to_polars()
    assert isinstance(frame, pl.DataFrame)
    assert frame.height == len(getattr(ran.result, name))


def test_duckdb_reads_a_table(ran):
    duckdb = pytest.importorskip("duckdb")

    fills = ran.result.fills  # noqa: F841 - named in the query
    assert duckdb.sql("select count(*) from fills").fetchone() == (len(ran.result.fills),)


@every_table
def test_a_run_without_orders_leaves_tables_of_the_same_columns(ran, nothing, name):
    empty = pa.table(getattr(nothing.result, name))
    assert empty.column_names == getattr(ran.result, name).columns
    assert empty.num_rows == {"equity": 2, "ledger": 1}.get(name, 0) or name == "equity"


@every_table
def test_a_column_is_read_by_its_name(ran, name):
    table = getattr(ran.result, name)
    for column in table.columns:
        one = pa.table(table[column])
        assert one.column_names == [column]
        assert one.num_rows == len(table)
    with pytest.raises(KeyError, match="no column"):
        table["prcie"]


def test_a_near_column_is_offered(ran):
    with pytest.raises(KeyError, match='did you mean "price"'):
        ran.result.fills["prise"]


def test_a_table_may_be_read_again_and_outlives_its_result():
    fills = run(quotes((0, 100, 9, 101, 9)), (0, buy(3))).result.fills
    assert pa.table(fills).equals(pa.table(fills))
    assert rows(fills)[0]["price"] == 101


def test_money_prices_and_quantities_are_exact(ran):
    types = {
        name: {field.name: field.type for field in pa.table(getattr(ran.result, name)).schema}
        for name in TABLES
    }
    for name, columns in {
        "fills": ("price", "quantity", "fee"),
        "orders": ("quantity", "limit", "filled"),
        "positions": ("quantity", "entry_price", "exit_price", "profit", "fees", "net_profit"),
        "ledger": ("amount",),
    }.items():
        assert all(pa.types.is_decimal(types[name][column]) for column in columns)
    assert all(isinstance(one, Decimal) for one in ran.result.ledger.to_pandas()["amount"])
    assert ran.fill_rows[0]["fee"] == Decimal("0.10111011")  # 300.03 × 0.0337 %
    assert (
        sum(row["amount"] for row in rows(ran.result.ledger) if row["asset"] == "USD")
        == (ran.balances["USD"])
    )


def test_times_are_utc_nanoseconds(ran):
    for name, column in (("fills", "time"), ("orders", "created"), ("equity", "time")):
        kind = pa.table(getattr(ran.result, name)).schema.field(column).type
        assert kind == pa.timestamp("ns", tz="UTC")
    assert pa.table(ran.result.fills)["time"].cast(pa.int64())[0].as_py() == START


def test_numbers_of_fills_orders_and_postings_agree(ran):
    fills, orders = ran.fill_rows, ran.orders
    assert [fill["fill"] for fill in fills] == list(range(1, len(fills) + 1))
    assert list(orders) == list(range(1, len(orders) + 1))
    assert {fill["order"] for fill in fills} <= set(orders)
    postings = [row for row in rows(ran.result.ledger) if row["fill"] is not None]
    order_of = {fill["fill"]: fill["order"] for fill in fills}
    assert all(order_of[row["fill"]] == row["order"] for row in postings)
    assert {row["fill"] for row in postings} == set(order_of)


def test_positions_go_from_flat_to_flat_and_the_open_one_comes_last(ran):
    first, last = rows(ran.result.positions)
    assert (first["entry_price"], first["quantity"], first["fills"]) == (Decimal("100.01"), 3, 3)
    assert first["exit_price"] == 103
    assert first["profit"] == Decimal("8.97")
    assert first["net_profit"] == first["profit"] - first["fees"]
    assert (last["closed"], last["exit_price"], last["quantity"]) == (None, None, 1)


# Equity and figures.


def test_equity_starts_with_the_cash_and_ends_with_the_end_equity(ran):
    equity = ran.result.equity.to_pandas()
    assert equity["equity"].iloc[0] == 1000
    assert equity["equity"].iloc[-1] == float(ran.result.summary.end_equity)
    assert equity["time"].is_monotonic_increasing
    assert (equity["drawdown"] <= 0).all()
    assert equity["drawdown"].min() == pytest.approx(ran.result.summary.max_drawdown)


def test_equity_lies_on_its_grid_and_shows_the_worth_before_its_time():
    data = candles(*((100 + at,) * 4 for at in range(4)))
    result = run(data, (MINUTE, buy(1)), cash="1000 USD", fees=0).result
    equity = result.equity.to_pandas()
    # Bought at the second candle, at 101. The last point comes after everything.
    assert list((equity["time"].astype("int64") - START) // 60_000_000_000) == [0, 1, 2, 3, 4]
    assert list(equity["equity"]) == [1000, 1000, 1000, 1001, 1002]


def test_figures_come_from_the_tables(ran):
    summary = ran.result.summary
    assert summary.start_equity == 1000
    assert summary.total_return == pytest.approx(float(summary.end_equity) / 1000 - 1)
    assert summary.fills == len(ran.result.fills)
    assert summary.orders == len(ran.result.orders) == 6
    assert dict(summary.fees) == {"USD": sum(ran.fees)}
    assert (summary.trades, summary.winners, summary.open_positions) == (1, 1, 1)
    assert summary.refused == {"insufficient_funds": 1}
    assert summary.currency == "USD"
    assert list(summary.instruments) == ["ABC/USD"]
    assert (summary.start, summary.end) == (START, START + 9_000_000)


def test_json_holds_the_same_figures(ran):
    figures = ran.result.summary.to_dict()
    assert json.loads(ran.result.summary.to_json()) == figures
    assert Decimal(figures["end_equity"]) == ran.result.summary.end_equity
    assert figures["complete"] is ran.result.complete is True


def test_a_run_that_did_nothing_has_figures(nothing):
    figures = nothing.result.summary.to_dict()
    assert (figures["total_return"], figures["max_drawdown"], figures["trades"]) == (0, 0, 0)
    assert figures["end_equity"] == "1000"


# Assumptions.


@pytest.mark.parametrize(
    ("settings", "topic"),
    [
        ({"queue": "front"}, "queue"),
        ({"touch": "fill"}, "touch"),
        ({"fees": 0}, "fees"),
        ({}, "latency"),
    ],
)
def test_an_optimistic_choice_is_named(settings, topic):
    data = trades((0, "buy", 100, 1))
    if topic == "queue":
        data += quotes((0, 100, 9, 101, 9))
    optimistic = {one.topic for one in run(data, **settings).result.assumptions if one.optimistic}
    assert topic in optimistic


def test_a_careful_choice_is_not_called_optimistic():
    seen_late = trades((0, "buy", 100, 1), feed_latency="1ms")
    careful = run(seen_late, latency="5ms").result.assumptions
    assert {one.topic for one in careful if one.optimistic} == {"impact"}
    assert any("0.08%" in one.text and "0.1%" in one.text for one in careful)
    assert any("5ms" in one.text for one in careful)
    assert all(one.text in str(one) for one in careful)


def test_candles_without_volume_are_called_optimistic():
    topics = {one.topic for one in run(candles((9, 9, 9, 9))).result.assumptions if one.optimistic}
    assert "volume" in topics


# Digest.

COLUMNS = {
    "time": START + np.arange(50) * 60_000_000_000,
    "open": 100.0 + np.arange(50) % 7,
    "high": 110.0 + np.arange(50) % 7,
    "low": 90.0 + np.arange(50) % 7,
    "close": 101.0 + np.arange(50) % 5,
    "volume": 1000.0 + np.arange(50),
}


class Flips(bt.Strategy):
    def on_candle(self, context, candle):
        context.target(candle.instrument, 2 if candle.close > candle.open else 1)


def digest(data, **settings):
    loaded = bt.candles(data, instrument=ABC, unit="ns", stamp="open")
    venue = exchange(**settings)
    return bt.backtest(loaded, Flips(), cash="1000 USD", exchange=venue).digest


def test_a_digest_is_64_hexadecimal_digits_and_the_same_again():
    assert re.fullmatch("[0-9a-f]{64}", digest(COLUMNS))
    assert digest(COLUMNS) == digest(COLUMNS)


def test_one_digest_however_the_rows_are_given(tmp_path):
    frame = pd.DataFrame(COLUMNS)
    frame.to_parquet(tmp_path / "rows.parquet")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    pq.write_table(pa.table(pl.DataFrame(COLUMNS)), tmp_path / "small.parquet", row_group_size=7)
    structured = np.rec.fromarrays(list(COLUMNS.values()), names=list(COLUMNS))
    texts = {
        name: [str(one) for one in column] for name, column in COLUMNS.items() if name != "time"
    }
    forms = [
        frame,
        frame.assign(time=pd.to_datetime(frame["time"], utc=True)),
        pl.DataFrame(COLUMNS),
        pl.DataFrame(COLUMNS).with_columns(pl.col("time").cast(pl.Datetime("ns", "UTC"))),
        pa.table(COLUMNS),
        structured,
        COLUMNS | {"open": COLUMNS["open"].astype("f4"), "volume": COLUMNS["volume"].astype("i4")},
        pa.table({"time": COLUMNS["time"], **texts}),
        tmp_path / "rows.parquet",
        tmp_path / "small.parquet",
        tmp_path / "rows.csv",
    ]
    assert {digest(form) for form in forms} == {digest(COLUMNS)}


@pytest.mark.parametrize(
    "changed",
    [{"fees": "0.11%"}, {"latency": "1s"}, {"max_slippage": 0}],
)
def test_another_venue_that_matters_has_another_digest(changed):
    assert digest(COLUMNS, **changed) != digest(COLUMNS)


def test_other_data_or_cash_have_another_digest():
    assert digest(COLUMNS | {"open": COLUMNS["open"] + 0.01}) != digest(COLUMNS)
    loaded = bt.candles(COLUMNS, instrument=ABC, unit="ns", stamp="open")
    assert bt.backtest(loaded, Flips(), cash="1001 USD", exchange=exchange()).digest != digest(
        COLUMNS
    )


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:]
from test_results import COLUMNS, digest
print(digest(COLUMNS))
"""


def test_one_digest_in_every_process():
    """Whatever the seed of hashes, the zone, the optimisation."""
    places = [str(Path(__file__).parent), str(Path(bt.__file__).parents[1])]
    found = set()
    for flags, more in (
        ([], {"PYTHONHASHSEED": "1"}),
        (["-O"], {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo"}),
    ):
        ran = subprocess.run(
            [sys.executable, *flags, "-W", "ignore", "-c", SCRIPT, *places],
            env={**os.environ, **more}, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        found.add(ran.stdout.strip())
    assert found == {digest(COLUMNS)}


# Results are values of their run.


def test_a_result_cannot_be_changed_or_copied_by_halves(ran):
    for name in ("fills", "complete", "mine"):
        with pytest.raises(AttributeError):
            setattr(ran.result, name, 1)
    with pytest.raises(TypeError):
        pickle.dumps(ran.result)
    with pytest.raises(TypeError):
        copy.deepcopy(ran.result)


def test_lists_that_are_handed_out_are_copies(ran):
    ran.result.assumptions.clear()
    ran.result.summary.refused.clear()
    assert ran.result.assumptions
    assert ran.result.summary.refused


# Settings.


@pytest.mark.parametrize(
    ("cash", "text"),
    [
        ("lots", "not understood"),
        ("", "not understood"),
        (0, "> 0"),
        (-5, "> 0"),
        ("0 USD", "> 0"),
        ("1e400 USD", "cash"),
        ({}, "missing"),
        ({"EUR": 5}, "EUR"),
        ({"USD": -1}, "> 0"),
        ("10 EUR", "EUR"),
        (float("nan"), "finite"),
        ("0.000000001 USD", "decimal places"),
    ],
)
def test_cash_that_is_none_is_refused(cash, text):
    with pytest.raises((bt.ConfigError, bt.OrderError), match=text):
        run(quotes((0, 100, 1, 101, 1)), cash=cash)


@pytest.mark.parametrize(
    "cash", [1000, 1000.0, "1000", "1_000 usd", Decimal(1000), {"USD": "1000"}, np.int32(1000)]
)
def test_cash_may_be_written_in_many_ways(cash):
    assert run(quotes((0, 100, 1, 101, 1)), cash=cash).balances["USD"] == 1000


@pytest.mark.parametrize("cash", [None, True, [1000], b"1000 USD"])
def test_cash_is_text_a_number_or_a_mapping(cash):
    with pytest.raises(TypeError):
        run(quotes((0, 100, 1, 101, 1)), cash=cash)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"fees": 5}, "-10% and 10%"),
        ({"fees": (0, "500%")}, "taker"),
        ({"fees": float("nan")}, "finite"),
        ({"latency": "-1ms"}, ">= 0"),
        ({"latency": ("1ms", -1)}, ">= 0"),
        ({"leverage": 0}, "1 and 500"),
        ({"leverage": 501}, "1 and 500"),
        ({"leverage": 2}, "linear"),
        ({"queue": "frnt"}, 'did you mean "front"'),
        ({"path": "worst"}, "adverse"),
        ({"touch": True}, None),
        ({"account": "margin"}, "linear"),
        ({"max_slippage": -1}, "0% and 100%"),
        ({"max_slippage": 2}, "0% and 100%"),
    ],
)
def test_a_venue_out_of_range_is_refused(settings, text):
    with pytest.raises((bt.ConfigError, bt.OrderError, TypeError), match=text):
        exchange(**settings)


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="comission"):
        bt.SimulatedExchange(comission="0.1%")


def test_a_window_that_is_empty_is_refused():
    data = quotes((0, 100, 1, 101, 1), (10, 100, 1, 101, 1))
    for start, end in ((START, START), (START + 5, START), (START + 10**9, None), (None, START)):
        with pytest.raises(bt.ConfigError):
            run(data, start=start, end=end)


def test_a_window_is_the_data_cut():
    many = [(ms, 100 + ms % 3, 5, 101 + ms % 3, 5) for ms in range(40)]
    acts = [(ms, (buy if ms % 2 else sell)(1)) for ms in range(10, 30)]
    cut = run(quotes(*many[10:30]), *acts)
    assert (
        run(quotes(*many), *acts, start=START + 10_000_000, end=START + 30_000_000).digest
        == cut.digest
    )
