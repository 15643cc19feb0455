use super::Curvatures;
use super::problem::{KNOWN, Problem};
use crate::error::Result;
use crate::linalg::{LinearOperator, Scalar, ValueTape};
use crate::net::Network;
use crate::number::Dual;
use crate::regression::Loss;
use ndarray::Array2;
use std::borrow::Cow;
use std::sync::Arc;

/// `∂²L/∂θ²` of the loss `L = (1/n) Σ_i ℓ(f(x_i), y_i)` of a network, `[p, p]` over all `p` parameters, never formed: each product with a
/// vector is one gradient swept in [duals](crate::number::Dual), exact up to rounding (Pearlmutter 1994).
///
/// At a kink (ReLU at 0) it is the derivative of the gradient that the network has there. Its eigenvalues are of either sign.
///
/// ```
/// use hadamard::prelude::*;
/// let (network, x) = (mlp(2).width(32).input(5).init(Seed(0))?, sphere(20, 5, Seed(1))?);
/// let y = Array2::ones((20, 1));
/// let hessian = network.hessian_operator(&SquaredError, &x, &y)?;
/// let top = Lanczos::new(1, Seed(2)).run(&hessian)?;                     // the sharpness
/// let gauss_newton = Lanczos::new(1, Seed(2)).run(&network.gauss_newton_operator(&SquaredError, &x, &y)?)?;
/// let kernel = network.kernel(&x)?.ntk().spectrum()?;
/// assert!((gauss_newton.values[0] / (kernel.values()[0] * 2.0 / 20.0) - 1.0).abs() <= 1e-8);
/// assert!(top.values[0] > 0.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct HessianOperator<F: Scalar = f64> {
    problem: Problem<'static, F>,
    /// What the products have in common, where it is small.
    tape: Option<Arc<ValueTape<F>>>,
}

/// A tape takes no more memory than so many vectors of all parameters, which whoever asks for products holds too.
const VECTORS: usize = 4;

const PLACE: &str = "Hessian-vector product";

impl<F: Curvatures> Network<F> {
    /// The Hessian of the loss in the parameters at `x: [n, d]` with targets `y: [n, out]`: see [`HessianOperator`].
    ///
    /// # Errors
    /// As for [`Network::outputs`]; [`Error::Size`](crate::Error::Size) and [`Error::NotFinite`](crate::Error::NotFinite) for targets, and
    /// what the loss refuses; [`Error::NoSecondDerivative`](crate::Error::NoSecondDerivative) for a loss or an activation of one's own that
    /// has none.
    pub fn hessian_operator<L: Loss + Clone + Send + Sync + 'static>(
        &self,
        loss: &L,
        x: &Array2<f64>,
        y: &Array2<f64>,
    ) -> Result<HessianOperator<F>> {
        self.check_second_derivative()?;
        let problem = Problem::new(PLACE, Cow::Owned(self.clone()), loss.clone(), x, y)?;
        let tape = room(&problem).map(|room| Arc::new(ValueTape::new(room)));
        Ok(HessianOperator { problem, tape })
    }

    /// `∂²L/∂θ² v` for a direction `v` in the parameters, one array per parameter and of its shape; so is the result.
    ///
    /// # Errors
    /// As for [`Network::hessian_operator`]; [`Error::Size`](crate::Error::Size) and [`Error::NotFinite`](crate::Error::NotFinite) for the
    /// direction; [`Error::Overflow`](crate::Error::Overflow).
    pub fn hessian_vector<L: Loss + Clone + Send + Sync + 'static>(
        &self,
        loss: &L,
        direction: &[Array2<F>],
        x: &Array2<f64>,
        y: &Array2<f64>,
    ) -> Result<Vec<Array2<F>>> {
        self.check_second_derivative()?;
        let problem = Problem::new(PLACE, Cow::Borrowed(self), loss.clone(), x, y)?;
        self.check_direction(PLACE, direction)?;
        // Without room, for one product has nothing in common with another; the same bits as the operator's.
        let tape = room(&problem).map(|_| ValueTape::new(0));
        let product = F::hessian_vector(&problem, direction, tape.as_ref());
        match product.iter().all(crate::error::all_finite) {
            true => Ok(product),
            false => Err(crate::Error::Overflow { place: PLACE }),
        }
    }
}

impl<F: Curvatures> HessianOperator<F> {
    /// `R^½ H R^½` with the parameters' relative learning rates `R`: what decides how descent with these rates behaves, and has a limit
    /// in parametrisations that give rates (Noci et al. 2024: `γ² λ_max` of the rescaled parameters).
    pub fn with_rates(self) -> Self {
        Self { problem: self.problem.with_rates(), ..self }
    }
}

/// Numbers for which a tape has room, if those of all points fit.
fn room<F: Curvatures>(problem: &Problem<'_, F>) -> Option<usize> {
    let room = VECTORS * problem.dim();
    (problem.y.nrows().saturating_mul(problem.network.model().products()) <= room).then_some(room)
}

/// One product, the network's parameters moving along `direction`.
pub(super) fn product<F: Curvatures>(
    problem: &Problem<'_, F>,
    direction: &[Array2<F>],
    tape: Option<&ValueTape<F>>,
) -> Vec<Array2<F>> {
    let share = 1.0 / problem.y.nrows() as f64;
    let loss = |rows: &std::ops::Range<usize>, outputs: Array2<Dual<F>>| {
        let mut cotangent = outputs.clone();
        let count = outputs.ncols();
        let [mut value, mut along, mut y, mut gradient, mut moved] = [(); 5].map(|()| vec![0.0; count]);
        for ((sample, f), mut to) in rows.clone().zip(outputs.rows()).zip(cotangent.rows_mut()) {
            for (index, f) in f.iter().enumerate() {
                (value[index], along[index]) = (f.value.to_f64(), f.tangent.to_f64());
                y[index] = problem.y[[sample, index]];
            }
            problem.loss.gradient(&value, &y, &mut gradient);
            problem.loss.curvature(&value, &y, &along, &mut moved).expect(KNOWN);
            for ((to, g), m) in to.iter_mut().zip(&gradient).zip(&moved) {
                *to = Dual { value: F::of(share * g), tangent: F::of(share * m) };
            }
        }
        (0.0, cotangent)
    };
    F::loss_gradient_along(&problem.network.model(), direction, problem.x.view(), &loss, tape)
}

impl<F: Curvatures> LinearOperator for HessianOperator<F> {
    fn dim(&self) -> usize {
        self.problem.dim()
    }

    /// The sweep rounds each product in `F`.
    fn accuracy(&self) -> f64 {
        if size_of::<F>() == size_of::<f32>() { 1e-5 } else { 1e-10 }
    }

    fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
        self.problem.apply(PLACE, v, |problem, direction| F::hessian_vector(problem, direction, self.tape.as_deref()))
    }
}

impl<F: Curvatures> std::fmt::Debug for HessianOperator<F> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (points, network) = (self.problem.y.nrows(), &self.problem.network);
        write!(f, "Hessian of the loss of {} on {points} points, not formed", network.net().name())
    }
}
