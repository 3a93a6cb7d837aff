"""Figures of finished moments: exact, undefined where they are, of an interval that scales."""

import copy
import datetime as dt
import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Context, Decimal, FloatOperation, Inexact, Rounded, localcontext
from fractions import Fraction
from math import isclose
from statistics import pvariance, variance
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barter_python as bt
from barter_python import statistic
from barter_python.statistic import (
    Annual252,
    Annual365,
    CalmarRatio,
    Daily,
    RateOfReturn,
    SharpeRatio,
    SortinoRatio,
    TimeDeltaInterval,
)

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEW_YORK = ZoneInfo("America/New_York")
KINDS = [bt.MetricWithInterval, SharpeRatio, SortinoRatio, CalmarRatio, RateOfReturn]
RATIOS = [bt.calculate_sharpe_ratio, bt.calculate_sortino_ratio, bt.calculate_calmar_ratio]

numbers = st.decimals("-1e9", "1e9", places=6)
intervals = st.one_of(
    st.sampled_from([Daily(), Annual252(), Annual365()]),
    st.timedeltas(timedelta(microseconds=1), timedelta(days=10_000)).map(TimeDeltaInterval),
)
curves = st.lists(st.integers(1, 12), max_size=40)


def points(values, step=HOUR):
    return [(START + at * step, value) for at, value in enumerate(values)]


def near(a: Decimal, b: Decimal, relative="1e-25") -> bool:
    return abs(a - b) <= Decimal(relative) * max(abs(a), abs(b))


# Ratios


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_ratio_is_the_excess_over_the_risk(ratio):
    assert ratio("0.0015", 0.0025, Decimal("0.02"), "daily").value == Decimal("0.05")
    assert ratio(0, -1, 3, "daily").value == Decimal("-0." + "3" * 28)
    assert ratio(1, 1, 3, "daily").value == 0


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("mean", [-1, 0, 1, "0.05"])
def test_a_ratio_without_risk_is_undefined_whatever_the_return(ratio, mean):
    undefined = ratio("0.05", mean, 0, "annual_252")
    assert (undefined.value, undefined.interval) == (None, Annual252())
    assert undefined.scale("daily").value is None


def test_a_drawdown_counts_by_its_size_and_a_deviation_has_no_sign():
    above, below = (bt.calculate_calmar_ratio(0, 1, risk, "daily") for risk in (0.5, -0.5))
    assert above == below
    assert above.value == 2
    for ratio, name in zip(RATIOS, ("std_dev_returns", "std_dev_loss_returns"), strict=False):
        with pytest.raises(bt.ConfigError, match=f"{name} must be >= 0, got -0.5"):
            ratio(0, 1, -0.5, "daily")


@given(st.lists(st.integers(-500, 500), min_size=2, max_size=30))
def test_ratios_are_those_of_the_series(basis_points):
    """The same figures, from moments of the series and from the series itself."""
    returns = [value / 10_000 for value in basis_points]
    mean = Fraction(sum(basis_points), 10_000 * len(returns))
    downside = Fraction(sum(min(value, 0) ** 2 for value in basis_points), len(returns) * 10**8)
    pairs = [
        (bt.calculate_sharpe_ratio, variance(map(Fraction, returns)), statistic.sharpe),
        (bt.calculate_sortino_ratio, downside, statistic.sortino),
    ]
    for ratio, squared, series in pairs:
        ours = ratio(0, float(mean), float(squared) ** 0.5, "daily").scale("annual_252").value
        theirs = series(returns, periods_per_year=252)
        # Of a series of one value over and over the deviation is noise, which both call undefined.
        if squared < 1e-20:
            assert theirs is None
        else:
            assert isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("profits", "losses", "factor"),
    [("0.30", "0.05", 6), (0, 5, 0), (5, 0, None), (0, 0, None), (1, 4, Decimal("0.25"))],
)
def test_the_profit_factor_is_gross_profit_over_gross_loss(profits, losses, factor):
    assert bt.calculate_profit_factor(profits, losses) == factor


@pytest.mark.parametrize(
    ("wins", "total", "rate"),
    [(2, 3, Decimal("0." + "6" * 27 + "7")), (1, 1, 1), (0, 1, 0), (0, 0, None), ("3", 4.0, 0.75)],
)
def test_the_win_rate_is_the_share_of_wins(wins, total, rate):
    assert bt.calculate_win_rate(wins, total) == rate


