//! A trading engine: one engine runs backtest, paper and live.
//!
//! # Code map, lowest first; a module uses only what stands above it
//!
//! * [`error`], [`num`], [`time`], [`random`]: errors in sentences; integers, ratios and decimals;
//!   nanoseconds; draws by what they are for.
//! * [`rules`], [`instrument`]: rules that change in time; what is traded.
//! * [`market`], [`book`], [`status`], [`order`], [`replay`]: rows and integer columns of market
//!   data; the book; the life of an order; rows in the order of time.
//! * [`account`], [`event`]: what is held; everything that can happen, and when.
//! * [`filters`], [`risk`], [`limits`]: checks before an order is sent.
//! * [`execution`], [`strategy`]: the two open doors, a venue and what decides; [`context`]: what
//!   the latter knows.
//! * [`stats`], [`data`]: figures over slices; files, arrays and tables become series, checked
//!   once.
//! * [`exchange`]: the simulated venue.
//! * [`engine`]: one event, one step; the driver over recorded rows, and the one that is fed.
//! * [`audit`]: the log of a run, and a replica that follows it.
//! * [`system`]: whole runs: a backtest and its outcome; a configured system in a thread of its
//!   own.
//!
//! Core never names Python: only `python/` does, behind the feature of that name.

pub mod error;
pub mod num;
pub mod random;
pub mod time;

pub mod rules;

pub mod instrument;

pub mod book;
pub mod market;
pub mod order;
pub mod replay;
pub mod status;

pub mod account;
pub mod event;

pub mod context;
pub mod execution;
pub mod filters;
pub mod limits;
pub mod risk;
pub mod strategy;

pub mod audit;
pub mod data;
pub mod engine;
pub mod exchange;
pub mod stats;

pub mod system;

#[cfg(feature = "python")]
mod python;
