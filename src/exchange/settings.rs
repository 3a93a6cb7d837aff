//! How the simulated exchange behaves; where there are several venues, how each does.

use rust_decimal::Decimal;

use super::{Fees, Latency, MatchingRules, QueueModel};
use crate::account::AccountKind;
use crate::error::Result;
use crate::instrument::{InstrumentIndex, Spec};
use crate::num::Ratio;
use crate::order::SelfTrade;
use crate::risk::Terms;

/// How the simulated exchange behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeSettings {
    /// What the account may do.
    pub account: AccountKind,
    /// Fees.
    pub fees: Fees,
    /// Delays.
    pub latency: Latency,
    /// Where venues differ in fees or delays, those of each; both above are for the others then.
    pub venues: Vec<Venue>,
    /// Matching where the data leave room.
    pub matching: MatchingRules,
    /// Market orders take up to their best price × (1 ± this).
    pub max_slippage: Decimal,
    /// What happens when an order meets one of our own.
    pub self_trade: SelfTrade,
    /// A trigger that is met on arrival fires instead of being refused; by default on candles only.
    pub allow_immediate: Option<bool>,
    /// Where all draws of the run come from.
    pub seed: u64,
}

/// One of several venues that differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Venue {
    /// Its name.
    pub name: String,
    /// The instruments that trade there.
    pub instruments: Vec<InstrumentIndex>,
    /// Fees: two rates, paid in quote.
    pub fees: Fees,
    /// Delays.
    pub latency: Latency,
}

impl ExchangeSettings {
    /// The place of an instrument's venue among those that differ.
    pub(super) fn venue_of(&self, instrument: usize) -> Option<usize> {
        let here = |venue: &Venue| venue.instruments.iter().any(|of| of.at() == instrument);
        self.venues.iter().position(here)
    }

    /// What fills of an instrument cost.
    pub(super) fn fees_of(&self, instrument: usize) -> &Fees {
        self.venue_of(instrument).map_or(&self.fees, |at| &self.venues[at].fees)
    }

    /// The terms of an instrument that follow from these settings.
    pub fn terms(&self, instrument: InstrumentIndex, spec: &Spec) -> Result<Terms> {
        let lock = self.fees_of(instrument.at()).lock(spec)?;
        let half_spread = self.matching.taking.half_spread;
        let max_slippage = Ratio::from_decimal(self.max_slippage);
        Ok(Terms { lock, max_slippage, half_spread })
    }

    /// True if anything depends on chance.
    pub fn is_random(&self) -> bool {
        let mut latencies = self.venues.iter().map(|venue| &venue.latency).chain([&self.latency]);
        latencies.any(Latency::is_random) || matches!(self.matching.queue, QueueModel::Touch { .. })
    }
}
