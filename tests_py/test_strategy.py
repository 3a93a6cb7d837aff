"""Strategies: which hooks are called, in which order, and what they may and may not do."""

import threading
import traceback
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from scripted import (
    ABC,
    MS,
    START,
    at,
    buy,
    cancel,
    candles,
    depth,
    exchange,
    ns,
    quotes,
    rows,
    run,
    sell,
    trades,
)

import barter_python as bt

TWO = quotes((0, 100, 5, 101, 5), (10, 100, 5, 101, 5))
ALL_KINDS = (
    trades((0, "buy", 100, 1))
    + quotes((0, 99, 5, 100, 5))
    + candles((100, 100, 100, 100))
    + depth(
        (0, "bid", 99, 5), (0, "ask", 100, 5), instrument=bt.Instrument("DEEP/USD", tick=1, lot=1)
    )
)


def backtest(data, strategy, **settings):
    return bt.backtest(data, strategy, cash="1000 USD", **({"exchange": exchange()} | settings))


def hooked(**hooks):
    """An instance of a strategy with just these hooks."""
    return type("Hooked", (bt.Strategy,), hooks)()


def inside(probe, data=TWO, **settings):
    """Runs `probe(context)` in the first `on_quote` and returns what it returned."""
    found = []

    def on_quote(self, context, quote):
        if not found:
            found.append(probe(context))

    backtest(data, hooked(on_quote=on_quote), **settings)
    return found[0]


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


# The context, and when it may be used.


def test_a_context_kept_after_the_run_says_so():
    kept = []
    backtest(TWO, hooked(on_quote=lambda self, context, quote: kept.append(context)))
    context = kept[0]
    for use in (
        lambda: context.time,
        lambda: context.equity,
        lambda: context.instruments,
        lambda: context.buy(ABC, 1),
        lambda: context.buy("ABC/USD", 1),
        lambda: context.cancel(1),
        context.cancel_all,
        context.close,
        lambda: context.target(ABC, 1),
        context.position,
        context.balance,
        context.quote,
        context.trade,
        context.candle,
        context.book,
        context.orders,
        lambda: context.order(1),
        lambda: context.set_timer(after=1),
        lambda: context.cancel_timer(1),
    ):
        with pytest.raises(bt.StateError, match="only inside a hook"):
            use()


def test_a_book_kept_after_the_run_says_so():
    kept = []
    data = depth((0, "bid", 99, 5), (0, "ask", 100, 5))
    backtest(data, hooked(on_book=lambda self, context, book: kept.append(book)))
    for use in (lambda: kept[0].bid, kept[0].asks, lambda: repr(kept[0])):
        with pytest.raises(bt.StateError):
            use()


def test_a_context_kept_from_one_run_does_not_reach_into_another():
    kept = []
    backtest(TWO, hooked(on_quote=lambda self, context, quote: kept.append(context)))

    def on_quote(self, context, quote):
        assert context is not kept[0]
        with pytest.raises(bt.StateError):
            kept[0].buy(ABC, 1)

    backtest(TWO, hooked(on_quote=on_quote))


def test_another_thread_may_not_use_the_context():
    errors = []

    def use(context):
        try:
            context.buy(ABC, 1)
        except bt.StateError as error:
            errors.append(str(error))

    def probe(context):
        thread = threading.Thread(target=use, args=(context,))
        thread.start()
        thread.join()

    inside(probe)
    assert len(errors) == 1
    assert "thread" in errors[0]


def test_a_context_cannot_be_made_by_hand():
    for cls in (bt.Context, bt.Quote, bt.Fill, bt.Order, bt.Book, bt.Backtest):
        with pytest.raises(TypeError):
            cls()


@pytest.mark.parametrize(
    "act",
    [
        lambda context: context.buy(ABC, 1),
        lambda context: context.sell(ABC, 1, limit=100),
        lambda context: context.cancel(1),
        lambda context: context.target(ABC, 3),
        lambda context: context.close(),
        lambda context: context.cancel_all(),
        lambda context: context.set_timer(after=1),
    ],
)
def test_after_the_last_event_nothing_can_be_sent(act):
    class Late(bt.Strategy):
        def on_quote(self, context, quote):
            context.buy(ABC, 1)
            context.buy(ABC, 1, limit=90)

        def on_end(self, context):
            with pytest.raises(bt.StateError, match="the run is over"):
                act(context)

    backtest(TWO, Late())


# What hooks are handed.


