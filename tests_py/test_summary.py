"""The figures of runs: what they are computed from, how they are told, and their views."""

import dataclasses
import json
import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import systems
from identities import column
from scripted import ABC, CONTRACT, buy, candles, exchange, quotes, run, sell, trades

import barter_python as bt
from barter_python import execution

DAY = 86_400_000_000_000
MIDNIGHT = 19_676 * DAY  # a Wednesday


def daily(close, *, first=MIDNIGHT, skip=(), name="D/USD"):
    """Candles of a day each; `skip` are places of days without one."""
    kept = [at for at in range(len(close)) if at not in skip]
    price = np.array(close, float)[kept]
    columns = {"time": [first + at * DAY for at in kept], "volume": np.full(len(kept), 1e6)}
    columns |= dict.fromkeys(("open", "high", "low", "close"), price)
    instrument = bt.Instrument(name, tick="0.01", lot="1")
    return bt.candles(columns, instrument=instrument, unit="ns", stamp="open", every="1d")


class Hold(bt.Strategy):
    """Buys a quantity of everything at the first candle and keeps it."""

    quantity = bt.param(10, low=1, high=1000)

    def on_candle(self, context, candle):
        if context.position(candle.instrument).quantity == 0:
            context.buy(candle.instrument, self.quantity)


def held(close, *, cash="1000 USD", quantity=10, **more):
    data = daily(close, **more)
    return bt.backtest(data, Hold(quantity=quantity), cash=cash, exchange=exchange(fees=0))


# Returns.


def test_returns_are_taken_between_ends_of_days():
    result = held([100, 100, 110, 99])
    # Ten bought at the second candle's open, 100; closes at 110 and 99.
    assert column(result.returns("table"), "return") == pytest.approx([0, 0, 0.1, 990 / 1100 - 1])
    times = pa.table(result.returns("table"))["time"].cast(pa.int64()).to_pylist()
    assert times == [MIDNIGHT + (at + 1) * DAY for at in range(4)]
    assert result.summary.explain("sharpe").n == 4


