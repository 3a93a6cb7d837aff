//! What a configuration refuses of its own parts: names that cannot be shown, numbers out of range,
//! orders and balances of a start that contradict each other.

use rust_decimal::Decimal;

use super::{
    ContractKind, InitialState, InstrumentConfig, InstrumentSpec, MockExecutionConfig, NamedOrder,
    NamedState, QuantityUnit,
};
use crate::error::{Error, Result, shown};
use crate::system::message::{ActiveOrderState, ExchangeId};
use crate::time::Time;

/// Largest latency of a mocked exchange: a day.
const MAX_LATENCY_MS: u64 = 86_400_000;

/// Earlier ends of a contract are seconds that somebody took for milliseconds: 1980.
const EARLIEST_EXPIRY: Time = Time(315_532_800_000_000_000);

/// An error unless the rule holds.
fn demand(holds: bool, text: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Config(text())) }
}

/// Names are 1 to 64 printable characters that no space surrounds.
fn check_name(place: &str, name: &str) -> Result<()> {
    let fits = (1..=64).contains(&name.chars().count());
    let plain = !name.chars().any(char::is_control) && name.trim() == name;
    demand(fits && plain, || {
        let seen = shown(name);
        format!("{place} must have 1 to 64 printable characters, got \"{seen}\"")
    })
}

fn check_positive(place: &str, value: Decimal) -> Result<()> {
    demand(value > Decimal::ZERO, || format!("{place} must be > 0, got {value}"))
}

fn check_not_negative(place: &str, value: Decimal) -> Result<()> {
    demand(value >= Decimal::ZERO, || format!("{place} must be >= 0, got {value}"))
}

impl InstrumentConfig {
    /// Refuses what cannot be; `place` says where it stands.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        check_name(&format!("{place}.name_exchange"), &self.name_exchange)?;
        check_name(&format!("{place}.underlying.base"), &self.underlying.base)?;
        check_name(&format!("{place}.underlying.quote"), &self.underlying.quote)?;
        self.kind.check(&format!("{place}.kind"))?;
        self.spec.as_ref().map_or(Ok(()), |spec| spec.check(&format!("{place}.spec")))
    }
}

impl ContractKind {
    fn check(&self, place: &str) -> Result<()> {
        if let Some((size, settled)) = self.contract() {
            check_positive(&format!("{place}: contract_size"), size)?;
            check_name(&format!("{place}: settlement_asset"), settled)?;
        }
        if let Self::Option { strike, .. } = self {
            check_positive(&format!("{place}: strike"), *strike)?;
        }
        match self {
            Self::Future { expiry, .. } | Self::Option { expiry, .. } => {
                demand(*expiry >= EARLIEST_EXPIRY, || {
                    format!(
                        "{place}: expiry must be in milliseconds since 1970 and not before 1980, \
                         got {}, which is {expiry}",
                        expiry.ns() / 1_000_000
                    )
                })
            }
            Self::Spot | Self::Perpetual { .. } => Ok(()),
        }
    }
}

impl InstrumentSpec {
    fn check(&self, place: &str) -> Result<()> {
        check_not_negative(&format!("{place}.price.min"), self.price.min)?;
        check_positive(&format!("{place}.price.tick_size"), self.price.tick_size)?;
        check_not_negative(&format!("{place}.quantity.min"), self.quantity.min)?;
        check_positive(&format!("{place}.quantity.increment"), self.quantity.increment)?;
        if let QuantityUnit::Asset(asset) = &self.quantity.unit {
            check_name(&format!("{place}.quantity.unit"), asset)?;
        }
        check_not_negative(&format!("{place}.notional.min"), self.notional.min)
    }
}

impl MockExecutionConfig {
    /// Refuses what cannot be; `place` says where it stands.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        let (exchange, seen) = (self.mocked_exchange, self.initial_state.exchange);
        demand(seen == exchange, || {
            format!("{place}.initial_state.exchange must be {exchange}, got {seen}")
        })?;
        let seen = self.latency_ms;
        demand(seen <= MAX_LATENCY_MS, || {
            format!("{place}.latency_ms must be at most {MAX_LATENCY_MS}, got {seen}")
        })?;
        let seen = self.fees_percent;
        let range = Decimal::ZERO..=Decimal::ONE_HUNDRED;
        demand(range.contains(&seen), || {
            format!("{place}.fees_percent must be from 0 to 100, got {seen}")
        })?;
        self.initial_state.check(&format!("{place}.initial_state"), exchange)
    }
}

impl InitialState {
    fn check(&self, place: &str, exchange: ExchangeId) -> Result<()> {
        for (at, one) in self.balances.iter().enumerate() {
            let place = format!("{place}.balances[{at}]");
            one.balance.check().map_err(|error| Error::Config(format!("{place}: {error}")))?;
            let asset = one.asset.to_lowercase();
            let mut before = self.balances.iter().take(at);
            demand(before.all(|other| other.asset.to_lowercase() != asset), || {
                format!("{place}: \"{}\" has a balance already", shown(&one.asset))
            })?;
        }
        for (at, one) in self.instruments.iter().enumerate() {
            for (which, order) in one.orders.iter().enumerate() {
                let place = format!("{place}.instruments[{at}].orders[{which}]");
                order.check(&place, exchange, &one.instrument)?;
            }
        }
        Ok(())
    }
}

impl NamedOrder {
    fn check(&self, place: &str, exchange: ExchangeId, instrument: &str) -> Result<()> {
        let seen = self.key.exchange;
        demand(seen == exchange, || {
            format!("{place}.key.exchange must be {exchange}, got {seen}")
        })?;
        demand(self.key.instrument == instrument, || {
            let (seen, wanted) = (shown(&self.key.instrument), shown(instrument));
            format!("{place}.key.instrument must be that of its list, \"{wanted}\", got \"{seen}\"")
        })?;
        let filled = match &self.state {
            None | Some(NamedState::Active(ActiveOrderState::OpenInFlight(_))) => return Ok(()),
            Some(NamedState::Open(open) | NamedState::Active(ActiveOrderState::Open(open))) => {
                open.filled_quantity
            }
            Some(NamedState::Active(ActiveOrderState::CancelInFlight(_))) => {
                return Err(Error::Config(format!(
                    "{place}.state must be open, its cancellation is on its way; leave it out"
                )));
            }
        };
        demand(filled.is_zero(), || {
            format!(
                "{place}.state.filled_quantity must be 0, got {filled}; give what remains as \
                 quantity"
            )
        })
    }
}
