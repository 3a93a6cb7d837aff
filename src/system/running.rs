//! A system at work: a universe, a strategy and an exchange in one run that is fed from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::backtest::{BacktestSettings, Cash};
use super::input::{Command, Input, Opening, Told};
use super::kept::{Keeping, named};
use super::message::{OrderKey, OrderRequestCancel};
use super::names::{Names, SharedNames};
use super::outcome::{Fed, Outcome};
use super::state::State;
use super::universe::Universe;
use crate::account::Account;
use crate::context::{Context, Phase};
use crate::data::report::counted;
use crate::engine::{Engine, Log, Run, RunSettings, check_reach};
use crate::error::{Error, Result};
use crate::event::MarketEvent;
use crate::exchange::SimulatedExchange;
use crate::instrument::InstrumentIndex;
use crate::market::{DataSet, MarketKind};
use crate::order::OrderId;
use crate::replay::{Row, Window};
use crate::strategy::Strategy;
use crate::time::{DAY, MINUTE, Time};

/// Inputs between two looks at whether the run should stop.
const INPUTS_PER_PULSE: u64 = 1 << 14;

/// A system at work.
pub struct Running {
    universe: Arc<Universe>,
    settings: BacktestSettings,
    pub(super) run: Run<SimulatedExchange>,
    names: SharedNames,
    /// False to begin with trading disabled.
    trades: bool,
    /// What came before there was a time: it happens at the first.
    waiting: Vec<Input>,
    /// By instrument, when its last candle closed.
    pub(super) closes: Vec<Option<Time>>,
    pub(super) days: Vec<i64>,
    /// How many lines of its log there are, if one is kept.
    pub(super) lines: Option<Arc<AtomicU64>>,
    /// Events that were older than the clock.
    late: u64,
}

impl Running {
    /// A system before its first event.
    pub fn new(universe: Arc<Universe>, strategy: Box<dyn Strategy>) -> Result<Self> {
        let world = &universe.world;
        let account =
            Account::new(universe.exchange.account, world.assets.len(), world.specs.len());
        let (data, exchange) = (&universe.data, &universe.exchange);
        let venue = SimulatedExchange::new(world, data, exchange, account.clone())?;
        let engine = Engine::new(Context::new(Arc::clone(world), account), strategy);
        let run = RunSettings { window: Window::ALL, equity_every_ns: MINUTE };
        let run = Run::new(engine, venue, data, run);
        let named = |(asset, _): &(crate::instrument::AssetIndex, i128)| Cash {
            amount: rust_decimal::Decimal::ZERO,
            asset: Some(world.assets[asset.at()].name.clone()),
        };
        let settings = BacktestSettings {
            cash: universe.deposits.iter().map(named).collect(),
            exchange: exchange.clone(),
            window: Window::ALL,
            equity_every_ns: Some(MINUTE),
        };
        let closes = vec![None; world.specs.len()];
        let (waiting, days) = (Vec::new(), Vec::new());
        Ok(Self {
            settings,
            run,
            names: SharedNames::default(),
            trades: true,
            waiting,
            closes,
            days,
            lines: None,
            late: 0,
            universe,
        })
    }

    /// Shares names of orders with the strategy, which names its own.
    #[must_use]
    pub fn sharing(mut self, names: SharedNames) -> Self {
        self.names = names;
        self
    }

    /// Begins with trading enabled or disabled.
    #[must_use]
    pub fn trading(mut self, enabled: bool) -> Self {
        self.trades = enabled;
        self
    }

    /// What the system is about.
    pub fn universe(&self) -> &Arc<Universe> {
        &self.universe
    }

    /// The clock; `None` before the first event.
    pub fn clock(&self) -> Option<Time> {
        self.run.has_begun().then(|| self.run.clock())
    }

