//! What was earned, and what was earned for the risk.
//!
//! `periods_per_year` is > 0; risk-free rate and target are per year, > -1, and per period
//! `(1 + R)^(1 / periods_per_year) - 1`.

use super::reason::{Reason, Value};
use super::returns::Returns;
use super::sums::{sum, sum_of, sums};
use crate::error::{Error, Result};

/// Days of a year on the average.
pub const DAYS_PER_YEAR: f64 = 365.25;
/// Seconds of it.
pub const SECONDS_PER_YEAR: f64 = DAYS_PER_YEAR * 86_400.0;
/// Growth by the year is not told of less.
const LEAST_DAYS: f64 = 30.0;

/// A rate per year as one per period.
pub fn per_period(rate: f64, periods_per_year: f64) -> f64 {
    libm::expm1(libm::log1p(rate) / periods_per_year)
}

/// Refuses a number of periods that no year has.
pub fn check_periods(periods_per_year: f64) -> Result<()> {
    if periods_per_year.is_finite() && periods_per_year > 0.0 {
        return Ok(());
    }
    let seen = periods_per_year;
    Err(Error::Config(format!("periods_per_year must be > 0 and finite, got {seen}")))
}

/// Refuses a rate that loses all, or more.
pub fn check_rate(what: &str, rate: f64) -> Result<()> {
    if rate.is_finite() && rate > -1.0 {
        return Ok(());
    }
    Err(Error::Config(format!("{what} must be > -1 and finite, a fraction per year, got {rate}")))
}

/// Compound growth per year of what grew by `log_growth`, a natural logarithm, in `years`. `None`
/// below 30 days unless `short`.
pub fn growth(log_growth: f64, years: f64, short: bool) -> Value {
    if years <= 0.0 || (!short && years * DAYS_PER_YEAR < LEAST_DAYS) {
        return Err(Reason::TooShort);
    }
    Reason::finite(libm::expm1(log_growth / years))
}

/// Growth per year of a series that lasted `years`.
pub fn cagr(returns: &Returns<'_>, years: f64, short: bool) -> Value {
    returns.at_least(2)?;
    growth(returns.log_growth(), years, short)
}

/// Sample deviation of a year: that of a period times the root of their number.
pub fn volatility(returns: &Returns<'_>, periods_per_year: f64) -> Value {
    returns.at_least(2)?;
    Reason::finite(returns.moments().deviation() * periods_per_year.sqrt())
}

/// Mean over sample deviation of the returns above the risk-free rate, per period.
pub fn sharpe_per_period(returns: &Returns<'_>, risk_free: f64, periods_per_year: f64) -> Value {
    let dispersion = returns.dispersion()?;
    Reason::finite((returns.mean() - per_period(risk_free, periods_per_year)) / dispersion)
}

/// The same of a year.
pub fn sharpe(returns: &Returns<'_>, periods_per_year: f64, risk_free: f64) -> Value {
    let ratio = sharpe_per_period(returns, risk_free, periods_per_year)?;
    Reason::finite(ratio * periods_per_year.sqrt())
}

/// Mean of the returns above the target over the root of the mean square of what fell short of it,
/// of a year. All returns count in that mean, also those above the target.
pub fn sortino(returns: &Returns<'_>, periods_per_year: f64, target: f64) -> Value {
    returns.at_least(2)?;
    let target = per_period(target, periods_per_year);
    let short = |value: f64| (value - target).min(0.0);
    let squares = sum_of(returns.values(), |value| short(value) * short(value));
    if squares == 0.0 {
        return Err(Reason::NoLosses);
    }
    let below = (squares / returns.len() as f64).sqrt();
    Reason::finite((returns.mean() - target) / below * periods_per_year.sqrt())
}

/// What lay above a threshold per period over what lay below it.
pub fn omega(returns: &Returns<'_>, threshold: f64) -> Value {
    returns.at_least(2)?;
    let values = returns.values();
    let [above, below] = sums(values.len(), |at| {
        [(values[at] - threshold).max(0.0), (threshold - values[at]).max(0.0)]
    });
    if below == 0.0 {
        return Err(Reason::NoLosses);
    }
    Reason::finite(above / below)
}

