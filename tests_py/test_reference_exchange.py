"""The slow twin of the exchange against examples worked out by hand."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "reference"))

from exchange import Instrument, Setup, Simulation, Stream, run

F = Fraction
MS = 10**6
SECOND = 10**9


def spot(**rules):
    return Instrument("ABC/USD", "ABC", "USD", **rules)


def setup(*streams, start=1000, **options):
    options.setdefault("instruments", [spot()])
    options.setdefault("balances", {"USD": F(start)})
    options.setdefault("maker", F("0.0008"))
    options.setdefault("taker", F("0.001"))
    rows = [Stream(0, kind, 0, rows) for kind, rows in streams]
    return Setup(streams=options.pop("streams", rows), **options)


def linear(*streams, **options):
    swap = Instrument("ABC-SWAP", "ABC", "USD", kind="perpetual", lot=F("0.1"))
    options.setdefault("instruments", [swap])
    options.setdefault("maker", F(0))
    options.setdefault("taker", F(0))
    return setup(*streams, account="linear", start=options.pop("start", 100_000), **options)


def order(side, kind, quantity, **more):
    base = {"do": "submit", "instrument": 0, "side": side, "kind": kind}
    values = {k: F(v) if k in ("limit", "trigger", "trail") else v for k, v in more.items()}
    return base | {"quantity": F(quantity)} | values


def market(side, quantity, **more):
    return order(side, "market", quantity, **more)


def limit(side, quantity, price, **more):
    return order(side, "limit", quantity, limit=price, **more)


def quote(time, bid, ask, bid_size=5, ask_size=4):
    return time, F(bid), F(bid_size), F(ask), F(ask_size)


def level(time, side, price, quantity):
    return time, side, F(price), F(quantity)


def trade(time, price, size, aggressor=-1):
    return time, F(price), F(size), aggressor


def bar(number, prices, volume=None, length=60 * SECOND):
    start = number * length
    volume = None if volume is None else F(volume)
    return (start, start + length, *(F(price) for price in prices), volume)


def seen(result):
    """Fills without their fees."""
    return [(number, price, quantity) for _, number, price, quantity, *_ in result.fills]


def amounts(result):
    return [(price, quantity) for _, _, price, quantity, *_ in result.fills]


def pairs(*values):
    return [(F(price), F(quantity)) for price, quantity in values]


def status(result, number=1):
    return result.orders[number]["status"], result.orders[number]["reason"]


def usd(result):
    return result.balances["USD"]


ASKS = [level(0, -1, "100.10", 1), level(0, -1, "100.20", 2), level(0, -1, "100.50", 5)]
BOOK = [level(0, 1, "100.00", 12), level(0, -1, "100.10", 4)]
QUOTES = ("quotes", [quote(0, "100.00", "100.10")])


def test_01_a_market_buy_takes_the_quote():
    result = run(setup(QUOTES, commands=[(1, market(1, 3))]))
    assert amounts(result) == pairs(("100.10", 3))
    assert result.fills[0][4:] == ("taker", F("0.3003"), "USD")
    assert usd(result) == F("699.3997")
    assert result.balances["ABC"] == 3


def test_02_beyond_a_quote_every_tick_offers_the_same_size():
    result = run(setup(QUOTES, start=2000, commands=[(1, market(1, 10))]))
    assert amounts(result) == pairs(("100.10", 4), ("100.11", 4), ("100.12", 2))
    assert usd(result) == F("997.91892")


def test_03_to_05_what_was_taken_is_gone_until_the_level_changes():
    rows = [*ASKS, level(20, -1, "100.10", 3)]
    commands = [(1, market(1, 4)), (2, market(1, 2)), (30, market(1, 4))]
    result = run(setup(("depth", rows), start=2000, commands=commands))
    first = pairs(("100.10", 1), ("100.20", 2), ("100.50", 1))
    assert amounts(result) == first + pairs(("100.50", 2), ("100.10", 3), ("100.50", 1))
    assert usd(result) == F("996.1972")
    fees = [fill[5] for fill in result.fills]
    assert sum(fees[:3]) == F("0.401")
    assert fees[3] == F("0.201")


def test_06_immediate_or_cancel():
    result = run(setup(("depth", ASKS), commands=[(1, limit(1, 4, "100.20", tif="ioc"))]))
    assert amounts(result) == pairs(("100.10", 1), ("100.20", 2))
    assert status(result) == ("cancelled", "ioc")
    assert usd(result) == F("699.1995")


def test_07_fill_or_kill():
    result = run(setup(("depth", ASKS), commands=[(1, limit(1, 4, "100.20", tif="fok"))]))
    assert result.fills == []
    assert status(result) == ("cancelled", "fok")
    assert usd(result) == 1000


def test_08_post_only():
    commands = [(1, limit(1, 1, price, post_only=True)) for price in ("100.10", "100.09")]
    result = run(setup(QUOTES, commands=commands))
    assert status(result, 1) == ("rejected", "post_only_would_cross")
    assert status(result, 2) == ("open", None)


def test_08_post_only_reprices():
    asked = limit(1, 1, "100.30", post_only=True, reprice=True)
    result = run(setup(QUOTES, commands=[(1, asked)]))
    assert result.orders[1]["limit"] == F("100.09")
    assert [message[2] for message in result.messages] == ["accepted", "amended"]


def test_09_protection():
    result = run(setup(("depth", ASKS), max_slippage=F("0.003"), commands=[(1, market(1, 4))]))
    assert amounts(result) == pairs(("100.10", 1), ("100.20", 2))
    assert status(result) == ("cancelled", "protection")


def test_10_the_queue_ahead_goes_first():
    trades = [trade(10, "100.00", 7), trade(11, "100.00", 6), trade(12, "100.00", 10)]
    streams = ("depth", BOOK), ("trades", trades)
    result = run(setup(*streams, commands=[(1, limit(1, 5, "100.00"))]))
    assert amounts(result) == pairs((100, 1), (100, 4))
    assert sum(fill[5] for fill in result.fills) == F("0.40")
    assert usd(result) == F("499.60")


def test_11_a_smaller_level_bounds_the_queue():
    streams = ("depth", [*BOOK, level(5, 1, "100.00", 8)]), ("trades", [trade(10, "100.00", 9)])
    result = run(setup(*streams, commands=[(1, limit(1, 5, "100.00"))]))
    assert amounts(result) == pairs((100, 1))
    assert result.orders[1]["quantity"] - result.orders[1]["filled"] == 4


def front_after(*streams, **options):
    """Where the first order stands in the end, 40 others having been ahead of it."""
    options.setdefault("commands", [(1, limit(1, 5, "100.00"))])
    simulation = Simulation(setup(*streams, **options))
    simulation.run()
    return simulation.venue.orders[1].front


def forty_ahead(last, *between):
    rows = [level(0, 1, "100.00", 40), level(2, 1, "100.00", 100), level(9, 1, "100.00", last)]
    return ("depth", rows), ("trades", list(between))


def test_12_queue_by_probability():
    result = front_after(*forty_ahead(90), queue="prob", n=F(2))
    assert result == F("36.923076923")


def test_13_queue_by_logarithm():
    result = front_after(*forty_ahead(90), queue="prob", f="log")
    assert abs(result - F("35.2538849")) < F("1e-7")


def test_14_trades_do_not_count_as_cancels():
    result = front_after(*forty_ahead(90, trade(5, "100.00", 6)), queue="prob", n=F(2))
    assert result == F("33.027754415")


@pytest.mark.parametrize(
    ("queue", "p"), [("prob_total", F(3600, 10000)), ("prob_front", 1 - F(16, 100))]
)
def test_other_queue_functions(queue, p):
    expected = 40 - (1 - p) * 10 - max(p * 10 - 60, 0)
    assert front_after(*forty_ahead(90), queue=queue, n=F(2)) == expected


@pytest.mark.parametrize("queue", ["front", "trades_only", "prob", "prob_total", "prob_front"])
def test_15_a_trade_through_fills_at_the_own_price(queue):
    trades = [trade(10, "99.99", 3), trade(11, "99.98", 4)]
    streams = ("depth", BOOK), ("trades", trades)
    result = run(setup(*streams, queue=queue, commands=[(1, limit(1, 5, "100.00"))]))
    assert amounts(result) == pairs((100, 3), (100, 2))


@pytest.mark.parametrize(("touch", "expected"), [(False, []), (True, pairs((100, 5)))])
def test_16_touching_trades(touch, expected):
    trades = ("trades", [trade(10, "100.00", 9)])
    result = run(setup(trades, touch=touch, commands=[(1, limit(1, 5, "100.00"))]))
    assert amounts(result) == expected


def test_17_a_buyer_does_not_fill_a_buy():
    streams = ("depth", ASKS), ("trades", [trade(10, "100.00", 50, 1)])
    assert run(setup(*streams, commands=[(1, limit(1, 5, "100.00"))])).fills == []


def test_18_amending_and_the_place():
    down = (3, {"do": "amend", "order": 1, "quantity": F(3), "limit": None, "trigger": None})
    up = (4, {"do": "amend", "order": 1, "quantity": F(6), "limit": None, "trigger": None})
    book = ("depth", [*BOOK, level(2, 1, "100.00", 16)])
    order_in = (1, limit(1, 5, "100.00"))
    assert front_after(book, commands=[order_in, down]) == 12
    assert front_after(book, commands=[order_in, down, up]) == 16


def test_19_order_by_order():
    rows = [
        (0, "add", "A", 1, F(100), F(3)),
        (2, "add", "B", 1, F(100), F(4)),
        (3, "cancel", "A", 1, F(100), F(3)),
        (4, "fill", "B", 1, F(100), F(1)),
    ]
    commands = [(1, limit(1, 2, 100))]
    result = run(setup(("l3", rows), queue="l3", commands=commands))
    assert amounts(result) == pairs((100, 1))
    rows[2] = (3, "fill", "A", 1, F(100), F(1))
    result = run(setup(("l3", rows), queue="l3", commands=commands))
    assert [fill[0] for fill in result.fills] == [4]


def test_20_one_trade_is_shared():
    streams = ("depth", ASKS), ("trades", [trade(10, "100.00", 4)])
    commands = [(1, limit(1, 2, 100)), (1, limit(1, 3, 100))]
    result = run(setup(*streams, commands=commands))
    assert seen(result) == [(1, 100, 2), (2, 100, 2)]


def test_21_the_next_open():
    bars = [bar(0, (104, 106, 103, 105)), bar(1, (106, 108, 104, 107))]
    result = run(setup(("candles", bars), commands=[(60 * SECOND, market(1, 1))]))
    assert [(fill[0], fill[2]) for fill in result.fills] == [(60 * SECOND, 106)]


def held_from(price, *bars, commands=(), **options):
    """A linear run that holds one from `price` before the bars begin."""
    flat = (price, price, price, price)
    start = 60 * SECOND
    commands = [(start, market(1, 1)), *((start + 2, command) for command in commands)]
    rows = [bar(number, prices) for number, prices in enumerate((flat, flat, *bars))]
    return run(linear(("candles", rows), commands=commands, **options))


@pytest.mark.parametrize(
    ("prices", "price", "profit"), [((90, 95, 88, 94), 90, -15), ((102, 103, 98, 99), 100, -5)]
)
def test_22_23_stops_on_bars(prices, price, profit):
    result = held_from(105, prices, commands=[order(-1, "stop_market", 1, trigger=100)])
    assert seen(result)[1:] == [(2, price, 1)]
    assert result.positions[0][2] == profit


@pytest.mark.parametrize(
    ("path", "price", "profit"),
    [("adverse", 95, -5), ("nearer", 95, -5), ("low_first", 95, -5), ("high_first", 110, 10)],
)
def test_24_one_cancels_the_other(path, price, profit):
    legs = [limit(-1, 1, 110), order(-1, "stop_market", 1, trigger=95)]
    oco = {"do": "oco", "legs": legs}
    result = held_from(100, (100, 111, 94, 105), commands=[oco], path=path)
    assert amounts(result)[1:] == pairs((price, 1))
    assert result.positions[0][2] == profit
    assert sorted(order["status"] for order in result.orders.values()) == [
        "cancelled",
        "filled",
        "filled",
    ]


def test_25_limits_on_bars():
    bars = [bar(0, (100, 100, 98, 99)), bar(1, (99, 99, "97.99", 99))]
    result = run(setup(("candles", bars), commands=[(1, limit(1, 1, 98))]))
    assert [(fill[0] // (60 * SECOND), fill[2]) for fill in result.fills] == [(1, 98)]
    bars = bars[:1]
    assert amounts(run(setup(("candles", bars), touch=True, commands=[(1, limit(1, 1, 98))])))


def test_26_a_stop_limit_that_rests():
    stop = order(-1, "stop_limit", 1, trigger=100, limit=99)
    bars = (97, 98, 96, 97), (98, "99.5", 97, 98)
    result = held_from(105, *bars, commands=[stop])
    assert seen(result)[1:] == [(2, 99, 1)]
    assert result.fills[1][0] >= 180 * SECOND
    assert result.fills[1][4] == "maker"


def test_27_a_market_order_works_through_the_points_of_a_bar():
    bars = [bar(0, (50, 50, 50, 50), 40), bar(1, (50, 52, 49, 51), 40)]
    result = run(setup(("candles", bars), start=2000, commands=[(60 * SECOND, market(1, 25))]))
    assert amounts(result) == pairs((50, 10), (49, 10), (52, 5))
    times = [fill[0] - 60 * SECOND for fill in result.fills]
    assert times == [0, 20 * SECOND, 40 * SECOND]


def test_28_the_points_of_a_bar():
    flat = bar(0, (50, 50, 50, 50), 40)
    bars = [flat, bar(1, (50, 52, 49, 51), 40)]
    result = run(setup(("candles", bars), start=5000, commands=[(60 * SECOND, market(1, 50))]))
    assert [fill[0] - 60 * SECOND for fill in result.fills][-1] == 60 * SECOND - 1
    assert status(result) == ("cancelled", "no_liquidity")
    before = run(setup(("candles", bars), commands=[(60 * SECOND - 1, market(1, 1))]))
    assert before.messages[0][2:] == ("denied", "no_price")


def test_29_three_delays():
    rows = [quote(0, "100.00", "100.10"), quote(5 * MS, "100.00", "100.20")]
    streams = [Stream(0, "quotes", 2 * MS, rows)]
    delays = {"entry": {"new": 4 * MS}, "response": 3 * MS}
    result = run(setup(streams=streams, commands=[(2 * MS, market(1, 1))], **delays))
    assert [(fill[0], fill[2]) for fill in result.fills] == [(6 * MS, F("100.20"))]
    assert result.messages == [(9 * MS, 1, "filled", 1)]


def test_30_a_cancel_that_comes_too_late():
    streams = QUOTES, ("trades", [trade(12 * MS, "99.00", 9)])
    commands = [(0, limit(1, 1, 100)), (10 * MS, {"do": "cancel", "order": 1})]
    delays = {"entry": {"new": 0, "cancel": 4 * MS}, "response": 3 * MS}
    result = run(setup(*streams, commands=commands, **delays))
    assert [fill[0] for fill in result.fills] == [12 * MS]
    assert result.messages[1:] == [
        (15 * MS, 1, "filled", 1),
        (17 * MS, 1, "cancel_rejected", "not_open"),
    ]


def test_31_requests_do_not_overtake():
    commands = [(0, limit(1, 1, 100)), (MS, {"do": "cancel", "order": 1})]
    delays = {"new": 5 * MS, "cancel": 2 * MS}
    result = run(setup(QUOTES, commands=commands, entry=delays))
    assert [message[:3] for message in result.messages] == [
        (5 * MS, 1, "accepted"),
        (5 * MS, 1, "cancelled"),
    ]


def test_32_expiry_comes_before_the_trade_and_an_arrival_after_it():
    streams = QUOTES, ("trades", [trade(10, "99.00", 9)])
    commands = [(1, limit(1, 1, 100, tif="gtd", expire=10)), (10, limit(1, 1, 100))]
    result = run(setup(*streams, commands=commands))
    assert result.fills == []
    assert status(result, 1) == ("expired", "expired")
    assert status(result, 2) == ("open", None)


def test_32_an_expired_order_on_arrival():
    command = limit(1, 1, "100.20", tif="gtd", expire=5)
    result = run(setup(QUOTES, commands=[(1, command)], entry={"new": 4}))
    assert (result.fills, status(result)) == ([], ("expired", "expired"))


WHOLE = ("quotes", [quote(0, 19_999, 20_000)])


FINE = [spot(lot=F("0.001"))]


def test_33_fee_in_base():
    result = run(
        setup(WHOLE, start=20_000, fee_in="base", instruments=FINE, commands=[(1, market(1, 1))])
    )
    assert (result.balances["ABC"], usd(result)) == (F("0.999"), 0)


def test_34_fee_in_a_third_asset():
    options = {"instruments": FINE, "fee_in": "FEE", "fee_price": F(300), "taker": F("0.00075")}
    balances = {"USD": F(20_000), "FEE": F(1)}
    result = run(setup(WHOLE, balances=balances, commands=[(1, market(1, 1))], **options))
    assert result.fills[0][5:] == (F("0.05"), "FEE")
    assert (result.balances["ABC"], usd(result), result.balances["FEE"]) == (1, 0, F("0.95"))


def test_34_without_that_asset_the_fee_comes_out_of_what_is_bought():
    options = {"instruments": FINE, "fee_in": "FEE", "fee_price": F(300), "taker": F("0.00075")}
    result = run(setup(WHOLE, start=20_000, commands=[(1, market(1, 1))], **options))
    assert result.fills[0][5:] == (F("0.00075"), "ABC")


def test_35_locks():
    commands = [
        (1, limit(1, 9, 100)),
        (2, limit(1, 1, 100)),
        (3, {"do": "cancel", "order": 1}),
    ]
    result = run(setup(QUOTES, commands=commands))
    assert result.messages[1] == (2, 2, "denied", "insufficient_funds")
    locked = [balances["USD"] for balances, _ in result.after]
    assert locked == [(1000, F("900.90")), (1000, F("900.90")), (1000, 0)]


def test_36_average_cost():
    rows = [(t, F(p), F(9), F(p), F(9)) for t, p in ((0, 100), (10, 130), (20, 120), (30, 105))]
    trades = ((1, market(1, 2)), (11, market(1, 1)), (21, market(-1, 2)), (31, market(-1, 2)))
    result = run(linear(("quotes", rows), commands=list(trades)))
    realised = [entry[2] for entry in result.ledger if entry[3] == "realised"]
    assert realised == [20, -5]
    assert result.positions == [(-1, -105, 15)]


def test_43_reduce_only():
    commands = [
        (1, market(1, 3)),
        (2, limit(-1, 5, 110, reduce_only=True)),
        (3, limit(-1, 1, 110, reduce_only=True)),
    ]
    rows = [quote(0, "100.00", "100.10")]
    result = run(linear(("quotes", rows), commands=commands))
    assert result.orders[2]["quantity"] == 3
    assert status(result, 3) == ("denied", "reduce_only_nothing_left")


def test_43_reduce_only_shrinks_with_the_position():
    commands = [
        (1, market(1, 3)),
        (2, limit(-1, 2, 110, reduce_only=True)),
        (3, limit(-1, 1, 111, reduce_only=True)),
        (4, market(-1, "1.5")),
    ]
    result = run(linear(QUOTES, commands=commands))
    assert result.orders[2]["quantity"] == F("1.5")
    assert status(result, 3) == ("cancelled", "reduce_only")
    assert [(m[1], m[2]) for m in result.messages][-3:] == [
        (4, "filled"),
        (3, "cancelled"),
        (2, "amended"),
    ]


CLASH = {
    "expire_taker": ([], ("open", None), ("cancelled", "self_trade")),
    "expire_maker": ([(2, 3)], ("cancelled", "self_trade"), ("filled", None)),
    "expire_both": ([], ("cancelled", "self_trade"), ("cancelled", "self_trade")),
    "decrement": ([(2, 1)], ("cancelled", "self_trade"), ("filled", None)),
    "none": ([(2, 2), (1, 2), (2, 1)], ("filled", None), ("filled", None)),
}


@pytest.mark.parametrize("mode", CLASH)
def test_44_own_orders_meet(mode):
    rows = [level(0, 1, "100.00", 5), level(0, -1, "100.10", 5)]
    commands = [(1, limit(-1, 2, "100.10")), (2, market(1, 3, self_trade=mode))]
    result = run(linear(("depth", rows), commands=commands))
    fills, resting, taking = CLASH[mode]
    assert [(number, quantity) for number, _, quantity in seen(result)] == fills
    assert (status(result, 1), status(result, 2)) == (resting, taking)
    assert {price for _, price, _ in seen(result)} <= {F("100.10")}


@pytest.mark.parametrize(
    ("rules", "command", "reason"),
    [
        ({}, limit(1, 1, "100.005"), "price_tick"),
        ({}, limit(1, "0.5", 100), "lot_step"),
        ({"lot": F("0.01"), "min_notional": F(5)}, limit(1, "0.04", 100), "min_notional"),
        ({"min_price": F(10)}, limit(1, 1, 9), "price_range"),
        ({"max_price": F(90)}, limit(1, 1, 91), "price_range"),
        ({"band": (F(2), F(1, 2))}, limit(1, 1, 50), "price_band"),
        ({"min_quantity": F(2)}, limit(1, 1, 100), "lot_range"),
        ({"max_quantity": F(2)}, limit(1, 3, 100), "lot_range"),
        ({"market_max_quantity": F(1)}, market(1, 2), "market_lot_range"),
        ({"max_notional": F(150)}, market(1, 2), "max_notional"),
        ({"max_orders": 0}, limit(1, 1, 100), "max_orders"),
        ({"max_position": F(1)}, limit(1, 2, 100), "max_position"),
        ({"lot": F(2), "max_quantity": F(2)}, limit(1, 3, 100), "lot_step"),
    ],
)
def test_filters(rules, command, reason):
    result = run(setup(QUOTES, instruments=[spot(**rules)], commands=[(1, command)]))
    assert result.messages == [(1, 1, "denied", reason)]


def test_a_cash_ledger():
    rows = [quote(0, 99, 100), quote(10, 110, 111)]
    commands = [(1, market(1, 2)), (11, market(-1, 1))]
    result = run(setup(("quotes", rows), start=10_000, commands=commands))
    assert usd(result) == F("9909.69")
    assert result.ledger == [
        (0, "USD", 10_000, "deposit", None, None),
        (1, "ABC", 2, "trade_base", 1, 1),
        (1, "USD", -200, "trade_quote", 1, 1),
        (1, "USD", -F("0.2"), "fee", 1, 1),
        (11, "ABC", -1, "trade_base", 2, 2),
        (11, "USD", 110, "trade_quote", 2, 2),
        (11, "USD", -F("0.11"), "fee", 2, 2),
    ]
    assert result.positions == [(1, 100, 10)]


def test_a_linear_ledger():
    rows = [quote(0, 99, 100), quote(10, 110, 111)]
    commands = [(1, market(1, 2)), (11, market(-1, 1))]
    result = run(linear(("quotes", rows), start=10_000, taker=F("0.001"), commands=commands))
    assert usd(result) == F("10009.69")
    assert [entry[2:4] for entry in result.ledger[1:]] == [
        (-F("0.2"), "fee"),
        (10, "realised"),
        (-F("0.11"), "fee"),
    ]
    assert result.after[0] == ({"USD": (F("9999.8"), 200)}, [2])


def test_a_linear_round_trip_with_fees():
    rows = [quote(0, 50_000, 50_001), quote(10, 49_000, 49_001)]
    trades = ("trades", [trade(20, 48_980, 9)])
    commands = [(1, market(-1, "0.5")), (11, limit(1, "0.5", 49_000))]
    rates = {"taker": F("0.0005"), "maker": F("0.0002")}
    result = run(linear(("quotes", rows), trades, commands=commands, **rates))
    assert usd(result) - 100_000 == F("482.60")


def test_a_rebate():
    trades = ("trades", [trade(20, 99, 9)])
    result = run(setup(QUOTES, trades, maker=-F("0.00005"), commands=[(1, limit(1, 5, 100))]))
    assert result.fills[0][5] == -F("0.025")
    assert usd(result) == F("500.025")


def test_an_order_that_arrives_with_a_trade_is_not_filled_by_it():
    streams = ("depth", ASKS), ("trades", [trade(10, "100.00", 9)])
    late = run(setup(*streams, commands=[(10, limit(1, 1, 101, post_only=True))]))
    assert late.fills == []
    delayed = run(setup(*streams, commands=[(5, limit(1, 1, 100))], entry={"new": 5}))
    assert (delayed.fills, status(delayed)) == ([], ("open", None))


def test_an_order_that_expires_with_a_trade_is_not_filled_by_it():
    streams = ("depth", ASKS), ("trades", [trade(10, 99, 9)])
    for expire, filled in ((10, 0), (11, 1)):
        command = limit(1, 1, 100, tif="gtd", expire=expire)
        result = run(setup(*streams, commands=[(1, command)]))
        assert result.orders[1]["filled"] == filled


# -- stops, pairs and brackets ------------------------------------------------------------------


def told(result, number):
    return [message[2] for message in result.messages if message[1] == number]


def test_a_stop_on_trades_first_takes_the_print_off_the_book():
    book = [level(0, -1, "100.10", 3), level(0, -1, "100.20", 9), level(0, 1, "99.00", 9)]
    streams = ("depth", book), ("trades", [trade(9, "100.10", 2, 1)])
    stop = order(1, "stop_market", 3, trigger="100.10")
    result = run(setup(*streams, commands=[(1, stop)]))
    assert amounts(result) == pairs(("100.10", 1), ("100.20", 2))
    assert told(result, 1) == ["accepted", "triggered", "filled", "filled"]


@pytest.mark.parametrize(
    ("kind", "side", "trigger"),
    [("stop_market", 1, "100.10"), ("touched_market", 1, 101), ("stop_market", -1, 100)],
)
def test_a_stop_that_is_late(kind, side, trigger):
    command = order(side, kind, 1, trigger=trigger)
    assert status(run(linear(QUOTES, commands=[(1, command)]))) == ("rejected", "would_trigger")
    result = run(linear(QUOTES, commands=[(1, command)], allow_immediate=True))
    assert status(result) == ("filled", None)


def test_a_touched_limit_waits_for_a_better_price():
    rows = [quote(0, 100, 101), quote(10, 97, 98)]
    command = order(1, "touched_limit", 1, trigger=98, limit=99)
    result = run(linear(("quotes", rows), commands=[(1, command)]))
    assert [(fill[0], fill[2]) for fill in result.fills] == [(10, 98)]


def test_a_trailing_stop_moves_one_way():
    prints = [trade(t, p, 9) for t, p in ((0, 100), (10, 104), (20, 102), (30, "100.99"))]
    result = run(
        linear(
            ("trades", prints),
            commands=[(1, market(1, 1)), (2, order(-1, "trailing_stop", 1, trail=3))],
        )
    )
    assert seen(result)[1:] == [(2, F("100.98"), 1)]
    assert result.fills[1][0] == 30


def test_a_trailing_stop_without_a_price():
    command = order(-1, "trailing_stop", 1, trail=3)
    late = ("trades", [trade(9, 100, 9)])
    assert status(run(linear(late, commands=[(1, command)]))) == ("denied", "no_price")


def test_a_pair_shrinks_together():
    prints = [trade(10, "110.10", 2, 1), trade(20, "94.00", 9), trade(30, "94.00", 9)]
    legs = [limit(-1, 5, 110), order(-1, "stop_market", 5, trigger=95)]
    commands = [(1, market(1, 5)), (2, {"do": "oco", "legs": legs})]
    book = [level(0, -1, 100, 9), level(0, 1, 90, 9), level(3, -1, 120, 9), level(3, -1, 100, 0)]
    result = run(linear(("depth", book), ("trades", prints), commands=commands))
    assert seen(result)[1:] == [(2, 110, 2), (3, 90, 3)]
    assert told(result, 3) == ["accepted", "amended", "triggered", "filled"]
    assert told(result, 2) == ["accepted", "filled", "cancelled"]
    assert status(result, 2) == ("cancelled", "oco")


def test_a_pair_locks_once():
    legs = [limit(-1, 2, 110), limit(-1, 3, 111)]
    balances = {"USD": F(0), "ABC": F(3)}
    commands = [(1, {"do": "oco", "legs": legs})]
    result = run(setup(QUOTES, balances=balances, commands=commands))
    assert [balance["ABC"] for balance, _ in result.after] == [(3, 3), (3, 3)]
    legs[1] = limit(-1, 4, 111)
    result = run(setup(QUOTES, balances=balances, commands=commands))
    assert [message[2:] for message in result.messages] == [
        ("denied", "insufficient_funds"),
        ("denied", "oco_leg"),
    ]


def bracket(entry):
    children = [limit(-1, 5, 110), order(-1, "stop_market", 5, trigger=95)]
    return {"do": "bracket", "entry": entry, "children": children, "oco": True}


def test_children_grow_with_their_parent():
    prints = [trade(10, 99, 2), trade(20, 111, 1, 1), trade(30, 99, 9), trade(40, 111, 9, 1)]
    book = [level(0, 1, 98, 9), level(0, -1, 120, 9)]
    commands = [(1, bracket(limit(1, 5, 100)))]
    result = run(setup(("depth", book), ("trades", prints), commands=commands))
    assert seen(result) == [(1, 100, 2), (2, 110, 1), (1, 100, 3), (2, 110, 4)]
    assert status(result, 3) == ("cancelled", "oco")


def test_children_end_with_an_unfilled_parent():
    commands = [(1, bracket(limit(1, 5, 100))), (2, {"do": "cancel", "order": 1})]
    result = run(setup(QUOTES, commands=commands))
    assert [message[1:] for message in result.messages] == [
        (1, "accepted", None),
        (1, "cancelled", "user"),
        (2, "cancelled", "oco"),
        (3, "cancelled", "oco"),
    ]


def test_a_part_filled_parent_leaves_smaller_children():
    prints = [trade(10, 99, 2), trade(30, 111, 9, 1)]
    commands = [(1, bracket(limit(1, 5, 100))), (20, {"do": "cancel", "order": 1})]
    result = run(setup(("depth", BOOK), ("trades", prints), commands=commands))
    assert seen(result) == [(1, 100, 2), (2, 110, 2)]
    assert result.orders[2]["status"] == "filled"
    assert status(result, 3) == ("cancelled", "oco")


def test_a_child_made_inside_a_bar_lives_from_the_next_point_on():
    prices = (101, 101, 101, 101), (101, 102, 94, 101), (101, 102, 94, 96)
    bars = [bar(number, four) for number, four in enumerate(prices)]
    result = run(linear(("candles", bars), commands=[(1, bracket(limit(1, 5, 100)))]))
    assert [(fill[0] // SECOND, fill[1], fill[2]) for fill in result.fills] == [
        (100, 1, 100),
        (140, 3, 95),
    ]


# -- quotes, consumption, the queue on quotes ---------------------------------------------------


def test_a_quote_that_reaches_us_gives_its_size_once():
    rows = [quote(0, 99, 101), quote(5, 99, 100), quote(6, 99, 100), quote(7, 98, 100, 5, 4)]
    rows.append(quote(8, 98, 100, 5, 6))
    result = run(setup(("quotes", rows), start=5000, commands=[(1, limit(1, 20, 100))]))
    assert [(fill[0], fill[3]) for fill in result.fills] == [(5, 4), (8, 6)]
    assert {fill[4] for fill in result.fills} == {"maker"}


def test_behind_the_best_quote_the_queue_is_not_known():
    """Seven are ahead once the best is ours; the three that come after it was empty are not."""
    rows = [quote(0, 100, 101), quote(8, 99, 101, 7), quote(20, 98, 101), quote(30, 99, 101, 3)]
    prints = [trade(5, 99, 50), trade(9, 99, 8), trade(25, 99, 1), trade(35, 99, 4)]
    result = run(setup(("quotes", rows), ("trades", prints), commands=[(1, limit(1, 5, 99))]))
    assert [(fill[0], fill[3]) for fill in result.fills] == [(9, 1), (25, 1), (35, 3)]


def test_fill_or_kill_counts_only_what_a_quote_displays():
    commands = [(1, limit(1, 5, 102, tif="fok")), (2, limit(1, 4, 102, tif="fok"))]
    result = run(setup(QUOTES, commands=commands))
    assert seen(result) == [(2, F("100.10"), 4)]


def test_trades_only_taking_shares_the_print():
    prints = ("trades", [trade(0, 100, 10)])
    commands = [(1, market(1, 4)), (2, market(-1, 4)), (3, limit(1, 1, 102, post_only=True))]
    result = run(linear(prints, participation=F(1, 2), commands=commands))
    assert amounts(result) == pairs(("100.01", 4), ("99.99", 1))
    assert status(result, 2) == ("cancelled", "no_liquidity")
    assert status(result, 3) == ("rejected", "post_only_would_cross")


def test_snapshots_reset_only_levels_that_differ():
    again = [(5, -1, F("100.10"), F(1), True), *((5, *row[1:]) for row in ASKS[1:2])]
    commands = [(1, market(1, 4)), (6, limit(1, 5, "100.50", tif="ioc"))]
    result = run(setup(("depth", [*ASKS, *again]), start=2000, commands=commands))
    assert len(result.fills) == 3
    assert status(result, 2) == ("cancelled", "ioc")


def test_amending_across_the_spread_takes():
    amend = {"do": "amend", "order": 1, "quantity": None, "limit": F("100.10"), "trigger": None}
    result = run(setup(QUOTES, commands=[(1, limit(1, 6, 100)), (2, amend)]))
    assert amounts(result) == pairs(("100.10", 4))
    assert told(result, 1) == ["accepted", "amended", "filled"]
    amend = amend | {"quantity": F(4), "limit": None}
    result = run(setup(QUOTES, commands=[(1, limit(1, 6, "100.10")), (2, amend)]))
    assert status(result) == ("cancelled", "user")


def test_amending_beyond_the_money_is_refused():
    amend = {"do": "amend", "order": 1, "quantity": F(10), "limit": None, "trigger": None}
    result = run(setup(QUOTES, commands=[(1, limit(1, 9, 100)), (2, amend)]))
    assert result.messages[1:] == [(2, 1, "amend_rejected", "insufficient_funds")]
    assert result.orders[1]["quantity"] == 9


def test_fee_tiers_follow_the_volume():
    tiers = [(F(300), F(0), F("0.0005"))]
    commands = [(1, market(1, 3)), (2, market(1, 1))]
    result = run(setup(QUOTES, fee_tiers=tiers, commands=commands))
    assert [fill[5] for fill in result.fills] == [F("0.3003"), F("0.05005")]


def test_a_gap_gives_the_open_only_if_told_so():
    bars = [bar(0, (100, 100, 100, 100)), bar(1, (90, 99, 89, 95))]
    for improve, price in ((False, 98), (True, 90)):
        options = {"gap_improvement": improve, "commands": [(1, limit(1, 1, 98))]}
        assert amounts(run(setup(("candles", bars), **options))) == pairs((price, 1))


def test_a_market_buy_spends_what_there_is_and_no_more():
    result = run(setup(QUOTES, start=250, commands=[(1, market(1, 3)), (2, market(1, 1))]))
    assert amounts(result) == pairs(("100.10", 2))
    assert status(result, 1) == ("cancelled", "insufficient_funds")
    assert usd(result) == F("250") - F("200.2") * F("1.001")
