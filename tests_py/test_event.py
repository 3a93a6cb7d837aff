"""`EngineEvent`: what is made is written, read and pickled as the same; what is wrong is named."""

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barter_python as bt
from barter_python import data, execution
from barter_python.instrument import AssetIndex, ExchangeIndex, InstrumentIndex

NS = 1_770_105_600_123_456_789
TIME = datetime(2026, 2, 3, 8, tzinfo=UTC)
LATER = TIME + timedelta(seconds=1)
KEY = bt.OrderKey(0, 1, "strategy", "order-1")
LIMIT = bt.OrderRequestOpen(KEY, "buy", "70_000", "0.5", post_only=True)
MARKET = bt.OrderRequestOpen(KEY, bt.Side.SELL, None, 2, "market", "ioc")
CANCEL = bt.OrderRequestCancel(KEY, "77")
ORDER = execution.OrderSnapshot.from_open_request(LIMIT, "77", TIME, Decimal("0.1"))
ACCOUNT = execution.AccountSnapshot(
    0,
    [(0, 1, "0.5", TIME), execution.AssetBalance(1, (10, 10), LATER)],
    [execution.InstrumentAccountSnapshot(1, [ORDER])],
)
make = bt.EngineEvent

# One event and more of each constructor, by its name.
EVENTS = {
    "shutdown": [make.shutdown()],
    "trading_state": [make.trading_state(True), make.trading_state(False)],
    "send_open_requests": [make.send_open_requests([LIMIT]), make.send_open_requests([])],
    "send_cancel_requests": [
        make.send_cancel_requests((CANCEL, bt.OrderRequestCancel(KEY))),
        make.send_cancel_requests([CANCEL]),
    ],
    "close_positions": [
        make.close_positions(),
        make.close_positions(bt.InstrumentFilter.underlyings([(0, 1)])),
    ],
    "cancel_orders": [
        make.cancel_orders(filter=bt.InstrumentFilter.exchanges([0, 2])),
        make.cancel_orders(bt.InstrumentFilter.instruments([5])),
    ],
    "market_trade": [
        make.market_trade("kraken", 0, 71250.5, "0.02", "sell", TIME, "k-1", LATER),
        make.market_trade(bt.ExchangeId.OKX, 3, Decimal("1e-8"), 2, bt.Side.BUY, NS),
    ],
    "market_order_book_l1": [
        make.market_order_book_l1("okx", 0, TIME, (1, 2), [Decimal("1.5"), "0"]),
        make.market_order_book_l1("okx", 0, NS, None, data.Level(1, 2), NS + 1, NS + 2),
    ],
    "market_order_book_snapshot": [
        make.market_order_book_snapshot("okx", 0, 7, TIME, [(1, 2), (0.5, 3)], []),
    ],
    "market_order_book_update": [
        make.market_order_book_update("okx", 0, 2**64 - 1, None, [], [(2, 0)], TIME, LATER),
    ],
    "market_candle": [
        make.market_candle("htx", 0, TIME, LATER, 1, 3, "0.5", 2, 0, 17),
        make.market_candle("huobi", 0, TIME, LATER, 1, 3, "0.5", 2, 9.25, 0, LATER),
    ],
    "market_liquidation": [make.market_liquidation("okx", 0, 1, 2, "buy", TIME)],
    "market_reconnecting": [make.market_reconnecting("kraken")],
    "account_reconnecting": [make.account_reconnecting(bt.ExchangeId.MOCK)],
    "account_snapshot": [
        make.account_snapshot(ACCOUNT),
        make.account_snapshot({"exchange": 3, "balances": [], "instruments": []}),
    ],
    "account_balance_snapshot": [make.account_balance_snapshot(0, 1, 10, 9.5, TIME)],
    "account_order_snapshot": [
        make.account_order_snapshot(0, ORDER),
        make.account_order_snapshot(0, execution.OrderSnapshot.from_open_request(MARKET)),
    ],
    "account_order_cancelled": [make.account_order_cancelled(0, CANCEL, "77", TIME)],
    "account_trade": [
        make.account_trade(0, 1, "s", "77", "t", "buy", 2, 3, TIME),
        make.account_trade(0, 1, "s", "77", "t", "buy", 2, 3, TIME, "-0.1"),
        make.account_trade(0, 1, "s", "", "", "sell", 2, 3, TIME, execution.AssetFees(1, 2)),
    ],
}
ALL = [(kind, event) for kind, events in EVENTS.items() for event in events]


