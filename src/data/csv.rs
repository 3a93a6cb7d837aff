//! Text files with separators, plain or gzipped: the separator is found, the header required, each row counted.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use csv::{ByteRecord, ReaderBuilder};
use flate2::bufread::MultiGzDecoder;

use crate::data::table::{Chunk, Column, Lines, Place, io_fault};
use crate::error::{DataFault, Error, Result, shown};

/// Rows handed on at a time.
const BATCH: usize = 65_536;
/// Longest line: more is a quote that never closes, or not a table.
const MAX_LINE: u64 = 1 << 20;
/// A gzip file may hold this many times its own size ...
const MAX_RATIO: u64 = 200;
/// ... or this many bytes, whichever is more.
const FREE_BYTES: u64 = 64 << 20;

/// Column names from the header.
pub(crate) fn names(path: &Path) -> Result<Vec<String>> {
    Ok(open(path)?.names)
}

struct Opened {
    names: Vec<String>,
    reader: csv::Reader<Checked>,
}

/// Hands the columns called `wanted` to `each`, as text.
pub(crate) fn read(
    path: &Path,
    wanted: &[String],
    each: &mut dyn FnMut(&Chunk<'_>) -> Result<()>,
) -> Result<()> {
    let Opened { names, mut reader } = open(path)?;
    let mut columns = Vec::new();
    for name in wanted {
        let at = names.iter().position(|known| known == name);
        columns.push(at.ok_or_else(|| {
            let text = "is not in this file, though it is in the first one";
            Error::from(DataFault::new(text).in_file(path).in_column(name))
        })?);
    }
    let shared = Arc::new(path.to_path_buf());
    let mut record = ByteRecord::new();
    let mut first_row = 0;
    loop {
        let mut block = Block::new(columns.len());
        while block.rows.len() < BATCH {
            let more = reader.read_byte_record(&mut record).map_err(|e| said(path, &e))?;
            if !more {
                break;
            }
            let line = record.position().map_or(0, csv::Position::line);
            check_record(path, &names, &record, line)?;
            block.push(path, &columns, &record, line, &names)?;
        }
        let rows = block.rows.len();
        if rows > 0 {
            each(&block.finish(&shared, first_row))?;
        }
        if rows < BATCH {
            return Ok(());
        }
        first_row += rows as u64;
    }
}

/// Rows being gathered.
struct Block {
    rows: Vec<u64>,
    columns: Vec<StringBuilder>,
}

impl Block {
    fn new(columns: usize) -> Self {
        Self { rows: Vec::new(), columns: (0..columns).map(|_| StringBuilder::new()).collect() }
    }

    fn push(
        &mut self,
        path: &Path,
        columns: &[usize],
        record: &ByteRecord,
        line: u64,
        names: &[String],
    ) -> Result<()> {
        for (builder, at) in self.columns.iter_mut().zip(columns) {
            let cell = record.get(*at).unwrap_or_default();
            let text = std::str::from_utf8(cell).map_err(|_| {
                let fault = DataFault::new("is not UTF-8 text (Latin-1?); save the file as UTF-8");
                Error::from(fault.in_file(path).at_line(line).in_column(&names[*at]))
            })?;
            let text = text.trim();
            if text.is_empty() {
                builder.append_null();
            } else {
                builder.append_value(text);
            }
        }
        self.rows.push(line);
        Ok(())
    }

    fn finish(mut self, path: &Arc<PathBuf>, first_row: u64) -> Chunk<'static> {
        let regular = self.rows.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let lines = if regular { Lines::From(self.rows[0]) } else { Lines::Listed(self.rows) };
        let column = |builder: &mut StringBuilder| {
            let array: ArrayRef = Arc::new(builder.finish());
            Column::Array(array)
        };
        Chunk {
            columns: self.columns.iter_mut().map(column).collect(),
            place: Place { path: Some(Arc::clone(path)), first_row, lines },
        }
    }
}

fn check_record(path: &Path, names: &[String], record: &ByteRecord, line: u64) -> Result<()> {
    let fault = |text: String| Err(DataFault::new(text).in_file(path).at_line(line).into());
    if record.as_slice().iter().any(|byte| *byte == b'\n') {
        return fault("a quote is opened and not closed on its line".to_owned());
    }
    if record.len() != names.len() {
        return fault(format!("has {} cells, the header has {}", record.len(), names.len()));
    }
    let repeats = record.iter().zip(names).all(|(cell, name)| cell == name.as_bytes());
    if repeats {
        return fault("repeats the header; join files without their headers".to_owned());
    }
    Ok(())
}

