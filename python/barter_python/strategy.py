"""The base class of strategies, and their parameters."""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from barter_python._core import OrderKey, OrderRequestOpen
from barter_python.errors import ConfigError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from barter_python._core import (
        Book,
        Candle,
        Context,
        EngineState,
        Fill,
        InstrumentFilter,
        Order,
        OrderRequestCancel,
        Quote,
        Timer,
        Trade,
    )
    from barter_python._enums import ExchangeId
    from barter_python._state import InstrumentState

_MISSING: Any = object()


class param:  # noqa: N801 - reads like a keyword where it is used
    """A parameter of a strategy: its default and, for sweeps, the range that makes sense.

    >>> class Cross(Strategy):
    ...     fast = param(20, low=5, high=60)
    >>> Cross(fast=10).fast
    10

    A value outside `low` to `high` (both included) is refused with a `ConfigError`.
    """

    def __init__(self, default: Any, *, low: Any = None, high: Any = None) -> None:
        self.default = default
        self.low = low
        self.high = high
        self.name = ""
        if low is not None and high is not None and low > high:
            raise ConfigError(f"param: low, {low!r}, must not be above high, {high!r}")
        self.check(default)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        # Without __set__ a value on the instance is found first, as fast as any attribute.
        return self if instance is None else self.default

    def check(self, value: Any) -> None:
        """Raises `ConfigError` for a value outside the range."""
        try:
            # Written so that a NaN, which is on neither side of anything, fails.
            within = (self.low is None or value >= self.low) and (
                self.high is None or value <= self.high
            )
        except TypeError:
            within = False
        if not within:
            low = "any" if self.low is None else repr(self.low)
            high = "any" if self.high is None else repr(self.high)
            name = self.name or "param"
            raise ConfigError(f"{name} must be between {low} and {high}, got {value!r}")


class _Parameters:
    """What has parameters."""

    _params: ClassVar[dict[str, param]] = {}

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        # As attributes are found: the nearest class wins, then the bases in their order.
        cls._params = {
            name: value
            for base in reversed(cls.__mro__)
            for name, value in vars(base).items()
            if isinstance(value, param)
        }

    def __init__(self, **parameters: Any) -> None:
        for name, value in parameters.items():
            if name not in self._params:
                near = difflib.get_close_matches(name, self._params, n=1)
                hint = f', did you mean "{near[0]}"?' if near else ""
                known = ", ".join(self._params) or "none"
                raise ConfigError(
                    f'{type(self).__name__} has no parameter "{name}"{hint}; it has {known}'
                )
            self._params[name].check(value)
            setattr(self, name, value)

    @property
    def parameters(self) -> dict[str, Any]:
        """Values of all parameters, by name."""
        return {name: getattr(self, name) for name in self._params}

    def settle_parameters(self) -> None:
        """Checks all parameters and makes them plain attributes; a run does it before its start.

        Raises `ConfigError` for a value outside its range.
        """
        for name, parameter in self._params.items():
            value = getattr(self, name)
            parameter.check(value)
            setattr(self, name, value)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{type(self).__name__}({values})"


class Strategy(_Parameters):
    """What decides. Subclass it and write the hooks you need; only those are called.

    Parameters declared with `param` are given by name: `Cross(fast=10)`.

    Inside hooks numbers are `float`, times are `int` nanoseconds since 1970 UTC. The context and a
    book are views of the moment; candles, quotes, trades, fills and orders may be kept.
    """

    def on_start(self, context: Context) -> None:
        """Before the first event."""

    def on_candle(self, context: Context, candle: Candle) -> None:
        """A candle is finished and reached us."""

    def on_quote(self, context: Context, quote: Quote) -> None:
        """A quote reached us."""

    def on_trade(self, context: Context, trade: Trade) -> None:
        """A public trade reached us."""

    def on_book(self, context: Context, book: Book) -> None:
        """All changes of the order book at one time reached us."""

    def on_order(self, context: Context, order: Order) -> None:
        """The status of one of our orders changed: accepted, refused, filled, cancelled."""

    def on_fill(self, context: Context, fill: Fill) -> None:
        """One of our orders was filled, in part or in full. Comes before `on_order`."""

    def on_timer(self, context: Context, timer: Timer) -> None:
        """A timer is due."""

    def on_end(self, context: Context) -> None:
        """After the last event; orders can no longer be sent."""

    def on_disconnect(self, context: Context, exchange: ExchangeId) -> None:
        """The connection to an exchange was lost, and is being made anew.

        Only configured systems (`start_system`, `run_historic_backtest`) call it.
        """

    def on_trading_disabled(self, context: Context) -> None:
        """Somebody outside disabled trading; orders sent here are the last that are not denied.

        Only a running system (`start_system`) calls it.
        """


Requests: TypeAlias = "tuple[Iterable[OrderRequestCancel], Iterable[OrderRequestOpen]] | None"


class BarterStrategy(_Parameters):
    """What decides, in Barter's words. Subclass it and write the methods you need.

    Each returns a pair (cancels, opens) of lists of `OrderRequestCancel` and `OrderRequestOpen`, or
    `None` for neither; cancels are sent first, and nothing is if one of them cannot be: an
    `OrderError`, which ends the run. Orders have the names of their key, in `state` too, and a
    cancel finds its order by the cid, or by `order_id`, the number that `state` has. A key without
    a cid gets a random one: a run that is to be resumed from its log needs cids of its own.

    Indices, as everywhere in Barter, are those of the configuration's universe, so it takes a
    configured system to run one: `start_system`, `run_historic_backtest`, `run_backtests`.
    Parameters are declared as those of a `Strategy`.
    """

    def generate_algo_orders(self, state: EngineState) -> Requests:
        """What to send now; asked after all market data and all news of orders, while trading is.

        `state` is the engine's at this moment, and does not change. (It is a copy, of all orders
        so far too: for long runs with many orders the hooks of a `Strategy` are faster.) An order
        that was denied on our side is not asked about; it is in `state.orders`.
        """

    def close_positions_requests(self, state: EngineState, filter: InstrumentFilter) -> Requests:  # noqa: A002 - the original's name
        """What to send when somebody outside asks to close the positions that `filter` lets pass.

        Where it is not overridden, the engine closes them at the market.
        """

    def on_disconnect(self, exchange: ExchangeId) -> Requests:
        """What to send when the connection to an exchange was lost."""

    def on_trading_disabled(self) -> Requests:
        """What to send when trading was disabled: the last orders that are not denied for it."""


