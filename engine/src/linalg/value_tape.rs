//! Products of values with parameters, kept from pass to pass.

use super::Scalar;
use ndarray::{ArcArray2, Array2};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What passes in duals at the same parameters, samples and loss have in common, whatever the direction: the products of values, forward
/// activations and backward cotangents, with every parameter. The first pass over a block of samples leaves them, later ones compute those
/// of tangents alone.
pub struct ValueTape<R> {
    /// By the first sample of a block, an entry per parameter.
    blocks: Mutex<BTreeMap<usize, Vec<Products<R>>>>,
    /// Numbers for which there is still room.
    room: Arc<AtomicUsize>,
}

/// Of one parameter, in the order of a pass.
type Products<R> = Arc<Mutex<Vec<ArcArray2<R>>>>;

/// One parameter's products in one pass over a block.
#[derive(Debug)]
pub struct Replay<R> {
    products: Products<R>,
    room: Arc<AtomicUsize>,
    next: AtomicUsize,
}

impl<R: Scalar> ValueTape<R> {
    /// Of at most so many numbers.
    pub fn new(room: usize) -> Self {
        Self { blocks: Mutex::new(BTreeMap::new()), room: Arc::new(AtomicUsize::new(room)) }
    }

    /// A pass over a block of samples, an entry for each of `parameters`.
    pub fn pass(&self, block: &Range<usize>, parameters: usize) -> Vec<Replay<R>> {
        let mut blocks = locked(&self.blocks);
        let products =
            blocks.entry(block.start).or_insert_with(|| (0..parameters).map(|_| Products::default()).collect());
        let replay = |products: &Products<R>| {
            let (products, room) = (products.clone(), self.room.clone());
            Replay { products, room, next: AtomicUsize::new(0) }
        };
        products.iter().map(replay).collect()
    }
}

impl<R: Scalar> Replay<R> {
    /// The next product of the pass: from an earlier pass, or computed, and kept where there is room.
    pub fn next(&self, product: impl FnOnce() -> Array2<R>) -> ArcArray2<R> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(known) = locked(&self.products).get(index) {
            return known.clone();
        }
        let product = product().into_shared();
        let mut products = locked(&self.products);
        let take = |room: usize| room.checked_sub(product.len());
        // Another pass may have left it meanwhile.
        if products.len() == index && self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            products.push(product.clone());
        }
        product
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_passes_compute_what_had_no_room_alone() {
        let tape = ValueTape::<f64>::new(25);
        let product = |value| Array2::from_elem((2, 5), value);
        let computed = AtomicUsize::new(0);
        for pass in 0..3 {
            for (start, share) in [(0, 1.0), (2, 2.0)] {
                let replay = &tape.pass(&(start..start + 2), 1)[0];
                for k in 0..3 {
                    let value = share * f64::from(k);
                    let found = replay.next(|| {
                        computed.fetch_add(1, Ordering::Relaxed);
                        product(value)
                    });
                    assert_eq!(found, product(value).into_shared(), "pass {pass}, block at {start}, product {k}");
                }
            }
        }
        // Two of six are kept.
        assert_eq!(computed.into_inner(), 6 + 4 + 4);
    }
}
