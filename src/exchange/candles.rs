//! Matching on candles: four points of one price each, in an order that is assumed and said.

use super::Hit;
use super::queue::Queue;
use super::resting::Ladder;
use super::slippage::{BarFill, TakingRules};
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
    /// Where orders fill that were sent on the close before this candle, if it offered anything.
    before: Option<Close>,
}

/// The close of a candle that is over.
#[derive(Clone, Copy, Debug)]
struct Close {
    time: Time,
    price: i64,
    left: Option<i64>,
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
        before: None,
    };

    /// The next candle opens while `position` is held.
    pub(super) fn open(
        &self,
        candle: &Candle,
        path: CandlePath,
        position: i64,
        rules: &TakingRules,
        lot: i64,
    ) -> Self {
        let Candle { open, high, low, close, .. } = *candle;
        let points = if path.low_first(candle, position) {
            [open, low, high, close]
        } else {
            [open, high, low, close]
        };
        // A quarter for each point, rounded down to a lot, the rest for the close.
        let shares = candle.volume.map(|volume| {
            let quarter = volume / 4 / lot * lot;
            let last = (volume - 3 * quarter) / lot * lot;
            (rules.share(quarter, lot), rules.share(last, lot))
        });
        let closed = self.end > Time::MIN && self.has_volume();
        let before = (rules.bar_fill == BarFill::ThisClose && closed).then_some(Close {
            time: self.end,
            price: self.price,
            left: self.left,
        });
        let end = candle.close_time;
        Self { points, end, price: open, shares, before, ..Self::NONE }
    }

    /// Moves to one of the four points.
    pub(super) fn move_to(&mut self, point: u8) {
        self.point = point;
        self.price = self.points[usize::from(point)];
        self.offered = self.shares.map(|(quarter, last)| if point == 3 { last } else { quarter });
        self.left = self.offered;
    }

    /// True if the second point is not above the third.
    pub(super) fn comes_low_first(&self) -> bool {
        self.points[1] <= self.points[2]
    }

    /// True at the first point.
    pub(super) fn at_open(&self) -> bool {
        self.point == 0
    }

    /// True at the last point.
    pub(super) fn at_close(&self) -> bool {
        self.point == 3
    }

    /// True while the last point stands for the market; at the very end of the candle too where
    /// orders fill at the close that they were sent on.
    pub(super) fn is_open(&self, now: Time, rules: &TakingRules) -> bool {
        now < self.end || (now == self.end && rules.bar_fill == BarFill::ThisClose)
    }

    /// True after the last point of a candle, as long as that stands for the market.
    pub(super) fn is_ending(&self, now: Time) -> bool {
        self.at_close() && now < self.end
    }

    /// Prices that an arriving order meets: of the close just before, and of the current point.
    pub(super) fn met(&self, now: Time, rules: &TakingRules) -> [Option<i64>; 2] {
        let before = self.before.filter(|close| close.time == now);
        let here = self.is_open(now, rules) && self.has_volume();
        [before.map(|close| close.price), here.then_some(self.price)]
    }

    /// The first price at which an arriving order could take: of the close just before, if anything
    /// is left there, else of the current point.
    pub(super) fn first(&self, now: Time) -> i64 {
        let before = self.before.filter(|close| close.time == now && close.left != Some(0));
        before.map_or(self.price, |close| close.price)
    }

    /// What `taker` finds within `limit`.
    pub(super) fn available(
        &self,
        taker: &Taker,
        limit: i64,
        now: Time,
        rules: &TakingRules,
    ) -> i64 {
        let within = |price: i64| taker.side.sign() * (price - limit) <= 0;
        let before = self.close_for(taker, now).filter(|close| within(close.price));
        let here = self.is_open(now, rules) && within(self.price);
        let there = if here { self.left.unwrap_or(i64::MAX) } else { 0 };
        before.map_or(0, |close| close.left.unwrap_or(i64::MAX)).saturating_add(there)
    }

    /// The close just before, for an order that arrives at that very time. What was there already,
    /// such as an exit that the open wakes, comes after the open.
    fn close_for(&self, taker: &Taker, now: Time) -> Option<Close> {
        self.before.filter(|close| close.time == now && taker.arrived == now)
    }

    /// Lets `taker` take: at the close just before if it arrives on it, and at the current point.
    pub(super) fn arrive(
        &mut self,
        taker: &mut Taker,
        now: Time,
        rules: &TakingRules,
        tick: i64,
        hits: &mut Vec<Hit>,
    ) {
        if let Some(close) = self.close_for(taker, now) {
            let price = rules.price(taker, close.price, tick);
            let quantity = taker.take(price, close.left.unwrap_or(i64::MAX), hits);
            let left = close.left.map(|left| left - quantity);
            self.before = Some(Close { left, ..close });
        }
        if self.is_open(now, rules) {
            self.take(taker, rules, tick, hits);
        }
    }

    /// Lets `taker` take at the current point.
    pub(super) fn take(
        &mut self,
        taker: &mut Taker,
        rules: &TakingRules,
        tick: i64,
        hits: &mut Vec<Hit>,
    ) {
        let available = self.left.unwrap_or(i64::MAX);
        let price = rules.price(taker, self.price, tick);
        let quantity = taker.take(price, available, hits);
        self.left = self.left.map(|left| left - quantity);
    }

    /// Lets `taker` take at `level`, which the path to the current point passed.
    pub(super) fn take_at(&mut self, level: i64, taker: &mut Taker, hits: &mut Vec<Hit>) {
        let quantity = taker.take(level, self.left.unwrap_or(i64::MAX), hits);
        self.left = self.left.map(|left| left - quantity);
    }

    /// What is left at the current point.
    pub(super) fn left(&self) -> i64 {
        self.left.unwrap_or(i64::MAX)
    }

    /// True if something is offered at the current point, whatever we took of it.
    fn has_volume(&self) -> bool {
        self.offered != Some(0)
    }

    /// Fills orders that the current point went through; those it only touched if `touch` says so.
    pub(super) fn fill_resting(
        &mut self,
        side: Side,
        ladder: &mut Ladder,
        touch: bool,
        queue: &Queue,
        rules: &TakingRules,
        hits: &mut Vec<Hit>,
    ) {
        let price = self.price;
        let reached = |own: i64| {
            let through = if side == Side::Buy { own > price } else { own < price };
            through || (touch && own == price)
        };
        let first = hits.len();
        let offered = self.left.unwrap_or(i64::MAX);
        let mut quantity = ladder.cross(offered, reached, hits);
        if rules.gap_improvement && self.at_open() {
            hits[first..].iter_mut().for_each(|hit| hit.price = price);
        }
        if queue.is_chance() && !touch {
            quantity += ladder.touched(price, offered - quantity, queue, hits);
        }
        self.left = self.left.map(|left| left - quantity);
    }
}
