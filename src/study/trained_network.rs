//! A trained network against its kernel's prediction.

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;

define_study! {
    /// A trained network against its kernel's prediction.
    ///
    /// Is training a wide network the same as kernel regression with its NTK? A network is trained by full-batch gradient
    /// descent on the target of the [spectral-bias study](super::spectral_bias) and, from the same initial outputs, its NTK at
    /// initialisation predicts the run. Compared are the residual projections `a_k(t)`, as shares of `a_k(0)`.
    ///
    /// The step is taken in `f32`; kernel and prediction are `f64`.
    ///
    /// Built by [`trained_network`].
    pub struct TrainedNetwork => TrainedNetworkReport, "trained_network", "trained network";
    /// The study with CCP of degree 3, width 4096, 1000 points, the paper's learning rate and 3000 steps.
    pub fn trained_network;
    settings {
        /// The architecture.
        value network: Net = ccp(3), digest "networks";
        /// The width.
        value width: usize = 4096, with "width";
        /// The number of training points.
        value points: usize = 1000, with "number of points";
        /// The dimension `d` of the inputs, at least 3. Default 10.
        value dimension: usize = 10, with "dimension";
        /// The frequencies of the target. Default 1, 3, 4, 5, 8, 12.
        list frequencies: usize = [1, 3, 4, 5, 8, 12], with "list of frequencies";
        /// The learning rate. A rate beyond the stability limit is refused with [`Error::Diverges`].
        value learning_rate: f64 = 0.0016, with "learning rate";
        /// The number of steps.
        value steps: u64 = 3000, with "number of steps";
    }
    trial { width: 32, points: 30, steps: 25 }
    quick {
        /// A run of seconds: width 512, 200 points, 500 steps.
        width: 512, points: 200, steps: 500
    }
}

impl Study for TrainedNetwork {
    type Report = TrainedNetworkReport;

    fn check(&self) -> Result<()> {
        self.network.clone().width(self.width).input(self.dimension).parameter_count().map(|_| ())
    }

    fn units(&self) -> (&'static str, usize) {
        ("parts", 2)
    }

    fn shown() -> Self {
        Self::default().steps(1000)
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<TrainedNetworkReport> {
        let (seed, n) = (run.seed(), self.points);
        let x = sphere(n, self.dimension, seed.child(0))?;
        let (index, amplitude) = (GegenbauerIndex::Harmonic, Amplitude::Unit);
        let target = HarmonicTarget::new(&self.frequencies, self.dimension, index, amplitude, seed.child(2))?;
        let (y, harmonics) = (target.values(&x)?, target.harmonics(&x)?);
        let network = self.network.clone().width(self.width).input(self.dimension).init(seed.child(3))?;
        network.require_one_output(Self::TITLE)?;
        let fits = |(ntk, outputs): &(Matrix, Vector)| ntk.dim() == (n, n) && outputs.len() == n;
        let (ntk, outputs) = run.part_that("kernel", fits, || {
            let [_, ntk] = network.kernel(&x)?.into_values();
            Ok((ntk, network.outputs(&x)?.column(0).to_owned()))
        })?;
        let theta = Kernel::of_outputs(ntk, (true, Route::Finite), 1);
        let regression = theta.regression(&y)?.from_outputs(&outputs)?;
        // Before the training: a rate that diverges is refused here.
        let trajectory = regression.gradient_descent(LearningRate::Fixed(self.learning_rate))?;

        let training = FullBatch::new(self.learning_rate, self.steps);
        let training = run.folder("training").into_iter().fold(training, FullBatch::checkpoint);
        let history = training.train(&mut network.cast::<f32>(), &x, &y)?;
        run.done()?;
        let times: Vec<f64> = history.steps.iter().map(|&t| t as f64).collect();
        let scale = (n as f64).sqrt();
        let measured = (&y - &history.outputs).dot(&harmonics.t()) / scale;
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
    measured: Matrix,
    predicted: Matrix,
}

impl TrainedNetworkReport {
    /// Largest deviation per frequency, as a share of the initial value.
    fn deviations(&self) -> Vec<f64> {
        let of = |k: usize| {
            let gaps = &self.measured.column(k) - &self.predicted.column(k);
            largest(gaps.iter().map(|g| g.abs())) / self.predicted[[0, k]].abs()
        };
        (0..self.settings.frequencies.len()).map(of).collect()
    }

    /// The largest deviation of any residual projection, as a share of its initial value.
    pub fn largest_deviation(&self) -> f64 {
        largest(self.deviations())
    }
}

impl StudyReport for TrainedNetworkReport {
    /// Per frequency: the share of the residual left at the last step, measured and predicted, and the largest deviation
    /// over all recorded steps as a share of the initial value.
    fn table(&self) -> Result<DataFrame> {
        let (last, deviations) = (self.times.len() - 1, self.deviations());
        frame(0..self.settings.frequencies.len())
            .count("k", |k| self.settings.frequencies[k])
            .number("left, trained", |k| self.measured[[last, k]] / self.predicted[[0, k]])
            .number("left, kernel", |k| self.predicted[[last, k]] / self.predicted[[0, k]])
            .number("largest deviation", |k| deviations[k])
            .table()
    }

    /// Trained network (dotted) on its kernel's prediction (solid).
    fn figure(&self) -> Figure {
        let frequencies = self.settings.frequencies.iter().enumerate();
        let chart = frequencies.fold(line_chart("kernel solid, trained dotted"), |chart, (k, frequency)| {
            let points = |values: &Matrix| -> Vec<(f64, f64)> {
                let at = |(t, &time): (usize, &f64)| (time, values[[t, k]] / self.predicted[[0, k]]);
                self.times.iter().enumerate().map(at).collect()
            };
            let chart = chart.line(format!("k = {frequency}, kernel"), points(&self.predicted)).colour(k);
            chart.dashed(format!("k = {frequency}, trained"), points(&self.measured)).colour(k)
        });
        let (net, width) = (self.settings.network.name(), self.settings.width);
        let (x, y) = (Scale::linear("steps"), Scale::linear("a<sub>k</sub>(t) / a<sub>k</sub>(0)"));
        panels(&format!("{net}, width {width}, trained against its kernel"), [chart], 1, x, y)
    }

    /// The bound of 1 % on the largest deviation.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("trained_network");
        let TrainedNetwork { network, width, steps, .. } = &self.settings;
        let claim = format!(
            "{}, width {width}, {steps} steps: trained network against its kernel, largest deviation of a residual projection",
            network.name()
        );
        verdicts.claim(claim).at_most(self.largest_deviation(), 0.01);
        verdicts
    }
}
