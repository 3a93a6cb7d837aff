//! Mean and deviation of a series that need not be in memory.

use super::reason::Reason;
use super::sums::sums;

/// A deviation that is this small beside the values is rounding, not dispersion.
const ROUNDING: f64 = 1e-12;

/// Mean and dispersion of some values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    pub(super) count: usize,
    pub(super) mean: f64,
    /// Mean of the sizes.
    pub(super) size: f64,
    /// Σ (value - mean)².
    pub(super) squares: f64,
}

impl Moments {
    /// Of `count` values.
    pub(super) fn new(count: usize, value: impl Fn(usize) -> f64) -> Self {
        let n = count as f64;
        let [mean, size] = sums(count, |at| [value(at), value(at).abs()]).map(|sum| sum / n);
        let [squares] = sums(count, |at| [(value(at) - mean) * (value(at) - mean)]);
        Self { count, mean, size, squares }
    }

    /// Sample deviation (n - 1).
    pub(super) fn deviation(&self) -> f64 {
        (self.squares / (self.count as f64 - 1.0)).sqrt()
    }

    /// Sample deviation, if it is one that can be divided by. Needs two values or more.
    pub(super) fn dispersion(&self) -> Result<f64, Reason> {
        let deviation = self.deviation();
        if !deviation.is_finite() {
            return Err(if self.count < 2 { Reason::TooFew } else { Reason::OutOfRange });
        }
        if deviation <= ROUNDING * self.size.max(ROUNDING) {
            return Err(Reason::ZeroDispersion);
        }
        Ok(deviation)
    }
}
