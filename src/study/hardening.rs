//! Networks trained on digits as they are or on attacks.

use super::digit_sample::DigitSample;
use crate::names::*;

/// What a network is trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrainedOn {
    /// The images.
    Standard,
    /// One step of an attack.
    FastGradient,
    /// Many.
    Projected,
    /// Each batch as it is and then by many steps.
    Alternating,
}

/// How networks are trained.
#[derive(Clone, Copy)]
pub(super) struct Schooling {
    pub batch: usize,
    pub rate: f64,
    pub momentum: f64,
    /// Of attacks: in the largest pixel.
    pub radius: f64,
    /// Steps of an attack.
    pub steps: u64,
}

/// Steps of the attack by which robustness is measured.
pub(super) const JUDGED_BY: u64 = 20;

/// Two hidden layers of ReLU.
pub(super) fn ten_classes(width: usize, inputs: usize) -> Net {
    let layer = || serial((Dense::hidden().sigma_w(std::f64::consts::SQRT_2), relu()));
    let net = network("ReLU, 2 hidden, 10 outputs", serial((layer(), layer(), dense(10)))).width(width).input(inputs);
    net.parametrisation(Parametrisation::Standard)
}

/// Pixels stay pixels.
pub(super) fn within_pixels(attack: Attack) -> Attack {
    attack.clip(0.0, 1.0)
}

impl Schooling {
    /// The attack in training, with random starts.
    fn attack(&self, seed: Seed) -> Attack {
        within_pixels(Attack::projected_gradient(self.radius, self.steps)).starts(1, seed)
    }

    /// The objective on a sample, and how often a batch is used.
    fn objective(&self, on: TrainedOn, sample: &DigitSample, seed: Seed) -> Result<(Objective, u64)> {
        let objective = Objective::new(&sample.x, &sample.one_hot()?, SoftmaxCrossEntropy)?;
        Ok(match on {
            TrainedOn::Standard => (objective, 1),
            TrainedOn::FastGradient => (within_pixels(Attack::fast_gradient(self.radius)).during(objective)?, 1),
            TrainedOn::Projected => (self.attack(seed).during(objective)?, 1),
            TrainedOn::Alternating => (self.attack(seed).after_clean_steps(objective)?, 2),
        })
    }

    /// A trainer of so many passes over the images.
    pub fn trainer(&self, epochs: u64, repeat: u64, seed: Seed) -> Trainer {
        let sgd = Sgd::new(self.rate).momentum(self.momentum);
        Trainer::epochs(epochs, sgd).batch(self.batch).shuffle(seed).repeat(repeat).quiet()
    }

    /// The networks at some epochs, passes over the images, and after the last.
    pub fn networks(
        &self,
        start: &Network<f32>,
        on: TrainedOn,
        sample: &DigitSample,
        epochs: u64,
        at: &[f64],
        seed: Seed,
    ) -> Result<Vec<(f64, Network<f32>)>> {
        let (objective, repeat) = self.objective(on, sample, seed.child(0))?;
        let observer = Observer::new(When::Epochs(at.to_vec())).parameters();
        let mut network = start.clone();
        let run = self.trainer(epochs, repeat, seed.child(1)).observe(observer).train(&mut network, &objective)?;
        let records = &run.records[0];
        let one = |(record, &epoch): (usize, &f64)| Ok((epoch, records.network(start, record)?));
        records.epochs.iter().enumerate().map(one).collect()
    }

    /// Trains a linearisation of a network instead.
    pub fn linearised(
        &self,
        mut model: Linearised<f32>,
        on: TrainedOn,
        sample: &DigitSample,
        epochs: u64,
        seed: Seed,
    ) -> Result<Linearised<f32>> {
        let (objective, repeat) = self.objective(on, sample, seed.child(0))?;
        self.trainer(epochs, repeat, seed.child(1)).train(&mut model, &objective)?;
        Ok(model)
    }
}

/// The share of outputs with the sign of the target.
pub(super) fn share_right<'a>(outputs: impl IntoIterator<Item = &'a f64>, y: &Vector) -> f64 {
    outputs.into_iter().zip(y).filter(|(f, y)| **f * **y > 0.0).count() as f64 / y.len() as f64
}

/// Shares classified right of a model on a sample: as it is, and attacked by many steps from the image itself.
pub(super) fn accuracies(model: &impl Attackable, sample: &DigitSample, radius: f64) -> Result<(f64, f64)> {
    let y = sample.one_hot()?;
    let clean = accuracy(&argmax(&model.outputs(&sample.x)?)?, &sample.classes)?;
    let attack = within_pixels(Attack::projected_gradient(radius, JUDGED_BY));
    Ok((clean, attack.accuracy(model, &SoftmaxCrossEntropy, &sample.x, &y)?))
}
