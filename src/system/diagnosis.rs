//! Why a run has no fills, in a paragraph.

use std::collections::BTreeMap;

use super::again::{Again, Next};
use super::explain::{denial_text, explain};
use super::outcome::Outcome;
use super::story::meaning;
use super::tables::Scales;
use crate::market::{MarketKind, Side};
use crate::order::{Order, OrderId, Status};
use crate::time::Time;

/// Most rows that are looked at for the nearest approach of the market.
const MAX_ROWS: usize = 20_000_000;

/// Why nothing was filled; `None` if something was.
pub fn diagnosis(outcome: &Outcome) -> Option<String> {
    if !outcome.exchange.fills().is_empty() {
        return None;
    }
    let orders: Vec<&Order> = outcome.orders().collect();
    if orders.is_empty() {
        return Some(no_orders(outcome));
    }
    let mut said = vec![counts(&orders)];
    if let Some(refused) = orders.iter().find(|order| order.reason.is_some() && is_refused(order)) {
        said.push(example(outcome, refused));
    }
    if let Some(ended) = orders
        .iter()
        .find(|order| matches!(order.status, Status::Cancelled) && order.reason.is_some())
    {
        said.push(example(outcome, ended));
    }
    said.extend(waiting(outcome, &orders));
    let late = orders.iter().filter(|order| order.status == Status::Submitted).count();
    if late > 0 {
        let verb = if late == 1 { "order was" } else { "orders were" };
        said.push(format!("{late} {verb} still unanswered when the data ended."));
    }
    if orders.iter().any(|order| !is_refused(order)) {
        said.extend(nearest(outcome));
    }
    Some(said.join(" "))
}

/// How near the market came to the trigger of the first order that waits for one.
fn waiting(outcome: &Outcome, orders: &[&Order]) -> Option<String> {
    let order = orders.iter().find(|order| order.is_waiting() && order.status == Status::Open)?;
    let story = explain(outcome, order.id, &mut || Ok(())).ok()?;
    let step = story.steps.into_iter().rev().find(|step| step.reason == "trigger_not_met")?;
    Some(format!("Order {} waits: {}.", order.id.0, step.text))
}

fn is_refused(order: &Order) -> bool {
    matches!(order.status, Status::Denied | Status::Rejected)
}

/// How many orders ended how.
fn counts(orders: &[&Order]) -> String {
    let mut by_end: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for order in orders {
        let reason = order.reason.filter(|_| order.status.is_final());
        let reason = reason.map_or("", crate::order::Reason::name);
        *by_end.entry((order.status.name(), reason)).or_default() += 1;
    }
    let mut by_end: Vec<_> = by_end.into_iter().collect();
    by_end.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let one = |((status, reason), count): &((&str, &str), usize)| {
        let status = if *status == "open" { "still open at the end" } else { status };
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        format!("{count} {status}{reason}")
    };
    let ends: Vec<String> = by_end.iter().map(one).collect();
    let plural = if orders.len() == 1 { "order was" } else { "orders were" };
    format!("{} {plural} made, none was filled: {}.", orders.len(), ends.join(", "))
}

/// One order that did not come to anything, with its numbers.
fn example(outcome: &Outcome, order: &Order) -> String {
    let at = Scales::new(outcome);
    let request = &order.request;
    let named = format!(
        "order {}, {} {} {} at {}",
        order.id.0,
        request.side.name(),
        at.quantity_text(request.instrument, request.quantity),
        at.name(request.instrument),
        order.created
    );
    let last = match order.status {
        Status::Denied => denial_text(outcome, order),
        // What came from outside is not kept, so nothing can be replayed.
        _ if outcome.fed.is_some() => None,
        _ => explain(outcome, order.id, &mut || Ok(())).ok().and_then(|story| {
            let end = story.steps.into_iter().rev().find(|step| !step.reason.is_empty());
            end.map(|step| step.text)
        }),
    };
    let why = last.or_else(|| order.reason.map(|reason| meaning(reason).to_owned()));
    format!("For example {named}: {}.", why.unwrap_or_default())
}

/// Rows of a kind that reached the strategy's side.
fn rows_of(outcome: &Outcome, kind: MarketKind) -> usize {
    let streams = outcome.data.streams.iter().filter(|stream| stream.series.kind() == kind);
    let window = outcome.settings.window;
    let rows = streams.filter(|stream| !stream.series.is_empty());
    rows.map(|stream| window.rows(&stream.series).len()).sum()
}

