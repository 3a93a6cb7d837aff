//! The figures of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rust_decimal::Decimal;

use super::account::PyBalance;
use super::assumption::PyAssumption;
use super::backtest::{PastRun, PyBacktest};
use super::figures::{PyFigure, PyFigures};
use crate::system::{BalanceAt, Calendar, Costs, Fall, Falls, Sheet, Summary};
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
    /// The run; `None` for a summary that was made piece by piece.
    pub(super) run: Option<Arc<PastRun>>,
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

    /// All tear sheets, ready for JSON.
    fn tear_sheets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let plain = |sheets: Bound<'py, PyDict>| -> PyResult<Bound<'py, PyDict>> {
            let told = PyDict::new(py);
            for (name, sheet) in &sheets {
                told.set_item(name, sheet.call_method0("to_dict")?)?;
            }
            Ok(told)
        };
        let sheets = PyDict::new(py);
        sheets.set_item("portfolio", self.portfolio(py)?.call_method0("to_dict")?)?;
        sheets.set_item("instruments", plain(self.instruments(py)?)?)?;
        sheets.set_item("assets", plain(self.assets(py)?)?)?;
        Ok(sheets)
    }

    /// What the Python side makes a tear sheet from.
    fn sheet<'py>(
        &self,
        py: Python<'py>,
        sheet: &Sheet,
        of_instrument: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (start, end) = self.summary.span;
        let sessions = self.summary.grid.calendar == Calendar::Sessions;
        let raw = PyDict::new(py);
        raw.set_item("year", if sessions { "annual_252" } else { "annual_365" })?;
        raw.set_item("length_ns", end.ns() - start.ns())?;
        raw.set_item("pnl", sheet.pnl)?;
        raw.set_item("pnl_return", sheet.pnl_return.ok())?;
        raw.set_item("sharpe", sheet.sharpe.ok())?;
        raw.set_item("sortino", sheet.sortino.ok())?;
        raw.set_item("calmar", sheet.calmar.ok())?;
        raw.set_item("falls", falls(py, &sheet.falls)?)?;
        raw.set_item("win_rate", sheet.win_rate.ok())?;
        raw.set_item("profit_factor", sheet.profit_factor.ok())?;
        let named = PyDict::new(py);
        named.set_item("of_instrument", of_instrument)?;
        py.import("barter_python._sheets")?.call_method("tear_sheet", (raw,), Some(&named))
    }
}

/// Falls with their times in ns.
fn falls<'py>(py: Python<'py>, falls: &Falls) -> PyResult<Bound<'py, PyDict>> {
    let told = |fall: Option<Fall>| fall.map(|f| (f.depth, f.start.ns(), f.end.ns()));
    let raw = PyDict::new(py);
    raw.set_item("now", told(falls.now))?;
    raw.set_item("mean", falls.mean)?;
    raw.set_item("deepest", told(falls.deepest))?;
    Ok(raw)
}

#[pymethods]
impl PySummary {
    /// The strategy as it prints itself.
    #[getter]
    fn strategy(&self) -> &str {
        self.run.as_ref().map_or("", |run| &run.strategy)
    }

    /// The run behind the figures: its tables, curves and pages. `None` for a summary that was made
    /// piece by piece.
    #[getter]
    fn run(&self) -> Option<PyBacktest> {
        self.run.clone().map(PyBacktest)
    }

