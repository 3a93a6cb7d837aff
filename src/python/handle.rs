//! `start_system` and the handle of a running system.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::audit::{PySnapUpdates, keep, taken};
use super::backtest::{Pulse, Turn, broken, data_set, guard};
use super::config::PySystemConfig;
use super::data::PyMarketData;
use super::error::{InternalError, StateError};
use super::event::PyEngineEvent;
use super::exit;
use super::generator::PyGenerator;
use super::request::{PyInstrumentFilter, PyOrderRequestCancel, PyOrderRequestOpen};
use super::state::PyEngineState;
use super::summary::PySummary;
use super::system::{check_mode, running, seeded, summary_of, told};
use super::time::moment;
use super::waiting::{leave_waker, patience, wait, wait_for};
use crate::data::load::choice;
use crate::error::Error;
use crate::system::message::{Command, EngineEvent, InstrumentFilter};
use crate::system::{
    Clock, Failure, Handle, HandleSettings, Input, Keeper, Lines, MOST_QUEUED, Outcome, Past,
    Resumed, Running, SummarySettings, Universe, about,
};

/// Events that are read from Python objects before other threads have their turn.
const EVENTS_AT_ONCE: usize = 1 << 12;

/// Starts a system and returns its `SystemHandle`: an engine in a thread of its own.
///
/// * `config` - a `SystemConfig`.
/// * `strategy` - a `Strategy` or `BarterStrategy`, class or instance; its hooks are called in the
///   engine's thread. Without one only commands trade.
/// * `trading_enabled` - False begins with all orders of the strategy denied until trading is
///   enabled. A run that goes on must have begun so.
/// * `initial_balances` - dicts with `exchange`, `asset`, `total` that replace the balances of the
///   configuration for these assets.
/// * `engine_feed_mode` - "stream" or "iterator": both give the same.
/// * `clock` - "wall" for a live run, in which an event happens when it is taken in; "event" for
///   history, in which it happens at its `time_exchange`, and what it causes when the next later
///   one comes or something is asked. Latency of mocked exchanges passes on this clock.
/// * `start` - when the clock "event" begins; by default with the first event, for which commands
///   wait that come before it.
/// * `queue` - events that may wait at one time, > 0.
/// * `audit` - True keeps every line of the run for `take_audit`, in memory until it is taken; a
///   path writes them to a file (an Arrow IPC stream), which `replay` reads, also while the system
///   runs. A process that is killed loses those of its last five seconds at most.
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
    let (running, silent, title) = self::running(&universe, strategy)?;
    let mut running = running.trading(trading_enabled);
    let about = about(&config.get().get(), &seeded, clock_name, trading_enabled, &title)?;
    let past = py.detach(|| resume.map(|path| Past::read(path, until, &about)).transpose())?;
    let lines = keep(&mut running, audit, &about, past.as_ref())?;
    let resumed = match &past {
        None => Resumed::default(),
        Some(past) => {
            let mut pulse = Pulse::new(py, silent, None, 0)?;
            let mut again =
                || guard(|| running.resume(past.lines(), true, &mut |lines| pulse.beat(lines)));
            if silent { py.detach(again) } else { again() }?
        }
    };
    let keeper: Box<dyn Keeper> =
        if silent { Box::new(Nothing) } else { Box::new(Interpreter(Turn::new(py)?)) };
    let settings = HandleSettings { clock, start, most_queued: queue, keeper };
    let handle = Arc::new(Handle::start(running, settings)?);
    exit::remember(py, &handle)?;
    Ok(PySystemHandle {
        handle,
        universe,
        config,
        title,
        clock,
        was_ended: AtomicBool::new(false),
        process: std::process::id(),
        lines: Mutex::new(lines),
        resumed,
    })
}

/// For an engine that never calls Python.
struct Nothing;

impl Keeper for Nothing {
    fn hold(&self, work: &mut dyn FnMut()) {
        work();
    }

    fn give_turn(&self) -> crate::error::Result<()> {
        Ok(())
    }
}

/// Held for a slice of events, not taken and let go for each hook.
struct Interpreter(Turn);

impl Keeper for Interpreter {
    fn hold(&self, work: &mut dyn FnMut()) {
        Python::attach(|_| work());
    }

    fn give_turn(&self) -> crate::error::Result<()> {
        let given = Python::attach(|py| self.0.give(py));
        given.map_err(|error| Error::Interrupted(Box::new(error)))
    }
}

