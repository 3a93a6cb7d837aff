//! A figure with its definition: what a name means, in which unit, of how many observations, and
//! how sure it is.

use std::fmt;
use std::sync::Arc;

use super::reason::{Reason, Value};

/// What a figure is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A share of something, 1 being all of it.
    Fraction,
    /// A share per year.
    PerYear,
    /// No unit.
    Ratio,
    /// From 0 to 1.
    Probability,
    /// Seconds.
    Seconds,
    /// Periods of the series.
    Periods,
    /// Money of the run's currency.
    Money,
    /// Times a year.
    TimesPerYear,
}

impl Unit {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fraction => "fraction",
            Self::PerYear => "fraction per year",
            Self::Ratio => "ratio",
            Self::Probability => "probability",
            Self::Seconds => "seconds",
            Self::Periods => "periods",
            Self::Money => "money",
            Self::TimesPerYear => "times per year",
        }
    }
}

/// What a figure's name means.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name in every layer.
    pub name: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// What it is, in a sentence.
    pub text: &'static str,
}

const fn define(name: &'static str, unit: Unit, text: &'static str) -> Definition {
    Definition { name, unit, text }
}

/// Every figure, in the order in which they are listed. `r` are returns by period, `A` is the
/// number of periods per year, `E` equity.
pub const DEFINITIONS: &[Definition] = &[
    define("total_return", Unit::Fraction, "E at the end over E at the start, less one"),
    define(
        "cagr",
        Unit::PerYear,
        "compound growth: (1 + total return)^(1 / years) - 1, a year being 365.25 days",
    ),
    define("volatility", Unit::PerYear, "sample deviation of r (n - 1) times √A"),
    define(
        "sharpe",
        Unit::Ratio,
        "mean of r above the risk-free rate, over the sample deviation of r (n - 1), times √A",
    ),
    define(
        "adjusted_sharpe",
        Unit::Ratio,
        "the Sharpe ratio of a year that counts autocorrelation: s A / √(A + 2 Σ (A - k) ρ_k) \
         with s per period",
    ),
    define(
        "probabilistic_sharpe",
        Unit::Probability,
        "probability that the true Sharpe ratio is above 0, given n, skew and kurtosis",
    ),
    define(
        "deflated_sharpe",
        Unit::Probability,
        "probability that the true Sharpe ratio is above the best that as many trials without \
         skill would have shown",
    ),
    define(
        "minimum_track_record",
        Unit::Periods,
        "periods after which a Sharpe ratio above 0 is beyond doubt at 95 %",
    ),
    define(
        "sortino",
        Unit::Ratio,
        "mean of r above the target, over √(mean of min(r - target, 0)²) of all n, times √A",
    ),
    define(
        "calmar",
        Unit::Ratio,
        "growth per year over the size of the deepest drawdown, both of the whole time",
    ),
    define("omega", Unit::Ratio, "Σ of r above 0 over the size of Σ of r below 0"),
    define(
        "max_drawdown",
        Unit::Fraction,
        "least of E over the highest E so far, less one; the start counts as a peak",
    ),
    define(
        "average_drawdown",
        Unit::Fraction,
        "mean depth of the drawdowns, each from a peak until it is reached again",
    ),
    define("pain", Unit::Fraction, "mean fall of E from its peak, over all points"),
    define(
        "ulcer",
        Unit::Fraction,
        "root of the mean square of the fall of E from its peak, over all points",
    ),
    define(
        "longest_drawdown",
        Unit::Seconds,
        "longest time from a peak until it was reached again, or to the end",
    ),
    define("best", Unit::Fraction, "greatest r"),
    define("worst", Unit::Fraction, "least r"),
    define("positive_share", Unit::Fraction, "share of the periods with r > 0"),
    define("skew", Unit::Ratio, "third standardised moment of r, of the population: m3 / m2^1.5"),
    define(
        "adjusted_skew",
        Unit::Ratio,
        "third standardised moment of r, corrected for a small sample: g1 √(n (n - 1)) / (n - 2)",
    ),
    define(
        "kurtosis",
        Unit::Ratio,
        "fourth standardised moment of r less 3, of the population: m4 / m2² - 3",
    ),
    define(
        "adjusted_kurtosis",
        Unit::Ratio,
        "fourth standardised moment of r less 3, corrected for a small sample: \
         ((n + 1) g2 + 6) (n - 1) / ((n - 2) (n - 3))",
    ),
    define(
        "value_at_risk",
        Unit::Fraction,
        "loss that r exceeds in 5 % of the periods: the quantile between neighbours (type 7), \
         sign turned",
    ),
    define(
        "expected_shortfall",
        Unit::Fraction,
        "mean loss of the worst 5 % of the periods, their number rounded up",
    ),
    define(
        "tail_ratio",
        Unit::Ratio,
        "size of the 95 % quantile of r over that of the 5 % quantile",
    ),
    define("benchmark_return", Unit::Fraction, "total return of the benchmark"),
    define("beta", Unit::Ratio, "covariance of r with the benchmark over the benchmark's variance"),
    define("alpha", Unit::PerYear, "(1 + mean of r that beta does not explain)^A - 1"),
    define("arithmetic_alpha", Unit::PerYear, "mean of r that beta does not explain, times A"),
    define("correlation", Unit::Ratio, "correlation of r with the benchmark"),
    define("tracking_error", Unit::PerYear, "sample deviation of r less the benchmark's, times √A"),
    define(
        "information_ratio",
        Unit::Ratio,
        "mean of r less the benchmark's over its sample deviation, times √A",
    ),
    define("exposure", Unit::Fraction, "share of the time with a position"),
    define("gross_exposure", Unit::Ratio, "mean over time of Σ |position at its price| over E"),
    define(
        "net_exposure",
        Unit::Ratio,
        "mean over time of Σ position at its price over E, shorts below 0",
    ),
    define(
        "turnover",
        Unit::TimesPerYear,
        "Σ of what was bought and sold over the mean of E over time, per year",
    ),
    define(
        "one_way_turnover",
        Unit::TimesPerYear,
        "the lesser of what was bought and what was sold, over the mean of E over time, per year",
    ),
    define(
        "win_rate",
        Unit::Fraction,
        "trades with a profit after fees over all closed trades; a trade goes from flat to \
         flat",
    ),
    define(
        "decided_win_rate",
        Unit::Fraction,
        "trades with a profit after fees over the closed trades that did not break even",
    ),
    define("profit_factor", Unit::Ratio, "Σ of the wins over the size of Σ of the losses"),
    define("payoff", Unit::Ratio, "mean win over the size of the mean loss"),
    define("expectancy", Unit::Money, "mean result of a closed trade, after its fees"),
    define("average_win", Unit::Money, "mean of the wins"),
    define("average_loss", Unit::Money, "mean of the losses"),
    define("best_trade", Unit::Money, "greatest result of a trade"),
    define("worst_trade", Unit::Money, "least result of a trade"),
    define(
        "system_quality",
        Unit::Ratio,
        "√n times mean over sample deviation of the trades' results",
    ),
    define("average_holding", Unit::Seconds, "mean time from a trade's first fill to its last"),
    define(
        "maker_share",
        Unit::Fraction,
        "share of the traded notional that rested in the book before",
    ),
];

