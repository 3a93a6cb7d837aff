//! Positions and balances as hooks get them.

use std::sync::Arc;

use pyo3::prelude::*;

use super::instrument::PyInstrument;
use super::market::Facts;
use super::recycled::{Amount, Number};
use crate::account::Position;
use crate::context::{View, World};
use crate::error::{Error, Result, did_you_mean, shown};
use crate::instrument::{AssetIndex, InstrumentIndex, Spec};

/// What is held of an instrument, as far as fills were reported. Numbers are floats.
#[pyclass(name = "Position", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyPosition {
    /// What is held.
    #[pyo3(get)]
    instrument: Py<PyInstrument>,
    world: Arc<World>,
    of: InstrumentIndex,
    price_factor: f64,
    quantity_factor: f64,
    quantity: Number,
    cost: Amount,
    realised: Amount,
    mark: Number,
}

/// Stands for a mark that is not known.
const UNKNOWN: i64 = i64::MIN;

impl PyPosition {
    pub(super) fn new(
        py: Python<'_>,
        facts: &Facts,
        world: &Arc<World>,
        of: InstrumentIndex,
    ) -> Self {
        Self {
            instrument: facts.instrument.clone_ref(py),
            world: Arc::clone(world),
            of,
            price_factor: facts.price,
            quantity_factor: facts.quantity,
            quantity: Number::default(),
            cost: Amount::default(),
            realised: Amount::default(),
            mark: Number::default(),
        }
    }

    /// One of the same instrument.
    pub(super) fn another(&self, py: Python<'_>) -> Self {
        Self {
            instrument: self.instrument.clone_ref(py),
            world: Arc::clone(&self.world),
            quantity: Number::default(),
            cost: Amount::default(),
            realised: Amount::default(),
            mark: Number::default(),
            ..*self
        }
    }

    /// `mark` is a doubled price.
    #[inline]
    pub(super) fn set(&self, position: &Position, mark: Option<i64>) {
        self.quantity.set(position.quantity);
        self.cost.set(position.cost);
        self.realised.set(position.realised);
        self.mark.set(mark.unwrap_or(UNKNOWN));
    }

    fn spec(&self) -> &Spec {
        &self.world.specs[self.of.at()]
    }

    /// An amount of the quote asset.
    fn money(&self, raw: i128) -> f64 {
        let places = self.world.assets[self.spec().quote.at()].places;
        raw as f64 / 10f64.powi(places as i32)
    }
}

#[pymethods]
impl PyPosition {
    /// Signed quantity: negative for a short.
    #[getter]
    fn quantity(&self) -> f64 {
        self.quantity.get(self.quantity_factor)
    }

    /// Average price of what is held; `None` if flat.
    #[getter]
    fn average_price(&self) -> Option<f64> {
        let held = self.quantity.raw();
        if held == 0 {
            return None;
        }
        // Whole numbers as long as possible, so that one fill's average is its price.
        let (cost, per_cost) = self.spec().cost.parts();
        let (above, below) = (self.cost.raw().checked_mul(per_cost)?, i128::from(held) * cost);
        let rest = (above % below) as f64 / below as f64;
        Some(((above / below) as f64 + rest) / self.price_factor)
    }

    /// Profit that closing at the mark would bring, before fees; `None` without a price.
    #[getter]
    fn unrealised(&self) -> Option<f64> {
        let mark = Some(self.mark.raw()).filter(|mark| *mark != UNKNOWN)?;
        let worth = self.spec().value(mark, self.quantity.raw());
        Some(self.money(worth - self.cost.raw()))
    }

    /// Profit of what was closed, before fees.
    #[getter]
    fn realised(&self) -> f64 {
        self.money(self.realised.raw())
    }

    /// True if nothing is held.
    #[getter]
    fn is_flat(&self) -> bool {
        self.quantity.raw() == 0
    }

    fn __repr__(&self) -> String {
        let price = self.average_price().map_or(String::new(), |price| format!(" @ {price}"));
        format!("<Position '{}' {}{price}>", self.instrument.get().0.name, self.quantity())
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

impl PyBalance {
    /// Money of the asset of this name; of the run's currency without one.
    pub(super) fn of(view: &View, name: Option<&str>) -> Result<Self> {
        let assets = &view.world.assets;
        let names = || assets.iter().map(|asset| asset.name.as_str());
        let unknown = |name: &str| {
            Error::Order(format!(
                "unknown asset \"{}\"{}; this run has {}",
                shown(name),
                did_you_mean(name, names()),
                names().collect::<Vec<_>>().join(", ")
            ))
        };
        let at = match name {
            None => view.world.currency.at(),
            Some(name) => names()
                .position(|known| known.eq_ignore_ascii_case(name))
                .ok_or_else(|| unknown(name))?,
        };
        let index = AssetIndex(at as u32);
        let total = view.account().holdings[at].total;
        let free = view.available(index);
        let locked = view.account().locked(&view.world.specs, index);
        let unit = 10f64.powi(assets[at].places as i32);
        Ok(Self {
            asset: assets[at].name.clone(),
            total: total as f64 / unit,
            free: free as f64 / unit,
            locked: locked as f64 / unit,
        })
    }
}

#[pymethods]
impl PyBalance {
    fn __repr__(&self) -> String {
        format!("<Balance {} total={} free={}>", self.asset, self.total, self.free)
    }
}
