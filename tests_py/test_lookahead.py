"""No strategy sees the future, and no result changes with what ought not to matter."""

from dataclasses import replace
from unittest.mock import patch

import pytest
import random_markets as at_random
import scripted
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_markets import LOT, PERPETUAL, TICK, Market, Random, acts, markets, venues
from random_orders import LATENCIES
from scripted import MINUTE, MS, Ran, ns, rows

import barter_python as bt

many = settings(max_examples=100, deadline=None, derandomize=True)
DAY = 86_400_000_000_000


class Reads(bt.Strategy):
    """Looks at everything that the context shows and decides by it; writes down what it did."""

    def __init__(self, latency: int = 0) -> None:
        super().__init__()
        self.latency = latency
        self.done: list[tuple] = []
        self.last = 0

    def look(self, context: bt.Context) -> float:
        """A number made of all that is to be seen, none of it later than now."""
        now = context.time
        assert now >= self.last
        self.last = now
        seen = 0.0
        candle, quote, trade = context.candle(), context.quote(), context.trade()
        if candle:
            assert candle.open_time < candle.close_time <= now - self.latency
            seen += candle.high + 3 * candle.low + 5 * candle.close + 7 * candle.open
        if quote:
            assert quote.time <= now - self.latency
            seen += 11 * quote.bid + 13 * quote.ask_quantity
        if trade:
            assert trade.time <= now - self.latency
            seen += 17 * trade.price + 19 * trade.quantity
        book = context.book()
        if book:
            seen += sum(price * quantity for price, quantity in book.bids() + book.asks())
        for order in context.orders():
            assert order.created <= now
            seen += order.filled
        return seen + (context.equity or 0)

    def decide(self, context: bt.Context, why: str) -> None:
        seen = self.look(context)
        (instrument,) = context.instruments
        choice = round(seen * 1000) % 20
        offset = round(seen * 100) % 9 - 4
        price = (2000 + offset) * TICK
        away, high = (1 + abs(offset)) * TICK, (2006 + offset) * TICK
        if choice in (1, 2):
            context.buy(instrument, choice)
        elif choice == 3:
            context.close()
        elif choice in (4, 5, 6):
            context.buy(instrument, choice, limit=price)
        elif choice == 7:
            context.sell(instrument, 1, limit=price, post_only=True)
        elif choice == 8:
            context.cancel_all()
        elif choice == 9:
            context.set_timer(after=round(seen) % 40 * MS)
        elif choice > 10:
            self.send_rare(context, choice, price, away, high)
        self.done.append((context.time, why, seen, choice))

    def send_rare(self, context, choice, price, away, high):
        (instrument,) = context.instruments
        working = context.orders()
        if choice == 11:
            context.buy(instrument, 2, trigger=high)
        elif choice == 12:
            context.buy(instrument, 3, trigger=price, trigger_by="bid_ask", limit=high)
        elif choice == 13:
            context.buy(instrument, 2, if_touched=price, trigger_by="mark")
        elif choice == 14:
            context.sell(instrument, 1, trail=away)
        elif choice == 15:
            context.oco(instrument, "sell", 1, limit=high, trigger=price - away)
        elif choice == 16:
            context.buy(instrument, 2, limit=price, stop=price - away, target=high)
        elif choice == 17:
            context.buy(instrument, 4, limit=price, expire=context.time + 30 * MS)
        elif choice == 18:
            context.buy(instrument, 4, limit=high, time_in_force="fok")
        elif working:
            one = working[-1]
            context.amend(one.id, quantity=3, limit=None if one.limit is None else price)

    def on_start(self, context):
        self.decide(context, "start")

    def on_candle(self, context, candle):
        assert candle.close_time + self.latency == context.time
        self.decide(context, "candle")

    def on_quote(self, context, quote):
        assert quote.time + self.latency == context.time
        self.decide(context, "quote")

    def on_trade(self, context, trade):
        assert trade.time + self.latency == context.time
        self.decide(context, "trade")

    def on_book(self, context, book):
        self.decide(context, "book")

    def on_fill(self, context, fill):
        assert fill.time <= context.time
        self.look(context)
        self.done.append((context.time, "fill", fill.price, fill.quantity))

    def on_timer(self, context, timer):
        assert timer.time == context.time
        self.look(context)

    def before(self, time: int) -> list[tuple]:
        return [one for one in self.done if one[0] < time]


