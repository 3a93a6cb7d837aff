//! Orders: what is asked for, how an order lives, why it ended, and its fills.

use crate::error::{Error, Result};
use crate::instrument::{AssetIndex, InstrumentIndex};
use crate::market::Side;
use crate::num::Ratio;
pub use crate::status::{Status, Transition};
use crate::time::Time;

/// Number of an order within a run, from 1, in the order of their creation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct OrderId(pub u32);

impl OrderId {
    /// Place in a list that holds every order of a run.
    pub const fn at(self) -> usize {
        self.0 as usize - 1
    }
}

/// How an order names its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum OrderKind {
    /// Takes what is there, up to the protection price.
    Market,
    /// Takes or rests at its limit or better.
    Limit,
}

impl OrderKind {
    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Limit => "limit",
        }
    }
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum TimeInForce {
    /// Until it is filled or cancelled.
    GoodTillCancelled,
    /// Fills what is there on arrival, the rest is cancelled.
    ImmediateOrCancel,
    /// Fills in full on arrival or not at all.
    FillOrKill,
    /// Until its time comes: alive before [`Special::expire`], not at it.
    GoodTillDate,
}

impl TimeInForce {
    /// Every member with its name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("gtc", Self::GoodTillCancelled),
        ("ioc", Self::ImmediateOrCancel),
        ("fok", Self::FillOrKill),
        ("gtd", Self::GoodTillDate),
    ];

    /// The name that users write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GoodTillCancelled => "gtc",
            Self::ImmediateOrCancel => "ioc",
            Self::FillOrKill => "fok",
            Self::GoodTillDate => "gtd",
        }
    }
}

/// Which price wakes an order that waits for one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum TriggerSource {
    /// The last trade, or the point of a candle; where there are no trades, as `BidAsk`.
    #[default]
    Last,
    /// The mark price; where none is sent, the last trade, else the middle of the touch.
    Mark,
    /// What the order would take: the best ask for a buy, the best bid for a sell.
    BidAsk,
}

impl TriggerSource {
    /// Every source with the name that users write.
    pub const NAMES: [(&'static str, Self); 3] =
        [("last", Self::Last), ("mark", Self::Mark), ("bid_ask", Self::BidAsk)];
}

/// How far a trailing trigger stays behind the best price seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Trail {
    /// Raw price, > 0.
    By(i64),
    /// Share of the price seen, between 0 and 1.
    Share(Ratio),
}

/// The price that wakes an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Trigger {
    /// Which price is watched.
    pub source: TriggerSource,
    /// True if it fires at `price` or above, false at `price` or below.
    pub rises: bool,
    /// Raw; a trailing one has none before it arrives.
    pub price: Option<i64>,
    /// Set for a trigger that follows the price in our favour.
    pub trail: Option<Trail>,
}

impl Trigger {
    /// True if a stop, which fires when the price moves against us.
    pub fn is_stop(&self, side: Side) -> bool {
        self.rises == (side == Side::Buy)
    }
}

/// What happens when an arriving order meets one of our own.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum SelfTrade {
    /// The rest of the arriving order is cancelled.
    #[default]
    ExpireTaker,
    /// The resting order is cancelled.
    ExpireMaker,
    /// Both are cancelled.
    ExpireBoth,
    /// Both lose what they have in common, without a trade.
    Decrement,
    /// They trade with each other.
    Allow,
}

impl SelfTrade {
    /// Every mode with the name that users write.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("expire_taker", Self::ExpireTaker),
        ("expire_maker", Self::ExpireMaker),
        ("expire_both", Self::ExpireBoth),
        ("decrement", Self::Decrement),
        ("none", Self::Allow),
    ];
}

