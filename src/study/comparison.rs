use crate::data::{Amplitude, GegenbauerIndex, HarmonicTarget, Seed, sphere};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::net::{Net, Network};
use crate::regression::{LearningRate, Regularization};
use crate::spectrum::Spectrum;
use crate::view::{Figure, Report, Scale, line_chart};
use ndarray::{Array1, Array2};
use polars::prelude::{DataFrame, df};

/// Networks side by side: kernels, spectra, training and extrapolation.
///
/// Each network is initialised at the same width; its finite-width NTK is compared with its limit where it has one. On points of
/// the sphere `S^{d-1}` with a target of harmonics: spectrum, alignment with the target, and the squared residual of gradient
/// descent with that kernel on training and held-out points at half the largest stable rate. For extrapolation the kernel is fitted
/// to `sin 2x` on `[-1, 1]` and read on `[-3, 3]`, with inputs `(x, 1)`.
///
/// Built by [`compare`].
#[derive(Clone)]
pub struct Comparison {
    networks: Vec<Net>,
    width: usize,
    points: usize,
    dimension: usize,
    frequencies: Vec<usize>,
    seed: Seed,
}

/// Compares networks on vectors; input size and width are set by the study.
pub fn compare(networks: impl IntoIterator<Item = Net>) -> Comparison {
    Comparison {
        networks: networks.into_iter().collect(),
        width: 1024,
        points: 400,
        dimension: 10,
        frequencies: vec![1, 2, 3, 4],
        seed: Seed(0),
    }
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

impl Comparison {
    /// The width of every network.
    pub fn width(self, units: usize) -> Self {
        Self { width: units, ..self }
    }

    /// The number of training points, and of held-out points.
    pub fn points(self, n: usize) -> Self {
        Self { points: n, ..self }
    }

    /// The dimension of the sphere's space.
    pub fn dimension(self, d: usize) -> Self {
        Self { dimension: d, ..self }
    }

    /// The harmonics of the target.
    pub fn frequencies(self, frequencies: &[usize]) -> Self {
        Self { frequencies: frequencies.to_vec(), ..self }
    }

    /// The seed of points, target and networks.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Computes everything.
    ///
    /// # Errors
    /// [`Error::NoRows`] without networks, [`Error::SameName`]; whatever is wrong with a network; sizes.
    pub fn run(&self) -> Result<ComparisonReport> {
        let place = "comparison";
        if self.networks.is_empty() {
            return Err(Error::NoRows { place });
        }
        for (i, net) in self.networks.iter().enumerate() {
            if self.networks[..i].iter().any(|other| other.name() == net.name()) {
                return Err(Error::SameName { place, name: net.name().into() });
            }
        }
        let x = sphere(self.points, self.dimension, self.seed.child(0))?;
        let held_out = sphere(self.points, self.dimension, self.seed.child(1))?;
        let index = GegenbauerIndex::Harmonic;
        let target =
            HarmonicTarget::new(&self.frequencies, self.dimension, index, Amplitude::Unit, self.seed.child(2))?;
        let (y, truth) = (target.values(&x)?, target.values(&held_out)?);
        let run = |net: &Net| self.one(net, (&x, &y), (&held_out, &truth));
        Ok(ComparisonReport { rows: self.networks.iter().map(run).collect::<Result<_>>()?, width: self.width })
    }

    fn init(&self, net: &Net, inputs: usize) -> Result<Network> {
        net.clone().width(self.width).input(inputs).init(self.seed.child(3))
    }

    fn one(
        &self,
        net: &Net,
        (x, y): (&Array2<f64>, &Array1<f64>),
        (held_out, truth): (&Array2<f64>, &Array1<f64>),
    ) -> Result<Row> {
        let network = self.init(net, self.dimension)?;
        let parameters = network.parameters().iter().map(|p| p.values.len()).sum::<usize>();
        let kernels = network.kernel(x)?;
        let ntk = kernels.ntk().output(0)?;
        // Without a closed form the reason is in the table.
        let limit = net.limit_kernel(x).map_err(|e| e.to_string());
        let distance = limit.as_ref().ok().map(|l| ntk.relative_distance(l.ntk())).transpose()?;
        let spectrum = ntk.spectrum()?;
        let regression = ntk.regression(y)?;
        let rate = regression.max_learning_rate() / 2.0;
        let trajectory = regression.gradient_descent(LearningRate::Fixed(rate))?;
        let steps = steps();
        let share = |values: &Array2<f64>, y: &Array1<f64>, at: usize| {
            let residual = &values.row(at) - y;
            residual.dot(&residual) / y.dot(y)
        };
        let trained = trajectory.predict(&steps)?;
        let cross = network.kernel_between(held_out, x)?.ntk().output(0)?;
        let unseen = trajectory.predict_on(&cross, &Array1::zeros(held_out.nrows()), &steps)?;
        let curve =
            |values: &Array2<f64>, y: &Array1<f64>| (0..steps.len()).map(|t| (steps[t], share(values, y, t))).collect();
        Ok(Row {
            network: net.name().into(),
            parameters,
            limit: limit.err(),
            distance,
            alignment: ntk.centred_target_alignment(y)?,
            rate,
            train: curve(&trained, y),
            held_out: curve(&unseen, truth),
            extrapolation: self.extrapolate(net)?,
            kernel: ntk,
            spectrum,
        })
    }

    /// Ridge regression with the finite-width kernel on the inside, read everywhere.
    fn extrapolate(&self, net: &Net) -> Result<Vec<(f64, f64)>> {
        let line = |n: usize, reach: f64| Array1::linspace(-reach, reach, n);
        let inputs = |t: &Array1<f64>| Array2::from_shape_fn((t.len(), 2), |(i, j)| if j == 0 { t[i] } else { 1.0 });
        let (inside, all) = (line(INSIDE, 1.0), line(FINE, REACH));
        let network = self.init(net, 2)?;
        let kernel = network.kernel(&inputs(&inside))?.ntk().output(0)?;
        let ridge = kernel.regression(&inside.mapv(|t| (2.0 * t).sin()))?.ridge(Regularization::RelativeTrace(1e-9))?;
        let cross = network.kernel_between(&inputs(&all), &inputs(&inside))?.ntk().output(0)?;
        Ok(all.iter().copied().zip(ridge.predict(&cross)?).collect())
    }
}

/// What is known of one network.
#[derive(Clone, Debug)]
struct Row {
    network: String,
    parameters: usize,
    /// Why it has no closed form, if it has none.
    limit: Option<String>,
    distance: Option<f64>,
    alignment: f64,
    rate: f64,
    train: Vec<(f64, f64)>,
    held_out: Vec<(f64, f64)>,
    extrapolation: Vec<(f64, f64)>,
    kernel: Kernel,
    spectrum: Spectrum,
}

/// What the study found.
#[derive(Clone)]
pub struct ComparisonReport {
    rows: Vec<Row>,
    width: usize,
}

impl ComparisonReport {
    /// Per network: parameters, the relative distance of the kernel from its limit (null without one), the kernel's condition
    /// number (null if singular to rounding), effective rank and centred alignment with the target, the learning rate, and the
    /// shares of the squared residual left after the last step.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn table(&self) -> Result<DataFrame> {
        let left = |curve: &[(f64, f64)]| curve.last().map(|p| p.1);
        let rows = || self.rows.iter();
        Ok(df!(
            "network" => rows().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "parameters" => rows().map(|r| r.parameters as u64).collect::<Vec<_>>(),
            "distance from limit" => rows().map(|r| r.distance).collect::<Vec<_>>(),
            "condition number" => rows().map(|r| r.spectrum.condition_number().ok()).collect::<Vec<_>>(),
            "effective rank" => rows().map(|r| r.spectrum.effective_rank().ok()).collect::<Vec<_>>(),
            "alignment" => rows().map(|r| r.alignment).collect::<Vec<_>>(),
            "learning rate" => rows().map(|r| r.rate).collect::<Vec<_>>(),
            "left (train)" => rows().map(|r| left(&r.train)).collect::<Vec<_>>(),
            "left (held out)" => rows().map(|r| left(&r.held_out)).collect::<Vec<_>>(),
        )?)
    }

    /// The finite-width NTK of a network on the training points.
    pub fn kernel(&self, network: &str) -> Option<&Kernel> {
        self.rows.iter().find(|r| r.network == network).map(|r| &r.kernel)
    }

    /// Eigenvalues as shares of the largest against their rank; those at rounding error are left out.
    pub fn spectra(&self) -> Figure {
        let chart = self.rows.iter().fold(line_chart("Eigenvalues of the NTK"), |chart, row| {
            let values = row.spectrum.values();
            let kept = values.iter().take(row.spectrum.rank()).enumerate();
            chart.line(&row.network, kept.map(|(i, v)| (i as f64 + 1.0, v / values[0])))
        });
        chart.axes(Scale::log("rank"), Scale::log("λ / λ<sub>max</sub>")).figure()
    }

    /// Share of the squared residual against steps of gradient descent, on training (solid) and held-out points (dashed).
    pub fn training(&self) -> Figure {
        let chart = self.rows.iter().fold(line_chart("Training: kernel gradient descent"), |chart, row| {
            let shown = |curve: &[(f64, f64)]| curve.iter().skip(1).copied().collect::<Vec<_>>();
            chart
                .line(format!("{}, train", row.network), shown(&row.train))
                .dashed(format!("{}, held out", row.network), shown(&row.held_out))
        });
        chart.axes(Scale::log("steps"), Scale::log("share of the squared residual")).figure()
    }

    /// `sin 2x`, learned on `[-1, 1]`, beyond it.
    pub fn extrapolation(&self) -> Figure {
        let truth = Array1::linspace(-REACH, REACH, FINE).mapv(|t| (t, (2.0 * t).sin()));
        let chart = line_chart("Extrapolation: learned on [-1, 1]").dashed("sin 2x", truth);
        let chart = self.rows.iter().fold(chart, |chart, row| chart.line(&row.network, row.extrapolation.clone()));
        // A polynomial leaves the picture quickly.
        chart.axes(Scale::linear("x"), Scale::linear("f(x)").shown(-6.0, 6.0)).figure()
    }

    /// Everything in order.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn report(&self) -> Result<Report> {
        let mut report =
            Report::new().heading(format!("{} networks of width {}", self.rows.len(), self.width)).table(self.table()?);
        for row in &self.rows {
            if let Some(reason) = &row.limit {
                report = report.text(format!("{} has no closed form at infinite width: {reason}", row.network));
            }
        }
        Ok(report.figure(self.spectra()).figure(self.training()).figure(self.extrapolation()))
    }
}
