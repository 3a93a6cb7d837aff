//! Orders and fills as hooks get them.

use pyo3::prelude::*;

use super::instrument::PyInstrument;
use super::market::Facts;
use super::names;
use crate::order::{Fill, Order, OrderKind, Pending};

/// An order as far as messages told, at the time it was asked for.
#[pyclass(name = "Order", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyOrder {
    order: Order,
    /// What is traded.
    #[pyo3(get)]
    instrument: Py<PyInstrument>,
    price: f64,
    quantity: f64,
}

impl PyOrder {
    pub(super) fn new(py: Python<'_>, facts: &Facts, order: Order) -> Self {
        let instrument = facts.instrument.clone_ref(py);
        Self { order, instrument, price: facts.price, quantity: facts.quantity }
    }
}

#[pymethods]
impl PyOrder {
    /// Its number within the run, from 1.
    #[getter]
    fn id(&self) -> u32 {
        self.order.id.0
    }

    /// Which way.
    #[getter]
    fn side(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::side(py, self.order.request.side)
    }

    /// "market", "limit", or how it waits for its trigger.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::kind(py, self.order.request.kind_name())
    }

    /// How long it lives.
    #[getter]
    fn time_in_force(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::time_in_force(py, self.order.request.time_in_force)
    }

    /// True if it is refused rather than taking.
    #[getter]
    fn post_only(&self) -> bool {
        self.order.request.post_only
    }

    /// Limit price; `None` for a market order.
    #[getter]
    fn limit(&self) -> Option<f64> {
        let request = &self.order.request;
        (request.kind == OrderKind::Limit).then(|| request.limit as f64 / self.price)
    }

    /// The price that it waits for, or waited for; `None` if there is none.
    #[getter]
    fn trigger(&self) -> Option<f64> {
        let trigger = self.order.request.trigger()?;
        trigger.price.map(|raw| raw as f64 / self.price)
    }

    /// True if it may only make a position smaller.
    #[getter]
    fn reduce_only(&self) -> bool {
        self.order.request.reduce_only()
    }

    /// When it ends by itself, ns since 1970 UTC; `None` if it does not.
    #[getter]
    fn expire(&self) -> Option<i64> {
        let special = self.order.request.special.as_ref()?;
        special.expire.map(crate::time::Time::ns)
    }

    /// How much was asked for; what a reduce-only order or an amendment left of that.
    #[getter]
    fn quantity(&self) -> f64 {
        self.order.request.quantity as f64 / self.quantity
    }

    /// How much of it is filled.
    #[getter]
    fn filled(&self) -> f64 {
        self.order.filled as f64 / self.quantity
    }

    /// How much of it is not filled.
    #[getter]
    fn leaves(&self) -> f64 {
        self.order.leaves() as f64 / self.quantity
    }

    /// Average price of its fills; `None` before the first.
    #[getter]
    fn average_price(&self) -> Option<f64> {
        let (value, filled) = (self.order.filled_value as f64, self.order.filled as f64);
        (self.order.filled != 0).then(|| value / filled / self.price)
    }

    /// Where it stands.
    #[getter]
    fn status(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::status(py, self.order.status)
    }

    /// Why it was denied, rejected or cancelled; `None` otherwise.
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.order.reason.map(crate::order::Reason::name)
    }

    /// True until it is known to have ended.
    #[getter]
    fn is_working(&self) -> bool {
        !self.order.status.is_final()
    }

    /// True if new terms are on their way.
    #[getter]
    fn is_amending(&self) -> bool {
        self.order.pending == Pending::Amend
    }

    /// True if a cancel is on its way.
    #[getter]
    fn is_cancelling(&self) -> bool {
        self.order.pending == Pending::Cancel
    }

    /// When it was made, ns since 1970 UTC.
    #[getter]
    fn created(&self) -> i64 {
        self.order.created.ns()
    }

    fn __repr__(&self) -> String {
        let request = &self.order.request;
        let limit = self.limit().map_or(String::new(), |limit| format!(" @ {limit}"));
        format!(
            "<Order {} '{}' {} {} {}{limit}: {}, filled {}>",
            self.order.id.0,
            self.instrument.get().0.name,
            request.kind_name(),
            request.side.name(),
            self.quantity(),
            self.order.status.name(),
            self.filled()
        )
    }
}

/// One execution of one of our orders at one price.
#[pyclass(name = "Fill", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyFill {
    fill: Fill,
    /// What was traded.
    #[pyo3(get)]
    instrument: Py<PyInstrument>,
    price: f64,
    quantity: f64,
    fee: f64,
    fee_asset: String,
}

impl PyFill {
    pub(super) fn new(py: Python<'_>, facts: &Facts, fill: Fill, fee: f64, asset: &str) -> Self {
        let instrument = facts.instrument.clone_ref(py);
        let (price, quantity) = (facts.price, facts.quantity);
        Self { fill, instrument, price, quantity, fee, fee_asset: asset.to_owned() }
    }
}

#[pymethods]
impl PyFill {
    /// Its number within the run, from 1.
    #[getter]
    fn id(&self) -> u32 {
        self.fill.id
    }

    /// Number of the order.
    #[getter]
    fn order(&self) -> u32 {
        self.fill.order.0
    }

    /// Which way.
    #[getter]
    fn side(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::side(py, self.fill.side)
    }

    /// Whether our order rested or took.
    #[getter]
    fn liquidity(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::liquidity(py, self.fill.liquidity)
    }

    /// Price.
    #[getter]
    fn price(&self) -> f64 {
        self.fill.price as f64 / self.price
    }

    /// Quantity, > 0.
    #[getter]
    fn quantity(&self) -> f64 {
        self.fill.quantity as f64 / self.quantity
    }

    /// Fee; negative for a rebate.
    #[getter]
    fn fee(&self) -> f64 {
        self.fee
    }

    /// What the fee is paid in.
    #[getter]
    fn fee_asset(&self) -> &str {
        &self.fee_asset
    }

    /// When it happened at the venue, ns since 1970 UTC.
    #[getter]
    fn time(&self) -> i64 {
        self.fill.time.ns()
    }

    fn __repr__(&self) -> String {
        format!(
            "<Fill {} of order {} '{}' {} {} @ {}, {}, fee {} {}>",
            self.fill.id,
            self.fill.order.0,
            self.instrument.get().0.name,
            self.fill.side.name(),
            self.quantity(),
            self.price(),
            self.fill.liquidity.name(),
            self.fee,
            self.fee_asset
        )
    }
}