def test_a_rate_scales_without_compounding():
    assert bt.calculate_rate_of_return("0.01", "daily").value == Decimal("0.01")
    assert bt.calculate_rate_of_return("0.01", "daily", "annual_252").value == Decimal("2.52")
    assert bt.calculate_rate_of_return("-0.01", "daily", "annual_365").value == Decimal("-3.65")
    hours = bt.calculate_rate_of_return("0.01", 2 * HOUR, 8 * HOUR)
    assert hours == RateOfReturn("0.04", timedelta(hours=8))


# Intervals


@pytest.mark.parametrize(
    ("interval", "target", "periods"),
    [
        ("daily", "annual_252", 252),
        ("daily", "annual_365", 365),
        ("annual_252", "annual_365", 1),
        (HOUR, "daily", 24),
        (2 * HOUR, 8 * HOUR, 4),
        (HOUR, "annual_365", 8760),
        # A stretch of the calendar is not measured in sessions.
        (timedelta(days=365), "annual_252", 1),
        (timedelta(days=73), "annual_252", 5),
    ],
)
def test_what_is_of_time_scales_with_it_and_a_deviation_with_its_root(interval, target, periods):
    for kind, power in zip(KINDS, (0.5, 0.5, 0.5, 1, 1), strict=True):
        scaled = kind("0.7", interval).scale(target)
        assert type(scaled) is kind
        assert scaled.interval == kind(None, target).interval
        assert isclose(scaled.value, 0.7 * periods**power, rel_tol=1e-15)
    assert RateOfReturn("0.7", interval).scale(target).value == Decimal("0.7") * periods


@given(st.sampled_from(KINDS), numbers, intervals, intervals)
def test_there_and_back_is_the_same(kind, value, interval, target):
    metric = kind(value, interval)
    assert metric.scale(interval) == metric
    back = metric.scale(target).scale(interval)
    assert back.interval == metric.interval
    assert near(back.value, metric.value)


@given(st.sampled_from(KINDS), numbers, st.lists(intervals, min_size=3, max_size=3))
def test_the_way_does_not_matter_on_one_calendar(kind, value, way):
    """A day is a session only beside a year of sessions, so this holds without that year."""
    first, second, third = (Annual365() if step == Annual252() else step for step in way)
    metric = kind(value, first)
    assert near(metric.scale(second).scale(third).value, metric.scale(third).value)


@pytest.mark.parametrize(
    ("names", "interval", "text"),
    [
        (["daily", "Daily"], Daily(), "daily"),
        (
            ["annual_252", "Annual(252)", "annual-252", "annual252", "ANNUAL_252"],
            Annual252(),
            "annual_252",
        ),
        (["annual_365", "Annual(365)", "annual-365", "annual365"], Annual365(), "annual_365"),
        ([2 * HOUR, pd.Timedelta("2h")], TimeDeltaInterval(2 * HOUR), "7200s"),
        ([HOUR / 7200], TimeDeltaInterval(timedelta(milliseconds=500)), "0.5s"),
    ],
)
def test_an_interval_has_several_names_and_one_text(names, interval, text):
    for name in [*names, interval, text if isinstance(names[0], str) else interval]:
        assert bt.MetricWithInterval(1, name) == bt.MetricWithInterval(1, interval)
    assert str(interval) == text


@pytest.mark.parametrize("bad", ["weekly", "", "annual", "annual_360", None, 1, Daily, HOUR * 0])
def test_an_interval_that_is_none_is_named(bad):
    for call in (
        lambda: bt.MetricWithInterval(1, bad),
        lambda: bt.MetricWithInterval(1, "daily").scale(bad),
        lambda: bt.calculate_sharpe_ratio(0, 1, 1, bad),
        lambda: bt.calculate_rate_of_return(0, "daily", "" if bad is None else bad),
    ):
        with pytest.raises(bt.ConfigError, match="interval|target"):
            call()
    with pytest.raises(bt.ConfigError, match=r"delta must be a timedelta > 0, got .*\(timedelta\)"):
        TimeDeltaInterval(-HOUR)


