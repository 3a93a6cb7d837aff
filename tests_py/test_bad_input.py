"""What a user gets wrong, and what they are told: the class, the field, the value, what is allowed.

Numbers, names and hooks have tests beside their own concept; here is what concerns orders, settings
and the moments at which a call can be answered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scripted import (
    ABC,
    CONTRACT,
    MS,
    START,
    Script,
    buy,
    quotes,
    run,
    trades,
)

import barter_python as bt

TOP = (0, 100.00, 12, 100.10, 50)
QUIET = quotes(TOP, (100, *TOP[1:]))
CONTRACTS = quotes(TOP, (100, *TOP[1:]), instrument=CONTRACT)
NOW = "2023-11-15T00:00:00.001Z"


def at_1(act, *before, data=QUIET, **settings):
    """Does `act` a ms after the start, `before` at the start."""
    return run(data, *((0, one) for one in before), (1, act), **settings)


def ordered(side: str, **words: Any):
    return lambda context: context.submit(ABC, side, 1, **words)


# Words that no order can have together. (More of them are in test_orders.py.)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"post_only": True, "trigger": 101}, "post_only needs a limit: a market order always"),
        ({"limit": 99, "post_only": True, "time_in_force": "fok"}, '"fok" only takes'),
        (
            {"limit": 99, "time_in_force": "fok", "expire": 2**62},
            'expire needs time_in_force "gtd"',
        ),
        (
            {"limit": 99, "time_in_force": "gtc", "expire": 2**62},
            'expire needs time_in_force "gtd"',
        ),
        ({"time_in_force": "gtd", "expire": 2**62}, "expire needs a limit or a trigger"),
        ({"trigger": 101, "time_in_force": "gtd"}, "needs expire"),
        ({"trigger": 101, "trail": 1}, "give one of trigger, if_touched and trail"),
        ({"if_touched": 101, "trail": 1}, "give one of trigger, if_touched and trail"),
        ({"trail": "-1%"}, "trail must be between 0% and 100%"),
        ({"trail": "1,5%"}, 'trail: number text "1,5" not understood; write it like "1.5"'),
        ({"trail": 0.001}, "trail 0.001 is not a multiple of tick 0.01; nearest 0, 0.01"),
        ({"limit": 99, "expire": START}, f"expire must lie after now, {NOW}, got 2023-11-15T00:00"),
        ({"limit": 99, "expire": START + MS}, f"expire must lie after now, {NOW}, got {NOW}"),
        ({"limit": 99, "expire": "2019-01-01T00:00Z"}, f"after now, {NOW}, got 2019-01-01T00:00:0"),
        ({"limit": 99, "expire": -5}, "expire: time out of range; allowed is 1970 to 2262, got -5"),
        ({"limit": 99, "expire": "2030-01-01"}, 'expire: time "2030-01-01" has no zone'),
        ({"limit": 99, "expire": datetime(2030, 1, 1)}, "expire: naive time 2030-01-01 00:00:00"),
        ({"limit": 99, "expire": 1_900_000_000}, "expire: 1900000000 looks like seconds"),
        ({"limit": 99, "expire": np.datetime64("NaT")}, "expire: time out of range.*NaT"),
        ({"limit": 99, "expire": np.datetime64("2600-01-01")}, "1970 to 2262, got 2600-01-01"),
        ({"limit": 99, "time_in_force": "GTC"}, '"GTC" is not known, did you mean "gtc"'),
        ({"trigger": 101, "trigger_by": "index"}, '"index" is not known; allowed: "last", "mark"'),
    ],
)
def test_words_that_contradict_each_other_or_the_clock(words, said):
    with pytest.raises((bt.OrderError, bt.ConfigError), match=said):
        at_1(ordered("buy", **words))


@pytest.mark.parametrize("value", [90_000_000_000, 9e10, Decimal("9e10"), "90_000_000_000"])
@pytest.mark.parametrize("what", ["quantity", "limit"])
def test_a_number_on_its_step_that_is_too_large_is_out_of_range(what, value):
    exact = bt.Instrument("ABC/USD", tick="0.00000001", lot="0.00000001")
    columns = {key: [1.0] for key in ("open", "high", "low", "close")}
    data = bt.candles({"time": [0], **columns}, instrument=exact, unit="s", every="1m")

    class Buys(bt.Strategy):
        def on_candle(self, context, candle):
            context.buy(exact, **({"quantity": 1, "limit": 1} | {what: value}))

    with pytest.raises(bt.OrderError, match=f"^{what} 9.* is out of range$"):
        bt.backtest(data, Buys, cash="1000 usd")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ({"expire": True}, "expire"),
        ({"expire": 1.5}, "expire"),
        ({"expire": timedelta(seconds=3)}, "expire"),
        ({"trail": True}, "trail"),
        ({"trail": Fraction(1, 2)}, "trail"),
        ({"trigger": False}, "trigger"),
        ({"if_touched": b"99"}, "if_touched"),
        ({"stop": True}, "stop"),
        ({"target": [101]}, "target"),
        ({"time_in_force": 1}, "time_in_force"),
        ({"post_only": 1}, "post_only"),
        ({"reduce_only": None}, "reduce_only"),
        ({"self_trade": 1}, "self_trade"),
        ({"trigger_by": 1}, "trigger_by"),
        ({"tif": "ioc"}, "tif"),
        ({"price": 99}, "price"),
    ],
)
def test_a_word_of_the_wrong_type_names_itself(words, what):
    with pytest.raises(TypeError) as caught:
        at_1(ordered("buy", limit=99, **words))
    said = " ".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert what in said


@pytest.mark.parametrize("word", ["limit", "trigger", "if_touched", "trail", "stop", "target"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "must be finite, got nan"),
        (Decimal("-Infinity"), "must be finite"),
        (0, "must be > 0, got 0"),
        (-1, "must be > 0, got -1"),
        ("100.005", r"is not a multiple of tick 0\.01; nearest 100, 100\.01"),
        ("1,5", 'number text "1,5" not understood; write it like "1.5"'),
        (Decimal("1e1000000"), "out of range"),
        ("9" * 5000, "out of range"),
    ],
)
def test_every_price_of_an_order_is_checked_and_named(word, value, said):
    words = {"limit": 99} if word in ("stop", "target") else {}
    with pytest.raises(bt.OrderError, match=f"^{word}.*{said}") as caught:
        at_1(ordered("buy", **words | {word: value}))
    assert len(str(caught.value)) < 200


# Prices on the wrong side.


@pytest.mark.parametrize(
    ("side", "words", "said"),
    [
        ("buy", {"limit": 100, "stop": 100}, "to sell, limit must lie above stop, got 100 and 100"),
        ("buy", {"limit": 100, "stop": 101}, "to sell, limit must lie above stop"),
        ("buy", {"limit": 100, "target": 99}, "to sell, target must lie above limit"),
        ("buy", {"stop": 100, "target": 99}, "to sell, target must lie above stop"),
        ("buy", {"trigger": 102, "target": 101}, "target must lie above the price it waits for"),
        ("sell", {"limit": 100, "stop": 99}, "to buy, limit must lie below stop, got 100 and 99"),
        ("sell", {"limit": 100, "target": 101}, "to buy, target must lie below limit"),
        ("sell", {"stop": 99, "target": 100}, "to buy, target must lie below stop"),
    ],
)
def test_exits_lie_on_either_side_of_their_entry(side, words, said):
    with pytest.raises(bt.OrderError, match=said):
        at_1(ordered(side, **words))


@pytest.mark.parametrize(
    ("side", "limit", "trigger"),
    [("sell", 95, 110), ("sell", 95, 95), ("buy", 110, 95), ("buy", 95, 95)],
)
def test_the_legs_of_a_pair_lie_on_either_side_of_the_market(side, limit, trigger):
    word = "above" if side == "sell" else "below"
    said = f"to {side}, limit must lie {word} trigger, got {limit} and {trigger}"
    with pytest.raises(bt.OrderError, match=said):
        at_1(lambda c: c.oco(ABC, side, 1, limit=limit, trigger=trigger))


@pytest.mark.parametrize("words", [{"trigger": 99}, {"if_touched": 101}])
def test_a_trigger_that_is_met_already_is_an_answer_of_the_venue(words):
    """Where the market stands is no matter of words: the same order is good a little later."""
    ran = at_1(ordered("buy", **words))
    assert ran.status() == ("rejected", "would_trigger")


# Orders that are not there any more.

PROBES = [
    (lambda c: c.amend(7, quantity=1), "unknown order 7; 1 were sent so far"),
    (lambda c: c.amend(0, quantity=1), "unknown order 0"),
    (lambda c: c.cancel(-3), "unknown order -3"),
    (lambda c: c.cancel(2**40), f"unknown order {2**40}"),
    (lambda c: c.cancel(10**5000), "unknown order"),
    (lambda c: c.amend(np.int64(9), quantity=1), "unknown order 9"),
    (lambda c: c.cancel_all("ABD/USD"), 'unknown instrument "ABD/USD", did you mean "ABC/USD"'),
    (lambda c: c.amend(1), "amend: give a quantity, a limit or a trigger"),
    (lambda c: c.amend(1, quantity="1,5"), 'quantity: number text "1,5"'),
    (lambda c: c.amend(1, limit=90.001), "limit 90.001 is not a multiple of tick 0.01"),
    (lambda c: c.amend(1, trigger=99), "the order has no trigger to amend"),
]


@pytest.mark.parametrize(("act", "said"), PROBES)
def test_a_change_of_what_cannot_be_changed(act, said):
    with pytest.raises(bt.OrderError, match=said):
        at_1(act, buy(5, 90))


def test_the_trigger_of_a_trailing_stop_is_not_ours_to_move():
    with pytest.raises(bt.OrderError, match="moves by itself"):
        at_1(lambda c: c.amend(1, trigger=99), buy(1, trail=1))


@pytest.mark.parametrize(
    ("before", "status"),
    [
        (buy(500, 90), "denied"),
        (buy(1), "filled"),
        (buy(1, 100.10, post_only=True), "rejected"),
        (buy(90, 100.10, time_in_force="fok"), "denied"),
        (buy(1, 99, time_in_force="ioc"), "cancelled"),
    ],
)
def test_an_order_that_has_ended_is_neither_cancelled_nor_amended(before, status):
    def change(context):
        return context.cancel(1), context.amend(1, quantity=2), context.order(1).status

    assert at_1(change, before).strategy.returned[-1] == (False, False, status)


def test_a_number_of_an_order_may_come_out_of_a_table():
    assert at_1(lambda c: c.cancel(np.uint32(1)), buy(5, 90)).strategy.returned[-1] is True


def test_the_order_of_another_run_is_unknown():
    """Numbers belong to a run."""
    ran = at_1(buy(1, 90), buy(1, 90))
    with pytest.raises(bt.OrderError, match="unknown order 2; 0 were sent so far"):
        at_1(lambda c: c.cancel(ran.strategy.returned[-1]))


# A malformed call is as if it had not been made.


class Malformed(Script):
    """Makes calls that fail around each of its acts, if `careless`."""

    def __init__(self, actions, careless):
        super().__init__(actions)
        self.careless, self.failed = careless, 0

    def on_timer(self, context, timer):
        self.fail(context)
        super().on_timer(context, timer)
        self.fail(context)

    def on_fill(self, context, fill):
        self.fail(context)
        super().on_fill(context, fill)

    def fail(self, context):
        calls = [
            lambda: context.buy(ABC, 1, limit=90, stop=95),
            lambda: context.buy(ABC, 1, limit=90, stop=80, target="1,5"),
            lambda: context.buy(ABC, 1, limit=90, expire=1),
            lambda: context.buy(ABC, 0.5),
            lambda: context.oco(ABC, "sell", 1, limit=95, trigger=99),
            lambda: context.oco(ABC, "sell", 1, limit=110, trigger=95, stop_limit=0),
            lambda: context.amend(1, quantity=3, limit=90.001),
            lambda: context.amend(999, quantity=3),
            lambda: context.cancel(999),
            lambda: context.cancel_all("XYZ"),
            lambda: context.target(ABC, "x"),
            lambda: context.close("XYZ"),
            lambda: context.set_timer(every=0),
            lambda: context.set_timer(at=START - 1),
            lambda: context.set_timer(after="1ms", at=START),
        ]
        for call in calls if self.careless else ():
            with pytest.raises((bt.OrderError, bt.ConfigError)):
                call()
            self.failed += 1


def test_a_malformed_call_that_is_caught_leaves_no_trace():
    acts = [
        (0, buy(3, 100)),
        (2, lambda c: c.buy(ABC, 1, limit=100.10, stop=95, target=104)),
        (6, lambda c: c.amend(1, quantity=2)),
        (20, lambda c: c.cancel_all()),
    ]
    data = QUIET + trades((5, "sell", 99.99, 1), (9, "sell", 99.99, 3), (12, "buy", 105, 9))
    clean, careless = (run(data, strategy=Malformed(acts, careless)) for careless in (False, True))
    assert careless.strategy.failed > 100
    assert careless.digest == clean.digest
    assert careless.strategy.told == clean.strategy.told
    assert careless.strategy.returned == clean.strategy.returned
    assert careless.result.summary.orders == 4
