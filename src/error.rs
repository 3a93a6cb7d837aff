//! The one error type. The gate to Python turns each variant into one exception class.

use std::path::{Path, PathBuf};

/// What went wrong, in a sentence for the caller: what, where, the value seen, what is allowed.
///
/// A rejected order is an event, never an error. A broken invariant of ours is a panic.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is missing, out of range or contradicts another one.
    #[error("{0}")]
    Config(String),
    /// Market data that cannot be read or that break a rule.
    #[error("{0}")]
    Data(Box<DataFault>),
    /// A malformed order, price or quantity (not a refused one).
    #[error("{0}")]
    Order(String),
    /// A call at a moment at which it cannot be answered.
    #[error("{0}")]
    State(String),
    /// Events caused events at one timestamp without end.
    #[error("{0}")]
    Storm(String),
    /// The user's own strategy failed; the cause travels untouched.
    #[error("{0}")]
    Strategy(Box<dyn std::error::Error + Send + Sync>),
    /// The user asked the run to stop; the cause travels untouched.
    #[error("{0}")]
    Interrupted(Box<dyn std::error::Error + Send + Sync>),
}

/// The result of everything that can fail because of the caller or the world.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where a fault in market data lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataFault {
    /// The rule that is broken, the value seen, and what to do.
    pub message: String,
    /// File the data came from.
    pub path: Option<PathBuf>,
    /// Row of the table, from 0; for text files `line` says more.
    pub row: Option<u64>,
    /// Line of a text file, from 1.
    pub line: Option<u64>,
    /// Column as the source names it.
    pub column: Option<String>,
    /// True if the file does not exist.
    pub missing_file: bool,
}

impl DataFault {
    /// A fault with only its message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(mut self, path: &Path) -> Self {
        self.path = Some(path.to_path_buf());
        self
    }

    /// Names the row, counted from 0.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// Names the line of a text file, counted from 1.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// Names the column.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

impl std::fmt::Display for DataFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut place = Vec::new();
        if let Some(path) = &self.path {
            place.push(path.display().to_string());
        }
        match (self.line, self.row) {
            (Some(line), _) => place.push(format!("line {line}")),
            (None, Some(row)) => place.push(format!("row {row}")),
            (None, None) => {}
        }
        if let Some(column) = &self.column {
            place.push(format!("column \"{}\"", shown(column)));
        }
        if place.is_empty() {
            write!(f, "{}", self.message)
        } else {
            write!(f, "{}: {}", place.join(", "), self.message)
        }
    }
}

impl From<DataFault> for Error {
    fn from(fault: DataFault) -> Self {
        Self::Data(Box::new(fault))
    }
}

/// A value as messages show it: control characters escaped, cut to 80 characters.
pub fn shown(value: &str) -> String {
    let mut text: String = value.chars().take(80).flat_map(char::escape_debug).collect();
    if value.chars().nth(80).is_some() {
        text.push('…');
    }
    text
}

/// `, did you mean "x"?` if one of `known` is close to `given`, else nothing.
pub fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let given = given.to_lowercase();
    let nearest = known
        .into_iter()
        .map(|name| (edit_distance(&given, &name.to_lowercase()), name))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, name)) if distance <= 1 + given.chars().count() / 3 => {
            format!(", did you mean \"{name}\"?")
        }
        _ => String::new(),
    }
}

/// Levenshtein distance in characters; only the first 64 of each are looked at.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let swap = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_place() {
        let fault = DataFault::new("price must be finite, got nan")
            .in_file(Path::new("a.csv"))
            .at_row(3)
            .at_line(5)
            .in_column("open");
        let text = "a.csv, line 5, column \"open\": price must be finite, got nan";
        assert_eq!(Error::from(fault).to_string(), text);
    }

    #[test]
    fn near_misses_are_suggested_and_far_ones_are_not() {
        assert_eq!(
            did_you_mean("BTC/USD", ["BTC/USDT", "ETH/USDT"]),
            ", did you mean \"BTC/USDT\"?"
        );
        assert_eq!(did_you_mean("volume", ["open", "close"]), "");
    }

    #[test]
    fn shown_values_are_short_and_printable() {
        assert_eq!(shown("a\0b"), "a\\0b");
        assert_eq!(shown(&"x".repeat(1_000_000)).chars().count(), 81);
    }
}
