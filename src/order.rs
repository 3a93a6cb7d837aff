//! Orders: what is asked for, how an order lives, why it ended, and its fills.

use crate::instrument::{AssetIndex, InstrumentIndex};
use crate::market::Side;
use crate::time::Time;

/// Number of an order within a run, from 1, in the order of their creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u32);

impl OrderId {
    /// Place in a list that holds every order of a run.
    pub const fn at(self) -> usize {
        self.0 as usize - 1
    }
}

/// How an order names its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderKind {
    /// Takes what is there, up to the protection price.
    Market,
    /// Takes or rests at its limit or better.
    Limit,
}

impl OrderKind {
    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Limit => "limit",
        }
    }
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeInForce {
    /// Until it is filled or cancelled.
    GoodTillCancelled,
    /// Fills what is there on arrival, the rest is cancelled.
    ImmediateOrCancel,
}

impl TimeInForce {
    /// Every member with its name.
    pub const NAMES: [(&'static str, Self); 2] =
        [("gtc", Self::GoodTillCancelled), ("ioc", Self::ImmediateOrCancel)];

    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GoodTillCancelled => "gtc",
            Self::ImmediateOrCancel => "ioc",
        }
    }
}

/// What a strategy asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// What to trade.
    pub instrument: InstrumentIndex,
    /// Which way.
    pub side: Side,
    /// Market or limit.
    pub kind: OrderKind,
    /// How long.
    pub time_in_force: TimeInForce,
    /// Refused if any part would take on arrival.
    pub post_only: bool,
    /// How much, raw, > 0.
    pub quantity: i64,
    /// Limit price, raw; for a market order the protection price that the context fills in.
    pub limit: i64,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Made, not yet checked.
    Created,
    /// Refused before it was sent.
    Denied,
    /// Sent, no answer yet; at the venue also a market order that waits for a price.
    Submitted,
    /// Refused by the venue.
    Rejected,
    /// Accepted and working.
    Open,
    /// A stop whose trigger was met.
    Triggered,
    /// Working with a part filled.
    PartFilled,
    /// Done in full.
    Filled,
    /// Ended before it was full.
    Cancelled,
    /// Ended by its own time.
    Expired,
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Refused locally.
    Deny,
    /// Sent.
    Submit,
    /// Accepted by the venue.
    Accept,
    /// Refused by the venue.
    Reject,
    /// Trigger met.
    Trigger,
    /// A fill after which this much is left.
    Fill {
        /// Quantity still open, raw.
        leaves: i64,
    },
    /// Quantity or price changed.
    Amend,
    /// Ended by request or rule.
    Cancel,
    /// Ended by its own time.
    Expire,
}

impl Status {
    /// The name that users see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Denied => "denied",
            Self::Submitted => "submitted",
            Self::Rejected => "rejected",
            Self::Open => "open",
            Self::Triggered => "triggered",
            Self::PartFilled => "part_filled",
            Self::Filled => "filled",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// True once nothing but a late fill can happen.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Denied | Self::Rejected | Self::Filled | Self::Cancelled | Self::Expired
        )
    }

    /// The status after `transition`; `None` if that cannot happen to an order in this status.
    pub const fn after(self, transition: Transition) -> Option<Self> {
        use Status as S;
        use Transition as T;
        Some(match (self, transition) {
            (S::Created, T::Deny) => S::Denied,
            (S::Created, T::Submit) => S::Submitted,
            (S::Submitted, T::Accept) | (S::Open, T::Amend) => S::Open,
            (S::Submitted | S::Open | S::Triggered, T::Reject) => S::Rejected,
            (S::Open, T::Trigger) | (S::Triggered, T::Amend) => S::Triggered,
            (S::PartFilled, T::Amend) => S::PartFilled,
            (S::Submitted | S::Open | S::Triggered | S::PartFilled, T::Cancel) => S::Cancelled,
            (S::Submitted | S::Open | S::Triggered | S::PartFilled, T::Expire) => S::Expired,
            (S::Submitted | S::Open | S::Triggered | S::PartFilled, T::Fill { leaves }) => {
                if leaves == 0 { S::Filled } else { S::PartFilled }
            }
            // A late fill counts; the end stands unless nothing is left.
            (S::Cancelled | S::Expired, T::Fill { leaves: 0 }) => S::Filled,
            (S::Cancelled | S::Expired, T::Fill { .. }) => self,
            _ => return None,
        })
    }
}

/// A change that was asked for and not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pending {
    /// Nothing.
    None,
    /// A cancel.
    Cancel,
}

/// Why an order was denied, rejected or cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The strategy asked for it.
    User,
    /// The rest of an immediate-or-cancel order.
    Ioc,
    /// Liquidity was left only beyond the protection price of a market order.
    Protection,
    /// Nothing was left to take.
    NoLiquidity,
    /// No price is known yet.
    NoPrice,
    /// A post-only order would have taken.
    PostOnlyWouldCross,
    /// The money does not suffice.
    InsufficientFunds,
    /// The price is not on a tick.
    PriceTick,
    /// The quantity is not a multiple of the lot.
    LotStep,
    /// Price × quantity is below the venue's minimum.
    MinNotional,
    /// The order is not open (any more).
    NotOpen,
    /// The limit lies outside the venue's prices.
    PriceRange,
    /// The limit lies too far from the market.
    PriceBand,
    /// The quantity is below the venue's least or above its greatest.
    LotRange,
    /// The quantity is too large for a market order.
    MarketLotRange,
    /// Price × quantity is above the venue's maximum.
    MaxNotional,
    /// The venue takes no further order of the instrument.
    MaxOrders,
    /// The position could become too large.
    MaxPosition,
    /// The venue takes no orders at this time.
    TradingStatus,
}

