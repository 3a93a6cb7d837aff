"""Barter's stand-alone figures: ratios of finished moments, drawdowns of points, running moments.

Numbers go in as `int`, `float` (its shortest text counts), `Decimal` or text, and count with 28
digits. Results are `Decimal`, computed with 100 digits and rounded once to 28, whatever context the
caller has set. What is undefined is `None`, never a very large number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction
from numbers import Integral, Real
from reprlib import repr as shown
from typing import TYPE_CHECKING, Any, ClassVar, Self

from barter_python.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable


def _context(digits: int) -> Context:
    return Context(
        prec=digits,
        rounding=ROUND_HALF_EVEN,
        Emin=-999_999,
        Emax=999_999,
        capitals=1,
        clamp=0,
        flags=[],
        traps=[InvalidOperation, DivisionByZero, Overflow],
    )


_WORK = _context(100)
_RESULT = _context(28)
_SIZE = 999  # the largest power of ten: what is made of a few such numbers still fits _WORK
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Daily:
    """One day: a session beside `Annual252`, 24 hours beside anything else."""

    def __str__(self) -> str:
        return "daily"


@dataclass(frozen=True)
class Annual252:
    """A year of 252 sessions, as exchanges with opening hours have it."""

    def __str__(self) -> str:
        return "annual_252"


@dataclass(frozen=True)
class Annual365:
    """A year of 365 days, for markets that never close."""

    def __str__(self) -> str:
        return "annual_365"


@dataclass(frozen=True)
class TimeDeltaInterval:
    """A span of calendar time, `delta` > 0. Raises `ConfigError` for anything else."""

    delta: timedelta

    def __post_init__(self) -> None:
        given: Any = self.delta
        if not isinstance(given, timedelta) or not given > timedelta():
            raise ConfigError(f"interval: delta must be a timedelta > 0, got {_seen(given)}")

    def __str__(self) -> str:
        return _span(self.delta)


Interval = Daily | Annual252 | Annual365 | TimeDeltaInterval
IntervalLike = Interval | timedelta | str
Number = int | float | Decimal | str

_NAMES: dict[str, Interval] = {
    "daily": Daily(),
    **{
        alias.format(days): year
        for days, year in ((252, Annual252()), (365, Annual365()))
        for alias in ("annual_{}", "annual({})", "annual-{}", "annual{}")
    },
}


@dataclass(frozen=True, init=False)
class MetricWithInterval:
    """A figure and the period that it is of.

    * `value` - a number, `None` if it is undefined.
    * `interval` - "daily", "annual_252" or "annual_365" (also as "Annual(252)", "annual-252",
      "annual252"), a `timedelta` > 0, or a `Daily`, `Annual252`, `Annual365`, `TimeDeltaInterval`.

    Raises `ConfigError` for a value that is not finite and an interval that is none of these.
    """

    value: Decimal | None
    interval: Interval

    _linear: ClassVar[bool] = False

    def __init__(self, value: Number | None, interval: IntervalLike) -> None:
        object.__setattr__(self, "value", None if value is None else _number("value", value))
        object.__setattr__(self, "interval", _interval("interval", interval))

    def scale(self, target: IntervalLike) -> Self:
        """The same figure of another interval; one that is undefined stays so.

        It grows with the root of time, as a mean over a deviation does where returns do not depend
        on each other; a `RateOfReturn` and a `CalmarRatio` grow with time itself.

        A year is 252 sessions or 365 days: from `Daily` to `Annual252` there are 252 periods, to
        `Annual365` 365. Both years are the same stretch of the calendar, against which a
        `timedelta` is measured: an hour is one 8,760th of either.
        """
        target = _interval("target", target)
        if self.value is None:
            return type(self)(None, target)
        periods = _periods(self.interval, target)
        with localcontext(_WORK):
            factor = Decimal(periods.numerator) / periods.denominator
            scaled = self.value * (factor if self._linear else factor.sqrt())
        return type(self)(_rounded(scaled), target)

    def to_dict(self) -> dict[str, str | None]:
        """`value` as exact text or `None` and `interval` as text, ready for JSON."""
        value = None if self.value is None else str(self.value)
        return {"value": value, "interval": str(self.interval)}


def calculate_sharpe_ratio(
    risk_free_return: Number,
    mean_return: Number,
    std_dev_returns: Number,
    interval: IntervalLike,
) -> SharpeRatio:
    """Mean return above the risk-free one, over the deviation of returns.

    All are fractions of one `interval`, the risk-free return too: 5 % a year is about 0.0002 a
    session. `std_dev_returns` >= 0; the value is `None` where it is 0. Raises `ConfigError`.
    """
    risk = _number("std_dev_returns", std_dev_returns, low=0)
    return SharpeRatio(_ratio(risk_free_return, mean_return, risk), interval)


def calculate_sortino_ratio(
    risk_free_return: Number,
    mean_return: Number,
    std_dev_loss_returns: Number,
    interval: IntervalLike,
) -> SortinoRatio:
    """Mean return above the risk-free one, over the downside deviation.

    That is the root of the mean of `min(return - target, 0)` squared over *all* returns, not the
    deviation of the losing ones. All are fractions of one `interval`. `std_dev_loss_returns` >= 0;
    the value is `None` where it is 0. Raises `ConfigError`.
    """
    risk = _number("std_dev_loss_returns", std_dev_loss_returns, low=0)
    return SortinoRatio(_ratio(risk_free_return, mean_return, risk), interval)


def calculate_calmar_ratio(
    risk_free_return: Number,
    mean_return: Number,
    max_drawdown: Number,
    interval: IntervalLike,
) -> CalmarRatio:
    """Mean return above the risk-free one, over the size of the deepest drawdown.

    The returns are fractions of one `interval`, `max_drawdown` is one of the highest equity, of
    either sign; the value is `None` where it is 0. Raises `ConfigError`.
    """
    risk = _number("max_drawdown", max_drawdown).copy_abs()
    return CalmarRatio(_ratio(risk_free_return, mean_return, risk), interval)


def calculate_rate_of_return(
    mean_return: Number, interval: IntervalLike, target_interval: IntervalLike | None = None
) -> RateOfReturn:
    """The mean return of one `interval`, a fraction, scaled to `target_interval` if it is given.

    Scaled linearly, as simple interest: 1 % a day is 252 % of 252 days, without compounding. Raises
    `ConfigError`.
    """
    rate = RateOfReturn(_number("mean_return", mean_return), interval)
    if target_interval is None:
        return rate
    return rate.scale(_interval("target_interval", target_interval))


def calculate_profit_factor(profits_gross_abs: Number, losses_gross_abs: Number) -> Decimal | None:
    """Sum of all profits over the sum of all losses, both as sizes >= 0, in money or fractions.

    0 with losses only, `None` without any loss. Raises `ConfigError`.
    """
    profits = _number("profits_gross_abs", profits_gross_abs, low=0)
    losses = _number("losses_gross_abs", losses_gross_abs, low=0)
    return _share(profits, losses)


def calculate_win_rate(wins: Number, total: Number) -> Decimal | None:
    """How many of all trades won, a fraction from 0 to 1; `None` without any trade.

    `wins` are 0 to `total`; a trade that breaks even is not one of them. Raises `ConfigError`.
    """
    won = _number("wins", wins, low=0)
    closed = _number("total", total, low=0)
    if won > closed:
        raise ConfigError(f"wins must be at most total, {closed}, got {won}")
    return _share(won, closed)


@dataclass(frozen=True, init=False)
class SharpeRatio(MetricWithInterval):
    """A Sharpe ratio of an interval; it scales with the root of time."""

    calculate = staticmethod(calculate_sharpe_ratio)


@dataclass(frozen=True, init=False)
class SortinoRatio(MetricWithInterval):
    """A Sortino ratio of an interval; it scales with the root of time."""

    calculate = staticmethod(calculate_sortino_ratio)


@dataclass(frozen=True, init=False)
class CalmarRatio(MetricWithInterval):
    """A Calmar ratio of an interval; it scales with time, for a drawdown is not of an interval."""

    _linear = True
    calculate = staticmethod(calculate_calmar_ratio)


@dataclass(frozen=True, init=False)
class RateOfReturn(MetricWithInterval):
    """A return of an interval, a fraction; it scales with time, without compounding."""

    _linear = True
    calculate = staticmethod(calculate_rate_of_return)


class ProfitFactor:
    """`ProfitFactor.calculate` is `calculate_profit_factor`."""

    calculate = staticmethod(calculate_profit_factor)


class WinRate:
    """`WinRate.calculate` is `calculate_win_rate`."""

    calculate = staticmethod(calculate_win_rate)


@dataclass(frozen=True, init=False)
class Drawdown:
    """A fall from a peak until its height is reached again, or until the last point.

    * `value` - how deep, a fraction of the peak, >= 0; above 1 where equity fell below 0. That is
      Barter's sign: `barter_python.statistic.drawdowns` has depths <= 0.
    * `time_start`, `time_end` - of the peak and of the end, aware datetimes, kept in UTC.

    Raises `ConfigError` for a bad value and for times without a zone or in the wrong order.
    """

    value: Decimal
    time_start: datetime
    time_end: datetime

    def __init__(self, value: Number, time_start: datetime, time_end: datetime) -> None:
        start, end = _moment("time_start", time_start), _moment("time_end", time_end)
        if not start <= end:
            raise ConfigError(f"time_end must not be before time_start, {start}, got {end}")
        object.__setattr__(self, "value", _number("value", value, low=0))
        object.__setattr__(self, "time_start", start)
        object.__setattr__(self, "time_end", end)

    def duration(self) -> timedelta:
        """From the peak to the end."""
        return self.time_end - self.time_start

    def to_dict(self) -> dict[str, str]:
        """`value` as exact text and the times as ISO 8601, ready for JSON."""
        start, end = _iso(self.time_start), _iso(self.time_end)
        return {"value": str(self.value), "time_start": start, "time_end": end}


@dataclass(frozen=True, init=False)
class MeanDrawdown:
    """Means of several drawdowns.

    * `mean_drawdown` - of their values, a fraction of each one's peak, >= 0.
    * `mean_duration` - of their durations, a `timedelta` >= 0.

    Raises `ConfigError` for anything else.
    """

    mean_drawdown: Decimal
    mean_duration: timedelta

    def __init__(self, mean_drawdown: Number, mean_duration: timedelta) -> None:
        given: Any = mean_duration
        if not isinstance(given, timedelta) or not given >= timedelta():
            raise ConfigError(f"mean_duration must be a timedelta >= 0, got {_seen(given)}")
        object.__setattr__(self, "mean_drawdown", _number("mean_drawdown", mean_drawdown, low=0))
        object.__setattr__(self, "mean_duration", mean_duration)

    def to_dict(self) -> dict[str, str]:
        """`mean_drawdown` as exact text, `mean_duration` in seconds ("5400s"), ready for JSON."""
        mean_duration = _span(self.mean_duration)
        return {"mean_drawdown": str(self.mean_drawdown), "mean_duration": mean_duration}


def generate_drawdown_series(points: Iterable[tuple[datetime, Number]]) -> list[Drawdown]:
    """Every drawdown of a curve of equity, in order of time.

    `points` are pairs of an aware datetime, rising, and a finite number, the first one above 0. The
    first point counts as a peak. A drawdown starts at the last point of its peak, ends where the
    peak is reached again, and counts if it is still open at the last point. Raises `ConfigError`.
    """
    curve = _curve(points)
    found = list[Drawdown]()
    if not curve:
        return found
    since, peak = curve[0]
    lowest = peak
    for time, value in curve[1:]:
        lowest = min(lowest, value)
        if value >= peak:
            if lowest < peak:
                found.append(_fall(peak, lowest, since, time))
            since, peak, lowest = time, value, value
    if lowest < peak:
        found.append(_fall(peak, lowest, since, curve[-1][0]))
    return found


def calculate_max_drawdown(points: Iterable[tuple[datetime, Number]]) -> Drawdown | None:
    """The deepest drawdown of a curve, the first of several; `None` if it never fell.

    `points` are those of `generate_drawdown_series`.
    """
    return max(generate_drawdown_series(points), key=lambda fall: fall.value, default=None)


def calculate_mean_drawdown(points: Iterable[tuple[datetime, Number]]) -> MeanDrawdown | None:
    """Means over all drawdowns of a curve; `None` if it never fell.

    `points` are those of `generate_drawdown_series`. The duration is rounded to microseconds.
    """
    falls = generate_drawdown_series(points)
    if not falls:
        return None
    with localcontext(_WORK):
        depth = sum((fall.value for fall in falls), Decimal()) / len(falls)
    time = sum((fall.duration() for fall in falls), timedelta()) / len(falls)
    return MeanDrawdown(_rounded(depth), time)


def welford_calculate_mean(prev_mean: Number, next_value: Number, count: Number) -> Decimal:
    """The mean of `count` values, from that of the others and the last one.

    `count` is whole, >= 1; with 1 there are no others. Raises `ConfigError`.
    """
    before, value = _number("prev_mean", prev_mean), _number("next_value", next_value)
    size = _count(count, low=1)
    with localcontext(_WORK):
        mean = (before * (size - 1) + value) / size
    return _rounded(mean)


def welford_calculate_recurrence_relation_m(
    prev_m: Number, prev_mean: Number, new_value: Number, new_mean: Number
) -> Decimal:
    """The sum of squared distances from the mean, with one value more.

    `prev_m` >= 0 and `prev_mean` are those of the values before, 0 at the start; `new_mean` counts
    `new_value` in. Raises `ConfigError`.
    """
    before, value = _number("prev_m", prev_m, low=0), _number("new_value", new_value)
    old, new = _number("prev_mean", prev_mean), _number("new_mean", new_mean)
    with localcontext(_WORK):
        after = before + (value - old) * (value - new)
    return _rounded(after)


def welford_calculate_sample_variance(m: Number, count: Number) -> Decimal | None:
    """`m / (count - 1)`; `None` for less than two values.

    `m` >= 0 is the sum of squared distances, `count` is whole, >= 0. Raises `ConfigError`.
    """
    squares, size = _number("m", m, low=0), _count(count, low=0)
    if size <= 1:
        return None
    with localcontext(_WORK):
        others = size - 1
    return _share(squares, others)


def welford_calculate_population_variance(m: Number, count: Number) -> Decimal | None:
    """`m / count`; `None` without any value.

    `m` >= 0 is the sum of squared distances, `count` is whole, >= 0. Raises `ConfigError`.
    """
    return _share(_number("m", m, low=0), _count(count, low=0))


def _ratio(risk_free_return: Number, mean_return: Number, risk: Decimal) -> Decimal | None:
    risk_free, mean = (
        _number("risk_free_return", risk_free_return),
        _number("mean_return", mean_return),
    )
    with localcontext(_WORK):
        excess = mean - risk_free
    return _share(excess, risk)


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    if not whole:
        return None
    with localcontext(_WORK):
        share = part / whole
    return _rounded(share)


def _fall(peak: Decimal, lowest: Decimal, start: datetime, end: datetime) -> Drawdown:
    with localcontext(_WORK):
        depth = (peak - lowest) / peak
    return Drawdown(_rounded(depth), start, end)


def _rounded(value: Decimal) -> Decimal:
    with localcontext(_RESULT):
        return +value


def _periods(interval: Interval, target: Interval) -> Fraction:
    """How many times `interval` goes into `target`."""
    sessions = isinstance(interval, Annual252) or isinstance(target, Annual252)
    return _days(target, sessions=sessions) / _days(interval, sessions=sessions)


def _days(interval: Interval, *, sessions: bool) -> Fraction:
    """The length in days of the calendar; a session is one of 252 parts of the year."""
    match interval:
        case TimeDeltaInterval(delta):
            return Fraction(delta // timedelta.resolution, _DAY // timedelta.resolution)
        case Daily():
            return Fraction(365, 252) if sessions else Fraction(1)
        case Annual252() | Annual365():
            return Fraction(365)


def _interval(what: str, given: Any) -> Interval:
    if isinstance(given, Interval):
        return given
    if isinstance(given, timedelta):
        return TimeDeltaInterval(given)
    found = _NAMES.get(given.lower()) if isinstance(given, str) else None
    if found is None:
        raise ConfigError(
            f'{what} must be "daily", "annual_252", "annual_365", a timedelta or an object of '
            f"these, such as Daily(), got {_seen(given)}"
        )
    return found


def _number(what: str, given: Any, *, low: int | None = None) -> Decimal:
    """`given` as it is written, with 28 digits."""
    if isinstance(given, bool) or not isinstance(given, Decimal | Real | str):
        raise ConfigError(f"{what} must be a number or text, got {_seen(given)}")
    with localcontext(_RESULT):
        try:
            number = Decimal(int(given) if isinstance(given, Integral) else str(given))
        except InvalidOperation:
            raise ConfigError(
                f'{what}: number {shown(given)} not understood; write it like "1.5"'
            ) from None
        if not number.is_finite():
            raise ConfigError(f"{what} must be finite, got {shown(str(given))}")
        if number and not -_SIZE <= number.adjusted() <= _SIZE:
            raise ConfigError(
                f"{what} must be 0 or of a size from 1e-{_SIZE} to 1e{_SIZE}, got {number:.3e}"
            )
        number = +number
    if low is not None and number < low:
        raise ConfigError(f"{what} must be >= {low}, got {number}")
    return number


def _count(given: Number, *, low: int) -> Decimal:
    number = _number("count", given, low=low)
    if number != number.to_integral_value():
        raise ConfigError(f"count must be whole, got {number}")
    return number


def _curve(points: Iterable[Any]) -> list[tuple[datetime, Decimal]]:
    curve = list[tuple[datetime, Decimal]]()
    for at, point in enumerate(points):
        what = f"points[{at}]"
        try:
            given, value = point
        except (TypeError, ValueError):
            raise ConfigError(f"{what} must be a time and a number, got {_seen(point)}") from None
        time = _moment(what, given)
        if curve and not curve[-1][0] < time:
            raise ConfigError(f"{what}: times must rise, and {time} comes after {curve[-1][0]}")
        curve.append((time, _number(what, value)))
    if curve and not curve[0][1] > 0:
        raise ConfigError(f"points[0]: the first value must be > 0, got {curve[0][1]}")
    return curve


def _moment(what: str, given: Any) -> datetime:
    """`given` in UTC, where neither order nor distance depends on a clock that is put back."""
    if not isinstance(given, datetime):
        raise ConfigError(f"{what}: the time must be an aware datetime, got {_seen(given)}")
    try:
        time = given.astimezone(UTC) if given.utcoffset() is not None else None
    except (OverflowError, ValueError):
        raise ConfigError(f"{what}: time {given} out of range; allowed is year 1 to 9999") from None
    if time is None:
        raise ConfigError(f"{what}: naive time {given} refused; give it a zone, such as tzinfo=UTC")
    return time


def _seen(given: object) -> str:
    return f"{shown(given)} ({type(given).__name__})"


def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _span(span: timedelta) -> str:
    """Exact, in seconds: "7200s", "0.5s"."""
    seconds, rest = divmod(span, _SECOND)
    return f"{seconds}.{rest.microseconds:06}".rstrip("0").rstrip(".") + "s"
