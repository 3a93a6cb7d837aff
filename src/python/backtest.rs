//! `backtest` and the result that it returns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};
use rust_decimal::Decimal;

use super::assumption::PyAssumption;
use super::data::PyMarketData;
use super::error::{EventStormError, InternalError};
use super::exchange::PySimulatedExchange;
use super::generator::PyGenerator;
use super::number::{setting, whole};
use super::order::PyOrder;
use super::picture::PyPicture;
use super::sensitivity::PyPathSensitivity;
use super::statistic::{counted_trials, period};
use super::story::PyOrderStory;
use super::strategy::PyStrategy;
use super::summary::PySummary;
use super::table::PyTable;
use super::time::{moment, span};
use crate::data::load::choice;
use crate::engine::Run;
use crate::error::{Error, shown};
use crate::exchange::{CandlePath, ExchangeSettings, SimulatedExchange};
use crate::market::DataSet;
use crate::num::{money, parse_decimal};
use crate::order::OrderId;
use crate::replay::Window;
use crate::stats::{CostBasis, check_rate};
use crate::system::{
    BacktestSettings, Cash, Outcome, PathSensitivity, Summary, SummarySettings, ambiguous_table,
    costs_table, default_account, equity_table, explain, fills_table, is_path_assumed,
    ledger_table, monthly_table, orders_table, positions_table, prepare, profit, realised_table,
    returns_table, rolling_table, run_drawdowns_table,
};
use crate::time::Time;

/// Runs `strategy` over `data` on a simulated exchange and returns a `Backtest`.
///
/// * `data` - `MarketData`, or several of them.
/// * `strategy` - a subclass of `Strategy`, made with `params`, or an instance of one. What runs
///   the strategy again (`path_sensitivity`) needs the class.
/// * `cash` - start balance: "10_000 usdt", a number (in the instruments' quote asset), or a
///   mapping of asset to amount, whose first asset is the currency of the figures.
/// * `params` - parameters of a strategy that is given as a class, by name.
/// * `exchange` - a `SimulatedExchange`; its defaults if left out.
/// * `start`, `end` - the part of the data to replay, `end` excluded: text with a zone, an aware
///   `datetime`, `datetime64` or int ns.
/// * `seed` - of everything that depends on chance, 0 (the default) to 2^64 - 1; the draws of one
///   instrument and model depend on nothing else.
/// * `equity_every` - span of the grid of the equity curve; by default that of the candles, else a
///   minute.
/// * `progress` - called with (rows done, rows in all) some times a second at most.
///
/// Raises `ConfigError` for settings out of range, and whatever a hook of the strategy raises.
/// Ctrl-C raises `KeyboardInterrupt`, and events that cause events at one time without end raise
/// `EventStormError`; the `result` of both is the run so far.
#[pyfunction]
#[pyo3(signature = (
    data, strategy, *, cash, params = None, exchange = None, start = None, end = None, seed = None,
    equity_every = None, progress = None
))]
#[allow(clippy::too_many_arguments)] // settings, all by name
pub(super) fn backtest(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    strategy: &Bound<'_, PyAny>,
    cash: &Bound<'_, PyAny>,
    params: Option<&Bound<'_, PyAny>>,
    exchange: Option<&Bound<'_, PySimulatedExchange>>,
    start: Option<&Bound<'_, PyAny>>,
    end: Option<&Bound<'_, PyAny>>,
    seed: Option<&Bound<'_, PyAny>>,
    equity_every: Option<&Bound<'_, PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<PyBacktest> {
    let data = data_set(data)?;
    let recipe = Recipe::new(strategy, params)?;
    let strategy = recipe.make(py)?;
    let hooks = PyStrategy::new(&strategy)?;
    // Asked now: a failure of it must not cost the result.
    let title = strategy.repr()?.to_string();
    callable("progress", progress.as_ref().map(|progress| progress.bind(py)))?;
    let default = default_account(&data);
    let venue = match exchange {
        Some(exchange) => exchange.get().settings(default),
        None => PySimulatedExchange::standard(py)?.get().settings(default),
    };
    let seed = seed.map_or(Ok(0), |seed| whole("seed", seed, (0, u64::MAX.into())))?;
    let venue = ExchangeSettings { seed: seed as u64, ..venue };
    let window = window(start, end)?;
    let equity_every_ns = equity_every.map(grid).transpose()?;
    let settings =
        BacktestSettings { cash: cash_from(cash)?, exchange: venue, window, equity_every_ns };
    let (run, ran) = run_once(py, &data, hooks, &settings, progress)?;
    let done = |run, complete| {
        let outcome = Outcome::new(run, complete, &data, &settings);
        PyBacktest(Arc::new(PastRun { recipe: Some(recipe), ..PastRun::new(outcome, title) }))
    };
    match ran {
        Ok(()) => Ok(done(run, true)),
        Err(error) => {
            if keeps_result(py, &error)? {
                error.value(py).setattr("result", Py::new(py, done(run, false))?)?;
            }
            Err(error)
        }
    }
}

