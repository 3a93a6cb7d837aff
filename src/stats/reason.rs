//! Why a figure has no value.

/// A figure, or why it has none.
pub type Value = Result<f64, Reason>;

/// Why a figure is undefined. It is never given as 0, infinity or NaN instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Equity fell to 0 or below.
    Ruin,
    /// Too few periods, or trades.
    TooFew,
    /// Too short a history to be told by the year.
    TooShort,
    /// There is nothing to compare with.
    NoBenchmark,
    /// Something held had no price.
    MissingPrice,
    /// The number of trials is not known.
    NoTrials,
    /// All values are the same.
    ZeroDispersion,
    /// Nothing was lost.
    NoLosses,
    /// Nothing was won.
    NoWins,
    /// Equity never fell.
    NoDrawdown,
    /// No trade was closed.
    NoTrades,
    /// The ratio is not above the one to beat.
    NotAbove,
    /// The formula has no value here.
    Undefined,
    /// The value is too large for a number.
    OutOfRange,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Ruin,
        Self::TooFew,
        Self::TooShort,
        Self::NoBenchmark,
        Self::MissingPrice,
        Self::NoTrials,
        Self::ZeroDispersion,
        Self::NoLosses,
        Self::NoWins,
        Self::NoDrawdown,
        Self::NoTrades,
        Self::NotAbove,
        Self::Undefined,
        Self::OutOfRange,
    ];

    /// Its code.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ruin => "ruin",
            Self::TooFew => "too_few",
            Self::TooShort => "too_short",
            Self::NoBenchmark => "no_benchmark",
            Self::MissingPrice => "missing_price",
            Self::NoTrials => "no_trials",
            Self::ZeroDispersion => "zero_dispersion",
            Self::NoLosses => "no_losses",
            Self::NoWins => "no_wins",
            Self::NoDrawdown => "no_drawdown",
            Self::NoTrades => "no_trades",
            Self::NotAbove => "not_above",
            Self::Undefined => "undefined",
            Self::OutOfRange => "out_of_range",
        }
    }

    /// It as part of a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Self::Ruin => "equity fell to zero or below",
            Self::TooFew => "there are too few observations",
            Self::TooShort => "less than 30 days of history say nothing of a year",
            Self::NoBenchmark => "there is no benchmark",
            Self::MissingPrice => "something that was held had no price",
            Self::NoTrials => "the number of trials was not given",
            Self::ZeroDispersion => "all values are the same",
            Self::NoLosses => "nothing was lost",
            Self::NoWins => "nothing was won",
            Self::NoDrawdown => "equity never fell below a peak",
            Self::NoTrades => "no trade was closed",
            Self::NotAbove => "the ratio is not above the one to beat",
            Self::Undefined => "the formula has no value here",
            Self::OutOfRange => "the value is too large for a number",
        }
    }

    /// `value`, or that it is too large.
    pub fn finite(value: f64) -> Value {
        if value.is_finite() { Ok(value) } else { Err(Self::OutOfRange) }
    }
}