def close_open_positions_with_market_orders(
    strategy_id: str,
    state: EngineState,
    filter: InstrumentFilter | None = None,  # noqa: A002 - the original's name
    gen_cid: Callable[[InstrumentState], str] | None = None,
) -> tuple[list[OrderRequestCancel], list[OrderRequestOpen]]:
    """Market orders that close the positions that `filter` lets pass, all without one.

    What `close_positions_requests` may return. `gen_cid` makes the name of an order from the state
    of its instrument; without it names are random.
    """
    opens: list[OrderRequestOpen] = []
    for one in state.instruments:
        held = one.position.quantity
        passes = filter is None or filter.matches(
            exchange=one.exchange, instrument=one.index, underlying=(one.base, one.quote)
        )
        if held and passes:
            cid = gen_cid(one) if gen_cid else None
            key = OrderKey(one.exchange, one.index, strategy_id, cid)
            side = "sell" if held > 0 else "buy"
            opens.append(OrderRequestOpen(key, side, one.price, abs(held), "market", "ioc"))
    return [], opens


_HOOKS = {
    "on_start": ("context",),
    "on_candle": ("context", "candle"),
    "on_quote": ("context", "quote"),
    "on_trade": ("context", "trade"),
    "on_book": ("context", "book"),
    "on_order": ("context", "order"),
    "on_fill": ("context", "fill"),
    "on_timer": ("context", "timer"),
    "on_end": ("context",),
    "on_disconnect": ("context", "exchange"),
    "on_trading_disabled": ("context",),
}

_BARTER_HOOKS = {
    "generate_algo_orders": ("state",),
    "close_positions_requests": ("state", "filter"),
    "on_disconnect": ("exchange",),
    "on_trading_disabled": (),
}


def made(strategy: object, params: dict[str, Any] | None) -> object:
    """The instance to run: `strategy` itself, or a new one of a class with its parameters."""
    if isinstance(strategy, type):
        if not issubclass(strategy, Strategy | BarterStrategy):
            raise StrategyError(
                f"strategy must be a subclass of Strategy or an instance of one, "
                f"got the class {strategy.__name__}"
            )
        return strategy(**params or {})
    if params is not None:
        raise ConfigError(
            f"params belong to a class: pass strategy={type(strategy).__name__}, not an instance"
        )
    return strategy


def bound_hooks(strategy: object) -> list[Callable[..., Any] | None]:
    """The hooks that `strategy` overrides, in the order of `_HOOKS`, `None` for the others."""
    if isinstance(strategy, BarterStrategy):
        raise StrategyError(
            f"{type(strategy).__name__} is a BarterStrategy, which needs a configured system: "
            f"run it with run_historic_backtest, run_backtests or start_system"
        )
    if not isinstance(strategy, Strategy):
        raise StrategyError(
            f"strategy must be a subclass of Strategy or an instance of one, "
            f"got {type(strategy).__name__}"
        )
    return _all_bound(strategy, Strategy, _HOOKS)


def barter_hooks(strategy: BarterStrategy) -> list[Callable[..., Any] | None]:
    """The methods that `strategy` overrides, in the order of `_BARTER_HOOKS`, else `None`."""
    return _all_bound(strategy, BarterStrategy, _BARTER_HOOKS)


def _all_bound(
    strategy: _Parameters, base: type[_Parameters], hooks: dict[str, tuple[str, ...]]
) -> list[Callable[..., Any] | None]:
    strategy.settle_parameters()
    for name in dir(type(strategy)):
        if name.startswith("on_") and name not in hooks:
            near = difflib.get_close_matches(name, hooks, n=1, cutoff=0.75)
            if near:
                raise StrategyError(
                    f"{type(strategy).__name__}.{name} is never called; did you mean {near[0]}?"
                )
    return [_bound(strategy, base, name, arguments) for name, arguments in hooks.items()]


def _bound(
    strategy: _Parameters, base: type[_Parameters], name: str, arguments: tuple[str, ...]
) -> Callable[..., Any] | None:
    hook = getattr(strategy, name)
    if getattr(hook, "__func__", hook) is getattr(base, name):
        return None
    shown = f"{type(strategy).__name__}.{name}"
    expected = f"def {name}({', '.join(('self', *arguments))})"
    if not callable(hook):
        raise StrategyError(f"{shown} must be a method, {expected}; got {hook!r}")
    if inspect.iscoroutinefunction(hook) or inspect.isasyncgenfunction(hook):
        raise StrategyError(f"{shown} must not be async; write {expected}")
    if inspect.isgeneratorfunction(hook):
        raise StrategyError(f"{shown} must not be a generator (it has a yield); write {expected}")
    try:
        inspect.signature(hook).bind(*arguments)
    except TypeError as error:
        raise StrategyError(
            f"{shown} has the wrong arguments ({error}); write {expected}"
        ) from None
    except ValueError:
        pass  # no signature to look at: a builtin
    return hook
