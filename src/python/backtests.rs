//! Many backtests of one configuration over the same data.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{Builder, available_parallelism, scope};

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use super::backtest::{PastRun, Pulse, guard};
use super::config::{PySystemConfig, limits, loads};
use super::error::InternalError;
use super::number::whole;
use super::statistic::period;
use super::summary::PySummary;
use super::system::{recorded, running, seeded};
use super::tape::PyMarketDataInMemory;
use super::waiting::wait_for;
use crate::error::{Error, shown};
use crate::stats::check_rate;
use crate::system::{
    Crew, History, Outcome, Recorded, Resumed, RiskLimits, Running, SeededBalance, Summary,
    SummarySettings, SystemConfig, Universe, message,
};

/// What many backtests have in common. All of it is read and checked here, once.
///
/// * `system_config` - a `SystemConfig`, as it is now.
/// * `market_data` - a `MarketDataInMemory`, or anything that `run_historic_backtest` takes.
/// * `summary_interval` - of the figures: "daily" (the default), "annual_252", "annual_365", a
///   span.
/// * `initial_balances` - dicts with `exchange`, `asset`, `total` that replace the balances of the
///   configuration for these assets.
///
/// Raises `ConfigError` and `DataError`.
#[pyclass(name = "BacktestArgsConstant", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyConstant {
    config: SystemConfig,
    seeded: Vec<SeededBalance>,
    universe: Arc<Universe>,
    history: History,
    settings: SummarySettings,
    market_data: Py<PyAny>,
    interval: Option<Py<PyAny>>,
}

#[pymethods]
impl PyConstant {
    #[new]
    #[pyo3(signature = (
        system_config, market_data, summary_interval = None, initial_balances = None
    ))]
    fn new(
        py: Python<'_>,
        system_config: &Bound<'_, PySystemConfig>,
        market_data: &Bound<'_, PyAny>,
        summary_interval: Option<&Bound<'_, PyAny>>,
        initial_balances: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let config = system_config.get().get();
        let (interval_ns, periods_per_year) = period(summary_interval, None)?;
        let seeded = seeded(initial_balances)?;
        let universe = Arc::new(Universe::new(&config, &seeded)?);
        let recorded = recorded(market_data)?;
        let history = py.detach(|| recorded.history(&universe))?;
        let market_data = match &recorded {
            Recorded::Tape(tape) if market_data.extract::<PathBuf>().is_ok() => {
                Py::new(py, PyMarketDataInMemory(Arc::clone(tape)))?.into_any()
            }
            _ => market_data.clone().unbind(),
        };
        let interval = summary_interval.map(|interval| interval.clone().unbind());
        let settings =
            SummarySettings { interval_ns, periods_per_year, ..SummarySettings::default() };
        Ok(Self { config, seeded, universe, history, settings, market_data, interval })
    }

    /// The configuration; changing it changes nothing here.
    #[getter]
    fn system_config(&self) -> PySystemConfig {
        PySystemConfig::wrap(self.config.clone())
    }

    /// The market data; of a file what was read.
    #[getter]
    fn market_data(&self, py: Python<'_>) -> Py<PyAny> {
        self.market_data.clone_ref(py)
    }

    /// The interval as it was given.
    #[getter]
    fn summary_interval(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.interval.as_ref().map(|interval| interval.clone_ref(py))
    }

    /// How many instruments are configured.
    #[getter]
    fn instrument_count(&self) -> usize {
        self.config.instruments.len()
    }

    /// How many mocked exchanges are configured.
    #[getter]
    fn execution_count(&self) -> usize {
        self.config.executions.len()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let data = self.market_data.bind(py).repr()?;
        let (instruments, mocked) = (self.instrument_count(), self.execution_count());
        Ok(format!(
            "<BacktestArgsConstant: {instruments} instruments, {mocked} mocked exchanges, {data}>"
        ))
    }
}

/// What one of many backtests has of its own.
///
/// * `id` - its name, not empty.
/// * `risk_free_return` - rate per year that costs no risk, for its figures.
/// * `strategy` - a `Strategy` or `BarterStrategy`, class or instance; without one nothing is
///   traded.
/// * `risk` - limits that hold instead of the configuration's global ones: a dict as
///   `SystemConfig.set_global_risk_limits` takes it, empty for none.
///
/// Raises `ConfigError` that names the field.
#[pyclass(name = "BacktestArgsDynamic", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyDynamic {
    /// Its name.
    #[pyo3(get)]
    id: String,
    /// Rate per year that costs no risk.
    #[pyo3(get)]
    risk_free_return: f64,
    /// What decides.
    #[pyo3(get)]
    strategy: Option<Py<PyAny>>,
    risk: Option<RiskLimits>,
}

