//! Samples of the posterior of a network's tangent kernel, in closed form.

use super::super::Acquisition;
use super::{Data, along, check_data, many, ones, perturbed};
use crate::error::{Error, Result};
use crate::net::{Net, Network};
use crate::random::Seed;
use ndarray::{Array1, Array2, Axis};

const PLACE: &str = "posterior sample of a linear model";

/// Draws functions from the posterior of a Gaussian process whose kernel is a network's tangent kernel: sample, then optimise.
///
/// A network `θ̃` is drawn, and with it the features `J = ∂f/∂θ` at `θ̃` of a linear model `⟨J(x), θ⟩`; a start `θ_0` is drawn from the model's
/// prior, `N(0, I)`. What gradient descent on `Σ_i (⟨J(x_i), θ⟩ - y_i - ε_i)² + λ ‖θ - θ_0‖²` ends in is
///
/// `θ = θ_0 + Jᵀ (J Jᵀ + λ I)⁻¹ (y + ε - J θ_0)`,
///
/// and with `ε_i ~ N(0, λ)` the function `⟨J(x), θ⟩` is, given `θ̃`, a draw from the posterior: mean and covariance are those of
/// [`KernelRegression::posterior`](crate::regression::KernelRegression::posterior) with the kernel `Θ = J Jᵀ`, the network's own tangent kernel. Without `ε` the covariance lacks `λ A Aᵀ`, `A = Θ(x, X) (Θ + λ I)⁻¹`.
///
/// Where parameters have learning rates `η_p` of their own, `J` is scaled by `√η_p`, so that `Θ` is the tangent kernel still. In the NTK and the
/// maximal-update parametrisation it goes to its limit as the width grows; in the standard one it grows.
///
/// ```
/// use hadamard::prelude::*;
/// let net = network("ReLU", serial((Dense::hidden().bias(1.0), relu(), dense(1)))).width(256);
/// let x = sphere(8, 2, Seed(0))?;
/// let y = x.column(0).to_owned();
/// let function = LinearSampler::new(&net, 1e-4).sample((&x, &y), Seed(1))?;
/// assert!((function.values(&x)? - &y).iter().all(|off| off.abs() < 0.1));
/// # Ok::<(), Error>(())
/// ```
///
/// ## Cost
/// The kernel of the data, its eigenvectors, and three passes over the data; values cost a pass with a tangent.
/// ## References
/// Matthews, Hron, Turner and Ghahramani 2017 (sample, then optimise); Dai, Shu, Low and Jaillet 2022 (STO-BNTS-Linear; its released code
/// has no `ε`).
#[derive(Clone)]
pub struct LinearSampler {
    pub(in crate::bayesian) net: Net,
    pub(in crate::bayesian) noise: f64,
    pub(in crate::bayesian) perturbed: bool,
}

/// A function that a [`LinearSampler`] drew.
#[derive(Clone)]
pub struct LinearSample {
    features: Network,
    parameters: Vec<Array2<f64>>,
}

impl LinearSampler {
    /// Of an architecture with one output, and targets with independent noise of variance `λ > 0`.
    pub fn new(net: &Net, noise: f64) -> Self {
        Self { net: net.clone(), noise, perturbed: true }
    }

    /// Leaves the targets as they are: samples then vary too little.
    pub fn unperturbed(self) -> Self {
        Self { perturbed: false, ..self }
    }

    /// A function, given points `[n, d]` and targets `[n]`.
    ///
    /// # Errors
    /// Bad points or targets; [`Error::Range`] for a noise that is not above 0, and for a prior without variance on all of the points;
    /// [`Error::Size`] for a network of several outputs; as for [`Net::init`].
    pub fn sample(&self, (x, y): Data<'_>, seed: Seed) -> Result<LinearSample> {
        check_data(PLACE, (x, y), self.noise)?;
        self.of_features(self.net.reading(x.ncols()).init(seed.child(0))?, (x, y), seed)
    }

    /// Given `θ̃`.
    fn of_features(&self, features: Network, (x, y): Data<'_>, seed: Seed) -> Result<LinearSample> {
        features.require_one_output(PLACE)?;
        let mut normal = seed.child(1).normals(0);
        let prior = features.parameters().iter().map(|p| {
            let deviation = p.slot().rate.sqrt();
            Array2::from_shape_simple_fn(p.values.dim(), || deviation * normal())
        });
        let mut parameters: Vec<Array2<f64>> = prior.collect();
        let kernel = features.kernel(x)?;
        let value = kernel.ntk().values().diag().iter().fold(0.0, |most: f64, &v| most.max(v));
        if value == 0.0 {
            let what = "the largest prior variance of the points";
            return Err(Error::Range {
                place: PLACE,
                what,
                value,
                legal: "above 0; the network's kernel is zero there",
            });
        }
        let targets = perturbed(y, self.noise, self.perturbed.then(|| seed.child(2)));
        let residuals = targets - along(&features, &parameters, x)?;
        let coefficients = kernel.ntk().regression(&residuals)?.ridge(self.noise)?.coefficients;
        let moves = features.vector_jacobian(&coefficients.insert_axis(Axis(1)), x)?;
        for ((parameter, step), drawn) in parameters.iter_mut().zip(moves).zip(features.parameters()) {
            parameter.scaled_add(drawn.slot().rate, &step);
        }
        Ok(LinearSample { features, parameters })
    }

