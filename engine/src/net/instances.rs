//! What a network does with points, compiled once per number type.

use super::Network;
use crate::error::Result;
use crate::instances::instances;
use crate::sweep::Sweeps;
use ndarray::Array2;

instances! {
    /// Networks in a number type.
    pub trait Networks: Sweeps {
        /// Refuses parameters of another shape than the architecture's, and values that are not finite.
        fn check_parameters(network: &Network<Self>) -> Result<()> = Network::check_parameters_here;
        /// See [`Network::outputs`].
        fn outputs_on(network: &Network<Self>, x: &Array2<f64>) -> Result<Array2<f64>> = Network::outputs_here;
        /// See [`Network::jacobian_vector`].
        fn jacobian_vector(
            network: &Network<Self>, direction: &[Array2<Self>], x: &Array2<f64>,
        ) -> Result<Array2<f64>> = Network::jacobian_vector_here;
        /// See [`Network::vector_jacobian`].
        fn vector_jacobian(
            network: &Network<Self>, u: &Array2<f64>, x: &Array2<f64>,
        ) -> Result<Vec<Array2<Self>>> = Network::vector_jacobian_here;
        /// See [`Network::linearised_outputs`].
        fn linearised_outputs(
            network: &Network<Self>, at: &Network<Self>, x: &Array2<f64>,
        ) -> Result<Array2<f64>> = Network::linearised_outputs_here;
        /// See [`Network::input_jacobian_vector`].
        fn input_jacobian_vector(
            network: &Network<Self>, direction: &Array2<f64>, x: &Array2<f64>,
        ) -> Result<Array2<f64>> = Network::input_jacobian_vector_here;
        /// See [`Network::input_gradient`] and, with a direction, [`Network::linearised_input_gradient`].
        fn input_gradients(
            network: &Network<Self>, direction: Option<&[Array2<Self>]>, u: &Array2<f64>, x: &Array2<f64>,
        ) -> Result<Array2<f64>> = Network::input_gradients_here;
    }
}
