//! Gaussian processes with a kernel in closed form.

use super::squared_exponential::SquaredExponential;
use super::{Round, SearchStrategy};
use crate::bayesian::Acquisition;
use crate::checkpoint::Settings;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::linalg::{Inverse, LinearOperator, SymmetricEigen, multiply};
use crate::net::Net;

use ndarray::{Array1, Array2, Axis, concatenate};

const PLACE: &str = "Gaussian process";
/// Random Fourier features of a sample's prior.
const FEATURES: usize = 1000;

/// A Gaussian process with a kernel in closed form: points by Thompson sampling, or where mean and standard deviation are largest together.
///
/// The kernel is squared exponential, with the variance and a length for each coordinate that have the largest marginal likelihood, fitted
/// anew in every round; or that of a network at infinite width.
///
/// - **Thompson sampling**. Of the squared exponential kernel a function is drawn: 1000 random Fourier features for the prior, moved to the
///   data exactly, `f(x) + k(x, X) (K + λ I)⁻¹ (y + ε - f(X))`. Of a network's kernel the values on all candidates are drawn together.
/// - **Upper confidence bound**: `mean + β · standard deviation`. In a batch the standard deviation counts points of the batch as
///   evaluated, so that they differ.
///
/// ## References
/// Srinivas et al. 2010 (GP-UCB); Desautels, Krause and Burdick 2014 (batches); Wilson et al. 2020 (samples with exact updates; the paper of
/// Dai et al. 2022 takes features alone, 100 of them, which have too little variance where the data are many).
#[derive(Clone)]
pub struct GaussianProcess {
    covariance: Covariance,
    noise: f64,
    bound: Option<f64>,
}

#[derive(Clone)]
enum Covariance {
    SquaredExponential,
    Limit { net: Box<Net>, tangent: bool },
}

impl GaussianProcess {
    /// The squared exponential kernel, and noise of variance `λ > 0`.
    pub fn squared_exponential(noise: f64) -> Self {
        Self { covariance: Covariance::SquaredExponential, noise, bound: None }
    }

    /// The tangent kernel of a network at infinite width.
    pub fn ntk(net: &Net, noise: f64) -> Self {
        Self { covariance: Covariance::Limit { net: Box::new(net.clone()), tangent: true }, noise, bound: None }
    }

    /// The kernel `K` of the outputs of networks of infinite width.
    pub fn nngp(net: &Net, noise: f64) -> Self {
        Self { covariance: Covariance::Limit { net: Box::new(net.clone()), tangent: false }, noise, bound: None }
    }

    /// Takes the upper confidence bound, so many standard deviations above the mean, at least 0.
    pub fn upper_bound(self, deviations: f64) -> Self {
        Self { bound: Some(deviations), ..self }
    }

    fn limit(net: &Net, tangent: bool, x1: &Array2<f64>, x2: Option<&Array2<f64>>) -> Result<Kernel> {
        let kernels = match x2 {
            None => net.limit_kernel(x1)?,
            Some(x2) => net.limit_kernel_between(x1, x2)?,
        };
        Ok(if tangent { kernels.ntk().clone() } else { kernels.nngp().clone() })
    }
}

impl SearchStrategy for GaussianProcess {
    fn name(&self) -> String {
        let kernel = match self.covariance {
            Covariance::SquaredExponential => "GP",
            Covariance::Limit { tangent: true, .. } => "NTK-GP",
            Covariance::Limit { tangent: false, .. } => "NNGP",
        };
        format!("{kernel}-{}", if self.bound.is_some() { "UCB" } else { "TS" })
    }

    fn settings(&self, settings: Settings) -> Settings {
        let Self { covariance, noise, bound } = self;
        let settings = settings.with("strategy", "Gaussian process").with("noise", *noise).with("bound", *bound);
        match covariance {
            Covariance::SquaredExponential => settings.with("kernel", "squared exponential"),
            Covariance::Limit { net, tangent } => {
                settings.with("kernel", if *tangent { "NTK" } else { "NNGP" }).digest("networks", net.as_ref())
            }
        }
    }

