"""The exchange does what a slow and obvious one does that was written from the rules alone."""

import sys
from collections import defaultdict
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from random_markets import LOT, PERPETUAL, TICK, level_markets
from scripted import ns, run

import barter_python as bt

sys.path.insert(0, str(Path(__file__).parent / "reference"))
from matching import replay

orders = st.lists(
    st.tuples(
        st.sampled_from([at / 128 for at in range(129)]),
        st.sampled_from(["market", "gtc", "gtc", "gtc", "ioc", "post", "cancel"]),
        st.integers(1, 90),
        st.integers(-8, 8),
    ),
    min_size=1,
    max_size=20,
)


class Sends(bt.Strategy):
    """Sends what it is given, all on one side."""

    def __init__(self, sent):
        super().__init__()
        self.sent = sent

    def on_start(self, context):
        self.due = {context.set_timer(at=ns(one[0])): one for one in self.sent}

    def on_timer(self, context, timer):
        _, kind, sign, quantity, limit = self.due[timer.id]
        side = "buy" if sign > 0 else "sell"
        if kind == "cancel":
            working = context.orders()
            if working:
                context.cancel(working[quantity % len(working)].id)
        elif kind == "market":
            context.submit(PERPETUAL, side, quantity * LOT)
        else:
            context.submit(
                PERPETUAL, side, quantity * LOT, limit=limit * TICK,
                time_in_force="ioc" if kind == "ioc" else "gtc", post_only=kind == "post",
            )  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    level_markets,
    orders,
    st.sampled_from([1, -1]),
    st.sampled_from(["trades_only", "front"]),
    st.sampled_from(["adverse", "nearer", "high_first", "low_first"]),
)
def test_fills_and_states_are_those_of_the_twin(market, given_orders, sign, queue, path):
    times = {int(when * market.end): rest for when, *rest in given_orders}  # one order at a time
    sent = [
        (ms, kind, sign, quantity, 2000 + offset)
        for ms, (kind, quantity, offset) in sorted(times.items())
    ]
    twin = replay(market, queue, path, sent)
    ran = run(
        market.data(PERPETUAL), strategy=Sends(sent), cash="100000000 USD",
        account="linear", queue=queue, path=path,
    )  # fmt: skip
    expected, found = defaultdict(int), defaultdict(int)
    for ms, number, price, quantity, liquidity in twin.fills:
        expected[round(ms, 5), number, price, liquidity] += quantity
    for ms, row in zip(ran.times, ran.fill_rows, strict=True):
        key = (round(ms, 5), row["order"], int(row["price"] / TICK), row["liquidity"])
        found[key] += int(row["quantity"] / LOT)
    assert dict(found) == dict(expected)
    assert [ran.status(one.number) for one in twin.orders] == [one.state for one in twin.orders]
