"""Kinds of orders beyond market and limit, and how orders change: worked examples and laws.

The venue is that of the worked examples: tick 0.01, lot 1, taker 0.10 %, maker 0.08 %.
"""

from decimal import Decimal

import pytest
from scripted import (
    ABC,
    CONTRACT,
    MINUTE,
    at,
    buy,
    cancel,
    candles,
    depth,
    pairs,
    quotes,
    run,
    sell,
    trades,
)

import barter_python as bt

ASKS = [(0, "ask", 100.10, 1), (0, "ask", 100.20, 2), (0, "ask", 100.50, 5), (0, "bid", 99, 50)]
TOP = (0, 100.00, 12, 100.10, 50)
QUIET = quotes(TOP, (100, *TOP[1:]))


def amend(order, **terms):
    return lambda context: context.amend(order, **terms)


def linear(data, *actions, **settings):
    """On margin, with contracts, at no fee."""
    more = {"account": "linear", "fees": 0, "cash": "100000 USD"} | settings
    return run(data, *actions, **more)


def bars(*rows):
    return candles(*rows, instrument=CONTRACT)


def told(ran, order):
    return [(when, what) for when, what, of in ran.strategy.told if of == order]


# All or nothing.


def test_a_fill_or_kill_order_does_not_fill_in_part():
    ran = run(depth(*ASKS), (0, buy(4, 100.20, time_in_force="fok")))
    assert ran.fills == []
    assert ran.status() == ("cancelled", "fok")
    assert ran.balances == {"USD": 1000, "ABC": 0}


def test_a_fill_or_kill_order_fills_in_full():
    ran = run(depth(*ASKS), (0, buy(3, 100.20, time_in_force="fok")))
    assert ran.fills == pairs("1 @ 100.10, 2 @ 100.20")
    assert ran.status() == ("filled", None)


def test_a_fill_or_kill_order_counts_only_what_is_displayed():
    data = quotes((0, 100.00, 5, 100.10, 4))
    more = {"cash": "2000 USD"}
    assert run(data, (0, buy(5, 101, time_in_force="fok")), **more).fills == []
    assert run(data, (0, buy(4, 101, time_in_force="fok")), **more).fills == pairs("4 @ 100.10")
    assert run(data, (0, buy(5, time_in_force="fok")), **more).status() == ("cancelled", "fok")


# Time.


def test_an_order_is_gone_at_its_time():
    market = QUIET + trades((10, "sell", 99.90, 5))
    ran = run(
        market,
        (0, lambda c: c.buy(ABC, 1, limit=100, expire=c.time + 10_000_000)),
        (10, buy(1, 100)),
    )
    assert ran.fills == []
    assert ran.status(1) == ("expired", "expired")
    assert ran.status(2) == ("open", None)
    late = run(market, (0, lambda c: c.buy(ABC, 1, limit=100, expire=c.time + 10_000_001)))
    assert late.fills == pairs("1 @ 100")


def test_an_order_that_arrives_at_its_time_expires():
    def send(context):
        context.buy(ABC, 1, limit=101, expire=context.time + 5_000_000)

    ran = run(quotes(TOP, (20, 100, 12, 100.10, 50)), (0, send), latency="5ms")
    assert ran.fills == []
    assert ran.status() == ("expired", "expired")
    assert ran.strategy.told == [(10, "expired", 1)]
    assert ran.balances["USD"] == 1000


def test_an_expiry_without_rows_is_told_in_time():
    ran = run(
        quotes(TOP, (100, 100, 12, 100.10, 50)),
        (0, lambda c: c.buy(ABC, 1, limit=100, expire=c.time + 30_000_000)),
        (31, lambda c: (c.balance("USD").free, c.orders())),
    )
    assert ran.strategy.told == [(0, "open", 1), (30, "expired", 1)]
    assert ran.strategy.returned[1] == (1000, [])


# Amendments.


