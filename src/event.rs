//! Events: everything that changes state, with its time.

use crate::instrument::InstrumentIndex;
use crate::order::{Fill, NewTerms, OrderId, Reason};
use crate::replay::Row;
use crate::time::Time;

/// A place in the order of events: what an event at one time causes at that time comes in a later
/// round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Moment {
    /// When.
    pub time: Time,
    /// 0 for what comes from outside or took time to arrive, else one more than its cause.
    pub round: u32,
}

impl Ord for Moment {
    /// By time, then by round.
    #[inline]
    fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    #[inline]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.time.cmp(&other.time).then(self.round.cmp(&other.round))
    }
}

impl PartialOrd for Moment {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }

    // What a driver does most: two plain comparisons.
    #[inline]
    fn lt(&self, other: &Self) -> bool {
        self.time < other.time || (self.time == other.time && self.round < other.round)
    }

    #[inline]
    fn le(&self, other: &Self) -> bool {
        self.time < other.time || (self.time == other.time && self.round <= other.round)
    }
}

impl Moment {
    /// After everything.
    pub const NEVER: Self = Self { time: Time::MAX, round: u32::MAX };

    /// When something caused now happens after `delay_ns`.
    #[inline]
    #[must_use]
    pub fn after(self, delay_ns: i64) -> Self {
        if delay_ns == 0 {
            Self { time: self.time, round: self.round + 1 }
        } else {
            Self { time: self.time.after(delay_ns), round: 0 }
        }
    }
}

/// A row of market data that reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketEvent {
    /// Whose row.
    pub instrument: InstrumentIndex,
    /// When it reached us.
    pub time: Time,
    /// The row.
    pub row: Row,
}

/// What a venue tells us of an order, or what we decided of it ourselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum OrderNews {
    /// Refused before it was sent.
    Denied(Reason),
    /// Accepted.
    Accepted,
    /// Refused by the venue.
    Rejected(Reason),
    /// Filled in part or in full.
    Filled(Fill),
    /// Filled in full: its parent, whose fills could have added to it, has ended.
    Completed,
    /// Ended before it was full.
    Cancelled(Reason),
    /// A cancel was refused; the order is as it was.
    CancelRejected(Reason),
    /// Its trigger was met; as a market order it takes up to this price.
    Triggered(i64),
    /// Ended by its own time.
    Expired,
    /// Its terms are now these, by our wish or by a rule of the venue.
    Amended(NewTerms),
    /// An amendment was refused; the order is as it was.
    AmendRejected(Reason),
}

impl OrderNews {
    /// True if the venue is done with the order.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Denied(_)
            | Self::Rejected(_)
            | Self::Completed
            | Self::Cancelled(_)
            | Self::Expired => true,
            Self::Filled(fill) => fill.completes,
            Self::Accepted
            | Self::CancelRejected(_)
            | Self::Triggered(_)
            | Self::Amended(_)
            | Self::AmendRejected(_) => false,
        }
    }
}

/// News of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountEvent {
    /// Whose.
    pub order: OrderId,
    /// When it happened at the venue.
    pub venue_time: Time,
    /// When it reached us.
    pub time: Time,
    /// What.
    pub news: OrderNews,
}

/// A timer that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Timer {
    /// Its number, from 1.
    pub id: u32,
    /// When it is due.
    pub time: Time,
    /// Nanoseconds until it is due again; 0 for once.
    pub every_ns: i64,
}

impl std::fmt::Display for AccountEvent {
    /// Such as "order 7 is cancelled (user)".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "order {} ", self.order.0)?;
        match &self.news {
            OrderNews::Denied(reason) => write!(f, "is denied ({})", reason.name()),
            OrderNews::Accepted => write!(f, "is accepted"),
            OrderNews::Rejected(reason) => write!(f, "is rejected ({})", reason.name()),
            OrderNews::Filled(fill) => write!(f, "is filled (fill {})", fill.id),
            OrderNews::Completed => write!(f, "is filled for good"),
            OrderNews::Cancelled(reason) => write!(f, "is cancelled ({})", reason.name()),
            OrderNews::CancelRejected(reason) => {
                write!(f, "is not cancelled ({})", reason.name())
            }
            OrderNews::Triggered(_) => write!(f, "is triggered"),
            OrderNews::Expired => write!(f, "is expired"),
            OrderNews::Amended(_) => write!(f, "is amended"),
            OrderNews::AmendRejected(reason) => write!(f, "is not amended ({})", reason.name()),
        }
    }
}

/// Everything that can happen to an engine; what is large is only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The run begins.
    Start(Time),
    /// Market data reached us.
    Market(&'a MarketEvent),
    /// News of an order reached us.
    Account(&'a AccountEvent),
    /// A timer is due.
    Timer(&'a Timer),
    /// The connection to an exchange was lost: of its market data, or of our account there.
    Reconnecting(Reconnecting),
    /// Somebody outside enables or disables trading.
    Trading(Time, bool),
    /// The run is over.
    End(Time),
}

/// A connection that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reconnecting {
    /// When.
    pub time: Time,
    /// To which exchange, a place in the world's list.
    pub exchange: u32,
    /// True for news of our orders, false for market data.
    pub account: bool,
}

impl std::fmt::Display for Event<'_> {
    /// What happened, in a few words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(_) => write!(f, "the start"),
            Self::Market(_) => write!(f, "market data"),
            Self::Account(event) => write!(f, "{event}"),
            Self::Timer(timer) => write!(f, "timer {} is due", timer.id),
            Self::Reconnecting(lost) => write!(f, "exchange {} is reconnecting", lost.exchange),
            Self::Trading(_, enabled) => {
                write!(f, "trading is {}", if *enabled { "enabled" } else { "disabled" })
            }
            Self::End(_) => write!(f, "the end"),
        }
    }
}
