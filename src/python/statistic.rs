//! Statistics of any series: `barter_python.statistic`.
//!
//! Each takes what a series can be (an array, a list, a column with the Arrow interface) and gives
//! `None` where a figure is undefined.

// The path of a method names one lifetime where any is needed.
#![allow(clippy::redundant_closure_for_method_calls)]

use std::sync::Arc;

use numpy::PyArray1;
use pyo3::prelude::*;

use super::figures::PyFigures;
use super::series::{Numbers, times};
use super::table::PyTable;
use super::time::span;
use crate::error::{DataFault, Error};
use crate::stats::{
    Compared, Conventions, Drawdowns, Estimate, Returns, Tails, Value, check_curve, check_level,
    check_periods, check_rate,
};
use crate::system::drawdowns_table;
use crate::time::Time;
use crate::{
    stats,
    time::{DAY, SECOND},
};

/// Computes something of a series without holding the interpreter.
fn of<T: Send>(
    returns: &Bound<'_, PyAny>,
    figure: impl FnOnce(&Returns<'_>) -> crate::error::Result<T> + Send,
) -> PyResult<T> {
    let numbers = Numbers::new("returns", returns)?;
    let values = numbers.values();
    Ok(returns.py().detach(|| figure(&Returns::new(values)?))?)
}

fn plain(
    returns: &Bound<'_, PyAny>,
    figure: impl FnOnce(&Returns<'_>) -> Value + Send,
) -> PyResult<Option<f64>> {
    of(returns, |returns| Ok(figure(returns).ok()))
}

/// The same beside a benchmark.
fn beside(
    returns: &Bound<'_, PyAny>,
    benchmark: &Bound<'_, PyAny>,
    figure: impl FnOnce(&Compared<'_>) -> Value + Send,
) -> PyResult<Option<f64>> {
    same_times(returns, benchmark)?;
    let (own, other) = (Numbers::new("returns", returns)?, Numbers::new("benchmark", benchmark)?);
    let (own, other) = (own.values(), other.values());
    let figure = || {
        let returns = Returns::new(own)?;
        Ok(figure(&Compared::new(&returns, own.len(), other)?).ok())
    };
    returns.py().detach(figure).map_err(|error: Error| error.into())
}

/// Refuses two series of which both know their times, and that have others.
fn same_times(returns: &Bound<'_, PyAny>, benchmark: &Bound<'_, PyAny>) -> PyResult<()> {
    let index = |series: &Bound<'_, PyAny>| -> PyResult<Option<Py<PyAny>>> {
        let index = series.getattr_opt("index")?.filter(|index| !index.is_callable());
        Ok(index.map(Bound::unbind))
    };
    let (Some(own), Some(other)) = (index(returns)?, index(benchmark)?) else { return Ok(()) };
    let py = returns.py();
    if own.call_method1(py, "equals", (other,))?.extract(py)? {
        return Ok(());
    }
    let text = "benchmark has other times than returns; align them first, such as by \
                pandas.concat([returns, benchmark], axis=1, join=\"inner\")";
    Err(Error::from(DataFault::new(text)).into())
}

pub(super) fn years(
    count: usize,
    periods_per_year: Option<f64>,
    years: Option<f64>,
) -> crate::error::Result<f64> {
    match (years, periods_per_year) {
        (Some(years), None) if years.is_finite() && years > 0.0 => Ok(years),
        (Some(years), None) => {
            Err(Error::Config(format!("years must be > 0 and finite, got {years}")))
        }
        (None, Some(year)) => check_periods(year).map(|()| count as f64 / year),
        (years, year) => {
            let said = |given: Option<f64>| given.map_or("none".to_owned(), |it| it.to_string());
            let (years, year) = (said(years), said(year));
            let text = "give one of years and periods_per_year";
            Err(Error::Config(format!("{text}, got {years} and {year}")))
        }
    }
}

/// Compound return of a series, `prod(1 + r) - 1`. `returns` are simple returns by period, finite.
///
/// `None` without any.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn total_return(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, |returns| returns.total())
}

/// Compound growth per year, `(1 + total)^(1 / years) - 1`. `returns` are simple returns by period,
/// finite.
///
/// Give the `years` that the series lasted, or `periods_per_year` to count its periods. `None` for
/// less than two returns, after ruin, and below 30 days of history unless `short`.
#[pyfunction]
#[pyo3(signature = (returns, *, periods_per_year = None, years = None, short = false))]
pub(super) fn cagr(
    returns: &Bound<'_, PyAny>,
    periods_per_year: Option<f64>,
    years: Option<f64>,
    short: bool,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        let years = self::years(returns.len(), periods_per_year, years)?;
        Ok(stats::cagr(returns, years, short).ok())
    })
}

