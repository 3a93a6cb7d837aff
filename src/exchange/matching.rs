//! One instrument's market at the exchange: the recorded market, and our own orders in it.

use super::candles::{CandleMarket, CandlePath};
use super::queue::{Chances, Place, Queue, QueueModel};
use super::resting::{Ladder, Resting};
use super::slippage::TakingRules;
use super::taking::{Taker, Top, take_levels};
use super::triggers::{Armed, Fired};
use super::{Hit, Shown};
use crate::book::Book;
use crate::instrument::Spec;
use crate::market::{BookUpdate, Candle, MarketKind, Quote, Side, Trade};
use crate::order::{Liquidity, Order, OrderId, OrderKind, OrderRequest, Reason, TimeInForce};
use crate::time::Time;

/// How orders are matched where the data leave room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchingRules {
    /// Queue ahead of a resting order.
    pub queue: QueueModel,
    /// Path within a candle.
    pub path: CandlePath,
    /// A resting order fills when its price is only touched (trades and candles): optimistic.
    pub touch: bool,
    /// What takers get where the data show no book.
    pub taking: TakingRules,
}

/// What orders are matched against: the finest data there are.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Depth(Book),
    /// Single orders; the book has their levels.
    Orders(Book),
    Quotes(Option<Top>),
    Trades(Option<LastTrade>),
    Candles(CandleMarket),
}

impl Source {
    /// Nothing seen yet of the finest of `kinds`.
    pub(super) fn of(kinds: &[MarketKind]) -> Self {
        if kinds.contains(&MarketKind::MarketByOrder) {
            Self::Orders(Book::of_orders())
        } else if kinds.contains(&MarketKind::Depth) {
            Self::Depth(Book::default())
        } else if kinds.contains(&MarketKind::Quotes) {
            Self::Quotes(None)
        } else if kinds.contains(&MarketKind::Trades) {
            Self::Trades(None)
        } else {
            Self::Candles(CandleMarket::NONE)
        }
    }

    /// What it is shown by.
    pub(super) fn kind(&self) -> MarketKind {
        match self {
            Self::Depth(_) => MarketKind::Depth,
            Self::Orders(_) => MarketKind::MarketByOrder,
            Self::Quotes(_) => MarketKind::Quotes,
            Self::Trades(_) => MarketKind::Trades,
            Self::Candles(_) => MarketKind::Candles,
        }
    }
}

/// The last trade, where nothing else shows the market.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastTrade {
    price: i64,
    left: i64,
    /// What takers may have of it.
    share: i64,
}

/// What became of an order that arrived or worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Nothing is left of it.
    Done,
    /// Its rest works on.
    Works,
    /// Its rest is cancelled.
    Cancel(Reason),
}

/// The market of one instrument.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub(super) struct Market {
    pub(super) source: Source,
    pub(super) rules: MatchingRules,
    pub(super) queue: Queue,
    tick: i64,
    lot: i64,
    pub(super) own: [Ladder; 2],
    /// Market orders that wait for a price or for more volume (candles only), by arrival.
    waiting: Vec<Taker>,
    /// Orders that wait for a price, by arrival, and those whose price has come.
    pub(super) armed: Vec<Armed>,
    pub(super) fired: Vec<Fired>,
    last: Option<i64>,
    /// The book is being shown anew.
    snapshot: bool,
    /// The next row of the book is to be looked at, whatever it shows.
    unsettled: bool,
    /// The book is a snapshot that no single level has changed since: of depth it may show the best
    /// only.
    window: bool,
    /// How many orders of others took a place in the book so far, where it is shown by order.
    pub(super) joined: u32,
    /// True if trades or candles say what the last price was.
    pub(super) has_last: bool,
    /// True if no data have shown the market, and a price was taken for granted.
    pub(super) assumed: bool,
    /// Orders whose own price was taken so.
    pub(super) granted: u32,
}

