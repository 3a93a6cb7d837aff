"""Settings of a run that are out of range, contradict each other or are of the wrong type."""

from __future__ import annotations

import json
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scripted import ABC, START, buy, ns, quotes, run, trades

import barter_python as bt

TOP = (0, 100.00, 12, 100.10, 50)
QUIET = quotes(TOP, (100, *TOP[1:]))


def said(error: BaseException) -> str:
    """The message with its notes."""
    return " ".join([str(error), *getattr(error, "__notes__", ())])


# The exchange.


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"fees": 5}, 'got 5, which is 500%; a rate of 0.05% is "0.05%" or 0.0005'),
        ({"fees": "500%"}, "fees: maker must be between -10% and 10%, got 5"),
        ({"fees": (0.001, 2)}, "fees: taker must be between -10% and 10%, got 2"),
        ({"fees": ("0.1%",)}, r"fees must be one rate or a pair \(maker, taker\), got .*0.1%"),
        ({"fees": [1, 2, 3]}, r"fees must be one rate or a pair \(maker, taker\), got \[1, 2, 3\]"),
        ({"fees": "0,1%"}, 'fees: maker: number text "0,1" not understood'),
        ({"fees": float("nan")}, "fees: maker must be finite, got nan"),
        ({"fees": Decimal("1e1000000")}, "fees: maker: number .* out of range"),
        ({"leverage": 0}, "leverage must be between 1 and 500, got 0"),
        ({"leverage": -1}, "leverage must be between 1 and 500, got -1"),
        ({"leverage": 1000}, "got 1000"),
        ({"leverage": 2**200}, "leverage must be between 1 and 500, got 1606938"),
        ({"leverage": 10**5000}, "leverage must be between 1 and 500, got more"),
        ({"account": "cash", "leverage": 3}, "a cash account has none"),
        ({"account": "margin"}, '"margin" is not known; allowed: "cash", "linear"'),
        ({"account": "Cash"}, 'did you mean "cash"'),
        ({"latency": -1}, "latency must be >= 0, got -1ns"),
        ({"latency": ("1ms", "-2ms")}, "latency back must be >= 0, got -2ms"),
        ({"latency": "20"}, "write a number and one of ns, us, ms"),
        ({"latency": 2**63}, "out of range"),
        ({"latency": np.timedelta64(300_000, "D")}, "out of range .*, got 300000 days"),
        ({"latency": np.timedelta64("NaT")}, "out of range .*, got NaT"),
        ({"max_slippage": 5}, 'got 5, which is 500%; 5% is "5%" or 0.05'),
        ({"max_slippage": -0.1}, "max_slippage must be between 0% and 100%, got -0.1"),
        ({"participation": 10}, "participation must be > 0% and <= 100%, got 10, which is 1000%"),
        ({"half_spread": True}, "half_spread must be ticks, an int, got True"),
        ({"self_trade": "off"}, 'allowed: "expire_taker"'),
        ({"path": "hihg_first"}, 'did you mean "high_first"'),
        ({"touch": "yes"}, 'allowed: "pass", "fill"'),
    ],
)
def test_a_setting_out_of_range_is_one_of_configuration(setting, text):
    with pytest.raises(bt.ConfigError, match=text) as caught:
        bt.SimulatedExchange(**setting)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "setting",
    [
        {"fees": True}, {"fees": Fraction(1, 1000)}, {"fees": {"maker": 1}}, {"leverage": True},
        {"leverage": 1.5}, {"leverage": "3"}, {"leverage": np.True_}, {"latency": 1.5},
        {"latency": True}, {"queue": None}, {"path": 1}, {"self_trade": None}, {"account": 1},
        {"allow_immediate": "x"}, {"gap_improvement": 1}, {"max_slippage": True},
        {"participation": Fraction(1, 2)}, {"comission": 1}, {"fee": 1},
    ],
)  # fmt: skip
def test_a_setting_of_the_wrong_type_names_itself(setting):
    with pytest.raises(TypeError) as caught:
        bt.SimulatedExchange(**setting)
    assert next(iter(setting)) in said(caught.value)


