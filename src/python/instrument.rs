//! `Instrument`.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use rust_decimal::Decimal;

use crate::data::load::choice;
use crate::instrument::{Instrument, InstrumentKind, Rounding};
use crate::python::number::decimal;
use crate::python::rules;
use crate::rules::RuleName;

/// What is traded, and the rules of its venue: the smallest steps of prices and quantities.
///
/// * `name` - such as "BTC/USDT"; base and quote are read off it unless given.
/// * `tick` - smallest step of a price, in quote, > 0.
/// * `lot` - smallest step of a quantity, in base or contracts, > 0.
/// * `kind` - "spot", "perpetual", "future" or "option".
/// * `min_notional` - smallest price × quantity of an order, in quote; 0 for none.
/// * `multiplier` - base units in one contract, > 0, at most 1,000,000,000.
/// * `min_price`, `max_price` - bounds of a limit, in quote.
/// * `band` - a pair (up, down): a limit lies within the best price of the other side × these.
/// * `min_quantity`, `max_quantity`, `market_max_quantity` - bounds of an order, in base or
///   contracts; the last of a market order.
/// * `max_notional` - largest price × quantity of an order, in quote.
/// * `max_orders` - most working orders.
/// * `max_position` - largest position either way, with the working orders of that side.
/// * `rules` - what changes in time: rows of (time, rules by name), ascending, such as
///   `[("2024-03-01T00:00Z", {"tick": "0.1", "max_orders": None})]`; `None` lifts a rule, and
///   `"trading": False` stops all orders. Times as `start` of `backtest`.
///
/// An order that breaks a rule is denied with the rule's name as its reason.
/// Numbers may be text, `Decimal`, `int` or `float` (its shortest text counts).
/// Raises `ConfigError` for a rule out of range, `OrderError` for a number that is none.
#[pyclass(name = "Instrument", module = "barter_python", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PyInstrument(pub(crate) Arc<Instrument>);

