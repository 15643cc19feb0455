//! Element-wise maps of Gaussian units, and layer norm.

use super::gap::{self, Direction, above, below, nearer};
use super::pairs::Places;
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
    /// `E u u' / scale`, within `[-1, 1]`; 0 where a unit is zero.
    pub r: f64,
    /// What `r` lacks to ±1: see [`gap`].
    pub gap: f64,
}

impl Moments {
    fn new([q1, q2]: [f64; 2], [d1, d2]: [f64; 2], k: f64, gap: f64) -> Self {
        let scale = d1 * d2;
        if scale == 0.0 {
            // A zero vector is uncorrelated with everything; its moments are zero whatever r is.
            return Self { q1, q2, scale, r: 0.0, gap: 1.0 };
        }
        // The smaller of r and the gap has the digits.
        let r = if gap.abs() < 0.5 { (1.0 - gap.abs()).copysign(gap) } else { (k / scale).clamp(-1.0, 1.0) };
        Self { q1, q2, scale, r, gap }
    }

    /// Of a unit with itself.
    pub fn own(q: f64) -> Self {
        Self { q1: q, q2: q, scale: q, r: 1.0, gap: 0.0 }
    }

    /// Of units with these variances and this gap.
    pub fn of([q1, q2]: [f64; 2], gap: f64) -> Self {
        Self::new([q1, q2], [q1.sqrt(), q2.sqrt()], f64::NAN, gap).at_gap(gap.abs())
    }

    /// With another gap, towards the same end.
    fn at_gap(self, size: f64) -> Self {
        Self { r: (1.0 - size).copysign(self.gap), gap: size.copysign(self.gap), ..self }
    }

    /// Of the units times a factor above 0.
    pub fn scaled(self, factor: f64) -> Self {
        let square = factor * factor;
        Self { q1: square * self.q1, q2: square * self.q2, scale: square * self.scale, ..self }
    }

    /// `1 - r²`, without cancellation.
    pub fn square_gap(&self) -> f64 {
        let size = self.gap.abs();
        size * (2.0 - size)
    }

    pub fn angle(&self) -> Angle {
        let half = (self.gap.abs() / 2.0).sqrt();
        let near = 2.0 * half.asin();
        let excess = if near < 0.5 {
            // The series of sin φ - φ cos φ, which cancels here: 2k φ^(2k+1) / (2k+1)! with alternating signs.
            let square = near * near;
            let tail = |k: f64, rest: f64| 1.0 - square / (2.0 * k * (2.0 * k + 3.0)) * rest;
            near * square / 3.0 * (1..=6).rev().fold(1.0, |rest, k| tail(f64::from(k), rest))
        } else {
            2.0 * half * (1.0 - half * half).sqrt() - near * (1.0 - self.gap.abs())
        };
        Angle { near, excess, acute: self.gap.is_sign_positive() }
    }

    /// The gap after a smooth activation from the slopes, `E φφ'(r = ±1) - E φφ' = √(qq') ∫ E φ̇φ̇' dr`, where the two units have the
    /// same variance and `r` is near ±1. `value` is `E φφ'` and `scale` gives its largest size.
    pub fn gap_by_slopes(
        &self,
        value: f64,
        scale: impl FnOnce() -> f64,
        slopes: impl Fn(Moments) -> f64,
    ) -> Option<f64> {
        let (size, apart) = (self.gap.abs(), (self.q1 - self.q2).abs());
        // Of unequal variances no correlation is one after the activation.
        let equal = apart <= 1e-8 * (self.q1 + self.q2);
        if !(equal && size * (1.0 + self.q1.max(self.q2)) <= 0.05) {
            return None;
        }
        let scale = scale();
        if !(scale > 0.0) {
            return None;
        }
        let quotient = gap::gap(value / scale);
        // Gauss-Legendre.
        let (near, far) = (0.861_136_311_594_052_6, 0.339_981_043_584_856_3);
        let (outer, inner) = (0.347_854_845_137_453_85, 0.652_145_154_862_546_1);
        let rule = [(-near, outer), (-far, inner), (far, inner), (near, outer)];
        let mean: f64 = rule.iter().map(|&(x, w)| w / 2.0 * slopes(self.at_gap(size * (1.0 + x) / 2.0))).sum();
        let change = self.scale * size * mean / scale;
        let change = if quotient.is_sign_positive() == self.gap.is_sign_positive() { change } else { -change };
        // Where the activation is neither odd nor even, opposite units are not opposite after it.
        ((change - quotient.abs()).abs() <= 1e-13).then(|| change.max(0.0).copysign(quotient))
    }
}