def queue_of_16(*actions):
    shown = [TOP, (1, 100, 17, 100.10, 50), (2, 100, 16, 100.10, 50)]
    sold = [
        (10, "sell", 100.00, 12),
        (11, "sell", 100, 1),
        (12, "sell", 100, 3),
        (13, "sell", 100, 9),
    ]
    return run(quotes(*shown) + trades(*sold), (0, buy(5, 100)), *actions, cash="2000 USD")


def test_less_at_the_same_price_keeps_the_place():
    ran = queue_of_16((5, amend(1, quantity=3)))
    assert ran.fills == pairs("1 @ 100, 2 @ 100")
    assert ran.times == [11, 12]
    assert ran.status() == ("filled", None)


def test_more_goes_to_the_back():
    ran = queue_of_16((5, amend(1, quantity=3)), (6, amend(1, quantity=6)))
    assert ran.times == [13]
    assert ran.fills == pairs("6 @ 100")


def test_an_amendment_to_what_is_filled_ends_the_order():
    ran = queue_of_16((11.5, amend(1, quantity=1)))
    assert ran.fills == pairs("1 @ 100")
    assert ran.status() == ("cancelled", "user")
    assert ran.orders[1]["filled"] == 1


def test_an_amended_price_may_take():
    ran = run(QUIET, (0, buy(5, 100)), (1, amend(1, limit=100.10)))
    assert ran.fills == pairs("5 @ 100.10")
    assert ran.liquidity == ["taker"]


def test_the_lock_follows_an_amendment():
    def free(context):
        return context.balance("USD").free

    ran = run(
        QUIET,
        (0, buy(5, 90)),
        (1, free),
        (1, amend(1, quantity=10)),
        (2, free),
        (2, amend(1, quantity=11, limit=99)),
        (3, free),
        (3, lambda c: c.order(1).quantity),
        (4, cancel(1)),
        (5, free),
    )
    assert ran.strategy.returned[1] == pytest.approx(1000 - 5 * 90 * 1.001)
    assert ran.strategy.returned[3] == pytest.approx(1000 - 10 * 90 * 1.001)
    # 11 at 99 need more than there is: refused, and everything is as it was.
    assert ran.strategy.returned[5] == ran.strategy.returned[3]
    assert ran.strategy.returned[6] == 10
    assert ran.strategy.returned[-1] == 1000


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "give a quantity"),
        ({"quantity": 0}, "must be > 0"),
        ({"quantity": 1.5}, "not a multiple of lot 1"),
        ({"limit": 100.001}, "not a multiple of tick"),
        ({"trigger": 100}, "no trigger"),
    ],
)
def test_terms_that_an_order_cannot_have(terms, said):
    with pytest.raises(bt.OrderError, match=said):
        run(QUIET, (0, buy(5, 90)), (1, amend(1, **terms)))


def test_orders_that_cannot_be_amended():
    with pytest.raises(bt.OrderError, match="unknown order 7"):
        run(QUIET, (1, amend(7, quantity=1)))
    ran = run(QUIET, (0, buy(1)), (1, amend(1, quantity=2)))
    assert ran.strategy.returned[1] is False  # it is filled
    with pytest.raises(bt.OrderError, match="no limit"):
        run(QUIET, (0, buy(1)), (1, amend(1, limit=2)))


def test_fills_count_against_an_amendment_on_its_way():
    data = quotes(TOP, (40, 99, 1, 100.10, 50)) + trades((7, "sell", 99.99, 2))
    ran = run(data, (0, buy(5, 100)), (5, amend(1, quantity=3)), latency="3ms", cash="2000 USD")
    assert ran.orders[1]["quantity"] == 3
    assert ran.fills == pairs("2 @ 100")
    assert told(ran, 1)[-1] == (11, "part_filled")


# Stops.


