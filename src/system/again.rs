//! The venue's side of a run once more: the recorded rows, and the requests as they were sent.
//!
//! Nothing else reaches a venue, so it does what it did; whoever wants to know why looks on.

use std::sync::Arc;

use super::backtest::fund;
use super::outcome::Outcome;
use crate::account::Account;
use crate::error::Result;
use crate::event::Moment;
use crate::exchange::SimulatedExchange;
use crate::execution::{ExecutionClient, Request};
use crate::replay::{Stretch, VenueRows};
use crate::time::Time;

/// Rows that are let happen at once while nobody looks.
const MANY: u64 = 1 << 15;

/// A venue that lives through a run again.
pub(super) struct Again {
    pub(super) venue: SimulatedExchange,
    rows: VenueRows,
    sent: std::iter::Peekable<std::vec::IntoIter<(Moment, Request)>>,
    end: Time,
    from: Time,
}

/// What is next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    /// Rows of one stream.
    Rows(Stretch),
    /// Requests and news at a moment.
    Moment(Moment),
}

impl Again {
    /// A venue before its first row; from `from` on rows happen one by one.
    pub(super) fn new(outcome: &Outcome, from: Time) -> Result<Self> {
        let (data, settings) = (&outcome.data, &outcome.settings);
        let world = Arc::clone(&outcome.context.world);
        let account =
            Account::new(settings.exchange.account, world.assets.len(), world.specs.len());
        let mut venue = SimulatedExchange::new(&world, data, &settings.exchange, account)?;
        let rows = VenueRows::new(data.clone(), settings.window);
        for (asset, amount) in fund(data, settings)? {
            venue.deposit(rows.next_time(), asset, amount);
        }
        let sent: Vec<_> = outcome.journal.requests(&outcome.context).collect();
        let end = outcome.reached;
        Ok(Self { venue, rows, sent: sent.into_iter().peekable(), end, from })
    }

    fn due(&mut self) -> Moment {
        let sent = self.sent.peek().map_or(Moment::NEVER, |(moment, _)| *moment);
        self.venue.next_due().min(sent)
    }

    /// What happens next; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Next> {
        let due = self.due();
        self.rows.allow(1);
        match self.rows.stretch(due.time.min(self.end)) {
            Some(stretch) => Some(Next::Rows(stretch)),
            None => (due.time <= self.end).then_some(Next::Moment(due)),
        }
    }

    /// Lets it happen. False if a row did not, for an order expired before it.
    pub(super) fn go(&mut self, next: Next) -> bool {
        match next {
            Next::Rows(stretch) => {
                let early = stretch.at < self.from.ns();
                self.rows.allow(if early { MANY } else { 1 });
                let mut until = self.due().time.min(self.end);
                if early {
                    until = until.min(Time(self.from.ns() - 1));
                }
                let taken = self.rows.taken();
                self.venue.on_market(&mut self.rows, until);
                self.rows.taken() > taken
            }
            Next::Moment(now) => {
                if self.venue.next_due() <= now {
                    self.venue.advance(now);
                }
                let mut requests = Vec::new();
                while let Some((_, request)) = self.sent.next_if(|(moment, _)| *moment == now) {
                    requests.push(request);
                }
                self.venue.send(&mut requests, now);
                true
            }
        }
    }

    /// Hands out the news that have arrived by a moment, so that the venue may forget them.
    pub(super) fn deliver(&mut self, now: Moment) {
        while self.venue.news(now).is_some() {}
    }
}
