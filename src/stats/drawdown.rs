//! Falls of an equity curve from its peaks.

use super::reason::{Reason, Value};
use super::sums::{Sum, sums};

/// A fall from a peak, until the peak is reached again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawdown {
    /// Equity at the trough over equity at the peak, less one; < 0.
    pub depth: f64,
    /// Index of the peak, the last value before the fall.
    pub peak: usize,
    /// Index of the trough, the first if several are as deep.
    pub trough: usize,
    /// Index of the first value at the peak's height or above; `None` while it is below.
    pub recovery: Option<usize>,
}

/// The fall at each value from the highest so far, `equity[t] / max(equity[..=t]) - 1`, a fraction
/// <= 0; `None` where equity is unknown, and everywhere if the first known one is not above 0.
///
/// The first value counts as a peak, so a loss at once is a drawdown.
pub fn falls(equity: impl IntoIterator<Item = Option<f64>>) -> Vec<Option<f64>> {
    let mut peak = None;
    let fall = |value: Option<f64>| {
        let value = value?;
        let first = *peak.get_or_insert(value);
        // What did not start above 0 has no fractions, whatever came later.
        let highest = if first > 0.0 { first.max(value) } else { first };
        peak = Some(highest);
        (highest > 0.0).then(|| value / highest - 1.0)
    };
    equity.into_iter().map(fall).collect()
}

/// All drawdowns of one curve, and figures of them.
#[derive(Clone, Debug)]
pub struct Drawdowns {
    /// All of them, in order of time; the last may be open.
    pub all: Vec<Drawdown>,
    count: usize,
    /// Σ of the falls at each value, and of their squares; NaN if a value was none.
    falls: f64,
    squares: f64,
}

/// Falls that are put together before they are added up.
const BLOCK: usize = 1024;

impl Drawdowns {
    /// Of a curve that starts above 0.
    pub fn new(equity: impl IntoIterator<Item = f64>) -> Self {
        let (mut all, mut open) = (Vec::new(), None::<Drawdown>);
        let (mut highest, mut peak, mut count) = (f64::MIN, 0, 0);
        let (mut falls, mut squares) = (Sum::default(), Sum::default());
        let mut block = Vec::with_capacity(BLOCK);
        let mut add = |block: &mut Vec<f64>| {
            let [fall, square] = sums(block.len(), |at| [block[at], block[at] * block[at]]);
            falls.add(fall);
            squares.add(square);
            block.clear();
        };
        for value in equity {
            let depth;
            if value >= highest {
                (highest, peak) = (value, count);
                if let Some(fall) = open.take() {
                    all.push(Drawdown { recovery: Some(count), ..fall });
                }
                // Of a curve without bounds nothing can be told.
                depth = if value.is_finite() { 0.0 } else { f64::NAN };
            } else {
                depth = value / highest - 1.0;
                let fall = Drawdown { depth, peak, trough: count, recovery: None };
                let fall = open.get_or_insert(fall);
                if depth < fall.depth {
                    (fall.depth, fall.trough) = (depth, count);
                }
            }
            count += 1;
            block.push(depth);
            if block.len() == BLOCK {
                add(&mut block);
            }
        }
        add(&mut block);
        all.extend(open);
        Self { all, count, falls: falls.total(), squares: squares.total() }
    }

    /// The deepest; the first of several.
    pub fn deepest(&self) -> Option<&Drawdown> {
        self.all.iter().reduce(
            |deepest, other| {
                if other.depth < deepest.depth { other } else { deepest }
            },
        )
    }

    fn some(&self) -> Result<f64, Reason> {
        if self.count == 0 {
            return Err(Reason::TooFew);
        }
        if self.falls.is_finite() { Ok(self.count as f64) } else { Err(Reason::OutOfRange) }
    }

    /// The deepest fall, <= 0.
    pub fn max_drawdown(&self) -> Value {
        self.some()?;
        Ok(self.deepest().map_or(0.0, |fall| fall.depth))
    }

