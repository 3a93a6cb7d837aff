//! The strategy's view, lent to the context object while a hook runs.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::account::{Account, AccountKind};
use crate::context::{Context, View, World};
use crate::error::{Error, Result};

/// The view while a hook runs, and which context it is lent to.
#[derive(Debug)]
struct Lent {
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

/// A view on loan for the time of a hook; taken back when that ends, however it does.
pub(super) struct Loan<'a> {
    to: usize,
    view: &'a mut Context,
    /// Stands in for the view.
    spare: &'a mut Option<Context>,
    /// What was lent before: the view of a run whose hook started this one.
    before: Option<Lent>,
    ended: bool,
}

impl<'a> Loan<'a> {
    /// Lends `view` to the context at the address `to`.
    #[inline]
    pub(super) fn new(to: usize, view: &'a mut Context, spare: &'a mut Option<Context>) -> Self {
        let stand_in = spare.take().unwrap_or_else(nothing);
        let lent = Lent { to, view: std::mem::replace(view, stand_in) };
        let before = LENT.replace(Some(ManuallyDrop::new(lent))).map(ManuallyDrop::into_inner);
        Self { to, view, spare, before, ended: false }
    }

    /// Takes the view back; an error if another run's is there instead.
    #[inline]
    pub(super) fn end(mut self) -> Result<()> {
        self.take_back();
        if self.spare.is_some() { Ok(()) } else { Err(mixed_up()) }
    }

    #[inline]
    fn take_back(&mut self) {
        self.ended = true;
        let before = self.before.take().map(ManuallyDrop::new);
        let lent = LENT.replace(before).map(ManuallyDrop::into_inner);
        if let Some(lent) = lent.filter(|lent| lent.to == self.to) {
            *self.spare = Some(std::mem::replace(self.view, lent.view));
        }
    }
}

impl Drop for Loan<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.ended {
            self.take_back();
        }
    }
}

#[cold]
fn mixed_up() -> Error {
    let text =
        "hooks of two runs took turns in one thread: let the one end before the other goes on";
    Error::State(text.to_owned())
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
fn nothing() -> Context {
    Context::new(Arc::new(World::default()), Account::new(AccountKind::Cash, 0, 0))
}
