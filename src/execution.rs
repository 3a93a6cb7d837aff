//! The second open door: whatever answers requests, the simulated exchange or a real one.

use crate::event::{AccountEvent, MarketEvent, Moment};
use crate::instrument::InstrumentIndex;
use crate::market::{Candle, MarketKind};
use crate::order::{Amendment, OrderId, OrderRequest};
use crate::replay::VenueRows;
use crate::time::Time;

/// What the engine asks of a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Open an order, which may take at most this much money: what was held back for it.
    Open(OrderId, OrderRequest, i128),
    /// Give an order new terms.
    Amend(OrderId, Amendment),
    /// Cancel an order.
    Cancel(OrderId),
}

/// A venue as the driver sees it.
///
/// A simulated one is fed the recorded rows and answers in simulated time; a real one ignores the
/// rows and answers when the world does. Latency, both ways, is the client's own affair.
pub trait ExecutionClient: Send {
    /// Lets the market happen up to and including `until`, or until an answer is due before that.
    fn on_market(&mut self, rows: &mut VenueRows, until: Time);

    /// Lets a single row happen, which is not a candle's.
    fn on_row(&mut self, row: &MarketEvent);

    /// Lets one of the four points of a candle happen at `time`.
    fn on_point(&mut self, instrument: InstrumentIndex, candle: &Candle, point: u8, time: Time);

    /// Lets happen what is due by itself before the rows of `time`, such as the end of an order.
    fn on_time(&mut self, time: Time);

    /// Learns that rows of this kind show an instrument's market from now on.
    fn admit(&mut self, instrument: InstrumentIndex, kind: MarketKind, now: Moment);

    /// Takes the requests, which were sent at `sent`, and leaves none.
    fn send(&mut self, requests: &mut Vec<Request>, sent: Moment);

    /// When something is due next: a request at the venue or an answer at our side; else
    /// [`Moment::NEVER`].
    fn next_due(&self) -> Moment;

    /// Does all that is due at the venue at `now`.
    fn advance(&mut self, now: Moment);

    /// From now on only fills need to reach us at their time, and not even they unless `fills`:
    /// other news are not due by themselves, and wait until they are asked for.
    fn tell_later(&mut self, fills: bool);

    /// The next news that have reached us by `now`; to be asked until there are none.
    fn news(&mut self, now: Moment) -> Option<AccountEvent>;

    /// The price that values an instrument at the venue, doubled and raw; `None` before the first.
    fn mark(&self, instrument: InstrumentIndex) -> Option<i64>;

    /// What the account is worth at the venue, in money of the run's currency; `None` without a
    /// price.
    fn equity(&self) -> Option<i128>;
}
