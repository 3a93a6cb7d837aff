"""Strategies: which hooks are called, in which order, what cannot be run, what a failure leaves."""

import threading
import traceback

import numpy as np
import pytest
from hooked import ALL_KINDS, TWO, backtest, hooked
from scripted import ABC, MS, at, buy, depth, exchange, ns, quotes, rows, run

import barter_python as bt

# Which hooks are called, and when.


def test_every_hook_gets_its_events_and_the_others_are_left_alone():
    seen = []

    class Every(bt.Strategy):
        def on_start(self, context):
            seen.append(("start", None))
            context.set_timer(at=ns(0))

        def on_candle(self, context, candle):
            seen.append(("candle", type(candle)))

        def on_quote(self, context, quote):
            seen.append(("quote", type(quote)))
            context.buy(quote.instrument, 1)

        def on_trade(self, context, trade):
            seen.append(("trade", type(trade)))

        def on_book(self, context, book):
            seen.append(("book", type(book)))

        def on_order(self, context, order):
            seen.append(("order", type(order)))

        def on_fill(self, context, fill):
            seen.append(("fill", type(fill)))

        def on_timer(self, context, timer):
            seen.append(("timer", type(timer)))

        def on_end(self, context):
            seen.append(("end", None))

    backtest(ALL_KINDS, Every())
    assert seen == [
        ("start", None),
        ("trade", bt.Trade),
        ("quote", bt.Quote),
        ("book", bt.Book),
        ("timer", bt.Timer),
        ("fill", bt.Fill),
        ("order", bt.Order),
        ("candle", bt.Candle),
        ("end", None),
    ]


def test_a_hook_of_a_parent_class_counts():
    class Parent(bt.Strategy):
        calls = 0

        def on_quote(self, context, quote):
            self.calls += 1

    class Child(Parent):
        pass

    child = Child()
    backtest(TWO, child)
    assert child.calls == 2


def test_a_strategy_without_hooks_runs():
    assert len(backtest(TWO, bt.Strategy()).fills) == 0


def test_a_fill_is_told_before_its_order_and_both_before_the_next_market_event():
    seen = []

    class Buys(bt.Strategy):
        def on_quote(self, context, quote):
            seen.append(("quote", at(context)))
            if len(seen) == 1:
                context.buy(ABC, 1)

        def on_fill(self, context, fill):
            order = context.order(fill.order)
            seen.append(("fill", at(context), order.status, context.position().quantity))

        def on_order(self, context, order):
            seen.append(("order", at(context), order.status))

    backtest(TWO, Buys())
    assert seen == [("quote", 0), ("fill", 0, "filled", 1), ("order", 0, "filled"), ("quote", 10)]


def test_at_one_time_fills_come_before_data_and_data_before_timers():
    """The order that is sent at 0 fills at 5 and is told at 10, as a quote and a timer are due."""
    seen = []

    class Buys(bt.Strategy):
        def on_start(self, context):
            context.set_timer(at=ns(10))

        def on_quote(self, context, quote):
            seen.append("quote")
            if at(context) == 0:
                context.buy(ABC, 1)

        def on_fill(self, context, fill):
            seen.append("fill")

        def on_timer(self, context, timer):
            seen.append("timer")

    backtest(TWO, Buys(), exchange=exchange(latency="5ms"))
    assert seen == ["quote", "fill", "quote", "timer"]


def test_orders_sent_in_a_hook_are_told_of_in_a_later_call_and_never_inside_it():
    depths = []

    class Buys(bt.Strategy):
        inside = 0

        def on_quote(self, context, quote):
            self.inside += 1
            context.buy(ABC, 1)
            context.cancel(context.buy(ABC, 1, limit=90))
            assert context.position().quantity == 0 or at(context) > 0
            self.inside -= 1

        def on_order(self, context, order):
            depths.append(self.inside)

    backtest(TWO, Buys())
    assert depths
    assert set(depths) == {0}


def test_a_book_is_told_once_for_all_its_changes_at_one_time():
    seen = []

    def on_book(self, context, book):
        seen.append((at(context), book.bid, book.ask, book.bids(), book.asks(1)))

    data = depth(
        (0, "bid", 99, 5), (0, "ask", 101, 5), (0, "ask", 102, 7),
        (3, "ask", 101, 0), (3, "bid", 100, 1),
    )  # fmt: skip
    backtest(data, hooked(on_book=on_book))
    assert seen == [
        (0, 99, 101, [(99, 5)], [(101, 5)]),
        (3, 100, 102, [(100, 1), (99, 5)], [(102, 7)]),
    ]


