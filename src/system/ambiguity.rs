//! Candles that leave open which of two orders came first, told as a table.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;

use super::outcome::Outcome;
use super::tables::{Scales, flags, table, texts, times};
use crate::exchange::{Ambiguous, Struck};
use crate::order::OrderId;

/// Every candle listed: which order each extreme would hit, and what follows if it came first.
pub fn ambiguous_table(outcome: &Outcome) -> RecordBatch {
    let at = Scales::new(outcome);
    let listed = &outcome.exchange.ambiguous().listed;
    let numbers = |struck: &[Struck]| {
        struck.iter().map(|one| one.order.0.to_string()).collect::<Vec<_>>().join(", ")
    };
    let each = || listed.iter();
    let told: Vec<[String; 4]> = each()
        .map(|one| {
            [
                numbers(&one.at_high),
                numbers(&one.at_low),
                story(outcome, one, &one.at_high, &one.at_low),
                story(outcome, one, &one.at_low, &one.at_high),
            ]
        })
        .collect();
    let column = |place: usize| texts(told.iter().map(|told| Some(told[place].as_str())));
    let assumed = |one: &Ambiguous| if one.low_first { "low_first" } else { "high_first" };
    let excludes = |one: &Ambiguous| {
        one.at_high.iter().any(|a| one.at_low.iter().any(|b| ends(outcome, a.order, b.order)))
    };
    table(vec![
        ("instrument", texts(each().map(|one| at.name(one.instrument)))),
        ("time", times(each().map(|one| Some(one.time)))),
        ("assumed", texts(each().map(|one| Some(assumed(one))))),
        ("at_high", column(0)),
        ("at_low", column(1)),
        ("high_first", column(2)),
        ("low_first", column(3)),
        ("either_or", flags(each().map(excludes))),
    ])
}

/// True if the fill of one order ends the other: two legs, or two that close the same position.
fn ends(outcome: &Outcome, one: OrderId, other: OrderId) -> bool {
    let request = |id: OrderId| outcome.context.order(id).map(|order| &order.request);
    let (Some(first), Some(second)) = (request(one), request(other)) else { return false };
    first.sibling() == Some(other) || (first.reduce_only() && second.reduce_only())
}

/// What happens if the orders of `first` are hit before those of `then`.
fn story(outcome: &Outcome, of: &Ambiguous, first: &[Struck], then: &[Struck]) -> String {
    let at = Scales::new(outcome);
    let hits = |struck: &[&Struck]| {
        let one = |one: &&Struck| {
            format!("{} at {}", one.order.0, at.price_text(of.instrument, one.price))
        };
        struck.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let all: Vec<&Struck> = first.iter().collect();
    let mut ended: BTreeSet<OrderId> = BTreeSet::new();
    for one in then {
        if first.iter().any(|earlier| ends(outcome, earlier.order, one.order)) {
            ended.insert(one.order);
        }
    }
    let left: Vec<&Struck> = then.iter().filter(|one| !ended.contains(&one.order)).collect();
    let mut text = hits(&all);
    if !left.is_empty() {
        text = format!("{text}, then {}", hits(&left));
    }
    if !ended.is_empty() {
        let numbers: Vec<String> = ended.iter().map(|id| id.0.to_string()).collect();
        text = format!("{text}; that ends {}", numbers.join(", "));
    }
    text
}
