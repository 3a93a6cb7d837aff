//! Numbers of orders within their instrument: what draws are made by, so that an order of another
//! instrument changes none.

use super::queue::Chances;
use crate::execution::Request;
use crate::instrument::InstrumentIndex;
use crate::order::OrderId;

/// Orders counted by instrument, as they are sent.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    sent: Vec<u32>,
    /// By number within the run; of no meaning for an order that was never sent.
    orders: Vec<(InstrumentIndex, Chances)>,
}

impl Numbers {
    /// Nothing was sent yet for any of `instruments`.
    pub(super) fn new(instruments: usize) -> Self {
        Self { sent: vec![0; instruments], orders: Vec::new() }
    }

    /// Counts the order that a request opens.
    pub(super) fn count(&mut self, request: &Request) {
        if let Request::Open(id, order, _) = request {
            let sent = &mut self.sent[order.instrument.at()];
            *sent += 1;
            if id.at() >= self.orders.len() {
                self.orders.resize(id.at() + 1, (InstrumentIndex(0), Chances::NONE));
            }
            self.orders[id.at()] = (order.instrument, Chances::of(*sent));
        }
    }

    /// Instrument of an order that was sent, and its number there, from 1.
    pub(super) fn of(&self, id: OrderId) -> (InstrumentIndex, u32) {
        let (instrument, chances) = self.orders[id.at()];
        (instrument, chances.order())
    }

    /// What the draws of an order are for that goes to the market now.
    pub(super) fn chances(&mut self, id: OrderId) -> Chances {
        let (_, chances) = &mut self.orders[id.at()];
        let again = chances.again();
        std::mem::replace(chances, again)
    }
}
