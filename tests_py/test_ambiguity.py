"""What candles leave open: which of two orders came first, and what that is worth."""

from decimal import Decimal

import pytest
from scripted import CONTRACT, MINUTE, START, buy, candles, exchange, quotes, rows, run, sell

import barter_python as bt

FLAT = (100,) * 4


def bars(*rows):
    return candles(*rows, instrument=CONTRACT)


def oco(quantity, **words):
    return lambda context: context.oco(CONTRACT, "sell", quantity, **words)


def linear(*bars_, actions, **settings):
    more = {"account": "linear", "fees": 0, "cash": "100000 USD"} | settings
    return run(bars(*bars_), *actions, **more)


LEGS = [(MINUTE, buy(1)), (MINUTE + 1, oco(1, limit=110, trigger=95))]


class Legs(bt.Strategy):
    """Buys one on the first candle, then takes a profit at `target` or stops at `stop`."""

    target = bt.param(110)
    stop = bt.param(95)

    def on_candle(self, context, candle):
        if not context.orders() and context.position(CONTRACT).quantity == 0:
            context.buy(CONTRACT, 1)

    def on_fill(self, context, fill):
        if fill.order == 1:
            context.oco(CONTRACT, "sell", 1, limit=self.target, trigger=self.stop)


def legs(strategy=Legs, bar=(100, 111, 94, 105), **settings):
    venue = exchange(**{"account": "linear", "fees": 0} | settings)
    data = bars(FLAT, FLAT, bar)
    return bt.backtest(data, strategy, cash="100000 USD", exchange=venue)


@pytest.mark.parametrize(
    ("path", "assumed"),
    [
        ("adverse", "low_first"), ("nearer", "low_first"),
        ("low_first", "low_first"), ("high_first", "high_first"),
    ],
)  # fmt: skip
def test_a_candle_that_reaches_both_legs_is_ambiguous(path, assumed):
    ran = linear(FLAT, FLAT, (100, 111, 94, 105), actions=LEGS, path=path)
    assert ran.result.summary.ambiguous == len(ran.result.ambiguous) == 1
    (row,) = rows(ran.result.ambiguous)
    assert row.pop("time").timestamp() == START / 1e9 + 120
    assert row == {
        "instrument": "ABC-PERP",
        "assumed": assumed,
        "at_high": "2",
        "at_low": "3",
        "high_first": "2 at 110; that ends 3",
        "low_first": "3 at 95; that ends 2",
        "either_or": True,
    }
    assert "1 candle" in repr(ran.result)


@pytest.mark.parametrize(
    "bar",
    [
        (100, 110, 94, 105),  # the limit is touched, not passed
        (100, 111, 96, 105),  # the stop is not reached
        (112, 113, 94, 105),  # the open has hit the limit: that came first
        (94, 111, 93, 105),  # the open has hit the stop
    ],
)
def test_a_candle_that_leaves_nothing_open_is_not_counted(bar):
    ran = linear(FLAT, FLAT, bar, actions=LEGS)
    assert ran.result.summary.ambiguous == 0
    assert len(ran.result.ambiguous) == 0
    assert "ambiguous" not in str(ran.result.summary)


def test_orders_that_do_not_end_each_other_follow_each_other():
    orders = [(MINUTE, buy(2, 99)), (MINUTE, sell(1, 101)), (MINUTE, sell(1, 102))]
    ran = linear(FLAT, FLAT, (100, 105, 95, 100), actions=orders)
    (row,) = rows(ran.result.ambiguous)
    assert (row["at_high"], row["at_low"], row["either_or"]) == ("2, 3", "1", False)
    assert row["high_first"] == "2 at 101, 3 at 102, then 1 at 99"
    assert row["low_first"] == "1 at 99, then 2 at 101, 3 at 102"


def test_with_touch_an_equal_price_counts():
    orders = [(MINUTE, buy(1, 99)), (MINUTE, sell(1, 101))]
    bar = (100, 101, 99, 100)
    assert linear(FLAT, FLAT, bar, actions=orders).result.summary.ambiguous == 0
    assert linear(FLAT, FLAT, bar, actions=orders, touch="fill").result.summary.ambiguous == 1


