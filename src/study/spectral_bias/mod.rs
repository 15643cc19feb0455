//! How fast a network learns each frequency of a target.

mod report;

pub use report::SpectralBiasReport;

use crate::names::*;
use crate::study::frame::*;
use crate::{define_study, saved_fields};

define_study! {
    /// Spectral bias.
    ///
    /// How fast does a network learn each frequency of a target on the sphere? (Wu et al. 2022, section on spectral bias;
    /// protocol of the authors' code.)
    ///
    /// `n` points uniform on the sphere of `R^d`, target `y = Σ_k c_k C_k(⟨x, ζ_k⟩)`, full-batch gradient descent on the mean
    /// squared error in the kernel regime: the whole run follows exactly from one eigendecomposition of the NTK per network.
    /// Recorded are the residual projections `a_k(t) = |⟨v_k, y - f_t⟩| / √n` on the training points, as in the paper, and on
    /// held-out points, where a frequency that was only memorised stays.
    ///
    /// A fixed learning rate mixes two things: the *scale* of a kernel, which grows with the degree and could be had with a
    /// larger rate, and its *shape*. So every network is also run at a rate matched to its top eigenvalue.
    ///
    /// Built by [`spectral_bias`].
    pub struct SpectralBias => SpectralBiasReport, "spectral_bias", "spectral bias";
    /// The study with the paper's settings ([`SpectralBias::paper`]).
    pub fn spectral_bias;
    settings {
        /// What the others are compared with.
        own baseline: Net = mlp(1), digest "baselines";
        /// Networks of rising degree.
        own families: Vec<Vec<Net>> = vec![vec![ccp(3), ccp(6), ccp(9)], vec![pnn(3), pnn(6), pnn(9)]], digest "networks";
        /// The dimension `d` of the inputs, at least 3. Default 10.
        value dimension: usize = 10, with "dimension";
        /// The number of training points. Default 1000.
        value points: usize = 1000, with "number of points";
        /// The number of held-out points. Default 10,000.
        value held_out: usize = 10_000, with "number of held-out points";
        /// The frequencies `k` of the target. Default 1, 3, 4, 5, 8, 12.
        list frequencies: usize = [1, 3, 4, 5, 8, 12], with "list of frequencies";
        /// The index of the Gegenbauer polynomials. Default harmonic.
        value gegenbauer: GegenbauerIndex = GegenbauerIndex::Harmonic, with "index of the polynomials";
        /// The scale of the harmonics. Default unit root mean square.
        value amplitude: Amplitude = Amplitude::Unit, with "amplitude";
        /// Uses the finite-width NTK of one random network of this width instead of the limit.
        optional width: usize = None, with "width";
        /// The fixed learning rate. Default 0.0016, the paper's; beyond the stability limit of a network it is refused with
        /// [`Error::Diverges`].
        value learning_rate: f64 = 0.0016, with "learning rate";
        /// The matched learning rate as `η (2/n) λ_max`, below 2. Default 0.5.
        value matched_rate: f64 = 0.5, with "matched learning rate";
        /// The number of steps. Default 30,000.
        value steps: u64 = 30_000, with "number of steps";
        /// Records every so many steps, at least 1. Default 10.
        value record_every: u64 = 10, with "number of steps between records";
    }
    trial { families: vec![vec![ccp(3)]], points: 40, held_out: 50, steps: 40 }
    quick {
        /// A run of a second: 300 points, 2000 held out, 3000 steps.
        points: 300, held_out: 2000, steps: 3000, record_every: 10
    }
    paper {
        /// The paper's sizes: 1000 points, 30,000 steps, records every 10; 10,000 held-out points.
        points: 1000, held_out: 10_000, steps: 30_000, record_every: 10
    }
}

impl SpectralBias {
    /// The networks: the first is the baseline of the others.
    pub fn networks(self, networks: impl IntoIterator<Item = Net>) -> Self {
        let mut networks = networks.into_iter();
        let baseline = networks.next().unwrap_or_else(|| self.baseline.clone());
        Self { baseline, families: vec![networks.collect()], ..self }
    }

