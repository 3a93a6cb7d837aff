//! Why an order was filled, or was not: the venue's side of a run once more, with one who looks on.

use super::again::{Again, Next};
use super::outcome::Outcome;
use super::story::{MAX_STEPS, Step, Story, meaning};
use super::tables::Scales;
use super::tally::{Miss, Tally, Why};
use crate::error::{Error, Result};
use crate::event::{AccountEvent, Moment, OrderNews};
use crate::exchange::{Look, QueueModel, Stands};
use crate::execution::Request;
use crate::market::{DataSet, MarketKind, Side, Trade};
use crate::order::{Fill, Liquidity, Order, OrderId, OrderKind, Reason, Status};
use crate::replay::{Row, Stretch};
use crate::time::Time;

/// Turns between two looks at whether the replay should stop; a turn is a row, or many thousand of
/// those before the order.
const TURNS_PER_PULSE: u32 = 1 << 6;

/// Tells the story of an order. `pulse` is called every few milliseconds and may stop it.
pub fn explain(
    outcome: &Outcome,
    id: OrderId,
    pulse: &mut dyn FnMut() -> Result<()>,
) -> Result<Story> {
    let Some(order) = outcome.context.order(id) else {
        let count = outcome.context.orders().len();
        let known = if count == 0 { "none".to_owned() } else { format!("orders 1 to {count}") };
        return Err(Error::Order(format!("unknown order {}; the run has {known}", id.0)));
    };
    let at = Scales::new(outcome);
    let mut onlooker = Onlooker::new(outcome, &at, order);
    if order.status == Status::Denied {
        onlooker.denied();
    } else {
        onlooker.watch(pulse)?;
    }
    Ok(onlooker.finish())
}

/// What a row of the order's instrument shows.
#[derive(Clone, Copy)]
struct Shown {
    event: &'static str,
    time: Time,
    /// The price that would have to come to the limit.
    price: Option<i64>,
    quantity: i64,
    aggressor: Option<Side>,
}

/// One who looks at an order at every event.
struct Onlooker<'a> {
    outcome: &'a Outcome,
    at: &'a Scales<'a>,
    order: &'a Order,
    side: Side,
    kinds: Vec<MarketKind>,
    steps: Vec<Step>,
    left_out: usize,
    tallies: Vec<Tally>,
    filled: i64,
    /// Total quantity as the venue knows it.
    total: i64,
    /// True once the venue has answered.
    arrived: bool,
    ended: Option<(Time, Reason)>,
}

impl<'a> Onlooker<'a> {
    fn new(outcome: &'a Outcome, at: &'a Scales<'a>, order: &'a Order) -> Self {
        let streams = outcome.data.streams.iter();
        let own = streams.filter(|stream| stream.instrument == order.request.instrument);
        Self {
            outcome,
            at,
            order,
            side: order.request.side,
            kinds: own.map(|stream| stream.series.kind()).collect(),
            steps: Vec::new(),
            left_out: 0,
            tallies: Vec::new(),
            filled: 0,
            total: order.request.quantity,
            arrived: false,
            ended: None,
        }
    }

    fn price(&self, raw: i64) -> String {
        self.at.price_text(self.order.request.instrument, raw)
    }

    fn quantity(&self, raw: i64) -> String {
        self.at.quantity_text(self.order.request.instrument, raw)
    }

    fn say(&mut self, time: Time, event: &'static str, reason: &'static str, text: String) {
        self.push(Step { time, until: time, count: 1, event, reason, filled: 0, text });
    }

    fn push(&mut self, step: Step) {
        if self.steps.len() < MAX_STEPS {
            self.steps.push(step);
        } else {
            self.left_out += 1;
        }
    }

    /// Says what was summed up until now.
    fn settle(&mut self) {
        let of = self.order.request.instrument;
        for tally in std::mem::take(&mut self.tallies) {
            self.push(tally.step(self.at, of, self.side));
        }
    }