def stopped(*rows, **settings):
    """Long one contract from 105, a stop below it at 100; the candles after that."""
    first = [(105, 105, 105, 105), (105, 105, 105, 105)]
    return linear(
        bars(*first, *rows), (MINUTE, buy(1)), (MINUTE + 1, sell(1, trigger=100)), **settings
    )


def test_a_stop_that_is_gapped_fills_at_the_open():
    ran = stopped((90, 95, 88, 94))
    assert ran.fills == pairs("1 @ 105, 1 @ 90")
    assert ran.balances["USD"] == 100_000 - 15


def test_a_stop_within_a_candle_fills_at_its_trigger():
    ran = stopped((102, 103, 98, 99))
    assert ran.fills == pairs("1 @ 105, 1 @ 100")
    assert ran.status(2) == ("filled", None)
    assert ran.orders[2]["kind"] == "stop_market"


def test_a_stop_limit_rests_once_it_is_triggered():
    data = bars((105,) * 4, (97, 98, 96, 97), (98, 99.5, 97, 98))
    ran = linear(data, (1, sell(1, 99, trigger=100)))
    assert ran.fills == pairs("1 @ 99")
    assert ran.times[0] > 2 * MINUTE
    assert [what for _, what in told(ran, 1)] == ["open", "triggered", "filled"]


def test_a_stop_waits_for_trades_and_then_takes_the_quote():
    data = quotes(TOP, (9, 99.40, 20, 99.50, 20)) + trades(
        (5, "sell", 99.60, 1), (8, "buy", 99.50, 1), (10, "sell", 99.40, 3)
    )
    ran = run(
        data, (0, buy(2)), (1, sell(2, trigger=99.50)), cash="2000 USD",
    )  # fmt: skip
    assert ran.times == [0, 8]
    assert ran.fills[1] == (Decimal("100.00"), 2)  # the quote of that time
    assert ran.status(2) == ("filled", None)


@pytest.mark.parametrize(("by", "when"), [("last", 5), ("bid_ask", 9), ("mark", 5)])
def test_the_price_that_is_watched(by, when):
    data = quotes(TOP, (9, 99.00, 20, 99.20, 20)) + trades((5, "sell", 99.00, 1))
    ran = linear(data, (1, sell(1, trigger=99.30, trigger_by=by)))
    assert ran.times == [when]


def test_a_trigger_that_is_met_on_arrival():
    data = QUIET + trades((0.5, "sell", 100, 1))
    assert run(data, (1, buy(1, trigger=99))).status() == ("rejected", "would_trigger")
    ran = run(data, (1, buy(1, trigger=99)), allow_immediate=True)
    assert ran.fills == pairs("1 @ 100.10")
    touched = run(data, (1, buy(1, if_touched=99)))
    assert touched.status() == ("open", None)


def test_an_order_if_touched_buys_when_the_price_falls():
    data = QUIET + trades((0.5, "sell", 100, 1), (3, "sell", 98, 1), (4, "sell", 97, 1))
    ran = run(data, (1, buy(1, if_touched=98)), (1, buy(1, 99.5, if_touched=97)))
    assert ran.times == [3]
    assert ran.status(2) == ("triggered", None)
    assert ran.orders[1]["kind"] == "touched_market"
    assert ran.orders[2]["kind"] == "touched_limit"


def test_a_trailing_stop_follows_and_never_returns():
    prints = [(1, 100), (2, 103), (3, 102), (4, 105), (5, 103.5), (6, 103), (7, 90)]
    data = QUIET + trades(*((ms, "buy", price, 1) for ms, price in prints))
    ran = linear(data, (1, sell(1, trail=2)), (4.5, lambda c: c.order(1).kind))
    assert ran.times == [6]  # 105 less 2
    share = linear(data, (1, sell(1, trail="2%")))
    assert share.times == [7]  # 102.90, which 103 does not reach
    assert ran.strategy.returned[1] == "trailing_stop"


