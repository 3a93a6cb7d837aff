//! Rules of a venue beyond its steps and smallest notional, and how all of them change in time.

use rust_decimal::Decimal;

use crate::num::{Ratio, from_decimal};
use crate::time::Time;

/// A rule of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleName {
    /// Smallest step of a price.
    Tick,
    /// Smallest step of a quantity.
    Lot,
    /// Smallest price × quantity of an order.
    MinNotional,
    /// Lowest limit price.
    MinPrice,
    /// Highest limit price.
    MaxPrice,
    /// How far a limit may lie from the best price of the other side.
    Band,
    /// Smallest quantity of an order.
    MinQuantity,
    /// Largest quantity of an order.
    MaxQuantity,
    /// Largest quantity of a market order.
    MarketMaxQuantity,
    /// Largest price × quantity of an order.
    MaxNotional,
    /// Most working orders.
    MaxOrders,
    /// Largest position, with the working orders of its side.
    MaxPosition,
    /// Whether orders are taken at all.
    Trading,
}

impl RuleName {
    /// Every rule with the name that users write.
    pub const NAMES: [(&'static str, Self); 13] = [
        ("tick", Self::Tick),
        ("lot", Self::Lot),
        ("min_notional", Self::MinNotional),
        ("min_price", Self::MinPrice),
        ("max_price", Self::MaxPrice),
        ("band", Self::Band),
        ("min_quantity", Self::MinQuantity),
        ("max_quantity", Self::MaxQuantity),
        ("market_max_quantity", Self::MarketMaxQuantity),
        ("max_notional", Self::MaxNotional),
        ("max_orders", Self::MaxOrders),
        ("max_position", Self::MaxPosition),
        ("trading", Self::Trading),
    ];

    /// The name that users write.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleValue {
    /// A bound or a step.
    Number(Decimal),
    /// Highest and lowest part of the reference price.
    Band {
        /// A limit is at most the reference × this.
        up: Decimal,
        /// A limit is at least the reference × this.
        down: Decimal,
    },
    /// Yes or no.
    Switch(bool),
}

/// Rules that hold from a time on; `None` lifts one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleChange {
    /// From when, included.
    pub from: Time,
    /// What changes.
    pub rules: Vec<(RuleName, Option<RuleValue>)>,
}

/// What is wrong with a rule, if anything.
pub fn fault(name: RuleName, value: Option<RuleValue>) -> Option<String> {
    let field = name.name();
    match (name, value) {
        (RuleName::Tick | RuleName::Lot, None) => Some(format!("{field} cannot be lifted")),
        (_, None) | (RuleName::Trading, Some(RuleValue::Switch(_))) => None,
        (RuleName::Tick | RuleName::Lot, Some(RuleValue::Number(value)))
            if value <= Decimal::ZERO =>
        {
            Some(format!("{field} must be > 0, got {value}"))
        }
        (RuleName::MaxOrders, Some(RuleValue::Number(value)))
            if !value.is_integer() || value > Decimal::from(u32::MAX) =>
        {
            Some(format!("{field} must be a whole number, got {value}"))
        }
        (RuleName::Band, Some(RuleValue::Band { up, down })) => (down < Decimal::ZERO || up < down)
            .then(|| {
                format!("{field} must be (up, down) with up >= down >= 0, got ({up}, {down})")
            }),
        (RuleName::Band, Some(_)) => Some(format!("{field} must be a pair (up, down)")),
        (RuleName::Trading, Some(_)) => Some(format!("{field} must be True or False")),
        (_, Some(RuleValue::Number(value))) => {
            (value < Decimal::ZERO).then(|| format!("{field} must be >= 0, got {value}"))
        }
        (_, Some(_)) => Some(format!("{field} must be a number")),
    }
}

/// Two rules in force at one time that no order can keep, if there are any.
pub fn contradiction(
    min_notional: Decimal,
    first: &[(RuleName, RuleValue)],
    changes: &[RuleChange],
) -> Option<String> {
    const PAIRS: [(RuleName, RuleName); 4] = [
        (RuleName::MinPrice, RuleName::MaxPrice),
        (RuleName::MinQuantity, RuleName::MaxQuantity),
        (RuleName::MinQuantity, RuleName::MarketMaxQuantity),
        (RuleName::MinNotional, RuleName::MaxNotional),
    ];
    let mut rules: [Option<RuleValue>; RuleName::NAMES.len()] = Default::default();
    rules[RuleName::MinNotional as usize] = Some(RuleValue::Number(min_notional));
    let start = first.iter().map(|(name, value)| (*name, Some(*value))).collect();
    let changes = changes.iter().map(|change| (Some(change.from), change.rules.clone()));
    for (from, changed) in std::iter::once((None, start)).chain(changes) {
        for (name, value) in changed {
            rules[name as usize] = value;
        }
        for (least, most) in PAIRS {
            let [low, high] = [rules[least as usize], rules[most as usize]];
            if let (Some(RuleValue::Number(low)), Some(RuleValue::Number(high))) = (low, high)
                && low > high
            {
                let (least, most) = (least.name(), most.name());
                let since = from.map_or(String::new(), |from| format!(" from {from} on"));
                return Some(format!("{least}, {low}, is above {most}, {high}{since}"));
            }
        }
    }
    None
}

