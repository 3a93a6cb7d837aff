//! What a run took for granted, in sentences. Optimistic choices are marked.

use rust_decimal::Decimal;

use super::backtest::BacktestSettings;
use super::observed::observed;
use super::outcome::Outcome;
use crate::account::AccountKind;
use crate::exchange::{
    BarFill, CandlePath, ExchangeSettings, FeeAsset, FeeTier, Fees, QueueModel, Share, Slippage,
    Weight,
};
use crate::market::{Arrival, Columns, DataSet, MarketKind, Series};
use crate::num::Ratio;
use crate::time::span_text;

/// One assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// What it is about.
    pub topic: &'static str,
    /// What is assumed.
    pub text: String,
    /// True if it can only flatter the result.
    pub optimistic: bool,
}

/// Market orders that may pay more than this beyond the best price are called optimistic.
const USUAL_SLIPPAGE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

/// All assumptions of a run, and what it did that bears on them, in a fixed order.
pub(super) fn assumptions(outcome: &Outcome) -> Vec<Assumption> {
    let mut list = Vec::new();
    if outcome.fed.is_some() {
        let text = "events are seen at their time at the exchange, tables as they say".to_owned();
        list.push(Assumption { topic: "data", text, optimistic: true });
    }
    list.extend(settled(&outcome.data, &outcome.kinds(), &outcome.settings));
    list.extend(observed(outcome));
    list
}

/// What settings and data say before anything happens.
fn settled(
    data: &DataSet,
    shown_by: &[Vec<MarketKind>],
    settings: &BacktestSettings,
) -> Vec<Assumption> {
    let mut list = Vec::new();
    let mut say =
        |topic, text: String, optimistic| list.push(Assumption { topic, text, optimistic });
    let exchange = &settings.exchange;
    for stream in data.streams.iter() {
        let series = &stream.series;
        let at_once = series.arrival == Arrival::Latency(0);
        say("data", data_text(series), at_once && series.kind() != MarketKind::Candles);
    }
    for at in 0..data.listings.len() {
        let instrument = &data.listings[at].instrument;
        let name = &instrument.name;
        if !(instrument.rules.is_empty() && instrument.changes.is_empty()) {
            let names: Vec<&str> = instrument.rules.iter().map(|(name, _)| name.name()).collect();
            let checked = if names.is_empty() { "no others" } else { &names.join(", ") };
            let text = format!(
                "{name}: beside tick, lot and min_notional {checked}; they change {} times",
                instrument.changes.len()
            );
            say("rules", text, false);
        }
        if let Some(kinds) = shown_by.get(at).filter(|kinds| !kinds.is_empty()) {
            matching(&mut say, name, kinds, exchange);
        }
    }
    for stream in data.streams.iter() {
        if matches!(&stream.series.columns, Columns::Candles { volume: None, .. }) {
            let name = &stream.series.instrument.name;
            say("volume", format!("{name}: candles without volume fill any quantity"), true);
        }
    }
    let bars_only = shown_by.iter().flatten().all(|kind| *kind == MarketKind::Candles);
    venues(&mut say, exchange, bars_only);
    if exchange.is_random() {
        say("seed", format!("all draws come from seed {}", exchange.seed), false);
    }
    let account = match exchange.account {
        AccountKind::Cash => "cash: assets change hands, no shorts, no borrowing".to_owned(),
        AccountKind::Linear { leverage } => {
            format!("linear: signed positions, leverage {leverage}, no funding, no liquidation")
        }
    };
    // Nobody is liquidated and nobody pays funding yet.
    say("account", account, exchange.account != AccountKind::Cash);
    let slippage = percent(exchange.max_slippage);
    say(
        "market orders",
        format!("take up to {slippage} beyond the best price, the rest ends"),
        exchange.max_slippage > USUAL_SLIPPAGE,
    );
    if exchange.allow_immediate == Some(true) {
        let text = "an order whose trigger is met on arrival fires instead of being refused";
        say("triggers", text.to_owned(), !bars_only);
    }
    say("impact", "recorded markets do not react to these orders".to_owned(), true);
    list
}