/// Sample deviation (n - 1) of a year. `returns` are simple returns by period, finite.
///
/// `periods_per_year` is > 0: 365 for days of a market that never closes, 252 for sessions. `None`
/// for less than two returns.
#[pyfunction]
#[pyo3(signature = (returns, *, periods_per_year))]
pub(super) fn volatility(
    returns: &Bound<'_, PyAny>,
    periods_per_year: f64,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_periods(periods_per_year)?;
        Ok(stats::volatility(returns, periods_per_year).ok())
    })
}

/// Mean return above the risk-free rate over the sample deviation (n - 1), of a year. `returns` are
/// simple returns by period, finite.
///
/// `risk_free` is per year; per period it is `(1 + risk_free)^(1 / periods_per_year) - 1`. `None`
/// for less than two returns, without dispersion (a deviation of 1e-12 of the mean size), after
/// ruin. Source: "The Sharpe Ratio", Journal of Portfolio Management 21(1), 1994.
#[pyfunction]
#[pyo3(signature = (returns, *, periods_per_year, risk_free = 0.0))]
pub(super) fn sharpe(
    returns: &Bound<'_, PyAny>,
    periods_per_year: f64,
    risk_free: f64,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_periods(periods_per_year)?;
        check_rate("risk_free", risk_free)?;
        Ok(stats::sharpe(returns, periods_per_year, risk_free).ok())
    })
}

/// Standard error of `sharpe`, which counts skew and kurtosis. `returns` are simple returns by
/// period, finite.
///
/// `None` for less than four returns.
#[pyfunction]
#[pyo3(signature = (returns, *, periods_per_year, risk_free = 0.0))]
pub(super) fn sharpe_error(
    returns: &Bound<'_, PyAny>,
    periods_per_year: f64,
    risk_free: f64,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_periods(periods_per_year)?;
        check_rate("risk_free", risk_free)?;
        Ok(stats::sharpe_error(returns, periods_per_year, risk_free).ok())
    })
}

/// The Sharpe ratio of a year that counts how returns follow one another. `returns` are simple
/// returns by period, finite.
///
/// `None` for less than 30 returns. Source: "The Statistics of Sharpe Ratios", Financial Analysts
/// Journal 58(4), 2002.
#[pyfunction]
#[pyo3(signature = (returns, *, periods_per_year, risk_free = 0.0))]
pub(super) fn adjusted_sharpe(
    returns: &Bound<'_, PyAny>,
    periods_per_year: f64,
    risk_free: f64,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_periods(periods_per_year)?;
        check_rate("risk_free", risk_free)?;
        Ok(stats::adjusted_sharpe(returns, periods_per_year, risk_free).ok())
    })
}

/// Mean return above the target over the root of the mean square of what fell short of it, of a
/// year; all returns count in that mean. `returns` are simple returns by period, finite.
///
/// `target` is per year. `None` for less than two returns, if none is below the target, after ruin.
#[pyfunction]
#[pyo3(signature = (returns, *, periods_per_year, target = 0.0))]
pub(super) fn sortino(
    returns: &Bound<'_, PyAny>,
    periods_per_year: f64,
    target: f64,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_periods(periods_per_year)?;
        check_rate("target", target)?;
        Ok(stats::sortino(returns, periods_per_year, target).ok())
    })
}

/// What lay above the threshold over what lay below it. `returns` are simple returns by period,
/// finite.
///
/// `threshold` is per period. `None` if nothing lay below.
#[pyfunction]
#[pyo3(signature = (returns, *, threshold = 0.0))]
pub(super) fn omega(returns: &Bound<'_, PyAny>, threshold: f64) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_threshold(threshold)?;
        Ok(stats::omega(returns, threshold).ok())
    })
}

/// Growth per year over the size of the deepest drawdown. `returns` are simple returns by period,
/// finite.
///
/// Years as in `cagr`. `None` without a drawdown.
#[pyfunction]
#[pyo3(signature = (returns, *, periods_per_year = None, years = None, short = false))]
pub(super) fn calmar(
    returns: &Bound<'_, PyAny>,
    periods_per_year: Option<f64>,
    years: Option<f64>,
    short: bool,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        let years = self::years(returns.len(), periods_per_year, years)?;
        let depth = Drawdowns::new(returns.equity()).max_drawdown();
        Ok(stats::calmar(stats::cagr(returns, years, short), depth).ok())
    })
}

