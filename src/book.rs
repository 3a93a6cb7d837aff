//! An order book of one instrument: levels by price, best first in reach.

use crate::market::{BookUpdate, Side};

/// A displayed level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price, raw.
    pub price: i64,
    /// Displayed quantity, raw, > 0.
    pub quantity: i64,
    /// What our own orders took since the data last changed this level, `0 <= taken <= quantity`.
    pub taken: i64,
}

/// One side; the best level stands last, where changes are cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSide {
    side: Side,
    levels: Vec<Level>,
    /// The levels before the snapshot that is coming in.
    before: Vec<Level>,
    /// Least distance of two neighbours so far, and 2^64 / twice that: levels are mostly one step
    /// apart.
    step: u64,
    per_half_step: u64,
}

/// Levels that are looked at without a search.
const NEAR: usize = 16;

impl BookSide {
    /// An empty side.
    pub fn new(side: Side) -> Self {
        let (levels, before) = (Vec::new(), Vec::new());
        Self { side, levels, before, step: u64::MAX / 2, per_half_step: 1 }
    }

    /// The best level.
    #[inline]
    pub fn best(&self) -> Option<&Level> {
        self.levels.last()
    }

    /// Levels, best first.
    pub fn levels(&self) -> impl ExactSizeIterator<Item = &Level> {
        self.levels.iter().rev()
    }

    /// Levels, best first, for taking from them.
    pub fn levels_mut(&mut self) -> impl Iterator<Item = &mut Level> {
        self.levels.iter_mut().rev()
    }

    /// Displayed quantity at `price`, 0 if there is no level.
    pub fn quantity_at(&self, price: i64) -> i64 {
        let at = self.place(price);
        self.levels.get(at).filter(|level| level.price == price).map_or(0, |level| level.quantity)
    }

    /// As [`Self::quantity_at`]; `None` where a snapshot does not reach, which shows only the best
    /// levels (`window`).
    pub fn shown_at(&self, price: i64, window: bool) -> Option<i64> {
        let worst = self.levels.first().filter(|_| window);
        let unseen = worst.is_some_and(|worst| self.better(worst.price, price));
        (!unseen).then(|| self.quantity_at(price))
    }

    /// Sets the level at `price`; 0 removes it. Returns the quantity before.
    ///
    /// What was taken is forgotten only if the quantity changes.
    pub fn set(&mut self, price: i64, quantity: i64) -> i64 {
        let at = self.place(price);
        let Some(level) = self.levels.get_mut(at).filter(|level| level.price == price) else {
            if quantity > 0 {
                let taken = self.taken_before(price, quantity);
                self.levels.insert(at, Level { price, quantity, taken });
                self.learn_step(at);
            }
            return 0;
        };
        let before = level.quantity;
        if quantity == 0 {
            self.levels.remove(at);
        } else if quantity != before {
            (level.quantity, level.taken) = (quantity, 0);
            if !self.before.is_empty() {
                // A snapshot may show a level in parts.
                let taken = self.taken_before(price, quantity);
                if let Some(level) = self.levels.get_mut(at) {
                    level.taken = taken;
                }
            }
        }
        before
    }

    /// What we took of a level that a snapshot shows again unchanged.
    fn taken_before(&self, price: i64, quantity: i64) -> i64 {
        if self.before.is_empty() {
            return 0;
        }
        let at = self.before.partition_point(|level| self.better(price, level.price));
        let same = |level: &&Level| level.price == price && level.quantity == quantity;
        self.before.get(at).filter(same).map_or(0, |level| level.taken)
    }

    /// True if `a` is a better price than `b` on this side.
    #[inline]
    fn better(&self, a: i64, b: i64) -> bool {
        match self.side {
            Side::Buy => a > b,
            Side::Sell => a < b,
        }
    }

    /// Index of the level at `price`, or where it would stand.
    #[inline]
    fn place(&self, price: i64) -> usize {
        let Some(best) = self.best() else { return 0 };
        // Counting the steps from the best mostly finds the level; a wrong guess does no harm.
        let behind = best.price.wrapping_sub(price).wrapping_mul(self.side.sign()) as u64;
        let halves = behind.wrapping_mul(2).wrapping_add(self.step);
        let steps = (u128::from(halves) * u128::from(self.per_half_step)) >> 64;
        let at = (self.levels.len() - 1).wrapping_sub(steps as usize);
        if self.levels.get(at).is_some_and(|level| level.price == price) {
            return at;
        }
        self.search(price)
    }

