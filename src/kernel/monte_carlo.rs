//! Kernels by Monte Carlo over random networks.

use super::{Kernels, Outputs, Route};
use crate::data::Seed;
use crate::error::{Error, Result};
use crate::net::Net;
use ndarray::Array2;

/// Means over random networks with their standard errors.
#[derive(Clone, Debug, PartialEq)]
pub struct MonteCarloKernels {
    mean: Kernels,
    standard_error: Kernels,
}

impl MonteCarloKernels {
    /// The means.
    pub fn mean(&self) -> &Kernels {
        &self.mean
    }

    /// The standard errors of the means, entry by entry.
    pub fn standard_error(&self) -> &Kernels {
        &self.standard_error
    }

    /// `(mean - exact) / standard error` of the NTK, entry by entry, `[n, n]`.
    ///
    /// # Errors
    /// [`Error::Size`] if the shapes differ.
    pub fn z_scores(&self, exact: &Kernels) -> Result<Array2<f64>> {
        let (mean, error) = (self.mean.ntk().values(), self.standard_error.ntk().values());
        let exact = exact.ntk().values();
        for (what, expected, got) in [("rows", mean.nrows(), exact.nrows()), ("columns", mean.ncols(), exact.ncols())] {
            if expected != got {
                return Err(Error::Size { place: "z-scores", what, expected, got });
            }
        }
        // An entry that does not vary and is exact has z = 0, not 0/0.
        let z = |mean: &f64, exact: &f64, error: &f64| if mean == exact { 0.0 } else { (mean - exact) / error };
        Ok(ndarray::Zip::from(mean).and(exact).and(error).map_collect(z))
    }
}

impl Net {
    /// Means and standard errors of the finite kernels of `nets` random networks of the width set; with several outputs, of the
    /// mean over outputs of each with itself.
    ///
    /// # Errors
    /// As for [`Net::init`]; [`Error::Range`] for fewer than two networks.
    pub fn monte_carlo_kernel(&self, x: &Array2<f64>, nets: usize, seed: Seed) -> Result<MonteCarloKernels> {
        self.check("Monte-Carlo kernel", x)?;
        let shape = self.origin_of(x.ncols());
        monte_carlo(&self.clone().image(shape.height, shape.width, shape.channels), x, nets, seed)
    }
}

/// Mean and standard error of the finite kernels of `nets` networks; network `k` has the seed's child `k`.
fn monte_carlo(net: &Net, x: &Array2<f64>, nets: usize, seed: Seed) -> Result<MonteCarloKernels> {
    if nets < 2 {
        return Err(Error::Range {
            place: "Monte-Carlo kernel",
            what: "the number of networks",
            value: nets as f64,
            legal: "at least 2",
        });
    }
    let n = x.nrows();
    // Welford's update: no cancellation between large sums.
    let mut moments =
        [(Array2::<f64>::zeros((n, n)), Array2::<f64>::zeros((n, n))), (Array2::zeros((n, n)), Array2::zeros((n, n)))];
    for k in 0..nets {
        let kernels = net.init(seed.child(k as u64))?.kernel_of(Outputs::Traced, x)?;
        for ((mean, squares), kernel) in moments.iter_mut().zip([kernels.nngp(), kernels.ntk()]) {
            ndarray::Zip::from(mean).and(squares).and(kernel.values()).for_each(|mean, squares, &v| {
                let before = v - *mean;
                *mean += before / (k + 1) as f64;
                *squares += before * (v - *mean);
            });
        }
    }
    let scale = (nets * (nets - 1)) as f64;
    let route = Route::MonteCarlo { nets };
    let [(nngp, nngp_squares), (ntk, ntk_squares)] = moments;
    let error = |squares: Array2<f64>| squares.mapv(|s| (s / scale).sqrt());
    Ok(MonteCarloKernels {
        mean: Kernels::new(nngp, ntk, true, route),
        standard_error: Kernels::new(error(nngp_squares), error(ntk_squares), true, route),
    })
}
