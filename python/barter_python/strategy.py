"""The base class of strategies, and their parameters."""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from barter_python.errors import ConfigError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from barter_python._core import Book, Candle, Context, Fill, Order, Quote, Timer, Trade

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


class Strategy:
    """What decides. Subclass it and write the hooks you need; only those are called.

    Parameters declared with `param` are given by name: `Cross(fast=10)`.

    Inside hooks numbers are `float`, times are `int` nanoseconds since 1970 UTC. The context and a
    book are views of the moment; candles, quotes, trades, fills and orders may be kept.
    """

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
}


def made(strategy: object, params: dict[str, Any] | None) -> object:
    """The instance to run: `strategy` itself, or a new one of a class with its parameters."""
    if isinstance(strategy, type):
        if not issubclass(strategy, Strategy):
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
    if not isinstance(strategy, Strategy):
        raise StrategyError(
            f"strategy must be a subclass of Strategy or an instance of one, "
            f"got {type(strategy).__name__}"
        )
    strategy.settle_parameters()
    for name in dir(type(strategy)):
        if name.startswith("on_") and name not in _HOOKS:
            near = difflib.get_close_matches(name, _HOOKS, n=1, cutoff=0.75)
            if near:
                raise StrategyError(
                    f"{type(strategy).__name__}.{name} is never called; did you mean {near[0]}?"
                )
    return [_bound(strategy, name, arguments) for name, arguments in _HOOKS.items()]


def _bound(strategy: Strategy, name: str, arguments: tuple[str, ...]) -> Callable[..., Any] | None:
    hook = getattr(strategy, name)
    if getattr(hook, "__func__", hook) is getattr(Strategy, name):
        return None
    shown = f"{type(strategy).__name__}.{name}"
    expected = f"def {name}(self, {', '.join(arguments)})"
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
