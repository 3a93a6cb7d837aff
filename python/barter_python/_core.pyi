# Generated from the Rust source by scripts/stubs; do not edit.
from _typeshed import SupportsGetItem
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from os import PathLike
from types import CapsuleType
from typing import Any, Final, SupportsFloat, SupportsIndex, final

__all__ = [
    "__version__",
    "Assumption",
    "AuditTick",
    "AuditUpdates",
    "Backtest",
    "BacktestArgsConstant",
    "BacktestArgsDynamic",
    "Balance",
    "Book",
    "Candle",
    "Context",
    "EngineEvent",
    "EngineReplica",
    "EngineState",
    "Fees",
    "Figure",
    "Figures",
    "Fill",
    "Finding",
    "IndexedInstruments",
    "Instrument",
    "InstrumentFilter",
    "Latency",
    "LoadReport",
    "MarketData",
    "MarketDataInMemory",
    "MarketEvents",
    "Order",
    "OrderKey",
    "OrderRequestCancel",
    "OrderRequestOpen",
    "OrderStory",
    "PathSensitivity",
    "Picture",
    "Position",
    "Quote",
    "SimulatedExchange",
    "SnapUpdates",
    "SystemConfig",
    "SystemHandle",
    "Table",
    "Timer",
    "Trade",
    "TradingSummary",
    "TradingSummaryGenerator",
    "adjusted_sharpe",
    "alpha",
    "average_drawdown",
    "average_loss",
    "average_win",
    "backtest",
    "backtests",
    "best",
    "beta",
    "cagr",
    "calmar",
    "candles",
    "correlation",
    "deflated_sharpe",
    "depth",
    "drawdowns",
    "expectancy",
    "expected_best",
    "expected_shortfall",
    "falls",
    "field_count",
    "field_index",
    "field_number",
    "field_time",
    "figures",
    "information_ratio",
    "kurtosis",
    "log_from",
    "log_nothing",
    "log_to",
    "longest_drawdown",
    "market_by_order",
    "max_drawdown",
    "minimum_track_record",
    "omega",
    "pain",
    "payoff",
    "positive_share",
    "probabilistic_sharpe",
    "profit_factor",
    "quotes",
    "replay",
    "returns",
    "run_historic_backtest",
    "run_historic_backtest_with_generator",
    "sample",
    "sharpe",
    "sharpe_error",
    "sharpe_probability",
    "sharpe_track_record",
    "skew",
    "sortino",
    "start_system",
    "system_quality",
    "tail_ratio",
    "total_return",
    "tracking_error",
    "trades",
    "turnover",
    "ulcer",
    "value_at_risk",
    "volatility",
    "win_rate",
    "worst",
]

__version__: Final[str]

@final
class Assumption:
    """
    Something that a run took for granted.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def optimistic(self, /) -> bool:
        """
        True if it can only flatter the result.
        """
    @property
    def text(self, /) -> str:
        """
        What is assumed.
        """
    @property
    def topic(self, /) -> str:
        """
        What it is about.
        """

@final
class AuditTick:
    """
    A line of a system's log: something from outside, or something that the engine took in.

    `sequence` counts from 0 without a gap; `time` is in ns since 1970 UTC, `round` the place among
    causes and effects at one time; `kind` is what it is about: a row of market data ("trade",
    "quote", "book", "order", "candle", "point"), what the engine took in ("start", "market",
    "account", "timer", "reconnecting", "trading", "command", "end") or "names" of an order.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def instrument(self, /) -> int | None:
        """
        Index of the instrument that it is about; `None` if it is about none.
        """
    @property
    def is_step(self, /) -> bool:
        """
        True if the engine took it in; False for what came from outside and is on its way.
        """
    @property
    def kind(self, /) -> str:
        """
        What it is about.
        """
    @property
    def round(self, /) -> int:
        """
        The place among causes and effects at one time.
        """
    @property
    def sequence(self, /) -> int:
        """
        Its number, from 0.
        """
    @property
    def time(self, /) -> int:
        """
        When, ns since 1970 UTC.
        """
    def to_dict(self, /) -> Any:
        """
        Everything as a dict: numbers of a row by their names (raw integers at the instrument's
        scale), and under "detail" what was told and which calls were made because of it.
        """

@final
class AuditUpdates:
    """
    The lines of a running system as they come, each to be taken once. Waiting lets other threads
    run.
    """
    def __aiter__(self, /) -> AuditUpdates: ...
    def __anext__(self, /) -> Any: ...
    def __iter__(self, /) -> AuditUpdates: ...
    def __next__(self, /) -> AuditTick: ...
    def _forget(self, /, number: SupportsIndex) -> None:
        """
        Has a waker not called.
        """
    def _wake(self, /, wake: Any) -> int:
        """
        Has `wake` called with the next line or the end, from whichever thread.
        """
    def is_closed(self, /) -> bool:
        """
        True once the system has ended and all lines were taken.
        """
    def recv(self, /, timeout: Any | None = None) -> Any | None:
        """
        As `recv_tick`, as a dict.
        """
    def recv_async(self, /) -> Any:
        """
        What `recv_tick` does, as an awaitable that may be cancelled at any time: no line is lost.
        """
    def recv_tick(self, /, timeout: Any | None = None) -> AuditTick | None:
        """
        The next line; `None` once the system has ended and all lines were taken.

        Raises `ReceiveTimeoutError` (also `TimeoutError`) if none comes within `timeout` (seconds,
        a `timedelta`, text).
        """
    def try_recv(self, /) -> Any | None:
        """
        As `try_recv_tick`, as a dict.
        """
    def try_recv_tick(self, /) -> AuditTick | None:
        """
        The next line if there is one now, else `None`.
        """

@final
class Backtest:
    """
    What a run left behind: figures, tables, assumptions. Draws itself in a notebook.
    """
    def __repr__(self, /) -> str: ...
    def _known_path_sensitivity(self, /) -> PathSensitivity | None:
        """
        What `path_sensitivity` found, if it has been asked: a picture runs nothing.
        """
    def _picture(
        self,
        /,
        start: Any | None = None,
        end: Any | None = None,
        summary: TradingSummary | None = None,
    ) -> Picture:
        """
        What pictures of the run are drawn from; the benchmark is that of `summary`.
        """
    def _repr_html_(self, /) -> str: ...
    def _told(self, /, summary: TradingSummary) -> bool:
        """
        True if these are figures of this run.
        """
    @property
    def ambiguous(self, /) -> Table:
        """
        Candles that leave open which of two orders came first: one extreme would hit one order,
        the other extreme another one, the open neither. `assumed` is the order that was taken for
        granted; `at_high` and `at_low` are numbers of orders, the nearest to the open first;
        `high_first` and `low_first` say what would happen, with prices; `either_or` is true if one
        order ends the other. The first 10,000 are listed, `summary.ambiguous` counts all.
        """
    @property
    def assumptions(self, /) -> list[Assumption]:
        """
        What the run took for granted.
        """
    @property
    def balances(self, /) -> list[tuple[str, Decimal]]:
        """
        The final balances by asset, exact.
        """
    @property
    def complete(self, /) -> bool:
        """
        False if the run was stopped before its end.
        """
    @property
    def costs(self, /) -> Table:
        """
        What trading cost, by instrument: `instrument`, `traded`, `fees`, `spread`, `slippage`,
        `funding`, in money of the currency.
        """
    @property
    def diagnosis(self, /) -> str | None:
        """
        Why nothing was filled, in a paragraph; `None` if something was. Also part of what a result
        prints.
        """
    @property
    def digest(self, /) -> str:
        """
        A hash of everything that came out (orders, fills, postings, equity): equal runs have equal
        digests.
        """
    @property
    def drawdowns(self, /) -> Table:
        """
        Every drawdown of the curve of equity: `peak`, `trough` and `recovery` (missing while it is
        open), `depth`, `fall` (peak to trough), `length` (peak to recovery or end), and the rows of
        `equity` that these are.
        """
    @property
    def equity(self, /) -> Table:
        """
        Equity over time: `time`, `equity` and `drawdown` (a fraction, <= 0), as floats. A point
        shows what the account was worth before everything that happened at its time.
        """
    def explain(self, /, order: Any) -> OrderStory:
        """
        The story of an order (a number, or an `Order`): each event that could have filled it, and
        why it did or did not; for a denied one the rule, with its numbers. Plays the venue's side
        of the run once more up to the order's end, so it takes a part of the run's time.

        Raises `OrderError` for a number that no order has, `StateError` for a run of a system,
        whose rows are not kept; Ctrl-C raises `KeyboardInterrupt`.
        """
    @property
    def fills(self, /) -> Table:
        """
        Every fill.
        """
    @property
    def ledger(self, /) -> Table:
        """
        Every change of money. A balance is the sum of its rows.
        """
    @property
    def monthly(self, /) -> Table:
        """
        Returns of calendar months (UTC): `year`, `month`, `return`, `benchmark`. The first and the
        last may be parts of months.
        """
    @property
    def orders(self, /) -> Table:
        """
        Every order, also those that were denied.
        """
    def path_sensitivity(self, /) -> PathSensitivity:
        """
        Profit if every candle visits its low first, and if its high; runs the strategy again for
        each path but the one of this run, so it must have been given as a class. A strategy that
        draws numbers of its own must seed them, or runs differ by more than the path.

        Raises `StateError` if the strategy was given as an instance, the run was stopped, or was
        that of a system, whose rows are not kept.
        """
    def plot(
        self, /, *, start: Any | None = None, end: Any | None = None, points: SupportsIndex = 4000
    ) -> Any:
        """
        A Plotly figure: price with fills, equity and benchmark, drawdown, exposure over one axis of
        time. Needs plotly, the extra `plot`.

        * `start`, `end` - the part to show, as in `backtest`; the shorter, the more detail.
        * `points` - bars and points of a line at most, 100 to 1,000,000; more are drawn together,
          and no extreme is lost.

        Raises `MissingExtraError` without plotly and `ConfigError` for a setting out of range.
        """
    @property
    def positions(self, /) -> Table:
        """
        What was held, from flat to flat; positions still open come last.
        """
    def realised(self, /, method: str = "average") -> Table:
        """
        What every fill that closed something made, before fees. `method` says which part of a
        position it closed: "average" (a share of all of it, as positions and the ledger count),
        "fifo" (what was opened first) or "lifo" (what was opened last). They differ in when a
        profit counts, never in its sum once nothing is held.

        Columns: `fill`, `order`, `time`, `instrument`, `side`, `quantity` (of the fill, what closed
        something), `realised` (exact) and the `asset` that it is in.

        Raises `ConfigError` for another method.
        """
    def report(self, /, path: Any, *, summary: TradingSummary | None = None) -> Any:
        """
        Writes the result as a page: one HTML file that needs no network, with figures and their
        definitions, curves, price and fills, months, drawdowns, trades, costs, orders, assumptions.
        Returns its path as `pathlib.Path`. A file that is there already is replaced at once.

        * `summary` - figures told otherwise, as `summarise` of this result gave them.

        Raises `ConfigError` for a path that is a directory or figures of another run, and
        `MissingFileError` (also `FileNotFoundError`) for a directory that is not there.
        """
    def returns(self, /, kind: str = "pandas") -> Any:
        """
        Returns by period, those that the figures of `summary` are computed from, for the libraries
        that take them: as a `pandas.Series` indexed by the end of each period (UTC), with "polars"
        as a `polars.Series`, with "table" as a `Table` of `time` and `return`.

        Raises `MissingExtraError` without pandas or polars, `ConfigError` for another kind.
        """
    def rolling(self, /, window: SupportsIndex = 30) -> Table:
        """
        Figures of the last `window` periods at each period's end: `time`, `return`, `volatility`,
        `sharpe`, `drawdown` (deepest within the window); missing where undefined.

        Raises `ConfigError` for a window below 2.
        """
    def summarise(
        self,
        /,
        *,
        interval: Any | None = None,
        periods_per_year: SupportsFloat | SupportsIndex | None = None,
        risk_free: SupportsFloat | SupportsIndex = 0.0,
        target: SupportsFloat | SupportsIndex = 0.0,
        benchmark: str | None = None,
        trials: SupportsFloat | SupportsIndex | None = None,
        trial_variance: SupportsFloat | SupportsIndex | None = None,
    ) -> TradingSummary:
        """
        The figures, told otherwise.

        * `interval` - length of the periods between which returns are taken: "daily" (the default),
          a span such as "1h" that is no finer than `equity_every` of the run, or a `timedelta`.
        * `periods_per_year` - by default 365 days, or 252 where the data leave out weekends.
        * `risk_free`, `target` - per year: what costs no risk, and the least acceptable return.
        * `benchmark` - the name of one of the run's instruments, bought and held; by default equal
          parts of all.
        * `trials`, `trial_variance` - how many trials this run is the best of, and the variance of
          their Sharpe ratios per period, for the deflated ratio.

        Raises `ConfigError` for a setting out of range.
        """
    @property
    def summary(self, /) -> TradingSummary:
        """
        The figures.
        """
    def summary_generator(
        self, /, *, risk_free_return: SupportsFloat | SupportsIndex = 0.0
    ) -> TradingSummaryGenerator:
        """
        A generator that knows all of this run that figures need but orders, and can be told more.
        """

@final
class BacktestArgsConstant:
    """
    What many backtests have in common. All of it is read and checked here, once.

    * `system_config` - a `SystemConfig`, as it is now.
    * `market_data` - a `MarketDataInMemory`, or anything that `run_historic_backtest` takes.
    * `summary_interval` - of the figures: "daily" (the default), "annual_252", "annual_365", a
      span.
    * `initial_balances` - dicts with `exchange`, `asset`, `total` that replace the balances of the
      configuration for these assets.

    Raises `ConfigError` and `DataError`.
    """
    def __new__(
        cls,
        /,
        system_config: SystemConfig,
        market_data: Any,
        summary_interval: Any | None = None,
        initial_balances: Any | None = None,
    ) -> BacktestArgsConstant: ...
    def __repr__(self, /) -> str: ...
    @property
    def execution_count(self, /) -> int:
        """
        How many mocked exchanges are configured.
        """
    @property
    def instrument_count(self, /) -> int:
        """
        How many instruments are configured.
        """
    @property
    def market_data(self, /) -> Any:
        """
        The market data; of a file what was read.
        """
    @property
    def summary_interval(self, /) -> Any | None:
        """
        The interval as it was given.
        """
    @property
    def system_config(self, /) -> SystemConfig:
        """
        The configuration; changing it changes nothing here.
        """

