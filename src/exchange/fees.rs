//! What a fill costs: rates, amounts beside them, a ladder by volume, and the asset it is paid in.

use std::collections::VecDeque;

use rust_decimal::Decimal;

use super::{ExchangeSettings, Hit};
use crate::account::{Account, AccountKind, Lock, Marks, may_be_capped, outstanding};
use crate::context::World;
use crate::error::{Error, Result, shown};
use crate::instrument::{AssetIndex, Spec};
use crate::market::Side;
use crate::num::{Ratio, div_half_even, gcd};
use crate::order::{Liquidity, Order};
use crate::time::Time;

/// How long a trade counts for the ladder: 30 days, in ns.
pub const VOLUME_SPAN_NS: i64 = 30 * 86_400 * 1_000_000_000;

/// What a venue charges for each fill: rate × notional + amount × quantity + a flat amount.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fees {
    /// Part of the notional for orders that rested; negative for a rebate.
    pub maker: Decimal,
    /// Part of the notional for orders that took; negative for a rebate.
    pub taker: Decimal,
    /// For each fill, in quote, >= 0.
    pub flat: Decimal,
    /// For each contract (unit of quantity), in quote, >= 0.
    pub per_contract: Decimal,
    /// Rates by the notional traded in the last 30 days, ascending, the first from 0; they stand
    /// for `maker` and `taker`. Empty for none.
    pub tiers: Vec<FeeTier>,
    /// What it is paid in.
    pub paid_in: FeeAsset,
}

/// Rates from a traded notional on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FeeTier {
    /// Traded in the last 30 days, in quote, >= 0.
    pub from: Decimal,
    /// Part of the notional for orders that rested.
    pub maker: Decimal,
    /// Part of the notional for orders that took.
    pub taker: Decimal,
}

/// What fees are paid in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FeeAsset {
    /// The asset of prices.
    Quote,
    /// What a buy receives; a sell pays in quote.
    Base,
    /// Another asset, at its price; in quote where its balance is short.
    Other {
        /// Its name.
        name: String,
        /// What one is worth in quote where no market of the run says it.
        price: Option<Decimal>,
    },
}

impl Fees {
    /// Rates and nothing else, paid in quote.
    pub fn rates(maker: Decimal, taker: Decimal) -> Self {
        let (flat, per_contract) = (Decimal::ZERO, Decimal::ZERO);
        Self { maker, taker, flat, per_contract, tiers: Vec::new(), paid_in: FeeAsset::Quote }
    }

    /// True if there are but two rates, paid in quote.
    fn is_plain(&self) -> bool {
        *self == Self::rates(self.maker, self.taker)
    }

    /// The rungs of the ladder: one where there is none.
    pub fn rungs(&self) -> Vec<FeeTier> {
        if self.tiers.is_empty() {
            return vec![FeeTier { from: Decimal::ZERO, maker: self.maker, taker: self.taker }];
        }
        self.tiers.clone()
    }

    /// The dearest rate of those that take, or of all; at least 0.
    fn dearest(&self, takers_only: bool) -> Decimal {
        let rates =
            |rung: FeeTier| if takers_only { rung.taker } else { rung.maker.max(rung.taker) };
        self.rungs().into_iter().map(rates).fold(Decimal::ZERO, Decimal::max)
    }

    /// An error that names what contradicts itself or is out of range, on an account of this kind.
    pub fn check(&self, account: AccountKind) -> Result<()> {
        let bad = |text: String| Err(Error::Config(format!("fees: {text}")));
        for (name, value) in [("flat", self.flat), ("per_contract", self.per_contract)] {
            if value < Decimal::ZERO {
                return bad(format!("{name} must be >= 0, got {value}"));
            }
        }
        let ascending = self.tiers.windows(2).all(|pair| pair[0].from < pair[1].from);
        if self.tiers.first().is_some_and(|tier| !tier.from.is_zero()) || !ascending {
            return bad("tiers must ascend, the first from 0".to_owned());
        }
        if let FeeAsset::Other { price: Some(price), .. } = &self.paid_in
            && *price <= Decimal::ZERO
        {
            return bad(format!("price must be > 0, got {price}"));
        }
        if self.paid_in == FeeAsset::Base && account != AccountKind::Cash {
            return bad("only a cash account receives base to pay them in".to_owned());
        }
        Ok(())
    }