/// What most orders do without; in a box of its own, so that the others stay small.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Special {
    /// The order waits until this fires.
    pub trigger: Option<Trigger>,
    /// True once it has; not for what its parent fills after all before was closed.
    pub fired: bool,
    /// When a good-till-date order ends.
    pub expire: Option<Time>,
    /// Never opens or flips a position.
    pub reduce_only: bool,
    /// A post-only order that would take moves one tick away from that instead.
    pub reprice: bool,
    /// What happens when it meets one of our own; the venue's mode if not given.
    pub self_trade: Option<SelfTrade>,
    /// What a market order spends or receives at most, in money of quote; the venue finds how many
    /// lots that is. (A limit order by amount knows its lots when it is sent.)
    pub quote_quantity: Option<i128>,
    /// The other leg: what one fills, the other loses.
    pub sibling: Option<OrderId>,
    /// The order whose fills bring this one to life, for as much as they were.
    pub parent: Option<OrderId>,
    /// How many of the orders that follow this one have it as their parent.
    pub children: u32,
    /// The price of a market order before any data have shown its market: taken for granted.
    pub assumed: Option<i64>,
}

/// What a strategy asks for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OrderRequest {
    /// What to trade.
    pub instrument: InstrumentIndex,
    /// Which way.
    pub side: Side,
    /// Market or limit.
    pub kind: OrderKind,
    /// How long.
    pub time_in_force: TimeInForce,
    /// Refused if any part would take on arrival.
    pub post_only: bool,
    /// How much, raw, > 0; 0 if only an amount is given, until the order is priced.
    pub quantity: i64,
    /// Limit price, raw; for a market order the protection price that the context fills in.
    pub limit: i64,
    /// What most orders do without.
    pub special: Option<Box<Special>>,
}

impl OrderRequest {
    /// The price that it waits for, if it does.
    pub fn trigger(&self) -> Option<&Trigger> {
        self.special.as_ref().and_then(|special| special.trigger.as_ref())
    }

    /// The same, to be changed.
    pub fn trigger_mut(&mut self) -> Option<&mut Trigger> {
        self.special.as_mut().and_then(|special| special.trigger.as_mut())
    }

    /// The amount of quote money that stands for its quantity, if one does.
    pub fn quote_quantity(&self) -> Option<i128> {
        self.special.as_ref().and_then(|special| special.quote_quantity)
    }

    /// The other leg, if there is one.
    pub fn sibling(&self) -> Option<OrderId> {
        self.special.as_ref().and_then(|special| special.sibling)
    }

    /// The order whose fills bring this one to life, if it is one's child.
    pub fn parent(&self) -> Option<OrderId> {
        self.special.as_ref().and_then(|special| special.parent)
    }

    /// The orders whose parent it is, if its number is `id`.
    pub fn children(&self, id: OrderId) -> impl Iterator<Item = OrderId> + use<> {
        let count = self.special.as_ref().map_or(0, |special| special.children);
        (id.0 + 1..=id.0 + count).map(OrderId)
    }

    /// True if it may only make a position smaller.
    pub fn reduce_only(&self) -> bool {
        self.special.as_ref().is_some_and(|special| special.reduce_only)
    }

    /// Refuses words of an order that contradict each other, whatever the market.
    pub fn check(&self, now: Time) -> Result<()> {
        let refuse = |text: String| Err(Error::Order(text));
        if self.quote_quantity().is_none() && self.quantity <= 0 {
            return refuse(format!("quantity must be > 0, got {}", self.quantity));
        }
        let at_market = self.kind == OrderKind::Market;
        let at_once =
            matches!(self.time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill);
        if self.post_only && at_market {
            return refuse("post_only needs a limit: a market order always takes".to_owned());
        }
        if self.post_only && at_once {
            let name = self.time_in_force.name();
            return refuse(format!("post_only never takes, time_in_force \"{name}\" only takes"));
        }
        let special = self.special.as_deref();
        let expire = special.and_then(|special| special.expire);
        match (self.time_in_force == TimeInForce::GoodTillDate, expire) {
            (true, None) => refuse("time_in_force \"gtd\" needs expire".to_owned()),
            (false, Some(_)) => refuse("expire needs time_in_force \"gtd\"".to_owned()),
            (true, Some(expire)) if expire <= now => {
                refuse(format!("expire must lie after now, {now}, got {expire}"))
            }
            (true, _) if at_market && self.trigger().is_none() => {
                refuse("a market order does not wait: expire needs a limit or a trigger".to_owned())
            }
            _ => special.map_or(Ok(()), |special| self.check_special(special)),
        }
    }

