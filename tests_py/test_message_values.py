"""The values that messages hold: what they compute, that they are values, what they refuse."""

import copy
import dataclasses
import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import barter_python as bt
from barter_python import data, execution

TIME = datetime(2026, 2, 3, 8, tzinfo=UTC)
KEY = bt.OrderKey(0, 1, "s", "c")
OPEN = execution.Open("7", TIME, 1)
ORDER = execution.OrderSnapshot(KEY, "buy", 10, 2, "limit", "gtc", OPEN)
FEES = execution.AssetFees(None, 0)
NUMBERS = [None, "x", float("nan"), True, []]
TIMES = [None, "noon", datetime(2026, 2, 3), 5.5]
INDICES = [None, -1, 2**32, "0", 1.5]

# A good value of each class, by its fields, and what each field refuses.
VALUES = [
    (
        data.PublicTrade,
        {"id": "1", "price": 1, "amount": 2, "side": "buy"},
        {"id": [None, 5], "price": [*NUMBERS, 0], "amount": [*NUMBERS, 0], "side": ["Buy", None]},
    ),
    (data.Level, {"price": 1, "amount": 0}, {"price": [*NUMBERS, 0], "amount": [*NUMBERS, -1]}),
    (
        data.OrderBookL1,
        {"last_update_time": TIME, "best_bid": (1, 2), "best_ask": None},
        {"last_update_time": TIMES, "best_bid": [5, (1,), (0, 1)], "best_ask": ["x", (1, 2, 3)]},
    ),
    (
        data.OrderBook,
        {"sequence": 1, "time_engine": None, "bids": [(1, 2)], "asks": []},
        {
            "sequence": [-1, "1", None, 2**64],
            "time_engine": TIMES[1:],
            "bids": [None, "x", [5]],
            "asks": [5, [(0, 1)]],
        },
    ),
    (
        data.Candle,
        {
            "close_time": TIME, "open": 2, "high": 3, "low": 1, "close": 2, "volume": 0,
            "trade_count": 0,
        },
        {
            "close_time": TIMES, "open": [*NUMBERS, 0, 4], "high": [*NUMBERS, 1], "low": [0, 2.5],
            "close": [0.5, 4], "volume": [*NUMBERS, -1], "trade_count": [-1, None, 0.5],
        },
    ),
    (
        data.Liquidation,
        {"side": "sell", "price": 1, "quantity": 2, "time": TIME},
        {"side": [None], "price": [*NUMBERS, 0], "quantity": [*NUMBERS, 0], "time": TIMES},
    ),
    (
        data.MarketEvent,
        {
            "time_exchange": TIME, "time_received": TIME, "exchange": "okx", "instrument": 0,
            "kind": data.PublicTrade("", 1, 1, "buy"),
        },
        {
            "time_exchange": TIMES, "time_received": TIMES, "exchange": ["Okx", None, 5],
            "instrument": INDICES, "kind": [None, "trade", data.Level(1, 1)],
        },
    ),
    (
        execution.Balance,
        {"total": 2, "free": 1},
        {"total": [*NUMBERS, -1], "free": [*NUMBERS, -1, 3]},
    ),
    (
        execution.AssetBalance,
        {"asset": 0, "balance": (2, 1), "time_exchange": TIME},
        {"asset": INDICES, "balance": [None, 5, (1,)], "time_exchange": TIMES},
    ),
    (execution.AssetFees, {"asset": 0, "fees": -1}, {"asset": INDICES[1:], "fees": NUMBERS}),
    (
        execution.AccountTrade,
        {
            "id": "", "order_id": "", "instrument": 0, "strategy": "", "time_exchange": TIME,
            "side": "buy", "price": 2, "quantity": 3, "fees": FEES,
        },
        {
            "id": [None], "order_id": [5], "instrument": INDICES, "strategy": [None],
            "time_exchange": TIMES, "side": ["b"], "price": [0], "quantity": [0], "fees": [0, None],
        },
    ),
    (
        execution.Open,
        {"id": "7", "time_exchange": TIME, "filled_quantity": 0},
        {"id": ["", None], "time_exchange": TIMES, "filled_quantity": [*NUMBERS, -1]},
    ),
    (execution.CancelInFlight, {"order": OPEN}, {"order": [5, "7"]}),
    (execution.Cancelled, {"id": "7", "time_exchange": TIME}, {"id": [""], "time_exchange": TIMES}),
    (execution.OpenFailed, {"reason": "{}"}, {"reason": ["", None]}),
    (
        execution.OrderSnapshot,
        {
            "key": KEY, "side": "buy", "price": 1, "quantity": 2, "kind": "limit",
            "time_in_force": "gtc", "state": OPEN, "post_only": True,
        },
        {
            "key": [None, "c"], "side": ["Buy"], "price": [*NUMBERS, 0],
            "quantity": [*NUMBERS, 0.5],
            "kind": ["stop"], "time_in_force": ["day"], "state": [None, "open"], "post_only": [1],
        },
    ),
    (
        execution.InstrumentAccountSnapshot,
        {"instrument": 1, "orders": [ORDER]},
        {"instrument": [*INDICES, 0], "orders": [None, 5, [5]]},
    ),
    (
        execution.AccountSnapshot,
        {"exchange": 0, "balances": [(0, 2, 1, TIME)], "instruments": []},
        {"exchange": INDICES, "balances": [5, [5], [(0, 1)]], "instruments": [5, [ORDER]]},
    ),
    (
        execution.OrderResponseCancel,
        {"key": KEY, "state": "{}"},
        {"key": [None], "state": [None, OPEN]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "good", "_"), VALUES)
def test_values_are_values(kind, good, _):
    value = kind(**good)
    assert value == kind(*good.values())
    for back in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert (back, hash(back), repr(back)) == (value, hash(value), repr(value))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, next(iter(good)), None)


