//! The driver of a run: owns the order of events and both sides, the engine and the venue.
//!
//! Whatever is due next decides how far the market may go: rows up to that moment happen at the
//! venue first, then everything due at that time happens round by round. Nothing here knows what
//! kind of venue it drives.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, VecDeque};

use super::curve::{Curve, EquityPoint};
use super::feed::{ALL_OF_ROUND, Feed, NONE_OF_ROUND, wakes};
use super::journal::Journal;
use super::log::{Entry, Happening, Log};
use super::step::Engine;
use crate::error::{Error, Result};
use crate::event::{AccountEvent, Event, MarketEvent, Moment, OrderNews, Timer};
use crate::execution::ExecutionClient;
use crate::market::DataSet;
use crate::replay::{VenueRows, Window};
use crate::strategy::Hooks;
use crate::time::Time;

/// Most rounds of causes and effects at one time.
pub const MAX_ROUNDS: u32 = 10_000;

/// Rows, and events without rows, between two looks at whether the run should stop: some
/// milliseconds.
pub(super) const ROWS_PER_PULSE: u64 = 1 << 15;

/// Most points of an equity curve.
pub const MAX_EQUITY_POINTS: i64 = 20_000_000;

/// Causes that the message of an event storm lists.
const STORM_CAUSES: usize = 10;

/// What a run is given besides its two sides.
#[derive(Clone, Copy, Debug)]
pub struct RunSettings {
    /// Which rows to replay.
    pub window: Window,
    /// Equity is noted at multiples of this span.
    pub equity_every_ns: i64,
}

/// Is told now and then how many rows have happened, and may stop the run.
pub(super) type Pulse<'a> = &'a mut dyn FnMut(u64) -> Result<()>;

/// The first multiple of a span after `time`.
pub(super) fn grid_after(time: Time, every_ns: i64) -> Time {
    let next = time.ns().div_euclid(every_ns).saturating_add(1);
    Time(next.saturating_mul(every_ns))
}

/// A run: an engine, a venue and the events between them.
pub struct Run<C: ExecutionClient> {
    /// The strategy's side.
    pub engine: Engine,
    /// The venue.
    pub client: C,
    pub(super) rows: VenueRows,
    pub(super) feed: Feed,
    /// Rows from outside that have happened and are on their way to the strategy, by moment.
    pub(super) told: VecDeque<(Moment, MarketEvent)>,
    /// When they are due, their numbers, and their spans.
    timers: BinaryHeap<Reverse<(Moment, u32, i64)>>,
    local: VecDeque<(Moment, AccountEvent)>,
    /// The earliest of timers, local news and rows from outside.
    own_due: Moment,
    /// True if news may have reached us that were not due.
    told_later: bool,
    curve: Curve,
    pub(super) next_sample: Time,
    every_ns: i64,
    pub(super) now: Moment,
    pub(super) start: Option<Time>,
    pub(super) end: Time,
    /// By instrument which kinds of rows have come from outside, a bit for each.
    pub(super) admitted: Vec<u8>,
    events: u64,
    rowless: u64,
    causes: VecDeque<String>,
    journal: Journal,
    /// Rounds up to this one may be causes and effects of one thing.
    pub(super) last_round: u32,
    /// From this round on a step is looked at: late in a storm, or always if a log is kept.
    looks_from: u32,
    log: Option<Box<dyn Log>>,
}

impl<C: ExecutionClient> Run<C> {
    /// Prepares the run; nothing happens yet.
    pub fn new(engine: Engine, client: C, data: &DataSet, settings: RunSettings) -> Self {
        assert!(settings.equity_every_ns > 0, "equity is noted at a positive span");
        let rows = VenueRows::new(data.clone(), settings.window);
        let feed = Feed::new(data, settings.window, engine.hooks());
        let start = Some(rows.next_time()).filter(|time| *time != Time::MAX);
        let every_ns = settings.equity_every_ns;
        let first = start.map_or(Time::MAX, |start| grid_after(start, every_ns));
        let curve = Curve::new(engine.context.world.specs.len());
        Self {
            end: feed.end().or(start).unwrap_or(Time::MIN),
            engine,
            client,
            rows,
            feed,
            told: VecDeque::new(),
            timers: BinaryHeap::new(),
            local: VecDeque::new(),
            own_due: Moment::NEVER,
            told_later: false,
            curve,
            next_sample: first,
            every_ns,
            now: Moment::default(),
            start,
            admitted: Vec::new(),
            events: 0,
            rowless: 0,
            causes: VecDeque::new(),
            journal: Journal::default(),
            last_round: MAX_ROUNDS,
            looks_from: MAX_ROUNDS - STORM_CAUSES as u32 + 1,
            log: None,
        }
    }

