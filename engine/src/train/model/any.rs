//! A model of either number type, for functions that users write.

use super::Model;
use crate::curvature::Curvatures;
use crate::error::{Error, Result};
use crate::kernel::{FiniteKernels, Kernels, Outputs};
use crate::linalg::LinearOperator;
use crate::train::{Objective, Training};
use ndarray::Array2;

/// A model in `f32` or `f64`, as it is handed to functions of the user: those that change a batch and those that observe. What comes back
/// is in `f64`.
#[derive(Clone, Copy)]
pub enum AnyModel<'a> {
    /// In `f32`.
    Single(&'a dyn Model<f32>),
    /// In `f64`.
    Double(&'a dyn Model<f64>),
}

/// A number type by which models are told apart.
pub trait NumberType: FiniteKernels + Curvatures {
    /// A model of it.
    fn any(model: &dyn Model<Self>) -> AnyModel<'_>;
}

impl NumberType for f32 {
    fn any(model: &dyn Model<Self>) -> AnyModel<'_> {
        AnyModel::Single(model)
    }
}

impl NumberType for f64 {
    fn any(model: &dyn Model<Self>) -> AnyModel<'_> {
        AnyModel::Double(model)
    }
}

/// The same call on either.
macro_rules! either {
    ($self:ident, $model:ident => $call:expr) => {
        match $self {
            AnyModel::Single($model) => $call,
            AnyModel::Double($model) => $call,
        }
    };
}

impl AnyModel<'_> {
    /// See [`Model::outputs`].
    ///
    /// # Errors
    /// As there.
    pub fn outputs(self, x: &Array2<f64>) -> Result<Array2<f64>> {
        either!(self, model => model.outputs(x))
    }

    /// See [`Model::vector_jacobian`].
    ///
    /// # Errors
    /// As there.
    pub fn vector_jacobian(self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<f64>>> {
        either!(self, model => Ok(model.vector_jacobian(u, x)?.iter().map(widened).collect()))
    }

    /// See [`Model::input_gradient`].
    ///
    /// # Errors
    /// As there.
    pub fn input_gradient(self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        either!(self, model => model.input_gradient(u, x))
    }

    /// See [`Model::kernel_of`].
    ///
    /// # Errors
    /// As there.
    pub fn kernel_of(self, outputs: Outputs, x: &Array2<f64>) -> Result<Kernels> {
        either!(self, model => model.kernel_of(outputs, x))
    }

    /// The Hessian of the mean loss of an objective, without its penalty and with the parameters' own learning rates: see
    /// [`HessianOperator::with_rates`](crate::curvature::HessianOperator::with_rates).
    ///
    /// # Errors
    /// [`Error::Unlike`] for a model other than a network; as for [`Network::hessian_operator`](crate::net::Network::hessian_operator).
    pub fn hessian(self, objective: &Objective) -> Result<Box<dyn LinearOperator>> {
        let (x, y) = (objective.points(), objective.targets());
        either!(self, model => {
            if model.kind() != "network" {
                let reason = "second derivatives are those of a network, and this model is another";
                return Err(Error::Unlike { place: "Hessian", reason });
            }
            Ok(Box::new(model.network().hessian_operator(&objective.loss, x, y)?.with_rates()))
        })
    }

    /// The parameters as they are now, in the order of [`Model::parameters`].
    pub fn parameters(self) -> Vec<Array2<f64>> {
        either!(self, model => model.parameters().iter().map(|p| widened(&p.values)).collect())
    }
}

fn widened<F: Training>(values: &Array2<F>) -> Array2<f64> {
    values.map(|v| v.to_f64())
}

impl std::fmt::Debug for AnyModel<'_> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, name) = either!(self, model => (model.kind(), model.network().net().name().to_string()));
        write!(f, "{kind}: {name}")
    }
}