/// Deepest fall of the compounded series from a peak, a fraction <= 0; the start counts as a peak.
/// `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn max_drawdown(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, |returns| Drawdowns::new(returns.equity()).max_drawdown())
}

/// Mean depth of the drawdowns, each from a peak until it is reached again; `None` without one.
/// `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn average_drawdown(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, |returns| Drawdowns::new(returns.equity()).average_drawdown())
}

/// Mean fall of the compounded series from its peak, over all n + 1 points.
/// `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn pain(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, |returns| Drawdowns::new(returns.equity()).pain())
}

/// Root of the mean square of the fall from the peak, over all n + 1 points.
/// `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn ulcer(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, |returns| Drawdowns::new(returns.equity()).ulcer())
}

/// Longest time from a peak until it was reached again, or to the end, in periods.
/// `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn longest_drawdown(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, |returns| Drawdowns::new(returns.equity()).longest(|at| at as f64))
}

/// Greatest return. `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn best(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, stats::best)
}

/// Least return. `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn worst(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, stats::worst)
}

/// Share of the periods with a return above 0. `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn positive_share(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, stats::positive_share)
}

/// Third standardised moment of the population, `m3 / m2^1.5`; `adjusted` corrects for a small
/// sample. `returns` are simple returns by period, finite.
///
/// `None` for less than three returns, without dispersion, after ruin.
#[pyfunction]
#[pyo3(signature = (returns, *, adjusted = false))]
pub(super) fn skew(returns: &Bound<'_, PyAny>, adjusted: bool) -> PyResult<Option<f64>> {
    plain(returns, if adjusted { stats::adjusted_skew } else { stats::skew })
}

/// Fourth standardised moment of the population less 3, `m4 / m2^2 - 3`; `adjusted` corrects for a
/// small sample. `returns` are simple returns by period, finite.
///
/// `None` for less than four returns, without dispersion, after ruin.
#[pyfunction]
#[pyo3(signature = (returns, *, adjusted = false))]
pub(super) fn kurtosis(returns: &Bound<'_, PyAny>, adjusted: bool) -> PyResult<Option<f64>> {
    plain(returns, if adjusted { stats::adjusted_kurtosis } else { stats::kurtosis })
}

/// Loss that is exceeded in the share `level` of the periods, > 0 for a loss: the quantile between
/// neighbours (type 7), sign turned. `returns` are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns, *, level = 0.05))]
pub(super) fn value_at_risk(returns: &Bound<'_, PyAny>, level: f64) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_level(level)?;
        Ok(Tails::new(returns).value_at_risk(level).ok())
    })
}

/// Mean loss of the worst `ceil(level * n)` periods, > 0 for a loss. `returns` are simple returns
/// by period, finite.
#[pyfunction]
#[pyo3(signature = (returns, *, level = 0.05))]
pub(super) fn expected_shortfall(returns: &Bound<'_, PyAny>, level: f64) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_level(level)?;
        Ok(Tails::new(returns).expected_shortfall(level).ok())
    })
}

/// Size of the 95 % quantile over that of the 5 % quantile; `None` without a loss at 5 %. `returns`
/// are simple returns by period, finite.
#[pyfunction]
#[pyo3(signature = (returns))]
pub(super) fn tail_ratio(returns: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    plain(returns, |returns| Tails::new(returns).ratio())
}

/// Probability that the true Sharpe ratio per period is above `threshold`, also per period.
/// `returns` are simple returns by period, finite.
///
/// Moments are the population's, or `adjusted`. `None` for less than four returns. Source: "The
/// Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), 2012.
#[pyfunction]
#[pyo3(signature = (returns, *, threshold = 0.0, adjusted = false))]
pub(super) fn probabilistic_sharpe(
    returns: &Bound<'_, PyAny>,
    threshold: f64,
    adjusted: bool,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_threshold(threshold)?;
        Ok(stats::probabilistic_sharpe(returns, 0.0, threshold, adjusted).ok())
    })
}

/// Probability that the true Sharpe ratio is above what the best of `trials` without skill would
/// have shown. `returns` are simple returns by period, finite.
///
/// `trial_variance` is that of the Sharpe ratios per period of all trials. It is honest only if
/// every trial was counted. Source: "The Deflated Sharpe Ratio", Journal of Portfolio Management
/// 40(5), 2014.
#[pyfunction]
#[pyo3(signature = (returns, *, trials, trial_variance))]
pub(super) fn deflated_sharpe(
    returns: &Bound<'_, PyAny>,
    trials: f64,
    trial_variance: f64,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        let best = stats::expected_best(trials, trial_variance)?;
        Ok(stats::probabilistic_sharpe(returns, 0.0, best, false).ok())
    })
}