def test_start_and_end_frame_the_run():
    seen = []

    class Frame(bt.Strategy):
        def on_start(self, context):
            seen.append(("start", at(context), context.quote(), context.equity))

        def on_end(self, context):
            seen.append(("end", at(context), context.quote().bid, context.position().quantity))

    backtest(TWO, Frame())
    assert seen == [("start", 0, None, 1000), ("end", 10, 100, 0)]


def test_the_end_knows_what_nobody_listened_to():
    seen = []
    data = depth((0, "bid", 99, 5), (0, "ask", 101, 5), (3, "bid", 100, 1))
    ended = backtest(data, hooked(on_end=lambda _, context: seen.append(context.book().bids())))
    idle = backtest(data, bt.Strategy())
    assert seen == [[(100, 1), (99, 5)]]
    assert idle.digest == ended.digest
    assert idle.summary.to_dict()["events"] == ended.summary.to_dict()["events"]


# Parameters.


class Averages(bt.Strategy):
    fast = bt.param(20, low=5, high=60)
    slow = bt.param(100)


class More(Averages):
    fast = bt.param(30)
    size = bt.param("1")


def test_parameters_have_defaults_and_are_given_by_name():
    assert Averages().parameters == {"fast": 20, "slow": 100}
    assert Averages(fast=5).fast == 5
    assert repr(Averages(fast=6)) == "Averages(fast=6, slow=100)"


def test_parameters_are_inherited_and_may_be_declared_anew():
    assert More().parameters == {"fast": 30, "slow": 100, "size": "1"}
    assert More(fast=1000).fast == 1000
    assert Averages().fast == 20


def test_a_value_out_of_range_is_refused():
    for wrong in (4, 61):
        with pytest.raises(bt.ConfigError, match=f"fast must be between 5 and 60, got {wrong}"):
            Averages(fast=wrong)
    # Set on the instance it is found out when a run begins.
    strategy = Averages()
    strategy.fast = 99
    with pytest.raises(bt.ConfigError, match="fast must be between 5 and 60, got 99"):
        bt.backtest(bt.sample("candles"), strategy, cash="1000 usdt")


def test_an_unknown_parameter_is_refused_with_a_near_one():
    with pytest.raises(bt.ConfigError, match='no parameter "fats", did you mean "fast"'):
        Averages(fats=10)


def test_a_range_or_a_default_that_contradict_are_refused():
    with pytest.raises(bt.ConfigError, match="low"):
        bt.param(1, low=3, high=2)
    with pytest.raises(bt.ConfigError, match="between 1 and 2"):
        bt.param(3, low=1, high=2)


def test_values_of_one_instance_are_not_those_of_another():
    one, other = Averages(fast=10), Averages(fast=11)
    assert (one.fast, other.fast) == (10, 11)


class Sized(bt.Strategy):
    size = bt.param(1, low=1)


class Both(Averages, Sized):
    pass


def test_parameters_of_all_parents_are_known():
    assert Both(size=3, fast=9).parameters == {"fast": 9, "slow": 100, "size": 3}


def test_nan_lies_in_no_range():
    with pytest.raises(bt.ConfigError):
        Averages(fast=float("nan"))


def test_a_value_that_cannot_be_compared_with_its_range_is_refused():
    with pytest.raises(bt.ConfigError, match="fast"):
        Averages(fast="20")


def test_an_own_init_need_not_call_that_of_the_base():
    class Own(bt.Strategy):
        size = bt.param(1)

        def __init__(self, calls):
            self.calls = calls

        def on_quote(self, context, quote):
            self.calls.append(self.size)

    calls = []
    backtest(TWO, Own(calls))
    assert calls == [1, 1]


# What cannot be run.


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        (int, "got the class int"),
        (object(), "a subclass of Strategy or an instance of one, got object"),
        (None, "got NoneType"),
        (lambda context: None, "got function"),
    ],
)
def test_a_strategy_is_a_subclass_or_an_instance_of_one(strategy, text):
    with pytest.raises(bt.StrategyError, match=text):
        backtest(TWO, strategy)


async def _async(self, context, quote): ...


async def _async_generator(self, context, quote):
    yield


def _generator(self, context, quote):
    yield


def _too_few(self, context): ...


def _too_many(self, context, quote, more): ...


def _keyword_only(self, context, quote, *, more): ...


@pytest.mark.parametrize(
    ("hook", "text"),
    [
        (_async, "must not be async"),
        (_async_generator, "must not be async"),
        (_generator, "must not be a generator"),
        (_too_few, "wrong arguments"),
        (_too_many, "wrong arguments"),
        (_keyword_only, "wrong arguments"),
        (None, "must be a method"),
        (7, "must be a method"),
    ],
)
def test_a_hook_that_cannot_be_called_is_refused_with_the_right_signature(hook, text):
    with pytest.raises(bt.StrategyError, match=text) as caught:
        backtest(TWO, hooked(on_quote=hook))
    assert "Hooked.on_quote" in str(caught.value)
    assert "def on_quote(self, context, quote)" in str(caught.value)


