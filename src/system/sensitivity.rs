//! How much of a profit hangs on the order of highs and lows that candles do not tell.

use std::fmt;

use rust_decimal::Decimal;

use super::outcome::Outcome;
use crate::exchange::CandlePath;
use crate::market::{DataSet, MarketKind};
use crate::num::money;

/// Profits of one strategy over the same data under every path within a candle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathSensitivity {
    /// What profits are in.
    pub currency: String,
    /// Profit by path; `None` where equity was unknown. Empty if there is nothing to vary.
    pub profits: Vec<(CandlePath, Option<Decimal>)>,
    /// Candles that left the order of two orders open, in the run as it was assumed.
    pub ambiguous: u64,
}

/// True if any instrument of `data` is matched on candles, so that a path is assumed at all.
pub fn is_path_assumed(data: &DataSet) -> bool {
    (0..data.listings.len()).any(|at| {
        let mut kinds = data.streams.iter().filter(|stream| stream.instrument.at() == at);
        kinds.all(|stream| stream.series.kind() == MarketKind::Candles)
    })
}

/// End less start equity of a run.
pub fn profit(outcome: &Outcome) -> Option<Decimal> {
    let world = &outcome.context.world;
    let places = world.assets[world.currency.at()].places;
    let (start, end) = outcome.ends();
    let (start, end) = (start?, end?);
    Some(money(end - start, places))
}

impl PathSensitivity {
    /// Profit under one path.
    pub fn of(&self, path: CandlePath) -> Option<Decimal> {
        self.profits.iter().find(|(known, _)| *known == path).and_then(|(_, profit)| *profit)
    }

    /// The least and the greatest profit; `None` if there are none or one is unknown.
    pub fn range(&self) -> Option<(Decimal, Decimal)> {
        let known: Option<Vec<Decimal>> = self.profits.iter().map(|(_, profit)| *profit).collect();
        let known = known?;
        known.iter().min().copied().zip(known.iter().max().copied())
    }

    /// True if one path makes a profit and another one a loss.
    pub fn straddles_zero(&self) -> bool {
        self.range().is_some_and(|(least, most)| least < Decimal::ZERO && most > Decimal::ZERO)
    }

    fn signed(&self, path: CandlePath) -> String {
        match self.of(path) {
            None => "unknown".to_owned(),
            Some(profit) if profit > Decimal::ZERO => format!("+{profit}"),
            Some(profit) => profit.to_string(),
        }
    }
}

impl fmt::Display for PathSensitivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.profits.is_empty() {
            return f.write_str(
                "Nothing to vary: no instrument of this run is matched on candles, so no order of \
                 highs and lows was assumed.",
            );
        }
        let [low, high, adverse, nearer] =
            [CandlePath::LowFirst, CandlePath::HighFirst, CandlePath::Adverse, CandlePath::Nearer]
                .map(|path| self.signed(path));
        let currency = &self.currency;
        write!(
            f,
            "Profit is {low} {currency} if every candle visits its low first and {high} \
             {currency} if its high (adverse {adverse}, nearer {nearer}). "
        )?;
        let plural = if self.ambiguous == 1 { " is" } else { "s are" };
        let count = format!("{} candle{plural} ambiguous", self.ambiguous);
        match self.range() {
            None => write!(f, "{count}; equity is not known under every path."),
            Some((least, most)) if least == most => {
                write!(f, "{count}; the path makes no difference.")
            }
            Some(_) if self.straddles_zero() => write!(
                f,
                "{count}; the range straddles zero: these candles cannot tell a profit from a loss."
            ),
            Some((least, most)) => {
                write!(f, "{count}; the paths differ by {} {currency}.", (most - least).normalize())
            }
        }
    }
}
