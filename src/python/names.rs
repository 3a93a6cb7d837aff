//! The closed sets of names: members of the package's text enumerations, looked up once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::market::Side;
use crate::order::{Liquidity, Status, TimeInForce};

struct Names {
    kind: Py<PyAny>,
    time_in_force: Py<PyAny>,
    status: Py<PyAny>,
    sides: [Py<PyAny>; 2],
    liquidity: Py<PyAny>,
}

static NAMES: PyOnceLock<Names> = PyOnceLock::new();

fn names(py: Python<'_>) -> PyResult<&Names> {
    NAMES.get_or_try_init(py, || {
        let module = py.import("barter_python._enums")?;
        let class = |name: &str| module.getattr(name).map(Bound::unbind);
        let side = module.getattr("Side")?;
        Ok(Names {
            sides: [side.call1(("buy",))?.unbind(), side.call1(("sell",))?.unbind()],
            kind: class("OrderKind")?,
            time_in_force: class("TimeInForce")?,
            status: class("OrderStatus")?,
            liquidity: class("Liquidity")?,
        })
    })
}

pub(super) fn side(py: Python<'_>, side: Side) -> PyResult<Py<PyAny>> {
    Ok(names(py)?.sides[side as usize].clone_ref(py))
}

pub(super) fn kind(py: Python<'_>, kind: &str) -> PyResult<Py<PyAny>> {
    names(py)?.kind.call1(py, (kind,))
}

pub(super) fn time_in_force(py: Python<'_>, value: TimeInForce) -> PyResult<Py<PyAny>> {
    names(py)?.time_in_force.call1(py, (value.name(),))
}

pub(super) fn status(py: Python<'_>, status: Status) -> PyResult<Py<PyAny>> {
    names(py)?.status.call1(py, (status.name(),))
}

pub(super) fn liquidity(py: Python<'_>, liquidity: Liquidity) -> PyResult<Py<PyAny>> {
    names(py)?.liquidity.call1(py, (liquidity.name(),))
}

/// A side from its member or its name.
pub(super) fn side_from(value: &Bound<'_, PyAny>) -> PyResult<Side> {
    let text: Option<String> = value.extract().ok();
    match text.as_deref() {
        Some("buy") => Ok(Side::Buy),
        Some("sell") => Ok(Side::Sell),
        _ => {
            let seen = crate::error::shown(&value.repr()?.to_string());
            let text = format!("side must be \"buy\" or \"sell\", got {seen}");
            Err(crate::error::Error::Order(text).into())
        }
    }
}
