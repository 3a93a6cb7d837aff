//! Rows that wake the strategy a round after they happened: both sides get them one after the
//! other.
//!
//! A short cut for the most common events; without it the same would happen.

use super::run::Run;
use crate::error::Result;
use crate::event::{MarketEvent, Moment};
use crate::execution::ExecutionClient;
use crate::market::{Columns, DataSet, Series};
use crate::replay::{Row, Stretch};
use crate::time::Time;

/// Up to which row rows happened, and were delivered.
struct Reached {
    happened: usize,
    delivered: usize,
}

impl<C: ExecutionClient> Run<C> {
    /// Lets the next rows at the venue, which are those of the feed at `place`, happen up to
    /// `until`, and delivers them, as long as nothing else comes between.
    pub(super) fn go_together(&mut self, data: &DataSet, place: usize, until: Time) -> Result<()> {
        let Some(mut stretch) = self.rows.stretch(until) else { return Ok(()) };
        stretch.until = stretch.until.min(self.feed.alone_until());
        let mut reached = Reached { happened: stretch.row, delivered: stretch.row };
        let series = &*data.streams[stretch.stream].series;
        let result = match &series.columns {
            Columns::Quotes { .. } => self.quotes(series, &stretch, &mut reached),
            Columns::Trades { .. } => self.trades(series, &stretch, &mut reached),
            _ => self.depth(series, &stretch, &mut reached),
        };
        self.rows.took(stretch.stream, reached.happened - stretch.row);
        self.feed.pass_to(place, reached.delivered);
        result
    }

    // One loop for each kind, in a function of its own: together they would fight for registers.

    #[inline(never)]
    fn quotes(&mut self, series: &Series, stretch: &Stretch, reached: &mut Reached) -> Result<()> {
        let Some(quote) = series.quotes() else { return Ok(()) };
        self.ticks(&series.time, stretch, reached, |row| Row::Quote(quote(row)))
    }

    #[inline(never)]
    fn trades(&mut self, series: &Series, stretch: &Stretch, reached: &mut Reached) -> Result<()> {
        let Some(trade) = series.trades() else { return Ok(()) };
        self.ticks(&series.time, stretch, reached, |row| Row::Trade(trade(row)))
    }

    #[inline(never)]
    fn depth(&mut self, series: &Series, stretch: &Stretch, reached: &mut Reached) -> Result<()> {
        let Some(level) = series.levels() else { return Ok(()) };
        self.ticks(&series.time, stretch, reached, |row| Row::Book(level(row)))
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // the innermost loop
    fn ticks(
        &mut self,
        times: &[i64],
        stretch: &Stretch,
        reached: &mut Reached,
        read: impl Fn(usize) -> Row,
    ) -> Result<()> {
        let times = &times[..stretch.end];
        let mut next = stretch.at;
        loop {
            let (row, time) = (reached.happened, Time(next));
            let event = MarketEvent { instrument: stretch.instrument, time, row: read(row) };
            self.client.on_row(&event);
            reached.happened = row + 1;
            next = times.get(row + 1).copied().unwrap_or(i64::MIN);
            // At its time nothing else may happen at the venue, nor come to us before it.
            let due = Moment { time, round: 1 };
            if time.ns() >= next.min(stretch.until) || self.others_due() <= due {
                return Ok(());
            }
            self.now = due;
            reached.delivered = row + 1;
            self.deliver(stretch.stream, &event)?;
            let then = Moment { time: Time(next), round: 0 };
            if next > stretch.until || self.others_due() <= then {
                return Ok(());
            }
        }
    }
}
