//! Everything that an engine can be told.

use serde::{Deserialize, Serialize};

use super::account::AccountEvent;
use super::exchange::ExchangeId;
use super::filter::InstrumentFilter;
use super::json;
use super::market::MarketEvent;
use super::request::{OrderRequestCancel, OrderRequestOpen};
use crate::error::Result;
use crate::time::Time;

/// Everything that an engine can be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EngineEvent {
    /// Stop.
    #[serde(with = "json::null")]
    Shutdown,
    /// Whether the strategy may trade.
    TradingStateUpdate(#[serde(with = "json::enabled")] bool),
    /// News of our account.
    Account(Stream<AccountEvent>),
    /// News of a market.
    Market(Stream<MarketEvent>),
    /// An order from outside of the strategy.
    Command(Command),
}

/// What a connection brings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stream<T> {
    /// Nothing for now: the connection to this exchange was lost.
    Reconnecting(ExchangeId),
    /// A message.
    Item(T),
}

/// A command from outside of the strategy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Command {
    /// Cancel these orders.
    SendCancelRequests(#[serde(with = "json::one_or_many")] Vec<OrderRequestCancel>),
    /// Open these orders.
    SendOpenRequests(#[serde(with = "json::one_or_many")] Vec<OrderRequestOpen>),
    /// Close the positions in these instruments.
    ClosePositions(InstrumentFilter),
    /// Cancel all orders of these instruments.
    CancelOrders(InstrumentFilter),
}

impl EngineEvent {
    /// True if nothing is processed after it.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Shutdown)
    }

    /// When it happened at the exchange, if an exchange said so.
    pub fn time_exchange(&self) -> Option<Time> {
        match self {
            Self::Account(Stream::Item(event)) => event.time_exchange(),
            Self::Market(Stream::Item(event)) => Some(event.time_exchange),
            _ => None,
        }
    }

    /// Refuses numbers and names that break a rule.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Account(Stream::Item(event)) => event.check(),
            Self::Market(Stream::Item(event)) => event.check(),
            Self::Command(command) => command.check(),
            Self::Shutdown
            | Self::TradingStateUpdate(_)
            | Self::Account(Stream::Reconnecting(_))
            | Self::Market(Stream::Reconnecting(_)) => Ok(()),
        }
    }
}

impl Command {
    /// Refuses numbers and names that break a rule.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::SendCancelRequests(requests) => {
                requests.iter().try_for_each(OrderRequestCancel::check)
            }
            Self::SendOpenRequests(requests) => {
                requests.iter().try_for_each(OrderRequestOpen::check)
            }
            Self::ClosePositions(_) | Self::CancelOrders(_) => Ok(()),
        }
    }
}
