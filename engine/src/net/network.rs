//! A network with parameters.

use super::{Net, Networks};
use crate::error::{Error, Result, all_finite, check_finite, check_input, check_memory, check_size};
use crate::linalg::Scalar;
use crate::op::{Parameter, Shape};
use crate::sweep::{Model, Sweeps};
use ndarray::Array2;

/// A network with parameters, in `f64` or `f32`.
#[derive(Clone, PartialEq)]
pub struct Network<F = f64> {
    net: Net,
    parameters: Vec<Parameter<F>>,
    output: Shape,
}

impl<F: Scalar> Network<F> {
    pub(super) fn new(net: Net, parameters: Vec<Parameter<F>>, output: Shape) -> Self {
        Self { net, parameters, output }
    }

    /// The architecture.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// The parameters, in forward order.
    pub fn parameters(&self) -> &[Parameter<F>] {
        &self.parameters
    }

    /// The parameters, in forward order; shapes and values are checked when they are next used.
    pub fn parameters_mut(&mut self) -> &mut [Parameter<F>] {
        &mut self.parameters
    }

    /// The same network in another precision.
    pub fn cast<G: Scalar>(&self) -> Network<G> {
        let parameters = self.parameters.iter().map(Parameter::cast).collect();
        Network { net: self.net.clone(), parameters, output: self.output }
    }

    /// Number of outputs.
    pub fn outputs_count(&self) -> usize {
        self.output.len()
    }

    /// The network as a sweep sees it, for a loop of one's own over [`Scalar`]'s sweeps.
    pub fn model(&self) -> Model<'_, F> {
        let input = self.net.input.unwrap_or(Shape::vector(0));
        let (layer, parameters) = (&self.net.layer, &self.parameters);
        Model { layer, parameters, input, output: self.output, hidden: self.net.width }
    }

    pub(super) fn check_parameters_here(&self) -> Result<()> {
        for parameter in &self.parameters {
            let (expected, got) = (parameter.slot().dim, parameter.values.dim());
            let place = parameter.slot().op;
            for (what, expected, got) in
                [("rows of a parameter", expected.0, got.0), ("columns of a parameter", expected.1, got.1)]
            {
                if expected != got {
                    return Err(Error::Size { place, what, expected, got });
                }
                check_size(place, "the number of rows or columns of a parameter", got)?;
            }
            check_finite(place, &parameter.values)?;
        }
        Ok(())
    }
}

impl<F: Networks> Network<F> {
    /// Outputs `[n, out]` for `x: [n, d]`.
    ///
    /// # Errors
    /// Input without rows, of the wrong number of features, or with a value that is not finite; [`Error::Overflow`].
    pub fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        F::outputs_on(self, x)
    }

    pub(super) fn outputs_here(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        self.check("network outputs", x)?;
        let y = F::outputs(&self.model(), x.mapv(F::of).view()).mapv(F::to_f64);
        finite("network outputs", y)
    }

    /// Checks an input, and the parameters, which may have been set by hand.
    ///
    /// # Errors
    /// Bad input; [`Error::Size`] for a parameter of another shape than the architecture's, [`Error::NotFinite`] for a value.
    pub(crate) fn check(&self, place: &'static str, x: &Array2<f64>) -> Result<()> {
        check_input(place, x, self.net.input.map(|shape| shape.len()))?;
        self.check_parameters()
    }

    pub(crate) fn check_parameters(&self) -> Result<()> {
        F::check_parameters(self)
    }

    /// # Errors
    /// [`Error::Size`] unless the network has one output.
    pub fn require_one_output(&self, place: &'static str) -> Result<()> {
        match self.output.len() {
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
        let numbers = self.parameters.iter().map(|p| p.values.len()).sum();
        check_memory("Jacobian", &[x.nrows(), self.outputs_count(), numbers])?;
        finite("Jacobian", f64::jacobian(&self.model(), x.view()))
    }
}

/// Refuses a result with a value that is not finite.
pub(crate) fn finite(place: &'static str, a: Array2<f64>) -> Result<Array2<f64>> {
    if all_finite(&a) { Ok(a) } else { Err(Error::Overflow { place }) }
}
