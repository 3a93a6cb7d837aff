//! The figures of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rust_decimal::Decimal;

use super::figures::{PyFigure, PyFigures};
use crate::num::money;
use crate::system::{Costs, Outcome, Summary};
use crate::time::span_text;

/// Counts by their reason.
fn counted<'py>(
    py: Python<'py>,
    counts: &BTreeMap<&'static str, usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let named = PyDict::new(py);
    for (reason, count) in counts {
        named.set_item(reason, count)?;
    }
    Ok(named)
}

/// The figures of a run. Money is exact (`Decimal`), ratios are floats, undefined is `None`.
#[pyclass(name = "TradingSummary", module = "barter_python", frozen)]
pub(super) struct PySummary {
    pub(super) summary: Summary,
    pub(super) outcome: Arc<Outcome>,
    pub(super) strategy: String,
}

impl PySummary {
    fn money(&self, amount: Option<i128>) -> Option<Decimal> {
        let world = &self.outcome.context.world;
        amount.map(|amount| money(amount, world.assets[world.currency.at()].places))
    }
}

impl PySummary {
    /// What figures are told by.
    fn told_by<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (grid, settings) = (&self.summary.grid, &self.summary.settings);
        let named = PyDict::new(py);
        named.set_item("interval", span_text(grid.interval_ns))?;
        named.set_item("calendar", grid.calendar.name())?;
        named.set_item("periods_per_year", grid.periods_per_year)?;
        named.set_item("returns", grid.points.len().saturating_sub(1))?;
        named.set_item("risk_free", settings.risk_free)?;
        named.set_item("target", settings.target)?;
        named.set_item("trials", settings.trials.map(|(trials, _)| trials))?;
        named.set_item("benchmark", &self.summary.benchmark)?;
        Ok(named)
    }
}

#[pymethods]
impl PySummary {
    /// The strategy as it prints itself.
    #[getter]
    fn strategy(&self) -> &str {
        &self.strategy
    }

    /// The instruments' names.
    #[getter]
    fn instruments(&self) -> Vec<String> {
        let specs = self.outcome.context.world.specs.iter();
        specs.map(|spec| spec.instrument.name.clone()).collect()
    }

    /// What figures are in.
    #[getter]
    fn currency(&self) -> String {
        let world = &self.outcome.context.world;
        world.assets[world.currency.at()].name.clone()
    }

    /// First moment, ns since 1970 UTC.
    #[getter]
    fn start(&self) -> i64 {
        self.outcome.span.0.ns()
    }

    /// Last moment, ns since 1970 UTC.
    #[getter]
    fn end(&self) -> i64 {
        self.outcome.span.1.ns()
    }

    /// Equity at the start.
    #[getter]
    fn start_equity(&self) -> Option<Decimal> {
        self.money(self.summary.start_equity)
    }

    /// Equity at the end; positions are valued, not closed.
    #[getter]
    fn end_equity(&self) -> Option<Decimal> {
        self.money(self.summary.end_equity)
    }

    /// Every figure by name: `figures["sharpe"]`, `figures.explain("sharpe")`, `figures.table`.
    #[getter]
    fn figures(&self) -> PyFigures {
        PyFigures(Arc::clone(&self.summary.figures))
    }

    /// All that is known of a figure: value, standard error, number of observations, definition,
    /// inputs, and why it is undefined if it is.
    ///
    /// Raises `KeyError` for a name that there is not; `figures` lists them.
    fn explain(&self, name: &str) -> PyResult<PyFigure> {
        Ok(PyFigure(self.figures().find(name)?.clone()))
    }

    /// End over start equity, less one.
    #[getter]
    fn total_return(&self) -> Option<f64> {
        self.summary.value("total_return")
    }

    /// Compound growth per year; `None` for less than 30 days.
    #[getter]
    fn cagr(&self) -> Option<f64> {
        self.summary.value("cagr")
    }

    /// Deviation of returns, of a year.
    #[getter]
    fn volatility(&self) -> Option<f64> {
        self.summary.value("volatility")
    }

    /// Sharpe ratio of a year; `explain("sharpe")` has its standard error.
    #[getter]
    fn sharpe(&self) -> Option<f64> {
        self.summary.value("sharpe")
    }

    /// Sortino ratio of a year.
    #[getter]
    fn sortino(&self) -> Option<f64> {
        self.summary.value("sortino")
    }

    /// Growth per year over the size of the deepest drawdown.
    #[getter]
    fn calmar(&self) -> Option<f64> {
        self.summary.value("calmar")
    }

    /// Deepest fall from a peak, on the grid of the equity curve, <= 0.
    #[getter]
    fn max_drawdown(&self) -> Option<f64> {
        self.summary.value("max_drawdown")
    }

    /// Share of the time with a position.
    #[getter]
    fn exposure(&self) -> Option<f64> {
        self.summary.value("exposure")
    }

    /// Share of the closed trades with a profit after fees.
    #[getter]
    fn win_rate(&self) -> Option<f64> {
        self.summary.value("win_rate")
    }

    /// What trades won over what trades lost.
    #[getter]
    fn profit_factor(&self) -> Option<f64> {
        self.summary.value("profit_factor")
    }