    /// Baseline and families as one list.
    fn all_networks(&self) -> impl Iterator<Item = &Net> {
        std::iter::once(&self.baseline).chain(self.families.iter().flatten())
    }
}

impl Study for SpectralBias {
    type Report = SpectralBiasReport;

    fn check(&self) -> Result<()> {
        let every = self.record_every;
        Self::requires().distinct(self.all_networks().map(Net::name))?.that(
            every >= 1,
            "the number of steps between records",
            every as f64,
            "at least 1",
        )?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.all_networks().count())
    }

    fn shown() -> Self {
        Self::default()
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<SpectralBiasReport> {
        let (seed, n) = (run.seed(), self.points);
        let (x, held_out) =
            (sphere(n, self.dimension, seed.child(0))?, sphere(self.held_out, self.dimension, seed.child(1))?);
        let Self { dimension, gegenbauer, amplitude, .. } = *self;
        let target = HarmonicTarget::new(&self.frequencies, dimension, gegenbauer, amplitude, seed.child(2))?;
        let data = Data {
            y: target.values(&x)?,
            harmonics: target.harmonics(&x)?,
            y_held_out: target.values(&held_out)?,
            harmonics_held_out: target.harmonics(&held_out)?,
            x,
            held_out,
        };
        let recorded = |t: &u64| t.is_multiple_of(self.record_every) || *t == self.steps;
        let times: Vec<f64> = (0..=self.steps).filter(recorded).map(|t| t as f64).collect();
        let highest = self.frequencies.iter().copied().max().expect("a target without frequencies is refused");
        let degrees: Vec<usize> = (0..=highest.max(12)).collect();
        let shape = (times.len(), self.frequencies.len());
        let (mut runs, mut mercer) = (Vec::new(), Vec::new());
        for (index, net) in self.all_networks().enumerate() {
            let (name, kernels) = (format!("network-{index:02}"), format!("kernels-{index:02}"));
            let kernel = match run.has(&name)? {
                true => None,
                false => {
                    let fits = |k: &Kernelled| k.theta.dim() == (n, n) && k.weights.dim() == (shape.1, n);
                    let found = run.within_part(&kernels, fits, || self.kernels(net, &data, seed.child(3)))?;
                    run.look()?;
                    Some(found)
                }
            };
            let fits = |(mu, both): &(Vec<f64>, Vec<Found>)| {
                let right =
                    |f: &Found| f.train.dim() == shape && f.held_out.dim() == shape && f.half_lives.len() == shape.1;
                mu.len() == degrees.len() && both.len() == RULES.len() && both.iter().all(right)
            };
            let (mu, found) = run.part_that(&name, fits, || {
                let kernel = kernel.expect("kernels are there unless the part is");
                Ok((mercer_coefficients(net, self.dimension, &degrees)?, self.run_network(kernel, &data, &times)?))
            })?;
            // Its kernels are not needed again.
            run.forget(&kernels)?;
            mercer.push((net.name().to_string(), mu));
            runs.extend(RULES.into_iter().zip(found).map(|(rule, found)| (net.name().to_string(), rule, found)));
        }
        Ok(SpectralBiasReport { settings: self.clone(), times, degrees, runs, mercer })
    }
}

