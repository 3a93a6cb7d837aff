//! A run that is fed from outside: rows, tables, commands, in the order in which they come.
//!
//! The clock shows the time of the latest of them. What they cause at that very time happens when
//! the clock moves on, or when [`Run::settle`] says so: until then more rows of the time may come,
//! and all of them happen before anyone reacts.

use super::feed::{ALL_OF_ROUND, Feed};
use super::log::Happening;
use super::run::{MAX_ROUNDS, Pulse, ROWS_PER_PULSE, Run, grid_after};
use crate::error::{Error, Result};
use crate::event::{Event, MarketEvent, Moment, Reconnecting};
use crate::execution::ExecutionClient;
use crate::instrument::InstrumentIndex;
use crate::market::{Candle, DataSet, MarketKind};
use crate::replay::{Row, VenueRows, Window, point_time};
use crate::time::Time;

/// Most points of equity that a gap between two rows may have.
const MAX_GAP: i64 = 5_000_000;

/// The last moment that the clock can show, the beginning of 2262: what comes after it by some
/// delay must be a time too.
const LAST: Time = Time(9_214_646_400_000_000_000);

/// Refuses a time that a clock cannot go to which stands at `clock`, if it stands anywhere; equity
/// is noted every `every_ns`.
///
/// # Errors
///
/// [`Error::State`] for one that is too far ahead.
pub fn check_reach(clock: Option<Time>, time: Time, every_ns: i64) -> Result<()> {
    let most = clock.map_or(LAST, |clock| clock.after(every_ns.saturating_mul(MAX_GAP)).min(LAST));
    if time <= most { Ok(()) } else { Err(too_far(clock, time, most)) }
}

#[cold]
fn too_far(clock: Option<Time>, time: Time, most: Time) -> Error {
    let stands = clock.map_or("has not begun".to_owned(), |clock| format!("stands at {clock}"));
    Error::State(format!("the clock {stands} and can go to {most} at once, not to {time}"))
}

impl<C: ExecutionClient> Run<C> {
    /// Begins; `start` is the time of the first row.
    pub fn begin(&mut self, start: Time) -> Result<()> {
        check_reach(None, start, self.every_ns())?;
        self.note_start(start);
        (self.start, self.end) = (Some(start), start);
        self.next_sample = grid_after(start, self.every_ns());
        self.admitted = vec![0; self.engine.context.world.specs.len()];
        self.sample(start);
        self.now = Moment { time: start, round: 0 };
        self.step(Event::Start(start))
    }

    /// True if rows of this kind have shown an instrument's market.
    pub fn has_seen(&self, instrument: InstrumentIndex, kind: MarketKind) -> bool {
        self.admitted.get(instrument.at()).is_some_and(|seen| seen & (1 << kind as u8) != 0)
    }

    /// When something is due next by itself; `None` if nothing is.
    pub fn next_due_time(&self) -> Option<Time> {
        Some(self.next_due()).filter(|due| *due != Moment::NEVER).map(|due| due.time)
    }

    /// True once it has begun.
    pub fn has_begun(&self) -> bool {
        self.start.is_some()
    }

    /// The clock: when the latest thing from outside came.
    pub fn clock(&self) -> Time {
        self.end
    }

    /// Lets a row happen at `time`, or now if that is past, and sends it on its way to the
    /// strategy.
    pub fn take(&mut self, instrument: InstrumentIndex, row: Row, time: Time) -> Result<()> {
        if let Row::Candle(candle) = row {
            return self.take_candle(instrument, candle, time);
        }
        self.move_to(time)?;
        let due = Moment { time: self.end, round: 0 }.after(0);
        self.happen_row(instrument, row, due)
    }

    /// Lets a row happen now, which reaches the strategy at `due`; of a candle its first point.
    pub fn happen_row(&mut self, of: InstrumentIndex, row: Row, due: Moment) -> Result<()> {
        self.admit(of, kind_of(&row));
        if self.keeps_log() {
            self.note(Happening::Row(of, &row, due))?;
        }
        if let Row::Candle(candle) = &row {
            self.client.on_point(of, candle, 0, self.end);
        } else {
            self.client.on_row(&MarketEvent { instrument: of, time: self.end, row });
        }
        self.tell(due, MarketEvent { instrument: of, time: due.time, row });
        Ok(())
    }

    /// Lets a further point of a candle happen now.
    pub fn happen_point(&mut self, of: InstrumentIndex, candle: &Candle, point: u8) -> Result<()> {
        if self.keeps_log() {
            self.note(Happening::Point(of, point))?;
        }
        self.client.on_point(of, candle, point, self.end);
        Ok(())
    }

    /// A candle has happened: its points at their times, as far as these are not past.
    fn take_candle(
        &mut self,
        instrument: InstrumentIndex,
        candle: Candle,
        time: Time,
    ) -> Result<()> {
        let open = candle.open_time.ns();
        let due = Moment { time: time.max(self.end), round: 0 }.after(0);
        for point in 0..4 {
            let at = Time(point_time(open, candle.close_time.ns() - open, point));
            // On a clock that is not the market's a candle is not longer than it takes to come.
            self.move_to(at.min(time))?;
            if point == 0 {
                self.happen_row(instrument, Row::Candle(candle), due)?;
            } else {
                self.happen_point(instrument, &candle, point)?;
            }
        }
        self.move_to(time)
    }

    /// Sends a row that has happened on its way to the strategy.
    fn tell(&mut self, due: Moment, event: MarketEvent) {
        let before = self.told.partition_point(|(moment, _)| *moment <= due);
        if before == self.told.len() {
            self.told.push_back((due, event));
        } else {
            self.told.insert(before, (due, event));
        }
        self.look_at_own();
    }

