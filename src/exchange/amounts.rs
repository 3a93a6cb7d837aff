//! Orders by amount: the venue turns quote money into lots when the order meets a price.

use super::SimulatedExchange;
use super::taking::Purse;
use crate::event::Moment;
use crate::instrument::Spec;
use crate::market::Side;
use crate::order::{NewTerms, OrderId, OrderRequest, Reason};
use crate::time::Time;

impl SimulatedExchange {
    /// Gives a market order by amount the lots that its money pays for at the best price there is.
    /// True if these are not those that it was sent with.
    pub(super) fn convert(&self, request: &mut OrderRequest, now: Time) -> bool {
        if request.quote_quantity().is_none() {
            return false;
        }
        let market = &self.markets[request.instrument.at()];
        let price = market.met_first(request.side.opposite(), now);
        let Some(lots) = self.lots(request, price, now) else { return false };
        let before = std::mem::replace(&mut request.quantity, lots);
        before != lots
    }

    /// The lots of an order by amount at `price`; `None` where it is none, there is no price, or
    /// the amount is too small at it, which is for the matching to find.
    fn lots(&self, request: &OrderRequest, price: Option<i64>, now: Time) -> Option<i64> {
        let amount = request.quote_quantity()?;
        let spec = &self.world.specs[request.instrument.at()];
        let price = price.filter(|price| *price > 0)?;
        Some(spec.lots_for(amount, price, spec.lot_at(now))).filter(|lots| *lots > 0)
    }

    /// The same on candles, for one that waited for this price and took nothing before; it keeps
    /// its lots where rules or money do not allow the new ones.
    pub(super) fn convert_waiting(&mut self, now: Moment, id: OrderId) {
        let Some(order) = self.orders.get(id).filter(|o| !o.status.is_final() && o.filled == 0)
        else {
            return;
        };
        let request = &order.request;
        let price = self.markets[request.instrument.at()].touch(request.side.opposite());
        let Some(quantity) = self.lots(request, price, now.time) else { return };
        let (reduces, before) = (order.request.reduce_only(), order.terms());
        let to = NewTerms { quantity, ..before };
        if to == before || self.check_amended(now, id, to).is_err() {
            return;
        }
        self.change(now, id, to);
        if reduces {
            self.clip(now, id);
        }
    }
}

/// What an order by amount may spend. A sell only receives less at worse prices.
pub(super) fn purse(request: &OrderRequest, spec: &Spec, now: Time) -> Option<Purse> {
    let left = request.quote_quantity().filter(|_| request.side == Side::Buy)?;
    let (unit, lot) = (spec.cost, spec.lot_at(now));
    Some(Purse { left, unit, beside: None, lot, spent: Reason::QuoteQuantity })
}
