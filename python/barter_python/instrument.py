"""Barter's words for where and what: exchanges, indices, sides, instruments."""

from typing import Any, Self

from barter_python._core import Instrument
from barter_python._enums import ExchangeId, Side
from barter_python._fields import index as _index

__all__ = ["AssetIndex", "ExchangeId", "ExchangeIndex", "Instrument", "InstrumentIndex", "Side"]


class _Index(int):
    __slots__ = ()

    def __new__(cls, index: Any) -> Self:
        return super().__new__(cls, _index("index", index))

    @property
    def index(self) -> int:
        """The index as a plain `int`."""
        return int(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self)})"

    def __str__(self) -> str:
        return repr(self)


class ExchangeIndex(_Index):
    """Place of an exchange in a configuration, from 0. An `int`, and equal to it."""

    __slots__ = ()


class AssetIndex(_Index):
    """Place of an asset in a configuration, from 0. An `int`, and equal to it."""

    __slots__ = ()


class InstrumentIndex(_Index):
    """Place of an instrument in a configuration, from 0. An `int`, and equal to it."""

    __slots__ = ()
