"""Random orders of every kind, for laws that hold whatever is sent.

Unlike `random_markets.Random` the strategy checks nothing: the laws compare whole runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import scripted
from hypothesis import strategies as st
from random_markets import PERPETUAL, Act, Market

import barter_python as bt

KINDS = [
    "market", "gtc", "ioc", "fok", "post", "reprice", "gtd", "stop", "stop_limit", "touched",
    "touched_limit", "trail", "trail_share", "reduce", "oco", "bracket", "amend", "cancel", "close",
]  # fmt: skip
MODES = ["expire_taker", "expire_maker", "expire_both", "decrement", "none"]
RICH = "100000000 USD"

every_act = st.lists(
    st.builds(
        Act,
        when=st.sampled_from([at / 64 for at in range(65)]),
        kind=st.sampled_from(KINDS),
        side=st.sampled_from(["buy", "sell"]),
        quantity=st.integers(1, 90),
        offset=st.integers(-6, 6),
    ),
    min_size=1,
    max_size=20,
)


@dataclass(frozen=True)
class Rules:
    """Settings of the venue that the laws vary."""

    queue: str
    path: str
    self_trade: str
    latency: Any
    touch: str
    allow_immediate: bool | None

    @property
    def settings(self) -> dict[str, Any]:
        return {"account": "linear", "fees": 0, "leverage": 1} | vars(self)


LATENCIES = [
    0, ("1ms", "10ms"), ("25ms", 0), bt.Latency(new="3ms", cancel="1ms", amend="7ms", back="2ms"),
    bt.Latency(new="uniform 1ms 9ms", back="lognormal 2ms 0.5"),
]  # fmt: skip
every_rule = st.builds(
    Rules,
    queue=st.sampled_from(["trades_only", "front", "power 2", "log", "touch 0.5"]),
    path=st.sampled_from(["adverse", "nearer", "high_first", "low_first"]),
    self_trade=st.sampled_from(MODES),
    latency=st.sampled_from(LATENCIES),
    touch=st.sampled_from(["pass", "fill"]),
    allow_immediate=st.sampled_from([None, True, False]),
)


class Every(bt.Strategy):
    """Sends the acts at their times. `aside` is a (from, until) in which one order more rests.

    That order lies where no price ever comes, and no act touches it.
    """

    def __init__(
        self,
        instrument: bt.Instrument,
        span: int,
        given: list[Act],
        aside: tuple[float, float] | None = None,
        middle: int = 2000,
    ) -> None:
        super().__init__()
        self.instrument, self.span, self.given = instrument, span, given
        self.aside, self.middle = aside, middle
        self.log: list[tuple] = []

    def on_start(self, context: bt.Context) -> None:
        def at(when: float) -> int:
            return scripted.ns(int(when * self.span))

        self.due = {context.set_timer(at=at(act.when)): act for act in self.given}
        self.moments = {context.set_timer(at=at(when)): None for when in self.aside or ()}
        self.extra = None

    def on_timer(self, context: bt.Context, timer: bt.Timer) -> None:
        if timer.id in self.due:
            self.send(context, self.due[timer.id])
        elif self.extra is None:
            price = self.middle // 4 * self.instrument.tick
            self.extra = context.buy(self.instrument, self.instrument.lot, limit=price)
        else:
            context.cancel(self.extra)

    def on_fill(self, context: bt.Context, fill: bt.Fill) -> None:
        self.log.append((context.time - scripted.START, fill.side, fill.price, fill.quantity))

    def send(self, context: bt.Context, act: Act) -> None:
        thing, quantity = self.instrument, act.quantity * self.instrument.lot
        away = 1 if act.side == "buy" else -1

        def price(offset: int) -> Any:
            return (self.middle + offset) * thing.tick

        limit, worse = price(act.offset), price(away * (1 + abs(act.offset)))
        better = price(-away * (1 + abs(act.offset)))
        distance = (1 + abs(act.offset)) * thing.tick
        words: dict[str, dict[str, Any]] = {
            "market": {},
            "gtc": {"limit": limit},
            "ioc": {"limit": limit, "time_in_force": "ioc"},
            "fok": {"limit": limit, "time_in_force": "fok"},
            "post": {"limit": limit, "post_only": True},
            "reprice": {"limit": limit, "post_only": True, "reprice": True},
            "gtd": {"limit": limit, "expire": context.time + act.quantity * scripted.MS},
            "stop": {"trigger": worse, "trigger_by": "bid_ask"},
            "stop_limit": {"trigger": worse, "limit": price(away * (4 + abs(act.offset)))},
            "touched": {"if_touched": better, "trigger_by": "mark"},
            "touched_limit": {"if_touched": better, "limit": better},
            "trail": {"trail": distance},
            "trail_share": {"trail": f"0.{1 + abs(act.offset)}%"},
            "reduce": {"limit": limit, "reduce_only": True},
            "bracket": {"limit": price(0), "stop": better, "target": worse},
        }
        others = [one for one in context.orders() if one.id != self.extra]
        if act.kind in words:
            context.submit(thing, act.side, quantity, **words[act.kind])
        elif act.kind == "oco":
            context.oco(thing, act.side, quantity, limit=better, trigger=worse)
        elif act.kind == "close":
            context.close(thing)
        elif others:
            one = others[act.quantity % len(others)]
            if act.kind == "cancel":
                context.cancel(one.id)
            elif one.limit is None:
                context.amend(one.id, quantity=quantity)
            else:
                context.amend(one.id, quantity=quantity, limit=limit)


def run(
    market: Market,
    rules: Rules,
    given: list[Act],
    instrument: bt.Instrument = PERPETUAL,
    kind: type[Every] = Every,
    **more: Any,
) -> scripted.Ran:
    """Runs the acts on margin with more money than they can need."""
    made = {name: more.pop(name) for name in ("aside", "middle") if name in more}
    data = more.pop("data", None) or market.data(instrument)
    strategy = kind(instrument, market.end, given, **made)
    return scripted.run(data, strategy=strategy, **{"cash": RICH} | rules.settings | more)


def mirrored(market: Market, given: list[Act], middle: int = 2000) -> tuple[Market, list[Act]]:
    """The market upside down and the acts with the other side."""
    turn, other = 2 * middle, {"buy": "sell", "sell": "buy", "bid": "ask", "ask": "bid"}
    market = Market(
        candles=tuple(
            (turn - o, turn - low, turn - high, turn - c) for o, high, low, c, *_ in market.candles
        ),
        quotes=tuple(
            (ms, turn - ask, asks, turn - bid, bids) for ms, bid, bids, ask, asks in market.quotes
        ),
        trades=tuple((ms, other[side], turn - p, size) for ms, side, p, size in market.trades),
        depth=tuple((ms, other[side], turn - p, size) for ms, side, p, size in market.depth),
        orders=tuple(
            (ms, what, key, other[side], turn - p, size)
            for ms, what, key, side, p, size in market.orders
        ),
    )
    return market, [replace(act, side=other[act.side], offset=-act.offset) for act in given]
