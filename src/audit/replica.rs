//! A view that follows a log, without a strategy and without a venue.

use std::collections::VecDeque;

use super::line::{Kind, Line, Step, delivered};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{DataFault, Result};
use crate::event::{Event, MarketEvent};
use crate::instrument::AssetIndex;
use crate::strategy::Idle;
use crate::time::Time;

/// The strategy's side of a run, made from its log.
pub struct Replica {
    engine: Engine,
    deposits: Vec<(AssetIndex, i128)>,
    /// Rows that have happened and have not reached the strategy, with their kind.
    coming: VecDeque<(Kind, MarketEvent)>,
    next: u64,
    time: Option<Time>,
    names: Vec<String>,
    ended: bool,
}

impl Replica {
    /// Before the first line; `context` knows nothing yet, and `deposits` come in at the start.
    pub fn new(context: Context, deposits: Vec<(AssetIndex, i128)>) -> Self {
        let engine = Engine::new(context, Box::new(Idle));
        let (coming, names) = (VecDeque::new(), Vec::new());
        Self { engine, deposits, coming, next: 0, time: None, names, ended: false }
    }

    /// The view after the last line.
    pub fn context(&self) -> &Context {
        &self.engine.context
    }

    /// When the last thing happened; `None` before the first.
    pub fn time(&self) -> Option<Time> {
        self.time
    }

    /// The number of the line that it waits for.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Names of orders from outside, as they were noted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// True once the run has ended.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Follows a line.
    ///
    /// # Errors
    ///
    /// [`Error::Data`](crate::error::Error::Data) for a line that is not the next, or makes no
    /// sense here.
    pub fn follow(&mut self, line: &Line) -> Result<()> {
        if line.sequence != self.next {
            let text = format!("line {} of the log comes after {}", line.sequence, self.next);
            return Err(DataFault::new(text).into());
        }
        let known = self.engine.context.world.specs.len();
        if line.instrument.is_some_and(|of| of.at() >= known) {
            return Err(senseless(line));
        }
        self.next += 1;
        if line.kind.is_row() {
            let Some((of, row, due)) = line.row() else { return Err(senseless(line)) };
            self.coming.push_back((line.kind, delivered(of, row, due)));
        } else if line.kind == Kind::Names {
            self.names.extend(line.detail.clone());
        } else if line.kind.is_step() {
            self.follow_step(line)?;
        }
        self.time = self.time.max(Some(line.moment.time));
        Ok(())
    }

    fn follow_step(&mut self, line: &Line) -> Result<()> {
        let (step, calls) = line.step()?;
        let time = line.moment.time;
        match &step {
            Step::Start => {
                for (asset, amount) in std::mem::take(&mut self.deposits) {
                    self.engine.context.deposit(time, asset, amount);
                }
                self.engine.step(Event::Start(time))?;
            }
            Step::Market(kind) => {
                let event = self.arrive(*kind, line)?;
                self.engine.context.regain(event.instrument, false);
                self.engine.step(Event::Market(&event))?;
            }
            Step::Account(news) => {
                if self.engine.context.order(news.order).is_none() {
                    return Err(senseless(line));
                }
                self.engine.step(Event::Account(news))?;
            }
            Step::Timer(timer) => self.engine.step(Event::Timer(timer))?,
            Step::Reconnecting(lost) => self.engine.step(Event::Reconnecting(*lost))?,
            Step::Trading(enabled) => {
                self.engine.step(Event::Trading(time, *enabled))?;
                // What the hook for that sends is not denied.
                self.engine.context.set_commanded(!enabled);
            }
            Step::Command(_) => {
                self.engine.context.tick(time);
                self.engine.context.set_commanded(true);
            }
            Step::End => {
                self.engine.step(Event::End(time))?;
                self.ended = true;
            }
        }
        let view = &mut *self.engine.context;
        let called = calls.into_iter().try_for_each(|call| view.call(call));
        view.set_commanded(false);
        view.drop_requests();
        called
    }

    /// The oldest row of a kind that is on its way.
    fn arrive(&mut self, kind: Kind, line: &Line) -> Result<MarketEvent> {
        let of = line.instrument;
        let place = self
            .coming
            .iter()
            .position(|(known, event)| *known == kind && Some(event.instrument) == of);
        let found = place.and_then(|place| self.coming.remove(place));
        found.map(|(_, event)| event).ok_or_else(|| senseless(line))
    }
}

fn senseless(line: &Line) -> crate::error::Error {
    let (sequence, kind) = (line.sequence, line.kind.name());
    let text = format!("line {sequence} ({kind}) of the log does not follow from those before it");
    DataFault::new(text).into()
}
