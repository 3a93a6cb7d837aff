//! How long messages take to the venue and back, and in which order they arrive.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::ExchangeSettings;
use super::numbers::Numbers;
use crate::context::World;
use crate::error::{Error, Result};
use crate::event::Moment;
use crate::execution::Request;
use crate::order::OrderId;
use crate::random::Draws;
use crate::time::{Time, span_text};

/// Kinds of messages that may take differently long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// A new order.
    New,
    /// A change of an order.
    Amend,
    /// A cancel.
    Cancel,
    /// An answer of the venue.
    Back,
}

impl Message {
    /// Every kind with the name under which its delays are drawn.
    const MODELS: [(Self, &'static str); 4] = [
        (Self::New, "latency new"),
        (Self::Amend, "latency amend"),
        (Self::Cancel, "latency cancel"),
        (Self::Back, "latency back"),
    ];
}

/// How long messages of one kind take.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Delay {
    /// Always as long, in ns.
    Constant(i64),
    /// Any whole number of ns between both, both included, is as likely.
    Uniform {
        /// The shortest.
        low_ns: i64,
        /// The longest.
        high_ns: i64,
    },
    /// `median × exp(sigma × z)`, z normal with mean 0 and deviation 1.
    LogNormal {
        /// Half of all messages are faster.
        median_ns: i64,
        /// Deviation of the logarithm, dimensionless.
        sigma: Decimal,
    },
    /// As it was measured at the time.
    Measured(Arc<Measured>),
}

/// Largest deviation of a logarithm: beyond it a delay is anything between 0 and for ever.
const MAX_SIGMA: Decimal = Decimal::TEN;

impl Delay {
    /// A constant delay.
    pub fn constant(what: &str, ns: i64) -> Result<Self> {
        check_span(what, ns)?;
        Ok(Self::Constant(ns))
    }

    /// A delay between two bounds.
    pub fn uniform(what: &str, low_ns: i64, high_ns: i64) -> Result<Self> {
        check_span(what, low_ns)?;
        if low_ns > high_ns {
            let (low, high) = (span_text(low_ns), span_text(high_ns));
            let text = format!("{what}: uniform needs low <= high, got {low} and {high}");
            return Err(Error::Config(text));
        }
        Ok(Self::Uniform { low_ns, high_ns })
    }

    /// A delay whose logarithm is normal.
    pub fn log_normal(what: &str, median_ns: i64, sigma: Decimal) -> Result<Self> {
        check_span(what, median_ns)?;
        if !(Decimal::ZERO..=MAX_SIGMA).contains(&sigma) {
            let text = format!("{what}: sigma must be between 0 and {MAX_SIGMA}, got {sigma}");
            return Err(Error::Config(text));
        }
        Ok(Self::LogNormal { median_ns, sigma: sigma.normalize() })
    }

    /// True if it depends on chance.
    fn is_random(&self) -> bool {
        matches!(self, Self::Uniform { .. } | Self::LogNormal { .. })
    }

    /// The delay of message number `k` of its kind about an order, sent at `sent`.
    fn at(&self, back: bool, sent: Time, draws: Draws, order: u32, k: u32) -> i64 {
        let (order, k) = (u64::from(order), u64::from(k));
        match self {
            Self::Constant(ns) => *ns,
            Self::Uniform { low_ns, high_ns } => {
                let count = (high_ns - low_ns) as u64 + 1;
                low_ns + draws.below(count, order, 2 * k) as i64
            }
            Self::LogNormal { median_ns, sigma } => {
                // Box and Muller's way from two uniform draws to a normal one.
                let radius = (-2.0 * libm::log1p(-draws.unit(order, 2 * k))).sqrt();
                let turn = std::f64::consts::TAU * draws.unit(order, 2 * k + 1);
                let z = radius * libm::cos(turn);
                let factor = libm::exp(as_float(*sigma) * z);
                (*median_ns as f64 * factor).round_ties_even() as i64
            }
            Self::Measured(rows) if back => interpolate(&rows.back, sent.ns()),
            Self::Measured(rows) => interpolate(&rows.there, sent.ns()),
        }
    }

    /// How long a request sent at `sent` takes to be known as refused, if the venue never gets it.
    fn refused(&self, sent: Time) -> Option<i64> {
        let Self::Measured(rows) = self else { return None };
        rows.refuses(sent.ns()).then(|| interpolate(&rows.round, sent.ns()))
    }
}

