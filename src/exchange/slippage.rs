//! What takers get where the data show prices but no book: candles and trades.

use super::taking::Taker;
use crate::market::Side;
use crate::num::Ratio;

/// How far from a price that was traded a taker's price lies, against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slippage {
    /// So many ticks, >= 0.
    Ticks(i64),
    /// This part of the price, >= 0, rounded to a tick against the taker.
    Part(Ratio),
}

impl Slippage {
    /// `price` moved against someone who takes on `side`; at least a tick is left of it.
    pub fn worse(self, side: Side, price: i64, tick: i64) -> i64 {
        let far = match self {
            _ if self.is_none() => return price,
            Self::Ticks(ticks) => price.saturating_add(side.sign().saturating_mul(ticks * tick)),
            Self::Part(part) => {
                let slip = part.scale_up(i128::from(price)).unwrap_or(i128::MAX);
                let slip = i64::try_from(slip).unwrap_or(i64::MAX);
                match side {
                    Side::Buy => price.saturating_add(slip).saturating_add(tick - 1) / tick * tick,
                    Side::Sell => price.saturating_sub(slip).div_euclid(tick) * tick,
                }
            }
        };
        far.max(tick)
    }

    /// True if it takes nothing.
    pub fn is_none(self) -> bool {
        match self {
            Self::Ticks(ticks) => ticks == 0,
            Self::Part(part) => part == Ratio::ZERO,
        }
    }
}

/// Which price an order meets that was sent on a candle's close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarFill {
    /// The next open.
    NextOpen,
    /// That close: optimistic, for it was computed from it.
    ThisClose,
}

impl BarFill {
    /// Every member with the name that users write.
    pub const NAMES: [(&'static str, Self); 2] =
        [("next_open", Self::NextOpen), ("this_close", Self::ThisClose)];

    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NextOpen => "next_open",
            Self::ThisClose => "this_close",
        }
    }
}

/// What is assumed of a market that only candles or trades show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakingRules {
    /// Against takers.
    pub slippage: Slippage,
    /// Share of a trade's volume that takers get, of a candle point's that anyone gets, in lots;
    /// `None` for all of it.
    pub participation: Option<Ratio>,
    /// Ticks between the last trade and what a taker pays, >= 0 (trades only).
    pub half_spread: i64,
    /// A resting order that a candle's open has passed fills at that open.
    pub gap_improvement: bool,
    /// Candles only.
    pub bar_fill: BarFill,
}

impl Default for TakingRules {
    fn default() -> Self {
        Self {
            slippage: Slippage::Ticks(0),
            participation: None,
            half_spread: 1,
            gap_improvement: false,
            bar_fill: BarFill::NextOpen,
        }
    }
}

impl TakingRules {
    /// What `taker` pays where the market stands at `price`: slipped, but not beyond its limit.
    pub(super) fn price(&self, taker: &mut Taker, price: i64, tick: i64) -> i64 {
        if self.slippage.is_none() {
            return price;
        }
        taker.unslipped = Some(price);
        let worse = self.slippage.worse(taker.side, price, tick);
        // The limit may lie off the tick, just before an order of our own.
        match taker.side {
            Side::Buy => worse.min((taker.limit.div_euclid(tick) * tick).max(price)),
            Side::Sell => worse.max((-(-taker.limit).div_euclid(tick) * tick).min(price)),
        }
    }

    /// The share of `quantity` that there is to have.
    #[inline]
    pub(super) fn share(&self, quantity: i64, lot: i64) -> i64 {
        self.participation
            .map_or(quantity, |part| part.scale_floor(i128::from(quantity)) as i64 / lot * lot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_against_the_taker() {
        let part = Slippage::Part(Ratio::new(5, 10_000));
        // 5 bp of 100.00 are 0.05; of 100.01 a little more, so a tick more.
        assert_eq!(part.worse(Side::Buy, 10_000, 1), 10_005);
        assert_eq!(part.worse(Side::Sell, 10_000, 1), 9_995);
        assert_eq!(part.worse(Side::Buy, 10_001, 1), 10_007);
        assert_eq!(part.worse(Side::Buy, 10_000, 25), 10_025);
        assert_eq!(part.worse(Side::Sell, 10_000, 25), 9_975);
        assert_eq!(Slippage::Ticks(2).worse(Side::Sell, 10_000, 25), 9_950);
        assert_eq!(Slippage::Ticks(9).worse(Side::Sell, 50, 25), 25);
        assert_eq!(Slippage::Part(Ratio::ZERO).worse(Side::Buy, 10_001, 25), 10_001);
    }

    proptest! {
        /// A slipped price is a price on a tick, no better than before.
        #[test]
        fn a_slipped_price_is_on_a_tick(
            ticks in 1i64..1_000_000, tick in 1i64..100, bp in 0i128..9_999
        ) {
            let price = ticks * tick;
            for side in [Side::Buy, Side::Sell] {
                let worse = Slippage::Part(Ratio::new(bp, 10_000)).worse(side, price, tick);
                prop_assert_eq!(worse % tick, 0);
                prop_assert!(worse > 0 && side.sign() * (worse - price) >= 0);
            }
        }
    }
}
