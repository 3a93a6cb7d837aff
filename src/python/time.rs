//! Moments and spans from Python.

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyInt, PyString};

use crate::error::{Error, shown};
use crate::time::{DAY, SECOND, Time, in_range, parse_span, parse_time};

#[allow(dead_code)] // runs take their start and end through it
/// A moment: `int` nanoseconds, an aware `datetime`, a `datetime64` or text with a zone.
pub(crate) fn moment(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Time> {
    let wrong = |text: String| Error::Config(format!("{what}: {text}"));
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(
            parse_time(text.to_str()?, None, "add it, like 2024-01-31T09:30:00Z").map_err(wrong)?
        );
    }
    if value.is_exact_instance_of::<PyDateTime>() {
        return Ok(in_range(datetime_ns(what, value, true)?).map_err(wrong)?);
    }
    let kind = value.get_type().name()?.to_string();
    if kind == "datetime64" {
        let outside =
            |seen| wrong(format!("time out of range; allowed is 1970 to 2262, got {seen}"));
        let ns = numpy_ns(value, "datetime64")?.map_err(outside)?;
        return Ok(in_range(i128::from(ns)).map_err(wrong)?);
    }
    let boolean = value.is_instance_of::<PyBool>() || kind.starts_with("bool");
    if !boolean && (value.is_instance_of::<PyInt>() || value.hasattr("__index__")?) {
        let ns: i128 = value.call_method0("__index__")?.extract().unwrap_or(i128::MAX);
        for (unit, per_second) in
            [("seconds", 1), ("milliseconds", 1_000), ("microseconds", 1_000_000)]
        {
            if (946_684_800 * per_second..4_102_444_800 * per_second).contains(&ns) {
                let text = format!("{ns} looks like {unit}; integer times count nanoseconds");
                return Err(wrong(text).into());
            }
        }
        return Ok(in_range(ns).map_err(wrong)?);
    }
    if value.hasattr("utcoffset")? && value.hasattr("timestamp")? {
        return Ok(in_range(datetime_ns(what, value, false)?).map_err(wrong)?);
    }
    Err(PyTypeError::new_err(format!(
        "{what} must be an int (nanoseconds), an aware datetime, a datetime64 or text, got {kind}"
    )))
}

/// Nanoseconds since 1970; `plain` is a `datetime` of the standard library, which has microseconds.
fn datetime_ns(what: &str, value: &Bound<'_, PyAny>, plain: bool) -> PyResult<i128> {
    let py = value.py();
    let offset = value.call_method0(intern!(py, "utcoffset"))?;
    if offset.is_none() {
        let text =
            format!("{what}: naive time {value} refused; give it a zone, such as tzinfo=UTC");
        return Err(Error::Config(text).into());
    }
    let whole = |part: PyResult<Bound<'_, PyAny>>| -> PyResult<i64> { part?.extract() };
    let days = whole(value.call_method0(intern!(py, "toordinal")))? - 719_163;
    let hours = whole(value.getattr(intern!(py, "hour")))?;
    let minutes = whole(value.getattr(intern!(py, "minute")))?;
    let seconds = whole(value.getattr(intern!(py, "second")))?;
    let micros = whole(value.getattr(intern!(py, "microsecond")))?;
    let fine = if plain { None } else { value.getattr_opt(intern!(py, "nanosecond"))? };
    let fine = fine.map_or(Ok(0), |fine| fine.extract::<i64>())?;
    let local = i128::from(days) * i128::from(DAY)
        + i128::from((hours * 60 + minutes) * 60 + seconds) * i128::from(SECOND)
        + i128::from(micros * 1_000 + fine);
    // A span of zero is false.
    let offset = if offset.is_truthy()? { timedelta_ns(&offset)? } else { 0 };
    Ok(local - i128::from(offset))
}

/// Nanoseconds of a `NumPy` scalar; its text if they do not fit, where `NumPy` would wrap around.
fn numpy_ns(value: &Bound<'_, PyAny>, kind: &str) -> PyResult<Result<i64, String>> {
    let fine = value.call_method1("astype", (format!("{kind}[ns]"),))?;
    let ns: i64 = fine.call_method1("astype", ("int64",))?.call_method0("item")?.extract()?;
    // Days come before seconds: they hold for millennia what nanoseconds hold for centuries.
    let days = |value: &Bound<'_, PyAny>| -> PyResult<i64> {
        let days = value.call_method1("astype", (format!("{kind}[D]"),))?;
        days.call_method1("astype", ("int64",))?.call_method0("item")?.extract()
    };
    let fits = ns != i64::MIN && days(value)? == days(&fine)?;
    Ok(if fits { Ok(ns) } else { Err(shown(&value.str()?.to_string())) })
}

/// A span: text such as "20ms", a `timedelta`, or `int` nanoseconds.
pub(crate) fn span(what: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(parse_span(what, text.to_str()?)?);
    }
    let kind = value.get_type().name()?.to_string();
    let boolean = value.is_instance_of::<PyBool>() || kind.starts_with("bool");
    if kind == "timedelta64" {
        let outside = |seen| {
            Error::Config(format!("{what}: the span is out of range (292 years), got {seen}"))
        };
        return Ok(numpy_ns(value, "timedelta64")?.map_err(outside)?);
    }
    if !boolean && value.hasattr("__index__")? {
        return value.call_method0("__index__")?.extract().map_err(|_| {
            Error::Config(format!("{what}: the span is out of range (292 years)")).into()
        });
    }
    if value.hasattr("total_seconds")? {
        return timedelta_ns(value);
    }
    Err(PyTypeError::new_err(format!(
        "{what} must be text such as \"20ms\", a timedelta or an int of nanoseconds, got {kind}"
    )))
}

fn timedelta_ns(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    let part = |name: &str| -> PyResult<i128> { value.getattr(name)?.extract() };
    let fine = match value.getattr_opt("nanoseconds")? {
        Some(nanoseconds) => nanoseconds.extract::<i128>()?,
        None => 0,
    };
    let ns = part("days")? * i128::from(DAY)
        + part("seconds")? * i128::from(SECOND)
        + part("microseconds")? * 1_000
        + fine;
    i64::try_from(ns)
        .map_err(|_| Error::Config("the span is out of range (292 years)".to_owned()).into())
}
