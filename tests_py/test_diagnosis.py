"""A run without fills says why; every result says what it took for granted and what it did."""

import json

import pytest
from recorded import CONFIG, array, trade
from scripted import (
    CONTRACT,
    MINUTE,
    buy,
    by_order,
    cancel,
    candles,
    pairs,
    quotes,
    run,
    sell,
    trades,
)

import barter_python as bt

TOP = quotes((0, 100.00, 12, 100.10, 50), (9, 100.00, 12, 100.10, 50))


class OnCandle(bt.Strategy):
    def on_candle(self, context, candle): ...


class OnTrade(bt.Strategy):
    def on_trade(self, context, trade): ...


class OnBook(bt.Strategy):
    def on_book(self, context, book): ...


class OnQuote(bt.Strategy):
    def on_quote(self, context, quote): ...


def test_a_run_with_fills_needs_no_diagnosis():
    result = run(TOP, (0, buy(1))).result
    assert result.diagnosis is None
    assert result.summary.to_dict()["diagnosis"] is None
    assert "no fills" not in str(result)


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        (OnQuote(), "no order in 2 calls of on_quote. Either its condition never held"),
        (OnCandle(), "on_candle was never called, for these data have no such rows. They would"),
        (bt.Strategy(), "it has no hook that market data or a timer calls. These data would"),
    ],
)
def test_a_strategy_that_sent_nothing(strategy, said):
    result = run(TOP, strategy=strategy).result
    assert said in result.diagnosis
    assert result.diagnosis in " ".join(str(result).split())
    assert "no order" in result._repr_html_()
    assert json.loads(result.summary.to_json())["diagnosis"] == result.diagnosis


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        (OnBook(), "no order in 3 rows of depth for on_book. Either"),
        (OnTrade(), "no order in at most 3 calls of on_trade. Either"),
        (OnQuote(), "on_quote was never called, for these data have no such rows. They would call"),
        (bt.Strategy(), "a timer calls. These data would call on_trade, on_book."),
    ],
)
def test_orders_one_by_one_are_trades_and_a_book(strategy, said):
    orders = (0, "add", 1, "buy", 100, 3), (1, "add", 2, "sell", 101, 3)
    data = by_order(*orders, (2, "fill", 1, "buy", 100, 1))
    assert said in run(data, strategy=strategy).result.diagnosis


def fed(tmp_path, strategy=None):
    """What is said of a run that was fed with two trades."""
    config = bt.SystemConfig.from_dict(CONFIG)
    file = array(tmp_path / "market.json", trade(0), trade(1))
    return bt.run_historic_backtest(config, file, strategy=strategy).to_dict()


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        (
            None,
            (
                "No order was made: there was no strategy with a hook that market data or a timer "
                "calls, and no order came from outside. These data would call on_trade."
            ),
        ),
        (
            OnQuote,
            (
                "The strategy made no order: on_quote was never called, for these data have no "
                "such rows. They would call on_trade."
            ),
        ),
        (
            OnTrade,
            (
                "The strategy made no order in its calls of on_trade. Either its condition never "
                "held, or what it waits for first (a warm-up) takes longer than the data."
            ),
        ),
    ],
)
def test_a_run_that_was_fed_knows_what_it_was_fed_with(tmp_path, strategy, said):
    assert fed(tmp_path, strategy)["diagnosis"] == said


def test_a_run_without_a_strategy_is_called_so(tmp_path):
    assert fed(tmp_path)["strategy"] == "no strategy"


def test_the_refused_order_of_a_run_that_was_fed(tmp_path):
    class Poor(bt.Strategy):
        def on_trade(self, context, trade):
            context.buy(trade.instrument, "1000", limit="90")

    assert fed(tmp_path, Poor)["diagnosis"] == (
        "2 orders were made, none was filled: 2 denied (insufficient_funds). For example order 1, "
        "buy 1000 kraken-btc_usdt at 2024-01-01T00:00:00Z: not sent, the money does not suffice: "
        "it needs 90090 kraken:usdt, 10000 kraken:usdt are free."
    )


def test_denied_orders_are_counted_by_reason_with_an_example():
    minimum = bt.Instrument("ABC/USD", tick="0.01", lot="1", min_notional="50")
    data = quotes((0, 100, 12, 100.10, 50), (9, 100, 12, 100.10, 50), instrument=minimum)
    result = run(data, (0, buy(50, 100)), (0, buy(60, 100)), (1, buy(1, 9))).result
    assert result.summary.refused == {"insufficient_funds": 2, "min_notional": 1}
    assert result.diagnosis == (
        "3 orders were made, none was filled: 2 denied (insufficient_funds), "
        "1 denied (min_notional). "
        "For example order 1, buy 50 ABC/USD at 2023-11-15T00:00:00Z: not sent, "
        "the money does not suffice: it needs 5005 USD, 1000 USD are free."
    )


def test_orders_that_the_market_never_reached():
    data = quotes((0, 100.00, 12, 100.10, 50), (5, 99.80, 12, 99.90, 50), (9, 100, 12, 100.1, 50))
    result = run(data, (0, buy(1, 99)), (1, buy(1, 99.50)), (2, sell(1, 120))).result
    assert "No resting order was reached: the market came nearest to order 2 at 99.5, to 99.9" in (
        result.diagnosis
    )
    assert result.diagnosis.endswith("40 ticks away.")


def test_an_order_that_was_reached_and_not_filled_points_to_its_story():
    result = run(trades((0, "sell", 101, 1), (1, "sell", 100, 9)), (0, buy(5, 100))).result
    assert "did come to order 1 at 100" in result.diagnosis
    assert "result.explain(1) says why" in result.diagnosis