    /// Begins at `time` if it has not begun: the start balances come in.
    pub fn begin(&mut self, time: Time) -> Result<()> {
        if self.run.has_begun() {
            return Ok(());
        }
        for (asset, amount) in &self.universe.deposits {
            self.run.engine.context.deposit(time, *asset, *amount);
            self.run.client.deposit(time, *asset, *amount);
        }
        self.run.begin(time)?;
        if !self.universe.openings.is_empty() {
            let openings = self.universe.openings.clone();
            self.take_other(Input::Command(Box::new(Command::Open(openings))))?;
        }
        if !self.trades {
            self.take_other(Input::Trading(false))?;
        }
        std::mem::take(&mut self.waiting).into_iter().try_for_each(|early| self.take_other(early))
    }

    /// Takes something in, at `now` on the wall clock, or at its own time.
    pub fn take(&mut self, input: Input, now: Option<Time>) -> Result<()> {
        match input {
            Input::Row(event) => self.take_row(event, now),
            other => {
                if let Some(now) = now {
                    self.begin(now)?;
                    self.run.advance(now)?;
                }
                if self.run.has_begun() {
                    self.take_other(other)
                } else {
                    self.waiting.push(other);
                    Ok(())
                }
            }
        }
    }

    fn take_row(&mut self, event: MarketEvent, now: Option<Time>) -> Result<()> {
        let MarketEvent { instrument, mut row, time } = event;
        let time = now.unwrap_or(time);
        let mut first = time;
        if let Row::Candle(candle) = &mut row {
            let close = self.closes[instrument.at()].replace(candle.close_time);
            // It opened when the one before it closed; of the first nobody knows.
            candle.open_time = close.unwrap_or(candle.open_time).min(candle.close_time);
            first = first.min(candle.open_time);
        }
        self.begin(now.unwrap_or(first))?;
        if time < self.run.clock() {
            self.note_late(instrument, time);
        }
        self.note_day(time);
        self.run.take(instrument, row, time)
    }

    /// A day had an event: that of the clock, for one that is older happens now.
    pub(super) fn note_day(&mut self, time: Time) {
        let day = time.max(self.run.clock()).ns().div_euclid(DAY);
        if self.days.last() != Some(&day) {
            self.days.push(day);
        }
    }

    /// Of many events only the first is told; the end tells how many there were.
    #[cold]
    fn note_late(&mut self, instrument: InstrumentIndex, time: Time) {
        self.late += 1;
        if self.late == 1 {
            let listing = self.universe.data.listings.get(instrument.at());
            let name = listing.map_or("?", |listing| listing.instrument.name.as_str());
            let clock = self.run.clock();
            log::warn!(
                "an event of {name} is of {time}, which is before the clock, {clock}: it happens \
                 now; further ones are counted and told at the end"
            );
        }
    }

    #[cold]
    fn note_lost(&self, exchange: u32, account: bool) {
        let way = if account { "account" } else { "market data" };
        let name = self.universe.exchanges.get(exchange as usize).map_or("?", |id| id.name());
        log::warn!("the connection to the {way} of {name} was lost at {}", self.run.clock());
    }

    fn take_other(&mut self, input: Input) -> Result<()> {
        match input {
            Input::Row(event) => self.take_row(event, None),
            Input::Shutdown => Ok(()),
            Input::Lost(exchange, account) => {
                self.note_lost(exchange, account);
                self.run.lose(exchange, account)
            }
            Input::Trading(enabled) => {
                let word = if enabled { "enabled" } else { "disabled" };
                log::info!("trading is {word} at {}", self.run.clock());
                self.run.set_trading(enabled)
            }
            Input::Account(_) | Input::Command(_) => {
                let words = serde_json::to_string(&input)
                    .map_err(|error| Error::State(format!("a command cannot be kept: {error}")))?;
                self.obey(input, &words)
            }
        }
    }

