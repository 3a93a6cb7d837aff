//! The one check: every rule that rows must keep, and the counts of what is allowed but odd.

#![allow(clippy::needless_bitwise_bool)] // the hot loops gather verdicts without branches

use crate::data::report::{Finding, counted};
use crate::market::Columns;
use crate::num::decimal;
use crate::time::{DAY, MINUTE, SECOND, Time, span_text};

/// First rows that a finding names.
pub(crate) const KEEP: usize = 5;

/// A row that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// Row of the series.
    pub row: usize,
    /// Role of the column at fault.
    pub role: &'static str,
    /// The rule, the value seen, the next step.
    pub message: String,
}

impl BadRow {
    pub(crate) fn new(row: usize, role: &'static str, message: impl Into<String>) -> Self {
        Self { row, role, message: message.into() }
    }
}

/// Times may not fall.
pub(crate) fn order(time: &[i64]) -> Result<(), BadRow> {
    let Some(before) = first_pair(time, |before, after| after < before) else { return Ok(()) };
    let (one, two) = (Time(time[before]), Time(time[before + 1]));
    let text = format!("time {two} is earlier than {one} of the row before; use sort=True");
    Err(BadRow::new(before + 1, "time", text))
}

/// Position of the first neighbours for which `bad` holds.
fn first_pair(values: &[i64], bad: impl Fn(i64, i64) -> bool) -> Option<usize> {
    values.windows(2).position(|pair| bad(pair[0], pair[1]))
}

/// The numbers of each row, by kind. Prices at `price_scale`, quantities at `quantity_scale`.
pub(crate) fn numbers(
    columns: &Columns,
    price_scale: u32,
    quantity_scale: u32,
    findings: &mut Vec<Finding>,
) -> Result<(), BadRow> {
    let price = |raw: i64| decimal(raw, price_scale);
    match columns {
        Columns::Candles { open, high, low, close, volume, .. } => {
            candle_rules(open, high, low, close, price_scale)?;
            if let Some(volume) = volume {
                not_negative(volume, "volume", quantity_scale)?;
            }
            jumps(close, price_scale, findings);
        }
        Columns::Quotes { bid, bid_quantity, ask, ask_quantity } => {
            let mut locked = 0u64;
            let mut bad = false;
            for ((bid, ask), (of_bid, of_ask)) in
                bid.iter().zip(ask).zip(bid_quantity.iter().zip(ask_quantity))
            {
                bad |= (*bid <= 0) | (ask < bid) | ((*of_bid | *of_ask) < 0);
                locked += u64::from(bid == ask);
            }
            if bad {
                positive(bid, "bid", price_scale)?;
                positive(ask, "ask", price_scale)?;
                not_negative(bid_quantity, "bid_quantity", quantity_scale)?;
                not_negative(ask_quantity, "ask_quantity", quantity_scale)?;
                if let Some(row) = bid.iter().zip(ask).position(|(bid, ask)| bid > ask) {
                    let (bid, ask) = (price(bid[row]), price(ask[row]));
                    let text = format!("the book is crossed: bid {bid} is above ask {ask}");
                    return Err(BadRow::new(row, "bid", text));
                }
            }
            if locked > 0 {
                let rows = bid.iter().zip(ask).enumerate().filter(|(_, (bid, ask))| bid == ask);
                let rows = rows.take(KEEP).map(|(row, _)| row as u64).collect();
                let text = format!("{} locked (bid = ask)", counted(locked, "quote"));
                findings.push(Finding::note(text, locked, rows));
            }
            jumps(bid, price_scale, findings);
        }
        Columns::Trades { price, quantity: amounts, .. } => {
            positive(price, "price", price_scale)?;
            positive(amounts, "quantity", quantity_scale)?;
            jumps(price, price_scale, findings);
        }
        Columns::Depth { price, quantity: amounts, .. } => {
            positive(price, "price", price_scale)?;
            not_negative(amounts, "quantity", quantity_scale)?;
        }
        // Checked when they were read.
        Columns::MarketByOrder { .. } => {}
    }
    Ok(())
}

