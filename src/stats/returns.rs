//! Returns by period: the series that most figures are computed from.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::moments::Moments;
use super::reason::{Reason, Value};
use super::sums::sums;
use crate::error::{DataFault, Result};

/// Simple returns by period, a fraction each, up to the first that leaves nothing.
///
/// The moments that most figures need are computed once.
#[derive(Clone, Debug)]
pub struct Returns<'a> {
    values: Cow<'a, [f64]>,
    ruined: bool,
    moments: Moments,
    /// Third and fourth standardised moment, once they were asked for.
    shape: OnceLock<(f64, f64)>,
}

impl<'a> Returns<'a> {
    /// Takes returns as they are; all must be finite.
    pub fn new(values: impl Into<Cow<'a, [f64]>>) -> Result<Self> {
        let mut values = values.into();
        finite("returns", &values)?;
        let ruined = !all(&values, |value| 1.0 + value > 0.0);
        if ruined {
            let end = up_to_ruin(&values).len();
            match &mut values {
                Cow::Borrowed(slice) => *slice = &slice[..end],
                Cow::Owned(owned) => owned.truncate(end),
            }
        }
        let moments = Moments::new(values.len(), |at| values[at]);
        Ok(Self { values, ruined, moments, shape: OnceLock::new() })
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

    /// Mean and dispersion.
    pub(super) fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Their mean.
    pub(super) fn mean(&self) -> f64 {
        self.moments.mean
    }

    /// Their sample deviation, if it is one that can be divided by. Needs two or more.
    pub(super) fn dispersion(&self) -> Result<f64, Reason> {
        self.at_least(2)?;
        self.moments.dispersion()
    }

    /// Third and fourth standardised population moment, for at least `least` returns.
    pub(super) fn shape(&self, least: usize) -> Result<(f64, f64), Reason> {
        self.at_least(least)?;
        self.dispersion()?;
        Ok(*self.shape.get_or_init(|| {
            let (n, Moments { mean, squares, .. }) = (self.len() as f64, self.moments);
            let per_scale = 1.0 / (squares / n).sqrt();
            let [third, fourth] = sums(self.len(), |at| {
                let value = (self.values[at] - mean) * per_scale;
                [value * value * value, value * value * (value * value)]
            });
            (third / n, fourth / n)
        }))
    }

    /// Equity over time, from 1: one value more than there are returns.
    pub fn equity(&self) -> impl Iterator<Item = f64> {
        let grow = |worth: &mut f64, value: &f64| {
            *worth *= 1.0 + value;
            Some(*worth)
        };
        std::iter::once(1.0).chain(self.values().iter().scan(1.0, grow))
    }

    /// Σ ln(1 + r) of a series that is not ruined.
    pub(super) fn log_growth(&self) -> f64 {
        if let Some(gain) = self.total().ok().filter(|gain| *gain > -0.5) {
            return libm::log1p(gain);
        }
        // After deep losses 1 + gain has lost its digits; a product of factors keeps them.
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
        total(&self.values)
    }
}

/// Π (1 + r) - 1.
pub(super) fn total(values: &[f64]) -> Value {
    if values.is_empty() {
        return Err(Reason::TooFew);
    }
    // The gain itself is carried, not 1 + gain: a small one keeps its digits. Parts go side by
    // side, so that the processor need not wait for one factor after the other.
    let after = |gain: f64, value: f64| gain + value * (1.0 + gain);
    let part = values.len() / PARTS;
    let mut gains = [0.0; PARTS];
    for at in 0..part {
        for (of, gain) in gains.iter_mut().enumerate() {
            *gain = after(*gain, values[of * part + at]);
        }
    }
    let gain = gains.into_iter().reduce(after).unwrap_or_default();
    Reason::finite(values[PARTS * part..].iter().copied().fold(gain, after))
}

/// Parts that a product is made of.
const PARTS: usize = 8;

/// The returns up to the first that leaves nothing.
pub(super) fn up_to_ruin(values: &[f64]) -> &[f64] {
    let ruin = values.iter().position(|value| 1.0 + value <= 0.0);
    &values[..ruin.map_or(values.len(), |at| at + 1)]
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

/// True if something holds for all. Looking at each is quicker than stopping at the first where it
/// does not, which there rarely is.
#[allow(clippy::needless_bitwise_bool)] // see above
fn all(values: &[f64], holds: impl Fn(f64) -> bool) -> bool {
    values.iter().fold(true, |all, value| all & holds(*value))
}

/// Refuses a series with something in it that is not a number.
pub(super) fn finite(what: &str, values: &[f64]) -> Result<()> {
    if all(values, f64::is_finite) {
        return Ok(());
    }
    let Some(at) = values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
    let seen = if values[at].is_nan() { "NaN".to_owned() } else { format!("{}", values[at]) };
    let fault = DataFault::new(format!("{what} must be finite numbers, got {seen}"));
    Err(fault.at_row(at as u64).into())
}
