//! `start_system` and the handle of a running system.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyTuple};

use super::audit::{PySnapUpdates, misfit, taken};
use super::backtest::{broken, data_set, guard};
use super::config::PySystemConfig;
use super::data::PyMarketData;
use super::error::{InternalError, StateError};
use super::event::PyEngineEvent;
use super::generator::PyGenerator;
use super::request::{PyInstrumentFilter, PyOrderRequestCancel, PyOrderRequestOpen};
use super::state::PyEngineState;
use super::summary::PySummary;
use super::system::{check_mode, running, seeded, summary_of, told};
use super::time::{moment, span};
use crate::audit::{About, Kind, Line, Writer, read};
use crate::data::load::choice;
use crate::error::Error;
use crate::system::message::{Command, EngineEvent, InstrumentFilter};
use crate::system::{
    Clock, Failure, Handle, HandleSettings, Input, Keeper, Keeping, Lines, MOST_QUEUED, Outcome,
    Resumed, Running, SummarySettings, Universe, about, first,
};

/// How long a wait lasts before signals are looked at.
const PATIENCE: Duration = Duration::from_millis(20);

/// Events that are read from Python objects before other threads have their turn.
const EVENTS_AT_ONCE: usize = 1 << 12;

/// Starts a system and returns its `SystemHandle`: an engine in a thread of its own.
///
/// * `config` - a `SystemConfig`.
/// * `strategy` - a `Strategy` or `BarterStrategy`, class or instance; its hooks are called in the
///   engine's thread. Without one only commands trade.
/// * `trading_enabled` - False denies all orders of the strategy until trading is enabled.
/// * `initial_balances` - dicts with `exchange`, `asset`, `total` that replace the balances of the
///   configuration for these assets.
/// * `engine_feed_mode` - "stream" or "iterator": both give the same.
/// * `clock` - "wall" for a live run, in which an event happens when it is taken in; "event" for
///   history, in which it happens at its `time_exchange`, and what it causes when the next later
///   one comes or something is asked. Latency of mocked exchanges passes on this clock.
/// * `start` - when the clock "event" begins; by default with the first event, for which commands
///   wait that come before it.
/// * `queue` - events that may wait at one time, > 0.
/// * `audit` - True keeps every line of the run for `take_audit`; a path writes them to a file (an
///   Arrow IPC stream), which `replay` reads.
/// * `resume`, `until` - the file of a run that goes on where its lines, or the first `until` of
///   them, end, as if it had not been shut down: the strategy is told everything but that end
///   again, must decide the same, and the handle's `resumed_inputs` says how many inputs not to
///   send again.
///
/// Raises `ConfigError`, and `StrategyError` for a strategy that cannot be run.
#[pyfunction]
#[pyo3(signature = (
    config, *, strategy = None, trading_enabled = true, initial_balances = None,
    audit = None, engine_feed_mode = None, clock = "wall", start = None, queue = MOST_QUEUED,
    resume = None, until = None
))]
#[allow(clippy::too_many_arguments)] // settings, all by name
pub(super) fn start_system(
    py: Python<'_>,
    config: Py<PySystemConfig>,
    strategy: Option<&Bound<'_, PyAny>>,
    trading_enabled: bool,
    initial_balances: Option<&Bound<'_, PyAny>>,
    audit: Option<&Bound<'_, PyAny>>,
    engine_feed_mode: Option<&str>,
    clock: &str,
    start: Option<&Bound<'_, PyAny>>,
    queue: usize,
    resume: Option<PathBuf>,
    until: Option<u64>,
) -> PyResult<PySystemHandle> {
    check_mode(engine_feed_mode)?;
    let (clock_name, clock) = (clock, choice("clock", clock, &Clock::NAMES)?);
    let start = start.map(|start| moment("start", start)).transpose()?;
    if start.is_some() && clock == Clock::Wall {
        let text = "start belongs to clock=\"event\": the wall clock begins now".to_owned();
        return Err(Error::Config(text).into());
    }
    if queue == 0 {
        return Err(Error::Config("queue must be > 0, got 0".to_owned()).into());
    }
    let seeded = seeded(initial_balances)?;
    let universe = Arc::new(Universe::new(&config.get().get(), &seeded)?);
    let (mut running, silent, title) = self::running(&universe, strategy)?;
    let about = about(&config.get().get(), &seeded, clock_name, &title)?;
    let resume = resume.map(|path| Log::read(py, path, until, &about)).transpose()?;
    let lines = keep(&mut running, audit, &about, resume.as_ref())?;
    let resumed = match &resume {
        None => Resumed::default(),
        Some(log) => guard(|| running.resume(log.chosen(), true))?,
    };
    let keeper: Keeper = if silent {
        Box::new(|work| work())
    } else {
        // Held for a slice of events, not taken and let go for each hook.
        Box::new(|work| Python::attach(|_| work()))
    };
    let settings = HandleSettings { clock, start, most_queued: queue, keeper };
    let handle = Handle::start(running, settings)?;
    let system = PySystemHandle {
        handle,
        universe,
        config,
        title,
        clock,
        was_ended: AtomicBool::new(false),
        process: std::process::id(),
        lines: Mutex::new(lines),
        resumed,
    };
    if !trading_enabled && resume.is_none() {
        system.set_trading_enabled(py, false)?;
    }
    Ok(system)
}