/// The part of the time between `start` and `end`, all of it where they are left out.
fn window(start: Option<&Bound<'_, PyAny>>, end: Option<&Bound<'_, PyAny>>) -> PyResult<Window> {
    let or = |what, value: Option<&Bound<'_, PyAny>>, default| {
        value.map_or(Ok(default), |value| moment(what, value))
    };
    Ok(Window { start: or("start", start, Time::MIN)?, end: or("end", end, Time::MAX)? })
}

/// The span of the grid of the equity curve.
fn grid(every: &Bound<'_, PyAny>) -> PyResult<i64> {
    let ns = span("equity_every", every)?;
    if ns <= 0 {
        return Err(Error::Config(format!("equity_every must be > 0, got {ns} ns")).into());
    }
    Ok(ns)
}

fn callable(what: &str, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    if let Some(value) = value.filter(|value| !value.is_callable()) {
        let kind = value.get_type().name()?;
        return Err(PyTypeError::new_err(format!("{what} must be callable, got {kind}")));
    }
    Ok(())
}

/// True for an error that takes the run so far along. A storm that has one already was that of a
/// run inside a hook.
fn keeps_result(py: Python<'_>, error: &PyErr) -> PyResult<bool> {
    let storm = error.is_instance_of::<EventStormError>(py);
    Ok(error.is_instance_of::<PyKeyboardInterrupt>(py)
        || (storm && error.value(py).getattr("result")?.is_none()))
}

/// Where a run's strategy comes from: an object, or a class from which it can be made anew.
struct Recipe {
    strategy: Py<PyAny>,
    params: Option<Py<PyDict>>,
    is_class: bool,
}

impl Recipe {
    fn new(strategy: &Bound<'_, PyAny>, params: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        // What the caller does to the mapping later must not change a second run.
        let copy = |params: &Bound<'_, PyAny>| {
            if let Ok(params) = params.cast::<PyDict>() {
                return Ok(params.copy()?.unbind());
            }
            let kind = params.get_type().name().map_or("?".to_owned(), |name| name.to_string());
            let text = format!("params must be a dict of names and values, got {kind}");
            Err(PyErr::from(Error::Config(text)))
        };
        let params = params.map(copy).transpose()?;
        let is_class = strategy.is_instance_of::<PyType>();
        Ok(Self { strategy: strategy.clone().unbind(), params, is_class })
    }

    fn make<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let module = py.import("barter_python.strategy")?;
        module.call_method1("made", (&self.strategy, &self.params))
    }
}

/// A run to its end, and how that went.
fn run_once(
    py: Python<'_>,
    data: &DataSet,
    hooks: PyStrategy,
    settings: &BacktestSettings,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Run<SimulatedExchange>, PyResult<()>)> {
    let silent = hooks.is_silent() && progress.is_none();
    let mut run = prepare(data, Box::new(hooks), settings)?;
    let mut pulse = Pulse::new(py, silent, progress, rows_in_all(data))?;
    let ran = if silent {
        py.detach(|| guarded(&mut run, &mut pulse))
    } else {
        guarded(&mut run, &mut pulse)
    };
    Ok((run, ran))
}