    /// True if an instrument's fees are paid in its quote asset.
    fn are_in_quote(&self, spec: &Spec) -> bool {
        match &self.paid_in {
            FeeAsset::Quote => true,
            FeeAsset::Base => false,
            FeeAsset::Other { name, .. } => name.eq_ignore_ascii_case(&spec.instrument.quote),
        }
    }

    /// What a buy holds back: its cost, and with fees in quote the dearest of them.
    pub fn lock(&self, spec: &Spec) -> Result<Lock> {
        self.cover(spec, self.dearest(false))
    }

    /// What a market order's money must pay for.
    pub(super) fn taking(&self, spec: &Spec) -> Result<Lock> {
        self.cover(spec, self.dearest(true))
    }

    fn cover(&self, spec: &Spec, rate: Decimal) -> Result<Lock> {
        if !self.are_in_quote(spec) {
            return Ok(Lock { value: spec.cost, beside: None, covers_fee: false });
        }
        let value = fee_unit(spec, Decimal::ONE + rate)?;
        let mut beside = None;
        if !(self.flat.is_zero() && self.per_contract.is_zero()) {
            let (each, flat) = self.amounts(spec)?;
            beside = Some((each, flat.scale_up(1).unwrap_or(i128::MAX)));
        }
        Ok(Lock { value, beside, covers_fee: true })
    }

    /// Money of a raw unit of quantity and of a fill.
    fn amounts(&self, spec: &Spec) -> Result<(Ratio, Ratio)> {
        let money = |amount: Decimal, per: i128| {
            let money = quote_unit(spec).and_then(|unit| {
                unit.checked_mul(Ratio::from_decimal(amount))?.checked_mul(Ratio::new(1, per))
            });
            money.ok_or_else(|| Error::Config(format!("fee {amount} has too many digits")))
        };
        let per_contract = money(self.per_contract, 10i128.pow(spec.quantity_scale))?;
        Ok((per_contract, money(self.flat, 1)?))
    }
}

/// Raw price × raw quantity × this = a share of the notional in quote money.
fn fee_unit(spec: &Spec, rate: Decimal) -> Result<Ratio> {
    let unit = spec.cost.checked_mul(Ratio::from_decimal(rate));
    unit.ok_or_else(|| Error::Config(format!("fee rate {rate} has too many digits")))
}

/// The smallest units of quote money in one.
fn quote_unit(spec: &Spec) -> Option<Ratio> {
    let raw = Ratio::new(10i128.pow(spec.price_scale + spec.quantity_scale), 1);
    spec.cost.checked_mul(raw)?.checked_div(Ratio::from_decimal(spec.instrument.multiplier))
}

/// Fee units by liquidity.
#[derive(Clone, Copy, Debug)]
struct FeeUnits {
    maker: Ratio,
    taker: Ratio,
}

/// The fees of a run: what each fill pays, and in what.
#[derive(Debug)]
pub(super) struct FeeBook {
    /// By instrument; all there is to two rates in quote.
    plain: Vec<FeeUnits>,
    schedule: Option<Box<Schedule>>,
    /// What a market order's money must pay for, by instrument.
    pub(super) taking: Vec<Lock>,
}

/// A fill that is about to pay.
#[derive(Clone, Copy)]
pub(super) struct Paying<'a> {
    pub(super) order: &'a Order,
    pub(super) hit: Hit,
    pub(super) now: Time,
    /// Number of the fill.
    pub(super) id: u32,
    pub(super) account: &'a Account,
    pub(super) world: &'a World,
}

impl FeeBook {
    pub(super) fn new(settings: &ExchangeSettings, world: &World) -> Result<Self> {
        let fees = &settings.fees;
        fees.check(settings.account)?;
        let is_plain = fees.is_plain();
        let venues = &settings.venues;
        if let Some(venue) = venues.iter().find(|one| !(is_plain && one.fees.is_plain())) {
            let venue = shown(&venue.name);
            return Err(Error::Config(format!(
                "fees: where venues differ (\"{venue}\"), all must be two rates paid in quote"
            )));
        }
        let specs =
            || world.specs.iter().enumerate().map(|(at, spec)| (settings.fees_of(at), spec));
        let units = |(fees, spec): (&Fees, &Spec)| {
            Ok(FeeUnits { maker: fee_unit(spec, fees.maker)?, taker: fee_unit(spec, fees.taker)? })
        };
        let schedule = (!is_plain).then(|| Schedule::new(fees, world).map(Box::new)).transpose()?;
        Ok(Self {
            plain: specs().map(units).collect::<Result<_>>()?,
            schedule,
            taking: specs().map(|(fees, spec)| fees.taking(spec)).collect::<Result<_>>()?,
        })
    }

