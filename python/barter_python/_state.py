"""Parts of the state of a running system. Money and quantities are exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from barter_python._core import OrderKey
    from barter_python._enums import OrderKind, OrderStatus, Side, TimeInForce


@dataclass(frozen=True, slots=True)
class PositionState:
    """What is held of an instrument, from fills.

    `quantity` is signed; `average_price` is `None` if flat; `realised` is the profit of what was
    closed and `unrealised` what closing at the mark would bring (`None` without a price), both
    before fees, in quote.
    """

    quantity: Decimal
    average_price: Decimal | None
    realised: Decimal
    unrealised: Decimal | None


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order as the engine knows it.

    `id` is its number within the run; `key` has its names if it was given any. `limit` is
    `None` for a market order; `filled` is at most `quantity`; `average_price` is that of its fills,
    `None` before the first; `reason` says why it was denied, rejected or cancelled; `created` and
    `updated` are ns since 1970 UTC.
    """

    id: int
    key: OrderKey | None
    instrument: int
    side: Side
    kind: OrderKind
    time_in_force: TimeInForce
    post_only: bool
    limit: Decimal | None
    quantity: Decimal
    filled: Decimal
    average_price: Decimal | None
    status: OrderStatus
    reason: str | None
    detail: str | None
    created: int
    updated: int

    @property
    def is_working(self) -> bool:
        """True until it is known to have ended."""
        return self.status in {"created", "submitted", "open", "triggered", "part_filled"}


@dataclass(frozen=True, slots=True)
class InstrumentState:
    """An instrument: its position, the price that values it, and its orders that work."""

    index: int
    name: str
    name_exchange: str
    exchange: int
    base: int
    quote: int
    price: Decimal | None
    position: PositionState
    orders: tuple[OrderState, ...]


@dataclass(frozen=True, slots=True)
class AssetState:
    """An asset of one exchange: everything, and what no order holds back."""

    index: int
    exchange: int
    name: str
    total: Decimal
    free: Decimal


@dataclass(frozen=True, slots=True)
class ExchangeState:
    """An exchange, and if its market data and news of our account come."""

    index: int
    name: str
    market_data: bool
    account: bool
