"""Running systems as their users run them: from threads and tasks, on both clocks, to the end."""

import asyncio
import random
import threading
from decimal import Decimal

import numpy as np
import pytest
from scripted import START, ns
from systems import NAMES, balances, book, candle, config, named, order, told, touch, trade, walk

import barter_python as bt

pytestmark = pytest.mark.integration

BTC = bt.Instrument("BTC/USDT", tick="1", lot="1", base="btc", quote="usdt")


class Trades(bt.Strategy):
    """Buys low and sells high, whatever shows the price; rests an order besides; sets timers."""

    def on_start(self, context):
        self.set = 0

    def see(self, context, instrument, price):
        context.target(instrument, 2 if price < 102 else 0)
        if self.set < 3:
            self.set += 1
            context.set_timer(after="1500ms")

    def on_quote(self, context, quote):
        self.see(context, quote.instrument, quote.bid)

    def on_trade(self, context, trade):
        self.see(context, trade.instrument, trade.price)

    def on_book(self, context, book):
        if book.bid is not None:
            self.see(context, book.instrument, book.bid)

    def on_candle(self, context, candle):
        self.see(context, candle.instrument, candle.close)

    def on_timer(self, context, timer):
        context.buy(context.instruments[0], 1, limit=95)


def mixed(count=300, seed=1):
    """Trades and quotes of one instrument, the book of another, several at one time."""
    made = random.Random(seed)
    events, ms, price = [book(0, [(100, 9)], [(103, 9)], of=1)], 0, 101
    for _ in range(count):
        ms += made.choice((0, 0, 1, 700))
        price = min(110, max(95, price + made.choice((-1, 0, 1))))
        kind = made.randrange(4)
        if kind == 0:
            events.append(trade(ms, price, made.randint(1, 3), side=made.choice(("buy", "sell"))))
        elif kind == 1:
            events.append(touch(ms, price, price + 1, made.randint(1, 9)))
        else:
            side = [(price - made.randint(0, 2), made.randint(0, 9))]
            either = (side, []) if kind == 2 else ([], [(price + 12, made.randint(0, 9))])
            events.append(book(ms, *either, of=1, update=True))
    return events


def candles(count=200):
    steps = [(0, 1, 2, 3, 2, 1)[at % 6] + 100 for at in range(count)]
    return [candle(at, (price, price + 2, price - 2, price + 1)) for at, price in enumerate(steps)]


MARKETS = {"mixed": mixed(), "candles": candles()}
every_market = pytest.mark.parametrize("market", MARKETS)


def start(**settings):
    return bt.start_system(config(fees_percent="0.1"), **{"clock": "event"} | settings)


# A whole life.


def test_a_life_on_the_wall_clock():
    system = bt.start_system(config(fees_percent="0.1"))
    assert system.is_running()
    assert system.state().orders == []
    system.send_open_requests([order("buy", 1, cid="early")])
    (early,) = system.state().orders
    assert early.key == named("early")
    assert early.status in {"rejected", "denied", "cancelled"}  # there is no market yet
    assert early.reason is not None
    assert system.feed_events([trade(0, 100), touch(1, 99, 101), trade(2, 101)]) == 3
    system.send_open_requests([order("buy", 1, cid="now"), order("buy", 2, 50, cid="rests")])
    state = system.state()
    now, rests = state.orders[1:]
    assert (now.status, now.average_price) == ("filled", 101)
    assert (rests.status, rests.filled) == ("open", 0)
    assert state.instruments[0].orders == (rests,)
    assert state.instruments[0].position.quantity == 1
    assert balances(state)["usdt"] == (
        Decimal(10_000) - 101 - Decimal("0.101"),
        Decimal(10_000) - 101 - Decimal("0.101") - 100 - Decimal("0.1"),
    )
    system.close_positions()
    assert system.state().instruments[0].position.quantity == 0
    summary = system.shutdown_with_summary()
    assert not system.is_running()
    assert (summary.fills, summary.trades) == (2, 1)
    # 1 bought at 101 and sold at 99, a thousandth of both.
    assert summary.end_equity == 10_000 - 2 - Decimal("0.2")


def test_the_wall_clock_never_stands_still():
    with bt.start_system(config(), audit=True) as system:
        system.feed_events(walk(50))
        audit = system.take_audit()
    times = [tick.time for tick in audit.updates if tick.kind == "quote" and not tick.is_step]
    assert len(times) == 50
    assert times == sorted(set(times))


# The clock of the events.


