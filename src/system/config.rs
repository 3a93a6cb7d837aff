//! The configuration of a system, in Barter's JSON: instruments, mocked exchanges, risk limits.

mod check;

use std::path::Path;

use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::message::json::{maybe_number, milliseconds, write_pretty};
use super::message::{ActiveOrderState, Balance, ExchangeId, Open, OrderKind, TimeInForce, json};
use crate::data::table::text_file;
use crate::error::{Error, Result, shown};
use crate::market::Side;
use crate::time::Time;

/// Most bytes of a file.
const MOST_BYTES: u64 = 16 << 20;

/// What a system is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemConfig {
    /// Rate per year that costs no risk, for summaries that are not told another one.
    #[serde(default, with = "maybe_number", skip_serializing_if = "Option::is_none")]
    pub risk_free_return: Option<Decimal>,
    /// What is traded; an index is a place in this list.
    pub instruments: Vec<InstrumentConfig>,
    /// Who answers requests, one for each exchange.
    pub executions: Vec<MockExecutionConfig>,
    /// How large positions may become.
    #[serde(default, skip_serializing_if = "RiskConfig::is_empty")]
    pub risk: RiskConfig,
    /// True if it was read from, and is written as, an object within an object.
    #[serde(skip)]
    pub nested: bool,
}

/// The form in which backtests of Barter keep a configuration.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nested {
    #[serde(default, with = "maybe_number", skip_serializing_if = "Option::is_none")]
    risk_free_return: Option<Decimal>,
    system: SystemConfig,
}

/// What tells the forms apart.
#[derive(Deserialize)]
#[serde(expecting = "an object with instruments and executions")]
struct Keys {
    #[serde(default)]
    system: Option<IgnoredAny>,
}

/// An instrument of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentConfig {
    /// Where it is traded.
    pub exchange: ExchangeId,
    /// The exchange's name for it.
    pub name_exchange: String,
    /// What is traded against what.
    pub underlying: Underlying,
    /// Which of both prices are in.
    #[serde(default)]
    pub quote: QuoteAsset,
    /// What kind of contract it is.
    pub kind: ContractKind,
    /// Its rules; without them prices and quantities have 8 decimal places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<InstrumentSpec>,
}

/// A pair of assets, by the exchange's names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Underlying {
    /// What is bought and sold.
    pub base: String,
    /// What is paid.
    pub quote: String,
}

/// Which asset prices are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum QuoteAsset {
    /// The quote asset of the underlying pair.
    #[default]
    #[serde(alias = "underlying_quote")]
    UnderlyingQuote,
    /// Its base asset.
    #[serde(alias = "underlying_base")]
    UnderlyingBase,
}

/// What kind of contract an instrument is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ContractKind {
    /// Base against quote, delivered at once.
    Spot,
    /// A contract without expiry.
    Perpetual {
        /// Base units in one contract, > 0.
        #[serde(with = "json::text")]
        contract_size: Decimal,
        /// What it is settled in.
        settlement_asset: String,
    },
    /// A contract with an expiry.
    Future {
        /// Base units in one contract, > 0.
        #[serde(with = "json::text")]
        contract_size: Decimal,
        /// What it is settled in.
        settlement_asset: String,
        /// When it ends.
        #[serde(with = "milliseconds")]
        expiry: Time,
    },
    /// A right with an expiry.
    Option {
        /// Base units in one contract, > 0.
        #[serde(with = "json::text")]
        contract_size: Decimal,
        /// What it is settled in.
        settlement_asset: String,
        /// To buy or to sell.
        kind: OptionKind,
        /// When it may be used.
        exercise: OptionExercise,
        /// When it ends.
        #[serde(with = "milliseconds")]
        expiry: Time,
        /// At which price.
        #[serde(with = "json::text")]
        strike: Decimal,
    },
}

/// What an option is a right to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// To buy.
    #[serde(alias = "Call")]
    Call,
    /// To sell.
    #[serde(alias = "Put")]
    Put,
}

