//! `SystemConfig`.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::number;
use crate::error::{Error, Result};
use crate::system::{RiskLimits, SystemConfig};

/// What a system is made of: instruments, mocked exchanges, risk limits. Reads and writes Barter's
/// JSON.
///
/// * `instruments` - a list of dicts as Barter's JSON has them: `exchange`, `name_exchange`,
///   `underlying` (`base`, `quote`), `kind` ("spot", or a dict such as {"perpetual":
///   {"contract_size": 1, "settlement_asset": "usdt"}}), perhaps `quote` and `spec`.
/// * `executions` - `MockExecutionConfig` objects, or dicts.
/// * `risk` - {"global": limits, "instruments": [{"index": 0, "limits": limits}]}; limits have
///   max_position_notional, max_position_quantity, max_leverage and max_exposure_percent.
/// * `risk_free_return` - per year, for summaries that are not told another one.
///
/// Decimals may be numbers or text, times text with a zone or aware `datetime`. Whatever is not
/// known, stands twice or is a list in the place of a dict is refused. The index of risk limits is
/// the place in `instruments`; the indices of messages are those of `IndexedInstruments`.
/// Raises `ConfigError` that names the field.
#[pyclass(name = "SystemConfig", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PySystemConfig(Mutex<SystemConfig>);

impl PySystemConfig {
    /// A configuration.
    pub(super) fn wrap(config: SystemConfig) -> Self {
        Self(Mutex::new(config))
    }

    /// The configuration as it is now.
    pub(super) fn get(&self) -> SystemConfig {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes it, if the change is allowed.
    fn change(&self, change: impl FnOnce(&mut SystemConfig) -> Result<()>) -> Result<()> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut config = known.clone();
        change(&mut config)?;
        config.check()?;
        *known = config;
        Ok(())
    }
}

/// JSON text of a dict, or of what can become one.
fn dumps(what: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.py().import("barter_python._config")?.call_method1("dumps", (what, value))?.extract()
}

/// A Python object from JSON text.
pub(super) fn loads<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("barter_python._json")?.call_method1("loads", (text,))
}

/// Limits from a dict; `None` lifts them.
pub(super) fn limits(limits: Option<&Bound<'_, PyDict>>) -> PyResult<Option<RiskLimits>> {
    let Some(limits) = limits else { return Ok(None) };
    let text = dumps("limits", limits)?;
    let read = crate::system::message::read_object::<RiskLimits>("limits", &text);
    Ok(Some(read.map_err(|error| Error::Config(error.to_string()))?))
}

/// Index of an instrument.
fn place(index: &Bound<'_, PyAny>) -> PyResult<u32> {
    number::whole("instrument index", index, (0, i128::from(u32::MAX))).map(|index| index as u32)
}

#[pymethods]
impl PySystemConfig {
    #[new]
    #[pyo3(signature = (instruments, executions = None, *, risk = None, risk_free_return = None))]
    fn new(
        instruments: &Bound<'_, PyAny>,
        executions: Option<&Bound<'_, PyAny>>,
        risk: Option<&Bound<'_, PyAny>>,
        risk_free_return: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = instruments.py();
        let fields = PyDict::new(py);
        fields.set_item("instruments", instruments)?;
        fields.set_item(
            "executions",
            executions.map_or_else(|| PyList::empty(py).into_any(), Clone::clone),
        )?;
        if let Some(risk) = risk {
            fields.set_item("risk", risk)?;
        }
        if let Some(rate) = risk_free_return {
            fields.set_item("risk_free_return", rate)?;
        }
        Ok(Self::wrap(SystemConfig::from_object(&dumps("config", &fields)?)?))
    }

    /// Reads a JSON file of Barter's, nested in "system" or not.
    ///
    /// Raises `ConfigError` that names file and field, `MissingFileError` (also
    /// `FileNotFoundError`) for a file that is not there.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)] // what is read from Python is owned
    fn from_json(path: PathBuf) -> PyResult<Self> {
        Ok(Self::wrap(SystemConfig::from_file(&path)?))
    }

    /// Reads JSON text.
    #[staticmethod]
    fn from_json_str(data: &str) -> PyResult<Self> {
        Ok(Self::wrap(SystemConfig::from_json(data)?))
    }

    /// Reads a dict of the same shape; numbers may be `Decimal`, times `datetime`.
    #[staticmethod]
    fn from_dict(value: &Bound<'_, PyDict>) -> PyResult<Self> {
        Ok(Self::wrap(SystemConfig::from_object(&dumps("config", value)?)?))
    }