def test_a_stop_that_never_fired_says_how_near_it_came():
    bars = candles((100,) * 4, (100,) * 4, (100, 108, 97, 105), instrument=CONTRACT)
    result = run(
        bars, (MINUTE, sell(1, trigger=95)), account="linear", fees=0, cash="100000 USD"
    ).result
    assert "Order 1 waits:" in result.diagnosis
    assert "the nearest at 97, 200 ticks away" in result.diagnosis


def test_cancelled_orders_and_orders_that_came_too_late():
    result = run(TOP, (0, buy(1, 99)), (1, cancel(1))).result
    assert "1 cancelled (user)" in result.diagnosis
    assert result.summary.cancelled == {"user": 1}
    late = run(TOP, (9, buy(1)), latency="5ms").result
    assert late.diagnosis == (
        "1 order was made, none was filled: 1 submitted. "
        "1 order was still unanswered when the data ended."
    )


def test_refused_cancels_are_counted():
    data = quotes((0, 100, 12, 100.10, 50), *((ms, 100, 12, 100.10, 50) for ms in range(5, 50)))
    data += trades((10, "sell", 99, 9))
    summary = run(data, (0, buy(1, 100)), (8, cancel(1)), latency="4ms").result.summary
    assert summary.changes_refused == {"not_open": 1}
    assert summary.to_dict()["changes_refused"] == {"not_open": 1}


# Assumptions.


def said(result, topic):
    return [(one.text, one.optimistic) for one in result.assumptions if one.topic == topic]


def test_depth_that_was_invented_is_named_only_if_it_was_used():
    data = quotes((0, 100.00, 5, 100.10, 4))
    assert said(run(data, (0, buy(4))).result, "walk") == []
    walked = run(data, (0, buy(10)), cash="2000 USD").result
    assert said(walked, "walk") == [
        ("ABC/USD: 6 were taken behind the best, where no data show any", True)
    ]
    assert said(walked, "largest fill") == [
        ("ABC/USD: at most 250% of the displayed best size", True)
    ]


def test_the_share_that_was_taken_and_that_rested_on_a_touch():
    prints = trades((0, "sell", 101, 9), (1, "sell", 100, 9), (2, "sell", 98, 9))
    ran = run(prints, (0, buy(3)), (0, buy(1, 100)), (1, buy(2, 99)), touch="fill")
    assert ran.fills == pairs("3 @ 101.01, 1 @ 100, 2 @ 99")
    assert said(ran.result, "taken") == [("ABC/USD: orders took 50% of what they traded", False)]
    assert said(ran.result, "touch fills") == [
        ("ABC/USD: 1 of 2 resting fills came while the price was only touched", True)
    ]


def test_the_largest_share_of_a_candle():
    bars = candles((100, 100, 100, 100, 80), (100, 101, 99, 100, 80))
    ran = run(bars, (MINUTE, buy(12)), cash="5000 USD")
    assert said(ran.result, "largest fill") == [("ABC/USD: at most 15% of a candle's volume", True)]
    small = run(bars, (MINUTE, buy(4)), cash="5000 USD")
    assert said(small.result, "largest fill") == [
        ("ABC/USD: at most 5% of a candle's volume", False)
    ]


def test_trades_that_do_not_say_who_took():
    prints = [(ms, "unknown" if ms == 2 else "sell", 100, 1) for ms in range(4)]
    assert said(run(trades(*prints)).result, "aggressor") == [
        ("ABC/USD: 25% of the trades do not say who took; they fill both", True)
    ]


@pytest.mark.parametrize(
    ("settings", "topic"),
    [
        ({"fees": ("-0.01%", "0.05%")}, "fees"),
        ({"fees": ("0.01%", "0%")}, "fees"),
        ({"allow_immediate": True}, "triggers"),
        ({"max_slippage": "20%"}, "market orders"),
        ({"half_spread": 0}, "fills"),
        ({"queue": "touch 0.5"}, "touch"),
        ({}, "data"),
        ({}, "latency"),
        ({}, "impact"),
    ],
)
def test_every_optimistic_choice_is_named(settings, topic):
    result = run(trades((0, "buy", 100, 1)), **settings).result
    assert topic in {one.topic for one in result.assumptions if one.optimistic}


@pytest.mark.parametrize(
    ("settings", "topic"),
    [
        ({"bar_fill": "this_close"}, "fills"),
        ({"gap_improvement": True}, "gaps"),
        ({"touch": "fill"}, "touch"),
        ({}, "slippage"),
        ({}, "volume"),
    ],
)
def test_every_optimistic_choice_on_candles_is_named(settings, topic):
    result = run(candles((9, 9, 9, 9)), **settings).result
    assert topic in {one.topic for one in result.assumptions if one.optimistic}


def test_slippage_and_volume_leave_nothing_to_flatter():
    result = run(candles((9, 9, 9, 9, 9)), slippage=1).result
    assert {one.topic for one in result.assumptions if one.optimistic} == {"impact"}


def test_ambiguous_candles_are_said_and_flatter_where_the_path_is_chosen():
    bars = candles((100,) * 4, (100, 105, 95, 100), instrument=CONTRACT)
    orders = [(MINUTE, buy(1, 99)), (MINUTE, sell(1, 101))]
    for path, flatters in (("adverse", False), ("high_first", True)):
        ran = run(bars, *orders, account="linear", fees=0, cash="10000 USD", path=path)
        text = "1 candle leaves open which of two orders came first; see ambiguous"
        assert said(ran.result, "ambiguous") == [(text, flatters)]
