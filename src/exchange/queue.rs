//! Where a resting order stands among the orders of others at its price.

use std::fmt;

use crate::error::{Error, Result, did_you_mean, shown};
use crate::instrument::Spec;
use crate::market::MarketKind;
use crate::num::{POW10, parse_decimal};
use crate::random::Draws;

/// How the quantity ahead of an order is estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QueueModel {
    /// What the data can prove: `Exact` where they show single orders, else `TradesOnly`.
    #[default]
    Auto,
    /// The place among the recorded orders at the price; needs data that show them one by one.
    Exact,
    /// Nobody is ever ahead: an upper bound on fills, optimistic.
    Front,
    /// Everything displayed on arrival is ahead; only trades use it up, every cancel is behind us.
    TradesOnly,
    /// As before, but of what vanishes without a trade a share stood ahead of us.
    Shared {
        /// What is weighed against what.
        share: Share,
        /// How quantities weigh.
        weight: Weight,
    },
    /// A trade at our price fills us with this probability, whatever is displayed; optimistic.
    Touch {
        /// Probability, in billionths.
        billionths: u32,
    },
}

/// What share of a shrinking level stood behind us: a weight over a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// f(behind) / (f(behind) + f(ahead)).
    Both,
    /// f(behind) / f(behind + ahead).
    Total,
    /// 1 - f(ahead / (behind + ahead)) / f(1): 0 with nobody behind, 1 at the head, as the others.
    Front,
}

/// How a quantity weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
    /// x^n, n from 1 to 10; 1 is proportional.
    Power(u8),
    /// ln(1 + x), x in units of the instrument's quantity.
    Log,
}

/// One in billionths.
const CERTAIN: u32 = 1_000_000_000;

/// Every form in which users write a model.
const FORMS: [&str; 11] = [
    "auto",
    "l3",
    "front",
    "trades_only",
    "power 2",
    "power_total 2",
    "power_front 2",
    "log",
    "log_total",
    "log_front",
    "touch 0.3",
];

impl QueueModel {
    /// Reads a model from its name, and the number that some need, as in "power 2".
    pub fn parse(text: &str) -> Result<Self> {
        let mut words = text.split_whitespace();
        let (name, number) = (words.next().unwrap_or(""), words.next());
        let plain = |model| match number {
            None => Ok(model),
            Some(_) => Err(Error::Config(format!("queue: \"{name}\" takes no number"))),
        };
        let shared = |share, weight| Self::Shared { share, weight };
        if words.next().is_some() {
            return Err(unknown(text));
        }
        match name {
            "auto" => plain(Self::Auto),
            "l3" => plain(Self::Exact),
            "front" => plain(Self::Front),
            "trades_only" => plain(Self::TradesOnly),
            "power" => Ok(shared(Share::Both, power(name, number)?)),
            "power_total" => Ok(shared(Share::Total, power(name, number)?)),
            "power_front" => Ok(shared(Share::Front, power(name, number)?)),
            "log" => plain(shared(Share::Both, Weight::Log)),
            "log_total" => plain(shared(Share::Total, Weight::Log)),
            "log_front" => plain(shared(Share::Front, Weight::Log)),
            "touch" => Ok(Self::Touch { billionths: probability(number)? }),
            _ => Err(unknown(text)),
        }
    }

    /// The model that counts where a market is shown by these `kinds`.
    #[must_use]
    pub fn on(self, kinds: &[MarketKind]) -> Self {
        match self {
            Self::Auto if kinds.contains(&MarketKind::MarketByOrder) => Self::Exact,
            Self::Auto => Self::TradesOnly,
            known => known,
        }
    }

    /// True if it can only flatter a result.
    pub fn is_optimistic(self) -> bool {
        matches!(self, Self::Front | Self::Touch { billionths: 1.. })
    }
}

fn unknown(text: &str) -> Error {
    let names = FORMS.map(|form| form.split(' ').next().unwrap_or(form));
    let forms: Vec<String> = FORMS.iter().map(|form| format!("\"{form}\"")).collect();
    Error::Config(format!(
        "queue: \"{}\" is not known{}; allowed: {}",
        shown(text),
        did_you_mean(text.split_whitespace().next().unwrap_or(""), names),
        forms.join(", ")
    ))
}

