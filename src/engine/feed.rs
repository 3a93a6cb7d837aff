//! Market data on their way to the strategy: rows it listens to wake it, the others are there when
//! it looks.

use std::sync::Arc;

use crate::event::{Event, MarketEvent, Moment};
use crate::instrument::InstrumentIndex;
use crate::market::{Arrival, DataSet, MarketKind, Series, Stream};
use crate::replay::{Row, Tournament, Window};
use crate::strategy::Hooks;
use crate::time::Time;

/// One stream on its way.
struct Lane {
    instrument: InstrumentIndex,
    series: Arc<Series>,
    row: usize,
    end: usize,
    /// From the time of a row to its arrival, where that is always the same.
    delay: Option<i64>,
    /// The round of an arrival after a constant delay.
    round: u32,
    /// When row `row` arrives.
    next: Moment,
}

impl Lane {
    fn new(stream: &Stream, window: Window) -> Self {
        let series = Arc::clone(&stream.series);
        let rows = if series.is_empty() { 0..0 } else { window.rows(&series) };
        let (row, end) = (rows.start, rows.end);
        let delay = match series.arrival {
            Arrival::Latency(ns) if row < end => {
                Some(series.venue_time(row) - series.time[row] + ns)
            }
            _ => None,
        };
        let round = match series.arrival {
            Arrival::Latency(ns) => Moment::default().after(ns).round,
            Arrival::Received(_) => 0,
        };
        let (instrument, next) = (stream.instrument, Moment::NEVER);
        let mut lane = Self { instrument, series, row, end, delay, round, next };
        lane.look();
        lane
    }

    /// Finds when the next row arrives: one without delay comes one round after the venue's event,
    /// a delayed one at round 0 of its time.
    #[inline]
    fn look(&mut self) {
        if self.row == self.end {
            self.next = Moment::NEVER;
            return;
        }
        self.next = if let Some(delay) = self.delay {
            Moment { time: Time(self.series.time[self.row] + delay), round: self.round }
        } else {
            let venue = Moment { time: Time(self.series.venue_time(self.row)), round: 0 };
            venue.after(self.series.arrival_time(self.row) - venue.time.ns())
        };
    }

    /// The next row, which is then behind us.
    #[inline]
    fn pass(&mut self) -> Event {
        let event = self.event(self.row, self.next.time);
        self.row += 1;
        self.look();
        event
    }

    #[inline]
    fn event(&self, row: usize, time: Time) -> Event {
        Event::Market(MarketEvent { instrument: self.instrument, time, row: self.series.row(row) })
    }
}

/// The rows of all streams as they reach the strategy.
pub(super) struct Feed {
    lanes: Vec<Lane>,
    /// Lanes that wake the strategy, and the tournament over their next rows.
    heard: Vec<usize>,
    order: Tournament,
    silent: Vec<usize>,
}

/// Marks a place among the deliveries of one round: streams before it were delivered.
pub(super) const NONE_OF_ROUND: usize = 0;
/// All streams of the round were delivered.
pub(super) const ALL_OF_ROUND: usize = usize::MAX;

impl Feed {
    /// The rows of `data` within `window` for a strategy with these hooks.
    pub(super) fn new(data: &DataSet, window: Window, hooks: Hooks) -> Self {
        let wanted = |kind: MarketKind| match kind {
            MarketKind::Candles => hooks.candle,
            MarketKind::Quotes => hooks.quote,
            MarketKind::Trades => hooks.trade,
            MarketKind::Depth => hooks.book,
        };
        let lanes: Vec<Lane> = data.streams.iter().map(|one| Lane::new(one, window)).collect();
        let all = 0..lanes.len();
        let (heard, silent): (Vec<usize>, Vec<usize>) =
            all.partition(|at| wanted(lanes[*at].series.kind()));
        let times = heard.iter().map(|at| lanes[*at].next.time.ns()).collect();
        Self { lanes, heard, order: Tournament::new(times), silent }
    }

    /// When the strategy is woken next.
    #[inline]
    pub(super) fn next_due(&self) -> Moment {
        self.heard.get(self.order.first()).map_or(Moment::NEVER, |at| self.lanes[*at].next)
    }

    /// When the last row of all arrives.
    pub(super) fn end(&self) -> Option<Time> {
        let last = |lane: &Lane| {
            (lane.row < lane.end).then(|| Time(lane.series.arrival_time(lane.end - 1)))
        };
        self.lanes.iter().filter_map(last).max()
    }

    /// The next row that wakes the strategy at `now`, with its stream.
    #[inline]
    pub(super) fn next_at(&mut self, now: Moment) -> Option<(usize, Event)> {
        let due = self.next_due();
        if due.time != now.time {
            return None;
        }
        let mut leaf = self.order.first();
        if due.round > now.round {
            // Rare: at one nanosecond one stream is delayed and another is not.
            leaf = self.heard.iter().position(|at| self.lanes[*at].next <= now)?;
        }
        let stream = self.heard[leaf];
        let event = self.lanes[stream].pass();
        self.order.advance(leaf, self.lanes[stream].next.time.ns());
        Some((stream, event))
    }

    /// Hands `see` what arrived silently before the place (`now`, `stream`): of depth every row, of
    /// the others only the last, since nobody looked at those between.
    #[inline]
    pub(super) fn catch_up(&mut self, now: Moment, stream: usize, mut see: impl FnMut(Event)) {
        for at in &self.silent {
            let lane = &mut self.lanes[*at];
            let mut last = None;
            while (lane.next, *at) < (now, stream) {
                if lane.next == Moment::NEVER {
                    break;
                }
                if lane.series.kind() == MarketKind::Depth {
                    see(lane.pass());
                } else {
                    last = Some((lane.row, lane.next.time));
                    lane.row += 1;
                    lane.look();
                }
            }
            if let Some((row, time)) = last {
                see(lane.event(row, time));
            }
        }
    }
}

/// True if the row calls a hook of its own: a book is looked at after the last row of one time.
pub(super) fn wakes(event: &Event) -> bool {
    !matches!(event, Event::Market(MarketEvent { row: Row::Book(update), .. }) if !update.last)
}