    /// First and last moment of the data, if there is any.
    pub fn span(&self) -> Option<(Time, Time)> {
        self.start.map(|start| (start, self.end))
    }

    /// Both sides, equity over time (at the start, on the grid, at the end), and what was sent.
    pub fn into_parts(self) -> (Engine, C, Curve, Journal) {
        (self.engine, self.client, self.curve, self.journal)
    }

    pub(super) fn every_ns(&self) -> i64 {
        self.every_ns
    }

    /// How far the run has come.
    pub fn now(&self) -> Time {
        self.now.time
    }

    /// Events that reached the strategy's side.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Replays everything. `pulse` is called every few ten thousand rows with their number so far
    /// (a candle counts as four) and may stop the run.
    ///
    /// After an error both sides stand as they did at its event.
    pub fn run(&mut self, pulse: &mut dyn FnMut(u64) -> Result<()>) -> Result<()> {
        let Some(start) = self.start else { return Ok(()) };
        self.note_start(start);
        self.sample(start);
        self.now = Moment { time: start, round: 0 };
        self.let_news_wait();
        self.step(Event::Start(start))?;
        self.rows.allow(ROWS_PER_PULSE);
        let data = self.rows.data().clone();
        while self.go_on(&data, pulse)? {}
        let last = Moment { time: self.end, round: MAX_ROUNDS };
        if self.told_later {
            self.hear(last)?;
        }
        if self.engine.hooks().end {
            self.catch_up(last, ALL_OF_ROUND);
        }
        self.sample(self.end);
        self.finish_up()
    }

    /// The last event.
    pub(super) fn finish_up(&mut self) -> Result<()> {
        self.step(Event::End(self.end))?;
        self.note_end();
        Ok(())
    }

    #[cold]
    pub(super) fn note_start(&self, start: Time) {
        let instruments = self.engine.context.world.specs.len();
        log::debug!("a run begins at {start}, instruments: {instruments}");
    }

    #[cold]
    fn note_end(&self) {
        let orders = self.engine.context.orders().len();
        let (end, events) = (self.end, self.events);
        log::debug!("the run ends at {end}, events: {events}, orders: {orders}");
    }

    /// Lets the market go to the next thing due, or does that thing. False at the end.
    #[inline]
    pub(super) fn go_on(&mut self, data: &DataSet, pulse: Pulse<'_>) -> Result<bool> {
        let due = self.next_due();
        let wake = due.time.min(self.end);
        let most = self.end.min(Time(self.next_sample.ns() - 1));
        let until = wake.min(most);
        if self.rows.next_time() <= until {
            if due == self.feed.next_due()
                && let Some(place) = self.feed.in_step(&self.rows)
            {
                self.go_together(data, place, most)?;
                return self.look_up(pulse).map(|()| true);
            }
            self.client.on_market(&mut self.rows, until);
            self.look_up(pulse)?;
            if self.rows.next_time() <= until || self.client.next_due() < due {
                // An answer of the venue, or the pause, comes before what was due.
                return Ok(true);
            }
        }
        self.rowless += 1;
        if self.rowless.is_multiple_of(ROWS_PER_PULSE) {
            pulse(self.rows.taken())?;
        }
        if wake >= self.next_sample {
            self.sample(self.next_sample);
            return Ok(true);
        }
        if due.time > self.end {
            return Ok(false);
        }
        self.happen(due)?;
        Ok(true)
    }

    /// Looks whether the run should stop, when that is due.
    #[inline]
    pub(super) fn look_up(&mut self, pulse: Pulse<'_>) -> Result<()> {
        if self.rows.is_paused() {
            pulse(self.rows.taken())?;
            self.rows.allow(ROWS_PER_PULSE);
        }
        Ok(())
    }

