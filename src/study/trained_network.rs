use super::Verdicts;
use super::verdict::largest;
use crate::checkpoint::Checkpoint;
use crate::data::{Amplitude, GegenbauerIndex, HarmonicTarget, Seed, sphere};
use crate::error::Result;
use crate::internal::{Arrays, Settings, Work};
use crate::kernel::{Kernel, Route};
use crate::net::{Net, ccp};
use crate::progress::Progress;
use crate::regression::LearningRate;
use crate::train::FullBatch;
use crate::view::{Figure, Line, Panel, Report, Scale, panels};
use ndarray::Array2;
use polars::prelude::{DataFrame, df};

/// A trained network against its kernel's prediction.
///
/// Is training a wide network the same as kernel regression with its NTK? A network is trained by full-batch gradient
/// descent on the target of the [spectral-bias study](super::spectral_bias) and, from the same initial outputs, its NTK at
/// initialisation predicts the run. Compared are the residual projections `a_k(t)`, as shares of `a_k(0)`.
///
/// The step is taken in `f32`; kernel and prediction are `f64`.
///
/// Built by [`trained_network`].
#[derive(Clone)]
pub struct TrainedNetwork {
    net: Net,
    width: usize,
    points: usize,
    dimension: usize,
    frequencies: Vec<usize>,
    rate: f64,
    steps: u64,
    seed: Seed,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// The study with CCP of degree 3, width 4096, 1000 points, the paper's learning rate and 3000 steps.
pub fn trained_network() -> TrainedNetwork {
    TrainedNetwork {
        net: ccp(3),
        width: 4096,
        points: 1000,
        dimension: 10,
        frequencies: vec![1, 3, 4, 5, 8, 12],
        rate: 0.0016,
        steps: 3000,
        seed: Seed(0),
        checkpoint: None,
        quiet: false,
    }
}

impl TrainedNetwork {
    /// A run of seconds: width 512, 200 points, 500 steps.
    pub fn quick(self) -> Self {
        Self { width: 512, points: 200, steps: 500, ..self }
    }

    /// The architecture.
    pub fn network(self, net: Net) -> Self {
        Self { net, ..self }
    }

    /// The width.
    pub fn width(self, units: usize) -> Self {
        Self { width: units, ..self }
    }

    /// The number of training points.
    pub fn points(self, n: usize) -> Self {
        Self { points: n, ..self }
    }

    /// The learning rate.
    pub fn learning_rate(self, rate: f64) -> Self {
        Self { rate, ..self }
    }

