//! Excerpts of tables, for a page that must not grow with the run.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type};

use super::outcome::Outcome;
use super::tables::{floats, numbers, table, texts};
use crate::stats::RoundTrip;

/// Returns of calendar years from those of their months: `year`, `return`, `benchmark`; missing
/// where that of a month is.
pub fn years_table(months: &RecordBatch) -> RecordBatch {
    let years = months.column(0).as_primitive::<Int32Type>();
    let of = |column: usize| {
        let returns = months.column(column).as_primitive::<Float64Type>();
        let mut grown: BTreeMap<i32, Option<f64>> = BTreeMap::new();
        for at in 0..years.len() {
            let growth = returns.is_valid(at).then(|| 1.0 + returns.value(at));
            let so_far = grown.entry(years.value(at)).or_insert(Some(1.0));
            *so_far = so_far.zip(growth).map(|(before, growth)| before * growth);
        }
        grown
    };
    let (own, other) = (of(2), of(3));
    let less_one = |growth: &Option<f64>| growth.map(|growth| growth - 1.0);
    table(vec![
        ("year", numbers(own.keys().map(|year| u32::try_from(*year).ok()))),
        ("return", floats(own.values().map(less_one))),
        ("benchmark", floats(other.values().map(less_one))),
    ])
}

/// Orders by what became of them: `status`, `reason`, `count`, the most frequent first.
pub fn order_counts_table(outcome: &Outcome) -> RecordBatch {
    let mut counts: BTreeMap<(&str, Option<&str>), u32> = BTreeMap::new();
    for order in outcome.orders() {
        let reason = order.reason.map(crate::order::Reason::name);
        *counts.entry((order.status.name(), reason)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    table(vec![
        ("status", texts(counts.iter().map(|((status, _), _)| Some(*status)))),
        ("reason", texts(counts.iter().map(|((_, reason), _)| *reason))),
        ("count", numbers(counts.iter().map(|(_, count)| Some(*count)))),
    ])
}

/// Rows of the `count` deepest of a table of drawdowns, the deepest first.
pub fn deepest_drawdowns(drawdowns: &RecordBatch, count: usize) -> Vec<usize> {
    let Some(depths) = drawdowns.column_by_name("depth") else { return Vec::new() };
    let depths = depths.as_primitive::<Float64Type>();
    let mut places: Vec<usize> = (0..depths.len()).collect();
    places.sort_by(|a, b| depths.value(*a).total_cmp(&depths.value(*b)));
    places.truncate(count);
    places
}

/// Rows of the first and of the last `each` of so many trades, none twice.
pub fn first_and_last_trades(trades: usize, each: usize) -> Vec<usize> {
    (0..trades).filter(|at| *at < each || *at + each >= trades).collect()
}

/// Rows of the `each` closed trades with the greatest and of those with the least result after
/// fees, the best first, none twice.
pub fn best_and_worst_trades(outcome: &Outcome, trips: &[RoundTrip], each: usize) -> Vec<usize> {
    let result = |trip: &RoundTrip| {
        let quote = outcome.context.world.specs[trip.instrument.at()].quote;
        outcome.worth_at(quote, trip.profit - trip.fees, trip.closed?)
    };
    let known = trips.iter().enumerate().filter_map(|(at, trip)| Some((at, result(trip)?)));
    let mut ranked: Vec<(usize, i128)> = known.collect();
    ranked.sort_by_key(|(_, result)| std::cmp::Reverse(*result));
    let kept = first_and_last_trades(ranked.len(), each);
    kept.into_iter().map(|at| ranked[at].0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int32Array;
    use std::sync::Arc;

    #[test]
    fn a_year_compounds_its_months() {
        let months = table(vec![
            ("year", Arc::new(Int32Array::from(vec![2023, 2023, 2024]))),
            ("month", Arc::new(Int32Array::from(vec![11, 12, 1]))),
            ("return", floats([Some(0.5), Some(-0.5), None].into_iter())),
            ("benchmark", floats([Some(1.0), Some(1.0), Some(0.25)].into_iter())),
        ]);
        let years = years_table(&months);
        assert_eq!(years.column(1).as_ref(), floats([Some(-0.25), None].into_iter()).as_ref());
        assert_eq!(years.column(2).as_ref(), floats([Some(3.0), Some(0.25)].into_iter()).as_ref());
    }

    #[test]
    fn ends_of_a_list_are_named_once() {
        assert_eq!(first_and_last_trades(10, 2), [0, 1, 8, 9]);
        assert_eq!(first_and_last_trades(3, 2), [0, 1, 2]);
        assert_eq!(first_and_last_trades(0, 2), [] as [usize; 0]);
    }

    #[test]
    fn the_deepest_come_first() {
        let depths = floats([Some(-0.1), Some(-0.3), Some(-0.2)].into_iter());
        let drawdowns = table(vec![("depth", depths)]);
        assert_eq!(deepest_drawdowns(&drawdowns, 2), [1, 2]);
        assert_eq!(deepest_drawdowns(&drawdowns, 9), [1, 2, 0]);
    }
}
