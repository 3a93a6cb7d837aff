//! Figures with their definitions.

use std::sync::Arc;

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList};

use super::table::PyTable;
use crate::error::did_you_mean;
use crate::stats::Figure;
use crate::system::figures_table;

/// A figure: its value, or why it has none. Prints as a sentence with its definition.
#[pyclass(name = "Figure", module = "barter_python", frozen)]
#[derive(Clone, Debug)]
pub(super) struct PyFigure(pub(super) Figure);

#[pymethods]
impl PyFigure {
    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        self.0.definition.name
    }

    /// Its value; `None` if it is undefined.
    #[getter]
    fn value(&self) -> Option<f64> {
        self.0.value
    }

    /// Its standard error, where one is known.
    #[getter]
    fn error(&self) -> Option<f64> {
        self.0.error
    }

    /// How many observations it was computed from.
    #[getter]
    fn n(&self) -> usize {
        self.0.count
    }

    /// What it is measured in: "fraction", "fraction per year", "ratio", "probability", "seconds",
    /// "periods", "money" or "times per year".
    #[getter]
    fn unit(&self) -> &str {
        self.0.definition.unit.name()
    }

    /// What it is, in a sentence.
    #[getter]
    fn definition(&self) -> &str {
        self.0.definition.text
    }

    /// What it was computed from, in a sentence.
    #[getter]
    fn inputs(&self) -> &str {
        &self.0.inputs
    }

    /// Why it is undefined, or what speaks against its value: a code such as "zero_dispersion";
    /// else `None`.
    #[getter]
    fn reason(&self) -> Option<&str> {
        self.0.reason.map(crate::stats::Reason::name)
    }

    /// The reason in words.
    #[getter]
    fn why(&self) -> Option<&str> {
        self.0.reason.map(crate::stats::Reason::text)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let text = self.0.to_string();
        format!("<Figure {}>", text.lines().next().unwrap_or_default())
    }
}

/// Figures by name, in a fixed order.
///
/// `figures["sharpe"]` is the value (`None` if undefined), `figures.explain("sharpe")` all that is
/// known of it.
#[pyclass(name = "Figures", module = "barter_python", frozen, mapping)]
#[derive(Clone, Debug)]
pub(super) struct PyFigures(pub(super) Arc<Vec<Figure>>);

impl PyFigures {
    pub(super) fn find(&self, name: &str) -> PyResult<&Figure> {
        let names = || self.0.iter().map(|figure| figure.definition.name);
        self.0.iter().find(|figure| figure.definition.name == name).ok_or_else(|| {
            let hint = did_you_mean(name, names());
            let all: Vec<&str> = names().collect();
            PyKeyError::new_err(format!(
                "no figure \"{}\"{hint}; there are {}",
                crate::error::shown(name),
                all.join(", ")
            ))
        })
    }

    /// Puts the values into `named`, and beside them standard errors, observations and reasons.
    pub(super) fn tell(&self, named: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = named.py();
        let (errors, observations, reasons) = (PyDict::new(py), PyDict::new(py), PyDict::new(py));
        for Figure { definition, value, reason, count, error, .. } in self.0.iter() {
            named.set_item(definition.name, value)?;
            observations.set_item(definition.name, count)?;
            if let Some(error) = error {
                errors.set_item(definition.name, error)?;
            }
            if let Some(reason) = reason {
                reasons.set_item(definition.name, reason.name())?;
            }
        }
        named.set_item("errors", errors)?;
        named.set_item("observations", observations)?;
        named.set_item("reasons", reasons)
    }
}

#[pymethods]
impl PyFigures {
    /// All that is known of one: value, standard error, number of observations, definition, reason.
    ///
    /// Raises `KeyError` for a name that there is not.
    fn explain(&self, name: &str) -> PyResult<PyFigure> {
        Ok(PyFigure(self.find(name)?.clone()))
    }

    /// Values by name; undefined ones are `None`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let named = PyDict::new(py);
        for figure in self.0.iter() {
            named.set_item(figure.definition.name, figure.value)?;
        }
        Ok(named)
    }

    /// The figures as a table: `name`, `value`, `error`, `n`, `unit`, `reason`, `definition`.
    #[getter]
    fn table(&self) -> PyTable {
        PyTable::new(figures_table(&self.0))
    }

    /// The names, in their order.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.0.iter().map(|figure| figure.definition.name))
    }

    fn __getitem__(&self, name: &str) -> PyResult<Option<f64>> {
        Ok(self.find(name)?.value)
    }

    fn __contains__(&self, name: &str) -> bool {
        self.0.iter().any(|figure| figure.definition.name == name)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.keys(py)?.try_iter()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        let line = |figure: &Figure| {
            let text = figure.to_string();
            text.lines().next().unwrap_or_default().to_owned()
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
