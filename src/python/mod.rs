//! The gate to Python: wraps, converts, and decides nothing. The only place that says `pyo3`.

mod account;
mod backtest;
mod book;
mod context;
mod data;
mod error;
mod exchange;
mod fees;
mod instrument;
mod latency;
mod lent;
mod market;
mod names;
mod number;
mod order;
mod recycled;
mod rules;
mod sensitivity;
mod slippage;
mod source;
mod story;
mod strategy;
mod summary;
mod table;
mod time;
mod window;
mod words;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::account::{PyBalance, PyPosition};
    #[pymodule_export]
    use super::backtest::{PyAssumption, PyBacktest, backtest};
    #[pymodule_export]
    use super::book::PyBook;
    #[pymodule_export]
    use super::context::PyContext;
    #[pymodule_export]
    use super::data::{
        PyFinding, PyLoadReport, PyMarketData, candles, depth, market_by_order, quotes, sample,
        trades,
    };
    #[pymodule_export]
    use super::exchange::PySimulatedExchange;
    #[pymodule_export]
    use super::fees::PyFees;
    #[pymodule_export]
    use super::instrument::PyInstrument;
    #[pymodule_export]
    use super::latency::PyLatency;
    #[pymodule_export]
    use super::market::{PyCandle, PyQuote, PyTimer, PyTrade};
    #[pymodule_export]
    use super::order::{PyFill, PyOrder};
    #[pymodule_export]
    use super::sensitivity::PyPathSensitivity;
    #[pymodule_export]
    use super::story::PyOrderStory;
    #[pymodule_export]
    use super::summary::PySummary;
    #[pymodule_export]
    use super::table::PyTable;

    #[pymodule_export]
    #[allow(non_upper_case_globals)] // the name Python expects
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
