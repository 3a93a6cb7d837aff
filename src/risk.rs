//! Checks before an order is sent, and once more when it arrives: pure functions with the venue's
//! reasons.

use crate::account::{Account, AccountKind, Lock, Marks, Product, may_be_capped};
use crate::filters::{self, Around};
use crate::instrument::Spec;
use crate::market::Side;
use crate::num::Ratio;
use crate::order::{Order, OrderKind, OrderRequest, Reason};

/// Terms of trading that both sides know.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What a buy holds back on a cash account: its cost and the dearest fee.
    pub lock: Lock,
    /// A market order takes up to its best price × (1 ± this).
    pub max_slippage: Ratio,
    /// From the last trade to the best price where only trades show the market, in ticks.
    pub half_spread: i64,
}

impl Terms {
    /// The price up to which a market order takes, from the best price seen: rounded inward to a
    /// `tick`.
    pub fn protection(&self, tick: i64, side: Side, best: i64) -> i64 {
        let slip = self.max_slippage.scale_floor(i128::from(best)) as i64;
        match side {
            Side::Buy => (best + slip).div_euclid(tick) * tick,
            Side::Sell => {
                let lowest = (best - slip).max(tick);
                lowest + (-lowest).rem_euclid(tick)
            }
        }
    }

    /// The lowest best price from which a buy can have this protection price.
    fn least_best(&self, tick: i64, protection: i64) -> i64 {
        let (slip, one) = self.max_slippage.parts();
        let best = (i128::from(protection) * one).div_euclid(one + slip) as i64;
        (best.div_euclid(tick) * tick).max(tick)
    }
}

/// The venue's filters, in their order. `reference` is the price that a market order is valued at,
/// and without one its value breaks no rule; `around` is asked only where there are rules beyond
/// the steps and the smallest notional.
#[inline(always)]
#[allow(clippy::inline_always)] // every order comes by
pub fn check_filters(
    spec: &Spec,
    request: &OrderRequest,
    reference: impl Fn() -> Option<i64>,
    around: impl FnOnce() -> Around,
) -> Result<(), Reason> {
    if let Some(rules) = &spec.rules {
        let around = around();
        return filters::check(rules.at(around.now), spec, request, reference(), &around);
    }
    if request.kind == OrderKind::Limit && !spec.ticks.contain(request.limit) {
        return Err(Reason::PriceTick);
    }
    if !spec.lots.contain(request.quantity) {
        return Err(Reason::LotStep);
    }
    if spec.min_notional > 0 {
        let limit = Some(request.limit).filter(|_| request.kind == OrderKind::Limit);
        let small = |price| spec.notional_down(price, request.quantity) < spec.min_notional;
        if limit.or_else(reference).is_some_and(small) {
            return Err(Reason::MinNotional);
        }
    }
    Ok(())
}

/// The same for a leg whose other leg has a claim too: both together hold what they need once, by
/// the larger one.
pub fn check_leg(
    account: &mut Account,
    specs: &[Spec],
    terms: &Terms,
    order: &mut Order,
    sibling: &mut Order,
    mark: impl Marks,
) -> Result<(), Reason> {
    let spec = &specs[order.request.instrument.at()];
    let need = account.need_of_both(spec, &terms.lock, order, sibling);
    if need <= order.locked + sibling.locked {
        return Ok(());
    }
    let before = (account.put_down(spec, order), account.put_down(spec, sibling));
    let holder = if sibling.leaves() > order.leaves() { &mut *sibling } else { &mut *order };
    let beside = need - account.need(spec, &terms.lock, holder);
    let checked = check_funds(account, specs, terms, holder, (beside, i128::MAX), mark);
    if checked.is_err() {
        account.take_up(spec, order, before.0);
        account.take_up(spec, sibling, before.1);
    }
    checked
}

/// Brings what an order and its other leg hold back to what they need by now; what an order has
/// never asked for it does not get.
pub fn hold_back(
    account: &mut Account,
    spec: &Spec,
    lock: &Lock,
    order: &mut Order,
    sibling: Option<&mut Order>,
) {
    let Some(sibling) = sibling.filter(|sibling| !sibling.needs_nothing()) else {
        if !order.needs_nothing() {
            hold_alone(account, spec, lock, order);
        }
        return;
    };
    if order.needs_nothing() {
        return hold_alone(account, spec, lock, sibling);
    }
    let need = account.need_of_both(spec, lock, order, sibling);
    account.release(spec, order);
    account.release(spec, sibling);
    let holder = if sibling.leaves() > order.leaves() { sibling } else { order };
    account.hold_free(spec, holder, need);
}

