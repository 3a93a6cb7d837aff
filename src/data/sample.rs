//! Generated markets: the same rows everywhere, from integers and a counter alone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::data::check;
use crate::data::load::{Loaded, describe};
use crate::data::orders::{Action, Events, Fills, resolve};
use crate::data::report::Finding;
use crate::error::{DataFault, Result};
use crate::instrument::Instrument;
use crate::market::{ASK, Arrival, CLEARS, Columns, LAST, MarketKind, Series};
use crate::time::{MINUTE, SECOND};

/// First moment of every sample: 2023-01-01 00:00 UTC.
const START: i64 = 1_672_531_200 * SECOND;
/// Candles: two years of hours.
const CANDLES: usize = 2 * 365 * 24;
const HOUR: i64 = 60 * MINUTE;
/// Changes of the hour's market: quotes, and a trade at every fourth.
const QUOTES: usize = 20_000;
/// Levels a side of the depth sample.
const LEVELS: i64 = 10;

/// A generated market of one kind: "BTC/USDT" with tick 0.01 and lot 0.00001.
pub fn sample(kind: MarketKind) -> Result<Loaded> {
    let (time, columns) = match kind {
        MarketKind::Candles => candles(),
        MarketKind::Quotes => quotes(),
        MarketKind::Trades => trades(),
        MarketKind::Depth => depth(),
        MarketKind::MarketByOrder => orders()?,
    };
    let instrument = Instrument::new("BTC/USDT", Decimal::new(1, 2), Decimal::new(1, 5))?;
    let mut findings =
        vec![Finding::note("generated, not a market", time.len() as u64, Vec::new())];
    check::numbers(&columns, 2, 5, &mut findings)
        .map_err(|bad| DataFault::new(bad.message).at_row(bad.row as u64))?;
    let series = Series {
        instrument: Arc::new(instrument),
        price_scale: 2,
        quantity_scale: 5,
        time,
        arrival: Arrival::Latency(0),
        columns,
    };
    Ok(describe(series, findings))
}

/// A stream of random numbers that is a function of its seed and a counter.
struct Stream {
    state: u64,
}

impl Stream {
    fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `count - 1`.
    fn below(&mut self, count: i64) -> i64 {
        ((u128::from(self.next()) * count as u128) >> 64) as i64
    }

    /// Roughly normal, with a standard deviation of about 1,000.
    fn bell(&mut self) -> i64 {
        (0..12).map(|_| self.below(1_001)).sum::<i64>() * 2 - 12_000
    }
}

/// Hours of a market that trends up, down and not at all for some weeks each.
fn candles() -> (Vec<i64>, Columns) {
    let mut random = Stream::new(1);
    let mut price = 2_000_000i64;
    let (mut drift, mut width, mut left) = (0, 40, 0);
    let time = (0..CANDLES as i64).map(|hour| START + hour * HOUR).collect();
    let [mut open, mut high, mut low, mut close, mut volume] = [(); 5].map(|()| Vec::new());
    for _ in 0..CANDLES {
        if left == 0 {
            left = 24 * (7 + random.below(35));
            drift = [-7, -4, 0, 0, 5, 9][random.below(6) as usize];
            width = 25 + random.below(50);
        }
        left -= 1;
        open.push(price);
        let (mut most, mut least) = (price, price);
        for _ in 0..12 {
            // Drift and width are hundredths of a basis point a step; a far price is drawn back.
            let pull = (3_000_000 - price) / 300_000;
            let step = drift * 2 + pull * 4 + random.bell() * width / 100;
            price = (price + price * step / 1_000_000).max(100_000);
            most = most.max(price);
            least = least.min(price);
        }
        high.push(most);
        low.push(least);
        close.push(price);
        let busy = 1 + (most - least) * 10_000 / price;
        volume.push((random.below(4_000_000) + 1_000_000) * busy / 20);
    }
    (time, Columns::Candles { interval_ns: HOUR, open, high, low, close, volume: Some(volume) })
}

/// One moment of the hour that quotes, trades and depth tell of.
struct Tick {
    time: i64,
    bid: i64,
    bid_quantity: i64,
    ask: i64,
    ask_quantity: i64,
    trade: Option<(i64, i64, i64, i8)>,
}

