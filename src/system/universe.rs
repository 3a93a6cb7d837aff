//! A configuration becomes the world of a run: instruments and assets in Barter's order, fees,
//! latency, limits, start balances; and Barter's messages become rows.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::backtest::Cash;
use super::config::{
    ContractKind, InstrumentConfig, MockExecutionConfig, NamedOrder, QuantityUnit, QuoteAsset,
    RiskLimits, SystemConfig,
};
use super::input::Opening;
use super::message::{ExchangeId, OrderKey, OrderRequestOpen, RequestOpen, json};
use super::world;
use crate::account::{AccountKind, PricedBy};
use crate::context::World;
use crate::error::{Error, Result, did_you_mean, shown};
use crate::exchange::{
    CandlePath, ExchangeSettings, Fees, Latency, MatchingRules, QueueModel, TakingRules, Venue,
};
use crate::instrument::{AssetIndex, Instrument, InstrumentIndex, InstrumentKind};
use crate::limits::Limits;
use crate::market::{DataSet, Listing, Stream};
use crate::num::{MAX_MONEY, Ratio, from_decimal, places_of};
use crate::order::SelfTrade;
use crate::rules::{RuleName, RuleValue};

/// Decimal places of prices and quantities of an instrument without rules, and the least of others.
const PLACES: u32 = 8;

/// Market orders take up to their best price × (1 ± this).
const MAX_SLIPPAGE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// A balance that a run starts with, instead of the configuration's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SeededBalance {
    /// Where.
    pub exchange: ExchangeId,
    /// Of what, by the exchange's name.
    pub asset: String,
    /// How much, >= 0.
    #[serde(with = "json::text")]
    pub total: Decimal,
}

/// An instrument with its place among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// As configured.
    pub config: InstrumentConfig,
    /// Its place in the configuration.
    pub configured: usize,
    /// Index of its exchange.
    pub exchange: u32,
    /// Indices of its base and quote assets.
    pub underlying: (u32, u32),
}

/// What a system is about. Indices are Barter's: exchanges in the order of their ids, assets and
/// instruments by exchange and name.
#[derive(Clone, Debug)]
pub struct Universe {
    /// Exchanges by index.
    pub exchanges: Vec<ExchangeId>,
    /// Exchange and name of each asset, by index, and where the world has it.
    pub assets: Vec<(ExchangeId, String, AssetIndex)>,
    /// Instruments by index, as in the world.
    pub instruments: Vec<Listed>,
    /// The world.
    pub world: Arc<World>,
    /// How the exchange behaves.
    pub exchange: ExchangeSettings,
    /// Start balances.
    pub deposits: Vec<(AssetIndex, i128)>,
    /// Orders that are open at the start.
    pub openings: Vec<Opening>,
    /// The instruments, without any rows.
    pub data: DataSet,
    /// Exchanges that answer requests.
    pub mocked: Vec<ExchangeId>,
}

impl Universe {
    /// Builds it. `seeded` balances replace those of the configuration for the same asset.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] that names the field.
    pub fn new(config: &SystemConfig, seeded: &[SeededBalance]) -> Result<Self> {
        config.check()?;
        let mut exchanges: Vec<ExchangeId> =
            config.instruments.iter().map(|instrument| instrument.exchange).collect();
        exchanges.sort_unstable();
        exchanges.dedup();
        let names = asset_names(config);
        let instruments = listed(config, &exchanges, &names);
        let listings = instruments
            .iter()
            .map(|listed| listing(&instruments, listed))
            .collect::<Result<Vec<Listing>>>()?;
        check_names(&instruments, &listings)?;
        let data = DataSet { listings: listings.into(), streams: Vec::new().into() };
        let exchange = exchange_settings(config, &instruments);
        let cash = balances(config, seeded, &instruments, &names)?;
        let (mut world, funded) = world::build(&data, &cash, &exchange)?;
        world.exchanges = exchanges.iter().map(|id| id.name().to_owned()).collect();
        world.listed_on = instruments.iter().map(|listed| listed.exchange).collect();
        value_twins(&mut world);
        world.limits = limits(config, &instruments, &world)?;
        let deposits = deposits(&world, &cash, &funded)?;
        let place = |(exchange, name): &(ExchangeId, String)| {
            let full = full_name(*exchange, name);
            let at = world.assets.iter().position(|asset| asset.name == full);
            at.map(|at| (*exchange, name.clone(), AssetIndex(at as u32)))
        };
        let assets = names.iter().filter_map(place).collect();
        let mocked = config.executions.iter().map(|mock| mock.mocked_exchange).collect();
        let world = Arc::new(world);
        let openings = Vec::new();
        let mut universe = Self {
            exchanges,
            assets,
            instruments,
            world,
            exchange,
            deposits,
            openings,
            data,
            mocked,
        };
        universe.openings = universe.first_orders(config)?;
        Ok(universe)
    }

