//! A strategy that is not asked any more once its run is to stop: what stands between two looks at
//! whether it is may be thousands of hooks, and each may take its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Timer;
use crate::instrument::InstrumentIndex;
use crate::market::{Candle, Quote, Trade};
use crate::order::{Fill, Order};
use crate::strategy::{Hooks, Strategy};

/// A strategy, and whether to stop.
pub(super) struct Stoppable {
    strategy: Box<dyn Strategy>,
    stops: Arc<AtomicBool>,
}

impl Stoppable {
    pub(super) fn new(strategy: Box<dyn Strategy>, stops: Arc<AtomicBool>) -> Self {
        Self { strategy, stops }
    }

    #[inline]
    fn going(&mut self) -> Result<&mut dyn Strategy> {
        if self.stops.load(Ordering::Relaxed) {
            return Err(aborted());
        }
        Ok(&mut *self.strategy)
    }
}

/// Says that somebody wants no more.
#[cold]
pub(super) fn aborted() -> Error {
    Error::Interrupted("the run was aborted".into())
}

impl Strategy for Stoppable {
    fn hooks(&self) -> Hooks {
        self.strategy.hooks()
    }

    fn on_start(&mut self, context: &mut Context) -> Result<()> {
        self.going()?.on_start(context)
    }

    fn on_candle(&mut self, at: &mut Context, of: InstrumentIndex, candle: &Candle) -> Result<()> {
        self.going()?.on_candle(at, of, candle)
    }

    fn on_quote(&mut self, at: &mut Context, of: InstrumentIndex, quote: &Quote) -> Result<()> {
        self.going()?.on_quote(at, of, quote)
    }

    fn on_trade(&mut self, at: &mut Context, of: InstrumentIndex, trade: &Trade) -> Result<()> {
        self.going()?.on_trade(at, of, trade)
    }

    fn on_book(&mut self, at: &mut Context, of: InstrumentIndex) -> Result<()> {
        self.going()?.on_book(at, of)
    }

    fn on_order(&mut self, at: &mut Context, order: &Order) -> Result<()> {
        self.going()?.on_order(at, order)
    }

    fn on_fill(&mut self, at: &mut Context, fill: &Fill) -> Result<()> {
        self.going()?.on_fill(at, fill)
    }

    fn on_timer(&mut self, at: &mut Context, timer: &Timer) -> Result<()> {
        self.going()?.on_timer(at, timer)
    }

    fn on_disconnect(&mut self, at: &mut Context, exchange: u32, account: bool) -> Result<()> {
        self.going()?.on_disconnect(at, exchange, account)
    }

    fn on_trading_disabled(&mut self, at: &mut Context) -> Result<()> {
        self.going()?.on_trading_disabled(at)
    }

    fn close_positions(&mut self, at: &mut Context, of: &[InstrumentIndex]) -> Result<bool> {
        self.going()?.close_positions(at, of)
    }

    fn on_end(&mut self, at: &mut Context) -> Result<()> {
        self.going()?.on_end(at)
    }
}
