"""A trading engine in Rust, driven from Python."""

from barter_python import errors
from barter_python._core import (
    Finding,
    Instrument,
    LoadReport,
    MarketData,
    __version__,
    candles,
    depth,
    quotes,
    sample,
    trades,
)
from barter_python.errors import BarterError, ConfigError, DataError, OrderError

__all__ = [
    "BarterError",
    "ConfigError",
    "DataError",
    "Finding",
    "Instrument",
    "LoadReport",
    "MarketData",
    "OrderError",
    "__version__",
    "candles",
    "depth",
    "errors",
    "quotes",
    "sample",
    "trades",
]
