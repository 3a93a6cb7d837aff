//! The loop without Python: replay, and market makers written against the public trait.
//!
//! `cargo bench --bench engine -- DIR [replay|called|market-maker|depth|poll]` reads the quotes,
//! trades and depth in DIR; without it quotes and trades are generated.

// A benchmark looks at the clock and prints.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::path::PathBuf;
use std::time::Instant;

use barter_python::account::AccountKind;
use barter_python::context::Context;
use barter_python::data::load::{BookStart, Options, load};
use barter_python::data::sample::sample;
use barter_python::data::table::Source;
use barter_python::error::Result;
use barter_python::event::Timer;
use barter_python::exchange::{
    CandlePath, ExchangeSettings, Fees, Latency, MatchingRules, QueueModel, TakingRules,
};
use barter_python::instrument::{Instrument, InstrumentIndex};
use barter_python::market::{DataSet, MarketKind, Quote, Side};
use barter_python::order::{Fill, OrderId, OrderKind, OrderRequest, SelfTrade, TimeInForce};
use barter_python::replay::Window;
use barter_python::strategy::{Hooks, Idle, Strategy};
use barter_python::system::{BacktestSettings, Cash, Outcome, SummarySettings, prepare};
use rust_decimal::Decimal;

/// Quotes one tick behind the touch on both sides, at most ten units either way.
#[derive(Default)]
struct MarketMaker {
    tick: i64,
    orders: [Option<(OrderId, i64)>; 2],
}

impl MarketMaker {
    fn quote(
        &mut self,
        context: &mut Context,
        of: InstrumentIndex,
        side: Side,
        want: Option<i64>,
    ) -> Result<()> {
        let resting = &mut self.orders[side as usize];
        if resting.map(|(_, price)| price) == want {
            return Ok(());
        }
        if let Some((id, _)) = resting.take() {
            context.cancel(id)?;
        }
        if let Some(limit) = want {
            let id = context.submit(OrderRequest {
                instrument: of,
                side,
                kind: OrderKind::Limit,
                time_in_force: TimeInForce::GoodTillCancelled,
                post_only: true,
                quantity: 1,
                limit,
                special: None,
            })?;
            *resting = Some((id, limit));
        }
        Ok(())
    }

    fn look(
        &mut self,
        context: &mut Context,
        of: InstrumentIndex,
        bid: i64,
        ask: i64,
    ) -> Result<()> {
        let held = context.position(of).quantity;
        self.quote(context, of, Side::Buy, (held < 10).then_some(bid - self.tick))?;
        self.quote(context, of, Side::Sell, (held > -10).then_some(ask + self.tick))
    }

    /// Forgets an order that was filled, unless another one has taken its place.
    fn filled(&mut self, fill: &Fill) {
        let resting = &mut self.orders[fill.side as usize];
        if resting.is_some_and(|(id, _)| id == fill.order) {
            *resting = None;
        }
    }
}

impl Strategy for MarketMaker {
    fn hooks(&self) -> Hooks {
        Hooks { quote: true, fill: true, ..Hooks::NONE }
    }

    fn on_start(&mut self, context: &mut Context) -> Result<()> {
        self.tick = context.world.specs[0].tick;
        Ok(())
    }

    fn on_quote(
        &mut self,
        context: &mut Context,
        of: InstrumentIndex,
        quote: &Quote,
    ) -> Result<()> {
        self.look(context, of, quote.bid, quote.ask)
    }

    fn on_fill(&mut self, _: &mut Context, fill: &Fill) -> Result<()> {
        self.filled(fill);
        Ok(())
    }
}

/// The same, woken every 10 ms.
#[derive(Default)]
struct Poll(MarketMaker);

const POLL_NS: i64 = 10_000_000;

impl Strategy for Poll {
    fn hooks(&self) -> Hooks {
        Hooks { timer: true, fill: true, ..Hooks::NONE }
    }

    fn on_start(&mut self, context: &mut Context) -> Result<()> {
        self.0.tick = context.world.specs[0].tick;
        let first = context.now().after(POLL_NS);
        context.set_timer(first, POLL_NS).map(drop)
    }

    fn on_timer(&mut self, context: &mut Context, _: &Timer) -> Result<()> {
        let of = InstrumentIndex(0);
        match context.market(of).touch() {
            (Some(bid), Some(ask)) => self.0.look(context, of, bid, ask),
            _ => Ok(()),
        }
    }

    fn on_fill(&mut self, _: &mut Context, fill: &Fill) -> Result<()> {
        self.0.filled(fill);
        Ok(())
    }
}

