"""Small configured systems and events for them, for tests. Times are ms after `START`."""

from scripted import ns

import barter_python as bt

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
