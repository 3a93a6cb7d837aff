//! Risk limits: how large positions may become. Checked before an order is sent, as pure functions.

use rust_decimal::Decimal;

use crate::instrument::Spec;
use crate::market::Side;
use crate::num::{Ratio, decimal, money};
use crate::order::Reason;

/// Limits of one instrument as the integers of a run; `None` where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Largest position either way, raw.
    pub position_quantity: Option<i64>,
    /// Its largest value, in quote money.
    pub position_notional: Option<i128>,
    /// Largest value of all positions over equity.
    pub leverage: Option<Ratio>,
    /// Largest value of the position over equity.
    pub exposure: Option<Ratio>,
}

/// What an order would lead to.
#[derive(Clone, Copy, Debug)]
pub struct Prospect {
    /// Which way it goes.
    pub side: Side,
    /// Its quantity and that of the working orders of its side, raw.
    pub quantity: i64,
    /// What is held, raw.
    pub position: i64,
    /// The price that values it, raw; `None` before the first.
    pub price: Option<i64>,
    /// What the account is worth, in quote money; `None` without a price.
    pub equity: Option<i128>,
    /// Value of the positions of all other instruments, in quote money; `None` without a price.
    pub others: Option<i128>,
}

/// A limit that an order would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which limit.
    pub reason: Reason,
    /// What it would be; `None` if that is not known for want of a price.
    pub value: Option<Decimal>,
    /// What is allowed.
    pub limit: Decimal,
}

impl Limits {
    /// The stricter of both, limit by limit.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        fn least<T: PartialOrd>(one: Option<T>, other: Option<T>) -> Option<T> {
            match (one, other) {
                (Some(one), Some(other)) => Some(if other < one { other } else { one }),
                (one, other) => one.or(other),
            }
        }
        let ratio = |one: Option<Ratio>, other: Option<Ratio>| match (one, other) {
            (Some(one), Some(other)) => {
                Some(if other.to_decimal() < one.to_decimal() { other } else { one })
            }
            (one, other) => one.or(other),
        };
        Self {
            position_quantity: least(self.position_quantity, other.position_quantity),
            position_notional: least(self.position_notional, other.position_notional),
            leverage: ratio(self.leverage, other.leverage),
            exposure: ratio(self.exposure, other.exposure),
        }
    }

    /// The first limit that an order would break. One that makes a position smaller breaks none.
    /// `places` are those of the quote asset's money.
    pub fn breach(&self, spec: &Spec, places: u32, prospect: &Prospect) -> Option<Breach> {
        let after = prospect.position + prospect.side.sign() * prospect.quantity;
        if after.abs() <= prospect.position.abs() {
            return None;
        }
        let held = after.abs();
        if let Some(limit) = self.position_quantity.filter(|limit| held > *limit) {
            let shown = |raw| decimal(raw, spec.quantity_scale);
            let reason = Reason::RiskPositionQuantity;
            return Some(Breach { reason, value: Some(shown(held)), limit: shown(limit) });
        }
        let notional = prospect.price.map(|price| spec.notional_up(price, held));
        if let Some(limit) = self.position_notional
            && notional.is_none_or(|notional| notional > limit)
        {
            let value = notional.map(|notional| money(notional, places));
            let reason = Reason::RiskPositionNotional;
            return Some(Breach { reason, value, limit: money(limit, places) });
        }
        let all = notional.zip(prospect.others).map(|(own, others)| own + others);
        let of_equity = |reason, limit: Option<Ratio>, value: Option<i128>| {
            let limit = limit?;
            let allowed = prospect.equity.map(|equity| limit.floor(equity.max(0)));
            if value.zip(allowed).is_some_and(|(value, allowed)| value <= allowed) {
                return None;
            }
            let share = |value: i128, equity: i128| Ratio::new(value, equity).to_decimal();
            let equity = prospect.equity.filter(|equity| *equity > 0);
            let value = value.zip(equity).map(|(value, equity)| share(value, equity).round_dp(6));
            Some(Breach { reason, value, limit: limit.to_decimal() })
        };
        of_equity(Reason::RiskLeverage, self.leverage, all)
            .or_else(|| of_equity(Reason::RiskExposure, self.exposure, notional))
    }
}

impl std::fmt::Display for Breach {
    /// Such as "max_leverage: it would be 3.2, allowed is 2".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, limit) = (self.reason.name(), self.limit.normalize());
        match self.value {
            Some(value) => {
                write!(f, "{name}: it would be {}, allowed is {limit}", value.normalize())
            }
            None => write!(f, "{name}: it is not known without a price, allowed is {limit}"),
        }
    }
}
