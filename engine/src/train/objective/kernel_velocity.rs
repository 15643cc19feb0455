//! How fast the tangent kernel changes in training.

use super::Objective;
use crate::error::Result;
use crate::net::Network;
use crate::train::Training;
use ndarray::Array2;

impl Objective {
    /// The velocity `dΘ/dt` of the tangent kernel of `x: [m, d]` under gradient flow of the objective from the parameters of a network as
    /// they are now, symmetric, `[m · c, m · c]` as [`Network::kernel`] orders it: [`Network::kernel_derivative`] along
    /// `dθ_p/dt = -η_p ∂(L + R)/∂θ_p`, with the learning rates `η_p` of parameters relative to the common one `η` and with the penalty `R`.
    ///
    /// Time is that of the [state](crate::train::State) of a training, `η` for each step of plain [`Sgd`](crate::train::Sgd) on all points:
    /// such a step changes the kernel by `η dΘ/dt` in first order. `x` need not be points of the objective. How far two kernels of a
    /// training are apart in angle is another quantity, [`kernel_velocity`](crate::spectrum::kernel_velocity).
    ///
    /// Source: the chain rule; for the squared error it is the equation of the kernel in the hierarchy of Huang and Yau 2020.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let (x, net) = (sphere(20, 4, Seed(0))?, network("one layer", dense(1)).input(4));
    /// let objective = Objective::new(&x, &x.column(0).to_owned(), SquaredError)?;
    /// // Of a linear network it stands still, of a product net it moves.
    /// assert!(objective.kernel_velocity(&net.init(Seed(1))?, &x)?.iter().all(|v| *v == 0.0));
    /// let product = ccp(3).width(32).input(4).init(Seed(1))?;
    /// let (velocity, kernel) = (objective.kernel_velocity(&product, &x)?, product.kernel(&x)?);
    /// assert!(velocity[[0, 0]].abs() > 1e-3 * kernel.ntk().values()[[0, 0]]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Objective::gradient`] and [`Network::kernel_derivative`].
    pub fn kernel_velocity<F: Training>(&self, network: &Network<F>, x: &Array2<f64>) -> Result<Array2<f64>> {
        F::kernel_velocity(self, network, x)
    }

    pub(in crate::train) fn kernel_velocity_here<F: Training>(
        &self,
        network: &Network<F>,
        x: &Array2<f64>,
    ) -> Result<Array2<f64>> {
        // Before the gradient, which may be of many more points.
        network.check("velocity of the tangent kernel", x)?;
        network.check_second_derivative()?;
        let (_, mut flow) = self.gradient_here(network)?;
        for (gradient, parameter) in flow.iter_mut().zip(network.parameters()) {
            *gradient *= F::of(-parameter.slot().rate);
        }
        network.kernel_derivative(&flow, x)
    }
}
