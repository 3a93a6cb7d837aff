"""Fields of messages as their classes take them: read, checked, never changed afterwards."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from barter_python._core import field_count, field_index, field_number, field_time
from barter_python._enums import Side
from barter_python._sheets import moment as _moment
from barter_python.errors import DataError

Reader = Callable[[str, Any], Any]


def fill(value: object, **readers: Reader) -> None:
    """Read each field of a frozen dataclass by its reader."""
    for name, reader in readers.items():
        object.__setattr__(value, name, reader(name, getattr(value, name)))


def number(what: str, value: Any) -> Decimal:
    """Text, `int`, `Decimal` or `float` (its shortest text counts) as a `Decimal`."""
    return field_number(what, value)


def positive(what: str, value: Any) -> Decimal:
    """A number > 0."""
    read = number(what, value)
    if read <= 0:
        raise DataError(f"{what} must be > 0, got {read}")
    return read


def not_negative(what: str, value: Any) -> Decimal:
    """A number >= 0."""
    read = number(what, value)
    if read < 0:
        raise DataError(f"{what} must be >= 0, got {read}")
    return read


def moment(what: str, value: Any) -> datetime:
    """A time as an aware `datetime`, to the microsecond."""
    return _moment(field_time(what, value))


def maybe(reader: Reader) -> Reader:
    """A reader that lets `None` pass."""
    return lambda what, value: None if value is None else reader(what, value)


def count(what: str, value: Any) -> int:
    """A whole number >= 0."""
    return field_count(what, value)


def index(what: str, value: Any) -> int:
    """A whole number >= 0 that 32 bits hold."""
    return field_index(what, value)


def text(what: str, value: Any) -> str:
    """Text, which may be empty."""
    if not isinstance(value, str):
        raise DataError(f"{what} must be text, got {type(value).__name__}")
    return value


def name(what: str, value: Any) -> str:
    """Text that is not empty."""
    if not text(what, value):
        raise DataError(f'{what} must not be empty, got ""')
    return value


def side(what: str, value: Any) -> Side:
    """A side or its name."""
    try:
        return Side(value)
    except ValueError:
        raise DataError(f'{what} must be "buy" or "sell", got {value!r}') from None


def exactly(kind: type | tuple[type, ...]) -> Reader:
    """A reader that takes objects of these classes only."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = " or ".join(known.__name__ for known in kinds)

    def read(what: str, value: Any) -> Any:
        if not isinstance(value, kinds):
            raise DataError(f"{what} must be of type {names}, got {type(value).__name__}")
        return value

    return read


def several(reader: Reader) -> Reader:
    """A reader of lists, which become tuples."""

    def read(what: str, value: Any) -> tuple[Any, ...]:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise DataError(f"{what} must be a list, got {type(value).__name__}")
        return tuple(reader(f"{what}[{at}]", one) for at, one in enumerate(value))

    return read
