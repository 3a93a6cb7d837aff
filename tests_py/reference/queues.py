"""Slow, obvious queues: shares of a cut in fractions, touches by chance. From the rules alone."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from chance import draw
from matching import BookExchange, CandleExchange, Order, TradeExchange

LOT = Fraction(1, 10)  # quantities of `matching` count lots, weights are of units
GRAIN = Fraction(1, 10**9)


def share_behind(model: str, behind: Fraction, ahead: Fraction) -> Fraction:
    """Share of a cut that stood behind us."""
    name, _, power = model.partition(" ")

    def f(x: Fraction) -> Fraction:
        return x ** int(power) if power else Fraction(math.log1p(x))

    if name.endswith("_total"):
        above, below = f(behind), f(behind + ahead)
    elif name.endswith("_front"):
        above, below = f(Fraction(1)) - f(ahead / (behind + ahead)), f(Fraction(1))
    else:
        above, below = f(behind), f(behind) + f(ahead)
    return above / below if below else Fraction(1)


def after_cut(model: str, front: Fraction, others: Fraction, now: Fraction) -> Fraction:
    """What is ahead of us once `others` shrank to `now`."""
    cut, behind = others - now, max(others - front, Fraction(0))
    p = share_behind(model, behind, front)
    front -= (1 - p) * cut + max(p * cut - behind, Fraction(0))
    return min(max(round(front / GRAIN) * GRAIN, Fraction(0)), now)


@dataclass
class Place:
    """Of one order, in units."""

    front: Fraction
    shown: Fraction
    pending: bool
    traded: Fraction = Fraction(0)


class SharingBook(BookExchange):
    """`queue` is the model."""

    def __init__(self, queue: str, *, walk: bool) -> None:
        super().__init__(queue, walk=walk)
        self.places: dict[int, Place] = {}

    def rest(self, order: Order) -> None:
        super().rest(order)
        front = order.front * LOT
        self.places[order.number] = Place(front, front, order.pending)

    def level_is(self, order: Order, size: int) -> None:
        place, now = self.places[order.number], size * LOT
        if place.pending:
            place.front = now
        elif now == place.shown:
            return
        else:
            others = max(place.shown - place.traded, Fraction(0))
            if others > now:
                place.front = after_cut(self.queue, place.front, others, now)
            place.front = min(place.front, now)
        place.shown, place.traded, place.pending = now, Fraction(0), False

    def trade(self, ms: float, side: str, price: int, size: int) -> None:
        sign, given = (1 if side == "sell" else -1), 0
        for order in self.resting():
            if order.sign != sign or order.sign * (order.limit - price) < 0:
                continue
            left = Fraction(size)
            if order.limit == price:
                place = self.places[order.number]
                if place.pending:
                    continue
                place.traded += size * LOT
                used = min(place.front, size * LOT)
                place.front -= used
                left -= used / LOT
            quantity = min(order.leaves, max(0, math.floor(left - given)))
            given += quantity
            self.fill(ms, order, order.limit, quantity, "maker")


class Touches:
    """`queue` is "touch p"; each touch of a resting order draws, in its own line of draws."""

    seed, instrument = 5, "ABC-PERP"

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)
        self.numbers: dict[int, int] = {}
        self.drawn: defaultdict[int, int] = defaultdict(int)

    def send(self, ms: float, order: Order) -> None:
        super().send(ms, order)
        if order.state[0] != "denied":
            self.numbers[order.number] = len(self.numbers) + 1

    def is_lucky(self, order: Order) -> bool:
        number = self.numbers[order.number]
        bits = draw(self.seed, "queue touch", self.instrument, number, self.drawn[number])
        self.drawn[number] += 1
        return (bits * 10**9) >> 64 < Fraction(self.queue.split()[1]) * 10**9

    def trade(self, ms: float, side: str, price: int, size: int) -> None:
        sign = 1 if side == "sell" else -1
        for order in self.resting():
            better = order.sign * (order.limit - price)
            if order.sign == sign and (better > 0 or (better == 0 and self.is_lucky(order))):
                quantity = min(order.leaves, size)
                size -= quantity
                self.fill(ms, order, order.limit, quantity, "maker")
        self.last, self.size = price, size


class TouchBook(Touches, BookExchange):
    def rest(self, order: Order) -> None:
        pass

    def level_is(self, order: Order, size: int) -> None:
        pass


class TouchTrades(Touches, TradeExchange):
    pass


class TouchCandles(Touches, CandleExchange):
    def point(self, ms: float, price: int, volume: float) -> None:
        super().point(ms, price, volume)
        for order in self.resting():
            if order.limit == price and self.is_lucky(order):
                quantity = min(order.leaves, self.volume)
                self.volume -= quantity
                self.fill(ms, order, order.limit, quantity, "maker")
