//! Tables of results: Arrow streams that every frame library reads.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use pyo3::exceptions::{PyKeyError, PyModuleNotFoundError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::PyTable as ArrowTable;
use std::sync::Arc;

use super::error::MissingExtraError;
use crate::error::did_you_mean;

/// A table of results, read-only. Give it to polars, pandas, pyarrow or duckdb as it is.
///
/// `len()` counts rows; `table["price"]` is one column as an Arrow array stream.
#[pyclass(name = "Table", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyTable(RecordBatch);

impl PyTable {
    pub(super) fn new(batch: RecordBatch) -> Self {
        Self(batch)
    }
}

/// Imports an optional package, or says how to get it.
fn optional<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyModule>> {
    py.import(name).map_err(|error| {
        if !error.is_instance_of::<PyModuleNotFoundError>(py) {
            return error;
        }
        MissingExtraError::new_err(format!(
            "this needs {name}, which is not installed; pip install \"barter-python[{name}]\""
        ))
    })
}

#[pymethods]
impl PyTable {
    /// Names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.0.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    fn __getitem__(&self, column: &str) -> PyResult<Self> {
        let schema = self.0.schema();
        let Ok(at) = schema.index_of(column) else {
            let names = self.columns();
            let hint = did_you_mean(column, names.iter().map(String::as_str));
            let text = format!("no column \"{column}\"{hint}; there are {}", names.join(", "));
            return Err(PyKeyError::new_err(text));
        };
        let one: ArrayRef = Arc::clone(self.0.column(at));
        let schema = Arc::new(Schema::new(vec![schema.field(at).clone()]));
        let batch = RecordBatch::try_new(schema, vec![one]);
        Ok(Self(batch.unwrap_or_else(|error| panic!("a column fits its own field: {error}"))))
    }

    #[pyo3(signature = (requested_schema = None))]
    pub(super) fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let table = ArrowTable::try_new(vec![self.0.clone()], self.0.schema())?;
        let table = Bound::new(py, table)?;
        table.call_method1("__arrow_c_stream__", (requested_schema,))
    }

    /// As a `pandas.DataFrame`; exact numbers stay `Decimal`. Needs pandas and pyarrow.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        optional(slf.py(), "pandas")?;
        let arrow = optional(slf.py(), "pyarrow")?;
        arrow.call_method1("table", (slf,))?.call_method0("to_pandas")
    }

    /// As a `polars.DataFrame`. Needs polars.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        optional(slf.py(), "polars")?.call_method1("DataFrame", (slf,))
    }

    fn __repr__(&self) -> String {
        format!("<Table {} rows: {}>", self.0.num_rows(), self.columns().join(", "))
    }
}
