//! `MarketDataInMemory`: Barter's market data, read once.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

use super::event::PyEngineEvent;
use super::{field, payload};
use crate::system::message::{EngineEvent, Stream};
use crate::system::{MarketRecord, Recording, Tape};
use crate::time::Time;

/// Market data in the order in which they came, with the notices of lost connections: read once,
/// for any number of runs, which share them.
///
/// `events` is an iterable of `EngineEvent` (market data and `market_reconnecting`) or
/// `data.MarketEvent`. Its members are made when they are asked for; equal if all events are.
///
/// Raises `DataError` that names the event which is none of these, or that there is none.
#[pyclass(name = "MarketDataInMemory", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyMarketDataInMemory(pub(super) Arc<Recording>);

impl PyMarketDataInMemory {
    fn wrap(tape: Tape) -> Self {
        Self(Arc::new(Recording::new(tape)))
    }

    fn records(&self) -> &[MarketRecord] {
        &self.0.tape().records
    }
}

/// A record as the event that brings it.
fn event_of(record: &MarketRecord) -> PyEngineEvent {
    PyEngineEvent(EngineEvent::Market(match record {
        MarketRecord::Event(event) => Stream::Item(event.clone()),
        MarketRecord::Reconnecting(exchange) => Stream::Reconnecting(*exchange),
    }))
}

/// The record that an event brings.
fn record_of(at: usize, value: &Bound<'_, PyAny>) -> PyResult<MarketRecord> {
    let wrong = |value: &Bound<'_, PyAny>| {
        let allowed = "an EngineEvent of market data or a MarketEvent";
        field::wrong(&format!("events[{at}]"), allowed, value)
    };
    let made;
    let event = if let Ok(event) = value.cast::<PyEngineEvent>() {
        event
    } else {
        let Some(told) = value.getattr_opt("to_engine_event")? else { return Err(wrong(value)) };
        made = told.call0()?;
        made.cast::<PyEngineEvent>().map_err(|_| wrong(value))?
    };
    match &event.get().0 {
        EngineEvent::Market(Stream::Item(event)) => Ok(MarketRecord::Event(event.clone())),
        EngineEvent::Market(Stream::Reconnecting(id)) => Ok(MarketRecord::Reconnecting(*id)),
        other => {
            let text = format!("events[{at}] must be market data, got {}", payload::kind(other));
            Err(field::fault(text))
        }
    }
}

#[pymethods]
impl PyMarketDataInMemory {
    #[new]
    fn new(py: Python<'_>, events: &Bound<'_, PyAny>) -> PyResult<Self> {
        field::data(py, || {
            let all = field::list("events", events)?.enumerate();
            let records = all.map(|(at, one)| record_of(at, &one?)).collect::<PyResult<_>>()?;
            Ok(Self::wrap(Tape::new(records)?))
        })
    }

    /// Reads a file of Barter's JSON: an array of records, or one a line.
    ///
    /// Raises `DataError` that names file, record and field, `MissingFileError` for a file that is
    /// not there.
    #[staticmethod]
    fn from_json_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        Ok(Self::wrap(py.detach(move || Tape::from_file(&path))?))
    }

    /// Reads such text.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Ok(Self::wrap(py.detach(|| Tape::from_json(text))?))
    }

    /// All of it as a list of `EngineEvent`, made anew each time.
    #[getter]
    fn events(&self) -> Vec<PyEngineEvent> {
        self.records().iter().map(event_of).collect()
    }

    /// When the first event happened at its exchange, as an aware `datetime` to the microsecond.
    #[getter]
    fn time_first_event<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.tape().first_time().map(|time| payload::moment(py, time)).transpose()
    }

    /// The same in ns since 1970 UTC.
    #[getter]
    fn time_first_event_ns(&self) -> Option<i64> {
        self.0.tape().first_time().map(Time::ns)
    }

    /// Errors of the stream that was recorded, which are left out.
    #[getter]
    fn errors(&self) -> usize {
        self.0.tape().errors
    }

    fn __len__(&self) -> usize {
        self.records().len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<PyEngineEvent> {
        let count = self.records().len();
        let at =
            if index < 0 { count.checked_sub(index.unsigned_abs()) } else { Some(index as usize) };
        let record = at.and_then(|at| self.records().get(at));
        let outside =
            || PyIndexError::new_err(format!("there are {count} events, asked for [{index}]"));
        record.map(event_of).ok_or_else(outside)
    }

    fn __iter__(&self) -> PyRecords {
        PyRecords { of: Arc::clone(&self.0), next: AtomicUsize::new(0) }
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let same =
            |other: &Self| Arc::ptr_eq(&self.0, &other.0) || self.records() == other.records();
        other.cast::<Self>().is_ok_and(|other| same(other.get()))
    }

    fn __getnewargs__(&self) -> (Vec<PyEngineEvent>,) {
        (self.events(),)
    }

    fn __repr__(&self) -> String {
        let lost = |record: &&MarketRecord| matches!(record, MarketRecord::Reconnecting(_));
        let lost = self.records().iter().filter(lost).count();
        let first =
            self.0.tape().first_time().map_or(String::new(), |time| format!(" from {time}"));
        let events = self.records().len() - lost;
        format!("<MarketDataInMemory of {events} events{first}, {lost} lost connections>")
    }
}

/// The events of market data, one after the other.
#[pyclass(name = "MarketEvents", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyRecords {
    of: Arc<Recording>,
    next: AtomicUsize,
}

#[pymethods]
impl PyRecords {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> Option<PyEngineEvent> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        self.of.tape().records.get(at).map(event_of)
    }
}
