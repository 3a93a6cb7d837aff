"""Statistics of any series: worked examples, a slow twin, laws, and what they take and refuse."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scripted import candles, run

import barter_python as bt

sys.path.insert(0, str(Path(__file__).parent / "reference"))
import stats

S = bt.statistic

# Ten daily returns and a benchmark, worked out with three other libraries and by hand.
R = [0.02, -0.01, 0.015, -0.03, 0.01, 0.005, -0.02, 0.025, 0.0, 0.01]
B = [0.015, -0.012, 0.01, -0.02, 0.008, 0.0, -0.015, 0.02, 0.002, 0.006]
TRADES = [120, -50, 80, -30, 0, -20, 200, -100, 60, -10]
CURVE = [100, 110, 105, 99, 108, 112, 111, 115, 104, 101, 103]
YEAR = {"periods_per_year": 252}
NAN, INF = float("nan"), float("inf")


def close(value, absolute=0.0):
    """To 1e-9 of the value."""
    return pytest.approx(value, rel=1e-9, abs=absolute)


def column(table, name):
    return table.to_pandas()[name].tolist()


# What is written down.

V8, S8, BEST8 = 0.5**2 / 252, 2.5 / math.sqrt(252), 0.0797064990771
SHAPE8 = {"skew": -3, "kurtosis": 10}
MOVED = [10_000, 12_000, -8_000, -14_000], [100_000, 101_000, 99_000, 102_000]

WRITTEN = {
    "1 total": (S.total_return(R), 0.0238395295793),
    "1 volatility": (S.volatility(R, **YEAR), 0.280624304008),
    "1 deviation": (S.volatility(R, periods_per_year=1), 0.0176776695297),
    "2 sharpe": (S.sharpe(R, **YEAR), 2.24499443206),
    "2 sharpe of 365": (S.sharpe(R, periods_per_year=365), 2.70185121722),
    "2 sharpe above 5 %": (S.sharpe(R, **YEAR, risk_free=0.05), 2.07111466844),
    "3 sortino": (S.sortino(R, **YEAR), 3.35410196625),
    "3 sortino of a target": (S.sortino(R, **YEAR, target=1.0005**252 - 1), 2.62666784797),
    "4 max drawdown": (S.max_drawdown(R), -0.03509347),
    "4 cagr of periods": (S.cagr(R, **YEAR, short=True), 0.810688363923),
    "4 calmar": (S.calmar(R, **YEAR, short=True), 23.1008322609),
    "4 cagr of days": (S.cagr(R, years=9 / 365.25, short=True), 1.60162283397),
    "5 skew": (S.skew(R), -0.596284794),
    "5 skew, adjusted": (S.skew(R, adjusted=True), -0.707106781187),
    "5 kurtosis": (S.kurtosis(R), -0.753185185185),
    "5 kurtosis, adjusted": (S.kurtosis(R, adjusted=True), -0.367238095238),
    "5 omega": (S.omega(R), 8.5 / 6),
    "5 value at risk": (S.value_at_risk(R), 0.0255),
    "5 value at risk of 20 %": (S.value_at_risk(R, level=0.2), 0.012),
    "5 shortfall": (S.expected_shortfall(R), 0.03),
    "5 shortfall of 20 %": (S.expected_shortfall(R, level=0.2), 0.025),
    "5 tail ratio": (S.tail_ratio(R), 0.892156862745),
    "6 beta": (S.beta(R, B), 1.31462240243),
    "6 alpha, arithmetic": (S.alpha(R, B, **YEAR, arithmetic=True), 0.166201216422),
    "6 alpha": (S.alpha(R, B, **YEAR), 0.180745989569),
    "6 tracking error": (S.tracking_error(R, B, **YEAR), 0.0821291665610),
    "6 information ratio": (S.information_ratio(R, B, **YEAR), 3.37517122853),
    "6 that per day": (S.information_ratio(R, B, periods_per_year=1), 0.212615802451),
    "7 sharpe per day": (S.sharpe(R, periods_per_year=1), 0.141421356237),
    "7 probability": (S.probabilistic_sharpe(R), 0.657726657584),
    "7 probability, adjusted": (S.probabilistic_sharpe(R, adjusted=True), 0.656535863164),
    "9 win rate": (S.win_rate(TRADES), 0.4),
    "9 win rate, decided": (S.win_rate(TRADES, decided=True), 4 / 9),
    "9 profit factor": (S.profit_factor(TRADES), 2.19047619048),
    "9 average win": (S.average_win(TRADES), 115),
    "9 average loss": (S.average_loss(TRADES), -42),
    "9 payoff": (S.payoff(TRADES), 2.73809523810),
    "9 expectancy": (S.expectancy(TRADES), 25),
    "9 system quality": (S.system_quality(TRADES), 0.883576732252),
    "8 expected best": (S.expected_best(trials=100, trial_variance=V8), 0.0797064990771),
    "8 deflated": (S.sharpe_probability(S8, 1250, **SHAPE8, threshold=BEST8), 0.986910025956),
    "8 normal": (S.sharpe_probability(S8, 1250, threshold=BEST8), 0.996851538658),
    "8 against zero": (S.sharpe_probability(S8, 1250, **SHAPE8), 0.999996636935),
    "8 track record": (S.sharpe_track_record(S8, **SHAPE8, threshold=BEST8), 684.486882547),
    "10 turnover": (S.turnover(*MOVED), 0.437810945274),
    "10 one-way turnover": (S.turnover(*MOVED, one_way=True), 0.218905472637),
    "10 average drawdown": (S.average_drawdown(S.returns(CURVE)), -0.0768892339545),
    "10 pain": (S.pain(S.returns(CURVE)), -0.0449367332272),
    "10 ulcer": (S.ulcer(S.returns(CURVE)), 0.0655983901306),
    "10 longest drawdown": (S.longest_drawdown(S.returns(CURVE)), 4),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_figure_is_the_written_one(name):
    found, written = WRITTEN[name]
    assert found == close(written)


def test_drawdowns_are_the_written_ones():
    table = S.drawdowns(CURVE)
    assert column(table, "peak_at") == [1, 5, 7]
    assert column(table, "trough_at") == [3, 6, 9]
    assert column(table, "recovery_at")[:2] == [5, 7]
    assert math.isnan(column(table, "recovery_at")[2])
    assert column(table, "depth") == close([-0.1, -0.00892857142857, -0.121739130435])
    assert [one.total_seconds() for one in column(table, "fall")] == [2, 1, 2]
    assert [one.total_seconds() for one in column(table, "length")] == [4, 2, 3]
    equity = np.cumprod([1, *(1 + r for r in R)])
    assert column(S.drawdowns(equity), "peak_at") == [1, 3]
    assert column(S.drawdowns(equity), "trough_at") == [2, 7]


def test_a_deposit_is_no_performance():
    """100 grows to 110, 100 come in, 231 are there at the end: 21 %, not 131 % nor 15.5 %."""
    assert S.total_return(S.returns([100, 210, 231], deposits=[0, 100, 0])) == close(0.21)


def of_shape(values, ratio):
    """The series moved and stretched to a mean of `ratio` sample deviations."""
    values = np.array(values, dtype=float)
    values -= values.mean()
    return 0.01 * (values / values.std(ddof=1) + ratio)


def normal_in_moments():
    """1,250 values with the skew 0 and the raw kurtosis 3: -x, -1, 0, 1, x.

    With 150 of each of 1 and x on both sides, t = x² solves 1250 (1 + t²) = 900 (1 + t)².
    """
    t = (900 + math.sqrt(900**2 - 350**2)) / 350
    return [*[-math.sqrt(t), -1, 1, math.sqrt(t)] * 150, *[0] * 650]


def test_the_deflated_ratio_is_the_written_one():
    """Annual ratio 2.5 over 1,250 days, the best of 100 trials whose annual ratios deviate 0.5."""
    trials = {"trials": 100, "trial_variance": 0.5**2 / 252}
    returns = of_shape(normal_in_moments(), 2.5 / math.sqrt(252))
    assert S.skew(returns) == pytest.approx(0, abs=1e-12)
    assert S.kurtosis(returns) == pytest.approx(0, abs=1e-12)
    assert S.sharpe(returns, **YEAR) == close(2.5)
    assert S.deflated_sharpe(returns, **trials) == close(0.996851538658)
    # Who has just the ratio to be expected of the best is above it by the toss of a coin.
    by_chance = of_shape(normal_in_moments(), 0.0797064990771)
    assert S.deflated_sharpe(by_chance, **trials) == close(0.5)
    assert S.sharpe(by_chance, **YEAR) == close(1.26530144660)


def test_a_deflated_ratio_with_skew_is_the_written_one():
    """A skew of -3 and a kurtosis of 10 are those of two values, in a share that 1,250 have not.

    So the written numbers hold the reference, and it holds the nearest two values.
    """
    s, best = 2.5 / math.sqrt(252), stats.expected_best(100, 0.5**2 / 252)
    assert stats.expected_best(100, 1) == close(2.53060289320)
    assert best == close(0.0797064990771)
    assert stats.probability(s, best, 1250, -3, 10) == close(0.986910025956)
    assert stats.probability(s, 0, 1250, -3, 10) == close(0.999996636935)
    assert stats.track_record(s, best, -3, 10, 0.95) == close(684.486882547)
    returns = of_shape([-10.9] * 105 + [1] * 1145, s)
    share = 105 / 1250
    skew = -(1 - 2 * share) / math.sqrt(share * (1 - share))
    moments = skew, 1 + skew**2
    assert skew == pytest.approx(-3, abs=1e-3)
    trials = {"trials": 100, "trial_variance": 0.5**2 / 252}
    assert S.deflated_sharpe(returns, **trials) == close(stats.probability(s, best, 1250, *moments))
    assert S.probabilistic_sharpe(returns) == close(stats.probability(s, 0, 1250, *moments))
    record = stats.track_record(s, best, *moments, 0.95)
    assert S.minimum_track_record(returns, threshold=best) == close(record)


# The edges.

CONSTANT = [0.001] * 40


def figures(returns, **settings):
    return S.figures(returns, **(YEAR | settings))


def reasons(returns, *names, **settings):
    found = figures(returns, **settings)
    assert [found[name] for name in names] == [None] * len(names)
    return [found.explain(name).reason for name in names]


def test_constant_returns_have_no_ratio():
    flat = "sharpe", "adjusted_sharpe", "probabilistic_sharpe", "skew", "kurtosis"
    assert reasons(CONSTANT, *flat) == ["zero_dispersion"] * 5
    assert reasons(CONSTANT, *flat, risk_free=0.05) == ["zero_dispersion"] * 5
    assert reasons(CONSTANT, "sortino", "omega", "tail_ratio") == ["no_losses"] * 3
    assert reasons(CONSTANT, "calmar", "average_drawdown") == ["no_drawdown"] * 2
    assert reasons(R * 4, "beta", "alpha", benchmark=CONSTANT) == ["zero_dispersion"] * 2
    assert reasons(R, "information_ratio", benchmark=R) == ["zero_dispersion"]
    assert S.volatility(CONSTANT, **YEAR) == pytest.approx(0, abs=1e-15)
    assert S.tracking_error(R, R, **YEAR) == 0


def test_a_loss_of_the_same_size_is_one_of_no_dispersion_too():
    """What falls evenly has a Sortino ratio, which is -1 per period, and no Sharpe ratio."""
    falling = [-0.001] * 40
    assert S.sharpe(falling, **YEAR) is None
    assert S.sortino(falling, periods_per_year=1) == close(-1)
    assert S.omega(falling) == 0


def test_one_return_says_little():
    names = "cagr", "volatility", "sharpe", "sortino", "omega", "calmar", "skew", "tail_ratio"
    assert reasons([0.01], *names) == ["too_few"] * 8
    assert S.cagr([0.01], **YEAR, short=True) is None
    assert S.total_return([0.01]) == close(0.01)
    assert S.value_at_risk([0.01]) == -0.01
    assert figures([0.01]).explain("value_at_risk").reason == "too_few"


@pytest.mark.parametrize(
    ("name", "least"),
    [("sharpe", 2), ("skew", 3), ("kurtosis", 4), ("probabilistic_sharpe", 4),
     ("minimum_track_record", 4), ("adjusted_sharpe", 30)],
)  # fmt: skip
def test_a_figure_needs_so_many_returns(name, least):
    returns = [0.02, -0.01, 0.015, 0.01] * 8
    assert reasons(returns[: least - 1], name) == ["too_few"]
    assert figures(returns[:least])[name] is not None


def test_nothing_has_no_return():
    for name in ("total_return", "best", "worst", "positive_share", "value_at_risk"):
        assert reasons([], name) == ["too_few"]
    assert S.max_drawdown([]) == 0
    assert S.longest_drawdown([]) == 0
    assert len(S.returns([100])) == 0
    assert len(S.drawdowns([100])) == 0


def test_a_loss_on_the_first_day_is_a_drawdown():
    assert S.max_drawdown([-0.1, 0.02, 0.03]) == close(-0.1)
    assert S.longest_drawdown([-0.1, 0.02, 0.03]) == 3


def test_ruin_ends_the_series():
    ruined = [0.5, -1.2, 0.3]
    names = "cagr", "volatility", "sharpe", "sortino", "calmar", "skew", "value_at_risk", "beta"
    assert reasons(ruined, *names) == ["ruin"] * 8
    assert reasons(ruined, *names, benchmark=[0.1, 0.2, 0.3]) == ["ruin"] * 8
    assert S.total_return(ruined) == close(-1.3)
    assert S.max_drawdown(ruined) == close(-1.2)
    assert S.worst(ruined) == -1.2
    assert S.best([0.1, -1, 0.3]) == 0.1
    assert S.returns([100, 150, -30, 40]).tolist() == close([0.5, -1.2])


def test_a_short_history_is_told_by_the_year_only_if_asked():
    month = 30 / 365.25
    assert S.cagr(R, years=month * 0.999) is None
    assert S.cagr(R, years=month * 0.999, short=True) is not None
    assert S.cagr(R, years=month) is not None
    assert reasons(R, "cagr", "calmar", years=month * 0.999) == ["too_short"] * 2


def test_figures_without_trades_are_undefined():
    for figure in (
        S.win_rate, S.profit_factor, S.payoff, S.expectancy, S.average_win, S.average_loss,
        S.system_quality,
    ):  # fmt: skip
        assert figure([]) is None


def test_what_breaks_even_is_neither_won_nor_lost():
    assert S.win_rate([1, -1, 5, -5], even=1) == 0.25
    assert S.win_rate([1, -1, 5, -5], even=1, decided=True) == 0.5
    assert S.win_rate([0, 0], decided=True) is None
    assert S.profit_factor([5, 3, 0]) is None
    assert S.profit_factor([-5, 0]) == 0
    assert S.payoff([-5, 0]) is None
    assert S.average_win([-5, 0]) is None
    assert S.average_loss([5, 0]) is None


# The slow twin.


def normal(rng, n):
    return rng.normal(0.0005, 0.01, n)


def fat(rng, n):
    return np.maximum(rng.standard_t(2.5, n) * 0.01, -0.5)


def constant(rng, n):
    return np.full(n, rng.choice([0.0, 0.001, -0.001, 0.1, 1e-9]))


def nearly_constant(rng, n):
    """What differs by a millionth of itself: the deviation stands far below the mean."""
    return 0.001 * (1 + 1e-6 * rng.normal(size=n))


def mostly_zero(rng, n):
    return np.where(rng.random(n) < 0.9, 0.0, rng.normal(0, 0.02, n))


def stepped(rng, n):
    """Few values: ties in every order."""
    return rng.choice([-0.03, -0.01, 0.0, 0.01, 0.02], n)


def ruined(rng, n):
    returns = rng.normal(0, 0.05, n)
    returns[rng.integers(n)] = rng.choice([-1.0, -1.2, -5.0])
    return returns


def tiny(rng, n):
    return rng.normal(0.1, 1, n) * 10.0 ** -rng.integers(6, 16)


def huge(rng, n):
    """Gains of up to a millionfold, so few that their product remains a number."""
    return np.abs(rng.normal(0, 1, n)) * 10.0 ** rng.integers(1, 7) * (rng.random(n) < 20 / n)


def crash(rng, n):
    """A few losses of nearly all, which is no ruin."""
    returns = rng.normal(0, 0.02, n)
    returns[rng.integers(0, n, 5)] = -0.99
    return returns


KINDS = [
    normal, fat, constant, nearly_constant, mostly_zero, stepped, ruined, tiny, huge, crash,
]  # fmt: skip


def random_case(kind, seed):
    """Returns, a benchmark or none, and settings."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    n = int(2 * 2500 ** rng.random() ** 2)
    returns = kind(rng, n)
    noise = rng.normal(0.0002, 0.008, n)
    benchmark = [None, noise, noise + 0.7 * returns][rng.integers(3)]
    if rng.random() < 0.03:
        benchmark = np.full(n, 0.0003)
    return returns, benchmark, {
        "periods_per_year": float(rng.choice([12, 52, 252, 365, 8760, 0.5])),
        "risk_free": float(rng.choice([0.0, 0.05, -0.01])),
        "target": float(rng.choice([0.0, 0.1])),
        "years": [None, float(rng.uniform(0.01, 9))][rng.integers(2)],
        "trials": int(rng.integers(1, 500)),
        "trial_variance": float(rng.choice([0.0, 0.001, 0.1])),
    }  # fmt: skip