@final
class BacktestArgsDynamic:
    """
    What one of many backtests has of its own.

    * `id` - its name, not empty.
    * `risk_free_return` - rate per year that costs no risk, for its figures.
    * `strategy` - a `Strategy` or `BarterStrategy`, class or instance; without one nothing is
      traded.
    * `risk` - limits that hold instead of the configuration's global ones: a dict as
      `SystemConfig.set_global_risk_limits` takes it, empty for none.

    Raises `ConfigError` that names the field.
    """
    def __new__(
        cls,
        /,
        id: str,
        risk_free_return: SupportsFloat | SupportsIndex,
        strategy: Any | None = None,
        risk: dict | None = None,
    ) -> BacktestArgsDynamic: ...
    def __repr__(self, /) -> str: ...
    @property
    def id(self, /) -> str:
        """
        Its name.
        """
    @property
    def risk(self, /) -> Any | None:
        """
        Its own limits as a dict; `None` if the configuration's hold.
        """
    @property
    def risk_free_return(self, /) -> float:
        """
        Rate per year that costs no risk.
        """
    @property
    def strategy(self, /) -> Any | None:
        """
        What decides.
        """

@final
class Balance:
    """
    Money of one asset, as far as messages told. Numbers are floats.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def asset(self, /) -> str:
        """
        Of what.
        """
    @property
    def free(self, /) -> float:
        """
        What can be used; on margin the profit that is open counts too.
        """
    @property
    def locked(self, /) -> float:
        """
        What orders and positions hold back.
        """
    @property
    def total(self, /) -> float:
        """
        Everything.
        """

@final
class Book:
    """
    The order book of an instrument as it reached us; always the current one, so it may be kept from
    `on_start` on. Usable only inside hooks.
    """
    def __repr__(self, /) -> str: ...
    @property
    def ask(self, /) -> float | None:
        """
        Best ask; `None` if that side is empty.
        """
    def asks(self, /, count: SupportsIndex = 10) -> list[tuple[float, float]]:
        """
        The best asks as (price, quantity), best first, at most `count`.
        """
    @property
    def bid(self, /) -> float | None:
        """
        Best bid; `None` if that side is empty.
        """
    def bids(self, /, count: SupportsIndex = 10) -> list[tuple[float, float]]:
        """
        The best bids as (price, quantity), best first, at most `count`.
        """
    @property
    def instrument(self, /) -> Instrument:
        """
        Whose book.
        """
    @property
    def touch(self, /) -> tuple[float | None, float | None]:
        """
        Best bid and best ask in one look; `None` for a side that is empty.
        """

@final
class Candle:
    """
    A finished candle over `[open_time, close_time)`.
    """
    def __repr__(self, /) -> str: ...
    @property
    def close(self, /) -> float:
        """
        Last price.
        """
    @property
    def close_time(self, /) -> int:
        """
        End of the span, excluded, ns since 1970 UTC.
        """
    @property
    def high(self, /) -> float:
        """
        Highest price.
        """
    @property
    def instrument(self, /) -> Instrument:
        """
        Whose candle.
        """
    @property
    def low(self, /) -> float:
        """
        Lowest price.
        """
    @property
    def open(self, /) -> float:
        """
        First price.
        """
    @property
    def open_time(self, /) -> int:
        """
        Start of the span, included, ns since 1970 UTC.
        """
    @property
    def volume(self, /) -> float | None:
        """
        Quantity traded, in base; `None` if the data do not say.
        """

@final
class Context:
    """
    What a strategy knows and can do, at the time of the event that is being handled.

    Reads tell what messages said so far: at a latency the exchange may know more. Numbers are
    floats, times are integer nanoseconds since 1970 UTC. Usable only inside hooks, in their thread
    (`StateError`).
    """
    def amend(
        self,
        /,
        order: Any,
        *,
        quantity: Any | None = None,
        limit: Any | None = None,
        trigger: Any | None = None,
    ) -> bool:
        """
        Asks to give an order new terms; what is left out stays. `quantity` is the total, what is
        filled included. False if the order has ended as far as is known, or a cancel is on its way.

        Less at the same price keeps the place in the queue; everything else goes to the back.
        Raises `OrderError` for a number that no order has, or terms that it cannot have.
        """
    def balance(self, /, asset: str | None = None) -> Balance:
        """
        Money of `asset`; the run's currency if it is left out.
        """
    def book(self, /, instrument: Any | None = None) -> Book | None:
        """
        The order book as it reached us; `None` if the run has no depth data of it.
        """
    def buy(
        self,
        /,
        instrument: Any,
        quantity: Any | None = None,
        *,
        limit: Any | None = None,
        post_only: bool = False,
        quote_quantity: Any | None = None,
        trigger: Any | None = None,
        if_touched: Any | None = None,
        trail: Any | None = None,
        trigger_by: str | None = None,
        time_in_force: str | None = None,
        expire: Any | None = None,
        reprice: bool = False,
        reduce_only: bool = False,
        self_trade: str | None = None,
        stop: Any | None = None,
        target: Any | None = None,
    ) -> int:
        """
        Sends an order to buy `quantity`: at the market, or at `limit` or better. Returns its
        number.

        * `quote_quantity` - instead of `quantity` an amount of the quote asset, fees aside. At a
          `limit` it becomes whole lots at once. At the market it becomes as many as it pays for at
          the best price: the best one seen, then the venue's when the order gets there (on candles
          the point that it meets); it buys level by level, never for more than the amount, and what
          that leaves is cancelled (`quote_quantity`). A buy holds back the amount and its fee. An
          amount of less than a lot is denied (`lot_range`).
        * `trigger` - it waits until the price rises to this (a stop); `if_touched` - until it falls
          to this; `trail` - a stop that follows the price at this distance (a number, or a share
          such as "1%").
        * `trigger_by` - the price watched: "last" trade (default), "mark", or "bid_ask".
        * `time_in_force` - "gtc" (default), "ioc", "fok", or "gtd" until `expire`.
        * `post_only` - refused if it would take; with `reprice` it moves one tick away instead.
        * `reduce_only` - never opens or flips a position: cut to what there is to reduce.
        * `self_trade` - if it meets an order of our own: "expire_taker", "expire_maker",
          "expire_both", "decrement" or "none"; the exchange's mode by default.
        * `stop`, `target` - prices of a stop and of a limit order that close what this one fills,
          as it fills; what one of them fills, the other loses. They have the next numbers, in this
          order. With nothing left they wait for the next fill ("open" or "part_filled", no leaves)
          and end with this order.

        Numbers must lie on tick and lot, and words must fit each other (`OrderError`); what the
        money or the venue's rules forbid is denied, see `on_order`.
        """
    def cancel(self, /, order: Any) -> bool:
        """
        Asks to cancel an order. False if it has ended as far as is known, or a cancel is on its
        way.

        Raises `OrderError` for a number that no order has.
        """
    def cancel_all(self, /, instrument: Any | None = None) -> int:
        """
        Asks to cancel all our orders, of one instrument if it is given. Returns how many were
        asked.
        """
    def cancel_timer(self, /, timer: Any) -> None:
        """
        Stops a timer; one that is not waiting is no error.
        """
    def candle(self, /, instrument: Any | None = None) -> Candle | None:
        """
        The last finished candle that reached us; `None` before the first.
        """
    def close(self, /, instrument: Any | None = None) -> int | None:
        """
        Closes the position at the market. Returns the order's number, `None` if there is nothing to
        close.
        """
    @property
    def equity(self, /) -> float | None:
        """
        What the account is worth in the run's currency, as far as is known; `None` without a price.
        """
    @property
    def instruments(self, /) -> list[Instrument]:
        """
        The instruments of the run.
        """
    def oco(
        self,
        /,
        instrument: Any,
        side: Any,
        quantity: Any,
        *,
        limit: Any,
        trigger: Any,
        stop_limit: Any | None = None,
    ) -> tuple[int, int]:
        """
        Sends two orders of `side` of which one loses what the other fills: at `limit` or better,
        and at the market (or at `stop_limit`) once the price comes to `trigger`. Returns their
        numbers.

        Both hold their money back once; if one is denied, so is the other.
        """
    def order(self, /, id: Any) -> Order | None:
        """
        One of our orders by its number; `None` if there is none.
        """
    def orders(self, /, instrument: Any | None = None) -> list[Order]:
        """
        Our orders that are not known to have ended, oldest first; of one instrument if it is given.
        """
    def position(self, /, instrument: Any | None = None) -> Position:
        """
        What is held of `instrument`; it may be left out if the run has only one.
        """
    def quote(self, /, instrument: Any | None = None) -> Quote | None:
        """
        The last quote that reached us; `None` before the first.
        """
    def sell(
        self,
        /,
        instrument: Any,
        quantity: Any | None = None,
        *,
        limit: Any | None = None,
        post_only: bool = False,
        quote_quantity: Any | None = None,
        trigger: Any | None = None,
        if_touched: Any | None = None,
        trail: Any | None = None,
        trigger_by: str | None = None,
        time_in_force: str | None = None,
        expire: Any | None = None,
        reprice: bool = False,
        reduce_only: bool = False,
        self_trade: str | None = None,
        stop: Any | None = None,
        target: Any | None = None,
    ) -> int:
        """
        Sends an order to sell `quantity`; the words are those of `buy`, mirrored. Returns its
        number.
        """
    def set_timer(
        self, /, *, at: Any | None = None, after: Any | None = None, every: Any | None = None
    ) -> int:
        """
        Sets a timer: `at` a time, `after` a span from now, or `every` span (first after one of
        them).

        Spans are text ("10ms"), `timedelta` or int ns. Returns the timer's number.
        """
    def submit(
        self,
        /,
        instrument: Any,
        side: Any,
        quantity: Any | None = None,
        *,
        limit: Any | None = None,
        post_only: bool = False,
        quote_quantity: Any | None = None,
        trigger: Any | None = None,
        if_touched: Any | None = None,
        trail: Any | None = None,
        trigger_by: str | None = None,
        time_in_force: str | None = None,
        expire: Any | None = None,
        reprice: bool = False,
        reduce_only: bool = False,
        self_trade: str | None = None,
        stop: Any | None = None,
        target: Any | None = None,
    ) -> int:
        """
        Sends an order of `side` ("buy" or "sell"); the rest as in `buy`. Returns its number.
        """
    def target(self, /, instrument: Any, quantity: Any) -> int | None:
        """
        Brings the position to the signed `quantity` at the market, counting market orders on their
        way.

        Returns the order's number, `None` if nothing is missing.
        """
    @property
    def time(self, /) -> int:
        """
        The time of the event that is being handled, ns since 1970 UTC.
        """
    def trade(self, /, instrument: Any | None = None) -> Trade | None:
        """
        The last public trade that reached us; `None` before the first.
        """

@final
class EngineEvent:
    """
    Everything that an engine can be told: what a market or an account did, and commands.

    Made by one of its constructors, or from Barter's JSON. Numbers are text, `Decimal`, `int` or
    `float` (its shortest text counts); times are aware `datetime`, text with a zone, `datetime64`
    or `int` nanoseconds since 1970 UTC. Indices count from 0, as `IndexedInstruments` has them.
    A time that is not given is never now, but the other time of the same event.

    Raises `DataError`, which names the field, for a wrong type, an unknown name, a number that is
    out of range or breaks a rule: prices and amounts are > 0, amounts of levels >= 0.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple: ...
    def __repr__(self, /) -> str: ...
    @staticmethod
    def account_balance_snapshot(
        exchange: Any, asset: Any, total: Any, free: Any, time_exchange: Any
    ) -> EngineEvent:
        """
        One balance; `exchange` and `asset` are indices.
        """
    @staticmethod
    def account_order_cancelled(
        exchange: Any, request: Any, order_id: Any, time_exchange: Any
    ) -> EngineEvent:
        """
        An order of ours was cancelled, as `request`, an `OrderRequestCancel`, asked for.
        """
    @staticmethod
    def account_order_snapshot(exchange: Any, snapshot: Any) -> EngineEvent:
        """
        One order with its state: an `execution.OrderSnapshot`, or a dict of Barter's.
        """
    @staticmethod
    def account_reconnecting(exchange: Any) -> EngineEvent:
        """
        The connection to our account at this exchange was lost.
        """
    @staticmethod
    def account_snapshot(snapshot: Any) -> EngineEvent:
        """
        All of our account at one exchange: an `execution.AccountSnapshot`, or a dict of Barter's.
        """
    @staticmethod
    def account_trade(
        exchange: Any,
        instrument: Any,
        strategy_id: Any,
        order_id: Any,
        trade_id: Any,
        side: Any,
        price: Any,
        quantity: Any,
        time_exchange: Any,
        fees: Any | None = None,
    ) -> EngineEvent:
        """
        A fill of one of our orders. `fees` is a number in quote or an `execution.AssetFees`,
        negative for a rebate.
        """
    @staticmethod
    def cancel_orders(filter: Any | None = None) -> EngineEvent:
        """
        Cancel all orders of these instruments, an `InstrumentFilter`; of all without one.
        """
    @staticmethod
    def close_positions(filter: Any | None = None) -> EngineEvent:
        """
        Close the positions in these instruments, an `InstrumentFilter`; in all without one.
        """
    @property
    def exchange(self, /) -> Any | None:
        """
        Of market data and lost connections the `ExchangeId`, of an account its index, else `None`.
        """
    @staticmethod
    def from_dict(value: Any) -> EngineEvent:
        """
        An event from Barter's JSON as a dict; numbers may be `Decimal`, times aware `datetime`.
        """
    @staticmethod
    def from_json(json: Any) -> EngineEvent:
        """
        An event from Barter's JSON. Unknown fields are ignored.
        """
    @property
    def instrument(self, /) -> int | None:
        """
        Index of the instrument; `None` for an event that is about none or several.
        """
    def is_terminal(self, /) -> bool:
        """
        True if nothing is processed after it.
        """
    @property
    def kind(self, /) -> str:
        """
        The name of the constructor that makes such an event, such as "market_trade".
        """
    @staticmethod
    def market_candle(
        exchange: Any,
        instrument: Any,
        time_exchange: Any,
        close_time: Any,
        open: Any,
        high: Any,
        low: Any,
        close: Any,
        volume: Any,
        trade_count: Any,
        time_received: Any | None = None,
    ) -> EngineEvent:
        """
        A candle that has closed.
        """
    @staticmethod
    def market_liquidation(
        exchange: Any,
        instrument: Any,
        price: Any,
        quantity: Any,
        side: Any,
        time_exchange: Any,
        time_received: Any | None = None,
    ) -> EngineEvent:
        """
        A position of somebody else that the exchange closed; `side` is that of the exchange's
        order.
        """
    @staticmethod
    def market_order_book_l1(
        exchange: Any,
        instrument: Any,
        last_update_time: Any,
        best_bid: Any | None = None,
        best_ask: Any | None = None,
        time_exchange: Any | None = None,
        time_received: Any | None = None,
    ) -> EngineEvent:
        """
        Best bid and best ask, each a pair (price, amount) or `None` for a side without orders.
        """
    @staticmethod
    def market_order_book_snapshot(
        exchange: Any,
        instrument: Any,
        sequence: Any,
        time_engine: Any | None,
        bids: Any,
        asks: Any,
        time_exchange: Any | None = None,
        time_received: Any | None = None,
    ) -> EngineEvent:
        """
        A whole book: `bids` and `asks` are lists of (price, amount), `sequence` is the exchange's
        count of changes.
        """
    @staticmethod
    def market_order_book_update(
        exchange: Any,
        instrument: Any,
        sequence: Any,
        time_engine: Any | None,
        bids: Any,
        asks: Any,
        time_exchange: Any | None = None,
        time_received: Any | None = None,
    ) -> EngineEvent:
        """
        Levels of a book that changed, with their new amounts; 0 removes a level.
        """
    @staticmethod
    def market_reconnecting(exchange: Any) -> EngineEvent:
        """
        The connection to the market data of this exchange was lost.
        """
    @staticmethod
    def market_trade(
        exchange: Any,
        instrument: Any,
        price: Any,
        quantity: Any,
        side: Any,
        time_exchange: Any,
        trade_id: Any | None = None,
        time_received: Any | None = None,
    ) -> EngineEvent:
        """
        A trade of two others; `side` is who took.
        """
    @property
    def payload(self, /) -> Any:
        """
        What it says beside where and when: a value of `barter_python.data` or
        `barter_python.execution`, a list of requests, an `InstrumentFilter`, an `ExchangeId`, a
        bool; `None` for "shutdown". Times in it are to the microsecond.
        """
    @staticmethod
    def send_cancel_requests(requests: Any) -> EngineEvent:
        """
        Cancel these orders: a list of `OrderRequestCancel`.
        """
    @staticmethod
    def send_open_requests(requests: Any) -> EngineEvent:
        """
        Open these orders: a list of `OrderRequestOpen`.
        """
    @staticmethod
    def shutdown() -> EngineEvent:
        """
        Stop.
        """
    @property
    def time_exchange(self, /) -> Any | None:
        """
        When it happened at the exchange, as an aware `datetime` to the microsecond; of an account's
        snapshot the last time in it; `None` if the event has no time.
        """
    @property
    def time_exchange_ns(self, /) -> int | None:
        """
        When it happened at the exchange, ns since 1970 UTC; `None` if the event has no time.
        """
    @property
    def time_received(self, /) -> Any | None:
        """
        When it was received, as an aware `datetime`; `None` if it is no market data.
        """
    @property
    def time_received_ns(self, /) -> int | None:
        """
        When it was received, ns since 1970 UTC; `None` if it is no market data.
        """
    def to_dict(self, /) -> Any:
        """
        Barter's JSON as a dict: whole numbers as `int`, others as `Decimal`, times as text.
        """
    def to_json(self, /) -> str:
        """
        Barter's JSON, on one line.
        """
    @staticmethod
    def trading_state(enabled: Any) -> EngineEvent:
        """
        Whether the strategy may trade.
        """

