//! The engine: state changes only in [`Engine::step`]; the driver supplies events and carries
//! requests.

mod feed;
mod journal;
mod run;
mod step;
mod together;

pub use journal::Journal;
pub use run::{EquityPoint, MAX_EQUITY_POINTS, MAX_ROUNDS, Run, RunSettings};
pub use step::Engine;
