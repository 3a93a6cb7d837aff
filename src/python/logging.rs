//! Records of the core on their way to Python's `logging`.
//!
//! A record of `barter_python::system::running` is one of the logger `barter_python.system`, a room
//! of the core. What a logger wants is known without the interpreter, for
//! `barter_python._logging` tells each change of a level: what nobody wants is neither written nor
//! waited for. Handlers are Python code of anyone's, so records are made where no lock is held.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use log::{Level, LevelFilter, Log, Metadata, Record};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The package's logger, then those of its rooms.
static LOGGERS: OnceLock<Vec<Logger>> = OnceLock::new();

/// Records that are being handed over, and how long an interpreter that ends waits for them.
static ON_THEIR_WAY: AtomicU32 = AtomicU32::new(0);
const LOOKS: u32 = 5_000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// One of Python's loggers.
struct Logger {
    name: String,
    python: Py<PyAny>,
    /// The least level that it wants, as Python counts.
    least: AtomicU32,
}

/// A level as Python counts.
fn number(level: Level) -> u32 {
    match level {
        Level::Error => 40,
        Level::Warn => 30,
        Level::Info => 20,
        Level::Debug => 10,
        Level::Trace => 5,
    }
}

impl Logger {
    fn wants(&self, level: Level) -> bool {
        number(level) >= self.least.load(Ordering::SeqCst)
    }

    /// Hands a record over. Asks once more: filters and switches are no levels.
    fn handle(&self, py: Python<'_>, record: &Record<'_>, text: &str) -> PyResult<()> {
        let (logger, level) = (self.python.bind(py), number(record.level()));
        if !logger.call_method1("isEnabledFor", (level,))?.is_truthy()? {
            return Ok(());
        }
        let (file, line) = (record.file().unwrap_or("?"), record.line().unwrap_or(0));
        let fields = (&self.name, level, file, line, text, PyTuple::empty(py), py.None());
        let made = logger.call_method1("makeRecord", fields)?;
        logger.call_method1("handle", (made,)).map(drop)
    }
}

/// The logger of a record by the module that makes it; `None` for another crate's.
fn logger_of(target: &str) -> Option<&'static Logger> {
    let mut parts = target.split("::");
    let package = parts.next()?;
    let loggers = LOGGERS.get()?;
    let first = loggers.first().filter(|logger| logger.name == package)?;
    let room = parts.next().unwrap_or_default();
    let of_room = |logger: &&Logger| {
        let inside = logger.name.strip_prefix(package);
        inside.and_then(|inside| inside.strip_prefix('.')) == Some(room)
    };
    Some(loggers.iter().find(of_room).unwrap_or(first))
}

struct Bridge;

impl Log for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        logger_of(metadata.target()).is_some_and(|logger| logger.wants(metadata.level()))
    }

    fn log(&self, record: &Record<'_>) {
        let wanted = logger_of(record.target()).filter(|logger| logger.wants(record.level()));
        let Some(logger) = wanted else { return };
        ON_THEIR_WAY.fetch_add(1, Ordering::SeqCst);
        // Once more: who makes loggers fall silent counts only what it can see.
        if logger.wants(record.level()) {
            let text = record.args().to_string();
            Python::try_attach(|py| {
                if let Err(error) = logger.handle(py, record, &text) {
                    survive(py, error);
                }
            });
        }
        ON_THEIR_WAY.fetch_sub(1, Ordering::SeqCst);
    }

    fn flush(&self) {}
}

/// No run ends for what a handler raises: it is shown as Python shows what nobody can catch. Ctrl-C
/// in a handler was meant for the run, which hears it at its next look.
fn survive(py: Python<'_>, error: PyErr) {
    let error = if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        let again = py.import("_thread").and_then(|threads| threads.call_method0("interrupt_main"));
        let Err(error) = again else { return };
        error
    } else {
        error
    };
    error.write_unraisable(py, None);
}

/// Sends the core's records to these loggers: that of the package, then those of its rooms. None is
/// wanted before `log_from` says so.
#[pyfunction]
pub(super) fn log_to(loggers: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
    let one = |logger: Bound<'_, PyAny>| {
        let name = logger.getattr("name")?.extract()?;
        Ok(Logger { name, python: logger.unbind(), least: AtomicU32::new(u32::MAX) })
    };
    let loggers = loggers.into_iter().map(one).collect::<PyResult<_>>()?;
    // A second time they are the same: `logging` keeps one logger of a name.
    if LOGGERS.set(loggers).is_ok() {
        // Somebody who has the core in a program of his own may have set another.
        drop(log::set_logger(&Bridge));
    }
    Ok(())
}

/// The least level that a logger wants, from now on.
#[pyfunction]
pub(super) fn log_from(name: &str, level: u32) {
    let loggers = LOGGERS.get().map_or(&[][..], Vec::as_slice);
    if let Some(logger) = loggers.iter().find(|logger| logger.name == name) {
        logger.least.store(level, Ordering::SeqCst);
    }
    let wanted = |level: &Level| loggers.iter().any(|logger| logger.wants(*level));
    let most = Level::iter().filter(wanted).max();
    log::set_max_level(most.map_or(LevelFilter::Off, |level| level.to_level_filter()));
}

/// Ends all records, before the interpreter ends: a thread that waited for it then would wait
/// forever. What is being handed over is waited for, some seconds at most.
#[pyfunction]
pub(super) fn log_nothing(py: Python<'_>) {
    for logger in LOGGERS.get().map_or(&[][..], Vec::as_slice) {
        logger.least.store(u32::MAX, Ordering::SeqCst);
    }
    py.detach(|| {
        for _ in 0..LOOKS {
            if ON_THEIR_WAY.load(Ordering::SeqCst) == 0 {
                return;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    });
}
