"""Strategies made of a few hooks, and small runs of them."""

from scripted import candles, depth, exchange, quotes, trades

import barter_python as bt

TWO = quotes((0, 100, 5, 101, 5), (10, 100, 5, 101, 5))
ALL_KINDS = (
    trades((0, "buy", 100, 1))
    + quotes((0, 99, 5, 100, 5))
    + candles((100, 100, 100, 100))
    + depth(
        (0, "bid", 99, 5), (0, "ask", 100, 5), instrument=bt.Instrument("DEEP/USD", tick=1, lot=1)
    )
)


def backtest(data, strategy, **settings):
    return bt.backtest(data, strategy, cash="1000 USD", **({"exchange": exchange()} | settings))


def hooked(**hooks):
    """An instance of a strategy with just these hooks."""
    return type("Hooked", (bt.Strategy,), hooks)()


def inside(probe, data=TWO, **settings):
    """Runs `probe(context)` in the first `on_quote` and returns what it returned."""
    found = []

    def on_quote(self, context, quote):
        if not found:
            found.append(probe(context))

    backtest(data, hooked(on_quote=on_quote), **settings)
    return found[0]
