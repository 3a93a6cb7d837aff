"""The worked examples: small markets, an order or two, and the numbers that must come out.

Unless said otherwise: tick 0.01, lot 1, taker 0.10 %, maker 0.08 %, no latency, resting orders
behind all that is displayed, a cash account that starts with 1,000 USD and nothing else.
"""

from decimal import Decimal

import pytest
from scripted import (
    ABC,
    CONTRACT,
    MINUTE,
    buy,
    cancel,
    candles,
    depth,
    pairs,
    quotes,
    rows,
    run,
    sell,
    trades,
)

import barter_python as bt

TOP = quotes((0, 100.00, 5, 100.10, 4))
ASKS = [(0, "ask", 100.10, 1), (0, "ask", 100.20, 2), (0, "ask", 100.50, 5), (0, "bid", 99, 50)]
BID_12 = quotes((0, 100.00, 12, 100.10, 50))


# Taking.


def test_a_market_order_pays_the_ask():
    ran = run(TOP, (0, buy(3)))
    assert ran.fills == pairs("3 @ 100.10")
    assert ran.liquidity == ["taker"]
    assert ran.fees == [Decimal("0.3003")]
    assert ran.balances == {"USD": Decimal("699.3997"), "ABC": 3}


def test_beyond_the_displayed_size_each_tick_offers_the_same():
    ran = run(TOP, (0, buy(10)), cash="2000 USD")
    assert ran.fills == pairs("4 @ 100.10, 4 @ 100.11, 2 @ 100.12")
    assert sum(ran.fees) == Decimal("1.00108")
    assert ran.orders[1]["average_price"] == pytest.approx(100.108)
    assert ran.balances == {"USD": Decimal("997.91892"), "ABC": 10}


def test_a_book_is_walked_level_by_level_and_remembers_what_was_taken():
    data = depth(*ASKS, (2, "ask", 100.10, 3))
    ran = run(data, (0, buy(4)), (1, buy(2)), (2, buy(4)), cash="2000 USD")
    assert ran.fills == pairs(
        "1 @ 100.10, 2 @ 100.20, 1 @ 100.50,"  # the fresh book
        "2 @ 100.50,"  # cheaper levels are used up
        "3 @ 100.10, 1 @ 100.50"  # one level was shown anew
    )
    spent = [
        sum(row["fee"] for row in ran.fill_rows if row["order"] == order) for order in (1, 2, 3)
    ]
    assert spent == [Decimal("0.401"), Decimal("0.201"), Decimal("0.4008")]
    assert ran.balances["USD"] == Decimal("996.1972")


@pytest.mark.parametrize(
    ("orders", "left"), [((4,), "1598.599"), ((4, 2), "1397.398"), ((4, 2, 4), "996.1972")]
)
def test_money_after_each_walk_of_the_book(orders, left):
    data = depth(*ASKS, (2, "ask", 100.10, 3))
    ran = run(data, *((ms, buy(quantity)) for ms, quantity in enumerate(orders)), cash="2000 USD")
    assert ran.balances["USD"] == Decimal(left)


def test_immediate_or_cancel_takes_up_to_its_limit_and_never_rests():
    ran = run(depth(*ASKS), (0, buy(4, 100.20, time_in_force="ioc")))
    assert ran.fills == pairs("1 @ 100.10, 2 @ 100.20")
    assert ran.orders[1]["average_price"] == pytest.approx(100.16666667)
    assert ran.orders[1]["filled"] == 3
    assert ran.status() == ("cancelled", "ioc")
    assert ran.balances["USD"] == Decimal("699.1995")


def test_post_only_is_rejected_where_it_would_take_and_rests_a_tick_below():
    ran = run(TOP, (0, buy(1, 100.10, post_only=True)), (0, buy(1, 100.09, post_only=True)))
    assert ran.status(1) == ("rejected", "post_only_would_cross")
    assert ran.status(2) == ("open", None)
    assert ran.fills == []


