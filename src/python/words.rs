//! The words of an order as Python gives them: numbers on their steps, names of closed sets.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt};
use rust_decimal::Decimal;

use super::number;
use super::time::moment;
use crate::data::load::choice;
use crate::error::{Error, shown};
use crate::market::Side;
use crate::num::{MAX_RAW, Multiples, POW10, Ratio, decimal, from_decimal, parse_decimal};
use crate::order::{
    OrderKind, OrderRequest, SelfTrade, Special, TimeInForce, Trail, Trigger, TriggerSource,
};

/// The words of an order beside its instrument and side.
pub(super) struct Words<'a, 'py> {
    pub(super) quantity: Option<&'a Bound<'py, PyAny>>,
    pub(super) quote_quantity: Option<&'a Bound<'py, PyAny>>,
    pub(super) limit: Option<&'a Bound<'py, PyAny>>,
    pub(super) trigger: Option<&'a Bound<'py, PyAny>>,
    pub(super) if_touched: Option<&'a Bound<'py, PyAny>>,
    pub(super) trail: Option<&'a Bound<'py, PyAny>>,
    pub(super) trigger_by: Option<&'a str>,
    pub(super) time_in_force: Option<&'a str>,
    pub(super) expire: Option<&'a Bound<'py, PyAny>>,
    pub(super) post_only: bool,
    pub(super) reprice: bool,
    pub(super) reduce_only: bool,
    pub(super) self_trade: Option<&'a str>,
    pub(super) stop: Option<&'a Bound<'py, PyAny>>,
    pub(super) target: Option<&'a Bound<'py, PyAny>>,
}

impl Words<'_, '_> {
    /// How much, raw; 0 if an amount of quote money stands for it.
    #[inline]
    pub(super) fn quantity(&self, rules: &Rules) -> PyResult<i64> {
        let refuse = |text: &str| Err(Error::Order(text.to_owned()).into());
        match (self.quantity, self.quote_quantity) {
            (Some(quantity), None) => rules.quantity.positive("quantity", quantity),
            (None, Some(_)) if self.stop.is_some() || self.target.is_some() => {
                refuse("stop and target need a quantity that they close")
            }
            (None, Some(_)) => Ok(0),
            (None, None) => {
                let text = "quantity must be a number or text, got NoneType; \
                            quote_quantity may stand for it";
                Err(PyTypeError::new_err(text))
            }
            (Some(_), Some(_)) => refuse("give one of quantity and quote_quantity"),
        }
    }

    /// What most orders do without; `None` for those.
    #[inline]
    pub(super) fn special(&self, side: Side, rules: &Rules) -> PyResult<Option<Box<Special>>> {
        let plain = self.trigger.is_none()
            && self.if_touched.is_none()
            && self.trail.is_none()
            && self.trigger_by.is_none()
            && self.expire.is_none()
            && self.self_trade.is_none()
            && self.quote_quantity.is_none();
        if plain && !self.reprice && !self.reduce_only {
            return Ok(None);
        }
        let expire = self.expire.map(|expire| moment("expire", expire)).transpose()?;
        let mode = |name| choice("self_trade", name, &SelfTrade::NAMES);
        Ok(Some(Box::new(Special {
            trigger: self.wait(side, rules)?,
            expire,
            reduce_only: self.reduce_only,
            reprice: self.reprice,
            self_trade: self.self_trade.map(mode).transpose()?,
            quote_quantity: self.amount(rules)?,
            ..Special::default()
        })))
    }

    /// The amount in money of quote.
    fn amount(&self, rules: &Rules) -> PyResult<Option<i128>> {
        let Some(value) = self.quote_quantity else { return Ok(None) };
        let (amount, places) = (number::decimal("quote_quantity", value)?, rules.quote_places);
        let scale = 10i128.pow(places);
        let Some(money) = Ratio::from_decimal(amount).checked_mul(Ratio::new(scale, 1)) else {
            let text = format!("quote_quantity {amount} is out of range");
            return Err(Error::Order(text).into());
        };
        if money.parts().0 <= 0 {
            return Err(Error::Order(format!("quote_quantity must be > 0, got {amount}")).into());
        }
        // What lies beyond the last place cannot be spent.
        Ok(Some(money.parts().0 / money.parts().1))
    }