@final
class EngineReplica:
    """
    A view of a system that follows its lines: after each it knows what the engine knew.

    Made by `SnapUpdates.replica`, or from a configuration before the first line.
    """
    def __repr__(self, /) -> str: ...
    def follow(self, /, tick: AuditTick) -> None:
        """
        Follows a line, which must be the next.

        Raises `DataError` for another one, or one of another system.
        """
    @property
    def state(self, /) -> EngineState:
        """
        What it knows.
        """

@final
class EngineState:
    """
    What an engine knows at one moment: it does not change. Money and quantities are `Decimal`.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def assets(self, /) -> list[Any]:
        """
        Every asset, by index: `AssetState` objects.
        """
    def differs(self, /, other: EngineState) -> str | None:
        """
        The first part in which another state knows something else; `None` if they are equal.
        """
    @property
    def digest(self, /) -> str:
        """
        A hash of all that it knows: states that are equal have equal ones.
        """
    @property
    def equity(self, /) -> Decimal | None:
        """
        What the account is worth in the currency of the first instrument's prices; `None` while
        something that is held has no price.
        """
    @property
    def exchanges(self, /) -> list[Any]:
        """
        Every exchange, by index: `ExchangeState` objects.
        """
    @property
    def instruments(self, /) -> list[Any]:
        """
        Every instrument, by index: `InstrumentState` objects.
        """
    @property
    def orders(self, /) -> list[Any]:
        """
        Every order of the run so far, also those that have ended: `OrderState` objects.
        """
    @property
    def sequence(self, /) -> int | None:
        """
        How many lines of the system's audit lead to it; `None` if it keeps none.
        """
    @property
    def time(self, /) -> int | None:
        """
        When the engine last took something in, ns since 1970 UTC; `None` before the first event.
        """
    @property
    def trading_enabled(self, /) -> bool:
        """
        False while orders of the strategy are denied.
        """

@final
class Fees:
    """
    What an exchange charges for each fill: rate × notional + `per_contract` × quantity + `flat`.

    * `maker`, `taker` - rates such as "0.1%" or 0.001, of orders that rested and that took;
      negative for a rebate. `taker` defaults to `maker`; 0 if an amount or `tiers` are given.
    * `flat` - for each fill, in quote, >= 0.
    * `per_contract` - for each contract (unit of quantity), in quote, >= 0.
    * `tiers` - rows of (notional from, maker, taker), ascending, the first from 0: they stand for
      the rates. The notional is what was traded in quote in the 30 days before a fill, this run
      only; instruments of one quote asset count together.
    * `asset` - "quote"; "base": taken from what a buy receives, a sell pays in quote (cash accounts
      only); or the name of another asset, at its price. Where that balance is short, the whole fee
      of the fill is paid in quote, and if that is short too, out of the base that the buy receives.
    * `price` - what one unit of that other asset is worth in quote, > 0, where the run has no
      market of it.

    Raises `ConfigError` for a value out of range.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs_ex__(self, /) -> tuple[tuple, dict]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(
        cls,
        /,
        maker: Any | None = None,
        taker: Any | None = None,
        *,
        flat: Any | None = None,
        per_contract: Any | None = None,
        tiers: Any | None = None,
        asset: str = "quote",
        price: Any | None = None,
    ) -> Fees: ...
    def __repr__(self, /) -> str: ...
    @property
    def asset(self, /) -> str:
        """
        "quote", "base" or the name of another asset.
        """
    @property
    def flat(self, /) -> Decimal:
        """
        For each fill, in quote.
        """
    @property
    def maker(self, /) -> Decimal:
        """
        Rate of orders that rested; with tiers the first.
        """
    @property
    def per_contract(self, /) -> Decimal:
        """
        For each contract, in quote.
        """
    @property
    def price(self, /) -> Decimal | None:
        """
        What one unit of that other asset is worth in quote, if that was said.
        """
    @property
    def taker(self, /) -> Decimal:
        """
        Rate of orders that took; with tiers the first.
        """
    @property
    def tiers(self, /) -> list[tuple[Decimal, Decimal, Decimal]]:
        """
        Rows of (notional from, maker, taker).
        """

@final
class Figure:
    """
    A figure: its value, or why it has none. Prints as a sentence with its definition.
    """
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def definition(self, /) -> str:
        """
        What it is, in a sentence.
        """
    @property
    def error(self, /) -> float | None:
        """
        Its standard error, where one is known.
        """
    @property
    def inputs(self, /) -> str:
        """
        What it was computed from, in a sentence.
        """
    @property
    def n(self, /) -> int:
        """
        How many observations it was computed from.
        """
    @property
    def name(self, /) -> str:
        """
        Its name.
        """
    @property
    def reason(self, /) -> str | None:
        """
        Why it is undefined, or what speaks against its value: a code such as "zero_dispersion";
        else `None`.
        """
    @property
    def unit(self, /) -> str:
        """
        What it is measured in: "fraction", "fraction per year", "ratio", "probability", "seconds",
        "periods", "money" or "times per year".
        """
    @property
    def value(self, /) -> float | None:
        """
        Its value; `None` if it is undefined.
        """
    @property
    def why(self, /) -> str | None:
        """
        The reason in words.
        """

@final
class Figures:
    """
    Figures by name, in a fixed order.

    `figures["sharpe"]` is the value (`None` if undefined), `figures.explain("sharpe")` all that is
    known of it.
    """
    def __contains__(self, name: str, /) -> bool: ...
    def __getitem__(self, name: str, /) -> float | None: ...
    def __iter__(self, /) -> Iterator: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def explain(self, /, name: str) -> Figure:
        """
        All that is known of one: value, standard error, number of observations, definition, reason.

        Raises `KeyError` for a name that there is not.
        """
    def keys(self, /) -> list:
        """
        The names, in their order.
        """
    @property
    def table(self, /) -> Table:
        """
        The figures as a table: `name`, `value`, `error`, `n`, `unit`, `reason`, `definition`.
        """
    def to_dict(self, /) -> dict:
        """
        Values by name; undefined ones are `None`.
        """

@final
class Fill:
    """
    One execution of one of our orders at one price.
    """
    def __repr__(self, /) -> str: ...
    @property
    def fee(self, /) -> float:
        """
        Fee; negative for a rebate.
        """
    @property
    def fee_asset(self, /) -> str:
        """
        What the fee is paid in.
        """
    @property
    def id(self, /) -> int:
        """
        Its number within the run, from 1.
        """
    @property
    def instrument(self, /) -> Instrument:
        """
        What was traded.
        """
    @property
    def liquidity(self, /) -> Any:
        """
        Whether our order rested or took.
        """
    @property
    def order(self, /) -> int:
        """
        Number of the order.
        """
    @property
    def price(self, /) -> float:
        """
        Price.
        """
    @property
    def quantity(self, /) -> float:
        """
        Quantity, > 0.
        """
    @property
    def side(self, /) -> Any:
        """
        Which way.
        """
    @property
    def time(self, /) -> int:
        """
        When it happened at the venue, ns since 1970 UTC.
        """

@final
class Finding:
    """
    Something found in the rows while loading.
    """
    def __repr__(self, /) -> str: ...
    @property
    def count(self, /) -> int:
        """
        How many rows or values.
        """
    @property
    def rows(self, /) -> list[int]:
        """
        The first rows, from 0.
        """
    @property
    def severity(self, /) -> str:
        """
        "note" or "warning".
        """
    @property
    def text(self, /) -> str:
        """
        What, in a sentence.
        """

@final
class IndexedInstruments:
    """
    The indices that a system with this configuration counts by, in its messages and its state.

    They are not places in the configuration: exchanges are in Barter's order of them, assets and
    instruments by their exchange and then by name. Only risk limits count as the configuration
    does. `len()` is the number of instruments.

    Raises `ConfigError` for a configuration that no system can have, an unknown name, and an index
    out of range.
    """
    def __len__(self, /) -> int: ...
    def __new__(cls, /, config: SystemConfig) -> IndexedInstruments: ...
    def __repr__(self, /) -> str: ...
    def asset(self, /, index: Any) -> tuple[Any, str]:
        """
        Exchange and name of the asset with this index.
        """
    def asset_index(self, /, exchange: Any, name: str) -> int:
        """
        The index of an asset, by its name in either case.
        """
    @property
    def assets_len(self, /) -> int:
        """
        How many assets there are; each exchange has its own.
        """
    def exchange_id(self, /, index: Any) -> Any:
        """
        The exchange with this index, an `ExchangeId`.
        """
    def exchange_index(self, /, exchange: Any) -> int:
        """
        The index of an exchange.
        """
    @property
    def exchanges_len(self, /) -> int:
        """
        How many exchanges there are.
        """
    @staticmethod
    def from_system_config(config: SystemConfig) -> IndexedInstruments:
        """
        As the constructor.
        """
    def instrument(self, /, index: Any) -> Any:
        """
        The instrument with this index as the configuration has it, a dict.
        """
    def instrument_index(self, /, name: str) -> int:
        """
        The index of an instrument by its name here, such as "binance_spot-btc_usdt".
        """
    def instrument_index_from_exchange_name(self, /, exchange: Any, name: str) -> int:
        """
        The index of an instrument by its exchange's name for it, such as "BTCUSDT".
        """
    def instrument_name(self, /, index: Any) -> str:
        """
        The name of the instrument with this index, such as "binance_spot-btc_usdt".
        """

