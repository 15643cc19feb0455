//! Which frequencies a number of points determines.

use super::moments::moments;
use super::random_harmonics::{DIRECTIONS, random_harmonics};
use super::{Verdicts, verdict::largest};
use crate::data::{GegenbauerIndex, Seed, sphere};
use crate::error::{Error, Result};
use crate::net::{Net, ccp, mlp, pnn};
use crate::progress::Progress;
use crate::spectrum::learnability;
use crate::view::{Figure, Line, Panel, Report, Scale, panels};
use polars::prelude::{DataFrame, df};

/// Which frequencies are learned from `n` points, and which are only memorised.
///
/// Kernel regression with the limit NTK, trained to the end, of one harmonic `v_k` of degree `k` at a time. How much of it is in the
/// prediction away from the points is exact, without test points: the projection of the interpolant `Σ_i α_i Θ(x_i, ·)` on `v_k` is
/// `μ_k Σ_i α_i v_k(x_i)`, by the Funk–Hecke formula. What is left, `1 -` that, is averaged over random harmonics and compared
/// with the theory of [`learnability`], `κ/(μ_k + κ)`.
///
/// Built by [`held_out_projections`].
#[derive(Clone)]
pub struct HeldOutProjections {
    networks: Vec<Net>,
    dimension: usize,
    points: Vec<usize>,
    frequencies: Vec<usize>,
    seed: Seed,
    quiet: bool,
}

/// The study of 100 to 1600 points in 10 dimensions, frequencies 1 to 5, eight harmonics of each.
pub fn held_out_projections() -> HeldOutProjections {
    HeldOutProjections {
        networks: vec![mlp(1), mlp(3), ccp(3), ccp(9), pnn(3), pnn(9)],
        dimension: 10,
        points: vec![100, 200, 400, 800, 1600],
        frequencies: vec![1, 2, 3, 4, 5],
        seed: Seed(0),
        quiet: false,
    }
}

impl HeldOutProjections {
    /// A run of seconds: 100, 300 and 900 points.
    pub fn quick(self) -> Self {
        Self { points: vec![100, 300, 900], ..self }
    }

    /// The networks.
    pub fn networks(self, networks: impl IntoIterator<Item = Net>) -> Self {
        Self { networks: networks.into_iter().collect(), ..self }
    }

    /// The dimension `d` of the inputs, at least 3. Default 10.
    pub fn dimension(self, d: usize) -> Self {
        Self { dimension: d, ..self }
    }

    /// Numbers of points.
    pub fn points(self, numbers: impl IntoIterator<Item = usize>) -> Self {
        Self { points: numbers.into_iter().collect(), ..self }
    }

    /// The frequencies.
    pub fn frequencies(self, frequencies: impl IntoIterator<Item = usize>) -> Self {
        Self { frequencies: frequencies.into_iter().collect(), ..self }
    }

    /// The seed of points and harmonics.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Measures every network at every number of points, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::NoRows`] without networks or numbers of points; whatever is wrong with frequencies, dimension or a number of points;
    /// networks without a limit kernel, or with one that has fewer eigenvalues than there are points.
    pub fn run(&self) -> Result<HeldOutProjectionsReport> {
        if self.networks.is_empty() || self.points.is_empty() {
            return Err(Error::NoRows { place: "held-out projections" });
        }
        Progress::unless(self.quiet).during(|| self.measure())
    }

    fn measure(&self) -> Result<HeldOutProjectionsReport> {
        let mut rows = Vec::new();
        let total = self.networks.len() * self.points.len();
        let task = Progress::current().task("held-out projections", "kernels", total as u64);
        for (draw, &n) in self.points.iter().enumerate() {
            let x = sphere(n, self.dimension, self.seed.child(draw as u64))?;
            let index = GegenbauerIndex::Harmonic;
            let harmonics = random_harmonics(&self.frequencies, index, &x, self.seed.child(1000))?;
            for net in &self.networks {
                let theory = learnability(net, self.dimension, n)?;
                let kernel = net.limit_kernel(&x)?;
                let weights = kernel.ntk().regression(&harmonics.t().to_owned())?.solve()?;
                for (index, &frequency) in self.frequencies.iter().enumerate() {
                    let mu = theory.coefficients.get(frequency).copied().unwrap_or(0.0);
                    let left = |direction: usize| {
                        let column = direction * self.frequencies.len() + index;
                        1.0 - mu * weights.column(column).dot(&harmonics.row(column))
                    };
                    let left: Vec<f64> = (0..DIRECTIONS).map(left).collect();
                    let (left, deviation) = moments(&left);
                    rows.push(Row {
                        network: net.name().into(),
                        points: n,
                        frequency,
                        left,
                        deviation,
                        theory: 1.0 - theory.shares.get(frequency).copied().unwrap_or(0.0),
                    });
                }
                task.advance(1);
            }
        }
        Ok(HeldOutProjectionsReport { settings: self.clone(), rows })
    }
}

