//! What a run leaves behind, and the figures read from it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::assumptions::{Assumption, assumptions};
use super::backtest::BacktestSettings;
use super::diagnosis::diagnosis;
use super::grid::open_days;
use crate::account::AccountKind;
use crate::audit::RunDigest;
use crate::context::Context;
use crate::engine::{Curve, Engine, Journal, Run};
use crate::exchange::SimulatedExchange;
use crate::market::{DataSet, MarketKind};
use crate::num::POW10;
use crate::order::{Order, Status};
use crate::stats::{RoundTrip, round_trips};
use crate::strategy::Hooks;
use crate::time::Time;

/// What a run was fed with from outside.
#[derive(Clone, Debug, Default)]
pub struct Fed {
    /// Kinds of rows by instrument.
    pub kinds: Vec<Vec<MarketKind>>,
    /// Days since 1970 UTC with rows, rising.
    pub days: Vec<i64>,
}

/// Both sides after a run, and what was noted on the way.
pub struct Outcome {
    /// What the strategy's side knew when it was last asked.
    pub context: Context,
    /// The venue, whose ledger, orders and fills the results are.
    pub exchange: SimulatedExchange,
    /// Equity over time.
    pub curve: Curve,
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
    /// What showed a run's markets that was fed from outside; `None` for the data set.
    pub fed: Option<Fed>,
    diagnosis: OnceLock<Option<String>>,
    assumptions: OnceLock<Vec<Assumption>>,
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
        let (Engine { context, .. }, exchange, curve, journal) = run.into_parts();
        let (data, settings) = (data.clone(), settings.clone());
        let (diagnosis, assumptions) = (OnceLock::new(), OnceLock::new());
        Self {
            context,
            exchange,
            curve,
            span,
            events,
            complete,
            reached,
            data,
            settings,
            journal,
            hooks,
            fed: None,
            diagnosis,
            assumptions,
        }
    }

    /// The same of a run that was fed from outside.
    #[must_use]
    pub fn fed_with(self, fed: Fed) -> Self {
        Self { fed: Some(fed), ..self }
    }

    /// What shows the market of each instrument.
    pub(super) fn kinds(&self) -> Vec<Vec<MarketKind>> {
        let of = |at: usize| {
            let streams = self.data.streams.iter().filter(|stream| stream.instrument.at() == at);
            streams.map(|stream| stream.series.kind()).collect()
        };
        let known = self.fed.as_ref().map(|fed| fed.kinds.clone());
        known.unwrap_or_else(|| (0..self.data.listings.len()).map(of).collect())
    }

    /// Days since 1970 UTC on which there is a row, rising.
    pub(super) fn days(&self) -> Vec<i64> {
        let known = self.fed.as_ref().map(|fed| fed.days.clone());
        known.unwrap_or_else(|| open_days(&self.data, self.span))
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
        let unit = POW10[world.assets[world.currency.at()].places as usize] as f64;
        // Money mostly fits half the width, which converts in one instruction.
        i64::try_from(amount).map_or(amount as f64, |amount| amount as f64) / unit
    }

    /// Why nothing was filled, in a paragraph; `None` if something was.
    pub fn diagnosis(&self) -> Option<&str> {
        self.diagnosis.get_or_init(|| diagnosis(self)).as_deref()
    }

    /// What the run took for granted, and what it did that bears on it, in a fixed order.
    pub fn assumptions(&self) -> &[Assumption] {
        self.assumptions.get_or_init(|| assumptions(self))
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
        self.curve.points().iter().for_each(|point| digest.equity(point.time, point.equity));
        digest.text()
    }

    /// The kind of account that traded.
    pub fn account_kind(&self) -> AccountKind {
        self.exchange.account().kind
    }
}
