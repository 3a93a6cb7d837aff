"""`InstrumentFilter` and the requests it goes with: what they match, hold and refuse."""

import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import barter_python as bt
from barter_python.instrument import AssetIndex, ExchangeIndex, InstrumentIndex

# Five instruments: their exchange and their pair of assets.
EXCHANGES = [0, 0, 1, 1, 2]
PAIRS = [(0, 1), (2, 1), (3, 4), (5, 4), (0, 1)]


def matched(chosen):
    return [
        at
        for at, (exchange, pair) in enumerate(zip(EXCHANGES, PAIRS, strict=True))
        if chosen.matches(exchange=exchange, instrument=at, underlying=pair)
    ]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (bt.InstrumentFilter.none(), [0, 1, 2, 3, 4]),
        (bt.InstrumentFilter.exchanges([1]), [2, 3]),
        (bt.InstrumentFilter.exchanges({0, 2}), [0, 1, 4]),
        (bt.InstrumentFilter.instruments([4, 1, 9]), [1, 4]),
        (bt.InstrumentFilter.instruments([]), []),
        (bt.InstrumentFilter.underlyings([(0, 1)]), [0, 4]),
        (bt.InstrumentFilter.underlyings([(1, 0), [5, 4]]), [3]),
    ],
)
def test_a_filter_matches_what_it_lists(chosen, expected):
    assert matched(chosen) == expected
    back = pickle.loads(pickle.dumps(chosen))
    assert (back, hash(back), matched(back)) == (chosen, hash(chosen), expected)
    assert eval(repr(chosen), {"InstrumentFilter": bt.InstrumentFilter}) == chosen


@given(
    st.sampled_from(["exchanges", "instruments"]),
    st.lists(st.integers(0, 5)),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_a_filter_looks_at_its_own_index_only(kind, listed, own, other):
    chosen = getattr(bt.InstrumentFilter, kind)(listed)
    asked = {"exchange": own, "instrument": other}
    if kind == "instruments":
        asked = {"exchange": other, "instrument": own}
    assert chosen.matches(**asked) == (own in listed)
    assert (chosen.kind, list(chosen.values)) == (kind, listed)


def test_a_filter_asks_for_what_it_needs():
    assert bt.InstrumentFilter.none().matches()
    assert bt.InstrumentFilter.exchanges([ExchangeIndex(1)]).matches(exchange=ExchangeIndex(1))
    for kind, needed in (
        ("exchanges", "exchange"),
        ("instruments", "instrument"),
        ("underlyings", "underlying"),
    ):
        with pytest.raises(bt.OrderError, match=f"{needed} must be given"):
            getattr(bt.InstrumentFilter, kind)([]).matches()


@pytest.mark.parametrize("kind", ["exchanges", "instruments", "underlyings"])
@pytest.mark.parametrize("wrong", [None, 5, "01", [-1], [1.5], [2**32], [(1,)], [None], [(1, -1)]])
def test_a_filter_refuses_what_is_no_list_of_indices(kind, wrong):
    with pytest.raises(bt.OrderError, match=kind):
        getattr(bt.InstrumentFilter, kind)(wrong)


def test_a_key_without_a_name_gets_one_of_its_own():
    one, other = bt.OrderKey(0, 1, "s"), bt.OrderKey(0, 1, "s")
    assert one.cid
    assert one != other
    key = bt.OrderKey(ExchangeIndex(0), InstrumentIndex(1), "s", "c")
    assert key == bt.OrderKey.from_indices(0, 1, "s", client_order_id="c")
    assert (key.exchange, key.instrument, key.strategy_id, key.client_order_id) == (0, 1, "s", "c")
    with pytest.raises(bt.OrderError, match="one of cid and client_order_id"):
        bt.OrderKey.from_indices(0, 1, "s", "c", "c")


KEY = bt.OrderKey(0, 1, "s", "c")


@pytest.mark.parametrize(
    "request_",
    [
        KEY,
        bt.OrderRequestCancel(KEY),
        bt.OrderRequestCancel(KEY, "7"),
        bt.OrderRequestOpen(KEY, "buy", 1.5, "2"),
        bt.OrderRequestOpen(KEY, "sell", "0.1", 2, post_only=True),
        bt.OrderRequestOpen(KEY, "sell", None, 2, "market", "fill_or_kill"),
    ],
)
def test_requests_are_values(request_):
    names = {name: getattr(bt, name) for name in ("OrderKey", *bt.__all__) if hasattr(bt, name)}
    for back in (
        pickle.loads(pickle.dumps(request_)),
        eval(repr(request_), names, {"Decimal": Decimal}),
    ):
        assert (back, hash(back)) == (request_, hash(request_))


def test_a_request_says_what_it_asks_for():
    request = bt.OrderRequestOpen(KEY, bt.Side.BUY, 1.5, "2", post_only=True)
    assert (request.key, request.side, request.kind) == (KEY, bt.Side.BUY, bt.OrderKind.LIMIT)
    assert (request.price, request.quantity) == (Decimal("1.5"), 2)
    assert (request.time_in_force, request.post_only) == ("good_until_cancelled", True)
    cancel = bt.OrderRequestCancel(KEY, "7")
    assert (cancel.key, cancel.order_id, cancel.has_order_id) == (KEY, "7", True)
    assert bt.OrderRequestOpen(KEY, "buy", None, 1, "market").price == 0


@pytest.mark.parametrize(
    ("words", "barter"),
    [
        ((bt.TimeInForce.GOOD_TILL_CANCELLED, "gtc"), "good_until_cancelled"),
        ((bt.TimeInForce.IMMEDIATE_OR_CANCEL, "ioc"), "immediate_or_cancel"),
        ((bt.TimeInForce.FILL_OR_KILL, "fok"), "fill_or_kill"),
        ((), "good_until_end_of_day"),
    ],
)
def test_times_in_force_have_barters_names_and_ours(words, barter):
    requests = {
        bt.OrderRequestOpen(KEY, "buy", 1, 1, time_in_force=word) for word in (*words, barter)
    }
    assert len(requests) == 1
    assert requests.pop().time_in_force == barter


GOOD = {"key": KEY, "side": "buy", "price": 1, "quantity": 1, "kind": "limit"}
GOOD |= {"time_in_force": "gtc", "post_only": False}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("key", [None, "c", (0, 1, "s", "c")]),
        ("side", [None, "Buy", 1]),
        ("price", [None, 0, -1, "x", float("inf"), True, "1e99"]),
        ("quantity", [None, 0, -1, "x", float("nan"), [], "1e99"]),
        ("kind", [5, "Limit", "stop_market"]),
        ("time_in_force", [5, "gtd", "day"]),
        ("post_only", [1, "yes"]),
    ],
)
def test_what_is_wrong_in_a_request_is_an_error_that_names_it(name, bad):
    assert bt.OrderRequestOpen(**GOOD).key == KEY
    for value in bad:
        with pytest.raises(bt.OrderError, match=name):
            bt.OrderRequestOpen(**{**GOOD, name: value})


