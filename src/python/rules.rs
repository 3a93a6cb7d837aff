//! An instrument's further rules, as a caller writes them and as code.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyDictMethods, PyList, PyTuple};

use super::number::decimal;
use super::time::moment;
use crate::data::load::choice;
use crate::instrument::Instrument;
use crate::rules::{RuleChange, RuleName, RuleValue};

/// The value of one rule; `None` for none.
fn value(name: RuleName, given: &Bound<'_, PyAny>) -> PyResult<Option<RuleValue>> {
    if given.is_none() {
        return Ok(None);
    }
    let field = name.name();
    let wrong = |what: &str| {
        let seen = given.get_type().name().map_or("?".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!("{field} must be {what}, got {seen}"))
    };
    Ok(Some(match name {
        RuleName::Trading => {
            let switch = given.cast::<PyBool>().map_err(|_| wrong("True or False"))?;
            RuleValue::Switch(switch.is_true())
        }
        RuleName::Band => {
            type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);
            let (up, down): Pair<'_> = given.extract().map_err(|_| wrong("a pair (up, down)"))?;
            let (up, down) = (decimal(field, &up)?, decimal(field, &down)?);
            RuleValue::Band { up: up.normalize(), down: down.normalize() }
        }
        _ => RuleValue::Number(decimal(field, given)?.normalize()),
    }))
}

/// The rules that were given, in their order.
pub(super) fn own(
    given: &[(RuleName, Option<&Bound<'_, PyAny>>)],
) -> PyResult<Vec<(RuleName, RuleValue)>> {
    let mut rules = Vec::new();
    for (name, given) in given {
        if let Some(given) = given
            && let Some(value) = value(*name, given)?
        {
            rules.push((*name, value));
        }
    }
    Ok(rules)
}

/// Rows of (time, rules by name).
pub(super) fn changes(
    rows: Vec<(Bound<'_, PyAny>, Bound<'_, PyDict>)>,
) -> PyResult<Vec<RuleChange>> {
    let change = |(from, fields): (Bound<'_, PyAny>, Bound<'_, PyDict>)| {
        let rule = |(name, given): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            let name: String = name.extract()?;
            let name = choice("rules", &name, &RuleName::NAMES)?;
            Ok((name, value(name, &given)?))
        };
        let mut rules: Vec<_> = fields.iter().map(rule).collect::<PyResult<_>>()?;
        rules.sort_by_key(|(name, _)| *name);
        Ok(RuleChange { from: moment("rules", &from)?, rules })
    };
    rows.into_iter().map(change).collect()
}

/// A rule as a value of Python.
fn object(py: Python<'_>, value: Option<RuleValue>) -> PyResult<Bound<'_, PyAny>> {
    match value {
        None => Ok(py.None().into_bound(py)),
        Some(RuleValue::Number(number)) => Ok(number.into_pyobject(py)?.into_any()),
        Some(RuleValue::Band { up, down }) => Ok((up, down).into_pyobject(py)?.into_any()),
        Some(RuleValue::Switch(switch)) => Ok(PyBool::new(py, switch).to_owned().into_any()),
    }
}

/// The rules by name.
pub(super) fn own_objects<'py>(
    py: Python<'py>,
    instrument: &Instrument,
) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    for (name, value) in &instrument.rules {
        fields.set_item(name.name(), object(py, Some(*value))?)?;
    }
    Ok(fields)
}

/// Rows of (ns, rules by name).
pub(super) fn change_objects<'py>(
    py: Python<'py>,
    instrument: &Instrument,
) -> PyResult<Bound<'py, PyList>> {
    let rows = PyList::empty(py);
    for change in &instrument.changes {
        let fields = PyDict::new(py);
        for (name, value) in &change.rules {
            fields.set_item(name.name(), object(py, *value)?)?;
        }
        let row =
            PyTuple::new(py, [change.from.ns().into_pyobject(py)?.into_any(), fields.into_any()])?;
        rows.append(row)?;
    }
    Ok(rows)
}

fn code(value: Option<RuleValue>) -> String {
    match value {
        None => "None".to_owned(),
        Some(RuleValue::Number(number)) => format!("\"{number}\""),
        Some(RuleValue::Band { up, down }) => format!("(\"{up}\", \"{down}\")"),
        Some(RuleValue::Switch(true)) => "True".to_owned(),
        Some(RuleValue::Switch(false)) => "False".to_owned(),
    }
}

/// The arguments that say these rules.
pub(super) fn arguments(instrument: &Instrument) -> Vec<String> {
    let own = instrument.rules.iter();
    let mut fields: Vec<String> =
        own.map(|(name, value)| format!("{}={}", name.name(), code(Some(*value)))).collect();
    if !instrument.changes.is_empty() {
        let row = |change: &RuleChange| {
            let rules = change.rules.iter();
            let rules = rules.map(|(name, value)| format!("\"{}\": {}", name.name(), code(*value)));
            let rules: Vec<String> = rules.collect();
            format!("({}, {{{}}})", change.from.ns(), rules.join(", "))
        };
        let rows: Vec<String> = instrument.changes.iter().map(row).collect();
        fields.push(format!("rules=[{}]", rows.join(", ")));
    }
    fields
}