def expected_figures(returns, benchmark, settings):
    """Figures of the reference, as pairs of value and reason, by name."""
    returns = [float(value) for value in returns]
    benchmark = None if benchmark is None else [float(value) for value in benchmark]
    year = {"periods_per_year": settings["periods_per_year"]}
    free = {"risk_free": settings["risk_free"]}
    rate = {"rate_per_period": stats.rate(settings["risk_free"], year["periods_per_year"])}
    trials = {name: settings[name] for name in ("trials", "trial_variance")}
    both = returns, benchmark
    lasted = year | {"years": settings["years"]}
    alone = (
        "total_return", "max_drawdown", "average_drawdown", "pain", "ulcer", "best", "worst",
        "positive_share", "skew", "kurtosis", "value_at_risk", "expected_shortfall", "tail_ratio",
        "omega",
    )  # fmt: skip
    found = {name: getattr(stats, name)(returns) for name in alone}
    longest, reason = stats.longest_drawdown(returns)
    seconds = 365 * 86_400 / year["periods_per_year"]
    found |= {
        "adjusted_skew": stats.skew(returns, adjusted=True),
        "adjusted_kurtosis": stats.kurtosis(returns, adjusted=True),
        "longest_drawdown": (longest * seconds, reason),
        "cagr": stats.cagr(returns, **lasted),
        "calmar": stats.calmar(returns, **lasted),
        "volatility": stats.volatility(returns, **year),
        "sharpe": stats.sharpe(returns, **year, **free),
        "sortino": stats.sortino(returns, **year, target=settings["target"]),
        "probabilistic_sharpe": stats.probabilistic_sharpe(returns, **rate),
        "deflated_sharpe": stats.deflated_sharpe(returns, **trials, **rate),
        "minimum_track_record": stats.minimum_track_record(returns, **rate),
        "beta": stats.beta(*both),
        "alpha": stats.alpha(*both, **year, **free),
        "arithmetic_alpha": stats.alpha(*both, **year, **free, arithmetic=True),
        "correlation": stats.correlation(*both),
        "tracking_error": stats.tracking_error(*both, **year),
        "information_ratio": stats.information_ratio(*both, **year),
    }
    if len(returns) < 300:  # every lag with every return
        found["adjusted_sharpe"] = stats.adjusted_sharpe(returns, **year, **free)
    if np.abs(returns).max() < 1e-9:  # whether a peak was reached again is beyond what floats tell
        del found["longest_drawdown"], found["average_drawdown"]
    for name in ("value_at_risk", "expected_shortfall"):
        value, reason = found[name]
        if value is not None and len(returns) < 20:  # none is expected in the tail
            found[name] = value, "too_few"
    return found