    fn check_special(&self, special: &Special) -> Result<()> {
        let refuse = |text: &str| Err(Error::Order(text.to_owned()));
        if special.reprice && !self.post_only {
            return refuse("reprice needs post_only: it says where such an order goes instead");
        }
        if special.quote_quantity.is_some_and(|amount| amount <= 0) {
            return refuse("quote_quantity must be > 0");
        }
        if special.quote_quantity.is_some() && self.kind == OrderKind::Market {
            if special.trigger.is_some() {
                return refuse("quote_quantity needs a price: give a limit, or a quantity");
            }
            if self.time_in_force == TimeInForce::FillOrKill {
                return refuse("time_in_force \"fok\" needs a limit or a quantity to fill in full");
            }
        }
        let Some(trigger) = &special.trigger else { return Ok(()) };
        match trigger.trail {
            None if trigger.price.is_none_or(|price| price <= 0) => {
                refuse("a trigger price must be > 0")
            }
            Some(_) if self.kind == OrderKind::Limit => {
                refuse("a trailing stop becomes a market order: it has no limit")
            }
            Some(Trail::By(raw)) if raw <= 0 => refuse("trail must be > 0"),
            Some(Trail::Share(share)) if !(0.0 < share.to_f64() && share.to_f64() < 1.0) => {
                refuse("trail must be between 0% and 100%")
            }
            _ => Ok(()),
        }
    }

    /// The name of its kind that users see.
    pub fn kind_name(&self) -> &'static str {
        match (self.trigger(), self.kind) {
            (None, kind) => kind.name(),
            (Some(Trigger { trail: Some(_), .. }), _) => "trailing_stop",
            (Some(trigger), kind) => match (trigger.is_stop(self.side), kind) {
                (true, OrderKind::Market) => "stop_market",
                (true, OrderKind::Limit) => "stop_limit",
                (false, OrderKind::Market) => "touched_market",
                (false, OrderKind::Limit) => "touched_limit",
            },
        }
    }
}

/// New terms of a working order; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Amendment {
    /// Total quantity, raw, > 0; at most what is filled ends the order.
    pub quantity: Option<i64>,
    /// Limit price, raw.
    pub limit: Option<i64>,
    /// Trigger price, raw.
    pub trigger: Option<i64>,
}

impl Amendment {
    /// Refuses what `request` cannot become.
    pub fn check(&self, request: &OrderRequest) -> Result<()> {
        let refuse = |text: &str| Err(Error::Order(text.to_owned()));
        if *self == Self::default() {
            return refuse("amend: give a quantity, a limit or a trigger");
        }
        if self.quantity.is_some_and(|quantity| quantity <= 0) {
            return refuse("quantity must be > 0; cancel ends an order");
        }
        if self.limit.is_some() && request.kind == OrderKind::Market {
            return refuse("a market order has no limit to amend");
        }
        match (self.trigger, request.trigger()) {
            (Some(_), None) => refuse("the order has no trigger to amend"),
            (Some(_), Some(Trigger { trail: Some(_), .. })) => {
                refuse("the trigger of a trailing stop moves by itself")
            }
            _ => Ok(()),
        }
    }
}

/// The terms of an order that may change while it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewTerms {
    /// Total quantity, raw.
    pub quantity: i64,
    /// Limit price, raw.
    pub limit: i64,
    /// Trigger price, raw.
    pub trigger: Option<i64>,
    /// True if this answers an amendment of ours.
    pub asked: bool,
}

/// A change that was asked for and not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pending {
    /// Nothing.
    None,
    /// New terms.
    Amend,
    /// A cancel.
    Cancel,
}

