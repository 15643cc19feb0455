//! Products with curvature matrices, compiled once per number type.

use super::problem::Problem;
use super::{gauss_newton, hessian};
use crate::instances::instances;
use crate::linalg::ValueTape;
use crate::net::Networks;
use ndarray::Array2;

instances! {
    /// Curvature of losses in a number type.

    pub trait Curvatures: Networks {
        /// See [`HessianOperator`](super::HessianOperator).
        fn hessian_vector(
            problem: &Problem<'_, Self>, direction: &[Array2<Self>], tape: Option<&ValueTape<Self>>,
        ) -> Vec<Array2<Self>> = hessian::product;
        /// See [`GaussNewtonOperator`](super::GaussNewtonOperator).
        fn gauss_newton_vector(problem: &Problem<'_, Self>, direction: &[Array2<Self>]) -> Vec<Array2<Self>> =
            gauss_newton::product;
    }
}
