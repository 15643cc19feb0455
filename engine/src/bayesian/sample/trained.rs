//! Samples of the posterior of the tangent kernel by training networks.

use super::super::Acquisition;
use super::{Data, along, check_data, many, ones, perturbed};
use crate::error::{Error, Result};
use crate::linalg::Lanczos;
use crate::net::{Net, Network, last_weight};
use crate::op::Parameter;
use crate::random::Seed;
use crate::regression::SquaredError;
use crate::train::{Objective, Penalty, Sgd, Trainer};
use ndarray::{Array1, Array2};

const PLACE: &str = "posterior sample by training";
/// Of the optimiser; its rate is 1 over the largest curvature at the start, of which it could take 3.8.
const MOMENTUM: f64 = 0.9;

/// Draws functions by training networks, which as the width grows are draws from the posterior of a Gaussian process with the tangent
/// kernel: sample, then optimise.
///
/// The model is `f(x; θ) + ⟨∂f(x; θ_0)/∂θ, θ̃⟩` with `θ_0` and `θ̃` drawn independently as networks are, the readout's part of `θ̃` set to
/// zero. At the start the first term has the covariance `K` (NNGP) over draws, and the second, which stays as it is, `Θ - K`, so the prior
/// is that of the kernel `Θ = J P Jᵀ` with the variances `P` of the parameters at the start: the tangent kernel in the NTK parametrisation, and
/// the same kernel in the standard one. Training minimises `Σ_i (… - y_i - ε_i)² + λ ‖θ - θ_0‖²`, each parameter over its standard deviation
/// at the start, with `ε_i ~ N(0, λ)`.
///
/// Training is gradient descent with momentum 0.9 on all points, at a rate of 1 over the largest curvature at the start.
///
/// ## Assumptions
/// The network ends in a dense layer, and its parameters have no learning rates of their own ([`Parametrisation`](crate::op::Parametrisation)
/// `Ntk` or `Standard`).
/// ## References
/// He, Lakshminarayanan and Teh 2020 (the second term); Dai, Shu, Low and Jaillet 2022 (STO-BNTS; its released code has no `ε`).
#[derive(Clone)]
pub struct TrainedSampler {
    pub(in crate::bayesian) net: Net,
    pub(in crate::bayesian) noise: f64,
    pub(in crate::bayesian) steps: u64,
    pub(in crate::bayesian) perturbed: bool,
    pub(in crate::bayesian) ensemble: bool,
}

/// A function that a [`TrainedSampler`] drew.
#[derive(Clone)]
pub struct TrainedSample {
    network: Network,
    /// `θ_0` and the part of `θ̃` that counts; none of a deep ensemble.
    fixed: Option<(Network, Vec<Array2<f64>>)>,
}

impl TrainedSampler {
    /// Of an architecture with one output, and targets with independent noise of variance `λ > 0`; 2000 steps.
    pub fn new(net: &Net, noise: f64) -> Self {
        Self { net: net.clone(), noise, steps: 2000, perturbed: true, ensemble: false }
    }

    /// A plain network, trained without the fixed term, without a penalty and on the targets as they are: what a deep ensemble is made of.
    /// Its functions vary less than those of a posterior.
    pub fn deep_ensemble(net: &Net) -> Self {
        Self { perturbed: false, ensemble: true, ..Self::new(net, 1.0) }
    }

    /// Sets the number of steps, at least 1.
    pub fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// Leaves the targets as they are: samples then vary too little.
    pub fn unperturbed(self) -> Self {
        Self { perturbed: false, ..self }
    }

    /// A function, given points `[n, d]` and targets `[n]`.
    ///
    /// # Errors
    /// Bad points or targets; [`Error::Range`] for a noise that is not above 0, no steps, and a parameter without variance at the start;
    /// [`Error::Size`] for a network of several outputs; [`Error::Unlike`] for one that does not end in a dense layer, or has learning rates
    /// of its own; as for [`Net::init`] and [`Trainer::train`].
    pub fn sample(&self, (x, y): Data<'_>, seed: Seed) -> Result<TrainedSample> {
        check_data(PLACE, (x, y), self.noise)?;
        if self.steps == 0 {
            return Err(Error::Range { place: PLACE, what: "the number of steps", value: 0.0, legal: "at least 1" });
        }
        let net = self.net.reading(x.ncols());
        let start = net.init(seed.child(0))?;
        start.require_one_output(PLACE)?;
        let mut network = start.clone();
        if self.ensemble {
            fit(&mut network, x, y.clone(), None, self.steps)?;
            return Ok(TrainedSample { network, fixed: None });
        }
        self.check_prior(&start)?;
        let readout = last_weight(start.parameters());
        let other = net.init(seed.child(1))?;
        let direction = other.parameters().iter().enumerate().map(|(index, parameter)| match index < readout {
            true => &parameter.values - parameter.slot().mean,
            false => Array2::zeros(parameter.values.dim()),
        });
        let direction: Vec<_> = direction.collect();
        let targets = perturbed(y, self.noise, self.perturbed.then(|| seed.child(2)));
        let left = targets - along(&start, &direction, x)?;
        fit(&mut network, x, left, Some(self.noise), self.steps)?;
        Ok(TrainedSample { network, fixed: Some((start, direction)) })
    }

