//! Element-wise maps of Gaussian units, and layer norm.

use super::gap::{self, Direction, above, below, nearer};
use super::moments::{After, Moments};
use super::pairs::{Places, Run};
use super::{KernelState, Law, Marginals};
use crate::linalg::wide;
use crate::number::Real;
use std::collections::BTreeMap;

/// A variance over units that is this share of their second moment is the rounding of the two numbers that it is the
/// difference of.
const EQUAL: f64 = 64.0 * f64::EPSILON;

/// Those of a value and of its derivative.
pub(in crate::op) type Bits = [u64; 2];

/// See [`Bits`].
pub(in crate::op) fn bits<E: Real>(q: E) -> Bits {
    [q.to_f64(), q.tangent()].map(f64::to_bits)
}

/// A point at a position: its variance and deviation, what a map knows of it, and its moments after the map.
struct Place<T, E> {
    variance: E,
    deviation: E,
    known: T,
    second: E,
    mean: E,
    deviation_after: E,
}

/// What a map makes of a pair of units. A trait, so that it is inlined where the compiler would call a closure.
pub(crate) trait MapPair<T, E> {
    /// Of two places, their moments and `Θ`.
    fn after(&self, known: [&T; 2], moments: Moments<E>, ntk: E) -> After<E>;
}

/// A map that knows something of its places.
struct OfPlaces<F>(F);

impl<T, E, F: Fn(&T, &T, Moments<E>, E) -> After<E>> MapPair<T, E> for OfPlaces<F> {
    #[inline(always)]
    fn after(&self, [a, b]: [&T; 2], moments: Moments<E>, ntk: E) -> After<E> {
        self.0(a, b, moments, ntk)
    }
}

/// A map that knows nothing of places but their moments.
struct Alike<F>(F);

impl<E, F: Fn(Moments<E>, E) -> After<E>> MapPair<(), E> for Alike<F> {
    #[inline(always)]
    fn after(&self, _: [&(); 2], moments: Moments<E>, ntk: E) -> After<E> {
        self.0(moments, ntk)
    }
}

wide! {
    /// Entries of one row.
    fn map_run[T, E: Real, P: MapPair<T, E>](
        rows: &[Place<T, E>],
        columns: &[Place<T, E>],
        run: [&mut [E]; 3],
        pair: &P,
    ) {
        let [k, ntk, gaps] = run;
        let entries = columns.iter().zip(k).zip(ntk).zip(gaps);
        if let [row] = rows {
            for (((column, k), t), gap) in entries {
                map_pair([row, column], [k, t, gap], pair);
            }
        } else {
            for (row, (((column, k), t), gap)) in rows.iter().zip(entries) {
                map_pair([row, column], [k, t, gap], pair);
            }
        }
    }
}

#[inline(always)]
fn map_pair<T, E: Real>([a, b]: [&Place<T, E>; 2], [k, t, gap]: [&mut E; 3], pair: &impl MapPair<T, E>) {
    let moments = Moments::new([a.variance, b.variance], [a.deviation, b.deviation], *k, *gap);
    let after = pair.after([&a.known, &b.known], moments, *t);
    (*k, *t) = (after.value, after.ntk);
    *gap = match after.gap {
        Some(gap) => gap,
        None => gap::of_quotient(after.value, a.deviation_after * b.deviation_after),
    };
}

impl<E: Real> KernelState<E> {
    /// An activation of Gaussian units: `marginal(q) -> (E φ², E φ)` and a pair's moments. A point with itself has correlation one
    /// exactly.
    pub(crate) fn map_gaussian(
        self,
        op: &'static str,
        marginal: impl Fn(E) -> (E, E),
        pair: impl Fn(Moments<E>, E) -> After<E>,
    ) -> Self {
        self.mapped(op, |_| (), |(), q| marginal(q), Alike(pair))
    }

    /// As [`KernelState::map_gaussian`], inlined in loops of vectors.
    pub(crate) fn map_in_vectors(
        self,
        op: &'static str,
        marginal: impl Fn(E) -> (E, E),
        pair: impl MapPair<(), E>,
    ) -> Self {
        self.mapped(op, |_| (), |(), q| marginal(q), pair)
    }

    /// All variances of points at positions, by the bits of their values and derivatives.
    pub(in crate::op) fn variances(&self) -> BTreeMap<Bits, E> {
        let own: Vec<usize> = (0..self.positions()).map(|p| self.own_entry(p)).collect();
        let of = |side: &Marginals<E>| side.second.select(ndarray::Axis(1), &own).mapv(|q| (bits(q), q));
        of(&self.rows).into_iter().chain(of(&self.columns)).collect()
    }

