//! Correlations to the last digits, near ±1 too.
//!
//! A kernel with a kink, as that of ReLU, depends on the angle `θ` of two units, and `r = cos θ` has lost it below `θ = 1e-8`. So a
//! state carries what `r` lacks to ±1 beside `K`, and every op maps it by a form that does not cancel. Its error `ε √gap` is
//! one of `ε` in the angle. Sources of the forms: Lagrange's identity, `|a||b| - a·b = |a||b| |a/|a| - b/|b||² / 2`.
//!
//! Where an op has no such form the gap is the difference `1 - |r|`, with the rounding of `r`: averages over positions of an
//! image, and smooth activations of units of different variances.

use super::KernelState;
use super::pairs::{Places, Run};
use crate::number::Real;
use ndarray::Array2;

/// Correlations this close to ±1 are ±1 where nothing but their quotient is known: rounding cannot be told from it.
const SNAP: f64 = 8.0 * f64::EPSILON;

/// Above this a difference has lost no more than its form without cancellation does.
pub(in crate::op) const NEAR: f64 = 1.0 / 16.0;

/// What a correlation lacks to 1, or to -1 if it is negative, with its sign: `1 - r` or `-(1 + r)`, and -0 for -1.
pub fn gap<E: Real>(correlation: E) -> E {
    let size = -correlation.abs() + 1.0;
    (if size <= E::of(SNAP) { E::zero() } else { size }).copysign(correlation)
}

/// `1 - r`.
pub(in crate::op) fn below<E: Real>(gap: E) -> E {
    if gap.is_sign_positive() { gap } else { gap + 2.0 }
}

/// `1 + r`.
pub(in crate::op) fn above<E: Real>(gap: E) -> E {
    if gap.is_sign_positive() { -gap + 2.0 } else { -gap }
}

/// The gap of a correlation in words of `1 - r`, and of `1 + r` where that is the smaller one.
pub(in crate::op) fn nearer<E: Real>(below: E, above: impl FnOnce() -> E) -> E {
    // Rounding may leave a distance a little below 0.
    if below <= E::one() { below.larger(E::zero()) } else { -above().larger(E::zero()).smaller(E::one()) }
}

/// Of a product of independent units: `1 - |r r'|`.
pub(super) fn product<E: Real>(a: E, b: E) -> E {
    let sign = a.signum() * b.signum();
    let (a, b) = (a.abs(), b.abs());
    (a + b - a * b).copysign(sign)
}

/// A unit `z` at a place as a vector: its centred part and its mean, together of length one, and its length.
#[derive(Clone, Copy)]
pub(super) struct Direction<E> {
    /// `√(E z²)`.
    pub length: E,
    pub centred: E,
    pub mean: E,
}

impl<E: Real> Direction<E> {
    pub fn new(second: E, mean: E) -> Self {
        let (length, one) = (second.sqrt(), E::one());
        let mean = if length > E::zero() { (mean / length).larger(-one).smaller(one) } else { E::zero() };
        Self { length, centred: ((one - mean) * (one + mean)).sqrt(), mean }
    }

    /// A constant.
    pub fn constant(value: f64) -> Self {
        Self { length: E::of(value), centred: E::zero(), mean: E::one() }
    }

    /// `(1 - ρ) a a'` of the centred parts `a, a'` and their correlation `ρ`, over the lengths, if the units have `1 - r = below`.
    pub fn centred_below(self, other: Self, below: E) -> E {
        let (centred, mean) = (self.centred - other.centred, self.mean - other.mean);
        (below - (centred * centred + mean * mean) / 2.0).larger(E::zero())
    }

    /// The unit with its mean reversed: what `1 + r` is to it, `1 - r` is to the unit.
    pub fn reversed(self) -> Self {
        Self { mean: -self.mean, ..self }
    }
}

