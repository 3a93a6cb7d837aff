//! `run_historic_backtest`: a whole run of a configured system over recorded data.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::audit::keep;
use super::backtest::{PastRun, Pulse, guard};
use super::barter::PyBarterStrategy;
use super::config::PySystemConfig;
use super::data::PyMarketData;
use super::generator::PyGenerator;
use super::number::setting;
use super::statistic::period;
use super::strategy::PyStrategy;
use super::summary::PySummary;
use super::tape::PyMarketDataInMemory;
use crate::error::Error;
use crate::stats::check_rate;
use crate::strategy::{Idle, Strategy};
use crate::system::message::ExchangeId;
use crate::system::{
    History, Outcome, Past, Recorded, Recording, Resumed, Running, SeededBalance, SharedNames,
    SummarySettings, Tape, Universe, about,
};

/// Rate per year that costs no risk, where neither caller nor configuration says one.
const RISK_FREE: f64 = 0.05;

/// What a market data argument means.
pub(super) fn recorded(given: &Bound<'_, PyAny>) -> PyResult<Recorded> {
    if let Ok(tape) = given.cast::<PyMarketDataInMemory>() {
        return Ok(Recorded::Tape(Arc::clone(&tape.get().0)));
    }
    if given.is_instance_of::<PyMarketData>() || given.is_instance_of::<PyList>() {
        return Ok(Recorded::Tables(super::backtest::data_set(given)?));
    }
    if let Ok(path) = given.extract::<PathBuf>() {
        let tape = given.py().detach(move || Tape::from_file(&path))?;
        return Ok(Recorded::Tape(Arc::new(Recording::new(tape))));
    }
    let kind = given.get_type().name()?;
    let text = format!(
        "market_data must be the path of a JSON file, a MarketDataInMemory, or market data such \
         as candles() returns, got {kind}"
    );
    Err(PyTypeError::new_err(text))
}

/// Balances that replace those of a configuration: a list of dicts with exchange, asset, total.
pub(super) fn seeded(given: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<SeededBalance>> {
    let Some(given) = given else { return Ok(Vec::new()) };
    let one = |(at, one): (usize, PyResult<Bound<'_, PyAny>>)| {
        let one = one?;
        let refuse =
            |text: String| PyErr::from(Error::Config(format!("initial_balances[{at}]{text}")));
        let fields = one.cast::<PyDict>().map_err(|_| refuse(" must be a dict".to_owned()))?;
        let field = |name: &str| {
            fields.get_item(name)?.ok_or_else(|| refuse(format!(": {name} is missing")))
        };
        let text = |what: &str, value: &Bound<'_, PyAny>| -> PyResult<String> {
            let kind = value.get_type().name()?;
            value.extract().map_err(|_| refuse(format!(": {what} must be text, got {kind}")))
        };
        for key in fields.keys() {
            let key = text("a name", &key)?;
            let known = ["exchange", "asset", "total", "free"];
            if !known.contains(&key.as_str()) {
                let near = crate::error::did_you_mean(&key, known);
                return Err(refuse(format!(": unknown field \"{key}\"{near}")));
            }
        }
        let [exchange, asset] = ["exchange", "asset"].map(|name| text(name, &field(name)?));
        let total = setting(&format!("initial_balances[{at}]: total"), &field("total")?)?;
        if let Some(free) = fields.get_item("free")? {
            let free = setting(&format!("initial_balances[{at}]: free"), &free)?;
            if free < Decimal::ZERO || free > total {
                return Err(refuse(format!(": free must be from 0 to total {total}, got {free}")));
            }
            if free < total {
                log::warn!("initial_balances[{at}]: no order holds anything back, all is free");
            }
        }
        Ok(SeededBalance { exchange: ExchangeId::parse(&exchange?)?, asset: asset?, total })
    };
    given.try_iter()?.enumerate().map(one).collect()
}

