//! A strategy that speaks in Barter's words, behind the trait of the core.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::error::StrategyError;
use super::names;
use super::request::{PyInstrumentFilter, PyOrderRequestCancel, PyOrderRequestOpen};
use super::state::PyEngineState;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::instrument::InstrumentIndex;
use crate::market::{Candle, Quote, Trade};
use crate::order::{Order, Status};
use crate::strategy::{Hooks, Strategy};
use crate::system::message::InstrumentFilter;
use crate::system::{Answer, SharedNames, State, Universe};

/// Calls the methods of a `BarterStrategy`; those that are not overridden are `None`.
#[derive(Debug)]
pub(super) struct PyBarterStrategy {
    universe: Arc<Universe>,
    names: SharedNames,
    generate: Option<Py<PyAny>>,
    close: Option<Py<PyAny>>,
    disconnect: Option<Py<PyAny>>,
    disabled: Option<Py<PyAny>>,
}

impl PyBarterStrategy {
    /// Looks at the methods of `strategy`. Raises `StrategyError` if it cannot be run.
    pub(super) fn new(
        strategy: &Bound<'_, PyAny>,
        universe: &Arc<Universe>,
        names: &SharedNames,
    ) -> PyResult<Self> {
        let module = strategy.py().import("barter_python.strategy")?;
        let hooks = module.call_method1("barter_hooks", (strategy,))?;
        let [generate, close, disconnect, disabled] = hooks.extract()?;
        let (universe, names) = (Arc::clone(universe), names.clone());
        Ok(Self { universe, names, generate, close, disconnect, disabled })
    }

    /// True if a run never calls Python.
    pub(super) fn is_silent(&self) -> bool {
        let all = [&self.generate, &self.close, &self.disconnect, &self.disabled];
        all.iter().all(|hook| hook.is_none())
    }

    /// What is known at this moment.
    fn state(&self, context: &Context) -> PyEngineState {
        PyEngineState(Arc::new(State {
            universe: Arc::clone(&self.universe),
            context: context.clone(),
            names: self.names.get(),
            sequence: None,
        }))
    }

    /// Has a method answer, and sends what it asks for.
    fn ask(
        &self,
        context: &mut Context,
        hook: &Py<PyAny>,
        call: impl FnOnce(Python<'_>, &Self, &Context) -> PyResult<Py<PyAny>>,
    ) -> Result<()> {
        let asked = Python::attach(|py| {
            let told = call(py, self, context)?;
            answer(hook.bind(py), told.bind(py))
        });
        let sent =
            asked.and_then(|answer| Ok(answer.send(&self.universe, &self.names, context)?));
        // Also an error of ours comes from what the strategy did.
        sent.map_err(|error| Error::Strategy(Box::new(error)))
    }

    fn generate(&self, context: &mut Context) -> Result<()> {
        let Some(hook) = &self.generate else { return Ok(()) };
        if !context.is_trading() {
            return Ok(());
        }
        self.ask(context, hook, |py, own, context| hook.call1(py, (own.state(context),)))
    }
}

/// What a method returned: a pair (cancels, opens), or nothing.
fn answer(hook: &Bound<'_, PyAny>, told: &Bound<'_, PyAny>) -> PyResult<Answer> {
    if told.is_none() {
        return Ok(Answer::default());
    }
    let wrong = |value: &Bound<'_, PyAny>| {
        let name =
            hook.getattr("__qualname__").map_or("a hook".to_owned(), |name| name.to_string());
        let kind = value.get_type().name().map_or("?".to_owned(), |kind| kind.to_string());
        StrategyError::new_err(format!(
            "{name} must return (cancels, opens), a list of OrderRequestCancel and one of \
             OrderRequestOpen, or None; got {kind}"
        ))
    };
    let pair = told.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2);
    let pair = pair.ok_or_else(|| wrong(told))?;
    let mut answer = Answer::default();
    let cancels = pair.get_item(0)?;
    for one in cancels.try_iter().map_err(|_| wrong(&cancels))? {
        let one = one?;
        let cancel = one.cast::<PyOrderRequestCancel>().map_err(|_| wrong(&one))?;
        answer.cancels.push(cancel.get().0.clone());
    }
    let opens = pair.get_item(1)?;
    for one in opens.try_iter().map_err(|_| wrong(&opens))? {
        let one = one?;
        let open = one.cast::<PyOrderRequestOpen>().map_err(|_| wrong(&one))?;
        answer.opens.push(open.get().0.clone());
    }
    Ok(answer)
}

impl Strategy for PyBarterStrategy {
    fn hooks(&self) -> Hooks {
        let all = self.generate.is_some();
        Hooks { candle: all, quote: all, trade: all, book: all, order: all, ..Hooks::NONE }
    }

    fn on_candle(&mut self, context: &mut Context, _: InstrumentIndex, _: &Candle) -> Result<()> {
        self.generate(context)
    }

    fn on_quote(&mut self, context: &mut Context, _: InstrumentIndex, _: &Quote) -> Result<()> {
        self.generate(context)
    }

    fn on_trade(&mut self, context: &mut Context, _: InstrumentIndex, _: &Trade) -> Result<()> {
        self.generate(context)
    }

    fn on_book(&mut self, context: &mut Context, _: InstrumentIndex) -> Result<()> {
        self.generate(context)
    }

    fn on_order(&mut self, context: &mut Context, order: &Order) -> Result<()> {
        // What our own side denies is no event of an exchange: to answer it would go on for ever.
        if order.status == Status::Denied { Ok(()) } else { self.generate(context) }
    }

    fn on_disconnect(&mut self, context: &mut Context, exchange: u32, _: bool) -> Result<()> {
        let Some(hook) = &self.disconnect else { return Ok(()) };
        self.ask(context, hook, |py, own, _| {
            let id = own.universe.exchanges.get(exchange as usize);
            hook.call1(py, (id.map(|id| names::exchange(py, *id)).transpose()?,))
        })
    }

    fn on_trading_disabled(&mut self, context: &mut Context) -> Result<()> {
        let Some(hook) = &self.disabled else { return Ok(()) };
        self.ask(context, hook, |py, _, _| hook.call0(py))
    }

    fn close_positions(
        &mut self,
        context: &mut Context,
        instruments: &[InstrumentIndex],
    ) -> Result<bool> {
        let Some(hook) = &self.close else { return Ok(false) };
        let filter = if instruments.len() == self.universe.instruments.len() {
            InstrumentFilter::None
        } else {
            InstrumentFilter::Instruments(instruments.iter().map(|of| of.0).collect())
        };
        self.ask(context, hook, |py, own, context| {
            hook.call1(py, (own.state(context), PyInstrumentFilter(filter)))
        })?;
        Ok(true)
    }
}
