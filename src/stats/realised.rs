//! Realised profit by fill, under each of the usual answers to which part of a position it closed.
//!
//! Views over the same fills: they differ in when a profit counts, never in its sum once nothing is
//! held.

use std::collections::VecDeque;

use crate::instrument::Spec;
use crate::market::Side;
use crate::num::div_half_even;
use crate::order::Fill;

/// Which part of a position a fill closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CostBasis {
    /// A share of all of it, at its average cost; so do accounts count.
    #[default]
    Average,
    /// What was opened first.
    Fifo,
    /// What was opened last.
    Lifo,
}

impl CostBasis {
    /// Every member with the name that users write.
    pub const NAMES: [(&'static str, Self); 3] =
        [("average", Self::Average), ("fifo", Self::Fifo), ("lifo", Self::Lifo)];
}

/// What a fill closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The fill.
    pub fill: Fill,
    /// How much of its quantity closed something, raw, > 0.
    pub quantity: i64,
    /// The profit of that before fees, in quote money.
    pub profit: i128,
}

/// What was opened at one time and is still held.
#[derive(Clone, Copy, Debug)]
struct Lot {
    quantity: i64,
    cost: i128,
}

/// A position as the lots that it is made of, oldest first. At average cost it is one.
#[derive(Clone, Debug)]
struct Held {
    basis: CostBasis,
    /// Buy if it is long; without a meaning while it is flat.
    side: Side,
    quantity: i64,
    lots: VecDeque<Lot>,
}

/// What each fill closed, for those that closed something.
pub fn realised(specs: &[Spec], fills: &[Fill], basis: CostBasis) -> Vec<Closing> {
    let mut positions = vec![Held::new(basis); specs.len()];
    let mut closings = Vec::new();
    for fill in fills {
        let at = fill.instrument.at();
        let cost = specs[at].notional(fill.price, fill.quantity);
        let (quantity, profit) = positions[at].trade(fill.side, fill.quantity, cost);
        if quantity > 0 {
            closings.push(Closing { fill: *fill, quantity, profit });
        }
    }
    closings
}

/// A part of `whole`, rounded half to even.
fn share(whole: i128, part: i64, of: i64) -> i128 {
    if part == of { whole } else { div_half_even(whole * i128::from(part), i128::from(of)) }
}

impl Held {
    fn new(basis: CostBasis) -> Self {
        Self { basis, side: Side::Buy, quantity: 0, lots: VecDeque::new() }
    }

    /// Takes a fill. Returns how much of it closed something, and the profit of that.
    ///
    /// Shares of a cost are rounded, the rest is kept by subtraction: parts add to the whole.
    fn trade(&mut self, side: Side, quantity: i64, cost: i128) -> (i64, i128) {
        let closing = if side == self.side { 0 } else { quantity.min(self.quantity) };
        let proceeds = share(cost, closing, quantity);
        let profit = i128::from(side.sign()) * (self.release(closing) - proceeds);
        if closing < quantity {
            self.side = side;
            self.enter(Lot { quantity: quantity - closing, cost: cost - proceeds });
        }
        (closing, profit)
    }

    fn enter(&mut self, lot: Lot) {
        self.quantity += lot.quantity;
        match self.lots.back_mut().filter(|_| self.basis == CostBasis::Average) {
            Some(all) => {
                all.quantity += lot.quantity;
                all.cost += lot.cost;
            }
            None => self.lots.push_back(lot),
        }
    }

    /// Takes `quantity` out of the lots whose turn it is. Returns what it had cost.
    fn release(&mut self, mut quantity: i64) -> i128 {
        self.quantity -= quantity;
        let mut released = 0;
        while quantity > 0 {
            let last = self.basis == CostBasis::Lifo;
            let next = if last { self.lots.back_mut() } else { self.lots.front_mut() };
            let Some(lot) = next else { break };
            let part = quantity.min(lot.quantity);
            let cost = share(lot.cost, part, lot.quantity);
            lot.quantity -= part;
            lot.cost -= cost;
            released += cost;
            quantity -= part;
            if lot.quantity == 0 {
                if last {
                    self.lots.pop_back()
                } else {
                    self.lots.pop_front()
                };
            }
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The worked example: buys of 2 at 100 and 1 at 130, sells of 2 at 120 and 2 at 105.
    #[test]
    fn each_basis_has_its_own_times_and_the_same_sum() {
        let trades =
            [(Side::Buy, 2, 200), (Side::Buy, 1, 130), (Side::Sell, 2, 240), (Side::Sell, 2, 210)];
        for (basis, expected) in [
            (CostBasis::Average, [20, -5]),
            (CostBasis::Fifo, [40, -25]),
            (CostBasis::Lifo, [10, 5]),
        ] {
            let mut held = Held::new(basis);
            let closed = trades.map(|(side, quantity, cost)| held.trade(side, quantity, cost));
            assert_eq!(closed, [(0, 0), (0, 0), (2, expected[0]), (1, expected[1])]);
            assert_eq!((held.side, held.quantity), (Side::Sell, 1));
            assert_eq!(held.lots.iter().map(|lot| lot.cost).sum::<i128>(), 105);
        }
    }

    fn trades() -> impl Strategy<Value = Vec<(bool, i64, i128)>> {
        prop::collection::vec((any::<bool>(), 1i64..50, 1i128..5_000), 1..60)
    }

    proptest! {
        /// Money in = money out: what lots cost and the profit add up to what was paid, after every
        /// trade.
        #[test]
        fn cost_is_conserved(
            trades in trades(), basis in prop::sample::select(&CostBasis::NAMES[..])
        ) {
            let (mut held, mut quantity, mut paid, mut profit) = (Held::new(basis.1), 0, 0, 0);
            for (buy, size, cost) in trades {
                let side = if buy { Side::Buy } else { Side::Sell };
                profit += held.trade(side, size, cost).1;
                quantity += side.sign() * size;
                paid += i128::from(side.sign()) * cost;
                let count: i64 = held.lots.iter().map(|lot| lot.quantity).sum();
                let cost: i128 = held.lots.iter().map(|lot| lot.cost).sum();
                prop_assert_eq!(count, held.quantity);
                prop_assert_eq!(quantity.abs(), count);
                prop_assert_eq!(i128::from(held.side.sign()) * cost - profit, paid);
                prop_assert!(count != 0 || cost == 0);
                prop_assert!(held.lots.iter().all(|lot| lot.quantity > 0));
            }
        }

        /// Once nothing is held every basis has made the same.
        #[test]
        fn sums_agree_once_flat(trades in trades()) {
            let mut all = CostBasis::NAMES.map(|(_, basis)| (Held::new(basis), 0i128));
            for (buy, size, cost) in trades {
                let side = if buy { Side::Buy } else { Side::Sell };
                for (held, profit) in &mut all {
                    *profit += held.trade(side, size, cost).1;
                }
                let [(held, average), (_, fifo), (_, lifo)] = &all;
                if held.quantity == 0 {
                    prop_assert_eq!(average, fifo);
                    prop_assert_eq!(average, lifo);
                }
            }
        }
    }
}
