"""Queues: the worked examples by what fills, a slow twin, and how a model is named."""

import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_markets import LOT, PERPETUAL, TICK, Market, candle_markets, ticks, trade_markets
from scripted import ABC, buy, candles, depth, exchange, ns, pairs, quotes, run, trades
from test_matching_twin import Sends, orders

import barter_python as bt

sys.path.insert(0, str(Path(__file__).parent / "reference"))
from chance import draw
from matching import replay
from queues import SharingBook, TouchBook, TouchCandles, TouchTrades

# A level of 40 when our order joins it, to which 60 are added behind; the ask never matters.
JOINED = [(0, "bid", 100, 40), (0, "ask", 101, 500), (1, "bid", 100, 100)]


def amend(**terms):
    return lambda context: context.amend(1, **terms)


def fills_behind(front, queue, *events, lot="0.000000001"):
    """Fills of a buy of 5 @ 100 after `events`, of trades just below and just above `front`."""
    fine = bt.Instrument("ABC/USD", tick="0.01", lot=lot)
    rows = [*JOINED, *(row for row in events if row[1] == "bid")]
    sold = [row for row in events if row[1] == "sell"]
    nano = round(front * 10**9)
    sold += [(90, "sell", 100, f"{(nano - 1) / 10**9:.9f}"), (91, "sell", 100, "0.000000002")]
    data = depth(*rows, instrument=fine) + trades(*sold, instrument=fine)
    return run(data, (0, buy(5, 100)), queue=queue)


@pytest.mark.parametrize(
    ("queue", "front"),
    [
        ("power 2", 36.923076923),  # p = 3600 / 5200
        ("log", 35.253884940),  # p = 0.5253885, worked out to ten places: ...9402
        ("power 1", 36),
        ("power_total 2", 33.6),
        ("power_front 2", 38.4),
        ("log_total", 38.907403066),
        ("log_front", 35.145731728),
    ],
)
def test_a_cut_is_shared_between_those_before_and_those_behind(queue, front):
    """Ten of a hundred vanish; what trades up to the front gives nothing, what comes next does."""
    ran = fills_behind(front, queue, (2, "bid", 100, 90))
    assert ran.fills == pairs("0.000000001 @ 100")
    assert ran.times == [91]


def test_what_was_traded_is_no_cut():
    """6 trade, then 90 are shown: others 94, cut 4, behind 60, p = 3600 / 4756."""
    ran = fills_behind(33.027754415, "power 2", (2, "sell", 100, 6), (3, "bid", 100, 90))
    assert ran.fills == pairs("0.000000001 @ 100")


def test_a_fill_is_rounded_down_to_a_lot():
    """36.923 are ahead of us: of 38 traded 1.077 are ours, which is one lot."""
    data = depth(*JOINED, (2, "bid", 100, 90)) + trades((3, "sell", 100, 38))
    assert run(data, (0, buy(5, 100)), queue="power 2").fills == pairs("1 @ 100")


def test_the_same_level_shown_again_is_no_news():
    """6 trade; the level is said to be 100 again, then 90: still a cut of 4 and not of 10."""
    events = ((2, "sell", 100, 6), (3, "bid", 100, 100), (4, "bid", 100, 90))
    assert fills_behind(33.027754415, "power 2", *events).fills == pairs("0.000000001 @ 100")


def test_a_quote_that_changes_the_other_side_is_no_news_of_ours():
    data = quotes(
        (0, 100, 40, 101, 9), (1, 100, 100, 101, 9), (3, 100, 100, 102, 9), (4, 100, 90, 102, 9)
    )
    sold = [(2, "sell", 100, 6), (5, "sell", 100, 33), (6, "sell", 100, 1), (7, "sell", 100, 1)]
    ran = run(data + trades(*sold), (0, buy(5, 100)), queue="power 2")
    assert ran.fills == pairs("1 @ 100")
    assert ran.times == [7]  # 33.028 were ahead: of the trade before, less than a lot is ours


AROUND_US = [
    quotes((0, 100, 5, 101, 9), (1, 99, 5, 101, 9), (2, 100, 7, 101, 9)),
    depth((0, "bid", 100, 5), (0, "ask", 101, 9), (1, "bid", 100, 0), (2, "bid", 100, 7)),
]


