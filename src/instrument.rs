//! What is traded: assets, instruments and their rules; index keys.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::error::{Error, Result, shown};
use crate::num::{self, MAX_SCALE, Multiples, Ratio};
use crate::rules::{RuleChange, RuleName, RuleValue, Scales, Timeline, contradiction, fault};
use crate::time::Time;

/// Position of an asset in a run.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct AssetIndex(pub u32);

/// Position of an instrument in a run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct InstrumentIndex(pub u32);

impl AssetIndex {
    /// As an index into a slice.
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

impl InstrumentIndex {
    /// As an index into a slice.
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

/// Decimal places to which money of an asset is kept.
pub const ASSET_PLACES: u32 = 8;

/// What kind of contract an instrument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstrumentKind {
    /// Base against quote, delivered at once.
    Spot,
    /// A contract without expiry, settled in the quote asset.
    Perpetual,
    /// A contract with an expiry, settled in the quote asset.
    Future,
    /// A right with an expiry.
    Option,
}

impl InstrumentKind {
    /// Every kind with its name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("spot", Self::Spot),
        ("perpetual", Self::Perpetual),
        ("future", Self::Future),
        ("option", Self::Option),
    ];

    /// The name that users write.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// An instrument and the rules of its venue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instrument {
    /// Name within a run, such as "BTC/USDT".
    pub name: String,
    /// Asset that is bought and sold.
    pub base: String,
    /// Asset that prices are in; empty if not known yet (then that of the run's cash).
    pub quote: String,
    /// Kind of contract.
    pub kind: InstrumentKind,
    /// Smallest step of a price, in quote.
    pub tick: Decimal,
    /// Smallest step of a quantity, in base (or contracts).
    pub lot: Decimal,
    /// Smallest price × quantity of an order, in quote; zero for none.
    pub min_notional: Decimal,
    /// Base units in one contract.
    pub multiplier: Decimal,
    /// True if tick and lot were read off the data.
    pub inferred: bool,
    /// Further rules from the start.
    pub rules: Vec<(RuleName, RuleValue)>,
    /// Rules that change, ascending in time.
    pub changes: Vec<RuleChange>,
}

impl Instrument {
    /// A spot instrument; base and quote come from a name such as "BTC/USDT" or "BTC-USDT".
    pub fn new(name: &str, tick: Decimal, lot: Decimal) -> Result<Self> {
        let (base, quote) = split_name(name);
        let instrument = Self {
            name: name.to_owned(),
            base,
            quote,
            kind: InstrumentKind::Spot,
            tick,
            lot,
            min_notional: Decimal::ZERO,
            multiplier: Decimal::ONE,
            inferred: false,
            rules: Vec::new(),
            changes: Vec::new(),
        };
        instrument.check()?;
        Ok(instrument)
    }

    /// An error that names the first field out of range.
    pub fn check(&self) -> Result<()> {
        let bad = |text: String| {
            Err(Error::Config(format!("instrument \"{}\": {text}", shown(&self.name))))
        };
        check_name("instrument: name", &self.name)?;
        check_name("instrument: base", &self.base)?;
        if !self.quote.is_empty() {
            check_name("instrument: quote", &self.quote)?;
        }
        if self.base.eq_ignore_ascii_case(&self.quote) {
            return bad(format!("base and quote are both \"{}\"", shown(&self.quote)));
        }
        for (field, value) in
            [("tick", self.tick), ("lot", self.lot), ("multiplier", self.multiplier)]
        {
            if value <= Decimal::ZERO {
                return bad(format!("{field} must be > 0, got {value}"));
            }
            if num::places_of(value) > MAX_SCALE {
                return bad(format!(
                    "{field} may have at most {MAX_SCALE} decimal places, got {value}"
                ));
            }
        }
        if self.multiplier > MAX_MULTIPLIER {
            let seen = self.multiplier;
            return bad(format!("multiplier must be at most {MAX_MULTIPLIER}, got {seen}"));
        }
        if self.min_notional < Decimal::ZERO {
            return bad(format!("min_notional must be >= 0, got {}", self.min_notional));
        }
        let own = self.rules.iter().map(|(name, value)| (*name, Some(*value)));
        let changed = self.changes.iter().flat_map(|change| change.rules.iter().copied());
        if let Some(text) = own.chain(changed).find_map(|(name, value)| fault(name, value)) {
            return bad(text);
        }
        if self.changes.windows(2).any(|pair| pair[0].from >= pair[1].from) {
            return bad("rules must ascend in time".to_owned());
        }
        if let Some(text) = contradiction(self.min_notional, &self.rules, &self.changes) {
            return bad(text);
        }
        for (field, step) in [("tick", self.finest_tick()), ("lot", self.finest_lot())] {
            if num::places_of(step) > MAX_SCALE {
                return bad(format!("{field} may have at most {MAX_SCALE} decimal places"));
            }
        }
        Ok(())
    }

