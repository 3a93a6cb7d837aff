//! What Python looks through at the strategy's view, while that is lent to it.

use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::instrument::PyInstrument;
use super::lent::{self, Loan};
use super::market::Facts;
use super::words::Rules;
use crate::book::Book;
use crate::context::{Context, View, World};
use crate::error::{Error, Result};
use crate::instrument::{InstrumentIndex, Spec};

/// One per run; the context object and the books share it.
pub(super) struct Window {
    facts: OnceLock<Vec<Facts>>,
    thread: ThreadId,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window").finish_non_exhaustive()
    }
}

impl Window {
    pub(super) fn new() -> Self {
        Self { facts: OnceLock::new(), thread: thread::current().id() }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Lends the view; `spare` stands in for it.
    #[inline]
    pub(super) fn lend<'a>(
        &self,
        view: &'a mut Context,
        spare: &'a mut Option<Context>,
    ) -> Loan<'a> {
        Loan::new(self.address(), view, spare)
    }

    /// Has `read` look at the view, if it may be looked at now.
    ///
    /// No Python object is made during a look: making one may run foreign code that comes back
    /// here.
    #[inline]
    pub(super) fn look<T>(&self, read: impl FnOnce(&View) -> T) -> Result<T> {
        self.ask(|view| Ok(read(view)))
    }

    /// Has `ask` change the view, if it may be looked at now.
    #[inline]
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&mut View) -> Result<T>) -> Result<T> {
        lent::look(self.address(), ask, || self.closed())
    }

    /// Why the view may not be looked at.
    #[cold]
    fn closed(&self) -> Error {
        let text = if self.thread == thread::current().id() {
            "the context may be used only inside a hook, while it runs"
        } else {
            "the context may be used only in the thread that calls the hooks"
        };
        Error::State(text.to_owned())
    }

    pub(super) fn facts(&self) -> &[Facts] {
        self.facts.get().map_or(&[], Vec::as_slice)
    }

    pub(super) fn rules(&self, instrument: InstrumentIndex) -> &Rules {
        &self.facts()[instrument.at()].rules
    }

    /// Learns the instruments of the run; called once, before the first hook.
    pub(super) fn learn(&self, py: Python<'_>, world: &World) -> PyResult<()> {
        let facts = |spec: &Spec| {
            let instrument = Py::new(py, PyInstrument(Arc::clone(&spec.instrument)))?;
            Ok(Facts::new(instrument, spec, world.assets[spec.quote.at()].places))
        };
        let all = world.specs.iter().map(facts).collect::<PyResult<Vec<Facts>>>()?;
        self.facts.set(all).map_err(|_| Error::State("a context serves one run".to_owned()).into())
    }

    /// The instrument meant by an `Instrument` or a name; by nothing, if the run has only one.
    #[inline]
    pub(super) fn instrument(&self, given: Option<&Bound<'_, PyAny>>) -> PyResult<InstrumentIndex> {
        let Some(given) = given else { return self.only() };
        match self.facts().iter().position(|facts| facts.is_meant_by(given)) {
            Some(at) => Ok(InstrumentIndex(at as u32)),
            None => self.named(given),
        }
    }

    /// The instrument of this name, or of the name of this one.
    #[inline(never)] // most strategies come here once
    fn named(&self, given: &Bound<'_, PyAny>) -> PyResult<InstrumentIndex> {
        let of = if let Ok(instrument) = given.cast::<PyInstrument>() {
            let name = &instrument.get().0.name;
            let known = self.facts().iter().position(|f| f.instrument.get().0.name == *name);
            match known {
                Some(at) => InstrumentIndex(at as u32),
                None => self.ask(|view| view.world.instrument(name))?,
            }
        } else if let Ok(name) = given.cast::<PyString>() {
            let name = name.to_str()?;
            self.ask(|view| view.world.instrument(name))?
        } else {
            let kind = given.get_type().name()?;
            let text = format!("instrument must be an Instrument or its name, got {kind}");
            return Err(PyTypeError::new_err(text));
        };
        self.facts()[of.at()].note_name(given);
        Ok(of)
    }

    fn only(&self) -> PyResult<InstrumentIndex> {
        if self.facts().len() == 1 {
            return Ok(InstrumentIndex(0));
        }
        let names: Vec<String> =
            self.facts().iter().map(|facts| facts.instrument.get().0.name.clone()).collect();
        let text = format!("say which instrument: this run has {}", names.join(", "));
        Err(Error::Order(text).into())
    }

    /// Reads the book of `of` inside a hook.
    #[inline]
    pub(super) fn with_book<T>(
        &self,
        of: InstrumentIndex,
        read: impl FnOnce(&Book, &Facts) -> T,
    ) -> PyResult<T> {
        let facts = &self.facts()[of.at()];
        let missing = || Error::State("this run has no depth data of the instrument".to_owned());
        Ok(self.ask(|view| match &view.market(of).book {
            Some(book) => Ok(read(book, facts)),
            None => Err(missing()),
        })?)
    }
}
