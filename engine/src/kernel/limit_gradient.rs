//! Input gradients of limit kernels.

use super::limit::ROWS;
use crate::error::{Error, Result, all_finite, check_finite, check_input, check_memory};
use crate::linalg::single_threaded_blas;
use crate::net::Net;
use crate::op::{Coordinate, Moving, Op};
use ndarray::{Array2, ArrayView2, Axis, Zip, s};
use rayon::prelude::*;

const PLACE: &str = "input gradient of a limit kernel";
/// Of a row of zeros.
const AT_ZERO: &str =
    "without a bias in the first layer the kernel has no gradient at a point of zeros: the length of row";
/// Columns of a block.
const COLUMNS: usize = 512;

/// Input gradients of predictions with the two limit kernels, `[n, d]`: see [`Net::limit_input_gradient`].
#[derive(Clone, PartialEq)]
pub struct LimitInputGradient {
    /// With the NNGP kernel.
    pub nngp: Array2<f64>,
    /// With the NTK.
    pub ntk: Array2<f64>,
}

impl std::fmt::Debug for LimitInputGradient {
    /// Sizes, not values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (n, d) = self.ntk.dim();
        write!(f, "input gradients of the NNGP kernel (.nngp) and the NTK (.ntk) at {n} points of {d} features")
    }
}

impl Net {
    /// The input gradients at vectors `x: [n, d]` of predictions with the limit kernels, `∂/∂x_i Σ_jc u_ic K(x_i, z_j) α_jc` for `K` the
    /// NNGP kernel and the NTK, over `z: [m, d]` with coefficients `α: [m, out]` and `u: [n, out]`; for any number of outputs, which have the same
    /// kernel. For coefficients of one output `u` is a column of ones.
    ///
    /// The kernels are functions of `|x|`, of the angles of `x` and every `z`, and of the mean of `x`: the recursion runs in numbers with a
    /// derivative along each ([`Dual`](crate::number::Dual)), so that the derivatives keep their digits near `x = z`. There kernels of
    /// activations with a kink have one too, a cone, whose derivative counts as 0.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let (net, z) = (mlp(2), sphere(20, 3, Seed(0))?);
    /// let coefficients = net.limit_kernel(&z)?.ntk().regression(&z.select(Axis(1), &[0]))?.solve()?;
    /// let x = array![[0.3, -0.5, 0.8]];
    /// let slope = net.limit_input_gradient(&array![[1.0]], &x, &coefficients, &z)?.ntk;
    /// let at = |x: Array2<f64>| Ok::<f64, Error>(net.limit_kernel_between(&x, &z)?.ntk().values().dot(&coefficients)[[0, 0]]);
    /// let step = array![[0.0, 1e-5, 0.0]];
    /// let difference = (at(&x + &step)? - at(&x - &step)?) / 2e-5;
    /// assert!((slope[[0, 1]] - difference).abs() <= 1e-8);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// Three runs of the recursion in pairs of numbers: a few times the kernel between `x` and `z`.
    ///
    /// # Errors
    /// As for [`Net::limit_kernel_between`]; [`Error::Size`] for an image input, for which the kernel is a function of every pair of
    /// positions, and for `u` and `coefficients` that do not fit; [`Error::NoSecondDerivative`]; [`Error::TooSmall`] for a row of zeros
    /// where no bias makes the kernel smooth there.
    pub fn limit_input_gradient(
        &self,
        u: &Array2<f64>,
        x: &Array2<f64>,
        coefficients: &Array2<f64>,
        z: &Array2<f64>,
    ) -> Result<LimitInputGradient> {
        self.check(PLACE, x)?;
        check_input(PLACE, z, Some(x.ncols()))?;
        for (matrix, what, expected) in
            [(u, "rows of u", x.nrows()), (coefficients, "rows of the coefficients", z.nrows())]
        {
            if matrix.nrows() != expected {
                return Err(Error::Size { place: PLACE, what, expected, got: matrix.nrows() });
            }
            check_finite(PLACE, matrix)?;
        }
        if u.ncols() != coefficients.ncols() {
            let (expected, got) = (coefficients.ncols(), u.ncols());
            return Err(Error::Size { place: PLACE, what: "columns of u", expected, got });
        }
        let positions = self.origin_of(x.ncols()).positions();
        if positions != 1 {
            return Err(Error::Size { place: PLACE, what: "position of the input", expected: 1, got: positions });
        }
        self.layer().check_second_derivative()?;
        check_memory(PLACE, &[2, x.nrows(), x.ncols()])?;
        let _blas = single_threaded_blas();
        let (mut nngp, mut ntk) = (Array2::zeros(x.dim()), Array2::zeros(x.dim()));
        nngp.axis_chunks_iter_mut(Axis(0), ROWS)
            .into_par_iter()
            .zip(ntk.axis_chunks_iter_mut(Axis(0), ROWS))
            .zip(x.axis_chunks_iter(Axis(0), ROWS).into_par_iter().zip(u.axis_chunks_iter(Axis(0), ROWS)))
            .try_for_each(|((mut nngp, mut ntk), (x, u))| {
                for start in (0..z.nrows()).step_by(COLUMNS) {
                    let columns = s![start..z.nrows().min(start + COLUMNS), ..];
                    let weights = u.dot(&coefficients.slice(columns).t());
                    let [k, t] = self.block_gradient(&weights, x, z.slice(columns))?;
                    nngp += &k;
                    ntk += &t;
                }
                Ok::<(), Error>(())
            })?;
        if all_finite(&nngp) && all_finite(&ntk) {
            return Ok(LimitInputGradient { nngp, ntk });
        }
        let zero = x.rows().into_iter().position(|row| row.iter().all(|&v| v == 0.0));
        Err(match zero.filter(|&row| ntk.row(row).iter().any(|v| !v.is_finite())) {
            Some(index) => Error::TooSmall { place: PLACE, what: AT_ZERO, index, value: 0.0, floor: 0.0 },
            None => Error::Overflow { place: PLACE },
        })
    }

    /// Of the points of a block, with the NNGP kernel and with the NTK.
    fn block_gradient(
        &self,
        weights: &Array2<f64>,
        x: ArrayView2<'_, f64>,
        z: ArrayView2<'_, f64>,
    ) -> Result<[Array2<f64>; 2]> {
        let origin = self.origin_of(x.ncols());
        let moving = Moving::new([x, z], origin, self.pairs())?;
        let mut gradients = [Array2::zeros(x.dim()), Array2::zeros(x.dim())];
        for coordinate in Coordinate::ALL {
            let kernels = self.limit_of(moving.along(coordinate), origin, None)?;
            for (gradient, kernel) in gradients.iter_mut().zip(kernels) {
                let weighted = Zip::from(weights).and(&kernel).map_collect(|weight, k| weight * k.tangent);
                *gradient += &moving.chain(coordinate, weighted);
            }
        }
        Ok(gradients)
    }
}
