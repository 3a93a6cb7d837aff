"""Barter's words for an account: balances, orders with their states, fills.

What `EngineEvent.payload` gives and its constructors take. All are frozen, equal by value and
hashable. Numbers are kept as `Decimal`, times as aware `datetime` to the microsecond; each raises
`DataError`, which names the field, for what is out of range. `to_dict` gives Barter's JSON.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from barter_python import _fields as read
from barter_python._core import OrderKey, OrderRequestCancel, OrderRequestOpen
from barter_python._enums import OrderKind, Side, TimeInForce
from barter_python.errors import DataError, OrderError

__all__ = [
    "AccountSnapshot",
    "AccountTrade",
    "AssetBalance",
    "AssetFees",
    "Balance",
    "CancelInFlight",
    "Cancelled",
    "Expired",
    "FullyFilled",
    "InstrumentAccountSnapshot",
    "Open",
    "OpenFailed",
    "OpenInFlight",
    "OrderKey",
    "OrderKind",
    "OrderRequestCancel",
    "OrderRequestOpen",
    "OrderResponseCancel",
    "OrderSnapshot",
    "PositionExit",
    "Side",
    "TimeInForce",
    "Trade",
]


@dataclass(frozen=True, slots=True)
class Balance:
    """How much there is of an asset, and how much of it can be used: `0 <= free <= total`.

    Exact, as messages say it; what a hook's context shows is `barter_python.Balance`, in floats.
    """

    total: Decimal
    free: Decimal

    def __post_init__(self) -> None:
        read.fill(self, total=read.not_negative, free=read.not_negative)
        if self.free > self.total:
            raise DataError(f"free must be <= total {self.total}, got {self.free}")

    def used(self) -> Decimal:
        """What cannot be used."""
        return self.total - self.free

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {"total": self.total, "free": self.free}


@dataclass(frozen=True, slots=True)
class AssetBalance:
    """The balance of the asset with this index. For `balance` a pair (total, free) will do."""

    asset: int
    balance: Balance
    time_exchange: datetime

    def __post_init__(self) -> None:
        read.fill(self, asset=read.index, balance=_balance, time_exchange=read.moment)

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        balance = self.balance.to_dict()
        return {"asset": self.asset, "balance": balance, "time_exchange": self.time_exchange}


@dataclass(frozen=True, slots=True)
class AssetFees:
    """A fee, negative for a rebate; `asset` is an index, `None` the quote of the instrument."""

    asset: int | None
    fees: Decimal

    def __post_init__(self) -> None:
        read.fill(self, asset=read.maybe(read.index), fees=read.number)

    @classmethod
    def quote_fees(cls, fees: Decimal) -> Self:
        """A fee that is paid in quote."""
        return cls(None, fees)

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {"asset": self.asset, "fees": self.fees}


@dataclass(frozen=True, slots=True)
class AccountTrade:
    """A fill of one of our orders."""

    id: str
    order_id: str
    instrument: int
    strategy: str
    time_exchange: datetime
    side: Side
    price: Decimal
    quantity: Decimal
    fees: AssetFees

    def __post_init__(self) -> None:
        read.fill(
            self,
            id=read.text,
            order_id=read.text,
            instrument=read.index,
            strategy=read.text,
            time_exchange=read.moment,
            side=read.side,
            price=read.positive,
            quantity=read.positive,
            fees=read.exactly(AssetFees),
        )

    def value_quote(self) -> Decimal:
        """Price × quantity."""
        return self.price * self.quantity

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {
            "id": self.id,
            "order_id": self.order_id,
            "instrument": self.instrument,
            "strategy": self.strategy,
            "time_exchange": self.time_exchange,
            "side": self.side.capitalize(),
            "price": self.price,
            "quantity": self.quantity,
            "fees": self.fees.to_dict(),
        }


Trade = AccountTrade


@dataclass(frozen=True, slots=True)
class PositionExit:
    """A position that was closed; `TradingSummaryGenerator.update_from_position` takes it.

    `instrument` is an index. `pnl_realised` is what it made after the fees of both ways, in quote;
    `quantity_abs_max` the most that was held; `trades` the fills by their ids.
    """

    instrument: int
    side: Side
    price_entry_average: Decimal
    quantity_abs_max: Decimal
    pnl_realised: Decimal
    fees_enter: AssetFees
    fees_exit: AssetFees
    time_enter: datetime
    time_exit: datetime
    trades: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        read.fill(
            self,
            instrument=read.index,
            side=read.side,
            price_entry_average=read.positive,
            quantity_abs_max=read.positive,
            pnl_realised=read.number,
            fees_enter=read.exactly(AssetFees),
            fees_exit=read.exactly(AssetFees),
            time_enter=read.moment,
            time_exit=read.moment,
            trades=read.several(read.text),
        )
        if self.time_exit < self.time_enter:
            begun = f"time_exit must not be before time_enter {self.time_enter.isoformat()}"
            raise DataError(f"{begun}, got {self.time_exit.isoformat()}")


@dataclass(frozen=True, slots=True)
class OpenInFlight:
    """An order that is asked for and not confirmed."""

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {"Active": {"OpenInFlight": None}}


@dataclass(frozen=True, slots=True)
class Open:
    """An order that is open at the exchange under the name `id`."""

    id: str
    time_exchange: datetime
    filled_quantity: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        filled = read.not_negative
        read.fill(self, id=read.name, time_exchange=read.moment, filled_quantity=filled)

    def quantity_remaining(self, initial_quantity: Decimal) -> Decimal:
        """How much of that is not filled."""
        return initial_quantity - self.filled_quantity

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {"Active": {"Open": _open(self)}}


@dataclass(frozen=True, slots=True)
class CancelInFlight:
    """An order whose cancellation is asked for; `order` is what was confirmed of it before."""

    order: Open | None = None

    def __post_init__(self) -> None:
        read.fill(self, order=read.maybe(read.exactly(Open)))

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        order = None if self.order is None else _open(self.order)
        return {"Active": {"CancelInFlight": {"order": order}}}


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An order that we cancelled."""

    id: str
    time_exchange: datetime

    def __post_init__(self) -> None:
        read.fill(self, id=read.name, time_exchange=read.moment)

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        cancelled = {"id": self.id, "time_exchange": self.time_exchange}
        return {"Inactive": {"Cancelled": cancelled}}


