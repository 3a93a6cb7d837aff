"""JSON between objects and the core, which reads and writes text."""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from barter_python import _core
from barter_python.errors import DataError


def dumps(what: str, value: Any) -> str:
    """JSON text of dicts, lists and plain values; `Decimal` and aware times may be among them."""
    if not isinstance(value, Mapping):
        raise DataError(f"{what} must be a dict, got {type(value).__name__}")
    try:
        return json.dumps(_dict(value), default=_plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f"{what}: {_fault('', value) or error}") from None


def loads(text: str) -> dict[str, Any]:
    """What JSON text says, with all digits: whole numbers as `int`, others as `Decimal`."""
    return json.loads(text, parse_float=Decimal)


def made(name: str, constructor: str, *arguments: Any) -> Any:
    """An object of the core by the name of its constructor: what a pickle asks for."""
    return getattr(getattr(_core, name), constructor)(*arguments)


def _fault(what: str, value: Any) -> str | None:
    """Which part has no JSON, and why: a number that is not finite, or a type that is none."""
    what = what.removeprefix(".")
    if isinstance(value, float) and not math.isfinite(value):
        return f"{what} must be finite, got {value}"
    inner: list[tuple[str, Any]] = []
    if isinstance(value, Mapping):
        inner = [(f"{what}.{key}", one) for key, one in _dict(value).items()]
    elif isinstance(value, list | tuple):
        every = cast("list[Any]", value)
        inner = [(f"{what}[{at}]", one) for at, one in enumerate(every)]
    elif not isinstance(value, str | int | float | None):
        try:
            inner = [(what, _plain(value))]
        except TypeError as error:
            return f"{what}: {error}"
    try:
        return next(filter(None, (_fault(name, one) for name, one in inner)), None)
    except RecursionError:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _dict(value)
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "__index__"):
        return value.__index__()
    raise TypeError(f"a value of type {type(value).__name__} has no JSON")


def _dict(value: Any) -> dict[Any, Any]:
    return dict(cast("Mapping[Any, Any]", value))
