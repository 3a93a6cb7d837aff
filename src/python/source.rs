//! Data from Python as a source: arrays borrowed where they can be, tables over the Arrow
//! interface, paths.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float32Array, PrimitiveArray, StringArray, UInt64Array,
};
use arrow::datatypes::{
    ArrowTimestampType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyMapping, PyString, PyTuple};
use pyo3_arrow::{PyArray, PyChunkedArray, PyTable};

use crate::data::columns::means_time;
use crate::data::table::{Column, Source, expand};
use crate::error::{DataFault, shown};
use crate::python::error::{ConfigError, DataError};

/// Data that came from Python, kept alive while they are read.
pub(crate) enum Given<'py> {
    /// Nothing of it belongs to the interpreter.
    Owned(Source<'static>),
    /// Columns, some of them borrowed from arrays.
    Arrays(Vec<(String, Borrowed<'py>)>),
}

/// A column that may be an array of the caller.
pub(crate) enum Borrowed<'py> {
    Floats(PyReadonlyArray1<'py, f64>),
    Integers(PyReadonlyArray1<'py, i64>),
    Copied(ArrayRef),
}

impl Borrowed<'_> {
    /// As a column of a source.
    pub(crate) fn column(&self) -> PyResult<Column<'_>> {
        Ok(match self {
            Self::Floats(array) => Column::Floats(array.as_slice()?),
            Self::Integers(array) => Column::Integers(array.as_slice()?),
            Self::Copied(array) => Column::Array(Arc::clone(array)),
        })
    }
}

/// Reads what `data` is.
pub(crate) fn given<'py>(data: &Bound<'py, PyAny>) -> PyResult<Given<'py>> {
    if let Some(paths) = paths(data)? {
        return Ok(Given::Owned(Source::Files(paths)));
    }
    if is_pandas_frame(data)? {
        return table(&pandas_frame(data)?);
    }
    if data.hasattr(intern!(data.py(), "__arrow_c_stream__"))? {
        return table(data);
    }
    if data.hasattr(intern!(data.py(), "dtype"))? {
        return structured(data);
    }
    if let Ok(mapping) = data.cast::<PyMapping>() {
        return columns(mapping);
    }
    let kind = data.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "data must be a path, a table, \
         a mapping of names to arrays or a structured array, got {kind}"
    )))
}

/// True if `value` is a whole table, not one column.
pub(crate) fn is_table(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let path = value.is_instance_of::<PyString>() || value.hasattr("__fspath__")?;
    let structured = match value.getattr_opt("dtype")? {
        Some(dtype) => dtype.getattr_opt("names")?.is_some_and(|names| !names.is_none()),
        None => false,
    };
    let named = value.hasattr("columns")? || value.hasattr("column_names")?;
    Ok(path || structured || named || value.cast::<PyMapping>().is_ok())
}

fn paths(data: &Bound<'_, PyAny>) -> PyResult<Option<Vec<PathBuf>>> {
    let single = |value: &Bound<'_, PyAny>| -> PyResult<Option<String>> {
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(Some(text.to_str()?.to_owned()));
        }
        if value.hasattr("__fspath__")? {
            let path = value.call_method0("__fspath__")?;
            return Ok(Some(path.extract()?));
        }
        Ok(None)
    };
    if let Some(path) = single(data)? {
        return Ok(Some(expand(&path)?));
    }
    if !(data.is_instance_of::<PyList>() || data.is_instance_of::<PyTuple>()) {
        return Ok(None);
    }
    let mut found = Vec::new();
    for item in data.try_iter()? {
        let item = item?;
        let Some(path) = single(&item)? else {
            let kind = item.get_type().name()?;
            return Err(PyTypeError::new_err(format!("a list of data holds paths, got {kind}")));
        };
        found.extend(expand(&path)?);
    }
    Ok(Some(found))
}

fn is_pandas_frame(data: &Bound<'_, PyAny>) -> PyResult<bool> {
    let module = data.get_type().getattr("__module__")?.to_string();
    Ok(module.starts_with("pandas") && data.hasattr("columns")?)
}

/// A pandas frame with its index as a column where it is the only time.
fn pandas_frame<'py>(frame: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let refuse = |text: &str| Err(DataError::new_err(text.to_owned()));
    let (columns, index) = (frame.getattr("columns")?, frame.getattr("index")?);
    if columns.getattr("nlevels")?.extract::<usize>()? > 1 {
        return refuse("the columns are a MultiIndex; choose one level, such as frame[\"BTC\"]");
    }
    if index.getattr("nlevels")?.extract::<usize>()? > 1 {
        return refuse("the index is a MultiIndex; bring it into columns with frame.reset_index()");
    }
    if !columns.getattr("is_unique")?.extract::<bool>()? {
        return refuse("two columns have the same name; names must be unique");
    }
    for name in columns.try_iter()? {
        if means_time(&name?.str()?.to_cow()?) {
            return Ok(frame.clone());
        }
    }
    let name = index.getattr("name")?;
    let named = !name.is_none() && means_time(&name.str()?.to_cow()?);
    let dates = index.get_type().name()? == "DatetimeIndex";
    if named || dates {
        let frame =
            if named { frame.clone() } else { frame.call_method1("rename_axis", ("time",))? };
        return frame.call_method0("reset_index");
    }
    Ok(frame.clone())
}

