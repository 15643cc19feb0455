//! Kernels by Monte Carlo over random networks.

use super::{Kernels, Outputs, Route};
use crate::checkpoint::{Arrays, Checkpoint, Settings, Store, Work};
use crate::error::{Error, Result};
use crate::net::Net;
use crate::progress::Progress;
use crate::random::Seed;
use ndarray::{Array1, Array2};

const PLACE: &str = "Monte-Carlo kernel";

/// Means over random networks with their standard errors.
#[derive(Clone, Debug, PartialEq)]
pub struct MonteCarloKernels {
    mean: Kernels,
    standard_error: Kernels,
    /// Rounding of a mean, as a share of the largest value that an entry could have.
    rounding: f64,
}

impl MonteCarloKernels {
    /// The means.
    pub fn mean(&self) -> &Kernels {
        &self.mean
    }

    /// The standard errors of the means, entry by entry.
    ///
    /// They are estimates from the same networks. Kernels of products of high degree have heavy tails: there few networks mostly miss
    /// the large values that make up mean and variance, and both come out too small (at 9 factors 64 networks do not suffice). If the
    /// standard error does not fall as one over the root of the number of networks, there are too few.
    pub fn standard_error(&self) -> &Kernels {
        &self.standard_error
    }

    /// `(mean - exact) / standard error` of the NTK, entry by entry, `[n, n]`; 0 where both are rounding.
    ///
    /// What is the same in all networks differs from the exact value, and from network to network, by rounding alone. So both count as
    /// none up to `4 ε (nets + terms) √(Θ_ii Θ_jj)`, with `terms` the most numbers that one sum of a pass has: `√(Θ_ii Θ_jj)` bounds what
    /// is added up in entry `ij`, however much of it cancels, and each of `k` additions rounds by at most `ε` of it.
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
        let roots: Array1<f64> = mean.diag().iter().zip(exact.diag()).map(|(a, b)| a.max(*b).max(0.0).sqrt()).collect();
        let mut scores = mean - exact;
        for ((i, j), score) in scores.indexed_iter_mut() {
            let noise = self.rounding * roots[i] * roots[j];
            *score = if score.abs() <= noise && error[[i, j]] <= noise { 0.0 } else { *score / error[[i, j]] };
        }
        Ok(scores)
    }
}

impl Net {
    /// Means and standard errors of the finite kernels of `nets` random networks of the width set, with
    /// [progress lines](crate::progress); with several outputs, of the mean over outputs of each with itself.
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
    quiet: bool,
}

impl MonteCarlo {
    /// `nets` networks; the `k`-th is drawn from the seed's child `k`.
    pub fn new(nets: usize, seed: Seed) -> Self {
        Self { nets, seed, checkpoint: None, quiet: false }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Saves the sums in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint).
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Means and standard errors on `x: [n, d]`, as of [`Net::monte_carlo_kernel`], with [progress lines](crate::progress).
    ///
    /// # Errors
    /// As for [`Net::monte_carlo_kernel`]. With a checkpoint [`Error::Stopped`] if a file asked for it; [`Error::Store`] for a folder of
    /// another run, which says what differs, one that another run writes to, or one that is damaged; [`Error::File`].
    pub fn run(&self, net: &Net, x: &Array2<f64>) -> Result<MonteCarloKernels> {
        net.check(PLACE, x)?;
        let shape = net.origin_of(x.ncols());
        let net = &net.clone().shaped(shape);
        if self.nets < 2 {
            let (what, legal) = ("the number of networks", "at least 2");
            return Err(Error::Range { place: PLACE, what, value: self.nets as f64, legal });
        }
        // Before a folder is made.
        let (slots, _) = net.slots()?;
        let terms =
            slots.iter().map(|slot| slot.dim.0.saturating_mul(slot.positions)).max().unwrap_or(0).max(x.ncols());
        let rounding = 4.0 * f64::EPSILON * (self.nets as f64 + terms as f64);
        let Self { nets, seed, checkpoint, quiet } = self;
        let settings = || {
            Settings::new()
                .with("number of networks", nets)
                .with("seed", seed.0)
                .net(net, net.origin_of(x.ncols()), true)
                .digest("points", x)
        };
        let store = checkpoint.as_ref().map(|checkpoint| checkpoint.open(PLACE, settings())).transpose()?;
        let sums = Progress::unless(*quiet).during(|| sample(net, x, (*nets, *seed), store.as_ref()))?;
        Ok(sums.kernels(rounding))
    }
}