@every_market
@pytest.mark.parametrize("strategy", [None, Trades])
def test_events_of_a_running_system_give_the_figures_of_a_backtest(market, strategy):
    events = MARKETS[market]
    recorded = bt.MarketDataInMemory(events)
    backtest = bt.run_historic_backtest(config(fees_percent="0.1"), recorded, strategy=strategy)
    system = start(strategy=strategy)
    assert system.feed_events(events) == len(events)
    summary = system.shutdown_with_summary()
    assert told(summary) == told(backtest)
    assert (summary.fills > 10) == (strategy is not None)


@every_market
def test_batches_change_nothing(market):
    events, found = MARKETS[market], []
    for size in (1, 7, len(events)):
        with start(strategy=Trades, audit=True) as system:
            for at in range(0, len(events), size):
                system.feed_events(events[at : at + size])
        state = system.state()
        found.append((state, [tick.to_dict() for tick in system.take_audit().updates]))
    assert found[0] == found[1] == found[2]
    assert found[0][0].digest == found[2][0].digest
    assert len(found[0][0].orders) > 10


@every_market
def test_a_stream_gives_what_a_list_gives(market):
    events = MARKETS[market]
    states = []
    for given in (events, iter(events), bt.MarketStream(bt.MarketDataInMemory(events))):
        with start(strategy=Trades) as system:
            assert system.feed_events(given) == len(events)
        states.append(system.state())
    assert states[0] == states[1] == states[2]


def test_a_table_gives_what_its_rows_give():
    columns = {
        "time": [ns(1000 * at) for at in range(60)],
        "bid": [100 + (0, 1, 2, 3, 2, 1)[at % 6] for at in range(60)],
        "bid_quantity": [5] * 60,
        "ask": [101 + (0, 1, 2, 3, 2, 1)[at % 6] for at in range(60)],
        "ask_quantity": [5] * 60,
    }
    table = bt.quotes(columns, instrument=BTC, unit="ns")
    figures = []
    for given in (table, walk(60)):
        system = start(strategy=Trades)
        assert system.feed_events(given) == 60
        figures.append(system.shutdown_with_summary())
    assert figures[0].fills == figures[1].fills > 10
    assert figures[0].end_equity == figures[1].end_equity


# Tasks.


def test_a_life_in_a_task():
    async def live():
        async with start(strategy=Trades, audit=True) as system:
            assert await system.feed_events_async(walk(30), timeout=60) == 30
            state = await system.state_async()
            assert state.time == ns(29_000)
            summary = await system.shutdown_with_summary_async(0.0, "1h")
        assert not system.is_running()
        ticks = [tick async for tick in system.take_audit().updates]
        return state, summary, ticks

    state, summary, ticks = asyncio.run(live())
    assert [tick.sequence for tick in ticks] == list(range(len(ticks)))
    assert ticks[-1].kind == "end"
    recorded = bt.MarketDataInMemory(walk(30))
    alone = bt.run_historic_backtest(
        config(fees_percent="0.1"), recorded, 0.0, "1h", strategy=Trades
    )
    assert told(summary) == told(alone)
    assert len(state.orders) > 3


def test_a_task_that_is_not_ended_ends_at_its_block():
    async def live():
        async with start() as system:
            await system.feed_events_async(walk(3))
        return system

    system = asyncio.run(live())
    assert not system.is_running()
    assert system.state().time == ns(2000)


def test_lines_come_while_the_system_runs_and_a_replica_follows_them():
    async def live():
        async with start(strategy=Trades, audit=True) as system:
            audit = system.take_audit()
            replica, seen = audit.replica(), 0
            assert replica.state == audit.snapshot

            async def follow():
                nonlocal seen
                async for tick in audit.updates:
                    assert tick.sequence == seen
                    replica.follow(tick)
                    seen += 1

            follower = asyncio.create_task(follow())
            for at in range(0, 60, 6):
                await system.feed_events_async(walk(60)[at : at + 6])
                await system.state_async()
                assert not follower.done()
            await system.shutdown_async()
            await follower
        assert replica.state.digest == system.state().digest
        assert replica.state.orders == system.state().orders
        return seen

    assert asyncio.run(live()) > 120