fn power(name: &str, number: Option<&str>) -> Result<Weight> {
    let power = number.and_then(|number| number.parse::<u8>().ok());
    power.filter(|power| (1..=10).contains(power)).map(Weight::Power).ok_or_else(|| {
        Error::Config(format!(
            "queue: \"{name}\" needs a whole number from 1 to 10, like \"{name} 2\"{}",
            got(number)
        ))
    })
}

fn probability(number: Option<&str>) -> Result<u32> {
    let value = number.and_then(|number| parse_decimal("queue", number).ok());
    let billionths = value.and_then(|value| crate::num::from_decimal(value, 9));
    let found = billionths.and_then(|found| u32::try_from(found).ok());
    found.filter(|found| *found <= CERTAIN).ok_or_else(|| {
        Error::Config(format!(
            "queue: \"touch\" needs a probability from 0 to 1 with at most 9 decimal places, \
             like \"touch 0.3\"{}",
            got(number)
        ))
    })
}

fn got(number: Option<&str>) -> String {
    number.map_or(String::new(), |number| format!(", got {}", shown(number)))
}

impl fmt::Display for QueueModel {
    /// As users write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Auto => f.write_str("auto"),
            Self::Exact => f.write_str("l3"),
            Self::Front => f.write_str("front"),
            Self::TradesOnly => f.write_str("trades_only"),
            Self::Shared { share, weight } => {
                let share = match share {
                    Share::Both => "",
                    Share::Total => "_total",
                    Share::Front => "_front",
                };
                match weight {
                    Weight::Power(power) => write!(f, "power{share} {power}"),
                    Weight::Log => write!(f, "log{share}"),
                }
            }
            Self::Touch { billionths } => {
                write!(f, "touch {}", crate::num::decimal(i64::from(billionths), 9))
            }
        }
    }
}

impl Share {
    /// Share of a cut that lies behind us; never asked without anybody at the price.
    fn behind(self, weight: Weight, behind: f64, ahead: f64) -> f64 {
        if ahead <= 0.0 {
            return 1.0; // at the head all others are behind
        }
        let f = |x| weight.of(x);
        match self {
            Self::Both => f(behind) / (f(behind) + f(ahead)),
            Self::Total => f(behind) / f(behind + ahead),
            Self::Front => 1.0 - f(ahead / (behind + ahead)) / f(1.0),
        }
    }
}

impl Weight {
    fn of(self, x: f64) -> f64 {
        match self {
            // Not `powi`, whose last bits are the platform's.
            Self::Power(power) => (1..power).fold(x, |product, _| product * x),
            Self::Log => libm::log1p(x),
        }
    }
}

/// A model with what it needs to know of its instrument.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue {
    model: QueueModel,
    /// Parts of a raw quantity that places are counted in.
    parts: i128,
    /// Parts of a unit of quantity.
    unit: f64,
    lot: i64,
    draws: Draws,
}

/// Decimal places of a unit of quantity to which a place is kept where shares are estimated.
const PLACES: u32 = 9;

impl Queue {
    /// The queue of one instrument in a run with this seed.
    pub(super) fn new(model: QueueModel, spec: &Spec, seed: u64) -> Self {
        let scale = spec.quantity_scale;
        // Where nothing is shared all places are whole raw quantities.
        let shares = matches!(model, QueueModel::Shared { .. });
        let more = if shares { PLACES.saturating_sub(scale) } else { 0 };
        Self {
            model,
            parts: i128::from(POW10[more as usize]),
            unit: POW10[(scale + more) as usize] as f64,
            lot: spec.lot,
            draws: Draws::new(seed, "queue touch", &spec.instrument.name),
        }
    }

    /// True if places are known order by order.
    pub(super) fn is_exact(&self) -> bool {
        self.model == QueueModel::Exact
    }

    /// True if a touch fills by chance.
    pub(super) fn is_chance(&self) -> bool {
        matches!(self.model, QueueModel::Touch { .. })
    }

    #[inline]
    fn parts_of(&self, quantity: i64) -> i128 {
        // Most models share nothing.
        if self.parts == 1 { i128::from(quantity) } else { i128::from(quantity) * self.parts }
    }

    /// The part of a cut of `cut` that stood ahead of us, who stand behind `front` in a queue of
    /// `others`; all in parts. It may be more than `front`.
    fn cut_ahead(
        &self,
        (share, weight): (Share, Weight),
        others: i128,
        front: i128,
        cut: i128,
    ) -> i128 {
        let behind = (others - front).max(0) as f64;
        let p = share.behind(weight, behind / self.unit, front as f64 / self.unit);
        let cut = cut as f64;
        // What the share takes from behind us cannot be more than there is.
        let ahead = (1.0 - p) * cut + (p * cut - behind).max(0.0);
        ahead.round_ties_even() as i128
    }
}

