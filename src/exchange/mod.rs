//! The simulated exchange: an [`ExecutionClient`] that answers from recorded data, never better
//! than they prove.

mod ambiguous;
mod amounts;
mod by_order;
mod candles;
mod changes;
mod clash;
mod families;
mod fees;
mod growing;
mod latency;
mod look;
mod matching;
mod numbers;
mod open_orders;
mod queue;
mod resting;
mod rows;
mod settings;
mod slippage;
mod taking;
mod timed;
mod triggers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use ambiguous::{Ambiguities, Ambiguous, MAX_LISTED, Struck};
pub use candles::CandlePath;
pub use fees::{FeeAsset, FeeTier, Fees, VOLUME_SPAN_NS};
pub use latency::{Delay, Latency, Measured, Measurement, Message};
pub use look::{Look, Stands};
pub use matching::MatchingRules;
pub use queue::{QueueModel, Share, Weight};
pub use settings::{ExchangeSettings, Venue};
pub use slippage::{BarFill, Slippage, TakingRules};

use crate::account::{Account, may_be_capped};
use crate::context::World;
use crate::error::Result;
use crate::event::{AccountEvent, MarketEvent, Moment, OrderNews};
use crate::execution::{ExecutionClient, Request};
use crate::filters::Around;
use crate::instrument::{AssetIndex, InstrumentIndex};
use crate::market::{Candle, DataSet, MarketKind};
use crate::order::{
    Fill, Liquidity, Order, OrderId, OrderKind, OrderRequest, Reason, SelfTrade, Status,
    TimeInForce, Transition,
};
use crate::replay::{Row, VenueRows};
use crate::risk::{check_filters, check_funds, check_leg, claim};
use crate::time::Time;
use fees::{FeeBook, Paying};
use latency::{Sessions, enqueue};
use matching::{Arrival, Market};
use numbers::Numbers;
use open_orders::OpenOrders;
use queue::Chances;
use taking::{Purse, Taker};
use timed::Timed;
use triggers::Fired;

/// One execution that the matching found.
#[derive(Clone, Copy, Debug)]
struct Hit {
    order: OrderId,
    price: i64,
    /// The price before slippage was assumed.
    unslipped: i64,
    quantity: i64,
    liquidity: Liquidity,
}

/// What the market showed when a fill happened: what it cost is measured against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The middle of the touch, else the last price, doubled and raw.
    pub middle: i64,
    /// The best price that a taker met, raw; for a maker its own.
    pub touch: i64,
}

/// News that wait until they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Later {
    Nothing,
    AllButFills,
    All,
}

/// A venue that exists in simulated time only.
#[derive(Debug)]
pub struct SimulatedExchange {
    world: Arc<World>,
    sessions: Sessions,
    numbers: Numbers,
    /// True if anything asks for the number of an order within its instrument.
    counts: bool,
    fees: FeeBook,
    markets: Vec<Market>,
    account: Account,
    orders: OpenOrders,
    fills: Vec<Fill>,
    /// As many as fills.
    shown: Vec<Shown>,
    inbound: VecDeque<(Moment, Request)>,
    outbound: VecDeque<(Moment, AccountEvent)>,
    /// What need not be told in time.
    later: Later,
    /// Where not all news are told in time, when the others are.
    urgent: VecDeque<(Moment, ())>,
    /// When the first of the requests, and of the news that are told in time, is due.
    due: Moment,
    hits: Vec<Hit>,
    /// Orders whose trigger was met or that have grown, on their way to the market.
    children: VecDeque<(Moment, Fired)>,
    /// What is due at a time of its own; ends of orders that have ended may still be here.
    timed: BTreeSet<(Time, Timed)>,
    /// Reduce-only orders that work, by arrival; ended ones may still be here.
    reducers: Vec<OrderId>,
    self_trade: SelfTrade,
    allow_immediate: Option<bool>,
    ambiguous: Ambiguities,
    /// Amendments and cancels that were refused.
    changes_refused: BTreeMap<Reason, usize>,
    /// Where all draws come from.
    seed: u64,
}

