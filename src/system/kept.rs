//! The log of a system: kept in a file, told to who listens, replayed, resumed.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::message::{OrderKey, json};
use super::names::Names;
use super::state::State;
use super::universe::{SeededBalance, Universe};
use super::wakers::Wakers;
use super::{SystemConfig, input::Input};
use crate::account::Account;
use crate::audit::{About, Kind, Line, Replica, Writer, read};
use crate::context::{Context, View};
use crate::engine::{Entry, Log};
use crate::error::{DataFault, Error, Result};
use crate::event::Moment;
use crate::order::OrderId;

/// Lines on their way to who listens.
#[derive(Default)]
pub struct Lines {
    waiting: Mutex<Waiting>,
    more: Condvar,
    wakers: Wakers,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Line>,
    closed: bool,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut self.lock());
        self.more.notify_all();
        self.wakers.wake();
    }

    fn push(&self, line: Line) {
        self.change(|waiting| waiting.lines.push_back(line));
    }

    /// Nothing comes any more.
    pub fn close(&self) {
        self.change(|waiting| waiting.closed = true);
    }

    /// The next line, if one comes within `patience`.
    pub fn next(&self, patience: Duration) -> Option<Line> {
        let nothing = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.closed;
        let waited = self.more.wait_timeout_while(self.lock(), patience, nothing);
        waited.unwrap_or_else(PoisonError::into_inner).0.lines.pop_front()
    }

    /// True if nothing waits and nothing comes.
    pub fn is_over(&self) -> bool {
        let waiting = self.lock();
        waiting.closed && waiting.lines.is_empty()
    }

    /// Those who are told of each line, and of the end.
    pub fn wakers(&self) -> &Wakers {
        &self.wakers
    }
}

/// Where the lines of a system go.
#[derive(Default)]
pub struct Keeping {
    writer: Option<Writer>,
    lines: Option<Arc<Lines>>,
    expected: Option<Arc<[Line]>>,
    /// How many there were.
    pub(super) count: Arc<AtomicU64>,
}

impl Keeping {
    /// To a file, to who listens; `expected` ones the run has to repeat first.
    pub fn new(
        writer: Option<Writer>,
        lines: Option<Arc<Lines>>,
        expected: Option<Arc<[Line]>>,
    ) -> Self {
        Self { writer, lines, expected, count: Arc::default() }
    }

    /// True if nobody wants any.
    pub fn is_idle(&self) -> bool {
        self.writer.is_none() && self.lines.is_none() && self.expected.is_none()
    }

    fn keep(&mut self, line: Line) -> Result<()> {
        if let Some(expected) = &self.expected {
            match expected.get(line.sequence as usize) {
                Some(known) if *known != line => return Err(differs(known, &line)),
                Some(_) => {}
                None => self.expected = None, // all were repeated
            }
        }
        self.count.store(line.sequence + 1, Ordering::Release);
        if let Some(writer) = &mut self.writer {
            writer.push(line.clone())?;
        }
        // Nobody is left who could listen.
        self.lines.take_if(|lines| Arc::strong_count(lines) == 1);
        if let Some(lines) = &self.lines {
            lines.push(line);
        }
        Ok(())
    }

    fn next(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }
}

impl Log for Keeping {
    fn note(&mut self, entry: Entry<'_>, _: &View) -> Result<()> {
        let line = Line::new(self.next(), entry)?;
        self.keep(line)
    }

    fn note_names(&mut self, moment: Moment, names: String) -> Result<()> {
        self.keep(Line::names(self.next(), moment, names))
    }

    fn save(&mut self) -> Result<()> {
        self.writer.as_mut().map_or(Ok(()), Writer::flush)
    }

    fn close(&mut self) -> Result<()> {
        if let Some(lines) = &self.lines {
            lines.close();
        }
        self.writer.as_mut().map_or(Ok(()), Writer::close)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        if let Some(lines) = &self.lines {
            lines.close();
        }
    }
}

fn differs(known: &Line, line: &Line) -> Error {
    let text = |line: &Line| {
        let detail = line.detail.as_deref().unwrap_or("");
        format!("{} at {} {}", line.kind.name(), line.moment.time, crate::error::shown(detail))
    };
    Error::State(format!(
        "the run does not repeat its log at line {}: the log has {}, the run made {}; strategy, \
         configuration and version must be those of the log, and the strategy must decide by what \
         it is told alone",
        line.sequence,
        text(known),
        text(line)
    ))
}

/// The names of an order from outside, as a line has them.
#[derive(serde::Serialize, serde::Deserialize)]
struct Named {
    order: OrderId,
    key: OrderKey,
}

/// The names of an order as text.
pub(super) fn named(order: OrderId, key: &OrderKey) -> Result<String> {
    json::write("names", &Named { order, key: key.clone() })
}