    fn miss(&mut self, miss: Miss) {
        let alike =
            |tally: &&mut Tally| (tally.first.event, tally.first.why) == (miss.event, miss.why);
        match self.tallies.iter_mut().find(alike) {
            Some(tally) => tally.add(miss),
            None => self.tallies.push(Tally::new(miss)),
        }
    }

    /// An order that was never sent.
    fn denied(&mut self) {
        let order = self.order;
        let reason = order.reason.unwrap_or(Reason::NotOpen);
        let text = denial_text(self.outcome, order).unwrap_or_default();
        self.say(order.created, "denied", reason.name(), text);
    }

    /// Plays the venue's side once more up to the order's end.
    fn watch(&mut self, pulse: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let (id, journal) = (self.order.id, &self.outcome.journal);
        let Some(sent) = journal.sent(id) else { return Ok(()) };
        let mut asked: Vec<(Moment, Request)> =
            journal.requests(&self.outcome.context).filter(|(_, one)| of(one) == id).collect();
        asked.reverse();
        let mut again = Again::new(self.outcome, sent.time.after(1))?;
        let mut turns = 0u32;
        while let Some(next) = again.next() {
            turns = turns.wrapping_add(1);
            if turns.is_multiple_of(TURNS_PER_PULSE) {
                pulse()?;
            }
            let time = match next {
                Next::Rows(stretch) => Time(stretch.at),
                Next::Moment(now) => now.time,
            };
            // What happened at the time of the sending happened before it.
            let early = time <= sent.time;
            let before = again.venue.look(self.order);
            let (fills, told) = (again.venue.fills().len(), again.venue.messages().len());
            let happened = again.go(next);
            let shown = match next {
                Next::Rows(stretch) if happened && !early => {
                    self.shown(&stretch, &again.venue.look(self.order))
                }
                _ => None,
            };
            if let Some(shown) = shown {
                let new = again.venue.fills()[fills..].iter();
                let given =
                    new.filter(|fill| fill.side == self.side).map(|fill| fill.quantity).sum();
                let ours = again.venue.fills()[fills..].iter().any(|fill| fill.order == id);
                let after = again.venue.look(self.order);
                if !ours {
                    self.row(shown, &before, &after, given);
                }
            }
            let news: Vec<AccountEvent> = again.venue.messages().skip(told).copied().collect();
            for event in news.iter().filter(|event| event.order == id) {
                let needs = again.venue.needs(self.order);
                self.news(event, shown, &again.venue.look(self.order), needs);
            }
            if let Next::Moment(now) = next {
                again.deliver(now);
                while let Some((_, request)) = asked.pop_if(|(moment, _)| *moment <= now) {
                    self.asked(now.time, &request);
                }
            }
            if self.ended.is_some() {
                break;
            }
        }
        self.settle();
        self.after_the_end();
        Ok(())
    }

    /// What the strategy asked of the venue.
    fn asked(&mut self, time: Time, request: &Request) {
        let (event, text) = match request {
            Request::Open(_, request, _) => {
                let parent = request.parent().map_or(String::new(), |parent| {
                    format!("; it sleeps until order {} is filled", parent.0)
                });
                ("sent", format!("on its way to the venue{parent}"))
            }
            Request::Amend(..) => ("amend sent", "new terms are on their way".to_owned()),
            Request::Cancel(_) => ("cancel sent", "a cancel is on its way".to_owned()),
        };
        if event != "sent" {
            self.settle();
        }
        self.say(time, event, "", text);
    }

