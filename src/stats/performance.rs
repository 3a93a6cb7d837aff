//! All figures of a series of returns.

use super::benchmark::Compared;
use super::confidence::{expected_best, minimum_track_record, probabilistic_sharpe, sharpe_error};
use super::drawdown::Drawdowns;
use super::figure::Figure;
use super::ratios::{
    adjusted_sharpe, best, cagr, calmar, omega, per_period, positive_share, sharpe, sortino,
    volatility, worst,
};
use super::reason::{Reason, Value};
use super::returns::Returns;
use super::tails::{Tails, adjusted_kurtosis, adjusted_skew, kurtosis, skew};
use crate::error::Result;

/// Share of the periods that counts as a tail.
const TAIL: f64 = 0.05;
/// Confidence of the minimum track record.
const CONFIDENCE: f64 = 0.95;

/// What figures of a series are told by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conventions {
    /// Periods per year, > 0.
    pub periods_per_year: f64,
    /// Rate per year that costs no risk, > -1.
    pub risk_free: f64,
    /// Least acceptable return per year, > -1.
    pub target: f64,
    /// How long the series lasted, in years; `None` for as long as its periods say.
    pub years: Option<f64>,
    /// How many trials it is the best of, and the variance of their Sharpe ratios per period.
    pub trials: Option<(f64, f64)>,
}

impl Default for Conventions {
    fn default() -> Self {
        Self { periods_per_year: 365.0, risk_free: 0.0, target: 0.0, years: None, trials: None }
    }
}

/// Every figure of `returns`, beside those of a `benchmark` if there is one; what is told of
/// drawdowns is of the same series.
pub fn performance(
    returns: &Returns<'_>,
    benchmark: Option<&Compared<'_>>,
    by: &Conventions,
) -> Result<Vec<Figure>> {
    let drawdowns = Drawdowns::new(returns.equity());
    // Without dates a year has 365 days, so that a day is a day.
    let seconds = 365.0 * 86_400.0 / by.periods_per_year;
    let mut figures = earned(returns, drawdowns.max_drawdown(), by)?;
    figures.extend(fallen(&drawdowns, returns.len() + 1, |at| at as f64 * seconds));
    figures.extend(distribution(returns));
    figures.extend(beside(returns, benchmark, by));
    Ok(figures)
}

/// What was earned, and for which risk.
pub fn earned(returns: &Returns<'_>, max_drawdown: Value, by: &Conventions) -> Result<Vec<Figure>> {
    let Conventions { periods_per_year: year, risk_free, target, .. } = *by;
    let figure = |name, value| Figure::new(name, value, returns.len());
    let years = by.years.unwrap_or(returns.len() as f64 / year);
    let growth = cagr(returns, years, false);
    let rate = per_period(risk_free, year);
    let deflated = match by.trials {
        None => Err(Reason::NoTrials),
        Some((trials, variance)) => {
            let best = expected_best(trials, variance)?;
            probabilistic_sharpe(returns, rate, best, false)
        }
    };
    let mut ratio = figure("sharpe", sharpe(returns, year, risk_free));
    ratio.error = sharpe_error(returns, year, risk_free).ok();
    Ok(vec![
        figure("total_return", returns.total()),
        figure("cagr", growth),
        figure("volatility", volatility(returns, year)),
        ratio,
        figure("adjusted_sharpe", adjusted_sharpe(returns, year, risk_free)),
        figure("probabilistic_sharpe", probabilistic_sharpe(returns, rate, 0.0, false)),
        figure("deflated_sharpe", deflated),
        figure("minimum_track_record", minimum_track_record(returns, rate, 0.0, CONFIDENCE)),
        figure("sortino", sortino(returns, year, target)),
        figure("calmar", calmar(growth, max_drawdown)),
        figure("omega", omega(returns, 0.0)),
    ])
}

/// How far a curve fell. `when` tells the seconds of an index.
pub fn fallen(drawdowns: &Drawdowns, points: usize, when: impl Fn(usize) -> f64) -> [Figure; 5] {
    let each = drawdowns.all.len();
    [
        Figure::new("max_drawdown", drawdowns.max_drawdown(), points),
        Figure::new("average_drawdown", drawdowns.average_drawdown(), each),
        Figure::new("pain", drawdowns.pain(), points),
        Figure::new("ulcer", drawdowns.ulcer(), points),
        Figure::new("longest_drawdown", drawdowns.longest(when), each),
    ]
}

/// How returns are spread.
pub fn distribution(returns: &Returns<'_>) -> [Figure; 10] {
    let figure = |name, value| Figure::new(name, value, returns.len());
    let mut tails = Tails::new(returns);
    let few = |figure: Figure, tails: &Tails| match figure.value {
        Some(_) if tails.too_few(TAIL) => Figure { reason: Some(Reason::TooFew), ..figure },
        _ => figure,
    };
    let at_risk = figure("value_at_risk", tails.value_at_risk(TAIL));
    let shortfall = figure("expected_shortfall", tails.expected_shortfall(TAIL));
    [
        figure("best", best(returns)),
        figure("worst", worst(returns)),
        figure("positive_share", positive_share(returns)),
        figure("skew", skew(returns)),
        figure("adjusted_skew", adjusted_skew(returns)),
        figure("kurtosis", kurtosis(returns)),
        figure("adjusted_kurtosis", adjusted_kurtosis(returns)),
        few(at_risk, &tails),
        few(shortfall, &tails),
        figure("tail_ratio", tails.ratio()),
    ]
}

/// A series beside its benchmark.
pub fn beside(
    returns: &Returns<'_>,
    benchmark: Option<&Compared<'_>>,
    by: &Conventions,
) -> [Figure; 7] {
    let Conventions { periods_per_year: year, risk_free, .. } = *by;
    let figure = |name, value: &dyn Fn(&Compared<'_>) -> Value| {
        let value = match benchmark {
            None if returns.is_ruined() => Err(Reason::Ruin),
            None => Err(Reason::NoBenchmark),
            Some(compared) => value(compared),
        };
        Figure::new(name, value, returns.len())
    };
    [
        figure("benchmark_return", &|compared| compared.benchmark_return()),
        figure("beta", &|compared| compared.beta()),
        figure("alpha", &|compared| compared.alpha(year, risk_free)),
        figure("arithmetic_alpha", &|compared| compared.arithmetic_alpha(year, risk_free)),
        figure("correlation", &|compared| compared.correlation()),
        figure("tracking_error", &|compared| compared.tracking_error(year)),
        figure("information_ratio", &|compared| compared.information_ratio(year)),
    ]
}
