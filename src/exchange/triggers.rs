//! Orders that wait outside the book for a price: stops, orders if touched, trailing stops.

use super::SimulatedExchange;
use super::matching::Market;
use crate::event::{Moment, OrderNews};
use crate::market::Side;
use crate::order::{OrderId, OrderKind, Reason, Trail, Transition, Trigger, TriggerSource};

/// An order that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Armed {
    pub(super) order: OrderId,
    pub(super) side: Side,
    pub(super) trigger: Trigger,
}

/// An order on its way to the market. On candles one whose trigger was met meets a level of this
/// price, elsewhere the market.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fired {
    pub(super) order: OrderId,
    /// Where a trailing trigger stood when it was met.
    trigger: Option<i64>,
    pub(super) level: Option<i64>,
}

impl Fired {
    /// One that goes to the market once more, for it has grown.
    pub(super) fn anew(order: OrderId) -> Self {
        Self { order, trigger: None, level: None }
    }
}

impl Armed {
    /// Moves a trailing trigger after the price it watches, doubled; never against us, never off
    /// the tick.
    fn follow(&mut self, doubled: i64, tick: i64) {
        let Some(trail) = self.trigger.trail else { return };
        // 1 for a sell, whose trigger lies below the price.
        let (doubled, away) = (i128::from(doubled), -i128::from(self.side.sign()));
        // The new trigger is the first over the second.
        let (new, parts) = match trail {
            Trail::By(raw) => (doubled - away * 2 * i128::from(raw), 2),
            Trail::Share(share) => {
                let (share, whole) = share.parts();
                (doubled * (whole - away * share), 2 * whole)
            }
        };
        // Rounded away from the price: a trail is at least as long as was asked for.
        let step = parts * i128::from(tick);
        let ticks = away * (away * new).div_euclid(step);
        let follows = ticks as i64 * tick;
        let better = |old: i64| match self.side {
            Side::Sell => old.max(follows),
            Side::Buy => old.min(follows),
        };
        self.trigger.price = Some(self.trigger.price.map_or(follows, better));
    }
}

impl Market {
    /// The price that a trigger watches, doubled, for the mark may lie between two.
    pub(super) fn watched(&self, source: TriggerSource, side: Side) -> Option<i64> {
        let last = || self.last().map(|last| 2 * last);
        let touch = || self.touch(side.opposite()).map(|price| 2 * price);
        match source {
            TriggerSource::Mark => last().or_else(|| self.mark()),
            TriggerSource::Last if self.has_last() => last(),
            TriggerSource::BidAsk if !self.has_book() => last(),
            TriggerSource::Last | TriggerSource::BidAsk => touch(),
        }
    }

    /// Arms an order, or says that it fires at once. `Err` if a trailing one has no price to start
    /// from.
    pub(super) fn arm(&mut self, mut armed: Armed) -> Result<Option<Fired>, Reason> {
        let price = self.watched(armed.trigger.source, armed.side);
        match price {
            Some(price) => armed.follow(price, self.tick()),
            None if armed.trigger.price.is_none() => return Err(Reason::NoPrice),
            None => {}
        }
        if price.is_some_and(|price| fires(&armed.trigger, price)) {
            let (order, trigger) = (armed.order, armed.trigger.price);
            return Ok(Some(Fired { order, trigger, level: self.point() }));
        }
        self.armed.push(armed);
        Ok(None)
    }

    /// Where the trigger of an order that waits stands by now.
    pub(super) fn trigger_of(&self, order: OrderId) -> Option<i64> {
        let armed = self.armed.iter().find(|armed| armed.order == order)?;
        armed.trigger.price
    }

    /// True if it waits here for its trigger, or that was met by the present event.
    pub(super) fn watches(&self, order: OrderId) -> bool {
        self.armed.iter().any(|armed| armed.order == order)
            || self.fired.iter().any(|fired| fired.order == order)
    }

    /// True if a trigger would fire now.
    pub(super) fn is_met(&self, side: Side, trigger: &Trigger) -> bool {
        self.watched(trigger.source, side).is_some_and(|price| fires(trigger, price))
    }

    /// Lets an order wait no longer.
    pub(super) fn disarm(&mut self, order: OrderId) -> bool {
        let waiting = self.armed.len();
        self.armed.retain(|armed| armed.order != order);
        self.armed.len() < waiting
    }

    /// Looks at all that wait after the market moved; then trailing triggers follow it.
    #[inline(never)]
    pub(super) fn test_triggers(&mut self) {
        let mut armed = std::mem::take(&mut self.armed);
        armed.retain_mut(|armed| {
            let Some(price) = self.watched(armed.trigger.source, armed.side) else { return true };
            if fires(&armed.trigger, price) {
                let level = self.level(armed);
                let trigger = armed.trigger.price;
                self.fired.push(Fired { order: armed.order, trigger, level });
                return false;
            }
            armed.follow(price, self.tick());
            true
        });
        self.armed = armed;
    }

    /// On candles the price at which a triggered order meets the market: its trigger, passed on the
    /// way, and slippage; the point itself after a gap, or if another price was watched.
    fn level(&self, armed: &Armed) -> Option<i64> {
        let (point, trigger) = (self.point()?, &armed.trigger);
        if self.at_open() || trigger.source == TriggerSource::Mark {
            return Some(point);
        }
        trigger.price.map(|price| self.slipped(armed.side, price))
    }
}

