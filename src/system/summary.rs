//! The figures of a run: one model that prints, cards, tables and JSON are views of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::activity::{Activity, Costs};
use super::grid::{Grid, grid};
use super::outcome::Outcome;
use crate::engine::EquityPoint;
use crate::error::Result;
use crate::instrument::AssetIndex;
use crate::order::Status;
use crate::stats::{
    Compared, Conventions, Drawdowns, Figure, Reason, Returns, RoundTrip, SECONDS_PER_YEAR, Trades,
    Value, beside, distribution, earned, fallen, growth,
};
use crate::time::{SECOND, Time, span_text};

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
    /// How many trials the run is the best of, and the variance of their Sharpe ratios per period.
    pub trials: Option<(f64, f64)>,
}

/// All figures of a run. Fractions are of the start equity; `None` where a figure has no meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How they are told.
    pub settings: SummarySettings,
    /// Between which points returns are taken.
    pub grid: Grid,
    /// Every figure with its definition, in their order.
    pub figures: Arc<Vec<Figure>>,
    /// What the benchmark is.
    pub benchmark: String,
    /// Equity at the start, in money.
    pub start_equity: Option<i128>,
    /// Equity at the end, in money.
    pub end_equity: Option<i128>,
    /// Fees paid, less rebates, by asset.
    pub fees: Vec<(AssetIndex, i128)>,
    /// By instrument what trading cost; `None` without a price for what was paid.
    pub costs: Option<Vec<Costs>>,
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

impl Summary {
    /// The value of a figure.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.definition.name == name)?.value
    }
}

impl Outcome {
    /// All figures.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::error::Error::Config) for a setting that does not fit the run.
    pub fn summary(&self, settings: &SummarySettings) -> Result<Summary> {
        let grid = grid(self, settings.interval_ns, settings.periods_per_year)?;
        let activity = Activity::new(self);
        let trips = self.round_trips();
        let closed = || trips.iter().filter(|trip| trip.closed.is_some());
        let figures = self.figures(settings, &grid, &activity, &trips)?;
        let mut fees: BTreeMap<AssetIndex, i128> = BTreeMap::new();
        for fill in self.exchange.fills() {
            *fees.entry(fill.fee_asset).or_default() += fill.fee;
        }
        let changes = self.exchange.changes_refused().iter();
        let (start, end) = self.ends();
        Ok(Summary {
            settings: *settings,
            grid,
            figures: Arc::new(figures),
            benchmark: self.benchmark_name(),
            start_equity: start,
            end_equity: end,
            fees: fees.into_iter().collect(),
            costs: activity.costs,
            trades: closed().count(),
            winners: closed().filter(|trip| trip.profit > trip.fees).count(),
            open_positions: trips.len() - closed().count(),
            orders: self.orders().len(),
            fills: self.exchange.fills().len(),
            refused: self.by_reason(&[Status::Denied, Status::Rejected]),
            cancelled: self.by_reason(&[Status::Cancelled, Status::Expired]),
            changes_refused: changes.map(|(reason, count)| (reason.name(), *count)).collect(),
            ambiguous: self.exchange.ambiguous().count,
        })
    }

    /// The curve from the first point with a known equity on: before the first price nothing can
    /// have been traded.
    fn known_points(&self) -> &[EquityPoint] {
        let points = self.curve.points();
        let unknown = points.iter().take_while(|point| point.equity.is_none()).count();
        &points[unknown..]
    }

    /// Equity at the start and at the end.
    pub fn ends(&self) -> (Option<i128>, Option<i128>) {
        let points = self.known_points();
        let equity = |point: Option<&EquityPoint>| point.and_then(|point| point.equity);
        (equity(points.first()), equity(points.last()))
    }

    /// Equity at the points of a grid, as floats; `None` if one is unknown, or there are none.
    fn equity_on(&self, grid: &Grid) -> Option<Vec<f64>> {
        let points = self.curve.points();
        let values = grid.points.iter().map(|at| points[*at].equity.map(|e| self.money_f64(e)));
        values.collect::<Option<Vec<f64>>>().filter(|values| !values.is_empty())
    }

