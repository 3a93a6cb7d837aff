//! The figures of a run: one model that prints, cards, tables and JSON are views of.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::activity::{Activity, Costs};
use super::grid::{Calendar, Grid, GridRules, calendar};
use super::outcome::Outcome;
use super::record::{BalanceAt, ClosedTrade, Record, Told};
use super::sheets::{AssetSheet, Sheet};
use super::track::Track;
use crate::error::Result;
use crate::instrument::InstrumentIndex;
use crate::num::money;
use crate::order::Status;
use crate::stats::{Figure, RoundTrip};
use crate::time::{DAY, Time, span_text};

/// How figures are told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SummarySettings {
    /// Length of the periods between which returns are taken; `None` for a day.
    pub interval_ns: Option<i64>,
    /// Periods per year; `None` for what the calendar says.
    pub periods_per_year: Option<f64>,
    /// Rate per year that costs no risk, > -1.
    pub risk_free: f64,
    /// Least acceptable return per year, > -1.
    pub target: f64,
    /// The instrument to compare with; `None` for equal parts of all.
    pub benchmark: Option<InstrumentIndex>,
    /// How many trials the run is the best of, and the variance of their Sharpe ratios per period.
    pub trials: Option<(f64, f64)>,
}

/// All figures of a run. Money is exact; `None` where something has no meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How they are told.
    pub settings: SummarySettings,
    /// Between which points returns are taken.
    pub grid: Grid,
    /// Every figure with its definition, in their order.
    pub figures: Arc<Vec<Figure>>,
    /// The tear sheet of the whole.
    pub portfolio: Sheet,
    /// Tear sheets by instrument.
    pub instruments: Vec<(String, Sheet)>,
    /// Tear sheets by asset.
    pub assets: Vec<(String, AssetSheet)>,
    /// What figures are in.
    pub currency: String,
    /// What the benchmark is; `None` without one.
    pub benchmark: Option<String>,
    /// First and last moment.
    pub span: (Time, Time),
    /// False if the run was stopped before its end.
    pub complete: bool,
    /// Equity at the start.
    pub start_equity: Option<Decimal>,
    /// Equity at the end.
    pub end_equity: Option<Decimal>,
    /// Everything about orders; `None` of a record that knows none.
    pub counts: OrderCounts,
}

/// What became of orders, and what they cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderCounts {
    /// Fees paid, less rebates, by asset.
    pub fees: Vec<(String, Decimal)>,
    /// By instrument what trading cost; `None` without a price for what was paid.
    pub costs: Option<Vec<Costs<Decimal>>>,
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
    /// Events that the strategy's side took in.
    pub events: u64,
}

impl Summary {
    /// The value of a figure.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.definition.name == name)?.value
    }
}

impl Record {
    /// All figures so far; nothing of the record changes.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::error::Error::Config) for a setting out of range.
    pub fn summary(&self, settings: &SummarySettings, now: Option<Time>) -> Result<Summary> {
        let track = self.track();
        let mut days: Vec<i64> = track.times.iter().map(|time| time.ns().div_euclid(DAY)).collect();
        days.dedup();
        let rules = GridRules { days: &days, calendar: Calendar::Always, noted_ns: 0 };
        let told = self.tell(&rules, settings, "")?;
        let first = track.times.first().copied().or(now).unwrap_or_default();
        let last = track.times.last().copied().max(now).unwrap_or_default();
        let won = |trade: &&ClosedTrade| trade.result.is_some_and(|made| made > Decimal::ZERO);
        let counts = OrderCounts {
            trades: self.trades.len(),
            winners: self.trades.iter().filter(won).count(),
            open_positions: self.open,
            ..OrderCounts::default()
        };
        Ok(self.summed_up(told, settings, (first, last), counts))
    }