impl SimulatedExchange {
    /// A venue for the instruments of `world`, on which `account` trades.
    pub fn new(
        world: &Arc<World>,
        data: &DataSet,
        settings: &ExchangeSettings,
        account: Account,
    ) -> Result<Self> {
        let mut markets = Vec::new();
        for (at, spec) in world.specs.iter().enumerate() {
            let of_this = data.streams.iter().filter(|stream| stream.instrument.at() == at);
            let kinds: Vec<MarketKind> = of_this.map(|stream| stream.series.kind()).collect();
            if settings.matching.queue == QueueModel::Exact {
                by_order::check(&kinds, &spec.instrument.name)?;
            }
            markets.push(Market::new(&kinds, settings.matching, spec, settings.seed));
        }
        let sessions = Sessions::new(settings, world);
        let mut venue = Self {
            counts: settings.is_random() || matches!(sessions, Sessions::Modelled(_)),
            numbers: Numbers::new(world.specs.len()),
            sessions,
            fees: FeeBook::new(settings, world)?,
            markets,
            account: account.with_ledger(),
            orders: OpenOrders::default(),
            fills: Vec::new(),
            shown: Vec::new(),
            inbound: VecDeque::new(),
            outbound: VecDeque::new(),
            later: Later::Nothing,
            urgent: VecDeque::new(),
            due: Moment::NEVER,
            hits: Vec::new(),
            children: VecDeque::new(),
            timed: BTreeSet::new(),
            reducers: Vec::new(),
            self_trade: settings.self_trade,
            allow_immediate: settings.allow_immediate,
            ambiguous: Ambiguities::default(),
            changes_refused: BTreeMap::new(),
            seed: settings.seed,
            world: Arc::clone(world),
        };
        venue.start(data);
        Ok(venue)
    }

