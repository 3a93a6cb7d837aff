//! The step that numbers keep to: tick and lot read off the data, and the values that are off a
//! step.

use crate::num::{Multiples, POW10};

/// Steps of prices that venues use, in tenths: 1, 2, 2.5 and 5 times a power of ten.
pub const TICKS: &[i64] = &[50, 25, 20, 10];
/// Steps of quantities: powers of ten.
pub const LOTS: &[i64] = &[10];
/// One value in this many may be off the step: 99.98 % keep to it.
const TOLERANCE: u64 = 5_000;
/// Values looked at first; a step that fails here is not tried on all.
const SAMPLE: usize = 512;

/// The coarsest usual step, at most `most`, that at least 99.98 % of the values keep to, and how
/// many do not.
pub fn infer(columns: &[&[i64]], forms: &[i64], most: i64) -> (i64, u64) {
    let count: u64 = columns.iter().map(|column| column.len() as u64).sum();
    let sample: Vec<i64> = columns
        .iter()
        .flat_map(|column| column.iter().step_by(column.len() / SAMPLE + 1).copied())
        .collect();
    let candidates =
        POW10.iter().rev().flat_map(|unit| forms.iter().filter_map(|form| step_of(*form, *unit)));
    for step in candidates.filter(|step| *step <= most) {
        let multiples = Multiples::of(step);
        if multiples.misses(&sample) * 50 > sample.len() as u64 {
            continue;
        }
        let misses: u64 = columns.iter().map(|column| multiples.misses(column)).sum();
        if misses * TOLERANCE <= count {
            return (step, misses);
        }
    }
    (1, 0)
}

/// `form / 10 × unit` if it is an integer that fits.
fn step_of(form: i64, unit: i64) -> Option<i64> {
    let product = form.checked_mul(unit)?;
    (product % 10 == 0).then_some(product / 10)
}

/// Positions of the first values that are not multiples of `step`, and how many there are in all.
pub fn off(columns: &[&[i64]], step: i64, keep: usize) -> (u64, Vec<u64>) {
    let multiples = Multiples::of(step);
    let mut count = 0;
    let mut rows = Vec::new();
    for column in columns {
        let misses = multiples.misses(column);
        count += misses;
        if misses > 0 {
            let off = column.iter().enumerate().filter(|(_, value)| !multiples.contain(**value));
            rows.extend(off.take(keep).map(|(row, _)| row as u64));
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows.truncate(keep);
    (count, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_values_off_the_step_do_not_hide_it() {
        let mut prices: Vec<i64> = (0..100_000).map(|i| 463_190 + 5 * (i % 700)).collect();
        assert_eq!(infer(&[&prices], TICKS, 1_000), (5, 0));
        prices[7] += 1;
        assert_eq!(infer(&[&prices], TICKS, 1_000), (5, 1));
        assert_eq!(off(&[&prices], 5, 3), (1, vec![7]));
        let quarters: Vec<i64> = (0..5_000).map(|i| 1_000_000 + 25 * (i % 31)).collect();
        assert_eq!(infer(&[&quarters], TICKS, 10_000), (25, 0));
        assert_eq!(infer(&[&[100, 200, 300]], TICKS, 10), (10, 0));
        assert_eq!(infer(&[&[]], TICKS, 100), (100, 0));
    }
}
