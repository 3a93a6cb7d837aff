//! What a run did that its reader must know: how much was taken, how large orders were beside the
//! market, what rested on a touch.

use rust_decimal::Decimal;

use super::assumptions::{Assumption, percent};
use super::outcome::Outcome;
use super::tables::Scales;
use crate::exchange::CandlePath;
use crate::instrument::InstrumentIndex;
use crate::market::{Columns, DataSet, MarketKind, Series, Side};
use crate::order::{Fill, Liquidity};

/// From this share of a candle's volume on an order would have moved the market.
const LARGE_OF_CANDLE: f64 = 0.1;

/// Everything of the kind, in a fixed order.
pub(super) fn observed(outcome: &Outcome) -> Vec<Assumption> {
    let mut list = Vec::new();
    let mut say =
        |topic, text: String, optimistic| list.push(Assumption { topic, text, optimistic });
    for at in 0..outcome.data.listings.len() {
        let name = &outcome.data.listings[at].instrument.name;
        let of = InstrumentIndex(at as u32);
        if let Some(share) = unknown_aggressors(&outcome.data, of) {
            let text = format!("{name}: {share} of the trades do not say who took; they fill both");
            say("aggressor", text, true);
        }
        let granted = outcome.exchange.granted(at);
        if granted > 0 {
            let (orders, price) = match granted {
                1 => ("1 market order", "its own price"),
                _ => (&*format!("{granted} market orders"), "their own prices"),
            };
            let text = format!("{name}: {orders} came before any data and met {price}");
            say("price", text, true);
        }
        let fills: Vec<&Fill> =
            outcome.exchange.fills().iter().filter(|fill| fill.instrument == of).collect();
        if fills.is_empty() {
            continue;
        }
        let taken = total(fills.iter().filter(|fill| fill.liquidity == Liquidity::Taker));
        let whole = total(fills.iter());
        say(
            "taken",
            format!("{name}: orders took {} of what they traded", share(taken, whole)),
            false,
        );
        let walked = outcome.exchange.walked(of.at());
        if walked > 0 {
            let quantity = Scales::new(outcome).quantity_text(of, walked);
            let text =
                format!("{name}: {quantity} were taken behind the best, where no data show any");
            say("walk", text, true);
        }
        if let Some((largest, of_what, large)) = largest(&outcome.data, of, &fills) {
            let text = format!("{name}: at most {} of {of_what}", round(largest));
            say("largest fill", text, largest > large);
        }
        if let Some((touched, rested)) = touched(&outcome.data, of, &fills) {
            let rules = &outcome.settings.exchange.matching;
            let text = format!(
                "{name}: {touched} of {rested} resting fills came while the price was only touched"
            );
            say("touch fills", text, touched > 0 && (rules.touch || rules.queue.is_optimistic()));
        }
    }
    let count = outcome.exchange.ambiguous().count;
    if count > 0 {
        let plural = if count == 1 { "candle leaves" } else { "candles leave" };
        let text = format!("{count} {plural} open which of two orders came first; see ambiguous");
        let adverse = outcome.settings.exchange.matching.path == CandlePath::Adverse;
        say("ambiguous", text, !adverse);
    }
    list
}

fn total<'a>(fills: impl Iterator<Item = &'a &'a Fill>) -> i128 {
    fills.map(|fill| i128::from(fill.quantity)).sum()
}

fn round(part: f64) -> String {
    percent(Decimal::from_f64_retain(part).unwrap_or_default().round_dp(4))
}

fn share(part: i128, whole: i128) -> String {
    round(part as f64 / whole as f64)
}

fn series_of(data: &DataSet, of: InstrumentIndex, kind: MarketKind) -> Option<&Series> {
    let mut streams = data.streams.iter().filter(|stream| stream.instrument == of);
    streams.find(|stream| stream.series.kind() == kind).map(|stream| &*stream.series)
}

/// Share of an instrument's trades without a side, if there are any.
fn unknown_aggressors(data: &DataSet, of: InstrumentIndex) -> Option<String> {
    let series = series_of(data, of, MarketKind::Trades)?;
    let Columns::Trades { aggressor, .. } = &series.columns else { return None };
    let unknown = aggressor.iter().filter(|side| **side == 0).count();
    (unknown > 0).then(|| share(unknown as i128, aggressor.len() as i128))
}