    /// Tear sheets by instrument: what the closed trades of each made.
    #[getter]
    fn instruments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let named = PyDict::new(py);
        for (name, sheet) in &self.summary.instruments {
            named.set_item(name, self.sheet(py, sheet, true)?)?;
        }
        Ok(named)
    }

    /// Tear sheets by asset: what there was of each.
    #[getter]
    fn assets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let module = py.import("barter_python._sheets")?;
        let named = PyDict::new(py);
        for (name, sheet) in &self.summary.assets {
            let balance = |last: &BalanceAt| PyBalance {
                asset: name.clone(),
                total: last.total,
                free: last.free,
                locked: last.total - last.free,
            };
            let raw = PyDict::new(py);
            raw.set_item("balance", sheet.last.as_ref().map(balance))?;
            raw.set_item("falls", falls(py, &sheet.falls)?)?;
            named.set_item(name, module.call_method1("asset_sheet", (raw,))?)?;
        }
        Ok(named)
    }

    /// The tear sheet of the whole account.
    #[getter]
    fn portfolio<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.sheet(py, &self.summary.portfolio, false)
    }

    /// What figures are in.
    #[getter]
    fn currency(&self) -> &str {
        &self.summary.currency
    }

    /// First moment, ns since 1970 UTC.
    #[getter]
    fn start(&self) -> i64 {
        self.summary.span.0.ns()
    }

    /// Last moment, ns since 1970 UTC.
    #[getter]
    fn end(&self) -> i64 {
        self.summary.span.1.ns()
    }

    /// First moment, as an aware `datetime`.
    #[getter]
    fn time_engine_start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("barter_python._sheets")?.call_method1("moment", (self.start(),))
    }

    /// Last moment, as an aware `datetime`.
    #[getter]
    fn time_engine_end<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("barter_python._sheets")?.call_method1("moment", (self.end(),))
    }

    /// Equity at the start.
    #[getter]
    fn start_equity(&self) -> Option<Decimal> {
        self.summary.start_equity
    }

    /// Equity at the end; positions are valued, not closed.
    #[getter]
    fn end_equity(&self) -> Option<Decimal> {
        self.summary.end_equity
    }

    /// What the run took for granted; nothing for a summary that was made piece by piece.
    #[getter]
    fn assumptions(&self, py: Python<'_>) -> Vec<PyAssumption> {
        let all = |run: &Arc<PastRun>| PyAssumption::all(py, &run.outcome);
        self.run.as_ref().map_or_else(Vec::new, all)
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

    /// What the run is compared with, if anything.
    #[getter]
    fn benchmark(&self) -> Option<&str> {
        self.summary.benchmark.as_deref()
    }

    /// What trading cost in money of the currency, exact: `traded`, `fees`, `spread` (from the
    /// middle of the touch to the best price, < 0 if it was earned), `slippage` (from the best
    /// price to the one paid), `funding`; `None` without a price for what was paid.
    #[getter]
    fn costs<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(costs) = &self.summary.counts.costs else { return Ok(None) };
        let sum = |part: fn(&Costs<Decimal>) -> Decimal| costs.iter().map(part).sum::<Decimal>();
        let named = PyDict::new(py);
        named.set_item("traded", sum(|cost| cost.traded))?;
        named.set_item("fees", sum(|cost| cost.fees))?;
        named.set_item("spread", sum(|cost| cost.spread))?;
        named.set_item("slippage", sum(|cost| cost.slippage))?;
        named.set_item("funding", sum(|cost| cost.funding))?;
        Ok(Some(named))
    }

    /// Fees paid less rebates, by asset.
    #[getter]
    fn fees(&self) -> Vec<(String, Decimal)> {
        self.summary.counts.fees.clone()
    }

    /// Positions that were opened and closed again.
    #[getter]
    fn trades(&self) -> usize {
        self.summary.counts.trades
    }

    /// Of the trades, those with a profit after fees.
    #[getter]
    fn winners(&self) -> usize {
        self.summary.counts.winners
    }

    /// Positions open at the end.
    #[getter]
    fn open_positions(&self) -> usize {
        self.summary.counts.open_positions
    }

    /// Orders made.
    #[getter]
    fn orders(&self) -> usize {
        self.summary.counts.orders
    }

    /// Fills.
    #[getter]
    fn fills(&self) -> usize {
        self.summary.counts.fills
    }

    /// Denied and rejected orders by reason.
    #[getter]
    fn refused<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.summary.counts.refused)
    }

    /// Cancelled and expired orders by reason.
    #[getter]
    fn cancelled<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.summary.counts.cancelled)
    }

    /// Amendments and cancels that the venue refused, by reason.
    #[getter]
    fn changes_refused<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counted(py, &self.summary.counts.changes_refused)
    }

    /// Candles that leave open which of two orders came first.
    #[getter]
    fn ambiguous(&self) -> u64 {
        self.summary.counts.ambiguous
    }

    /// Events that the strategy's side took in.
    #[getter]
    fn events(&self) -> u64 {
        self.summary.counts.events
    }

    /// Everything by name, ready for JSON: money as text (exact), times as ISO 8601, figures as
    /// numbers. `errors` has the standard errors, `observations` from how many a figure was
    /// computed, `reasons` why one is undefined or in doubt, `told_by` the conventions.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let text = |amount: Option<Decimal>| amount.map(|amount| amount.to_string());
        let named = PyDict::new(py);
        named.set_item("strategy", self.strategy())?;
        let instruments: Vec<&str> =
            self.summary.instruments.iter().map(|(name, _)| name.as_str()).collect();
        named.set_item("instruments", instruments)?;
        named.set_item("currency", self.currency())?;
        named.set_item("start", self.summary.span.0.to_string())?;
        named.set_item("end", self.summary.span.1.to_string())?;
        named.set_item("complete", self.summary.complete)?;
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
        named.set_item("tear_sheets", self.tear_sheets(py)?)?;
        let outcome = self.run.as_ref().map(|run| Arc::clone(&run.outcome));
        let diagnosis =
            py.detach(move || outcome.and_then(|outcome| outcome.diagnosis().map(str::to_owned)));
        named.set_item("diagnosis", diagnosis)?;
        let assumptions = self.assumptions(py);
        let told = assumptions.iter().map(|one| one.tell(py)).collect::<PyResult<Vec<_>>>()?;
        named.set_item("assumptions", told)?;
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

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        let display = slf.py().import("barter_python._display")?;
        display.call_method1("summary_html", (slf,))?.extract()
    }
}