/// Runs to the end.
fn guarded(run: &mut Run<SimulatedExchange>, pulse: &mut Pulse) -> PyResult<()> {
    guard(|| run.run(&mut |rows| pulse.beat(rows)))
}

/// Does something; a panic of ours becomes an `InternalError`.
pub(super) fn guard<T>(what: impl FnOnce() -> crate::error::Result<T>) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(what)) {
        Ok(done) => Ok(done?),
        Err(panic) => Err(InternalError::new_err(broken(panic.as_ref()))),
    }
}

/// What a panic of ours says to a user.
pub(super) fn broken(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    let version = env!("CARGO_PKG_VERSION");
    format!("a rule of the engine was broken (version {version}): {text}. Please report it.")
}

/// Rows as `Run` counts them: a candle happens at four points.
fn rows_in_all(data: &DataSet) -> u64 {
    let points = |stream: &crate::market::Stream| {
        let each = if stream.series.kind() == crate::market::MarketKind::Candles { 4 } else { 1 };
        stream.series.len() as u64 * each
    };
    data.streams.iter().map(points).sum()
}

/// Between two turns of other threads in a run without hooks: taking the interpreter back from a
/// busy thread may take 5 ms, so more often would slow the run down.
const SILENT_SPAN: Duration = Duration::from_millis(30);

/// A Python function that does nothing. On entering it the interpreter itself handles signals and
/// hands over to a thread that waits. (To let go and take hold again would starve that thread:
/// woken, it finds the interpreter taken and starts its wait anew.)
pub(super) struct Turn(Py<PyAny>);

impl Turn {
    pub(super) fn new(py: Python<'_>) -> PyResult<Self> {
        Ok(Self(py.eval(c"lambda: None", None, None)?.unbind()))
    }

    pub(super) fn give(&self, py: Python<'_>) -> PyResult<()> {
        self.0.call0(py).map(drop)
    }
}

/// What happens every few ten thousand rows: signals are looked at, other threads get their turn.
pub(super) struct Pulse {
    turn: Turn,
    last_turn: Instant,
    /// True if the run does not hold the interpreter.
    silent: bool,
    progress: Option<Py<PyAny>>,
    rows: u64,
    told: u64,
}

// Wall time, which only other threads feel: nothing of it reaches the run.
#[allow(clippy::disallowed_methods)]
impl Pulse {
    pub(super) fn new(
        py: Python<'_>,
        silent: bool,
        progress: Option<Py<PyAny>>,
        rows: u64,
    ) -> PyResult<Self> {
        let turn = Turn::new(py)?;
        Ok(Self { turn, last_turn: Instant::now(), silent, progress, rows, told: 0 })
    }

    pub(super) fn beat(&mut self, done: u64) -> crate::error::Result<()> {
        if self.silent {
            if self.last_turn.elapsed() < SILENT_SPAN {
                return Ok(());
            }
            self.last_turn = Instant::now();
        }
        Python::attach(|py| {
            self.turn.give(py)?;
            if let Some(progress) = &self.progress {
                // A hundred calls a run, and no more.
                if done - self.told >= self.rows / 100 {
                    self.told = done;
                    progress.call1(py, (done.min(self.rows), self.rows))?;
                }
            }
            Ok(())
        })
        .map_err(|error: PyErr| Error::Interrupted(Box::new(error)))
    }
}

/// One `MarketData` or several.
pub(super) fn data_set(data: &Bound<'_, PyAny>) -> PyResult<DataSet> {
    if let Ok(one) = data.cast::<PyMarketData>() {
        return Ok(one.get().data_set()?);
    }
    let wrong = || {
        let kind = data.get_type().name().map_or("?".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!(
            "data must be what candles(), trades(), quotes() or depth() return, \
             or several of them, got {kind}"
        ))
    };
    let mut series = Vec::new();
    for one in data.try_iter().map_err(|_| wrong())? {
        let one = one?;
        series.extend(one.cast::<PyMarketData>().map_err(|_| wrong())?.get().series());
    }
    Ok(DataSet::new(series)?)
}

