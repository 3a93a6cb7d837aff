//! An order that takes: what is there, up to its limit and its money.

use super::Hit;
use super::queue::Chances;
use crate::book::BookSide;
use crate::market::{Quote, Side};
use crate::num::Ratio;
use crate::order::{Liquidity, OrderId, Reason};
use crate::time::Time;

/// An order on its way through the book.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taker {
    pub(super) order: OrderId,
    /// When it came to the venue.
    pub(super) arrived: Time,
    /// What its draws are for, where anything is drawn.
    pub(super) chances: Chances,
    pub(super) side: Side,
    pub(super) limit: i64,
    pub(super) leaves: i64,
    /// Money that must do, where an order may cost more than its account has.
    pub(super) purse: Option<Purse>,
    /// The price that it meets before slippage is assumed; `None` where none is.
    pub(super) unslipped: Option<i64>,
    /// Something was left beyond the limit.
    pub(super) beyond: bool,
    /// The money ran out before the quantity.
    pub(super) broke: bool,
}

/// Money for a buy: what is left, and what one unit of raw price × raw quantity costs with its fee.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purse {
    pub(super) left: i128,
    pub(super) unit: Ratio,
    /// Fees beside a rate: raw quantity × the first, and the second for each fill.
    pub(super) beside: Option<(Ratio, i128)>,
    pub(super) lot: i64,
    /// Why the rest of the order ends when the money does.
    pub(super) spent: Reason,
}

impl Purse {
    /// The part of `quantity` that the money pays for at `price`, in lots.
    fn afford(&mut self, price: i64, quantity: i64) -> i64 {
        let cost = |quantity: i64| {
            let product = i128::from(price) * i128::from(quantity);
            let money = self.unit.scale_up(product).unwrap_or(i128::MAX);
            self.beside.map_or(money, |(each, flat)| {
                let each = each.scale_up(i128::from(quantity)).unwrap_or(i128::MAX);
                money.saturating_add(each).saturating_add(flat)
            })
        };
        let mut affordable = quantity;
        if cost(quantity) > self.left {
            let (each, flat) = self.beside.unwrap_or((Ratio::ZERO, 0));
            let unit = self.unit.to_f64() * price as f64 + each.to_f64();
            let lots = ((self.left - flat) as f64 / unit / self.lot as f64).max(0.0);
            affordable = (lots.min(quantity as f64 / self.lot as f64) as i64 + 1) * self.lot;
            // The float estimate is exact but for its last places.
            while affordable > 0 && cost(affordable) > self.left {
                affordable -= self.lot;
            }
        }
        if affordable > 0 {
            self.left -= cost(affordable);
        }
        affordable
    }
}

impl Taker {
    pub(super) fn is_done(&self) -> bool {
        self.leaves == 0 || self.broke
    }

    /// True if the limit allows `price`; notes when it does not.
    fn allows(&mut self, price: i64) -> bool {
        let allowed = match self.side {
            Side::Buy => price <= self.limit,
            Side::Sell => price >= self.limit,
        };
        self.beyond |= !allowed;
        allowed
    }

    /// Takes at most `available` at `price`, if the limit allows. Returns how much.
    pub(super) fn take(&mut self, price: i64, available: i64, hits: &mut Vec<Hit>) -> i64 {
        if available <= 0 || self.is_done() || !self.allows(price) {
            return 0;
        }
        let wanted = self.leaves.min(available);
        let quantity = self.purse.as_mut().map_or(wanted, |purse| purse.afford(price, wanted));
        self.broke = quantity < wanted;
        if quantity > 0 {
            self.leaves -= quantity;
            let order = self.order;
            let unslipped = self.unslipped.unwrap_or(price);
            hits.push(Hit { order, price, unslipped, quantity, liquidity: Liquidity::Taker });
        }
        quantity
    }
}

/// Best bid and ask, and what we took of them since they last changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Top {
    pub(super) quote: Quote,
    taken: [i64; 2],
    /// What was taken behind the best, ever.
    pub(super) walked: i64,
}

impl Top {
    pub(super) fn new(quote: Quote) -> Self {
        Self { quote, taken: [0; 2], walked: 0 }
    }

    /// A new quote. What was taken of a side is forgotten if its price or quantity changed.
    #[inline]
    pub(super) fn set(&mut self, quote: Quote) {
        let old = &self.quote;
        // Which side changed is a coin toss, which a processor cannot foresee: no branch.
        let same = |a: i64, b: i64| i64::from(a == b);
        let bid = same(old.bid, quote.bid) * same(old.bid_quantity, quote.bid_quantity);
        let ask = same(old.ask, quote.ask) * same(old.ask_quantity, quote.ask_quantity);
        self.taken[Side::Buy as usize] *= bid;
        self.taken[Side::Sell as usize] *= ask;
        self.quote = quote;
    }

    /// Best price of a side and the quantity displayed there; `None` if the side is empty.
    #[inline]
    pub(super) fn best(&self, side: Side) -> Option<(i64, i64)> {
        let (price, quantity) = match side {
            Side::Buy => (self.quote.bid, self.quote.bid_quantity),
            Side::Sell => (self.quote.ask, self.quote.ask_quantity),
        };
        (quantity > 0).then_some((price, quantity))
    }

    /// What is left of the displayed quantity of a side.
    #[inline]
    pub(super) fn left(&self, side: Side) -> i64 {
        self.best(side).map_or(0, |(_, quantity)| (quantity - self.taken[side as usize]).max(0))
    }

    /// Notes that `quantity` was taken of a side.
    pub(super) fn consume(&mut self, side: Side, quantity: i64) {
        self.taken[side as usize] += quantity;
    }

    /// Takes at the best and, tick by tick, behind it: each further tick is assumed to offer the
    /// same.
    pub(super) fn walk(&mut self, taker: &mut Taker, tick: i64, hits: &mut Vec<Hit>) {
        let side = taker.side.opposite();
        let Some((best, displayed)) = self.best(side) else { return };
        while !taker.is_done() {
            let gone = self.taken[side as usize];
            let ticks = if gone < displayed { 0 } else { gone / displayed };
            let price = best + taker.side.sign() * ticks * tick;
            if price <= 0 {
                return;
            }
            let left = (ticks + 1) * displayed - gone;
            let quantity = taker.take(price, left, hits);
            if quantity == 0 {
                return;
            }
            self.consume(side, quantity);
            if ticks > 0 {
                self.walked += quantity;
            }
        }
    }
}

/// Takes from the levels of one side of a book, best first.
pub(super) fn take_levels(levels: &mut BookSide, taker: &mut Taker, hits: &mut Vec<Hit>) {
    levels.take_each(|level| {
        let done = taker.is_done() || taker.beyond;
        (!done).then(|| taker.take(level.price, level.left(), hits))
    });
}
