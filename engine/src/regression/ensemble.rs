//! Ensembles of trained networks.

use super::decay::Decay;
use super::gaussian_process::{check_variances, matching_values};
use super::{KernelRegression, Posterior, Regularization};
use crate::error::{Error, Result, check_memory};
use crate::kernel::{Kernel, Kernels};
use crate::linalg::multiply;
use crate::net::finite;
use ndarray::{Array, Array1, Axis, Dimension, Ix1, Zip};

/// Infinitely wide networks, each trained from its own random initialisation: built by [`Kernels::ensemble`].
///
/// Their outputs start as a Gaussian process with the NNGP `K` and move by the NTK `Θ` along gradient flow on the mean
/// squared error, so that they stay a Gaussian process (Lee et al. 2019, *Wide Neural Networks of Any Depth Evolve as Linear
/// Models Under Gradient Descent*, equations 14 to 16). With `A_t = Θ(X*, X) Θ⁻¹ (I - e^{-(2/n) Θ t})` its mean is `A_t y` and
/// its covariance
///
/// `K(X*, X*) + A_t K(X, X) A_tᵀ - A_t K(X, X*) - K(X*, X) A_tᵀ`.
#[derive(Clone)]
pub struct Ensemble<D: Dimension = Ix1> {
    regression: KernelRegression<D>,
    /// `K(X, X)`.
    nngp: Kernel,
}

impl Kernels {
    /// The ensemble of networks with these kernels, trained on targets `y: [n]` or `[n, outputs]`, for full kernels of `c` outputs
    /// `[n, c]`.
    ///
    /// # Errors
    /// As for [`Kernel::regression`](crate::kernel::Kernel::regression).
    pub fn ensemble<D: Dimension>(&self, y: &Array<f64, D>) -> Result<Ensemble<D>> {
        let place = "ensemble";
        let values = self.nngp().of_one_set(place)?;
        crate::error::check_input(place, values, None)?;
        let regression = self.ntk().regression(y)?;
        check_memory(place, &[values.len()])?;
        Ok(Ensemble { regression, nngp: self.nngp().clone() })
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
    /// `cross` are the kernels between `X*` and `X`, `[m, n]`; `test` those of `X*` with itself, `[m, m]`; all full if the training
    /// kernels are. A `λ` stands for the penalty `(λ/n) ‖θ - θ_0‖²` on each network's parameters: it turns `Θ` into `Θ + λ I` in `A_t`
    /// except in `Θ(X*, X)`.
    ///
    /// # Errors
    /// [`Error::Range`] for a negative or NaN time and a negative or non-finite `λ`; [`Error::Singular`] at infinite time
    /// if an eigenvalue of `Θ + λ I` cannot be told from zero; [`Error::Size`], [`Error::NotFinite`], [`Error::Memory`];
    /// [`Error::Indefinite`] for a variance below zero by more than the kernels' noise, as when `test` is not of the same network.
    pub fn at(
        &self,
        time: f64,
        regularization: impl Into<Regularization>,
        cross: &Kernels,
        test: &Kernels,
    ) -> Result<Posterior<D>> {
        let place = "ensemble";
        if !(time >= 0.0) {
            return Err(Error::Range { place, what: "the time", value: time, legal: "at least 0" });
        }
        let regression = &self.regression;
        let (kernel, eigen) = (&regression.kernel, regression.eigen());
        let condition = regression.regularized(place, regularization.into())?;
        if time == f64::INFINITY {
            condition.invertible(place)?;
        }
        let share = kernel.rounding_share([&self.nngp, cross.nngp(), test.nngp()]);
        let (nngp_cross, prior) = matching_values(place, kernel, cross.nngp(), test.nngp())?;
        let ntk_cross = kernel.cross(place, cross.ntk())?;
        let (m, rows) = nngp_cross.dim();
        check_memory(place, &[3 * m * (rows + m) + 4 * rows * regression.axes.columns()])?;
        let per_lambda = kernel.loss().curvature();
        // What rounding has pushed below zero is zero.
        let filter: Array1<f64> =
            eigen.values.mapv(|lambda| Decay::Flow.filter((lambda + condition.lambda).max(0.0), per_lambda, time));
        // A_t = moved · V.
        let mut moved = multiply(ntk_cross, &eigen.vectors.t());
        moved *= &filter;
        let mean = regression.axes.array(&finite(place, multiply(&moved, &regression.residual_modes()))?);
        let trained = multiply(&moved, &eigen.vectors);
        drop(moved);
        // A K Aᵀ - A K(X, X*) - K(X*, X) Aᵀ, from its half and the transpose of that.
        let mut left = multiply(&trained, self.nngp.values());
        Zip::from(&mut left).and(nngp_cross).for_each(|left, cross| *left = 0.5 * *left - cross);
        let half = multiply(&left, &trained.t());
        let covariance = Zip::from(prior).and(&half).and(half.t()).map_collect(|prior, a, b| prior + (a + b));
        let weights = trained.map_axis(Axis(1), |row| row.dot(&row));
        // The largest sum of a row bounds the largest eigenvalue.
        let largest = self.nngp.values().map_axis(Axis(1), |row| row.iter().map(|v| v.abs()).sum::<f64>());
        let scales = &prior.diag() + largest.fold(0.0, |m: f64, v| m.max(*v));
        check_variances(place, &covariance, &scales, &weights, share)?;
        Ok(Posterior { mean, covariance: finite(place, covariance)?, condition })
    }
}

impl<D: Dimension> std::fmt::Debug for Ensemble<D> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ensemble of trained networks, {:?}", self.regression)
    }
}

