//! Whole runs: settings in, an outcome out.

mod assumptions;
mod backtest;
mod outcome;
mod tables;
mod world;

pub use assumptions::{Assumption, assumptions};
pub use backtest::{BacktestSettings, Cash, default_account, prepare};
pub use outcome::{Outcome, Summary};
pub use tables::{equity_table, fills_table, ledger_table, orders_table, positions_table};