# Values


@given(numbers)
def test_a_number_may_be_written_in_any_way(value):
    shown = float(value)
    ways = [value, str(value), shown, np.float64(shown), repr(shown)]
    assert {bt.MetricWithInterval(way, "daily") for way in ways} == {
        bt.MetricWithInterval(value, Daily())
    }
    whole = int(value)
    assert bt.MetricWithInterval(np.int64(whole), "daily").value == whole
    assert bt.MetricWithInterval(np.float32(0.1), "daily").value == Decimal("0.1")
    assert bt.MetricWithInterval("0e5000", "daily").value == 0


TAKE_NUMBERS = {
    "value": lambda bad: bt.MetricWithInterval(bad, "daily"),
    "risk_free_return": lambda bad: bt.calculate_sharpe_ratio(bad, 1, 1, "daily"),
    "mean_return": lambda bad: bt.calculate_rate_of_return(bad, "daily"),
    "std_dev_returns": lambda bad: bt.calculate_sharpe_ratio(1, 1, bad, "daily"),
    "std_dev_loss_returns": lambda bad: bt.calculate_sortino_ratio(1, 1, bad, "daily"),
    "max_drawdown": lambda bad: bt.calculate_calmar_ratio(1, 1, bad, "daily"),
    "profits_gross_abs": lambda bad: bt.calculate_profit_factor(bad, 1),
    "losses_gross_abs": lambda bad: bt.calculate_profit_factor(1, bad),
    "wins": lambda bad: bt.calculate_win_rate(bad, 1),
    "total": lambda bad: bt.calculate_win_rate(1, bad),
    "points[1]": lambda bad: bt.generate_drawdown_series(points([1, bad])),
    "prev_mean": lambda bad: bt.welford_calculate_mean(bad, 1, 1),
    "next_value": lambda bad: bt.welford_calculate_mean(1, bad, 1),
    "count": lambda bad: bt.welford_calculate_sample_variance(1, bad),
    "m": lambda bad: bt.welford_calculate_population_variance(bad, 1),
    "prev_m": lambda bad: bt.welford_calculate_recurrence_relation_m(bad, 1, 1, 1),
    "new_value": lambda bad: bt.welford_calculate_recurrence_relation_m(1, 1, bad, 1),
    "new_mean": lambda bad: bt.welford_calculate_recurrence_relation_m(1, 1, 1, bad),
    "mean_drawdown": lambda bad: bt.MeanDrawdown(bad, HOUR),
}


@pytest.mark.parametrize("name", TAKE_NUMBERS)
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (float("nan"), "must be finite, got 'nan'"),
        (float("-inf"), "must be finite, got '-inf'"),
        ("Infinity", "must be finite, got 'Infinity'"),
        (Decimal("sNaN"), "must be finite, got 'sNaN'"),
        (True, "must be a number or text, got True (bool)"),
        (np.True_, "must be a number or text"),
        ([1], "must be a number or text, got [1] (list)"),
        (1j, "must be a number or text, got 1j (complex)"),
        ("1,5", "number '1,5' not understood; write it like \"1.5\""),
        ("", "number '' not understood"),
        pytest.param(
            10**5_000, "must be 0 or of a size from 1e-999 to 1e999, got 1.000e+5000", id="huge"
        ),
        ("1e-99999999", "must be 0 or of a size from 1e-999 to 1e999"),
    ],
)
def test_what_is_no_finite_number_is_named(name, bad, says):
    with pytest.raises(bt.ConfigError) as caught:
        TAKE_NUMBERS[name](bad)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith((f"{name} {says}", f"{name}: {says}"))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: bt.calculate_profit_factor(-1, 1), "profits_gross_abs must be >= 0, got -1"),
        (lambda: bt.calculate_profit_factor(1, -1), "losses_gross_abs must be >= 0, got -1"),
        (lambda: bt.calculate_win_rate(-1, 1), "wins must be >= 0, got -1"),
        (lambda: bt.calculate_win_rate(0, -1), "total must be >= 0, got -1"),
        (lambda: bt.calculate_win_rate(3, 2), "wins must be at most total, 2, got 3"),
        (lambda: bt.welford_calculate_mean(0, 1, 0), "count must be >= 1, got 0"),
        (lambda: bt.welford_calculate_mean(0, 1, 1.5), "count must be whole, got 1.5"),
        (lambda: bt.welford_calculate_sample_variance(-1, 2), "m must be >= 0, got -1"),
        (lambda: bt.Drawdown(-1, START, START), "value must be >= 0, got -1"),
        (lambda: bt.Drawdown(1, START, START - HOUR), "time_end must not be before time_start"),
        (lambda: bt.MeanDrawdown(1, -HOUR), "mean_duration must be a timedelta >= 0"),
        (lambda: bt.MeanDrawdown(1, 3600), "mean_duration must be a timedelta >= 0, got 3600"),
    ],
)
def test_what_is_out_of_range_is_named(call, says):
    with pytest.raises(bt.ConfigError) as caught:
        call()
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("kind", KINDS)
def test_metrics_are_values(kind):
    for metric in (kind("1.50", "daily"), kind(None, HOUR), kind(-2, Annual252())):
        same = kind(metric.value, metric.interval)
        assert metric == same
        assert hash(metric) == hash(same)
        assert metric != kind(7, metric.interval)
        assert metric != kind(metric.value, "annual_365")
        values_again(metric)
    assert len({other("1.5", "daily") for other in KINDS}) == len(KINDS)