#[cfg(test)]
mod tests {
    use super::super::gaussian_process::tests::{blocks, inverse};
    use super::super::tests::largest;
    use super::*;
    use crate::kernel::Route;
    use crate::random::Seed;
    use ndarray::{Array2, s};

    const NONE: Regularization = Regularization::Absolute(0.0);

    /// Kernels on training, between test and training, and on test points.
    fn kernels(nngp: &[Array2<f64>; 3], ntk: &[Array2<f64>; 3]) -> [Kernels; 3] {
        [(0, true), (1, false), (2, true)]
            .map(|(i, symmetric)| Kernels::new(nngp[i].clone(), ntk[i].clone(), symmetric, Route::Limit))
    }

    #[test]
    fn it_starts_as_the_prior_and_ends_as_the_formula_with_the_inverse() -> Result<()> {
        let (k, theta) = (blocks(7, 4, Seed(1)), blocks(7, 4, Seed(2)));
        let [train, cross, test] = kernels(&k, &theta);
        let y = Array2::from_shape_simple_fn((4, 2), Seed(3).normals(0));
        let ensemble = train.ensemble(&y)?;
        let start = ensemble.at(0.0, NONE, &cross, &test)?;
        assert!(largest(&start.mean) == 0.0 && start.covariance == k[2]);
        for (regularization, lambda) in [(NONE, 0.0), (Regularization::Absolute(0.4), 0.4)] {
            let end = ensemble.at(f64::INFINITY, regularization, &cross, &test)?;
            let a = theta[1].dot(&inverse(&(&theta[0] + &(Array2::<f64>::eye(4) * lambda))));
            let covariance = &k[2] + &a.dot(&k[0]).dot(&a.t()) - a.dot(&k[1].t()) - k[1].dot(&a.t());
            assert!(largest(&(&end.mean - &a.dot(&y))) <= 1e-11);
            assert!(largest(&(&end.covariance - &covariance)) <= 1e-11);
            let late = ensemble.at(1e6, regularization, &cross, &test)?;
            assert!(largest(&(&end.covariance - &late.covariance)) <= 1e-11);
        }
        Ok(())
    }

    #[test]
    fn with_the_nngp_for_the_ntk_it_ends_as_the_gaussian_process() -> Result<()> {
        let k = blocks(9, 5, Seed(4));
        let [train, cross, test] = kernels(&k, &k);
        let y = Array1::from_shape_simple_fn(5, Seed(5).normals(0));
        let end = train.ensemble(&y)?.at(f64::INFINITY, NONE, &cross, &test)?;
        let process = train.nngp().regression(&y)?.posterior(NONE, cross.nngp(), test.nngp())?;
        assert!((&end.mean - &process.mean).iter().all(|e| e.abs() <= 1e-11));
        assert!(largest(&(&end.covariance - &process.covariance)) <= 1e-11);
        Ok(())
    }

