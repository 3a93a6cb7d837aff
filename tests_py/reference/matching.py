"""A slow, obvious exchange: matching without latency or money, in whole ticks and lots.

Written from the rules alone. It takes all rows of a market and all orders at once and returns fills
and final states. Own orders must all be of one side, so that none can meet another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

MINUTE = 60_000


@dataclass
class Order:
    """One order. `front` is what stands before it; `pending` if that is not known yet."""

    number: int
    kind: str  # market, gtc, ioc, post
    sign: int  # 1 buys, -1 sells
    leaves: int
    limit: int = 0
    front: int = 0
    pending: bool = False
    refused: bool = False  # a point of the candle was beyond its protection
    state: tuple[str, str | None] = ("open", None)

    @property
    def is_working(self) -> bool:
        return self.state[0] in ("open", "part_filled", "submitted")


@dataclass
class Exchange:
    """Fills are (ms, order, price, quantity, liquidity)."""

    queue: str
    path: str = "adverse"
    orders: list[Order] = field(default_factory=list)
    fills: list[tuple] = field(default_factory=list)

    def fill(self, ms: float, order: Order, price: int, quantity: int, liquidity: str) -> None:
        if quantity <= 0:
            return
        order.leaves -= quantity
        self.fills.append((ms, order.number, price, quantity, liquidity))
        order.state = ("part_filled" if order.leaves else "filled", None)

    def resting(self) -> list[Order]:
        """By price, then time."""
        found = [one for one in self.orders if one.is_working and one.kind in ("gtc", "post")]
        return sorted(found, key=lambda one: (-one.sign * one.limit, one.number))

    def end(self, order: Order, reason: str) -> None:
        order.state = ("cancelled", reason)

    def cancel(self, at: int) -> None:
        working = [one for one in self.orders if one.is_working]
        if working:
            self.end(working[at % len(working)], "user")


class BookExchange(Exchange):
    """Quotes (`walk`) or depth, and trades. `sides[sign]` is what such an order could take."""

    def __init__(self, queue: str, *, walk: bool) -> None:
        super().__init__(queue)
        self.walk = walk
        self.sides: dict[int, dict[int, int]] = {1: {}, -1: {}}
        self.taken: dict[int, defaultdict] = {1: defaultdict(int), -1: defaultdict(int)}

    def best(self, sign: int) -> int | None:
        levels = [price for price, size in self.sides[sign].items() if size]
        return (min(levels) if sign > 0 else max(levels)) if levels else None

    def left(self, sign: int, price: int) -> int:
        """What an order of `sign` finds at `price`."""
        best = self.best(sign)
        if best is None or sign * (price - best) < 0:
            return 0
        shown = self.sides[sign][best] if self.walk else self.sides[sign].get(price, 0)
        return max(shown - self.taken[sign][price], 0)

    def quote(self, ms: float, bid: int, bids: int, ask: int, asks: int) -> None:
        for sign, level in ((1, {ask: asks}), (-1, {bid: bids})):
            if self.sides[sign] != level:
                self.sides[sign] = level
                self.taken[sign].clear()
        for order in self.resting():
            best = self.best(-order.sign)
            away = order.sign * (best - order.limit)
            if away == 0:
                self.level_is(order, self.sides[-order.sign][best])
            elif away < 0:
                self.level_is(order, 0)
        self.reach(ms)

    def depth(self, ms: float, side: str, price: int, size: int) -> None:
        sign = 1 if side == "ask" else -1
        if self.sides[sign].get(price, 0) != size:
            self.sides[sign][price] = size
            self.taken[sign][price] = 0
            for order in self.resting():
                if order.sign == -sign and order.limit == price:
                    self.level_is(order, size)
        self.reach(ms)

    def level_is(self, order: Order, size: int) -> None:
        """The level of `order` shows `size` now."""
        if self.queue == "front":
            return
        if order.pending:
            order.front, order.pending = size, False
        order.front = min(order.front, size)

    def reach(self, ms: float) -> None:
        """The other side stands at or beyond the price of a resting order."""
        for order in self.resting():
            best = self.best(order.sign)
            if best is None:
                continue
            levels = (
                [best]
                if self.walk
                else sorted(self.sides[order.sign], key=lambda p: order.sign * p)
            )
            for price in levels:
                if order.sign * (order.limit - price) < 0:
                    break
                quantity = min(order.leaves, self.left(order.sign, price))
                self.taken[order.sign][price] += quantity
                self.fill(ms, order, order.limit, quantity, "maker")

    def trade(self, ms: float, side: str, price: int, size: int) -> None:
        sign, given = (1 if side == "sell" else -1), 0
        for order in self.resting():
            if order.sign != sign or order.sign * (order.limit - price) < 0:
                continue
            use = 0
            if order.limit == price:
                if order.pending:
                    continue
                use = min(order.front, size)
                order.front -= use
            quantity = min(order.leaves, max(0, size - use - given))
            given += quantity
            self.fill(ms, order, order.limit, quantity, "maker")

    def send(self, ms: float, order: Order) -> None:
        self.orders.append(order)
        sign, best = order.sign, self.best(order.sign)
        if order.kind == "market":
            if best is None:
                order.state = ("denied", "no_price")
                return
            order.limit = best * 105 // 100 if sign > 0 else -(-best * 95 // 100)
        if order.kind == "post":
            if best is not None and sign * (order.limit - best) >= 0:
                order.state = ("rejected", "post_only_would_cross")
                return
        elif best is not None:
            last = max(self.sides[sign]) if sign > 0 else min(self.sides[sign])
            stop = order.limit if self.walk or sign * (order.limit - last) < 0 else last
            for price in range(best, stop + sign, sign):
                quantity = min(order.leaves, self.left(sign, price))
                self.taken[sign][price] += quantity
                self.fill(ms, order, price, quantity, "taker")
                if not order.leaves:
                    return
        if order.kind == "market":
            beyond = any(
                self.left(sign, price)
                for price in self.sides[sign]
                if sign * (price - order.limit) > 0
            )
            self.end(order, "protection" if beyond or self.walk else "no_liquidity")
        elif order.kind == "ioc":
            self.end(order, "ioc")
        else:
            self.rest(order)

    def rest(self, order: Order) -> None:
        own, shown = self.best(-order.sign), self.sides[-order.sign].get(order.limit, 0)
        order.seen = shown > 0
        if self.queue == "front":
            return
        order.front = shown
        order.pending = self.walk and own is not None and order.sign * (own - order.limit) > 0


class TradeExchange(Exchange):
    """Trades alone: a taker finds one level, a tick beyond the last trade, as large as its rest."""

    touch = False
    last: int | None = None
    size = 0

    def trade(self, ms: float, side: str, price: int, size: int) -> None:
        sign = 1 if side == "sell" else -1
        self.last, self.size = price, size
        for order in self.resting():
            better = order.sign * (order.limit - price)
            if order.sign == sign and (better > 0 or (better == 0 and self.touch)):
                quantity = min(order.leaves, self.size)
                self.size -= quantity
                self.fill(ms, order, order.limit, quantity, "maker")

    def send(self, ms: float, order: Order) -> None:
        self.orders.append(order)
        sign, level = order.sign, None if self.last is None else self.last + order.sign
        if order.kind == "market":
            if level is None:
                order.state = ("denied", "no_price")
                return
            order.limit = level * 105 // 100 if sign > 0 else -(-level * 95 // 100)
        crosses = level is not None and sign * (order.limit - level) >= 0
        if crosses and order.kind == "post":
            order.state = ("rejected", "post_only_would_cross")
        elif crosses:
            quantity = min(order.leaves, self.size)
            self.size -= quantity
            self.fill(ms, order, level, quantity, "taker")
        if order.leaves and order.kind in ("market", "ioc"):
            self.end(order, "no_liquidity" if order.kind == "market" else "ioc")


class CandleExchange(Exchange):
    """Four points a candle; the last one stays the book until the next."""

    price: int | None = None
    volume: float = 0
    shown: float = 0  # what the point offered at first
    seen: int | None = None  # the close that was delivered last

    def points(self, at: int, row: tuple) -> list[tuple]:
        open_, high, low, close, *volume = row
        held = sum(
            quantity * self.orders[number - 1].sign for _, number, _, quantity, _ in self.fills
        )
        high_first = held < 0
        if held == 0 or self.path == "nearer":
            high_first = high - open_ < open_ - low
            if high - open_ == open_ - low:
                high_first = not close > open_
        if self.path in ("high_first", "low_first"):
            high_first = self.path == "high_first"
        extremes = [high, low] if high_first else [low, high]
        quarter = volume[0] // 4 if volume else float("inf")
        rest = volume[0] - 3 * quarter if volume else float("inf")
        start = at * MINUTE
        times = [start, start + MINUTE // 3, start + 2 * MINUTE // 3, start + MINUTE - 1e-6]
        return list(zip(times, [open_, *extremes, close], [quarter] * 3 + [rest], strict=True))

    def point(self, ms: float, price: int, volume: float) -> None:
        self.price, self.volume, self.shown = price, volume, volume
        for order in self.orders:
            if order.is_working and order.kind == "market":
                self.take(ms, order)
        for order in self.resting():
            if order.sign * (order.limit - price) > 0:
                quantity = min(order.leaves, self.volume)
                self.volume -= quantity
                self.fill(ms, order, order.limit, quantity, "maker")

    def close_bar(self, close: int) -> None:
        self.seen = close
        for order in self.orders:
            if order.is_working and order.kind == "market":
                self.end(order, "protection" if order.refused else "no_liquidity")
        self.price = None

    def take(self, ms: float, order: Order) -> None:
        if order.sign * (order.limit - self.price) < 0:
            order.refused = order.refused or self.volume > 0
            return
        quantity = min(order.leaves, self.volume)
        self.volume -= quantity
        self.fill(ms, order, self.price, quantity, "taker")

    def send(self, ms: float, order: Order) -> None:
        self.orders.append(order)
        sign = order.sign
        if order.kind == "market":
            if self.seen is None:
                order.state = ("denied", "no_price")
                return
            order.limit = self.seen * 105 // 100 if sign > 0 else -(-self.seen * 95 // 100)
            order.state = ("submitted", None)
        if self.price is None:
            if order.kind == "ioc":
                self.end(order, "ioc")
            return
        crosses = sign * (order.limit - self.price) >= 0
        # Judged on what the point offered, whatever we took of it.
        if order.kind == "post" and crosses and self.shown:
            order.state = ("rejected", "post_only_would_cross")
        elif order.kind != "post":
            self.take(ms, order)
            if order.kind == "ioc" and order.leaves:
                self.end(order, "ioc")


def replay(
    market: object,
    queue: str,
    path: str,
    sent: list[tuple],
    exchanges: tuple = (CandleExchange, BookExchange, TradeExchange),
) -> Exchange:
    """`sent` holds (ms, kind, sign, quantity, limit); a cancel's quantity picks its order."""
    steps: list[tuple] = []
    on_candles, on_book, on_trades = exchanges
    if market.candles:
        venue = on_candles(queue, path)
    else:
        book = market.quotes or market.depth
        venue = on_book(queue, walk=bool(market.quotes)) if book else on_trades(queue)
        venue.touch = queue == "front"
        for name in ("trade", "quote", "depth"):
            rows = {"trade": market.trades, "quote": market.quotes, "depth": market.depth}[name]
            steps += [(row[0], 0, at, getattr(venue, name), row[1:]) for at, row in enumerate(rows)]

    def act(ms: float, kind: str, sign: int, quantity: int, limit: int) -> None:
        if kind == "cancel":
            venue.cancel(quantity)
        else:
            venue.send(ms, Order(len(venue.orders) + 1, kind, sign, quantity, limit))

    for at, one in enumerate(sent):
        steps.append((one[0], 2, at, act, one[1:]))
    steps.sort(key=lambda step: step[:3])

    def until(ms: float) -> None:
        while steps and steps[0][0] < ms:
            time, _, _, call, arguments = steps.pop(0)
            call(time, *arguments)

    for at, row in enumerate(market.candles):
        for ms, price, volume in venue.points(at, row):
            until(ms)
            venue.point(ms, price, volume)
        venue.close_bar(row[3])
    until(float("inf"))
    return venue