/// Start balances from text, a number or a mapping.
fn cash_from(cash: &Bound<'_, PyAny>) -> PyResult<Vec<Cash>> {
    if let Ok(mapping) = cash.cast::<PyDict>() {
        return mapping
            .iter()
            .map(|(asset, amount)| {
                let asset: String = asset.extract()?;
                Ok(Cash { amount: setting("cash", &amount)?, asset: Some(asset) })
            })
            .collect();
    }
    if let Ok(text) = cash.cast::<PyString>() {
        let text = text.to_str()?.trim();
        let split = text.find(char::is_whitespace).unwrap_or(text.len());
        let (amount, asset) = (&text[..split], text[split..].trim());
        let amount = parse_decimal("cash", amount).map_err(|_| {
            let text = shown(text);
            Error::Config(format!("cash \"{text}\" not understood; write it like \"10_000 usdt\""))
        })?;
        return Ok(vec![Cash { amount, asset: (!asset.is_empty()).then(|| asset.to_owned()) }]);
    }
    Ok(vec![Cash { amount: setting("cash", cash)?, asset: None }])
}

/// A run that is over, and what was found out about it so far.
pub(super) struct PastRun {
    pub(super) outcome: Arc<Outcome>,
    /// The strategy as it prints itself.
    pub(super) strategy: String,
    /// `None` for a run that was fed from outside.
    recipe: Option<Recipe>,
    digest: OnceLock<String>,
    summary: OnceLock<Summary>,
    sensitivity: OnceLock<PathSensitivity>,
}

impl PastRun {
    fn new(outcome: Outcome, strategy: String) -> Self {
        Self {
            outcome: Arc::new(outcome),
            strategy,
            recipe: None,
            digest: OnceLock::new(),
            summary: OnceLock::new(),
            sensitivity: OnceLock::new(),
        }
    }

    /// A run that was fed from outside, and its figures.
    pub(super) fn fed(outcome: Outcome, strategy: String, summary: Summary) -> PySummary {
        let of = Self { summary: summary.clone().into(), ..Self::new(outcome, strategy) };
        PySummary { summary, run: Some(Arc::new(of)) }
    }
}

/// What a run left behind: figures, tables, assumptions. Draws itself in a notebook.
#[pyclass(name = "Backtest", module = "barter_python", frozen)]
pub(super) struct PyBacktest(pub(super) Arc<PastRun>);

impl std::ops::Deref for PyBacktest {
    type Target = PastRun;

    fn deref(&self) -> &PastRun {
        &self.0
    }
}

impl PyBacktest {
    /// What the rows of the run are needed for, in a run that did not keep them.
    fn recipe(&self, what: &str) -> PyResult<&Recipe> {
        self.recipe.as_ref().ok_or_else(|| {
            let text = "needs the rows of the run, which a system does not keep; backtest does";
            Error::State(format!("{what} {text}")).into()
        })
    }