/// Why an order was denied, rejected or cancelled.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Reason {
    /// The strategy asked for it.
    User,
    /// The rest of an immediate-or-cancel order.
    Ioc,
    /// Liquidity was left only beyond the protection price of a market order.
    Protection,
    /// Nothing was left to take.
    NoLiquidity,
    /// No price is known yet.
    NoPrice,
    /// A post-only order would have taken.
    PostOnlyWouldCross,
    /// The money does not suffice.
    InsufficientFunds,
    /// The price is not on a tick.
    PriceTick,
    /// The quantity is not a multiple of the lot.
    LotStep,
    /// Price × quantity is below the venue's minimum.
    MinNotional,
    /// The order is not open (any more).
    NotOpen,
    /// Not everything was there for a fill-or-kill order.
    Fok,
    /// Its time had come.
    Expired,
    /// The trigger was met on arrival already.
    WouldTrigger,
    /// It met one of our own.
    SelfTrade,
    /// The position became smaller than a reduce-only order.
    ReduceOnly,
    /// There is no position that a reduce-only order could reduce.
    ReduceOnlyNothingLeft,
    /// A cash account has no positions to reduce.
    ReduceOnlyUnsupported,
    /// Orders of this kind keep their terms.
    NotAmendable,
    /// The order that it belongs to filled, or ended unfilled.
    Oco,
    /// An order that it belongs to was denied.
    OcoLeg,
    /// The venue never got the request.
    Refused,
    /// The limit lies outside the venue's prices.
    PriceRange,
    /// The limit lies too far from the market.
    PriceBand,
    /// The quantity is below the venue's least or above its greatest.
    LotRange,
    /// The quantity is too large for a market order.
    MarketLotRange,
    /// Price × quantity is above the venue's maximum.
    MaxNotional,
    /// The venue takes no further order of the instrument.
    MaxOrders,
    /// The position could become too large.
    MaxPosition,
    /// The venue takes no orders at this time.
    TradingStatus,
    /// The amount of an order by amount is spent.
    QuoteQuantity,
    /// Trading is disabled.
    TradingDisabled,
    /// The position could become larger than the risk limits allow, in base or contracts.
    RiskPositionQuantity,
    /// The same, in money.
    RiskPositionNotional,
    /// All positions could become too large for the account's equity.
    RiskLeverage,
    /// The position could become too large a part of the account's equity.
    RiskExposure,
}

impl Reason {
    /// The code that results and messages show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Ioc => "ioc",
            Self::Protection => "protection",
            Self::NoLiquidity => "no_liquidity",
            Self::NoPrice => "no_price",
            Self::PostOnlyWouldCross => "post_only_would_cross",
            Self::InsufficientFunds => "insufficient_funds",
            Self::PriceTick => "price_tick",
            Self::LotStep => "lot_step",
            Self::MinNotional => "min_notional",
            Self::NotOpen => "not_open",
            Self::Fok => "fok",
            Self::Expired => "expired",
            Self::WouldTrigger => "would_trigger",
            Self::SelfTrade => "self_trade",
            Self::ReduceOnly => "reduce_only",
            Self::ReduceOnlyNothingLeft => "reduce_only_nothing_left",
            Self::ReduceOnlyUnsupported => "reduce_only_unsupported",
            Self::NotAmendable => "not_amendable",
            Self::Oco => "oco",
            Self::OcoLeg => "oco_leg",
            Self::Refused => "refused",
            Self::PriceRange => "price_range",
            Self::PriceBand => "price_band",
            Self::LotRange => "lot_range",
            Self::MarketLotRange => "market_lot_range",
            Self::MaxNotional => "max_notional",
            Self::MaxOrders => "max_orders",
            Self::MaxPosition => "max_position",
            Self::TradingStatus => "trading_status",
            Self::QuoteQuantity => "quote_quantity",
            Self::TradingDisabled => "trading_disabled",
            Self::RiskPositionQuantity => "max_position_quantity",
            Self::RiskPositionNotional => "max_position_notional",
            Self::RiskLeverage => "max_leverage",
            Self::RiskExposure => "max_exposure_percent",
        }
    }
}

/// An order as one side knows it: the strategy from messages, the venue at first hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub id: OrderId,
    /// What was asked for.
    pub request: OrderRequest,
    /// Where it stands.
    pub status: Status,
    /// What was asked for beside and not answered yet.
    pub pending: Pending,
    /// True while it counts against the account: its money is held back.
    pub holds: bool,
    /// Why it was denied, rejected or cancelled.
    pub reason: Option<Reason>,
    /// Quantity filled, raw; `0 <= filled <= request.quantity`.
    pub filled: i64,
    /// Σ raw price × raw quantity of its fills.
    pub filled_value: i128,
    /// Money held back for it: quote for a buy, base for a sell.
    pub locked: i128,
    /// When it was created (strategy's side) or arrived (venue's side).
    pub created: Time,
    /// When its status last changed, at the venue as far as that made the change.
    pub updated: Time,
}