impl Market {
    /// A market shown by the finest of `kinds`, in a run with this seed.
    pub(super) fn new(kinds: &[MarketKind], rules: MatchingRules, spec: &Spec, seed: u64) -> Self {
        let source = Source::of(kinds);
        let candles = matches!(source, Source::Candles(_));
        Self {
            source,
            rules,
            queue: Queue::new(rules.queue.on(kinds), spec, seed),
            tick: spec.tick,
            lot: spec.lot,
            own: [Ladder::new(Side::Buy), Ladder::new(Side::Sell)],
            waiting: Vec::new(),
            armed: Vec::new(),
            fired: Vec::new(),
            last: None,
            snapshot: false,
            unsettled: false,
            window: false,
            joined: 0,
            assumed: false,
            granted: 0,
            has_last: (candles && !kinds.is_empty())
                || kinds.iter().any(|kind| {
                    !matches!(kind, MarketKind::Depth | MarketKind::Quotes | MarketKind::Candles)
                }),
        }
    }

    pub(super) fn tick(&self) -> i64 {
        self.tick
    }

    /// A price moved against someone who takes on `side`.
    pub(super) fn slipped(&self, side: Side, price: i64) -> i64 {
        self.rules.taking.slippage.worse(side, price, self.tick)
    }

    /// The last trade, or the point of a candle.
    pub(super) fn last(&self) -> Option<i64> {
        self.last
    }

    /// True if trades or candles say what the last price was.
    pub(super) fn has_last(&self) -> bool {
        self.has_last
    }

    /// True if a touch is displayed.
    pub(super) fn has_book(&self) -> bool {
        matches!(self.source, Source::Depth(_) | Source::Orders(_) | Source::Quotes(_))
    }

    /// Best price of a side, as it can be taken.
    pub(super) fn touch(&self, side: Side) -> Option<i64> {
        self.best(side).map(|(price, _)| price).or_else(|| self.point())
    }

    /// Best price of a side, as an order that arrives now meets it first.
    pub(super) fn met_first(&self, side: Side, now: Time) -> Option<i64> {
        match &self.source {
            Source::Candles(market) => self.last.map(|_| market.first(now)),
            _ => self.touch(side),
        }
    }

    /// On candles the current price.
    pub(super) fn point(&self) -> Option<i64> {
        match &self.source {
            Source::Candles(_) => self.last,
            _ => None,
        }
    }

    /// On candles true at the first point of one.
    pub(super) fn at_open(&self) -> bool {
        matches!(&self.source, Source::Candles(market) if market.at_open())
    }

    /// True if the market's candle is assumed to have visited its low before its high.
    pub(super) fn comes_low_first(&self) -> bool {
        matches!(&self.source, Source::Candles(market) if market.comes_low_first())
    }

    /// Our orders that rest on a side.
    pub(super) fn resting(&self, side: Side) -> &[Resting] {
        self.own[side as usize].orders()
    }

    /// Quantity that was taken behind the best of quotes.
    pub(super) fn walked(&self) -> i64 {
        match &self.source {
            Source::Quotes(Some(top)) => top.walked,
            _ => 0,
        }
    }

    /// Quantity of others ahead of a resting order, raw; `None` while it cannot be seen.
    pub(super) fn ahead(&self, resting: &Resting) -> Option<i64> {
        resting.place.ahead(&self.queue)
    }

    /// True if a candle's point at `price` could fill a limit of ours.
    pub(super) fn reaches_limit(&self, side: Side, limit: i64, price: i64) -> bool {
        let touch = self.rules.touch || self.queue.is_chance();
        side.sign() * (limit - price) > 0 || (touch && limit == price)
    }

    /// True if two orders of ours or more wait for a price.
    #[inline]
    pub(super) fn has_two(&self) -> bool {
        let [buys, sells] = &self.own;
        buys.orders().len() + sells.orders().len() + self.armed.len() > 1
    }

