//! A curve of equity beside its benchmark, and the figures of both.

use std::sync::Arc;

use super::grid::{Grid, GridRules};
use super::summary::SummarySettings;
use crate::error::Result;
use crate::stats::{
    Compared, Conventions, Drawdowns, Figure, Reason, Returns, SECONDS_PER_YEAR, Value, beside,
    calmar, distribution, earned, fallen, growth,
};
use crate::time::{SECOND, Time, span_text};

/// Equity over time, as floats for figures.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// Rising times.
    pub times: Vec<Time>,
    /// As many; `None` without a price for something held.
    pub equity: Vec<Option<f64>>,
    /// What the benchmark was worth at each time, if there is one.
    pub benchmark: Option<Vec<f64>>,
    /// What that is.
    pub benchmark_name: String,
}

impl Track {
    /// The place of the first known equity: before the first price nothing can have been traded.
    pub(super) fn first(&self) -> usize {
        self.equity.iter().take_while(|equity| equity.is_none()).count()
    }

    /// Equity at the start and at the end.
    pub fn ends(&self) -> (Option<f64>, Option<f64>) {
        let known = &self.equity[self.first()..];
        (known.first().copied().flatten(), known.last().copied().flatten())
    }

    /// Between which points returns are taken.
    pub(super) fn grid(&self, rules: &GridRules<'_>, settings: &SummarySettings) -> Result<Grid> {
        let ruined = |equity: &Option<f64>| equity.is_some_and(|equity| equity <= 0.0);
        let last = self.equity.iter().position(ruined);
        let last = last.unwrap_or(self.times.len().saturating_sub(1));
        rules.grid(&self.times, self.first()..=last, settings)
    }

    /// Equity at the points of a grid; `None` if one is unknown, or there are none above 0.
    fn equity_on(&self, grid: &Grid) -> Option<Vec<f64>> {
        let values: Option<Vec<f64>> = grid.points.iter().map(|at| self.equity[*at]).collect();
        values.filter(|values| values.first().is_some_and(|first| *first > 0.0))
    }

    /// Returns by period; `None` if an equity is unknown.
    pub fn returns(&self, grid: &Grid) -> Option<Returns<'static>> {
        Returns::of_equity(&self.equity_on(grid)?, None).ok()
    }

    /// Every drawdown; `None` if an equity is unknown, or the start is not above 0.
    pub fn drawdowns(&self) -> Option<Drawdowns> {
        let known = &self.equity[self.first()..];
        let told = known.iter().all(Option::is_some);
        let start = known.first().copied().flatten().filter(|start| *start > 0.0);
        (told && start.is_some()).then(|| Drawdowns::new(known.iter().copied().flatten()))
    }

    /// Why a whole curve says nothing, if it does not.
    fn refused(&self) -> Option<Reason> {
        let known = &self.equity[self.first()..];
        match known.first() {
            None if self.equity.is_empty() => None, // that is too little, and said for each figure
            Some(Some(start)) if *start <= 0.0 => Some(Reason::Ruin),
            _ => (known.is_empty() || known.contains(&None)).then_some(Reason::MissingPrice),
        }
    }

    /// All figures that need nothing else.
    pub(super) fn figures(
        &self,
        grid: &Grid,
        settings: &SummarySettings,
        drawdowns: Option<&Drawdowns>,
        noted: &str,
    ) -> Result<Vec<Figure>> {
        let first = self.first();
        let seconds = |at: usize| self.times[first + at].ns() as f64 / SECOND as f64;
        let points = self.times.len() - first;
        let years = if points > 1 { seconds(points - 1) - seconds(0) } else { 0.0 };
        let by = Conventions {
            periods_per_year: grid.periods_per_year,
            risk_free: settings.risk_free,
            target: settings.target,
            years: Some(years / SECONDS_PER_YEAR),
            trials: settings.trials,
        };
        let returns = self.returns(grid);
        let refused = self.refused();
        let none = Drawdowns::new([]);
        let drawdowns = drawdowns.unwrap_or(&none);
        let returns = returns.map_or_else(|| Returns::new(Vec::new()), Ok)?;
        let held: Option<Vec<f64>> =
            self.benchmark.as_ref().map(|held| grid.points.iter().map(|at| held[*at]).collect());
        let other = held.map(|held| Returns::of_equity(&held, None)).transpose()?;
        let compared = match &other {
            Some(other) if other.len() >= returns.len() => {
                let other = &other.values()[..returns.len()];
                Some(Compared::new(&returns, returns.len(), other)?)
            }
            _ => None,
        };
        let mut figures = earned(&returns, drawdowns.max_drawdown(), &by)?;
        self.of_ends(&mut figures, years / SECONDS_PER_YEAR, drawdowns.max_drawdown());
        figures.extend(fallen(drawdowns, points, seconds));
        figures.extend(distribution(&returns));
        figures.extend(beside(&returns, compared.as_ref(), &by));
        let inputs = self.inputs(grid, settings, noted);
        for figure in &mut figures {
            figure.inputs = Arc::clone(&inputs);
            if figure.value.is_none() {
                figure.reason = refused.or(figure.reason);
            }
        }
        Ok(figures)
    }

    /// What the two ends say takes the place of what returns by period say: of a ruined run, whose
    /// returns end early, the end is told as it was.
    fn of_ends(&self, figures: &mut [Figure], years: f64, depth: Value) {
        let (Some(start), Some(end)) = self.ends() else { return };
        if start <= 0.0 {
            return;
        }
        for figure in figures {
            let ruined = figure.reason == Some(Reason::Ruin);
            let growth = || growth(libm::log(end / start), years, false);
            let value = match figure.definition.name {
                "total_return" => Reason::finite(end / start - 1.0),
                "cagr" if !ruined => growth(),
                "calmar" if !ruined => calmar(growth(), depth),
                _ => continue,
            };
            *figure = Figure::new(figure.definition.name, value, figure.count);
        }
    }

    /// What figures are computed from, in a sentence.
    fn inputs(&self, grid: &Grid, settings: &SummarySettings, noted: &str) -> Arc<str> {
        let when = |at: Option<&usize>| at.map_or(Time(0), |at| self.times[*at]);
        let benchmark = if self.benchmark.is_some() { &self.benchmark_name } else { "none" };
        format!(
            "{} returns of {} ({}) from {} to {}, A = {}, risk-free rate {}, target {}; drawdowns \
             from {} points of equity{noted}; benchmark: {benchmark}",
            grid.points.len().saturating_sub(1),
            span_text(grid.interval_ns),
            grid.calendar.name(),
            when(grid.points.first()),
            when(grid.points.last()),
            grid.periods_per_year,
            settings.risk_free,
            settings.target,
            self.times.len(),
        )
        .into()
    }
}
