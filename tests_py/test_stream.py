"""`MarketStream`: every event once, in order, not before its time; waits end when they should."""

import asyncio
import gc
import itertools
import json
import signal
import threading
import time
from datetime import timedelta

import pytest
from scripted import ns
from systems import config, lost, trade, walk

import barter_python as bt

EVENTS = [lost(), *(trade(at, 100 + at) for at in (0, 5, 3, 20)), lost("okx"), trade(30, 99)]
TAPE = bt.MarketDataInMemory(EVENTS)
SLOW = 0.001  # 20 ms become 20 s: nobody waits for it to the end


def due(speed, events=EVENTS):
    """Seconds after the first event at which each of them is due."""
    times, last = [], ns(0)
    for event in events:
        last = max(last, event.time_exchange_ns or last)
        times.append((last - ns(0)) / 1e9 / speed)
    return times


def slow():
    """A stream of which all that comes at once has come."""
    stream = bt.MarketStream(TAPE, speed=SLOW)
    assert [stream.recv(), stream.recv()] == EVENTS[:2]
    return stream


def test_all_come_in_their_order(tmp_path):
    path = tmp_path / "data.json"
    records = [{"Item": event.to_dict()["Market"]["Item"]} for event in walk(5)]
    path.write_text("\n".join(json.dumps(record, default=str) for record in records))
    for source in (path, str(path)):
        assert list(bt.MarketStream(source)) == walk(5)
    assert list(bt.MarketStream(TAPE)) == EVENTS
    stream = bt.MarketStream(TAPE)
    assert stream.speed is None
    assert not stream.is_closed()
    received = [stream.recv(), stream.try_recv(), next(stream), *(stream.recv(0) for _ in range(4))]
    assert received == EVENTS
    assert stream.is_closed()
    assert [stream.recv(), stream.recv(1), stream.try_recv(), list(stream)] == [None] * 3 + [[]]


def test_no_event_comes_before_its_time():
    """The only law of a clock on the wall that holds on a busy machine."""
    stream = bt.MarketStream(TAPE, speed=0.5)
    times = due(0.5)
    assert times == [0, 0, 0.01, 0.01, 0.04, 0.04, 0.06]
    begun = time.monotonic()
    for event, when in zip(EVENTS, times, strict=True):
        assert stream.recv() == event
        assert time.monotonic() - begun >= when
    assert stream.recv() is None


def test_the_clock_begins_when_somebody_asks():
    stream = bt.MarketStream(TAPE, speed=1)
    time.sleep(0.05)
    begun = time.monotonic()
    assert len(list(stream)) == len(EVENTS)
    assert time.monotonic() - begun >= 0.03


def test_try_recv_gives_what_is_there():
    stream = slow()
    assert stream.try_recv() is None
    assert not stream.is_closed()


@pytest.mark.parametrize("timeout", [0, 0.01, timedelta(milliseconds=10)])
def test_a_time_out_leaves_the_event_to_come(timeout):
    stream = bt.MarketStream(TAPE, speed=0.05)
    assert [stream.recv(), stream.recv()] == EVENTS[:2]
    with pytest.raises(bt.ReceiveTimeoutError, match="no event came in time") as caught:
        stream.recv(timeout)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, bt.BarterError)
    assert stream.recv() == EVENTS[2]


def test_closing_wakes_all_who_wait():
    stream = slow()
    given = []
    threads = [threading.Thread(target=lambda: given.append(stream.recv())) for _ in range(3)]
    for thread in threads:
        thread.start()

    async def waits():
        waiting = [asyncio.create_task(stream.recv_async()) for _ in range(3)]
        await asyncio.sleep(0.01)
        stream.close()
        return await asyncio.gather(*waiting)

    assert asyncio.run(waits()) == [None] * 3
    for thread in threads:
        thread.join()
    assert given == [None] * 3
    assert stream.is_closed()
    assert stream.try_recv() is None
    stream.close()
    assert "closed" in repr(stream)


def test_a_block_closes_it():
    with bt.MarketStream(TAPE) as stream:
        assert stream.recv() == EVENTS[0]
    assert stream.is_closed()
    assert list(stream) == []


