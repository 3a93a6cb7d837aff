//! `OrderKey`, `OrderRequestOpen`, `OrderRequestCancel`, `InstrumentFilter`.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_decimal::Decimal;

use super::error::OrderError;
use super::{field, names};
use crate::data::load::choice;
use crate::error::Error;
use crate::system::message::{
    InstrumentFilter, OrderKey, OrderKind, OrderRequestCancel, OrderRequestOpen, RequestCancel,
    RequestOpen, TimeInForce,
};

/// Which order: `exchange` and `instrument` are indices, `strategy` is whose it is, `cid` our own
/// name for it; without one it gets one that no other order has.
///
/// Raises `OrderError` for an index out of range and for an empty name.
#[pyclass(name = "OrderKey", module = "barter_python", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PyOrderKey(pub(super) OrderKey);

#[pymethods]
impl PyOrderKey {
    #[new]
    #[pyo3(signature = (exchange, instrument, strategy, cid = None))]
    fn new(
        py: Python<'_>,
        exchange: &Bound<'_, PyAny>,
        instrument: &Bound<'_, PyAny>,
        strategy: &Bound<'_, PyAny>,
        cid: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        field::order(py, || {
            let cid = match cid {
                Some(cid) => field::text("cid", cid)?.to_owned(),
                None => py.import("uuid")?.call_method0("uuid4")?.str()?.to_string(),
            };
            let key = OrderKey {
                exchange: field::index("exchange", exchange)?,
                instrument: field::index("instrument", instrument)?,
                strategy: field::text("strategy", strategy)?.to_owned(),
                cid,
            };
            key.check()?;
            Ok(Self(key))
        })
    }

    /// As the constructor; `client_order_id` is another word for `cid`.
    #[staticmethod]
    #[pyo3(signature = (exchange, instrument, strategy, cid = None, client_order_id = None))]
    fn from_indices(
        py: Python<'_>,
        exchange: &Bound<'_, PyAny>,
        instrument: &Bound<'_, PyAny>,
        strategy: &Bound<'_, PyAny>,
        cid: Option<&Bound<'_, PyAny>>,
        client_order_id: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        if cid.is_some() && client_order_id.is_some() {
            return Err(OrderError::new_err("give one of cid and client_order_id"));
        }
        Self::new(py, exchange, instrument, strategy, cid.or(client_order_id))
    }

    /// Index of the exchange.
    #[getter]
    fn exchange(&self) -> u32 {
        self.0.exchange
    }

    /// Index of the instrument.
    #[getter]
    fn instrument(&self) -> u32 {
        self.0.instrument
    }

    /// Whose order it is.
    #[getter]
    fn strategy(&self) -> &str {
        &self.0.strategy
    }

    /// Whose order it is.
    #[getter]
    fn strategy_id(&self) -> &str {
        &self.0.strategy
    }

    /// Our own name for it.
    #[getter]
    fn cid(&self) -> &str {
        &self.0.cid
    }

    /// Our own name for it.
    #[getter]
    fn client_order_id(&self) -> &str {
        &self.0.cid
    }

    fn __getnewargs__(&self) -> (u32, u32, &str, &str) {
        (self.0.exchange, self.0.instrument, &self.0.strategy, &self.0.cid)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        shown(py, "OrderKey", self.__getnewargs__())
    }
}

/// Barter's names of how long an order lives, and this package's own.
const TIMES_IN_FORCE: [(&str, TimeInForce); 7] = [
    ("good_until_cancelled", TimeInForce::GoodUntilCancelled { post_only: false }),
    ("immediate_or_cancel", TimeInForce::ImmediateOrCancel),
    ("fill_or_kill", TimeInForce::FillOrKill),
    ("good_until_end_of_day", TimeInForce::GoodUntilEndOfDay),
    ("gtc", TimeInForce::GoodUntilCancelled { post_only: false }),
    ("ioc", TimeInForce::ImmediateOrCancel),
    ("fok", TimeInForce::FillOrKill),
];

const KINDS: [(&str, OrderKind); 2] = [("market", OrderKind::Market), ("limit", OrderKind::Limit)];

