//! Orders by the names that others gave them, and a strategy that speaks of them so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::kept::named;
use super::message::{OrderKey, OrderRequestCancel, OrderRequestOpen};
use super::universe::Universe;
use crate::context::View;
use crate::error::{Error, Result, shown};
use crate::order::OrderId;

/// Orders by their names. A copy is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Arc<Known>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    by_cid: BTreeMap<String, OrderId>,
    keys: BTreeMap<OrderId, OrderKey>,
}

impl Names {
    /// Names an order.
    pub(super) fn set(&mut self, order: OrderId, key: OrderKey) {
        let known = Arc::make_mut(&mut self.0);
        known.by_cid.insert(key.cid.clone(), order);
        known.keys.insert(order, key);
    }

    /// The names of an order, if it has any.
    pub fn key(&self, order: OrderId) -> Option<&OrderKey> {
        self.0.keys.get(&order)
    }

    /// Refuses a name of ours that an order has.
    pub(super) fn check_new<'a>(&self, keys: impl Iterator<Item = &'a OrderKey>) -> Result<()> {
        let mut new: Vec<&str> = Vec::new();
        for key in keys {
            if self.0.by_cid.contains_key(&key.cid) || new.contains(&key.cid.as_str()) {
                let cid = shown(&key.cid);
                let text = format!("an order with the cid \"{cid}\" was sent before");
                return Err(Error::Order(text));
            }
            new.push(&key.cid);
        }
        Ok(())
    }

    /// The order that a cancel is about: by our own name, else by the exchange's.
    pub(super) fn find(&self, request: &OrderRequestCancel) -> Result<OrderId> {
        let own = self.0.by_cid.get(&request.key.cid).copied();
        let number = || request.state.id.as_ref()?.parse().ok().map(OrderId);
        own.or_else(number).ok_or_else(|| {
            let cid = shown(&request.key.cid);
            Error::Order(format!("no order has the cid \"{cid}\""))
        })
    }
}

/// Names that a system and its strategy both know.
#[derive(Clone, Debug, Default)]
pub struct SharedNames(Arc<Mutex<Names>>);

impl SharedNames {
    /// As they are now.
    pub fn get(&self) -> Names {
        self.lock().clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a strategy that speaks in Barter's words asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Which orders to cancel.
    pub cancels: Vec<OrderRequestCancel>,
    /// Which to open.
    pub opens: Vec<OrderRequestOpen>,
}

impl Answer {
    /// Sends it: the cancels first. Nothing is sent if any of it cannot be.
    ///
    /// # Errors
    ///
    /// [`Error::Order`] for what the universe does not have, a name that an order has already, and
    /// a cancel of an order that nobody sent.
    pub fn send(&self, universe: &Universe, names: &SharedNames, view: &mut View) -> Result<()> {
        let mut names = names.lock();
        for cancel in &self.cancels {
            universe.check_key(&cancel.key)?;
        }
        let cancels = self.cancels.iter().map(|cancel| names.find(cancel));
        let cancels = cancels.collect::<Result<Vec<OrderId>>>()?;
        names.check_new(self.opens.iter().map(|open| &open.key))?;
        let now = view.now();
        let request = |open| universe.opening(open).map(|opening| opening.at(now));
        let requests = self.opens.iter().map(request).collect::<Result<Vec<_>>>()?;
        requests.iter().try_for_each(|request| request.check(now))?;
        for order in cancels {
            view.cancel(order)?;
        }
        for (request, open) in requests.into_iter().zip(&self.opens) {
            let order = view.submit(request)?;
            if view.keeps_calls() {
                view.note_names(named(order, &open.key)?);
            }
            names.set(order, open.key.clone());
        }
        Ok(())
    }
}
