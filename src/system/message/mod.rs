//! Barter's messages as plain values, and their JSON. They know nothing of a run.
//!
//! Reading ignores unknown fields and takes every form that Barter writes, but never a list for an
//! object (`by_name`); writing gives the form that Barter's own readers take. What can be read may
//! still break a rule: `check` says.

mod account;
mod by_name;
mod event;
mod exchange;
mod filter;
pub(super) mod json;
mod market;
mod order;
mod request;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use rust_decimal::Decimal;

use crate::error::{DataFault, Result};

pub use account::{
    AccountEvent, AccountEventKind, AccountSnapshot, AccountTrade, AssetBalance, AssetFees,
    Balance, InstrumentAccountSnapshot,
};
pub use event::{Command, EngineEvent, Stream};
pub use exchange::ExchangeId;
pub use filter::InstrumentFilter;
pub use json::{Limits, read, read_object, read_within, write};
pub use market::{
    Candle, DataKind, Level, Liquidation, MarketEvent, OrderBook, OrderBookEvent, OrderBookL1,
    PublicTrade,
};
pub use order::{
    ActiveOrderState, ApiError, CancelInFlight, Cancelled, ConnectivityError, InactiveOrderState,
    Open, OpenInFlight, OrderError, OrderResponseCancel, OrderSnapshot, OrderState,
};
pub use request::{
    OrderKey, OrderKind, OrderRequestCancel, OrderRequestOpen, RequestCancel, RequestOpen,
    TimeInForce,
};

fn positive(field: impl Display, value: Decimal) -> Result<()> {
    demand(value > Decimal::ZERO, field, "must be > 0", value)
}

fn not_negative(field: impl Display, value: Decimal) -> Result<()> {
    demand(value >= Decimal::ZERO, field, "must be >= 0", value)
}

fn not_empty(field: impl Display, text: &str) -> Result<()> {
    demand(!text.is_empty(), field, "must not be empty", "\"\"")
}

/// Refuses a value that breaks a rule, in a sentence that names field, rule and value.
fn demand(holds: bool, field: impl Display, rule: impl Display, seen: impl Display) -> Result<()> {
    if holds { Ok(()) } else { Err(DataFault::new(format!("{field} {rule}, got {seen}")).into()) }
}