def reads(market: Market, venue: at_random.Venue, feed: int = 0, **more) -> Ran:
    data = market.data(venue.instrument, feed_latency=feed * MS)
    return scripted.run(data, strategy=Reads(feed * MS), cash="3000 USD", **venue.settings | more)


def cut(market: Market, share: float, *, poison: bool) -> tuple[Market, int]:
    """What is left of a market before a time, and when it ends; the rest is missing or absurd."""
    from_candle = max(1, round(share * len(market.candles)))
    time = from_candle * MINUTE if market.candles else max(1, round(share * market.end))

    def changed(row, scale):
        return tuple(
            value * 10 if at in scale and isinstance(value, int) else value
            for at, value in enumerate(row)
        )

    def part(rows, scale):
        early = tuple(row for row in rows if row[0] < time)
        late = tuple(changed(row, scale) for row in rows[len(early) :]) if poison else ()
        return early + late

    candles = market.candles[:from_candle]
    early = [row[0] for row in market.ticks if row[0] < time]
    end = ns(time) if candles else ns(max(early, default=0)) + 1
    if poison:
        candles += tuple(changed(row, range(5)) for row in market.candles[from_candle:])
    # Of orders whose history was another one nothing could be told but what hidden ones traded.
    orders = tuple(
        row if row[0] < time else (row[0], "trade", 0, row[3], 10 * row[4], 10 * row[5])
        for row in market.orders
        if poison or row[0] < time
    )
    return Market(
        orders=orders,
        candles=candles,
        quotes=part(market.quotes, range(1, 5)),
        trades=part(market.trades, range(2, 4)),
        depth=part(market.depth, [3]),  # other prices would cross the book that is there
    ), end


shares = st.floats(0.05, 0.95)
feeds = st.sampled_from([0, 0, 7])
# Delays of messages: those of the venue, or of one of the models.
delays = st.sampled_from([{}, {}, *({"latency": latency} for latency in LATENCIES)])


# The future.


@many
@given(markets, venues, feeds, delays)
def test_a_context_shows_nothing_later_than_now(market, venue, feed, delay):
    assert reads(market, venue, feed, **delay).strategy.done


@many
@given(markets, venues, feeds, shares, delays)
def test_decisions_before_a_cut_do_not_need_what_comes_after(market, venue, feed, share, delay):
    short, time = cut(market, share, poison=False)
    assume(short)
    assert reads(short, venue, feed, **delay).strategy.before(time) == reads(
        market, venue, feed, **delay
    ).strategy.before(time)


@many
@given(markets, venues, feeds, shares, delays)
def test_decisions_before_a_cut_do_not_change_with_what_comes_after(
    market, venue, feed, share, delay
):
    poisoned, time = cut(market, share, poison=True)
    assert reads(poisoned, venue, feed, **delay).strategy.before(time) == reads(
        market, venue, feed, **delay
    ).strategy.before(time)


