//! What a network does with points, compiled once per number type, as the [sweeps](crate::sweep::Sweeps) are: generic code is compiled
//! where it is used, which for a network in a notebook is the cell.

use super::Network;
use crate::error::Result;
use ndarray::Array2;

/// Networks in a number type.
pub trait Networks: Sized {
    /// Refuses parameters of another shape than the architecture's, and values that are not finite.
    fn check_parameters(network: &Network<Self>) -> Result<()>;
    /// See [`Network::outputs`].
    fn outputs_on(network: &Network<Self>, x: &Array2<f64>) -> Result<Array2<f64>>;
    /// See [`Network::jacobian_vector`].
    fn jacobian_vector(network: &Network<Self>, direction: &[Array2<Self>], x: &Array2<f64>) -> Result<Array2<f64>>;
    /// See [`Network::vector_jacobian`].
    fn vector_jacobian(network: &Network<Self>, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<Self>>>;
    /// See [`Network::linearised_outputs`].
    fn linearised_outputs(network: &Network<Self>, at: &Network<Self>, x: &Array2<f64>) -> Result<Array2<f64>>;
}

macro_rules! compiled {
    ($($float:ty),*) => {$(
        impl Networks for $float {
            fn check_parameters(network: &Network<Self>) -> Result<()> {
                network.check_parameters_here()
            }
            fn outputs_on(network: &Network<Self>, x: &Array2<f64>) -> Result<Array2<f64>> {
                network.outputs_here(x)
            }
            fn jacobian_vector(
                network: &Network<Self>,
                direction: &[Array2<Self>],
                x: &Array2<f64>,
            ) -> Result<Array2<f64>> {
                network.jacobian_vector_here(direction, x)
            }
            fn vector_jacobian(
                network: &Network<Self>,
                u: &Array2<f64>,
                x: &Array2<f64>,
            ) -> Result<Vec<Array2<Self>>> {
                network.vector_jacobian_here(u, x)
            }
            fn linearised_outputs(
                network: &Network<Self>,
                at: &Network<Self>,
                x: &Array2<f64>,
            ) -> Result<Array2<f64>> {
                network.linearised_outputs_here(at, x)
            }
        }
    )*};
}

compiled!(f32, f64);
