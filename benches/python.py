"""What a run costs from Python: nanoseconds an event, minimum of several runs.

python benches/python.py [FOLDER]: FOLDER holds w1_bars, w2_quotes, w2_trades, w3_deltas and
w3_trades as Parquet files.
"""

import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import barter_python as bt

RUNS = 7
FAST, SLOW = 20, 50
# What the workloads are known to give: fills and end equity.
ANSWERS = {
    "cross": (11_111, "907637.0255"),
    "maker": (37_514, "940937.5388"),
    "poll": (34_567, "939673.1834"),
}


class Idle(bt.Strategy):
    """Replays."""


class OnCandle(bt.Strategy):
    """Is called for every candle."""

    def on_candle(self, context: bt.Context, candle: bt.Candle) -> None:
        pass


class OnQuote(bt.Strategy):
    """Is called for every quote."""

    def on_quote(self, context: bt.Context, quote: bt.Quote) -> None:
        pass


class Cross(bt.Strategy):
    """Long one unit while the fast average is above the slow one; both kept by hand."""

    def on_start(self, context: bt.Context) -> None:
        self.closes = deque([0.0] * SLOW, maxlen=SLOW)
        self.fast = self.slow = 0.0
        self.seen = self.held = 0

    def on_candle(self, context: bt.Context, candle: bt.Candle) -> None:
        close = candle.close
        closes = self.closes
        self.fast += close - closes[-FAST]
        self.slow += close - closes[0]
        closes.append(close)
        if self.seen < SLOW:
            self.seen += 1
            return
        want = 1 if self.fast / FAST > self.slow / SLOW else 0
        if want != self.held:
            self.held = want
            context.target(candle.instrument, want)


class Maker(bt.Strategy):
    """Quotes one unit a tick behind the touch on both sides, at most ten either way."""

    def on_start(self, context: bt.Context) -> None:
        self.bid = self.ask = None
        self.bid_order = self.ask_order = 0

    def on_quote(self, context: bt.Context, quote: bt.Quote) -> None:
        instrument = quote.instrument
        held = context.position(instrument).quantity
        want = quote.bid - 0.25 if held < 10 else None
        if want != self.bid:
            if self.bid is not None:
                context.cancel(self.bid_order)
            if want is not None:
                self.bid_order = context.buy(instrument, 1, limit=want, post_only=True)
            self.bid = want
        want = quote.ask + 0.25 if held > -10 else None
        if want != self.ask:
            if self.ask is not None:
                context.cancel(self.ask_order)
            if want is not None:
                self.ask_order = context.sell(instrument, 1, limit=want, post_only=True)
            self.ask = want

    def on_fill(self, context: bt.Context, fill: bt.Fill) -> None:
        if fill.side == bt.Side.BUY:
            self.bid = None
        else:
            self.ask = None


class Poll(bt.Strategy):
    """Quotes as `Maker` does, but looks at the book every 10 ms.

    Written out once more: a call of a shared function would be part of what is measured.
    """

    def on_start(self, context: bt.Context) -> None:
        self.book = context.book()
        self.instrument = self.book.instrument
        self.held = 0
        self.bid = self.ask = None
        self.bid_order = self.ask_order = 0
        context.set_timer(every="10ms")

    def on_timer(self, context: bt.Context, timer: bt.Timer) -> None:
        bid, ask = self.book.touch
        instrument = self.instrument
        held = self.held
        want = bid - 0.25 if held < 10 else None
        if want != self.bid:
            if self.bid is not None:
                context.cancel(self.bid_order)
            if want is not None:
                self.bid_order = context.buy(instrument, 1, limit=want, post_only=True)
            self.bid = want
        want = ask + 0.25 if held > -10 else None
        if want != self.ask:
            if self.ask is not None:
                context.cancel(self.ask_order)
            if want is not None:
                self.ask_order = context.sell(instrument, 1, limit=want, post_only=True)
            self.ask = want

    def on_fill(self, context: bt.Context, fill: bt.Fill) -> None:
        self.held += 1 if fill.side == bt.Side.BUY else -1
        # An order on its way to be cancelled may be filled yet: then another one works already.
        if fill.order == self.bid_order:
            self.bid = None
        elif fill.order == self.ask_order:
            self.ask = None


def measure(what: str, rows: int, run: Callable[[], Any]) -> Any:
    """Prints the fastest of several runs; returns what the last one gave."""
    best, result = float("inf"), None
    for _ in range(RUNS):
        start = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - start)
    print(f"{what:28} {best / rows * 1e9:7.1f} ns an event")
    return result


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    rules = bt.Instrument("ABC/USD", tick="0.25", lot=1)

    def load_candles() -> bt.MarketData:
        if folder is None:
            return bt.sample("candles")
        return bt.candles(folder / "w1_bars.parquet", instrument=rules, stamp="close")

    def load_ticks() -> bt.MarketData:
        if folder is None:
            return bt.sample("quotes") + bt.sample("trades")
        quotes = bt.quotes(folder / "w2_quotes.parquet", instrument=rules)
        return quotes + bt.trades(folder / "w2_trades.parquet", instrument=rules)

    def load_depth(folder: Path) -> bt.MarketData:
        levels = bt.depth(folder / "w3_deltas.parquet", instrument=rules, book="build")
        return levels + bt.trades(folder / "w3_trades.parquet", instrument=rules)

    candles, ticks = load_candles(), load_ticks()
    measure("load candles", len(candles), load_candles)
    measure("load quotes and trades", len(ticks), load_ticks)
    by_candle = bt.SimulatedExchange(account="linear", fees="0.1%")
    by_tick = bt.SimulatedExchange(account="linear", fees=("0.02%", "0.05%"), queue="front")
    runs = [
        ("candles: replay", candles, Idle, by_candle, None),
        ("candles: empty on_candle", candles, OnCandle, by_candle, None),
        ("candles: averages", candles, Cross, by_candle, "cross"),
        ("ticks: replay", ticks, Idle, by_tick, None),
        ("ticks: empty on_quote", ticks, OnQuote, by_tick, None),
        ("ticks: market maker", ticks, Maker, by_tick, "maker"),
    ]
    if folder:
        depth = load_depth(folder)
        by_level = bt.SimulatedExchange(
            account="linear", fees=("0.02%", "0.05%"), latency="100us", queue="trades_only"
        )
        runs += [
            ("depth: replay", depth, Idle, by_level, None),
            ("depth: polled maker", depth, Poll, by_level, "poll"),
        ]
    for what, data, strategy, exchange, answer in runs:

        def run(data=data, strategy=strategy, exchange=exchange) -> bt.Backtest:
            return bt.backtest(data, strategy(), cash=1_000_000, exchange=exchange)

        figures = measure(what, len(data), run).summary
        if answer and folder:
            found = (figures.fills, str(figures.end_equity))
            verdict = "as known" if found == ANSWERS[answer] else f"NOT {ANSWERS[answer]}"
            print(f"{'':28} {found[0]:,} fills, equity {found[1]}: {verdict}")


if __name__ == "__main__":
    main()