    /// The values on `at: [m, d]` of so many functions, `[count, m]`, side by side; the `k`-th is [`sample`](Self::sample) of the seed's
    /// child `k`.
    ///
    /// # Errors
    /// As for [`LinearSampler::sample`]; [`Error::Range`] for none, [`Error::Memory`].
    pub fn samples(&self, count: usize, data: Data<'_>, at: &Array2<f64>, seed: Seed) -> Result<Array2<f64>> {
        many(PLACE, (count, at.nrows()), seed, |seed| self.sample(data, seed)?.values(at))
    }
}

impl LinearSample {
    /// The network `θ̃` whose derivatives are the features.
    pub fn features(&self) -> &Network {
        &self.features
    }
}

impl Acquisition for LinearSample {
    fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
        along(&self.features, &self.parameters, x)
    }

    fn gradients(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        self.features.linearised_input_gradient(&self.parameters, &ones(x), x)
    }
}

impl std::fmt::Debug for LinearSampler {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let targets = if self.perturbed { "" } else { ", targets unperturbed" };
        write!(f, "linear posterior samples of {}, noise {:e}{targets}", self.net.name(), self.noise)
    }
}

impl std::fmt::Debug for LinearSample {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a posterior sample, linear in the tangent features of {}", self.features.net().name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::gaussian;
    use crate::net::network;
    use crate::op::{Dense, Parametrisation, dense, relu, serial};

    fn net() -> Net {
        network("ReLU", serial((Dense::hidden().bias(0.5), relu(), dense(1)))).width(12)
    }

    /// Of one network the samples have mean and covariance of the posterior of its own kernel, by the inverse of 2 × 2; also with learning
    /// rates, which the kernel carries. Without noise on the targets the covariance lacks `λ A Aᵀ`.
    #[test]
    fn given_the_features_samples_are_those_of_the_posterior() -> Result<()> {
        let (x, at, noise, count) = (gaussian(2, 3, Seed(0))?, gaussian(3, 3, Seed(1))?, 0.3, 4000);
        let y = ndarray::array![1.0, -0.5];
        for net in [net(), net().learning_rates(&[0.5, 2.0, 1.5]), net().parametrisation(Parametrisation::Standard)] {
            for perturbed in [true, false] {
                let sampler = LinearSampler { perturbed, ..LinearSampler::new(&net, noise) };
                let features = net.clone().input(3).init(Seed(2))?;
                let kernel = |a: &Array2<f64>, b: &Array2<f64>| {
                    features.kernel_between(a, b).map(|kernels| kernels.ntk().values().clone())
                };
                let k = kernel(&x, &x)?;
                let (a, b, c) = (k[[0, 0]] + noise, k[[0, 1]], k[[1, 1]] + noise);
                let inverse = ndarray::array![[c, -b], [-b, a]] / (a * c - b * b);
                let gain = kernel(&at, &x)?.dot(&inverse);
                let mean = gain.dot(&y);
                let mut covariance = kernel(&at, &at)? - gain.dot(&kernel(&x, &at)?);
                if !perturbed {
                    covariance = covariance - gain.dot(&gain.t()) * noise;
                }
                let mut draws = Array2::zeros((count, 3));
                for (index, mut row) in draws.rows_mut().into_iter().enumerate() {
                    let drawn = sampler.of_features(features.clone(), (&x, &y), Seed(3).child(index as u64))?;
                    row.assign(&drawn.values(&at)?);
                }
                let n = count as f64;
                let centred = &draws - &mean;
                for i in 0..3 {
                    let off = centred.column(i).sum() / n;
                    assert!(off.abs() <= 5.0 * (covariance[[i, i]] / n).sqrt(), "mean {i}: {off}");
                    for j in 0..3 {
                        let found = centred.column(i).dot(&centred.column(j)) / n;
                        let square = covariance[[i, i]] * covariance[[j, j]] + covariance[[i, j]].powi(2);
                        let z = (found - covariance[[i, j]]) / (square / n).sqrt();
                        assert!(z.abs() <= 5.0, "covariance {i} {j}, perturbed {perturbed}: {z}");
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn gradients_equal_central_differences() -> Result<()> {
        let (x, at) = (gaussian(4, 3, Seed(0))?, gaussian(5, 3, Seed(1))?);
        let drawn = LinearSampler::new(&net(), 0.1).sample((&x, &x.column(0).to_owned()), Seed(2))?;
        /// The differences that stand for gradients that are not known.
        struct Values(LinearSample);
        impl Acquisition for Values {
            fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
                self.0.values(x)
            }
        }
        let off = drawn.gradients(&at)? - Values(drawn.clone()).gradients(&at)?;
        assert!(off.iter().all(|e| e.abs() <= 1e-7), "{off}");
        Ok(())
    }
}
