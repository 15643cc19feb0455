//! Training: steps of an optimiser on an objective.

mod batches;
mod descent;
mod metric;
mod resume;
mod stop;

use super::observer::{Observer, Records};
use super::{Model, Objective, Optimiser, Schedule, State};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::random::Seed;
use crate::train::Training;
use batches::Length;
pub use metric::BatchPass;
use metric::Metric;
use std::sync::Arc;
use stop::StopRule;

/// How a model is trained: an [optimiser](Optimiser), so many steps or epochs, in full batches or in minibatches, with a
/// [schedule](Schedule) of the learning rate, rules to stop before the end, and [observers](Observer).
///
/// A step is one forward and one reverse pass over its batch. The same settings, objective and start give the same bits on any number of
/// threads, stopped and resumed or not.
///
/// ```
/// use hadamard::prelude::*;
///
/// let x = sphere(200, 5, Seed(0))?;
/// let y = x.dot(&array![[1.0, 0.0], [0.5, -1.0], [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]]);    // two outputs
/// let mut network = network("linear", dense(2)).input(5).init(Seed(1))?;
/// let run = Trainer::epochs(60, Sgd::new(0.05).momentum(0.9).nesterov())
///     .batch(20)
///     .shuffle(Seed(2))
///     .schedule(Schedule::cosine(0.1))
///     .observe(Observer::new(When::Epochs(vec![0.0, 30.0])).loss())
///     .train(&mut network, &Objective::new(&x, &y, SquaredError)?)?;
/// assert_eq!((run.steps, run.losses.len()), (600, 60));
/// assert_eq!(run.records[0].steps, [0, 300, 600]);
/// assert!(run.records[0].values("loss")?[2] < 1e-8);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer {
    optimiser: Optimiser,
    length: Length,
    batch: Option<usize>,
    shuffle: Option<Seed>,
    repeat: u64,
    schedule: Schedule,
    stops: Vec<StopRule>,
    metrics: Vec<Metric>,
    observers: Vec<Observer>,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// What training did besides changing the model.
#[derive(Clone, PartialEq)]
pub struct TrainingRun {
    /// Steps taken.
    pub steps: u64,
    /// Per epoch the mean loss of its steps, weighted by the samples in their batches and without the penalty, `[epochs]`: each that of a
    /// batch before its step. In full batches an epoch is a step, and this is the loss before every step.
    pub losses: Vec<f64>,
    /// What each observer recorded, in their order.
    pub records: Vec<Records>,
    /// What each [metric](Trainer::metric) was in every step, in their order, `[metrics][steps]`.
    pub metrics: Vec<Vec<f64>>,
    /// The rule by which it ended before its last step, if one did.
    pub stopped: Option<String>,
}

impl Trainer {
    fn of(length: Length, optimiser: Optimiser) -> Self {
        Self {
            optimiser,
            length,
            batch: None,
            shuffle: None,
            repeat: 1,
            schedule: Schedule::constant(),
            stops: Vec::new(),
            metrics: Vec::new(),
            observers: Vec::new(),
            checkpoint: None,
            quiet: false,
        }
    }

    /// So many steps, on all samples at once unless [`Trainer::batch`] is set.
    pub fn steps(steps: u64, optimiser: impl Into<Optimiser>) -> Self {
        Self::of(Length::Steps(steps), optimiser.into())
    }

    /// So many passes over the samples, all at once unless [`Trainer::batch`] is set.
    pub fn epochs(epochs: u64, optimiser: impl Into<Optimiser>) -> Self {
        Self::of(Length::Epochs(epochs), optimiser.into())
    }

    /// Sets the number of samples in a batch, at least 1; the last batch of an epoch takes what is left.
    pub fn batch(self, samples: usize) -> Self {
        Self { batch: Some(samples), ..self }
    }

    /// Takes the samples in a random order, another one in each epoch.
    pub fn shuffle(self, seed: Seed) -> Self {
        Self { shuffle: Some(seed), ..self }
    }

    /// Takes so many steps on a batch before the next one, at least 1. With 2, and a [perturbation](Objective::perturb) that leaves a batch
    /// as it is while its `repeat` is 0, every clean step is followed by an adversarial one.
    pub fn repeat(self, steps: u64) -> Self {
        Self { repeat: steps, ..self }
    }