def same(event, back):
    assert back == event
    assert hash(back) == hash(event)
    assert back.kind == event.kind
    assert back.to_json() == event.to_json()


def test_every_constructor_is_here():
    others = {"from_dict", "from_json", "is_terminal", "to_dict", "to_json"}
    values = {"exchange", "instrument", "kind", "payload"}
    times = {"time_exchange", "time_exchange_ns", "time_received", "time_received_ns"}
    public = {name for name in dir(bt.EngineEvent) if not name.startswith("_")}
    assert public - others - values - times == set(EVENTS)


@pytest.mark.parametrize(("kind", "event"), ALL)
def test_an_event_is_the_same_after_every_way_out_and_back(kind, event):
    assert event.kind == kind
    assert event.is_terminal() == (kind == "shutdown")
    same(event, bt.EngineEvent.from_json(event.to_json()))
    same(event, bt.EngineEvent.from_json(json.dumps(json.loads(event.to_json()), indent=2)))
    same(event, bt.EngineEvent.from_dict(event.to_dict()))
    same(event, copy.deepcopy(event))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        same(event, pickle.loads(pickle.dumps(event, protocol)))
    assert kind in repr(event)
    assert len(repr(event)) < 200


def objects(value):
    """Every object within, as a way to put something else in its place."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        if isinstance(one, dict):
            yield value, key
        if isinstance(one, dict | list):
            yield from objects(one)


@pytest.mark.parametrize(("kind", "event"), ALL)
def test_a_list_is_no_object(kind, event):
    """No field has its meaning by its place."""
    whole = event.to_dict()
    for holder, key in list(objects(whole)):
        fields = holder[key]
        holder[key] = list(fields.values())
        with pytest.raises(bt.DataError, match="EngineEvent"):
            bt.EngineEvent.from_dict(whole)
        holder[key] = fields
    assert bt.EngineEvent.from_dict(whole) == event, kind


def test_no_two_of_these_are_equal():
    assert len({event for _, event in ALL}) == len(ALL)
    assert len({event.to_json() for _, event in ALL}) == len(ALL)


digits = st.decimals(min_value=0, allow_nan=False, allow_infinity=False).filter(
    lambda number: (
        number
        and len(number.as_tuple().digits) <= 28
        and -28 <= number.adjusted() <= 27
        and number.as_tuple().exponent >= -28
    )
)
moments = st.integers(4_102_444_800_000_000, 2**63 - 1) | st.datetimes(
    datetime(1970, 1, 2), datetime(2262, 4, 1), timezones=st.just(UTC)
)
words = st.text(st.characters(exclude_categories=["Cs"]))
names = words.filter(bool)
exchanges = st.sampled_from(list(bt.ExchangeId))
indices = st.integers(0, 2**32 - 1)
sides = st.sampled_from(list(bt.Side))
levels = st.lists(st.tuples(digits, digits), max_size=3)
keys = st.builds(bt.OrderKey, indices, indices, names, names)
terms = {"side": sides, "price": digits, "quantity": digits}
opens = st.builds(bt.OrderRequestOpen, keys, **terms, kind=st.sampled_from(["limit", "market"]))
cancels = st.builds(bt.OrderRequestCancel, keys, st.none() | names)
filters = st.one_of(
    st.builds(bt.InstrumentFilter.exchanges, st.lists(indices, max_size=3)),
    st.builds(bt.InstrumentFilter.instruments, st.lists(indices, max_size=3)),
    st.builds(bt.InstrumentFilter.underlyings, st.lists(st.tuples(indices, indices), max_size=3)),
)


@st.composite
def candles(draw):
    low, one, two, high = sorted(draw(digits) for _ in range(4))
    times = draw(moments), draw(moments)
    count = draw(st.integers(0, 2**64 - 1))
    at = draw(exchanges), draw(indices)
    return make.market_candle(*at, *times, one, high, low, two, draw(digits), count)


@st.composite
def cancelled(draw):
    request = draw(cancels)
    return make.account_order_cancelled(request.key.exchange, request, draw(names), draw(moments))


@st.composite
def balances(draw):
    free, total = sorted(draw(digits) for _ in range(2))
    return make.account_balance_snapshot(draw(indices), draw(indices), total, free, draw(moments))


@st.composite
def accounts(draw):
    requests = draw(st.lists(opens, max_size=2))
    at = draw(indices)
    orders = [
        {
            "key": {"exchange": at, "instrument": 3, "strategy": "s", "cid": one.key.cid},
            "side": one.side,
            "price": one.price,
            "quantity": one.quantity,
            "kind": "Limit",
            "time_in_force": "FillOrKill",
            "state": {"Active": {"CancelInFlight": {}}},
        }
        for one in requests
    ]
    instruments = [{"instrument": 3, "orders": orders}]
    return make.account_snapshot({"exchange": at, "balances": [], "instruments": instruments})


book = (exchanges, indices, st.integers(0, 2**64 - 1), moments, levels, levels)
level = st.none() | st.tuples(digits, digits)
events = st.one_of(
    st.builds(make.trading_state, st.booleans()),
    st.builds(make.send_open_requests, st.lists(opens, max_size=3)),
    st.builds(make.send_cancel_requests, st.lists(cancels, max_size=3)),
    st.builds(make.close_positions, filters),
    st.builds(make.cancel_orders, filters),
    st.builds(
        make.market_trade, exchanges, indices, digits, digits, sides, moments, words, moments
    ),
    st.builds(
        make.market_order_book_l1, exchanges, indices, moments, level, level, moments, moments
    ),
    st.builds(make.market_order_book_snapshot, *book),
    st.builds(make.market_order_book_update, *book),
    candles(),
    st.builds(make.market_liquidation, exchanges, indices, digits, digits, sides, moments, moments),
    st.builds(make.market_reconnecting, exchanges),
    st.builds(make.account_reconnecting, exchanges),
    accounts(),
    balances(),
    st.builds(
        lambda request: make.account_order_snapshot(
            request.key.exchange, execution.OrderSnapshot.from_open_request(request)
        ),
        opens,
    ),
    cancelled(),
    st.builds(
        make.account_trade,
        indices,
        indices,
        words,
        words,
        words,
        sides,
        digits,
        digits,
        moments,
        digits,
    ),
)


@given(events)
def test_any_event_is_the_same_after_every_way_out_and_back(event):
    same(event, bt.EngineEvent.from_json(event.to_json()))
    same(event, bt.EngineEvent.from_dict(event.to_dict()))
    same(event, pickle.loads(pickle.dumps(event)))
    assert event.payload == event.payload
    assert repr(event)


@given(digits, moments)
def test_numbers_and_times_arrive_whole(number, time):
    event = make.market_trade("okx", 0, number, str(number), "buy", time)
    assert event.to_dict()["Market"]["Item"]["kind"]["Trade"]["price"] == number
    assert event.payload.price == event.payload.amount == number
    if isinstance(time, int):
        assert event.time_exchange_ns == event.time_received_ns == time
    else:
        assert event.time_exchange == event.time_received == time


def payload(kind, at=0):
    return EVENTS[kind][at].payload


def test_payloads_of_market_data():
    assert payload("market_trade") == data.PublicTrade("k-1", "71250.5", Decimal("0.02"), "sell")
    assert payload("market_trade").side is bt.Side.SELL
    touch = payload("market_order_book_l1")
    assert touch == data.OrderBookL1(TIME, (1, 2), (1.5, 0))
    assert payload("market_order_book_l1", 1).best_bid is None
    book = payload("market_order_book_snapshot")
    assert book == data.OrderBook(7, TIME, [("0.5", 3), (1, 2)], ())
    assert book.bids[0] == data.Level(1, 2)
    assert payload("market_order_book_update").asks == (data.Level(2, 0),)
    candle = data.Candle(LATER, 1, 3, Decimal("0.5"), 2, 0, 17)
    assert payload("market_candle") == candle
    assert payload("market_liquidation") == data.Liquidation("buy", 1, 2, TIME)


def test_payloads_of_an_account():
    assert payload("account_snapshot") == ACCOUNT
    assert payload("account_balance_snapshot") == execution.AssetBalance(1, (10, 9.5), TIME)
    assert payload("account_order_snapshot") == ORDER
    assert payload("account_order_snapshot", 1).state == execution.OpenInFlight()
    done = execution.Cancelled("77", TIME)
    assert payload("account_order_cancelled") == execution.OrderResponseCancel(KEY, done)
    fill = payload("account_trade", 2)
    assert fill.fees == execution.AssetFees(1, 2)
    assert (fill.side, fill.value_quote(), fill.strategy) == (bt.Side.SELL, 6, "s")
    assert payload("account_trade").fees == execution.AssetFees.quote_fees(0)


def test_payloads_of_commands_and_of_lost_connections():
    assert payload("shutdown") is None
    assert (payload("trading_state"), payload("trading_state", 1)) == (True, False)
    assert payload("send_open_requests") == [LIMIT]
    assert payload("send_cancel_requests", 1) == [CANCEL]
    assert payload("close_positions") == bt.InstrumentFilter.none()
    assert payload("cancel_orders") == bt.InstrumentFilter.exchanges([0, 2])
    assert payload("market_reconnecting") is bt.ExchangeId.KRAKEN
    assert payload("account_reconnecting") is bt.ExchangeId.MOCK


STATES = [
    execution.OpenInFlight(),
    execution.Open("7", TIME, "0.5"),
    execution.CancelInFlight(),
    execution.CancelInFlight(execution.Open("7", TIME)),
    execution.Cancelled("7", TIME),
    execution.FullyFilled(),
    execution.Expired(),
    execution.OpenFailed('{"Rejected":{"BalanceInsufficient":[0,"too little"]}}'),
    execution.OpenFailed('{"Connectivity":{"ExchangeOffline":"kraken"}}'),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_every_state_of_an_order_goes_in_and_comes_out(state):
    life = "good_until_end_of_day"
    order = execution.OrderSnapshot(KEY, "sell", 2, 1, "limit", life, state)
    event = make.account_order_snapshot(ExchangeIndex(0), order)
    assert event.payload == order
    same(event, bt.EngineEvent.from_dict(event.to_dict()))
    assert pickle.loads(pickle.dumps(order)) == order
    assert hash(pickle.loads(pickle.dumps(order))) == hash(order)


def test_where_and_when():
    trade = EVENTS["market_trade"][0]
    assert (trade.exchange, trade.instrument) == (bt.ExchangeId.KRAKEN, 0)
    assert (trade.time_exchange, trade.time_received) == (TIME, LATER)
    fine = EVENTS["market_trade"][1]
    assert (fine.time_exchange_ns, fine.time_received_ns) == (NS, NS)
    assert fine.time_exchange == datetime(2026, 2, 3, 8, 0, 0, 123456, tzinfo=UTC)
    l1, l1_own = EVENTS["market_order_book_l1"]
    assert (l1.time_exchange, l1.time_received) == (TIME, TIME)
    assert (l1_own.time_exchange_ns, l1_own.time_received_ns) == (NS + 1, NS + 2)
    fill = EVENTS["account_trade"][0]
    assert (fill.exchange, fill.instrument, fill.time_exchange) == (0, 1, TIME)
    assert fill.time_received is None
    assert EVENTS["account_snapshot"][0].time_exchange == LATER
    assert ACCOUNT.time_most_recent() == LATER
    assert EVENTS["account_snapshot"][1].time_exchange is None
    assert EVENTS["shutdown"][0].exchange is EVENTS["shutdown"][0].time_exchange_ns is None


def test_every_form_of_a_number_a_time_and_an_index():
    event = EVENTS["market_trade"][0]
    for price in (71250.5, "71_250.50", Decimal("71250.5"), np.float64(71250.5)):
        for time in (
            "2026-02-03T08:00:00Z",
            "2026-02-03T10:00:00+02:00",
            TIME.astimezone(timezone(timedelta(hours=-3))),
            np.datetime64("2026-02-03T08:00:00", "s"),
            1_770_105_600 * 10**9,
        ):
            for index in (0, InstrumentIndex(0), np.int64(0)):
                same(
                    event,
                    make.market_trade("kraken", index, price, 0.02, "sell", time, "k-1", LATER),
                )
    assert make.account_balance_snapshot(0, AssetIndex(1), 10, "9.5", TIME) == make.from_dict(
        EVENTS["account_balance_snapshot"][0].to_dict()
    )


def arguments():
    """Arguments of each constructor that has any, each with values that it refuses."""
    numbers = [None, "1,5", float("nan"), [], True, "1e99", -1, b"1"]
    times = ["noon", "2026-02-03T08:00:00", datetime(2026, 2, 3), 1_770_105_600, [], 1.5]
    places = [None, -1, 2**32, "0", 1.0, True]
    exchange = [None, 5, "BinanceSpot", "krakn", b"okx"]
    texts = [5, b"x", "\ud800"]
    side = [None, "Buy", "hold", 1]
    pairs = [5, (1,), (1, 2, 3), ("x", 1), (1, None), "12"]
    at = {"exchange": ("okx", exchange), "instrument": (0, places)}
    received = {"time_received": (TIME, times)}
    trade = {"price": (1, numbers), "quantity": (1, numbers), "side": ("buy", side)}
    trade["time_exchange"] = (TIME, [None, *times])
    levels = [None, 5, [5], [(1, -1)], [(0, 1)], "ab", [(1, 1), (1, "x")]]
    engine = {"sequence": (1, [None, -1, 2**64, "1"]), "time_engine": (TIME, times)}
    book = {**at, **engine, "bids": ([], levels), "asks": ([], levels), **received}
    prices = {
        name: (1, [*numbers, 2 if name == "low" else "0"]) for name in ("open", "low", "close")
    }
    ours = {"exchange": (0, places)}
    yield "trading_state", {"enabled": (True, [None, 1, "yes"])}
    yield "send_open_requests", {"requests": ([], [None, 5, [CANCEL], LIMIT, "ab"])}
    yield "send_cancel_requests", {"requests": ([], [None, 5, [LIMIT], CANCEL])}
    yield "close_positions", {"filter": (None, [5, "none", [0]])}
    yield "cancel_orders", {"filter": (None, [5, "none", [0]])}
    yield "market_trade", {**at, **trade, "trade_id": ("1", texts), **received}
    level = (None, pairs)
    touch = {"last_update_time": (TIME, [None, *times]), "best_bid": level, "best_ask": level}
    yield "market_order_book_l1", {**at, **touch, "time_exchange": (TIME, times), **received}
    yield "market_order_book_snapshot", book
    yield "market_order_book_update", book
    span = {"time_exchange": (TIME, [None, *times]), "close_time": (TIME, [None, *times])}
    sizes = {"volume": (0, numbers), "trade_count": (0, [None, -1, 1.5, "1"])}
    yield "market_candle", {**at, **span, **prices, "high": (1, numbers), **sizes, **received}
    yield "market_liquidation", {**at, **trade, **received}
    yield "market_reconnecting", {"exchange": ("okx", exchange)}
    yield "account_reconnecting", {"exchange": ("okx", exchange)}
    yield "account_snapshot", {"snapshot": (ACCOUNT, [None, 5, {}, ORDER, {"exchange": -1}])}
    amounts = {"total": (1, numbers), "free": (0, [*numbers, 2])}
    time = {"time_exchange": (TIME, [None, *times])}
    yield "account_balance_snapshot", {**ours, "asset": (0, places), **amounts, **time}
    yield "account_order_snapshot", {**ours, "snapshot": (ORDER, [None, 5, {}, ACCOUNT])}
    request = {"request": (CANCEL, [None, KEY, LIMIT]), "order_id": ("7", [None, "", *texts])}
    yield "account_order_cancelled", {**ours, **request, **time}
    ids = {name: ("x", [None, *texts]) for name in ("strategy_id", "order_id", "trade_id")}
    fees = {"fees": (0, [number for number in numbers if number not in (None, -1)])}
    yield "account_trade", {**ours, "instrument": (0, places), **ids, **trade, **fees}


WRONG = [
    (constructor, {name: good for name, (good, _) in fields.items()}, name, bad)
    for constructor, fields in arguments()
    for name, (_, values) in fields.items()
    for bad in values
]


@pytest.mark.parametrize(("constructor", "fields", "name", "bad"), WRONG)
def test_what_is_wrong_in_a_field_is_an_error_that_names_it(constructor, fields, name, bad):
    make_it = getattr(bt.EngineEvent, constructor)
    assert make_it(**fields).kind == constructor
    with pytest.raises(bt.DataError) as caught:
        make_it(**{**fields, name: bad})
    assert isinstance(caught.value, ValueError)
    assert name in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_time_is_never_now():
    with pytest.raises(bt.DataError, match="give one of time_engine and time_exchange"):
        make.market_order_book_snapshot("okx", 0, 1, None, [], [])


def test_an_order_belongs_to_its_account():
    with pytest.raises(bt.DataError, match="exchange of the order must be that of the event, 1"):
        make.account_order_snapshot(1, ORDER)
    with pytest.raises(bt.DataError, match="exchange of the order must be that of the event, 1"):
        make.account_order_cancelled(1, CANCEL, "77", TIME)


MARKET_EVENT = """{"Market": {"Item": {"time_exchange": "2026-02-03T08:00:01Z",
    "time_received": "2026-02-03T08:00:01.040Z", "exchange": "kraken", "instrument": 0,
    "kind": {"OrderBookL1": {"last_update_time": "2026-02-03T08:00:01Z",
      "best_bid": {"price": "71250.4", "amount": "1.5"},
      "best_ask": {"price": 71250.6, "amount": 0.7}}}}}}"""


def test_what_barter_writes_is_read():
    event = make.from_json(MARKET_EVENT)
    time, later = LATER, LATER + timedelta(milliseconds=40)
    quote = ("71250.4", "1.5"), ("71250.6", "0.7")
    assert event == make.market_order_book_l1("kraken", 0, time, *quote, time_received=later)
    assert make.from_json('{"Shutdown": null}') == make.shutdown()
    assert make.from_json('{"TradingStateUpdate": "Disabled"}') == make.trading_state(False)
    request = {"key": {"exchange": 0, "instrument": 1, "strategy": "strategy", "cid": "order-1"}}
    request["state"] = {
        "side": "Buy", "price": "70000", "quantity": "0.5", "kind": "Limit",
        "time_in_force": {"GoodUntilCancelled": {"post_only": True}},
    }  # fmt: skip
    for requests in ({"One": request}, {"Many": [request]}):
        command = make.from_dict({"Command": {"SendOpenRequests": requests}})
        assert command == make.send_open_requests([LIMIT])
    trade = {
        "id": "t", "order_id": "77", "instrument": 1, "strategy": "s", "time_exchange": TIME,
        "side": "Buy", "price": Decimal(2), "quantity": 3.0, "fees": {"asset": None, "fees": "0"},
    }  # fmt: skip
    fill = make.from_dict({"Account": {"Item": {"exchange": 0, "kind": {"Trade": trade}}}})
    assert fill == EVENTS["account_trade"][0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the text ends within a value"),
        ("[]", "EngineEvent"),
        ("{}", "EngineEvent"),
        ('{"Markt": {}}', 'did you mean "Market"'),
        (MARKET_EVENT.replace("71250.6", '"x"'), "best_ask.price"),
        (MARKET_EVENT.replace("71250.6", "-1"), "best_ask.price must be > 0, got -1"),
        (MARKET_EVENT.replace("kraken", "krakn"), 'did you mean "kraken"'),
        (MARKET_EVENT.replace('"instrument": 0', '"instrument": 4294967296'), "Item.instrument"),
        (MARKET_EVENT.replace("01Z", "01", 1), "Item.time_exchange"),
        (MARKET_EVENT + "x", "more follows where the text should end"),
        ("[" * 100_000, "64 deep"),
    ],
)
def test_json_that_is_wrong_says_where(text, told):
    with pytest.raises(bt.DataError) as caught:
        make.from_json(text)
    assert told in str(caught.value)


def test_what_is_no_json_is_refused():
    loop = {}
    loop["Market"] = loop
    for wrong in (None, 5, [], b"{}"):
        with pytest.raises(bt.DataError, match="json must be text"):
            make.from_json(wrong)
        with pytest.raises(bt.DataError, match="EngineEvent must be a dict"):
            make.from_dict(wrong)
    for wrong in (loop, {"Market": object()}, {"Market": float("nan")}, {(1, 2): 3}):
        with pytest.raises(bt.DataError, match="EngineEvent: "):
            make.from_dict(wrong)


def test_numbers_in_a_dict_keep_their_digits():
    price = Decimal("1234567890123456789.123456789")
    event = make.market_trade("okx", 0, price, 1, "buy", TIME)
    trade = event.to_dict()["Market"]["Item"]["kind"]["Trade"]
    assert (trade["price"], trade["amount"]) == (price, 1)


def test_events_cannot_be_changed():
    event = make.shutdown()
    with pytest.raises(AttributeError):
        event.kind = "other"
    with pytest.raises(TypeError):
        bt.EngineEvent()


ODD = [
    None, True, 0, -1, 1.5, 2**64, 10**40, "", "x", "-1", "NaN", "1e-28", "2026-02-03T08:00:00",
    "1969-12-31T23:59:59Z", "2300-01-01T00:00:00Z", [], [1], {}, {"Ok": 1}, {"One": {}},
]  # fmt: skip


def places(value, path=()):
    """The paths to every member of a JSON value, and to itself."""
    yield path
    if isinstance(value, dict | list):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(member, (*path, name))


@given(st.sampled_from([event for _, event in ALL]), st.data())
def test_json_with_one_odd_place_is_refused_or_is_an_event(event, draw):
    value = event.to_dict()
    *way, last = draw.draw(st.sampled_from([path for path in places(value) if path]))
    place = value
    for name in way:
        place = place[name]
    if draw.draw(st.booleans()):
        place[last] = draw.draw(st.sampled_from(ODD))
    else:
        del place[last]
    try:
        odd = bt.EngineEvent.from_dict(value)
    except bt.DataError:
        return
    same(odd, bt.EngineEvent.from_json(odd.to_json()))
    assert odd.payload == odd.payload
    assert odd.kind in repr(odd)
