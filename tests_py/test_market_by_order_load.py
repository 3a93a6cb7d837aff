"""Loading of market by order: what is understood, what is refused and by which words."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scripted import START, buy, by_order, run

import barter_python as bt

COLUMNS = ("ts_event", "action", "order_id", "side", "price", "size")
ROWS = [
    (0, "R", 0, "N", 0.0, 0),
    (0, "A", 7, "B", 99.75, 10),
    (0, "A", 8, "A", 100.0, 4),
    (1, "M", 7, "B", 99.5, 12),
    (2, "F", 8, "A", 100.0, 3),
    (3, "T", 0, "B", 99.75, 5),
    (4, "C", 8, "A", 100.0, 1),
]


def columns(rows=ROWS):
    table = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    table["ts_event"] = [START + time for time in table["ts_event"]]
    return table


def load(table, **more):
    return bt.market_by_order(table, instrument="ABC/USD", unit="ns", **more)


@pytest.fixture
def known():
    return load(columns())


def test_a_report_says_what_was_found(known):
    report = known.report.to_dict()["sources"][0]
    assert (report["kind"], report["rows"], report["times"]) == ("mbo", 8, "counts of ns (given)")
    assert (report["tick"], report["lot"]) == (0.25, 1) or str(report["tick"]) == "0.25"
    assert [one.text for one in known.report.findings] == [
        "1 move to another price, each kept as two rows: out of one queue, into another"
    ]
    assert repr(known) == "<MarketData ABC/USD 8 mbo>"


def test_every_form_of_a_table_is_the_same(known, tmp_path):
    table = columns()
    assert load({name: np.array(values) for name, values in table.items()}) == known
    types = [("ts_event", "i8"), ("action", "U6"), ("order_id", "u8"), ("side", "U4"),
             ("price", "f8"), ("size", "i4")]  # fmt: skip
    rows = [(START + time, *rest) for time, *rest in ROWS]
    assert load(np.array(rows, dtype=types)) == known
    arrow = pa.table(table)
    assert load(arrow) == known
    pq.write_table(arrow, tmp_path / "mbo.parquet")
    assert load(tmp_path / "mbo.parquet") == known
    lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "mbo.csv").write_text("\n".join(lines))
    assert load(tmp_path / "mbo.csv") == known
    assert load(table | {"order_id": pa.array(table["order_id"], pa.int32())}) == known


def test_actions_have_names_letters_and_numbers(known):
    words = {"R": "clear", "A": "Add", "M": "modify", "F": "FILL", "T": "trade", "C": "cancel"}
    numbers = {"R": 3, "A": 10, "M": 12, "F": 13, "T": 2, "C": 11}
    for named in (words, numbers):
        table = columns()
        assert load(table | {"action": [named[one] for one in table["action"]]}) == known
    assert load(columns() | {"side": [0, 1, -1, 1, -1, 1, -1]}) == known


def test_what_need_not_be_said_may_be_empty(known):
    table = columns()
    table["price"][0] = table["price"][6] = float("nan")
    table["size"] = pa.array([None, 10, 4, 12, 3, 5, None], pa.int32())
    table["order_id"] = pa.array([None, 7, 8, 7, 8, None, 8], pa.uint64())
    assert load(table) == known
    assert load(pa.table(table)) == known


def test_ids_may_be_as_large_as_they_get():
    for large in (2**64 - 1, 2**63, 2**63 - 1):
        table = columns()
        table["order_id"] = np.array([0, large, 8, large, 8, 0, 8], dtype="u8")
        assert load(table) == load(columns())


def test_an_event_takes_less_than_48_bytes():
    count = 1000
    table = {
        "time": np.arange(count) + START, "received": np.arange(count) + START + 5,
        "action": np.full(count, "A"), "order_id": np.arange(count),
        "side": np.full(count, "B"), "price": np.full(count, 99.0), "size": np.full(count, 1),
    }  # fmt: skip
    assert load(table).report.to_dict()["memory_bytes"] <= 48 * count


def faulty(*rows, **changed):
    return columns([*ROWS, *rows]) | changed


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ((5, "C", 9, "B", 99.5, 1), "order_id", "order 9 is not in the book; data begin with an"),
        ((5, "F", 8, "A", 100.0, 1), "order_id", "order 8 is not in the book"),
        ((5, "A", 7, "B", 99.0, 1), "order_id", "order 7 is added again while it has 12 left at 9"),
        ((5, "F", 7, "B", 99.5, 13), "size", "13 is more than the 12 that order 7 has left"),
        ((5, "C", 7, "B", 99.5, 13), "size", "13 is more than the 12 that order 7 has left"),
        ((5, "A", 9, "B", 99.5, -1), "size", "must be > 0, got -1"),
        ((5, "C", 7, "B", 99.5, -1), "size", "must be > 0, got -1"),
        ((5, "F", 7, "B", 99.5, 0), "size", "must be > 0, got 0"),
        ((5, "M", 7, "B", 99.5, 0), "size", "must be > 0, got 0"),
        ((5, "A", 9, "B", 0.0, 1), "price", "must be > 0, got 0"),
        ((5, "T", 0, "B", -1.0, 1), "price", "must be > 0, got -1"),
        ((5, "A", 9, "N", 99.5, 1), "side", "the side of an order must be known, got 0"),
        ((5, "C", 7, "A", 99.5, 1), "side", "order 7 is a buy, not a sell"),
        ((5, "C", 7, "B", 98.0, 1), "price", "order 7 stands at 99.5, not at 98"),
        ((5, "X", 7, "B", 99.5, 1), "action", 'action "x" is not known; allowed: "add"'),
    ],
)
def test_a_broken_rule_names_row_column_and_value(row, column, words, tmp_path):
    with pytest.raises(bt.DataError) as error:
        load(faulty(row))
    assert str(error.value).startswith(f'row 7, column "{column}": {words}')
    path = tmp_path / "mbo.csv"
    lines = [",".join(COLUMNS)]
    lines += [",".join(map(str, (START + time, *rest))) for time, *rest in [*ROWS, row]]
    path.write_text("\n".join(lines))
    with pytest.raises(bt.DataError, match=r"mbo\.csv") as error:
        load(path)
    assert f'line 9, column "{column}": {words}' in str(error.value)


def test_a_crossed_book_is_an_error_once_the_time_is_over():
    crossing = (5, "A", 9, "A", 99.25, 2)
    with pytest.raises(bt.DataError, match="crossed after this row: bid 99.5 is above ask 99.25"):
        load(faulty(crossing))
    mended = faulty(crossing, (5, "F", 9, "A", 99.25, 2))
    assert len(load(mended)) == 10
    locked = load(faulty((5, "A", 9, "A", 99.5, 2), (6, "A", 10, "A", 101.0, 2)))
    assert "1 time the book is locked (bid = ask)" in [one.text for one in locked.report.findings]


def test_what_is_odd_but_allowed_is_counted():
    odd = load(faulty((5, "F", 7, "B", 99.25, 1), (6, "T", 0, "N", 99.75, 1)))
    texts = [one.text for one in odd.report.findings]
    assert "1 fill not at the order's price, which is taken" in texts
    assert "1 trade without a known aggressor" in texts


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([0.0, 7.5, 8.0, 7.5, 8.0, 0.0, 8.0], "0 is a float; order ids are integers"),
        (["0", "x7", "8", "x7", "8", "0", "8"], "whole number from 0 to 2"),
        ([True] * 7, "holds Boolean; order ids are integers"),
    ],
)
def test_ids_are_integers(ids, words):
    with pytest.raises(bt.DataError, match=words):
        load(columns() | {"order_id": ids})


def test_a_missing_column_is_named():
    table = columns()
    del table["order_id"]
    with pytest.raises(bt.DataError, match="missing: order_id; found: ts_event, action"):
        load(table)


REPORTED = [
    (0, "A", 1, "A", 100.0, 4),
    (0, "A", 2, "A", 100.0, 5),
    (1, "T", 0, "B", 100.0, 6),  # one that buys 6 ...
    (1, "F", 1, "A", 100.0, 4),  # ... takes the first order and 2 of the second
    (1, "F", 2, "A", 100.0, 2),
    (1, "C", 1, "A", 100.0, 4),
    (1, "M", 2, "A", 100.0, 3),
    (2, "T", 0, "B", 100.0, 3),
    (2, "F", 2, "A", 100.0, 2),  # the third was hidden
    (2, "C", 2, "A", 100.0, 2),
    (3, "C", 2, "A", 100.0, 1),
]


def test_fills_that_only_report_count_once():
    class Notes(bt.Strategy):
        def on_start(self, context):
            self.trades, self.asks = [], []

        def on_trade(self, context, trade):
            self.trades.append((context.time - START, trade.quantity))

        def on_book(self, context, book):
            self.asks.append(sum(size for _, size in book.asks(9)))

    strategy = Notes()
    bt.backtest(load(columns(REPORTED), fills="report"), strategy, cash=1)
    assert strategy.trades == [(1, 4), (1, 2), (2, 1), (2, 2)]
    assert strategy.asks == [9, 3, 1, 0]
    with pytest.raises(bt.DataError, match=r'order 1 is not in the book.*fills="report"'):
        load(columns(REPORTED))
    with pytest.raises(bt.ConfigError, match='fills: "reports" is not known, did you mean'):
        load(columns(REPORTED), fills="reports")
    twice = [
        *REPORTED[:2], (1, "F", 1, "A", 100.0, 3), (1, "F", 1, "A", 100.0, 1),
        (1, "C", 1, "A", 100.0, 3), (1, "C", 1, "A", 100.0, 1), (2, "A", 1, "A", 100.0, 1),
    ]  # fmt: skip
    strategy = Notes()
    bt.backtest(load(columns(twice), fills="report"), strategy, cash=1)
    assert (strategy.trades, strategy.asks) == ([(1, 3), (1, 1)], [9, 5, 6])
    more = [*REPORTED[:6], (1, "C", 2, "A", 100.0, 6)]
    with pytest.raises(bt.DataError, match="6 is more than the 5 that order 2 has left"):
        load(columns(more), fills="report")


def test_rows_out_of_order_may_be_sorted():
    table = {name: values[::-1] for name, values in columns(ROWS[3:]).items()}
    early = columns(ROWS[:3])
    both = {name: early[name] + table[name] for name in early}
    with pytest.raises(bt.DataError, match="sort=True"):
        load(both)
    assert load(both, sort=True) == load(columns())


def test_receive_times_stay_with_their_rows():
    """A move becomes two rows, which are received together."""
    table = columns() | {"ts_recv": [START + time + 1_000 for time in range(7)]}

    class Notes(bt.Strategy):
        def on_start(self, context):
            self.times = []

        def on_book(self, context, book):
            self.times.append(context.time - START)

    strategy = Notes()
    bt.backtest(load(table), strategy, cash=1)
    assert strategy.times == [1_002, 1_003, 1_004, 1_005, 1_006]


def test_the_sample_is_a_market():
    sample = bt.sample("mbo")
    kinds = [one["kind"] for one in sample.report.to_dict()["sources"]]
    assert kinds == ["mbo"]

    class Notes(bt.Strategy):
        def on_start(self, context):
            self.trades = 0

        def on_trade(self, context, trade):
            self.trades += 1

    strategy = Notes()
    bt.backtest(sample, strategy, cash=1)
    assert strategy.trades > 1_000


def test_orders_join_with_other_data():
    one = by_order((0, "add", 1, "sell", 101, 5))
    with pytest.raises(bt.ConfigError, match="two sources of mbo"):
        _ = one + one
    assert len(run(one, (0, buy(1))).fills) == 1
