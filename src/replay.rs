//! Rows of a data set in the order of time: the earliest first, the earlier stream at equal times.

use crate::instrument::InstrumentIndex;
use crate::market::{
    ASK, BookUpdate, CLEARS, Candle, Columns, DataSet, HIDDEN, JOINS, LAST, MarketKind,
    OrderUpdate, Quote, Series, Side, Stream, Trade, UNKNOWN,
};
use crate::time::Time;

/// A tournament over the next times of several sources: finds the earliest, the first at a tie.
///
/// A change costs one comparison per level of the tree, and nothing while the first stays first.
#[derive(Clone, Debug)]
pub struct Tournament {
    times: Vec<i64>,
    /// Winners of each match; node k plays its children 2k and 2k + 1, the sources are the leaves.
    winners: Vec<u32>,
    first: usize,
    time: i64,
    bound: i64,
}

impl Tournament {
    /// All sources start at `times`; `i64::MAX` stands for a source that is used up.
    pub fn new(times: Vec<i64>) -> Self {
        let leaves = times.len().next_power_of_two().max(1);
        let mut times = times;
        times.resize(leaves, i64::MAX);
        let mut winners = vec![0; 2 * leaves];
        for leaf in 0..leaves {
            winners[leaves + leaf] = leaf as u32;
        }
        let mut tournament = Self { times, winners, first: 0, time: 0, bound: 0 };
        for node in (1..leaves).rev() {
            tournament.play(node);
        }
        tournament.crown();
        tournament
    }

    #[inline]
    fn play(&mut self, node: usize) {
        let (left, right) = (self.winners[2 * node], self.winners[2 * node + 1]);
        let right_wins = self.times[right as usize] < self.times[left as usize];
        self.winners[node] = if right_wins { right } else { left };
    }

    /// Notes who won, and how long nobody else can.
    #[inline]
    fn crown(&mut self) {
        let first = self.winners[1];
        let mut bound = i64::MAX;
        let mut node = self.times.len() + first as usize;
        while node > 1 {
            // The other side of each match on the way up.
            let other = self.winners[node ^ 1];
            let time = self.times[other as usize];
            bound = bound.min(if first < other { time } else { time.saturating_sub(1) });
            node /= 2;
        }
        (self.first, self.time, self.bound) = (first as usize, self.times[first as usize], bound);
    }

    /// Two sources, such as quotes and trades, need no tree.
    #[inline]
    fn duel(&mut self, one: i64, other: i64) {
        let turned = other < one;
        self.first = usize::from(turned);
        self.time = one.min(other);
        self.bound = if turned { one - 1 } else { other };
    }

    /// The source with the earliest time.
    #[inline]
    pub fn first(&self) -> usize {
        self.first
    }

    /// The earliest time.
    #[inline]
    pub fn time(&self) -> i64 {
        self.time
    }

    /// The last time at which the first source still comes before every other one.
    #[inline]
    pub fn bound(&self) -> i64 {
        self.bound
    }

    /// Gives `source` its next time.
    #[inline]
    pub fn advance(&mut self, source: usize, time: i64) {
        self.times[source] = time;
        if source == self.first && time <= self.bound {
            self.time = time;
        } else {
            self.play_up(source);
        }
    }

    #[inline(never)]
    fn play_up(&mut self, source: usize) {
        if let [one, other] = self.times[..] {
            return self.duel(one, other);
        }
        let mut node = usize::midpoint(self.times.len(), source);
        while node > 0 {
            self.play(node);
            node /= 2;
        }
        self.crown();
    }
}

/// A row as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A finished candle.
    Candle(Candle),
    /// Best bid and ask.
    Quote(Quote),
    /// A public trade.
    Trade(Trade),
    /// A change of the book.
    Book(BookUpdate),
    /// A change of one order of the book.
    Order(OrderUpdate),
}

impl Series {
    /// Row `row` as a value.
    #[inline(always)]
    #[allow(clippy::inline_always)] // built in its place; a call would copy it
    pub fn row(&self, row: usize) -> Row {
        self.tick(row).unwrap_or_else(|| self.wide_row(row))
    }

