//! What a run takes in and does, told to whoever keeps it.

use crate::context::{Call, View};
use crate::error::Result;
use crate::event::{Event, Moment};
use crate::instrument::InstrumentIndex;
use crate::replay::Row;

/// Something that came from outside, or that an engine took in.
#[derive(Clone, Copy, Debug)]
pub enum Happening<'a> {
    /// A row from outside happens, and will reach the strategy at a moment. Of a candle it is the
    /// first point.
    Row(InstrumentIndex, &'a Row, Moment),
    /// A further point of the last candle of an instrument.
    Point(InstrumentIndex, u8),
    /// The engine takes in an event.
    Step(Event<'a>),
    /// Somebody outside asks for something; what that is, in the words of who asks.
    Command(&'a str),
}

/// Something that happened, and what was asked of the view because of it.
#[derive(Debug)]
pub struct Entry<'a> {
    /// When: of what comes from outside the clock.
    pub moment: Moment,
    /// What.
    pub what: Happening<'a>,
    /// What was asked for.
    pub calls: Vec<Call>,
}

/// Keeps what happens.
pub trait Log: Send {
    /// Takes in an entry; `view` is the strategy's side after it.
    fn note(&mut self, entry: Entry<'_>, view: &View) -> Result<()>;

    /// Takes in the names of an order from outside, as who named it writes them.
    fn note_names(&mut self, moment: Moment, names: String) -> Result<()>;

    /// Writes what waits, so that it outlives a process that is killed.
    fn save(&mut self) -> Result<()> {
        Ok(())
    }

    /// Nothing comes any more.
    fn close(&mut self) -> Result<()>;
}