/// Periods needed to be sure, with this `confidence`, that the true Sharpe ratio per period is
/// above `threshold`. `returns` are simple returns by period, finite.
///
/// `None` if the ratio is not above it.
#[pyfunction]
#[pyo3(signature = (returns, *, threshold = 0.0, confidence = 0.95))]
pub(super) fn minimum_track_record(
    returns: &Bound<'_, PyAny>,
    threshold: f64,
    confidence: f64,
) -> PyResult<Option<f64>> {
    of(returns, |returns| {
        check_threshold(threshold)?;
        check_confidence(confidence)?;
        Ok(stats::minimum_track_record(returns, 0.0, threshold, confidence).ok())
    })
}

/// The best Sharpe ratio per period that is to be expected of `trials` without any skill, whose
/// ratios per period have the variance `trial_variance`; 0 for one trial.
///
/// Raises `ConfigError` for trials outside 1 to 1e18 and a negative variance.
#[pyfunction]
#[pyo3(signature = (*, trials, trial_variance))]
pub(super) fn expected_best(trials: f64, trial_variance: f64) -> PyResult<f64> {
    Ok(stats::expected_best(trials, trial_variance)?)
}

/// Probability that the true Sharpe ratio is above `threshold`, of a ratio whose returns are not at
/// hand: it is `sharpe` per period, of `n` returns with this skew and kurtosis (3 if they are
/// normal). `None` where the formula has no value.
#[pyfunction]
#[pyo3(signature = (sharpe, n, *, skew = 0.0, kurtosis = 3.0, threshold = 0.0))]
pub(super) fn sharpe_probability(
    sharpe: f64,
    n: u64,
    skew: f64,
    kurtosis: f64,
    threshold: f64,
) -> PyResult<Option<f64>> {
    check_threshold(threshold)?;
    Ok(estimate(sharpe, n, skew, kurtosis)?.probability(threshold).ok())
}

/// Periods needed to be sure, with this `confidence`, that a Sharpe ratio is above `threshold`, of
/// one whose returns are not at hand; as in `sharpe_probability`.
#[pyfunction]
#[pyo3(signature = (
    sharpe, *, skew = 0.0, kurtosis = 3.0, threshold = 0.0, confidence = 0.95
))]
pub(super) fn sharpe_track_record(
    sharpe: f64,
    skew: f64,
    kurtosis: f64,
    threshold: f64,
    confidence: f64,
) -> PyResult<Option<f64>> {
    check_threshold(threshold)?;
    check_confidence(confidence)?;
    Ok(estimate(sharpe, 2, skew, kurtosis)?.track_record(threshold, confidence).ok())
}

fn estimate(sharpe: f64, n: u64, skew: f64, kurtosis: f64) -> crate::error::Result<Estimate> {
    if n < 2 {
        return Err(Error::Config(format!("n must be 2 or more, got {n}")));
    }
    for (what, value) in [("sharpe", sharpe), ("skew", skew), ("kurtosis", kurtosis)] {
        if !value.is_finite() {
            return Err(Error::Config(format!("{what} must be finite, got {value}")));
        }
    }
    Ok(Estimate { ratio: sharpe, count: n as f64, skew, kurtosis })
}

/// Covariance with the benchmark over its variance; `None` if that is 0. `benchmark` has a return
/// for each of `returns`.
#[pyfunction]
#[pyo3(signature = (returns, benchmark))]
pub(super) fn beta(
    returns: &Bound<'_, PyAny>,
    benchmark: &Bound<'_, PyAny>,
) -> PyResult<Option<f64>> {
    beside(returns, benchmark, |compared| compared.beta())
}

/// Correlation with the benchmark, -1 to 1. `benchmark` has a return for each of `returns`.
#[pyfunction]
#[pyo3(signature = (returns, benchmark))]
pub(super) fn correlation(
    returns: &Bound<'_, PyAny>,
    benchmark: &Bound<'_, PyAny>,
) -> PyResult<Option<f64>> {
    beside(returns, benchmark, |compared| compared.correlation())
}

