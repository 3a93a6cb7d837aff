//! What a run did with its money: how much was held and traded, and what that cost.

use super::outcome::Outcome;
use crate::instrument::AssetIndex;
use crate::market::Side;
use crate::order::{Fill, Liquidity};
use crate::stats::{Reason, SECONDS_PER_YEAR, Value};
use crate::time::{SECOND, Time};

/// What trading cost, in money of the currency; what is negative was earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs<T> {
    /// What was bought and sold, at its prices.
    pub traded: T,
    /// Fees less rebates.
    pub fees: T,
    /// From the middle of the touch to the best price that was met; for makers to their own.
    pub spread: T,
    /// From the best price to the one that was paid.
    pub slippage: T,
    /// For holding a position; no venue here charges it yet.
    pub funding: T,
}

impl<T: Copy> Costs<T> {
    /// The same in another form.
    pub(super) fn map<U>(&self, form: impl Fn(T) -> U) -> Costs<U> {
        Costs {
            traded: form(self.traded),
            fees: form(self.fees),
            spread: form(self.spread),
            slippage: form(self.slippage),
            funding: form(self.funding),
        }
    }
}

/// How much was held and traded.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    /// Share of the time with a position.
    pub(super) exposure: Value,
    pub(super) gross: Value,
    pub(super) net: Value,
    pub(super) turnover: Value,
    pub(super) one_way: Value,
    pub(super) maker_share: Value,
    /// By instrument; `None` where something was paid in money without a price.
    pub(super) costs: Option<Vec<Costs<i128>>>,
}

/// Adds up what is held over time.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    spent: f64,
    exposed: f64,
    gross: f64,
    net: f64,
    equity: f64,
}

impl Activity {
    pub(super) fn new(outcome: &Outcome) -> Self {
        let held = held(outcome);
        let costs = costs(outcome);
        let mean = |part: &dyn Fn(&Held) -> f64| {
            let held = held?;
            if held.spent > 0.0 { Ok(part(&held) / held.spent) } else { Err(Reason::TooFew) }
        };
        let traded = traded(outcome);
        let turnover = |amount: &dyn Fn(&Traded) -> f64| {
            let equity = mean(&|held| held.equity)?;
            let traded = traded.ok_or(Reason::MissingPrice)?;
            let years = held?.spent / SECONDS_PER_YEAR;
            Reason::finite(amount(&traded) / equity / years)
        };
        let maker_share = match traded {
            None => Err(Reason::MissingPrice),
            Some(traded) if traded.made + traded.taken > 0.0 => {
                Ok(traded.made / (traded.made + traded.taken))
            }
            Some(_) => Err(Reason::NoTrades),
        };
        Self {
            exposure: mean(&|held| held.exposed),
            gross: mean(&|held| held.gross),
            net: mean(&|held| held.net),
            turnover: turnover(&|traded| traded.bought + traded.sold),
            one_way: turnover(&|traded| traded.bought.min(traded.sold)),
            maker_share,
            costs,
        }
    }
}

/// Integrals over the curve: positions as fills changed them, at the prices and the equity of the
/// point before.
fn held(outcome: &Outcome) -> Result<Held, Reason> {
    let points = outcome.curve.points();
    let known = outcome.curve.first_known();
    let fills = outcome.exchange.fills();
    let specs = &outcome.context.world.specs;
    let (mut held, mut traded, mut positions) = (Held::default(), 0, vec![0; specs.len()]);
    for at in known..points.len().saturating_sub(1) {
        let (start, end) = (points[at].time, points[at + 1].time);
        let equity = points[at].equity.ok_or(Reason::MissingPrice)?;
        if equity <= 0 {
            return Err(Reason::Ruin);
        }
        let equity = outcome.money_f64(equity);
        let mut from = start;
        loop {
            let fill = fills.get(traded).filter(|fill| fill.time < end);
            let to = fill.map_or(end, |fill| fill.time.max(from));
            let seconds = (to.ns() - from.ns()) as f64 / SECOND as f64;
            if seconds > 0.0 {
                let (gross, net) = exposed(outcome, at, &positions)?;
                held.spent += seconds;
                held.equity += equity * seconds;
                held.gross += gross / equity * seconds;
                held.net += net / equity * seconds;
                if positions.iter().any(|quantity| *quantity != 0) {
                    held.exposed += seconds;
                }
            }
            from = to;
            let Some(fill) = fill else { break };
            positions[fill.instrument.at()] += fill.side.sign() * fill.quantity;
            traded += 1;
        }
    }
    Ok(held)
}