def test_a_market_order_stops_at_its_protection_price():
    ran = run(depth(*ASKS), (0, buy(4)), max_slippage="0.3%")
    assert ran.fills == pairs("1 @ 100.10, 2 @ 100.20")  # the cap is 100.40
    assert ran.status() == ("cancelled", "protection")
    assert ran.orders[1]["filled"] == 3
    assert ran.balances["USD"] == Decimal("699.1995")


def test_a_market_order_finds_an_empty_book():
    data = depth(*ASKS, (1, "ask", 100.10, 0), (1, "ask", 100.20, 0), (1, "ask", 100.50, 0))
    ran = run(data, (0, buy(1)), latency=("1ms", 0))
    assert ran.status() == ("cancelled", "no_liquidity")


# Resting.


def test_a_resting_order_waits_for_what_stood_before_it():
    sold = trades((10, "sell", 100.00, 7), (20, "sell", 100.00, 6), (30, "sell", 100.00, 10))
    ran = run(BID_12 + sold, (0, buy(5, 100.00)))
    assert ran.fills == pairs("1 @ 100.00, 4 @ 100.00")  # ahead: 12, 5, 0
    assert ran.times == [20, 30]
    assert ran.liquidity == ["maker"] * 2
    assert sum(ran.fees) == Decimal("0.40")
    assert ran.balances == {"USD": Decimal("499.60"), "ABC": 5}


def test_a_shrinking_level_moves_an_order_up():
    data = quotes((0, 100.00, 12, 100.10, 50), (5, 100.00, 8, 100.10, 50))
    ran = run(data + trades((10, "sell", 100.00, 9)), (0, buy(5, 100.00)))
    assert ran.fills == pairs("1 @ 100.00")  # ahead: 8, then 0
    assert ran.status() == ("part_filled", None)


@pytest.mark.parametrize("queue", ["trades_only", "front"])
def test_trades_through_the_price_fill_at_the_price_and_no_more_than_their_size(queue):
    sold = trades((10, "sell", 99.99, 3), (20, "sell", 99.98, 4))
    ran = run(BID_12 + sold, (0, buy(5, 100.00)), queue=queue)
    assert ran.fills == pairs("3 @ 100.00, 2 @ 100.00")
    assert ran.times == [10, 20]


def test_a_touch_fills_only_on_request():
    data = trades((0, "buy", 100.10, 1), (10, "sell", 100.00, 9))
    assert run(data, (0, buy(5, 100.00))).fills == []
    touched = run(data, (0, buy(5, 100.00)), touch="fill")
    assert touched.fills == pairs("5 @ 100.00")
    assert any(one.optimistic and one.topic == "touch" for one in touched.result.assumptions)


def test_a_buyer_s_trade_does_not_fill_a_buy():
    bought = trades((10, "buy", 100.00, 50))
    assert run(BID_12 + bought, (0, buy(5, 100.00)), queue="front").fills == []


def test_two_own_orders_share_one_trade_in_their_order():
    sold = trades((10, "sell", 100.00, 4))
    ran = run(BID_12 + sold, (0, buy(2, 100.00)), (0, buy(3, 100.00)), queue="front")
    assert [(row["order"], row["quantity"]) for row in ran.fill_rows] == [(1, 2), (2, 2)]


# Candles.


def test_an_order_on_a_close_meets_the_next_open():
    data = candles((104, 106, 103, 105), (106, 108, 104, 107))
    ran = run(data, (MINUTE, buy(1)))
    assert ran.fills == pairs("1 @ 106")
    assert ran.times == [MINUTE]


def test_a_low_must_pass_a_buy_limit():
    data = candles((99, 100, 98.5, 99), (99, 100, 98.00, 99), (99, 100, 97.99, 99))
    ran = run(data, (MINUTE, buy(1, 98)))
    assert ran.fills == pairs("1 @ 98")
    assert ran.liquidity == ["maker"]
    assert 2 * MINUTE <= ran.times[0] < 3 * MINUTE


