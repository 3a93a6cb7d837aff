//! What results are drawn from: thinned series as arrays, excerpts of tables as rows.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationNanosecondType, Float64Type, Int32Type,
    TimestampNanosecondType, UInt32Type,
};
use numpy::PyArray1;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::num::money;
use crate::replay::Window;
use crate::system::{
    Coverage, Line, Outcome, Prices, Summary, best_and_worst_trades, costs_table,
    deepest_drawdowns, first_and_last_trades, monthly_table, order_counts_table, positions_table,
    run_drawdowns_table, years_table,
};
use crate::time::Time;

/// A run between two moments as pictures need it; what draws results asks it, and nobody else.
#[pyclass(name = "Picture", module = "barter_python", frozen)]
pub(super) struct PyPicture {
    pub(super) outcome: Arc<Outcome>,
    pub(super) within: Window,
    pub(super) summary: Summary,
}

/// Rows by the names of their columns.
type Rows<'py> = Vec<Bound<'py, PyDict>>;

/// Arrays of a line: `time` in ns since 1970 UTC, and `value`.
fn line(py: Python<'_>, line: Line) -> PyResult<Bound<'_, PyDict>> {
    let named = PyDict::new(py);
    named.set_item("time", PyArray1::from_vec(py, line.times))?;
    named.set_item("value", PyArray1::from_vec(py, line.values))?;
    Ok(named)
}

/// The value in a row of a column: text for moments and exact numbers, ns for spans.
fn cell<'py>(
    py: Python<'py>,
    column: &dyn Array,
    row: usize,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if column.is_null(row) {
        return Ok(None);
    }
    let text = |text: &str| Ok(Some(text.into_pyobject(py)?.into_any()));
    let whole = |value: i64| Ok(Some(value.into_pyobject(py)?.into_any()));
    match column.data_type() {
        DataType::Timestamp(..) => {
            let ns = column.as_primitive::<TimestampNanosecondType>().value(row);
            text(&Time(ns).to_string())
        }
        DataType::Decimal128(_, places) => {
            let raw = column.as_primitive::<Decimal128Type>().value(row);
            text(&money(raw, u32::from(places.unsigned_abs())).to_string())
        }
        DataType::Float64 => {
            let value = column.as_primitive::<Float64Type>().value(row);
            Ok(Some(value.into_pyobject(py)?.into_any()))
        }
        DataType::Int32 => whole(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::UInt32 => whole(column.as_primitive::<UInt32Type>().value(row).into()),
        DataType::Duration(_) => whole(column.as_primitive::<DurationNanosecondType>().value(row)),
        _ => text(column.as_string::<i32>().value(row)),
    }
}

/// These rows of a table, each by the names of its columns.
fn rows<'py>(
    py: Python<'py>,
    table: &RecordBatch,
    places: impl IntoIterator<Item = usize>,
) -> PyResult<Rows<'py>> {
    let schema = table.schema();
    let row = |at: usize| {
        let named = PyDict::new(py);
        for (field, column) in schema.fields().iter().zip(table.columns()) {
            named.set_item(field.name(), cell(py, column, at)?)?;
        }
        Ok(named)
    };
    places.into_iter().map(row).collect()
}

impl PyPicture {
    fn known(&self, instrument: usize) -> PyResult<usize> {
        let count = self.outcome.context.world.specs.len();
        if instrument < count {
            return Ok(instrument);
        }
        Err(PyIndexError::new_err(format!("there are {count} instruments, got {instrument}")))
    }
}