/// A request to open an order.
///
/// * `key` - which order.
/// * `side` - "buy" or "sell".
/// * `price` - limit price, > 0; of a market order what its sender reckons with, or `None`.
/// * `quantity` - > 0.
/// * `kind` - "limit" or "market".
/// * `time_in_force` - "good_until_cancelled" (or "gtc"), "immediate_or_cancel" ("ioc"),
///   "fill_or_kill" ("fok"), "good_until_end_of_day".
/// * `post_only` - refused rather than taking; only if good until cancelled.
///
/// Raises `OrderError` for what is out of range or of a wrong type.
#[pyclass(name = "OrderRequestOpen", module = "barter_python", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PyOrderRequestOpen(pub(super) OrderRequestOpen);

#[pymethods]
impl PyOrderRequestOpen {
    #[new]
    #[pyo3(signature = (
        key, side, price, quantity, kind = None, time_in_force = None, post_only = None
    ))]
    #[allow(clippy::too_many_arguments)] // one per field
    fn new(
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        side: &Bound<'_, PyAny>,
        price: Option<&Bound<'_, PyAny>>,
        quantity: &Bound<'_, PyAny>,
        kind: Option<&Bound<'_, PyAny>>,
        time_in_force: Option<&Bound<'_, PyAny>>,
        post_only: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        field::order(py, || {
            let kind = match kind {
                Some(kind) => choice("kind", field::text("kind", kind)?, &KINDS)?,
                None => OrderKind::Limit,
            };
            let price = match price {
                Some(price) => field::amount("price", price)?,
                None if kind == OrderKind::Market => Decimal::ZERO,
                None => return Err(OrderError::new_err("price must be given for a limit order")),
            };
            let request = OrderRequestOpen {
                key: key_of(key)?,
                state: RequestOpen {
                    side: names::side_from(side)?,
                    price,
                    quantity: field::amount("quantity", quantity)?,
                    kind,
                    time_in_force: life(time_in_force, post_only)?,
                },
            };
            request.check()?;
            Ok(Self(request))
        })
    }

    /// Which order.
    #[getter]
    fn key(&self) -> PyOrderKey {
        PyOrderKey(self.0.key.clone())
    }

    /// Which way.
    #[getter]
    fn side(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::side(py, self.0.state.side)
    }

    /// Limit price; of a market order what its sender reckons with, or 0.
    #[getter]
    fn price(&self) -> Decimal {
        self.0.state.price
    }

    /// How much is asked for.
    #[getter]
    fn quantity(&self) -> Decimal {
        self.0.state.quantity
    }

    /// "market" or "limit".
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        names::kind(py, kind_name(self.0.state.kind))
    }

    /// How long it lives, in Barter's words, such as "good_until_cancelled".
    #[getter]
    fn time_in_force(&self) -> &'static str {
        life_name(self.0.state.time_in_force)
    }

    /// True if it is refused rather than taking.
    #[getter]
    fn post_only(&self) -> bool {
        is_post_only(self.0.state.time_in_force)
    }

    fn __getnewargs__(&self, py: Python<'_>) -> PyResult<Py<PyTuple>> {
        let state = &self.0.state;
        let side = state.side.name();
        let post_only = is_post_only(state.time_in_force).then_some(true);
        let (kind, life) = (kind_name(state.kind), life_name(state.time_in_force));
        let arguments = (self.key(), side, state.price, state.quantity, kind, life, post_only);
        Ok(arguments.into_pyobject(py)?.unbind())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        shown(py, "OrderRequestOpen", self.__getnewargs__(py)?)
    }
}

/// A request to cancel an order: `key` says which, `order_id` is the exchange's name for it, if it
/// is known.
///
/// Raises `OrderError` for an empty name or a wrong type.
#[pyclass(name = "OrderRequestCancel", module = "barter_python", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PyOrderRequestCancel(pub(super) OrderRequestCancel);

#[pymethods]
impl PyOrderRequestCancel {
    #[new]
    #[pyo3(signature = (key, order_id = None))]
    fn new(
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        order_id: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        field::order(py, || {
            let id = order_id.map(|id| field::name("order_id", id)).transpose()?;
            let state = RequestCancel { id: id.map(str::to_owned) };
            let request = OrderRequestCancel { key: key_of(key)?, state };
            request.check()?;
            Ok(Self(request))
        })
    }

