"""A strategy that answers its own events at one time without end is stopped and told why."""

from __future__ import annotations

import pickle

import pytest
from hooked import TWO, backtest
from scripted import ABC, CONTRACT, Ran, exchange, quotes, rows, trades

import barter_python as bt

TOP = (0, 100.00, 12, 100.10, 50)
CONTRACTS = quotes(TOP, (100, *TOP[1:]), instrument=CONTRACT)


class OnOrder(bt.Strategy):
    """A new order for each that ended, a cancel for each that is accepted."""

    def on_quote(self, context, quote):
        context.buy(CONTRACT, 1, limit=90)

    def on_order(self, context, order):
        if order.is_working:
            context.cancel(order.id)
        else:
            context.buy(CONTRACT, 1, limit=90)


class OnAmend(bt.Strategy):
    """Another limit each time that one is in force."""

    def on_quote(self, context, quote):
        context.buy(CONTRACT, 1, limit=90)

    def on_order(self, context, order):
        context.amend(order.id, limit=90 if order.limit == 91 else 91)


class OnFill(bt.Strategy):
    """Two own orders that trade with each other, again and again."""

    def on_quote(self, context, quote):
        self.pair(context)

    def pair(self, context):
        context.sell(CONTRACT, 1, limit=100.05)
        context.buy(CONTRACT, 1, limit=100.05)

    def on_fill(self, context, fill):
        if fill.side == "buy":
            self.pair(context)


class OnTimer(bt.Strategy):
    def on_quote(self, context, quote):
        context.set_timer(at=context.time)

    def on_timer(self, context, timer):
        context.set_timer(after=0)


class OnStop(bt.Strategy):
    """Each stop that fires is followed by one on the other side, past its trigger already."""

    def on_quote(self, context, quote):
        context.sell(CONTRACT, 1, trigger=200)

    def on_order(self, context, order):
        if order.status == "triggered":
            if order.side == "buy":
                context.sell(CONTRACT, 1, trigger=200)
            else:
                context.buy(CONTRACT, 1, trigger=50)


class OnPair(bt.Strategy):
    """A pair of which one leg fires at once, for each pair that ended."""

    def on_quote(self, context, quote):
        context.oco(CONTRACT, "sell", 1, limit=300, trigger=200)

    def on_order(self, context, order):
        if order.status == "cancelled" and order.reason == "oco":
            side = "buy" if order.side == "sell" else "sell"
            limit, trigger = (300, 200) if side == "sell" else (20, 50)
            context.oco(CONTRACT, side, 1, limit=limit, trigger=trigger)


def storm(strategy) -> bt.EventStormError:
    venue = exchange(account="linear", self_trade="none", allow_immediate=True, fees=0)
    with pytest.raises(bt.EventStormError) as caught:
        bt.backtest(CONTRACTS, strategy, cash="1e9 USD", exchange=venue)
    return caught.value


@pytest.mark.parametrize(
    ("strategy", "causes"),
    [
        (OnOrder(), ["is accepted", "is cancelled (user)"]),
        (OnAmend(), ["is amended"]),
        (OnFill(), ["is accepted", "is filled (fill "]),
        (OnTimer(), ["timer ", " is due"]),
        (OnStop(), ["is triggered", "is filled (fill "]),
        (OnPair(), ["is triggered", "is cancelled (oco)"]),
    ],
)
def test_a_storm_names_its_last_causes_and_keeps_the_run(strategy, causes):
    error = storm(strategy)
    first, *last = str(error).splitlines()
    assert first == (
        "events caused events 10000 times over at 2023-11-15T00:00:00Z; the last were:"
    )
    assert 1 < len(last) <= 10
    for cause in causes:
        assert any(cause in line for line in last)
    result = error.result
    assert isinstance(result, bt.Backtest)
    assert not result.complete
    ran = Ran(result, strategy)
    assert sum(row["amount"] for row in rows(result.ledger)) == ran.balances["USD"]
    if not isinstance(strategy, OnTimer):
        assert ran.orders
    assert (ran.fills == []) == isinstance(strategy, OnOrder | OnAmend | OnTimer)
    assert "incomplete" in str(result) or "stopped" in str(result)


def test_a_storm_on_its_way_to_another_process_leaves_the_run_behind():
    error = storm(OnTimer())
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.result is None


def test_a_storm_of_a_run_inside_a_hook_is_that_run_s():
    class Outer(bt.Strategy):
        def on_quote(self, context, quote):
            storm_data = quotes(TOP, instrument=bt.Instrument("IN/USD", tick="0.01", lot=1))
            bt.backtest(storm_data, OnTimer(), cash=5)

    with pytest.raises(bt.EventStormError) as caught:
        bt.backtest(CONTRACTS, Outer(), cash=7)
    assert list(caught.value.result.summary.instruments) == ["IN/USD"]


def test_a_long_chain_that_ends_is_no_storm():
    """Nine thousand rounds at one time, and the rest of the run after it."""

    class Chain(bt.Strategy):
        left = 9_000

        def on_quote(self, context, quote):
            context.set_timer(after=0)

        def on_timer(self, context, timer):
            Chain.left -= 1
            if Chain.left > 0:
                context.set_timer(after=0)
            elif Chain.left == 0:
                context.buy(CONTRACT, 1)

    data = CONTRACTS + trades((50, "buy", 100, 1), instrument=CONTRACT)
    result = bt.backtest(data, Chain(), cash="1000 USD")
    assert result.complete
    assert len(result.fills) == 1


def test_with_a_latency_the_same_answers_are_spread_over_time():
    venue = exchange(account="linear", latency=("10ms", "10ms"))
    result = bt.backtest(CONTRACTS, OnOrder(), cash="1000 USD", exchange=venue)
    assert result.complete
    assert 2 < len(result.orders) < 20


def test_answering_every_message_with_an_order_ends_in_a_storm_error():
    class Storm(bt.Strategy):
        def on_quote(self, context, quote):
            context.buy(ABC, 1, limit=50)

        def on_order(self, context, order):
            context.buy(ABC, 10**6, limit=50)  # denied, and that is a message again

    with pytest.raises(bt.EventStormError, match="10000 times") as caught:
        backtest(TWO, Storm())
    assert len(str(caught.value)) < 10_000


def test_a_timer_that_sets_itself_at_now_ends_in_a_storm_error():
    class Storm(bt.Strategy):
        def on_quote(self, context, quote):
            context.set_timer(at=context.time)

        on_timer = on_quote

    with pytest.raises(bt.EventStormError):
        backtest(TWO, Storm())


def test_fills_that_cause_orders_without_end_are_a_storm():
    class Storm(bt.Strategy):
        def on_quote(self, context, quote):
            context.buy(ABC, 1)

        def on_fill(self, context, fill):
            (context.sell if fill.side == "buy" else context.buy)(ABC, 1)

    with pytest.raises(bt.EventStormError):
        bt.backtest(
            quotes((0, 100, 10**6, 100, 10**6)), Storm(), cash="1000 USD", exchange=exchange(fees=0)
        )
