//! The story of one order.

use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::table::PyTable;
use crate::system::{Step, Story};

/// What happened to an order, and why nothing else did. Prints as lines and draws itself in a
/// notebook; `table` holds the same.
#[pyclass(name = "OrderStory", module = "barter_python", frozen)]
pub(super) struct PyOrderStory(pub(super) Story);

#[pymethods]
impl PyOrderStory {
    /// The order in words.
    #[getter]
    fn heading(&self) -> &str {
        &self.0.heading
    }

    /// The lines: `time`, `until` (when the last of several alike was), `count`, `event`, `reason`
    /// (a code, or null), `filled` (exact, or null) and `text`.
    #[getter]
    fn table(&self) -> PyTable {
        PyTable::new(self.0.table())
    }

    /// Lines that there was no room for.
    #[getter]
    fn left_out(&self) -> usize {
        self.0.left_out
    }

    fn __len__(&self) -> usize {
        self.0.steps.len()
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.table().__arrow_c_stream__(py, requested_schema)
    }

    /// The lines as they are shown: (time, event, sentence).
    fn _lines(&self) -> Vec<(String, &'static str, String)> {
        let line = |step: &Step| (step.time.to_string(), step.event, step.sentence());
        self.0.steps.iter().map(line).collect()
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        let display = slf.py().import("barter_python._display")?;
        display.call_method1("story_html", (slf,))?.extract()
    }
}
