//! Fields of a message from Python. Each error names the field; a type that is wrong is as much
//! a fault of the message as a number out of range.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString, PyTuple};
use rust_decimal::Decimal;

use super::error::{DataError, OrderError};
use super::{number, time as moments};
use crate::error::{DataFault, Error, shown};
use crate::num::parse_decimal;
use crate::system::message::{ExchangeId, Level};
use crate::time::Time;

/// Earlier integer times may be seconds, milliseconds or microseconds by mistake.
const SURELY_NS: i64 = 4_102_444_800_000_000;

/// What is built of fields from Python; every fault in them is one of data.
pub(super) fn data<T>(py: Python<'_>, build: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    build().map_err(|error| {
        if error.is_instance_of::<DataError>(py) || !is_fault(py, &error) {
            return error;
        }
        DataError::new_err((error.value(py).to_string(),))
    })
}

/// What is built of fields from Python; every fault in them is one of an order.
pub(super) fn order<T>(py: Python<'_>, build: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    build().map_err(|error| {
        if error.is_instance_of::<OrderError>(py) || !is_fault(py, &error) {
            return error;
        }
        OrderError::new_err((error.value(py).to_string(),))
    })
}

fn is_fault(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyTypeError>(py)
        || error.is_instance_of::<PyValueError>(py)
        || error.is_instance_of::<PyOverflowError>(py)
}

/// A value of a wrong type, in a sentence.
pub(super) fn wrong(what: &str, allowed: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let kind = value.get_type().name().map_or("something else".to_owned(), |name| name.to_string());
    fault(format!("{what} must be {allowed}, got {kind}"))
}

/// A fault in a sentence.
pub(super) fn fault(message: impl Into<String>) -> PyErr {
    Error::from(DataFault::new(message)).into()
}

/// Text.
pub(super) fn text<'a>(what: &str, value: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let text = value.cast::<PyString>().map_err(|_| wrong(what, "text", value))?;
    text.to_str().map_err(|_| {
        let seen = value.repr().map_or(String::new(), |repr| shown(&repr.to_string()));
        fault(format!("{what} must be text that UTF-8 can hold, got {seen}"))
    })
}

/// Text that is not empty.
pub(super) fn name<'a>(what: &str, value: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    match text(what, value)? {
        "" => Err(fault(format!("{what} must not be empty, got \"\""))),
        name => Ok(name),
    }
}

/// True or False.
pub(super) fn flag(what: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let flag = value.cast::<PyBool>().map_err(|_| wrong(what, "True or False", value))?;
    Ok(flag.is_true())
}

/// An index: an `int` or what stands for one.
pub(super) fn index(what: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    if let Ok(exact) = value.cast_exact::<PyInt>()
        && let Ok(index) = exact.extract()
    {
        return Ok(index);
    }
    number::whole(what, value, (0, i128::from(u32::MAX))).map(|index| index as u32)
}

/// A count.
pub(super) fn count(what: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
    number::whole(what, value, (0, i128::from(u64::MAX))).map(|count| count as u64)
}

/// A number, as everywhere; the most common kinds on a short path.
pub(super) fn amount(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    if let Ok(float) = value.cast_exact::<PyFloat>() {
        let float = float.value();
        if float.is_finite() {
            return Ok(parse_decimal(what, &float.to_string())?);
        }
    } else if let Ok(whole) = value.cast_exact::<PyInt>()
        && let Ok(whole) = whole.extract::<i64>()
    {
        return Ok(whole.into());
    }
    number::decimal(what, value)
}

/// A number > 0.
pub(super) fn positive(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    let number = amount(what, value)?;
    if number > Decimal::ZERO {
        return Ok(number);
    }
    Err(fault(format!("{what} must be > 0, got {number}")))
}

/// A time, as everywhere; nanoseconds on a short path.
pub(super) fn time(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Time> {
    if let Ok(exact) = value.cast_exact::<PyInt>()
        && let Ok(ns) = exact.extract::<i64>()
        && ns >= SURELY_NS
    {
        return Ok(Time(ns));
    }
    moments::moment(what, value)
}

/// A time, or another one if it is not given.
pub(super) fn time_or(what: &str, value: Option<&Bound<'_, PyAny>>, other: Time) -> PyResult<Time> {
    value.map_or(Ok(other), |value| time(what, value))
}

/// An exchange by its name.
pub(super) fn exchange(value: &Bound<'_, PyAny>) -> PyResult<ExchangeId> {
    ExchangeId::parse(text("exchange", value)?).map_err(|error| fault(format!("exchange: {error}")))
}

/// A level: a pair (price, amount), or an object that has both. Names of itself and of the two.
pub(super) fn level(
    [what, of_price, of_amount]: [&str; 3],
    value: &Bound<'_, PyAny>,
) -> PyResult<Level> {
    let allowed = "a pair (price, amount) or a Level";
    let (price, quantity) = if let Ok(pair) = value.cast::<PyTuple>() {
        pair.extract().map_err(|_| wrong(what, allowed, value))?
    } else if let (Some(price), Some(amount)) =
        (value.getattr_opt("price")?, value.getattr_opt("amount")?)
    {
        (price, amount)
    } else {
        let pair: Vec<Bound<'_, PyAny>> =
            value.extract().map_err(|_| wrong(what, allowed, value))?;
        let pair: [Bound<'_, PyAny>; 2] =
            pair.try_into().map_err(|_| wrong(what, allowed, value))?;
        pair.into()
    };
    Ok(Level { price: amount(of_price, &price)?, amount: amount(of_amount, &quantity)? })
}

/// Levels, as any iterable.
pub(super) fn levels(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<Level>> {
    let mut levels = Vec::new();
    for (at, one) in list(what, value)?.enumerate() {
        let one = one?;
        levels.push(level(["", "", ""], &one).or_else(|_| {
            // Read once more with its names, which are not made for levels without a fault.
            let name = format!("{what}[{at}]");
            level([&name, &format!("{name}.price"), &format!("{name}.amount")], &one)
        })?);
    }
    Ok(levels)
}

/// The members of a list or another iterable that is no text.
pub(super) fn list<'py>(
    what: &str,
    value: &Bound<'py, PyAny>,
) -> PyResult<impl Iterator<Item = PyResult<Bound<'py, PyAny>>>> {
    if value.is_instance_of::<PyString>() {
        return Err(wrong(what, "a list", value));
    }
    value.try_iter().map_err(|_| wrong(what, "a list", value))
}

/// A number of a message, as everywhere. Raises `DataError` for what is none.
#[pyfunction]
pub(super) fn field_number(
    py: Python<'_>,
    what: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<Decimal> {
    data(py, || amount(what, value))
}

/// A time of a message in ns since 1970 UTC, from all that times may be. Raises `DataError`.
#[pyfunction]
pub(super) fn field_time(py: Python<'_>, what: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    data(py, || Ok(time(what, value)?.ns()))
}

/// An index of a message. Raises `DataError`.
#[pyfunction]
pub(super) fn field_index(py: Python<'_>, what: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    data(py, || index(what, value))
}

/// A count of a message, below 2^64. Raises `DataError`.
#[pyfunction]
pub(super) fn field_count(py: Python<'_>, what: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
    data(py, || count(what, value))
}