def test_drawdowns_and_intervals_are_values():
    for value in (
        bt.Drawdown("0.25", START, START + HOUR),
        bt.MeanDrawdown("0.25", HOUR),
        *(Daily(), Annual252(), Annual365(), TimeDeltaInterval(HOUR)),
    ):
        values_again(value)
    assert bt.Drawdown("0.25", START, START) != bt.Drawdown("0.5", START, START)
    assert bt.MeanDrawdown("0.25", HOUR) != bt.MeanDrawdown("0.25", 2 * HOUR)


def values_again(value):
    """Copies, pickles and what it prints are the value, and nothing about it can be changed."""
    scope = {**vars(statistic), "Decimal": Decimal, "datetime": dt}
    for again in (
        pickle.loads(pickle.dumps(value)),
        copy.deepcopy(value),
        eval(repr(value), scope),
    ):
        assert type(again) is type(value)
        assert again == value
        assert hash(again) == hash(value)
    for name in ("value", "anything"):
        with pytest.raises(AttributeError):
            setattr(value, name, 1)


def test_dicts_are_ready_for_json_and_exact():
    metric = bt.calculate_sharpe_ratio(0, 1, 3, "Annual(252)")
    assert metric.to_dict() == {"value": "0." + "3" * 28, "interval": "annual_252"}
    assert bt.MetricWithInterval(
        **json.loads(json.dumps(metric.to_dict()))
    ) == bt.MetricWithInterval(metric.value, "annual_252")
    assert bt.MetricWithInterval(None, HOUR).to_dict() == {"value": None, "interval": "3600s"}
    assert bt.Drawdown("0.5", START, START + HOUR).to_dict() == {
        "value": "0.5",
        "time_start": "2024-01-01T00:00:00Z",
        "time_end": "2024-01-01T01:00:00Z",
    }
    mean = bt.MeanDrawdown("0.5", HOUR + timedelta(microseconds=20))
    assert mean.to_dict() == {"mean_drawdown": "0.5", "mean_duration": "3600.00002s"}


def everything():
    """One result of each function that computes."""
    curve = points([3, "1.000000001", 7, 5, 6])
    return [
        *(ratio("0.0001", 1, 3, "daily").scale("annual_252") for ratio in RATIOS),
        bt.calculate_rate_of_return("0.123456789", HOUR, "annual_365"),
        bt.calculate_profit_factor(2, 3),
        bt.calculate_win_rate(2, 3),
        bt.generate_drawdown_series(curve),
        bt.calculate_max_drawdown(curve),
        bt.calculate_mean_drawdown(curve),
        bt.welford_calculate_mean("1.23456789", 2, 3),
        bt.welford_calculate_recurrence_relation_m("1.23456789", "1.1", "2.2", "1.7"),
        bt.welford_calculate_sample_variance("1.23456789", 12345678),
        bt.welford_calculate_population_variance("1.23456789", 12345678),
    ]