@many
@given(markets, venues, shares)
def test_a_longer_history_only_appends(market, venue, share):
    short, time = cut(market, share, poison=False)
    assume(short)
    one, two = reads(short, venue), reads(market, venue)
    for table in ("fills", "ledger"):
        first, second = (
            [row for row in rows(getattr(ran.result, table)) if row["time"].value < time]
            for ran in (one, two)
        )
        assert first == second
    early = [
        # Not quantity and limit: later amendments and fills of the other leg change them.
        {name: row[name] for name in ("order", "side", "kind", "created")}
        for ran in (one, two)
        for row in ran.orders.values()
        if row["created"].value < time
    ]
    assert early[: len(early) // 2] == early[len(early) // 2 :]


@many
@given(markets, venues, shares)
def test_an_end_is_the_data_cut(market, venue, share):
    """For ticks; a candle that the end cuts in two is another matter."""
    assume(not market.candles)
    short, time = cut(market, share, poison=False)
    assume(short)
    assert reads(market, venue, end=time).strategy.done == reads(short, venue).strategy.done


# What must not matter.

plain_fees = venues.map(lambda venue: replace(venue, maker="-0.01%", taker="0.1%"))


def scaled_run(market, venue, given_acts, instrument, cash):
    strategy = Random(market, venue, given_acts)
    with patch.dict(at_random.__dict__, {"SPOT": instrument, "PERPETUAL": instrument}):
        return scripted.run(market.data(instrument), strategy=strategy, cash=cash, **venue.settings)


def like(instrument, **changed):
    fields = {name: getattr(instrument, name) for name in ("kind", "base", "quote", "tick", "lot")}
    return bt.Instrument(instrument.name, **fields | changed)


@many
@given(markets, plain_fees, acts)
def test_all_prices_times_ten_make_all_money_times_ten(market, venue, given_acts):
    one = scaled_run(market, venue, given_acts, venue.instrument, "3000 USD")
    ten = scaled_run(market, venue, given_acts, like(venue.instrument, tick=TICK * 10), "30000 USD")
    assert ten.times == one.times
    assert ten.fills == [(price * 10, quantity) for price, quantity in one.fills]
    assert ten.fees == pytest.approx([fee * 10 for fee in one.fees])
    assert ten.balances["USD"] == pytest.approx(one.balances["USD"] * 10)  # rounded on the way


@many
@given(markets, plain_fees, acts)
def test_all_sizes_times_ten_make_all_money_times_ten(market, venue, given_acts):
    one = scaled_run(market, venue, given_acts, venue.instrument, "3000 USD")
    ten = scaled_run(market, venue, given_acts, like(venue.instrument, lot=LOT * 10), "30000 USD")
    assert ten.times == one.times
    assert ten.fills == [(price, quantity * 10) for price, quantity in one.fills]
    assert ten.balances["USD"] == pytest.approx(one.balances["USD"] * 10)


@many
@given(markets, venues, acts)
def test_a_day_later_all_is_the_same_but_the_times(market, venue, given_acts):
    one = at_random.run(market, venue, given_acts)
    with patch.object(scripted, "START", scripted.START + DAY):
        other = at_random.run(market, venue, given_acts)
    strip = [{k: v for k, v in row.items() if k != "time"} for row in one.fill_rows]
    assert strip == [{k: v for k, v in row.items() if k != "time"} for row in other.fill_rows]
    assert one.balances == other.balances
    assert [entry[0] + DAY for entry in one.strategy.log] == [
        entry[0] for entry in other.strategy.log
    ]


OTHER = bt.Instrument("XYZ/USD", tick="0.01", lot="0.001")


def pair_run(market, venue, given_acts, others, *, first):
    mine, theirs = market.data(venue.instrument), others.data(OTHER)
    data = [*theirs, *mine] if first else [*mine, *theirs]
    return scripted.run(
        data,
        strategy=Random(market, venue, given_acts),
        cash=f"{at_random.CASH} USD",
        **venue.settings,
    )


@many
@given(markets, markets, venues, acts, st.booleans())
def test_an_unrelated_instrument_changes_nothing(market, others, venue, given_acts, first):
    """Beside it or before it."""
    assume(others.end <= market.end)  # else the run ends later, and news of the end still arrive
    alone = at_random.run(market, venue, given_acts)
    beside = pair_run(market, venue, given_acts, others, first=first)
    assert beside.fill_rows == alone.fill_rows
    assert list(beside.orders.values()) == list(alone.orders.values())
    assert rows(beside.result.positions) == rows(alone.result.positions)
    held = {asset: amount for asset, amount in beside.balances.items() if asset != "XYZ"}
    assert held == alone.balances


class Both(bt.Strategy):
    """Sends the acts to one of two instruments in turn."""

    def __init__(self, instruments, market, given_acts):
        super().__init__()
        self.both, self.market, self.given = instruments, market, given_acts

    def on_start(self, context):
        self.due = {
            context.set_timer(at=ns(int(act.when * self.market.end))): (at % 2, act)
            for at, act in enumerate(self.given)
        }

    def on_timer(self, context, timer):
        which, act = self.due[timer.id]
        instrument = self.both[which]
        limit = None if act.kind in ("market", "close") else (2000 + act.offset) * instrument.tick
        context.submit(instrument, act.side, act.quantity * instrument.lot, limit=limit)


@many
@given(markets, markets, venues, acts)
def test_the_order_of_instruments_does_not_matter(market, others, venue, given_acts):
    venue = replace(venue, account="linear")
    twin = bt.Instrument("XYZ-PERP", kind="perpetual", base="XYZ", quote="USD", tick=TICK, lot=LOT)
    data = [market.data(PERPETUAL), others.data(twin)]
    found = []
    for order in (data, data[::-1]):
        ran = scripted.run(
            [part for parts in order for part in parts],
            strategy=Both((PERPETUAL, twin), market, given_acts),
            cash="10000000 USD", **venue.settings,
        )  # fmt: skip
        fills = [{k: v for k, v in row.items() if k != "fill"} for row in ran.fill_rows]
        by_instrument = {
            one.name: [row for row in fills if row["instrument"] == one.name]
            for one in (PERPETUAL, twin)
        }
        found.append((by_instrument, ran.orders, ran.balances))
    assert found[0] == found[1]


@many
@given(markets, venues, acts, st.integers(1, 30))
def test_with_more_latency_no_limit_order_fills_earlier(market, venue, given_acts, more):
    """One order alone, and a recorded book: on candles and trades takers find an assumed one."""
    assume(market.quotes or market.depth)
    one = replace(
        given_acts[0], kind="gtc", side="buy" if venue.account == "cash" else given_acts[0].side
    )
    early = at_random.run(market, venue, [one])
    late = at_random.run(market, replace(venue, entry=venue.entry + more), [one])
    if late.times:
        assert early.times
        assert early.times[0] <= late.times[0]


@many
@given(markets, venues, acts)
def test_what_hooks_look_on_does_not_change_a_run(market, venue, given_acts):
    """The same orders with no other hook than the timer."""

    class Deaf(Random):
        def on_timer(self, context, timer):
            super().on_timer(context, timer)

        def check(self, context):
            pass

    for name in ("on_candle", "on_quote", "on_fill", "on_order", "on_end"):
        setattr(Deaf, name, getattr(bt.Strategy, name))
    data = market.data(venue.instrument)
    deaf = scripted.run(
        data,
        strategy=Deaf(market, venue, given_acts),
        cash=f"{at_random.CASH} USD",
        **venue.settings,
    )
    assert deaf.digest == at_random.run(market, venue, given_acts).digest


@many
@given(markets, venues, acts)
def test_an_order_that_was_denied_leaves_no_trace(market, venue, given_acts):
    """Far too large, at the very start."""
    huge = replace(given_acts[0], kind="gtc", side="buy", when=0, quantity=10**9)
    with_it = at_random.run(market, venue, [huge, *given_acts])
    without = at_random.run(market, venue, given_acts)
    assert with_it.status(1)[0] == "denied"
    assert with_it.fills == without.fills
    assert with_it.balances == without.balances


@pytest.mark.parametrize("heard", [True, False], ids=["on_trade", "no on_trade"])
@pytest.mark.parametrize("quotes_first", [True, False], ids=["quotes first", "trades first"])
@pytest.mark.parametrize("order", [True, False], ids=["an order arrives", "no order"])
def test_of_one_time_what_was_delayed_comes_first(heard, quotes_first, order):
    a = bt.Instrument("A/USD", tick=1, lot=1)
    sides = {"bid": [9, 9], "ask": [11, 12], "bid_quantity": [5, 5], "ask_quantity": [5, 5]}
    quotes = bt.quotes({"time": [100, 110]} | sides, unit="ns", instrument=a)
    trades = {"time": [101, 105], "price": [10, 11], "quantity": [1, 1], "side": ["buy"] * 2}
    late = bt.trades(trades, unit="ns", instrument=a, feed_latency=5)
    seen = []

    class Watch(bt.Strategy):
        def on_start(self, context: bt.Context) -> None:
            if order:
                context.buy(a, 1, limit=1)

        def on_quote(self, context: bt.Context, quote: bt.Quote) -> None:
            trade = context.trade()
            seen.append((context.time, trade and trade.price))

    def on_trade(self: Watch, context: bt.Context, trade: bt.Trade) -> None:
        seen.append((context.time, "trade"))

    if heard:
        Watch.on_trade = on_trade
    data = [quotes, late] if quotes_first else [late, quotes]
    exchange = bt.SimulatedExchange(latency=(10, 1000))
    bt.backtest(data, Watch, cash=1000, exchange=exchange)
    told = [(106, "trade"), (110, "trade")] if heard else []
    assert seen == [(100, None), *told, (110, 11)]
