//! Times to nanoseconds: integers of any unit, Arrow timestamps and dates, text with or without
//! a zone.

#![allow(clippy::needless_bitwise_bool)] // the hot loop gathers verdicts without branches

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use crate::data::table::{BadCell, Column};
use crate::error::{Error, Result, did_you_mean, shown};
use crate::num::parse_decimal;
use crate::time::{SECOND, parse_time};

/// What an integer time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Second,
    /// Milliseconds.
    Milli,
    /// Microseconds.
    Micro,
    /// Nanoseconds.
    Nano,
}

impl Unit {
    /// Every unit, coarsest first.
    pub const ALL: [Self; 4] = [Self::Second, Self::Milli, Self::Micro, Self::Nano];

    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Milli => "ms",
            Self::Micro => "us",
            Self::Nano => "ns",
        }
    }

    /// Nanoseconds of one.
    pub const fn ns(self) -> i64 {
        match self {
            Self::Second => SECOND,
            Self::Milli => 1_000_000,
            Self::Micro => 1_000,
            Self::Nano => 1,
        }
    }

    /// The unit called `name`.
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name).ok_or_else(|| {
            Error::Config(format!(
                "unit: \"{}\" is not known{}; allowed: \"s\", \"ms\", \"us\", \"ns\"",
                shown(name),
                did_you_mean(name, Self::ALL.map(Self::name))
            ))
        })
    }

    /// The unit in which `value` lies between the years 2000 and 2100; at most one does.
    fn of(value: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.plausible().contains(&value))
    }

    fn plausible(self) -> std::ops::Range<i64> {
        let per_second = SECOND / self.ns();
        946_684_800 * per_second..4_102_444_800 * per_second
    }
}

/// How the times of a column were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Integers counting a unit that the caller gave.
    Given(Unit),
    /// Integers counting a unit read off their size.
    Recognised(Unit),
    /// Timestamps with a zone.
    Zoned,
    /// Timestamps without one, in the zone given or in UTC.
    Naive,
    /// Text.
    Text,
}

/// A column of times on its way to nanoseconds.
#[derive(Clone, Debug)]
pub struct Times {
    /// Nanoseconds since 1970 UTC.
    pub ns: Vec<i64>,
    /// Empty cells; allowed only if all are.
    pub nulls: u64,
    /// How they were written, once one was seen.
    pub written: Option<Written>,
    unit: Option<Unit>,
    zone: Option<TimeZone>,
}

impl Times {
    /// An empty column; `unit` of integers and `zone` of zoneless times, if known.
    pub fn new(unit: Option<Unit>, zone: Option<TimeZone>, capacity: usize) -> Self {
        Self { ns: Vec::with_capacity(capacity), nulls: 0, written: None, unit, zone }
    }

    /// Appends the cells of a chunk.
    pub fn push(&mut self, column: &Column<'_>) -> Result<(), BadCell> {
        match column {
            Column::Integers(values) => self.push_integers(values),
            Column::Floats(values) => self.push_floats(values),
            Column::Array(array) => self.push_array(array.as_ref()),
        }
    }

    fn push_array(&mut self, array: &dyn Array) -> Result<(), BadCell> {
        if array.is_empty() {
            return Ok(());
        }
        if array.null_count() == array.len() || array.data_type() == &DataType::Null {
            return self.push_nulls(array.len());
        }
        if let Some(index) = super::numbers::first_null(array) {
            return Err(BadCell::new(index, "is empty (null or NaT); a time is needed"));
        }
        if self.nulls > 0 {
            return Err(mixed());
        }
        let converted = |to: &DataType| {
            cast(array, to).map_err(|error| BadCell::new(0, shown(&error.to_string())))
        };
        match array.data_type() {
            DataType::Int64 => self.push_integers(array.as_primitive::<Int64Type>().values()),
            kind if kind.is_integer() => self
                .push_integers(converted(&DataType::Int64)?.as_primitive::<Int64Type>().values()),
            DataType::Float64 => {
                self.push_floats(array.as_primitive::<arrow::datatypes::Float64Type>().values())
            }
            DataType::Timestamp(unit, zone) => {
                let unit = match unit {
                    TimeUnit::Second => Unit::Second,
                    TimeUnit::Millisecond => Unit::Milli,
                    TimeUnit::Microsecond => Unit::Micro,
                    TimeUnit::Nanosecond => Unit::Nano,
                };
                let counts = converted(&DataType::Int64)?;
                self.push_stamps(counts.as_primitive::<Int64Type>().values(), unit, zone.is_some())
            }
            DataType::Date32 | DataType::Date64 => {
                let stamps = converted(&DataType::Timestamp(TimeUnit::Millisecond, None))?;
                self.push_array(stamps.as_ref())
            }
            DataType::Utf8 => {
                let text = array.as_string::<i32>();
                (0..text.len()).try_for_each(|index| {
                    self.push_text(text.value(index)).map_err(|said| BadCell::new(index, said))
                })
            }
            DataType::LargeUtf8 | DataType::Utf8View => {
                self.push_array(converted(&DataType::Utf8)?.as_ref())
            }
            DataType::Dictionary(_, values) => self.push_array(converted(values)?.as_ref()),
            other => Err(BadCell::new(
                0,
                format!("holds {other}; times are integers, timestamps, dates or text"),
            )),
        }
    }