/// What the next draw of an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chances {
    /// Number of the order among those sent for its instrument.
    order: u32,
    /// How often it went to the market before: each time it has draws of its own.
    visit: u32,
    drawn: u32,
}

impl Chances {
    /// Where nothing is drawn.
    pub(super) const NONE: Self = Self::of(0);

    /// An order that was not at the market yet.
    pub(super) const fn of(order: u32) -> Self {
        Self { order, visit: 0, drawn: 0 }
    }

    /// Number of the order among those sent for its instrument.
    pub(super) const fn order(self) -> u32 {
        self.order
    }

    /// The same order when it goes to the market again.
    pub(super) const fn again(self) -> Self {
        Self { visit: self.visit + 1, ..self }
    }

    /// True with the probability of a touch.
    fn fills(&mut self, queue: &Queue, billionths: u32) -> bool {
        let draw = (u64::from(self.visit) << 32) + u64::from(self.drawn);
        self.drawn += 1;
        queue.draws.below(u64::from(CERTAIN), u64::from(self.order), draw) < u64::from(billionths)
    }
}

/// Place of one order in the queue at its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Others' quantity ahead, in parts of a raw quantity.
    front: i128,
    /// What the level displayed last, raw.
    displayed: i64,
    /// What was traded at our price since the level last changed, raw.
    traded: i64,
    /// The queue at this price cannot be seen yet: no fill at the price, only when traded through.
    pending: bool,
    /// How many orders of others had taken a place before this one did, where that is known.
    pub(super) joined: u32,
    /// Its draws.
    pub(super) chances: Chances,
}

impl Place {
    /// Behind `displayed`; `None` where the data do not show the level. So many orders of others
    /// have `joined` the book before, where that is known.
    pub(super) fn behind(
        queue: &Queue,
        displayed: Option<i64>,
        joined: u32,
        chances: Chances,
    ) -> Self {
        let (front, pending) = match queue.model {
            QueueModel::Front | QueueModel::Touch { .. } | QueueModel::Exact => (0, false),
            QueueModel::Auto | QueueModel::TradesOnly | QueueModel::Shared { .. } => {
                (queue.parts_of(displayed.unwrap_or(0)), displayed.is_none())
            }
        };
        let displayed = displayed.unwrap_or(0);
        Self { front, displayed, traded: 0, pending, joined, chances }
    }

    /// Others' quantity ahead, raw, rounded up; `None` while the queue cannot be seen.
    pub(super) fn ahead(&self, queue: &Queue) -> Option<i64> {
        (!self.pending).then(|| (self.front + queue.parts - 1).div_euclid(queue.parts) as i64)
    }

    /// The level at our price displays `quantity`. Only a change says anything.
    pub(super) fn level_is(&mut self, queue: &Queue, quantity: i64) {
        if quantity == self.displayed && !self.pending {
            return;
        }
        let now = queue.parts_of(quantity);
        self.front = match queue.model {
            QueueModel::Front | QueueModel::Touch { .. } | QueueModel::Exact => 0,
            _ if self.pending => now,
            // A level that vanished left nobody ahead; who shows there later came later.
            QueueModel::Auto | QueueModel::TradesOnly => self.front.min(now),
            QueueModel::Shared { share, weight } => {
                let others = queue.parts_of((self.displayed - self.traded).max(0));
                let ahead = if others > now {
                    queue.cut_ahead((share, weight), others, self.front, others - now)
                } else {
                    0
                };
                (self.front - ahead).clamp(0, now)
            }
        };
        self.pending = false;
        (self.displayed, self.traded) = (quantity, 0);
    }

    /// The best price of our side is now worse than ours: nobody is ahead.
    pub(super) fn is_best(&mut self, queue: &Queue) {
        if self.pending {
            // Nobody was ever seen here, so nobody left.
            (self.front, self.pending) = (0, false);
        }
        self.level_is(queue, 0);
    }

