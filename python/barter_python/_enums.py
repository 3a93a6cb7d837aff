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


class ExchangeId(StrEnum):
    """An exchange server by Barter's name; one that has several servers has several names.

    `ExchangeId("huobi")` is `ExchangeId.HTX`, whose old name it is.
    """

    OTHER = "other"
    SIMULATED = "simulated"
    MOCK = "mock"
    BINANCE_FUTURES_COIN = "binance_futures_coin"
    BINANCE_FUTURES_USD = "binance_futures_usd"
    BINANCE_OPTIONS = "binance_options"
    BINANCE_PORTFOLIO_MARGIN = "binance_portfolio_margin"
    BINANCE_SPOT = "binance_spot"
    BINANCE_US = "binance_us"
    BITAZZA = "bitazza"
    BITFINEX = "bitfinex"
    BITFLYER = "bitflyer"
    BITGET = "bitget"
    BITMART = "bitmart"
    BITMART_FUTURES_USD = "bitmart_futures_usd"
    BITMEX = "bitmex"
    BITSO = "bitso"
    BITSTAMP = "bitstamp"
    BITVAVO = "bitvavo"
    BITHUMB = "bithumb"
    BYBIT_PERPETUALS_USD = "bybit_perpetuals_usd"
    BYBIT_SPOT = "bybit_spot"
    CEXIO = "cexio"
    COINBASE = "coinbase"
    COINBASE_INTERNATIONAL = "coinbase_international"
    CRYPTOCOM = "cryptocom"
    DERIBIT = "deribit"
    GATEIO_FUTURES_BTC = "gateio_futures_btc"
    GATEIO_FUTURES_USD = "gateio_futures_usd"
    GATEIO_OPTIONS = "gateio_options"
    GATEIO_PERPETUALS_BTC = "gateio_perpetuals_btc"
    GATEIO_PERPETUALS_USD = "gateio_perpetuals_usd"
    GATEIO_SPOT = "gateio_spot"
    GEMINI = "gemini"
    HITBTC = "hitbtc"
    HTX = "htx"
    KRAKEN = "kraken"
    KUCOIN = "kucoin"
    LIQUID = "liquid"
    MEXC = "mexc"
    OKX = "okx"
    ONE_TRADING = "one_trading"
    POLONIEX = "poloniex"

    @classmethod
    def _missing_(cls, value: object) -> "ExchangeId | None":
        return cls.HTX if value == "huobi" else None
