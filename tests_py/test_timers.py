"""Timers: when they come, and what they may be set to."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hooked import TWO, backtest, hooked
from scripted import MS, START, at, ns, quotes

import barter_python as bt


def timed(set_up, data=TWO):
    """Times and ids of the timers that `set_up(context)` sets in `on_start`."""
    seen = []

    class Timed(bt.Strategy):
        def on_start(self, context):
            set_up(context)

        def on_timer(self, context, timer):
            assert timer.time == context.time
            seen.append((timer.id, at(context)))

    backtest(data, Timed())
    return seen


@pytest.mark.parametrize(
    "moment",
    [
        START + 3 * MS,
        np.int64(START + 3 * MS),
        np.datetime64(START + 3 * MS, "ns"),
        datetime.fromtimestamp(START / 1e9, UTC) + timedelta(milliseconds=3),
        datetime.fromtimestamp(START / 1e9, UTC).isoformat().replace("+00:00", ".003Z"),
    ],
)
def test_a_timer_is_set_at_a_time(moment):
    assert timed(lambda context: context.set_timer(at=moment)) == [(1, 3)]


@pytest.mark.parametrize(
    "span", ["3ms", 3 * MS, timedelta(milliseconds=3), np.timedelta64(3, "ms")]
)
def test_a_timer_is_set_after_a_span_or_every_span(span):
    assert timed(lambda context: context.set_timer(after=span)) == [(1, 3)]
    assert timed(lambda context: context.set_timer(every=span)) == [(1, 3), (1, 6), (1, 9)]
    both = timed(lambda context: context.set_timer(after="1ms", every=span))
    assert both == [(1, 1), (1, 4), (1, 7), (1, 10)]


def test_timers_that_are_kept_never_change():
    kept = []
    strategy = hooked(
        on_start=lambda self, context: context.set_timer(at=ns(0), every="1ms"),
        on_timer=lambda self, context, timer: kept.append(timer),
    )
    backtest(quotes((0, 100, 5, 101, 5), (3, 100, 5, 101, 5)), strategy)
    assert [(timer.id, timer.time, timer.every) for timer in kept] == [
        (1, ns(ms), MS) for ms in range(4)
    ]
    assert len({*kept}) == 4
    assert kept[0] != kept[1]


def test_timers_of_one_time_come_in_the_order_they_were_set():
    assert timed(lambda c: [c.set_timer(after="2ms") for _ in range(3)]) == [(1, 2), (2, 2), (3, 2)]


def test_a_timer_may_be_stopped_before_it_is_due_and_in_its_own_call():
    seen = []

    class Stops(bt.Strategy):
        def on_start(self, context):
            self.every = context.set_timer(every="1ms")
            self.other = context.set_timer(after="2ms")

        def on_timer(self, context, timer):
            seen.append((timer.id, at(context)))
            context.cancel_timer(self.other)
            if at(context) == 3:
                context.cancel_timer(timer.id)
            context.cancel_timer(999)

    backtest(TWO, Stops())
    assert seen == [(1, 1), (1, 2), (1, 3)]


def test_a_timer_at_now_comes_later_at_the_same_time():
    seen = []

    class Now(bt.Strategy):
        def on_quote(self, context, quote):
            seen.append(("quote", at(context)))
            context.set_timer(at=context.time)
            context.set_timer(after=0)

        def on_timer(self, context, timer):
            seen.append(("timer", at(context)))

    backtest(TWO, Now())
    assert seen == [(what, ms) for ms in (0, 10) for what in ("quote", "timer", "timer")]


def test_a_timer_after_the_end_never_comes():
    assert timed(lambda context: context.set_timer(after="1h")) == []
    assert timed(lambda context: context.set_timer(after=2**62)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"at": START, "after": 1},
        {"every": 0},
        {"every": -5},
        {"every": "0s"},
        {"after": -1},
        {"at": START - 1},
        {"at": "2020-01-01"},
        {"at": datetime(2030, 1, 1)},
        {"after": "soon"},
        {"at": 1_700_006_400},
        {"every": 2**64},
    ],
)
def test_a_timer_that_cannot_be_is_refused(wrong):
    with pytest.raises((bt.ConfigError, bt.OrderError)):
        timed(lambda context: context.set_timer(**wrong))


@pytest.mark.parametrize("wrong", [1.5, True, None, [1]])
def test_a_span_is_text_or_a_span(wrong):
    with pytest.raises((TypeError, bt.ConfigError)):
        timed(lambda context: context.set_timer(after=wrong))
