//! Which instruments a command is about.

use serde::{Deserialize, Serialize};

use super::json;

/// Which instruments a command is about, by indices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InstrumentFilter {
    /// All of them.
    #[default]
    None,
    /// Those of these exchanges.
    Exchanges(#[serde(with = "json::one_or_many")] Vec<u32>),
    /// These.
    Instruments(#[serde(with = "json::one_or_many")] Vec<u32>),
    /// Those of these pairs of a base and a quote asset.
    Underlyings(#[serde(with = "json::underlyings")] Vec<(u32, u32)>),
}

impl InstrumentFilter {
    /// True for an instrument with this index, exchange and pair of base and quote asset.
    pub fn matches(&self, exchange: u32, instrument: u32, underlying: (u32, u32)) -> bool {
        match self {
            Self::None => true,
            Self::Exchanges(indices) => indices.contains(&exchange),
            Self::Instruments(indices) => indices.contains(&instrument),
            Self::Underlyings(pairs) => pairs.contains(&underlying),
        }
    }
}
