//! Kernels of networks, compiled once per number type.

use super::{Kernels, LayerKernel, Outputs};
use crate::error::Result;
use crate::instances::instances;
use crate::net::{Network, Networks};
use ndarray::Array2;

instances! {
    /// Finite-width kernels in a number type.
    pub trait FiniteKernels: Networks {
        /// See [`Network::kernel_of`] and, with a second set of points, [`Network::kernel_of_between`].
        fn kernels(
            network: &Network<Self>, outputs: Outputs, x1: &Array2<f64>, x2: Option<&Array2<f64>>,
        ) -> Result<Kernels> = Network::kernels_here;
        /// See [`Network::kernel_by_layer`].
        fn kernel_by_layer(network: &Network<Self>, x: &Array2<f64>) -> Result<Vec<LayerKernel>> =
            Network::kernel_by_layer_here;
        /// See [`Network::kernel_derivative`].
        fn kernel_derivative(
            network: &Network<Self>, direction: &[Array2<Self>], x: &Array2<f64>,
        ) -> Result<Array2<f64>> = Network::kernel_derivative_here;
    }
}
