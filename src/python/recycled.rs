//! Objects that are written again once nobody holds them, and the raw numbers inside them.
//!
//! Making a Python object and taking it apart costs more than most calls of a hook.

use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::prelude::*;
use pyo3::{PyClass, PyClassInitializer};

use crate::time::Time;

/// A raw number: written before it is shown, read by whoever it is shown to. It becomes a float
/// only when it is read.
#[derive(Debug, Default)]
pub(super) struct Number(AtomicI64);

impl Number {
    #[inline]
    pub(super) fn get(&self, factor: f64) -> f64 {
        self.raw() as f64 / factor
    }

    #[inline]
    pub(super) fn raw(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn set(&self, raw: i64) {
        self.0.store(raw, Ordering::Relaxed);
    }
}

/// An amount of money, in the asset's smallest unit: its upper and its lower half.
#[derive(Debug, Default)]
pub(super) struct Amount([AtomicI64; 2]);

impl Amount {
    #[inline]
    pub(super) fn raw(&self) -> i128 {
        let [upper, lower] = &self.0;
        let lower = lower.load(Ordering::Relaxed).cast_unsigned();
        i128::from(upper.load(Ordering::Relaxed)) << 64 | i128::from(lower)
    }

    #[inline]
    pub(super) fn set(&self, raw: i128) {
        let [upper, lower] = &self.0;
        upper.store((raw >> 64) as i64, Ordering::Relaxed);
        lower.store(raw as i64, Ordering::Relaxed);
    }
}

/// A time.
#[derive(Debug, Default)]
pub(super) struct Moment(AtomicI64);

impl Moment {
    #[inline]
    pub(super) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn set(&self, value: Time) {
        self.0.store(value.ns(), Ordering::Relaxed);
    }
}

/// True if nobody but the caller holds `object`: it may be written again.
#[inline]
#[allow(deprecated)] // the safe way to ask; the suggested replacement is not
fn is_spare<T>(py: Python<'_>, object: &Py<T>) -> bool {
    object.get_refcnt(py) == 1
}

/// The object `last`, or a fresh one from `make` if it was kept by someone.
#[inline]
pub(super) fn again<T>(py: Python<'_>, last: &Py<T>, make: impl FnOnce() -> T) -> PyResult<Py<T>>
where
    T: PyClass + Into<PyClassInitializer<T>>,
{
    if is_spare(py, last) { Ok(last.clone_ref(py)) } else { Py::new(py, make()) }
}

/// An object that is used again as long as nobody else holds it.
#[derive(Debug)]
pub(super) struct Recycled<T: PyClass>(Option<Py<T>>);

impl<T: PyClass> Default for Recycled<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PyClass> Recycled<T> {
    /// The object, fresh from `make` if the last one was kept by someone.
    #[inline]
    pub(super) fn get(&mut self, py: Python<'_>, make: impl FnOnce() -> T) -> PyResult<&Py<T>>
    where
        T: Into<PyClassInitializer<T>>,
    {
        if self.0.as_ref().is_none_or(|kept| !is_spare(py, kept)) {
            self.0 = None;
        }
        match &mut self.0 {
            Some(kept) => Ok(kept),
            empty => Ok(empty.insert(Py::new(py, make())?)),
        }
    }
}
