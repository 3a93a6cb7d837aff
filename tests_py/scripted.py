"""Small markets and strategies that follow a script, for tests. Times are ms after `START`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import barter_python as bt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Action = Callable[[bt.Context], object]

START = 19_676 * 86_400 * 1_000_000_000  # a midnight
MS = 1_000_000
MINUTE = 60_000
ABC = bt.Instrument("ABC/USD", tick="0.01", lot="1")
CONTRACT = bt.Instrument(
    "ABC-PERP", kind="perpetual", base="ABC", quote="USD", tick="0.01", lot="1"
)
FEES = ("0.08%", "0.10%")


def ns(ms: float) -> int:
    return START + round(ms * MS)


def _columns(names: str, rows: Iterable[tuple]) -> dict[str, list]:
    names_, rows = names.split(), list(rows)
    return {name: [row[at] for row in rows] for at, name in enumerate(names_)}


def quotes(*rows: tuple, instrument: bt.Instrument = ABC, **more: Any) -> bt.MarketData:
    """Rows of (time, bid, its size, ask, its size)."""
    columns = _columns("time bid bid_quantity ask ask_quantity", rows)
    columns["time"] = [ns(time) for time in columns["time"]]
    return bt.quotes(columns, instrument=instrument, unit="ns", **more)


def trades(*rows: tuple, instrument: bt.Instrument = ABC, **more: Any) -> bt.MarketData:
    """Rows of (time, side of the aggressor, price, size)."""
    columns = _columns("time side price quantity", rows)
    columns["time"] = [ns(time) for time in columns["time"]]
    return bt.trades(columns, instrument=instrument, unit="ns", **more)


def depth(*rows: tuple, instrument: bt.Instrument = ABC, **more: Any) -> bt.MarketData:
    """Rows of (time, side, price, size); they build an empty book."""
    columns = _columns("time side price quantity", rows)
    columns["time"] = [ns(time) for time in columns["time"]]
    return bt.depth(columns, instrument=instrument, unit="ns", book="build", **more)


def by_order(*rows: tuple, instrument: bt.Instrument = ABC, **more: Any) -> bt.MarketData:
    """Rows of (time, action, order id, side, price, size)."""
    columns = _columns("time action order_id side price quantity", rows)
    columns["time"] = [ns(time) for time in columns["time"]]
    return bt.market_by_order(columns, instrument=instrument, unit="ns", **more)


def candles(*rows: tuple, instrument: bt.Instrument = ABC, **more: Any) -> bt.MarketData:
    """Rows of (open, high, low, close) and perhaps volume: one a minute from `START`."""
    names = "open high low close volume" if len(rows[0]) == 5 else "open high low close"
    columns = _columns(names, rows)
    columns["time"] = [ns(at * MINUTE) for at in range(len(rows))]
    return bt.candles(columns, instrument=instrument, unit="ns", stamp="open", every="1m", **more)


def exchange(**settings: Any) -> bt.SimulatedExchange:
    """The venue of the worked examples: a cash account with their fees."""
    return bt.SimulatedExchange(**{"account": "cash", "fees": FEES} | settings)


class Script(bt.Strategy):
    """Does `actions` at their times, after everything else known then; notes what it is told."""

    def __init__(self, actions: Iterable[tuple[float, Action]]) -> None:
        super().__init__()
        self.actions = list(actions)
        self.told: list[tuple[float, str, Any]] = []
        self.returned: list[object] = []

    def on_start(self, context: bt.Context) -> None:
        self.due = {context.set_timer(at=ns(ms)): action for ms, action in self.actions}

    def on_timer(self, context: bt.Context, timer: bt.Timer) -> None:
        self.returned.append(self.due[timer.id](context))

    def on_fill(self, context: bt.Context, fill: bt.Fill) -> None:
        self.told.append((at(context), "fill", (fill.order, fill.price, fill.quantity)))

    def on_order(self, context: bt.Context, order: bt.Order) -> None:
        self.told.append((at(context), order.status.value, order.id))


def at(context: bt.Context) -> float:
    """Time of a context in ms after `START`."""
    return (context.time - START) / MS


def rows(table: bt.Table) -> list[dict[str, Any]]:
    return pa.table(table).to_pylist()


class Ran:
    """A finished run with its tables as plain values."""

    def __init__(self, result: bt.Backtest, strategy: Any) -> None:
        self.result, self.strategy = result, strategy
        self.digest = result.digest
        self.orders = {row["order"]: row for row in rows(result.orders)}
        self.balances = dict(result.balances)
        self.fill_rows = rows(result.fills)

    @property
    def fills(self) -> list[tuple[Decimal, Decimal]]:
        """(price, quantity) of each."""
        return [(row["price"], row["quantity"]) for row in self.fill_rows]

    @property
    def times(self) -> list[float]:
        """Venue time of each fill."""
        times = pa.table(self.result.fills)["time"].cast(pa.int64()).to_pylist()
        return [(time - START) / MS for time in times]

    @property
    def fees(self) -> list[Decimal]:
        return [row["fee"] for row in self.fill_rows]

    @property
    def liquidity(self) -> list[str]:
        return [row["liquidity"] for row in self.fill_rows]

    def status(self, order: int = 1) -> tuple[str, str | None]:
        """(status, reason) of an order."""
        return self.orders[order]["status"], self.orders[order]["reason"]


def run(
    data: Any,
    *actions: tuple[float, Action],
    strategy: bt.Strategy | None = None,
    cash: Any = "1000 USD",
    start: Any = None,
    end: Any = None,
    seed: int = 0,
    **settings: Any,
) -> Ran:
    """Runs `actions` (or a strategy) at the venue of the worked examples with other `settings`."""
    strategy = strategy or Script(actions)
    venue = exchange(**settings)
    return Ran(
        bt.backtest(data, strategy, cash=cash, exchange=venue, start=start, end=end, seed=seed),
        strategy,
    )


def buy(quantity: Any, limit: Any = None, **more: Any) -> Action:
    return lambda context: context.buy(context.instruments[0], quantity, limit=limit, **more)


def sell(quantity: Any, limit: Any = None, **more: Any) -> Action:
    return lambda context: context.sell(context.instruments[0], quantity, limit=limit, **more)


def cancel(order: int) -> Action:
    return lambda context: context.cancel(order)


def pairs(text: str) -> list[tuple[Decimal, Decimal]]:
    """ "4 @ 100.10, 2 @ 100.12" as (price, quantity) pairs."""
    parts = (part.split("@") for part in text.split(",") if part.strip())
    return [(Decimal(price.strip()), Decimal(quantity.strip())) for quantity, price in parts]