ULP = 2.0**-52


def roundings(returns, benchmark, found):
    """How far rounding alone moves a figure, where 1e-9 of its value is less than that.

    - The path: equity is rounded once per period, so a value of it is sure to n roundings of
      itself, and so is 1 + return, 1 + fall and 1 + growth (to the power of 1 / years).
    - Skew, kurtosis, covariances: differences of values near the mean. It is rounded itself, by
      so much of the deviation as it stands above it, and terms of both signs may cancel.
    - A ratio above a rate: the two may be nearly the same.
    """
    n = len(returns)
    path = 4 * ULP * (n + 1)
    size, deviation = np.abs(returns).mean(), returns.std()
    shift = 100 * ULP * (1 + size / deviation) if deviation > 0 else 0.0
    value = {name: abs(pair[0] or 0) for name, pair in found.items()}
    allowed = {
        "total_return": path * (1 + value["total_return"]),
        "max_drawdown": path, "average_drawdown": path, "pain": path, "ulcer": path,
        "skew": shift * (4 + value["kurtosis"]),
        "adjusted_skew": 2 * shift * (4 + value["adjusted_kurtosis"]),
        "kurtosis": shift * (4 + value["kurtosis"]),
        "adjusted_kurtosis": 8 * shift * (4 + value["adjusted_kurtosis"]),
        "correlation": 10 * shift,
        "probabilistic_sharpe": 1e-300, "deflated_sharpe": 1e-300,  # as far as floats reach
    }  # fmt: skip
    if benchmark is not None and benchmark.std() > 0:
        per_beta = deviation / benchmark.std()
        allowed["beta"] = 10 * shift * per_beta
        explained = allowed["beta"] * np.abs(benchmark).mean() + 10 * ULP * (
            size + value["beta"] * np.abs(benchmark).mean()
        )
        allowed["explained"] = explained
    return allowed


