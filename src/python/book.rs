//! The order book as hooks get it: a view of the moment.

use pyo3::prelude::*;

use super::context::PyContext;
use super::instrument::PyInstrument;
use crate::book::BookSide;
use crate::instrument::InstrumentIndex;
use crate::market::Side;

/// The order book of an instrument as it reached us; always the current one, usable only inside
/// hooks.
#[pyclass(name = "Book", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyBook {
    context: Py<PyContext>,
    of: InstrumentIndex,
}

impl PyBook {
    pub(super) fn new(context: Py<PyContext>, of: InstrumentIndex) -> Self {
        Self { context, of }
    }

    fn best(&self, side: Side) -> PyResult<Option<f64>> {
        self.context.get().with_book(self.of, |book, facts| {
            book.side(side).best().map(|level| facts.price(level.price))
        })
    }

    fn levels(&self, side: Side, count: usize) -> PyResult<Vec<(f64, f64)>> {
        self.context.get().with_book(self.of, |book, facts| {
            let levels: &BookSide = book.side(side);
            let pair = |level: &crate::book::Level| {
                (facts.price(level.price), facts.quantity(level.quantity))
            };
            levels.levels().take(count).map(pair).collect()
        })
    }
}

#[pymethods]
impl PyBook {
    /// Whose book.
    #[getter]
    fn instrument(&self, py: Python<'_>) -> Py<PyInstrument> {
        self.context.get().facts()[self.of.at()].instrument.clone_ref(py)
    }

    /// Best bid; `None` if that side is empty.
    #[getter]
    fn bid(&self) -> PyResult<Option<f64>> {
        self.best(Side::Buy)
    }

    /// Best ask; `None` if that side is empty.
    #[getter]
    fn ask(&self) -> PyResult<Option<f64>> {
        self.best(Side::Sell)
    }

    /// The best bids as (price, quantity), best first, at most `count`.
    #[pyo3(signature = (count = 10))]
    fn bids(&self, count: usize) -> PyResult<Vec<(f64, f64)>> {
        self.levels(Side::Buy, count)
    }

    /// The best asks as (price, quantity), best first, at most `count`.
    #[pyo3(signature = (count = 10))]
    fn asks(&self, count: usize) -> PyResult<Vec<(f64, f64)>> {
        self.levels(Side::Sell, count)
    }

    fn __repr__(&self) -> PyResult<String> {
        let name = self.context.get().facts()[self.of.at()].instrument.get().0.name.clone();
        let text = |price: Option<f64>| price.map_or("-".to_owned(), |price| price.to_string());
        Ok(format!("<Book '{name}' {} / {}>", text(self.bid()?), text(self.ask()?)))
    }
}
