//! Generated markets.