    /// The orders that the mocked exchanges have at the start.
    fn first_orders(&self, config: &SystemConfig) -> Result<Vec<Opening>> {
        let mut openings = Vec::new();
        for (at, mock) in config.executions.iter().enumerate() {
            let exchange = mock.mocked_exchange;
            for (place, named) in mock.initial_state.instruments.iter().enumerate() {
                let refuse = |text: String| {
                    let place = format!("executions[{at}].initial_state.instruments[{place}]");
                    Error::Config(format!("config: {place}: {text}"))
                };
                let same = |listed: &Listed| {
                    listed.config.exchange == exchange
                        && listed.config.name_exchange == named.instrument
                };
                let of = self.instruments.iter().position(same).ok_or_else(|| {
                    let name = shown(&named.instrument);
                    refuse(format!("no instrument of {exchange} has the name \"{name}\""))
                })?;
                for order in &named.orders {
                    let request = self.request(of, order);
                    request.check().map_err(|error| refuse(error.to_string()))?;
                    openings.push(self.opening(&request).map_err(|e| refuse(e.to_string()))?);
                }
            }
        }
        Ok(openings)
    }

    /// The request that leads to an order of the start.
    fn request(&self, of: usize, order: &NamedOrder) -> OrderRequestOpen {
        let NamedOrder { key, side, price, quantity, kind, time_in_force, .. } = order.clone();
        let key = OrderKey {
            exchange: self.instruments[of].exchange,
            instrument: of as u32,
            strategy: key.strategy,
            cid: key.cid,
        };
        OrderRequestOpen { key, state: RequestOpen { side, price, quantity, kind, time_in_force } }
    }

    /// A table's streams with this universe's instruments, which are known by our name, by the
    /// exchange's, or by base and quote.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for an instrument that is not known, or is by more than one.
    pub fn adopt(&self, data: &DataSet) -> Result<DataSet> {
        let mut streams = Vec::new();
        for stream in data.streams.iter() {
            let at = self.namesake(&stream.series.instrument)?;
            let listing = &self.data.listings[at];
            let mut series = stream.series.rescaled(
                listing.price_scale.max(stream.series.price_scale),
                listing.quantity_scale.max(stream.series.quantity_scale),
            )?;
            if (series.price_scale, series.quantity_scale)
                != (listing.price_scale, listing.quantity_scale)
            {
                let name = &listing.instrument.name;
                return Err(Error::Config(format!(
                    "market data of {name} have {} and {} decimal places of prices and quantities, \
                     the configuration allows {} and {}; give a finer spec",
                    series.price_scale,
                    series.quantity_scale,
                    listing.price_scale,
                    listing.quantity_scale
                )));
            }
            series.instrument = Arc::clone(&listing.instrument);
            let instrument = InstrumentIndex(at as u32);
            streams.push(Stream { instrument, series: Arc::new(series) });
        }
        Ok(DataSet { listings: Arc::clone(&self.data.listings), streams: streams.into() })
    }