/// A running system. Usable from any thread; every wait lets other threads run, and Ctrl-C ends it.
///
/// Use it as a context manager, which shuts the system down at its end, or call `shutdown`. The
/// methods whose names end in `_async` give awaitables of what the others return.
#[pyclass(name = "SystemHandle", module = "barter_python", frozen, weakref)]
pub(super) struct PySystemHandle {
    handle: Handle,
    universe: Arc<Universe>,
    config: Py<PySystemConfig>,
    title: String,
    clock: Clock,
    was_ended: AtomicBool,
    process: u32,
    lines: Mutex<Option<Arc<Lines>>>,
    resumed: Resumed,
}

/// The log of a run that goes on.
pub(super) struct Log {
    path: PathBuf,
    lines: Arc<[Line]>,
    until: usize,
}

impl Log {
    /// Reads a log, which must be about the same.
    pub(super) fn read(
        py: Python<'_>,
        path: PathBuf,
        until: Option<u64>,
        about: &About,
    ) -> PyResult<Self> {
        let (known, lines, until) = py.detach(|| {
            let (about, lines) = read(&path)?;
            let chosen = first(&path, &lines, until)?;
            // What goes on has not ended.
            let ended = chosen.last().is_some_and(|line| line.kind == Kind::End);
            let until = chosen.len() - usize::from(ended);
            Ok::<_, Error>((about, lines, until))
        })?;
        let parts = [
            ("config", known.config == about.config),
            ("initial_balances", known.balances == about.balances),
            ("clock", known.clock == about.clock),
        ];
        match parts.iter().find(|(_, same)| !same) {
            None => Ok(Self { path, lines: lines.into(), until }),
            Some((part, _)) => Err(misfit(&format!(
                "resume: {part} must be that of the log: a run goes on in the world that it had"
            ))),
        }
    }

    /// The lines that are repeated.
    pub(super) fn chosen(&self) -> &[Line] {
        &self.lines[..self.until]
    }
}

/// Has a run keep a log: for who listens, in a file, beside that of a run that it repeats.
pub(super) fn keep(
    running: &mut Running,
    audit: Option<&Bound<'_, PyAny>>,
    about: &About,
    resume: Option<&Log>,
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
            if resume.is_some_and(|log| log.path == path) {
                return Err(misfit(
                    "audit: a run that goes on writes all of its log anew; give another file",
                ));
            }
            writer = Some(Writer::new(&path, about)?);
        }
    }
    let expected = resume.map(|log| Arc::from(log.chosen()));
    let keeping = Keeping::new(writer, lines.clone(), expected);
    if !keeping.is_idle() {
        running.keep(keeping);
    }
    Ok(lines)
}

impl Drop for PySystemHandle {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            return; // the thread stayed in the process that started it
        }
        self.handle.stop(true);
        // The engine may wait for the interpreter that we hold.
        if Python::try_attach(|py| py.detach(|| self.handle.join())).is_none() {
            self.handle.join();
        }
    }
}

