"""What must not matter, with orders of every kind: a run is compared with a changed one.

No answer is known beforehand; each law fails where one side of it is treated in its own way.
More of them, on cash accounts too, are in test_lookahead.py and test_fees.py.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from unittest.mock import patch

import pyarrow as pa
import scripted
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_markets import (
    LOT,
    PERPETUAL,
    TICK,
    Market,
    candle_markets,
    markets,
    ticks,
    trade_markets,
)
from random_orders import Every, every_act, every_rule, mirrored, run
from scripted import buy, rows, sell

import barter_python as bt

many = settings(max_examples=100, deadline=None, derandomize=True)
DAY = 86_400_000_000_000


def like(**changed):
    fields = {name: getattr(PERPETUAL, name) for name in ("name", "kind", "base", "tick", "lot")}
    fields |= {"quote": "USD"} | changed
    return bt.Instrument(fields.pop("name"), **fields)


cut_points = st.lists(st.integers(1, 40), max_size=5)


def told(ran):
    """What became of each order, but for the numbers that its instrument scales."""
    return [(one["side"], one["kind"], one["status"], one["reason"]) for one in ran.orders.values()]


@many
@given(markets, every_rule, every_act)
def test_prices_times_ten(market, rules, acts):
    one, ten = run(market, rules, acts), run(market, rules, acts, like(tick=TICK * 10))
    assert ten.times == one.times
    assert ten.fills == [(price * 10, quantity) for price, quantity in one.fills]
    assert told(ten) == told(one)
    lost = [ran.result.summary.start_equity - ran.result.summary.end_equity for ran in (one, ten)]
    assert lost[1] == lost[0] * 10


@many
@given(markets, every_rule, every_act)
def test_sizes_times_ten(market, rules, acts):
    one, ten = run(market, rules, acts), run(market, rules, acts, like(lot=LOT * 10))
    if not rules.queue.startswith(("power", "log")):  # which count parts of a lot
        assert ten.times == one.times
        assert ten.fills == [(price, quantity * 10) for price, quantity in one.fills]
        assert told(ten) == told(one)


@many
@given(markets, every_rule, every_act)
def test_a_day_later(market, rules, acts):
    one = run(market, rules, acts)
    with patch.object(scripted, "START", scripted.START + DAY):
        other = run(market, rules, acts)
    assume(not isinstance(rules.latency, bt.Latency) or "uniform" not in repr(rules.latency))
    assert other.strategy.log == one.strategy.log
    assert told(other) == told(one)
    assert other.balances == one.balances


@many
@given(st.one_of(ticks("quotes"), trade_markets()), every_rule, every_act, cut_points)
def test_the_cuts_between_batches(market, rules, acts, cuts):
    """Rows that come in one batch, in several, or row by row."""
    columns = {
        "quotes": "time bid bid_quantity ask ask_quantity", "trades": "time side price quantity",
    }  # fmt: skip
    scale = {"time": 1, "bid": TICK, "ask": TICK, "price": TICK, "side": None}
    found = []
    for chunked in (False, True):
        data = []
        for name, names in columns.items():
            given_rows = getattr(market, name)
            if not given_rows:
                continue
            values = [
                [
                    scripted.ns(row[at]) if column == "time"
                    else row[at] if column == "side"
                    else str(row[at] * scale.get(column, LOT))
                    for row in given_rows
                ]
                for at, column in enumerate(names.split())
            ]  # fmt: skip
            table = pa.table(dict(zip(names.split(), values, strict=True)))
            if chunked:
                at = sorted({0, len(table), *(cut for cut in cuts if cut < len(table))})
                parts = [table.slice(a, b - a) for a, b in pairwise(at)]
                table = pa.concat_tables(parts)
            data.append(getattr(bt, name)(table, instrument=PERPETUAL, unit="ns"))
        found.append(run(market, rules, acts, data=data).digest)
    assert found[0] == found[1]


@many
@given(markets, every_rule, every_act)
def test_a_name(market, rules, acts):
    """What depends on chance depends on the name; nothing else does."""
    assume(not rules.queue.startswith("touch") and "uniform" not in repr(rules.latency))
    one = run(market, rules, acts)
    other = run(market, rules, acts, like(name="ZZ/9", base="zz"))
    assert other.strategy.log == one.strategy.log
    assert told(other) == told(one)
    assert other.balances["USD"] == one.balances["USD"]


@many
@given(markets, every_rule, every_act)
def test_upside_down(market, rules, acts):
    """Buys for sells and falls for rises: the same profit."""
    assume(not any(open_ == close for open_, _, _, close, *_ in market.candles))  # neither way up
    acts = [act for act in acts if act.kind != "trail_share"]  # a share is of another price
    assume(acts)
    market = replace(market, candles=tuple(row[:4] for row in market.candles))
    path = {"high_first": "low_first", "low_first": "high_first"}.get(rules.path, rules.path)
    one = run(market, rules, acts, max_slippage="40%")
    other = run(*_turned(market, acts, rules, path), max_slippage="40%")
    turn = 2 * 2000 * TICK
    assert other.times == one.times
    assert other.fills == [(turn - price, quantity) for price, quantity in one.fills]
    assert told_of_statuses(other) == told_of_statuses(one)
    assert other.result.summary.end_equity == one.result.summary.end_equity


def _turned(market, acts, rules, path):
    market, acts = mirrored(market, acts)
    return market, replace(rules, path=path), acts


def told_of_statuses(ran):
    return [(one["kind"], one["status"], one["reason"]) for one in ran.orders.values()]


@many
@given(markets, every_rule, every_act, st.floats(0, 0.9), st.floats(0.1, 1))
def test_an_order_that_was_cancelled_unfilled(market, rules, acts, start, end):
    """It might as well not have been there."""
    assume(start < end and "uniform" not in repr(rules.latency))
    assume(not rules.queue.startswith("touch"))  # draws go by the number of an order
    with_it = run(market, rules, acts, aside=(start, end))
    without = run(market, rules, acts)
    assert with_it.strategy.log == without.strategy.log
    extra = with_it.strategy.extra
    assert extra is None or with_it.orders[extra]["filled"] == 0
    assert [one for at, one in zip(with_it.orders, told(with_it), strict=True) if at != extra] == (
        told(without)
    )
    assert with_it.balances == without.balances


@many
@given(markets, every_rule, st.lists(every_act, min_size=2, max_size=4))
def test_the_runs_before_it_in_the_same_process(market, rules, sweep):
    there = [run(market, rules, acts).digest for acts in sweep]
    back = [run(market, rules, acts).digest for acts in reversed(sweep)]
    assert back[::-1] == there


class Looking(Every):
    """Notes all that it knows whenever it is called."""

    def note(self, context):
        known = [(one.id, one.status, one.filled, one.limit) for one in context.orders()]
        self.log.append((context.time, known, context.equity, context.position().quantity))

    def on_timer(self, context, timer):
        self.note(context)
        super().on_timer(context, timer)

    def on_fill(self, context, fill):
        self.note(context)
        super().on_fill(context, fill)


class Called(Looking):
    """The same, called for all that happens."""

    def on_order(self, context, order): ...
    def on_candle(self, context, candle): ...
    def on_quote(self, context, quote): ...
    def on_trade(self, context, trade): ...
    def on_book(self, context, book): ...


@many
@given(markets, every_rule, every_act)
def test_hooks_that_do_nothing(market, rules, acts):
    looking, called = (run(market, rules, acts, kind=kind) for kind in (Looking, Called))
    assert looking.strategy.log == called.strategy.log
    assert looking.digest == called.digest
    assert told(looking) == told(called)
    assert looking.balances == called.balances


@many
@given(markets, markets, every_rule, every_act, st.booleans())
def test_an_instrument_beside_it(market, others, rules, acts, first):
    assume(others.end <= market.end)
    other = like(name="ZZ/9", base="ZZ")
    mine, theirs = market.data(PERPETUAL), others.data(other)
    alone = run(market, rules, acts)
    beside = run(market, rules, acts, data=[*theirs, *mine] if first else [*mine, *theirs])
    assert beside.strategy.log == alone.strategy.log
    assert told(beside) == told(alone)
    assert beside.balances["USD"] == alone.balances["USD"]


@many
@given(markets, every_rule, every_act, st.floats(0.1, 0.9))
def test_what_comes_after_the_end(market, rules, acts, share):
    """Rows that are appended change nothing of what was told before them."""
    assume(not market.candles)
    time = max(1, round(share * market.end))
    kept = {name: tuple(r for r in getattr(market, name) if r[0] < time)
            for name in ("quotes", "trades", "depth", "orders")}  # fmt: skip
    short = Market(**kept)
    assume(short)
    one, two = (
        scripted.run(
            part.data(PERPETUAL), strategy=Every(PERPETUAL, market.end, acts), cash="1e8",
            **rules.settings,
        ).strategy.log
        for part in (short, market)
    )  # fmt: skip
    last = short.end * scripted.MS
    assert [entry for entry in one if entry[0] < last] == [
        entry for entry in two if entry[0] < last
    ]


# One plain order.


def filled(ran):
    """(time, price) to the quantity filled there."""
    found = defaultdict(int)
    for time, (price, quantity) in zip(ran.times, ran.fills, strict=True):
        found[time, price] += quantity
    return dict(found)


plain = st.sampled_from([None, -3, -1, 0, 1, 3])
sides = st.sampled_from([buy, sell])


def one_order(market, side, *quantities, offset=None, at=0, **more):
    limit = None if offset is None else (2000 + offset) * TICK
    acts = [(at, side(quantity * LOT, limit)) for quantity in quantities]
    return scripted.run(market.data(PERPETUAL), *acts, account="linear", fees=0, cash="1e8", **more)


@many
@given(markets, sides, plain, st.integers(1, 45), st.integers(0, 100))
def test_two_halves_are_a_whole(market, side, offset, half, at):
    whole = one_order(market, side, 2 * half, offset=offset, at=at)
    halves = one_order(market, side, half, half, offset=offset, at=at)
    assert filled(halves) == filled(whole)


books = st.one_of(ticks("quotes"), ticks("depth"), candle_markets())


@many
@given(books, sides, st.integers(1, 90), st.integers(0, 100))
def test_less_liquidity_never_makes_a_taker_s_cost_better(market, side, quantity, at):
    """Lot by lot, the best first."""
    double = Market(
        candles=tuple((*row[:4], *(2 * size for size in row[4:])) for row in market.candles),
        quotes=tuple((ms, b, 2 * bs, a, 2 * as_) for ms, b, bs, a, as_ in market.quotes),
        trades=market.trades,
        depth=tuple((ms, way, price, 2 * size) for ms, way, price, size in market.depth),
    )
    costs = []
    for one in (market, double):
        ran = one_order(one, side, quantity, at=at)
        sign = 1 if side is buy else -1
        costs.append(sorted(sign * p for p, q in ran.fills for _ in range(int(q / LOT))))
    thin, deep = costs
    assert len(thin) <= len(deep)
    assert all(cost >= other for cost, other in zip(thin, deep, strict=False))


@many
@given(markets, sides, plain.filter(lambda offset: offset is not None), st.integers(1, 90))
def test_a_worse_place_in_the_queue_never_fills_earlier_or_more(market, side, offset, quantity):
    found = []
    for queue in ("trades_only", "front"):
        ran = one_order(market, side, quantity, offset=offset, queue=queue)
        found.append(list(zip(ran.times, (q for _, q in ran.fills), strict=True)))
    behind, ahead = found
    for time, _ in behind:
        sums = [sum(q for when, q in one if when <= time) for one in (behind, ahead)]
        assert sums[0] <= sums[1]


@many
@given(markets, sides, plain.filter(lambda offset: offset is not None), st.integers(1, 30))
def test_more_latency_never_fills_a_resting_order_earlier(market, side, offset, more):
    assume(market.quotes or market.depth)
    early, late = (
        one_order(market, side, 5, offset=offset, latency=(latency * scripted.MS, 0))
        for latency in (1, 1 + more)
    )
    assert not late.times or early.times[0] <= late.times[0]


def test_the_ledger_of_every_kind_adds_up():
    """The laws above speak of runs in which something happens: here is how much."""
    seen = defaultdict(int)

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(markets, every_rule, every_act)
    def look(market, rules, acts):
        ran = run(market, rules, acts)
        amounts = defaultdict(int)
        for row in rows(ran.result.ledger):
            amounts[row["asset"]] += row["amount"]
        assert amounts["USD"] == ran.balances["USD"]
        for one in ran.orders.values():
            seen[one["kind"], one["filled"] > 0] += 1

    look()
    kinds = {kind for kind, _ in seen}
    assert kinds >= {
        "market", "limit", "stop_market", "stop_limit", "touched_market", "touched_limit",
        "trailing_stop",
    }  # fmt: skip
    assert [kind for kind in kinds if not seen[kind, True]] == []
