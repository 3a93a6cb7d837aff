"""Names of closed sets. Members are text: `Side.BUY == "buy"`, and either may be given."""

from enum import StrEnum


class Side(StrEnum):
    """Which way an order, a fill or a trade's aggressor goes."""

    BUY = "buy"
    SELL = "sell"


class OrderKind(StrEnum):
    """How an order names its price, and what it waits for."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"
    STOP_LIMIT = "stop_limit"
    TOUCHED_MARKET = "touched_market"
    TOUCHED_LIMIT = "touched_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    """How long an order lives: until cancelled or its date, or for what is there on arrival."""

    GOOD_TILL_CANCELLED = "gtc"
    IMMEDIATE_OR_CANCEL = "ioc"
    FILL_OR_KILL = "fok"
    GOOD_TILL_DATE = "gtd"


class OrderStatus(StrEnum):
    """Where an order stands."""

    CREATED = "created"
    DENIED = "denied"
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    OPEN = "open"
    TRIGGERED = "triggered"
    PART_FILLED = "part_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Liquidity(StrEnum):
    """Whether our order rested (maker) or took (taker)."""

    MAKER = "maker"
    TAKER = "taker"
