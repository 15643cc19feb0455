mod report;
mod saved;

pub use report::SpectralBiasReport;

use crate::checkpoint::Checkpoint;
use crate::data::{Amplitude, GegenbauerIndex, HarmonicTarget, Seed, sphere};
use crate::error::{Error, Result};
use crate::internal::{Arrays, Settings, Work};
use crate::kernel::{Kernel, Route};
use crate::net::{Net, ccp, mlp, pnn};
use crate::progress::Progress;
use crate::regression::{KernelRegression, LearningRate, Trajectory};
use crate::spectrum::mercer_coefficients;
use ndarray::{Array1, Array2};

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
#[derive(Clone)]
pub struct SpectralBias {
    baseline: Net,
    families: Vec<Vec<Net>>,
    dimension: usize,
    points: usize,
    held_out: usize,
    frequencies: Vec<usize>,
    index: GegenbauerIndex,
    amplitude: Amplitude,
    width: Option<usize>,
    rate: f64,
    matched: f64,
    steps: u64,
    every: u64,
    seed: Seed,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// The study with the paper's settings ([`SpectralBias::paper`]).
pub fn spectral_bias() -> SpectralBias {
    SpectralBias {
        baseline: mlp(1),
        families: vec![vec![ccp(3), ccp(6), ccp(9)], vec![pnn(3), pnn(6), pnn(9)]],
        dimension: 10,
        points: 1000,
        held_out: 10_000,
        frequencies: vec![1, 3, 4, 5, 8, 12],
        index: GegenbauerIndex::Harmonic,
        amplitude: Amplitude::Unit,
        width: None,
        rate: 0.0016,
        matched: 0.5,
        steps: 30_000,
        every: 10,
        seed: Seed(0),
        checkpoint: None,
        quiet: false,
    }
}

impl SpectralBias {
    /// The paper's sizes: 1000 points, 30,000 steps, records every 10; 10,000 held-out points.
    pub fn paper(self) -> Self {
        Self { points: 1000, held_out: 10_000, steps: 30_000, every: 10, ..self }
    }

    /// A run of a second: 300 points, 2000 held out, 3000 steps.
    pub fn quick(self) -> Self {
        Self { points: 300, held_out: 2000, steps: 3000, every: 10, ..self }
    }

    /// The networks: the first is the baseline of the others.
    pub fn networks(self, networks: impl IntoIterator<Item = Net>) -> Self {
        let mut networks = networks.into_iter();
        let baseline = networks.next().unwrap_or_else(|| self.baseline.clone());
        Self { baseline, families: vec![networks.collect()], ..self }
    }

    /// The dimension `d` of the inputs, at least 3. Default 10.
    pub fn dimension(self, d: usize) -> Self {
        Self { dimension: d, ..self }
    }

    /// The number of training points. Default 1000.
    pub fn points(self, n: usize) -> Self {
        Self { points: n, ..self }
    }

    /// The number of held-out points. Default 10,000.
    pub fn held_out(self, n: usize) -> Self {
        Self { held_out: n, ..self }
    }

    /// The frequencies `k` of the target. Default 1, 3, 4, 5, 8, 12.
    pub fn frequencies(self, frequencies: impl IntoIterator<Item = usize>) -> Self {
        Self { frequencies: frequencies.into_iter().collect(), ..self }
    }

    /// The index of the Gegenbauer polynomials. Default harmonic.
    pub fn gegenbauer(self, index: GegenbauerIndex) -> Self {
        Self { index, ..self }
    }

    /// The scale of the harmonics. Default unit root mean square.
    pub fn amplitude(self, amplitude: Amplitude) -> Self {
        Self { amplitude, ..self }
    }

    /// Uses the finite-width NTK of one random network of this width instead of the limit.
    pub fn width(self, units: usize) -> Self {
        Self { width: Some(units), ..self }
    }

    /// The fixed learning rate. Default 0.0016, the paper's.
    pub fn learning_rate(self, rate: f64) -> Self {
        Self { rate, ..self }
    }

    /// The matched learning rate as `η (2/n) λ_max`, below 2. Default 0.5.
    pub fn matched_rate(self, share: f64) -> Self {
        Self { matched: share, ..self }
    }

    /// The number of steps. Default 30,000.
    pub fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// Records every so many steps, at least 1. Default 10.
    pub fn record_every(self, steps: u64) -> Self {
        Self { every: steps.max(1), ..self }
    }

    /// The seed of points, target and finite networks. Default 0.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Baseline and families as one list.
    fn all_networks(&self) -> impl Iterator<Item = &Net> {
        std::iter::once(&self.baseline).chain(self.families.iter().flatten())
    }

