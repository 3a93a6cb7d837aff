//! Figures of closed trades: results in money, after fees.

use super::moments::Moments;
use super::reason::{Reason, Value};
use super::returns::finite;
use super::sums::{mean, sum_of, sums};
use crate::error::{Error, Result};

/// Sums and counts of trades.
#[derive(Clone, Debug)]
pub struct Trades<'a> {
    results: &'a [f64],
    wins: usize,
    losses: usize,
    /// Σ of the results that are wins, >= 0.
    won: f64,
    /// Σ of those that are losses, <= 0.
    lost: f64,
}

impl<'a> Trades<'a> {
    /// Takes results; one of `even` or less in size is neither won nor lost.
    ///
    /// # Errors
    ///
    /// For a result that is not finite, or a negative `even`.
    pub fn new(results: &'a [f64], even: f64) -> Result<Self> {
        finite("results", results)?;
        if !(even >= 0.0 && even.is_finite()) {
            return Err(Error::Config(format!("even must be >= 0 and finite, got {even}")));
        }
        let won = |value: f64| if value > even { value } else { 0.0 };
        let lost = |value: f64| if value < -even { value } else { 0.0 };
        Ok(Self {
            results,
            wins: results.iter().filter(|value| **value > even).count(),
            losses: results.iter().filter(|value| **value < -even).count(),
            won: sum_of(results, won),
            lost: sum_of(results, lost),
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.results.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    fn some(&self) -> Result<(), Reason> {
        if self.is_empty() { Err(Reason::NoTrades) } else { Ok(()) }
    }

    /// Wins over all trades.
    pub fn win_rate(&self) -> Value {
        self.some()?;
        Ok(self.wins as f64 / self.len() as f64)
    }

    /// Wins over the trades that were won or lost.
    pub fn decided_win_rate(&self) -> Value {
        self.some()?;
        match self.wins + self.losses {
            0 => Err(Reason::Undefined),
            decided => Ok(self.wins as f64 / decided as f64),
        }
    }

    /// What was won over what was lost.
    pub fn profit_factor(&self) -> Value {
        self.some()?;
        if self.losses == 0 {
            return Err(Reason::NoLosses);
        }
        Reason::finite(self.won / -self.lost)
    }

    /// The mean win.
    pub fn average_win(&self) -> Value {
        self.some()?;
        if self.wins == 0 {
            Err(Reason::NoWins)
        } else {
            Reason::finite(self.won / self.wins as f64)
        }
    }

    /// The mean loss, < 0.
    pub fn average_loss(&self) -> Value {
        self.some()?;
        if self.losses == 0 {
            Err(Reason::NoLosses)
        } else {
            Reason::finite(self.lost / self.losses as f64)
        }
    }

    /// The mean win over the size of the mean loss.
    pub fn payoff(&self) -> Value {
        let loss = self.average_loss()?;
        Reason::finite(self.average_win()? / -loss)
    }

    /// The mean result.
    pub fn expectancy(&self) -> Value {
        self.some()?;
        Reason::finite(sum_of(self.results, |value| value) / self.len() as f64)
    }

    /// Root of their number times mean over sample deviation.
    pub fn system_quality(&self) -> Value {
        self.some()?;
        let results = Moments::new(self.len(), |at| self.results[at]);
        let dispersion = results.dispersion()?;
        Reason::finite((self.len() as f64).sqrt() * results.mean / dispersion)
    }

    /// The greatest result.
    pub fn best(&self) -> Value {
        self.some()?;
        Ok(self.results.iter().copied().fold(f64::MIN, f64::max))
    }

    /// The least.
    pub fn worst(&self) -> Value {
        self.some()?;
        Ok(self.results.iter().copied().fold(f64::MAX, f64::min))
    }
}

/// What was bought (> 0) and sold (< 0) over the mean equity, per year; `one_way` the lesser of
/// both.
///
/// # Errors
///
/// For a value that is not finite.
pub fn turnover(traded: &[f64], equity: &[f64], years: f64, one_way: bool) -> Result<Value> {
    finite("traded", traded)?;
    finite("equity", equity)?;
    let [bought, sold] = sums(traded.len(), |at| [traded[at].max(0.0), (-traded[at]).max(0.0)]);
    let amount = if one_way { bought.min(sold) } else { bought + sold };
    Ok(match mean(equity) {
        mean if mean > 0.0 => Reason::finite(amount / mean / years),
        _ if equity.is_empty() => Err(Reason::TooFew),
        _ => Err(Reason::Ruin),
    })
}