fn said(path: &Path, error: &csv::Error) -> Error {
    let mut fault = DataFault::new(match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    });
    if let Some(position) = error.position() {
        fault = fault.at_line(position.line());
    }
    fault.in_file(path).into()
}

/// Opens the file and reads its header.
fn open(path: &Path) -> Result<Opened> {
    let fault = |text: &str| Error::from(DataFault::new(text).in_file(path));
    let file = File::open(path).map_err(|error| io_fault(path, &error))?;
    let packed = file.metadata().map_or(0, |about| about.len());
    let mut raw = BufReader::with_capacity(1 << 16, file);
    let head = raw.fill_buf().map_err(|error| io_fault(path, &error))?;
    let gzipped = head.starts_with(&[0x1f, 0x8b]);
    let inner: Box<dyn Read + Send> =
        if gzipped { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let limit = if gzipped { (packed * MAX_RATIO).max(FREE_BYTES) } else { u64::MAX };
    let checked = Checked { inner, packed, read: 0, limit, line: 0 };
    let mut text = BufReader::with_capacity(1 << 16, checked);
    let head = text.fill_buf().map_err(|error| io_fault(path, &error))?;
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(fault("is UTF-16 text; save it as UTF-8"));
    }
    if head.contains(&0) {
        return Err(fault("holds NUL bytes, so it is not a text file (UTF-16?); save it as UTF-8"));
    }
    if head.starts_with(&[0xef, 0xbb, 0xbf]) {
        text.consume(3);
    }
    let mut header = Vec::new();
    let mut limited = (&mut text).take(MAX_LINE);
    limited.read_until(b'\n', &mut header).map_err(|error| io_fault(path, &error))?;
    let header = std::str::from_utf8(&header)
        .map_err(|_| fault("is not UTF-8 text (Latin-1?); save the file as UTF-8"))?;
    let separator = separator(header);
    let names: Vec<String> = header
        .trim_end_matches(['\r', '\n'])
        .split(separator)
        .map(|name| name.trim().trim_matches('"').to_owned())
        .collect();
    check_header(path, &names)?;
    Ok(Opened { names, reader: reader(text, separator) })
}

/// The rest of the file behind its header, which was line 1.
fn reader(text: BufReader<Checked>, separator: char) -> csv::Reader<Checked> {
    let rest = text.buffer().to_vec();
    let mut inner = text.into_inner();
    // One line feed in front keeps the reader's count of lines that of the file.
    let mut front = vec![b'\n'];
    front.extend(rest);
    let old = std::mem::replace(&mut inner.inner, Box::new(std::io::empty()));
    inner.inner = Box::new(std::io::Cursor::new(front).chain(old));
    inner.read = 0;
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator as u8)
        .buffer_capacity(1 << 16)
        .from_reader(inner)
}

/// The separator that the header has most of.
fn separator(header: &str) -> char {
    let count = |c: char| header.matches(c).count();
    let best = [',', ';', '\t', '|'].into_iter().rev().max_by_key(|c| count(*c));
    best.unwrap_or(',')
}

fn check_header(path: &Path, names: &[String]) -> Result<()> {
    let fault = |text: String| Err(DataFault::new(text).in_file(path).at_line(1).into());
    if names.iter().all(String::is_empty) {
        return fault("the file is empty; a header and rows are needed".to_owned());
    }
    let number = |name: &&String| !name.is_empty() && name.parse::<f64>().is_ok();
    if let Some(value) = names.iter().find(number) {
        return fault(format!(
            "a header with column names is needed, the first line holds the number {}",
            shown(value)
        ));
    }
    Ok(())
}

/// A reader that refuses what is no text and what unpacks without end.
struct Checked {
    inner: Box<dyn Read + Send>,
    packed: u64,
    read: u64,
    limit: u64,
    line: u64,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bad = |text: String| Err(std::io::Error::new(std::io::ErrorKind::InvalidData, text));
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        if self.read > self.limit {
            return bad(format!(
                "unpacks to more than {} bytes from {}, over {MAX_RATIO} times its size; unpack it by hand",
                self.limit, self.packed
            ));
        }
        if buffer[..count].contains(&0) {
            return bad("holds NUL bytes, so it is not a text file; save it as UTF-8".to_owned());
        }
        match buffer[..count].iter().rposition(|byte| *byte == b'\n') {
            Some(_) => self.line = 0,
            None => self.line += count as u64,
        }
        if self.line > MAX_LINE {
            return bad(format!("a line is longer than {MAX_LINE} bytes"));
        }
        Ok(count)
    }
}
