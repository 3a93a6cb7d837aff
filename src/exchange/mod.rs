//! The simulated exchange: an [`ExecutionClient`] that answers from recorded data, never better
//! than they prove.

mod candles;
mod fees;
mod matching;
mod open_orders;
mod queue;
mod resting;
mod slippage;
mod taking;

use std::collections::VecDeque;
use std::sync::Arc;

use rust_decimal::Decimal;

pub use candles::CandlePath;
pub use fees::{FeeAsset, FeeTier, Fees, VOLUME_SPAN_NS};
pub use matching::MatchingRules;
pub use queue::QueueModel;
pub use slippage::{BarFill, Slippage, TakingRules};

use crate::account::{Account, AccountKind, may_be_capped};
use crate::context::World;
use crate::error::Result;
use crate::event::{AccountEvent, MarketEvent, Moment, OrderNews};
use crate::execution::{ExecutionClient, Request};
use crate::filters::Around;
use crate::instrument::{AssetIndex, Spec};
use crate::market::{Candle, Columns, DataSet, MarketKind, Quote, Series};
use crate::num::Ratio;
use crate::order::{
    Fill, Liquidity, Order, OrderId, OrderKind, OrderRequest, Reason, Status, Transition,
};
use crate::replay::{Row, Stretch, VenueRows, point_time};
use crate::risk::{Terms, check_filters, check_funds};
use crate::time::Time;
use fees::{FeeBook, Paying};
use matching::{Arrival, Market};
use open_orders::OpenOrders;
use taking::{Purse, Taker};

/// Delays of messages, constant, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// From the strategy to the venue.
    pub entry_ns: i64,
    /// From the venue back.
    pub response_ns: i64,
}

/// How the simulated exchange behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeSettings {
    /// What the account may do.
    pub account: AccountKind,
    /// Fees.
    pub fees: Fees,
    /// Delays.
    pub latency: Latency,
    /// Matching where the data leave room.
    pub matching: MatchingRules,
    /// Market orders take up to their best price × (1 ± this).
    pub max_slippage: Decimal,
}

impl ExchangeSettings {
    /// The terms of an instrument that follow from these settings.
    pub fn terms(&self, spec: &Spec) -> Result<Terms> {
        let lock = self.fees.lock(spec)?;
        let half_spread = self.matching.taking.half_spread.saturating_mul(spec.tick);
        let max_slippage = Ratio::from_decimal(self.max_slippage);
        Ok(Terms { lock, max_slippage, half_spread })
    }
}

/// One execution that the matching found.
#[derive(Clone, Copy, Debug)]
struct Hit {
    order: OrderId,
    price: i64,
    quantity: i64,
    liquidity: Liquidity,
}

