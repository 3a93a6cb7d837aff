//! Money: holdings, positions and the ledger of postings. One arithmetic for both sides.
//!
//! The exchange keeps the account that results are made of; the strategy's side keeps the same
//! arithmetic over what messages told it.

use crate::instrument::{AssetIndex, Spec};
use crate::market::Side;
use crate::num::{Ratio, div_half_even};
use crate::order::{Fill, NewTerms, Order, OrderId, OrderKind, TimeInForce};
use crate::time::Time;

/// What an account is allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// Assets change hands; nothing is ever negative.
    Cash,
    /// Signed positions settled in the quote asset, on margin.
    Linear {
        /// Notional per unit of equity, >= 1.
        leverage: u32,
    },
}

impl AccountKind {
    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Linear { .. } => "linear",
        }
    }
}

/// Money of one asset: `total = free + locked`. Counts of the asset's smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Everything.
    pub total: i128,
    /// What open orders hold back.
    pub locked: i128,
}

impl Holding {
    /// What can be used.
    pub const fn free(self) -> i128 {
        self.total - self.locked
    }
}

/// What is held of one instrument, from its fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Signed quantity, raw.
    pub quantity: i64,
    /// Signed cost of it in quote money; its average price is a view of both.
    pub cost: i128,
    /// Profit of what was closed, before fees, in quote money.
    pub realised: i128,
    /// Notional of working orders that buy and that sell, in quote money (margin accounts).
    pub working: [i128; 2],
    /// Quantity of working orders that buy and that sell, raw (margin accounts).
    pub working_quantity: [i64; 2],
}

impl Position {
    /// True if a fill can be counted: so large a position, and its shares.
    pub fn can_trade(&self, side: Side, quantity: i64, cost: i128) -> bool {
        let most = self.quantity.unsigned_abs().max(quantity.unsigned_abs());
        let shares = self.cost.abs().checked_add(cost.abs());
        self.quantity.checked_add(side.sign() * quantity).is_some()
            && shares.and_then(|sum| sum.checked_mul(i128::from(most))).is_some()
    }

    /// Takes a fill. Returns the profit of what it closed.
    ///
    /// The released share of the cost is rounded, the rest is kept by subtraction: parts add to the
    /// whole.
    #[inline]
    pub fn trade(&mut self, side: Side, quantity: i64, cost: i128) -> i128 {
        let signed = side.sign() * quantity;
        let cost = i128::from(side.sign()) * cost;
        if self.quantity == 0 || self.quantity.signum() == signed.signum() {
            self.quantity += signed;
            self.cost += cost;
            return 0;
        }
        let closing = quantity.min(self.quantity.abs());
        let share = |whole: i128, part: i64, of: i64| {
            if part == of { whole } else { div_half_even(whole * i128::from(part), i128::from(of)) }
        };
        let released = share(self.cost, closing, self.quantity.abs());
        let proceeds = share(cost, closing, quantity);
        let profit = -(released + proceeds);
        self.quantity += signed;
        self.cost += cost - proceeds - released;
        self.realised += profit;
        profit
    }
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PostingReason {
    /// Money brought in.
    Deposit,
    /// Base of a trade on a cash account.
    TradeBase,
    /// Quote of a trade on a cash account.
    TradeQuote,
    /// Profit of a closed part of a position.
    Realised,
    /// Fee of a fill.
    Fee,
}

impl PostingReason {
    /// The name that users see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::TradeBase => "trade_base",
            Self::TradeQuote => "trade_quote",
            Self::Realised => "realised",
            Self::Fee => "fee",
        }
    }
}

/// One change of money. A balance is the sum of its postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// When.
    pub time: Time,
    /// Of what.
    pub asset: AssetIndex,
    /// How much, signed, in the asset's smallest unit. Never zero.
    pub amount: i128,
    /// Why.
    pub reason: PostingReason,
    /// Order and fill it belongs to.
    pub fill: Option<(OrderId, u32)>,
}

/// What a buy holds back on a cash account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// raw price × raw quantity × this = cost and the dearest rate of a fee in quote.
    pub value: Ratio,
    /// Fees in quote beside a rate: raw quantity × the first, and the second for a fill.
    pub beside: Option<(Ratio, i128)>,
    /// True if fees are paid out of what is held back.
    pub covers_fee: bool,
}

