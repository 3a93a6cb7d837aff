//! Figures: pure functions over slices, each with its definition.

mod benchmark;
mod confidence;
mod drawdown;
mod figure;
mod moments;
mod normal;
mod performance;
mod ratios;
mod realised;
mod reason;
mod returns;
mod round_trips;
mod sums;
mod tails;
mod trades;

pub use benchmark::Compared;
pub use confidence::{
    Estimate, expected_best, minimum_track_record, probabilistic_sharpe, sharpe_error,
};
pub use drawdown::{Drawdown, Drawdowns, falls};
pub use figure::{DEFINITIONS, Definition, Figure, Unit, definition};
pub use normal::{normal_above, normal_below};
pub use performance::{Conventions, beside, distribution, earned, fallen, performance};
pub use ratios::{
    DAYS_PER_YEAR, SECONDS_PER_YEAR, adjusted_sharpe, best, cagr, calmar, check_periods,
    check_rate, growth, omega, per_period, positive_share, sharpe, sharpe_per_period, sortino,
    volatility, worst,
};
pub use realised::{Closing, CostBasis, realised};
pub use reason::{Reason, Value};
pub use returns::{Returns, check_curve};
pub use round_trips::{RoundTrip, round_trips};
pub use tails::{Tails, adjusted_kurtosis, adjusted_skew, check_level, kurtosis, skew};
pub use trades::{Trades, turnover};
