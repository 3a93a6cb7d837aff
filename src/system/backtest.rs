//! A backtest: data, a strategy and settings become a run that is ready to go.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::world;
use crate::account::{Account, AccountKind};
use crate::context::{Context, World};
use crate::engine::{Engine, MAX_EQUITY_POINTS, Run, RunSettings};
use crate::error::{Error, Result};
use crate::exchange::{ExchangeSettings, SimulatedExchange};
use crate::instrument::{AssetIndex, InstrumentKind};
use crate::market::{Columns, DataSet};
use crate::num::{MAX_MONEY, Ratio};
use crate::replay::{VenueRows, Window};
use crate::strategy::Strategy;
use crate::time::{MINUTE, Time, span_text};

/// Money that an account starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cash {
    /// How much, > 0.
    pub amount: Decimal,
    /// Of what; `None` for the quote asset of the instruments.
    pub asset: Option<String>,
}

/// What a backtest is given besides data and strategy.
#[derive(Clone, Debug)]
pub struct BacktestSettings {
    /// Start balances; the first asset is the currency of the figures.
    pub cash: Vec<Cash>,
    /// The venue.
    pub exchange: ExchangeSettings,
    /// Which part of the data.
    pub window: Window,
    /// Equity is noted at multiples of this span; `None` for the candles' interval or a minute.
    pub equity_every_ns: Option<i64>,
}

impl BacktestSettings {
    /// Span at which equity is noted: as given, the shortest candle's, or a minute.
    pub fn equity_every_ns(&self, data: &DataSet) -> i64 {
        let interval = |columns: &Columns| match columns {
            Columns::Candles { interval_ns, .. } => Some(*interval_ns),
            _ => None,
        };
        let shortest =
            data.streams.iter().filter_map(|stream| interval(&stream.series.columns)).min();
        self.equity_every_ns.or(shortest).unwrap_or(MINUTE)
    }
}

/// The account that an exchange offers by default for these instruments.
pub fn default_account(data: &DataSet) -> AccountKind {
    let spot = |kind: InstrumentKind| kind == InstrumentKind::Spot;
    if data.listings.iter().all(|listing| spot(listing.instrument.kind)) {
        AccountKind::Cash
    } else {
        AccountKind::Linear { leverage: 1 }
    }
}

/// Makes the run: world, both accounts with their start balances, engine and venue.
pub fn prepare(
    data: &DataSet,
    strategy: Box<dyn Strategy>,
    settings: &BacktestSettings,
) -> Result<Run<SimulatedExchange>> {
    check(data, settings)?;
    let (world, funded) = world::build(data, &settings.cash, &settings.exchange)?;
    let world = Arc::new(world);
    let mut account =
        Account::new(settings.exchange.account, world.assets.len(), world.specs.len());
    let start = VenueRows::new(data.clone(), settings.window).next_time();
    let deposits = deposits(&world, &settings.cash, &funded)?;
    let mut venue = SimulatedExchange::new(&world, data, &settings.exchange, account.clone())?;
    for (asset, amount) in deposits {
        account.deposit(start, asset, amount);
        venue.deposit(start, asset, amount);
    }
    let engine = Engine::new(Context::new(world, account), strategy);
    let equity_every_ns = settings.equity_every_ns(data);
    let run = RunSettings { window: settings.window, equity_every_ns };
    let run = Run::new(engine, venue, data, run);
    let points = run.span().map_or(0, |(start, end)| (end.ns() - start.ns()) / equity_every_ns);
    if points > MAX_EQUITY_POINTS {
        let every = span_text(equity_every_ns);
        return Err(Error::Config(format!(
            "equity_every {every} gives {points} points; at most {MAX_EQUITY_POINTS} are kept"
        )));
    }
    Ok(run)
}

fn check(data: &DataSet, settings: &BacktestSettings) -> Result<()> {
    let Window { start, end } = settings.window;
    if start >= end {
        return Err(Error::Config(format!("end, {end}, must be after start, {start}")));
    }
    if data.rows() == 0 {
        return Err(Error::Config("data: there are no rows".to_owned()));
    }
    if VenueRows::new(data.clone(), settings.window).next_time() == Time::MAX {
        let span = data.first_time().zip(data.last_time());
        let span = span
            .map_or(String::new(), |(first, last)| format!("; the data go from {first} to {last}"));
        return Err(Error::Config(format!("no row lies between start and end{span}")));
    }
    if settings.cash.is_empty() {
        let example = "say what the account starts with, like cash=\"10_000 usdt\"";
        return Err(Error::Config(format!("cash is missing; {example}")));
    }
    Ok(())
}

/// Start balances of a run in the smallest unit of their assets.
pub(super) fn fund(data: &DataSet, settings: &BacktestSettings) -> Result<Vec<(AssetIndex, i128)>> {
    let (world, funded) = world::build(data, &settings.cash, &settings.exchange)?;
    deposits(&world, &settings.cash, &funded)
}

/// Start balances in the smallest unit of their assets.
fn deposits(
    world: &World,
    cash: &[Cash],
    funded: &[AssetIndex],
) -> Result<Vec<(AssetIndex, i128)>> {
    let one = |(cash, asset): (&Cash, &AssetIndex)| Ok((*asset, deposit(world, cash, *asset)?));
    cash.iter().zip(funded).map(one).collect()
}

/// A start balance in the smallest unit of its asset.
pub(super) fn deposit(world: &World, cash: &Cash, asset: AssetIndex) -> Result<i128> {
    let places = world.assets[asset.at()].places;
    let exact = Ratio::from_decimal(cash.amount).checked_mul(Ratio::new(10i128.pow(places), 1));
    let amount = exact.and_then(Ratio::whole).filter(|raw| *raw <= MAX_MONEY);
    amount.filter(|raw| *raw > 0).ok_or_else(|| {
        let name = &world.assets[asset.at()].name;
        Error::Config(format!(
            "cash must be > 0 with at most {places} decimal places, got {} {name}",
            cash.amount
        ))
    })
}