    /// Does what somebody outside says. What cannot be done is refused; the engine goes on.
    pub(super) fn obey(&mut self, input: Input, words: &str) -> Result<()> {
        match self.do_as_told(input, words) {
            Err(Error::Order(text)) => {
                log::warn!("refused: {text}");
                Ok(())
            }
            done => done,
        }
    }

    fn do_as_told(&mut self, input: Input, words: &str) -> Result<()> {
        match input {
            Input::Account(Told::Balance(asset, total, locked)) => {
                self.run.command(words, |engine| {
                    engine.context.hear_balance(asset, total, locked);
                    Ok(())
                })
            }
            Input::Account(Told::Fill(of, side, price, quantity)) => self
                .run
                .command(words, |engine| engine.context.hear_fill(of, side, price, quantity)),
            Input::Command(command) => match *command {
                Command::Open(openings) => self.open(openings, words),
                Command::Cancel(requests) => self.cancel(&requests, words),
                Command::ClosePositions(instruments) => {
                    self.run.command(words, |engine| engine.close_positions(&instruments))
                }
                Command::CancelOrders(instruments) => self.cancel_orders(&instruments, words),
            },
            _ => Ok(()),
        }
    }

    /// Opens orders, all or none.
    fn open(&mut self, openings: Vec<Opening>, words: &str) -> Result<()> {
        let keys: Vec<OrderKey> = openings.iter().map(|opening| opening.key.clone()).collect();
        let checked = self.names.lock().check_new(keys.iter());
        if let Err(refused) = checked {
            return self.run.command(words, |_| Err(refused));
        }
        let ids = self.run.command(words, |engine| {
            let view = &mut engine.context;
            let now = view.now();
            let requests: Vec<_> = openings.into_iter().map(|opening| opening.at(now)).collect();
            requests.iter().try_for_each(|request| request.check(now))?;
            requests.into_iter().map(|request| view.submit(request)).collect::<Result<Vec<_>>>()
        })?;
        for (id, key) in ids.into_iter().zip(keys) {
            if self.run.keeps_log() {
                self.run.note_names(named(id, &key)?)?;
            }
            self.names.lock().set(id, key);
        }
        Ok(())
    }

    fn cancel(&mut self, requests: &[OrderRequestCancel], words: &str) -> Result<()> {
        let names = self.names.get();
        let ids = requests.iter().map(|request| names.find(request));
        let ids = ids.collect::<Result<Vec<OrderId>>>();
        self.run.command(words, |engine| {
            let (ids, view) = (ids?, &mut engine.context);
            // All or none: one that is unknown is refused before any is cancelled.
            let unknown = ids.iter().find(|id| view.order(**id).is_none()).copied();
            let all = unknown.map_or(ids, |unknown| vec![unknown]);
            all.into_iter().try_for_each(|id| view.cancel(id).map(drop))
        })
    }

    fn cancel_orders(&mut self, instruments: &[InstrumentIndex], words: &str) -> Result<()> {
        self.run.command(words, |engine| {
            let view = &mut engine.context;
            for id in view.working().to_vec() {
                let of = view.order(id).map(|order| order.request.instrument);
                if of.is_some_and(|of| instruments.contains(&of)) {
                    view.cancel(id)?;
                }
            }
            Ok(())
        })
    }

    /// Takes in everything, each at its own time.
    pub fn take_all(
        &mut self,
        inputs: impl IntoIterator<Item = Input>,
        pulse: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        let mut taken = 0;
        for input in inputs {
            self.take(input, None)?;
            taken += 1;
            if taken % INPUTS_PER_PULSE == 0 {
                pulse(taken)?;
            }
        }
        Ok(())
    }

    /// Keeps a log from now on; before the first event.
    pub fn keep(&mut self, keeping: Keeping) {
        self.lines = Some(Arc::clone(&keeping.count));
        self.keep_log(Box::new(keeping));
    }

    /// Keeps a log of another kind.
    pub fn keep_log(&mut self, log: Box<dyn Log>) {
        self.run.keep_log(log);
    }