/// A table over the Arrow interface.
fn table<'py>(data: &Bound<'py, PyAny>) -> PyResult<Given<'py>> {
    let table: PyTable = data.extract().map_err(|error: PyErr| arrow_fault(data.py(), &error))?;
    let (batches, schema) = table.into_inner();
    let names = schema.fields().iter().map(|field| field.name().clone()).collect();
    Ok(Given::Owned(Source::Batches(names, batches)))
}

/// What the library behind a table says about data that it cannot hand over.
fn arrow_fault(py: Python<'_>, error: &PyErr) -> PyErr {
    if error.is_instance_of::<pyo3::exceptions::PyImportError>(py) {
        let text = "a pandas frame needs pyarrow to be read; pip install barter-python[pandas]";
        return crate::python::error::MissingExtraError::new_err(text);
    }
    let said = error.value(py).str().map_or_else(|_| String::new(), |text| text.to_string());
    DataError::new_err(format!("the table cannot be read: {}", shown(&said)))
}

fn structured<'py>(data: &Bound<'py, PyAny>) -> PyResult<Given<'py>> {
    let names = data.getattr("dtype")?.getattr("names")?;
    let kind = data.get_type().name()?;
    if names.is_none() {
        return Err(DataError::new_err(format!(
            "an {kind} without column names; \
             give {{\"time\": ..., \"price\": ...}} or a structured array"
        )));
    }
    let names: Vec<String> = names.extract()?;
    let mut columns = Vec::new();
    for name in names {
        let value = data.get_item(&name)?;
        columns.push((name.clone(), column(&name, &value)?));
    }
    Ok(Given::Arrays(columns))
}

fn columns<'py>(mapping: &Bound<'py, PyMapping>) -> PyResult<Given<'py>> {
    let mut columns = Vec::new();
    for item in mapping.items()?.iter() {
        let (name, value): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item.extract()?;
        let Ok(name) = name.extract::<String>() else {
            let kind = name.get_type().name()?;
            return Err(PyTypeError::new_err(format!("names of columns are text, got {kind}")));
        };
        columns.push((name.clone(), column(&name, &value)?));
    }
    if columns.is_empty() {
        return Err(ConfigError::new_err("data is an empty mapping; give columns or tables"));
    }
    Ok(Given::Arrays(columns))
}

fn fault(name: &str, text: impl Into<String>) -> PyErr {
    crate::error::Error::from(DataFault::new(text).in_column(name)).into()
}

/// One column: an array of `NumPy`, a list, or anything with the Arrow interface.
pub(crate) fn column<'py>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<Borrowed<'py>> {
    let py = value.py();
    if value.hasattr(intern!(py, "__arrow_c_stream__"))? && !value.hasattr("dtype")?
        || value.get_type().getattr("__module__")?.to_string().starts_with("polars")
    {
        let chunks: PyChunkedArray =
            value.extract().map_err(|error: PyErr| arrow_fault(py, &error))?;
        let (chunks, field) = chunks.into_inner();
        let chunks: Vec<&dyn Array> = chunks.iter().map(AsRef::as_ref).collect();
        if chunks.is_empty() {
            return Ok(Borrowed::Copied(arrow::array::new_empty_array(field.data_type())));
        }
        let joined = arrow::compute::concat(&chunks);
        return Ok(Borrowed::Copied(joined.map_err(|error| fault(name, error.to_string()))?));
    }
    if value.hasattr(intern!(py, "__arrow_c_array__"))? && !value.hasattr("dtype")? {
        let array: PyArray = value.extract().map_err(|error: PyErr| arrow_fault(py, &error))?;
        return Ok(Borrowed::Copied(array.into_inner().0));
    }
    let numpy = py.import(intern!(py, "numpy"))?;
    if value.hasattr("mask")? && value.hasattr("filled")? {
        return Err(fault(name, "is a masked array; fill or drop what is masked first"));
    }
    let zoned =
        value.getattr_opt("dtype")?.is_some_and(|dtype| dtype.hasattr("tz").unwrap_or(false));
    let value = if zoned { value.call_method0("to_numpy")? } else { value.clone() };
    let array = numpy.call_method1("asarray", (value,)).map_err(|error| {
        fault(name, format!("is not one column: {}", shown(&error.to_string())))
    })?;
    let dimensions: usize = array.getattr("ndim")?.extract()?;
    if dimensions != 1 {
        let shape = array.getattr("shape")?;
        return Err(fault(name, format!("must have one dimension, has the shape {shape}")));
    }
    numpy_column(name, &numpy, &array)
}