/// The hour: each moment changes a quote; a quarter of them print a trade at the touch before it.
fn hour() -> Vec<Tick> {
    let mut random = Stream::new(2);
    let (mut middle, mut spread) = (3_000_000i64, 1);
    let gap = HOUR / QUOTES as i64;
    let mut ticks: Vec<Tick> = Vec::with_capacity(QUOTES);
    for number in 0..QUOTES as i64 {
        let time = START + number * gap + random.below(gap / 2);
        if random.below(10) < 3 {
            middle += random.bell() * 60 / 1_000;
            spread = 1 + random.below(8) * random.below(3);
        }
        let bid = middle - spread / 2;
        let trade = match ticks.last() {
            Some(before) if number % 4 == 0 => {
                let buys = random.below(2) == 0;
                let (price, most) = if buys {
                    (before.ask, before.ask_quantity)
                } else {
                    (before.bid, before.bid_quantity)
                };
                let quantity = 1 + random.below(most);
                Some((time - 1_000_000, price, quantity, if buys { 1 } else { -1 }))
            }
            None if number % 4 == 0 => Some((time, bid, 1_000, -1)),
            _ => None,
        };
        ticks.push(Tick {
            time,
            bid,
            bid_quantity: 1 + random.below(300_000),
            ask: bid + spread,
            ask_quantity: 1 + random.below(300_000),
            trade,
        });
    }
    ticks
}

fn quotes() -> (Vec<i64>, Columns) {
    let hour = hour();
    let column = |of: fn(&Tick) -> i64| hour.iter().map(of).collect::<Vec<i64>>();
    let columns = Columns::Quotes {
        bid: column(|tick| tick.bid),
        bid_quantity: column(|tick| tick.bid_quantity),
        ask: column(|tick| tick.ask),
        ask_quantity: column(|tick| tick.ask_quantity),
    };
    (column(|tick| tick.time), columns)
}

fn trades() -> (Vec<i64>, Columns) {
    let hour = hour();
    let trades = || hour.iter().filter_map(|tick| tick.trade);
    let columns = Columns::Trades {
        price: trades().map(|trade| trade.1).collect(),
        quantity: trades().map(|trade| trade.2).collect(),
        aggressor: trades().map(|trade| trade.3).collect(),
    };
    (trades().map(|trade| trade.0).collect(), columns)
}

/// The book around the hour's quotes: a snapshot, then the levels that appear and vanish with
/// each quote.
fn depth() -> (Vec<i64>, Columns) {
    let mut random = Stream::new(3);
    let (mut time, mut price, mut quantity, mut flags) = (vec![], vec![], vec![], vec![]);
    let mut book: [BTreeMap<i64, i64>; 2] = Default::default();
    for (number, tick) in hour().iter().enumerate() {
        let first = time.len();
        let touches = [(tick.bid, tick.bid_quantity, -1), (tick.ask, tick.ask_quantity, 1)];
        for (side, (best, size, outward)) in touches.into_iter().enumerate() {
            let mut wanted = BTreeMap::new();
            for level in 1..LEVELS {
                let at = best + outward * level;
                let known = book[side].get(&at).copied();
                wanted.insert(at, known.unwrap_or_else(|| 1 + random.below(500_000)));
            }
            wanted.insert(best, size);
            let gone = book[side].keys().filter(|at| !wanted.contains_key(at)).map(|at| (*at, 0));
            let new = wanted.iter().filter(|(at, size)| book[side].get(at) != Some(size));
            for (at, size) in gone.chain(new.map(|(at, size)| (*at, *size))) {
                time.push(tick.time);
                price.push(at);
                quantity.push(size);
                flags.push(if side == 1 { ASK } else { 0 });
            }
            book[side] = wanted;
        }
        if number == 0 {
            flags[first] |= CLEARS;
        }
        if let Some(last) = flags.last_mut() {
            *last |= LAST;
        }
    }
    (time, Columns::Depth { price, quantity, flags })
}

/// Orders that make up the levels around the hour's quotes: new ones join at the back, trades fill
/// from the front, what else vanishes is cancelled at the back.
#[derive(Default)]
struct Crowd {
    /// Price to identities and quantities, by side; the first came first.
    levels: [BTreeMap<i64, VecDeque<(u64, i64)>>; 2],
    named: u64,
    rows: Vec<(i64, Action, u64, i8, i64, i64)>,
}

