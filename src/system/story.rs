//! The story of one order in lines: what happened, when, and why nothing else did.

use std::fmt;

use arrow::array::{RecordBatch, StringArray, UInt32Array};

use super::tables::{decimals, table, texts, times};
use crate::order::Reason;
use crate::time::Time;

/// Most lines of a story; the rest is counted.
pub const MAX_STEPS: usize = 1_000;

/// One line: an event, or several alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When, the first if there are several.
    pub time: Time,
    /// When the last of them was.
    pub until: Time,
    /// How many.
    pub count: u32,
    /// What: `sent`, `accepted`, `trade`, `filled`..
    pub event: &'static str,
    /// A code for why: a reason of the order's end, or of a fill that did not come.
    pub reason: &'static str,
    /// What it filled, raw.
    pub filled: i64,
    /// The sentence.
    pub text: String,
}

/// All lines of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The order in words.
    pub heading: String,
    /// The lines in the order of time.
    pub steps: Vec<Step>,
    /// Lines that there was no room for.
    pub left_out: usize,
    /// Decimal places of quantities.
    pub quantity_scale: u32,
}

impl Step {
    /// The sentence, with the end of the time that it speaks of.
    pub fn sentence(&self) -> String {
        if self.until == self.time {
            return self.text.clone();
        }
        format!("{} (until {})", self.text, self.until)
    }
}

impl Story {
    /// The lines as a table.
    pub fn table(&self) -> RecordBatch {
        let each = || self.steps.iter();
        let scale = self.quantity_scale;
        let filled = |step: &Step| (step.filled != 0).then_some((i128::from(step.filled), scale));
        let counts: UInt32Array = each().map(|step| Some(step.count)).collect();
        let said: StringArray = each().map(|step| Some(step.text.as_str())).collect();
        let reason = |step: &Step| (!step.reason.is_empty()).then_some(step.reason);
        let reasons: Vec<Option<&str>> = each().map(reason).collect();
        table(vec![
            ("time", times(each().map(|step| Some(step.time)))),
            ("until", times(each().map(|step| Some(step.until)))),
            ("count", std::sync::Arc::new(counts)),
            ("event", texts(each().map(|step| Some(step.event)))),
            ("reason", texts(reasons.into_iter())),
            ("filled", decimals(each().map(filled), scale)),
            ("text", std::sync::Arc::new(said)),
        ])
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.heading)?;
        let width = self.steps.iter().map(|step| step.event.len()).max().unwrap_or(0);
        let long = self.steps.iter().map(|step| step.time.to_string().len()).max().unwrap_or(0);
        for step in &self.steps {
            let time = step.time.to_string();
            write!(f, "\n  {time:<long$}  {:<width$}  {}", step.event, step.sentence())?;
        }
        if self.left_out > 0 {
            write!(f, "\n  and {} lines more", self.left_out)?;
        }
        Ok(())
    }
}

/// What a reason means, as the end of a sentence.
pub(super) fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::User => "the strategy asked for it",
        Reason::Ioc => "immediate or cancel: nothing more was there within its limit",
        Reason::Protection => "what was left lay beyond its protection price (max_slippage)",
        Reason::NoLiquidity => "nothing was left to take",
        Reason::NoPrice => "a price that it needs is not known",
        Reason::PostOnlyWouldCross => "post-only, and it would have taken",
        Reason::InsufficientFunds => "the money does not suffice",
        Reason::PriceTick => "the limit is not on a tick",
        Reason::LotStep => "the quantity is not a multiple of the lot",
        Reason::MinNotional => "price times quantity is below the venue's minimum",
        Reason::NotOpen => "the order was not open",
        Reason::Fok => "fill or kill: not everything was there within its limit",
        Reason::Expired => "its time had come",
        Reason::WouldTrigger => "its trigger was met on arrival already",
        Reason::SelfTrade => "it met an order of our own",
        Reason::ReduceOnly => "the position became smaller than what it reduces",
        Reason::ReduceOnlyNothingLeft => "there is no position left for it to reduce",
        Reason::ReduceOnlyUnsupported => "a cash account has no positions to reduce",
        Reason::NotAmendable => "orders of this kind keep their terms",
        Reason::Oco => "the order that it belongs to was filled or ended",
        Reason::OcoLeg => "an order that it belongs to was denied",
        Reason::Refused => "the venue never got the request",
        Reason::PriceRange => "the limit lies outside the venue's prices",
        Reason::PriceBand => "the limit lies too far from the market",
        Reason::LotRange => "the quantity is outside what the venue takes",
        Reason::MarketLotRange => "the quantity is too large for a market order",
        Reason::MaxNotional => "price times quantity is above the venue's maximum",
        Reason::MaxOrders => "the venue takes no further order of the instrument",
        Reason::MaxPosition => "the position could become too large",
        Reason::QuoteQuantity => "the rest of its amount pays for no whole lot",
        Reason::TradingDisabled => "trading was disabled",
        Reason::RiskPositionQuantity | Reason::RiskPositionNotional => {
            "the position could become larger than the risk limits allow"
        }
        Reason::RiskLeverage => "all positions could become too large for the equity",
        Reason::RiskExposure => "the position could become too large a part of the equity",
        Reason::TradingStatus => "the venue takes no orders at this time",
    }
}
