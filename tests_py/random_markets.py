"""Random markets, venues and orders for the tests of laws, and the strategy that sends them.

Prices and sizes are drawn as whole ticks and lots. No two rows of a market have one time, so that
each resting fill has one row that caused it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import scripted
from hypothesis import strategies as st
from scripted import MINUTE, MS, START, Ran, ns

import barter_python as bt

TICK, LOT = Decimal("0.05"), Decimal("0.1")
SPOT = bt.Instrument("ABC/USD", tick=TICK, lot=LOT)
PERPETUAL = bt.Instrument("ABC-PERP", kind="perpetual", base="ABC", quote="USD", tick=TICK, lot=LOT)
RATES = ("0.1%", "0.0237%", "0", "-0.01%", "0.00333%")


@dataclass(frozen=True)
class Market:
    """Rows by kind: candles (o, h, l, c, volume), the others as in `scripted`, but raw.

    `orders` is market by order.
    """

    candles: tuple = ()
    quotes: tuple = ()
    trades: tuple = ()
    depth: tuple = ()
    orders: tuple = ()

    def __bool__(self) -> bool:
        return bool(self.candles or self.ticks)

    @property
    def ticks(self) -> tuple:
        """All rows that have a time of their own, kind by kind."""
        return self.quotes + self.trades + self.depth + self.orders

    @property
    def prints(self) -> list[tuple]:
        """What was traded, whatever tells of it: as `trades`."""
        other = {"buy": "sell", "sell": "buy"}
        told = {"trade": lambda side: side, "fill": other.get}
        traded = [
            (ms, told[what](side), price, size)
            for ms, what, _, side, price, size in self.orders
            if what in told
        ]
        return [*self.trades, *traded]

    @property
    def levels(self) -> list[tuple]:
        """What the book shows, whatever tells of it: as `depth`."""
        live, found = {}, list(self.depth)
        for ms, what, key, side, price, size in self.orders:
            if what == "trade":
                continue
            old = live.get(key)
            left = size if what in ("add", "modify") else old[2] - size
            live[key] = (side, price, left)
            for of, at in {one[:2] for one in (old, live[key]) if one}:
                total = sum(one[2] for one in live.values() if one[:2] == (of, at))
                found.append((ms, {"buy": "bid", "sell": "ask"}[of], at, total))
        return found

    @property
    def end(self) -> int:
        """Time of the last row, ms."""
        return max((row[0] for row in self.ticks), default=0) or len(self.candles) * MINUTE

    def data(self, instrument: bt.Instrument, **more: Any) -> list[bt.MarketData]:
        tick, lot = instrument.tick, instrument.lot
        found = []
        if self.candles:
            rows = [
                (*(str(price * tick) for price in row[:4]), *(str(size * lot) for size in row[4:]))
                for row in self.candles
            ]
            found.append(scripted.candles(*rows, instrument=instrument, **more))
        if self.quotes:
            rows = [
                (ms, str(bid * tick), str(bids * lot), str(ask * tick), str(asks * lot))
                for ms, bid, bids, ask, asks in self.quotes
            ]
            found.append(scripted.quotes(*rows, instrument=instrument, **more))
        for name in ("trades", "depth"):
            rows = [
                (ms, side, str(price * tick), str(size * lot))
                for ms, side, price, size in getattr(self, name)
            ]
            if rows:
                found.append(getattr(scripted, name)(*rows, instrument=instrument, **more))
        if self.orders:
            rows = [(*row, str(price * tick), str(size * lot)) for *row, price, size in self.orders]
            found.append(scripted.by_order(*rows, instrument=instrument, **more))
        return found


step = st.integers(-3, 3)
size = st.integers(1, 60)


@st.composite
def candle_markets(draw: Any) -> Market:
    price, rows = 2000, []
    volumes = draw(st.booleans())
    for _ in range(draw(st.integers(2, 12))):
        open_ = price + draw(step)
        close = open_ + draw(st.integers(-8, 8))
        high = max(open_, close) + draw(st.integers(0, 6))
        low = min(open_, close) - draw(st.integers(0, 6))
        volume = (draw(st.integers(0, 80)),) if volumes else ()
        rows.append((open_, high, low, close, *volume))
        price = close
    return Market(candles=tuple(rows))


@st.composite
def ticks(draw: Any, bids_asks: str) -> Market:
    """Quotes or depth, and trades around them."""
    price, book = 2000, {}
    quotes, trades, depth = [], [], []
    for ms in range(draw(st.integers(2, 40))):
        price += draw(step)
        spread = draw(st.integers(1, 3))
        kind = draw(st.sampled_from(["book", "book", "trade"])) if ms else "book"
        if kind == "trade":
            side = draw(st.sampled_from(["buy", "sell"]))
            trades.append((10 * ms, side, price + draw(step), draw(size)))
        elif bids_asks == "quotes":
            quotes.append((10 * ms, price, draw(size), price + spread, draw(size)))
        else:
            changes = {}
            for side, best, sign in (("bid", price, -1), ("ask", price + spread, 1)):
                for level in list(book.get(side, ())):
                    if (level - best) * sign < 0:  # would cross: taken away
                        changes[side, level] = 0
                for behind in range(draw(st.integers(1, 3))):
                    changes[side, best + sign * behind] = draw(size)
            for (side, level), quantity in changes.items():
                depth.append((10 * ms, side, level, quantity))
                levels = book.setdefault(side, {})
                if quantity:
                    levels[level] = quantity
                else:
                    levels.pop(level, None)
    return Market(quotes=tuple(quotes), trades=tuple(trades), depth=tuple(depth))


@st.composite
def trade_markets(draw: Any) -> Market:
    moves = draw(
        st.lists(st.tuples(st.sampled_from(["buy", "sell"]), step, size), min_size=2, max_size=30)
    )
    price, trades = 2000, []
    for at, (side, move, quantity) in enumerate(moves):
        price += move
        trades.append((10 * at, side, price, quantity))
    return Market(trades=tuple(trades))


@st.composite
def order_markets(draw: Any) -> Market:
    """Orders of others, one event at a time, and trades of hidden ones; no book is ever crossed."""
    middle, live = 2000, {}  # number of an order -> [side, price, size]
    found = []

    def free_price(side: str) -> int:
        """One near the middle that reaches no order of the other side."""
        sign = 1 if side == "buy" else -1
        others = [sign * price for of, price, _ in live.values() if of != side]
        wish = sign * middle - draw(st.integers(0, 3))
        return sign * min([wish, *(price - 1 for price in others)])

    for at in range(draw(st.integers(2, 40))):
        middle += draw(step)
        side = draw(st.sampled_from(["buy", "sell"]))
        known = [key for key, order in live.items() if order[0] == side]
        kind = draw(st.sampled_from(["add", "add", "add", "fill", "cancel", "modify", "trade"]))
        key = draw(st.sampled_from(known)) if known else None
        if kind == "trade":
            found.append((10 * at, "trade", 0, side, middle + draw(step), draw(size)))
        elif kind == "add" or key is None:
            key = 1 + len(found)
            live[key] = [side, free_price(side), draw(size)]
            found.append((10 * at, "add", key, *live[key]))
        elif kind == "modify":
            moves = draw(st.booleans())
            live[key] = [side, free_price(side) if moves else live[key][1], draw(size)]
            found.append((10 * at, "modify", key, *live[key]))
        else:
            gone = draw(st.integers(1, live[key][2]))
            found.append((10 * at, kind, key, *live[key][:2], gone))
            live[key][2] -= gone
            if not live[key][2]:
                del live[key]
    return Market(orders=tuple(found))


level_markets = st.one_of(candle_markets(), ticks("quotes"), ticks("depth"), trade_markets())
markets = st.one_of(level_markets, order_markets())


@dataclass(frozen=True)
class Venue:
    """Settings of a run."""

    account: str
    queue: str
    maker: str
    taker: str
    entry: int
    response: int
    leverage: int
    path: str

    @property
    def instrument(self) -> bt.Instrument:
        return SPOT if self.account == "cash" else PERPETUAL

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "account": self.account,
            "queue": self.queue,
            "fees": (self.maker, self.taker),
            "latency": (self.entry * MS, self.response * MS),
            "leverage": self.leverage if self.account == "linear" else 1,
            "path": self.path,
        }


venues = st.builds(
    Venue,
    account=st.sampled_from(["cash", "linear"]),
    queue=st.sampled_from(["trades_only", "front"]),
    maker=st.sampled_from(RATES),
    taker=st.sampled_from(RATES),
    entry=st.sampled_from([0, 0, 1, 10, 25]),
    response=st.sampled_from([0, 0, 1, 10, 25]),
    leverage=st.sampled_from([1, 3]),
    path=st.sampled_from(["adverse", "nearer", "high_first", "low_first"]),
)


@dataclass(frozen=True)
class Act:
    """One order or cancel: at a share of the market's span, at an offset from its middle."""

    when: float
    kind: str
    side: str
    quantity: int
    offset: int


