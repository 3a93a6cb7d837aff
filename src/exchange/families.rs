//! Orders that depend on each other: two legs of which one cancels the other, and children that
//! come to life with the fills of their parent.

use super::SimulatedExchange;
use super::matching::Arrival;
use crate::event::{Moment, OrderNews};
use crate::order::{NewTerms, OrderId, OrderKind, Reason, Status, Transition};

impl SimulatedExchange {
    /// A child reaches the venue: it sleeps until its parent is filled.
    pub(super) fn adopt(&mut self, now: Moment, id: OrderId, parent: OrderId) {
        let order = self.orders.get(parent);
        let (filled, over) = order.map_or((0, true), |o| (o.filled, o.status.is_final()));
        if over && filled == 0 {
            return self.end(now, id, Arrival::Cancel(Reason::Oco));
        }
        self.families.entry(parent).or_default().push(id);
        if filled > 0 {
            self.grow(now, id, filled);
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
    }

    /// After a fill of `quantity`: the other leg loses it, children grow by it.
    #[inline(never)]
    pub(super) fn tell_family(&mut self, now: Moment, id: OrderId, quantity: i64) {
        let sibling = self.orders.get(id).and_then(|order| order.request.sibling());
        if let Some(sibling) = sibling.filter(|sibling| self.is_open(*sibling)) {
            self.shrink(now, sibling, quantity, Reason::Oco);
        }
        let children = if self.is_open(id) {
            self.families.get(&id).cloned()
        } else {
            self.families.remove(&id)
        };
        for child in children.unwrap_or_default() {
            if self.is_open(child) {
                self.grow(now, child, quantity);
            }
        }
    }

    /// Children of an order that ended without a fill end with it; a leg that was refused takes the
    /// other one along, one that ended otherwise leaves it its money.
    pub(super) fn part(&mut self, now: Moment, id: OrderId) {
        let Some(order) = self.orders.get(id) else { return };
        let (status, filled, sibling) = (order.status, order.filled, order.request.sibling());
        let children = self.families.remove(&id).unwrap_or_default();
        for child in children {
            if filled == 0 && self.is_open(child) {
                self.stop(now, child, Reason::Oco);
            }
        }
        let Some(sibling) = sibling.filter(|sibling| self.is_open(*sibling)) else { return };
        if status == Status::Rejected {
            self.stop(now, sibling, Reason::Oco);
        } else {
            self.take_over(now, sibling);
        }
    }

    /// The leg that is left holds the money that both held once, or ends if it needs more.
    fn take_over(&mut self, now: Moment, id: OrderId) {
        let order = self.orders.open(id);
        let sleeps = order.is_waiting() || order.status == Status::Submitted;
        let needs = !(order.holds || sleeps || order.request.reduce_only());
        if needs && let Err(reason) = self.check_funds(id, i128::MAX) {
            self.stop(now, id, reason);
        }
    }

    pub(super) fn is_open(&self, id: OrderId) -> bool {
        self.orders.get(id).is_some_and(|order| !order.status.is_final())
    }

    /// Brings a child to life for `quantity` more.
    fn grow(&mut self, now: Moment, id: OrderId, quantity: i64) {
        let order = self.orders.open(id);
        let sleeps = order.status == Status::Submitted;
        let before = if sleeps { 0 } else { order.request.quantity };
        let to = NewTerms { quantity: before + quantity, ..order.terms() };
        if !sleeps {
            return self.swell(now, id, to);
        }
        order.request.quantity = to.quantity;
        let limit = order.request.kind == OrderKind::Limit;
        let waits = order.is_waiting();
        if let Err(reason) = self.check(id, i128::MAX, now.time) {
            return self.reject(now, id, reason);
        }
        if waits || limit {
            let order = self.orders.open(id);
            order.apply(Transition::Accept, None, now.time);
            self.tell(now, id, OrderNews::Accepted);
            self.tell(now, id, OrderNews::Amended(to));
        }
        if waits {
            return self.watch(now, id);
        }
        if self.orders.open(id).request.reduce_only() {
            self.clip(now, id);
        }
        if self.is_open(id) {
            self.work(now, id, None);
        }
    }

    /// True if it waits for its parent to be filled.
    pub(super) fn is_asleep(&self, id: OrderId) -> bool {
        let order = self.orders.get(id);
        order.is_some_and(|o| o.status == Status::Submitted && o.request.parent().is_some())
    }

    /// A living child grows; one that rests goes to the back of the queue for that. One that is
    /// on its way to the market, or trades with its parent, brings there what it has grown by.
    fn swell(&mut self, now: Moment, id: OrderId, to: NewTerms) {
        let order = self.orders.open(id);
        let rests = self.markets[order.request.instrument.at()].cancel(order);
        self.change(now, id, to);
        if rests {
            self.work(now, id, None);
        }
    }
}
