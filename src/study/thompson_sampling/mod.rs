//! Bayesian optimisation by functions drawn from the posterior of wide networks.

mod functions;
mod report;
mod ridge;
mod samples;
mod searches;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
pub use functions::TestFunction;
use ridge::{Task, Tuned};
use samples::{Exact, Samples};
use searches::{Method, Regrets};

define_study! {
    /// Functions drawn from the posterior of wide networks by sampling, then optimising, and the search for a minimum by them: after Dai, Shu, Low and
    /// Jaillet (2022).
    ///
    /// - **Samples** of [`LinearSampler`] and [`TrainedSampler`] on a curve with a gap, against mean and covariance of the posterior of the limit kernel;
    ///   without noise on the targets, as in the paper's code, the covariance lacks `λ A Aᵀ`.
    /// - **Searches** of several functions: random, Gaussian processes with a squared exponential kernel (Thompson sampling and upper bound), neural
    ///   Thompson sampling with a diagonal covariance, the exact posterior of the limit kernel on candidates, and samples of linear models
    ///   (STO-BNTS-Linear), one and four points a round.
    /// - **Widths** of the network, on a draw from a Gaussian process; networks that are trained (STO-BNTS), deep ensembles, and the same random numbers in
    ///   every round, as in the paper's code.
    /// - **A real task**: ridge, biases and slope of kernel regression on digits.
    ///
    /// Built by [`thompson_sampling`].
    pub struct ThompsonSampling => ThompsonSamplingReport, "thompson_sampling", "Thompson sampling";
    /// The study with all five functions: minutes.
    pub fn thompson_sampling;
    settings {
        /// The architecture of searches in several dimensions: two layers of `erf`, so that the variance of the prior is about that of values.
        value network: Net = layers(2.0, 1.0), digest "networks";
        /// The architecture in one dimension, where functions wind more.
        value line_network: Net = layers(4.0, 2.0), digest "networks in one dimension";
        /// Its width.
        value width: usize = 64, with "width";
        /// The architecture of the samples on a curve: two layers of ReLU with biases.
        value sampled: Net = sampled(), digest "sampled networks";
        /// Its width in linear models.
        value sampled_width: usize = 512, with "width of linear models";
        /// How many linear samples are drawn.
        value samples: usize = 500, with "number of samples";
        /// Networks of that width whose own posteriors are averaged.
        value averaged: usize = 100, with "number of networks averaged";
        /// Its widths in training, rising.
        list trained_widths: usize = [64, 256, 1024], with "list of widths in training";
        /// How many samples are drawn by training at each width.
        value trained: usize = 50, with "number of trained samples";
        /// Steps of their training.
        value trained_steps: u64 = 2000, with "number of steps of samples";
        /// The functions whose minimum is looked for.
        list functions: TestFunction = [
            TestFunction::Wave(1), TestFunction::Branin, TestFunction::Hartmann6, TestFunction::Ackley(5), TestFunction::Ackley(10)
        ], with "list of functions";
        /// The variance of the noise that strategies expect in values of variance 1.
        value noise: f64 = 1e-4, with "noise";
        /// Searches by each method, from other points at random; two or more.
        value searches: usize = 5, with "number of searches";
        /// Points at random.
        value start: usize = 10, with "number of points at random";
        /// Rounds of one point.
        value rounds: usize = 60, with "number of rounds";
        /// Points in a batch, two or more.
        value batch: usize = 4, with "batch";
        /// Rounds of batches.
        value batch_rounds: usize = 30, with "number of rounds of batches";
        /// Random candidates of a choice.
        value candidates: usize = 1000, with "number of candidates";
        /// How many of them are refined.
        value refined: usize = 3, with "number refined";
        /// Steps of training in a search.
        value steps: u64 = 500, with "number of steps";
        /// Widths that are compared, rising.
        list widths: usize = [4, 16, 64, 512], with "list of widths";
        /// The draws from a Gaussian process on which they are, by their seeds.
        list draws: u64 = [1, 2, 3, 4, 5, 6], with "list of draws";
        /// Rounds on these.
        value draw_rounds: usize = 30, with "number of rounds on draws";
        /// Digits that are fitted, and digits that the fit is measured on.
        value digits: (usize, usize) = (300, 300), digest "numbers of digits";
        /// Points at random of the search on digits.
        value digit_start: usize = 5, with "number of points at random on digits";
        /// Rounds of it.
        value digit_rounds: usize = 20, with "number of rounds on digits";
    }
    trial {
        width: 8, sampled_width: 16, samples: 6, averaged: 2, trained_widths: vec![8], trained: 3, trained_steps: 5,
        functions: vec![TestFunction::Wave(1), TestFunction::Branin], searches: 2, start: 4, rounds: 3, batch: 2, batch_rounds: 2, candidates: 20,
        refined: 1, steps: 5, widths: vec![4, 8], draws: vec![1], draw_rounds: 2, digits: (20, 10), digit_start: 3, digit_rounds: 2
    }
    quick {
        /// A run of under a minute: three functions in 30 rounds.
        samples: 1000, averaged: 100,
        functions: vec![TestFunction::Wave(1), TestFunction::Branin, TestFunction::Hartmann6], rounds: 30, batch_rounds: 15, candidates: 500, refined: 1,
        trained: 40, trained_steps: 700, trained_widths: vec![64, 256], steps: 200, draws: vec![1, 2], draw_rounds: 20, digits: (200, 200), digit_rounds: 12
    }
    paper {
        /// Width 256, as the paper's, from 20 points at random.
        width: 256, start: 20, rounds: 100, batch_rounds: 50, steps: 1000, trained_steps: 5000, draws: (1..=10).collect::<Vec<_>>()
    }
}