/// The definition of a name.
pub fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.name == name)
}

/// A figure of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is.
    pub definition: &'static Definition,
    /// Its value, if it has one.
    pub value: Option<f64>,
    /// Why it has none, or what speaks against the one it has.
    pub reason: Option<Reason>,
    /// Observations it was computed from.
    pub count: usize,
    /// Its standard error, where one is known.
    pub error: Option<f64>,
    /// What it was computed from, in a sentence; empty if that goes without saying.
    pub inputs: Arc<str>,
}

impl Figure {
    /// The figure `name` of `count` observations.
    pub fn new(name: &str, value: Value, count: usize) -> Self {
        let definition = definition(name).unwrap_or_else(|| panic!("{name} stands in DEFINITIONS"));
        Self {
            definition,
            value: value.ok(),
            reason: value.err(),
            count,
            error: None,
            inputs: Arc::from(""),
        }
    }
}

impl fmt::Display for Figure {
    /// As a sentence: value, error, observations, definition, and a reason if there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Definition { name, unit, text } = self.definition;
        match self.value {
            Some(value) => write!(f, "{name} = {}", digits(value))?,
            None => write!(f, "{name} is undefined")?,
        }
        if let Some(error) = self.error {
            write!(f, " ± {}", digits(error))?;
        }
        let unit = if *unit == Unit::Ratio { "" } else { unit.name() };
        let space = if unit.is_empty() { "" } else { " " };
        write!(f, "{space}{unit}, n = {}", self.count)?;
        if let Some(reason) = self.reason {
            write!(f, " ({}: {})", reason.name(), reason.text())?;
        }
        write!(f, "\n{text}")?;
        if self.inputs.is_empty() { Ok(()) } else { write!(f, "\nfrom {}", self.inputs) }
    }
}

/// Six digits, as a number is said.
fn digits(value: f64) -> String {
    if value == 0.0 || (1e-4..1e9).contains(&value.abs()) {
        let places = (5 - value.abs().max(1e-4).log10().floor() as i32).clamp(0, 9) as usize;
        let text = format!("{value:.places$}");
        return if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        };
    }
    format!("{value:.5e}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_is_defined_once() {
        let names: BTreeSet<&str> = DEFINITIONS.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), DEFINITIONS.len());
    }

    #[test]
    fn a_figure_says_what_it_is() {
        let mut sharpe = Figure::new("sharpe", Ok(1.234_567_89), 365);
        sharpe.error = Some(0.5);
        let text = sharpe.to_string();
        assert!(text.starts_with("sharpe = 1.23457 ± 0.5, n = 365\nmean of r above"), "{text}");
        let text = Figure::new("cagr", Err(Reason::TooShort), 3).to_string();
        assert!(
            text.starts_with("cagr is undefined fraction per year, n = 3 (too_short:"),
            "{text}"
        );
    }
}
