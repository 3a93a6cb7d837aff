//! The closed sets of names: members of the package's text enumerations, looked up once.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::market::Side;
use crate::order::{Liquidity, Status, TimeInForce};
use crate::system::message::ExchangeId;

/// The members of one set, with their names.
struct Members(Vec<(String, Py<PyAny>)>);

impl Members {
    fn of(class: &Bound<'_, PyAny>) -> PyResult<Self> {
        let member = |member: PyResult<Bound<'_, PyAny>>| {
            let member = member?;
            Ok((member.extract()?, member.unbind()))
        };
        Ok(Self(class.try_iter()?.map(member).collect::<PyResult<_>>()?))
    }

    fn get(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        let member = self.0.iter().find(|(known, _)| known == name);
        let unknown = || PyValueError::new_err(format!("no member is called \"{name}\""));
        Ok(member.ok_or_else(unknown)?.1.clone_ref(py))
    }
}

struct Names {
    /// By their index: every trade has one.
    sides: [Py<PyAny>; 2],
    kinds: Members,
    times_in_force: Members,
    statuses: Members,
    liquidities: Members,
    exchanges: Members,
}

static NAMES: PyOnceLock<Names> = PyOnceLock::new();

fn names(py: Python<'_>) -> PyResult<&Names> {
    NAMES.get_or_try_init(py, || {
        let module = py.import("barter_python._enums")?;
        let members = |class: &str| Members::of(&module.getattr(class)?);
        let sides = members("Side")?;
        Ok(Names {
            sides: [sides.get(py, "buy")?, sides.get(py, "sell")?],
            kinds: members("OrderKind")?,
            times_in_force: members("TimeInForce")?,
            statuses: members("OrderStatus")?,
            liquidities: members("Liquidity")?,
            exchanges: members("ExchangeId")?,
        })
    })
}

pub(super) fn side(py: Python<'_>, side: Side) -> PyResult<Py<PyAny>> {
    Ok(names(py)?.sides[side as usize].clone_ref(py))
}

pub(super) fn kind(py: Python<'_>, kind: &str) -> PyResult<Py<PyAny>> {
    names(py)?.kinds.get(py, kind)
}

pub(super) fn time_in_force(py: Python<'_>, value: TimeInForce) -> PyResult<Py<PyAny>> {
    names(py)?.times_in_force.get(py, value.name())
}

pub(super) fn status(py: Python<'_>, status: Status) -> PyResult<Py<PyAny>> {
    names(py)?.statuses.get(py, status.name())
}

pub(super) fn liquidity(py: Python<'_>, liquidity: Liquidity) -> PyResult<Py<PyAny>> {
    names(py)?.liquidities.get(py, liquidity.name())
}

pub(super) fn exchange(py: Python<'_>, exchange: ExchangeId) -> PyResult<Bound<'_, PyAny>> {
    Ok(names(py)?.exchanges.get(py, exchange.name())?.into_bound(py))
}

/// A side from its member or its name.
pub(super) fn side_from(value: &Bound<'_, PyAny>) -> PyResult<Side> {
    match value.extract::<&str>().ok() {
        Some("buy") => Ok(Side::Buy),
        Some("sell") => Ok(Side::Sell),
        _ => {
            let seen = crate::error::shown(&value.repr()?.to_string());
            let text = format!("side must be \"buy\" or \"sell\", got {seen}");
            Err(crate::error::Error::Order(text).into())
        }
    }
}