impl SpectralBias {
    /// `Θ` of the points, and what predictions on held-out points need.
    fn kernels(&self, net: &Net, data: &Data, seed: Seed) -> Result<Kernelled> {
        let kernelled = |[theta, cross]: [Matrix; 2], outputs: Vector, unseen: Vector| Kernelled {
            theta,
            outputs,
            // Projected first: the held-out kernel itself is not needed again.
            weights: data.harmonics_held_out.dot(&cross),
            start: data.harmonics_held_out.dot(&(&data.y_held_out - &unseen)),
        };
        let Some(width) = self.width else {
            let [_, theta] = net.limit_kernel(&data.x)?.into_values();
            let [_, cross] = net.limit_kernel_between(&data.held_out, &data.x)?.into_values();
            return Ok(kernelled([theta, cross], Array1::zeros(self.points), Array1::zeros(self.held_out)));
        };
        let network = net.clone().width(width).input(self.dimension).init(seed)?;
        network.require_one_output(Self::TITLE)?;
        let outputs = |x| Ok::<_, Error>(network.outputs(x)?.column(0).to_owned());
        let [_, theta] = network.kernel(&data.x)?.into_values();
        let [_, cross] = network.kernel_between(&data.held_out, &data.x)?.into_values();
        Ok(kernelled([theta, cross], outputs(&data.x)?, outputs(&data.held_out)?))
    }

    /// Both rates for one network.
    fn run_network(&self, kernel: Kernelled, data: &Data, times: &[f64]) -> Result<Vec<Found>> {
        let route = if self.width.is_some() { Route::Finite } else { Route::Limit };
        let Kernelled { theta, outputs, weights, start } = kernel;
        let regression = Kernel::of_outputs(theta, (true, route), 1).regression(&data.y)?.from_outputs(&outputs)?;
        let (hessian, eigen) = (regression.loss().curvature(), regression.eigen());
        let (scale, scale_held_out) = ((self.points as f64).sqrt(), (self.held_out as f64).sqrt());
        let one = |rule: Rule| {
            let rate = match rule {
                Rule::Fixed => LearningRate::Fixed(self.learning_rate),
                Rule::Matched => LearningRate::MatchTop(self.matched_rate),
            };
            let trajectory = regression.gradient_descent(rate)?;
            let train = trajectory.project(&data.harmonics, times)?.mapv(|p| p.abs() / scale);
            let moved = trajectory.project_prediction(&weights, times)?;
            let held_out = (&start - &moved).mapv(|p| p.abs() / scale_held_out);
            let grid = half_life_grid();
            let half_lives = data.harmonics.rows().into_iter().map(|v| trajectory.time_to(v, 0.5, &grid));
            Ok(Found {
                rate: trajectory.rate().expect("gradient descent has a rate"),
                hessian_max: hessian * eigen.largest(),
                hessian_min: hessian * eigen.smallest(),
                train,
                held_out,
                half_lives: half_lives.collect::<Result<_>>()?,
            })
        };
        RULES.into_iter().map(one).collect()
    }
}

/// Whole steps from 1 to 10^9, 20 a decade.
fn half_life_grid() -> Vec<f64> {
    (0..=180).map(|i| 10f64.powf(f64::from(i) / 20.0).round()).collect()
}

/// A network's kernel with what predictions on held-out points need of it.
struct Kernelled {
    theta: Matrix,
    /// `f_0` on the points.
    outputs: Vector,
    /// `v Θ(X*, X)`, `[K, n]`.
    weights: Matrix,
    /// `⟨v_k, y - f_0⟩` on the held-out points, `[K]`.
    start: Vector,
}
saved_fields!(Kernelled { theta, outputs, weights, start });

/// Points, targets and harmonics of one run.
struct Data {
    x: Matrix,
    y: Vector,
    harmonics: Matrix,
    held_out: Matrix,
    y_held_out: Vector,
    harmonics_held_out: Matrix,
}

/// Which learning rate a run used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Fixed,
    Matched,
}

const RULES: [Rule; 2] = [Rule::Fixed, Rule::Matched];

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Rule::Fixed => "fixed",
            Rule::Matched => "matched",
        }
    }
}

/// One network at one learning rate.
#[derive(Clone)]
struct Found {
    rate: f64,
    /// Extreme eigenvalues of `(2/n) Θ`.
    hessian_max: f64,
    hessian_min: f64,
    /// `a_k(t)`, `[times, K]`.
    train: Matrix,
    held_out: Matrix,
    half_lives: Vec<Option<f64>>,
}
saved_fields!(Found { rate, hessian_max, hessian_min, train, held_out, half_lives });
