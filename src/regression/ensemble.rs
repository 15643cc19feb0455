//! Ensembles of trained networks.

use super::gaussian_process::{checked, matching_values};
use super::shape::shaped;
use super::trajectory::Decay;
use super::{KernelRegression, Posterior, Regularization, cross_values, square_values};
use crate::error::{Error, Result};
use crate::kernel::Kernels;
use ndarray::{Array, Array1, Array2, Axis, Dimension, Ix1};

/// Infinitely wide networks, each trained from its own random initialisation: built by [`Kernels::ensemble`].
///
/// Their outputs start as a Gaussian process with the NNGP `K` and move by the NTK `Θ` along gradient flow on the mean
/// squared error, so that they stay a Gaussian process (Lee et al. 2019, *Wide Neural Networks of Any Depth Evolve as Linear
/// Models Under Gradient Descent*, equations 14 to 16). With `A_t = Θ(X*, X) Θ⁻¹ (I - e^{-(2/n) Θ t})` its mean is `A_t y` and
/// its covariance
///
/// `K(X*, X*) + A_t K(X, X) A_tᵀ - A_t K(X, X*) - K(X*, X) A_tᵀ`.
#[derive(Clone, Debug)]
pub struct Ensemble<D: Dimension = Ix1> {
    regression: KernelRegression<D>,
    /// `K(X, X)`.
    nngp: Array2<f64>,
}

impl Kernels {
    /// The ensemble of networks with these kernels, trained on targets `y: [n]` or `[n, outputs]`.
    ///
    /// # Errors
    /// As for [`Kernel::regression`](crate::kernel::Kernel::regression).
    pub fn ensemble<D: Dimension>(&self, y: &Array<f64, D>) -> Result<Ensemble<D>> {
        let place = "ensemble";
        let nngp = square_values(place, self.nngp())?.clone();
        crate::error::check_input(place, &nngp, None)?;
        Ok(Ensemble { regression: self.ntk().regression(y)?, nngp })
    }
}

impl<D: Dimension> Ensemble<D> {
    /// The regression with the NTK that the mean follows.
    pub fn regression(&self) -> &KernelRegression<D> {
        &self.regression
    }

    /// Mean and covariance over initialisations of the outputs on other points at a time `t = η · steps` of gradient flow,
    /// [`f64::INFINITY`] for the end of training.
    ///
    /// `cross` are the kernels between `X*` and `X`, `[m, n]`; `test` those of `X*` with itself, `[m, m]`. A `λ` stands
    /// for the penalty `(λ/n) ‖θ - θ_0‖²` on each network's parameters: it turns `Θ` into `Θ + λ I` in `A_t` except in
    /// `Θ(X*, X)`.
    ///
    /// # Errors
    /// [`Error::Range`] for a negative or NaN time and a negative or non-finite `λ`; [`Error::Singular`] at infinite time
    /// if `Θ + λ I` is singular to working precision; [`Error::Size`], [`Error::NotFinite`]; [`Error::Indefinite`] for a
    /// variance below zero by more than rounding, as when `test` is not of the same network.
    pub fn at(
        &self,
        time: f64,
        regularization: Regularization,
        cross: &Kernels,
        test: &Kernels,
    ) -> Result<Posterior<D>> {
        let place = "ensemble";
        if !(time >= 0.0) {
            return Err(Error::Range { place, what: "the time", value: time, legal: "at least 0" });
        }
        let (eigen, n) = (self.regression.eigen(), self.nngp.nrows());
        let condition = self.regression.regularized(place, regularization)?;
        if time == f64::INFINITY {
            condition.invertible(place)?;
        }
        let (nngp_cross, prior) = matching_values(place, cross.nngp(), test.nngp(), n)?;
        let ntk_cross = cross_values(place, cross.ntk(), n)?;
        // What rounding has pushed below zero is zero.
        let filter: Array1<f64> =
            eigen.values.mapv(|lambda| Decay::Flow.filter((lambda + condition.lambda).max(0.0), 2.0 / n as f64, time));
        let amplification = condition.largest * filter.fold(0.0, |m: f64, v| m.max(*v));
        // A_t = moved · V.
        let moved = ntk_cross.dot(&eigen.vectors.t()) * filter.insert_axis(Axis(0));
        let mean = moved.dot(&self.regression.residual_modes());
        let trained = moved.dot(&eigen.vectors);
        // A K Aᵀ - A K(X, X*) - K(X*, X) Aᵀ, from its half and the transpose of that.
        let half = (trained.dot(&self.nngp) * 0.5 - nngp_cross).dot(&trained.t());
        let covariance = prior + &half + &half.t();
        let covariance = checked(place, covariance, prior, (n, amplification))?;
        Ok(Posterior { mean: shaped(&mean, self.regression.shape()), covariance, condition })
    }
}