    /// Profit under every path within a candle; each but the one that was run is run now.
    fn vary_path(&self, py: Python<'_>) -> PyResult<PathSensitivity> {
        let (outcome, world) = (&self.outcome, &self.outcome.context.world);
        let refuse = |text: &str| Err(Error::State(text.to_owned()).into());
        let mut found = PathSensitivity {
            currency: world.assets[world.currency.at()].name.clone(),
            profits: Vec::new(),
            ambiguous: outcome.exchange.ambiguous().count,
        };
        let recipe = self.recipe("path_sensitivity")?;
        if !is_path_assumed(&outcome.data) {
            return Ok(found);
        }
        if !recipe.is_class {
            return refuse(
                "path_sensitivity runs the strategy again, and an instance that has run remembers \
                 it; pass the class to backtest, like backtest(data, Cross, params={\"fast\": 10})",
            );
        }
        if !outcome.complete {
            return refuse("path_sensitivity needs a run that went to its end");
        }
        for (_, path) in CandlePath::NAMES {
            let mut settings = outcome.settings.clone();
            if settings.exchange.matching.path == path {
                found.profits.push((path, profit(outcome)));
                continue;
            }
            settings.exchange.matching.path = path;
            let hooks = PyStrategy::new(&recipe.make(py)?)?;
            let (run, ran) = run_once(py, &outcome.data, hooks, &settings, None)?;
            ran?;
            let other = Outcome::new(run, true, &outcome.data, &settings);
            found.profits.push((path, profit(&other)));
        }
        Ok(found)
    }

    fn wrap(&self, summary: Summary) -> PySummary {
        PySummary { summary, run: Some(Arc::clone(&self.0)) }
    }

    fn table(
        &self,
        py: Python<'_>,
        make: impl FnOnce(&Outcome) -> arrow::array::RecordBatch + Send,
    ) -> PyTable {
        let outcome = Arc::clone(&self.outcome);
        PyTable::new(py.detach(move || make(&outcome)))
    }
}

#[pymethods]
impl PyBacktest {
    /// The figures.
    #[getter]
    fn summary(&self, py: Python<'_>) -> PyResult<PySummary> {
        if let Some(known) = self.summary.get() {
            return Ok(self.wrap(known.clone()));
        }
        let outcome = Arc::clone(&self.outcome);
        let summary = py.detach(move || outcome.summary(&SummarySettings::default()))?;
        Ok(self.wrap(self.summary.get_or_init(|| summary).clone()))
    }

