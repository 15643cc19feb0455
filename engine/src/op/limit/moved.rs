//! The state of an input that moves.

use super::gap::normalised;
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

    /// `Σ_j c_ij ∂y/∂x_i`, `[n1, d]`, of the coordinate `y` of `x_i` with `z_j`, for `c: [n1, n2]`.
    pub fn chain(
        self,
        state: &KernelState,
        c: &Array2<f64>,
        x: ArrayView2<'_, f64>,
        z: ArrayView2<'_, f64>,
    ) -> Array2<f64> {
        let (units, width) = ([x, z].map(|x| normalised(&x.to_owned())), x.ncols() as f64);
        let mut gradient = Array2::zeros(x.dim());
        for (i, mut of_row) in gradient.rows_mut().into_iter().enumerate() {
            let (unit, c) = (units[0].row(i), c.row(i));
            let length = x.row(i).dot(&unit);
            match self {
                Self::Mean => of_row.fill(c.sum() / width),
                Self::Length if length == 0.0 => {}
                Self::Length => of_row.scaled_add(c.sum() / length, &unit),
                Self::Gap if length == 0.0 => of_row.assign(&(c.dot(&z) / width)),
                Self::Gap => {
                    for ((&c, gap), other) in c.iter().zip(state.gaps.row(i)).zip(units[1].axis_iter(Axis(0))) {
                        // `-∂r/∂x = (r u - v) / |x|` is what `±u - v` has across `u`, and has its digits where that is small.
                        let sign = gap.signum();
                        let along: f64 = unit.iter().zip(other).map(|(&u, &v)| u * (sign * u - v)).sum();
                        Zip::from(&mut of_row).and(unit).and(other).for_each(|to, &u, &v| {
                            *to += c / length * ((sign * u - v) - along * u);
                        });
                    }
                }
            }
        }
        gradient
    }
}

impl KernelState {
    /// The state of raw vectors `x: [n1, d]` with `z: [n2, d]`, and the same with the derivative along a coordinate of every row of `x`.
    ///
    /// # Errors
    /// As for [`KernelState::input`].
    pub(crate) fn moved(
        [x, z]: [ArrayView2<'_, f64>; 2],
        shape: Shape,
        coordinate: Coordinate,
    ) -> Result<(Self, KernelState<Dual<f64>>)> {
        let state = Self::input(x, z, shape, Pairs::Same, None)?;
        let mut moved = state.clone().lifted();
        let places = state.places(|q, _| q);
        match coordinate {
            Coordinate::Length => {
                moved.nngp.mapv_inplace(|k| Dual { tangent: k.value, ..k });
                moved.rows.second.mapv_inplace(|q| Dual { tangent: 2.0 * q.value, ..q });
            }
            Coordinate::Gap => moved.for_pairs(&places, |&q, &other, entry| {
                if q == 0.0 {
                    entry.k.tangent = 1.0;
                } else if entry.gap.value != 0.0 && other != 0.0 {
                    // Of a vector with itself it is least, and has a kink there.
                    (entry.gap.tangent, entry.k.tangent) = (1.0, -q.sqrt() * other.sqrt());
                }
            }),
            Coordinate::Mean => moved.rows.mean.mapv_inplace(|mean| Dual { tangent: 1.0, ..mean }),
        }
        Ok((state, moved))
    }

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
            pairs: self.pairs,
            channels: self.channels,
            law: self.law,
            units: self.units,
            diagonal: self.diagonal,
        }
    }
}