impl Order {
    /// A new order.
    pub fn new(id: OrderId, request: OrderRequest, now: Time) -> Self {
        Self {
            id,
            request,
            status: Status::Created,
            pending: Pending::None,
            holds: false,
            reason: None,
            filled: 0,
            filled_value: 0,
            locked: 0,
            created: now,
            updated: now,
        }
    }

    /// True if it waits for its trigger.
    pub fn is_waiting(&self) -> bool {
        let special = self.request.special.as_ref().filter(|_| !self.status.is_final());
        special.is_some_and(|special| special.trigger.is_some() && !special.fired)
    }

    /// True if it has no claim on money: over, asleep, waiting for a price, or only closing.
    pub fn needs_nothing(&self) -> bool {
        let over = self.status.is_final() || self.status == Status::Created;
        over || self.is_asleep() || self.is_waiting() || self.request.reduce_only()
    }

    /// True for a child that has nothing to close until its parent fills more.
    pub fn is_asleep(&self) -> bool {
        let open = !self.status.is_final() && self.request.parent().is_some();
        open && (self.status == Status::Submitted || self.leaves() == 0)
    }

    /// Its trigger was met; or nothing is left of it, and what comes later waits for that anew.
    #[cold]
    pub fn set_fired(&mut self, fired: bool) {
        if let Some(special) = &mut self.request.special {
            special.fired = fired;
        }
    }

    /// Quantity not filled, raw.
    pub const fn leaves(&self) -> i64 {
        self.request.quantity - self.filled
    }

    /// An amendment was answered; a cancel that was sent after it is still on its way.
    pub fn answer_amendment(&mut self) {
        if self.pending == Pending::Amend {
            self.pending = Pending::None;
        }
    }

    /// Its terms as they are, changed by a rule of the venue.
    pub fn terms(&self) -> NewTerms {
        NewTerms {
            quantity: self.request.quantity,
            limit: self.request.limit,
            trigger: self.request.trigger().and_then(|trigger| trigger.price),
            asked: false,
        }
    }

    /// Moves along the table of statuses; panics on a pair that the table does not have.
    #[inline]
    pub fn apply(&mut self, transition: Transition, reason: Option<Reason>, now: Time) {
        let Some(status) = self.status.after(transition) else {
            panic!("order {} cannot go from {} by {transition:?}", self.id.0, self.status.name());
        };
        self.status = status;
        self.updated = now;
        if reason.is_some() {
            self.reason = reason;
        }
    }

    /// Books a fill.
    #[inline]
    pub fn fill(&mut self, fill: &Fill) {
        let Fill { price, quantity, completes, time, .. } = *fill;
        assert!(quantity > 0, "a fill has a quantity");
        assert!(quantity <= self.leaves(), "a fill is at most what is left");
        self.filled += quantity;
        self.filled_value += i128::from(price) * i128::from(quantity);
        let fill = if completes { Transition::LastFill } else { Transition::Fill };
        self.apply(fill, None, time);
    }
}

/// Who was there first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Liquidity {
    /// Our order rested.
    Maker,
    /// Our order took.
    Taker,
}

impl Liquidity {
    /// The name that users see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Taker => "taker",
        }
    }
}

/// One execution of an order at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fill {
    /// Number within the run, from 1.
    pub id: u32,
    /// Whose fill.
    pub order: OrderId,
    /// What was traded.
    pub instrument: InstrumentIndex,
    /// Which way.
    pub side: Side,
    /// Who was there first.
    pub liquidity: Liquidity,
    /// True if it is the last of its order: nothing is left, and nothing can be added.
    pub completes: bool,
    /// Price, raw.
    pub price: i64,
    /// Quantity, raw, > 0.
    pub quantity: i64,
    /// Fee in money of `fee_asset`; negative for a rebate.
    pub fee: i128,
    /// What the fee is paid in.
    pub fee_asset: AssetIndex,
    /// When it happened at the venue.
    pub time: Time,
}
