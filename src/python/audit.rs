//! The audit of a system: its lines as they come, a replica that follows them, a file replayed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{ThreadId, current};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyBool;

use super::backtest::guard;
use super::error::{ReceiveTimeoutError, StateError};
use super::state::PyEngineState;
use super::waiting::{leave_waker, patience, wait};
use crate::audit::{About, COLUMNS, Line, Replica, Writer};
use crate::error::Error;
use crate::system::{
    Keeping, Lines, Past, Running, Universe, replay as replay_file, replica, state_of,
};

/// Has a run keep a log: for who listens, in a file, beside that of a run that it repeats.
pub(super) fn keep(
    running: &mut Running,
    audit: Option<&Bound<'_, PyAny>>,
    about: &About,
    past: Option<&Past>,
) -> PyResult<Option<Arc<Lines>>> {
    let (mut writer, mut lines) = (None, None);
    if let Some(audit) = audit {
        if let Ok(flag) = audit.cast::<PyBool>() {
            lines = flag.is_true().then(|| Arc::new(Lines::default()));
        } else {
            let path: PathBuf = audit.extract().map_err(|_| {
                let kind = audit.get_type().name().map_or("?".to_owned(), |k| k.to_string());
                let text = format!("audit must be True, False or the path of a file, got {kind}");
                PyErr::from(Error::Config(text))
            })?;
            past.map_or(Ok(()), |past| past.demand_another(&path))?;
            writer = Some(Writer::new(&path, about)?);
        }
    }
    let expected = past.map(|past| Arc::clone(past.lines()));
    let keeping = Keeping::new(writer, lines.clone(), expected);
    if !keeping.is_idle() {
        running.keep(keeping);
    }
    Ok(lines)
}

/// A line of a system's log: something from outside, or something that the engine took in.
///
/// `sequence` counts from 0 without a gap; `time` is in ns since 1970 UTC, `round` the place among
/// causes and effects at one time; `kind` is what it is about: a row of market data ("trade",
/// "quote", "book", "order", "candle", "point"), what the engine took in ("start", "market",
/// "account", "timer", "reconnecting", "trading", "command", "end") or "names" of an order.
#[pyclass(name = "AuditTick", module = "barter_python", frozen, eq)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PyAuditTick(pub(super) Line);

#[pymethods]
impl PyAuditTick {
    /// Its number, from 0.
    #[getter]
    fn sequence(&self) -> u64 {
        self.0.sequence
    }

    /// When, ns since 1970 UTC.
    #[getter]
    fn time(&self) -> i64 {
        self.0.moment.time.ns()
    }

    /// The place among causes and effects at one time.
    #[getter]
    fn round(&self) -> u32 {
        self.0.moment.round
    }

    /// What it is about.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.name()
    }

    /// Index of the instrument that it is about; `None` if it is about none.
    #[getter]
    fn instrument(&self) -> Option<u32> {
        self.0.instrument.map(|of| of.0)
    }

    /// True if the engine took it in; False for what came from outside and is on its way.
    #[getter]
    fn is_step(&self) -> bool {
        self.0.kind.is_step()
    }

    /// Everything as a dict: numbers of a row by their names (raw integers at the instrument's
    /// scale), and under "detail" what was told and which calls were made because of it.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let fields = pyo3::types::PyDict::new(py);
        fields.set_item("sequence", self.sequence())?;
        fields.set_item("time", self.time())?;
        fields.set_item("round", self.round())?;
        fields.set_item("kind", self.kind())?;
        fields.set_item("instrument", self.instrument())?;
        for (name, number) in COLUMNS.iter().zip(self.0.numbers) {
            if let Some(number) = number {
                fields.set_item(name, number)?;
            }
        }
        if let Some(detail) = &self.0.detail {
            let json = py.import("json")?;
            fields.set_item("detail", json.call_method1("loads", (detail,))?)?;
        }
        Ok(fields.into_any())
    }

    fn __repr__(&self) -> String {
        let Line { sequence, moment, .. } = &self.0;
        format!("<AuditTick {sequence}: {} at {}>", self.kind(), moment.time)
    }
}

/// The lines of a running system as they come, each to be taken once. Waiting lets other threads
/// run.
#[pyclass(name = "AuditUpdates", module = "barter_python", frozen)]
pub(super) struct PyAuditUpdates {
    lines: Arc<Lines>,
    /// The thread that the lines come from.
    engine: ThreadId,
}

impl PyAuditUpdates {
    fn wait(&self, py: Python<'_>, timeout: Option<Duration>) -> PyResult<Option<PyAuditTick>> {
        let lines = &self.lines;
        if current().id() == self.engine {
            if let Some(tick) = self.try_recv_tick() {
                return Ok(Some(tick));
            }
            return Err(StateError::new_err(
                "no line waits, and the engine that makes them is in this hook: a wait for the \
                 next would never end; use try_recv, or wait in another thread",
            ));
        }
        let next = |patience| match lines.next(patience) {
            None if lines.is_over() => Some(None),
            None => None,
            line => Some(line),
        };
        match wait(py, timeout, next)? {
            Some(line) => Ok(line.map(PyAuditTick)),
            None => Err(ReceiveTimeoutError::new_err("no line came in time")),
        }
    }
}

