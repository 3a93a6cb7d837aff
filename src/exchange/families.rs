//! Orders that depend on each other: two legs of which one loses what the other fills, and children
//! that close what their parent fills.
//!
//! A child is as large as what its parent has filled, less what its other leg has. One that has
//! nothing to close *sleeps*: it is nowhere in the market and holds no money, but as long as its
//! parent works it has not ended, for the parent's next fill wakes it.

use super::SimulatedExchange;
use super::matching::Arrival;
use super::triggers::Fired;
use crate::account::AccountKind;
use crate::event::{Moment, OrderNews};
use crate::market::Side;
use crate::order::{NewTerms, Order, OrderId, Reason, Status, Transition};

impl SimulatedExchange {
    /// A child reaches the venue: what it has to close by now wakes it.
    pub(super) fn adopt(&mut self, now: Moment, id: OrderId, parent: OrderId) {
        let sibling = self.orders.open(id).request.sibling();
        let first = sibling.and_then(|sibling| self.orders.get(sibling));
        let refused = first.is_some_and(|first| first.status == Status::Rejected);
        let closed = first.map_or(0, |first| first.filled);
        let quantity = self.orders.get(parent).map_or(0, |parent| parent.filled) - closed;
        if refused || (quantity <= 0 && !self.is_open(parent)) {
            self.end(now, id, Arrival::Cancel(Reason::Oco));
        } else if quantity > 0 && self.grow(now, id, quantity) {
            self.bring(now, id, true);
        } else if self.is_asleep(id) && !self.is_open(parent) {
            self.end(now, id, Arrival::Cancel(Reason::Oco));
        }
        for relative in sibling.into_iter().chain([parent]) {
            self.let_go(relative);
        }
    }

    /// A leg reaches the venue after the other one: it ends with it if that was refused, and loses
    /// what it has filled since.
    pub(super) fn join(&mut self, now: Moment, id: OrderId, sibling: OrderId) {
        let Some(first) = self.orders.get(sibling) else { return };
        let filled = first.filled;
        if first.status == Status::Rejected {
            self.stop(now, id, Reason::Oco);
        } else if filled > 0 {
            self.shrink(now, id, filled, Reason::Oco);
        }
        self.let_go(sibling);
    }

    /// Forgets an order that was kept for one that has arrived now, if its end was told.
    fn let_go(&mut self, id: OrderId) {
        let told = || self.outbound.iter().all(|(_, event)| event.order != id);
        if !self.is_open(id) && told() {
            self.orders.forget(id);
        }
    }

    /// After a fill of `quantity`: the other leg loses it, children grow by it.
    #[inline(never)]
    pub(super) fn tell_family(&mut self, now: Moment, id: OrderId, quantity: i64) {
        let Some(order) = self.orders.get(id) else { return };
        let (sibling, children) = (order.request.sibling(), order.request.children(id));
        if let Some(sibling) = sibling.filter(|sibling| self.is_open(*sibling)) {
            self.shrink(now, sibling, quantity, Reason::Oco);
        }
        let new = |id: OrderId| self.orders.get(id).is_some_and(|o| o.status == Status::Submitted);
        let children = children.filter(|child| self.is_open(*child));
        let children: Vec<(OrderId, bool)> = children.map(|child| (child, new(child))).collect();
        // One that trades at once takes off the other what that must have by then.
        let mut grown = Vec::new();
        for (child, new) in children {
            if self.is_open(child) && self.grow(now, child, quantity) {
                grown.push((child, new));
            }
        }
        for (child, new) in grown {
            self.bring(now, child, new);
        }
        if !self.is_open(id) {
            self.settle_children(now, id);
        }
    }

    /// Children that sleep when their parent ends end with it; a leg that was refused takes the
    /// other one along, one that ended otherwise leaves it its money.
    pub(super) fn part(&mut self, now: Moment, id: OrderId) {
        let Some(order) = self.orders.get(id) else { return };
        let (status, sibling) = (order.status, order.request.sibling());
        self.settle_children(now, id);
        let Some(sibling) = sibling.filter(|sibling| self.is_open(*sibling)) else { return };
        if status == Status::Rejected {
            self.stop(now, sibling, Reason::Oco);
        } else {
            self.take_over(now, sibling);
        }
    }