    /// The values on `at: [m, d]` of so many functions, `[count, m]`, side by side; the `k`-th is [`sample`](Self::sample) of the seed's
    /// child `k`.
    ///
    /// # Errors
    /// As for [`TrainedSampler::sample`]; [`Error::Range`] for none, [`Error::Memory`].
    pub fn samples(&self, count: usize, data: Data<'_>, at: &Array2<f64>, seed: Seed) -> Result<Array2<f64>> {
        many(PLACE, (count, at.nrows()), seed, |seed| self.sample(data, seed)?.values(at))
    }

    fn check_prior(&self, start: &Network) -> Result<()> {
        if self.net.readout().is_none() {
            let reason = "the network must end in a dense layer, whose draw is a part of the prior of its own";
            return Err(Error::Unlike { place: PLACE, reason });
        }
        for parameter in start.parameters() {
            let slot = parameter.slot();
            if slot.rate != 1.0 {
                let reason = "a parameter has a learning rate of its own, so that networks as drawn are no draws of the kernel's process; take LinearSampler, or the parametrisations Ntk or Standard without rates";
                return Err(Error::Unlike { place: PLACE, reason });
            }
            if slot.deviation == 0.0 {
                let what = "the standard deviation of a parameter at the start";
                return Err(Error::Range { place: PLACE, what, value: 0.0, legal: "above 0 for a prior" });
            }
        }
        Ok(())
    }
}

/// Descends on `Σ_i (f(x_i) - y_i)² + λ ‖θ - θ_0‖²` from where the network is.
pub(in super::super) fn fit(
    network: &mut Network,
    x: &Array2<f64>,
    y: Array1<f64>,
    ridge: Option<f64>,
    steps: u64,
) -> Result<()> {
    let n = x.nrows() as f64;
    let largest = Lanczos::new(1, Seed(0)).run(network.kernel(x)?.ntk().values())?.values[0];
    let objective = Objective::new(x, &y, SquaredError)?;
    // The mean of squares, not their sum.
    let (objective, stiffest) = match ridge {
        None => (objective, 0.0),
        Some(ridge) => {
            // Steps are scaled by a parameter's rate.
            let stiffness = |p: &Parameter| p.slot().rate * p.slot().deviation.powi(-2);
            let precision = network.parameters().iter().map(stiffness).fold(0.0, f64::max);
            let penalty = Penalty::to_start(2.0 * ridge / n, network).prior_precision();
            (objective.penalty(penalty), ridge * precision)
        }
    };
    let curvature = 2.0 / n * (largest + stiffest);
    if curvature == 0.0 {
        return Ok(());
    }
    let trainer = Trainer::steps(steps, Sgd::new(1.0 / curvature).momentum(MOMENTUM)).quiet();
    trainer.train(network, &objective).map(|_| ())
}

impl TrainedSample {
    /// The network as trained.
    pub fn network(&self) -> &Network {
        &self.network
    }
}

impl Acquisition for TrainedSample {
    fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
        let outputs = self.network.outputs(x)?.column(0).to_owned();
        match &self.fixed {
            None => Ok(outputs),
            Some((start, direction)) => Ok(outputs + along(start, direction, x)?),
        }
    }

    fn gradients(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        let slopes = self.network.input_gradient(&ones(x), x)?;
        match &self.fixed {
            None => Ok(slopes),
            Some((start, direction)) => Ok(slopes + start.linearised_input_gradient(direction, &ones(x), x)?),
        }
    }
}

impl std::fmt::Debug for TrainedSampler {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.ensemble {
            return write!(f, "networks {}, trained for {} steps", self.net.name(), self.steps);
        }
        let targets = if self.perturbed { "" } else { ", targets unperturbed" };
        write!(
            f,
            "posterior samples by training {}, noise {:e}, {} steps{targets}",
            self.net.name(),
            self.noise,
            self.steps
        )
    }
}

