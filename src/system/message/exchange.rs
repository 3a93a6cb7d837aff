//! The exchanges that Barter has a name for.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result, did_you_mean, shown};

/// The enumeration and its names from one table, in Barter's order.
macro_rules! exchanges {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// An exchange server by Barter's name; one that has several servers has several names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ExchangeId {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl ExchangeId {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name that Barter writes.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

exchanges! {
    Other = "other",
    Simulated = "simulated",
    Mock = "mock",
    BinanceFuturesCoin = "binance_futures_coin",
    BinanceFuturesUsd = "binance_futures_usd",
    BinanceOptions = "binance_options",
    BinancePortfolioMargin = "binance_portfolio_margin",
    BinanceSpot = "binance_spot",
    BinanceUs = "binance_us",
    Bitazza = "bitazza",
    Bitfinex = "bitfinex",
    Bitflyer = "bitflyer",
    Bitget = "bitget",
    Bitmart = "bitmart",
    BitmartFuturesUsd = "bitmart_futures_usd",
    Bitmex = "bitmex",
    Bitso = "bitso",
    Bitstamp = "bitstamp",
    Bitvavo = "bitvavo",
    Bithumb = "bithumb",
    BybitPerpetualsUsd = "bybit_perpetuals_usd",
    BybitSpot = "bybit_spot",
    Cexio = "cexio",
    Coinbase = "coinbase",
    CoinbaseInternational = "coinbase_international",
    Cryptocom = "cryptocom",
    Deribit = "deribit",
    GateioFuturesBtc = "gateio_futures_btc",
    GateioFuturesUsd = "gateio_futures_usd",
    GateioOptions = "gateio_options",
    GateioPerpetualsBtc = "gateio_perpetuals_btc",
    GateioPerpetualsUsd = "gateio_perpetuals_usd",
    GateioSpot = "gateio_spot",
    Gemini = "gemini",
    Hitbtc = "hitbtc",
    Htx = "htx",
    Kraken = "kraken",
    Kucoin = "kucoin",
    Liquid = "liquid",
    Mexc = "mexc",
    Okx = "okx",
    OneTrading = "one_trading",
    Poloniex = "poloniex",
}

impl ExchangeId {
    /// The exchange of this name; "huobi" is the old name of "htx".
    pub fn parse(name: &str) -> Result<Self> {
        let name = if name == "huobi" { "htx" } else { name };
        let known = Self::ALL.iter().find(|id| id.name() == name);
        known.copied().ok_or_else(|| {
            let near = did_you_mean(name, Self::ALL.iter().map(|id| id.name()));
            let near = if near.is_empty() { "; names are like \"binance_spot\"" } else { &near };
            Error::Config(format!("unknown exchange \"{}\"{near}", shown(name)))
        })
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ExchangeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ExchangeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = ExchangeId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an exchange, such as \"binance_spot\"")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<ExchangeId, E> {
        ExchangeId::parse(name).map_err(E::custom)
    }
}