@pytest.mark.parametrize("keep", ["all", "every other"])
def test_events_that_are_kept_never_change(keep):
    """An event object nobody kept is used again; one that was kept must not be."""
    data = quotes(*((ms, 100 + ms, 5, 200 + ms, 5 + ms) for ms in range(20)))
    kept = []

    def on_quote(self, context, quote):
        step = round(at(context))
        if keep == "all" or step % 2:
            kept.append((step, quote))
        assert context.quote().bid == quote.bid

    backtest(data, hooked(on_quote=on_quote))
    assert [(100 + step, 5 + step) for step, _ in kept] == [
        (q.bid, q.ask_quantity) for _, q in kept
    ]
    assert [ns(step) for step, _ in kept] == [quote.time for _, quote in kept]


def test_candles_and_trades_that_are_kept_never_change():
    kept = []
    strategy = hooked(
        on_candle=lambda self, context, candle: kept.append(candle),
        on_trade=lambda self, context, trade: kept.append(trade),
    )
    backtest(candles(*((p, p, p, p, p) for p in range(1, 9))), strategy)
    backtest(trades(*((ms, "buy", 1 + ms, 1) for ms in range(8))), strategy)
    assert [candle.close for candle in kept[:8]] == list(range(1, 9))
    assert [trade.price for trade in kept[8:]] == list(range(1, 9))


@pytest.mark.parametrize("where", ["closure", "generator", "dict", "weak cycle"])
def test_an_event_kept_in_any_way_never_changes(where):
    class Keeper(bt.Strategy):
        def on_start(self, context):
            self.kept = []

        def on_quote(self, context, quote):
            if where == "closure":
                self.kept.append(lambda: quote.bid)
            elif where == "generator":
                waiting = (one.bid for one in [quote])
                self.kept.append(lambda: next(waiting))
            elif where == "dict":
                self.kept.append({"quote": quote}["quote"].__repr__)
            else:
                cycle = [quote]
                cycle.append(cycle)
                self.kept.append(lambda: cycle[0].bid)

    keeper = Keeper()
    backtest(quotes(*((ms, 100 + ms, 1, 200, 1) for ms in range(6))), keeper)
    read = [one() for one in keeper.kept]
    if where == "dict":
        assert [f"bid={100 + ms}" in text for ms, text in enumerate(read)] == [True] * 6
    else:
        assert read == [100 + ms for ms in range(6)]


def test_orders_and_fills_are_of_their_moment():
    class Keeper(bt.Strategy):
        def on_quote(self, context, quote):
            if at(context) == 0:
                context.buy(ABC, 3, limit=100)
                self.early = context.orders()[0]

        def on_order(self, context, order):
            self.last = order

    keeper = Keeper()
    backtest(TWO + trades((5, "sell", 99, 3)), keeper)
    assert (keeper.early.status, keeper.early.filled) == ("submitted", 0)
    assert (keeper.last.status, keeper.last.filled) == ("filled", 3)


def test_what_hooks_are_handed_cannot_be_changed():
    caught = []

    def attempt(thing):
        name = next(name for name in dir(thing) if not name.startswith("_"))
        for change in (
            lambda: setattr(thing, name, 1),
            lambda: setattr(thing, "mine", 1),
            lambda: delattr(thing, name),
        ):
            with pytest.raises(AttributeError):
                change()
        caught.append(type(thing).__name__)

    class Meddles(bt.Strategy):
        def on_quote(self, context, quote):
            for thing in (context, quote, quote.instrument, context.position(), context.balance()):
                attempt(thing)
            context.buy(ABC, 1)

        def on_trade(self, context, trade):
            attempt(trade)

        def on_fill(self, context, fill):
            attempt(fill)

        def on_order(self, context, order):
            attempt(order)

    backtest(quotes((0, 99, 5, 100, 5)) + trades((1, "buy", 100, 1)), Meddles())
    assert set(caught) == {
        "Context", "Quote", "Instrument", "Position", "Balance", "Trade", "Fill", "Order"
    }  # fmt: skip


# Instruments and assets.


def test_an_instrument_may_be_named_or_given_or_left_out():
    def probe(context):
        (one,) = context.instruments
        return [context.position(given).quantity for given in (one, ABC, "ABC/USD", None)]

    assert inside(probe) == [0, 0, 0, 0]


def test_an_unknown_instrument_is_refused_with_a_near_one():
    def probe(context):
        for use in (
            lambda: context.buy("ABD/USD", 1),
            lambda: context.quote("ABD/USD"),
            lambda: context.position(bt.Instrument("ABD/USD", tick=1, lot=1)),
        ):
            with pytest.raises(
                bt.OrderError, match=r'unknown instrument "ABD/USD".*did you mean "ABC/USD"'
            ):
                use()
        for wrong in (7, 0.5, True, b"ABC/USD", ["ABC/USD"]):
            with pytest.raises(TypeError, match="Instrument or its name"):
                context.buy(wrong, 1)

    inside(probe)