fn numpy_column<'py>(
    name: &str,
    numpy: &Bound<'py, PyModule>,
    array: &Bound<'py, PyAny>,
) -> PyResult<Borrowed<'py>> {
    let dtype = array.getattr("dtype")?;
    let kind: String = dtype.getattr("kind")?.extract()?;
    let size: usize = dtype.getattr("itemsize")?.extract()?;
    // Native byte order, aligned and without gaps; a copy only if it is not so already.
    let native = |to: &str| numpy.call_method1("require", (array, to, ["C", "A"]));
    let copied = |array: ArrayRef| Ok(Borrowed::Copied(array));
    match (kind.as_str(), size) {
        ("f", 8) => {
            let array = native("f8")?.cast_into::<PyArray1<f64>>()?;
            Ok(Borrowed::Floats(
                array.try_readonly().map_err(|error| fault(name, error.to_string()))?,
            ))
        }
        ("f", 4) => {
            let array = native("f4")?.cast_into::<PyArray1<f32>>()?;
            copied(Arc::new(Float32Array::from(array.to_vec()?)))
        }
        ("f", _) => {
            let text = format!("holds {dtype}; use float64");
            Err(fault(name, text))
        }
        ("u", 8) => {
            let array = native("u8")?.cast_into::<PyArray1<u64>>()?;
            copied(Arc::new(UInt64Array::from(array.to_vec()?)))
        }
        ("i" | "u", _) => {
            let array = native("i8")?.cast_into::<PyArray1<i64>>()?;
            Ok(Borrowed::Integers(
                array.try_readonly().map_err(|error| fault(name, error.to_string()))?,
            ))
        }
        ("b", _) => {
            let array = native("?")?.cast_into::<PyArray1<bool>>()?;
            copied(Arc::new(BooleanArray::from(array.to_vec()?)))
        }
        ("M", _) => copied(datetimes(numpy, array, &dtype)?),
        ("O" | "U" | "S" | "T", _) => copied(texts(name, array, &kind)?),
        _ => Err(fault(name, format!("holds {dtype}; numbers, times or text are needed"))),
    }
}

/// `datetime64` of any unit; it says no zone.
fn datetimes(
    numpy: &Bound<'_, PyModule>,
    array: &Bound<'_, PyAny>,
    dtype: &Bound<'_, PyAny>,
) -> PyResult<ArrayRef> {
    let (unit, count): (String, i64) = numpy.call_method1("datetime_data", (dtype,))?.extract()?;
    let unit = match (unit.as_str(), count) {
        ("s" | "ms" | "us" | "ns", 1) => unit,
        ("ps" | "fs" | "as" | "s" | "ms" | "us" | "ns", _) => "ns".to_owned(),
        _ => "s".to_owned(),
    };
    let to = format!("M8[{unit}]");
    let counts = numpy.call_method1("require", (array, to, ["C", "A"]))?;
    let counts = counts.call_method1("view", ("i8",))?.cast_into::<PyArray1<i64>>()?.to_vec()?;
    Ok(match unit.as_str() {
        "s" => stamps::<TimestampSecondType>(counts),
        "ms" => stamps::<TimestampMillisecondType>(counts),
        "us" => stamps::<TimestampMicrosecondType>(counts),
        _ => stamps::<TimestampNanosecondType>(counts),
    })
}

/// Counts since 1970, the least of all meaning "no time".
fn stamps<T: ArrowTimestampType>(counts: Vec<i64>) -> ArrayRef {
    let array: PrimitiveArray<T> = if counts.contains(&i64::MIN) {
        counts.into_iter().map(|count| (count != i64::MIN).then_some(count)).collect()
    } else {
        PrimitiveArray::new(counts.into(), None)
    };
    Arc::new(array)
}

/// Objects and text by their text; `None` is an empty cell.
fn texts(name: &str, array: &Bound<'_, PyAny>, kind: &str) -> PyResult<ArrayRef> {
    let array = if kind == "S" { array.call_method1("astype", ("U",))? } else { array.clone() };
    let mut cells: Vec<Option<String>> = Vec::new();
    for value in array.call_method0("tolist")?.try_iter()? {
        let value = value?;
        if value.is_none() {
            cells.push(None);
        } else if let Ok(text) = value.cast::<PyString>() {
            cells.push(Some(text.to_cow()?.into_owned()));
        } else if value.is_instance_of::<pyo3::types::PyBool>() {
            return Err(fault(
                name,
                format!("row {}: holds a truth value among objects", cells.len()),
            ));
        } else {
            let text = value.str()?.to_cow()?.into_owned();
            cells.push(Some(text.chars().take(100).collect()));
        }
    }
    Ok(Arc::new(StringArray::from(cells)))
}