    /// Returns of the account by period.
    pub fn returns(&self, grid: &Grid) -> Result<Option<Returns<'static>>> {
        let equity = self.equity_on(grid).filter(|values| values[0] > 0.0);
        equity.map(|equity| Returns::of_equity(&equity, None)).transpose()
    }

    /// What was bought and held instead.
    fn benchmark_name(&self) -> String {
        let specs = &self.context.world.specs;
        match &specs[..] {
            [one] => format!("buy and hold of {}", one.instrument.name),
            _ => format!("buy and hold of {} instruments, equal parts", specs.len()),
        }
    }

    /// What equal parts in all instruments, bought at their first price and held, were worth at
    /// these points of the curve, from 1; `None` if one never had a price.
    pub fn held_instead(&self, points: &[usize]) -> Option<Vec<f64>> {
        let (first, specs) = (*points.first()?, &self.context.world.specs);
        let mut worth = vec![0.0; points.len()];
        for instrument in 0..specs.len() {
            let start = self.mark_from(first, instrument)? as f64;
            let mut last = start;
            for (worth, at) in worth.iter_mut().zip(points) {
                last = self.curve.mark(*at, instrument).map_or(last, |mark| mark as f64);
                *worth += last / start / specs.len() as f64;
            }
        }
        Some(worth)
    }

    fn figures(
        &self,
        settings: &SummarySettings,
        grid: &Grid,
        activity: &Activity,
        trips: &[RoundTrip],
    ) -> Result<Vec<Figure>> {
        let points = self.known_points();
        let time = |at: usize| points[at].time.ns() as f64 / SECOND as f64;
        let years = match points {
            [first, .., last] => (last.time.ns() - first.time.ns()) as f64 / SECOND as f64,
            _ => 0.0,
        } / SECONDS_PER_YEAR;
        let by = Conventions {
            periods_per_year: grid.periods_per_year,
            risk_free: settings.risk_free,
            target: settings.target,
            years: Some(years),
            trials: settings.trials,
        };
        let curve: Option<Vec<f64>> =
            points.iter().map(|point| point.equity.map(|e| self.money_f64(e))).collect();
        let drawdowns = curve
            .filter(|curve| curve.first().is_some_and(|first| *first > 0.0))
            .map(|curve| Drawdowns::new(&curve));
        let depth = match &drawdowns {
            Some(drawdowns) => drawdowns.max_drawdown(),
            None => Err(Reason::MissingPrice),
        };
        let returns = self.returns(grid)?;
        let none = Returns::new(Vec::new())?;
        let held = self.held_instead(&grid.points);
        let other = held.map(|held| Returns::of_equity(&held, None)).transpose()?;
        let compared = match (&returns, &other) {
            (Some(own), Some(other)) if other.len() >= own.len() => {
                Some(Compared::new(own, own.len(), &other.values()[..own.len()])?)
            }
            _ => None,
        };
        let returns = returns.as_ref().unwrap_or(&none);
        let mut figures = earned(returns, depth, &by)?;
        self.of_money(&mut figures, years, depth);
        let drawdowns = drawdowns.unwrap_or_else(|| Drawdowns::new(&[]));
        figures.extend(fallen(&drawdowns, points.len(), time));
        figures.extend(distribution(returns));
        figures.extend(beside(returns, compared.as_ref(), &by));
        let inputs = self.inputs(grid, settings);
        for figure in &mut figures {
            figure.inputs = Arc::clone(&inputs);
        }
        figures.extend(self.acted(activity));
        figures.extend(self.traded(trips)?);
        Ok(figures)
    }

    /// What money says exactly takes the place of what returns by period say.
    fn of_money(&self, figures: &mut [Figure], years: f64, depth: Value) {
        let total = match self.ends() {
            (Some(start), Some(end)) if start > 0 => {
                Reason::finite(end as f64 / start as f64 - 1.0)
            }
            _ => Err(Reason::MissingPrice),
        };
        let known = |figures: &[Figure], name| {
            let of = |figure: &&Figure| figure.definition.name == name;
            figures.iter().find(of).and_then(|figure| figure.reason)
        };
        let refused = known(figures, "cagr").filter(|reason| *reason == Reason::Ruin);
        let growth = refused.map_or_else(|| growth(total?, years, false), Err);
        let calmar = crate::stats::calmar(growth, depth);
        for figure in figures {
            let value = match figure.definition.name {
                "total_return" => total,
                "cagr" => growth,
                "calmar" => calmar,
                _ => continue,
            };
            *figure = Figure::new(figure.definition.name, value, figure.count);
        }
    }

    /// What series figures are computed from, in a sentence.
    fn inputs(&self, grid: &Grid, settings: &SummarySettings) -> Arc<str> {
        let points = self.curve.points();
        let when = |at: Option<&usize>| at.map_or(Time(0), |at| points[*at].time);
        let returns = grid.points.len().saturating_sub(1);
        let noted = span_text(self.settings.equity_every_ns(&self.data));
        format!(
            "{returns} returns of {} ({}) from {} to {}, A = {}, risk-free rate {}, target {}; \
             drawdowns from {} points of equity, one every {noted}; benchmark: {}",
            span_text(grid.interval_ns),
            grid.calendar.name(),
            when(grid.points.first()),
            when(grid.points.last()),
            grid.periods_per_year,
            settings.risk_free,
            settings.target,
            points.len(),
            self.benchmark_name(),
        )
        .into()
    }

    fn acted(&self, activity: &Activity) -> Vec<Figure> {
        let (points, fills) = (self.curve.points().len(), self.exchange.fills().len());
        let figures = [
            Figure::new("exposure", activity.exposure, points),
            Figure::new("gross_exposure", activity.gross, points),
            Figure::new("net_exposure", activity.net, points),
            Figure::new("turnover", activity.turnover, fills),
            Figure::new("one_way_turnover", activity.one_way, fills),
            Figure::new("maker_share", activity.maker_share, fills),
        ];
        let noted = span_text(self.settings.equity_every_ns(&self.data));
        let inputs: Arc<str> = format!(
            "{fills} fills at their times; prices and equity of {points} points, one every {noted}"
        )
        .into();
        figures.map(|figure| Figure { inputs: Arc::clone(&inputs), ..figure }).into()
    }

    fn traded(&self, trips: &[RoundTrip]) -> Result<Vec<Figure>> {
        let closed: Vec<&RoundTrip> = trips.iter().filter(|trip| trip.closed.is_some()).collect();
        let results: Option<Vec<f64>> = closed.iter().map(|trip| self.result_of(trip)).collect();
        let missing = results.is_none();
        let results = results.unwrap_or_default();
        let trades = Trades::new(&results, 0.0)?;
        let figure = |name, value: Value| {
            let value = if missing { Err(Reason::MissingPrice) } else { value };
            Figure::new(name, value, closed.len())
        };
        let seconds = |trip: &&RoundTrip| {
            let end = trip.closed.unwrap_or(trip.opened);
            (end.ns() - trip.opened.ns()) as f64 / SECOND as f64
        };
        let held = match closed.len() {
            0 => Err(Reason::NoTrades),
            count => Ok(closed.iter().map(seconds).sum::<f64>() / count as f64),
        };
        let figures = [
            figure("win_rate", trades.win_rate()),
            figure("decided_win_rate", trades.decided_win_rate()),
            figure("profit_factor", trades.profit_factor()),
            figure("payoff", trades.payoff()),
            figure("expectancy", trades.expectancy()),
            figure("average_win", trades.average_win()),
            figure("average_loss", trades.average_loss()),
            figure("best_trade", trades.best()),
            figure("worst_trade", trades.worst()),
            figure("system_quality", trades.system_quality()),
            figure("average_holding", held),
        ];
        let open = trips.len() - closed.len();
        let inputs: Arc<str> =
            format!("{} closed trades after fees; {open} still open are left out", closed.len())
                .into();
        Ok(figures.map(|figure| Figure { inputs: Arc::clone(&inputs), ..figure }).into())
    }

    /// What a closed trade made after fees, in money of the currency as a float.
    pub(super) fn result_of(&self, trip: &RoundTrip) -> Option<f64> {
        let quote = self.context.world.specs[trip.instrument.at()].quote;
        let end = trip.closed.unwrap_or(self.span.1);
        Some(self.money_f64(self.worth_at(quote, trip.profit - trip.fees, end)?))
    }
}
