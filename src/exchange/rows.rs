//! Recorded rows happen at the venue, one stream at a time.

use super::matching::Market;
use super::{Hit, SimulatedExchange};
use crate::event::Moment;
use crate::market::{Columns, Series};
use crate::replay::{Row, Stretch};
use crate::time::Time;

impl SimulatedExchange {
    /// Lets rows of one stream happen until something comes of one. Returns how many, and if so.
    #[inline]
    pub(super) fn replay(&mut self, series: &Series, stretch: &Stretch) -> (usize, bool) {
        let at = stretch.instrument.at();
        let (market, hits) = (&mut self.markets[at], &mut self.hits);
        let (row, came) = match &series.columns {
            Columns::Quotes { .. } => quotes(series, stretch, market, hits),
            Columns::Trades { .. } => trades(series, stretch, market, hits),
            Columns::Depth { .. } => depth(series, stretch, market, hits),
            Columns::MarketByOrder { .. } => orders(series, stretch, market, hits),
            Columns::Candles { .. } => return (1, self.replay_point(series, stretch)),
        };
        if came {
            let now = Moment { time: Time(series.time[row - 1]), round: 0 };
            self.book_hits(now);
            self.fire(now, at);
        }
        (row - stretch.row, came)
    }

    /// One point of a candle. True if something came of it.
    #[inline(never)]
    fn replay_point(&mut self, series: &Series, stretch: &Stretch) -> bool {
        let answers = self.outbound.len() + self.children.len();
        if let Row::Candle(candle) = series.row(stretch.row) {
            let (at, point) = (stretch.instrument.at(), stretch.point);
            self.candle_point(at, &candle, point, Time(stretch.at));
        }
        self.outbound.len() + self.children.len() > answers
    }
}

/// Lets rows happen up to the end of the stretch, or until `came` says that something came of one.
/// Returns the row after it, and if so.
#[inline(always)]
#[allow(clippy::inline_always)] // the innermost loop
fn until(series: &Series, stretch: &Stretch, mut came: impl FnMut(usize) -> bool) -> (usize, bool) {
    let (time, mut row) = (&series.time[..stretch.end], stretch.row);
    while row < time.len() && time[row] <= stretch.until {
        row += 1;
        if came(row - 1) {
            return (row, true);
        }
    }
    (row, false)
}

// One loop for each kind, in a function of its own: together they would fight for registers.

#[inline(never)]
fn quotes(
    series: &Series,
    stretch: &Stretch,
    market: &mut Market,
    hits: &mut Vec<Hit>,
) -> (usize, bool) {
    let Some(quote) = series.quotes() else { return (stretch.row, false) };
    until(series, stretch, |row| market.on_quote(quote(row), hits))
}

#[inline(never)]
fn trades(
    series: &Series,
    stretch: &Stretch,
    market: &mut Market,
    hits: &mut Vec<Hit>,
) -> (usize, bool) {
    let Some(trade) = series.trades() else { return (stretch.row, false) };
    until(series, stretch, |row| market.on_trade(trade(row), hits))
}

#[inline(never)]
fn depth(
    series: &Series,
    stretch: &Stretch,
    market: &mut Market,
    hits: &mut Vec<Hit>,
) -> (usize, bool) {
    let Some(level) = series.levels() else { return (stretch.row, false) };
    until(series, stretch, |row| market.on_book(&level(row), hits))
}

#[inline(never)]
fn orders(
    series: &Series,
    stretch: &Stretch,
    market: &mut Market,
    hits: &mut Vec<Hit>,
) -> (usize, bool) {
    until(series, stretch, |row| match series.row(row) {
        Row::Order(update) => market.on_order(&update, hits),
        _ => false,
    })
}
