//! Text files with separators, plain or gzipped: the separator is found, the header required,
//! each row counted.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
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

const NOT_UTF8: &str = "is not UTF-8 text (Latin-1?); save the file as UTF-8";

/// Column names from the header.
pub(crate) fn names(path: &Path) -> Result<Vec<String>> {
    Ok(open(path)?.names)
}

/// Hands the columns called `wanted` to `each`, as text.
pub(crate) fn read(
    path: &Path,
    wanted: &[String],
    each: &mut dyn FnMut(&Chunk<'_>) -> Result<()>,
) -> Result<()> {
    let mut table = open(path)?;
    let mut columns = Vec::new();
    for name in wanted {
        let at = table.names.iter().position(|known| known == name);
        columns.push(at.ok_or_else(|| {
            let text = "is not in this file, though it is in the first one";
            Error::from(DataFault::new(text).in_file(path).in_column(name))
        })?);
    }
    let shared = Arc::new(path.to_path_buf());
    let mut cells = Cells::default();
    let mut first_row = 0;
    loop {
        let mut block = Block::new(columns.len());
        while block.rows.len() < BATCH && table.next_row(path, &mut cells)? {
            block.push(path, &columns, &cells, &table)?;
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

/// A file behind its header.
struct Opened {
    names: Vec<String>,
    separator: u8,
    text: BufReader<Checked>,
    /// The line read last, from 1, and what stands on it.
    number: u64,
    line: Vec<u8>,
}

impl Opened {
    /// Reads the next line that is not blank and takes it apart; false at the end.
    fn next_row(&mut self, path: &Path, cells: &mut Cells) -> Result<bool> {
        loop {
            if !self.next_line(path)? {
                return Ok(false);
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        let fault =
            |text: String| Err(DataFault::new(text).in_file(path).at_line(self.number).into());
        if !cells.split(&self.line, self.separator) {
            return fault("a quote is opened and not closed on its line".to_owned());
        }
        let (found, wanted) = (cells.ends.len(), self.names.len());
        if found != wanted {
            return fault(format!("has {found} cells, the header has {wanted}"));
        }
        if self.names.iter().enumerate().all(|(at, name)| cells.get(at) == name.as_bytes()) {
            return fault("repeats the header; join files without their headers".to_owned());
        }
        Ok(true)
    }

    fn next_line(&mut self, path: &Path) -> Result<bool> {
        self.line.clear();
        let count = self.text.read_until(b'\n', &mut self.line);
        self.number += 1;
        let count = count.map_err(|error| {
            Error::from(DataFault::new(error.to_string()).in_file(path).at_line(self.number))
        })?;
        while matches!(self.line.last(), Some(b'\n' | b'\r')) {
            self.line.pop();
        }
        Ok(count > 0)
    }
}

/// The cells of one line.
#[derive(Default)]
struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    fn get(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        self.bytes[start..self.ends[at]].trim_ascii()
    }

    /// Takes a line apart; false if a quote stays open.
    fn split(&mut self, line: &[u8], separator: u8) -> bool {
        self.bytes.clear();
        self.ends.clear();
        if !line.contains(&b'"') {
            for cell in line.split(|byte| *byte == separator) {
                self.bytes.extend_from_slice(cell);
                self.ends.push(self.bytes.len());
            }
            return true;
        }
        let mut quoted = false;
        let mut rest = line.iter().peekable();
        while let Some(byte) = rest.next() {
            match *byte {
                b'"' if quoted && rest.peek() == Some(&&b'"') => {
                    rest.next();
                    self.bytes.push(b'"');
                }
                b'"' => quoted = !quoted,
                byte if byte == separator && !quoted => self.ends.push(self.bytes.len()),
                byte => self.bytes.push(byte),
            }
        }
        self.ends.push(self.bytes.len());
        !quoted
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
        cells: &Cells,
        table: &Opened,
    ) -> Result<()> {
        for (builder, at) in self.columns.iter_mut().zip(columns) {
            let text = std::str::from_utf8(cells.get(*at)).map_err(|_| {
                let fault = DataFault::new(NOT_UTF8).in_file(path).at_line(table.number);
                Error::from(fault.in_column(&table.names[*at]))
            })?;
            if text.is_empty() {
                builder.append_null();
            } else {
                builder.append_value(text);
            }
        }
        self.rows.push(table.number);
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

/// Opens the file and reads its header.
fn open(path: &Path) -> Result<Opened> {
    let fault = |text: &str| Error::from(DataFault::new(text).in_file(path));
    let failed = |error: std::io::Error| io_fault(path, &error);
    let file = File::open(path).map_err(failed)?;
    let packed = file.metadata().map_or(0, |about| about.len());
    let mut raw = BufReader::with_capacity(1 << 16, file);
    let gzipped = raw.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let inner: Box<dyn Read + Send> =
        if gzipped { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
    let limit = if gzipped { (packed * MAX_RATIO).max(FREE_BYTES) } else { u64::MAX };
    let checked = Checked { inner, packed, read: 0, limit, line: 0 };
    let mut text = BufReader::with_capacity(1 << 16, checked);
    if text.fill_buf().map_err(failed)?.starts_with(&[0xef, 0xbb, 0xbf]) {
        text.consume(3);
    }
    let mut table =
        Opened { names: Vec::new(), separator: b',', text, number: 0, line: Vec::new() };
    table.next_line(path)?;
    let header = std::str::from_utf8(&table.line).map_err(|_| fault(NOT_UTF8))?;
    let separator = separator(header);
    table.separator = separator as u8;
    table.names =
        header.split(separator).map(|name| name.trim().trim_matches('"').to_owned()).collect();
    check_header(path, &table.names)?;
    Ok(table)
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
                "unpacks to more than {} bytes from {}, \
                 over {MAX_RATIO} times its size; unpack it by hand",
                self.limit, self.packed
            ));
        }
        if buffer[..count].contains(&0) {
            return bad(
                "holds NUL bytes, so it is not UTF-8 text (UTF-16?); save it as UTF-8".to_owned()
            );
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