    /// The venue learns of a kind of rows when the first of them comes.
    fn admit(&mut self, instrument: InstrumentIndex, kind: MarketKind) {
        let known = &mut self.admitted[instrument.at()];
        let bit = 1 << kind as u8;
        if *known & bit == 0 {
            *known |= bit;
            let now = Moment { time: self.end, round: 0 };
            self.client.admit(instrument, kind, now);
        }
    }

    /// Moves the clock to `time`, if that is not past: everything due before it happens, then what
    /// is due at it by itself.
    pub fn move_to(&mut self, time: Time) -> Result<()> {
        if time > self.end {
            self.advance(time)?;
        }
        self.client.on_time(self.end);
        Ok(())
    }

    /// Moves the clock to `time`: everything due before it happens.
    pub fn advance(&mut self, time: Time) -> Result<()> {
        check_reach(Some(self.end), time, self.every_ns())?;
        loop {
            let due = self.next_due();
            if self.next_sample <= due.time.min(time) {
                self.sample(self.next_sample);
            } else if due.time < time {
                self.happen(due)?;
            } else {
                self.end = self.end.max(time);
                return Ok(());
            }
        }
    }

    /// Lets everything happen that is due by now.
    pub fn settle(&mut self) -> Result<()> {
        while self.next_due().time <= self.end {
            self.happen(self.next_due())?;
        }
        // Who asks next is to see what nobody was woken for.
        self.catch_up(Moment { time: self.end, round: MAX_ROUNDS }, ALL_OF_ROUND);
        Ok(())
    }

    /// Lets what is due next happen.
    pub fn happen_next(&mut self) -> Result<()> {
        let due = self.next_due();
        if self.next_sample <= due.time {
            self.sample(self.next_sample);
            return Ok(());
        }
        self.end = self.end.max(due.time);
        self.happen(due)
    }

    /// Settles, then has somebody outside ask something of the view; `words` say what, to a log.
    pub fn command<T>(
        &mut self,
        words: &str,
        ask: impl FnOnce(&mut super::Engine) -> Result<T>,
    ) -> Result<T> {
        self.settle()?;
        self.come_after();
        self.engine.context.tick(self.end);
        self.engine.context.set_commanded(true);
        let asked = ask(&mut self.engine);
        self.engine.context.set_commanded(false);
        if std::mem::take(&mut self.engine.context.asked) {
            self.carry();
        }
        self.note(Happening::Command(words))?;
        asked
    }

    /// The moment after all that has happened by now.
    fn come_after(&mut self) {
        self.now = if self.now.time == self.end {
            self.now.after(0)
        } else {
            Moment { time: self.end, round: 0 }
        };
        // What somebody outside asks for again and again is no storm.
        self.last_round = self.now.round + MAX_ROUNDS;
    }

    /// Settles, then enables or disables trading.
    pub fn set_trading(&mut self, enabled: bool) -> Result<()> {
        self.settle()?;
        self.come_after();
        self.step(Event::Trading(self.end, enabled))
    }

    /// Settles, then tells that a connection was lost.
    pub fn lose(&mut self, exchange: u32, account: bool) -> Result<()> {
        self.settle()?;
        self.come_after();
        self.step(Event::Reconnecting(Reconnecting { time: self.end, exchange, account }))
    }

    /// Replays a table, whose rows must not begin before the clock.
    pub fn replay(&mut self, data: &DataSet, pulse: Pulse<'_>) -> Result<()> {
        let Some((first, last)) = data.first_time().zip(data.last_time()) else { return Ok(()) };
        assert!(first >= self.end, "a table does not begin before the clock");
        self.move_to(first)?;
        for stream in data.streams.iter() {
            self.engine.context.regain(stream.instrument, false);
            self.admit(stream.instrument, stream.series.kind());
        }
        self.keep_deliveries();
        self.rows = VenueRows::new(data.clone(), Window::ALL);
        self.feed = Feed::new(data, Window::ALL, self.engine.hooks());
        self.rows.allow(ROWS_PER_PULSE);
        self.end = Time::MAX;
        let mut replayed = Ok(true);
        while replayed.is_ok() && self.rows.next_time() != Time::MAX {
            replayed = self.go_on(data, pulse);
        }
        self.end = last.max(self.now.time);
        replayed.map(drop)
    }

    /// Rows of the last table that have not reached the strategy go the way of single ones.
    fn keep_deliveries(&mut self) {
        self.catch_up(Moment { time: self.end, round: MAX_ROUNDS }, ALL_OF_ROUND);
        let rest = self.feed.rest();
        self.told.extend(rest);
        self.told.make_contiguous().sort_by_key(|(moment, _)| *moment);
        self.look_at_own();
    }

    /// Ends, once all rows have reached the strategy; what is due later never happens.
    pub fn finish(&mut self) -> Result<()> {
        let told = self.told.back().map(|(due, _)| due.time);
        self.end = self.end.max(self.feed.end().max(told).unwrap_or(self.end));
        self.settle()?;
        self.sample(self.end);
        if self.now.time < self.end {
            // The log says when it ended: the clock may have gone on since the last event.
            self.now = Moment { time: self.end, round: 0 };
        }
        self.finish_up()
    }
}

fn kind_of(row: &Row) -> MarketKind {
    match row {
        Row::Candle(_) => MarketKind::Candles,
        Row::Quote(_) => MarketKind::Quotes,
        Row::Trade(_) => MarketKind::Trades,
        Row::Book(_) => MarketKind::Depth,
        Row::Order(_) => MarketKind::MarketByOrder,
    }
}
