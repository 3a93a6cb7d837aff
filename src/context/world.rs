//! What a run fixes before its first event.

use super::market::BookSource;
use crate::account::PricedBy;
use crate::error::{Error, Result};
use crate::instrument::{Asset, AssetIndex, InstrumentIndex, Spec};
use crate::limits::Limits;
use crate::risk::Terms;

/// Everything that a run fixes before its first event.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Assets.
    pub assets: Vec<Asset>,
    /// Instruments with their rules.
    pub specs: Vec<Spec>,
    /// By instrument.
    pub terms: Vec<Terms>,
    /// What shows the book of each instrument.
    pub books: Vec<BookSource>,
    /// Money of this asset is what equity is in.
    pub currency: AssetIndex,
    /// By asset what prices it in the currency.
    pub value_by: Vec<PricedBy>,
    /// Names of the exchanges.
    pub exchanges: Vec<String>,
    /// Where each instrument is traded, a place among them.
    pub listed_on: Vec<u32>,
    /// Risk limits by instrument; `None` without any.
    pub limits: Option<Box<[Limits]>>,
}

impl World {
    /// The instrument of this name.
    pub fn instrument(&self, name: &str) -> Result<InstrumentIndex> {
        let names = || self.specs.iter().map(|spec| spec.instrument.name.as_str());
        match names().position(|known| known == name) {
            Some(at) => Ok(InstrumentIndex(at as u32)),
            None => Err(Error::Order(format!(
                "unknown instrument \"{}\"{}; this run has {}",
                crate::error::shown(name),
                crate::error::did_you_mean(name, names()),
                names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
            ))),
        }
    }
}