/// Draws the networks that are not in the store yet.
fn sample(net: &Net, x: &Array2<f64>, (nets, seed): (usize, Seed), store: Option<&Store>) -> Result<Sums> {
    let mut sums = match Work::saved(store)? {
        Some(saved) => Sums::restore(saved, nets, x.nrows())?,
        None => Sums::new(x.nrows()),
    };
    let what = format!("{PLACE} of {}", net.name());
    let mut work = Work::new(store, what, "networks", nets as u64, sums.count as u64);
    while sums.count < nets {
        let network = net.init(seed.child(sums.count as u64))?;
        sums.add(&network.kernel_of(Outputs::Averaged, x)?);
        work.advance(|| sums.arrays())?;
    }
    work.finish(|| sums.arrays())?;
    Ok(sums)
}

/// Names of the arrays of a checkpoint, in the order of [`Sums::moments`].
const NAMES: [[&str; 2]; 2] = [["nngp_mean", "nngp_squares"], ["ntk_mean", "ntk_squares"]];

const UNITS: [&str; 2] = ["nngp_unit", "ntk_unit"];

/// A power of two near the largest entry, as far as its reciprocal is one too; 1 for zeros.
fn unit(values: &Array2<f64>) -> f64 {
    let largest = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    if largest > 0.0 { 2f64.powi(largest.log2().floor().clamp(-1000.0, 1000.0) as i32) } else { 1.0 }
}

/// Welford's sums: no cancellation between large numbers.
struct Sums {
    count: usize,
    /// Of the NNGP and of the NTK, a power of two by which entries are divided, so that their squares neither overflow nor vanish.
    units: [f64; 2],
    /// Mean and sum of squared deviations, of the NNGP and of the NTK.
    moments: [[Array2<f64>; 2]; 2],
}

impl Sums {
    fn new(n: usize) -> Self {
        let zeros = || [Array2::zeros((n, n)), Array2::zeros((n, n))];
        Self { count: 0, units: [1.0; 2], moments: [zeros(), zeros()] }
    }

    fn add(&mut self, kernels: &Kernels) {
        self.count += 1;
        let count = self.count as f64;
        let kernels = [kernels.nngp(), kernels.ntk()];
        if self.count == 1 {
            self.units = kernels.map(|kernel| unit(kernel.values()));
        }
        for (([mean, squares], kernel), unit) in self.moments.iter_mut().zip(kernels).zip(self.units) {
            ndarray::Zip::from(mean).and(squares).and(kernel.values()).for_each(|mean, squares, &v| {
                let before = v / unit - *mean;
                *mean += before / count;
                *squares += before * (v / unit - *mean);
            });
        }
    }

    fn kernels(self, rounding: f64) -> MonteCarloKernels {
        let scale = (self.count * (self.count - 1)) as f64;
        let route = Route::MonteCarlo { nets: self.count };
        let [[nngp, nngp_squares], [ntk, ntk_squares]] = self.moments;
        let [nngp_unit, ntk_unit] = self.units;
        let error = |squares: Array2<f64>, unit: f64| squares.mapv(|s| unit * (s / scale).sqrt());
        let standard_error = Kernels::new(error(nngp_squares, nngp_unit), error(ntk_squares, ntk_unit), true, route);
        let mean = Kernels::new(nngp * nngp_unit, ntk * ntk_unit, true, route).sampled(&standard_error);
        MonteCarloKernels { mean, standard_error, rounding }
    }

    /// What a checkpoint holds.
    fn arrays(&self) -> Arrays {
        let named = NAMES.as_flattened().iter().zip(self.moments.as_flattened());
        let start = Arrays::new().number("count", self.count as f64);
        let start = UNITS.iter().zip(self.units).fold(start, |all, (name, unit)| all.number(name, unit));
        named.fold(start, |all, (name, sums)| all.with(name, sums.clone()))
    }

    fn restore(mut saved: Arrays, most: usize, n: usize) -> Result<Self> {
        let mut sums = Self::new(n);
        sums.count = saved.take_count("count", most as u64)? as usize;
        for (name, unit) in UNITS.iter().zip(&mut sums.units) {
            *unit = saved.take_number(name)?;
        }
        for (name, place) in NAMES.as_flattened().iter().zip(sums.moments.as_flattened_mut()) {
            *place = saved.take(name, (n, n))?;
        }
        Ok(sums)
    }
}