/// Rules as the integers of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Step of prices, raw.
    pub tick: i64,
    /// Step of quantities, raw.
    pub lot: i64,
    /// Least and greatest limit price, raw.
    pub price: (i64, i64),
    /// Highest and lowest part of the reference price.
    pub band: Option<(Ratio, Ratio)>,
    /// Least and greatest quantity, raw.
    pub quantity: (i64, i64),
    /// Greatest quantity of a market order, raw.
    pub market_quantity: i64,
    /// Least and greatest price × quantity, in quote money.
    pub notional: (i128, i128),
    /// Most working orders.
    pub orders: u32,
    /// Largest position, raw.
    pub position: i64,
    /// Whether orders are taken.
    pub trading: bool,
}

/// The scales of a run's integers.
#[derive(Clone, Copy, Debug)]
pub struct Scales {
    /// Raw price units are `10^-price`.
    pub price: u32,
    /// Raw quantity units are `10^-quantity`.
    pub quantity: u32,
    /// Smallest units of quote money in one.
    pub money: i128,
}

/// The rules of an instrument in the order of time, from ever on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline(Vec<(Time, Limits)>);

impl Timeline {
    /// The rules `first` and their changes; `None` if a step does not fit the scales.
    pub fn new(
        first: &[(RuleName, RuleValue)],
        changes: &[RuleChange],
        scales: Scales,
    ) -> Option<Self> {
        let mut rules: [Option<RuleValue>; RuleName::NAMES.len()] = Default::default();
        for (name, value) in first {
            rules[*name as usize] = Some(*value);
        }
        let mut timeline = vec![(Time::MIN, limits(&rules, scales)?)];
        for change in changes {
            for (name, value) in &change.rules {
                rules[*name as usize] = *value;
            }
            timeline.push((change.from, limits(&rules, scales)?));
        }
        Some(Self(timeline))
    }

    /// When they change, ascending.
    pub fn changes(&self) -> impl Iterator<Item = Time> {
        self.0.iter().skip(1).map(|(from, _)| *from)
    }

    /// The rules in force at `now`.
    pub fn at(&self, now: Time) -> &Limits {
        let known = self.0.partition_point(|(from, _)| *from <= now);
        &self.0[known.max(1) - 1].1
    }
}

fn limits(rules: &[Option<RuleValue>], scales: Scales) -> Option<Limits> {
    let number = |name: RuleName| match rules[name as usize] {
        Some(RuleValue::Number(value)) => Some(value),
        _ => None,
    };
    // A bound between two raw numbers is drawn inward.
    let most = |name, unit: i128| {
        number(name).map_or(i64::MAX, |value| {
            i64::try_from(Ratio::from_decimal(value).scale_floor(unit)).unwrap_or(i64::MAX)
        })
    };
    let least = |name, unit: i128| {
        number(name).map_or(0, |value| {
            let raw = Ratio::from_decimal(value).scale_up(unit).unwrap_or(i128::MAX);
            i64::try_from(raw).unwrap_or(i64::MAX)
        })
    };
    let least_money = |name| {
        let value = number(name).map_or(Ratio::ZERO, Ratio::from_decimal);
        value.scale_up(scales.money).unwrap_or(i128::MAX)
    };
    let most_money = |name| {
        let value = number(name).map(Ratio::from_decimal);
        value.and_then(|value| value.scale_up(-scales.money)).map_or(i128::MAX, |up| -up)
    };
    let (price, quantity) = (10i128.pow(scales.price), 10i128.pow(scales.quantity));
    let band = match rules[RuleName::Band as usize] {
        Some(RuleValue::Band { up, down }) => {
            Some((Ratio::from_decimal(up), Ratio::from_decimal(down)))
        }
        _ => None,
    };
    Some(Limits {
        tick: from_decimal(number(RuleName::Tick)?, scales.price)?,
        lot: from_decimal(number(RuleName::Lot)?, scales.quantity)?,
        price: (least(RuleName::MinPrice, price), most(RuleName::MaxPrice, price)),
        band,
        quantity: (least(RuleName::MinQuantity, quantity), most(RuleName::MaxQuantity, quantity)),
        market_quantity: most(RuleName::MarketMaxQuantity, quantity),
        notional: (least_money(RuleName::MinNotional), most_money(RuleName::MaxNotional)),
        orders: most(RuleName::MaxOrders, 1).min(i64::from(u32::MAX)) as u32,
        position: most(RuleName::MaxPosition, quantity),
        trading: rules[RuleName::Trading as usize] != Some(RuleValue::Switch(false)),
    })
}
