//! One place turns an error of the core into an exception of `barter_python.errors`.

use pyo3::{PyErr, import_exception};

use crate::error::Error;

import_exception!(barter_python.errors, ConfigError);
import_exception!(barter_python.errors, DataError);
import_exception!(barter_python.errors, MissingFileError);
import_exception!(barter_python.errors, MissingExtraError);
import_exception!(barter_python.errors, OrderError);
import_exception!(barter_python.errors, StateError);
import_exception!(barter_python.errors, EventStormError);
import_exception!(barter_python.errors, ReceiveTimeoutError);
import_exception!(barter_python.errors, StrategyError);
import_exception!(barter_python.errors, InternalError);

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Config(_) => ConfigError::new_err(text),
            Error::Data(fault) => {
                let path = fault.path.map(|path| path.display().to_string());
                let arguments = (text, path, fault.row, fault.column);
                if fault.missing_file {
                    MissingFileError::new_err(arguments)
                } else {
                    DataError::new_err(arguments)
                }
            }
            Error::Order(_) => OrderError::new_err(text),
            Error::State(_) => StateError::new_err(text),
            Error::Storm(_) => EventStormError::new_err(text),
            Error::Strategy(cause) | Error::Interrupted(cause) => cause
                .downcast::<PyErr>()
                .map_or_else(|other| StrategyError::new_err(other.to_string()), |own| *own),
        }
    }
}
