"""The slow twin of the exchange against examples worked out by hand."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "reference"))

from exchange import Instrument, Setup, Simulation, Stream, run  # noqa: E402

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


def test_33_fee_in_base():
    result = run(setup(WHOLE, start=20_000, fee_in="base", commands=[(1, market(1, 1))]))
    assert (result.balances["ABC"], usd(result)) == (F("0.999"), 0)


def test_34_fee_in_a_third_asset():
    options = {"fee_in": "FEE", "fee_price": F(300), "taker": F("0.00075")}
    balances = {"USD": F(20_000), "FEE": F(1)}
    result = run(setup(WHOLE, balances=balances, commands=[(1, market(1, 1))], **options))
    assert result.fills[0][5:] == (F("0.05"), "FEE")
    assert (result.balances["ABC"], usd(result), result.balances["FEE"]) == (1, 0, F("0.95"))


def test_34_without_that_asset_the_fee_comes_out_of_what_is_bought():
    options = {"fee_in": "FEE", "fee_price": F(300), "taker": F("0.00075")}
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