def test_a_finer_curve_gives_the_same_returns_and_deeper_drawdowns():
    hours = [100.0] * 24 + [100 + (-1) ** at * 5 for at in range(24)] + [100.0] * 24
    columns = {"time": [MIDNIGHT + at * DAY // 24 for at in range(72)]}
    columns |= dict.fromkeys(("open", "high", "low", "close"), np.array(hours))
    data = bt.candles(columns, instrument=ABC, unit="ns", stamp="open", every="1h")
    fine, coarse = (
        bt.backtest(data, Hold(), cash="1000 USD", exchange=exchange(fees=0), equity_every=every)
        for every in ("1h", "1d")
    )
    assert list(column(fine.returns("table"), "return")) == list(
        column(coarse.returns("table"), "return")
    )
    assert fine.summary.max_drawdown < coarse.summary.max_drawdown


def test_a_market_without_weekends_has_252_days_a_year():
    weekdays = [at for at in range(60) if (at + 2) % 7 < 5]  # day 0 is a Wednesday
    close = 100 + np.arange(60.0)
    weekend = tuple(at for at in range(60) if at not in weekdays)
    sessions, always = held(close, skip=weekend), held(close)
    assert sessions.summary.periods_per_year == 252
    assert sessions.summary.to_dict()["told_by"]["calendar"] == "days with data"
    assert len(sessions.returns("table")) == len(weekdays)
    assert (always.summary.periods_per_year, len(always.returns("table"))) == (365, 60)


def test_the_benchmark_is_what_was_not_sold():
    result = held([100, 100, 120, 90, 95], quantity=10)
    figures = result.summary.figures
    # All the money is in it from the second day on, at the price that the benchmark starts with.
    assert figures["benchmark_return"] == pytest.approx(result.summary.total_return)
    assert figures["beta"] == pytest.approx(1)
    assert figures["alpha"] == pytest.approx(0, abs=1e-9)
    assert figures["tracking_error"] == pytest.approx(0, abs=1e-12)
    assert figures.explain("information_ratio").reason == "zero_dispersion"
    assert result.summary.benchmark == "buy and hold of D/USD"


def test_several_instruments_are_a_benchmark_of_equal_parts():
    data = [daily([100, 100, 110], name="A/USD"), daily([50, 50, 40], name="B/USD")]
    result = bt.backtest(data, bt.Strategy(), cash="1000 USD")
    assert result.summary.figures["benchmark_return"] == pytest.approx((0.1 - 0.2) / 2)
    assert "2 instruments" in result.summary.benchmark


def test_one_of_the_instruments_can_be_the_benchmark():
    data = [daily([100, 100, 110], name="A/USD"), daily([50, 50, 40], name="B/USD")]
    result = bt.backtest(data, bt.Strategy(), cash="1000 USD")
    summary = result.summarise(benchmark="B/USD")
    assert summary.benchmark == "buy and hold of B/USD"
    assert summary.figures["benchmark_return"] == pytest.approx(-0.2)
    with pytest.raises(bt.OrderError, match='unknown instrument "C/USD"'):
        result.summarise(benchmark="C/USD")


def test_a_benchmark_on_other_times_is_refused():
    days = pd.date_range("2024-01-01", periods=6, tz="UTC")
    returns = pd.Series([0.1, -0.1, 0.2, 0.0, 0.1, 0.3], days)
    stat = bt.statistic
    assert stat.beta(returns, returns * 2) == pytest.approx(0.5)
    shifted = returns.set_axis(days + pd.Timedelta(days=1))
    for call in (
        lambda: stat.beta(returns, shifted),
        lambda: stat.figures(returns, benchmark=shifted, periods_per_year=365),
    ):
        with pytest.raises(bt.DataError, match="benchmark has other times than returns"):
            call()
    assert stat.beta(returns, shifted.to_numpy()) == pytest.approx(1)  # nobody knows of times


def test_figures_can_be_told_otherwise():
    rng = np.random.default_rng(5)
    result = held(np.round(100 * np.cumprod(1 + rng.normal(0, 0.02, 200)), 2))
    plain = result.summary
    other = result.summarise(periods_per_year=252, risk_free=0.05)
    returns = column(result.returns("table"), "return")
    expected = bt.statistic.sharpe(returns, periods_per_year=252, risk_free=0.05)
    assert other.sharpe == pytest.approx(expected)
    assert plain.sharpe == pytest.approx(bt.statistic.sharpe(returns, periods_per_year=365))
    assert result.summarise(interval="annual_252").sharpe == pytest.approx(
        bt.statistic.sharpe(returns, periods_per_year=252)
    )
    weekly = result.summarise(interval="7d")
    assert weekly.periods_per_year == pytest.approx(365 / 7)
    assert weekly.explain("sharpe").n == 30  # 28 weeks, and a part at each end
    deflated = result.summarise(trials=100, trial_variance=0.001).figures["deflated_sharpe"]
    assert deflated < plain.figures["probabilistic_sharpe"]
    assert plain.explain("deflated_sharpe").reason == "no_trials"


def test_settings_out_of_range_are_refused():
    result = held([100, 101, 102])
    for settings, text in (
        ({"interval": "1h"}, 'run with equity_every="1h"'),
        ({"interval": "0s"}, "interval must be > 0"),
        ({"interval": "fortnightly"}, "fortnightly"),
        ({"periods_per_year": 0}, "periods_per_year must be > 0 and finite, got 0"),
        ({"periods_per_year": float("nan")}, "got NaN"),
        ({"risk_free": -1}, "risk_free must be > -1"),
        ({"trials": 5}, "give trials and trial_variance together"),
        ({"trials": 0, "trial_variance": 1}, "trials must be 1 to 1e18, got 0"),
        ({"trials": 5, "trial_variance": -1}, "trial_variance must be >= 0"),
    ):
        with pytest.raises(bt.ConfigError) as caught:
            result.summarise(**settings)
        assert text in str(caught.value), settings
    with pytest.raises(bt.ConfigError, match="window must be 2 or more, got 1"):
        result.rolling(1)


def test_an_explained_figure_says_what_it_is_made_of():
    result = held(100 + np.sin(np.arange(50.0)) * 3)
    sharpe = result.summary.explain("sharpe")
    assert (sharpe.name, sharpe.value, sharpe.n) == ("sharpe", result.summary.sharpe, 50)
    assert sharpe.error == pytest.approx(
        bt.statistic.sharpe_error(column(result.returns("table"), "return"), periods_per_year=365)
    )
    for part in ("sharpe = ", "±", "n = 50", "√A", "A = 365", "risk-free rate 0", "50 returns"):
        assert part in str(sharpe)
    with pytest.raises(KeyError, match='did you mean "sharpe"'):
        result.summary.explain("sharp")
    with pytest.raises(KeyError, match="no figure"):
        result.summary.figures["x"]


# What is undefined.


def test_a_run_without_trades_has_a_reason_for_every_figure():
    result = bt.backtest(daily([100, 101, 99, 102]), bt.Strategy(), cash="1000 USD")
    reasons = result.summary.to_dict()["reasons"]
    assert reasons["win_rate"] == reasons["profit_factor"] == reasons["expectancy"] == "no_trades"
    assert reasons["sharpe"] == reasons["tail_ratio"].replace("no_losses", "zero_dispersion")
    assert reasons["sortino"] == reasons["omega"] == "no_losses"
    assert reasons["calmar"] == reasons["cagr"] == "too_short"
    assert result.summary.total_return == result.summary.max_drawdown == 0
    assert result.summary.exposure == 0


def test_ruin_ends_the_series():
    data = daily([100, 100, 100, 20, 60], name="R/USD")
    venue = bt.SimulatedExchange(account="linear", leverage=5, fees=0)
    result = bt.backtest(data, Hold(quantity=40), cash="1000 USD", exchange=venue)
    summary = result.summary
    # 40 bought at 100 with 1,000: at 20 the loss is 3,200.
    assert summary.end_equity == Decimal(-600)
    for name in ("sharpe", "sortino", "cagr", "calmar", "volatility", "value_at_risk"):
        assert summary.explain(name).reason == "ruin", name
    assert summary.total_return == pytest.approx(-1.6)
    assert summary.max_drawdown == pytest.approx(-3.2)
    assert len(result.returns("table")) == 4  # up to the day that ruined it


def test_a_short_run_says_nothing_of_a_year():
    summary = held([100, 100, 110, 120]).summary
    assert summary.explain("cagr").reason == "too_short"
    assert summary.cagr is None
    long = held(np.linspace(100, 120, 400)).summary
    years = 400 * 86_400 / (365.25 * 86_400)
    assert long.cagr == pytest.approx((1 + long.total_return) ** (1 / years) - 1)


# What was held, traded and paid.


def test_exposure_counts_the_time_with_a_position():
    close = (100, 100, 100, 100)
    data = candles(close, close, close, close)
    result = run(data, (60_000, buy(2)), (180_000, sell(2)), cash="1000 USD", fees=0).result
    figures = result.summary.figures
    # Bought at the second open, sold at the fourth: two minutes of four.
    assert figures["exposure"] == pytest.approx(0.5)
    assert figures["gross_exposure"] == pytest.approx(0.5 * 200 / 1000)
    assert figures["net_exposure"] == figures["gross_exposure"]
    years = 4 * 60 / (365.25 * 86_400)
    assert figures["turnover"] == pytest.approx(400 / 1000 / years)
    assert figures["one_way_turnover"] == pytest.approx(200 / 1000 / years)


def test_a_short_has_a_gross_and_a_negative_net():
    close = (100, 100, 100, 100)
    data = candles(close, close, instrument=CONTRACT)
    result = run(data, (60_000, sell(3)), cash="1000 USD", account="linear", fees=0)
    figures = result.result.summary.figures
    assert figures["net_exposure"] == pytest.approx(-figures["gross_exposure"])
    assert figures["net_exposure"] < 0


def test_costs_are_split_by_their_cause():
    data = quotes((0, 100, 9, 100.04, 9), (5, 100, 2, 100.04, 9), (9, 100, 9, 100.04, 9))
    result = run(data, (1, buy(3)), (6, sell(3)), cash="1000 USD").result
    costs = result.summary.costs
    # Half of four cents for the three bought; sold: two at the bid, one a tick below it.
    assert costs["spread"] == Decimal("0.06") + Decimal("0.06")
    assert costs["slippage"] == Decimal("0.01")
    assert costs["fees"] == sum(fee for _, fee in result.summary.fees)
    assert costs["traded"] == Decimal("300.12") + Decimal("299.99")
    row = pa.table(result.costs).to_pylist()[0]
    assert (row["spread"], row["slippage"]) == (costs["spread"], costs["slippage"])


def test_a_maker_earns_the_spread():
    data = quotes((0, 100, 9, 100.04, 9), (5, 99.98, 9, 100, 9), (9, 99.98, 9, 100, 9))
    result = run(data, (1, buy(3, limit=100)), cash="1000 USD").result
    costs = result.summary.costs
    assert result.summary.figures["maker_share"] == 1
    # The seller came down to it: the middle stands at 99.99 by then, a cent against it.
    assert (costs["spread"], costs["slippage"]) == (Decimal("0.03"), 0)


def test_assumed_slippage_is_slippage():
    data = trades((0, "buy", 100, 9), (5, "buy", 100, 9))
    result = run(data, (1, buy(2)), cash="1000 USD", half_spread=2, slippage=3).result
    costs = result.summary.costs
    assert result.fills is not None
    assert costs["spread"] == 2 * 2 * Decimal("0.01")
    assert costs["slippage"] == 2 * 3 * Decimal("0.01")


def test_every_figure_and_reason_stands_in_the_documentation():
    text = (Path(__file__).parents[1] / "docs" / "statistics.md").read_text(encoding="utf-8")
    figures = held([100, 101, 99]).summary.figures
    for name in figures:
        definition = figures.explain(name).definition.replace("|", "&#124;")
        assert f"| `{name}` |" in text
        assert f"| {definition} |" in text
    reasons = {figures.explain(name).reason for name in figures} - {None}
    assert all(f"`{reason}`" in text for reason in reasons)


# Views.


def test_months_are_calendar_months():
    first = int(datetime(2024, 1, 30, tzinfo=UTC).timestamp()) * 1_000_000_000
    result = held([100, 100, 110, 121, 133.1], first=first)
    months = pa.table(result.monthly).to_pylist()
    assert [(row["year"], row["month"]) for row in months] == [(2024, 1), (2024, 2)]
    assert [row["return"] for row in months] == pytest.approx([0, 0.331])
    assert [row["benchmark"] for row in months] == pytest.approx([0, 0.331])


def test_rolling_figures_are_those_of_each_window():
    rng = np.random.default_rng(3)
    result = held(np.round(100 * np.cumprod(1 + rng.normal(0, 0.02, 40)), 2))
    returns, rolling = column(result.returns("table"), "return"), result.rolling(10)
    assert len(rolling) == len(returns) - 9
    for at, sharpe in enumerate(column(rolling, "sharpe")):
        expected = bt.statistic.sharpe(returns[at : at + 10], periods_per_year=365)
        assert sharpe == pytest.approx(expected, nan_ok=True)


def test_returns_go_to_the_libraries_that_take_them():
    result = held([100, 100, 110, 99])
    values = list(column(result.returns("table"), "return"))
    series = result.returns()
    assert (list(series), str(series.index.tz), series.name) == (values, "UTC", "return")
    assert series.index[0] == datetime(2023, 11, 16, tzinfo=UTC)
    assert result.returns("polars").to_list() == values
    with pytest.raises(bt.ConfigError, match='allowed: "pandas", "polars", "table"'):
        result.returns("list")


def test_drawdowns_are_rows_of_the_curve():
    result = held([100, 100, 110, 105, 99, 108, 112, 111, 115, 104, 101, 103])
    equity = column(result.equity, "equity")
    for row in pa.table(result.drawdowns).to_pylist():
        assert row["depth"] == equity[row["trough_at"]] / equity[row["peak_at"]] - 1
        if row["recovery_at"] is not None:
            assert equity[row["recovery_at"]] >= equity[row["peak_at"]]


def test_tear_sheets_are_views_of_the_figures():
    rng = np.random.default_rng(8)
    summary = held(np.round(100 * np.cumprod(1 + rng.normal(0, 0.02, 90)), 2)).summary
    sheet = summary.portfolio
    assert isinstance(sheet, bt.TearSheet)
    assert sheet.pnl == summary.end_equity - summary.start_equity
    assert float(sheet.sharpe_ratio.value) == summary.sharpe
    assert float(sheet.sharpe_ratio.scale("daily").value) == pytest.approx(
        summary.sharpe / 365**0.5
    )
    assert float(sheet.pnl_drawdown_max.value) == pytest.approx(-summary.max_drawdown)
    assert sheet.win_rate is None
    told = summary.to_dict()["tear_sheets"]
    assert told["portfolio"] == json.loads(json.dumps(sheet.to_dict()))
    assert pickle.loads(pickle.dumps(sheet)) == sheet
    assert summary.time_engine_start == datetime(2023, 11, 15, tzinfo=UTC)
    assert summary.time_engine_end - summary.time_engine_start == timedelta(days=90)


def test_the_sheets_of_instruments_add_up():
    data = [daily([100, 100, 110, 120], name="A/USD"), daily([50, 50, 40, 45], name="B/USD")]

    class Trade(bt.Strategy):
        def on_candle(self, context, candle):
            held = context.position(candle.instrument).quantity
            if held == 0:
                context.buy(candle.instrument, 3)
            else:
                context.close(candle.instrument)

    summary = bt.backtest(data, Trade(), cash="1000 USD", exchange=exchange()).summary
    made = sum(sheet.pnl for sheet in summary.instruments.values())
    assert summary.open_positions == 0
    assert made == summary.portfolio.pnl == summary.end_equity - summary.start_equity
    returns = [float(sheet.pnl_return.value) for sheet in summary.instruments.values()]
    assert sum(returns) == pytest.approx(summary.total_return)


# The generator.


def told_in_pieces(rng, times, equity, positions):
    """A generator told everything in random pieces, asked for figures in between."""
    generator = bt.TradingSummaryGenerator(currency="USD", risk_free_return=0.02)
    cuts = np.sort(
        rng.choice(np.arange(1, len(times)), min(rng.integers(0, 6), len(times) - 1), replace=False)
    )
    for part, worth in zip(np.split(times, cuts), np.split(equity, cuts), strict=True):
        if len(part) < 4:
            for time, value in zip(part, worth, strict=True):
                generator.update_from_equity(int(time), float(value))
        else:
            generator.update_from_equity(part, worth)
        generator.update_time_now(int(part[-1]))
        generator.generate()
    for at, (name, made, enter, leave) in enumerate(positions):
        generator.update_from_position(name, made, time_enter=enter, time_exit=leave)
        if at == len(positions) // 2:
            generator.generate("annual_252")
    return generator


def test_figures_told_in_pieces_are_those_told_at_once():
    rng = np.random.default_rng(11)
    for _ in range(500):
        count = int(rng.integers(2, 200))
        times = MIDNIGHT + np.cumsum(rng.integers(1, 2 * DAY, count))
        equity = 1000 * np.cumprod(1 + rng.normal(0, 0.02, count))
        positions = [
            (str(rng.choice(["A", "B"])), round(float(rng.normal(0, 9)), 2), int(times[0]), int(t))
            for t in rng.choice(times, rng.integers(0, 5))
        ]
        pieces = told_in_pieces(rng, times, equity, positions)
        whole = bt.TradingSummaryGenerator(currency="USD", risk_free_return=0.02)
        whole.update_from_equity(times, equity)
        for name, made, enter, leave in positions:
            whole.update_from_position(name, made, time_enter=enter, time_exit=leave)
        one, other = pieces.generate().to_dict(), whole.generate().to_dict()
        assert one == other
        # And they are those of the series alone.
        ends = np.flatnonzero(np.diff((times - 1) // DAY, append=times[-1] // DAY + 9))
        points = np.unique(np.concatenate([[0], ends]))
        returns = equity[points][1:] / equity[points][:-1] - 1
        alone = bt.statistic.sharpe(returns, periods_per_year=365, risk_free=0.02)
        assert one["sharpe"] == (None if alone is None else pytest.approx(alone, rel=1e-9))


def test_the_generator_of_a_run_tells_the_same():
    rng = np.random.default_rng(8)
    result = held(np.round(100 * np.cumprod(1 + rng.normal(0, 0.02, 90)), 2))
    told = result.summary_generator().generate()
    for name, value in told.figures.to_dict().items():
        assert result.summary.figures[name] == value, name
    assert told.portfolio == result.summary.portfolio
    assert told.instruments == result.summary.instruments


def test_what_a_generator_makes_prints_itself():
    generator = bt.TradingSummaryGenerator(currency="USD")
    assert "too few" in repr(generator.generate())
    generator.update_from_equity([MIDNIGHT, MIDNIGHT + DAY], [100, 110])
    lines = repr(generator.generate()).splitlines()
    assert lines[0] == "figures"
    assert "+10.00%, 110 USD from 100" in lines[1]
    generator.update_from_position("A/USD", 10, time_enter=MIDNIGHT, time_exit=MIDNIGHT + DAY)
    assert repr(generator.generate()).splitlines()[0] == "A/USD"


def test_a_generator_refuses_what_cannot_be():
    generator = bt.TradingSummaryGenerator()
    assert generator.time_engine_start is None
    assert generator.trading_duration == timedelta()
    generator.update_from_equity(MIDNIGHT, 100)
    with pytest.raises(bt.StateError, match="comes after that at"):
        generator.update_from_equity(MIDNIGHT, 101)
    with pytest.raises(bt.StateError, match="finite"):
        generator.update_from_equity(MIDNIGHT + 1, float("nan"))
    with pytest.raises(bt.DataError, match="one value for each time, 2, got 3"):
        generator.update_from_equity([MIDNIGHT + 1, MIDNIGHT + 2], [1, 2, 3])
    with pytest.raises(bt.StateError):  # the second is no later: the first is not noted either
        generator.update_from_equity([MIDNIGHT + 5, MIDNIGHT + 6], [1.0, float("inf")])
    with pytest.raises(bt.StateError, match="cannot end"):
        generator.update_from_position("A", 1, time_enter=MIDNIGHT + 5, time_exit=MIDNIGHT)
    with pytest.raises(bt.ConfigError, match="naive"):
        generator.update_time_now(datetime(2024, 1, 1))
    with pytest.raises(bt.ConfigError, match="risk_free_return"):
        bt.TradingSummaryGenerator(risk_free_return=-2)
    generator.update_from_equity(MIDNIGHT + DAY, 110)
    assert generator.generate().total_return == pytest.approx(0.1)
    assert generator.trading_duration == timedelta(days=1)
    generator.update_from_balance("USD", 5, time=MIDNIGHT)
    assert generator.generate().assets["USD"].balance_end.total == 5


def exit_of(instrument, pnl):
    none = execution.AssetFees(None, 0)
    times = (MIDNIGHT, MIDNIGHT + DAY)
    return execution.PositionExit(instrument, "buy", 100, 1, pnl, none, none, *times, ["7"])


def test_a_generator_of_a_run_takes_messages_by_their_indices():
    own = systems.config()
    events = systems.walk(5)
    made = [
        bt.run_historic_backtest_with_generator(own, bt.MarketDataInMemory(events))[1] for _ in "ab"
    ]
    late = MIDNIGHT + 3 * DAY
    for index, name in enumerate(systems.NAMES):
        made[0].update_from_position(exit_of(index, "12.5"))
        made[1].update_from_position(name, "12.5", time_enter=MIDNIGHT, time_exit=MIDNIGHT + DAY)
    for index, name in enumerate(["btc", "eth", "usdt"]):
        made[0].update_from_balance(execution.AssetBalance(index, (7, 5), late))
        made[1].update_from_balance(f"kraken:{name}", 7, time=late, free=5)
    one, other = (generator.generate() for generator in made)
    assert systems.told(one) == systems.told(other)
    assert set(one.instruments) == set(systems.NAMES)
    assert one.assets["kraken:eth"].balance_end.total == 7
    with pytest.raises(bt.ConfigError, match="instrument must be between 0 and 1, got 2"):
        made[0].update_from_position(exit_of(2, 1))
    with pytest.raises(bt.ConfigError, match="asset must be between 0 and 2, got 3"):
        made[0].update_from_balance(execution.AssetBalance(3, (7, 5), late))


def test_a_generator_of_no_run_knows_names_only():
    generator = bt.TradingSummaryGenerator()
    with pytest.raises(bt.ConfigError, match="told of no run, so it needs a name"):
        generator.update_from_position(exit_of(0, 1))
    for call in (
        lambda: generator.update_from_position("A", 1),
        lambda: generator.update_from_position(exit_of(0, 1), 1),
        lambda: generator.update_from_balance("A", 1),
        lambda: generator.update_from_balance(execution.AssetBalance(0, (1, 1), MIDNIGHT), 1),
    ):
        with pytest.raises(TypeError, match="takes a name and what is noted of it, or a message"):
            call()


def test_a_position_that_ends_before_it_begins_is_none():
    with pytest.raises(bt.DataError, match="time_exit must not be before time_enter"):
        dataclasses.replace(exit_of(0, 1), time_exit=MIDNIGHT - 1)