/// Return of a year that beta does not explain: `(1 + mean(r - rf - beta (b - rf)))^A - 1`, or with
/// `arithmetic` that mean times A. `risk_free` is per year.
#[pyfunction]
#[pyo3(signature = (returns, benchmark, *, periods_per_year, risk_free = 0.0, arithmetic = false))]
pub(super) fn alpha(
    returns: &Bound<'_, PyAny>,
    benchmark: &Bound<'_, PyAny>,
    periods_per_year: f64,
    risk_free: f64,
    arithmetic: bool,
) -> PyResult<Option<f64>> {
    check_periods(periods_per_year)?;
    check_rate("risk_free", risk_free)?;
    beside(returns, benchmark, |compared| {
        if arithmetic {
            compared.arithmetic_alpha(periods_per_year, risk_free)
        } else {
            compared.alpha(periods_per_year, risk_free)
        }
    })
}

/// Sample deviation of what was earned above the benchmark, of a year.
#[pyfunction]
#[pyo3(signature = (returns, benchmark, *, periods_per_year))]
pub(super) fn tracking_error(
    returns: &Bound<'_, PyAny>,
    benchmark: &Bound<'_, PyAny>,
    periods_per_year: f64,
) -> PyResult<Option<f64>> {
    check_periods(periods_per_year)?;
    beside(returns, benchmark, |compared| compared.tracking_error(periods_per_year))
}

/// Mean over sample deviation of what was earned above the benchmark, of a year.
#[pyfunction]
#[pyo3(signature = (returns, benchmark, *, periods_per_year))]
pub(super) fn information_ratio(
    returns: &Bound<'_, PyAny>,
    benchmark: &Bound<'_, PyAny>,
    periods_per_year: f64,
) -> PyResult<Option<f64>> {
    check_periods(periods_per_year)?;
    beside(returns, benchmark, |compared| compared.information_ratio(periods_per_year))
}

fn check_threshold(threshold: f64) -> crate::error::Result<()> {
    if threshold.is_finite() {
        return Ok(());
    }
    Err(Error::Config(format!("threshold must be finite, a return per period, got {threshold}")))
}

fn check_confidence(confidence: f64) -> crate::error::Result<()> {
    if (0.5..1.0).contains(&confidence) {
        return Ok(());
    }
    Err(Error::Config(format!("confidence must be at least 0.5 and below 1, got {confidence}")))
}

/// Returns of an equity curve whose first value is the start, as an array: `(E[t] - F[t]) / E[t-1]
/// - 1`.
///
/// `deposits` has the net deposits F that came in up to each value, the first not being looked at.
/// The series ends with the first equity that is not above 0, with or without its deposit. Raises
/// `DataError` for a curve that does not start above 0.
#[pyfunction]
#[pyo3(signature = (equity, *, deposits = None))]
pub(super) fn returns<'py>(
    equity: &Bound<'py, PyAny>,
    deposits: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let numbers = Numbers::new("equity", equity)?;
    let deposits = deposits.map(|given| Numbers::new("deposits", given)).transpose()?;
    let deposits = deposits.as_ref().map(Numbers::values);
    let returns = Returns::of_equity(numbers.values(), deposits)?;
    Ok(PyArray1::from_slice(equity.py(), returns.values()).into_any())
}

/// The fall of an equity curve from its peak at each value, a fraction <= 0, as an array.
#[pyfunction]
pub(super) fn falls<'py>(equity: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let numbers = curve(equity)?;
    let falls = stats::falls(numbers.values().iter().copied().map(Some));
    let falls: Vec<f64> = falls.into_iter().flatten().collect();
    Ok(PyArray1::from_vec(equity.py(), falls).into_any())
}

/// Every drawdown of an equity curve: a table of `peak`, `trough` and `recovery` (missing while it
/// is open), their indices (`peak_at` ...), `depth`, `fall` (peak to trough) and `length` (peak to
/// recovery or end).
///
/// `times` are timestamps or int ns, rising; without them times are seconds from 0.
#[pyfunction]
#[pyo3(signature = (equity, times = None))]
pub(super) fn drawdowns(
    equity: &Bound<'_, PyAny>,
    times: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyTable> {
    let numbers = curve(equity)?;
    let values = numbers.values();
    let times = match times {
        Some(given) => self::times("times", given)?,
        None => (0..values.len() as i64).map(|at| at * SECOND).collect(),
    };
    if times.len() != values.len() {
        let (seen, wanted) = (times.len(), values.len());
        let text = format!("times must have one value for each of equity, {wanted}, got {seen}");
        return Err(Error::from(DataFault::new(text)).into());
    }
    let found = Drawdowns::new(values.iter().copied());
    Ok(PyTable::new(drawdowns_table(&found.all, values.len(), |at| Time(times[at]))))
}

/// An equity curve that starts above 0.
fn curve<'py>(equity: &Bound<'py, PyAny>) -> PyResult<Numbers<'py>> {
    let numbers = Numbers::new("equity", equity)?;
    check_curve(numbers.values())?;
    Ok(numbers)
}

