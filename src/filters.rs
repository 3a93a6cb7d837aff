//! The venue's filters: pure checks of an order against the rules in force, in the venue's order.

use crate::instrument::Spec;
use crate::market::Side;
use crate::order::{OrderKind, OrderRequest, Reason};
use crate::rules::Limits;
use crate::time::Time;

/// What filters look at besides the order.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// When.
    pub now: Time,
    /// Best price of the other side, else the last; what a band lies around, raw.
    pub best: Option<i64>,
    /// Working orders of the instrument, without this one.
    pub orders: usize,
    /// Signed position, raw.
    pub position: i64,
    /// Quantity of working orders on the order's side, raw, without this one, less what this one
    /// has filled.
    pub working: i64,
}

/// The first rule that an order breaks. `reference` is the price that a market order is valued at;
/// what has no price breaks no rule of its value.
pub fn check(
    limits: &Limits,
    spec: &Spec,
    request: &OrderRequest,
    reference: Option<i64>,
    around: &Around,
) -> Result<(), Reason> {
    let is_market = request.kind == OrderKind::Market;
    let allow = |good: bool, reason| if good { Ok(()) } else { Err(reason) };
    let limit = Some(request.limit).filter(|_| !is_market);
    // A trailing trigger moves by itself.
    let trigger = request.trigger().filter(|trigger| trigger.trail.is_none());
    let prices = || limit.into_iter().chain(trigger.and_then(|trigger| trigger.price));
    let in_range = |price: i64| (limits.price.0..=limits.price.1).contains(&price);
    allow(prices().all(|price| price % limits.tick == 0), Reason::PriceTick)?;
    allow(prices().all(in_range), Reason::PriceRange)?;
    let in_band = limit.is_none_or(|limit| within_band(limits, limit, around.best));
    allow(in_band, Reason::PriceBand)?;
    let quantity = request.quantity;
    allow(quantity % limits.lot == 0, Reason::LotStep)?;
    allow((limits.quantity.0..=limits.quantity.1).contains(&quantity), Reason::LotRange)?;
    allow(!is_market || quantity <= limits.market_quantity, Reason::MarketLotRange)?;
    let (price, (least, most)) = (limit.or(reference), limits.notional);
    let small = |price| spec.notional_down(price, quantity) < least;
    let large = |price| spec.notional_up(price, quantity) > most;
    allow(!price.is_some_and(small), Reason::MinNotional)?;
    allow(!price.is_some_and(large), Reason::MaxNotional)?;
    allow(around.orders < limits.orders as usize, Reason::MaxOrders)?;
    let held = request.side.sign() * around.position;
    let then = held.saturating_add(around.working).saturating_add(quantity);
    allow(then <= limits.position, Reason::MaxPosition)?;
    allow(limits.trading, Reason::TradingStatus)
}

/// True if a limit lies within the band around `best`; before the first price there is none.
fn within_band(limits: &Limits, limit: i64, best: Option<i64>) -> bool {
    let (Some((up, down)), Some(best)) = (limits.band, best) else { return true };
    let (limit, best) = (i128::from(limit), i128::from(best));
    let lowest = down.scale_up(best).unwrap_or(i128::MAX);
    (lowest..=up.scale_floor(best)).contains(&limit)
}

/// The price that a band lies around: of the touch the side that `side` takes from, else the last.
pub fn band_reference(
    side: Side,
    (bid, ask): (Option<i64>, Option<i64>),
    last: Option<i64>,
) -> Option<i64> {
    let other = if side == Side::Buy { ask } else { bid };
    other.or(last)
}
