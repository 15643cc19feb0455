//! Element-wise maps of Gaussian units, and layer norm.

use super::{KernelState, Law, Marginals};
use std::collections::BTreeSet;

/// Second moments of a Gaussian pair `u, u'`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    /// `E u²`.
    pub q1: f64,
    /// `E u'²`.
    pub q2: f64,
    /// `√(q1 q2)`.
    pub scale: f64,
    /// `E u u' / scale`, within `[-1, 1]`.
    pub r: f64,
}

impl Moments {
    fn new([q1, q2]: [f64; 2], [d1, d2]: [f64; 2], k: f64) -> Self {
        let scale = d1 * d2;
        // A zero vector is uncorrelated with everything; its moments are zero whatever r is.
        let r = if scale > 0.0 { k / scale } else { 0.0 };
        let r = if r.abs() >= 1.0 - SNAP { r.signum() } else { r };
        Self { q1, q2, scale, r }
    }
}

/// Correlations this close to ±1 are ±1: rounding of the inner products cannot be told from it.
const SNAP: f64 = 8.0 * f64::EPSILON;

/// A variance over units that is this share of their second moment is the rounding of the two numbers that it is the
/// difference of.
const EQUAL: f64 = 64.0 * f64::EPSILON;

/// A point at a position: its variance and deviation, and what a map knows of it.
struct Place<T> {
    variance: f64,
    deviation: f64,
    known: T,
}

impl KernelState {
    /// An activation of Gaussian units: `marginal(q) -> (E φ², E φ)`, `pair(moments, Θ) -> (E φφ', Θ E φ̇φ̇')`. A point with
    /// itself has correlation one exactly, and correlations are kept within `[-1, 1]`.
    pub(crate) fn map_gaussian(
        self,
        op: &'static str,
        marginal: impl Fn(f64) -> (f64, f64),
        pair: impl Fn(Moments, f64) -> (f64, f64),
    ) -> Self {
        self.map_places(op, |_| (), |(), q| marginal(q), |(), (), moments, ntk| pair(moments, ntk))
    }

    /// The bits of all variances of points at positions.
    pub(in crate::op) fn variances(&self) -> BTreeSet<u64> {
        let own: Vec<usize> = (0..self.positions()).map(|p| self.own_entry(p)).collect();
        let of = |side: &Marginals| side.second.select(ndarray::Axis(1), &own).mapv(f64::to_bits);
        of(&self.rows).into_iter().chain(of(&self.columns)).collect()
    }

    /// As [`KernelState::map_gaussian`], with what `know(variance)` says of each point at each position.
    pub(crate) fn map_places<T>(
        mut self,
        op: &'static str,
        mut know: impl FnMut(f64) -> T,
        marginal: impl Fn(&T, f64) -> (f64, f64),
        pair: impl Fn(&T, &T, Moments, f64) -> (f64, f64),
    ) -> Self {
        let (positions, entries) = (self.positions(), self.entries());
        let own: Vec<usize> = (0..positions).map(|p| self.own_entry(p)).collect();
        if let Some(offset) = self.diagonal {
            for i in 0..self.nngp.nrows() {
                for &entry in &own {
                    self.nngp[[i, (i + offset) * entries + entry]] = self.rows.second[[i, entry]];
                }
            }
        }
        let mut places = |side: &Marginals| -> Vec<Place<T>> {
            let of = |row: ndarray::ArrayView1<'_, f64>| own.iter().map(|&e| row[e]).collect::<Vec<_>>();
            let variances: Vec<f64> = side.second.rows().into_iter().flat_map(of).collect();
            let place = |variance: f64| Place { variance, deviation: variance.sqrt(), known: know(variance) };
            variances.into_iter().map(place).collect()
        };
        let (rows, columns) = (places(&self.rows), places(&self.columns));
        let table = self.positions_of_entries();
        let apply = |a: &Place<T>, b: &Place<T>, k: f64, t: f64| {
            let moments = Moments::new([a.variance, b.variance], [a.deviation, b.deviation], k);
            pair(&a.known, &b.known, moments, t)
        };
        for (i, (mut k_row, mut t_row)) in self.nngp.rows_mut().into_iter().zip(self.ntk.rows_mut()).enumerate() {
            let (Some(k_row), Some(t_row)) = (k_row.as_slice_mut(), t_row.as_slice_mut()) else { continue };
            let of_row = &rows[i * positions..(i + 1) * positions];
            let blocks = k_row.chunks_exact_mut(entries).zip(t_row.chunks_exact_mut(entries));
            for ((k_block, t_block), of_column) in blocks.zip(columns.chunks_exact(positions)) {
                for ((k, t), &(p, q)) in k_block.iter_mut().zip(t_block).zip(&table) {
                    (*k, *t) = apply(&of_row[p], &of_column[q], *k, *t);
                }
            }
        }
        for (side, places) in [(&mut self.rows, &rows), (&mut self.columns, &columns)] {
            for (i, (mut second, mut mean)) in side.second.rows_mut().into_iter().zip(side.mean.rows_mut()).enumerate()
            {
                let of_point = &places[i * positions..(i + 1) * positions];
                for (value, &(p, q)) in second.iter_mut().zip(&table) {
                    if p == q {
                        (*value, mean[p]) = marginal(&of_point[p].known, of_point[p].variance);
                    } else {
                        *value = apply(&of_point[p], &of_point[q], *value, 0.0).0;
                    }
                }
            }
        }
        self.law = Law::Other(op);
        self
    }

    /// Every unit less its mean over the units, over its deviation: `(K - μμ')/√(v v')`, `Θ/√(v v')` with `v = q - μ² + ε`.
    pub(crate) fn normalised(mut self, epsilon: f64) -> Self {
        let (positions, entries) = (self.positions(), self.entries());
        let table = self.positions_of_entries();
        let own: Vec<usize> = (0..positions).map(|p| self.own_entry(p)).collect();
        // Mean and one over the deviation of every point at every position, and whether its units differ at all.
        let places = |side: &Marginals| -> Vec<(f64, f64, bool)> {
            let place = |i: usize, p: usize| {
                let (q, mean) = (side.second[[i, own[p]]], side.mean[[i, p]]);
                let spread = q - mean * mean;
                let spread = if spread > EQUAL * q { spread } else { 0.0 };
                let variance = spread + epsilon;
                (mean, if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 }, spread > 0.0)
            };
            (0..side.second.nrows()).flat_map(|i| (0..positions).map(move |p| place(i, p))).collect()
        };
        // By Cauchy-Schwarz there is nothing left of units that are all equal.
        let centred = |k: f64, a: (f64, f64, bool), b: (f64, f64, bool)| if a.2 && b.2 { k - a.0 * b.0 } else { 0.0 };
        let (rows, columns) = (places(&self.rows), places(&self.columns));
        for ((i, column), k) in self.nngp.indexed_iter_mut() {
            let (j, (p, q)) = (column / entries, table[column % entries]);
            let (a, b) = (rows[i * positions + p], columns[j * positions + q]);
            *k = centred(*k, a, b) * a.1 * b.1;
            self.ntk[[i, column]] *= a.1 * b.1;
        }
        for (side, places) in [(&mut self.rows, &rows), (&mut self.columns, &columns)] {
            for ((i, entry), value) in side.second.indexed_iter_mut() {
                let (p, q) = table[entry];
                let (a, b) = (places[i * positions + p], places[i * positions + q]);
                *value = centred(*value, a, b) * a.1 * b.1;
            }
            side.mean.fill(0.0);
        }
        self
    }
}
