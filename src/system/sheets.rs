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
    /// Of a curve that starts above 0; none of one that does not.
    fn new(curve: &[f64], time: impl Fn(usize) -> Time) -> Self {
        if curve.first().is_none_or(|first| *first <= 0.0) {
            return Self::default();
        }
        let drawdowns = Drawdowns::new(curve);
        let end = |fall: &Drawdown| time(fall.recovery.unwrap_or(curve.len() - 1));
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

/// The sheet of one instrument, or of the whole.
pub(super) fn sheet(
    record: &Record,
    grid: &Grid,
    settings: &SummarySettings,
    of: Option<usize>,
) -> Result<Sheet> {
    let (track, year) = (&record.track, grid.periods_per_year);
    let start = track.ends().0.filter(|start| *start > 0.0);
    let results = record.results(of);
    let missing = results.is_none();
    let results = results.unwrap_or_default();
    let trades = Trades::new(&results, 0.0)?;
    let of_trades = |value: Value| if missing { Err(Reason::MissingPrice) } else { value };
    let known = track.equity.iter().take_while(|equity| equity.is_none()).count();
    let times = &track.times[known..];
    let curve: Option<Vec<f64>> = match of {
        None => track.equity[known..].iter().copied().collect(),
        Some(of) => start.filter(|_| !missing).map(|start| realised(record, times, start, of)),
    };
    let returns = match (of, &curve) {
        (None, _) => track.returns(grid),
        (Some(_), Some(curve)) => contributions(record, grid, known, curve),
        _ => None,
    };
    let curve = curve.unwrap_or_default();
    let falls = Falls::new(&curve, |at| times[at]);
    let years = match times {
        [first, .., last] => (last.ns() - first.ns()) as f64 / SECOND as f64 / SECONDS_PER_YEAR,
        _ => 0.0,
    };
    let made = curve.first().zip(curve.last()).map(|(first, last)| last - first);
    let pnl_return = match (start, made) {
        (Some(start), Some(made)) => Reason::finite(made / start),
        _ => Err(Reason::MissingPrice),
    };
    let pnl = match of {
        None => record.gained(),
        Some(of) => record.made(of),
    };
    let depth = Ok(falls.deepest.map_or(0.0, |fall| -fall.depth));
    let of_returns = |figure: &dyn Fn(&Returns<'_>) -> Value| {
        returns.as_ref().map_or(Err(Reason::MissingPrice), figure)
    };
    Ok(Sheet {
        pnl,
        pnl_return,
        sharpe: of_returns(&|returns| sharpe(returns, year, settings.risk_free)),
        sortino: of_returns(&|returns| sortino(returns, year, settings.target)),
        calmar: calmar(pnl_return.and_then(|total| yearly(total, years)), depth),
        falls,
        win_rate: of_trades(trades.win_rate()),
        profit_factor: of_trades(trades.profit_factor()),
    })
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
fn contributions(
    record: &Record,
    grid: &Grid,
    known: usize,
    curve: &[f64],
) -> Option<Returns<'static>> {
    let equity = |at: usize| record.track.equity[at].filter(|equity| *equity > 0.0);
    let parts = grid.points.windows(2).map(|pair| {
        let made = curve[pair[1] - known] - curve[pair[0] - known];
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