fn positive(values: &[i64], role: &'static str, scale: u32) -> Result<(), BadRow> {
    match values.iter().position(|raw| *raw <= 0) {
        None => Ok(()),
        Some(row) => {
            let text = format!("must be > 0, got {}", decimal(values[row], scale));
            Err(BadRow::new(row, role, text))
        }
    }
}

fn not_negative(values: &[i64], role: &'static str, scale: u32) -> Result<(), BadRow> {
    match values.iter().position(|raw| *raw < 0) {
        None => Ok(()),
        Some(row) => {
            let text = format!("must be >= 0, got {}", decimal(values[row], scale));
            Err(BadRow::new(row, role, text))
        }
    }
}

fn candle_rules(
    open: &[i64],
    high: &[i64],
    low: &[i64],
    close: &[i64],
    scale: u32,
) -> Result<(), BadRow> {
    let rows = open.iter().zip(high).zip(low.iter().zip(close));
    let wrong = |open: i64, high: i64, low: i64, close: i64| {
        (low <= 0) | (high < open) | (high < close) | (low > open) | (low > close)
    };
    let mut rows = rows.enumerate();
    let broken = rows.find(|(_, ((o, h), (l, c)))| wrong(**o, **h, **l, **c));
    let Some((row, ((open, high), (low, close)))) = broken else { return Ok(()) };
    for (role, raw) in [("open", open), ("high", high), ("low", low), ("close", close)] {
        if *raw <= 0 {
            return Err(BadRow::new(
                row,
                role,
                format!("must be > 0, got {}", decimal(*raw, scale)),
            ));
        }
    }
    let (open, high, low, close) = (
        decimal(*open, scale),
        decimal(*high, scale),
        decimal(*low, scale),
        decimal(*close, scale),
    );
    let (column, rule) = if high < open.max(close) {
        ("high", "high must be the highest")
    } else {
        ("low", "low must be the lowest")
    };
    let text = format!("{rule}; got open {open}, high {high}, low {low}, close {close}");
    Err(BadRow::new(row, column, text))
}

/// A price ten times the one before, or a tenth of it: a change of unit, not of the market.
fn jumps(prices: &[i64], scale: u32, findings: &mut Vec<Finding>) {
    // Eight times first: a shift is cheap and rules out nearly all.
    let far = |a: i64, b: i64| a.max(b) >> 3 >= a.min(b) && a.max(b) / 10 >= a.min(b);
    let pairs = || prices.windows(2).enumerate().filter(|(_, pair)| far(pair[0], pair[1]));
    let Some((at, pair)) = pairs().next() else { return };
    let count = pairs().count() as u64;
    let rows = pairs().take(KEEP).map(|(row, _)| row as u64 + 1).collect();
    let text = format!(
        "{} of ten times or more, first from {} to {} in row {}; a change of unit?",
        counted(count, "price jump"),
        decimal(pair[0], scale),
        decimal(pair[1], scale),
        at + 1
    );
    findings.push(Finding::warning(text, count, rows));
}

/// The most common difference of neighbouring times.
pub(crate) fn interval(time: &[i64]) -> Option<i64> {
    let steps = time.windows(2).map(|pair| pair[1] - pair[0]);
    let mut steps: Vec<i64> = steps.filter(|step| *step > 0).collect();
    let (mut candidate, mut lead) = (0, 0u64);
    for step in &steps {
        match (lead, *step == candidate) {
            (0, _) => (candidate, lead) = (*step, 1),
            (_, true) => lead += 1,
            (_, false) => lead -= 1,
        }
    }
    let share = steps.iter().filter(|step| **step == candidate).count();
    if share * 2 > steps.len() {
        return Some(candidate);
    }
    steps.sort_unstable();
    let runs = steps.chunk_by(|a, b| a == b);
    let best = runs.max_by_key(|run| (run.len(), std::cmp::Reverse(run[0])))?;
    Some(best[0])
}

