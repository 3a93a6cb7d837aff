//! The strategy's view, lent to the context object while a hook runs.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::account::{Account, AccountKind};
use crate::context::{Context, View, World};
use crate::error::{Error, Result};

/// The view while a hook runs, and which context it is lent to.
#[derive(Debug)]
pub(super) struct Lent {
    to: usize,
    view: Context,
}

thread_local! {
    /// What this thread has lent. Whoever looks at it takes it out and puts it back: there is never
    /// anything to drop here, and a visit need not see to that.
    static LENT: Cell<Option<ManuallyDrop<Lent>>> = const { Cell::new(None) };
}

/// The view, taken out for one look; put back when that ends, however it does.
struct Look<'a> {
    from: &'a Cell<Option<ManuallyDrop<Lent>>>,
    lent: Option<ManuallyDrop<Lent>>,
}

impl Drop for Look<'_> {
    #[inline]
    fn drop(&mut self) {
        self.from.set(self.lent.take());
    }
}

/// Lends `view` to the context at the address `to`. Returns what was lent before: that of a run
/// whose hook started this one.
#[inline]
pub(super) fn lend(to: usize, view: Context) -> Option<Lent> {
    let lent = ManuallyDrop::new(Lent { to, view });
    LENT.replace(Some(lent)).map(ManuallyDrop::into_inner)
}

/// Has `read` look at what is lent to the context at the address `to` in this thread; `closed` says
/// why it may not, if nothing is.
#[inline]
pub(super) fn look<T>(
    to: usize,
    read: impl FnOnce(&mut View) -> Result<T>,
    closed: impl FnOnce() -> Error,
) -> Result<T> {
    LENT.with(|from| {
        let mut look = Look { from, lent: from.take() };
        match &mut look.lent {
            Some(lent) if lent.to == to => read(&mut lent.view),
            _ => Err(closed()),
        }
    })
}

/// A view of nothing: what stands in for the view while it is lent.
pub(super) fn nothing() -> Context {
    Context::new(Arc::new(World::default()), Account::new(AccountKind::Cash, 0, 0))
}

/// Takes a view back and restores what was lent before. Returns what stood in for the view.
#[inline]
pub(super) fn take_back(context: &mut Context, before: Option<Lent>) -> Option<Context> {
    let lent = LENT.replace(before.map(ManuallyDrop::new)).map(ManuallyDrop::into_inner);
    lent.map(|lent| std::mem::replace(context, lent.view))
}
