//! `IndexedInstruments`: which index is whose.

use std::sync::Arc;

use pyo3::prelude::*;

use super::config::{PySystemConfig, loads};
use super::{field, names, number};
use crate::error::{Error, did_you_mean, shown};
use crate::system::Universe;
use crate::system::message::{ExchangeId, write};

type Any<'a, 'py> = &'a Bound<'py, PyAny>;

/// The indices that a system with this configuration counts by, in its messages and its state.
///
/// They are not places in the configuration: exchanges are in Barter's order of them, assets and
/// instruments by their exchange and then by name. Only risk limits count as the configuration
/// does. `len()` is the number of instruments.
///
/// Raises `ConfigError` for a configuration that no system can have, an unknown name, and an index
/// out of range.
#[pyclass(name = "IndexedInstruments", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyIndexedInstruments(Arc<Universe>);

fn at<'a, T>(what: &str, all: &'a [T], index: Any<'_, '_>) -> PyResult<&'a T> {
    let last = all.len() as i128 - 1;
    let at = number::whole(what, index, (0, last))?;
    all.get(at as usize).ok_or_else(|| Error::Config(format!("{what}: none")).into())
}

/// The place of a name among those that count.
fn place<'a>(
    what: &str,
    asked: &str,
    known: impl Iterator<Item = Option<&'a str>> + Clone,
) -> PyResult<u32> {
    known.clone().position(|name| name == Some(asked)).map(|at| at as u32).ok_or_else(|| {
        let near = did_you_mean(asked, known.flatten());
        Error::Config(format!("no {what} is called \"{}\"{near}", shown(asked))).into()
    })
}

impl PyIndexedInstruments {
    fn exchange_of(&self, id: Any<'_, '_>) -> PyResult<(ExchangeId, u32)> {
        let id = ExchangeId::parse(field::text("exchange", id)?)?;
        Ok((id, self.0.exchange_index(id)?))
    }

    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.data.listings.iter().map(|listing| listing.instrument.name.as_str())
    }
}

#[pymethods]
impl PyIndexedInstruments {
    #[new]
    fn new(config: &PySystemConfig) -> PyResult<Self> {
        Ok(Self(Arc::new(Universe::new(&config.get(), &[])?)))
    }

    /// As the constructor.
    #[staticmethod]
    fn from_system_config(config: &PySystemConfig) -> PyResult<Self> {
        Self::new(config)
    }

    /// The index of an exchange.
    fn exchange_index(&self, exchange: Any<'_, '_>) -> PyResult<u32> {
        self.exchange_of(exchange).map(|(_, index)| index)
    }

    /// The exchange with this index, an `ExchangeId`.
    fn exchange_id<'py>(
        &self,
        py: Python<'py>,
        index: Any<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        names::exchange(py, *at("exchange index", &self.0.exchanges, index)?)
    }

    /// The index of an asset, by its name in either case.
    fn asset_index(&self, exchange: Any<'_, '_>, name: &str) -> PyResult<u32> {
        let (id, _) = self.exchange_of(exchange)?;
        let known = self.0.assets.iter().map(|(on, name, _)| (*on == id).then_some(name.as_str()));
        place(&format!("asset of {id}"), &name.to_lowercase(), known)
    }

    /// Exchange and name of the asset with this index.
    fn asset<'py>(
        &self,
        py: Python<'py>,
        index: Any<'_, 'py>,
    ) -> PyResult<(Bound<'py, PyAny>, &str)> {
        let (exchange, name, _) = at("asset index", &self.0.assets, index)?;
        Ok((names::exchange(py, *exchange)?, name))
    }

    /// The index of an instrument by its name here, such as "binance_spot-btc_usdt".
    fn instrument_index(&self, name: &str) -> PyResult<u32> {
        place("instrument", name, self.names().map(Some))
    }

    /// The index of an instrument by its exchange's name for it, such as "BTCUSDT".
    fn instrument_index_from_exchange_name(
        &self,
        exchange: Any<'_, '_>,
        name: &str,
    ) -> PyResult<u32> {
        let (id, index) = self.exchange_of(exchange)?;
        let known = self.0.instruments.iter().map(|listed| {
            (listed.exchange == index).then_some(listed.config.name_exchange.as_str())
        });
        place(&format!("instrument of {id}"), name, known)
    }

    /// The name of the instrument with this index, such as "binance_spot-btc_usdt".
    fn instrument_name(&self, index: Any<'_, '_>) -> PyResult<String> {
        let listing = at("instrument index", &self.0.data.listings, index)?;
        Ok(listing.instrument.name.clone())
    }

    /// The instrument with this index as the configuration has it, a dict.
    fn instrument<'py>(&self, py: Python<'py>, index: Any<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let listed = at("instrument index", &self.0.instruments, index)?;
        loads(py, &write("config", &listed.config)?)
    }

    /// How many exchanges there are.
    #[getter]
    fn exchanges_len(&self) -> usize {
        self.0.exchanges.len()
    }

    /// How many assets there are; each exchange has its own.
    #[getter]
    fn assets_len(&self) -> usize {
        self.0.assets.len()
    }

    fn __len__(&self) -> usize {
        self.0.instruments.len()
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self.names().take(9).collect();
        let more = if self.0.instruments.len() > 9 { ", …" } else { "" };
        format!("<IndexedInstruments {}{more}>", names.join(", "))
    }
}
