//! Whole runs: settings in, an outcome out.

mod again;
mod ambiguity;
mod assumptions;
mod backtest;
mod diagnosis;
mod explain;
mod observed;
mod outcome;
mod sensitivity;
mod story;
mod tables;
mod tally;
mod world;

pub use ambiguity::ambiguous_table;
pub use assumptions::{Assumption, assumptions};
pub use backtest::{BacktestSettings, Cash, default_account, prepare};
pub use diagnosis::diagnosis;
pub use explain::explain;
pub use outcome::{Outcome, Summary};
pub use sensitivity::{PathSensitivity, is_path_assumed, profit};
pub use story::{MAX_STEPS, Step, Story};
pub use tables::{
    drawdowns_table, equity_table, figures_table, fills_table, ledger_table, orders_table,
    positions_table, realised_table,
};
