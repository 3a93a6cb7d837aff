//! Tear sheets: the figures of a whole record, of one instrument, of one asset.
//!
//! Those of an instrument are of its closed trades: a result counts when its trade is closed, as a
//! part of the equity of the whole account.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::grid::Grid;
use super::record::{BalanceAt, Record};
use super::summary::SummarySettings;
use crate::error::Result;
use crate::stats::{
    Drawdown, Drawdowns, Reason, Returns, SECONDS_PER_YEAR, Trades, Value, calmar, growth, sharpe,
    sortino,
};
use crate::time::{SECOND, Time};

/// A fall from a peak, with its times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fall {
    /// How deep, as a fraction of the peak; > 0.
    pub depth: f64,
    /// The time of the peak.
    pub start: Time,
    /// When the peak was reached again, or the last time there is.
    pub end: Time,
}

/// Falls of a curve.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Falls {
    /// The one that is still open.
    pub now: Option<Fall>,
    /// The mean depth of all, and how long they lasted on the average, in seconds.
    pub mean: Option<(f64, f64)>,
    /// The deepest.
    pub deepest: Option<Fall>,
}

impl Falls {
    /// Of a curve that starts above 0, at `times`; none of one that does not.
    fn new(curve: &[f64], times: impl Fn(usize) -> Time) -> Self {
        if curve.first().is_none_or(|first| *first <= 0.0) {
            return Self::default();
        }
        Self::of(&Drawdowns::new(curve.iter().copied()), curve.len() - 1, times)
    }

    /// Of a curve whose last value has the place `last`.
    fn of(drawdowns: &Drawdowns, last: usize, time: impl Fn(usize) -> Time) -> Self {
        let end = |fall: &Drawdown| time(fall.recovery.unwrap_or(last));
        let told =
            |fall: &Drawdown| Fall { depth: -fall.depth, start: time(fall.peak), end: end(fall) };
        let count = drawdowns.all.len() as f64;
        let seconds = |fall: &Drawdown| {
            (end(fall).ns() - time(fall.peak).ns()) as f64 / SECOND as f64 / count
        };
        Self {
            now: drawdowns.all.last().filter(|fall| fall.recovery.is_none()).map(told),
            mean: drawdowns
                .average_drawdown()
                .ok()
                .map(|mean| (-mean, drawdowns.all.iter().map(seconds).sum())),
            deepest: drawdowns.deepest().map(told),
        }
    }
}

/// What a portfolio or an instrument made.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// In money of the currency; of an instrument what its closed trades made.
    pub pnl: Option<Decimal>,
    /// As a fraction of the equity at the start.
    pub pnl_return: Value,
    /// Of a year.
    pub sharpe: Value,
    /// Of a year.
    pub sortino: Value,
    /// Growth per year over the deepest fall.
    pub calmar: Value,
    /// Falls of the equity at the start and what was made since.
    pub falls: Falls,
    /// Wins over closed trades.
    pub win_rate: Value,
    /// What was won over what was lost.
    pub profit_factor: Value,
}

/// What there was of an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetSheet {
    /// At the end.
    pub last: Option<BalanceAt>,
    /// Falls of the balance since it was first above 0.
    pub falls: Falls,
}

/// What a sheet is made of besides trades.
struct Made {
    /// As a fraction of the equity at the start.
    total: Value,
    returns: Option<Returns<'static>>,
    falls: Falls,
    /// How long it took.
    years: f64,
}

/// The sheet of the whole, with the `drawdowns` of its curve.
pub(super) fn portfolio(
    record: &Record,
    grid: &Grid,
    settings: &SummarySettings,
    drawdowns: Option<&Drawdowns>,
) -> Result<Sheet> {
    let track = &record.track;
    let times = known_times(record);
    let total = match track.ends() {
        (Some(start), Some(end)) if start > 0.0 => Reason::finite(end / start - 1.0),
        _ => Err(Reason::MissingPrice),
    };
    let falls = drawdowns.map(|all| Falls::of(all, times.len() - 1, |at| times[at]));
    let falls = falls.unwrap_or_default();
    let made = Made { total, returns: track.returns(grid), falls, years: years(times) };
    sheet(record, settings, grid, &made, None)
}