#[pymethods]
impl PyDynamic {
    #[new]
    #[pyo3(signature = (id, risk_free_return, strategy = None, risk = None))]
    fn new(
        id: String,
        risk_free_return: f64,
        strategy: Option<Py<PyAny>>,
        risk: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        if id.trim().is_empty() {
            let seen = shown(&id);
            return Err(Error::Config(format!("id must not be empty, got \"{seen}\"")).into());
        }
        let its = |error: Error| named(error, &id);
        check_rate("risk_free_return", risk_free_return).map_err(its)?;
        let risk = limits(risk)?;
        if let Some(risk) = &risk {
            risk.check("risk").map_err(its)?;
        }
        Ok(Self { id, risk_free_return, strategy, risk })
    }

    /// Its own limits as a dict; `None` if the configuration's hold.
    #[getter]
    fn risk<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let told = self.risk.as_ref().map(|risk| loads(py, &message::write("risk", risk)?));
        told.transpose()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut parts = vec![format!("\"{}\", {}", shown(&self.id), self.risk_free_return)];
        if let Some(strategy) = &self.strategy {
            parts.push(format!("strategy={}", strategy.bind(py).repr()?));
        }
        if let Some(risk) = self.risk(py)? {
            parts.push(format!("risk={}", risk.repr()?));
        }
        Ok(format!("BacktestArgsDynamic({})", parts.join(", ")))
    }
}

/// A failure with the backtest that it belongs to: in its text, or in a note of what a hook raised.
fn named(error: Error, id: &str) -> Error {
    let which = format!("backtest \"{}\"", shown(id));
    match error {
        Error::Config(text) => Error::Config(format!("{which}: {text}")),
        Error::Order(text) => Error::Order(format!("{which}: {text}")),
        Error::State(text) => Error::State(format!("{which}: {text}")),
        Error::Storm(text) => Error::Storm(format!("{which}: {text}")),
        Error::Data(mut fault) => {
            fault.message = format!("{which}: {}", fault.message);
            Error::Data(fault)
        }
        Error::Strategy(cause) => {
            if let Some(raised) = cause.downcast_ref::<PyErr>() {
                note(raised, &which);
            }
            Error::Strategy(cause)
        }
        other @ Error::Interrupted(_) => other,
    }
}

fn note(raised: &PyErr, which: &str) {
    // An exception that takes no note is raised without it.
    Python::attach(|py| drop(raised.value(py).call_method1("add_note", (which,))));
}

/// A backtest that is ready to run.
struct Job {
    id: String,
    running: Running,
    settings: SummarySettings,
    silent: bool,
    title: String,
}

/// What came of a backtest.
struct Ran {
    outcome: Outcome,
    summary: Summary,
    title: String,
}

impl Job {
    fn new(py: Python<'_>, constant: &PyConstant, args: &PyDynamic) -> PyResult<Self> {
        let its = |error: Error| PyErr::from(named(error, &args.id));
        let universe = match args.risk {
            None => Arc::clone(&constant.universe),
            Some(risk) => {
                let mut config = constant.config.clone();
                config.set_global_limits(Some(risk)).map_err(its)?;
                Arc::new(Universe::new(&config, &constant.seeded).map_err(its)?)
            }
        };
        let given = args.strategy.as_ref().map(|given| given.bind(py));
        let (running, silent, title) = running(&universe, given).inspect_err(|raised| {
            note(raised, &format!("backtest \"{}\"", shown(&args.id)));
        })?;
        let settings = SummarySettings { risk_free: args.risk_free_return, ..constant.settings };
        Ok(Self { id: args.id.clone(), running, settings, silent, title })
    }

    /// Runs to the end. `attached` is there for a run that calls Python.
    fn run(
        mut self,
        history: &History,
        attached: Option<Python<'_>>,
        pulse: &mut dyn FnMut(u64) -> crate::error::Result<()>,
    ) -> PyResult<Ran> {
        let Self { id, settings, title, .. } = self;
        let ran = guard(|| {
            self.running.relive(history, Resumed::default(), pulse).map_err(|e| named(e, &id))
        });
        let tell = || {
            let outcome = self.running.into_outcome(true);
            let summary = outcome.summary(&settings).map_err(|error| named(error, &id))?;
            Ok(Ran { outcome, summary, title })
        };
        let told = ran.and_then(|()| match attached {
            Some(py) => py.detach(|| guard(tell)),
            None => guard(tell),
        });
        told.inspect_err(|raised| {
            if Python::attach(|py| raised.is_instance_of::<InternalError>(py)) {
                note(raised, &format!("backtest \"{}\"", shown(&id)));
            }
        })
    }
}