    /// The step of which every tick that was ever in force is a multiple.
    pub fn finest_tick(&self) -> Decimal {
        self.finest(RuleName::Tick, self.tick)
    }

    /// The step of which every lot that was ever in force is a multiple.
    pub fn finest_lot(&self) -> Decimal {
        self.finest(RuleName::Lot, self.lot)
    }

    fn finest(&self, name: RuleName, first: Decimal) -> Decimal {
        let changed = self.changes.iter().flat_map(|change| change.rules.iter());
        changed.fold(first, |step, (changed, value)| match value {
            Some(RuleValue::Number(value)) if *changed == name => num::common_step(step, *value),
            _ => step,
        })
    }

    /// Decimal places of a price on a tick.
    pub fn price_scale(&self) -> u32 {
        num::places_of(self.finest_tick())
    }

    /// Decimal places of a quantity on a lot.
    pub fn quantity_scale(&self) -> u32 {
        num::places_of(self.finest_lot())
    }

    /// `price` moved to a tick: "down", "up" or "nearest" (half to even).
    pub fn round_price(&self, price: Decimal, how: Rounding) -> Decimal {
        round_to(price, self.tick, how)
    }

    /// `quantity` moved to a lot.
    pub fn round_quantity(&self, quantity: Decimal, how: Rounding) -> Decimal {
        round_to(quantity, self.lot, how)
    }
}

/// Which way to round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards minus infinity.
    Down,
    /// Towards plus infinity.
    Up,
    /// To the nearest, half to even.
    Nearest,
}

fn round_to(value: Decimal, step: Decimal, how: Rounding) -> Decimal {
    let steps = value / step;
    let whole = match how {
        Rounding::Down => steps.floor(),
        Rounding::Up => steps.ceil(),
        Rounding::Nearest => steps.round(),
    };
    (whole * step).normalize()
}

/// Base and quote of a name such as "BTC/USDT"; the quote is empty if the name does not say it.
pub fn split_name(name: &str) -> (String, String) {
    match name.split_once(['/', '-', '_']) {
        Some((base, quote)) if !base.is_empty() && !quote.is_empty() => {
            (base.to_owned(), quote.to_owned())
        }
        _ => (name.to_owned(), String::new()),
    }
}

/// Largest multiplier: with more, values of orders that a market can show do not fit.
const MAX_MULTIPLIER: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Names are 1 to 64 printable characters; `what` says whose.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    let length = name.chars().count();
    if (1..=64).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let seen = shown(name);
    Err(Error::Config(format!("{what} \"{seen}\" must have 1 to 64 printable characters")))
}

/// An asset of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its name.
    pub name: String,
    /// Money of it is an integer count of `10^-places`.
    pub places: u32,
}

/// An instrument's rules as the integers of one run.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The instrument as the user knows it.
    pub instrument: Arc<Instrument>,
    /// Asset of base quantities; on a linear account no balance moves in it.
    pub base: AssetIndex,
    /// Asset of prices, cost and fees.
    pub quote: AssetIndex,
    /// Raw price units are `10^-price_scale`.
    pub price_scale: u32,
    /// Raw quantity units are `10^-quantity_scale`.
    pub quantity_scale: u32,
    /// Tick in raw price units; if it changes, a step of which each tick is a multiple.
    pub tick: i64,
    /// Lot in raw quantity units; if it changes, a step of which each lot is a multiple.
    pub lot: i64,
    /// The prices that lie on the tick.
    pub ticks: Multiples,
    /// The quantities that are whole lots.
    pub lots: Multiples,
    /// Least cost of an order in quote money.
    pub min_notional: i128,
    /// All rules in the order of time; `None` for one tick, lot and smallest notional.
    pub rules: Option<Arc<Timeline>>,
    /// raw price × raw quantity × this = money in quote.
    pub cost: Ratio,
    /// doubled raw price × raw quantity × this = money in quote; a midpoint is a whole number when
    /// doubled.
    pub half_cost: Ratio,
    /// raw quantity × this = money in base.
    pub base_amount: Ratio,
}

