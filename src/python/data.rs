//! `candles`, `trades`, `quotes`, `depth`, `market_by_order`, `sample` and the `MarketData` that
//! they return.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping};

use crate::data::load::{BookStart, Fills, Loaded, Options, Stamp, VolumeUnit, choice, load};
use crate::data::report::{Finding, LoadReport, Origin, bytes_text, grouped};
use crate::data::sample as generated;
use crate::data::table::Source;
use crate::data::times::Unit;
use crate::error::{Error, shown};
use crate::market::{DataSet, MarketKind};
use crate::python::instrument::{PyInstrument, given as given_instrument};
use crate::python::source::{Given, given, is_table};
use crate::python::time::span;
use crate::time::parse_zone;

/// Market data: checked once, read-only, shared by any number of runs. `+` joins.
#[pyclass(name = "MarketData", module = "barter_python", frozen)]
#[derive(Clone, Debug)]
pub(crate) struct PyMarketData {
    parts: Vec<Loaded>,
}

impl PyMarketData {
    fn new(parts: Vec<Loaded>) -> Result<Self, Error> {
        let data = Self { parts };
        data.data_set()?;
        Ok(data)
    }

    /// The series of all parts.
    pub(crate) fn series(&self) -> impl Iterator<Item = Arc<crate::market::Series>> {
        self.parts.iter().map(|part| Arc::clone(&part.series))
    }

    /// What a run replays.
    pub(crate) fn data_set(&self) -> Result<DataSet, Error> {
        DataSet::new(self.parts.iter().map(|part| Arc::clone(&part.series)))
    }
}

#[pymethods]
impl PyMarketData {
    /// The instruments, in the order in which they were loaded.
    #[getter]
    fn instruments(&self) -> PyResult<Vec<PyInstrument>> {
        let data = self.data_set()?;
        Ok(data.listings.iter().map(|one| PyInstrument(Arc::clone(&one.instrument))).collect())
    }

    /// What loading found.
    #[getter]
    fn report(&self) -> PyLoadReport {
        PyLoadReport { sources: self.parts.iter().map(|part| part.report.clone()).collect() }
    }

    /// Venue time of the first row, in ns since 1970 UTC; for candles the start of its span.
    #[getter]
    fn start(&self) -> i64 {
        self.parts.iter().map(|part| part.report.first.ns()).min().unwrap_or(0)
    }

    /// Venue time of the last row, in ns since 1970 UTC; for candles the end of its span.
    #[getter]
    fn end(&self) -> i64 {
        self.parts.iter().map(|part| part.report.last.ns()).max().unwrap_or(0)
    }

    fn __add__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        let Ok(other) = other.cast::<Self>() else {
            let kind = other.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "market data join with market data, got {kind}"
            )));
        };
        let parts = self.parts.iter().chain(&other.get().parts).cloned().collect();
        Ok(Self::new(parts)?)
    }

    fn __len__(&self) -> usize {
        self.parts.iter().map(|part| part.series.len()).sum()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let Ok(other) = other.cast::<Self>() else { return false };
        let (one, two) = (&self.parts, &other.get().parts);
        one.len() == two.len() && one.iter().zip(two).all(|(a, b)| same(a, b))
    }

    fn __repr__(&self) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| {
                let report = &part.report;
                let (name, kind) = (shown(&report.instrument), report.kind.name());
                format!("{name} {} {kind}", grouped(report.rows))
            })
            .collect();
        format!("<MarketData {}>", parts.join(", "))
    }

    fn _repr_html_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.report().html(py)
    }
}

/// True if two series hold the same rows of the same instrument.
fn same(a: &Loaded, b: &Loaded) -> bool {
    let (a, b) = (&a.series, &b.series);
    a.instrument == b.instrument
        && (a.price_scale, a.quantity_scale) == (b.price_scale, b.quantity_scale)
        && a.time == b.time
        && a.arrival == b.arrival
        && a.columns == b.columns
}

/// Something found in the rows while loading.
#[pyclass(name = "Finding", module = "barter_python", frozen)]
#[derive(Clone, Debug)]
pub(crate) struct PyFinding(Finding);