    /// Reads a TOML file of the same shape.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)] // what is read from Python is owned
    fn from_toml(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let reader = py.import("barter_python._config")?;
        let text: String = reader.call_method1("toml_as_json", (&path,))?.extract()?;
        Ok(Self::wrap(SystemConfig::from_object_of(&path, &text)?))
    }

    /// The configuration as a dict of Barter's shape; decimals are text.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &self.get().to_json()?)
    }

    /// The configuration as JSON text on several lines.
    fn to_json(&self) -> PyResult<String> {
        Ok(self.get().to_json()?)
    }

    /// Writes the JSON text to a file.
    ///
    /// Raises `OSError` that names the file if it cannot be written.
    fn to_json_file(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let file = py.import("pathlib")?.call_method1("Path", (path,))?;
        file.call_method1("write_text", (self.get().to_json()? + "\n", "utf-8"))?;
        Ok(())
    }

    /// The instruments as dicts, in their order.
    #[getter]
    fn instruments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = crate::system::message::write("config", &self.get().instruments)?;
        loads(py, &text)
    }

    /// The mocked exchanges, `MockExecutionConfig` objects.
    fn executions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = crate::system::message::write("config", &self.get().executions)?;
        let given = loads(py, &text)?;
        py.import("barter_python._config")?.call_method1("executions", (given,))
    }

    /// Adds a mocked exchange: a `MockExecutionConfig` or a dict.
    ///
    /// Raises `ConfigError` if the exchange has one, or for a field out of range.
    fn add_execution(&self, execution: &Bound<'_, PyAny>) -> PyResult<()> {
        let text = dumps("execution", execution)?;
        let read = crate::system::message::read_object("execution", &text);
        let execution = read.map_err(|error| Error::Config(error.to_string()))?;
        Ok(self.change(|config| {
            config.executions.push(execution);
            Ok(())
        })?)
    }

    /// Takes all mocked exchanges out.
    fn clear_executions(&self) -> PyResult<()> {
        Ok(self.change(|config| {
            config.executions.clear();
            Ok(())
        })?)
    }

    /// Rate per year that costs no risk; `None` if the configuration does not say.
    #[getter]
    fn risk_free_return(&self) -> Option<rust_decimal::Decimal> {
        self.get().risk_free_return
    }

    /// All risk limits: {"global": limits or `None`, "instruments": [{"index", "limits"}]}.
    fn risk_limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &crate::system::message::write("risk", &self.get().risk)?)
    }

    /// Sets the limits that hold for every instrument; `None` lifts them.
    ///
    /// Raises `ConfigError` for an unknown limit, or one that is not > 0.
    #[pyo3(signature = (limits = None))]
    fn set_global_risk_limits(&self, limits: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let limits = self::limits(limits)?;
        Ok(self.change(|config| config.set_global_limits(limits))?)
    }

    /// Sets the limits of one instrument, which hold beside the global ones; `None` lifts them.
    ///
    /// Raises `ConfigError` for an index that no instrument has.
    #[pyo3(signature = (index, limits = None))]
    fn set_instrument_risk_limits(
        &self,
        index: &Bound<'_, PyAny>,
        limits: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let (index, limits) = (place(index)?, self::limits(limits)?);
        Ok(self.change(|config| config.set_instrument_limits(index, limits))?)
    }

    /// The limits of one instrument; `None` if it has none of its own.
    ///
    /// Raises `ConfigError` for an index that no instrument has.
    fn get_instrument_risk_limits<'py>(
        &self,
        py: Python<'py>,
        index: &Bound<'_, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (config, index) = (self.get(), place(index)?);
        config.check_index(index)?;
        let limits = config
            .risk
            .of(index)
            .map(|limits| loads(py, &crate::system::message::write("limits", limits)?));
        limits.transpose()
    }

    /// Equal if the systems are: how a file nests them does not count.
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let plain = |config: &Self| SystemConfig { nested: false, ..config.get() };
        other.cast::<Self>().is_ok_and(|other| plain(self) == plain(other.get()))
    }

    fn __repr__(&self) -> String {
        let config = self.get();
        let (instruments, executions) = (config.instruments.len(), config.executions.len());
        format!("<SystemConfig of {instruments} instruments, {executions} mocked exchanges>")
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let made = py.import("barter_python._json")?.getattr("made")?;
        (made, ("SystemConfig", "from_json_str", self.to_json()?)).into_pyobject(py)
    }
}