/// A strategy that was called and did nothing, or was never called; or none at all.
fn no_orders(outcome: &Outcome) -> String {
    use MarketKind::{Candles, Depth, MarketByOrder, Quotes, Trades};
    let hooks = outcome.hooks;
    let kinds: [(bool, &str, &[MarketKind]); 4] = [
        (hooks.candle, "on_candle", &[Candles]),
        (hooks.quote, "on_quote", &[Quotes]),
        (hooks.trade, "on_trade", &[Trades, MarketByOrder]),
        (hooks.book, "on_book", &[Depth, MarketByOrder]),
    ];
    let there = |kinds: &[MarketKind]| kinds.iter().map(|of| rows_of(outcome, *of)).sum::<usize>();
    let came = |kinds: &[MarketKind]| match &outcome.fed {
        Some(fed) => fed.kinds.iter().flatten().any(|kind| kinds.contains(kind)),
        None => there(kinds) > 0,
    };
    let named = |called: &dyn Fn(bool, &[MarketKind]) -> bool| -> Vec<&str> {
        kinds.iter().filter(|(used, _, of)| called(*used, of)).map(|(_, name, _)| *name).collect()
    };
    let present = named(&|_, of| came(of)).join(", ");
    let present = |verb| match present.as_str() {
        "" => String::new(),
        hooks => format!(" {verb} would call {hooks}."),
    };
    let used = named(&|used, _| used).join(", ");
    if used.is_empty() && !hooks.timer {
        let why = match &outcome.fed {
            None => "The strategy made no order: it has no hook that market data or a timer calls.",
            Some(_) => {
                "No order was made: there was no strategy with a hook that market data or a timer \
                 calls, and no order came from outside."
            }
        };
        return why.to_owned() + &present("These data");
    }
    if !hooks.timer && named(&|used, of| used && came(of)).is_empty() {
        return format!(
            "The strategy made no order: {used} was never called, for these data have no such \
             rows.{}",
            present("They")
        );
    }
    let call = |(_, name, of): &(bool, &str, &[MarketKind])| {
        if outcome.fed.is_some() {
            return format!("its calls of {name}");
        }
        // Of what befell single orders only some was a trade.
        let some = *name == "on_trade" && rows_of(outcome, MarketByOrder) > 0;
        let upto = if outcome.complete && !some { "" } else { "at most " };
        let rows = if *name == "on_book" { "rows of depth for" } else { "calls of" };
        format!("{upto}{} {rows} {name}", there(of))
    };
    let told =
        |(used, _, of): &&(bool, &str, &[MarketKind])| *used && (outcome.fed.is_none() || came(of));
    let mut calls: Vec<String> = kinds.iter().filter(told).map(call).collect();
    calls.extend(hooks.timer.then(|| "its calls of on_timer".to_owned()));
    format!(
        "The strategy made no order in {}. Either its condition never held, or what it waits for \
         first (a warm-up) takes longer than the data.",
        calls.join(", ")
    )
}

/// How near the market came to a resting order.
fn nearest(outcome: &Outcome) -> Option<String> {
    let (first, _) = outcome.journal.requests(&outcome.context).next()?;
    if outcome.data.rows() > MAX_ROWS {
        return None;
    }
    let mut again = Again::new(outcome, first.time).ok()?;
    let mut near: Option<(i64, OrderId, usize, i64, i64, Time)> = None;
    while let Some(next) = again.next() {
        let (time, of, trades) = match next {
            Next::Moment(now) => (now.time, 0..outcome.data.listings.len(), false),
            Next::Rows(stretch) => {
                let kind = outcome.data.streams[stretch.stream].series.kind();
                let at = stretch.instrument.at();
                (Time(stretch.at), at..at + 1, kind == MarketKind::Trades)
            }
        };
        // A row may take away the order that it fills; a moment brings orders.
        let before = again.venue.first_resting(of.start);
        again.go(next);
        if let Next::Moment(now) = next {
            again.deliver(now);
        }
        for instrument in of {
            let resting = match next {
                Next::Rows(_) => before,
                Next::Moment(_) => again.venue.first_resting(instrument),
            };
            let [last, bid, ask] = again.venue.prices(instrument);
            for (side, resting) in [Side::Buy, Side::Sell].into_iter().zip(resting) {
                let Some((order, limit)) = resting else { continue };
                let best = if side == Side::Buy { ask } else { bid };
                // The last trade may be older than the order, but for the one that comes now.
                for price in last.filter(|_| trades).into_iter().chain(best) {
                    let away = side.sign() * (price - limit);
                    if near.is_none_or(|known| away < known.0) {
                        near = Some((away, order, instrument, limit, price, time));
                    }
                }
            }
        }
    }
    let (away, order, instrument, limit, price, time) = near?;
    let at = Scales::new(outcome);
    let of = crate::instrument::InstrumentIndex(instrument as u32);
    let (limit, price) = (at.price_text(of, limit), at.price_text(of, price));
    Some(if away > 0 {
        format!(
            "No resting order was reached: the market came nearest to order {} at {limit}, to \
             {price} at {time}, {} away.",
            order.0,
            at.ticks_text(of, away)
        )
    } else {
        format!(
            "The market did come to order {} at {limit}, to {price} at {time}, and did not fill \
             it: result.explain({}) says why.",
            order.0, order.0
        )
    })
}