    /// A row of the order's market as it counts for matching; `None` for one that does not.
    fn shown(&self, stretch: &Stretch, look: &Look) -> Option<Shown> {
        if stretch.instrument != self.order.request.instrument {
            return None;
        }
        let finer = self.kinds.iter().any(|kind| *kind != MarketKind::Candles);
        let row = self.outcome.data.streams[stretch.stream].series.row(stretch.row);
        let (time, price) = (Time(stretch.at), look.best);
        let plain = Shown { event: "", time, price, quantity: 0, aggressor: None };
        let has = |kind| self.kinds.contains(&kind);
        let by_order = has(MarketKind::MarketByOrder);
        let traded = |trade: Trade| Shown {
            event: "trade",
            price: Some(trade.price),
            quantity: trade.quantity,
            aggressor: trade.aggressor,
            ..plain
        };
        match row {
            Row::Order(update) => match update.trade() {
                Some(trade) => Some(traded(trade)),
                None => update.level.last.then_some(Shown { event: "depth", ..plain }),
            },
            Row::Quote(_) | Row::Book(_) | Row::Trade(_) if by_order => None,
            Row::Candle(_) if finer => None,
            Row::Candle(_) => Some(Shown { event: "candle", ..plain }),
            Row::Quote(_) if has(MarketKind::Depth) => None,
            Row::Quote(_) => Some(Shown { event: "quote", ..plain }),
            Row::Book(update) if !update.last => None,
            Row::Book(_) => Some(Shown { event: "depth", ..plain }),
            Row::Trade(trade) => Some(traded(trade)),
        }
    }

    /// A row that did not fill the order.
    fn row(&mut self, shown: Shown, before: &Look, after: &Look, given: i64) {
        let Shown { event, time, price, quantity, aggressor } = shown;
        let miss = Miss {
            event,
            why: Why::NotReached,
            time,
            price,
            against: None,
            quantity,
            change: None,
        };
        match (before.stands, after.stands) {
            (Stands::Rests { limit, ahead, .. }, Stands::Rests { ahead: then, .. }) => {
                let miss = Miss { against: Some(limit), change: ahead.zip(then), ..miss };
                if let Some(price) = price {
                    let depth = self.side.sign() * (limit - price);
                    let why = self.why(event, depth, aggressor, ahead, quantity, given);
                    self.miss(Miss { why, ..miss });
                }
            }
            (Stands::Waits { trigger: from, .. }, Stands::Waits { trigger, watched }) => {
                let price = watched.map(|doubled| doubled / 2);
                let (against, change) = (trigger, from.zip(trigger));
                let miss = Miss { price, against, change, quantity: 0, ..miss };
                self.miss(Miss { why: Why::Trigger, event: "price", ..miss });
            }
            (Stands::InLine, Stands::InLine) => self.miss(Miss { why: Why::NoVolume, ..miss }),
            (Stands::Nowhere, Stands::Nowhere) if !self.arrived => {
                let limit = self.order.request.limit;
                let plain = self.order.request.kind == OrderKind::Limit
                    && self.order.request.trigger().is_none()
                    && self.order.request.parent().is_none();
                let depth = price.map(|price| self.side.sign() * (limit - price));
                if plain && aggressor != Some(self.side) && depth.is_some_and(|depth| depth >= 0) {
                    self.miss(Miss { why: Why::NotThereYet, against: Some(limit), ..miss });
                }
            }
            _ => {}
        }
    }

    /// Why a row did not fill the resting order, whose limit lies `depth` beyond the row's price.
    fn why(
        &self,
        event: &str,
        depth: i64,
        aggressor: Option<Side>,
        ahead: Option<i64>,
        quantity: i64,
        given: i64,
    ) -> Why {
        let rules = &self.outcome.settings.exchange.matching;
        let chance = matches!(rules.queue, QueueModel::Touch { .. });
        if depth < 0 {
            return Why::NotReached;
        }
        match event {
            "trade" if aggressor == Some(self.side) => Why::WrongSide,
            "trade" if depth > 0 || rules.touch => Why::OwnOrders,
            "trade" | "candle" if depth == 0 && chance => Why::Chance,
            "trade" => match ahead {
                None if self.kinds.iter().all(|kind| *kind == MarketKind::Trades) => Why::Touched,
                None => Why::Unseen,
                Some(ahead) if ahead >= quantity => Why::Queue,
                Some(_) if given > 0 => Why::OwnOrders,
                Some(_) => Why::Lot,
            },
            "candle" if depth == 0 && !rules.touch => Why::Touched,
            "candle" if given > 0 => Why::OwnOrders,
            "candle" => Why::NoVolume,
            _ if given > 0 => Why::OwnOrders,
            _ => Why::UsedUp,
        }
    }

