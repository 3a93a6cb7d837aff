//! Candles whose outcome hangs on which of their extremes came first.

use super::SimulatedExchange;
use super::matching::Market;
use super::triggers::fires;
use crate::instrument::InstrumentIndex;
use crate::market::{Candle, Side};
use crate::order::OrderId;
use crate::time::Time;

/// Most ambiguous candles that a run lists; all are counted.
pub const MAX_LISTED: usize = 10_000;
/// Most orders listed at each extreme of one of them.
const MAX_STRUCK: usize = 16;

/// A candle of which one extreme would hit a working order and the other extreme another one, and
/// whose open hits neither: the data do not say which came first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguous {
    /// Whose candle.
    pub instrument: InstrumentIndex,
    /// When it opened.
    pub time: Time,
    /// True if the low was assumed to come first.
    pub low_first: bool,
    /// Orders that the high would hit, the nearest to the open first.
    pub at_high: Vec<Struck>,
    /// Orders that the low would hit, the nearest to the open first.
    pub at_low: Vec<Struck>,
}

/// An order that an extreme would hit, and the price at which it would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Struck {
    /// Which order.
    pub order: OrderId,
    /// Its limit, or its trigger; raw.
    pub price: i64,
}

/// The ambiguous candles of a run.
#[derive(Clone, Debug, Default)]
pub struct Ambiguities {
    /// How many there were.
    pub count: u64,
    /// The first of them.
    pub listed: Vec<Ambiguous>,
}

impl SimulatedExchange {
    /// Candles whose outcome hangs on the order of their high and their low.
    pub fn ambiguous(&self) -> &Ambiguities {
        &self.ambiguous
    }

    /// Looks at a candle just before its second point.
    #[inline(never)]
    pub(super) fn look_for_ambiguity(&mut self, at: usize, candle: &Candle) {
        let market = &self.markets[at];
        let at_high = market.struck(candle.open, candle.high);
        let at_low = market.struck(candle.open, candle.low);
        if at_high.is_empty() || at_low.is_empty() {
            return;
        }
        self.ambiguous.count += 1;
        if self.ambiguous.listed.len() < MAX_LISTED {
            self.ambiguous.listed.push(Ambiguous {
                instrument: InstrumentIndex(at as u32),
                time: candle.open_time,
                low_first: market.comes_low_first(),
                at_high,
                at_low,
            });
        }
    }
}

impl Market {
    /// The orders that a candle's `extreme` would hit and its `open` would not, the nearest first.
    fn struck(&self, open: i64, extreme: i64) -> Vec<Struck> {
        let mut found = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            for resting in self.resting(side) {
                let hit = |price| self.reaches_limit(side, resting.price, price);
                if hit(extreme) && !hit(open) {
                    found.push(Struck { order: resting.order, price: resting.price });
                }
            }
        }
        for armed in &self.armed {
            let hit = |price: i64| fires(&armed.trigger, 2 * price);
            if let (Some(price), true) = (armed.trigger.price, hit(extreme) && !hit(open)) {
                found.push(Struck { order: armed.order, price });
            }
        }
        found.sort_by_key(|one| ((one.price - open).abs(), one.order));
        found.truncate(MAX_STRUCK);
        found
    }
}
