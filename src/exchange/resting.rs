//! Our own orders that rest on one side of one market, in price-time order.

use super::Hit;
use super::queue::{Place, Queue};
use crate::market::Side;
use crate::order::{Liquidity, OrderId};

/// A resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resting {
    pub(super) price: i64,
    pub(super) order: OrderId,
    pub(super) leaves: i64,
    pub(super) place: Place,
}

/// One side: the best price last, the oldest last at equal prices.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    side: Side,
    orders: Vec<Resting>,
    /// The lowest and the highest price; without orders every price lies outside of them.
    low: i64,
    high: i64,
}

impl Ladder {
    pub(super) fn new(side: Side) -> Self {
        Self { side, orders: Vec::new(), low: i64::MAX, high: i64::MIN }
    }

    fn find_ends(&mut self) {
        let price = |order: Option<&Resting>| order.map(|order| order.price);
        let ends = [price(self.orders.first()), price(self.orders.last())].into_iter().flatten();
        (self.low, self.high) =
            ends.fold((i64::MAX, i64::MIN), |(low, high), price| (low.min(price), high.max(price)));
    }

    /// The lowest price; one above all without orders.
    #[inline]
    pub(super) fn low(&self) -> i64 {
        self.low
    }

    /// The highest price; one below all without orders.
    #[inline]
    pub(super) fn high(&self) -> i64 {
        self.high
    }

    /// True if an order rests at `price` or better.
    #[inline]
    pub(super) fn reaches(&self, price: i64) -> bool {
        match self.side {
            Side::Buy => self.high >= price,
            Side::Sell => self.low <= price,
        }
    }

    /// True if `a` is a better price than `b` on this side.
    #[inline]
    fn better(&self, a: i64, b: i64) -> bool {
        match self.side {
            Side::Buy => a > b,
            Side::Sell => a < b,
        }
    }

    /// All of them, the best price last, the oldest last at equal prices.
    #[inline]
    pub(super) fn orders(&self) -> &[Resting] {
        &self.orders
    }

    /// Gives every order another place in its queue.
    pub(super) fn place_anew(&mut self, place: impl Fn(Place) -> Place) {
        self.orders.iter_mut().for_each(|order| order.place = place(order.place));
    }

    /// The order that is filled first, and its price.
    pub(super) fn first(&self) -> Option<(OrderId, i64)> {
        self.orders.last().map(|order| (order.order, order.price))
    }

    /// What rests at `limit` or better.
    pub(super) fn within(&self, limit: i64) -> i64 {
        let reached = self.orders.iter().rev().take_while(|order| !self.better(limit, order.price));
        reached.map(|order| order.leaves).sum()
    }

