//! What figures are made of, told piece by piece while a run goes on: a curve of equity, trades
//! that were closed, balances.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::grid::{Grid, GridRules};
use super::sheets::{AssetSheet, Sheet, asset_sheet, instrument, portfolio};
use super::summary::SummarySettings;
use super::track::Track;
use crate::error::{Error, Result};
use crate::stats::{Figure, Reason, Trades, Value};
use crate::time::{SECOND, Time};

/// A trade that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedTrade {
    /// What was traded, a place among the record's instruments.
    pub instrument: usize,
    /// What it made after fees, in money of the currency; `None` without a price for that.
    pub result: Option<Decimal>,
    /// When it was opened.
    pub opened: Time,
    /// When it was closed.
    pub closed: Time,
}

/// What there was of an asset from some time on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BalanceAt {
    /// When.
    pub time: Time,
    /// All of it.
    pub total: f64,
    /// Of it, what no order holds back.
    pub free: f64,
}

/// Everything that figures without orders are made of. More can be added at any time; figures can
/// be asked for at any time and change nothing.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// What figures are in.
    pub currency: String,
    /// Names of the instruments.
    pub instruments: Vec<String>,
    pub(super) track: Track,
    /// Equity at the start and at the end, exact.
    pub(super) ends: Option<(Decimal, Decimal)>,
    pub(super) trades: Vec<ClosedTrade>,
    /// Trades that are still open.
    pub(super) open: usize,
    /// By name, in order of time.
    pub(super) balances: BTreeMap<String, Vec<BalanceAt>>,
}

/// The figures of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// Between which points returns were taken.
    pub grid: Grid,
    /// Every figure, in their order.
    pub figures: Vec<Figure>,
    /// Of the whole.
    pub portfolio: Sheet,
    /// By instrument, by name.
    pub instruments: Vec<(String, Sheet)>,
    /// By asset, by name.
    pub assets: Vec<(String, AssetSheet)>,
}

impl Record {
    /// Nothing yet.
    pub fn new(currency: String) -> Self {
        Self { currency, ..Self::default() }
    }

    /// The curve of equity so far.
    pub fn track(&self) -> &Track {
        &self.track
    }

    /// Adds a point of equity.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if the time is not after that of the last point, or the value no number.
    pub fn add_equity(&mut self, time: Time, equity: f64) -> Result<()> {
        let exact = Decimal::try_from(equity).ok().filter(|_| equity.is_finite());
        let Some(exact) = exact else {
            let text = format!("equity must be a finite number below 7e28, got {equity}");
            return Err(Error::State(text));
        };
        if let Some(last) = self.track.times.last().filter(|last| **last >= time) {
            return Err(Error::State(format!("equity at {time} comes after that at {last}")));
        }
        self.ends = Some((self.ends.map_or(exact, |(start, _)| start), exact));
        // What a benchmark was worth is not told.
        self.track.benchmark = None;
        self.track.times.push(time);
        self.track.equity.push(Some(equity));
        Ok(())
    }

    /// Adds a closed trade of the instrument of this name.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if it ends before it begins.
    pub fn add_trade(
        &mut self,
        instrument: &str,
        result: Decimal,
        (opened, closed): (Time, Time),
    ) -> Result<()> {
        if closed < opened {
            let text = format!("a trade cannot end at {closed} that began at {opened}");
            return Err(Error::State(text));
        }
        let known = self.instruments.iter().position(|name| name == instrument);
        let instrument = known.unwrap_or_else(|| {
            self.instruments.push(instrument.to_owned());
            self.instruments.len() - 1
        });
        self.trades.push(ClosedTrade { instrument, result: Some(result), opened, closed });
        Ok(())
    }

    /// Notes what there is of an asset from now on.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if the time is before that of its last balance, or a value no number.
    pub fn add_balance(&mut self, asset: &str, holding: BalanceAt) -> Result<()> {
        if !(holding.total.is_finite() && holding.free.is_finite()) {
            return Err(Error::State(format!("a balance of {asset} must be finite numbers")));
        }
        let known = self.balances.entry(asset.to_owned()).or_default();
        if let Some(last) = known.last().filter(|last| last.time > holding.time) {
            let (time, last) = (holding.time, last.time);
            let text = format!("a balance of {asset} at {time} comes after that at {last}");
            return Err(Error::State(text));
        }
        known.push(holding);
        Ok(())
    }

    /// Figures and tear sheets of all that was added; `noted` says how the curve was.
    pub(super) fn tell(
        &self,
        rules: &GridRules<'_>,
        settings: &SummarySettings,
        noted: &str,
    ) -> Result<Told> {
        let grid = self.track.grid(rules, settings)?;
        let drawdowns = self.track.drawdowns();
        let mut figures = self.track.figures(&grid, settings, drawdowns.as_ref(), noted)?;
        figures.extend(self.traded()?);
        let sheet = |(at, name): (usize, &String)| {
            Ok((name.clone(), instrument(self, &grid, settings, at)?))
        };
        let instruments = self.instruments.iter().enumerate().map(sheet);
        let assets = self.balances.iter();
        Ok(Told {
            portfolio: portfolio(self, &grid, settings, drawdowns.as_ref())?,
            instruments: instruments.collect::<Result<_>>()?,
            assets: assets.map(|(name, all)| (name.clone(), asset_sheet(all))).collect(),
            figures,
            grid,
        })
    }

    /// Results of the closed trades of one instrument, or of all; `None` if one is unknown.
    pub(super) fn results(&self, of: Option<usize>) -> Option<Vec<f64>> {
        let chosen = |trade: &&ClosedTrade| of.is_none_or(|of| trade.instrument == of);
        self.trades.iter().filter(chosen).map(|trade| trade.result?.to_f64()).collect()
    }

    /// What the closed trades of an instrument made; `None` if one is unknown.
    pub(super) fn made(&self, of: usize) -> Option<Decimal> {
        self.trades.iter().filter(|trade| trade.instrument == of).map(|trade| trade.result).sum()
    }

    /// What equity gained.
    pub(super) fn gained(&self) -> Option<Decimal> {
        let (start, end) = self.ends?;
        end.checked_sub(start)
    }

    /// Figures of the closed trades.
    fn traded(&self) -> Result<Vec<Figure>> {
        let (results, count) = (self.results(None), self.trades.len());
        let missing = results.is_none();
        let results = results.unwrap_or_default();
        let trades = Trades::new(&results, 0.0)?;
        let figure = |name, value: Value| {
            let value = if missing { Err(Reason::MissingPrice) } else { value };
            Figure::new(name, value, count)
        };
        let seconds =
            |trade: &ClosedTrade| (trade.closed.ns() - trade.opened.ns()) as f64 / SECOND as f64;
        let held = match count {
            0 => Err(Reason::NoTrades),
            count => Ok(self.trades.iter().map(seconds).sum::<f64>() / count as f64),
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
        let inputs: Arc<str> =
            format!("{count} closed trades after fees; {} still open are left out", self.open)
                .into();
        Ok(figures.map(|figure| Figure { inputs: Arc::clone(&inputs), ..figure }).into())
    }
}
