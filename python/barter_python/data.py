"""Barter's market data as values: what `EngineEvent.payload` gives.

All are frozen, equal by value and hashable. Numbers are read from text, `int`, `Decimal` or `float`
and kept as `Decimal`; times from all that `EngineEvent` takes, and kept as aware `datetime`, to the
microsecond. Each raises `DataError`, which names the field, for what is out of range.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from barter_python import _fields as read
from barter_python._core import EngineEvent
from barter_python._enums import ExchangeId, Side
from barter_python.errors import DataError

__all__ = [
    "Candle",
    "Level",
    "Liquidation",
    "MarketEvent",
    "OrderBook",
    "OrderBookL1",
    "OrderBookUpdate",
    "PublicTrade",
    "calculate_mid_price",
    "calculate_volume_weighted_mid_price",
]


@dataclass(frozen=True, slots=True)
class PublicTrade:
    """A trade of two others; `side` is who took."""

    id: str
    price: Decimal
    amount: Decimal
    side: Side

    def __post_init__(self) -> None:
        read.fill(self, id=read.text, price=read.positive, amount=read.positive, side=read.side)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a book; an amount of 0 removes it."""

    price: Decimal
    amount: Decimal

    def __post_init__(self) -> None:
        read.fill(self, price=read.positive, amount=read.not_negative)


@dataclass(frozen=True, slots=True)
class OrderBookL1:
    """Best bid and best ask; `None` is a side without orders."""

    last_update_time: datetime
    best_bid: Level | None = None
    best_ask: Level | None = None

    def __post_init__(self) -> None:
        level = read.maybe(_level)
        read.fill(self, last_update_time=read.moment, best_bid=level, best_ask=level)

    def mid_price(self) -> Decimal | None:
        """The middle of both; `None` unless both are there."""
        return _mid_price(self.best_bid, self.best_ask)

    def volume_weighted_mid_price(self) -> Decimal | None:
        """The middle, nearer to the side with less; `None` unless both are there with an amount."""
        return _micro_price(self.best_bid, self.best_ask)


@dataclass(frozen=True, slots=True)
class OrderBook:
    """All levels of a book, best first, whatever order they are given in.

    Of several levels at one price the last one counts. A book does not change: `update` gives the
    next one.
    """

    sequence: int
    time_engine: datetime | None
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    def __post_init__(self) -> None:
        levels = read.several(_level)
        time = read.maybe(read.moment)
        read.fill(self, sequence=read.count, time_engine=time, bids=levels, asks=levels)
        object.__setattr__(self, "bids", self._sorted(self.bids, -1))
        object.__setattr__(self, "asks", self._sorted(self.asks, 1))

    def _sorted(self, levels: tuple[Level, ...], sign: int) -> tuple[Level, ...]:
        known = {level.price: level for level in levels}
        return tuple(sorted(known.values(), key=lambda level: sign * level.price))

    @property
    def best_bid(self) -> Level | None:
        """The highest bid; `None` if there is none."""
        return next((level for level in self.bids if level.amount), None)

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask; `None` if there is none."""
        return next((level for level in self.asks if level.amount), None)

    def update(self, event: "OrderBook") -> "OrderBook":
        """The book after an event: a whole book takes its place, an `OrderBookUpdate` changes it.

        Raises `DataError` for an update whose sequence is before that of the book.
        """
        if not isinstance(event, OrderBookUpdate):
            return event
        if event.sequence < self.sequence:
            rule = f"sequence of an update must be >= {self.sequence}, that of the book"
            raise DataError(f"{rule}, got {event.sequence}")
        sides = ((*self.bids, *event.bids), (*self.asks, *event.asks))
        bids, asks = ({level.price: level for level in side}.values() for side in sides)
        there = (tuple(level for level in side if level.amount) for side in (bids, asks))
        return OrderBook(event.sequence, event.time_engine, *there)

    def l1(self) -> "OrderBookL1":
        """Best bid and best ask at `time_engine`, which must be known."""
        if self.time_engine is None:
            raise DataError("l1: time_engine of the book must be known")
        return OrderBookL1(self.time_engine, self.best_bid, self.best_ask)

    def mid_price(self) -> Decimal | None:
        """The middle of best bid and best ask; `None` unless both are there."""
        return _mid_price(self.best_bid, self.best_ask)

    def volume_weighted_mid_price(self) -> Decimal | None:
        """The middle, nearer to the side with less; `None` unless both are there."""
        return _micro_price(self.best_bid, self.best_ask)

    def imbalance(self, levels: int = 1) -> Decimal | None:
        """(bid - ask) / (bid + ask) of the amounts of the best levels; -1 to 1, `None` if empty."""
        count = read.count("levels", levels)
        filled = ((one.amount for one in side if one.amount) for side in (self.bids, self.asks))
        bid, ask = (sum(islice(amounts, count), Decimal(0)) for amounts in filled)
        return (bid - ask) / (bid + ask) if bid + ask else None

    def average_price(self, side: Side | str, quantity: Decimal | float | str) -> Decimal | None:
        """What a market order pays for each unit: "buy" takes asks, "sell" bids, the best first.

        `None` if there is less than `quantity` > 0.
        """
        left, paid = (whole := read.positive("quantity", quantity)), Decimal(0)
        levels = self.asks if read.side("side", side) is Side.BUY else self.bids
        for level in levels:
            taken = min(left, level.amount)
            left, paid = left - taken, paid + taken * level.price
        return None if left else paid / whole


@dataclass(frozen=True, slots=True)
class OrderBookUpdate(OrderBook):
    """The levels of a book that changed, with their new amounts; 0 removes a level."""


@dataclass(frozen=True, slots=True)
class Candle:
    """A candle that has closed, at `close_time`."""

    close_time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trade_count: int

    def __post_init__(self) -> None:
        read.fill(
            self,
            close_time=read.moment,
            open=read.positive,
            high=read.positive,
            low=read.positive,
            close=read.positive,
            volume=read.not_negative,
            trade_count=read.count,
        )
        for field in ("open", "close", "low"):
            price = getattr(self, field)
            if price > self.high:
                raise DataError(f"high must be >= {field} {price}, got {self.high}")
            if price < self.low:
                raise DataError(f"low must be <= {field} {price}, got {self.low}")


@dataclass(frozen=True, slots=True)
class Liquidation:
    """A position of somebody else that the exchange closed; `side` is that of its order."""

    side: Side
    price: Decimal
    quantity: Decimal
    time: datetime

    def __post_init__(self) -> None:
        read.fill(
            self, side=read.side, price=read.positive, quantity=read.positive, time=read.moment
        )


@dataclass(frozen=True, slots=True)
class MarketEvent:
    """What happened on one market: when, where, and what as `kind`, one of the values above."""

    time_exchange: datetime
    time_received: datetime
    exchange: ExchangeId
    instrument: int
    kind: PublicTrade | OrderBookL1 | OrderBook | Candle | Liquidation

    def __post_init__(self) -> None:
        read.fill(
            self,
            time_exchange=read.moment,
            time_received=read.moment,
            exchange=_exchange,
            instrument=read.index,
            kind=read.exactly((PublicTrade, OrderBookL1, OrderBook, Candle, Liquidation)),
        )

    def kind_name(self) -> str:
        """Barter's word for the kind: "public_trade", "l1", "l2", "candle" or "liquidation"."""
        return _KIND_NAMES[type(self.kind)]

    def to_engine_event(self) -> EngineEvent:
        """The `EngineEvent` that tells of it; an `OrderBook` is a whole book, a snapshot.

        Times are to the microsecond here, so an event with nanoseconds is not the same after it.
        """
        where = (self.exchange, self.instrument)
        times = {"time_exchange": self.time_exchange, "time_received": self.time_received}
        kind = self.kind
        if isinstance(kind, PublicTrade):
            trade = (kind.price, kind.amount, kind.side)
            return EngineEvent.market_trade(*where, *trade, trade_id=kind.id, **times)
        if isinstance(kind, OrderBookL1):
            touch = (kind.last_update_time, kind.best_bid, kind.best_ask)
            return EngineEvent.market_order_book_l1(*where, *touch, **times)
        if isinstance(kind, OrderBook):
            book = (kind.sequence, kind.time_engine, kind.bids, kind.asks)
            if isinstance(kind, OrderBookUpdate):
                return EngineEvent.market_order_book_update(*where, *book, **times)
            return EngineEvent.market_order_book_snapshot(*where, *book, **times)
        if isinstance(kind, Candle):
            return EngineEvent.market_candle(
                *where,
                close_time=kind.close_time,
                open=kind.open,
                high=kind.high,
                low=kind.low,
                close=kind.close,
                volume=kind.volume,
                trade_count=kind.trade_count,
                **times,
            )
        return EngineEvent.market_liquidation(*where, kind.price, kind.quantity, kind.side, **times)