    /// The venue says something of the order.
    fn news(
        &mut self,
        event: &AccountEvent,
        shown: Option<Shown>,
        look: &Look,
        needs: (i128, i128),
    ) {
        self.settle();
        self.arrived = true;
        let time = event.venue_time;
        let (name, reason, text) = match event.news {
            OrderNews::Accepted => ("accepted", "", self.place_text(look)),
            OrderNews::Filled(fill) => return self.fill(event, &fill, shown),
            OrderNews::Completed => {
                self.ended = Some((time, Reason::NotOpen));
                ("filled", "", "its entry has ended: it closes no more than it has".to_owned())
            }
            OrderNews::Denied(reason) => ("denied", reason.name(), meaning(reason).to_owned()),
            OrderNews::Rejected(reason) => {
                self.ended = Some((time, reason));
                ("rejected", reason.name(), self.refusal_text(reason, needs, look))
            }
            OrderNews::Cancelled(reason) => {
                self.ended = Some((time, reason));
                ("cancelled", reason.name(), self.end_text(reason, look))
            }
            OrderNews::Expired => {
                self.ended = Some((time, Reason::Expired));
                ("expired", Reason::Expired.name(), self.end_text(Reason::Expired, look))
            }
            OrderNews::Triggered(_) => {
                let cause = shown.map_or(String::new(), |shown| self.cause_text(&shown));
                ("triggered", "", format!("its trigger was met{cause}; it goes to the market"))
            }
            OrderNews::Amended(to) => {
                self.total = to.quantity;
                let trigger = to
                    .trigger
                    .map_or(String::new(), |raw| format!(", trigger {}", self.price(raw)));
                let text = format!(
                    "now {} at {}{trigger}; {}",
                    self.quantity(to.quantity),
                    self.price(to.limit),
                    self.place_text(look)
                );
                ("amended", "", text)
            }
            OrderNews::CancelRejected(reason) => {
                ("not cancelled", reason.name(), meaning(reason).to_owned())
            }
            OrderNews::AmendRejected(reason) => {
                ("not amended", reason.name(), meaning(reason).to_owned())
            }
        };
        self.say(time, name, reason, late(event, text));
    }

    /// A fill, and the row that brought it.
    fn fill(&mut self, event: &AccountEvent, fill: &Fill, shown: Option<Shown>) {
        self.filled += fill.quantity;
        let (time, left) = (event.venue_time, self.total - self.filled);
        let how = if fill.liquidity == Liquidity::Taker { "took" } else { "rested" };
        let cause = shown.map_or(String::new(), |shown| self.cause_text(&shown));
        let (quantity, price) = (self.quantity(fill.quantity), self.price(fill.price));
        let left = self.quantity(left);
        let text = late(event, format!("{quantity} at {price}, {how}{cause}; {left} left"));
        if fill.completes {
            self.ended = Some((time, Reason::NotOpen));
        }
        let (until, filled) = (time, fill.quantity);
        self.push(Step { time, until, count: 1, event: "filled", reason: "", filled, text });
    }

    fn place_text(&self, look: &Look) -> String {
        match look.stands {
            Stands::Rests { limit, .. } if !self.kinds.iter().any(|kind| shows_queue(*kind)) => {
                format!("in the book at {}", self.price(limit))
            }
            Stands::Rests { limit, ahead: Some(0), .. } => {
                format!("in the book at {}, nobody ahead", self.price(limit))
            }
            Stands::Rests { limit, ahead: Some(ahead), .. } => {
                format!("in the book at {}, {} ahead", self.price(limit), self.quantity(ahead))
            }
            Stands::Rests { limit, ahead: None, .. } => {
                format!("in the book at {}, where no queue is shown yet", self.price(limit))
            }
            Stands::Waits { trigger: Some(trigger), .. } => {
                format!("waits for {}", self.price(trigger))
            }
            Stands::Sleeps => "it sleeps until its entry fills more".to_owned(),
            _ => "it is at the venue".to_owned(),
        }
    }

