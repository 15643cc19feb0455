//! How well the entries of a kernel are known.

use crate::linalg::Scalar;
use crate::net::Net;
use crate::op::Op;

/// How well the entries of a kernel are known, and with them its eigenvalues.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Precision {
    /// Computed in `f64`.
    Double,
    /// From a network that computes in `f32`.
    Single,
    /// In the limit, with moments of a function that are known to this share of the largest: see
    /// [`Elementwise::tolerance`](crate::op::Elementwise::tolerance).
    Tolerance(f64),
    /// The mean over random networks, each computed in `f64`.
    Sampled {
        /// `‖S‖ / ‖K‖` in Frobenius norm, `S` being the standard errors of the entries of `K`: how far the mean is from the kernel of
        /// infinitely many networks.
        standard_error: f64,
    },
}

impl Precision {
    /// Of a network that computes in `F`.
    pub(crate) fn of<F: Scalar>() -> Self {
        if size_of::<F>() == size_of::<f32>() { Self::Single } else { Self::Double }
    }

    /// Of a limit kernel.
    pub(crate) fn of_limit(net: &Net) -> Self {
        match net.layer().limit_tolerance() {
            0.0 => Self::Double,
            share => Self::Tolerance(share),
        }
    }

    /// The magnitude below which an eigenvalue of a kernel of so many rows cannot be told from zero, `largest` being the largest
    /// magnitude of all. How far below zero one may be is [`Precision::indefinite_below`].
    ///
    /// | entries | noise / largest | why |
    /// |---|---|---|
    /// | double | `n · 2⁻⁵²` for `n` rows | bound of the eigendecomposition |
    /// | single | `2⁻²³`, or that of double if it is more | measured on tanh, erf, ReLU, CCP, NCP and product nets of 2 to 6 layers and widths 64 to 2048, 20 to 800 points on a line and on spheres: `-λ_min` is at most a quarter of it, and does not grow with points or width; `‖δΘ‖₂` against the same networks in double precision is 0.1 to 1.4 of it, nearly all of which is a change of the largest eigenvalues |
    /// | tolerance `t` | `t`, or that of double if it is more | the accuracy that was asked for, of an entry beside the diagonal; over many points errors may add up to more |
    /// | sampled | as double | a mean of positive semidefinite kernels is one, and its small eigenvalues are off by shares of themselves: measured on 64 networks of width 64 with `‖S‖ = 3.5`, the eigenvalue 0.040 by a tenth, 0.21 by nothing, 58 by nothing |
    pub fn noise(self, rows: usize, largest: f64) -> f64 {
        let double = rows as f64 * f64::EPSILON;
        let share = match self {
            Self::Double | Self::Sampled { .. } => double,
            Self::Tolerance(share) => double.max(share),
            Self::Single => double.max(f64::from(f32::EPSILON)),
        };
        share * largest
    }

    /// The magnitude below zero from which on an eigenvalue says that the kernel is indefinite: ten times the noise; of single
    /// precision a hundred times, as sums over features that are all alike round the same way at every term (515 copies of two features,
    /// two points 1e-4 apart: 15 times the noise; see `proptest-regressions/properties.txt`).
    pub fn indefinite_below(self, rows: usize, largest: f64) -> f64 {
        let times = if self == Self::Single { 100.0 } else { 10.0 };
        -times * self.noise(rows, largest)
    }
}
