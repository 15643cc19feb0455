//! Maps of circular complex Gaussian units that mix their parts, and products of complex units.

use super::complex::ALL;
use super::{KernelState, Law, Pairs};
use crate::number::Real;
use ndarray::Array2;

/// Entries of two places, by part and part.
pub type Block<T> = [[T; 2]; 2];

/// A pair of places after a map.
pub struct Mapped {
    pub k: Block<f64>,
    pub ntk: Block<f64>,
}

/// What a map makes of circular complex Gaussian units.
pub trait CircularMap {
    /// The mean of a unit, which is real, at its variance `E|z|²`.
    fn own_mean(&self, variance: f64) -> f64;
    /// Of a pair at both variances, with their block of `K` and of `Θ`.
    fn pair(&self, variances: [f64; 2], k: Block<f64>, ntk: Block<f64>) -> Mapped;
}

/// Calls `f` with the places and the indices of the entries of every two places of two points, of `places` places each.
fn for_blocks(places: usize, mut f: impl FnMut([usize; 2], Block<usize>)) {
    for (p, q) in (0..places).flat_map(|p| (0..places).map(move |q| (p, q))) {
        let entry = |a: usize, b: usize| (2 * p + a) * 2 * places + 2 * q + b;
        f([p, q], [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]]);
    }
}

/// Of a row of entries the block at the indices, which follow `start`.
fn block<T: Copy>(row: &[T], start: usize, at: Block<usize>) -> Block<T> {
    at.map(|of| of.map(|index| row[start + index]))
}

fn set<T: Copy>(row: &mut [T], start: usize, at: Block<usize>, values: Block<T>) {
    for (index, value) in at.as_flattened().iter().zip(values.as_flattened()) {
        row[start + index] = *value;
    }
}

const LAYOUT: &str = "the matrices of a state are in standard layout";

fn rows<T>(matrix: &mut Array2<T>) -> impl Iterator<Item = &mut [T]> {
    let columns = matrix.ncols().max(1);
    matrix.as_slice_mut().expect(LAYOUT).chunks_exact_mut(columns)
}

fn row<T>(matrix: &Array2<T>, index: usize) -> &[T] {
    let columns = matrix.ncols();
    &matrix.as_slice().expect(LAYOUT)[index * columns..(index + 1) * columns]
}

