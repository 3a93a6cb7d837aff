//! A strategy written in Python, behind the trait of the core.

use pyo3::prelude::*;

use super::context::PyContext;
use super::market::{PyCandle, PyQuote, PyTimer, PyTrade};
use super::names;
use super::order::{PyFill, PyOrder};
use super::recycled::Recycled;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Timer;
use crate::instrument::InstrumentIndex;
use crate::market::{Candle, Quote, Trade};
use crate::order::{Fill, Order};
use crate::strategy::{Hooks, Strategy};
use crate::system::message::ExchangeId;

/// A hook that the class overrides. A method is kept as its function and object: called as one, it
/// would be taken apart each time.
#[derive(Debug)]
struct Hook {
    function: Py<PyAny>,
    of: Option<Py<PyAny>>,
}

impl Hook {
    fn new(hook: &pyo3::Bound<'_, PyAny>) -> PyResult<Self> {
        let method = hook.py().import("types")?.getattr("MethodType")?;
        if !hook.is_exact_instance(&method) {
            return Ok(Self { function: hook.clone().unbind(), of: None });
        }
        let part = |name: &str| Ok::<_, PyErr>(hook.getattr(name)?.unbind());
        Ok(Self { function: part("__func__")?, of: Some(part("__self__")?) })
    }
}

/// The hooks in the order of `strategy._HOOKS`.
#[derive(Debug)]
struct Bound {
    start: Option<Hook>,
    candle: Option<Hook>,
    quote: Option<Hook>,
    trade: Option<Hook>,
    book: Option<Hook>,
    order: Option<Hook>,
    fill: Option<Hook>,
    timer: Option<Hook>,
    end: Option<Hook>,
    disconnect: Option<Hook>,
    trading_disabled: Option<Hook>,
}

/// Calls the hooks of a Python object.
#[derive(Debug)]
pub(super) struct PyStrategy {
    bound: Bound,
    context: Py<PyContext>,
    /// Stands in for the view while that is lent.
    spare: Option<Context>,
    quotes: Vec<Recycled<PyQuote>>,
    trades: Vec<Recycled<PyTrade>>,
    candles: Vec<Recycled<PyCandle>>,
    timer: Recycled<PyTimer>,
}

impl PyStrategy {
    /// Looks at the hooks of `strategy`. Raises `StrategyError` if it cannot be run.
    pub(super) fn new(strategy: &pyo3::Bound<'_, PyAny>) -> PyResult<Self> {
        let py = strategy.py();
        let module = py.import("barter_python.strategy")?;
        let hooks = module.call_method1("bound_hooks", (strategy,))?;
        let mut hooks = hooks.try_iter()?.map(|hook| {
            let hook = hook?;
            if hook.is_none() { Ok(None) } else { Hook::new(&hook).map(Some) }
        });
        let mut next = || hooks.next().transpose().map(Option::flatten);
        let [start, candle, quote] = [next()?, next()?, next()?];
        let [trade, book, order] = [next()?, next()?, next()?];
        let [fill, timer, end] = [next()?, next()?, next()?];
        let [disconnect, trading_disabled] = [next()?, next()?];
        Ok(Self {
            bound: Bound {
                start,
                candle,
                quote,
                trade,
                book,
                order,
                fill,
                timer,
                end,
                disconnect,
                trading_disabled,
            },
            context: Py::new(py, PyContext::new())?,
            spare: None,
            quotes: Vec::new(),
            trades: Vec::new(),
            candles: Vec::new(),
            timer: Recycled::default(),
        })
    }

    /// True if a run never calls Python between its start and its end.
    pub(super) fn is_silent(&self) -> bool {
        Hooks { end: false, ..self.hooks() } == Hooks::NONE
            && self.bound.disconnect.is_none()
            && self.bound.trading_disabled.is_none()
    }

    /// The name of the hook that a failure happened in is in its traceback already.
    fn failed(error: PyErr) -> Error {
        Error::Strategy(Box::new(error))
    }
}

/// Calls `hook` with the context, lent for the time of the call, and perhaps an event.
#[inline]
fn call<'py>(
    py: Python<'py>,
    object: &Py<PyContext>,
    spare: &mut Option<Context>,
    context: &mut Context,
    hook: &Hook,
    event: Option<&pyo3::Bound<'py, PyAny>>,
) -> Result<()> {
    let loan = object.get().lend(context, spare);
    let (function, lent) = (hook.function.bind(py), object.bind(py));
    let called = match (&hook.of, event) {
        (Some(of), Some(event)) => function.call1((of.bind(py), lent, event)),
        (Some(of), None) => function.call1((of.bind(py), lent)),
        (None, Some(event)) => function.call1((lent, event)),
        (None, None) => function.call1((lent,)),
    };
    loan.end()?;
    called.map(drop).map_err(PyStrategy::failed)
}

impl Strategy for PyStrategy {
    fn hooks(&self) -> Hooks {
        Hooks {
            candle: self.bound.candle.is_some(),
            quote: self.bound.quote.is_some(),
            trade: self.bound.trade.is_some(),
            book: self.bound.book.is_some(),
            order: self.bound.order.is_some(),
            fill: self.bound.fill.is_some(),
            timer: self.bound.timer.is_some(),
            end: self.bound.end.is_some(),
        }
    }

