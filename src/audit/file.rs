//! A log as a file: an Arrow stream of blocks, each sealed by a hash that covers all before it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Builder, RecordBatch, StringBuilder, TimestampNanosecondBuilder,
    UInt32Builder, UInt64Builder,
};
use arrow::datatypes::{
    DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit, TimestampNanosecondType, UInt32Type,
    UInt64Type,
};
use arrow::ipc::CompressionType;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use sha2::{Digest, Sha256};

use super::digest::hexadecimal;
use super::line::{COLUMNS, Kind, Line};
use super::messages;
use crate::data::table::whole_file;
use crate::error::{DataFault, Error, Result};
use crate::event::Moment;
use crate::instrument::InstrumentIndex;
use crate::time::Time;

/// Lines of a block.
const BLOCK: usize = 1 << 12;

/// The form of the file; another one is another number.
const FORM: &str = "2";

/// Where a file says what it is about.
const SAID: &str = "barter.audit";

/// What a log is about: what is needed to make its run's world again.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct About {
    /// The form of the file.
    form: String,
    /// The configuration, as JSON.
    pub config: String,
    /// Balances that replaced those of the configuration, as JSON.
    pub balances: String,
    /// Which clock counted.
    pub clock: String,
    /// False if the run began with trading disabled.
    #[serde(default)]
    pub trading: bool,
    /// The strategy, as it prints.
    pub strategy: String,
}

impl About {
    /// A log of this version.
    pub fn new(
        config: String,
        balances: String,
        clock: &str,
        trading: bool,
        strategy: &str,
    ) -> Self {
        let (clock, strategy) = (clock.to_owned(), strategy.to_owned());
        Self { form: FORM.to_owned(), config, balances, clock, trading, strategy }
    }

    fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Writes a log.
pub struct Writer {
    path: PathBuf,
    out: StreamWriter<BufWriter<File>>,
    schema: SchemaRef,
    lines: Vec<Line>,
    chain: [u8; 32],
}

fn schema(about: &About) -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let mut fields = vec![
        Field::new("sequence", DataType::UInt64, false),
        Field::new("time", time, false),
        Field::new("round", DataType::UInt32, false),
        Field::new("kind", DataType::Utf8, false),
        Field::new("instrument", DataType::UInt32, true),
    ];
    fields.extend(COLUMNS.map(|name| Field::new(name, DataType::Int64, true)));
    fields.push(Field::new("detail", DataType::Utf8, true));
    fields.push(Field::new("chain", DataType::Utf8, true));
    // One entry: several would come in another order each time.
    let said = [(SAID.to_owned(), about.text())];
    Arc::new(Schema::new_with_metadata(fields, said.into()))
}

impl Writer {
    /// Begins a file; one that is there is replaced.
    pub fn new(path: &Path, about: &About) -> Result<Self> {
        let fault = |error: &dyn std::fmt::Display| {
            Error::from(DataFault::new(error.to_string()).in_file(path))
        };
        let schema = schema(about);
        let file = BufWriter::new(File::create(path).map_err(|error| fault(&error))?);
        let options = IpcWriteOptions::default()
            .try_with_compression(Some(CompressionType::LZ4_FRAME))
            .map_err(|error| fault(&error))?;
        let mut out = StreamWriter::try_new_with_options(file, &schema, options)
            .map_err(|error| fault(&error))?;
        // Who reads while it is written finds what it is about.
        out.get_mut().flush().map_err(|error| fault(&error))?;
        let chain = first_link(&schema);
        Ok(Self { path: path.to_path_buf(), out, schema, lines: Vec::new(), chain })
    }

    /// Adds a line.
    pub fn push(&mut self, line: Line) -> Result<()> {
        self.lines.push(line);
        if self.lines.len() == BLOCK { self.flush() } else { Ok(()) }
    }

    /// Seals and writes what waits.
    pub fn flush(&mut self) -> Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.lines);
        self.chain = link(self.chain, &lines);
        let written = batch(&self.schema, &lines, &hexadecimal(&self.chain))
            .and_then(|batch| self.out.write(&batch))
            .and_then(|()| Ok(self.out.get_mut().flush()?));
        written.map_err(|error| {
            let text = format!("the log cannot be written: {error}");
            DataFault::new(text).in_file(&self.path).into()
        })
    }
}

