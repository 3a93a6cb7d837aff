//! `SimulatedExchange`: how the venue of a backtest behaves.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use rust_decimal::Decimal;

use super::fees::PyFees;
use super::latency::{PyLatency, latency as latency_from, latency_code};
use super::number::{setting, whole};
use crate::account::AccountKind;
use crate::data::load::choice;
use crate::error::{Error, Result, shown};
use crate::exchange::{CandlePath, ExchangeSettings, Fees, Latency, MatchingRules, QueueModel};
use crate::num::parse_decimal;
use crate::order::SelfTrade;

/// Largest rate that is taken for a rate and not for a percentage without its sign.
const MAX_RATE: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

/// How the exchange of a backtest behaves. Defaults are conservative; `result.assumptions` names
/// them.
///
/// * `account` - "cash" (assets change hands, no shorts) or "linear" (signed positions on margin,
///   settled in quote); by default by the kind of the instruments.
/// * `fees` - a rate such as "0.1%" or 0.001, a pair (maker, taker), or `Fees` for amounts, tiers
///   and fees in another asset; a negative rate is a rebate.
/// * `latency` - a span such as "20ms" or another delay of `Latency` each way, or a pair (to the
///   exchange, back), or a `Latency`.
/// * `queue` - who stands before a resting order, and how a level shrinks without trades.
///   "auto": what the data can prove, "l3" where they show single orders, else "trades_only"; "l3":
///   the recorded orders that came before ours, until they are filled or leave;
///   "trades_only": behind all that is displayed, every cancel is behind us; "front": first,
///   optimistic; "power 2" (1 to 10) or "log": a share f(behind) / (f(behind) + f(ahead)) of a
///   cancel is behind us, f(x) = x^2 or ln(1 + x); "power_total 2", "log_total":
///   f(behind) / f(behind + ahead); "power_front 2", "log_front":
///   1 - f(ahead / (behind + ahead)) / f(1); "touch 0.3": no queue, a touch of the price fills
///   with this probability, optimistic.
/// * `path` - within a candle "adverse", "nearer", "high_first" or "low_first".
/// * `touch` - "pass": a resting order fills when trades or candles pass its price; "fill": when
///   they touch it, optimistic.
/// * `leverage` - notional per unit of equity on a linear account, 1 (the default) to 500.
/// * `max_slippage` - a market order takes up to its best price × (1 ± this), 0 to 100 %.
/// * `self_trade` - when an order meets one of our own: "expire_taker" (the rest of the arriving
///   one is cancelled), "expire_maker", "expire_both", "decrement" (both lose what they have in
///   common) or "none" (they trade).
/// * `allow_immediate` - a stop whose trigger is met on arrival fires (True) or is rejected
///   (False); by default it fires on candles only.
/// * `slippage` - how much worse than the candle's or trade's price a taker gets: ticks (an int) or
///   basis points of the price ("5bp"), but never beyond the order's limit; depth and quotes show
///   what there is, so there is none.
/// * `participation` - share of a candle point's volume that orders get, and of a trade's that
///   takers get, in whole lots: "10%" or 0.1; > 0, <= 1.
/// * `half_spread` - ticks between the last trade and what a taker pays where only trades show the
///   market, 1 by default; 0 is optimistic.
/// * `gap_improvement` - a resting order that a candle's open has passed fills at the open instead
///   of its limit, as in an opening auction; optimistic elsewhere.
/// * `bar_fill` - an order sent on a candle's close fills at the "next_open", or at "this_close"
///   (without latency), optimistic.
///
/// Raises `ConfigError` for a value out of range.
#[pyclass(name = "SimulatedExchange", module = "barter_python", frozen, eq)]
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PySimulatedExchange {
    settings: ExchangeSettings,
    account: Option<AccountKind>,
}

impl PySimulatedExchange {
    /// What a backtest without an exchange of its own uses.
    pub(super) fn standard(py: Python<'_>) -> PyResult<Bound<'_, Self>> {
        let class = py.get_type::<Self>();
        Ok(class.call0()?.cast_into()?)
    }

    /// The settings, with the account that fits the data unless one was chosen.
    pub(super) fn settings(&self, default: AccountKind) -> ExchangeSettings {
        let account = match (self.account, default, self.settings.account) {
            (Some(account), _, _) => account,
            // Leverage was given, if at all, for the margin account that the data call for.
            (None, AccountKind::Linear { .. }, AccountKind::Linear { leverage }) => {
                AccountKind::Linear { leverage }
            }
            (None, default, _) => default,
        };
        ExchangeSettings { account, ..self.settings.clone() }
    }
}

/// One value for both, or a pair.
pub(super) fn pair<'py>(
    what: &str,
    value: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    if !(value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>()) {
        return Ok((value.clone(), value.clone()));
    }
    value.extract().map_err(|_| {
        let seen = shown(&value.repr().map_or("?".to_owned(), |text| text.to_string()));
        Error::Config(format!("{what} must be one rate or a pair (maker, taker), got {seen}"))
            .into()
    })
}

/// A share of a whole; one that looks like a percentage without its sign is told how to write it.
pub(super) fn share(
    what: &str,
    value: &Bound<'_, PyAny>,
    allowed: &str,
    within: fn(Decimal) -> bool,
) -> PyResult<Decimal> {
    let share = rate(what, value)?;
    if within(share) {
        return Ok(share);
    }
    let percent = (share * Decimal::ONE_HUNDRED).normalize();
    let text =
        format!("{what} must be {allowed}, got {share}, which is {percent}%; 5% is \"5%\" or 0.05");
    Err(Error::Config(text).into())
}