#[pymethods]
impl PyAuditUpdates {
    /// The next line; `None` once the system has ended and all lines were taken.
    ///
    /// Raises `ReceiveTimeoutError` (also `TimeoutError`) if none comes within `timeout` (seconds,
    /// a `timedelta`, text).
    #[pyo3(signature = (timeout = None))]
    fn recv_tick(
        &self,
        py: Python<'_>,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<PyAuditTick>> {
        self.wait(py, patience(timeout)?)
    }

    /// As `recv_tick`, as a dict.
    #[pyo3(signature = (timeout = None))]
    fn recv<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let tick = self.wait(py, patience(timeout)?)?;
        tick.map(|tick| tick.to_dict(py)).transpose()
    }

    /// The next line if there is one now, else `None`.
    fn try_recv_tick(&self) -> Option<PyAuditTick> {
        self.lines.next(Duration::ZERO).map(PyAuditTick)
    }

    /// As `try_recv_tick`, as a dict.
    fn try_recv<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.try_recv_tick().map(|tick| tick.to_dict(py)).transpose()
    }

    /// True once the system has ended and all lines were taken.
    fn is_closed(&self) -> bool {
        self.lines.is_over()
    }

    /// Has `wake` called with the next line or the end, from whichever thread.
    #[pyo3(name = "_wake")]
    fn wake(&self, wake: Py<PyAny>) -> u64 {
        leave_waker(self.lines.wakers(), wake)
    }

    /// Has a waker not called.
    #[pyo3(name = "_forget")]
    fn forget(&self, number: u64) {
        self.lines.wakers().forget(number);
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<PyAuditTick>> {
        self.wait(py, None)
    }

    fn __aiter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("barter_python._async")?.call_method1("next_line", (slf,))
    }

    /// What `recv_tick` does, as an awaitable that may be cancelled at any time: no line is lost.
    fn recv_async<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("barter_python._async")?.call_method1("line_or_none", (slf,))
    }
}

/// A view of a system that follows its lines: after each it knows what the engine knew.
///
/// Made by `SnapUpdates.replica`, or from a configuration before the first line.
#[pyclass(name = "EngineReplica", module = "barter_python", frozen)]
pub(super) struct PyReplica {
    universe: Arc<Universe>,
    replica: Mutex<Replica>,
}

impl PyReplica {
    pub(super) fn new(universe: &Arc<Universe>) -> Self {
        Self { universe: Arc::clone(universe), replica: Mutex::new(replica(universe)) }
    }
}

#[pymethods]
impl PyReplica {
    /// Follows a line, which must be the next.
    ///
    /// Raises `DataError` for another one, or one of another system.
    fn follow(&self, tick: &Bound<'_, PyAuditTick>) -> PyResult<()> {
        let mut replica = self.replica.lock().unwrap_or_else(PoisonError::into_inner);
        guard(|| replica.follow(&tick.get().0))
    }

    /// What it knows.
    #[getter]
    fn state(&self) -> PyResult<PyEngineState> {
        let replica = self.replica.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(PyEngineState(Arc::new(state_of(&self.universe, &replica)?)))
    }

    fn __repr__(&self) -> String {
        let replica = self.replica.lock().unwrap_or_else(PoisonError::into_inner);
        format!("<EngineReplica after {} lines>", replica.next())
    }
}

/// What `SystemHandle.take_audit` gives: the state before the first line, and the lines.
#[pyclass(name = "SnapUpdates", module = "barter_python", frozen)]
pub(super) struct PySnapUpdates {
    pub(super) universe: Arc<Universe>,
    pub(super) lines: Arc<Lines>,
    pub(super) engine: ThreadId,
}

#[pymethods]
impl PySnapUpdates {
    /// The state before the first line.
    #[getter]
    fn snapshot(&self) -> PyResult<PyEngineState> {
        Ok(PyEngineState(Arc::new(state_of(&self.universe, &replica(&self.universe))?)))
    }

    /// The lines.
    #[getter]
    fn updates(&self) -> PyAuditUpdates {
        PyAuditUpdates { lines: Arc::clone(&self.lines), engine: self.engine }
    }

    /// A replica that starts from the snapshot.
    fn replica(&self) -> PyReplica {
        PyReplica::new(&self.universe)
    }

    fn __repr__(&self) -> String {
        format!("<SnapUpdates of {} instruments>", self.universe.instruments.len())
    }
}

/// The state that the log in a file leads to, bit by bit what the engine knew; that its first
/// `until` lines lead to, if that is given.
///
/// Raises `DataError` for a file that is no log, or was changed after it was written, and
/// `MissingFileError` for one that is not there.
#[pyfunction]
#[pyo3(signature = (path, until = None))]
pub(super) fn replay(py: Python<'_>, path: PathBuf, until: Option<i64>) -> PyResult<PyEngineState> {
    let until = until
        .map(|until| {
            u64::try_from(until).map_err(|_| {
                Error::Config(format!("until must be >= 0, the number of lines, got {until}"))
            })
        })
        .transpose()?;
    let state = py.detach(move || guard(|| replay_file(&path, until)))?;
    Ok(PyEngineState(Arc::new(state)))
}

/// The lines of a system, which go to one listener.
pub(super) fn taken(lines: &Mutex<Option<Arc<Lines>>>) -> Option<Arc<Lines>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner).take()
}