    /// Holdings, positions and ledger.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// An order as the venue knows it, if it is open or its owner does not know its end yet.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(id)
    }

    /// Amendments and cancels that were refused, by reason.
    pub fn changes_refused(&self) -> &BTreeMap<Reason, usize> {
        &self.changes_refused
    }

    /// All fills in their order.
    pub fn fills(&self) -> &[Fill] {
        &self.fills
    }

    /// What the market showed at each fill.
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// The fee of a fill in quote money, at the price of its time if it was paid in another asset.
    pub fn fee_value(&self, fill: &Fill) -> i128 {
        self.fees.value(fill.id).unwrap_or(fill.fee)
    }

    /// Brings money into the account.
    pub fn deposit(&mut self, time: Time, asset: AssetIndex, amount: i128) {
        self.account.deposit(time, asset, amount);
    }

    /// Sends news of an order on its way, at `now`.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the hot path of every message
    fn tell(&mut self, now: Moment, order: OrderId, news: OrderNews) {
        let due = match &mut self.sessions {
            Sessions::Constant { response_ns, .. } => {
                let last = self.outbound.back().map_or(now, |(last, _)| *last);
                now.after(*response_ns).max(last)
            }
            Sessions::Modelled(models) => models.back(order, now, &self.numbers),
        };
        self.answer(now, due, order, news);
    }

    /// News of an order that reach us at `due`.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every message comes by
    fn answer(&mut self, now: Moment, due: Moment, order: OrderId, news: OrderNews) {
        let event = AccountEvent { order, venue_time: now.time, time: due.time, news };
        enqueue(&mut self.outbound, due, event);
        match (self.later, &event.news) {
            (Later::Nothing, _) => {}
            (Later::AllButFills, OrderNews::Filled(_)) => enqueue(&mut self.urgent, due, ()),
            (Later::AllButFills | Later::All, _) => return,
        }
        self.due = self.due.min(due);
    }

    fn candle_point(&mut self, at: usize, candle: &Candle, point: u8, time: Time) {
        let now = Moment { time, round: 0 };
        if point == 1 && self.markets[at].has_two() {
            self.look_for_ambiguity(at, candle);
        }
        let held = self.account.positions[at].quantity;
        self.markets[at].move_to(candle, point, held);
        for mut taker in self.markets[at].waiting() {
            self.convert_waiting(now, taker.order);
            self.follow_up(&mut taker);
            let (id, mode) = (taker.order, self.mode(taker.order));
            let end = match self.meet_own(now, at, &mut taker, mode) {
                Some(reason) => Some(Arrival::Cancel(reason)),
                None => self.markets[at].work_on(taker, &mut self.hits),
            };
            self.book_hits(now);
            if let Some(end) = end {
                self.end(now, id, end);
            }
        }
        self.markets[at].fill_at_point(&mut self.hits);
        self.book_hits(now);
        self.fire(now, at);
    }

    /// Books the executions that the matching found.
    #[inline(never)]
    fn book_hits(&mut self, now: Moment) {
        // Booking one may let another order arrive, which finds hits of its own.
        let mut hits = std::mem::take(&mut self.hits);
        for hit in &hits {
            let Hit { order: id, price, mut quantity, liquidity, .. } = *hit;
            let order = self.orders.open(id);
            let tied = order.request.special.is_some();
            let mut grows = false;
            if tied {
                // What was filled before may have left it less.
                quantity = if order.status.is_final() { 0 } else { quantity.min(order.leaves()) };
                if quantity == 0 {
                    continue;
                }
                let (order, sibling) = self.orders.open_with_sibling(id);
                if let Some(sibling) = sibling {
                    let spec = &self.world.specs[order.request.instrument.at()];
                    claim(&mut self.account, spec, order, sibling);
                }
                grows = self.may_grow(id);
            }
            let order = self.orders.open(id);
            let OrderRequest { instrument, side, .. } = order.request;
            let (spec, terms) =
                (&self.world.specs[instrument.at()], &self.world.terms[instrument.at()]);
            let id_of_fill = self.fills.len() as u32 + 1;
            let (account, world) = (&self.account, &*self.world);
            let hit = Hit { quantity, ..*hit };
            let paying = Paying { order, hit, now: now.time, id: id_of_fill, account, world };
            let (fee, fee_asset) = self.fees.charge(paying, |at| self.markets[at].mark());
            let fill = Fill {
                id: id_of_fill,
                order: id,
                instrument,
                side,
                liquidity,
                completes: quantity == order.leaves() && !grows,
                price,
                quantity,
                fee,
                fee_asset,
                time: now.time,
            };
            self.account.book(spec, &terms.lock, order, &fill);
            self.fills.push(fill);
            self.shown.push(self.markets[instrument.at()].shown(side, &hit));
            if tied {
                let leaves = order.leaves();
                self.markets[instrument.at()].resize(order, leaves);
            }
            self.tell(now, id, OrderNews::Filled(fill));
            if tied {
                self.tell_family(now, id, quantity);
            }
            if !self.reducers.is_empty() {
                self.clip_all(now);
            }
        }
        hits.clear();
        self.hits = hits;
    }

    /// Ends the rest of an order if it is at its end.
    fn end(&mut self, now: Moment, id: OrderId, end: Arrival) {
        let Arrival::Cancel(reason) = end else { return };
        let order = self.orders.open(id);
        if order.status.is_final() {
            return; // what was booked last ended it
        }
        let spec = &self.world.specs[order.request.instrument.at()];
        self.account.release(spec, order);
        order.apply(Transition::Cancel, Some(reason), now.time);
        let tied = order.request.special.is_some();
        self.tell(now, id, OrderNews::Cancelled(reason));
        if tied {
            self.part(now, id);
        }
    }

    /// Checks an order on arrival: as before it was sent, but on what the venue knows.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every order comes by
    fn check(&mut self, id: OrderId, most: i128, now: Time) -> Result<(), Reason> {
        let Some(order) = self.orders.get(id) else { return Err(Reason::NotOpen) };
        let request = &order.request;
        let at = request.instrument.at();
        let trigger = request.trigger().and_then(|trigger| trigger.price);
        let seen = || self.markets[at].reference(request.side);
        if request.trigger().is_some() && trigger.or_else(seen).is_none() {
            return Err(Reason::NoPrice);
        }
        let reference = || trigger.or_else(seen);
        let around = || self.around(id, request, now);
        check_filters(&self.world.specs[at], request, reference, around)?;
        let order = self.orders.open(id);
        let (request, market) = (&order.request, &self.markets[at]);
        if order.is_waiting() {
            return Ok(());
        }
        if request.post_only && market.would_take(request.side, request.limit, now) {
            let reprices = request.special.as_ref().is_some_and(|special| special.reprice);
            let beside = market.beside_the_touch(request.side, now).filter(|price| *price > 0);
            let limit = beside.filter(|_| reprices).ok_or(Reason::PostOnlyWouldCross)?;
            order.request.limit = limit;
        }
        if order.request.reduce_only() {
            return self.reducible(id).map(drop);
        }
        self.check_funds(id, most)
    }

    /// Holds back what an order needs.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every order comes by
    fn check_funds(&mut self, id: OrderId, most: i128) -> Result<(), Reason> {
        let order = self.orders.open(id);
        if order.request.special.is_some() {
            return self.check_leg(id, most);
        }
        let (specs, terms) = (&self.world.specs, &self.world.terms[order.request.instrument.at()]);
        let mark = |at: usize| self.markets[at].mark();
        check_funds(&mut self.account, specs, terms, order, (0, most), mark)
    }

    /// The same for an order that may be one of two legs.
    #[inline(never)]
    fn check_leg(&mut self, id: OrderId, most: i128) -> Result<(), Reason> {
        let (order, sibling) = self.orders.open_with_sibling(id);
        let at = order.request.instrument.at();
        let (specs, terms) = (&self.world.specs, &self.world.terms[at]);
        let mark = |at: usize| self.markets[at].mark();
        match sibling.filter(|sibling| sibling.holds) {
            None => check_funds(&mut self.account, specs, terms, order, (0, most), mark),
            Some(sibling) => check_leg(&mut self.account, specs, terms, order, sibling, mark),
        }
    }

    /// What filters look at besides the order.
    #[cold]
    fn around(&self, id: OrderId, request: &OrderRequest, now: Time) -> Around {
        let at = request.instrument.at();
        let position = &self.account.positions[at];
        // What an order that is amended has filled is part of the position.
        let own = self.orders.get(id);
        let own = own.map_or(0, |o| if o.holds { o.request.quantity } else { o.filled });
        Around {
            now,
            best: self.markets[at].band_reference(request.side),
            orders: self.orders.working(request.instrument, id),
            position: position.quantity,
            working: position.working_quantity[request.side as usize] - own,
        }
    }

    fn open(&mut self, now: Moment, id: OrderId, mut request: OrderRequest, most: i128) {
        if let Some(price) = request.special.as_ref().and_then(|special| special.assumed) {
            self.markets[request.instrument.at()].assume(price, request.quantity, now.time);
        }
        let converted = request.special.is_some() && self.convert(&mut request, now.time);
        let (limit, waits, parent) = (request.limit, request.trigger().is_some(), request.parent());
        let sibling = request.sibling();
        let expire = request.special.as_ref().and_then(|special| special.expire);
        self.orders
            .insert(Order { status: Status::Submitted, ..Order::new(id, request, now.time) });
        if expire.is_some_and(|expire| expire <= now.time) {
            return self.let_expire(now, id);
        }
        if let Some(expire) = expire {
            self.timed.insert((expire, Timed::End(id)));
            self.due = self.due.min(Moment { time: expire, round: 0 });
        }
        if let Some(parent) = parent {
            return self.adopt(now, id, parent);
        }
        if let Some(sibling) = sibling {
            self.join(now, id, sibling);
            if !self.is_open(id) {
                return;
            }
        }
        let mut checked = self.check(id, most, now.time);
        if waits && checked.is_ok() {
            checked = self.wait(now, id);
        }
        if let Err(reason) = checked {
            return self.reject(now, id, reason);
        }
        if waits {
            return;
        }
        let order = self.orders.open(id);
        if order.request.kind == OrderKind::Limit {
            // A market order is never working in the book; it is filled or ends.
            order.apply(Transition::Accept, None, now.time);
            let repriced = order.request.limit != limit;
            let to = order.terms();
            self.tell(now, id, OrderNews::Accepted);
            if repriced {
                self.tell(now, id, OrderNews::Amended(to));
            }
        }
        if converted {
            let to = self.orders.open(id).terms();
            self.tell(now, id, OrderNews::Amended(to));
        }
        if self.orders.open(id).request.reduce_only() {
            self.clip(now, id);
        }
        self.work(now, id, None);
    }

    /// Refuses an order.
    fn reject(&mut self, now: Moment, id: OrderId, reason: Reason) {
        let order = self.orders.open(id);
        self.account.release(&self.world.specs[order.request.instrument.at()], order);
        order.apply(Transition::Reject, Some(reason), now.time);
        self.tell(now, id, OrderNews::Rejected(reason));
        self.part(now, id);
    }

    /// Lets an order that passed the checks take, rest or end.
    #[inline]
    fn work(&mut self, now: Moment, id: OrderId, level: Option<i64>) {
        let order = self.orders.open(id);
        if !order.request.post_only {
            return self.take_or_rest(now, id, level);
        }
        // It was seen not to take.
        let chances = if self.counts { self.numbers.chances(id) } else { Chances::NONE };
        let leaves = order.leaves();
        self.markets[order.request.instrument.at()].rest(&order.request, id, leaves, chances);
    }

    #[inline(never)]
    fn take_or_rest(&mut self, now: Moment, id: OrderId, level: Option<i64>) {
        let order = self.orders.open(id);
        let OrderRequest { side, limit, instrument, time_in_force, .. } = order.request;
        let (at, leaves) = (instrument.at(), order.leaves());
        let chances = if self.counts { self.numbers.chances(id) } else { Chances::NONE };
        let (order, spec) = (self.orders.open(id), &self.world.specs[at]);
        let purse = may_be_capped(self.account.kind, order).then(|| Purse {
            left: order.locked,
            unit: self.fees.taking[at].value,
            beside: self.fees.taking[at].beside,
            lot: spec.lot_at(now.time),
            spent: Reason::InsufficientFunds,
        });
        let purse = purse.or_else(|| amounts::purse(&order.request, spec, now.time));
        let (beyond, broke) = (false, false);
        let arrived = order.created;
        // Of a trigger that was met within a candle the level says where, with slippage.
        let trigger = order.request.trigger().and_then(|trigger| trigger.price);
        let slipped = |price: &i64| Some(self.markets[at].slipped(side, *price)) == level;
        let unslipped = trigger.filter(slipped).or(level);
        let mut taker = Taker {
            order: id,
            arrived,
            chances,
            side,
            limit,
            leaves,
            purse,
            unslipped,
            beyond,
            broke,
        };
        let meets = self.markets[at].own_within(side, limit).is_some();
        if time_in_force == TimeInForce::FillOrKill && !self.is_there(now, &taker, at, level) {
            return self.end(now, id, Arrival::Cancel(Reason::Fok));
        }
        if meets {
            let mode = self.mode(id);
            if let Some(reason) = self.meet_own(now, at, &mut taker, mode) {
                return self.end(now, id, Arrival::Cancel(reason));
            }
            if self.orders.get(id).is_none_or(|order| order.status.is_final()) {
                return;
            }
        }
        let order = self.orders.open(id);
        let end = self.markets[at].arrive(order, taker, now.time, level, &mut self.hits);
        self.book_hits(now);
        self.end(now, id, end);
    }

    /// How an order treats our own orders that it meets.
    fn mode(&self, id: OrderId) -> SelfTrade {
        let order = self.orders.get(id);
        let special = order.and_then(|order| order.request.special.as_ref());
        special.and_then(|special| special.self_trade).unwrap_or(self.self_trade)
    }

    /// True if all that a fill-or-kill order wants can be had.
    fn is_there(&self, now: Moment, taker: &Taker, at: usize, level: Option<i64>) -> bool {
        let market = &self.markets[at];
        let mode = self.mode(taker.order);
        let mut limit = taker.limit;
        let mut own = 0;
        match (market.own_within(taker.side, limit), mode) {
            (None, _) | (Some(_), SelfTrade::ExpireMaker) => {}
            (Some(_), SelfTrade::Allow) => own = market.own_available(taker.side, limit),
            // Only what is better priced than our own order comes before the clash.
            (Some((_, price)), _) => limit = price - taker.side.sign(),
        }
        let there = market.available(taker, limit, now.time, level);
        there.saturating_add(own) >= taker.leaves
    }

    /// Finds what is due first.
    #[inline]
    fn look_at_due(&mut self) {
        let request = self.inbound.front().map_or(Moment::NEVER, |(due, _)| *due);
        let answer = match self.later {
            Later::Nothing => self.outbound.front().map(|(due, _)| *due),
            _ => self.urgent.front().map(|(due, ())| *due),
        };
        self.due = request.min(answer.unwrap_or(Moment::NEVER));
        if !(self.children.is_empty() && self.timed.is_empty()) {
            let child = self.children.front().map_or(Moment::NEVER, |(due, _)| *due);
            let timed = Moment { time: self.next_timed(), round: 0 };
            self.due = self.due.min(child).min(timed);
        }
        if let Sessions::Modelled(models) = &self.sessions {
            self.due = self.due.min(models.next_refusal());
        }
    }

    /// Sends requests that take differently long on their way.
    fn send_each(&mut self, requests: &mut Vec<Request>, sent: Moment) {
        let Sessions::Modelled(models) = &mut self.sessions else { return };
        for request in requests.drain(..) {
            let Some(due) = models.there(&request, sent, &self.numbers) else { continue };
            enqueue(&mut self.inbound, due, request);
            self.due = self.due.min(due);
        }
        self.due = self.due.min(models.next_refusal());
    }

    /// Counts an amendment or a cancel that was refused.
    fn count_refused(&mut self, reason: Reason) {
        *self.changes_refused.entry(reason).or_default() += 1;
    }

    /// Tells of requests that the venue never got.
    fn refuse(&mut self, now: Moment) {
        while let Sessions::Modelled(models) = &mut self.sessions
            && let Some(request) = models.refusal(now)
        {
            let (id, news) = match request {
                Request::Open(id, ..) => (id, OrderNews::Rejected(Reason::Refused)),
                Request::Amend(id, _) => (id, OrderNews::AmendRejected(Reason::Refused)),
                Request::Cancel(id) => (id, OrderNews::CancelRejected(Reason::Refused)),
            };
            let due = models.told(id, now, &self.numbers);
            if !matches!(request, Request::Open(..)) {
                self.count_refused(Reason::Refused);
            }
            self.answer(now, due, id, news);
        }
    }

    fn cancel(&mut self, now: Moment, id: OrderId) {
        let order = self.orders.get(id).filter(|order| !order.status.is_final());
        let rested =
            order.is_some_and(|order| self.markets[order.request.instrument.at()].cancel(order));
        if rested || (order.is_some() && self.take_out(id)) {
            self.end(now, id, Arrival::Cancel(Reason::User));
        } else {
            self.count_refused(Reason::NotOpen);
            self.tell(now, id, OrderNews::CancelRejected(Reason::NotOpen));
        }
    }
}

