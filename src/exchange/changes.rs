//! Orders that change or end while they work: amended, clipped.

use super::SimulatedExchange;
use super::matching::Arrival;
use crate::event::{Moment, OrderNews};
use crate::order::{
    Amendment, NewTerms, OrderId, OrderKind, Reason, TimeInForce, Transition, Trigger,
};
use crate::risk::{check_filters, check_funds, check_leg, hold_back, reducible};

impl SimulatedExchange {
    /// An amendment reaches the venue.
    pub(super) fn amend(&mut self, now: Moment, id: OrderId, amendment: &Amendment) {
        if let Err(reason) = self.try_amend(now, id, amendment) {
            self.count_refused(reason);
            self.tell(now, id, OrderNews::AmendRejected(reason));
        }
    }

    fn try_amend(&mut self, now: Moment, id: OrderId, change: &Amendment) -> Result<(), Reason> {
        let order = self.orders.get(id).filter(|order| !order.status.is_final());
        let order = order.ok_or(Reason::NotOpen)?;
        let waits = order.is_waiting();
        let at_once = matches!(
            order.request.time_in_force,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill
        );
        let at_market = order.request.kind == OrderKind::Market;
        if self.is_asleep(id) || (!waits && (at_once || at_market || self.is_on_its_way(id))) {
            return Err(Reason::NotAmendable);
        }
        let mut to = NewTerms {
            quantity: change.quantity.unwrap_or(order.request.quantity),
            limit: change.limit.unwrap_or(order.request.limit),
            trigger: change.trigger.or_else(|| {
                // A trailing one has moved.
                let market = &self.markets[order.request.instrument.at()];
                let asked = order.request.trigger().and_then(|trigger| trigger.price);
                market.trigger_of(id).or(asked)
            }),
            asked: true,
        };
        if to.quantity <= order.filled {
            self.stop(now, id, Reason::User);
            return Ok(());
        }
        if order.request.reduce_only() && !waits {
            let most = self.reducible(id)? + order.filled;
            to.quantity = to.quantity.min(most);
        }
        self.check_amended(now, id, to)?;
        if waits {
            return self.wait_anew(now, id, to);
        }
        self.place_anew(now, id, to);
        Ok(())
    }

    /// The venue's checks of new terms, which are not in force yet.
    pub(super) fn check_amended(
        &mut self,
        now: Moment,
        id: OrderId,
        to: NewTerms,
    ) -> Result<(), Reason> {
        let Some(order) = self.orders.get(id) else { return Err(Reason::NotOpen) };
        let mut request = order.request.clone();
        (request.quantity, request.limit) = (to.quantity, to.limit);
        if let Some(special) = &mut request.special {
            // One that has fired is no price of the order any more.
            let waiting = special.trigger.filter(|_| order.is_waiting());
            special.trigger = waiting.map(|trigger| Trigger { price: to.trigger, ..trigger });
        }
        let at = request.instrument.at();
        let market = &self.markets[at];
        let reference = to.trigger.or_else(|| market.reference(request.side));
        let around = || self.around(id, &request, now.time);
        check_filters(&self.world.specs[at], &request, || reference, around)?;
        let order = self.orders.open(id);
        let old = &order.request;
        let anew = to.limit != old.limit || to.quantity > old.quantity;
        let takes = request.post_only && anew && !order.is_waiting();
        if takes && market.would_take(request.side, to.limit, now.time) {
            return Err(Reason::PostOnlyWouldCross);
        }
        self.check_money(id, to)
    }

    /// Whether there is the money for new terms: they are tried, and put back as they were.
    pub(super) fn check_money(&mut self, id: OrderId, to: NewTerms) -> Result<(), Reason> {
        let at = self.orders.open(id).request.instrument.at();
        let (specs, terms) = (&self.world.specs, &self.world.terms[at]);
        let mark = |at: usize| self.markets[at].mark();
        let (order, mut sibling) = self.orders.open_with_sibling(id);
        let (spec, account) = (&specs[at], &mut self.account);
        let own = account.put_down(spec, order);
        let other = sibling.as_deref_mut().map(|leg| account.put_down(spec, leg));
        let before = (order.request.quantity, order.request.limit);
        (order.request.quantity, order.request.limit) = (to.quantity, to.limit);
        let checked = match sibling.as_deref_mut().filter(|leg| !leg.needs_nothing()) {
            _ if order.needs_nothing() => Ok(()),
            Some(leg) => check_leg(account, specs, terms, order, leg, mark),
            None => check_funds(account, specs, terms, order, (0, i128::MAX), mark),
        };
        account.release(spec, order);
        (order.request.quantity, order.request.limit) = before;
        account.take_up(spec, order, own);
        if let (Some(leg), Some(other)) = (sibling, other) {
            account.take_up(spec, leg, other);
        }
        checked
    }

    /// New terms of an order that rests: less at the same price keeps its place, all else goes to
    /// the back.
    fn place_anew(&mut self, now: Moment, id: OrderId, to: NewTerms) {
        let order = self.orders.open(id);
        let keeps = to.limit == order.request.limit && to.quantity <= order.request.quantity;
        let at = order.request.instrument.at();
        if !keeps {
            self.markets[at].cancel(order);
        }
        self.change(now, id, to);
        if !keeps {
            self.work(now, id, None);
        }
    }