impl Lock {
    /// What a buy of `quantity` holds back if `product` is its raw price × quantity.
    #[inline]
    pub fn money(&self, product: Product, quantity: i64) -> Option<i128> {
        let money = product.scale_up(self.value)?;
        match self.beside {
            Some((each, flat)) if quantity > 0 => {
                Some(money + each.scale_up(i128::from(quantity))? + flat)
            }
            _ => Some(money),
        }
    }
}

/// Raw price × quantity, counted in so many parts of one: an amount of money need not be a whole
/// number of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    count: i128,
    parts: i128,
}

impl Product {
    /// A whole number of it.
    #[inline]
    pub fn whole(count: i128) -> Self {
        Self { count, parts: 1 }
    }

    /// What a part is where one is `value`.
    #[inline]
    fn at(self, value: Ratio) -> Option<Ratio> {
        if self.parts == 1 { Some(value) } else { value.checked_div(Ratio::new(self.parts, 1)) }
    }

    /// As money where one is `value`, rounded half to even.
    #[inline]
    pub fn scale(self, value: Ratio) -> Option<i128> {
        self.at(value)?.scale(self.count)
    }

    /// The same, rounded up.
    #[inline]
    pub fn scale_up(self, value: Ratio) -> Option<i128> {
        self.at(value)?.scale_up(self.count)
    }
}

/// What prices an asset in the currency of the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PricedBy {
    /// Nothing in the run.
    Nothing,
    /// The market of an instrument, by its index.
    Instrument(usize),
    /// A constant: money of the asset × this = money of the currency.
    Constant(Ratio),
}

/// The doubled price that values an instrument, by its index; `None` before the first.
pub trait Marks: Fn(usize) -> Option<i64> + Copy {}
impl<F: Fn(usize) -> Option<i64> + Copy> Marks for F {}

/// Holdings and positions of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What it may do.
    pub kind: AccountKind,
    /// By asset.
    pub holdings: Vec<Holding>,
    /// By instrument.
    pub positions: Vec<Position>,
    /// Every change of money, if this account keeps them.
    pub ledger: Option<Vec<Posting>>,
}

impl Account {
    /// An empty account.
    pub fn new(kind: AccountKind, assets: usize, instruments: usize) -> Self {
        Self {
            kind,
            holdings: vec![Holding::default(); assets],
            positions: vec![Position::default(); instruments],
            ledger: None,
        }
    }

    /// The same account that keeps a ledger.
    #[must_use]
    pub fn with_ledger(mut self) -> Self {
        self.ledger = Some(Vec::new());
        self
    }

    /// Brings money in.
    pub fn deposit(&mut self, time: Time, asset: AssetIndex, amount: i128) {
        assert!(amount >= 0, "a deposit is not negative");
        self.post(Posting { time, asset, amount, reason: PostingReason::Deposit, fill: None });
    }

    #[inline]
    fn post(&mut self, posting: Posting) {
        if posting.amount == 0 {
            return;
        }
        self.holdings[posting.asset.at()].total += posting.amount;
        if let Some(ledger) = &mut self.ledger {
            ledger.push(posting);
        }
    }

    /// What an order of this size holds back: quote of a buy, base of a sell; on margin its
    /// notional.
    #[inline]
    pub fn need(&self, spec: &Spec, lock: &Lock, order: &Order) -> i128 {
        self.need_of(spec, lock, order, order.leaves())
    }

    /// What two orders need of which one loses what the other fills: whichever fills first, the
    /// larger one may fill what is more than the other.
    pub fn need_of_both(&self, spec: &Spec, lock: &Lock, one: &Order, other: &Order) -> i128 {
        let first = |first: &Order, then: &Order| {
            let rest = (then.leaves() - first.leaves()).max(0);
            self.need(spec, lock, first) + self.need_of(spec, lock, then, rest)
        };
        first(one, other).max(first(other, one))
    }

