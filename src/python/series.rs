//! A series of numbers from Python: an array, a list, a column with the Arrow interface.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, Float64Array, StructArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use arrow::{array::AsArray, datatypes::Float64Type};
use pyo3::prelude::*;

use super::source::{Borrowed, column};
use crate::error::{DataFault, Error, shown};
use crate::time::{Time, parse_time};

/// Numbers, borrowed from an array of `float64` and copied from all else.
pub(crate) struct Numbers<'py> {
    given: Borrowed<'py>,
    copied: Vec<f64>,
}

impl<'py> Numbers<'py> {
    /// Reads `value`; `what` names it in errors.
    pub(crate) fn new(what: &str, value: &Bound<'py, PyAny>) -> PyResult<Self> {
        let given = column(what, value)?;
        let copied = match &given {
            Borrowed::Floats(array) => {
                array.as_slice()?;
                Vec::new()
            }
            Borrowed::Integers(array) => {
                array.as_slice()?.iter().map(|value| *value as f64).collect()
            }
            Borrowed::Copied(array) => floats(what, alone(array))?.values().to_vec(),
        };
        Ok(Self { given, copied })
    }

    pub(crate) fn values(&self) -> &[f64] {
        match &self.given {
            Borrowed::Floats(array) => array.as_slice().unwrap_or(&self.copied),
            _ => &self.copied,
        }
    }
}

/// The only column of a table of one, else the array itself.
fn alone(array: &ArrayRef) -> &ArrayRef {
    match array.as_struct_opt().map(StructArray::columns) {
        Some([column]) => column,
        _ => array,
    }
}

fn fault(what: &str, text: impl Into<String>) -> Error {
    DataFault::new(text).in_column(what).into()
}

fn floats(what: &str, array: &ArrayRef) -> PyResult<Float64Array> {
    let kind = array.data_type();
    missing(what, array)?;
    if let Some(texts) = array.as_string_opt::<i32>() {
        return texts.iter().enumerate().map(|(row, text)| number(what, row, text)).collect();
    }
    if !(kind.is_numeric() || *kind == DataType::Null) {
        return Err(fault(what, format!("holds {kind}; numbers are needed")).into());
    }
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let cast = cast_with_options(array, &DataType::Float64, &strict)
        .map_err(|error| fault(what, error.to_string()))?;
    Ok(cast.as_primitive::<Float64Type>().clone())
}

/// A number that came as an object, by its text.
fn number(what: &str, row: usize, text: Option<&str>) -> PyResult<Option<f64>> {
    let text = text.unwrap_or_default();
    let parsed = text.trim().parse().map_err(|_| {
        let fault = DataFault::new(format!("must be a number, got \"{}\"", shown(text)));
        Error::from(fault.in_column(what).at_row(row as u64))
    })?;
    Ok(Some(parsed))
}

fn missing(what: &str, array: &ArrayRef) -> Result<(), Error> {
    let Some(row) = (0..array.len()).find(|row| array.is_null(*row)) else { return Ok(()) };
    Err(DataFault::new("a value is missing").in_column(what).at_row(row as u64).into())
}

/// Times in order, ns since 1970 UTC: integers, `datetime64` (which is UTC), timestamps and
/// datetimes with a zone.
pub(crate) fn times<'a>(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Cow<'a, [i64]>> {
    let naive = || -> PyErr {
        let text = "naive times refused; give them a zone, such as UTC";
        fault(what, text).into()
    };
    let dtype = value.getattr_opt("dtype")?;
    let zoned = dtype.as_ref().is_some_and(|dtype| dtype.hasattr("tz").unwrap_or(false));
    let module = value.get_type().getattr("__module__")?.to_string();
    let frame = module.starts_with("pandas");
    let given = if zoned {
        column(what, &value.call_method1("to_numpy", ("datetime64[ns]",))?)?
    } else {
        column(what, value)?
    };
    let times: Vec<i64> = match given {
        Borrowed::Integers(array) => array.as_slice()?.to_vec(),
        Borrowed::Copied(array) => match alone(&array).data_type() {
            DataType::Timestamp(_, None) if !zoned && (frame || dtype.is_none()) => {
                return Err(naive());
            }
            DataType::Timestamp(..) => nanoseconds(what, alone(&array))?,
            kind if kind.is_integer() => nanoseconds(what, alone(&array))?,
            DataType::Utf8 => datetimes(what, &array)?,
            _ => return Err(unfit(what)),
        },
        Borrowed::Floats(_) => return Err(unfit(what)),
    };
    if let Some(at) = times.windows(2).position(|pair| pair[1] <= pair[0]) {
        let (before, after) = (Time(times[at]), Time(times[at + 1]));
        let text = format!("times must rise, and {after} comes after {before}");
        return Err(Error::from(DataFault::new(text).in_column(what).at_row(at as u64 + 1)).into());
    }
    Ok(times.into())
}

fn unfit(what: &str) -> PyErr {
    fault(what, "must be timestamps, or int nanoseconds since 1970 UTC").into()
}

fn nanoseconds(what: &str, array: &ArrayRef) -> PyResult<Vec<i64>> {
    missing(what, array)?;
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let to = |array: &ArrayRef, kind: &DataType| {
        cast_with_options(array, kind, &strict).map_err(|error| fault(what, error.to_string()))
    };
    let fine = match array.data_type() {
        DataType::Timestamp(_, zone) => {
            to(array, &DataType::Timestamp(TimeUnit::Nanosecond, zone.clone()))?
        }
        _ => array.clone(),
    };
    Ok(to(&fine, &DataType::Int64)?.as_primitive::<Int64Type>().values().to_vec())
}

/// Datetimes that came as objects, by their text.
fn datetimes(what: &str, array: &ArrayRef) -> PyResult<Vec<i64>> {
    missing(what, array)?;
    let texts = array.as_string::<i32>().iter().enumerate();
    let parse = |(row, text): (usize, Option<&str>)| {
        let advice = "add it, like 2024-01-31T09:30:00Z";
        let time = parse_time(text.unwrap_or_default(), None, advice);
        let fault = |text| DataFault::new(text).in_column(what).at_row(row as u64);
        time.map(Time::ns).map_err(|text| Error::from(fault(text)).into())
    };
    texts.map(parse).collect()
}