def differences(returns, benchmark, settings):
    """What the figures and the reference do not agree on, as text."""
    expected = expected_figures(returns, benchmark, settings)
    found = S.figures(returns, benchmark=benchmark, **settings)
    allowed = roundings(returns, benchmark, expected)
    year = settings["periods_per_year"]
    years = settings["years"] or len(returns) / year
    if "explained" in allowed:
        allowed["arithmetic_alpha"] = allowed["explained"] * year
        allowed["alpha"] = allowed["explained"] * year * (1 + abs(expected["alpha"][0] or 0))
    grown = 1 + abs(expected["cagr"][0] or 0)
    allowed["cagr"] = 4 * ULP * (len(returns) + 1) / years * grown
    depth = abs(expected["max_drawdown"][0])
    if depth > 0:
        relative = allowed["max_drawdown"] / depth
        allowed["calmar"] = allowed["cagr"] / depth + relative * abs(expected["calmar"][0] or 0)
    wrong = []
    for name, (value, reason) in expected.items():
        figure = found.explain(name)
        same = (figure.value is None) == (value is None) and figure.reason == reason
        if same and value is not None:
            same = abs(figure.value - value) <= 1e-9 * abs(value) + allowed.get(name, 0.0)
        if not same:
            got = figure.value, figure.reason
            wrong.append(f"{name}: {got}, expected {value, reason}")
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_those_of_the_twin(kind):
    """Two thousand series of 2 to 5,000 returns: every figure, or the reason why it has none."""
    for seed in range(200):
        wrong = differences(*random_case(kind, seed))
        assert not wrong, (kind.__name__, seed, wrong)


def test_each_function_gives_what_the_figures_give():
    for kind in KINDS:
        for seed in range(20):
            returns, benchmark, settings = random_case(kind, seed)
            found = S.figures(returns, benchmark=benchmark, **(settings | {"risk_free": 0.0}))
            year = {"periods_per_year": settings["periods_per_year"]}
            years = settings["years"] or len(returns) / year["periods_per_year"]
            trials = {name: settings[name] for name in ("trials", "trial_variance")}
            wanted = {
                "cagr": {"years": years}, "calmar": {"years": years}, "volatility": year,
                "sharpe": year, "adjusted_sharpe": year, "deflated_sharpe": trials,
                "sortino": year | {"target": settings["target"]}, "alpha": year,
                "tracking_error": year, "information_ratio": year,
            }  # fmt: skip
            compared = found if benchmark is not None else list(found)[:26]
            for name in set(compared) - {"longest_drawdown", "benchmark_return"}:
                plain = name.removeprefix("adjusted_").removeprefix("arithmetic_")
                function = getattr(S, name if hasattr(S, name) else plain)
                kwargs = wanted.get(name, wanted.get(plain, {}))
                if not hasattr(S, name):
                    kwargs = kwargs | {name.removesuffix("_" + plain): True}
                beside = name in list(found)[26:]
                given = (returns, benchmark) if beside else (returns,)
                assert function(*given, **kwargs) == found[name], (kind.__name__, seed, name)
            if benchmark is not None and not (1 + returns <= 0).any():
                assert found["benchmark_return"] == S.total_return(benchmark)
            error = S.sharpe_error(returns, **year)
            assert error == found.explain("sharpe").error
            if error is not None:
                assert error == close(stats.sharpe_error(returns.tolist(), **year)[0])


TRADE_FIGURES = (
    "win_rate", "profit_factor", "payoff", "average_win", "average_loss", "expectancy",
    "system_quality",
)  # fmt: skip


