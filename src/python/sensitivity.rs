//! How a profit depends on the path within candles.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rust_decimal::Decimal;

use crate::system::PathSensitivity;

/// Profits under every path within candles. Prints as a sentence or two.
#[pyclass(name = "PathSensitivity", module = "barter_python", frozen)]
pub(super) struct PyPathSensitivity(pub(super) PathSensitivity);

#[pymethods]
impl PyPathSensitivity {
    /// Profit (end less start equity, exact) by path: "adverse", "nearer", "high_first" and
    /// "low_first"; `None` where equity is unknown. Empty if nothing was matched on candles.
    #[getter]
    fn profits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let profits = PyDict::new(py);
        for (path, profit) in &self.0.profits {
            profits.set_item(path.name(), *profit)?;
        }
        Ok(profits)
    }

    /// What profits are in.
    #[getter]
    fn currency(&self) -> &str {
        &self.0.currency
    }

    /// The least and the greatest profit; `None` if there are none or one is unknown.
    #[getter]
    fn range(&self) -> Option<(Decimal, Decimal)> {
        self.0.range()
    }

    /// True if one path makes a profit and another one a loss: the data do not decide.
    #[getter]
    fn straddles_zero(&self) -> bool {
        self.0.straddles_zero()
    }

    /// Candles that leave open which of two orders came first, in the run as it was.
    #[getter]
    fn ambiguous(&self) -> u64 {
        self.0.ambiguous
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }
}
