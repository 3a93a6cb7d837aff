//! What a run over recorded data is fed with; runs of one configuration share it.

use std::sync::{Arc, Mutex, PoisonError};

use super::input::Input;
use super::message::ExchangeId;
use super::resume::Resumed;
use super::running::Running;
use super::tape::{Record, Tape};
use super::universe::Universe;
use crate::error::{Error, Result};
use crate::market::DataSet;

/// All that the inputs of a tape depend on: by instrument where it is traded, and the decimal
/// places of its prices and quantities.
type Layout = Vec<(ExchangeId, u32, u32)>;

/// A tape, and what it came to for the universe that asked last.
#[derive(Debug)]
pub struct Recording {
    tape: Tape,
    last: Mutex<Option<(Layout, Arc<Vec<Input>>)>>,
}

/// Recorded data.
#[derive(Clone, Debug)]
pub enum Recorded {
    /// Barter's records.
    Tape(Arc<Recording>),
    /// Tables.
    Tables(DataSet),
}

/// Recorded data as a universe takes them in.
#[derive(Clone, Debug)]
pub enum History {
    /// One by one.
    Inputs(Arc<Vec<Input>>),
    /// Tables of the universe's instruments.
    Tables(DataSet),
}

impl Recording {
    /// Keeps a tape.
    pub fn new(tape: Tape) -> Self {
        Self { tape, last: Mutex::new(None) }
    }

    /// The tape.
    pub fn tape(&self) -> &Tape {
        &self.tape
    }

    /// What the tape comes to; made once for universes whose instruments are alike.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] that names the record.
    pub fn inputs(&self, universe: &Universe) -> Result<Arc<Vec<Input>>> {
        let listings = universe.instruments.iter().zip(universe.data.listings.iter());
        let layout: Layout = listings
            .map(|(listed, data)| (listed.config.exchange, data.price_scale, data.quantity_scale))
            .collect();
        // Held while they are made: who asks meanwhile waits for them.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, inputs)) = last.as_ref().filter(|(known, _)| *known == layout) {
            return Ok(Arc::clone(inputs));
        }
        let inputs = Arc::new(self.tape.inputs(universe)?);
        *last = Some((layout, Arc::clone(&inputs)));
        Ok(inputs)
    }
}

impl Tape {
    /// What the records come to in a universe.
    fn inputs(&self, universe: &Universe) -> Result<Vec<Input>> {
        let mut all = Vec::with_capacity(self.records.len());
        for (at, record) in self.records.iter().enumerate() {
            let added = match record {
                Record::Event(event) => universe.rows(event, &mut all),
                Record::Reconnecting(exchange) => universe
                    .exchange_index(*exchange)
                    .map(|exchange| all.push(Input::Lost(exchange, false))),
            };
            added.map_err(|error| match error {
                Error::Data(mut fault) => {
                    fault.row = Some(at as u64);
                    Error::Data(fault)
                }
                other => other,
            })?;
        }
        Ok(all)
    }
}

impl Recorded {
    /// The data as `universe` takes them in.
    pub fn history(&self, universe: &Universe) -> Result<History> {
        match self {
            Self::Tape(recording) => Ok(History::Inputs(recording.inputs(universe)?)),
            Self::Tables(data) => Ok(History::Tables(universe.adopt(data)?)),
        }
    }
}

impl Running {
    /// Takes in all of it that was not taken in before, and ends. `pulse` is called now and then,
    /// and may stop the run.
    pub fn relive(
        &mut self,
        history: &History,
        resumed: Resumed,
        pulse: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        match history {
            History::Inputs(inputs) => {
                self.take_all(inputs.iter().skip(resumed.inputs).cloned(), pulse)?;
            }
            History::Tables(data) => self.replay(data, resumed.points, pulse)?,
        }
        self.finish()
    }
}