def test_the_four_points_of_a_candle_are_one_book():
    """Flat, and the open is nearer to the low: open, low, high, close, with 10 each."""
    data = candles((50, 50, 50, 50, 40), (50, 52, 49, 51, 40))
    ran = run(data, (MINUTE, buy(25)), cash="2000 USD")
    assert ran.fills == pairs("10 @ 50, 10 @ 49, 5 @ 52")
    assert ran.orders[1]["average_price"] == 50
    assert ran.balances["USD"] == 2000 - 1250 - Decimal("1.250")
    assert ran.times == [MINUTE, MINUTE + 20_000, MINUTE + 40_000]


def test_post_only_is_judged_on_what_is_displayed_not_on_what_we_left_of_it():
    """The point offers 10 at 50, our market order takes them; a book behaves in the same way."""
    data = candles((50, 50, 50, 50, 40), (50, 50, 50, 50, 40))
    ran = run(data, (MINUTE, buy(10)), (MINUTE + 1, buy(1, 50, post_only=True)), cash="2000 USD")
    assert ran.status(2) == ("rejected", "post_only_would_cross")


def test_post_only_is_rejected_at_a_level_that_we_emptied():
    ran = run(depth(*ASKS, (2, "bid", 98, 1)), (0, buy(1)), (1, buy(1, 100.10, post_only=True)))
    assert ran.status(2) == ("rejected", "post_only_would_cross")


def test_points_lie_at_thirds_and_the_close_just_before_the_end():
    data = candles((50, 50, 50, 50, 4), (50, 52, 49, 51, 4))
    ran = run(data, (MINUTE, buy(4)))
    assert ran.fills == pairs("1 @ 50, 1 @ 49, 1 @ 52, 1 @ 51")
    assert ran.times == [60_000, 80_000, 100_000, pytest.approx(119_999.999999, abs=1e-7)]


def test_what_a_candle_cannot_fill_ends():
    data = candles((50, 50, 50, 50, 40), (50, 52, 49, 51, 40), (51, 51, 51, 51, 40))
    ran = run(data, (MINUTE, buy(45)), cash="10000 USD")
    assert sum(quantity for _, quantity in ran.fills) == 40
    assert ran.status() == ("cancelled", "no_liquidity")


@pytest.mark.parametrize(
    ("path", "position", "order"),
    [
        ("adverse", 1, "low high"),
        ("adverse", -1, "high low"),
        ("high_first", 1, "high low"),
        ("low_first", -1, "low high"),
        ("nearer", 1, "low high"),  # the open is nearer to the low
        ("nearer", -1, "low high"),
    ],
)
def test_the_path_decides_which_extreme_comes_first(path, position, order):
    data = candles(
        (100, 100, 100, 100), (100, 100, 100, 100), (100, 111, 94, 105), instrument=CONTRACT
    )
    first = buy(1) if position > 0 else sell(1)
    ran = run(
        data, (MINUTE, first), (2 * MINUTE, buy(1, 95)), (2 * MINUTE, sell(1, 110)),
        path=path, account="linear",
    )  # fmt: skip
    names = {95: "low", 110: "high"}
    assert " ".join(names[int(price)] for price, _ in ran.fills[1:]) == order


# Latency.


def test_an_order_meets_the_market_of_its_arrival_and_we_learn_later():
    class OnFirst(bt.Strategy):
        def on_start(self, context):
            self.told = []

        def on_quote(self, context, quote):
            if not context.orders() and not self.told:
                self.told.append(("sent", context.time))
                context.buy(quote.instrument, 1)

        def on_fill(self, context, fill):
            self.told.append(("told", context.time))

    data = quotes(
        (0, 100, 5, 100.10, 9), (5, 100, 5, 100.20, 9), (50, 100, 5, 100.20, 9), feed_latency="2ms"
    )
    ran = run(data, strategy=OnFirst(), latency=("4ms", "3ms"))
    assert ran.fills == pairs("1 @ 100.20")
    assert ran.times == [6]
    start = data.start
    assert ran.strategy.told == [("sent", start + 2_000_000), ("told", start + 9_000_000)]