@pytest.mark.parametrize("three", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_may_come_from_numpy(three):
    assert bt.SimulatedExchange(leverage=three) == bt.SimulatedExchange(leverage=3)
    assert run(QUIET, seed=three).digest == run(QUIET, seed=3).digest


@pytest.mark.parametrize(
    ("fees", "error", "text"),
    [
        ({"tiers": 5}, bt.ConfigError, r"rows of \(notional from, maker, taker\), got 5"),
        ({"tiers": [(0,)]}, bt.ConfigError, r"rows of \(notional from, maker, taker\)"),
        ({"tiers": [(0, 5, 5)]}, bt.ConfigError, "got 5, which is 500%"),
        ({"flat": float("inf")}, bt.ConfigError, "fees: flat must be finite, got inf"),
        ({"flat": "1,5"}, bt.ConfigError, 'fees: flat: number text "1,5"'),
        ({"flat": True}, TypeError, "fees: flat must be a number or text, got bool"),
        ({"maker": 0, "asset": "a\0", "price": 1}, bt.ConfigError, 'fees: asset "a.0" must have 1'),
        ({"maker": 0, "asset": "x" * 10**6, "price": 1}, bt.ConfigError, "1 to 64 printable"),
    ],
)
def test_fees_say_which_part_is_wrong(fees, error, text):
    with pytest.raises(error, match=text) as caught:
        bt.Fees(**fees)
    assert len(str(caught.value)) < 300


# The run.


@pytest.mark.parametrize(
    ("setting", "error", "text"),
    [
        ({"seed": -1}, bt.ConfigError, "seed must be between 0 and 18446744073709551615, got -1"),
        ({"seed": 2**200}, bt.ConfigError, "seed must be between 0 and"),
        ({"seed": 1.5}, TypeError, "seed must be an int, got float"),
        ({"seed": True}, TypeError, "seed must be an int, got bool"),
        ({"equity_every": 0}, bt.ConfigError, "equity_every must be > 0, got 0 ns"),
        ({"equity_every": 1}, bt.ConfigError, "at most 20000000"),
        ({"progress": 5}, TypeError, "progress must be callable, got int"),
        ({"start": "2024-01-01"}, bt.ConfigError, "start: time .* has no zone"),
        ({"start": ns(50), "end": ns(10)}, bt.ConfigError, r"end, .*0\.01Z, must be after start"),
        ({"start": ns(200)}, bt.ConfigError, "no row lies between start and end; the data go from"),
        ({"exchange": bt.SimulatedExchange}, TypeError, "SimulatedExchange"),
        ({"commission": 1}, TypeError, "commission"),
        ({"cash": float("nan")}, bt.ConfigError, "cash must be finite, got nan"),
        ({"cash": {"USD": 1e300}}, bt.ConfigError, "cash: number .* out of range"),
        ({"cash": "1,5 usd"}, bt.ConfigError, 'cash "1,5 usd" not understood; write it like'),
        ({"cash": "-1 usd"}, bt.ConfigError, "cash must be > 0 .*, got -1 USD"),
        ({"cash": "5 eur"}, bt.ConfigError, 'no instrument trades "eur".*quoted in USD'),
        ({"cash": {}}, bt.ConfigError, "cash is missing"),
        ({"cash": None}, TypeError, "cash must be a number or text, got NoneType"),
        ({"cash": True}, TypeError, "cash must be a number or text, got bool"),
    ],
)
def test_an_argument_of_a_run_is_named(setting, error, text):
    with pytest.raises(error, match=text):
        bt.backtest(QUIET, bt.Strategy(), **{"cash": "1000 USD"} | setting)


def test_one_name_with_two_rules_shows_both():
    other = trades((0, "buy", 1, 1), instrument=bt.Instrument("ABC/USD", tick=1, lot=2))
    with pytest.raises(bt.ConfigError, match=r'"ABC/USD" is given twice.*tick 0\.01, lot 1 and ti'):
        run([QUIET, other])
    with pytest.raises(bt.ConfigError, match='"ABC/USD" has two sources of quotes'):
        run([QUIET, QUIET])


# Names.

HOSTILE = ["<script>alert(1)</script>", "=cmd()", "😀", "../x", 'a,b"c', "@x", "-1+1"]


@pytest.mark.parametrize("field", ["name", "base", "quote"])
@pytest.mark.parametrize("wrong", ["A\0B", "A\nB", "\x1b[31m", "x" * 65, "x" * 10**6])
def test_a_name_is_short_and_printable(field, wrong):
    words: dict[str, Any] = {"name": "A/B", "tick": 1, "lot": 1} | {field: wrong}
    with pytest.raises(bt.ConfigError, match=f"instrument: {field} .* 1 to 64 printable") as caught:
        bt.Instrument(**words)
    assert len(str(caught.value)) < 500
    assert "\0" not in str(caught.value)


def test_nothing_is_paid_for_with_itself():
    with pytest.raises(bt.ConfigError, match='base and quote are both "USD"'):
        bt.Instrument("PAIR", tick=1, lot=1, base="usd", quote="USD")


class Buys(bt.Strategy):
    def on_quote(self, context, quote):
        context.buy(quote.instrument, 1)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_printable_name_comes_out_as_it_went_in(name):
    thing = bt.Instrument(name, base=name + "b", quote=name + "q", tick="0.01", lot=1)
    data = quotes(TOP, (100, *TOP[1:]), instrument=thing)
    result = bt.backtest(data, Buys(), cash={name + "q": 1000})
    assert json.loads(result.summary.to_json())["instruments"] == [name]
    assert {asset for asset, _ in result.balances} == {name + "b", name + "q"}
    for shown in (result._repr_html_(), data._repr_html_()):
        assert "<script>alert" not in shown
    assert eval(repr(thing), {"Instrument": bt.Instrument}) == thing


# Timers.


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        ({"every": 0}, bt.ConfigError, "every must be > 0, got 0 ns"),
        ({"every": "0s"}, bt.ConfigError, "every must be > 0, got 0 ns"),
        ({"every": -5}, bt.ConfigError, "every must be > 0, got -5 ns"),
        ({"after": -1}, bt.OrderError, "timer at .*0.000999999Z lies before now, .*0.001Z"),
        ({"at": START}, bt.OrderError, "timer at 2023-11-15T00:00:00Z lies before now"),
        ({"after": "5"}, bt.ConfigError, 'after: span "5" not understood'),
        ({"after": np.timedelta64("NaT")}, bt.ConfigError, "after: the span is out of range.*NaT"),
        ({"after": np.timedelta64(300_000, "D")}, bt.ConfigError, "after: the span is out of ran"),
        ({"after": 1.5}, TypeError, "after must be text"),
        ({}, bt.ConfigError, "give at or after, or every"),
    ],
)
def test_a_timer_that_cannot_be_says_why(words, error, text):
    with pytest.raises(error, match=text):
        run(QUIET, (1, lambda context: context.set_timer(**words)))