    /// What an order holds back if this much of it is left.
    #[inline]
    fn need_of(&self, spec: &Spec, lock: &Lock, order: &Order, leaves: i64) -> i128 {
        let product = outstanding(spec, order, (0, order.leaves() - leaves));
        let money = match (self.kind, order.request.side) {
            (AccountKind::Cash, Side::Buy) => lock.money(product, leaves),
            (AccountKind::Cash, Side::Sell) => return spec.base_money(leaves),
            (AccountKind::Linear { .. }, _) => product.scale(spec.cost),
        };
        money.unwrap_or_else(|| panic!("the lock of order {} is out of range", order.id.0))
    }

    /// Sets what `order` holds back to `amount`.
    #[inline]
    fn lock(&mut self, spec: &Spec, order: &mut Order, amount: i128) {
        let change = amount - order.locked;
        let side = order.request.side;
        match self.kind {
            AccountKind::Cash => {
                let asset = if side == Side::Buy { spec.quote } else { spec.base };
                self.holdings[asset.at()].locked += change;
            }
            AccountKind::Linear { .. } => {
                let position = &mut self.positions[order.request.instrument.at()];
                position.working[side as usize] += change;
            }
        }
        order.locked = amount;
    }

    /// Counts an order's quantity as working or no longer so (margin accounts).
    #[inline]
    fn work(&mut self, order: &Order, quantity: i64) {
        let position = &mut self.positions[order.request.instrument.at()];
        position.working_quantity[order.request.side as usize] += quantity;
    }

    /// Counts an order against the account and holds `amount` back for it.
    #[inline]
    pub fn hold(&mut self, spec: &Spec, order: &mut Order, amount: i128) {
        order.holds = true;
        self.work(order, order.leaves());
        self.lock(spec, order, amount);
    }

    /// The same, but on a cash account no more than there is.
    pub fn hold_free(&mut self, spec: &Spec, order: &mut Order, amount: i128) {
        let asset = if order.request.side == Side::Buy { spec.quote } else { spec.base };
        let free = self.holdings[asset.at()].free().max(0);
        let amount = if self.kind == AccountKind::Cash { amount.min(free) } else { amount };
        self.hold(spec, order, amount);
    }

    /// Releases what an order holds back. Returns it, for [`Self::take_up`].
    pub fn put_down(&mut self, spec: &Spec, order: &mut Order) -> Option<i128> {
        let held = order.holds.then_some(order.locked);
        self.release(spec, order);
        held
    }

    /// Lets an order hold back again what it had put down.
    pub fn take_up(&mut self, spec: &Spec, order: &mut Order, held: Option<i128>) {
        self.release(spec, order);
        if let Some(held) = held {
            self.hold(spec, order, held);
        }
    }

    /// Gives an order new terms; what it holds back follows.
    pub fn amend(&mut self, spec: &Spec, lock: &Lock, order: &mut Order, to: &NewTerms) {
        let (held, locked) = (order.holds, order.locked);
        self.release(spec, order);
        order.request.quantity = to.quantity;
        order.request.limit = to.limit;
        if let Some(trigger) = order.request.trigger_mut() {
            trigger.price = to.trigger;
        }
        if order.leaves() == 0 {
            order.set_fired(false);
        } else if held {
            let mut need = self.need(spec, lock, order);
            if may_be_capped(self.kind, order) {
                need = need.min(locked);
            }
            self.hold(spec, order, need);
        }
    }

    /// Releases everything that an order holds back.
    #[inline]
    pub fn release(&mut self, spec: &Spec, order: &mut Order) {
        if order.holds {
            self.work(order, -order.leaves());
            self.lock(spec, order, 0);
            order.holds = false;
        }
    }