#[pymethods]
impl PyInstrument {
    #[new]
    #[pyo3(signature = (
        name, *, tick, lot, kind = "spot", base = None, quote = None, min_notional = None,
        multiplier = None, min_price = None, max_price = None, band = None, min_quantity = None,
        max_quantity = None, market_max_quantity = None, max_notional = None, max_orders = None,
        max_position = None, rules = None
    ))]
    #[allow(clippy::too_many_arguments)] // one per field
    fn new(
        name: &str,
        tick: &Bound<'_, PyAny>,
        lot: &Bound<'_, PyAny>,
        kind: &str,
        base: Option<String>,
        quote: Option<String>,
        min_notional: Option<&Bound<'_, PyAny>>,
        multiplier: Option<&Bound<'_, PyAny>>,
        min_price: Option<&Bound<'_, PyAny>>,
        max_price: Option<&Bound<'_, PyAny>>,
        band: Option<&Bound<'_, PyAny>>,
        min_quantity: Option<&Bound<'_, PyAny>>,
        max_quantity: Option<&Bound<'_, PyAny>>,
        market_max_quantity: Option<&Bound<'_, PyAny>>,
        max_notional: Option<&Bound<'_, PyAny>>,
        max_orders: Option<&Bound<'_, PyAny>>,
        max_position: Option<&Bound<'_, PyAny>>,
        rules: Option<Vec<(Bound<'_, PyAny>, Bound<'_, PyDict>)>>,
    ) -> PyResult<Self> {
        let changes = rules::changes(rules.unwrap_or_default())?;
        let or = |field: &str, value: Option<&Bound<'_, PyAny>>, default: Decimal| {
            value.map_or(Ok(default), |value| decimal(field, value))
        };
        let mut rules = Instrument::new(name, decimal("tick", tick)?, decimal("lot", lot)?)?;
        rules.kind = choice("kind", kind, &InstrumentKind::NAMES)?;
        rules.base = base.unwrap_or(rules.base);
        rules.quote = quote.unwrap_or(rules.quote);
        rules.min_notional = or("min_notional", min_notional, Decimal::ZERO)?;
        rules.multiplier = or("multiplier", multiplier, Decimal::ONE)?;
        for value in
            [&mut rules.tick, &mut rules.lot, &mut rules.min_notional, &mut rules.multiplier]
        {
            *value = value.normalize();
        }
        rules.rules = rules::own(&[
            (RuleName::MinPrice, min_price),
            (RuleName::MaxPrice, max_price),
            (RuleName::Band, band),
            (RuleName::MinQuantity, min_quantity),
            (RuleName::MaxQuantity, max_quantity),
            (RuleName::MarketMaxQuantity, market_max_quantity),
            (RuleName::MaxNotional, max_notional),
            (RuleName::MaxOrders, max_orders),
            (RuleName::MaxPosition, max_position),
        ])?;
        rules.changes = changes;
        rules.check()?;
        Ok(Self(Arc::new(rules)))
    }

    /// Name within a run.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// Asset that is bought and sold.
    #[getter]
    fn base(&self) -> &str {
        &self.0.base
    }

    /// Asset that prices are in; "" if not known.
    #[getter]
    fn quote(&self) -> &str {
        &self.0.quote
    }

    /// "spot", "perpetual", "future" or "option".
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.name()
    }

    /// Smallest step of a price, in quote.
    #[getter]
    fn tick(&self) -> Decimal {
        self.0.tick
    }

    /// Smallest step of a quantity, in base or contracts.
    #[getter]
    fn lot(&self) -> Decimal {
        self.0.lot
    }

    /// Smallest price × quantity of an order, in quote.
    #[getter]
    fn min_notional(&self) -> Decimal {
        self.0.min_notional
    }

    /// Base units in one contract.
    #[getter]
    fn multiplier(&self) -> Decimal {
        self.0.multiplier
    }

    /// The further rules from the start, by name; `band` is a pair (up, down).
    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        rules::own_objects(py, &self.0)
    }

    /// Rows of (ns since 1970 UTC, rules by name): what changes from then on.
    #[getter]
    fn rules<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        rules::change_objects(py, &self.0)
    }

    /// True if tick and lot were read off data.
    #[getter]
    fn inferred(&self) -> bool {
        self.0.inferred
    }

    /// `price` moved to a tick: "down", "up" or "nearest" (half to even).
    #[pyo3(signature = (price, how = "down"))]
    fn round_price(&self, price: &Bound<'_, PyAny>, how: &str) -> PyResult<Decimal> {
        let how = choice("how", how, &ROUNDINGS)?;
        Ok(self.0.round_price(decimal("price", price)?, how))
    }

    /// `quantity` moved to a lot: "down", "up" or "nearest" (half to even).
    #[pyo3(signature = (quantity, how = "down"))]
    fn round_quantity(&self, quantity: &Bound<'_, PyAny>, how: &str) -> PyResult<Decimal> {
        let how = choice("how", how, &ROUNDINGS)?;
        Ok(self.0.round_quantity(decimal("quantity", quantity)?, how))
    }

    fn __repr__(&self) -> String {
        let Instrument { name, base, quote, kind, tick, lot, min_notional, multiplier, .. } =
            &*self.0;
        let (own_base, own_quote) = crate::instrument::split_name(name);
        let mut fields =
            vec![format!("{name:?}"), format!("tick=\"{tick}\""), format!("lot=\"{lot}\"")];
        if *kind != InstrumentKind::Spot {
            fields.push(format!("kind={:?}", kind.name()));
        }
        if *base != own_base {
            fields.push(format!("base={base:?}"));
        }
        if *quote != own_quote {
            fields.push(format!("quote={quote:?}"));
        }
        if !min_notional.is_zero() {
            fields.push(format!("min_notional=\"{min_notional}\""));
        }
        if *multiplier != Decimal::ONE {
            fields.push(format!("multiplier=\"{multiplier}\""));
        }
        fields.extend(rules::arguments(&self.0));
        format!("Instrument({})", fields.join(", "))
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let rules = &*self.0;
        let fields = rules::own_objects(py, rules)?;
        if !rules.changes.is_empty() {
            fields.set_item("rules", rules::change_objects(py, rules)?)?;
        }
        fields.set_item("tick", rules.tick)?;
        fields.set_item("lot", rules.lot)?;
        fields.set_item("kind", rules.kind.name())?;
        fields.set_item("base", &rules.base)?;
        fields.set_item("quote", &rules.quote)?;
        fields.set_item("min_notional", rules.min_notional)?;
        fields.set_item("multiplier", rules.multiplier)?;
        Ok((PyTuple::new(py, [&rules.name])?, fields))
    }
}

const ROUNDINGS: [(&str, Rounding); 3] =
    [("down", Rounding::Down), ("up", Rounding::Up), ("nearest", Rounding::Nearest)];

/// What a caller may say of an instrument: its rules, or only its name.
pub(crate) fn given(
    value: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Option<Instrument>, Option<String>)> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok((None, None)) };
    if let Ok(rules) = value.cast::<PyInstrument>() {
        return Ok((Some(Instrument::clone(&rules.get().0)), None));
    }
    if let Ok(name) = value.extract::<String>() {
        crate::instrument::check_name("instrument", &name)?;
        return Ok((None, Some(name)));
    }
    let kind = value.get_type().name()?;
    Err(PyTypeError::new_err(format!("instrument must be an Instrument or a name, got {kind}")))
}
