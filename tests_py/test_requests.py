"""Requests: how prices and quantities may be written, and what is refused at once."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hooked import TWO, inside
from scripted import ABC, buy, cancel, quotes, run, sell

import barter_python as bt

# Numbers.

TENTH = bt.Instrument("ABC/USD", tick="0.1", lot="0.1")
TENTHS = quotes((0, 0.2, 5, 0.9, 5), (1, 0.2, 5, 0.9, 5), instrument=TENTH)


@pytest.mark.parametrize(
    "price",
    [
        0.1 + 0.2,
        0.3,
        "0.3",
        " 0.30 ",
        Decimal("0.3"),
        np.float64(0.3),
        np.float32(0.3),
        Decimal("0.300"),
    ],
)
def test_a_price_on_the_tick_is_taken_however_it_is_written(price):
    assert run(TENTHS, (0, buy(1, price))).orders[1]["limit"] == Decimal("0.3")


@pytest.mark.parametrize(
    "quantity", [2, 2.0, "2", Decimal(2), np.int64(2), np.uint8(2), np.float32(2)]
)
def test_a_quantity_on_the_lot_is_taken_however_it_is_written(quantity):
    assert run(TENTHS, (0, buy(quantity, "0.3"))).orders[1]["quantity"] == 2


@pytest.mark.parametrize("price", [0.33, "0.33", Decimal("0.33"), np.float32(0.33)])
def test_a_price_off_the_tick_is_refused_with_both_neighbours(price):
    with pytest.raises(
        bt.OrderError, match=r"limit 0\.33 is not a multiple of tick 0\.1; nearest 0\.3, 0\.4"
    ):
        run(TENTHS, (0, buy(1, price)))


SLOTS = {
    "quantity": lambda context, value: context.buy(TENTH, value),
    "limit": lambda context, value: context.buy(TENTH, 1, limit=value),
    "sell quantity": lambda context, value: context.sell(TENTH, value, limit=1),
    "submit quantity": lambda context, value: context.submit(TENTH, "buy", value),
    "submit limit": lambda context, value: context.submit(TENTH, "sell", 1, limit=value),
    "target": lambda context, value: context.target(TENTH, value),
}
every_slot = pytest.mark.parametrize("slot", SLOTS)


def in_slot(slot, value):
    inside(lambda context: SLOTS[slot](context, value), TENTHS)


@every_slot
@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        np.float32("nan"),
        Decimal("NaN"),
        Decimal("-Infinity"),
    ],
)
def test_a_number_must_be_finite(slot, value):
    with pytest.raises(bt.OrderError, match="must be finite"):
        in_slot(slot, value)


@every_slot
@pytest.mark.parametrize("value", [True, np.True_, [1], (1,), object(), b"1", 1j, Fraction(1, 2)])
def test_what_is_no_number_is_refused(slot, value):
    with pytest.raises(TypeError, match="must be a number or text"):
        in_slot(slot, value)


@pytest.mark.parametrize("slot", ["quantity", "target", "submit quantity"])
def test_nothing_is_not_a_quantity(slot):
    with pytest.raises(TypeError, match="got NoneType"):
        in_slot(slot, None)


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if slot != "target"])
@pytest.mark.parametrize("value", [0, -1, 0.0, -0.0, "-1", Decimal("-0.1"), np.int8(-1)])
def test_a_price_or_quantity_must_be_positive(slot, value):
    with pytest.raises(bt.OrderError, match="must be > 0"):
        in_slot(slot, value)


@every_slot
@pytest.mark.parametrize("value", ["one", "1,5", "1.5.0", "", "0x1", "1e", "--1", "1\x00", "١"])
def test_text_must_be_a_number(slot, value):
    with pytest.raises(bt.OrderError):
        in_slot(slot, value)


@every_slot
@pytest.mark.parametrize(
    "value",
    [
        1e300,
        1e19,
        10**30,
        2**63,
        2**200,
        "1e400",
        "9" * 5000,
        Decimal("1e1000000"),
        Decimal("1e-1000000"),
    ],
)
def test_a_number_out_of_range_is_refused_at_once(slot, value):
    with pytest.raises(bt.OrderError) as caught:
        in_slot(slot, value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("side", ["long", "Buy ", "BUY ", 1, None, True])
def test_a_side_is_buy_or_sell(side):
    with pytest.raises((bt.OrderError, bt.ConfigError, TypeError), match="buy"):
        inside(lambda context: context.submit(ABC, side, 1))


@pytest.mark.parametrize("side", ["buy", bt.Side.BUY])
def test_a_side_may_be_text_or_member(side):
    assert run(TWO, (0, lambda context: context.submit(ABC, side, 1))).orders[1]["side"] == "buy"


@pytest.mark.parametrize("value", ["fill", "GTC ", "day", ""])
def test_an_unknown_time_in_force_is_refused(value):
    with pytest.raises((bt.OrderError, bt.ConfigError), match="gtc"):
        inside(lambda context: context.buy(ABC, 1, limit=100, time_in_force=value))


@pytest.mark.parametrize("value", ["ioc", bt.TimeInForce.IMMEDIATE_OR_CANCEL])
def test_a_time_in_force_may_be_text_or_member(value):
    ran = run(TWO, (0, buy(1, 100, time_in_force=value)))
    assert ran.orders[1]["time_in_force"] == "ioc"


def test_a_market_order_cannot_be_post_only():
    with pytest.raises(bt.OrderError, match="post_only needs a limit"):
        inside(lambda context: context.buy(ABC, 1, post_only=True))


# Cancels, refusals.


def test_cancelling_an_order_that_never_was_is_an_error():
    def probe(context):
        for unknown in (0, 1, 4_000_000_000):
            with pytest.raises(bt.OrderError, match=f"unknown order {unknown}"):
                context.cancel(unknown)

    inside(probe)


@pytest.mark.parametrize("number", [-1, 2**32, 2**64])
def test_a_number_that_no_order_can_have_is_as_unknown(number):
    with pytest.raises(bt.OrderError, match="unknown order"):
        inside(lambda context: context.cancel(number))


@pytest.mark.parametrize(
    "number",
    ["1", 1.0, None, True],
)
def test_an_order_is_named_by_its_number(number):
    def probe(context):
        context.buy(ABC, 1, limit=90)
        context.cancel(number)

    with pytest.raises(TypeError):
        inside(probe)


def test_a_second_cancel_and_one_that_comes_too_late_say_no():
    ran = run(TWO, (0, buy(1, 90)), (1, cancel(1)), (1, cancel(1)), (5, cancel(1)), latency="2ms")
    assert ran.strategy.returned[1:] == [True, False, False]
    assert ran.status() == ("cancelled", "user")


def test_all_orders_are_cancelled_at_once():
    ran = run(TWO, *((0, buy(1, 90 + more)) for more in range(3)), (1, lambda c: c.cancel_all()))
    assert ran.strategy.returned[-1] == 3
    assert {order["status"] for order in ran.orders.values()} == {"cancelled"}


def test_too_little_money_denies_the_order_and_the_run_goes_on():
    ran = run(TWO, (0, buy(11, 100)), (1, sell(1)), (2, buy(1)))
    assert ran.status(1) == ran.status(2) == ("denied", "insufficient_funds")
    assert (0, "denied", 1) in ran.strategy.told
    assert ran.status(3) == ("filled", None)
    assert ran.result.summary.refused == {"insufficient_funds": 2}


def test_a_denied_order_may_be_looked_up():
    def probe(context):
        order = context.order(context.buy(ABC, 100, limit=100))
        return order.status, order.reason, order.is_working, context.cancel(order.id)

    assert inside(probe) == ("denied", "insufficient_funds", False, False)


def test_target_counts_market_orders_on_their_way():
    def step(context):
        context.target(ABC, 3)
        assert context.target(ABC, 3) is None
        context.target(ABC, 1)

    ran = run(TWO, (0, step), (5, lambda context: context.close()), latency="1ms", account="linear")
    sent = [(order["side"], order["quantity"], order["status"]) for order in ran.orders.values()]
    assert sent == [("buy", 3, "filled"), ("sell", 2, "filled"), ("sell", 1, "filled")]
