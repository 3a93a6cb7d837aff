//! The state of a running system, as Python reads it.

use std::sync::Arc;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_decimal::Decimal;

use super::names;
use super::request::PyOrderKey;
use crate::context::Connected;
use crate::instrument::InstrumentIndex;
use crate::num::decimal;
use crate::order::{Order, OrderKind, Reason};
use crate::system::State;
use crate::time::Time;

/// What an engine knows at one moment: it does not change. Money and quantities are `Decimal`.
#[pyclass(name = "EngineState", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyEngineState(pub(super) Arc<State>);

/// An object of a class of `barter_python._state`.
fn made<'py>(
    py: Python<'py>,
    class: &str,
    fields: Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("barter_python._state")?.getattr(class)?;
    class.call1(fields)
}

/// The average price of the fills of an order that has some. Their value may be too large for a
/// `Decimal`, the price is not.
fn average(order: &Order, scale: u32) -> Decimal {
    let filled = i128::from(order.filled);
    let (whole, rest) = (order.filled_value / filled, order.filled_value % filled);
    let exact = |value| Decimal::try_from_i128_with_scale(value, 0).unwrap_or(Decimal::MAX);
    let ticks = exact(whole) + exact(rest) / exact(filled);
    (ticks * Decimal::new(1, scale)).normalize()
}

impl PyEngineState {
    fn order<'py>(&self, py: Python<'py>, order: &Order) -> PyResult<Bound<'py, PyAny>> {
        let (state, request) = (&*self.0, &order.request);
        let spec = &state.context.world.specs[request.instrument.at()];
        let quantity = |raw| decimal(raw, spec.quantity_scale);
        let limit =
            (request.kind == OrderKind::Limit).then(|| decimal(request.limit, spec.price_scale));
        let average = (order.filled != 0).then(|| average(order, spec.price_scale));
        let key = state.names.key(order.id).map(|key| PyOrderKey(key.clone()));
        let detail = state.context.breach(order.id).map(ToString::to_string);
        let fields: [Bound<'py, PyAny>; 16] = [
            order.id.0.into_bound_py_any(py)?,
            key.into_bound_py_any(py)?,
            request.instrument.0.into_bound_py_any(py)?,
            names::side(py, request.side)?.into_bound(py),
            names::kind(py, request.kind_name())?.into_bound(py),
            names::time_in_force(py, request.time_in_force)?.into_bound(py),
            request.post_only.into_bound_py_any(py)?,
            limit.into_bound_py_any(py)?,
            quantity(request.quantity).into_bound_py_any(py)?,
            quantity(order.filled).into_bound_py_any(py)?,
            average.into_bound_py_any(py)?,
            names::status(py, order.status)?.into_bound(py),
            order.reason.map(Reason::name).into_bound_py_any(py)?,
            detail.into_bound_py_any(py)?,
            order.created.ns().into_bound_py_any(py)?,
            order.updated.ns().into_bound_py_any(py)?,
        ];
        let class = py.import("barter_python._state")?.getattr("OrderState")?;
        class.call1(PyTuple::new(py, fields)?)
    }
}

#[pymethods]
impl PyEngineState {
    /// When the engine last took something in, ns since 1970 UTC; `None` before the first event.
    #[getter]
    fn time(&self) -> Option<i64> {
        self.0.time().map(Time::ns)
    }

    /// How many lines of the system's audit lead to it; `None` if it keeps none.
    #[getter]
    fn sequence(&self) -> Option<u64> {
        self.0.sequence
    }

    /// A hash of all that it knows: states that are equal have equal ones.
    #[getter]
    fn digest(&self) -> String {
        self.0.digest()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| *self.0 == *other.get().0)
    }

    /// The first part in which another state knows something else; `None` if they are equal.
    fn differs(&self, other: &Bound<'_, Self>) -> Option<&'static str> {
        self.0.differs(&other.get().0)
    }

    /// False while orders of the strategy are denied.
    #[getter]
    fn trading_enabled(&self) -> bool {
        self.0.context.is_trading()
    }

    /// What the account is worth in the currency of the first instrument's prices; `None` while
    /// something that is held has no price.
    #[getter]
    fn equity(&self) -> Option<Decimal> {
        self.0.equity()
    }

    /// Every exchange, by index: `ExchangeState` objects.
    #[getter]
    fn exchanges<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let ids = self.0.universe.exchanges.iter().zip(self.0.context.connected());
        ids.enumerate()
            .map(|(at, (id, Connected { market, account }))| {
                made(py, "ExchangeState", (at, id.name(), *market, *account).into_pyobject(py)?)
            })
            .collect()
    }

    /// Every asset, by index: `AssetState` objects.
    #[getter]
    fn assets<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let universe = &self.0.universe;
        let assets = universe.assets.iter().enumerate();
        assets
            .map(|(at, (exchange, name, _))| {
                let (total, free) = self.0.balance(at).unwrap_or_default();
                let exchange = universe.exchange_index(*exchange)?;
                let fields = (at, exchange, name, total, free).into_pyobject(py)?;
                made(py, "AssetState", fields)
            })
            .collect()
    }

    /// Every instrument, by index: `InstrumentState` objects.
    #[getter]
    fn instruments<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let state = &*self.0;
        let all = state.universe.instruments.iter().enumerate();
        all.map(|(at, listed)| {
            let of = InstrumentIndex(at as u32);
            let held = state.held(of);
            let position = (held.quantity, held.average_price, held.realised, held.unrealised);
            let position = made(py, "PositionState", position.into_pyobject(py)?)?;
            let orders: Vec<Bound<'py, PyAny>> =
                state.working(of).map(|order| self.order(py, order)).collect::<PyResult<_>>()?;
            let name = &state.universe.data.listings[at].instrument.name;
            let (base, quote) = listed.underlying;
            let venue = &listed.config.name_exchange;
            let orders = PyTuple::new(py, orders)?;
            let exchange = listed.exchange;
            let fields = (at, name, venue, exchange, base, quote, held.mark, position, orders);
            made(py, "InstrumentState", fields.into_pyobject(py)?)
        })
        .collect()
    }

    /// Every order of the run so far, also those that have ended: `OrderState` objects.
    #[getter]
    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.0.context.orders().iter().map(|order| self.order(py, order)).collect()
    }

    fn __repr__(&self) -> String {
        let time =
            self.0.time().map_or("before the first event".to_owned(), |time| time.to_string());
        let (orders, working) = (self.0.context.orders().len(), self.0.context.working().len());
        format!("<EngineState at {time}: {orders} orders, {working} of them working>")
    }
}