@final
class Instrument:
    """
    What is traded, and the rules of its venue: the smallest steps of prices and quantities.

    * `name` - such as "BTC/USDT"; base and quote are read off it unless given.
    * `tick` - smallest step of a price, in quote, > 0.
    * `lot` - smallest step of a quantity, in base or contracts, > 0.
    * `kind` - "spot", "perpetual", "future" or "option".
    * `min_notional` - smallest price × quantity of an order, in quote; 0 for none.
    * `multiplier` - base units in one contract, > 0, at most 1,000,000,000.
    * `min_price`, `max_price` - bounds of a limit, in quote.
    * `band` - a pair (up, down): a limit lies within the best price of the other side × these.
    * `min_quantity`, `max_quantity`, `market_max_quantity` - bounds of an order, in base or
      contracts; the last of a market order.
    * `max_notional` - largest price × quantity of an order, in quote.
    * `max_orders` - most working orders.
    * `max_position` - largest position either way, with the working orders of that side.
    * `rules` - what changes in time: rows of (time, rules by name), ascending, such as
      `[("2024-03-01T00:00Z", {"tick": "0.1", "max_orders": None})]`; `None` lifts a rule, and
      `"trading": False` stops all orders. Times as `start` of `backtest`.

    An order that breaks a rule is denied with the rule's name as its reason.
    Numbers may be text, `Decimal`, `int` or `float` (its shortest text counts).
    Raises `ConfigError` for a rule out of range, `OrderError` for a number that is none.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs_ex__(self, /) -> tuple[tuple, dict]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(
        cls,
        /,
        name: str,
        *,
        tick: Any,
        lot: Any,
        kind: str = "spot",
        base: str | None = None,
        quote: str | None = None,
        min_notional: Any | None = None,
        multiplier: Any | None = None,
        min_price: Any | None = None,
        max_price: Any | None = None,
        band: Any | None = None,
        min_quantity: Any | None = None,
        max_quantity: Any | None = None,
        market_max_quantity: Any | None = None,
        max_notional: Any | None = None,
        max_orders: Any | None = None,
        max_position: Any | None = None,
        rules: SupportsGetItem[int, tuple[Any, dict]] | None = None,
    ) -> Instrument: ...
    def __repr__(self, /) -> str: ...
    @property
    def base(self, /) -> str:
        """
        Asset that is bought and sold.
        """
    @property
    def inferred(self, /) -> bool:
        """
        True if tick and lot were read off data.
        """
    @property
    def kind(self, /) -> str:
        """
        "spot", "perpetual", "future" or "option".
        """
    @property
    def limits(self, /) -> dict:
        """
        The further rules from the start, by name; `band` is a pair (up, down).
        """
    @property
    def lot(self, /) -> Decimal:
        """
        Smallest step of a quantity, in base or contracts.
        """
    @property
    def min_notional(self, /) -> Decimal:
        """
        Smallest price × quantity of an order, in quote.
        """
    @property
    def multiplier(self, /) -> Decimal:
        """
        Base units in one contract.
        """
    @property
    def name(self, /) -> str:
        """
        Name within a run.
        """
    @property
    def quote(self, /) -> str:
        """
        Asset that prices are in; "" if not known.
        """
    def round_price(self, /, price: Any, how: str = "down") -> Decimal:
        """
        `price` moved to a tick: "down", "up" or "nearest" (half to even).
        """
    def round_quantity(self, /, quantity: Any, how: str = "down") -> Decimal:
        """
        `quantity` moved to a lot: "down", "up" or "nearest" (half to even).
        """
    @property
    def rules(self, /) -> list:
        """
        Rows of (ns since 1970 UTC, rules by name): what changes from then on.
        """
    @property
    def tick(self, /) -> Decimal:
        """
        Smallest step of a price, in quote.
        """

@final
class InstrumentFilter:
    """
    Which instruments a command is about: `none()` for all of them, those of some `exchanges`, some
    `instruments`, or those of some `underlyings`, which are pairs (base, quote) of assets. All are
    indices.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple: ...
    def __repr__(self, /) -> str: ...
    @staticmethod
    def exchanges(exchanges: Any) -> InstrumentFilter:
        """
        The instruments of these exchanges.
        """
    @staticmethod
    def instruments(instruments: Any) -> InstrumentFilter:
        """
        These instruments.
        """
    @property
    def kind(self, /) -> str:
        """
        "none", "exchanges", "instruments" or "underlyings".
        """
    def matches(
        self,
        /,
        *,
        exchange: Any | None = None,
        instrument: Any | None = None,
        underlying: Any | None = None,
    ) -> bool:
        """
        Whether it lets through an instrument of which this is known: its `exchange`, its own index
        `instrument`, its `underlying`, a pair (base, quote) of assets.

        Raises `OrderError` if what it asks for is not given.
        """
    @staticmethod
    def none() -> InstrumentFilter:
        """
        All instruments.
        """
    @staticmethod
    def underlyings(underlyings: Any) -> InstrumentFilter:
        """
        The instruments of these pairs (base, quote) of assets.
        """
    @property
    def values(self, /) -> tuple:
        """
        What it lists: indices, or pairs of them; nothing for `none()`.
        """

@final
class Latency:
    """
    How long messages take between us and the venue; frozen, and equal if all delays are.

    * `new` - a new order to the venue.
    * `amend`, `cancel` - a change of an order, or a cancel, to the venue; as `new` if left out.
    * `back` - an answer back; as `new` if left out.

    Each is one of

    * a span >= 0 such as "20ms", a `timedelta` or int ns: always as long;
    * "uniform 1ms 3ms": any ns from the first to the second is as likely;
    * "lognormal 2ms 0.5": half of the messages take less than 2 ms, the logarithm has the deviation
      0.5 (dimensionless, 0 to 10);
    * a table (a mapping of columns, a frame, a path-like) of requests as they were measured, a row
      each in the order of sending: `sent`, `at_venue`, `back`, in ns since 1970 UTC or as times
      with a zone. A delay to the venue is interpolated by the time of sending, one back by the time
      at the venue, outside the rows it is that of the first or last. `at_venue` 0 is a request that
      the venue never got: every request sent from then on until the next row is rejected
      ("refused"), which we learn after its round trip.

    No message overtakes another one that goes the same way. Draws come from the `seed` of
    `backtest`.

    Raises `ConfigError` for a delay out of range or a table out of order.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs_ex__(self, /) -> tuple[tuple, dict]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(
        cls,
        /,
        new: Any,
        *,
        amend: Any | None = None,
        cancel: Any | None = None,
        back: Any | None = None,
    ) -> Latency: ...
    def __repr__(self, /) -> str: ...
    @property
    def amend(self, /) -> Any:
        """
        Delay of a change of an order.
        """
    @property
    def back(self, /) -> Any:
        """
        Delay of an answer.
        """
    @property
    def cancel(self, /) -> Any:
        """
        Delay of a cancel.
        """
    @property
    def new(self, /) -> Any:
        """
        Delay of a new order: text as it may be given, or a mapping of columns.
        """

@final
class LoadReport:
    """
    What loading found: one part for each source.
    """
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def _repr_html_(self, /) -> Any: ...
    @property
    def findings(self, /) -> list[Finding]:
        """
        What is odd or worth knowing, over all sources.
        """
    def to_dict(self, /) -> dict:
        """
        Plain values: `rows`, `memory_bytes` and `sources`, one `dict` for each.
        """

@final
class MarketData:
    """
    Market data: checked once, read-only, shared by any number of runs. `+` joins.
    """
    def __add__(self, other: object, /) -> MarketData: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> Any: ...
    @property
    def end(self, /) -> int:
        """
        Venue time of the last row, in ns since 1970 UTC; for candles the end of its span.
        """
    @property
    def instruments(self, /) -> list[Instrument]:
        """
        The instruments, in the order in which they were loaded.
        """
    @property
    def report(self, /) -> LoadReport:
        """
        What loading found.
        """
    @property
    def start(self, /) -> int:
        """
        Venue time of the first row, in ns since 1970 UTC; for candles the start of its span.
        """

@final
class MarketDataInMemory:
    """
    Market data in the order in which they came, with the notices of lost connections: read once,
    for any number of runs, which share them.

    `events` is an iterable of `EngineEvent` (market data and `market_reconnecting`) or
    `data.MarketEvent`. Its members are made when they are asked for; equal if all events are.

    Raises `DataError` that names the event which is none of these, or that there is none.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __getitem__(self, index: SupportsIndex, /) -> EngineEvent: ...
    def __getnewargs__(self, /) -> tuple[list[EngineEvent]]: ...
    def __iter__(self, /) -> MarketEvents: ...
    def __len__(self, /) -> int: ...
    def __new__(cls, /, events: Any) -> MarketDataInMemory: ...
    def __repr__(self, /) -> str: ...
    @property
    def errors(self, /) -> int:
        """
        Errors of the stream that was recorded, which are left out.
        """
    @property
    def events(self, /) -> list[EngineEvent]:
        """
        All of it as a list of `EngineEvent`, made anew each time.
        """
    @staticmethod
    def from_json(text: str) -> MarketDataInMemory:
        """
        Reads such text.
        """
    @staticmethod
    def from_json_file(path: str | PathLike[str]) -> MarketDataInMemory:
        """
        Reads a file of Barter's JSON: an array of records, or one a line.

        Raises `DataError` that names file, record and field, `MissingFileError` for a file that is
        not there.
        """
    @property
    def time_first_event(self, /) -> Any | None:
        """
        When the first event happened at its exchange, as an aware `datetime` to the microsecond.
        """
    @property
    def time_first_event_ns(self, /) -> int | None:
        """
        The same in ns since 1970 UTC.
        """

@final
class MarketEvents:
    """
    The events of market data, one after the other.
    """
    def __iter__(self, /) -> MarketEvents: ...
    def __next__(self, /) -> EngineEvent: ...

@final
class Order:
    """
    An order as far as messages told, at the time it was asked for.
    """
    def __repr__(self, /) -> str: ...
    @property
    def average_price(self, /) -> float | None:
        """
        Average price of its fills; `None` before the first.
        """
    @property
    def created(self, /) -> int:
        """
        When it was made, ns since 1970 UTC.
        """
    @property
    def expire(self, /) -> int | None:
        """
        When it ends by itself, ns since 1970 UTC; `None` if it does not.
        """
    @property
    def filled(self, /) -> float:
        """
        How much of it is filled.
        """
    @property
    def id(self, /) -> int:
        """
        Its number within the run, from 1.
        """
    @property
    def instrument(self, /) -> Instrument:
        """
        What is traded.
        """
    @property
    def is_amending(self, /) -> bool:
        """
        True if new terms are on their way.
        """
    @property
    def is_cancelling(self, /) -> bool:
        """
        True if a cancel is on its way.
        """
    @property
    def is_working(self, /) -> bool:
        """
        True until it is known to have ended.
        """
    @property
    def kind(self, /) -> Any:
        """
        "market", "limit", or how it waits for its trigger.
        """
    @property
    def leaves(self, /) -> float:
        """
        How much of it is not filled.
        """
    @property
    def limit(self, /) -> float | None:
        """
        Limit price; `None` for a market order.
        """
    @property
    def post_only(self, /) -> bool:
        """
        True if it is refused rather than taking.
        """
    @property
    def quantity(self, /) -> float:
        """
        How much was asked for; what a reduce-only order or an amendment left of that.
        """
    @property
    def reason(self, /) -> str | None:
        """
        Why it was denied, rejected or cancelled; `None` otherwise.
        """
    @property
    def reduce_only(self, /) -> bool:
        """
        True if it may only make a position smaller.
        """
    @property
    def side(self, /) -> Any:
        """
        Which way.
        """
    @property
    def status(self, /) -> Any:
        """
        Where it stands.
        """
    @property
    def time_in_force(self, /) -> Any:
        """
        How long it lives.
        """
    @property
    def trigger(self, /) -> float | None:
        """
        The price that it waits for, or waited for; `None` if there is none.
        """

@final
class OrderKey:
    """
    Which order: `exchange` and `instrument` are indices, `strategy` is whose it is, `cid` our own
    name for it; without one it gets one that no other order has.

    Raises `OrderError` for an index out of range and for an empty name.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int, str, str]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(
        cls, /, exchange: Any, instrument: Any, strategy: Any, cid: Any | None = None
    ) -> OrderKey: ...
    def __repr__(self, /) -> str: ...
    @property
    def cid(self, /) -> str:
        """
        Our own name for it.
        """
    @property
    def client_order_id(self, /) -> str:
        """
        Our own name for it.
        """
    @property
    def exchange(self, /) -> int:
        """
        Index of the exchange.
        """
    @staticmethod
    def from_indices(
        exchange: Any,
        instrument: Any,
        strategy: Any,
        cid: Any | None = None,
        client_order_id: Any | None = None,
    ) -> OrderKey:
        """
        As the constructor; `client_order_id` is another word for `cid`.
        """
    @property
    def instrument(self, /) -> int:
        """
        Index of the instrument.
        """
    @property
    def strategy(self, /) -> str:
        """
        Whose order it is.
        """
    @property
    def strategy_id(self, /) -> str:
        """
        Whose order it is.
        """

@final
class OrderRequestCancel:
    """
    A request to cancel an order: `key` says which, `order_id` is the exchange's name for it, if it
    is known.

    Raises `OrderError` for an empty name or a wrong type.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[OrderKey, str | None]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, key: Any, order_id: Any | None = None) -> OrderRequestCancel: ...
    def __repr__(self, /) -> str: ...
    @property
    def has_order_id(self, /) -> bool:
        """
        True if the exchange's name for it is known.
        """
    @property
    def key(self, /) -> OrderKey:
        """
        Which order.
        """
    @property
    def order_id(self, /) -> str | None:
        """
        The exchange's name for it; `None` if it is not known.
        """

