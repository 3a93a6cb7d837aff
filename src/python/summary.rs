//! The figures of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rust_decimal::Decimal;

use crate::num::money;
use crate::system::{Outcome, Summary};

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

    /// End over start equity, less one.
    #[getter]
    fn total_return(&self) -> Option<f64> {
        self.summary.total_return
    }

    /// Deepest fall from a peak, on the grid of the equity curve, <= 0.
    #[getter]
    fn max_drawdown(&self) -> Option<f64> {
        self.summary.max_drawdown
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

    /// All figures by name: money as text (exact), times as ISO 8601, ready for JSON.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let text = |amount: Option<Decimal>| amount.map(|amount| amount.to_string());
        let figures = PyDict::new(py);
        figures.set_item("strategy", self.strategy())?;
        figures.set_item("instruments", self.instruments())?;
        figures.set_item("currency", self.currency())?;
        figures.set_item("start", self.outcome.span.0.to_string())?;
        figures.set_item("end", self.outcome.span.1.to_string())?;
        figures.set_item("complete", self.outcome.complete)?;
        figures.set_item("start_equity", text(self.start_equity()))?;
        figures.set_item("end_equity", text(self.end_equity()))?;
        figures.set_item("total_return", self.total_return())?;
        figures.set_item("max_drawdown", self.max_drawdown())?;
        let fees = PyDict::new(py);
        for (asset, amount) in self.fees() {
            fees.set_item(asset, amount.to_string())?;
        }
        figures.set_item("fees", fees)?;
        figures.set_item("trades", self.trades())?;
        figures.set_item("winners", self.winners())?;
        figures.set_item("open_positions", self.open_positions())?;
        figures.set_item("orders", self.orders())?;
        figures.set_item("fills", self.fills())?;
        figures.set_item("refused", self.refused(py)?)?;
        figures.set_item("cancelled", self.cancelled(py)?)?;
        figures.set_item("changes_refused", self.changes_refused(py)?)?;
        figures.set_item("ambiguous", self.ambiguous())?;
        figures.set_item("events", self.events())?;
        let outcome = Arc::clone(&self.outcome);
        let diagnosis = py.detach(move || outcome.diagnosis().map(str::to_owned));
        figures.set_item("diagnosis", diagnosis)?;
        Ok(figures)
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