    fn push_nulls(&mut self, count: usize) -> Result<(), BadCell> {
        if !self.ns.is_empty() {
            return Err(mixed());
        }
        self.nulls += count as u64;
        Ok(())
    }

    fn push_integers(&mut self, values: &[i64]) -> Result<(), BadCell> {
        let Some(first) = values.first() else { return Ok(()) };
        let unit = self.integer_unit(*first).map_err(|said| BadCell::new(0, said))?;
        let (low, high) = match self.unit {
            Some(_) => (0, i64::MAX / unit.ns()),
            None => (unit.plausible().start, unit.plausible().end - 1),
        };
        let fine = |value: &i64| (*value >= low) & (*value <= high);
        if !values.iter().fold(true, |all, value| all & fine(value)) {
            let bad = values.iter().position(|value| !fine(value)).unwrap_or(0);
            return Err(BadCell::new(bad, self.outside(values[bad], unit)));
        }
        let factor = unit.ns();
        self.ns.extend(values.iter().map(|value| value.wrapping_mul(factor)));
        Ok(())
    }

    /// The unit given, the one seen before, or the one that `first` shows.
    fn integer_unit(&mut self, first: i64) -> Result<Unit, String> {
        let unit = match (self.unit, self.written) {
            (Some(unit), _) | (None, Some(Written::Recognised(unit))) => unit,
            _ => Unit::of(first).ok_or_else(|| {
                format!(
                    "time {first} lies between 2000 and 2100 in no unit; \
                     say which with unit=\"s\", \"ms\", \"us\" or \"ns\""
                )
            })?,
        };
        self.written = Some(match self.unit {
            Some(unit) => Written::Given(unit),
            None => Written::Recognised(unit),
        });
        Ok(unit)
    }

    fn outside(&self, value: i64, unit: Unit) -> String {
        if self.unit.is_none() {
            return format!(
                "time {value} is not between 2000 and 2100 in {}, as those before it; \
                 if they are right say unit=\"{}\"",
                unit.name(),
                unit.name()
            );
        }
        let hint = Unit::of(value)
            .map_or(String::new(), |other| format!("; it looks like {}", other.name()));
        format!("time {value} {} is out of range; allowed is 1970 to 2262{hint}", unit.name())
    }

    fn push_floats(&mut self, values: &[f64]) -> Result<(), BadCell> {
        if values.iter().all(|value| value.is_nan()) {
            return self.push_nulls(values.len());
        }
        if self.nulls > 0 {
            return Err(mixed());
        }
        for (index, value) in values.iter().enumerate() {
            let ns = self.float_ns(*value).map_err(|said| BadCell::new(index, said))?;
            self.ns.push(ns);
        }
        Ok(())
    }

    fn float_ns(&mut self, value: f64) -> Result<i64, String> {
        if value.is_nan() {
            return Err("is empty (NaN); a time is needed".to_owned());
        }
        let Some(unit) = self.unit else {
            return Err(format!(
                "time {value} is a float, which cannot tell nanoseconds apart; \
                 give integers, or say unit= if the floats are exact"
            ));
        };
        let whole = value.trunc();
        let rest = (value - whole) * unit.ns() as f64;
        let exact = whole.abs() < 9e15 && rest.trunc().to_bits() == rest.to_bits();
        let ns = i128::from(whole as i64) * i128::from(unit.ns()) + i128::from(rest as i64);
        if !exact || (unit == Unit::Nano && value.abs() >= (1i64 << 53) as f64) {
            return Err(format!("time {value} {} is not exact as a float", unit.name()));
        }
        self.written = Some(Written::Given(unit));
        crate::time::in_range(ns).map(crate::time::Time::ns)
    }

