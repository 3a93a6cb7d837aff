//! What only candles have: what their times mark, how long they last, what their volumes count.

use crate::data::check;
use crate::data::gather::Gathered;
use crate::data::load::{Clock, Options, Stamp, VolumeUnit};
use crate::data::numbers::Numbers;
use crate::data::report::Finding;
use crate::error::Result;
use crate::instrument::Instrument;
use crate::num::{MAX_RAW, from_decimal, places_of};
use crate::time::span_text;

/// Decimal places of a lot that the data say nothing about.
pub(crate) const UNKNOWN_LOT_PLACES: u32 = 8;

/// The span of each candle.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) interval_ns: i64,
    /// What the times mark, and how that is known.
    pub(crate) said: String,
}

/// Finds the length of the candles and moves their times to the start of their spans.
pub(crate) fn span(
    rows: &Gathered,
    clock: &mut Clock,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<Span> {
    let Some(interval_ns) = options.every_ns.or_else(|| check::interval(&clock.venue)) else {
        let text = "the length of a candle cannot be read off these times; say it with every=";
        return Err(rows.fault(0, clock.role, text));
    };
    let (stamp, why) = stamp(clock, options, interval_ns);
    if stamp == Stamp::Close {
        round_up_closes(&mut clock.venue, interval_ns, findings);
        if clock.venue.first().is_some_and(|first| *first < interval_ns) {
            return Err(rows.fault(0, clock.role, "this candle would start before 1970"));
        }
        clock.venue.iter_mut().for_each(|time| *time -= interval_ns);
    }
    check::spans(&clock.venue, interval_ns, findings)
        .map_err(|bad| rows.fault(bad.row, clock.role, &bad.message))?;
    let name = if stamp == Stamp::Open { "open" } else { "close" };
    Ok(Span { interval_ns, said: format!("times mark the {name} ({why})") })
}

/// What the times mark: as given, as named, as the receive times show; else the open, which
/// never lets a
/// candle be seen before its close.
fn stamp(clock: &Clock, options: &Options, interval_ns: i64) -> (Stamp, &'static str) {
    if let Some(stamp) = options.stamp {
        return (stamp, "given");
    }
    match (clock.role, &clock.received) {
        ("open_time", _) => (Stamp::Open, "by the column's name"),
        ("close_time", _) => (Stamp::Close, "by the column's name"),
        (_, Some(received)) => {
            let mut lags: Vec<i64> =
                received.iter().zip(&clock.venue).map(|(at, time)| at - time).collect();
            let middle = lags.len() / 2;
            let median = *lags.select_nth_unstable(middle).1;
            if median >= interval_ns {
                (Stamp::Open, "received one candle later")
            } else {
                (Stamp::Close, "received sooner than one candle later")
            }
        }
        _ => (Stamp::Open, "assumed open: it cannot look ahead; say stamp= if you know"),
    }
}

/// Some venues stamp the last millisecond (or the like) of a candle instead of its end.
fn round_up_closes(time: &mut [i64], interval_ns: i64, findings: &mut Vec<Finding>) {
    let Some(first) = time.first().copied() else { return };
    let units = [1, 1_000, 1_000_000, 1_000_000_000];
    let short = |unit: &&i64| **unit < interval_ns && (first + **unit) % interval_ns == 0;
    if let Some(unit) = units.iter().find(short) {
        let text =
            format!("close times are {} short of the close and moved there", span_text(*unit));
        findings.push(Finding::note(text, time.len() as u64, Vec::new()));
        for time in time {
            *time += unit;
        }
    }
}

/// Brings volumes to base units or contracts, rounded down to a lot.
pub(crate) fn convert_volume(
    quantities: &mut [(&'static str, Numbers)],
    prices: &[(&'static str, Numbers)],
    options: &Options,
    findings: &mut Vec<Finding>,
) {
    let Some((_, volume)) = quantities.first_mut() else { return };
    let Some((_, close)) = prices.iter().find(|(role, _)| *role == "close") else { return };
    let rules = options.rules();
    let scale = rules.map_or(UNKNOWN_LOT_PLACES, Instrument::quantity_scale);
    let lot = rules.and_then(|rules| from_decimal(rules.finest_lot(), scale)).unwrap_or(1).max(1);
    let multiplier =
        options.instrument.as_ref().map_or(rust_decimal::Decimal::ONE, |i| i.multiplier);
    let places = places_of(multiplier);
    let contract = from_decimal(multiplier, places.min(12)).unwrap_or(1).max(1);
    let by_price = options.volume_unit == VolumeUnit::Quote;
    // raw × 10^-own / (close × 10^-price_scale) / multiplier, as a count of 10^-scale.
    let price_scale = if by_price { close.scale } else { 0 };
    let up = 10i128.pow(scale + places.min(12) + price_scale);
    let down = 10i128.pow(volume.scale) * i128::from(contract) * i128::from(lot);
    for (raw, close) in volume.raw.iter_mut().zip(&close.raw) {
        let price = if by_price { i128::from((*close).max(1)) } else { 1 };
        let lots = i128::from(*raw).saturating_mul(up) / down.saturating_mul(price);
        *raw = i64::try_from(lots * i128::from(lot)).unwrap_or(i64::MAX).min(MAX_RAW);
    }
    volume.scale = scale;
    let text = match options.volume_unit {
        VolumeUnit::Quote => "volumes in quote are divided by the close and rounded down to a lot",
        _ => "volumes in base are divided by the multiplier and rounded down to a lot",
    };
    findings.push(Finding::note(text, volume.raw.len() as u64, Vec::new()));
}