    fn cause_text(&self, shown: &Shown) -> String {
        let Some(price) = shown.price.map(|raw| self.price(raw)) else { return String::new() };
        match shown.event {
            "trade" => format!(", by a trade of {} at {price}", self.quantity(shown.quantity)),
            "candle" => format!(", as a candle came to {price}"),
            _ => format!(", as the other side came to {price}"),
        }
    }

    fn refusal_text(&self, reason: Reason, needs: (i128, i128), look: &Look) -> String {
        let numbers = match reason {
            Reason::InsufficientFunds => Some(needs_text(self.outcome, self.order, needs)),
            Reason::PostOnlyWouldCross | Reason::WouldTrigger => {
                look.best.map(|best| format!("the other side stood at {}", self.price(best)))
            }
            _ => rule_text(self.at, self.outcome, self.order, reason),
        };
        let numbers = numbers.map_or(String::new(), |text| format!(": {text}"));
        format!("refused on arrival, {}{numbers}", meaning(reason))
    }

    fn end_text(&self, reason: Reason, look: &Look) -> String {
        let left = self.quantity(self.total - self.filled);
        let market = match (reason, look.best) {
            (Reason::Ioc | Reason::Fok | Reason::Protection, Some(best)) => {
                let limit = self.price(self.order.request.limit);
                format!("; the other side at {}, its limit {limit}", self.price(best))
            }
            _ => String::new(),
        };
        format!("{left} left unfilled, {}{market}", meaning(reason))
    }

    /// Whether the market came to the limit after the order was gone; or where it stands at the
    /// end of the data.
    fn after_the_end(&mut self) {
        let end = self.outcome.reached;
        let Some((ended, reason)) = self.ended else {
            let text = if self.arrived || self.filled > 0 {
                "still at the venue when the data ended"
            } else if self.order.request.parent().is_some() {
                "asleep until the end: its parent was not filled"
            } else {
                "it had not been answered when the data ended"
            };
            return self.say(end, "end", "", text.to_owned());
        };
        let request = &self.order.request;
        let gone =
            matches!(reason, Reason::User | Reason::Expired | Reason::Oco | Reason::ReduceOnly);
        if !gone || request.kind == OrderKind::Market || request.trigger().is_some() {
            return;
        }
        let (data, limit) = (&self.outcome.data, request.limit);
        if let Some((time, price)) = next_through(data, self.order, ended, end) {
            let text = format!(
                "the market came through {} only now, to {}",
                self.price(limit),
                self.price(price)
            );
            self.say(time, "too late", "already_ended", text);
        }
    }

    fn finish(self) -> Story {
        let request = &self.order.request;
        let limit = match request.kind {
            OrderKind::Limit => format!(" at {}", self.price(request.limit)),
            OrderKind::Market => " at market".to_owned(),
        };
        let status = self.outcome.orders().nth(self.order.id.at()).unwrap_or(self.order).status;
        let heading = format!(
            "order {}: {} {} {}{limit} ({}, {}), {}",
            self.order.id.0,
            request.side.name(),
            self.quantity(request.quantity),
            self.at.name(request.instrument),
            request.kind_name(),
            request.time_in_force.name(),
            status.name()
        );
        Story {
            heading,
            steps: self.steps,
            left_out: self.left_out,
            quantity_scale: self.at.quantity,
        }
    }
}

fn of(request: &Request) -> OrderId {
    match request {
        Request::Open(id, ..) | Request::Amend(id, _) | Request::Cancel(id) => *id,
    }
}

/// True if data of a kind display what rests at a price.
fn shows_queue(kind: MarketKind) -> bool {
    matches!(kind, MarketKind::Quotes | MarketKind::Depth)
}

