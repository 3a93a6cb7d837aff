//! The strategy's view, lent to the context object while a hook runs.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::account::{Account, AccountKind};
use crate::context::{Context, World};

/// The view while a hook runs, and which context it is lent to.
#[derive(Debug)]
pub(super) struct Lent {
    to: usize,
    view: Context,
}

thread_local! {
    /// What this thread has lent. Whoever looks at it takes it out and puts it back.
    static LENT: Cell<Option<Lent>> = const { Cell::new(None) };
}

/// The view, taken out for one look.
pub(super) struct Look(Option<Lent>);

impl Deref for Look {
    type Target = Context;

    #[inline]
    fn deref(&self) -> &Context {
        self.0.as_ref().map_or_else(|| unreachable!("a look holds its view"), |lent| &lent.view)
    }
}

impl DerefMut for Look {
    #[inline]
    fn deref_mut(&mut self) -> &mut Context {
        self.0.as_mut().map_or_else(|| unreachable!("a look holds its view"), |lent| &mut lent.view)
    }
}

impl Drop for Look {
    #[inline]
    fn drop(&mut self) {
        LENT.set(self.0.take());
    }
}

/// Lends `view` to the context at the address `to`. Returns what was lent before: that of a run
/// whose hook started this one.
#[inline]
pub(super) fn lend(to: usize, view: Context) -> Option<Lent> {
    LENT.replace(Some(Lent { to, view }))
}

/// What is lent to the context at the address `to` in this thread, if anything is.
#[inline]
pub(super) fn look(to: usize) -> Option<Look> {
    let look = Look(LENT.take());
    let fits = look.0.as_ref().is_some_and(|lent| lent.to == to);
    fits.then_some(look)
}

/// A view of nothing: what stands in for the view while it is lent.
pub(super) fn nothing() -> Context {
    Context::new(Arc::new(World::default()), Account::new(AccountKind::Cash, 0, 0))
}

/// Takes a view back and restores what was lent before. Returns what stood in for the view.
#[inline]
pub(super) fn take_back(context: &mut Context, before: Option<Lent>) -> Option<Context> {
    LENT.replace(before).map(|lent| std::mem::replace(context, lent.view))
}