def test_the_context_of_the_caller_neither_matters_nor_changes():
    expected = everything()
    strict = Context(prec=2, traps=[Inexact, Rounded, FloatOperation])
    with localcontext(strict) as context:
        assert everything() == expected
        assert not any(context.flags.values())
        assert context.prec == 2


# Drawdowns


def test_a_curve_of_two_falls():
    """Peak 110 to 99, back at 110; then 120 to 90, open at the end."""
    curve = points([100, 110, 99, 105, 110, 120, 90, 100])
    first = bt.Drawdown("0.1", START + HOUR, START + 4 * HOUR)
    second = bt.Drawdown("0.25", START + 5 * HOUR, START + 7 * HOUR)
    assert bt.generate_drawdown_series(curve) == [first, second]
    assert (first.duration(), second.duration()) == (3 * HOUR, 2 * HOUR)
    assert bt.calculate_max_drawdown(curve) == second
    assert bt.calculate_mean_drawdown(curve) == bt.MeanDrawdown("0.175", 2.5 * HOUR)


@pytest.mark.parametrize("values", [[], [5], [1, 1, 1], [1, 2, 3]])
def test_what_never_falls_has_no_drawdown(values):
    assert bt.generate_drawdown_series(points(values)) == []
    assert bt.calculate_max_drawdown(points(values)) is None
    assert bt.calculate_mean_drawdown(points(values)) is None


def test_a_loss_at_once_and_one_of_more_than_all_are_drawdowns():
    assert bt.calculate_max_drawdown(points([100, 90, 95])).value == Decimal("0.1")
    assert bt.calculate_max_drawdown(points([100, -20, 95])).value == Decimal("1.2")


def test_of_two_as_deep_the_first_is_the_deepest():
    assert bt.calculate_max_drawdown(points([2, 1, 4, 2, 8])).time_start == START


def test_asked_again_it_answers_the_same():
    curve = points([100, 73, 110, 99])
    assert bt.calculate_mean_drawdown(curve) == bt.calculate_mean_drawdown(curve)
    assert bt.calculate_mean_drawdown(iter(curve)) == bt.calculate_mean_drawdown(tuple(curve))
    series = pd.Series([100, 73, 110, 99], pd.date_range(START, periods=4, freq="h"))
    assert bt.generate_drawdown_series(series.items()) == bt.generate_drawdown_series(curve)


@given(curves, st.integers(1, 10**6))
def test_drawdowns_are_those_of_the_series(values, seconds):
    curve = points(values, timedelta(seconds=seconds))
    ours = bt.generate_drawdown_series(curve)
    times = np.array([np.datetime64(time.replace(tzinfo=None), "ns") for time, _ in curve])
    theirs = (
        pa.table(statistic.drawdowns(np.array(values, float), times)).to_pylist() if values else []
    )
    assert [fall.time_start for fall in ours] == [row["peak"] for row in theirs]
    assert [fall.time_end for fall in ours] == [row["recovery"] or curve[-1][0] for row in theirs]
    assert [fall.duration() for fall in ours] == [row["length"] for row in theirs]
    for fall, row in zip(ours, theirs, strict=True):
        assert isclose(fall.value, -row["depth"], rel_tol=1e-12)
    deepest, mean = bt.calculate_max_drawdown(curve), bt.calculate_mean_drawdown(curve)
    if not ours:
        assert deepest is mean is None
        return
    depths = [-row["depth"] for row in theirs]
    assert isclose(deepest.value, max(depths), rel_tol=1e-12)
    assert isclose(mean.mean_drawdown, sum(depths) / len(depths), rel_tol=1e-12)
    total = sum((fall.duration() for fall in ours), timedelta())
    assert abs(mean.mean_duration * len(ours) - total) <= timedelta(microseconds=len(ours))


@given(curves, st.integers(1, 10**6))
def test_the_unit_of_money_does_not_matter(values, unit):
    scaled = [Decimal(value) * unit for value in values]
    assert bt.generate_drawdown_series(points(scaled)) == bt.generate_drawdown_series(
        points(values)
    )


