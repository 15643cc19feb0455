//! Networks of one's own side by side.

use crate::names::*;
use crate::study::frame::*;
use crate::{define_study, saved_fields};

define_study! {
    /// Networks side by side: kernels, spectra, training and extrapolation.
    ///
    /// Each network is initialised at the same width; its finite-width NTK is compared with its limit where it has one. On points of
    /// the sphere `S^{d-1}` with a target of harmonics: spectrum, alignment with the target, and the squared residual of gradient
    /// descent with that kernel on training and held-out points at half the largest stable rate. For extrapolation the kernel is fitted
    /// to `sin 2x` on `[-1, 1]` and read on `[-3, 3]`, with inputs `(x, 1)`.
    ///
    /// Built by [`compare`].
    pub struct Comparison => ComparisonReport, "comparison", "comparison";
    settings {
        /// The networks, on vectors; input size and width are set by the study.
        list networks: Net = [mlp(1), ccp(3)], digest "networks";
        /// The width of every network. Default 1024.
        value width: usize = 1024, with "width";
        /// The number of training points, and of held-out points. Default 400.
        value points: usize = 400, with "number of points";
        /// The dimension of the sphere's space. Default 10.
        value dimension: usize = 10, with "dimension";
        /// The harmonics of the target. Default 1 to 4.
        list frequencies: usize = 1..=4, with "list of frequencies";
    }
    trial { width: 16, points: 20 }
    quick {
        /// A run of seconds: width 512, 200 points.
        width: 512, points: 200
    }
}

/// Compares networks on vectors; input size and width are set by the study.
pub fn compare(networks: impl IntoIterator<Item = Net>) -> Comparison {
    Comparison::default().networks(networks)
}

/// Steps at which the residual is shown, a few per power of ten.
fn steps() -> Vec<f64> {
    let grid = (0..=40).map(|i| 10f64.powf(f64::from(i) / 10.0).round());
    let mut steps: Vec<f64> = std::iter::once(0.0).chain(grid).collect();
    steps.dedup();
    steps
}

/// The interval of the extrapolation and the points in it.
const REACH: f64 = 3.0;
const FINE: usize = 121;
const INSIDE: usize = 41;

/// Points with their targets.
type Sample = (Matrix, Vector);
type Curve = Vec<(f64, f64)>;

impl Study for Comparison {
    type Report = ComparisonReport;

    fn check(&self) -> Result<()> {
        Self::requires().some(&self.networks)?.distinct(self.networks.iter().map(Net::name))?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.networks.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<ComparisonReport> {
        let seed = run.seed();
        let (index, amplitude) = (GegenbauerIndex::Harmonic, Amplitude::Unit);
        let target = HarmonicTarget::new(&self.frequencies, self.dimension, index, amplitude, seed.child(2))?;
        let sample = |stream| -> Result<Sample> {
            let x = sphere(self.points, self.dimension, seed.child(stream))?;
            target.values(&x).map(|y| (x, y))
        };
        let (train, held_out) = (sample(0)?, sample(1)?);
        let found = run.each("network", &self.networks, |net| self.one(net, &train, &held_out, seed.child(3)))?;
        let row = |(net, found): (&Net, Found)| Row {
            network: net.name().into(),
            kernel: Kernel::of_outputs(found.kernel.clone(), (true, Route::Finite), 1),
            found,
        };
        Ok(ComparisonReport { rows: self.networks.iter().zip(found).map(row).collect(), width: self.width })
    }
}

impl Comparison {
    fn init(&self, net: &Net, inputs: usize, seed: Seed) -> Result<Network> {
        net.clone().width(self.width).input(inputs).init(seed)
    }

    fn one(&self, net: &Net, (x, y): &Sample, (held_out, truth): &Sample, seed: Seed) -> Result<Found> {
        let network = self.init(net, self.dimension, seed)?;
        let kernels = network.kernel(x)?;
        let ntk = kernels.ntk().output(0)?;
        let (distance, refused) = match net.clone().width(self.width).limit_kernel(x) {
            Ok(limit) => (Some(ntk.relative_distance(limit.ntk())?), None),
            Err(error) if error.says_no_limit() => (None, Some(error.to_string())),
            Err(error) => return Err(error),
        };
        let spectrum = ntk.spectrum()?;
        let regression = ntk.regression(y)?;
        let rate = regression.max_learning_rate() / 2.0;
        let trajectory = regression.gradient_descent(LearningRate::Fixed(rate))?;
        let steps = steps();
        let trained = trajectory.predict(&steps)?;
        let cross = network.kernel_between(held_out, x)?.ntk().output(0)?;
        let unseen = trajectory.predict_on(&cross, &Array1::zeros(held_out.nrows()), &steps)?;
        let curve = |values: &Matrix, y: &Vector| -> Curve {
            let residuals = values.rows().into_iter().map(|row| &row - y);
            steps.iter().copied().zip(residuals.map(|residual| residual.dot(&residual) / y.dot(y))).collect()
        };
        let values = spectrum.values();
        Ok(Found {
            parameters: network.parameters().iter().map(|p| p.values.len()).sum(),
            distance,
            refused,
            condition: spectrum.condition_number().ok(),
            rank: spectrum.effective_rank().ok(),
            shares: values.iter().take(spectrum.rank()).map(|v| v / values[0]).collect(),
            alignment: ntk.centred_target_alignment(y)?,
            rate,
            train: curve(&trained, y),
            held_out: curve(&unseen, truth),
            extrapolation: self.extrapolate(net, seed)?,
            kernel: ntk.values().clone(),
        })
    }

