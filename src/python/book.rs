//! The order book as hooks get it: a view of the moment.

use std::sync::Arc;

use pyo3::prelude::*;

use super::instrument::PyInstrument;
use super::market::Facts;
use super::window::Window;
use crate::book::Level;
use crate::instrument::InstrumentIndex;
use crate::market::Side;

/// The order book of an instrument as it reached us; always the current one, so it may be kept from
/// `on_start` on. Usable only inside hooks.
#[pyclass(name = "Book", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyBook {
    /// Whose book.
    #[pyo3(get)]
    instrument: Py<PyInstrument>,
    window: Arc<Window>,
    of: InstrumentIndex,
}

impl PyBook {
    pub(super) fn new(
        py: Python<'_>,
        facts: &Facts,
        window: &Arc<Window>,
        of: InstrumentIndex,
    ) -> Self {
        let instrument = facts.instrument.clone_ref(py);
        Self { instrument, window: Arc::clone(window), of }
    }

    fn best(&self, side: Side) -> PyResult<Option<f64>> {
        self.window.with_book(self.of, |book, facts| {
            book.side(side).best_price().map(|price| facts.price(price))
        })
    }

    fn levels(&self, side: Side, count: usize) -> PyResult<Vec<(f64, f64)>> {
        self.window.with_book(self.of, |book, facts| {
            let pair = |level: Level| (facts.price(level.price), facts.quantity(level.quantity));
            book.side(side).levels().take(count).map(pair).collect()
        })
    }
}

#[pymethods]
impl PyBook {
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

    /// Best bid and best ask in one look; `None` for a side that is empty.
    #[getter]
    fn touch(&self) -> PyResult<(Option<f64>, Option<f64>)> {
        self.window.with_book(self.of, |book, facts| {
            let (bid, ask) = book.touch();
            (bid.map(|price| facts.price(price)), ask.map(|price| facts.price(price)))
        })
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
        let name = &self.instrument.get().0.name;
        let text = |price: Option<f64>| price.map_or("-".to_owned(), |price| price.to_string());
        Ok(format!("<Book '{name}' {} / {}>", text(self.bid()?), text(self.ask()?)))
    }
}