/// The float nearest to a decimal, by its text: the same on every platform.
fn as_float(value: Decimal) -> f64 {
    value.to_string().parse().unwrap_or(f64::NAN)
}

fn check_span(what: &str, ns: i64) -> Result<()> {
    if ns >= 0 {
        return Ok(());
    }
    Err(Error::Config(format!("{what} must be >= 0, got {}", span_text(ns))))
}

impl fmt::Display for Delay {
    /// As users write it; for measured delays, what they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(ns) => f.write_str(&span_text(*ns)),
            Self::Uniform { low_ns, high_ns } => {
                write!(f, "uniform {} {}", span_text(*low_ns), span_text(*high_ns))
            }
            Self::LogNormal { median_ns, sigma } => {
                write!(f, "lognormal {} {sigma}", span_text(*median_ns))
            }
            Self::Measured(rows) => write!(f, "as measured in {} requests", rows.rows.len()),
        }
    }
}

/// Times of one request, ns since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Measurement {
    /// When it was sent.
    pub sent: i64,
    /// When the venue got it; 0 if it never did.
    pub at_venue: i64,
    /// When its answer, or its refusal, was back.
    pub back: i64,
}

/// Delays that were measured, by the time of sending.
///
/// Between two measurements a delay changes evenly, outside it is that of the first or last. The
/// way to the venue goes by the time of sending, the way back by the time at the venue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Measured {
    rows: Vec<Measurement>,
    /// (sent, delay) of what the venue got.
    there: Vec<(i64, i64)>,
    /// (at the venue, delay) of its answers.
    back: Vec<(i64, i64)>,
    /// (sent, there and back) of everything.
    round: Vec<(i64, i64)>,
}

impl Measured {
    /// Rows in the order of sending. The venue must have got at least one of them.
    pub fn new(what: &str, rows: Vec<Measurement>) -> Result<Self> {
        let mut last = 0;
        for (at, row) in rows.iter().enumerate() {
            let Measurement { sent, at_venue, back } = *row;
            let fault = if sent < last {
                format!("sent, {sent}, comes before that of the row above, {last}; sort by it")
            } else if at_venue != 0 && at_venue < sent {
                format!("at_venue, {at_venue}, is neither 0 nor at or after sent, {sent}")
            } else if back < sent.max(at_venue) {
                format!("back, {back}, comes before the request was there, {}", sent.max(at_venue))
            } else {
                last = sent;
                continue;
            };
            return Err(Error::Config(format!("{what}: row {at}: {fault}")));
        }
        let got = || rows.iter().filter(|row| row.at_venue != 0);
        if got().next().is_none() {
            let text = format!("{what}: needs at least one row whose at_venue is not 0");
            return Err(Error::Config(text));
        }
        let mut back: Vec<_> = got().map(|row| (row.at_venue, row.back - row.at_venue)).collect();
        back.sort_by_key(|(at_venue, _)| *at_venue);
        Ok(Self {
            there: got().map(|row| (row.sent, row.at_venue - row.sent)).collect(),
            back,
            round: rows.iter().map(|row| (row.sent, row.back - row.sent)).collect(),
            rows,
        })
    }

    /// The rows as they were given.
    pub fn rows(&self) -> &[Measurement] {
        &self.rows
    }

    /// True if the last request before `sent`, or the first of all, was refused.
    fn refuses(&self, sent: i64) -> bool {
        let at = self.rows.partition_point(|row| row.sent <= sent).max(1) - 1;
        self.rows[at].at_venue == 0
    }
}

/// The value at `at` on the line through `points`, in whole ns that have gone by.
fn interpolate(points: &[(i64, i64)], at: i64) -> i64 {
    let next = points.partition_point(|(x, _)| *x <= at);
    let Some((x0, y0)) = next.checked_sub(1).map(|last| points[last]) else { return points[0].1 };
    let Some((x1, y1)) = points.get(next) else { return y0 };
    let rise = (i128::from(*y1) - i128::from(y0)) * (i128::from(at) - i128::from(x0));
    y0 + rise.div_euclid(i128::from(*x1) - i128::from(x0)) as i64
}

/// Delays by kind of message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Latency {
    /// Of a new order to the venue.
    pub new: Delay,
    /// Of a change of an order to the venue.
    pub amend: Delay,
    /// Of a cancel to the venue.
    pub cancel: Delay,
    /// Of an answer back.
    pub back: Delay,
}