@pytest.mark.parametrize("name", TRADE_FIGURES)
def test_figures_of_trades_are_those_of_the_twin(name):
    """Results of few values, so that some break even, and some lists have no win or no loss."""
    for seed in range(300):
        rng = np.random.default_rng(seed)
        results = rng.integers(-6, 7, rng.integers(0, 30)) * 10.0 ** rng.integers(-9, 9)
        if seed % 5 == 0:
            results = np.abs(results) * (-1) ** (seed // 5)
        takes_even = name not in ("expectancy", "system_quality")
        size = np.abs(results).max(initial=0)
        settings = [{"even": even} for even in (0.0, size / 3)] if takes_even else [{}]
        settings += [{"decided": True}] if name == "win_rate" else []
        for kwargs in settings:
            value, _ = getattr(stats, name)(results.tolist(), **kwargs)
            found = getattr(S, name)(results, **kwargs)
            rounding = 1e-15 * size * len(results)  # results that cancel leave what was rounded
            rounding = 1e-12 if name == "system_quality" else rounding
            rounding = 0.0 if name == "payoff" else rounding
            assert (found is None) == (value is None), (seed, kwargs)
            assert found is None or found == close(value, rounding), (seed, kwargs)


def random_deposits(seed):
    """An equity curve with deposits and withdrawals; some are ruined."""
    rng = np.random.default_rng(seed)
    equity, deposits = [float(rng.uniform(10, 1e6))], [0.0]
    worst = -1.5 if seed % 5 == 0 else -0.4
    for _ in range(rng.integers(1, 120)):
        moves = rng.random() < 0.3
        amount = float(rng.uniform(-0.5, 2)) * abs(equity[-1]) if moves else 0.0
        gain = max(float(rng.standard_t(3)) * 0.1, worst)
        equity.append(equity[-1] * (1 + gain) + amount)
        deposits.append(amount)
    return equity, deposits


def test_returns_beside_deposits_are_those_of_the_twin():
    for seed in range(300):
        equity, deposits = random_deposits(seed)
        written = stats.returns_of(equity, deposits)
        # The deposit is taken from an equity of another size: what is left is rounded as that.
        assert S.returns(equity, deposits=deposits).tolist() == close(written, 1e-13), seed
        assert S.returns(equity).tolist() == close(stats.returns_of(equity), 1e-15), seed


# Laws.

series = [random_case(kind, seed)[0] for kind in (normal, fat, stepped) for seed in range(25)]
series = [  # with a fourth moment, gains and losses, and a mean that is not what rounding left
    returns for returns in series
    if len(returns) > 3 and returns.min() < 0 < returns.max() and abs(returns.mean()) > 1e-9
]  # fmt: skip
SCALE_FREE = (
    "sharpe", "adjusted_sharpe", "probabilistic_sharpe", "deflated_sharpe", "sortino", "omega",
    "skew", "adjusted_skew", "kurtosis", "adjusted_kurtosis", "tail_ratio", "minimum_track_record",
)  # fmt: skip
ORDER_FREE = (
    "total_return", "cagr", "volatility", "sharpe", "probabilistic_sharpe", "sortino", "omega",
    "best", "worst", "positive_share", "skew", "kurtosis", "value_at_risk", "expected_shortfall",
    "tail_ratio", "minimum_track_record",
)  # fmt: skip


def same(one, other, names, absolute=1e-12):
    for name in names:
        value = one[name]
        assert one.explain(name).reason == other.explain(name).reason, name
        assert value is None or other[name] == close(value, absolute), name


@pytest.mark.parametrize("returns", series)
def test_equity_in_other_money_has_the_same_figures(returns):
    equity = np.cumprod([1000, *(1 + returns)])
    eighth = S.returns(equity / 8)
    assert (S.returns(equity) == eighth).all()  # division by a power of two rounds nothing
    same(figures(S.returns(equity * 1000)), figures(eighth), figures(eighth))
    assert (S.falls(equity) == S.falls(equity / 8)).all()


@pytest.mark.parametrize("returns", series)
def test_a_lever_changes_no_ratio(returns):
    settings = {"trials": 10, "trial_variance": 0.01}
    same(figures(returns, **settings), figures(returns / 3, **settings), SCALE_FREE)
    three = figures(returns / 3)
    for name in ("volatility", "value_at_risk", "expected_shortfall", "best", "worst"):
        assert three[name] == close(figures(returns)[name] / 3)


@pytest.mark.parametrize("returns", series)
def test_the_order_of_returns_matters_to_the_path_alone(returns):
    shuffled = np.random.default_rng(1).permutation(returns)
    same(figures(returns), figures(shuffled), ORDER_FREE)


def test_the_order_of_returns_matters_to_the_path():
    falling, waving = [0.1] * 5 + [-0.1] * 5, [0.1, -0.1] * 5
    assert S.max_drawdown(falling) < S.max_drawdown(waving)
    assert S.sharpe(falling, **YEAR) == close(S.sharpe(waving, **YEAR))


@pytest.mark.parametrize("returns", series)
def test_a_day_without_a_return_changes_means_alone(returns):
    n, longer = len(returns), np.append(returns, 0.0)
    # Equity, its falls and the sums above and below 0 stay as they are.
    same(figures(returns, years=1), figures(longer, years=1), (
        "total_return", "cagr", "max_drawdown", "average_drawdown", "calmar", "omega",
    ))  # fmt: skip
    assert S.positive_share(longer) * (n + 1) == close(S.positive_share(returns) * n)
    shrunk = S.sortino(returns, **YEAR) * math.sqrt(n / (n + 1))
    assert S.sortino(longer, **YEAR) == close(shrunk, 1e-12)
    last = S.falls(np.cumprod([1, *(1 + returns)]))[-1]
    assert S.pain(longer) * (n + 2) == close(S.pain(returns) * (n + 1) + last)


@pytest.mark.parametrize("returns", series)
def test_omega_is_a_profit_factor_and_a_mean(returns):
    assert S.omega(returns) == close(S.profit_factor(returns))
    for threshold in (-0.004, 0.0, 0.003):
        short = np.maximum(threshold - returns, 0).mean()
        if short > 0:
            above = (math.fsum(returns) / len(returns) - threshold) / short
            assert S.omega(returns, threshold=threshold) - 1 == close(above, 1e-12)


@pytest.mark.parametrize("returns", series)
def test_a_series_explains_itself(returns):
    assert S.beta(returns, returns) == close(1)
    assert S.correlation(returns, returns) == close(1)
    assert S.correlation(returns, -returns) == close(-1)
    assert S.correlation(returns, returns) <= 1
    for arithmetic in (False, True):
        alpha = S.alpha(returns, returns, **YEAR, risk_free=0.05, arithmetic=arithmetic)
        assert alpha == pytest.approx(0, abs=1e-12)
    # Half of it with a cent a day on top: beta a half, and what was laid on top.
    alpha = S.alpha(returns / 2 + 0.001, returns, **YEAR, arithmetic=True)
    assert S.beta(returns / 2 + 0.001, returns) == close(0.5)
    assert alpha == close(0.252, 1e-12)


@pytest.mark.parametrize("returns", series)
def test_what_only_rises_has_no_drawdown(returns):
    rising = np.abs(returns)
    assert S.max_drawdown(rising) == 0
    assert reasons(rising, "average_drawdown", "calmar", years=1) == ["no_drawdown"] * 2
    equity = np.cumprod([1, *(1 + rising)])
    assert len(S.drawdowns(equity)) == 0
    # Backwards all of it is one fall, from the start to the end.
    end = len(equity) - 1
    table = S.drawdowns(equity[::-1])
    assert S.falls(equity[::-1]).min() == close(1 / equity[-1] - 1)
    if equity[-1] > equity[-2]:
        assert column(table, "depth") == close([1 / equity[-1] - 1])
        assert column(table, "length") == [pd.Timedelta(seconds=end)]


@pytest.mark.parametrize("returns", series)
def test_drawdowns_are_what_lies_below_a_peak(returns):
    equity = np.cumprod([1, *(1 + returns)])
    falls, table = S.falls(equity), S.drawdowns(equity).to_pandas()
    below = np.zeros(len(equity), dtype=bool)
    for one in table.itertuples():
        end = len(equity) if np.isnan(one.recovery_at) else int(one.recovery_at)
        inside = slice(one.peak_at + 1, end)
        assert not below[inside].any()
        below[inside] = True
        assert one.depth == falls[inside].min() == falls[one.trough_at]
        assert falls[one.peak_at] == 0
    assert (below == (falls < 0)).all()
    # A curve and its returns fall alike, but for what was rounded when they were formed.
    rounded = ULP * 4 * len(equity)
    assert S.max_drawdown(S.returns(equity)) == close(falls.min(), rounded)
    assert S.pain(S.returns(equity)) == close(falls.mean(), rounded)
    assert S.ulcer(S.returns(equity)) == close(math.sqrt((falls**2).mean()), rounded)


def test_trades_add_up():
    for seed in range(100):
        rng = np.random.default_rng(seed)
        results = np.round(rng.standard_t(3, rng.integers(2, 60)) * 50, 2)
        results[0], results[1] = 10, -10
        wins, losses = (results > 0).sum(), (results < 0).sum()
        n = len(results)
        assert S.expectancy(results) * n == close(math.fsum(results), 1e-9)
        assert S.profit_factor(results) == close(S.payoff(results) * wins / losses)
        split = S.average_win(results) * wins / n + S.average_loss(results) * losses / n
        assert S.expectancy(results) == close(split, 1e-12 * np.abs(results).max())
        assert S.win_rate(results) * n == close(wins)
        assert S.win_rate(results, decided=True) * (wins + losses) == close(wins)
        ratio = S.sharpe(results / 1e6, periods_per_year=n)
        assert S.system_quality(results) == close(ratio, 1e-12)


@pytest.mark.parametrize("returns", series)
def test_the_ratio_and_its_error_give_the_probability(returns):
    """And after the minimum track record the probability is the confidence that was asked for."""
    ratio, error = S.sharpe(returns, **YEAR), S.sharpe_error(returns, **YEAR)
    assert S.probabilistic_sharpe(returns) == close(stats.normal_below(ratio / error))
    threshold = S.sharpe(returns, periods_per_year=1) - 0.05
    periods = S.minimum_track_record(returns, threshold=threshold, confidence=0.9)
    sure = stats.NORMAL.inv_cdf(S.probabilistic_sharpe(returns, threshold=threshold))
    stretched = sure * math.sqrt((periods - 1) / (len(returns) - 1))
    assert stats.normal_below(stretched) == close(0.9)
    assert S.minimum_track_record(returns, threshold=threshold + 0.06) is None


@pytest.mark.parametrize("returns", series)
def test_more_trials_deflate_more(returns):
    """One trial deflates nothing, and trials that all had one ratio do not either."""
    plain = S.probabilistic_sharpe(returns)
    found = [S.deflated_sharpe(returns, trials=n, trial_variance=0.01) for n in (1, 2, 10, 1000)]
    assert found[0] == plain
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1] or plain < 1e-300
    assert S.deflated_sharpe(returns, trials=1000, trial_variance=0) == plain


