//! Matching on candles: four points of one price each, in an order that is assumed and said.

use super::Hit;
use super::queue::Queue;
use super::resting::Ladder;
use super::taking::Taker;
use crate::market::{Candle, Side};
use crate::time::Time;

/// In which order a candle is assumed to have visited its high and its low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CandlePath {
    /// Against the position held at the open; if flat, the nearer extreme first.
    Adverse,
    /// The extreme nearer to the open first; at a tie the low of a rising candle, the high of
    /// another.
    Nearer,
    /// Open, high, low, close.
    HighFirst,
    /// Open, low, high, close.
    LowFirst,
}

impl CandlePath {
    /// Every path with the name that users write.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("adverse", Self::Adverse),
        ("nearer", Self::Nearer),
        ("high_first", Self::HighFirst),
        ("low_first", Self::LowFirst),
    ];

    /// The name that users write.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, path)| *path == self).map_or("", |(name, _)| name)
    }

    /// True if the low comes before the high, for someone who holds `position`.
    fn low_first(self, candle: &Candle, position: i64) -> bool {
        match (self, position.signum()) {
            (Self::Adverse, 1) | (Self::LowFirst, _) => true,
            (Self::Adverse, -1) | (Self::HighFirst, _) => false,
            _ => {
                let (down, up) = (candle.open - candle.low, candle.high - candle.open);
                down < up || (down == up && candle.close > candle.open)
            }
        }
    }
}

/// A candle in the making: its current point is the market.
#[derive(Clone, Copy, Debug)]
pub(super) struct CandleMarket {
    /// The four prices in the assumed order.
    points: [i64; 4],
    /// The current one of them.
    point: u8,
    /// End of the span; from then on there is no market until the next open.
    end: Time,
    /// Price of the current point.
    pub(super) price: i64,
    /// Quantity offered at the current point; `None` if the data have no volume.
    offered: Option<i64>,
    /// What is left of it.
    left: Option<i64>,
    /// Volume of the first three points, and of the last.
    shares: Option<(i64, i64)>,
}

impl CandleMarket {
    /// Before the first candle.
    pub(super) const NONE: Self = Self {
        points: [0; 4],
        point: 0,
        end: Time::MIN,
        price: 0,
        offered: None,
        left: None,
        shares: None,
    };

    /// A candle opens while `position` is held.
    pub(super) fn open(candle: &Candle, path: CandlePath, position: i64, lot: i64) -> Self {
        let Candle { open, high, low, close, .. } = *candle;
        let points = if path.low_first(candle, position) {
            [open, low, high, close]
        } else {
            [open, high, low, close]
        };
        // A quarter for each point, rounded down to a lot, the rest for the close.
        let shares = candle.volume.map(|volume| {
            let quarter = volume / 4 / lot * lot;
            (quarter, (volume - 3 * quarter) / lot * lot)
        });
        let end = candle.close_time;
        Self { points, point: 0, end, price: open, offered: None, left: None, shares }
    }

    /// Moves to one of the four points.
    pub(super) fn move_to(&mut self, point: u8) {
        self.point = point;
        self.price = self.points[usize::from(point)];
        self.offered = self.shares.map(|(quarter, last)| if point == 3 { last } else { quarter });
        self.left = self.offered;
    }

    /// True at the first point.
    pub(super) fn at_open(&self) -> bool {
        self.point == 0
    }

    /// True at the last point.
    pub(super) fn at_close(&self) -> bool {
        self.point == 3
    }

    /// What is left of the current point's quantity.
    pub(super) fn left(&self) -> i64 {
        self.left.unwrap_or(i64::MAX)
    }

    /// True while the last point stands for the market.
    pub(super) fn is_open(&self, now: Time) -> bool {
        now < self.end
    }

    /// Lets `taker` take at the current point.
    pub(super) fn take(&mut self, taker: &mut Taker, hits: &mut Vec<Hit>) {
        let available = self.left.unwrap_or(i64::MAX);
        let quantity = taker.take(self.price, available, hits);
        self.left = self.left.map(|left| left - quantity);
    }

    /// Lets `taker` take at `level`, which the path to the current point passed.
    pub(super) fn take_at(&mut self, level: i64, taker: &mut Taker, hits: &mut Vec<Hit>) {
        let point = std::mem::replace(&mut self.price, level);
        self.take(taker, hits);
        self.price = point;
    }

    /// True if something is offered at the current point, whatever we took of it.
    pub(super) fn has_volume(&self) -> bool {
        self.offered != Some(0)
    }

    /// Fills orders that the current point went through; those it only touched if `touch` says so.
    pub(super) fn fill_resting(
        &mut self,
        side: Side,
        ladder: &mut Ladder,
        touch: bool,
        queue: &Queue,
        hits: &mut Vec<Hit>,
    ) {
        let price = self.price;
        let reached = |own: i64| {
            let through = if side == Side::Buy { own > price } else { own < price };
            through || (touch && own == price)
        };
        let offered = self.left.unwrap_or(i64::MAX);
        let mut quantity = ladder.cross(offered, reached, hits);
        if queue.is_chance() && !touch {
            quantity += ladder.touched(price, offered - quantity, queue, hits);
        }
        self.left = self.left.map(|left| left - quantity);
    }
}