@dataclass(frozen=True, slots=True)
class FullyFilled:
    """An order that traded all it asked for."""

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {"Inactive": "FullyFilled"}


@dataclass(frozen=True, slots=True)
class OpenFailed:
    """An order that was never opened; `reason` is Barter's JSON text of the error.

    Such as `'{"Rejected":{"OrderRejected":"..."}}'` or `'{"Connectivity":"Timeout"}'`.
    """

    reason: str

    def __post_init__(self) -> None:
        read.fill(self, reason=read.name)

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        try:
            return {"Inactive": {"OpenFailed": json.loads(self.reason)}}
        except ValueError:
            raise DataError(f"reason must be JSON text, got {self.reason[:80]!r}") from None


@dataclass(frozen=True, slots=True)
class Expired:
    """An order whose time was over."""

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {"Inactive": "Expired"}


OrderState = OpenInFlight | Open | CancelInFlight | Cancelled | FullyFilled | OpenFailed | Expired
_STATES = (OpenInFlight, Open, CancelInFlight, Cancelled, FullyFilled, OpenFailed, Expired)

_TIMES_IN_FORCE = {
    "immediate_or_cancel": "ImmediateOrCancel",
    "fill_or_kill": "FillOrKill",
    "good_until_end_of_day": "GoodUntilEndOfDay",
}


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """An order with its state. `kind`, `time_in_force`, `post_only` as of an `OrderRequestOpen`."""

    key: OrderKey
    side: Side
    price: Decimal
    quantity: Decimal
    kind: OrderKind
    time_in_force: str
    state: OrderState
    post_only: bool = False

    def __post_init__(self) -> None:
        read.fill(self, state=read.exactly(_STATES))
        terms = (self.side, self.price, self.quantity, self.kind, self.time_in_force)
        try:
            request = OrderRequestOpen(self.key, *terms, self.post_only)
        except OrderError as error:
            raise DataError(str(error)) from None
        for field in ("side", "price", "quantity", "kind", "time_in_force"):
            object.__setattr__(self, field, getattr(request, field))
        state = self.state.order if isinstance(self.state, CancelInFlight) else self.state
        if isinstance(state, Open) and state.filled_quantity > self.quantity:
            filled = state.filled_quantity
            raise DataError(f"filled_quantity must be <= quantity {self.quantity}, got {filled}")

    @classmethod
    def from_open_request(
        cls,
        request: OrderRequestOpen,
        order_id: str | None = None,
        time_exchange: datetime | None = None,
        filled_quantity: Decimal = Decimal(0),
    ) -> Self:
        """The order that a request asks for: in flight, or open under the exchange's name for it.

        An `order_id` needs its `time_exchange`.
        """
        if order_id is not None and time_exchange is None:
            raise DataError("time_exchange must be given with an order_id")
        if order_id is None or time_exchange is None:
            if time_exchange is not None or read.number("filled_quantity", filled_quantity):
                raise DataError("order_id must be given for an order that is open")
            state: OrderState = OpenInFlight()
        else:
            state = Open(order_id, time_exchange, filled_quantity)
        terms = (request.side, request.price, request.quantity, request.kind)
        return cls(request.key, *terms, request.time_in_force, state, request.post_only)

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        life: Any = _TIMES_IN_FORCE.get(self.time_in_force)
        return {
            "key": {
                "exchange": self.key.exchange,
                "instrument": self.key.instrument,
                "strategy": self.key.strategy,
                "cid": self.key.cid,
            },
            "side": self.side.capitalize(),
            "price": self.price,
            "quantity": self.quantity,
            "kind": self.kind.capitalize(),
            "time_in_force": life or {"GoodUntilCancelled": {"post_only": self.post_only}},
            "state": self.state.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class InstrumentAccountSnapshot:
    """Our orders of the instrument with this index."""

    instrument: int
    orders: tuple[OrderSnapshot, ...] = ()

    def __post_init__(self) -> None:
        orders = read.several(read.exactly(OrderSnapshot))
        read.fill(self, instrument=read.index, orders=orders)
        for order in self.orders:
            if order.key.instrument != self.instrument:
                seen = order.key.instrument
                text = f"instrument of an order must be that of its list, {self.instrument}"
                raise DataError(f"{text}, got {seen}")

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {"instrument": self.instrument, "orders": [one.to_dict() for one in self.orders]}


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """Our account at the exchange with this index.

    A balance may be an `AssetBalance` or (asset, total, free, time).
    """

    exchange: int
    balances: tuple[AssetBalance, ...] = ()
    instruments: tuple[InstrumentAccountSnapshot, ...] = ()

    def __post_init__(self) -> None:
        read.fill(
            self,
            exchange=read.index,
            balances=read.several(_asset_balance),
            instruments=read.several(read.exactly(InstrumentAccountSnapshot)),
        )

    def time_most_recent(self) -> datetime | None:
        """The last time that one of its balances or orders has."""
        orders = (order.state for one in self.instruments for order in one.orders)
        states = (state.order if isinstance(state, CancelInFlight) else state for state in orders)
        times = [one.time_exchange for one in states if isinstance(one, Open | Cancelled)]
        return max([*times, *(one.time_exchange for one in self.balances)], default=None)

    def assets(self) -> list[int]:
        """Indices of the assets that it has a balance of."""
        return [one.asset for one in self.balances]

    def to_dict(self) -> dict[str, Any]:
        """Barter's JSON as a dict."""
        return {
            "exchange": self.exchange,
            "balances": [one.to_dict() for one in self.balances],
            "instruments": [one.to_dict() for one in self.instruments],
        }


@dataclass(frozen=True, slots=True)
class OrderResponseCancel:
    """The answer to a request to cancel: `Cancelled`, or Barter's JSON text of the error."""

    key: OrderKey
    state: Cancelled | str

    def __post_init__(self) -> None:
        read.fill(self, key=read.exactly(OrderKey), state=read.exactly((Cancelled, str)))


def _open(order: Open) -> dict[str, Any]:
    return {
        "id": order.id,
        "time_exchange": order.time_exchange,
        "filled_quantity": order.filled_quantity,
    }


def _balance(what: str, value: Any) -> Balance:
    if isinstance(value, Balance):
        return value
    try:
        total, free = value
    except (TypeError, ValueError):
        text = f"{what} must be a Balance or a pair (total, free), got {type(value).__name__}"
        raise DataError(text) from None
    return Balance(total, free)


def _asset_balance(what: str, value: Any) -> AssetBalance:
    if isinstance(value, AssetBalance):
        return value
    try:
        asset, total, free, time = value
    except (TypeError, ValueError):
        text = f"{what} must be an AssetBalance or (asset, total, free, time)"
        raise DataError(f"{text}, got {type(value).__name__}") from None
    return AssetBalance(asset, Balance(total, free), time)