#[pymethods]
impl PyFinding {
    /// "note" or "warning".
    #[getter]
    fn severity(&self) -> &'static str {
        self.0.severity.name()
    }

    /// What, in a sentence.
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// How many rows or values.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count
    }

    /// The first rows, from 0.
    #[getter]
    fn rows(&self) -> Vec<u64> {
        self.0.rows.clone()
    }

    fn __repr__(&self) -> String {
        format!("<{}: {}>", self.0.severity.name(), crate::data::report::finding_text(&self.0))
    }
}

/// What loading found: one part for each source.
#[pyclass(name = "LoadReport", module = "barter_python", frozen)]
#[derive(Clone, Debug)]
pub(crate) struct PyLoadReport {
    sources: Vec<LoadReport>,
}

#[pymethods]
impl PyLoadReport {
    /// What is odd or worth knowing, over all sources.
    #[getter]
    fn findings(&self) -> Vec<PyFinding> {
        self.sources.iter().flat_map(|one| one.findings.iter().cloned().map(PyFinding)).collect()
    }

    /// Plain values: `rows`, `memory_bytes` and `sources`, one `dict` for each.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let sources = self.sources.iter().map(|one| source_dict(py, one));
        let all = PyDict::new(py);
        all.set_item("rows", self.sources.iter().map(|one| one.rows).sum::<u64>())?;
        all.set_item("memory_bytes", self.sources.iter().map(|one| one.memory_bytes).sum::<u64>())?;
        all.set_item("sources", PyList::new(py, sources.collect::<PyResult<Vec<_>>>()?)?)?;
        Ok(all)
    }

    fn __str__(&self) -> String {
        self.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    fn __repr__(&self) -> String {
        self.__str__()
    }

    fn _repr_html_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.html(py)
    }
}

impl PyLoadReport {
    /// Drawn by the package, from plain values.
    fn html<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("barter_python._display")?.call_method1("load_report_html", (self.to_dict(py)?,))
    }
}

fn source_dict<'py>(py: Python<'py>, one: &LoadReport) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("instrument", &one.instrument)?;
    dict.set_item("kind", one.kind.name())?;
    dict.set_item("rows", one.rows)?;
    dict.set_item("start", one.first.ns())?;
    dict.set_item("end", one.last.ns())?;
    dict.set_item("interval", one.interval_ns)?;
    dict.set_item("stamp", &one.stamp)?;
    dict.set_item("times", &one.times)?;
    dict.set_item("arrival", &one.arrival)?;
    dict.set_item("columns", one.columns.clone().into_iter().collect::<Vec<_>>())?;
    dict.set_item("price_scale", one.price_scale)?;
    dict.set_item("quantity_scale", one.quantity_scale)?;
    for (name, (step, origin)) in [("tick", one.tick), ("lot", one.lot)] {
        dict.set_item(name, step)?;
        dict.set_item(format!("{name}_given"), origin == Origin::Given)?;
    }
    dict.set_item("memory_bytes", one.memory_bytes)?;
    dict.set_item("memory", bytes_text(one.memory_bytes))?;
    dict.set_item("lines", one.lines())?;
    let findings = one.findings.iter().map(|found| {
        let dict = PyDict::new(py);
        dict.set_item("severity", found.severity.name())?;
        dict.set_item("text", &found.text)?;
        dict.set_item("count", found.count)?;
        dict.set_item("rows", &found.rows)?;
        Ok(dict)
    });
    dict.set_item("findings", PyList::new(py, findings.collect::<PyResult<Vec<_>>>()?)?)?;
    Ok(dict)
}

/// What the caller said in keywords, before it is read.
struct Said<'a, 'py> {
    instrument: Option<&'a Bound<'py, PyAny>>,
    columns: Option<&'a Bound<'py, PyAny>>,
    unit: Option<&'a str>,
    tz: Option<&'a str>,
    feed_latency: Option<&'a Bound<'py, PyAny>>,
    shift_received: Option<&'a Bound<'py, PyAny>>,
    sort: bool,
}