    /// Hands a row to the strategy, and before it what it may know by then.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub(super) fn deliver(&mut self, stream: usize, event: &MarketEvent) -> Result<()> {
        if wakes(event) {
            self.catch_up(self.now, stream);
        }
        self.step(Event::Market(event))
    }

    /// Hands the next row at a place of the feed to the strategy.
    #[inline(never)]
    fn deliver_next(&mut self, place: usize) -> Result<()> {
        let (stream, event) = self.feed.peek(place);
        self.feed.pass(place);
        self.deliver(stream, &event)
    }

    /// Notes the equity before everything at `time`.
    pub(super) fn sample(&mut self, time: Time) {
        let point = EquityPoint { time, equity: self.client.equity() };
        // Where the end lies on the grid, what happened there counts.
        self.curve.note(point, |instrument| self.client.mark(instrument));
        if time >= self.next_sample {
            self.next_sample = grid_after(time, self.every_ns);
        }
    }

    /// The earliest moment at which anything but the market happens.
    #[inline]
    pub(super) fn next_due(&self) -> Moment {
        self.others_due().min(self.feed.next_due())
    }

    /// The same without what the strategy is to hear of the market.
    #[inline]
    pub(super) fn others_due(&self) -> Moment {
        self.client.next_due().min(self.own_due)
    }

    /// Finds the earliest of timers, local news and rows from outside.
    pub(super) fn look_at_own(&mut self) {
        let timer = self.timers.peek().map_or(Moment::NEVER, |Reverse((due, ..))| *due);
        let local = self.local.front().map_or(Moment::NEVER, |(due, _)| *due);
        let told = self.told.front().map_or(Moment::NEVER, |(due, _)| *due);
        self.own_due = local.min(timer).min(told);
    }

    /// Everything due at one moment, by class: requests and news, market data, timers.
    pub(super) fn happen(&mut self, now: Moment) -> Result<()> {
        self.now = now;
        if now.round > self.last_round {
            return Err(self.storm());
        }
        let due = self.client.next_due() <= now;
        if due {
            self.client.advance(now);
        }
        if due || self.told_later {
            self.hear(now)?;
        }
        let own = self.own_due <= now;
        while own && let Some((_, event)) = self.local.pop_front_if(|(due, _)| *due <= now) {
            self.on_news(&event)?;
        }
        while let Some(place) = self.feed.next_at(now) {
            self.deliver_next(place)?;
        }
        while own && let Some((_, row)) = self.told.pop_front_if(|(due, _)| *due <= now) {
            self.engine.context.regain(row.instrument, false);
            self.deliver(ALL_OF_ROUND, &row)?;
        }
        if own {
            self.ring(now)?;
            self.look_at_own();
        }
        Ok(())
    }

    /// News that have reached us.
    #[inline]
    fn hear(&mut self, now: Moment) -> Result<()> {
        while let Some(event) = self.client.news(now) {
            self.on_news(&event)?;
        }
        Ok(())
    }

    /// Lets news that call no hook wait until one looks at what they changed. Rows that call one
    /// would have to ask for them each time.
    fn let_news_wait(&mut self) {
        let Hooks { candle, quote, trade, book, order, fill, .. } = self.engine.hooks();
        if !(candle || quote || trade || book || order || self.keeps_log()) {
            self.told_later = true;
            self.client.tell_later(fill);
        }
    }

    /// Timers due at one moment.
    fn ring(&mut self, now: Moment) -> Result<()> {
        while let Some(timer) = self.next_timer(now) {
            self.catch_up(now, ALL_OF_ROUND);
            self.step(Event::Timer(&timer))?;
        }
        Ok(())
    }

    /// A timer that is due by `now`; one that repeats is set anew.
    fn next_timer(&mut self, now: Moment) -> Option<Timer> {
        let mut first = self.timers.peek_mut().filter(|first| first.0.0 <= now)?;
        let Reverse((due, id, every_ns)) = *first;
        if every_ns > 0 {
            first.0.0 = Moment { time: due.time.after(every_ns), round: 1 };
        } else {
            PeekMut::pop(first);
            self.engine.context.waiting_timers -= 1;
        }
        Some(Timer { id, time: due.time, every_ns })
    }

    fn on_news(&mut self, event: &AccountEvent) -> Result<()> {
        let hooks = self.engine.hooks();
        if hooks.order || (hooks.fill && matches!(event.news, OrderNews::Filled(_))) {
            self.catch_up(self.now, NONE_OF_ROUND);
        }
        self.step(Event::Account(event))
    }

    /// Brings the view up to date with what arrived without waking anyone.
    #[inline]
    pub(super) fn catch_up(&mut self, now: Moment, stream: usize) {
        if self.feed.is_behind(now) {
            self.feed.catch_up(now, stream, &mut self.engine.context);
        }
    }

    /// One step of the engine, and its requests on their way.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a row then need not be put together in memory
    pub(super) fn step(&mut self, event: Event<'_>) -> Result<()> {
        self.events += 1;
        let looks = self.now.round >= self.looks_from;
        if looks {
            self.note_cause(event);
        }
        let stepped = self.engine.step(event);
        if std::mem::take(&mut self.engine.context.asked) {
            self.carry();
        }
        if looks {
            return stepped.and_then(|()| self.note(Happening::Step(event)));
        }
        stepped
    }

    /// Carries what the strategy asked for on its way.
    #[inline(never)]
    pub(super) fn carry(&mut self) {
        let context = &mut self.engine.context;
        self.journal.note(&context.requests, self.now);
        self.client.send(&mut context.requests, self.now);
        let set = !(context.timers.is_empty() && context.cancelled_timers.is_empty());
        if set {
            self.set_timers();
        }
        if set || !self.engine.context.denied.is_empty() {
            self.deny();
            self.look_at_own();
        }
    }

    /// News of denied orders come in the next round, as if from a venue without latency.
    fn deny(&mut self) {
        let due = self.now.after(0);
        for (order, reason) in self.engine.context.denied.drain(..) {
            let news = OrderNews::Denied(reason);
            let (venue_time, time) = (due.time, due.time);
            self.local.push_back((due, AccountEvent { order, venue_time, time, news }));
        }
    }

    fn set_timers(&mut self) {
        for timer in self.engine.context.timers.drain(..) {
            // A timer comes after all that is known at its time, and never in the round that set
            // it.
            let round = if timer.time == self.now.time { self.now.round + 1 } else { 1 };
            let due = Moment { time: timer.time, round };
            self.timers.push(Reverse((due, timer.id, timer.every_ns)));
        }
        let cancelled = std::mem::take(&mut self.engine.context.cancelled_timers);
        if !cancelled.is_empty() {
            let waiting = self.timers.len();
            self.timers.retain(|Reverse((_, id, _))| !cancelled.contains(id));
            self.engine.context.waiting_timers -= waiting - self.timers.len();
        }
    }

    /// Keeps a log from now on.
    pub fn keep_log(&mut self, log: Box<dyn Log>) {
        self.engine.context.keep_calls();
        (self.log, self.looks_from) = (Some(log), 0);
    }

    /// True if a log is kept.
    pub fn keeps_log(&self) -> bool {
        self.log.is_some()
    }

    /// Notes something in the log, if one is kept.
    #[cold]
    pub(super) fn note(&mut self, what: Happening<'_>) -> Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        let moment = match what {
            Happening::Row(..) | Happening::Point(..) => Moment { time: self.end, round: 0 },
            Happening::Step(_) | Happening::Command(_) => self.now,
        };
        let calls = self.engine.context.take_calls();
        let context = &mut self.engine.context;
        let names = context.take_names();
        log.note(Entry { moment, what, calls }, context)?;
        names.into_iter().try_for_each(|names| log.note_names(moment, names))
    }

    /// Notes the names of an order from outside.
    pub fn note_names(&mut self, names: String) -> Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        log.note_names(self.now, names)
    }

    /// Has the log written that is kept, if one is.
    pub fn save_log(&mut self) -> Result<()> {
        self.log.as_mut().map_or(Ok(()), |log| log.save())
    }

    /// Closes the log, if one is kept.
    pub fn close_log(&mut self) -> Result<()> {
        self.log.take().map_or(Ok(()), |mut log| log.close())
    }

    fn note_cause(&mut self, event: Event<'_>) {
        if self.now.round + STORM_CAUSES as u32 <= self.last_round {
            return;
        }
        if self.causes.len() == STORM_CAUSES {
            self.causes.pop_front();
        }
        self.causes.push_back(event.to_string());
    }

    fn storm(&self) -> Error {
        let causes: Vec<&str> = self.causes.iter().map(String::as_str).collect();
        Error::Storm(format!(
            "events caused events {MAX_ROUNDS} times over at {}; the last were:\n  {}",
            self.now.time,
            causes.join("\n  ")
        ))
    }
}