/// The angle of a pair of units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Angle {
    /// The angle to the nearer of parallel and opposite, in `[0, π/2]`.
    pub near: f64,
    /// `sin φ - φ cos φ` of that angle.
    pub excess: f64,
    /// That it is parallel.
    pub acute: bool,
}

/// What an activation makes of a pair of units.
pub(crate) struct After {
    /// `E φφ'`.
    pub value: f64,
    /// `Θ E φ̇φ̇'`.
    pub ntk: f64,
    /// The gap of `E φφ'`; `None` where nothing better is known than its quotient by `√(E φ² E φ'²)`.
    pub gap: Option<f64>,
}

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

impl KernelState {
    /// An activation of Gaussian units: `marginal(q) -> (E φ², E φ)` and a pair's moments. A point with itself has correlation one
    /// exactly.
    pub(crate) fn map_gaussian(
        self,
        op: &'static str,
        marginal: impl Fn(f64) -> (f64, f64),
        pair: impl Fn(Moments, f64) -> After,
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
        pair: impl Fn(&T, &T, Moments, f64) -> After,
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
        let apply = |a: &Place<T>, b: &Place<T>, k: f64, t: f64, gap: f64| {
            let moments = Moments::new([a.variance, b.variance], [a.deviation, b.deviation], k, gap);
            let After { value, ntk, gap } = pair(&a.known, &b.known, moments, t);
            let scale = a.deviation_after * b.deviation_after;
            let by_quotient = || if scale > 0.0 { gap::gap(value / scale) } else { 1.0 };
            (value, ntk, gap.unwrap_or_else(by_quotient))
        };
        let table = self.positions_of_entries();
        let positions = self.positions();
        let rows = self.nngp.rows_mut().into_iter().zip(self.ntk.rows_mut()).zip(self.gaps.rows_mut());
        for (((mut k_row, mut t_row), mut g_row), of_row) in rows.zip(places.rows.chunks_exact(positions)) {
            let blocks = k_row.exact_chunks_mut(entries).into_iter();
            let blocks = blocks.zip(t_row.exact_chunks_mut(entries)).zip(g_row.exact_chunks_mut(entries));
            for (((mut k_block, mut t_block), mut g_block), of_column) in
                blocks.zip(places.columns.chunks_exact(positions))
            {
                let values = k_block.iter_mut().zip(&mut t_block).zip(&mut g_block);
                for (((k, t), g), &(p, q)) in values.zip(&table) {
                    (*k, *t, *g) = apply(&of_row[p], &of_column[q], *k, *t, *g);
                }
            }
        }
        for (side, places) in [(&mut self.rows, &places.rows), (&mut self.columns, &places.columns)] {
            for (i, of_point) in places.chunks_exact(positions).enumerate() {
                for (entry, &(p, q)) in table.iter().enumerate() {
                    let (second, gap) = (&mut side.second[[i, entry]], &mut side.gaps[[i, entry]]);
                    if p == q {
                        (*second, side.mean[[i, p]]) = (of_point[p].second, of_point[p].mean);
                    } else {
                        (*second, _, *gap) = apply(&of_point[p], &of_point[q], *second, 0.0, *gap);
                    }
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