def test_stops_hold_no_money_until_they_are_triggered():
    data = QUIET + trades((5, "buy", 101, 1))

    def free(context):
        return context.balance("USD").free

    ran = run(data, (0, buy(50, trigger=101)), (1, free))
    assert ran.strategy.returned[1] == 1000
    assert ran.status() == ("rejected", "insufficient_funds")


def test_a_waiting_order_can_be_cancelled_and_amended():
    data = QUIET + trades((5, "buy", 101, 1), (8, "buy", 102, 1))
    ran = run(data, (0, buy(1, trigger=101)), (1, cancel(1)))
    assert ran.status() == ("cancelled", "user")
    assert ran.fills == []
    ran = run(data, (0, buy(1, trigger=101)), (1, amend(1, trigger=102)))
    assert ran.times == [8]


# Reduce-only.


def reducing(*actions, **settings):
    data = quotes((0, 100.00, 5, 100.10, 50), (50, 100, 5, 100.10, 50), instrument=CONTRACT)
    more = trades((20, "buy", 101.00, 2), (30, "buy", 103.00, 9), instrument=CONTRACT)
    return linear(data + more, (0, buy(3)), *actions, **settings)


def test_a_reduce_only_order_is_cut_to_the_position():
    ran = reducing((1, sell(5, 102, reduce_only=True)), (2, sell(1, 102, reduce_only=True)))
    assert ran.orders[2]["quantity"] == 3
    assert ran.status(3) == ("denied", "reduce_only_nothing_left")
    assert ran.fills == pairs("3 @ 100.10, 3 @ 102")


def test_reduce_only_orders_shrink_with_the_position_the_newest_first():
    ran = reducing(
        (1, sell(2, 102, reduce_only=True)),
        (2, sell(1, 102.5, reduce_only=True)),
        (3, sell(2, 100.50)),  # filled at 20 by the print of 2
        (25, lambda c: [(o.id, o.quantity) for o in c.orders()]),
    )
    assert ran.strategy.returned[4] == [(2, 1)]
    assert ran.status(3) == ("cancelled", "reduce_only")
    assert ran.fills == pairs("3 @ 100.10, 2 @ 100.50, 1 @ 102")


def test_a_reduce_only_order_never_flips_within_one_print():
    ran = reducing((1, sell(3, 102, reduce_only=True)), (2, sell(3, 101.50)))
    # One print of 9 reaches both: the better priced one closes, nothing is left for the other.
    assert ran.fills == pairs("3 @ 100.10, 3 @ 101.50")
    assert ran.status(2) == ("cancelled", "reduce_only")


def test_a_cash_account_has_no_positions_to_reduce():
    ran = run(QUIET, (0, buy(1)), (1, sell(1, 101, reduce_only=True)))
    assert ran.status(2) == ("denied", "reduce_only_unsupported")


# Our own orders among themselves.


@pytest.mark.parametrize(
    ("mode", "fills", "seller", "buyer"),
    [
        ("expire_taker", "", ("open", None), ("cancelled", "self_trade")),
        ("expire_maker", "3 @ 100.10", ("cancelled", "self_trade"), ("filled", None)),
        ("expire_both", "", ("cancelled", "self_trade"), ("cancelled", "self_trade")),
        ("decrement", "1 @ 100.10", ("cancelled", "self_trade"), ("filled", None)),
        ("none", "2 @ 100.10, 2 @ 100.10, 1 @ 100.10", ("filled", None), ("filled", None)),
    ],
)
@pytest.mark.parametrize("by_order", [True, False])
def test_an_order_that_meets_our_own(mode, fills, seller, buyer, by_order):
    data = depth((0, "bid", 99, 9), (1, "ask", 100.10, 5), (9, "bid", 98, 1), instrument=CONTRACT)
    own = {"self_trade": mode} if by_order else {}
    more = {} if by_order else {"self_trade": mode}
    ran = linear(data, (0, sell(2, 100.10)), (2, buy(3, **own)), **more)
    assert ran.fills == pairs(fills)
    assert ran.status(1) == seller
    assert ran.status(2) == buyer


