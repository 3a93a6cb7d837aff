//! Whole runs: settings in, an outcome out.

mod ambiguity;
mod assumptions;
mod backtest;
mod outcome;
mod sensitivity;
mod tables;
mod world;

pub use ambiguity::ambiguous_table;
pub use assumptions::{Assumption, assumptions};
pub use backtest::{BacktestSettings, Cash, default_account, prepare};
pub use outcome::{Outcome, Summary};
pub use sensitivity::{PathSensitivity, is_path_assumed, profit};
pub use tables::{equity_table, fills_table, ledger_table, orders_table, positions_table};
