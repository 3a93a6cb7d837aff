"""The context: when it may be used, and what hooks are handed."""

import subprocess
import sys
import threading

import pytest
from hooked import TWO, backtest, hooked, inside
from scripted import ABC, at, candles, depth, exchange, ns, quotes, trades

import barter_python as bt

# When it may be used.


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


@pytest.mark.parametrize("keep", ["all", "every other", "the first"])
def test_what_the_context_shows_of_a_moment_never_changes(keep):
    """One unit is bought at every quote: at 101, where the middle is 100.5."""
    data = quotes(*((ms, 100, 5 + ms, 101, 5) for ms in range(6)))
    kept = []

    def on_quote(self, context, quote):
        step = round(at(context))
        position, last = context.position(), context.quote()
        assert (position.quantity, last.bid_quantity) == (step, 5 + step)
        if keep == "all" or (step % 2 if keep == "every other" else step == 0):
            kept.append((step, position, last))
        context.buy(ABC, 1)

    backtest(data, hooked(on_quote=on_quote))
    assert len(kept) == {"all": 6, "every other": 3, "the first": 1}[keep]
    for step, position, last in kept:
        assert (position.quantity, position.is_flat) == (step, step == 0)
        assert position.average_price == (101 if step else None)
        assert (position.unrealised, position.realised) == (step * -0.5, 0)
        assert (last.bid_quantity, last.time) == (5 + step, ns(step))


def test_a_position_shows_profits_of_either_sign():
    """Sold 2 at 100, 1 of them bought back at 121; the other is marked at 110.5."""
    data = quotes((0, 100, 5, 101, 5), (1, 120, 5, 121, 5), (2, 110, 5, 111, 5))
    seen = []

    def on_quote(self, context, quote):
        step = round(at(context))
        if step == 0:
            context.sell(ABC, 2)
        elif step == 1:
            context.buy(ABC, 1)
        position = context.position()
        seen.append((position.quantity, position.average_price))
        seen.append((position.unrealised, position.realised))

    backtest(data, hooked(on_quote=on_quote), exchange=exchange(account="linear"))
    assert seen == [(0, None), (0, 0), (-2, 100), (-41, 0), (-1, 100), (-10.5, -21)]


def test_the_book_is_one_object_that_shows_the_moment():
    books, touches = [], []

    def on_start(self, context):
        books.append(context.book())

    def on_book(self, context, book):
        books.extend((book, context.book(), context.book(ABC)))
        touches.append(books[0].touch)
        assert books[0].touch == (book.bid, book.ask)

    data = depth((0, "bid", 99, 5), (1, "bid", 100, 5), (2, "ask", 102, 5))
    backtest(data, hooked(on_start=on_start, on_book=on_book))
    assert touches == [(99, None), (100, None), (100, 102)]
    assert len({id(book) for book in books}) == 1


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


def test_a_name_means_its_instrument_however_often_it_was_used():
    other = bt.Instrument("DEF/USD", tick=1, lot=1)
    data = TWO + quotes((0, 50, 5, 51, 5), instrument=other)

    def probe(context):
        named = [[one, bt.Instrument(one.name, tick=1, lot=1), one.name] for one in (ABC, other)]
        return [
            {context.position(given).instrument.name for given in names * 2}
            for names in (named[0], named[1], [named[0][1], named[0][2]])
        ]

    assert inside(probe, data) == [{"ABC/USD"}, {"DEF/USD"}, {"ABC/USD"}]


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


FAULT = """
import barter_python as bt

def kinds(of):
    found = type.__subclasses__(of)
    return found + [kind for each in found for kind in kinds(each)]

[panic] = [kind for kind in kinds(BaseException) if kind.__name__ == "PanicException"]
rows = {"time": [0, 10, 20], "bid": [9] * 3, "ask": [11] * 3}
data = bt.quotes(rows | {"bid_quantity": [5] * 3, "ask_quantity": [5] * 3}, unit="ns")

class Fails(bt.Strategy):
    def on_quote(self, context, quote):
        raise panic("stands for a fault of the library")

class Nests(bt.Strategy):
    def on_quote(self, context, quote):
        if context.time == 0:
            try:
                bt.backtest(data, Fails, cash=7)
            except bt.InternalError:
                print("fault")
        print(context.balance().total)

bt.backtest(data, Nests, cash=1000)
"""


def test_a_fault_within_a_nested_run_gives_the_view_back():
    # Alone: other libraries have panics of their own.
    ran = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["fault", "1000.0", "1000.0", "1000.0"]
