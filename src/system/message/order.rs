//! What an exchange says of an order: its state, and why it has none.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::exchange::ExchangeId;
use super::request::{OrderKey, OrderKind, TimeInForce, check_terms};
use super::{demand, json, not_empty, not_negative};
use crate::error::Result;
use crate::market::Side;
use crate::time::Time;

/// An order with its state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderSnapshot {
    /// Which order.
    pub key: OrderKey,
    /// Which way.
    #[serde(with = "json::side")]
    pub side: Side,
    /// Limit price; of a market order what its sender reckons with, or 0.
    #[serde(with = "json::text")]
    pub price: Decimal,
    /// Quantity asked for, > 0.
    #[serde(with = "json::text")]
    pub quantity: Decimal,
    /// How it names its price.
    pub kind: OrderKind,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Where it stands.
    pub state: OrderState,
}

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderState {
    /// It may still trade.
    Active(ActiveOrderState),
    /// It has ended.
    Inactive(InactiveOrderState),
}

/// Where an order stands that may still trade.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ActiveOrderState {
    /// Asked for, not confirmed.
    OpenInFlight(OpenInFlight),
    /// Open at the exchange.
    Open(Open),
    /// Its cancellation is asked for, not confirmed.
    CancelInFlight(CancelInFlight),
}

/// An order that is asked for and not confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OpenInFlight;

/// An order that is open.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Open {
    /// The exchange's name for it.
    pub id: String,
    /// When it was opened or last changed.
    pub time_exchange: Time,
    /// How much of it is filled.
    #[serde(with = "json::text")]
    pub filled_quantity: Decimal,
}

/// An order whose cancellation is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CancelInFlight {
    /// The order, if it was confirmed.
    #[serde(default)]
    pub order: Option<Open>,
}

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InactiveOrderState {
    /// We cancelled it.
    Cancelled(Cancelled),
    /// It traded all it asked for.
    FullyFilled,
    /// It was never opened.
    OpenFailed(OrderError),
    /// Its time was over.
    Expired,
}

/// An order that we cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cancelled {
    /// The exchange's name for it.
    pub id: String,
    /// When.
    pub time_exchange: Time,
}

/// Why a request came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderError {
    /// It did not reach the exchange, or the answer did not reach us.
    Connectivity(ConnectivityError),
    /// The exchange refused it.
    Rejected(ApiError),
}

/// Why a request did not reach the exchange.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConnectivityError {
    /// The exchange does not answer.
    ExchangeOffline(ExchangeId),
    /// No answer in time.
    Timeout,
    /// The connection failed.
    Socket(String),
}

/// Why the exchange refused a request. Numbers are indices of assets and instruments.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ApiError {
    /// It does not know the asset.
    AssetInvalid(u32, String),
    /// It does not know the instrument.
    InstrumentInvalid(u32, String),
    /// Too many requests.
    RateLimit,
    /// Too little of the asset.
    BalanceInsufficient(u32, String),
    /// Some other reason.
    OrderRejected(String),
    /// The order is cancelled already.
    OrderAlreadyCancelled,
    /// The order is filled already.
    OrderAlreadyFullyFilled,
}

/// The answer to a request to cancel an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderResponseCancel {
    /// Which order.
    pub key: OrderKey,
    /// That it is cancelled, or why not.
    pub state: Result<Cancelled, OrderError>,
}

impl OrderSnapshot {
    /// Quantity > 0, no more than that filled, a limit price > 0.
    pub fn check(&self) -> Result<()> {
        self.key.check()?;
        check_terms(self.kind, self.price, self.quantity)?;
        let open = match &self.state {
            OrderState::Active(state) => state.open(),
            OrderState::Inactive(InactiveOrderState::Cancelled(cancelled)) => {
                return not_empty("id", &cancelled.id);
            }
            OrderState::Inactive(_) => None,
        };
        let Some(open) = open else { return Ok(()) };
        not_empty("id", &open.id)?;
        not_negative("filled_quantity", open.filled_quantity)?;
        let fits = open.filled_quantity <= self.quantity;
        let rule = format_args!("must be <= quantity {}", self.quantity);
        demand(fits, "filled_quantity", rule, open.filled_quantity)
    }
}

impl OrderState {
    /// The last time that the exchange gave it, if it gave one.
    pub const fn time_exchange(&self) -> Option<Time> {
        match self {
            Self::Active(state) => match state.open() {
                Some(open) => Some(open.time_exchange),
                None => None,
            },
            Self::Inactive(InactiveOrderState::Cancelled(cancelled)) => {
                Some(cancelled.time_exchange)
            }
            Self::Inactive(_) => None,
        }
    }
}

impl ActiveOrderState {
    /// What the exchange confirmed, if it did.
    pub const fn open(&self) -> Option<&Open> {
        match self {
            Self::OpenInFlight(_) => None,
            Self::Open(open) => Some(open),
            Self::CancelInFlight(cancel) => cancel.order.as_ref(),
        }
    }
}

impl OrderResponseCancel {
    /// A key and an id that name an order.
    pub fn check(&self) -> Result<()> {
        self.key.check()?;
        self.state.as_ref().map_or(Ok(()), |cancelled| not_empty("id", &cancelled.id))
    }
}