/// A venue that exists in simulated time only.
#[derive(Debug)]
pub struct SimulatedExchange {
    world: Arc<World>,
    latency: Latency,
    fees: FeeBook,
    markets: Vec<Market>,
    account: Account,
    orders: OpenOrders,
    fills: Vec<Fill>,
    inbound: VecDeque<(Moment, Request)>,
    outbound: VecDeque<(Moment, AccountEvent)>,
    /// The earlier of the first ones of both.
    due: Moment,
    hits: Vec<Hit>,
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
            markets.push(Market::new(&kinds, settings.matching, spec.tick, spec.lot));
        }
        Ok(Self {
            latency: settings.latency,
            fees: FeeBook::new(&settings.fees, settings.account, world)?,
            markets,
            account: account.with_ledger(),
            orders: OpenOrders::default(),
            fills: Vec::new(),
            inbound: VecDeque::new(),
            outbound: VecDeque::new(),
            due: Moment::NEVER,
            hits: Vec::new(),
            world: Arc::clone(world),
        })
    }

    /// Holdings, positions and ledger.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// An order as the venue knows it, if it is open or its owner does not know its end yet.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(id)
    }

    /// All fills in their order.
    pub fn fills(&self) -> &[Fill] {
        &self.fills
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
    #[inline]
    fn tell(&mut self, now: Moment, order: OrderId, news: OrderNews) {
        let mut due = now.after(self.latency.response_ns);
        if let Some((last, _)) = self.outbound.back() {
            due = due.max(*last);
        }
        let event = AccountEvent { order, venue_time: now.time, time: due.time, news };
        self.outbound.push_back((due, event));
        self.due = self.due.min(due);
    }

    /// Lets rows of one stream happen until one causes an answer. Returns how many.
    #[inline]
    fn replay(&mut self, series: &Series, stretch: &Stretch) -> usize {
        let row = match &series.columns {
            Columns::Quotes { .. } => self.replay_quotes(series, stretch),
            Columns::Candles { .. } => return self.replay_candle(series, stretch),
            Columns::Trades { .. } | Columns::Depth { .. } => self.replay_rows(series, stretch),
        };
        if !self.hits.is_empty() {
            self.book_hits(Moment { time: Time(series.time[row - 1]), round: 0 });
        }
        row - stretch.row
    }

    // One loop for each kind, in a function of its own: together they would fight for registers.

    #[inline(never)]
    fn replay_quotes(&mut self, series: &Series, stretch: &Stretch) -> usize {
        let Columns::Quotes { bid, bid_quantity, ask, ask_quantity } = &series.columns else {
            return stretch.row;
        };
        let market = &mut self.markets[stretch.instrument.at()];
        let (time, mut row) = (&series.time[..stretch.end], stretch.row);
        while row < time.len() && time[row] <= stretch.until && self.hits.is_empty() {
            let quote = Quote {
                time: Time(time[row]),
                bid: bid[row],
                bid_quantity: bid_quantity[row],
                ask: ask[row],
                ask_quantity: ask_quantity[row],
            };
            market.on_quote(quote, &mut self.hits);
            row += 1;
        }
        row
    }

    #[inline(never)]
    fn replay_rows(&mut self, series: &Series, stretch: &Stretch) -> usize {
        let market = &mut self.markets[stretch.instrument.at()];
        let (time, mut row) = (&series.time[..stretch.end], stretch.row);
        while row < time.len() && time[row] <= stretch.until && self.hits.is_empty() {
            match series.row(row) {
                Row::Trade(trade) => market.on_trade(trade, &mut self.hits),
                Row::Book(update) => market.on_book(&update, &mut self.hits),
                Row::Quote(_) | Row::Candle(_) => {}
            }
            row += 1;
        }
        row
    }

    #[inline(never)]
    fn replay_candle(&mut self, series: &Series, stretch: &Stretch) -> usize {
        if let Row::Candle(candle) = series.row(stretch.row) {
            self.candle_point(stretch.instrument.at(), &candle, stretch.point);
        }
        1
    }

    fn candle_point(&mut self, at: usize, candle: &Candle, point: u8) {
        let start = candle.open_time.ns();
        let time = Time(point_time(start, candle.close_time.ns() - start, point));
        let now = Moment { time, round: 0 };
        let held = self.account.positions[at].quantity;
        let market = &mut self.markets[at];
        let ended = market.on_candle(candle, point, held, &mut self.hits);
        self.book_hits(now);
        for (order, end) in ended {
            self.end(now, order, end);
        }
    }

    /// Books the executions that the matching found.
    #[inline(never)]
    fn book_hits(&mut self, now: Moment) {
        for i in 0..self.hits.len() {
            let Hit { order: id, price, quantity, liquidity } = self.hits[i];
            let order = self.orders.open(id);
            let OrderRequest { instrument, side, .. } = order.request;
            let (spec, terms) =
                (&self.world.specs[instrument.at()], &self.world.terms[instrument.at()]);
            let id_of_fill = self.fills.len() as u32 + 1;
            let (account, world) = (&self.account, &*self.world);
            let paying =
                Paying { order, hit: self.hits[i], now: now.time, id: id_of_fill, account, world };
            let (fee, fee_asset) = self.fees.charge(paying, |at| self.markets[at].mark());
            let fill = Fill {
                id: id_of_fill,
                order: id,
                instrument,
                side,
                liquidity,
                completes: quantity == order.leaves(),
                price,
                quantity,
                fee,
                fee_asset,
                time: now.time,
            };
            self.account.book(spec, &terms.lock, order, &fill);
            self.fills.push(fill);
            self.tell(now, id, OrderNews::Filled(fill));
        }
        self.hits.clear();
    }

    /// Ends the rest of an order if it is at its end.
    fn end(&mut self, now: Moment, id: OrderId, end: Arrival) {
        let Arrival::Cancel(reason) = end else { return };
        let order = self.orders.open(id);
        let spec = &self.world.specs[order.request.instrument.at()];
        self.account.release(spec, order);
        order.apply(Transition::Cancel, Some(reason), now.time);
        self.tell(now, id, OrderNews::Cancelled(reason));
    }

    /// Checks an order on arrival: as before it was sent, but on what the venue knows.
    #[inline]
    fn check(&mut self, id: OrderId, most: i128, now: Time) -> Result<(), Reason> {
        let request = self.orders.open(id).request;
        let at = request.instrument.at();
        let market = &self.markets[at];
        let reference = market.reference(request.side).unwrap_or(request.limit);
        let around = || self.around(id, &request, now);
        check_filters(&self.world.specs[at], &request, reference, around)?;
        if request.post_only && market.would_take(request.side, request.limit, now) {
            return Err(Reason::PostOnlyWouldCross);
        }
        let (specs, terms) = (&self.world.specs, &self.world.terms[at]);
        let mark = |at: usize| self.markets[at].mark();
        let order = self.orders.open(id);
        check_funds(&mut self.account, specs, terms, order, most, mark)
    }

    /// What filters look at besides the order.
    #[cold]
    fn around(&self, id: OrderId, request: &OrderRequest, now: Time) -> Around {
        let at = request.instrument.at();
        let position = &self.account.positions[at];
        Around {
            now,
            best: self.markets[at].band_reference(request.side),
            orders: self.orders.working(request.instrument, id),
            position: position.quantity,
            working: position.working_quantity[request.side as usize],
        }
    }

    fn open(&mut self, now: Moment, id: OrderId, request: OrderRequest, most: i128) {
        self.orders
            .insert(Order { status: Status::Submitted, ..Order::new(id, request, now.time) });
        if let Err(reason) = self.check(id, most, now.time) {
            self.orders.open(id).apply(Transition::Reject, Some(reason), now.time);
            self.tell(now, id, OrderNews::Rejected(reason));
            return;
        }
        let at = request.instrument.at();
        let spec = &self.world.specs[at];
        if let Some(rules) = &spec.rules {
            let limits = rules.at(now.time);
            self.markets[at].set_steps(limits.tick, limits.lot);
        }
        let order = self.orders.open(id);
        let purse = may_be_capped(self.account.kind, order).then(|| Purse {
            left: order.locked,
            unit: self.fees.taking[at].value,
            beside: self.fees.taking[at].beside,
            lot: spec.lot_at(now.time),
        });
        let OrderRequest { side, limit, quantity, .. } = request;
        let taker =
            Taker { order: id, side, limit, leaves: quantity, purse, beyond: false, broke: false };
        let outcome = self.markets[at].arrive(order, taker, now.time, &mut self.hits);
        if request.kind == OrderKind::Limit {
            // A market order is never working in the book; it is filled or ends.
            order.apply(Transition::Accept, None, now.time);
            self.tell(now, id, OrderNews::Accepted);
        }
        self.book_hits(now);
        self.end(now, id, outcome);
    }

    fn cancel(&mut self, now: Moment, id: OrderId) {
        let open = self.orders.get(id).filter(|order| !order.status.is_final());
        let found =
            open.is_some_and(|order| self.markets[order.request.instrument.at()].cancel(order));
        if found {
            self.end(now, id, Arrival::Cancel(Reason::User));
        } else {
            self.tell(now, id, OrderNews::CancelRejected(Reason::NotOpen));
        }
    }
}