impl Default for Latency {
    fn default() -> Self {
        Self::constant(0, 0)
    }
}

impl Latency {
    /// Every request takes `entry_ns`, every answer `response_ns`.
    pub fn constant(entry_ns: i64, response_ns: i64) -> Self {
        let (there, back) = (Delay::Constant(entry_ns), Delay::Constant(response_ns));
        Self { new: there.clone(), amend: there.clone(), cancel: there, back }
    }

    /// Delays of one kind.
    pub fn of(&self, message: Message) -> &Delay {
        match message {
            Message::New => &self.new,
            Message::Amend => &self.amend,
            Message::Cancel => &self.cancel,
            Message::Back => &self.back,
        }
    }

    /// True if every message arrives at once.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// True if any delay depends on chance.
    pub fn is_random(&self) -> bool {
        Message::MODELS.iter().any(|(message, _)| self.of(*message).is_random())
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { new, amend, cancel, back } = self;
        write!(f, "{new} to the exchange")?;
        if (amend, cancel) != (new, new) {
            write!(f, " ({amend} for an amend, {cancel} for a cancel)")?;
        }
        write!(f, ", {back} back")
    }
}

/// The messages of a run: within a session none overtakes another that goes the same way. A venue
/// with delays of its own is a session of its own.
#[derive(Debug)]
pub(super) enum Sessions {
    /// Every request takes as long, and every answer.
    Constant {
        /// To the venue.
        entry_ns: i64,
        /// Back.
        response_ns: i64,
    },
    /// Anything else.
    Modelled(Box<Modelled>),
}

impl Sessions {
    /// The sessions of a run with these settings.
    pub(super) fn new(settings: &ExchangeSettings, world: &World) -> Self {
        let Latency { new, amend, cancel, back } = &settings.latency;
        if let (Delay::Constant(entry_ns), Delay::Constant(response_ns)) = (new, back)
            && (amend, cancel) == (new, new)
            && settings.venues.is_empty()
        {
            return Self::Constant { entry_ns: *entry_ns, response_ns: *response_ns };
        }
        let instruments = 0..world.specs.len();
        let name = |at: usize| &world.specs[at].instrument.name;
        let draw = |model, at| Draws::new(settings.seed, model, name(at));
        let draws = |at: usize| Message::MODELS.map(|(_, model)| draw(model, at));
        let venues = settings.venues.iter().map(|venue| &venue.latency);
        let others = settings.venues.len();
        let of = |at: usize| settings.venue_of(at).unwrap_or(others);
        let start = Moment::default();
        let session = |latency: &Latency| Session {
            latency: latency.clone(),
            there: start,
            back: start,
            refused: start,
        };
        Self::Modelled(Box::new(Modelled {
            sessions: venues.chain([&settings.latency]).map(session).collect(),
            of: instruments.clone().map(of).collect(),
            draws: instruments.map(draws).collect(),
            counts: Vec::new(),
            refused: VecDeque::new(),
        }))
    }
}

/// Puts a message behind those that arrive no later.
#[inline]
pub(super) fn enqueue<T>(queue: &mut VecDeque<(Moment, T)>, due: Moment, message: T) {
    if queue.back().is_none_or(|(last, _)| *last <= due) {
        queue.push_back((due, message));
    } else {
        overtake(queue, due, message);
    }
}

/// A message of one venue may overtake those of another.
#[cold]
fn overtake<T>(queue: &mut VecDeque<(Moment, T)>, due: Moment, message: T) {
    let later = queue.iter().rev().take_while(|(other, _)| *other > due).count();
    queue.insert(queue.len() - later, (due, message));
}

/// One session: its delays, and when the last message of each way arrives.
#[derive(Debug)]
struct Session {
    latency: Latency,
    there: Moment,
    back: Moment,
    /// When the last refusal of a request that the venue never gets is known.
    refused: Moment,
}

/// Delays that differ from message to message.
#[derive(Debug)]
pub(super) struct Modelled {
    sessions: Vec<Session>,
    /// The session of each instrument.
    of: Vec<usize>,
    /// By instrument and kind of message.
    draws: Vec<[Draws; 4]>,
    /// By order, messages so far of each kind.
    counts: Vec<[u32; 4]>,
    /// Requests that the venue never gets, and when we shall know.
    refused: VecDeque<(Moment, Request)>,
}