/// All figures of a series at once. `returns` are simple returns by period, finite.
///
/// * `periods_per_year` - > 0: 365 for days of a market that never closes, 252 for sessions.
/// * `benchmark` - returns of the same periods.
/// * `risk_free`, `target` - per year.
/// * `years` - how long the series lasted; by default as its periods say.
/// * `trials`, `trial_variance` - how many trials it is the best of, and the variance of their
///   Sharpe ratios per period, for the deflated ratio.
///
/// Raises `DataError` for a value that is not finite or a benchmark of another length,
/// `ConfigError` for a setting out of range.
#[pyfunction]
#[pyo3(signature = (
    returns, *, periods_per_year, benchmark = None, risk_free = 0.0, target = 0.0, years = None,
    trials = None, trial_variance = None
))]
#[allow(clippy::too_many_arguments)] // settings, all by name
pub(super) fn figures(
    returns: &Bound<'_, PyAny>,
    periods_per_year: f64,
    benchmark: Option<&Bound<'_, PyAny>>,
    risk_free: f64,
    target: f64,
    years: Option<f64>,
    trials: Option<f64>,
    trial_variance: Option<f64>,
) -> PyResult<PyFigures> {
    check_periods(periods_per_year)?;
    check_rate("risk_free", risk_free)?;
    check_rate("target", target)?;
    let years = years.map(|years| self::years(0, None, Some(years))).transpose()?;
    let trials = counted_trials(trials, trial_variance)?;
    let by = Conventions { periods_per_year, risk_free, target, years, trials };
    let numbers = Numbers::new("returns", returns)?;
    benchmark.map(|other| same_times(returns, other)).transpose()?;
    let benchmark = benchmark.map(|given| Numbers::new("benchmark", given)).transpose()?;
    let (values, other) = (numbers.values(), benchmark.as_ref().map(Numbers::values));
    let figures = returns.py().detach(|| {
        let returns = Returns::new(values)?;
        let compare = |other| Compared::new(&returns, values.len(), other);
        let compared = other.map(compare).transpose()?;
        stats::performance(&returns, compared.as_ref(), &by)
    })?;
    Ok(PyFigures(Arc::new(figures)))
}

/// Trials and the variance of their ratios: both or none, checked.
pub(super) fn counted_trials(
    trials: Option<f64>,
    variance: Option<f64>,
) -> crate::error::Result<Option<(f64, f64)>> {
    match (trials, variance) {
        (None, None) => Ok(None),
        (Some(trials), Some(variance)) => {
            stats::expected_best(trials, variance)?;
            Ok(Some((trials, variance)))
        }
        _ => Err(Error::Config("give trials and trial_variance together".to_owned())),
    }
}

/// The length of a period, and how many a year has.
pub(super) fn period(
    interval: Option<&Bound<'_, PyAny>>,
    periods_per_year: Option<f64>,
) -> PyResult<(Option<i64>, Option<f64>)> {
    if let Some(year) = periods_per_year {
        check_periods(year)?;
    }
    let Some(interval) = interval else { return Ok((None, periods_per_year)) };
    if let Ok(text) = interval.extract::<String>() {
        // As the original writes them: "annual_252", "Annual(252)", "annual-252", "annual252".
        let letters = text.to_lowercase().replace(['_', '-', '(', ')'], "");
        let year = match letters.as_str() {
            "daily" => None,
            "annual252" => Some(252.0),
            "annual365" => Some(365.0),
            _ => return spanned(interval, periods_per_year),
        };
        return Ok((Some(DAY), periods_per_year.or(year)));
    }
    spanned(interval, periods_per_year)
}

fn spanned(
    interval: &Bound<'_, PyAny>,
    periods_per_year: Option<f64>,
) -> PyResult<(Option<i64>, Option<f64>)> {
    let ns = span("interval", interval)?;
    if ns <= 0 {
        return Err(Error::Config(format!("interval must be > 0, got {ns} ns")).into());
    }
    Ok((Some(ns), periods_per_year))
}
