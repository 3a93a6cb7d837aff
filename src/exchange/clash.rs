//! Orders of ours that would trade with each other.

use super::taking::Taker;
use super::{Hit, SimulatedExchange};
use crate::event::Moment;
use crate::order::{Liquidity, Order, OrderId, Reason, SelfTrade};

impl SimulatedExchange {
    /// Lets `taker` meet our own resting orders within its limit, each after the recorded quantity
    /// that is better priced. Says why the rest of it ends, if it does.
    pub(super) fn meet_own(
        &mut self,
        now: Moment,
        at: usize,
        taker: &mut Taker,
        mode: SelfTrade,
    ) -> Option<Reason> {
        while let Some((own, price)) = self.markets[at].own_within(taker.side, taker.limit) {
            self.markets[at].take_better(taker, price, now.time, &mut self.hits);
            self.book_hits(now);
            self.follow_up(taker);
            if taker.is_done() {
                return None;
            }
            if self.markets[at].own_within(taker.side, taker.limit) != Some((own, price)) {
                continue; // what it took before ended the other
            }
            match self.among(taker.order, own, mode) {
                SelfTrade::ExpireTaker => return Some(Reason::SelfTrade),
                SelfTrade::ExpireMaker => self.stop(now, own, Reason::SelfTrade),
                SelfTrade::ExpireBoth => {
                    self.stop(now, own, Reason::SelfTrade);
                    return Some(Reason::SelfTrade);
                }
                SelfTrade::Decrement => {
                    let overlap = taker.leaves.min(self.orders.open(own).leaves());
                    self.shrink(now, own, overlap, Reason::SelfTrade);
                    taker.leaves -= overlap;
                    self.shrink(now, taker.order, overlap, Reason::SelfTrade);
                    if taker.leaves == 0 {
                        return None;
                    }
                }
                SelfTrade::Allow => self.trade_own(now, at, taker, own, price),
            }
        }
        None
    }

    /// Between an entry and its exits it is the entry that gives way, whatever the mode: what it
    /// has filled keeps its exits.
    fn among(&self, taker: OrderId, own: OrderId, mode: SelfTrade) -> SelfTrade {
        let parent = |id| self.orders.get(id).and_then(|order| order.request.parent());
        if parent(taker) == Some(own) {
            SelfTrade::ExpireMaker
        } else if parent(own) == Some(taker) {
            SelfTrade::ExpireTaker
        } else {
            mode
        }
    }

    /// Two orders of ours trade with each other.
    fn trade_own(&mut self, now: Moment, at: usize, taker: &mut Taker, own: OrderId, price: i64) {
        let available = self.orders.open(own).leaves();
        let quantity = taker.take(price, available, &mut self.hits);
        if quantity > 0 {
            let leaves = available - quantity;
            self.markets[at].resize(self.orders.open(own), leaves);
            let liquidity = Liquidity::Maker;
            self.hits.push(Hit { order: own, price, unslipped: price, quantity, liquidity });
        }
        self.book_hits(now);
        self.follow_up(taker);
    }

    /// What was booked may have taken quantity off the order itself.
    pub(super) fn follow_up(&self, taker: &mut Taker) {
        let order = self.orders.get(taker.order).filter(|order| !order.status.is_final());
        taker.leaves = order.map_or(0, Order::leaves);
    }
}
