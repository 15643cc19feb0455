//! # Spectral bias
//! How fast does a network learn each frequency of a target on the sphere? (Wu et al. 2022, section on spectral bias;
//! protocol of the authors' code.)
//!
//! `n` points uniform on the sphere of `R^d`, target `y = Σ_k c_k C_k(⟨x, ζ_k⟩)`, full-batch gradient descent on the mean
//! squared error in the kernel regime: the whole run follows exactly from one eigendecomposition of the NTK per network.
//! Recorded are the residual projections `a_k(t) = |⟨v_k, y - f_t⟩| / √n` on the training points, as in the paper, and on
//! held-out points, where a frequency that was only memorised stays.
//!
//! A fixed learning rate mixes two things: the *scale* of a kernel, which grows with the degree and could be had with a
//! larger rate, and its *shape*. So every network is also run at a rate matched to its top eigenvalue.

use super::Verdicts;
use crate::data::{Amplitude, GegenbauerIndex, HarmonicTarget, Seed, sphere};
use crate::error::{Error, Result};
use crate::net::{Net, ccp, mlp, pnn};
use crate::regression::{KernelRegression, LearningRate, Trajectory};
use crate::spectrum::mercer_coefficients;
use crate::view::{Line, Panel, Plot, Scale, panels};
use ndarray::{Array1, Array2};
use polars::prelude::{Column, DataFrame, df};

