"""The strategy that the command line runs when it is given none. Copy it and change it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from barter_python.strategy import Strategy, param

if TYPE_CHECKING:
    from barter_python._core import Candle, Context, Instrument


class Cross(Strategy):
    """Holds while the average of the last `fast` closes is above that of the last `slow`."""

    fast = param(24, low=1, high=500)
    slow = param(120, low=2, high=1000)
    share = param(0.5, low=0.01, high=0.95)
    """Of the equity, what a new position costs."""

    def on_start(self, context: Context) -> None:
        """Makes room for the closes of each instrument."""
        self.closes: dict[Instrument, deque[float]] = {
            instrument: deque(maxlen=max(self.fast, self.slow))
            for instrument in context.instruments
        }

    def on_candle(self, context: Context, candle: Candle) -> None:
        """Goes in when the averages have crossed upwards, out when they have crossed back."""
        instrument = candle.instrument
        self.closes[instrument].append(candle.close)
        closes = list(self.closes[instrument])
        if len(closes) < max(self.fast, self.slow) or context.equity is None:
            return
        rising = sum(closes[-self.fast :]) / self.fast > sum(closes[-self.slow :]) / self.slow
        holding = context.position(instrument).quantity > 0
        if rising and not holding:
            quantity = self.share * context.equity / candle.close
            context.target(instrument, instrument.round_quantity(quantity))
        elif holding and not rising:
            context.close(instrument)
