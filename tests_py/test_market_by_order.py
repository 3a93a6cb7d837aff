"""Market by order: the exact queue by hand, against a slow twin, and between its bounds."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import CONTRACT, Script, buy, by_order, depth, ns, pairs, quotes, run, sell, trades

import barter_python as bt

sys.path.insert(0, str(Path(__file__).parent / "reference"))
import exchange as twin

ASK = (0, "add", 90, "sell", 101, 50)
FIRST = (0, "add", 1, "buy", 100, 3)
SECOND = (2, "add", 2, "buy", 100, 4)


def fills(*events, first=FIRST, quantity=2, **settings):
    """Fills and their times of our buy at 100, sent between the two orders of others."""
    ran = run(by_order(ASK, first, SECOND, *events), (1, buy(quantity, 100)), **settings)
    return [(time, int(size)) for time, (_, size) in zip(ran.times, ran.fills, strict=True)]


def test_an_order_waits_for_those_before_it_and_not_for_those_behind():
    """Worked example: A 3, ours 2, B 4. A leaves; one that sells 1 meets us, B gets nothing."""
    assert fills((3, "cancel", 1, "buy", 100, 3), (4, "fill", 2, "buy", 100, 1)) == [(4, 1)]
    assert fills((3, "fill", 1, "buy", 100, 1), (4, "fill", 2, "buy", 100, 1)) == [(4, 1)]


def test_who_was_there_before_is_filled_before():
    """A sells 3, then B, who is behind us, sells 1 and 4: the first of it is ours."""
    events = (3, "fill", 1, "buy", 100, 3), (4, "fill", 2, "buy", 100, 1)
    assert fills(*events, (5, "fill", 2, "buy", 100, 3)) == [(4, 1), (5, 1)]


def test_a_sweep_is_one_budget_for_each_of_its_fills():
    """Ours are 6: 4 of what B got at our price, 2 of what was sold below it."""
    events = (
        (2, "add", 3, "buy", 99, 9), (3, "fill", 1, "buy", 100, 3),
        (3, "fill", 2, "buy", 100, 4), (3, "fill", 3, "buy", 99, 3),
    )  # fmt: skip
    assert fills(*events, quantity=6) == [(3, 4), (3, 2)]


@pytest.mark.parametrize(
    ("change", "before_us"),
    [
        (("modify", 1, "buy", 100, 2), True),  # less keeps the place
        (("cancel", 1, "buy", 100, 1), True),  # so does a cancel of a part
        (("modify", 1, "buy", 100, 5), False),  # more goes to the back
        (("modify", 1, "buy", 99, 3), None),  # elsewhere
    ],
)
def test_what_a_change_does_to_a_place(change, before_us):
    price = 99 if before_us is None else 100
    found = fills((3, *change), (4, "fill", 1, "buy", price, 1))
    assert found == ([] if before_us else [(4, 1)])


def test_a_locked_book_stands():
    """Who bids what another one asks leaves both there: both can be taken from."""
    data = by_order(ASK, FIRST, (2, "add", 2, "buy", 101, 4), (9, "add", 3, "buy", 99, 1))
    ran = run(data, (3, buy(1)), (4, sell(1)))
    assert ran.fills == pairs("1 @ 101, 1 @ 101")


def test_an_order_that_comes_back_to_its_price_is_behind():
    there, back = (3, "modify", 1, "buy", 99, 3), (4, "modify", 1, "buy", 100, 3)
    assert fills(there, back, (5, "fill", 1, "buy", 100, 1)) == [(5, 1)]


def test_a_snapshot_keeps_the_places_of_orders_that_it_shows_again():
    """All at one time: the book is emptied and shown again, ours stands after the first."""
    again = [
        (3, "clear", 0, "none", 0, 0), (3, *ASK[1:]), (3, *FIRST[1:]), (3, *SECOND[1:]),
    ]  # fmt: skip
    assert fills(*again, (4, "fill", 1, "buy", 100, 1)) == []
    assert fills(*again, (4, "fill", 2, "buy", 100, 1)) == [(4, 1)]
    # With more than it had, or at another time, it is a new one.
    more = [(3, "add", 1, "buy", 100, 4) if row[2] == 1 else row for row in again]
    assert fills(*more, (4, "fill", 1, "buy", 100, 1)) == [(4, 1)]
    later = [again[0], *((4, *row[1:]) for row in again[1:])]
    assert fills(*later, (5, "fill", 1, "buy", 100, 1)) == [(5, 1)]


def test_a_snapshot_does_not_bring_back_what_we_took():
    rows = (0, "add", 1, "sell", 101, 3), (0, "add", 2, "sell", 101, 2)
    again = (2, "clear", 0, "none", 0, 0), *((2, *row[1:]) for row in rows)
    end = (9, "add", 3, "buy", 1, 1)
    ran = run(by_order(*rows, *again, end), (1, buy(4, 101)), (3, buy(4, 101)))
    assert ran.fills == pairs("4 @ 101, 1 @ 101")


def test_a_trade_of_a_hidden_order_fills_only_where_nobody_is_shown():
    """At a price where others are shown it passed them by, so it may have passed us by."""
    sold = (3, "trade", 0, "sell", 100, 1)
    assert fills(sold) == []
    gone = (3, "cancel", 1, "buy", 100, 0), (3, "cancel", 2, "buy", 100, 0)
    assert fills(*gone, (4, *sold[1:])) == [(4, 1)]
    assert fills((3, "trade", 0, "sell", 99.5, 1)) == [(3, 1)]
    assert fills(*gone, (4, "trade", 0, "buy", 100, 1)) == []
    assert fills(*gone, (4, "trade", 0, "none", 100, 1)) == [(4, 1)]


def test_a_taker_walks_the_levels_and_what_it_took_is_gone():
    data = by_order(
        (0, "add", 1, "sell", 100.10, 1),
        (0, "add", 2, "sell", 100.20, 1),
        (0, "add", 3, "sell", 100.20, 1),
        (0, "add", 4, "sell", 100.50, 5),
        (2, "add", 5, "sell", 100.10, 3),
    )
    ran = run(data, (0, buy(4)), (1, buy(1)), (2, buy(5)), cash="2000 USD")
    assert ran.fills == pairs(
        "1 @ 100.10, 2 @ 100.20, 1 @ 100.50, 1 @ 100.50, 4 @ 100.10, 1 @ 100.50"
    )


def test_an_amended_order_keeps_or_loses_its_place():
    def amended(quantity):
        change = (2.5, lambda context: context.amend(1, quantity=quantity))
        data = by_order(ASK, FIRST, SECOND, (4, "fill", 2, "buy", 100, 1))
        return run(data, (1, buy(2, 100)), change).times

    assert amended(1) == [4]
    assert amended(3) == []


def test_a_run_may_start_in_the_middle():
    """Who joined before the start is before us all the same."""
    data = by_order(
        ASK, FIRST, (5, "add", 3, "buy", 99, 1), (7, *SECOND[1:]),
        (8, "fill", 1, "buy", 100, 1), (9, "fill", 2, "buy", 100, 1),
    )  # fmt: skip
    assert run(data, (6, buy(2, 100)), start=ns(5)).times == [9]


def test_a_stop_fires_on_the_fills_of_others():
    data = by_order(
        ASK, FIRST, (1, "add", 3, "buy", 99, 9), (3, "fill", 1, "buy", 100, 3),
        (9, "clear", 0, "none", 0, 0),
    )  # fmt: skip
    ran = run(data, (0, buy(1)), (2, sell(1, trigger=100)))
    assert ran.fills == pairs("1 @ 101, 1 @ 99")
    assert ran.times == [0, 3]


# What the strategy sees.


class Watches(bt.Strategy):
    def __init__(self):
        super().__init__()
        self.books, self.trades = [], []

    def on_book(self, context, book):
        bids, asks = book.bids(5), book.asks(5)
        self.books.append(((context.time - ns(0)) // 10**6, bids, asks))

    def on_trade(self, context, trade):
        self.trades.append(((context.time - ns(0)) // 10**6, trade.price, trade.quantity))


EVENTS = (
    ASK, FIRST, SECOND, (3, "fill", 1, "buy", 100, 3), (4, "trade", 0, "buy", 100.5, 2),
)  # fmt: skip


def test_the_strategy_sees_levels_and_trades():
    watches = run(by_order(*EVENTS), strategy=Watches()).strategy
    assert watches.trades == [(3, 100, 3), (4, 100.5, 2)]
    assert [book[0] for book in watches.books] == [0, 2, 3, 4]
    assert [sum(quantity for _, quantity in book[1]) for book in watches.books] == [3, 7, 4, 4]


def test_trades_of_a_source_of_their_own_are_told_and_fill_nothing():
    """The recorded orders show what traded; nothing fills a second time, no trade is told twice."""
    beside = trades((3, "sell", 100, 3), (5, "sell", 99, 9))
    watches = run(by_order(*EVENTS) + beside, strategy=Watches()).strategy
    assert watches.trades == [(3, 100, 3), (5, 99, 9)]
    assert run(by_order(*EVENTS) + beside, (1, buy(2, 100))).fills == []
    coarse = quotes((5, 90, 9, 91, 9)) + depth((5, "ask", 91, 9), (5, "bid", 90, 9))
    assert run(by_order(*EVENTS) + coarse, (1, buy(2, 100))).fills == []


def test_hooks_see_the_same_however_many_there_are():
    class Trades(Watches):
        on_book = bt.Strategy.on_book

    assert run(by_order(*EVENTS), strategy=Trades()).strategy.trades == [(3, 100, 3), (4, 100.5, 2)]


def test_the_assumptions_name_the_queue():
    def said(queue):
        ran = run(by_order(*EVENTS), queue=queue)
        return [
            (one.text, one.optimistic) for one in ran.result.assumptions if one.topic == "queue"
        ]

    assert said("auto") == said("l3")
    assert "came before" in said("auto")[0][0]
    assert not said("auto")[0][1]
    assert said("front")[0][1]


def test_the_exact_queue_needs_orders_one_by_one():
    with pytest.raises(bt.ConfigError, match=r'"l3" needs orders one by one.*has quotes'):
        run(quotes((0, 100, 5, 101, 5)), queue="l3")


# Against the twin, and between the bounds.


class Crowd:
    """Random orders of others; the first of `live` at a price took its place first."""

    def __init__(self, draw, *, fair):
        self.draw, self.fair = draw, fair
        self.live, self.rows, self.named = {}, [], 1

    def best(self, side):
        prices = [order[1] for order in self.live.values() if order[0] == side]
        return (max(prices) if side > 0 else min(prices)) if prices else None

    def price(self, side):
        """A price at which an order of this side crosses none, or nothing."""
        other = self.best(-side)
        low, high = 96, 104
        if other is not None:
            low, high = (low, other - 1) if side > 0 else (other + 1, high)
        return self.draw(st.integers(low, high)) if low <= high else None

    def one(self, side):
        """One of the orders of this side."""
        known = [key for key, order in self.live.items() if order[0] == side]
        return self.draw(st.sampled_from(known)) if known else None

    def shrink(self, key, size):
        self.live[key][2] -= size
        if not self.live[key][2]:
            del self.live[key]

    def add(self, ms, side):
        price = self.price(side)
        if price is not None:
            self.named += 1
            self.live[self.named] = [side, price, self.draw(st.integers(1, 9))]
            self.rows.append((ms, "add", self.named, *self.live[self.named]))

    def trade(self, ms, side):
        price = self.draw(st.integers(96, 104))
        shown = {order[1] for order in self.live.values()}
        if not self.fair or price not in shown:
            self.rows.append((ms, "trade", 0, side, price, self.draw(st.integers(1, 9))))

    def fill(self, ms, side):
        key = self.one(side)
        if key is None:
            return
        if self.fair:
            touch = [side, self.best(side)]
            key = next(one for one, order in self.live.items() if order[:2] == touch)
        size = self.draw(st.integers(1, self.live[key][2]))
        self.rows.append((ms, "fill", key, *self.live[key][:2], size))
        self.shrink(key, size)

    def cancel(self, ms, side):
        key = self.one(side)
        if key is not None:
            size = self.draw(st.integers(0, self.live[key][2]))
            self.rows.append((ms, "cancel", key, *self.live[key][:2], size))
            self.shrink(key, size or self.live[key][2])

    def modify(self, ms, side):
        key = self.one(side)
        if key is None:
            return
        _, price, before = self.live[key]
        new = self.price(side) if self.draw(st.booleans()) else None
        size = self.draw(st.integers(1, 12))
        if (new is not None and new != price) or size > before:
            self.live[key] = self.live.pop(key)  # to the back
        self.live[key][1:] = price if new is None else new, size
        self.rows.append((ms, "modify", key, *self.live[key]))


@st.composite
def streams(draw, *, fair):
    """Random events, one a ms: (ms, action, id, side, price, size).

    If `fair`, orders are filled by price and time, and hidden trades happen between the levels.
    """
    crowd = Crowd(draw, fair=fair)
    kinds = st.sampled_from(["add", "add", "add", "fill", "fill", "cancel", "modify", "trade"])
    for ms in range(draw(st.integers(4, 50))):
        getattr(crowd, draw(kinds))(ms, draw(st.sampled_from([1, -1])))
    far = [(-1, "add", 0, 1, 1, 500), (-1, "add", 1, -1, 500, 500)]  # no side is ever empty
    end = (60, "modify", 0, 1, 1, 1)  # so that what is done last happens
    return [*far, *crowd.rows, end]


def mirrored(rows):
    """The same rows with the words of a loader."""
    words = {1: "buy", -1: "sell"}
    return [(ms, what, key, words[side], price, size) for ms, what, key, side, price, size in rows]


acts = st.lists(
    st.tuples(
        st.integers(0, 50),
        st.sampled_from(["limit", "limit", "limit", "market", "ioc", "post", "cancel", "amend"]),
        st.sampled_from([1, -1]),
        st.integers(96, 104),
        st.integers(1, 12),
    ),
    min_size=1,
    max_size=12,
)


def asked(act, number):
    """An act as the strategy does it and as the twin is told; `number` orders were sent."""
    _, kind, side, price, quantity = act
    name = "buy" if side > 0 else "sell"
    order = {"do": "submit", "instrument": 0, "side": side, "quantity": Fraction(quantity)}
    if kind in ("cancel", "amend"):
        which = 1 + quantity % number
        if kind == "cancel":
            return lambda context: context.cancel(which), {"do": "cancel", "order": which}
        terms = {"quantity": Fraction(quantity), "limit": Fraction(price), "trigger": None}
        return (
            lambda context: context.amend(which, quantity=quantity, limit=price),
            {"do": "amend", "order": which} | terms,
        )
    if kind == "market":
        return lambda context: context.submit(CONTRACT, name, quantity), order | {"kind": "market"}
    more = {"ioc": {"time_in_force": "ioc"}, "post": {"post_only": True}}.get(kind, {})
    told = {"ioc": {"tif": "ioc"}, "post": {"post_only": True}}.get(kind, {})
    return (
        lambda context: context.submit(CONTRACT, name, quantity, limit=price, **more),
        order | {"kind": "limit", "limit": Fraction(price)} | told,
    )


@settings(max_examples=400, deadline=None, derandomize=True)
@given(streams(fair=False), acts, st.sampled_from(["l3", "l3", "trades_only", "front"]))
def test_fills_and_states_are_those_of_the_twin(rows, given_acts, queue):
    script, told, sent, kinds = [], [], 0, []
    for ms, kind, *rest in sorted({act[0]: act for act in given_acts}.values()):
        if kind in ("cancel", "amend") and not sent:
            continue
        if kind == "amend" and kinds[rest[2] % sent] == "market":
            continue  # which a strategy cannot ask for
        act, command = asked((ms, kind, *rest), sent)
        script.append((ms, act))
        told.append((ns(ms), command))
        if kind not in ("cancel", "amend"):
            sent, kinds = sent + 1, [*kinds, kind]
    instrument = twin.Instrument("ABC-PERP", "ABC", "USD", kind="perpetual")
    moved = [(ns(ms), *row) for ms, *row in rows]
    setup = twin.Setup(
        [instrument], [twin.Stream(0, "l3", 0, moved)], {"USD": Fraction(10**8)},
        account="linear", queue=queue, commands=told,
    )  # fmt: skip
    expected = twin.run(setup)
    ran = run(
        by_order(*mirrored(rows), instrument=CONTRACT), strategy=Script(script),
        cash="100000000 USD", account="linear", queue=queue, fees=0,
    )  # fmt: skip
    found = [
        (ns(ms), row["order"], row["price"], row["quantity"], row["liquidity"])
        for ms, row in zip(ran.times, ran.fill_rows, strict=True)
    ]
    assert found == [fill[:5] for fill in expected.fills]
    states = {number: (row["status"], row["reason"]) for number, row in expected.orders.items()}
    assert {number: ran.status(number) for number in ran.orders} == states


@settings(max_examples=300, deadline=None, derandomize=True)
@given(streams(fair=True), st.integers(0, 40), st.integers(96, 104), st.integers(1, 12))
def test_the_exact_queue_lies_between_its_bounds(rows, when, price, quantity):
    """By level, nobody before us is the most that may fill; all cancels behind us is the least."""
    exact = by_order(*mirrored(rows))
    shown, levels, printed = {}, [], []
    for ms, what, key, side, at, size in rows:
        if what in ("fill", "trade"):
            aggressor = -side if what == "fill" else side
            printed.append((ms, "buy" if aggressor > 0 else "sell", at, size))
        old = shown.get(key)
        if what in ("add", "modify"):
            shown[key] = [side, at, size]
        elif what in ("fill", "cancel"):
            shown[key] = [*old[:2], old[2] - (size or old[2])]
        for of, level in {tuple(one[:2]) for one in (old, shown.get(key)) if one}:
            total = sum(one[2] for one in shown.values() if one[:2] == [of, level])
            levels.append((ms, "bid" if of > 0 else "ask", level, total))
    coarse = depth(*levels)
    if printed:
        coarse = trades(*printed) + coarse
    order = (when, buy(quantity, price))
    filled = [
        sum(quantity for _, quantity in run(data, order, queue=queue, cash="1e6").fills)
        for data, queue in ((coarse, "trades_only"), (exact, "l3"), (coarse, "front"))
    ]
    assert filled == sorted(filled)