/// A running system. Usable from any thread; every wait lets other threads run, and Ctrl-C ends it.
///
/// Use it as a context manager, which shuts the system down at its end, or call `shutdown`. The
/// methods whose names end in `_async` give awaitables of what the others return. A hook may send,
/// but what waits for the engine raises `StateError` in it: the hook is the engine at work.
///
/// The engine is aborted once nobody holds the handle, and before the interpreter ends. While it
/// runs it holds its strategy, and with that all that the strategy holds: a handle too.
#[pyclass(name = "SystemHandle", module = "barter_python", frozen, weakref)]
pub(super) struct PySystemHandle {
    handle: Arc<Handle>,
    universe: Arc<Universe>,
    config: Py<PySystemConfig>,
    title: String,
    clock: Clock,
    was_ended: AtomicBool,
    process: u32,
    lines: Mutex<Option<Arc<Lines>>>,
    resumed: Resumed,
}

impl Drop for PySystemHandle {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            return; // the thread stayed in the process that started it
        }
        self.handle.stop(true);
        if self.handle.is_engine_here() {
            return; // a hook let go of it: the engine ends after the hook
        }
        // The engine may wait for the interpreter that we hold.
        if Python::try_attach(|py| py.detach(|| self.handle.join())).is_none() {
            self.handle.join();
        }
        exit::forget(&self.handle);
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

    /// Refuses what waits for the engine in a hook, which is the engine at work.
    fn demand_outside(&self) -> PyResult<()> {
        if !self.here()?.is_engine_here() {
            return Ok(());
        }
        Err(StateError::new_err(
            "this hook is the engine at work: to wait for the engine in it would never end; \
             do it in another thread, or send an event",
        ))
    }

    /// Makes room for `count` inputs, waiting for `timeout`, but not in a hook. `sent` events were
    /// sent before.
    fn make_room(
        &self,
        py: Python<'_>,
        count: usize,
        sent: usize,
        timeout: Option<Duration>,
    ) -> PyResult<()> {
        let handle = self.here()?;
        let timeout = if handle.is_engine_here() { Some(Duration::ZERO) } else { timeout };
        let made = |patience| handle.make_room(count, patience).map(|made| made.then_some(()));
        match wait(py, timeout, |patience| made(patience).transpose())? {
            Some(made) => self.or_failure(made),
            None => Err(self.full(sent)),
        }
    }

    /// There is no room for more.
    #[cold]
    fn full(&self, sent: usize) -> PyErr {
        let (queued, most) = self.handle.queue();
        let hook =
            if self.handle.is_engine_here() { ", and a hook cannot wait for room" } else { "" };
        StateError::new_err(format!(
            "the queue is full: {queued} of {most} inputs wait{hook}; {sent} events were sent"
        ))
    }

    /// Sends one event.
    fn send_one(&self, py: Python<'_>, event: &EngineEvent) -> PyResult<()> {
        let mut inputs = Vec::new();
        self.universe.inputs(event, &mut inputs)?;
        self.make_room(py, inputs.len(), 0, None)?;
        self.or_failure(self.handle.feed(inputs))
    }

    /// Adds what an event of Python's comes to; it is the one with this number.
    fn read(&self, at: usize, event: &Bound<'_, PyAny>, inputs: &mut Vec<Input>) -> PyResult<()> {
        let event = event.cast::<PyEngineEvent>().map_err(|_| {
            let kind = event.get_type().name().map_or("?".to_owned(), |kind| kind.to_string());
            let text = format!("events[{at}] must be an EngineEvent, got {kind}");
            pyo3::exceptions::PyTypeError::new_err(text)
        })?;
        Ok(self.universe.inputs(&event.get().0, inputs)?)
    }

    /// Sends a table. It is taken before it is replayed.
    fn feed_table(
        &self,
        py: Python<'_>,
        table: &Bound<'_, PyAny>,
        timeout: Option<Duration>,
    ) -> PyResult<usize> {
        self.demand_event_clock()?;
        self.demand_outside()?;
        let (data, universe) = (data_set(table)?, &self.universe);
        let data = py.detach(|| universe.adopt(&data))?;
        let rows = data.rows();
        self.make_room(py, 1, 0, timeout)?;
        let taken = self.or_failure(self.handle.feed_table(data))?;
        match Self::answer(py, taken)? {
            Some(taken) => Ok(taken.map(|()| rows)?),
            None => self.or_failure(Err(Error::State("the system has ended".to_owned()))),
        }
    }

    /// Sends what an iterator gives, some thousand at a time.
    fn feed_all(
        &self,
        py: Python<'_>,
        events: &Bound<'_, PyAny>,
        timeout: Option<Duration>,
    ) -> PyResult<usize> {
        let (mut iterator, mut sent) = (events.try_iter()?, 0);
        loop {
            let (mut inputs, mut count) = (Vec::with_capacity(EVENTS_AT_ONCE), 0);
            for event in iterator.by_ref().take(EVENTS_AT_ONCE) {
                self.read(sent + count, &event?, &mut inputs)?;
                count += 1;
            }
            if count == 0 {
                return Ok(sent);
            }
            self.make_room(py, inputs.len(), sent, timeout)?;
            self.or_failure(self.handle.feed(inputs))?;
            sent += count;
        }
    }

    /// Sends what a stream gives: what it has goes on its way before more is waited for, and
    /// nothing is taken from it that has no room.
    fn feed_stream(
        &self,
        py: Python<'_>,
        stream: &Bound<'_, PyAny>,
        timeout: Option<Duration>,
    ) -> PyResult<usize> {
        let ready = stream.getattr("try_recv")?;
        let (mut iterator, mut sent) = (stream.try_iter()?, 0);
        loop {
            let room = self.room(py, sent, timeout)?;
            let Some(first) = iterator.next().transpose()? else { return Ok(sent) };
            let (mut inputs, mut count) = (Vec::with_capacity(room.min(EVENTS_AT_ONCE)), 1);
            self.read(sent, &first, &mut inputs)?;
            while count < room.min(EVENTS_AT_ONCE) {
                let event = ready.call0()?;
                if event.is_none() {
                    break;
                }
                self.read(sent + count, &event, &mut inputs)?;
                count += 1;
            }
            self.handle.take_room(inputs.len());
            self.or_failure(self.handle.feed(inputs))?;
            sent += count;
        }
    }

    /// Waits until there is any room: for how many inputs.
    fn room(&self, py: Python<'_>, sent: usize, timeout: Option<Duration>) -> PyResult<usize> {
        let handle = self.here()?;
        let timeout = if handle.is_engine_here() { Some(Duration::ZERO) } else { timeout };
        let any = |patience| handle.room(patience).map(|room| (room > 0).then_some(room));
        match wait(py, timeout, |patience| any(patience).transpose())? {
            Some(room) => self.or_failure(room),
            None => Err(self.full(sent)),
        }
    }

    /// The answer to a question; `None` if the engine ended without one.
    fn answer<T: Send>(py: Python<'_>, receiver: Receiver<T>) -> PyResult<Option<T>> {
        wait_for(py, move |patience| match receiver.recv_timeout(patience) {
            Ok(answer) => Some(Some(answer)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(None),
        })
    }

    /// Ends the engine and waits for that.
    fn end(&self, py: Python<'_>, at_once: bool) -> PyResult<()> {
        self.demand_outside()?;
        self.handle.stop(at_once);
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
        wait_for(py, |patience| handle.wait_for_end(patience).then_some(()))?;
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

/// True for market data, and a list of them.
fn is_table(events: &Bound<'_, PyAny>) -> bool {
    let table = |one: &Bound<'_, PyAny>| one.is_instance_of::<PyMarketData>();
    let first = |list: &Bound<'_, PyList>| list.get_item(0).is_ok_and(|first| table(&first));
    table(events) || events.cast::<PyList>().is_ok_and(first)
}

fn filter_of(filter: Option<&Bound<'_, PyInstrumentFilter>>) -> InstrumentFilter {
    filter.map_or(InstrumentFilter::None, |filter| filter.get().0.clone())
}

/// What waits as awaitables do.
fn waiting(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    Ok(py.import("barter_python._async")?.into_any())
}

/// An awaitable of a method that ends the system, called once that has ended.
fn ended<'py>(
    of: &Bound<'py, PySystemHandle>,
    method: &str,
    arguments: Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    waiting(of.py())?.call_method1("ended", (of, method, arguments))
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
        if is_table(events) {
            self.feed_table(py, events, timeout)
        } else if events.hasattr("try_recv")? {
            self.feed_stream(py, events, timeout)
        } else {
            self.feed_all(py, events, timeout)
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
        self.demand_outside()?;
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
        let engine = self.handle.engine();
        Ok(taken(&self.lines).map(|lines| PySnapUpdates { universe, lines, engine }))
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

    /// Ends the system at once: what waits in the queue is not taken in, and no hook is called
    /// after the one that runs.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        self.demand_open()?;
        self.end(py, true)
    }

    /// What `feed_events` does, as an awaitable. Cancelled it sends no more, and has taken nothing
    /// from a `MarketStream` that it did not send.
    #[pyo3(signature = (events, *, timeout = None))]
    fn feed_events_async<'py>(
        slf: &Bound<'py, Self>,
        events: &Bound<'py, PyAny>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if is_table(events) {
            let named = PyDict::new(py);
            named.set_item("timeout", timeout)?;
            return waiting(py)?.call_method(
                "called",
                (slf.getattr("feed_events")?, events),
                Some(&named),
            );
        }
        let seconds = patience(timeout)?.map(|timeout| timeout.as_secs_f64());
        waiting(py)?.call_method1("feed", (slf, events, seconds))
    }

    /// What `state` does, as an awaitable.
    fn state_async<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        waiting(slf.py())?.call_method1("called", (slf.getattr("state")?,))
    }

    /// What `shutdown` does, as an awaitable. Cancelled it goes on, and may be awaited again.
    fn shutdown_async<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        ended(slf, "shutdown", PyTuple::empty(slf.py()))
    }

    /// What `shutdown_with_summary` does, as an awaitable. Cancelled before the system has ended it
    /// goes on, and may be awaited again.
    #[pyo3(signature = (risk_free_return = None, interval = None))]
    fn shutdown_with_summary_async<'py>(
        slf: &Bound<'py, Self>,
        risk_free_return: Option<f64>,
        interval: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = (risk_free_return, interval).into_pyobject(slf.py())?;
        ended(slf, "shutdown_with_summary", arguments)
    }

    /// Sends events if they have room, or whatever room there is. False if they have none.
    #[pyo3(name = "_try_feed")]
    fn try_feed(&self, events: &Bound<'_, PyList>, sent: usize, room: bool) -> PyResult<bool> {
        let handle = self.here()?;
        let mut inputs = Vec::with_capacity(events.len());
        for (at, event) in events.iter().enumerate() {
            self.read(sent + at, &event, &mut inputs)?;
        }
        if room {
            handle.take_room(inputs.len());
        } else if !self.or_failure(handle.make_room(inputs.len(), Duration::ZERO))? {
            return Ok(false);
        }
        self.or_failure(handle.feed(inputs)).map(|()| true)
    }

    /// How many inputs have room now.
    #[pyo3(name = "_room")]
    fn room_now(&self) -> PyResult<usize> {
        self.or_failure(self.here()?.room(Duration::ZERO))
    }

    /// Raises that there is no room for more.
    #[pyo3(name = "_refuse")]
    fn refuse(&self, sent: usize) -> PyResult<()> {
        Err(self.full(sent))
    }

    /// Asks the engine to end, if the method of this name and with these arguments might be called.
    #[pyo3(name = "_begin")]
    fn begin(&self, method: &str, arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
        let mut at_once = false;
        match method {
            "shutdown" => self.demand_open()?,
            "shutdown_with_summary" => {
                let (rate, interval): (Option<f64>, Option<Bound<'_, PyAny>>) =
                    arguments.extract()?;
                told(self.config.get(), rate, interval.as_ref())?;
                self.demand_unread()?;
            }
            _ => at_once = !arguments.get_item(1)?.is_none(),
        }
        self.here()?.stop(at_once);
        Ok(())
    }

    /// Has `wake` called when inputs have left the queue, or at the end, from whichever thread.
    #[pyo3(name = "_wake")]
    fn wake(&self, wake: Py<PyAny>) -> u64 {
        leave_waker(self.handle.wakers(), wake)
    }

    /// Has a waker not called.
    #[pyo3(name = "_forget")]
    fn forget(&self, number: u64) {
        self.handle.wakers().forget(number);
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
        waiting(slf.py())?.call_method1("ready", (slf,))
    }

    #[pyo3(signature = (kind = None, error = None, trace = None))]
    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        kind: Option<&Bound<'py, PyAny>>,
        error: Option<&Bound<'py, PyAny>>,
        trace: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = (kind, error, trace).into_pyobject(slf.py())?;
        ended(slf, "__exit__", arguments)
    }

    fn __repr__(&self) -> String {
        let state = if self.is_running() { "running" } else { "ended" };
        format!("<SystemHandle {state}, {} instruments>", self.universe.instruments.len())
    }
}