def test_small_returns_keep_their_digits():
    assert S.total_return([1e-14] * 3) == close(3e-14)
    assert S.total_return([1e-12, -3e-13]) == close(7e-13)


def test_growth_is_that_of_equity_however_little_is_left():
    """Nine tenths are lost each year, which is no ruin: sixty years of it lose as much a year."""
    assert S.cagr([-0.9] * 60, periods_per_year=1) == close(-0.9)
    assert S.cagr([-0.3] * 90, periods_per_year=1) == close(-0.3)
    assert S.figures([-0.9] * 60, periods_per_year=1).explain("cagr").reason is None


# What goes in.

FORMS = {
    "tuple": tuple,
    "numpy": np.array,
    "numpy, every second": lambda values: np.repeat(values, 2)[::2],
    "numpy, backwards": lambda values: np.array(values[::-1])[::-1],
    "numpy, of the other byte order": lambda values: np.array(values, dtype=">f8"),
    "numpy, of objects": lambda values: np.array(values, dtype=object),
    "numpy, read only": lambda values: np.frombuffer(np.array(values).tobytes()),
    "decimals": lambda values: [Decimal(repr(value)) for value in values],
    "pandas": pd.Series,
    "pandas, indexed": lambda values: pd.Series(
        values, index=pd.date_range("2024-01-01", periods=len(values), tz="UTC")
    ),
    "pandas, nullable": lambda values: pd.Series(values, dtype="Float64"),
    "pandas, of arrow": lambda values: pd.Series(values, dtype="double[pyarrow]"),
    "polars": pl.Series,
    "polars, decimals": lambda values: pl.Series([Decimal(repr(value)) for value in values]),
    "arrow": pa.array,
    "arrow, in chunks": lambda values: pa.chunked_array([values[:3], [], values[3:]]),
    "arrow, decimals": lambda values: pa.array([Decimal(repr(value)) for value in values]),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_series_is_the_same(form):
    make = FORMS[form]
    assert (
        S.figures(make(R), benchmark=make(B), **YEAR).to_dict() == figures(R, benchmark=B).to_dict()
    )
    assert S.sharpe(make(R), **YEAR) == S.sharpe(R, **YEAR)
    assert S.information_ratio(make(R), make(B), **YEAR) == S.information_ratio(R, B, **YEAR)
    assert S.expectancy(make(R)) == S.expectancy(R)
    equity = [float(value) for value in CURVE]
    assert S.returns(make(equity)).tolist() == S.returns(equity).tolist()
    assert S.falls(make(equity)).tolist() == S.falls(equity).tolist()
    assert column(S.drawdowns(make(equity)), "depth") == column(S.drawdowns(equity), "depth")


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"])
def test_every_kind_of_number_is_the_same(dtype):
    assert S.returns(np.array(CURVE, dtype=dtype)).tolist() == S.returns(CURVE).tolist()
    assert S.returns(pl.Series(np.array(CURVE, dtype=dtype))).tolist() == S.returns(CURVE).tolist()


def test_what_is_given_is_left_as_it_is():
    """Quantiles put values in order: not those of the caller."""
    returns = np.array(R)
    figures(returns, benchmark=returns)
    S.value_at_risk(returns)
    assert returns.tolist() == R


def test_a_column_of_a_result_is_a_series():
    ran = run(candles((100, 106, 94, 105), (105, 106, 90, 92), (92, 96, 90, 95)))
    equity = ran.result.equity
    values = column(equity, "equity")
    assert S.returns(equity["equity"]).tolist() == S.returns(values).tolist()
    assert S.falls(equity["equity"]).tolist() == column(equity, "drawdown")
    table = S.drawdowns(equity["equity"], equity["time"])
    assert column(table, "peak") == column(S.drawdowns(values, equity["time"]), "peak")


HOURS = [3_600_000_000_000 * hour for hour in (0, 1, 3, 7)]
STAMPS = pd.to_datetime(HOURS, utc=True)
TIMES = {
    "numpy": np.array(HOURS),
    "list": HOURS,
    "datetime64": np.array(HOURS).astype("M8[ns]"),
    "datetime64 of seconds": np.array(HOURS).astype("M8[ns]").astype("M8[s]"),
    "datetimes": [datetime.fromtimestamp(hour / 1e9, UTC) for hour in HOURS],
    "pandas index": STAMPS,
    "pandas": pd.Series(STAMPS),
    "pandas of New York": pd.Series(STAMPS).dt.tz_convert("America/New_York"),
    "polars": pl.Series(list(STAMPS)),
    "polars, integers": pl.Series(HOURS),
    "arrow": pa.array(STAMPS),
    "arrow, integers": pa.array(HOURS),
}


@pytest.mark.parametrize("form", TIMES)
def test_every_form_of_times_is_the_same(form):
    table = S.drawdowns([10, 9, 8, 11], TIMES[form]).to_pandas()
    assert table.peak.tolist() == [STAMPS[0]]
    assert table.trough.tolist() == [STAMPS[2]]
    assert table.recovery.tolist() == [STAMPS[3]]
    assert table.fall.tolist() == [pd.Timedelta(hours=3)]
    assert table.length.tolist() == [pd.Timedelta(hours=7)]


# What is refused.

BAD_SERIES = [
    ([0.1, NAN], "row 1: {} must be finite numbers, got NaN"),
    ([0.1, INF, 0.1], "row 1: {} must be finite numbers, got inf"),
    (np.array([-INF, 0.1]), "row 0: {} must be finite numbers, got -inf"),
    ([Decimal("0.1"), Decimal("NaN")], "row 1: {} must be finite numbers, got NaN"),
    ([0.1, None], 'row 1, column "{}": a value is missing'),
    (np.array([None, 0.1]), 'row 0, column "{}": a value is missing'),
    (pl.Series([0.1, None]), 'row 1, column "{}": a value is missing'),
    (pa.array([0.1, 0.2, None]), 'row 2, column "{}": a value is missing'),
    (pd.Series([0.1, None]), "row 1: {} must be finite numbers, got NaN"),
    (np.ones((2, 3)), 'column "{}": must have one dimension, has the shape (2, 3)'),
    ([[0.1], [0.2]], 'column "{}": must have one dimension, has the shape (2, 1)'),
    (0.1, 'column "{}": must have one dimension'),
    (None, 'column "{}": must have one dimension'),
    ("0.1, 0.2", 'column "{}": must have one dimension'),
    (["0.1", "high"], 'row 1, column "{}": must be a number, got "high"'),
    ([True, False], 'column "{}": holds Boolean; numbers are needed'),
    (pl.Series([True]), 'column "{}": holds Boolean; numbers are needed'),
    (np.array([1j, 2]), 'column "{}": holds complex128'),
    (np.array([1, 2], dtype="M8[s]"), 'column "{}": holds Timestamp'),
    (pd.DataFrame({"a": [0.1], "b": [0.2]}), 'column "{}": holds Struct'),
    (np.ma.array([0.1, 0.2], mask=[0, 1]), 'column "{}": is a masked array'),
]


@pytest.mark.parametrize(("given", "text"), BAD_SERIES, ids=range(len(BAD_SERIES)))
def test_a_bad_series_is_refused(given, text):
    for name, take in (
        ("returns", lambda: S.sharpe(given, **YEAR)),
        ("returns", lambda: S.value_at_risk(given)),
        ("returns", lambda: S.figures(given, **YEAR)),
        ("returns", lambda: S.beta(given, R)),
        ("results", lambda: S.expectancy(given)),
        ("equity", lambda: S.returns(given)),
        ("equity", lambda: S.falls(given)),
        ("equity", lambda: S.drawdowns(given)),
    ):
        with pytest.raises(bt.DataError) as raised:
            take()
        assert text.format(name) in str(raised.value), name


@pytest.mark.parametrize(("given", "text"), BAD_SERIES[:2] + BAD_SERIES[4:5] + BAD_SERIES[14:16])
def test_a_bad_series_beside_another_is_refused(given, text):
    good = [0.1, 0.2, 0.3][: len(given)]
    for name, take in (
        ("benchmark", lambda: S.beta(good, given)),
        ("benchmark", lambda: S.figures(good, **YEAR, benchmark=given)),
        ("deposits", lambda: S.returns(good, deposits=given)),
    ):
        with pytest.raises(bt.DataError) as raised:
            take()
        assert text.format(name) in str(raised.value), name


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: S.beta(R, B[:9]), "benchmark must have one value for each of returns, 10, got 9"),
        (lambda: S.figures(R, **YEAR, benchmark=[]), "for each of returns, 10, got 0"),
        (lambda: S.returns(CURVE, deposits=[0]), "for each of equity, 11, got 1"),
        (lambda: S.drawdowns(CURVE, HOURS), "times must have one value for each of equity, 11, go"),
        (lambda: S.returns([0, 1]), "row 0: equity must start above 0, got 0"),
        (lambda: S.falls([-2.5, 1]), "row 0: equity must start above 0, got -2.5"),
        (lambda: S.drawdowns([-1]), "row 0: equity must start above 0, got -1"),
        (lambda: S.drawdowns([1, 2, 3], [0, 5, 4]), 'row 2, column "times": times must rise'),
        (lambda: S.drawdowns([1, 2], [7, 7]), "1970-01-01T00:00:00.000000007Z comes after"),
        (lambda: S.drawdowns([1, 2], [0.0, 1.0]), 'column "times": must be timestamps, or int'),
        (lambda: S.drawdowns([1, 2], ["a", "b"]), 'column "times"'),
        (lambda: S.drawdowns([1, 2], [datetime(2024, 1, 1), datetime(2024, 1, 2)]),
         'column "times"'),
        (lambda: S.drawdowns([1, 2], pl.Series([datetime(2024, 1, 1, tzinfo=UTC), None])),
         'row 1, column "times": a value is missing'),
    ],
)  # fmt: skip
def test_series_that_do_not_fit_are_refused(call, text):
    with pytest.raises(bt.DataError) as raised:
        call()
    assert text in str(raised.value)