/// What the log of a system is about.
pub fn about(
    config: &SystemConfig,
    seeded: &[SeededBalance],
    clock: &str,
    trading: bool,
    strategy: &str,
) -> Result<About> {
    let (config, balances) = (config.to_json()?, json::write("balances", &seeded)?);
    Ok(About::new(config, balances, clock, trading, strategy))
}

/// The log of a run that goes on.
pub struct Past {
    path: PathBuf,
    lines: Arc<[Line]>,
}

impl Past {
    /// Reads a log, or its first `until` lines. It must be about the same; its end is left out, for
    /// what goes on has not ended.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] as for [`replay`]; [`Error::State`] that names what is not that of the log.
    pub fn read(path: PathBuf, until: Option<u64>, about: &About) -> Result<Self> {
        let (known, mut lines) = read(&path)?;
        lines.truncate(first(&path, &lines, until)?.len());
        lines.pop_if(|line| line.kind == Kind::End);
        let parts = [
            ("config", known.config == about.config),
            ("initial_balances", known.balances == about.balances),
            ("clock", known.clock == about.clock),
            ("trading_enabled", known.trading == about.trading),
        ];
        match parts.iter().find(|(_, same)| !same) {
            None => Ok(Self { path, lines: lines.into() }),
            Some((part, _)) => Err(Error::State(format!(
                "resume: {part} must be that of the log: a run goes on in the world that it had"
            ))),
        }
    }

    /// The lines that are repeated.
    pub fn lines(&self) -> &Arc<[Line]> {
        &self.lines
    }

    /// Refuses to write to the file that is repeated.
    pub fn demand_another(&self, path: &Path) -> Result<()> {
        let same = |one: &Path| std::fs::canonicalize(one).ok();
        if same(path).is_none_or(|path| Some(path) != same(&self.path)) {
            return Ok(());
        }
        Err(Error::State(
            "audit: a run that goes on writes all of its log anew; give another file".to_owned(),
        ))
    }
}

/// The universe that a log is about.
pub fn universe_of(about: &About) -> Result<Universe> {
    let config = SystemConfig::from_json(&about.config)?;
    let seeded: Vec<SeededBalance> = json::read("balances", &about.balances)?;
    Universe::new(&config, &seeded)
}

/// A replica that knows nothing yet.
pub fn replica(universe: &Universe) -> Replica {
    let world = &universe.world;
    let account = Account::new(universe.exchange.account, world.assets.len(), world.specs.len());
    let mut context = Context::new(Arc::clone(world), account);
    context.keep_calls();
    Replica::new(context, universe.deposits.clone())
}

/// The state of a replica.
pub fn state_of(universe: &Arc<Universe>, replica: &Replica) -> Result<State> {
    let mut names = Names::default();
    for text in replica.names() {
        let Named { order, key } = json::read("names", text)?;
        names.set(order, key);
    }
    let context = replica.context().clone();
    Ok(State { universe: Arc::clone(universe), context, names, sequence: Some(replica.next()) })
}

/// The state that a log leads to, or that its first `until` lines do.
///
/// # Errors
///
/// [`Error::Data`] for a file that is no log, was changed, or has fewer lines.
pub fn replay(path: &Path, until: Option<u64>) -> Result<State> {
    let (about, lines) = read(path)?;
    let universe = Arc::new(universe_of(&about)?);
    let mut replica = replica(&universe);
    for line in first(path, &lines, until)? {
        replica.follow(line)?;
    }
    state_of(&universe, &replica)
}

/// The first `until` lines, or all.
fn first<'a>(path: &Path, lines: &'a [Line], until: Option<u64>) -> Result<&'a [Line]> {
    let Some(until) = until else { return Ok(lines) };
    let known = lines.len();
    usize::try_from(until).ok().and_then(|until| lines.get(..until)).ok_or_else(|| {
        let text = format!("until must be from 0 to {known}, the lines of the log, got {until}");
        DataFault::new(text).in_file(path).into()
    })
}

/// The input that a command was, from its words.
pub(super) fn input_of(words: &str) -> Result<Input> {
    json::read("command", words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sequence: u64) -> Line {
        Line::names(sequence, Moment::default(), String::new())
    }

    #[test]
    fn lines_are_kept_for_as_long_as_somebody_can_take_them() {
        let lines = Arc::new(Lines::default());
        let mut keeping = Keeping::new(None, Some(Arc::clone(&lines)), None);
        for sequence in 0..3 {
            assert!(keeping.keep(line(sequence)).is_ok());
        }
        assert_eq!(lines.next(Duration::ZERO), Some(line(0)));
        let left = Arc::downgrade(&lines);
        drop(lines);
        assert!(keeping.keep(line(3)).is_ok());
        assert!(left.upgrade().is_none());
        assert_eq!(keeping.next(), 4);
    }
}
