//! Where rows come from: columns borrowed from arrays, Arrow batches, files; read chunk by chunk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};

use crate::data::{csv, parquet};
use crate::error::{DataFault, Error, Result, shown};

/// One column of a chunk.
#[derive(Clone, Debug)]
pub enum Column<'a> {
    /// Floats borrowed from an array of the caller.
    Floats(&'a [f64]),
    /// Integers borrowed from an array of the caller.
    Integers(&'a [i64]),
    /// Anything else, in Arrow's layout.
    Array(ArrayRef),
}

impl Column<'_> {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Array(array) => array.len(),
        }
    }

    /// True without cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A cell that cannot be used: where in its chunk, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCell {
    /// Position within the chunk.
    pub index: usize,
    /// Why.
    pub message: String,
}

impl BadCell {
    /// A bad cell at `index`.
    pub fn new(index: usize, message: impl Into<String>) -> Self {
        Self { index, message: message.into() }
    }
}

/// On which lines of a text file the rows of a chunk stand.
#[derive(Clone, Debug)]
pub enum Lines {
    /// Not a text file.
    None,
    /// One row a line, from this line on.
    From(u64),
    /// Line of each row.
    Listed(Vec<u64>),
}

/// Where the first row of a chunk stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// File, if any.
    pub path: Option<Arc<PathBuf>>,
    /// Row of the file or table, from 0.
    pub first_row: u64,
    /// Lines of a text file.
    pub lines: Lines,
}

impl Place {
    /// Rows of a table in memory.
    pub const MEMORY: Self = Self { path: None, first_row: 0, lines: Lines::None };

    /// A fault at row `index` of this chunk.
    pub fn fault(&self, index: usize, message: impl Into<String>) -> DataFault {
        let mut fault = DataFault::new(message).at_row(self.first_row + index as u64);
        if let Some(path) = &self.path {
            fault = fault.in_file(path);
        }
        match &self.lines {
            Lines::None => fault,
            Lines::From(line) => fault.at_line(line + index as u64),
            Lines::Listed(lines) => lines.get(index).map_or(fault.clone(), |at| fault.at_line(*at)),
        }
    }
}

/// Some rows of the wanted columns, in the order in which they were asked for.
#[derive(Debug)]
pub struct Chunk<'a> {
    /// The columns.
    pub columns: Vec<Column<'a>>,
    /// Where they stand.
    pub place: Place,
}

impl Chunk<'_> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }
}

/// A table to load.
#[derive(Clone, Debug)]
pub enum Source<'a> {
    /// Columns of equal length with their names.
    Columns(Vec<(String, Column<'a>)>),
    /// Arrow batches of one schema.
    Batches(Vec<String>, Vec<RecordBatch>),
    /// Files of one layout, one after another.
    Files(Vec<PathBuf>),
}

impl Source<'_> {
    /// Column names as the source has them.
    pub fn names(&self) -> Result<Vec<String>> {
        match self {
            Self::Columns(columns) => {
                let rows = columns.first().map_or(0, |(_, column)| column.len());
                for (name, column) in columns {
                    if column.len() != rows {
                        let text = format!(
                            "has {} values, column \"{}\" has {rows}; all must have as many",
                            column.len(),
                            shown(&columns[0].0)
                        );
                        return Err(DataFault::new(text).in_column(name).into());
                    }
                }
                Ok(columns.iter().map(|(name, _)| name.clone()).collect())
            }
            Self::Batches(names, _) => Ok(names.clone()),
            Self::Files(paths) => {
                let first = paths.first().ok_or_else(|| Error::from(no_files()))?;
                match Format::of(first)? {
                    Format::Parquet => parquet::names(first),
                    Format::Csv => csv::names(first),
                }
            }
        }
    }

    /// A guess of the number of rows, to reserve memory; never more than the source could hold.
    pub fn rows_hint(&self) -> usize {
        match self {
            Self::Columns(columns) => columns.first().map_or(0, |(_, column)| column.len()),
            Self::Batches(_, batches) => batches.iter().map(RecordBatch::num_rows).sum(),
            Self::Files(paths) => paths.iter().map(|path| parquet::rows_hint(path)).sum(),
        }
    }

    /// A name for the instrument if nothing better is known: the stem of the first file.
    pub fn stem(&self) -> Option<String> {
        let Self::Files(paths) = self else { return None };
        let name = paths.first()?.file_name()?.to_str()?;
        let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
        Some(stem.chars().filter(|c| !c.is_control()).take(64).collect())
    }

    /// Hands the columns called `wanted` to `each`, chunk by chunk.
    pub fn read(
        &self,
        wanted: &[String],
        each: &mut dyn FnMut(&Chunk<'_>) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Columns(columns) => {
                let find = |name: &String| columns.iter().find(|(known, _)| known == name);
                let columns =
                    wanted.iter().filter_map(find).map(|(_, column)| column.clone()).collect();
                each(&Chunk { columns, place: Place::MEMORY })
            }
            Self::Batches(names, batches) => {
                let mut place = Place::MEMORY;
                for batch in batches {
                    let find = |name: &String| names.iter().position(|known| known == name);
                    let column = |at: usize| Column::Array(Arc::clone(batch.column(at)));
                    let columns = wanted.iter().filter_map(find).map(column).collect();
                    each(&Chunk { columns, place: place.clone() })?;
                    place.first_row += batch.num_rows() as u64;
                }
                Ok(())
            }
            Self::Files(paths) => paths.iter().try_for_each(|path| match Format::of(path)? {
                Format::Parquet => parquet::read(path, wanted, each),
                Format::Csv => csv::read(path, wanted, each),
            }),
        }
    }
}

