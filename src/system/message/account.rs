//! What an exchange says of our account: balances, orders, trades.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::order::{OrderResponseCancel, OrderSnapshot};
use super::{demand, json, not_negative, positive};
use crate::error::Result;
use crate::market::Side;
use crate::time::Time;

/// One thing that happened on our account at one exchange.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountEvent {
    /// Index of the exchange.
    pub exchange: u32,
    /// What.
    pub kind: AccountEventKind,
}

/// What can happen on an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AccountEventKind {
    /// All of it; replaces what was known.
    Snapshot(AccountSnapshot),
    /// One balance; replaces what was known of it.
    BalanceSnapshot(AssetBalance),
    /// One order with its state.
    OrderSnapshot(OrderSnapshot),
    /// The answer to a request to cancel an order.
    OrderCancelled(OrderResponseCancel),
    /// A fill of one of our orders.
    Trade(AccountTrade),
}

/// Our account at one exchange.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountSnapshot {
    /// Index of the exchange.
    pub exchange: u32,
    /// Balances by asset.
    pub balances: Vec<AssetBalance>,
    /// Orders by instrument.
    pub instruments: Vec<InstrumentAccountSnapshot>,
}

/// Our orders of one instrument.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InstrumentAccountSnapshot {
    /// Index of the instrument.
    pub instrument: u32,
    /// Its orders.
    #[serde(default)]
    pub orders: Vec<OrderSnapshot>,
}

/// The balance of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssetBalance {
    /// Index of the asset.
    pub asset: u32,
    /// How much.
    pub balance: Balance,
    /// When.
    pub time_exchange: Time,
}

/// How much there is of an asset: `0 <= free <= total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Balance {
    /// Everything.
    #[serde(with = "json::text")]
    pub total: Decimal,
    /// What can be used.
    #[serde(with = "json::text")]
    pub free: Decimal,
}

/// A fill of one of our orders.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountTrade {
    /// The exchange's name for the fill.
    pub id: String,
    /// The exchange's name for the order.
    pub order_id: String,
    /// Index of the instrument.
    pub instrument: u32,
    /// The strategy whose order it was.
    pub strategy: String,
    /// When.
    pub time_exchange: Time,
    /// Which way.
    #[serde(with = "json::side")]
    pub side: Side,
    /// Price, > 0.
    #[serde(with = "json::text")]
    pub price: Decimal,
    /// Quantity, > 0.
    #[serde(with = "json::text")]
    pub quantity: Decimal,
    /// What it cost.
    pub fees: AssetFees,
}

/// A fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssetFees {
    /// Index of the asset that it is paid in; `None` is the quote asset of the instrument.
    #[serde(default)]
    pub asset: Option<u32>,
    /// How much; negative for a rebate.
    #[serde(with = "json::text")]
    pub fees: Decimal,
}

impl AccountEvent {
    /// Refuses what no account can show.
    pub fn check(&self) -> Result<()> {
        match &self.kind {
            AccountEventKind::Snapshot(snapshot) => {
                let same = snapshot.exchange == self.exchange;
                let rule = format_args!("must be that of the event, {}", self.exchange);
                demand(same, "exchange of the snapshot", rule, snapshot.exchange)?;
                snapshot.check()
            }
            AccountEventKind::BalanceSnapshot(balance) => balance.balance.check(),
            AccountEventKind::OrderSnapshot(order) => {
                self.check_key(order.key.exchange)?;
                order.check()
            }
            AccountEventKind::OrderCancelled(response) => {
                self.check_key(response.key.exchange)?;
                response.check()
            }
            AccountEventKind::Trade(trade) => trade.check(),
        }
    }

    /// When it happened at the exchange, if it says so; of a snapshot the last time in it.
    pub fn time_exchange(&self) -> Option<Time> {
        match &self.kind {
            AccountEventKind::Snapshot(snapshot) => snapshot.time_most_recent(),
            AccountEventKind::BalanceSnapshot(balance) => Some(balance.time_exchange),
            AccountEventKind::OrderSnapshot(order) => order.state.time_exchange(),
            AccountEventKind::OrderCancelled(response) => {
                response.state.as_ref().ok().map(|cancelled| cancelled.time_exchange)
            }
            AccountEventKind::Trade(trade) => Some(trade.time_exchange),
        }
    }

    fn check_key(&self, exchange: u32) -> Result<()> {
        let rule = format_args!("must be that of the event, {}", self.exchange);
        demand(exchange == self.exchange, "exchange of the order", rule, exchange)
    }
}

impl AccountSnapshot {
    /// Balances that can be; each order is of its exchange and its instrument.
    pub fn check(&self) -> Result<()> {
        for balance in &self.balances {
            balance.balance.check()?;
        }
        for instrument in &self.instruments {
            for order in &instrument.orders {
                let same = order.key.exchange == self.exchange;
                let rule = format_args!("must be that of the snapshot, {}", self.exchange);
                demand(same, "exchange of an order", rule, order.key.exchange)?;
            }
            instrument.check()?;
        }
        Ok(())
    }

    /// The last time that one of its balances or orders has.
    pub fn time_most_recent(&self) -> Option<Time> {
        let orders = self.instruments.iter().flat_map(|instrument| &instrument.orders);
        let orders = orders.filter_map(|order| order.state.time_exchange());
        self.balances.iter().map(|balance| balance.time_exchange).chain(orders).max()
    }
}

impl InstrumentAccountSnapshot {
    /// Each order is of this instrument.
    pub fn check(&self) -> Result<()> {
        for order in &self.orders {
            let same = order.key.instrument == self.instrument;
            let rule = format_args!("must be that of its list, {}", self.instrument);
            demand(same, "instrument of an order", rule, order.key.instrument)?;
            order.check()?;
        }
        Ok(())
    }
}

impl Balance {
    /// `0 <= free <= total`.
    pub fn check(&self) -> Result<()> {
        not_negative("total", self.total)?;
        not_negative("free", self.free)?;
        let rule = format_args!("must be <= total {}", self.total);
        demand(self.free <= self.total, "free", rule, self.free)
    }
}

impl AccountTrade {
    /// Price and quantity > 0.
    pub fn check(&self) -> Result<()> {
        positive("price", self.price)?;
        positive("quantity", self.quantity)
    }
}
