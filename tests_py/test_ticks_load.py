"""Quotes, trades and depth: sides, crossed books, receive times, snapshots."""

from __future__ import annotations

import numpy as np
import pytest

import barter_python as bt
from barter_python.errors import ConfigError, DataError

START = 1_700_000_000_000_000_000
TIME = START + np.arange(4) * 1_000


def quotes(**changed: object) -> dict[str, object]:
    return {
        "ts": TIME,
        "bid_px": [100.0] * 4,
        "bid_qty": [1.0] * 4,
        "ask_px": [100.5] * 4,
        "ask_qty": [2.0] * 4,
    } | changed


def trades(**changed: object) -> dict[str, object]:
    return {"ts": TIME, "px": [100.0, 100.5, 100.0, 100.5], "qty": [1, 2, 3, 4]} | changed


def depth(**changed: object) -> dict[str, object]:
    return {
        "ts": TIME,
        "side": [1, -1, 1, -1],
        "px": [100.0, 101.0, 99.0, 102.0],
        "qty": [1.0, 2.0, 0.0, 4.0],
    } | changed


def test_crossed_quotes_are_refused_and_locked_ones_counted() -> None:
    with pytest.raises(DataError, match="row 2.*the book is crossed: bid 100 is above ask 99.5"):
        bt.quotes(quotes(ask_px=[100.5, 100.5, 99.5, 100.5]))
    (found,) = bt.quotes(quotes(ask_px=[100.5, 100.0, 100.5, 100.5])).report.findings
    assert (found.text, found.rows) == ("1 quote locked (bid = ask)", [1])


def test_a_side_is_a_side_however_written() -> None:
    expected = bt.trades(trades(side=[1, -1, 1, -1]))
    for side in (
        ["buy", "sell", "buy", "sell"],
        ["Bid", "ASK", "b", "s"],
        [1.0, -1.0, 1.0, -1.0],
        [True, False, True, False],
        np.array([1, -1, 1, -1], "i1"),
    ):
        assert bt.trades(trades(side=side)) == expected
    assert bt.trades(trades(is_buyer_maker=[False, True, False, True])) == expected
    assert bt.trades(trades()) != expected
    assert "4 trades without a known aggressor" in str(bt.trades(trades()).report)
    with pytest.raises(DataError, match='row 1, column "side": side "long" is not known'):
        bt.trades(trades(side=["buy", "long", "buy", "sell"]))
    with pytest.raises(DataError, match='side "7" is not known'):
        bt.trades(trades(side=[1, 7, 1, 1]))


def test_repeated_trades_are_counted() -> None:
    same = {"ts": [START] * 4, "px": [100.0] * 4, "qty": [1] * 4, "side": [1] * 4}
    (found,) = bt.trades(same).report.findings
    assert (found.severity, found.count) == ("note", 3)
    (found,) = bt.trades(same | {"id": [7, 7, 8, 9]}).report.findings
    assert (found.severity, found.count, found.rows) == ("warning", 1, [1])


def test_depth_starts_with_a_snapshot_or_says_that_it_does_not() -> None:
    with pytest.raises(DataError, match='pass book="build"'):
        bt.depth(depth())
    built = bt.depth(depth(), book="build")
    assert len(built) == 4
    marked = bt.depth(depth(snapshot=[True, False, False, False]))
    assert marked != built
    assert marked == bt.depth(depth(action=["snapshot", "update", "update", "update"]))
    with pytest.raises(DataError, match="the side of a level must be known"):
        bt.depth(depth(side=[1, 0, 1, -1]), book="build")
    with pytest.raises(DataError, match="missing: side"):
        bt.depth(trades(), book="build")
    with pytest.raises(ConfigError, match='did you mean "build"'):
        bt.depth(depth(), book="biuld")


def test_a_recorder_s_clock_is_refused_and_its_correction_offered() -> None:
    early = quotes(received=TIME - 1_271_234_567)
    with pytest.raises(DataError, match=r'by about 1.27s \(median\).*shift_received="1.3s"'):
        bt.quotes(early)
    shifted = bt.quotes(early, shift_received="1.3s")
    assert shifted == bt.quotes(quotes(received=TIME - 1_271_234_567 + 1_300_000_000))
    with pytest.raises(ConfigError, match="say when each row was received"):
        bt.quotes(early, feed_latency="1ms", shift_received="1.3s")


def test_messages_do_not_overtake() -> None:
    late = TIME + np.array([0, 9_000, 100, 200])
    held = bt.quotes(quotes(received=late))
    assert held == bt.quotes(quotes(received=np.maximum.accumulate(late)))
    assert "messages do not overtake" in str(held.report)


def test_receive_times_alone_are_moved_back_by_the_latency() -> None:
    alone = quotes()
    alone["ts_recv"] = alone.pop("ts") + 5_000
    data = bt.quotes(alone, feed_latency=5_000)
    assert data == bt.quotes(quotes(), feed_latency=5_000)
    assert "only receive times are known" in str(data.report)
    empty = quotes(ts_recv=TIME, ts=[None] * 4)
    assert bt.quotes(empty) == bt.quotes(quotes())