impl ExecutionClient for SimulatedExchange {
    fn on_market(&mut self, rows: &mut VenueRows, until: Time) {
        let timed = self.next_timed();
        // An order that ends at T is not there for what happens at T, a rule is.
        let last = until.min(Time(timed.ns() - 1));
        while let Some(stretch) = rows.stretch(last) {
            let (taken, came) = self.replay(&rows.data().streams[stretch.stream].series, &stretch);
            rows.took(stretch.stream, taken);
            if came {
                return;
            }
        }
        if timed <= until && rows.next_time() >= timed {
            self.let_time_pass(Moment { time: timed, round: 0 });
            self.look_at_due();
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // a row then need not be put together in memory
    fn on_row(&mut self, event: &MarketEvent) {
        let market = &mut self.markets[event.instrument.at()];
        let came = match &event.row {
            Row::Quote(quote) => market.on_quote(*quote, &mut self.hits),
            Row::Trade(trade) => market.on_trade(*trade, &mut self.hits),
            Row::Book(update) => market.on_book(update, &mut self.hits),
            Row::Order(update) => market.on_order(update, &mut self.hits),
            Row::Candle(_) => false,
        };
        if came {
            let now = Moment { time: event.time, round: 0 };
            self.book_hits(now);
            self.fire(now, event.instrument.at());
        }
    }

    fn on_point(&mut self, instrument: InstrumentIndex, candle: &Candle, point: u8, time: Time) {
        self.candle_point(instrument.at(), candle, point, time);
    }

    fn on_time(&mut self, time: Time) {
        while self.next_timed() <= time {
            self.let_time_pass(Moment { time: self.next_timed(), round: 0 });
        }
        self.look_at_due();
    }

    fn admit(&mut self, instrument: InstrumentIndex, kind: MarketKind, now: Moment) {
        self.admit_kind(instrument.at(), kind, now);
    }

    fn send(&mut self, requests: &mut Vec<Request>, sent: Moment) {
        if requests.is_empty() {
            return;
        }
        if self.counts {
            for request in &*requests {
                self.numbers.count(request);
            }
        }
        let Sessions::Constant { entry_ns, .. } = self.sessions else {
            return self.send_each(requests, sent);
        };
        let last = self.inbound.back().map_or(sent, |(last, _)| *last);
        let due = sent.after(entry_ns).max(last);
        for request in requests.drain(..) {
            self.inbound.push_back((due, request));
        }
        self.due = self.due.min(due);
    }

    #[inline]
    fn next_due(&self) -> Moment {
        self.due
    }

    fn advance(&mut self, now: Moment) {
        if self.next_timed() <= now.time {
            self.let_time_pass(now);
        }
        while let Some((_, child)) = self.children.pop_front_if(|(due, _)| *due <= now) {
            self.release_child(now, child);
        }
        self.refuse(now);
        while let Some((_, request)) = self.inbound.pop_front_if(|(due, _)| *due <= now) {
            match request {
                Request::Open(id, request, most) => self.open(now, id, request, most),
                Request::Amend(id, amendment) => self.amend(now, id, &amendment),
                Request::Cancel(id) => self.cancel(now, id),
            }
        }
    }

    fn tell_later(&mut self, fills: bool) {
        assert!(self.outbound.is_empty(), "nothing is on its way yet");
        self.later = if fills { Later::AllButFills } else { Later::All };
    }

    #[inline]
    fn news(&mut self, now: Moment) -> Option<AccountEvent> {
        let news = self.outbound.pop_front_if(|(due, _)| *due <= now);
        let Some((_, event)) = news else {
            self.look_at_due();
            return None;
        };
        if self.later == Later::AllButFills && matches!(event.news, OrderNews::Filled(_)) {
            self.urgent.pop_front();
        }
        if event.news.is_final() {
            self.orders.forget(event.order);
        }
        Some(event)
    }

    fn mark(&self, instrument: InstrumentIndex) -> Option<i64> {
        self.markets[instrument.at()].mark()
    }

    fn equity(&self) -> Option<i128> {
        let world = &self.world;
        let mark = |at: usize| self.markets[at].mark();
        self.account.equity(&world.specs, world.currency, &world.value_by, mark)
    }
}