    fn propose(&self, round: &Round<'_>) -> Result<Array1<f64>> {
        crate::bayesian::sample::check_data(PLACE, round.data(), self.noise)?;
        if let Some(value) = self.bound.filter(|&bound| !(bound >= 0.0 && bound.is_finite())) {
            let (what, legal) = ("the number of standard deviations", "at least 0 and finite");
            return Err(Error::Range { place: PLACE, what, value, legal });
        }
        match (&self.covariance, self.bound) {
            (Covariance::SquaredExponential, None) => {
                let kernel = SquaredExponential::fitted(round.data(), self.noise)?;
                round.maximise(&Path::drawn(kernel, round, self.noise)?)
            }
            (Covariance::SquaredExponential, Some(bound)) => {
                let kernel = SquaredExponential::fitted(round.data(), self.noise)?;
                let between = |x1: &Array2<f64>, x2: &Array2<f64>| Ok(kernel.between(x1, x2));
                let variances = |x: &Array2<f64>| Ok(Array1::from_elem(x.nrows(), kernel.variance));
                round.maximise(&UpperBound::new((&between, &variances), round, (self.noise, bound))?)
            }
            (Covariance::Limit { net, tangent }, None) => {
                let (x, candidates) = (round.points, round.candidates()?);
                let kernel = |a: &Array2<f64>, b: Option<&Array2<f64>>| Self::limit(net, *tangent, a, b);
                let regression = kernel(x, None)?.regression(round.values)?;
                let (cross, test) = (kernel(&candidates, Some(x))?, kernel(&candidates, None)?);
                let drawn = regression.posterior(self.noise, &cross, &test)?.samples(1, round.seed)?;
                round.best_candidate(&candidates, &drawn.row(0).to_owned())
            }
            (Covariance::Limit { net, tangent }, Some(bound)) => {
                let between =
                    |x1: &Array2<f64>, x2: &Array2<f64>| Ok(Self::limit(net, *tangent, x1, Some(x2))?.values().clone());
                let variances = |x: &Array2<f64>| Ok(Self::limit(net, *tangent, x, None)?.values().diag().to_owned());
                round.maximise(&UpperBound::new((&between, &variances), round, (self.noise, bound))?)
            }
        }
    }
}

impl std::fmt::Debug for GaussianProcess {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, noise {:e}", self.name(), self.noise)?;
        match (&self.covariance, self.bound) {
            (Covariance::Limit { net, .. }, _) => write!(f, ", infinitely wide {}", net.name()),
            (_, Some(bound)) => write!(f, ", {bound} standard deviations above the mean"),
            _ => Ok(()),
        }
    }
}

/// The inverse of `K + λ I`.
fn inverse(mut kernel: Array2<f64>, noise: f64) -> Result<Inverse> {
    let n = kernel.nrows();
    kernel.diag_mut().mapv_inplace(|v| v + noise);
    if let Some(inverse) = Inverse::of(&kernel)? {
        return Ok(inverse);
    }
    let eigen = SymmetricEigen::new(&kernel)?;
    let (smallest, largest) = (eigen.smallest(), eigen.largest());
    Err(Error::Singular { place: PLACE, n, smallest, largest, noise: f64::EPSILON * largest * n as f64 })
}

fn column(v: Array1<f64>) -> Array2<f64> {
    v.insert_axis(Axis(1))
}

/// A function drawn from the posterior of the squared exponential kernel.
struct Path<'a> {
    kernel: SquaredExponential,
    points: &'a Array2<f64>,
    frequencies: Array2<f64>,
    phases: Array1<f64>,
    /// Of the features, `[features, 1]`, and of the points, `[n, 1]`.
    prior: Array2<f64>,
    update: Array2<f64>,
}

impl<'a> Path<'a> {
    fn drawn(kernel: SquaredExponential, round: &Round<'a>, noise: f64) -> Result<Self> {
        let seed = round.seed;
        let (frequencies, phases) = kernel.frequencies(FEATURES, seed.child(0));
        let scale = (2.0 * kernel.variance / FEATURES as f64).sqrt();
        let mut normal = seed.child(1).normals(0);
        let prior = Array2::from_shape_simple_fn((FEATURES, 1), || scale * normal());
        let (points, mut jitter) = (round.points, seed.child(2).normals(0));
        let mut path = Self { kernel, points, frequencies, phases, prior, update: Array2::zeros((points.nrows(), 1)) };
        let left = round.values - &path.values(points)?
            + Array1::from_shape_simple_fn(points.nrows(), || noise.sqrt() * jitter());
        path.update = inverse(path.kernel.between(points, points), noise)?.apply(&column(left))?;
        Ok(path)
    }
}

impl Acquisition for Path<'_> {
    fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
        let waves = (multiply(x, &self.frequencies.t()) + &self.phases).mapv_into(f64::cos);
        let update = multiply(&self.kernel.between(x, self.points), &self.update);
        Ok((multiply(&waves, &self.prior) + update).index_axis_move(Axis(1), 0))
    }
}

/// `k(x1, x2)` and `k(x, x)`.
type Covariances<'a> =
    (&'a dyn Fn(&Array2<f64>, &Array2<f64>) -> Result<Array2<f64>>, &'a dyn Fn(&Array2<f64>) -> Result<Array1<f64>>);

/// Mean and a multiple of the standard deviation.
struct UpperBound<'a> {
    kernel: Covariances<'a>,
    points: &'a Array2<f64>,
    weights: Array2<f64>,
    /// With those of the batch.
    all: Array2<f64>,
    inverse: Array2<f64>,
    bound: f64,
}

