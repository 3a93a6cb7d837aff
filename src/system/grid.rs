//! The points of a curve of equity between which returns are taken.

use std::ops::RangeInclusive;

use super::summary::SummarySettings;
use crate::error::{Error, Result};
use crate::market::DataSet;
use crate::time::{DAY, Time, span_text};

/// Days of a year on which a market is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// Every day.
    Always,
    /// Days on which the data have rows; none of them on a weekend.
    Sessions,
}

impl Calendar {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "every day",
            Self::Sessions => "days with data",
        }
    }

    /// Days of a year.
    pub fn days(self) -> f64 {
        match self {
            Self::Always => 365.0,
            Self::Sessions => 252.0,
        }
    }
}

/// Less than this tells nothing of weekends.
const LEAST_DAYS: i64 = 14;

/// Which points of a curve count, and how many periods a year has.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Places of the points, rising: the start, the last of each period, the end. Equity that fell
    /// to 0 or below ends it.
    pub points: Vec<usize>,
    /// Length of a period.
    pub interval_ns: i64,
    /// Days that count.
    pub calendar: Calendar,
    /// Periods per year.
    pub periods_per_year: f64,
}

/// What decides on a grid besides the curve.
#[derive(Clone, Debug)]
pub(super) struct GridRules<'a> {
    /// Days since 1970 UTC with data, rising.
    pub(super) days: &'a [i64],
    pub(super) calendar: Calendar,
    /// Span at which equity was noted; 0 if at no regular one.
    pub(super) noted_ns: i64,
}

impl GridRules<'_> {
    /// Ends of UTC days within `known`, or of another span that is given; a year has as many
    /// periods as are given, or as the calendar says.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a span below that of the curve.
    pub(super) fn grid(
        &self,
        times: &[Time],
        known: RangeInclusive<usize>,
        settings: &SummarySettings,
    ) -> Result<Grid> {
        let noted = self.noted_ns;
        if let Some(wanted) = settings.interval_ns.filter(|wanted| *wanted < noted) {
            let (wanted, noted) = (span_text(wanted), span_text(noted));
            return Err(Error::Config(format!(
                "interval {wanted} is finer than the curve of equity, which was noted every \
                 {noted}; run with equity_every=\"{wanted}\""
            )));
        }
        let interval_ns = settings.interval_ns.unwrap_or(DAY).max(noted);
        let counts = |end: i64| {
            self.calendar == Calendar::Always
                || interval_ns != DAY
                || self.days.binary_search(&(end / DAY - 1)).is_ok()
        };
        let points = if known.is_empty() || times.is_empty() {
            Vec::new()
        } else {
            ends(times, known, interval_ns, counts)
        };
        let per_day = DAY as f64 / interval_ns as f64;
        let usual = self.calendar.days() * per_day;
        let periods_per_year = settings.periods_per_year.unwrap_or(usual);
        Ok(Grid { points, interval_ns, calendar: self.calendar, periods_per_year })
    }
}

/// The first place, the last of each period that `counts`, and the last of all.
fn ends(
    times: &[Time],
    known: RangeInclusive<usize>,
    interval_ns: i64,
    counts: impl Fn(i64) -> bool,
) -> Vec<usize> {
    let (first, last) = (*known.start(), *known.end());
    let period = |at: usize| (times[at].ns() - 1).div_euclid(interval_ns);
    let mut places = vec![first];
    for at in first + 1..last {
        // The next point belongs to a later period: this one is its period's last.
        if period(at + 1) > period(at) && counts((period(at) + 1) * interval_ns) {
            places.push(at);
        }
    }
    if last > first {
        places.push(last);
    }
    places
}

/// Days since 1970 UTC on which there is a row, rising.
pub(super) fn open_days(data: &DataSet, (start, end): (Time, Time)) -> Vec<i64> {
    let mut days = Vec::new();
    for stream in data.streams.iter() {
        let times = &stream.series.time;
        let mut row = times.partition_point(|time| *time < start.ns());
        while let Some(time) = times.get(row).filter(|time| **time <= end.ns()) {
            let day = time.div_euclid(DAY);
            days.push(day);
            // The next row of a later day: near for sparse rows, far for dense ones.
            let after = (day + 1) * DAY;
            let mut step = 1;
            while times.get(row + step).is_some_and(|time| *time < after) {
                row += step;
                step *= 2;
            }
            let within = &times[row..(row + step).min(times.len())];
            row += within.partition_point(|time| *time < after);
        }
    }
    days.sort_unstable();
    days.dedup();
    days
}

/// A market without rows on any weekend of two weeks or more has sessions.
pub(super) fn calendar(days: &[i64], (start, end): (Time, Time)) -> Calendar {
    // 1970 began on a Thursday.
    let weekend = |day: &i64| (day + 3).rem_euclid(7) >= 5;
    let long = end.ns() - start.ns() >= LEAST_DAYS * DAY;
    if long && !days.iter().any(weekend) { Calendar::Sessions } else { Calendar::Always }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_at_their_last_point() {
        let hour = DAY / 24;
        let times: Vec<Time> = (0..=60).map(|at| Time(6 * hour + at * hour)).collect();
        // From 06:00: midnights lie 18 and 42 hours later.
        assert_eq!(ends(&times, 0..=60, DAY, |_| true), [0, 18, 42, 60]);
        assert_eq!(ends(&times, 0..=60, DAY, |end| end != DAY), [0, 42, 60]);
        assert_eq!(ends(&times, 18..=42, DAY, |_| true), [18, 42]);
        assert_eq!(ends(&times, 3..=3, DAY, |_| true), [3]);
    }

    #[test]
    fn a_market_without_weekends_has_sessions() {
        let span = |days: i64| (Time(0), Time(days * DAY));
        let weekdays: Vec<i64> = (0..30).filter(|day| (day + 3) % 7 < 5).collect();
        assert_eq!(calendar(&weekdays, span(30)), Calendar::Sessions);
        assert_eq!(calendar(&weekdays, span(10)), Calendar::Always);
        assert_eq!(calendar(&(0..30).collect::<Vec<_>>(), span(30)), Calendar::Always);
    }
}