def test_a_cancel_on_its_way_does_not_stop_a_fill():
    sold = trades((12, "sell", 99.99, 9), (50, "sell", 101, 1))
    ran = run(
        quotes((0, 100.00, 12, 100.10, 50)) + sold,
        (0, buy(5, 100)), (10, cancel(1)),
        latency=("4ms", "3ms"),
    )  # fmt: skip
    assert ran.times == [12]
    assert ran.strategy.returned == [1, True]
    assert (15, "fill", (1, 100, 5)) in ran.strategy.told
    assert ran.status() == ("filled", None)


def test_messages_of_one_session_keep_their_order():
    ran = run(
        quotes((0, 100, 5, 100.10, 1), (50, 100, 5, 100.10, 1)),
        (0, buy(1, 100.10)), (0, buy(1, 100.10)),
        latency="5ms",
    )  # fmt: skip
    assert ran.times == [5]
    assert ran.status(1)[0] == "filled"
    assert ran.status(2)[0] == "open"


# Money.


def test_locks_hold_limit_price_and_fee_and_go_back_whole():
    seen = []

    def look(context):
        balance = context.balance()
        seen.append((balance.total, balance.free, balance.locked))

    ran = run(
        quotes((0, 99, 5, 101, 5), (9, 99, 5, 101, 5)),
        (0, buy(9, 100)), (1, look), (2, buy(1, 100)), (3, cancel(1)), (4, look),
        fees="0.1%",
    )  # fmt: skip
    assert seen == [(1000, 99.10, 900.90), (1000, 1000, 0)]
    assert ran.status(1) == ("cancelled", "user")
    assert ran.status(2) == ("denied", "insufficient_funds")


def test_an_all_in_market_buy_is_cut_to_what_the_cash_pays_for_and_never_denied():
    """20,000 USD; one coin costs 20,000, and the fee of 0.10 % is paid in USD as well."""
    fine = bt.Instrument("BTC/USD", tick="0.01", lot="0.001")
    data = quotes((0, 19_999, 5, 20_000, 5), instrument=fine)
    ran = run(data, (0, buy(1)), cash="20000 USD")
    assert ran.fills == pairs("0.999 @ 20000")  # 0.999 × 20,000 × 1.001 = 19,999.98
    assert ran.status() == ("cancelled", "insufficient_funds")
    assert ran.balances == {"USD": Decimal("0.02"), "BTC": Decimal("0.999")}


@pytest.mark.parametrize(("cash", "fees"), [("1000 USD", 0), ("1001 USD", "0.1%")])
def test_a_market_buy_that_the_cash_just_pays_for_is_filled_whole(cash, fees):
    ran = run(quotes((0, 100, 99, 100, 99)), (0, buy(10)), cash=cash, fees=fees)
    assert ran.fills == pairs("10 @ 100")
    assert ran.status() == ("filled", None)
    assert ran.balances["USD"] == 0


def test_netting_averages_cost_and_realises_against_it():
    """A linear account of 10,000 USD without fees; buy 2 @ 100, 1 @ 130, sell 2 @ 120, 2 @ 105."""
    prices = [100, 130, 120, 105]
    data = quotes(
        *((ms, price, 9, price, 9) for ms, price in enumerate(prices)), instrument=CONTRACT
    )
    seen = []

    class Watched(bt.Strategy):
        def on_quote(self, context, quote):
            step = (quote.time - data.start) // 1_000_000
            (buy(2), buy(1), sell(2), sell(2))[step](context)

        def on_fill(self, context, fill):
            position = context.position()
            seen.append((position.quantity, position.average_price, position.realised))

    ran = run(data, strategy=Watched(), cash="10000 USD", account="linear", fees=0)
    assert seen == [(2, 100, 0), (3, 110, 0), (1, 110, 20), (-1, 105, 15)]
    realised = [row["amount"] for row in rows(ran.result.ledger) if row["reason"] == "realised"]
    assert realised == [20, -5]
    assert ran.balances["USD"] == 10_015


