//! Figures: pure functions over slices, each with its definition.

mod drawdown;
mod round_trips;

pub use drawdown::{Drawdown, max_drawdown};
pub use round_trips::{RoundTrip, round_trips};