/// Makes a strategy for one run.
type Make = fn() -> Box<dyn Strategy>;

/// Is called for every quote and does nothing.
struct Watcher;

impl Strategy for Watcher {
    fn hooks(&self) -> Hooks {
        Hooks { quote: true, ..Hooks::NONE }
    }
}

fn settings(latency_ns: i64, queue: QueueModel) -> BacktestSettings {
    BacktestSettings {
        cash: vec![Cash { amount: Decimal::from(1_000_000), asset: None }],
        exchange: ExchangeSettings {
            account: AccountKind::Linear { leverage: 1 },
            fees: Fees::rates(Decimal::new(2, 4), Decimal::new(5, 4)),
            latency: Latency::constant(latency_ns, latency_ns),
            venues: Vec::new(),
            matching: MatchingRules {
                queue,
                path: CandlePath::Adverse,
                touch: false,
                taking: TakingRules::default(),
            },
            max_slippage: Decimal::new(5, 2),
            self_trade: SelfTrade::default(),
            allow_immediate: None,
            seed: 0,
        },
        window: Window::ALL,
        equity_every_ns: None,
    }
}

/// Two files of a directory as one data set.
fn read(directory: &str, files: [(MarketKind, &str); 2]) -> Result<DataSet> {
    let mut series = Vec::new();
    for (kind, name) in files {
        let file = PathBuf::from(directory).join(name);
        let instrument = Instrument::new("A/B", Decimal::new(25, 2), Decimal::ONE)?;
        let book = BookStart::Build;
        let options = Options { instrument: Some(instrument), book, ..Options::default() };
        series.push(load(kind, &Source::Files(vec![file]), &options)?.series);
    }
    DataSet::new(series)
}

/// The quotes and trades in `directory`, or those that the package generates.
fn ticks(directory: Option<&str>) -> Result<DataSet> {
    let Some(directory) = directory else {
        let (quotes, trades) = (sample(MarketKind::Quotes)?, sample(MarketKind::Trades)?);
        return DataSet::new([quotes.series, trades.series]);
    };
    let files =
        [(MarketKind::Quotes, "w2_quotes.parquet"), (MarketKind::Trades, "w2_trades.parquet")];
    read(directory, files)
}

fn time(name: &str, data: &DataSet, settings: &BacktestSettings, strategy: Make) {
    let mut best = f64::MAX;
    let mut outcome = None;
    for _ in 0..7 {
        let mut run = prepare(data, strategy(), settings).expect("settings");
        let start = Instant::now();
        run.run(&mut |_| Ok(())).expect("runs");
        best = best.min(start.elapsed().as_secs_f64());
        outcome = Some(Outcome::new(run, true, data, settings));
    }
    let outcome = outcome.expect("ran");
    let summary = outcome.summary(&SummarySettings::default()).expect("figures");
    let rows = data.rows();
    println!(
        "{name:12} {:6.1} ns an event, {} fills, {} orders, position {}, equity {:.4}",
        best / rows as f64 * 1e9,
        summary.counts.fills,
        summary.counts.orders,
        outcome.exchange.account().positions[0].quantity,
        summary.end_equity.unwrap_or_default(),
    );
}

fn main() -> Result<()> {
    // Cargo adds an option of its own.
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let (given, only) = (words.next(), words.next());
    let data = ticks(given.as_deref())?;
    println!("{} rows from {}", data.rows(), given.as_deref().unwrap_or("the generated sample"));
    let strategies: [(&str, Make); 3] = [
        ("replay", || Box::new(Idle)),
        ("called", || Box::new(Watcher)),
        ("market-maker", || Box::<MarketMaker>::default()),
    ];
    for (name, strategy) in strategies {
        if only.as_deref().is_none_or(|only| only == name) {
            time(name, &data, &settings(0, QueueModel::Front), strategy);
        }
    }
    let Some(directory) = given else { return Ok(()) };
    let depth: [(&str, Make); 2] =
        [("depth", || Box::new(Idle)), ("poll", || Box::<Poll>::default())];
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if !depth.iter().any(|(name, _)| wanted(name)) {
        return Ok(());
    }
    let files =
        [(MarketKind::Depth, "w3_deltas.parquet"), (MarketKind::Trades, "w3_trades.parquet")];
    let data = read(&directory, files)?;
    for (name, strategy) in depth.into_iter().filter(|(name, _)| wanted(name)) {
        time(name, &data, &settings(100_000, QueueModel::TradesOnly), strategy);
    }
    Ok(())
}
