//! Derivatives of outputs with respect to the input.

use super::{Network, Networks, finite};
use crate::error::{Error, Result, check_input};
use ndarray::Array2;

impl<F: Networks> Network<F> {
    /// The derivative of the outputs as every input `x_i` moves along `direction_i`, `[n, out]`, by forward mode; `direction` and `x` are
    /// `[n, d]`.
    ///
    /// # Errors
    /// As for [`Network::outputs`], of both arrays; [`Error::Size`] for a direction of another number of rows.
    pub fn input_jacobian_vector(&self, direction: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        F::input_jacobian_vector(self, direction, x)
    }

    pub(super) fn input_jacobian_vector_here(&self, direction: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        let place = "derivative along the input";
        self.check(place, x)?;
        if direction.nrows() != x.nrows() {
            let (expected, got) = (x.nrows(), direction.nrows());
            return Err(Error::Size { place, what: "rows of the direction", expected, got });
        }
        check_input(place, direction, Some(x.ncols()))?;
        let (along, x) = (direction.mapv(F::of), x.mapv(F::of));
        finite(place, F::outputs_along_input(&self.model(), along.view(), x.view()).mapv(F::to_f64))
    }

    /// `Σ_c u_ic ∂f_c(x_i)/∂x_i`, `[n, d]`, for `u: [n, out]` and `x: [n, d]`.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let (network, x) = (ccp(2).width(16).input(3).init(Seed(0))?, sphere(4, 3, Seed(1))?);
    /// let slope = network.input_gradient(&Array2::ones((4, 1)), &x)?;
    /// let mut moved = x.clone();
    /// moved.column_mut(1).mapv_inplace(|v| v + 1e-6);
    /// let difference = (network.outputs(&moved)? - network.outputs(&x)?) / 1e-6;
    /// assert!((slope[[2, 1]] - difference[[2, 0]]).abs() <= 1e-4);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Network::outputs`]; [`Error::Size`] and [`Error::NotFinite`] for `u`;
    /// [`Error::Overflow`].
    pub fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        F::input_gradients(self, None, u, x)
    }

    /// The input gradient of the linear model around the parameters: `Σ_c u_ic ∂/∂x_i ⟨∂f_c(x_i)/∂θ, v⟩`, `[n, d]`, for a direction `v`
    /// in the parameters, one array per parameter and of its shape, and `u: [n, out]`.
    ///
    /// A prediction with the network's tangent kernel, `Σ_j Θ(x, x_j) α_j`, is `⟨∂f(x)/∂θ, v⟩` with `v = Σ_j η ∂f(x_j)/∂θ α_j`, what
    /// [`Network::vector_jacobian`] returns times the parameters' learning rates: see
    /// [`Network::kernel_input_gradient`](crate::net::Network::kernel_input_gradient).
    ///
    /// # Errors
    /// As for [`Network::input_gradient`] and [`Network::jacobian_vector`];
    /// [`Error::NoSecondDerivative`].
    pub fn linearised_input_gradient(
        &self,
        direction: &[Array2<F>],
        u: &Array2<f64>,
        x: &Array2<f64>,
    ) -> Result<Array2<f64>> {
        F::input_gradients(self, Some(direction), u, x)
    }

    /// The input gradient at `x: [n, d]` of a prediction with the network's tangent kernel, `Σ_ij u_ic Θ_cc'(x_i, z_j) α_jc'` over
    /// `z: [m, d]` with coefficients `α: [m, out]`, for `u: [n, out]`; as `[n, d]`.
    ///
    /// # Errors
    /// As for [`Network::linearised_input_gradient`].
    pub fn kernel_input_gradient(
        &self,
        u: &Array2<f64>,
        x: &Array2<f64>,
        coefficients: &Array2<f64>,
        z: &Array2<f64>,
    ) -> Result<Array2<f64>> {
        let mut direction = self.vector_jacobian(coefficients, z)?;
        for (d, parameter) in direction.iter_mut().zip(self.parameters()) {
            *d *= F::of(parameter.slot().rate);
        }
        self.linearised_input_gradient(&direction, u, x)
    }

    pub(super) fn input_gradients_here(
        &self,
        direction: Option<&[Array2<F>]>,
        u: &Array2<f64>,
        x: &Array2<f64>,
    ) -> Result<Array2<f64>> {
        let place = "input gradient";
        self.check(place, x)?;
        self.check_cotangent(place, u, x.nrows())?;
        let (model, inputs, u) = (self.model(), x.mapv(F::of), u.mapv(F::of));
        let gradient = match direction {
            None => F::input_gradient(&model, inputs.view(), u.view()),
            Some(direction) => {
                self.check_direction(place, direction)?;
                self.check_second_derivative()?;
                F::input_gradient_along(&model, direction, inputs.view(), u.view())
            }
        };
        finite(place, gradient.mapv(F::to_f64))
    }

    /// # Errors
    /// [`Error::NoSecondDerivative`] for a function of a user's that came without.
    pub(crate) fn check_second_derivative(&self) -> Result<()> {
        crate::op::Op::check_second_derivative(self.net().layer())
    }
}
