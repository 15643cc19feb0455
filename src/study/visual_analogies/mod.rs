//! Visual analogies.

mod example;
mod model;
mod networks;
mod report;
mod scorer;
mod sequence;

pub use report::VisualAnalogiesReport;

use crate::data::LAST_REGION;
use crate::names::*;
use crate::study::frame::*;
use crate::{define_study, saved_fields};
use model::{AnalogyModel, inputs, share_right, targets};
use std::time::Instant;

define_study! {
    /// Visual analogies `A : B :: C : D` between squares.
    ///
    /// Does an encoder with Hadamard products extrapolate better in analogies than a standard one? Four squares `A, B, C, D` differ in one
    /// of abscissa, ordinate, size and brightness, and `B - A = D - C`. Shown `A`, `B` and `C`, a network chooses `D` among seven
    /// candidates: chance is 1/7. It is trained on region 0 of the levels and tested on regions 1 to 5, which lie further out
    /// ([translation](Regime::Translation)) or further apart ([scale](Regime::Scale)). Region 0 is the same in both regimes, so that one
    /// trained network is tested in both.
    ///
    /// The networks: an encoder of four convolutions (32 channels, 4 × 4, stride 2, padding 1), two dense layers of 256 and a linear layer to
    /// 256 latent numbers; context normalisation over the latent vectors of `A, B, C` and a candidate; an LSTM of 256 units over these four,
    /// each behind the unit vector of its place; a linear score. In the standard encoder a layer is `φ(A h)`, with products it is
    /// `φ(A h) ∘ (B h) + φ(A h)`, with ReLU `φ`; `A` and `B` are affine maps of the same shape, so that it has twice the parameters but for the
    /// last layer. Initially `A ~ N(0, 2/in)`, `B` and the last layer `~ N(0, 1/in)`, biases as PyTorch has them. Trained in `f32` on the
    /// cross-entropy of the softmax over candidates, with Adam. An answer is right if no other score reaches that of `D`.
    ///
    /// Source: Webb et al. 2020 (data, scorer, protocol); Wu et al. 2022 (products in the encoder's convolutions and dense layers). The exact
    /// blocks of Wu et al. and their initialisation could not be read: the form above is chosen here. Images are of 32 × 32 grey pixels
    /// unless set; the paper's have 128 × 128 in colour.
    ///
    /// Built by [`visual_analogies`].
    pub struct VisualAnalogies => VisualAnalogiesReport, "visual_analogies", "visual analogies";
    /// The study with 2 runs of 600 steps on images of 32 × 32, tested on 2000 analogies of each region: minutes.
    pub fn visual_analogies;
    settings {
        /// The number of runs, each with data, order and initial parameters of its own.
        value runs: usize = 2, with "number of runs";
        /// The number of training steps.
        value steps: usize = 600, with "number of steps";
        /// The number of analogies in a batch.
        value batch: usize = 32, with "number of analogies in a batch";
        /// The learning rate.
        value learning_rate: f64 = 5e-4, with "learning rate";
        /// The side of the images in pixels, a divisor of 128.
        value side: usize = 32, with "side";
        /// Images with three channels instead of their mean.
        own colour: bool = false, with "colour";
        /// The number of channels of the convolutions.
        value channels: usize = 32, with "number of channels";
        /// The number of units of the dense layers, the latent vector and the LSTM.
        value units: usize = 256, with "number of units";
        /// The number of analogies of each region to test with, of 19,040.
        value tested: usize = 2000, with "number of tested analogies";
    }
    trial { side: 16, channels: 2, units: 3, batch: 2, runs: 1, steps: 4, tested: 5 }
    quick {
        /// A run of half a minute: one run of 100 steps on images of 16 × 16, 200 analogies tested. No network is trained to the end.
        runs: 1, steps: 100, side: 16, tested: 200
    }
    paper {
        /// The sizes of the paper: 8 runs of 10,000 steps on images of 128 × 128 in colour, tested on all analogies.
        /// Days: a step of the standard encoder takes some 2.6 s of processor time, 29 hours for its runs on two free cores.
        runs: 8, steps: 10_000, batch: 32, side: 128, colour: true, tested: ANALOGIES
    }
}

/// Analogies of a region.
const ANALOGIES: usize = 19_040;

/// Where a network is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// On the analogies of its training.
    Trained,
    /// On other analogies of region 0.
    Other,
    Beyond(Regime, usize),
}

impl Place {
    fn all() -> impl Iterator<Item = Place> {
        let beyond = |regime| (1..=LAST_REGION).map(move |region| Place::Beyond(regime, region));
        [Place::Trained, Place::Other].into_iter().chain(Regime::ALL.into_iter().flat_map(beyond))
    }
}

