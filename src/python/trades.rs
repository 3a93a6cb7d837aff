//! Statistics of closed trades, a part of `barter_python.statistic`.

// The path of a method names one lifetime where any is needed.
#![allow(clippy::redundant_closure_for_method_calls)]

use pyo3::prelude::*;

use super::series::Numbers;
use super::statistic::years as lasted;
use crate::stats;
use crate::stats::{Trades, Value};

/// A figure of closed trades.
fn traded(
    results: &Bound<'_, PyAny>,
    even: f64,
    figure: impl FnOnce(&Trades<'_>) -> Value,
) -> PyResult<Option<f64>> {
    let results = Numbers::new("results", results)?;
    Ok(figure(&Trades::new(results.values(), even)?).ok())
}

/// Wins over all trades; one of `even` or less in size is no win. With `decided` over those that
/// were won or lost.
///
/// `results` are those of closed trades, in money, after fees.
#[pyfunction]
#[pyo3(signature = (results, *, even = 0.0, decided = false))]
pub(super) fn win_rate(
    results: &Bound<'_, PyAny>,
    even: f64,
    decided: bool,
) -> PyResult<Option<f64>> {
    traded(
        results,
        even,
        |trades| {
            if decided { trades.decided_win_rate() } else { trades.win_rate() }
        },
    )
}

/// What was won over what was lost; `None` without a loss.
///
/// `results` are those of closed trades, in money, after fees.
#[pyfunction]
#[pyo3(signature = (results, *, even = 0.0))]
pub(super) fn profit_factor(results: &Bound<'_, PyAny>, even: f64) -> PyResult<Option<f64>> {
    traded(results, even, |trades| trades.profit_factor())
}

/// Mean win over the size of the mean loss; `None` without one of them.
///
/// `results` are those of closed trades, in money, after fees.
#[pyfunction]
#[pyo3(signature = (results, *, even = 0.0))]
pub(super) fn payoff(results: &Bound<'_, PyAny>, even: f64) -> PyResult<Option<f64>> {
    traded(results, even, |trades| trades.payoff())
}

/// Mean result.
///
/// `results` are those of closed trades, in money, after fees.
#[pyfunction]
#[pyo3(signature = (results))]
pub(super) fn expectancy(results: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    traded(results, 0.0, |trades| trades.expectancy())
}

/// Mean win; `None` without one.
///
/// `results` are those of closed trades, in money, after fees.
#[pyfunction]
#[pyo3(signature = (results, *, even = 0.0))]
pub(super) fn average_win(results: &Bound<'_, PyAny>, even: f64) -> PyResult<Option<f64>> {
    traded(results, even, |trades| trades.average_win())
}

/// Mean loss, < 0; `None` without one.
///
/// `results` are those of closed trades, in money, after fees.
#[pyfunction]
#[pyo3(signature = (results, *, even = 0.0))]
pub(super) fn average_loss(results: &Bound<'_, PyAny>, even: f64) -> PyResult<Option<f64>> {
    traded(results, even, |trades| trades.average_loss())
}

/// Root of the number of trades times mean over sample deviation of their results.
///
/// `results` are those of closed trades, in money, after fees.
#[pyfunction]
#[pyo3(signature = (results))]
pub(super) fn system_quality(results: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    traded(results, 0.0, |trades| trades.system_quality())
}

/// What was bought and sold over the mean equity, per year; with `one_way` the lesser of both.
///
/// `traded` are notionals, bought > 0 and sold < 0; `equity` is a series at regular times that
/// lasted `years`. `None` if the mean equity is not above 0.
#[pyfunction]
#[pyo3(signature = (traded, equity, *, years = 1.0, one_way = false))]
pub(super) fn turnover(
    traded: &Bound<'_, PyAny>,
    equity: &Bound<'_, PyAny>,
    years: f64,
    one_way: bool,
) -> PyResult<Option<f64>> {
    let (traded, equity) = (Numbers::new("traded", traded)?, Numbers::new("equity", equity)?);
    let years = lasted(0, None, Some(years))?;
    Ok(stats::turnover(traded.values(), equity.values(), years, one_way)?.ok())
}
