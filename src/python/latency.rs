//! `Latency`: how long messages take to the venue and back.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::exchange::config;
use super::source::{Given, given, is_table};
use super::time::span;
use crate::data::table::Source;
use crate::data::times::{Times, Unit};
use crate::error::{Error, Result, shown};
use crate::exchange::{Delay, Latency, Measured, Measurement};
use crate::num::parse_decimal;
use crate::time::parse_span;

/// How long messages take between us and the venue; frozen, and equal if all delays are.
///
/// * `new` - a new order to the venue.
/// * `amend`, `cancel` - a change of an order, or a cancel, to the venue; as `new` if left out.
/// * `back` - an answer back; as `new` if left out.
///
/// Each is one of
///
/// * a span >= 0 such as "20ms", a `timedelta` or int ns: always as long;
/// * "uniform 1ms 3ms": any ns from the first to the second is as likely;
/// * "lognormal 2ms 0.5": half of the messages take less than 2 ms, the logarithm has the deviation
///   0.5 (dimensionless, 0 to 10);
/// * a table (a mapping of columns, a frame, a path-like) of requests as they were measured, a row
///   each in the order of sending: `sent`, `at_venue`, `back`, in ns since 1970 UTC or as times
///   with a zone. A delay to the venue is interpolated by the time of sending, one back by the time
///   at the venue, outside the rows it is that of the first or last. `at_venue` 0 is a request that
///   the venue never got: every request sent from then on until the next row is rejected
///   ("refused"), which we learn after its round trip.
///
/// No message overtakes another one that goes the same way. Draws come from the `seed` of
/// `backtest`.
///
/// Raises `ConfigError` for a delay out of range or a table out of order.
#[pyclass(name = "Latency", module = "barter_python", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PyLatency(pub(super) Latency);

/// Rows of a measured delay that a representation shows in full.
const SHOWN_ROWS: usize = 20;

#[pymethods]
impl PyLatency {
    #[new]
    #[pyo3(signature = (new, *, amend = None, cancel = None, back = None))]
    fn create(
        new: &Bound<'_, PyAny>,
        amend: Option<&Bound<'_, PyAny>>,
        cancel: Option<&Bound<'_, PyAny>>,
        back: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let new = delay("latency new", new)?;
        let or_new = |what, value: Option<&Bound<'_, PyAny>>| {
            value.map_or_else(|| Ok(new.clone()), |value| delay(what, value))
        };
        Ok(Self(Latency {
            amend: or_new("latency amend", amend)?,
            cancel: or_new("latency cancel", cancel)?,
            back: or_new("latency back", back)?,
            new,
        }))
    }

    /// Delay of a new order: text as it may be given, or a mapping of columns.
    #[getter(new)]
    fn of_new<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        value(py, &self.0.new)
    }

    /// Delay of a change of an order.
    #[getter]
    fn amend<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        value(py, &self.0.amend)
    }

    /// Delay of a cancel.
    #[getter]
    fn cancel<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        value(py, &self.0.cancel)
    }

    /// Delay of an answer.
    #[getter]
    fn back<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        value(py, &self.0.back)
    }

    fn __repr__(&self) -> String {
        let Latency { new, amend, cancel, back } = &self.0;
        let named = [("amend", amend), ("cancel", cancel), ("back", back)];
        let mut arguments = vec![code(new)];
        let other = named.into_iter().filter(|(_, delay)| *delay != new);
        arguments.extend(other.map(|(name, delay)| format!("{name}={}", code(delay))));
        format!("Latency({})", arguments.join(", "))
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let named = PyDict::new(py);
        named.set_item("amend", self.amend(py)?)?;
        named.set_item("cancel", self.cancel(py)?)?;
        named.set_item("back", self.back(py)?)?;
        Ok((PyTuple::new(py, [self.of_new(py)?])?, named))
    }
}

/// The latency that a setting means: a `Latency`, one delay for each way, or a pair (there, back).
pub(super) fn latency(value: &Bound<'_, PyAny>) -> PyResult<Latency> {
    if let Ok(latency) = value.cast::<PyLatency>() {
        return Ok(latency.get().0.clone());
    }
    let (there, back) = match value.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() {
        Ok((there, back)) if !value.is_instance_of::<PyString>() => {
            (delay("latency to the exchange", &there)?, delay("latency back", &back)?)
        }
        _ => {
            let both = delay("latency", value)?;
            (both.clone(), both)
        }
    };
    Ok(Latency { new: there.clone(), amend: there.clone(), cancel: there, back })
}

/// As text in code.
pub(super) fn latency_code(latency: &Latency) -> String {
    let Latency { new, amend, cancel, back } = latency;
    if (amend, cancel) == (new, new) {
        return format!("({}, {})", code(new), code(back));
    }
    PyLatency(latency.clone()).__repr__()
}