impl PySystemHandle {
    /// The handle, if it is of use in this process.
    fn here(&self) -> PyResult<&Handle> {
        if self.process == std::process::id() {
            return Ok(&self.handle);
        }
        Err(StateError::new_err(format!(
            "the system was started in process {}, and a fork has none of its threads; \
             start systems after the fork, or use the start method \"spawn\"",
            self.process
        )))
    }

    /// Raises what ended the engine, if it ended by itself.
    fn raise_failure(&self) -> PyResult<()> {
        match self.here()?.take_failure() {
            None => Ok(()),
            Some(Failure::Error(error)) => Err(error.into()),
            Some(Failure::Panic(panic)) => Err(InternalError::new_err(broken(panic.as_ref()))),
        }
    }

    /// An error of a call: what ended the engine, if that is why.
    fn or_failure<T>(&self, done: crate::error::Result<T>) -> PyResult<T> {
        match done {
            Ok(done) => Ok(done),
            Err(error) => {
                self.raise_failure()?;
                Err(error.into())
            }
        }
    }

    /// Refuses a table where events happen when they come: its rows have times of their own.
    fn demand_event_clock(&self) -> PyResult<()> {
        match self.clock {
            Clock::Event => Ok(()),
            Clock::Wall => Err(StateError::new_err(
                "a table is history, and this system's clock is the wall's; \
                 start it with clock=\"event\", or feed events",
            )),
        }
    }

    /// Makes room for `count` events, waiting for `timeout`.
    fn make_room(&self, py: Python<'_>, count: usize, timeout: Option<Duration>) -> PyResult<()> {
        let handle = self.here()?;
        let begun = clock();
        loop {
            let left = timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
            let patience = left.map_or(PATIENCE, |left| left.min(PATIENCE));
            let room = py.detach(|| handle.make_room(count, patience));
            if self.or_failure(room)? {
                return Ok(());
            }
            py.check_signals()?;
            if left.is_some_and(|left| left.is_zero()) {
                let (queued, most) = handle.queue();
                return Err(StateError::new_err(format!(
                    "the queue is full: {queued} of {most} events wait; {count} were not taken"
                )));
            }
        }
    }

    /// Sends inputs, waiting for room.
    fn send(&self, py: Python<'_>, inputs: Vec<Input>, timeout: Option<Duration>) -> PyResult<()> {
        self.make_room(py, inputs.len(), timeout)?;
        self.or_failure(self.handle.feed(inputs))
    }

    /// Sends one event.
    fn send_one(&self, py: Python<'_>, event: &EngineEvent) -> PyResult<()> {
        let mut inputs = Vec::new();
        self.universe.inputs(event, &mut inputs)?;
        self.send(py, inputs, None)
    }

