"""Mocked exchanges as a configuration has them."""

from __future__ import annotations

import copy
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from barter_python import _json
from barter_python._core import field_number
from barter_python.errors import ConfigError, DataError, MissingFileError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MAX_BYTES = 16 << 20


def dumps(what: str, value: Any) -> str:
    """JSON text of a dict, or of an object that can become one."""
    try:
        return _json.dumps(what, value.to_dict() if hasattr(value, "to_dict") else value)
    except DataError as error:
        raise ConfigError(str(error)) from None


def toml_as_json(path: Path) -> str:
    """JSON text of a TOML file."""
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: {error.strerror}", str(path)) from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    if len(text) > _MAX_BYTES:
        raise ConfigError(f"{path}: the file may have {_MAX_BYTES} bytes, it has {len(text)}")
    try:
        return _json.dumps("config", tomllib.loads(text.decode("utf-8-sig"), parse_float=Decimal))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, DataError) as error:
        raise ConfigError(f"{path}: {error}") from None


@dataclass(slots=True)
class MockExecutionConfig:
    """A simulated exchange in the place of a real one.

    * `mocked_exchange` - the exchange that it stands for, such as "binance_spot".
    * `initial_state` - what there is at the start, as Barter's JSON has it: `balances` (`asset`,
      `balance` with `total` and `free`, `time_exchange`) and perhaps `instruments` with open
      orders. A shorter form is a dict of asset and amount.
    * `latency_ms` - from a request to its answer, in milliseconds, half of it on the way there.
    * `fees_percent` - fee of every fill as a percentage of its value: 0.05 is 5 in ten thousand.

    All but the fee, which is kept as a `Decimal`, is checked when a `SystemConfig` takes it.
    """

    mocked_exchange: str = "mock"
    initial_state: Mapping[str, Any] | None = None
    latency_ms: int = 0
    fees_percent: Decimal | float | str = Decimal(0)

    def __post_init__(self) -> None:
        try:
            fee = field_number("fees_percent", self.fees_percent)
        except DataError as error:
            raise ConfigError(str(error)) from None
        if not 0 <= fee <= 100:  # noqa: PLR2004 - per cent
            raise ConfigError(f"fees_percent must be from 0 to 100, got {self.fees_percent!r}")
        self.fees_percent = fee

    def set_initial_state(self, state: Mapping[str, Any] | None) -> None:
        """Says what there is at the start."""
        self.initial_state = state

    def clone(self) -> MockExecutionConfig:
        """Another one that is equal, and shares nothing with this one."""
        return copy.deepcopy(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> MockExecutionConfig:
        """From a dict of Barter's shape."""
        _check_fields("execution", _mapping("execution", value), _FIELDS)
        return cls(**value)

    def to_dict(self) -> dict[str, Any]:
        """A dict of Barter's shape; decimals are text."""
        return {
            "mocked_exchange": str(self.mocked_exchange),
            "initial_state": self._state(),
            "latency_ms": self.latency_ms,
            "fees_percent": str(self.fees_percent),
        }

    def _state(self) -> dict[str, Any]:
        own = f"initial_state of {self.mocked_exchange}"
        state = {} if self.initial_state is None else _mapping(own, self.initial_state)
        if state and not set(_STATE) & set(state):
            if any(isinstance(amount, list | tuple | Mapping) for amount in state.values()):
                _check_fields(own, state, _STATE)
            balances = [
                {
                    "asset": asset,
                    "balance": {"total": amount, "free": amount},
                    "time_exchange": "1970-01-01T00:00:00Z",
                }
                for asset, amount in state.items()
            ]
            state = {"balances": balances}
        given = {"exchange": str(self.mocked_exchange), "balances": [], "instruments": [], **state}
        return copy.deepcopy(given)


_FIELDS = ("mocked_exchange", "initial_state", "latency_ms", "fees_percent")
_STATE = ("exchange", "balances", "instruments")


def _mapping(what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{what} must be a dict, got {type(value).__name__}")
    return dict(cast("Mapping[str, Any]", value))


def _check_fields(what: str, value: Mapping[str, Any], known: Iterable[str]) -> None:
    for name in value:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f', did you mean "{near[0]}"?' if near else f"; there are {', '.join(known)}"
            raise ConfigError(f'{what}: unknown field "{name}"{hint}')


class ExecutionConfig:
    """How requests of one exchange are answered. There are mocked exchanges."""

    @staticmethod
    def mock(config: MockExecutionConfig) -> MockExecutionConfig:
        """By a mocked exchange."""
        return config


def executions(given: list[dict[str, Any]]) -> list[MockExecutionConfig]:
    """Objects of what a configuration has."""
    return [MockExecutionConfig.from_dict(one) for one in given]