/// True if a price, doubled, is one that a trigger waits for.
pub(super) fn fires(trigger: &Trigger, doubled: i64) -> bool {
    let met = |price: i64| if trigger.rises { doubled >= 2 * price } else { doubled <= 2 * price };
    trigger.price.is_some_and(met)
}

impl SimulatedExchange {
    /// Puts a waiting order beside the book, or fires it if its trigger is met already.
    pub(super) fn wait(&mut self, now: Moment, id: OrderId) -> Result<(), Reason> {
        let order = self.orders.open(id);
        let (at, side) = (order.request.instrument.at(), order.request.side);
        let Some(trigger) = order.request.trigger().copied() else { return Ok(()) };
        let market = &mut self.markets[at];
        let immediate = self.allow_immediate.unwrap_or(market.point().is_some());
        match market.arm(Armed { order: id, side, trigger })? {
            None => {}
            Some(fired) if immediate => market.fired.push(fired),
            Some(_) => return Err(Reason::WouldTrigger),
        }
        let price = market.armed.iter().find(|armed| armed.order == id);
        if let (Some(own), Some(armed)) = (order.request.trigger_mut(), price) {
            own.price = armed.trigger.price;
        }
        if order.status == crate::order::Status::Submitted {
            order.apply(Transition::Accept, None, now.time);
            self.tell(now, id, OrderNews::Accepted);
        }
        self.fire(now, at);
        Ok(())
    }

    /// Puts a child beside the book; it is looked at from the next price on.
    pub(super) fn watch(&mut self, now: Moment, id: OrderId) {
        let order = self.orders.open(id);
        let (at, side) = (order.request.instrument.at(), order.request.side);
        let Some(trigger) = order.request.trigger().copied() else { return };
        let market = &mut self.markets[at];
        if market.point().is_some() {
            market.armed.push(Armed { order: id, side, trigger });
            return;
        }
        match market.arm(Armed { order: id, side, trigger }) {
            Ok(None) => return,
            Ok(Some(fired)) => market.fired.push(fired),
            Err(reason) => return self.reject(now, id, reason),
        }
        self.fire(now, at);
    }

    /// Sends the orders whose triggers were met to the market, where they arrive a round later.
    pub(super) fn fire(&mut self, now: Moment, at: usize) {
        if self.markets[at].fired.is_empty() {
            return;
        }
        for fired in std::mem::take(&mut self.markets[at].fired) {
            let open = self.orders.get_mut(fired.order).filter(|order| !order.status.is_final());
            let Some(order) = open else {
                continue; // a fill of the same event ended it
            };
            if order.is_asleep() {
                continue; // or left it nothing
            }
            let side = order.request.side;
            if order.request.kind == OrderKind::Market {
                let best = fired.level.or_else(|| self.markets[at].touch(side.opposite()));
                let best = best.or(fired.trigger).unwrap_or(self.world.specs[at].tick);
                let tick = self.markets[at].tick();
                order.request.limit = self.world.terms[at].protection(tick, side, best);
            }
            let (limit, reduces) = (order.request.limit, order.request.reduce_only());
            order.apply(Transition::Trigger, None, now.time);
            order.set_fired(true);
            if !reduces && let Err(reason) = self.check_funds(fired.order, i128::MAX) {
                self.turn_away(now, fired.order, reason);
                continue;
            }
            self.tell(now, fired.order, OrderNews::Triggered(limit));
            self.set_out(now, fired);
        }
    }

    /// Refuses an order on its way to the market; the rest of one that has filled is cancelled.
    fn turn_away(&mut self, now: Moment, id: OrderId, reason: Reason) {
        if self.orders.open(id).filled > 0 {
            self.stop(now, id, reason);
        } else {
            self.reject(now, id, reason);
        }
    }

    /// Sends an order to the market, where it arrives a round later.
    pub(super) fn set_out(&mut self, now: Moment, fired: Fired) {
        self.children.push_back((now.after(0), fired));
        self.due = self.due.min(now.after(0));
    }

    /// Lets an order reach the market, if it did not end in between.
    pub(super) fn release_child(&mut self, now: Moment, fired: Fired) {
        let id = fired.order;
        let Some(order) = self.orders.get(id).filter(|order| !order.status.is_final()) else {
            return;
        };
        if order.leaves() == 0 || self.markets[order.request.instrument.at()].has(order) {
            return; // it was taking when it grew
        }
        let (side, limit) = (order.request.side, order.request.limit);
        let market = &self.markets[order.request.instrument.at()];
        let at_level = fired.level.is_some_and(|level| side.sign() * (level - limit) <= 0);
        if order.request.post_only && (at_level || market.would_take(side, limit, now.time)) {
            return self.turn_away(now, id, Reason::PostOnlyWouldCross);
        }
        if order.request.reduce_only() {
            self.clip(now, id);
        }
        if self.orders.get(id).is_some_and(|order| !order.status.is_final()) {
            self.work(now, id, fired.level);
        }
    }
}
