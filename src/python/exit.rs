//! Systems that run as the interpreter ends: they are ended before, for an engine that called a
//! hook then would find no interpreter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::waiting::wait_for;
use crate::system::Handle;

/// Every system whose engine may still call a hook, with the process that has its thread.
static SYSTEMS: Mutex<Vec<(u32, Arc<Handle>)>> = Mutex::new(Vec::new());

static REGISTERED: PyOnceLock<()> = PyOnceLock::new();

fn systems() -> MutexGuard<'static, Vec<(u32, Arc<Handle>)>> {
    SYSTEMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a system that has begun.
pub(super) fn remember(py: Python<'_>, handle: &Arc<Handle>) -> PyResult<()> {
    REGISTERED.get_or_try_init(py, || {
        let end = wrap_pyfunction!(end_all, py)?;
        py.import("atexit")?.call_method1("register", (end,)).map(drop)
    })?;
    let gone = {
        let mut systems = systems();
        // Some were dropped by their own hook, and have ended since.
        let gone =
            |(_, one): &mut (u32, Arc<Handle>)| Arc::strong_count(one) == 1 && !one.is_running();
        let gone: Vec<_> = systems.extract_if(.., gone).collect();
        systems.push((std::process::id(), Arc::clone(handle)));
        gone
    };
    drop(gone); // without the lock: what they hold may be anyone's
    Ok(())
}

/// Forgets a system that has ended.
pub(super) fn forget(handle: &Arc<Handle>) {
    systems().retain(|(_, one)| !Arc::ptr_eq(one, handle));
}

/// Ends all that runs in this process, and waits for the hooks that run. Ctrl-C ends the wait.
#[pyfunction]
fn end_all(py: Python<'_>) -> PyResult<()> {
    let here = std::process::id();
    let all = std::mem::take(&mut *systems());
    let own = all.iter().filter(|(process, _)| *process == here);
    own.clone().for_each(|(_, one)| one.stop(true));
    for (_, one) in own {
        wait_for(py, |patience| one.wait_for_end(patience).then_some(()))?;
        py.detach(|| one.join());
    }
    Ok(())
}
