//! The gate to Python: wraps, converts, and decides nothing. The only place that says `pyo3`.

mod error;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    #[allow(non_upper_case_globals)] // the name Python expects
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
