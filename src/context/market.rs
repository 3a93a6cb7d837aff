//! What a strategy knows of one market.

use crate::book::Book;
use crate::market::{Candle, OrderUpdate, Quote, Side, Trade};

/// What shows a book to the strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BookSource {
    /// Nothing.
    #[default]
    None,
    /// Rows of depth.
    Depth,
    /// Rows of single orders.
    Orders {
        /// True if nothing else tells of trades.
        trades: bool,
    },
}

impl BookSource {
    /// True if the trades of a book's orders are all the trades that the strategy is told of.
    pub fn tells_trades(self) -> bool {
        self == Self::Orders { trades: true }
    }
}

/// What is known of one instrument's market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarketView {
    /// Last finished candle.
    pub candle: Option<Candle>,
    /// Last quote.
    pub quote: Option<Quote>,
    /// Last trade.
    pub trade: Option<Trade>,
    /// The book, where depth or single orders are part of the run.
    pub book: Option<Book>,
    /// What shows the book.
    pub source: BookSource,
    /// The best bid and ask that quotes showed last, where the last one shows none.
    gone: [Option<i64>; 2],
    /// A price that was taken for granted before any data.
    pub(super) assumed: Option<i64>,
}

impl MarketView {
    /// Best bid and ask as far as they are known: of the book, else of the last quote.
    pub fn touch(&self) -> (Option<i64>, Option<i64>) {
        if let Some(book) = &self.book {
            return book.touch();
        }
        self.quote.map_or((None, None), |quote| quote.touch())
    }

    /// Best price that an order of `side` could take, from the finest data seen.
    pub(super) fn opposite(&self, side: Side, half_spread: i64) -> Option<i64> {
        let (bid, ask) = self.touch();
        if self.book.is_some() || self.quote.is_some() {
            return if side == Side::Buy { ask } else { bid };
        }
        let last = self.trade.map(|trade| trade.price + side.sign() * half_spread);
        last.or(self.candle.map(|candle| candle.close))
    }

    /// The best price that a side of the touch showed last, for one that is empty by now.
    #[cold]
    pub(super) fn last_best(&self, side: Side) -> Option<i64> {
        match &self.book {
            Some(book) => book.last_best(side),
            None => self.gone[side as usize],
        }
    }

    /// A quote that shows less than both sides: notes what the one before it showed.
    #[cold]
    pub(super) fn note_gone(&mut self) {
        let (bid, ask) = self.quote.map_or((None, None), |quote| quote.touch());
        self.gone = [bid.or(self.gone[0]), ask.or(self.gone[1])];
    }

    /// Price that values a position, doubled: the middle of the touch, else the last trade or
    /// close.
    pub fn mark(&self) -> Option<i64> {
        if let (Some(bid), Some(ask)) = self.touch() {
            return Some(bid + ask);
        }
        self.last().or(self.assumed).map(|price| 2 * price)
    }

    /// The book, if rows of depth make it.
    #[inline]
    pub(super) fn depth_book(&mut self) -> Option<&mut Book> {
        self.book.as_mut().filter(|_| self.source == BookSource::Depth)
    }

    /// The same market, of which `source` shows a book from now on.
    #[cold]
    pub(super) fn shown_by(&self, source: BookSource) -> Self {
        let book = Self::of(source).book;
        Self { book, source, ..self.clone() }
    }

    /// Nothing seen yet of what `source` shows.
    pub(super) fn of(source: BookSource) -> Self {
        let book = match source {
            BookSource::None => None,
            BookSource::Depth => Some(Book::default()),
            BookSource::Orders { .. } => Some(Book::of_orders()),
        };
        Self { book, source, ..Self::default() }
    }

    /// An order of others changed the book, and perhaps traded.
    #[inline(never)]
    pub(super) fn see_order(&mut self, update: &OrderUpdate) {
        if let Some(trade) = update.trade().filter(|_| self.source.tells_trades()) {
            self.trade = Some(trade);
        }
        if let Some(book) = &mut self.book {
            book.apply(&update.level);
        }
    }

    /// Last price traded: of a trade, else of a candle.
    pub fn last(&self) -> Option<i64> {
        self.trade.map(|trade| trade.price).or(self.candle.map(|candle| candle.close))
    }
}