impl Modelled {
    /// When a message that is sent now arrives.
    fn travel(
        &mut self,
        message: Message,
        order: OrderId,
        now: Moment,
        numbers: &Numbers,
    ) -> Moment {
        if order.at() >= self.counts.len() {
            self.counts.resize(order.at() + 1, [0; 4]);
        }
        let count = &mut self.counts[order.at()][message as usize];
        let k = *count;
        *count += 1;
        let (instrument, number) = numbers.of(order);
        let draws = self.draws[instrument.at()][message as usize];
        let back = message == Message::Back;
        let session = &mut self.sessions[self.of[instrument.at()]];
        let due = now.after(session.latency.of(message).at(back, now.time, draws, number, k));
        let last = if back { &mut session.back } else { &mut session.there };
        *last = due.max(*last);
        *last
    }

    /// When a request that is sent now reaches the venue; `None` if it never does.
    pub(super) fn there(
        &mut self,
        request: &Request,
        sent: Moment,
        numbers: &Numbers,
    ) -> Option<Moment> {
        let (message, order) = match request {
            Request::Open(order, ..) => (Message::New, *order),
            Request::Amend(order, _) => (Message::Amend, *order),
            Request::Cancel(order) => (Message::Cancel, *order),
        };
        let session = &mut self.sessions[self.of[numbers.of(order).0.at()]];
        let Some(round) = session.latency.of(message).refused(sent.time) else {
            return Some(self.travel(message, order, sent, numbers));
        };
        session.refused = sent.after(round).max(session.refused);
        enqueue(&mut self.refused, session.refused, request.clone());
        None
    }

    /// When a refusal that is known now is told.
    pub(super) fn told(&mut self, order: OrderId, now: Moment, numbers: &Numbers) -> Moment {
        let session = &mut self.sessions[self.of[numbers.of(order).0.at()]];
        session.back = now.max(session.back);
        session.back
    }

    /// When an answer that is given now reaches us.
    pub(super) fn back(&mut self, order: OrderId, now: Moment, numbers: &Numbers) -> Moment {
        self.travel(Message::Back, order, now, numbers)
    }

    /// When we shall know of the next refusal.
    pub(super) fn next_refusal(&self) -> Moment {
        self.refused.front().map_or(Moment::NEVER, |(due, _)| *due)
    }