    /// The mean of the depths of all drawdowns.
    pub fn average_drawdown(&self) -> Value {
        self.some()?;
        if self.all.is_empty() {
            return Err(Reason::NoDrawdown);
        }
        Ok(self.all.iter().map(|fall| fall.depth).sum::<f64>() / self.all.len() as f64)
    }

    /// The mean of the falls at each value.
    pub fn pain(&self) -> Value {
        Ok(self.falls / self.some()?)
    }

    /// The root of the mean square of the falls at each value.
    pub fn ulcer(&self) -> Value {
        Reason::finite((self.squares / self.some()?).sqrt())
    }

    /// The longest time from a peak until it was reached again, or to the last value; `when` tells
    /// the time of an index.
    pub fn longest(&self, when: impl Fn(usize) -> f64) -> Value {
        self.some()?;
        let until = |fall: &Drawdown| fall.recovery.unwrap_or(self.count - 1);
        let spans = self.all.iter().map(|fall| when(until(fall)) - when(fall.peak));
        Ok(spans.fold(0.0, f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_curves() {
        let deepest = |equity: &[f64]| {
            let drawdowns = Drawdowns::new(equity.iter().copied());
            drawdowns.deepest().map(|fall| (fall.depth, fall.peak, fall.trough, fall.recovery))
        };
        assert_eq!(deepest(&[100.0, 90.0, 120.0, 60.0, 130.0]), Some((-0.5, 2, 3, Some(4))));
        assert_eq!(deepest(&[100.0, 90.0, 95.0]), Some((90.0 / 100.0 - 1.0, 0, 1, None)));
        assert_eq!(deepest(&[100.0, 101.0, 102.0]), None);
        assert_eq!(Drawdowns::new([1.0]).max_drawdown(), Ok(0.0));
        assert_eq!(Drawdowns::new([]).max_drawdown(), Err(Reason::TooFew));
    }

    #[test]
    fn falls_of_what_is_unknown_or_starts_at_nothing_are_none() {
        let found = falls([Some(100.0), Some(50.0), None, Some(200.0), Some(-50.0)]);
        assert_eq!(found, [Some(0.0), Some(-0.5), None, Some(0.0), Some(-1.25)]);
        assert_eq!(falls([None, Some(0.0), Some(1.0)]), [None, None, None]);
        assert!(falls([]).is_empty());
    }

    proptest! {
        /// The definition, term by term.
        #[test]
        fn equals_its_definition(equity in prop::collection::vec(1.0f64..1_000.0, 1..60)) {
            let fall = |t: usize| {
                let peak = equity[..=t].iter().copied().fold(f64::MIN, f64::max);
                equity[t] / peak - 1.0
            };
            let expected: f64 = (0..equity.len()).map(fall).fold(0.0, f64::min);
            let found = Drawdowns::new(equity.iter().copied()).max_drawdown().map(f64::to_bits);
            prop_assert_eq!(found, Ok(expected.to_bits()));
        }

        /// Below a peak and in a drawdown are the same, and drawdowns do not overlap.
        #[test]
        fn drawdowns_cover_what_lies_below(equity in prop::collection::vec(1i32..9, 1..60)) {
            let equity: Vec<f64> = equity.into_iter().map(f64::from).collect();
            let falls = falls(equity.iter().copied().map(Some));
            let falls: Vec<f64> = falls.into_iter().flatten().collect();
            let mut inside = vec![0; equity.len()];
            for fall in Drawdowns::new(equity.iter().copied()).all {
                let end = fall.recovery.unwrap_or(equity.len());
                inside[fall.peak + 1..end].iter_mut().for_each(|count| *count += 1);
                prop_assert_eq!(falls[fall.trough].to_bits(), fall.depth.to_bits());
                prop_assert!(fall.recovery.is_none_or(|at| equity[at] >= equity[fall.peak]));
            }
            for (fall, count) in falls.iter().zip(inside) {
                prop_assert_eq!(i32::from(*fall < 0.0), count);
            }
        }
    }
}