/// The gap of sums `Σ z_i`, `Σ z_i'` of independent units, of the lengths given and with cross moment `k`, from the gap of each.
pub(super) fn of_sum<E: Real, const N: usize>(
    parts: [(Direction<E>, Direction<E>, E); N],
    k: E,
    [length, other_length]: [E; 2],
) -> E {
    let both = length * other_length;
    let quotient = of_quotient(k, both);
    if quotient.abs() >= E::of(NEAR) {
        return quotient;
    }
    // Opposite sums are near where one of them is reversed: its centred parts by their gaps, its mean here.
    let opposite = !quotient.is_sign_positive();
    let (mut missing, mut mean) = (E::zero(), E::zero());
    for (a, b, gap) in parts {
        let (b, part) = if opposite { (b.reversed(), above(gap)) } else { (b, below(gap)) };
        let centred = a.length * a.centred / length - b.length * b.centred / other_length;
        mean += a.length * a.mean / length - b.length * b.mean / other_length;
        missing += centred * centred / 2.0 + a.length / length * (b.length / other_length) * a.centred_below(b, part);
    }
    (missing + mean * mean / 2.0).copysign(quotient)
}

/// The gap of `K` by its quotient with `scale`.
pub(super) fn of_quotient<E: Real>(k: E, scale: E) -> E {
    if scale > E::zero() { gap(k / scale) } else { E::one() }
}

impl KernelState {
    /// The gaps of raw input, from its points at every position: `|u - v|² / 2` and `|u + v|² / 2` of points scaled to length one.
    pub(super) fn with_gaps_of_points(mut self, [rows, columns]: [&Array2<f64>; 2]) -> Self {
        let units = [normalised(rows), normalised(columns)];
        let deviations = self.places(|q, _| q.sqrt());
        let places = Places {
            rows: deviations.rows.into_iter().zip(units[0].rows()).collect(),
            columns: deviations.columns.into_iter().zip(units[1].rows()).collect(),
        };
        self.for_runs(&places, |Run { rows, columns, k, gaps, .. }| {
            let pairs = || rows.iter().cycle().zip(columns);
            for ((((length, _), (other, _)), k), gap) in pairs().zip(&*k).zip(&mut *gaps) {
                *gap = of_quotient(*k, length * other);
            }
            for (((_, a), (_, b)), gap) in pairs().zip(gaps).filter(|(_, gap)| gap.abs() < NEAR) {
                let sign = gap.signum();
                let square = |(u, v): (&f64, &f64)| (u - sign * v) * (u - sign * v);
                *gap = a.iter().zip(b).map(square).sum::<f64>() / 2.0 * sign;
            }
        });
        self
    }
}

impl<E: Real> KernelState<E> {
    /// The gaps of `K' = a K + b`, of this state's `K`: `√(Q Q') - a √(q q') - b = a b (√q - √q')² / (√(Q Q') + a √(q q') + b)` with
    /// `Q = a q + b`.
    pub(in crate::op) fn gaps_with_bias(&mut self, [a, b]: [f64; 2]) {
        if b == 0.0 {
            return;
        }
        let places = self.places(|q, _| (q.sqrt(), (q * a + b).sqrt()));
        self.for_pairs(&places, |&(d1, after1), &(d2, after2), entry| {
            let (before, both) = (d1 * a * d2, after1 * after2);
            let apart = d1 - d2;
            // `a (√(q q') ∓ K)`, by K where the gap of a zero vector says nothing of its derivative.
            let lacks = |gap: E, k: E| if E::DERIVATIVE && before == E::zero() { before - k * a } else { before * gap };
            let missing = apart * (a * b) * apart / (both + before + b) + lacks(below(*entry.gap), *entry.k);
            *entry.gap = nearer(missing / both, || {
                let extra = ((d1 * d1 + d2 * d2) * (a * b) + b * b) / (both + before);
                (extra + b + lacks(above(*entry.gap), -*entry.k)) / both
            });
        });
    }
}

/// Points scaled to length one, however large or small their values, and zero where they are zero.
pub(super) fn normalised(x: &Array2<f64>) -> Array2<f64> {
    let mut unit = x.clone();
    for mut row in unit.rows_mut() {
        let largest = row.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        if largest > 0.0 {
            // Twice, so that no square overflows or is lost.
            row.mapv_inplace(|v| v / largest);
            let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
            row.mapv_inplace(|v| v / length);
        }
    }
    unit
}
