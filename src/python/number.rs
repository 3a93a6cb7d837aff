//! A number from Python as an exact decimal.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyString};
use rust_decimal::Decimal;

use super::error::{ConfigError, OrderError};
use crate::error::{Error, shown};
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

/// A number of a setting: its fault is one of configuration.
pub(crate) fn setting(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    decimal(what, value).map_err(|error| {
        let py = value.py();
        if error.is_instance_of::<OrderError>(py) {
            ConfigError::new_err(error.value(py).to_string())
        } else {
            error
        }
    })
}

/// A whole number of a setting, `least` to `most`: an `int` or what stands for one, no `bool`.
pub(crate) fn whole(
    what: &str,
    value: &Bound<'_, PyAny>,
    (least, most): (i128, i128),
) -> PyResult<i128> {
    let kind = value.get_type().name()?.to_string();
    if kind.starts_with("bool") || !value.hasattr("__index__")? {
        return Err(PyTypeError::new_err(format!("{what} must be an int, got {kind}")));
    }
    let number = value.call_method0("__index__")?;
    match number.extract::<i128>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => {
            let seen = number.str().map_or("more".to_owned(), |text| shown(&text.to_string()));
            let text = format!("{what} must be between {least} and {most}, got {seen}");
            Err(Error::Config(text).into())
        }
    }
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