SETTINGS = [
    *[
        ("periods_per_year", value, seen, figure)
        for value, seen in [(0, "0"), (-1, "-1"), (NAN, "NaN"), (INF, "inf")]
        for figure in ("volatility", "sharpe", "sharpe_error", "adjusted_sharpe", "sortino",
                       "cagr", "calmar", "figures")
    ],
    *[
        ("risk_free", value, seen, figure)
        for value, seen in [(-1, "-1"), (-2.5, "-2.5"), (NAN, "NaN"), (INF, "inf")]
        for figure in ("sharpe", "sharpe_error", "adjusted_sharpe", "figures")
    ],
    *[
        ("target", value, seen, figure)
        for value, seen in [(-1, "-1"), (NAN, "NaN")]
        for figure in ("sortino", "figures")
    ],
    *[
        ("years", value, seen, figure)
        for value, seen in [(0, "0"), (-1, "-1"), (NAN, "NaN"), (INF, "inf")]
        for figure in ("cagr", "calmar", "figures")
    ],
    *[
        ("level", value, seen, figure)
        for value, seen in [(0, "0"), (1, "1"), (-0.1, "-0.1"), (5, "5"), (NAN, "NaN")]
        for figure in ("value_at_risk", "expected_shortfall")
    ],
    *[("confidence", value, seen, "minimum_track_record")
      for value, seen in [(0, "0"), (1, "1"), (95, "95"), (NAN, "NaN")]],
    *[
        ("trials", value, seen, figure)
        for value, seen in [(0, "0"), (-3, "-3"), (NAN, "NaN"), (INF, "inf")]
        for figure in ("deflated_sharpe", "figures")
    ],
    *[
        ("trial_variance", value, seen, figure)
        for value, seen in [(-0.5, "-0.5"), (NAN, "NaN"), (INF, "inf")]
        for figure in ("deflated_sharpe", "figures")
    ],
    *[
        ("threshold", value, seen, figure)
        for value, seen in [(NAN, "NaN"), (INF, "inf")]
        for figure in ("omega", "probabilistic_sharpe", "minimum_track_record")
    ],
    *[("even", value, seen, "win_rate")
      for value, seen in [(-1, "-1"), (NAN, "NaN"), (INF, "inf")]],
]  # fmt: skip
NEEDED = {
    "periods_per_year": ("volatility", "sharpe", "sharpe_error", "adjusted_sharpe", "sortino",
                         "figures"),
}  # fmt: skip


