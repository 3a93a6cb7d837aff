//! Pictures of a run: its series thinned to what an eye can see, whatever the length of the run.

use std::ops::Range;

use super::activity::exposed;
use super::outcome::Outcome;
use crate::instrument::InstrumentIndex;
use crate::market::{Columns, MarketKind, Series, Side};
use crate::num::to_f64;
use crate::replay::Window;
use crate::stats::falls;
use crate::time::Time;

/// Values over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Moments in ns, rising.
    pub times: Vec<i64>,
    /// What was there at each.
    pub values: Vec<f64>,
}

impl Line {
    /// A line through those of the values that are known and finite.
    fn through(points: impl Iterator<Item = (Time, Option<f64>)>) -> Self {
        let known = points.filter_map(|(time, value)| Some((time.ns(), value?)));
        let (times, values) = known.filter(|(_, value)| value.is_finite()).unzip();
        Self { times, values }
    }

    /// At most `count` points (four at least) that keep the picture: of each stretch its first,
    /// lowest, highest and last.
    #[must_use]
    pub fn thinned(self, count: usize) -> Self {
        let count = count.max(4);
        if self.values.len() <= count {
            return self;
        }
        let stretch = self.values.len().div_ceil(count / 4);
        let mut kept = Self::default();
        for start in (0..self.values.len()).step_by(stretch) {
            let end = (start + stretch).min(self.values.len());
            let (mut low, mut high) = (start, start);
            for at in start + 1..end {
                if self.values[at] < self.values[low] {
                    low = at;
                }
                if self.values[at] > self.values[high] {
                    high = at;
                }
            }
            let mut last = None;
            for at in [start, low.min(high), low.max(high), end - 1] {
                if last != Some(at) {
                    kept.times.push(self.times[at]);
                    kept.values.push(self.values[at]);
                }
                last = Some(at);
            }
        }
        kept
    }
}

/// What an account went through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Equity.
    pub equity: Line,
    /// How far below its peak so far equity lies, a fraction, <= 0.
    pub drawdown: Line,
    /// What the start equity would be worth in the benchmark.
    pub benchmark: Line,
    /// How far that lies below its peak so far.
    pub benchmark_drawdown: Line,
    /// Σ |position at its price| over equity.
    pub exposure: Line,
}

/// Candles, or sums of as many as it takes to be few.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// Starts in ns.
    pub times: Vec<i64>,
    /// First prices.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Last prices.
    pub close: Vec<f64>,
    /// Length of a bar without gaps, in ns.
    pub span_ns: i64,
}

/// The price of an instrument.
#[derive(Clone, Debug, PartialEq)]
pub enum Prices {
    /// From candles.
    Bars(Bars),
    /// What valued positions at the points of the curve.
    Line(Line),
}

/// Fills of an instrument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Markers {
    /// When, in ns.
    pub times: Vec<i64>,
    /// Prices.
    pub prices: Vec<f64>,
    /// Quantities.
    pub quantities: Vec<f64>,
    /// True for what was bought.
    pub bought: Vec<bool>,
    /// Numbers of the orders.
    pub orders: Vec<u32>,
    /// How many fills there are, shown or not.
    pub total: usize,
}

/// How many candles there are, and how many would fill the time from the first to the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Candles that were replayed.
    pub rows: u64,
    /// Candles without a gap between.
    pub full: u64,
}

impl Outcome {
    /// The curves of the account and of a benchmark between two moments, each thinned to at most
    /// `count` points. Peaks and the benchmark's start are those of the whole run.
    pub fn curves(
        &self,
        benchmark: Option<InstrumentIndex>,
        within: Window,
        count: usize,
    ) -> Curves {
        let points = self.curve.points();
        let known = self.curve.first_known();
        let points = &points[known..];
        let from = points.partition_point(|point| point.time < within.start);
        let to = points.partition_point(|point| point.time < within.end).max(from);
        let line = |values: &[Option<f64>]| {
            let shown = values.get(from..to).unwrap_or_default();
            let times = points[from..to].iter().map(|point| point.time);
            Line::through(times.zip(shown.iter().copied())).thinned(count)
        };
        let track = self.track(benchmark);
        let equity = track.equity.get(known..).unwrap_or_default();
        let start = equity.first().copied().flatten();
        let worth = track.benchmark.as_deref().unwrap_or_default().iter().skip(known);
        let held: Vec<Option<f64>> = worth.map(|worth| Some(worth * start?)).collect();
        Curves {
            equity: line(equity),
            drawdown: line(&falls(equity.iter().copied())),
            benchmark: line(&held),
            benchmark_drawdown: line(&falls(held.iter().copied())),
            exposure: line(&self.exposures(known)),
        }
    }

    /// Gross exposure at the points of the curve from `known` on: what was held just before each.
    fn exposures(&self, known: usize) -> Vec<Option<f64>> {
        let points = self.curve.points();
        let mut fills = self.exchange.fills().iter().peekable();
        let mut positions = vec![0; self.context.world.specs.len()];
        let exposure = |at: usize| {
            while let Some(fill) = fills.next_if(|fill| fill.time < points[at].time) {
                positions[fill.instrument.at()] += fill.side.sign() * fill.quantity;
            }
            let equity = points[at].equity.filter(|equity| *equity > 0)?;
            let (gross, _) = exposed(self, at, &positions).ok()?;
            Some(gross / self.money_f64(equity))
        };
        (known..points.len()).map(exposure).collect()
    }