impl std::fmt::Debug for TrainedSample {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a sample by training {}", self.network.net().name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::gaussian;
    use crate::net::network;
    use crate::op::{Dense, Parametrisation, dense, relu, scale, serial};

    /// Of a network that is linear in its parameters training ends in `θ_0 + P Jᵀ (J P Jᵀ + λ I)⁻¹ (y - J θ_0)` with the variances `P` at
    /// the start, by the inverse of 2 × 2.
    #[test]
    fn training_ends_in_the_closed_form_where_there_is_one() -> Result<()> {
        let (x, at, noise) = (gaussian(2, 3, Seed(0))?, gaussian(4, 3, Seed(1))?, 0.3);
        let y = ndarray::array![1.0, -0.5];
        for parametrisation in [Parametrisation::Ntk, Parametrisation::Standard] {
            let dense = Dense::new(1).bias(0.5).sigma_w(1.3);
            let net = network("linear", serial([dense.into()])).input(3).parametrisation(parametrisation);
            let seed = Seed(2);
            let found =
                TrainedSampler::new(&net, noise).unperturbed().steps(3000).sample((&x, &y), seed)?.values(&at)?;
            let start = net.init(seed.child(0))?;
            let kernel = |a: &Array2<f64>, b: &Array2<f64>| a.dot(&b.t()) * (1.3 * 1.3 / 3.0) + 0.25;
            let k = kernel(&x, &x);
            let (a, b, c) = (k[[0, 0]] + noise, k[[0, 1]], k[[1, 1]] + noise);
            let inverse = ndarray::array![[c, -b], [-b, a]] / (a * c - b * b);
            let left = &y - &start.outputs(&x)?.column(0);
            let expected = start.outputs(&at)?.column(0).to_owned() + kernel(&at, &x).dot(&inverse.dot(&left));
            assert!((&found - &expected).iter().all(|e| e.abs() <= 1e-8), "{found} {expected}");
        }
        Ok(())
    }

    /// The fixed term has the covariance `Θ - K` and the outputs at the start `K`, so that both have `Θ`: with data far too noisy to count.
    #[test]
    fn the_prior_is_that_of_the_tangent_kernel() -> Result<()> {
        let (x, at, count) = (gaussian(1, 3, Seed(0))?, gaussian(2, 3, Seed(1))?, 3000);
        let net = network("ReLU", serial((Dense::hidden().bias(0.5), relu(), dense(1)))).width(64);
        let drawn = TrainedSampler::new(&net, 1e12).unperturbed().steps(1).samples(
            count,
            (&x, &Array1::zeros(1)),
            &at,
            Seed(2),
        )?;
        let expected = net.clone().input(3).limit_kernel(&at)?.ntk().values().clone();
        for i in 0..2 {
            for j in 0..2 {
                let found = drawn.column(i).dot(&drawn.column(j)) / count as f64;
                let square = expected[[i, i]] * expected[[j, j]] + expected[[i, j]].powi(2);
                // The kernel of finite width varies too, by about 1/√64 of itself.
                let z = (found - expected[[i, j]]) / (1.2 * square / count as f64).sqrt();
                assert!(z.abs() <= 5.0, "{i} {j}: {z}");
            }
        }
        Ok(())
    }

    #[test]
    fn networks_without_such_a_prior_are_refused() -> Result<()> {
        let (x, y) = (gaussian(3, 2, Seed(0))?, Array1::ones(3));
        let of = |layer, rates: &[f64]| {
            let net = network("net", layer).width(4);
            let net = if rates.is_empty() { net } else { net.learning_rates(rates) };
            TrainedSampler::new(&net, 0.1).steps(2).sample((&x, &y), Seed(1)).map(|_| ())
        };
        let two = || serial([dense(4), dense(1)]);
        assert!(of(two(), &[]).is_ok());
        assert!(matches!(of(two(), &[1.0, 2.0]), Err(Error::Unlike { .. })));
        assert!(matches!(of(serial([dense(1), relu()]), &[]), Err(Error::Unlike { .. })));
        assert!(of(serial([dense(4), scale(0.5), dense(1)]), &[]).is_ok());
        let flat = TrainedSampler::new(&network("flat", two()), 0.1).steps(0).sample((&x, &y), Seed(1));
        assert!(matches!(flat, Err(Error::Range { .. })));
        Ok(())
    }
}
