//! Functions drawn from a posterior, by their values on its points.

use super::Posterior;
use crate::error::{Error, Result, check_finite, check_memory};
use crate::linalg::{Inverse, SymmetricEigen, multiply};
use crate::random::Seed;
use ndarray::{Array2, Axis, Ix1};

/// What is added to the variances, as a share of the largest, where rounding leaves the covariance without a Cholesky factor.
const JITTERS: [f64; 5] = [0.0, 1e-13, 1e-11, 1e-9, 1e-7];

impl Posterior<Ix1> {
    /// The values of so many functions on the points, `[count, m]`, with this mean and covariance: `mean + L z` with the Cholesky factor `L`
    /// of the covariance, and up to `1e-7` of the largest variance on its diagonal where rounding asks for it.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let (x, grid, net) = (sphere(6, 3, Seed(0))?, sphere(20, 3, Seed(1))?, mlp(2));
    /// let regression = net.limit_kernel(&x)?.ntk().regression(&x.column(0).to_owned())?;
    /// let posterior =
    ///     regression.posterior(0.01, net.limit_kernel_between(&grid, &x)?.ntk(), net.limit_kernel(&grid)?.ntk())?;
    /// assert_eq!(posterior.samples(100, Seed(2))?.dim(), (100, 20));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] for none; [`Error::Size`] and [`Error::NotFinite`] for a posterior that was changed; [`Error::Indefinite`] for a covariance that has no factor even so; [`Error::Memory`].
    pub fn samples(&self, count: usize, seed: Seed) -> Result<Array2<f64>> {
        let place = "samples of a posterior";
        if count == 0 {
            return Err(Error::Range { place, what: "the number of samples", value: 0.0, legal: "at least 1" });
        }
        let m = self.mean.len();
        for got in [self.covariance.nrows(), self.covariance.ncols()] {
            if got != m {
                return Err(Error::Size { place, what: "rows and columns of the covariance", expected: m, got });
            }
        }
        check_finite(place, &self.covariance)?;
        check_finite(place, &self.mean.view().insert_axis(Axis(1)).to_owned())?;
        check_memory(place, &[count, m])?;
        check_memory(place, &[m, m])?;
        if self.covariance.iter().all(|&v| v == 0.0) {
            return Ok(Array2::zeros((count, m)) + &self.mean);
        }
        let largest = self.covariance.diag().iter().fold(0.0, |most: f64, &v| most.max(v));
        for jitter in JITTERS {
            let mut covariance = self.covariance.clone();
            covariance.diag_mut().mapv_inplace(|v| v + jitter * largest);
            if let Some(factor) = Inverse::of(&covariance)? {
                let normals = Array2::from_shape_simple_fn((count, m), seed.normals(0));
                return Ok(multiply(&normals, &factor.into_lower().t()) + &self.mean);
            }
        }
        let eigen = SymmetricEigen::new(&self.covariance)?;
        let (smallest, noise) = (eigen.smallest(), JITTERS[4] * largest);
        let largest = eigen.largest();
        Err(Error::Indefinite { place, n: m, smallest, largest, noise })
    }
}

#[cfg(test)]
mod tests {
    use super::super::gaussian_process::tests::blocks;
    use super::super::tests::kernel;
    use super::*;
    use ndarray::Array1;

    #[test]
    fn samples_have_the_mean_and_the_covariance_of_a_posterior_that_has_lost_a_direction() -> Result<()> {
        let [train, cross, test] = blocks(7, 4, Seed(3));
        let regression = kernel(train.clone(), true).regression(&Array1::linspace(-1.0, 1.0, 4))?;
        let mut posterior = regression.posterior(0.3, &kernel(cross, false), &kernel(test, true))?;
        // The first two points twice over: a covariance of rank 3 on 5 points.
        let twice = [0, 1, 2, 0, 1];
        posterior.covariance = posterior.covariance.select(Axis(0), &twice).select(Axis(1), &twice);
        posterior.mean = posterior.mean.select(Axis(0), &twice);
        let count = 4000;
        let draws = posterior.samples(count, Seed(4))?;
        let centred = &draws - &posterior.mean;
        let (n, c) = (count as f64, &posterior.covariance);
        for (i, mean) in centred.mean_axis(Axis(0)).expect("draws").iter().enumerate() {
            assert!(mean.abs() <= 5.0 * (c[[i, i]] / n).sqrt());
        }
        for ((i, j), found) in (centred.t().dot(&centred) / n).indexed_iter() {
            let error = ((c[[i, i]] * c[[j, j]] + c[[i, j]].powi(2)) / n).sqrt();
            assert!((found - c[[i, j]]).abs() <= 5.0 * error, "{i} {j}");
        }
        assert!(draws.rows().into_iter().all(|row| (row[0] - row[3]).abs() <= 1e-2 * c[[0, 0]].sqrt()));
        Ok(())
    }

    #[test]
    fn none_and_an_indefinite_covariance_are_refused() -> Result<()> {
        let [train, ..] = blocks(5, 3, Seed(5));
        let k = kernel(train, true);
        let mut posterior = k.regression(&Array1::ones(3))?.posterior(0.1, &k, &k)?;
        assert!(matches!(posterior.samples(0, Seed(0)), Err(Error::Range { .. })));
        posterior.covariance = ndarray::array![[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert!(matches!(posterior.samples(1, Seed(0)), Err(Error::Indefinite { n: 3, .. })));
        posterior.covariance = -Array2::<f64>::eye(3);
        assert!(matches!(posterior.samples(1, Seed(0)), Err(Error::Indefinite { n: 3, .. })));
        posterior.covariance = Array2::eye(2);
        assert!(matches!(posterior.samples(1, Seed(0)), Err(Error::Size { expected: 3, got: 2, .. })));
        posterior.covariance = Array2::from_elem((3, 3), f64::NAN);
        assert!(matches!(posterior.samples(1, Seed(0)), Err(Error::NotFinite { .. })));
        posterior.covariance = Array2::zeros((3, 3));
        assert_eq!(posterior.samples(2, Seed(0))?.row(1), posterior.mean);
        Ok(())
    }
}