def test_a_wait_that_is_cancelled_takes_no_line():
    made = random.Random(7)

    async def live():
        ticks, cancelled = [], 0
        async with start(strategy=Trades, audit=True) as system:
            updates = system.take_audit().updates
            feeder = asyncio.create_task(feed(system))
            while True:
                waiting = asyncio.ensure_future(updates.recv_async())
                for _ in range(made.randrange(4)):
                    await asyncio.sleep(0)
                waiting.cancel()
                try:
                    tick = await waiting
                except asyncio.CancelledError:
                    cancelled += 1
                    continue
                if tick is None:
                    break
                ticks.append(tick)
            await feeder
        return ticks, cancelled

    async def feed(system):
        for event in walk(40):
            system.send_event(event)
            await asyncio.sleep(0.001)
        await system.shutdown_async()

    ticks, cancelled = asyncio.run(live())
    assert cancelled > 0
    assert [tick.sequence for tick in ticks] == list(range(len(ticks)))
    assert sum(tick.kind == "quote" and not tick.is_step for tick in ticks) == 40


# Threads.


def spread(*functions):
    """Calls each in a thread of its own; raises what one of them raised."""
    failed = []

    def guarded(function):
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(one,)) for one in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if failed:
        raise failed[0]


@pytest.mark.parametrize("strategy", [None, Trades])
def test_any_thread_may_feed_ask_and_command(strategy):
    system = bt.start_system(config(), strategy=strategy, audit=True)

    def feed(of):
        for event in walk(100, of=of):
            system.send_event(event)

    def ask():
        last = 0
        for _ in range(50):
            sequence = system.state().sequence
            assert sequence >= last
            last = sequence

    def trades_by_hand():
        for at in range(30):
            system.send_open_requests([order("buy", 1, 50, cid=str(at))])
            system.send_cancel_requests([bt.OrderRequestCancel(named(str(at)))])

    spread(lambda: feed(0), lambda: feed(1), ask, ask, trades_by_hand)
    state = system.state()
    by_hand = [one for one in state.orders if one.key is not None]
    assert [one.key.cid for one in by_hand] == [str(at) for at in range(30)]
    assert not any(one.is_working for one in by_hand)
    spread(system.shutdown)
    ticks = list(system.take_audit().updates)
    assert sum(tick.kind == "quote" and not tick.is_step for tick in ticks) == 200
    assert [tick.sequence for tick in ticks] == list(range(len(ticks)))


def test_of_several_that_shut_down_one_does():
    for _ in range(20):
        system, done, refused = start(), [], []

        def end(system=system, done=done, refused=refused):
            try:
                done.append(system.shutdown_with_summary())
            except bt.StateError as error:
                refused.append(str(error))

        system.feed_events(walk(20))
        spread(end, end, end)
        assert (len(done), len(refused)) == (1, 2)
        assert (
            done[0].end == bt.run_historic_backtest(config(), bt.MarketDataInMemory(walk(20))).end
        )


def long_table(count=400_000):
    at = np.arange(count)
    bid = 100 + at % 5
    columns = {
        "time": START + at * 1_000_000,
        "bid": bid, "bid_quantity": np.full(count, 5),
        "ask": bid + 1, "ask_quantity": np.full(count, 5),
    }  # fmt: skip
    return bt.quotes(columns, instrument=BTC, unit="ns")


class Deaf(bt.Strategy):
    """Wants what does not come: its engine holds the interpreter and never calls it."""

    def on_candle(self, context, candle):
        raise AssertionError


@pytest.mark.parametrize("strategy", [None, Deaf])
def test_threads_and_tasks_go_on_while_a_table_is_replayed(strategy):
    table, beats, over = long_table(), {"thread": 0, "task": 0}, threading.Event()

    def beat():
        while not over.wait(0.0005):
            beats["thread"] += 1

    async def live():
        async with start(strategy=strategy) as system:
            system.feed_events(table)
            asked = asyncio.ensure_future(system.state_async())
            before = beats["thread"]
            while not asked.done():
                beats["task"] += 1
                await asyncio.sleep(0.0005)
            beats["meanwhile"] = beats["thread"] - before
            return await asked

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        state = asyncio.run(live())
    finally:
        over.set()
        thread.join()
    assert state.time == START + 399_999 * 1_000_000
    assert beats["task"] > 1
    assert beats["meanwhile"] > 0


def test_the_names_of_instruments_serve_in_hooks():
    class Names(bt.Strategy):
        def on_start(self, context):
            self.names = [one.name for one in context.instruments]
            context.buy(NAMES[1], 1, limit=50)

    own = Names()
    with start(strategy=own) as system:
        system.feed_events(walk(2))
    assert own.names == NAMES
    assert [one.instrument for one in system.state().orders] == [1]