    /// Saves every network's kernels and runs in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint).
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Runs the study, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::Diverges`] if the fixed rate is beyond the stability limit of a network; settings without points,
    /// frequencies or width; [`Error::SameName`]; networks without a limit. With a checkpoint [`Error::Stopped`] if a file asked
    /// for it, [`Error::Store`] for a folder that cannot be used, [`Error::File`].
    pub fn run(&self) -> Result<SpectralBiasReport> {
        Progress::unless(self.quiet).during(|| self.run_all())
    }

    /// Everything that the result depends on.
    fn settings(&self) -> Settings {
        let Self { baseline, families, dimension, points, held_out, frequencies, index, .. } = self;
        let Self { amplitude, width, rate, matched, steps, every, seed, checkpoint: _, quiet: _, .. } = self;
        Settings::new()
            .text("networks", (baseline, families))
            .with("dimension", dimension)
            .with("number of points", points)
            .with("number of held-out points", held_out)
            .with("list of frequencies", frequencies)
            .with("index of the polynomials", index)
            .with("amplitude", amplitude)
            .with("width", width)
            .with("learning rate", rate)
            .with("matched learning rate", matched)
            .with("number of steps", steps)
            .with("number of steps between records", every)
            .with("seed", seed.0)
    }

    fn run_all(&self) -> Result<SpectralBiasReport> {
        let mut names = std::collections::HashSet::new();
        if let Some(net) = self.all_networks().find(|net| !names.insert(net.name())) {
            return Err(Error::SameName { place: "spectral bias", name: net.name().into() });
        }
        let (x, held_out) = (
            sphere(self.points, self.dimension, self.seed.child(0))?,
            sphere(self.held_out, self.dimension, self.seed.child(1))?,
        );
        let target =
            HarmonicTarget::new(&self.frequencies, self.dimension, self.index, self.amplitude, self.seed.child(2))?;
        let data = Data {
            y: target.values(&x)?,
            harmonics: target.harmonics(&x)?,
            y_held_out: target.values(&held_out)?,
            harmonics_held_out: target.harmonics(&held_out)?,
            x,
            held_out,
        };
        let times: Vec<f64> =
            (0..=self.steps).filter(|t| t % self.every == 0 || *t == self.steps).map(|t| t as f64).collect();
        let degrees: Vec<usize> = (0..=self.frequencies.iter().copied().max().unwrap_or(0).max(12)).collect();
        let store = Checkpoint::of_study(self.checkpoint.as_ref(), "spectral_bias", self.settings())?;
        let count = self.all_networks().count() as u64;
        let mut work = Work::new(store.as_ref(), "spectral bias".into(), "networks", count, 0);
        let mut runs = Vec::new();
        let mut mercer = Vec::new();
        for (index, net) in self.all_networks().enumerate() {
            let (name, kernels) = (format!("network-{index:02}"), format!("kernels-{index:02}"));
            let mut found = match work.read_part(&name)? {
                Some(found) => found,
                None => {
                    let mu = mercer_coefficients(net, self.dimension, &degrees)?;
                    let kernels = work.part(&kernels, || self.kernels(net, &data))?;
                    work.look()?;
                    let runs = self.run_network(net, kernels, &data, &times)?;
                    work.write_part(&name, saved::arrays(&mu, &runs))?
                }
            };
            // Its kernels are not needed again.
            work.remove_part(&kernels)?;
            let (mu, found) = saved::restore(net, &mut found, (times.len(), self.frequencies.len(), degrees.len()))?;
            mercer.push((net.name().to_string(), mu));
            runs.extend(found);
            work.advance_saved()?;
        }
        work.finish_saved()?;
        Ok(SpectralBiasReport { settings: self.clone(), times, degrees, runs, mercer })
    }

    /// `Θ` of the points, and what predictions on held-out points need: see [`Prediction`].
    fn kernels(&self, net: &Net, data: &Data) -> Result<Arrays> {
        let arrays = |[theta, cross]: [Array2<f64>; 2], start: Array1<f64>, outputs: Array1<f64>| {
            Arrays::new()
                .with("theta", theta)
                .with("outputs", start)
                // Projected first: the held-out kernel itself is not needed again.
                .with("weights", data.harmonics_held_out.dot(&cross))
                .with("start", data.harmonics_held_out.dot(&(&data.y_held_out - &outputs)))
        };
        let Some(width) = self.width else {
            let [_, theta] = net.limit_kernel(&data.x)?.into_values();
            let [_, cross] = net.limit_kernel_between(&data.held_out, &data.x)?.into_values();
            return Ok(arrays([theta, cross], Array1::zeros(self.points), Array1::zeros(self.held_out)));
        };
        let network = net.clone().width(width).input(self.dimension).init(self.seed.child(3))?;
        network.require_one_output("spectral bias")?;
        let outputs = |x| Ok::<_, Error>(network.outputs(x)?.column(0).to_owned());
        let [_, theta] = network.kernel(&data.x)?.into_values();
        let [_, cross] = network.kernel_between(&data.held_out, &data.x)?.into_values();
        Ok(arrays([theta, cross], outputs(&data.x)?, outputs(&data.held_out)?))
    }

    /// Both rates for one network.
    fn run_network(&self, net: &Net, mut kernels: Arrays, data: &Data, times: &[f64]) -> Result<Vec<Run>> {
        let (n, k) = (self.points, self.frequencies.len());
        let route = if self.width.is_some() { Route::Finite } else { Route::Limit };
        let theta = Kernel::of_outputs(kernels.take("theta", (n, n))?, (true, route), 1);
        let prediction = Prediction {
            regression: theta.regression(&data.y)?.from_outputs(&kernels.take("outputs", n)?)?,
            weights: kernels.take("weights", (k, n))?,
            start: kernels.take("start", k)?,
        };
        [(Rule::Fixed, LearningRate::Fixed(self.rate)), (Rule::Matched, LearningRate::MatchTop(self.matched))]
            .into_iter()
            .map(|(rule, rate)| prediction.run(net, data, times, rule, rate))
            .collect()
    }
}

/// A network's kernel with what predictions on held-out points need of it.
struct Prediction {
    regression: KernelRegression,
    /// `v Θ(X*, X)`, `[K, n]`.
    weights: Array2<f64>,
    /// `⟨v_k, y - f_0⟩` on the held-out points, `[K]`.
    start: Array1<f64>,
}

impl Prediction {
    fn run(&self, net: &Net, data: &Data, times: &[f64], rule: Rule, rate: LearningRate) -> Result<Run> {
        let trajectory = self.regression.gradient_descent(rate)?;
        let scale = (data.x.nrows() as f64).sqrt();
        let scale_held_out = (data.held_out.nrows() as f64).sqrt();
        let train = trajectory.project(&data.harmonics, times)?.mapv(|p| p.abs() / scale);
        let moved = trajectory.project_prediction(&self.weights, times)?;
        let held_out = (&self.start - &moved).mapv(|p| p.abs() / scale_held_out);
        let grid = half_life_grid();
        let half_lives = data
            .harmonics
            .rows()
            .into_iter()
            .map(|v| trajectory.time_to(v, 0.5, &grid))
            .collect::<Result<Vec<Option<f64>>>>()?;
        let hessian = 2.0 / data.x.nrows() as f64;
        let eigen = self.regression.eigen();
        Ok(Run {
            network: net.name().into(),
            rule,
            rate: learning_rate(&trajectory)?,
            hessian_max: hessian * eigen.largest(),
            hessian_min: hessian * eigen.smallest(),
            train,
            held_out,
            half_lives,
        })
    }
}

fn learning_rate(trajectory: &Trajectory) -> Result<f64> {
    trajectory.rate().ok_or(Error::Range {
        place: "spectral bias",
        what: "the learning rate",
        value: f64::NAN,
        legal: "finite",
    })
}

/// Whole steps from 1 to 10^9, 20 a decade.
fn half_life_grid() -> Vec<f64> {
    (0..=180).map(|i| 10f64.powf(f64::from(i) / 20.0).round()).collect()
}

/// Points, targets and harmonics of one run.
struct Data {
    x: Array2<f64>,
    y: Array1<f64>,
    harmonics: Array2<f64>,
    held_out: Array2<f64>,
    y_held_out: Array1<f64>,
    harmonics_held_out: Array2<f64>,
}

/// Which learning rate a run used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Fixed,
    Matched,
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Rule::Fixed => "fixed",
            Rule::Matched => "matched",
        }
    }
}

/// One network at one learning rate.
#[derive(Clone, Debug)]
struct Run {
    network: String,
    rule: Rule,
    rate: f64,
    /// Extreme eigenvalues of `(2/n) Θ`.
    hessian_max: f64,
    hessian_min: f64,
    /// `a_k(t)`, `[times, K]`.
    train: Array2<f64>,
    held_out: Array2<f64>,
    half_lives: Vec<Option<f64>>,
}
