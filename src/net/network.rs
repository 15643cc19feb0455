//! A network with parameters.

use super::Net;
use crate::error::{Error, Result, check_input};
use crate::linalg::Scalar;
use crate::op::{DenseParameters, Op};
use crate::sweep;
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

    /// The parameters per dense layer, in forward order; shapes and values are checked when they are next used.
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
        self.check("network outputs", x)?;
        let y = sweep::outputs(&self.net.layer, &self.parameters, x.mapv(F::of).view()).mapv(F::to_f64);
        finite("network outputs", y)
    }

    /// Checks an input, and the parameters, which may have been set by hand.
    ///
    /// # Errors
    /// Bad input; [`Error::Size`] for a parameter of another shape than the architecture's, [`Error::NotFinite`] for a value.
    pub(crate) fn check(&self, place: &'static str, x: &Array2<f64>) -> Result<()> {
        check_input(place, x, self.net.input)?;
        for (parameters, (dense, input, output)) in self.parameters.iter().zip(self.net.shapes()?) {
            let (rows, columns) = parameters.weight.dim();
            let biases = parameters.bias.as_ref().map_or(0, |b| b.len());
            if parameters.bias.is_some() != dense.has_bias() {
                let (expected, got) = (usize::from(dense.has_bias()), usize::from(parameters.bias.is_some()));
                return Err(Error::Size { place: "dense parameters", what: "bias vectors", expected, got });
            }
            for (what, expected, got) in [
                ("rows of a weight", input, rows),
                ("columns of a weight", output, columns),
                ("biases", if dense.has_bias() { output } else { 0 }, biases),
            ] {
                if expected != got {
                    return Err(Error::Size { place: "dense parameters", what, expected, got });
                }
            }
            let bias = parameters.bias.iter().flat_map(|b| b.indexed_iter().map(|(column, v)| ((rows, column), v)));
            if let Some(((row, column), value)) =
                parameters.weight.indexed_iter().chain(bias).find(|(_, v)| !v.is_finite())
            {
                return Err(Error::NotFinite { place: "dense parameters", row, column, value: value.to_f64() });
            }
        }
        Ok(())
    }

    /// # Errors
    /// [`Error::Size`] unless the network has one output.
    pub(crate) fn require_one_output(&self, place: &'static str) -> Result<()> {
        let features = self.net.input.unwrap_or(0);
        match self.net.layer.output_width(features, self.net.width)? {
            1 => Ok(()),
            got => Err(Error::Size { place, what: "network output", expected: 1, got }),
        }
    }
}

impl Network<f64> {
    /// Jacobian of the outputs with respect to all parameters, `[n · out, p]`: for small problems and tests.
    ///
    /// # Errors
    /// As for [`Network::outputs`].
    pub fn jacobian(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        self.check("Jacobian", x)?;
        finite("Jacobian", sweep::jacobian(&self.net.layer, &self.parameters, x.view()))
    }
}

/// Refuses a result with a value that is not finite.
pub(crate) fn finite(place: &'static str, a: Array2<f64>) -> Result<Array2<f64>> {
    if a.iter().all(|v| v.is_finite()) { Ok(a) } else { Err(Error::Overflow { place }) }
}
