//! The engine: state changes only in [`Engine::step`]; the driver supplies events and carries
//! requests.

mod curve;
mod feed;
mod journal;
mod live;
mod log;
mod run;
mod step;
mod together;

pub use curve::{Curve, EquityPoint};
pub use journal::Journal;
pub use live::check_reach;
pub use log::{Entry, Happening, Log};
pub use run::{MAX_EQUITY_POINTS, MAX_ROUNDS, Run, RunSettings};
pub use step::Engine;
