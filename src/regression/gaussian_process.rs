//! Posteriors of Gaussian processes.

use super::shape::shaped;
use super::{Condition, KernelRegression, Regularization, cross_values, square_values};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use ndarray::{Array, Array1, Array2, Axis, Dimension, Ix1, Zip};

/// Mean and covariance of the outputs on `m` points: built by [`KernelRegression::posterior`] and
/// [`Ensemble::at`](super::Ensemble::at).
#[derive(Clone, Debug)]
pub struct Posterior<D: Dimension = Ix1> {
    /// `[m, …]`, with the targets' other axes.
    pub mean: Array<f64, D>,
    /// `[m, m]`, the same for every output; outputs are independent.
    pub covariance: Array2<f64>,
    /// The condition of the kernel that was inverted, with the `λ` used.
    pub condition: Condition,
}

impl<D: Dimension> Posterior<D> {
    /// The diagonal of the covariance, `[m]`: what a plot's error bars are the square roots of.
    ///
    /// On a training point without noise it is zero up to rounding, which may leave it a little below zero.
    pub fn variance(&self) -> Array1<f64> {
        self.covariance.diag().to_owned()
    }
}

impl<D: Dimension> KernelRegression<D> {
    /// The posterior of a Gaussian process with this kernel `K` on other points, given targets with independent noise of
    /// variance `λ`:
    ///
    /// mean `K(X*, X) (K + λ I)⁻¹ y`, covariance `K(X*, X*) - K(X*, X) (K + λ I)⁻¹ K(X, X*)`
    ///
    /// (Rasmussen and Williams 2006, equations 2.23 and 2.24). With the NNGP for `K` it is the Bayesian posterior of an
    /// infinitely wide network. The covariance is that of `f(X*)` without noise. Of a regression that starts from outputs,
    /// the mean is what is added to `f0(X*)`.
    ///
    /// `cross` is `K(X*, X): [m, n]`, `test` is `K(X*, X*): [m, m]`.
    ///
    /// # Errors
    /// [`Error::Range`] for a negative or non-finite `λ`; [`Error::Singular`] if `K + λ I` is singular to working
    /// precision; [`Error::Size`], [`Error::NotFinite`]; [`Error::Indefinite`] for a variance below zero by more than
    /// rounding, as when `test` is not of the same kernel.
    pub fn posterior(&self, noise: Regularization, cross: &Kernel, test: &Kernel) -> Result<Posterior<D>> {
        let place = "Gaussian process posterior";
        let condition = self.regularized(place, noise)?;
        condition.invertible(place)?;
        let (cross, prior) = matching_values(place, cross, test, self.eigen().len())?;
        let roots = (&self.eigen().values + condition.lambda).mapv(f64::sqrt).insert_axis(Axis(1));
        // K(X*, X) = whitenedᵀ (Λ + λ)^{1/2} V.
        let whitened = self.eigen().vectors.dot(&cross.t()) / &roots;
        let mean = whitened.t().dot(&(self.residual_modes() / &roots));
        let covariance = prior - &whitened.t().dot(&whitened);
        let amplification = condition.condition_number().sqrt();
        let covariance = checked(place, covariance, prior, (condition.n, amplification))?;
        Ok(Posterior { mean: shaped(&mean, self.shape()), covariance, condition })
    }
}

/// `K(X*, X): [m, n]` and `K(X*, X*): [m, m]`, checked against each other and the `n` training points.
pub(super) fn matching_values<'a>(
    place: &'static str,
    cross: &'a Kernel,
    test: &'a Kernel,
    n: usize,
) -> Result<(&'a Array2<f64>, &'a Array2<f64>)> {
    let (cross, test) = (cross_values(place, cross, n)?, square_values(place, test)?);
    if test.nrows() != cross.nrows() {
        let what = "rows of the test kernel";
        return Err(Error::Size { place, what, expected: cross.nrows(), got: test.nrows() });
    }
    crate::error::check_input(place, test, None)?;
    Ok((cross, test))
}

/// A covariance of `prior - …` made symmetric to the last bit, its variances checked against rounding.
///
/// `amplification` is by how much the inverse enlarges the rounding of the cross kernel relative to the prior.
pub(super) fn checked(
    place: &'static str,
    covariance: Array2<f64>,
    prior: &Array2<f64>,
    (n, amplification): (usize, f64),
) -> Result<Array2<f64>> {
    let scale = prior.diag().fold(0.0, |m: f64, v| m.max(v.abs()));
    let rounding = n as f64 * f64::EPSILON * scale * (1.0 + amplification);
    let (smallest, largest) =
        covariance.diag().fold((f64::INFINITY, f64::NEG_INFINITY), |(s, l), &v| (s.min(v), l.max(v)));
    if !(smallest >= -10.0 * rounding) {
        return Err(Error::Indefinite { place, n: covariance.nrows(), smallest, largest });
    }
    Ok(Zip::from(&covariance).and(covariance.t()).map_collect(|a, b| 0.5 * (a + b)))
}
