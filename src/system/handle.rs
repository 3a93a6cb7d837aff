//! A running system: an engine in a thread of its own, its queue, and what can be asked of it from
//! any thread.
#![allow(clippy::disallowed_methods)] // the wall clock of a live run

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::input::Input;
use super::running::Running;
use crate::error::{Error, Result};
use crate::market::DataSet;
use crate::time::Time;

/// Inputs that may wait at one time, if nobody says another number.
pub const MOST_QUEUED: usize = 1 << 16;

/// Inputs that are taken in before others may have their turn.
const SLICE: usize = 1 << 10;

/// Longest wait of an idle engine before it looks around.
const IDLE: Duration = Duration::from_hours(1);

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

/// Does a piece of work, perhaps with something held for its time, such as an interpreter.
pub type Keeper = Box<dyn Fn(&mut dyn FnMut()) + Send>;

/// How a system runs.
pub struct HandleSettings {
    /// Which time counts.
    pub clock: Clock,
    /// When the clock "event" begins; `None` for the first event.
    pub start: Option<Time>,
    /// Inputs that may wait at one time, > 0.
    pub most_queued: usize,
    /// Around each piece of work.
    pub keeper: Keeper,
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
    most_queued: usize,
    /// True once nobody takes anything in.
    over: AtomicBool,
    /// True if what waits is not wanted.
    aborts: AtomicBool,
    failure: Mutex<Option<Failure>>,
}