impl Reason {
    /// The code that results and messages show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Ioc => "ioc",
            Self::Protection => "protection",
            Self::NoLiquidity => "no_liquidity",
            Self::NoPrice => "no_price",
            Self::PostOnlyWouldCross => "post_only_would_cross",
            Self::InsufficientFunds => "insufficient_funds",
            Self::PriceTick => "price_tick",
            Self::LotStep => "lot_step",
            Self::MinNotional => "min_notional",
            Self::NotOpen => "not_open",
            Self::PriceRange => "price_range",
            Self::PriceBand => "price_band",
            Self::LotRange => "lot_range",
            Self::MarketLotRange => "market_lot_range",
            Self::MaxNotional => "max_notional",
            Self::MaxOrders => "max_orders",
            Self::MaxPosition => "max_position",
            Self::TradingStatus => "trading_status",
        }
    }
}

/// An order as one side knows it: the strategy from messages, the venue at first hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub id: OrderId,
    /// What was asked for.
    pub request: OrderRequest,
    /// Where it stands.
    pub status: Status,
    /// What was asked for beside and not answered yet.
    pub pending: Pending,
    /// Why it was denied, rejected or cancelled.
    pub reason: Option<Reason>,
    /// Quantity filled, raw; `0 <= filled <= request.quantity`.
    pub filled: i64,
    /// Σ raw price × raw quantity of its fills.
    pub filled_value: i128,
    /// Money held back for it: quote for a buy, base for a sell.
    pub locked: i128,
    /// When it was created (strategy's side) or arrived (venue's side).
    pub created: Time,
    /// When its status last changed, at the venue as far as that made the change.
    pub updated: Time,
}

impl Order {
    /// A new order.
    pub fn new(id: OrderId, request: OrderRequest, now: Time) -> Self {
        Self {
            id,
            request,
            status: Status::Created,
            pending: Pending::None,
            reason: None,
            filled: 0,
            filled_value: 0,
            locked: 0,
            created: now,
            updated: now,
        }
    }

    /// Quantity not filled, raw.
    pub const fn leaves(&self) -> i64 {
        self.request.quantity - self.filled
    }

    /// Moves along the table of statuses; panics on a pair that the table does not have.
    #[inline]
    pub fn apply(&mut self, transition: Transition, reason: Option<Reason>, now: Time) {
        let Some(status) = self.status.after(transition) else {
            panic!("order {} cannot go from {} by {transition:?}", self.id.0, self.status.name());
        };
        self.status = status;
        self.updated = now;
        if reason.is_some() {
            self.reason = reason;
        }
    }

    /// Books a fill of `quantity` at `price`.
    #[inline]
    pub fn fill(&mut self, price: i64, quantity: i64, now: Time) {
        assert!(quantity > 0, "a fill has a quantity");
        assert!(quantity <= self.leaves(), "a fill is at most what is left");
        self.filled += quantity;
        self.filled_value += i128::from(price) * i128::from(quantity);
        self.apply(Transition::Fill { leaves: self.leaves() }, None, now);
    }
}

/// Who was there first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Liquidity {
    /// Our order rested.
    Maker,
    /// Our order took.
    Taker,
}

impl Liquidity {
    /// The name that users see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Taker => "taker",
        }
    }
}

/// One execution of an order at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Number within the run, from 1.
    pub id: u32,
    /// Whose fill.
    pub order: OrderId,
    /// What was traded.
    pub instrument: InstrumentIndex,
    /// Which way.
    pub side: Side,
    /// Who was there first.
    pub liquidity: Liquidity,
    /// True if it is the last of its order: nothing is left.
    pub completes: bool,
    /// Price, raw.
    pub price: i64,
    /// Quantity, raw, > 0.
    pub quantity: i64,
    /// Fee in money of `fee_asset`; negative for a rebate.
    pub fee: i128,
    /// What the fee is paid in.
    pub fee_asset: AssetIndex,
    /// When it happened at the venue.
    pub time: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUSES: [Status; 10] = [
        Status::Created,
        Status::Denied,
        Status::Submitted,
        Status::Rejected,
        Status::Open,
        Status::Triggered,
        Status::PartFilled,
        Status::Filled,
        Status::Cancelled,
        Status::Expired,
    ];
    const TRANSITIONS: [Transition; 10] = [
        Transition::Deny,
        Transition::Submit,
        Transition::Accept,
        Transition::Reject,
        Transition::Trigger,
        Transition::Fill { leaves: 0 },
        Transition::Fill { leaves: 1 },
        Transition::Amend,
        Transition::Cancel,
        Transition::Expire,
    ];

    #[test]
    fn nothing_follows_denied_rejected_and_filled() {
        for status in [Status::Denied, Status::Rejected, Status::Filled] {
            assert!(TRANSITIONS.iter().all(|t| status.after(*t).is_none()), "{}", status.name());
        }
    }

    #[test]
    fn only_a_late_fill_follows_cancelled_and_expired() {
        for status in [Status::Cancelled, Status::Expired] {
            for transition in TRANSITIONS {
                let allowed = matches!(transition, Transition::Fill { .. });
                assert_eq!(status.after(transition).is_some(), allowed, "{transition:?}");
            }
            assert_eq!(status.after(Transition::Fill { leaves: 1 }), Some(status));
        }
    }

    #[test]
    fn every_status_is_reached_from_created() {
        let mut seen = vec![Status::Created];
        let mut next = 0;
        while let Some(status) = seen.get(next).copied() {
            next += 1;
            for reached in TRANSITIONS.iter().filter_map(|t| status.after(*t)) {
                if !seen.contains(&reached) {
                    seen.push(reached);
                }
            }
        }
        assert_eq!(seen.len(), STATUSES.len());
    }
}
