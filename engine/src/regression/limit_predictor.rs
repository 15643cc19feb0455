//! Predictions with limit kernels, as functions of the point.

use crate::error::{Error, Result, check_finite, check_input};
use crate::kernel::Kernel;
use crate::linalg::multiply;
use crate::net::Net;
use ndarray::Array2;

/// `f(x) = Σ_j Θ(x, z_j) α_j` with a limit kernel: built by [`Net::limit_predictor`]. Kernel regression is of this form, with coefficients
/// `Θ⁻¹ y`; so is each of its parts along an eigenvector.
///
/// ```
/// use hadamard::prelude::*;
/// let (net, z) = (mlp(2), sphere(20, 3, Seed(0))?);
/// let coefficients = net.limit_kernel(&z)?.ntk().regression(&z.column(0).to_owned())?.solve()?;
/// let f = net.limit_predictor(&coefficients.insert_axis(Axis(1)), &z)?;
/// assert!((f.outputs(&z)?[[3, 0]] - z[[3, 0]]).abs() <= 1e-8);
/// assert_eq!(f.input_gradient(&array![[1.0]], &array![[0.3, -0.5, 0.8]])?.dim(), (1, 3));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct LimitPredictor {
    net: Net,
    z: Array2<f64>,
    coefficients: Array2<f64>,
    nngp: bool,
}

impl Net {
    /// Predictions with the limit NTK over `z: [m, d]` with coefficients `[m, c]`.
    ///
    /// # Errors
    /// [`Error::Size`] for another number of coefficients than of points; [`Error::NotFinite`]; bad points.
    pub fn limit_predictor(&self, coefficients: &Array2<f64>, z: &Array2<f64>) -> Result<LimitPredictor> {
        let place = "limit predictor";
        check_input(place, z, None)?;
        if coefficients.nrows() != z.nrows() {
            let (what, expected, got) = ("rows of the coefficients", z.nrows(), coefficients.nrows());
            return Err(Error::Size { place, what, expected, got });
        }
        check_finite(place, coefficients)?;
        Ok(LimitPredictor { net: self.clone(), z: z.clone(), coefficients: coefficients.clone(), nngp: false })
    }
}

impl LimitPredictor {
    /// With the NNGP kernel instead.
    pub fn nngp(self) -> Self {
        Self { nngp: true, ..self }
    }

    /// Other coefficients over the same points, `[m, c]`.
    ///
    /// # Errors
    /// As for [`Net::limit_predictor`].
    pub fn with_coefficients(&self, coefficients: &Array2<f64>) -> Result<Self> {
        Ok(Self { nngp: self.nngp, ..self.net.limit_predictor(coefficients, &self.z)? })
    }

    /// `[n, c]` at `x: [n, d]`.
    ///
    /// # Errors
    /// As for [`Net::limit_kernel_between`].
    pub fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        let kernels = self.net.limit_kernel_between(x, &self.z)?;
        let kernel: &Kernel = if self.nngp { kernels.nngp() } else { kernels.ntk() };
        let outputs = multiply(kernel.values(), &self.coefficients);
        match crate::error::all_finite(&outputs) {
            true => Ok(outputs),
            false => Err(Error::Overflow { place: "limit predictor" }),
        }
    }

    /// `Σ_c u_ic ∂f_c(x_i)/∂x_i`, `[n, d]`, for `u: [n, c]`.
    ///
    /// # Errors
    /// As for [`Net::limit_input_gradient`].
    pub fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        let gradients = self.net.limit_input_gradient(u, x, &self.coefficients, &self.z)?;
        Ok(if self.nngp { gradients.nngp } else { gradients.ntk })
    }
}

impl std::fmt::Debug for LimitPredictor {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kernel, (points, outputs)) = (if self.nngp { "NNGP kernel" } else { "NTK" }, self.coefficients.dim());
        write!(f, "predictions with the {kernel} of {} over {points} points, {outputs} outputs", self.net.name())
    }
}
