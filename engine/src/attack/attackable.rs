//! What adversarial examples are made of.

use crate::error::Result;
use crate::net::Network;
use crate::regression::LimitPredictor;
use crate::train::{AnyModel, Linearised, Training};
use ndarray::Array2;

/// A function of the input with its derivative: a [network](Network), a [linearisation](Linearised), predictions with a tangent kernel
/// ([`Network::kernel_predictor`]) or with a [limit kernel](LimitPredictor), or one of one's own.
pub trait Attackable {
    /// Outputs `[n, c]` at `x: [n, d]`.
    ///
    /// # Errors
    /// Whatever is wrong with the points.
    fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>>;

    /// `Σ_c u_ic ∂f_c(x_i)/∂x_i`, `[n, d]`, for `u: [n, c]`.
    ///
    /// # Errors
    /// Whatever is wrong with the points.
    fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>>;
}

macro_rules! attackable {
    ($([$($F:ident)?] $model:ty: $of:path, $gradient:path;)*) => {$(
        impl$(<$F: Training>)? Attackable for $model {
            fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
                $of(self, x)
            }

            fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
                $gradient(self, u, x)
            }
        }
    )*};
}

attackable! {
    [F] Network<F>: Network::outputs, Network::input_gradient;
    [F] Linearised<F>: Linearised::outputs, Linearised::input_gradient;
    [] LimitPredictor: LimitPredictor::outputs, LimitPredictor::input_gradient;
}

impl Attackable for AnyModel<'_> {
    fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        AnyModel::outputs(*self, x)
    }

    fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        AnyModel::input_gradient(*self, u, x)
    }
}
