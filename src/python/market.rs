//! Candles, quotes, trades and timers as hooks get them.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyString;

use super::instrument::PyInstrument;
use super::names;
use super::recycled::{Moment, Number};
use super::words::{Rules, Step};
use crate::event::Timer;
use crate::instrument::Spec;
use crate::market::{Candle, Quote, Side, Trade};
use crate::num::POW10;
use crate::time::Time;

/// An instrument, the factors that turn its raw numbers into floats, and its steps.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) instrument: Py<PyInstrument>,
    /// What the strategy called it by first: most strategies do so each time.
    name: OnceLock<Py<PyAny>>,
    pub(super) price: f64,
    pub(super) quantity: f64,
    pub(super) rules: Rules,
}

impl Facts {
    pub(super) fn new(instrument: Py<PyInstrument>, spec: &Spec, quote_places: u32) -> Self {
        Self {
            instrument,
            name: OnceLock::new(),
            price: POW10[spec.price_scale as usize] as f64,
            quantity: POW10[spec.quantity_scale as usize] as f64,
            rules: Rules {
                price: Step::new("tick", spec.tick, spec.price_scale),
                quantity: Step::new("lot", spec.lot, spec.quantity_scale),
                quote_places,
            },
        }
    }

    /// True if `given` is the instrument or what it was called by before.
    #[inline]
    pub(super) fn is_meant_by(&self, given: &Bound<'_, PyAny>) -> bool {
        self.instrument.is(given) || self.name.get().is_some_and(|name| name.is(given))
    }

    /// Remembers what the instrument was called by: a text or another object of the same name, but
    /// nothing that may hold other objects.
    pub(super) fn note_name(&self, given: &Bound<'_, PyAny>) {
        if given.is_exact_instance_of::<PyString>() || given.is_exact_instance_of::<PyInstrument>()
        {
            self.name.get_or_init(|| given.clone().unbind());
        }
    }

    #[inline]
    pub(super) fn price(&self, raw: i64) -> f64 {
        raw as f64 / self.price
    }

    #[inline]
    pub(super) fn quantity(&self, raw: i64) -> f64 {
        raw as f64 / self.quantity
    }
}

/// Best bid and ask at one time.
#[pyclass(name = "Quote", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyQuote {
    /// Whose quote.
    #[pyo3(get)]
    instrument: Py<PyInstrument>,
    price_factor: f64,
    quantity_factor: f64,
    time: Moment,
    bid: Number,
    bid_quantity: Number,
    ask: Number,
    ask_quantity: Number,
}

impl PyQuote {
    pub(super) fn new(py: Python<'_>, facts: &Facts) -> Self {
        Self {
            instrument: facts.instrument.clone_ref(py),
            price_factor: facts.price,
            quantity_factor: facts.quantity,
            time: Moment::default(),
            bid: Number::default(),
            bid_quantity: Number::default(),
            ask: Number::default(),
            ask_quantity: Number::default(),
        }
    }

    #[inline]
    pub(super) fn set(&self, quote: &Quote) {
        self.time.set(quote.time);
        self.bid.set(quote.bid);
        self.bid_quantity.set(quote.bid_quantity);
        self.ask.set(quote.ask);
        self.ask_quantity.set(quote.ask_quantity);
    }
}

#[pymethods]
impl PyQuote {
    /// When the venue showed it, ns since 1970 UTC.
    #[getter]
    fn time(&self) -> i64 {
        self.time.get()
    }

    /// Best bid.
    #[getter]
    fn bid(&self) -> f64 {
        self.bid.get(self.price_factor)
    }

    /// Quantity at the best bid; 0 if that side is empty.
    #[getter]
    fn bid_quantity(&self) -> f64 {
        self.bid_quantity.get(self.quantity_factor)
    }

    /// Best ask.
    #[getter]
    fn ask(&self) -> f64 {
        self.ask.get(self.price_factor)
    }

    /// Quantity at the best ask; 0 if that side is empty.
    #[getter]
    fn ask_quantity(&self) -> f64 {
        self.ask_quantity.get(self.quantity_factor)
    }

    /// Middle of bid and ask.
    #[getter]
    fn mid(&self) -> f64 {
        f64::midpoint(self.bid.get(self.price_factor), self.ask.get(self.price_factor))
    }

    fn __repr__(&self) -> String {
        format!(
            "Quote('{}', time={}, bid={}, bid_quantity={}, ask={}, ask_quantity={})",
            self.instrument.get().0.name,
            self.time(),
            self.bid(),
            self.bid_quantity(),
            self.ask(),
            self.ask_quantity()
        )
    }
}

/// A public trade.
#[pyclass(name = "Trade", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyTrade {
    /// Whose trade.
    #[pyo3(get)]
    instrument: Py<PyInstrument>,
    price_factor: f64,
    quantity_factor: f64,
    time: Moment,
    price: Number,
    quantity: Number,
    side: Moment,
}

impl PyTrade {
    pub(super) fn new(py: Python<'_>, facts: &Facts) -> Self {
        Self {
            instrument: facts.instrument.clone_ref(py),
            price_factor: facts.price,
            quantity_factor: facts.quantity,
            time: Moment::default(),
            price: Number::default(),
            quantity: Number::default(),
            side: Moment::default(),
        }
    }

