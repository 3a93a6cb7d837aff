"""Barter's market data as values: what `EngineEvent.payload` gives.

All are frozen, equal by value and hashable. Numbers are read from text, `int`, `Decimal` or `float`
and kept as `Decimal`; times from all that `EngineEvent` takes, and kept as aware `datetime`, to the
microsecond. Each raises `DataError`, which names the field, for what is out of range.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
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
    "PublicTrade",
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
    """Levels of both sides, best first, whatever order they are given in."""

    sequence: int
    time_engine: datetime | None
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    def __post_init__(self) -> None:
        levels = read.several(_level)
        time = read.maybe(read.moment)
        read.fill(self, sequence=read.count, time_engine=time, bids=levels, asks=levels)
        bids = sorted(self.bids, key=lambda level: level.price, reverse=True)
        object.__setattr__(self, "bids", tuple(bids))
        object.__setattr__(self, "asks", tuple(sorted(self.asks, key=lambda level: level.price)))

    def mid_price(self) -> Decimal | None:
        """The middle of best bid and best ask; `None` unless both are there."""
        return _mid_price(*self._touch())

    def volume_weighted_mid_price(self) -> Decimal | None:
        """The middle, nearer to the side with less; `None` unless both are there with an amount."""
        return _micro_price(*self._touch())

    def _touch(self) -> tuple[Level | None, Level | None]:
        first = (next((level for level in side if level.amount), None) for side in self._sides())
        bid, ask = first
        return bid, ask

    def _sides(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        return self.bids, self.asks


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
        """The `EngineEvent` that tells of it; an `OrderBook` is a whole book, a snapshot."""
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


def _mid_price(bid: Level | None, ask: Level | None) -> Decimal | None:
    return None if bid is None or ask is None else (bid.price + ask.price) / 2


def _micro_price(bid: Level | None, ask: Level | None) -> Decimal | None:
    if bid is None or ask is None or not bid.amount + ask.amount:
        return None
    return (bid.price * ask.amount + ask.price * bid.amount) / (bid.amount + ask.amount)