    /// As [`KernelState::map_gaussian`], with what `know(variance)` says of each point at each position.
    pub(crate) fn map_places<T>(
        self,
        op: &'static str,
        know: impl FnMut(E) -> T,
        marginal: impl Fn(&T, E) -> (E, E),
        pair: impl Fn(&T, &T, Moments<E>, E) -> After<E>,
    ) -> Self {
        self.mapped(op, know, marginal, OfPlaces(pair))
    }

    fn mapped<T>(
        mut self,
        op: &'static str,
        mut know: impl FnMut(E) -> T,
        marginal: impl Fn(&T, E) -> (E, E),
        pair: impl MapPair<T, E>,
    ) -> Self {
        let (entries, own) = (self.entries(), self.own_entries());
        if let Some(offset) = self.diagonal {
            for i in 0..self.nngp.nrows() {
                for &entry in &own {
                    let column = (i + offset) * entries + entry;
                    self.nngp[[i, column]] = self.rows.second[[i, entry]];
                    self.gaps[[i, column]] = E::zero();
                }
            }
        }
        let places = self.places(|variance, _| {
            let known = know(variance);
            let (second, mean) = marginal(&known, variance);
            Place { variance, deviation: variance.sqrt(), known, second, mean, deviation_after: second.sqrt() }
        });
        self.for_runs(&places, |Run { rows, columns, k, ntk, gaps, .. }| match ntk {
            Some(ntk) => map_run(rows, columns, [k, ntk, gaps], &pair),
            // Of one point, whose tangent kernel is not held.
            None => map_run(rows, columns, [k, &mut vec![E::zero(); columns.len()], gaps], &pair),
        });
        let positions = self.positions();
        for (side, places) in [(&mut self.rows, &places.rows), (&mut self.columns, &places.columns)] {
            for (i, of_point) in places.chunks_exact(positions).enumerate() {
                for ((p, place), &entry) in of_point.iter().enumerate().zip(&own) {
                    (side.second[[i, entry]], side.mean[[i, p]]) = (place.second, place.mean);
                }
            }
        }
        self.law = Law::Other(op);
        self
    }

    /// Every unit less its mean over the units, over its deviation: `(K - μμ')/√(v v')`, `Θ/√(v v')` with `v = q - μ² + ε`.
    pub(crate) fn normalised(mut self, epsilon: f64) -> Self {
        #[derive(Clone, Copy)]
        struct Normal<E> {
            mean: E,
            inverse: E,
            /// Whether its units differ at all.
            spread: bool,
            direction: Direction<E>,
        }
        let (zero, one) = (E::zero(), E::one());
        let places: Places<Normal<E>> = self.places(|q, mean| {
            let spread = q - mean * mean;
            let spread = if spread > q * EQUAL { spread } else { zero };
            let variance = spread + epsilon;
            let inverse = if variance > zero { one / variance.sqrt() } else { zero };
            Normal { mean, inverse, spread: spread > zero, direction: Direction::new(q, mean) }
        });
        self.for_pairs(&places, |a, b, entry| {
            // By Cauchy-Schwarz there is nothing left of units that are all equal.
            if !(a.spread && b.spread) {
                // A derivative it may have, where `ε` keeps the map smooth.
                let centred = *entry.k - a.mean * b.mean;
                let moved = (centred - E::of(centred.to_f64())) * a.inverse * b.inverse;
                let kink = centred.tangent() != 0.0 && a.inverse * b.inverse == zero;
                (*entry.k, *entry.gap) = (if kink { E::UNKNOWN } else { moved }, one);
            } else {
                *entry.k = (*entry.k - a.mean * b.mean) * a.inverse * b.inverse;
                let both = a.direction.centred * b.direction.centred;
                let part = |a: Direction<E>, b: Direction<E>, part: E| a.centred_below(b, part) / both;
                *entry.gap = nearer(part(a.direction, b.direction, below(*entry.gap)), || {
                    part(a.direction, b.direction.reversed(), above(*entry.gap))
                });
            }
            if let Some(ntk) = entry.ntk {
                *ntk *= a.inverse * b.inverse;
            }
        });
        let (own, positions) = (self.own_entries(), self.positions());
        for (side, places) in [(&mut self.rows, &places.rows), (&mut self.columns, &places.columns)] {
            for (i, of_point) in places.chunks_exact(positions).enumerate() {
                for (place, &entry) in of_point.iter().zip(&own) {
                    let second = &mut side.second[[i, entry]];
                    let centred = if place.spread { *second - place.mean * place.mean } else { zero };
                    *second = centred * place.inverse * place.inverse;
                }
            }
            side.mean.fill(zero);
        }
        self
    }
}