    /// What was told of this record, as a summary of a complete run.
    fn summed_up(
        &self,
        told: Told,
        settings: &SummarySettings,
        span: (Time, Time),
        counts: OrderCounts,
    ) -> Summary {
        let Track { benchmark, benchmark_name, .. } = &self.track;
        Summary {
            settings: *settings,
            grid: told.grid,
            figures: Arc::new(told.figures),
            portfolio: told.portfolio,
            instruments: told.instruments,
            assets: told.assets,
            currency: self.currency.clone(),
            benchmark: benchmark.as_ref().map(|_| benchmark_name.clone()),
            span,
            complete: true,
            start_equity: self.ends.map(|(start, _)| start),
            end_equity: self.ends.map(|(_, end)| end),
            counts,
        }
    }
}

impl Outcome {
    /// All figures.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::error::Error::Config) for a setting that does not fit the run.
    pub fn summary(&self, settings: &SummarySettings) -> Result<Summary> {
        let record = self.record(settings.benchmark);
        let noted_ns = self.settings.equity_every_ns(&self.data);
        let days = self.days();
        let rules = GridRules { days: &days, calendar: calendar(&days, self.span), noted_ns };
        let noted = format!(", one every {}", span_text(noted_ns));
        let mut told = record.tell(&rules, settings, &noted)?;
        let activity = Activity::new(self);
        told.figures.extend(self.acted(&activity, &noted));
        let (start, end) = self.ends();
        Ok(Summary {
            complete: self.complete,
            // One of them may be known alone.
            start_equity: start.map(|start| self.exact(start)),
            end_equity: end.map(|end| self.exact(end)),
            ..record.summed_up(told, settings, self.span, self.counts(activity.costs))
        })
    }

    /// Equity at the start and at the end.
    pub fn ends(&self) -> (Option<i128>, Option<i128>) {
        let points = self.curve.points();
        let equity = |at: usize| points.get(at).and_then(|point| point.equity);
        (equity(self.curve.first_known()), equity(points.len().wrapping_sub(1)))
    }

    /// Money of the currency as a decimal.
    fn exact(&self, amount: i128) -> Decimal {
        let world = &self.context.world;
        money(amount, world.assets[world.currency.at()].places)
    }

    /// What figures are made of.
    pub fn record(&self, benchmark: Option<InstrumentIndex>) -> Record {
        let world = &self.context.world;
        let trips = self.round_trips();
        let closed = |trip: &RoundTrip| {
            let closed = trip.closed?;
            let quote = world.specs[trip.instrument.at()].quote;
            let result = self.worth_at(quote, trip.profit - trip.fees, closed);
            Some(ClosedTrade {
                instrument: trip.instrument.at(),
                result: result.map(|result| self.exact(result)),
                opened: trip.opened,
                closed,
            })
        };
        let trades: Vec<ClosedTrade> = trips.iter().filter_map(closed).collect();
        let names = world.specs.iter().map(|spec| spec.instrument.name.clone());
        let (start, end) = self.ends();
        Record {
            ends: start.zip(end).map(|(start, end)| (self.exact(start), self.exact(end))),
            currency: world.assets[world.currency.at()].name.clone(),
            instruments: names.collect(),
            track: self.track(benchmark),
            open: trips.len() - trades.len(),
            trades,
            balances: self.balances_over_time(),
        }
    }

    /// The curve of equity beside an instrument, or equal parts of all, bought and held.
    pub fn track(&self, benchmark: Option<InstrumentIndex>) -> Track {
        let points = self.curve.points();
        let all: Vec<usize> = (0..points.len()).collect();
        let chosen = self.to_hold(benchmark);
        let specs = &self.context.world.specs;
        let benchmark_name = match chosen[..] {
            [one] => format!("buy and hold of {}", specs[one].instrument.name),
            _ => format!("buy and hold of {} instruments, equal parts", specs.len()),
        };
        Track {
            times: points.iter().map(|point| point.time).collect(),
            equity: points.iter().map(|point| point.equity.map(|e| self.money_f64(e))).collect(),
            benchmark: self.held_instead(&chosen, &all),
            benchmark_name,
        }
    }

    /// The places of the instruments of a benchmark.
    pub(super) fn to_hold(&self, benchmark: Option<InstrumentIndex>) -> Vec<usize> {
        benchmark.map_or((0..self.context.world.specs.len()).collect(), |one| vec![one.at()])
    }

