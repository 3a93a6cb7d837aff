//! Figures of a run that goes on, told piece by piece.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDelta, PyString};

use super::number::{setting, whole};
use super::series::{Numbers, times};
use super::statistic::period;
use super::summary::PySummary;
use super::time::moment;
use crate::error::{DataFault, Error};
use crate::stats::check_rate;
use crate::system::{BalanceAt, Outcome, Record, SummarySettings, asset_names_of};
use crate::time::Time;

type Any<'a, 'py> = &'a Bound<'py, PyAny>;

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
    /// Names of instruments and assets by their index, for messages, which have indices.
    names: [Vec<String>; 2],
}

impl PyGenerator {
    /// One that knows what came of a run.
    pub(super) fn of(outcome: &Outcome, risk_free: f64) -> Self {
        let known = Known { record: outcome.record(None), now: Some(outcome.span.1) };
        let world = &outcome.context.world;
        let instruments = world.specs.iter().map(|spec| spec.instrument.name.clone()).collect();
        let names = [instruments, asset_names_of(world)];
        Self { known: Mutex::new(known), risk_free, names }
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
        let known = Mutex::new(Known { record, now: None });
        Ok(Self { known, risk_free: risk_free_return, names: Default::default() })
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

    /// Notes a position that was closed: the name of its instrument, what it made after fees, in
    /// money of the currency, and when; or an `execution.PositionExit`, which has all of it. The
    /// index of that is known to a generator of a run.
    ///
    /// Raises `StateError` if it ends before it begins, `ConfigError` for an index not known.
    #[pyo3(signature = (instrument, pnl = None, *, time_enter = None, time_exit = None))]
    fn update_from_position(
        &self,
        instrument: Any<'_, '_>,
        pnl: Option<Any<'_, '_>>,
        time_enter: Option<Any<'_, '_>>,
        time_exit: Option<Any<'_, '_>>,
    ) -> PyResult<()> {
        let fields = ["pnl_realised", "time_enter", "time_exit"];
        let given = [pnl, time_enter, time_exit];
        let [pnl, enter, exit] =
            parts("update_from_position", ("instrument", instrument), fields, given)?;
        let of = instrument.getattr_opt("instrument")?;
        let [names, _] = &self.names;
        let name = named("instrument", names, of.as_ref().unwrap_or(instrument))?;
        let span = (moment("time_enter", &enter)?, moment("time_exit", &exit)?);
        let pnl = setting("pnl", &pnl)?;
        Ok(self.with(|known| known.record.add_trade(&name, pnl, span))?)
    }

    /// Notes what there is of an asset: its name, total and time; `free` is all of it if left out.
    /// Or an `execution.AssetBalance`, which has all of it; the index of that is known to a
    /// generator of a run.
    ///
    /// Raises `StateError` for a time before that of the asset's last balance, `ConfigError` for an
    /// index not known.
    #[pyo3(signature = (asset, total = None, *, time = None, free = None))]
    fn update_from_balance(
        &self,
        asset: Any<'_, '_>,
        total: Option<Any<'_, '_>>,
        time: Option<Any<'_, '_>>,
        free: Option<f64>,
    ) -> PyResult<()> {
        let fields = ["balance", "time_exchange"];
        let [total, time] = parts("update_from_balance", ("asset", asset), fields, [total, time])?;
        let of = asset.getattr_opt("asset")?;
        let [_, names] = &self.names;
        let name = named("asset", names, of.as_ref().unwrap_or(asset))?;
        let (total, free) = match of {
            Some(_) => {
                (total.getattr("total")?.extract()?, Some(total.getattr("free")?.extract()?))
            }
            None => (total.extract()?, free),
        };
        let holding =
            BalanceAt { time: moment("time", &time)?, total, free: free.unwrap_or(total) };
        Ok(self.with(|known| known.record.add_balance(&name, holding))?)
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

/// The name of what a message is about, by its index.
fn named(what: &str, names: &[String], index: Any<'_, '_>) -> PyResult<String> {
    if let Ok(name) = index.cast::<PyString>() {
        return Ok(name.to_str()?.to_owned());
    }
    let last = names.len().checked_sub(1).ok_or_else(|| {
        let text = format!("{what}: this generator was told of no run, so it needs a name");
        PyErr::from(Error::Config(text))
    })?;
    let at = whole(what, index, (0, last as i128))?;
    Ok(names.get(at as usize).cloned().unwrap_or_default())
}

/// What is noted beside a name: given with it, or fields of a message that is given instead.
fn parts<'py, const N: usize>(
    call: &str,
    (what, given): (&str, Any<'_, 'py>),
    fields: [&str; N],
    beside: [Option<Any<'_, 'py>>; N],
) -> PyResult<[Bound<'py, PyAny>; N]> {
    let message = given.getattr_opt(what)?.is_some();
    let mut found = Vec::with_capacity(N);
    for (field, value) in fields.iter().zip(beside) {
        found.push(match (message, value) {
            (true, None) => given.getattr(*field)?,
            (false, Some(value)) => value.clone(),
            _ => {
                let text = format!("{call}() takes a name and what is noted of it, or a message");
                return Err(PyTypeError::new_err(text));
            }
        });
    }
    found.try_into().map_err(|_| PyTypeError::new_err("as many as there are fields"))
}