impl Spec {
    /// Rules of `instrument` at the scales of its data; `base` and `quote` are places in `assets`.
    pub fn new(
        instrument: Arc<Instrument>,
        assets: &[Asset],
        (base, quote): (AssetIndex, AssetIndex),
        (price_scale, quantity_scale): (u32, u32),
    ) -> Result<Self> {
        let range = |what: &str| {
            let name = shown(&instrument.name);
            Error::Config(format!("instrument \"{name}\": {what} does not fit its scale"))
        };
        let (tick, lot) = (instrument.finest_tick(), instrument.finest_lot());
        let tick = num::from_decimal(tick, price_scale).ok_or_else(|| range("tick"))?;
        let lot = num::from_decimal(lot, quantity_scale).ok_or_else(|| range("lot"))?;
        let unit = 10i128.pow(assets[quote.at()].places);
        let scales = Scales { price: price_scale, quantity: quantity_scale, money: unit };
        let rules = timeline(&instrument, scales).map_err(range)?;
        let base_unit = 10i128.pow(assets[base.at()].places);
        let cost = Ratio::new(unit, 10i128.pow(price_scale + quantity_scale))
            .checked_mul(Ratio::from_decimal(instrument.multiplier))
            .ok_or_else(|| range("multiplier"))?;
        let min_notional = Ratio::from_decimal(instrument.min_notional)
            .scale_up(unit)
            .ok_or_else(|| range("min_notional"))?;
        let half_cost = cost.checked_mul(Ratio::new(1, 2)).ok_or_else(|| range("multiplier"))?;
        let base_amount = Ratio::new(base_unit, 10i128.pow(quantity_scale))
            .checked_mul(Ratio::from_decimal(instrument.multiplier))
            .ok_or_else(|| range("multiplier"))?;
        Ok(Self {
            instrument,
            base,
            quote,
            price_scale,
            quantity_scale,
            tick,
            lot,
            ticks: Multiples::of(tick),
            lots: Multiples::of(lot),
            min_notional,
            rules,
            cost,
            half_cost,
            base_amount,
        })
    }

    /// The step of quantities in force at `now`, raw.
    pub fn lot_at(&self, now: Time) -> i64 {
        self.rules.as_ref().map_or(self.lot, |rules| rules.at(now).lot)
    }

    /// The step of prices in force at `now`, raw.
    pub fn tick_at(&self, now: Time) -> i64 {
        self.rules.as_ref().map_or(self.tick, |rules| rules.at(now).tick)
    }

    /// `price × quantity` in quote money, rounded half to even; panics when out of range, which
    /// `MAX_RAW` excludes for every market that exists.
    #[inline]
    pub fn notional(&self, price: i64, quantity: i64) -> i128 {
        let product = i128::from(price) * i128::from(quantity);
        self.cost
            .scale(product)
            .unwrap_or_else(|| panic!("cost of {quantity} at {price} out of range"))
    }

    /// The same rounded up: above no bound that the exact value keeps.
    #[inline]
    pub fn notional_up(&self, price: i64, quantity: i64) -> i128 {
        let product = i128::from(price) * i128::from(quantity);
        self.cost
            .scale_up(product)
            .unwrap_or_else(|| panic!("cost of {quantity} at {price} out of range"))
    }

    /// The same rounded down: below no bound that the exact value keeps.
    #[inline]
    pub fn notional_down(&self, price: i64, quantity: i64) -> i128 {
        -self.notional_up(price, -quantity)
    }

    /// Raw price × raw quantity that `amount` of quote money pays for, rounded down.
    fn product_for(&self, amount: i128) -> i128 {
        let (numerator, denominator) = self.cost.parts();
        amount.saturating_mul(denominator) / numerator
    }

    /// The most that `amount` of quote money pays for at `price`, raw, in whole lots.
    pub fn lots_for(&self, amount: i128, price: i64, lot: i64) -> i64 {
        let quantity = self.product_for(amount) / i128::from(price);
        quantity.min(i128::from(num::MAX_RAW)) as i64 / lot * lot
    }

    /// What a signed quantity is worth at a doubled price, in quote money.
    #[inline]
    pub fn value(&self, doubled_price: i64, quantity: i64) -> i128 {
        let product = i128::from(doubled_price) * i128::from(quantity);
        self.half_cost.scale(product).unwrap_or_else(|| panic!("value of {quantity} out of range"))
    }