@pytest.mark.parametrize("data", AROUND_US, ids=["quotes", "depth"])
@pytest.mark.parametrize("queue", ["trades_only", "power 2", "log"])
def test_who_comes_to_a_level_that_was_empty_stands_behind_us(data, queue):
    """Five ahead of us leave; the seven that are shown later came later."""
    ran = run(data + trades((3, "sell", 100, 2)), (0, buy(5, 100)), queue=queue)
    assert (ran.times, ran.fills) == ([3], pairs("2 @ 100"))


def snapshots(*books):
    """One book a millisecond, as far as it is shown: bids and the ask."""
    rows = [
        (ns(at), row == 0, side, price, size)
        for at, book in enumerate(books)
        for row, (side, price, size) in enumerate([("ask", 101, 9), *book])
    ]
    names = ("time", "snapshot", "side", "price", "quantity")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return bt.depth(columns, instrument=ABC, unit="ns")


TWO = [("bid", 100, 4), ("bid", 99, 5)]
ONE = [("bid", 100, 4)]


def test_a_snapshot_says_nothing_of_levels_that_it_does_not_reach():
    """Behind five; one snapshot ends before our price, the next shows eight there."""
    data = snapshots(TWO, ONE, [("bid", 99, 8)]) + trades((3, "sell", 99, 5), (4, "sell", 99, 1))
    ran = run(data, (0, buy(5, 99)))
    assert (ran.times, ran.fills) == ([4], pairs("1 @ 99"))


def test_a_place_behind_all_that_a_snapshot_shows_is_not_known():
    """Nothing fills at its price before the level is shown; then all that it shows is ahead."""
    shown = [("bid", 100, 4), ("bid", 98, 3)]
    sold = trades((0.5, "sell", 99, 1), (2, "sell", 99, 5), (3, "sell", 99, 1))
    assert run(snapshots(ONE, TWO) + sold, (0, buy(5, 99))).times == [3]
    empty = run(snapshots(ONE, shown) + sold, (0, buy(5, 99)))
    assert empty.times == [2]  # the snapshot reaches further and shows nobody at our price
    assert run(snapshots(ONE) + trades((1, "sell", 98, 1)), (0, buy(5, 99))).times == [1]


@pytest.mark.parametrize(("chance", "fills"), [("0", []), ("1", [10, 20, 30])])
def test_a_touch_fills_surely_or_never(chance, fills):
    """Whether the market is shown by trades, quotes or depth."""
    sold = [(ms, "sell", 100, 1) for ms in (10, 20, 30)]
    shown = [
        trades((0, "buy", 101, 1), *sold),
        quotes((0, 100, 50, 101, 5)) + trades(*sold),
        depth((0, "bid", 100, 50), (0, "ask", 101, 5)) + trades(*sold),
    ]
    for data in shown:
        assert run(data, (0, buy(5, 100)), queue=f"touch {chance}").times == fills


def test_an_order_that_is_placed_anew_draws_anew():
    """Each time that it goes to the back, a line of draws of its own begins."""
    data = trades((0, "buy", 101, 1), *((ms, "sell", 100, 1) for ms in range(1, 31)))
    changes = [(ms + 0.5, amend(quantity=30 + ms)) for ms in (5, 9, 20)]
    ran = run(data, (0, buy(30, 100)), *changes, queue="touch 0.5", cash="10000 USD", seed=3)
    lines = ((0, range(1, 6)), (1, range(6, 10)), (2, range(10, 21)), (3, range(21, 31)))
    touches = [(ms, (line << 32) + k) for line, times in lines for k, ms in enumerate(times)]
    lucky = [ms for ms, k in touches if draw(3, "queue touch", "ABC/USD", 1, k) < 1 << 63]
    assert ran.times == lucky


def test_a_touch_of_a_candle_fills_by_chance():
    data = candles((105, 106, 104, 105), (105, 106, 100, 105), (105, 106, 100, 105))
    assert run(data, (60_000, buy(1, 100)), queue="touch 0").fills == []
    assert run(data, (60_000, buy(1, 100)), queue="touch 1").fills == pairs("1 @ 100")