    /// The fee of a fill that is not booked yet, and its asset; `mark` is the doubled price of an
    /// instrument.
    #[inline]
    pub(super) fn charge(&mut self, fill: Paying<'_>, mark: impl Marks) -> (i128, AssetIndex) {
        if let Some(schedule) = &mut self.schedule {
            return schedule.charge(fill, mark);
        }
        let Paying { order, hit, account, world, .. } = fill;
        let at = order.request.instrument.at();
        let (spec, units) = (&world.specs[at], &self.plain[at]);
        let unit = match hit.liquidity {
            Liquidity::Maker => units.maker,
            Liquidity::Taker => units.taker,
        };
        let mut fee = unit
            .scale(i128::from(hit.price) * i128::from(hit.quantity))
            .unwrap_or_else(|| out_of_range(order));
        if account.kind == AccountKind::Cash && order.request.side == Side::Buy {
            // Cost and fee are rounded one by one; the last unit must not overdraw the account.
            let holding = account.holdings[spec.quote.at()];
            fee = fee.min(holding.free() + order.locked - spec.notional(hit.price, hit.quantity));
        }
        (fee, spec.quote)
    }

    /// The fee of a fill in quote money, as it was converted when it was paid in something else.
    pub(super) fn value(&self, id: u32) -> Option<i128> {
        let values = &self.schedule.as_ref()?.values;
        values.binary_search_by_key(&id, |(id, _)| *id).ok().map(|at| values[at].1)
    }
}

fn out_of_range(order: &Order) -> ! {
    panic!("the fee of order {} is out of range", order.id.0)
}

/// Everything beyond two rates in quote.
#[derive(Debug)]
struct Schedule {
    /// By instrument, by rung of the ladder: of makers and of takers.
    parts: Vec<Vec<[Parts; 2]>>,
    volume: Volume,
    /// By instrument.
    paid: Vec<Paid>,
    /// Fills that paid in another asset than quote, and their fees in quote money.
    values: Vec<(u32, i128)>,
}

/// `(value × raw price × raw quantity + each × raw quantity + flat) / denominator` in quote money.
#[derive(Clone, Copy, Debug)]
struct Parts {
    value: i128,
    each: i128,
    flat: i128,
    denominator: i128,
}

impl Parts {
    fn new(value: Ratio, each: Ratio, flat: Ratio) -> Option<Self> {
        let all = [value, each, flat].map(Ratio::parts);
        let common = all.iter().try_fold(1i128, |common, (_, denominator)| {
            let shared = gcd(common.unsigned_abs(), denominator.unsigned_abs()) as i128;
            common.checked_mul(denominator / shared)
        })?;
        let [value, each, flat] = all.map(|(numerator, of)| numerator.checked_mul(common / of));
        Some(Self { value: value?, each: each?, flat: flat?, denominator: common })
    }

    /// Numerator of the fee of a fill.
    fn numerator(&self, price: i64, quantity: i64) -> Option<i128> {
        let quantity = i128::from(quantity);
        let value = self.value.checked_mul(i128::from(price).checked_mul(quantity)?)?;
        value.checked_add(self.each.checked_mul(quantity)?)?.checked_add(self.flat)
    }
}

/// What an instrument's fees are paid in.
#[derive(Clone, Copy, Debug)]
enum Paid {
    Quote,
    Base,
    Other {
        asset: AssetIndex,
        /// The market that prices it, and money of it × doubled price for one of quote money.
        market: Option<(usize, Ratio)>,
        /// Money of it for one of quote money.
        constant: Option<Ratio>,
    },
}