    fn push_stamps(&mut self, values: &[i64], unit: Unit, zoned: bool) -> Result<(), BadCell> {
        let factor = unit.ns();
        let most = i64::MAX / factor;
        let outside = |value: &i64| *value < 0 || *value > most;
        if let Some(index) = values.iter().position(outside) {
            return Err(BadCell::new(index, "time out of range; allowed is 1970 to 2262"));
        }
        self.written = Some(if zoned { Written::Zoned } else { Written::Naive });
        match self.zone.clone().filter(|zone| !zoned && *zone != TimeZone::UTC) {
            None => self.ns.extend(values.iter().map(|value| value * factor)),
            Some(zone) => {
                for (index, value) in values.iter().enumerate() {
                    let ns =
                        local(value * factor, &zone).map_err(|said| BadCell::new(index, said))?;
                    self.ns.push(ns);
                }
            }
        }
        Ok(())
    }

    fn push_text(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        let counts =
            self.unit.is_some() || !matches!(self.written, Some(Written::Text)) && is_number(text);
        if counts && is_number(text) {
            return self.push_number(text);
        }
        if matches!(self.written, Some(Written::Given(_) | Written::Recognised(_))) {
            return Err(format!("time \"{}\" is not a number, as those before it", shown(text)));
        }
        self.written = Some(Written::Text);
        let advice = "say which with tz=\"UTC\" (or another zone)";
        self.ns.push(parse_time(text, self.zone.as_ref(), advice)?.ns());
        Ok(())
    }

    fn push_number(&mut self, text: &str) -> Result<(), String> {
        if let Ok(value) = text.parse::<i64>() {
            return self.push_integers(&[value]).map_err(|bad| bad.message);
        }
        let Some(unit) = self.unit else {
            return Err(format!("time {} has decimals; say its unit with unit=", shown(text)));
        };
        let value = parse_decimal("time", text).map_err(|error| error.to_string())?;
        let ns = value.checked_mul(unit.ns().into()).map(|ns| ns.normalize());
        let ns = ns.filter(|ns| ns.scale() == 0).ok_or_else(|| {
            format!("time {} {} is finer than a nanosecond", shown(text), unit.name())
        })?;
        self.written = Some(Written::Given(unit));
        self.ns.push(crate::time::in_range(ns.mantissa())?.ns());
        Ok(())
    }
}

fn mixed() -> BadCell {
    BadCell::new(0, "some times are empty (null or NaT) and some are not")
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// A clock reading of `zone`, counted as if it were UTC, as the moment it means.
fn local(ns: i64, zone: &TimeZone) -> Result<i64, String> {
    let moment = Timestamp::from_nanosecond(i128::from(ns)).map_err(|error| error.to_string())?;
    let clock: civil::DateTime = TimeZone::UTC.to_datetime(moment);
    let zoned = zone.to_ambiguous_zoned(clock).unambiguous().map_err(|_| {
        format!("time {clock} does not exist once in this zone (clock change); give it in UTC")
    })?;
    crate::time::in_range(zoned.timestamp().as_nanosecond()).map(crate::time::Time::ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[i64], unit: Option<Unit>) -> Result<Times, BadCell> {
        let mut times = Times::new(unit, None, 0);
        times.push(&Column::Integers(values))?;
        Ok(times)
    }

    #[test]
    fn a_unit_is_recognised_by_size_alone() {
        let second = 1_700_000_000;
        for unit in Unit::ALL {
            let value = second * (SECOND / unit.ns());
            let times = read(&[value, value + 1], None).expect("plausible");
            assert_eq!(times.written, Some(Written::Recognised(unit)));
            assert_eq!(times.ns[0], second * SECOND);
        }
        assert!(read(&[1, 2], None).expect_err("no unit").message.contains("unit="));
        assert_eq!(read(&[1_700_000_000, 1_700_000_000_000], None).expect_err("two").index, 1);
        let text = read(&[1_700_000_000_000_000_000], Some(Unit::Milli)).expect_err("range");
        assert!(text.message.contains("looks like ns"), "{}", text.message);
    }

    #[test]
    fn floats_count_only_when_exact() {
        let read = |unit| {
            let mut times = Times::new(unit, None, 0);
            times.push(&Column::Floats(&[1_700_000_000.5])).map(|()| times.ns)
        };
        assert_eq!(read(Some(Unit::Second)), Ok(vec![1_700_000_000_500_000_000]));
        assert!(read(None).is_err());
    }

    #[test]
    fn text_needs_a_zone_or_is_a_number() {
        let mut times = Times::new(None, None, 0);
        assert!(times.push_text("2022-01-01 00:00").is_err());
        let mut times = Times::new(None, None, 0);
        assert_eq!(times.push_text("1700000000000"), Ok(()));
        assert!(times.push_text("2022-01-01T00:00Z").is_err());
        assert_eq!(times.ns, [1_700_000_000 * SECOND]);
    }
}