    /// A request whose refusal is known by `now`.
    pub(super) fn refusal(&mut self, now: Moment) -> Option<Request> {
        self.refused.pop_front_if(|(due, _)| *due <= now).map(|(_, request)| request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::parse_decimal;
    use proptest::prelude::*;

    fn rows(rows: &[(i64, i64, i64)]) -> Result<Measured> {
        let row = |&(sent, at_venue, back): &_| Measurement { sent, at_venue, back };
        Measured::new("latency", rows.iter().map(row).collect())
    }

    fn measured(given: &[(i64, i64, i64)]) -> Delay {
        Delay::Measured(Arc::new(rows(given).expect("rows")))
    }

    fn log_normal(sigma: &str) -> Delay {
        let sigma = parse_decimal("sigma", sigma).expect("a number");
        Delay::log_normal("latency", 2_000_000, sigma).expect("in range")
    }

    /// Delays of the first messages of many orders.
    fn drawn(delay: &Delay) -> impl Iterator<Item = i64> {
        let draws = Draws::new(1, "latency new", "A/B");
        (1..=20_000).map(move |order| delay.at(false, Time(0), draws, order, 0))
    }

    #[test]
    fn measured_delays_change_evenly_between_rows_and_stand_still_outside() {
        let delay = measured(&[(100, 110, 130), (200, 240, 250), (300, 0, 500), (400, 420, 430)]);
        let draws = Draws::new(0, "", "");
        let at = |back, sent| delay.at(back, Time(sent), draws, 1, 0);
        let there = [0, 100, 101, 150, 199, 200, 300, 400, 900].map(|sent| at(false, sent));
        assert_eq!(there, [10, 10, 10, 25, 39, 40, 30, 20, 20]);
        // The way back goes by the time at the venue: 110, 240, 420.
        let back = [0, 110, 175, 240, 420, 900].map(|sent| at(true, sent));
        assert_eq!(back, [20, 20, 15, 10, 10, 10]);
    }

    #[test]
    fn a_refusal_holds_until_the_next_row_and_is_known_after_the_round_trip() {
        let delay = measured(&[(100, 110, 130), (200, 0, 250), (300, 310, 330)]);
        let refused = [99, 199, 200, 250, 299, 300].map(|sent| delay.refused(Time(sent)));
        assert_eq!(refused, [None, None, Some(50), Some(40), Some(30), None]);
        assert_eq!(Delay::Constant(5).refused(Time(0)), None);
    }

    #[test]
    fn rows_that_cannot_be_are_named() {
        for (given, said) in [
            (&[][..], "at least one row"),
            (&[(5, 0, 9)], "at least one row"),
            (&[(5, 6, 7), (4, 6, 7)], "row 1: sent, 4, comes before"),
            (&[(5, 4, 7)], "row 0: at_venue, 4, is neither"),
            (&[(5, -6, 7)], "row 0: at_venue, -6, is neither"),
            (&[(5, 8, 7)], "row 0: back, 7, comes before"),
            (&[(5, 6, 7), (6, 0, 5)], "row 1: back, 5"),
            (&[(-5, 6, 7)], "row 0: sent, -5"),
        ] {
            let error = rows(given).expect_err(said).to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let sigma = |sigma: i64| Delay::log_normal("new", 5, Decimal::from(sigma));
        for (made, said) in [
            (Delay::constant("new", -1), "new must be >= 0, got -1ns"),
            (Delay::uniform("new", -1, 1), ">= 0"),
            (Delay::uniform("new", 2, 1), "low <= high, got 2ns and 1ns"),
            (Delay::log_normal("new", -1, Decimal::ONE), ">= 0"),
            (sigma(-1), "between 0 and 10, got -1"),
            (sigma(11), "between 0 and 10, got 11"),
        ] {
            let error = made.expect_err(said).to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    /// The mean and variance of the logarithm are those asked for, within five standard errors.
    #[test]
    fn a_log_normal_delay_has_its_median_and_deviation() {
        let logs: Vec<f64> =
            drawn(&log_normal("0.5")).map(|ns| (ns as f64 / 2e6).ln() / 0.5).collect();
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / 20_000.0;
        assert!(mean(&mut logs.iter().copied()).abs() < 5.0 / 141.4);
        let variance = mean(&mut logs.iter().map(|z| z * z));
        assert!((variance - 1.0).abs() < 5.0 * 1.42 / 141.4, "{variance}");
        assert!(drawn(&log_normal("0")).all(|ns| ns == 2_000_000));
        assert!(drawn(&log_normal("10")).all(|ns| ns >= 0));
    }

    /// Frozen: libm gives the same bits everywhere, so these are the delays of every platform.
    #[test]
    fn drawn_delays_never_change() {
        let first = |delay: &Delay| -> Vec<i64> { drawn(delay).take(3).collect() };
        assert_eq!(first(&log_normal("0.5")), [3_385_415, 3_003_917, 2_472_282]);
        assert_eq!(
            first(&Delay::Uniform { low_ns: 0, high_ns: 999_999 }),
            [628_395, 353_842, 728_260]
        );
    }

    #[test]
    fn a_uniform_delay_reaches_both_bounds() {
        let delay = Delay::uniform("new", 3, 7).expect("in range");
        let mut counts = [0; 5];
        drawn(&delay).for_each(|ns| counts[ns as usize - 3] += 1);
        assert!(counts.iter().all(|count| (3_700..4_300).contains(count)), "{counts:?}");
        let widest = Delay::uniform("new", 0, i64::MAX).expect("in range");
        assert!(drawn(&widest).all(|ns| ns >= 0));
    }

    proptest! {
        /// A delay between two rows lies between theirs.
        #[test]
        fn interpolation_stays_between_its_rows(
            (x0, step) in (0i64..1 << 40, 1i64..1 << 40),
            (y0, y1) in any::<(u32, u32)>(),
            at in 0f64..1.0,
        ) {
            let (y0, y1) = (i64::from(y0), i64::from(y1));
            let at = x0 + (step as f64 * at) as i64;
            let found = interpolate(&[(x0, y0), (x0 + step, y1)], at);
            prop_assert!((y0.min(y1)..=y0.max(y1)).contains(&found));
        }
    }
}