def test_better_priced_quantity_of_others_comes_first():
    data = depth(
        (0, "ask", 100.10, 2),
        (0, "ask", 100.30, 9),
        (0, "bid", 99, 9),
        (9, "bid", 98, 1),
        instrument=CONTRACT,
    )
    ran = linear(data, (0, sell(2, 100.20)), (1, buy(5, 100.40, self_trade="expire_taker")))
    assert ran.fills == pairs("2 @ 100.10")
    ran = linear(data, (0, sell(2, 100.20)), (1, buy(5, 100.40, self_trade="expire_maker")))
    assert ran.fills == pairs("2 @ 100.10, 3 @ 100.30")


# Words that do not fit each other.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"post_only": True}, "needs a limit"),
        ({"limit": 100, "post_only": True, "time_in_force": "ioc"}, "never takes"),
        ({"limit": 100, "reprice": True}, "needs post_only"),
        ({"limit": 100, "time_in_force": "gtd"}, "needs expire"),
        ({"limit": 100, "time_in_force": "ioc", "expire": 2**62}, "needs time_in_force"),
        ({"expire": 2**62}, "does not wait"),
        ({"limit": 100, "expire": 1}, "must lie after now"),
        ({"trigger_by": "last"}, "needs a trigger"),
        ({"trigger": 99, "if_touched": 98}, "give one of"),
        ({"trail": 1, "limit": 99}, "no limit"),
        ({"trail": "100%"}, "between 0% and 100%"),
        ({"trail": 0}, "must be > 0"),
        ({"trigger": -1}, "must be > 0"),
        ({"trigger": 99, "trigger_by": "lst"}, "last"),
        ({"limit": 100, "self_trade": "cancel"}, "expire_taker"),
    ],
)
def test_words_that_contradict_each_other(words, said):
    with pytest.raises((bt.OrderError, bt.ConfigError), match=said):
        run(QUIET, (1, lambda context: context.buy(ABC, 1, **words)))


def test_a_post_only_order_may_move_away():
    ran = run(QUIET, (0, buy(1, 100.15, post_only=True, reprice=True)), (1, at))
    assert ran.status() == ("open", None)
    assert ran.orders[1]["limit"] == Decimal("100.09")


# Orders that belong together.


def oco(quantity, side="sell", **words):
    return lambda context: context.oco(CONTRACT, side, quantity, **words)


LONG_FROM_100 = [(100,) * 4, (100,) * 4, (100, 111, 94, 105)]


@pytest.mark.parametrize(
    ("path", "price", "ended"),
    [("adverse", 95, 2), ("nearer", 95, 2), ("high_first", 110, 3), ("low_first", 95, 2)],
)
def test_one_leg_cancels_the_other(path, price, ended):
    ran = linear(
        bars(*LONG_FROM_100),
        (MINUTE, buy(1)),
        (MINUTE + 1, oco(1, limit=110, trigger=95)),
        path=path,
    )
    assert ran.fills == [(Decimal(100), 1), (Decimal(price), 1)]
    assert ran.status(ended) == ("cancelled", "oco")
    assert ran.balances["USD"] == 100_000 + price - 100


def test_legs_of_different_size_hold_what_both_may_cost():
    """2 @ 100.5 and then the other 3 @ 90 are 471, dearer than 5 @ 90; the fee comes on top."""

    def locked(context):
        return context.balance("USD").locked

    def pair(context):
        return context.oco(ABC, "buy", 2, limit=90, trigger=101, stop_limit=100.5)

    data = quotes((0, 99, 50, 100.7, 50), (2, 99, 50, 101, 50), (9, 99, 50, 101, 50))

    def amend(context):
        return context.amend(1, quantity=5)

    ran = run(data, (1, pair), (1.5, locked), (3, locked), (4, amend), (5, locked))
    assert ran.strategy.returned == [(1, 2), 180.18, 201.201, True, 471.471]