/// Spans may not overlap; those that are missing are counted and named.
pub(crate) fn spans(
    time: &[i64],
    interval: i64,
    findings: &mut Vec<Finding>,
) -> Result<(), BadRow> {
    let mut missing = Missing::default();
    for (row, pair) in time.windows(2).enumerate() {
        let step = pair[1] - pair[0];
        if step == interval {
            continue;
        }
        if step <= 0 {
            let text = format!("a second candle for {}; one must go", Time(pair[1]));
            return Err(BadRow::new(row + 1, "time", text));
        }
        if step < interval {
            let text = format!(
                "this candle starts {} after the one before, which lasts {}; \
                 candles may not overlap, say their length with every=",
                span_text(step),
                span_text(interval)
            );
            return Err(BadRow::new(row + 1, "time", text));
        }
        missing.add(row as u64 + 1, pair[0], step, interval);
    }
    findings.push(missing.finding(interval));
    if missing.ragged > 0 {
        let text = format!(
            "{} not a whole number of candles after the one before",
            counted(missing.ragged, "candle")
        );
        findings.push(Finding::warning(text, missing.ragged, missing.ragged_rows));
    }
    Ok(())
}

#[derive(Default)]
struct Missing {
    count: u64,
    gaps: u64,
    times: Vec<Time>,
    rows: Vec<u64>,
    ragged: u64,
    ragged_rows: Vec<u64>,
}

impl Missing {
    fn add(&mut self, row: u64, before: i64, step: i64, interval: i64) {
        let absent = step / interval - 1;
        self.count += absent as u64;
        self.gaps += u64::from(absent > 0);
        for number in 1..=absent.min((KEEP - self.times.len()) as i64) {
            self.times.push(Time(before + number * interval));
        }
        if absent > 0 && self.rows.len() < KEEP {
            self.rows.push(row);
        }
        if step % interval != 0 {
            self.ragged += 1;
            if self.ragged_rows.len() < KEEP {
                self.ragged_rows.push(row);
            }
        }
    }

    fn finding(&self, interval: i64) -> Finding {
        let named = [(SECOND, "second"), (MINUTE, "minute"), (60 * MINUTE, "hour"), (DAY, "day")];
        let noun = named.iter().find(|(ns, _)| *ns == interval).map(|(_, noun)| *noun);
        let what = if let Some(noun) = noun {
            counted(self.count, noun)
        } else {
            counted(self.count, &format!("{} candle", span_text(interval)))
        };
        if self.count == 0 {
            return Finding::note(format!("{what} missing"), 0, Vec::new());
        }
        let mut times: Vec<String> = self.times.iter().map(ToString::to_string).collect();
        if (times.len() as u64) < self.count {
            times.push("…".to_owned());
        }
        let gaps = counted(self.gaps, "gap");
        let text = format!("{what} missing in {gaps}: {}", times.join(", "));
        Finding::warning(text, self.count, self.rows.clone())
    }
}

/// Neighbouring rows that are the same in every column.
pub(crate) fn repeats(time: &[i64], columns: &Columns, ids: Option<&[i64]>) -> Option<Finding> {
    let Columns::Trades { price, quantity, aggressor } = columns else { return None };
    let same = |row: &usize| {
        let (now, before) = (*row, *row - 1);
        time[now] == time[before]
            && price[now] == price[before]
            && quantity[now] == quantity[before]
            && aggressor[now] == aggressor[before]
            && ids.is_none_or(|ids| ids[now] == ids[before])
    };
    let count = (1..time.len()).filter(same).count() as u64;
    if count == 0 {
        return None;
    }
    let rows = (1..time.len()).filter(same).take(KEEP).map(|row| row as u64).collect();
    let what = counted(count, "trade");
    Some(if ids.is_some() {
        let text = format!("{what} repeat the one before, id included; they are kept");
        Finding::warning(text, count, rows)
    } else {
        let text = format!("{what} equal the one before in time, price, quantity and side");
        Finding::note(text, count, rows)
    })
}