/// When an option may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionExercise {
    /// At any time.
    #[serde(alias = "American")]
    American,
    /// On certain days.
    #[serde(alias = "Bermudan")]
    Bermudan,
    /// At its end.
    #[serde(alias = "European")]
    European,
}

/// The rules of an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentSpec {
    /// Of prices.
    pub price: PriceSpec,
    /// Of quantities.
    pub quantity: QuantitySpec,
    /// Of price × quantity.
    pub notional: NotionalSpec,
}

/// Rules of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSpec {
    /// Lowest limit, >= 0.
    #[serde(with = "json::text")]
    pub min: Decimal,
    /// Smallest step, > 0.
    #[serde(with = "json::text")]
    pub tick_size: Decimal,
}

/// Rules of quantities.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantitySpec {
    /// What a quantity counts.
    pub unit: QuantityUnit,
    /// Smallest quantity of an order, >= 0.
    #[serde(with = "json::text")]
    pub min: Decimal,
    /// Smallest step, > 0.
    #[serde(with = "json::text")]
    pub increment: Decimal,
}

/// What a quantity counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum QuantityUnit {
    /// Units of this asset.
    Asset(String),
    /// Contracts.
    Contract,
    /// Units of the quote asset.
    Quote,
}

/// Rules of price × quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotionalSpec {
    /// Smallest price × quantity of an order, >= 0.
    #[serde(with = "json::text")]
    pub min: Decimal,
}

/// A simulated exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockExecutionConfig {
    /// Which exchange it stands for.
    pub mocked_exchange: ExchangeId,
    /// What there is at the start.
    pub initial_state: InitialState,
    /// From a request to its answer, in milliseconds; half of it on the way there.
    pub latency_ms: u64,
    /// Fee of every fill as a percentage of its value: 0.05 is 5 in ten thousand.
    #[serde(with = "json::text")]
    pub fees_percent: Decimal,
}

/// What an account has at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialState {
    /// Whose account.
    pub exchange: ExchangeId,
    /// Balances.
    #[serde(default)]
    pub balances: Vec<NamedBalance>,
    /// Orders that are open.
    #[serde(default)]
    pub instruments: Vec<NamedOrders>,
}

impl InitialState {
    /// True if nothing is held back by an order.
    pub(super) fn has_no_orders(&self) -> bool {
        self.instruments.iter().all(|one| one.orders.is_empty())
    }
}

/// A balance of an asset, by the exchange's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedBalance {
    /// Of what.
    pub asset: String,
    /// How much.
    #[serde(deserialize_with = "amounts")]
    pub balance: Balance,
    /// When.
    pub time_exchange: Time,
}

/// A balance whose fields are all known, as everything of a configuration.
fn amounts<'de, D: Deserializer<'de>>(from: D) -> Result<Balance, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Amounts {
        #[serde(with = "json::text")]
        total: Decimal,
        #[serde(with = "json::text")]
        free: Decimal,
    }
    Amounts::deserialize(from).map(|Amounts { total, free }| Balance { total, free })
}

/// Open orders of an instrument, by the exchange's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedOrders {
    /// Of what.
    pub instrument: String,
    /// The orders.
    #[serde(default)]
    pub orders: Vec<NamedOrder>,
}

/// An open order, with nothing filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedOrder {
    /// Which order.
    pub key: NamedKey,
    /// Which way.
    #[serde(with = "json::side")]
    pub side: Side,
    /// Limit.
    #[serde(with = "json::text")]
    pub price: Decimal,
    /// Quantity, > 0.
    #[serde(with = "json::text")]
    pub quantity: Decimal,
    /// How it names its price.
    pub kind: OrderKind,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Where it stands, if that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<NamedState>,
}

/// Where an order of the start stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NamedState {
    /// As snapshots of an account say it.
    Active(ActiveOrderState),
    /// The same, shorter.
    Open(Open),
}