# Profit under every path.


def test_a_range_that_straddles_zero_says_so():
    found = legs().path_sensitivity()
    assert found.profits == {"adverse": -5, "nearer": -5, "high_first": 10, "low_first": -5}
    assert all(isinstance(profit, Decimal) for profit in found.profits.values())
    assert found.range == (-5, 10)
    assert (found.straddles_zero, found.ambiguous, found.currency) == (True, 1, "USD")
    assert str(found) == (
        "Profit is -5 USD if every candle visits its low first and +10 USD if its high "
        "(adverse -5, nearer -5). 1 candle is ambiguous; the range straddles zero: "
        "these candles cannot tell a profit from a loss."
    )


def test_a_path_that_makes_no_difference_says_so():
    found = legs(bar=(100, 111, 96, 105)).path_sensitivity()
    assert set(found.profits.values()) == {10}
    assert not found.straddles_zero
    assert "the path makes no difference" in str(found)


def test_a_range_on_one_side_of_zero_is_measured():
    class Late(bt.Strategy):
        def on_candle(self, context, candle):
            if candle.close == 106:
                context.oco(CONTRACT, "sell", 1, limit=110, trigger=103)
            elif not context.position(CONTRACT).quantity:
                context.buy(CONTRACT, 1)

    data = bars(FLAT, (100, 106, 100, 106), (106, 111, 102, 108))
    venue = exchange(account="linear", fees=0)
    found = bt.backtest(data, Late, cash="100000 USD", exchange=venue).path_sensitivity()
    assert (found.range, found.straddles_zero) == ((3, 10), False)
    assert str(found).endswith("1 candle is ambiguous; the paths differ by 7 USD.")


def test_every_path_is_what_a_run_with_it_gives():
    found = legs().path_sensitivity()
    for path, profit in found.profits.items():
        summary = legs(path=path).summary
        assert summary.end_equity - summary.start_equity == profit
    assert legs(path="high_first").path_sensitivity().profits == found.profits


def test_each_run_gets_a_new_strategy_with_its_parameters():
    made = []

    class Noting(Legs):
        def __init__(self, **parameters):
            super().__init__(**parameters)
            made.append(self)

    venue = exchange(account="linear", fees=0)
    data = bars(FLAT, FLAT, (100, 111, 94, 105))
    params = {"target": 104}
    result = bt.backtest(data, Noting, params=params, cash="100000 USD", exchange=venue)
    params["target"] = 1000
    assert result.summary.strategy == "Noting(target=104, stop=95)"
    assert result.path_sensitivity().profits["high_first"] == 4
    assert [one.target for one in made] == [104] * 4
    result.path_sensitivity()
    assert len(made) == 4  # known by now


def test_an_instance_cannot_be_run_again():
    with pytest.raises(bt.StateError, match="pass the class to backtest"):
        legs(Legs()).path_sensitivity()


def test_without_candles_there_is_nothing_to_vary():
    data = quotes((0, 100, 9, 101, 9), (1, 100, 9, 101, 9))
    found = run(data).result.path_sensitivity()
    assert (found.profits, found.range, found.straddles_zero) == ({}, None, False)
    assert str(found).startswith("Nothing to vary")


def test_parameters_belong_to_a_class():
    data = bars(FLAT, FLAT)
    with pytest.raises(bt.ConfigError, match="pass strategy=Legs, not an instance"):
        bt.backtest(data, Legs(), params={"stop": 90}, cash="100 USD")
    with pytest.raises(bt.ConfigError, match="params must be a dict of names and values, got int"):
        bt.backtest(data, Legs, params=3, cash="100 USD")
    with pytest.raises(bt.ConfigError, match='no parameter "stpo", did you mean "stop"'):
        bt.backtest(data, Legs, params={"stpo": 90}, cash="100 USD")
    with pytest.raises(bt.StrategyError, match="got the class int"):
        bt.backtest(data, int, cash="100 USD")