LEDGER = quotes((0, 100, 9, 100, 9), (1, 110, 9, 110, 9), (2, 105, 9, 105, 9))


def test_cash_plus_worth_is_start_plus_profit_less_fees():
    """Deposit 10,000; buy 2 @ 100 (fee 0.20), sell 1 @ 110 (fee 0.11), mark 105."""
    ran = run(LEDGER, (0, buy(2)), (1, sell(1)), cash="10000 USD", fees="0.1%")
    assert ran.fees == [Decimal("0.20"), Decimal("0.11")]
    assert ran.balances == {"USD": Decimal("9909.69"), "ABC": 1}
    assert ran.result.summary.end_equity == Decimal("10014.69")
    reasons = [row["reason"] for row in rows(ran.result.ledger)]
    assert reasons == ["deposit", *["trade_base", "trade_quote", "fee"] * 2]


def test_a_linear_account_posts_only_profit_and_fees():
    data = quotes(
        (0, 100, 9, 100, 9), (1, 110, 9, 110, 9), (2, 105, 9, 105, 9), instrument=CONTRACT
    )
    ran = run(data, (0, buy(2)), (1, sell(1)), cash="10000 USD", fees="0.1%", account="linear")
    assert ran.balances["USD"] == Decimal("10009.69")
    assert ran.result.summary.end_equity == Decimal("10014.69")
    reasons = [row["reason"] for row in rows(ran.result.ledger)]
    assert reasons == ["deposit", "fee", "realised", "fee"]


def test_a_short_earns_the_fall_less_taker_and_maker_fee():
    """Short 0.5 @ 50,000 as taker (0.05 %), back @ 49,000 as maker (0.02 %): 500 - 12.50 - 4.90."""
    fine = bt.Instrument(
        "BTC-PERP", kind="perpetual", base="BTC", quote="USD", tick="0.1", lot="0.1"
    )
    data = quotes((0, 50_000, 9, 50_010, 9), (5, 49_000, 9, 49_010, 9), instrument=fine)
    data += trades((10, "sell", 48_999, 9), instrument=fine)
    ran = run(
        data, (0, sell("0.5")), (6, buy("0.5", 49_000)),
        cash="100000 USD", fees=("0.02%", "0.05%"), account="linear",
    )  # fmt: skip
    assert ran.liquidity == ["taker", "maker"]
    assert ran.balances["USD"] - 100_000 == Decimal("482.60")


def test_a_rebate_is_a_negative_fee():
    """-0.005 % of 500."""
    ran = run(BID_12 + trades((1, "sell", 99.99, 5)), (0, buy(5, 100)), fees=("-0.005%", "0.1%"))
    assert ran.fees == [Decimal("-0.025")]
    assert ran.balances["USD"] == Decimal("500.025")


# What is not sent.


def test_a_price_off_the_tick_is_refused_with_its_neighbours():
    with pytest.raises(bt.OrderError, match=r"100\.005.*tick 0\.01; nearest 100(\.00)?, 100\.01"):
        run(TOP, (0, buy(1, "100.005")))


def test_a_quantity_off_the_lot_is_refused():
    with pytest.raises(bt.OrderError, match=r"0\.5 is not a multiple of lot 1; nearest 0, 1"):
        run(TOP, (0, buy("0.5", 100)))


