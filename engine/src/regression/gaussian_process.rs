//! Posteriors of Gaussian processes.

use super::decomposition::Decomposition;
use super::{Condition, KernelRegression, Regularization};
use crate::error::{Error, Result, check_memory};
use crate::kernel::Kernel;
use crate::linalg::{gram, multiply};
use crate::net::finite;
use ndarray::{Array, Array1, Array2, Axis, Dimension, Ix1};
use std::f64::consts::TAU;

/// Mean and covariance of the outputs on `m` points: built by [`KernelRegression::posterior`] and
/// [`Ensemble::at`](super::Ensemble::at).
#[derive(Clone)]
pub struct Posterior<D: Dimension = Ix1> {
    /// `[m, …]`, with the targets' other axes.
    pub mean: Array<f64, D>,
    /// `[m, m]`, the same for every output; outputs are independent. Of a full kernel of `c` outputs `[m · c, m · c]`.
    pub covariance: Array2<f64>,
    /// The condition of the kernel that was inverted, with the `λ` used.
    pub condition: Condition,
}

impl<D: Dimension> Posterior<D> {
    /// The diagonal of the covariance, `[m]`, or `[m · c]` of a full kernel.
    ///
    /// On a training point without noise it is zero up to rounding, which may leave it a little below zero.
    pub fn variance(&self) -> Array1<f64> {
        self.covariance.diag().to_owned()
    }

    /// The roots of the variances, what is below zero by rounding counted as zero: what a plot's error bars and bands are made of.
    pub fn standard_deviation(&self) -> Array1<f64> {
        self.covariance.diag().mapv(|variance| variance.max(0.0).sqrt())
    }
}

impl<D: Dimension> std::fmt::Debug for Posterior<D> {
    /// Two lines.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let range = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            format!("{low:.4e} to {high:.4e}")
        };
        let (mean, deviation) =
            (range(&mut self.mean.iter().copied()), range(&mut self.standard_deviation().into_iter()));
        write!(
            f,
            "posterior, shape {:?}: mean {mean}, standard deviation {deviation}\n{}",
            self.mean.shape(),
            self.condition
        )
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
    /// `cross` is `K(X*, X): [m, n]`, `test` is `K(X*, X*): [m, m]`, both full if the kernel is.
    ///
    /// # Errors
    /// [`Error::Range`] for a negative or non-finite `λ`; [`Error::Singular`] if an eigenvalue of `K + λ I` cannot be told from
    /// zero; [`Error::Size`], [`Error::NotFinite`], [`Error::Memory`]; [`Error::Indefinite`] for a variance below zero by more than
    /// the kernels' noise, as when `test` is not of the same kernel.
    pub fn posterior(&self, noise: impl Into<Regularization>, cross: &Kernel, test: &Kernel) -> Result<Posterior<D>> {
        let place = "Gaussian process posterior";
        let condition = self.regularized(place, noise.into())?;
        condition.invertible(place)?;
        let share = self.kernel.rounding_share([cross, test]);
        let (cross, prior) = matching_values(place, &self.kernel, cross, test)?;
        let (m, rows) = cross.dim();
        check_memory(place, &[2 * m * (rows + m) + 4 * rows * self.axes.columns()])?;
        let roots = (&self.eigen().values + condition.lambda).mapv(f64::sqrt);
        // K(X*, X) = whitened (Λ + λ)^{1/2} V.
        let mut whitened = multiply(cross, &self.eigen().vectors.t());
        whitened /= &roots;
        let mean = multiply(&whitened, &(self.residual_modes() / roots.view().insert_axis(Axis(1))));
        let mean = self.axes.array(&finite(place, mean)?);
        let covariance = prior - &gram(&whitened);
        // ‖(K + λ I)⁻¹ K(X, x*)‖² of every test point.
        whitened /= &roots;
        let weights = whitened.map_axis(Axis(1), |row| row.dot(&row));
        check_variances(place, &covariance, &(&prior.diag() + condition.largest), &weights, share)?;
        Ok(Posterior { mean, covariance: finite(place, covariance)?, condition })
    }

    /// `Σ ln p(y | X)` of a Gaussian process with this kernel `K` and independent noise of variance `λ`, summed over outputs, which are
    /// independent unless the kernel is full:
    ///
    /// `-½ yᵀ (K + λ I)⁻¹ y - ½ ln det(K + λ I) - (n/2) ln 2π`
    ///
    /// (Rasmussen and Williams 2006, equation 2.30), `y` less the initial outputs. What maximises it is a choice of `λ` and of the
    /// network's variances that needs no other points.
    ///
    /// # Errors
    /// As for [`KernelRegression::ridge`].
    pub fn log_marginal_likelihood(&self, noise: impl Into<Regularization>) -> Result<f64> {
        let place = "log marginal likelihood";
        let condition = self.regularized(place, noise.into())?;
        condition.invertible(place)?;
        self.check_memory(place, 2)?;
        let values = &self.eigen().values + condition.lambda;
        let modes = self.residual_modes();
        let fit: f64 = modes.rows().into_iter().zip(&values).map(|(row, value)| row.dot(&row) / value).sum();
        let volume: f64 = values.iter().map(|value| (TAU * value).ln()).sum();
        let evidence = -0.5 * (fit + modes.ncols() as f64 * volume);
        if evidence.is_finite() { Ok(evidence) } else { Err(Error::Overflow { place }) }
    }
}