def touched(seed, *more, prepare=()):
    """Times at which a touch by chance filled a buy of 100 lots; `more` data, acts before."""
    data = trades((0, "buy", 101, 1), *((ms, "sell", 100, 1) for ms in range(1, 100)))
    for one in more:
        data += one
    strategy_acts = (*prepare, (0, lambda context: context.buy("ABC/USD", 100, limit=100)))
    ran = run(data, *strategy_acts, queue="touch 0.5", cash="100000 USD", seed=seed)
    return [
        ms for ms, row in zip(ran.times, ran.fill_rows, strict=True)
        if row["instrument"] == "ABC/USD"
    ]  # fmt: skip


def test_chance_comes_from_the_seed_and_from_nothing_else():
    """An instrument beside it, first in the data and with orders of its own, changes no draw."""
    other = bt.Instrument("AAA/USD", tick="0.01", lot="1")
    beside = trades(*((ms, "sell", 50, 1) for ms in range(1, 100)), instrument=other)
    trade_beside = [(0, lambda context: context.buy("AAA/USD", 7, limit=50))] * 3
    alone = touched(0)
    assert 25 < len(alone) < 75
    assert touched(0) == alone
    assert touched(1) != alone
    assert touched(0, beside, prepare=trade_beside) == alone


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(bt.ConfigError, match="seed must be between 0 and 18446744073709551615"):
        run(trades((0, "buy", 101, 1)), seed=seed)


MODELS = [
    "front", "trades_only", "power 2", "power 10", "power_total 3", "power_front 1", "log",
    "log_total", "log_front", "touch 0.3",
]  # fmt: skip


@pytest.mark.parametrize("queue", MODELS)
def test_a_model_is_shown_as_it_is_written(queue):
    venue = exchange(queue=queue)
    assert venue.queue == queue
    assert f"queue='{queue}'" in repr(venue)
    assert venue == exchange(queue=queue)
    assert venue != exchange(queue="power 9")


@pytest.mark.parametrize(
    ("queue", "text"),
    [
        ("power", 'whole number from 1 to 10, like "power 2"'),
        ("power 0", "from 1 to 10.*got 0"),
        ("power_total 11", "from 1 to 10"),
        ("power_front 1.5", "whole number"),
        ("touch", "probability from 0 to 1"),
        ("touch 1.5", "got 1.5"),
        ("log 2", "takes no number"),
        ("powr 2", 'did you mean "power"'),
        ("", "allowed"),
    ],
)
def test_a_model_out_of_range_is_refused(queue, text):
    with pytest.raises(bt.ConfigError, match=text):
        exchange(queue=queue)


@pytest.mark.parametrize("queue", MODELS)
def test_what_a_model_assumes_is_said(queue):
    data = quotes((0, 100, 5, 101, 5)) + trades((1, "sell", 100, 1))
    said = [one for one in run(data, queue=queue).result.assumptions if one.topic == "queue"]
    assert len(said) == 1
    assert said[0].optimistic == (queue in ("front", "touch 0.3"))
    seeds = [one for one in run(data, queue=queue).result.assumptions if one.topic == "seed"]
    assert len(seeds) == (queue == "touch 0.3")


@pytest.mark.parametrize("data", [trades((0, "buy", 9, 1)), candles((9, 9, 9, 9))])
def test_chance_at_a_touch_is_called_optimistic(data):
    said = [one for one in run(data, queue="touch 0.3").result.assumptions if one.topic == "touch"]
    assert ["probability 0.3" in one.text and one.optimistic for one in said] == [True]


def lots(fills):
    """Quantity in lots by (ms, order, price in ticks, liquidity)."""
    found = defaultdict(int)
    for ms, number, price, quantity, liquidity in fills:
        found[round(ms, 5), number, price, liquidity] += quantity
    return dict(found)


def spread(market, given_orders, sign):
    """Orders over the time of a market, one at a time."""
    times = {int(when * market.end): rest for when, *rest in given_orders}
    return [
        (ms, kind, sign, quantity, 2000 + offset)
        for ms, (kind, quantity, offset) in sorted(times.items())
    ]


