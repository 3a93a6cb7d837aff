//! An order book of one instrument: levels by price, best first in reach.

mod near;
mod side;

pub use side::{BookSide, Level};

use crate::market::{BookUpdate, Side};

/// Both sides. Never crossed after the last row of one time, and locked (both at one price) only
/// where every order that goes is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    sides: [BookSide; 2],
    /// Levels dropped because a newer one of the other side reached them.
    pub crossed: u64,
    /// True if a locked book stands.
    whole: bool,
    newest: Side,
    /// True if a row of this time changed the touch.
    unsettled: bool,
    /// The best bid and ask that were shown last, be their side empty by now; 0 before the first.
    seen: [i64; 2],
}

impl Default for Book {
    fn default() -> Self {
        Self {
            sides: [BookSide::new(Side::Buy), BookSide::new(Side::Sell)],
            crossed: 0,
            whole: false,
            newest: Side::Buy,
            unsettled: false,
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
    #[inline]
    pub fn side(&self, side: Side) -> &BookSide {
        &self.sides[side as usize]
    }

    /// One side, for changing it.
    #[inline]
    pub fn side_mut(&mut self, side: Side) -> &mut BookSide {
        &mut self.sides[side as usize]
    }

    /// The best bid and the best ask.
    #[inline]
    pub fn touch(&self) -> (Option<i64>, Option<i64>) {
        let [bids, asks] = &self.sides;
        (bids.best_price(), asks.best_price())
    }

    /// The best price of a side when it last showed one after all rows of a time; `None` before
    /// the first.
    pub fn last_best(&self, side: Side) -> Option<i64> {
        Some(self.seen[side as usize]).filter(|price| *price > 0)
    }

    /// Applies a row.
    ///
    /// On the last row of one time a crossed book is mended: the newest level stands, what it
    /// reaches goes.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub fn apply(&mut self, row: &BookUpdate) {
        if row.clears {
            self.clear();
        }
        if row.quantity > 0 {
            self.newest = row.side;
        }
        self.unsettled |= self.sides[row.side as usize].set(row.price, row.quantity);
        if self.unsettled && row.last {
            self.mend();
        }
    }

    #[cold]
    fn clear(&mut self) {
        self.sides.iter_mut().for_each(BookSide::clear);
        self.unsettled = true;
    }

    #[inline(never)]
    fn mend(&mut self) {
        self.unsettled = false;
        match self.touch() {
            (Some(bid), Some(ask)) if bid < ask => self.seen = [bid, ask],
            touch => self.mend_odd(touch),
        }
        self.sides.iter_mut().for_each(BookSide::settle);
    }

    /// The same for a book that is crossed or locked, or has an empty side.
    #[cold]
    fn mend_odd(&mut self, touch: (Option<i64>, Option<i64>)) {
        if let (Some(bid), Some(ask)) = touch
            && !(self.whole && bid == ask)
        {
            let [bids, asks] = &mut self.sides;
            self.crossed += match self.newest {
                Side::Buy => asks.uncross(bid),
                Side::Sell => bids.uncross(ask),
            } as u64;
        }
        for (seen, side) in self.seen.iter_mut().zip(&self.sides) {
            *seen = side.best_price().unwrap_or(*seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::MAX_RAW;
    use crate::time::Time;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn row(side: Side, price: i64, quantity: i64) -> BookUpdate {
        BookUpdate { time: Time(0), side, price, quantity, clears: false, last: true }
    }

    /// Prices close together, on a grid, between two of its lines, and very far apart.
    fn prices() -> impl Strategy<Value = Vec<i64>> {
        let price = || {
            prop_oneof![
                8 => (1i64..60).prop_map(|price| 250 * price),
                4 => (1i64..5_000).prop_map(|price| 250 * price),
                1 => 1i64..20_000,
                1 => 1i64..MAX_RAW,
            ]
        };
        prop_oneof![prop::collection::vec(1i64..60, 300), prop::collection::vec(price(), 300),]
    }

    proptest! {
        /// A book is what a sorted map of its levels would be, and never crossed; of an empty side
        /// it knows what was best before.
        #[test]
        fn a_book_is_a_sorted_map(
            prices in prices(),
            rows in prop::collection::vec((any::<bool>(), 0i64..4), 0..300)
        ) {
            let priced = |((buy, quantity), price)| (buy, price, quantity);
            let rows = rows.into_iter().zip(prices).map(priced);
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
                prop_assert_eq!(listed(book.side(Side::Buy)), falling);
                let rising: Vec<_> = asks.iter().map(pair).collect();
                prop_assert_eq!(listed(book.side(Side::Sell)), rising);
                best = (
                    bids.keys().next_back().copied().or(best.0),
                    asks.keys().next().copied().or(best.1),
                );
                prop_assert_eq!((book.last_best(Side::Buy), book.last_best(Side::Sell)), best);
                let bid = bids.keys().next_back().copied();
                prop_assert_eq!(book.touch(), (bid, asks.keys().next().copied()));
                let worst = bids.keys().next().copied().unwrap_or(1);
                for at in [price, worst, worst - 1] {
                    let shown = bids.get(&at).copied().unwrap_or(0);
                    prop_assert_eq!(book.side(Side::Buy).quantity_at(at), shown);
                    let seen = (at >= worst || bids.is_empty()).then_some(shown);
                    prop_assert_eq!(book.side(Side::Buy).shown_at(at, true), seen);
                }
            }
        }
    }

    #[test]
    fn a_locked_book_of_orders_stands() {
        for (mut book, asks) in [(Book::default(), 0), (Book::of_orders(), 1)] {
            book.apply(&row(Side::Sell, 10, 5));
            book.apply(&row(Side::Buy, 10, 3));
            assert_eq!(
                (book.side(Side::Buy).levels().count(), book.side(Side::Sell).levels().count()),
                (1, asks)
            );
            assert_eq!(book.last_best(Side::Sell), Some(10));
        }
    }

    #[test]
    fn a_snapshot_changes_only_the_levels_that_differ() {
        let mut book = Book::default();
        book.apply(&row(Side::Sell, 10, 5));
        book.apply(&row(Side::Sell, 11, 5));
        book.side_mut(Side::Sell).take_each(|_| Some(3));
        book.apply(&BookUpdate { clears: true, last: false, ..row(Side::Sell, 10, 5) });
        book.apply(&row(Side::Sell, 11, 6));
        let taken: Vec<i64> = book.side(Side::Sell).levels().map(|level| level.taken).collect();
        assert_eq!(taken, [3, 0]);
        // The memory ends with the snapshot.
        book.apply(&row(Side::Sell, 10, 0));
        book.apply(&row(Side::Sell, 10, 5));
        assert_eq!(book.side(Side::Sell).best().map(|level| level.taken), Some(0));
    }

    #[test]
    fn what_was_taken_is_remembered_until_the_level_changes() {
        let mut side = BookSide::new(Side::Sell);
        side.set(10, 5);
        side.take_each(|_| Some(3));
        side.set(10, 5);
        assert_eq!(side.best().map(|level| level.taken), Some(3));
        side.set(10, 4);
        assert_eq!(side.best().map(|level| level.taken), Some(0));
    }
}
