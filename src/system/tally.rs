//! Events alike in the story of an order, summed up.

use super::story::Step;
use super::tables::Scales;
use crate::instrument::InstrumentIndex;
use crate::market::Side;
use crate::time::Time;

/// Why a row did not fill an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The market did not come to the limit.
    NotReached,
    /// It came while the order was on its way.
    NotThereYet,
    /// The taker was on the order's own side.
    WrongSide,
    /// The price was touched, and a touch does not fill.
    Touched,
    /// Others stood ahead.
    Queue,
    /// How many stood ahead could not be seen.
    Unseen,
    /// A draw said no.
    Chance,
    /// Our orders before it took all.
    OwnOrders,
    /// What was displayed had been taken by us already.
    UsedUp,
    /// What was left was less than a lot.
    Lot,
    /// The candle's point had no volume left, or was beyond the limit.
    NoVolume,
    /// The watched price did not come to the trigger.
    Trigger,
}

impl Why {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NotReached => "not_reached",
            Self::NotThereYet => "not_there_yet",
            Self::WrongSide => "wrong_side",
            Self::Touched => "touched",
            Self::Queue => "queue",
            Self::Unseen => "queue_unseen",
            Self::Chance => "chance",
            Self::OwnOrders => "own_orders",
            Self::UsedUp => "used_up",
            Self::Lot => "less_than_a_lot",
            Self::NoVolume => "no_volume",
            Self::Trigger => "trigger_not_met",
        }
    }
}

/// One row, and why it did not fill the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Miss {
    pub(super) event: &'static str,
    pub(super) why: Why,
    pub(super) time: Time,
    /// The price that the row showed, raw.
    pub(super) price: Option<i64>,
    /// What it was measured against: limit or trigger, raw.
    pub(super) against: Option<i64>,
    /// Its quantity, raw.
    pub(super) quantity: i64,
    /// A quantity or price before and after it: the queue, or a trigger that moves.
    pub(super) change: Option<(i64, i64)>,
}

/// Several of them.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) first: Miss,
    until: Time,
    count: u32,
    quantity: i64,
    /// Distance, price and what it was measured against, at the nearest.
    nearest: Option<(i64, i64, i64)>,
    to: Option<i64>,
}

impl Tally {
    pub(super) fn new(miss: Miss) -> Self {
        let mut tally =
            Self { first: miss, until: miss.time, count: 0, quantity: 0, nearest: None, to: None };
        tally.add(miss);
        tally
    }

    pub(super) fn add(&mut self, miss: Miss) {
        self.until = miss.time;
        self.count += 1;
        self.quantity = self.quantity.saturating_add(miss.quantity);
        self.to = miss.change.map(|(_, to)| to).or(self.to);
        if let (Some(price), Some(against)) = (miss.price, miss.against) {
            let found = ((price - against).abs(), price, against);
            if self.nearest.is_none_or(|known| found.0 < known.0) {
                self.nearest = Some(found);
            }
        }
    }

    /// The line of all of them; the order is of `side`.
    pub(super) fn step(&self, at: &Scales<'_>, of: InstrumentIndex, side: Side) -> Step {
        let Miss { event, why, time, .. } = self.first;
        let (count, text) = (self.count, self.text(at, of, side));
        Step { time, until: self.until, count, event, reason: why.name(), filled: 0, text }
    }

    fn text(&self, at: &Scales<'_>, of: InstrumentIndex, side: Side) -> String {
        let Miss { event, why, change, .. } = self.first;
        let noun = match event {
            "trade" => "trade",
            "quote" => "quote",
            "depth" => "change of the book",
            "candle" => "candle point",
            _ => "price",
        };
        let plural = match (self.count, event) {
            (1, _) => noun.to_owned(),
            (_, "depth") => "changes of the book".to_owned(),
            _ => format!("{noun}s"),
        };
        let volume = if self.quantity > 0 {
            format!(", {} in all,", at.quantity_text(of, self.quantity))
        } else {
            String::new()
        };
        let many = format!("{} {plural}{volume}", self.count);
        let away = self.nearest.map_or(String::new(), |(distance, price, _)| {
            let price = at.price_text(of, price);
            format!("; the nearest at {price}, {} away", at.ticks_text(of, distance))
        });
        let worse = if side == Side::Buy { "above" } else { "below" };
        let moved = |shown: &dyn Fn(i64) -> String| match (change, self.to) {
            (Some((from, _)), Some(to)) => format!("{} -> {}", shown(from), shown(to)),
            _ => "?".to_owned(),
        };
        match why {
            Why::NotReached => format!("{many} stayed {worse} the limit{away}"),
            Why::NotThereYet => format!("{many} came to the limit before it had arrived"),
            Why::WrongSide => {
                let (who, own) =
                    if side == Side::Buy { ("buyers", "buy") } else { ("sellers", "sell") };
                format!("{many} came to the limit from {who}, who cannot fill a {own}")
            }
            Why::Touched => {
                format!("{many} touched the limit and did not pass it: that fills none")
            }
            Why::Queue => {
                let ahead = moved(&|raw| at.quantity_text(of, raw));
                format!("{many} at the limit went to those ahead: {ahead}")
            }
            Why::Unseen => format!("{many} at the limit, whose queue was never shown"),
            Why::Chance => format!("{many} at the limit, and the draw said no"),
            Why::OwnOrders => format!("{many} came to the limit and went to our earlier orders"),
            Why::UsedUp => format!("{many} came to the limit; we had taken what they display"),
            Why::Lot => format!("{many} at the limit left less than a lot for it"),
            Why::NoVolume => format!("{many} had no volume left within its limit"),
            Why::Trigger => {
                let trails = change.is_some_and(|(from, _)| self.to != Some(from));
                let path = if trails {
                    format!("; the trigger went {}", moved(&|raw| at.price_text(of, raw)))
                } else {
                    String::new()
                };
                format!("{many} did not meet the trigger{away}{path}")
            }
        }
    }
}