/// One frequency learned by one network from one number of points.
#[derive(Clone, Debug)]
struct Row {
    network: String,
    points: usize,
    frequency: usize,
    /// Mean over directions, and standard deviation.
    left: f64,
    deviation: Option<f64>,
    theory: f64,
}

/// What the study found.
#[derive(Clone)]
pub struct HeldOutProjectionsReport {
    settings: HeldOutProjections,
    rows: Vec<Row>,
}

impl HeldOutProjectionsReport {
    /// The share of a harmonic of that degree that is not in the prediction.
    pub fn left(&self, network: &str, points: usize, frequency: usize) -> Option<f64> {
        let row = |r: &&Row| r.network == network && r.points == points && r.frequency == frequency;
        self.rows.iter().find(row).map(|r| r.left)
    }

    /// Per network, number of points and frequency: the share that is left, mean and standard deviation over harmonics, and what the
    /// theory says.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let rows = || self.rows.iter();
        Ok(df!(
            "network" => rows().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "points" => rows().map(|r| r.points as u32).collect::<Vec<_>>(),
            "k" => rows().map(|r| r.frequency as u32).collect::<Vec<_>>(),
            "left" => rows().map(|r| r.left).collect::<Vec<_>>(),
            "std" => rows().map(|r| r.deviation).collect::<Vec<_>>(),
            "theory" => rows().map(|r| r.theory).collect::<Vec<_>>(),
        )?)
    }

    /// The share left at the largest number of points, a column per frequency.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn most_points(&self) -> Result<DataFrame> {
        let most = self.most();
        let names: Vec<&str> = self.settings.networks.iter().map(Net::name).collect();
        let mut frame = df!("network" => &names)?;
        for &k in &self.settings.frequencies {
            let values: Vec<Option<f64>> = names.iter().map(|name| self.left(name, most, k)).collect();
            frame.with_column(polars::prelude::Column::new(format!("k = {k}").as_str().into(), values))?;
        }
        Ok(frame)
    }

    fn most(&self) -> usize {
        self.settings.points.iter().copied().max().unwrap_or(0)
    }

    /// The share left against the number of points, a panel per frequency: measured (markers), theory (dashed).
    pub fn figure(&self) -> Figure {
        let panel = |&frequency: &usize| {
            let line = |(colour, net): (usize, &Net), theory: bool| {
                let rows = self.rows.iter().filter(|r| r.network == net.name() && r.frequency == frequency);
                Line {
                    name: if theory { format!("{}, theory", net.name()) } else { net.name().into() },
                    colour,
                    dashed: theory,
                    markers: !theory,
                    points: rows.map(|r| (r.points as f64, if theory { r.theory } else { r.left })).collect(),
                }
            };
            let nets = || self.settings.networks.iter().enumerate();
            let lines = nets().map(|n| line(n, false)).chain(nets().map(|n| line(n, true))).collect();
            Panel { title: format!("k = {frequency}"), lines }
        };
        let shown: Vec<Panel> = self.settings.frequencies.iter().map(panel).collect();
        let title = "Share of a harmonic that is not in the prediction";
        panels(title, &shown, 3, Scale::log("points"), Scale::linear("share left"))
    }

    /// That the theory tells the share left within 0.1 for every network, and that at the largest number of points no network has
    /// learned a fifth of the highest frequency.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("held_out_projections");
        let (most, last) = (self.most(), self.settings.frequencies.iter().copied().max().unwrap_or(0));
        for net in &self.settings.networks {
            let rows = self.rows.iter().filter(|r| r.network == net.name());
            let apart = largest(rows.map(|r| (r.left - r.theory).abs()));
            verdicts.at_most(format!("{}: share left, measured and theory apart", net.name()), apart, 0.1);
            let left = self.left(net.name(), most, last).unwrap_or(f64::NAN);
            verdicts.above(format!("{}: share of k = {last} left with {most} points", net.name()), left, 0.8);
        }
        verdicts
    }

    /// Table, chart and verdicts.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        Ok(Report::new().table(self.most_points()?).figure(self.figure()).table(self.verdicts().frame()?))
    }
}