    /// The place of the instrument that a table calls so.
    fn namesake(&self, given: &Instrument) -> Result<usize> {
        let places = |same: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..self.instruments.len()).filter(|at| same(*at)).collect()
        };
        let own = |at: usize| self.data.listings[at].instrument.name == given.name;
        let venue = |at: usize| self.instruments[at].config.name_exchange == given.name;
        let pair = |at: usize| {
            let pair = &self.instruments[at].config.underlying;
            pair.base.eq_ignore_ascii_case(&given.base)
                && pair.quote.eq_ignore_ascii_case(&given.quote)
        };
        let known = [&own as &dyn Fn(usize) -> bool, &venue, &pair].map(places);
        let found = known.iter().find(|found| !found.is_empty());
        if let Some([at]) = found.map(Vec::as_slice) {
            return Ok(*at);
        }
        let names: Vec<&str> =
            self.data.listings.iter().map(|one| one.instrument.name.as_str()).collect();
        let name = shown(&given.name);
        let which = if found.is_some() { "is more than one of" } else { "is none of" };
        Err(Error::Config(format!(
            "market data of \"{name}\": it {which} the configured instruments {}",
            names.join(", ")
        )))
    }

    /// The index of an exchange.
    pub fn exchange_index(&self, id: ExchangeId) -> Result<u32> {
        let at = self.exchanges.iter().position(|known| *known == id);
        at.map(|at| at as u32).ok_or_else(|| {
            let names: Vec<&str> = self.exchanges.iter().map(|known| known.name()).collect();
            Error::Config(format!("no instrument is traded on {id}; known: {}", names.join(", ")))
        })
    }
}

fn full_name(exchange: ExchangeId, asset: &str) -> String {
    format!("{exchange}:{asset}")
}

