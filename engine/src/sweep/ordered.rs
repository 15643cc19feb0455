//! Sums of many large terms in the memory of a few.

use rayon::ScopeFifo;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// `(…((t_0 + t_1) + t_2) + …)` of `count` terms, at least one, that are computed in parallel: the same bits on any number of threads,
/// because terms are added in their order. At most one term more than there are threads is held beside the sum.
pub(super) fn sum<T: Send>(count: usize, term: impl Fn(usize) -> T + Sync, add: impl Fn(&mut T, T) + Sync) -> T {
    let threads = rayon::current_num_threads();
    let most = if threads == 1 { 1 } else { threads + 1 };
    let state = State { started: 0, waiting: BTreeMap::new(), added: 0, sum: None, adding: false };
    let run = Run { count, most, term, add, state: Mutex::new(state) };
    // First come, first served: with the last terms first there would be nothing to add.
    rayon::scope_fifo(|scope| run.start(scope));
    run.state.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).sum.expect("there is at least one term")
}

struct Run<A, B, T> {
    count: usize,
    /// Terms that may be started and not added yet.
    most: usize,
    term: A,
    add: B,
    state: Mutex<State<T>>,
}

struct State<T> {
    started: usize,
    /// Terms that are computed and whose turn has not come.
    waiting: BTreeMap<usize, T>,
    added: usize,
    /// That of the terms added; not there while it is added to.
    sum: Option<T>,
    adding: bool,
}

impl<T> State<T> {
    /// The term whose turn it is, if it is there, and what it is added to.
    fn next(&mut self) -> Option<(T, Option<T>)> {
        let term = self.waiting.remove(&self.added)?;
        Some((term, self.sum.take()))
    }
}

impl<T: Send, A: Fn(usize) -> T + Sync, B: Fn(&mut T, T) + Sync> Run<A, B, T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Starts as many terms as there is room for. Nothing ever waits for a term, which another term on the same thread might be waiting
    /// below: whoever adds one starts the next.
    fn start<'s>(&'s self, scope: &ScopeFifo<'s>) {
        let mut state = self.state();
        while state.started < self.count && state.started < state.added + self.most {
            let index = state.started;
            state.started += 1;
            scope.spawn_fifo(move |scope| {
                let term = (self.term)(index);
                self.state().waiting.insert(index, term);
                self.add(scope);
            });
        }
    }

    /// Adds the terms whose turn it is, unless another thread is at it.
    fn add<'s>(&'s self, scope: &ScopeFifo<'s>) {
        let mut state = self.state();
        if std::mem::replace(&mut state.adding, true) {
            return;
        }
        while let Some((term, sum)) = state.next() {
            drop(state);
            let sum = match sum {
                None => term,
                Some(mut sum) => {
                    (self.add)(&mut sum, term);
                    sum
                }
            };
            state = self.state();
            state.sum = Some(sum);
            state.added += 1;
            drop(state);
            self.start(scope);
            state = self.state();
        }
        state.adding = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A term that takes longer for some, and whose sum depends on the order.
    fn term(index: usize) -> Vec<f64> {
        let steps = (index * 7919) % 1000;
        let noise = (0..steps).fold(0.5, |v: f64, _| 3.9 * v * (1.0 - v));
        vec![noise + 1.0 / (index + 1) as f64, index as f64 * 0.1]
    }

    fn add(sum: &mut [f64], term: Vec<f64>) {
        sum.iter_mut().zip(term).for_each(|(sum, value)| *sum += value);
    }

    #[test]
    fn terms_are_added_in_their_order_on_any_number_of_threads() {
        for count in [1, 2, 3, 31, 300] {
            let mut expected = term(0);
            (1..count).for_each(|index| add(&mut expected, term(index)));
            for threads in [1, 2, 3, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
                let found = pool.install(|| sum(count, term, |sum: &mut Vec<f64>, term| add(sum, term)));
                assert_eq!(found, expected, "{count} terms on {threads} threads");
            }
        }
    }

    #[test]
    fn few_terms_are_held_and_parallel_work_inside_a_term_ends() {
        use rayon::prelude::*;
        struct Held<'a>(&'a AtomicUsize);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        for threads in [1, 2, 5] {
            let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| {
                let term = |index: usize| {
                    let inner: usize = (0..500).into_par_iter().map(|i| (i * index) % 7).sum();
                    most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    assert!(inner < usize::MAX);
                    Held(&held)
                };
                drop(sum(200, term, |_, _| ()));
            });
            assert_eq!(held.load(Ordering::SeqCst), 0);
            // Those under way, one that waits, and the sum.
            assert!(most.load(Ordering::SeqCst) <= threads + 2, "{most:?} on {threads} threads");
        }
    }

    #[test]
    fn a_panic_in_a_term_is_passed_on() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
        let fails = |index| if index == 3 { panic!("on purpose") } else { term(index) };
        let run =
            std::panic::AssertUnwindSafe(|| pool.install(|| sum(50, fails, |sum: &mut Vec<f64>, term| add(sum, term))));
        assert!(std::panic::catch_unwind(run).is_err());
    }
}
