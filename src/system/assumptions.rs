//! What a run took for granted, in sentences. Optimistic choices are marked.

use rust_decimal::Decimal;

use super::backtest::BacktestSettings;
use crate::account::AccountKind;
use crate::exchange::{CandlePath, ExchangeSettings, QueueModel, Share, Weight};
use crate::market::{Arrival, Columns, DataSet, MarketKind, Series};
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

/// All assumptions of a run, in a fixed order.
pub fn assumptions(data: &DataSet, settings: &BacktestSettings) -> Vec<Assumption> {
    let mut list = Vec::new();
    let mut say =
        |topic, text: String, optimistic| list.push(Assumption { topic, text, optimistic });
    let exchange = &settings.exchange;
    for stream in data.streams.iter() {
        let series = &stream.series;
        say("data", data_text(series), false);
    }
    for at in 0..data.listings.len() {
        let kinds: Vec<MarketKind> = data
            .streams
            .iter()
            .filter(|stream| stream.instrument.at() == at)
            .map(|stream| stream.series.kind())
            .collect();
        let name = &data.listings[at].instrument.name;
        matching(&mut say, name, &kinds, exchange);
    }
    let has_volume =
        |series: &Series| !matches!(&series.columns, Columns::Candles { volume: None, .. });
    if !data.streams.iter().all(|stream| has_volume(&stream.series)) {
        say("volume", "candles without volume fill any quantity".to_owned(), true);
    }
    let percent = |rate: Decimal| format!("{}%", (rate * Decimal::ONE_HUNDRED).normalize());
    let (maker, taker) = (exchange.fees.maker, exchange.fees.taker);
    let free = maker <= Decimal::ZERO && taker <= Decimal::ZERO;
    let fees = format!("maker {}, taker {} of the notional", percent(maker), percent(taker));
    say("fees", fees, free);
    let latency = &exchange.latency;
    let bars_only = data.streams.iter().all(|s| s.series.kind() == MarketKind::Candles);
    say("latency", latency.to_string(), latency.is_zero() && !bars_only);
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
        false,
    );
    say("impact", "recorded markets do not react to these orders".to_owned(), true);
    list
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
    if has(MarketKind::Depth) || has(MarketKind::Quotes) {
        let shown = if has(MarketKind::Depth) { "depth" } else { "quotes" };
        let walk =
            if has(MarketKind::Depth) { "" } else { ", each tick behind it offers the same" };
        let text =
            format!("{name}: orders take what {shown} display{walk}; it is gone until it changes");
        say("fills", text, !walk.is_empty());
        let queue = queue_text(rules.queue);
        say("queue", format!("{name}: {queue}"), rules.queue.is_optimistic());
        if !has(MarketKind::Trades) {
            let text =
                format!("{name}: without trades, orders rest until the other side reaches them");
            say("queue", text, false);
        }
    } else if has(MarketKind::Trades) {
        let text =
            format!("{name}: orders take one tick beyond the last trade, up to its quantity");
        say("fills", text, false);
        touch(say, name, rules.touch || rules.queue == QueueModel::Front, rules.queue);
    } else {
        let text = format!(
            "{name}: orders sent on a close meet the next open; \
             a point offers a quarter of the volume"
        );
        say("fills", text, false);
        let path = match rules.path {
            CandlePath::Adverse => "high and low come in the order that is worse for the position",
            CandlePath::Nearer => "the extreme nearer to the open comes first",
            CandlePath::HighFirst => "the high comes first",
            CandlePath::LowFirst => "the low comes first",
        };
        say("path", format!("{name}: within a candle {path}"), false);
        touch(say, name, rules.touch, rules.queue);
    }
}

fn queue_text(model: QueueModel) -> String {
    let behind = "resting orders stand behind all displayed; trades move them up";
    match model {
        QueueModel::Front => "resting orders stand first in their queue".to_owned(),
        QueueModel::TradesOnly => format!("{behind}, cancels are behind them"),
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