pub(super) fn percent(rate: Decimal) -> String {
    format!("{}%", (rate * Decimal::ONE_HUNDRED).normalize())
}

/// What each venue charges, and how far it is.
fn venues(
    say: &mut impl FnMut(&'static str, String, bool),
    exchange: &ExchangeSettings,
    bars_only: bool,
) {
    let each = exchange.venues.iter();
    let mut venues: Vec<_> =
        each.map(|one| (format!("{}: ", one.name), &one.fees, &one.latency)).collect();
    if venues.is_empty() {
        venues.push((String::new(), &exchange.fees, &exchange.latency));
    }
    for (venue, charged, _) in &venues {
        let mut of_venue = |rule, text, optimistic| say(rule, format!("{venue}{text}"), optimistic);
        fees(&mut of_venue, charged);
    }
    for (venue, _, latency) in &venues {
        say("latency", format!("{venue}{latency}"), latency.is_zero() && !bars_only);
    }
}

/// What is charged, and what it is paid in.
fn fees(say: &mut impl FnMut(&'static str, String, bool), fees: &Fees) {
    let rungs = fees.rungs();
    let amounts = !(fees.flat.is_zero() && fees.per_contract.is_zero());
    let free = |rung: &FeeTier| rung.taker <= Decimal::ZERO && !amounts;
    let pays = |rung: &FeeTier| rung.maker < Decimal::ZERO || rung.taker < Decimal::ZERO;
    for rung in &rungs {
        let (maker, taker) = (percent(rung.maker), percent(rung.taker));
        let from = if rungs.len() > 1 {
            format!(" from {} traded in 30 days of this run", rung.from.normalize())
        } else {
            String::new()
        };
        let text = format!("maker {maker}, taker {taker} of the notional{from}");
        say("fees", text, free(rung) || pays(rung));
    }
    if amounts {
        let Fees { flat, per_contract, .. } = fees;
        say("fees", format!("{flat} for each fill, {per_contract} for each contract"), false);
    }
    match &fees.paid_in {
        FeeAsset::Quote => {}
        FeeAsset::Base => {
            say("fees", "a buy pays out of what it receives, a sell in quote".to_owned(), false);
        }
        FeeAsset::Other { name, price } => {
            let constant = price.map_or(String::new(), |price| format!(", else at {price} each"));
            let text =
                format!("paid in {name} at its market price{constant}; in quote where it is short");
            say("fees", text, false);
        }
    }
}

fn data_text(series: &Series) -> String {
    let arrival = match &series.arrival {
        Arrival::Latency(0) => "seen without delay".to_owned(),
        Arrival::Latency(ns) => format!("seen {} later", span_text(*ns)),
        Arrival::Received(_) => "seen when received".to_owned(),
    };
    let name = &series.instrument.name;
    format!("{name}: {} rows of {}, {arrival}", series.len(), series.kind().name())
}

/// How orders of one instrument are matched.
fn matching(
    say: &mut impl FnMut(&'static str, String, bool),
    name: &str,
    kinds: &[MarketKind],
    exchange: &ExchangeSettings,
) {
    let has = |kind| kinds.contains(&kind);
    let rules = &exchange.matching;
    let model = rules.queue.on(kinds);
    let by_order = has(MarketKind::MarketByOrder);
    let deep = by_order || has(MarketKind::Depth);
    if deep || has(MarketKind::Quotes) {
        let shown = match (by_order, deep) {
            (true, _) => "recorded orders",
            (false, true) => "depth",
            (false, false) => "quotes",
        };
        let walk = if deep { "" } else { ", each tick behind it offers the same" };
        let text =
            format!("{name}: orders take what {shown} display{walk}; it is gone until it changes");
        say("fills", text, false);
        say("queue", format!("{name}: {}", queue_text(model)), model.is_optimistic());
        if !has(MarketKind::Trades) && !by_order {
            let text =
                format!("{name}: without trades, orders rest until the other side reaches them");
            say("queue", text, false);
        }
    } else if has(MarketKind::Trades) {
        let ticks = rules.taking.half_spread;
        let plural = if ticks == 1 { "" } else { "s" };
        let share = share(rules.taking.participation);
        let text = format!(
            "{name}: orders take {ticks} tick{plural} beyond the last trade, up to {share} quantity"
        );
        say("fills", text, ticks == 0);
        slippage(say, name, rules.taking.slippage);
        touch(say, name, rules.touch || model == QueueModel::Front, model);
    } else {
        let this_close = rules.taking.bar_fill == BarFill::ThisClose;
        let met = if this_close { "fill at that very close" } else { "meet the next open" };
        let share = rules.taking.participation.map_or(String::new(), |part| {
            format!(", of which orders get {}", percent(part.to_decimal()))
        });
        let text = format!(
            "{name}: orders sent on a close {met}; a point offers a quarter of the volume{share}"
        );
        say("fills", text, this_close);
        if rules.taking.slippage.is_none() {
            let text = format!("{name}: orders that take pay the price of the point, no spread");
            say("slippage", text, true);
        }
        slippage(say, name, rules.taking.slippage);
        if rules.taking.gap_improvement {
            let text = format!("{name}: resting orders that an open has passed fill at the open");
            say("gaps", text, true);
        }
        let path = match rules.path {
            CandlePath::Adverse => "high and low come in the order that is worse for the position",
            CandlePath::Nearer => "the extreme nearer to the open comes first",
            CandlePath::HighFirst => "the high comes first",
            CandlePath::LowFirst => "the low comes first",
        };
        say("path", format!("{name}: within a candle {path}"), false);
        touch(say, name, rules.touch, model);
    }
}

fn queue_text(model: QueueModel) -> String {
    let behind = "resting orders stand behind all displayed; trades move them up";
    match model {
        QueueModel::Front => "resting orders stand first in their queue".to_owned(),
        QueueModel::Exact => {
            "resting orders wait for the recorded orders that came before them".to_owned()
        }
        QueueModel::Auto | QueueModel::TradesOnly => format!("{behind}, cancels are behind them"),
        QueueModel::Shared { share, weight } => {
            let f = match weight {
                Weight::Power(1) => "f(x) = x".to_owned(),
                Weight::Power(power) => format!("f(x) = x^{power}"),
                Weight::Log => "f(x) = ln(1 + x)".to_owned(),
            };
            let share = match share {
                Share::Both => "f(behind) / (f(behind) + f(ahead))",
                Share::Total => "f(behind) / f(behind + ahead)",
                Share::Front => "1 - f(ahead / (behind + ahead)) / f(1)",
            };
            format!("{behind}, and of what is cancelled {share} stood behind them, {f}")
        }
        QueueModel::Touch { .. } => touch_text(model),
    }
}

fn touch_text(model: QueueModel) -> String {
    let chance = model.to_string().replace("touch ", "");
    format!("a resting order fills with probability {chance} when its price is touched")
}

/// What a touch does where no queue is shown.
fn touch(
    say: &mut impl FnMut(&'static str, String, bool),
    name: &str,
    fills: bool,
    queue: QueueModel,
) {
    let (text, optimistic) = match queue {
        _ if fills => ("a resting order fills when its price is touched".to_owned(), true),
        QueueModel::Touch { .. } => (touch_text(queue), queue.is_optimistic()),
        _ => {
            let text = "a resting order fills when its price is passed, not when it is touched";
            (text.to_owned(), false)
        }
    };
    say("touch", format!("{name}: {text}"), optimistic);
}

/// How much of a trade there is for takers.
fn share(participation: Option<Ratio>) -> String {
    participation.map_or("its".to_owned(), |part| format!("{} of its", percent(part.to_decimal())))
}

fn slippage(say: &mut impl FnMut(&'static str, String, bool), name: &str, slippage: Slippage) {
    let text = match slippage {
        Slippage::Ticks(0) => return,
        Slippage::Ticks(1) => "1 tick".to_owned(),
        Slippage::Ticks(ticks) => format!("{ticks} ticks"),
        Slippage::Part(part) => {
            let points =
                (part.to_decimal() * Decimal::ONE_HUNDRED * Decimal::ONE_HUNDRED).normalize();
            format!("{points} basis points")
        }
    };
    say("slippage", format!("{name}: orders that take get a price worse by {text}"), false);
}
