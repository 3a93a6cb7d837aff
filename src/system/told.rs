//! Performance over time as tables: returns, drawdowns, months, costs, rolling figures.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use jiff::{Timestamp, civil, tz::TimeZone};
use rust_decimal::Decimal;

use super::activity::Costs;
use super::grid::Grid;
use super::outcome::Outcome;
use super::summary::Summary;
use super::tables::{decimals, drawdowns_table, floats, table, texts, times};
use crate::stats::{Drawdowns, Returns, sharpe, volatility};
use crate::time::Time;

/// Returns of the account by period, at the ends of the periods.
pub fn returns_table(outcome: &Outcome, grid: &Grid) -> RecordBatch {
    let points = outcome.curve.points();
    let found = outcome.track(None).returns(grid);
    let values = found.as_ref().map_or(&[][..], Returns::values);
    let ends = grid.points.iter().skip(1).take(values.len());
    table(vec![
        ("time", times(ends.map(|at| Some(points[*at].time)))),
        ("return", floats(values.iter().copied().map(Some))),
    ])
}

/// Every drawdown of the curve of equity; none if it has no known start above 0.
pub fn run_drawdowns_table(outcome: &Outcome) -> RecordBatch {
    let points = outcome.curve.points();
    let unknown = outcome.curve.first_known();
    let mut found = outcome.track(None).drawdowns().map(|found| found.all).unwrap_or_default();
    for fall in &mut found {
        // Places in the whole curve, which is a table of its own.
        fall.peak += unknown;
        fall.trough += unknown;
        fall.recovery = fall.recovery.map(|at| at + unknown);
    }
    drawdowns_table(&found, points.len(), |at| points[at].time)
}

/// The start of the month after that of a moment, UTC.
fn next_month(time: Time) -> Option<Time> {
    let date = Timestamp::from_nanosecond(i128::from(time.ns())).ok()?;
    let date = date.to_zoned(TimeZone::UTC).date();
    let (year, month) = if date.month() == 12 {
        (date.year().checked_add(1)?, 1)
    } else {
        (date.year(), date.month() + 1)
    };
    let start = civil::Date::new(year, month, 1).ok()?.to_zoned(TimeZone::UTC).ok()?;
    i64::try_from(start.timestamp().as_nanosecond()).ok().map(Time)
}

/// Returns of calendar months, the account's and the benchmark's.
pub fn monthly_table(outcome: &Outcome) -> RecordBatch {
    let points = outcome.curve.points();
    let unknown = outcome.curve.first_known();
    let known = &points[unknown..];
    let (mut places, mut names) = (Vec::new(), Vec::new());
    if let (Some(first), Some(last)) = (known.first(), known.last()) {
        places.push(unknown);
        let mut month = first.time;
        while let Some(end) = next_month(month).filter(|_| month < last.time) {
            // Equity at the very end of a month belongs to it.
            let at = unknown + known.partition_point(|point| point.time <= end) - 1;
            if at > places[places.len() - 1] {
                places.push(at);
                names.push(month);
            }
            month = end;
        }
    }
    let equity: Vec<Option<f64>> =
        places.iter().map(|at| points[*at].equity.map(|e| outcome.money_f64(e))).collect();
    let own = equity.windows(2).map(|pair| {
        let (before, after) = (pair[0].filter(|before| *before > 0.0)?, pair[1]?);
        Some(after / before - 1.0)
    });
    let held = outcome.held_instead(&outcome.to_hold(None), &places);
    let other = (1..places.len()).map(|at| {
        let held = held.as_ref()?;
        Some(held[at] / held[at - 1] - 1.0)
    });
    let part = |part: fn(civil::Date) -> i32| -> ArrayRef {
        let date = |time: &Time| {
            let date = Timestamp::from_nanosecond(i128::from(time.ns())).ok()?;
            Some(part(date.to_zoned(TimeZone::UTC).date()))
        };
        Arc::new(names.iter().map(date).collect::<Int32Array>())
    };
    table(vec![
        ("year", part(|date| i32::from(date.year()))),
        ("month", part(|date| i32::from(date.month()))),
        ("return", floats(own)),
        ("benchmark", floats(other)),
    ])
}

/// What trading cost, by instrument; no rows where a price is missing.
pub fn costs_table(summary: &Summary) -> RecordBatch {
    let costs = summary.counts.costs.as_deref().unwrap_or_default();
    let money = |part: fn(&Costs<Decimal>) -> Decimal| {
        let places = costs.iter().map(|cost| part(cost).scale()).max().unwrap_or(0);
        let raw = |cost: &Costs<Decimal>| (part(cost).mantissa(), part(cost).scale());
        decimals(costs.iter().map(raw), places)
    };
    let names = summary.instruments.iter().take(costs.len()).map(|(name, _)| name.as_str());
    table(vec![
        ("instrument", texts(names)),
        ("traded", money(|cost| cost.traded)),
        ("fees", money(|cost| cost.fees)),
        ("spread", money(|cost| cost.spread)),
        ("slippage", money(|cost| cost.slippage)),
        ("funding", money(|cost| cost.funding)),
    ])
}

/// Figures of the last `window` periods at the end of each period that has so many before it.
pub fn rolling_table(outcome: &Outcome, summary: &Summary, window: usize) -> RecordBatch {
    let points = outcome.curve.points();
    let (grid, settings) = (&summary.grid, &summary.settings);
    let found = outcome.track(None).returns(grid);
    let values = found.as_ref().map_or(&[][..], Returns::values);
    let windows: Vec<Returns<'_>> =
        values.windows(window).filter_map(|window| Returns::new(window).ok()).collect();
    let ends = grid.points.iter().skip(window).take(windows.len());
    let year = grid.periods_per_year;
    let each = || windows.iter();
    table(vec![
        ("time", times(ends.map(|at| Some(points[*at].time)))),
        ("return", floats(each().map(|window| window.total().ok()))),
        ("volatility", floats(each().map(|window| volatility(window, year).ok()))),
        ("sharpe", floats(each().map(|window| sharpe(window, year, settings.risk_free).ok()))),
        (
            "drawdown",
            floats(each().map(|window| Drawdowns::new(window.equity()).max_drawdown().ok())),
        ),
    ])
}