    /// Sets what multiplies the learning rate in each step; [`Schedule::constant`] unless set.
    pub fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// Stops before a step where the loss is below a bound: in full batches that of the step, in minibatches the mean of the epoch that
    /// has just ended.
    pub fn stop_below(mut self, loss: f64) -> Self {
        self.stops.push(StopRule::LossBelow(loss));
        self
    }

    /// Stops after a window of so many epochs, in full batches of steps, whose mean loss is above that of the window before. Windows follow
    /// each other without overlap.
    pub fn stop_rising(mut self, window: usize) -> Self {
        self.stops.push(StopRule::Rising(window));
        self
    }

    /// Stops where a function of the [state](State) says so. It is asked before the first step of every epoch, which in full batches is every
    /// step. A checkpoint knows it by its name only.
    pub fn stop_when(mut self, name: &str, rule: impl Fn(&State<'_>) -> Result<bool> + Send + Sync + 'static) -> Self {
        self.stops.push(StopRule::When { name: name.into(), rule: Arc::new(rule) });
        self
    }

    /// Adds an observer, whose records come back in [`TrainingRun::records`].
    pub fn observe(mut self, observer: Observer) -> Self {
        self.observers.push(observer);
        self
    }

    /// Adds a metric: a number of every step's batch, from the step's own pass, so that it takes no other. It comes back in
    /// [`TrainingRun::metrics`]; what takes a pass of its own, or all points, is for [observers](Observer). A checkpoint knows it by its name
    /// only.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let x = sphere(40, 3, Seed(0))?;
    /// let mut network = mlp(1).width(16).input(3).init(Seed(1))?;
    /// let trainer = Trainer::epochs(2, Sgd::new(0.1)).batch(10).metric("largest residual", |pass| {
    ///     (pass.outputs - pass.targets).iter().fold(0.0, |most: f64, r| most.max(r.abs()))
    /// });
    /// let run = trainer.train(&mut network, &Objective::new(&x, &x.column(0).to_owned(), SquaredError)?)?;
    /// assert_eq!(run.metrics[0].len(), 8);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn metric(mut self, name: &str, of: impl Fn(&BatchPass<'_>) -> f64 + Send + Sync + 'static) -> Self {
        self.metrics.push(Metric { name: name.into(), of: Arc::new(of) });
        self
    }

    /// Saves the run in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint). The same settings, objective and
    /// initial parameters are needed, or the folder is refused: a network that has been trained is another one, so in a notebook draw it in
    /// the cell that trains it. Functions of the user are known by their names only.
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    pub(in crate::train) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// For one of many networks: silent, with a folder of its own.
    pub(in crate::train) fn of_network(&self, index: usize) -> Self {
        let checkpoint = self.checkpoint.as_ref().map(|checkpoint| checkpoint.part(&format!("network-{index:03}")));
        Self { checkpoint, quiet: true, ..self.clone() }
    }

    /// Trains a model in place, with [progress lines](crate::progress). With a checkpoint, a run that ends with an error leaves the model as it
    /// was, so that the same call goes on; else as the last good step made it.
    ///
    /// # Errors
    /// Bad input; targets of another number than the outputs; [`Error::Range`](crate::Error::Range) for numbers of the optimiser, the schedule,
    /// the batches, the penalty or the observers that are not legal; those of the user's functions;
    /// [`Error::TrainingDiverged`](crate::Error::TrainingDiverged) as soon as the loss of a step is not finite, or a thousand times larger than
    /// that of the first step and that of outputs of 0, and for parameters that are not finite after the last one. With a checkpoint
    /// [`Error::Stopped`](crate::Error::Stopped) if a file asked for it; [`Error::Store`](crate::Error::Store) for a folder of another run,
    /// which says what differs, one that another run writes to, or one that is damaged; [`Error::File`](crate::Error::File).
    pub fn train<F: Training>(&self, model: &mut impl Model<F>, objective: &Objective) -> Result<TrainingRun> {
        F::train(self, model, objective)
    }
}

impl std::fmt::Debug for TrainingRun {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} steps", self.steps)?;
        if let (Some(first), Some(last)) = (self.losses.first(), self.losses.last()) {
            write!(f, ", losses {first:.4e} to {last:.4e}")?;
        }
        if let Some(rule) = &self.stopped {
            write!(f, ", stopped: {rule:.64}")?;
        }
        self.records.iter().take(4).try_for_each(|records| write!(f, "\n{records:?}"))
    }
}