/// Names of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedKey {
    /// Where.
    pub exchange: ExchangeId,
    /// Of what, by the exchange's name.
    pub instrument: String,
    /// The strategy that asked for it.
    pub strategy: String,
    /// Our own name for it.
    pub cid: String,
}

/// How large positions may become.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskConfig {
    /// For every instrument.
    #[serde(default)]
    pub global: Option<RiskLimits>,
    /// For single ones, beside the global ones.
    #[serde(default)]
    pub instruments: Vec<InstrumentRisk>,
}

/// Limits of one instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentRisk {
    /// Which.
    pub index: u32,
    /// Its limits.
    pub limits: RiskLimits,
}

/// Limits; each is > 0 where it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskLimits {
    /// Largest value of a position, in quote.
    #[serde(default, with = "maybe_number")]
    pub max_position_notional: Option<Decimal>,
    /// Largest position, in base or contracts.
    #[serde(default, with = "maybe_number")]
    pub max_position_quantity: Option<Decimal>,
    /// Largest value of all positions over equity.
    #[serde(default, with = "maybe_number")]
    pub max_leverage: Option<Decimal>,
    /// Largest value of a position over equity, <= 1.
    #[serde(default, with = "maybe_number")]
    pub max_exposure_percent: Option<Decimal>,
}

impl RiskLimits {
    /// The limits with their names.
    pub fn named(&self) -> [(&'static str, Option<Decimal>); 4] {
        [
            ("max_position_notional", self.max_position_notional),
            ("max_position_quantity", self.max_position_quantity),
            ("max_leverage", self.max_leverage),
            ("max_exposure_percent", self.max_exposure_percent),
        ]
    }

    /// Refuses limits out of range; `whose` names them.
    pub fn check(&self, whose: &str) -> Result<()> {
        for (name, limit) in self.named() {
            let Some(limit) = limit else { continue };
            let most = if name == "max_exposure_percent" { Decimal::ONE } else { Decimal::MAX };
            if limit <= Decimal::ZERO || limit > most {
                let range = if most == Decimal::ONE { "> 0 and <= 1" } else { "> 0" };
                return Err(Error::Config(format!("{whose}.{name} must be {range}, got {limit}")));
            }
        }
        Ok(())
    }
}

impl RiskConfig {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The limits of one instrument.
    pub fn of(&self, index: u32) -> Option<&RiskLimits> {
        self.instruments.iter().find(|risk| risk.index == index).map(|risk| &risk.limits)
    }
}

/// An error of what a file says.
fn in_file(error: Error, path: &Path) -> Error {
    match error {
        Error::Config(text) => {
            Error::Config(format!("{}: {text}", path.display().to_string().escape_debug()))
        }
        other => other,
    }
}

impl SystemConfig {
    /// Reads a configuration from JSON text, nested or not.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] that names the field.
    pub fn from_json(text: &str) -> Result<Self> {
        Self::read(text, true)
    }

    /// The same for text that was never a user's: errors do not say where in it.
    pub fn from_object(text: &str) -> Result<Self> {
        Self::read(text, false)
    }

