//! The first open door: what decides.

use crate::book::Book;
use crate::context::Context;
use crate::error::Result;
use crate::event::Timer;
use crate::instrument::InstrumentIndex;
use crate::market::{Candle, Quote, Trade};
use crate::order::{Fill, Order};

/// Which hooks a strategy wants; the others are never called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // one switch per hook is what this is
pub struct Hooks {
    /// [`Strategy::on_candle`]
    pub candle: bool,
    /// [`Strategy::on_quote`]
    pub quote: bool,
    /// [`Strategy::on_trade`]
    pub trade: bool,
    /// [`Strategy::on_book`]
    pub book: bool,
    /// [`Strategy::on_order`]
    pub order: bool,
    /// [`Strategy::on_fill`]
    pub fill: bool,
    /// [`Strategy::on_timer`]
    pub timer: bool,
    /// [`Strategy::on_end`]
    pub end: bool,
}

impl Hooks {
    /// Every hook.
    pub const ALL: Self = Self {
        candle: true,
        quote: true,
        trade: true,
        book: true,
        order: true,
        fill: true,
        timer: true,
        end: true,
    };

    /// No hook but the start.
    pub const NONE: Self = Self {
        candle: false,
        quote: false,
        trade: false,
        book: false,
        order: false,
        fill: false,
        timer: false,
        end: false,
    };
}

/// Decides what to send. Every hook gets the context at the time of its event; all do nothing by
/// default.
#[allow(unused_variables)] // defaults name their arguments for the reader
pub trait Strategy: Send {
    /// Which hooks to call; asked once, before the start.
    fn hooks(&self) -> Hooks;

    /// Before the first event.
    fn on_start(&mut self, context: &mut Context) -> Result<()> {
        Ok(())
    }

    /// A candle is finished and reached us.
    fn on_candle(
        &mut self,
        context: &mut Context,
        instrument: InstrumentIndex,
        candle: &Candle,
    ) -> Result<()> {
        Ok(())
    }

    /// A quote reached us.
    fn on_quote(
        &mut self,
        context: &mut Context,
        instrument: InstrumentIndex,
        quote: &Quote,
    ) -> Result<()> {
        Ok(())
    }

    /// A public trade reached us.
    fn on_trade(
        &mut self,
        context: &mut Context,
        instrument: InstrumentIndex,
        trade: &Trade,
    ) -> Result<()> {
        Ok(())
    }

    /// All changes of the book at one time reached us; the book is in the context.
    fn on_book(&mut self, context: &mut Context, instrument: InstrumentIndex) -> Result<()> {
        Ok(())
    }

    /// The status of one of our orders changed.
    fn on_order(&mut self, context: &mut Context, order: &Order) -> Result<()> {
        Ok(())
    }

    /// One of our orders was filled, in part or in full.
    fn on_fill(&mut self, context: &mut Context, fill: &Fill) -> Result<()> {
        Ok(())
    }

    /// A timer is due.
    fn on_timer(&mut self, context: &mut Context, timer: &Timer) -> Result<()> {
        Ok(())
    }

    /// The connection to an exchange was lost, by the way that its market data come or, if
    /// `account`, news of our orders; it is being made anew.
    fn on_disconnect(&mut self, context: &mut Context, exchange: u32, account: bool) -> Result<()> {
        Ok(())
    }

    /// Somebody outside has disabled trading. Orders that this hook sends are the last that are
    /// not denied for it.
    fn on_trading_disabled(&mut self, context: &mut Context) -> Result<()> {
        Ok(())
    }

    /// Somebody outside asks to close the positions in these instruments. False if the strategy
    /// leaves it to the engine, which closes them at the market.
    fn close_positions(
        &mut self,
        context: &mut Context,
        instruments: &[InstrumentIndex],
    ) -> Result<bool> {
        Ok(false)
    }

    /// After the last event; orders can no longer be sent.
    fn on_end(&mut self, context: &mut Context) -> Result<()> {
        Ok(())
    }
}

/// A strategy that does nothing: a run with it replays the market.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idle;

impl Strategy for Idle {
    fn hooks(&self) -> Hooks {
        Hooks::NONE
    }
}

/// The book that `on_book` is about; panics without depth data, which the driver excludes.
pub fn book_of(context: &Context, instrument: InstrumentIndex) -> &Book {
    context.market(instrument).book.as_ref().unwrap_or_else(|| panic!("no depth data"))
}