@pytest.mark.parametrize(
    "hook",
    [
        lambda self, context, quote, more=1: None,
        lambda self, *arguments: None,
        staticmethod(lambda context, quote: None),
        classmethod(lambda cls, context, quote: None),
    ],
)
def test_a_hook_that_can_be_called_with_its_arguments_is_one(hook):
    backtest(TWO, hooked(on_quote=hook))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("on_quotes", "on_quote"), ("on_qoute", "on_quote"), ("on_fills", "on_fill")],
)
def test_a_misspelt_hook_is_refused(wrong, right):
    with pytest.raises(bt.StrategyError, match=f"{wrong} is never called; did you mean {right}"):
        backtest(TWO, hooked(**{wrong: lambda self, context, quote: None}))


def test_an_own_method_with_a_name_of_its_own_is_fine():
    backtest(TWO, hooked(on_regime_change=lambda self: None))


# Failures.


class OwnError(Exception):
    """What a user's code may raise."""


@pytest.mark.parametrize(
    "name", ["on_start", "on_quote", "on_order", "on_fill", "on_timer", "on_end"]
)
def test_an_exception_in_a_hook_arrives_as_it_is(name):
    def helper_of_the_user():
        raise OwnError("mine", 7)

    class Fails(bt.Strategy):
        def on_start(self, context):
            context.set_timer(at=ns(1))

        def on_quote(self, context, quote):
            context.buy(ABC, 1)

        def on_timer(self, context, timer): ...
        def on_order(self, context, order): ...
        def on_fill(self, context, fill): ...
        def on_end(self, context): ...

    def hook(self, *arguments):
        helper_of_the_user()

    failing = type("Failing", (Fails,), {name: hook})()
    with pytest.raises(OwnError) as caught:
        backtest(TWO, failing)
    assert caught.value.args == ("mine", 7)
    functions = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert functions[-2:] == ["hook", "helper_of_the_user"]


def test_an_exception_that_a_hook_catches_does_not_stop_the_run():
    class Careful(bt.Strategy):
        calls = 0

        def on_quote(self, context, quote):
            self.calls += 1
            with pytest.raises(bt.OrderError):
                context.buy(ABC, -1)

    careful = Careful()
    assert backtest(TWO, careful).complete
    assert careful.calls == 2


def test_a_failed_run_leaves_strategy_and_data_fit_for_another():
    class Once(bt.Strategy):
        failed = False

        def on_quote(self, context, quote):
            context.buy(ABC, 1)
            if not self.failed:
                self.failed = True
                raise OwnError

    once = Once()
    with pytest.raises(OwnError):
        backtest(TWO, once)
    assert len(backtest(TWO, once).fills) == 2


# Several runs.


def busy(seed):
    """A strategy that trades a little at random, and data for it."""
    draw = np.random.default_rng(seed)
    prices = 100 + np.cumsum(draw.integers(-2, 3, 400))
    data = quotes(*((ms, price, 5, price + 1, 5) for ms, price in enumerate(prices)))

    class Busy(bt.Strategy):
        def on_quote(self, context, quote):
            if quote.time // MS % 3 == seed % 3:
                context.target(ABC, int(quote.bid) % 4)

    return data, Busy()


def test_runs_in_two_threads_are_what_they_are_alone():
    alone = [backtest(*busy(seed)).digest for seed in range(4)]
    assert len(set(alone)) == 4
    together = [None] * 4

    def work(seed):
        together[seed] = backtest(*busy(seed)).digest

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_a_run_inside_a_hook_of_another_disturbs_neither():
    alone = [backtest(*busy(seed)).digest for seed in (1, 2)]
    inner = []
    data, outer = busy(1)
    plain = type(outer).on_quote

    def on_quote(self, context, quote):
        plain(self, context, quote)
        if not inner:
            before = context.time
            inner.append(backtest(*busy(2)).digest)
            assert context.time == before

    type(outer).on_quote = on_quote
    assert [backtest(data, outer).digest, *inner] == alone


def test_the_same_instance_may_run_inside_its_own_hook():
    class Nested(bt.Strategy):
        depth = 0

        def on_quote(self, context, quote):
            context.buy(ABC, 1)
            if self.depth == 0:
                self.depth = 1
                assert len(backtest(TWO, self).fills) == 2
                context.buy(ABC, 1)

    assert len(backtest(TWO, Nested()).fills) == 3


def test_an_order_row_is_there_for_each_order_also_denied_ones():
    ran = run(TWO, (0, buy(1)), (0, buy(10**6, 100)))
    assert [row["status"] for row in rows(ran.result.orders)] == ["filled", "denied"]