    /// Ridge regression with the finite-width kernel on the inside, read everywhere.
    fn extrapolate(&self, net: &Net, seed: Seed) -> Result<Curve> {
        let inputs = |t: &Vector| Matrix::from_shape_fn((t.len(), 2), |(i, j)| if j == 0 { t[i] } else { 1.0 });
        let (inside, all) = (Array1::linspace(-1.0, 1.0, INSIDE), Array1::linspace(-REACH, REACH, FINE));
        let network = self.init(net, 2, seed)?;
        let kernel = network.kernel(&inputs(&inside))?.ntk().output(0)?;
        let ridge = kernel.regression(&inside.mapv(|t| (2.0 * t).sin()))?.ridge(Regularization::RelativeTrace(1e-9))?;
        let cross = network.kernel_between(&inputs(&all), &inputs(&inside))?.ntk().output(0)?;
        Ok(all.iter().copied().zip(ridge.predict(&cross)?).collect())
    }
}

/// What is measured of one network.
#[derive(Clone)]
struct Found {
    parameters: usize,
    distance: Option<f64>,
    /// Why it has no closed form, if it has none.
    refused: Option<String>,
    condition: Option<f64>,
    rank: Option<f64>,
    /// Eigenvalues over the largest.
    shares: Vec<f64>,
    alignment: f64,
    rate: f64,
    train: Curve,
    held_out: Curve,
    extrapolation: Curve,
    kernel: Matrix,
}
saved_fields!(Found {
    parameters,
    distance,
    refused,
    condition,
    rank,
    shares,
    alignment,
    rate,
    train,
    held_out,
    extrapolation,
    kernel
});

#[derive(Clone)]
struct Row {
    network: String,
    kernel: Kernel,
    found: Found,
}

/// What the study found.
#[derive(Clone)]
pub struct ComparisonReport {
    rows: Vec<Row>,
    width: usize,
}

impl ComparisonReport {
    /// The finite-width NTK of a network on the training points.
    pub fn kernel(&self, network: &str) -> Option<&Kernel> {
        self.rows.iter().find(|r| r.network == network).map(|r| &r.kernel)
    }

    /// Eigenvalues as shares of the largest against their rank; those at rounding error are left out.
    pub fn spectra(&self) -> Figure {
        let chart = self.rows.iter().fold(line_chart("Eigenvalues of the NTK"), |chart, row| {
            chart.line(&row.network, row.found.shares.iter().enumerate().map(|(i, share)| (i as f64 + 1.0, *share)))
        });
        chart.axes(Scale::log("rank"), Scale::log("λ / λ<sub>max</sub>")).figure()
    }

    /// `sin 2x`, learned on `[-1, 1]`, beyond it.
    pub fn extrapolation(&self) -> Figure {
        let truth = Array1::linspace(-REACH, REACH, FINE).mapv(|t| (t, (2.0 * t).sin()));
        let chart = line_chart("Extrapolation: learned on [-1, 1]").dashed("sin 2x", truth);
        let rows = self.rows.iter();
        let chart = rows.fold(chart, |chart, row| chart.line(&row.network, row.found.extrapolation.clone()));
        // A polynomial leaves the picture quickly.
        chart.axes(Scale::linear("x"), Scale::linear("f(x)").shown(-6.0, 6.0)).figure()
    }
}

impl StudyReport for ComparisonReport {
    /// Per network: parameters, the relative distance of the kernel from its limit (null without one), the kernel's condition
    /// number (null if singular to rounding), effective rank and centred alignment with the target, the learning rate, and the
    /// shares of the squared residual left after the last step.
    fn table(&self) -> Result<DataFrame> {
        let left = |curve: &Curve| curve.last().map(|p| p.1);
        frame(&self.rows)
            .text("network", |r| r.network.as_str())
            .count("parameters", |r| r.found.parameters)
            .number("distance from limit", |r| r.found.distance)
            .number("condition number", |r| r.found.condition)
            .number("effective rank", |r| r.found.rank)
            .number("alignment", |r| r.found.alignment)
            .number("learning rate", |r| r.found.rate)
            .number("left (train)", |r| left(&r.found.train))
            .number("left (held out)", |r| left(&r.found.held_out))
            .table()
    }

    /// Share of the squared residual against steps of gradient descent, on training (solid) and held-out points (dashed).
    fn figure(&self) -> Figure {
        let chart = self.rows.iter().fold(line_chart("Training: kernel gradient descent"), |chart, row| {
            let shown = |curve: &Curve| curve.iter().skip(1).copied().collect::<Vec<_>>();
            chart
                .line(format!("{}, train", row.network), shown(&row.found.train))
                .dashed(format!("{}, held out", row.network), shown(&row.found.held_out))
        });
        chart.axes(Scale::log("steps"), Scale::log("share of the squared residual")).figure()
    }

    /// None: what networks of one's own should do is not known here.
    fn verdicts(&self) -> Verdicts {
        Verdicts::new("comparison")
    }

    fn report(&self) -> Result<Report> {
        let heading = format!("{} networks of width {}", self.rows.len(), self.width);
        let report = Report::new().heading(heading).table(self.table()?);
        let reasons = self.rows.iter().filter_map(|row| Some((&row.network, row.found.refused.as_ref()?)));
        let report = reasons.fold(report, |report, (network, reason)| {
            report.text(format!("{network} has no closed form at infinite width: {reason}"))
        });
        Ok(report.figure(self.spectra()).figure(self.figure()).figure(self.extrapolation()))
    }
}
