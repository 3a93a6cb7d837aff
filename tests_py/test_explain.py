"""Why an order was filled or was not: stories of small markets, and laws over random runs."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from random_markets import acts, markets, venues
from random_markets import run as run_random
from scripted import (
    CONTRACT,
    MINUTE,
    buy,
    cancel,
    candles,
    depth,
    ns,
    quotes,
    rows,
    run,
    sell,
    trades,
)

import barter_python as bt

BID_12 = [(0, 100.00, 12, 100.10, 50), (9, 100.00, 12, 100.10, 50)]


def lines(ran, order=1):
    """(event, reason, count, filled) of each line."""
    found = rows(ran.result.explain(order).table)
    return [(row["event"], row["reason"], row["count"], row["filled"]) for row in found]


def text(ran, order=1):
    return str(ran.result.explain(order))


def test_a_queue_is_used_up_by_trades_before_it_fills():
    prints = trades((1, "sell", 100, 7), (2, "sell", 100, 4), (3, "sell", 100, 6))
    ran = run(quotes(*BID_12) + prints, (0, buy(5, 100)))
    # Twelve stand ahead: 7 and 4 go to them, of the 6 one does.
    assert lines(ran) == [
        ("sent", None, 1, None),
        ("accepted", None, 1, None),
        ("trade", "queue", 2, None),
        ("filled", None, 1, 5),
    ]
    assert "in the book at 100, 12 ahead" in text(ran)
    assert "2 trades, 11 in all, at the limit went to those ahead: 12 -> 1" in text(ran)
    assert "5 at 100, rested, by a trade of 6 at 100; 0 left" in text(ran)


def test_a_trade_from_our_own_side_and_one_that_stays_away_fill_nothing():
    prints = trades((1, "buy", 100, 50), (2, "sell", 100.05, 9), (3, "sell", 100.03, 9))
    ran = run(quotes(*BID_12) + prints, (0, buy(5, 100)))
    assert lines(ran)[2:5] == [
        ("trade", "wrong_side", 1, None),
        ("trade", "not_reached", 2, None),
        ("quote", "not_reached", 1, None),
    ]
    assert "the nearest at 100.03, 3 ticks away" in text(ran)
    assert lines(ran)[-1][0] == "end"


def test_our_earlier_orders_use_up_a_trade():
    ran = run(
        trades((0, "sell", 101, 1), (1, "sell", 99, 3), (2, "sell", 98, 9)),
        (0, buy(3, 100)), (0, buy(2, 100)),
    )  # fmt: skip
    assert lines(ran, 2)[2:] == [("trade", "own_orders", 1, None), ("filled", None, 1, 2)]


def test_a_touch_fills_nothing_where_no_queue_is_shown():
    ran = run(trades((0, "sell", 101, 1), (1, "sell", 100, 9)), (0, buy(5, 100)))
    assert lines(ran)[2:] == [("trade", "touched", 1, None), ("end", None, 1, None)]
    bars = candles((100,) * 4, (100, 101, 98, 99), (99, 99, 97.99, 99))
    ran = run(bars, (MINUTE, buy(1, 98)))
    found = lines(ran)
    assert ("candle", "touched", 1, None) in found
    assert ("candle", "not_reached", 4, None) in found  # three of one bar, the next open
    assert found[-1] == ("filled", None, 1, 1)


def test_what_came_before_it_arrived_or_after_it_was_gone():
    prints = trades((1, "sell", 99, 7), (5, "sell", 100.05, 1), (20, "sell", 99, 9))
    data = quotes((0, 100, 12, 100.10, 50)) + prints
    ran = run(data, (0, buy(5, 100)), (6, cancel(1)), latency="3ms")
    assert [line[:2] for line in lines(ran)] == [
        ("sent", None),
        ("trade", "not_there_yet"),
        ("accepted", None),
        ("trade", "not_reached"),
        ("cancel sent", None),
        ("cancelled", "user"),
        ("too late", "already_ended"),
    ]
    assert "the market came through 100 only now, to 99" in text(ran)
    assert "known to us at 2023-11-15T00:00:00.006Z" in text(ran)


def test_a_trigger_says_how_near_the_market_came():
    bars = candles((100,) * 4, (100,) * 4, (100, 108, 97, 105), instrument=CONTRACT)
    ran = run(
        bars, (MINUTE, buy(1)), (MINUTE + 1, sell(1, trigger=95)),
        account="linear", fees=0, cash="100000 USD",
    )  # fmt: skip
    assert lines(ran, 2)[2][:2] == ("price", "trigger_not_met")
    assert "the nearest at 97, 200 ticks away" in text(ran, 2)
    assert "waits for 95" in text(ran, 2)


def test_denied_and_refused_orders_say_their_numbers():
    ran = run(
        quotes(*BID_12), (0, buy(9, 100)), (0, buy(1, 100)), (1, buy(1, 100.10, post_only=True)),
        (2, cancel(1)), (3, buy(1, 100.10, post_only=True)),
    )  # fmt: skip
    # 9 at 100 with 0.10 % hold 900.90 back, another one 100.10.
    assert lines(ran, 2) == [("denied", "insufficient_funds", 1, None)]
    assert "it needs 100.1 USD, 99.1 USD are free" in text(ran, 2)
    assert lines(ran, 4)[1][:2] == ("rejected", "post_only_would_cross")
    assert "the other side stood at 100.1" in text(ran, 4)


def test_an_immediate_order_says_what_it_left():
    book = depth((0, "ask", 100.10, 1), (0, "ask", 100.50, 5), (0, "bid", 99, 50))
    ran = run(book, (0, buy(4, 100.20, time_in_force="ioc")))
    assert lines(ran) == [
        ("sent", None, 1, None),
        ("accepted", None, 1, None),
        ("filled", None, 1, 1),
        ("cancelled", "ioc", 1, None),
    ]
    assert "3 left unfilled" in text(ran)


def test_a_level_that_we_took_is_used_up():
    data = quotes((0, 100, 9, 101, 2), (1, 99.99, 9, 101, 2), (2, 99.98, 9, 101, 2))
    ran = run(data, (0, buy(2)), (0, buy(1, 101, post_only=True)), (0, buy(3, 100.5)))
    assert lines(ran, 3)[2] == ("quote", "not_reached", 2, None)


def test_an_order_object_is_as_good_as_its_number():
    seen = []

    class Keeps(bt.Strategy):
        def on_quote(self, context, quote):
            if not seen:
                seen.append(context.order(context.buy(quote.instrument, 1)))

    ran = run(quotes(*BID_12), strategy=Keeps())
    assert str(ran.result.explain(seen[0])) == text(ran, 1)


@pytest.mark.parametrize(
    ("order", "error", "said"),
    [
        (0, bt.OrderError, "numbered from 1"),
        (-1, bt.OrderError, "numbered from 1"),
        (2, bt.OrderError, "the run has orders 1 to 1"),
        ("first", TypeError, "its number or an Order"),
    ],
)
def test_an_order_that_is_not_there(order, error, said):
    ran = run(quotes(*BID_12), (0, buy(1)))
    with pytest.raises(error, match=said):
        ran.result.explain(order)


def test_a_story_is_a_table():
    story = run(quotes(*BID_12), (0, buy(1))).result.explain(1)
    assert pa.table(story).equals(pa.table(story.table))
    assert len(story) == len(story.table) == len(str(story).splitlines()) - 1
    assert (story.left_out, story.heading) == (0, str(story).splitlines()[0])


def test_a_stopped_run_tells_its_story_so_far():
    class Stops(bt.Strategy):
        def on_start(self, context):
            context.buy(context.instruments[0], 1, limit=50)

        def on_quote(self, context, quote):
            if quote.bid == 102:
                raise KeyboardInterrupt

    data = quotes(*((ms, 100 + ms, 9, 101 + ms, 9) for ms in range(6)))
    with pytest.raises(KeyboardInterrupt) as caught:
        bt.backtest(data, Stops(), cash="1000 USD")
    story = pa.table(caught.value.result.explain(1))
    assert story["event"].to_pylist()[-1] == "end"
    assert story["until"].cast(pa.int64()).to_pylist()[-1] == ns(2)


# Laws.


@settings(max_examples=100, deadline=None, derandomize=True)
@given(markets, venues, acts)
def test_a_story_has_the_fills_of_its_order(market, venue, given_acts):
    ran = run_random(market, venue, given_acts)
    for number, order in list(ran.orders.items())[:12]:
        story = rows(ran.result.explain(number).table)
        told = [(row["time"], row["filled"]) for row in story if row["filled"] is not None]
        fills = [fill for fill in ran.fill_rows if fill["order"] == number]
        assert told == [(fill["time"], fill["quantity"]) for fill in fills]
        assert sum((filled for _, filled in told), Decimal(0)) == order["filled"]
        if order["status"] in ("denied", "rejected", "cancelled", "expired", "filled"):
            assert [row["event"] for row in story].count(order["status"]) >= 1
            assert story[-1]["event"] != "end"
        ended = [row["reason"] for row in story if row["event"] == order["status"]]
        if order["status"] in ("denied", "rejected", "cancelled"):
            assert ended == [order["reason"]]


@pytest.mark.parametrize(
    "model",
    [
        {"queue": "touch 0.5"},
        {"queue": "log"},
        {"latency": "uniform 0ms 9ms"},
    ],
)
def test_draws_and_delays_are_those_of_the_run(model):
    prints = [(ms, "sell" if ms % 3 else "buy", 100 - (ms % 5) * 0.01, 3) for ms in range(60)]
    shown = [(ms, 99.99 - (ms % 4) * 0.01, 20 + ms % 7, 100.02, 30) for ms in range(60)]
    acts_ = [(ms, buy(2, 99.97)) for ms in range(0, 50, 4)]
    ran = run(quotes(*shown) + trades(*prints), *acts_, cash="100000 USD", seed=5, **model)
    for number in ran.orders:
        story = rows(ran.result.explain(number).table)
        told = [(row["time"], row["filled"]) for row in story if row["filled"] is not None]
        fills = [fill for fill in ran.fill_rows if fill["order"] == number]
        assert told == [(fill["time"], fill["quantity"]) for fill in fills]
    assert ran.fills
