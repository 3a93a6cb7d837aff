//! The digest of a run: one hash over everything that came out of it.

use sha2::{Digest, Sha256};

use crate::account::Posting;
use crate::order::{Fill, Order};
use crate::time::Time;

/// A hash that is fed values in a fixed order and form, the same on every platform.
pub struct RunDigest(Sha256);

impl Default for RunDigest {
    fn default() -> Self {
        // The version of the form: a change of it is a change of every digest, and says so.
        Self(Sha256::new_with_prefix(b"barter-python run 1"))
    }
}

impl RunDigest {
    fn number(&mut self, value: i128) {
        self.0.update(value.to_le_bytes());
    }

    fn numbers(&mut self, values: &[i64]) {
        for value in values {
            self.0.update(value.to_le_bytes());
        }
    }

    /// Takes in an order's final state.
    pub fn order(&mut self, order: &Order) {
        let request = &order.request;
        self.0.update([
            request.side as u8,
            request.kind as u8,
            request.time_in_force as u8,
            u8::from(request.post_only),
            order.status as u8,
            order.reason.map_or(u8::MAX, |reason| reason as u8),
        ]);
        let numbers = [
            i64::from(order.id.0),
            i64::from(request.instrument.0),
            request.quantity,
            request.limit,
            order.filled,
            order.created.ns(),
            order.updated.ns(),
        ];
        self.numbers(&numbers);
        self.number(order.filled_value);
    }

    /// Takes in a fill.
    pub fn fill(&mut self, fill: &Fill) {
        self.0.update([fill.side as u8, fill.liquidity as u8]);
        let numbers = [
            i64::from(fill.id),
            i64::from(fill.order.0),
            i64::from(fill.instrument.0),
            fill.price,
            fill.quantity,
            fill.time.ns(),
        ];
        self.numbers(&numbers);
        self.number(fill.fee);
    }

    /// Takes in a change of money.
    pub fn posting(&mut self, posting: &Posting) {
        self.0.update([posting.reason as u8]);
        let fill = posting.fill.map_or(0, |(_, fill)| fill);
        self.0.update(fill.to_le_bytes());
        self.0.update(posting.asset.0.to_le_bytes());
        self.0.update(posting.time.ns().to_le_bytes());
        self.number(posting.amount);
    }

    /// Takes in a point of the equity curve.
    pub fn equity(&mut self, time: Time, equity: Option<i128>) {
        self.0.update(time.ns().to_le_bytes());
        self.number(equity.unwrap_or(i128::MIN));
    }

    /// The hash as text: 64 hexadecimal digits.
    pub fn text(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or('?'));
        }
        text
    })
}
