//! How a call waits: other threads have their turn meanwhile, and signals are looked at.
//!
//! A task does not wait so: it leaves a waker, and looks again when that is called.

use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyBool;

use super::time::span;
use crate::error::Error;
use crate::system::Wakers;

/// How long a wait lasts before signals are looked at.
const PATIENCE: Duration = Duration::from_millis(20);

/// Waits until `look` finds something, which waits for no longer than it is told; `None` if there
/// is nothing within `timeout`.
pub(super) fn wait<T: Send>(
    py: Python<'_>,
    timeout: Option<Duration>,
    mut look: impl FnMut(Duration) -> Option<T> + Send,
) -> PyResult<Option<T>> {
    let begun = now();
    loop {
        let left = timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
        let patience = left.map_or(PATIENCE, |left| left.min(PATIENCE));
        if let Some(found) = py.detach(|| look(patience)) {
            return Ok(Some(found));
        }
        py.check_signals()?;
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(None);
        }
    }
}

/// The same without a limit.
pub(super) fn wait_for<T: Send>(
    py: Python<'_>,
    mut look: impl FnMut(Duration) -> Option<T> + Send,
) -> PyResult<T> {
    loop {
        if let Some(found) = wait(py, None, &mut look)? {
            return Ok(found);
        }
    }
}

#[allow(clippy::disallowed_methods)] // how long a caller waits, on the wall
fn now() -> Instant {
    Instant::now()
}

/// Seconds, a `timedelta` or text; `None` waits for as long as it takes.
pub(super) fn patience(timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Duration>> {
    let Some(timeout) = timeout else { return Ok(None) };
    if let Some(seconds) =
        timeout.extract::<f64>().ok().filter(|_| !timeout.is_instance_of::<PyBool>())
    {
        let span = Duration::try_from_secs_f64(seconds).map_err(|_| {
            let text = format!("timeout must be seconds >= 0, got {seconds}");
            PyErr::from(Error::Config(text))
        })?;
        return Ok(Some(span));
    }
    let ns = span("timeout", timeout)?;
    let ns = u64::try_from(ns)
        .map_err(|_| PyErr::from(Error::Config(format!("timeout must be >= 0, got {ns} ns"))))?;
    Ok(Some(Duration::from_nanos(ns)))
}

/// Has `wake` called at the next change, from whichever thread; returns a number to forget it by.
pub(super) fn leave_waker(wakers: &Wakers, wake: Py<PyAny>) -> u64 {
    wakers.add(Box::new(move || {
        // Who waited may be gone, its loop closed.
        Python::try_attach(|py| drop(wake.call0(py)));
    }))
}