def test_with_several_instruments_the_one_that_is_meant_must_be_said():
    with_other = TWO + quotes((0, 1, 1, 2, 1), instrument=bt.Instrument("XYZ/USD", tick=1, lot=1))

    def probe(context):
        with pytest.raises(bt.OrderError, match="ABC/USD, XYZ/USD"):
            context.position()

    inside(probe, with_other)


def test_an_unknown_asset_is_refused_with_a_near_one():
    def probe(context):
        with pytest.raises(bt.OrderError, match=r'unknown asset "USDT".*did you mean "USD"'):
            context.balance("USDT")
        return context.balance("usd").total

    assert inside(probe) == 1000


# Numbers.

TENTH = bt.Instrument("ABC/USD", tick="0.1", lot="0.1")
TENTHS = quotes((0, 0.2, 5, 0.9, 5), (1, 0.2, 5, 0.9, 5), instrument=TENTH)


@pytest.mark.parametrize(
    "price",
    [
        0.1 + 0.2,
        0.3,
        "0.3",
        " 0.30 ",
        Decimal("0.3"),
        np.float64(0.3),
        np.float32(0.3),
        Decimal("0.300"),
    ],
)
def test_a_price_on_the_tick_is_taken_however_it_is_written(price):
    assert run(TENTHS, (0, buy(1, price))).orders[1]["limit"] == Decimal("0.3")


@pytest.mark.parametrize(
    "quantity", [2, 2.0, "2", Decimal(2), np.int64(2), np.uint8(2), np.float32(2)]
)
def test_a_quantity_on_the_lot_is_taken_however_it_is_written(quantity):
    assert run(TENTHS, (0, buy(quantity, "0.3"))).orders[1]["quantity"] == 2


@pytest.mark.parametrize("price", [0.33, "0.33", Decimal("0.33"), np.float32(0.33)])
def test_a_price_off_the_tick_is_refused_with_both_neighbours(price):
    with pytest.raises(
        bt.OrderError, match=r"limit 0\.33 is not a multiple of tick 0\.1; nearest 0\.3, 0\.4"
    ):
        run(TENTHS, (0, buy(1, price)))


SLOTS = {
    "quantity": lambda context, value: context.buy(TENTH, value),
    "limit": lambda context, value: context.buy(TENTH, 1, limit=value),
    "sell quantity": lambda context, value: context.sell(TENTH, value, limit=1),
    "submit quantity": lambda context, value: context.submit(TENTH, "buy", value),
    "submit limit": lambda context, value: context.submit(TENTH, "sell", 1, limit=value),
    "target": lambda context, value: context.target(TENTH, value),
}
every_slot = pytest.mark.parametrize("slot", SLOTS)


def in_slot(slot, value):
    inside(lambda context: SLOTS[slot](context, value), TENTHS)


@every_slot
@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        np.float32("nan"),
        Decimal("NaN"),
        Decimal("-Infinity"),
    ],
)
def test_a_number_must_be_finite(slot, value):
    with pytest.raises(bt.OrderError, match="must be finite"):
        in_slot(slot, value)


@every_slot
@pytest.mark.parametrize("value", [True, np.True_, [1], (1,), object(), b"1", 1j, Fraction(1, 2)])
def test_what_is_no_number_is_refused(slot, value):
    with pytest.raises(TypeError, match="must be a number or text"):
        in_slot(slot, value)


@pytest.mark.parametrize("slot", ["quantity", "target", "submit quantity"])
def test_nothing_is_not_a_quantity(slot):
    with pytest.raises(TypeError, match="got NoneType"):
        in_slot(slot, None)


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if slot != "target"])
@pytest.mark.parametrize("value", [0, -1, 0.0, -0.0, "-1", Decimal("-0.1"), np.int8(-1)])
def test_a_price_or_quantity_must_be_positive(slot, value):
    with pytest.raises(bt.OrderError, match="must be > 0"):
        in_slot(slot, value)


@every_slot
@pytest.mark.parametrize("value", ["one", "1,5", "1.5.0", "", "0x1", "1e", "--1", "1\x00", "١"])
def test_text_must_be_a_number(slot, value):
    with pytest.raises(bt.OrderError):
        in_slot(slot, value)