#[pymethods]
impl PyPicture {
    /// "equity", "drawdown", "benchmark", "benchmark_drawdown" and "exposure", each a line with at
    /// most `points` points: `time` (int64 ns since 1970 UTC) and `value`.
    fn curves<'py>(&self, py: Python<'py>, points: usize) -> PyResult<Bound<'py, PyDict>> {
        let benchmark = self.summary.settings.benchmark;
        let curves = py.detach(|| self.outcome.curves(benchmark, self.within, points));
        let named = PyDict::new(py);
        named.set_item("equity", line(py, curves.equity)?)?;
        named.set_item("drawdown", line(py, curves.drawdown)?)?;
        named.set_item("benchmark", line(py, curves.benchmark)?)?;
        named.set_item("benchmark_drawdown", line(py, curves.benchmark_drawdown)?)?;
        named.set_item("exposure", line(py, curves.exposure)?)?;
        Ok(named)
    }

    /// The price of the instrument of this number: `time`, `open`, `high`, `low`, `close` and the
    /// `span` of a bar in ns, or a line, at most `points` of them.
    fn prices<'py>(
        &self,
        py: Python<'py>,
        instrument: usize,
        points: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let at = self.known(instrument)?;
        let bars = match py.detach(|| self.outcome.prices(at, self.within, points)) {
            Prices::Line(prices) => return line(py, prices),
            Prices::Bars(bars) => bars,
        };
        let named = PyDict::new(py);
        named.set_item("time", PyArray1::from_vec(py, bars.times))?;
        named.set_item("open", PyArray1::from_vec(py, bars.open))?;
        named.set_item("high", PyArray1::from_vec(py, bars.high))?;
        named.set_item("low", PyArray1::from_vec(py, bars.low))?;
        named.set_item("close", PyArray1::from_vec(py, bars.close))?;
        named.set_item("span", bars.span_ns)?;
        Ok(named)
    }

    /// Fills of the instrument of this number: `time`, `price`, `quantity`, `bought`, `order`, at
    /// most `points` of the `total`.
    fn fills<'py>(
        &self,
        py: Python<'py>,
        instrument: usize,
        points: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let at = self.known(instrument)?;
        let markers = py.detach(|| self.outcome.markers(at, self.within, points));
        let named = PyDict::new(py);
        named.set_item("time", PyArray1::from_vec(py, markers.times))?;
        named.set_item("price", PyArray1::from_vec(py, markers.prices))?;
        named.set_item("quantity", PyArray1::from_vec(py, markers.quantities))?;
        named.set_item("bought", PyArray1::from_vec(py, markers.bought))?;
        named.set_item("order", PyArray1::from_vec(py, markers.orders))?;
        named.set_item("total", markers.total)?;
        Ok(named)
    }

    /// How many candles were replayed, and how many there would be without gaps; `None` for data
    /// of other kinds.
    #[getter]
    fn coverage(&self) -> Option<(u64, u64)> {
        self.outcome.coverage().map(|Coverage { rows, full }| (rows, full))
    }

    /// Returns by month, and by year: rows of `monthly`, and `year`, `return`, `benchmark`.
    fn months<'py>(&self, py: Python<'py>) -> PyResult<(Rows<'py>, Rows<'py>)> {
        let months = py.detach(|| monthly_table(&self.outcome));
        let years = years_table(&months);
        Ok((rows(py, &months, 0..months.num_rows())?, rows(py, &years, 0..years.num_rows())?))
    }

    /// The `count` deepest rows of `drawdowns`, and how many there are.
    fn drawdowns<'py>(&self, py: Python<'py>, count: usize) -> PyResult<(Rows<'py>, usize)> {
        let table = py.detach(|| run_drawdowns_table(&self.outcome));
        Ok((rows(py, &table, deepest_drawdowns(&table, count))?, table.num_rows()))
    }

    /// Rows of `positions`: the first and last `each`, the best and the worst `each` of those that
    /// were closed, and how many there are.
    fn trades<'py>(&self, py: Python<'py>, each: usize) -> PyResult<(Rows<'py>, Rows<'py>, usize)> {
        let outcome = &self.outcome;
        let (table, ranked) = py.detach(|| {
            let trips = outcome.round_trips();
            (positions_table(outcome), best_and_worst_trades(outcome, &trips, each))
        });
        let count = table.num_rows();
        Ok((
            rows(py, &table, first_and_last_trades(count, each))?,
            rows(py, &table, ranked)?,
            count,
        ))
    }

    /// Rows of `costs`.
    fn costs<'py>(&self, py: Python<'py>) -> PyResult<Rows<'py>> {
        let table = costs_table(&self.summary);
        rows(py, &table, 0..table.num_rows())
    }

    /// Orders by `status` and `reason`, with their `count`.
    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Rows<'py>> {
        let table = py.detach(|| order_counts_table(&self.outcome));
        rows(py, &table, 0..table.num_rows())
    }
}