    /// Books a fill: the order's progress, its lock, the position and the postings.
    #[inline]
    pub fn book(&mut self, spec: &Spec, lock: &Lock, order: &mut Order, fill: &Fill) {
        assert!(fill.order == order.id, "a fill belongs to its order");
        let cost = spec.notional(fill.price, fill.quantity);
        order.fill(fill);
        if order.holds {
            self.work(order, -fill.quantity);
            let mut hold = self.need(spec, lock, order);
            if self.kind == AccountKind::Cash && fill.side == Side::Buy {
                // What was spent came out of the lock; the lock of a capped market order never
                // grows back.
                let fee =
                    if lock.covers_fee && fill.fee_asset == spec.quote { fill.fee } else { 0 };
                let mut left = order.locked - cost - fee;
                if lock.beside.is_some() && !may_be_capped(self.kind, order) {
                    // The next fill's share of a flat fee is held back anew, as far as it is there.
                    left += self.holdings[spec.quote.at()].free();
                }
                hold = hold.min(left).max(0);
            }
            self.lock(spec, order, hold);
        }
        if order.leaves() == 0 && !fill.completes {
            // It may grow again.
            self.release(spec, order);
            order.set_fired(false);
        }
        let profit = self.positions[fill.instrument.at()].trade(fill.side, fill.quantity, cost);
        let of = Some((fill.order, fill.id));
        let time = fill.time;
        if self.kind == AccountKind::Cash {
            let sign = i128::from(fill.side.sign());
            let base = sign * spec.base_money(fill.quantity);
            let reason = PostingReason::TradeBase;
            self.post(Posting { time, asset: spec.base, amount: base, reason, fill: of });
            let reason = PostingReason::TradeQuote;
            self.post(Posting { time, asset: spec.quote, amount: -sign * cost, reason, fill: of });
        } else {
            let reason = PostingReason::Realised;
            self.post(Posting { time, asset: spec.quote, amount: profit, reason, fill: of });
        }
        let (asset, reason) = (fill.fee_asset, PostingReason::Fee);
        self.post(Posting { time, asset, amount: -fill.fee, reason, fill: of });
    }

    /// What remains for further positions on margin, in money of `quote`, at doubled marks by
    /// instrument.
    ///
    /// Equity less the initial margin of positions and of the larger side of working orders. Orders
    /// that close need none: their share of the side is taken at the side's average price.
    #[inline]
    pub fn available(&self, specs: &[Spec], quote: AssetIndex, mark: impl Marks) -> i128 {
        let (equity, required) = self.margin(specs, quote, mark);
        equity - required
    }

    /// What orders and positions hold back of an asset.
    pub fn locked(&self, specs: &[Spec], asset: AssetIndex) -> i128 {
        self.margin(specs, asset, |_| None).1
    }

    /// Equity in `quote`, and what is required of it; on a cash account what there is and what is
    /// locked of it: orders on their way may have been promised what a stop spends meanwhile.
    #[inline]
    fn margin(&self, specs: &[Spec], quote: AssetIndex, mark: impl Marks) -> (i128, i128) {
        let holding = self.holdings[quote.at()];
        let AccountKind::Linear { leverage } = self.kind else {
            return (holding.total, holding.locked.min(holding.total));
        };
        let (mut equity, mut required) = (holding.total, 0);
        for (i, (spec, position)) in specs.iter().zip(&self.positions).enumerate() {
            if spec.quote != quote {
                continue;
            }
            if position.quantity != 0 {
                let open = mark(i).map(|mark| spec.value(mark, position.quantity) - position.cost);
                equity += open.unwrap_or(0);
            }
            required += position.cost.abs() + position.working_margin();
        }
        // A requirement is rounded up, so that equity covers it.
        (equity, div_up(required, i128::from(leverage)))
    }

    /// Everything in money of `currency` at doubled marks by instrument; `None` if an asset has no
    /// price.
    ///
    /// `value_by` names for each asset what prices it in `currency`.
    pub fn equity(
        &self,
        specs: &[Spec],
        currency: AssetIndex,
        value_by: &[PricedBy],
        mark: impl Marks,
    ) -> Option<i128> {
        let mut equity = 0;
        for (asset, holding) in self.holdings.iter().enumerate() {
            if asset == currency.at() {
                equity += holding.total;
            } else if holding.total != 0 {
                equity += value_by[asset].value(specs, holding.total, mark)?;
            }
        }
        if self.kind == AccountKind::Cash {
            return Some(equity);
        }
        for (i, position) in self.positions.iter().enumerate() {
            if position.quantity == 0 {
                continue;
            }
            let open = specs[i].value(mark(i)?, position.quantity) - position.cost;
            equity += if specs[i].quote == currency {
                open
            } else {
                value_by[specs[i].quote.at()].value(specs, open, mark)?
            };
        }
        Some(equity)
    }
}