    /// The quantity that an amount of the base asset is, raw, rounded down.
    pub fn quantity_of(&self, base_money: i128) -> i64 {
        let raw = Ratio::ONE.checked_div(self.base_amount);
        raw.map_or(0, |raw| raw.scale_floor(base_money) as i64)
    }

    /// Base quantity as money of the base asset.
    #[inline]
    pub fn base_money(&self, quantity: i64) -> i128 {
        let money = self.base_amount.scale(i128::from(quantity));
        money.unwrap_or_else(|| panic!("quantity {quantity} out of range"))
    }
}

/// All rules of an instrument in the order of time, if it has more than the usual. The error names
/// what does not fit its scale.
fn timeline(
    instrument: &Instrument,
    scales: Scales,
) -> Result<Option<Arc<Timeline>>, &'static str> {
    if instrument.rules.is_empty() && instrument.changes.is_empty() {
        return Ok(None);
    }
    let own = [
        (RuleName::Tick, instrument.tick),
        (RuleName::Lot, instrument.lot),
        (RuleName::MinNotional, instrument.min_notional),
    ];
    let mut first = own.map(|(name, value)| (name, RuleValue::Number(value))).to_vec();
    first.extend(&instrument.rules);
    let timeline = Timeline::new(&first, &instrument.changes, scales);
    Ok(Some(Arc::new(timeline.ok_or("a changed step")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        num::parse_decimal("test", text).expect("a number")
    }

    #[test]
    fn names_split() {
        assert_eq!(split_name("BTC/USDT"), ("BTC".to_owned(), "USDT".to_owned()));
        assert_eq!(split_name("ES"), ("ES".to_owned(), String::new()));
    }

    #[test]
    fn rules_out_of_range_are_named() {
        for (tick, lot, field) in [("0", "1", "tick"), ("0.01", "-1", "lot")] {
            let text =
                Instrument::new("A/B", number(tick), number(lot)).expect_err(field).to_string();
            assert!(text.contains(field), "{text}");
        }
        assert!(Instrument::new("", Decimal::ONE, Decimal::ONE).is_err());
        assert!(Instrument::new(&"x".repeat(65), Decimal::ONE, Decimal::ONE).is_err());
    }

    #[test]
    fn prices_round_to_a_tick() {
        let instrument = Instrument::new("A/B", number("0.25"), Decimal::ONE).expect("rules");
        let rounded = |how| instrument.round_price(number("100.3"), how);
        assert_eq!(rounded(Rounding::Down), number("100.25"));
        assert_eq!(rounded(Rounding::Up), number("100.5"));
        assert_eq!(rounded(Rounding::Nearest), number("100.25"));
    }

    #[test]
    fn cost_is_exact() {
        let instrument = Instrument::new("A/B", number("0.25"), number("0.001")).expect("rules");
        let assets = ["A", "B"].map(|name| Asset { name: name.to_owned(), places: ASSET_PLACES });
        let indices = (AssetIndex(0), AssetIndex(1));
        let spec = Spec::new(Arc::new(instrument), &assets, indices, (2, 3)).expect("fits");
        assert_eq!(spec.value(20_051, -1_500), -15_038_250_000); // 100.255 × -1.5
        assert_eq!(spec.notional(10_025, 1_500), 15_037_500_000); // 100.25 × 1.5 = 150.375
        assert_eq!(spec.base_money(1_500), 150_000_000);
    }

    /// 0.15 × 0.0000015 = 0.000000225: half to even it is 0.00000022, up 0.00000023.
    #[test]
    fn a_bound_is_compared_with_the_exact_cost() {
        let instrument = Instrument::new("A/B", number("0.01"), number("0.0000001")).expect("ok");
        let assets = ["A", "B"].map(|name| Asset { name: name.to_owned(), places: ASSET_PLACES });
        let indices = (AssetIndex(0), AssetIndex(1));
        let spec = Spec::new(Arc::new(instrument), &assets, indices, (2, 7)).expect("fits");
        let all = [Spec::notional_down, Spec::notional, Spec::notional_up];
        assert_eq!(all.map(|of| of(&spec, 15, 15)), [22, 22, 23]);
        assert_eq!(all.map(|of| of(&spec, 15, 17)), [25, 26, 26]); // 0.255
        assert_eq!(all.map(|of| of(&spec, 10, 20)), [20; 3]);
    }
}
