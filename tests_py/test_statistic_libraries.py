"""Statistics beside three libraries that others use, where definitions agree.

Where they do not, docs/statistics.md says what each gives.
"""

from __future__ import annotations

import math
import socket

import numpy as np
import pandas as pd
import pytest

import barter_python as bt

S = bt.statistic
YEAR = {"periods_per_year": 252}
RATE = 0.05
DAILY = 1.05 ** (1 / 252) - 1
NO_WHEEL = "empyrical-reloaded is not in the extra `test`: one of its needs is no wheel everywhere"
EXTRA = "a library of the extra `test`, to compare with"


@pytest.fixture(scope="module", autouse=True)
def offline():
    """One of the libraries can fetch prices; none may."""

    def refuse(*args, **kwargs):
        raise AssertionError("a test of figures asked for the network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield


@pytest.fixture(scope="module")
def empyrical(offline):
    return pytest.importorskip("empyrical", reason=NO_WHEEL)


@pytest.fixture(scope="module")
def quantstats(offline):
    return pytest.importorskip("quantstats.stats", reason=EXTRA)


@pytest.fixture(scope="module")
def scipy(offline):
    return pytest.importorskip("scipy.stats", reason=EXTRA)


def cases():
    """Two hundred series of 5 to 800 daily returns with a benchmark, normal and with fat tails."""
    for seed in range(200):
        rng = np.random.default_rng(seed)
        days = pd.date_range("2020-01-01", periods=int(5 * 160 ** rng.random()))
        own, other = rng.standard_t((1000, 3)[seed % 2], (2, len(days))).clip(-30, 30)
        returns = pd.Series(0.0005 + 0.01 * own, days)
        benchmark = 0.6 * returns + 0.008 * other
        returns.iloc[:2] = -0.01, 0.01  # every series has a loss and a win
        yield returns, benchmark


CASES = list(cases())


def agree(ours, theirs, absolute=1e-12):
    """To 1e-9 of the value. What is absolute stands for sums that cancel: theirs are plain sums."""
    assert [ours(*case) for case in CASES] == [
        pytest.approx(float(theirs(*case)), rel=1e-9, abs=absolute) for case in CASES
    ]


def test_empyrical_gives_the_same(empyrical):
    em = empyrical
    agree(lambda r, b: S.total_return(r), lambda r, b: em.cum_returns_final(r))
    agree(lambda r, b: S.volatility(r, **YEAR), lambda r, b: em.annual_volatility(r))
    agree(lambda r, b: S.max_drawdown(r), lambda r, b: em.max_drawdown(r))
    agree(lambda r, b: S.cagr(r, **YEAR, short=True), lambda r, b: em.annual_return(r))
    agree(lambda r, b: S.calmar(r, **YEAR, short=True), lambda r, b: em.calmar_ratio(r))
    agree(lambda r, b: S.sharpe(r, **YEAR), lambda r, b: em.sharpe_ratio(r))
    agree(  # its rate is one per period
        lambda r, b: S.sharpe(r, **YEAR, risk_free=RATE),
        lambda r, b: em.sharpe_ratio(r, risk_free=DAILY),
    )
    agree(lambda r, b: S.sortino(r, **YEAR), lambda r, b: em.sortino_ratio(r))
    agree(
        lambda r, b: S.sortino(r, **YEAR, target=RATE),
        lambda r, b: em.sortino_ratio(r, required_return=DAILY),
    )
    agree(lambda r, b: S.omega(r), lambda r, b: em.omega_ratio(r))
    agree(  # its threshold is one per year
        lambda r, b: S.omega(r, threshold=DAILY),
        lambda r, b: em.omega_ratio(r, required_return=RATE),
    )
    agree(lambda r, b: S.value_at_risk(r), lambda r, b: -em.value_at_risk(r))
    agree(lambda r, b: S.value_at_risk(r, level=0.2), lambda r, b: -em.value_at_risk(r, 0.2))
    agree(lambda r, b: S.expected_shortfall(r), lambda r, b: -em.conditional_value_at_risk(r))
    agree(S.beta, em.beta)
    agree(lambda r, b: S.alpha(r, b, **YEAR), em.alpha)
    agree(
        lambda r, b: S.alpha(r, b, **YEAR, risk_free=RATE),
        lambda r, b: em.alpha(r, b, risk_free=DAILY),
    )
    agree(lambda r, b: S.information_ratio(r, b, periods_per_year=1), em.excess_sharpe)


def test_empyrical_has_the_same_tail_ratio_where_the_tail_is_a_loss(empyrical):
    both = [(S.tail_ratio(r), empyrical.tail_ratio(r)) for r, _ in CASES if r.quantile(0.05) < 0]
    assert len(both) > 150
    assert [ours for ours, _ in both] == pytest.approx([float(theirs) for _, theirs in both])


def test_quantstats_gives_the_same(quantstats):
    """With returns that are not taken for prices: it looks at the values, some here are losses."""
    qs = quantstats
    agree(lambda r, b: S.total_return(r), lambda r, b: qs.comp(r))
    agree(lambda r, b: S.cagr(r, **YEAR, short=True), lambda r, b: qs.cagr(r))
    agree(lambda r, b: S.volatility(r, **YEAR), lambda r, b: qs.volatility(r))
    agree(lambda r, b: S.sharpe(r, **YEAR), lambda r, b: qs.sharpe(r))
    agree(lambda r, b: S.sharpe(r, **YEAR, risk_free=RATE), lambda r, b: qs.sharpe(r, rf=RATE))
    agree(lambda r, b: S.sortino(r, **YEAR), lambda r, b: qs.sortino(r))
    agree(lambda r, b: S.sortino(r, **YEAR, target=RATE), lambda r, b: qs.sortino(r, rf=RATE))
    agree(lambda r, b: S.max_drawdown(r), lambda r, b: qs.max_drawdown(r))
    agree(lambda r, b: S.calmar(r, **YEAR, short=True), lambda r, b: qs.calmar(r))
    agree(lambda r, b: S.omega(r), lambda r, b: qs.omega(r))
    agree(S.beta, lambda r, b: qs.greeks(r, b)["beta"])
    agree(
        lambda r, b: S.alpha(r, b, **YEAR, arithmetic=True),
        lambda r, b: qs.greeks(r, b)["alpha"],
    )
    agree(
        lambda r, b: S.information_ratio(r, b, periods_per_year=1),
        qs.information_ratio,
    )
    agree(lambda r, b: S.skew(r, adjusted=True), lambda r, b: qs.skew(r))
    agree(lambda r, b: S.kurtosis(r, adjusted=True), lambda r, b: qs.kurtosis(r), 1e-9)
    agree(
        lambda r, b: S.probabilistic_sharpe(r, adjusted=True),
        lambda r, b: qs.probabilistic_ratio(r),
    )
    agree(lambda r, b: S.profit_factor(r), lambda r, b: qs.profit_factor(r))
    agree(lambda r, b: S.payoff(r), lambda r, b: qs.payoff_ratio(r))
    agree(lambda r, b: S.win_rate(r, decided=True), lambda r, b: qs.win_rate(r))
    agree(lambda r, b: S.expected_shortfall(r), lambda r, b: -qs.cvar(r, method="historical"))
    agree(
        # Its squares are of the n points after the start, divided by n - 1.
        lambda r, b: S.ulcer(r) * math.sqrt((len(r) + 1) / (len(r) - 1)),
        lambda r, b: qs.ulcer_index(r),
    )


def test_scipy_gives_the_same(scipy):
    agree(lambda r, b: S.skew(r), lambda r, b: scipy.skew(r))
    agree(lambda r, b: S.skew(r, adjusted=True), lambda r, b: scipy.skew(r, bias=False))
    # Its kurtosis of few values is a difference of numbers some thousand times as great.
    agree(lambda r, b: S.kurtosis(r), lambda r, b: scipy.kurtosis(r))
    agree(
        lambda r, b: S.kurtosis(r, adjusted=True), lambda r, b: scipy.kurtosis(r, bias=False), 1e-10
    )
    agree(S.correlation, lambda r, b: scipy.pearsonr(r, b).statistic)
    agree(S.beta, lambda r, b: scipy.linregress(b, r).slope)
    agree(
        lambda r, b: S.alpha(r, b, **YEAR, arithmetic=True),
        lambda r, b: scipy.linregress(b, r).intercept * 252,
    )


def test_the_normal_distribution_is_that_of_scipy(scipy):
    """By the Sharpe ratio whose probability is asked for, from 1e-300 up to the last digit."""
    returns, _ = CASES[0]
    ratio = S.sharpe(returns, periods_per_year=1)
    error = S.sharpe_error(returns, periods_per_year=1)
    for z in (-37, -20, -8, -3, -1, -0.1, 0, 0.1, 1, 3, 8):
        found = S.probabilistic_sharpe(returns, threshold=ratio - z * error)
        assert found == pytest.approx(scipy.norm.cdf(z), rel=1e-9, abs=0)
    for confidence in (0.6, 0.8, 0.95, 0.999, 1 - 1e-9):
        periods = S.minimum_track_record(returns, threshold=ratio - 0.1, confidence=confidence)
        spread = error**2 * (len(returns) - 1)
        expected = 1 + spread * (scipy.norm.ppf(confidence) / 0.1) ** 2
        assert periods == pytest.approx(expected, rel=1e-9)


def test_the_best_of_many_trials_is_that_of_scipy(scipy):
    """Where the ratio is the one to be expected of the best, the probability is a half."""
    returns, _ = CASES[1]
    unit = (returns - returns.mean()) / returns.std()
    for trials in (2, 10, 100, 10_000, 10**9):
        norm, gamma = scipy.norm, 0.5772156649015329
        # Of the tails, which keep digits that 1 - 1 / N loses.
        one, other = norm.isf(1 / trials), norm.isf(1 / (trials * math.e))
        best = 0.02 * ((1 - gamma) * one + gamma * other)
        found = S.deflated_sharpe(0.01 * (unit + best), trials=trials, trial_variance=0.02**2)
        assert found == pytest.approx(0.5, abs=1e-9)