    /// Nothing will wake the children of an order that ended.
    fn settle_children(&mut self, now: Moment, id: OrderId) {
        let Some(order) = self.orders.get(id) else { return };
        for child in order.request.children(id) {
            if self.is_asleep(child) {
                self.settle(now, child);
            }
        }
    }

    fn settle(&mut self, now: Moment, id: OrderId) {
        let order = self.orders.open(id);
        if order.filled == 0 {
            return self.stop(now, id, Reason::Oco);
        }
        order.apply(Transition::Complete, None, now.time);
        self.tell(now, id, OrderNews::Completed);
    }

    /// The leg that is left holds the money that both held once, or ends if it needs more.
    fn take_over(&mut self, now: Moment, id: OrderId) {
        let order = self.orders.open(id);
        let sleeps = order.is_waiting() || order.status == Status::Submitted || order.is_asleep();
        let needs = !(order.holds || sleeps || order.request.reduce_only());
        if needs && let Err(reason) = self.check_funds(id, i128::MAX) {
            return self.stop(now, id, reason);
        }
        self.share(id);
    }

    pub(super) fn is_open(&self, id: OrderId) -> bool {
        self.orders.get(id).is_some_and(|order| !order.status.is_final())
    }

    /// True if it waits for its parent to be filled.
    pub(super) fn is_asleep(&self, id: OrderId) -> bool {
        self.orders.get(id).is_some_and(Order::is_asleep)
    }

    /// True if it has a parent that still works.
    pub(super) fn may_grow(&self, id: OrderId) -> bool {
        let parent = self.orders.get(id).and_then(|order| order.request.parent());
        parent.is_some_and(|parent| self.is_open(parent))
    }

    /// Gives a child `quantity` more to close, or as much of that as there is. False if it is as it
    /// was, or rejected.
    fn grow(&mut self, now: Moment, id: OrderId, quantity: i64) -> bool {
        let quantity = self.closable(now, id).map_or(quantity, |most| most.min(quantity));
        if quantity <= 0 {
            return false;
        }
        let order = self.orders.open(id);
        if order.status != Status::Submitted {
            let to = NewTerms { quantity: order.request.quantity + quantity, ..order.terms() };
            let grows = self.account.kind != AccountKind::Cash || self.check_money(id, to).is_ok();
            if grows {
                self.change(now, id, to);
            }
            return grows;
        }
        order.request.quantity = quantity;
        let to = order.terms();
        if let Err(reason) = self.check(id, i128::MAX, now.time) {
            self.reject(now, id, reason);
            return false;
        }
        self.orders.open(id).apply(Transition::Accept, None, now.time);
        self.tell(now, id, OrderNews::Accepted);
        self.tell(now, id, OrderNews::Amended(to));
        true
    }

    /// How much more a child can close where it delivers what its parent received: in whole lots,
    /// and that may be less than was filled, by a fee.
    fn closable(&mut self, now: Moment, id: OrderId) -> Option<i64> {
        let (order, sibling) = self.orders.open_with_sibling(id);
        if self.account.kind != AccountKind::Cash || order.request.side == Side::Buy {
            return None;
        }
        let spec = &self.world.specs[order.request.instrument.at()];
        let free = self.account.holdings[spec.base.at()].free();
        let held = order.locked + sibling.map_or(0, |leg| leg.locked);
        let lot = spec.lot_at(now.time);
        let lots = spec.quantity_of(free + held) / lot * lot;
        let has = if order.status == Status::Submitted { 0 } else { order.leaves() };
        Some(lots - has)
    }

    /// Brings a child that has grown to where it belongs: beside the book, or to the market, where
    /// one that rests goes to the back of the queue.
    fn bring(&mut self, now: Moment, id: OrderId, new: bool) {
        if !self.is_open(id) {
            return;
        }
        let order = self.orders.open(id);
        let market = &mut self.markets[order.request.instrument.at()];
        if order.is_waiting() {
            if !market.watches(id) {
                self.watch(now, id);
            }
        } else if new {
            if order.request.reduce_only() {
                self.clip(now, id);
            }
            if self.is_open(id) {
                self.work(now, id, None);
            }
        } else if market.cancel(order) {
            self.work(now, id, None);
        } else if !self.is_on_its_way(id) {
            // It slept, or is taking just now: then it is there in a round.
            self.set_out(now, Fired::anew(id));
        }
    }
}