impl Paid {
    fn new(fees: &Fees, spec: &Spec, world: &World) -> Result<Self> {
        let FeeAsset::Other { name, price } = &fees.paid_in else {
            return Ok(if fees.paid_in == FeeAsset::Base { Self::Base } else { Self::Quote });
        };
        if fees.are_in_quote(spec) {
            return Ok(Self::Quote);
        }
        let same = |asset: &crate::instrument::Asset| asset.name.eq_ignore_ascii_case(name);
        let at = world.assets.iter().position(same);
        let at = at.unwrap_or_else(|| panic!("the asset of fees is an asset of the run"));
        let asset = AssetIndex(at as u32);
        let markets = || world.specs.iter().enumerate();
        let market = markets().find(|(_, by)| by.base == asset && by.quote == spec.quote);
        let market =
            market.and_then(|(by, of)| Some((by, of.base_amount.checked_div(of.half_cost)?)));
        let unit = Ratio::new(10i128.pow(world.assets[at].places), 1);
        let constant = price.and_then(|price| {
            unit.checked_div(quote_unit(spec)?)?.checked_div(Ratio::from_decimal(price))
        });
        if market.is_none() && constant.is_none() {
            let (name, quote) = (shown(name), shown(&spec.instrument.quote));
            return Err(Error::Config(format!(
                "fees in {name}: the data have no market of {name} in {quote}; \
                 say what one is worth, like Fees(\"0.1%\", asset=\"{name}\", price=300)"
            )));
        }
        Ok(Self::Other { asset, market, constant })
    }
}

impl Schedule {
    fn new(fees: &Fees, world: &World) -> Result<Self> {
        let rungs = fees.rungs();
        let parts = |spec: &Spec| {
            let (each, flat) = fees.amounts(spec)?;
            let part = |rate: Decimal| {
                Parts::new(fee_unit(spec, rate)?, each, flat)
                    .ok_or_else(|| Error::Config("fees have too many digits".to_owned()))
            };
            rungs.iter().map(|rung| Ok([part(rung.maker)?, part(rung.taker)?])).collect()
        };
        let specs = &world.specs;
        Ok(Self {
            parts: specs.iter().map(parts).collect::<Result<_>>()?,
            volume: Volume::new(&rungs, world)?,
            paid: specs.iter().map(|spec| Paid::new(fees, spec, world)).collect::<Result<_>>()?,
            values: Vec::new(),
        })
    }

    fn charge(&mut self, fill: Paying<'_>, mark: impl Marks) -> (i128, AssetIndex) {
        let Paying { order, hit, now, id, world, .. } = fill;
        let at = order.request.instrument.at();
        let spec = &world.specs[at];
        let cost = spec.notional(hit.price, hit.quantity);
        let parts = &self.parts[at][self.volume.rung(spec.quote, now)][hit.liquidity as usize];
        self.volume.add(spec.quote, now, cost);
        let numerator = parts.numerator(hit.price, hit.quantity);
        let numerator = numerator.unwrap_or_else(|| out_of_range(order));
        let fee = Fee { numerator, denominator: parts.denominator };
        let paid = match self.paid[at] {
            Paid::Other { asset, market, constant } => {
                let by_market = market.and_then(|(by, unit)| price_of(unit, mark(by)?));
                fee.in_other(&fill, asset, by_market.or(constant))
            }
            Paid::Base if order.request.side == Side::Buy => fee.in_base(&fill),
            Paid::Base | Paid::Quote => None,
        };
        let paid = paid.unwrap_or_else(|| fee.in_quote(&fill, cost));
        if paid.1 != spec.quote {
            self.values.push((id, fee.money()));
        }
        paid
    }
}

/// Money for one of quote money, at a doubled price.
fn price_of(unit: Ratio, doubled: i64) -> Option<Ratio> {
    let price = Ratio::new(1, i128::from(Some(doubled).filter(|price| *price > 0)?));
    unit.checked_mul(price)
}

/// The exact fee of a fill in quote money.
#[derive(Clone, Copy, Debug)]
struct Fee {
    numerator: i128,
    denominator: i128,
}

impl Fee {
    /// In quote money, rounded half to even.
    fn money(self) -> i128 {
        div_half_even(self.numerator, self.denominator)
    }

    /// In money of which there is `unit` for one of quote money; rounded half to even, once.
    fn converted(self, unit: Ratio) -> Option<i128> {
        let exact = Ratio::new(self.numerator, self.denominator).checked_mul(unit);
        // Too many digits for an exact product: then of the rounded fee.
        exact.and_then(|exact| exact.scale(1)).or_else(|| unit.scale(self.money()))
    }

    /// Paid in a third asset, if its price is known and its balance suffices.
    fn in_other(
        self,
        fill: &Paying<'_>,
        asset: AssetIndex,
        unit: Option<Ratio>,
    ) -> Option<(i128, AssetIndex)> {
        let amount = self.converted(unit?)?;
        let (spec, request) = (fill.spec(), &fill.order.request);
        let bought = asset == spec.base && request.side == Side::Buy && fill.is_cash();
        let received = if bought { spec.base_money(fill.hit.quantity) } else { 0 };
        let free = fill.account.holdings[asset.at()].free() + received;
        (amount <= free.max(0)).then_some((amount, asset))
    }