acts = st.lists(
    st.builds(
        Act,
        when=st.sampled_from([at / 64 for at in range(65)]),
        kind=st.sampled_from(["market", "gtc", "gtc", "ioc", "post", "cancel", "close"]),
        side=st.sampled_from(["buy", "sell"]),
        quantity=st.integers(1, 90),
        offset=st.integers(-6, 6),
    ),
    min_size=1,
    max_size=20,
)


class Random(bt.Strategy):
    """Sends the acts; after every event the context must keep the laws of an account."""

    def __init__(self, market: Market, venue: Venue, given: list[Act]) -> None:
        super().__init__()
        self.market, self.venue, self.given = market, venue, given
        self.told: dict[int, Decimal] = {}
        self.held = Decimal(0)
        self.paid_in_base = 0.0
        self.log: list[tuple] = []

    def on_start(self, context: bt.Context) -> None:
        self.due = {}
        for act in self.given:
            self.due[context.set_timer(at=ns(int(act.when * self.market.end)))] = act
        self.check(context)

    def on_timer(self, context: bt.Context, timer: bt.Timer) -> None:
        act = self.due[timer.id]
        instrument = self.venue.instrument
        price = (2000 + act.offset) * instrument.tick
        quantity = act.quantity * instrument.lot
        if act.kind == "market":
            context.submit(instrument, act.side, quantity)
        elif act.kind == "close":
            context.close(instrument)
        elif act.kind == "cancel":
            working = context.orders()
            if working:
                context.cancel(working[act.quantity % len(working)].id)
        else:
            force, post = ("ioc", False) if act.kind == "ioc" else ("gtc", act.kind == "post")
            context.submit(
                instrument, act.side, quantity, limit=price, time_in_force=force, post_only=post
            )
        self.check(context)

    def on_fill(self, context: bt.Context, fill: bt.Fill) -> None:
        quantity = Decimal(repr(fill.quantity))
        self.told[fill.order] = self.told.get(fill.order, Decimal(0)) + quantity
        self.held += quantity if fill.side == "buy" else -quantity
        if fill.fee_asset == self.venue.instrument.base:
            self.paid_in_base += fill.fee
        assert context.order(fill.order).filled == float(self.told[fill.order])
        self.log.append((context.time, fill.id, fill.price, fill.quantity))
        self.check(context)

    def on_order(self, context: bt.Context, order: bt.Order) -> None:
        assert 0 <= order.filled <= order.quantity
        assert order.leaves == float(Decimal(repr(order.quantity)) - Decimal(repr(order.filled)))
        assert order.filled == float(self.told.get(order.id, 0))
        working = {one.id for one in context.orders()}
        assert (order.id in working) == order.is_working
        self.log.append((context.time, order.id, str(order.status), order.reason))
        self.check(context)

    def on_candle(self, context: bt.Context, candle: bt.Candle) -> None:
        self.check(context)

    def on_quote(self, context: bt.Context, quote: bt.Quote) -> None:
        self.check(context)

    def on_end(self, context: bt.Context) -> None:
        self.check(context)
        self.unrealised = context.position(self.venue.instrument).unrealised

    def check(self, context: bt.Context) -> None:
        position = context.position(self.venue.instrument)
        assert position.quantity == float(self.held)
        assert position.is_flat == (position.average_price is None)
        for asset in ("USD", "ABC") if self.venue.account == "cash" else ("USD",):
            balance = context.balance(asset)
            if self.venue.account == "cash":
                assert balance.free >= 0
                assert balance.locked >= 0
                assert balance.total >= 0
                assert abs(balance.total - balance.free - balance.locked) < 1e-6
        if self.venue.account == "cash":
            base = context.balance("ABC").total
            if self.paid_in_base:
                assert abs(position.quantity - base - self.paid_in_base) < 1e-6
            else:
                assert position.quantity == base
            if not context.orders():
                assert context.balance("USD").locked == 0
                assert context.balance("ABC").locked == 0


CASH = Decimal(20_000)


def run(market: Market, venue: Venue, given: list[Act], **more: Any) -> Ran:
    settings = {"cash": f"{CASH} USD"} | venue.settings | more
    return scripted.run(
        market.data(venue.instrument), strategy=Random(market, venue, given), **settings
    )


def milliseconds(time: Any) -> float:
    return (time - START) / MS