    #[inline(never)]
    fn search(&self, price: i64) -> usize {
        match self.side {
            Side::Buy => search(&self.levels, |level| level.price < price),
            Side::Sell => search(&self.levels, |level| level.price > price),
        }
    }

    /// Notes how far the level at `at` stands from its neighbours.
    fn learn_step(&mut self, at: usize) {
        let from = at.saturating_sub(1);
        for pair in self.levels[from..].windows(2).take(2) {
            let distance = pair[0].price.abs_diff(pair[1].price);
            if distance < self.step {
                (self.step, self.per_half_step) = (distance, u64::MAX / (2 * distance));
            }
        }
    }

    /// Removes levels that `price` of the other side reaches. Returns how many.
    fn uncross(&mut self, price: i64) -> usize {
        let before = self.levels.len();
        while self.best().is_some_and(|best| !self.better(price, best.price)) {
            self.levels.pop();
        }
        before - self.levels.len()
    }

    /// Empties the side for a snapshot; what was taken of levels that it shows unchanged stays
    /// taken.
    fn clear(&mut self) {
        std::mem::swap(&mut self.levels, &mut self.before);
        self.levels.clear();
    }
}

/// How many levels are worse than a price. Changes cluster at the best; those levels are counted
/// all, for a search there would go another way each time.
#[inline(always)]
#[allow(clippy::inline_always)] // see above
fn search(levels: &[Level], worse: impl Fn(&Level) -> bool) -> usize {
    let (behind, near) = levels.split_at(levels.len().saturating_sub(NEAR));
    match behind.last() {
        Some(level) if !worse(level) => behind.partition_point(worse),
        _ => behind.len() + near.iter().map(|level| usize::from(worse(level))).sum::<usize>(),
    }
}

/// Both sides. Never crossed after the last row of one time, and locked (both at one price) only
/// where every order that goes is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Buyers' levels.
    pub bids: BookSide,
    /// Sellers' levels.
    pub asks: BookSide,
    /// Levels dropped because a newer one of the other side reached them.
    pub crossed: u64,
    /// True if a locked book stands.
    whole: bool,
    newest: Side,
    /// The best bid and ask that were shown last, be their side empty by now; 0 before the first.
    seen: [i64; 2],
}

impl Default for Book {
    fn default() -> Self {
        Self {
            bids: BookSide::new(Side::Buy),
            asks: BookSide::new(Side::Sell),
            crossed: 0,
            whole: false,
            newest: Side::Buy,
            seen: [0; 2],
        }
    }
}

impl Book {
    /// An empty book of single orders, of which each that goes is told.
    pub fn of_orders() -> Self {
        Self { whole: true, ..Self::default() }
    }

