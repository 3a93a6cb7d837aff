"""Small configured systems and events for them, for tests. Times are ms after `START`."""

import json

from scripted import ns

import barter_python as bt

SNAPSHOT = bt.EngineEvent.market_order_book_snapshot
NAMES = ["kraken-btc_usdt", "kraken-eth_usdt"]


def config(*, money="10_000", latency_ms=0, fees_percent="0", **more):
    """Two spot instruments on one mocked exchange, with money."""
    instruments = [
        {
            "exchange": "kraken",
            "name_exchange": f"{base}USDT",
            "underlying": {"base": base, "quote": "usdt"},
            "kind": "spot",
        }
        for base in ("btc", "eth")
    ]
    money = {"usdt": money.replace("_", "")}
    mocked = bt.MockExecutionConfig("kraken", money, latency_ms, fees_percent)
    return bt.SystemConfig(instruments, [mocked], **more)


def trade(ms, price, quantity=1, *, of=0, side="buy"):
    return bt.EngineEvent.market_trade("kraken", of, price, quantity, side, ns(ms))


def touch(ms, bid, ask, size=5, *, of=0):
    return bt.EngineEvent.market_order_book_l1("kraken", of, ns(ms), (bid, size), (ask, size))


def lost(exchange="kraken"):
    return bt.EngineEvent.market_reconnecting(exchange)


def walk(count, *, of=0, every=1000):
    """Quotes that go up and down by one."""
    steps = [(0, 1, 2, 3, 2, 1)[at % 6] for at in range(count)]
    return [touch(every * at, 100 + step, 101 + step, of=of) for at, step in enumerate(steps)]


def book(ms, bids, asks, *, of=0, update=False):
    """Levels of a book, pairs of price and amount: all of them, or those that changed."""
    make = bt.EngineEvent.market_order_book_update if update else SNAPSHOT
    return make("kraken", of, 0, ns(ms), bids, asks)


def candle(minute, points, volume=10, *, of=0):
    """A candle of a minute: open, high, low, close."""
    begin, end = ns(60_000 * minute), ns(60_000 * (minute + 1))
    return bt.EngineEvent.market_candle("kraken", of, begin, end, *points, volume, 1)


def order(side, quantity, limit=None, *, cid=None, of=0, **more):
    """A request to open an order: a market order without a limit."""
    kind = "market" if limit is None else "limit"
    return bt.OrderRequestOpen(named(cid, of), side, limit, quantity, kind, **more)


def named(cid, of=0):
    """The key of an order of ours."""
    return bt.OrderKey(0, of, "desk", cid)


def told(summary):
    """All figures as one text, so that what is no number equals itself."""
    return json.dumps(summary.to_dict(), sort_keys=True)


def balances(state):
    """Total and free of every asset."""
    return {asset.name: (asset.total, asset.free) for asset in state.assets}
