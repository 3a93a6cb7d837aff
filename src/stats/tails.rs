//! The shape of a distribution of returns, and its ends.

use super::reason::{Reason, Value};
use super::returns::Returns;
use super::sums::mean;
use crate::error::{Error, Result};

/// Third standardised moment of the population, `m3 / m2^1.5`.
pub fn skew(returns: &Returns<'_>) -> Value {
    Reason::finite(returns.shape(3)?.0)
}

/// It corrected for a small sample: `g1 √(n (n - 1)) / (n - 2)`.
pub fn adjusted_skew(returns: &Returns<'_>) -> Value {
    let n = returns.len() as f64;
    Ok(skew(returns)? * (n * (n - 1.0)).sqrt() / (n - 2.0))
}

/// Fourth standardised moment of the population above that of the normal distribution,
/// `m4 / m2² - 3`.
pub fn kurtosis(returns: &Returns<'_>) -> Value {
    Reason::finite(returns.shape(4)?.1 - 3.0)
}

/// It corrected for a small sample: `((n + 1) g2 + 6) (n - 1) / ((n - 2) (n - 3))`.
pub fn adjusted_kurtosis(returns: &Returns<'_>) -> Value {
    let n = returns.len() as f64;
    Ok(((n + 1.0) * kurtosis(returns)? + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)))
}

/// Refuses a level that is no share.
pub fn check_level(level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(Error::Config(format!("level must lie between 0 and 1, got {level}")))
}

/// The ends of a distribution, of a copy that is put in order as far as needed.
#[derive(Clone, Debug)]
pub struct Tails {
    values: Vec<f64>,
    /// Places whose value is the one that stands there in order, rising: none before is greater,
    /// none behind is less.
    settled: Vec<usize>,
    refused: Option<Reason>,
}

impl Tails {
    /// Of these returns.
    pub fn new(returns: &Returns<'_>) -> Self {
        let (values, refused) = (returns.values().to_vec(), returns.at_least(1).err());
        Self { values, settled: Vec::new(), refused }
    }

    fn defined(&self) -> Result<(), Reason> {
        self.refused.map_or(Ok(()), Err)
    }

    /// The value at a place in order.
    fn at(&mut self, place: usize) -> f64 {
        if let Err(next) = self.settled.binary_search(&place) {
            // Only what stands between two settled places has to move.
            let start = next.checked_sub(1).map_or(0, |before| self.settled[before] + 1);
            let end = self.settled.get(next).copied().unwrap_or(self.values.len());
            let between = &mut self.values[start..end];
            if place == start {
                let least = (0..between.len()).min_by(|a, b| between[*a].total_cmp(&between[*b]));
                between.swap(0, least.unwrap_or(0));
            } else {
                between.select_nth_unstable_by(place - start, f64::total_cmp);
            }
            self.settled.insert(next, place);
        }
        self.values[place]
    }

    /// The quantile at `share`, between neighbours by linear interpolation ("type 7").
    pub fn quantile(&mut self, share: f64) -> Value {
        self.defined()?;
        let place = (self.values.len() - 1) as f64 * share;
        let (below, part) = (place.floor() as usize, place - place.floor());
        let low = self.at(below);
        if part == 0.0 {
            return Ok(low);
        }
        let high = self.at(below + 1);
        Reason::finite(low + (high - low) * part)
    }

    /// A loss that is exceeded in the share `level` of the periods; positive if it is a loss.
    pub fn value_at_risk(&mut self, level: f64) -> Value {
        Ok(-self.quantile(level)?)
    }

    /// The mean loss of the worst `ceil(level * n)` periods; positive if it is a loss.
    pub fn expected_shortfall(&mut self, level: f64) -> Value {
        self.defined()?;
        let n = self.values.len();
        // A product such as 0.01 * 700 lies above the whole number that is meant.
        let worst = (level * n as f64 * (1.0 - 1e-12)).ceil().max(1.0) as usize;
        self.at(worst.min(n) - 1);
        Reason::finite(-mean(&self.values[..worst.min(n)]))
    }

    /// Size of the quantile at 95 % over that at 5 %; without a loss at 5 % it says nothing.
    pub fn ratio(&mut self) -> Value {
        let (low, high) = (self.quantile(0.05)?, self.quantile(0.95)?);
        if self.values.len() < 2 {
            return Err(Reason::TooFew);
        }
        if low >= 0.0 {
            return Err(Reason::NoLosses);
        }
        Reason::finite(high.abs() / -low)
    }

    /// True if fewer than one period is expected beyond `level`.
    pub fn too_few(&self, level: f64) -> bool {
        (self.values.len() as f64) < 1.0 / level
    }
}