impl Crowd {
    /// The level at `price` comes to show `size` at `time`.
    fn show(&mut self, time: i64, (side, price): (usize, i64), amount: i64) {
        let sign = if side == 0 { 1 } else { -1 };
        let level = self.levels[side].entry(price).or_default();
        let mut change = amount - level.iter().map(|(_, left)| left).sum::<i64>();
        if change > 0 {
            self.named += 1;
            level.push_back((self.named, change));
            self.rows.push((time, Action::Add, self.named, sign, price, change));
        }
        while change < 0
            && let Some((id, left)) = level.pop_back()
        {
            let gone = left.min(-change);
            change += gone;
            self.rows.push((time, Action::Cancel, id, sign, price, gone));
            if left > gone {
                level.push_back((id, left - gone));
            }
        }
        self.levels[side].retain(|_, level| !level.is_empty());
    }

    /// A trade of `amount` takes from the front.
    fn trade(&mut self, time: i64, (side, price): (usize, i64), mut amount: i64) {
        let sign = if side == 0 { 1 } else { -1 };
        let Some(level) = self.levels[side].get_mut(&price) else { return };
        while amount > 0
            && let Some((id, left)) = level.pop_front()
        {
            let filled = left.min(amount);
            amount -= filled;
            self.rows.push((time, Action::Fill, id, sign, price, filled));
            if left > filled {
                level.push_front((id, left - filled));
            }
        }
    }
}

/// The hour, order by order.
fn orders() -> Result<(Vec<i64>, Columns)> {
    let (mut random, mut crowd) = (Stream::new(4), Crowd::default());
    for tick in hour() {
        if let Some((time, price, quantity, aggressor)) = tick.trade {
            crowd.trade(time, (usize::from(aggressor > 0), price), quantity);
        }
        let touches = [(tick.bid, tick.bid_quantity, -1), (tick.ask, tick.ask_quantity, 1)];
        for (side, (best, size, outward)) in touches.into_iter().enumerate() {
            let far = |at: i64| (at - best) * outward;
            let known: Vec<i64> = crowd.levels[side].keys().copied().collect();
            for at in known.into_iter().filter(|at| !(0..LEVELS).contains(&far(*at))) {
                crowd.show(tick.time, (side, at), 0);
            }
            for at in (1..LEVELS).map(|level| best + outward * level) {
                if !crowd.levels[side].contains_key(&at) {
                    crowd.show(tick.time, (side, at), 1 + random.below(500_000));
                }
            }
            crowd.show(tick.time, (side, best), size);
        }
    }
    let time: Vec<i64> = crowd.rows.iter().map(|row| row.0).collect();
    let events = Events {
        time: &time,
        action: crowd.rows.iter().map(|row| row.1).collect(),
        id: crowd.rows.iter().map(|row| row.2).collect(),
        side: crowd.rows.iter().map(|row| row.3).collect(),
        price: crowd.rows.iter().map(|row| row.4).collect(),
        quantity: crowd.rows.iter().map(|row| row.5).collect(),
        fills: Fills::Reduce,
        price_scale: 2,
        quantity_scale: 5,
    };
    let resolved = resolve(&events, &mut Vec::new());
    let resolved = resolved.map_err(|bad| DataFault::new(bad.message).at_row(bad.row as u64))?;
    Ok((time, resolved.columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_keep_the_rules_that_data_must_keep() {
        for (_, kind) in MarketKind::NAMES {
            let Loaded { series, report } = sample(kind).expect("a sample");
            assert!(series.time.is_sorted(), "{kind:?}");
            assert_eq!(report.findings[0].text, "generated, not a market");
            assert_eq!(report.findings.len(), 1, "{kind:?}: {:?}", report.findings);
        }
    }

    #[test]
    fn a_crossing_of_averages_trades_on_the_candles() {
        let (_, Columns::Candles { close, .. }) = candles() else { panic!("candles") };
        let average = |n: usize, at: usize| close[at - n..at].iter().sum::<i64>() / n as i64;
        let above: Vec<bool> =
            (200..close.len()).map(|at| average(50, at) > average(200, at)).collect();
        let crossings = above.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((30..1_000).contains(&crossings), "{crossings}");
        let (most, least) = (close.iter().max(), close.iter().min());
        assert!(most < Some(&20_000_000) && least > Some(&500_000), "{least:?} to {most:?}");
    }

    #[test]
    fn trades_print_at_the_touch() {
        let hour = hour();
        for pair in hour.windows(2) {
            let Some((time, price, _, side)) = pair[1].trade else { continue };
            assert!(time >= pair[0].time && time <= pair[1].time);
            assert_eq!(price, if side > 0 { pair[0].ask } else { pair[0].bid });
        }
    }
}