impl Said<'_, '_> {
    fn options(&self) -> PyResult<Options> {
        let (instrument, name) = given_instrument(self.instrument)?;
        let a_span = |what: &str, value: Option<&Bound<'_, PyAny>>| {
            value.map(|value| span(what, value)).transpose()
        };
        let mut columns = Vec::new();
        if let Some(given) = self.columns {
            let wrong = || PyTypeError::new_err("columns must map meanings to names of columns");
            for item in given.cast::<PyMapping>().map_err(|_| wrong())?.items()?.iter() {
                columns.push(item.extract::<(String, String)>().map_err(|_| wrong())?);
            }
        }
        Ok(Options {
            instrument,
            name,
            columns,
            unit: self.unit.map(Unit::parse).transpose()?,
            zone: self.tz.map(parse_zone).transpose()?,
            feed_latency_ns: a_span("feed_latency", self.feed_latency)?,
            shift_received_ns: a_span("shift_received", self.shift_received)?,
            sort: self.sort,
            ..Options::default()
        })
    }
}

/// Loads one table, or a mapping of names to tables.
fn load_any(
    py: Python<'_>,
    kind: MarketKind,
    data: &Bound<'_, PyAny>,
    options: &Options,
) -> PyResult<PyMarketData> {
    if let Ok(mapping) = data.cast::<PyMapping>() {
        let items = mapping.items()?;
        if let Some(first) = items.iter().next() {
            let (_, first): (Bound<'_, PyAny>, Bound<'_, PyAny>) = first.extract()?;
            if is_table(&first)? {
                return load_several(py, kind, &items, options);
            }
        }
    }
    Ok(PyMarketData::new(vec![load_one(py, kind, data, options)?])?)
}

fn load_several(
    py: Python<'_>,
    kind: MarketKind,
    items: &Bound<'_, PyList>,
    options: &Options,
) -> PyResult<PyMarketData> {
    if options.instrument.is_some() || options.name.is_some() {
        let text =
            "instrument: the data are a mapping whose keys name the instruments; leave it out";
        return Err(Error::Config(text.to_owned()).into());
    }
    let mut parts = Vec::new();
    for item in items.iter() {
        let (key, table): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let mut options = options.clone();
        (options.instrument, options.name) = given_instrument(Some(&key))?;
        if !is_table(&table)? {
            let kind = table.get_type().name()?;
            let text = format!("instrument {key}: a table is needed as for the first, got {kind}");
            return Err(PyTypeError::new_err(text));
        }
        parts.push(load_one(py, kind, &table, &options)?);
    }
    Ok(PyMarketData::new(parts)?)
}

fn load_one(
    py: Python<'_>,
    kind: MarketKind,
    data: &Bound<'_, PyAny>,
    options: &Options,
) -> PyResult<Loaded> {
    match given(data)? {
        Given::Owned(source) => Ok(py.detach(|| load(kind, &source, options))?),
        Given::Arrays(columns) => {
            let mut borrowed = Vec::new();
            for (name, column) in &columns {
                borrowed.push((name.clone(), column.column()?));
            }
            Ok(load(kind, &Source::Columns(borrowed), options)?)
        }
    }
}

/// Loads candles.
///
/// * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
///   interface (polars, pandas,
///   pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
///   instruments to any of these.
/// * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
///   the data.
/// * `columns` - meaning to name, such as `{"time": "my column"}`, for what is not found by its
///   usual name.
/// * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
/// * `tz` - zone of times that do not say theirs, such as "UTC".
/// * `stamp` - "open" or "close", what the times mark; if not known they are taken for the
///   open, which cannot look ahead.
/// * `every` - length of a candle, such as "1m"; the most common difference of times if not given.
/// * `volume_unit` - "base", "quote" (divided by the close) or "contracts".
/// * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
/// * `shift_received` - added to all receive times, to correct a recorder's clock.
/// * `sort` - whether rows out of order are sorted; else they are an error.
///
/// Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
/// a keyword.
#[pyfunction]
#[pyo3(signature = (
    data, *, instrument = None, columns = None, unit = None, tz = None, stamp = None, every = None,
    feed_latency = None, shift_received = None, volume_unit = "base", sort = false
))]
#[allow(clippy::too_many_arguments)] // one per keyword
pub(crate) fn candles(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    instrument: Option<&Bound<'_, PyAny>>,
    columns: Option<&Bound<'_, PyAny>>,
    unit: Option<&str>,
    tz: Option<&str>,
    stamp: Option<&str>,
    every: Option<&Bound<'_, PyAny>>,
    feed_latency: Option<&Bound<'_, PyAny>>,
    shift_received: Option<&Bound<'_, PyAny>>,
    volume_unit: &str,
    sort: bool,
) -> PyResult<PyMarketData> {
    let said = Said { instrument, columns, unit, tz, feed_latency, shift_received, sort };
    let mut options = said.options()?;
    options.stamp = stamp.map(|name| choice("stamp", name, &Stamp::NAMES)).transpose()?;
    options.every_ns = every.map(|value| span("every", value)).transpose()?;
    options.volume_unit = choice("volume_unit", volume_unit, &VolumeUnit::NAMES)?;
    load_any(py, MarketKind::Candles, data, &options)
}