    /// What equal parts in these instruments, bought at their first price and held, were worth at
    /// these points of the curve, from 1; `None` if one never had a price.
    pub fn held_instead(&self, instruments: &[usize], points: &[usize]) -> Option<Vec<f64>> {
        let first = *points.first()?;
        let mut worth = vec![0.0; points.len()];
        for instrument in instruments {
            let start = self.mark_from(first, *instrument)? as f64;
            let mut last = start;
            for (worth, at) in worth.iter_mut().zip(points) {
                last = self.curve.mark(*at, *instrument).map_or(last, |mark| mark as f64);
                *worth += last / start / instruments.len() as f64;
            }
        }
        Some(worth)
    }

    /// What there was of each asset whenever that changed.
    fn balances_over_time(&self) -> BTreeMap<String, Vec<BalanceAt>> {
        let (world, account) = (&self.context.world, self.exchange.account());
        let mut balances = BTreeMap::new();
        for (at, asset) in world.assets.iter().enumerate() {
            let places = 10f64.powi(asset.places as i32);
            let mut total = 0;
            let mut holdings: Vec<BalanceAt> = Vec::new();
            for posting in account.ledger.iter().flatten() {
                if posting.asset.at() != at {
                    continue;
                }
                total += posting.amount;
                let total = total as f64 / places;
                let holding = BalanceAt { time: posting.time, total, free: total };
                // What comes together is one change.
                match holdings.last_mut().filter(|last| last.time == posting.time) {
                    Some(last) => *last = holding,
                    None => holdings.push(holding),
                }
            }
            if let Some(last) = holdings.last_mut() {
                last.free = account.holdings[at].free() as f64 / places;
            }
            balances.insert(asset.name.clone(), holdings);
        }
        balances
    }

    fn acted(&self, activity: &Activity, noted: &str) -> Vec<Figure> {
        let (points, fills) = (self.curve.points().len(), self.exchange.fills().len());
        let figures = [
            Figure::new("exposure", activity.exposure, points),
            Figure::new("gross_exposure", activity.gross, points),
            Figure::new("net_exposure", activity.net, points),
            Figure::new("turnover", activity.turnover, fills),
            Figure::new("one_way_turnover", activity.one_way, fills),
            Figure::new("maker_share", activity.maker_share, fills),
        ];
        let inputs: Arc<str> =
            format!("{fills} fills at their times; prices and equity of {points} points{noted}")
                .into();
        figures.map(|figure| Figure { inputs: Arc::clone(&inputs), ..figure }).into()
    }

    fn counts(&self, costs: Option<Vec<Costs<i128>>>) -> OrderCounts {
        let trips = self.round_trips();
        let closed = || trips.iter().filter(|trip| trip.closed.is_some());
        let assets = &self.context.world.assets;
        let mut fees: BTreeMap<usize, i128> = BTreeMap::new();
        for fill in self.exchange.fills() {
            *fees.entry(fill.fee_asset.at()).or_default() += fill.fee;
        }
        let paid = |(at, amount): (usize, i128)| {
            (assets[at].name.clone(), money(amount, assets[at].places))
        };
        let changes = self.exchange.changes_refused().iter();
        OrderCounts {
            fees: fees.into_iter().map(paid).collect(),
            costs: costs
                .map(|all| all.iter().map(|cost| cost.map(|part| self.exact(part))).collect()),
            trades: closed().count(),
            winners: closed().filter(|trip| trip.profit > trip.fees).count(),
            open_positions: trips.len() - closed().count(),
            orders: self.orders().len(),
            fills: self.exchange.fills().len(),
            refused: self.by_reason(&[Status::Denied, Status::Rejected]),
            cancelled: self.by_reason(&[Status::Cancelled, Status::Expired]),
            changes_refused: changes.map(|(reason, count)| (reason.name(), *count)).collect(),
            ambiguous: self.exchange.ambiguous().count,
            events: self.events,
        }
    }
}
