//! Figures of a run that goes on, told piece by piece.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDelta;

use super::number::setting;
use super::series::{Numbers, times};
use super::statistic::period;
use super::summary::PySummary;
use super::time::moment;
use crate::error::{DataFault, Error};
use crate::stats::check_rate;
use crate::system::{BalanceAt, Record, SummarySettings};
use crate::time::Time;

/// What is known so far.
#[derive(Debug)]
struct Known {
    record: Record,
    now: Option<Time>,
}

/// Makes a `TradingSummary` of what it is told piece by piece: points of equity, closed positions,
/// balances. Figures can be asked for at any time and change nothing; told in pieces or all at once
/// they are the same.
///
/// * `currency` - what figures are in.
/// * `risk_free_return` - per year, > -1.
///
/// Raises `ConfigError` for a rate out of range.
#[pyclass(name = "TradingSummaryGenerator", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyGenerator {
    known: Mutex<Known>,
    risk_free: f64,
}

impl PyGenerator {
    pub(super) fn of(record: Record, now: Time, risk_free: f64) -> Self {
        Self { known: Mutex::new(Known { record, now: Some(now) }), risk_free }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The first and the last moment known of.
    fn span(&self) -> Option<(Time, Time)> {
        self.with(|known| {
            let times = &known.record.track().times;
            let first = times.first().copied().or(known.now)?;
            Some((first, times.last().copied().max(known.now)?.max(first)))
        })
    }
}

#[pymethods]
impl PyGenerator {
    #[new]
    #[pyo3(signature = (*, currency = "USD", risk_free_return = 0.0))]
    fn new(currency: &str, risk_free_return: f64) -> PyResult<Self> {
        check_rate("risk_free_return", risk_free_return)?;
        let record = Record::new(currency.to_owned());
        Ok(Self { known: Mutex::new(Known { record, now: None }), risk_free: risk_free_return })
    }

    /// Rate per year that costs no risk.
    #[getter]
    fn risk_free_return(&self) -> f64 {
        self.risk_free
    }

    /// The first moment, ns since 1970 UTC; `None` before anything is known.
    #[getter]
    fn time_engine_start(&self) -> Option<i64> {
        self.span().map(|(start, _)| start.ns())
    }

    /// The last moment, ns since 1970 UTC.
    #[getter]
    fn time_engine_now(&self) -> Option<i64> {
        self.span().map(|(_, now)| now.ns())
    }

    /// From the first moment to the last.
    #[getter]
    fn trading_duration<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDelta>> {
        let (start, now) = self.span().unwrap_or_default();
        let micros = (now.ns() - start.ns()) / 1_000;
        let (days, rest) = (micros / 86_400_000_000, micros % 86_400_000_000);
        PyDelta::new(py, days as i32, (rest / 1_000_000) as i32, (rest % 1_000_000) as i32, false)
    }

    /// Notes what everything was worth: one point, or arrays of times and values. The first is the
    /// start.
    ///
    /// Raises `StateError` for a time that is not after the last one and for a value that is no
    /// number; then nothing of an array is noted.
    fn update_from_equity(
        &self,
        time: &Bound<'_, PyAny>,
        equity: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if !time.hasattr("__len__")? || time.is_instance_of::<pyo3::types::PyString>() {
            let (time, equity) = (moment("time", time)?, equity.extract::<f64>()?);
            return Ok(self.with(|known| known.record.add_equity(time, equity))?);
        }
        let (times, values) = (times("time", time)?, Numbers::new("equity", equity)?);
        let values = values.values();
        if times.len() != values.len() {
            let (seen, wanted) = (values.len(), times.len());
            let text = format!("equity must have one value for each time, {wanted}, got {seen}");
            return Err(Error::from(DataFault::new(text)).into());
        }
        self.with(|known| {
            let mut record = known.record.clone();
            for (time, equity) in times.iter().zip(values) {
                record.add_equity(Time(*time), *equity)?;
            }
            known.record = record;
            Ok::<(), Error>(())
        })?;
        Ok(())
    }

    /// Notes a position that was closed: what it made after fees, in money of the currency.
    ///
    /// Raises `StateError` if it ends before it begins.
    #[pyo3(signature = (instrument, pnl, *, time_enter, time_exit))]
    fn update_from_position(
        &self,
        instrument: &str,
        pnl: &Bound<'_, PyAny>,
        time_enter: &Bound<'_, PyAny>,
        time_exit: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let pnl = setting("pnl", pnl)?;
        let span = (moment("time_enter", time_enter)?, moment("time_exit", time_exit)?);
        Ok(self.with(|known| known.record.add_trade(instrument, pnl, span))?)
    }

    /// Notes what there is of an asset; `free` is all of it if left out.
    ///
    /// Raises `StateError` for a time before that of the asset's last balance.
    #[pyo3(signature = (asset, total, *, time, free = None))]
    fn update_from_balance(
        &self,
        asset: &str,
        total: f64,
        time: &Bound<'_, PyAny>,
        free: Option<f64>,
    ) -> PyResult<()> {
        let holding = BalanceAt { time: moment("time", time)?, total, free: free.unwrap_or(total) };
        Ok(self.with(|known| known.record.add_balance(asset, holding))?)
    }

    /// Says what time it is.
    fn update_time_now(&self, time: &Bound<'_, PyAny>) -> PyResult<()> {
        let time = moment("time", time)?;
        self.with(|known| known.now = known.now.max(Some(time)));
        Ok(())
    }

    /// The figures so far. `interval` and `periods_per_year` as in `Backtest.summarise`.
    #[pyo3(signature = (interval = None, *, periods_per_year = None))]
    fn generate(
        &self,
        py: Python<'_>,
        interval: Option<&Bound<'_, PyAny>>,
        periods_per_year: Option<f64>,
    ) -> PyResult<PySummary> {
        let (interval_ns, periods_per_year) = period(interval, periods_per_year)?;
        let risk_free = self.risk_free;
        let settings = SummarySettings {
            interval_ns,
            periods_per_year,
            risk_free,
            ..SummarySettings::default()
        };
        let (record, now) = self.with(|known| (known.record.clone(), known.now));
        let summary = py.detach(move || record.summary(&settings, now))?;
        Ok(PySummary { summary, run: None })
    }

    fn __repr__(&self) -> String {
        self.with(|known| {
            let points = known.record.track().times.len();
            format!("<TradingSummaryGenerator of {points} points of equity>")
        })
    }
}
