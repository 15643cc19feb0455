//! Visual analogies.

mod example;
mod networks;
mod report;
mod scorer;
mod training;

pub use report::VisualAnalogiesReport;

use crate::checkpoint::Checkpoint;
use crate::data::{Analogy, Regime, Seed, SquareImages, analogies};
use crate::error::{Error, Result};
use crate::internal::{Arrays, LAST_REGION, Settings, Work};
use crate::net::Net;
use crate::progress::Progress;
use ndarray::Array1;
use training::Training;

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
#[derive(Clone)]
pub struct VisualAnalogies {
    runs: usize,
    steps: usize,
    batch: usize,
    rate: f64,
    side: usize,
    colour: bool,
    channels: usize,
    units: usize,
    tested: usize,
    seed: Seed,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// The study with 2 runs of 600 steps on images of 32 × 32, tested on 2000 analogies of each region: minutes.
pub fn visual_analogies() -> VisualAnalogies {
    VisualAnalogies {
        runs: 2,
        steps: 600,
        batch: 32,
        rate: 5e-4,
        side: 32,
        colour: false,
        channels: 32,
        units: 256,
        tested: 2000,
        seed: Seed(0),
        checkpoint: None,
        quiet: false,
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
    /// A run of half a minute: one run of 100 steps on images of 16 × 16, 200 analogies tested. No network is trained to the end.
    pub fn quick(self) -> Self {
        Self { runs: 1, steps: 100, side: 16, tested: 200, ..self }
    }

    /// The sizes of the paper: 8 runs of 10,000 steps on images of 128 × 128 in colour, tested on all analogies.
    /// Days: a step of the standard encoder takes some 2.6 s of processor time, 29 hours for its runs on two free cores.
    pub fn paper(self) -> Self {
        Self { runs: 8, steps: 10_000, batch: 32, side: 128, colour: true, tested: ANALOGIES, ..self }
    }

    /// The number of runs, each with data, order and initial parameters of its own.
    pub fn runs(self, runs: usize) -> Self {
        Self { runs, ..self }
    }

    /// The number of training steps.
    pub fn steps(self, steps: usize) -> Self {
        Self { steps, ..self }
    }

    /// The number of analogies in a batch.
    pub fn batch(self, analogies: usize) -> Self {
        Self { batch: analogies, ..self }
    }

    /// The learning rate.
    pub fn learning_rate(self, rate: f64) -> Self {
        Self { rate, ..self }
    }

    /// The side of the images in pixels, a divisor of 128.
    pub fn side(self, pixels: usize) -> Self {
        Self { side: pixels, ..self }
    }

    /// Images with three channels instead of their mean.
    pub fn colour(self) -> Self {
        Self { colour: true, ..self }
    }

    /// The number of channels of the convolutions.
    pub fn channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }

    /// The number of units of the dense layers, the latent vector and the LSTM.
    pub fn units(self, units: usize) -> Self {
        Self { units, ..self }
    }

    /// The number of analogies of each region to test with, of 19,040.
    pub fn tested(self, analogies: usize) -> Self {
        Self { tested: analogies, ..self }
    }

    /// The seed of data, networks and batches.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Saves training as it goes and each trained network's results in a folder, and goes on from what is there: see
    /// [`checkpoint`](crate::checkpoint).
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// The two encoders, as networks whose kernels can be computed: the standard one, then that with products.
    pub fn encoders(&self) -> [Net; 2] {
        networks::encoders(self)
    }

    /// Trains both networks in every run and tests them, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::Range`] for numbers of runs, steps, channels or units that are 0, a batch or a number of tested analogies that is 0 or
    /// above 19,040, a side that does not divide 128, and a rate that is not legal; [`Error::TrainingDiverged`]; [`Error::Overflow`];
    /// [`Error::Memory`]. With a checkpoint [`Error::Stopped`], [`Error::Store`], [`Error::File`].
    pub fn run(&self) -> Result<VisualAnalogiesReport> {
        Progress::unless(self.quiet).during(|| self.all())
    }

    /// Everything that the result depends on.
    fn settings(&self) -> Settings {
        let Self { runs, steps, batch, rate, side, colour, channels, units, tested, seed, checkpoint: _, quiet: _ } =
            self;
        Settings::new()
            .with("number of runs", runs)
            .with("number of steps", steps)
            .with("number of analogies in a batch", batch)
            .with("learning rate", rate)
            .with("side", side)
            .with("colour", colour)
            .with("number of channels", channels)
            .with("number of units", units)
            .with("number of tested analogies", tested)
            .with("seed", seed.0)
    }

    fn check(&self) -> Result<()> {
        let place = "visual analogies";
        for (what, count, most) in [
            ("the number of runs", self.runs, usize::MAX),
            ("the number of steps", self.steps, usize::MAX),
            ("the number of analogies in a batch", self.batch, ANALOGIES),
            ("the number of tested analogies", self.tested, ANALOGIES),
        ] {
            if !(1..=most).contains(&count) {
                let legal = if most == ANALOGIES { "from 1 to 19,040" } else { "at least 1" };
                return Err(Error::Range { place, what, value: count as f64, legal });
            }
        }
        self.images(Regime::Translation, 0)?;
        self.encoders().iter().try_for_each(|net| net.parameters().map(|_| ()))
    }

    fn images(&self, regime: Regime, region: usize) -> Result<SquareImages> {
        SquareImages::new(regime, region, self.side, self.colour)
    }

    fn all(&self) -> Result<VisualAnalogiesReport> {
        self.check()?;
        let store = self.checkpoint.as_ref().map(|c| c.open("visual_analogies", self.settings())).transpose()?;
        let networks = self.encoders();
        let total = (self.runs * networks.len()) as u64;
        let mut work = Work::new(store.as_ref(), "visual analogies".into(), "networks", total, 0);
        let (mut runs, mut parameters) = (Vec::new(), [0; 2]);
        for run in 0..self.runs {
            let seed = self.seed.child(run as u64);
            for (index, net) in networks.iter().enumerate() {
                let mut training = Training::<f32>::new(self, net, seed.child(2 + index as u64))?;
                parameters[index] = training.parameters();
                let part = format!("run-{run:02}-{index}");
                let folder = store.as_ref().map(|store| store.checkpoint().part(&format!("training-{run:02}-{index}")));
                let found = work.part(&part, || {
                    training.train(self, seed, folder.as_ref())?;
                    let accuracies = self.accuracies(&training, seed)?;
                    let Training { losses, right, seconds, .. } = training;
                    Ok(Run { network: index, run, losses, right, accuracies, seconds }.arrays())
                })?;
                runs.push(Run::restore((index, run), self.steps, found)?);
                work.advance_saved()?;
            }
        }
        work.finish_saved()?;
        Ok(VisualAnalogiesReport::new(self.clone(), networks.map(|net| net.name().to_string()), parameters, runs))
    }

    /// By [`Place`].
    fn accuracies(&self, training: &Training<f32>, seed: Seed) -> Result<Vec<f64>> {
        let all = Place::all().enumerate().map(|(index, place)| {
            let (regime, region, seed) = match place {
                Place::Trained => (Regime::Translation, 0, seed.child(0)),
                Place::Other => (Regime::Translation, 0, seed.child(4).child(index as u64)),
                Place::Beyond(regime, region) => (regime, region, seed.child(4).child(index as u64)),
            };
            let all = analogies(seed);
            let order = seed.child(0).permutation(0, all.len());
            let tested: Vec<Analogy> = order.iter().take(self.tested).map(|&index| all[index]).collect();
            training.accuracy(&self.images(regime, region)?, &tested)
        });
        all.collect()
    }
}

/// One network trained and tested.
#[derive(Clone, Debug)]
struct Run {
    network: usize,
    run: usize,
    /// Per step, before it: the loss, and the share of the batch that was right.
    losses: Vec<f64>,
    right: Vec<f64>,
    /// By [`Place`].
    accuracies: Vec<f64>,
    /// Of training.
    seconds: f64,
}

impl Run {
    /// What a checkpoint holds.
    fn arrays(&self) -> Arrays {
        let Self { network: _, run: _, losses, right, accuracies, seconds } = self;
        let vector = |values: &[f64]| Array1::from(values.to_vec());
        let arrays = Arrays::new().with("losses", vector(losses)).with("right", vector(right));
        arrays.with("accuracies", vector(accuracies)).number("seconds", *seconds)
    }

    fn restore((network, run): (usize, usize), steps: usize, mut found: Arrays) -> Result<Self> {
        let [losses, right] = [found.take("losses", steps)?.to_vec(), found.take("right", steps)?.to_vec()];
        let accuracies = found.take("accuracies", Place::all().count())?.to_vec();
        Ok(Self { network, run, losses, right, accuracies, seconds: found.take_number("seconds")? })
    }
}
