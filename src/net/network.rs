//! A network with parameters.

use super::Net;
use crate::error::{Error, Result, check_input};
use crate::kernel::{Kernels, Route};
use crate::linalg::Scalar;
use crate::op::{DenseParameters, Op};
use crate::sweep::{self, TangentGram};
use ndarray::Array2;

/// A network with parameters, in `f64` or `f32`.
#[derive(Clone, Debug, PartialEq)]
pub struct Network<F = f64> {
    net: Net,
    parameters: Vec<DenseParameters<F>>,
}

impl<F: Scalar> Network<F> {
    pub(super) fn new(net: Net, parameters: Vec<DenseParameters<F>>) -> Self {
        Self { net, parameters }
    }

    /// The architecture.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// The parameters per dense layer, in forward order.
    pub fn parameters(&self) -> &[DenseParameters<F>] {
        &self.parameters
    }

    /// The parameters per dense layer, in forward order.
    pub fn parameters_mut(&mut self) -> &mut [DenseParameters<F>] {
        &mut self.parameters
    }

    /// The same network in another precision.
    pub fn cast<G: Scalar>(&self) -> Network<G> {
        Network { net: self.net.clone(), parameters: self.parameters.iter().map(DenseParameters::cast).collect() }
    }

    /// Outputs `[n, out]` for `x: [n, d]`.
    ///
    /// # Errors
    /// Input without rows, of the wrong number of features, or with a value that is not finite; [`Error::Overflow`].
    pub fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        check_input("network outputs", x, self.net.input)?;
        let y = sweep::outputs(&self.net.layer, &self.parameters, x.mapv(F::of).view()).mapv(F::to_f64);
        finite("network outputs", y)
    }

    /// The number of outputs.
    fn output_width(&self, features: usize) -> Result<usize> {
        self.net.layer.output_width(features, self.net.width)
    }

    /// # Errors
    /// [`Error::Size`] unless the network has one output.
    pub(crate) fn require_one_output(&self, place: &'static str, features: usize) -> Result<()> {
        match self.output_width(features)? {
            1 => Ok(()),
            got => Err(Error::Size { place, what: "network output", expected: 1, got }),
        }
    }
}

impl Network<f64> {
    /// Finite-width NTK `[n, n]` of `x: [n, d]` with itself, and the NNGP of the last dense layer.
    ///
    /// # Errors
    /// As for [`Network::outputs`]; [`Error::Size`] for more than one output.
    pub fn kernel(&self, x: &Array2<f64>) -> Result<Kernels> {
        self.kernel_of("finite-width NTK", x, None)
    }

    /// Finite-width NTK `[n1, n2]` between `x1: [n1, d]` and `x2: [n2, d]`.
    ///
    /// # Errors
    /// As for [`Network::kernel`].
    pub fn kernel_between(&self, x1: &Array2<f64>, x2: &Array2<f64>) -> Result<Kernels> {
        self.kernel_of("finite-width NTK", x1, Some(x2))
    }

    fn kernel_of(&self, place: &'static str, x1: &Array2<f64>, x2: Option<&Array2<f64>>) -> Result<Kernels> {
        check_input(place, x1, self.net.input)?;
        if let Some(x2) = x2 {
            check_input(place, x2, self.net.input)?;
        }
        self.require_one_output(place, x1.ncols())?;
        let gram = TangentGram::compute(&self.net.layer, &self.parameters, x1.view(), x2.map(|x| x.view()));
        let symmetric = x2.is_none();
        Ok(Kernels::new(finite(place, gram.nngp)?, finite(place, gram.ntk)?, symmetric, Route::Finite))
    }

    /// Jacobian of the outputs with respect to all parameters, `[n · out, p]`: for small problems and tests.
    ///
    /// # Errors
    /// As for [`Network::outputs`].
    pub fn jacobian(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        check_input("Jacobian", x, self.net.input)?;
        finite("Jacobian", sweep::jacobian(&self.net.layer, &self.parameters, x.view()))
    }
}

fn finite(place: &'static str, a: Array2<f64>) -> Result<Array2<f64>> {
    if a.iter().all(|v| v.is_finite()) { Ok(a) } else { Err(Error::Overflow { place }) }
}
