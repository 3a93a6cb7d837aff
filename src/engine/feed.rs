//! Market data on their way to the strategy: rows it listens to wake it, the others are there when it looks.

use crate::event::{Event, MarketEvent, Moment};
use crate::market::{DataSet, MarketKind};
use crate::replay::{Row, Tournament, Window};
use crate::strategy::Hooks;
use crate::time::Time;

/// Where one stream's delivery stands.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    row: usize,
    end: usize,
}

/// The rows of all streams as they reach the strategy.
pub(super) struct Feed {
    data: DataSet,
    cursors: Vec<Cursor>,
    /// Streams that wake the strategy, and the tournament over their next rows.
    heard: Vec<usize>,
    order: Tournament,
    due: Moment,
    silent: Vec<usize>,
}

/// Marks a place among the deliveries of one round: streams before it were delivered.
pub(super) const NONE_OF_ROUND: usize = 0;
/// All streams of the round were delivered.
pub(super) const ALL_OF_ROUND: usize = usize::MAX;

impl Feed {
    /// The rows of `data` within `window` for a strategy with these hooks.
    pub(super) fn new(data: DataSet, window: Window, hooks: Hooks) -> Self {
        let wanted = |kind: MarketKind| match kind {
            MarketKind::Candles => hooks.candle,
            MarketKind::Quotes => hooks.quote,
            MarketKind::Trades => hooks.trade,
            MarketKind::Depth => hooks.book,
        };
        let rows = data.streams.iter().map(|stream| {
            if stream.series.is_empty() { 0..0 } else { window.rows(&stream.series) }
        });
        let cursors: Vec<Cursor> = rows.map(|r| Cursor { row: r.start, end: r.end }).collect();
        let all = 0..data.streams.len();
        let (heard, silent) = all.partition(|at| wanted(data.streams[*at].series.kind()));
        let (order, due) = (Tournament::new(Vec::new()), Moment::NEVER);
        let mut feed = Self { data, cursors, heard, order, due, silent };
        feed.order = Tournament::new(feed.heard.iter().map(|at| feed.time_of(*at)).collect());
        feed.find_due();
        feed
    }

    /// When the next row of a stream arrives, `i64::MAX` at its end.
    #[inline]
    fn time_of(&self, stream: usize) -> i64 {
        let cursor = self.cursors[stream];
        if cursor.row == cursor.end {
            return i64::MAX;
        }
        self.data.streams[stream].series.arrival_time(cursor.row)
    }

    /// A row without delay comes one round after the venue's event, a delayed one at round 0 of its time.
    #[inline]
    fn round_of(&self, stream: usize) -> u32 {
        let (series, row) = (&self.data.streams[stream].series, self.cursors[stream].row);
        u32::from(series.arrival_time(row) == series.venue_time(row))
    }

    /// When the strategy is woken next.
    #[inline]
    pub(super) fn next_due(&self) -> Moment {
        self.due
    }

    fn find_due(&mut self) {
        let time = self.order.time();
        self.due = if time == i64::MAX {
            Moment::NEVER
        } else {
            Moment { time: Time(time), round: self.round_of(self.heard[self.order.first()]) }
        };
    }

    /// When the last row of all arrives.
    pub(super) fn end(&self) -> Option<Time> {
        let last = |at: usize| {
            let Cursor { row, end } = self.cursors[at];
            (row < end).then(|| Time(self.data.streams[at].series.arrival_time(end - 1)))
        };
        (0..self.cursors.len()).filter_map(last).max()
    }

    /// The next row that wakes the strategy at `now`, with its stream.
    #[inline]
    pub(super) fn next_at(&mut self, now: Moment) -> Option<(usize, Event)> {
        if self.due.time != now.time {
            return None;
        }
        let mut leaf = self.order.first();
        if self.due.round > now.round {
            // Rare: at one nanosecond one stream is delayed and another is not.
            let due =
                |at: &usize| self.time_of(*at) == now.time.ns() && self.round_of(*at) <= now.round;
            leaf = self.heard.iter().position(due)?;
        }
        let stream = self.heard[leaf];
        let event = self.event(stream, self.cursors[stream].row);
        self.cursors[stream].row += 1;
        self.order.advance(leaf, self.time_of(stream));
        self.find_due();
        Some((stream, Event::Market(event)))
    }

    #[inline]
    fn event(&self, stream: usize, row: usize) -> MarketEvent {
        let of = &self.data.streams[stream];
        MarketEvent {
            instrument: of.instrument,
            time: Time(of.series.arrival_time(row)),
            row: of.series.row(row),
        }
    }

    /// Hands `see` what arrived silently before the place (`now`, `stream`): of a stream of levels every
    /// row, of the others only the last, since nobody looked at those between.
    pub(super) fn catch_up(&mut self, now: Moment, stream: usize, mut see: impl FnMut(Event)) {
        for i in 0..self.silent.len() {
            let at = self.silent[i];
            let mut last = None;
            while self.time_of(at) <= now.time.ns() && self.is_before(at, now, stream) {
                let row = self.cursors[at].row;
                self.cursors[at].row += 1;
                if self.data.streams[at].series.kind() == MarketKind::Depth {
                    see(Event::Market(self.event(at, row)));
                } else {
                    last = Some(row);
                }
            }
            if let Some(row) = last {
                see(Event::Market(self.event(at, row)));
            }
        }
    }

    #[inline]
    fn is_before(&self, at: usize, now: Moment, stream: usize) -> bool {
        if self.time_of(at) < now.time.ns() {
            return true;
        }
        let round = self.round_of(at);
        self.time_of(at) != i64::MAX && (round < now.round || (round == now.round && at < stream))
    }
}

/// True if the row calls a hook of its own: a book is looked at after the last row of one time.
pub(super) fn wakes(event: &Event) -> bool {
    !matches!(event, Event::Market(MarketEvent { row: Row::Book(update), .. }) if !update.last)
}