impl<E: Real> KernelState<E> {
    /// `E|z|²` of every point at every place.
    fn variances_of(&self, second: &Array2<E>) -> Vec<Vec<f64>> {
        let places = self.places_of_image();
        let own = |of_point: ndarray::ArrayView1<'_, E>, p: usize| {
            let part = |a: usize| of_point[(2 * p + a) * (2 * places + 1)].to_f64();
            part(0) + part(1)
        };
        second.rows().into_iter().map(|of_point| (0..places).map(|p| own(of_point, p)).collect()).collect()
    }

    /// All variances `E|z|²`, each once.
    pub(in crate::op) fn complex_variances(&self) -> Vec<f64> {
        let sides = [&self.rows.second, &self.columns.second].map(|second| self.variances_of(second));
        let mut all: Vec<f64> = sides.into_iter().flatten().flatten().collect();
        all.sort_by(f64::total_cmp);
        all.dedup_by(|a, b| a.to_bits() == b.to_bits());
        all
    }

    /// An activation of circular complex Gaussian units.
    pub(in crate::op) fn map_circular(mut self, op: &'static str, map: &impl CircularMap) -> Self {
        assert!(self.pairs == Pairs::All && self.complex, "{ALL}");
        let (places, entries) = (self.places_of_image(), self.entries());
        let [left, right] = [&self.rows.second, &self.columns.second].map(|second| self.variances_of(second));
        let read = |values: Block<E>| values.map(|of| of.map(|value| value.to_f64()));
        let offset = self.diagonal;
        let points = rows(&mut self.nngp).zip(rows(&mut self.ntk)).enumerate();
        for (i, (k, ntk)) in points {
            for (j, of_column) in right.iter().enumerate() {
                for_blocks(places, |[p, q], at| {
                    let own = p == q && offset.is_some_and(|offset| i + offset == j);
                    let start = j * entries;
                    let mut before = read(block(k, start, at));
                    if own {
                        // A point with itself has correlation one exactly.
                        before = read(block(row(&self.rows.second, i), 0, at));
                    }
                    let after = map.pair([left[i][p], of_column[q]], before, read(block(ntk, start, at)));
                    set(k, start, at, after.k.map(|of| of.map(E::of)));
                    set(ntk, start, at, after.ntk.map(|of| of.map(E::of)));
                });
            }
        }
        for (side, variances) in [(&mut self.rows, &left), (&mut self.columns, &right)] {
            for (of_point, k) in variances.iter().zip(rows(&mut side.second)) {
                for_blocks(places, |[p, q], at| {
                    let after = map.pair([of_point[p], of_point[q]], read(block(k, 0, at)), [[0.0; 2]; 2]);
                    set(k, 0, at, after.k.map(|of| of.map(E::of)));
                });
            }
            for (of_point, mean) in variances.iter().zip(rows(&mut side.mean)) {
                for (place, &variance) in of_point.iter().enumerate() {
                    (mean[2 * place], mean[2 * place + 1]) = (E::of(map.own_mean(variance)), E::zero());
                }
            }
        }
        self.law = Law::Other(op);
        self.gaps_by_quotients();
        self
    }

    /// The product `z h + s h` of this state's `h` and an independent `z`, both complex.
    pub(super) fn times_complex(mut self, z: &Self, s: f64) -> Self {
        assert!(self.pairs == Pairs::All && self.complex && z.complex, "{ALL}");
        let (places, entries) = (self.places_of_image(), self.entries());
        // `E (s + z)_c (s + z')_c'` from the second moments and the means.
        let shifted = |moment: Block<E>, means: [[E; 2]; 2]| {
            let mut t = moment;
            for c in 0..2 {
                t[0][c] += means[1][c] * s;
                t[c][0] += means[0][c] * s;
            }
            t[0][0] += E::of(s * s);
            t
        };
        let mean_at = |means: &[E], p: usize| [means[2 * p], means[2 * p + 1]];
        for (i, (k, ntk)) in rows(&mut self.nngp).zip(rows(&mut self.ntk)).enumerate() {
            let (z_k, z_ntk) = (row(&z.nngp, i), row(&z.ntk, i));
            for j in 0..z.columns.mean.nrows() {
                let start = j * entries;
                for_blocks(places, |[p, q], at| {
                    let means = [mean_at(row(&z.rows.mean, i), p), mean_at(row(&z.columns.mean, j), q)];
                    let t = shifted(block(z_k, start, at), means);
                    let (h, theta) = (block(k, start, at), block(ntk, start, at));
                    let (own, others) = (product(t, theta), product(block(z_ntk, start, at), h));
                    let sum = |a: usize, b: usize| own[a][b] + others[a][b];
                    set(ntk, start, at, [[sum(0, 0), sum(0, 1)], [sum(1, 0), sum(1, 1)]]);
                    set(k, start, at, product(t, h));
                });
            }
        }
        for (side, other) in [(&mut self.rows, &z.rows), (&mut self.columns, &z.columns)] {
            for (i, (second, mean)) in rows(&mut side.second).zip(rows(&mut side.mean)).enumerate() {
                let (z_second, z_mean) = (row(&other.second, i), row(&other.mean, i));
                for_blocks(places, |[p, q], at| {
                    let t = shifted(block(z_second, 0, at), [mean_at(z_mean, p), mean_at(z_mean, q)]);
                    set(second, 0, at, product(t, block(second, 0, at)));
                });
                for p in 0..places {
                    let ([x, y], [u, v]) = (mean_at(z_mean, p), mean_at(mean, p));
                    let x = x + s;
                    (mean[2 * p], mean[2 * p + 1]) = (x * u - y * v, x * v + y * u);
                }
            }
        }
        self.law = Law::Other("a Hadamard product");
        self.units = super::combine::either(self.units, z.units);
        self.gaps_by_quotients();
        self
    }
}

/// Moments of products of complex numbers: `(z h)_a = Σ ε^a_cd z_c h_d`, of independent `z` and `h`.
fn product<E: Real>(z: Block<E>, h: Block<E>) -> Block<E> {
    // The terms of either part: part of `z`, part of `h`, sign.
    const TERMS: [[(usize, usize, f64); 2]; 2] = [[(0, 0, 1.0), (1, 1, -1.0)], [(0, 1, 1.0), (1, 0, 1.0)]];
    let of = |a: usize, b: usize| {
        let terms = TERMS[a].iter().flat_map(|left| TERMS[b].iter().map(move |right| (left, right)));
        terms.fold(E::zero(), |sum, (left, right)| sum + z[left.0][right.0] * h[left.1][right.1] * (left.2 * right.2))
    };
    [[of(0, 0), of(0, 1)], [of(1, 0), of(1, 1)]]
}