/// Loads public trades.
///
/// * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
///   interface (polars, pandas,
///   pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
///   instruments to any of these.
/// * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
///   the data.
/// * `columns` - meaning to name, such as `{"time": "my column"}`, for what is not found by its
///   usual name.
/// * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
/// * `tz` - zone of times that do not say theirs, such as "UTC".
/// * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
/// * `shift_received` - added to all receive times, to correct a recorder's clock.
/// * `sort` - whether rows out of order are sorted; else they are an error.
///
/// Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
/// a keyword.
#[pyfunction]
#[pyo3(signature = (
    data, *, instrument = None, columns = None, unit = None, tz = None, feed_latency = None,
    shift_received = None, sort = false
))]
#[allow(clippy::too_many_arguments)] // one per keyword
pub(crate) fn trades(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    instrument: Option<&Bound<'_, PyAny>>,
    columns: Option<&Bound<'_, PyAny>>,
    unit: Option<&str>,
    tz: Option<&str>,
    feed_latency: Option<&Bound<'_, PyAny>>,
    shift_received: Option<&Bound<'_, PyAny>>,
    sort: bool,
) -> PyResult<PyMarketData> {
    let said = Said { instrument, columns, unit, tz, feed_latency, shift_received, sort };
    let options = said.options()?;
    load_any(py, MarketKind::Trades, data, &options)
}

/// Loads best bids and asks.
///
/// * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
///   interface (polars, pandas,
///   pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
///   instruments to any of these.
/// * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
///   the data.
/// * `columns` - meaning to name, such as `{"time": "my column"}`, for what is not found by its
///   usual name.
/// * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
/// * `tz` - zone of times that do not say theirs, such as "UTC".
/// * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
/// * `shift_received` - added to all receive times, to correct a recorder's clock.
/// * `sort` - whether rows out of order are sorted; else they are an error.
///
/// Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
/// a keyword.
#[pyfunction]
#[pyo3(signature = (
    data, *, instrument = None, columns = None, unit = None, tz = None, feed_latency = None,
    shift_received = None, sort = false
))]
#[allow(clippy::too_many_arguments)] // one per keyword
pub(crate) fn quotes(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    instrument: Option<&Bound<'_, PyAny>>,
    columns: Option<&Bound<'_, PyAny>>,
    unit: Option<&str>,
    tz: Option<&str>,
    feed_latency: Option<&Bound<'_, PyAny>>,
    shift_received: Option<&Bound<'_, PyAny>>,
    sort: bool,
) -> PyResult<PyMarketData> {
    let said = Said { instrument, columns, unit, tz, feed_latency, shift_received, sort };
    let options = said.options()?;
    load_any(py, MarketKind::Quotes, data, &options)
}

/// Loads changes of the levels of an order book.
///
/// * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
///   interface (polars, pandas,
///   pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
///   instruments to any of these.
/// * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
///   the data.
/// * `columns` - meaning to name, such as `{"time": "my column"}`, for what is not found by its
///   usual name.
/// * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
/// * `tz` - zone of times that do not say theirs, such as "UTC".
/// * `book` - "snapshot" if the rows start with one (a column "snapshot" marks it), "build" if
///   they build an empty book.
/// * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
/// * `shift_received` - added to all receive times, to correct a recorder's clock.
/// * `sort` - whether rows out of order are sorted; else they are an error.
///
/// Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
/// a keyword.
#[pyfunction]
#[pyo3(signature = (
    data, *, instrument = None, columns = None, unit = None, tz = None, feed_latency = None,
    shift_received = None, sort = false, book = "snapshot"
))]
#[allow(clippy::too_many_arguments)] // one per keyword
pub(crate) fn depth(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    instrument: Option<&Bound<'_, PyAny>>,
    columns: Option<&Bound<'_, PyAny>>,
    unit: Option<&str>,
    tz: Option<&str>,
    feed_latency: Option<&Bound<'_, PyAny>>,
    shift_received: Option<&Bound<'_, PyAny>>,
    sort: bool,
    book: &str,
) -> PyResult<PyMarketData> {
    let said = Said { instrument, columns, unit, tz, feed_latency, shift_received, sort };
    let mut options = said.options()?;
    options.book = choice("book", book, &BookStart::NAMES)?;
    load_any(py, MarketKind::Depth, data, &options)
}