/// A running system, usable from any thread.
pub struct Handle {
    shared: Arc<Shared>,
    sender: Mutex<Option<Sender<Message>>>,
    thread: Mutex<Option<JoinHandle<Ended>>>,
    ended: Mutex<Option<Ended>>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Handle {
    /// Starts the engine.
    pub fn start(running: Running, settings: HandleSettings) -> Result<Self> {
        let shared = Arc::new(Shared {
            queued: Mutex::new(0),
            fewer: Condvar::new(),
            most_queued: settings.most_queued,
            over: AtomicBool::new(false),
            aborts: AtomicBool::new(false),
            failure: Mutex::new(None),
        });
        let (sender, receiver) = mpsc::channel();
        let last = running.clock().unwrap_or(Time::MIN);
        let engine = EngineThread {
            running,
            receiver,
            shared: Arc::clone(&shared),
            clock: settings.clock,
            last,
        };
        let thread = Builder::new()
            .name("barter-engine".to_owned())
            .spawn(move || engine.run(settings.start, &settings.keeper))
            .map_err(|error| Error::State(format!("the engine's thread did not start: {error}")))?;
        Ok(Self {
            shared,
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            ended: Mutex::new(None),
        })
    }

    /// True while the engine takes things in.
    pub fn is_running(&self) -> bool {
        !self.shared.over.load(Ordering::Acquire)
    }

    /// Why the engine ended by itself, taken out.
    pub fn take_failure(&self) -> Option<Failure> {
        locked(&self.shared.failure).take()
    }

    /// Waits until `count` further inputs have room, or for `patience`. True if they have, and then
    /// it is theirs.
    ///
    /// # Errors
    ///
    /// [`Error::State`] once the engine is over.
    pub fn make_room(&self, count: usize, patience: Duration) -> Result<bool> {
        let until = Instant::now().checked_add(patience);
        let mut queued = locked(&self.shared.queued);
        loop {
            self.demand_running()?;
            // What is larger than the queue goes alone.
            if *queued == 0 || *queued + count <= self.shared.most_queued {
                *queued += count;
                return Ok(true);
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(false);
            }
            let left = left.unwrap_or(IDLE);
            let waited = self.shared.fewer.wait_timeout(queued, left);
            queued = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How many inputs wait, and how many may.
    pub fn queue(&self) -> (usize, usize) {
        (*locked(&self.shared.queued), self.shared.most_queued)
    }

    /// Sends inputs, whose room was made.
    pub fn feed(&self, inputs: Vec<Input>) -> Result<()> {
        self.send(Message::Inputs(inputs))
    }

    /// Sends a table, for which room for one input was made.
    ///
    /// The receiver tells if it is taken, before it is replayed; one that begins before the clock
    /// is not, and the engine goes on.
    pub fn feed_table(&self, data: DataSet) -> Result<Receiver<Result<()>>> {
        let (answer, receiver) = mpsc::channel();
        self.send(Message::Table(data, answer))?;
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
        self.send(Message::Ask(Box::new(question)))?;
        Ok(receiver)
    }

    fn send(&self, message: Message) -> Result<()> {
        self.demand_running()?;
        let sender = locked(&self.sender);
        let sent = sender.as_ref().map(|sender| sender.send(message));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(over()),
        }
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
        if let Some(sender) = locked(&self.sender).take() {
            drop(sender.send(Message::Stop));
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

    /// Waits until the engine has ended. The caller must hold nothing that the engine needs.
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

/// The engine's side.
struct EngineThread {
    running: Running,
    receiver: Receiver<Message>,
    shared: Arc<Shared>,
    clock: Clock,
    last: Time,
}

/// Whether the engine goes on.
enum Next {
    Go,
    Stop,
}

impl EngineThread {
    fn run(mut self, start: Option<Time>, keeper: &Keeper) -> Ended {
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let worked = self.work(start, keeper);
            let closed = self.running.close_log();
            worked.and(closed)
        }));
        let shared = Arc::clone(&self.shared);
        let (running, complete) = match worked {
            Ok(Ok(())) => (Some(self.running), !shared.aborts.load(Ordering::Acquire)),
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
        // Under the lock, so that nobody looks just before and waits just after.
        *locked(&shared.queued) = 0;
        shared.fewer.notify_all();
        Ended { running, complete }
    }

    fn work(&mut self, start: Option<Time>, keeper: &Keeper) -> Result<()> {
        let start = match self.clock {
            _ if self.running.clock().is_some() => None, // it was resumed
            Clock::Wall => Some(self.now()),
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
        if self.shared.aborts.load(Ordering::Acquire) {
            return Ok(());
        }
        let now = self.wall();
        kept(keeper, || {
            self.running.settle(now)?;
            self.running.finish()
        })
    }

    /// The time on the wall, always later than the last.
    fn now(&mut self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Time(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX - 1));
        self.last = now.max(self.last.after(1));
        self.last
    }

    /// The time on the wall, if that counts.
    fn wall(&mut self) -> Option<Time> {
        (self.clock == Clock::Wall).then(|| self.now())
    }

    /// The next message; lets happen what is due meanwhile. `None` once nobody can send.
    fn wait(&mut self, keeper: &Keeper) -> Result<Option<Message>> {
        loop {
            let Clock::Wall = self.clock else { return Ok(self.receiver.recv().ok()) };
            let now = self.now();
            let due = self.running.next_due().map_or(IDLE, |due| {
                Duration::from_nanos(due.ns().saturating_sub(now.ns()).max(0) as u64).min(IDLE)
            });
            match self.receiver.recv_timeout(due) {
                Ok(message) => return Ok(Some(message)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {
                    let now = self.now();
                    kept(keeper, || self.running.settle(Some(now)))?;
                }
            }
        }
    }

    fn handle(&mut self, message: Message, keeper: &Keeper) -> Result<Next> {
        if self.shared.aborts.load(Ordering::Acquire) {
            return Ok(Next::Stop);
        }
        match message {
            Message::Inputs(inputs) => {
                self.leave_room(inputs.len());
                self.take(inputs, keeper)
            }
            Message::Table(data, answer) => {
                self.leave_room(1);
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
                    if aborts { Err(aborted()) } else { Ok(()) }
                };
                let replayed = kept(keeper, || self.running.replay(&data, 0, &mut pulse));
                match replayed {
                    Err(Error::Interrupted(_)) => Ok(Next::Stop),
                    other => other.map(|()| Next::Go),
                }
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

    /// Inputs that are taken in no longer wait.
    fn leave_room(&self, count: usize) {
        let mut queued = locked(&self.shared.queued);
        *queued = queued.saturating_sub(count);
        self.shared.fewer.notify_all();
    }

    fn take(&mut self, inputs: Vec<Input>, keeper: &Keeper) -> Result<Next> {
        let mut inputs = inputs.into_iter();
        while inputs.len() > 0 {
            if self.shared.aborts.load(Ordering::Acquire) {
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
fn kept<T>(keeper: &Keeper, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let (mut work, mut worked) = (Some(work), None);
    keeper(&mut || {
        if let Some(work) = work.take() {
            worked = Some(work());
        }
    });
    worked.unwrap_or_else(|| Err(Error::State("the work was not done".to_owned())))
}

fn aborted() -> Error {
    Error::Interrupted("the run was aborted".into())
}