/// The largest share that fills had of what the market showed: its size, in words what of, and from
/// where on that is too much.
fn largest(
    data: &DataSet,
    of: InstrumentIndex,
    fills: &[&Fill],
) -> Option<(f64, &'static str, f64)> {
    if series_of(data, of, MarketKind::Depth).is_some() {
        return None; // levels of a book give no more than they display
    }
    let last_row = |series: &Series, fill: &Fill| {
        series.time.partition_point(|time| *time <= fill.time.ns()).checked_sub(1)
    };
    let quotes = series_of(data, of, MarketKind::Quotes);
    if let Some(series) = quotes {
        let Columns::Quotes { bid_quantity, ask_quantity, .. } = &series.columns else {
            return None;
        };
        let takers = fills.iter().filter(|fill| fill.liquidity == Liquidity::Taker);
        let key = |fill: &Fill| last_row(series, fill).map(|row| (row, i64::from(fill.order.0)));
        let shown = |(row, _): (usize, i64), side: Side| match side {
            Side::Buy => ask_quantity.get(row).copied(),
            Side::Sell => bid_quantity.get(row).copied(),
        };
        return most(takers, key, shown).map(|part| (part, "the displayed best size", 1.0));
    }
    let series = series_of(data, of, MarketKind::Candles)?;
    let Columns::Candles { volume: Some(volume), .. } = &series.columns else { return None };
    let key = |fill: &Fill| last_row(series, fill).map(|row| (row, 0));
    let shown = |(row, _): (usize, i64), _| volume.get(row).copied();
    most(fills.iter(), key, shown).map(|part| (part, "a candle's volume", LARGE_OF_CANDLE))
}

/// The largest share of what was shown, over runs of fills with one key.
fn most<'a>(
    fills: impl Iterator<Item = &'a &'a Fill>,
    key: impl Fn(&Fill) -> Option<(usize, i64)>,
    shown: impl Fn((usize, i64), Side) -> Option<i64>,
) -> Option<f64> {
    let mut most: Option<f64> = None;
    let mut running: Option<((usize, i64), i64)> = None;
    for fill in fills {
        let Some(of) = key(fill) else { continue };
        let before = running.filter(|(known, _)| *known == of).map_or(0, |(_, sum)| sum);
        let sum = before + fill.quantity;
        running = Some((of, sum));
        if let Some(there) = shown(of, fill.side).filter(|there| *there > 0) {
            let part = sum as f64 / there as f64;
            most = Some(most.map_or(part, |known| known.max(part)));
        }
    }
    most
}

/// How many of the fills that rested came at a price that was only touched, and of how many.
fn touched(data: &DataSet, of: InstrumentIndex, fills: &[&Fill]) -> Option<(usize, usize)> {
    let rested: Vec<_> = fills.iter().filter(|f| f.liquidity == Liquidity::Maker).collect();
    let trades = series_of(data, of, MarketKind::Trades);
    let candles = series_of(data, of, MarketKind::Candles);
    let only = |fill: &Fill| {
        let beyond = |price: i64| (fill.side.sign() * (fill.price - price)).signum();
        if let Some(series) = trades {
            let Columns::Trades { price, .. } = &series.columns else { return false };
            let start = series.time.partition_point(|time| *time < fill.time.ns());
            let end = series.time.partition_point(|time| *time <= fill.time.ns());
            let at_once = price.get(start..end).unwrap_or_default();
            let through = at_once.iter().any(|price| beyond(*price) > 0);
            return !through && at_once.iter().any(|price| beyond(*price) == 0);
        }
        let Some(series) = candles.filter(|_| fills_on_candles(data, of)) else { return false };
        let Columns::Candles { low, high, .. } = &series.columns else { return false };
        let row = series.time.partition_point(|time| *time <= fill.time.ns()).checked_sub(1);
        let extreme = if fill.side == Side::Buy { low } else { high };
        row.and_then(|row| extreme.get(row)).is_some_and(|price| beyond(*price) == 0)
    };
    let touched = rested.iter().filter(|fill| only(fill)).count();
    (!rested.is_empty()).then_some((touched, rested.len()))
}

fn fills_on_candles(data: &DataSet, of: InstrumentIndex) -> bool {
    [MarketKind::Depth, MarketKind::Quotes].iter().all(|kind| series_of(data, of, *kind).is_none())
}
