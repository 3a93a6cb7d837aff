//! An order seen from outside. Nothing here changes anything, and no run asks for it: it serves
//! those who play the venue's side of a run once more.

use super::SimulatedExchange;
use super::matching::Market;
use crate::event::AccountEvent;
use crate::order::{Order, OrderId};

/// Where an order stands at the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It has not arrived, or has ended.
    Nowhere,
    /// It waits for its parent to be filled.
    Sleeps,
    /// It waits for a price: its trigger, and what it watches, doubled; raw.
    Waits {
        /// The trigger; a trailing one moves.
        trigger: Option<i64>,
        /// The watched price, doubled, as far as there is one.
        watched: Option<i64>,
    },
    /// A market order that waits for the next point of a candle.
    InLine,
    /// In the book.
    Rests {
        /// Its limit, raw.
        limit: i64,
        /// What is left of it, raw.
        leaves: i64,
        /// Quantity of others ahead, raw; `None` while it cannot be seen.
        ahead: Option<i64>,
    },
}

/// An order and the price that it would take now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Where it stands.
    pub stands: Stands,
    /// Best price of the other side, or the candle's point; raw.
    pub best: Option<i64>,
}

impl SimulatedExchange {
    /// Where an order stands.
    pub fn look(&self, order: &Order) -> Look {
        let market = &self.markets[order.request.instrument.at()];
        let open = self.orders.get(order.id).filter(|order| !order.status.is_final());
        let best = market.touch(order.request.side.opposite());
        let stands = open.map_or(Stands::Nowhere, |open| self.stands(market, open));
        Look { stands, best }
    }

    fn stands(&self, market: &Market, order: &Order) -> Stands {
        let (id, side) = (order.id, order.request.side);
        if self.is_asleep(id) {
            return Stands::Sleeps;
        }
        if let Some(armed) = market.armed.iter().find(|armed| armed.order == id) {
            let watched = market.watched(armed.trigger.source, side);
            return Stands::Waits { trigger: armed.trigger.price, watched };
        }
        match market.resting(side).iter().find(|resting| resting.order == id) {
            Some(resting) => Stands::Rests {
                limit: resting.price,
                leaves: resting.leaves,
                ahead: market.ahead(resting),
            },
            None => Stands::InLine,
        }
    }

    /// The order of ours that is first in the book on each side of an instrument, with its limit.
    pub fn first_resting(&self, instrument: usize) -> [Option<(OrderId, i64)>; 2] {
        use crate::market::Side::{Buy, Sell};
        [Buy, Sell].map(|side| {
            let first = self.markets[instrument].resting(side).last();
            first.map(|resting| (resting.order, resting.price))
        })
    }

    /// Last trade or point, best bid and best ask of an instrument, as takers meet them.
    pub fn prices(&self, instrument: usize) -> [Option<i64>; 3] {
        use crate::market::Side::{Buy, Sell};
        let market = &self.markets[instrument];
        [market.last(), market.touch(Buy), market.touch(Sell)]
    }

    /// Quantity that was taken behind the best of quotes, where no data show any; raw.
    pub fn walked(&self, instrument: usize) -> i64 {
        self.markets[instrument].walked()
    }

    /// Orders that came before any data of their market and met the price that they named.
    pub fn granted(&self, instrument: usize) -> u32 {
        self.markets[instrument].granted
    }

    /// News on their way to the strategy's side, the oldest first.
    pub fn messages(&self) -> impl ExactSizeIterator<Item = &AccountEvent> {
        self.outbound.iter().map(|(_, event)| event)
    }

    /// What an order would hold back now, and what is free of that asset (what is available, on
    /// margin), in the asset's smallest unit.
    pub fn needs(&self, order: &Order) -> (i128, i128) {
        let at = order.request.instrument.at();
        let mark = |at: usize| self.markets[at].mark();
        crate::risk::needs(&self.account, &self.world.specs, &self.world.terms[at], order, mark)
    }
}
