//! The state of an input that moves.

use super::gap::{NEAR, normalised};
use super::{KernelState, Marginals, Pairs};
use crate::error::Result;
use crate::number::Dual;
use crate::op::Shape;
use ndarray::{Array2, ArrayView2, Axis, Zip};

/// What of a vector `x` moves, the others held: the limit kernel with `z` is a function of these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coordinate {
    /// `ln |x|`.
    Length,
    /// The [`gap`](super::gap()) of `x` and every `z`; of a zero vector the moment `K`.
    Gap,
    /// The mean of the values of `x`, which layer norm takes off.
    Mean,
}

impl Coordinate {
    pub const ALL: [Self; 3] = [Self::Length, Self::Gap, Self::Mean];
}

/// Vectors `x: [n1, d]` that move, and `z: [n2, d]` that do not.
pub(crate) struct Moving<'a> {
    state: KernelState,
    z: ArrayView2<'a, f64>,
    /// The vectors scaled to length one.
    units: [Array2<f64>; 2],
    /// `|x|`.
    lengths: Vec<f64>,
}

impl<'a> Moving<'a> {
    /// # Errors
    /// As for [`KernelState::input`].
    pub fn new([x, z]: [ArrayView2<'a, f64>; 2], shape: Shape, pairs: Pairs) -> Result<Self> {
        let units = [x, z].map(|x| normalised(&x.to_owned()));
        let lengths = x.rows().into_iter().zip(units[0].rows()).map(|(x, unit)| x.dot(&unit)).collect();
        Ok(Self { state: KernelState::input(x, z, shape, pairs, None)?, z, units, lengths })
    }

    /// The state of the raw input with the derivative along a coordinate of every row of `x`.
    pub fn along(&self, coordinate: Coordinate) -> KernelState<Dual<f64>> {
        let mut moved = self.state.clone().lifted();
        match coordinate {
            Coordinate::Length => {
                moved.nngp.mapv_inplace(|k| Dual { tangent: k.value, ..k });
                moved.rows.second.mapv_inplace(|q| Dual { tangent: 2.0 * q.value, ..q });
            }
            Coordinate::Gap => {
                let places = self.state.places(|q, _| q);
                moved.for_pairs(&places, |&q, &other, entry| {
                    if q == 0.0 {
                        entry.k.tangent = 1.0;
                    } else if entry.gap.value != 0.0 && other != 0.0 {
                        // Of a vector with itself it is least, and has a kink there.
                        (entry.gap.tangent, entry.k.tangent) = (1.0, -q.sqrt() * other.sqrt());
                    }
                });
            }
            Coordinate::Mean => moved.rows.mean.mapv_inplace(|mean| Dual { tangent: 1.0, ..mean }),
        }
        moved
    }

    /// `Σ_j c_ij ∂y_ij/∂x_i`, `[n1, d]`, of the coordinate `y_ij` of `x_i` with `z_j`, for `c: [n1, n2]`.
    pub fn chain(&self, coordinate: Coordinate, c: Array2<f64>) -> Array2<f64> {
        let (units, sums) = (&self.units[0], c.sum_axis(Axis(1)));
        match coordinate {
            Coordinate::Gap => self.chain_of_gaps(c),
            Coordinate::Mean => Array2::from_shape_fn(units.dim(), |(i, _)| sums[i] / units.ncols() as f64),
            // The length of a zero vector has no logarithm, and its coordinates no part in it.
            Coordinate::Length => Array2::from_shape_fn(units.dim(), |(i, j)| match self.lengths[i] {
                0.0 => 0.0,
                length => sums[i] / length * units[[i, j]],
            }),
        }
    }

    /// By `-∂r/∂x = (r u - v) / |x|` with the vectors `u` and `v` of length one; of a zero vector `∂K/∂x = z / d`.
    fn chain_of_gaps(&self, mut c: Array2<f64>) -> Array2<f64> {
        let ([units, others], width) = (&self.units, self.z.ncols() as f64);
        let mut gradient = Array2::zeros(units.dim());
        for (i, mut c) in c.rows_mut().into_iter().enumerate() {
            let (length, unit, mut of_row) = (self.lengths[i], units.row(i), gradient.row_mut(i));
            if length == 0.0 {
                of_row.assign(&(c.dot(&self.z) / width));
                c.fill(0.0);
                continue;
            }
            let mut along = 0.0;
            for ((c, gap), other) in c.iter_mut().zip(self.state.gaps.row(i)).zip(others.rows()) {
                *c /= length;
                let sign = gap.signum();
                if gap.abs() >= NEAR {
                    along += *c * sign * (1.0 - gap.abs());
                    continue;
                }
                // What `±u - v` has across `u` has its digits where it is small, and the factor is large there.
                let part: f64 = unit.iter().zip(other).map(|(&u, &v)| u * (sign * u - v)).sum();
                Zip::from(&mut of_row).and(unit).and(other).for_each(|to, &u, &v| {
                    *to += *c * ((sign * u - v) - part * u);
                });
                *c = 0.0;
            }
            of_row.scaled_add(along, &unit);
        }
        gradient - c.dot(others)
    }
}

impl KernelState {
    /// In numbers with a derivative, which is 0.
    fn lifted(self) -> KernelState<Dual<f64>> {
        let lift = |matrix: Array2<f64>| matrix.mapv(|value| Dual { value, tangent: 0.0 });
        let side = |m: Marginals| Marginals { second: lift(m.second), mean: lift(m.mean), gaps: lift(m.gaps) };
        KernelState {
            nngp: lift(self.nngp),
            ntk: lift(self.ntk),
            gaps: lift(self.gaps),
            rows: side(self.rows),
            columns: side(self.columns),
            space: self.space,
            complex: self.complex,
            pairs: self.pairs,
            channels: self.channels,
            law: self.law,
            units: self.units,
            diagonal: self.diagonal,
        }
    }
}