    /// New terms of an order that waits for its trigger.
    fn wait_anew(&mut self, now: Moment, id: OrderId, to: NewTerms) -> Result<(), Reason> {
        let order = self.orders.open(id);
        let at = order.request.instrument.at();
        let market = &mut self.markets[at];
        if let Some(trigger) = order.request.trigger() {
            let trigger = Trigger { price: to.trigger, ..*trigger };
            let met = market.is_met(order.request.side, &trigger);
            if met && !self.allow_immediate.unwrap_or(market.point().is_some()) {
                return Err(Reason::WouldTrigger);
            }
        }
        market.disarm(id);
        self.change(now, id, to);
        self.wait(now, id)
    }

    /// Writes new terms into an order, its place and its money, and tells them.
    pub(super) fn change(&mut self, now: Moment, id: OrderId, to: NewTerms) {
        let order = self.orders.open(id);
        let at = order.request.instrument.at();
        self.account.amend(&self.world.specs[at], &self.world.terms[at].lock, order, &to);
        order.apply(Transition::Amend, None, now.time);
        let leaves = order.leaves();
        self.markets[at].resize(order, leaves);
        self.share(id);
        self.tell(now, id, OrderNews::Amended(to));
    }

    /// Two legs hold what they need together once, whatever changed.
    pub(super) fn share(&mut self, id: OrderId) {
        let (order, sibling) = self.orders.open_with_sibling(id);
        let at = order.request.instrument.at();
        let (spec, lock) = (&self.world.specs[at], &self.world.terms[at].lock);
        hold_back(&mut self.account, spec, lock, order, sibling);
    }

    /// Takes `quantity` off an order without a trade; nothing left ends it, unless it may grow.
    pub(super) fn shrink(&mut self, now: Moment, id: OrderId, quantity: i64, reason: Reason) {
        let order = self.orders.open(id);
        if order.is_asleep() {
            return; // it has nothing to lose
        }
        let mut quantity = quantity;
        if quantity >= order.leaves() {
            quantity = order.leaves();
            if !self.may_grow(id) {
                return self.stop(now, id, reason);
            }
            self.take_out(id);
        }
        let order = self.orders.open(id);
        let to = NewTerms { quantity: order.request.quantity - quantity, ..order.terms() };
        self.change(now, id, to);
    }

    /// Takes an order out of the market and ends it.
    pub(super) fn stop(&mut self, now: Moment, id: OrderId, reason: Reason) {
        self.take_out(id);
        self.end(now, id, Arrival::Cancel(reason));
    }

    /// Takes an order out of the market, wherever it is there. False if it was nowhere.
    pub(super) fn take_out(&mut self, id: OrderId) -> bool {
        let order = self.orders.open(id);
        let market = &mut self.markets[order.request.instrument.at()];
        if market.cancel(order) || market.disarm(id) {
            return true;
        }
        let on_its_way = self.is_on_its_way(id);
        self.children.retain(|(_, fired)| fired.order != id);
        on_its_way || self.is_asleep(id)
    }

    /// True if its trigger was met and it did not reach the market yet.
    pub(super) fn is_on_its_way(&self, id: OrderId) -> bool {
        self.children.iter().any(|(_, fired)| fired.order == id)
    }

    /// How much a reduce-only order may still reduce, others aside.
    pub(super) fn reducible(&self, id: OrderId) -> Result<i64, Reason> {
        let Some(order) = self.orders.get(id) else { return Err(Reason::NotOpen) };
        let others = self.reducers.iter().filter(|other| **other != id);
        let others = others.filter_map(|other| self.orders.get(*other));
        let working = others.filter(|order| !order.status.is_final());
        reducible(&self.account, &order.request, working)
    }

    /// Cuts an arriving reduce-only order to what it may reduce; ends it if that is nothing.
    pub(super) fn clip(&mut self, now: Moment, id: OrderId) {
        let most = self.reducible(id).unwrap_or(0);
        let order = self.orders.open(id);
        let excess = order.leaves() - most;
        if excess > 0 {
            self.shrink(now, id, excess, Reason::ReduceOnly);
        }
        if most > 0 && !self.reducers.contains(&id) {
            self.reducers.push(id);
        }
    }

    /// After a position changed: reduce-only orders must not exceed it, the newest give way first.
    #[inline(never)]
    pub(super) fn clip_all(&mut self, now: Moment) {
        let alive = |id: &OrderId| self.orders.get(*id).is_some_and(|o| !o.status.is_final());
        let mut reducers = std::mem::take(&mut self.reducers);
        reducers.retain(alive);
        self.reducers.clone_from(&reducers);
        for (place, id) in reducers.iter().enumerate().rev() {
            let Some(order) = self.orders.get(*id) else { continue };
            let before = reducers[..place].iter().filter_map(|other| self.orders.get(*other));
            let before = before.filter(|order| !order.status.is_final());
            let most = reducible(&self.account, &order.request, before).unwrap_or(0);
            let excess = order.leaves() - most;
            if excess > 0 {
                self.shrink(now, *id, excess, Reason::ReduceOnly);
            }
        }
    }
}