/// All assets, in Barter's order.
fn asset_names(config: &SystemConfig) -> Vec<(ExchangeId, String)> {
    let mut names = Vec::new();
    for one in &config.instruments {
        let pair = [&one.underlying.base, &one.underlying.quote];
        let settled = one.kind.contract().map(|(_, asset)| asset);
        for name in pair.into_iter().chain(settled) {
            names.push((one.exchange, name.to_lowercase()));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The names of a world's assets by Barter's index; none if its assets are of no exchanges.
pub fn asset_names_of(world: &World) -> Vec<String> {
    let place = |name: &str| {
        let (exchange, asset) = name.split_once(':')?;
        let at = world.exchanges.iter().position(|known| known == exchange)?;
        Some((at, asset.to_owned()))
    };
    let named = world.assets.iter().filter_map(|asset| Some((place(&asset.name)?, &asset.name)));
    let mut named: Vec<_> = named.collect();
    named.sort();
    named.into_iter().map(|(_, name)| name.clone()).collect()
}

/// All instruments, in Barter's order.
fn listed(
    config: &SystemConfig,
    exchanges: &[ExchangeId],
    assets: &[(ExchangeId, String)],
) -> Vec<Listed> {
    let asset = |exchange: ExchangeId, name: &str| {
        let name = name.to_lowercase();
        assets.iter().position(|known| *known == (exchange, name.clone())).unwrap_or(0) as u32
    };
    let mut all: Vec<Listed> = config
        .instruments
        .iter()
        .enumerate()
        .map(|(configured, one)| Listed {
            config: one.clone(),
            configured,
            exchange: exchanges.binary_search(&one.exchange).unwrap_or(0) as u32,
            underlying: (
                asset(one.exchange, &one.underlying.base),
                asset(one.exchange, &one.underlying.quote),
            ),
        })
        .collect();
    all.sort_by(|one, other| {
        let key = |listed: &Listed| {
            (listed.exchange, plain_name(&listed.config), listed.config.name_exchange.clone())
        };
        key(one).cmp(&key(other))
    });
    all
}

fn plain_name(one: &InstrumentConfig) -> String {
    let pair = &one.underlying;
    format!("{}-{}_{}", one.exchange, pair.base.to_lowercase(), pair.quote.to_lowercase())
}

/// The name of an instrument: exchange, base and quote, and what else tells it from the others.
fn name(all: &[Listed], of: &Listed) -> String {
    let plain = plain_name(&of.config);
    let twins = || all.iter().filter(|other| plain_name(&other.config) == plain);
    if twins().count() == 1 {
        return plain;
    }
    let kind = of.config.kind.kind();
    let same = twins().filter(|other| other.config.kind.kind() == kind).count();
    if same == 1 && kind == InstrumentKind::Spot {
        return plain;
    }
    if same == 1 {
        return format!("{plain}_{}", kind.name());
    }
    let venue = &of.config.name_exchange;
    let lower = venue.to_lowercase();
    let alike = twins().filter(|other| other.config.name_exchange.to_lowercase() == lower).count();
    format!("{plain}_{}", if alike == 1 { &lower } else { venue })
}

/// Refuses two instruments whose names are the same.
fn check_names(instruments: &[Listed], listings: &[Listing]) -> Result<()> {
    let named = || listings.iter().map(|one| &one.instrument.name);
    for (at, name) in named().enumerate() {
        if let Some(first) = named().take(at).position(|other| other == name) {
            let [one, other] = [first, at].map(|at| instruments.get(at).map(|of| of.configured));
            let (one, other) = (one.unwrap_or(first), other.unwrap_or(at));
            return Err(Error::Config(format!(
                "config: instruments[{one}] and instruments[{other}] are both called \"{name}\""
            )));
        }
    }
    Ok(())
}

/// An instrument with its rules and the scales of its numbers.
fn listing(all: &[Listed], of: &Listed) -> Result<Listing> {
    let (one, at) = (&of.config, of.configured);
    let refuse = |text: String| Error::Config(format!("config: instruments[{at}]: {text}"));
    if one.quote == QuoteAsset::UnderlyingBase {
        let text = "quote underlying_base (an inverse contract) is not supported";
        return Err(refuse(text.to_owned()));
    }
    let exact = Decimal::new(1, PLACES);
    let spec = one.spec.as_ref();
    let (tick, lot) = spec.map_or((exact, exact), |spec| {
        (spec.price.tick_size.normalize(), spec.quantity.increment.normalize())
    });
    let mut instrument = Instrument::new(&name(all, of), tick, lot)?;
    instrument.base = full_name(one.exchange, &one.underlying.base.to_lowercase());
    instrument.quote = full_name(one.exchange, &one.underlying.quote.to_lowercase());
    instrument.kind = one.kind.kind();
    instrument.inferred = spec.is_none();
    if let Some((size, settled)) = one.kind.contract() {
        instrument.multiplier = size.normalize();
        let quote = &one.underlying.quote;
        if settled.to_lowercase() != quote.to_lowercase() {
            return Err(refuse(format!(
                "settlement_asset \"{}\" must be the quote asset \"{}\"",
                shown(settled),
                shown(quote)
            )));
        }
    }
    if let Some(spec) = spec {
        check_unit(one, &spec.quantity.unit, instrument.multiplier).map_err(refuse)?;
    }
    if let Some(spec) = spec {
        instrument.min_notional = spec.notional.min.normalize();
        let least =
            [(RuleName::MinPrice, spec.price.min), (RuleName::MinQuantity, spec.quantity.min)];
        let given = least.into_iter().filter(|(_, value)| !value.is_zero());
        instrument.rules =
            given.map(|(name, value)| (name, RuleValue::Number(value.normalize()))).collect();
    }
    instrument.check()?;
    Ok(Listing {
        price_scale: places_of(tick).max(PLACES),
        quantity_scale: places_of(lot).max(PLACES),
        instrument: Arc::new(instrument),
    })
}

/// Quantities count contracts, or units of the base asset where these are the same.
fn check_unit(one: &InstrumentConfig, unit: &QuantityUnit, size: Decimal) -> Result<(), String> {
    let base = &one.underlying.base;
    match unit {
        QuantityUnit::Contract => Ok(()),
        QuantityUnit::Asset(asset) if asset.to_lowercase() == base.to_lowercase() => {
            if size == Decimal::ONE {
                return Ok(());
            }
            let seen = size.normalize();
            Err(format!(
                "spec.quantity.unit must be \"Contract\", for contract_size is {seen} and not 1"
            ))
        }
        QuantityUnit::Asset(_) | QuantityUnit::Quote => {
            let base = shown(base);
            Err(format!(
                "spec.quantity.unit must be \"Contract\" or {{\"Asset\": \"{base}\"}}, for \
                 quantities count contracts or units of the base asset"
            ))
        }
    }
}

/// How the mocked exchanges behave.
fn exchange_settings(config: &SystemConfig, instruments: &[Listed]) -> ExchangeSettings {
    let spot = config.instruments.iter().all(|one| one.kind.kind() == InstrumentKind::Spot);
    let terms = |mock: &MockExecutionConfig| {
        let rate = mock.fees_percent / Decimal::ONE_HUNDRED;
        let latency_ns = mock.latency_ms as i64 * 1_000_000;
        let there = latency_ns / 2;
        (Fees::rates(rate, rate), Latency::constant(there, latency_ns - there))
    };
    let mut all: Vec<_> = config.executions.iter().map(terms).collect();
    let free = (Fees::rates(Decimal::ZERO, Decimal::ZERO), Latency::default());
    let (fees, latency) = all.first().cloned().unwrap_or(free);
    if all.iter().all(|one| *one == (fees.clone(), latency.clone())) {
        all.clear();
    }
    let venue = |(mock, (fees, latency)): (&MockExecutionConfig, (Fees, Latency))| {
        let id = mock.mocked_exchange;
        let listed = instruments.iter().enumerate().filter(|(_, one)| one.config.exchange == id);
        let instruments = listed.map(|(at, _)| InstrumentIndex(at as u32)).collect();
        Venue { name: id.name().to_owned(), instruments, fees, latency }
    };
    ExchangeSettings {
        account: if spot { AccountKind::Cash } else { AccountKind::Linear { leverage: 1 } },
        venues: config.executions.iter().zip(all).map(venue).collect(),
        fees,
        latency,
        matching: MatchingRules {
            queue: QueueModel::Auto,
            path: CandlePath::Adverse,
            touch: false,
            taking: TakingRules::default(),
        },
        max_slippage: MAX_SLIPPAGE,
        self_trade: SelfTrade::default(),
        allow_immediate: None,
        seed: 0,
    }
}

/// Start balances; the first is of the currency: the quote asset of the first instrument.
fn balances(
    config: &SystemConfig,
    seeded: &[SeededBalance],
    instruments: &[Listed],
    names: &[(ExchangeId, String)],
) -> Result<Vec<Cash>> {
    let mut cash: Vec<Cash> = Vec::new();
    let mut set = |exchange: ExchangeId, asset: &str, amount: Decimal| {
        let name = full_name(exchange, &asset.to_lowercase());
        match cash.iter_mut().find(|one| one.asset.as_ref() == Some(&name)) {
            Some(known) => known.amount = amount,
            None => cash.push(Cash { amount, asset: Some(name) }),
        }
    };
    if let Some(first) = instruments.iter().find(|listed| listed.configured == 0) {
        set(first.config.exchange, &first.config.underlying.quote, Decimal::ZERO);
    }
    let known = |place: &str, exchange: ExchangeId, asset: &str| {
        let of_exchange = || names.iter().filter(|(on, _)| *on == exchange).map(|(_, name)| name);
        if of_exchange().any(|name| *name == asset.to_lowercase()) {
            return Ok(());
        }
        Err(Error::Config(format!(
            "{place}: no instrument on {exchange} trades \"{}\"{}",
            shown(asset),
            did_you_mean(asset, of_exchange().map(String::as_str))
        )))
    };
    for (at, mock) in config.executions.iter().enumerate() {
        for (place, one) in mock.initial_state.balances.iter().enumerate() {
            let place = format!("config: executions[{at}].initial_state.balances[{place}]");
            known(&place, mock.mocked_exchange, &one.asset)?;
            let held_back = one.balance.total - one.balance.free;
            if !held_back.is_zero() && mock.initial_state.has_no_orders() {
                let asset = shown(&one.asset);
                log::warn!("{place}: no order holds {held_back} {asset} back, all of it is free");
            }
            set(mock.mocked_exchange, &one.asset, one.balance.total);
        }
    }
    for (place, one) in seeded.iter().enumerate() {
        let place = format!("initial_balances[{place}]");
        known(&place, one.exchange, &one.asset)?;
        let same = |other: &SeededBalance| {
            other.exchange == one.exchange && other.asset.to_lowercase() == one.asset.to_lowercase()
        };
        if seeded.iter().filter(|other| same(other)).count() > 1 {
            let asset = shown(&one.asset);
            return Err(Error::Config(format!("{place}: \"{asset}\" has two balances")));
        }
        if one.total < Decimal::ZERO {
            let text = format!("{place}: total must be >= 0, got {}", one.total);
            return Err(Error::Config(text));
        }
        set(one.exchange, &one.asset, one.total);
    }
    Ok(cash)
}

/// Start balances in the smallest unit of their assets.
fn deposits(
    world: &World,
    cash: &[Cash],
    funded: &[AssetIndex],
) -> Result<Vec<(AssetIndex, i128)>> {
    let held = cash.iter().zip(funded).filter(|(one, _)| !one.amount.is_zero());
    held.map(|(one, asset)| Ok((*asset, super::backtest::deposit(world, one, *asset)?))).collect()
}

/// An asset of one exchange is worth what its namesake on another is.
fn value_twins(world: &mut World) {
    let plain = |name: &str| name.split_once(':').map_or(name, |(_, asset)| asset).to_owned();
    for at in 0..world.assets.len() {
        if at == world.currency.at() || world.value_by[at] != PricedBy::Nothing {
            continue;
        }
        let own = plain(&world.assets[at].name);
        let mut twins = (0..world.assets.len()).filter(|twin| {
            let priced = *twin == world.currency.at() || world.value_by[*twin] != PricedBy::Nothing;
            *twin != at && priced && plain(&world.assets[*twin].name) == own
        });
        if let Some(twin) = twins.next() {
            world.value_by[at] = if twin == world.currency.at() {
                let unit = |at: usize| 10i128.pow(world.assets[at].places);
                PricedBy::Constant(Ratio::new(unit(twin), unit(at)))
            } else {
                world.value_by[twin]
            };
        }
    }
}

/// Risk limits by instrument: the stricter of the global ones and its own.
fn limits(
    config: &SystemConfig,
    instruments: &[Listed],
    world: &World,
) -> Result<Option<Box<[Limits]>>> {
    let risk = &config.risk;
    if risk.global.is_none() && risk.instruments.is_empty() {
        return Ok(None);
    }
    let raw = |of: usize, limits: &RiskLimits| -> Result<Limits> {
        let spec = &world.specs[of];
        let places = world.assets[spec.quote.at()].places;
        let range = |name: &str, value: Decimal| {
            Error::Config(format!("config: risk: max_position_{name} {value} is out of range"))
        };
        let quantity = limits.max_position_quantity.map(|value| {
            let value = value.trunc_with_scale(spec.quantity_scale);
            from_decimal(value, spec.quantity_scale).ok_or_else(|| range("quantity", value))
        });
        let notional = limits.max_position_notional.map(|value| {
            let unit = Ratio::new(10i128.pow(places), 1);
            let scaled = Ratio::from_decimal(value).checked_mul(unit);
            let floor = scaled.map(|scaled| scaled.floor(1).min(MAX_MONEY));
            floor.ok_or_else(|| range("notional", value))
        });
        Ok(Limits {
            position_quantity: quantity.transpose()?,
            position_notional: notional.transpose()?,
            leverage: limits.max_leverage.map(Ratio::from_decimal),
            exposure: limits.max_exposure_percent.map(Ratio::from_decimal),
        })
    };
    let of = |(at, listed): (usize, &Listed)| {
        let global = risk.global.as_ref().map(|limits| raw(at, limits)).transpose()?;
        let own = risk.of(listed.configured as u32).map(|limits| raw(at, limits)).transpose()?;
        Ok(global.unwrap_or_default().and(own.unwrap_or_default()))
    };
    let all = instruments.iter().enumerate().map(of).collect::<Result<Vec<Limits>>>()?;
    Ok(Some(all.into()))
}

impl ContractKind {
    /// What kind of contract it is, for the world.
    fn kind(&self) -> InstrumentKind {
        match self {
            Self::Spot => InstrumentKind::Spot,
            Self::Perpetual { .. } => InstrumentKind::Perpetual,
            Self::Future { .. } => InstrumentKind::Future,
            Self::Option { .. } => InstrumentKind::Option,
        }
    }

    /// Contract size and settlement asset; `None` for spot.
    pub(super) fn contract(&self) -> Option<(Decimal, &String)> {
        match self {
            Self::Spot => None,
            Self::Perpetual { contract_size, settlement_asset }
            | Self::Future { contract_size, settlement_asset, .. }
            | Self::Option { contract_size, settlement_asset, .. } => {
                Some((*contract_size, settlement_asset))
            }
        }
    }
}