@final
class OrderRequestOpen:
    """
    A request to open an order.

    * `key` - which order.
    * `side` - "buy" or "sell".
    * `price` - limit price, > 0; of a market order what its sender reckons with, or `None`.
    * `quantity` - > 0.
    * `kind` - "limit" or "market".
    * `time_in_force` - "good_until_cancelled" (or "gtc"), "immediate_or_cancel" ("ioc"),
      "fill_or_kill" ("fok"), "good_until_end_of_day".
    * `post_only` - refused rather than taking; only if good until cancelled.

    Raises `OrderError` for what is out of range or of a wrong type.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(
        cls,
        /,
        key: Any,
        side: Any,
        price: Any | None,
        quantity: Any,
        kind: Any | None = None,
        time_in_force: Any | None = None,
        post_only: Any | None = None,
    ) -> OrderRequestOpen: ...
    def __repr__(self, /) -> str: ...
    @property
    def key(self, /) -> OrderKey:
        """
        Which order.
        """
    @property
    def kind(self, /) -> Any:
        """
        "market" or "limit".
        """
    @property
    def post_only(self, /) -> bool:
        """
        True if it is refused rather than taking.
        """
    @property
    def price(self, /) -> Decimal:
        """
        Limit price; of a market order what its sender reckons with, or 0.
        """
    @property
    def quantity(self, /) -> Decimal:
        """
        How much is asked for.
        """
    @property
    def side(self, /) -> Any:
        """
        Which way.
        """
    @property
    def time_in_force(self, /) -> str:
        """
        How long it lives, in Barter's words, such as "good_until_cancelled".
        """

@final
class OrderStory:
    """
    What happened to an order, and why nothing else did. Prints as lines and draws itself in a
    notebook; `table` holds the same.
    """
    def __arrow_c_stream__(self, /, requested_schema: CapsuleType | None = None) -> Any: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def _lines(self, /) -> list[tuple[str, str, str]]:
        """
        The lines as they are shown: (time, event, sentence).
        """
    def _repr_html_(self, /) -> str: ...
    @property
    def heading(self, /) -> str:
        """
        The order in words.
        """
    @property
    def left_out(self, /) -> int:
        """
        Lines that there was no room for.
        """
    @property
    def table(self, /) -> Table:
        """
        The lines: `time`, `until` (when the last of several alike was), `count`, `event`, `reason`
        (a code, or null), `filled` (exact, or null) and `text`.
        """

@final
class PathSensitivity:
    """
    Profits under every path within candles. Prints as a sentence or two.
    """
    def __repr__(self, /) -> str: ...
    @property
    def ambiguous(self, /) -> int:
        """
        Candles that leave open which of two orders came first, in the run as it was.
        """
    @property
    def currency(self, /) -> str:
        """
        What profits are in.
        """
    @property
    def profits(self, /) -> dict:
        """
        Profit (end less start equity, exact) by path: "adverse", "nearer", "high_first" and
        "low_first"; `None` where equity is unknown. Empty if nothing was matched on candles.
        """
    @property
    def range(self, /) -> tuple[Decimal, Decimal] | None:
        """
        The least and the greatest profit; `None` if there are none or one is unknown.
        """
    @property
    def straddles_zero(self, /) -> bool:
        """
        True if one path makes a profit and another one a loss: the data do not decide.
        """

@final
class Picture:
    """
    A run between two moments as pictures need it; what draws results asks it, and nobody else.
    """
    def costs(self, /) -> list[dict]:
        """
        Rows of `costs`.
        """
    @property
    def coverage(self, /) -> tuple[int, int] | None:
        """
        How many candles were replayed, and how many there would be without gaps; `None` for data
        of other kinds.
        """
    def curves(self, /, points: SupportsIndex) -> dict:
        """
        "equity", "drawdown", "benchmark", "benchmark_drawdown" and "exposure", each a line with at
        most `points` points: `time` (int64 ns since 1970 UTC) and `value`.
        """
    def drawdowns(self, /, count: SupportsIndex) -> tuple[list[dict], int]:
        """
        The `count` deepest rows of `drawdowns`, and how many there are.
        """
    def fills(self, /, instrument: SupportsIndex, points: SupportsIndex) -> dict:
        """
        Fills of the instrument of this number: `time`, `price`, `quantity`, `bought`, `order`, at
        most `points` of the `total`.
        """
    def months(self, /) -> tuple[list[dict], list[dict]]:
        """
        Returns by month, and by year: rows of `monthly`, and `year`, `return`, `benchmark`.
        """
    def orders(self, /) -> list[dict]:
        """
        Orders by `status` and `reason`, with their `count`.
        """
    def prices(self, /, instrument: SupportsIndex, points: SupportsIndex) -> dict:
        """
        The price of the instrument of this number: `time`, `open`, `high`, `low`, `close` and the
        `span` of a bar in ns, or a line, at most `points` of them.
        """
    def trades(self, /, each: SupportsIndex) -> tuple[list[dict], list[dict], int]:
        """
        Rows of `positions`: the first and last `each`, the best and the worst `each` of those that
        were closed, and how many there are.
        """

@final
class Position:
    """
    What is held of an instrument, as far as fills were reported. Numbers are floats.
    """
    def __repr__(self, /) -> str: ...
    @property
    def average_price(self, /) -> float | None:
        """
        Average price of what is held; `None` if flat.
        """
    @property
    def instrument(self, /) -> Instrument:
        """
        What is held.
        """
    @property
    def is_flat(self, /) -> bool:
        """
        True if nothing is held.
        """
    @property
    def quantity(self, /) -> float:
        """
        Signed quantity: negative for a short.
        """
    @property
    def realised(self, /) -> float:
        """
        Profit of what was closed, before fees.
        """
    @property
    def unrealised(self, /) -> float | None:
        """
        Profit that closing at the mark would bring, before fees; `None` without a price.
        """

@final
class Quote:
    """
    Best bid and ask at one time.
    """
    def __repr__(self, /) -> str: ...
    @property
    def ask(self, /) -> float:
        """
        Best ask.
        """
    @property
    def ask_quantity(self, /) -> float:
        """
        Quantity at the best ask; 0 if that side is empty.
        """
    @property
    def bid(self, /) -> float:
        """
        Best bid.
        """
    @property
    def bid_quantity(self, /) -> float:
        """
        Quantity at the best bid; 0 if that side is empty.
        """
    @property
    def instrument(self, /) -> Instrument:
        """
        Whose quote.
        """
    @property
    def mid(self, /) -> float:
        """
        Middle of bid and ask.
        """
    @property
    def time(self, /) -> int:
        """
        When the venue showed it, ns since 1970 UTC.
        """

@final
class SimulatedExchange:
    """
    How the exchange of a backtest behaves. Defaults are conservative; `result.assumptions` names
    them.

    * `account` - "cash" (assets change hands, no shorts) or "linear" (signed positions on margin,
      settled in quote); by default by the kind of the instruments.
    * `fees` - a rate such as "0.1%" or 0.001, a pair (maker, taker), or `Fees` for amounts, tiers
      and fees in another asset; a negative rate is a rebate.
    * `latency` - a span such as "20ms" or another delay of `Latency` each way, or a pair (to the
      exchange, back), or a `Latency`.
    * `queue` - who stands before a resting order, and how a level shrinks without trades.
      "auto": what the data can prove, "l3" where they show single orders, else "trades_only"; "l3":
      the recorded orders that came before ours, until they are filled or leave;
      "trades_only": behind all that is displayed, every cancel is behind us; "front": first,
      optimistic; "power 2" (1 to 10) or "log": a share f(behind) / (f(behind) + f(ahead)) of a
      cancel is behind us, f(x) = x^2 or ln(1 + x); "power_total 2", "log_total":
      f(behind) / f(behind + ahead); "power_front 2", "log_front":
      1 - f(ahead / (behind + ahead)) / f(1); "touch 0.3": no queue, a touch of the price fills
      with this probability, optimistic.
    * `path` - within a candle "adverse", "nearer", "high_first" or "low_first".
    * `touch` - "pass": a resting order fills when trades or candles pass its price; "fill": when
      they touch it, optimistic.
    * `leverage` - notional per unit of equity on a linear account, 1 (the default) to 500.
    * `max_slippage` - a market order takes up to its best price × (1 ± this), 0 to 100 %.
    * `self_trade` - when an order meets one of our own: "expire_taker" (the rest of the arriving
      one is cancelled), "expire_maker", "expire_both", "decrement" (both lose what they have in
      common) or "none" (they trade).
    * `allow_immediate` - a stop whose trigger is met on arrival fires (True) or is rejected
      (False); by default it fires on candles only.
    * `slippage` - how much worse than the candle's or trade's price a taker gets: ticks (an int) or
      basis points of the price ("5bp"), but never beyond the order's limit; depth and quotes show
      what there is, so there is none.
    * `participation` - share of a candle point's volume that orders get, and of a trade's that
      takers get, in whole lots: "10%" or 0.1; > 0, <= 1.
    * `half_spread` - ticks between the last trade and what a taker pays where only trades show the
      market, 1 by default; 0 is optimistic.
    * `gap_improvement` - a resting order that a candle's open has passed fills at the open instead
      of its limit, as in an opening auction; optimistic elsewhere.
    * `bar_fill` - an order sent on a candle's close fills at the "next_open", or at "this_close"
      (without latency), optimistic.

    Raises `ConfigError` for a value out of range.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(
        cls,
        /,
        *,
        account: str | None = None,
        fees: Any | None = None,
        latency: Any | None = None,
        queue: str = "auto",
        path: str = "adverse",
        touch: str = "pass",
        leverage: Any | None = None,
        max_slippage: Any | None = None,
        self_trade: str = "expire_taker",
        allow_immediate: bool | None = None,
        slippage: Any | None = None,
        participation: Any | None = None,
        half_spread: Any | None = None,
        gap_improvement: bool = False,
        bar_fill: str = "next_open",
    ) -> SimulatedExchange: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> str | None:
        """
        "cash" or "linear"; `None` for what fits the instruments.
        """
    @property
    def fees(self, /) -> Fees:
        """
        What is charged.
        """
    @property
    def latency(self, /) -> Latency:
        """
        How long messages take.
        """
    @property
    def path(self, /) -> str:
        """
        Path within a candle.
        """
    @property
    def queue(self, /) -> str:
        """
        Queue model, as it may be given.
        """

@final
class SnapUpdates:
    """
    What `SystemHandle.take_audit` gives: the state before the first line, and the lines.
    """
    def __repr__(self, /) -> str: ...
    def replica(self, /) -> EngineReplica:
        """
        A replica that starts from the snapshot.
        """
    @property
    def snapshot(self, /) -> EngineState:
        """
        The state before the first line.
        """
    @property
    def updates(self, /) -> AuditUpdates:
        """
        The lines.
        """

