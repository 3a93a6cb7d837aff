//! The levels near the best price of a side: a place for each price on a grid, so that a change is
//! a store.

use crate::num::{Multiples, gcd};

/// Places; the quantities of a side fill 8 KiB.
const PLACES: usize = 1024;
/// Places above the best level when levels are laid out.
const ABOVE: usize = PLACES / 4;
/// A level this far down is no longer near the middle of the places.
const LOW: usize = PLACES / 2;
/// The largest step: with a much larger one a price off the grid, or none at all, could seem to
/// have a place.
const MAX_STEP: i64 = 1 << 50;

/// Levels by the steps from `top` down to them. Prices come as keys, of which the greater is the
/// better.
#[derive(Clone, Debug)]
pub(super) struct Near {
    /// The key of the first place.
    top: i64,
    /// All keys so far are multiples of it; 0 before the first.
    step: i64,
    multiples: Multiples,
    /// Displayed by place, 0 for nothing; empty before the first level.
    quantities: Vec<i64>,
}

impl Near {
    /// No levels yet.
    pub(super) const fn new() -> Self {
        Self { top: 0, step: 0, multiples: Multiples::of(1), quantities: Vec::new() }
    }

    /// The place of a key; `None` if it has none.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub(super) fn place(&self, key: i64) -> Option<usize> {
        let steps = self.multiples.count(self.top.wrapping_sub(key).cast_unsigned());
        (steps < self.quantities.len() as u64).then_some(steps as usize)
    }

    /// The key of a place.
    #[inline]
    pub(super) fn key(&self, place: usize) -> i64 {
        self.top - place as i64 * self.step
    }

    /// What is displayed at a place.
    #[inline]
    pub(super) fn quantity(&self, place: usize) -> i64 {
        self.quantities[place]
    }

    /// Displays a quantity at a place, 0 for nothing. Returns what was displayed.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub(super) fn put(&mut self, place: usize, quantity: i64) -> i64 {
        std::mem::replace(&mut self.quantities[place], quantity)
    }

    /// The first place from `place` on that displays something.
    #[inline]
    pub(super) fn next(&self, place: usize) -> Option<usize> {
        let further = self.quantities.get(place..)?;
        further.iter().position(|quantity| *quantity > 0).map(|steps| place + steps)
    }

    /// The last place that displays something.
    pub(super) fn last(&self) -> Option<usize> {
        self.quantities.iter().rposition(|quantity| *quantity > 0)
    }

    /// True if the key lies on the grid, behind all places.
    pub(super) fn is_behind(&self, key: i64) -> bool {
        !self.quantities.is_empty() && key < self.key(PLACES - 1) && self.multiples.contain(key)
    }

    /// True if a level that has a place stands far down.
    pub(super) fn is_low(&self, key: i64) -> bool {
        self.place(key).is_some_and(|place| place >= LOW)
    }

    /// Forgets all levels.
    pub(super) fn clear(&mut self) {
        self.quantities.fill(0);
    }

    /// Lays out empty places around `best`, on a grid that `key` lies on too.
    pub(super) fn lay(&mut self, best: i64, key: i64) {
        let step = gcd(self.step.unsigned_abs().into(), key.unsigned_abs().into()) as i64;
        self.step = if (1..=MAX_STEP).contains(&step) { step } else { 1 };
        self.multiples = Multiples::of(self.step);
        self.top = best + ABOVE as i64 * self.step;
        self.quantities.resize(PLACES, 0);
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A key has a place exactly if it lies on the grid and not too far down.
        #[test]
        fn places_are_steps(
            step in prop_oneof![1i64..2_000, any::<u64>().prop_map(|step| (step >> 12) as i64)],
            best in 1i64..1 << 40,
            down in prop_oneof![0u64..20_000_000, any::<u64>()],
        ) {
            let step = step.max(1);
            let mut near = Near { step, ..Near::new() };
            near.lay(best, 0);
            prop_assert_eq!(near.step, if step > MAX_STEP { 1 } else { step });
            let key = near.top.wrapping_sub(down.cast_signed());
            let steps = down / near.step.cast_unsigned();
            let on_grid = down % near.step.cast_unsigned() == 0;
            let expected = (on_grid && steps < PLACES as u64).then_some(steps as usize);
            prop_assert_eq!(near.place(key), expected);
            if let Some(place) = expected {
                prop_assert_eq!(near.key(place), key);
            }
        }
    }
}