    /// A trade of `quantity` at our price against our side, of which own orders before us got
    /// `given`. Returns what is left of it for us.
    pub(super) fn traded(&mut self, queue: &Queue, quantity: i64, given: i64) -> i64 {
        match queue.model {
            // Prints of single orders do not come here, see `Ladder::print`.
            QueueModel::Front | QueueModel::Exact => quantity - given,
            QueueModel::Touch { billionths } => {
                if self.chances.fills(queue, billionths) {
                    quantity - given
                } else {
                    0
                }
            }
            _ if self.pending => 0,
            QueueModel::Auto | QueueModel::TradesOnly => self.pass(queue, quantity) as i64 - given,
            QueueModel::Shared { .. } => {
                self.traded = self.traded.saturating_add(quantity);
                let left = self.pass(queue, quantity).div_euclid(queue.parts) as i64 - given;
                left.div_euclid(queue.lot) * queue.lot
            }
        }
    }

    /// Lets a trade use up what is ahead. Returns what is left of it, in parts.
    fn pass(&mut self, queue: &Queue, quantity: i64) -> i128 {
        let size = queue.parts_of(quantity);
        let used = self.front.min(size);
        self.front -= used;
        size - used
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::{ASSET_PLACES, Asset, AssetIndex, Instrument};
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use std::sync::Arc;

    fn queue(model: &str) -> Queue {
        let instrument = Instrument::new("A/B", Decimal::ONE, Decimal::ONE).expect("rules");
        let assets = ["A", "B"].map(|name| Asset { name: name.to_owned(), places: ASSET_PLACES });
        let indices = (AssetIndex(0), AssetIndex(1));
        let spec = Spec::new(Arc::new(instrument), &assets, indices, (0, 0)).expect("fits");
        Queue::new(QueueModel::parse(model).expect(model), &spec, 0)
    }

    fn behind(queue: &Queue, displayed: i64) -> Place {
        Place::behind(queue, Some(displayed), 0, Chances::of(1))
    }

    /// Front of an order with 40 ahead and 60 behind, after `change`, in units.
    fn front_after(model: &str, change: impl Fn(&Queue, &mut Place)) -> f64 {
        let queue = queue(model);
        let mut place = behind(&queue, 40);
        place.level_is(&queue, 100);
        change(&queue, &mut place);
        place.front as f64 / queue.unit
    }

    #[test]
    fn trades_move_the_queue_and_cancels_stay_behind() {
        let queue = queue("trades_only");
        let mut place = behind(&queue, 12);
        assert_eq!([7, 6, 10].map(|quantity| place.traded(&queue, quantity, 0)), [0, 1, 10]);
        let mut place = behind(&queue, 12);
        place.level_is(&queue, 16);
        assert_eq!(place.front, 12);
        place.level_is(&queue, 8);
        assert_eq!((place.front, place.traded(&queue, 9, 0)), (8, 1));
    }

    #[test]
    fn who_comes_to_an_empty_level_stands_behind() {
        for model in ["trades_only", "power 2", "log_front"] {
            let queue = queue(model);
            let mut place = behind(&queue, 5);
            place.level_is(&queue, 0);
            assert_eq!(place.front, 0, "{model}");
            place.level_is(&queue, 7);
            assert_eq!(place.front, 0, "{model}");
            let mut first = behind(&queue, 0);
            first.level_is(&queue, 0);
            first.level_is(&queue, 7);
            assert_eq!(first.front, 0, "{model}");
        }
    }

    #[test]
    fn an_unseen_queue_gives_nothing_at_the_price() {
        for model in ["trades_only", "power 2"] {
            let queue = queue(model);
            let mut place = Place::behind(&queue, None, 0, Chances::of(1));
            assert_eq!(place.traded(&queue, 100, 0), 0);
            place.level_is(&queue, 3);
            assert_eq!(place.traded(&queue, 5, 0), 2);
        }
    }

    /// The worked examples: 40 ahead, 60 behind, ten of a hundred vanish.
    #[test]
    fn a_cut_is_shared_by_the_weights_of_both_parts() {
        let shrinks = |queue: &Queue, place: &mut Place| place.level_is(queue, 90);
        for (model, front) in [
            ("power 2", 36.923_076_923),   // p = 3600 / 5200
            ("power 1", 36.0),             // p = 60 / 100
            ("power_total 2", 33.6),       // p = 3600 / 10000
            ("power_front 2", 38.4),       // p = 1 - (40 / 100)^2
            ("power_front 1", 36.0),       // p = 1 - 40 / 100
            ("log", 35.253_884_941),       // p = 0.5253885
            ("log_total", 38.907_403_066), // p = ln 61 / ln 101
            ("log_front", 35.145_731_728), // p = 1 - ln 1.4 / ln 2
        ] {
            assert!((front_after(model, shrinks) - front).abs() < 2e-9, "{model}");
        }
    }

    #[test]
    fn what_was_traded_is_no_cut() {
        let front = front_after("power 2", |queue, place| {
            assert_eq!(place.traded(queue, 6, 0), 0);
            assert_eq!(place.front, queue.parts_of(34));
            place.level_is(queue, 94); // just what was traded: nothing was cancelled
            assert_eq!(place.front, queue.parts_of(34));
        });
        assert!((front - 34.0).abs() < 1e-9);
        let front = front_after("power 2", |queue, place| {
            place.traded(queue, 6, 0);
            place.level_is(queue, 100); // the same again is no news, what was traded stays known
            place.level_is(queue, 90);
        });
        assert!((front - 33.027_754_415).abs() < 1e-9, "{front}"); // p = 3600 / 4756
    }

    #[test]
    fn a_fill_is_rounded_down_to_a_lot() {
        let queue = queue("power 2");
        let mut place = behind(&queue, 40);
        place.level_is(&queue, 100);
        place.level_is(&queue, 90); // 36.923 ahead
        assert_eq!(place.traded(&queue, 36, 0), 0);
        assert_eq!(place.traded(&queue, 1, 0), 0); // 0.077 of it
        assert_eq!(place.traded(&queue, 3, 1), 2);
    }

    #[test]
    fn a_touch_fills_as_often_as_it_says() {
        for (model, low, high) in
            [("touch 0", 0, 0), ("touch 0.3", 2_850, 3_150), ("touch 1", 10_000, 10_000)]
        {
            let queue = queue(model);
            let mut place = behind(&queue, 1_000);
            let fills = (0..10_000).filter(|_| place.traded(&queue, 5, 0) == 5).count();
            assert!((low..=high).contains(&fills), "{model}: {fills}");
        }
    }

    #[test]
    fn models_are_written_as_they_are_read() {
        for form in FORMS.iter().chain(&["touch 1", "touch 0.000000001", "power_front 10"]) {
            assert_eq!(QueueModel::parse(form).expect(form).to_string(), *form);
        }
        for (text, said) in [
            ("frnt", "did you mean \"front\""),
            ("power", "from 1 to 10, like \"power 2\""),
            ("power_total 0", "got 0"),
            ("power 11", "from 1 to 10"),
            ("power 1.5", "whole number"),
            ("power 2 3", "allowed"),
            ("log 2", "takes no number"),
            ("touch", "from 0 to 1"),
            ("touch 1.1", "got 1.1"),
            ("touch -0.1", "from 0 to 1"),
            ("touch nan", "from 0 to 1"),
            ("touch 0.0000000001", "9 decimal places"),
            ("", "allowed"),
        ] {
            let error = QueueModel::parse(text).expect_err(text).to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    proptest! {
        /// However a level moves: never more ahead than displayed once it was seen, never fewer
        /// fills than when all cancels are behind us, never more than when nobody is ahead.
        #[test]
        fn every_estimate_lies_between_its_bounds(
            start in 0i64..50,
            steps in prop::collection::vec((any::<bool>(), 0i64..50), 1..40),
            model in prop::sample::select(vec![
                "power 1", "power 3", "power_total 2", "power_front 5", "log", "log_total",
                "log_front",
            ]),
        ) {
            let (careful, shared) = (queue("trades_only"), queue(model));
            let (mut least, mut place) = (behind(&careful, start), behind(&shared, start));
            let (mut least_filled, mut filled, mut displayed) = (0, 0, start);
            for (trade, quantity) in steps {
                if trade {
                    let left = place.traded(&shared, quantity, 0);
                    prop_assert!(left <= quantity);
                    filled += left;
                    least_filled += least.traded(&careful, quantity, 0);
                } else {
                    displayed = quantity;
                    place.level_is(&shared, quantity);
                    least.level_is(&careful, quantity);
                }
                prop_assert!((0..=shared.parts_of(displayed)).contains(&place.front)
                    || displayed == start);
                prop_assert!(place.front <= shared.parts_of(least.front as i64));
                prop_assert!(filled >= least_filled);
            }
        }
    }
}