/// Loads what befell each single order of a book: market by order, the finest data of a market.
///
/// * `data` - a path, pattern or list of paths (Parquet, CSV, CSV.gz); a table with the Arrow
///   interface (polars, pandas,
///   pyarrow, duckdb); a mapping of names to arrays; a structured array; or a mapping of
///   instruments to any of these. Columns: time (or received), action, order_id, side, price,
///   quantity.
/// * `instrument` - an `Instrument`, or only its name; without one, tick and lot are read off
///   the data.
/// * `columns` - meaning to name, such as `{"order_id": "my column"}`, for what is not found by its
///   usual name.
/// * `unit` - "s", "ms", "us" or "ns" of integer times; recognised by their size if not given.
/// * `tz` - zone of times that do not say theirs, such as "UTC".
/// * `feed_latency` - from the venue to the strategy, such as "20ms", where the data do not say.
/// * `shift_received` - added to all receive times, to correct a recorder's clock.
/// * `sort` - whether rows out of order are sorted; else they are an error.
/// * `fills` - "reduce": a fill takes its quantity off the order; "report": it only tells of the
///   trade, and the cancel or modify that follows takes it off, as in feeds that send a trade, its
///   fills and their cancels. A trade and the fills that it is made of then count once.
///
/// Actions, by name or by letter, in any case (or as the integers 10, 11, 12, 13, 2, 3):
///
/// * "add" (A) - an order takes its place at the back of its price.
/// * "cancel" (C) - `quantity` leaves the order; 0 or nothing stands for all that it has left.
/// * "modify" (M) - a new price and open quantity: less at the same price keeps the place,
///   everything else goes to the back.
/// * "fill" (F) - `quantity` of the order traded and leaves it; `side` is that of the order.
/// * "trade" (T) - a trade that no order of the book made, with the aggressor's `side`.
/// * "clear" (R) - empties the book; price and quantity do not count. An order that is added again
///   at the same time, at its old price and with no more than it had, keeps its place.
///
/// Order ids are integers and may be used again once an order has ended. A side that is not known
/// or does not matter is "none" (N) or 0. The rows build an empty book; it may be crossed only
/// between rows of one time. A strategy sees the book by its levels (`on_book`), and fills and
/// trades in `on_trade`, unless `trades` of the instrument are given, too.
///
/// Raises `DataError` where the data break a rule, with file, row and column; `ConfigError` for
/// a keyword.
#[pyfunction]
#[pyo3(signature = (
    data, *, instrument = None, columns = None, unit = None, tz = None, feed_latency = None,
    shift_received = None, sort = false, fills = "reduce"
))]
#[allow(clippy::too_many_arguments)] // one per keyword
pub(crate) fn market_by_order(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    instrument: Option<&Bound<'_, PyAny>>,
    columns: Option<&Bound<'_, PyAny>>,
    unit: Option<&str>,
    tz: Option<&str>,
    feed_latency: Option<&Bound<'_, PyAny>>,
    shift_received: Option<&Bound<'_, PyAny>>,
    sort: bool,
    fills: &str,
) -> PyResult<PyMarketData> {
    let said = Said { instrument, columns, unit, tz, feed_latency, shift_received, sort };
    let mut options = said.options()?;
    options.fills = choice("fills", fills, &Fills::NAMES)?;
    load_any(py, MarketKind::MarketByOrder, data, &options)
}

/// A generated market, the same everywhere: "candles", "quotes", "trades", "depth" or "mbo".
#[pyfunction]
#[pyo3(signature = (name = "candles"))]
pub(crate) fn sample(py: Python<'_>, name: &str) -> PyResult<PyMarketData> {
    let kind = choice("sample", name, &MarketKind::NAMES)?;
    Ok(PyMarketData::new(vec![py.detach(|| generated::sample(kind))?])?)
}
