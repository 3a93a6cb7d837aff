"""What takers get where candles or trades show the market, and which point an order meets."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_markets import LOT, acts, candle_markets, trade_markets, venues
from random_markets import run as random_run
from scripted import CONTRACT, MINUTE, buy, candles, pairs, quotes, run, sell, trades

import barter_python as bt

TWO = candles((104, 106, 103, 105), (106, 108, 104, 107))


# Slippage.


@pytest.mark.parametrize(
    ("slippage", "bought", "sold"),
    [(0, "106", "107.5"), (3, "106.03", "107.47"), ("5bp", "106.06", "107.44")],
)
def test_slippage_is_against_the_taker(slippage, bought, sold):
    """5 bp of 106 are 0.053, of 107.5 they are 0.05375: a tick is not cut."""
    data = candles((104, 106, 103, 105), (106, 108, 104, 107), (107.5, 109, 107, 108))
    ran = run(data, (MINUTE, buy(1)), (2 * MINUTE, sell(1)), slippage=slippage)
    assert ran.fills == pairs(f"1 @ {bought}, 1 @ {sold}")


def test_slippage_stops_at_the_limit_of_an_order():
    ran = run(TWO, (MINUTE, buy(1, "106.02")), slippage=5)
    assert ran.fills == pairs("1 @ 106.02")
    assert ran.liquidity == ["taker"]


def test_a_resting_order_does_not_slip():
    data = candles((104, 106, 103, 105), (106, 108, 104, 107))
    assert run(data, (MINUTE, buy(1, 105)), slippage=9).fills == pairs("1 @ 105")


def test_takers_of_trades_pay_half_the_spread_and_slippage():
    data = trades((0, "buy", 100, 9), (5, "buy", 100, 9))
    for half, slips, price in [
        (None, 0, "100.01"),
        (0, 0, "100"),
        (3, 0, "100.03"),
        (2, 1, "100.03"),
    ]:
        ran = run(data, (0, buy(1)), half_spread=half, slippage=slips)
        assert ran.fills == pairs(f"1 @ {price}")
        optimistic = next(one.optimistic for one in ran.result.assumptions if one.topic == "fills")
        assert optimistic == (half == 0)


def test_quotes_have_no_slippage():
    ran = run(quotes((0, 99, 9, 100, 9)), (0, buy(1)), slippage=5, half_spread=7)
    assert ran.fills == pairs("1 @ 100")


# Participation.


def test_a_point_gives_its_share_in_whole_lots():
    """10 at each point, of which 37 % are 3."""
    data = candles((50, 50, 50, 50, 40), (50, 52, 49, 51, 40))
    ran = run(data, (MINUTE, buy(25)), cash="2000 USD", participation="37%")
    assert ran.fills == pairs("3 @ 50, 3 @ 49, 3 @ 52, 3 @ 51")
    assert ran.status() == ("cancelled", "no_liquidity")


def test_a_share_limits_resting_orders_of_candles_too():
    data = candles((50, 50, 50, 50, 40), (50, 52, 47, 51, 40))
    ran = run(data, (MINUTE, buy(25, 48)), cash="2000 USD", participation=0.37)
    assert ran.fills == pairs("3 @ 48")


def test_takers_share_a_trade_and_resting_orders_do_not():
    data = trades((0, "buy", 100, 9), (5, "sell", 98, 9), (9, "buy", 100, 9))
    ran = run(data, (0, buy(4)), (1, buy(4)), (2, buy(7, 99)), cash="2000 USD", participation=0.6)
    # Of nine takers get five, in all; a trade through gives a resting order what it has.
    assert [(row["order"], row["quantity"]) for row in ran.fill_rows] == [(1, 4), (2, 1), (3, 7)]


# Gaps and closes.


def test_an_order_passed_by_an_open_fills_at_its_limit_or_on_request_at_the_open():
    data = candles((100, 101, 99, 100), (100, 100, 99, 99), (90, 95, 85, 92))
    assert run(data, (MINUTE, buy(1, 95))).fills == pairs("1 @ 95")
    improved = run(data, (MINUTE, buy(1, 95)), gap_improvement=True)
    assert improved.fills == pairs("1 @ 90")
    assert improved.liquidity == ["maker"]
    assert any(one.topic == "gaps" and one.optimistic for one in improved.result.assumptions)


def test_only_the_open_improves():
    data = candles((100, 101, 99, 100), (100, 100, 80, 99))
    assert run(data, (MINUTE, buy(1, 95)), gap_improvement=True).fills == pairs("1 @ 95")


def test_an_order_may_fill_at_the_close_it_was_sent_on():
    data = candles((104, 106, 103, 105), (106, 108, 104, 107))
    ran = run(data, (MINUTE, buy(1)), (2 * MINUTE, sell(1)), bar_fill="this_close")
    assert ran.fills == pairs("1 @ 105, 1 @ 107")
    assert ran.times == [MINUTE, 2 * MINUTE]
    assert any("that very close" in one.text and one.optimistic for one in ran.result.assumptions)


def test_with_latency_the_close_is_gone():
    ran = run(TWO, (MINUTE, buy(1)), bar_fill="this_close", latency="1ms")
    assert ran.fills == pairs("1 @ 106")


def test_a_close_gives_what_its_point_has_and_the_open_the_rest():
    data = candles((50, 50, 50, 50, 40), (52, 52, 52, 52, 40))
    ran = run(data, (MINUTE, buy(15)), cash="2000 USD", bar_fill="this_close")
    assert ran.fills == pairs("10 @ 50, 5 @ 52")


def test_what_the_open_wakes_is_too_late_for_the_close_before_it():
    """The open fills the entry at 95; its exit at 95.5 comes after the close of 96."""
    data = candles((100, 100, 100, 100), (100, 100, 96, 96), (90, 92, 88, 91))
    entry = (MINUTE, buy(1, 95, target="95.5"))
    assert run(data, entry, bar_fill="this_close").fills == pairs("1 @ 95")


def test_an_amount_is_counted_at_the_close_that_it_meets():
    """500 are five at 100 and not the four that they are at 110."""
    data = candles((100, 100, 100, 100), (110, 110, 110, 110))
    ran = run(data, (MINUTE, buy(None, quote_quantity=500)), bar_fill="this_close")
    assert ran.fills == pairs("5 @ 100")


def test_post_only_is_refused_at_the_close_that_it_would_take():
    emptied = candles((50, 50, 50, 50, 4), (60, 60, 60, 60, 4))
    both = [(MINUTE, buy(1, 50, time_in_force="ioc")), (MINUTE, buy(1, 50, post_only=True))]
    ran = run(emptied, *both, bar_fill="this_close")
    assert ran.fills == pairs("1 @ 50")
    assert ran.status(2) == ("rejected", "post_only_would_cross")
    ran = run(TWO, (MINUTE, buy(1, 105, post_only=True)), bar_fill="this_close")
    assert ran.status() == ("rejected", "post_only_would_cross")
    assert run(TWO, (MINUTE, buy(1, 105, post_only=True))).status()[0] == "filled"


# The settings.


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"slippage": -1}, "0 to 1000000 ticks, got -1"),
        ({"slippage": "5"}, 'text like "5bp", got "5"'),
        ({"slippage": 0.5}, 'text like "5bp", got 0.5'),
        ({"slippage": "10000bp"}, "0bp to 9999bp"),
        ({"participation": 0}, "> 0% and <= 100%, got 0"),
        ({"participation": "101%"}, "<= 100%"),
        ({"half_spread": 0.5}, "half_spread must be ticks, an int"),
        ({"bar_fill": "this_clsoe"}, 'did you mean "this_close"'),
    ],
)
def test_settings_out_of_range_are_named(setting, said):
    with pytest.raises(bt.ConfigError, match=said):
        bt.SimulatedExchange(**setting)


def test_settings_are_printed_where_they_are_not_the_default():
    venue = bt.SimulatedExchange(
        slippage="2.5bp", participation="12.5%", half_spread=2, gap_improvement=True,
        bar_fill="this_close",
    )  # fmt: skip
    for part in (
        "slippage='2.5bp'", "participation='0.125'", "half_spread=2", "gap_improvement=True",
        "bar_fill='this_close'",
    ):  # fmt: skip
        assert part in repr(venue)
    assert eval(repr(venue), vars(bt)) == venue
    assert "slippage" not in repr(bt.SimulatedExchange())


# Laws.

shown_by_prices = st.one_of(candle_markets(), trade_markets())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(shown_by_prices, venues, acts, st.sampled_from([3, "7bp"]), st.sampled_from([1, "0.3"]))
def test_costs_never_help(market, venue, given_acts, slippage, share):
    """Every fill lies within its order's limit, on a tick, in whole lots."""
    ran = random_run(market, venue, given_acts, slippage=slippage, participation=share)
    for fill in ran.fill_rows:
        limit, sign = ran.orders[fill["order"]]["limit"], 1 if fill["side"] == "buy" else -1
        assert fill["quantity"] % LOT == 0
        assert fill["price"] % Decimal("0.05") == 0
        if limit is not None:
            assert sign * (limit - fill["price"]) >= 0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(candle_markets(), st.sampled_from(["buy", "sell"]), st.integers(0, 20))
def test_a_market_order_pays_its_slippage_and_nothing_else_changes(market, side, ticks):
    """On a margin account: equity falls by ticks × quantity of what is filled."""
    data = market.data(CONTRACT)
    order = (buy if side == "buy" else sell)("1")

    def at(slippage):
        return run(data, (MINUTE, order), account="linear", cash="1000000 USD", fees=0,
                   slippage=slippage)  # fmt: skip

    dear, free = at(ticks), at(0)
    assert [quantity for _, quantity in dear.fills] == [quantity for _, quantity in free.fills]
    filled = sum(quantity for _, quantity in free.fills)
    lost = free.result.summary.end_equity - dear.result.summary.end_equity
    assert lost == filled * ticks * CONTRACT.tick