def test_two_legs_hold_their_money_once():
    def free(context):
        return context.balance("ABC").free, context.balance("ABC").locked

    ran = run(
        QUIET,
        (0, buy(5)),
        (1, lambda c: c.oco(ABC, "sell", 5, limit=110, trigger=95)),
        (2, free),
        (3, cancel(2)),  # the limit held the money; nothing waits for any now
        (4, free),
        (5, lambda c: [order.id for order in c.orders()]),
    )
    assert ran.strategy.returned[2] == (0, 5)
    assert ran.strategy.returned[4] == (5, 0)
    assert ran.strategy.returned[5] == [3]


def test_two_legs_are_denied_together():
    ran = run(QUIET, (1, lambda c: c.oco(ABC, "sell", 5, limit=110, trigger=95)))
    assert ran.status(1) == ("denied", "insufficient_funds")
    assert ran.status(2) == ("denied", "oco_leg")
    assert ran.orders[2]["created"] is not None


def test_a_part_of_one_leg_is_taken_off_the_other():
    data = QUIET + trades((5, "buy", 111, 2), (7, "sell", 95, 9))
    ran = run(data, (0, buy(5)), (1, lambda c: c.oco(ABC, "sell", 5, limit=110, trigger=95)))
    assert ran.fills == pairs("5 @ 100.10, 2 @ 110, 3 @ 100")
    assert ran.orders[3]["quantity"] == 3
    assert ran.status(2) == ("cancelled", "oco")
    assert ran.balances["ABC"] == 0


def test_exits_come_to_life_with_their_entry():
    data = QUIET + trades(
        (3, "sell", 99.99, 2), (5, "buy", 105, 1), (6, "sell", 99.99, 1), (8, "buy", 105, 9)
    )
    ran = run(
        data,
        (0, lambda c: c.buy(ABC, 3, limit=100, stop=90, target=104)),
        (1, lambda c: [(o.id, o.status.value) for o in c.orders()]),
        (4, lambda c: [(o.id, o.quantity) for o in c.orders()]),
        (7, lambda c: [(o.id, o.quantity, o.filled) for o in c.orders()]),
    )
    assert ran.strategy.returned[0] == 1
    assert ran.strategy.returned[1] == [(1, "open"), (2, "submitted"), (3, "submitted")]
    assert ran.strategy.returned[2] == [(1, 3), (2, 2), (3, 2)]
    assert ran.strategy.returned[3] == [(2, 2, 0), (3, 3, 1)]
    assert ran.fills == pairs("2 @ 100, 1 @ 104, 1 @ 100, 2 @ 104")
    assert ran.status(2) == ("cancelled", "oco")
    assert ran.status(3) == ("filled", None)


def test_a_stop_of_an_entry_filled_within_the_candle_waits_for_the_next_point():
    ran = linear(
        bars((100,) * 4, (100, 101, 90, 99)),
        (1, lambda c: c.buy(CONTRACT, 1, limit=98, stop=95, target=120)),
        path="low_first",
    )
    # Filled on the way to the low; from there the high comes next, which is above the stop.
    assert ran.fills == pairs("1 @ 98")
    assert ran.status(2) == ("open", None)


def test_exits_end_with_an_entry_that_was_not_filled():
    ran = run(QUIET, (0, lambda c: c.buy(ABC, 3, limit=90, stop=80, target=99)), (1, cancel(1)))
    assert [ran.status(order) for order in (1, 2, 3)] == [
        ("cancelled", "user"), ("cancelled", "oco"), ("cancelled", "oco"),
    ]  # fmt: skip


def test_exits_of_a_denied_entry_are_denied():
    ran = run(QUIET, (0, lambda c: c.buy(ABC, 300, limit=90, stop=80)))
    assert ran.status(1) == ("denied", "insufficient_funds")
    assert ran.status(2) == ("denied", "oco_leg")