    /// Price that values a position, doubled: the middle of the touch, else the last price.
    #[inline]
    pub(super) fn mark(&self) -> Option<i64> {
        let touch = match &self.source {
            Source::Depth(book) | Source::Orders(book) => match book.touch() {
                (Some(bid), Some(ask)) => Some(bid + ask),
                _ => None,
            },
            Source::Quotes(Some(top)) => {
                top.best(Side::Buy).zip(top.best(Side::Sell)).map(|(bid, ask)| bid.0 + ask.0)
            }
            Source::Quotes(None) | Source::Trades(_) | Source::Candles(_) => None,
        };
        touch.or_else(|| self.last.map(|last| 2 * last))
    }

    /// What is shown at a fill of an order of `side`.
    pub(super) fn shown(&self, side: Side, hit: &Hit) -> Shown {
        let touch = match &self.source {
            Source::Candles(_) | Source::Trades(_) => hit.unslipped,
            _ if hit.liquidity == Liquidity::Maker => hit.price,
            _ => self.touch(side.opposite()).unwrap_or(hit.price),
        };
        // Where a candle stood within its range nobody knows: the price itself is the middle.
        let candles = matches!(self.source, Source::Candles(_));
        let middle = self.mark().filter(|_| !candles).unwrap_or(2 * touch);
        Shown { middle, touch }
    }

    /// Price that values a market order for filters: the last trade or point, else the touch.
    pub(super) fn reference(&self, side: Side) -> Option<i64> {
        self.last.or_else(|| self.best(side.opposite()).map(|(price, _)| price))
    }

    /// Price that a band for orders of `side` lies around.
    pub(super) fn band_reference(&self, side: Side) -> Option<i64> {
        let shown = self.best(side.opposite()).filter(|_| self.has_book());
        shown.map(|(price, _)| price).or(self.last)
    }

    /// The step of prices from now on.
    pub(super) fn set_tick(&mut self, tick: i64) {
        self.tick = tick;
    }

    /// Displayed best price and quantity of a side of a book.
    fn best(&self, side: Side) -> Option<(i64, i64)> {
        match &self.source {
            Source::Depth(book) | Source::Orders(book) => {
                book.side(side).best().map(|level| (level.price, level.quantity))
            }
            Source::Quotes(top) => top.and_then(|top| top.best(side)),
            Source::Trades(last) => {
                let half = self.rules.taking.half_spread * self.tick;
                last.map(|last| (last.price - side.sign() * half, last.left))
            }
            Source::Candles(_) => None,
        }
    }

    /// A quote: own orders see their queue, and fill where the other side has come to them. True if
    /// something came of it.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the innermost loop
    pub(super) fn on_quote(&mut self, quote: Quote, hits: &mut Vec<Hit>) -> bool {
        let Source::Quotes(slot) = &mut self.source else { return false };
        let top = slot.get_or_insert_with(|| Top::new(quote));
        top.set(quote);
        let [buys, sells] = &self.own;
        let nobody = buys.high() < quote.bid && sells.low() > quote.ask;
        if quote.shows_both() && nobody && self.armed.is_empty() {
            return false; // nobody of ours stands at the touch or within: the common case
        }
        self.at_the_touch(hits);
        self.has_news(hits)
    }

    /// Own orders at the touch or within see their queue, or the other side.
    #[inline(never)]
    fn at_the_touch(&mut self, hits: &mut Vec<Hit>) {
        let Source::Quotes(Some(top)) = &mut self.source else { return };
        for side in [Side::Buy, Side::Sell] {
            let (best, quantity) = top.best(side).unwrap_or((worst(side), 0));
            let own = &mut self.own[side as usize];
            if own.reaches(best) {
                own.best_is(&self.queue, best, quantity);
            }
            let Some((other, _)) = top.best(side.opposite()) else { continue };
            if own.reaches(other) {
                let left = top.left(side.opposite());
                let taken = own.cross(left, |own| beyond(side, own, other), hits);
                top.consume(side.opposite(), taken);
            }
        }
        self.look_at_triggers();
    }