/// A system before its first event: if it never calls Python, and how its strategy prints itself.
/// Without a strategy nothing is traded.
pub(super) fn running(
    universe: &Arc<Universe>,
    strategy: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Running, bool, String)> {
    let Some(given) = strategy else {
        let running = Running::new(Arc::clone(universe), Box::new(Idle))?;
        return Ok((running, true, "no strategy".to_owned()));
    };
    let module = given.py().import("barter_python.strategy")?;
    let made = module.call_method1("made", (given, given.py().None()))?;
    let names = SharedNames::default();
    let (hooks, silent): (Box<dyn Strategy>, bool) =
        if made.is_instance(&module.getattr("BarterStrategy")?)? {
            let hooks = PyBarterStrategy::new(&made, universe, &names)?;
            let silent = hooks.is_silent();
            (Box::new(hooks), silent)
        } else {
            let hooks = PyStrategy::new(&made)?;
            let silent = hooks.is_silent();
            (Box::new(hooks), silent)
        };
    let running = Running::new(Arc::clone(universe), hooks)?.sharing(names);
    Ok((running, silent, made.repr()?.to_string()))
}

/// How a summary is told: checked before anything runs.
pub(super) fn told(
    config: &PySystemConfig,
    risk_free_return: Option<f64>,
    interval: Option<&Bound<'_, PyAny>>,
) -> PyResult<SummarySettings> {
    let own = config.get().risk_free_return.and_then(|rate| rate.to_f64());
    let risk_free = risk_free_return.or(own).unwrap_or(RISK_FREE);
    check_rate("risk_free_return", risk_free)?;
    let (interval_ns, periods_per_year) = period(interval, None)?;
    Ok(SummarySettings { interval_ns, periods_per_year, risk_free, ..SummarySettings::default() })
}

/// Runs a system over recorded data to their end.
#[allow(clippy::too_many_arguments)] // what the functions below share
fn run(
    py: Python<'_>,
    config: &PySystemConfig,
    market_data: &Bound<'_, PyAny>,
    strategy: Option<&Bound<'_, PyAny>>,
    initial_balances: Option<&Bound<'_, PyAny>>,
    (audit, resume, until): (Option<&Bound<'_, PyAny>>, Option<PathBuf>, Option<u64>),
) -> PyResult<(Outcome, String)> {
    let seeded = seeded(initial_balances)?;
    let universe = Arc::new(Universe::new(&config.get(), &seeded)?);
    let recorded = recorded(market_data)?;
    let (mut running, silent, title) = self::running(&universe, strategy)?;
    let history = py.detach(|| recorded.history(&universe))?;
    let about = about(&config.get(), &seeded, "history", true, &title)?;
    let past = py.detach(|| resume.map(|path| Past::read(path, until, &about)).transpose())?;
    keep(&mut running, audit, &about, past.as_ref())?;
    let mut pulse = Pulse::new(py, silent, None, 0)?;
    let mut drive = || {
        let resumed = match &past {
            None => Resumed::default(),
            // The rest of a candle comes with its table.
            Some(past) => {
                let alone = matches!(history, History::Inputs(_));
                running.resume(past.lines(), alone, &mut |rows| pulse.beat(rows))?
            }
        };
        let lived = running.relive(&history, resumed, &mut |rows| pulse.beat(rows));
        lived.and(running.close_log())
    };
    if silent { py.detach(|| guard(&mut drive)) } else { guard(&mut drive) }?;
    Ok((running.into_outcome(true), title))
}

/// Runs a configured system over recorded data and returns its `TradingSummary`.
///
/// * `config` - a `SystemConfig`.
/// * `market_data` - the path of a file of Barter's JSON (an array of records or one a line), a
///   `MarketDataInMemory`, or what `candles`, `quotes`, `trades`, `depth` return, or a list of
///   these.
/// * `risk_free_return` - per year; by default that of the configuration, else 0.05.
/// * `interval` - of the figures: "daily" (the default), "annual_252", "annual_365", a span.
/// * `initial_balances` - dicts with `exchange`, `asset`, `total` that replace the balances of the
///   configuration for these assets.
/// * `engine_feed_mode` - "stream" or "iterator": both give the same.
/// * `strategy` - a `Strategy` or `BarterStrategy`, class or instance; without one nothing is
///   traded.
/// * `audit` - a path: every line of the run goes to that file, which `replay` reads.
/// * `resume`, `until` - the file of a run over the same data that goes on where its lines, or the
///   first `until` of them, end.
///
/// Raises `ConfigError`, `DataError` (`MissingFileError` for a file that is not there), and what
/// a hook raises.
#[pyfunction]
#[pyo3(signature = (
    config, market_data, risk_free_return = None, interval = None, initial_balances = None,
    engine_feed_mode = None, *, strategy = None, audit = None, resume = None, until = None
))]
#[allow(clippy::too_many_arguments)] // the original's, and a strategy
pub(super) fn run_historic_backtest(
    py: Python<'_>,
    config: &Bound<'_, PySystemConfig>,
    market_data: &Bound<'_, PyAny>,
    risk_free_return: Option<f64>,
    interval: Option<&Bound<'_, PyAny>>,
    initial_balances: Option<&Bound<'_, PyAny>>,
    engine_feed_mode: Option<&str>,
    strategy: Option<&Bound<'_, PyAny>>,
    audit: Option<&Bound<'_, PyAny>>,
    resume: Option<PathBuf>,
    until: Option<u64>,
) -> PyResult<PySummary> {
    check_mode(engine_feed_mode)?;
    let settings = told(config.get(), risk_free_return, interval)?;
    let log = (audit, resume, until);
    let (outcome, title) = run(py, config.get(), market_data, strategy, initial_balances, log)?;
    summary_of(py, outcome, title, &settings)
}