    /// Which order.
    #[getter]
    fn key(&self) -> PyOrderKey {
        PyOrderKey(self.0.key.clone())
    }

    /// The exchange's name for it; `None` if it is not known.
    #[getter]
    fn order_id(&self) -> Option<&str> {
        self.0.state.id.as_deref()
    }

    /// True if the exchange's name for it is known.
    #[getter]
    fn has_order_id(&self) -> bool {
        self.0.state.id.is_some()
    }

    fn __getnewargs__(&self) -> (PyOrderKey, Option<&str>) {
        (self.key(), self.order_id())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        shown(py, "OrderRequestCancel", self.__getnewargs__())
    }
}

/// Which instruments a command is about: `none()` for all of them, those of some `exchanges`, some
/// `instruments`, or those of some `underlyings`, which are pairs (base, quote) of assets. All are
/// indices.
#[pyclass(name = "InstrumentFilter", module = "barter_python", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PyInstrumentFilter(pub(super) InstrumentFilter);

#[pymethods]
impl PyInstrumentFilter {
    /// All instruments.
    #[staticmethod]
    fn none() -> Self {
        Self(InstrumentFilter::None)
    }

    /// The instruments of these exchanges.
    #[staticmethod]
    fn exchanges(py: Python<'_>, exchanges: &Bound<'_, PyAny>) -> PyResult<Self> {
        let indices = field::order(py, || indices("exchanges", exchanges))?;
        Ok(Self(InstrumentFilter::Exchanges(indices)))
    }

    /// These instruments.
    #[staticmethod]
    fn instruments(py: Python<'_>, instruments: &Bound<'_, PyAny>) -> PyResult<Self> {
        let indices = field::order(py, || indices("instruments", instruments))?;
        Ok(Self(InstrumentFilter::Instruments(indices)))
    }

    /// The instruments of these pairs (base, quote) of assets.
    #[staticmethod]
    fn underlyings(py: Python<'_>, underlyings: &Bound<'_, PyAny>) -> PyResult<Self> {
        let pairs = field::order(py, || {
            let pairs = field::list("underlyings", underlyings)?;
            pairs.map(|one| pair("underlyings", &one?)).collect::<PyResult<_>>()
        })?;
        Ok(Self(InstrumentFilter::Underlyings(pairs)))
    }

    /// Whether it lets through an instrument of which this is known: its `exchange`, its own index
    /// `instrument`, its `underlying`, a pair (base, quote) of assets.
    ///
    /// Raises `OrderError` if what it asks for is not given.
    #[pyo3(signature = (*, exchange = None, instrument = None, underlying = None))]
    fn matches(
        &self,
        py: Python<'_>,
        exchange: Option<&Bound<'_, PyAny>>,
        instrument: Option<&Bound<'_, PyAny>>,
        underlying: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        field::order(py, || {
            let index = |what: &str, value: Option<&Bound<'_, PyAny>>| {
                value.map(|value| field::index(what, value)).transpose()
            };
            let (at, own) = (index("exchange", exchange)?, index("instrument", instrument)?);
            let both = underlying.map(|value| pair("underlying", value)).transpose()?;
            let missing = match &self.0 {
                InstrumentFilter::Exchanges(_) => at.is_none().then_some("exchange"),
                InstrumentFilter::Instruments(_) => own.is_none().then_some("instrument"),
                InstrumentFilter::Underlyings(_) => both.is_none().then_some("underlying"),
                InstrumentFilter::None => None,
            };
            if let Some(missing) = missing {
                let text =
                    format!("matches: {missing} must be given for a filter by {}", self.kind());
                return Err(Error::Order(text).into());
            }
            let known = (at.unwrap_or_default(), own.unwrap_or_default());
            Ok(self.0.matches(known.0, known.1, both.unwrap_or_default()))
        })
    }

    /// "none", "exchanges", "instruments" or "underlyings".
    #[getter]
    fn kind(&self) -> &'static str {
        match &self.0 {
            InstrumentFilter::None => "none",
            InstrumentFilter::Exchanges(_) => "exchanges",
            InstrumentFilter::Instruments(_) => "instruments",
            InstrumentFilter::Underlyings(_) => "underlyings",
        }
    }

    /// What it lists: indices, or pairs of them; nothing for `none()`.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.0 {
            InstrumentFilter::None => Ok(PyTuple::empty(py)),
            InstrumentFilter::Exchanges(list) | InstrumentFilter::Instruments(list) => {
                PyTuple::new(py, list)
            }
            InstrumentFilter::Underlyings(pairs) => PyTuple::new(py, pairs),
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let mut arguments = vec!["InstrumentFilter".into_pyobject(py)?.into_any()];
        arguments.push(self.kind().into_pyobject(py)?.into_any());
        if self.0 != InstrumentFilter::None {
            arguments.push(self.values(py)?.into_any());
        }
        let made = py.import("barter_python._json")?.getattr("made")?;
        (made, PyTuple::new(py, arguments)?).into_pyobject(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let listed = match &self.0 {
            InstrumentFilter::None => String::new(),
            _ => self.values(py)?.call_method0("__iter__").and_then(|all| {
                let list = py.import("builtins")?.getattr("list")?;
                Ok(list.call1((all,))?.repr()?.to_string())
            })?,
        };
        Ok(format!("InstrumentFilter.{}({listed})", self.kind()))
    }
}

