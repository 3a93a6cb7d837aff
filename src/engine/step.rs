//! One event, one step: the view takes it in, then the strategy is asked.

use crate::context::{Context, Phase};
use crate::error::Result;
use crate::event::{AccountEvent, Event, MarketEvent, Reconnecting};
use crate::instrument::InstrumentIndex;
use crate::market::OrderUpdate;
use crate::replay::Row;
use crate::strategy::{Hooks, Idle, Strategy};

/// The strategy's side of a run: its view of the world and its decisions.
pub struct Engine {
    /// What is known, and the requests that wait to be carried away.
    pub context: Context,
    strategy: Box<dyn Strategy>,
    hooks: Hooks,
}

impl Engine {
    /// Puts a strategy before its view.
    pub fn new(context: Context, strategy: Box<dyn Strategy>) -> Self {
        let hooks = strategy.hooks();
        Self { context, strategy, hooks }
    }

    /// Puts something between the strategy and its view that wants the same hooks.
    pub fn wrap(&mut self, wrap: impl FnOnce(Box<dyn Strategy>) -> Box<dyn Strategy>) {
        let strategy = std::mem::replace(&mut self.strategy, Box::new(Idle));
        self.strategy = wrap(strategy);
    }

    /// Which hooks the strategy wants.
    pub fn hooks(&self) -> Hooks {
        self.hooks
    }

    /// Takes in one event. What it causes waits in the context.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub fn step(&mut self, event: Event<'_>) -> Result<()> {
        match event {
            Event::Market(event) => self.on_market(event),
            Event::Account(event) => self.on_account(event),
            Event::Timer(timer) => {
                self.context.tick(timer.time);
                if self.hooks.timer {
                    return self.strategy.on_timer(&mut self.context, timer);
                }
                Ok(())
            }
            Event::Start(now) => {
                self.context.enter(Phase::Running, now);
                self.strategy.on_start(&mut self.context)
            }
            Event::Reconnecting(lost) => self.on_reconnecting(lost),
            Event::Trading(now, enabled) => {
                self.context.tick(now);
                let stops = self.context.is_trading() && !enabled;
                self.context.set_trading(enabled);
                if !stops {
                    return Ok(());
                }
                // It has a last word: what it sends now is not denied.
                self.context.set_commanded(true);
                let told = self.strategy.on_trading_disabled(&mut self.context);
                self.context.set_commanded(false);
                told
            }
            Event::End(now) => {
                self.context.enter(Phase::Ended, now);
                if self.hooks.end {
                    return self.strategy.on_end(&mut self.context);
                }
                Ok(())
            }
        }
    }

    fn on_reconnecting(&mut self, lost: Reconnecting) -> Result<()> {
        let Reconnecting { time, exchange, account } = lost;
        self.context.tick(time);
        self.context.set_connected(exchange, account, false);
        self.strategy.on_disconnect(&mut self.context, exchange, account)
    }

    /// Closes the positions in these instruments: as the strategy would, else at the market.
    pub fn close_positions(&mut self, instruments: &[InstrumentIndex]) -> Result<()> {
        if self.strategy.close_positions(&mut self.context, instruments)? {
            return Ok(());
        }
        instruments.iter().try_for_each(|of| self.context.go_to(*of, 0).map(drop))
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    fn on_market(&mut self, event: &MarketEvent) -> Result<()> {
        self.context.see(event);
        let (strategy, context, of) = (&mut self.strategy, &mut self.context, event.instrument);
        // Copies go to the strategy: else the row would have to be in memory for everyone.
        match event.row {
            Row::Quote(quote) if self.hooks.quote => strategy.on_quote(context, of, &quote),
            Row::Trade(trade) if self.hooks.trade => strategy.on_trade(context, of, &trade),
            Row::Candle(candle) if self.hooks.candle => strategy.on_candle(context, of, &candle),
            Row::Book(update) if self.hooks.book && update.last => strategy.on_book(context, of),
            Row::Order(update) => self.on_order_of_others(of, &update),
            _ => Ok(()),
        }
    }

    /// A trade of the book is told as one, unless trades come from a source of their own.
    #[inline(never)]
    fn on_order_of_others(&mut self, of: InstrumentIndex, update: &OrderUpdate) -> Result<()> {
        let told = self.hooks.trade && self.context.market(of).source.tells_trades();
        if let Some(trade) = update.trade().filter(|_| told) {
            self.strategy.on_trade(&mut self.context, of, &trade)?;
        }
        if self.hooks.book && update.level.last {
            self.strategy.on_book(&mut self.context, of)?;
        }
        Ok(())
    }

    fn on_account(&mut self, event: &AccountEvent) -> Result<()> {
        if let Some(order) = self.context.order(event.order) {
            let of = order.request.instrument;
            self.context.regain(of, true);
        }
        if let (Some(fill), true) = (self.context.hear(event), self.hooks.fill) {
            self.strategy.on_fill(&mut self.context, fill)?;
        }
        if !self.hooks.order {
            return Ok(());
        }
        match self.context.order(event.order).cloned() {
            Some(order) => self.strategy.on_order(&mut self.context, &order),
            None => Ok(()),
        }
    }
}