    /// The number of steps.
    pub fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// The seed of points, target and network.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Saves the kernel and the training in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint).
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Trains, predicts and compares, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::Diverges`](crate::Error::Diverges) if the rate is beyond the stability limit; settings without points or
    /// width. With a checkpoint [`Error::Stopped`](crate::Error::Stopped) if a file asked for it, [`Error::Store`](crate::Error::Store)
    /// for a folder that cannot be used, [`Error::File`](crate::Error::File).
    pub fn run(&self) -> Result<TrainedNetworkReport> {
        Progress::unless(self.quiet).during(|| self.compare())
    }

    /// Everything that the result depends on.
    fn settings(&self) -> Settings {
        let Self { net, width, points, dimension, frequencies, rate, steps, seed, checkpoint: _, quiet: _ } = self;
        Settings::new()
            .text("networks", net)
            .with("width", width)
            .with("number of points", points)
            .with("dimension", dimension)
            .with("list of frequencies", frequencies)
            .with("learning rate", rate)
            .with("number of steps", steps)
            .with("seed", seed.0)
    }

    fn compare(&self) -> Result<TrainedNetworkReport> {
        let x = sphere(self.points, self.dimension, self.seed.child(0))?;
        let target = HarmonicTarget::new(
            &self.frequencies,
            self.dimension,
            GegenbauerIndex::Harmonic,
            Amplitude::Unit,
            self.seed.child(2),
        )?;
        let (y, harmonics) = (target.values(&x)?, target.harmonics(&x)?);
        let network = self.net.clone().width(self.width).input(self.dimension).init(self.seed.child(3))?;
        network.require_one_output("trained network")?;
        let store = Checkpoint::of_study(self.checkpoint.as_ref(), "trained_network", self.settings())?;
        let mut work = Work::new(store.as_ref(), "trained network".into(), "parts", 2, 1);
        let mut kernel = work.part("kernel", || {
            let [_, ntk] = network.kernel(&x)?.into_values();
            Ok(Arrays::new().with("ntk", ntk).with("outputs", network.outputs(&x)?.column(0).to_owned()))
        })?;
        let n = self.points;
        let theta = Kernel::of_outputs(kernel.take("ntk", (n, n))?, (true, Route::Finite), 1);
        let regression = theta.regression(&y)?.from_outputs(&kernel.take("outputs", n)?)?;
        // Before the training: a rate that diverges is refused here.
        let trajectory = regression.gradient_descent(LearningRate::Fixed(self.rate))?;

        let mut trained = network.cast::<f32>();
        work.look()?;
        let mut training = FullBatch::new(self.rate, self.steps);
        if let Some(store) = &store {
            training = training.checkpoint(store.checkpoint().part("training"));
        }
        let history = training.train(&mut trained, &x, &y)?;
        work.finish_saved()?;
        let times: Vec<f64> = history.steps.iter().map(|&t| t as f64).collect();
        let scale = (self.points as f64).sqrt();
        let project = |residuals: &Array2<f64>| residuals.dot(&harmonics.t()) / scale;
        let measured = project(&(&y - &history.outputs));
        let predicted = trajectory.project(&harmonics, &times)? / scale;
        Ok(TrainedNetworkReport { settings: self.clone(), times, measured, predicted })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct TrainedNetworkReport {
    settings: TrainedNetwork,
    times: Vec<f64>,
    /// Signed projections, `[times, K]`.
    measured: Array2<f64>,
    predicted: Array2<f64>,
}

impl TrainedNetworkReport {
    /// Per frequency: the share of the residual left at the last step, measured and predicted, and the largest deviation
    /// over all recorded steps as a share of the initial value.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let last = self.times.len() - 1;
        let frequencies = 0..self.settings.frequencies.len();
        let left =
            |a: &Array2<f64>| frequencies.clone().map(|k| a[[last, k]] / self.predicted[[0, k]]).collect::<Vec<f64>>();
        Ok(df!(
            "k" => self.settings.frequencies.iter().map(|&k| k as u32).collect::<Vec<_>>(),
            "left, trained" => left(&self.measured),
            "left, kernel" => left(&self.predicted),
            "largest deviation" => self.deviations(),
        )?)
    }

    /// Largest deviation per frequency, as a share of the initial value.
    fn deviations(&self) -> Vec<f64> {
        (0..self.settings.frequencies.len())
            .map(|k| {
                let gaps = &self.measured.column(k) - &self.predicted.column(k);
                largest(gaps.iter().map(|g| g.abs())) / self.predicted[[0, k]].abs()
            })
            .collect()
    }

    /// The largest deviation of any residual projection, as a share of its initial value.
    pub fn largest_deviation(&self) -> f64 {
        largest(self.deviations())
    }

    /// Trained network (dotted) on its kernel's prediction (solid).
    pub fn figure(&self) -> Figure {
        let mut lines = Vec::new();
        for (k, frequency) in self.settings.frequencies.iter().enumerate() {
            for (values, dashed) in [(&self.predicted, false), (&self.measured, true)] {
                let what = if dashed { "trained" } else { "kernel" };
                let points =
                    self.times.iter().enumerate().map(|(t, &time)| (time, values[[t, k]] / self.predicted[[0, k]]));
                lines.push(Line {
                    name: format!("k = {frequency}, {what}"),
                    colour: k,
                    dashed,
                    markers: false,
                    points: points.collect(),
                });
            }
        }
        let title = format!("{}, width {}, trained against its kernel", self.settings.net.name(), self.settings.width);
        let panel = Panel { title: "kernel solid, trained dotted".into(), lines };
        panels(&title, &[panel], 1, Scale::linear("steps"), Scale::linear("a<sub>k</sub>(t) / a<sub>k</sub>(0)"))
    }

    /// Chart and table.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        Ok(Report::new().figure(self.figure()).table(self.table()?))
    }

    /// The bound of 1 % on the largest deviation.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("trained_network");
        verdicts.at_most(
            format!(
                "{}, width {}, {} steps: trained network against its kernel, largest deviation of a residual projection",
                self.settings.net.name(),
                self.settings.width,
                self.settings.steps
            ),
            self.largest_deviation(),
            0.01,
        );
        verdicts
    }
}
