"""Ctrl-C ends a run at once, keeps what there is, and leaves the interpreter as it was."""

import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from scripted import ABC, MS, START, exchange

import barter_python as bt

ROWS = 2_000_000
SOON = 1.0  # seconds: far above what it takes, far below the run


@pytest.fixture(scope="module")
def long():
    """Enough quotes to be stopped among them."""
    bid = 100 + np.arange(ROWS) % 7
    columns = {
        "time": START + np.arange(ROWS) * MS,
        "bid": bid.astype(float), "bid_quantity": np.ones(ROWS),
        "ask": bid + 1.0, "ask_quantity": np.ones(ROWS),
    }  # fmt: skip
    return bt.quotes(columns, instrument=ABC, unit="ns")


class Busy(bt.Strategy):
    """Far too slow to end before it is stopped."""

    calls = 0

    def on_quote(self, context, quote):
        self.calls += 1
        if self.calls % 2000 == 1:
            context.target(ABC, self.calls // 2000 % 3)
        sum(range(50))


def stopped(seconds, call):
    """Has a thread send Ctrl-C after `seconds` of `call`; returns the exception and how late it
    came, the thread's wait for its turn included.
    """
    thread = threading.Timer(seconds, signal.raise_signal, [signal.SIGINT])
    wish = time.perf_counter() + seconds
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            call()
        return caught.value, time.perf_counter() - wish
    finally:
        thread.join()


def silent(data):
    """A tenth of a second or more without any Python: equity is noted very often."""
    return bt.backtest(data, bt.Strategy(), cash="1000 USD", equity_every="1ms")


def test_a_run_with_hooks_stops_at_once_and_keeps_what_there_is(long):
    strategy = Busy()
    error, took = stopped(
        0.3, lambda: bt.backtest(long, strategy, cash="1000 USD", exchange=exchange())
    )
    assert took < SOON
    result = error.result
    assert not result.complete
    assert 0 < strategy.calls < ROWS
    assert len(result.fills) > 0
    assert len(result.equity) > 0
    sums = result.ledger.to_pandas().groupby("asset")["amount"].sum()
    assert {asset: sums[asset] for asset, _ in result.balances} == dict(result.balances)
    assert len(result.digest) == 64
    assert result.summary.to_dict()["complete"] is False


def test_a_silent_run_stops_at_once(long):
    error, took = stopped(0.03, lambda: silent(long))
    assert took < SOON
    assert not error.result.complete
    assert 0 < len(error.result.equity) < ROWS


def test_the_story_of_an_order_stops_at_once(long):
    class Rests(bt.Strategy):
        def on_start(self, context):
            context.buy(ABC, 1, limit=50)

    result = bt.backtest(long, Rests(), cash="1000 USD")
    _, took = stopped(0.03, lambda: result.explain(1))
    assert took < SOON
    part = bt.backtest(long, Rests(), cash="1000 USD", end=START + 1000 * MS)
    assert len(part.explain(1)) == 4  # sent, accepted, what did not fill it, the end


def test_after_a_stop_runs_are_what_they_were(long):
    part = {"start": START, "end": START + 20_000 * MS}

    def digest():
        return bt.backtest(long, Busy(), cash="1000 USD", exchange=exchange(), **part).digest

    before = digest()
    stopped(0.2, lambda: bt.backtest(long, Busy(), cash="1000 USD"))
    assert digest() == before


def test_a_context_of_a_stopped_run_is_over(long):
    kept = []

    class Keeps(Busy):
        def on_start(self, context):
            kept.append(context)

    stopped(0.2, lambda: bt.backtest(long, Keeps(), cash="1000 USD"))
    with pytest.raises(bt.StateError):
        kept[0].buy(ABC, 1)


class Empty(bt.Strategy):
    """Called for every row, and back at once."""

    def on_quote(self, context, quote):
        pass


class Deaf(bt.Strategy):
    """Has a hook, which is never called."""

    def on_fill(self, context, fill):
        pass


@pytest.mark.parametrize("strategy", [bt.Strategy, Empty, Deaf])
def test_other_threads_go_on_while_a_run_computes(long, strategy):
    """A thread that asks for a turn each millisecond gets some, however busy the machine is."""
    beats = []
    over = threading.Event()

    def beat():
        while not over.wait(0.001):
            beats.append(time.perf_counter())

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        start = time.perf_counter()
        bt.backtest(long, strategy(), cash="1000 USD", equity_every="1ms")
        end = time.perf_counter()
    finally:
        over.set()
        thread.join()
    assert sum(start < one < end for one in beats) >= 5


@pytest.mark.parametrize("strategy", [Empty, Deaf])
def test_a_thread_can_stop_a_run_with_short_hooks(long, strategy):
    error, took = stopped(
        0.02, lambda: bt.backtest(long, strategy(), cash="1000 USD", equity_every="1ms")
    )
    assert took < SOON
    assert 0 < len(error.result.equity) < ROWS


def test_a_strategy_is_asked_for_its_name_before_the_run():
    class Named(bt.Strategy):
        started = False

        def on_start(self, context):
            self.started = True

        def __repr__(self):
            assert not self.started
            return "Named"

    named = Named()
    result = bt.backtest(bt.sample("quotes"), named, cash="1000000")
    assert named.started
    assert result.complete


def test_progress_is_told_and_may_stop_the_run(long):
    told = []
    bt.backtest(
        long, bt.Strategy(), cash="1000 USD", progress=lambda done, rows: told.append((done, rows))
    )
    assert told == sorted(told)
    assert {rows for _, rows in told} == {ROWS}
    assert 1 < len(told) <= 110

    def enough(done, rows):
        raise ValueError(done)

    with pytest.raises(ValueError, match=r"^[0-9]+$"):
        bt.backtest(long, bt.Strategy(), cash="1000 USD", progress=enough)


SILENT_TIMERS = """
import _thread, threading
import barter_python as bt

class Ticks(bt.Strategy):
    def on_start(self, context):
        context.set_timer(every=1)

threading.Timer(0.2, _thread.interrupt_main).start()
try:
    bt.backtest(bt.sample("quotes"), Ticks(), cash="1000000")
except KeyboardInterrupt:
    print("stopped")
"""


def test_timers_that_nobody_hears_can_be_stopped():
    """In a process of its own: where this law is broken, nothing else can end it."""
    try:
        ran = subprocess.run(
            [sys.executable, "-c", SILENT_TIMERS],
            capture_output=True,
            text=True,
            timeout=3,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.fail("it did not stop")
    assert ran.stdout == "stopped\n"