    /// The price of an instrument between two moments: at most `count` bars of its candles, or a
    /// line of as many points.
    pub fn prices(&self, instrument: usize, within: Window, count: usize) -> Prices {
        let of = self.data.streams.iter().filter(|stream| stream.instrument.at() == instrument);
        let mut candles = of.filter(|stream| stream.series.kind() == MarketKind::Candles);
        let Some(stream) = candles.next() else {
            return Prices::Line(self.marks(instrument, within).thinned(count));
        };
        let series = &stream.series;
        let Columns::Candles { interval_ns, open, high, low, close, .. } = &series.columns else {
            return Prices::Line(Line::default());
        };
        let seen = self.candles_seen(series, within);
        let each = seen.len().div_ceil(count.max(1)).max(1);
        let float = |raw: i64| to_f64(raw, series.price_scale);
        let mut bars = Bars { span_ns: interval_ns * each as i64, ..Bars::default() };
        for start in seen.clone().step_by(each) {
            let end = (start + each).min(seen.end);
            let most = high[start..end].iter().max().copied().unwrap_or(high[start]);
            let least = low[start..end].iter().min().copied().unwrap_or(low[start]);
            bars.times.push(series.time[start]);
            bars.open.push(float(open[start]));
            bars.high.push(float(most));
            bars.low.push(float(least));
            bars.close.push(float(close[end - 1]));
        }
        Prices::Bars(bars)
    }

    /// Rows of candles between two moments, as far as the run came.
    fn candles_seen(&self, series: &Series, within: Window) -> Range<usize> {
        if series.is_empty() {
            return 0..0;
        }
        let own = self.settings.window;
        // What ends at the moment that was reached has been seen.
        let reached = Time(self.reached.ns().saturating_add(1));
        let start = within.start.max(own.start);
        let end = within.end.min(own.end).min(reached);
        Window { start, end }.rows(series)
    }

    /// What valued positions in an instrument.
    fn marks(&self, instrument: usize, within: Window) -> Line {
        let scale = self.context.world.specs[instrument].price_scale;
        let points = self.curve.points();
        let from = points.partition_point(|point| point.time < within.start);
        let to = points.partition_point(|point| point.time < within.end);
        // Marks are doubled.
        let mark = |at: usize| Some(to_f64(self.curve.mark(at, instrument)?, scale) / 2.0);
        Line::through((from..to).map(|at| (points[at].time, mark(at))))
    }

    /// Fills of an instrument between two moments: at most `count`, the first and the last of
    /// each stretch.
    pub fn markers(&self, instrument: usize, within: Window, count: usize) -> Markers {
        let spec = &self.context.world.specs[instrument];
        let fills = self.exchange.fills();
        let from = fills.partition_point(|fill| fill.time < within.start);
        let to = fills.partition_point(|fill| fill.time < within.end).max(from);
        let own: Vec<usize> =
            (from..to).filter(|at| fills[*at].instrument.at() == instrument).collect();
        let mut markers = Markers { total: own.len(), ..Markers::default() };
        let count = count.max(2);
        let stretch = if own.len() <= count { 1 } else { own.len().div_ceil(count / 2) };
        for part in own.chunks(stretch) {
            let ends = [part.first(), part.last().filter(|_| part.len() > 1)];
            for fill in ends.into_iter().flatten().map(|at| &fills[*at]) {
                markers.times.push(fill.time.ns());
                markers.prices.push(to_f64(fill.price, spec.price_scale));
                markers.quantities.push(to_f64(fill.quantity, spec.quantity_scale));
                markers.bought.push(fill.side == Side::Buy);
                markers.orders.push(fill.order.0);
            }
        }
        markers
    }

    /// How many of the candles that would fill the time were there; `None` without candles.
    pub fn coverage(&self) -> Option<Coverage> {
        let mut found: Option<Coverage> = None;
        for stream in self.data.streams.iter() {
            let Columns::Candles { interval_ns, .. } = stream.series.columns else { continue };
            let seen = &stream.series.time[self.candles_seen(&stream.series, Window::ALL)];
            let coverage = found.get_or_insert_default();
            if let (Some(first), Some(last)) = (seen.first(), seen.last()) {
                coverage.rows += seen.len() as u64;
                coverage.full += ((last - first) / interval_ns + 1) as u64;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(values: &[f64]) -> Line {
        Line { times: (0..values.len() as i64).collect(), values: values.to_vec() }
    }

    fn any_values() -> impl Strategy<Value = Vec<f64>> {
        proptest::collection::vec((-50i32..50).prop_map(f64::from), 0..400)
    }

    proptest! {
        #[test]
        fn a_thinned_line_keeps_its_ends_its_extremes_and_its_order(
            values in any_values(),
            count in 0usize..60,
        ) {
            let all = line(&values);
            let few = all.clone().thinned(count);
            prop_assert!(few.values.len() <= count.max(4));
            prop_assert!(few.times.windows(2).all(|pair| pair[0] < pair[1]));
            let same = |(at, value): (&i64, &f64)| values[*at as usize].total_cmp(value).is_eq();
            prop_assert!(few.times.iter().zip(&few.values).all(same));
            prop_assert_eq!(few.times.first(), all.times.first());
            prop_assert_eq!(few.times.last(), all.times.last());
            for least in [true, false] {
                let extreme = |line: &Line| {
                    let sign = if least { 1.0 } else { -1.0 };
                    line.values.iter().map(|value| value * sign).min_by(f64::total_cmp)
                };
                prop_assert_eq!(extreme(&few), extreme(&all));
            }
            if values.len() <= count {
                prop_assert_eq!(few, all);
            }
        }
    }

    #[test]
    fn what_is_not_known_or_no_number_is_left_out_of_a_line() {
        let values = [Some(1.0), None, Some(f64::NAN), Some(f64::INFINITY), Some(2.0)];
        let found =
            Line::through(values.into_iter().enumerate().map(|(at, v)| (Time(at as i64), v)));
        assert_eq!(found, Line { times: vec![0, 4], values: vec![1.0, 2.0] });
    }
}