    /// Linear models `f(x) = ψ(x) · w + φ(x) · θ` with `w` drawn, `θ` starting at zero and trained by small Runge-Kutta
    /// steps in parameter space: their `K` is `ψ ψᵀ`, their `Θ` is `φ φᵀ`.
    #[test]
    fn it_equals_linear_models_trained_one_by_one() -> Result<()> {
        const DRAWS: usize = 20_000;
        let features = |seed| Array2::from_shape_simple_fn((5, 6), Seed(seed).normals(0)) / 6f64.sqrt();
        let (psi, phi) = (features(6), features(7));
        let split = |a: &Array2<f64>| {
            let gram = a.dot(&a.t());
            [s![..3, ..3], s![3.., ..3], s![3.., 3..]].map(|block| gram.slice(block).to_owned())
        };
        let [train, cross, test] = kernels(&split(&psi), &split(&phi));
        let y = Array1::from_vec(vec![1.0, -0.5, 2.0]);
        let ensemble = train.ensemble(&y)?;
        // All draws side by side: f0 is [5, draws].
        let f0 = psi.dot(&Array2::from_shape_simple_fn((6, DRAWS), Seed(8).normals(0)));
        let phi_train = phi.slice(s![..3, ..]).to_owned();
        let y_columns = y.view().insert_axis(Axis(1));
        for (time, lambda) in [(0.8, 0.0), (4.0, 0.0), (4.0, 0.3)] {
            let slope = |theta: &Array2<f64>| {
                let residual = phi_train.dot(theta) + f0.slice(s![..3, ..]) - y_columns;
                (phi_train.t().dot(&residual) + theta * lambda) * (-2.0 / 3.0)
            };
            let (steps, mut theta) = (40, Array2::zeros((6, DRAWS)));
            let h = time / f64::from(steps);
            for _ in 0..steps {
                let k1 = slope(&theta);
                let k2 = slope(&(&theta + &(&k1 * (h / 2.0))));
                let k3 = slope(&(&theta + &(&k2 * (h / 2.0))));
                let k4 = slope(&(&theta + &(&k3 * h)));
                theta += &((k1 + k2 * 2.0 + k3 * 2.0 + k4) * (h / 6.0));
            }
            let f = phi.slice(s![3.., ..]).dot(&theta) + f0.slice(s![3.., ..]);
            let predicted = ensemble.at(time, Regularization::Absolute(lambda), &cross, &test)?;
            let (sigma, draws) = (&predicted.covariance, DRAWS as f64);
            let centred = &f - &predicted.mean.view().insert_axis(Axis(1));
            for i in 0..2 {
                let z = centred.row(i).sum() / draws / (sigma[[i, i]] / draws).sqrt();
                assert!(z.abs() <= 4.5, "mean {i} at t = {time}, λ = {lambda}: z = {z}");
                for j in 0..=i {
                    let sampled = centred.row(i).dot(&centred.row(j)) / draws;
                    let error = ((sigma[[i, i]] * sigma[[j, j]] + sigma[[i, j]].powi(2)) / draws).sqrt();
                    let z = (sampled - sigma[[i, j]]) / error;
                    assert!(z.abs() <= 4.5, "covariance {i}{j} at t = {time}, λ = {lambda}: z = {z}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn the_mean_follows_gradient_flow() -> Result<()> {
        let (k, theta) = (blocks(8, 5, Seed(9)), blocks(8, 5, Seed(10)));
        let [train, cross, test] = kernels(&k, &theta);
        let y = Array1::from_shape_simple_fn(5, Seed(11).normals(0));
        let ensemble = train.ensemble(&y)?;
        for time in [0.01, 0.3, 10.0] {
            let mean = ensemble.at(time, NONE, &cross, &test)?.mean;
            let flow = ensemble.regression().gradient_flow().predict_on(cross.ntk(), &Array1::zeros(3), &[time])?;
            assert!((&mean - &flow.row(0)).iter().all(|e| e.abs() <= 1e-12));
        }
        Ok(())
    }

    #[test]
    fn bad_times_and_kernels_are_refused() -> Result<()> {
        let ones = [Array2::ones((3, 3)), Array2::ones((2, 3)), Array2::ones((2, 2))];
        let [train, cross, test] = kernels(&blocks(5, 3, Seed(12)), &ones);
        let ensemble = train.ensemble(&Array1::ones(3))?;
        for time in [-1.0, f64::NAN] {
            assert!(matches!(ensemble.at(time, NONE, &cross, &test), Err(Error::Range { .. })));
        }
        // A singular Θ has no end of training without a ridge, but every time before it.
        assert!(matches!(ensemble.at(f64::INFINITY, NONE, &cross, &test), Err(Error::Singular { n: 3, .. })));
        assert!(ensemble.at(f64::INFINITY, Regularization::Absolute(1.0), &cross, &test).is_ok());
        let finite = ensemble.at(5.0, NONE, &cross, &test)?;
        assert!(finite.condition.rank == 1 && finite.mean.iter().all(|m| m.is_finite()));
        assert!(matches!(ensemble.at(1.0, NONE, &train, &test), Err(Error::Size { expected: 3, got: 2, .. })));
        assert!(matches!(cross.ensemble(&Array1::ones(2)), Err(Error::Size { .. })));
        assert!(matches!(train.ensemble(&Array1::ones(4)), Err(Error::Size { expected: 3, got: 4, .. })));
        Ok(())
    }
}
