//! The load report: what was found in the data, what was assumed, what is odd.

use rust_decimal::Decimal;

use crate::market::MarketKind;
use crate::time::{Time, span_text};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth a look before results are believed.
    Warning,
}

impl Severity {
    /// The name that users read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
        }
    }
}

/// Something found in the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What, in a sentence.
    pub text: String,
    /// How many rows or values.
    pub count: u64,
    /// The first rows, from 0.
    pub rows: Vec<u64>,
}

impl Finding {
    /// A note about `count` rows.
    pub fn note(text: impl Into<String>, count: u64, rows: Vec<u64>) -> Self {
        Self { severity: Severity::Note, text: text.into(), count, rows }
    }

    /// A warning about `count` rows.
    pub fn warning(text: impl Into<String>, count: u64, rows: Vec<u64>) -> Self {
        Self { severity: Severity::Warning, text: text.into(), count, rows }
    }
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The caller said so.
    Given,
    /// Read off the data.
    Inferred,
    /// The data do not say; a cautious value.
    Assumed,
}

impl Origin {
    /// The name that users read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Inferred => "inferred",
            Self::Assumed => "assumed",
        }
    }
}

/// What loading one source found. Plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadReport {
    /// Name of the instrument.
    pub instrument: String,
    /// Kind of rows.
    pub kind: MarketKind,
    /// Number of rows.
    pub rows: u64,
    /// Venue time of the first row; for candles the start of its span.
    pub first: Time,
    /// Venue time of the last row; for candles the end of its span.
    pub last: Time,
    /// Length of a candle.
    pub interval_ns: Option<i64>,
    /// What the times of candles mark, and how that is known.
    pub stamp: Option<String>,
    /// How times were written.
    pub times: String,
    /// When rows reach the strategy.
    pub arrival: String,
    /// Meaning and source name of each column used.
    pub columns: Vec<(String, String)>,
    /// Decimal places of prices.
    pub price_scale: u32,
    /// Decimal places of quantities.
    pub quantity_scale: u32,
    /// Step of prices.
    pub tick: (Decimal, Origin),
    /// Step of quantities.
    pub lot: (Decimal, Origin),
    /// Bytes held in memory.
    pub memory_bytes: u64,
    /// What is odd or worth knowing, warnings first.
    pub findings: Vec<Finding>,
}

impl LoadReport {
    /// What the rows are called.
    pub const fn noun(&self) -> &'static str {
        match self.kind {
            MarketKind::Depth => "depth rows",
            MarketKind::MarketByOrder => "rows of orders",
            kind => kind.name(),
        }
    }

    /// Label and text of each line about the whole, in the order in which they are shown.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let every = self
            .interval_ns
            .map_or(String::new(), |interval| format!(", every {}", span_text(interval)));
        let step = |(step, origin): (Decimal, Origin)| format!("{step} ({})", origin.name());
        let columns = |(role, name): &(String, String)| {
            if role == name { role.clone() } else { format!("{role} = \"{name}\"") }
        };
        let mut lines = vec![("time", format!("{} to {}{every}", self.first, self.last))];
        lines.extend(self.stamp.iter().map(|stamp| ("stamp", stamp.clone())));
        lines.push(("written", self.times.clone()));
        lines.push(("arrival", self.arrival.clone()));
        lines.push(("tick", step(self.tick)));
        lines.push(("lot", step(self.lot)));
        let named: Vec<String> = self.columns.iter().map(columns).collect();
        if !named.is_empty() {
            lines.push(("columns", named.join(", ")));
        }
        lines
    }
}

impl std::fmt::Display for LoadReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{}: {} {}, {}",
            self.instrument,
            grouped(self.rows),
            self.noun(),
            bytes_text(self.memory_bytes)
        )?;
        let mut lines = self.lines();
        let found = |finding: &Finding| (finding.severity.name(), finding_text(finding));
        lines.extend(self.findings.iter().map(found));
        for (at, (label, text)) in lines.iter().enumerate() {
            let end = if at + 1 < lines.len() { "\n" } else { "" };
            write!(f, "  {label:<8} {text}{end}")?;
        }
        Ok(())
    }
}

/// The sentence of a finding with its first rows.
pub fn finding_text(finding: &Finding) -> String {
    let rows: Vec<String> = finding.rows.iter().map(|row| grouped(*row)).collect();
    match rows.len() {
        0 => finding.text.clone(),
        1 => format!("{} (row {})", finding.text, rows[0]),
        shown => {
            let more = if (shown as u64) < finding.count { ", …" } else { "" };
            format!("{} (rows {}{more})", finding.text, rows.join(", "))
        }
    }
}

/// A count with a comma between thousands.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in the unit that fits.
pub fn bytes_text(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000u64), ("MB", 1_000_000), ("kB", 1_000)];
    for (name, unit) in units {
        if bytes >= unit {
            return format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit);
        }
    }
    format!("{bytes} bytes")
}

/// `count` and a noun: "1 price", "26 prices".
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(45_031), "45,031");
        assert_eq!(counted(1, "price"), "1 price");
        assert_eq!(counted(1_000, "price"), "1,000 prices");
        assert_eq!(bytes_text(2_161_000), "2.1 MB");
    }
}
