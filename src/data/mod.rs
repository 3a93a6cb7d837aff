//! Files, arrays and tables become series: read, checked once, turned into integer columns.
//!
//! [`table`] reads a source chunk by chunk (Parquet, CSV and what is in memory), [`columns`]
//! finds what
//! means what, [`numbers`] and [`times`] convert, `check` holds every rule, [`load`] puts it
//! together and [`report`] says
//! what was found. [`sample`] makes rows without any source.

pub mod columns;
pub mod load;
pub mod numbers;
pub mod report;
pub mod sample;
pub mod step;
pub mod table;
pub mod times;

mod by_id;
mod candles;
mod check;
mod csv;
mod gather;
mod orders;
mod parquet;