    /// Taken from the base that a buy receives, at most all of it.
    fn in_base(self, fill: &Paying<'_>) -> Option<(i128, AssetIndex)> {
        let spec = fill.spec();
        let unit = spec.base_amount.checked_div(spec.cost)?;
        let amount = self.converted(price_of(unit, fill.hit.price)?)?;
        Some((amount.min(spec.base_money(fill.hit.quantity)), spec.base))
    }

    /// Paid in quote; out of the base that a buy receives if quote is short. A sell pays at most
    /// what there is.
    fn in_quote(self, fill: &Paying<'_>, cost: i128) -> (i128, AssetIndex) {
        let (fee, quote) = (self.money(), fill.spec().quote);
        if !fill.is_cash() {
            return (fee, quote);
        }
        let room = fill.quote_room(cost).max(0);
        // Cost and fee are rounded one by one: the last unit is no shortage.
        if fee <= room + 1 || fill.order.request.side == Side::Sell {
            return (fee.min(room), quote);
        }
        self.in_base(fill).unwrap_or((room, quote))
    }
}

impl Paying<'_> {
    fn spec(&self) -> &Spec {
        &self.world.specs[self.order.request.instrument.at()]
    }

    fn is_cash(&self) -> bool {
        self.account.kind == AccountKind::Cash
    }

    /// Quote money that the fee may take on a cash account: what no order needs for its cost.
    fn quote_room(&self, cost: i128) -> i128 {
        let (spec, order) = (self.spec(), self.order);
        let free = self.account.holdings[spec.quote.at()].free();
        if order.request.side == Side::Sell {
            return free + cost;
        }
        let left = order.locked - cost;
        let leaves = order.leaves() - self.hit.quantity;
        let product = outstanding(spec, order, (self.hit.price, self.hit.quantity));
        let lock = &self.world.terms[order.request.instrument.at()].lock;
        if !lock.covers_fee {
            let need = lock.money(product, leaves).unwrap_or(i128::MAX);
            return free + left.saturating_sub(need).max(0);
        }
        if may_be_capped(self.account.kind, order) {
            // The quantity was cut so that the money pays for cost and fee of every fill.
            return free + left;
        }
        free + left - product.scale_up(spec.cost).unwrap_or(i128::MAX)
    }
}

/// What was traded in the last 30 days, by quote asset.
#[derive(Debug)]
struct Volume {
    /// By asset, in its money: from where each rung holds.
    from: Vec<Vec<i128>>,
    /// By asset: trades that still count.
    trades: Vec<VecDeque<(Time, i128)>>,
    /// By asset: their sum.
    sums: Vec<i128>,
}

impl Volume {
    fn new(rungs: &[FeeTier], world: &World) -> Result<Self> {
        let count = world.assets.len();
        let mut from = vec![Vec::new(); count];
        for spec in &world.specs {
            let money = |rung: &FeeTier| {
                let money = quote_unit(spec)
                    .and_then(|unit| unit.checked_mul(Ratio::from_decimal(rung.from))?.scale_up(1));
                money.ok_or_else(|| {
                    Error::Config(format!("fees: tier from {} is too far", rung.from))
                })
            };
            from[spec.quote.at()] = rungs.iter().map(money).collect::<Result<_>>()?;
        }
        Ok(Self { from, trades: vec![VecDeque::new(); count], sums: vec![0; count] })
    }

    /// The rung that holds for a trade at `now`: by what was traded in the 30 days before it.
    fn rung(&mut self, quote: AssetIndex, now: Time) -> usize {
        let at = quote.at();
        let gone = |time: Time| now.ns().saturating_sub(time.ns()) >= VOLUME_SPAN_NS;
        while let Some((_, amount)) = self.trades[at].pop_front_if(|(time, _)| gone(*time)) {
            self.sums[at] -= amount;
        }
        let reached = self.from[at].partition_point(|from| *from <= self.sums[at]);
        reached.saturating_sub(1)
    }

    fn add(&mut self, quote: AssetIndex, now: Time, amount: i128) {
        let at = quote.at();
        if self.from[at].len() < 2 {
            return;
        }
        self.sums[at] += amount;
        match self.trades[at].back_mut() {
            Some((time, sum)) if *time == now => *sum += amount,
            _ => self.trades[at].push_back((now, amount)),
        }
    }
}