/// Settings of the study; see the module's documentation. Built by [`spectral_bias`].
#[derive(Clone, Debug)]
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

    /// Runs the study.
    ///
    /// # Errors
    /// [`Error::Diverges`] if the fixed rate is beyond the stability limit of a network; settings without points,
    /// frequencies or width; networks without a limit.
    pub fn run(&self) -> Result<SpectralBiasReport> {
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
        let mut runs = Vec::new();
        let mut mercer = Vec::new();
        for net in self.all_networks() {
            mercer.push((net.name().to_string(), mercer_coefficients(net, self.dimension, &degrees)?));
            runs.extend(self.run_network(net, &data, &times)?);
        }
        Ok(SpectralBiasReport { settings: self.clone(), times, degrees, runs, mercer })
    }

    /// Both rates for one network.
    fn run_network(&self, net: &Net, data: &Data, times: &[f64]) -> Result<Vec<Run>> {
        let (regression, cross, start_held_out) = match self.width {
            None => {
                let regression = net.limit_kernel(&data.x)?.ntk().regression(&data.y)?;
                (regression, net.limit_kernel_between(&data.held_out, &data.x)?, Array1::zeros(data.held_out.nrows()))
            }
            Some(width) => {
                let network = net.clone().width(width).input(self.dimension).init(self.seed.child(3))?;
                let start = network.outputs(&data.x)?.column(0).to_owned();
                let regression = network.kernel(&data.x)?.ntk().regression(&data.y)?.from_outputs(&start)?;
                let start_held_out = network.outputs(&data.held_out)?.column(0).to_owned();
                (regression, network.kernel_between(&data.held_out, &data.x)?, start_held_out)
            }
        };
        // Projected first: the held-out kernel itself is not needed again.
        let weights = data.harmonics_held_out.dot(cross.ntk().values());
        let start = data.harmonics_held_out.dot(&(&data.y_held_out - &start_held_out));
        [(Rule::Fixed, LearningRate::Fixed(self.rate)), (Rule::Matched, LearningRate::MatchTop(self.matched))]
            .into_iter()
            .map(|(rule, rate)| self.run_rate(net, data, times, &regression, rule, rate, &weights, &start))
            .collect()
    }

    #[allow(clippy::too_many_arguments)]
    fn run_rate(
        &self,
        net: &Net,
        data: &Data,
        times: &[f64],
        regression: &KernelRegression,
        rule: Rule,
        rate: LearningRate,
        weights: &Array2<f64>,
        start: &Array1<f64>,
    ) -> Result<Run> {
        let trajectory = regression.gradient_descent(rate)?;
        let scale = (data.x.nrows() as f64).sqrt();
        let scale_held_out = (data.held_out.nrows() as f64).sqrt();
        let train = trajectory.project(&data.harmonics, times)?.mapv(|p| p.abs() / scale);
        let held_out = (start - &trajectory.project_prediction(weights, times)?).mapv(|p| p.abs() / scale_held_out);
        let grid = half_life_grid();
        let half_lives = data
            .harmonics
            .rows()
            .into_iter()
            .map(|v| trajectory.time_to(v, 0.5, &grid))
            .collect::<Result<Vec<Option<f64>>>>()?;
        let hessian = 2.0 / data.x.nrows() as f64;
        Ok(Run {
            network: net.name().into(),
            rule,
            rate: learning_rate(&trajectory)?,
            hessian_max: hessian * regression.eigen().largest(),
            hessian_min: hessian * regression.eigen().smallest(),
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

/// What the study found.
#[derive(Clone, Debug)]
pub struct SpectralBiasReport {
    settings: SpectralBias,
    times: Vec<f64>,
    degrees: Vec<usize>,
    runs: Vec<Run>,
    mercer: Vec<(String, Vec<f64>)>,
}

impl SpectralBiasReport {
    /// Half-lives: per network, rate and frequency the learning rate, the first step at which the training residual is
    /// halved (null beyond 10^9), and the shares of the residual left at the last step on training and held-out points.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn table(&self) -> Result<DataFrame> {
        let rows = || self.runs.iter().flat_map(|run| (0..self.settings.frequencies.len()).map(move |k| (run, k)));
        Ok(df!(
            "network" => rows().map(|(r, _)| r.network.as_str()).collect::<Vec<_>>(),
            "rate" => rows().map(|(r, _)| r.rule.name()).collect::<Vec<_>>(),
            "learning rate" => rows().map(|(r, _)| r.rate).collect::<Vec<_>>(),
            "k" => rows().map(|(_, k)| self.settings.frequencies[k] as u32).collect::<Vec<_>>(),
            "steps to halve" => rows().map(|(r, k)| r.half_lives[k]).collect::<Vec<_>>(),
            "left (train)" => rows().map(|(r, k)| left(&r.train, k)).collect::<Vec<_>>(),
            "left (held out)" => rows().map(|(r, k)| left(&r.held_out, k)).collect::<Vec<_>>(),
        )?)
    }

    /// Steps to halve the training residual: a row per network and rate, a column per frequency.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn half_lives(&self) -> Result<DataFrame> {
        self.by_frequency(|run, k| run.half_lives[k])
    }

    /// Share of the residual left on held-out points at the last step: a row per network and rate, a column per frequency.
    /// A frequency that was learned is near 0, one that was only memorised near 1.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn held_out(&self) -> Result<DataFrame> {
        self.by_frequency(|run, k| Some(left(&run.held_out, k)))
    }

    fn by_frequency(&self, value: impl Fn(&Run, usize) -> Option<f64>) -> Result<DataFrame> {
        let mut frame = df!(
            "network" => self.runs.iter().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "rate" => self.runs.iter().map(|r| r.rule.name()).collect::<Vec<_>>(),
        )?;
        for (k, frequency) in self.settings.frequencies.iter().enumerate() {
            let values: Vec<Option<f64>> = self.runs.iter().map(|run| value(run, k)).collect();
            frame.with_column(Column::new(format!("k = {frequency}").into(), values))?;
        }
        Ok(frame)
    }

    /// Residual projections `a_k(t)` at every recorded step, one row per network, rate, step and frequency.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn residuals(&self) -> Result<DataFrame> {
        let (frequencies, times) = (&self.settings.frequencies, &self.times);
        let per_run = times.len() * frequencies.len();
        let each = |text: &dyn Fn(&Run) -> &str| -> Vec<String> {
            self.runs.iter().flat_map(|r| std::iter::repeat_n(text(r).to_string(), per_run)).collect()
        };
        let repeat =
            || self.runs.iter().flat_map(|_| times.iter().flat_map(|&t| frequencies.iter().map(move |&k| (t, k))));
        Ok(df!(
            "network" => each(&|r| &r.network),
            "rate" => each(&|r| r.rule.name()),
            "step" => repeat().map(|(t, _)| t as u64).collect::<Vec<_>>(),
            "k" => repeat().map(|(_, k)| k as u32).collect::<Vec<_>>(),
            "train" => self.runs.iter().flat_map(|r| r.train.iter().copied()).collect::<Vec<_>>(),
            "held out" => self.runs.iter().flat_map(|r| r.held_out.iter().copied()).collect::<Vec<_>>(),
        )?)
    }

    /// Scale: per network the extreme eigenvalues of the Hessian `(2/n) Θ`, the share of the stability limit `2/λ_max`
    /// that the fixed rate uses, and the matched rate.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn scale(&self) -> Result<DataFrame> {
        let matched: Vec<&Run> = self.runs.iter().filter(|r| r.rule == Rule::Matched).collect();
        let column = |value: &dyn Fn(&Run) -> f64| matched.iter().map(|r| value(r)).collect::<Vec<f64>>();
        Ok(df!(
            "network" => matched.iter().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "lambda_max" => column(&|r| r.hessian_max),
            "lambda_min" => column(&|r| r.hessian_min),
            "fixed rate / limit" => column(&|r| self.settings.rate * r.hessian_max / 2.0),
            "matched rate" => column(&|r| r.rate),
        )?)
    }

    /// Mercer coefficients of the limit NTKs: `network, k, mu, share` with `share = μ_k / μ_max`.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn mercer(&self) -> Result<DataFrame> {
        let rows = || {
            self.mercer.iter().flat_map(|(name, mu)| {
                let top = mu.iter().copied().fold(f64::MIN, f64::max);
                self.degrees.iter().zip(mu).map(move |(&k, &mu)| (name, k, mu, mu / top))
            })
        };
        Ok(df!(
            "network" => rows().map(|r| r.0.as_str()).collect::<Vec<_>>(),
            "k" => rows().map(|r| r.1 as u32).collect::<Vec<_>>(),
            "mu" => rows().map(|r| r.2).collect::<Vec<_>>(),
            "share" => rows().map(|r| r.3).collect::<Vec<_>>(),
        )?)
    }

    /// Residuals of the first family against steps: see [`SpectralBiasReport::figures`].
    pub fn figure(&self) -> Plot {
        self.residual_figure(&self.settings.families.first().cloned().unwrap_or_default())
    }

    /// One chart of residuals per three networks of a family, with the baseline, then [`Self::mercer_figure`].
    pub fn figures(&self) -> Vec<Plot> {
        let families = self.settings.families.iter().flat_map(|family| family.chunks(3));
        families.map(|family| self.residual_figure(family)).chain([self.mercer_figure()]).collect()
    }

    /// Residual projections as shares of their initial values against steps, a row per network, the fixed rate left and
    /// the matched one right; training points solid, held-out points dotted.
    pub fn residual_figure(&self, family: &[Net]) -> Plot {
        let names: Vec<&str> = std::iter::once(&self.settings.baseline).chain(family).map(Net::name).collect();
        let grid: Vec<Panel> = names
            .iter()
            .flat_map(|name| self.runs.iter().filter(move |r| r.network == *name))
            .map(|run| Panel {
                title: match run.rule {
                    Rule::Fixed => format!("{}, fixed rate {}", run.network, run.rate),
                    Rule::Matched => format!("{}, matched rate {:.2e}", run.network, run.rate),
                },
                lines: self.lines(run),
            })
            .collect();
        panels(
            "Residual projections, share of the initial value",
            &grid,
            2,
            Scale::log("steps"),
            // The same range in every panel; what is below 1e-4 has been learned.
            Scale::log("a<sub>k</sub>(t) / a<sub>k</sub>(0)").shown(1e-4, 2.0),
        )
    }

    fn lines(&self, run: &Run) -> Vec<Line> {
        let shown = thin(&self.times);
        let mut lines = Vec::new();
        for (k, frequency) in self.settings.frequencies.iter().enumerate() {
            for (values, dashed) in [(&run.train, false), (&run.held_out, true)] {
                let set = if dashed { "held out" } else { "train" };
                lines.push(Line {
                    name: format!("k = {frequency}, {set}"),
                    colour: k,
                    dashed,
                    markers: false,
                    points: shown.iter().map(|&t| (self.times[t], values[[t, k]] / values[[0, k]])).collect(),
                });
            }
        }
        lines
    }

    /// `μ_k / μ_max` against `k`. Coefficients at rounding error are left out.
    pub fn mercer_figure(&self) -> Plot {
        let lines = self.mercer.iter().enumerate().map(|(colour, (name, mu))| {
            let top = mu.iter().copied().fold(f64::MIN, f64::max);
            let points =
                self.degrees.iter().zip(mu).filter(|(_, mu)| **mu > 1e-14 * top).map(|(&k, &mu)| (k as f64, mu / top));
            Line { name: name.clone(), colour, dashed: false, markers: true, points: points.collect() }
        });
        let title = format!("Mercer coefficients of the limit NTK on the sphere of R^{}", self.settings.dimension);
        let panel = Panel { title: String::new(), lines: lines.collect() };
        panels(&title, &[panel], 1, Scale::linear("frequency k"), Scale::log("μ<sub>k</sub> / μ<sub>max</sub>"))
    }

    /// Steps to halve the training residual of a frequency at the matched rate, by network name.
    pub fn matched_half_life(&self, network: &str, frequency: usize) -> Option<f64> {
        let (run, k) = self.matched(network, frequency)?;
        run.half_lives[k]
    }

    /// Share of the held-out residual of a frequency left at the last step at the matched rate, by network name.
    pub fn matched_held_out(&self, network: &str, frequency: usize) -> Option<f64> {
        let (run, k) = self.matched(network, frequency)?;
        Some(left(&run.held_out, k))
    }

    /// The run at the matched rate, and the column of a frequency.
    fn matched(&self, network: &str, frequency: usize) -> Option<(&Run, usize)> {
        let k = self.settings.frequencies.iter().position(|&f| f == frequency)?;
        Some((self.runs.iter().find(|r| r.network == network && r.rule == Rule::Matched)?, k))
    }

    /// The claim that higher degree learns a high frequency in fewer steps, at the matched rate and for `k = 8` (or, where
    /// it is not among the frequencies, the highest): along each family, starting from the baseline.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("spectral_bias");
        let frequencies = &self.settings.frequencies;
        let k = if frequencies.contains(&8) { 8 } else { frequencies.iter().copied().max().unwrap_or(0) };
        for family in &self.settings.families {
            let chain: Vec<&Net> = std::iter::once(&self.settings.baseline).chain(family).collect();
            for pair in chain.windows(2) {
                let steps = |net: &Net| self.matched_half_life(net.name(), k).unwrap_or(f64::NAN);
                verdicts.above(
                    format!(
                        "matched rate, k = {k}: steps to halve the residual, {} over {}",
                        pair[0].name(),
                        pair[1].name()
                    ),
                    steps(pair[0]) / steps(pair[1]),
                    1.0,
                );
            }
        }
        verdicts
    }
}

/// Share of `a_k(0)` at the last step.
fn left(a: &Array2<f64>, k: usize) -> f64 {
    a[[a.nrows() - 1, k]] / a[[0, k]]
}

/// Indices of about 150 of the times, evenly spaced in the logarithm.
fn thin(times: &[f64]) -> Vec<usize> {
    let last = times.len() - 1;
    let mut shown: Vec<usize> =
        (0..=150).map(|i| ((last as f64 + 1.0).powf(f64::from(i) / 150.0) - 1.0).round() as usize).collect();
    shown.dedup();
    shown
}