    /// The orders that close what `entry` opens: a stop, and a limit as the target.
    pub(super) fn exits(&self, entry: &OrderRequest, rules: &Rules) -> PyResult<Vec<OrderRequest>> {
        let side = entry.side.opposite();
        let exit = |kind, limit, trigger| OrderRequest {
            instrument: entry.instrument,
            side,
            kind,
            time_in_force: TimeInForce::GoodTillCancelled,
            post_only: false,
            quantity: entry.quantity,
            limit,
            special: Some(Box::new(Special {
                trigger,
                self_trade: entry.special.as_ref().and_then(|special| special.self_trade),
                ..Special::default()
            })),
        };
        let mut exits = Vec::new();
        self.check_exits(entry, rules)?;
        if let Some(stop) = self.stop {
            let price = Some(rules.price.positive("stop", stop)?);
            let rises = side == Side::Buy;
            let trigger = Trigger { source: TriggerSource::Last, rises, price, trail: None };
            exits.push(exit(OrderKind::Market, 0, Some(trigger)));
        }
        if let Some(target) = self.target {
            exits.push(exit(OrderKind::Limit, rules.price.positive("target", target)?, None));
        }
        Ok(exits)
    }

    /// Of what a buy opens, the target lies above its price and the stop below; of a sell the other
    /// way round.
    fn check_exits(&self, entry: &OrderRequest, rules: &Rules) -> PyResult<()> {
        let price = |what: &'static str, value: Option<&Bound<'_, PyAny>>| {
            let raw = value.map(|value| rules.price.positive(what, value)).transpose();
            raw.map(|raw| raw.map(|raw| (what, raw)))
        };
        let (stop, target) = (price("stop", self.stop)?, price("target", self.target)?);
        let limit = (entry.kind == OrderKind::Limit).then_some(("limit", entry.limit));
        let trigger = entry.trigger().and_then(|trigger| trigger.price);
        let opens = limit.or(trigger.map(|price| ("the price it waits for", price)));
        for (better, worse) in [(target, opens), (opens, stop), (target, stop)] {
            if let (Some(better), Some(worse)) = (better, worse) {
                rules.check_apart(entry.side.opposite(), better, worse)?;
            }
        }
        Ok(())
    }

    fn wait(&self, side: Side, rules: &Rules) -> PyResult<Option<Trigger>> {
        let source = match self.trigger_by {
            None => TriggerSource::Last,
            Some(name) => choice("trigger_by", name, &TriggerSource::NAMES)?,
        };
        let (rises, price, trail) = match (self.trigger, self.if_touched, self.trail) {
            (None, None, None) if self.trigger_by.is_some() => {
                let text = "trigger_by needs a trigger, if_touched or trail".to_owned();
                return Err(Error::Order(text).into());
            }
            (None, None, None) => return Ok(None),
            (Some(price), None, None) => (side == Side::Buy, Some(("trigger", price)), None),
            (None, Some(price), None) => (side == Side::Sell, Some(("if_touched", price)), None),
            (None, None, Some(trail)) => (side == Side::Buy, None, Some(rules.trail(trail)?)),
            _ => {
                let text = "give one of trigger, if_touched and trail".to_owned();
                return Err(Error::Order(text).into());
            }
        };
        let price = price.map(|(what, price)| rules.price.positive(what, price)).transpose()?;
        Ok(Some(Trigger { source, rises, price, trail }))
    }
}

/// Steps of prices and quantities of one instrument.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) price: Step,
    pub(super) quantity: Step,
    /// Decimal places of money of the quote asset.
    pub(super) quote_places: u32,
}