    /// Gives an order another quantity; it keeps its place.
    pub(super) fn resize(&mut self, price: i64, order: OrderId, leaves: i64) {
        let start = self.orders.partition_point(|other| self.better(price, other.price));
        if let Some(found) = self.orders[start..].iter_mut().find(|other| other.order == order) {
            found.leaves = leaves;
        }
        self.sweep(leaves == 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    pub(super) fn insert(&mut self, resting: Resting) {
        let at = self.orders.partition_point(|order| self.better(resting.price, order.price));
        self.orders.insert(at, resting);
        self.find_ends();
    }

    /// True if an order rests here.
    pub(super) fn has(&self, price: i64, order: OrderId) -> bool {
        let start = self.orders.partition_point(|other| self.better(price, other.price));
        self.orders[start..].iter().any(|other| other.order == order)
    }

    /// Takes an order out; false if it does not rest here.
    pub(super) fn remove(&mut self, price: i64, order: OrderId) -> bool {
        let start = self.orders.partition_point(|other| self.better(price, other.price));
        let found = self.orders[start..].iter().position(|other| other.order == order);
        if let Some(at) = found {
            self.orders.remove(start + at);
            self.find_ends();
        }
        found.is_some()
    }

    /// The best of this side is now `best` with `quantity`: orders there see their queue, better
    /// ones lead.
    pub(super) fn best_is(&mut self, queue: &Queue, best: i64, quantity: i64) {
        for i in (0..self.orders.len()).rev() {
            let price = self.orders[i].price;
            if self.better(price, best) {
                self.orders[i].place.is_best(queue);
            } else if price == best {
                self.orders[i].place.level_is(queue, quantity);
            } else {
                return;
            }
        }
    }

    /// The level at `price` now displays `quantity`.
    #[inline]
    pub(super) fn level_is(&mut self, queue: &Queue, price: i64, quantity: i64) {
        if (self.low..=self.high).contains(&price) {
            self.level_within_is(queue, price, quantity);
        }
    }

    #[inline(never)]
    fn level_within_is(&mut self, queue: &Queue, price: i64, quantity: i64) {
        for order in self.orders.iter_mut().rev().filter(|order| order.price == price) {
            order.place.level_is(queue, quantity);
        }
    }

    /// The whole book was shown anew; it says nothing of a level that it does not reach.
    pub(super) fn levels_are(&mut self, queue: &Queue, shown_at: impl Fn(i64) -> Option<i64>) {
        for order in &mut self.orders {
            if let Some(quantity) = shown_at(order.price) {
                order.place.level_is(queue, quantity);
            }
        }
    }

    /// A trade of `quantity` at `price` against this side; `given` of it went to own orders before.
    ///
    /// Returns what own orders have got of it now. `touch` fills at the price whatever the queue.
    pub(super) fn trade(
        &mut self,
        price: i64,
        quantity: i64,
        mut given: i64,
        touch: bool,
        queue: &Queue,
        hits: &mut Vec<Hit>,
    ) -> i64 {
        for i in (0..self.orders.len()).rev() {
            let order = &mut self.orders[i];
            let open = if order.price == price && !touch {
                order.place.traded(queue, quantity, given)
            } else if order.price == price || (self.side == Side::Buy) == (order.price > price) {
                quantity - given
            } else {
                break;
            };
            given += self.fill(i, open, hits);
        }
        self.sweep(given > 0);
        given
    }

    /// A trade as in [`Self::trade`], where data tell who `waits` for others at the very price.
    pub(super) fn print(
        &mut self,
        price: i64,
        quantity: i64,
        mut given: i64,
        waits: impl Fn(&Place) -> bool,
        hits: &mut Vec<Hit>,
    ) -> i64 {
        for i in (0..self.orders.len()).rev() {
            let order = &self.orders[i];
            if self.better(price, order.price) {
                break;
            }
            if order.price != price || !waits(&order.place) {
                given += self.fill(i, quantity - given, hits);
            }
        }
        self.sweep(given > 0);
        given
    }

    /// The market stands at or beyond orders of this side: those for which `reached` holds fill at
    /// their own price, up to `available` in all. Returns how much.
    pub(super) fn cross(
        &mut self,
        mut available: i64,
        reached: impl Fn(i64) -> bool,
        hits: &mut Vec<Hit>,
    ) -> i64 {
        let before = available;
        for i in (0..self.orders.len()).rev() {
            if available == 0 || !reached(self.orders[i].price) {
                break;
            }
            available -= self.fill(i, available, hits);
        }
        self.sweep(available < before);
        before - available
    }

    /// The market comes to `price` and no further: orders there fill as chance has it, up to
    /// `available` in all. Returns how much.
    pub(super) fn touched(
        &mut self,
        price: i64,
        mut available: i64,
        queue: &Queue,
        hits: &mut Vec<Hit>,
    ) -> i64 {
        let before = available;
        for i in (0..self.orders.len()).rev() {
            if self.orders[i].price == price {
                let open = self.orders[i].place.traded(queue, available, 0);
                available -= self.fill(i, open, hits);
            }
        }
        self.sweep(available < before);
        before - available
    }

    fn fill(&mut self, i: usize, available: i64, hits: &mut Vec<Hit>) -> i64 {
        let order = &mut self.orders[i];
        let quantity = order.leaves.min(available).max(0);
        if quantity > 0 {
            order.leaves -= quantity;
            let (order, price) = (order.order, order.price);
            let liquidity = Liquidity::Maker;
            hits.push(Hit { order, price, unslipped: price, quantity, liquidity });
        }
        quantity
    }

    /// Lets go of orders without leaves.
    fn sweep(&mut self, changed: bool) {
        if changed {
            self.orders.retain(|order| order.leaves > 0);
            self.find_ends();
        }
    }
}