/// Receive times against venue times: what was received cannot have been sent later.
pub(crate) fn received(
    venue: impl Fn(usize) -> i64,
    received: &mut [i64],
    findings: &mut Vec<Finding>,
) -> Result<(), BadRow> {
    let early = |row: usize| received[row] - venue(row);
    let least = (0..received.len()).map(early).min().unwrap_or(0);
    if least < 0 {
        let mut lags: Vec<i64> = (0..received.len()).map(early).collect();
        let first = lags.iter().position(|lag| *lag < 0).unwrap_or(0);
        let count = lags.iter().filter(|lag| **lag < 0).count() as u64;
        let middle = lags.len() / 2;
        let median = *lags.select_nth_unstable(middle).1;
        let said = if median < 0 {
            format!("by about {} (median)", span_text(significant(-median, 3)))
        } else {
            format!("in {}, by up to {}", counted(count, "row"), span_text(-least))
        };
        let shift = span_text(significant_up(-least, 2));
        let text = format!(
            "receive times precede venue times {said}, so one of the clocks is off; \
             pass shift_received=\"{shift}\" to move all receive times later"
        );
        return Err(BadRow::new(first, "received", text));
    }
    let mut latest = i64::MIN;
    let (mut held, mut rows) = (0, Vec::new());
    for (row, at) in received.iter_mut().enumerate() {
        if *at < latest {
            *at = latest;
            held += 1;
            if rows.len() < KEEP {
                rows.push(row as u64);
            }
        }
        latest = *at;
    }
    if held > 0 {
        let text = format!(
            "{} earlier than the one before and held at it: messages do not overtake",
            counted(held, "receive time")
        );
        findings.push(Finding::note(text, held, rows));
    }
    Ok(())
}

/// `value` to so many significant digits, to the nearest.
fn significant(value: i64, digits: u32) -> i64 {
    let unit = 10i64.pow(value.max(1).ilog10().saturating_sub(digits - 1));
    (value + unit / 2) / unit * unit
}

/// `value` to so many significant digits, upwards.
fn significant_up(value: i64, digits: u32) -> i64 {
    let unit = 10i64.pow(value.max(1).ilog10().saturating_sub(digits - 1));
    (value + unit - 1) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_minutes_are_named() {
        let mut time: Vec<i64> = (0..100).map(|minute| minute * MINUTE).collect();
        let mut findings = Vec::new();
        assert_eq!(spans(&time, MINUTE, &mut findings), Ok(()));
        assert_eq!(findings[0].text, "0 minutes missing");
        time.drain(10..13);
        assert_eq!(spans(&time, MINUTE, &mut findings), Ok(()));
        let text = "3 minutes missing in 1 gap: 1970-01-01T00:10:00Z, 1970-01-01T00:11:00Z, \
                    1970-01-01T00:12:00Z";
        assert_eq!(findings[1].text, text);
        assert_eq!(interval(&time), Some(MINUTE));
        assert!(spans(&time, 2 * MINUTE, &mut findings).is_err());
    }

    #[test]
    fn a_clock_that_is_behind_is_refused_and_a_shift_offered() {
        let sent = [1_000_000_000, 2_000_000_000, 3_000_000_000];
        let mut at: Vec<i64> = sent.iter().map(|sent| sent - 1_271_234_567).collect();
        let bad = received(|row| sent[row], &mut at, &mut Vec::new()).expect_err("behind");
        assert!(bad.message.contains("by about 1.27s (median)"), "{}", bad.message);
        assert!(bad.message.contains("shift_received=\"1.3s\""), "{}", bad.message);
        for at in &mut at {
            *at += 1_300_000_000;
        }
        at[1] = 5_000_000_000;
        let mut findings = Vec::new();
        assert_eq!(received(|row| sent[row], &mut at, &mut findings), Ok(()));
        assert_eq!(at[2], 5_000_000_000);
        assert_eq!(findings[0].count, 1);
    }

    #[test]
    fn broken_candles_are_named() {
        let said = |o: i64, h: i64, l: i64, c: i64| {
            candle_rules(&[o], &[h], &[l], &[c], 0).expect_err("broken").message
        };
        assert!(said(10, 9, 8, 9).starts_with("high must be"));
        assert!(said(10, 12, 11, 12).starts_with("low must be"));
        assert!(said(0, 12, 0, 12).starts_with("must be > 0"));
    }
}