    /// The figures, told otherwise.
    ///
    /// * `interval` - length of the periods between which returns are taken: "daily" (the default),
    ///   a span such as "1h" that is no finer than `equity_every` of the run, or a `timedelta`.
    /// * `periods_per_year` - by default 365 days, or 252 where the data leave out weekends.
    /// * `risk_free`, `target` - per year: what costs no risk, and the least acceptable return.
    /// * `benchmark` - the name of one of the run's instruments, bought and held; by default equal
    ///   parts of all.
    /// * `trials`, `trial_variance` - how many trials this run is the best of, and the variance of
    ///   their Sharpe ratios per period, for the deflated ratio.
    ///
    /// Raises `ConfigError` for a setting out of range.
    #[pyo3(signature = (
        *, interval = None, periods_per_year = None, risk_free = 0.0, target = 0.0,
        benchmark = None, trials = None, trial_variance = None
    ))]
    #[allow(clippy::too_many_arguments)] // settings, all by name
    fn summarise(
        &self,
        py: Python<'_>,
        interval: Option<&Bound<'_, PyAny>>,
        periods_per_year: Option<f64>,
        risk_free: f64,
        target: f64,
        benchmark: Option<&str>,
        trials: Option<f64>,
        trial_variance: Option<f64>,
    ) -> PyResult<PySummary> {
        let (interval_ns, periods_per_year) = period(interval, periods_per_year)?;
        check_rate("risk_free", risk_free)?;
        check_rate("target", target)?;
        let trials = counted_trials(trials, trial_variance)?;
        let world = &self.outcome.context.world;
        let benchmark = benchmark.map(|name| world.instrument(name)).transpose()?;
        let settings =
            SummarySettings { interval_ns, periods_per_year, risk_free, target, benchmark, trials };
        let outcome = Arc::clone(&self.outcome);
        Ok(self.wrap(py.detach(move || outcome.summary(&settings))?))
    }

    /// A generator that knows all of this run that figures need but orders, and can be told more.
    #[pyo3(signature = (*, risk_free_return = 0.0))]
    fn summary_generator(&self, risk_free_return: f64) -> PyResult<PyGenerator> {
        check_rate("risk_free_return", risk_free_return)?;
        Ok(PyGenerator::of(&self.outcome, risk_free_return))
    }

    /// Returns by period, those that the figures of `summary` are computed from, for the libraries
    /// that take them: as a `pandas.Series` indexed by the end of each period (UTC), with "polars"
    /// as a `polars.Series`, with "table" as a `Table` of `time` and `return`.
    ///
    /// Raises `MissingExtraError` without pandas or polars, `ConfigError` for another kind.
    #[pyo3(signature = (kind = "pandas"))]
    fn returns<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyAny>> {
        let kinds = [("pandas", 0), ("polars", 1), ("table", 2)];
        let kind = choice("kind", kind, &kinds)?;
        let summary = self.summary(py)?.summary;
        let table = self.table(py, move |outcome| returns_table(outcome, &summary.grid));
        let table = Bound::new(py, table)?;
        match kind {
            0 => table
                .call_method0("to_pandas")?
                .call_method1("set_index", ("time",))?
                .get_item("return"),
            1 => table.call_method0("to_polars")?.get_item("return"),
            _ => Ok(table.into_any()),
        }
    }

    /// Every drawdown of the curve of equity: `peak`, `trough` and `recovery` (missing while it is
    /// open), `depth`, `fall` (peak to trough), `length` (peak to recovery or end), and the rows of
    /// `equity` that these are.
    #[getter]
    fn drawdowns(&self, py: Python<'_>) -> PyTable {
        self.table(py, run_drawdowns_table)
    }

    /// Returns of calendar months (UTC): `year`, `month`, `return`, `benchmark`. The first and the
    /// last may be parts of months.
    #[getter]
    fn monthly(&self, py: Python<'_>) -> PyTable {
        self.table(py, monthly_table)
    }

    /// What trading cost, by instrument: `instrument`, `traded`, `fees`, `spread`, `slippage`,
    /// `funding`, in money of the currency.
    #[getter]
    fn costs(&self, py: Python<'_>) -> PyResult<PyTable> {
        let summary = self.summary(py)?.summary;
        Ok(self.table(py, move |_| costs_table(&summary)))
    }

    /// Figures of the last `window` periods at each period's end: `time`, `return`, `volatility`,
    /// `sharpe`, `drawdown` (deepest within the window); missing where undefined.
    ///
    /// Raises `ConfigError` for a window below 2.
    #[pyo3(signature = (window = 30))]
    fn rolling(&self, py: Python<'_>, window: usize) -> PyResult<PyTable> {
        if window < 2 {
            return Err(Error::Config(format!("window must be 2 or more, got {window}")).into());
        }
        let summary = self.summary(py)?.summary;
        Ok(self.table(py, move |outcome| rolling_table(outcome, &summary, window)))
    }

    /// Equity over time: `time`, `equity` and `drawdown` (a fraction, <= 0), as floats. A point
    /// shows what the account was worth before everything that happened at its time.
    #[getter]
    fn equity(&self, py: Python<'_>) -> PyTable {
        self.table(py, equity_table)
    }

    /// Every fill.
    #[getter]
    fn fills(&self, py: Python<'_>) -> PyTable {
        self.table(py, fills_table)
    }

    /// Every order, also those that were denied.
    #[getter]
    fn orders(&self, py: Python<'_>) -> PyTable {
        self.table(py, orders_table)
    }

    /// What was held, from flat to flat; positions still open come last.
    #[getter]
    fn positions(&self, py: Python<'_>) -> PyTable {
        self.table(py, positions_table)
    }

    /// What every fill that closed something made, before fees. `method` says which part of a
    /// position it closed: "average" (a share of all of it, as positions and the ledger count),
    /// "fifo" (what was opened first) or "lifo" (what was opened last). They differ in when a
    /// profit counts, never in its sum once nothing is held.
    ///
    /// Columns: `fill`, `order`, `time`, `instrument`, `side`, `quantity` (of the fill, what closed
    /// something), `realised` (exact) and the `asset` that it is in.
    ///
    /// Raises `ConfigError` for another method.
    #[pyo3(signature = (method = "average"))]
    fn realised(&self, py: Python<'_>, method: &str) -> PyResult<PyTable> {
        let basis = choice("method", method, &CostBasis::NAMES)?;
        Ok(self.table(py, move |outcome| realised_table(outcome, basis)))
    }

    /// Every change of money. A balance is the sum of its rows.
    #[getter]
    fn ledger(&self, py: Python<'_>) -> PyTable {
        self.table(py, ledger_table)
    }

    /// Candles that leave open which of two orders came first: one extreme would hit one order,
    /// the other extreme another one, the open neither. `assumed` is the order that was taken for
    /// granted; `at_high` and `at_low` are numbers of orders, the nearest to the open first;
    /// `high_first` and `low_first` say what would happen, with prices; `either_or` is true if one
    /// order ends the other. The first 10,000 are listed, `summary.ambiguous` counts all.
    #[getter]
    fn ambiguous(&self, py: Python<'_>) -> PyTable {
        self.table(py, ambiguous_table)
    }

    /// Profit if every candle visits its low first, and if its high; runs the strategy again for
    /// each path but the one of this run, so it must have been given as a class. A strategy that
    /// draws numbers of its own must seed them, or runs differ by more than the path.
    ///
    /// Raises `StateError` if the strategy was given as an instance, the run was stopped, or was
    /// that of a system, whose rows are not kept.
    fn path_sensitivity(&self, py: Python<'_>) -> PyResult<PyPathSensitivity> {
        if let Some(known) = self.sensitivity.get() {
            return Ok(PyPathSensitivity(known.clone()));
        }
        let found = self.vary_path(py)?;
        Ok(PyPathSensitivity(self.sensitivity.get_or_init(|| found).clone()))
    }

    /// Why nothing was filled, in a paragraph; `None` if something was. Also part of what a result
    /// prints.
    #[getter]
    fn diagnosis(&self, py: Python<'_>) -> Option<String> {
        let outcome = Arc::clone(&self.outcome);
        py.detach(move || outcome.diagnosis().map(str::to_owned))
    }

    /// The story of an order (a number, or an `Order`): each event that could have filled it, and
    /// why it did or did not; for a denied one the rule, with its numbers. Plays the venue's side
    /// of the run once more up to the order's end, so it takes a part of the run's time.
    ///
    /// Raises `OrderError` for a number that no order has, `StateError` for a run of a system,
    /// whose rows are not kept; Ctrl-C raises `KeyboardInterrupt`.
    fn explain(&self, py: Python<'_>, order: &Bound<'_, PyAny>) -> PyResult<PyOrderStory> {
        let id = match order.cast::<PyOrder>() {
            Ok(order) => order.getattr("id")?,
            Err(_) => order.clone(),
        };
        let number: i64 = id.extract().map_err(|_| {
            let kind = order.get_type().name().map_or("?".to_owned(), |name| name.to_string());
            PyTypeError::new_err(format!("order must be its number or an Order, got {kind}"))
        })?;
        let id = u32::try_from(number).ok().filter(|id| *id > 0).ok_or_else(|| {
            Error::Order(format!("unknown order {number}; orders are numbered from 1"))
        })?;
        self.recipe("explain")?;
        let outcome = Arc::clone(&self.outcome);
        let mut pulse = Pulse::new(py, true, None, 0)?;
        let told = py.detach(move || explain(&outcome, OrderId(id), &mut || pulse.beat(0)));
        Ok(PyOrderStory(told?))
    }

    /// What the run took for granted.
    #[getter]
    fn assumptions(&self, py: Python<'_>) -> Vec<PyAssumption> {
        PyAssumption::all(py, &self.outcome)
    }

    /// A hash of everything that came out (orders, fills, postings, equity): equal runs have equal
    /// digests.
    #[getter]
    fn digest(&self, py: Python<'_>) -> String {
        let outcome = Arc::clone(&self.outcome);
        py.detach(|| self.digest.get_or_init(|| outcome.digest()).clone())
    }

    /// False if the run was stopped before its end.
    #[getter]
    fn complete(&self) -> bool {
        self.outcome.complete
    }

    /// The final balances by asset, exact.
    #[getter]
    fn balances(&self) -> Vec<(String, Decimal)> {
        let world = &self.outcome.context.world;
        let holdings = self.outcome.exchange.account().holdings.iter();
        let pair = |(asset, holding): (&crate::instrument::Asset, &crate::account::Holding)| {
            (asset.name.clone(), money(holding.total, asset.places))
        };
        world.assets.iter().zip(holdings).map(pair).collect()
    }

    /// What pictures of the run are drawn from; the benchmark is that of `summary`.
    #[pyo3(name = "_picture", signature = (start = None, end = None, summary = None))]
    fn picture(
        &self,
        py: Python<'_>,
        start: Option<&Bound<'_, PyAny>>,
        end: Option<&Bound<'_, PyAny>>,
        summary: Option<&Bound<'_, PySummary>>,
    ) -> PyResult<PyPicture> {
        let summary = match summary {
            Some(told) => told.get().summary.clone(),
            None => self.summary(py)?.summary,
        };
        let within = window(start, end)?;
        Ok(PyPicture { outcome: Arc::clone(&self.outcome), within, summary })
    }

    /// What `path_sensitivity` found, if it has been asked: a picture runs nothing.
    fn _known_path_sensitivity(&self) -> Option<PyPathSensitivity> {
        self.sensitivity.get().cloned().map(PyPathSensitivity)
    }

    /// True if these are figures of this run.
    fn _told(&self, summary: &Bound<'_, PySummary>) -> bool {
        summary.get().run.as_ref().is_some_and(|run| Arc::ptr_eq(run, &self.0))
    }

    /// Writes the result as a page: one HTML file that needs no network, with figures and their
    /// definitions, curves, price and fills, months, drawdowns, trades, costs, orders, assumptions.
    /// Returns its path as `pathlib.Path`. A file that is there already is replaced at once.
    ///
    /// * `summary` - figures told otherwise, as `summarise` of this result gave them.
    ///
    /// Raises `ConfigError` for a path that is a directory or figures of another run, and
    /// `MissingFileError` (also `FileNotFoundError`) for a directory that is not there.
    #[pyo3(signature = (path, *, summary = None))]
    fn report<'py>(
        slf: &Bound<'py, Self>,
        path: &Bound<'py, PyAny>,
        summary: Option<&Bound<'py, PySummary>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let report = slf.py().import("barter_python._report")?;
        report.call_method1("write_report", (slf, path, summary))
    }

    /// A Plotly figure: price with fills, equity and benchmark, drawdown, exposure over one axis of
    /// time. Needs plotly, the extra `plot`.
    ///
    /// * `start`, `end` - the part to show, as in `backtest`; the shorter, the more detail.
    /// * `points` - bars and points of a line at most, 100 to 1,000,000; more are drawn together,
    ///   and no extreme is lost.
    ///
    /// Raises `MissingExtraError` without plotly and `ConfigError` for a setting out of range.
    #[pyo3(signature = (*, start = None, end = None, points = 4000))]
    fn plot<'py>(
        slf: &Bound<'py, Self>,
        start: Option<&Bound<'py, PyAny>>,
        end: Option<&Bound<'py, PyAny>>,
        points: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        if !(100..=1_000_000).contains(&points) {
            let text = format!("points must be from 100 to 1,000,000, got {points}");
            return Err(Error::Config(text).into());
        }
        let picture = slf.get().picture(slf.py(), start, end, None)?;
        let plot = slf.py().import("barter_python._plot")?;
        plot.call_method1("result_figure", (slf, picture, points))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let display = slf.py().import("barter_python._display")?;
        display.call_method1("result_text", (slf,))?.extract()
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        let display = slf.py().import("barter_python._display")?;
        display.call_method1("result_html", (slf,))?.extract()
    }
}