/// `K(X*, X): [m c, n c]` and `K(X*, X*): [m c, m c]`, checked against each other and the training points.
pub(super) fn matching_values<'a>(
    place: &'static str,
    train: &Decomposition,
    cross: &'a Kernel,
    test: &'a Kernel,
) -> Result<(&'a Array2<f64>, &'a Array2<f64>)> {
    let (cross, values) = (train.cross(place, cross)?, test.of_one_set(place)?);
    for (what, expected, got) in [
        ("outputs of the test kernel, as the training kernel has", train.outputs(), test.outputs()),
        ("rows of the test kernel", cross.nrows(), values.nrows()),
    ] {
        if expected != got {
            return Err(Error::Size { place, what, expected, got });
        }
    }
    crate::error::check_input(place, values, None)?;
    Ok((cross, values))
}

/// Refuses variances that are below zero by more than the noise of the kernels.
///
/// A variance is `(1, -a) J (1, -a)ᵀ` with `J` the kernel of a test point and the training points, whose largest eigenvalue is at most
/// `scales`, and `a` the weights in its mean, of which `weights` holds `|a|²`. An eigenvalue of `J` that should be 0 and is
/// `-share · scale` takes `share · scale (1 + |a|²)` from it at most.
///
/// # Errors
/// [`Error::Indefinite`].
pub(super) fn check_variances(
    place: &'static str,
    covariance: &Array2<f64>,
    scales: &Array1<f64>,
    weights: &Array1<f64>,
    share: f64,
) -> Result<()> {
    let (variances, rounding) = (covariance.diag(), share * (scales * &(weights + 1.0)));
    if variances.iter().zip(&rounding).all(|(&variance, &rounding)| variance >= -rounding) {
        return Ok(());
    }
    let noise = rounding.fold(0.0, |m: f64, v| m.max(*v));
    let (smallest, largest) =
        variances.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(s, l), &v| (s.min(v), l.max(v)));
    Err(Error::Indefinite { place, n: covariance.nrows(), smallest, largest, noise })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{kernel, largest};
    use super::*;
    use crate::random::Seed;
    use ndarray::{array, s};

    /// `a⁻¹` by Gauss and Jordan.
    pub(in crate::regression) fn inverse(a: &Array2<f64>) -> Array2<f64> {
        let n = a.nrows();
        let mut pair = ndarray::concatenate(Axis(1), &[a.view(), Array2::eye(n).view()]).unwrap();
        for i in 0..n {
            let pivot = pair[[i, i]];
            pair.row_mut(i).mapv_inplace(|v| v / pivot);
            let row = pair.row(i).to_owned();
            for k in (0..n).filter(|&k| k != i) {
                let factor = pair[[k, i]];
                pair.row_mut(k).scaled_add(-factor, &row);
            }
        }
        pair.slice(s![.., n..]).to_owned()
    }

    /// The Gram matrix of random features between `rows` points, and its blocks for the first `n` of them.
    pub(in crate::regression) fn blocks(rows: usize, n: usize, seed: Seed) -> [Array2<f64>; 3] {
        let features = Array2::from_shape_simple_fn((rows, rows + 1), seed.normals(0));
        let gram = features.dot(&features.t());
        [s![..n, ..n], s![n.., ..n], s![n.., n..]].map(|block| gram.slice(block).to_owned())
    }

    #[test]
    fn mean_and_covariance_equal_the_explicit_inverse() -> Result<()> {
        let [train, cross, test] = blocks(7, 4, Seed(3));
        let y = Array2::from_shape_simple_fn((4, 2), Seed(4).normals(0));
        let regression = kernel(train.clone(), true).regression(&y)?;
        for (noise, lambda) in [
            (Regularization::Absolute(0.0), 0.0),
            (Regularization::Absolute(0.7), 0.7),
            (Regularization::RelativeTrace(0.1), 0.1 * train.diag().sum() / 4.0),
        ] {
            let posterior = regression.posterior(noise, &kernel(cross.clone(), false), &kernel(test.clone(), true))?;
            let inverse = inverse(&(&train + &(Array2::<f64>::eye(4) * lambda)));
            assert!(largest(&(&posterior.mean - &cross.dot(&inverse).dot(&y))) <= 1e-12);
            assert!(largest(&(&posterior.covariance - &(&test - &cross.dot(&inverse).dot(&cross.t())))) <= 1e-12);
            assert!((posterior.condition.lambda - lambda).abs() <= 1e-14);
        }
        Ok(())
    }

    /// A Gaussian's density, by the determinant and inverse of 2 × 2.
    #[test]
    fn the_evidence_is_the_density_of_the_targets() -> Result<()> {
        let (theta, y) = (array![[2.0, 0.5], [0.5, 1.0]], array![[1.0, -2.0, 0.3], [0.5, 4.0, -1.0]]);
        let regression = kernel(theta.clone(), true).regression(&y)?;
        for lambda in [0.0, 0.3] {
            let (a, b, c) = (theta[[0, 0]] + lambda, theta[[0, 1]], theta[[1, 1]] + lambda);
            let det = a * c - b * b;
            let density =
                |u: f64, v: f64| (-(c * u * u - 2.0 * b * u * v + a * v * v) / det / 2.0).exp() / (TAU * det.sqrt());
            let expected: f64 = (0..3).map(|j| density(y[[0, j]], y[[1, j]]).ln()).sum();
            let found = regression.log_marginal_likelihood(lambda)?;
            assert!((found - expected).abs() <= 1e-12, "{found} {expected}");
        }
        let singular = kernel(Array2::ones((3, 3)), true).regression(&Array1::ones(3))?;
        assert!(matches!(singular.log_marginal_likelihood(0.0), Err(Error::Singular { .. })));
        Ok(())
    }

    #[test]
    fn the_covariance_is_positive_and_shrinks_with_data_and_with_less_noise() -> Result<()> {
        let [train, cross, test] = blocks(12, 8, Seed(5));
        let at = |points: usize, noise: f64| -> Result<Array2<f64>> {
            let regression =
                kernel(train.slice(s![..points, ..points]).to_owned(), true).regression(&Array1::ones(points))?;
            let cross = kernel(cross.slice(s![.., ..points]).to_owned(), false);
            Ok(regression.posterior(Regularization::Absolute(noise), &cross, &kernel(test.clone(), true))?.covariance)
        };
        // What a covariance loses is itself positive semidefinite.
        let positive =
            |a: &Array2<f64>| crate::linalg::SymmetricEigen::new(a).map(|e| e.smallest() >= -1e-12 * e.largest());
        let steps = [test.clone(), at(3, 1.0)?, at(8, 1.0)?, at(8, 0.01)?];
        for pair in steps.windows(2) {
            assert!(positive(&pair[1])? && positive(&(&pair[0] - &pair[1]))?);
            assert!((&pair[0] - &pair[1]).diag().iter().all(|lost| *lost > 1e-3));
        }
        assert!(largest(&(at(8, 1e12)? - &test)) <= 1e-8);
        Ok(())
    }

    #[test]
    fn on_the_training_points_without_noise_it_is_the_data() -> Result<()> {
        let [train, ..] = blocks(5, 5, Seed(6));
        let (k, y) = (kernel(train, true), array![1.0, -2.0, 0.5, 0.0, 3.0]);
        let posterior = k.regression(&y)?.posterior(Regularization::Absolute(0.0), &k, &k)?;
        assert!((&posterior.mean - &y).iter().all(|e| e.abs() <= 1e-10));
        assert!(posterior.variance().iter().all(|v| v.abs() <= 1e-10), "{}", posterior.variance());
        assert!(posterior.condition.condition_number() > 1.0);
        Ok(())
    }

    #[test]
    fn kernels_that_do_not_fit_together_are_refused() -> Result<()> {
        let [train, cross, test] = blocks(5, 3, Seed(7));
        let regression = kernel(train.clone(), true).regression(&Array1::ones(3))?;
        let noise = Regularization::Absolute(0.1);
        let [cross, test] = [kernel(cross, false), kernel(test, true)];
        let narrow = regression.posterior(noise, &kernel(Array2::ones((2, 4)), false), &test);
        assert!(matches!(narrow, Err(Error::Size { expected: 3, got: 4, .. })));
        let few = regression.posterior(noise, &cross, &kernel(train, true));
        assert!(matches!(few, Err(Error::Size { expected: 2, got: 3, .. })));
        let between = regression.posterior(noise, &cross, &kernel(Array2::ones((2, 3)), false));
        assert!(matches!(between, Err(Error::Size { expected: 2, got: 3, .. })));
        // A prior with less variance than the data take away.
        match regression.posterior(noise, &cross, &kernel(Array2::eye(2) * 1e-3, true)) {
            Err(Error::Indefinite { n: 2, smallest, .. }) => assert!(smallest < -1e-3, "{smallest}"),
            other => panic!("{other:?}"),
        }
        let singular = kernel(Array2::ones((3, 3)), true).regression(&Array1::ones(3))?;
        let unregularised = singular.posterior(Regularization::Absolute(0.0), &cross, &test);
        assert!(matches!(unregularised, Err(Error::Singular { n: 3, .. })));
        Ok(())
    }
}