@pytest.mark.parametrize(("quantity", "reason"), [("0.04", "min_notional"), ("0.05", None)])
def test_an_order_below_the_smallest_notional_is_denied(quantity, reason):
    fine = bt.Instrument("ABC/USD", tick="0.01", lot="0.01", min_notional=5)
    ran = run(quotes((0, 99, 5, 101, 5), instrument=fine), (0, buy(quantity, 100)))
    assert ran.status() == (("denied", reason) if reason else ("open", None))


def test_a_market_order_before_any_price_is_denied():
    class Early(bt.Strategy):
        def on_start(self, context):
            context.buy(ABC, 1)

    ran = run(TOP, strategy=Early())
    assert ran.status() == ("denied", "no_price")


GONE = [(0, 99, 5, 101, 4), (1, 99, 5, 101, 0)]  # the ask is 101, then nobody sells


def test_a_market_order_into_an_empty_side_is_sent_and_finds_nobody():
    locked = []

    def look(context):
        locked.append((context.balance().total, context.balance().locked))

    ran = run(quotes(*GONE, (9, 99, 5, 101, 0)), (1, buy(2)), (2, look), (6, look), latency="2ms")
    assert ran.status() == ("cancelled", "no_liquidity")
    # On its way it holds 2 × 101 × 1.05 back, and the fee of that.
    assert locked == [(1000, pytest.approx(212.1 * 1.001)), (1000, 0)]
    assert ran.balances["USD"] == 1000


@pytest.mark.parametrize(("ask", "fills"), [(106.05, "2 @ 106.05"), (106.06, "")])
def test_its_protection_is_that_of_the_price_shown_last(ask, fills):
    """Somebody sells while it is on its way: 101 × 1.05 = 106.05 is the most that it pays."""
    ran = run(quotes(*GONE, (3, 99, 5, ask, 4)), (1, buy(2)), latency="2ms")
    assert ran.fills == pairs(fills)
    if not fills:
        assert ran.status() == ("cancelled", "protection")


@pytest.mark.parametrize("first", [100, 101])
@pytest.mark.parametrize(("ask", "fills"), [("105.00", "1 @ 105.00"), (105.01, "")])
def test_of_a_book_whose_levels_go_at_one_time_the_best_counts(first, ask, fills):
    book = [(0, "ask", 100, 1), (0, "ask", 101, 1), (0, "bid", 99, 9)]
    gone = [(1, "ask", first, 0), (1, "ask", 201 - first, 0)]
    ran = run(depth(*book, *gone, (3, "ask", ask, 4)), (1, buy(1)), latency="2ms")
    assert ran.fills == pairs(fills)
    assert ran.status()[0] == ("filled" if fills else "cancelled")


def test_a_side_that_was_never_shown_has_no_price():
    data = quotes((0, 99, 5, 101, 0), (9, 99, 0, 101, 0), instrument=CONTRACT)
    ran = run(data, (0, buy(1)), (0, sell(1)), (9, sell(1)), account="linear")
    assert [ran.status(number)[1] for number in ran.orders] == ["no_price", None, "no_liquidity"]


@pytest.mark.parametrize("listens", [False, True])
def test_what_was_shown_is_known_whether_it_was_looked_at_or_not(listens):
    """Rows that wake nobody are looked at only when somebody asks."""

    class Late(bt.Strategy):
        def on_start(self, context):
            context.set_timer(after="5ms")

        def on_timer(self, context, timer):
            context.sell(ABC, 1)
            context.buy(ABC, 1)

    if listens:
        Late.on_quote = lambda self, context, quote: None
    rows_ = [(0, 90, 5, 101, 4), (1, 99, 5, 101, 0), (2, 99, 0, 101, 0), (9, 99, 0, 106.05, 4)]
    ran = run(quotes(*rows_), strategy=Late(), latency="4ms")
    assert ran.status(1) == ("denied", "insufficient_funds")  # it has no ABC, but a price
    assert ran.fills == pairs("1 @ 106.05")