    /// Replays a table of the universe's instruments; `skip` rows and points have happened before.
    pub fn replay(
        &mut self,
        data: &DataSet,
        skip: usize,
        pulse: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        let Some(first) = data.first_time() else { return Ok(()) };
        if skip == 0 {
            self.check_table(data)?;
        }
        self.begin(first)?;
        self.days.extend(super::grid::open_days(data, (first, Time::MAX)));
        if self.run.keeps_log() {
            self.replay_row_by_row(data, skip, pulse)
        } else {
            self.run.replay(data, pulse)
        }
    }

    /// Refuses a table that begins before the clock, or too far ahead of it.
    pub fn check_table(&self, data: &DataSet) -> Result<()> {
        let Some(first) = data.first_time() else { return Ok(()) };
        if let Some(clock) = self.clock().filter(|clock| first < *clock) {
            return Err(Error::State(format!(
                "the table begins at {first}, the clock stands at {clock}; feed tables in their \
                 order"
            )));
        }
        check_reach(self.clock(), first, MINUTE)
    }

    /// Lets happen what is due by now, on the wall clock what is due by `now`.
    pub fn settle(&mut self, now: Option<Time>) -> Result<()> {
        if let Some(now) = now {
            self.begin(now)?;
            self.run.advance(now)?;
        }
        if self.run.has_begun() { self.run.settle() } else { Ok(()) }
    }

    /// The strategy's side.
    pub fn context(&self) -> &Context {
        &self.run.engine.context
    }

    /// All of it, to be kept.
    pub fn state(&self) -> State {
        State {
            universe: Arc::clone(&self.universe),
            context: self.run.engine.context.clone(),
            names: self.names.get(),
            sequence: self.lines.as_ref().map(|lines| lines.load(Ordering::Acquire)),
        }
    }

    /// Orders by their names.
    pub fn names(&self) -> Names {
        self.names.get()
    }

    /// When something is due next by itself; `None` if nothing is.
    pub fn next_due(&self) -> Option<Time> {
        self.run.next_due_time()
    }

    /// Ends the run, if it has begun and has not ended.
    pub fn finish(&mut self) -> Result<()> {
        let (late, waiting) = (std::mem::take(&mut self.late), self.waiting.len());
        if late > 1 {
            let late = counted(late, "event");
            log::warn!("{late} were older than the clock and happened when they came");
        }
        if waiting > 0 {
            let inputs = counted(waiting as u64, "input");
            log::warn!("{inputs} waited for a first event, which never came: nothing happened");
        }
        let runs = self.context().phase() == Phase::Running;
        if runs { self.run.finish() } else { Ok(()) }
    }

    /// True if lines of a log are kept.
    pub(super) fn keeps_lines(&self) -> bool {
        self.lines.is_some()
    }

    /// Has the log written that is kept, if one is.
    pub fn save_log(&mut self) -> Result<()> {
        self.run.save_log()
    }

    /// Closes the log, if one is kept.
    pub fn close_log(&mut self) -> Result<()> {
        self.run.close_log()
    }

    /// What the run left behind.
    pub fn into_outcome(self, complete: bool) -> Outcome {
        let kinds = self.run.kinds();
        let mut days = self.days;
        days.sort_unstable();
        days.dedup();
        let fed = Fed { kinds, days };
        Outcome::new(self.run, complete, &self.universe.data, &self.settings).fed_with(fed)
    }
}

impl Run<SimulatedExchange> {
    /// What has shown the market of each instrument so far.
    fn kinds(&self) -> Vec<Vec<MarketKind>> {
        let of = |instrument| {
            let seen = |(_, kind): &(&str, MarketKind)| self.has_seen(instrument, *kind);
            MarketKind::NAMES.iter().filter(|one| seen(one)).map(|(_, kind)| *kind).collect()
        };
        (0..self.engine.context.world.specs.len() as u32).map(InstrumentIndex).map(of).collect()
    }
}
