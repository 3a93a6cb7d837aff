//! What happens at a time of its own: another tick, the end of an order.

use super::SimulatedExchange;
use crate::event::{Moment, OrderNews};
use crate::market::DataSet;
use crate::order::{OrderId, Reason, Transition};
use crate::time::Time;

/// What is due; at one time the first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timed {
    /// The rules of an instrument change.
    Rules(usize),
    /// A good-till-date order ends.
    End(OrderId),
}

impl SimulatedExchange {
    /// Notes when rules change after the first row; what changed before is in force from the start.
    pub(super) fn start(&mut self, data: &DataSet) {
        let first = data.first_time().unwrap_or(Time::MAX);
        for at in 0..self.markets.len() {
            self.follow_rules(at, first);
            let changes = self.world.specs[at].rules.iter().flat_map(|rules| rules.changes());
            let later = changes.filter(|time| *time > first);
            self.timed.extend(later.map(|time| (time, Timed::Rules(at))));
        }
        self.look_at_due();
    }

    /// Does what is due.
    pub(super) fn let_time_pass(&mut self, now: Moment) {
        while self.next_timed() <= now.time
            && let Some((_, due)) = self.timed.pop_first()
        {
            match due {
                Timed::Rules(at) => self.follow_rules(at, now.time),
                Timed::End(id) => {
                    if self.is_open(id) {
                        self.take_out(id);
                        self.let_expire(now, id);
                    }
                }
            }
        }
    }

    /// When the next of it is due.
    #[inline]
    pub(super) fn next_timed(&self) -> Time {
        self.timed.first().map_or(Time::MAX, |(time, _)| *time)
    }

    /// The tick may be another from one time to the next. (Matching counts quantities in a step of
    /// which every lot is a multiple.)
    fn follow_rules(&mut self, at: usize, now: Time) {
        self.markets[at].set_tick(self.world.specs[at].tick_at(now));
    }

    /// Ends an order by its own time.
    pub(super) fn let_expire(&mut self, now: Moment, id: OrderId) {
        let order = self.orders.open(id);
        let spec = &self.world.specs[order.request.instrument.at()];
        self.account.release(spec, order);
        order.apply(Transition::Expire, Some(Reason::Expired), now.time);
        self.tell(now, id, OrderNews::Expired);
        self.part(now, id);
    }
}