/// A share such as "0.02%" or 0.0002.
pub(super) fn rate(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_str()?.trim();
        if let Some(percent) = text.strip_suffix('%') {
            return Ok(config(parse_decimal(what, percent))? / Decimal::ONE_HUNDRED);
        }
        return Ok(config(parse_decimal(what, text))?);
    }
    setting(what, value)
}

/// A number of a setting: its fault is one of configuration.
pub(super) fn config<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| Error::Config(error.to_string()))
}

/// An amount in quote: text, a number, no percentage.
pub(super) fn amount(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    match value.cast::<PyString>() {
        Ok(text) => Ok(config(parse_decimal(what, text.to_str()?))?),
        Err(_) => setting(what, value),
    }
}

/// A rate of a fee; one that looks like a percentage without its sign is refused.
pub(super) fn fee(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    let rate = rate(what, value)?;
    if rate.abs() > MAX_RATE {
        let text = format!(
            "{what} must be between -10% and 10%, got {rate}, which is {}%; \
             a rate of 0.05% is \"0.05%\" or 0.0005",
            (rate * Decimal::ONE_HUNDRED).normalize()
        );
        return Err(Error::Config(text).into());
    }
    Ok(rate)
}

#[pymethods]
impl PySimulatedExchange {
    #[new]
    #[pyo3(signature = (
        *, account = None, fees = None, latency = None, queue = "auto", path = "adverse",
        touch = "pass", leverage = None, max_slippage = None, self_trade = "expire_taker",
        allow_immediate = None, slippage = None, participation = None, half_spread = None,
        gap_improvement = false, bar_fill = "next_open"
    ))]
    #[allow(clippy::too_many_arguments)] // one per setting, all by name
    fn new(
        account: Option<&str>,
        fees: Option<&Bound<'_, PyAny>>,
        latency: Option<&Bound<'_, PyAny>>,
        queue: &str,
        path: &str,
        touch: &str,
        leverage: Option<&Bound<'_, PyAny>>,
        max_slippage: Option<&Bound<'_, PyAny>>,
        self_trade: &str,
        allow_immediate: Option<bool>,
        slippage: Option<&Bound<'_, PyAny>>,
        participation: Option<&Bound<'_, PyAny>>,
        half_spread: Option<&Bound<'_, PyAny>>,
        gap_improvement: bool,
        bar_fill: &str,
    ) -> PyResult<Self> {
        let leverage = leverage.map_or(Ok(1), |value| whole("leverage", value, (1, 500)))?;
        let margin = AccountKind::Linear { leverage: leverage as u32 };
        let kinds = [("cash", AccountKind::Cash), ("linear", margin)];
        let account = account.map(|name| choice("account", name, &kinds)).transpose()?;
        if account == Some(AccountKind::Cash) && leverage != 1 {
            let text = "leverage needs account=\"linear\"; a cash account has none".to_owned();
            return Err(Error::Config(text).into());
        }
        let default = Decimal::new(1, 3);
        let fees = fees.map_or(Ok(Fees::rates(default, default)), super::fees::given)?;
        let latency = latency.map_or_else(|| Ok(Latency::default()), latency_from)?;
        let max_slippage = match max_slippage {
            None => Decimal::new(5, 2),
            Some(value) => share("max_slippage", value, "between 0% and 100%", |share| {
                (Decimal::ZERO..=Decimal::ONE).contains(&share)
            })?,
        };
        let matching = MatchingRules {
            queue: QueueModel::parse(queue)?,
            path: choice("path", path, &CandlePath::NAMES)?,
            touch: choice("touch", touch, &[("pass", false), ("fill", true)])?,
            taking: super::slippage::given(
                slippage,
                participation,
                half_spread,
                gap_improvement,
                bar_fill,
            )?,
        };
        let settings = ExchangeSettings {
            account: account.unwrap_or(margin),
            fees,
            latency,
            venues: Vec::new(),
            matching,
            max_slippage,
            self_trade: choice("self_trade", self_trade, &SelfTrade::NAMES)?,
            allow_immediate,
            seed: 0,
        };
        Ok(Self { settings, account })
    }

    /// "cash" or "linear"; `None` for what fits the instruments.
    #[getter]
    fn account(&self) -> Option<&'static str> {
        self.account.map(AccountKind::name)
    }

    /// What is charged.
    #[getter]
    fn fees(&self) -> PyFees {
        PyFees(self.settings.fees.clone())
    }

    /// How long messages take.
    #[getter]
    fn latency(&self) -> PyLatency {
        PyLatency(self.settings.latency.clone())
    }

    /// Queue model, as it may be given.
    #[getter]
    fn queue(&self) -> String {
        self.settings.matching.queue.to_string()
    }

    /// Path within a candle.
    #[getter]
    fn path(&self) -> &'static str {
        self.settings.matching.path.name()
    }

    fn __repr__(&self) -> String {
        let fees = self.fees().__repr__();
        let account = self.account.map_or("None".to_owned(), |kind| format!("'{}'", kind.name()));
        format!(
            "SimulatedExchange(account={account}, fees={fees}, \
             latency={}, queue='{}', path='{}'{})",
            latency_code(&self.settings.latency),
            self.queue(),
            self.path(),
            super::slippage::code(&self.settings.matching.taking)
        )
    }
}