/// The sheet of one instrument.
pub(super) fn instrument(
    record: &Record,
    grid: &Grid,
    settings: &SummarySettings,
    of: usize,
) -> Result<Sheet> {
    let times = known_times(record);
    let start = record.track.ends().0.filter(|start| *start > 0.0);
    let start = start.filter(|_| record.results(Some(of)).is_some());
    let curve = start.map(|start| realised(record, times, start, of)).unwrap_or_default();
    let total = match (curve.first(), curve.last()) {
        (Some(first), Some(last)) => Reason::finite(last / first - 1.0),
        _ => Err(Reason::MissingPrice),
    };
    let returns = contributions(record, grid, &curve);
    let falls = Falls::new(&curve, |at| times[at]);
    let made = Made { total, returns, falls, years: years(times) };
    sheet(record, settings, grid, &made, Some(of))
}

fn sheet(
    record: &Record,
    settings: &SummarySettings,
    grid: &Grid,
    made: &Made,
    of: Option<usize>,
) -> Result<Sheet> {
    let results = record.results(of);
    let missing = results.is_none();
    let results = results.unwrap_or_default();
    let trades = Trades::new(&results, 0.0)?;
    let of_trades = |value: Value| if missing { Err(Reason::MissingPrice) } else { value };
    let of_returns = |figure: &dyn Fn(&Returns<'_>) -> Value| {
        made.returns.as_ref().map_or(Err(Reason::MissingPrice), figure)
    };
    let year = grid.periods_per_year;
    let depth = Ok(made.falls.deepest.map_or(0.0, |fall| -fall.depth));
    Ok(Sheet {
        pnl: of.map_or_else(|| record.gained(), |of| record.made(of)),
        pnl_return: made.total,
        sharpe: of_returns(&|returns| sharpe(returns, year, settings.risk_free)),
        sortino: of_returns(&|returns| sortino(returns, year, settings.target)),
        calmar: calmar(made.total.and_then(|total| yearly(total, made.years)), depth),
        falls: made.falls,
        win_rate: of_trades(trades.win_rate()),
        profit_factor: of_trades(trades.profit_factor()),
    })
}

/// Times of the curve from the first known equity on.
fn known_times(record: &Record) -> &[Time] {
    &record.track.times[record.track.first()..]
}

fn years(times: &[Time]) -> f64 {
    match times {
        [first, .., last] => (last.ns() - first.ns()) as f64 / SECOND as f64 / SECONDS_PER_YEAR,
        _ => 0.0,
    }
}

/// Growth per year of a total return.
fn yearly(total: f64, years: f64) -> Value {
    if total <= -1.0 { Err(Reason::Ruin) } else { growth(libm::log1p(total), years, false) }
}

/// The equity at the start and the results of the closed trades of an instrument since, at `times`.
fn realised(record: &Record, times: &[Time], start: f64, of: usize) -> Vec<f64> {
    let mut closed: Vec<(Time, f64)> = record
        .trades
        .iter()
        .filter(|trade| trade.instrument == of)
        .filter_map(|trade| Some((trade.closed, trade.result?.to_f64()?)))
        .collect();
    closed.sort_by_key(|(time, _)| *time);
    let (mut made, mut next) = (0.0, 0);
    let last = times.len().saturating_sub(1);
    let worth = |(at, time): (usize, &Time)| {
        // A point shows what was before everything at its time, but the last shows all.
        let seen = |closed: Time| closed < *time || at == last;
        while let Some((_, result)) = closed.get(next).filter(|(time, _)| seen(*time)) {
            made += result;
            next += 1;
        }
        start + made
    };
    times.iter().enumerate().map(worth).collect()
}

/// What an instrument made by period, as a fraction of the account's equity before it.
fn contributions(record: &Record, grid: &Grid, curve: &[f64]) -> Option<Returns<'static>> {
    let known = record.track.first();
    let worth = |at: usize| curve.get(at - known).copied();
    let equity = |at: usize| record.track.equity[at].filter(|equity| *equity > 0.0);
    let parts = grid.points.windows(2).map(|pair| {
        let made = worth(pair[1])? - worth(pair[0])?;
        Some(made / equity(pair[0])?)
    });
    Returns::new(parts.collect::<Option<Vec<f64>>>()?).ok()
}

/// The sheet of an asset from its balances in order of time.
pub(super) fn asset_sheet(all: &[BalanceAt]) -> AssetSheet {
    let empty = all.iter().take_while(|holding| holding.total <= 0.0).count();
    let totals: Vec<f64> = all[empty..].iter().map(|holding| holding.total).collect();
    let falls = Falls::new(&totals, |at| all[empty + at].time);
    AssetSheet { last: all.last().copied(), falls }
}
