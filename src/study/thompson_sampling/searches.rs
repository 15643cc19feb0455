//! Searches for the minimum of a function.

use super::{TestFunction, ThompsonSampling};
use crate::bayesian::Round;
use crate::checkpoint::Settings;
use crate::names::*;
use crate::saved_fields;
use rayon::prelude::*;
use std::sync::Arc;

/// How points are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Random,
    GpThompson,
    GpBound,
    NeuralThompson,
    /// The limit kernel's posterior, drawn on candidates.
    Exact,
    Linear,
    /// The same random numbers in every round.
    Frozen,
    Trained,
    Ensemble,
}

impl Method {
    /// Those that every function is searched by, one point at a time.
    pub const ALL: [Self; 6] =
        [Self::Random, Self::GpThompson, Self::GpBound, Self::NeuralThompson, Self::Exact, Self::Linear];

    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::GpThompson => "GP-TS",
            Self::GpBound => "GP-UCB",
            Self::NeuralThompson => "neural TS",
            Self::Exact => "NTK-GP-TS",
            Self::Linear => "STO-BNTS-Linear",
            Self::Frozen => "STO-BNTS-Linear, same draws",
            Self::Trained => "STO-BNTS",
            Self::Ensemble => "deep ensemble",
        }
    }

    pub fn of(self, study: &ThompsonSampling, net: &Net) -> Arc<dyn SearchStrategy> {
        let noise = study.noise;
        match self {
            Self::Random => Arc::new(RandomSearch),
            Self::GpThompson => Arc::new(GaussianProcess::squared_exponential(noise)),
            Self::GpBound => Arc::new(GaussianProcess::squared_exponential(noise).upper_bound(2.0)),
            Self::NeuralThompson => Arc::new(NeuralThompson::new(net).steps(study.steps)),
            Self::Exact => Arc::new(GaussianProcess::ntk(net, noise)),
            Self::Linear => Arc::new(LinearSampler::new(net, noise)),
            Self::Frozen => Arc::new(Frozen(LinearSampler::new(net, noise).unperturbed())),
            Self::Trained => Arc::new(TrainedSampler::new(net, noise).steps(study.steps)),
            Self::Ensemble => Arc::new(TrainedSampler::deep_ensemble(net).steps(study.steps)),
        }
    }
}

/// The paper's released code: what is drawn for the model depends on the place in the batch and not on the round, and targets are as they are.
/// Candidates are others in every round.
struct Frozen(LinearSampler);

impl SearchStrategy for Frozen {
    fn name(&self) -> String {
        Method::Frozen.name().into()
    }

    fn settings(&self, settings: Settings) -> Settings {
        self.0.settings(settings).with("same draws", true)
    }

    fn propose(&self, round: &Round<'_>) -> Result<Vector> {
        let seed = Seed(round.slot() as u64);
        round.maximise(&self.0.sample((round.points(), round.values()), seed)?)
    }
}

/// What searches by one method have left above the minimum after every evaluation, `[seeds, evaluations]`.
#[derive(Clone)]
pub(super) struct Regrets {
    pub regrets: Matrix,
}
saved_fields!(Regrets { regrets });

impl Regrets {
    /// Of a function by a method and a network, in rounds of batches, as many searches as the study has; side by side.
    pub fn measure(
        study: &ThompsonSampling,
        function: TestFunction,
        (method, net): (Method, &Net),
        (rounds, batch): (usize, usize),
        seed: Seed,
    ) -> Result<Self> {
        let minimum = function.minimum();
        let one = |index: usize| {
            // Of an index all methods begin with the same points.
            let strategy = method.of(study, net);
            let mut search = BayesianOptimisation::new(&function.bounds(), strategy, seed.child(index as u64))
                .start(study.start)
                .batch(batch)
                .candidates(study.candidates, study.refined)
                .minimise()
                .quiet();
            search.run(rounds, |x| function.value(x))?;
            Ok(search.best_so_far() - minimum)
        };
        let rows: Vec<Result<Vector>> = (0..study.searches).into_par_iter().map(one).collect();
        let rows = rows.into_iter().collect::<Result<Vec<_>>>()?;
        let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
        Ok(Self { regrets: ndarray::stack(Axis(0), &views).expect("searches of one length") })
    }

    /// `log10` after every round of a batch size, from the points at random on: mean over searches and its 95 % interval.
    pub fn log_course(&self, (start, batch): (usize, usize)) -> Vec<(f64, f64, f64)> {
        let rounds = (self.regrets.ncols() - start) / batch;
        let after = |round: usize| {
            let column = self.regrets.column(start + round * batch - 1);
            let mean = mean(column.iter().copied().map(log_of));
            (round as f64, mean.mean, mean.half_interval)
        };
        (0..=rounds).map(after).collect()
    }

    /// At the end: mean over searches with its 95 % interval.
    pub fn last(&self) -> SampleMean {
        mean(self.regrets.column(self.regrets.ncols() - 1).iter().copied())
    }

    /// The rounds of a batch size until the mean is at most a level; none if it does not get there.
    pub fn rounds_to(&self, level: f64, (start, batch): (usize, usize)) -> Option<usize> {
        let means = self.regrets.mean_axis(Axis(0)).expect("searches");
        let first = means.iter().position(|&mean| mean <= level)?;
        Some((first + 1).saturating_sub(start).div_ceil(batch))
    }
}

/// Over searches, of which a study has two or more, and whose values are finite.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> SampleMean {
    sample_mean(&values.collect::<Vec<_>>()).expect("two searches or more, of finite values")
}

/// Regrets are known to rounding only.
const LEAST: f64 = 1e-12;

/// `log10` of a regret.
pub(super) fn log_of(regret: f64) -> f64 {
    regret.max(LEAST).log10()
}
