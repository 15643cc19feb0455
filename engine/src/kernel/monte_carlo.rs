//! Kernels by Monte Carlo over random networks.

use super::{Kernels, Outputs, Route};
use crate::checkpoint::{Arrays, Checkpoint, Settings, Work};
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
        MonteCarlo::new(nets, seed).run(self, x)
    }
}

/// Settings of sampling, for what takes long: [`Net::monte_carlo_kernel`] is the same without a folder.
///
/// ```
/// use hadamard::prelude::*;
/// # let folder = std::env::temp_dir().join(format!("hadamard-sampling-{}", std::process::id()));
/// let (net, x) = (ccp(2).width(16), sphere(5, 4, Seed(0))?);
/// let sampled = MonteCarlo::new(20, Seed(1)).checkpoint(&folder).run(&net, &x)?;
/// assert_eq!(sampled, net.monte_carlo_kernel(&x, 20, Seed(1))?);
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MonteCarlo {
    nets: usize,
    seed: Seed,
    checkpoint: Option<Checkpoint>,
}

impl MonteCarlo {
    /// `nets` networks; the `k`-th is drawn from the seed's child `k`.
    pub fn new(nets: usize, seed: Seed) -> Self {
        Self { nets, seed, checkpoint: None }
    }

    /// Saves the sums in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint).
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Means and standard errors on `x: [n, d]`, as of [`Net::monte_carlo_kernel`].
    ///
    /// # Errors
    /// As for [`Net::monte_carlo_kernel`]. With a checkpoint [`Error::Stopped`] if a file asked for it; [`Error::Store`] for a folder of
    /// another run, which says what differs, one that another run writes to, or one that is damaged; [`Error::File`].
    pub fn run(&self, net: &Net, x: &Array2<f64>) -> Result<MonteCarloKernels> {
        let place = "Monte-Carlo kernel";
        net.check(place, x)?;
        let shape = net.origin_of(x.ncols());
        let net = &net.clone().image(shape.height, shape.width, shape.channels);
        if self.nets < 2 {
            let (what, legal) = ("the number of networks", "at least 2");
            return Err(Error::Range { place, what, value: self.nets as f64, legal });
        }
        // Before a folder is made.
        let (slots, _) = net.slots()?;
        let Self { nets, seed, checkpoint } = self;
        let settings = || {
            Settings::new()
                .with("number of networks", nets)
                .with("seed", seed.0)
                .text("layers", (net.layer(), net.origin_of(x.ncols()), slots))
                .numbers("points", x.shape(), x)
        };
        let store = checkpoint.as_ref().map(|checkpoint| checkpoint.open(place, settings())).transpose()?;
        let mut sums = match Work::saved(store.as_ref())? {
            Some(saved) => Sums::restore(saved, *nets, x.nrows())?,
            None => Sums::new(x.nrows()),
        };
        let what = format!("{place} of {}", net.name());
        let mut work = Work::new(store.as_ref(), what, "networks", *nets as u64, sums.count as u64);
        while sums.count < *nets {
            let network = net.init(seed.child(sums.count as u64))?;
            sums.add(&network.kernel_of(Outputs::Traced, x)?);
            work.advance(|| Ok(sums.arrays()))?;
        }
        work.finish(|| Ok(sums.arrays()))?;
        Ok(sums.kernels())
    }
}

/// Names of the arrays of a checkpoint, in the order of [`Sums::moments`].
const NAMES: [[&str; 2]; 2] = [["nngp_mean", "nngp_squares"], ["ntk_mean", "ntk_squares"]];

/// Welford's sums: no cancellation between large numbers.
struct Sums {
    count: usize,
    /// Mean and sum of squared deviations, of the NNGP and of the NTK.
    moments: [[Array2<f64>; 2]; 2],
}

impl Sums {
    fn new(n: usize) -> Self {
        let zeros = || [Array2::zeros((n, n)), Array2::zeros((n, n))];
        Self { count: 0, moments: [zeros(), zeros()] }
    }

    fn add(&mut self, kernels: &Kernels) {
        self.count += 1;
        let count = self.count as f64;
        for ([mean, squares], kernel) in self.moments.iter_mut().zip([kernels.nngp(), kernels.ntk()]) {
            ndarray::Zip::from(mean).and(squares).and(kernel.values()).for_each(|mean, squares, &v| {
                let before = v - *mean;
                *mean += before / count;
                *squares += before * (v - *mean);
            });
        }
    }

    fn kernels(self) -> MonteCarloKernels {
        let scale = (self.count * (self.count - 1)) as f64;
        let route = Route::MonteCarlo { nets: self.count };
        let [[nngp, nngp_squares], [ntk, ntk_squares]] = self.moments;
        let error = |squares: Array2<f64>| squares.mapv(|s| (s / scale).sqrt());
        let standard_error = Kernels::new(error(nngp_squares), error(ntk_squares), true, route);
        MonteCarloKernels { mean: Kernels::new(nngp, ntk, true, route).sampled(&standard_error), standard_error }
    }

    /// What a checkpoint holds.
    fn arrays(&self) -> Arrays {
        let named = NAMES.as_flattened().iter().zip(self.moments.as_flattened());
        named.fold(Arrays::new().number("count", self.count as f64), |all, (name, sums)| all.with(name, sums.clone()))
    }

    fn restore(mut saved: Arrays, most: usize, n: usize) -> Result<Self> {
        let mut sums = Self::new(n);
        sums.count = saved.take_count("count", most as u64)? as usize;
        for (name, place) in NAMES.as_flattened().iter().zip(sums.moments.as_flattened_mut()) {
            *place = saved.take(name, (n, n))?;
        }
        Ok(sums)
    }
}
