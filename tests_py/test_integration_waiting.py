"""Who waits for a system: hooks may not, tasks may be cancelled, an interpreter may end."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from systems import config, order, touch, walk

import barter_python as bt

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent


def start(**settings):
    return bt.start_system(config(), **{"clock": "event"} | settings)


def recorded(count):
    return bt.MarketDataInMemory(walk(count))


# Hooks.


class Calls(bt.Strategy):
    """Calls something in its first hook of a quote, and notes what came of it."""

    def __init__(self, call):
        super().__init__()
        self.call, self.found = call, None

    def on_quote(self, context, quote):
        call, self.call = self.call, None
        if call:
            try:
                self.found = call()
            except bt.StateError as error:
                self.found = str(error)


def called_in_a_hook(call, **settings):
    """What `call(system)` came to in a hook of that system."""
    own = Calls(lambda: call(system))
    system = start(strategy=own, **settings)
    with system:
        system.feed_events(walk(2))
        system.state()
    return own.found


def table():
    columns = {"time": [0], "bid": [1], "bid_quantity": [1], "ask": [2], "ask_quantity": [1]}
    own = bt.Instrument("BTC/USDT", tick="1", lot="1", base="btc", quote="usdt")
    return bt.quotes(columns, instrument=own, unit="ns")


@pytest.mark.parametrize(
    "call",
    [
        lambda system: system.state(),
        lambda system: system.shutdown(),
        lambda system: system.abort(),
        lambda system: system.shutdown_with_summary(),
        lambda system: system.shutdown_with_summary_generator(),
        lambda system: system.__exit__(None, None, None),
        lambda system: system.feed_events(table()),
    ],
)
def test_a_hook_does_not_wait_for_its_own_engine(call):
    assert "would never end" in called_in_a_hook(call)


def test_a_hook_does_not_wait_for_room():
    def fill(system):
        return [system.feed_events([touch(9000, 1, 2)]) for _ in range(5)]

    said = called_in_a_hook(fill, queue=4)
    assert "a hook cannot wait for room" in said
    said = called_in_a_hook(
        lambda system: system.feed_events(bt.MarketStream(recorded(99))), queue=4
    )
    assert "a hook cannot wait for room" in said


def test_a_hook_does_not_wait_for_lines():
    lines = []

    def listen(system):
        return list(lines[0])

    own = Calls(lambda: listen(system))
    system = start(strategy=own, audit=True)
    lines.append(system.take_audit().updates)
    with system:
        system.feed_events(walk(2))
    assert "no line waits" in own.found


def test_a_hook_that_listens_gets_what_is_there():
    seen = []

    class Listens(bt.Strategy):
        def on_quote(self, context, quote):
            while (tick := self.updates.try_recv_tick()) is not None:
                seen.append(tick.sequence)

    own = Listens()
    system = start(strategy=own, audit=True)
    own.updates = system.take_audit().updates
    with system:
        system.feed_events(walk(5))
    seen += [tick.sequence for tick in own.updates]
    assert seen == list(range(system.state().sequence))


def test_a_hook_may_send():
    def send(system):
        system.send_open_requests([order("buy", 1, 50, cid="from a hook")])
        return system.feed_events([touch(5000, 100, 101)])

    own = Calls(lambda: send(system))
    system = start(strategy=own)
    with system:
        system.feed_events(walk(2))
        while own.found is None:
            system.state()
    assert own.found == 1
    assert [one.key.cid for one in system.state().orders] == ["from a hook"]


def test_a_hook_may_let_go_of_its_system():
    class Forgets(bt.Strategy):
        raised = None

        def on_quote(self, context, quote):
            try:
                self.system = None
            except BaseException as error:  # noqa: BLE001 - a panic is one
                self.raised = error
            over.set()

    over, own = threading.Event(), Forgets()
    own.system = start(strategy=own)
    own.system.feed_events(walk(3))
    assert over.wait(60)
    assert own.raised is None


# Tasks.


def test_a_cancelled_feed_sends_no_more_and_loses_nothing():
    async def live():
        async with start() as system:
            stream = bt.MarketStream(recorded(50), speed=10)
            task = asyncio.ensure_future(system.feed_events_async(stream))
            await asyncio.sleep(0.25)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            before = (await system.state_async()).time
            await asyncio.sleep(0.25)
            assert (await system.state_async()).time == before
            # It goes on where it was.
            following = await stream.recv_async()
            assert following.time_exchange_ns == before + 1_000_000_000

    asyncio.run(live())


def blocked(queue):
    """A system whose engine stands in a hook until the event is set."""
    go = threading.Event()

    class Stands(bt.Strategy):
        def on_quote(self, context, quote):
            assert go.wait(60)

    return start(strategy=Stands, queue=queue), go


def feed(system, events, way):
    """Feeds events from a thread or a task, which wait a little for room."""
    if way == "thread":
        return system.feed_events(events, timeout=0.05)
    return asyncio.run(system.feed_events_async(events, timeout=0.05))


def said(caught):
    """How many events an error says were sent."""
    return int(str(caught.value).split(" events were sent")[0].split()[-1])


@pytest.mark.parametrize("way", ["thread", "task"])
def test_a_full_queue_takes_nothing_from_a_stream(way):
    system, go = blocked(queue=10)
    stream = bt.MarketStream(recorded(100))
    with pytest.raises(bt.StateError, match="queue is full") as caught:
        feed(system, stream, way)
    go.set()
    assert system.feed_events(stream) == 100 - said(caught)
    assert system.state().time == walk(100)[-1].time_exchange_ns
    system.shutdown()


@pytest.mark.parametrize("way", ["thread", "task"])
def test_a_full_queue_says_how_much_of_a_list_was_sent(way):
    system, go = blocked(queue=10_000)
    events = walk(20_000)
    with pytest.raises(bt.StateError, match="queue is full") as caught:
        feed(system, events, way)
    go.set()
    sent = said(caught)
    assert sent in {8192, 12_288}  # the engine may have taken the first out of the queue
    assert system.feed_events(events[sent:]) == 20_000 - sent
    assert system.state().time == events[-1].time_exchange_ns
    system.shutdown()


def test_what_a_task_feeds_is_what_a_thread_feeds():
    async def live(events):
        async with start(strategy=bt.Strategy, queue=100) as system:
            sent = await system.feed_events_async(events)
            return sent, await system.state_async()

    events = walk(10_000)
    for given in (
        events,
        tuple(events),
        iter(events),
        bt.MarketStream(bt.MarketDataInMemory(events)),
    ):
        sent, state = asyncio.run(live(given))
        assert sent == len(events)
        assert state.time == events[-1].time_exchange_ns

    async def wrong():
        async with start() as system:
            with pytest.raises(TypeError, match=r"events\[5000\] must be an EngineEvent, got int"):
                await system.feed_events_async([*walk(5000), 7])
            with pytest.raises(TypeError):
                await system.feed_events_async(7)

    asyncio.run(wrong())


def test_tasks_that_feed_leave_the_threads_to_others():
    async def live():
        systems = [start() for _ in range(40)]
        streams = [bt.MarketStream(recorded(1000), speed=1) for _ in systems]
        pairs = zip(systems, streams, strict=True)
        tasks = [asyncio.ensure_future(one.feed_events_async(stream)) for one, stream in pairs]
        await asyncio.sleep(0.05)
        states = await asyncio.gather(*(one.state_async() for one in systems))
        assert len({state.time for state in states}) == 1
        for stream in streams:
            stream.close()
        assert await asyncio.gather(*tasks) == [1] * len(systems)
        await asyncio.gather(*(one.shutdown_async() for one in systems))

    asyncio.run(live())


def has_ended(system):
    """Waits until it has."""
    while system.is_running():
        time.sleep(0.001)
    return True


@pytest.mark.parametrize("method", ["shutdown", "shutdown_with_summary"])
def test_an_end_that_is_cancelled_may_be_awaited_again(method):
    system, go = blocked(queue=10)

    async def live():
        system.feed_events(walk(2))
        end = getattr(system, f"{method}_async")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(end(), 0.05)
        with pytest.raises(bt.StateError):  # it was asked to end
            system.send_event(touch(9000, 1, 2))
        go.set()
        # Though it has ended meanwhile, nobody was told yet.
        assert await asyncio.to_thread(has_ended, system)
        return await end()

    summary = asyncio.run(live())
    assert (summary is None) == (method == "shutdown")


def test_an_awaitable_that_is_not_awaited_does_nothing():
    with start() as system:
        for call in (system.shutdown_async, system.shutdown_with_summary_async):
            call().close()
        with pytest.raises(bt.ConfigError, match="interval"):
            asyncio.run(system.shutdown_with_summary_async(interval="never"))
        system.feed_events(walk(3))
        assert system.is_running()


def test_waits_that_are_cancelled_leave_nothing_behind():
    with start(audit=True) as system:
        updates = system.take_audit().updates

        async def live():
            for _ in range(300):
                task = asyncio.ensure_future(updates.recv_async())
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            del task
            gc.collect()
            return [one for one in gc.get_objects() if isinstance(one, asyncio.Future)]

        assert len(asyncio.run(live())) < 50


# An interpreter that ends.

ENDS = """
import sys, threading
import barter_python as bt
from systems import config, walk

class Busy(bt.Strategy):
    def on_start(self, context):
        context.set_timer(after="1us", every="1us")

    def on_quote(self, context, quote):
        reached.set()
        sum(range(100))

    def on_timer(self, context, timer):
        sum(range(100))

reached, own = threading.Event(), Busy()
for clock in ("event", "wall"):
    system = bt.start_system(config(), strategy=own if clock == "event" else Busy, clock=clock)
    system.feed_events(walk(20_000))
    {hold}
assert reached.wait(60)
print("left")
"""
HOLDS = {
    "a name": "globals()[clock] = system",
    "its strategy": "own.system = system",
    "a cycle": "cycle = [system]; cycle.append(cycle); del cycle",
}


@pytest.mark.parametrize("hold", HOLDS)
def test_an_interpreter_ends_its_systems_before_itself(hold):
    paths = os.pathsep.join([str(HERE), *sys.path])
    ran = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", ENDS.replace("{hold}", HOLDS[hold])],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "left\n", "")