    /// Reads a file.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = text_file(path, MOST_BYTES).map_err(|error| match error {
            Error::Data(fault) if !fault.missing_file => Error::Config(fault.to_string()),
            other => other,
        })?;
        Self::from_json(&text).map_err(|error| in_file(error, path))
    }

    /// Reads text that a file of another form came to.
    pub fn from_object_of(path: &Path, text: &str) -> Result<Self> {
        Self::from_object(text).map_err(|error| in_file(error, path))
    }

    fn read(text: &str, place: bool) -> Result<Self> {
        let refused = |error: Error| match error {
            Error::Data(fault) => Error::Config(fault.to_string()),
            other => other,
        };
        let keys: Keys = json::read_placed("config", text, place).map_err(refused)?;
        let config = if keys.system.is_some() {
            let nested: Nested = json::read_placed("config", text, place).map_err(refused)?;
            let (outer, inner) = (nested.risk_free_return, nested.system.risk_free_return);
            if let Some((outer, inner)) = outer.zip(inner).filter(|(outer, inner)| outer != inner) {
                return Err(Error::Config(format!(
                    "config: risk_free_return is {outer} and system.risk_free_return {inner}; \
                     give one"
                )));
            }
            let risk_free_return = outer.or(inner);
            Self { risk_free_return, nested: true, ..nested.system }
        } else {
            json::read_placed("config", text, place).map_err(refused)?
        };
        config.check()?;
        Ok(config)
    }

    /// JSON text; decimals as text, as Barter writes them.
    pub fn to_json(&self) -> Result<String> {
        if !self.nested {
            return write_pretty("config", self);
        }
        let system = Self { risk_free_return: None, ..self.clone() };
        let nested = Nested { risk_free_return: self.risk_free_return, system };
        write_pretty("config", &nested)
    }

    /// Refuses what contradicts itself.
    pub fn check(&self) -> Result<()> {
        let refuse = |text: String| Err(Error::Config(format!("config: {text}")));
        if self.instruments.is_empty() {
            return refuse("instruments must have one or more".to_owned());
        }
        if let Some(rate) = self.risk_free_return.filter(|rate| *rate <= Decimal::NEGATIVE_ONE) {
            return refuse(format!("risk_free_return must be > -1, got {rate}"));
        }
        for (at, one) in self.instruments.iter().enumerate() {
            one.check(&format!("config: instruments[{at}]"))?;
            let same = |other: &InstrumentConfig| {
                other.exchange == one.exchange && other.name_exchange == one.name_exchange
            };
            if let Some(first) = self.instruments[..at].iter().position(same) {
                let name = shown(&one.name_exchange);
                return refuse(format!(
                    "instruments[{at}] is instruments[{first}] again: \"{name}\" of {}",
                    one.exchange
                ));
            }
        }
        for (at, one) in self.executions.iter().enumerate() {
            let exchange = one.mocked_exchange;
            if self.executions[..at].iter().any(|other| other.mocked_exchange == exchange) {
                return refuse(format!("executions[{at}]: {exchange} has an execution already"));
            }
            one.check(&format!("config: executions[{at}]"))?;
        }
        if let Some(limits) = &self.risk.global {
            limits.check("config: risk.global")?;
        }
        for (at, risk) in self.risk.instruments.iter().enumerate() {
            self.check_index(risk.index)?;
            if self.risk.instruments[..at].iter().any(|other| other.index == risk.index) {
                let index = risk.index;
                return refuse(format!("risk.instruments[{at}]: {index} has limits already"));
            }
            risk.limits.check(&format!("config: risk.instruments[{at}].limits"))?;
        }
        Ok(())
    }

    /// Refuses an index that no instrument has.
    pub fn check_index(&self, index: u32) -> Result<()> {
        let count = self.instruments.len();
        if (index as usize) < count {
            return Ok(());
        }
        let last = count - 1;
        Err(Error::Config(format!(
            "instrument index must be from 0 to {last}, got {index}; the configuration has {count}"
        )))
    }

    /// Sets the limits of every instrument; `None` lifts them.
    pub fn set_global_limits(&mut self, limits: Option<RiskLimits>) -> Result<()> {
        if let Some(limits) = &limits {
            limits.check("limits")?;
        }
        self.risk.global = limits;
        Ok(())
    }

    /// Sets the limits of one instrument; `None` lifts them.
    pub fn set_instrument_limits(&mut self, index: u32, limits: Option<RiskLimits>) -> Result<()> {
        self.check_index(index)?;
        if let Some(limits) = &limits {
            limits.check("limits")?;
        }
        self.risk.instruments.retain(|risk| risk.index != index);
        self.risk.instruments.extend(limits.map(|limits| InstrumentRisk { index, limits }));
        self.risk.instruments.sort_by_key(|risk| risk.index);
        Ok(())
    }
}
