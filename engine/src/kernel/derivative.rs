//! How the tangent kernel changes as parameters move.

use super::FiniteKernels;
use super::finite::tangent_weight;
use crate::error::{Result, check_memory, check_size};
use crate::net::{Network, finite};
use ndarray::Array2;

impl<F: FiniteKernels> Network<F> {
    /// The derivative of the tangent kernel of `x: [n, d]` along a direction `v` in the parameters,
    /// `d/dε Θ(θ + ε v)` at `ε = 0`, symmetric, `[n · c, n · c]` as [`Network::kernel`] orders it; `direction` holds one array per
    /// parameter, of its shape. With the velocity of the parameters in training it is that of the kernel.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let product = serial([hadamard([dense(32), dense(32), dense(32)]), dense(1)]);
    /// let (network, x) = (network("product", product).input(4).init(Seed(0))?, sphere(5, 4, Seed(1))?);
    /// // Of a product net without biases the kernel is homogeneous of degree 6 in all parameters.
    /// let outwards: Vec<_> = network.parameters().iter().map(|p| p.values.clone()).collect();
    /// let (derivative, kernel) = (network.kernel_derivative(&outwards, &x)?, network.kernel(&x)?);
    /// let expected = 6.0 * kernel.ntk().values()[[0, 1]];
    /// assert!((derivative[[0, 1]] - expected).abs() <= 1e-10 * expected.abs());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Network::kernel`] and [`Network::jacobian_vector`];
    /// [`Error::NoSecondDerivative`](crate::Error::NoSecondDerivative).
    pub fn kernel_derivative(&self, direction: &[Array2<F>], x: &Array2<f64>) -> Result<Array2<f64>> {
        F::kernel_derivative(self, direction, x)
    }

    pub(super) fn kernel_derivative_here(&self, direction: &[Array2<F>], x: &Array2<f64>) -> Result<Array2<f64>> {
        let place = "derivative of the tangent kernel";
        self.check(place, x)?;
        self.check_direction(place, direction)?;
        self.check_second_derivative()?;
        let size = x.nrows().saturating_mul(self.outputs_count());
        check_size(place, "the number of rows of all outputs", size)?;
        check_memory(place, &[2, size, size])?;
        let weights: Vec<f64> = self.parameters().iter().map(tangent_weight).collect();
        finite(place, F::tangent_gram_along(&self.model(), direction, x.mapv(F::of).view(), &weights))
    }
}
