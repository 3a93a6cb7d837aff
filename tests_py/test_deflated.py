"""The best of many trials without skill looks skilled; the deflated ratio is not taken in.

`python tests_py/test_deflated.py` plays a thousand sweeps and prints the two shares.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import barter_python as bt

sys.path.insert(0, str(Path(__file__).parent / "reference"))
import stats

STRATEGIES, DAYS, SURE = 50, 500, 0.95
BY_CHANCE = 1 - SURE**STRATEGIES  # 92.3 %: one of fifty is above 95 %
SWEEPS = 200


def best_of_sweep(seed, skill=0.0):
    """Probabilities of the strategy with the best Sharpe ratio: of it alone, and deflated."""
    returns = np.random.default_rng(seed).normal(skill * 0.01, 0.01, (STRATEGIES, DAYS))
    ratios = [bt.statistic.sharpe(one, periods_per_year=1) for one in returns]
    best = returns[np.argmax(ratios)]
    trials = {"trials": STRATEGIES, "trial_variance": np.var(ratios, ddof=1)}
    return (
        bt.statistic.probabilistic_sharpe(best),
        bt.statistic.deflated_sharpe(best, **trials),
    )


def shares(sweeps):
    """Share of the sweeps whose best is called skilled, by either probability."""
    return (np.array([best_of_sweep(seed) for seed in range(sweeps)]) > SURE).mean(axis=0)


def chance_of(count, sweeps, share):
    """That so many sweeps or more of a binomial are called skilled."""
    return math.fsum(
        math.comb(sweeps, k) * share**k * (1 - share) ** (sweeps - k)
        for k in range(count, sweeps + 1)
    )


def test_the_best_of_fifty_without_skill_looks_skilled_unless_trials_are_counted():
    """Two hundred sweeps. The share of 92.3 % of them deviates by 1.9 points, so three deviations
    are 5.7 points. Of a share of 1 % that a deflated ratio may be wrong, more than seven sweeps
    are seen once in a thousand times.
    """
    alone, deflated = shares(SWEEPS)
    deviation = math.sqrt(BY_CHANCE * (1 - BY_CHANCE) / SWEEPS)
    assert abs(alone - BY_CHANCE) <= 3 * deviation < 0.057
    assert chance_of(8, SWEEPS, 0.01) < 0.0015
    assert deflated * SWEEPS <= 7


def test_skill_is_seen_through_the_deflation():
    """Fifty strategies that earn a fifth of a deviation a day: the best of them is no luck."""
    found = np.array([best_of_sweep(seed, skill=0.2) for seed in range(20)])
    assert (found[:, 1] > SURE).all()


@pytest.mark.parametrize("seed", range(20))
def test_both_probabilities_are_those_of_the_reference(seed):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.0005, 0.01, DAYS).tolist()
    trials = {"trials": STRATEGIES, "trial_variance": float(rng.uniform(0, 0.01))}
    assert bt.statistic.deflated_sharpe(returns, **trials) == pytest.approx(
        stats.deflated_sharpe(returns, **trials)[0], rel=1e-9
    )


if __name__ == "__main__":
    alone, deflated = shares(1000)
    print(f"probabilistic ratio above {SURE}: {alone:.1%} of 1,000 sweeps")  # noqa: T201
    print(f"deflated ratio above {SURE}: {deflated:.1%}")  # noqa: T201
    assert abs(alone - BY_CHANCE) <= 0.03
    assert deflated <= 0.01
