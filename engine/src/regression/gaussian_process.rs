//! Posteriors of Gaussian processes.

use super::shape::shaped;
use super::{Condition, KernelRegression, Regularization, cross_values};
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
    let (cross, test) = (cross_values(place, cross, n)?, test.of_one_set(place)?);
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

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{kernel, largest};
    use super::*;
    use crate::data::Seed;
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