/// Σ |position| and Σ position at the prices of a point of the curve, in the currency.
pub(super) fn exposed(
    outcome: &Outcome,
    at: usize,
    positions: &[i64],
) -> Result<(f64, f64), Reason> {
    let specs = &outcome.context.world.specs;
    let (mut gross, mut net) = (0.0, 0.0);
    for (instrument, quantity) in positions.iter().enumerate().filter(|(_, held)| **held != 0) {
        // The first price of all may come after the point.
        let mark = outcome.mark_from(at, instrument).ok_or(Reason::MissingPrice)?;
        let value = specs[instrument].value(mark, *quantity);
        let value = outcome.in_currency(specs[instrument].quote, value, at);
        let value = outcome.money_f64(value.ok_or(Reason::MissingPrice)?);
        gross += value.abs();
        net += value;
    }
    Ok((gross, net))
}

/// Notional of all fills, in the currency.
#[derive(Clone, Copy, Debug, Default)]
struct Traded {
    bought: f64,
    sold: f64,
    /// The same by who was there first.
    made: f64,
    taken: f64,
}

fn traded(outcome: &Outcome) -> Option<Traded> {
    let mut traded = Traded::default();
    for fill in outcome.exchange.fills() {
        let spec = &outcome.context.world.specs[fill.instrument.at()];
        let notional = spec.notional(fill.price, fill.quantity).abs();
        let notional = outcome.money_f64(outcome.worth_at(spec.quote, notional, fill.time)?);
        match fill.side {
            Side::Buy => traded.bought += notional,
            Side::Sell => traded.sold += notional,
        }
        match fill.liquidity {
            Liquidity::Maker => traded.made += notional,
            Liquidity::Taker => traded.taken += notional,
        }
    }
    Some(traded)
}

/// What the fills of each instrument cost.
fn costs(outcome: &Outcome) -> Option<Vec<Costs<i128>>> {
    let specs = &outcome.context.world.specs;
    let mut costs = vec![Costs::default(); specs.len()];
    for (fill, shown) in outcome.exchange.fills().iter().zip(outcome.exchange.shown()) {
        let Fill { price, quantity, side, .. } = *fill;
        let (spec, sign) = (&specs[fill.instrument.at()], side.sign());
        let money = |amount: i128| outcome.worth_at(spec.quote, amount, fill.time);
        let cost = &mut costs[fill.instrument.at()];
        cost.traded += money(spec.notional(price, quantity).abs())?;
        cost.fees += money(outcome.exchange.fee_value(fill))?;
        cost.spread += money(spec.value(sign * (2 * shown.touch - shown.middle), quantity))?;
        cost.slippage += money(spec.notional(sign * (price - shown.touch), quantity))?;
    }
    Some(costs)
}

impl Outcome {
    /// The doubled price of an instrument at a point of the curve, or the first after it.
    pub(super) fn mark_from(&self, at: usize, instrument: usize) -> Option<i64> {
        (at..self.curve.points().len()).find_map(|at| self.curve.mark(at, instrument))
    }

    /// Money of an asset in the currency, at the prices of a point of the curve.
    pub(super) fn in_currency(&self, asset: AssetIndex, money: i128, at: usize) -> Option<i128> {
        let world = &self.context.world;
        if asset == world.currency {
            return Some(money);
        }
        let mark = |instrument: usize| self.mark_from(at, instrument);
        world.value_by[asset.at()].value(&world.specs, money, mark)
    }

    /// The same at the first point that knows of `time`.
    pub(super) fn worth_at(&self, asset: AssetIndex, money: i128, time: Time) -> Option<i128> {
        if asset == self.context.world.currency {
            return Some(money);
        }
        let points = self.curve.points();
        let at = points.partition_point(|point| point.time < time).min(points.len() - 1);
        self.in_currency(asset, money, at)
    }
}
