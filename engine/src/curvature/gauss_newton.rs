use super::Curvatures;
use super::problem::{KNOWN, Problem};
use crate::error::Result;
use crate::linalg::{LinearOperator, Scalar};
use crate::net::Network;
use crate::regression::Loss;
use ndarray::Array2;
use std::borrow::Cow;

/// The Gauss–Newton matrix `(1/n) Σ_i J_iᵀ ∂²ℓ_i/∂f² J_i` of the loss of a network, `[p, p]` over all `p` parameters, never formed: the
/// Hessian without the second derivatives of the network (Schraudolph 2002). Of the squared error its eigenvalues other than zero are
/// `2/n` times those of the tangent kernel.
#[derive(Clone)]
pub struct GaussNewtonOperator<F: Scalar = f64> {
    problem: Problem<'static, F>,
}

const PLACE: &str = "Gauss-Newton-vector product";

impl<F: Curvatures> Network<F> {
    /// The Gauss–Newton matrix of the loss in the parameters at `x: [n, d]` with targets `y: [n, out]`: see [`GaussNewtonOperator`].
    ///
    /// # Errors
    /// As for [`Network::hessian_operator`]; activations need no second derivative.
    pub fn gauss_newton_operator<L: Loss + Clone + Send + Sync + 'static>(
        &self,
        loss: &L,
        x: &Array2<f64>,
        y: &Array2<f64>,
    ) -> Result<GaussNewtonOperator<F>> {
        Ok(GaussNewtonOperator { problem: Problem::new(PLACE, Cow::Owned(self.clone()), loss.clone(), x, y)? })
    }
}

impl<F: Curvatures> GaussNewtonOperator<F> {
    /// With the parameters' relative learning rates: see [`HessianOperator::with_rates`](super::HessianOperator::with_rates).
    pub fn with_rates(self) -> Self {
        Self { problem: self.problem.with_rates() }
    }
}

/// One product, the network's parameters moving along `direction`.
pub(super) fn product<F: Curvatures>(problem: &Problem<'_, F>, direction: &[Array2<F>]) -> Vec<Array2<F>> {
    let (model, share) = (problem.network.model(), 1.0 / problem.y.nrows() as f64);
    let [outputs, along] = F::outputs_along(&model, direction, problem.x.view());
    let mut cotangent = Array2::zeros(along.dim());
    let mut moved = vec![0.0; along.ncols()];
    for (sample, ((f, v), mut to)) in outputs.rows().into_iter().zip(along.rows()).zip(cotangent.rows_mut()).enumerate()
    {
        let [f, v] = [f, v].map(|row| row.iter().map(|v| v.to_f64()).collect::<Vec<f64>>());
        problem.loss.curvature(&f, &problem.y.row(sample).to_vec(), &v, &mut moved).expect(KNOWN);
        to.iter_mut().zip(&moved).for_each(|(to, m)| *to = F::of(share * m));
    }
    F::gradient(&model, problem.x.view(), cotangent.view())
}

impl<F: Curvatures> LinearOperator for GaussNewtonOperator<F> {
    fn dim(&self) -> usize {
        self.problem.dim()
    }

    /// Both sweeps round each product in `F`.
    fn accuracy(&self) -> f64 {
        if size_of::<F>() == size_of::<f32>() { 1e-5 } else { 1e-10 }
    }

    fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
        self.problem.apply(PLACE, v, F::gauss_newton_vector)
    }
}

impl<F: Curvatures> std::fmt::Debug for GaussNewtonOperator<F> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (points, network) = (self.problem.y.nrows(), &self.problem.network);
        write!(f, "Gauss-Newton matrix of the loss of {} on {points} points, not formed", network.net().name())
    }
}
