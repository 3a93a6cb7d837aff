//! What a run leaves behind, and the figures read from it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::backtest::BacktestSettings;
use super::diagnosis::diagnosis;
use crate::account::AccountKind;
use crate::audit::RunDigest;
use crate::context::Context;
use crate::engine::{Engine, EquityPoint, Journal, Run};
use crate::exchange::SimulatedExchange;
use crate::instrument::AssetIndex;
use crate::market::DataSet;
use crate::order::{Order, Status};
use crate::stats::{Drawdowns, RoundTrip, round_trips};
use crate::strategy::Hooks;
use crate::time::Time;

/// Both sides after a run, and what was noted on the way.
pub struct Outcome {
    /// What the strategy's side knew when it was last asked.
    pub context: Context,
    /// The venue, whose ledger, orders and fills the results are.
    pub exchange: SimulatedExchange,
    /// Equity over time.
    pub equity: Vec<EquityPoint>,
    /// First and last moment.
    pub span: (Time, Time),
    /// Events that reached the strategy's side.
    pub events: u64,
    /// False if the run was stopped before its end.
    pub complete: bool,
    /// How far it came: the last moment, or where it was stopped.
    pub reached: Time,
    /// What it replayed.
    pub data: DataSet,
    /// What it was given besides.
    pub settings: BacktestSettings,
    /// What the strategy sent.
    pub journal: Journal,
    /// Which hooks the strategy has.
    pub hooks: Hooks,
    diagnosis: OnceLock<Option<String>>,
}

/// The headline figures. Fractions are of the start equity; `None` where a figure has no meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Equity at the start, in money.
    pub start_equity: Option<i128>,
    /// Equity at the end, in money.
    pub end_equity: Option<i128>,
    /// End over start, less one.
    pub total_return: Option<f64>,
    /// Deepest fall from a peak on the grid of the equity curve, <= 0.
    pub max_drawdown: Option<f64>,
    /// Fees paid, less rebates, by asset.
    pub fees: Vec<(AssetIndex, i128)>,
    /// Round trips that were closed.
    pub trades: usize,
    /// Of these, with a profit after fees.
    pub winners: usize,
    /// Positions still open.
    pub open_positions: usize,
    /// Orders made, and how many of them were filled in full or in part.
    pub orders: usize,
    /// Fills.
    pub fills: usize,
    /// Denied and rejected orders by reason.
    pub refused: BTreeMap<&'static str, usize>,
    /// Cancelled and expired orders by reason.
    pub cancelled: BTreeMap<&'static str, usize>,
    /// Amendments and cancels that the venue refused, by reason.
    pub changes_refused: BTreeMap<&'static str, usize>,
    /// Candles that leave open which of two orders came first.
    pub ambiguous: u64,
}

impl Outcome {
    /// Takes apart a run that is over, or was stopped.
    pub fn new(
        run: Run<SimulatedExchange>,
        complete: bool,
        data: &DataSet,
        settings: &BacktestSettings,
    ) -> Self {
        let span = run.span().unwrap_or((Time::MIN, Time::MIN));
        let reached = if complete { span.1 } else { run.now() };
        let (events, hooks) = (run.events(), run.engine.hooks());
        let (Engine { context, .. }, exchange, equity, journal) = run.into_parts();
        let (data, settings) = (data.clone(), settings.clone());
        let diagnosis = OnceLock::new();
        Self {
            context,
            exchange,
            equity,
            span,
            events,
            complete,
            reached,
            data,
            settings,
            journal,
            hooks,
            diagnosis,
        }
    }

    /// All orders in their order, as the venue knows them where its last news did not arrive.
    pub fn orders(&self) -> impl ExactSizeIterator<Item = &Order> {
        let own = self.context.orders().iter();
        own.map(|own| self.exchange.order(own.id).unwrap_or(own))
    }

    /// Round trips of all fills.
    pub fn round_trips(&self) -> Vec<RoundTrip> {
        let venue = &self.exchange;
        round_trips(&self.context.world.specs, venue.fills(), |fill| venue.fee_value(fill))
    }

    /// Money of the figures' currency as a float.
    pub fn money_f64(&self, amount: i128) -> f64 {
        let world = &self.context.world;
        let places = world.assets[world.currency.at()].places;
        amount as f64 / 10f64.powi(places as i32)
    }

    /// The headline figures.
    pub fn summary(&self) -> Summary {
        // Before the first price nothing can have been traded: the first known value is the start.
        let unknown = self.equity.iter().take_while(|point| point.equity.is_none()).count();
        let points = &self.equity[unknown..];
        let known = |point: Option<&EquityPoint>| point.and_then(|point| point.equity);
        let (start, end) = (known(points.first()), known(points.last()));
        let curve: Option<Vec<f64>> =
            points.iter().map(|point| point.equity.map(|e| self.money_f64(e))).collect();
        let mut fees: BTreeMap<AssetIndex, i128> = BTreeMap::new();
        for fill in self.exchange.fills() {
            *fees.entry(fill.fee_asset).or_default() += fill.fee;
        }
        let trips = self.round_trips();
        let closed = || trips.iter().filter(|trip| trip.closed.is_some());
        let changes = self.exchange.changes_refused().iter();
        Summary {
            start_equity: start,
            end_equity: end,
            total_return: start
                .zip(end)
                .filter(|(start, _)| *start > 0)
                .map(|(start, end)| end as f64 / start as f64 - 1.0),
            max_drawdown: curve
                .filter(|curve| curve.first().is_some_and(|first| *first > 0.0))
                .and_then(|curve| Drawdowns::new(&curve).max_drawdown().ok()),
            fees: fees.into_iter().collect(),
            trades: closed().count(),
            winners: closed().filter(|trip| trip.profit > trip.fees).count(),
            open_positions: trips.len() - closed().count(),
            orders: self.orders().len(),
            fills: self.exchange.fills().len(),
            refused: self.by_reason(&[Status::Denied, Status::Rejected]),
            cancelled: self.by_reason(&[Status::Cancelled, Status::Expired]),
            changes_refused: changes.map(|(reason, count)| (reason.name(), *count)).collect(),
            ambiguous: self.exchange.ambiguous().count,
        }
    }

    /// Why nothing was filled, in a paragraph; `None` if something was.
    pub fn diagnosis(&self) -> Option<&str> {
        self.diagnosis.get_or_init(|| diagnosis(self)).as_deref()
    }

    /// Orders of these statuses by their reason.
    pub fn by_reason(&self, statuses: &[Status]) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for order in self.orders().filter(|order| statuses.contains(&order.status)) {
            if let Some(reason) = order.reason {
                *counts.entry(reason.name()).or_default() += 1;
            }
        }
        counts
    }

    /// The hash of everything that came out: orders, fills, postings, equity.
    pub fn digest(&self) -> String {
        let mut digest = RunDigest::default();
        self.orders().for_each(|order| digest.order(order));
        self.exchange.fills().iter().for_each(|fill| digest.fill(fill));
        self.exchange.account().ledger.iter().flatten().for_each(|posting| digest.posting(posting));
        self.equity.iter().for_each(|point| digest.equity(point.time, point.equity));
        digest.text()
    }

    /// The kind of account that traded.
    pub fn account_kind(&self) -> AccountKind {
        self.exchange.account().kind
    }
}