    /// The answer to a question.
    fn answer<T: Send>(py: Python<'_>, mut receiver: Receiver<T>) -> PyResult<Option<T>> {
        loop {
            let (answer, back) = py.detach(move || (receiver.recv_timeout(PATIENCE), receiver));
            receiver = back;
            match answer {
                Ok(answer) => return Ok(Some(answer)),
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    /// Ends the engine and waits for that.
    fn end(&self, py: Python<'_>, at_once: bool) -> PyResult<()> {
        self.here()?.stop(at_once);
        self.wait_for_end(py)?;
        self.was_ended.store(true, Ordering::Release);
        self.raise_failure()
    }

    /// Refuses a second end by the caller: one that the engine came to by itself is not yet told.
    fn demand_open(&self) -> PyResult<()> {
        self.here()?;
        if !self.was_ended.load(Ordering::Acquire) {
            return Ok(());
        }
        self.raise_failure()?;
        Err(StateError::new_err("the system was shut down before"))
    }

    fn wait_for_end(&self, py: Python<'_>) -> PyResult<()> {
        let handle = self.here()?;
        while !py.detach(|| handle.wait_for_end(PATIENCE)) {
            py.check_signals()?;
        }
        py.detach(|| handle.join());
        Ok(())
    }

    /// What the run left behind.
    fn outcome(&self) -> PyResult<Outcome> {
        let ended = self.here()?.take_end();
        let outcome = ended.and_then(|end| Some(end.running?.into_outcome(end.complete)));
        outcome.ok_or_else(|| {
            StateError::new_err("the run's summary was taken before, or there is none")
        })
    }

    fn shut_down(
        &self,
        py: Python<'_>,
        settings: &SummarySettings,
    ) -> PyResult<(PySummary, PyGenerator)> {
        self.demand_unread()?;
        self.end(py, false)?;
        let outcome = self.outcome()?;
        let generator = PyGenerator::of(&outcome, settings.risk_free);
        Ok((summary_of(py, outcome, self.title.clone(), settings)?, generator))
    }

    /// Refuses a second end of a system whose summary was taken.
    fn demand_unread(&self) -> PyResult<()> {
        let handle = self.here()?;
        if handle.is_running() || handle.is_joinable() || handle.look_at_end(|_| ()).is_some() {
            return Ok(());
        }
        Err(StateError::new_err("the system was shut down before, and its summary taken"))
    }
}

#[allow(clippy::disallowed_methods)] // how long a caller waits, on the wall
fn clock() -> Instant {
    Instant::now()
}

/// Seconds, a `timedelta` or text; `None` waits for as long as it takes.
pub(super) fn patience(timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Duration>> {
    let Some(timeout) = timeout else { return Ok(None) };
    if let Ok(seconds) = timeout.extract::<f64>() {
        let span = Duration::try_from_secs_f64(seconds).map_err(|_| {
            let text = format!("timeout must be seconds >= 0, got {seconds}");
            PyErr::from(Error::Config(text))
        })?;
        return Ok(Some(span));
    }
    let ns = span("timeout", timeout)?;
    let ns = u64::try_from(ns)
        .map_err(|_| PyErr::from(Error::Config(format!("timeout must be >= 0, got {ns} ns"))))?;
    Ok(Some(Duration::from_nanos(ns)))
}

fn filter_of(filter: Option<&Bound<'_, PyInstrumentFilter>>) -> InstrumentFilter {
    filter.map_or(InstrumentFilter::None, |filter| filter.get().0.clone())
}

/// An awaitable of what a method returns, called in a thread of asyncio's.
fn awaited<'py>(
    of: &Bound<'py, PySystemHandle>,
    method: &str,
    arguments: Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let module = of.py().import("barter_python._async")?;
    module.call_method1("called", (of.getattr(method)?, arguments))
}

#[pymethods]
impl PySystemHandle {
    /// True while the engine takes events in: until it is shut down, or fails.
    fn is_running(&self) -> bool {
        self.process == std::process::id() && self.handle.is_running()
    }

    /// Sends one `EngineEvent`; waits while the queue is full.
    ///
    /// Raises `StateError` if the system is not running, and whatever made it fail; `DataError` or
    /// `OrderError` for what the configuration does not have.
    fn send_event(&self, py: Python<'_>, event: &Bound<'_, PyEngineEvent>) -> PyResult<()> {
        self.here()?;
        self.send_one(py, &event.get().0)
    }

    /// Sends events: an iterable of `EngineEvent`, a `MarketStream` (each as soon as it comes), or
    /// market data such as `candles` returns, for the clock "event" (a table must not begin before
    /// the clock). Waits while the queue is full, at most for `timeout` (seconds, a `timedelta`,
    /// text), and returns how many events were sent.
    ///
    /// Raises `StateError` if the system is not running or the queue stays full, with the number
    /// of those that were sent; nothing of a list is sent if one of its first 4096, or of each
    /// further 4096, is refused.
    #[pyo3(signature = (events, *, timeout = None))]
    fn feed_events(
        &self,
        py: Python<'_>,
        events: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        self.here()?;
        let timeout = patience(timeout)?;
        let table = events.is_instance_of::<PyMarketData>()
            || events.cast::<PyList>().is_ok_and(|list| {
                list.get_item(0).is_ok_and(|first| first.is_instance_of::<PyMarketData>())
            });
        if table {
            self.demand_event_clock()?;
            let (data, universe) = (data_set(events)?, &self.universe);
            let data = py.detach(|| universe.adopt(&data))?;
            let rows = data.rows();
            self.make_room(py, 1, timeout)?;
            let taken = self.or_failure(self.handle.feed_table(data))?;
            return match Self::answer(py, taken)? {
                Some(taken) => Ok(taken.map(|()| rows)?),
                None => self.or_failure(Err(Error::State("the system has ended".to_owned()))),
            };
        }
        let mut iterator = events.try_iter()?;
        // What a stream has goes on its way before more is waited for.
        let ready = events.getattr_opt("try_recv")?;
        let mut sent = 0;
        loop {
            let mut inputs = Vec::with_capacity(EVENTS_AT_ONCE);
            let mut count = 0;
            for at in 0..EVENTS_AT_ONCE {
                let event = match &ready {
                    Some(ready) if at > 0 => Some(ready.call0()?).filter(|event| !event.is_none()),
                    _ => iterator.next().transpose()?,
                };
                let Some(event) = event else { break };
                let event = event.cast::<PyEngineEvent>().map_err(|_| {
                    let kind = event.get_type().name().map_or("?".to_owned(), |k| k.to_string());
                    let at = sent + count;
                    let text = format!("events[{at}] must be an EngineEvent, got {kind}");
                    pyo3::exceptions::PyTypeError::new_err(text)
                })?;
                self.universe.inputs(&event.get().0, &mut inputs)?;
                count += 1;
            }
            if count == 0 {
                return Ok(sent);
            }
            self.send(py, inputs, timeout)?;
            sent += count;
        }
    }

    /// Opens orders: a list of `OrderRequestOpen`. What becomes of them is in `state()`.
    #[allow(clippy::needless_pass_by_value)] // what is read from Python is owned
    fn send_open_requests(
        &self,
        py: Python<'_>,
        requests: Vec<Py<PyOrderRequestOpen>>,
    ) -> PyResult<()> {
        let requests = requests.iter().map(|one| one.get().0.clone()).collect();
        self.send_one(py, &EngineEvent::Command(Command::SendOpenRequests(requests)))
    }

    /// Cancels orders: a list of `OrderRequestCancel`.
    #[allow(clippy::needless_pass_by_value)] // what is read from Python is owned
    fn send_cancel_requests(
        &self,
        py: Python<'_>,
        requests: Vec<Py<PyOrderRequestCancel>>,
    ) -> PyResult<()> {
        let requests = requests.iter().map(|one| one.get().0.clone()).collect();
        self.send_one(py, &EngineEvent::Command(Command::SendCancelRequests(requests)))
    }

    /// Closes the positions in the instruments that the filter lets through, in all without one.
    #[pyo3(signature = (filter = None))]
    fn close_positions(
        &self,
        py: Python<'_>,
        filter: Option<&Bound<'_, PyInstrumentFilter>>,
    ) -> PyResult<()> {
        self.send_one(py, &EngineEvent::Command(Command::ClosePositions(filter_of(filter))))
    }

    /// Cancels all orders of the instruments that the filter lets through, of all without one.
    #[pyo3(signature = (filter = None))]
    fn cancel_orders(
        &self,
        py: Python<'_>,
        filter: Option<&Bound<'_, PyInstrumentFilter>>,
    ) -> PyResult<()> {
        self.send_one(py, &EngineEvent::Command(Command::CancelOrders(filter_of(filter))))
    }

    /// Enables or disables trading: while it is disabled, orders that hooks send are denied.
    fn set_trading_enabled(&self, py: Python<'_>, enabled: bool) -> PyResult<()> {
        self.send_one(py, &EngineEvent::TradingStateUpdate(enabled))
    }

    /// The state of the engine after everything that was sent before, at one moment. Of a system
    /// that has ended the last.
    fn state(&self, py: Python<'_>) -> PyResult<PyEngineState> {
        let handle = self.here()?;
        if handle.is_running() {
            let asked = handle.ask(|running: &mut Running| running.state());
            if let Ok(receiver) = asked
                && let Some(state) = Self::answer(py, receiver)?
            {
                return Ok(PyEngineState(Arc::new(state)));
            }
        }
        // It has ended, or is about to.
        self.wait_for_end(py)?;
        let state = handle.look_at_end(|running| running.state());
        let state = state.map(|state| PyEngineState(Arc::new(state)));
        state.ok_or_else(|| StateError::new_err("the system left no state"))
    }

    /// What the system does from its start on, as `SnapUpdates`; `None` if it keeps no audit or
    /// this was taken before.
    fn take_audit(&self) -> PyResult<Option<PySnapUpdates>> {
        self.here()?;
        let universe = Arc::clone(&self.universe);
        Ok(taken(&self.lines).map(|lines| PySnapUpdates { universe, lines }))
    }

    /// How many inputs (rows of market data, commands, lost connections) the log had that the run
    /// was resumed from: they are not to be sent again.
    #[getter]
    fn resumed_inputs(&self) -> usize {
        self.resumed.inputs
    }

    /// Ends the system after everything that was sent before, and waits for that.
    ///
    /// Raises `StateError` if it was ended before, and whatever made it fail.
    fn shutdown(&self, py: Python<'_>) -> PyResult<()> {
        self.demand_open()?;
        self.end(py, false)
    }

    /// Ends the system and returns its `TradingSummary`.
    ///
    /// `risk_free_return` is per year, by default that of the configuration, else 0.05; `interval`
    /// as in `run_historic_backtest`: a wrong one is refused before anything ends.
    #[pyo3(signature = (risk_free_return = None, interval = None))]
    fn shutdown_with_summary(
        &self,
        py: Python<'_>,
        risk_free_return: Option<f64>,
        interval: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PySummary> {
        let settings = told(self.config.get(), risk_free_return, interval)?;
        Ok(self.shut_down(py, &settings)?.0)
    }

    /// Ends the system; returns its summary, and a `TradingSummaryGenerator` that can be told more.
    #[pyo3(signature = (risk_free_return = None, interval = None))]
    fn shutdown_with_summary_generator(
        &self,
        py: Python<'_>,
        risk_free_return: Option<f64>,
        interval: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(PySummary, PyGenerator)> {
        let settings = told(self.config.get(), risk_free_return, interval)?;
        self.shut_down(py, &settings)
    }

    /// Ends the system at once: what waits in the queue is not taken in.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        self.demand_open()?;
        self.end(py, true)
    }

    /// What `feed_events` does, as an awaitable.
    #[pyo3(signature = (events, *, timeout = None))]
    fn feed_events_async<'py>(
        slf: &Bound<'py, Self>,
        events: &Bound<'py, PyAny>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let feed = py.import("functools")?.getattr("partial")?;
        let arguments = pyo3::types::PyDict::new(py);
        arguments.set_item("timeout", timeout)?;
        let feed = feed.call((slf.getattr("feed_events")?, events), Some(&arguments))?;
        py.import("barter_python._async")?.call_method1("called", (feed, PyTuple::empty(py)))
    }

    /// What `state` does, as an awaitable.
    fn state_async<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        awaited(slf, "state", PyTuple::empty(slf.py()))
    }

    /// What `shutdown` does, as an awaitable.
    fn shutdown_async<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        awaited(slf, "shutdown", PyTuple::empty(slf.py()))
    }

    /// What `shutdown_with_summary` does, as an awaitable.
    #[pyo3(signature = (risk_free_return = None, interval = None))]
    fn shutdown_with_summary_async<'py>(
        slf: &Bound<'py, Self>,
        risk_free_return: Option<f64>,
        interval: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = (risk_free_return, interval).into_pyobject(slf.py())?;
        awaited(slf, "shutdown_with_summary", arguments)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (kind = None, error = None, trace = None))]
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: Option<&Bound<'_, PyAny>>,
        error: Option<&Bound<'_, PyAny>>,
        trace: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let _ = (kind, trace);
        self.here()?;
        if self.was_ended.load(Ordering::Acquire) {
            return Ok(false);
        }
        // A body that failed does not wait for its events.
        match self.end(py, error.is_some()) {
            Err(failure) if error.is_none() => Err(failure),
            _ => Ok(false),
        }
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("barter_python._async")?.call_method1("ready", (slf,))
    }

    #[pyo3(signature = (kind = None, error = None, trace = None))]
    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        kind: Option<&Bound<'py, PyAny>>,
        error: Option<&Bound<'py, PyAny>>,
        trace: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = (kind, error, trace).into_pyobject(slf.py())?;
        awaited(slf, "__exit__", arguments)
    }

    fn __repr__(&self) -> String {
        let state = if self.is_running() { "running" } else { "ended" };
        format!("<SystemHandle {state}, {} instruments>", self.universe.instruments.len())
    }
}
