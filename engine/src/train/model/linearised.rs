//! The first-order Taylor model of a network, as a model that can be trained.

use super::{Model, RowLoss};
use crate::error::{Error, Result};
use crate::kernel::{Kernels, Outputs};
use crate::net::Network;
use crate::op::Parameter;
use crate::train::Training;
use ndarray::{Array2, ArrayView2, s};

/// The linearisation of a network at parameters `θ_0`, `f(x; θ_0) + J(x) (θ - θ_0)` with `J = ∂f/∂θ` at `θ_0`, or the centred one,
/// `J(x) (θ - θ_0)`: built by [`Network::linearised`]. Its tangent kernel is constant, that of the network at `θ_0`.
///
/// It is evaluated and trained as a network is:
/// ```
/// use hadamard::prelude::*;
///
/// let (x, network) = (sphere(20, 4, Seed(0))?, mlp(2).width(64).input(4).init(Seed(1))?);
/// let mut linear = network.linearised();
/// let objective = Objective::new(&x, &x.column(0).to_owned(), SquaredError)?;
/// Trainer::steps(100, Sgd::new(0.1)).train(&mut linear, &objective)?;
/// let moved = linear.network();                              // the network with the parameters that were found
/// assert_eq!(linear.outputs(&x)?, network.linearised_outputs(moved, &x)?);
/// # Ok::<(), Error>(())
/// ```
///
/// ## Cost
/// A step of training is one forward pass with a tangent more than a network's.
/// ## References
/// Lee et al. 2019; the centred form is that of Loo et al. 2022.
#[derive(Clone, PartialEq)]
pub struct Linearised<F = f64> {
    anchor: Network<F>,
    network: Network<F>,
    centred: bool,
}

impl<F: Training> Network<F> {
    /// The [linearisation](Linearised) at the parameters as they are now.
    pub fn linearised(&self) -> Linearised<F> {
        Linearised { anchor: self.clone(), network: self.clone(), centred: false }
    }
}

impl<F: Training> Network<F> {
    /// Predictions with the network's tangent kernel over `z: [m, d]` with coefficients `[m, c]`, `f(x) = Σ_j Θ(x, z_j) α_j`, as the
    /// centred linearisation that has them: that at `θ = θ_0 + Σ_j η ∂f(z_j)/∂θ α_j`. What the sum has below the last digit of `θ_0` is lost:
    /// take coefficients of a size at which predictions are far above it.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let (network, z) = (mlp(2).width(64).input(3).init(Seed(0))?, sphere(10, 3, Seed(1))?);
    /// let kernels = network.kernel(&z)?;
    /// let coefficients = kernels.ntk().regression(&z.column(0).to_owned())?.solve()?.insert_axis(Axis(1));
    /// let f = network.kernel_predictor(&coefficients, &z)?;
    /// assert!((f.outputs(&z)?[[3, 0]] - z[[3, 0]]).abs() <= 1e-8);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Network::vector_jacobian`].
    pub fn kernel_predictor(&self, coefficients: &Array2<f64>, z: &Array2<f64>) -> Result<Linearised<F>> {
        let direction = self.vector_jacobian(coefficients, z)?;
        let mut predictor = self.linearised().centred();
        for (parameter, along) in predictor.parameters_mut().iter_mut().zip(&direction) {
            let rate = F::of(parameter.slot().rate);
            parameter.values.zip_mut_with(along, |value, &along| *value += rate * along);
        }
        Ok(predictor)
    }
}

impl<F: Training> Linearised<F> {
    /// Leaves out the outputs at `θ_0`: `f(x) = J(x) (θ - θ_0)`.
    pub fn centred(self) -> Self {
        Self { centred: true, ..self }
    }

    /// Sets `θ` to the parameters of another draw of the same architecture; `θ_0` stays.
    ///
    /// # Errors
    /// [`Error::Unlike`] for a network whose parameters have other shapes, scales or learning rates.
    pub fn at(self, network: &Network<F>) -> Result<Self> {
        let slots = |network: &Network<F>| network.parameters().iter().map(|p| p.slot().clone()).collect::<Vec<_>>();
        if slots(&self.anchor) != slots(network) {
            let reason = "the two networks differ in the shapes, scales or learning rates of their parameters; draw both from one architecture";
            return Err(Error::Unlike { place: "linearised network", reason });
        }
        Ok(Self { network: network.clone(), ..self })
    }

    /// The network with the parameters `θ_0`.
    pub fn anchor(&self) -> &Network<F> {
        &self.anchor
    }

