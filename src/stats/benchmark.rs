//! Returns beside those of a benchmark over the same periods.

use super::moments::Moments;
use super::ratios::per_period;
use super::reason::{Reason, Value};
use super::returns::{Returns, total, up_to_ruin};
use super::sums::sums;
use crate::error::{DataFault, Result};

/// A series and its benchmark.
#[derive(Debug)]
pub struct Compared<'a> {
    returns: &'a Returns<'a>,
    benchmark: &'a [f64],
    other: Moments,
    /// What was earned above the benchmark: it may well be worse than -100 %, and is no ruin.
    active: Moments,
    /// Covariance of both, of a sample.
    covariance: f64,
}

impl<'a> Compared<'a> {
    /// Puts `benchmark` beside `returns`: as many values, period by period.
    ///
    /// # Errors
    ///
    /// [`Error::Data`](crate::error::Error::Data) for another number of values, or one that is not
    /// finite.
    pub fn new(returns: &'a Returns<'a>, count: usize, benchmark: &'a [f64]) -> Result<Self> {
        if benchmark.len() != count {
            return Err(DataFault::new(format!(
                "benchmark must have one value for each of returns, {count}, got {}",
                benchmark.len()
            ))
            .into());
        }
        super::returns::finite("benchmark", benchmark)?;
        let benchmark = &benchmark[..returns.len()];
        let (own, count) = (returns.values(), returns.len());
        let n = count as f64;
        let [its_mean, its_size, mean, size] = sums(count, |at| {
            let (value, above) = (benchmark[at], own[at] - benchmark[at]);
            [value, value.abs(), above, above.abs()]
        })
        .map(|sum| sum / n);
        let [its_squares, squares, products] = sums(count, |at| {
            let (value, above) = (benchmark[at] - its_mean, own[at] - benchmark[at] - mean);
            [value * value, above * above, (own[at] - returns.mean()) * value]
        });
        let other = Moments { count, mean: its_mean, size: its_size, squares: its_squares };
        let active = Moments { count, mean, size, squares };
        let covariance = products / (n - 1.0);
        Ok(Self { returns, benchmark, other, active, covariance })
    }

    /// What the benchmark earned, up to its own ruin.
    pub fn benchmark_return(&self) -> Value {
        total(up_to_ruin(self.benchmark))
    }

    /// Covariance with the benchmark over its variance.
    pub fn beta(&self) -> Value {
        self.returns.at_least(2)?;
        let variance = self.other.dispersion()?.powi(2);
        Reason::finite(self.covariance / variance)
    }

    /// Mean return per period that the benchmark does not explain.
    fn unexplained(&self, periods_per_year: f64, risk_free: f64) -> Value {
        let beta = self.beta()?;
        let rate = per_period(risk_free, periods_per_year);
        Ok(self.returns.mean() - rate - beta * (self.other.mean - rate))
    }

    /// It compounded over a year.
    pub fn alpha(&self, periods_per_year: f64, risk_free: f64) -> Value {
        let mean = self.unexplained(periods_per_year, risk_free)?;
        if mean <= -1.0 {
            return Err(Reason::Undefined);
        }
        Reason::finite(libm::expm1(libm::log1p(mean) * periods_per_year))
    }

    /// It times the periods of a year.
    pub fn arithmetic_alpha(&self, periods_per_year: f64, risk_free: f64) -> Value {
        Reason::finite(self.unexplained(periods_per_year, risk_free)? * periods_per_year)
    }

    /// Correlation with the benchmark, -1 to 1.
    pub fn correlation(&self) -> Value {
        self.returns.at_least(2)?;
        let (own, other) = (self.returns.dispersion()?, self.other.dispersion()?);
        Reason::finite((self.covariance / own / other).clamp(-1.0, 1.0))
    }

    /// Sample deviation of what was earned above the benchmark, of a year.
    pub fn tracking_error(&self, periods_per_year: f64) -> Value {
        self.returns.at_least(2)?;
        Reason::finite(self.active.deviation() * periods_per_year.sqrt())
    }

    /// Mean over deviation of what was earned above the benchmark, of a year.
    pub fn information_ratio(&self, periods_per_year: f64) -> Value {
        self.returns.at_least(2)?;
        let dispersion = self.active.dispersion()?;
        Reason::finite(self.active.mean / dispersion * periods_per_year.sqrt())
    }
}
