//! Barter's market data: records in the order in which they came, from a file or from memory.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::message::{ExchangeId, Limits, MarketEvent, json};
use crate::data::report::counted;
use crate::data::table::text_file;
use crate::error::{DataFault, Error, Result};
use crate::time::Time;

/// Most bytes of a file.
const MOST_BYTES: u64 = 8 << 30;

/// Files may be large; their records are not deep.
const LIMITS: Limits = Limits { bytes: MOST_BYTES as usize, depth: 64 };

/// Something that a market data stream brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// News of a market.
    Event(MarketEvent),
    /// The connection to an exchange was lost.
    Reconnecting(ExchangeId),
}

/// Records in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tape {
    /// The records.
    pub records: Vec<Record>,
    /// How many errors of the stream were left out.
    pub errors: usize,
}

/// A record of an array file.
#[derive(Deserialize)]
enum Layered {
    Item(Outcome),
    Reconnecting(ExchangeId),
}

#[derive(Deserialize)]
enum Outcome {
    Ok(MarketEvent),
    Err(IgnoredAny),
}

/// A record of a file of lines.
#[derive(Deserialize)]
enum Bare {
    Item(MarketEvent),
    Reconnecting(ExchangeId),
}

impl Tape {
    /// Records from memory; each is checked.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] that names the record, or says that there is no event.
    pub fn new(records: Vec<Record>) -> Result<Self> {
        for (at, record) in records.iter().enumerate() {
            if let Record::Event(event) = record {
                event.check().map_err(|error| at_record(error, at, None))?;
            }
        }
        Self { records, errors: 0 }.with_an_event()
    }

    fn with_an_event(self) -> Result<Self> {
        if self.first_time().is_some() {
            return Ok(self);
        }
        Err(DataFault::new("market data: there is no event; at least one is needed").into())
    }

    /// Reads JSON text: an array of records, or one record a line.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] that names the record, counted from 0, and the field.
    pub fn from_json(text: &str) -> Result<Self> {
        json::check_size("market data", text, LIMITS)?;
        let start = text.trim_start();
        let mut tape = Self::default();
        if start.starts_with('[') {
            let records = serde_json::from_str::<Vec<&RawValue>>(text).map_err(|error| {
                json::fault::<Vec<IgnoredAny>>("market data", text, error, true)
            })?;
            for (at, record) in records.iter().enumerate() {
                tape.push(record.get(), at, None)?;
            }
        } else {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            for (at, (line, record)) in lines.enumerate() {
                tape.push(record, at, Some(line as u64 + 1))?;
            }
        }
        tape.with_an_event()
    }

    /// Reads a file.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = text_file(path, MOST_BYTES)?;
        let tape = Self::from_json(&text).map_err(|error| match error {
            Error::Data(fault) => fault.in_file(path).into(),
            other => other,
        })?;
        if tape.errors > 0 {
            let errors = counted(tape.errors as u64, "error");
            let path = path.display().to_string();
            log::warn!("market data \"{}\": {errors} of the stream left out", path.escape_debug());
        }
        Ok(tape)
    }

    fn push(&mut self, text: &str, at: usize, line: Option<u64>) -> Result<()> {
        let record = match json::parse(text) {
            Ok(Layered::Item(Outcome::Ok(event))) => Record::Event(event),
            Ok(Layered::Item(Outcome::Err(_))) => {
                self.errors += 1;
                return Ok(());
            }
            Ok(Layered::Reconnecting(exchange)) => Record::Reconnecting(exchange),
            Err(_) => bare(text).map_err(|error| at_record(error, at, line))?,
        };
        if let Record::Event(event) = &record {
            event.check().map_err(|error| at_record(error, at, line))?;
        }
        self.records.push(record);
        Ok(())
    }

    /// When its first event happened at the exchange.
    pub fn first_time(&self) -> Option<Time> {
        self.records.iter().find_map(|record| match record {
            Record::Event(event) => Some(event.time_exchange),
            Record::Reconnecting(_) => None,
        })
    }
}

/// A record without the layer of success, or one that is wrong: the error names its field.
fn bare(text: &str) -> Result<Record> {
    match json::parse(text) {
        Ok(Bare::Item(event)) => return Ok(Record::Event(event)),
        Ok(Bare::Reconnecting(exchange)) => return Ok(Record::Reconnecting(exchange)),
        Err(_) => {}
    }
    let layered = text.contains("\"Ok\"") || text.contains("\"Err\"");
    let fault = if layered {
        json::read_object::<Layered>("record", text).err()
    } else {
        json::read_object::<Bare>("record", text).err()
    };
    let fault = fault.unwrap_or_else(|| DataFault::new("record: not understood").into());
    let cut = json::parse::<IgnoredAny>(text).is_err_and(|error| error.is_eof());
    Err(match fault {
        Error::Data(fault) if cut => {
            let form = "records are a list, or one on each line";
            DataFault::new(format!("{}; {form}", fault.message)).into()
        }
        other => other,
    })
}

fn at_record(error: Error, at: usize, line: Option<u64>) -> Error {
    match error {
        Error::Data(mut fault) => {
            (fault.row, fault.line) = (Some(at as u64), line);
            Error::Data(fault)
        }
        other => other,
    }
}