def test_threads_share_the_events():
    stream = bt.MarketStream(bt.MarketDataInMemory(walk(2000)), speed=1e6)
    given = [[] for _ in range(4)]
    threads = [threading.Thread(target=lambda own=own: own.extend(stream)) for own in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = [[event.time_exchange_ns for event in own] for own in given]
    assert all(own == sorted(own) for own in times)
    assert sorted(itertools.chain(*times)) == [event.time_exchange_ns for event in walk(2000)]


def test_async_for_gives_all_and_lets_others_have_their_turn():
    async def reads():
        turns = 0

        async def others():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(others())
        events = [event async for event in bt.MarketStream(bt.MarketDataInMemory(walk(2000)))]
        task.cancel()
        return events, turns

    events, turns = asyncio.run(reads())
    assert events == walk(2000)
    assert turns > 5


def test_cancelling_loses_no_event_and_leaves_no_thread():
    async def reads():
        stream = bt.MarketStream(TAPE, speed=0.2)
        events = []
        while len(events) < len(EVENTS):
            try:
                events.append(await asyncio.wait_for(stream.recv_async(), 0.003))
            except TimeoutError:
                continue
        assert await stream.recv_async() is None
        assert not stream._wakers
        return events

    before = threading.active_count()
    assert asyncio.run(reads()) == EVENTS
    assert threading.active_count() == before


def test_many_tasks_each_get_their_own():
    async def reads():
        stream = bt.MarketStream(TAPE, speed=2)
        given = await asyncio.gather(*(stream.recv_async() for _ in range(9)))
        return [event for event in given if event is not None], given.count(None)

    events, none = asyncio.run(reads())
    assert none == 2
    assert sorted(map(repr, events)) == sorted(map(repr, EVENTS))


def test_a_loop_that_was_closed_is_not_woken():
    stream = slow()
    loop = asyncio.new_event_loop()
    task = loop.create_task(stream.recv_async())
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    stream.close()
    task._log_destroy_pending = False
    del task
    gc.collect()


def test_waiting_does_not_hold_the_interpreter():
    stream, turns = slow(), []

    def others():
        turns.extend(range(1000))
        stream.close()

    threading.Thread(target=others).start()
    assert stream.recv() is None
    assert len(turns) == 1000


def test_control_c_ends_a_wait():
    stream = slow()
    timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        stream.recv()
    timer.join()
    assert stream.try_recv() is None


def test_it_feeds_a_running_system():
    class Counts(bt.Strategy):
        seen = 0

        def on_quote(self, context, quote):
            self.seen += 1
            context.target(quote.instrument, self.seen % 2)

    events = walk(50)
    tape = bt.MarketDataInMemory(events)
    alone = bt.run_historic_backtest(config(), tape, strategy=Counts()).to_dict()
    for speed in (None, 10_000):
        strategy = Counts()
        handle = bt.start_system(config(), strategy=strategy, clock="event")
        assert handle.feed_events(bt.MarketStream(tape, speed=speed)) == 50
        assert handle.shutdown_with_summary().to_dict() == alone
        assert strategy.seen == 50


def test_a_running_system_gets_each_event_as_it_comes():
    """Not when there are many of them, or all."""
    stream = bt.MarketStream(TAPE, speed=SLOW)
    with bt.start_system(config(), clock="event") as handle:
        feeding = threading.Thread(target=handle.feed_events, args=[stream])
        feeding.start()
        while handle.state().instruments[0].price is None:
            time.sleep(0.001)
        stream.close()
        feeding.join()
        assert handle.state().instruments[0].price == 100


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_a_speed_is_above_zero(speed):
    with pytest.raises(bt.ConfigError, match="speed must be > 0 and finite, got"):
        bt.MarketStream(TAPE, speed=speed)


@pytest.mark.parametrize("timeout", [-1, float("nan"), timedelta(seconds=-1)])
def test_a_time_out_is_not_below_zero(timeout):
    with pytest.raises(bt.ConfigError, match="timeout must be >= 0, got"):
        bt.MarketStream(TAPE).recv(timeout)


def test_wrong_types_are_named():
    with pytest.raises(TypeError, match="speed must be a number or None, got str"):
        bt.MarketStream(TAPE, speed="1")
    with pytest.raises(TypeError, match="timeout must be seconds.*got bool"):
        bt.MarketStream(TAPE).recv(timeout=True)
    with pytest.raises(TypeError, match="market_data must be .* got int"):
        bt.MarketStream(7)
    with pytest.raises(bt.DataError, match=r"nowhere\.json"):
        bt.MarketStream("nowhere.json")
