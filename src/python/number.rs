//! A number from Python as an exact decimal.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyString};
use rust_decimal::Decimal;

use crate::error::Error;
use crate::num::parse_decimal;

/// Text, `int`, `Decimal`, `float` or a `NumPy` scalar as an exact decimal; `what` names it in
/// errors.
///
/// A float means its shortest text, so `0.1` is one tenth.
pub(crate) fn decimal(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(parse_decimal(what, text.to_str()?)?);
    }
    let kind = value.get_type().name()?.to_string();
    if value.is_none() || value.is_instance_of::<PyBool>() || kind.starts_with("bool") {
        return Err(PyTypeError::new_err(format!("{what} must be a number or text, got {kind}")));
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        return from_float(what, float.extract()?);
    }
    if value.hasattr("__index__")? {
        let index = value.call_method0("__index__")?;
        let integer: i128 = index.extract().map_err(|_| {
            Error::Order(format!("{what}: the integer is out of range (28 digits)"))
        })?;
        return Ok(parse_decimal(what, &integer.to_string())?);
    }
    if kind == "Decimal" || kind.starts_with("float") {
        let text = value.str()?;
        let text = text.to_str()?;
        let lower = text.to_ascii_lowercase();
        if ["nan", "inf", "-inf", "infinity", "-infinity", "snan"].contains(&lower.as_str()) {
            return Err(not_finite(what, &lower).into());
        }
        return Ok(parse_decimal(what, text)?);
    }
    Err(PyTypeError::new_err(format!("{what} must be a number or text, got {kind}")))
}

fn from_float(what: &str, value: f64) -> PyResult<Decimal> {
    if !value.is_finite() {
        return Err(not_finite(what, &value.to_string().to_lowercase()).into());
    }
    Ok(parse_decimal(what, &value.to_string())?)
}

fn not_finite(what: &str, value: &str) -> Error {
    Error::Order(format!("{what} must be finite, got {value}"))
}