    /// Mean result of a closed trade after fees.
    #[getter]
    fn expectancy(&self) -> Option<f64> {
        self.summary.value("expectancy")
    }

    /// Periods per year that figures are told by.
    #[getter]
    fn periods_per_year(&self) -> f64 {
        self.summary.grid.periods_per_year
    }

    /// What the run is compared with.
    #[getter]
    fn benchmark(&self) -> &str {
        &self.summary.benchmark
    }

    /// What trading cost in money of the currency, exact: `traded`, `fees`, `spread` (from the
    /// middle of the touch to the best price, < 0 if it was earned), `slippage` (from the best
    /// price to the one paid); `None` without a price for what was paid.
    #[getter]
    fn costs<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(costs) = &self.summary.costs else { return Ok(None) };
        let sum = |part: fn(&Costs) -> i128| self.money(Some(costs.iter().map(part).sum()));
        let named = PyDict::new(py);
        named.set_item("traded", sum(|cost| cost.traded))?;
        named.set_item("fees", sum(|cost| cost.fees))?;
        named.set_item("spread", sum(|cost| cost.spread))?;
        named.set_item("slippage", sum(|cost| cost.slippage))?;
        Ok(Some(named))
    }

    /// Fees paid less rebates, by asset.
    #[getter]
    fn fees(&self) -> Vec<(String, Decimal)> {
        let assets = &self.outcome.context.world.assets;
        let pair = |(asset, amount): &(crate::instrument::AssetIndex, i128)| {
            let asset = &assets[asset.at()];
            (asset.name.clone(), money(*amount, asset.places))
        };
        self.summary.fees.iter().map(pair).collect()
    }

    /// Positions that were opened and closed again.
    #[getter]
    fn trades(&self) -> usize {
        self.summary.trades
    }

    /// Of the trades, those with a profit after fees.
    #[getter]
    fn winners(&self) -> usize {
        self.summary.winners
    }

    /// Positions open at the end.
    #[getter]
    fn open_positions(&self) -> usize {
        self.summary.open_positions
    }

    /// Orders made.
    #[getter]
    fn orders(&self) -> usize {
        self.summary.orders
    }

    /// Fills.
    #[getter]
    fn fills(&self) -> usize {
        self.summary.fills
    }

    /// Denied and rejected orders by reason.
    #[getter]
    fn refused<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.summary.refused)
    }

    /// Cancelled and expired orders by reason.
    #[getter]
    fn cancelled<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.summary.cancelled)
    }

    /// Amendments and cancels that the venue refused, by reason.
    #[getter]
    fn changes_refused<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.summary.changes_refused)
    }

    /// Candles that leave open which of two orders came first.
    #[getter]
    fn ambiguous(&self) -> u64 {
        self.summary.ambiguous
    }

    /// Events that the strategy's side took in.
    #[getter]
    fn events(&self) -> u64 {
        self.outcome.events
    }

    /// Everything by name, ready for JSON: money as text (exact), times as ISO 8601, figures as
    /// numbers. `errors` has the standard errors, `observations` from how many a figure was
    /// computed, `reasons` why one is undefined or in doubt, `told_by` the conventions.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let text = |amount: Option<Decimal>| amount.map(|amount| amount.to_string());
        let named = PyDict::new(py);
        named.set_item("strategy", self.strategy())?;
        named.set_item("instruments", self.instruments())?;
        named.set_item("currency", self.currency())?;
        named.set_item("start", self.outcome.span.0.to_string())?;
        named.set_item("end", self.outcome.span.1.to_string())?;
        named.set_item("complete", self.outcome.complete)?;
        named.set_item("start_equity", text(self.start_equity()))?;
        named.set_item("end_equity", text(self.end_equity()))?;
        self.figures().tell(&named)?;
        named.set_item("told_by", self.told_by(py)?)?;
        let costs = self.costs(py)?;
        if let Some(costs) = &costs {
            for (name, amount) in costs {
                costs.set_item(name, amount.str()?)?;
            }
        }
        named.set_item("costs", costs)?;
        let fees = PyDict::new(py);
        for (asset, amount) in self.fees() {
            fees.set_item(asset, amount.to_string())?;
        }
        named.set_item("fees", fees)?;
        named.set_item("trades", self.trades())?;
        named.set_item("winners", self.winners())?;
        named.set_item("open_positions", self.open_positions())?;
        named.set_item("orders", self.orders())?;
        named.set_item("fills", self.fills())?;
        named.set_item("refused", self.refused(py)?)?;
        named.set_item("cancelled", self.cancelled(py)?)?;
        named.set_item("changes_refused", self.changes_refused(py)?)?;
        named.set_item("ambiguous", self.ambiguous())?;
        named.set_item("events", self.events())?;
        let outcome = Arc::clone(&self.outcome);
        let diagnosis = py.detach(move || outcome.diagnosis().map(str::to_owned));
        named.set_item("diagnosis", diagnosis)?;
        Ok(named)
    }

    /// All figures as JSON.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        let figures = self.to_dict(py)?;
        py.import("json")?.call_method1("dumps", (figures,))?.extract()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let display = slf.py().import("barter_python._display")?;
        display.call_method1("summary_text", (slf,))?.extract()
    }
}