impl Writer {
    /// Writes what waits, and the end.
    pub fn close(&mut self) -> Result<()> {
        self.flush()?;
        self.out.finish().map_err(|error| {
            let text = format!("the log cannot be written: {error}");
            DataFault::new(text).in_file(&self.path).into()
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Nobody is left to tell.
        drop(self.flush());
        drop(self.out.finish());
    }
}

/// What comes before the first block: the world of the run.
fn first_link(schema: &Schema) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(b"barter-python audit 1");
    hash.update(schema.metadata().get(SAID).map_or("", String::as_str));
    hash.finalize().into()
}

fn link(before: [u8; 32], lines: &[Line]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(before);
    let mut bytes = Vec::new();
    for line in lines {
        bytes.clear();
        line.bytes(&mut bytes);
        hash.update(&bytes);
    }
    hash.finalize().into()
}

fn batch(
    schema: &SchemaRef,
    lines: &[Line],
    chain: &str,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let mut sequence = UInt64Builder::new();
    let mut time = TimestampNanosecondBuilder::new().with_timezone("UTC");
    let (mut round, mut instrument) = (UInt32Builder::new(), UInt32Builder::new());
    let (mut kind, mut detail, mut seal) =
        (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let mut numbers: Vec<Int64Builder> = COLUMNS.iter().map(|_| Int64Builder::new()).collect();
    for (at, line) in lines.iter().enumerate() {
        sequence.append_value(line.sequence);
        time.append_value(line.moment.time.ns());
        round.append_value(line.moment.round);
        kind.append_value(line.kind.name());
        instrument.append_option(line.instrument.map(|of| of.0));
        for (column, number) in numbers.iter_mut().zip(line.numbers) {
            column.append_option(number);
        }
        detail.append_option(line.detail.as_deref());
        seal.append_option((at + 1 == lines.len()).then_some(chain));
    }
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(sequence.finish()),
        Arc::new(time.finish()),
        Arc::new(round.finish()),
        Arc::new(kind.finish()),
        Arc::new(instrument.finish()),
    ];
    columns.extend(numbers.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
    columns.push(Arc::new(detail.finish()));
    columns.push(Arc::new(seal.finish()));
    RecordBatch::try_new(Arc::clone(schema), columns)
}

/// Reads a log: what it is about, and its lines. A block that was cut off while it was written is
/// left out.
///
/// # Errors
///
/// [`Error::Data`] for a file that is no log, or was changed after it was written.
pub fn read(path: &Path) -> Result<(About, Vec<Line>)> {
    let fault = |text: String| Error::from(DataFault::new(text).in_file(path));
    let bytes = whole_file(path, u64::MAX)?;
    // A decoder that believed what was changed may panic.
    let decoded = catch_unwind(|| decode(path, &bytes));
    decoded.unwrap_or_else(|_| {
        Err(fault("this is no audit log: its parts contradict each other".to_owned()))
    })
}

fn decode(path: &Path, bytes: &[u8]) -> Result<(About, Vec<Line>)> {
    let fault = |text: String| Error::from(DataFault::new(text).in_file(path));
    let no_log = |why: &dyn std::fmt::Display| fault(format!("this is no audit log: {why}"));
    let whole = &bytes[..messages::whole(bytes)];
    let reader = StreamReader::try_new(whole, None).map_err(|error| no_log(&error))?;
    let schema = reader.schema();
    let said = schema.metadata().get(SAID).map_or("", String::as_str);
    let about: About = serde_json::from_str(said).map_err(|error| no_log(&error))?;
    if about.form != FORM {
        let seen = crate::error::shown(&about.form);
        return Err(no_log(&format!("its form is \"{seen}\", this version reads \"{FORM}\"")));
    }
    let (mut lines, mut chain) = (Vec::new(), first_link(&schema));
    for block in reader {
        let block = block.map_err(|error| no_log(&error))?;
        let (read, seal) = unpacked(&block).ok_or_else(|| no_log(&"a column is missing"))?;
        chain = link(chain, &read);
        let next = lines.len() as u64;
        let ordered = read.iter().zip(next..).all(|(line, number)| line.sequence == number);
        if !ordered || seal != hexadecimal(&chain) {
            return Err(fault(format!(
                "the block of lines from {next} on was changed after it was written: its seal \
                 does not fit"
            )));
        }
        lines.extend(read);
    }
    Ok((about, lines))
}

/// The lines of a block, and its seal.
fn unpacked(block: &RecordBatch) -> Option<(Vec<Line>, String)> {
    let column = |name: &str| block.column_by_name(name);
    let sequence = column("sequence")?.as_primitive_opt::<UInt64Type>()?;
    let time = column("time")?.as_primitive_opt::<TimestampNanosecondType>()?;
    let round = column("round")?.as_primitive_opt::<UInt32Type>()?;
    let kind = column("kind")?.as_string_opt::<i32>()?;
    let instrument = column("instrument")?.as_primitive_opt::<UInt32Type>()?;
    let (detail, chain) =
        (column("detail")?.as_string_opt::<i32>()?, column("chain")?.as_string_opt::<i32>()?);
    let mut numbers = Vec::new();
    for name in COLUMNS {
        numbers.push(column(name)?.as_primitive_opt::<Int64Type>()?);
    }
    let mut lines = Vec::with_capacity(block.num_rows());
    for at in 0..block.num_rows() {
        let name = kind.value(at);
        let (_, kind) = Kind::NAMES.into_iter().find(|(known, _)| *known == name)?;
        let mut line = Line {
            sequence: sequence.value(at),
            moment: Moment { time: Time(time.value(at)), round: round.value(at) },
            kind,
            instrument: instrument.is_valid(at).then(|| InstrumentIndex(instrument.value(at))),
            numbers: [None; COLUMNS.len()],
            detail: detail.is_valid(at).then(|| detail.value(at).to_owned()),
        };
        for (number, column) in line.numbers.iter_mut().zip(&numbers) {
            *number = column.is_valid(at).then(|| column.value(at));
        }
        lines.push(line);
    }
    let last = block.num_rows().checked_sub(1)?;
    let seal = chain.is_valid(last).then(|| chain.value(last).to_owned())?;
    Some((lines, seal))
}
