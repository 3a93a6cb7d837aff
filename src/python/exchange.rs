//! `SimulatedExchange`: how the venue of a backtest behaves.

use pyo3::prelude::*;
use pyo3::types::PyString;
use rust_decimal::Decimal;

use super::fees::PyFees;
use super::number::decimal;
use super::time::span;
use crate::account::AccountKind;
use crate::data::load::choice;
use crate::error::{Error, Result, shown};
use crate::exchange::{CandlePath, ExchangeSettings, Fees, Latency, MatchingRules, QueueModel};
use crate::num::parse_decimal;
use crate::time::span_text;

/// Largest rate that is taken for a rate and not for a percentage without its sign.
const MAX_RATE: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

/// How the exchange of a backtest behaves. Defaults are conservative; `result.assumptions` names
/// them.
///
/// * `account` - "cash" (assets change hands, no shorts) or "linear" (signed positions on margin,
///   settled in quote); by default by the kind of the instruments.
/// * `fees` - a rate such as "0.1%" or 0.001, a pair (maker, taker), or `Fees` for amounts, tiers
///   and fees in another asset; a negative rate is a rebate.
/// * `latency` - a span such as "20ms" each way, or a pair (to the exchange, back).
/// * `queue` - "trades_only": resting orders stand behind all that is displayed; "front": first,
///   optimistic.
/// * `path` - within a candle "adverse", "nearer", "high_first" or "low_first".
/// * `touch` - "pass": a resting order fills when trades or candles pass its price; "fill": when
///   they touch it, optimistic.
/// * `leverage` - notional per unit of equity on a linear account, 1 to 500.
/// * `max_slippage` - a market order takes up to its best price × (1 ± this), 0 to 100 %.
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
pub(super) fn pair<'py>(value: &Bound<'py, PyAny>) -> (Bound<'py, PyAny>, Bound<'py, PyAny>) {
    if value.is_instance_of::<PyString>() {
        return (value.clone(), value.clone());
    }
    value.extract().unwrap_or_else(|_| (value.clone(), value.clone()))
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
    decimal(what, value)
}

/// A number of a setting: its fault is one of configuration.
fn config<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| Error::Config(error.to_string()))
}

/// An amount in quote: text, a number, no percentage.
pub(super) fn amount(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    match value.cast::<PyString>() {
        Ok(text) => Ok(config(parse_decimal(what, text.to_str()?))?),
        Err(_) => decimal(what, value),
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

fn delay(what: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    let ns = span(what, value)?;
    if ns < 0 {
        return Err(Error::Config(format!("{what} must be >= 0, got {}", span_text(ns))).into());
    }
    Ok(ns)
}

#[pymethods]
impl PySimulatedExchange {
    #[new]
    #[pyo3(signature = (
        *, account = None, fees = None, latency = None, queue = "trades_only", path = "adverse",
        touch = "pass", leverage = 1, max_slippage = None, slippage = None, participation = None,
        half_spread = None, gap_improvement = false, bar_fill = "next_open"
    ))]
    #[allow(clippy::too_many_arguments)] // one per setting, all by name
    fn new(
        account: Option<&str>,
        fees: Option<&Bound<'_, PyAny>>,
        latency: Option<&Bound<'_, PyAny>>,
        queue: &str,
        path: &str,
        touch: &str,
        leverage: i64,
        max_slippage: Option<&Bound<'_, PyAny>>,
        slippage: Option<&Bound<'_, PyAny>>,
        participation: Option<&Bound<'_, PyAny>>,
        half_spread: Option<&Bound<'_, PyAny>>,
        gap_improvement: bool,
        bar_fill: &str,
    ) -> PyResult<Self> {
        if !(1..=500).contains(&leverage) {
            let text = format!("leverage must be between 1 and 500, got {leverage}");
            return Err(Error::Config(text).into());
        }
        let margin = AccountKind::Linear { leverage: leverage as u32 };
        let kinds = [("cash", AccountKind::Cash), ("linear", margin)];
        let account = account.map(|name| choice("account", name, &kinds)).transpose()?;
        if account == Some(AccountKind::Cash) && leverage != 1 {
            let text = "leverage needs account=\"linear\"; a cash account has none".to_owned();
            return Err(Error::Config(text).into());
        }
        let default = Decimal::new(1, 3);
        let fees = fees.map_or(Ok(Fees::rates(default, default)), super::fees::given)?;
        let (entry_ns, response_ns) = match latency {
            None => (0, 0),
            Some(latency) => {
                let (entry, response) = pair(latency);
                (delay("latency to the exchange", &entry)?, delay("latency back", &response)?)
            }
        };
        let max_slippage = match max_slippage {
            None => Decimal::new(5, 2),
            Some(value) => rate("max_slippage", value)?,
        };
        if !(Decimal::ZERO..=Decimal::ONE).contains(&max_slippage) {
            let text = format!("max_slippage must be between 0% and 100%, got {max_slippage}");
            return Err(Error::Config(text).into());
        }
        let matching = MatchingRules {
            queue: choice("queue", queue, &QueueModel::NAMES)?,
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
            latency: Latency { entry_ns, response_ns },
            matching,
            max_slippage,
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

    /// Nanoseconds to the exchange and back.
    #[getter]
    fn latency(&self) -> (i64, i64) {
        (self.settings.latency.entry_ns, self.settings.latency.response_ns)
    }

    /// Queue model.
    #[getter]
    fn queue(&self) -> &'static str {
        self.settings.matching.queue.name()
    }

    /// Path within a candle.
    #[getter]
    fn path(&self) -> &'static str {
        self.settings.matching.path.name()
    }

    fn __repr__(&self) -> String {
        let fees = self.fees().__repr__();
        let Latency { entry_ns, response_ns } = self.settings.latency;
        let account = self.account.map_or("None".to_owned(), |kind| format!("'{}'", kind.name()));
        format!(
            "SimulatedExchange(account={account}, fees={fees}, \
             latency=('{}', '{}'), queue='{}', path='{}'{})",
            shown(&span_text(entry_ns)),
            shown(&span_text(response_ns)),
            self.queue(),
            self.path(),
            super::slippage::code(&self.settings.matching.taking)
        )
    }
}