fn key_of(value: &Bound<'_, PyAny>) -> PyResult<OrderKey> {
    let key = value.cast::<PyOrderKey>().map_err(|_| field::wrong("key", "an OrderKey", value))?;
    Ok(key.get().0.clone())
}

fn life(
    name: Option<&Bound<'_, PyAny>>,
    post_only: Option<&Bound<'_, PyAny>>,
) -> PyResult<TimeInForce> {
    let post_only = post_only.map(|flag| field::flag("post_only", flag)).transpose()?;
    let post_only = post_only.unwrap_or_default();
    let life = match name {
        Some(name) => {
            choice("time_in_force", field::text("time_in_force", name)?, &TIMES_IN_FORCE)?
        }
        None => TimeInForce::GoodUntilCancelled { post_only: false },
    };
    match life {
        TimeInForce::GoodUntilCancelled { .. } => Ok(TimeInForce::GoodUntilCancelled { post_only }),
        _ if post_only => {
            let text = format!("post_only needs good_until_cancelled, got {}", life_name(life));
            Err(Error::Order(text).into())
        }
        _ => Ok(life),
    }
}

const fn life_name(life: TimeInForce) -> &'static str {
    match life {
        TimeInForce::GoodUntilCancelled { .. } => "good_until_cancelled",
        TimeInForce::GoodUntilEndOfDay => "good_until_end_of_day",
        TimeInForce::FillOrKill => "fill_or_kill",
        TimeInForce::ImmediateOrCancel => "immediate_or_cancel",
    }
}

/// How long an order lives, and whether it is refused rather than taking.
pub(super) const fn life_of(life: TimeInForce) -> (&'static str, bool) {
    (life_name(life), is_post_only(life))
}

pub(super) const fn kind_name(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Market => "market",
        OrderKind::Limit => "limit",
    }
}

const fn is_post_only(life: TimeInForce) -> bool {
    matches!(life, TimeInForce::GoodUntilCancelled { post_only: true })
}

fn indices(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    field::list(what, value)?.map(|one| field::index(what, &one?)).collect()
}

/// A pair of indices.
fn pair(what: &str, value: &Bound<'_, PyAny>) -> PyResult<(u32, u32)> {
    let pair: Vec<Bound<'_, PyAny>> = value
        .extract()
        .map_err(|_| field::wrong(what, "a pair (base, quote) of indices", value))?;
    let [base, quote] = pair.as_slice() else {
        return Err(field::wrong(what, "a pair (base, quote) of indices", value));
    };
    Ok((field::index(what, base)?, field::index(what, quote)?))
}

/// A constructor's call with its arguments, as `repr` shows it.
fn shown<'py>(py: Python<'py>, name: &str, arguments: impl IntoPyObject<'py>) -> PyResult<String> {
    let arguments = arguments.into_bound_py_any(py)?;
    Ok(format!("{name}{}", arguments.str()?))
}
