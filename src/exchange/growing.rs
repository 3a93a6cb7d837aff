//! Markets of a run that is fed from outside: which kinds of data show them is known when they
//! come.

use super::SimulatedExchange;
use super::matching::{Arrival, Market, Source};
use super::queue::{Place, Queue};
use super::taking::Top;
use crate::event::Moment;
use crate::instrument::Spec;
use crate::market::{MarketKind, Quote, Side};
use crate::order::Reason;
use crate::time::Time;

/// How finely a kind of data shows a market.
fn fineness(kind: MarketKind) -> u8 {
    match kind {
        MarketKind::Candles => 1,
        MarketKind::Trades => 2,
        MarketKind::Quotes => 3,
        MarketKind::Depth => 4,
        MarketKind::MarketByOrder => 5,
    }
}

impl Market {
    /// The market is shown by `kind` too. True if by nothing finer so far: then orders are matched
    /// against these rows, and whoever rests waits to see the queue at its price.
    fn admit(&mut self, kind: MarketKind, spec: &Spec, seed: u64) -> bool {
        let traded = matches!(kind, MarketKind::Trades | MarketKind::MarketByOrder);
        let known = if self.assumed { 0 } else { fineness(self.source.kind()) };
        if fineness(kind) <= known {
            let candles = matches!(self.source, Source::Candles(_));
            self.has_last |= traded || candles;
            return false;
        }
        self.has_last = traded || (self.has_last && self.source.kind() != MarketKind::Candles);
        self.assumed = false;
        self.source = Source::of(&[kind]);
        self.queue = Queue::new(self.rules.queue.on(&[kind]), spec, seed);
        for side in [Side::Buy, Side::Sell] {
            let (queue, joined) = (&self.queue, self.joined);
            let unseen = |place: Place| Place::behind(queue, None, joined, place.chances);
            self.own[side as usize].place_anew(unseen);
        }
        true
    }

    /// Takes a price for granted, at which this much can be bought and sold, as long as no data
    /// have shown the market.
    pub(super) fn assume(&mut self, price: i64, quantity: i64, time: Time) {
        let unseen = matches!(&self.source, Source::Candles(_)) && self.last().is_none();
        if unseen || self.assumed {
            let (bid, ask) = (price, price);
            let (bid_quantity, ask_quantity) = (quantity, quantity);
            let quote = Quote { time, bid, bid_quantity, ask, ask_quantity };
            (self.source, self.assumed) = (Source::Quotes(Some(Top::new(quote))), true);
            self.granted += 1;
        }
    }
}

impl SimulatedExchange {
    /// The market of an instrument is shown by `kind` too.
    pub(super) fn admit_kind(&mut self, at: usize, kind: MarketKind, now: Moment) {
        let spec = &self.world.specs[at];
        if !self.markets[at].admit(kind, spec, self.seed) {
            return;
        }
        // What waited for the next candle has nothing to wait for.
        for taker in self.markets[at].waiting() {
            self.end(now, taker.order, Arrival::Cancel(Reason::NoLiquidity));
        }
        self.look_at_due();
    }
}