fn late(event: &AccountEvent, text: String) -> String {
    if event.time == event.venue_time {
        return text;
    }
    format!("{text}; known to us at {}", event.time)
}

/// The first row after `ended` that goes through the limit of an order, and its price.
fn next_through(data: &DataSet, order: &Order, ended: Time, end: Time) -> Option<(Time, i64)> {
    let request = &order.request;
    let streams = data.streams.iter().filter(|stream| stream.instrument == request.instrument);
    let through = |price: i64| request.side.sign() * (request.limit - price) > 0;
    let mut first: Option<(Time, i64)> = None;
    for stream in streams {
        let series = &stream.series;
        let start = series.time.partition_point(|time| *time <= ended.ns());
        for row in start..series.len() {
            let time = Time(series.time[row]);
            if time > end || first.is_some_and(|(known, _)| known <= time) {
                break;
            }
            let price = match (series.row(row), request.side) {
                (Row::Candle(candle), Side::Buy) => Some(candle.low),
                (Row::Candle(candle), Side::Sell) => Some(candle.high),
                (Row::Trade(trade), side) if trade.aggressor != Some(side) => Some(trade.price),
                (Row::Quote(quote), Side::Buy) if quote.ask_quantity > 0 => Some(quote.ask),
                (Row::Quote(quote), Side::Sell) if quote.bid_quantity > 0 => Some(quote.bid),
                _ => None,
            };
            if let Some(price) = price.filter(|price| through(*price)) {
                first = Some((time, price));
            }
        }
    }
    first
}

/// Why an order was not sent, with the numbers of the rule.
pub(super) fn denial_text(outcome: &Outcome, order: &Order) -> Option<String> {
    let (at, reason) = (Scales::new(outcome), order.reason?);
    let short = outcome.context.shortage(order.id).filter(|_| reason == Reason::InsufficientFunds);
    let numbers = short
        .map(|short| needs_text(outcome, order, (short.needed, short.free)))
        .or_else(|| outcome.context.breach(order.id).map(ToString::to_string))
        .or_else(|| rule_text(&at, outcome, order, reason))
        .map_or(String::new(), |text| format!(": {text}"));
    Some(format!("not sent, {}{numbers}", meaning(reason)))
}

fn needs_text(outcome: &Outcome, order: &Order, (needed, free): (i128, i128)) -> String {
    use crate::account::AccountKind::Cash;
    let (at, spec) =
        (Scales::new(outcome), &outcome.context.world.specs[order.request.instrument.at()]);
    let base = outcome.account_kind() == Cash && order.request.side == Side::Sell;
    let asset = if base { spec.base } else { spec.quote };
    format!("it needs {}, {} are free", at.money_text(asset, needed), at.money_text(asset, free))
}

/// The numbers of a rule of the instrument that an order broke.
fn rule_text(at: &Scales<'_>, outcome: &Outcome, order: &Order, reason: Reason) -> Option<String> {
    let request = &order.request;
    let of = request.instrument;
    let spec = &outcome.context.world.specs[of.at()];
    let (price, quantity) =
        (at.price_text(of, request.limit), at.quantity_text(of, request.quantity));
    match reason {
        Reason::PriceTick => Some(format!(
            "{price} with a tick of {}",
            at.price_text(of, spec.tick_at(order.created))
        )),
        Reason::LotStep => Some(format!(
            "{quantity} with a lot of {}",
            at.quantity_text(of, spec.lot_at(order.created))
        )),
        Reason::MinNotional => {
            let rules = spec.rules.as_ref().map(|rules| rules.at(order.created).notional.0);
            let least = at.money_text(spec.quote, rules.unwrap_or(spec.min_notional));
            let worth = spec.notional_down(request.limit, request.quantity);
            let worth = at.money_text(spec.quote, worth);
            Some(format!("{quantity} at {price} are worth {worth}, the least is {least}"))
        }
        _ => None,
    }
}