/// Growth per year over the size of the deepest drawdown.
pub fn calmar(growth: Value, max_drawdown: Value) -> Value {
    let growth = growth?;
    match max_drawdown? {
        depth if depth < 0.0 => Reason::finite(growth / -depth),
        _ => Err(Reason::NoDrawdown),
    }
}

/// The greatest return of a period.
pub fn best(returns: &Returns<'_>) -> Value {
    extreme(returns, |one, other| if other > one { other } else { one })
}

/// The least.
pub fn worst(returns: &Returns<'_>) -> Value {
    extreme(returns, |one, other| if other < one { other } else { one })
}

fn extreme(returns: &Returns<'_>, better: impl Fn(f64, f64) -> f64) -> Value {
    let first = *returns.values().first().ok_or(Reason::TooFew)?;
    let mut found = [first; LANES];
    let (parts, rest) = returns.values().as_chunks::<LANES>();
    for part in parts {
        for (found, value) in found.iter_mut().zip(part) {
            *found = better(*found, *value);
        }
    }
    Ok(found.into_iter().chain(rest.iter().copied()).fold(first, better))
}

/// Values looked at side by side.
const LANES: usize = 8;

/// Share of the periods with a return above 0.
pub fn positive_share(returns: &Returns<'_>) -> Value {
    if returns.is_empty() {
        return Err(Reason::TooFew);
    }
    let above = returns.values().iter().filter(|value| **value > 0.0).count();
    Ok(above as f64 / returns.len() as f64)
}

/// The Sharpe ratio of a year that counts how returns follow one another:
/// `s * q / sqrt(q + 2 Σ (q - k) ρ_k)`, k from 1 to q - 1, with q periods a year.
///
/// Source: "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4), 2002.
pub fn adjusted_sharpe(returns: &Returns<'_>, periods_per_year: f64, risk_free: f64) -> Value {
    returns.at_least(LEAST_FOR_LAGS)?;
    let ratio = sharpe_per_period(returns, risk_free, periods_per_year)?;
    let lags = periods_per_year.round().max(1.0);
    // The sum over lags without lags: of all stretches of q neighbours, padded with zeros, the sums
    // of deviations, squared, add up to Σ d² times q + 2 Σ (q - k) ρ_k.
    let (values, n, mean) = (returns.values(), returns.len(), returns.mean());
    let width = (lags as usize).min(n);
    let mut running = 0.0;
    let mut before = Vec::with_capacity(n + 1);
    before.push(0.0);
    for value in values {
        running += value - mean;
        before.push(running);
    }
    let squared = |start: usize, end: usize| {
        let stretch = before[end] - before[start];
        stretch * stretch
    };
    // Stretches that begin before the series, lie in it, and end behind it.
    let leading = sum(width, |end| squared(0, end));
    let inner = sum(n + 1 - width, |start| squared(start, start + width));
    let trailing = sum(width, |back| squared(n - back, n));
    // Beyond the length of the series a stretch covers all of it, whose deviations add up to 0.
    let spread = (leading + inner + trailing) / returns.moments().squares;
    if spread <= 1e-12 * lags {
        return Err(Reason::ZeroDispersion);
    }
    Reason::finite(ratio * lags / spread.sqrt())
}

/// Returns that say something about how they follow one another.
const LEAST_FOR_LAGS: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The short cut over stretches is the sum over lags of the formula.
        #[test]
        fn stretches_are_lags(
            values in prop::collection::vec(-0.1f64..0.1, 30..80), year in 1u32..120
        ) {
            let returns = Returns::new(&values[..]).expect("finite");
            let (n, q) = (values.len(), f64::from(year));
            let mean = values.iter().sum::<f64>() / n as f64;
            let product = |k: usize| -> f64 {
                (0..n - k).map(|t| (values[t] - mean) * (values[t + k] - mean)).sum()
            };
            let lags = (1..n.min(year as usize)).map(|k| (q - k as f64) * product(k) / product(0));
            let spread = q + 2.0 * lags.sum::<f64>();
            prop_assume!(spread > 1e-6);
            let ratio = sharpe_per_period(&returns, 0.0, q).expect("dispersed");
            let expected = ratio * q / spread.sqrt();
            let found = adjusted_sharpe(&returns, q, 0.0).expect("defined");
            prop_assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1e-6));
        }
    }
}