@every_slot
@pytest.mark.parametrize(
    "value",
    [
        1e300,
        1e19,
        10**30,
        2**63,
        2**200,
        "1e400",
        "9" * 5000,
        Decimal("1e1000000"),
        Decimal("1e-1000000"),
    ],
)
def test_a_number_out_of_range_is_refused_at_once(slot, value):
    with pytest.raises(bt.OrderError) as caught:
        in_slot(slot, value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("side", ["long", "Buy ", "BUY ", 1, None, True])
def test_a_side_is_buy_or_sell(side):
    with pytest.raises((bt.OrderError, bt.ConfigError, TypeError), match="buy"):
        inside(lambda context: context.submit(ABC, side, 1))


@pytest.mark.parametrize("side", ["buy", bt.Side.BUY])
def test_a_side_may_be_text_or_member(side):
    assert run(TWO, (0, lambda context: context.submit(ABC, side, 1))).orders[1]["side"] == "buy"


@pytest.mark.parametrize("value", ["fill", "GTC ", "day", ""])
def test_an_unknown_time_in_force_is_refused(value):
    with pytest.raises((bt.OrderError, bt.ConfigError), match="gtc"):
        inside(lambda context: context.buy(ABC, 1, limit=100, time_in_force=value))


@pytest.mark.parametrize("value", ["ioc", bt.TimeInForce.IMMEDIATE_OR_CANCEL])
def test_a_time_in_force_may_be_text_or_member(value):
    ran = run(TWO, (0, buy(1, 100, time_in_force=value)))
    assert ran.orders[1]["time_in_force"] == "ioc"


def test_a_market_order_cannot_be_post_only():
    with pytest.raises(bt.OrderError, match="post_only needs a limit"):
        inside(lambda context: context.buy(ABC, 1, post_only=True))


# Cancels, refusals.


def test_cancelling_an_order_that_never_was_is_an_error():
    def probe(context):
        for unknown in (0, 1, 4_000_000_000):
            with pytest.raises(bt.OrderError, match=f"unknown order {unknown}"):
                context.cancel(unknown)

    inside(probe)


@pytest.mark.parametrize("number", [-1, 2**32, 2**64])
def test_a_number_that_no_order_can_have_is_as_unknown(number):
    with pytest.raises(bt.OrderError, match="unknown order"):
        inside(lambda context: context.cancel(number))


@pytest.mark.parametrize(
    "number",
    ["1", 1.0, None, True],
)
def test_an_order_is_named_by_its_number(number):
    def probe(context):
        context.buy(ABC, 1, limit=90)
        context.cancel(number)

    with pytest.raises(TypeError):
        inside(probe)


def test_a_second_cancel_and_one_that_comes_too_late_say_no():
    ran = run(TWO, (0, buy(1, 90)), (1, cancel(1)), (1, cancel(1)), (5, cancel(1)), latency="2ms")
    assert ran.strategy.returned[1:] == [True, False, False]
    assert ran.status() == ("cancelled", "user")


def test_all_orders_are_cancelled_at_once():
    ran = run(TWO, *((0, buy(1, 90 + more)) for more in range(3)), (1, lambda c: c.cancel_all()))
    assert ran.strategy.returned[-1] == 3
    assert {order["status"] for order in ran.orders.values()} == {"cancelled"}


def test_too_little_money_denies_the_order_and_the_run_goes_on():
    ran = run(TWO, (0, buy(11, 100)), (1, sell(1)), (2, buy(1)))
    assert ran.status(1) == ran.status(2) == ("denied", "insufficient_funds")
    assert (0, "denied", 1) in ran.strategy.told
    assert ran.status(3) == ("filled", None)
    assert ran.result.summary.refused == {"insufficient_funds": 2}


def test_a_denied_order_may_be_looked_up():
    def probe(context):
        order = context.order(context.buy(ABC, 100, limit=100))
        return order.status, order.reason, order.is_working, context.cancel(order.id)

    assert inside(probe) == ("denied", "insufficient_funds", False, False)


def test_target_counts_market_orders_on_their_way():
    def step(context):
        context.target(ABC, 3)
        assert context.target(ABC, 3) is None
        context.target(ABC, 1)

    ran = run(TWO, (0, step), (5, lambda context: context.close()), latency="1ms", account="linear")
    sent = [(order["side"], order["quantity"], order["status"]) for order in ran.orders.values()]
    assert sent == [("buy", 3, "filled"), ("sell", 2, "filled"), ("sell", 1, "filled")]


# Timers.


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


# Storms.


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
