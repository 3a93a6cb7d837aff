//! Equity over time, and the prices that valued it.

use crate::instrument::InstrumentIndex;
use crate::time::Time;

/// Equity before everything that happened at `time`, in money of the run's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EquityPoint {
    /// When.
    pub time: Time,
    /// How much; `None` without a price for something held.
    pub equity: Option<i128>,
}

/// A curve of equity: its points, and at each the marks of all instruments.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    points: Vec<EquityPoint>,
    /// Doubled prices, instrument by instrument within a point; 0 before the first.
    marks: Vec<i64>,
    instruments: usize,
}

impl Curve {
    /// No point yet.
    pub fn new(instruments: usize) -> Self {
        Self { points: Vec::new(), marks: Vec::new(), instruments }
    }

    /// Notes a point; what was noted for its time before is forgotten.
    pub fn note(&mut self, point: EquityPoint, mark: impl Fn(InstrumentIndex) -> Option<i64>) {
        if self.points.last().is_some_and(|last| last.time == point.time) {
            self.points.pop();
            self.marks.truncate(self.points.len() * self.instruments);
        }
        self.points.push(point);
        for at in 0..self.instruments as u32 {
            self.marks.push(mark(InstrumentIndex(at)).unwrap_or(0));
        }
    }

    /// The points in the order of time, each time once.
    pub fn points(&self) -> &[EquityPoint] {
        &self.points
    }

    /// The place of the first point with a known equity: before the first price nothing can have
    /// been traded.
    pub fn first_known(&self) -> usize {
        self.points.iter().take_while(|point| point.equity.is_none()).count()
    }

    /// The doubled price of an instrument at a point; `None` before the first.
    pub fn mark(&self, point: usize, instrument: usize) -> Option<i64> {
        let mark = self.marks.get(point * self.instruments + instrument);
        mark.copied().filter(|mark| *mark != 0)
    }
}