impl VisualAnalogies {
    /// Images with three channels instead of their mean.
    pub fn colour(self) -> Self {
        Self { colour: true, ..self }
    }

    /// The two encoders, as networks whose kernels can be computed: the standard one, then that with products.
    pub fn encoders(&self) -> [Net; 2] {
        networks::encoders(self)
    }

    fn images(&self, regime: Regime, region: usize) -> Result<SquareImages> {
        SquareImages::new(regime, region, self.side, self.colour)
    }

    /// Trains on the analogies of region 0.
    fn train(&self, model: &mut AnalogyModel<f32>, seed: Seed, folder: Option<Checkpoint>) -> Result<TrainingRun> {
        let all = analogies(seed.child(0));
        let objective = Objective::new(&inputs(&all), &targets(&all), SoftmaxCrossEntropy)?;
        let trainer = Trainer::steps(self.steps as u64, Adam::new(self.learning_rate))
            .batch(self.batch)
            .shuffle(seed.child(1))
            .metric("loss", |pass| pass.loss)
            .metric("share that is right", |pass| share_right(pass.outputs, pass.targets));
        folder.into_iter().fold(trainer, Trainer::checkpoint).train(model, &objective)
    }

    /// By [`Place`].
    fn accuracies(&self, model: &AnalogyModel<f32>, seed: Seed) -> Result<Vec<f64>> {
        let all = Place::all().enumerate().map(|(index, place)| {
            let (regime, region, seed) = match place {
                Place::Trained => (Regime::Translation, 0, seed.child(0)),
                Place::Other => (Regime::Translation, 0, seed.child(4).child(index as u64)),
                Place::Beyond(regime, region) => (regime, region, seed.child(4).child(index as u64)),
            };
            let all = analogies(seed);
            let order = seed.child(0).permutation(0, all.len());
            let tested: Vec<Analogy> = order.iter().take(self.tested).map(|&index| all[index]).collect();
            model.accuracy(&self.images(regime, region)?, &tested)
        });
        all.collect()
    }
}

impl Study for VisualAnalogies {
    type Report = VisualAnalogiesReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires()
            .at_least_one("the number of runs", self.runs)?
            .at_least_one("the number of steps", self.steps)?;
        for (what, count) in
            [("the number of analogies in a batch", self.batch), ("the number of tested analogies", self.tested)]
        {
            requires.that((1..=ANALOGIES).contains(&count), what, count as f64, "from 1 to 19,040")?;
        }
        self.images(Regime::Translation, 0)?;
        self.encoders().iter().try_for_each(|net| net.parameter_count().map(|_| ()))
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.runs * self.encoders().len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<VisualAnalogiesReport> {
        let networks = self.encoders();
        let (mut runs, mut parameters) = (Vec::new(), [0; 2]);
        for number in 0..self.runs {
            let seed = run.seed().child(number as u64);
            for (index, net) in networks.iter().enumerate() {
                let mut model = AnalogyModel::new(self, net, seed.child(2 + index as u64))?;
                parameters[index] = model.parameter_count();
                let folder = run.folder(&format!("training-{number:02}-{index}"));
                let fits =
                    |found: &Found| found.losses.len() == self.steps && found.accuracies.len() == Place::all().count();
                let found = run.part_that(&format!("run-{number:02}-{index}"), fits, || {
                    let start = Instant::now();
                    let [losses, right] =
                        self.train(&mut model, seed, folder)?.metrics.try_into().expect("two metrics");
                    let seconds = start.elapsed().as_secs_f64();
                    Ok(Found { losses, right, accuracies: self.accuracies(&model, seed)?, seconds })
                })?;
                runs.push(TrainedRun { network: index, run: number, found });
            }
        }
        let networks = networks.map(|net| net.name().to_string());
        Ok(VisualAnalogiesReport { settings: self.clone(), networks, parameters, runs })
    }
}

/// What training and testing one network gave.
#[derive(Clone)]
struct Found {
    /// Per step, before it: the loss, and the share of the batch that was right.
    losses: Vec<f64>,
    right: Vec<f64>,
    /// By [`Place`].
    accuracies: Vec<f64>,
    /// Of training, on the machine that did it, since it was last resumed.
    seconds: f64,
}
saved_fields!(Found { losses, right, accuracies, seconds });

/// One network in one run.
#[derive(Clone)]
struct TrainedRun {
    network: usize,
    run: usize,
    found: Found,
}
