"""The exceptions of this package. Each says what, where, the value seen and what is allowed."""


class BarterError(Exception):
    """The root: `except BarterError` catches everything this package raises on purpose."""


class ConfigError(BarterError, ValueError):
    """A setting is missing, out of range or contradicts another one."""


class DataError(BarterError, ValueError):
    """Market data that cannot be read or that break a rule.

    `path` (str), `row` (int, from 0) and `column` (str) say where, each `None` if it does not
    apply.
    """

    def __init__(
        self,
        message: str,
        path: str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        self.row = row
        self.column = column


class MissingFileError(DataError, FileNotFoundError):
    """A file that is not there."""

    __str__ = BarterError.__str__


class OrderError(BarterError, ValueError):
    """A malformed order, price or quantity. A refused order is an event, not an exception."""


class StateError(BarterError, RuntimeError, ValueError):
    """A call at a moment at which it cannot be answered."""


class ReceiveTimeoutError(StateError, TimeoutError):
    """Nothing came in the time that was given to wait."""


class EventStormError(BarterError, RuntimeError):
    """Events caused events at one timestamp without end. `result` is the run so far, a `Backtest`.

    Sent to another process it leaves that behind.
    """

    result: object = None

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.args, {k: v for k, v in vars(self).items() if k != "result"}


class StrategyError(BarterError):
    """A strategy that cannot be run: not an instance, a hook with a wrong signature."""


class MissingExtraError(BarterError, ImportError):
    """An optional package is needed and not installed; the message names it."""


class InternalError(BarterError):
    """A fault of this package. Please report it with the message."""
