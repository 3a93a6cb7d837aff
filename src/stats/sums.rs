//! Sums that keep what rounding drops, in a fixed order.

/// Sums side by side: their order is fixed, and the processor need not wait for one to end.
const LANES: usize = 4;

/// A sum and what rounding dropped of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    /// Adds `value`. The difference between the true and the rounded sum is itself exact.
    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        let sum = self.high + value;
        let part = sum - self.high;
        self.low += (self.high - (sum - part)) + (value - part);
        self.high = sum;
    }

    pub(super) fn total(self) -> f64 {
        self.high + self.low
    }
}

/// Σ term(index), of several terms at once: long series are read from memory once for all of them.
#[inline]
pub(super) fn sums<const K: usize>(count: usize, term: impl Fn(usize) -> [f64; K]) -> [f64; K] {
    let mut lanes = [[Sum::default(); K]; LANES];
    let whole = count / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, sums) in lanes.iter_mut().enumerate() {
            for (sum, value) in sums.iter_mut().zip(term(start + lane)) {
                sum.add(value);
            }
        }
    }
    for (lane, at) in (whole..count).enumerate() {
        for (sum, value) in lanes[lane].iter_mut().zip(term(at)) {
            sum.add(value);
        }
    }
    std::array::from_fn(|of| {
        let mut all = Sum::default();
        for lane in &lanes {
            all.add(lane[of].high);
            all.low += lane[of].low;
        }
        all.total()
    })
}

/// Σ term(index).
#[inline]
pub(super) fn sum(count: usize, term: impl Fn(usize) -> f64) -> f64 {
    let [sum] = sums(count, |at| [term(at)]);
    sum
}

/// Σ term(value).
#[inline]
pub(super) fn sum_of(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    sum(values.len(), |at| term(values[at]))
}

/// Their mean; NaN of none.
pub(super) fn mean(values: &[f64]) -> f64 {
    sum_of(values, |value| value) / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_plain_sums_lose_is_kept() {
        let values = [1.0, 1e100, 1.0, -1e100];
        assert_eq!(sum_of(&values, |value| value).to_bits(), 2f64.to_bits());
        let tenths = vec![0.1; 1_000_000];
        assert!((sum_of(&tenths, |value| value) - 100_000.0).abs() < 1e-8);
    }

    proptest! {
        /// Integers add exactly, however many there are.
        #[test]
        fn integers_add_exactly(values in prop::collection::vec(-1_000_000i32..1_000_000, 0..200)) {
            let floats: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
            let exact: i64 = values.iter().map(|value| i64::from(*value)).sum();
            prop_assert_eq!(sum_of(&floats, |value| value).to_bits(), (exact as f64).to_bits());
        }
    }
}
