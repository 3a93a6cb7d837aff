//! Requests to an exchange: open an order, cancel one.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{json, not_empty, not_negative, positive};
use crate::error::Result;
use crate::market::Side;

/// Which order: where, of what, whose, and our name for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderKey {
    /// Index of the exchange.
    pub exchange: u32,
    /// Index of the instrument.
    pub instrument: u32,
    /// The strategy that asked for it.
    pub strategy: String,
    /// Our own name for it.
    pub cid: String,
}

/// How an order names its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderKind {
    /// Whatever the market asks.
    Market,
    /// No worse than its price.
    Limit,
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeInForce {
    /// Until it is cancelled.
    GoodUntilCancelled {
        /// True if it is refused rather than taking.
        post_only: bool,
    },
    /// Until the day ends.
    GoodUntilEndOfDay,
    /// All of it on arrival, or nothing.
    FillOrKill,
    /// What is there on arrival.
    ImmediateOrCancel,
}

/// A request to open an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderRequestOpen {
    /// Which order.
    pub key: OrderKey,
    /// What is asked for.
    pub state: RequestOpen,
}

/// What a new order is to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestOpen {
    /// Which way.
    #[serde(with = "json::side")]
    pub side: Side,
    /// Limit price; of a market order what its sender reckons with, or 0.
    #[serde(with = "json::text")]
    pub price: Decimal,
    /// Quantity, > 0.
    #[serde(with = "json::text")]
    pub quantity: Decimal,
    /// How it names its price.
    pub kind: OrderKind,
    /// How long it lives.
    pub time_in_force: TimeInForce,
}

/// A request to cancel an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderRequestCancel {
    /// Which order.
    pub key: OrderKey,
    /// What is known of it.
    pub state: RequestCancel,
}

/// What is known of an order that is to be cancelled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestCancel {
    /// The exchange's name for it, if it is known.
    #[serde(default)]
    pub id: Option<String>,
}

impl OrderKey {
    /// Strategy and client order id are not empty.
    pub fn check(&self) -> Result<()> {
        not_empty("strategy", &self.strategy)?;
        not_empty("cid", &self.cid)
    }
}

impl OrderRequestOpen {
    /// Quantity > 0; the price of a limit order > 0, of a market order >= 0.
    pub fn check(&self) -> Result<()> {
        self.key.check()?;
        check_terms(self.state.kind, self.state.price, self.state.quantity)
    }
}

impl OrderRequestCancel {
    /// A key that names an order; an id, if there is one, that is not empty.
    pub fn check(&self) -> Result<()> {
        self.key.check()?;
        self.state.id.as_deref().map_or(Ok(()), |id| not_empty("id", id))
    }
}

pub(super) fn check_terms(kind: OrderKind, price: Decimal, quantity: Decimal) -> Result<()> {
    match kind {
        OrderKind::Limit => positive("price", price)?,
        OrderKind::Market => not_negative("price", price)?,
    }
    positive("quantity", quantity)
}
