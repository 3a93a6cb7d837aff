//! What a strategy knows and can do: the view that messages gave it, and its requests.

mod calls;
mod going;
mod market;
mod outside;
mod world;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub use calls::Call;
pub use market::{BookSource, MarketView};
pub use world::World;

use crate::account::{Account, AccountKind, Position};
use crate::error::{Error, Result};
use crate::event::{AccountEvent, MarketEvent, OrderNews, Timer};
use crate::execution::Request;
use crate::filters::{Around, band_reference};
use crate::instrument::{AssetIndex, InstrumentIndex};
use crate::limits::Breach;
use crate::market::Series;
use crate::order::{
    Amendment, Fill, Order, OrderId, OrderKind, OrderRequest, Pending, Reason, Special, Status,
    TimeInForce, Transition,
};
use crate::replay::Row;
use crate::risk::{check_filters, check_funds, check_leg, claim, hold_back, needs, reducible};
use crate::time::Time;

/// Most orders of one run: the range of their numbers.
pub const MAX_ORDERS: usize = 100_000_000;
/// Most timers that wait at one time.
pub const MAX_TIMERS: usize = 1_000_000;

/// What an order that was denied for its cost needed, and what there was; in money of what it would
/// have held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Which order.
    pub order: OrderId,
    /// What it needed.
    pub needed: i128,
    /// What was free.
    pub free: i128,
}

/// If an exchange is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Its market data come.
    pub market: bool,
    /// News of our orders come.
    pub account: bool,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No event yet.
    Ready,
    /// Between start and end.
    Running,
    /// After the last event.
    Ended,
}

/// What hooks are handed: a [`View`] in a box, so that it can be lent to a foreign runtime for a
/// call.
#[derive(Clone, Debug)]
pub struct Context(Box<View>);

impl Context {
    /// A view with nothing seen. `account` holds the start balances.
    pub fn new(world: Arc<World>, account: Account) -> Self {
        Self(Box::new(View::new(world, account)))
    }
}

impl std::ops::Deref for Context {
    type Target = View;

    #[inline]
    fn deref(&self) -> &View {
        &self.0
    }
}

impl std::ops::DerefMut for Context {
    #[inline]
    fn deref_mut(&mut self) -> &mut View {
        &mut self.0
    }
}

/// The strategy's side of a run. Reads tell what messages said so far, never what the venue knows
/// beyond.
#[derive(Clone, Debug)]
pub struct View {
    /// Fixed facts.
    pub world: Arc<World>,
    phase: Phase,
    now: Time,
    markets: Vec<MarketView>,
    orders: Vec<Order>,
    working: Vec<OrderId>,
    account: Account,
    /// True if any of the following has something new.
    pub(crate) asked: bool,
    pub(crate) requests: Vec<Request>,
    pub(crate) denied: Vec<(OrderId, Reason)>,
    shortages: Vec<Shortage>,
    pub(crate) timers: Vec<Timer>,
    pub(crate) waiting_timers: usize,
    pub(crate) cancelled_timers: Vec<u32>,
    next_timer: u32,
    /// Quantity and limit with which orders were sent that have others now.
    amended: BTreeMap<OrderId, (i64, i64)>,
    /// False while orders of the strategy are denied.
    trading: bool,
    /// True while somebody outside asks, who is not bound by that.
    commanded: bool,
    /// By exchange, if market data and news of our orders come.
    connected: Vec<Connected>,
    /// Orders that a risk limit denied.
    breaches: Vec<(OrderId, Breach)>,
    /// What was asked for since the last look, if that is kept.
    calls: Option<Vec<Call>>,
    /// Names of orders since the last look.
    names: Vec<String>,
}

impl View {
    fn new(world: Arc<World>, account: Account) -> Self {
        Self {
            phase: Phase::Ready,
            now: Time::MIN,
            markets: world.books.iter().map(|source| MarketView::of(*source)).collect(),
            orders: Vec::new(),
            working: Vec::new(),
            account,
            asked: false,
            requests: Vec::new(),
            denied: Vec::new(),
            shortages: Vec::new(),
            timers: Vec::new(),
            waiting_timers: 0,
            cancelled_timers: Vec::new(),
            next_timer: 1,
            amended: BTreeMap::new(),
            trading: true,
            commanded: false,
            connected: vec![Connected { market: true, account: true }; world.exchanges.len()],
            breaches: Vec::new(),
            calls: None,
            names: Vec::new(),
            world,
        }
    }

