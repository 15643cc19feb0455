//! A network as a model.

use super::{Model, RowLoss};
use crate::error::Result;
use crate::kernel::{Kernels, Outputs};
use crate::net::Network;
use crate::op::Parameter;
use crate::train::Training;
use ndarray::{Array2, ArrayView2};

impl<F: Training> Model<F> for Network<F> {
    fn network(&self) -> &Network<F> {
        self
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter<F>> {
        Network::parameters_mut(self).iter_mut().collect()
    }

    fn kind(&self) -> &'static str {
        "network"
    }

    fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        Network::outputs(self, x)
    }

    fn vector_jacobian(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<F>>> {
        Network::vector_jacobian(self, u, x)
    }

    fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        Network::input_gradient(self, u, x)
    }

    fn kernel_of(&self, outputs: Outputs, x: &Array2<f64>) -> Result<Kernels> {
        Network::kernel_of(self, outputs, x)
    }

    fn loss_gradient(&self, x: ArrayView2<'_, F>, loss: &RowLoss<'_, F>) -> (f64, Vec<Array2<F>>) {
        F::loss_gradient(&self.model(), x, 1, loss)
    }
}
