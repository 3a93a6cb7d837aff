"""Exits of an entry, its stop and its target: worked examples, and the law that they obey.

They close what the entry fills, as it fills: never more, and never less for being early. The stop
has the number after the entry's, the target the one after that.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_markets import PERPETUAL, Market, markets
from scripted import ABC, CONTRACT, MS, cancel, candles, ns, pairs, quotes, run, trades

import barter_python as bt

# An entry that buys 5 at 100 with a stop at 95 and a target at 104 is filled by sells below 100,
# its target by buys above 104. A buy below 95 fires the stop and fills nothing; what that sells
# gets the bid.
QUIET = quotes((0, 99.00, 50, 101.00, 50), (100, 99.00, 50, 101.00, 50))
DEEP = quotes((0, 99.00, 50, 101.00, 50), (7, 94.00, 50, 101.00, 50), (100, 94.00, 50, 101.00, 50))
# Somebody always bids more than the entry, so its stop never meets it.
HIGH = quotes((0, 100.05, 50, 101.00, 50), (100, 100.05, 50, 101.00, 50))


def enter(**words: Any):
    exits = {"limit": 100, "stop": 95, "target": 104} | words
    return lambda context: context.buy(ABC, 5, **exits)


def terms(*orders: int):
    """Status, quantity and filled quantity of each."""

    def look(context: bt.Context) -> list[tuple]:
        found = [context.order(order) for order in orders]
        return [(one.status.value, one.quantity, one.filled) for one in found]

    return look


def told(ran: Any, order: int) -> list[tuple[float, str]]:
    return [(when, what) for when, what, of in ran.strategy.told if of == order]


def test_a_target_that_was_full_grows_with_the_next_fill_of_its_entry():
    prints = trades(
        (3, "sell", 99.99, 2), (5, "buy", 105, 9), (8, "sell", 99.99, 3), (10, "buy", 105, 9)
    )
    ran = run(QUIET + prints, (0, enter()), (6, terms(1, 2, 3)), (9, terms(1, 2, 3)))
    assert ran.strategy.returned[1:] == [
        [("part_filled", 5, 2), ("open", 0, 0), ("part_filled", 2, 2)],
        [("filled", 5, 5), ("open", 3, 0), ("part_filled", 5, 2)],
    ]
    assert ran.fills == pairs("2 @ 100, 2 @ 104, 3 @ 100, 3 @ 104")
    assert ran.status(3) == ("filled", None)
    assert ran.status(2) == ("cancelled", "oco")
    assert ran.balances["ABC"] == 0


def test_a_stop_that_has_fired_protects_the_next_fill_at_its_price_again():
    prints = trades(
        (3, "sell", 99.99, 2), (8, "buy", 94.90, 1), (10, "sell", 99.99, 3), (12, "buy", 94.80, 1)
    )
    ran = run(HIGH + prints, (0, enter()), (9, terms(1, 2, 3)), (11, terms(1, 2, 3)))
    assert ran.strategy.returned[1:] == [
        [("part_filled", 5, 2), ("part_filled", 2, 2), ("open", 0, 0)],
        [("filled", 5, 5), ("part_filled", 5, 2), ("open", 3, 0)],
    ]
    assert ran.fills == pairs("2 @ 100, 2 @ 100.05, 3 @ 100, 3 @ 100.05")
    assert ran.times == [3, 8, 10, 12]
    assert ran.status(2) == ("filled", None)
    assert ran.status(3) == ("cancelled", "oco")


def test_what_is_filled_beyond_the_stop_leaves_at_once():
    prints = trades((3, "sell", 99.99, 2), (8, "buy", 94.90, 1), (10, "sell", 89.90, 3))
    ran = run(DEEP + prints, (0, enter(target=None)), (4, lambda c: c.amend(1, limit=90)))
    assert ran.fills == pairs("2 @ 100, 2 @ 94, 3 @ 90, 3 @ 94")
    assert ran.times == [3, 8, 10, 10]
    assert ran.status(2) == ("filled", None)


MODES = ["expire_taker", "expire_maker", "expire_both", "decrement", "none"]


@pytest.mark.parametrize("mode", MODES)
def test_a_stop_that_meets_its_own_entry_ends_it_and_goes_on(mode):
    prints = trades((3, "sell", 99.99, 2), (8, "buy", 94.90, 1), (10, "sell", 99.99, 3))
    ran = run(DEEP + prints, (0, enter(self_trade=mode)))
    assert ran.fills == pairs("2 @ 100, 2 @ 94")
    assert ran.status(1) == ("cancelled", "self_trade")
    assert ran.status(2) == ("filled", None)
    assert ran.status(3) == ("cancelled", "oco")


@pytest.mark.parametrize("ends", [cancel(1), lambda c: c.amend(1, quantity=2)])
def test_exits_with_nothing_left_end_with_their_entry(ends):
    prints = trades((3, "sell", 99.99, 2), (5, "buy", 105, 9))
    ran = run(QUIET + prints, (0, enter()), (6, ends))
    assert told(ran, 3)[-1] == (6, "filled")
    assert told(ran, 2)[-1] == (6, "cancelled")
    assert ran.status(1) == ("cancelled", "user")
    assert ran.status(2) == ("cancelled", "oco")
    assert ran.status(3) == ("filled", None)


def test_exits_with_nothing_left_end_when_their_entry_expires():
    prints = trades((3, "sell", 99.99, 2), (5, "buy", 105, 9))
    ran = run(QUIET + prints, (0, enter(expire=ns(6))))
    assert ran.status(1) == ("expired", "expired")
    assert [ran.status(exit_)[0] for exit_ in (2, 3)] == ["cancelled", "filled"]


def test_exits_that_have_closed_in_parts_are_both_filled():
    prints = trades((3, "sell", 99.99, 2), (5, "buy", 105, 1), (8, "buy", 94.90, 1))
    ran = run(HIGH + prints, (0, enter()), (9, cancel(1)))
    assert ran.fills == pairs("2 @ 100, 1 @ 104, 1 @ 100.05")
    assert ran.status(2) == ran.status(3) == ("filled", None)
    assert [ran.orders[exit_]["quantity"] for exit_ in (2, 3)] == [1, 1]


def test_exits_wait_where_the_data_end():
    prints = trades((3, "sell", 99.99, 2), (5, "buy", 105, 9))
    ran = run(QUIET + prints, (0, enter()))
    assert [ran.status(order)[0] for order in (1, 2, 3)] == ["part_filled", "open", "part_filled"]
    assert "filled" not in [what for _, what in told(ran, 3)]


@pytest.mark.parametrize("when", [4, 6])
def test_an_exit_that_was_cancelled_stays_so_and_the_other_one_lives_on(when):
    # Once while it has something to close, once while it has not.
    prints = trades(
        (3, "sell", 99.99, 2), (5, "buy", 105, 9), (8, "sell", 99.99, 3), (10, "buy", 105, 9)
    )
    ran = run(QUIET + prints, (0, enter()), (when, cancel(2)))
    assert ran.status(2) == ("cancelled", "user")
    assert ran.fills == pairs("2 @ 100, 2 @ 104, 3 @ 100, 3 @ 104")
    assert ran.status(3) == ("filled", None)


def test_an_exit_with_nothing_left_keeps_its_terms():
    prints = trades((3, "sell", 99.99, 2), (5, "buy", 105, 9), (8, "sell", 99.99, 3))
    ran = run(QUIET + prints, (0, enter()), (6, lambda c: c.amend(2, trigger=96)))
    assert ran.result.summary.changes_refused["not_amendable"] == 1
    assert ran.status(2) == ("open", None)
    assert ran.orders[2]["quantity"] == 3


def test_an_exit_may_be_amended_while_it_has_something_to_close():
    prints = trades(
        (3, "sell", 99.99, 2), (5, "buy", 105, 9), (8, "sell", 99.99, 3), (10, "buy", 103, 9)
    )
    ran = run(QUIET + prints, (0, enter()), (4, lambda c: c.amend(3, limit=102)))
    assert ran.fills == pairs("2 @ 100, 2 @ 102, 3 @ 100, 3 @ 102")


def test_exits_hold_their_money_once():
    def locked(context: bt.Context) -> tuple[float, float]:
        return context.balance("ABC").locked, context.balance("ABC").free

    prints = trades((3, "sell", 99.99, 2), (5, "buy", 105, 9), (8, "sell", 99.99, 3))
    ran = run(QUIET + prints, (0, enter()), (4, locked), (6, locked), (9, locked))
    assert ran.strategy.returned[1:] == [(2, 0), (0, 0), (3, 0)]


def test_exits_close_what_a_fee_in_base_leaves():
    """Of 2 filled 1.9984 are received, of 5 in all 4.996: one lot, then four."""
    prints = trades((3, "sell", 99.99, 2), (8, "sell", 99.99, 3), (10, "buy", 105, 9))
    fees = bt.Fees("0.08%", asset="base")
    looks = [(at, terms(2, 3)) for at in (4, 9)]
    ran = run(QUIET + prints, (0, enter()), *looks, fees=fees)
    assert ran.strategy.returned[1:] == [
        [("open", 1, 0), ("open", 1, 0)],
        [("open", 4, 0), ("open", 4, 0)],
    ]
    assert ran.fills == pairs("2 @ 100, 3 @ 100, 4 @ 104")


@pytest.mark.parametrize(("limit", "price"), [(100, 100), (None, 101)])
def test_exits_of_less_than_a_lot_end_with_their_entry(limit, price):
    """Of 1 filled 0.9992 are received, no lot: be it when the exits are there, or before."""
    prints = trades((3, "sell", 99.99, 1), (10, "buy", 105, 9))
    entry = (0, lambda c: c.buy(ABC, 1, limit=limit, stop=95, target=104))
    ran = run(QUIET + prints, entry, fees=bt.Fees("0.08%", asset="base"))
    assert ran.fills == pairs(f"1 @ {price}")
    assert [ran.status(order) for order in (2, 3)] == [("cancelled", "oco")] * 2


def test_a_short_entry_is_closed_by_buys():
    market = quotes((0, 99.00, 50, 101.00, 50), (100, 99, 50, 101, 50), instrument=CONTRACT)
    prints = trades(
        (3, "buy", 100.01, 2), (5, "sell", 95, 9), (8, "buy", 100.01, 3), (10, "sell", 95, 9),
        instrument=CONTRACT,
    )  # fmt: skip
    ran = run(
        market + prints,
        (0, lambda c: c.sell(CONTRACT, 5, limit=100, stop=106, target=96)),
        account="linear", fees=0, cash="100000 USD",
    )  # fmt: skip
    assert ran.fills == pairs("2 @ 100, 2 @ 96, 3 @ 100, 3 @ 96")
    assert ran.balances["USD"] == 100_020


def test_a_market_entry_that_fills_over_the_points_of_a_candle_keeps_its_stop():
    # Each point offers 2, the close 4. Bought are 2 at 100, 2 at 94, 1 at 101. The stop at 95 finds
    # nothing left on the way to 94, then gets what the entry leaves: 1 at 101, 4 at the close.
    bars = candles((100, 100, 100, 100, 10), (100, 101, 94, 101, 10), (101, 101, 101, 101, 80))
    ran = run(bars, (60_000, lambda c: c.buy(ABC, 5, stop=95)), path="low_first")
    assert ran.fills == pairs("2 @ 100, 2 @ 94, 1 @ 101, 1 @ 101, 4 @ 101")
    assert ran.status(2) == ("filled", None)
    assert ran.balances["ABC"] == 0


def test_the_strategy_hears_later_of_what_its_exits_have_become():
    prints = trades((3, "sell", 99.99, 2), (5, "buy", 105, 9), (8, "sell", 99.99, 3))
    ran = run(QUIET + prints, (0, enter()), (20, terms(2, 3)), latency=(0, "10ms"))
    assert told(ran, 3)[-2:] == [(15, "part_filled"), (18, "part_filled")]
    assert ran.strategy.returned[1] == [("open", 3, 0), ("part_filled", 5, 2)]


# What reaches the venue after what it depends on is over.

DRAWN = bt.Latency(new="uniform 1ms 30ms", back="1us")


@pytest.mark.parametrize("seed", range(20))
def test_a_stop_that_arrives_late_protects_what_was_filled(seed):
    ran = run(QUIET, (0, lambda c: c.buy(ABC, 5, stop=95, target=104)), latency=DRAWN, seed=seed)
    assert ran.fills == pairs("5 @ 101")
    assert [ran.status(order)[0] for order in (1, 2, 3)] == ["filled", "open", "open"]
    assert [ran.orders[exit_]["quantity"] for exit_ in (2, 3)] == [5, 5]


@pytest.mark.parametrize("seed", range(20))
def test_a_leg_that_arrives_late_loses_what_the_other_one_filled(seed):
    ran = run(
        QUIET, (0, lambda c: c.oco(ABC, "buy", 5, limit=101, trigger=105)), latency=DRAWN, seed=seed
    )
    assert ran.fills == pairs("5 @ 101")
    assert ran.status(2) == ("cancelled", "oco")


# The law.


class Entries(bt.Strategy):
    """Sends entries with exits, ends some of them early, and looks at all when all is quiet."""

    def __init__(self, unit: int, entries: list[tuple], *, looks: bool = True) -> None:
        super().__init__()
        self.unit, self.entries, self.looks = unit, entries, looks
        self.families: list[list[int]] = []

    def on_start(self, context: bt.Context) -> None:
        self.due = {context.set_timer(at=ns(one[0] * self.unit)): one for one in self.entries}
        # Between two rows everything that was caused has happened.
        context.set_timer(at=ns(self.unit / 2), every=self.unit * MS)

    def on_timer(self, context: bt.Context, timer: bt.Timer) -> None:
        if timer.id not in self.due:
            self.look(context)
            return
        _, side, kind, quantity, away, exits = self.due[timer.id]
        middle, sign = 2000, 1 if side == "buy" else -1
        price = middle + sign * away
        words: dict[str, Any] = {"market": {}, "trigger": {"trigger": price}}.get(
            kind, {"limit": price}
        )
        if kind == "ioc":
            words["time_in_force"] = "ioc"
        elif kind == "end" and self.families:
            context.cancel(self.families[-1][0])
            return
        words = {name: value * PERPETUAL.tick if name in ("limit", "trigger") else value
                 for name, value in words.items()}  # fmt: skip
        if kind == "market":
            price = middle
        below, above = (price - sign * 3) * PERPETUAL.tick, (price + sign * 3) * PERPETUAL.tick
        ends = {"stop": below, "target": above}
        ends = {name: ends[name] for name in exits}
        number = context.submit(PERPETUAL, side, quantity * PERPETUAL.lot, **words, **ends)
        self.families.append([number + at for at in range(1 + len(exits))])

    def on_fill(self, context: bt.Context, fill: bt.Fill) -> None:
        for parent, *exits in self.families:
            closed = sum(lots(context.order(one).filled) for one in exits)
            assert closed <= lots(context.order(parent).filled)

    def look(self, context: bt.Context) -> None:
        if not self.looks:
            return
        open_ = 0
        for numbers in self.families:
            entry, *exits = (context.order(number) for number in numbers)
            filled, closed = lots(entry.filled), sum(lots(one.filled) for one in exits)
            open_ += (filled - closed) * (1 if entry.side.value == "buy" else -1)
            if entry.status.value == "denied" or any(gone(one) for one in exits):
                continue
            for one in exits:
                asleep = one.status.value == "submitted"
                left = lots(one.leaves) if one.is_working and not asleep else 0
                assert closed + left == filled, (entry, exits)
                assert one.is_working or not entry.is_working
        assert lots(context.position(PERPETUAL).quantity) == open_


def lots(quantity: float) -> int:
    return round(quantity / float(PERPETUAL.lot))


def gone(exit_: bt.Order) -> bool:
    """True if it ended before it had closed what it had to: the market had no more, say."""
    return exit_.reason not in (None, "oco") and not exit_.is_working


entry_lists = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["buy", "sell"]),
        st.sampled_from(["limit", "limit", "limit", "market", "ioc", "trigger", "end"]),
        st.integers(1, 90),
        st.integers(-4, 4),
        st.sampled_from([("stop", "target"), ("stop",), ("target",)]),
    ),
    min_size=1,
    max_size=4,
)


@given(
    market=markets, entries=entry_lists,
    queue=st.sampled_from(["trades_only", "front"]),
    self_trade=st.sampled_from(["expire_taker", "none"]),
    path=st.sampled_from(["adverse", "high_first", "low_first"]),
)  # fmt: skip
def test_exits_close_what_their_entry_has_filled(
    market: Market, entries: list[tuple], queue: str, self_trade: str, path: str
) -> None:
    unit = 10_000 if market.candles else 10
    run(
        market.data(PERPETUAL), strategy=Entries(unit, entries), account="linear", fees=0,
        cash="100000000 USD", queue=queue, self_trade=self_trade, path=path,
        touch="fill" if queue == "front" else "pass", allow_immediate=True,
    )  # fmt: skip


@given(market=markets, entries=entry_lists, seed=st.integers(0, 99))
def test_exits_close_what_their_entry_has_filled_however_late_they_arrive(
    market: Market, entries: list[tuple], seed: int
) -> None:
    # Entries fill, and are over and told, before their exits are there.
    unit = 10_000 if market.candles else 10
    strategy = Entries(unit, entries, looks=False)
    late = bt.Latency(new=f"uniform 0ms {3 * unit}ms", back="1us")
    ran = run(
        market.data(PERPETUAL), strategy=strategy, account="linear", fees=0,
        cash="100000000 USD", allow_immediate=True, latency=late, seed=seed,
    )  # fmt: skip
    for parent, *exits in strategy.families:
        entry, rows = ran.orders[parent], [ran.orders[one] for one in exits]
        ends = {row["reason"] for row in rows}
        if ends - {None, "oco"} or "submitted" in {row["status"] for row in rows}:
            continue
        closed = sum(row["filled"] for row in rows)
        for row in rows:
            over = row["status"] in ("filled", "cancelled")
            left = 0 if over else row["quantity"] - row["filled"]
            assert closed + left == entry["filled"]
