"""Statistics of a series, slow and obvious: every figure as its formula says.

A figure is a pair: the value and None, or None and the code of the reason why there is no value.
Its checks stand in the order of the reasons, because the first one decides.
Returns are simple returns by period, finite. A year has `periods_per_year` periods; `risk_free`
and `target` are rates per year.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from functools import wraps
from itertools import accumulate
from statistics import NormalDist

LEAST_YEARS = 30 / 365.25
EULER_GAMMA = 0.5772156649015329
NORMAL = NormalDist()


class Undefined(Exception):  # noqa: N818 - a reason, not an error
    """Ends the computation of a figure; the text is the reason code."""


def refuse(reason, condition):
    if condition:
        raise Undefined(reason)


def pair(compute):
    @wraps(compute)
    def figure(*args, **kwargs):
        try:
            value = float(compute(*args, **kwargs))
        except Undefined as reason:
            return None, str(reason)
        except OverflowError:
            return None, "out_of_range"
        return (None, "out_of_range") if math.isinf(value) else (value, None)

    return figure


def figure_of(least):
    """Refuse ruin, then a series shorter than `least`."""

    def decorate(compute):
        @wraps(compute)
        def checked(returns, *args, **kwargs):
            refuse("ruin", any(1 + r <= 0 for r in returns))
            refuse("too_few", len(returns) < least)
            return compute(returns, *args, **kwargs)

        return pair(checked)

    return decorate


# Means, moments and rates.


def mean(values):
    return math.fsum(values) / len(values)


def covariance(first, second):
    """Of a sample, with n - 1."""
    a, b = mean(first), mean(second)
    products = [(x - a) * (y - b) for x, y in zip(first, second, strict=True)]
    return math.fsum(products) / (len(products) - 1)


def deviation(values):
    return math.sqrt(covariance(values, values))


def refuse_flat(values):
    """Ten equal returns have a deviation of some 1e-19 and not of zero: the test is relative."""
    size = mean([abs(x) for x in values])
    refuse("zero_dispersion", deviation(values) <= 1e-12 * max(1e-12, size))


def moment(values, order):
    """Of the population, about the mean."""
    center = mean(values)
    return mean([(x - center) ** order for x in values])


def skew_of(values, *, adjusted=False):
    n, g1 = len(values), moment(values, 3) / moment(values, 2) ** 1.5
    return g1 * math.sqrt(n * (n - 1)) / (n - 2) if adjusted else g1


def kurtosis_of(values, *, adjusted=False):
    """What lies above the 3 of the normal distribution."""
    n, g2 = len(values), moment(values, 4) / moment(values, 2) ** 2 - 3
    return (n - 1) * ((n + 1) * g2 + 6) / ((n - 2) * (n - 3)) if adjusted else g2


def quantile(values, level):
    """With linear interpolation, known as type 7."""
    ordered = sorted(values)
    position = (len(ordered) - 1) * level
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def rate(yearly, periods_per_year):
    """A compound rate per year as one per period."""
    return math.expm1(math.log1p(yearly) / periods_per_year)


def normal_below(x):
    return math.erfc(-x / math.sqrt(2)) / 2


# The path of equity. It has figures after ruin too.


def path(returns):
    """Equity from 1, to 50 digits, up to and including the first point at or below zero."""
    points = [Decimal(1)]
    with localcontext(prec=50):
        for r in returns:
            points.append(points[-1] * (1 + Decimal(float(r))))
            if 1 + r <= 0:
                break
    return points


@pair
def total_return(returns):
    refuse("too_few", len(returns) == 0)
    return path(returns)[-1] - 1


def until_ruin(returns):
    refuse("too_few", len(returns) == 0)
    return list(returns[: len(path(returns)) - 1])


@pair
def best(returns):
    return max(until_ruin(returns))


@pair
def worst(returns):
    return min(until_ruin(returns))


@pair
def positive_share(returns):
    kept = until_ruin(returns)
    return sum(r > 0 for r in kept) / len(kept)


def falls(points):
    """Equity over its highest point so far, less 1, at every point."""
    highest = accumulate(points, max)
    with localcontext(prec=50):
        return [float(point / peak - 1) for point, peak in zip(points, highest, strict=True)]


def drawdowns(points):
    """Peak, trough, recovery (None if open) and depth of every drawdown, by index of the point."""
    found, depths = [], falls(points)
    peak, trough = 0, None
    for at, equity in enumerate(points):
        if equity >= points[peak]:
            if trough is not None:
                found.append((peak, trough, at, depths[trough]))
            peak, trough = at, None
        elif trough is None or equity < points[trough]:
            trough = at
    if trough is not None:
        found.append((peak, trough, None, depths[trough]))
    return found


@pair
def max_drawdown(returns):
    return min(falls(path(returns)))


@pair
def average_drawdown(returns):
    depths = [depth for _, _, _, depth in drawdowns(path(returns))]
    refuse("no_drawdown", not depths)
    return mean(depths)


@pair
def pain(returns):
    return mean(falls(path(returns)))


@pair
def ulcer(returns):
    return math.sqrt(mean([fall * fall for fall in falls(path(returns))]))


@pair
def longest_drawdown(returns):
    """In periods."""
    points = path(returns)
    lengths = [
        (len(points) - 1 if recovery is None else recovery) - peak
        for peak, _, recovery, _ in drawdowns(points)
    ]
    return max(lengths, default=0)


# Growth and ratios of one series.


def growth(returns, periods_per_year, years, short):
    years = len(returns) / periods_per_year if years is None else years
    refuse("too_short", years < LEAST_YEARS and not short)
    return math.expm1(math.fsum(math.log1p(r) for r in returns) / years)


@figure_of(2)
def cagr(returns, *, periods_per_year=None, years=None, short=False):
    return growth(returns, periods_per_year, years, short)


@figure_of(2)
def calmar(returns, *, periods_per_year=None, years=None, short=False):
    grown = growth(returns, periods_per_year, years, short)
    deepest = min(falls(path(returns)))
    refuse("no_drawdown", deepest == 0)
    return grown / abs(deepest)


@figure_of(2)
def volatility(returns, *, periods_per_year):
    return deviation(returns) * math.sqrt(periods_per_year)


def ratio_of(values, rate_per_period=0.0):
    refuse_flat(values)
    return (mean(values) - rate_per_period) / deviation(values)


@figure_of(2)
def sharpe(returns, *, periods_per_year, risk_free=0.0):
    s = ratio_of(returns, rate(risk_free, periods_per_year))
    return s * math.sqrt(periods_per_year)


@figure_of(30)
def adjusted_sharpe(returns, *, periods_per_year, risk_free=0.0):
    s = ratio_of(returns, rate(risk_free, periods_per_year))
    center = mean(returns)
    deviations = [r - center for r in returns]
    squares = math.fsum(d * d for d in deviations)
    periods = max(1, math.floor(periods_per_year + 0.5))
    terms = [periods]
    for lag in range(1, min(periods, len(returns))):  # from n on the autocorrelation is zero
        products = [a * b for a, b in zip(deviations, deviations[lag:], strict=False)]
        terms.append(2 * (periods - lag) * math.fsum(products) / squares)
    radicand = math.fsum(terms)
    refuse("zero_dispersion", radicand <= 1e-12 * periods)
    return s * periods / math.sqrt(radicand)


@figure_of(2)
def sortino(returns, *, periods_per_year, target=0.0):
    excess = [r - rate(target, periods_per_year) for r in returns]
    downside = math.sqrt(mean([min(x, 0.0) ** 2 for x in excess]))
    refuse("no_losses", downside == 0)
    return mean(excess) / downside * math.sqrt(periods_per_year)


@figure_of(2)
def omega(returns, *, threshold=0.0):
    above = math.fsum(max(r - threshold, 0.0) for r in returns)
    below = math.fsum(max(threshold - r, 0.0) for r in returns)
    refuse("no_losses", below == 0)
    return above / below


# Shape and tails.


@figure_of(3)
def skew(returns, *, adjusted=False):
    refuse_flat(returns)
    return skew_of(returns, adjusted=adjusted)


@figure_of(4)
def kurtosis(returns, *, adjusted=False):
    refuse_flat(returns)
    return kurtosis_of(returns, adjusted=adjusted)


@figure_of(1)
def value_at_risk(returns, *, level=0.05):
    return -quantile(returns, level)


@figure_of(1)
def expected_shortfall(returns, *, level=0.05):
    # 0.07 * 100 is 7.000000000000001 in floats, but it means 7 returns and not 8.
    count = max(1, math.ceil(round(level * len(returns), 9)))
    return -mean(sorted(returns)[:count])


@figure_of(2)
def tail_ratio(returns):
    low, high = quantile(returns, 0.05), quantile(returns, 0.95)
    refuse("no_losses", low >= 0)  # without a loss in the tail the ratio means nothing
    return abs(high) / abs(low)


# Against a benchmark.


def slope(returns, benchmark):
    refuse("no_benchmark", benchmark is None)
    refuse_flat(benchmark)
    return covariance(returns, benchmark) / covariance(benchmark, benchmark)


def active(returns, benchmark):
    refuse("no_benchmark", benchmark is None)
    return [r - b for r, b in zip(returns, benchmark, strict=True)]


@figure_of(2)
def beta(returns, benchmark):
    return slope(returns, benchmark)


@figure_of(2)
def alpha(returns, benchmark, *, periods_per_year, risk_free=0.0, arithmetic=False):
    b, free = slope(returns, benchmark), rate(risk_free, periods_per_year)
    rest = mean([r - free - b * (m - free) for r, m in zip(returns, benchmark, strict=True)])
    if arithmetic:
        return rest * periods_per_year
    refuse("undefined", rest <= -1)
    return math.expm1(math.log1p(rest) * periods_per_year)


@figure_of(2)
def correlation(returns, benchmark):
    b = slope(returns, benchmark)
    refuse_flat(returns)
    return b * deviation(benchmark) / deviation(returns)


@figure_of(2)
def tracking_error(returns, benchmark, *, periods_per_year):
    return deviation(active(returns, benchmark)) * math.sqrt(periods_per_year)


@figure_of(2)
def information_ratio(returns, benchmark, *, periods_per_year):
    return ratio_of(active(returns, benchmark)) * math.sqrt(periods_per_year)


# How far a Sharpe ratio can be trusted. All ratios here are per period, kurtosis is without "- 3".


def spread(s, skewness, raw):
    """Variance of the ratio times n - 1."""
    variance = 1 - skewness * s + (raw - 1) / 4 * s * s
    refuse("undefined", variance <= 0)
    return variance


def probability(s, threshold, n, skewness, raw):
    """That the true ratio is above the threshold."""
    return normal_below((s - threshold) * math.sqrt((n - 1) / spread(s, skewness, raw)))


def track_record(s, threshold, skewness, raw, confidence):
    """Periods that tell the ratio from the threshold."""
    variance = spread(s, skewness, raw)
    refuse("not_above", s <= threshold)
    return 1 + variance * (NORMAL.inv_cdf(confidence) / (s - threshold)) ** 2


def expected_best(trials, variance):
    """Ratio that the best of `trials` without skill is expected to show."""
    if trials == 1:
        return 0.0
    first, second = NORMAL.inv_cdf(1 - 1 / trials), NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - EULER_GAMMA) * first + EULER_GAMMA * second)


def shape(returns, *, adjusted=False):
    return skew_of(returns, adjusted=adjusted), kurtosis_of(returns, adjusted=adjusted) + 3


@figure_of(4)
def sharpe_error(returns, *, periods_per_year, risk_free=0.0):
    s = ratio_of(returns, rate(risk_free, periods_per_year))
    return math.sqrt(spread(s, *shape(returns)) / (len(returns) - 1) * periods_per_year)


@figure_of(4)
def probabilistic_sharpe(returns, *, threshold=0.0, adjusted=False, rate_per_period=0.0):
    s = ratio_of(returns, rate_per_period)
    return probability(s, threshold, len(returns), *shape(returns, adjusted=adjusted))


def deflated_sharpe(returns, *, trials, trial_variance, rate_per_period=0.0):
    threshold = expected_best(trials, trial_variance)
    return probabilistic_sharpe(returns, threshold=threshold, rate_per_period=rate_per_period)


@figure_of(4)
def minimum_track_record(returns, *, threshold=0.0, confidence=0.95, rate_per_period=0.0):
    s = ratio_of(returns, rate_per_period)
    return track_record(s, threshold, *shape(returns), confidence)


# Trades. A result of `even` or less in size is neither a win nor a loss.


def won(results, even):
    refuse("no_trades", len(results) == 0)
    return [x for x in results if x > even]


def lost(results, even):
    refuse("no_trades", len(results) == 0)
    losses = [x for x in results if x < -even]
    refuse("no_losses", not losses)
    return losses


@pair
def win_rate(results, *, even=0.0, decided=False):
    wins = won(results, even)
    counted = [x for x in results if abs(x) > even] if decided else results
    refuse("undefined", len(counted) == 0)
    return len(wins) / len(counted)


@pair
def profit_factor(results, *, even=0.0):
    return math.fsum(won(results, even)) / -math.fsum(lost(results, even))


@pair
def average_win(results, *, even=0.0):
    wins = won(results, even)
    refuse("no_wins", not wins)
    return mean(wins)


@pair
def average_loss(results, *, even=0.0):
    return mean(lost(results, even))


@pair
def payoff(results, *, even=0.0):
    losses, wins = lost(results, even), won(results, even)
    refuse("no_wins", not wins)
    return mean(wins) / -mean(losses)


@pair
def expectancy(results):
    refuse("no_trades", len(results) == 0)
    return mean(results)


@pair
def system_quality(results):
    refuse("no_trades", len(results) == 0)
    refuse("too_few", len(results) < 2)
    return math.sqrt(len(results)) * ratio_of(results)


# Money.


def returns_of(equity, deposits=None):
    """Return by period without the deposits, up to the first equity at or below zero.

    A period that lost all there was ends it too, if only a deposit holds equity above zero.
    """
    flows = [0.0] * len(equity) if deposits is None else deposits
    returns = []
    for t in range(1, len(equity)):
        returns.append((equity[t] - flows[t]) / equity[t - 1] - 1)
        if equity[t] <= 0 or equity[t] - flows[t] <= 0:
            break
    return returns