@pytest.mark.parametrize(
    ("kind", "good", "field", "bad"),
    [
        (kind, good, field, bad)
        for kind, good, wrong in VALUES
        for field, values in wrong.items()
        for bad in values
    ],
)
def test_what_is_wrong_in_a_value_is_an_error_that_names_it(kind, good, field, bad):
    with pytest.raises(bt.DataError, match=field):
        kind(**{**good, field: bad})


def test_the_middle_of_a_book():
    touch = data.OrderBookL1(TIME, (100, 600), (200, 1000))
    assert touch.mid_price() == 150
    assert touch.volume_weighted_mid_price() == Decimal("137.5")
    assert data.OrderBookL1(TIME, (100, 1)).mid_price() is None
    assert data.OrderBookL1(TIME, (1, 0), (2, 0)).volume_weighted_mid_price() is None
    book = data.OrderBook(1, TIME, [(90, 1), (100, 600), (110, 0)], [(300, 1), (200, 1000)])
    assert book.mid_price() == 150
    assert book.volume_weighted_mid_price() == Decimal("137.5")
    assert [level.price for level in book.bids] == [110, 100, 90]
    assert data.OrderBook(1, None, [], []).mid_price() is None


def test_words_for_kinds_of_data():
    at = (TIME, TIME, "okx", 0)
    kinds = {
        "public_trade": data.PublicTrade("", 1, 1, "buy"),
        "l1": data.OrderBookL1(TIME),
        "l2": data.OrderBook(1, None, [], []),
        "candle": data.Candle(TIME, 1, 1, 1, 1, 0, 0),
        "liquidation": data.Liquidation("buy", 1, 1, TIME),
    }
    assert {data.MarketEvent(*at, kind).kind_name() for kind in kinds.values()} == set(kinds)
    assert data.MarketEvent(*at, kinds["l2"]).kind_name() == "l2"


def test_balances_and_orders_tell_what_is_left():
    assert execution.Balance(10, "7.5").used() == Decimal("2.5")
    assert execution.Open("7", TIME, "0.5").quantity_remaining(Decimal(2)) == Decimal("1.5")
    assert execution.AccountSnapshot(0).time_most_recent() is None
    later = TIME + timedelta(days=1)
    gone = execution.OrderSnapshot(
        KEY, "buy", 10, 2, "limit", "gtc", execution.Cancelled("7", later)
    )
    orders = [execution.InstrumentAccountSnapshot(1, [ORDER, gone])]
    account = execution.AccountSnapshot(0, [(3, 1, 1, TIME)], orders)
    assert (account.time_most_recent(), account.assets()) == (later, [3])


def test_an_order_from_its_request():
    request = bt.OrderRequestOpen(KEY, "sell", 3, 2, time_in_force="ioc")
    order = execution.OrderSnapshot.from_open_request(request)
    assert (order.state, order.time_in_force) == (execution.OpenInFlight(), "immediate_or_cancel")
    order = execution.OrderSnapshot.from_open_request(request, "7", TIME, Decimal(2))
    assert order.state == execution.Open("7", TIME, 2)
    for wrong in (
        ("7",),
        ("7", None, 1),
        (None, TIME),
        (None, None, 1),
        ("7", TIME, 3),
        ("", TIME),
    ):
        with pytest.raises(bt.DataError):
            execution.OrderSnapshot.from_open_request(request, *wrong)


def test_a_reason_that_is_no_json_is_refused_when_it_is_written():
    failed = execution.OpenFailed("too late")
    order = execution.OrderSnapshot(KEY, "buy", 1, 1, "limit", "gtc", failed)
    with pytest.raises(bt.DataError, match="reason must be JSON text"):
        bt.EngineEvent.account_order_snapshot(0, order)