    #[inline]
    pub(super) fn set(&self, trade: &Trade) {
        self.time.set(trade.time);
        self.price.set(trade.price);
        self.quantity.set(trade.quantity);
        self.side.set(Time(trade.aggressor.map_or(0, Side::sign)));
    }
}

#[pymethods]
impl PyTrade {
    /// When it happened at the venue, ns since 1970 UTC.
    #[getter]
    fn time(&self) -> i64 {
        self.time.get()
    }

    /// Price.
    #[getter]
    fn price(&self) -> f64 {
        self.price.get(self.price_factor)
    }

    /// Quantity.
    #[getter]
    fn quantity(&self) -> f64 {
        self.quantity.get(self.quantity_factor)
    }

    /// Side of the aggressor, who crossed the spread; `None` if the data do not say.
    #[getter]
    fn side(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match self.side.get() {
            1 => names::side(py, Side::Buy).map(Some),
            -1 => names::side(py, Side::Sell).map(Some),
            _ => Ok(None),
        }
    }

    fn __repr__(&self) -> String {
        let side = match self.side.get() {
            1 => "'buy'",
            -1 => "'sell'",
            _ => "None",
        };
        format!(
            "Trade('{}', time={}, price={}, quantity={}, side={side})",
            self.instrument.get().0.name,
            self.time(),
            self.price(),
            self.quantity()
        )
    }
}

/// Stands for a volume that the data do not give.
const UNKNOWN: i64 = i64::MIN;

/// A finished candle over `[open_time, close_time)`.
#[pyclass(name = "Candle", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyCandle {
    /// Whose candle.
    #[pyo3(get)]
    instrument: Py<PyInstrument>,
    price_factor: f64,
    quantity_factor: f64,
    open_time: Moment,
    close_time: Moment,
    open: Number,
    high: Number,
    low: Number,
    close: Number,
    volume: Number,
}

impl PyCandle {
    pub(super) fn new(py: Python<'_>, facts: &Facts) -> Self {
        Self {
            instrument: facts.instrument.clone_ref(py),
            price_factor: facts.price,
            quantity_factor: facts.quantity,
            open_time: Moment::default(),
            close_time: Moment::default(),
            open: Number::default(),
            high: Number::default(),
            low: Number::default(),
            close: Number::default(),
            volume: Number::default(),
        }
    }

    #[inline]
    pub(super) fn set(&self, candle: &Candle) {
        self.open_time.set(candle.open_time);
        self.close_time.set(candle.close_time);
        self.open.set(candle.open);
        self.high.set(candle.high);
        self.low.set(candle.low);
        self.close.set(candle.close);
        self.volume.set(candle.volume.unwrap_or(UNKNOWN));
    }
}

#[pymethods]
impl PyCandle {
    /// Start of the span, included, ns since 1970 UTC.
    #[getter]
    fn open_time(&self) -> i64 {
        self.open_time.get()
    }

    /// End of the span, excluded, ns since 1970 UTC.
    #[getter]
    fn close_time(&self) -> i64 {
        self.close_time.get()
    }

    /// First price.
    #[getter]
    fn open(&self) -> f64 {
        self.open.get(self.price_factor)
    }

    /// Highest price.
    #[getter]
    fn high(&self) -> f64 {
        self.high.get(self.price_factor)
    }

    /// Lowest price.
    #[getter]
    fn low(&self) -> f64 {
        self.low.get(self.price_factor)
    }

    /// Last price.
    #[getter]
    fn close(&self) -> f64 {
        self.close.get(self.price_factor)
    }

    /// Quantity traded, in base; `None` if the data do not say.
    #[getter]
    fn volume(&self) -> Option<f64> {
        let known = self.volume.raw() != UNKNOWN;
        known.then(|| self.volume.get(self.quantity_factor))
    }

    fn __repr__(&self) -> String {
        let volume = self.volume().map_or("None".to_owned(), |volume| volume.to_string());
        format!(
            "Candle('{}', open_time={}, close_time={}, open={}, high={}, low={}, close={}, \
             volume={volume})",
            self.instrument.get().0.name,
            self.open_time(),
            self.close_time(),
            self.open(),
            self.high(),
            self.low(),
            self.close(),
        )
    }
}

/// A timer that is due.
#[pyclass(name = "Timer", module = "barter_python", frozen, eq, hash)]
#[derive(Debug, Default)]
pub(super) struct PyTimer {
    id: Number,
    time: Moment,
    every: Number,
}

impl PyTimer {
    #[inline]
    pub(super) fn set(&self, timer: &Timer) {
        self.id.set(i64::from(timer.id));
        self.time.set(timer.time);
        self.every.set(timer.every_ns);
    }

    fn values(&self) -> [i64; 3] {
        [self.id.raw(), self.time.get(), self.every.raw()]
    }
}

impl PartialEq for PyTimer {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}

impl Eq for PyTimer {}

impl Hash for PyTimer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values().hash(state);
    }
}

#[pymethods]
impl PyTimer {
    /// Its number, as `set_timer` returned it.
    #[getter]
    fn id(&self) -> u32 {
        self.id.raw() as u32
    }

    /// When it is due, ns since 1970 UTC.
    #[getter]
    fn time(&self) -> i64 {
        self.time.get()
    }

    /// Nanoseconds until it is due again; 0 for once.
    #[getter]
    fn every(&self) -> i64 {
        self.every.raw()
    }

    fn __repr__(&self) -> String {
        format!("Timer(id={}, time={}, every={})", self.id(), self.time(), self.every())
    }
}
