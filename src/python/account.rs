//! Positions and balances as hooks get them.

use pyo3::prelude::*;

use super::instrument::PyInstrument;

/// What is held of an instrument, as far as fills were reported. Numbers are floats.
#[pyclass(name = "Position", module = "barter_python", frozen, get_all)]
#[derive(Debug)]
pub(super) struct PyPosition {
    /// What is held.
    pub(super) instrument: Py<PyInstrument>,
    /// Signed quantity: negative for a short.
    pub(super) quantity: f64,
    /// Average price of what is held; `None` if flat.
    pub(super) average_price: Option<f64>,
    /// Profit that closing at the mark would bring, before fees; `None` without a price.
    pub(super) unrealised: Option<f64>,
    /// Profit of what was closed, before fees.
    pub(super) realised: f64,
}

#[pymethods]
impl PyPosition {
    /// True if nothing is held.
    #[getter]
    fn is_flat(&self) -> bool {
        self.quantity == 0.0
    }

    fn __repr__(&self) -> String {
        let price = self.average_price.map_or(String::new(), |price| format!(" @ {price}"));
        format!("<Position '{}' {}{price}>", self.instrument.get().0.name, self.quantity)
    }
}

/// Money of one asset, as far as messages told. Numbers are floats.
#[pyclass(name = "Balance", module = "barter_python", frozen, eq, get_all)]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PyBalance {
    /// Of what.
    pub(super) asset: String,
    /// Everything.
    pub(super) total: f64,
    /// What can be used; on margin the profit that is open counts too.
    pub(super) free: f64,
    /// What orders and positions hold back.
    pub(super) locked: f64,
}

#[pymethods]
impl PyBalance {
    fn __repr__(&self) -> String {
        format!("<Balance {} total={} free={}>", self.asset, self.total, self.free)
    }
}