    /// A quote, a trade or a row of depth as a value; `None` for the other kinds.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub fn tick(&self, row: usize) -> Option<Row> {
        match &self.columns {
            Columns::Quotes { .. } => self.quotes().map(|quote| Row::Quote(quote(row))),
            Columns::Trades { .. } => self.trades().map(|trade| Row::Trade(trade(row))),
            Columns::Depth { .. } => self.levels().map(|level| Row::Book(level(row))),
            Columns::Candles { .. } | Columns::MarketByOrder { .. } => None,
        }
    }

    /// Reads rows as quotes, if that is what they are.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub fn quotes(&self) -> Option<impl Fn(usize) -> Quote> {
        let Columns::Quotes { bid, bid_quantity, ask, ask_quantity } = &self.columns else {
            return None;
        };
        // One length for all: so a row is looked for once.
        let time = &self.time[..];
        let (bid, bid_quantity) = (&bid[..time.len()], &bid_quantity[..time.len()]);
        let (ask, ask_quantity) = (&ask[..time.len()], &ask_quantity[..time.len()]);
        Some(move |row: usize| Quote {
            time: Time(time[row]),
            bid: bid[row],
            bid_quantity: bid_quantity[row],
            ask: ask[row],
            ask_quantity: ask_quantity[row],
        })
    }

    /// Reads rows as trades, if that is what they are.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub fn trades(&self) -> Option<impl Fn(usize) -> Trade> {
        let Columns::Trades { price, quantity, aggressor } = &self.columns else { return None };
        let time = &self.time[..];
        let (price, quantity) = (&price[..time.len()], &quantity[..time.len()]);
        let aggressor = &aggressor[..time.len()];
        Some(move |row: usize| Trade {
            time: Time(time[row]),
            price: price[row],
            quantity: quantity[row],
            aggressor: match aggressor[row] {
                1 => Some(Side::Buy),
                -1 => Some(Side::Sell),
                _ => None,
            },
        })
    }

    /// Reads rows as levels of a book, if that is what they are.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub fn levels(&self) -> Option<impl Fn(usize) -> BookUpdate> {
        let Columns::Depth { price, quantity, flags } = &self.columns else { return None };
        let time = &self.time[..];
        let (price, quantity) = (&price[..time.len()], &quantity[..time.len()]);
        let flags = &flags[..time.len()];
        Some(move |row: usize| level(Time(time[row]), price[row], quantity[row], flags[row]))
    }

    /// A candle or a change of an order; here, so that the others need no place in memory.
    #[inline]
    fn wide_row(&self, row: usize) -> Row {
        let time = Time(self.time[row]);
        match &self.columns {
            Columns::MarketByOrder { price, level: shown, quantity, newer, flags } => {
                let flags = flags[row];
                Row::Order(OrderUpdate {
                    level: level(time, price[row], shown[row], flags),
                    traded: quantity[row],
                    newer: newer[row],
                    joins: flags & JOINS != 0,
                    hidden: flags & HIDDEN != 0,
                    unknown: flags & UNKNOWN != 0,
                })
            }
            Columns::Candles { interval_ns, open, high, low, close, volume } => {
                Row::Candle(Candle {
                    open_time: time,
                    close_time: time.after(*interval_ns),
                    open: open[row],
                    high: high[row],
                    low: low[row],
                    close: close[row],
                    volume: volume.as_ref().map(|volume| volume[row]),
                })
            }
            Columns::Quotes { .. } | Columns::Trades { .. } | Columns::Depth { .. } => {
                unreachable!("a tick")
            }
        }
    }
}

/// A row of depth.
#[inline(always)]
#[allow(clippy::inline_always)] // see `Series::row`
fn level(time: Time, price: i64, quantity: i64, flags: u8) -> BookUpdate {
    BookUpdate {
        time,
        side: if flags & ASK == 0 { Side::Buy } else { Side::Sell },
        price,
        quantity,
        clears: flags & CLEARS != 0,
        last: flags & LAST != 0,
    }
}

/// Which rows of a data set a run replays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First moment, included.
    pub start: Time,
    /// Last moment, excluded.
    pub end: Time,
}

impl Window {
    /// Everything.
    pub const ALL: Self = Self { start: Time::MIN, end: Time::MAX };

    /// The rows of `series` that begin and end within the window, as a range.
    pub fn rows(self, series: &Series) -> std::ops::Range<usize> {
        let span = series.venue_time(0) - series.time[0];
        let first = series.time.partition_point(|time| *time < self.start.ns());
        let last = match series.kind() {
            MarketKind::Candles => {
                let end = self.end.ns().saturating_sub(span);
                series.time.partition_point(|time| *time <= end)
            }
            _ => series.time.partition_point(|time| *time < self.end.ns()),
        };
        first..last.max(first)
    }
}

/// Rows of one stream that happen at the venue before those of any other.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// Whose rows.
    pub instrument: InstrumentIndex,
    /// Stream in the data set.
    pub stream: usize,
    /// First row.
    pub row: usize,
    /// One past the last row that may belong to it.
    pub end: usize,
    /// When the first row happens.
    pub at: i64,
    /// Rows up to this time belong to it.
    pub until: i64,
    /// For candles which of the four points of the first row, the only one of the stretch; else 0.
    pub point: u8,
}

/// The rows of a data set as they happen at the venue; a candle happens at four points.
#[derive(Clone, Debug)]
pub struct VenueRows {
    data: DataSet,
    next: Vec<Cursor>,
    order: Tournament,
    left: u64,
    allowed: u64,
}

#[derive(Clone, Debug)]
struct Cursor {
    row: usize,
    end: usize,
    point: u8,
    instrument: InstrumentIndex,
    kind: MarketKind,
}

/// Points of a candle over `[start, start + interval)`: first, a third, two thirds, the last
/// nanosecond.
pub fn point_time(start: i64, interval_ns: i64, point: u8) -> i64 {
    match point {
        0 => start,
        1 => start + interval_ns / 3,
        2 => start + 2 * interval_ns / 3,
        _ => start + interval_ns - 1,
    }
}