_KIND_NAMES: dict[type, str] = {
    PublicTrade: "public_trade",
    OrderBookL1: "l1",
    OrderBook: "l2",
    OrderBookUpdate: "l2",
    Candle: "candle",
    Liquidation: "liquidation",
}


def _exchange(what: str, value: Any) -> ExchangeId:
    try:
        return ExchangeId(value)
    except ValueError:
        raise DataError(f"{what} must be the name of an exchange, got {value!r}") from None


def _level(what: str, value: Any) -> Level:
    if isinstance(value, Level):
        return value
    try:
        price, amount = value
    except (TypeError, ValueError):
        text = f"{what} must be a Level or a pair (price, amount), got {type(value).__name__}"
        raise DataError(text) from None
    return Level(read.positive(f"{what}.price", price), amount)


def calculate_mid_price(
    best_bid_price: Decimal | float | str, best_ask_price: Decimal | float | str
) -> Decimal:
    """The middle of two prices > 0. Raises `DataError` for what is none."""
    bid = read.positive("best_bid_price", best_bid_price)
    return (bid + read.positive("best_ask_price", best_ask_price)) / 2


def calculate_volume_weighted_mid_price(
    best_bid_price: Decimal | float | str,
    best_bid_amount: Decimal | float | str,
    best_ask_price: Decimal | float | str,
    best_ask_amount: Decimal | float | str,
) -> Decimal | None:
    """The middle of two prices > 0, nearer to the side with less; `None` if both amounts are 0.

    Each price counts with the amount, >= 0, of the other side. Raises `DataError` for what is none.
    """
    bid = Level(
        read.positive("best_bid_price", best_bid_price),
        read.not_negative("best_bid_amount", best_bid_amount),
    )
    ask = Level(
        read.positive("best_ask_price", best_ask_price),
        read.not_negative("best_ask_amount", best_ask_amount),
    )
    return _micro_price(bid, ask)


def _mid_price(bid: Level | None, ask: Level | None) -> Decimal | None:
    return None if bid is None or ask is None else (bid.price + ask.price) / 2


def _micro_price(bid: Level | None, ask: Level | None) -> Decimal | None:
    if bid is None or ask is None or not bid.amount + ask.amount:
        return None
    return (bid.price * ask.amount + ask.price * bid.amount) / (bid.amount + ask.amount)
