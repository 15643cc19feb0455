//! Thompson sampling by samplers: the point where a function drawn from the posterior is largest.

use super::{Round, SearchStrategy};
use crate::bayesian::{LinearSampler, TrainedSampler};
use crate::checkpoint::Settings;
use crate::error::Result;
use ndarray::Array1;

/// STO-BNTS-Linear.
impl SearchStrategy for LinearSampler {
    fn name(&self) -> String {
        "STO-BNTS-Linear".into()
    }

    fn settings(&self, settings: Settings) -> Settings {
        let Self { net, noise, perturbed } = self;
        let settings = settings.with("strategy", "linear posterior samples").digest("networks", net);
        settings.with("noise", *noise).with("perturbation of targets", *perturbed)
    }

    fn propose(&self, round: &Round<'_>) -> Result<Array1<f64>> {
        round.maximise(&self.sample(round.data(), round.seed())?)
    }
}

/// STO-BNTS, or a deep ensemble.
impl SearchStrategy for TrainedSampler {
    fn name(&self) -> String {
        if self.ensemble { "deep ensemble".into() } else { "STO-BNTS".into() }
    }

    fn settings(&self, settings: Settings) -> Settings {
        let Self { net, noise, steps, perturbed, ensemble } = self;
        let settings = settings.with("strategy", "posterior samples by training").digest("networks", net);
        let settings = settings.with("noise", *noise).with("perturbation of targets", *perturbed);
        settings.with("number of steps", *steps).with("deep ensemble", *ensemble)
    }

    fn propose(&self, round: &Round<'_>) -> Result<Array1<f64>> {
        round.maximise(&self.sample(round.data(), round.seed())?)
    }
}