impl VenueRows {
    /// All rows of `data` within `window`.
    pub fn new(data: DataSet, window: Window) -> Self {
        let next: Vec<Cursor> = data
            .streams
            .iter()
            .map(|Stream { instrument, series }| {
                let rows = if series.is_empty() { 0..0 } else { window.rows(series) };
                let (instrument, kind) = (*instrument, series.kind());
                Cursor { row: rows.start, end: rows.end, point: 0, instrument, kind }
            })
            .collect();
        let first = |(cursor, stream): (&Cursor, &Stream)| {
            if cursor.row < cursor.end { stream.series.time[cursor.row] } else { i64::MAX }
        };
        let order = Tournament::new(next.iter().zip(data.streams.iter()).map(first).collect());
        Self { data, next, order, left: 0, allowed: 0 }
    }

    /// The data set.
    pub fn data(&self) -> &DataSet {
        &self.data
    }

    /// Moment of the next row, `Time::MAX` at the end.
    #[inline]
    pub fn next_time(&self) -> Time {
        Time(self.order.time())
    }

    /// True if the next row is this one. (A candle is no row here: it happens at four points.)
    #[inline]
    pub fn next_is(&self, stream: usize, row: usize) -> bool {
        let cursor = &self.next[stream];
        self.order.first() == stream && cursor.row == row && cursor.kind != MarketKind::Candles
    }

    /// Hands out at most `rows` further rows before it pauses.
    pub fn allow(&mut self, rows: u64) {
        self.allowed = self.allowed + rows - self.left;
        self.left = rows;
    }

    /// How many rows were handed out so far; a candle counts as four.
    pub fn taken(&self) -> u64 {
        self.allowed - self.left
    }

    /// True if it pauses although there may be more.
    pub fn is_paused(&self) -> bool {
        self.left == 0
    }

    /// The next rows, if the first happens at `until` or before. The caller says with
    /// [`Self::took`] how many of them it took; a candle's point is taken with 1.
    #[inline]
    pub fn stretch(&self, until: Time) -> Option<Stretch> {
        let time = self.order.time();
        // The end of a source is `i64::MAX`, which must not count as a moment.
        if time > until.ns() || time == i64::MAX || self.left == 0 {
            return None;
        }
        let stream = self.order.first();
        let cursor = &self.next[stream];
        let most = if cursor.kind == MarketKind::Candles { 1 } else { self.left as usize };
        Some(Stretch {
            instrument: cursor.instrument,
            stream,
            row: cursor.row,
            end: cursor.end.min(cursor.row + most),
            at: time,
            until: self.order.bound().min(until.ns()),
            point: cursor.point,
        })
    }

    /// `rows` of the stretch that starts now have happened.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub fn took(&mut self, stream: usize, rows: usize) {
        self.left -= rows as u64;
        let cursor = &mut self.next[stream];
        if cursor.kind == MarketKind::Candles {
            return self.took_point(stream);
        }
        cursor.row += rows;
        let time = &self.data.streams[stream].series.time[..cursor.end];
        self.order.advance(stream, time.get(cursor.row).copied().unwrap_or(i64::MAX));
    }

    fn took_point(&mut self, stream: usize) {
        let series = &self.data.streams[stream].series;
        let cursor = &mut self.next[stream];
        let Columns::Candles { interval_ns, .. } = &series.columns else { return };
        cursor.point = (cursor.point + 1) % 4;
        cursor.row += usize::from(cursor.point == 0);
        let start = series.time[..cursor.end].get(cursor.row);
        let time = start.map_or(i64::MAX, |start| point_time(*start, *interval_ns, cursor.point));
        self.order.advance(stream, time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Playing sources off against each other is sorting by (time, source).
        #[test]
        fn a_tournament_sorts(
            sources in prop::collection::vec(prop::collection::vec(0i64..50, 0..20), 1..9)
        ) {
            let mut sources = sources;
            for times in &mut sources {
                times.sort_unstable();
            }
            let mut expected: Vec<(i64, usize)> = Vec::new();
            for (source, times) in sources.iter().enumerate() {
                expected.extend(times.iter().map(|time| (*time, source)));
            }
            expected.sort_unstable();
            let time = |source: usize, row: usize| {
                sources[source].get(row).copied().unwrap_or(i64::MAX)
            };
            let mut next = vec![0; sources.len()];
            let first = (0..sources.len()).map(|source| time(source, 0)).collect();
            let mut tournament = Tournament::new(first);
            let mut seen = Vec::new();
            while tournament.time() != i64::MAX {
                let source = tournament.first();
                // Everything up to the bound comes before every other source.
                let bound = tournament.bound();
                prop_assert!(tournament.time() <= bound);
                while time(source, next[source]) <= bound && next[source] < sources[source].len() {
                    seen.push((time(source, next[source]), source));
                    next[source] += 1;
                }
                tournament.advance(source, time(source, next[source]));
            }
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn a_minute_has_its_four_points() {
        let seconds: Vec<i64> = (0..4).map(|point| point_time(0, 60_000_000_000, point)).collect();
        assert_eq!(seconds, [0, 20_000_000_000, 40_000_000_000, 59_999_999_999]);
    }
}
