//! A run that goes on where its log ends: everything that came from outside comes again at its
//! time, venue and strategy do what they did, and each line is compared with the log's.

use std::sync::atomic::Ordering;

use super::kept::input_of;
use super::running::Running;
use crate::audit::{Kind, Line};
use crate::error::{Error, Result};
use crate::event::Moment;
use crate::instrument::InstrumentIndex;
use crate::market::{Candle, DataSet};
use crate::replay::{Row, VenueRows, Window};
use crate::time::Time;

/// Lines, or rows that are written as lines, between two looks at whether to go on.
const LINES_PER_PULSE: usize = 1 << 10;

/// What a resumed run has taken in before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// Rows and other inputs.
    pub inputs: usize,
    /// Rows, and further points of candles.
    pub points: usize,
}

/// A candle whose points have not all happened.
struct Unfinished {
    of: InstrumentIndex,
    candle: Candle,
    next: u8,
    due: Moment,
}

impl Unfinished {
    /// When all of it has happened. One that comes without a delay may come later than it closes.
    fn end(&self) -> Time {
        if self.due.round > 0 { self.due.time } else { self.candle.close_time }
    }
}

impl Running {
    /// Lines that the log has so far.
    fn logged(&self) -> usize {
        self.lines.as_ref().map_or(0, |lines| lines.load(Ordering::Acquire) as usize)
    }