    fn on_start(&mut self, context: &mut Context) -> Result<()> {
        let count = context.world.specs.len();
        self.quotes.resize_with(count, Recycled::default);
        self.trades.resize_with(count, Recycled::default);
        self.candles.resize_with(count, Recycled::default);
        Python::attach(|py| {
            let world = std::sync::Arc::clone(&context.world);
            self.context.get().learn(py, &world).map_err(Self::failed)?;
            match &self.bound.start {
                Some(hook) => call(py, &self.context, &mut self.spare, context, hook, None),
                None => Ok(()),
            }
        })
    }

    fn on_candle(
        &mut self,
        context: &mut Context,
        of: InstrumentIndex,
        candle: &Candle,
    ) -> Result<()> {
        let Some(hook) = &self.bound.candle else { return Ok(()) };
        Python::attach(|py| {
            let make = || PyCandle::new(py, &self.context.get().facts()[of.at()]);
            let kept = self.candles[of.at()].get(py, make);
            let kept = kept.map_err(Self::failed)?;
            kept.get().set(candle);
            let event = kept.bind(py).as_any();
            call(py, &self.context, &mut self.spare, context, hook, Some(event))
        })
    }

    #[inline]
    fn on_quote(
        &mut self,
        context: &mut Context,
        of: InstrumentIndex,
        quote: &Quote,
    ) -> Result<()> {
        let Some(hook) = &self.bound.quote else { return Ok(()) };
        Python::attach(|py| {
            let make = || PyQuote::new(py, &self.context.get().facts()[of.at()]);
            let kept = self.quotes[of.at()].get(py, make);
            let kept = kept.map_err(Self::failed)?;
            kept.get().set(quote);
            let event = kept.bind(py).as_any();
            call(py, &self.context, &mut self.spare, context, hook, Some(event))
        })
    }

    fn on_trade(
        &mut self,
        context: &mut Context,
        of: InstrumentIndex,
        trade: &Trade,
    ) -> Result<()> {
        let Some(hook) = &self.bound.trade else { return Ok(()) };
        Python::attach(|py| {
            let make = || PyTrade::new(py, &self.context.get().facts()[of.at()]);
            let kept = self.trades[of.at()].get(py, make);
            let kept = kept.map_err(Self::failed)?;
            kept.get().set(trade);
            let event = kept.bind(py).as_any();
            call(py, &self.context, &mut self.spare, context, hook, Some(event))
        })
    }

    fn on_book(&mut self, context: &mut Context, of: InstrumentIndex) -> Result<()> {
        let Some(hook) = &self.bound.book else { return Ok(()) };
        Python::attach(|py| {
            let event = self.context.get().book_of(of).bind(py).as_any();
            call(py, &self.context, &mut self.spare, context, hook, Some(event))
        })
    }

    fn on_order(&mut self, context: &mut Context, order: &Order) -> Result<()> {
        let Some(hook) = &self.bound.order else { return Ok(()) };
        Python::attach(|py| {
            let facts = &self.context.get().facts()[order.request.instrument.at()];
            let object = pyo3::Bound::new(py, PyOrder::new(py, facts, order.clone()));
            let event = object.map_err(Self::failed)?.into_any();
            call(py, &self.context, &mut self.spare, context, hook, Some(&event))
        })
    }

    fn on_fill(&mut self, context: &mut Context, fill: &Fill) -> Result<()> {
        let Some(hook) = &self.bound.fill else { return Ok(()) };
        Python::attach(|py| {
            let facts = &self.context.get().facts()[fill.instrument.at()];
            let asset = &context.world.assets[fill.fee_asset.at()];
            let fee = fill.fee as f64 / 10f64.powi(asset.places as i32);
            let object = PyFill::new(py, facts, *fill, fee, &asset.name);
            let event = pyo3::Bound::new(py, object).map_err(Self::failed)?.into_any();
            call(py, &self.context, &mut self.spare, context, hook, Some(&event))
        })
    }

    fn on_timer(&mut self, context: &mut Context, timer: &Timer) -> Result<()> {
        let Some(hook) = &self.bound.timer else { return Ok(()) };
        Python::attach(|py| {
            let kept = self.timer.get(py, PyTimer::default).map_err(Self::failed)?;
            kept.get().set(timer);
            let event = kept.bind(py).as_any();
            call(py, &self.context, &mut self.spare, context, hook, Some(event))
        })
    }

    fn on_disconnect(&mut self, context: &mut Context, exchange: u32, _: bool) -> Result<()> {
        let Some(hook) = &self.bound.disconnect else { return Ok(()) };
        let id = ExchangeId::parse(&context.world.exchanges[exchange as usize])?;
        Python::attach(|py| {
            let event = names::exchange(py, id).map_err(Self::failed)?;
            call(py, &self.context, &mut self.spare, context, hook, Some(&event))
        })
    }

    fn on_trading_disabled(&mut self, context: &mut Context) -> Result<()> {
        let Some(hook) = &self.bound.trading_disabled else { return Ok(()) };
        Python::attach(|py| call(py, &self.context, &mut self.spare, context, hook, None))
    }

    fn on_end(&mut self, context: &mut Context) -> Result<()> {
        let Some(hook) = &self.bound.end else { return Ok(()) };
        Python::attach(|py| call(py, &self.context, &mut self.spare, context, hook, None))
    }
}
