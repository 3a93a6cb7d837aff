//! What takers get where no book shows it, as `SimulatedExchange` is told.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};
use rust_decimal::Decimal;

use super::exchange::share;
use crate::data::load::choice;
use crate::error::{Error, shown};
use crate::exchange::{BarFill, Slippage, TakingRules};
use crate::num::{Ratio, parse_decimal};

/// Most ticks of a slippage or of half a spread.
const MAX_TICKS: i64 = 1_000_000;
/// Basis points in one.
const POINTS: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

fn ticks(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    if value.is_instance_of::<PyBool>() {
        return Ok(None);
    }
    let Ok(ticks) = value.extract::<i64>() else { return Ok(None) };
    if !(0..=MAX_TICKS).contains(&ticks) {
        let text = format!("{what} must be 0 to {MAX_TICKS} ticks, got {ticks}");
        return Err(Error::Config(text).into());
    }
    Ok(Some(ticks))
}

fn slippage(value: &Bound<'_, PyAny>) -> PyResult<Slippage> {
    if let Some(ticks) = ticks("slippage", value)? {
        return Ok(Slippage::Ticks(ticks));
    }
    let bad = |seen: String| {
        let text = format!("slippage must be ticks, an int, or text like \"5bp\", got {seen}");
        Error::Config(text)
    };
    let Ok(text) = value.cast::<PyString>() else {
        return Err(bad(shown(&value.repr()?.to_string())).into());
    };
    let text = text.to_str()?;
    let points = text.trim().strip_suffix("bp").map(|points| parse_decimal("slippage", points));
    let Some(Ok(points)) = points else { return Err(bad(format!("\"{}\"", shown(text))).into()) };
    if !(Decimal::ZERO..POINTS).contains(&points) {
        return Err(Error::Config(format!("slippage must be 0bp to 9999bp, got {text}")).into());
    }
    Ok(Slippage::Part(Ratio::from_decimal(points / POINTS)))
}

fn participation(value: &Bound<'_, PyAny>) -> PyResult<Option<Ratio>> {
    let share = share("participation", value, "> 0% and <= 100%", |share| {
        share > Decimal::ZERO && share <= Decimal::ONE
    })?;
    Ok((share < Decimal::ONE).then(|| Ratio::from_decimal(share)))
}

/// The rules from what a caller gave; `None` for a default.
pub(super) fn given(
    slips: Option<&Bound<'_, PyAny>>,
    share: Option<&Bound<'_, PyAny>>,
    half_spread: Option<&Bound<'_, PyAny>>,
    gap_improvement: bool,
    bar_fill: &str,
) -> PyResult<TakingRules> {
    let default = TakingRules::default();
    let half_spread = match half_spread {
        None => default.half_spread,
        Some(value) => {
            if let Some(ticks) = ticks("half_spread", value)? {
                ticks
            } else {
                let seen = shown(&value.repr()?.to_string());
                let text = format!("half_spread must be ticks, an int, got {seen}");
                return Err(Error::Config(text).into());
            }
        }
    };
    Ok(TakingRules {
        slippage: slips.map_or(Ok(default.slippage), slippage)?,
        participation: share.map_or(Ok(None), participation)?,
        half_spread,
        gap_improvement,
        bar_fill: choice("bar_fill", bar_fill, &BarFill::NAMES)?,
    })
}

/// Settings that are not the default, as code: each begins with a comma.
pub(super) fn code(rules: &TakingRules) -> String {
    let default = TakingRules::default();
    let mut text = String::new();
    let mut say = |name: &str, value: String| text += &[", ", name, "=", &value].concat();
    match rules.slippage {
        Slippage::Ticks(0) => {}
        Slippage::Ticks(ticks) => say("slippage", ticks.to_string()),
        Slippage::Part(part) => {
            let points = (part.to_decimal() * POINTS).normalize();
            say("slippage", format!("'{points}bp'"));
        }
    }
    if let Some(share) = rules.participation {
        say("participation", format!("'{}'", share.to_decimal()));
    }
    if rules.half_spread != default.half_spread {
        say("half_spread", rules.half_spread.to_string());
    }
    if rules.gap_improvement {
        say("gap_improvement", "True".to_owned());
    }
    if rules.bar_fill != default.bar_fill {
        say("bar_fill", format!("'{}'", rules.bar_fill.name()));
    }
    text
}
