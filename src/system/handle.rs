//! A running system: an engine in a thread of its own, its queue, and what can be asked of it from
//! any thread.
#![allow(clippy::disallowed_methods)] // the wall clock of a live run

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, ThreadId, current};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::input::Input;
use super::running::Running;
use super::stoppable::{Stoppable, aborted};
use super::wakers::Wakers;
use crate::engine::check_reach;
use crate::error::{Error, Result};
use crate::market::DataSet;
use crate::replay::Row;
use crate::time::{MINUTE, Time};

/// Inputs that may wait at one time, if nobody says another number.
pub const MOST_QUEUED: usize = 1 << 16;

/// Inputs that are taken in before others may have their turn.
const SLICE: usize = 1 << 10;

/// Longest wait of an idle engine before it looks around.
const IDLE: Duration = Duration::from_hours(1);

/// Longest time that lines of a log wait in memory once nothing else is to be done.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// Which time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// That of the events.
    Event,
    /// That of the wall, when an event is taken in.
    Wall,
}

impl Clock {
    /// Every clock with the name that users write.
    pub const NAMES: [(&'static str, Self); 2] = [("wall", Self::Wall), ("event", Self::Event)];
}

/// Holds what the engine needs for a piece of work, such as an interpreter.
pub trait Keeper: Send {
    /// Does a piece of work with it.
    fn hold(&self, work: &mut dyn FnMut());

    /// Within a long piece of work: lets others have it for a moment.
    fn give_turn(&self) -> Result<()>;
}

/// How a system runs.
pub struct HandleSettings {
    /// Which time counts.
    pub clock: Clock,
    /// When the clock "event" begins; `None` for the first event.
    pub start: Option<Time>,
    /// Inputs that may wait at one time, > 0.
    pub most_queued: usize,
    /// Around each piece of work.
    pub keeper: Box<dyn Keeper>,
}

/// Something that may be asked of a running system.
type Question = Box<dyn FnOnce(&mut Running) + Send>;

enum Message {
    Inputs(Vec<Input>),
    /// A table, and who is told if it is taken.
    Table(DataSet, Sender<Result<()>>),
    Ask(Question),
    Stop,
}

/// Why an engine ended that nobody stopped.
pub enum Failure {
    /// An error: of the strategy, of the data.
    Error(Error),
    /// A broken rule of ours.
    Panic(Box<dyn std::any::Any + Send>),
}

/// How an engine ended.
pub struct Ended {
    /// The system as it was then; `None` after a panic.
    pub running: Option<Running>,
    /// True if it was stopped in order, so that its end has happened.
    pub complete: bool,
}

/// What both sides know.
struct Shared {
    /// Inputs that wait.
    queued: Mutex<usize>,
    /// Is told when these become fewer, and at the end.
    fewer: Condvar,
    /// Those who are to be told the same and wait in no thread.
    wakers: Wakers,
    most_queued: usize,
    /// True once nobody takes anything in.
    over: AtomicBool,
    /// True if what waits is not wanted.
    aborts: Arc<AtomicBool>,
    failure: Mutex<Option<Failure>>,
}

impl Shared {
    /// Inputs that are taken in no longer wait.
    fn leave_room(&self, count: usize) {
        self.change(|queued| queued.saturating_sub(count));
    }

    /// Changes how many inputs wait. Under the lock, so that nobody looks just before and waits
    /// just after.
    fn change(&self, change: impl FnOnce(usize) -> usize) {
        let mut queued = locked(&self.queued);
        *queued = change(*queued);
        drop(queued);
        self.fewer.notify_all();
        self.wakers.wake();
    }
}

/// The way to the engine.
struct Way {
    sender: Sender<Message>,
    clock: Clock,
    /// Where the clock "event" will stand after all that was sent.
    reached: Option<Time>,
}

impl Way {
    /// Sends a message. A time that the clock cannot go to is refused here, where its sender is.
    fn send(&mut self, message: Message) -> Result<()> {
        if self.clock == Clock::Event {
            self.reached = self.reach(&message)?;
        }
        self.sender.send(message).map_err(|_| over())
    }

    fn reach(&self, message: &Message) -> Result<Option<Time>> {
        let mut reached = self.reached;
        let mut go = |time: Time| -> Result<()> {
            check_reach(reached, time, MINUTE)?;
            reached = reached.max(Some(time));
            Ok(())
        };
        match message {
            Message::Inputs(inputs) => {
                for input in inputs {
                    let Input::Row(event) = input else { continue };
                    if let Row::Candle(first) = event.row
                        && self.reached.is_none()
                    {
                        go(first.open_time)?;
                    }
                    go(event.time)?;
                }
            }
            Message::Table(data, _) => {
                data.first_time().map_or(Ok(()), &mut go)?;
                reached = reached.max(data.last_time());
            }
            Message::Ask(_) | Message::Stop => {}
        }
        Ok(reached)
    }
}

/// A running system, usable from any thread.
pub struct Handle {
    shared: Arc<Shared>,
    way: Mutex<Option<Way>>,
    engine: ThreadId,
    thread: Mutex<Option<JoinHandle<Ended>>>,
    ended: Mutex<Option<Ended>>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Handle {
    /// Starts the engine.
    pub fn start(mut running: Running, settings: HandleSettings) -> Result<Self> {
        let shared = Arc::new(Shared {
            queued: Mutex::new(0),
            fewer: Condvar::new(),
            wakers: Wakers::default(),
            most_queued: settings.most_queued,
            over: AtomicBool::new(false),
            aborts: Arc::default(),
            failure: Mutex::new(None),
        });
        let stops = Arc::clone(&shared.aborts);
        running.run.engine.wrap(|strategy| Box::new(Stoppable::new(strategy, stops)));
        let (sender, receiver) = mpsc::channel();
        let clock = settings.clock;
        let way = Way { sender, clock, reached: running.clock().or(settings.start) };
        let engine = EngineThread {
            wall: WallClock::new(running.clock().unwrap_or(Time::MIN)),
            running,
            receiver,
            shared: Arc::clone(&shared),
            clock,
            saved: Instant::now(),
            unsaved: false,
        };
        let thread = Builder::new()
            .name("barter-engine".to_owned())
            .spawn(move || engine.run(settings.start, &*settings.keeper))
            .map_err(|error| Error::State(format!("the engine's thread did not start: {error}")))?;
        Ok(Self {
            shared,
            way: Mutex::new(Some(way)),
            engine: thread.thread().id(),
            thread: Mutex::new(Some(thread)),
            ended: Mutex::new(None),
        })
    }

    /// True while the engine takes things in.
    pub fn is_running(&self) -> bool {
        !self.shared.over.load(Ordering::Acquire)
    }

    /// The engine's thread, which hooks are called in: what waits for the engine there waits for
    /// ever.
    pub fn engine(&self) -> ThreadId {
        self.engine
    }

    /// True in the engine's thread.
    pub fn is_engine_here(&self) -> bool {
        current().id() == self.engine
    }

    /// Those who are told when inputs have left the queue, and of the end.
    pub fn wakers(&self) -> &Wakers {
        &self.shared.wakers
    }

    /// Why the engine ended by itself, taken out.
    pub fn take_failure(&self) -> Option<Failure> {
        locked(&self.shared.failure).take()
    }

    /// Waits until `count` further inputs have room, or for `patience`. True if they have, and then
    /// it is theirs. (What is larger than the queue goes alone.)
    ///
    /// # Errors
    ///
    /// [`Error::State`] once the engine is over.
    pub fn make_room(&self, count: usize, patience: Duration) -> Result<bool> {
        let most = self.shared.most_queued;
        let full = |queued: &mut usize| *queued > 0 && *queued + count > most && self.is_running();
        let queued = locked(&self.shared.queued);
        let waited = self.shared.fewer.wait_timeout_while(queued, patience, full);
        let mut queued = waited.unwrap_or_else(PoisonError::into_inner).0;
        self.demand_running()?;
        let made = !full(&mut queued);
        *queued += if made { count } else { 0 };
        Ok(made)
    }

    /// Waits until there is any room, or for `patience`: for how many inputs, 0 if for none. Others
    /// may be faster, so that who [takes](Self::take_room) it makes the queue longer than it should
    /// be; but nothing is lost of a stream whose events are asked for one by one.
    ///
    /// # Errors
    ///
    /// [`Error::State`] once the engine is over.
    pub fn room(&self, patience: Duration) -> Result<usize> {
        let most = self.shared.most_queued;
        let full = |queued: &mut usize| *queued >= most && self.is_running();
        let queued = locked(&self.shared.queued);
        let waited = self.shared.fewer.wait_timeout_while(queued, patience, full);
        let queued = waited.unwrap_or_else(PoisonError::into_inner).0;
        self.demand_running()?;
        Ok(most.saturating_sub(*queued))
    }

    /// Takes room for `count` further inputs, whether there is any or not.
    pub fn take_room(&self, count: usize) {
        *locked(&self.shared.queued) += count;
    }

    /// How many inputs wait, and how many may.
    pub fn queue(&self) -> (usize, usize) {
        (*locked(&self.shared.queued), self.shared.most_queued)
    }

    /// Sends inputs that have their room, all or none.
    ///
    /// # Errors
    ///
    /// [`Error::State`] once the engine is over, and for a time that its clock cannot go to.
    pub fn feed(&self, inputs: Vec<Input>) -> Result<()> {
        let count = inputs.len();
        self.send(Message::Inputs(inputs), count)
    }

    /// Sends a table, which has room for one input.
    ///
    /// The receiver tells if it is taken, before it is replayed; one that begins before the clock
    /// is not, and the engine goes on.
    ///
    /// # Errors
    ///
    /// As [`Self::feed`].
    pub fn feed_table(&self, data: DataSet) -> Result<Receiver<Result<()>>> {
        let (answer, receiver) = mpsc::channel();
        self.send(Message::Table(data, answer), 1)?;
        Ok(receiver)
    }

    /// Asks something of the system, after all that was sent before. The answer comes by the
    /// receiver; it closes without one if the engine ends.
    pub fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Running) -> T + Send + 'static,
    ) -> Result<Receiver<T>> {
        let (answer, receiver) = mpsc::channel();
        // Who asked may have gone.
        let question = move |running: &mut Running| drop(answer.send(ask(running)));
        self.send(Message::Ask(Box::new(question)), 0)?;
        Ok(receiver)
    }

    /// Sends a message that has room for so many inputs; gives it back if it is not sent.
    fn send(&self, message: Message, inputs: usize) -> Result<()> {
        let sent = self.demand_running().and_then(|()| {
            let mut way = locked(&self.way);
            way.as_mut().map_or_else(|| Err(over()), |way| way.send(message))
        });
        if sent.is_err() {
            self.shared.leave_room(inputs);
        }
        sent
    }

    fn demand_running(&self) -> Result<()> {
        if self.is_running() { Ok(()) } else { Err(over()) }
    }

    /// Asks the engine to end: after what was sent before, or at once.
    pub fn stop(&self, at_once: bool) {
        if at_once {
            self.shared.aborts.store(true, Ordering::Release);
        }
        // An engine that is over needs no telling.
        if let Some(way) = locked(&self.way).take() {
            drop(way.sender.send(Message::Stop));
        }
    }

    /// True until the engine was waited for.
    pub fn is_joinable(&self) -> bool {
        locked(&self.thread).is_some()
    }

    /// Waits until the engine takes nothing in any more, or for `patience`. True if it does not.
    pub fn wait_for_end(&self, patience: Duration) -> bool {
        let queued = locked(&self.shared.queued);
        let goes_on = |_: &mut usize| !self.shared.over.load(Ordering::Acquire);
        drop(self.shared.fewer.wait_timeout_while(queued, patience, goes_on));
        !self.is_running()
    }

    /// Waits until the engine has ended. The caller must hold nothing that the engine needs, and be
    /// another thread than the engine's.
    pub fn join(&self) {
        let mut thread = locked(&self.thread);
        if let Some(thread) = thread.take() {
            *locked(&self.ended) = thread.join().ok();
        }
    }

    /// Looks at the system that has ended.
    pub fn look_at_end<T>(&self, look: impl FnOnce(&mut Running) -> T) -> Option<T> {
        locked(&self.ended).as_mut().and_then(|ended| ended.running.as_mut()).map(look)
    }

    /// What the engine left; `None` before [`Self::join`], after a panic, or the second time.
    pub fn take_end(&self) -> Option<Ended> {
        locked(&self.ended).take()
    }
}

#[cold]
fn over() -> Error {
    Error::State("the system is not running: it was shut down, or it failed".to_owned())
}

/// The time on the wall, later each time that it is read. Where the machine's clock is set back it
/// goes on at its pace: a timer that is due in a second comes in a second.
struct WallClock {
    last: Time,
    read: Instant,
}

impl WallClock {
    fn new(last: Time) -> Self {
        Self { last, read: Instant::now() }
    }

