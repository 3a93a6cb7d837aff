//! From a position to another.

use super::View;
use crate::error::{Error, Result};
use crate::instrument::InstrumentIndex;
use crate::market::Side;
use crate::num::MAX_RAW;
use crate::order::{OrderId, OrderKind, OrderRequest, Special, TimeInForce};

impl View {
    /// Sends the market order that brings the position to `target`, counting those on their way.
    /// `None` if nothing is missing.
    pub fn go_to(&mut self, instrument: InstrumentIndex, target: i64) -> Result<Option<OrderId>> {
        let coming: i128 = self
            .working()
            .iter()
            .filter_map(|id| self.order(*id))
            .filter(|order| order.request.instrument == instrument)
            .filter(|order| order.request.kind == OrderKind::Market)
            .map(|order| i128::from(order.request.side.sign() * order.leaves()))
            .sum();
        let missing = i128::from(target) - i128::from(self.position(instrument).quantity) - coming;
        let mut missing = i64::try_from(missing)
            .ok()
            .filter(|missing| missing.unsigned_abs() <= MAX_RAW.unsigned_abs())
            .ok_or_else(|| Error::Order("target: the order would be out of range".to_owned()))?;
        if missing < 0 {
            // Fees in base leave less than was bought.
            missing = -self.deliverable(instrument, -missing);
        }
        if missing == 0 {
            return Ok(None);
        }
        let assumed = self.market(instrument).assumed;
        let special = assumed.map(|_| Box::new(Special { assumed, ..Special::default() }));
        let request = OrderRequest {
            instrument,
            side: if missing > 0 { Side::Buy } else { Side::Sell },
            kind: OrderKind::Market,
            time_in_force: TimeInForce::ImmediateOrCancel,
            post_only: false,
            quantity: missing.abs(),
            limit: 0,
            special,
        };
        self.submit(request).map(Some)
    }
}