def test_a_clock_that_is_put_back_does_not_matter():
    """An hour of the night to 2024-11-03 comes twice in New York."""
    utc = [datetime(2024, 11, 3, 5, 30, tzinfo=UTC) + at * HOUR / 2 for at in range(4)]
    local = [time.astimezone(NEW_YORK) for time in utc]
    assert [time.hour for time in local] == [1, 1, 1, 2]
    values = [4, 3, 2, 1]
    assert bt.generate_drawdown_series(zip(local, values, strict=True)) == [
        bt.Drawdown("0.75", utc[0], utc[-1])
    ]
    assert bt.Drawdown("0.75", local[0], local[-1]).duration() == 1.5 * HOUR


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([(START, 1), (START, 2)], "points[1]: times must rise"),
        ([(START, 1), (START - HOUR, 2)], "points[1]: times must rise"),
        ([(START, 0)], "points[0]: the first value must be > 0, got 0"),
        ([(START, -1), (START + HOUR, 2)], "points[0]: the first value must be > 0, got -1"),
        (
            [(START, 1), (datetime(2024, 2, 1), 1)],
            "points[1]: naive time 2024-02-01 00:00:00 refused; give it a zone, such as tzinfo=UTC",
        ),
        ([(date(2024, 1, 1), 1)], "points[0]: the time must be an aware datetime"),
        ([(1_700_000_000, 1)], "points[0]: the time must be an aware datetime, got 1700000000"),
        ([(pd.NaT, 1)], "points[0]: time NaT out of range"),
        (
            [(datetime(1, 1, 1, tzinfo=timezone(HOUR)), 1)],
            "points[0]: time 0001-01-01 00:00:00+01:00 out of range",
        ),
        ([(START,)], "points[0] must be a time and a number"),
        ([5], "points[0] must be a time and a number, got 5 (int)"),
        ([None], "points[0] must be a time and a number, got None"),
    ],
)
def test_points_that_are_no_curve_are_named(bad, says):
    for call in (
        bt.generate_drawdown_series,
        bt.calculate_max_drawdown,
        bt.calculate_mean_drawdown,
    ):
        with pytest.raises(bt.ConfigError) as caught:
            call(bad)
        assert str(caught.value).startswith(says)


# Running moments


def test_running_moments_of_a_known_series():
    mean, squares = running(["0.1", "-0.2", "-0.05", "0.2", "0.15", "-0.17"])
    assert mean == Decimal("0.005")
    assert bt.welford_calculate_mean("0.04", "-0.17", 6) == Decimal("0.005")
    assert bt.welford_calculate_recurrence_relation_m(0, 10, 100, 55) == 4050
    assert bt.welford_calculate_sample_variance(1050, 5) == Decimal("262.5")
    assert bt.welford_calculate_population_variance(1050, 5) == 210
    assert squares == Decimal("0.14375")  # 0.1439 less 6 * 0.005²


def test_a_variance_of_too_few_is_undefined():
    sample, population = (
        [variance(0, count) for count in (0, 1, 2)]
        for variance in (
            bt.welford_calculate_sample_variance,
            bt.welford_calculate_population_variance,
        )
    )
    assert sample == [None, None, 0]
    assert population == [None, 0, 0]


def running(values):
    mean = squares = Decimal()
    for count, value in enumerate(values, 1):
        before = mean
        mean = bt.welford_calculate_mean(before, value, count)
        squares = bt.welford_calculate_recurrence_relation_m(squares, before, value, mean)
    return mean, squares


@given(st.lists(numbers, min_size=2, max_size=40))
def test_running_moments_are_those_of_all_values_at_once(values):
    exact = [Fraction(value) for value in values]
    mean, squares = running(values)
    size = Fraction(max(map(abs, exact)))
    noise = size * len(values) / 10**26
    assert abs(Fraction(mean) - sum(exact) / len(exact)) <= noise
    for ours, batch in (
        (bt.welford_calculate_sample_variance(squares, len(values)), variance(exact)),
        (bt.welford_calculate_population_variance(squares, len(values)), pvariance(exact)),
    ):
        assert abs(Fraction(ours) - batch) <= noise * size


@given(st.decimals("1", "9", places=40), st.integers(2, 20))
def test_equal_values_have_no_variance_whatever_their_digits(value, count):
    assert running([value] * count) == (Context(prec=28).plus(value), 0)
