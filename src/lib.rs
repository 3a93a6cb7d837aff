//! A trading engine: one engine runs backtest, paper and live.
//!
//! # Code map, lowest first; a module uses only what stands above it
//!
//! * [`error`], [`num`], [`time`], [`random`]: errors in sentences; integers, ratios and decimals;
//!   nanoseconds; draws by what they are for.
//! * [`instrument`], [`market`]: what is traded and its rules; rows and integer columns of market
//!   data.
//! * [`data`]: files, arrays and tables become series, checked once; the load report.
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