    /// Where the run stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn enter(&mut self, phase: Phase, now: Time) {
        (self.phase, self.now) = (phase, now);
    }

    /// The time of the event that is being handled.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What is known of an instrument's market.
    pub fn market(&self, instrument: InstrumentIndex) -> &MarketView {
        &self.markets[instrument.at()]
    }

    /// What is held of an instrument, as far as fills were reported.
    pub fn position(&self, instrument: InstrumentIndex) -> &Position {
        &self.account.positions[instrument.at()]
    }

    /// Holdings and positions as far as messages told.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What remains for further positions, in money of `asset`.
    pub fn available(&self, asset: AssetIndex) -> i128 {
        let mark = |at: usize| self.markets[at].mark();
        self.account.available(&self.world.specs, asset, mark)
    }

    /// What the account is worth in the run's currency, as far as is known; `None` without a price.
    pub fn equity(&self) -> Option<i128> {
        let world = &self.world;
        let mark = |at: usize| self.markets[at].mark();
        self.account.equity(&world.specs, world.currency, &world.value_by, mark)
    }

    /// The part of `quantity`, raw, that a sell can deliver: on a cash account in whole lots of the
    /// base there is, which is less than was bought where fees were paid out of it.
    pub fn deliverable(&self, instrument: InstrumentIndex, quantity: i64) -> i64 {
        let spec = &self.world.specs[instrument.at()];
        let total = self.account.holdings[spec.base.at()].total;
        if self.account.kind != AccountKind::Cash || spec.base_money(quantity) <= total {
            return quantity;
        }
        let lot = spec.lot_at(self.now);
        spec.quantity_of(total) / lot * lot
    }

    /// Every order of the run so far, in the order of their numbers.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// One order.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get((id.0 as usize).wrapping_sub(1))
    }

    /// What a limit order without anything special asked for when it was sent.
    pub fn as_sent(&self, id: OrderId) -> Option<OrderRequest> {
        let request = self.order(id)?.request.clone();
        let now = (request.quantity, request.limit);
        let (quantity, limit) = self.amended.get(&id).copied().unwrap_or(now);
        Some(OrderRequest { quantity, limit, ..request })
    }

    /// Orders that are sent and not known to have ended, oldest first.
    pub fn working(&self) -> &[OrderId] {
        &self.working
    }

    fn check_running(&self, what: &str) -> Result<()> {
        match self.phase {
            Phase::Running => Ok(()),
            Phase::Ready => Err(Error::State(format!("{what}: the run has not started"))),
            Phase::Ended => Err(Error::State(format!("{what}: the run is over"))),
        }
    }

    /// Sends an order. A refusal is news of the order, not an error.
    pub fn submit(&mut self, mut request: OrderRequest) -> Result<OrderId> {
        self.check_running("submit")?;
        request.check(self.now)?;
        let id = self.next_id()?;
        self.asked = true;
        self.note_call(|| Call::Submit(request.clone()));
        if request.special.is_some() {
            self.assume(&mut request);
        }
        let checked = self.price(&mut request);
        let mut order = Order::new(id, request, self.now);
        let checked = checked.and_then(|reference| self.check(&mut order, reference));
        match checked {
            Ok(()) => {
                order.apply(Transition::Submit, None, self.now);
                self.working.push(id);
                self.requests.push(Request::Open(id, order.request.clone(), order.locked));
            }
            Err(reason) => {
                if reason == Reason::InsufficientFunds {
                    self.note_shortage(&order);
                }
                order.apply(Transition::Deny, Some(reason), self.now);
                self.denied.push((id, reason));
            }
        }
        self.orders.push(order);
        Ok(id)
    }

    /// Notes what an order was short of.
    #[cold]
    fn note_shortage(&mut self, order: &Order) {
        let terms = &self.world.terms[order.request.instrument.at()];
        let mark = |at: usize| self.markets[at].mark();
        let (needed, free) = needs(&self.account, &self.world.specs, terms, order, mark);
        self.shortages.push(Shortage { order: order.id, needed, free });
    }

    /// What an order that was denied for its cost was short of.
    pub fn shortage(&self, id: OrderId) -> Option<&Shortage> {
        let at = self.shortages.binary_search_by_key(&id, |shortage| shortage.order).ok()?;
        self.shortages.get(at)
    }

    /// Gives a market order its protection price. Returns the price that values the order, as far
    /// as there is one now.
    fn price(&self, request: &mut OrderRequest) -> Result<Option<i64>, Reason> {
        if request.kind == OrderKind::Limit {
            let price = request.limit;
            if request.quote_quantity().is_some() {
                self.convert(request, price)?;
                // Its lots stand: from now on it is an order like others.
                let mut special = request.special.take().unwrap_or_default();
                special.quote_quantity = None;
                request.special = Some(special).filter(|special| **special != Special::default());
            }
            return Ok(Some(price));
        }
        let at = request.instrument.at();
        let (market, terms) = (&self.markets[at], &self.world.terms[at]);
        let (tick, side) = (self.world.specs[at].tick_at(self.now), request.side);
        let opposite = || market.opposite(side, terms.half_spread * tick);
        if let Some(trigger) = request.trigger() {
            // Its protection is found at the trigger; a trailing one is valued at the market.
            let best = || market.last().or_else(opposite);
            return trigger.price.or_else(best).map(Some).ok_or(Reason::NoPrice);
        }
        let now = opposite();
        // If nobody is left to trade with, the venue finds out: somebody may come until then.
        let best = now.or_else(|| market.last_best(side.opposite()));
        let assumed = || request.special.as_ref().and_then(|special| special.assumed);
        let best = best.or_else(assumed).ok_or(Reason::NoPrice)?;
        self.convert(request, best)?;
        request.limit = terms.protection(tick, request.side, best);
        if request.time_in_force == TimeInForce::GoodTillCancelled {
            request.time_in_force = TimeInForce::ImmediateOrCancel;
        }
        Ok(market.last().or(now))
    }

    /// Gives an order by amount the lots that this is at `price`; less than one is refused.
    fn convert(&self, request: &mut OrderRequest, price: i64) -> Result<(), Reason> {
        let Some(amount) = request.quote_quantity() else { return Ok(()) };
        let spec = &self.world.specs[request.instrument.at()];
        request.quantity = spec.lots_for(amount, price.max(1), spec.lot_at(self.now));
        if request.quantity > 0 { Ok(()) } else { Err(Reason::LotRange) }
    }

    /// What filters look at besides the order.
    #[cold]
    fn around(&self, request: &OrderRequest) -> Around {
        let (at, side) = (request.instrument.at(), request.side);
        let (market, position) = (&self.markets[at], &self.account.positions[at]);
        let of_this = |id: &&OrderId| {
            self.order(**id).is_some_and(|order| order.request.instrument == request.instrument)
        };
        Around {
            now: self.now,
            best: band_reference(side, market.touch(), market.last()),
            orders: self.working.iter().filter(of_this).count(),
            position: position.quantity,
            working: position.working_quantity[side as usize],
        }
    }

    fn check(&mut self, order: &mut Order, reference: Option<i64>) -> Result<(), Reason> {
        let at = order.request.instrument.at();
        let request = &order.request;
        if !(self.trading || self.commanded) {
            return Err(Reason::TradingDisabled);
        }
        check_filters(&self.world.specs[at], request, || reference, || self.around(request))?;
        if order.request.reduce_only() && self.account.kind == AccountKind::Cash {
            return Err(Reason::ReduceOnlyUnsupported);
        }
        if order.is_waiting() || order.request.parent().is_some() {
            return Ok(());
        }
        if order.request.reduce_only() {
            let working = self.working.iter().map(|id| &self.orders[id.at()]);
            let quantity = reducible(&self.account, &order.request, working)?;
            order.request.quantity = order.request.quantity.min(quantity);
            return Ok(());
        }
        if self.world.limits.is_some() {
            self.check_limits(order, reference)?;
        }
        let (specs, terms) = (&self.world.specs, &self.world.terms[at]);
        let mark = |at: usize| self.markets[at].mark();
        let sibling = order.request.sibling().and_then(|id| self.orders.get_mut(id.at()));
        match sibling.filter(|sibling| sibling.holds) {
            None => check_funds(&mut self.account, specs, terms, order, (0, i128::MAX), mark),
            Some(sibling) => check_leg(&mut self.account, specs, terms, order, sibling, mark),
        }
    }

    /// Sends two orders of which one loses what the other fills. Refused together.
    pub fn submit_pair(&mut self, legs: [OrderRequest; 2]) -> Result<[OrderId; 2]> {
        self.check_running("submit")?;
        for leg in &legs {
            leg.check(self.now)?;
        }
        let kept = self.calls.is_some().then(|| legs.clone());
        self.as_one_call(kept.map(Call::SubmitPair), |view| view.send_pair(legs))
    }

    fn send_pair(&mut self, mut legs: [OrderRequest; 2]) -> Result<[OrderId; 2]> {
        let first = self.next_id()?;
        let ids = [first, OrderId(first.0 + 1)];
        for (leg, sibling) in legs.iter_mut().zip([ids[1], ids[0]]) {
            leg.special.get_or_insert_default().sibling = Some(sibling);
        }
        let [one, other] = legs;
        self.submit(one)?;
        self.submit(other)?;
        self.refuse_together(ids.to_vec());
        Ok(ids)
    }

    /// Sends an order with children that come to life with its fills; two are legs of each other.
    /// Refused together. Returns the numbers, the parent's first.
    pub fn submit_family(
        &mut self,
        entry: OrderRequest,
        children: Vec<OrderRequest>,
    ) -> Result<Vec<OrderId>> {
        self.check_running("submit")?;
        for request in children.iter().chain([&entry]) {
            request.check(self.now)?;
        }
        let kept = self.calls.is_some().then(|| (entry.clone(), children.clone()));
        let call = kept.map(|(entry, children)| Call::SubmitFamily(entry, children));
        self.as_one_call(call, |view| view.send_family(entry, children))
    }

    fn send_family(
        &mut self,
        mut entry: OrderRequest,
        children: Vec<OrderRequest>,
    ) -> Result<Vec<OrderId>> {
        entry.special.get_or_insert_default().children = children.len() as u32;
        let parent = self.submit(entry)?;
        let mut ids = vec![parent];
        let pair = children.len() == 2;
        for (place, mut child) in children.into_iter().enumerate() {
            let special = child.special.get_or_insert_default();
            special.parent = Some(parent);
            special.sibling = pair.then(|| OrderId(parent.0 + 2 - place as u32));
            ids.push(self.submit(child)?);
        }
        self.refuse_together(ids.clone());
        Ok(ids)
    }

    /// If one of the orders was denied, the others are too, and none is sent.
    fn refuse_together(&mut self, ids: Vec<OrderId>) {
        if !ids.iter().any(|id| self.orders[id.at()].status == Status::Denied) {
            return;
        }
        let of_these = |id: &OrderId| ids.contains(id);
        self.requests.retain(|request| !matches!(request, Request::Open(id, ..) if of_these(id)));
        self.working.retain(|id| !of_these(id));
        for id in ids {
            let order = &mut self.orders[id.at()];
            if order.status != Status::Denied {
                self.account.release(&self.world.specs[order.request.instrument.at()], order);
                // It was not sent: as if the check of the others had come first.
                order.status = Status::Denied;
                order.reason = Some(Reason::OcoLeg);
                self.denied.push((id, Reason::OcoLeg));
            }
        }
    }

    fn next_id(&self) -> Result<OrderId> {
        if self.orders.len() >= MAX_ORDERS {
            return Err(Error::State(format!("a run has at most {MAX_ORDERS} orders")));
        }
        Ok(OrderId(self.orders.len() as u32 + 1))
    }

    /// Asks to give an order new terms. False if it has ended as far as is known, or a cancel is on
    /// its way.
    pub fn amend(&mut self, id: OrderId, amendment: Amendment) -> Result<bool> {
        self.check_running("amend")?;
        let count = self.orders.len();
        let Some(order) = self.orders.get_mut((id.0 as usize).wrapping_sub(1)) else {
            return Err(Error::Order(format!("unknown order {}; {count} were sent so far", id.0)));
        };
        amendment.check(&order.request)?;
        if order.status.is_final() || order.pending == Pending::Cancel {
            return Ok(false);
        }
        self.asked = true;
        order.pending = Pending::Amend;
        self.requests.push(Request::Amend(id, amendment));
        self.note_call(|| Call::Amend(id, amendment));
        Ok(true)
    }

    /// Asks to cancel an order. False if it has ended as far as is known, or a cancel is on its
    /// way.
    pub fn cancel(&mut self, id: OrderId) -> Result<bool> {
        self.check_running("cancel")?;
        let count = self.orders.len();
        let Some(order) = self.orders.get_mut((id.0 as usize).wrapping_sub(1)) else {
            return Err(Error::Order(format!("unknown order {}; {count} were sent so far", id.0)));
        };
        if order.status.is_final() || order.pending == Pending::Cancel {
            return Ok(false);
        }
        self.asked = true;
        order.pending = Pending::Cancel;
        self.requests.push(Request::Cancel(id));
        self.note_call(|| Call::Cancel(id));
        Ok(true)
    }

    /// Sets a timer for `time`, then again every `every_ns` (0 for once). Returns its number.
    pub fn set_timer(&mut self, time: Time, every_ns: i64) -> Result<u32> {
        self.check_running("set_timer")?;
        if time < self.now {
            let now = self.now;
            return Err(Error::Order(format!("timer at {time} lies before now, {now}")));
        }
        if every_ns < 0 {
            return Err(Error::Order(format!("every must be >= 0, got {every_ns} ns")));
        }
        if self.waiting_timers >= MAX_TIMERS {
            return Err(Error::State(format!("at most {MAX_TIMERS} timers may wait at one time")));
        }
        self.asked = true;
        self.note_call(|| Call::SetTimer(time, every_ns));
        let id = self.next_timer;
        self.next_timer += 1;
        self.waiting_timers += 1;
        self.timers.push(Timer { id, time, every_ns });
        Ok(id)
    }

    /// Stops a timer; one that is not waiting is no error.
    pub fn cancel_timer(&mut self, id: u32) {
        self.asked = true;
        self.note_call(|| Call::CancelTimer(id));
        self.cancelled_timers.push(id);
    }

    /// Takes in a row of market data.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub(crate) fn see(&mut self, event: &MarketEvent) {
        self.now = event.time;
        let at = event.instrument.at();
        let market = &mut self.markets[at];
        match event.row {
            Row::Quote(quote) => {
                if !quote.shows_both() {
                    market.note_gone();
                }
                market.quote = Some(quote);
            }
            Row::Trade(trade) => market.trade = Some(trade),
            Row::Candle(candle) => market.candle = Some(candle),
            Row::Book(update) => {
                if market.source == BookSource::None {
                    *market = market.shown_by(BookSource::Depth);
                }
                if let Some(book) = market.depth_book() {
                    book.apply(&update);
                }
            }
            Row::Order(update) => {
                if market.source == BookSource::None {
                    *market = market.shown_by(BookSource::Orders { trades: true });
                }
                market.see_order(&update);
            }
        }
    }

    /// Takes in rows of one stream, the last of which arrives at `now`.
    pub(crate) fn see_rows(
        &mut self,
        instrument: InstrumentIndex,
        series: &Series,
        rows: Range<usize>,
        now: Time,
    ) {
        self.now = now;
        let market = &mut self.markets[instrument.at()];
        if let Some(level) = series.levels() {
            let Some(book) = market.depth_book() else { return };
            for row in rows {
                book.apply(&level(row));
            }
        } else if let Some(trade) = series.trades() {
            market.trade = rows.last().map(trade).or(market.trade);
        } else {
            for row in rows {
                self.see(&MarketEvent { instrument, time: now, row: series.row(row) });
            }
        }
    }

    /// Takes in news of an order. Returns the fill if there is one.
    pub(crate) fn hear<'a>(&mut self, event: &'a AccountEvent) -> Option<&'a Fill> {
        self.now = event.time;
        let order = &mut self.orders[event.order.at()];
        let at = order.request.instrument.at();
        let (spec, terms) = (&self.world.specs[at], &self.world.terms[at]);
        let time = event.venue_time;
        let (mut fill, mut holds) = (None, None);
        match &event.news {
            OrderNews::Denied(_) => return None,
            OrderNews::Accepted => order.apply(Transition::Accept, None, time),
            OrderNews::Rejected(reason) => {
                self.account.release(spec, order);
                order.apply(Transition::Reject, Some(*reason), time);
            }
            OrderNews::Cancelled(reason) => {
                self.account.release(spec, order);
                order.apply(Transition::Cancel, Some(*reason), time);
            }
            OrderNews::Completed => order.apply(Transition::Complete, None, time),
            OrderNews::CancelRejected(_) => order.pending = Pending::None,
            OrderNews::AmendRejected(_) => order.answer_amendment(),
            OrderNews::Expired => {
                self.account.release(spec, order);
                order.apply(Transition::Expire, Some(Reason::Expired), time);
            }
            OrderNews::Triggered(limit) => {
                order.apply(Transition::Trigger, None, time);
                order.set_fired(true);
                if order.request.kind == OrderKind::Market {
                    order.request.limit = *limit;
                }
                holds = Some(event.order);
            }
            OrderNews::Amended(change) => {
                let sent = (order.request.quantity, order.request.limit);
                self.amended.entry(event.order).or_insert(sent);
                self.account.amend(spec, &terms.lock, order, change);
                order.apply(Transition::Amend, None, time);
                if change.asked {
                    order.answer_amendment();
                }
                // A child that came to life, or a leg that needs more or less than before.
                let of_others = order.request.parent().or(order.request.sibling());
                holds = of_others.map(|_| event.order);
            }
            OrderNews::Filled(news) => {
                if order.request.sibling().is_some()
                    && let (order, Some(sibling)) = with_sibling(&mut self.orders, event.order)
                {
                    claim(&mut self.account, spec, order, sibling);
                }
                let order = &mut self.orders[event.order.at()];
                self.account.book(spec, &terms.lock, order, news);
                fill = Some(news);
            }
        }
        let order = &mut self.orders[event.order.at()];
        if order.status.is_final() {
            order.pending = Pending::None;
            // A leg that is full takes as much off the other one.
            holds = order.request.sibling().filter(|_| order.status != Status::Filled);
            if let Some(at) = self.working.iter().rposition(|id| *id == event.order) {
                self.working.remove(at);
            }
        }
        if let Some(id) = holds {
            self.hold_back(id);
        }
        fill
    }

    /// Holds money back for an order that is at work now, as the venue does; for two legs once.
    fn hold_back(&mut self, id: OrderId) {
        let at = self.orders[id.at()].request.instrument.at();
        let (spec, lock) = (&self.world.specs[at], &self.world.terms[at].lock);
        let (order, sibling) = with_sibling(&mut self.orders, id);
        hold_back(&mut self.account, spec, lock, order, sibling);
    }

    pub(crate) fn tick(&mut self, now: Time) {
        self.now = now;
    }
}

/// An order, and its other leg if it has one that was made already.
fn with_sibling(orders: &mut [Order], id: OrderId) -> (&mut Order, Option<&mut Order>) {
    let sibling = orders[id.at()].request.sibling().filter(|sibling| sibling.at() < orders.len());
    let Some(sibling) = sibling else { return (&mut orders[id.at()], None) };
    let both = orders.get_disjoint_mut([id.at(), sibling.at()]);
    let [order, sibling] = both.expect("no order is its own leg");
    (order, Some(sibling))
}