impl Rules {
    /// Refuses two prices of which the first is not the better one for an order of `side`.
    pub(super) fn check_apart(
        &self,
        side: Side,
        (better, high): (&str, i64),
        (worse, low): (&str, i64),
    ) -> PyResult<()> {
        if side.sign() * low > side.sign() * high {
            return Ok(());
        }
        let shown = |raw| decimal(raw, self.price.scale).normalize();
        let (name, relation) = (side.name(), if side == Side::Sell { "above" } else { "below" });
        let text = format!(
            "to {name}, {better} must lie {relation} {worse}, got {} and {}",
            shown(high),
            shown(low)
        );
        Err(Error::Order(text).into())
    }

    /// A distance in price, or a share of it as text with a percent sign.
    fn trail(&self, value: &Bound<'_, PyAny>) -> PyResult<Trail> {
        let text: Option<String> = value.extract().ok();
        let Some(percent) = text.as_deref().and_then(|text| text.trim().strip_suffix('%')) else {
            return Ok(Trail::By(self.price.positive("trail", value)?));
        };
        let share = parse_decimal("trail", percent)? / Decimal::ONE_HUNDRED;
        Ok(Trail::Share(Ratio::from_decimal(share)))
    }
}

/// The step that a number must be a multiple of.
#[derive(Debug)]
pub(super) struct Step {
    raw: i64,
    multiples: Multiples,
    scale: u32,
    name: &'static str,
}

impl Step {
    pub(super) fn new(name: &'static str, raw: i64, scale: u32) -> Self {
        Self { raw, multiples: Multiples::of(raw), scale, name }
    }

    /// A number > 0 on the step, raw. A float within a millionth of a step means that step.
    #[inline]
    pub(super) fn positive(&self, what: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
        let raw = self.signed(what, value)?;
        if raw > 0 {
            return Ok(raw);
        }
        let seen = shown(&value.str()?.to_string());
        Err(Error::Order(format!("{what} must be > 0, got {seen}")).into())
    }

    #[inline]
    pub(super) fn signed(&self, what: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
        if let Ok(float) = value.cast_exact::<PyFloat>() {
            let float = float.value();
            let scaled = float * POW10[self.scale as usize] as f64;
            let step = self.raw as f64;
            let steps = scaled / step;
            // The nearest whole number, without a call: what is out of range shows below.
            let steps = (steps + 0.5f64.copysign(steps)) as i64;
            let near = steps as f64 * step;
            if (scaled - near).abs() <= 1e-6 * step && near.abs() < 9e15 {
                return Ok(steps * self.raw);
            }
            if !float.is_finite() {
                let seen = format!("{float}").to_lowercase();
                return Err(Error::Order(format!("{what} must be finite, got {seen}")).into());
            }
            return self.exact(what, number::decimal(what, value)?);
        }
        if value.is_exact_instance_of::<PyInt>() {
            let raw = value.extract::<i64>().ok().and_then(|whole| {
                let raw = whole.checked_mul(POW10[self.scale as usize])?;
                let fits = raw.unsigned_abs() <= MAX_RAW.unsigned_abs();
                (fits && self.multiples.contain(raw)).then_some(raw)
            });
            if let Some(raw) = raw {
                return Ok(raw);
            }
        }
        self.exact(what, number::decimal(what, value)?)
    }

    fn exact(&self, what: &str, value: Decimal) -> PyResult<i64> {
        let step = decimal(self.raw, self.scale);
        if let Some(raw) =
            from_decimal(value, self.scale).filter(|raw| self.multiples.contain(*raw))
        {
            return Ok(raw);
        }
        let text = match (value / step).floor().checked_mul(step) {
            Some(below) if below != value => {
                let (below, above) = (below.normalize(), (below + step).normalize());
                let name = self.name;
                format!(
                    "{what} {value} is not a multiple of {name} {step}; nearest {below}, {above}"
                )
            }
            _ => format!("{what} {value} is out of range"),
        };
        Err(Error::Order(text).into())
    }
}