    /// Does again what `lines` say. The log that is kept must compare them. A candle that was cut
    /// between its points goes on if it `comes_alone`; those of a table come with that. `pulse` is
    /// called now and then, and may stop it.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if the run does not repeat them.
    pub fn resume(
        &mut self,
        lines: &[Line],
        comes_alone: bool,
        pulse: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<Resumed> {
        let mut resumed = Resumed::default();
        let mut candles: Vec<Option<Unfinished>> = self.closes.iter().map(|_| None).collect();
        // Lines that the start itself made: the orders of the start, trading disabled.
        let mut of_start = 0;
        for (at, line) in lines.iter().enumerate() {
            if at.is_multiple_of(LINES_PER_PULSE) {
                pulse(at as u64)?;
            }
            let outside = line.kind.is_row()
                || matches!(line.kind, Kind::Reconnecting | Kind::Trading | Kind::Command);
            resumed.inputs += usize::from(outside && at >= of_start);
            resumed.points += usize::from(line.kind.is_row() || line.kind == Kind::Point);
            if self.logged() > at {
                continue; // it came with one before
            }
            if let Some((of, row, due)) = line.row().filter(|_| comes_alone) {
                let candle = if let Row::Candle(candle) = row { Some(candle) } else { None };
                let whole = candle.map(|candle| Unfinished { of, candle, next: 0, due }.end());
                self.note_day(whole.unwrap_or(line.moment.time));
            }
            self.repeat(at, line, &mut candles)?;
            if self.logged() <= at {
                return Err(stuck(line));
            }
            if line.kind == Kind::Start {
                of_start = self.logged();
            }
        }
        if comes_alone {
            resumed.points += self.finish_candles(candles.into_iter().flatten())?;
        }
        Ok(resumed)
    }

    /// Lets the points happen that are missing of candles, in the order of time: how many.
    fn finish_candles(&mut self, candles: impl Iterator<Item = Unfinished>) -> Result<usize> {
        let candles: Vec<Unfinished> = candles.collect();
        let mut missing = Vec::new();
        for one in &candles {
            let (open, close) = (one.candle.open_time.ns(), one.candle.close_time.ns());
            let mut last = Time::MIN;
            for point in one.next..4 {
                let at = Time(crate::replay::point_time(open, close - open, point));
                // The last point of a candle without any length lies before its first.
                last = last.max(at.min(one.end()));
                missing.push((last, point, one));
            }
        }
        missing.sort_by_key(|(at, ..)| *at);
        for (at, point, one) in &missing {
            self.run.move_to(*at)?;
            self.run.happen_point(one.of, &one.candle, *point)?;
        }
        if let Some(end) = candles.iter().map(Unfinished::end).max() {
            self.run.move_to(end)?;
        }
        Ok(missing.len())
    }

    fn repeat(&mut self, at: usize, line: &Line, candles: &mut [Option<Unfinished>]) -> Result<()> {
        let time = line.moment.time;
        match line.kind {
            Kind::Start => self.begin(time),
            Kind::Market | Kind::Account | Kind::Timer => {
                while self.logged() <= at {
                    if self.run.next_due_time().is_none() {
                        return Err(stuck(line));
                    }
                    self.run.happen_next()?;
                }
                Ok(())
            }
            Kind::Trading | Kind::Reconnecting => {
                self.run.move_to(time)?;
                match line.step()?.0 {
                    crate::audit::Step::Trading(enabled) => self.run.set_trading(enabled),
                    crate::audit::Step::Reconnecting(lost) => {
                        self.run.lose(lost.exchange, lost.account)
                    }
                    _ => Err(stuck(line)),
                }
            }
            Kind::Command => {
                let crate::audit::Step::Command(words) = line.step()?.0 else {
                    return Err(stuck(line));
                };
                self.run.move_to(time)?;
                self.obey(input_of(&words)?, &words)
            }
            Kind::End => {
                self.run.move_to(time)?;
                self.finish()
            }
            Kind::Point => {
                let of = line.instrument.ok_or_else(|| stuck(line))?;
                let unfinished = candles.get_mut(of.at()).and_then(Option::as_mut);
                let unfinished = unfinished.ok_or_else(|| stuck(line))?;
                let point = line.point().ok_or_else(|| stuck(line))?;
                let candle = unfinished.candle;
                unfinished.next = point.saturating_add(1);
                self.run.move_to(time)?;
                self.run.happen_point(of, &candle, point)
            }
            Kind::Names => Err(stuck(line)), // they come with their command
            Kind::Trade | Kind::Quote | Kind::Book | Kind::Order | Kind::Candle => {
                let (of, row, due) = line.row().ok_or_else(|| stuck(line))?;
                let (Some(close), Some(unfinished)) =
                    (self.closes.get_mut(of.at()), candles.get_mut(of.at()))
                else {
                    return Err(stuck(line));
                };
                if let Row::Candle(candle) = row {
                    *close = Some(candle.close_time);
                    *unfinished = Some(Unfinished { of, candle, next: 1, due });
                }
                self.run.move_to(time)?;
                self.run.happen_row(of, row, due)
            }
        }
    }

    /// A table whose every row goes into the log.
    pub(super) fn replay_row_by_row(
        &mut self,
        data: &DataSet,
        skip: usize,
        pulse: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        let mut rows = VenueRows::new(data.clone(), Window::ALL);
        let mut taken = 0;
        loop {
            rows.allow(1);
            let Some(stretch) = rows.stretch(Time::MAX) else { break };
            let (of, series) = (stretch.instrument, &data.streams[stretch.stream].series);
            if taken >= skip {
                self.run.move_to(Time(stretch.at))?;
                let row = series.row(stretch.row);
                match row {
                    Row::Candle(candle) if stretch.point > 0 => {
                        self.run.happen_point(of, &candle, stretch.point)?;
                    }
                    _ => {
                        let venue = Moment { time: Time(series.venue_time(stretch.row)), round: 0 };
                        let delay = series.arrival_time(stretch.row) - venue.time.ns();
                        self.run.happen_row(of, row, venue.after(delay))?;
                    }
                }
            }
            rows.took(stretch.stream, 1);
            taken += 1;
            if taken.is_multiple_of(LINES_PER_PULSE) {
                pulse(taken as u64)?;
            }
        }
        data.last_time().map_or(Ok(()), |last| self.run.move_to(last))
    }
}

fn stuck(line: &Line) -> Error {
    let (sequence, kind) = (line.sequence, line.kind.name());
    Error::State(format!("the run does not repeat its log: line {sequence} ({kind}) did not come"))
}