    /// Fires the orders whose trigger is met.
    #[inline]
    fn look_at_triggers(&mut self) {
        if !self.armed.is_empty() {
            self.test_triggers();
        }
    }

    /// A row of depth; on the last row of one time own orders fill where the other side has come to
    /// them.
    ///
    /// True if something came of it.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the innermost loop
    pub(super) fn on_book(&mut self, row: &BookUpdate, hits: &mut Vec<Hit>) -> bool {
        matches!(self.source, Source::Depth(_)) && self.show(row, hits)
    }

    /// A level is shown. True if something came of it.
    ///
    /// Most rows change a level behind the touch, and nothing comes of them.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub(super) fn show(&mut self, row: &BookUpdate, hits: &mut Vec<Hit>) -> bool {
        let (Source::Depth(book) | Source::Orders(book)) = &mut self.source else { return false };
        let crossed = book.crossed;
        book.apply(row);
        let uncrossed = book.crossed != crossed;
        let [buys, sells] = &self.own;
        let meets = match row.side {
            Side::Buy => row.price >= sells.low(),
            Side::Sell => row.price <= buys.high(),
        };
        if meets | uncrossed | row.clears | self.unsettled | !self.armed.is_empty() {
            return self.look_at_level(*row, uncrossed, hits);
        }
        self.own[row.side as usize].level_is(&self.queue, row.price, row.quantity);
        false
    }

    /// The same for a row after which orders may meet, or that is one of several.
    #[inline(never)]
    fn look_at_level(&mut self, row: BookUpdate, uncrossed: bool, hits: &mut Vec<Hit>) -> bool {
        let whole = matches!(self.source, Source::Orders(_));
        let (Source::Depth(book) | Source::Orders(book)) = &mut self.source else { return false };
        self.window = row.clears || self.snapshot;
        // Levels that the newest one reached are gone without a row that says so.
        self.snapshot = self.window || uncrossed;
        if !self.snapshot {
            let own = &mut self.own[row.side as usize];
            own.level_is(&self.queue, row.price, row.quantity);
        }
        // Of a snapshot the next row has something to tell as well: it is one no longer.
        self.unsettled = !row.last || self.window;
        if !row.last {
            return false;
        }
        if std::mem::take(&mut self.snapshot) {
            for side in [Side::Buy, Side::Sell] {
                let shown_at = |price| book.side(side).shown_at(price, self.window && !whole);
                self.own[side as usize].levels_are(&self.queue, shown_at);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            let own = &mut self.own[side as usize];
            book.side_mut(side.opposite()).take_each(|level| {
                let meets = |own| beyond(side, own, level.price);
                own.reaches(level.price).then(|| own.cross(level.left(), meets, hits))
            });
        }
        self.look_at_triggers();
        self.has_news(hits)
    }

    /// True if own orders were filled or fired.
    #[inline]
    pub(super) fn has_news(&self, hits: &[Hit]) -> bool {
        !(hits.is_empty() && self.fired.is_empty())
    }

    /// A public trade is a budget: a seller's print can fill our buys, a buyer's our sells.
    ///
    /// True if something came of it.
    pub(super) fn on_trade(&mut self, trade: Trade, hits: &mut Vec<Hit>) -> bool {
        if let Source::Candles(_) | Source::Orders(_) = self.source {
            return false;
        }
        let Trade { price, quantity, aggressor, .. } = trade;
        self.last = Some(price);
        // Where a book shows who is ahead, a touch proves nothing.
        let touch = self.rules.touch && !self.has_book();
        let mut given = 0;
        for side in [Side::Buy, Side::Sell] {
            let own = &mut self.own[side as usize];
            if aggressor != Some(side) && own.reaches(price) {
                given = own.trade(price, quantity, given, touch, &self.queue, hits);
            }
        }
        if let Source::Trades(last) = &mut self.source {
            let share = self.rules.taking.share(quantity, self.lot);
            *last = Some(LastTrade { price, left: quantity - given, share });
        }
        if !self.armed.is_empty() {
            self.test_triggers();
            if !self.fired.is_empty() {
                self.deduct(&trade);
            }
        }
        self.has_news(hits)
    }

    /// A trade of a book that changes by itself: it is the last price, and may fire what waits.
    pub(super) fn traded_at(&mut self, price: i64) {
        self.last = Some(price);
        self.look_at_triggers();
    }

    /// A print that fired a stop took from the displayed book what the stop cannot take again.
    fn deduct(&mut self, trade: &Trade) {
        let shows = |side: Side| match &self.source {
            Source::Depth(book) => book.side(side).quantity_at(trade.price) > 0,
            _ => self.best(side).is_some_and(|(best, _)| best == trade.price),
        };
        let taken_side = match trade.aggressor {
            Some(side) => side.opposite(),
            None if shows(Side::Buy) => Side::Buy,
            None => Side::Sell,
        };
        match &mut self.source {
            Source::Depth(book) => {
                book.side_mut(taken_side).take_at(trade.price, trade.quantity);
            }
            Source::Quotes(Some(top))
                if top.best(taken_side).is_some_and(|(best, _)| best == trade.price) =>
            {
                top.consume(taken_side, trade.quantity.min(top.left(taken_side)));
            }
            _ => {}
        }
    }

    /// Moves to a point of a candle; `position` is what is held when the candle opens.
    pub(super) fn move_to(&mut self, candle: &Candle, point: u8, position: i64) {
        let Source::Candles(market) = &mut self.source else { return };
        let taking = &self.rules.taking;
        if point == 0 {
            *market = market.open(candle, self.rules.path, position, taking, self.lot);
        }
        market.move_to(point);
        self.last = Some(market.price);
    }

    /// The market orders that wait, for one point of a candle.
    pub(super) fn waiting(&mut self) -> Vec<Taker> {
        std::mem::take(&mut self.waiting)
    }

    /// Lets a market order that waited take at the current point. Returns what becomes of it if it
    /// is at its end.
    pub(super) fn work_on(&mut self, mut taker: Taker, hits: &mut Vec<Hit>) -> Option<Arrival> {
        let Source::Candles(market) = &mut self.source else { return None };
        market.take(&mut taker, &self.rules.taking, self.tick, hits);
        if taker.is_done() || market.at_close() {
            return Some(rest_of(&taker));
        }
        self.waiting.push(taker);
        None
    }

    /// Fills own orders that the current point of a candle went through, then fires triggers.
    pub(super) fn fill_at_point(&mut self, hits: &mut Vec<Hit>) {
        let Source::Candles(market) = &mut self.source else { return };
        let taking = &self.rules.taking;
        for side in [Side::Buy, Side::Sell] {
            let own = &mut self.own[side as usize];
            if !own.is_empty() {
                market.fill_resting(side, own, self.rules.touch, &self.queue, taking, hits);
            }
        }
        self.look_at_triggers();
    }

    /// An order that passed all checks reaches the market; on candles one whose trigger was met
    /// meets it at `level`.
    pub(super) fn arrive(
        &mut self,
        order: &Order,
        mut taker: Taker,
        now: Time,
        level: Option<i64>,
        hits: &mut Vec<Hit>,
    ) -> Arrival {
        match (&mut self.source, level) {
            (Source::Candles(market), Some(level)) => market.take_at(level, &mut taker, hits),
            _ => self.take(&mut taker, now, hits),
        }
        if taker.leaves == 0 {
            return Arrival::Done;
        }
        let request = &order.request;
        if let (OrderKind::Market, Source::Candles(market)) = (request.kind, &self.source)
            && !taker.broke
            && !market.is_ending(now)
        {
            // Between candles it waits for the next open; within one it works through its points.
            taker.beyond &= market.is_open(now, &self.rules.taking);
            self.waiting.push(taker);
            return Arrival::Works;
        }
        match (request.kind, request.time_in_force) {
            (OrderKind::Market, _) => rest_of(&taker),
            (_, TimeInForce::ImmediateOrCancel) => Arrival::Cancel(Reason::Ioc),
            (_, TimeInForce::FillOrKill) => Arrival::Cancel(Reason::Fok),
            (OrderKind::Limit, TimeInForce::GoodTillCancelled | TimeInForce::GoodTillDate) => {
                let Taker { order, leaves, chances, .. } = taker;
                self.rest(request, order, leaves, chances);
                Arrival::Works
            }
        }
    }

    /// Lets an order rest at the end of the queue at its price.
    #[inline]
    pub(super) fn rest(
        &mut self,
        request: &OrderRequest,
        order: OrderId,
        leaves: i64,
        chances: Chances,
    ) {
        let OrderRequest { side, limit: price, .. } = *request;
        let place = self.place(side, price, chances);
        self.own[side as usize].insert(Resting { price, order, leaves, place });
    }

    /// Our own best resting order on the other side that a limit meets.
    pub(super) fn own_within(&self, side: Side, limit: i64) -> Option<(OrderId, i64)> {
        let own = &self.own[side.opposite() as usize];
        own.first().filter(|_| own.reaches(limit))
    }

    /// Lets `taker` take what is better priced than `price`.
    pub(super) fn take_better(
        &mut self,
        taker: &mut Taker,
        price: i64,
        now: Time,
        hits: &mut Vec<Hit>,
    ) {
        let (limit, beyond) = (taker.limit, taker.beyond);
        taker.limit = price - taker.side.sign();
        self.take(taker, now, hits);
        (taker.limit, taker.beyond) = (limit, beyond);
    }

    /// How much a fill-or-kill order finds within `limit`: displayed quantity, nothing invented.
    /// On candles one whose trigger was met finds it at `level`.
    pub(super) fn available(
        &self,
        taker: &Taker,
        limit: i64,
        now: Time,
        level: Option<i64>,
    ) -> i64 {
        let side = taker.side;
        match &self.source {
            Source::Depth(book) | Source::Orders(book) => {
                let levels = book.side(side.opposite()).levels();
                let within = levels.take_while(|level| beyond(side, limit, level.price));
                within.map(|level| level.left()).sum()
            }
            Source::Quotes(Some(top)) => {
                let within =
                    top.best(side.opposite()).filter(|(best, _)| beyond(side, limit, *best));
                within.map_or(0, |_| top.left(side.opposite()))
            }
            Source::Trades(Some(last)) => {
                let half = side.sign() * self.rules.taking.half_spread * self.tick;
                let there = beyond(side, limit, (last.price + half).max(self.tick));
                if there { last.left.min(last.share) } else { 0 }
            }
            Source::Candles(market) => match level {
                Some(level) if beyond(side, limit, level) => market.left(),
                Some(_) => 0,
                None => market.available(taker, limit, now, &self.rules.taking),
            },
            Source::Quotes(None) | Source::Trades(None) => 0,
        }
    }

    /// Our own quantity that rests within the limit of an order of `side`.
    pub(super) fn own_available(&self, side: Side, limit: i64) -> i64 {
        self.own[side.opposite() as usize].within(limit)
    }

    /// Gives an order that rests here another quantity.
    pub(super) fn resize(&mut self, order: &Order, leaves: i64) {
        let own = &mut self.own[order.request.side as usize];
        own.resize(order.request.limit, order.id, leaves);
        if let Some(taker) = self.waiting.iter_mut().find(|taker| taker.order == order.id) {
            taker.leaves = leaves;
        }
    }

    fn take(&mut self, taker: &mut Taker, now: Time, hits: &mut Vec<Hit>) {
        let rules = &self.rules.taking;
        match &mut self.source {
            Source::Depth(book) | Source::Orders(book) => {
                take_levels(book.side_mut(taker.side.opposite()), taker, hits);
            }
            Source::Quotes(Some(top)) => top.walk(taker, self.tick, hits),
            Source::Trades(Some(last)) => {
                let half = taker.side.sign() * rules.half_spread * self.tick;
                let best = (last.price + half).max(self.tick);
                let price = rules.price(taker, best, self.tick);
                let got = taker.take(price, last.left.min(last.share), hits);
                (last.left, last.share) = (last.left - got, last.share - got);
            }
            Source::Candles(market) => market.arrive(taker, now, rules, self.tick, hits),
            Source::Quotes(None) | Source::Trades(None) => {}
        }
    }

    /// True if a limit at this price would take from what is displayed, or meet one of our own.
    pub(super) fn would_take(&self, side: Side, limit: i64, now: Time) -> bool {
        if self.own_within(side, limit).is_some() {
            return true;
        }
        if let Source::Candles(market) = &self.source {
            let met = market.met(now, &self.rules.taking);
            return met.into_iter().flatten().any(|price| beyond(side, limit, price));
        }
        self.best(side.opposite()).is_some_and(|(price, _)| beyond(side, limit, price))
    }

    /// The limit at which an order of `side` would just not take, one tick from what it would meet.
    pub(super) fn beside_the_touch(&self, side: Side, now: Time) -> Option<i64> {
        let recorded = match &self.source {
            Source::Candles(market) => market.met(now, &self.rules.taking),
            _ => [self.best(side.opposite()).map(|(price, _)| price), None],
        };
        let own = self.own[side.opposite() as usize].first().map(|(_, price)| price);
        let prices = recorded.into_iter().flatten().chain(own);
        let nearest = if side == Side::Buy { prices.min() } else { prices.max() };
        nearest.map(|price| price - side.sign() * self.tick)
    }

    /// The place in the queue of an order that starts to rest.
    fn place(&self, side: Side, price: i64, chances: Chances) -> Place {
        let displayed = match &self.source {
            Source::Depth(book) => book.side(side).shown_at(price, self.window),
            Source::Orders(book) => Some(book.side(side).quantity_at(price)),
            Source::Quotes(Some(top)) => match top.best(side) {
                Some((best, quantity)) if best == price => Some(quantity),
                Some((best, _)) if beyond(side, best, price) => None,
                _ => Some(0),
            },
            Source::Quotes(None) | Source::Trades(_) | Source::Candles(_) => None,
        };
        Place::behind(&self.queue, displayed, self.joined, chances)
    }

    /// True if an order rests here, or waits for the next point of a candle.
    pub(super) fn has(&self, order: &Order) -> bool {
        let rests = self.own[order.request.side as usize].has(order.request.limit, order.id);
        rests || self.waiting.iter().any(|taker| taker.order == order.id)
    }

    /// Takes an order out of the market.
    pub(super) fn cancel(&mut self, order: &Order) -> bool {
        let own = &mut self.own[order.request.side as usize];
        if own.remove(order.request.limit, order.id) {
            return true;
        }
        let waiting = self.waiting.len();
        self.waiting.retain(|taker| taker.order != order.id);
        self.waiting.len() < waiting
    }
}

/// What becomes of the rest of a market order that is at its end.
fn rest_of(taker: &Taker) -> Arrival {
    if taker.leaves == 0 {
        Arrival::Done
    } else if taker.broke {
        Arrival::Cancel(taker.purse.map_or(Reason::InsufficientFunds, |purse| purse.spent))
    } else if taker.beyond {
        Arrival::Cancel(Reason::Protection)
    } else {
        Arrival::Cancel(Reason::NoLiquidity)
    }
}

/// True if `own` of `side` is at `price` or goes beyond it.
fn beyond(side: Side, own: i64, price: i64) -> bool {
    match side {
        Side::Buy => own >= price,
        Side::Sell => own <= price,
    }
}

/// A price worse than any of a side.
fn worst(side: Side) -> i64 {
    match side {
        Side::Buy => i64::MIN,
        Side::Sell => i64::MAX,
    }
}
