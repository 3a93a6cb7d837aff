//! Who is to be told of a change, each once. Nobody waits in a thread for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tells somebody, from whichever thread.
pub type Waker = Box<dyn FnOnce() + Send>;

/// Those who wait, by number.
#[derive(Default)]
pub struct Wakers(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    next: u64,
    wakers: BTreeMap<u64, Waker>,
}

impl Wakers {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `wake` at the next change. Who adds himself looks after that, lest one be missed.
    pub fn add(&self, wake: Waker) -> u64 {
        let mut waiting = self.lock();
        waiting.next += 1;
        let number = waiting.next;
        waiting.wakers.insert(number, wake);
        number
    }

    /// Whoever has this number waits no longer.
    pub fn forget(&self, number: u64) {
        let forgotten = self.lock().wakers.remove(&number);
        drop(forgotten); // without the lock: it may be anyone's
    }

    /// Something has changed.
    pub fn wake(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        for wake in wakers.into_values() {
            wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn each_is_told_once_and_who_has_gone_never() {
        let (wakers, told) = (Wakers::default(), Arc::new(AtomicU32::new(0)));
        let add = |value| {
            let told = Arc::clone(&told);
            wakers.add(Box::new(move || {
                told.fetch_add(value, Ordering::Relaxed);
            }))
        };
        add(1);
        let gone = add(10);
        wakers.forget(gone);
        wakers.forget(gone);
        for _ in 0..2 {
            wakers.wake();
            assert_eq!(told.load(Ordering::Relaxed), 1);
        }
        add(100);
        wakers.wake();
        assert_eq!(told.load(Ordering::Relaxed), 101);
    }
}
