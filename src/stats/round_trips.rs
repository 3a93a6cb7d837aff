//! Round trips: what was held of an instrument from flat to flat.

use crate::instrument::{InstrumentIndex, Spec};
use crate::market::Side;
use crate::num::div_half_even;
use crate::order::Fill;
use crate::time::Time;

/// A position from the fill that opened it to the one that closed it; a flip ends one and begins
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// What was held.
    pub instrument: InstrumentIndex,
    /// Buy for a long, sell for a short.
    pub side: Side,
    /// When it was opened.
    pub opened: Time,
    /// When it was closed; `None` while it is open.
    pub closed: Option<Time>,
    /// Largest quantity held, raw.
    pub quantity: i64,
    /// Σ quantity of the fills that entered, raw.
    pub entered: i64,
    /// Σ price × quantity of them, raw.
    pub entry_value: i128,
    /// Σ quantity of the fills that left, raw.
    pub left: i64,
    /// Σ price × quantity of them, raw.
    pub exit_value: i128,
    /// Profit of what was closed, after its share of the cost, before fees, in quote money.
    pub profit: i128,
    /// Fees of its fills, in quote money.
    pub fees: i128,
    /// Number of its fills.
    pub fills: u32,
}

/// Cost that a running position carries, beside its round trip.
#[derive(Clone, Copy, Debug)]
struct Running {
    trip: RoundTrip,
    held: i64,
    cost: i128,
}

/// The round trips of all fills in the order of their end; those still open come last.
///
/// `fee_value` is the fee of a fill in quote money, whatever it was paid in.
pub fn round_trips(
    specs: &[Spec],
    fills: &[Fill],
    fee_value: impl Fn(&Fill) -> i128,
) -> Vec<RoundTrip> {
    let mut open: Vec<Option<Running>> = vec![None; specs.len()];
    let mut done = Vec::new();
    for fill in fills {
        let at = fill.instrument.at();
        let spec = &specs[at];
        let closing = match &open[at] {
            Some(running) if running.trip.side != fill.side => fill.quantity.min(running.held),
            _ => 0,
        };
        let (cost, fee) = (spec.notional(fill.price, fill.quantity), fee_value(fill));
        let share = |whole: i128, part: i64| {
            let of = i128::from(fill.quantity);
            if part == fill.quantity { whole } else { div_half_even(whole * i128::from(part), of) }
        };
        let (closing_cost, closing_fee) = (share(cost, closing), share(fee, closing));
        if let (Some(running), true) = (&mut open[at], closing > 0) {
            running.leave(fill, closing, closing_cost, closing_fee);
            if running.held == 0 {
                running.trip.closed = Some(fill.time);
                done.push(running.trip);
                open[at] = None;
            }
        }
        if closing < fill.quantity {
            let running = open[at].get_or_insert_with(|| Running::new(fill));
            let entering = fill.quantity - closing;
            running.enter(fill, entering, cost - closing_cost, fee - closing_fee);
        }
    }
    done.extend(open.into_iter().flatten().map(|running| running.trip));
    done
}

impl Running {
    fn new(fill: &Fill) -> Self {
        let trip = RoundTrip {
            instrument: fill.instrument,
            side: fill.side,
            opened: fill.time,
            closed: None,
            quantity: 0,
            entered: 0,
            entry_value: 0,
            left: 0,
            exit_value: 0,
            profit: 0,
            fees: 0,
            fills: 0,
        };
        Self { trip, held: 0, cost: 0 }
    }

    fn enter(&mut self, fill: &Fill, quantity: i64, cost: i128, fee: i128) {
        self.held += quantity;
        self.cost += cost;
        let trip = &mut self.trip;
        trip.quantity = trip.quantity.max(self.held);
        trip.entered += quantity;
        trip.entry_value += i128::from(fill.price) * i128::from(quantity);
        trip.fees += fee;
        trip.fills += 1;
    }

    fn leave(&mut self, fill: &Fill, quantity: i64, cost: i128, fee: i128) {
        let released = if quantity == self.held {
            self.cost
        } else {
            div_half_even(self.cost * i128::from(quantity), i128::from(self.held))
        };
        self.held -= quantity;
        self.cost -= released;
        let trip = &mut self.trip;
        trip.left += quantity;
        trip.exit_value += i128::from(fill.price) * i128::from(quantity);
        trip.profit += i128::from(trip.side.sign()) * (cost - released);
        trip.fees += fee;
        trip.fills += 1;
    }
}
