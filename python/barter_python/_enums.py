"""Names of closed sets. Members are text: `Side.BUY == "buy"`, and either may be given."""

from enum import StrEnum


class Side(StrEnum):
    """Which way an order, a fill or a trade's aggressor goes."""

    BUY = "buy"
    SELL = "sell"


class OrderKind(StrEnum):
    """How an order names its price."""

    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    """How long an order lives: until cancelled, or for what is there on arrival."""

    GOOD_TILL_CANCELLED = "gtc"
    IMMEDIATE_OR_CANCEL = "ioc"


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
