//! Market data on their way to the strategy: rows it listens to wake it, the others are there when
//! it looks.

use std::sync::Arc;

use crate::context::View;
use crate::event::{MarketEvent, Moment};
use crate::instrument::InstrumentIndex;
use crate::market::{Arrival, DataSet, MarketKind, Series, Stream};
use crate::replay::{Row, Tournament, VenueRows, Window};
use crate::strategy::Hooks;
use crate::time::Time;

/// Rows that are looked at one by one before the steps grow.
const NEAR: usize = 16;

/// The last of `count` rows that is `seen`, where the first one is.
#[inline]
fn last(count: usize, seen: impl Fn(usize) -> bool) -> usize {
    let near = count.min(NEAR);
    match (1..near).find(|row| !seen(*row)) {
        Some(unseen) => unseen - 1,
        None => last_from(near - 1, count, seen),
    }
}

/// The same if it is `known` or a later one.
#[inline(never)]
fn last_from(mut known: usize, count: usize, seen: impl Fn(usize) -> bool) -> usize {
    let mut step = 1;
    while known + step < count && seen(known + step) {
        known += step;
        step *= 2;
    }
    while step > 1 {
        step /= 2;
        if known + step < count && seen(known + step) {
            known += step;
        }
    }
    known
}

/// One stream on its way.
struct Lane {
    /// Place of the stream in the data set.
    stream: usize,
    instrument: InstrumentIndex,
    series: Arc<Series>,
    row: usize,
    end: usize,
    /// From the time of a row to its arrival, where that is always the same.
    delay: Option<i64>,
    /// The round of an arrival after a constant delay.
    round: u32,
    /// True if each row arrives in the round after it happened at the venue.
    in_step: bool,
    /// When row `row` arrives.
    next: Moment,
}

impl Lane {
    fn new(at: usize, stream: &Stream, window: Window) -> Self {
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
        let in_step = delay == Some(0)
            && round == 1
            && !matches!(series.kind(), MarketKind::Candles | MarketKind::MarketByOrder);
        let (stream, instrument, next) = (at, stream.instrument, Moment::NEVER);
        let mut lane = Self { stream, instrument, series, row, end, delay, round, in_step, next };
        lane.look();
        lane
    }

    /// Finds when the next row arrives: one without delay comes one round after the venue's event,
    /// a delayed one at round 0 of its time.
    #[inline]
    fn look(&mut self) {
        self.next = if self.row < self.end { self.arrival(self.row) } else { Moment::NEVER };
    }

    #[inline]
    fn arrival(&self, row: usize) -> Moment {
        match self.delay {
            Some(delay) => Moment { time: Time(self.series.time[row] + delay), round: self.round },
            None => self.received(row),
        }
    }

    #[inline(never)]
    fn received(&self, row: usize) -> Moment {
        let venue = Moment { time: Time(self.series.venue_time(row)), round: 0 };
        venue.after(self.series.arrival_time(row) - venue.time.ns())
    }

    /// The last row that is seen at the place (`now`, `stream`) among the deliveries; `None` if the
    /// next one is not.
    ///
    /// Looks ahead in growing steps, for it may be one of the next rows or the last of millions.
    #[inline]
    fn last_seen(&self, now: Moment, stream: usize) -> Option<usize> {
        // A row of the same round is seen only if its stream comes before.
        let seen = |next: Moment| next < now || (next == now && self.stream < stream);
        if !seen(self.next) {
            return None;
        }
        let times = &self.series.time[self.row..self.end];
        let Some(delay) = self.delay else {
            return Some(self.row + last(times.len(), |row| seen(self.received(self.row + row))));
        };
        let here = (self.round, self.stream) < (now.round, stream);
        let limit = now.time.ns() - delay - i64::from(!here);
        Some(self.row + last(times.len(), |row| times[row] <= limit))
    }

    /// The rows from the next one to `row`, of quotes with an empty side, in which a side of the
    /// touch was shown last.
    #[cold]
    fn last_shown(&self, row: usize) -> Vec<usize> {
        let touch = |row: usize| match self.series.row(row) {
            Row::Quote(quote) => quote.touch(),
            _ => (None, None),
        };
        let rows = || (self.row..row).rev();
        let bid = rows().find(|row| touch(*row).0.is_some());
        let ask = rows().find(|row| touch(*row).1.is_some());
        let mut found: Vec<usize> = bid.into_iter().chain(ask).collect();
        found.sort_unstable();
        found
    }

    /// Steps over the rows up to `row`.
    #[inline]
    fn pass_to(&mut self, row: usize) {
        self.row = row;
        self.look();
    }

    /// A row as an event; made where it is used, for copies of it would cost more than the rest.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    fn event(&self, row: usize, time: Time) -> MarketEvent {
        MarketEvent { instrument: self.instrument, time, row: self.series.row(row) }
    }
}

