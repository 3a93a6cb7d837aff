//! Moments and spans: integer nanoseconds since 1970 UTC, and their text.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use crate::error::{Error, Result, shown};

/// A moment: nanoseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// Nanoseconds of one second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds of one minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Nanoseconds of one day.
pub const DAY: i64 = 86_400 * SECOND;

impl Time {
    /// Before every event.
    pub const MIN: Self = Self(i64::MIN);
    /// After every event.
    pub const MAX: Self = Self(i64::MAX);

    /// Nanoseconds since 1970.
    pub const fn ns(self) -> i64 {
        self.0
    }

    /// This moment and `span_ns` later, held at the ends of the range.
    #[must_use]
    pub const fn after(self, span_ns: i64) -> Self {
        Self(self.0.saturating_add(span_ns))
    }
}

impl std::fmt::Display for Time {
    /// ISO 8601 in UTC with as many decimals as there are.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{} ns", self.0),
        }
    }
}

/// Units of a span, longest spelling first where one begins another.
const UNITS: [(&str, i64); 12] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("sec", SECOND),
    ("m", MINUTE),
    ("min", MINUTE),
    ("h", 60 * MINUTE),
    ("d", DAY),
    ("w", 7 * DAY),
    ("day", DAY),
];

/// Reads a span such as "20ms", "1.5 s" or "1h"; the unit is required. Exact, or an error.
pub fn parse_span(what: &str, text: &str) -> Result<i64> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| c.is_alphabetic()).unwrap_or(trimmed.len());
    let (number, unit) = (trimmed[..split].trim(), &trimmed[split..]);
    let allowed = "write a number and one of ns, us, ms, s, m, h, d, w, like \"20ms\"";
    let bad =
        || Error::Config(format!("{what}: span \"{}\" not understood; {allowed}", shown(text)));
    let (_, unit_ns) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
    let count = crate::num::parse_decimal(what, number).map_err(|_| bad())?;
    let range =
        || Error::Config(format!("{what}: span \"{}\" out of range (292 years)", shown(text)));
    let raw = count.mantissa().checked_mul(i128::from(*unit_ns)).ok_or_else(range)?;
    let per = 10i128.pow(count.scale());
    if raw % per != 0 {
        return Err(Error::Config(format!(
            "{what}: span \"{}\" is finer than a nanosecond",
            shown(text)
        )));
    }
    i64::try_from(raw / per).map_err(|_| range())
}

/// A span as people write it: "20ms", "1m", "1.27s".
pub fn span_text(ns: i64) -> String {
    if ns == 0 {
        return "0s".to_owned();
    }
    let whole = [("w", 7 * DAY), ("d", DAY), ("h", 60 * MINUTE), ("m", MINUTE)];
    for (name, unit) in whole {
        if ns % unit == 0 {
            return format!("{}{name}", ns / unit);
        }
    }
    let decimal = [("s", SECOND), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];
    let (name, unit) = decimal.into_iter().find(|(_, unit)| ns.abs() >= *unit).unwrap_or(("ns", 1));
    let value = rust_decimal::Decimal::from(ns) / rust_decimal::Decimal::from(unit);
    format!("{}{name}", value.normalize())
}

/// Reads a moment from text: ISO 8601 with a zone, or without one if `zone` says where the clock
/// hung.
///
/// The error says why: no zone (and `advice` what to do about it), not a time, an hour that a clock
/// change skipped or repeated, out of range.
pub fn parse_time(text: &str, zone: Option<&TimeZone>, advice: &str) -> Result<Time, String> {
    let trimmed = text.trim();
    if let Ok(timestamp) = trimmed.parse::<Timestamp>() {
        return in_range(timestamp.as_nanosecond());
    }
    let local = trimmed
        .parse::<civil::DateTime>()
        .or_else(|_| trimmed.parse::<civil::Date>().map(|date| date.at(0, 0, 0, 0)))
        .map_err(|_| {
            format!("time \"{}\" not understood; write it like 2024-01-31T09:30:00Z", shown(text))
        })?;
    let Some(zone) = zone else {
        return Err(format!("time \"{}\" has no zone; {advice}", shown(text)));
    };
    let zoned = zone.to_ambiguous_zoned(local).unambiguous().map_err(|_| {
        format!(
            "time \"{}\" does not exist once in this zone (clock change); give it with its offset",
            shown(text)
        )
    })?;
    in_range(zoned.timestamp().as_nanosecond())
}

/// A moment between 1970 and 2262, or why it is not.
pub fn in_range(ns: i128) -> Result<Time, String> {
    match i64::try_from(ns) {
        Ok(ns) if ns >= 0 => Ok(Time(ns)),
        _ => Err(format!("time out of range; allowed is 1970 to 2262, got {ns} ns")),
    }
}

/// A zone by its name, such as "UTC" or "Europe/Berlin".
pub fn parse_zone(name: &str) -> Result<TimeZone> {
    if name.eq_ignore_ascii_case("utc") {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|_| {
        Error::Config(format!(
            "tz: unknown time zone \"{}\"; names are like \"Europe/Berlin\"",
            shown(name)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, ns) in
            [("20ms", 20_000_000), ("1.5 s", 1_500_000_000), ("1h", 3_600 * SECOND), ("7ns", 7)]
        {
            assert_eq!(parse_span("latency", text).ok(), Some(ns), "{text}");
        }
        for text in ["20", "ms", "", "1.5ns", "1 parsec", "1e30s", "99999999w"] {
            assert!(parse_span("latency", text).is_err(), "{text}");
        }
        for ns in [0, 1, 1_500, 20_000_000, 1_270_000_000, MINUTE, DAY, 90 * MINUTE] {
            assert_eq!(parse_span("latency", &span_text(ns)).ok(), Some(ns), "{ns}");
        }
    }

    #[test]
    fn a_time_without_zone_is_refused() {
        let text = parse_time("2022-01-01 00:00:00", None, "").expect_err("no zone");
        assert!(text.contains("has no zone"), "{text}");
        let utc = parse_time("2022-01-01 00:00:00.000000", Some(&TimeZone::UTC), "");
        assert_eq!(utc, Ok(Time(1_640_995_200 * SECOND)));
        assert_eq!(parse_time("2022-01-01T01:00:00+01:00", None, ""), utc);
        assert!(parse_time("1969-12-31T23:59:59Z", None, "").is_err());
    }

    #[test]
    fn an_hour_that_a_clock_change_repeats_is_refused() {
        let berlin = parse_zone("Europe/Berlin").expect("a known zone");
        assert!(parse_time("2024-10-27 02:30:00", Some(&berlin), "").is_err());
        assert!(parse_time("2024-03-31 02:30:00", Some(&berlin), "").is_err());
        assert!(parse_time("2024-10-27 04:30:00", Some(&berlin), "").is_ok());
    }
}