def test_whatever_json_brings_in_has_a_payload_or_is_refused():
    state = {"Inactive": {"Cancelled": {"id": "", "time_exchange": TIME}}}
    dictionary = execution.OrderSnapshot(
        KEY, "buy", 1, 1, "limit", "gtc", execution.Expired()
    ).to_dict()
    with pytest.raises(bt.DataError, match="id must not be empty"):
        bt.EngineEvent.account_order_snapshot(0, {**dictionary, "state": state})


# Books.

prices = st.integers(1, 6).map(Decimal)
amounts = st.integers(0, 3).map(Decimal)
sides = st.lists(st.tuples(prices, amounts), max_size=6)


@given(st.lists(st.tuples(st.booleans(), sides, sides), max_size=8))
def test_a_book_after_its_events_is_what_each_price_was_told_last(events):
    book = data.OrderBook(0, None, [], [])
    told: list[dict[Decimal, Decimal]] = [{}, {}]
    for at, (whole, *levels) in enumerate(events):
        make = data.OrderBook if whole else data.OrderBookUpdate
        book = book.update(make(at, TIME, *levels))
        for known, new in zip(told, levels, strict=True):
            if whole:
                known.clear()
            for price, amount in new:
                known[price] = amount
    shown = [
        {one.price: one.amount for one in side if one.amount} for side in (book.bids, book.asks)
    ]
    expected = [{price: amount for price, amount in known.items() if amount} for known in told]
    assert shown == expected
    bids, asks = expected
    assert (book.best_bid and book.best_bid.price) == max(bids, default=None)
    assert (book.best_ask and book.best_ask.price) == min(asks, default=None)
    assert [one.price for one in book.asks] == sorted({one.price for one in book.asks})
    assert book.imbalance(9) == (
        (sum(bids.values()) - sum(asks.values())) / (sum(bids.values()) + sum(asks.values()))
        if bids or asks
        else None
    )
    for quantity in range(1, 20):
        units = [price for price in sorted(asks) for _ in range(int(asks[price]))][:quantity]
        paid = sum(units) / Decimal(quantity) if len(units) == quantity else None
        assert book.average_price("buy", quantity) == paid


def test_a_book_is_told_whole_or_in_part():
    snapshot = bt.EngineEvent.market_order_book_snapshot("okx", 0, 5, TIME, [(3, 1)], [(4, 1)])
    update = bt.EngineEvent.market_order_book_update("okx", 0, 6, TIME, [(3, 0), (2, 9)], [])
    book = snapshot.payload.update(update.payload)
    assert book == data.OrderBook(6, TIME, [(2, 9)], [(4, 1)])
    assert update.payload != data.OrderBook(6, TIME, [(3, 0), (2, 9)], [])
    assert book.l1() == data.OrderBookL1(TIME, (2, 9), (4, 1))
    with pytest.raises(bt.DataError, match="sequence of an update must be >= 6, .* got 5"):
        book.update(data.OrderBookUpdate(5, None, [], []))
    assert book.update(snapshot.payload) == snapshot.payload
    for event in (snapshot, update):
        where = (event.time_exchange, event.time_received, event.exchange, event.instrument)
        assert data.MarketEvent(*where, event.payload).to_engine_event() == event
    with pytest.raises(bt.DataError, match="time_engine of the book must be known"):
        data.OrderBook(1, None, [], []).l1()
    with pytest.raises(bt.DataError, match="quantity must be > 0"):
        book.average_price("buy", 0)


def test_the_middle_of_two_prices():
    assert data.calculate_mid_price("100", 101) == Decimal("100.5")
    # With ten times as much asked as bid, the price lies near the bid.
    assert data.calculate_volume_weighted_mid_price(100, 100, 200, 1000) == Decimal(1200) / 11
    assert data.calculate_volume_weighted_mid_price(100, 0, 200, 0) is None
    for wrong in (0, -1, float("nan"), None, "x"):
        with pytest.raises(bt.DataError, match="best_ask_price"):
            data.calculate_mid_price(1, wrong)
        with pytest.raises(bt.DataError, match="best_ask_price"):
            data.calculate_volume_weighted_mid_price(1, 1, wrong, 1)
    with pytest.raises(bt.DataError, match="best_bid_amount must be >= 0"):
        data.calculate_volume_weighted_mid_price(1, -1, 1, 1)


@pytest.mark.parametrize("number", ["1E+400", "1." + "1" * 50, "1E-29", "-0"])
def test_a_decimal_is_held_to_the_digits_that_messages_have(number):
    if number == "-0":
        assert str(execution.AssetFees(None, Decimal(number)).fees) == "0"
        return
    for given_as in (number, Decimal(number)):
        with pytest.raises(bt.DataError, match="out of range"):
            data.Level(given_as, 1)
