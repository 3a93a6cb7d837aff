//! Whole runs: settings in, an outcome out.

mod activity;
mod again;
mod ambiguity;
mod assumptions;
mod backtest;
mod config;
mod crew;
mod diagnosis;
mod excerpt;
mod explain;
mod grid;
mod handle;
mod history;
mod input;
mod kept;
pub mod message;
mod names;
mod observed;
mod outcome;
mod picture;
mod record;
mod resume;
mod running;
mod sensitivity;
mod sheets;
mod state;
mod stoppable;
mod story;
mod summary;
mod tables;
mod tally;
mod tape;
mod told;
mod track;
mod universe;
mod wakers;
mod world;

pub use activity::Costs;
pub use ambiguity::ambiguous_table;
pub use assumptions::Assumption;
pub use backtest::{BacktestSettings, Cash, default_account, prepare};
pub use config::{
    ContractKind, InitialState, InstrumentConfig, InstrumentRisk, InstrumentSpec,
    MockExecutionConfig, NamedBalance, NamedOrder, NamedOrders, RiskConfig, RiskLimits,
    SystemConfig, Underlying,
};
pub use crew::Crew;
pub use diagnosis::diagnosis;
pub use excerpt::{
    best_and_worst_trades, deepest_drawdowns, first_and_last_trades, order_counts_table,
    years_table,
};
pub use explain::explain;
pub use grid::{Calendar, Grid};
pub use handle::{Clock, Ended, Failure, Handle, HandleSettings, Keeper, MOST_QUEUED};
pub use history::{History, Recorded, Recording};
pub use input::{Command, Input, Opening, Told};
pub use kept::{Keeping, Lines, Past, about, replay, replica, state_of, universe_of};
pub use names::{Answer, Names, SharedNames};
pub use outcome::{Fed, Outcome};
pub use picture::{Bars, Coverage, Curves, Line, Markers, Prices};
pub use record::{BalanceAt, ClosedTrade, Record};
pub use resume::Resumed;
pub use running::Running;
pub use sensitivity::{PathSensitivity, is_path_assumed, profit};
pub use sheets::{AssetSheet, Fall, Falls, Sheet};
pub use state::{Held, State};
pub use story::{MAX_STEPS, Step, Story};
pub use summary::{OrderCounts, Summary, SummarySettings};
pub use tables::{
    drawdowns_table, equity_table, figures_table, fills_table, ledger_table, orders_table,
    positions_table, realised_table,
};
pub use tape::{Record as MarketRecord, Tape};
pub use told::{costs_table, monthly_table, returns_table, rolling_table, run_drawdowns_table};
pub use track::Track;
pub use universe::{Listed, SeededBalance, Universe, asset_names_of};
pub use wakers::{Waker, Wakers};
