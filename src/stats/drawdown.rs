//! Drawdown of an equity curve.

/// The deepest fall from a peak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawdown {
    /// Equity at the trough over equity at the peak before it, less one; <= 0.
    pub depth: f64,
    /// Index of the peak.
    pub peak: usize,
    /// Index of the trough.
    pub trough: usize,
}

/// The deepest fall of `equity` from a peak, `min over t of equity[t] / max(equity[..=t]) - 1`.
///
/// The first point counts as a peak, so a loss at once is a drawdown. `None` for an empty curve or
/// one that starts at zero or below, where a fraction has no meaning; zero depth if the curve never
/// falls.
pub fn max_drawdown(equity: &[f64]) -> Option<Drawdown> {
    let first = *equity.first()?;
    if first.is_nan() || first <= 0.0 {
        return None;
    }
    let mut deepest = Drawdown { depth: 0.0, peak: 0, trough: 0 };
    let mut peak = 0;
    for (at, value) in equity.iter().enumerate() {
        if *value > equity[peak] {
            peak = at;
        }
        let depth = value / equity[peak] - 1.0;
        if depth < deepest.depth {
            deepest = Drawdown { depth, peak, trough: at };
        }
    }
    Some(deepest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_curves() {
        let depth = |equity: &[f64]| {
            max_drawdown(equity).map(|found| (found.depth, found.peak, found.trough))
        };
        assert_eq!(depth(&[100.0, 90.0, 120.0, 60.0, 130.0]), Some((-0.5, 2, 3)));
        assert_eq!(depth(&[100.0, 101.0, 102.0]), Some((0.0, 0, 0)));
        assert_eq!(depth(&[]), None);
        assert_eq!(depth(&[0.0, 1.0]), None);
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
            let found = max_drawdown(&equity).map(|found| found.depth.to_bits());
            prop_assert_eq!(found, Some(expected.to_bits()));
        }
    }
}
