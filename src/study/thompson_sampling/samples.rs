//! Samples against the posterior that they are drawn from.

use crate::names::*;
use crate::saved_fields;

/// Standard deviation of the targets' noise.
const NOISE: f64 = 0.1;
/// Points on each side, and where they lie.
const POINTS: usize = 10;
const NEAR: f64 = 2.0 / 3.0;
const FAR: f64 = 2.0;
/// Of the grid on which functions are compared.
const GRID: (f64, usize) = (6.0, 50);

/// `x sin x` with noise, on both sides of a gap.
pub(super) fn toy(seed: Seed) -> (Matrix, Vector) {
    let side = Vector::linspace(NEAR, FAR, POINTS);
    let x: Vector = side.iter().map(|x| -x).chain(side.iter().copied()).collect();
    let mut normal = seed.normals(0);
    let y = x.mapv(|x| x * x.sin() + NOISE * normal());
    (x.insert_axis(Axis(1)), y)
}

pub(super) fn grid() -> Matrix {
    Vector::linspace(-GRID.0, GRID.0, GRID.1).insert_axis(Axis(1))
}

/// Functions drawn on the grid, `[functions, grid]`.
#[derive(Clone)]
pub(super) struct Samples {
    pub linear: Matrix,
    /// The first half with the same draws and the targets as they are.
    pub unperturbed: Matrix,
    /// By width.
    pub trained: Vec<Matrix>,
    /// Of the first of these widths.
    pub ensemble: Matrix,
    /// The posteriors of the kernels of single networks as wide as the linear models' are: the mean covariance, the mean of `λ A Aᵀ`, and means,
    /// `[networks, grid]`.
    pub own_covariance: Matrix,
    pub own_deficit: Matrix,
    pub own_means: Matrix,
}
saved_fields!(Samples { linear, unperturbed, trained, ensemble, own_covariance, own_deficit, own_means });

/// What training draws: an architecture, widths, functions of each, steps.
pub(super) type Training<'a> = (&'a Net, &'a [usize], usize, u64);

impl Samples {
    /// Of linear models of a network, so many, with the posteriors of some such networks; and by training.
    pub fn measure(
        (linear, count, averaged): (&Net, usize, usize),
        (trained, widths, functions, steps): Training<'_>,
        seed: Seed,
    ) -> Result<Self> {
        let ((x, y), at, noise) = (toy(seed.child(0)), grid(), NOISE * NOISE);
        let (data, sampler) = ((&x, &y), LinearSampler::new(linear, noise));
        let by_training = |width: usize| {
            let sampler = TrainedSampler::new(&trained.clone().width(width), noise).steps(steps);
            sampler.samples(functions, data, &at, seed.child(2).child(width as u64))
        };
        let ensemble = TrainedSampler::deep_ensemble(&trained.clone().width(widths[0])).steps(steps);
        let own = linear.clone().input(1).network_ensemble(averaged, seed.child(4))?;
        let own = own.map(|network| {
            let (kernel, cross) = (network.kernel(&x)?, network.kernel_between(&at, &x)?);
            Exact::of(kernel.ntk(), cross.ntk(), network.kernel(&at)?.ntk(), &y)
        })?;
        let means: Vec<_> = own.iter().map(|own| own.posterior.mean.view()).collect();
        let mean = |of: &dyn Fn(&Exact) -> &Matrix| {
            own.iter().fold(Matrix::zeros((at.nrows(), at.nrows())), |sum, own| sum + of(own)) / averaged as f64
        };
        Ok(Self {
            own_covariance: mean(&|own| &own.posterior.covariance),
            own_deficit: mean(&|own| &own.deficit),
            own_means: ndarray::stack(Axis(0), &means).expect("means on one grid"),
            linear: sampler.samples(count, data, &at, seed.child(1))?,
            unperturbed: sampler.unperturbed().samples(count.div_ceil(2), data, &at, seed.child(1))?,
            trained: widths.iter().map(|&width| by_training(width)).collect::<Result<_>>()?,
            ensemble: ensemble.samples(functions, data, &at, seed.child(3))?,
        })
    }
}

/// The posterior of a kernel on the grid.
#[derive(Clone)]
pub(super) struct Exact {
    pub posterior: Posterior,
    /// `λ A Aᵀ`, what the covariance lacks without noise on the targets.
    pub deficit: Matrix,
}

impl Exact {
    pub fn new(net: &Net, seed: Seed) -> Result<Self> {
        let ((x, y), at, net) = (toy(seed.child(0)), grid(), net.clone().input(1));
        let (kernel, cross) = (net.limit_kernel(&x)?, net.limit_kernel_between(&at, &x)?);
        Self::of(kernel.ntk(), cross.ntk(), net.limit_kernel(&at)?.ntk(), &y)
    }

    fn of(kernel: &Kernel, cross: &Kernel, test: &Kernel, y: &Vector) -> Result<Self> {
        let noise = NOISE * NOISE;
        let weights = kernel.regression(&Matrix::eye(y.len()))?.ridge(noise)?.predict(cross)?;
        let posterior = kernel.regression(y)?.posterior(noise, cross, test)?;
        Ok(Self { posterior, deficit: weights.dot(&weights.t()) * noise })
    }
}

/// Mean `[grid]` and covariance `[grid, grid]` of functions, with `n - 1` below.
pub(super) fn mean_and_covariance(functions: &Matrix) -> (Vector, Matrix) {
    let mean = functions.mean_axis(Axis(0)).expect("functions");
    let centred = functions - &mean;
    let covariance = centred.t().dot(&centred) / (functions.nrows() as f64 - 1.0);
    (mean, covariance)
}

/// `‖a - b‖ / ‖b‖` (Frobenius).
pub(super) fn apart<D: ndarray::Dimension>(a: &ndarray::Array<f64, D>, b: &ndarray::Array<f64, D>) -> f64 {
    let square = |a: &ndarray::Array<f64, D>| a.iter().map(|v| v * v).sum::<f64>();
    (square(&(a - b)) / square(b)).sqrt()
}