/// As `run_historic_backtest`; returns the summary and a `TradingSummaryGenerator` that knows the
/// run and can be told more.
#[pyfunction]
#[pyo3(signature = (
    config, market_data, risk_free_return = None, interval = None, initial_balances = None,
    engine_feed_mode = None, *, strategy = None, audit = None, resume = None, until = None
))]
#[allow(clippy::too_many_arguments)] // the original's, and a strategy
pub(super) fn run_historic_backtest_with_generator(
    py: Python<'_>,
    config: &Bound<'_, PySystemConfig>,
    market_data: &Bound<'_, PyAny>,
    risk_free_return: Option<f64>,
    interval: Option<&Bound<'_, PyAny>>,
    initial_balances: Option<&Bound<'_, PyAny>>,
    engine_feed_mode: Option<&str>,
    strategy: Option<&Bound<'_, PyAny>>,
    audit: Option<&Bound<'_, PyAny>>,
    resume: Option<PathBuf>,
    until: Option<u64>,
) -> PyResult<(PySummary, PyGenerator)> {
    check_mode(engine_feed_mode)?;
    let settings = told(config.get(), risk_free_return, interval)?;
    let log = (audit, resume, until);
    let (outcome, title) = run(py, config.get(), market_data, strategy, initial_balances, log)?;
    let generator = PyGenerator::of(&outcome, settings.risk_free);
    Ok((summary_of(py, outcome, title, &settings)?, generator))
}

/// The figures of a run.
pub(super) fn summary_of(
    py: Python<'_>,
    outcome: Outcome,
    strategy: String,
    settings: &SummarySettings,
) -> PyResult<PySummary> {
    let summary = py.detach(|| outcome.summary(settings))?;
    Ok(PastRun::fed(outcome, strategy, summary))
}

/// How an engine is fed makes no difference here; other names are refused.
pub(super) fn check_mode(mode: Option<&str>) -> PyResult<()> {
    let modes = [("stream", ()), ("iterator", ())];
    mode.map_or(Ok(()), |mode| Ok(crate::data::load::choice("engine_feed_mode", mode, &modes)?))
}