/// The rows of all streams as they reach the strategy.
pub(super) struct Feed {
    /// Streams that wake the strategy, and the tournament over their next rows.
    heard: Vec<Lane>,
    order: Tournament,
    /// True if rows of one time may arrive in different rounds, which the tournament does not know.
    mixed: bool,
    /// The place of the first of them, and when it has its next row.
    first: usize,
    due: Moment,
    silent: Vec<Lane>,
    /// When the first row of those arrives.
    silent_due: Moment,
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
            MarketKind::MarketByOrder => hooks.book || hooks.trade,
        };
        let lanes = data.streams.iter().enumerate();
        let (heard, silent): (Vec<Lane>, Vec<Lane>) = lanes
            .map(|(at, stream)| Lane::new(at, stream, window))
            .partition(|lane| wanted(lane.series.kind()));
        let order = Tournament::new(heard.iter().map(|lane| lane.next.time.ns()).collect());
        let silent_due = silent.iter().map(|lane| lane.next).min().unwrap_or(Moment::NEVER);
        let always = |lane: &Lane| lane.delay.map(|_| lane.round);
        let differs =
            |lane: &Lane| always(lane).is_none() || always(lane) != heard.first().and_then(always);
        let mixed = heard.len() > 1 && heard.iter().any(differs);
        let mut feed =
            Self { heard, order, mixed, first: 0, due: Moment::NEVER, silent, silent_due };
        feed.find_first();
        feed
    }

    /// Finds which row arrives next.
    #[inline]
    fn find_first(&mut self) {
        self.first = self.order.first();
        if self.mixed {
            // An earlier round of the same time comes first, then an earlier stream.
            let next = |leaf: &usize| self.heard[*leaf].next;
            self.first = (0..self.heard.len()).min_by_key(next).unwrap_or(self.first);
        }
        self.due = self.heard.get(self.first).map_or(Moment::NEVER, |lane| lane.next);
    }

    /// When the strategy is woken next.
    #[inline]
    pub(super) fn next_due(&self) -> Moment {
        self.due
    }

    /// When the last row of all arrives.
    pub(super) fn end(&self) -> Option<Time> {
        let last = |lane: &Lane| {
            (lane.row < lane.end).then(|| Time(lane.series.arrival_time(lane.end - 1)))
        };
        self.heard.iter().chain(&self.silent).filter_map(last).max()
    }

    /// Which of the streams that wake the strategy has a row at `now`, as a place among them.
    #[inline]
    pub(super) fn next_at(&self, now: Moment) -> Option<usize> {
        (self.due <= now).then_some(self.first)
    }

    /// The stream at this place among those that wake the strategy, and its next row.
    #[inline(always)]
    #[allow(clippy::inline_always)] // see `Lane::event`
    pub(super) fn peek(&self, leaf: usize) -> (usize, MarketEvent) {
        let lane = &self.heard[leaf];
        (lane.stream, lane.event(lane.row, lane.next.time))
    }

    /// The place whose next row is next at the venue too and arrives one round after.
    #[inline]
    pub(super) fn in_step(&self, rows: &VenueRows) -> Option<usize> {
        let lane = self.heard.get(self.first)?;
        (lane.in_step && rows.next_is(lane.stream, lane.row)).then_some(self.first)
    }

    /// Before this time the stream that wakes the strategy next is the only one that does.
    #[inline]
    pub(super) fn alone_until(&self) -> i64 {
        self.order.bound()
    }

    /// Steps over the next row of the stream at this place.
    #[inline]
    pub(super) fn pass(&mut self, leaf: usize) {
        self.pass_to(leaf, self.heard[leaf].row + 1);
    }

    /// Steps over the rows of the stream at this place up to `row`.
    #[inline]
    pub(super) fn pass_to(&mut self, leaf: usize, row: usize) {
        let lane = &mut self.heard[leaf];
        lane.pass_to(row);
        self.order.advance(leaf, lane.next.time.ns());
        self.find_first();
    }

    /// Takes out the rows that have not reached the strategy, in no order.
    pub(super) fn rest(&mut self) -> Vec<(Moment, MarketEvent)> {
        let mut rest = Vec::new();
        for lane in self.heard.iter_mut().chain(&mut self.silent) {
            let rows = lane.row..lane.end;
            rest.extend(rows.map(|row| {
                let due = lane.arrival(row);
                (due, lane.event(row, due.time))
            }));
            lane.pass_to(lane.end);
        }
        self.order = Tournament::new(self.heard.iter().map(|lane| lane.next.time.ns()).collect());
        self.find_first();
        self.silent_due = Moment::NEVER;
        rest
    }

    /// True if a row may have arrived silently by `now`.
    #[inline]
    pub(super) fn is_behind(&self, now: Moment) -> bool {
        self.silent_due <= now
    }

    /// Lets `view` see what arrived silently before the place (`now`, `stream`): of a book every
    /// row, of the others only the last, since nobody looked at those between; where that is a
    /// quote with an empty side, also those that showed something last.
    #[inline(never)]
    pub(super) fn catch_up(&mut self, now: Moment, stream: usize, view: &mut View) {
        for lane in &mut self.silent {
            let Some(last) = lane.last_seen(now, stream) else { continue };
            let book = matches!(lane.series.kind(), MarketKind::Depth | MarketKind::MarketByOrder);
            let first = if book { lane.row } else { last };
            if lane.series.quotes().is_some_and(|quote| !quote(last).shows_both()) {
                for row in lane.last_shown(last) {
                    let time = lane.arrival(row).time;
                    view.see_rows(lane.instrument, &lane.series, row..row + 1, time);
                }
            }
            view.see_rows(lane.instrument, &lane.series, first..last + 1, lane.arrival(last).time);
            lane.pass_to(last + 1);
        }
        let next = self.silent.iter().map(|lane| lane.next).min();
        self.silent_due = next.unwrap_or(Moment::NEVER);
    }
}

/// True if the row calls a hook of its own: a book is looked at after the last row of one time.
pub(super) fn wakes(event: &MarketEvent) -> bool {
    match &event.row {
        Row::Book(update) => update.last,
        Row::Order(update) => update.level.last || update.traded > 0,
        _ => true,
    }
}