impl<'a> UpperBound<'a> {
    fn new(kernel: Covariances<'a>, round: &Round<'a>, (noise, bound): (f64, f64)) -> Result<Self> {
        let points = round.points;
        let weights = inverse(kernel.0(points, points)?, noise)?.apply(&column(round.values.clone()))?;
        let all = concatenate(Axis(0), &[points.view(), round.pending.view()]).expect("points of one box");
        let inverse = inverse(kernel.0(&all, &all)?, noise)?.apply(&Array2::eye(all.nrows()))?;
        Ok(Self { kernel, points, weights, all, inverse, bound })
    }
}

impl Acquisition for UpperBound<'_> {
    fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
        let mean = multiply(&self.kernel.0(x, self.points)?, &self.weights);
        let cross = self.kernel.0(x, &self.all)?;
        let known = (&multiply(&cross, &self.inverse) * &cross).sum_axis(Axis(1));
        let deviations = (self.kernel.1(x)? - known).mapv(|variance| variance.max(0.0).sqrt());
        Ok(&mean.column(0) + &(deviations * self.bound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bayesian::acquisition::uniform;
    use crate::op::{Dense, dense, relu, serial};
    use crate::random::Seed;

    fn data() -> Result<(Array2<f64>, Array1<f64>)> {
        let x = uniform(7, 2, Seed(3))?;
        let y = x.map_axis(Axis(1), |row| (2.0 * row[0]).sin() - row[1]);
        Ok((x, y))
    }

    /// Samples by features and exact updates against mean and covariance of the posterior.
    #[test]
    fn paths_have_the_posterior_of_their_kernel() -> Result<()> {
        let ((x, y), noise, at) = (data()?, 0.05, uniform(4, 2, Seed(4))?);
        let kernel = SquaredExponential { lengths: ndarray::array![0.6, 0.9], variance: 1.3 };
        let pending = Array2::zeros((0, 2));
        let inverse = super::inverse(kernel.between(&x, &x), noise)?.apply(&Array2::eye(7))?;
        let cross = kernel.between(&at, &x);
        let gain = multiply(&cross, &inverse);
        let mean = multiply(&gain, &column(y.clone()));
        let covariance = kernel.between(&at, &at) - multiply(&gain, &cross.t());
        let count = 2000;
        let mut draws = Array2::zeros((count, 4));
        for (k, mut row) in draws.rows_mut().into_iter().enumerate() {
            let seed = Seed(5).child(k as u64);
            let round = Round { points: &x, values: &y, pending: &pending, seed, candidates: 1, starts: 0, slot: 0 };
            row.assign(&Path::drawn(kernel.clone(), &round, noise)?.values(&at)?);
        }
        let n = count as f64;
        for i in 0..4 {
            let found = draws.column(i).sum() / n;
            assert!((found - mean[[i, 0]]).abs() <= 5.0 * (covariance[[i, i]] / n).sqrt(), "mean {i}");
            for j in 0..4 {
                let products = draws.rows().into_iter().map(|row| (row[i] - mean[[i, 0]]) * (row[j] - mean[[j, 0]]));
                let found = products.sum::<f64>() / n;
                let error = ((covariance[[i, i]] * covariance[[j, j]] + covariance[[i, j]].powi(2)) / n).sqrt();
                assert!((found - covariance[[i, j]]).abs() <= 5.0 * error, "covariance {i} {j}");
            }
        }
        Ok(())
    }

    #[test]
    fn bounds_are_those_of_the_posterior_and_count_points_of_the_batch() -> Result<()> {
        let ((x, y), noise, at) = (data()?, 0.05, uniform(5, 2, Seed(6))?);
        let net = crate::net::network("one layer", serial((Dense::hidden().bias(0.7), relu(), dense(1))));
        let of = |a: &Array2<f64>, b: Option<&Array2<f64>>| GaussianProcess::limit(&net, true, a, b);
        let between = |a: &Array2<f64>, b: &Array2<f64>| Ok(of(a, Some(b))?.values().clone());
        let variances = |a: &Array2<f64>| Ok(of(a, None)?.values().diag().to_owned());
        let bound = |pending: &Array2<f64>| {
            let round = Round { points: &x, values: &y, pending, seed: Seed(0), candidates: 1, starts: 0, slot: 0 };
            UpperBound::new((&between, &variances), &round, (noise, 2.0))?.values(&at)
        };
        let exact = |x: &Array2<f64>, y: &Array1<f64>| {
            of(x, None)?.regression(y)?.posterior(noise, &of(&at, Some(x))?, &of(&at, None)?)
        };
        let known = exact(&x, &y)?;
        let expected = &known.mean + &(known.standard_deviation() * 2.0);
        assert!((bound(&Array2::zeros((0, 2)))? - &expected).iter().all(|e| e.abs() <= 1e-9));
        let pending = uniform(2, 2, Seed(7))?;
        let both = concatenate(Axis(0), &[x.view(), pending.view()]).expect("points");
        let less = exact(&both, &Array1::zeros(9))?;
        let expected = &known.mean + &(less.standard_deviation() * 2.0);
        assert!((bound(&pending)? - &expected).iter().all(|e| e.abs() <= 1e-9));
        Ok(())
    }
}
