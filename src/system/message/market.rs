//! What a market says: trades, books, candles, liquidations.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::exchange::ExchangeId;
use super::{demand, json, not_negative, positive};
use crate::error::Result;
use crate::market::Side;
use crate::time::Time;

/// One thing that happened on one market.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MarketEvent {
    /// When it happened at the exchange.
    pub time_exchange: Time,
    /// When we got it.
    pub time_received: Time,
    /// Where.
    pub exchange: ExchangeId,
    /// Index of the instrument.
    pub instrument: u32,
    /// What.
    pub kind: DataKind,
}

/// The kinds of market data.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DataKind {
    /// A trade of two others.
    Trade(PublicTrade),
    /// Best bid and best ask.
    OrderBookL1(OrderBookL1),
    /// A book by its levels, or a change of it.
    OrderBook(OrderBookEvent),
    /// A candle that has closed.
    Candle(Candle),
    /// A position of somebody else that the exchange closed.
    Liquidation(Liquidation),
}

/// A trade of two others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublicTrade {
    /// The exchange's name for it; may be empty.
    pub id: String,
    /// Price, > 0.
    #[serde(with = "json::number")]
    pub price: Decimal,
    /// Quantity, > 0.
    #[serde(with = "json::number")]
    pub amount: Decimal,
    /// Who took.
    #[serde(with = "json::side")]
    pub side: Side,
}

/// One level of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Level {
    /// Price, > 0.
    #[serde(with = "json::text")]
    pub price: Decimal,
    /// Quantity, >= 0; 0 in an update removes the level.
    #[serde(with = "json::text")]
    pub amount: Decimal,
}

/// Best bid and best ask; a side without orders has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderBookL1 {
    /// When the exchange last changed it.
    pub last_update_time: Time,
    /// The highest price that is bid.
    #[serde(default)]
    pub best_bid: Option<Level>,
    /// The lowest price that is asked.
    #[serde(default)]
    pub best_ask: Option<Level>,
}

/// A whole book, or the levels of it that changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderBookEvent {
    /// All levels; replaces what was known.
    Snapshot(OrderBook),
    /// Levels with their new amounts.
    Update(OrderBook),
}

/// Levels of both sides.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderBook {
    /// The exchange's count of changes.
    pub sequence: u64,
    /// When the exchange's engine made it.
    #[serde(default)]
    pub time_engine: Option<Time>,
    /// What is bid, in any order.
    #[serde(with = "json::levels")]
    pub bids: Vec<Level>,
    /// What is asked, in any order.
    #[serde(with = "json::levels")]
    pub asks: Vec<Level>,
}

/// A candle that has closed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Candle {
    /// End of its span.
    pub close_time: Time,
    /// First price.
    #[serde(with = "json::number")]
    pub open: Decimal,
    /// Highest price.
    #[serde(with = "json::number")]
    pub high: Decimal,
    /// Lowest price.
    #[serde(with = "json::number")]
    pub low: Decimal,
    /// Last price.
    #[serde(with = "json::number")]
    pub close: Decimal,
    /// Quantity traded, >= 0.
    #[serde(with = "json::number")]
    pub volume: Decimal,
    /// How many trades.
    pub trade_count: u64,
}

/// A position of somebody else that the exchange closed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Liquidation {
    /// Which way the exchange's order went.
    #[serde(with = "json::side")]
    pub side: Side,
    /// Price, > 0.
    #[serde(with = "json::number")]
    pub price: Decimal,
    /// Quantity, > 0.
    #[serde(with = "json::number")]
    pub quantity: Decimal,
    /// When.
    pub time: Time,
}

impl MarketEvent {
    /// Refuses numbers that no market can show.
    pub fn check(&self) -> Result<()> {
        match &self.kind {
            DataKind::Trade(trade) => trade.check(),
            DataKind::OrderBookL1(touch) => touch.check(),
            DataKind::OrderBook(book) => book.book().check(),
            DataKind::Candle(candle) => candle.check(),
            DataKind::Liquidation(liquidation) => liquidation.check(),
        }
    }
}

impl PublicTrade {
    /// Price and amount > 0.
    pub fn check(&self) -> Result<()> {
        positive("price", self.price)?;
        positive("amount", self.amount)
    }
}

impl OrderBookL1 {
    /// Prices > 0, amounts >= 0.
    pub fn check(&self) -> Result<()> {
        for (side, level) in [("best_bid", self.best_bid), ("best_ask", self.best_ask)] {
            if let Some(level) = level {
                positive(format_args!("{side}.price"), level.price)?;
                not_negative(format_args!("{side}.amount"), level.amount)?;
            }
        }
        Ok(())
    }
}

impl OrderBookEvent {
    /// The levels, whether they are all or some.
    pub const fn book(&self) -> &OrderBook {
        match self {
            Self::Snapshot(book) | Self::Update(book) => book,
        }
    }
}

impl OrderBook {
    /// Prices > 0, amounts >= 0.
    pub fn check(&self) -> Result<()> {
        for (side, levels) in [("bids", &self.bids), ("asks", &self.asks)] {
            for (at, level) in levels.iter().enumerate() {
                positive(format_args!("{side}[{at}].price"), level.price)?;
                not_negative(format_args!("{side}[{at}].amount"), level.amount)?;
            }
        }
        Ok(())
    }
}

impl Candle {
    /// Prices > 0, none above the high or below the low, volume >= 0.
    pub fn check(&self) -> Result<()> {
        let prices = [("open", self.open), ("close", self.close)];
        positive("low", self.low)?;
        for (field, price) in prices.into_iter().chain([("low", self.low)]) {
            demand(
                self.high >= price,
                "high",
                format_args!("must be >= {field} {price}"),
                self.high,
            )?;
        }
        for (field, price) in prices {
            demand(self.low <= price, "low", format_args!("must be <= {field} {price}"), self.low)?;
        }
        not_negative("volume", self.volume)
    }
}

impl Liquidation {
    /// Price and quantity > 0.
    pub fn check(&self) -> Result<()> {
        positive("price", self.price)?;
        positive("quantity", self.quantity)
    }
}
