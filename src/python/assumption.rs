//! What a run took for granted.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::system::{Assumption, Outcome};

/// Something that a run took for granted.
#[pyclass(name = "Assumption", module = "barter_python", frozen, eq, get_all)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PyAssumption {
    /// What it is about.
    topic: String,
    /// What is assumed.
    text: String,
    /// True if it can only flatter the result.
    optimistic: bool,
}

impl PyAssumption {
    /// All that a run took for granted.
    pub(super) fn all(py: Python<'_>, outcome: &Arc<Outcome>) -> Vec<Self> {
        let one = |of: &Assumption| Self {
            topic: of.topic.to_owned(),
            text: of.text.clone(),
            optimistic: of.optimistic,
        };
        let outcome = Arc::clone(outcome);
        py.detach(move || outcome.assumptions().iter().map(one).collect())
    }

    /// What it is as a mapping, ready for JSON.
    pub(super) fn tell<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let named = PyDict::new(py);
        named.set_item("topic", &self.topic)?;
        named.set_item("text", &self.text)?;
        named.set_item("optimistic", self.optimistic)?;
        Ok(named)
    }
}

#[pymethods]
impl PyAssumption {
    fn __str__(&self) -> String {
        let mark = if self.optimistic { " (optimistic)" } else { "" };
        format!("{}: {}{mark}", self.topic, self.text)
    }

    fn __repr__(&self) -> String {
        format!("<Assumption {}>", self.__str__())
    }
}
