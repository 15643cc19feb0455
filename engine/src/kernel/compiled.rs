//! Kernels of networks, compiled once per number type, as the [sweeps](crate::sweep::Sweeps) are: generic code is compiled where it is
//! used, which for a network in a notebook is the cell.

use super::{Kernels, LayerKernel, Outputs};
use crate::error::Result;
use crate::net::Network;
use ndarray::Array2;

/// Finite-width kernels in a number type.
pub trait FiniteKernels: Sized {
    /// See [`Network::kernel_of`] and, with a second set of points, [`Network::kernel_of_between`].
    fn kernels(
        network: &Network<Self>,
        outputs: Outputs,
        x1: &Array2<f64>,
        x2: Option<&Array2<f64>>,
    ) -> Result<Kernels>;
    /// See [`Network::kernel_by_layer`].
    fn kernel_by_layer(network: &Network<Self>, x: &Array2<f64>) -> Result<Vec<LayerKernel>>;
}

macro_rules! compiled {
    ($($float:ty),*) => {$(
        impl FiniteKernels for $float {
            fn kernels(
                network: &Network<Self>,
                outputs: Outputs,
                x1: &Array2<f64>,
                x2: Option<&Array2<f64>>,
            ) -> Result<Kernels> {
                network.kernels_here(outputs, x1, x2)
            }
            fn kernel_by_layer(network: &Network<Self>, x: &Array2<f64>) -> Result<Vec<LayerKernel>> {
                network.kernel_by_layer_here(x)
            }
        }
    )*};
}

compiled!(f32, f64);