def test_timers_that_wait_are_limited():
    def many(context):
        for _ in range(1_000_001):
            context.set_timer(after=3_600_000_000_000)

    with pytest.raises(bt.StateError, match="at most 1000000 timers may wait at one time"):
        run(QUIET, (1, many))


# What hooks return.


def test_what_a_hook_returns_is_ignored():
    """So that a hook may be one expression."""

    class Returns(bt.Strategy):
        def on_quote(self, context, quote):
            return context.buy(ABC, 1)

        def on_order(self, context, order):
            return StopIteration

    class Silent(bt.Strategy):
        def on_quote(self, context, quote):
            context.buy(ABC, 1)

    results = [bt.backtest(QUIET, one(), cash="1000 USD") for one in (Returns, Silent)]
    assert results[0].digest == results[1].digest


def test_a_coroutine_that_nobody_awaits_is_warned_of_by_python():
    async def later():
        pass

    class Forgets(bt.Strategy):
        def on_quote(self, context, quote):
            return later()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bt.backtest(QUIET, Forgets(), cash="1000 USD")
    assert any("never awaited" in str(one.message) for one in caught)


# Very large numbers that an instrument can have.


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("account", ["cash", "linear"])
@pytest.mark.parametrize("quantity", [9 * 10**15, 92 * 10**17, 2**63 - 1])
def test_the_largest_quantities_are_refused_or_denied_and_never_break_the_engine(
    side, account, quantity
):
    refused = []

    def tried(call, *given, **words):
        try:
            call(ABC, *given, **words)
        except bt.OrderError as error:
            refused.append(str(error))

    def act(context):
        for words in ({}, {"limit": 100}, {"trigger": 101 if side == "buy" else 99}, {"trail": 1}):
            for _ in range(3):
                tried(context.submit, side, quantity, **words)
        for target in (quantity, -quantity, -(2**63)):
            tried(context.target, target)

    data = QUIET + trades((5, "buy", 102, 1), (6, "sell", 90, 1))
    ran = run(data, (0, buy(1)), (1, act), (7, act), account=account, cash="1000 USD")
    assert ran.balances["USD"] > 0
    assert all("out of range" in text for text in refused)
    assert all(order["filled"] <= 9 for order in ran.orders.values())


def test_rules_beyond_the_range_of_integers_bind_nobody():
    wide = bt.Instrument(
        "ABC/USD", tick="0.01", lot="0.00000001", max_price=10**25, max_quantity=10**25,
        market_max_quantity=10**25, max_position=10**25, max_notional=10**27,
    )  # fmt: skip
    data = quotes(TOP, (100, *TOP[1:]), instrument=wide)
    ran = run(data, (0, buy(1)), (1, buy(1, 90)))
    assert [ran.status(1)[0], ran.status(2)[0]] == ["filled", "open"]