fn delay(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Delay> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(from_text(what, text.to_str()?)?);
    }
    if is_table(value)? {
        return Ok(Delay::Measured(Arc::new(measured(what, value)?)));
    }
    Ok(Delay::constant(what, span(what, value)?)?)
}

fn from_text(what: &str, text: &str) -> Result<Delay> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = words.first().copied().unwrap_or("");
    let takes = |form: &str| {
        Err(Error::Config(format!("{what}: write \"{form}\", got \"{}\"", shown(text))))
    };
    match (name, &words[..]) {
        ("uniform", [_, low, high]) => {
            Delay::uniform(what, parse_span(what, low)?, parse_span(what, high)?)
        }
        ("uniform", _) => takes("uniform 1ms 3ms"),
        ("lognormal", [_, median, sigma]) => {
            let sigma = config(parse_decimal(&format!("{what}: sigma"), sigma))?;
            Delay::log_normal(what, parse_span(what, median)?, sigma)
        }
        ("lognormal", _) => takes("lognormal 2ms 0.5"),
        _ => Delay::constant(what, parse_span(what, text)?),
    }
}

/// The columns of measured requests.
const COLUMNS: [&str; 3] = ["sent", "at_venue", "back"];

fn measured(what: &str, table: &Bound<'_, PyAny>) -> PyResult<Measured> {
    let read = match given(table)? {
        Given::Owned(source) => rows(what, &source),
        Given::Arrays(columns) => {
            let mut borrowed = Vec::new();
            for (name, column) in &columns {
                borrowed.push((name.clone(), column.column()?));
            }
            rows(what, &Source::Columns(borrowed))
        }
    };
    Ok(Measured::new(what, read?)?)
}

fn rows(what: &str, source: &Source<'_>) -> Result<Vec<Measurement>> {
    let names = source.names()?;
    if let Some(missing) = COLUMNS.iter().find(|name| !names.iter().any(|known| known == *name)) {
        let known = names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
        let text = format!("{what}: no column \"{missing}\"; there are {known}");
        return Err(Error::Config(text));
    }
    let mut columns = COLUMNS.map(|_| Times::new(Some(Unit::Nano), None, source.rows_hint()));
    source.read(&COLUMNS.map(str::to_owned), &mut |chunk| {
        for ((times, column), name) in columns.iter_mut().zip(&chunk.columns).zip(COLUMNS) {
            times.push(column).map_err(|cell| {
                let row = chunk.place.first_row + cell.index as u64;
                Error::Config(format!("{what}: column \"{name}\", row {row}: {}", cell.message))
            })?;
        }
        Ok(())
    })?;
    if let Some(at) = columns.iter().position(|times| times.nulls > 0) {
        return Err(Error::Config(format!("{what}: column \"{}\" is empty", COLUMNS[at])));
    }
    let [sent, at_venue, back] = &columns;
    let row = |((sent, at_venue), back): ((&i64, &i64), &i64)| Measurement {
        sent: *sent,
        at_venue: *at_venue,
        back: *back,
    };
    Ok(sent.ns.iter().zip(&at_venue.ns).zip(&back.ns).map(row).collect())
}

/// The columns of measured requests, in the order of `COLUMNS`.
fn columns_of(rows: &[Measurement]) -> [Vec<i64>; 3] {
    let column = |field: fn(&Measurement) -> i64| rows.iter().map(field).collect();
    [column(|row| row.sent), column(|row| row.at_venue), column(|row| row.back)]
}

/// A delay as it may be given.
fn value<'py>(py: Python<'py>, delay: &Delay) -> PyResult<Bound<'py, PyAny>> {
    let Delay::Measured(measured) = delay else {
        return Ok(PyString::new(py, &delay.to_string()).into_any());
    };
    let columns = PyDict::new(py);
    for (name, column) in COLUMNS.into_iter().zip(columns_of(measured.rows())) {
        columns.set_item(name, column)?;
    }
    Ok(columns.into_any())
}

/// A delay as code; of many measured requests only their number.
fn code(delay: &Delay) -> String {
    match delay {
        Delay::Measured(measured) if measured.rows().len() > SHOWN_ROWS => {
            format!("<{} measured requests>", measured.rows().len())
        }
        Delay::Measured(measured) => {
            let columns = COLUMNS.into_iter().zip(columns_of(measured.rows()));
            let column = |(name, column): (&str, Vec<i64>)| format!("'{name}': {column:?}");
            format!("{{{}}}", columns.map(column).collect::<Vec<_>>().join(", "))
        }
        _ => format!("'{delay}'"),
    }
}