/// Refuses two of the same name, and an instance that would run twice.
fn check_unlike(py: Python<'_>, dynamic: &[Py<PyDynamic>]) -> crate::error::Result<()> {
    for (at, one) in dynamic.iter().enumerate() {
        let one = one.get();
        for (before, other) in dynamic.iter().enumerate().take(at) {
            let other = other.get();
            if one.id == other.id {
                let id = shown(&one.id);
                let text = format!("dynamic[{at}] has the id of dynamic[{before}], \"{id}\"");
                return Err(Error::Config(text));
            }
            let (Some(own), Some(others)) = (&one.strategy, &other.strategy) else { continue };
            if own.is(others) && !own.bind(py).is_instance_of::<PyType>() {
                return Err(Error::Config(format!(
                    "backtests \"{}\" and \"{}\" have the same instance of a strategy, which \
                     remembers: give its class, or one instance each",
                    shown(&other.id),
                    shown(&one.id)
                )));
            }
        }
    }
    Ok(())
}

/// Runs backtests; what `run_backtests` is made of. Returns their summaries in the given order.
#[pyfunction]
#[pyo3(signature = (constant, dynamic, threads = None))]
#[allow(clippy::needless_pass_by_value)] // as arguments come
pub(super) fn backtests(
    py: Python<'_>,
    constant: &Bound<'_, PyConstant>,
    dynamic: Vec<Py<PyDynamic>>,
    threads: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<PySummary>> {
    let threads = match threads {
        Some(threads) => whole("threads", threads, (1, 1 << 16))? as usize,
        None => available_parallelism().map_or(1, NonZero::get),
    };
    let constant = constant.get();
    check_unlike(py, &dynamic)?;
    let jobs: Vec<Job> =
        dynamic.iter().map(|args| Job::new(py, constant, args.get())).collect::<PyResult<_>>()?;
    let mut results = run_all(py, &constant.history, jobs, threads)?;
    results.sort_by_key(|(at, _)| *at);
    let summary = |(_, ran): (usize, PyResult<Ran>)| {
        let Ran { outcome, summary, title } = ran?;
        Ok(PastRun::fed(outcome, title, summary))
    };
    results.into_iter().map(summary).collect()
}

type Results = Vec<(usize, PyResult<Ran>)>;

/// Runs jobs: those that never call Python on threads of their own, those that do one after the
/// other in this one. (They would only take turns for the interpreter, and what they share with
/// one another need not be made for threads.)
fn run_all(py: Python<'_>, history: &History, jobs: Vec<Job>, threads: usize) -> PyResult<Results> {
    let (silent, loud): (Vec<_>, Vec<_>) =
        jobs.into_iter().enumerate().partition(|(_, job)| job.silent);
    let threads = threads.min(silent.len());
    let crew: Crew<Job, Ran, PyErr> = Crew::new(silent);
    let work = || {
        crew.work(|at, job| {
            job.run(history, None, &mut |_| {
                if crew.is_wanted(at) { Ok(()) } else { Err(given_up()) }
            })
        });
    };
    let mut results = scope(|scope| {
        let mut begun = 0;
        for _ in 0..threads {
            match Builder::new().name("barter-backtest".to_owned()).spawn_scoped(scope, work) {
                Ok(_) => begun += 1,
                // Fewer threads give the same.
                Err(_) if begun > 0 => break,
                Err(error) => {
                    let text = format!("no thread could be started: {error}");
                    return Err(Error::State(text).into());
                }
            }
        }
        let ran = run_loud(py, history, loud, &crew);
        if ran.is_err() {
            crew.stop(0);
        }
        // To the end: the threads may need the interpreter for it.
        let waited = wait(py, &crew);
        waited.and(ran)
    })?;
    results.extend(crew.into_results());
    Ok(results)
}

/// Runs jobs that call Python. An error of signals ends all.
fn run_loud(
    py: Python<'_>,
    history: &History,
    jobs: Vec<(usize, Job)>,
    crew: &Crew<Job, Ran, PyErr>,
) -> PyResult<Results> {
    let mut results = Vec::new();
    for (at, job) in jobs {
        if !crew.is_wanted(at) {
            break;
        }
        let mut turns = Pulse::new(py, false, None, 0)?;
        let mut pulse = |rows| {
            turns.beat(rows)?;
            if crew.is_wanted(at) { Ok(()) } else { Err(given_up()) }
        };
        let ran = job.run(history, Some(py), &mut pulse);
        if let Err(error) = &ran {
            if error.is_instance_of::<PyKeyboardInterrupt>(py) {
                return Err(error.clone_ref(py));
            }
            crew.stop(at + 1);
        }
        results.push((at, ran));
    }
    Ok(results)
}

/// Waits for the threads; a signal stops their jobs.
fn wait(py: Python<'_>, crew: &Crew<Job, Ran, PyErr>) -> PyResult<()> {
    let all_done = || wait_for(py, |patience| crew.wait(patience).then_some(()));
    all_done().inspect_err(|_| {
        crew.stop(0);
        while all_done().is_err() {}
    })
}

fn given_up() -> Error {
    Error::Interrupted("the run was given up".into())
}