/// How a file is written.
enum Format {
    Parquet,
    Csv,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        regular_file(path)?;
        let name = path.to_string_lossy().to_lowercase();
        if [".parquet", ".pq"].iter().any(|end| name.ends_with(end)) {
            return Ok(Self::Parquet);
        }
        let text = [".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz"];
        if text.iter().any(|end| name.ends_with(end)) {
            return Ok(Self::Csv);
        }
        let fault = DataFault::new(
            "the file's kind is not known; \
             names end in .parquet, .csv, .tsv, .txt or these with .gz",
        );
        Err(fault.in_file(path).into())
    }
}

/// The operating system's own words, with the path.
pub(crate) fn io_fault(path: &Path, error: &std::io::Error) -> Error {
    let mut fault = DataFault::new(error.to_string()).in_file(path);
    fault.missing_file = error.kind() == std::io::ErrorKind::NotFound;
    fault.into()
}

fn no_files() -> DataFault {
    DataFault::new("no file given")
}

/// The bytes of a file that may have so many.
pub(crate) fn whole_file(path: &Path, most_bytes: u64) -> Result<Vec<u8>> {
    regular_file(path)?;
    let fault = |error: std::io::Error| io_fault(path, &error);
    let size = std::fs::metadata(path).map_err(fault)?.len();
    if size > most_bytes {
        let text = format!("the file may have {most_bytes} bytes, it has {size}");
        return Err(DataFault::new(text).in_file(path).into());
    }
    std::fs::read(path).map_err(fault)
}

/// Its text, without the mark that some editors begin it with.
pub(crate) fn text_file(path: &Path, most_bytes: u64) -> Result<String> {
    let mut bytes = whole_file(path, most_bytes)?;
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    String::from_utf8(bytes)
        .map_err(|error| DataFault::new(format!("is no text: {error}")).in_file(path).into())
}

/// An error unless `path` is a file that can be read to its end.
fn regular_file(path: &Path) -> Result<()> {
    let about = std::fs::metadata(path).map_err(|error| io_fault(path, &error))?;
    if about.is_dir() {
        let text = "is a directory; give its files with a pattern such as \"folder/*.parquet\"";
        return Err(DataFault::new(text).in_file(path).into());
    }
    if !about.is_file() {
        return Err(DataFault::new("is not a regular file").in_file(path).into());
    }
    Ok(())
}

/// The files that a path or pattern means, sorted by name.
pub fn expand(pattern: &str) -> Result<Vec<PathBuf>> {
    let plain = PathBuf::from(pattern);
    if plain.exists() || !pattern.contains(['*', '?', '[']) {
        return Ok(vec![plain]);
    }
    let bad = |text: String| Error::from(DataFault::new(text).in_file(&plain));
    let found = glob::glob(pattern)
        .map_err(|error| bad(format!("the pattern is not understood: {error}")))?;
    let mut paths = Vec::new();
    for path in found {
        paths.push(path.map_err(|error| bad(error.to_string()))?);
    }
    paths.sort();
    if paths.is_empty() {
        let mut fault = DataFault::new("no file matches the pattern").in_file(&plain);
        fault.missing_file = true;
        return Err(fault.into());
    }
    Ok(paths)
}
