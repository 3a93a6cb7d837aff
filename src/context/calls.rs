//! What was asked of a view: with the events of a run all that its state depends on.

use super::View;
use crate::error::Result;
use crate::instrument::{AssetIndex, InstrumentIndex};
use crate::market::Side;
use crate::order::{Amendment, OrderId, OrderRequest};
use crate::time::Time;

/// Something that a strategy, or somebody outside, asked for and that changed the view.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Call {
    /// An order.
    Submit(OrderRequest),
    /// Two legs.
    SubmitPair([OrderRequest; 2]),
    /// An order and its children.
    SubmitFamily(OrderRequest, Vec<OrderRequest>),
    /// New terms for an order.
    Amend(OrderId, Amendment),
    /// A cancel.
    Cancel(OrderId),
    /// A timer: when first, and nanoseconds until it is due again.
    SetTimer(Time, i64),
    /// A timer's end.
    CancelTimer(u32),
    /// What somebody outside says there is of an asset, and how much of it is held back.
    HearBalance(AssetIndex, i128, i128),
    /// A fill that somebody outside tells of: side, price and quantity, raw.
    HearFill(InstrumentIndex, Side, i64, i64),
}

impl View {
    /// Keeps calls from now on, for [`Self::take_calls`].
    pub fn keep_calls(&mut self) {
        self.calls.get_or_insert_default();
    }

    /// The calls since the last time this was asked.
    pub fn take_calls(&mut self) -> Vec<Call> {
        self.calls.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// True if calls are kept.
    pub fn keeps_calls(&self) -> bool {
        self.calls.is_some()
    }

    /// Keeps the names that a strategy gave an order, as who named it writes them.
    pub fn note_names(&mut self, names: String) {
        self.names.push(names);
    }

    /// The names since the last time this was asked.
    pub fn take_names(&mut self) -> Vec<String> {
        std::mem::take(&mut self.names)
    }

    /// Makes a call that was made on a view in the same state.
    pub fn call(&mut self, call: Call) -> Result<()> {
        match call {
            Call::Submit(request) => self.submit(request).map(drop),
            Call::SubmitPair(legs) => self.submit_pair(legs).map(drop),
            Call::SubmitFamily(entry, children) => self.submit_family(entry, children).map(drop),
            Call::Amend(order, amendment) => self.amend(order, amendment).map(drop),
            Call::Cancel(order) => self.cancel(order).map(drop),
            Call::SetTimer(time, every_ns) => self.set_timer(time, every_ns).map(drop),
            Call::CancelTimer(timer) => {
                self.cancel_timer(timer);
                Ok(())
            }
            Call::HearBalance(asset, total, locked) => {
                self.hear_balance(asset, total, locked);
                Ok(())
            }
            Call::HearFill(of, side, price, quantity) => self.hear_fill(of, side, price, quantity),
        }
    }

    /// Makes one call out of what `ask` does, if calls are kept.
    #[inline]
    pub(super) fn as_one_call<T>(
        &mut self,
        call: Option<Call>,
        ask: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let kept = self.calls.take();
        let asked = ask(self);
        self.calls = kept;
        if let (Some(calls), Some(call), true) = (&mut self.calls, call, asked.is_ok()) {
            calls.push(call);
        }
        asked
    }

    #[inline]
    pub(super) fn note_call(&mut self, call: impl FnOnce() -> Call) {
        if let Some(calls) = &mut self.calls {
            calls.push(call());
        }
    }
}