impl ExecutionClient for SimulatedExchange {
    fn on_market(&mut self, rows: &mut VenueRows, until: Time) {
        let answers = self.outbound.len();
        while let Some(stretch) = rows.stretch(until) {
            let taken = self.replay(&rows.data().streams[stretch.stream].series, &stretch);
            rows.took(stretch.stream, taken);
            if self.outbound.len() > answers {
                return;
            }
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // a row then need not be put together in memory
    fn on_row(&mut self, event: &MarketEvent) {
        let market = &mut self.markets[event.instrument.at()];
        match &event.row {
            Row::Quote(quote) => market.on_quote(*quote, &mut self.hits),
            Row::Trade(trade) => market.on_trade(*trade, &mut self.hits),
            Row::Book(update) => market.on_book(update, &mut self.hits),
            Row::Candle(_) => {}
        }
        if !self.hits.is_empty() {
            self.book_hits(Moment { time: event.time, round: 0 });
        }
    }

    fn send(&mut self, requests: &[Request], sent: Moment) {
        if requests.is_empty() {
            return;
        }
        let mut due = sent.after(self.latency.entry_ns);
        if let Some((last, _)) = self.inbound.back() {
            due = due.max(*last);
        }
        self.inbound.extend(requests.iter().map(|request| (due, *request)));
        self.due = self.due.min(due);
    }

    #[inline]
    fn next_due(&self) -> Moment {
        self.due
    }

    fn advance(&mut self, now: Moment) {
        while let Some((_, request)) = self.inbound.front().filter(|(due, _)| *due <= now) {
            match *request {
                Request::Open(id, request, most) => self.open(now, id, request, most),
                Request::Cancel(id) => self.cancel(now, id),
            }
            self.inbound.pop_front();
        }
    }

    #[inline]
    fn news(&mut self, now: Moment) -> Option<AccountEvent> {
        let news = self.outbound.pop_front_if(|(due, _)| *due <= now);
        let Some((_, event)) = news else {
            let request = self.inbound.front().map_or(Moment::NEVER, |(due, _)| *due);
            self.due = self.outbound.front().map_or(request, |(due, _)| request.min(*due));
            return None;
        };
        if event.news.is_final() {
            self.orders.forget(event.order);
        }
        Some(event)
    }

    fn equity(&self) -> Option<i128> {
        let world = &self.world;
        let mark = |at: usize| self.markets[at].mark();
        self.account.equity(&world.specs, world.currency, &world.value_by, mark)
    }
}
