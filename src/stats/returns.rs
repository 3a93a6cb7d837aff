//! Returns by period: the series that most figures are computed from.

use std::borrow::Cow;

use super::reason::{Reason, Value};
use super::sums::{mean, sum_of};
use crate::error::{DataFault, Result};

/// A deviation that is this small beside the values is rounding, not dispersion.
pub(super) const ROUNDING: f64 = 1e-12;

/// Simple returns by period, a fraction each, up to the first that leaves nothing.
///
/// The moments that most figures need are computed once.
#[derive(Clone, Debug)]
pub struct Returns<'a> {
    values: Cow<'a, [f64]>,
    ruined: bool,
    mean: f64,
    /// Σ (r - mean)².
    squares: f64,
    /// Mean of |r|.
    size: f64,
}

impl<'a> Returns<'a> {
    /// Takes returns as they are; all must be finite.
    pub fn new(values: impl Into<Cow<'a, [f64]>>) -> Result<Self> {
        let mut values = values.into();
        finite("returns", &values)?;
        let ruin = values.iter().position(|value| 1.0 + value <= 0.0);
        if let Some(at) = ruin {
            match &mut values {
                Cow::Borrowed(slice) => *slice = &slice[..=at],
                Cow::Owned(owned) => owned.truncate(at + 1),
            }
        }
        Ok(Self { ruined: ruin.is_some(), ..Self::unending(values) })
    }

    /// Takes returns that no ruin ends, such as differences; all must be finite.
    pub(super) fn unending(values: impl Into<Cow<'a, [f64]>>) -> Self {
        let values = values.into();
        let mean = mean(&values);
        let squares = sum_of(&values, |value| (value - mean) * (value - mean));
        let size = sum_of(&values, f64::abs) / values.len() as f64;
        Self { values, ruined: false, mean, squares, size }
    }

    /// The returns of an equity curve whose first value is the start.
    ///
    /// `deposits` are net deposits that came in up to each value, which are no performance; the
    /// first is not looked at. The series ends with the first equity that is not above 0.
    pub fn of_equity(equity: &[f64], deposits: Option<&[f64]>) -> Result<Returns<'static>> {
        check_curve(equity)?;
        if let Some(deposits) = deposits {
            finite("deposits", deposits)?;
            if deposits.len() != equity.len() {
                let (given, wanted) = (deposits.len(), equity.len());
                return Err(DataFault::new(format!(
                    "deposits must have one value for each of equity, {wanted}, got {given}"
                ))
                .into());
            }
        }
        let mut returns = Vec::with_capacity(equity.len().saturating_sub(1));
        for at in 1..equity.len() {
            let deposit = deposits.map_or(0.0, |deposits| deposits[at]);
            returns.push((equity[at] - deposit) / equity[at - 1] - 1.0);
            if equity[at] <= 0.0 {
                break;
            }
        }
        Returns::new(returns)
    }

    /// The returns, the last of a ruined series being the one that ruined it.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// True if equity fell to 0 or below.
    pub fn is_ruined(&self) -> bool {
        self.ruined
    }

    /// Refuses a ruined series, and one of fewer than `least`.
    pub(super) fn at_least(&self, least: usize) -> Result<(), Reason> {
        if self.ruined {
            return Err(Reason::Ruin);
        }
        if self.len() < least { Err(Reason::TooFew) } else { Ok(()) }
    }

    /// Their mean.
    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// Σ (r - mean)².
    pub(super) fn squares(&self) -> f64 {
        self.squares
    }

    /// Their sample deviation (n - 1).
    pub(super) fn deviation(&self) -> f64 {
        (self.squares / (self.len() as f64 - 1.0)).sqrt()
    }

    /// Their sample deviation, if it is one that can be divided by. Needs two or more.
    pub(super) fn dispersion(&self) -> Result<f64, Reason> {
        self.at_least(2)?;
        let deviation = self.deviation();
        if !deviation.is_finite() {
            return Err(Reason::OutOfRange);
        }
        if deviation <= ROUNDING * self.size.max(ROUNDING) {
            return Err(Reason::ZeroDispersion);
        }
        Ok(deviation)
    }

    /// Third and fourth standardised population moment, for at least `least` returns.
    pub(super) fn shape(&self, least: usize) -> Result<(f64, f64), Reason> {
        self.at_least(least)?;
        self.dispersion()?;
        let n = self.len() as f64;
        let scale = (self.squares / n).sqrt();
        let power = |value: f64, power: i32| ((value - self.mean) / scale).powi(power);
        let third = sum_of(&self.values, |value| power(value, 3)) / n;
        let fourth = sum_of(&self.values, |value| power(value, 4)) / n;
        Ok((third, fourth))
    }

    /// Equity over time, from 1.
    pub fn equity(&self) -> Vec<f64> {
        let mut equity = Vec::with_capacity(self.len() + 1);
        let mut worth = 1.0;
        equity.push(worth);
        for value in self.values() {
            worth *= 1.0 + value;
            equity.push(worth);
        }
        equity
    }

    /// Σ ln(1 + r) of a series that is not ruined.
    pub(super) fn log_growth(&self) -> f64 {
        // A product and its logarithm now and then: both keep their digits, and it is cheap.
        let (mut logs, mut product) = (0.0, 1.0);
        for value in self.values() {
            product *= 1.0 + value;
            if !(1e-100..1e100).contains(&product) {
                logs += libm::log(product);
                product = 1.0;
            }
        }
        logs + libm::log(product)
    }

    /// Π (1 + r) - 1.
    pub fn total(&self) -> Value {
        if self.is_empty() {
            return Err(Reason::TooFew);
        }
        // The gain itself is carried, not 1 + gain: a small one keeps its digits.
        let gain = self.values().iter().fold(0.0, |gain, value| gain + value * (1.0 + gain));
        Reason::finite(gain)
    }
}

/// Refuses a curve that does not start above 0, or with something in it that is not a number.
pub fn check_curve(equity: &[f64]) -> Result<()> {
    finite("equity", equity)?;
    match equity.first().filter(|first| **first <= 0.0) {
        None => Ok(()),
        Some(first) => {
            let fault = DataFault::new(format!("equity must start above 0, got {first}"));
            Err(fault.at_row(0).into())
        }
    }
}

/// Refuses a series with something in it that is not a number.
pub(super) fn finite(what: &str, values: &[f64]) -> Result<()> {
    let Some(at) = values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
    let seen = if values[at].is_nan() { "NaN".to_owned() } else { format!("{}", values[at]) };
    let fault = DataFault::new(format!("{what} must be finite numbers, got {seen}"));
    Err(fault.at_row(at as u64).into())
}
