//! Element-wise maps of Gaussian units, and layer norm.

use super::gap::{self, Direction, above, below, nearer};
use super::moments::{After, Moments};
use super::pairs::{Places, Run};
use super::{KernelState, Law, Marginals};
use std::collections::BTreeSet;

/// A variance over units that is this share of their second moment is the rounding of the two numbers that it is the
/// difference of.
const EQUAL: f64 = 64.0 * f64::EPSILON;

/// A point at a position: its variance and deviation, what a map knows of it, and its moments after the map.
struct Place<T> {
    variance: f64,
    deviation: f64,
    known: T,
    second: f64,
    mean: f64,
    deviation_after: f64,
}

/// What a map makes of a pair of units. A trait, so that it is inlined where the compiler would call a closure.
pub(crate) trait MapPair<T> {
    /// Of two places, their moments and `Θ`.
    fn after(&self, known: [&T; 2], moments: Moments, ntk: f64) -> After;
}

/// A map that knows something of its places.
struct OfPlaces<F>(F);

impl<T, F: Fn(&T, &T, Moments, f64) -> After> MapPair<T> for OfPlaces<F> {
    #[inline(always)]
    fn after(&self, [a, b]: [&T; 2], moments: Moments, ntk: f64) -> After {
        self.0(a, b, moments, ntk)
    }
}

/// A map that knows nothing of places but their moments.
struct Alike<F>(F);

impl<F: Fn(Moments, f64) -> After> MapPair<()> for Alike<F> {
    #[inline(always)]
    fn after(&self, _: [&(); 2], moments: Moments, ntk: f64) -> After {
        self.0(moments, ntk)
    }
}

/// Entries of one row. Where `pair` is inlined and has no branches the loop is one of vectors, as wide as the processor's.
fn map_run<T>(rows: &[Place<T>], columns: &[Place<T>], [k, ntk, gaps]: [&mut [f64]; 3], pair: &impl MapPair<T>) {
    #[cfg(target_arch = "x86_64")]
    {
        /// # Safety
        /// The processor has these instructions.
        #[target_feature(enable = "avx2,fma")]
        unsafe fn wide<T>(rows: &[Place<T>], columns: &[Place<T>], run: [&mut [f64]; 3], pair: &impl MapPair<T>) {
            map_run_inlined(rows, columns, run, pair);
        }
        if crate::linalg::has_fused() {
            // SAFETY: it has.
            return unsafe { wide(rows, columns, [k, ntk, gaps], pair) };
        }
    }
    map_run_inlined(rows, columns, [k, ntk, gaps], pair);
}

#[inline(always)]
fn map_run_inlined<T>(
    rows: &[Place<T>],
    columns: &[Place<T>],
    [k, ntk, gaps]: [&mut [f64]; 3],
    pair: &impl MapPair<T>,
) {
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

#[inline(always)]
fn map_pair<T>([a, b]: [&Place<T>; 2], [k, t, gap]: [&mut f64; 3], pair: &impl MapPair<T>) {
    let moments = Moments::new([a.variance, b.variance], [a.deviation, b.deviation], *k, *gap);
    let after = pair.after([&a.known, &b.known], moments, *t);
    (*k, *t) = (after.value, after.ntk);
    *gap = match after.gap {
        Some(gap) => gap,
        None => gap::of_quotient(after.value, a.deviation_after * b.deviation_after),
    };
}

impl KernelState {
    /// An activation of Gaussian units: `marginal(q) -> (E φ², E φ)` and a pair's moments. A point with itself has correlation one
    /// exactly.
    pub(crate) fn map_gaussian(
        self,
        op: &'static str,
        marginal: impl Fn(f64) -> (f64, f64),
        pair: impl Fn(Moments, f64) -> After,
    ) -> Self {
        self.mapped(op, |_| (), |(), q| marginal(q), Alike(pair))
    }

    /// As [`KernelState::map_gaussian`], inlined in loops of vectors.
    pub(crate) fn map_in_vectors(
        self,
        op: &'static str,
        marginal: impl Fn(f64) -> (f64, f64),
        pair: impl MapPair<()>,
    ) -> Self {
        self.mapped(op, |_| (), |(), q| marginal(q), pair)
    }

    /// The bits of all variances of points at positions.
    pub(in crate::op) fn variances(&self) -> BTreeSet<u64> {
        let own: Vec<usize> = (0..self.positions()).map(|p| self.own_entry(p)).collect();
        let of = |side: &Marginals| side.second.select(ndarray::Axis(1), &own).mapv(f64::to_bits);
        of(&self.rows).into_iter().chain(of(&self.columns)).collect()
    }

    /// As [`KernelState::map_gaussian`], with what `know(variance)` says of each point at each position.
    pub(crate) fn map_places<T>(
        self,
        op: &'static str,
        know: impl FnMut(f64) -> T,
        marginal: impl Fn(&T, f64) -> (f64, f64),
        pair: impl Fn(&T, &T, Moments, f64) -> After,
    ) -> Self {
        self.mapped(op, know, marginal, OfPlaces(pair))
    }

    fn mapped<T>(
        mut self,
        op: &'static str,
        mut know: impl FnMut(f64) -> T,
        marginal: impl Fn(&T, f64) -> (f64, f64),
        pair: impl MapPair<T>,
    ) -> Self {
        let (entries, own) = (self.entries(), self.own_entries());
        if let Some(offset) = self.diagonal {
            for i in 0..self.nngp.nrows() {
                for &entry in &own {
                    let column = (i + offset) * entries + entry;
                    self.nngp[[i, column]] = self.rows.second[[i, entry]];
                    self.gaps[[i, column]] = 0.0;
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
            None => map_run(rows, columns, [k, &mut vec![0.0; columns.len()], gaps], &pair),
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
        struct Normal {
            mean: f64,
            inverse: f64,
            /// Whether its units differ at all.
            spread: bool,
            direction: Direction,
        }
        let places: Places<Normal> = self.places(|q, mean| {
            let spread = q - mean * mean;
            let spread = if spread > EQUAL * q { spread } else { 0.0 };
            let variance = spread + epsilon;
            let inverse = if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 };
            Normal { mean, inverse, spread: spread > 0.0, direction: Direction::new(q, mean) }
        });
        self.for_pairs(&places, |a, b, entry| {
            // By Cauchy-Schwarz there is nothing left of units that are all equal.
            if !(a.spread && b.spread) {
                (*entry.k, *entry.gap) = (0.0, 1.0);
            } else {
                *entry.k = (*entry.k - a.mean * b.mean) * a.inverse * b.inverse;
                let both = a.direction.centred * b.direction.centred;
                let part = |a: Direction, b: Direction, part: f64| a.centred_below(b, part) / both;
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
                    let centred = if place.spread { *second - place.mean * place.mean } else { 0.0 };
                    *second = centred * place.inverse * place.inverse;
                }
            }
            side.mean.fill(0.0);
        }
        self
    }
}