    /// The network, not linearised, with the parameters `θ` as they are now.
    pub fn network(&self) -> &Network<F> {
        &self.network
    }

    /// The parameters `θ`, in forward order; shapes and values are checked when they are next used.
    pub fn parameters_mut(&mut self) -> &mut [Parameter<F>] {
        self.network.parameters_mut()
    }

    /// Outputs `[n, c]` for `x: [n, d]`.
    ///
    /// # Errors
    /// As for [`Network::linearised_outputs`].
    pub fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        match self.centred {
            false => self.anchor.linearised_outputs(&self.network, x),
            true => self.anchor.jacobian_vector(&self.checked_displacement()?, x),
        }
    }

    /// `Jᵀ u` at `θ_0`, for `u: [n, c]`.
    ///
    /// # Errors
    /// As for [`Network::vector_jacobian`].
    pub fn vector_jacobian(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<F>>> {
        self.anchor.vector_jacobian(u, x)
    }

    /// `Σ_c u_ic ∂f_c(x_i)/∂x_i`, `[n, d]`, for `u: [n, c]`.
    ///
    /// # Errors
    /// As for [`Network::linearised_input_gradient`].
    pub fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        let moved = self.anchor.linearised_input_gradient(&self.checked_displacement()?, u, x)?;
        if self.centred { Ok(moved) } else { Ok(moved + self.anchor.input_gradient(u, x)?) }
    }

    /// The tangent kernel, which does not depend on `θ`, of `x: [n, d]` with itself.
    ///
    /// # Errors
    /// As for [`Network::kernel_of`].
    pub fn kernel_of(&self, outputs: Outputs, x: &Array2<f64>) -> Result<Kernels> {
        self.anchor.kernel_of(outputs, x)
    }

    /// `θ - θ_0`.
    fn displacement(&self) -> Vec<Array2<F>> {
        let pairs = self.network.parameters().iter().zip(self.anchor.parameters());
        pairs.map(|(now, start)| &now.values - &start.values).collect()
    }

    /// # Errors
    /// [`Error::Size`], [`Error::NotFinite`] for parameters that were set by hand.
    fn checked_displacement(&self) -> Result<Vec<Array2<F>>> {
        self.network.check_parameters()?;
        for (now, start) in self.network.parameters().iter().zip(self.anchor.parameters()) {
            let (expected, got) = (start.values.dim(), now.values.dim());
            if expected != got {
                let (place, what) = ("linearised network", "numbers in a parameter of the same shape");
                return Err(Error::Size { place, what, expected: start.values.len(), got: now.values.len() });
            }
        }
        Ok(self.displacement())
    }

    pub(in crate::train) fn loss_gradient_here(
        &self,
        x: ArrayView2<'_, F>,
        loss: &RowLoss<'_, F>,
    ) -> (f64, Vec<Array2<F>>) {
        let (along, anchor) = (self.displacement(), self.anchor.model());
        F::loss_gradient(&anchor, x, 1, &|rows, start| {
            let [_, mut outputs] = F::outputs_along(&anchor, &along, x.slice(s![rows.clone(), ..]));
            if !self.centred {
                outputs += &start;
            }
            loss(rows, outputs)
        })
    }
}

impl<F: Training> std::fmt::Debug for Linearised<F> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, net) = (Model::kind(self), self.network.net());
        write!(f, "{kind} of {}, {} parameters", net.name(), self.network.parameters().len())
    }
}

impl<F: Training> Model<F> for Linearised<F> {
    fn network(&self) -> &Network<F> {
        &self.network
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter<F>> {
        self.network.parameters_mut().iter_mut().collect()
    }

    fn kind(&self) -> &'static str {
        if self.centred { "centred linearisation" } else { "linearisation" }
    }

    fn fixed(&self) -> &[Parameter<F>] {
        self.anchor.parameters()
    }

    fn check(&self) -> Result<()> {
        self.checked_displacement().map(|_| ())
    }

    fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        Linearised::outputs(self, x)
    }

    fn vector_jacobian(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<F>>> {
        Linearised::vector_jacobian(self, u, x)
    }

    fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
        Linearised::input_gradient(self, u, x)
    }

    fn kernel_of(&self, outputs: Outputs, x: &Array2<f64>) -> Result<Kernels> {
        Linearised::kernel_of(self, outputs, x)
    }

    fn loss_gradient(&self, x: ArrayView2<'_, F>, loss: &RowLoss<'_, F>) -> (f64, Vec<Array2<F>>) {
        F::linearised_loss_gradient(self, x, loss)
    }
}
