//! Figures: pure functions over slices, each with its definition.

mod drawdown;
mod realised;
mod round_trips;

pub use drawdown::{Drawdown, max_drawdown};
pub use realised::{Closing, CostBasis, realised};
pub use round_trips::{RoundTrip, round_trips};
