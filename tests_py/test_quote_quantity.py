"""Orders by amount: what quote money buys, level by level, and never more than it."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import (
    ABC,
    CONTRACT,
    MINUTE,
    buy,
    candles,
    depth,
    ns,
    pairs,
    quotes,
    rows,
    run,
    sell,
    trades,
)

import barter_python as bt

ASKS = [(0, "ask", 100.10, 1), (0, "ask", 100.20, 2), (0, "ask", 100.50, 5)]


def by_amount(amount, limit=None, **more):
    return buy(None, limit, quote_quantity=amount, **more)


def spent(ran):
    return sum(price * quantity for price, quantity in ran.fills)


def test_an_amount_buys_level_by_level_while_it_lasts():
    """1 × 100.10 + 2 × 100.20 + 1 × 100.50 = 401.00, which is four lots at the best price, too."""
    ran = run(depth(*ASKS), (0, by_amount("401.00")))
    assert ran.fills == pairs("1 @ 100.10, 2 @ 100.20, 1 @ 100.50")
    assert ran.status() == ("filled", None)
    assert ran.balances == {"USD": Decimal(1000) - 401 - Decimal("0.401"), "ABC": 4}


def test_what_is_less_than_a_lot_at_the_next_price_is_not_spent():
    ran = run(depth(*ASKS), (0, by_amount("400.99")))
    assert ran.fills == pairs("1 @ 100.10, 2 @ 100.20")
    assert ran.status() == ("cancelled", "quote_quantity")
    assert (ran.orders[1]["quantity"], ran.orders[1]["filled"]) == (4, 3)


def test_lots_may_be_fractions():
    """250 / 100.10 = 2.497502...: of a thousandth of a coin 2.497 are whole lots."""
    fine = bt.Instrument("ABC/USD", tick="0.01", lot="0.001")
    ran = run(quotes((0, 100, 9, 100.10, 9), instrument=fine), (0, by_amount(250)))
    assert ran.fills == pairs("2.497 @ 100.10")


def test_the_amount_and_its_fee_are_held_back():
    """401 and 0.1 % of it are 401.401."""
    held = []

    def watch(context):
        by_amount(401)(context)
        held.append(context.balance("USD").free)

    assert run(depth(*ASKS), (0, watch), latency="1ms", cash="1000 USD")
    assert held == [pytest.approx(1000 - 401.401)]
    ran = run(depth(*ASKS), (0, by_amount(401)), cash="401.401 USD")
    assert ran.balances == {"ABC": 4, "USD": 0}
    ran = run(depth(*ASKS), (0, by_amount(401)), cash="401.4 USD")
    assert ran.status() == ("denied", "insufficient_funds")


def test_money_that_was_not_spent_is_free_again():
    data = depth(*ASKS, (9, "bid", 1, 1))
    ran = run(data, (0, by_amount("400.99")), (1, buy(6, 100)))  # 699.1995 are left
    assert ran.status(2) == ("open", None)


@pytest.mark.parametrize(
    ("ask", "fills", "status"),
    [
        (50, "10 @ 50", ("filled", None)),  # ten lots now
        (104, "4 @ 104", ("filled", None)),  # 416, a fifth would be 520
        (106, "", ("cancelled", "protection")),  # beyond 105
    ],
)
def test_the_venue_converts_when_the_order_gets_there(ask, fills, status):
    data = quotes((0, 40, 50, 100, 50), (5, 40, 50, ask, 50), (99, 40, 50, ask, 50))
    ran = run(data, (0, by_amount(500)), latency=("10ms", "0ms"))
    assert ran.fills == pairs(fills)
    assert ran.status() == status


def test_on_candles_the_next_open_says_how_many():
    for open_, fills in ((50, "10 @ 50"), (100, "5 @ 100"), (104, "4 @ 104")):
        data = candles((100, 100, 100, 100), (open_, open_, open_, open_))
        ran = run(data, (MINUTE, by_amount(500)))
        assert ran.fills == pairs(fills)
        assert ran.status() == ("filled", None)
    # A volume of 2 a point: the money goes on through the candle, at whatever price comes.
    data = candles((100, 100, 100, 100, 99), (100, 110, 90, 100, 8))
    ran = run(data, (MINUTE, by_amount(450)))
    assert ran.fills == pairs("2 @ 100, 2 @ 90")


def after_a_gap(open_, instrument=CONTRACT):
    """A candle at 100, none for two minutes, and one at `open_`."""
    columns = {name: [100, open_] for name in ("open", "high", "low", "close")}
    columns["time"] = [ns(0), ns(3 * MINUTE)]
    return bt.candles(columns, instrument=instrument, unit="ns", stamp="open", every="1m")


@pytest.mark.parametrize(("open_", "fills"), [(100, "10 @ 100"), (95, "11 @ 95"), (110, "9 @ 110")])
def test_a_sell_that_waits_meets_the_next_open_too(open_, fills):
    """1,045 are 10 lots at the close that it was sent on."""
    order = sell(None, quote_quantity=1045)
    ran = run(after_a_gap(open_), (MINUTE, order), account="linear", cash="10000 USD")
    assert ran.fills == pairs(fills)


def test_a_sell_that_waits_never_becomes_more_than_there_is():
    """At 50 it would be 10 lots; 6 are there, and 5 are 500 at the close that it was sent on."""
    order, cash = sell(None, quote_quantity=500), {"USD": 1000, "ABC": 6}
    ran = run(after_a_gap(50, ABC), (MINUTE, order), cash=cash, max_slippage="60%")
    assert ran.fills == pairs("5 @ 50")


def test_the_fee_of_an_amount_is_there_whatever_its_protection_price():
    """401 and a fee of 0.1 % are all the money; a ladder of fees is no shortage either."""
    ladder = bt.Fees(tiers=[(0, "0.1%", "0.1%"), (500, "0.05%", "0.1%")])
    ran = run(depth(*ASKS), (0, by_amount(401)), cash="401.401 USD", fees=ladder)
    assert ran.balances == {"ABC": 4, "USD": 0}


def test_a_limit_order_by_amount_is_one_by_lots_once_it_is_sent():
    """1,000 / 99.90 = 10.01: ten lots, which rest and may be amended like others."""
    ran = run(
        depth(*ASKS, (0, "bid", 99, 1), (9, "bid", 98, 1)),
        (0, by_amount(1000, 99.90)),
        (1, lambda context: context.amend(1, quantity=2)),
        cash="2000 USD",
    )
    assert (ran.orders[1]["quantity"], ran.orders[1]["kind"]) == (2, "limit")
    ran = run(depth(*ASKS), (0, by_amount("300.60", 100.20)), cash="2000 USD")
    assert ran.fills == pairs("1 @ 100.10, 2 @ 100.20")
    assert ran.status() == ("filled", None)


def test_a_contract_is_worth_its_multiplier():
    """A tenth of a coin at 100 is 10: 95 buy nine."""
    tenth = bt.Instrument(
        "ABC-PERP", kind="perpetual", base="ABC", quote="USD", tick="0.01", lot="1",
        multiplier="0.1",
    )  # fmt: skip
    ran = run(quotes((0, 99, 50, 100, 50), instrument=tenth), (0, by_amount(95)), account="linear")
    assert ran.fills == pairs("9 @ 100")


def test_a_sell_by_amount_receives_no_more():
    """600 are six lots at the best bid; the sixth finds 99."""
    data = depth((0, "bid", 100, 5), (0, "bid", 99, 5), (0, "ask", 101, 5), instrument=CONTRACT)
    ran = run(data, (0, sell(None, quote_quantity=600)), account="linear", cash="10000 USD")
    assert ran.fills == pairs("5 @ 100, 1 @ 99")


def test_submit_takes_an_amount_too():
    data = quotes((0, 99, 50, 100, 50))
    action = (0, lambda context: context.submit("ABC/USD", "buy", quote_quantity=250.0))
    assert run(data, action).fills == pairs("2 @ 100")


@pytest.mark.parametrize("limit", [None, 100])
def test_less_than_a_lot_is_denied(limit):
    ran = run(quotes((0, 99, 50, 100, 50)), (0, by_amount("99.99", limit)))
    assert ran.status() == ("denied", "lot_range")
    assert ran.balances["USD"] == 1000
    assert run(trades((0, "buy", 100, 1)), (0, by_amount(50))).status() == ("denied", "lot_range")


def test_nothing_is_neither_a_quantity_nor_an_amount():
    action = (0, lambda context: context.buy("ABC/USD"))
    with pytest.raises(TypeError, match="got NoneType; quote_quantity may stand for it"):
        run(quotes((0, 99, 50, 100, 50)), action)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"quantity": 1, "quote_quantity": 100}, "give one of quantity and quote_quantity"),
        ({"quote_quantity": 0}, "quote_quantity must be > 0, got 0"),
        ({"quote_quantity": "-1"}, "quote_quantity must be > 0, got -1"),
        ({"quote_quantity": "1e-9"}, "quote_quantity must be > 0"),
        ({"quote_quantity": float("nan")}, "quote_quantity must be finite, got nan"),
        ({"quote_quantity": 100, "trigger": 101}, "quote_quantity needs a price"),
        ({"quote_quantity": 100, "time_in_force": "fok"}, '"fok" needs a limit or a quantity'),
        ({"quote_quantity": 100, "stop": 90}, "stop and target need a quantity"),
    ],
)
def test_words_that_do_not_fit_are_refused(words, text):
    action = (0, lambda context: context.buy("ABC/USD", **words))
    with pytest.raises(bt.OrderError, match=text):
        run(quotes((0, 99, 50, 100, 50)), action)


levels = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 9)), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(levels, st.integers(1, 400_000), st.sampled_from(["cash", "linear"]))
def test_no_more_is_spent_than_the_amount_and_no_less_than_it_pays_for(steps, cents, account):
    """The obvious twin takes lot by lot, at most as many as the best price gives."""
    price, asks = 10_000, []
    for step, quantity in steps:
        price += step
        asks.append((price, quantity))
    amount, best = Decimal(cents) / 100, Decimal(asks[0][0]) / 100
    left, wanted = amount, amount // best
    expected = 0
    for cost in [Decimal(price) / 100 for price, quantity in asks for _ in range(quantity)]:
        if wanted == expected or left < cost:
            break
        left, expected = left - cost, expected + 1
    instrument = CONTRACT if account == "linear" else ABC
    book = [(0, "ask", Decimal(price) / 100, quantity) for price, quantity in asks]
    data = depth(*book, instrument=instrument)
    ran = run(data, (0, by_amount(str(amount))), cash="100000 USD", account=account)
    assert (spent(ran), sum(quantity for _, quantity in ran.fills)) == (amount - left, expected)
    if account == "cash":
        posted = [row for row in rows(ran.result.ledger) if row["reason"] == "trade_quote"]
        assert -sum(row["amount"] for row in posted) == spent(ran) <= amount