@pytest.mark.parametrize(("setting", "value", "seen", "figure"), SETTINGS)
def test_a_setting_out_of_range_is_refused(setting, value, seen, figure):
    kwargs = {setting: value}
    if figure in NEEDED["periods_per_year"]:
        kwargs = {"periods_per_year": 252} | kwargs
    for one, other in (("trials", "trial_variance"), ("trial_variance", "trials")):
        if setting == one:
            kwargs[other] = 2
    with pytest.raises(bt.ConfigError, match=rf"{setting} must .*got {seen}$"):
        getattr(S, figure)(R, **kwargs)


def test_settings_that_belong_together_are_asked_for():
    for kwargs in ({}, {"years": 1, "periods_per_year": 252}):
        with pytest.raises(bt.ConfigError, match="one of years and periods_per_year"):
            S.cagr(R, **kwargs)
    for one in ("trials", "trial_variance"):
        with pytest.raises(bt.ConfigError, match="trials and trial_variance together"):
            figures(R, **{one: 2})
    for value in (None, "252"):
        with pytest.raises(TypeError):
            S.sharpe(R, periods_per_year=value)
    with pytest.raises(KeyError, match='no figure "sharp", did you mean "sharpe"'):
        figures(R).explain("sharp")


# What comes out.

EXTREMES = {
    "of the greatest gains": [1e308, 1e308, 1e308, 0.1],
    "whose equity is no number": [1e200, 1e200, -0.5, 0.1],
    "whose squares are no numbers": [1e200, 0.1, 0.2, -0.3],
    "of the least numbers": [5e-324, 0.0, -5e-324, 5e-324],
    "whose squares vanish": [1e-170, -1e-170, 2e-170, -3e-170],
    "lost but for the last digit": [-1 + 2**-53] * 50,
    "of all sizes": [1e-300, 1e-100, 1.0, 1e100, -0.9],
}


@pytest.mark.parametrize("case", EXTREMES)
def test_no_figure_is_infinite_or_not_a_number(case):
    returns = EXTREMES[case]
    benchmark = [0.01, *returns[:-1]]
    settings = {"periods_per_year": 1e6, "years": 0.1, "trials": 10, "trial_variance": 1e300}
    for other in (returns, benchmark):
        found = S.figures(returns, benchmark=other, **settings)
        assert [name for name in found if not math.isfinite(found[name] or 0)] == []
    for name in TRADE_FIGURES:
        assert math.isfinite(getattr(S, name)(returns) or 0), name
    for level in (1e-9, 0.5, 0.9999):
        assert math.isfinite(S.value_at_risk(returns, level=level) or 0)
        assert math.isfinite(S.expected_shortfall(returns, level=level) or 0)
    for threshold in (-1e308, 1e308):
        assert math.isfinite(S.omega(returns, threshold=threshold) or 0)
        assert math.isfinite(S.probabilistic_sharpe(returns, threshold=threshold) or 0)
        assert math.isfinite(S.minimum_track_record(returns, threshold=threshold) or 0)


def test_the_greatest_numbers_of_trials_are_counted():
    assert S.deflated_sharpe(R, trials=1e18, trial_variance=0.01) < 0.02
    with pytest.raises(bt.ConfigError, match="trials must be 1 to 1e18, got 2e18"):
        S.deflated_sharpe(R, trials=2e18, trial_variance=0.01)


def test_a_fall_from_a_peak_that_is_no_number_is_not_zero():
    """Half is lost after a gain beyond every number: a fall of a half, or none that is known."""
    assert S.max_drawdown([1e200, 1e200, -0.5]) in (None, -0.5)


def test_a_figure_tells_of_itself():
    found = figures(R, benchmark=B)
    told = found.table.to_pandas()
    assert told["name"].tolist() == list(found) == found.keys()
    assert len(found) == len(set(found)) == len(told)
    for row in told.itertuples():
        figure = found.explain(row.name)
        assert figure.name == row.name
        assert figure.definition == row.definition
        assert figure.unit == row.unit
        assert (figure.value is None) == math.isnan(row.value)
        assert (figure.why is None) == (figure.reason is None)
        assert figure.reason is not None or figure.value is not None
        assert f"{row.name} " in str(figure)
    assert found.explain("sharpe").error == S.sharpe_error(R, **YEAR)
    assert found.explain("sharpe").n == 10
    assert "sharpe" in found
    assert "sharp" not in found
