"""A trading engine in Rust, driven from Python."""

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

__all__ = [
    "Finding",
    "Instrument",
    "LoadReport",
    "MarketData",
    "__version__",
    "candles",
    "depth",
    "quotes",
    "sample",
    "trades",
]