/// Two hidden layers of `erf` of a gain, with biases of a deviation, and a readout of gain 1/2.
fn layers(gain: f64, bias: f64) -> Net {
    let layer = serial([Dense::hidden().sigma_w(gain).bias(bias).into(), erf()]);
    network("two layers of erf", serial((repeat(2, layer), Dense::new(1).sigma_w(0.5))))
}

/// Two hidden layers of ReLU of gain √2, with biases of deviation 1.
fn sampled() -> Net {
    let layer = serial([Dense::hidden().sigma_w(std::f64::consts::SQRT_2).bias(1.0).into(), relu()]);
    network("two layers of ReLU", serial((repeat(2, layer), dense(1))))
}

/// What is compared on draws from a Gaussian process beside widths.
const VARIANTS: [Method; 3] = [Method::Frozen, Method::Trained, Method::Ensemble];
/// What the real task is searched by.
const ON_DIGITS: [Method; 3] = [Method::Random, Method::GpThompson, Method::Linear];

impl Study for ThompsonSampling {
    type Report = ThompsonSamplingReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires();
        requires
            .some(&self.functions)?
            .some(&self.draws)?
            .some(&self.widths)?
            .rising("a width", &self.widths)?
            .some(&self.trained_widths)?
            .rising("a width in training", &self.trained_widths)?
            .distinct(self.functions.iter().map(TestFunction::name))?
            .that(self.noise > 0.0 && self.noise.is_finite(), "the noise", self.noise, "above 0 and finite")?;
        for (what, count) in [
            ("the number of samples", self.samples),
            ("the number of networks averaged", self.averaged),
            ("the number of trained samples", self.trained),
            ("the number of searches", self.searches),
            ("the batch", self.batch),
        ] {
            requires.that(count >= 2, what, count as f64, "at least 2")?;
        }
        for (what, count) in [
            ("the number of points at random", self.start),
            ("the number of rounds", self.rounds),
            ("the number of rounds of batches", self.batch_rounds),
            ("the number of candidates", self.candidates),
            ("the number of rounds on draws", self.draw_rounds),
            ("the number of digits that are fitted", self.digits.0),
            ("the number of digits that are not", self.digits.1),
            ("the number of points at random on digits", self.digit_start),
            ("the number of rounds on digits", self.digit_rounds),
            ("the number of steps", self.steps.min(self.trained_steps) as usize),
        ] {
            requires.at_least_one(what, count)?;
        }
        for function in &self.functions {
            requires.at_least_one("the number of dimensions", function.bounds().len())?;
        }
        for (net, width) in [
            (&self.network, self.width),
            (&self.line_network, self.width),
            (&self.line_network, self.widths[self.widths.len() - 1]),
            (&self.sampled, self.sampled_width),
            (&self.sampled, self.trained_widths[self.trained_widths.len() - 1]),
        ] {
            net.clone().width(width).input(1).parameter_count()?;
        }
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        let searches = self.functions.len() * (Method::ALL.len() + 1);
        ("parts", 1 + searches + self.draws.len() * (self.widths.len() + VARIANTS.len()) + ON_DIGITS.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<ThompsonSamplingReport> {
        let seed = run.seed();
        let samples = run.part("samples", || {
            let linear = (&self.sampled.clone().width(self.sampled_width), self.samples, self.averaged);
            let trained = (&self.sampled, &self.trained_widths[..], self.trained, self.trained_steps);
            Samples::measure(linear, trained, seed.child(0))
        })?;
        let line = self.line_network.clone().width(self.width);
        let mut searches = Vec::new();
        for (index, &function) in self.functions.iter().enumerate() {
            let net = if function.bounds().len() == 1 { line.clone() } else { self.network.clone().width(self.width) };
            let seed = seed.child(1).child(index as u64);
            let one = run.each(&format!("search-{index:02}"), Method::ALL, |method| {
                Regrets::measure(self, function, (method, &net), (self.rounds, 1), seed)
            })?;
            let batches = run.part(&format!("batches-{index:02}"), || {
                let size = (self.batch_rounds, self.batch);
                Regrets::measure(self, function, (Method::Linear, &net), size, seed)
            })?;
            searches.push((one, batches));
        }
        let (mut widths, mut variants) = (Vec::new(), Vec::new());
        for (index, &draw) in self.draws.iter().enumerate() {
            let (seed, function) = (seed.child(2).child(draw), TestFunction::Wave(draw));
            widths.push(run.each(&format!("widths-{index:02}"), &self.widths, |&width| {
                let net = self.line_network.clone().width(width);
                Regrets::measure(self, function, (Method::Linear, &net), (self.draw_rounds, 1), seed)
            })?);
            variants.push(run.each(&format!("variants-{index:02}"), VARIANTS, |method| {
                Regrets::measure(self, function, (method, &line), (self.draw_rounds, 1), seed)
            })?);
        }
        let task = Task::new(self.digits, seed.child(3))?;
        let digits = run.each("digits", ON_DIGITS, |method| {
            Progress::silent().during(|| Tuned::measure(self, &task, method, seed.child(4)))
        })?;
        Ok(ThompsonSamplingReport {
            exact: Exact::new(&self.sampled, seed.child(0))?,
            settings: self.clone(),
            samples,
            searches,
            widths,
            variants,
            digits,
        })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct ThompsonSamplingReport {
    settings: ThompsonSampling,
    samples: Samples,
    exact: Exact,
    /// By function: by method, and by linear samples in batches.
    searches: Vec<(Vec<Regrets>, Regrets)>,
    /// By draw and width, and by draw and variant.
    widths: Vec<Vec<Regrets>>,
    variants: Vec<Vec<Regrets>>,
    /// By method.
    digits: Vec<Tuned>,
}