@final
class SystemConfig:
    """
    What a system is made of: instruments, mocked exchanges, risk limits. Reads and writes Barter's
    JSON.

    * `instruments` - a list of dicts as Barter's JSON has them: `exchange`, `name_exchange`,
      `underlying` (`base`, `quote`), `kind` ("spot", or a dict such as {"perpetual":
      {"contract_size": 1, "settlement_asset": "usdt"}}), perhaps `quote` and `spec`.
    * `executions` - `MockExecutionConfig` objects, or dicts.
    * `risk` - {"global": limits, "instruments": [{"index": 0, "limits": limits}]}; limits have
      max_position_notional, max_position_quantity, max_leverage and max_exposure_percent.
    * `risk_free_return` - per year, for summaries that are not told another one.

    Decimals may be numbers or text, times text with a zone or aware `datetime`. Whatever is not
    known, stands twice or is a list in the place of a dict is refused. The index of risk limits is
    the place in `instruments`; the indices of messages are those of `IndexedInstruments`.
    Raises `ConfigError` that names the field.
    """
    def __eq__(self, other: object, /) -> bool:
        """
        Equal if the systems are: how a file nests them does not count.
        """
    def __new__(
        cls,
        /,
        instruments: Any,
        executions: Any | None = None,
        *,
        risk: Any | None = None,
        risk_free_return: Any | None = None,
    ) -> SystemConfig: ...
    def __reduce__(self, /) -> tuple: ...
    def __repr__(self, /) -> str: ...
    def add_execution(self, /, execution: Any) -> None:
        """
        Adds a mocked exchange: a `MockExecutionConfig` or a dict.

        Raises `ConfigError` if the exchange has one, or for a field out of range.
        """
    def clear_executions(self, /) -> None:
        """
        Takes all mocked exchanges out.
        """
    def executions(self, /) -> Any:
        """
        The mocked exchanges, `MockExecutionConfig` objects.
        """
    @staticmethod
    def from_dict(value: dict) -> SystemConfig:
        """
        Reads a dict of the same shape; numbers may be `Decimal`, times `datetime`.
        """
    @staticmethod
    def from_json(path: str | PathLike[str]) -> SystemConfig:
        """
        Reads a JSON file of Barter's, nested in "system" or not.

        Raises `ConfigError` that names file and field, `MissingFileError` (also
        `FileNotFoundError`) for a file that is not there.
        """
    @staticmethod
    def from_json_str(data: str) -> SystemConfig:
        """
        Reads JSON text.
        """
    @staticmethod
    def from_toml(path: str | PathLike[str]) -> SystemConfig:
        """
        Reads a TOML file of the same shape.
        """
    def get_instrument_risk_limits(self, /, index: Any) -> Any | None:
        """
        The limits of one instrument; `None` if it has none of its own.

        Raises `ConfigError` for an index that no instrument has.
        """
    @property
    def instruments(self, /) -> Any:
        """
        The instruments as dicts, in their order.
        """
    @property
    def risk_free_return(self, /) -> Decimal | None:
        """
        Rate per year that costs no risk; `None` if the configuration does not say.
        """
    def risk_limits(self, /) -> Any:
        """
        All risk limits: {"global": limits or `None`, "instruments": [{"index", "limits"}]}.
        """
    def set_global_risk_limits(self, /, limits: dict | None = None) -> None:
        """
        Sets the limits that hold for every instrument; `None` lifts them.

        Raises `ConfigError` for an unknown limit, or one that is not > 0.
        """
    def set_instrument_risk_limits(self, /, index: Any, limits: dict | None = None) -> None:
        """
        Sets the limits of one instrument, which hold beside the global ones; `None` lifts them.

        Raises `ConfigError` for an index that no instrument has.
        """
    def to_dict(self, /) -> Any:
        """
        The configuration as a dict of Barter's shape; decimals are text.
        """
    def to_json(self, /) -> str:
        """
        The configuration as JSON text on several lines.
        """
    def to_json_file(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the JSON text to a file.

        Raises `OSError` that names the file if it cannot be written.
        """

@final
class SystemHandle:
    """
    A running system. Usable from any thread; every wait lets other threads run, and Ctrl-C ends it.

    Use it as a context manager, which shuts the system down at its end, or call `shutdown`. The
    methods whose names end in `_async` give awaitables of what the others return. A hook may send,
    but what waits for the engine raises `StateError` in it: the hook is the engine at work.

    The engine is aborted once nobody holds the handle, and before the interpreter ends. While it
    runs it holds its strategy, and with that all that the strategy holds: a handle too.
    """
    def __aenter__(self, /) -> Any: ...
    def __aexit__(
        self, /, kind: Any | None = None, error: Any | None = None, trace: Any | None = None
    ) -> Any: ...
    def __enter__(self, /) -> SystemHandle: ...
    def __exit__(
        self, /, kind: Any | None = None, error: Any | None = None, trace: Any | None = None
    ) -> bool: ...
    def __repr__(self, /) -> str: ...
    def _begin(self, /, method: str, arguments: tuple) -> None:
        """
        Asks the engine to end, if the method of this name and with these arguments might be called.
        """
    def _forget(self, /, number: SupportsIndex) -> None:
        """
        Has a waker not called.
        """
    def _refuse(self, /, sent: SupportsIndex) -> None:
        """
        Raises that there is no room for more.
        """
    def _room(self, /) -> int:
        """
        How many inputs have room now.
        """
    def _try_feed(self, /, events: list, sent: SupportsIndex, room: bool) -> bool:
        """
        Sends events if they have room, or whatever room there is. False if they have none.
        """
    def _wake(self, /, wake: Any) -> int:
        """
        Has `wake` called when inputs have left the queue, or at the end, from whichever thread.
        """
    def abort(self, /) -> None:
        """
        Ends the system at once: what waits in the queue is not taken in, and no hook is called
        after the one that runs.
        """
    def cancel_orders(self, /, filter: InstrumentFilter | None = None) -> None:
        """
        Cancels all orders of the instruments that the filter lets through, of all without one.
        """
    def close_positions(self, /, filter: InstrumentFilter | None = None) -> None:
        """
        Closes the positions in the instruments that the filter lets through, in all without one.
        """
    def feed_events(self, /, events: Any, *, timeout: Any | None = None) -> int:
        """
        Sends events: an iterable of `EngineEvent`, a `MarketStream` (each as soon as it comes), or
        market data such as `candles` returns, for the clock "event" (a table must not begin before
        the clock). Waits while the queue is full, at most for `timeout` (seconds, a `timedelta`,
        text), and returns how many events were sent.

        Raises `StateError` if the system is not running or the queue stays full, with the number
        of those that were sent; nothing of a list is sent if one of its first 4096, or of each
        further 4096, is refused.
        """
    def feed_events_async(self, /, events: Any, *, timeout: Any | None = None) -> Any:
        """
        What `feed_events` does, as an awaitable. Cancelled it sends no more, and has taken nothing
        from a `MarketStream` that it did not send.
        """
    def is_running(self, /) -> bool:
        """
        True while the engine takes events in: until it is shut down, or fails.
        """
    @property
    def resumed_inputs(self, /) -> int:
        """
        How many inputs (rows of market data, commands, lost connections) the log had that the run
        was resumed from: they are not to be sent again.
        """
    def send_cancel_requests(self, /, requests: SupportsGetItem[int, OrderRequestCancel]) -> None:
        """
        Cancels orders: a list of `OrderRequestCancel`.
        """
    def send_event(self, /, event: EngineEvent) -> None:
        """
        Sends one `EngineEvent`; waits while the queue is full.

        Raises `StateError` if the system is not running, and whatever made it fail; `DataError` or
        `OrderError` for what the configuration does not have.
        """
    def send_open_requests(self, /, requests: SupportsGetItem[int, OrderRequestOpen]) -> None:
        """
        Opens orders: a list of `OrderRequestOpen`. What becomes of them is in `state()`.
        """
    def set_trading_enabled(self, /, enabled: bool) -> None:
        """
        Enables or disables trading: while it is disabled, orders that hooks send are denied.
        """
    def shutdown(self, /) -> None:
        """
        Ends the system after everything that was sent before, and waits for that.

        Raises `StateError` if it was ended before, and whatever made it fail.
        """
    def shutdown_async(self, /) -> Any:
        """
        What `shutdown` does, as an awaitable. Cancelled it goes on, and may be awaited again.
        """
    def shutdown_with_summary(
        self,
        /,
        risk_free_return: SupportsFloat | SupportsIndex | None = None,
        interval: Any | None = None,
    ) -> TradingSummary:
        """
        Ends the system and returns its `TradingSummary`.

        `risk_free_return` is per year, by default that of the configuration, else 0.05; `interval`
        as in `run_historic_backtest`: a wrong one is refused before anything ends.
        """
    def shutdown_with_summary_async(
        self,
        /,
        risk_free_return: SupportsFloat | SupportsIndex | None = None,
        interval: Any | None = None,
    ) -> Any:
        """
        What `shutdown_with_summary` does, as an awaitable. Cancelled before the system has ended it
        goes on, and may be awaited again.
        """
    def shutdown_with_summary_generator(
        self,
        /,
        risk_free_return: SupportsFloat | SupportsIndex | None = None,
        interval: Any | None = None,
    ) -> tuple[TradingSummary, TradingSummaryGenerator]:
        """
        Ends the system; returns its summary, and a `TradingSummaryGenerator` that can be told more.
        """
    def state(self, /) -> EngineState:
        """
        The state of the engine after everything that was sent before, at one moment. Of a system
        that has ended the last.
        """
    def state_async(self, /) -> Any:
        """
        What `state` does, as an awaitable.
        """
    def take_audit(self, /) -> SnapUpdates | None:
        """
        What the system does from its start on, as `SnapUpdates`; `None` if it keeps no audit or
        this was taken before.
        """

@final
class Table:
    """
    A table of results, read-only. Give it to polars, pandas, pyarrow or duckdb as it is.

    `len()` counts rows; `table["price"]` is one column as an Arrow array stream.
    """
    def __arrow_c_stream__(self, /, requested_schema: CapsuleType | None = None) -> Any: ...
    def __getitem__(self, column: str, /) -> Table: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    @property
    def columns(self, /) -> list[str]:
        """
        Names of the columns.
        """
    def to_pandas(self, /) -> Any:
        """
        As a `pandas.DataFrame`; exact numbers stay `Decimal`. Needs pandas and pyarrow.
        """
    def to_polars(self, /) -> Any:
        """
        As a `polars.DataFrame`. Needs polars.
        """

@final
class Timer:
    """
    A timer that is due.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def every(self, /) -> int:
        """
        Nanoseconds until it is due again; 0 for once.
        """
    @property
    def id(self, /) -> int:
        """
        Its number, as `set_timer` returned it.
        """
    @property
    def time(self, /) -> int:
        """
        When it is due, ns since 1970 UTC.
        """

@final
class Trade:
    """
    A public trade.
    """
    def __repr__(self, /) -> str: ...
    @property
    def instrument(self, /) -> Instrument:
        """
        Whose trade.
        """
    @property
    def price(self, /) -> float:
        """
        Price.
        """
    @property
    def quantity(self, /) -> float:
        """
        Quantity.
        """
    @property
    def side(self, /) -> Any | None:
        """
        Side of the aggressor, who crossed the spread; `None` if the data do not say.
        """
    @property
    def time(self, /) -> int:
        """
        When it happened at the venue, ns since 1970 UTC.
        """

@final
class TradingSummary:
    """
    The figures of a run. Money is exact (`Decimal`), ratios are floats, undefined is `None`.
    """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def ambiguous(self, /) -> int:
        """
        Candles that leave open which of two orders came first.
        """
    @property
    def assets(self, /) -> dict:
        """
        Tear sheets by asset: what there was of each.
        """
    @property
    def assumptions(self, /) -> list[Assumption]:
        """
        What the run took for granted; nothing for a summary that was made piece by piece.
        """
    @property
    def benchmark(self, /) -> str | None:
        """
        What the run is compared with, if anything.
        """
    @property
    def cagr(self, /) -> float | None:
        """
        Compound growth per year; `None` for less than 30 days.
        """
    @property
    def calmar(self, /) -> float | None:
        """
        Growth per year over the size of the deepest drawdown.
        """
    @property
    def cancelled(self, /) -> dict:
        """
        Cancelled and expired orders by reason.
        """
    @property
    def changes_refused(self, /) -> dict:
        """
        Amendments and cancels that the venue refused, by reason.
        """
    @property
    def costs(self, /) -> dict | None:
        """
        What trading cost in money of the currency, exact: `traded`, `fees`, `spread` (from the
        middle of the touch to the best price, < 0 if it was earned), `slippage` (from the best
        price to the one paid), `funding`; `None` without a price for what was paid.
        """
    @property
    def currency(self, /) -> str:
        """
        What figures are in.
        """
    @property
    def end(self, /) -> int:
        """
        Last moment, ns since 1970 UTC.
        """
    @property
    def end_equity(self, /) -> Decimal | None:
        """
        Equity at the end; positions are valued, not closed.
        """
    @property
    def events(self, /) -> int:
        """
        Events that the strategy's side took in.
        """
    @property
    def expectancy(self, /) -> float | None:
        """
        Mean result of a closed trade after fees.
        """
    def explain(self, /, name: str) -> Figure:
        """
        All that is known of a figure: value, standard error, number of observations, definition,
        inputs, and why it is undefined if it is.

        Raises `KeyError` for a name that there is not; `figures` lists them.
        """
    @property
    def exposure(self, /) -> float | None:
        """
        Share of the time with a position.
        """
    @property
    def fees(self, /) -> list[tuple[str, Decimal]]:
        """
        Fees paid less rebates, by asset.
        """
    @property
    def figures(self, /) -> Figures:
        """
        Every figure by name: `figures["sharpe"]`, `figures.explain("sharpe")`, `figures.table`.
        """
    @property
    def fills(self, /) -> int:
        """
        Fills.
        """
    @property
    def instruments(self, /) -> dict:
        """
        Tear sheets by instrument: what the closed trades of each made.
        """
    @property
    def max_drawdown(self, /) -> float | None:
        """
        Deepest fall from a peak, on the grid of the equity curve, <= 0.
        """
    @property
    def open_positions(self, /) -> int:
        """
        Positions open at the end.
        """
    @property
    def orders(self, /) -> int:
        """
        Orders made.
        """
    @property
    def periods_per_year(self, /) -> float:
        """
        Periods per year that figures are told by.
        """
    @property
    def portfolio(self, /) -> Any:
        """
        The tear sheet of the whole account.
        """
    @property
    def profit_factor(self, /) -> float | None:
        """
        What trades won over what trades lost.
        """
    @property
    def refused(self, /) -> dict:
        """
        Denied and rejected orders by reason.
        """
    @property
    def run(self, /) -> Backtest | None:
        """
        The run behind the figures: its tables, curves and pages. `None` for a summary that was made
        piece by piece.
        """
    @property
    def sharpe(self, /) -> float | None:
        """
        Sharpe ratio of a year; `explain("sharpe")` has its standard error.
        """
    @property
    def sortino(self, /) -> float | None:
        """
        Sortino ratio of a year.
        """
    @property
    def start(self, /) -> int:
        """
        First moment, ns since 1970 UTC.
        """
    @property
    def start_equity(self, /) -> Decimal | None:
        """
        Equity at the start.
        """
    @property
    def strategy(self, /) -> str:
        """
        The strategy as it prints itself.
        """
    @property
    def time_engine_end(self, /) -> Any:
        """
        Last moment, as an aware `datetime`.
        """
    @property
    def time_engine_start(self, /) -> Any:
        """
        First moment, as an aware `datetime`.
        """
    def to_dict(self, /) -> dict:
        """
        Everything by name, ready for JSON: money as text (exact), times as ISO 8601, figures as
        numbers. `errors` has the standard errors, `observations` from how many a figure was
        computed, `reasons` why one is undefined or in doubt, `told_by` the conventions.
        """
    def to_json(self, /) -> str:
        """
        All figures as JSON.
        """
    @property
    def total_return(self, /) -> float | None:
        """
        End over start equity, less one.
        """
    @property
    def trades(self, /) -> int:
        """
        Positions that were opened and closed again.
        """
    @property
    def volatility(self, /) -> float | None:
        """
        Deviation of returns, of a year.
        """
    @property
    def win_rate(self, /) -> float | None:
        """
        Share of the closed trades with a profit after fees.
        """
    @property
    def winners(self, /) -> int:
        """
        Of the trades, those with a profit after fees.
        """

@final
class TradingSummaryGenerator:
    """
    Makes a `TradingSummary` of what it is told piece by piece: points of equity, closed positions,
    balances. Figures can be asked for at any time and change nothing; told in pieces or all at once
    they are the same.

    * `currency` - what figures are in.
    * `risk_free_return` - per year, > -1.

    Raises `ConfigError` for a rate out of range.
    """
    def __new__(
        cls, /, *, currency: str = "USD", risk_free_return: SupportsFloat | SupportsIndex = 0.0
    ) -> TradingSummaryGenerator: ...
    def __repr__(self, /) -> str: ...
    def generate(
        self,
        /,
        interval: Any | None = None,
        *,
        periods_per_year: SupportsFloat | SupportsIndex | None = None,
    ) -> TradingSummary:
        """
        The figures so far. `interval` and `periods_per_year` as in `Backtest.summarise`.
        """
    @property
    def risk_free_return(self, /) -> float:
        """
        Rate per year that costs no risk.
        """
    @property
    def time_engine_now(self, /) -> int | None:
        """
        The last moment, ns since 1970 UTC.
        """
    @property
    def time_engine_start(self, /) -> int | None:
        """
        The first moment, ns since 1970 UTC; `None` before anything is known.
        """
    @property
    def trading_duration(self, /) -> timedelta:
        """
        From the first moment to the last.
        """
    def update_from_balance(
        self,
        /,
        asset: Any,
        total: Any | None = None,
        *,
        time: Any | None = None,
        free: SupportsFloat | SupportsIndex | None = None,
    ) -> None:
        """
        Notes what there is of an asset: its name, total and time; `free` is all of it if left out.
        Or an `execution.AssetBalance`, which has all of it; the index of that is known to a
        generator of a run.

        Raises `StateError` for a time before that of the asset's last balance, `ConfigError` for an
        index not known.
        """
    def update_from_equity(self, /, time: Any, equity: Any) -> None:
        """
        Notes what everything was worth: one point, or arrays of times and values. The first is the
        start.

        Raises `StateError` for a time that is not after the last one and for a value that is no
        number; then nothing of an array is noted.
        """
    def update_from_position(
        self,
        /,
        instrument: Any,
        pnl: Any | None = None,
        *,
        time_enter: Any | None = None,
        time_exit: Any | None = None,
    ) -> None:
        """
        Notes a position that was closed: the name of its instrument, what it made after fees, in
        money of the currency, and when; or an `execution.PositionExit`, which has all of it. The
        index of that is known to a generator of a run.

        Raises `StateError` if it ends before it begins, `ConfigError` for an index not known.
        """
    def update_time_now(self, /, time: Any) -> None:
        """
        Says what time it is.
        """

def adjusted_sharpe(
    returns: Any,
    *,
    periods_per_year: SupportsFloat | SupportsIndex,
    risk_free: SupportsFloat | SupportsIndex = 0.0,
) -> float | None:
    """
    The Sharpe ratio of a year that counts how returns follow one another. `returns` are simple
    returns by period, finite.

    `None` for less than 30 returns. Source: "The Statistics of Sharpe Ratios", Financial Analysts
    Journal 58(4), 2002.
    """

def alpha(
    returns: Any,
    benchmark: Any,
    *,
    periods_per_year: SupportsFloat | SupportsIndex,
    risk_free: SupportsFloat | SupportsIndex = 0.0,
    arithmetic: bool = False,
) -> float | None:
    """
    Return of a year that beta does not explain: `(1 + mean(r - rf - beta (b - rf)))^A - 1`, or with
    `arithmetic` that mean times A. `risk_free` is per year.
    """

def average_drawdown(returns: Any) -> float | None:
    """
    Mean depth of the drawdowns, each from a peak until it is reached again; `None` without one.
    `returns` are simple returns by period, finite.
    """

def average_loss(results: Any, *, even: SupportsFloat | SupportsIndex = 0.0) -> float | None:
    """
    Mean loss, < 0; `None` without one.

    `results` are those of closed trades, in money, after fees.
    """

def average_win(results: Any, *, even: SupportsFloat | SupportsIndex = 0.0) -> float | None:
    """
    Mean win; `None` without one.

    `results` are those of closed trades, in money, after fees.
    """

def backtest(
    data: Any,
    strategy: Any,
    *,
    cash: Any,
    params: Any | None = None,
    exchange: SimulatedExchange | None = None,
    start: Any | None = None,
    end: Any | None = None,
    seed: Any | None = None,
    equity_every: Any | None = None,
    progress: Any | None = None,
) -> Backtest:
    """
    Runs `strategy` over `data` on a simulated exchange and returns a `Backtest`.

    * `data` - `MarketData`, or several of them.
    * `strategy` - a subclass of `Strategy`, made with `params`, or an instance of one. What runs
      the strategy again (`path_sensitivity`) needs the class.
    * `cash` - start balance: "10_000 usdt", a number (in the instruments' quote asset), or a
      mapping of asset to amount, whose first asset is the currency of the figures.
    * `params` - parameters of a strategy that is given as a class, by name.
    * `exchange` - a `SimulatedExchange`; its defaults if left out.
    * `start`, `end` - the part of the data to replay, `end` excluded: text with a zone, an aware
      `datetime`, `datetime64` or int ns.
    * `seed` - of everything that depends on chance, 0 (the default) to 2^64 - 1; the draws of one
      instrument and model depend on nothing else.
    * `equity_every` - span of the grid of the equity curve; by default that of the candles, else a
      minute.
    * `progress` - called with (rows done, rows in all) some times a second at most.

    Raises `ConfigError` for settings out of range, and whatever a hook of the strategy raises.
    Ctrl-C raises `KeyboardInterrupt`, and events that cause events at one time without end raise
    `EventStormError`; the `result` of both is the run so far.
    """

def backtests(
    constant: BacktestArgsConstant,
    dynamic: SupportsGetItem[int, BacktestArgsDynamic],
    threads: Any | None = None,
) -> list[TradingSummary]:
    """
    Runs backtests; what `run_backtests` is made of. Returns their summaries in the given order.
    """

def best(returns: Any) -> float | None:
    """
    Greatest return. `returns` are simple returns by period, finite.
    """

def beta(returns: Any, benchmark: Any) -> float | None:
    """
    Covariance with the benchmark over its variance; `None` if that is 0. `benchmark` has a return
    for each of `returns`.
    """

def cagr(
    returns: Any,
    *,
    periods_per_year: SupportsFloat | SupportsIndex | None = None,
    years: SupportsFloat | SupportsIndex | None = None,
    short: bool = False,
) -> float | None:
    """
    Compound growth per year, `(1 + total)^(1 / years) - 1`. `returns` are simple returns by period,
    finite.

    Give the `years` that the series lasted, or `periods_per_year` to count its periods. `None` for
    less than two returns, after ruin, and below 30 days of history unless `short`.
    """

def calmar(
    returns: Any,
    *,
    periods_per_year: SupportsFloat | SupportsIndex | None = None,
    years: SupportsFloat | SupportsIndex | None = None,
    short: bool = False,
) -> float | None:
    """
    Growth per year over the size of the deepest drawdown. `returns` are simple returns by period,
    finite.

    Years as in `cagr`. `None` without a drawdown.
    """

def candles(
    data: Any,
    *,
    instrument: Any | None = None,
    columns: Any | None = None,
    unit: str | None = None,
    tz: str | None = None,
    stamp: str | None = None,
    every: Any | None = None,
    feed_latency: Any | None = None,
    shift_received: Any | None = None,
    volume_unit: str = "base",
    sort: bool = False,
) -> MarketData:
    """
    Loads candles.

    * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
      interface (polars, pandas,
      pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
      instruments to any of these.
    * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
      the data.
    * `columns` - meaning to name, such as `{"time": "my column"}`, for what is not found by its
      usual name.
    * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
    * `tz` - zone of times that do not say theirs, such as "UTC".
    * `stamp` - "open" or "close", what the times mark; if not known they are taken for the
      open, which cannot look ahead.
    * `every` - length of a candle, such as "1m"; the most common difference of times if not given.
    * `volume_unit` - "base", "quote" (divided by the close) or "contracts".
    * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
    * `shift_received` - added to all receive times, to correct a recorder's clock.
    * `sort` - whether rows out of order are sorted; else they are an error.

    Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
    a keyword.
    """

def correlation(returns: Any, benchmark: Any) -> float | None:
    """
    Correlation with the benchmark, -1 to 1. `benchmark` has a return for each of `returns`.
    """

def deflated_sharpe(
    returns: Any,
    *,
    trials: SupportsFloat | SupportsIndex,
    trial_variance: SupportsFloat | SupportsIndex,
) -> float | None:
    """
    Probability that the true Sharpe ratio is above what the best of `trials` without skill would
    have shown. `returns` are simple returns by period, finite.

    `trial_variance` is that of the Sharpe ratios per period of all trials. It is honest only if
    every trial was counted. Source: "The Deflated Sharpe Ratio", Journal of Portfolio Management
    40(5), 2014.
    """

def depth(
    data: Any,
    *,
    instrument: Any | None = None,
    columns: Any | None = None,
    unit: str | None = None,
    tz: str | None = None,
    feed_latency: Any | None = None,
    shift_received: Any | None = None,
    sort: bool = False,
    book: str = "snapshot",
) -> MarketData:
    """
    Loads changes of the levels of an order book.

    * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
      interface (polars, pandas,
      pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
      instruments to any of these.
    * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
      the data.
    * `columns` - meaning to name, such as `{"time": "my column"}`, for what is not found by its
      usual name.
    * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
    * `tz` - zone of times that do not say theirs, such as "UTC".
    * `book` - "snapshot" if the rows start with one (a column "snapshot" marks it), "build" if
      they build an empty book.
    * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
    * `shift_received` - added to all receive times, to correct a recorder's clock.
    * `sort` - whether rows out of order are sorted; else they are an error.

    Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
    a keyword.
    """

def drawdowns(equity: Any, times: Any | None = None) -> Table:
    """
    Every drawdown of an equity curve: a table of `peak`, `trough` and `recovery` (missing while it
    is open), their indices (`peak_at` ...), `depth`, `fall` (peak to trough) and `length` (peak to
    recovery or end).

    `times` are timestamps or int ns, rising; without them times are seconds from 0.
    """

def expectancy(results: Any) -> float | None:
    """
    Mean result.

    `results` are those of closed trades, in money, after fees.
    """

def expected_best(
    *, trials: SupportsFloat | SupportsIndex, trial_variance: SupportsFloat | SupportsIndex
) -> float:
    """
    The best Sharpe ratio per period that is to be expected of `trials` without any skill, whose
    ratios per period have the variance `trial_variance`; 0 for one trial.

    Raises `ConfigError` for trials outside 1 to 1e18 and a negative variance.
    """

def expected_shortfall(
    returns: Any, *, level: SupportsFloat | SupportsIndex = 0.05
) -> float | None:
    """
    Mean loss of the worst `ceil(level * n)` periods, > 0 for a loss. `returns` are simple returns
    by period, finite.
    """

def falls(equity: Any) -> Any:
    """
    The fall of an equity curve from its peak at each value, a fraction <= 0, as an array.
    """

def field_count(what: str, value: Any) -> int:
    """
    A count of a message, below 2^64. Raises `DataError`.
    """

def field_index(what: str, value: Any) -> int:
    """
    An index of a message. Raises `DataError`.
    """

def field_number(what: str, value: Any) -> Decimal:
    """
    A number of a message, as everywhere. Raises `DataError` for what is none.
    """

def field_time(what: str, value: Any) -> int:
    """
    A time of a message in ns since 1970 UTC, from all that times may be. Raises `DataError`.
    """

def figures(
    returns: Any,
    *,
    periods_per_year: SupportsFloat | SupportsIndex,
    benchmark: Any | None = None,
    risk_free: SupportsFloat | SupportsIndex = 0.0,
    target: SupportsFloat | SupportsIndex = 0.0,
    years: SupportsFloat | SupportsIndex | None = None,
    trials: SupportsFloat | SupportsIndex | None = None,
    trial_variance: SupportsFloat | SupportsIndex | None = None,
) -> Figures:
    """
    All figures of a series at once. `returns` are simple returns by period, finite.

    * `periods_per_year` - > 0: 365 for days of a market that never closes, 252 for sessions.
    * `benchmark` - returns of the same periods.
    * `risk_free`, `target` - per year.
    * `years` - how long the series lasted; by default as its periods say.
    * `trials`, `trial_variance` - how many trials it is the best of, and the variance of their
      Sharpe ratios per period, for the deflated ratio.

    Raises `DataError` for a value that is not finite or a benchmark of another length,
    `ConfigError` for a setting out of range.
    """

def information_ratio(
    returns: Any, benchmark: Any, *, periods_per_year: SupportsFloat | SupportsIndex
) -> float | None:
    """
    Mean over sample deviation of what was earned above the benchmark, of a year.
    """

def kurtosis(returns: Any, *, adjusted: bool = False) -> float | None:
    """
    Fourth standardised moment of the population less 3, `m4 / m2^2 - 3`; `adjusted` corrects for a
    small sample. `returns` are simple returns by period, finite.

    `None` for less than four returns, without dispersion, after ruin.
    """

def log_from(name: str, level: SupportsIndex) -> None:
    """
    The least level that a logger wants, from now on.
    """

def log_nothing() -> None:
    """
    Ends all records, before the interpreter ends: a thread that waited for it then would wait
    forever. What is being handed over is waited for, some seconds at most.
    """

def log_to(loggers: SupportsGetItem[int, Any]) -> None:
    """
    Sends the core's records to these loggers: that of the package, then those of its rooms. None is
    wanted before `log_from` says so.
    """

def longest_drawdown(returns: Any) -> float | None:
    """
    Longest time from a peak until it was reached again, or to the end, in periods.
    `returns` are simple returns by period, finite.
    """

def market_by_order(
    data: Any,
    *,
    instrument: Any | None = None,
    columns: Any | None = None,
    unit: str | None = None,
    tz: str | None = None,
    feed_latency: Any | None = None,
    shift_received: Any | None = None,
    sort: bool = False,
    fills: str = "reduce",
) -> MarketData:
    """
    Loads what befell each single order of a book: market by order, the finest data of a market.

    * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
      interface (polars, pandas,
      pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
      instruments to any of these. Columns: time (or received), action, order_id, side, price,
      quantity.
    * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
      the data.
    * `columns` - meaning to name, such as `{"order_id": "my column"}`, for what is not found by its
      usual name.
    * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
    * `tz` - zone of times that do not say theirs, such as "UTC".
    * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
    * `shift_received` - added to all receive times, to correct a recorder's clock.
    * `sort` - whether rows out of order are sorted; else they are an error.
    * `fills` - "reduce": a fill takes its quantity off the order; "report": it only tells of the
      trade, and the cancel or modify that follows takes it off, as in feeds that send a trade, its
      fills and their cancels. A trade and the fills that it is made of then count once.

    Actions, by name or by letter, in any case (or as the integers 10, 11, 12, 13, 2, 3):

    * "add" (A) - an order takes its place at the back of its price.
    * "cancel" (C) - `quantity` leaves the order; 0 or nothing stands for all that it has left.
    * "modify" (M) - a new price and open quantity: less at the same price keeps the place,
      everything else goes to the back.
    * "fill" (F) - `quantity` of the order traded and leaves it; `side` is that of the order.
    * "trade" (T) - a trade that no order of the book made, with the aggressor's `side`.
    * "clear" (R) - empties the book; price and quantity do not count. An order that is added again
      at the same time, at its old price and with no more than it had, keeps its place.

    Order ids are integers and may be used again once an order has ended. A side that is not known
    or does not matter is "none" (N) or 0. The rows build an empty book; it may be crossed only
    between rows of one time. A strategy sees the book by its levels (`on_book`), and fills and
    trades in `on_trade`, unless `trades` of the instrument are given, too.

    Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
    a keyword.
    """

def max_drawdown(returns: Any) -> float | None:
    """
    Deepest fall of the compounded series from a peak, a fraction <= 0; the start counts as a peak.
    `returns` are simple returns by period, finite.
    """

def minimum_track_record(
    returns: Any,
    *,
    threshold: SupportsFloat | SupportsIndex = 0.0,
    confidence: SupportsFloat | SupportsIndex = 0.95,
) -> float | None:
    """
    Periods needed to be sure, with this `confidence`, that the true Sharpe ratio per period is
    above `threshold`. `returns` are simple returns by period, finite.

    `None` if the ratio is not above it.
    """

def omega(returns: Any, *, threshold: SupportsFloat | SupportsIndex = 0.0) -> float | None:
    """
    What lay above the threshold over what lay below it. `returns` are simple returns by period,
    finite.

    `threshold` is per period. `None` if nothing lay below.
    """

def pain(returns: Any) -> float | None:
    """
    Mean fall of the compounded series from its peak, over all n + 1 points.
    `returns` are simple returns by period, finite.
    """

def payoff(results: Any, *, even: SupportsFloat | SupportsIndex = 0.0) -> float | None:
    """
    Mean win over the size of the mean loss; `None` without one of them.

    `results` are those of closed trades, in money, after fees.
    """

def positive_share(returns: Any) -> float | None:
    """
    Share of the periods with a return above 0. `returns` are simple returns by period, finite.
    """

def probabilistic_sharpe(
    returns: Any, *, threshold: SupportsFloat | SupportsIndex = 0.0, adjusted: bool = False
) -> float | None:
    """
    Probability that the true Sharpe ratio per period is above `threshold`, also per period.
    `returns` are simple returns by period, finite.

    Moments are the population's, or `adjusted`. `None` for less than four returns. Source: "The
    Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), 2012.
    """

def profit_factor(results: Any, *, even: SupportsFloat | SupportsIndex = 0.0) -> float | None:
    """
    What was won over what was lost; `None` without a loss.

    `results` are those of closed trades, in money, after fees.
    """

def quotes(
    data: Any,
    *,
    instrument: Any | None = None,
    columns: Any | None = None,
    unit: str | None = None,
    tz: str | None = None,
    feed_latency: Any | None = None,
    shift_received: Any | None = None,
    sort: bool = False,
) -> MarketData:
    """
    Loads best bids and asks.

    * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
      interface (polars, pandas,
      pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
      instruments to any of these.
    * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
      the data.
    * `columns` - meaning to name, such as `{"time": "my column"}`, for what is not found by its
      usual name.
    * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
    * `tz` - zone of times that do not say theirs, such as "UTC".
    * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
    * `shift_received` - added to all receive times, to correct a recorder's clock.
    * `sort` - whether rows out of order are sorted; else they are an error.

    Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
    a keyword.
    """

def replay(path: str | PathLike[str], until: SupportsIndex | None = None) -> EngineState:
    """
    The state that the log in a file leads to, bit by bit what the engine knew; that its first
    `until` lines lead to, if that is given.

    Raises `DataError` for a file that is no log, or was changed after it was written, and
    `MissingFileError` for one that is not there.
    """

def returns(equity: Any, *, deposits: Any | None = None) -> Any:
    """
    Returns of an equity curve whose first value is the start, as an array: `(E[t] - F[t]) / E[t-1]
    - 1`.

    `deposits` has the net deposits F that came in up to each value, the first not being looked at.
    The series ends with the first equity that is not above 0, with or without its deposit. Raises
    `DataError` for a curve that does not start above 0.
    """

def run_historic_backtest(
    config: SystemConfig,
    market_data: Any,
    risk_free_return: SupportsFloat | SupportsIndex | None = None,
    interval: Any | None = None,
    initial_balances: Any | None = None,
    engine_feed_mode: str | None = None,
    *,
    strategy: Any | None = None,
    audit: Any | None = None,
    resume: str | PathLike[str] | None = None,
    until: SupportsIndex | None = None,
) -> TradingSummary:
    """
    Runs a configured system over recorded data and returns its `TradingSummary`.

    * `config` - a `SystemConfig`.
    * `market_data` - the path of a file of Barter's JSON (an array of records or one a line), a
      `MarketDataInMemory`, or what `candles`, `quotes`, `trades`, `depth` return, or a list of
      these.
    * `risk_free_return` - per year; by default that of the configuration, else 0.05.
    * `interval` - of the figures: "daily" (the default), "annual_252", "annual_365", a span.
    * `initial_balances` - dicts with `exchange`, `asset`, `total` that replace the balances of the
      configuration for these assets.
    * `engine_feed_mode` - "stream" or "iterator": both give the same.
    * `strategy` - a `Strategy` or `BarterStrategy`, class or instance; without one nothing is
      traded.
    * `audit` - a path: every line of the run goes to that file, which `replay` reads.
    * `resume`, `until` - the file of a run over the same data that goes on where its lines, or the
      first `until` of them, end.

    Raises `ConfigError`, `DataError` (`MissingFileError` for a file that is not there), and what
    a hook raises.
    """

def run_historic_backtest_with_generator(
    config: SystemConfig,
    market_data: Any,
    risk_free_return: SupportsFloat | SupportsIndex | None = None,
    interval: Any | None = None,
    initial_balances: Any | None = None,
    engine_feed_mode: str | None = None,
    *,
    strategy: Any | None = None,
    audit: Any | None = None,
    resume: str | PathLike[str] | None = None,
    until: SupportsIndex | None = None,
) -> tuple[TradingSummary, TradingSummaryGenerator]:
    """
    As `run_historic_backtest`; returns the summary and a `TradingSummaryGenerator` that knows the
    run and can be told more.
    """

def sample(name: str = "candles") -> MarketData:
    """
    A generated market, the same everywhere: "candles", "quotes", "trades", "depth" or "mbo".
    """

def sharpe(
    returns: Any,
    *,
    periods_per_year: SupportsFloat | SupportsIndex,
    risk_free: SupportsFloat | SupportsIndex = 0.0,
) -> float | None:
    """
    Mean return above the risk-free rate over the sample deviation (n - 1), of a year. `returns` are
    simple returns by period, finite.

    `risk_free` is per year; per period it is `(1 + risk_free)^(1 / periods_per_year) - 1`. `None`
    for less than two returns, without dispersion (a deviation of 1e-12 of the mean size), after
    ruin. Source: "The Sharpe Ratio", Journal of Portfolio Management 21(1), 1994.
    """

def sharpe_error(
    returns: Any,
    *,
    periods_per_year: SupportsFloat | SupportsIndex,
    risk_free: SupportsFloat | SupportsIndex = 0.0,
) -> float | None:
    """
    Standard error of `sharpe`, which counts skew and kurtosis. `returns` are simple returns by
    period, finite.

    `None` for less than four returns.
    """

def sharpe_probability(
    sharpe: SupportsFloat | SupportsIndex,
    n: SupportsIndex,
    *,
    skew: SupportsFloat | SupportsIndex = 0.0,
    kurtosis: SupportsFloat | SupportsIndex = 3.0,
    threshold: SupportsFloat | SupportsIndex = 0.0,
) -> float | None:
    """
    Probability that the true Sharpe ratio is above `threshold`, of a ratio whose returns are not at
    hand: it is `sharpe` per period, of `n` returns with this skew and kurtosis (3 if they are
    normal). `None` where the formula has no value.
    """

def sharpe_track_record(
    sharpe: SupportsFloat | SupportsIndex,
    *,
    skew: SupportsFloat | SupportsIndex = 0.0,
    kurtosis: SupportsFloat | SupportsIndex = 3.0,
    threshold: SupportsFloat | SupportsIndex = 0.0,
    confidence: SupportsFloat | SupportsIndex = 0.95,
) -> float | None:
    """
    Periods needed to be sure, with this `confidence`, that a Sharpe ratio is above `threshold`, of
    one whose returns are not at hand; as in `sharpe_probability`.
    """

def skew(returns: Any, *, adjusted: bool = False) -> float | None:
    """
    Third standardised moment of the population, `m3 / m2^1.5`; `adjusted` corrects for a small
    sample. `returns` are simple returns by period, finite.

    `None` for less than three returns, without dispersion, after ruin.
    """

def sortino(
    returns: Any,
    *,
    periods_per_year: SupportsFloat | SupportsIndex,
    target: SupportsFloat | SupportsIndex = 0.0,
) -> float | None:
    """
    Mean return above the target over the root of the mean square of what fell short of it, of a
    year; all returns count in that mean. `returns` are simple returns by period, finite.

    `target` is per year. `None` for less than two returns, if none is below the target, after ruin.
    """

def start_system(
    config: SystemConfig,
    *,
    strategy: Any | None = None,
    trading_enabled: bool = True,
    initial_balances: Any | None = None,
    audit: Any | None = None,
    engine_feed_mode: str | None = None,
    clock: str = "wall",
    start: Any | None = None,
    queue: SupportsIndex = ...,
    resume: str | PathLike[str] | None = None,
    until: SupportsIndex | None = None,
) -> SystemHandle:
    """
    Starts a system and returns its `SystemHandle`: an engine in a thread of its own.

    * `config` - a `SystemConfig`.
    * `strategy` - a `Strategy` or `BarterStrategy`, class or instance; its hooks are called in the
      engine's thread. Without one only commands trade.
    * `trading_enabled` - False begins with all orders of the strategy denied until trading is
      enabled. A run that goes on must have begun so.
    * `initial_balances` - dicts with `exchange`, `asset`, `total` that replace the balances of the
      configuration for these assets.
    * `engine_feed_mode` - "stream" or "iterator": both give the same.
    * `clock` - "wall" for a live run, in which an event happens when it is taken in; "event" for
      history, in which it happens at its `time_exchange`, and what it causes when the next later
      one comes or something is asked. Latency of mocked exchanges passes on this clock.
    * `start` - when the clock "event" begins; by default with the first event, for which commands
      wait that come before it.
    * `queue` - events that may wait at one time, > 0.
    * `audit` - True keeps every line of the run for `take_audit`, in memory until it is taken; a
      path writes them to a file (an Arrow IPC stream), which `replay` reads, also while the system
      runs. A process that is killed loses those of its last five seconds at most.
    * `resume`, `until` - the file of a run that goes on where its lines, or the first `until` of
      them, end, as if it had not been shut down: the strategy is told everything but that end
      again, must decide the same, and the handle's `resumed_inputs` says how many inputs not to
      send again.

    Raises `ConfigError`, and `StrategyError` for a strategy that cannot be run.
    """

def system_quality(results: Any) -> float | None:
    """
    Root of the number of trades times mean over sample deviation of their results.

    `results` are those of closed trades, in money, after fees.
    """

def tail_ratio(returns: Any) -> float | None:
    """
    Size of the 95 % quantile over that of the 5 % quantile; `None` without a loss at 5 %. `returns`
    are simple returns by period, finite.
    """

def total_return(returns: Any) -> float | None:
    """
    Compound return of a series, `prod(1 + r) - 1`. `returns` are simple returns by period, finite.

    `None` without any.
    """

def tracking_error(
    returns: Any, benchmark: Any, *, periods_per_year: SupportsFloat | SupportsIndex
) -> float | None:
    """
    Sample deviation of what was earned above the benchmark, of a year.
    """

def trades(
    data: Any,
    *,
    instrument: Any | None = None,
    columns: Any | None = None,
    unit: str | None = None,
    tz: str | None = None,
    feed_latency: Any | None = None,
    shift_received: Any | None = None,
    sort: bool = False,
) -> MarketData:
    """
    Loads public trades.

    * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
      interface (polars, pandas,
      pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
      instruments to any of these.
    * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
      the data.
    * `columns` - meaning to name, such as `{"time": "my column"}`, for what is not found by its
      usual name.
    * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
    * `tz` - zone of times that do not say theirs, such as "UTC".
    * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
    * `shift_received` - added to all receive times, to correct a recorder's clock.
    * `sort` - whether rows out of order are sorted; else they are an error.

    Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
    a keyword.
    """

def turnover(
    traded: Any, equity: Any, *, years: SupportsFloat | SupportsIndex = 1.0, one_way: bool = False
) -> float | None:
    """
    What was bought and sold over the mean equity, per year; with `one_way` the lesser of both.

    `traded` are notionals, bought > 0 and sold < 0; `equity` is a series at regular times that
    lasted `years`. `None` if the mean equity is not above 0.
    """

def ulcer(returns: Any) -> float | None:
    """
    Root of the mean square of the fall from the peak, over all n + 1 points.
    `returns` are simple returns by period, finite.
    """

def value_at_risk(returns: Any, *, level: SupportsFloat | SupportsIndex = 0.05) -> float | None:
    """
    Loss that is exceeded in the share `level` of the periods, > 0 for a loss: the quantile between
    neighbours (type 7), sign turned. `returns` are simple returns by period, finite.
    """

def volatility(returns: Any, *, periods_per_year: SupportsFloat | SupportsIndex) -> float | None:
    """
    Sample deviation (n - 1) of a year. `returns` are simple returns by period, finite.

    `periods_per_year` is > 0: 365 for days of a market that never closes, 252 for sessions. `None`
    for less than two returns.
    """

def win_rate(
    results: Any, *, even: SupportsFloat | SupportsIndex = 0.0, decided: bool = False
) -> float | None:
    """
    Wins over all trades; one of `even` or less in size is no win. With `decided` over those that
    were won or lost.

    `results` are those of closed trades, in money, after fees.
    """

def worst(returns: Any) -> float | None:
    """
    Least return. `returns` are simple returns by period, finite.
    """
