//! The gate to Python: wraps, converts, and decides nothing. The only place that says `pyo3`.

mod account;
mod assumption;
mod audit;
mod backtest;
mod backtests;
mod barter;
mod book;
mod config;
mod context;
mod data;
mod error;
mod event;
mod exchange;
mod exit;
mod fees;
mod field;
mod figures;
mod generator;
mod handle;
mod indexed;
mod instrument;
mod latency;
mod lent;
mod logging;
mod market;
mod names;
mod number;
mod order;
mod payload;
mod picture;
mod recycled;
mod request;
mod rules;
mod sensitivity;
mod series;
mod slippage;
mod source;
mod state;
mod statistic;
mod story;
mod strategy;
mod summary;
mod system;
mod table;
mod tape;
mod time;
mod trades;
mod waiting;
mod window;
mod words;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::account::{PyBalance, PyPosition};
    #[pymodule_export]
    use super::assumption::PyAssumption;
    #[pymodule_export]
    use super::audit::{PyAuditTick, PyAuditUpdates, PyReplica, PySnapUpdates, replay};
    #[pymodule_export]
    use super::backtest::{PyBacktest, backtest};
    #[pymodule_export]
    use super::backtests::{PyConstant, PyDynamic, backtests};
    #[pymodule_export]
    use super::book::PyBook;
    #[pymodule_export]
    use super::config::PySystemConfig;
    #[pymodule_export]
    use super::context::PyContext;
    #[pymodule_export]
    use super::data::{
        PyFinding, PyLoadReport, PyMarketData, candles, depth, market_by_order, quotes, sample,
        trades,
    };
    #[pymodule_export]
    use super::event::PyEngineEvent;
    #[pymodule_export]
    use super::exchange::PySimulatedExchange;
    #[pymodule_export]
    use super::fees::PyFees;
    #[pymodule_export]
    use super::field::{field_count, field_index, field_number, field_time};
    #[pymodule_export]
    use super::figures::{PyFigure, PyFigures};
    #[pymodule_export]
    use super::generator::PyGenerator;
    #[pymodule_export]
    use super::handle::{PySystemHandle, start_system};
    #[pymodule_export]
    use super::indexed::PyIndexedInstruments;
    #[pymodule_export]
    use super::instrument::PyInstrument;
    #[pymodule_export]
    use super::latency::PyLatency;
    #[pymodule_export]
    use super::logging::{log_from, log_nothing, log_to};
    #[pymodule_export]
    use super::market::{PyCandle, PyQuote, PyTimer, PyTrade};
    #[pymodule_export]
    use super::order::{PyFill, PyOrder};
    #[pymodule_export]
    use super::picture::PyPicture;
    #[pymodule_export]
    use super::request::{
        PyInstrumentFilter, PyOrderKey, PyOrderRequestCancel, PyOrderRequestOpen,
    };
    #[pymodule_export]
    use super::sensitivity::PyPathSensitivity;
    #[pymodule_export]
    use super::state::PyEngineState;
    #[pymodule_export]
    use super::statistic::{
        adjusted_sharpe, alpha, average_drawdown, best, beta, cagr, calmar, correlation,
        deflated_sharpe, drawdowns, expected_best, expected_shortfall, falls, figures,
        information_ratio, kurtosis, longest_drawdown, max_drawdown, minimum_track_record, omega,
        pain, positive_share, probabilistic_sharpe, returns, sharpe, sharpe_error,
        sharpe_probability, sharpe_track_record, skew, sortino, tail_ratio, total_return,
        tracking_error, ulcer, value_at_risk, volatility, worst,
    };
    #[pymodule_export]
    use super::story::PyOrderStory;
    #[pymodule_export]
    use super::summary::PySummary;
    #[pymodule_export]
    use super::system::{run_historic_backtest, run_historic_backtest_with_generator};
    #[pymodule_export]
    use super::table::PyTable;
    #[pymodule_export]
    use super::tape::{PyMarketDataInMemory, PyRecords};
    #[pymodule_export]
    use super::trades::{
        average_loss, average_win, expectancy, payoff, profit_factor, system_quality, turnover,
        win_rate,
    };

    #[pymodule_export]
    #[allow(non_upper_case_globals)] // the name Python expects
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
