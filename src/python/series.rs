//! A series of numbers from Python: an array, a list, a column with the Arrow interface.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, Float64Array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use arrow::{array::AsArray, datatypes::Float64Type};
use pyo3::prelude::*;

use super::source::{Borrowed, column};
use crate::error::{DataFault, Error};

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
            Borrowed::Copied(array) => floats(what, array)?.values().to_vec(),
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

fn fault(what: &str, text: impl Into<String>) -> Error {
    DataFault::new(text).in_column(what).into()
}

fn floats(what: &str, array: &ArrayRef) -> PyResult<Float64Array> {
    let kind = array.data_type();
    if !(kind.is_numeric() || matches!(kind, DataType::Utf8 | DataType::Null)) {
        return Err(fault(what, format!("holds {kind}; numbers are needed")).into());
    }
    missing(what, array)?;
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let cast = cast_with_options(array, &DataType::Float64, &strict)
        .map_err(|error| fault(what, error.to_string()))?;
    Ok(cast.as_primitive::<Float64Type>().clone())
}

fn missing(what: &str, array: &ArrayRef) -> Result<(), Error> {
    let Some(row) = (0..array.len()).find(|row| array.is_null(*row)) else { return Ok(()) };
    Err(DataFault::new("a value is missing").in_column(what).at_row(row as u64).into())
}

/// Times in order, ns since 1970 UTC: integers, or timestamps of any unit.
pub(crate) fn times<'a>(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Cow<'a, [i64]>> {
    let times: Vec<i64> = match column(what, value)? {
        Borrowed::Integers(array) => array.as_slice()?.to_vec(),
        Borrowed::Copied(array) if matches!(array.data_type(), DataType::Timestamp(..)) => {
            missing(what, &array)?;
            let fine = DataType::Timestamp(TimeUnit::Nanosecond, None);
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            let cast = cast_with_options(&array, &fine, &strict)
                .and_then(|array| cast_with_options(&array, &DataType::Int64, &strict))
                .map_err(|error| fault(what, error.to_string()))?;
            cast.as_primitive::<Int64Type>().values().to_vec()
        }
        _ => {
            let text = "must be timestamps, or int nanoseconds since 1970 UTC";
            return Err(fault(what, text).into());
        }
    };
    if let Some(at) = times.windows(2).position(|pair| pair[1] <= pair[0]) {
        let (before, after) = (crate::time::Time(times[at]), crate::time::Time(times[at + 1]));
        let text = format!("times must rise, and {after} comes after {before}");
        return Err(Error::from(DataFault::new(text).in_column(what).at_row(at as u64 + 1)).into());
    }
    Ok(times.into())
}