def compare(market, sent, queue, exchanges):
    """Fills and states of a run are those of the twin."""
    twin = replay(market, queue, "adverse", sent, exchanges)
    ran = run(
        market.data(PERPETUAL), strategy=Sends(sent), cash="100000000 USD",
        account="linear", queue=queue, seed=5,
    )  # fmt: skip
    rows = zip(ran.times, ran.fill_rows, strict=True)
    assert lots(
        (ms, row["order"], int(row["price"] / TICK), int(row["quantity"] / LOT), row["liquidity"])
        for ms, row in rows
    ) == lots(twin.fills)
    assert [ran.status(one.number) for one in twin.orders] == [one.state for one in twin.orders]


books = st.one_of(ticks("quotes"), ticks("depth"))
powers = st.builds("{} {}".format, st.sampled_from(["power", "power_total", "power_front"]),
                   st.integers(1, 10))  # fmt: skip
shares = st.one_of(powers, st.sampled_from(["log", "log_total", "log_front"]))


@st.composite
def crowded(draw):
    """One level at 2000 on our side that grows and shrinks, trades at it, and some of our orders.

    Returns the market and our orders.
    """
    sign = draw(st.sampled_from([1, -1]))
    own, other, side = ("bid", "ask", "sell") if sign > 0 else ("ask", "bid", "buy")
    deep = draw(st.booleans())
    quotes, sold, deeper, sent = [], [], [], []
    steps = draw(
        st.lists(st.tuples(st.integers(0, 5), st.integers(1, 60)), min_size=5, max_size=40)
    )
    for at, (kind, size) in enumerate([(0, 40), *steps]):
        ms = 10 * at
        if kind <= 1 and deep:
            deeper += [(ms, own, 2000, size)] + ([] if at else [(0, other, 2000 + 9 * sign, 900)])
        elif kind <= 1:
            ours, theirs = (2000, size), (2000 + 9 * sign, 900)
            quotes.append((ms, *ours, *theirs) if sign > 0 else (ms, *theirs, *ours))
        elif kind == 2 and deep:
            deeper.append((ms, own, 2000, 0))
        elif kind == 2:
            ours, theirs = (2000 - sign, size), (2000 + 9 * sign, 900)
            quotes.append((ms, *ours, *theirs) if sign > 0 else (ms, *theirs, *ours))
        elif kind == 3:
            sent.append((ms, "gtc", sign, size, 2000))
        else:
            sold.append((ms, side, 2000, 1 + size // 3))
    market = Market(quotes=tuple(quotes), trades=tuple(sold), depth=tuple(deeper))
    return market, [one for one in sent if one[0] <= market.end]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(crowded(), shares)
def test_shared_cuts_fill_as_those_of_the_twin(crowd, queue):
    compare(*crowd, queue, (None, SharingBook, None))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(books, orders, st.sampled_from([1, -1]), shares)
def test_shared_cuts_fill_as_those_of_the_twin_in_any_market(market, given_orders, sign, queue):
    compare(market, spread(market, given_orders, sign), queue, (None, SharingBook, None))


TOUCHES = (TouchCandles, TouchBook, TouchTrades)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.one_of(books, trade_markets(), candle_markets()),
    orders,
    st.sampled_from([1, -1]),
    st.sampled_from(["touch 0.3", "touch 0.75", "touch 1"]),
)
def test_touches_fill_as_those_of_the_twin(market, given_orders, sign, queue):
    compare(market, spread(market, given_orders, sign), queue, TOUCHES)


@st.composite
def one_level(draw):
    """A level that grows and shrinks, and trades at it."""
    rows, sold = [(0, 100, draw(st.integers(1, 60)), 101, 9)], []
    for ms in range(1, draw(st.integers(4, 26))):
        size = draw(st.integers(1, 60))
        if draw(st.booleans()):
            rows.append((ms, 100, size, 101, 9))
        else:
            sold.append((ms, "sell", 100, size))
    return rows, sold


@settings(max_examples=200, deadline=None, derandomize=True)
@given(one_level(), shares)
def test_every_share_fills_between_the_two_bounds(level, queue):
    """No less than if all cancels were behind us, no more than if nobody stood before us."""
    rows, sold = level
    data = quotes(*rows)
    if sold:
        data += trades(*sold)
    filled = [
        sum(
            quantity for _, quantity in run(data, (0, buy(100, 100)), queue=model, cash="1e6").fills
        )
        for model in ("trades_only", queue, "front")
    ]
    assert filled == sorted(filled)