    fn now(&mut self) -> Time {
        let read = Instant::now();
        let passed = read.duration_since(std::mem::replace(&mut self.read, read)).as_nanos();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let number = |ns: u128| i64::try_from(ns).unwrap_or(i64::MAX);
        self.last = next_on_wall(self.last, number(passed), Time(number(since)));
        self.last
    }
}

/// What a wall clock shows that showed `last` `passed` ns ago, and the machine's shows `machine`.
fn next_on_wall(last: Time, passed: i64, machine: Time) -> Time {
    machine.max(last.after(passed.max(1)))
}

/// The engine's side.
struct EngineThread {
    running: Running,
    receiver: Receiver<Message>,
    shared: Arc<Shared>,
    clock: Clock,
    wall: WallClock,
    /// When the log was saved, and if something may have come since.
    saved: Instant,
    unsaved: bool,
}

/// Whether the engine goes on.
enum Next {
    Go,
    Stop,
}

impl EngineThread {
    fn run(mut self, start: Option<Time>, keeper: &dyn Keeper) -> Ended {
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let worked = match self.work(start, keeper) {
                Err(Error::Interrupted(_)) if self.aborts() => Ok(()),
                other => other,
            };
            let closed = self.running.close_log();
            worked.and(closed)
        }));
        let shared = Arc::clone(&self.shared);
        let (running, complete) = match worked {
            Ok(Ok(())) => {
                let complete = !self.aborts();
                (Some(self.running), complete)
            }
            Ok(Err(error)) => {
                *locked(&shared.failure) = Some(Failure::Error(error));
                (Some(self.running), false)
            }
            Err(panic) => {
                *locked(&shared.failure) = Some(Failure::Panic(panic));
                (None, false)
            }
        };
        shared.over.store(true, Ordering::Release);
        shared.change(|_| 0);
        Ended { running, complete }
    }

    fn work(&mut self, start: Option<Time>, keeper: &dyn Keeper) -> Result<()> {
        let start = match self.clock {
            _ if self.running.clock().is_some() => None, // it was resumed
            Clock::Wall => Some(self.wall.now()),
            Clock::Event => start,
        };
        if let Some(start) = start {
            kept(keeper, || self.running.begin(start))?;
        }
        while let Some(message) = self.wait(keeper)? {
            if let Next::Stop = self.handle(message, keeper)? {
                break;
            }
        }
        if self.aborts() {
            return Ok(());
        }
        let now = self.wall();
        kept(keeper, || {
            self.running.settle(now)?;
            self.running.finish()
        })
    }

    /// True if nothing more is wanted.
    fn aborts(&self) -> bool {
        self.shared.aborts.load(Ordering::Acquire)
    }

    /// The time on the wall, if that counts.
    fn wall(&mut self) -> Option<Time> {
        (self.clock == Clock::Wall).then(|| self.wall.now())
    }

    /// The next message; lets happen what is due meanwhile. `None` once nobody can send.
    fn wait(&mut self, keeper: &dyn Keeper) -> Result<Option<Message>> {
        loop {
            let idle = self.idle()?;
            let due = self.wall().and_then(|now| {
                let ns = self.running.next_due()?.ns().saturating_sub(now.ns()).max(0);
                Some(Duration::from_nanos(ns.unsigned_abs()))
            });
            match self.receiver.recv_timeout(due.map_or(idle, |due| due.min(idle))) {
                Ok(message) => {
                    self.unsaved = self.running.keeps_lines();
                    return Ok(Some(message));
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(now) = self.wall() {
                        kept(keeper, || self.running.settle(Some(now)))?;
                    }
                }
            }
        }
    }

    /// How long nothing need be done but what is due. Saves the log when that is.
    fn idle(&mut self) -> Result<Duration> {
        if !self.unsaved {
            return Ok(IDLE);
        }
        let left = SAVE_EVERY.saturating_sub(self.saved.elapsed());
        if !left.is_zero() {
            return Ok(left);
        }
        self.running.save_log()?;
        (self.saved, self.unsaved) = (Instant::now(), false);
        Ok(IDLE)
    }

    fn handle(&mut self, message: Message, keeper: &dyn Keeper) -> Result<Next> {
        if self.aborts() {
            return Ok(Next::Stop);
        }
        match message {
            Message::Inputs(inputs) => {
                self.shared.leave_room(inputs.len());
                self.take(inputs, keeper)
            }
            Message::Table(data, answer) => {
                self.shared.leave_room(1);
                let checked = self.running.check_table(&data);
                let refused = checked.is_err();
                // Who asked may have gone.
                drop(answer.send(checked));
                if refused {
                    return Ok(Next::Go);
                }
                let shared = Arc::clone(&self.shared);
                let mut pulse = |_| {
                    let aborts = shared.aborts.load(Ordering::Acquire);
                    if aborts { Err(aborted()) } else { keeper.give_turn() }
                };
                kept(keeper, || self.running.replay(&data, 0, &mut pulse)).map(|()| Next::Go)
            }
            Message::Ask(question) => {
                let now = self.wall();
                kept(keeper, || self.running.settle(now))?;
                question(&mut self.running);
                Ok(Next::Go)
            }
            Message::Stop => Ok(Next::Stop),
        }
    }

    fn take(&mut self, inputs: Vec<Input>, keeper: &dyn Keeper) -> Result<Next> {
        let mut inputs = inputs.into_iter();
        while inputs.len() > 0 {
            if self.aborts() {
                return Ok(Next::Stop);
            }
            let slice = inputs.by_ref().take(SLICE);
            let stops = kept(keeper, || {
                for input in slice {
                    if input == Input::Shutdown {
                        return Ok(true);
                    }
                    let now = self.wall();
                    self.running.take(input, now)?;
                    if now.is_some() {
                        self.running.settle(None)?;
                    }
                }
                Ok(false)
            })?;
            if stops {
                return Ok(Next::Stop);
            }
        }
        Ok(Next::Go)
    }
}

/// Works with what the keeper holds.
fn kept<T>(keeper: &dyn Keeper, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let (mut work, mut worked) = (Some(work), None);
    keeper.hold(&mut || {
        if let Some(work) = work.take() {
            worked = Some(work());
        }
    });
    worked.unwrap_or_else(|| Err(Error::State("the work was not done".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However the machine's clock is set, this one goes forward, and by no less than passed.
        #[test]
        fn the_wall_clock_goes_on_at_its_pace(
            steps in prop::collection::vec((0_i64..1_000_000, -1_000_000_i64..1_000_000), 1..50),
        ) {
            let (mut now, mut machine) = (Time(1_000_000), 1_000_000);
            for (passed, set) in steps {
                machine += passed + set;
                let next = next_on_wall(now, passed, Time(machine));
                prop_assert!(next > now && next.ns() - now.ns() >= passed);
                prop_assert!(next.ns() >= machine);
                now = next;
            }
        }
    }
}