    /// One side.
    pub fn side(&self, side: Side) -> &BookSide {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// One side, for changing it.
    pub fn side_mut(&mut self, side: Side) -> &mut BookSide {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// The best price of a side when it last showed one after all rows of a time; `None` before
    /// the first.
    pub fn last_best(&self, side: Side) -> Option<i64> {
        let [bid, ask] = self.seen;
        Some(if side == Side::Buy { bid } else { ask }).filter(|price| *price > 0)
    }

    /// Applies a row. Returns the quantity that the level had before.
    ///
    /// On the last row of one time a crossed book is mended: the newest level stands, what it
    /// reaches goes.
    pub fn apply(&mut self, row: &BookUpdate) -> i64 {
        if row.clears {
            self.bids.clear();
            self.asks.clear();
        }
        if row.quantity > 0 {
            self.newest = row.side;
        }
        let before = self.side_mut(row.side).set(row.price, row.quantity);
        if row.last {
            self.mend();
        }
        before
    }

    fn mend(&mut self) {
        self.bids.before.clear();
        self.asks.before.clear();
        match (self.bids.best(), self.asks.best()) {
            (Some(bid), Some(ask)) if bid.price < ask.price => {
                self.seen = [bid.price, ask.price];
            }
            (bid, ask) => {
                let best = (bid.map(|level| level.price), ask.map(|level| level.price));
                self.mend_odd(best);
            }
        }
    }

    /// The same for a book that is crossed or locked, or has an empty side.
    #[cold]
    fn mend_odd(&mut self, best: (Option<i64>, Option<i64>)) {
        if let (Some(bid), Some(ask)) = best
            && !(self.whole && bid == ask)
        {
            self.crossed += match self.newest {
                Side::Buy => self.asks.uncross(bid),
                Side::Sell => self.bids.uncross(ask),
            } as u64;
        }
        let best = [self.bids.best(), self.asks.best()];
        for (seen, level) in self.seen.iter_mut().zip(best) {
            *seen = level.map_or(*seen, |level| level.price);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn row(side: Side, price: i64, quantity: i64) -> BookUpdate {
        BookUpdate { time: Time(0), side, price, quantity, clears: false, last: true }
    }

    proptest! {
        /// A book is what a sorted map of its levels would be, and never crossed; of an empty side
        /// it knows what was best before.
        #[test]
        fn a_book_is_a_sorted_map(
            rows in prop::collection::vec((any::<bool>(), 1i64..60, 0i64..4), 0..300)
        ) {
            let mut book = Book::default();
            let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
            let mut best = (None, None);
            for (buy, price, quantity) in rows {
                let side = if buy { Side::Buy } else { Side::Sell };
                book.apply(&row(side, price, quantity));
                let (own, other) =
                    if buy { (&mut bids, &mut asks) } else { (&mut asks, &mut bids) };
                own.remove(&price);
                if quantity > 0 {
                    own.insert(price, quantity);
                    other.retain(|at, _| if buy { *at > price } else { *at < price });
                }
                let listed = |side: &BookSide| -> Vec<(i64, i64)> {
                    side.levels().map(|level| (level.price, level.quantity)).collect()
                };
                let pair = |(price, quantity): (&i64, &i64)| (*price, *quantity);
                let falling: Vec<_> = bids.iter().rev().map(pair).collect();
                prop_assert_eq!(listed(&book.bids), falling);
                let rising: Vec<_> = asks.iter().map(pair).collect();
                prop_assert_eq!(listed(&book.asks), rising);
                best = (
                    bids.keys().next_back().copied().or(best.0),
                    asks.keys().next().copied().or(best.1),
                );
                prop_assert_eq!((book.last_best(Side::Buy), book.last_best(Side::Sell)), best);
            }
        }
    }

    #[test]
    fn a_locked_book_of_orders_stands() {
        for (mut book, asks) in [(Book::default(), 0), (Book::of_orders(), 1)] {
            book.apply(&row(Side::Sell, 10, 5));
            book.apply(&row(Side::Buy, 10, 3));
            assert_eq!((book.bids.levels().count(), book.asks.levels().count()), (1, asks));
            assert_eq!(book.last_best(Side::Sell), Some(10));
        }
    }

    #[test]
    fn a_snapshot_changes_only_the_levels_that_differ() {
        let mut book = Book::default();
        book.apply(&row(Side::Sell, 10, 5));
        book.apply(&row(Side::Sell, 11, 5));
        book.asks.levels_mut().for_each(|level| level.taken = 3);
        book.apply(&BookUpdate { clears: true, last: false, ..row(Side::Sell, 10, 5) });
        book.apply(&row(Side::Sell, 11, 6));
        let taken: Vec<i64> = book.asks.levels().map(|level| level.taken).collect();
        assert_eq!(taken, [3, 0]);
        // The memory ends with the snapshot.
        book.apply(&row(Side::Sell, 10, 0));
        book.apply(&row(Side::Sell, 10, 5));
        assert_eq!(book.asks.best().map(|level| level.taken), Some(0));
    }

    #[test]
    fn what_was_taken_is_remembered_until_the_level_changes() {
        let mut side = BookSide::new(Side::Sell);
        side.set(10, 5);
        side.levels_mut().for_each(|level| level.taken = 3);
        side.set(10, 5);
        assert_eq!(side.best().map(|level| level.taken), Some(3));
        side.set(10, 4);
        assert_eq!(side.best().map(|level| level.taken), Some(0));
    }
}