impl Position {
    /// Notional of the larger side of working orders, less what closes the position.
    #[inline]
    fn working_margin(&self) -> i128 {
        let (closes, opens) =
            if self.quantity > 0 { (Side::Sell, Side::Buy) } else { (Side::Buy, Side::Sell) };
        let (closing, opening) = (self.working[closes as usize], self.working[opens as usize]);
        if closing <= opening {
            return opening; // what closes lessens only its own side
        }
        let quantity = self.working_quantity[closes as usize];
        let free = self.quantity.abs().min(quantity);
        let rest = match free {
            0 => closing,
            _ if free == quantity => 0,
            _ => closing - closing * i128::from(free) / i128::from(quantity),
        };
        rest.max(opening)
    }
}

impl PricedBy {
    /// Money of the asset in the currency; `None` without a price.
    pub fn value(self, specs: &[Spec], money: i128, mark: impl Marks) -> Option<i128> {
        match self {
            Self::Nothing => None,
            Self::Instrument(by) => worth(&specs[by], mark(by)?, money),
            Self::Constant(price) => price.scale(money),
        }
    }
}

/// Money of `spec`'s base asset in its quote asset, at a doubled price.
fn worth(spec: &Spec, doubled_price: i64, money: i128) -> Option<i128> {
    let quantity = Ratio::ONE.checked_div(spec.base_amount)?.checked_mul(spec.half_cost)?;
    quantity.scale(i128::from(doubled_price).checked_mul(money)?)
}

fn div_up(numerator: i128, denominator: i128) -> i128 {
    if denominator == 1 {
        return numerator;
    }
    numerator.div_euclid(denominator) + i128::from(numerator.rem_euclid(denominator) != 0)
}

/// Raw price × quantity that the leaves of an order may come to, after a fill of this price and
/// quantity that is not booked yet. A buy by amount has what it did not spend, however many lots
/// that will be.
#[inline]
pub fn outstanding(spec: &Spec, order: &Order, (price, quantity): (i64, i64)) -> Product {
    let leaves = order.leaves() - quantity;
    if let Some(amount) = order.request.quote_quantity()
        && order.request.side == Side::Buy
        && leaves > 0
    {
        let spent = order.filled_value + i128::from(price) * i128::from(quantity);
        let (parts, units) = spec.cost.parts();
        return Product { count: amount.saturating_mul(units) - spent * parts, parts };
    }
    Product::whole(i128::from(order.request.limit) * i128::from(leaves))
}

/// True if an order's money may be cut to what is free instead of covering its whole price: what
/// was triggered, must fill in full, or names its amount, is paid for in full or refused.
pub fn may_be_capped(kind: AccountKind, order: &Order) -> bool {
    kind == AccountKind::Cash
        && order.request.kind == OrderKind::Market
        && order.request.side == Side::Buy
        && order.request.time_in_force != TimeInForce::FillOrKill
        && order.request.trigger().is_none()
        && order.request.quote_quantity().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The worked example of netting: average 110, +20, -5, short 1 at 105.
    #[test]
    fn average_cost() {
        let mut position = Position::default();
        let trades =
            [(Side::Buy, 2, 200), (Side::Buy, 1, 130), (Side::Sell, 2, 240), (Side::Sell, 2, 210)];
        let profits = trades.map(|(side, quantity, cost)| position.trade(side, quantity, cost));
        assert_eq!(profits, [0, 0, 20, -5]);
        assert_eq!((position.quantity, position.cost, position.realised), (-1, -105, 15));
    }

    proptest! {
        /// Money in = money out: cost kept and profit booked add up to what was paid, after every
        /// trade.
        #[test]
        fn cost_is_conserved(
            trades in prop::collection::vec((any::<bool>(), 1i64..50, 1i128..5_000), 1..60)
        ) {
            let mut position = Position::default();
            let (mut quantity, mut paid) = (0, 0);
            for (buy, size, cost) in trades {
                let side = if buy { Side::Buy } else { Side::Sell };
                position.trade(side, size, cost);
                quantity += side.sign() * size;
                paid += i128::from(side.sign()) * cost;
                prop_assert_eq!(position.quantity, quantity);
                prop_assert_eq!(position.cost - position.realised, paid);
                prop_assert!(position.quantity != 0 || position.cost == 0);
            }
        }
    }
}