def test_what_is_wrong_in_a_key_or_a_cancel_is_an_error_that_names_it():
    for name, bad in (
        ("exchange", [-1, "0", None, 2**32]),
        ("instrument", [-1, 0.5, None, True]),
        ("strategy", [None, 5, ""]),
        ("cid", [5, "", "\ud800"]),
    ):
        good = {"exchange": 0, "instrument": 1, "strategy": "s", "cid": "c"}
        for value in bad:
            with pytest.raises(bt.OrderError, match=name):
                bt.OrderKey(**{**good, name: value})
    with pytest.raises(bt.OrderError, match="key must be an OrderKey"):
        bt.OrderRequestCancel("c")
    for value in (5, ""):
        with pytest.raises(bt.OrderError, match="order_id"):
            bt.OrderRequestCancel(KEY, value)
    with pytest.raises(bt.OrderError, match="post_only needs good_until_cancelled"):
        bt.OrderRequestOpen(KEY, "buy", 1, 1, time_in_force="ioc", post_only=True)


def test_indices_are_ints():
    for kind in (ExchangeIndex, AssetIndex, InstrumentIndex):
        three = kind(3)
        assert three == 3
        assert (three.index, {three: "x"}[3], repr(three)) == (3, "x", f"{kind.__name__}(3)")
        assert pickle.loads(pickle.dumps(three)) == three
        assert type(pickle.loads(pickle.dumps(three))) is kind
        for wrong in (-1, 2**32, "3", None, 1.5):
            with pytest.raises(bt.DataError, match="index"):
                kind(wrong)


def test_an_exchange_has_an_old_name():
    assert bt.ExchangeId("huobi") is bt.ExchangeId.HTX
    assert bt.ExchangeId.BINANCE_SPOT == "binance_spot"
    with pytest.raises(ValueError, match="ftx"):
        bt.ExchangeId("ftx")