/// The same for an order whose other leg has no claim (any more).
fn hold_alone(account: &mut Account, spec: &Spec, lock: &Lock, order: &mut Order) {
    let need = account.need(spec, lock, order);
    let need = if order.holds { need.min(order.locked) } else { need };
    account.release(spec, order);
    account.hold_free(spec, order, need);
}

/// A leg that is filled pays out of what both hold: it takes that over from the other one.
pub fn claim(account: &mut Account, spec: &Spec, order: &mut Order, sibling: &mut Order) {
    if sibling.holds && !order.holds {
        let held = sibling.locked;
        account.release(spec, sibling);
        account.hold(spec, order, held);
    }
}

/// How much a reduce-only order may still reduce: the position less what others reduce already.
///
/// `working` are orders of the same owner; those that wait for a trigger do not count.
pub fn reducible<'a>(
    account: &Account,
    request: &OrderRequest,
    working: impl Iterator<Item = &'a Order>,
) -> Result<i64, Reason> {
    if account.kind == AccountKind::Cash {
        return Err(Reason::ReduceOnlyUnsupported);
    }
    let (instrument, side) = (request.instrument, request.side);
    let open = -side.sign() * account.positions[instrument.at()].quantity;
    let taken: i64 = working
        .filter(|other| other.request.instrument == instrument && other.request.side == side)
        .filter(|other| other.request.reduce_only() && !other.is_waiting())
        .map(Order::leaves)
        .sum();
    let left = open - taken;
    if left > 0 { Ok(left) } else { Err(Reason::ReduceOnlyNothingLeft) }
}

/// Holds back what `order` needs, or says that the money does not suffice. Nothing changes in that
/// case.
///
/// It holds `beside` as well. `most` bounds what an order may hold back that need not be covered in
/// full: at the venue what the strategy's side held back, so that no order spends what that side
/// has promised to the next.
#[inline(always)]
#[allow(clippy::inline_always)] // every order comes by
pub fn check_funds(
    account: &mut Account,
    specs: &[Spec],
    terms: &Terms,
    order: &mut Order,
    (beside, most): (i128, i128),
    mark: impl Marks,
) -> Result<(), Reason> {
    let spec = &specs[order.request.instrument.at()];
    let mut need = account.need(spec, &terms.lock, order) + beside;
    match account.kind {
        AccountKind::Cash => {
            let asset = if order.request.side == Side::Buy { spec.quote } else { spec.base };
            let free = account.holdings[asset.at()].free();
            if may_be_capped(account.kind, order) {
                // It buys what the money pays for, if that can be a lot at all.
                let (tick, lot) = (spec.tick_at(order.created), spec.lot_at(order.created));
                let best = terms.least_best(tick, order.request.limit);
                let least = Product::whole(i128::from(best) * i128::from(lot));
                let least = terms.lock.money(least, lot);
                let least = least.unwrap_or(i128::MAX);
                need = need.min(most).min(free.max(least));
            }
            if free <= 0 || need > free {
                return Err(Reason::InsufficientFunds);
            }
            account.hold(spec, order, need);
        }
        AccountKind::Linear { .. } => {
            account.hold(spec, order, need);
            let left = account.available(specs, spec.quote, mark);
            if left < 0 {
                account.release(spec, order);
                if left < account.available(specs, spec.quote, mark) {
                    return Err(Reason::InsufficientFunds);
                }
                // It needs nothing more than there was before: closing is never refused.
                account.hold(spec, order, need);
            }
        }
    }
    Ok(())
}

/// What an order would hold back, and what is free of that asset; on margin what is available.
pub fn needs(
    account: &Account,
    specs: &[Spec],
    terms: &Terms,
    order: &Order,
    mark: impl Marks,
) -> (i128, i128) {
    let spec = &specs[order.request.instrument.at()];
    let need = account.need(spec, &terms.lock, order);
    match (account.kind, order.request.side) {
        (AccountKind::Cash, Side::Buy) => (need, account.holdings[spec.quote.at()].free()),
        (AccountKind::Cash, Side::Sell) => (need, account.holdings[spec.base.at()].free()),
        (AccountKind::Linear { leverage }, _) => {
            let margin = (need + i128::from(leverage) - 1) / i128::from(leverage);
            (margin, account.available(specs, spec.quote, mark))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protection_is_rounded_inward() {
        let lock = Lock { value: Ratio::ONE, beside: None, covers_fee: true };
        let terms = Terms { lock, max_slippage: Ratio::new(3, 1_000), half_spread: 1 };
        // 100.10 × 1.003 = 100.4003 and 100.10 × 0.997 = 99.7997.
        assert_eq!(terms.protection(1, Side::Buy, 10_010), 10_040);
        assert_eq!(terms.protection(1, Side::Sell, 10_010), 9_980);
    }
}
