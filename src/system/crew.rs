//! Jobs that several threads share. What comes out does not depend on how many these are.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Jobs by their places, and what came of them. A job that fails stops those behind it, never one
/// before it: the first failure is the same whoever was faster.
#[derive(Debug)]
pub struct Crew<J, T, E> {
    jobs: Mutex<VecDeque<(usize, J)>>,
    done: Mutex<Done<T, E>>,
    all_done: Condvar,
    /// Jobs from this place on are not wanted.
    stop: AtomicUsize,
}

#[derive(Debug)]
struct Done<T, E> {
    missing: usize,
    results: Vec<(usize, Result<T, E>)>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<J, T, E> Crew<J, T, E> {
    /// Jobs that nobody has begun, in the order of their places.
    pub fn new(jobs: impl IntoIterator<Item = (usize, J)>) -> Self {
        let jobs: VecDeque<(usize, J)> = jobs.into_iter().collect();
        let done = Done { missing: jobs.len(), results: Vec::new() };
        let (done, stop) = (Mutex::new(done), AtomicUsize::new(usize::MAX));
        Self { jobs: Mutex::new(jobs), done, all_done: Condvar::new(), stop }
    }

    /// Does jobs until none is left: what each of the threads calls. `work` gets the place of its
    /// job, asks [`Self::is_wanted`] now and then, and does not panic.
    pub fn work(&self, work: impl Fn(usize, J) -> Result<T, E>) {
        loop {
            let next = locked(&self.jobs).pop_front();
            let Some((at, job)) = next else { return };
            let result = self.is_wanted(at).then(|| work(at, job));
            self.hand_in(at, result);
        }
    }

    /// What came of a job; `None` if it was not begun.
    fn hand_in(&self, at: usize, result: Option<Result<T, E>>) {
        if let Some(Err(_)) = &result {
            self.stop(at + 1);
        }
        let mut done = locked(&self.done);
        done.missing -= 1;
        done.results.extend(result.map(|result| (at, result)));
        self.all_done.notify_all();
    }

    /// Asks that jobs from this place on be given up.
    pub fn stop(&self, from: usize) {
        self.stop.fetch_min(from, Ordering::AcqRel);
    }

    /// False for a job that is to be given up.
    pub fn is_wanted(&self, at: usize) -> bool {
        at < self.stop.load(Ordering::Acquire)
    }

    /// Waits until all jobs are done, or for `patience`. True if they are.
    pub fn wait(&self, patience: Duration) -> bool {
        let missing = |done: &mut Done<T, E>| done.missing > 0;
        let waited = self.all_done.wait_timeout_while(locked(&self.done), patience, missing);
        waited.unwrap_or_else(PoisonError::into_inner).0.missing == 0
    }

    /// Results by their places.
    pub fn into_results(self) -> Vec<(usize, Result<T, E>)> {
        let done = self.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.results
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Works on `threads`; the jobs say how they end. Gives the results in order, up to the first
    /// failure.
    fn worked(jobs: &[bool], threads: usize) -> (Vec<usize>, Option<usize>) {
        let crew = Crew::new(jobs.iter().copied().enumerate());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    crew.work(|at, fails| {
                        std::thread::yield_now();
                        if fails { Err(at) } else { Ok(at * 10) }
                    });
                });
            }
            while !crew.wait(Duration::from_secs(1)) {}
        });
        let mut results = crew.into_results();
        results.sort_by_key(|(at, _)| *at);
        let failed = results.iter().find_map(|(_, result)| result.err());
        let good = results.iter().map_while(|(_, result)| result.ok()).collect();
        (good, failed)
    }

    proptest! {
        /// All jobs before the first failure are done, and that one is told, on any number of
        /// threads.
        #[test]
        fn the_number_of_threads_shows_nowhere(
            jobs in prop::collection::vec(prop::bool::weighted(0.1), 0..40),
            threads in 1_usize..5,
        ) {
            let first = jobs.iter().position(|fails| *fails);
            let good: Vec<usize> = (0..first.unwrap_or(jobs.len())).map(|at| at * 10).collect();
            prop_assert_eq!(worked(&jobs, threads), (good, first));
        }
    }

    #[test]
    fn what_is_stopped_is_not_begun() {
        let crew: Crew<(), usize, ()> = Crew::new([(3, ()), (4, ()), (5, ())]);
        crew.stop(5);
        crew.stop(9);
        crew.work(|at, ()| Ok(at));
        assert!(crew.wait(Duration::ZERO));
        assert_eq!(crew.into_results(), [(3, Ok(3)), (4, Ok(4))]);
    }
}
