//! How far a Sharpe ratio can be trusted.
//!
//! Source: "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), 2012, and "The Deflated
//! Sharpe Ratio", Journal of Portfolio Management 40(5), 2014.

use super::normal::{normal_above, normal_below};
use super::ratios::per_period;
use super::reason::{Reason, Value};
use super::returns::Returns;
use super::tails::{adjusted_kurtosis, adjusted_skew};
use crate::error::{Error, Result};

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// More trials than anyone can make.
const MAX_TRIALS: f64 = 1e18;

/// Returns that have a fourth moment.
const LEAST: usize = 4;

/// A Sharpe ratio per period and the shape of the returns that it is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Mean over deviation, per period.
    pub ratio: f64,
    /// How many returns, 2 or more.
    pub count: f64,
    /// Third standardised moment.
    pub skew: f64,
    /// Fourth standardised moment, 3 for the normal distribution.
    pub kurtosis: f64,
}

impl Estimate {
    fn of(
        returns: &Returns<'_>,
        risk_free_per_period: f64,
        adjusted: bool,
    ) -> Result<Self, Reason> {
        let (mut skew, mut kurtosis) = returns.shape(LEAST)?;
        if adjusted {
            (skew, kurtosis) = (adjusted_skew(returns)?, adjusted_kurtosis(returns)? + 3.0);
        }
        let ratio = (returns.mean() - risk_free_per_period) / returns.dispersion()?;
        Ok(Self { ratio, count: returns.len() as f64, skew, kurtosis })
    }

    /// Variance of the ratio, times n - 1: `1 - g1 s + (k - 1) / 4 s²`, with the skew g1 and the
    /// raw kurtosis k.
    fn variance(&self) -> Value {
        let Self { ratio, skew, kurtosis, .. } = *self;
        let variance = 1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio;
        if variance > 0.0 { Reason::finite(variance) } else { Err(Reason::Undefined) }
    }

    /// Probability that the true ratio is above `threshold`.
    pub fn probability(&self, threshold: f64) -> Value {
        let deviation = (self.variance()? / (self.count - 1.0)).sqrt();
        Reason::finite(normal_below((self.ratio - threshold) / deviation))
    }

    /// Periods needed to be sure of that with this `confidence`.
    pub fn track_record(&self, threshold: f64, confidence: f64) -> Value {
        let variance = self.variance()?;
        if self.ratio <= threshold {
            return Err(Reason::NotAbove);
        }
        let z = normal_above(1.0 - confidence) / (self.ratio - threshold);
        Reason::finite(1.0 + variance * z * z)
    }
}

/// Standard error of the Sharpe ratio of a year.
pub fn sharpe_error(returns: &Returns<'_>, periods_per_year: f64, risk_free: f64) -> Value {
    let estimate = Estimate::of(returns, per_period(risk_free, periods_per_year), false)?;
    let variance = estimate.variance()? / (estimate.count - 1.0);
    Reason::finite((variance * periods_per_year).sqrt())
}

/// Probability that the true ratio per period is above `threshold`, also per period.
///
/// Moments are the population's, with `adjusted` those corrected for a small sample.
pub fn probabilistic_sharpe(
    returns: &Returns<'_>,
    risk_free_per_period: f64,
    threshold: f64,
    adjusted: bool,
) -> Value {
    Estimate::of(returns, risk_free_per_period, adjusted)?.probability(threshold)
}

/// The best ratio per period that is to be expected of `trials` without any skill, whose ratios
/// have this `variance`; 0 for one trial.
///
/// # Errors
///
/// [`Error::Config`] for no trial, or a variance that is negative or not finite.
pub fn expected_best(trials: f64, variance: f64) -> Result<f64> {
    if !(1.0..=MAX_TRIALS).contains(&trials) {
        let exact = trials.abs() < 1e15;
        let seen = if exact { format!("{trials}") } else { format!("{trials:?}") };
        return Err(Error::Config(format!("trials must be 1 to 1e18, got {seen}")));
    }
    if !(variance >= 0.0 && variance.is_finite()) {
        let text = format!("trial_variance must be >= 0 and finite, got {variance}");
        return Err(Error::Config(text));
    }
    if trials <= 1.0 {
        return Ok(0.0);
    }
    let (one, other) =
        (normal_above(1.0 / trials), normal_above(1.0 / (trials * std::f64::consts::E)));
    Ok(variance.sqrt() * ((1.0 - EULER) * one + EULER * other))
}

/// Periods needed to be sure, with this `confidence`, that the true ratio per period is above
/// `threshold`.
pub fn minimum_track_record(
    returns: &Returns<'_>,
    risk_free_per_period: f64,
    threshold: f64,
    confidence: f64,
) -> Value {
    Estimate::of(returns, risk_free_per_period, false)?.track_record(threshold, confidence)
}
